//! Lines of kernel settings as statements.

use crate::source::{File, Span};
use crate::syntax::{Statement, Support, key_of};

/// First parts of the kernel's settings (kernel documentation, admin-guide/sysctl).
const ROOTS: [&str; 7] = ["net", "kernel", "vm", "fs", "dev", "user", "crypto"];

/// A file as statements and their settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// Key with dots and value of each statement; empty keys are blank lines and comments.
    pub(super) settings: Vec<(String, String)>,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let mut settings = 0;
    for line in text.lines().take(400) {
        match setting(line) {
            Some((key, _)) if key.is_empty() => {}
            Some((key, _))
                if key
                    .split('.')
                    .next()
                    .is_some_and(|root| ROOTS.contains(&root)) =>
            {
                settings += 1;
            }
            Some(_) | None => return (0, ""),
        }
    }
    if settings == 0 {
        (0, "")
    } else {
        (90, "kernel settings")
    }
}

/// Splits a file into statements: one a line, runs of blank lines and comments merged.
pub(super) fn parse(file: &File) -> Parsed {
    let mut parsed = Parsed::default();
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let span = Span::new(start, start + line.len());
        start += line.len();
        let (key, value) = setting(line).unwrap_or_else(|| ("?".to_owned(), String::new()));
        if key.is_empty()
            && let (Some(last), Some((before, _))) =
                (parsed.statements.last_mut(), parsed.settings.last())
            && before.is_empty()
        {
            last.span.end = span.end;
            continue;
        }
        let words = if key == "?" {
            line.trim().to_owned()
        } else {
            format!("{key} = {value}")
        };
        parsed.statements.push(Statement {
            span,
            parent: None,
            key: key_of(0, &words),
            // Of two lines for one setting the last counts.
            ordered: true,
            support: Support::Irrelevant("blank or comment"),
        });
        parsed.settings.push((key, value));
    }
    parsed
}

/// Key and value of a line, empty for a blank line or comment; `None` where it is no setting.
fn setting(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.starts_with(';') {
        return Some((String::new(), String::new()));
    }
    let (key, value) = line.split_once('=')?;
    let key = key.trim();
    let key = key.strip_prefix('-').unwrap_or(key).trim_start();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/*:@".contains(c);
    if key.is_empty() || !key.chars().all(plain) {
        return None;
    }
    // The first separator says which one it is; the other stands in names (sysctl.d(5)).
    let slashes = key
        .find('/')
        .is_some_and(|at| key.find('.').is_none_or(|dot| at < dot));
    let key = if slashes {
        key.replace('.', "\u{0}")
            .replace('/', ".")
            .replace('\u{0}', "/")
    } else {
        key.to_owned()
    };
    Some((key, value.trim().to_owned()))
}
