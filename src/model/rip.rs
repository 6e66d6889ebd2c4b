//! RIP (RFC 2453).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::model::ospf::DefaultOriginate;
use crate::model::passive::PassiveInterfaces;
use crate::model::route_policy::{DistributeList, Redistribute, Undefined};
use crate::net::Ipv4Net;
use crate::source::At;

/// RIP in one VRF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RipProcess {
    /// VRF; `None` is the default one.
    pub vrf: Option<String>,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Version; `None` sends 1 and receives 1 and 2.
    pub version: Option<At<u8>>,
    /// Which interfaces take part.
    pub networks: Vec<At<Ipv4Net>>,
    /// Neighbors that are sent to directly.
    pub neighbors: Vec<At<Ipv4Addr>>,
    /// Interfaces without neighbors.
    pub passive: PassiveInterfaces,
    /// What is redistributed into it.
    pub redistribute: Vec<At<Redistribute>>,
    /// Metric of redistributed routes.
    pub default_metric: Option<At<u32>>,
    /// Default route that is originated.
    pub default_originate: Option<At<DefaultOriginate>>,
    /// Filters.
    pub distribute: Vec<At<DistributeList>>,
    /// Summarizes at the borders of classful networks; `None` is yes.
    pub auto_summary: Option<At<bool>>,
    /// Administrative distance; `None` is 120.
    pub distance: Option<At<u8>>,
    /// Largest number of equal paths.
    pub maximum_paths: Option<At<u32>>,
    /// What references to undefined policies do.
    pub undefined: Undefined,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// RIP settings of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceRip {
    /// Whether RIP runs on it without a network statement.
    pub enabled: Option<At<bool>>,
    /// Versions that are sent.
    pub send: Option<At<BTreeSet<u8>>>,
    /// Versions that are received.
    pub receive: Option<At<BTreeSet<u8>>>,
    /// Summaries that are advertised.
    pub summaries: Vec<At<Ipv4Net>>,
    /// Whether routes are not advertised where they were learned.
    pub split_horizon: Option<At<bool>>,
    /// Mode of authentication.
    pub authentication: Option<At<String>>,
    /// Name of the key chain.
    pub key_chain: Option<At<String>>,
}
