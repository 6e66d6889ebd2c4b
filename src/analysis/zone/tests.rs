//! Answers of zones.

use super::*;
use crate::model::dns::Soa;
use crate::source::FileId;

/// A place that no test looks at.
const AT: StatementRef = StatementRef {
    file: FileId(0),
    statement: 0,
};

/// A zone of these records.
fn zone(records: &[(&str, u32, RecordData)]) -> DnsZone {
    let mut zone = DnsZone {
        origin: name("example.org"),
        soa: Some(At::new(
            Soa {
                primary: name("ns.example.org"),
                serial: 1,
                refresh: 1,
                retry: 1,
                expire: 1,
                minimum: 600,
                ttl: 300,
            },
            AT,
        )),
        ..DnsZone::default()
    };
    for (owner, ttl, data) in records {
        let record = Record {
            ttl: *ttl,
            data: data.clone(),
        };
        let owner = DomainName::relative(owner, &zone.origin);
        let node = zone.records.entry(owner).or_default();
        node.push(At::new(record, AT));
    }
    zone
}

/// A name.
fn name(text: &str) -> DomainName {
    DomainName::absolute(text)
}

/// Address 10.0.0.`last`.
fn a(last: u8) -> RecordData {
    RecordData::A(Ipv4Addr::new(10, 0, 0, last))
}

/// Asks one zone.
fn ask(zone: &DnsZone, question: &str) -> ZoneAnswer {
    let zones = BTreeMap::from([(zone.origin.clone(), zone)]);
    answer(&zones, &name(question))
}

#[test]
fn an_alias_adds_its_time_and_its_target_s_addresses() {
    let zone = zone(&[
        ("gw", 900, RecordData::Cname(name("gw1.example.org"))),
        ("gw1", 3_600, a(1)),
    ]);
    let found = ask(&zone, "gw.example.org");
    assert_eq!(
        found.end,
        ZoneEnd::Addresses(vec![Ipv4Addr::new(10, 0, 0, 1)])
    );
    assert_eq!((found.ttl_s, found.aliases.len()), (3_600, 1));
}

#[test]
fn a_name_that_is_not_there_may_be_remembered_for_the_smaller_time() {
    let found = ask(&zone(&[("gw", 60, a(1))]), "other.example.org");
    assert_eq!(found.end, ZoneEnd::NxDomain);
    assert_eq!(found.negative_ttl_s, Some(300));
}

#[test]
fn an_empty_name_above_others_exists_without_data() {
    let found = ask(&zone(&[("a.b", 60, a(1))]), "b.example.org");
    assert_eq!(found.end, ZoneEnd::NoData);
}

#[test]
fn a_wildcard_answers_below_its_closest_encloser_only() {
    let zone = zone(&[("*", 60, a(9)), ("a.b", 60, a(1))]);
    assert_eq!(
        ask(&zone, "x.example.org").end,
        ZoneEnd::Addresses(vec![Ipv4Addr::new(10, 0, 0, 9)])
    );
    // RFC 4592 §2.2.1: `b` exists, so the wildcard above it does not reach below it.
    assert_eq!(ask(&zone, "x.b.example.org").end, ZoneEnd::NxDomain);
}

#[test]
fn a_delegated_name_is_another_server_s() {
    let zone = zone(&[
        ("sub", 60, RecordData::Ns(name("ns.sub.example.org"))),
        ("ns.sub", 60, a(1)),
    ]);
    let found = ask(&zone, "gw.sub.example.org");
    assert_eq!(
        found.end,
        ZoneEnd::Delegated(name("sub.example.org"), vec![name("ns.sub.example.org")])
    );
}

#[test]
fn a_redirected_tree_keeps_the_head_of_the_name() {
    let zone = zone(&[
        ("old", 60, RecordData::Dname(name("new.example.org"))),
        ("gw.new", 60, a(4)),
    ]);
    let found = ask(&zone, "gw.old.example.org");
    assert_eq!(
        found.end,
        ZoneEnd::Addresses(vec![Ipv4Addr::new(10, 0, 0, 4)])
    );
    assert_eq!(found.aliases, vec![name("gw.new.example.org")]);
}

#[test]
fn a_loop_of_aliases_ends_in_an_error() {
    let zone = zone(&[
        ("a", 60, RecordData::Cname(name("b.example.org"))),
        ("b", 60, RecordData::Cname(name("a.example.org"))),
    ]);
    assert!(matches!(
        ask(&zone, "a.example.org").end,
        ZoneEnd::ServFail(_)
    ));
}

#[test]
fn a_broken_zone_and_a_foreign_name_are_told_apart() {
    let mut zone = zone(&[("gw", 60, a(1))]);
    assert_eq!(
        ask(&zone, "example.com").end,
        ZoneEnd::Elsewhere(name("example.com"))
    );
    zone.broken = Some(At::new("no SOA".to_owned(), AT));
    assert!(matches!(
        ask(&zone, "gw.example.org").end,
        ZoneEnd::ServFail(_)
    ));
}

#[test]
fn many_addresses_do_not_fit_into_a_plain_answer() {
    let records: Vec<_> = (0..40).map(|last| ("gw", 60, a(last))).collect();
    let found = ask(&zone(&records), "gw.example.org");
    // 12 bytes of header, 16 + 4 of question, 16 for each record (RFC 1035 §4.1).
    assert_eq!(found.bytes, 12 + 16 + 4 + 40 * 16);
}
