//! Tests of attributes over facets made by hand.

use super::{Answer, Subject, by_path};
use crate::intent::ServiceKind;
use crate::model::dns::{DnsZone, Record, RecordData};
use crate::model::interface::{Interface, Switchport, SwitchportMode};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::{DomainName, VlanSet};
use crate::rule::hand_made::{World, at};
use crate::rule::place::Side;
use crate::source::At;

/// What an attribute answers for the first requirement.
fn read(world: &World, path: &str, side: Side) -> Answer {
    let facts = world.facts();
    (by_path(path).unwrap().read)(&Subject {
        facts,
        side,
        change: &facts.comparison.requirements[0],
    })
}

/// A world whose after side serves these records of `pumpgw` and `pumpgw1`.
fn zone(pumpgw: RecordData) -> World {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    let record = |data, ttl, line| At::new(Record { ttl, data }, at(1, line));
    let mut zone = DnsZone {
        origin: DomainName::absolute("example.org"),
        ..DnsZone::default()
    };
    let mut add = |name, one| zone.records.insert(DomainName::absolute(name), vec![one]);
    add("pumpgw.example.org", record(pumpgw, 3600, 0));
    let address = RecordData::A([10, 50, 1, 20].into());
    add("pumpgw1.example.org", record(address, 60, 1));
    let key = FacetKey::new(FacetKind::DnsZone, "example.org");
    world.facet(true, "dns1", key, Facet::DnsZone(zone));
    world
}

#[test]
fn a_name_is_followed_through_its_alias() {
    let alias = RecordData::Cname(DomainName::absolute("pumpgw1.example.org"));
    let world = zone(alias);
    assert_eq!(read(&world, "dns.cname_depth", Side::After).words(), "1");
    assert_eq!(read(&world, "dns.ttl_s", Side::After).words(), "60");
    assert_eq!(
        read(&world, "dns.addresses", Side::After).words(),
        "10.50.1.20"
    );
    assert_eq!(read(&world, "dns.addresses", Side::Before), Answer::Absent);
}

#[test]
fn aliases_in_a_circle_are_unknown_not_endless() {
    let world = zone(RecordData::Cname(DomainName::absolute(
        "pumpgw.example.org",
    )));
    assert!(matches!(
        read(&world, "dns.ttl_s", Side::After),
        Answer::Unknown(_)
    ));
}

#[test]
fn a_trunk_carries_the_pump_vlan_or_not() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    let trunk = |allowed: Option<&str>| {
        Facet::Interface(Interface {
            name: "Te1".to_owned(),
            switchport: Some(Switchport {
                mode: Some(At::new(SwitchportMode::Trunk, at(1, 0))),
                allowed: allowed.and_then(VlanSet::parse),
                ..Switchport::default()
            }),
            ..Interface::default()
        })
    };
    let key = FacetKey::new(FacetKind::Interface, "Te1");
    world.facet(false, "acc", key.clone(), trunk(None));
    world.facet(true, "acc", key, trunk(Some("10,20")));
    assert_eq!(read(&world, "vlan.trunks", Side::Before).words(), "acc Te1");
    assert_eq!(read(&world, "vlan.trunks", Side::After), Answer::Absent);
}
