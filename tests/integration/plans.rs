//! Change plans and proposed site files, on the fixture hospital.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::fixtures;

/// Runs the program.
fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The network before.
fn before() -> String {
    fixtures().join("hospital/before").display().to_string()
}

/// Judges a plan; standard output, standard error and exit code.
fn plan(folder: &Path, text: &str, more: &[&str]) -> (String, String, Option<i32>) {
    let path = folder.join("plan.yaml");
    fs::write(&path, text).unwrap();
    let site = fixtures().join("hospital/site.yaml").display().to_string();
    let (before, path) = (before(), path.display().to_string());
    let mut arguments = vec![
        "check", "--before", &before, "--site", &site, "--plan", &path,
    ];
    arguments.extend(more);
    let output = run(&arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

/// Takes the second RADIUS server out of the group of the ICU switch, or puts it back.
const OUT: &str = "aaa group server radius MED-RADIUS\n no server name radius2\n";
/// As above.
const BACK: &str = "aaa group server radius MED-RADIUS\n server name radius2\n";

#[test]
fn a_plan_whose_end_is_its_beginning_is_judged_by_its_middle() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out.txt"), OUT).unwrap();
    fs::write(folder.path().join("back.txt"), BACK).unwrap();
    let text = "schema: 1\nsteps:\n  - { name: take it out, change: out.txt, device: acc-icu1 }\n  \
                - { name: put it back, change: back.txt, device: acc-icu1 }\n";
    let (out, errors, code) = plan(folder.path(), text, &[]);
    assert_eq!(code, Some(4), "{out}{errors}");
    assert!(out.contains("take it out"), "{out}");
    assert!(
        out.contains("conditional, seen from: before all steps"),
        "{out}"
    );
    let (out, errors, _) = plan(folder.path(), text, &["--format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&out).unwrap();
    let verdicts: Vec<&str> = object["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts.first(), Some(&"conditional"), "{errors}");
    assert_eq!(verdicts.len(), 2);
    assert_eq!(object["verdict"], "conditional");
}

#[test]
fn what_is_down_in_one_step_is_up_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let text = "schema: 1\nsteps:\n  - { name: restart it, down: [core1], lasts: 12m }\n  \
                - { name: look, down: [core2], lasts: 12m }\n";
    let (out, errors, code) = plan(folder.path(), text, &[]);
    assert!(!matches!(code, Some(0 | 2) | None), "{out}{errors}");
    assert!(out.contains("step 2"), "{out}");
}

#[test]
fn plans_that_cannot_be_read_name_their_place() {
    let folder = tempfile::tempdir().unwrap();
    for (text, message) in [
        ("schema: 1\nsteps: []\n", "has no steps"),
        (
            "schema: 2\nsteps: [{ name: x, down: [core1] }]\n",
            "`schema` is 1",
        ),
        (
            "schema: 1\nsteps: [{ name: x }]\n",
            "says none of what a step may do",
        ),
        (
            "schema: 1\nsteps: [{ name: x, chnge: y }]\n",
            "plan.yaml:2:",
        ),
        (
            "schema: 1\nsteps: [{ name: x, change: missing.txt, device: core1 }]\n",
            "missing.txt",
        ),
    ] {
        let (_, errors, code) = plan(folder.path(), text, &[]);
        assert_eq!(code, Some(2), "{text}");
        assert!(errors.contains(message), "{text}: {errors}");
    }
}

#[test]
fn a_proposed_site_file_is_one_and_names_what_the_network_points_to() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["init", "--from", &before()]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "radius: { kind: radius, any_of: [10.50.0.18, 10.51.0.18], need: 1, want: 2 }",
        "dns: { kind: dns, any_of: [10.50.0.53, 10.51.0.53]",
        "dhcp: { kind: dhcp, address: 10.50.0.5 }",
        "ntp: { kind: ntp, address: 10.50.0.123 }",
        "vlan: 230, subnet: 10.20.230.0/24",
        "gateway: 10.50.0.1",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let site = folder.path().join("site.yaml");
    fs::write(&site, &text).unwrap();
    let site = site.display().to_string();
    let output = run(&["check", "--before", &before(), "--site", &site]);
    let code = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(code.is_some_and(|code| code != 2), "{errors}\n{text}");
}
