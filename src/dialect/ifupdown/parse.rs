//! Lines of an interfaces file as statements.

use crate::source::{File, Span};
use crate::syntax::{Statement, Support, key_of, secrets_after};

/// Words that begin a stanza (interfaces(5), FILE FORMAT).
const STANZAS: [&str; 8] = [
    "iface",
    "mapping",
    "auto",
    "rename",
    "source",
    "source-directory",
    "no-auto-down",
    "no-scripts",
];

/// Options whose value is a secret (wpasupplicant and wireless-tools, README.Debian).
const SECRETS: [&str; 10] = [
    "wpa-psk",
    "wpa-password",
    "wpa-passphrase",
    "wpa-private-key-passwd",
    "wpa-identity",
    "wpa-wep-key0",
    "wireless-key",
    "wireless-key1",
    "provider-password",
    "password",
];

/// A file as statements and their words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// Words of each statement; none of blank lines and comments.
    pub(super) words: Vec<Vec<String>>,
    /// Where secrets stand.
    pub(super) secrets: Vec<Span>,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let mut auto = false;
    for line in text.lines().take(400) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["iface", _, "inet" | "inet6", _, ..] => return (95, "iface stanzas"),
            ["iface", _, ..] => return (70, "iface stanzas"),
            [first, _, ..] if is_stanza(first) => auto = true,
            _ => return (0, ""),
        }
    }
    if auto {
        (30, "auto and source lines")
    } else {
        (0, "")
    }
}

/// Whether a line that begins so begins a stanza.
pub(super) fn is_stanza(word: &str) -> bool {
    STANZAS.contains(&word) || word.starts_with("allow-")
}

/// Splits a file into statements: one a logical line, runs of blank lines and comments merged.
pub(super) fn parse(file: &File) -> Parsed {
    let mut parsed = Parsed {
        secrets: secrets_after(&file.text, &SECRETS),
        ..Parsed::default()
    };
    let mut stanza: Option<(u32, u64)> = None;
    let mut start = 0;
    let mut lines = file.text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let mut end = start + line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            blank(&mut parsed, Span::new(start, end));
            start = end;
            continue;
        }
        let mut text = trimmed.to_owned();
        while text.ends_with('\\') {
            text.pop();
            let Some(next) = lines.next() else { break };
            end += next.len();
            text.push(' ');
            text.push_str(next.trim());
        }
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let opens = words.first().is_some_and(|word| is_stanza(word));
        let parent = stanza.filter(|_| !opens);
        let key = key_of(parent.map_or(0, |(_, key)| key), &words.join(" "));
        let index = u32::try_from(parsed.statements.len()).unwrap_or(u32::MAX);
        if opens {
            stanza = Some((index, key));
        }
        parsed.statements.push(Statement {
            span: Span::new(start, end),
            parent: parent.map(|(index, _)| index),
            key,
            // Commands run and interfaces come up in the order of the file.
            ordered: true,
            support: Support::Irrelevant("blank or comment"),
        });
        parsed.words.push(words);
        start = end;
    }
    parsed
}

/// Adds a blank line or comment to the run before it, or begins one.
fn blank(parsed: &mut Parsed, span: Span) {
    if let (Some(last), Some(words)) = (parsed.statements.last_mut(), parsed.words.last())
        && words.is_empty()
    {
        last.span.end = span.end;
        return;
    }
    parsed.statements.push(Statement {
        span,
        parent: None,
        key: key_of(0, ""),
        ordered: false,
        support: Support::Irrelevant("blank or comment"),
    });
    parsed.words.push(Vec::new());
}
