//! `explain`: the prose of a rule, or the question behind a profile field.

use std::fmt::Write as _;
use std::path::Path;

use super::arguments::ExplainArguments;
use super::failure::Failure;
use super::{Outcome, exit, output};
use crate::input::mistake::suggestion;
use crate::input::profile::load_profiles;
use crate::input::snapshot::FileTable;
use crate::intent::Value;
use crate::intent::profile::{FIELDS, FieldDefinition, FieldType};
use crate::rule;
use crate::source::escape_terminal;

/// Prints what is known of a rule or field.
pub(super) fn run(arguments: &ExplainArguments) -> Outcome {
    let rules = rule::load(&arguments.rules)?;
    let known = rules.rules.iter().find(|rule| rule.id == arguments.name);
    if let Some(known) = known {
        output::print(lines_escaped(&rule::explain(known)).as_bytes())?;
        return Ok(exit::DONE);
    }
    let field = FIELDS.iter().find(|field| field.path == arguments.name);
    let Some(field) = field else {
        let names: Vec<&str> = rules
            .rules
            .iter()
            .map(|rule| rule.id.as_str())
            .chain(FIELDS.iter().map(|field| field.path))
            .collect();
        return Err(Failure::usage(
            format!(
                "explain `{}`: neither a rule nor a profile field",
                arguments.name
            ),
            suggestion(&arguments.name, names.iter().copied())
                .unwrap_or_else(|| "`list rules` lists the rules".to_owned()),
        ));
    };
    output::print(explain_field(field, arguments)?.as_bytes())?;
    Ok(exit::DONE)
}

/// A field with what each profile says of it.
fn explain_field(field: &FieldDefinition, arguments: &ExplainArguments) -> Result<String, Failure> {
    let folders: Vec<&Path> = arguments.rules.iter().map(AsRef::as_ref).collect();
    let profiles = load_profiles(&folders, None, &mut FileTable::new())?;
    let kind = match field.kind {
        FieldType::Bool => "true or false".to_owned(),
        FieldType::Number(unit) => format!("a number of {unit}"),
        FieldType::Span(unit) => {
            format!("a number of {unit}, or [lowest, likeliest, highest]")
        }
        FieldType::Word([]) => "a text".to_owned(),
        FieldType::Word(words) => format!("one of {}", words.join(", ")),
        FieldType::List => "a list".to_owned(),
    };
    let mut out = format!(
        "{}\n\nQuestion\n  {}?\n\nValue\n  {kind}\n\nProfiles\n",
        field.path, field.question
    );
    for (id, profile) in profiles {
        let known = profile.fields.get(field.path);
        let text = match known.and_then(|known| known.value.as_ref().map(|value| (known, value))) {
            None => format!("{id}: unknown; ask {}", profile.ask),
            Some((known, value)) => format!(
                "{id}: {} ({}: {})",
                show(value),
                known.label.map_or("unknown", |label| label.name()),
                known.source
            ),
        };
        let _ = writeln!(out, "  {}", escape_terminal(&text));
    }
    Ok(out)
}

/// A value as text.
fn show(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::List(values) => values.join(", "),
    }
}

/// Text of several lines, each made harmless.
fn lines_escaped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.push_str(&escape_terminal(line));
        out.push('\n');
    }
    out
}
