//! EIGRP, RIP and IS-IS: metrics, neighbors, summaries, redistribution.

use super::interface;
use crate::analysis::test_network::{network, network_of, rows};
use crate::model::Network;

/// Two routers on a wire, each with a subnet behind it, and text of their own.
fn pair(left: &str, right: &str) -> Network {
    let router = |n: u8, more: &str| {
        format!(
            "{}interface GigabitEthernet0/1\n ip address 10.{n}.0.1 255.255.255.0\n{more}",
            interface("GigabitEthernet0/0", &format!("10.0.0.{n}")),
        )
    };
    network(&[("a", &router(1, left)), ("b", &router(2, right))])
}

const EIGRP: &str = "router eigrp 7\n network 10.0.0.0\n no auto-summary\n";

#[test]
fn classic_metrics_are_bandwidth_and_delay() {
    // 256 * (10^7 / 10^6 + 1 + 1) (RFC 7868 §5.6.1.2).
    let net = pair(EIGRP, EIGRP);
    assert_eq!(rows(&net, "a")["10.2.0.0/24"], "eigrp 10.0.0.2 3072");
    let other = EIGRP.replace("eigrp 7", "eigrp 8");
    assert!(!rows(&pair(EIGRP, &other), "a").contains_key("10.2.0.0/24"));
    let silent = format!("{EIGRP} passive-interface GigabitEthernet0/0\n");
    assert!(!rows(&pair(EIGRP, &silent), "a").contains_key("10.2.0.0/24"));
}

#[test]
fn what_eigrp_redistributes_needs_a_metric_unless_it_is_the_routers_own() {
    let fixed = "ip route 192.0.2.0 255.255.255.0 Null0\n";
    let with = |more: &str| format!("{EIGRP}{more}{fixed}");
    let net = pair(
        EIGRP,
        &with(" redistribute static metric 1000 100 255 1 1500\n"),
    );
    // 256 * (10^7 / 1000 + 100 + 1).
    assert_eq!(rows(&net, "a")["192.0.2.0/24"], "eigrp-ex 10.0.0.2 2585856");
    let ospf = "router ospf 1\n network 10.9.0.0 0.0.255.255 area 0\ninterface GigabitEthernet0/2\n ip address 10.9.0.1 255.255.255.0\n";
    let narrow = "router eigrp 7\n network 10.0.0.0 0.0.0.3\n redistribute ospf 1\n";
    let net = pair(EIGRP, &format!("{narrow}{ospf}"));
    assert!(!rows(&net, "a").contains_key("10.9.0.0/24"));
}

#[test]
fn a_summary_hides_its_components() {
    let summary = format!(
        "{EIGRP}interface GigabitEthernet0/0\n ip summary-address eigrp 7 10.2.0.0 255.255.0.0\n"
    );
    let net = pair(EIGRP, &summary);
    assert_eq!(rows(&net, "a")["10.2.0.0/16"], "eigrp 10.0.0.2 3072");
    assert!(!rows(&net, "a").contains_key("10.2.0.0/24"));
    assert!(rows(&net, "b")["10.2.0.0/16"].starts_with("eigrp "));
}

#[test]
fn rip_counts_routers() {
    let rip = "router rip\n version 2\n network 10.0.0.0\n no auto-summary\n";
    let net = pair(rip, rip);
    assert_eq!(rows(&net, "a")["10.2.0.0/24"], "rip 10.0.0.2 1");
    let old = rip.replace(" version 2\n", " version 1\n");
    assert!(!rows(&pair(rip, &old), "a").contains_key("10.2.0.0/24"));
}

/// IS-IS with this area and level on both interfaces.
fn isis(area: &str, system: u8, level: &str) -> String {
    format!(
        "router isis\n net {area}.0000.0000.000{system}.00\n{level}interface GigabitEthernet0/0\n ip router isis\ninterface GigabitEthernet0/1\n ip router isis\n"
    )
}

#[test]
fn areas_of_isis_meet_in_level_2() {
    let net = pair(&isis("49.0001", 1, ""), &isis("49.0001", 2, ""));
    assert_eq!(rows(&net, "a")["10.2.0.0/24"], "isis-l1 10.0.0.2 20");
    let net = pair(&isis("49.0001", 1, ""), &isis("49.0002", 2, ""));
    assert_eq!(rows(&net, "a")["10.2.0.0/24"], "isis-l2 10.0.0.2 20");
    let one = " is-type level-1\n";
    let net = pair(&isis("49.0001", 1, one), &isis("49.0002", 2, ""));
    assert!(!rows(&net, "a").contains_key("10.2.0.0/24"));
}

#[test]
fn a_tracked_static_route_goes_with_its_object() {
    let track = "track 1 interface GigabitEthernet0/1 line-protocol\nip route 192.0.2.0 255.255.255.0 10.0.0.2 track 1\n";
    let net = pair(track, "");
    assert_eq!(rows(&net, "a")["192.0.2.0/24"], "static 10.0.0.2 0");
    let down = format!("interface GigabitEthernet0/1\n shutdown\n{track}");
    assert!(!rows(&pair(&down, ""), "a").contains_key("192.0.2.0/24"));
}

/// An ACL on the wire that denies some packets.
fn denying(what: &str) -> String {
    format!(
        "ip access-list extended WIRE\n deny {what}\n permit ip any any\ninterface GigabitEthernet0/0\n ip access-group WIRE in\n"
    )
}

#[test]
fn neighbors_that_a_filter_silences_are_none() {
    for what in [
        "eigrp any any",
        "eigrp any host 10.0.0.1",
        "eigrp any host 224.0.0.10",
    ] {
        let net = pair(&format!("{EIGRP}{}", denying(what)), EIGRP);
        assert!(!rows(&net, "a").contains_key("10.2.0.0/24"), "{what}");
        assert!(!rows(&net, "b").contains_key("10.1.0.0/24"), "{what}");
    }
    let net = pair(&format!("{EIGRP}{}", denying("ospf any any")), EIGRP);
    assert!(rows(&net, "a").contains_key("10.2.0.0/24"));
    let rip = "router rip\n version 2\n network 10.0.0.0\n no auto-summary\n";
    let net = pair(&format!("{rip}{}", denying("udp any any eq rip")), rip);
    assert!(!rows(&net, "a").contains_key("10.2.0.0/24"));
    // The other one hears still.
    assert!(rows(&net, "b").contains_key("10.1.0.0/24"));
}

/// Two EOS switches with these lines of interfaces and of the process.
fn eos(interface: &str, process: &str) -> Network {
    let switch = |n: u8| {
        let process = process.replace("{n}", &n.to_string());
        format!(
            "interface Ethernet1\n no switchport\n ip address 10.0.0.{n}/24\n{interface}\
             interface Loopback0\n ip address 198.51.100.{n}/32\n{interface}ip routing\n{process}"
        )
    };
    network_of(&[
        ("a", "arista-eos", &switch(1)),
        ("b", "arista-eos", &switch(2)),
    ])
}

#[test]
fn eos_speaks_is_is_where_it_has_the_family_of_ipv4() {
    let interface = " isis enable CORE\n isis metric 30\n";
    let process = "router isis CORE\n net 49.0001.0000.0000.000{n}.00\n is-type level-2\n";
    let family = " address-family ipv4 unicast\n  maximum-paths 4\n";
    let net = eos(interface, &format!("{process}{family}"));
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "isis-l2 10.0.0.1 60");
    let net = eos(interface, process);
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
}

#[test]
fn eos_speaks_rip_on_networks_with_prefix_lengths() {
    let process = "router rip\n network 10.0.0.0/24\n network 198.51.100.0/24\n no shutdown\n";
    let net = eos("", process);
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "rip 10.0.0.1 1");
    let net = eos("", "router rip\n network 10.0.0.0/24\n no shutdown\n");
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
}
