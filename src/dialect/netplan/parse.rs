//! Lines of a netplan file as statements.

use crate::source::{File, Span};
use crate::syntax::yaml::{self, Content, Node, YamlError};
use crate::syntax::{Statement, Support, key_of, normalized};

/// Keys that make a file with `network:` one of netplan.
const SIGNS: [&str; 8] = [
    "ethernets:",
    "bonds:",
    "bridges:",
    "vlans:",
    "vrfs:",
    "wifis:",
    "tunnels:",
    "version: 2",
];

/// Keys whose values are secrets; `passthrough` holds settings of any kind.
const SECRETS: [&str; 10] = [
    "password",
    "client-key-password",
    "key",
    "keys",
    "private",
    "shared",
    "pin",
    "psk",
    "passthrough",
    "secret",
];

/// A line that neither holds a value nor is blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Blank, a comment, or marks of YAML alone.
    Empty,
    /// Values begin on it.
    Values,
    /// It goes on with a value that began above.
    Rest,
}

/// A file as lines and a tree.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// What each line is.
    pub(super) lines: Vec<Line>,
    /// The tree, or why there is none.
    pub(super) root: Result<Node, YamlError>,
    /// Where secrets stand.
    pub(super) secrets: Vec<Span>,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("network:") {
            inside = true;
        }
        let said = line.split('#').next().unwrap_or("");
        if inside && SIGNS.iter().any(|sign| said.contains(sign)) {
            return (90, "`network:` with devices");
        }
    }
    (0, "")
}

/// Splits a file into lines and reads its tree.
pub(super) fn parse(file: &File) -> Parsed {
    let root = yaml::parse(&file.text);
    let texts: Vec<&str> = file.text.split_inclusive('\n').collect();
    let mut blocks = Blocks {
        parents: vec![None; texts.len()],
        values: vec![false; texts.len()],
        long: vec![String::new(); texts.len()],
    };
    if let Ok(root) = &root {
        blocks.node(root, None);
    }
    let mut parsed = Parsed {
        statements: Vec::with_capacity(texts.len()),
        lines: Vec::with_capacity(texts.len()),
        root,
        secrets: secrets(&file.text),
    };
    let mut start = 0;
    for (index, text) in texts.iter().enumerate() {
        let has_values = blocks.values.get(index) == Some(&true);
        let empty = text.trim().is_empty()
            || text.trim_start().starts_with('#')
            || matches!(text.trim(), "---" | "...")
            || text
                .trim()
                .chars()
                .all(|mark| matches!(mark, ']' | '}' | ','));
        let parent = blocks.parents.get(index).copied().flatten();
        let above = parent.and_then(|parent| parsed.statements.get(parent as usize));
        let mut words = normalized(text);
        words.push_str(blocks.long.get(index).map_or("", String::as_str));
        parsed.statements.push(Statement {
            span: Span::new(start, start + text.len()),
            parent,
            key: key_of(above.map_or(0, |above| above.key), &words),
            ordered: has_values && text.trim_start().starts_with('-'),
            support: Support::Irrelevant("blank or comment"),
        });
        parsed.lines.push(match (has_values, empty) {
            (true, _) => Line::Values,
            (false, true) => Line::Empty,
            (false, false) => Line::Rest,
        });
        start += text.len();
    }
    parsed
}

/// Index of a one-based line's statement.
pub(super) fn statement_of(line: u32) -> u32 {
    line.saturating_sub(1)
}

/// Lines while their blocks are found.
struct Blocks {
    /// The line in whose block each line stands.
    parents: Vec<Option<u32>>,
    /// Whether values begin on each line.
    values: Vec<bool>,
    /// Texts of several lines that begin on each line: a part of what it says.
    long: Vec<String>,
}

impl Blocks {
    /// Takes a node that stands in the block of `parent`.
    fn node(&mut self, node: &Node, parent: Option<u32>) {
        match &node.content {
            Content::Scalar(text, _) => {
                self.line(node.line, parent);
                let line = statement_of(node.line) as usize;
                if let Some(long) = self.long.get_mut(line).filter(|_| text.contains('\n')) {
                    long.push_str(text);
                }
            }
            Content::List(nodes) => {
                for node in nodes {
                    self.line(node.line, parent);
                    self.node(node, Some(statement_of(node.line)));
                }
            }
            Content::Map(pairs) => {
                for (key, value) in pairs {
                    self.line(key.line, parent);
                    self.node(value, Some(statement_of(key.line)));
                }
            }
        }
    }

    /// Says that a value begins on a line, in the block of `parent` where that is above it.
    fn line(&mut self, line: u32, parent: Option<u32>) {
        let index = statement_of(line);
        if let Some(values) = self.values.get_mut(index as usize)
            && !*values
        {
            *values = true;
            if let Some(slot) = self.parents.get_mut(index as usize) {
                *slot = parent.filter(|parent| *parent < index);
            }
        }
    }
}

/// Spans of secrets: from the colon of such a key to the end of its block.
fn secrets(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    // Indentation of the key whose block is secret.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let end = start + line.trim_end().len();
        if line.trim().is_empty() {
            start += line.len();
            continue;
        }
        if block.is_some_and(|above| indent > above) {
            spans.push(Span::new(start + indent, end));
        } else {
            block = None;
            if let Some(after) = secret_value(line) {
                block = Some(indent);
                let value = line.get(after..).unwrap_or("");
                let blanks = value.len() - value.trim_start().len();
                if start + after + blanks < end {
                    spans.push(Span::new(start + after + blanks, end));
                }
            }
        }
        start += line.len();
    }
    spans
}

/// Offset after the colon of the first key of a line whose value is a secret.
fn secret_value(line: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(colon) = line.get(from..)?.find(':').map(|offset| from + offset) {
        let before = line.get(..colon)?.trim_end_matches(['"', '\'', ' ']);
        let is_word = |character: char| character.is_ascii_alphanumeric() || character == '-';
        let name = before
            .rsplit(|character| !is_word(character))
            .next()
            .unwrap_or("");
        if SECRETS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return Some(colon + 1);
        }
        from = colon + 1;
    }
    None
}
