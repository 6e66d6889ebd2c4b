//! Live network stacks, each alone with a peer that does not help it, captured and calibrated.
//!
//! The schedule library says when each stack sends again; here the stack itself says it, and
//! `simulate calibrate` must tell from the capture which one it was.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use pump_preflight::wire::calibration::Calibration;

use crate::namespace::{Namespaces, text};
use crate::{is_wanted, say};

/// Address of the peer, and of its second name server.
const PEER: [&str; 2] = ["10.77.0.2", "10.77.0.3"];

/// One stack against one peer.
struct Case {
    /// Name.
    name: &'static str,
    /// Prepares the client's namespace.
    client_setup: &'static str,
    /// Prepares the peer; what it starts runs until the end.
    peer: &'static str,
    /// A command that works in the peer's namespace as soon as the client may begin.
    ready: &'static str,
    /// The client, and for how many seconds it may run.
    client: (&'static str, u64),
    /// What is expected of the first service of this protocol.
    expected: (&'static str, Expected),
}

/// What a capture must say.
enum Expected {
    /// This schedule and no other.
    Schedule(&'static str),
    /// No known schedule.
    NoSchedule,
    /// So many attempts accepted and left mute.
    Mute(usize),
}

/// Silence: packets to the peer are dropped.
const SILENT: &str = "nft add table inet t; \
    nft 'add chain inet t i { type filter hook input priority 0; policy drop; }'";

/// Every case; `$DIR` is a folder of its own.
const CASES: &[Case] = &[
    Case {
        name: "Linux handshake, linear timeouts 4",
        client_setup: "sysctl -q -w net.ipv4.tcp_syn_linear_timeouts=4 net.ipv4.tcp_syn_retries=6",
        peer: SILENT,
        ready: "nft list chain inet t i",
        client: ("curl -s --connect-timeout 300 http://10.77.0.2:51244/", 140),
        expected: ("tcp", Expected::Schedule("linux-syn-linear4")),
    },
    Case {
        name: "Linux handshake, linear timeouts 0",
        client_setup: "sysctl -q -w net.ipv4.tcp_syn_linear_timeouts=0 net.ipv4.tcp_syn_retries=6",
        peer: SILENT,
        ready: "nft list chain inet t i",
        client: ("curl -s --connect-timeout 300 http://10.77.0.2:51244/", 140),
        expected: ("tcp", Expected::Schedule("linux-syn-linear0")),
    },
    Case {
        name: "Linux data that nobody acknowledges",
        client_setup: "true",
        // Silence begins once a heartbeat was heard.
        peer: "(sleep 1000 | busybox nc -l -p 7000 > $DIR/heard) & \
               until grep -qs heartbeat $DIR/heard; do sleep 0.1; done; nft add table inet t; \
               nft 'add chain inet t i { type filter hook input priority 0; policy drop; }'",
        ready: "ss -ltn | grep -q :7000",
        client: (
            "(while :; do echo heartbeat; sleep 5; done) | busybox nc 10.77.0.2 7000",
            70,
        ),
        expected: ("tcp-data", Expected::Schedule("linux-data-rto")),
    },
    Case {
        name: "curl against a closed port",
        client_setup: "true",
        peer: "true",
        ready: "true",
        client: (
            "curl -s --retry 5 --retry-connrefused http://10.77.0.2:51244/",
            40,
        ),
        expected: ("tcp", Expected::Schedule("curl-retry")),
    },
    Case {
        name: "curl against a server that accepts and goes mute",
        client_setup: "true",
        peer: "busybox nc -ll -p 51244 -e sleep 1000",
        ready: "ss -ltn | grep -q :51244",
        client: (
            "for n in 1 2 3; do curl -s --max-time 5 https://10.77.0.2:51244/; sleep 1; done",
            30,
        ),
        expected: ("tcp", Expected::Mute(3)),
    },
    Case {
        name: "glibc resolver, two silent servers",
        client_setup: "printf 'nameserver 10.77.0.2\\nnameserver 10.77.0.3\\n' > $DIR/resolv.conf",
        peer: SILENT,
        ready: "nft list chain inet t i",
        client: (
            "mount --bind $DIR/resolv.conf /etc/resolv.conf; \
             for n in 1 2 3 4 5 6; do getent ahostsv4 pumpgw.example.org; done",
            140,
        ),
        expected: ("dns", Expected::Schedule("glibc-dns-2")),
    },
    Case {
        name: "glibc resolver, one silent server",
        client_setup: "printf 'nameserver 10.77.0.2\\n' > $DIR/resolv.conf",
        peer: SILENT,
        ready: "nft list chain inet t i",
        client: (
            "mount --bind $DIR/resolv.conf /etc/resolv.conf; \
             for n in 1 2 3 4; do getent ahostsv4 pumpgw.example.org; done",
            60,
        ),
        expected: ("dns", Expected::Schedule("glibc-dns-1")),
    },
    Case {
        name: "glibc resolver, timeout 1, one attempt",
        client_setup: "printf 'nameserver 10.77.0.2\\nnameserver 10.77.0.3\\n\
                       options timeout:1 attempts:1\\n' > $DIR/resolv.conf",
        peer: SILENT,
        ready: "nft list chain inet t i",
        client: (
            "mount --bind $DIR/resolv.conf /etc/resolv.conf; \
             for n in 1 2 3 4; do getent ahostsv4 pumpgw.example.org; done",
            30,
        ),
        expected: ("dns", Expected::Schedule("glibc-dns-2-short")),
    },
    Case {
        name: "busybox udhcpc without a server",
        client_setup: "true",
        peer: "true",
        ready: "true",
        client: ("busybox udhcpc -f -i eth0 -s /bin/true", 70),
        expected: ("dhcp", Expected::Schedule("busybox-udhcpc")),
    },
    Case {
        name: "ISC dhclient without a server",
        client_setup: "true",
        peer: "true",
        ready: "true",
        client: (
            "dhclient -4 -d -cf /dev/null -lf $DIR/leases -pf $DIR/pid -sf /bin/true eth0",
            70,
        ),
        expected: ("dhcp", Expected::NoSchedule),
    },
    Case {
        name: "wpa_supplicant without an authenticator",
        client_setup: "cp $DIR/supplicant.conf $DIR/s.conf",
        peer: "true",
        ready: "true",
        client: ("wpa_supplicant -D wired -i eth0 -c $DIR/s.conf", 200),
        expected: ("eapol", Expected::Schedule("wpa-no-authenticator")),
    },
    Case {
        name: "wpa_supplicant, hostapd's certificate not trusted",
        client_setup: "cp $DIR/supplicant.conf $DIR/s.conf",
        peer: "hostapd $DIR/hostapd.conf > $DIR/hostapd.log",
        ready: "grep -qs AP-ENABLED $DIR/hostapd.log",
        client: ("wpa_supplicant -D wired -i eth0 -c $DIR/s.conf", 200),
        expected: ("eapol", Expected::Schedule("wpa-untrusted-cert")),
    },
];

#[test]
fn live_stacks_keep_to_their_schedules() {
    if !is_wanted("live_stacks_keep_to_their_schedules") {
        return;
    }
    let kernel = Command::new("uname").arg("-sr").output().unwrap();
    say(&format!(
        "{}: {} stacks, about 200 s",
        text(&kernel).trim(),
        CASES.len()
    ));
    // All at once: they wait, they do not compute.
    let failed: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = CASES.iter().map(|case| scope.spawn(|| run(case))).collect();
        running
            .into_iter()
            .filter_map(|case| case.join().expect("the case ends").err())
            .collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs one case; the error says what was found instead.
fn run(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    write_settings(folder.path());
    let pair = Namespaces::new(&["pump", "peer"], &[(("pump", "eth0"), ("peer", "eth0"))]);
    shell(
        &pair,
        "pump",
        folder.path(),
        "ip addr add 10.77.0.1/24 dev eth0; ip link set eth0 up",
    );
    for address in PEER {
        shell(
            &pair,
            "peer",
            folder.path(),
            &format!("ip addr add {address}/24 dev eth0"),
        );
    }
    shell(
        &pair,
        "peer",
        folder.path(),
        "ip link set eth0 up; ip link set lo up",
    );
    shell(&pair, "pump", folder.path(), case.client_setup);
    let capture = folder.path().join("capture.pcap");
    let file = capture.display();
    let mut watching = vec![
        start(
            &pair,
            "pump",
            folder.path(),
            &format!("exec tcpdump -q -U -s 0 -Z root -i eth0 -w {file}"),
        ),
        start(&pair, "peer", folder.path(), case.peer),
    ];
    await_ready(&pair, folder.path(), case)?;
    let (client, seconds) = case.client;
    let mut client = start(&pair, "pump", folder.path(), client);
    for _ in 0..seconds * 2 {
        if client.try_wait().unwrap().is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(500));
    }
    watching.push(client);
    // Gaps after the last packet count too.
    thread::sleep(Duration::from_secs(2));
    for child in &mut watching {
        stop(&pair, child);
    }
    drop(pair);
    let found = calibrated(&capture)?;
    judge(case, &found)
}

/// Waits until the capture runs and the peer is as the case wants it, however busy the machine is.
fn await_ready(pair: &Namespaces, folder: &Path, case: &Case) -> Result<(), String> {
    let capture = folder.join("capture.pcap");
    for _ in 0..600 {
        // tcpdump writes the file's header once its socket is open.
        let watches = fs::metadata(&capture).is_ok_and(|file| file.len() > 0);
        let mut ready = command(pair, "peer", folder, case.ready);
        if watches && ready.output().unwrap().status.success() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err(format!("{}: `{}` never worked", case.name, case.ready))
}

/// Compares what a capture says with what is expected.
fn judge(case: &Case, found: &Calibration) -> Result<(), String> {
    let (protocol, expected) = &case.expected;
    let service = found
        .services
        .iter()
        .find(|service| service.protocol == *protocol);
    let Some(service) = service else {
        return Err(format!("{}: no {protocol} in {found:?}", case.name));
    };
    let schedule = service.schedule.as_ref();
    let right = match expected {
        Expected::Schedule(id) => {
            schedule.is_some_and(|found| found.verdict == "fits" && found.best == *id)
        }
        Expected::NoSchedule => schedule.is_some_and(|found| found.verdict == "none"),
        Expected::Mute(count) => service.outcomes.mute == *count,
    };
    let what = match schedule {
        Some(found) => format!(
            "{} {}, {} of {} attempts, log score {}, next {:?} {:?}",
            found.verdict,
            found.best,
            found.explained,
            found.compared,
            found.score,
            found.runner_up,
            found.runner_up_score
        ),
        None => format!("{:?}", service.outcomes),
    };
    say(&format!("{}: {what}", case.name));
    if right {
        Ok(())
    } else {
        Err(format!("{}: {what}", case.name))
    }
}

/// What `simulate calibrate` says of a capture.
fn calibrated(capture: &Path) -> Result<Calibration, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(["simulate", "calibrate", "--format", "json", "--pcap"])
        .arg(capture)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).map_err(|_| text(&output))
}

/// Settings of supplicant and authenticator, whose certificate the supplicant does not trust.
fn write_settings(folder: &Path) {
    let place = folder.display();
    let signed = |name: &str| {
        rcgen::generate_simple_self_signed(vec![format!("{name}.example.org")]).unwrap()
    };
    let (server, other) = (signed("radius"), signed("other"));
    fs::write(folder.join("server.pem"), server.cert.pem()).unwrap();
    fs::write(
        folder.join("server.key"),
        server.signing_key.serialize_pem(),
    )
    .unwrap();
    fs::write(folder.join("trusted.pem"), other.cert.pem()).unwrap();
    fs::write(
        folder.join("users"),
        "* PEAP\n\"pump\" MSCHAPV2 \"lab\" [2]\n",
    )
    .unwrap();
    let supplicant = format!(
        "ap_scan=0\nnetwork={{\n key_mgmt=IEEE8021X\n eap=PEAP\n identity=\"pump\"\n \
         password=\"lab\"\n ca_cert=\"{place}/trusted.pem\"\n phase2=\"auth=MSCHAPV2\"\n \
         eapol_flags=0\n}}\n"
    );
    fs::write(folder.join("supplicant.conf"), supplicant).unwrap();
    let hostapd = format!(
        "interface=eth0\ndriver=wired\nieee8021x=1\neap_server=1\neap_user_file={place}/users\n\
         ca_cert={place}/server.pem\nserver_cert={place}/server.pem\n\
         private_key={place}/server.key\nuse_pae_group_addr=1\n"
    );
    fs::write(folder.join("hostapd.conf"), hostapd).unwrap();
}

/// A shell command in a namespace, with its folder as `$DIR`.
fn command(pair: &Namespaces, name: &str, folder: &Path, words: &str) -> Command {
    let mut command = pair.command(name, "sh");
    command.args(["-c", words]).env("DIR", folder);
    command
}

/// Runs a shell command that must work.
fn shell(pair: &Namespaces, name: &str, folder: &Path, words: &str) {
    let output = command(pair, name, folder, words).output().unwrap();
    assert!(output.status.success(), "{words}: {}", text(&output));
}

/// Starts a shell command.
fn start(pair: &Namespaces, name: &str, folder: &Path, words: &str) -> Child {
    command(pair, name, folder, words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Ends a child; what it started in the namespaces ends with these.
fn stop(pair: &Namespaces, child: &mut Child) {
    for name in ["pump", "peer"] {
        let listed = Command::new("ip")
            .args(["netns", "pids", &pair.full(name)])
            .output()
            .unwrap();
        for id in text(&listed).split_whitespace() {
            let _ = Command::new("kill").arg(id).output();
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
