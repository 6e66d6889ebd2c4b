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

/// The answer for a connection from the client to the server, past a filter in a file of this name.
fn past(server: &str, sysctl: &str, filter: (&str, &str)) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (device, name, text) in [
        ("c", "interfaces", CLIENT),
        ("r", "interfaces", ROUTER),
        ("r", "sysctl.conf", sysctl),
        ("r", filter.0, filter.1),
        ("s", "interfaces", server),
    ] {
        let place = folder.path().join("configs").join(device);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join(name), text).unwrap();
    }
    trace(&folder.path().join("configs"))
}

/// A filter of nftables with these lines.
fn nftables(rules: &str) -> String {
    format!(
        "table inet filter {{\n chain forward {{\n  \
         type filter hook forward priority filter; policy drop;\n{rules} }}\n}}\n"
    )
}

/// Ends of the way there and of what follows, for a connection from the client to the server.
fn ends(server: &str, sysctl: &str, rules: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let answer = past(server, sysctl, ("nftables.conf", &nftables(rules)));
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
fn a_filter_that_may_not_see_the_answer_may_lose_the_connection() {
    let rules = "  ct state established accept\n  ct state new tcp dport 22 accept\n";
    let ways = "nexthop via 10.0.2.1 nexthop via 10.0.3.1";
    let server = format!("{SERVER}  up ip route add 10.0.1.0/24 {ways}\n");
    let lost = (set(&["accepted"]), set(&["accepted", "denied-out"]));
    assert_eq!(ends(&server, FORWARDS, rules), lost);
}

#[test]
fn linux_does_not_forward_until_it_is_told_to() {
    let (there, back) = ends(SERVER, "net.ipv4.ip_forward = 0\n", "  accept\n");
    assert_eq!((there, back), (set(&["no-route"]), set(&[])));
}

/// What becomes of the first packet to port 22 at a filter that drops the rest: `pass`, `drop`, or
/// `open` where the answer has doubts.
fn fate(name: &str, text: &str) -> &'static str {
    let answer = past(SERVER, FORWARDS, (name, text));
    let end = answer["dispositions"][0].as_str().unwrap().to_owned();
    match (answer.get("doubts"), end.as_str()) {
        (Some(_), _) => "open",
        (None, "accepted") => "pass",
        (None, "denied-out") => "drop",
        other => panic!("{other:?} of {text}"),
    }
}

#[test]
fn rules_of_iptables_match_what_their_manual_says() {
    let syn = "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN";
    for (wanted, rule) in [
        ("pass", format!("-A FORWARD {syn} -j ACCEPT")),
        ("drop", format!("-A FORWARD {}", syn.replacen("--tcp", "! --tcp", 1)) + " -j ACCEPT"),
        ("pass", "-A FORWARD -p tcp -m tcp --syn --dport 22 -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -p tcp -m tcp --tcp-flags ALL NONE -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -p tcp -m tcp --tcp-flags RST RST -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD ! -f -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -f -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD -m addrtype ! --dst-type LOCAL -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD -d 10.0.2.0/24 -m addrtype --dst-type UNICAST -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -m addrtype --src-type BROADCAST,MULTICAST -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD -m pkttype --pkt-type unicast -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD -m mark --mark 0x0/0xff -j ACCEPT".to_owned()),
        ("drop", "-A FORWARD -m mark --mark 0x1 -j ACCEPT".to_owned()),
        ("pass", "-A FORWARD -m mark ! --mark 0x1 -j ACCEPT".to_owned()),
        (
            "open",
            "-A FORWARD -j MARK --set-xmark 0x1/0xffffffff\n-A FORWARD -m mark --mark 0x1 -j ACCEPT"
                .to_owned(),
        ),
        (
            "pass",
            "-A FORWARD -m state --state NEW -m recent --set --name S --mask 255.255.255.255 \
             --rsource -j ACCEPT"
                .to_owned(),
        ),
        ("open", "-A FORWARD -m recent --rcheck --seconds 60 --name S --rsource -j ACCEPT".to_owned()),
        ("open", "-A FORWARD -m mac --mac-source 00:00:5e:00:53:01 -j ACCEPT".to_owned()),
        ("open", "-A FORWARD -p tcp -m ttl --ttl-gt 1 -j ACCEPT".to_owned()),
    ] {
        let text = format!("*filter\n:FORWARD DROP [0:0]\n{rule}\nCOMMIT\n");
        assert_eq!(fate("iptables.rules", &text), wanted, "{rule}");
    }
}

#[test]
fn rules_of_nftables_match_what_their_manual_says() {
    for (wanted, rule) in [
        ("pass", "tcp flags & (fin | syn | rst | ack) == syn accept"),
        ("pass", "tcp flags syn / fin,syn,rst,ack accept"),
        ("drop", "tcp flags & (fin|syn) == (fin|syn) accept"),
        (
            "drop",
            "tcp flags & (fin|syn|rst|psh|ack|urg) == 0x0 accept",
        ),
        ("pass", "tcp flags syn accept"),
        ("drop", "tcp flags != syn accept"),
        ("drop", "tcp flags ack,rst accept"),
        (
            "pass",
            "ip daddr . tcp dport { 10.0.2.2 . 22, 10.0.2.3 . 80 } accept",
        ),
        (
            "drop",
            "ip daddr . tcp dport { 10.0.2.2 . 23, 10.0.2.3 . 22 } accept",
        ),
        (
            "pass",
            "iifname . ip saddr . tcp dport vmap { \"eth0\" . 10.0.1.0/24 . 20-25 : accept }",
        ),
        ("open", "meta length 40 accept"),
    ] {
        let text = nftables(&format!("  {rule}\n"));
        assert_eq!(fate("nftables.conf", &text), wanted, "{rule}");
    }
}

#[test]
fn hosts_that_netplan_sets_up_reach_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let eth = |name: &str, keys: &str| {
        format!("network:\n  version: 2\n  ethernets:\n    {name}:\n{keys}")
    };
    let client = eth(
        "eth0",
        "      addresses: [10.0.1.2/24]\n      routes: [{to: default, via: 10.0.1.1}]\n",
    );
    let router = eth(
        "eth0",
        "      addresses: [10.0.1.1/24]\n    eth1: {}\n  vlans:\n    lan2: {id: 2, link: eth1}\n",
    );
    // A later file adds the address of the VLAN.
    let address = "network:\n  vlans:\n    lan2:\n      addresses: [10.0.2.1/24]\n";
    let server = eth(
        "eth0",
        "      dhcp4: false\n  vlans:\n    v: {id: 2, link: eth0, addresses: \
                              [10.0.2.2/24], gateway4: 10.0.2.1}\n",
    );
    for (path, text) in [
        ("c/etc/netplan/50-lan.yaml", client.as_str()),
        ("r/etc/netplan/00-links.yaml", router.as_str()),
        ("r/etc/netplan/90-local.yaml", address),
        (
            "r/etc/netplan/90-local.yaml.dpkg-dist",
            "network: {version: 3}\n",
        ),
        ("r/lib/netplan/90-local.yaml", "network: {version: 3}\n"),
        ("r/etc/sysctl.conf", FORWARDS),
        ("s/etc/netplan/50-lan.yaml", server.as_str()),
    ] {
        let place = folder.path().join("configs").join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
    let answer = trace(&folder.path().join("configs"));
    assert_eq!(
        answer["dispositions"],
        serde_json::json!(["accepted"]),
        "{answer:#}"
    );
    let back = &answer["reverse"]["dispositions"];
    assert_eq!(back, &serde_json::json!(["accepted"]), "{answer:#}");
}

#[test]
fn a_firewall_by_levels_passes_what_follows_the_first_answer() {
    // The server's own filter asks for states, so that later packets are followed too.
    let folder = tempfile::tempdir().unwrap();
    let asa = "ASA Version 9.16(4)\n!\nhostname r\n!\ninterface GigabitEthernet0/0\n nameif inside\n \
               security-level 100\n ip address 10.0.1.1 255.255.255.0\n!\n\
               interface GigabitEthernet0/1\n nameif servers\n security-level 50\n \
               ip address 10.0.2.1 255.255.255.0\n!\n";
    let server = "auto eth0\niface eth0 inet static\n  address 10.0.2.2/24\n  gateway 10.0.2.1\n";
    let rules = "*filter\n:INPUT DROP [0:0]\n\
                 -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
                 -A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";
    for (path, text) in [
        ("c/interfaces", CLIENT),
        ("r/r.cfg", asa),
        ("s/interfaces", server),
        ("s/iptables.rules", rules),
    ] {
        let place = folder.path().join("configs").join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
    let answer = trace(&folder.path().join("configs"));
    let accepted = serde_json::json!(["accepted"]);
    assert_eq!(answer["dispositions"], accepted, "{answer:#}");
    assert_eq!(answer["reverse"]["dispositions"], accepted, "{answer:#}");
}
