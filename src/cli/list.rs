//! `list`: what is read and known.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::arguments::{ListArguments, ListFormat, Listed};
use super::failure::Failure;
use super::{Outcome, exit, output};
use crate::ctx::Ctx;
use crate::dialect::DIALECTS;
use crate::input::case::load_site;
use crate::input::profile::{Beside, load_profiles};
use crate::input::{FileTable, SnapshotPlace, file_coverage, load_snapshot};
use crate::intent::{Port, Service};
use crate::report::{Style, render_files, render_list};
use crate::rule;
use crate::source::escape_terminal;
use crate::syntax::Support;

/// Column names with rows of cells, and what else is to be said.
struct Table {
    /// Names of columns.
    columns: &'static [&'static str],
    /// Cells.
    rows: Vec<Vec<String>>,
    /// Sentences below.
    notes: Vec<String>,
}

/// Prints a list.
pub(super) fn run(arguments: &ListArguments, style: Style) -> Outcome {
    let table = match arguments.what {
        Listed::Files => {
            output::print(&files(arguments, style)?)?;
            return Ok(exit::DONE);
        }
        Listed::Rules => rules(arguments)?,
        Listed::Profiles => profiles(arguments)?,
        Listed::Dialects => dialects(),
        Listed::Commands => commands(),
        Listed::Services => services(arguments)?,
    };
    let text = match arguments.format {
        ListFormat::Text => as_text(&table, style)?,
        ListFormat::Json => as_json(&table).into_bytes(),
    };
    output::print(&text)?;
    Ok(exit::DONE)
}

/// Every file of a snapshot.
fn files(arguments: &ListArguments, style: Style) -> Result<Vec<u8>, Failure> {
    let Some(config) = &arguments.config else {
        return Err(Failure::usage(
            "list files: no snapshot is named",
            "name one with `--config PLACE`",
        ));
    };
    let place = SnapshotPlace::parse(config)?;
    let snapshot = load_snapshot(&place, &mut FileTable::new(), &Ctx::quiet())?;
    let rows = file_coverage("before", &snapshot.files, &snapshot.network);
    if arguments.format == ListFormat::Json {
        return Ok(format!("{:#}\n", json!(rows)).into_bytes());
    }
    let mut out = Vec::new();
    output::to_memory(render_files(&rows, style, &mut out))?;
    for note in snapshot.notes {
        out.extend(format!("note: {}\n", escape_terminal(&note)).bytes());
    }
    Ok(out)
}

/// Every rule.
fn rules(arguments: &ListArguments) -> Result<Table, Failure> {
    let rules = rule::load(&arguments.rules)?;
    let rows = rules
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.id.clone(),
                rule.check.id.to_owned(),
                rule.title.clone(),
            ]
        })
        .collect();
    Ok(Table {
        columns: &["rule", "check", "title"],
        rows,
        notes: Vec::new(),
    })
}

/// Every pump profile.
fn profiles(arguments: &ListArguments) -> Result<Table, Failure> {
    let folders: Vec<&Path> = arguments.rules.iter().map(AsRef::as_ref).collect();
    let beside = arguments
        .site
        .as_deref()
        .and_then(Path::parent)
        .map(|folder| Beside::Folder(folder.to_owned()));
    let profiles = load_profiles(&folders, beside.as_ref(), &mut FileTable::new())?;
    let rows = profiles
        .into_values()
        .map(|profile| {
            let known = profile
                .fields
                .values()
                .filter(|field| field.value.is_some())
                .count();
            vec![
                profile.id,
                profile.model,
                profile.firmware,
                known.to_string(),
                profile.ask,
            ]
        })
        .collect();
    Ok(Table {
        columns: &["profile", "model", "firmware", "fields known", "ask"],
        rows,
        notes: Vec::new(),
    })
}

/// Every configuration language.
fn dialects() -> Table {
    Table {
        columns: &["dialect", "commands"],
        rows: DIALECTS
            .iter()
            .map(|dialect| {
                vec![
                    dialect.id().to_owned(),
                    dialect.commands().len().to_string(),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}

/// Every command of every language.
fn commands() -> Table {
    let rows = DIALECTS
        .iter()
        .flat_map(|dialect| {
            dialect.commands().iter().map(|command| {
                let (support, why) = match command.support {
                    Support::Modeled => ("modeled", String::new()),
                    Support::Irrelevant(why) => ("irrelevant", why.to_owned()),
                    Support::Unmodeled(effect) => ("unmodeled", format!("{effect:?}")),
                    Support::Unrecognized(effect) => ("unrecognized", format!("{effect:?}")),
                };
                vec![
                    dialect.id().to_owned(),
                    command.path.to_owned(),
                    support.to_owned(),
                    why.to_lowercase(),
                ]
            })
        })
        .collect();
    Table {
        columns: &["dialect", "command", "support", "why or worst effect"],
        rows,
        notes: Vec::new(),
    }
}

/// Every service of a site file.
fn services(arguments: &ListArguments) -> Result<Table, Failure> {
    let Some(site) = &arguments.site else {
        return Err(Failure::usage(
            "list services: no site file is named",
            "name one with `--site FILE`",
        ));
    };
    let intent = load_site(site, &arguments.rules, &mut FileTable::new())?;
    let rows = intent.site.services.values().map(service_row).collect();
    let notes = intent
        .site
        .without
        .iter()
        .map(|(kind, reason)| format!("no {}: {reason}", kind.name()))
        .collect();
    Ok(Table {
        columns: &[
            "service", "kind", "servers", "name", "ports", "need", "want", "owner",
        ],
        rows,
        notes,
    })
}

/// The row of a service.
fn service_row(service: &Service) -> Vec<String> {
    let servers: Vec<String> = service.servers.iter().map(ToString::to_string).collect();
    let ports: Vec<String> = service
        .ports
        .iter()
        .map(|port| match port {
            Port::Tcp(number) => format!("tcp/{number}"),
            Port::Udp(number) => format!("udp/{number}"),
            Port::Icmp => "icmp".to_owned(),
        })
        .collect();
    vec![
        service.id.clone(),
        service.kind.name().to_owned(),
        servers.join(" "),
        service
            .name
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        ports.join(" "),
        service.need.to_string(),
        service.want.to_string(),
        service.owner.clone().unwrap_or_default(),
    ]
}

/// A table with its notes.
fn as_text(table: &Table, style: Style) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    output::to_memory(render_list(table.columns, &table.rows, style, &mut out))?;
    for note in &table.notes {
        out.extend(format!("note: {}\n", escape_terminal(note)).bytes());
    }
    Ok(out)
}

/// An array of objects.
fn as_json(table: &Table) -> String {
    let rows: Vec<Value> = table
        .rows
        .iter()
        .map(|row| {
            let cells: Map<String, Value> = table
                .columns
                .iter()
                .zip(row)
                .map(|(name, cell)| (name.replace(' ', "_"), Value::String(cell.clone())))
                .collect();
            Value::Object(cells)
        })
        .collect();
    format!("{:#}\n", Value::Array(rows))
}
