//! Measuring from several places: bundles, and OpenSSH played by scripts that run here.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};

use crate::verify::{json, run, site};

/// A service on the loopback interface, a site file that declares it, and a folder for both.
struct Scene {
    /// The folder.
    folder: tempfile::TempDir,
    /// The service, while it is up.
    server: Option<TcpListener>,
    /// Path of the site file.
    site: String,
}

impl Scene {
    /// With these vantages.
    fn new(vantages: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = site(folder.path(), server.local_addr().unwrap().port());
        let scene = Self {
            folder,
            server: Some(server),
            site,
        };
        scene.edit(
            "vantages: [{ id: local, networks: [icu], via: here }]",
            &format!("vantages: {vantages}"),
        );
        scene
    }

    /// Writes other words into the site file.
    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(&self.site).unwrap();
        assert!(text.contains(from));
        fs::write(&self.site, text.replace(from, to)).unwrap();
    }

    /// Path of a file in the folder.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a file into the folder; its path.
    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.folder.path().join(name), text).unwrap();
        self.path(name)
    }

    /// Writes a script that plays a program.
    fn script(&self, name: &str, text: &str) {
        let log = self.path("log");
        let path = self.write(
            name,
            &format!("#!/bin/sh\necho \"{name} $*\" >> {log}\n{text}"),
        );
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes ssh and scp that run here instead.
    fn play_openssh(&self) {
        let skip = "while [ \"$1\" != -- ]; do shift; done\n";
        self.script("ssh", &format!("{skip}shift 2\nexec sh -c \"$1\"\n"));
        self.script("scp", &format!("{skip}cp -p \"$2\" \"${{3#*:}}\"\n"));
    }

    /// How the scripts were called.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs `probe` on the site, with the scripts in front of the search path.
    fn probe(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["probe", "--site", &self.site, "--format", "json"];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Runs the program, with the scripts in front of the search path.
    fn run(&self, arguments: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("TMPDIR", self.folder.path())
            .env("SSL_CERT_FILE", self.path("roots.pem"))
            .output()
            .unwrap()
    }
}

/// No text tells the secrets that the tests use, as they are or as they go over the wire.
fn assert_untold(texts: &[String]) {
    let secrets = ["xyzzy-5461", "open-sesame", "78797a7a79", "6f70656e2d"];
    for text in texts {
        let told = secrets.iter().any(|secret| text.contains(secret));
        assert!(!told, "{text}");
    }
}

/// The vantage that ssh reaches.
const WARD: &str = "[{ id: ward-a, networks: [icu], via: ssh, host: probe1 }]";

#[test]
fn over_ssh_the_program_is_pushed_run_and_removed() {
    let mut scene = Scene::new(WARD);
    scene.play_openssh();
    let out = scene.path("before.json");
    let measured = scene.probe(&["--vantages", "--samples", "2", "--out", &out]);
    let report = json(&measured);
    assert_eq!(report["vantages"][0]["id"], "ward-a", "{report}");
    assert!(report["vantages"][0]["failed"].is_null(), "{report}");
    assert_eq!(measured.status.code(), Some(0));
    assert_eq!(report["services"][0]["vantage"], "ward-a");
    assert_eq!(report["observations"][0]["vantage"]["id"], "ward-a");
    assert_eq!(report["networks_not_checked"].as_array().unwrap().len(), 0);
    let calls = scene.calls();
    assert_eq!(calls.len(), 4, "{calls:?}");
    assert!(calls[0].starts_with("ssh -o BatchMode=yes -- probe1 umask 077"));
    assert!(calls[1].starts_with("scp -o BatchMode=yes -q -p -- "));
    assert!(
        calls[2].contains("/pump-preflight probe --run - "),
        "{calls:?}"
    );
    let removed = calls[3].split("rm -rf -- ").nth(1).unwrap();
    assert!(!Path::new(removed).exists());
    // The same file is a baseline for the vantage.
    scene.server = None;
    let arguments = [
        "verify",
        "--vantages",
        "--site",
        &scene.site,
        "--samples",
        "2",
    ];
    let more = ["--format", "json", "--baseline", &out];
    let verified = scene.run(&[&arguments[..], &more].concat());
    assert_eq!(verified.status.code(), Some(1));
    assert_eq!(json(&verified)["requirements"][0]["vantages"][0], "ward-a");
}

#[test]
fn an_inventory_says_how_a_host_is_reached() {
    let scene = Scene::new(WARD);
    scene.play_openssh();
    let inventory = scene.write(
        "hosts.ini",
        "[wards]\nprobe1 ansible_host=10.0.0.9 ansible_port=2222\n[wards:vars]\n\
         ansible_user=biomed\nansible_ssh_common_args='-o ProxyJump=bastion'\n",
    );
    let measured = scene.probe(&["--vantages", "--samples", "1", "--inventory", &inventory]);
    assert_eq!(measured.status.code(), Some(0));
    let told = "-o BatchMode=yes -o ProxyJump=bastion -o User=biomed -o Port=2222";
    let calls = scene.calls();
    assert!(
        calls[0].starts_with(&format!("ssh {told} -- 10.0.0.9 ")),
        "{calls:?}"
    );
    assert!(
        calls[1].starts_with(&format!("scp {told} -q -p -- ")),
        "{calls:?}"
    );
    scene.write("hosts.ini", "probe1 ansible_host={{ address }}\n");
    let measured = scene.probe(&["--vantages", "--samples", "1", "--inventory", &inventory]);
    assert_eq!(measured.status.code(), Some(3));
    let failed = json(&measured)["vantages"][0]["failed"].to_string();
    assert!(failed.contains("is a template"), "{failed}");
}

#[test]
fn ctrl_c_keeps_what_was_measured() {
    let scene = Scene::new("[{ id: local, networks: [icu], via: here }]");
    let out = scene.path("out.json");
    let words = [
        "probe",
        "--site",
        &scene.site,
        "--samples",
        "30",
        "--out",
        &out,
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(words)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The first connection shows that it measures.
    let server = scene.server.as_ref().unwrap();
    server.accept().unwrap();
    server.accept().unwrap();
    let mut kill = Command::new("kill");
    kill.args(["-INT", &child.id().to_string()]);
    assert!(kill.status().unwrap().success());
    let began = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(began.elapsed() < Duration::from_secs(5));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(report["stopped"]["reason"], "canceled");
    let connect = &report["observations"][0];
    assert_eq!(connect["partial"], true);
    let samples = connect["samples"].as_array().unwrap().len();
    assert!((1..30).contains(&samples), "{samples}");
    assert_eq!(report["services"][0]["state"], "not-measured");
}

#[test]
fn a_group_of_the_inventory_stands_for_each_of_its_hosts() {
    let scene = Scene::new("[{ id: ward-a, networks: [icu], via: ssh, host: wards }]");
    scene.play_openssh();
    let inventory = scene.write(
        "hosts.ini",
        "[wards]\nprobe1 ansible_user=biomed\nprobe2\n[empty]\n",
    );
    let out = scene.path("before.json");
    let words = ["--vantages", "--samples", "1", "--inventory", &inventory];
    let measured = scene.probe(&[&words[..], &["--out", &out]].concat());
    let report = json(&measured);
    assert_eq!(measured.status.code(), Some(0), "{report}");
    let ids = report["vantages"].as_array().unwrap().iter();
    let ids: Vec<&str> = ids.map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ward-a/probe1", "ward-a/probe2"]);
    assert_eq!(report["observations"][0]["vantage"]["id"], "ward-a/probe1");
    // Each speaks for the networks that the site file gives the group.
    assert_eq!(report["networks_not_checked"].as_array().unwrap().len(), 0);
    let words = ["verify", "--site", &scene.site, "--format", "json"];
    let same = scene.run(&[&words[..], &["--baseline", &out, "--observed", &out]].concat());
    let requirement = &json(&same)["requirements"][0];
    assert_eq!(requirement["standing"], "same", "{requirement}");
    let vantages = requirement["vantages"].as_array().unwrap();
    assert_eq!(vantages.len(), 2, "{requirement}");
    let calls = scene.calls();
    assert!(calls[0].starts_with("ssh -o BatchMode=yes -o User=biomed -- probe1 "));
    assert!(calls[4].starts_with("ssh -o BatchMode=yes -- probe2 "));
    // A group without hosts is no place that was measured.
    scene.edit("host: wards", "host: empty");
    let measured = scene.probe(&["--vantages", "--samples", "1", "--inventory", &inventory]);
    assert_eq!(measured.status.code(), Some(3));
    let failed = json(&measured)["vantages"][0]["failed"].to_string();
    assert!(
        failed.contains("group `empty` of the inventory has no host"),
        "{failed}"
    );
}

#[test]
fn the_pace_holds_from_one_place_to_the_next() {
    let scene =
        Scene::new("[{ id: a, networks: [], via: here }, { id: b, networks: [icu], via: here }]");
    let server = scene.server.as_ref().unwrap().try_clone().unwrap();
    let asked = std::thread::spawn(move || {
        let first = server.accept().map(|_| Instant::now()).unwrap();
        server.accept().unwrap();
        first.elapsed()
    });
    assert_eq!(
        scene.probe(&["--vantages", "--samples", "1"]).status.code(),
        Some(0)
    );
    // A second from the connection to the echo request, and another to the next place's connection.
    let gap = asked.join().unwrap();
    assert!(gap >= Duration::from_millis(1950), "{gap:?}");
}

#[test]
fn check_takes_a_secret_from_a_stream_and_never_tells_it() {
    let scene = Scene::new("[{ id: local, networks: [icu], via: here }]");
    // A host of its own, so that nothing else stops what is asked of it.
    let server = UdpSocket::bind("127.0.77.21:0").unwrap();
    let patience = Some(Duration::from_mins(1));
    server.set_read_timeout(patience).unwrap();
    let port = server.local_addr().unwrap().port();
    scene.edit(
        "networks:\n",
        &format!(
            "  radius: {{ kind: radius, address: 127.0.77.21, port: udp/{port}, owner: net, \
             probe: allow, account: {{ secret_file: secret, user: preflight, \
             password_file: password }} }}\nnetworks:\n"
        ),
    );
    scene.edit("uses: [files]", "uses: [files, radius]");
    // What is written into a pipe is there once.
    let secrets = [("secret", "xyzzy-5461\n"), ("password", "open-sesame\n")];
    for (name, _) in secrets {
        let made = Command::new("mkfifo").arg(scene.path(name)).status();
        assert!(made.unwrap().success());
    }
    for (name, text) in secrets {
        let path = scene.path(name);
        std::thread::spawn(move || fs::write(path, text));
    }
    let asked = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        let (length, from) = server.recv_from(&mut bytes).unwrap();
        // An Access-Accept that nobody signed.
        let answer = [&[2, bytes[1], 0, 20][..], &[0; 16]].concat();
        server.send_to(&answer, from).unwrap();
        bytes[..length].to_vec()
    });
    for name in ["before", "after"] {
        fs::create_dir(scene.path(name)).unwrap();
        let text = "vlan 230\ninterface Vlan1\nline vty 0 4\nend\n";
        scene.write(&format!("{name}/core1.cfg"), text);
    }
    let (before, after) = (scene.path("before"), scene.path("after"));
    let mut words = vec!["check", "--before", &before, "--after", &after, "--probe"];
    words.extend(["--site", &scene.site]);
    let formats = ["text", "json", "markdown"];
    let files = formats.map(|format| scene.path(format));
    for (format, file) in formats.iter().zip(&files) {
        words.extend(["--format", format, "--output", file]);
    }
    let output = scene.run(&words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{error}");
    // Status-Server, signed with the secret (RFC 5997 §4.2).
    assert_eq!(asked.join().unwrap()[0], 12, "{error}");
    let mut texts = vec![error, String::from_utf8_lossy(&output.stdout).into_owned()];
    texts.extend(files.iter().map(|file| fs::read_to_string(file).unwrap()));
    assert!(
        texts.iter().any(|text| text.contains("Status-Server")),
        "{texts:?}"
    );
    assert_untold(&texts);
}

#[test]
fn secrets_reach_the_place_and_nothing_else() {
    let scene = Scene::new(WARD);
    scene.edit(
        "networks:\n",
        "  radius: { kind: radius, address: 127.0.0.1, port: udp/9, owner: net, probe: allow, \
         account: { secret_file: secret, user: preflight, password_file: password } }\nnetworks:\n",
    );
    scene.write("secret", "xyzzy-5461\n");
    scene.write("password", "open-sesame\n");
    scene.play_openssh();
    let (bundle, out) = (scene.path("ward.bundle"), scene.path("out.json"));
    let measured = scene.probe(&["--vantages", "--samples", "1", "--out", &out]);
    let report = json(&measured);
    let radius = report["observations"].as_array().unwrap().iter();
    let radius = radius.filter(|one| one["probe"] == "radius");
    let asked: Vec<String> = radius
        .map(|one| one["samples"][0]["question"].to_string())
        .collect();
    // The place could sign, so the secret was there.
    assert_eq!(asked, ["\"Status-Server\""], "{report}");
    assert_eq!(scene.probe(&["--bundle", &bundle]).status.code(), Some(0));
    let mut texts = vec![scene.calls().join("\n")];
    for file in [&bundle, &out] {
        texts.push(fs::read_to_string(file).unwrap());
    }
    texts.push(String::from_utf8(measured.stderr).unwrap());
    assert_untold(&texts);
    let left: Vec<_> = fs::read_dir(scene.folder.path()).unwrap().collect();
    assert!(
        left.iter()
            .all(|entry| !entry.as_ref().unwrap().path().is_dir()),
        "{left:?}"
    );
}

#[test]
fn packets_leave_from_the_address_that_is_chosen() {
    let scene = Scene::new("[{ id: local, networks: [], via: here }]");
    let server = scene.server.as_ref().unwrap().try_clone().unwrap();
    let peer = std::thread::spawn(move || server.accept().unwrap().1.ip().to_string());
    let measured = scene.probe(&["--samples", "1", "--source", "lo"]);
    assert_eq!(measured.status.code(), Some(0));
    assert_eq!(peer.join().unwrap(), "127.0.0.1");
    let report = json(&measured);
    let interfaces = &report["observations"][0]["vantage"]["interfaces"];
    assert_eq!(interfaces.as_array().unwrap().len(), 1);
    let other = scene.probe(&["--source", "203.0.113.9"]);
    assert_eq!(other.status.code(), Some(2));
    let error = String::from_utf8(other.stderr).unwrap();
    assert!(error.contains("no such address or interface"), "{error}");
}

#[test]
fn a_place_that_cannot_be_reached_is_named_and_is_no_success() {
    let scene = Scene::new(
        "[{ id: local, networks: [], via: here }, \
         { id: ward-a, networks: [icu], via: ssh, host: probe1 }]",
    );
    let text = "echo 'ssh: connect to host probe1 port 22: No route to host' >&2\nexit 255\n";
    scene.script("ssh", text);
    let measured = scene.probe(&["--vantages", "--samples", "1"]);
    assert_eq!(measured.status.code(), Some(3));
    let report = json(&measured);
    let failed = report["vantages"][1]["failed"].as_str().unwrap();
    assert!(failed.contains("No route to host (exit 255)"), "{failed}");
    assert_eq!(report["networks_not_checked"][0], "icu");
    assert_eq!(report["services"][0]["state"], "works");
}

#[test]
fn a_bundle_is_carried_away_and_its_result_merged() {
    let scene = Scene::new("[{ id: ward-b, networks: [icu], via: bundle }]");
    let (bundle, result) = (scene.path("ward-b.bundle"), scene.path("result.json"));
    let made = scene.probe(&["--vantage", "ward-b", "--samples", "1", "--bundle", &bundle]);
    assert_eq!(made.status.code(), Some(0));
    // Elsewhere, nothing but the bundle is there.
    let measured = run(&["probe", "--run", &bundle, "--out", &result]);
    assert_eq!(measured.status.code(), Some(0));
    let merged = scene.path("all.json");
    let put = scene.probe(&["--merge", &result, "--out", &merged]);
    let error = String::from_utf8_lossy(&put.stderr).into_owned();
    assert_eq!(put.status.code(), Some(0), "{error}");
    let report = json(&put);
    assert_eq!(report["services"][0]["vantage"], "ward-b");
    assert_eq!(report["networks_not_checked"].as_array().unwrap().len(), 0);
    // A result of another site file answers another question.
    scene.edit("site: Example", "site: Other");
    let refused = scene.probe(&["--merge", &result]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another site file"));
}

#[test]
fn a_vantage_that_lacks_what_its_way_needs_is_a_mistake() {
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
        let scene = Scene::new(vantages);
        let output = scene.probe(&["--dry-run"]);
        assert_eq!(output.status.code(), Some(2), "{vantages}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(told), "{error}");
    }
}

/// Answers one request of a connection.
fn answer(mut stream: impl Read + Write, answer: &impl Fn(&str) -> String) {
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

/// A web server on the loopback interface that answers each request line; its address.
fn web(said: impl Fn(&str) -> String + Send + 'static) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            answer(stream.unwrap(), &said);
        }
    });
    address
}

/// The same over TLS, with its certificate as PEM.
fn secure_web(said: impl Fn(&str) -> String + Send + 'static) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(rustls::StreamOwned::new(session, stream.unwrap()), &said);
        }
    });
    (address, certificate.pem())
}

/// What an exporter says that finds TCP port 9 and nothing else.
fn exporter(request: &str) -> String {
    let tcp = request.contains("module=pump_preflight_tcp&target=127.0.0.1%3A");
    let success = u8::from(tcp);
    format!("# TYPE probe_success gauge\nprobe_success {success}\nprobe_duration_seconds 0.0042\n")
}

#[test]
fn an_exporter_measures_with_reduced_fidelity_and_says_so() {
    let url = web(exporter);
    let vantages = format!("[{{ id: exporter, networks: [icu], via: blackbox, url: '{url}' }}]");
    let scene = Scene::new(&vantages);
    let output = scene.probe(&["--vantages", "--samples", "2"]);
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
    let modules = scene.probe(&["--emit", "blackbox"]);
    let text = String::from_utf8(modules.stdout).unwrap();
    assert!(
        text.starts_with("modules:\n  pump_preflight_icmp:\n    prober: icmp\n"),
        "{text}"
    );
}

#[test]
fn an_exporter_over_tls_is_believed_when_its_certificate_is_trusted() {
    let (url, certificate) = secure_web(exporter);
    let vantages = format!("[{{ id: exporter, networks: [icu], via: blackbox, url: '{url}' }}]");
    let scene = Scene::new(&vantages);
    let output = scene.probe(&["--vantages", "--samples", "1"]);
    assert_eq!(output.status.code(), Some(3));
    let failed = json(&output)["vantages"][0]["failed"].to_string();
    assert!(failed.contains("certificate"), "{failed}");
    scene.write("roots.pem", &certificate);
    let output = scene.probe(&["--vantages", "--samples", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", json(&output));
}

#[test]
fn prometheus_supplies_a_baseline() {
    let url = web(|request| {
        let value = if request.contains("probe_success") {
            "1"
        } else {
            "0.003"
        };
        let tcp = request.contains("127.0.0.1%3A");
        let values = format!(
            r#"{{"metric":{{}},"values":[[1790000000,"{value}"],[1790000015,"{value}"]]}}"#
        );
        let result = if tcp { values } else { String::new() };
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
    });
    let scene = Scene::new("[]");
    let report = json(&scene.probe(&["--history", &url, "--vantage", "exporter"]));
    let observations = report["observations"].as_array().unwrap();
    assert_eq!(observations.len(), 1, "{report}");
    assert_eq!(observations[0]["summary"]["latency"]["p50_us"], 3000);
    assert_eq!(report["vantages"][0]["via"], "prometheus");
    let nothing = scene.probe(&["--history", "http://127.0.0.1:1"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_script_measures_where_no_program_may_run_and_its_lines_are_imported() {
    let mut scene = Scene::new("[]");
    let emitted = scene.probe(&["--samples", "1", "--emit", "sh"]);
    assert_eq!(emitted.status.code(), Some(0));
    let script = String::from_utf8(emitted.stdout).unwrap();
    let measure = |scene: &Scene| {
        let printed = Command::new("sh").args(["-c", &script]).output().unwrap();
        let path = scene.write("printed.txt", &String::from_utf8(printed.stdout).unwrap());
        scene.probe(&["--samples", "1", "--import", &path])
    };
    let works = json(&measure(&scene));
    assert_eq!(works["observations"][0]["probe"], "script-tcp", "{works}");
    assert_eq!(works["observations"][0]["state"], "works", "{works}");
    assert_eq!(works["vantages"][0]["fidelity"], "reduced");
    scene.server = None;
    let fails = measure(&scene);
    assert_eq!(fails.status.code(), Some(1));
    let outcome = &json(&fails)["observations"][0]["samples"][0]["outcome"];
    assert_eq!(outcome, "refused-port");
}
