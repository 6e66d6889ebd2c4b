//! `simulate`: the stress model alone, over a scenario file.

use std::path::PathBuf;

use clap::Args;

use super::arguments::AnswerFormat;
use super::failure::Failure;
use super::{Outcome, cancel, exit, output};
use crate::ctx::Ctx;
use crate::input::scenario::load_scenario;
use crate::report::{Style, plots, render_simulation};
use crate::stress;
use crate::wire::stress::Raises;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArguments {
    /// Scenario file; `schema scenario` prints what it may hold.
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: PathBuf,
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

/// Runs a scenario.
pub(super) fn run(arguments: &SimulateArguments, style: Style) -> Outcome {
    let ctx = Ctx {
        canceled: cancel::flag(),
        ..Ctx::quiet()
    };
    let scenario = load_scenario(&arguments.scenario)?;
    let simulation = stress::run(&scenario, arguments.seed, &ctx).map_err(|error| {
        let place = arguments.scenario.display();
        Failure::usage(
            format!("run the scenario `{place}`: {error}"),
            "`pump-preflight schema scenario` prints what the file may hold",
        )
    })?;
    if ctx.is_canceled() {
        return Err(crate::input::Error::Canceled.into());
    }
    if let Some(folder) = &arguments.plots {
        for (name, text) in plots(&simulation) {
            output::write(&folder.join(name), text.as_bytes())?;
        }
    }
    let mut out = Vec::new();
    match arguments.format {
        AnswerFormat::Text => output::to_memory(render_simulation(&simulation, style, &mut out))?,
        AnswerFormat::Json => output::json_line(&simulation, &mut out)?,
    }
    output::print(&out)?;
    // A result that raises nothing is no `go`: it says that the model ran.
    Ok(match simulation.raises {
        Raises::NoGo => exit::NO_GO,
        Raises::Conditional => exit::CONDITIONAL,
        Raises::Nothing => exit::DONE,
    })
}
