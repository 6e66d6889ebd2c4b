//! What name servers answer for a service's name, from the zones in the snapshot.

use std::net::Ipv4Addr;

use super::{Answer, Item, Subject, number};
use crate::intent::Value;
use crate::model::dns::{DnsZone, RecordData};
use crate::model::{Device, FacetKey};
use crate::net::DomainName;
use crate::source::StatementRef;

/// Longest chain of aliases that is followed; a longer one is said to be unknown.
const LONGEST: usize = 16;

/// What one name server answers.
struct Resolved<'a> {
    /// Its device.
    device: &'a str,
    /// The zone that holds the name.
    zone: &'a FacetKey,
    /// Aliases on the way.
    aliases: u64,
    /// Shortest time to live.
    ttl: u32,
    /// Addresses.
    addresses: Vec<Ipv4Addr>,
    /// Records that say so.
    at: Vec<StatementRef>,
}

/// The zone of a device that is authoritative for a name: the longest origin above it.
fn zone_of<'a>(device: &'a Device, name: &DomainName) -> Option<(&'a FacetKey, &'a DnsZone)> {
    device
        .dns_zones()
        .filter(|(_, zone)| name.is_at_or_below(&zone.origin))
        // Of several files of one origin one has its name; others are no zone of the server.
        .max_by_key(|(key, zone)| (zone.origin.labels(), *key.name == *zone.origin.as_str()))
}

/// What a device answers for a name; `None` where the name is in none of its zones.
fn resolve<'a>(
    device_name: &'a str,
    device: &'a Device,
    name: &DomainName,
) -> Result<Option<Resolved<'a>>, String> {
    let mut wanted = name.clone();
    let mut found: Option<Resolved<'a>> = None;
    for _ in 0..=LONGEST {
        let Some((key, zone)) = zone_of(device, &wanted) else {
            return Ok(found);
        };
        if let Some(broken) = &zone.broken {
            return Err(format!(
                "zone {} cannot be loaded: {}",
                zone.origin, broken.value
            ));
        }
        let records = match zone.records.get(&wanted) {
            Some(records) => records.as_slice(),
            None if wildcard(zone, &wanted) => {
                return Err(format!(
                    "{wanted} is answered from a wildcard of {}",
                    zone.origin
                ));
            }
            None => return Ok(found),
        };
        let so_far = found.get_or_insert(Resolved {
            device: device_name,
            zone: key,
            aliases: 0,
            ttl: u32::MAX,
            addresses: Vec::new(),
            at: Vec::new(),
        });
        let mut alias = None;
        for record in records {
            match &record.value.data {
                RecordData::A(address) => so_far.addresses.push(*address),
                RecordData::Cname(target) => alias = Some(target.clone()),
                RecordData::Dname(_) => return Err(format!("{wanted} has a DNAME record")),
                RecordData::Aaaa(_)
                | RecordData::Ns(_)
                | RecordData::Ptr(_)
                | RecordData::Srv(..)
                | RecordData::Mx(..)
                | RecordData::Other { .. } => continue,
            }
            so_far.ttl = so_far.ttl.min(record.value.ttl);
            so_far.at.push(record.at);
        }
        let Some(target) = alias else {
            return Ok(found);
        };
        so_far.aliases += 1;
        wanted = target;
    }
    Err(format!("{name} runs through more than {LONGEST} aliases"))
}

/// Whether a wildcard of the zone could answer for a name.
fn wildcard(zone: &DnsZone, name: &DomainName) -> bool {
    let mut above = name.parent();
    while let Some(parent) = above {
        if zone
            .records
            .contains_key(&DomainName::absolute(&format!("*.{}", parent.as_str())))
        {
            return true;
        }
        above = parent.parent();
    }
    false
}

/// Runs `read` over what each name server answers.
fn answer(subject: &Subject<'_>, read: impl Fn(&Resolved<'_>) -> Vec<Item>) -> Answer {
    let Some(name) = subject.service().and_then(|service| service.name.as_ref()) else {
        return Answer::Absent;
    };
    let mut items = Vec::new();
    for (device_name, device) in &subject.network().devices {
        if device
            .dns_server("")
            .is_some_and(|server| !server.views.is_empty())
        {
            return Answer::Unknown(format!("{device_name} answers by who asks"));
        }
        match resolve(device_name, device, name) {
            Ok(Some(resolved)) => items.extend(read(&resolved)),
            Ok(None) => {}
            Err(reason) => return Answer::Unknown(reason),
        }
    }
    Answer::from_items(items)
}

/// One number for each name server.
fn numbers(subject: &Subject<'_>, read: impl Fn(&Resolved<'_>) -> Option<u64>) -> Answer {
    answer(subject, |resolved| {
        read(resolved)
            .map(|value| {
                let at = resolved.at.clone();
                Item::of(
                    resolved.device,
                    number(value),
                    resolved.device,
                    resolved.zone,
                )
                .at(at)
            })
            .into_iter()
            .collect()
    })
}

/// Time to live.
pub(super) fn ttl_s(subject: &Subject<'_>) -> Answer {
    numbers(subject, |resolved| {
        (!resolved.at.is_empty()).then_some(u64::from(resolved.ttl))
    })
}

/// Aliases on the way.
pub(super) fn cname_depth(subject: &Subject<'_>) -> Answer {
    numbers(subject, |resolved| Some(resolved.aliases))
}

/// Number of addresses.
pub(super) fn answer_count(subject: &Subject<'_>) -> Answer {
    numbers(subject, |resolved| {
        u64::try_from(resolved.addresses.len()).ok()
    })
}

/// Addresses.
pub(super) fn addresses(subject: &Subject<'_>) -> Answer {
    answer(subject, |resolved| {
        let addresses = resolved.addresses.iter();
        addresses
            .map(|address| {
                let key = format!("{} {address}", resolved.device);
                let value = Value::Text(address.to_string());
                let at = resolved.at.clone();
                Item::of(key, value, resolved.device, resolved.zone).at(at)
            })
            .collect()
    })
}
