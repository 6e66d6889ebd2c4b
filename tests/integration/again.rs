//! Reports judged again: on another night's network, and together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{entries, fixtures};

/// The group of RADIUS servers of the ICU switch.
const GROUP: &str =
    "aaa group server radius MED-RADIUS\n server name radius1\n server name radius2\n";
/// The same without its second server.
const WITHOUT_SECOND: &str = "aaa group server radius MED-RADIUS\n server name radius1\n";
/// The first server's address.
const FIRST: &str = " address ipv4 10.50.0.18 ";
/// An address where no server is.
const NOBODY: &str = " address ipv4 10.50.0.99 ";

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
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

/// The hospital's network in a folder of its own, with edits of files.
fn network(root: &Path, name: &str, edits: &[(&str, &str, &str)]) -> PathBuf {
    let place = root.join(name);
    copy(&fixtures().join("hospital/before"), &place);
    for (file, find, replace) in edits {
        let path = place.join("configs").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(find), "`{find}` in {file}");
        fs::write(&path, text.replacen(find, replace, 1)).unwrap();
    }
    place
}

/// Runs the program.
fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Judges a change; the report's path.
fn check(before: &Path, after: &Path) -> PathBuf {
    let site = fixtures().join("hospital/site.yaml");
    let report = after.with_extension("json");
    let output = run(&[
        "check",
        "--before",
        before.to_str().unwrap(),
        "--after",
        after.to_str().unwrap(),
        "--site",
        site.to_str().unwrap(),
        "--format",
        "json",
        "--output",
        report.to_str().unwrap(),
    ]);
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    report
}

/// The standard output with the exit code.
fn answer(output: &Output) -> (String, Option<i32>) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    (format!("{text}{errors}"), output.status.code())
}

#[test]
fn a_verdict_holds_on_a_network_that_changed_elsewhere_and_falls_where_it_matters() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = network(root, "before", &[]);
    let housekeeping = [(
        "core1.cfg",
        "logging host 10.50.0.30\n",
        "logging host 10.50.0.31\n",
    )];
    let after = network(root, "after", &housekeeping);
    let report = check(&before, &after);
    let recheck = |fresh: &Path| {
        let (report, fresh) = (report.to_str().unwrap(), fresh.to_str().unwrap());
        answer(&run(&["recheck", report, "--before", fresh]))
    };
    let (text, code) = recheck(&before);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("no file of the network before has changed"),
        "{text}"
    );
    // Another line of the very file that the change touches.
    let description = (
        "core1.cfg",
        " description staff\n",
        " description visitors\n",
    );
    let elsewhere = network(root, "elsewhere", &[description]);
    let (text, code) = recheck(&elsewhere);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("configs/core1.cfg has changed"), "{text}");
    assert!(text.contains("go: was go; 0 lost"), "{text}");
    // A line that nobody understands, in the middle of the pumps' path.
    let other = (
        "core1.cfg",
        "logging host 10.50.0.30\n",
        "logging host 10.50.0.44\n",
    );
    let (text, code) = recheck(&network(root, "clash", &[other]));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("the same lines of `configs/core1.cfg`"),
        "{text}"
    );
    // The network before is no longer there.
    fs::remove_dir_all(&before).unwrap();
    let (text, code) = recheck(&elsewhere);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("--was PLACE"), "{text}");
}

#[test]
fn changes_that_are_survived_alone_and_not_together_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = network(root, "before", &[]);
    let second = network(root, "second", &[("acc-icu1.cfg", GROUP, WITHOUT_SECOND)]);
    let first = network(root, "first", &[("acc-icu1.cfg", FIRST, NOBODY)]);
    let reports = [check(&before, &second), check(&before, &first)];
    let paths: Vec<&str> = reports.iter().map(|path| path.to_str().unwrap()).collect();
    let (text, code) = answer(&run(&["combine", paths[0], paths[1]]));
    assert_eq!(code, Some(1), "{text}");
    let verdict = text.lines().last().unwrap();
    assert!(verdict.starts_with("no-go: alone conditional, "), "{text}");
    let lost = text
        .lines()
        .any(|line| line.starts_with("LOST") && line.contains("icu-spectrum/icu/unknown/radius"));
    assert!(lost, "{text}");
    let json = run(&["combine", paths[0], paths[1], "--format", "json"]);
    let object: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(object["verdict"], "no-go");
    // One network, not two.
    let elsewhere = network(
        root,
        "elsewhere",
        &[(
            "core1.cfg",
            "logging host",
            "logging host 10.50.0.9\nlogging host",
        )],
    );
    let other = check(&elsewhere, &first);
    let (text, code) = answer(&run(&["combine", paths[0], other.to_str().unwrap()]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("different networks"), "{text}");
}

#[test]
fn shells_and_manuals_are_told_of_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (text, code) = answer(&run(&["completions", shell]));
        assert_eq!(code, Some(0));
        assert!(
            text.contains("recheck") && text.contains("before"),
            "{shell}"
        );
    }
    let (text, code) = answer(&run(&["man"]));
    assert_eq!(code, Some(0));
    assert!(text.contains(".TH") && text.contains("combine"), "{text}");
    let (text, code) = answer(&run(&["man", "check"]));
    assert_eq!(code, Some(0));
    assert!(text.contains("\\-\\-baseline"), "{text}");
    assert_eq!(answer(&run(&["man", "nothing"])).1, Some(2));
}
