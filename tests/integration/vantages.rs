//! Measuring from several places: bundles, and OpenSSH played by scripts that run here.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::verify::{json, run, site};

/// Runs the program with a folder of scripts in front of the search path.
fn run_with(scripts: &Path, arguments: &[&str]) -> Output {
    let path = std::env::var("PATH").unwrap();
    Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(arguments)
        .env("PATH", format!("{}:{path}", scripts.display()))
        .env("TMPDIR", scripts)
        .output()
        .unwrap()
}

/// A site whose only service is at a port of the loopback interface, with these vantages.
fn site_with(folder: &Path, port: u16, vantages: &str) -> String {
    let path = site(folder, port);
    let text = fs::read_to_string(&path).unwrap();
    let line = "vantages: [{ id: local, networks: [icu], via: here }]";
    assert!(text.contains(line));
    fs::write(&path, text.replace(line, &format!("vantages: {vantages}"))).unwrap();
    path
}

/// A script that plays a program.
fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(
        &path,
        format!(
            "#!/bin/sh\necho \"{name} $*\" >> {}\n{text}",
            log(folder).display()
        ),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Where the scripts note how they were called.
fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// ssh and scp that run here instead.
fn play_openssh(folder: &Path) {
    script(
        folder,
        "ssh",
        "while [ \"$1\" != -- ]; do shift; done\nshift 2\nexec sh -c \"$1\"\n",
    );
    script(
        folder,
        "scp",
        "while [ \"$1\" != -- ]; do shift; done\ncp -p \"$2\" \"${3#*:}\"\n",
    );
}

#[test]
fn over_ssh_the_program_is_pushed_run_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let vantages = "[{ id: ward-a, networks: [icu], via: ssh, host: probe1 }]";
    let site = site_with(folder.path(), port, vantages);
    play_openssh(folder.path());
    let baseline = folder.path().join("before.json");
    let out = baseline.to_str().unwrap();
    let arguments = [
        "probe",
        "--vantages",
        "--site",
        &site,
        "--samples",
        "2",
        "--format",
        "json",
        "--out",
        out,
    ];
    let measured = run_with(folder.path(), &arguments);
    let report = json(&measured);
    assert_eq!(report["vantages"][0]["id"], "ward-a", "{report}");
    assert!(report["vantages"][0]["failed"].is_null(), "{report}");
    assert_eq!(measured.status.code(), Some(0));
    assert_eq!(report["services"][0]["vantage"], "ward-a");
    assert_eq!(report["observations"][0]["vantage"]["id"], "ward-a");
    assert_eq!(report["networks_not_checked"].as_array().unwrap().len(), 0);
    let calls = fs::read_to_string(log(folder.path())).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls.len(), 4, "{calls:?}");
    assert!(calls[0].starts_with("ssh -o BatchMode=yes -- probe1 umask 077"));
    assert!(calls[1].starts_with("scp -q -p -o BatchMode=yes -- "));
    assert!(
        calls[2].contains("/pump-preflight probe --run - "),
        "{calls:?}"
    );
    let removed = calls[3].split("rm -rf -- ").nth(1).unwrap();
    assert!(!Path::new(removed).exists());
    // The same file is a baseline for the vantage.
    drop(server);
    let arguments = [
        "verify",
        "--vantages",
        "--site",
        &site,
        "--samples",
        "2",
        "--format",
        "json",
        "--baseline",
        out,
    ];
    let verified = run_with(folder.path(), &arguments);
    assert_eq!(verified.status.code(), Some(1));
    assert_eq!(json(&verified)["requirements"][0]["vantages"][0], "ward-a");
}

#[test]
fn a_place_that_cannot_be_reached_is_named_and_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let vantages = "[{ id: local, networks: [], via: here }, \
                    { id: ward-a, networks: [icu], via: ssh, host: probe1 }]";
    let site = site_with(folder.path(), port, vantages);
    script(
        folder.path(),
        "ssh",
        "echo 'ssh: connect to host probe1 port 22: No route to host' >&2\nexit 255\n",
    );
    let arguments = [
        "probe",
        "--vantages",
        "--site",
        &site,
        "--samples",
        "1",
        "--format",
        "json",
    ];
    let measured = run_with(folder.path(), &arguments);
    assert_eq!(measured.status.code(), Some(3));
    let report = json(&measured);
    let failed = report["vantages"][1]["failed"].as_str().unwrap();
    assert!(failed.contains("No route to host (exit 255)"), "{failed}");
    assert_eq!(report["networks_not_checked"][0], "icu");
    assert_eq!(report["services"][0]["state"], "works");
}

#[test]
fn a_bundle_is_carried_away_and_its_result_merged() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let vantages = "[{ id: ward-b, networks: [icu], via: bundle }]";
    let site = site_with(folder.path(), port, vantages);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (bundle, result, merged) = (path("ward-b.bundle"), path("result.json"), path("all.json"));
    let made = run(&[
        "probe",
        "--site",
        &site,
        "--vantage",
        "ward-b",
        "--samples",
        "1",
        "--bundle",
        &bundle,
    ]);
    assert_eq!(made.status.code(), Some(0));
    // Elsewhere, nothing but the bundle is there.
    let measured = run(&["probe", "--run", &bundle, "--out", &result]);
    assert_eq!(measured.status.code(), Some(0));
    let put = run(&[
        "probe", "--site", &site, "--merge", &result, "--out", &merged, "--format", "json",
    ]);
    assert_eq!(
        put.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&put.stderr)
    );
    let report = json(&put);
    assert_eq!(report["services"][0]["vantage"], "ward-b");
    assert_eq!(report["networks_not_checked"].as_array().unwrap().len(), 0);
    // A result of another site file answers another question.
    let text = fs::read_to_string(&site).unwrap();
    fs::write(&site, text.replace("site: Example", "site: Other")).unwrap();
    let refused = run(&["probe", "--site", &site, "--merge", &result]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another site file"));
}

#[test]
fn a_vantage_that_lacks_what_its_way_needs_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    for (vantages, told) in [
        (
            "[{ id: a, networks: [icu], via: ssh }]",
            "this way needs `host`",
        ),
        ("[{ id: a, networks: [icu], via: shh, host: x }]", "ssh"),
        (
            "[{ id: a, networks: [icu], via: ssh, host: '-oProxyCommand=x' }]",
            "is no host",
        ),
    ] {
        let site = site_with(folder.path(), 9, vantages);
        let output = run(&["probe", "--dry-run", "--site", &site]);
        assert_eq!(output.status.code(), Some(2), "{vantages}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(told), "{error}");
    }
}

/// A web server on the loopback interface that answers each request line; its address.
fn web(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap_or(0);
            let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let body = answer(request.lines().next().unwrap_or_default());
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    address
}

#[test]
fn an_exporter_measures_with_reduced_fidelity_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = web(|request| {
        let tcp = request.contains("module=pump_preflight_tcp&target=127.0.0.1%3A9");
        let success = u8::from(tcp);
        format!(
            "# TYPE probe_success gauge\nprobe_success {success}\nprobe_duration_seconds 0.0042\n"
        )
    });
    let vantages = format!("[{{ id: exporter, networks: [icu], via: blackbox, url: '{url}' }}]");
    let site = site_with(folder.path(), 9, &vantages);
    let output = run(&[
        "probe",
        "--vantages",
        "--site",
        &site,
        "--samples",
        "2",
        "--format",
        "json",
    ]);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report["vantages"][0]["fidelity"], "reduced");
    let tcp = &report["observations"][0];
    assert_eq!(tcp["probe"], "blackbox-tcp");
    assert_eq!(tcp["fidelity"], "reduced");
    assert_eq!(tcp["summary"]["latency"]["p50_us"], 4200);
    let icmp = &report["observations"][1];
    assert_eq!(
        (icmp["state"].as_str(), icmp["bearing"].as_bool()),
        (Some("fails"), Some(false))
    );
    let modules = run(&["probe", "--site", &site, "--emit", "blackbox"]);
    let text = String::from_utf8(modules.stdout).unwrap();
    assert!(
        text.starts_with("modules:\n  pump_preflight_icmp:\n    prober: icmp\n"),
        "{text}"
    );
}

#[test]
fn prometheus_supplies_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let url = web(|request| {
        let value = if request.contains("probe_success") {
            "1"
        } else {
            "0.003"
        };
        let tcp = request.contains("127.0.0.1%3A9");
        let values = format!(
            r#"{{"metric":{{}},"values":[[1790000000,"{value}"],[1790000015,"{value}"]]}}"#
        );
        let result = if tcp { values } else { String::new() };
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
    });
    let site = site(folder.path(), 9);
    let out = folder.path().join("history.json");
    let out = out.to_str().unwrap();
    let output = run(&[
        "probe",
        "--site",
        &site,
        "--history",
        &url,
        "--vantage",
        "exporter",
        "--out",
        out,
        "--format",
        "json",
    ]);
    let report = json(&output);
    assert_eq!(
        report["observations"].as_array().unwrap().len(),
        1,
        "{report}"
    );
    assert_eq!(
        report["observations"][0]["summary"]["latency"]["p50_us"],
        3000
    );
    assert_eq!(report["vantages"][0]["via"], "prometheus");
    let nothing = run(&["probe", "--site", &site, "--history", "http://127.0.0.1:1"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_script_measures_where_no_program_may_run_and_its_lines_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let site = site(folder.path(), port);
    let emitted = run(&["probe", "--site", &site, "--samples", "1", "--emit", "sh"]);
    assert_eq!(emitted.status.code(), Some(0));
    let measure = || {
        let script = String::from_utf8(emitted.stdout.clone()).unwrap();
        let printed = Command::new("sh").args(["-c", &script]).output().unwrap();
        let path = folder.path().join("printed.txt");
        fs::write(&path, printed.stdout).unwrap();
        let path = path.to_str().unwrap();
        run(&[
            "probe",
            "--site",
            &site,
            "--samples",
            "1",
            "--import",
            path,
            "--format",
            "json",
        ])
    };
    let works = json(&measure());
    assert_eq!(works["observations"][0]["probe"], "script-tcp", "{works}");
    assert_eq!(works["observations"][0]["state"], "works", "{works}");
    assert_eq!(works["vantages"][0]["fidelity"], "reduced");
    drop(server);
    let fails = measure();
    assert_eq!(fails.status.code(), Some(1));
    let outcome = &json(&fails)["observations"][0]["samples"][0]["outcome"];
    assert_eq!(outcome, "refused-port");
}
