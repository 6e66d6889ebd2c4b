//! Objects and groups of objects: addresses, services, protocols, ICMP types.
//!
//! Cisco ASA firewall configuration guide, "Objects for Access Control". Objects and groups share
//! one space of names, so that each is a group here.

use super::acl::{Words, host, icmp, operator, subnet};
use super::names::protocol;
use super::zeros;
use crate::dialect::ios_family::lower::object_group::{GroupKind, add, define};
use crate::dialect::ios_family::lower::{
    Gap, Line, Lowered, Lowering, irrelevant, some, unmodeled,
};
use crate::model::Facet;
use crate::model::filter::{AddressMatch, GroupMember, PortMatch, ProtocolMatch};
use crate::net::registry;
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Why members of IPv6 are irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// `object …`, `object-group …`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(2))?;
    let kind = match line.low {
        ["object" | "object-group", "network", _] => GroupKind::Network,
        ["object" | "object-group", "service", _] => GroupKind::Service,
        ["object-group", "service", _, "tcp" | "udp" | "tcp-udp"] => {
            lowering
                .switches
                .insert(of_ports(name), At::new(true, line.at));
            GroupKind::Port
        }
        ["object-group", "protocol", _] => GroupKind::Protocol,
        ["object-group", "icmp-type", _] => GroupKind::IcmpType,
        _ => return unmodeled(Effect::Filter),
    };
    define(lowering, line, kind, name);
    Ok(())
}

/// The switch that says that a group holds ports.
pub(super) fn of_ports(name: &str) -> String {
    format!("ports in {name}")
}

/// A line of an object or group.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    kind: GroupKind,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if line.low.iter().any(|word| word.contains(':')) {
        return irrelevant(IPV6);
    }
    let member = match line.low {
        ["group-object", _] => GroupMember::Group(some(line.raw(1))?.to_owned()),
        ["network-object" | "service-object", "object", _] => {
            GroupMember::Group(some(line.raw(2))?.to_owned())
        }
        ["host" | "subnet" | "range", ..] if kind == GroupKind::Network => {
            // An object is what its last line says.
            if let Some(Facet::ObjectGroup(object)) = lowering.builder.at_index(index) {
                object.members.clear();
            }
            GroupMember::Address(addresses(line.low)?)
        }
        ["network-object", rest @ ..] if kind == GroupKind::Network => {
            GroupMember::Address(addresses(rest)?)
        }
        ["service", ..] if kind == GroupKind::Service => {
            if let Some(Facet::ObjectGroup(object)) = lowering.builder.at_index(index) {
                object.members.clear();
            }
            service(line)?
        }
        ["service-object", ..] if kind == GroupKind::Service => service(line)?,
        ["port-object", ..] if kind == GroupKind::Port => {
            let mut words = words(line);
            let ports = operator(&mut words, registry::TCP)
                .or_else(|_| operator(&mut self::words(line), registry::UDP))?;
            of(ProtocolMatch::Any, PortMatch::Any, ports)
        }
        ["protocol-object", one] if kind == GroupKind::Protocol => {
            of(some(protocol(one))?, PortMatch::Any, PortMatch::Any)
        }
        ["icmp-object", one] if kind == GroupKind::IcmpType => {
            let mut rest = words(line);
            rest.take()?;
            GroupMember::Service {
                protocol: ProtocolMatch::Number(registry::ICMP),
                source_port: PortMatch::Any,
                destination_port: PortMatch::Any,
                icmp: Some(icmp(one, &mut rest)?),
            }
        }
        _ => return Err(Gap::Support(Support::Unrecognized(Effect::Filter))),
    };
    add(lowering, index, line, member)
}

/// The words after the first.
fn words<'w, 'a>(line: &Line<'w, 'a>) -> Words<'w, 'a> {
    Words {
        low: line.low.get(1..).unwrap_or(&[]),
        raw: line.raw.get(1..).unwrap_or(&[]),
    }
}

/// A service without ICMP.
fn of(protocol: ProtocolMatch, source_port: PortMatch, destination_port: PortMatch) -> GroupMember {
    GroupMember::Service {
        protocol,
        source_port,
        destination_port,
        icmp: None,
    }
}

/// Addresses of a member.
fn addresses(low: &[&str]) -> Result<AddressMatch, Gap> {
    match low {
        ["host", one] => Ok(host(some(zeros(one))?)),
        ["range", first, last] => {
            let (first, last) = (some(zeros(first))?, some(zeros(last))?);
            some((first <= last).then_some(AddressMatch::Range(first, last)))
        }
        ["subnet", base, mask] | [base, mask] => subnet(some(zeros(base))?, some(zeros(mask))?),
        _ => Err(Gap::Odd),
    }
}

/// `service PROTOCOL [source …] [destination …]`, or an ICMP type.
fn service(line: &Line<'_, '_>) -> Result<GroupMember, Gap> {
    let mut words = words(line);
    let name = words.peek();
    words.take()?;
    // A group takes ports of both under one name.
    let protocol = some(protocol(name))?;
    let named = match &protocol {
        ProtocolMatch::Number(registry::ICMP) => {
            let icmp = match words.peek() {
                "" => None,
                word => {
                    words.take()?;
                    Some(icmp(word, &mut words)?)
                }
            };
            some(words.peek().is_empty().then_some(()))?;
            return Ok(GroupMember::Service {
                protocol,
                source_port: PortMatch::Any,
                destination_port: PortMatch::Any,
                icmp,
            });
        }
        ProtocolMatch::Number(number) => *number,
        ProtocolMatch::Any | ProtocolMatch::OneOf(_) | ProtocolMatch::Group(_) => registry::TCP,
    };
    let (mut source, mut destination) = (PortMatch::Any, PortMatch::Any);
    if words.takes("source") {
        source = operator(&mut words, named)?;
    }
    // Groups of 8.3 and before leave the word out.
    if words.takes("destination") || matches!(words.peek(), "eq" | "neq" | "lt" | "gt" | "range") {
        destination = operator(&mut words, named)?;
    }
    some(words.peek().is_empty().then_some(()))?;
    Ok(of(protocol, source, destination))
}
