//! Closed cases of forwarding: routes, filters, holes, boundaries, VLANs.

use std::collections::BTreeSet;

use super::{Options, Reach, Start, reach, round_trip};
use crate::analysis::test_network::{network, tcp, with_links};
use crate::analysis::world::World;
use crate::analysis::{PacketBox, Symbol};
use crate::ctx::Ctx;
use crate::intent::{AssumedBeyond, Boundary, Place};
use crate::model::Network;
use crate::net::registry::UDP;
use crate::source::FileId;
use crate::wire::trace::Disposition;

mod levels;
mod naive;
mod translation;
mod zones;

fn ends(reach: &Reach) -> Vec<Disposition> {
    let all: BTreeSet<Disposition> = reach
        .cells
        .iter()
        .flat_map(|cell| cell.dispositions.iter().copied())
        .collect();
    all.into_iter().collect()
}

fn from_host(network: &Network, packets: &PacketBox) -> Reach {
    let world = World::new(network, &[], &[]);
    reach(
        &world,
        &Start::Host(packets.source.0),
        packets,
        &Ctx::quiet(),
    )
}

const TWO: [(&str, &str); 2] = [
    (
        "r1",
        "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip access-group IN in\n\
         interface GigabitEthernet0/1\n ip address 10.9.0.1 255.255.255.252\n\
         ip route 10.2.0.0 255.255.255.0 10.9.0.2\nip route 10.3.0.0 255.255.255.0 Null0\n\
         ip route 10.4.0.0 255.255.255.0 10.9.0.2\nip route 10.5.0.0 255.255.255.0 10.2.0.9\n\
         ip route 192.0.2.0 255.255.255.0 10.9.0.2\n\
         object-group network SERVERS\n host 10.2.0.9\n group-object MORE\n\
         object-group network MORE\n 10.2.0.16 255.255.255.240\n\
         ip access-list extended IN\n deny tcp any object-group SERVERS eq 443\n permit ip any any\n",
    ),
    (
        "r2",
        "interface GigabitEthernet0/1\n ip address 10.9.0.2 255.255.255.252\n\
         ip access-group BACK in\n\
         interface GigabitEthernet0/2\n ip address 10.2.0.1 255.255.255.0\n\
         ip access-group SERVERS in\n\
         ip route 10.1.0.0 255.255.255.0 10.9.0.1\nip route 10.4.0.0 255.255.255.0 10.9.0.1\n\
         ip access-list extended SERVERS\n permit tcp any any established\n deny ip any any\n",
    ),
];

#[test]
fn a_packet_follows_connected_and_static_routes() {
    let net = network(&TWO);
    let found = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert_eq!(ends(&found), [Disposition::DeliveredToSubnet]);
    assert_eq!(found.cells[0].devices(), ["r1".into(), "r2".into()]);
    let found = from_host(&net, &tcp("10.1.0.5", "10.9.0.2", 80));
    assert_eq!(ends(&found), [Disposition::Accepted]);
}

#[test]
fn groups_of_groups_deny_exactly_their_members() {
    let net = network(&TWO);
    for (to, port, end) in [
        ("10.2.0.9", 443, Disposition::DeniedIn),
        ("10.2.0.20", 443, Disposition::DeniedIn),
        ("10.2.0.33", 443, Disposition::DeliveredToSubnet),
        ("10.2.0.9", 444, Disposition::DeliveredToSubnet),
    ] {
        assert_eq!(ends(&from_host(&net, &tcp("10.1.0.5", to, port))), [end]);
    }
}

#[test]
fn null_routes_loops_missing_routes_and_recursive_routes_end_as_they_should() {
    let net = network(&TWO);
    for (to, end) in [
        ("10.3.0.1", Disposition::NullRouted),
        ("10.4.0.1", Disposition::Loop),
        ("198.51.100.1", Disposition::NoRoute),
        ("192.0.2.1", Disposition::NoRoute),
        ("10.5.0.1", Disposition::NoRoute),
    ] {
        assert_eq!(
            ends(&from_host(&net, &tcp("10.1.0.5", to, 80))),
            [end],
            "{to}"
        );
    }
}

#[test]
fn answers_pass_an_established_line_and_new_connections_do_not() {
    let net = network(&TWO);
    let world = World::new(&net, &[], &[]);
    let there = tcp("10.1.0.5", "10.2.0.9", 80);
    let trip = round_trip(&world, &Start::Host(there.source.0), &there, &Ctx::quiet());
    assert!(trip.works());
    assert_eq!(ends(&trip.back), [Disposition::DeliveredToSubnet]);
    let back = tcp("10.2.0.9", "10.1.0.5", 80);
    assert_eq!(ends(&from_host(&net, &back)), [Disposition::DeniedIn]);
    let udp = PacketBox {
        protocol: (UDP, UDP),
        ..there
    };
    let trip = round_trip(&world, &Start::Host(udp.source.0), &udp, &Ctx::quiet());
    assert!(trip.forward.works() && !trip.back.works());
}

#[test]
fn a_set_is_cut_where_a_filter_cuts_it() {
    let net = network(&TWO);
    let wide = PacketBox {
        destination: ("10.2.0.0".parse().unwrap(), "10.2.0.255".parse().unwrap()),
        source_port: (1024, 65_535),
        ..tcp("10.1.0.5", "10.2.0.0", 443)
    };
    let found = from_host(&net, &wide);
    let denied: u32 = found
        .failing()
        .flat_map(|cell| &cell.packets)
        .map(|packets| u32::from(packets.destination.1) - u32::from(packets.destination.0) + 1)
        .sum();
    assert_eq!(denied, 17);
    assert!(
        found
            .reads
            .facets
            .iter()
            .any(|(_, key)| &*key.name == "MORE")
    );
}

#[test]
fn an_acl_that_is_not_defined_permits_and_is_read_all_the_same() {
    let net = network(&TWO);
    let found = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert!(found.works());
    assert!(
        found
            .reads
            .facets
            .iter()
            .any(|(device, key)| { &**device == "r2" && &*key.name == "BACK" })
    );
}

#[test]
fn the_active_router_of_the_highest_priority_takes_a_clients_packets() {
    let router = |own: &str, more: &str| {
        format!(
            "interface Vlan10\n ip address {own} 255.255.255.0\n standby 1 ip 10.1.0.1\n{more}\
             interface GigabitEthernet0/1\n ip address 10.{}.0.1 255.255.255.0\n",
            &own[own.len() - 1..]
        )
    };
    let (a, b) = (
        router("10.1.0.2", ""),
        router("10.1.0.3", " standby 1 priority 110\n"),
    );
    let net = network(&[("a", &a), ("b", &b)]);
    let found = from_host(&net, &tcp("10.1.0.50", "10.3.0.9", 80));
    assert_eq!(found.cells[0].devices(), ["b".into()]);
    let tracking = "standby 1 priority 110\n standby 1 track GigabitEthernet0/1 20\n";
    let b = router("10.1.0.3", &format!(" {tracking}"))
        .replace("0/1\n ip address 10.3", "0/1\n shutdown\n ip address 10.3");
    let net = network(&[("a", &a), ("b", &b)]);
    let found = from_host(&net, &tcp("10.1.0.50", "10.2.0.9", 80));
    assert_eq!(found.cells[0].devices(), ["a".into()]);
}

#[test]
fn a_boundary_is_beyond_unless_it_is_assumed_to_permit() {
    let net = network(&[(
        "r1",
        "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n\
         interface GigabitEthernet0/1\n ip address 10.9.0.1 255.255.255.252\n\
         ip route 0.0.0.0 0.0.0.0 10.9.0.2\n",
    )]);
    let flow = tcp("10.1.0.5", "198.51.100.1", 80);
    let found = from_host(&net, &flow);
    assert_eq!(ends(&found), [Disposition::ExitsNetwork]);
    assert!(matches!(found.symbols()[..], [Symbol::Beyond { .. }]));
    let boundary = Boundary {
        device: "r1".to_owned(),
        interface: "GigabitEthernet0/1".to_owned(),
        beyond: "the firewalls".to_owned(),
        assume: AssumedBeyond::Permits,
        evidence: None,
        place: Place {
            file: FileId(9),
            line: 1,
            column: 1,
        },
    };
    let world = World::new(&net, &[], &[boundary]);
    let trip = round_trip(&world, &Start::Host(flow.source.0), &flow, &Ctx::quiet());
    assert!(trip.works() && trip.forward.symbols().is_empty());
    assert_eq!(trip.forward.cells[0].boundaries, BTreeSet::from([0]));
    assert_eq!(ends(&trip.back), [Disposition::DeliveredToSubnet]);
}

#[test]
fn an_unread_line_of_a_filter_bears_on_what_reaches_it_only() {
    let mut acl = TWO[0].1.to_owned();
    acl = acl.replace(
        " permit ip any any\n",
        " permit tcp any any eq 80\n frobnicate\n permit ip any any\n",
    );
    let net = network(&[("r1", &acl), TWO[1]]);
    let before = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert_eq!(before.symbols(), []);
    let after = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 81));
    assert!(matches!(
        after.symbols()[..],
        [Symbol::Hole {
            redirects: false,
            ..
        }]
    ));
    assert!(after.works());
}

#[test]
fn a_hole_that_redirects_reads_what_packets_could_meet() {
    let third = "interface GigabitEthernet0/3\n ip address 10.9.1.2 255.255.255.252\n\
                 ip access-group ELSEWHERE in\n";
    let first = format!(
        "{}interface GigabitEthernet0/3\n ip address 10.9.1.1 255.255.255.252\n\
         router lisp\n",
        TWO[0].1
    );
    let net = network(&[("r1", &first), TWO[1], ("r3", third)]);
    let found = from_host(&net, &tcp("10.1.0.5", "10.2.0.9", 80));
    assert!(found.works());
    assert!(!found.reads.holes.is_empty());
    let envelope = &found.reads.envelope;
    assert!(envelope.iter().any(|(_, key)| &*key.name == "ELSEWHERE"));
}

#[test]
fn a_vlan_that_a_trunk_does_not_carry_cuts_its_ports_off() {
    let core = "vlan 10\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n\
                interface GigabitEthernet1/0/1\n switchport mode trunk\n";
    let access = "vlan 10\ninterface GigabitEthernet1/0/1\n switchport mode trunk\n\
                  interface GigabitEthernet1/0/2\n switchport mode access\n switchport access vlan 10\n";
    let cut = access.replace("trunk\n", "trunk\n switchport trunk allowed vlan 20\n");
    let port = "GigabitEthernet1/0/1";
    for (text, reached) in [(access, 1), (cut.as_str(), 0)] {
        let net = network(&[("core", core), ("access", text)]);
        let net = with_links(net, &[["core", port, "access", port]]);
        let world = World::new(&net, &[], &[]);
        let device = world.device_named("core").unwrap();
        let gateway = world.interface_named(device, "Vlan10").unwrap();
        let found = crate::analysis::layer2::vlan_reach(&world, 10, gateway);
        assert_eq!(
            (found.reached.len(), found.cut.len()),
            (reached, 1 - reached)
        );
        assert_eq!(found.blocks.len(), 1 - reached);
    }
}

#[test]
fn a_budget_that_is_used_up_is_an_unknown() {
    let net = network(&TWO);
    let world = World::new(&net, &[], &[]);
    let flow = tcp("10.1.0.5", "10.2.0.9", 443);
    let options = Options {
        set_nodes: 3,
        ..Options::judge(&Ctx::quiet())
    };
    let start = Start::Host(flow.source.0);
    let found = super::reach_with(&world, &start, &flow, &super::Session::default(), options);
    assert!(!found.works());
    assert!(matches!(found.symbols()[..], [Symbol::Undecided(_)]));
}
