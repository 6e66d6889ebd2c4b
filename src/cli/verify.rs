//! `verify`: the network after the change against the baseline.

use std::path::PathBuf;

use clap::Args;

use super::arguments::AnswerFormat;
use super::{Outcome, output};
use crate::assessment::verify::{Limits, verify};
use crate::input::FileTable;
use crate::input::case::load_site;
use crate::input::evidence::{Evidence, load_evidence};
use crate::input::measurement::load_measurement;
use crate::report::{Style, render_verification};
use crate::wire::observation::ProbeReport;

#[cfg(feature = "live")]
use super::measure::Measurement;
#[cfg(feature = "live")]
use super::vantages::measure;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all requirements the same or better, 1 one is broken, 2 could not \
                  run or canceled, 3 one is unknown, 4 one is worse"
)]
pub(super) struct VerifyArguments {
    /// What `probe --out` wrote before the change.
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// What `probe --out` wrote after the change; nothing is measured then.
    #[arg(long, value_name = "FILE")]
    observed: Option<PathBuf>,
    /// What is measured, and from where.
    #[cfg(feature = "live")]
    #[command(flatten)]
    measurement: Measurement,
    /// Site file.
    #[cfg(not(feature = "live"))]
    #[command(flatten)]
    measurement: Loaded,
    /// Repetitions of the questions that are asked for their times.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Measures from every vantage of the site file, one after the other, not only from here.
    #[cfg(feature = "live")]
    #[arg(long, conflicts_with_all = ["observed", "vantage"])]
    vantages: bool,
    /// File for the new measurement, JSON.
    #[cfg(feature = "live")]
    #[arg(long, value_name = "FILE", conflicts_with = "observed")]
    out: Option<PathBuf>,
    /// What was counted before and after: `leases=FILE,FILE`, `clients=…`, `connected=…`,
    /// `denies=…` (docs/verify.md says the forms).
    #[arg(long, value_name = "KIND=BEFORE,NOW")]
    evidence: Vec<String>,
    /// Milliseconds that answers may come later.
    #[arg(long, value_name = "MS", default_value_t = 1)]
    least_ms: u32,
    /// Percent of the baseline's median that answers may come later.
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    least_percent: u32,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    format: AnswerFormat,
}

/// What is loaded where nothing can be measured.
#[cfg(not(feature = "live"))]
#[derive(Debug, Args)]
pub(super) struct Loaded {
    /// Site file.
    #[arg(long, value_name = "FILE", default_value = "site.yaml")]
    pub(super) site: PathBuf,
    /// Services to compare, by id; without it all.
    #[arg(long, value_name = "ID")]
    pub(super) service: Vec<String>,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
}

impl VerifyArguments {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.format == AnswerFormat::Json
    }
}

/// Measures, or reads what was measured, and compares.
pub(super) fn run(arguments: &VerifyArguments, style: Style) -> Outcome {
    let baseline = load_measurement(&arguments.baseline)?;
    let measurement = &arguments.measurement;
    let intent = load_site(&measurement.site, &measurement.rules, &mut FileTable::new())?;
    let texts = arguments.evidence.iter();
    let evidence: Vec<Evidence> = texts
        .map(|text| load_evidence(text, &intent.site))
        .collect::<Result<_, _>>()?;
    let now = match &arguments.observed {
        Some(path) => load_measurement(path)?,
        None => measure_now(arguments)?,
    };
    let limits = Limits {
        least_shift_us: u64::from(arguments.least_ms) * 1_000,
        least_shift_percent: arguments.least_percent,
        ..Limits::default()
    };
    let verification = verify(
        &intent,
        &measurement.service,
        &baseline,
        &now,
        &evidence,
        limits,
    );
    let mut out = Vec::new();
    match arguments.format {
        AnswerFormat::Text => {
            output::to_memory(render_verification(&verification, style, &mut out))?;
        }
        AnswerFormat::Json => output::json_line(&verification, &mut out)?,
    }
    output::print(&out)?;
    Ok(verification.exit_code)
}

/// The measurement after the change.
#[cfg(feature = "live")]
fn measure_now(arguments: &VerifyArguments) -> Result<ProbeReport, super::failure::Failure> {
    let report = measure(
        &arguments.measurement,
        arguments.samples,
        arguments.vantages,
    )?;
    if let Some(path) = &arguments.out {
        let json = super::probe::as_json(serde_json::to_string_pretty(&report))?;
        output::write(path, &json)?;
    }
    Ok(report)
}

/// Says that nothing can be measured.
#[cfg(not(feature = "live"))]
fn measure_now(_arguments: &VerifyArguments) -> Result<ProbeReport, super::failure::Failure> {
    Err(super::failure::Failure::usage(
        "measure: this program was built without the feature `live`",
        "measure elsewhere and name the result with `--observed FILE`",
    ))
}
