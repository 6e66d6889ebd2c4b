//! `check`: the pre-flight.

use std::env;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::arguments::{CheckArguments, ReportFormat};
use super::failure::Failure;
#[cfg(feature = "live")]
use super::measure::{Measurement, Subject};
#[cfg(feature = "live")]
use super::probe::as_json;
use super::progress::Progress;
use super::{Outcome, cancel, output};
use crate::assessment::assess;
use crate::assessment::plan::assess_plan;
use crate::ctx::Ctx;
use crate::input::down::parse_for;
use crate::input::git::Repository;
use crate::input::plan::load_plan;
use crate::input::{Case, CaseArguments, Error, ScriptArguments, SnapshotPlace, load_case};
use crate::report::{Style, by_id, plots};
use crate::rule;

/// Most bytes of a script on the standard input.
const MOST_SCRIPT_BYTES: u64 = 16 << 20;

/// Judges a change, or one snapshot.
pub(super) fn run(arguments: &CheckArguments, style: Style) -> Outcome {
    let targets = targets(arguments)?;
    let canceled = cancel::flag();
    let progress = Progress::new();
    let ctx = Ctx {
        progress: &|step| progress.show(step),
        canceled,
        ..Ctx::quiet()
    };
    let asked = case_arguments(arguments)?;
    let rules = rule::load(&arguments.rules)?;
    let assessment = if let Some(path) = &arguments.plan {
        let plan = load_plan(&asked, path, &ctx)?;
        assess_plan(&plan, &rules, &ctx).ok_or(Error::Canceled)?
    } else {
        let mut case = load_case(&asked, &ctx)?;
        add_measurement(&mut case, arguments)?;
        assess(&case, &rules, &ctx)
    };
    if ctx.is_canceled() {
        return Err(Error::Canceled.into());
    }
    let mut reports = Vec::new();
    for (format, path) in &targets {
        let Some(report) = by_id(format.id()) else {
            continue;
        };
        let style = if path.is_none() {
            style
        } else {
            Style::default()
        };
        let mut bytes = Vec::new();
        output::to_memory(report.render(&assessment, style, &mut bytes))?;
        reports.push((path, bytes));
    }
    progress.clear();
    if let Some(folder) = &arguments.plots {
        output::write_all(folder, assessment.timeline.iter().flat_map(plots))?;
    }
    for (path, bytes) in reports {
        match path {
            Some(path) => output::write(path, &bytes)?,
            None => output::print(&bytes)?,
        }
    }
    Ok(assessment.exit_code)
}

/// Adds what was measured before the change, or measures it now.
fn add_measurement(case: &mut Case, arguments: &CheckArguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.baseline {
        case.add_baseline(path)?;
    }
    #[cfg(feature = "live")]
    if arguments.probe {
        let measurement = Measurement::here();
        let subject = Subject::of_case(case);
        let plan = subject.plan(&measurement, 5)?;
        let report = subject.measure(&plan, &measurement, cancel::flag());
        let json = as_json(serde_json::to_string_pretty(&report))?;
        case.add_measurement("now", &json)?;
    }
    Ok(())
}

/// Formats with the files they go to, paired by position; what has no file goes to the standard
/// output.
fn targets(arguments: &CheckArguments) -> Result<Vec<(ReportFormat, Option<PathBuf>)>, Failure> {
    let formats = if arguments.format.is_empty() {
        vec![ReportFormat::Text]
    } else {
        arguments.format.clone()
    };
    if arguments.output.len() > formats.len() {
        return Err(Failure::usage(
            "pair formats with outputs: there are more `--output` than `--format`",
            "the first `--format` goes to the first `--output`, and so on",
        ));
    }
    let files = arguments
        .output
        .iter()
        .map(|path| Some(path.clone()).filter(|path| path.as_os_str() != "-"))
        .chain(std::iter::repeat(None));
    let targets: Vec<_> = formats.into_iter().zip(files).collect();
    if targets.iter().filter(|(_, path)| path.is_none()).count() > 1 {
        return Err(Failure::usage(
            "pair formats with outputs: two reports would go to the standard output",
            "add `--output FILE` for each `--format` but one; `-` is the standard output",
        ));
    }
    Ok(targets)
}

/// What is asked, as the library takes it.
fn case_arguments(arguments: &CheckArguments) -> Result<CaseArguments, Failure> {
    let mut site = arguments.site.clone();
    let (before, after) = match (&arguments.before, &arguments.after) {
        (Some(before), after) => {
            let after = after.as_deref().map(SnapshotPlace::parse).transpose()?;
            (SnapshotPlace::parse(before)?, after)
        }
        (None, Some(_)) => {
            return Err(Failure::usage(
                "compare the snapshots: `--after` without `--before`",
                "name the network as it is: `--before PLACE`",
            ));
        }
        (None, None) => {
            let (before, after, found) = work_tree(site.as_deref())?;
            site = Some(found);
            (before, Some(after))
        }
    };
    let script = match (&arguments.change, &arguments.device) {
        (Some(path), Some(device)) => Some(ScriptArguments {
            path: path.clone(),
            bytes: (path == "-").then(standard_input).transpose()?,
            device: device.clone(),
        }),
        (Some(_) | None, _) => None,
    };
    let lasts_s = arguments.lasts.as_deref().map(parse_for).transpose()?;
    Ok(CaseArguments {
        before,
        after,
        site,
        site_before: arguments.site_before.clone(),
        rules: arguments.rules.clone(),
        script,
        down: arguments.down.clone(),
        lasts_s,
    })
}

/// The script on the standard input.
fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(MOST_SCRIPT_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Read {
            path: PathBuf::from("-"),
            source,
        })?;
    Ok(bytes)
}

/// Both sides and the site file of the git work tree around the working folder.
fn work_tree(site: Option<&Path>) -> Result<(SnapshotPlace, SnapshotPlace, PathBuf), Failure> {
    let repository = Repository::here();
    let root = repository.root()?;
    let site = match site {
        Some(site) => site.to_owned(),
        None => nearest_site(&root)?,
    };
    let refuse = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Read { path, source }
    };
    let full = site.canonicalize().map_err(refuse(&site))?;
    let real_root = root.canonicalize().map_err(refuse(&root))?;
    let below = full
        .parent()
        .and_then(|folder| folder.strip_prefix(&real_root).ok())
        .ok_or_else(|| {
            Failure::usage(
                format!(
                    "compare `{}`: it is outside of the work tree",
                    site.display()
                ),
                "name both sides: `--before PLACE --after PLACE`",
            )
        })?;
    let path = below.to_string_lossy().replace('\\', "/");
    let (commit, _) = repository.merge_base()?;
    let before = SnapshotPlace::Git {
        reference: commit,
        path: path.clone(),
    };
    Ok((before, SnapshotPlace::WorkTree(path), site))
}

/// The nearest `site.yaml` from the working folder up to the root of the work tree.
fn nearest_site(root: &Path) -> Result<PathBuf, Failure> {
    let here = env::current_dir().map_err(|source| Error::Read {
        path: PathBuf::from("."),
        source,
    })?;
    let (here, root) = (
        here.canonicalize().unwrap_or(here),
        root.canonicalize().unwrap_or_else(|_| root.to_owned()),
    );
    here.ancestors()
        .take_while(|folder| folder.starts_with(&root))
        .map(|folder| folder.join("site.yaml"))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::usage(
                "find the site file: no `site.yaml` from here up to the root of the work tree",
                "name it with `--site FILE`; `schema site` prints what it holds",
            )
        })
}
