//! Closed cases of a firewall with security levels: sessions, filters, order of translation.

use super::ends;
use crate::analysis::PacketBox;
use crate::analysis::test_network::{network_of, tcp};
use crate::analysis::walk::{RoundTrip, Start, round_trip};
use crate::analysis::world::World;
use crate::ctx::Ctx;
use crate::model::Network;
use crate::net::registry::{ICMP, UDP};
use crate::wire::trace::Disposition::{
    self, Accepted, DeliveredToSubnet, DeniedIn, DeniedOut, NeighborUnreachable,
};

/// A firewall between wards (10.1.0.0/24), servers (10.2.0.0/24) and the outside (192.0.2.0/24),
/// with a router behind the outside.
fn site(rules: &str) -> Network {
    site_with(rules, "")
}

fn site_with(rules: &str, router: &str) -> Network {
    let firewall = format!(
        "interface GigabitEthernet0/0\n nameif outside\n security-level 0\n \
         ip address 192.0.2.1 255.255.255.0\n\
         interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.255.0\n\
         interface GigabitEthernet0/2\n nameif servers\n security-level 50\n \
         ip address 10.2.0.1 255.255.255.0\n\
         route outside 0.0.0.0 0.0.0.0 192.0.2.2\n{rules}"
    );
    let router = format!(
        "interface GigabitEthernet0/1\n ip address 192.0.2.2 255.255.255.0\n\
         interface Vlan20\n ip address 198.51.100.1 255.255.255.0\n\
         ip route 10.0.0.0 255.0.0.0 192.0.2.1\n{router}"
    );
    network_of(&[
        ("fw", "cisco-asa", &firewall),
        ("far", "cisco-ios", &router),
    ])
}

fn trip(network: &Network, packets: &PacketBox) -> RoundTrip {
    let world = World::new(network, &[], &[]);
    let start = Start::Host(packets.source.0);
    round_trip(&world, &start, packets, &Ctx::quiet())
}

/// The ends of the first packet of a connection to port 443.
fn first(network: &Network, from: &str, to: &str) -> Vec<Disposition> {
    ends(&trip(network, &tcp(from, to, 443)).forward)
}

/// The address that answers go to.
fn answered(trip: &RoundTrip) -> String {
    trip.back.cells[0].packets[0].destination.0.to_string()
}

#[test]
fn a_next_hop_outside_of_the_networks_of_a_firewall_is_not_found() {
    let foreign = "interface GigabitEthernet0/1\n ip address 192.0.3.2 255.255.255.0 secondary\n";
    let to_server = |net: &Network| first(net, "10.1.0.5", "203.0.113.9");
    let near = site_with(
        "route outside 203.0.113.0 255.255.255.0 192.0.2.2\n",
        foreign,
    );
    assert_ne!(to_server(&near), [NeighborUnreachable]);
    let far = site_with(
        "route outside 203.0.113.0 255.255.255.0 192.0.3.2\n",
        foreign,
    );
    assert_eq!(to_server(&far), [NeighborUnreachable]);
}

#[test]
fn a_firewall_answers_only_where_packets_come_in() {
    let net = site("");
    assert_eq!(first(&net, "10.1.0.5", "10.1.0.1"), [Accepted]);
    assert_eq!(first(&net, "10.1.0.5", "10.2.0.1"), [DeniedIn]);
    let answer = PacketBox {
        protocol: (UDP, UDP),
        source_port: (67, 67),
        destination_port: (67, 67),
        ..tcp("10.2.0.9", "10.1.0.1", 67)
    };
    assert_eq!(ends(&trip(&net, &answer).forward), [Accepted]);
}

#[test]
fn sessions_begin_downwards_and_their_replies_come_back() {
    let net = site("");
    assert!(trip(&net, &tcp("10.1.0.5", "10.2.0.9", 443)).works());
    assert!(trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443)).works());
    assert_eq!(first(&net, "10.2.0.9", "10.1.0.5"), [DeniedOut]);
    assert_eq!(first(&net, "198.51.100.9", "10.2.0.9"), [DeniedOut]);
    assert_eq!(first(&net, "10.1.0.5", "10.1.0.1"), [Accepted]);
}

#[test]
fn an_acl_replaces_what_levels_permit() {
    let acl = "access-list IN extended permit tcp any host 10.2.0.9 eq https\n\
               access-group IN in interface inside\n";
    let net = site(acl);
    assert_eq!(first(&net, "10.1.0.5", "10.2.0.9"), [DeliveredToSubnet]);
    assert_eq!(first(&net, "10.1.0.5", "198.51.100.9"), [DeniedIn]);
    let up = "access-list UP extended permit tcp host 10.2.0.9 object-group WARDS\n\
              access-group UP in interface servers\n\
              object-group network WARDS\n network-object 10.1.0.0 255.255.255.0\n";
    let net = site(up);
    assert!(trip(&net, &tcp("10.2.0.9", "10.1.0.5", 443)).works());
    assert_eq!(first(&net, "10.2.0.8", "10.1.0.5"), [DeniedIn]);
}

#[test]
fn a_global_acl_is_asked_after_that_of_the_interface() {
    let rules = "access-list OWN extended deny tcp any host 10.2.0.8\n\
                 access-list OWN extended permit tcp any host 10.2.0.7\n\
                 access-list ALL extended permit tcp any 10.2.0.0 255.255.255.0\n\
                 access-group OWN in interface inside\naccess-group ALL global\n";
    let net = site(rules);
    for (to, end) in [
        ("10.2.0.7", DeliveredToSubnet),
        ("10.2.0.8", DeniedIn),
        ("10.2.0.9", DeliveredToSubnet),
        ("198.51.100.9", DeniedIn),
    ] {
        assert_eq!(first(&net, "10.1.0.5", to), [end], "{to}");
    }
}

#[test]
fn interfaces_of_one_level_are_apart_unless_the_text_joins_them() {
    let same = "interface GigabitEthernet0/2\n security-level 100\n";
    assert_eq!(first(&site(same), "10.1.0.5", "10.2.0.9"), [DeniedOut]);
    let joined = format!("{same}same-security-traffic permit inter-interface\n");
    assert!(trip(&site(&joined), &tcp("10.1.0.5", "10.2.0.9", 443)).works());
}

#[test]
fn pings_are_answered_only_where_icmp_is_inspected() {
    let ping = PacketBox {
        protocol: (ICMP, ICMP),
        source_port: (0, 0),
        destination_port: (8 << 8, 8 << 8),
        ..tcp("10.1.0.5", "10.2.0.9", 0)
    };
    assert!(!trip(&site(""), &ping).works());
    let policy = "policy-map global_policy\n class inspection_default\n  inspect icmp\n\
                  service-policy global_policy global\n";
    assert!(trip(&site(policy), &ping).works());
}

#[test]
fn filters_see_real_addresses_although_clients_use_mapped_ones() {
    let rules = "object network WEB\n host 10.2.0.9\n nat (servers,outside) static 192.0.2.9\n\
                 access-list OUT extended permit tcp any host 10.2.0.9 eq 443\n\
                 access-group OUT in interface outside\n";
    let net = site(rules);
    let come = trip(&net, &tcp("198.51.100.9", "192.0.2.9", 443));
    assert!(come.works(), "{come:?}");
    assert_eq!(
        come.back.cells[0].packets[0].source.0.to_string(),
        "10.2.0.9"
    );
    let mapped = rules.replace("any host 10.2.0.9 eq", "any host 192.0.2.9 eq");
    assert_eq!(
        first(&site(&mapped), "198.51.100.9", "192.0.2.9"),
        [DeniedIn]
    );
}

#[test]
fn who_asks_for_the_real_address_gets_no_answer() {
    let rules = "object network WEB\n host 10.2.0.9\n nat (servers,outside) static 192.0.2.9\n\
                 access-list OUT extended permit tcp any any\n\
                 access-group OUT in interface outside\n";
    let net = site(rules);
    assert_eq!(first(&net, "198.51.100.9", "10.2.0.9"), [DeniedOut]);
    assert_eq!(first(&net, "198.51.100.9", "10.2.0.8"), [DeliveredToSubnet]);
}

#[test]
fn rules_of_objects_go_by_kind_size_and_address() {
    // Static before dynamic, few addresses before many; the order of the text is another.
    let rules = "object network ALL\n subnet 10.1.0.0 255.255.255.0\n \
                 nat (inside,outside) dynamic 192.0.2.100\n\
                 object network HALF\n subnet 10.1.0.0 255.255.255.128\n \
                 nat (inside,outside) static 192.0.2.128\n\
                 object network ONE\n host 10.1.0.5\n nat (inside,outside) static 192.0.2.5\n";
    let net = site(rules);
    for (from, to) in [
        ("10.1.0.5", "192.0.2.5"),
        ("10.1.0.6", "192.0.2.134"),
        ("10.1.0.200", "192.0.2.100"),
    ] {
        let out = trip(&net, &tcp(from, "198.51.100.9", 443));
        assert!(out.works(), "{from}: {out:?}");
        assert_eq!(answered(&out), to);
    }
}

#[test]
fn twice_nat_comes_first_and_after_auto_last() {
    let objects = "object network PUMPS\n subnet 10.1.0.0 255.255.255.0\n\
                   object network P1\n host 192.0.2.31\nobject network P3\n host 192.0.2.33\n\
                   object network AUTO\n subnet 10.1.0.0 255.255.255.128\n \
                   nat (inside,outside) dynamic 192.0.2.32\n";
    let last = "nat (inside,outside) after-auto source dynamic PUMPS P3\n";
    let net = site(&format!("{last}{objects}"));
    let out = |net: &Network, from| answered(&trip(net, &tcp(from, "198.51.100.9", 443)));
    assert_eq!(out(&net, "10.1.0.5"), "192.0.2.32");
    assert_eq!(out(&net, "10.1.0.200"), "192.0.2.33");
    let net = site(&format!(
        "{objects}{last}nat (inside,outside) source dynamic PUMPS P1\n"
    ));
    assert_eq!(out(&net, "10.1.0.5"), "192.0.2.31");
}

#[test]
fn an_exemption_keeps_addresses_for_its_destination_alone() {
    let rules = "object network PUMPS\n subnet 10.1.0.0 255.255.255.0\n \
                 nat (inside,outside) dynamic interface\n\
                 object network CLINIC\n subnet 198.51.100.0 255.255.255.128\n\
                 nat (inside,outside) source static PUMPS PUMPS destination static CLINIC CLINIC \
                 no-proxy-arp route-lookup\n";
    let net = site(rules);
    let near = trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(near.works(), "{near:?}");
    assert_eq!(answered(&near), "10.1.0.5");
    let far = trip(&net, &tcp("10.1.0.5", "198.51.100.200", 443));
    assert!(far.works());
    assert_eq!(answered(&far), "192.0.2.1");
}

#[test]
fn both_ends_of_a_connection_are_translated_by_one_rule() {
    let rules = "object network PUMPS\n subnet 10.1.0.0 255.255.255.0\n\
                 object network SEEN\n subnet 172.16.1.0 255.255.255.0\n\
                 object network ASKED\n host 10.9.9.9\n\
                 object network REAL\n host 198.51.100.9\n\
                 nat (inside,outside) source static PUMPS SEEN destination static ASKED REAL\n";
    let net = site_with(rules, "ip route 172.16.0.0 255.240.0.0 192.0.2.1\n");
    let out = trip(&net, &tcp("10.1.0.5", "10.9.9.9", 443));
    assert!(out.works(), "{out:?}");
    assert_eq!(answered(&out), "172.16.1.5");
    // The address itself is no destination of the rule, so that nothing is translated.
    let direct = trip(&net, &tcp("10.1.0.5", "198.51.100.9", 443));
    assert_eq!(answered(&direct), "10.1.0.5");
}

#[test]
fn ports_of_the_interface_lead_to_a_host() {
    let rules = "object network WEB\n host 10.2.0.9\n \
                 nat (servers,outside) static interface service tcp 8443 443\n\
                 access-list OUT extended permit tcp any object WEB eq 8443\n\
                 access-group OUT in interface outside\n";
    let net = site(rules);
    let come = trip(&net, &tcp("198.51.100.9", "192.0.2.1", 443));
    assert!(come.works(), "{come:?}");
    assert_eq!(come.back.cells[0].packets[0].source_port, (8443, 8443));
}

#[test]
fn the_device_answers_for_mapped_addresses_unless_told_not_to() {
    let rules = "object network WEB\n host 10.2.0.9\n nat (servers,outside) static 192.0.2.9\n\
                 access-list OUT extended permit tcp any any\n\
                 access-group OUT in interface outside\n";
    let asks = tcp("192.0.2.2", "192.0.2.9", 443);
    assert!(trip(&site(rules), &asks).works());
    let quiet = format!("{rules}sysopt noproxyarp outside\n");
    let trip = trip(&site(&quiet), &asks);
    let path: Vec<_> = trip
        .forward
        .cells
        .iter()
        .flat_map(crate::analysis::walk::Cell::devices)
        .collect();
    assert!(!path.contains(&"fw".into()), "{trip:?}");
}

#[test]
fn a_reply_by_another_way_finds_no_session() {
    let net = site("route inside 198.51.100.0 255.255.255.0 10.1.0.2\n");
    let back = tcp("198.51.100.9", "10.1.0.5", 443);
    assert_eq!(ends(&trip(&net, &back).forward), [DeniedOut]);
    let late = PacketBox {
        established: (1, 1),
        ..tcp("10.1.0.5", "10.2.0.9", 443)
    };
    assert_eq!(ends(&trip(&net, &late).forward), [DeniedIn]);
}

#[test]
fn rules_that_cannot_be_told_apart_leave_the_outcome_open() {
    let rules = "object network PUMPS\n subnet 10.1.0.0 255.255.255.0\n\
                 object network CLINIC\n subnet 198.51.100.0 255.255.255.128\n\
                 nat (inside,outside) source dynamic PUMPS interface\n\
                 nat (inside,outside) source static PUMPS PUMPS destination static CLINIC CLINIC\n";
    let out = trip(&site(rules), &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(!out.forward.symbols().is_empty());
    let names = "object network NAMED\n fqdn clinic.example.org\n\
                 nat (inside,outside) source static NAMED NAMED\n";
    let out = trip(&site(names), &tcp("10.1.0.5", "198.51.100.9", 443));
    assert!(!out.forward.symbols().is_empty());
}

#[test]
fn what_is_examined_on_its_port_may_be_dropped() {
    let examines = "class-map inspection_default\n match default-inspection-traffic\n\
                    policy-map global_policy\n class inspection_default\n  inspect skinny\n\
                    service-policy global_policy global\n";
    let symbols = |rules: &str, port| {
        let network = site(rules);
        let found = trip(&network, &tcp("10.1.0.5", "10.2.0.9", port));
        found.forward.symbols().len()
    };
    assert_eq!(symbols(examines, 2000), 1);
    assert_eq!(symbols(examines, 443), 0);
    assert_eq!(symbols("", 2000), 0);
    let unbound = examines.replace("service-policy global_policy global\n", "");
    assert_eq!(symbols(&unbound, 2000), 0);
}
