//! Pure consequences of a network: does every requirement work in this state, and why.
//!
//! `judge` asks each requirement's stages of one state, for clients that hold a memory of an
//! earlier one. It records what was read, also what was looked for and not found, so that a change
//! elsewhere is proven to make no difference without running again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::intent::{RequirementId, Stage};
use crate::model::{FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::StatementRef;
use crate::wire::trace::{Disposition, Flow};

mod attach;
mod authentication;
mod connect;
mod converging;
pub mod filter;
pub mod goal;
mod hello;
mod idle;
mod judge;
pub mod layer2;
mod lease;
mod memory;
mod name;
mod name_server;
pub mod origin;
mod packet_box;
mod passage;
mod read_set;
mod replay;
pub mod routes;
mod scope;
mod snooped;
mod state;
#[cfg(test)]
mod test_network;
mod time;
pub mod trace;
pub mod walk;
pub mod world;
mod zone;

pub use authentication::{CLIENTS, DOT1X_ALONE, MAC_BYPASS};
pub use idle::{Idle, idle_limits};
pub use judge::{endpoints, judge, judge_all, judge_both, judge_some, memory_of};
pub use read_set::Meeting;
pub use world::World;

/// What a judgment says of every requirement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgment {
    /// Outcomes by requirement.
    pub outcomes: BTreeMap<RequirementId, Outcome>,
    /// Packets that were followed once more, apart from the engine.
    pub replayed: Replayed,
}

/// How many packets were followed once more, apart from the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Packets that end, both ways, where the engine says.
    pub agreed: usize,
    /// Packets that end elsewhere; what rests on them is unknown.
    pub differing: usize,
    /// Packets that were not followed, by what stands in the way.
    pub declined: BTreeMap<&'static str, usize>,
}

impl Replayed {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.agreed += other.agreed;
        self.differing += other.differing;
        for (why, packets) in &other.declined {
            *self.declined.entry(why).or_default() += packets;
        }
    }
}

/// What one state does to one requirement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Stages in order.
    pub stages: Vec<StageOutcome>,
    /// What was read to say so.
    pub reads: ReadSet,
    /// What clients hold afterwards.
    pub held: Held,
    /// Servers of the service, each with whether it works.
    pub servers: Vec<(Ipv4Addr, Nominal)>,
}

/// How something stands when every unread statement does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nominal {
    /// Works for every packet and every pump.
    Works,
    /// Fails for some.
    Fails,
}

/// What one state does to one stage of a requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct StageOutcome {
    /// Stage.
    pub stage: Stage,
    /// How it stands when every symbol below is harmless.
    pub nominal: Nominal,
    /// What it depends on that nobody read or knows, in the order met; the same symbol in two
    /// states has the same meaning in both.
    pub symbols: Vec<Symbol>,
    /// Packets that fail, as boxes; empty where the stage is not about packets.
    pub failing: Vec<PacketBox>,
    /// What the client sees where it fails.
    pub shape: Option<Shape>,
    /// Why, a lowercase fragment that completes "it works/fails because".
    pub why: String,
    /// One packet or question that shows it.
    pub witness: Option<Witness>,
    /// Statements that decide it.
    pub decided_by: Vec<StatementRef>,
    /// Seconds that a first attempt takes longer than with everything answering at once.
    pub delay_s: f64,
    /// Seconds after which clients that hold something stale hold the new thing.
    pub heals_after_s: Option<u64>,
    /// Facts of the stage that a report or a rule may compare (`address`, `ttl_s`, `lease_s`,
    /// `router`, `active_router`, `path`, …), as text.
    pub facts: BTreeMap<&'static str, String>,
}

impl StageOutcome {
    /// A stage that works, with nothing else to say.
    pub fn works(stage: Stage, why: impl Into<String>) -> Self {
        Self {
            stage,
            nominal: Nominal::Works,
            symbols: Vec::new(),
            failing: Vec::new(),
            shape: None,
            why: why.into(),
            witness: None,
            decided_by: Vec::new(),
            delay_s: 0.0,
            heals_after_s: None,
            facts: BTreeMap::new(),
        }
    }

    /// A stage that fails.
    pub fn fails(stage: Stage, shape: Shape, why: impl Into<String>) -> Self {
        Self {
            nominal: Nominal::Fails,
            shape: Some(shape),
            ..Self::works(stage, why)
        }
    }
}

/// Something unknown that a stage depends on; a shared symbol cannot make a difference by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// An unread statement of a device; `key` is the statement's.
    Hole {
        /// Device.
        device: Arc<str>,
        /// Key of the statement.
        key: u64,
        /// Whether it could redirect packets (else it could only drop or pass them, or change an
        /// answer).
        redirects: bool,
    },
    /// A profile field that is unknown, by path.
    Field(String),
    /// What lies beyond an interface.
    Beyond {
        /// Device.
        device: Arc<str>,
        /// Interface that packets leave by.
        interface: Arc<str>,
        /// Where they go, as addresses and ranges.
        destination: Arc<str>,
    },
    /// A service whose configuration is in no file (`dns 10.50.0.53`).
    Outside(String),
    /// Several stable states, or a budget was used up: the reason.
    Undecided(String),
}

impl Symbol {
    /// Whether somebody's answer would settle it: anything but an unread statement, of which the
    /// text itself tells.
    pub fn is_question(&self) -> bool {
        !matches!(self, Self::Hole { .. })
    }
}

/// What a client sees of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Silence.
    Drop,
    /// A refusal at once.
    Refuse,
    /// The name does not exist.
    NxDomain,
    /// The server cannot answer.
    ServFail,
    /// The name gives an address where the service is not.
    WrongAddress,
    /// A stored address where the service is no more.
    StaleAddress,
    /// No lease, or none for this subnet.
    NoLease,
    /// No agreement on authentication or TLS.
    HandshakeFailure,
    /// Answers come late.
    Slow,
    /// Large packets vanish.
    MtuHole,
    /// New connections work, those that were open are dropped.
    SessionLost,
}

impl Shape {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Refuse => "refuse",
            Self::NxDomain => "nxdomain",
            Self::ServFail => "servfail",
            Self::WrongAddress => "wrong-address",
            Self::StaleAddress => "stale-address",
            Self::NoLease => "no-lease",
            Self::HandshakeFailure => "handshake-failure",
            Self::Slow => "slow",
            Self::MtuHole => "mtu-hole",
            Self::SessionLost => "session-lost",
        }
    }
}

/// One packet or question that shows an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// What is sent and what comes back, in words.
    pub summary: String,
    /// The flow, where the witness is a packet.
    pub flow: Option<Flow>,
    /// Devices in order.
    pub path: Vec<Arc<str>>,
    /// Where the packet ends.
    pub disposition: Option<Disposition>,
}

/// A box of packets: an inclusive range in each field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PacketBox {
    /// Protocols.
    pub protocol: (u8, u8),
    /// Source addresses.
    pub source: (Ipv4Addr, Ipv4Addr),
    /// Destination addresses.
    pub destination: (Ipv4Addr, Ipv4Addr),
    /// Source ports.
    pub source_port: (u16, u16),
    /// Destination ports; for ICMP type times 256 plus code.
    pub destination_port: (u16, u16),
    /// 0 without, 1 with ACK or RST.
    pub established: (u8, u8),
    /// DSCP.
    pub dscp: (u8, u8),
}

/// What a requirement read, also what it looked for in vain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Facets by device; a facet that was looked for and is absent stands here too.
    pub facets: BTreeSet<(Arc<str>, FacetKey)>,
    /// Kinds of facets of which all of a device were read, also those that do not exist yet.
    pub kinds: BTreeSet<(Arc<str>, FacetKind)>,
    /// Destinations whose routes were solved: whatever originates a prefix that meets one of these
    /// was read, also prefixes that do not exist yet.
    pub goals: BTreeSet<Ipv4Net>,
    /// Whether OSPF topology was read: whatever takes part in OSPF on any device.
    pub ospf: bool,
    /// Whether routes were read that processes exchange: whatever these processes, their policies
    /// and static routes say on any device.
    pub exchange: bool,
    /// Where OSPF topology was read: the filters that routers hear each other through.
    pub ospf_filters: Arc<BTreeSet<(Arc<str>, FacetKey)>>,
    /// VLANs whose reach was read: whatever carries one of them on any device.
    pub vlans: BTreeSet<u16>,
    /// Devices whose unread statements could send packets elsewhere, and the facets that such
    /// packets could meet, are in `facets` too; these holes made it so.
    pub holes: BTreeSet<(Arc<str>, u64)>,
    /// Facets read only because a hole could send packets there.
    pub envelope: BTreeSet<(Arc<str>, FacetKey)>,
    /// Layer-2 ports by which hosts of the site may be in the VLAN of their subnet, by address.
    pub host_ports: BTreeMap<Ipv4Addr, Arc<layer2::hosts::HostPorts>>,
    /// Where packets to servers arrive.
    pub deliveries: BTreeSet<Delivery>,
    /// Packets that would not arrive if a hole sent them to this interface of this device.
    pub astray: BTreeSet<(Arc<str>, Arc<str>, PacketBox)>,
    /// Interfaces to which a hole could send packets, by device, each with whether its device might
    /// draw packets by itself: it takes part in routing, or some of it is unread.
    pub aims: BTreeMap<(Arc<str>, Arc<str>), bool>,
}

/// Where packets to a server arrive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// The server and the port that they are sent to, 0 for ICMP.
    pub sent_to: (Ipv4Addr, u16),
    /// What these are where they arrive.
    pub arrives_at: (Ipv4Addr, u16),
    /// Who has that address.
    pub recipient: Recipient,
}

/// Who has an address at which packets arrive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// A host that the files or the site name.
    Host,
    /// Routers that share it.
    Virtual,
    /// A router.
    Router(Arc<str>),
    /// A host that no file names, if any.
    Nobody,
}

/// What clients of a requirement hold, each item with its expiry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Name that was resolved.
    pub name: Option<HeldName>,
    /// Lease.
    pub lease: Option<HeldLease>,
    /// Who answers for the default gateway's address on the wire: `hsrp2 230`, `core1 Vlan230`.
    pub gateway: Option<String>,
    /// The spanning tree of their VLAN.
    pub tree: Option<layer2::tree::HeldTree>,
    /// Which router forwards for a virtual gateway address.
    pub first_hop: Option<HeldFirstHop>,
    /// The same for the virtual gateway addresses of servers.
    pub server_hops: BTreeMap<Ipv4Addr, HeldFirstHop>,
    /// Hops that routing protocols chose on the way, by stage and server.
    pub hops: BTreeMap<Stage, BTreeMap<Ipv4Addr, BTreeSet<HeldHop>>>,
    /// What devices remember of open sessions, by stage.
    pub sessions: BTreeMap<Stage, BTreeSet<String>>,
    /// Whether open sessions with a gateway need that to pass.
    pub needs_sessions: bool,
}

/// A hop that a routing protocol chose: device and interface at both ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldHop {
    /// Where packets leave.
    pub from: (Arc<str>, Arc<str>),
    /// Where they enter.
    pub to: (Arc<str>, Arc<str>),
    /// Name of the protocol.
    pub protocol: &'static str,
    /// Seconds until the first notices that the second is gone; 0: at once.
    pub hold_s: u64,
    /// Seconds until the first notices that the second is silent while the link stands.
    pub silence_s: u64,
    /// Seconds from there to other routes.
    pub compute_s: u64,
    /// Packets that take it.
    pub packets: Vec<PacketBox>,
}

/// The router that forwards for a virtual gateway address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFirstHop {
    /// Its interface: `core1 Vlan230`.
    pub router: String,
    /// Seconds until another one takes over when it falls silent.
    pub hold_s: u64,
    /// Routers that stand for the address, this one too.
    pub standing: usize,
}

/// A resolved name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldName {
    /// Name.
    pub name: crate::net::DomainName,
    /// Addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Longest time to live along the chain of aliases, in seconds.
    pub ttl_s: u32,
}

/// A lease with the settings that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLease {
    /// Subnet.
    pub subnet: Ipv4Net,
    /// Default gateways.
    pub routers: Vec<Ipv4Addr>,
    /// Name servers.
    pub dns_servers: Vec<Ipv4Addr>,
    /// Time servers.
    pub ntp_servers: Vec<Ipv4Addr>,
    /// Server that gave it.
    pub server: Ipv4Addr,
    /// Length in seconds.
    pub lease_s: u64,
    /// Seconds until the client renews (T1; RFC 2131 §4.4.5: half the lease).
    pub renew_s: u64,
}

/// What clients hold from an earlier state, by requirement.
pub type Memory = BTreeMap<RequirementId, Held>;
