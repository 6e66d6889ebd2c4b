//! First-match packet filters: ACLs and object groups.

use std::net::Ipv4Addr;

use crate::net::PortRange;
use crate::source::{At, StatementRef};

/// What a filter line does with a packet that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Lets it pass.
    Permit,
    /// Drops it.
    Deny,
}

/// An ACL: the first line that matches decides; none matches: deny.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Name or number.
    pub name: String,
    /// The statement that opens its block; for a numbered ACL, its first line.
    pub defined_at: Option<At<()>>,
    /// Lines in order of evaluation.
    pub lines: Vec<AclLine>,
}

/// One line of an ACL.
#[derive(Debug, Clone)]
pub struct AclLine {
    /// The statement.
    pub at: StatementRef,
    /// Sequence number.
    pub sequence: u32,
    /// What it does.
    pub action: Action,
    /// What it matches.
    pub matches: PacketMatch,
}

impl PartialEq for AclLine {
    // Sequence numbers order lines and have no other meaning; the order is the vector's.
    fn eq(&self, other: &Self) -> bool {
        self.action == other.action && self.matches == other.matches
    }
}

impl Eq for AclLine {}

/// What a filter line asks of a packet; every condition must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PacketMatch {
    /// Protocol.
    pub protocol: ProtocolMatch,
    /// Source address.
    pub source: AddressMatch,
    /// Source port (TCP, UDP).
    pub source_port: PortMatch,
    /// Destination address.
    pub destination: AddressMatch,
    /// Destination port (TCP, UDP).
    pub destination_port: PortMatch,
    /// ICMP type, and code where given.
    pub icmp: Option<(u8, Option<u8>)>,
    /// Only TCP packets with these control bits.
    pub flags: Option<TcpFlags>,
    /// Only fragments after the first.
    pub fragments: bool,
    /// Only packets of this DSCP.
    pub dscp: Option<u8>,
    /// What it has to do with sessions that the device remembers by a name.
    pub reflection: Option<Reflection>,
    /// What else it asks that is not modeled, as what is not known: "when time range X is active".
    pub condition: Option<String>,
}

/// Sessions that a line remembers, or lets in (Cisco IOS Security Configuration Guide, "Configuring IP
/// session filtering (reflexive access lists)").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reflection {
    /// Replies to what it permits are remembered under this name.
    Into(String),
    /// It permits replies that are remembered under this name.
    Of(String),
}

/// Control bits of TCP packets that a line asks for (RFC 9293 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpFlags {
    /// Bits that are looked at, and those of them that must be set; any of these.
    pub any_of: Vec<(u8, u8)>,
    /// Whether none of these may hold instead.
    pub negated: bool,
}

impl TcpFlags {
    /// No more data.
    pub const FIN: u8 = 1;
    /// Opens a connection.
    pub const SYN: u8 = 2;
    /// Resets a connection.
    pub const RST: u8 = 4;
    /// Wants delivery.
    pub const PSH: u8 = 8;
    /// Acknowledges.
    pub const ACK: u8 = 16;
    /// Holds urgent data.
    pub const URG: u8 = 32;
    /// What packets of a connection after the first one carry (RFC 9293 §3.5, §3.10).
    const LATER: [u8; 7] = [
        Self::SYN | Self::ACK,
        Self::ACK,
        Self::PSH | Self::ACK,
        Self::FIN | Self::ACK,
        Self::FIN | Self::PSH | Self::ACK,
        Self::RST,
        Self::RST | Self::ACK,
    ];

    /// Packets of connections that are open: ACK or RST is set (Cisco IOS Security Command Reference,
    /// "permit (IP)", `established`).
    pub fn established() -> Self {
        Self {
            any_of: vec![(Self::ACK, Self::ACK), (Self::RST, Self::RST)],
            negated: false,
        }
    }

    /// The bit of a name, lower case.
    pub fn bit(name: &str) -> Option<u8> {
        Some(match name {
            "fin" => Self::FIN,
            "syn" => Self::SYN,
            "rst" => Self::RST,
            "psh" => Self::PSH,
            "ack" => Self::ACK,
            "urg" => Self::URG,
            _ => return None,
        })
    }

    /// Whether the packet that opens a connection has them.
    pub fn opening(&self) -> bool {
        self.hold(Self::SYN)
    }

    /// Whether the packets after it have them; `None`: some.
    pub fn later(&self) -> Option<bool> {
        let having = Self::LATER.into_iter().filter(|bits| self.hold(*bits));
        match having.count() {
            0 => Some(false),
            all if all == Self::LATER.len() => Some(true),
            _ => None,
        }
    }

    /// Whether a packet with these bits set has them.
    fn hold(&self, bits: u8) -> bool {
        let mut tests = self.any_of.iter();
        tests.any(|(looked, set)| bits & looked == *set) != self.negated
    }
}

impl PacketMatch {
    /// What it asks of a packet, asked of the packets that answer it.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self {
            source: self.destination.clone(),
            source_port: self.destination_port.clone(),
            destination: self.source.clone(),
            destination_port: self.source_port.clone(),
            ..self.clone()
        }
    }
}

/// Protocols that a line matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProtocolMatch {
    /// Any.
    #[default]
    Any,
    /// One, by number.
    Number(u8),
    /// Any of these.
    OneOf(Vec<u8>),
    /// What a service group says: protocol and ports together.
    Group(String),
}

/// Addresses that a line matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AddressMatch {
    /// Any.
    #[default]
    Any,
    /// Bits of `wildcard` that are set are ignored.
    Wildcard {
        /// Address.
        address: Ipv4Addr,
        /// Ignored bits.
        wildcard: Ipv4Addr,
    },
    /// An inclusive range.
    Range(Ipv4Addr, Ipv4Addr),
    /// What an address group says.
    Group(String),
    /// The primary address of an interface of the device, by full name.
    Interface(String),
    /// Everything but that.
    Not(Box<AddressMatch>),
    /// Any of these.
    OneOf(Vec<AddressMatch>),
    /// All of these at once.
    AllOf(Vec<AddressMatch>),
    /// Addresses as the device's own route table sorts them.
    Kind(AddressKind),
}

/// What an address is to a device (`rtm_type` of rtnetlink(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// One of its own.
    Local,
    /// A broadcast address, of one of its subnets or of all.
    Broadcast,
    /// Of a group of hosts (RFC 1112 §4).
    Multicast,
    /// Any other.
    Unicast,
}

/// Ports that a line matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PortMatch {
    /// Any.
    #[default]
    Any,
    /// Any of these ranges.
    Ranges(Vec<PortRange>),
    /// What a port group says.
    Group(String),
    /// Everything but these ranges.
    Not(Vec<PortRange>),
}

/// A named group that filter lines refer to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectGroup {
    /// Name.
    pub name: String,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Members; a group may hold groups (a cycle is possible and is the reader's to find).
    pub members: Vec<At<GroupMember>>,
}

/// A member of an object group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupMember {
    /// Addresses.
    Address(AddressMatch),
    /// A service: protocol and ports.
    Service {
        /// Protocol.
        protocol: ProtocolMatch,
        /// Source port.
        source_port: PortMatch,
        /// Destination port.
        destination_port: PortMatch,
        /// ICMP type, and code where given.
        icmp: Option<(u8, Option<u8>)>,
    },
    /// Another group.
    Group(String),
}
