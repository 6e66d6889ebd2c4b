//! The program as users and pipelines meet it: exit codes, outputs, failures.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::fixtures;

#[test]
fn usage_errors_exit_with_two_and_help_with_zero() {
    for arguments in [
        &["check", "--format", "yaml"][..],
        &["nothing"],
        &[],
        &["list", "files"],
        &["check", "--after", "x"],
        &["check", "--before", "x", "--change", "y"],
        &["check", "--before", "x", "--for", "12m"],
        &["explain", "no-such-rule"],
        &["trace", "--config", "x", "--from", "10.0.0.1"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["check", "--help"]] {
        assert_eq!(run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn inputs_that_cannot_be_read_exit_with_two_and_name_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    let hospital = hospital();
    let site = fixtures().join("site/many-mistakes.yaml");
    let cases: [(&[&str], &str); 6] = [
        (&["--before", "/nowhere"], "/nowhere"),
        (&["--before", empty], "holds no file"),
        (&["--before", "git:--all"], "no git reference"),
        (&["--before", "git:nowhere-at-all"], "nowhere-at-all"),
        (
            &["--before", &hospital, "--site", site.to_str().unwrap()],
            "12:16",
        ),
        (&["--before", &hospital], "--site FILE"),
    ];
    for (arguments, told) in cases {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        let output = run(&all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = text(&output.stderr);
        assert!(stderr.starts_with("error: failed to "), "{stderr}");
        assert!(stderr.contains("help: "), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(object["error"]["code"].is_string(), "{object}");
    }
}

#[test]
fn a_failure_of_a_site_file_names_file_and_line() {
    let site = fixtures().join("site/unknown-key.yaml");
    let output = run(&[
        "check",
        "--format",
        "json",
        "--before",
        &hospital(),
        "--site",
        site.to_str().unwrap(),
    ]);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["error"]["code"], "site");
    assert_eq!(object["error"]["line"], 12);
    let file = object["error"]["file"].as_str().unwrap();
    assert!(file.ends_with("unknown-key.yaml"), "{file}");
}

#[test]
fn reports_go_to_their_outputs_and_agree() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let markdown = folder.path().join("report.md");
    let site = fixtures().join("hospital/site.yaml");
    let output = run(&[
        "check",
        "--before",
        &hospital(),
        "--site",
        site.to_str().unwrap(),
        "--format",
        "json",
        "--format",
        "markdown",
        "--format",
        "text",
        "--output",
        json.to_str().unwrap(),
        "--output",
        markdown.to_str().unwrap(),
    ]);
    let object: serde_json::Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(
        output.status.code().map(i64::from),
        object["exit_code"].as_i64()
    );
    assert!(fs::read_to_string(&markdown).unwrap().starts_with('#'));
    assert!(!output.stdout.is_empty());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn two_reports_never_share_the_standard_output() {
    let output = run(&[
        "check", "--before", "x", "--format", "json", "--format", "text",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("two reports"));
}

#[test]
fn a_broken_pipe_is_quiet() {
    let mut child = program()
        .args(["list", "commands"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_schema_is_an_object_and_every_list_prints() {
    for name in [
        "site",
        "profile",
        "rule",
        "assessment",
        "trace",
        "routes",
        "flow",
        "failure",
    ] {
        let output = run(&["schema", name]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(schema.is_object(), "{name}");
    }
    let site = fixtures().join("hospital/site.yaml");
    for what in [
        "files", "rules", "profiles", "dialects", "commands", "services",
    ] {
        for format in ["text", "json"] {
            let output = run(&[
                "list",
                what,
                "--config",
                &hospital(),
                "--site",
                site.to_str().unwrap(),
                "--format",
                format,
            ]);
            assert_eq!(output.status.code(), Some(0), "{what}");
            assert!(!output.stdout.is_empty(), "{what}");
        }
    }
    let output = run(&["explain", "dns.cname_ok"]);
    assert!(text(&output.stdout).contains("baxter-spectrum-iq"));
}

#[test]
fn a_trace_says_what_its_routes_depend_on() {
    let folder = tempfile::tempdir().unwrap();
    let router = |n: u8, more: &str| {
        format!(
            "hostname r{n}\ninterface GigabitEthernet0/0\n ip address 10.0.0.{n} 255.255.255.0\n\
             interface GigabitEthernet0/1\n ip address 10.{n}.0.1 255.255.255.0\n\
             router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n{more}end\n"
        )
    };
    let filtered = " area 1 filter-list prefix SOME in\n";
    for (n, more) in [(1, ""), (2, filtered)] {
        let path = folder.path().join(format!("r{n}.cfg"));
        fs::write(path, router(n, more)).unwrap();
    }
    let place = folder.path().to_str().unwrap();
    let flow = [
        "--from", "10.1.0.9", "--to", "10.2.0.9", "--port", "tcp/443",
    ];
    let command = [
        &["trace", "--config", place][..],
        &flow,
        &["--format", "json"],
    ]
    .concat();
    let output = run(&command);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["dispositions"][0], "delivered-to-subnet");
    let doubt = answer["doubts"][0].as_str().unwrap();
    let what = "a filter between areas by SOME, which is not defined, is not modeled";
    assert_eq!(doubt, format!("r2 ospf 1: {what}"));
}

#[test]
fn flows_are_answered_in_their_order_and_a_wrong_one_does_not_stop_the_rest() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        br#"{"id": 1, "from": "10.20.230.15", "to": "10.50.0.53", "protocol": "udp", "port": 53}
{"id": "two", "from": "nowhere", "to": "10.50.0.53", "protocol": "udp", "port": 53}
this is no flow
{"id": 4, "from": "10.20.230.15", "to": "10.50.0.123", "protocol": "udp", "port": 123}
"#,
    )
    .unwrap();
    let path = file.path().to_str().unwrap();
    let output = run(&[
        "trace",
        "--config",
        &hospital(),
        "--flows",
        path,
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answers: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["id"], 1);
    assert!(answers[0]["dispositions"].is_array());
    assert_eq!(answers[1]["id"], "two");
    assert!(answers[1]["error"].is_string());
    assert!(answers[2]["error"].is_string());
    assert_eq!(answers[3]["id"], 4);
}

#[test]
fn nothing_of_an_input_reaches_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let configs = folder.path().join("configs");
    fs::create_dir(&configs).unwrap();
    let core = Path::new(&hospital()).join("configs/core1.cfg");
    fs::copy(core, configs.join("core1.cfg")).unwrap();
    fs::write(configs.join("evil\u{1b}[2J.dump"), "x\n").unwrap();
    let place = folder.path().to_str().unwrap();
    let output = run(&["list", "files", "--config", place]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.contains(&0x1B));
    let output = run(&["list", "files", "--config", "\u{1b}[2Jnowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.contains(&0x1B));
}

#[test]
fn bare_check_compares_the_merge_base_with_the_work_tree() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(&hospital()), &folder.path().join("net"));
    fs::copy(
        fixtures().join("hospital/site.yaml"),
        folder.path().join("net/site.yaml"),
    )
    .unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(folder.path())
            .args(["-c", "user.name=ci", "-c", "user.email=ci@example.org"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "network: as it is"]);
    git(&["checkout", "-q", "-b", "change"]);
    let core = folder.path().join("net/configs/core1.cfg");
    let changed = fs::read_to_string(&core)
        .unwrap()
        .replace("10.50.0.5", "10.50.0.6");
    fs::write(&core, changed).unwrap();
    let output = program()
        .current_dir(folder.path().join("net/configs"))
        .args(["check", "--format", "json"])
        .output()
        .unwrap();
    let object: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert!(
        object["changes"]
            .as_array()
            .is_some_and(|changes| !changes.is_empty())
    );
    assert_eq!(object["snapshots"].as_array().map(Vec::len), Some(2));
    assert_ne!(output.status.code(), Some(0));
}

/// The program.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-preflight"));
    command.env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// Runs the program.
fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// The base hospital's snapshot.
fn hospital() -> String {
    fixtures()
        .join("hospital/before")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Bytes as text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
