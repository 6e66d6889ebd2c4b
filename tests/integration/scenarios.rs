//! Scenarios and mutations: changes of a hospital, through the whole pre-flight.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pump_preflight::assessment::assess;
use pump_preflight::ctx::Ctx;
use pump_preflight::input::{CaseArguments, ScriptArguments, SnapshotPlace, load_case};
use pump_preflight::report::{Style, by_id};
use pump_preflight::rule;
use pump_preflight::wire::assessment::{Assessment, Effect, Verdict};
use serde::Deserialize;

use crate::support::{check_golden, entries, fixtures};

/// A scenario as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What changes, in one line.
    title: String,
    /// What changes, what should happen, which incident it resembles.
    story: String,
    /// Edits of the base hospital on both sides, before the others.
    #[serde(default)]
    prepare: Vec<Edit>,
    /// What was measured before the change, a file of the folder.
    measured: Option<String>,
    /// Edits of the base hospital that make the after snapshot.
    #[serde(default)]
    edits: Vec<Edit>,
    /// Lines that are pasted instead.
    script: Option<Script>,
    /// Further arguments: `--down X`, `--for 12m`.
    #[serde(default)]
    args: Vec<String>,
    /// What must come out.
    expect: Expectation,
}

/// An edit of one file of the base hospital.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// File below the snapshot, or `site.yaml`.
    file: String,
    /// Text that must occur.
    find: String,
    /// What every occurrence becomes.
    replace: String,
}

/// Lines that are pasted into a device.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// Device.
    device: String,
    /// Lines.
    lines: String,
}

/// What must come out of a scenario.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expectation {
    /// The verdict.
    verdict: Option<String>,
    /// A verdict that it must not be.
    not: Option<String>,
    /// Exactly these requirements are lost, by id.
    lost: Option<Vec<String>>,
    /// Of exactly these groups something is lost.
    lost_groups: Option<Vec<String>>,
    /// Exactly these requirements are degraded, by id.
    degraded: Option<Vec<String>>,
    /// Exactly these requirements are transient, by id.
    transient: Option<Vec<String>>,
    /// A cause of every loss names this text.
    cause: Option<String>,
    /// A question names this profile field.
    asks: Option<String>,
    /// What the stress model raises the verdict to, by group.
    stress: BTreeMap<String, String>,
}

/// A folder with a copy of the base hospital's snapshot in which some files are edited.
pub(crate) fn edited(folder: &Path, edits: &[(&str, &str, &str)]) -> PathBuf {
    let after = folder.join("after");
    copy(&fixtures().join("hospital/before"), &after);
    fs::copy(
        fixtures().join("hospital/site.yaml"),
        after.join("site.yaml"),
    )
    .unwrap();
    for (file, find, replace) in edits {
        let path = after.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {file}"));
        assert!(text.contains(find), "{file} does not hold `{find}`");
        fs::write(&path, text.replace(find, replace)).unwrap();
    }
    after
}

/// Copies a folder with all that it holds.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in entries(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Arguments of a pre-flight between two folders.
pub(crate) fn arguments(
    before: &Path,
    after: Option<&Path>,
    sites: [Option<PathBuf>; 2],
) -> CaseArguments {
    let place = |path: &Path| SnapshotPlace::parse(path.to_str().unwrap()).unwrap();
    let [site_before, site] = sites;
    CaseArguments {
        before: place(before),
        after: after.map(place),
        site,
        site_before,
        rules: Vec::new(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    }
}

/// Runs a pre-flight.
pub(crate) fn run(arguments: &CaseArguments) -> Assessment {
    run_measured(arguments, None)
}

/// Runs a pre-flight with what was measured before.
fn run_measured(arguments: &CaseArguments, measured: Option<&Path>) -> Assessment {
    let ctx = Ctx::quiet();
    let mut case = load_case(arguments, &ctx).unwrap_or_else(|error| panic!("{error}"));
    if let Some(path) = measured {
        let bytes = fs::read(path).unwrap();
        case.add_measurement("baseline.json", &bytes).unwrap();
    }
    let assessment = assess(&case, &rule::load(&[]).unwrap(), &ctx);
    // Every packet that is followed alone ends as it does in a set.
    assert_eq!(assessment.coverage.replayed.differing, 0);
    assessment
}

/// Runs a pre-flight on an edited copy of the base hospital.
fn run_edits(edits: &[(&str, &str, &str)]) -> Assessment {
    run_prepared(&[], edits, None)
}

/// Runs a pre-flight between two edited copies of the base hospital.
fn run_prepared(
    prepare: &[(&str, &str, &str)],
    edits: &[(&str, &str, &str)],
    measured: Option<&Path>,
) -> Assessment {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<_> = prepare.iter().chain(edits).copied().collect();
    let after = edited(folder.path(), &all);
    let base = fixtures().join("hospital");
    let (before, site_before) = if prepare.is_empty() {
        (base.join("before"), base.join("site.yaml"))
    } else {
        let prepared = edited(&folder.path().join("prepared"), prepare);
        let site = folder.path().join("site-before.yaml");
        fs::rename(prepared.join("site.yaml"), &site).unwrap();
        (prepared, site)
    };
    let site = folder.path().join("site.yaml");
    fs::rename(after.join("site.yaml"), &site).unwrap();
    let sites = [Some(site_before), Some(site)];
    run_measured(&arguments(&before, Some(&after), sites), measured)
}

/// Runs one scenario.
fn run_scenario(folder: &Path, scenario: &Scenario) -> Assessment {
    if folder.join("before").is_dir() {
        let (before, after) = (folder.join("before"), folder.join("after"));
        return run(&arguments(&before, Some(&after), [None, None]));
    }
    if scenario.script.is_some() || !scenario.args.is_empty() {
        let copy = tempfile::tempdir().unwrap();
        let before = edited(copy.path(), &triples(&scenario.prepare));
        let site = copy.path().join("site.yaml");
        fs::rename(before.join("site.yaml"), &site).unwrap();
        let mut arguments = arguments(&before, None, [None, Some(site)]);
        arguments.script = scenario.script.as_ref().map(|script| ScriptArguments {
            path: "script.txt".to_owned(),
            bytes: Some(script.lines.clone().into_bytes()),
            device: script.device.clone(),
        });
        let mut words = scenario.args.iter();
        while let Some(word) = words.next() {
            let value = words.next().expect("an argument has a value");
            match word.as_str() {
                "--down" => arguments.down.push(value.clone()),
                "--for" => {
                    arguments.lasts_s =
                        Some(pump_preflight::input::down::parse_for(value).unwrap());
                }
                other => panic!("unknown argument {other}"),
            }
        }
        return run(&arguments);
    }
    let measured = scenario.measured.as_ref().map(|name| folder.join(name));
    run_prepared(
        &triples(&scenario.prepare),
        &triples(&scenario.edits),
        measured.as_deref(),
    )
}

/// Edits as file, text, replacement.
fn triples(edits: &[Edit]) -> Vec<(&str, &str, &str)> {
    edits
        .iter()
        .map(|edit| (&*edit.file, &*edit.find, &*edit.replace))
        .collect()
}

/// Requirements with an effect, by id.
fn with_effect(assessment: &Assessment, effect: Effect) -> Vec<String> {
    let rows = assessment
        .requirements
        .iter()
        .filter(|row| row.change == effect);
    rows.map(|row| row.id.clone()).collect()
}

/// Groups that lose something.
fn groups_that_lose(assessment: &Assessment) -> Vec<String> {
    let rows = assessment
        .requirements
        .iter()
        .filter(|row| row.change == Effect::Lost);
    let mut groups: Vec<String> = rows.map(|row| row.group.clone()).collect();
    groups.dedup();
    groups
}

/// What differs from a scenario's expectation, a line each.
fn mismatches(assessment: &Assessment, expect: &Expectation) -> Vec<String> {
    let mut out = Vec::new();
    let mut same = |what: &str, expected: Option<&Vec<String>>, found: Vec<String>| {
        if expected.is_some_and(|expected| *expected != found) {
            out.push(format!("{what}: {found:?}"));
        }
    };
    same(
        "lost",
        expect.lost.as_ref(),
        with_effect(assessment, Effect::Lost),
    );
    same(
        "degraded",
        expect.degraded.as_ref(),
        with_effect(assessment, Effect::Degraded),
    );
    same(
        "transient",
        expect.transient.as_ref(),
        with_effect(assessment, Effect::Transient),
    );
    same(
        "lost groups",
        expect.lost_groups.as_ref(),
        groups_that_lose(assessment),
    );
    let verdict = assessment.verdict.name();
    if expect
        .verdict
        .as_ref()
        .is_some_and(|expected| expected != verdict)
        || expect
            .not
            .as_ref()
            .is_some_and(|excluded| excluded == verdict)
    {
        out.push(format!("verdict: {verdict}"));
    }
    if let Some(text) = &expect.cause {
        let named = |id: &String| {
            assessment
                .changes
                .iter()
                .any(|change| change.id == *id && change.summary.contains(text))
        };
        let lost = assessment
            .requirements
            .iter()
            .filter(|row| row.change == Effect::Lost);
        for row in lost {
            if !row
                .stages
                .iter()
                .any(|stage| stage.caused_by.iter().any(named))
            {
                out.push(format!("{}: no cause names `{text}`", row.id));
            }
        }
    }
    for (group, raises) in &expect.stress {
        let row = assessment.stress.iter().find(|row| row.group == *group);
        let raised = row.map_or("not asked", |row| row.raises.name());
        if raised != raises {
            out.push(format!("stress of {group}: {raised}"));
        }
    }
    if let Some(field) = &expect.asks
        && !assessment
            .unknowns
            .iter()
            .any(|unknown| unknown.question.contains(field))
    {
        out.push(format!(
            "nobody asks for {field}: {:?}",
            assessment.unknowns
        ));
    }
    out
}

/// A report as text, as it is printed into a pipe.
fn text_of(assessment: &Assessment) -> String {
    let mut out = Vec::new();
    let style = Style {
        width: None,
        color: false,
    };
    by_id("text")
        .unwrap()
        .render(assessment, style, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// Gives site files their name without the folder of the run.
fn name_sites(assessment: &mut Assessment) {
    let origins = assessment
        .findings
        .iter_mut()
        .flat_map(|one| &mut one.origins);
    for origin in origins.filter(|origin| origin.snapshot == "site") {
        "site.yaml".clone_into(&mut origin.file);
    }
}

/// The report below its heading, which names the folder of the run in lines as long as that folder.
fn stable(text: &str) -> String {
    text.lines()
        .skip_while(|line| !line.is_empty())
        .fold(String::new(), |mut out, line| {
            let _ = writeln!(out, "{}", line.trim_end());
            out
        })
}

#[test]
fn every_scenario_ends_as_its_story_says() {
    let mut bad = String::new();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in entries(&fixtures().join("scenarios")) {
        let text = fs::read_to_string(folder.join("scenario.yaml")).unwrap();
        let scenario: Scenario = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        assert!(
            scenario.story.len() > 80 && !scenario.title.is_empty(),
            "{}",
            folder.display()
        );
        let mut assessment = run_scenario(&folder, &scenario);
        name_sites(&mut assessment);
        *verdicts.entry(assessment.verdict.name()).or_default() += 1;
        check_golden(&folder.join("expected.txt"), &stable(&text_of(&assessment)));
        for line in mismatches(&assessment, &scenario.expect) {
            let name = folder.file_name().unwrap().to_string_lossy();
            writeln!(bad, "{name}: {line}").unwrap();
        }
    }
    assert!(bad.is_empty(), "{bad}");
    assert!(
        verdicts["go"] >= 3 && verdicts["inconclusive"] >= 2,
        "{verdicts:?}"
    );
}

#[test]
fn a_survived_outage_of_the_site_file_takes_pumps_away_that_it_would_have_stopped() {
    let silent = (
        "configs/core1.cfg",
        "ip access-list extended MED-PUMPS-IN\n",
        "ip access-list extended MED-PUMPS-IN\n 5 deny tcp any any eq 51244\n",
    );
    let memory = |edits: &[(&str, &str, &str)]| {
        let assessment = run_edits(edits);
        let row = assessment
            .stress
            .into_iter()
            .next()
            .expect("somebody is hurt");
        let detection = "a session counts as lost after 10 to 60 s (assumed)";
        assert!(
            row.holds_under.iter().any(|text| text.contains(detection)),
            "{:?}",
            row.holds_under
        );
        let mut branches = row.branches.into_iter();
        let memory = branches.find(|branch| branch.mechanism == "exhausted-memory");
        memory.expect("the branch is not excluded").draws
    };
    let survived = memory(&[silent]);
    let line = "  - { what: core software upgrade, outage: 12m, on: 2026-03-01 }\n";
    let longer = line.replace("12m", "30m");
    let longer = memory(&[silent, ("site.yaml", line, &longer)]);
    let never = memory(&[silent, ("site.yaml", &format!("survived:\n{line}"), "")]);
    assert!(
        longer < survived && survived < never,
        "{longer} {survived} {never}"
    );
}

/// Harmful edits of one kind with their harmless near-twins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
    /// What it does.
    #[serde(rename = "operator")]
    name: String,
    /// Each hurts somebody, or cannot be proven harmless.
    harmful: Vec<Vec<[String; 3]>>,
    /// Each hurts nobody.
    harmless: Vec<Vec<[String; 3]>>,
}

#[test]
fn mutations_that_hurt_never_get_go() {
    let text = fs::read_to_string(fixtures().join("mutations/mutations.yaml")).unwrap();
    let operators: Vec<Operator> = serde_saphyr::from_str(&text).unwrap();
    let mut jobs = Vec::new();
    for operator in &operators {
        jobs.extend(operator.harmful.iter().map(|edits| (operator, true, edits)));
        jobs.extend(
            operator
                .harmless
                .iter()
                .map(|edits| (operator, false, edits)),
        );
    }
    let verdicts = Ctx::quiet().map(&jobs, |(_, _, edits)| {
        let edits: Vec<(&str, &str, &str)> = edits
            .iter()
            .map(|[file, find, replace]| (&**file, &**find, &**replace))
            .collect();
        run_edits(&edits).verdict
    });
    let [mut harmful, mut harmless, mut decided] = [0, 0, 0];
    let mut missed = String::new();
    let mut alarmed = String::new();
    let mut undecided = String::new();
    for ((operator, hurts, edits), verdict) in jobs.iter().zip(verdicts) {
        let what = format!("{}: {:?} -> {}\n", operator.name, edits, verdict.name());
        if verdict == Verdict::Inconclusive {
            undecided.push_str(&what);
        } else {
            decided += 1;
        }
        if *hurts {
            harmful += 1;
            missed.push_str(if verdict == Verdict::Go { &what } else { "" });
        } else {
            harmless += 1;
            alarmed.push_str(if verdict == Verdict::Go { "" } else { &what });
        }
    }
    let summary = format!(
        "{} operators; harmful given go {} of {harmful}; harmless given an alarm {} of {harmless}; decided {decided} of {}",
        operators.len(),
        missed.lines().count(),
        alarmed.lines().count(),
        jobs.len(),
    );
    println!("{summary}\n{alarmed}undecided:\n{undecided}");
    assert!(missed.is_empty(), "{summary}\n{missed}");
    assert!(alarmed.is_empty(), "{summary}\n{alarmed}");
}
