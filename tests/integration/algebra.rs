//! What holds of every pair of snapshots: swapped sides, other file names, one question at a time.

use std::fs;
use std::path::Path;

use pump_preflight::analysis::{World, judge, judge_both, judge_some, memory_of};
use pump_preflight::ctx::Ctx;
use pump_preflight::input::load_case;
use pump_preflight::wire::assessment::{Assessment, Effect, Stage};

use crate::scenarios::{arguments, copy, edited, run};
use crate::support::{entries, fixtures};

/// Edits of the base hospital: a filter, a route, a group of addresses, a scope, a zone, a VLAN.
const EDITS: &[(&str, &str, &str)] = &[
    (
        "configs/core1.cfg",
        " 100 permit tcp object-group PUMP-NETS object-group PUMP-GATEWAYS eq 51244\n",
        "",
    ),
    (
        "configs/fw-med.cfg",
        "object-group network PUMP-NETS \n 10.20.230.0 255.255.255.0\n 10.20.240.0 255.255.254.0\n",
        "object-group network PUMP-NETS \n 10.20.230.0 255.255.255.0\n",
    ),
    (
        "configs/core1.cfg",
        "object-group network DNS-SERVERS\n host 10.50.0.53\n host 10.51.0.53\n",
        "object-group network DNS-SERVERS\n host 10.50.0.54\n host 10.51.0.54\n",
    ),
    (
        "configs/dns1/db.example.org",
        "pumpgw\t\tIN\tA\t10.50.1.20\n",
        "pumpgw\t\tIN\tA\t10.50.1.21\n",
    ),
    (
        "configs/core1.cfg",
        " 70 permit udp object-group PUMP-NETS object-group DNS-SERVERS eq domain\n",
        " 75 permit udp object-group PUMP-NETS object-group DNS-SERVERS eq domain\n",
    ),
];

/// Runs `look` on the pre-flight from the base hospital to its copy with an edit, and on the one
/// back.
fn both_ways(edit: (&str, &str, &str), mut look: impl FnMut(&Assessment, &Assessment)) {
    let folder = tempfile::tempdir().unwrap();
    let after = edited(folder.path(), &[edit]);
    let site = folder.path().join("site.yaml");
    fs::rename(after.join("site.yaml"), &site).unwrap();
    let before = fixtures().join("hospital/before");
    let sites = || [Some(site.clone()), Some(site.clone())];
    look(
        &run(&arguments(&before, Some(&after), sites())),
        &run(&arguments(&after, Some(&before), sites())),
    );
}

/// The stages of a requirement with what holds before and after.
fn states(stages: &[Stage]) -> Vec<String> {
    let mut out: Vec<String> = stages
        .iter()
        .map(|stage| format!("{:?} {:?} {:?}", stage.stage, stage.before, stage.after))
        .collect();
    out.sort();
    out
}

#[test]
fn swapped_snapshots_give_the_swapped_answer() {
    let mut lost = 0;
    // A zone before that contradicts the site file says where the service was; one after does not.
    for edit in EDITS.iter().filter(|edit| !edit.0.contains("db.")) {
        both_ways(*edit, |there, back| {
            assert_eq!(there.requirements.len(), back.requirements.len());
            for (one, other) in there.requirements.iter().zip(&back.requirements) {
                assert_eq!(one.id, other.id);
                let swapped: Vec<Stage> = other
                    .stages
                    .iter()
                    .map(|stage| Stage {
                        before: stage.after,
                        after: stage.before,
                        ..stage.clone()
                    })
                    .collect();
                assert_eq!(states(&one.stages), states(&swapped), "{}", one.id);
                let pair = [(one, other), (other, one)];
                for (from, to) in pair {
                    if from.change == Effect::Lost {
                        lost += 1;
                        let healed = matches!(to.change, Effect::Gained | Effect::BrokenBefore);
                        assert!(healed, "{}: {:?}", from.id, to.change);
                    }
                }
            }
        });
    }
    assert!(lost > 0);
}

/// Gives every configuration file another name, in the opposite order.
fn rename_files(folder: &Path) {
    let files: Vec<_> = entries(folder)
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    assert!(files.len() > 3);
    for (index, path) in files.iter().rev().enumerate() {
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::rename(path, folder.join(format!("{index:03}-{name}"))).unwrap();
    }
}

/// What an assessment says, without names of files.
fn answer(assessment: &Assessment) -> Vec<String> {
    let rows = assessment.requirements.iter().map(|row| {
        let causes: Vec<usize> = row
            .stages
            .iter()
            .map(|stage| stage.caused_by.len())
            .collect();
        format!(
            "{} {:?} {:?} {:?} {causes:?}",
            row.id,
            row.change,
            row.proof,
            states(&row.stages)
        )
    });
    let mut changes: Vec<String> = assessment
        .changes
        .iter()
        .map(|change| format!("{} {} {:?}", change.device, change.summary, change.bearing))
        .collect();
    changes.sort();
    rows.chain(changes)
        .chain([assessment.verdict.name().to_owned()])
        .collect()
}

#[test]
fn names_and_order_of_files_change_nothing() {
    for edit in EDITS {
        let folder = tempfile::tempdir().unwrap();
        let after = edited(folder.path(), &[*edit]);
        let site = folder.path().join("site.yaml");
        fs::rename(after.join("site.yaml"), &site).unwrap();
        let before = folder.path().join("before");
        copy(&fixtures().join("hospital/before"), &before);
        let sites = || [Some(site.clone()), Some(site.clone())];
        let plain = run(&arguments(&before, Some(&after), sites()));
        for snapshot in [&before, &after] {
            rename_files(&snapshot.join("configs"));
        }
        let renamed = run(&arguments(&before, Some(&after), sites()));
        assert_eq!(answer(&plain), answer(&renamed));
    }
}

#[test]
fn a_comment_in_every_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let after = edited(folder.path(), &[]);
    let configs = after.join("configs");
    let folders = entries(&configs).into_iter().flat_map(|path| {
        if path.is_dir() {
            entries(&path)
        } else {
            vec![path]
        }
    });
    for path in folders {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let comment = match name {
            name if name.starts_with("db.") => "; a comment",
            _ if path.extension().is_some_and(|one| one == "cfg") => "! a comment",
            _ => "# a comment",
        };
        let (first, rest) = text.split_once('\n').unwrap();
        fs::write(&path, format!("{first}\n{comment}\n{rest}")).unwrap();
    }
    let before = fixtures().join("hospital/before");
    let assessment = run(&arguments(&before, Some(&after), [None, None]));
    let answer = (assessment.verdict.name(), assessment.unknowns.len());
    assert_eq!(answer, ("go", 0));
}

#[test]
fn a_requirement_alone_is_judged_as_among_the_others() {
    let ctx = Ctx::quiet();
    let folder = tempfile::tempdir().unwrap();
    let after = edited(folder.path(), EDITS);
    let site = folder.path().join("site.yaml");
    fs::rename(after.join("site.yaml"), &site).unwrap();
    let before = fixtures().join("hospital/before");
    let sites = [Some(site.clone()), Some(site)];
    let case = load_case(&arguments(&before, Some(&after), sites), &ctx).unwrap();
    let memory = memory_of(&judge(&case.before, &case.intent, None, &ctx));
    let world = World::for_intent(&case.after, &case.intent);
    let (fresh, held) = judge_both(&world, &case.intent, &memory, &ctx);
    let requirements = case.intent.requirements();
    assert!(requirements.len() > 5);
    for requirement in &requirements {
        let world = World::for_intent(&case.after, &case.intent);
        let alone = judge_some(&world, &case.intent, &[requirement], &memory, &ctx);
        for (all, one) in [(&fresh, &alone.0), (&held, &alone.1)] {
            let id = &requirement.id;
            assert_eq!(all.outcomes.get(id), one.outcomes.get(id), "{id:?}");
        }
    }
}
