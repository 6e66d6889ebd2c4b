//! Network address translation, vendor-neutral: which packets, where, and what they become.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::filter::PacketMatch;
use crate::source::{At, StatementRef};

/// All translation of one device.
///
/// A session translates its later packets as its first one was, and its replies back; rules say
/// only what happens to first packets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nat {
    /// What the ACLs of interfaces see.
    pub filters_see: Seen,
    /// Whether a first packet is dropped where another rule than its own would translate what
    /// answers it.
    pub checks_replies: bool,
    /// Rules in the order of the file.
    pub rules: Vec<NatRule>,
    /// Pools of addresses by name.
    pub pools: BTreeMap<String, At<Vec<AddressRange>>>,
}

/// An inclusive range of addresses.
pub type AddressRange = (Ipv4Addr, Ipv4Addr);

/// Which headers the ACLs of interfaces see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Seen {
    /// As they are on the interface's wire (Cisco document 6209, "NAT Order of Operation").
    #[default]
    OnWire,
    /// As they are routed: after what happens before routing, before what happens after it.
    AsRouted,
}

/// Where on its way through a device a packet is translated; the replies of a session are
/// translated back on the other side of routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before its route is looked up.
    BeforeRouting,
    /// After its route is looked up.
    AfterRouting,
}

/// One rule: what it matches of the packets at its stage it translates.
///
/// Of the rules that match a packet the one of the lowest rank translates it; of several with that
/// rank any one may.
#[derive(Debug, Clone)]
pub struct NatRule {
    /// The statement.
    pub at: StatementRef,
    /// Where it applies.
    pub stage: Stage,
    /// Its place in the order of rules.
    pub rank: u32,
    /// Interfaces by which the packet entered.
    pub ingress: Through,
    /// Interfaces by which it leaves; of a rule before routing never anything but any.
    pub egress: Through,
    /// What it asks of the packet.
    pub matches: PacketMatch,
    /// ACL that must permit the packet.
    pub acl: Option<String>,
    /// Route map whose conditions on the packet must hold.
    pub route_map: Option<String>,
    /// What the packet becomes; nothing new where it is exempt from later rules.
    pub translation: Translation,
    /// Where the packet leaves, whatever its route says.
    pub diverts_to: Option<String>,
    /// Addresses that the device answers for (ARP) on the wires whose subnets contain them.
    pub answers_for: Vec<AddressRange>,
    /// How it goes with the other rules of its statement.
    pub ties: Ties,
}

impl NatRule {
    /// A rule without conditions or effect.
    pub fn neutral(at: StatementRef, stage: Stage, rank: u32) -> Self {
        Self {
            at,
            stage,
            rank,
            ingress: Through::Any,
            egress: Through::Any,
            matches: PacketMatch::default(),
            acl: None,
            route_map: None,
            translation: Translation::default(),
            diverts_to: None,
            answers_for: Vec::new(),
            ties: Ties::Loose,
        }
    }
}

impl PartialEq for NatRule {
    fn eq(&self, other: &Self) -> bool {
        self.stage == other.stage
            && self.rank == other.rank
            && self.ingress == other.ingress
            && self.egress == other.egress
            && self.matches == other.matches
            && self.acl == other.acl
            && self.route_map == other.route_map
            && self.translation == other.translation
            && self.diverts_to == other.diverts_to
            && self.answers_for == other.answers_for
            && self.ties == other.ties
    }
}

impl Eq for NatRule {}

/// How a rule goes with the other rules of its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Ties {
    /// Each packet may meet a rule of one statement before routing and of another one after it.
    #[default]
    Loose,
    /// What it matches before routing meets rules of its statement only after it.
    Alone,
    /// Likewise, and after routing it takes nothing else.
    Both,
}

/// Interfaces that a rule names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Through {
    /// Any, and none (packets of the device itself).
    #[default]
    Any,
    /// This one, by full name.
    Interface(String),
    /// Those of this zone.
    Zone(String),
    /// Those on this side of translation.
    Side(Side),
}

/// Sides of translation that interfaces are put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Where the addresses to be translated live.
    Inside,
    /// Where their translations are seen.
    Outside,
}

/// What a packet becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translation {
    /// Source address.
    pub source: NewAddress,
    /// Source port of TCP and UDP.
    pub source_port: NewPort,
    /// Destination address.
    pub destination: NewAddress,
    /// Destination port of TCP and UDP.
    pub destination_port: NewPort,
}

/// What an address becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NewAddress {
    /// What it is.
    #[default]
    Same,
    /// One of these; which one is decided when the session begins.
    OneOf(Vec<AddressRange>),
    /// The address as far behind `to` as it is behind the first of `from`.
    Shifted {
        /// Addresses that are translated.
        from: AddressRange,
        /// What the first of them becomes.
        to: Ipv4Addr,
    },
    /// One of a pool, by name.
    Pool(String),
    /// The primary address of an interface, by full name.
    Interface(String),
    /// The primary address of the interface by which the packet leaves, or entered where it is
    /// translated before routing.
    OfPacketsInterface,
    /// Likewise one of all its addresses, by the next hop.
    OneOfPacketsInterface,
}

/// What a port becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewPort {
    /// What it is.
    #[default]
    Same,
    /// One in this range.
    Within(u16, u16),
    /// Any of its own class: 1 to 511, 512 to 1023, or above (Cisco IOS IP Addressing: NAT
    /// configuration guide, "Port address translation"; Linux `nf_nat_proto_find_port`).
    OfItsClass,
}

/// The classes of [`NewPort::OfItsClass`]; port 0 is no port of a session.
pub const PORT_CLASSES: [(u16, u16); 3] = [(0, 511), (512, 1023), (1024, u16::MAX)];

impl Nat {
    /// Addresses that the device answers for on the wires whose subnets contain them.
    pub fn answers_for(&self) -> impl Iterator<Item = AddressRange> + '_ {
        let pools = self.rules.iter().filter_map(|rule| {
            let NewAddress::Pool(name) = &rule.translation.source else {
                return None;
            };
            self.pools.get(name)
        });
        self.rules
            .iter()
            .flat_map(|rule| &rule.answers_for)
            .chain(pools.flat_map(|pool| &pool.value))
            .copied()
    }
}
