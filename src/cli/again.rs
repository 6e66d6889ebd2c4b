//! `recheck` and `combine`: earlier reports judged again.

use std::path::PathBuf;

use clap::Args;

use super::arguments::ReportFormat;
use super::failure::Failure;
use super::progress::Progress;
use super::{Outcome, cancel, output};
use crate::assessment::assess;
use crate::ctx::Ctx;
use crate::input::again::{Judged, judged, load_report};
use crate::input::{CaseArguments, Error, SnapshotPlace, load_case};
use crate::report::{Style, by_id, render_combination, render_recheck};
use crate::rule;
use crate::wire::assessment::Assessment;

/// Arguments of `recheck`.
#[derive(Debug, Args)]
pub(super) struct RecheckArguments {
    /// What `check --format json` wrote.
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// The network as it is now: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
    #[arg(long, value_name = "PLACE")]
    before: String,
    /// The network before as it was judged, where it is no longer where the report says.
    #[arg(long, value_name = "PLACE")]
    was: Option<String>,
    /// The network after as it was judged, likewise.
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// What both have in common.
    #[command(flatten)]
    common: Common,
}

/// Arguments of `combine`.
#[derive(Debug, Args)]
pub(super) struct CombineArguments {
    /// What `check --format json` wrote, of changes of one network.
    #[arg(value_name = "REPORT", required = true, num_args = 2..)]
    reports: Vec<PathBuf>,
    /// What both have in common.
    #[command(flatten)]
    common: Common,
}

/// Arguments of both.
#[derive(Debug, Args)]
struct Common {
    /// Site file; else the one of the report.
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// How to print the whole new report instead.
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
}

impl RecheckArguments {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.common.format == Some(ReportFormat::Json)
    }
}

impl CombineArguments {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.common.format == Some(ReportFormat::Json)
    }
}

/// Judges a report's change on the network as it is now.
pub(super) fn recheck(arguments: &RecheckArguments, style: Style) -> Outcome {
    let old = load_report(&arguments.report)?;
    let new = judge(&arguments.common, |ctx| {
        let (was, after) = (arguments.was.as_deref(), arguments.after.as_deref());
        let judged = judged(&arguments.report, &old, was, after, ctx)?;
        let fresh = SnapshotPlace::parse(&arguments.before)?;
        let after = SnapshotPlace::Merged {
            base: Box::new(judged.before),
            sides: vec![fresh.clone(), judged.after],
        };
        Ok((fresh, after, judged.site))
    })?;
    print(&arguments.common, &new, style, |out| {
        render_recheck(&old, &new, style, out)
    })
}

/// Judges several changes of one network together.
pub(super) fn combine(arguments: &CombineArguments, style: Style) -> Outcome {
    let mut parts = Vec::new();
    for path in &arguments.reports {
        parts.push(load_report(path)?);
    }
    let whole = judge(&arguments.common, |ctx| {
        let mut all: Vec<Judged> = Vec::new();
        for (path, part) in arguments.reports.iter().zip(&parts) {
            all.push(judged(path, part, None, None, ctx)?);
        }
        let first = all.first().cloned();
        let Some(first) = first.filter(|first| all.iter().all(|of| of.digest == first.digest))
        else {
            return Err(Failure::usage(
                "put the changes together: the reports judge different networks",
                "`recheck` them over one snapshot first, with `--format json`",
            ));
        };
        let after = SnapshotPlace::Merged {
            base: Box::new(first.before.clone()),
            sides: all.into_iter().map(|of| of.after).collect(),
        };
        Ok((first.before, after, first.site))
    })?;
    print(&arguments.common, &whole, style, |out| {
        render_combination(&parts, &whole, style, out)
    })
}

/// Judges the change between two places.
fn judge(
    common: &Common,
    places: impl FnOnce(&Ctx<'_>) -> Result<(SnapshotPlace, SnapshotPlace, Option<PathBuf>), Failure>,
) -> Result<Assessment, Failure> {
    let progress = Progress::new();
    let ctx = Ctx {
        progress: &|step| progress.show(step),
        canceled: cancel::flag(),
        ..Ctx::quiet()
    };
    let (before, after, site) = places(&ctx)?;
    let arguments = CaseArguments {
        before,
        after: Some(after),
        site: common.site.clone().or(site),
        site_before: None,
        rules: common.rules.clone(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    };
    let case = load_case(&arguments, &ctx)?;
    let rules = rule::load(&common.rules)?;
    let assessment = assess(&case, &rules, &ctx);
    if ctx.is_canceled() {
        return Err(Error::Canceled.into());
    }
    progress.clear();
    Ok(assessment)
}

/// Prints the short answer, or the whole report in a format.
fn print(
    common: &Common,
    assessment: &Assessment,
    style: Style,
    short: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
) -> Outcome {
    let mut bytes = Vec::new();
    let rendered = match common.format.and_then(|format| by_id(format.id())) {
        Some(report) => report.render(assessment, style, &mut bytes),
        None => short(&mut bytes),
    };
    output::to_memory(rendered)?;
    output::print(&bytes)?;
    Ok(assessment.exit_code)
}
