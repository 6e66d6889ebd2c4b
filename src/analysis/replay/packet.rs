//! One packet, and what a filter line asks of it.

use std::net::Ipv4Addr;

use super::{Answer, Declined};
use crate::analysis::PacketBox;
use crate::model::Device;
use crate::model::filter::{
    Action, AddressMatch, GroupMember, PacketMatch, PortMatch, ProtocolMatch,
};
use crate::model::interface::Interface;
use crate::net::PortRange;
use crate::net::registry::{ICMP, ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, TCP, UDP};

/// Deepest nesting of object groups that is followed (a limit of this tool).
const DEPTH: usize = 16;

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packet {
    /// Protocol number.
    protocol: u8,
    /// Source address.
    pub(super) source: Ipv4Addr,
    /// Destination address.
    pub(super) destination: Ipv4Addr,
    /// Source port.
    source_port: u16,
    /// Destination port; for ICMP type times 256 plus code.
    destination_port: u16,
    /// Whether ACK or RST is set.
    acknowledges: bool,
    /// DSCP.
    dscp: u8,
}

impl Packet {
    /// The packet of a box whose every range is at its lower (`false`) or upper end.
    pub(super) fn corner(packets: &PacketBox, upper: bool) -> Self {
        /// One end of a range.
        fn end<T>((low, high): (T, T), upper: bool) -> T {
            if upper { high } else { low }
        }
        Self {
            protocol: end(packets.protocol, upper),
            source: end(packets.source, upper),
            destination: end(packets.destination, upper),
            source_port: end(packets.source_port, upper),
            destination_port: end(packets.destination_port, upper),
            acknowledges: end(packets.established, upper) == 1,
            dscp: end(packets.dscp, upper),
        }
    }

    /// Whether the packet is in a box.
    pub(super) fn is_in(&self, packets: &PacketBox) -> bool {
        /// Whether a range holds a value.
        fn holds<T: PartialOrd>((low, high): (T, T), value: &T) -> bool {
            low <= *value && *value <= high
        }
        holds(packets.protocol, &self.protocol)
            && holds(packets.source, &self.source)
            && holds(packets.destination, &self.destination)
            && holds(packets.source_port, &self.source_port)
            && holds(packets.destination_port, &self.destination_port)
            && holds(packets.established, &u8::from(self.acknowledges))
            && holds(packets.dscp, &self.dscp)
    }

    /// The packet that answers it: a SYN by one with ACK, an echo request by its reply.
    pub(super) fn answer(&self) -> Self {
        let swapped = Self {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            acknowledges: self.acknowledges || self.protocol == TCP,
            ..*self
        };
        if self.protocol != ICMP {
            return swapped;
        }
        let [kind, code] = self.destination_port.to_be_bytes();
        let kind = if kind == ICMP_ECHO_REQUEST && code == 0 {
            ICMP_ECHO_REPLY
        } else {
            kind
        };
        Self {
            source_port: 0,
            destination_port: u16::from_be_bytes([kind, code]),
            ..swapped
        }
    }

    /// Whether it can only be of a connection that began before (TCP with ACK, an echo reply).
    pub(super) fn continues(&self) -> bool {
        let [kind, code] = self.destination_port.to_be_bytes();
        (self.protocol == TCP && self.acknowledges)
            || (self.protocol == ICMP && kind == ICMP_ECHO_REPLY && code == 0)
    }

    /// Whether an ACL lets it pass: the first line that matches decides, none: it is denied; one
    /// that is not defined or has no lines lets everything pass.
    pub(super) fn passes(&self, device: &Device, acl: &str) -> Answer<bool> {
        let lines = device.acl(acl).map_or(&[][..], |acl| &acl.lines);
        for line in lines {
            if self.meets(device, &line.matches)? {
                return Ok(line.action == Action::Permit);
            }
        }
        Ok(lines.is_empty())
    }

    /// Whether it meets every condition of a line.
    pub(super) fn meets(&self, device: &Device, asked: &PacketMatch) -> Answer<bool> {
        if asked.fragments {
            return Ok(false);
        }
        if asked.condition.is_some() || asked.reflection.is_some() {
            return Err(Declined("a condition of a filter"));
        }
        let [kind, code] = self.destination_port.to_be_bytes();
        let flags = match &asked.flags {
            None => true,
            Some(_) if self.protocol != TCP => false,
            Some(flags) if self.acknowledges => {
                flags.later().ok_or(Declined("control bits of TCP"))?
            }
            Some(flags) => flags.opening(),
        };
        let class = asked.dscp.is_none_or(|dscp| dscp == self.dscp);
        let message = asked.icmp.is_none_or(|(of_kind, of_code)| {
            self.protocol == ICMP && kind == of_kind && of_code.is_none_or(|one| one == code)
        });
        Ok(flags
            && class
            && message
            && self.has_protocol(device, asked)?
            && has_address(device, self.source, &asked.source, 0)?
            && has_address(device, self.destination, &asked.destination, 0)?
            && has_port(device, self.source_port, &asked.source_port, 0)?
            && has_port(device, self.destination_port, &asked.destination_port, 0)?)
    }

    /// Whether its protocol is one that a line names; of a line that names ports and no protocol,
    /// TCP or UDP.
    fn has_protocol(&self, device: &Device, asked: &PacketMatch) -> Answer<bool> {
        let ports = [&asked.source_port, &asked.destination_port];
        match &asked.protocol {
            ProtocolMatch::Any => Ok(ports.into_iter().all(|ports| *ports == PortMatch::Any)
                || matches!(self.protocol, TCP | UDP)),
            ProtocolMatch::Number(number) => Ok(self.protocol == *number),
            ProtocolMatch::OneOf(numbers) => Ok(numbers.contains(&self.protocol)),
            ProtocolMatch::Group(name) => self.has_service(device, name, 0),
        }
    }

    /// Whether a service group holds its protocol and ports.
    fn has_service(&self, device: &Device, name: &str, depth: usize) -> Answer<bool> {
        for member in members(device, name, depth)? {
            let held = match member {
                GroupMember::Service {
                    protocol,
                    source_port,
                    destination_port,
                    icmp,
                } => {
                    let asked = PacketMatch {
                        protocol: protocol.clone(),
                        source_port: source_port.clone(),
                        destination_port: destination_port.clone(),
                        icmp: *icmp,
                        ..PacketMatch::default()
                    };
                    self.meets(device, &asked)?
                }
                GroupMember::Group(inner) => self.has_service(device, inner, depth + 1)?,
                GroupMember::Address(_) => false,
            };
            if held {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl std::fmt::Display for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "protocol {} from {} port {} to {} port {}",
            self.protocol, self.source, self.source_port, self.destination, self.destination_port
        )
    }
}

/// Whether an address is one that a line names.
fn has_address(
    device: &Device,
    address: Ipv4Addr,
    asked: &AddressMatch,
    depth: usize,
) -> Answer<bool> {
    match asked {
        AddressMatch::Any => Ok(true),
        AddressMatch::Wildcard {
            address: of,
            wildcard,
        } => Ok((u32::from(address) ^ u32::from(*of)) & !u32::from(*wildcard) == 0),
        AddressMatch::Range(low, high) => Ok((low..=high).contains(&&address)),
        AddressMatch::Not(inner) => Ok(!has_address(device, address, inner, depth)?),
        AddressMatch::OneOf(list) => {
            for one in list {
                if has_address(device, address, one, depth)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        AddressMatch::AllOf(list) => {
            for one in list {
                if !has_address(device, address, one, depth)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        AddressMatch::Kind(_) => Err(Declined("kinds of addresses")),
        AddressMatch::Interface(name) => device
            .interface(name)
            .and_then(Interface::primary)
            .map(|primary| primary.value.net.addr() == address)
            .ok_or(Declined("the address of an interface")),
        AddressMatch::Group(name) => {
            for member in members(device, name, depth)? {
                let held = match member {
                    GroupMember::Address(inner) => has_address(device, address, inner, depth + 1)?,
                    GroupMember::Group(inner) => {
                        let inner = AddressMatch::Group(inner.clone());
                        has_address(device, address, &inner, depth + 1)?
                    }
                    GroupMember::Service { .. } => false,
                };
                if held {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Whether a port is one that a line names.
fn has_port(device: &Device, port: u16, asked: &PortMatch, depth: usize) -> Answer<bool> {
    let in_any = |list: &[PortRange]| {
        list.iter()
            .any(|range| (range.low..=range.high).contains(&port))
    };
    match asked {
        PortMatch::Any => Ok(true),
        PortMatch::Ranges(list) => Ok(in_any(list)),
        PortMatch::Not(list) => Ok(!in_any(list)),
        PortMatch::Group(name) => {
            for member in members(device, name, depth)? {
                let held = match member {
                    GroupMember::Service {
                        destination_port, ..
                    } if *destination_port != PortMatch::Any => {
                        has_port(device, port, destination_port, depth + 1)?
                    }
                    GroupMember::Group(inner) => {
                        let inner = PortMatch::Group(inner.clone());
                        has_port(device, port, &inner, depth + 1)?
                    }
                    GroupMember::Service { .. } | GroupMember::Address(_) => {
                        return Err(Declined("a group of ports that holds more"));
                    }
                };
                if held {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Members of a group all of whose lines were read.
fn members<'d>(
    device: &'d Device,
    name: &str,
    depth: usize,
) -> Answer<impl Iterator<Item = &'d GroupMember> + use<'d>> {
    let unread = device.holes.iter().any(|hole| {
        let facet = hole.facet.as_ref();
        facet.is_some_and(|key| {
            key.kind == crate::model::FacetKind::ObjectGroup && *key.name == *name
        })
    });
    let group = device.object_group(name);
    match group.filter(|_| depth < DEPTH && !unread) {
        Some(group) => Ok(group.members.iter().map(|member| &member.value)),
        None => Err(Declined("an object group that was not read")),
    }
}
