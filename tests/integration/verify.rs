//! Baselines and comparisons through the program, against servers on the loopback interface.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// A site with one service at a port of the loopback interface, seen from inside.
pub(crate) fn site(folder: &Path, port: u16) -> String {
    let path = folder.join("site.yaml");
    let text = format!(
        "schema: 1\nsite: Example\nowners: {{ net: netops@example.org }}\n\
         services:\n  files: {{ kind: other, address: 127.0.0.1, port: tcp/{port} }}\n\
         networks:\n  icu: {{ vlan: 230, subnet: 127.20.230.0/24 }}\n\
         vantages: [{{ id: local, networks: [icu], via: here }}]\n\
         pumps:\n  - {{ id: icu, profile: generic, firmware: {{ unknown: 7 }}, on: [icu], \
         area: ICU, reaction: seconds, addressing: dhcp, uses: [files] }}\n"
    );
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Runs the program.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Standard output as JSON.
pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_service_that_stops_after_the_baseline_is_broken_and_one_that_stays_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site(folder.path(), server.local_addr().unwrap().port());
    let baseline = folder.path().join("before.json");
    let baseline = baseline.to_str().unwrap();
    let measured = run(&[
        "probe",
        "--site",
        &site,
        "--samples",
        "3",
        "--out",
        baseline,
    ]);
    assert_eq!(measured.status.code(), Some(0));
    let verify = |more: &[&str]| {
        let mut all = vec!["verify", "--site", &site, "--baseline", baseline];
        all.extend(more);
        run(&all)
    };
    let same = verify(&["--observed", baseline]);
    let text = String::from_utf8(same.stdout).unwrap();
    assert!(text.ends_with("1 same (exit 0)\n"), "{text}");
    let same = verify(&["--samples", "2", "--format", "json"]);
    assert_eq!(same.status.code(), Some(0));
    assert_eq!(json(&same)["requirements"][0]["standing"], "same");
    drop(server);
    let broken = verify(&["--samples", "2", "--format", "json"]);
    assert_eq!(broken.status.code(), Some(1));
    let broken = json(&broken);
    assert_eq!(broken["requirements"][0]["standing"], "broken");
    assert_eq!(broken["requirements"][0]["vantages"][0], "local");
    let why = broken["requirements"][0]["why"].to_string();
    assert!(why.contains("nobody listens"), "{why}");
}

#[test]
fn what_is_no_measurement_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), 9);
    for (text, told) in [
        ("", "no JSON"),
        ("{}", "its `schema` is not"),
        ("{\"schema\": \"pump-preflight/probe/1\"}", "missing field"),
    ] {
        let path = folder.path().join("odd.json");
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let output = run(&[
            "verify",
            "--site",
            &site,
            "--baseline",
            path,
            "--observed",
            path,
        ]);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(told), "{error}");
        assert!(error.contains("help: "), "{error}");
    }
}

#[test]
fn watching_prints_one_line_for_each_change_of_state() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site(folder.path(), server.local_addr().unwrap().port());
    let closes = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(3));
        drop(server);
    });
    let output = run(&[
        "probe",
        "--site",
        &site,
        "--samples",
        "1",
        "--watch=2s",
        "--for",
        "12s",
    ]);
    closes.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].ends_with(" files: WORKS"), "{text}");
    assert!(
        lines[1].contains(" files: WORKS -> FAILS (icu 7 pumps, ICU (seconds)): "),
        "{text}"
    );
}

#[test]
fn watching_against_a_baseline_tells_which_requirement_left_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site(folder.path(), server.local_addr().unwrap().port());
    let baseline = folder.path().join("before.json");
    let baseline = baseline.to_str().unwrap();
    let probe = ["probe", "--site", &site, "--samples", "2"];
    let measured = run(&[&probe[..], &["--out", baseline]].concat());
    assert_eq!(measured.status.code(), Some(0));
    let watch = ["--watch=1s", "--for", "1s", "--baseline", baseline];
    let calm = run(&[&probe[..], &watch].concat());
    assert_eq!(calm.status.code(), Some(0));
    let text = String::from_utf8(calm.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    drop(server);
    let broken = run(&[&probe[..], &watch].concat());
    assert_eq!(broken.status.code(), Some(1));
    let text = String::from_utf8(broken.stdout).unwrap();
    let expected = " icu/icu/unknown/files: SAME -> BROKEN (7 pumps, ICU (seconds)): from local:";
    assert!(text.contains(expected), "{text}");
}
