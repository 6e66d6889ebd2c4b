//! Zones of a firewall: what may begin a session from where to where.

use crate::model::filter::PacketMatch;
use crate::net::PortRange;
use crate::source::{At, StatementRef};

/// Name that a zone pair gives to the device itself.
pub const SELF: &str = "self";

/// One zone; interfaces say which one they are in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    /// Name.
    pub name: String,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
}

/// What happens to packets from one zone to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZonePair {
    /// Name.
    pub name: String,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
    /// Zone that packets come from, or [`SELF`].
    pub from: String,
    /// Zone that they go to, or [`SELF`].
    pub to: String,
    /// Policy map; none: everything is dropped.
    pub policy: Option<At<String>>,
}

/// A class of packets for policies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassMap {
    /// Name.
    pub name: String,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
    /// Whether one condition suffices; else all must hold.
    pub any: bool,
    /// Conditions.
    pub conditions: Vec<At<ClassCondition>>,
}

/// A condition of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassCondition {
    /// This ACL permits the packet.
    Acl(String),
    /// The packet is one of these.
    Packets(Vec<PacketMatch>),
    /// The packet is in this class.
    Class(String),
}

/// What is done with classes of packets: the first class that a packet is in decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyMap {
    /// Name.
    pub name: String,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
    /// Classes in order.
    pub classes: Vec<PolicyClass>,
}

/// What is done with one class.
#[derive(Debug, Clone)]
pub struct PolicyClass {
    /// The statement that opens it.
    pub at: StatementRef,
    /// Class; none: every packet.
    pub class: Option<String>,
    /// What is done; none: dropped.
    pub action: Option<At<PolicyAction>>,
}

impl PartialEq for PolicyClass {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class && self.action == other.action
    }
}

impl Eq for PolicyClass {}

/// What a policy does with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyAction {
    /// Passes it and the replies of its session.
    Inspect,
    /// Passes it and remembers nothing.
    Pass,
    /// Drops it.
    Drop,
}

/// A device that passes packets by sessions, and first packets by the levels of its interfaces
/// where no ACL says more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Firewall {
    /// Whether packets pass between interfaces of one level.
    pub same_level: Option<At<()>>,
    /// Whether packets leave by the interface by which they came.
    pub same_interface: Option<At<()>>,
    /// ACL that is asked after that of the interface.
    pub global_acl: Option<At<String>>,
    /// Whether ICMP has sessions.
    pub inspects_icmp: Option<At<()>>,
    /// Protocols whose packets it examines, and drops where they do not conform.
    pub examines: Vec<At<Examined>>,
    /// Seconds after which an idle session of TCP is forgotten.
    pub idle_s: Option<At<u64>>,
}

/// A protocol that a firewall examines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Its name.
    pub name: String,
    /// Transport.
    pub protocol: u8,
    /// Ports of its servers.
    pub ports: PortRange,
}

/// Rules by which an interface's traffic opens the way for its replies (`ip inspect`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// Name.
    pub name: String,
    /// Packets whose replies pass the device's ACLs.
    pub packets: Vec<At<PacketMatch>>,
    /// Seconds after which an idle session of TCP is forgotten, where these rules say so.
    pub idle_s: Option<At<u64>>,
}
