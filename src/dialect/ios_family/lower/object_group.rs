//! Object groups of addresses, ports and services.

use super::{Block, Gap, Line, Lowered, Lowering, number, packet, some, unmodeled};
use crate::dialect::ios_family::words::{address, mask_length};
use crate::model::filter::{AddressMatch, GroupMember, ObjectGroup, PortMatch, ProtocolMatch};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::{PortRange, registry};
use crate::source::At;
use crate::syntax::Effect;

/// What the lines of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) enum GroupKind {
    /// `object-group network`: addresses with masks.
    Network,
    /// `object-group ip address`: addresses with wildcards or prefix lengths.
    Address,
    /// `object-group ip port`.
    Port,
    /// `object-group service`.
    Service,
    /// `object-group protocol`.
    Protocol,
    /// `object-group icmp-type`.
    IcmpType,
}

/// `object-group KIND NAME`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let (kind, name) = match line.low {
        ["object-group", "network", _] => (GroupKind::Network, line.raw(2)),
        ["object-group", "service", _] => (GroupKind::Service, line.raw(2)),
        ["object-group", "ip", "address", _] => (GroupKind::Address, line.raw(3)),
        ["object-group", "ip", "port", _] => (GroupKind::Port, line.raw(3)),
        _ => return unmodeled(Effect::Filter),
    };
    define(lowering, line, kind, some(name)?);
    Ok(())
}

/// Opens the block of a group, or removes the group.
pub(in crate::dialect) fn define(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    kind: GroupKind,
    name: &str,
) {
    let key = FacetKey::new(FacetKind::ObjectGroup, name);
    lowering.builder.contribute(line.at, &key);
    if line.negated {
        lowering.builder.remove(&key);
        return;
    }
    let index = lowering.builder.index(&key);
    lowering.open(line.at, &key, Block::ObjectGroup(index, kind));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::ObjectGroup(ObjectGroup {
            name: name.to_owned(),
            defined_at,
            members: Vec::new(),
        })
    });
}

/// A line of a group.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    kind: GroupKind,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let member = member(kind, line)?;
    add(lowering, index, line, member)
}

/// Adds a member to a group, or takes it out.
pub(in crate::dialect) fn add(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
    member: GroupMember,
) -> Lowered {
    let count = match lowering.builder.at_index(index) {
        Some(Facet::ObjectGroup(group)) if line.negated => group.members.len(),
        _ => 0,
    };
    lowering.spend(count)?;
    let Some(Facet::ObjectGroup(group)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    if line.negated {
        group.members.retain(|known| known.value != member);
    }
    group.members.extend(line.value(member));
    Ok(())
}

/// The member that a line writes; a sequence number may come first.
fn member(kind: GroupKind, line: &Line<'_, '_>) -> Result<GroupMember, Gap> {
    let (low, raw) = (line.low, line.raw);
    if let (["group-object", _], [_, name]) = (low, raw) {
        return Ok(GroupMember::Group((*name).to_owned()));
    }
    match kind {
        GroupKind::Network | GroupKind::Address => Ok(GroupMember::Address(addresses(kind, low)?)),
        GroupKind::Port => {
            let (operator, rest) = some(low.split_first())?;
            let ports = packet::port_match(operator, rest, registry::TCP)
                .or_else(|_| packet::port_match(operator, rest, registry::UDP))?;
            Ok(GroupMember::Service {
                protocol: ProtocolMatch::Any,
                source_port: PortMatch::Any,
                destination_port: ports,
                icmp: None,
            })
        }
        GroupKind::Service => service(low),
        GroupKind::Protocol | GroupKind::IcmpType => Err(Gap::Odd),
    }
}

/// Addresses of a member.
fn addresses(kind: GroupKind, low: &[&str]) -> Result<AddressMatch, Gap> {
    let host = |host| AddressMatch::Wildcard {
        address: host,
        wildcard: std::net::Ipv4Addr::UNSPECIFIED,
    };
    match low {
        ["any"] => Ok(AddressMatch::Any),
        ["host", one] => Ok(host(some(address(one))?)),
        ["range", first, last] => {
            let (first, last) = (some(address(first))?, some(address(last))?);
            Ok(AddressMatch::Range(first.min(last), first.max(last)))
        }
        [prefix] if prefix.contains('/') => {
            let (base, length) = some(prefix.split_once('/'))?;
            Ok(prefix_match(some(address(base))?, number(length)?)?)
        }
        [base, length] if length.starts_with('/') => {
            let length = number(length.trim_start_matches('/'))?;
            Ok(prefix_match(some(address(base))?, length)?)
        }
        [base, mask] => {
            let (base, mask) = (some(address(base))?, some(address(mask))?);
            match (kind, mask_length(mask)) {
                (GroupKind::Network, Some(length)) => prefix_match(base, length),
                (GroupKind::Address, _) => Ok(AddressMatch::Wildcard {
                    address: base,
                    wildcard: mask,
                }),
                _ => Err(Gap::Odd),
            }
        }
        _ => Err(Gap::Odd),
    }
}

/// The addresses of a prefix.
fn prefix_match(base: std::net::Ipv4Addr, length: u8) -> Result<AddressMatch, Gap> {
    let net = some(crate::net::Ipv4Net::new(base, length).ok())?;
    Ok(AddressMatch::Wildcard {
        address: net.network(),
        wildcard: net.hostmask(),
    })
}

/// A member of a service group.
fn service(low: &[&str]) -> Result<GroupMember, Gap> {
    let (name, rest) = some(low.split_first())?;
    let protocol = some(packet::protocol(name))?;
    let mut icmp = None;
    let (mut source_port, mut destination_port) = (PortMatch::Any, PortMatch::Any);
    match (&protocol, rest) {
        (_, []) => {}
        (ProtocolMatch::Number(registry::ICMP), [kind]) => {
            icmp = Some(match packet::icmp(kind) {
                Some(known) => known,
                None => (number(kind)?, None),
            });
        }
        (ProtocolMatch::Number(registry::ICMP), [kind, code]) => {
            icmp = Some((number(kind)?, Some(number(code)?)));
        }
        (ProtocolMatch::Number(registry::TCP | registry::UDP) | ProtocolMatch::OneOf(_), rest) => {
            let named = match protocol {
                ProtocolMatch::Number(number) => number,
                ProtocolMatch::Any | ProtocolMatch::OneOf(_) | ProtocolMatch::Group(_) => {
                    registry::TCP
                }
            };
            let mut rest = rest;
            if let ["source", after @ ..] = rest {
                (source_port, rest) = ports(after, named)?;
            }
            if !rest.is_empty() {
                (destination_port, rest) = ports(rest, named)?;
            }
            if !rest.is_empty() {
                return Err(Gap::Odd);
            }
        }
        _ => return Err(Gap::Odd),
    }
    Ok(GroupMember::Service {
        protocol,
        source_port,
        destination_port,
        icmp,
    })
}

/// One operator with its ports, and the words after it.
fn ports<'w, 'a>(words: &'w [&'a str], protocol: u8) -> Result<(PortMatch, &'w [&'a str]), Gap> {
    match words {
        ["range", low, high, rest @ ..] => {
            Ok((packet::port_match("range", &[low, high], protocol)?, rest))
        }
        [operator @ ("eq" | "lt" | "gt" | "neq"), port, rest @ ..] => {
            Ok((packet::port_match(operator, &[port], protocol)?, rest))
        }
        [one, rest @ ..] => {
            let one = some(packet::port(one, protocol))?;
            Ok((PortMatch::Ranges(vec![PortRange::one(one)]), rest))
        }
        [] => Err(Gap::Odd),
    }
}
