//! What a line asks of packets, as ranges of fields.

use std::net::Ipv4Addr;

use super::FilterReads;
use crate::analysis::world::{DeviceId, World};
use crate::model::filter::{AddressMatch, GroupMember, PacketMatch, PortMatch, ProtocolMatch};
use crate::model::interface::Interface;
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::PortRange;
use crate::net::registry::{ICMP, TCP, UDP};
use crate::set::{Arena, BudgetExceeded, Field, SetId, wildcard_ranges};

/// Inclusive ranges of one field.
type Ranges = Vec<(u32, u32)>;

/// Ranges in several fields, all of which must hold.
pub(super) type Product = Vec<(Field, Ranges)>;

/// The union of products as a set.
pub(super) fn union(arena: &mut Arena<u32>, products: &[Product]) -> Result<SetId, BudgetExceeded> {
    let mut all = SetId::EMPTY;
    for product in products {
        let fields: Vec<(Field, &[(u32, u32)])> = product
            .iter()
            .map(|(field, ranges)| (*field, ranges.as_slice()))
            .collect();
        let one = arena.from_product(&fields)?;
        all = arena.or(all, one)?;
    }
    Ok(all)
}

/// Packets that a match asks for; or why that cannot be said.
pub(in crate::analysis) fn matched(
    arena: &mut Arena<u32>,
    world: &World<'_>,
    device: DeviceId,
    matches: &PacketMatch,
    reads: &mut FilterReads,
) -> Result<Result<SetId, String>, BudgetExceeded> {
    // Packets here are whole; a fragment after the first would carry no ports to match.
    let Some(device) = world.device(device).device.filter(|_| !matches.fragments) else {
        return Ok(Ok(SetId::EMPTY));
    };
    if let Some(range) = &matches.time_range {
        return Ok(Err(format!("when time range {range} is active")));
    }
    match products(device, matches, reads) {
        Ok(products) => Ok(Ok(union(arena, &products)?)),
        Err(reason) => Ok(Err(reason)),
    }
}

/// What a line matches, as products; or why that cannot be said.
pub(super) fn products(
    device: &Device,
    matches: &PacketMatch,
    reads: &mut FilterReads,
) -> Result<Vec<Product>, String> {
    let mut common: Product = Vec::new();
    for (field, addresses) in [
        (Field::Source, &matches.source),
        (Field::Destination, &matches.destination),
    ] {
        if *addresses != AddressMatch::Any {
            let mut open = Vec::new();
            common.push((field, addresses_of(device, addresses, reads, &mut open)?));
        }
    }
    if matches.established {
        common.push((Field::Protocol, vec![one(TCP)]));
        common.push((Field::TcpState, vec![(1, 1)]));
    }
    if let Some(dscp) = matches.dscp {
        common.push((Field::Dscp, vec![one(dscp)]));
    }
    if let Some(icmp) = matches.icmp {
        common.push((Field::Protocol, vec![one(ICMP)]));
        common.push((Field::DestinationPort, vec![icmp_range(icmp)]));
    }
    for (field, ports) in [
        (Field::SourcePort, &matches.source_port),
        (Field::DestinationPort, &matches.destination_port),
    ] {
        if let Some(ranges) = ports_of(device, ports, reads)? {
            common.push((field, ranges));
            // Only these protocols have the ports that a line can name.
            if matches.protocol == ProtocolMatch::Any {
                common.push((Field::Protocol, vec![one(TCP), one(UDP)]));
            }
        }
    }
    match &matches.protocol {
        ProtocolMatch::Any => {}
        ProtocolMatch::Number(number) => common.push((Field::Protocol, vec![one(*number)])),
        ProtocolMatch::OneOf(numbers) => {
            common.push((Field::Protocol, numbers.iter().map(|n| one(*n)).collect()));
        }
        ProtocolMatch::Group(name) => {
            let mut open = Vec::new();
            let mut services = services_of(device, name, reads, &mut open)?;
            for service in &mut services {
                service.extend(common.iter().cloned());
            }
            return Ok(services);
        }
    }
    Ok(vec![common])
}

/// One value as a range.
fn one(value: u8) -> (u32, u32) {
    (u32::from(value), u32::from(value))
}

/// An ICMP type, with any or one code, as destination ports.
fn icmp_range((kind, code): (u8, Option<u8>)) -> (u32, u32) {
    let low = u32::from(kind) << 8;
    match code {
        Some(code) => (low | u32::from(code), low | u32::from(code)),
        None => (low, low | 0xff),
    }
}

/// Addresses that a match stands for; or why that cannot be said.
fn addresses_of(
    device: &Device,
    addresses: &AddressMatch,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<Ranges, String> {
    match addresses {
        AddressMatch::Any => Ok(vec![(0, u32::MAX)]),
        AddressMatch::Range(low, high) => Ok(vec![(u32::from(*low), u32::from(*high))]),
        AddressMatch::Wildcard { address, wildcard } => {
            wildcard_ranges(u32::from(*address), u32::from(*wildcard))
                .map_err(|error| error.to_string())
        }
        AddressMatch::OneOf(list) => {
            let mut ranges = Vec::new();
            for one in list {
                ranges.extend(addresses_of(device, one, reads, open)?);
            }
            Ok(ranges)
        }
        AddressMatch::Not(inner) => {
            let ranges = addresses_of(device, inner, reads, open)?;
            Ok(complement(ranges, u32::from(Ipv4Addr::BROADCAST)))
        }
        AddressMatch::Interface(name) => {
            reads.insert(FacetKey::new(FacetKind::Interface, name));
            let primary = device.interface(name).and_then(Interface::primary);
            let address = primary.map(|at| u32::from(at.value.net.addr()));
            address
                .map(|address| vec![(address, address)])
                .ok_or_else(|| format!("the address of interface {name} is not known"))
        }
        AddressMatch::Group(name) => {
            let mut ranges = Vec::new();
            for member in members(device, name, reads, open)? {
                match member {
                    GroupMember::Address(inner) => {
                        ranges.extend(addresses_of(device, inner, reads, open)?);
                    }
                    GroupMember::Group(inner) => {
                        let inner = AddressMatch::Group(inner.clone());
                        ranges.extend(addresses_of(device, &inner, reads, open)?);
                    }
                    GroupMember::Service { .. } => {}
                }
            }
            open.pop();
            Ok(ranges)
        }
    }
}

/// Members of a group that is not being expanded yet; the caller takes it off `open`.
fn members<'d>(
    device: &'d Device,
    name: &str,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<impl Iterator<Item = &'d GroupMember> + use<'d>, String> {
    reads.insert(FacetKey::new(FacetKind::ObjectGroup, name));
    if open.iter().any(|above| above == name) {
        return Err(format!("object group {name} contains itself"));
    }
    let key = FacetKey::new(FacetKind::ObjectGroup, name);
    if device
        .holes
        .iter()
        .any(|hole| hole.facet.as_ref() == Some(&key))
    {
        return Err(format!(
            "object group {name} has members that were not read"
        ));
    }
    let group = device
        .object_group(name)
        .ok_or_else(|| format!("object group {name} is not defined"))?;
    open.push(name.to_owned());
    Ok(group.members.iter().map(|member| &member.value))
}

/// Protocols and ports that a service group stands for.
fn services_of(
    device: &Device,
    name: &str,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<Vec<Product>, String> {
    let mut services = Vec::new();
    for member in members(device, name, reads, open)? {
        match member {
            GroupMember::Service {
                protocol,
                source_port,
                destination_port,
                icmp,
            } => {
                let matches = PacketMatch {
                    protocol: protocol.clone(),
                    source_port: source_port.clone(),
                    destination_port: destination_port.clone(),
                    icmp: *icmp,
                    ..PacketMatch::default()
                };
                services.extend(products(device, &matches, reads)?);
            }
            GroupMember::Group(inner) => {
                services.extend(services_of(device, inner, reads, open)?);
            }
            GroupMember::Address(_) => {}
        }
    }
    open.pop();
    Ok(services)
}

/// Ports that a match stands for; none where it stands for all.
fn ports_of(
    device: &Device,
    ports: &PortMatch,
    reads: &mut FilterReads,
) -> Result<Option<Ranges>, String> {
    let ranges = |ranges: &[PortRange]| -> Ranges {
        ranges
            .iter()
            .map(|range| (u32::from(range.low), u32::from(range.high)))
            .collect()
    };
    match ports {
        PortMatch::Any => Ok(None),
        PortMatch::Ranges(list) => Ok(Some(ranges(list))),
        PortMatch::Not(list) => Ok(Some(complement(ranges(list), u32::from(u16::MAX)))),
        PortMatch::Group(name) => Ok(Some(ports_in(device, name, reads, &mut Vec::new())?)),
    }
}

/// Ports that a group and the groups in it stand for.
fn ports_in(
    device: &Device,
    name: &str,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<Ranges, String> {
    let mut all = Vec::new();
    for member in members(device, name, reads, open)? {
        match member {
            GroupMember::Service {
                destination_port, ..
            } if *destination_port != PortMatch::Any => {
                all.extend(ports_of(device, destination_port, reads)?.unwrap_or_default());
            }
            GroupMember::Group(inner) => all.extend(ports_in(device, inner, reads, open)?),
            GroupMember::Service { .. } | GroupMember::Address(_) => {
                return Err(format!("object group {name} holds more than ports"));
            }
        }
    }
    open.pop();
    Ok(all)
}

/// The values from 0 to `maximum` outside of the ranges.
fn complement(mut ranges: Ranges, maximum: u32) -> Ranges {
    ranges.sort_unstable();
    let mut outside = Vec::new();
    let mut next = Some(0);
    for (low, high) in ranges {
        if let Some(from) = next
            && from < low
        {
            outside.push((from, low - 1));
        }
        next = match (next, high.checked_add(1)) {
            (Some(from), Some(after)) => Some(from.max(after)),
            _ => None,
        };
    }
    if let Some(from) = next
        && from <= maximum
    {
        outside.push((from, maximum));
    }
    outside
}
