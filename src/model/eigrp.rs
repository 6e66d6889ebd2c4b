//! EIGRP (RFC 7868).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::passive::PassiveInterfaces;
use crate::model::route_policy::{DistributeList, Redistribute, Undefined};
use crate::net::Ipv4Net;
use crate::source::At;

/// One EIGRP process in one VRF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EigrpProcess {
    /// Autonomous system number.
    pub asn: u32,
    /// Name of the virtual instance that it is part of, in the named form.
    pub instance: Option<String>,
    /// VRF; `None` is the default one.
    pub vrf: Option<String>,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Router id, where configured.
    pub router_id: Option<At<Ipv4Addr>>,
    /// Which interfaces take part: address, ignored bits.
    pub networks: Vec<At<(Ipv4Addr, Ipv4Addr)>>,
    /// Interfaces without neighbors.
    pub passive: PassiveInterfaces,
    /// Type of service and K1 to K5, K6; `None`: K1 = K3 = 1 (RFC 7868 §5.5).
    pub k_values: Option<At<[u8; 6]>>,
    /// Advertises only so much (RFC 7868 §5.4.8).
    pub stub: Option<At<EigrpStub>>,
    /// What is redistributed into it.
    pub redistribute: Vec<At<Redistribute>>,
    /// Metric of redistributed routes, as `RouteSet::EigrpMetric`.
    pub default_metric: Option<At<[u32; 5]>>,
    /// Filters.
    pub distribute: Vec<At<DistributeList>>,
    /// Summarizes at the borders of classful networks.
    pub auto_summary: Option<At<bool>>,
    /// Unequal paths up to so many times the best metric; `None` is one.
    pub variance: Option<At<u8>>,
    /// Largest number of paths; `None` is four.
    pub maximum_paths: Option<At<u32>>,
    /// Administrative distances: internal, external; `None` is 90 and 170.
    pub distance: Option<At<[u8; 2]>>,
    /// Computes with wide metrics (RFC 7868 §5.6.2.3), as the named form does.
    pub wide_metrics: bool,
    /// What wide metrics are divided by on their way into the route table; `None` is 128.
    pub rib_scale: Option<At<u8>>,
    /// Settings of interfaces that the named form keeps in the process, by full name; `default` is
    /// that of all.
    pub interfaces: BTreeMap<String, InterfaceEigrp>,
    /// Whether the process is administratively down.
    pub shutdown: Option<At<bool>>,
    /// What references to undefined policies do.
    pub undefined: Undefined,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// What a stub router advertises.
#[expect(clippy::struct_excessive_bools, reason = "four words of one command")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EigrpStub {
    /// Connected networks.
    pub connected: bool,
    /// Summaries.
    pub summary: bool,
    /// Redistributed static routes.
    pub statics: bool,
    /// Other redistributed routes.
    pub redistributed: bool,
}

/// A summary that is advertised out of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EigrpSummary {
    /// Prefix.
    pub prefix: Ipv4Net,
    /// Distance of the route that discards what no component takes; `None` is 5.
    pub distance: Option<u8>,
    /// Route map of components that are advertised all the same.
    pub leak_map: Option<String>,
}

/// EIGRP settings of an interface, for one autonomous system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceEigrp {
    /// Whether EIGRP runs on it without a network statement.
    pub enabled: Option<At<bool>>,
    /// Whether EIGRP is switched off on it.
    pub shutdown: Option<At<bool>>,
    /// Whether it is passive.
    pub passive: Option<At<bool>>,
    /// Summaries that are advertised.
    pub summaries: Vec<At<EigrpSummary>>,
    /// Hello interval in seconds.
    pub hello: Option<At<u32>>,
    /// Hold time in seconds.
    pub hold: Option<At<u32>>,
    /// Mode of authentication.
    pub authentication: Option<At<String>>,
    /// Name of the key chain.
    pub key_chain: Option<At<String>>,
    /// Whether routes are not advertised where they were learned; `None` is yes.
    pub split_horizon: Option<At<bool>>,
    /// Whether the next hop of what is advertised is the router; `None` is yes.
    pub next_hop_self: Option<At<bool>>,
    /// Bandwidth in kbit/s that the process uses instead of the interface's.
    pub bandwidth: Option<At<u64>>,
    /// Delay in picoseconds that the process uses instead of the interface's.
    pub delay_ps: Option<At<u64>>,
}

/// The name of an [`EigrpProcess`] facet: `vrf asn`, `-` for the default VRF.
pub fn eigrp_name(vrf: Option<&str>, asn: u32) -> String {
    format!("{} {asn}", vrf.unwrap_or("-"))
}
