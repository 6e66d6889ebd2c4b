//! Every rule's examples, run through the whole pre-flight; the table of rules is fresh.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use pump_preflight::assessment::assess;
use pump_preflight::ctx::Ctx;
use pump_preflight::input::{CaseArguments, SnapshotPlace, load_case};
use pump_preflight::rule::example::{Expanded, Files, SITE, expand};
use pump_preflight::rule::load;
use pump_preflight::rule::schema::{Example, Expect, Rule, Rules};
use pump_preflight::wire::assessment::{Assessment, Effect, StageState};

use crate::support::fixtures;

/// Every file below a folder, path below it to text.
fn files_below(root: &Path, folder: &Path, out: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(root, &path, out);
        } else {
            let below = path.strip_prefix(root).unwrap();
            let name = below.to_string_lossy().replace('\\', "/");
            out.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// A fixture's before side with its site file.
fn base(name: &str) -> Files {
    let fixture = fixtures().join(name);
    let mut files = BTreeMap::new();
    let before = fixture.join("before");
    files_below(&before, &before, &mut files);
    let site = std::fs::read_to_string(fixture.join(SITE)).unwrap();
    files.insert(SITE.to_owned(), site);
    files
}

/// A scenario's two sides; its site file is the same on both unless it has a `site_after.yaml`.
fn scenario(name: &str) -> Expanded {
    let folder = fixtures().join("scenarios").join(name);
    let files = |side: &str| {
        let mut out = BTreeMap::new();
        let root = folder.join(side);
        files_below(&root, &root, &mut out);
        out
    };
    let site_before = std::fs::read_to_string(folder.join(SITE)).unwrap();
    let site = std::fs::read_to_string(folder.join("site_after.yaml"));
    Expanded {
        before: files("before"),
        after: files("after"),
        site: site.unwrap_or_else(|_| site_before.clone()),
        site_before,
    }
}

/// What an example runs on.
fn expanded(rule: &str, example: &Example) -> Expanded {
    if let Some(name) = &example.scenario {
        return scenario(name);
    }
    let base = example.base.as_deref().map(base).unwrap_or_default();
    expand(example, &base).unwrap_or_else(|error| panic!("{rule}, {}: {error}", example.name))
}

/// Writes files below a folder.
fn write(folder: &Path, files: &Files) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The whole pre-flight over two sides, as the command runs it.
fn assess_sides(rules: &Rules, sides: &Expanded, measured: Option<&str>) -> Assessment {
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| folder.path().join(name);
    write(&below("before"), &sides.before);
    write(&below("after"), &sides.after);
    std::fs::write(below("site.yaml"), &sides.site).unwrap();
    std::fs::write(below("site_before.yaml"), &sides.site_before).unwrap();
    let arguments = CaseArguments {
        before: SnapshotPlace::Folder(below("before")),
        after: Some(SnapshotPlace::Folder(below("after"))),
        site: Some(below("site.yaml")),
        site_before: Some(below("site_before.yaml")),
        rules: Vec::new(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    };
    let ctx = Ctx::quiet();
    let mut case = load_case(&arguments, &ctx).unwrap();
    if let Some(path) = measured {
        case.add_baseline(&fixtures().join(path)).unwrap();
    }
    assess(&case, rules, &ctx)
}

/// What is wrong with one example; `None` where it does as it says.
fn mistake(rules: &Rules, rule: &Rule, example: &Example) -> Option<String> {
    let assessment = assess_sides(
        rules,
        &expanded(&rule.id, example),
        example.measured.as_deref(),
    );
    let mut findings = assessment.findings.iter();
    let fires = findings.any(|finding| finding.rule == rule.id);
    if fires == (example.expect == Expect::Finding) {
        return None;
    }
    let said = if fires { "fires" } else { "does not fire" };
    let mut out = format!("{} {said}: {}", rule.id, example.name);
    for finding in &assessment.findings {
        let _ = write!(out, "\n  {}: {}", finding.rule, finding.title);
    }
    for row in &assessment.requirements {
        for stage in &row.stages {
            if stage.change != Effect::Unchanged || stage.after != StageState::Works {
                let _ = write!(
                    out,
                    "\n  {} {}: {:?} to {:?}, {:?} ({})",
                    row.id, stage.stage, stage.before, stage.after, stage.change, stage.why
                );
            }
        }
    }
    Some(out)
}

/// Runs the examples of the rules; `RULE=<id>` in the environment runs one rule's.
#[test]
fn every_example_fires_or_stays_clean_as_it_says() {
    let rules = load(&[]).unwrap();
    let only = std::env::var("RULE").ok();
    let examples: Vec<(&Rule, &Example)> = rules
        .rules
        .iter()
        .filter(|rule| only.as_ref().is_none_or(|id| *id == rule.id))
        .flat_map(|rule| rule.examples.iter().map(move |example| (rule, example)))
        .collect();
    assert!(!examples.is_empty());
    let wrong: Vec<String> = Ctx::quiet()
        .map(&examples, |(rule, example)| mistake(&rules, rule, example))
        .into_iter()
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
