//! What a line asks of packets, as ranges of fields.

use std::net::Ipv4Addr;

use super::FilterReads;
use crate::analysis::world::{DeviceId, World};
use crate::model::filter::{
    AddressKind, AddressMatch, GroupMember, PacketMatch, PortMatch, ProtocolMatch, Reflection,
};
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
    if let Some(Reflection::Of(name)) = &matches.reflection {
        return Ok(Err(format!("whether {name} holds the session")));
    }
    let asked = asked(device, matches, reads);
    match asked.open {
        None => Ok(Ok(union(arena, &asked.sure)?)),
        Some((_, reason)) => Ok(Err(reason)),
    }
}

/// What a line matches.
pub(super) struct Asked {
    /// For sure, as products.
    pub(super) sure: Vec<Product>,
    /// Perhaps, and why that cannot be said.
    pub(super) open: Option<(Vec<Product>, String)>,
}

/// What a line matches.
pub(super) fn asked(device: &Device, matches: &PacketMatch, reads: &mut FilterReads) -> Asked {
    let mut products = match products(device, matches, reads) {
        Ok(products) => products,
        Err(reason) => {
            let all = vec![Product::new()];
            return Asked {
                sure: Vec::new(),
                open: Some((all, reason)),
            };
        }
    };
    let of_state = |states: &[(u32, u32)]| -> Vec<Product> {
        let mut products = products.clone();
        for product in &mut products {
            product.push((Field::Protocol, vec![one(TCP)]));
            product.push((Field::TcpState, states.to_vec()));
        }
        products
    };
    let mut open = None;
    if let Some(flags) = &matches.flags {
        let opening = flags.opening().then_some((0, 0));
        let later = flags.later();
        if later.is_none() {
            let reason = "which packets of a connection have these control bits".to_owned();
            open = Some((of_state(&[(1, 1)]), reason));
        }
        let states: Vec<(u32, u32)> = opening
            .into_iter()
            .chain((later == Some(true)).then_some((1, 1)))
            .collect();
        products = match states.as_slice() {
            [] => Vec::new(),
            states => of_state(states),
        };
    }
    if let Some(condition) = &matches.condition {
        products.extend(open.into_iter().flat_map(|(open, _)| open));
        return Asked {
            sure: Vec::new(),
            open: Some((products, condition.clone())),
        };
    }
    Asked {
        sure: products,
        open,
    }
}

/// What a line asks of packets apart from control bits and conditions, as products; or why that
/// cannot be said.
fn products(
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
        AddressMatch::AllOf(list) => {
            let mut outside = Vec::new();
            for one in list {
                let ranges = addresses_of(device, one, reads, open)?;
                outside.extend(complement(ranges, u32::MAX));
            }
            Ok(complement(outside, u32::MAX))
        }
        AddressMatch::Kind(kind) => Ok(of_kind(device, *kind, reads)),
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

/// Addresses that are of a kind to a device.
fn of_kind(device: &Device, kind: AddressKind, reads: &mut FilterReads) -> Ranges {
    let mut all = vec![(
        u32::from(Ipv4Addr::BROADCAST),
        u32::from(Ipv4Addr::BROADCAST),
    )];
    // RFC 1122 §3.2.1.3 (g): all of 127/8 is the host's own.
    let mut own = vec![(0x7f00_0000, 0x7fff_ffff)];
    for (key, interface) in device.interfaces() {
        reads.insert(key.clone());
        for at in &interface.addresses {
            let net = at.value.net;
            let (address, last) = (u32::from(net.addr()), u32::from(net.broadcast()));
            own.push((address, address));
            // RFC 3021: a subnet of two addresses has no broadcast address.
            if net.prefix_len() < 31 {
                all.push((last, last));
            }
        }
    }
    let groups = (0xe000_0000, 0xefff_ffff);
    match kind {
        AddressKind::Local => own,
        AddressKind::Broadcast => all,
        AddressKind::Multicast => vec![groups],
        AddressKind::Unicast => {
            own.extend(all);
            own.push(groups);
            complement(own, u32::MAX)
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
