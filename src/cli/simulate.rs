//! `simulate`: the stress model alone, over a scenario file, and its calibration from a capture.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Args, Subcommand};

use super::arguments::AnswerFormat;
use super::failure::Failure;
use super::progress::Progress;
use super::{Outcome, cancel, exit, output};
use crate::ctx::Ctx;
use crate::input::capture::{Capture, load_capture};
use crate::input::scenario::load_scenario;
use crate::report::{Style, plots, render_calibration, render_simulation};
use crate::stress::{self, calibrate};
use crate::wire::stress::Raises;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct SimulateArguments {
    /// What else to do with the model.
    #[command(subcommand)]
    pub(super) command: Option<SimulateCommand>,
    /// Scenario file; `schema scenario` prints what it may hold.
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) scenario: Option<PathBuf>,
    /// Seed; the same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Folder for plots, SVG.
    #[arg(long, value_name = "DIR")]
    pub(super) plots: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(super) format: AnswerFormat,
}

/// What else to do with the model.
#[derive(Debug, Subcommand)]
pub(super) enum SimulateCommand {
    /// Measures in a capture how clients retry, and prints what that justifies as YAML.
    ///
    /// Start the capture before the outage, with whole packets (`tcpdump -s 0 -w FILE`), where
    /// only the pumps are seen; let it run for ten minutes at least.
    Calibrate(CalibrateArguments),
}

/// Arguments of `simulate calibrate`.
#[derive(Debug, Args)]
pub(super) struct CalibrateArguments {
    /// Capture, pcap or pcapng.
    #[arg(long, value_name = "FILE")]
    pcap: PathBuf,
    /// A client to look at, by its address or hardware address; all where none is named.
    #[arg(long, value_name = "ADDRESS")]
    client: Vec<String>,
    /// The pump gateway, so that fields about it can be justified: `10.50.1.20` or
    /// `10.50.1.20:51244`.
    #[arg(long, value_name = "ADDRESS")]
    gateway: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    format: AnswerFormat,
}

impl SimulateArguments {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        let format = match &self.command {
            Some(SimulateCommand::Calibrate(calibrate)) => calibrate.format,
            None => self.format,
        };
        format == AnswerFormat::Json
    }
}

/// Does what is asked.
pub(super) fn run(arguments: &SimulateArguments, style: Style) -> Outcome {
    match (&arguments.command, &arguments.scenario) {
        (Some(SimulateCommand::Calibrate(calibrate)), _) => run_calibration(calibrate, style),
        (None, Some(scenario)) => run_scenario(scenario, arguments, style),
        (None, None) => Err(Failure::usage(
            "run a scenario: none is named",
            "name it with `--scenario FILE`",
        )),
    }
}

/// Measures retries in a capture.
fn run_calibration(arguments: &CalibrateArguments, style: Style) -> Outcome {
    let canceled = cancel::flag();
    let capture = load_capture(&arguments.pcap, &|| !canceled.load(Ordering::Relaxed))?;
    let question = calibrate::Question {
        clients: arguments.client.clone(),
        gateway: arguments.gateway.clone(),
    };
    let calibration = calibrate::calibrate(&capture, &question);
    if calibration.clients.is_empty() {
        return Err(nothing_retried(arguments, &capture));
    }
    let mut out = Vec::new();
    match arguments.format {
        AnswerFormat::Text => output::to_memory(render_calibration(&calibration, style, &mut out))?,
        AnswerFormat::Json => output::json_line(&calibration, &mut out)?,
    }
    output::print(&out)?;
    Ok(exit::DONE)
}

/// Why nothing can be said of retries.
fn nothing_retried(arguments: &CalibrateArguments, capture: &Capture) -> Failure {
    let place = arguments.pcap.display();
    let clients = calibrate::clients(capture);
    let unknown = arguments.client.iter().find(|wanted| {
        !clients
            .iter()
            .any(|name| name.split(' ').any(|part| part == *wanted))
    });
    match unknown {
        Some(wanted) => Failure::usage(
            format!("calibrate from `{place}`: no client `{wanted}` in it"),
            format!("it holds {}", some(&clients)),
        ),
        None => Failure::usage(
            format!("calibrate from `{place}`: no client in it had to retry anything"),
            "capture during an outage, or while a bench pump without a patient is cut off from \
             its server",
        ),
    }
}

/// The first of some names, and how many more there are.
fn some(names: &[String]) -> String {
    /// How many are named.
    const MOST: usize = 8;
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Runs a scenario.
fn run_scenario(path: &Path, arguments: &SimulateArguments, style: Style) -> Outcome {
    let scenario = load_scenario(path)?;
    let progress = Progress::new();
    let ctx = Ctx {
        canceled: cancel::flag(),
        progress: &|step| progress.show(step),
        ..Ctx::quiet()
    };
    let simulation = stress::run(&scenario, arguments.seed, &ctx).map_err(|error| {
        let place = path.display();
        Failure::usage(
            format!("run the scenario `{place}`: {error}"),
            "`pump-preflight schema scenario` prints what the file may hold",
        )
    })?;
    if ctx.is_canceled() {
        return Err(crate::input::Error::Canceled.into());
    }
    if let Some(folder) = &arguments.plots {
        output::write_all(folder, plots(&simulation.timeline))?;
    }
    let mut out = Vec::new();
    match arguments.format {
        AnswerFormat::Text => output::to_memory(render_simulation(&simulation, style, &mut out))?,
        AnswerFormat::Json => output::json_line(&simulation, &mut out)?,
    }
    progress.clear();
    output::print(&out)?;
    // A result that raises nothing is no `go`: it says that the model ran.
    Ok(match simulation.raises {
        Raises::NoGo => exit::NO_GO,
        Raises::Conditional => exit::CONDITIONAL,
        Raises::Nothing => exit::DONE,
    })
}
