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
const EXIT_CODES: &str = "Exit codes of `check`, `recheck` and `combine`: 0 go, 1 no-go, 2 could not run, 3 inconclusive, 4 \
     conditional;\nwithout a change 0 all works, 1 something fails, 3 something is unknown. Other commands: 0 done, 2 could \
     not run";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Says which pumps a change would hurt; without a change, what works and fails today.
    ///
    /// Without any snapshot, inside a git work tree: the merge base with the default branch against
    /// the work tree, with the nearest `site.yaml`.
    #[command(after_help = EXIT_CODES)]
    Check(CheckArguments),
    /// Says whether a report's verdict is still true of the network as it is now.
    ///
    /// Judges the report's change over the fresh snapshot: what the change touches is taken from the
    /// report's snapshots, all else from the fresh one.
    #[command(after_help = EXIT_CODES)]
    Recheck(super::again::RecheckArguments),
    /// Judges changes together that were judged one by one.
    #[command(after_help = EXIT_CODES)]
    Combine(super::again::CombineArguments),
    /// Follows flows hop by hop, there and back.
    Trace(TraceArguments),
    /// Prints route tables.
    Routes(RoutesArguments),
    /// Runs the stress model alone over a scenario file, or measures retries in a capture.
    Simulate(super::simulate::SimulateArguments),
    /// Lists what is read and known.
    List(ListArguments),
    /// Prints the JSON Schema of a file that is read or written.
    Schema(SchemaArguments),
    /// Explains a rule or a profile field.
    Explain(ExplainArguments),
    /// Measures the site's services live, never a pump.
    #[cfg(feature = "live")]
    Probe(super::probe::ProbeArguments),
    /// Measures after the change and compares with the baseline, requirement by requirement.
    Verify(super::verify::VerifyArguments),
    /// Proposes a site file from the networks, relays, authenticators and leases of a snapshot.
    Init(super::init::InitArguments),
    /// Prints what a shell completes commands by.
    Completions(super::shell::CompletionsArguments),
    /// Prints a page of the manual.
    Man(super::shell::ManArguments),
}

impl Command {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::Check(check) => check.format.contains(&ReportFormat::Json),
            Self::Trace(trace) => trace.format == AnswerFormat::Json,
            Self::Routes(routes) => routes.format == AnswerFormat::Json,
            Self::Simulate(simulate) => simulate.wants_json(),
            Self::List(list) => list.format == ListFormat::Json,
            Self::Recheck(recheck) => recheck.wants_json(),
            Self::Combine(combine) => combine.wants_json(),
            Self::Schema(_)
            | Self::Explain(_)
            | Self::Init(_)
            | Self::Completions(_)
            | Self::Man(_) => false,
            #[cfg(feature = "live")]
            Self::Probe(probe) => probe.wants_json(),
            Self::Verify(verify) => verify.wants_json(),
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

/// Formats of assessments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a terminal.
    Text,
    /// One object; `schema assessment` prints its schema.
    Json,
    /// For a change-advisory board, as a ticket or a comment.
    Markdown,
    /// For a change-advisory board, as a page: one file, no script, fit to be printed.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit`, a test case a requirement.
    Junit,
    /// Code quality of GitLab.
    Gitlab,
    /// Workflow commands of GitHub, which mark lines.
    Github,
}

impl ReportFormat {
    /// The report's id.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
            Self::Github => "github",
        }
    }
}

/// Formats of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AnswerFormat {
    /// For a terminal.
    Text,
    /// One object; for many flows one object a line.
    Json,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The network before: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
    #[arg(long, value_name = "PLACE")]
    pub(super) before: Option<String>,
    /// The network after.
    #[arg(long, value_name = "PLACE")]
    pub(super) after: Option<String>,
    /// Site file; `site.yaml` at the root of the snapshot where absent.
    #[arg(long, value_name = "FILE")]
    pub(super) site: Option<PathBuf>,
    /// Site file before the change.
    #[arg(long, value_name = "FILE")]
    pub(super) site_before: Option<PathBuf>,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// Lines as they would be pasted, `-` for the standard input.
    #[arg(long, value_name = "FILE", requires = "device")]
    pub(super) change: Option<String>,
    /// Device that the lines are pasted into.
    #[arg(long, value_name = "NAME", requires = "change")]
    pub(super) device: Option<String>,
    /// Device, `device:interface`, or service that goes down.
    #[arg(long, value_name = "NAME")]
    pub(super) down: Vec<String>,
    /// A change plan: steps in order, each judged after every state before it.
    #[arg(long, value_name = "FILE", requires = "before", conflicts_with_all = ["after", "change", "down", "baseline"])]
    pub(super) plan: Option<PathBuf>,
    /// For how long it is down, `12m`.
    #[arg(long = "for", value_name = "TIME", requires = "down")]
    pub(super) lasts: Option<String>,
    /// What `probe --out` measured before the change: confirms or contradicts the configuration.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Measures the network as it is now, from here, and compares it with the before snapshot.
    #[cfg(feature = "live")]
    #[arg(long, conflicts_with_all = ["baseline", "plan"])]
    pub(super) probe: bool,
    /// How to print the report; the first format goes to the first `--output`, and so on.
    #[arg(long, value_enum)]
    pub(super) format: Vec<ReportFormat>,
    /// Where a report goes; `-` is the standard output.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    /// Folder for plots of what pumps live through, SVG; none where nothing is disturbed.
    #[arg(long, value_name = "DIR")]
    pub(super) plots: Option<PathBuf>,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    /// Snapshot: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
    #[arg(long, value_name = "PLACE")]
    pub(super) config: String,
    /// Site file, for hosts and boundaries.
    #[arg(long, value_name = "FILE")]
    pub(super) site: Option<PathBuf>,
    /// Folders with profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// Source address.
    #[arg(long, value_name = "IP", conflicts_with = "flows")]
    pub(super) from: Option<String>,
    /// Destination address.
    #[arg(long, value_name = "IP", conflicts_with = "flows")]
    pub(super) to: Option<String>,
    /// `tcp/443`, `udp/53`, `icmp` or a protocol's number.
    #[arg(long, conflicts_with = "flows")]
    pub(super) port: Option<String>,
    /// Source port.
    #[arg(long, value_name = "N", conflicts_with = "flows")]
    pub(super) from_port: Option<u16>,
    /// Where it enters: `DEVICE` or `DEVICE:INTERFACE`.
    #[arg(long, value_name = "PLACE", conflicts_with = "flows")]
    pub(super) ingress: Option<String>,
    /// Many flows, a JSON object a line; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    pub(super) flows: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(super) format: AnswerFormat,
}

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub(super) struct RoutesArguments {
    /// Snapshot: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
    #[arg(long, value_name = "PLACE")]
    pub(super) config: String,
    /// One device.
    #[arg(long, value_name = "NAME")]
    pub(super) device: Option<String>,
    /// One VRF; `default` names the default one.
    #[arg(long, value_name = "NAME")]
    pub(super) vrf: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(super) format: AnswerFormat,
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
    /// Snapshot: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
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
    /// The report of `probe`, which is also the baseline of `verify`.
    Probe,
    /// The change plan of `check --plan`.
    Plan,
    /// The scenario file of `simulate`.
    Scenario,
    /// The report of `simulate`.
    Simulation,
    /// The report of `simulate calibrate`.
    Calibration,
    /// The report of `verify`.
    Verification,
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
