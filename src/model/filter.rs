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
    /// Only TCP packets with ACK or RST set.
    pub established: bool,
    /// Only fragments after the first.
    pub fragments: bool,
    /// Only packets of this DSCP.
    pub dscp: Option<u8>,
    /// Only while this time range is active; when that is is not modeled.
    pub time_range: Option<String>,
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
