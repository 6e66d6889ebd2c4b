//! Closed cases of address translation: both ways, pools, ports, who answers for an address.

use super::{ends, from_host};
use crate::analysis::test_network::{network, tcp};
use crate::analysis::walk::{RoundTrip, Start, round_trip};
use crate::analysis::world::World;
use crate::analysis::{PacketBox, Symbol};
use crate::ctx::Ctx;
use crate::model::Network;
use crate::wire::trace::Disposition::{DeliveredToSubnet, DeniedIn};

/// A router that translates between a LAN and an outside network, and one behind it.
fn pair(rules: &str, outside: &str) -> Network {
    let near = format!(
        "interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip nat inside\n\
         interface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n ip nat outside\n\
         ip route 0.0.0.0 0.0.0.0 192.0.2.2\n\
         access-list 1 permit 10.1.0.0 0.0.0.255\n{rules}"
    );
    let far = format!(
        "interface GigabitEthernet0/1\n ip address 192.0.2.2 255.255.255.0\n{outside}\
         interface Vlan20\n ip address 198.51.100.1 255.255.255.0\n"
    );
    network(&[("near", &near), ("far", &far)])
}

fn trip(network: &Network, packets: &PacketBox) -> RoundTrip {
    let world = World::new(network, &[], &[]);
    let start = Start::Host(packets.source.0);
    round_trip(&world, &start, packets, &Ctx::quiet())
}

#[test]
fn a_static_entry_translates_both_ways_and_back() {
    let net = pair("ip nat inside source static 10.1.0.5 192.0.2.50\n", "");
    let out = trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(out.works(), "{out:?}");
    assert_eq!(
        out.back.cells[0].packets[0].destination.0.to_string(),
        "192.0.2.50"
    );
    assert_eq!(out.back.cells[0].devices(), ["far".into(), "near".into()]);
    let back = trip(&net, &tcp("198.51.100.9", "192.0.2.50", 443));
    assert!(back.works(), "{back:?}");
    assert_eq!(
        back.forward.cells[0].devices(),
        ["far".into(), "near".into()]
    );
    assert_eq!(ends(&back.forward), [DeliveredToSubnet]);
    assert_eq!(
        back.back.cells[0].packets[0].source.0.to_string(),
        "10.1.0.5"
    );
}

#[test]
fn untranslated_private_addresses_get_no_answer() {
    let net = pair("", "");
    let out = trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(out.forward.works() && !out.back.works());
}

#[test]
fn a_whole_lan_behind_one_address_gets_its_answers() {
    let net = pair(
        "ip nat inside source list 1 interface GigabitEthernet0/1 overload\n",
        "",
    );
    let all = PacketBox {
        source: ("10.1.0.5".parse().unwrap(), "10.1.0.200".parse().unwrap()),
        source_port: (1024, 65_535),
        ..tcp("10.1.0.5", "198.51.100.9", 443)
    };
    let out = trip(&net, &all);
    assert!(out.works(), "{out:?}");
    let answer = &out.back.cells[0].packets[0];
    assert_eq!(answer.destination.1.to_string(), "192.0.2.1");
    assert_eq!(answer.destination_port, (1024, 65_535));
}

#[test]
fn an_outside_filter_sees_the_translated_address_of_a_pool() {
    let rules = "ip nat pool P 192.0.2.64 192.0.2.67 prefix-length 24\n\
                 ip nat inside source list 1 pool P overload\n";
    let acl = " ip access-group F in\nip access-list extended F\n deny tcp host 192.0.2.66 any\n \
               permit ip any any\n";
    let net = pair(rules, acl);
    let out = trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert_eq!(
        ends(&out.forward),
        [DeliveredToSubnet, DeniedIn],
        "any of the pool"
    );
    let net = pair(&format!("{rules}access-list 1 deny host 10.1.0.5\n"), acl);
    let net2 = pair(rules, "");
    assert!(trip(&net2, &tcp("10.1.0.5", "198.51.100.9", 443)).works());
    assert!(!trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443)).works());
}

#[test]
fn ports_are_forwarded_to_a_host_inside() {
    let rules = "ip nat inside source static tcp 10.1.0.5 8443 interface GigabitEthernet0/1 443\n";
    let net = pair(rules, "");
    let come = trip(&net, &tcp("198.51.100.9", "192.0.2.1", 443));
    assert!(come.works(), "{come:?}");
    assert_eq!(ends(&come.forward), [DeliveredToSubnet]);
    assert_eq!(come.back.cells[0].packets[0].source_port, (8443, 8443));
    let other = from_host(&net, &tcp("198.51.100.9", "192.0.2.1", 444));
    assert_eq!(ends(&other), [crate::wire::trace::Disposition::Accepted]);
}

#[test]
fn networks_keep_their_hosts_apart() {
    let net = pair(
        "ip nat inside source static network 10.1.0.0 192.0.2.0 /25\n",
        "",
    );
    let out = trip(&net, &tcp("10.1.0.77", "198.51.100.9", 443));
    assert_eq!(
        out.back.cells[0].packets[0].destination.0.to_string(),
        "192.0.2.77"
    );
    assert!(out.works());
    let far = trip(&net, &tcp("10.1.0.200", "198.51.100.9", 443));
    assert!(!far.works(), "beyond the network nothing is translated");
}

#[test]
fn an_unread_rule_or_a_missing_list_leaves_the_outcome_open() {
    let net = pair("ip nat inside destination list 1 pool P\n", "");
    let found = from_host(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(matches!(
        found.symbols()[..],
        [
            Symbol::Hole {
                redirects: true,
                ..
            },
            ..
        ]
    ));
    let net = pair(
        "ip nat inside source list 7 interface GigabitEthernet0/1 overload\n",
        "",
    );
    let found = from_host(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(
        found
            .symbols()
            .iter()
            .any(|one| matches!(one, Symbol::Undecided(_)))
    );
}
