//! Linux routers from the files of `ifup`, `sysctl` and `nft`, in cases that the lab has found.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A client, a router with a filter that keeps states, and a server with two ways back.
const CLIENT: &str = "auto eth0 eth1\niface eth0 inet static\n  address 10.0.1.2/24\n  \
                      gateway 10.0.1.1\niface eth1 inet static\n  address 10.0.3.1/24\n";
const ROUTER: &str = "auto eth0 eth1\niface eth0 inet static\n  address 10.0.1.1/24\n\
                      iface eth1 inet static\n  address 10.0.2.1/24\n";
const SERVER: &str = "auto eth0 eth1\niface eth0 inet static\n  address 10.0.2.2/24\n  \
                      gateway 10.0.2.1\niface eth1 inet static\n  address 10.0.3.2/24\n";
/// Turns forwarding on.
const FORWARDS: &str = "net.ipv4.ip_forward = 1\n";

/// Ends of the way there and of what follows, for a connection from the client to the server.
fn ends(server: &str, sysctl: &str, rules: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let filter = format!(
        "table inet filter {{\n chain forward {{\n  \
         type filter hook forward priority filter; policy drop;\n{rules} }}\n}}\n"
    );
    for (device, name, text) in [
        ("c", "interfaces", CLIENT),
        ("r", "interfaces", ROUTER),
        ("r", "sysctl.conf", sysctl),
        ("r", "nftables.conf", filter.as_str()),
        ("s", "interfaces", server),
    ] {
        let place = folder.path().join("configs").join(device);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join(name), text).unwrap();
    }
    let answer = trace(&folder.path().join("configs"));
    let list = |value: &Value| {
        let list = value["dispositions"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        list.iter()
            .map(|end| end.as_str().unwrap().to_owned())
            .collect()
    };
    (list(&answer), list(&answer["reverse"]))
}

/// The answer of `trace` for the connection.
fn trace(configs: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args([
            "trace", "--format", "json", "--from", "10.0.1.2", "--to", "10.0.2.2",
        ])
        .args(["--port", "tcp/22", "--config"])
        .arg(configs)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Names as a set.
fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_filter_that_keeps_states_passes_what_it_sees_both_ways() {
    let rules = "  ct state established accept\n  ct state new tcp dport 22 accept\n";
    let both = (set(&["accepted"]), set(&["accepted"]));
    assert_eq!(ends(SERVER, FORWARDS, rules), both);
}

#[test]
fn a_filter_that_takes_first_packets_alone_loses_the_connection() {
    let rules = "  ct state new tcp dport 22 accept\n  tcp sport 22 accept\n";
    let lost = (set(&["accepted"]), set(&["accepted", "denied-out"]));
    assert_eq!(ends(SERVER, FORWARDS, rules), lost);
}

#[test]
fn a_filter_that_never_sees_the_answer_loses_the_connection() {
    let rules = "  ct state established accept\n  ct state new tcp dport 22 accept\n";
    let server = format!("{SERVER}  up ip route add 10.0.1.0/24 via 10.0.3.1\n");
    let lost = (set(&["accepted"]), set(&["accepted", "denied-out"]));
    assert_eq!(ends(&server, FORWARDS, rules), lost);
}

#[test]
fn linux_does_not_forward_until_it_is_told_to() {
    let (there, back) = ends(SERVER, "net.ipv4.ip_forward = 0\n", "  accept\n");
    assert_eq!((there, back), (set(&["no-route"]), set(&[])));
}
