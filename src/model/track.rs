//! Objects whose state other statements depend on, and key chains.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::secret::Secret;
use crate::net::Ipv4Net;
use crate::source::At;

/// A tracked object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Number or name.
    pub name: String,
    /// The statement that opens it.
    pub defined_at: Option<At<()>>,
    /// What is tracked.
    pub what: Tracked,
    /// Settings that are not modeled (delays change when, not whether).
    pub unread: BTreeSet<String>,
}

/// What a tracked object follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// The line protocol of an interface, by full name.
    LineProtocol(String),
    /// Whether an interface routes IPv4: it is up and has an address.
    IpRouting(String),
    /// Whether a table has a route to a prefix.
    Reachability {
        /// Prefix.
        prefix: Ipv4Net,
        /// VRF; `None` is the default one.
        vrf: Option<String>,
    },
    /// A probe of the device: an ICMP echo to an address.
    Echo {
        /// Address.
        target: Ipv4Addr,
        /// Full name of the interface, or the address, that it is sent from.
        source: Option<String>,
        /// VRF; `None` is the default one.
        vrf: Option<String>,
    },
    /// Other objects, each with whether it must be down; all or any must hold.
    List {
        /// Whether all must hold; otherwise any.
        all: bool,
        /// Objects by name, with whether they count when down.
        objects: BTreeMap<String, bool>,
    },
    /// Something that is not modeled: may be up or down.
    Unread,
}

/// A key chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChain {
    /// Name.
    pub name: String,
    /// The statement that opens it.
    pub defined_at: Option<At<()>>,
    /// Keys by id: secret, and whether it is always valid.
    pub keys: BTreeMap<u32, At<(Secret, bool)>>,
}
