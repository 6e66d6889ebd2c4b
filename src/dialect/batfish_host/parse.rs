//! Members of a host file as statements.

use crate::source::File;
use crate::syntax::{JsonKind, JsonPart, Statement, Support, json, key_of};

/// A host file as parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed<'a> {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// What each statement is.
    pub(super) parts: Vec<JsonPart<'a>>,
    /// Whether the text is complete.
    pub(super) complete: bool,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let body = text.trim_start();
    if !body.starts_with('{') || !body.contains("\"hostInterfaces\"") {
        return (0, "");
    }
    let (parts, _) = json(text);
    let at_top = |name: &str| {
        parts
            .iter()
            .any(|part| part.parent == Some(0) && part.name.is_some_and(|word| word.text == name))
    };
    match (at_top("hostInterfaces"), at_top("hostname")) {
        (true, true) => (95, "hostname and hostInterfaces"),
        (true, false) => (60, "hostInterfaces"),
        (false, _) => (0, ""),
    }
}

/// Splits a file into members.
pub(super) fn parse(file: &File) -> Parsed<'_> {
    let (parts, complete) = json(&file.text);
    let mut statements: Vec<Statement> = Vec::with_capacity(parts.len());
    for part in &parts {
        let parent = part
            .parent
            .and_then(|index| statements.get(index as usize))
            .map_or(0, |statement| statement.key);
        let name = part.name.map_or("", |word| word.text);
        let words = match part.kind {
            JsonKind::Leaf => format!("{name}: {}", part.value.map_or("", |word| word.text)),
            JsonKind::Object => format!("{name}: {{"),
            JsonKind::Array => format!("{name}: ["),
            JsonKind::Close => "}".to_owned(),
            JsonKind::Blank => String::new(),
            JsonKind::Broken => file.slice(part.span).to_owned(),
        };
        statements.push(Statement {
            span: part.span,
            parent: part.parent,
            key: key_of(parent, &words),
            ordered: false,
            support: Support::Irrelevant("blank"),
        });
    }
    Parsed {
        statements,
        parts,
        complete,
    }
}
