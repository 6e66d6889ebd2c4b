//! Arguments, typed.

use std::env;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Tells before a network change which infusion pumps it would hurt, how, and why.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// When to color.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN")]
    pub(super) color: Color,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The codes of `cli::exit`, in the help.
const EXIT_CODES: &str =
    "Exit codes: 0 go, 1 no-go, 2 could not run, 3 inconclusive, 4 conditional";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists what is read and known.
    List(ListArguments),
    /// Prints the JSON Schema of a file that is read or written.
    Schema(SchemaArguments),
    /// Explains a rule or a profile field.
    Explain(ExplainArguments),
    /// Measures the site's services live, never a pump.
    #[cfg(feature = "live")]
    Probe(super::probe::ProbeArguments),
}

impl Command {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::List(list) => list.format == ListFormat::Json,
            Self::Schema(_) | Self::Explain(_) => false,
            #[cfg(feature = "live")]
            Self::Probe(probe) => probe.wants_json(),
        }
    }
}

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to color an output that is a terminal or not (<https://no-color.org>).
    pub(super) fn is_on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// Every file of a snapshot, what it is and by what sign.
    Files,
    /// Every rule.
    Rules,
    /// Every pump profile.
    Profiles,
    /// Every configuration language.
    Dialects,
    /// Every command of every language, and how far it is understood.
    Commands,
    /// Every service of a site file.
    Services,
}

/// Formats of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table.
    Text,
    /// An array of objects.
    Json,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// What to list.
    #[arg(value_enum)]
    pub(super) what: Listed,
    /// Snapshot: a folder, `git:<ref>[:<path>]`, or a `.tar.gz`.
    #[arg(long, value_name = "PLACE")]
    pub(super) config: Option<String>,
    /// Site file.
    #[arg(long, value_name = "FILE")]
    pub(super) site: Option<PathBuf>,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Which form.
    #[arg(value_enum)]
    pub(super) of: SchemaName,
}

/// Forms with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// The site file.
    Site,
    /// A pump profile.
    Profile,
    /// A rule.
    Rule,
    /// The report of `check`.
    Assessment,
    /// The answer of `trace`.
    Trace,
    /// The answer of `routes`.
    Routes,
    /// A line of `trace --flows`.
    Flow,
    /// What is printed when the program could not run.
    Failure,
    /// The report of `probe`.
    Probe,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A rule's id or a profile field's path.
    pub(super) name: String,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
}
