//! Why a primary server refuses a zone whose every line is well formed.

use crate::model::dns::{DnsZone, Record, RecordData};
use crate::net::DomainName;
use crate::source::{At, StatementRef};

/// What the lines of a zone told beyond its records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// Places of the start-of-authority records that differ from the first.
    pub(super) other_soa: Option<StatementRef>,
    /// Whether records stand in files that this file includes.
    pub(super) includes: bool,
    /// Whether some record was left unread.
    pub(super) gaps: bool,
    /// The first statement that is no blank.
    pub(super) first: Option<StatementRef>,
}

/// A name of a record that `check-names` refuses, which servers do unless told otherwise
/// (BIND ARM: the default is `fail` for a primary zone).
pub(super) fn odd_name<'a>(owner: &'a DomainName, data: &'a RecordData) -> Option<&'a DomainName> {
    let (own, target) = match data {
        RecordData::A(_) | RecordData::Aaaa(_) => (Some(owner), None),
        RecordData::Mx(_, target) => (Some(owner), Some(target)),
        RecordData::Ns(target) | RecordData::Srv(_, _, _, target) => (None, Some(target)),
        RecordData::Cname(_)
        | RecordData::Ptr(_)
        | RecordData::Dname(_)
        | RecordData::Other { .. } => (None, None),
    };
    own.into_iter()
        .chain(target)
        .find(|name| !super::names::is_host(name))
}

/// The first reason, as BIND 9 checks when it has read all records.
pub(super) fn refusal(zone: &DnsZone, facts: &Facts) -> Option<At<String>> {
    // A file of root hints is no zone (BIND ARM, `type hint`).
    if zone.origin.as_str().is_empty() && zone.soa.is_none() {
        return None;
    }
    if let Some(found) = singletons(zone) {
        return Some(found);
    }
    let top = zone.soa.as_ref().map(|soa| soa.at).or(facts.first)?;
    if let Some(at) = facts.other_soa {
        return Some(At::new("a second SOA record".to_owned(), at));
    }
    if facts.includes || facts.gaps {
        return None;
    }
    if zone.soa.is_none() {
        return Some(At::new("no SOA record".to_owned(), top));
    }
    let servers: Vec<&At<Record>> = zone
        .records
        .get(&zone.origin)
        .into_iter()
        .flatten()
        .filter(|record| matches!(record.value.data, RecordData::Ns(_)))
        .collect();
    if servers.is_empty() {
        return Some(At::new("no NS record at the zone's origin".to_owned(), top));
    }
    integrity(zone)
}

/// Names that hold an alias and other data, or two aliases (RFC 1034 §3.6.2, RFC 6672 §2.4).
fn singletons(zone: &DnsZone) -> Option<At<String>> {
    for (owner, records) in &zone.records {
        let mut cname: Option<&At<Record>> = None;
        let mut dname: Option<&At<Record>> = None;
        let mut other: Option<&At<Record>> = None;
        for record in records {
            match &record.value.data {
                RecordData::Cname(_) => match cname {
                    Some(first) if first.value.data != record.value.data => {
                        let reason = format!("two CNAME records at `{owner}`");
                        return Some(At::new(reason, record.at));
                    }
                    _ => cname = Some(record),
                },
                RecordData::Dname(_) => {
                    if dname.is_some_and(|first| first.value.data != record.value.data) {
                        let reason = format!("two DNAME records at `{owner}`");
                        return Some(At::new(reason, record.at));
                    }
                    dname = Some(record);
                    other = other.or(Some(record));
                }
                // RFC 4034 §3, §4 and RFC 3007 let these stand beside an alias.
                RecordData::Other { kind, .. }
                    if matches!(kind.as_str(), "RRSIG" | "NSEC" | "KEY" | "SIG" | "NXT") => {}
                RecordData::A(_)
                | RecordData::Aaaa(_)
                | RecordData::Ns(_)
                | RecordData::Ptr(_)
                | RecordData::Srv(..)
                | RecordData::Mx(..)
                | RecordData::Other { .. } => other = other.or(Some(record)),
            }
        }
        let soa = zone
            .soa
            .as_ref()
            .filter(|_| *owner == zone.origin)
            .map(|soa| soa.at);
        if let (Some(cname), Some(at)) = (cname, other.map(|record| record.at).or(soa)) {
            let reason = format!("CNAME and other data at `{owner}`");
            return Some(At::new(reason, cname.at.max(at)));
        }
    }
    None
}

/// What a name inside the zone is.
enum Presence {
    /// It has addresses.
    Addresses,
    /// It is an alias.
    Alias,
    /// It lies below a DNAME.
    BelowDname,
    /// It lies below or at a zone cut without addresses here.
    Delegated,
    /// It has no addresses.
    Nothing,
}

/// Looks a name up as the server's own checks do.
fn presence(zone: &DnsZone, name: &DomainName) -> Presence {
    let has = |name: &DomainName, wanted: fn(&RecordData) -> bool| {
        zone.records
            .get(name)
            .is_some_and(|records| records.iter().any(|record| wanted(&record.value.data)))
    };
    let is_address = |data: &RecordData| matches!(data, RecordData::A(_) | RecordData::Aaaa(_));
    let is_dname = |data: &RecordData| matches!(data, RecordData::Dname(_));
    let is_ns = |data: &RecordData| matches!(data, RecordData::Ns(_));
    let mut delegated = false;
    let mut above = Some(name.clone());
    while let Some(current) = above {
        if current != *name && has(&current, is_dname) {
            return Presence::BelowDname;
        }
        if current == zone.origin {
            break;
        }
        delegated |= has(&current, is_ns);
        above = current.parent();
    }
    if has(name, is_address) {
        return Presence::Addresses;
    }
    if delegated {
        return Presence::Delegated;
    }
    if has(name, |data| matches!(data, RecordData::Cname(_))) {
        return Presence::Alias;
    }
    let mut wild = name.parent();
    while let Some(current) = wild {
        let star = DomainName::absolute(&format!("*.{}", current.as_str()));
        if zone.records.contains_key(&star) {
            return if has(&star, is_address) {
                Presence::Addresses
            } else if has(&star, |data| matches!(data, RecordData::Cname(_))) {
                Presence::Alias
            } else {
                Presence::Nothing
            };
        }
        if current == zone.origin || zone.records.contains_key(&current) {
            break;
        }
        wild = current.parent();
    }
    Presence::Nothing
}

/// Servers of the zone that lie in it and have no address (BIND ARM, `check-integrity`, whose
/// default is yes; mail exchanges and services without one only give a warning).
fn integrity(zone: &DnsZone) -> Option<At<String>> {
    for record in zone.records.get(&zone.origin)? {
        let RecordData::Ns(target) = &record.value.data else {
            continue;
        };
        if !target.is_at_or_below(&zone.origin) {
            continue;
        }
        let reason = match presence(zone, target) {
            Presence::Addresses | Presence::Delegated => continue,
            Presence::Alias => "is an alias",
            Presence::BelowDname => "lies below a DNAME",
            Presence::Nothing => "has no address",
        };
        return Some(At::new(format!("NS `{target}` {reason}"), record.at));
    }
    None
}
