//! What a name server answers from the zones that it serves.
//!
//! Follows RFC 1034 §4.3.2: delegation, exact match, aliases (also RFC 6672), wildcards
//! (RFC 4592), and negative answers (RFC 2308).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::dns::{DnsZone, Record, RecordData};
use crate::net::DomainName;
use crate::source::{At, StatementRef};

/// An answer as far as a server's own zones give one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ZoneAnswer {
    /// Whether its last owner has IPv6 addresses too.
    pub(super) has_ipv6: bool,
    /// How it ends.
    pub(super) end: ZoneEnd,
    /// Longest time to live of the records on the way, in seconds.
    pub(super) ttl_s: u32,
    /// Seconds for which "no" may be remembered, where the end is one.
    pub(super) negative_ttl_s: Option<u32>,
    /// Aliases on the way, in order.
    pub(super) aliases: Vec<DomainName>,
    /// Statements that make up the answer.
    pub(super) at: Vec<StatementRef>,
    /// Size of the message in bytes, without EDNS.
    pub(super) bytes: usize,
    /// Zones that were looked into, in order.
    pub(super) zones: Vec<DomainName>,
}

/// How a search in zones ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ZoneEnd {
    /// With addresses.
    Addresses(Vec<Ipv4Addr>),
    /// The name exists and has no address.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// The server cannot answer, and why.
    ServFail(String),
    /// This name is in none of the zones.
    Elsewhere(DomainName),
    /// The name lies in a zone that is delegated to these servers.
    Delegated(DomainName, Vec<DomainName>),
}

/// Aliases that are followed at most (BIND 9 Administrator Reference, `max-query-restarts`: 11).
const ALIASES: usize = 11;
/// Bytes of a message's header and of a question's type and class (RFC 1035 §4.1.1, §4.1.2).
const HEADER: usize = 12 + 4;
/// Bytes of a record besides its data, its owner compressed (RFC 1035 §4.1.3, §4.1.4).
const RECORD: usize = 12;

/// The answer to "which IPv4 addresses has `name`", from zones by origin.
pub(super) fn answer(zones: &BTreeMap<DomainName, &DnsZone>, name: &DomainName) -> ZoneAnswer {
    let mut out = ZoneAnswer {
        end: ZoneEnd::ServFail("its aliases form a loop or a chain that is too long".to_owned()),
        ttl_s: 0,
        negative_ttl_s: None,
        aliases: Vec::new(),
        at: Vec::new(),
        bytes: HEADER + wire_length(name),
        zones: Vec::new(),
        has_ipv6: false,
    };
    let mut current = name.clone();
    for _ in 0..=ALIASES {
        let Some(zone) = closest(zones, &current) else {
            out.end = ZoneEnd::Elsewhere(current);
            return out;
        };
        if out.zones.last() != Some(&zone.origin) {
            out.zones.push(zone.origin.clone());
        }
        match step(zone, &current, &mut out) {
            Some(next) => {
                out.aliases.push(next.clone());
                current = next;
            }
            None => return out,
        }
    }
    out
}

/// The zone with the longest origin at or above `name`.
pub(super) fn closest<'a>(
    zones: &BTreeMap<DomainName, &'a DnsZone>,
    name: &DomainName,
) -> Option<&'a DnsZone> {
    std::iter::successors(Some(name.clone()), DomainName::parent)
        .find_map(|ancestor| zones.get(&ancestor).copied())
}

/// Looks for one name in one zone; gives the next name where it is an alias, else sets the end.
fn step(zone: &DnsZone, name: &DomainName, out: &mut ZoneAnswer) -> Option<DomainName> {
    if let Some(broken) = &zone.broken {
        out.at.push(broken.at);
        out.end = ZoneEnd::ServFail(format!(
            "the server does not load zone {}: {}",
            zone.origin, broken.value
        ));
        return None;
    }
    if let Some((cut, servers)) = delegation(zone, name, out) {
        out.end = ZoneEnd::Delegated(cut, servers);
        return None;
    }
    if let Some(records) = zone.records.get(name) {
        return from_records(zone, records, out);
    }
    if let Some(next) = redirected(zone, name, out) {
        return Some(next);
    }
    let encloser = std::iter::successors(name.parent(), DomainName::parent)
        .find(|ancestor| *ancestor == zone.origin || exists(zone, ancestor))
        .unwrap_or_else(|| zone.origin.clone());
    if exists(zone, name) {
        negative(zone, ZoneEnd::NoData, out);
        return None;
    }
    let wildcard = DomainName::relative("*", &encloser);
    if let Some(records) = zone.records.get(&wildcard) {
        return from_records(zone, records, out);
    }
    negative(zone, ZoneEnd::NxDomain, out);
    None
}

/// Takes aliases or addresses of a node.
fn from_records(
    zone: &DnsZone,
    records: &[At<Record>],
    out: &mut ZoneAnswer,
) -> Option<DomainName> {
    let mut addresses = Vec::new();
    for record in records {
        match &record.value.data {
            RecordData::Cname(target) => {
                take(record, out);
                out.bytes += compressed_length(target, &zone.origin);
                return Some(target.clone());
            }
            RecordData::A(address) => {
                take(record, out);
                out.bytes += 4;
                addresses.push(*address);
            }
            RecordData::Aaaa(_) => out.has_ipv6 = true,
            RecordData::Ns(_)
            | RecordData::Ptr(_)
            | RecordData::Srv(..)
            | RecordData::Mx(..)
            | RecordData::Dname(_)
            | RecordData::Other { .. } => {}
        }
    }
    if addresses.is_empty() {
        negative(zone, ZoneEnd::NoData, out);
    } else {
        out.end = ZoneEnd::Addresses(addresses);
    }
    None
}

/// Counts a record that is part of the answer.
fn take(record: &At<Record>, out: &mut ZoneAnswer) {
    out.ttl_s = out.ttl_s.max(record.value.ttl);
    out.at.push(record.at);
    out.bytes += RECORD;
}

/// The zone cut between the zone's origin and `name`, with the servers below it.
fn delegation(
    zone: &DnsZone,
    name: &DomainName,
    out: &mut ZoneAnswer,
) -> Option<(DomainName, Vec<DomainName>)> {
    let mut ancestors: Vec<DomainName> =
        std::iter::successors(Some(name.clone()), DomainName::parent)
            .take_while(|ancestor| *ancestor != zone.origin)
            .collect();
    ancestors.reverse();
    for ancestor in ancestors {
        let mut servers = Vec::new();
        for record in zone.records.get(&ancestor).into_iter().flatten() {
            if let RecordData::Ns(server) = &record.value.data {
                out.at.push(record.at);
                servers.push(server.clone());
            }
        }
        if !servers.is_empty() {
            return Some((ancestor, servers));
        }
    }
    None
}

/// The name that a DNAME above `name` makes of it.
fn redirected(zone: &DnsZone, name: &DomainName, out: &mut ZoneAnswer) -> Option<DomainName> {
    for ancestor in std::iter::successors(name.parent(), DomainName::parent) {
        if !ancestor.is_at_or_below(&zone.origin) {
            return None;
        }
        for record in zone.records.get(&ancestor).into_iter().flatten() {
            if let RecordData::Dname(target) = &record.value.data {
                take(record, out);
                let head = name.as_str().strip_suffix(ancestor.as_str())?;
                let next = DomainName::absolute(&format!("{head}{}", target.as_str()));
                // The DNAME itself and the alias made from it (RFC 6672 §3.1).
                out.bytes += wire_length(target) + RECORD + wire_length(&next);
                return Some(next);
            }
        }
    }
    None
}

/// Whether a name owns records or lies above one that does.
fn exists(zone: &DnsZone, name: &DomainName) -> bool {
    zone.records.contains_key(name) || zone.records.keys().any(|owner| owner.is_at_or_below(name))
}

/// Ends with "no", which may be remembered for min(SOA's own time, MINIMUM) (RFC 2308 §5).
fn negative(zone: &DnsZone, end: ZoneEnd, out: &mut ZoneAnswer) {
    out.end = end;
    out.negative_ttl_s = negative_ttl(zone);
    out.at.extend(zone.soa.as_ref().map(|soa| soa.at));
}

/// Seconds for which "no such name" may be remembered (RFC 2308 §5).
pub(super) fn negative_ttl(zone: &DnsZone) -> Option<u32> {
    zone.soa
        .as_ref()
        .map(|soa| soa.value.ttl.min(soa.value.minimum))
}

/// Bytes of a name on the wire (RFC 1035 §3.1).
fn wire_length(name: &DomainName) -> usize {
    match name.as_str().len() {
        0 => 1,
        length => length + 2,
    }
}

/// Bytes of a name whose origin is already in the message (RFC 1035 §4.1.4).
fn compressed_length(name: &DomainName, origin: &DomainName) -> usize {
    if name.is_at_or_below(origin) && !origin.as_str().is_empty() {
        wire_length(name).saturating_sub(wire_length(origin)) + 2
    } else {
        wire_length(name)
    }
}

#[cfg(test)]
mod tests;
