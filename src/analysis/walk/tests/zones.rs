//! Closed cases of sessions between zones, inspection and checks of sources.

use super::{ends, from_host};
use crate::analysis::test_network::{network, tcp};
use crate::analysis::walk::{RoundTrip, Start, round_trip};
use crate::analysis::world::World;
use crate::analysis::{PacketBox, Symbol};
use crate::ctx::Ctx;
use crate::model::Network;
use crate::net::registry::UDP;
use crate::wire::trace::Disposition::{Accepted, DeliveredToSubnet, DeniedIn, DeniedOut};

fn trip(network: &Network, packets: &PacketBox) -> RoundTrip {
    let world = World::new(network, &[], &[]);
    let start = Start::Host(packets.source.0);
    round_trip(&world, &start, packets, &Ctx::quiet())
}

/// A router with wards, servers and guests in zones, the last interface in none.
fn zoned(rules: &str) -> Network {
    let text = format!(
        "zone security WARDS\nzone security SERVERS\n\
         interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n zone-member security WARDS\n\
         interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n zone-member security SERVERS\n\
         interface Vlan30\n ip address 10.3.0.1 255.255.255.0\n\
         interface Vlan40\n ip address 10.4.0.1 255.255.255.0\n zone-member security WARDS\n\
         ip access-list extended GATEWAY\n permit tcp any host 10.2.0.9 eq 443\n\
         class-map type inspect match-any PUMPS\n match access-group name GATEWAY\n \
         match protocol ntp\n\
         policy-map type inspect OUT\n class type inspect PUMPS\n  inspect\n \
         class class-default\n  drop\n\
         zone-pair security UP source WARDS destination SERVERS\n \
         service-policy type inspect OUT\n{rules}"
    );
    network(&[("r1", &text)])
}

#[test]
fn what_a_policy_inspects_passes_with_its_replies() {
    let net = zoned("");
    assert!(trip(&net, &tcp("10.1.0.5", "10.2.0.9", 443)).works());
    let other = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert_eq!(ends(&other), [DeniedOut]);
    let back = from_host(&net, &tcp("10.2.0.9", "10.1.0.5", 443));
    assert_eq!(
        ends(&back),
        [DeniedOut],
        "nobody begins sessions the other way"
    );
    let ntp = PacketBox {
        protocol: (UDP, UDP),
        ..tcp("10.1.0.5", "10.2.0.8", 123)
    };
    assert!(trip(&net, &ntp).works());
}

#[test]
fn zones_are_apart_from_each_other_and_from_interfaces_in_none() {
    let net = zoned("");
    for (to, end) in [
        ("10.3.0.9", DeniedOut),
        ("10.4.0.9", DeliveredToSubnet),
        ("10.1.0.1", Accepted),
    ] {
        assert_eq!(
            ends(&from_host(&net, &tcp("10.1.0.5", to, 22))),
            [end],
            "{to}"
        );
    }
    let own = "policy-map type inspect NONE\n class class-default\n  drop\n\
               zone-pair security BOX source WARDS destination self\n \
               service-policy type inspect NONE\n";
    let found = from_host(&zoned(own), &tcp("10.1.0.5", "10.1.0.1", 22));
    assert_eq!(ends(&found), [DeniedIn]);
}

#[test]
fn a_passed_packet_leaves_no_session_for_its_reply() {
    let pass = "policy-map type inspect OUT\n class type inspect PUMPS\n  pass\n";
    let out = trip(&zoned(pass), &tcp("10.1.0.5", "10.2.0.9", 443));
    assert!(out.forward.works() && !out.back.works());
    let both = format!(
        "{pass}policy-map type inspect IN\n class class-default\n  pass\n\
         zone-pair security DOWN source SERVERS destination WARDS\n \
         service-policy type inspect IN\n"
    );
    assert!(trip(&zoned(&both), &tcp("10.1.0.5", "10.2.0.9", 443)).works());
}

#[test]
fn an_unread_condition_leaves_its_class_open() {
    let net = zoned("class-map type inspect match-any PUMPS\n match protocol pumpspeak\n");
    let found = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert!(matches!(found.symbols()[..], [Symbol::Hole { .. }]));
}

#[test]
fn a_reply_by_another_device_finds_no_session() {
    let edge = |own: &str, far: &str| {
        format!(
            "zone security IN\nzone security OUT\n\
             interface Vlan10\n ip address 10.1.0.{own} 255.255.255.0\n zone-member security IN\n\
             interface Vlan20\n ip address 10.2.0.{own} 255.255.255.0\n zone-member security OUT\n\
             {far}class-map type inspect match-any ALL\n match protocol tcp\n\
             policy-map type inspect P\n class type inspect ALL\n  inspect\n\
             zone-pair security UP source IN destination OUT\n service-policy type inspect P\n"
        )
    };
    let (one, two) = (edge("1", ""), edge("2", ""));
    let host = |gateway: &str, own: &str| {
        format!(
            "no ip routing\nip default-gateway {gateway}\ninterface Vlan1\n ip address {own} 255.255.255.0\n"
        )
    };
    let (client, near) = (host("10.1.0.1", "10.1.0.5"), host("10.2.0.1", "10.2.0.9"));
    let devices = [
        ("c", client.as_str()),
        ("s", near.as_str()),
        ("one", &one),
        ("two", &two),
    ];
    assert!(trip(&network(&devices), &tcp("10.1.0.5", "10.2.0.9", 443)).works());
    let far = host("10.2.0.2", "10.2.0.9");
    let devices = [
        ("c", client.as_str()),
        ("s", far.as_str()),
        ("one", &one),
        ("two", &two),
    ];
    let out = trip(&network(&devices), &tcp("10.1.0.5", "10.2.0.9", 443));
    assert!(out.forward.works() && !out.back.works());
}

#[test]
fn ip_inspect_lets_replies_past_the_acl() {
    let text = |inspect: &str| {
        format!(
            "ip inspect name FW tcp\n\
             interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n\
             interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n ip access-group NONE in\n{inspect}\
             ip access-list extended NONE\n deny ip any any\n"
        )
    };
    let plain = text("");
    assert!(
        !trip(
            &network(&[("r1", &plain)]),
            &tcp("10.1.0.5", "10.2.0.9", 443)
        )
        .works()
    );
    let open = text(" ip inspect FW out\n");
    assert!(
        trip(
            &network(&[("r1", &open)]),
            &tcp("10.1.0.5", "10.2.0.9", 443)
        )
        .works()
    );
}

#[test]
fn a_reflexive_acl_lets_in_what_answers_the_sessions_of_its_name() {
    let works = |port: u16, names: [&str; 2]| {
        let text = format!(
            "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n\
             interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n ip access-group OUT out\n \
             ip access-group IN in\n\
             ip access-list extended OUT\n permit tcp any any eq 443 reflect {} timeout 60\n \
             permit tcp any any eq 80\n\
             ip access-list extended IN\n evaluate {}\n deny ip any any\n",
            names[0], names[1]
        );
        let network = network(&[("r1", &text)]);
        trip(&network, &tcp("10.1.0.5", "10.2.0.9", port)).works()
    };
    assert!(works(443, ["SEEN", "SEEN"]));
    assert!(!works(443, ["SEEN", "OTHERS"]));
    assert!(!works(80, ["SEEN", "SEEN"]));
    assert!(!works(22, ["SEEN", "SEEN"]));
}

#[test]
fn sources_without_a_way_back_are_dropped() {
    let text = |check: &str| {
        format!(
            "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip verify unicast source reachable-via {check}\n\
             interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n\
             ip route 10.9.0.0 255.255.0.0 10.2.0.2\nip route 0.0.0.0 0.0.0.0 10.1.0.2\n"
        )
    };
    let enters = |check: &str, from: &str| {
        let text = text(check);
        let net = network(&[("r1", &text)]);
        let world = World::new(&net, &[], &[]);
        let start = Start::Interface("r1".to_owned(), "Vlan10".to_owned());
        let packets = tcp(from, "10.2.0.9", 443);
        ends(&super::reach(&world, &start, &packets, &Ctx::quiet()))
    };
    assert_eq!(enters("rx", "10.1.0.5"), [DeliveredToSubnet]);
    assert_eq!(enters("rx", "10.9.0.5"), [DeniedIn]);
    assert_eq!(enters("any", "10.9.0.5"), [DeliveredToSubnet]);
    assert_eq!(enters("rx", "10.77.0.5"), [DeniedIn]);
    assert_eq!(enters("rx allow-default", "10.77.0.5"), [DeliveredToSubnet]);
}

#[test]
fn a_route_map_sends_packets_another_way() {
    let text = "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip policy route-map PBR\n\
         interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n\
         interface Vlan30\n ip address 10.3.0.1 255.255.255.0\n\
         ip route 198.51.100.0 255.255.255.0 10.2.0.2\n\
         access-list 101 permit tcp any any eq 443\n\
         route-map PBR permit 10\n match ip address 101\n set ip next-hop 10.3.0.2\n";
    let hop = |own: &str| {
        format!(
            "interface Vlan1\n ip address {own} 255.255.255.0\ninterface Vlan2\n ip address 198.51.100.1 255.255.255.0\n"
        )
    };
    let (a, b) = (hop("10.2.0.2"), hop("10.3.0.2"));
    let net = network(&[("r1", text), ("a", &a), ("b", &b)]);
    let path = |port| from_host(&net, &tcp("10.1.0.5", "198.51.100.9", port)).cells[0].devices();
    assert_eq!(path(443), ["r1".into(), "b".into()]);
    assert_eq!(path(80), ["r1".into(), "a".into()]);
}
