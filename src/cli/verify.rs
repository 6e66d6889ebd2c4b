//! `verify`: the network after the change against the baseline.

use std::path::PathBuf;

use clap::Args;

use super::arguments::AnswerFormat;
use super::failure::Failure;
use super::{Outcome, output};
use crate::assessment::verify::{Limits, verify};
use crate::input::evidence::{Evidence, load_evidence};
use crate::input::measurement::load_measurement;
use crate::report::{Style, render_verification};
use crate::wire::observation::ProbeReport;

#[cfg(not(feature = "live"))]
use crate::input::{FileTable, case::load_site};
#[cfg(not(feature = "live"))]
use crate::intent::Intent;

#[cfg(feature = "live")]
use super::measure::{Measurement, Subject};
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
    /// What is no difference.
    #[command(flatten)]
    limits: LimitArguments,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    format: AnswerFormat,
}

/// What is no difference.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct LimitArguments {
    /// Milliseconds that answers may come later than in the baseline.
    #[arg(long, value_name = "MS", default_value_t = 5)]
    least_ms: u32,
    /// Percent of the baseline's median that answers may come later.
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    least_percent: u32,
}

impl LimitArguments {
    /// As the comparison takes them.
    pub(super) fn limits(self) -> Limits {
        Limits {
            least_shift_us: u64::from(self.least_ms) * 1_000,
            least_shift_percent: self.least_percent,
            ..Limits::default()
        }
    }
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

/// A site file as loaded, where nothing can be measured.
#[cfg(not(feature = "live"))]
struct Subject {
    /// What it says.
    intent: Intent,
}

#[cfg(not(feature = "live"))]
impl Subject {
    /// Loads the site file.
    fn load(measurement: &Loaded) -> Result<Self, Failure> {
        let mut files = FileTable::new();
        let intent = load_site(&measurement.site, &measurement.rules, &mut files)?;
        Ok(Self { intent })
    }
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
    let subject = Subject::load(measurement)?;
    let intent = &subject.intent;
    let texts = arguments.evidence.iter();
    let evidence: Vec<Evidence> = texts
        .map(|text| load_evidence(text, &intent.site))
        .collect::<Result<_, _>>()?;
    let now = match &arguments.observed {
        Some(path) => load_measurement(path)?,
        None => measure_now(&subject, arguments)?,
    };
    let verification = verify(
        intent,
        &measurement.service,
        &baseline,
        &now,
        &evidence,
        arguments.limits.limits(),
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
fn measure_now(subject: &Subject, arguments: &VerifyArguments) -> Result<ProbeReport, Failure> {
    let report = measure(
        subject,
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
fn measure_now(_: &Subject, _: &VerifyArguments) -> Result<ProbeReport, Failure> {
    Err(Failure::usage(
        "measure: this program was built without the feature `live`",
        "measure elsewhere and name the result with `--observed FILE`",
    ))
}
