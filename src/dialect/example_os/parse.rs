//! Example OS text as statements.

use crate::dialect::command_table::Context;
use crate::dialect::example_os::commands::TABLE;
use crate::source::{File, Span};
use crate::syntax::{Effect, Statement, Support, indented, key_of, normalized, words};

/// What parsing gives to lowering.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Statements, which partition the file.
    pub(super) statements: Vec<Statement>,
    /// Spans of secrets.
    pub(super) secrets: Vec<Span>,
}

/// Splits the text into statements; each line is one.
pub(super) fn parse(file: &File) -> Parsed {
    let mut parsed = Parsed::default();
    let mut contexts: Vec<Option<Context>> = Vec::new();
    for line in indented(file, "#") {
        let words = words(file, line.span);
        let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
        let above = line.parent.and_then(|parent| {
            let statement = parsed.statements.get(parent as usize)?;
            Some((statement.key, contexts.get(parent as usize).copied()?))
        });
        let found = match above {
            None => TABLE.find(TABLE.root(), &texts),
            Some((_, context)) => context.and_then(|context| TABLE.find(context, &texts)),
        };
        let support = match found {
            _ if line.is_blank => Support::Irrelevant("comment or blank line"),
            Some(found) => found.support,
            None if above.is_some() => Support::Unrecognized(Effect::Interface),
            None => Support::Unrecognized(Effect::Device),
        };
        // A secret is a secret wherever the word before it says so, understood or not.
        for pair in words.windows(2) {
            if let [label, secret] = pair
                && label.text == "password"
            {
                parsed.secrets.push(secret.span);
            }
        }
        contexts.push(found.and_then(|found| found.context));
        parsed.statements.push(Statement {
            span: line.span,
            parent: line.parent,
            key: key_of(
                above.map_or(0, |(key, _)| key),
                &normalized(file.slice(line.span)),
            ),
            ordered: false,
            support,
        });
    }
    parsed
}
