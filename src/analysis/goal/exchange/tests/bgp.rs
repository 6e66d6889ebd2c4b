//! BGP: sessions, the choice between paths, policies, aggregates.

use super::interface;
use crate::analysis::test_network::{network, network_of, rows};
use crate::model::Network;

/// A row: the first device's system 65001 with a loopback prefix, the second one's 65002.
fn pair(left: &str, right: &str, more: &str) -> Network {
    let a = format!(
        "{}{}{more}router bgp 65001\n network 198.51.100.1 mask 255.255.255.255\n{left}",
        interface("Loopback0", "198.51.100.1"),
        interface("GigabitEthernet0/0", "10.0.0.1"),
    );
    let b = format!(
        "{}{}router bgp 65002\n{right}",
        interface("Loopback0", "198.51.100.2"),
        interface("GigabitEthernet0/0", "10.0.0.2"),
    );
    network(&[("a", &a), ("b", &b)])
}

#[test]
fn an_external_route_is_learned_and_a_wrong_number_keeps_the_session_down() {
    let right = " neighbor 10.0.0.1 remote-as 65001\n";
    let net = pair(" neighbor 10.0.0.2 remote-as 65002\n", right, "");
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "bgp 10.0.0.1 0");
    let net = pair(" neighbor 10.0.0.2 remote-as 65003\n", right, "");
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
    let net = pair(
        " neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 shutdown\n",
        right,
        "",
    );
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
}

#[test]
fn parallel_sessions_keep_their_own_policies() {
    let left = " neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 route-map NONE out\n neighbor 10.0.1.2 remote-as 65002\nroute-map NONE deny 10\n";
    let right = " neighbor 10.0.0.1 remote-as 65001\n neighbor 10.0.1.1 remote-as 65001\n";
    let second = interface("GigabitEthernet0/1", "10.0.1.1");
    let there = interface("GigabitEthernet0/1", "10.0.1.2");
    let net = pair(left, &format!("{right}{there}"), &second);
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "bgp 10.0.1.1 0");
}

#[test]
fn a_session_of_loopbacks_needs_more_hops_and_routes_both_ways() {
    let left = " neighbor 198.51.100.2 remote-as 65002\n neighbor 198.51.100.2 update-source Loopback0\n neighbor 198.51.100.2 ebgp-multihop 2\nip route 198.51.100.2 255.255.255.255 10.0.0.2\n";
    let right = " network 10.0.0.0 mask 255.255.255.252\n neighbor 198.51.100.1 remote-as 65001\n neighbor 198.51.100.1 update-source Loopback0\n neighbor 198.51.100.1 ebgp-multihop 2\n";
    let back = "ip route 198.51.100.1 255.255.255.255 10.0.0.1\n";
    let lan = "interface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n";
    let left = format!(" network 192.0.2.0\n{left}");
    let net = pair(&left, &format!("{right}{back}"), lan);
    assert_eq!(rows(&net, "b")["192.0.2.0/24"], "bgp 198.51.100.1 0");
    let net = pair(&left, right, lan);
    assert!(!rows(&net, "b").contains_key("192.0.2.0/24"));
}

/// An ACL on the wire with these lines, which ends in permitting everything.
fn guarded(lines: &str) -> String {
    format!(
        "ip access-list extended WIRE\n{lines} permit ip any any\ninterface GigabitEthernet0/0\n ip access-group WIRE in\n"
    )
}

#[test]
fn a_session_needs_its_packets_past_the_filters_on_its_way() {
    let left = " neighbor 10.0.0.2 remote-as 65002\n";
    let right = " neighbor 10.0.0.1 remote-as 65001\n";
    let up = |lines: &str| {
        let net = pair(&format!("{left}{}", guarded(lines)), right, "");
        rows(&net, "b").contains_key("198.51.100.1/32")
    };
    assert!(up(""));
    assert!(!up(" deny tcp any any\n"));
    // Either end may open the session.
    assert!(up(" deny tcp any any eq bgp\n"));
    assert!(up(" deny tcp any eq bgp any\n"));
    assert!(!up(" deny tcp any any eq bgp\n deny tcp any eq bgp any\n"));
    assert!(up(" permit tcp any any established\n deny tcp any any\n"));
    let waits = " neighbor 10.0.0.1 transport connection-mode passive\n";
    let net = pair(
        &format!("{left}{}", guarded(" deny tcp any eq bgp any\n")),
        &format!("{right}{waits}"),
        "",
    );
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
}

#[test]
fn a_session_over_others_needs_them_to_pass_it() {
    let peer = |n: u8| {
        format!(
            " neighbor 10.255.0.{n} remote-as 65000\n neighbor 10.255.0.{n} update-source Loopback0\n"
        )
    };
    let ospf = "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n";
    let end = |n: u8, wire: &str, far: u8| {
        format!(
            "{}{}{ospf}interface Loopback1\n ip address 192.0.{n}.1 255.255.255.0\nrouter bgp 65000\n network 192.0.{n}.0\n{}",
            interface("Loopback0", &format!("10.255.0.{n}")),
            interface("GigabitEthernet0/0", wire),
            peer(far),
        )
    };
    let middle = |more: &str| {
        format!(
            "{}{}{ospf}{more}",
            interface("GigabitEthernet0/0", "10.0.0.2"),
            interface("GigabitEthernet0/1", "10.0.0.5"),
        )
    };
    let at_c = |more: &str| {
        let net = network(&[
            ("a", &end(1, "10.0.0.1", 3)),
            ("b", &middle(more)),
            ("c", &end(3, "10.0.0.6", 1)),
        ]);
        rows(&net, "c").contains_key("192.0.1.0/24")
    };
    assert!(at_c(""));
    assert!(!at_c(&guarded(" deny tcp any any\n")));
    assert!(!at_c(&guarded(
        " deny tcp any any eq bgp\n deny tcp any eq bgp any\n"
    )));
    assert!(at_c(&guarded(" deny udp any any\n")));
}

/// a - b - c in one system over loopbacks and OSPF; a also speaks to outside.
fn chain(at_b: &str, at_c: &str) -> Network {
    let peer = |n: u8| {
        format!(
            " neighbor 10.255.0.{n} remote-as 65000\n neighbor 10.255.0.{n} update-source Loopback0\n"
        )
    };
    let ospf = "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n";
    let outside = format!(
        "{}interface Loopback1\n ip address 203.0.113.1 255.255.255.0\nrouter bgp 65100\n network 203.0.113.0\n neighbor 172.16.0.2 remote-as 65000\n",
        interface("GigabitEthernet0/0", "172.16.0.1")
    );
    let a = format!(
        "{}{}{}{ospf}router bgp 65000\n neighbor 172.16.0.1 remote-as 65100\n{} neighbor 10.255.0.2 next-hop-self\n",
        interface("Loopback0", "10.255.0.1"),
        interface("GigabitEthernet0/0", "172.16.0.2"),
        interface("GigabitEthernet0/1", "10.0.0.1"),
        peer(2),
    );
    let b = format!(
        "{}{}{}{ospf}router bgp 65000\n{}{}{at_b}",
        interface("Loopback0", "10.255.0.2"),
        interface("GigabitEthernet0/0", "10.0.0.2"),
        interface("GigabitEthernet0/1", "10.0.0.5"),
        peer(1),
        peer(3),
    );
    let c = format!(
        "{}{}{ospf}router bgp 65000\n{}{at_c}",
        interface("Loopback0", "10.255.0.3"),
        interface("GigabitEthernet0/0", "10.0.0.6"),
        peer(2),
    );
    network(&[("a", &a), ("b", &b), ("c", &c), ("outside", &outside)])
}

#[test]
fn internal_routes_stay_where_they_were_learned_but_for_reflectors() {
    let net = chain("", "");
    assert_eq!(rows(&net, "a")["203.0.113.0/24"], "bgp 172.16.0.1 0");
    assert_eq!(rows(&net, "b")["203.0.113.0/24"], "ibgp 10.255.0.1 0");
    assert!(!rows(&net, "c").contains_key("203.0.113.0/24"));
    let net = chain(" neighbor 10.255.0.3 route-reflector-client\n", "");
    assert_eq!(rows(&net, "c")["203.0.113.0/24"], "ibgp 10.255.0.1 0");
}

#[test]
fn a_route_map_filters_and_changes_what_is_learned() {
    let policy = "ip prefix-list LOOP permit 198.51.100.0/24 ge 32\nroute-map IN permit 10\n match ip address prefix-list LOOP\n set metric 77\n";
    let right =
        format!(" neighbor 10.0.0.1 remote-as 65001\n neighbor 10.0.0.1 route-map IN in\n{policy}");
    let lan = "interface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n";
    let net = pair(
        " network 192.0.2.0\n neighbor 10.0.0.2 remote-as 65002\n",
        &right,
        lan,
    );
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "bgp 10.0.0.1 77");
    assert!(!rows(&net, "b").contains_key("192.0.2.0/24"));
}

#[test]
fn an_aggregate_stands_for_its_components() {
    let left = " aggregate-address 198.51.100.0 255.255.255.0 summary-only\n neighbor 10.0.0.2 remote-as 65002\n";
    let net = pair(left, " neighbor 10.0.0.1 remote-as 65001\n", "");
    assert_eq!(rows(&net, "b")["198.51.100.0/24"], "bgp 10.0.0.1 0");
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
    assert!(rows(&net, "a")["198.51.100.0/24"].starts_with("bgp "));
    let alone = left.replace(" summary-only", "");
    let net = pair(&alone, " neighbor 10.0.0.1 remote-as 65001\n", "");
    assert_eq!(rows(&net, "b")["198.51.100.1/32"], "bgp 10.0.0.1 0");
}

#[test]
fn two_stable_states_are_an_unknown() {
    // Each of two routers prefers what the other one says (RFC 4264, a "wedgie").
    let side = |own: u8, other: u8, up: u8| {
        format!(
            "{}{}router bgp 6500{own}\n neighbor 10.0.0.{other} remote-as 6500{other}\n neighbor 10.0.0.{other} route-map UP in\n neighbor 10.0.{up}.1 remote-as 65100\nroute-map UP permit 10\n set local-preference 200\n",
            interface("GigabitEthernet0/0", &format!("10.0.0.{own}")),
            interface("GigabitEthernet0/1", &format!("10.0.{up}.2")),
        )
    };
    let top = format!(
        "{}{}interface Loopback1\n ip address 203.0.113.1 255.255.255.0\nrouter bgp 65100\n network 203.0.113.0\n neighbor 10.0.1.2 remote-as 65001\n neighbor 10.0.2.2 remote-as 65002\n",
        interface("GigabitEthernet0/0", "10.0.1.1"),
        interface("GigabitEthernet0/1", "10.0.2.1"),
    );
    let net = network(&[("a", &side(1, 2, 1)), ("b", &side(2, 1, 2)), ("top", &top)]);
    let routes = crate::analysis::routes::routes(&net, None, None);
    let open = routes
        .incomplete
        .iter()
        .filter(|line| line.contains("no single stable state"));
    assert_eq!(open.count(), 2);
}

#[test]
fn a_peer_that_asks_how_far_packets_came_wants_the_other_one_to_send_so() {
    let left = " neighbor 10.0.0.2 remote-as 65002\n";
    let secure = " neighbor 10.0.0.2 ttl-security hops 1\n";
    let right = " neighbor 10.0.0.1 remote-as 65001\n";
    let has = |more: &str| {
        let net = pair(&format!("{left}{secure}"), &format!("{right}{more}"), "");
        rows(&net, "b").contains_key("198.51.100.1/32")
    };
    assert!(!has(""));
    assert!(has(" neighbor 10.0.0.1 ttl-security hops 1\n"));
    assert!(has(" neighbor 10.0.0.1 ebgp-multihop 255\n"));
}

#[test]
fn a_peer_with_two_numbers_shows_the_one_that_is_expected() {
    let left = " neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 local-as 300 no-prepend replace-as dual-as\n";
    for number in [300, 65001] {
        let right = format!(" neighbor 10.0.0.1 remote-as {number}\n");
        let net = pair(left, &right, "");
        assert_eq!(rows(&net, "b")["198.51.100.1/32"], "bgp 10.0.0.1 0");
    }
    let net = pair(left, " neighbor 10.0.0.1 remote-as 301\n", "");
    assert!(!rows(&net, "b").contains_key("198.51.100.1/32"));
}

#[test]
fn a_filter_says_which_systems_may_connect_from_a_range() {
    let has = |filter: &str| {
        let spine = format!(
            "{filter}interface Ethernet1\n no switchport\n ip address 10.0.0.1/24\ninterface Loopback0\n \
             ip address 198.51.100.1/32\nip routing\nrouter bgp 65001\n \
             bgp listen range 10.0.0.0/16 peer-group LEAF peer-filter LEAFS\n \
             neighbor LEAF peer group\n network 198.51.100.1/32\n"
        );
        let leaf = "interface Ethernet1\n no switchport\n ip address 10.0.0.2/24\nip routing\n\
                    router bgp 65102\n neighbor 10.0.0.1 remote-as 65001\n";
        let net = network_of(&[("s", "arista-eos", &spine), ("l", "arista-eos", leaf)]);
        rows(&net, "l").contains_key("198.51.100.1/32")
    };
    let filter = |lines: &str| format!("peer-filter LEAFS\n{lines}");
    assert!(has(&filter(
        " 10 match as-range 65100-65199 result accept\n"
    )));
    assert!(!has(&filter(
        " 10 match as-range 65200-65299 result accept\n"
    )));
    let first =
        " 10 match as-range 65102 result reject\n 20 match as-range 65100-65199 result accept\n";
    assert!(!has(&filter(first)));
}
