//! Lines of `iptables-save` as statements.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::source::{File, Span};
use crate::syntax::{Statement, Support, key_of};

/// What one statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Blank lines and comments.
    Blank,
    /// `*filter`.
    Table(&'a str),
    /// `:INPUT ACCEPT [0:0]`, `-P INPUT ACCEPT`, `-N chain`: name, policy.
    Chain(String, Option<String>),
    /// A rule that is added at the end (`None`) or inserted before this one-based number.
    Rule(Rule<'a>),
    /// `COMMIT`.
    Commit,
    /// A command that changes what other lines said.
    Command,
    /// Anything else.
    Unknown,
}

/// A rule as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule<'a> {
    /// Chain.
    pub(super) chain: String,
    /// One-based number that it is inserted before; `None`: at the end.
    pub(super) before: Option<usize>,
    /// Words after the chain.
    pub(super) words: Vec<Cow<'a, str>>,
}

/// A file as statements and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed<'a> {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// What each statement is, and the table that it stands in.
    pub(super) lines: Vec<(Line<'a>, &'a str)>,
    /// Whether a table lacks its `COMMIT`.
    pub(super) truncated: bool,
    /// Whether the text is one of `ip6tables-save`.
    pub(super) is_ipv6: bool,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let mut table = false;
    for line in text.lines().take(200) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let after_counters = without_counters(line);
        if !table && is_table(line) {
            table = true;
        } else if table && (line.starts_with(':') || line == "COMMIT") {
            return (95, "table and chain lines");
        } else if after_counters.starts_with("-A ") || after_counters.starts_with("-I ") {
            return if table {
                (95, "table and rule lines")
            } else {
                (60, "rule lines")
            };
        } else if line.starts_with("-P ") || line.starts_with("-N ") {
            if !table && !line.starts_with("-P ") {
                return (0, "");
            }
            return (70, "chain policies");
        } else {
            return (0, "");
        }
    }
    if table { (40, "a table line") } else { (0, "") }
}

/// Whether a line is `*` and one of the kernel's tables (iptables(8), TABLES).
fn is_table(line: &str) -> bool {
    matches!(line, "*filter" | "*nat" | "*mangle" | "*raw" | "*security")
}

/// A line without the counters `[1:2]` before it.
fn without_counters(line: &str) -> &str {
    line.strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .filter(|(counters, _)| counters.bytes().all(|b| b.is_ascii_digit() || b == b':'))
        .map_or(line, |(_, rest)| rest.trim_start())
}

/// Splits a file into statements: one a line, runs of blank lines and comments merged.
pub(super) fn parse(file: &File) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    let mut reader = Reader::default();
    let mut start = 0;
    let has_tables = file.text.lines().any(|line| line.starts_with('*'));
    if !has_tables {
        reader.table = Some(("filter", None));
    }
    for line in file.text.split_inclusive('\n') {
        let span = Span::new(start, start + line.len());
        start += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            parsed.is_ipv6 |= trimmed.contains("ip6tables-save");
            if let (Some(last), Some((Line::Blank, _))) =
                (parsed.statements.last_mut(), parsed.lines.last())
            {
                last.span.end = span.end;
            } else {
                reader.push(&mut parsed, span, Line::Blank, None, key_of(0, ""));
            }
            continue;
        }
        reader.line(&mut parsed, span, trimmed);
    }
    parsed.truncated |= has_tables && reader.table.is_some();
    parsed
}

/// Where the reader stands.
#[derive(Debug, Default)]
struct Reader<'a> {
    /// Open table: name and its statement.
    table: Option<(&'a str, Option<u32>)>,
    /// Statements that declare the chains of the open table.
    chains: BTreeMap<String, u32>,
}

impl<'a> Reader<'a> {
    /// Adds a statement.
    fn push(
        &self,
        parsed: &mut Parsed<'a>,
        span: Span,
        line: Line<'a>,
        parent: Option<u32>,
        key: u64,
    ) {
        let ordered = matches!(line, Line::Rule(_) | Line::Command);
        parsed.statements.push(Statement {
            span,
            parent,
            key,
            ordered,
            support: Support::Irrelevant("blank or comment"),
        });
        let table = self.table.map_or("", |(name, _)| name);
        parsed.lines.push((line, table));
    }

    /// Reads one line that is neither blank nor a comment.
    fn line(&mut self, parsed: &mut Parsed<'a>, span: Span, text: &'a str) {
        let index = u32::try_from(parsed.statements.len()).unwrap_or(u32::MAX);
        if let Some(name) = text.strip_prefix('*') {
            parsed.truncated |= self.table.is_some();
            self.table = Some((name, Some(index)));
            self.chains.clear();
            self.push(parsed, span, Line::Table(name), None, key_of(0, text));
            return;
        }
        let Some((table, parent)) = self.table else {
            self.push(parsed, span, Line::Unknown, None, key_of(0, text));
            return;
        };
        let context = key_of(0, &format!("*{table}"));
        if text == "COMMIT" {
            self.push(parsed, span, Line::Commit, parent, key_of(context, text));
            self.table = None;
            return;
        }
        let words = split(without_counters(text));
        let line = classify(&words);
        parsed.is_ipv6 |= is_ipv6(&words);
        let (parent, key) = match &line {
            Line::Chain(name, policy) => {
                self.chains.insert(name.clone(), index);
                let policy = policy.as_deref().unwrap_or("-");
                (parent, key_of(context, &format!(":{name} {policy}")))
            }
            Line::Rule(rule) => {
                let context = key_of(context, &format!(":{}", rule.chain));
                let parent = self.chains.get(&rule.chain).copied().or(parent);
                (parent, key_of(context, &words.join(" ")))
            }
            Line::Blank | Line::Table(_) | Line::Commit | Line::Command | Line::Unknown => {
                (parent, key_of(context, &words.join(" ")))
            }
        };
        self.push(parsed, span, line, parent, key);
    }
}

/// Whether words can only be of an IPv6 rule.
fn is_ipv6(words: &[Cow<'_, str>]) -> bool {
    words.windows(2).any(|pair| match pair {
        [option, value] => match &**option {
            "-s" | "-d" | "--source" | "--destination" => value.contains(':'),
            "-p" | "-m" => matches!(&**value, "ipv6-icmp" | "icmpv6" | "icmp6"),
            _ => false,
        },
        _ => false,
    })
}

/// What a line's words are.
fn classify<'a>(words: &[Cow<'a, str>]) -> Line<'a> {
    let Some(first) = words.first() else {
        return Line::Unknown;
    };
    let word = |index: usize| words.get(index).map(ToString::to_string);
    if let Some(name) = first.strip_prefix(':') {
        if name.is_empty() {
            return Line::Unknown;
        }
        return match word(1) {
            Some(policy) => Line::Chain(name.to_owned(), Some(policy).filter(|text| text != "-")),
            None => Line::Unknown,
        };
    }
    match (&**first, word(1)) {
        ("-P" | "--policy", Some(name)) if words.len() >= 3 => Line::Chain(name, word(2)),
        ("-N" | "--new-chain", Some(name)) if words.len() == 2 => Line::Chain(name, None),
        ("-A" | "--append", Some(chain)) => Line::Rule(Rule {
            chain,
            before: None,
            words: words.get(2..).unwrap_or(&[]).to_vec(),
        }),
        ("-I" | "--insert", Some(chain)) => {
            let number = word(2).and_then(|text| text.parse().ok());
            let skip = if number.is_some() { 3 } else { 2 };
            Line::Rule(Rule {
                chain,
                before: Some(number.unwrap_or(1)),
                words: words.get(skip..).unwrap_or(&[]).to_vec(),
            })
        }
        (
            "-D" | "--delete" | "-R" | "--replace" | "-F" | "--flush" | "-X" | "--delete-chain"
            | "-Z" | "--zero" | "-E" | "--rename-chain",
            _,
        ) => Line::Command,
        _ => Line::Unknown,
    }
}

/// The words of a line: blanks separate, double quotes hold together, a backslash in quotes takes
/// the next character as it is (iptables-save(8) writes comments so).
fn split(line: &str) -> Vec<Cow<'_, str>> {
    let mut out = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let plain = rest
            .find(|character: char| character.is_whitespace() || character == '"')
            .unwrap_or(rest.len());
        if rest.get(plain..).is_some_and(|tail| tail.starts_with('"')) {
            let (word, used) = quoted(rest);
            out.push(Cow::Owned(word));
            rest = rest.get(used..).unwrap_or("");
        } else {
            out.push(Cow::Borrowed(rest.get(..plain).unwrap_or(rest)));
            rest = rest.get(plain..).unwrap_or("");
        }
        rest = rest.trim_start();
    }
    out
}

/// The first word of `text`, which holds a quote, and its length in bytes as written.
fn quoted(text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut inside = false;
    let mut escaped = false;
    for (offset, character) in text.char_indices() {
        match character {
            _ if escaped => {
                out.push(character);
                escaped = false;
            }
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if character.is_whitespace() && !inside => return (out, offset),
            _ => out.push(character),
        }
    }
    (out, text.len())
}
