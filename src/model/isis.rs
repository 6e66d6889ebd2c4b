//! IS-IS for IPv4 (ISO 10589, RFC 1195).

use std::collections::BTreeSet;

use crate::model::ospf::DefaultOriginate;
use crate::model::passive::PassiveInterfaces;
use crate::model::route_policy::{DistributeList, Redistribute, Undefined};
use crate::model::secret::Secret;
use crate::net::Ipv4Net;
use crate::source::At;

/// Levels of routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsisLevel {
    /// Within the area.
    One,
    /// Between areas.
    Two,
    /// Both.
    Both,
}

/// Forms of metrics (RFC 5305).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetricStyle {
    /// 6 bits a link, 10 bits a path.
    Narrow,
    /// 24 bits a link, 32 bits a path.
    Wide,
    /// Both are sent and understood.
    Transition,
}

/// One IS-IS process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IsisProcess {
    /// Tag; empty for the process without one.
    pub tag: String,
    /// VRF; `None` is the default one.
    pub vrf: Option<String>,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Network entity titles as written (`49.0001.1921.6800.1001.00`).
    pub nets: Vec<At<String>>,
    /// Level of the router; `None` is both.
    pub level: Option<At<IsisLevel>>,
    /// Form of metrics; `None` is narrow, or what the dialect gives.
    pub metric_style: Option<At<MetricStyle>>,
    /// Form of metrics where the text does not say.
    pub wide_by_default: bool,
    /// Metric of interfaces that set none, for level 1 and level 2; `None` is 10.
    pub default_metric: [Option<At<u32>>; 2],
    /// Megabits per second that the metric of an interface that sets none is inverse to; `None`:
    /// such metrics do not depend on the bandwidth.
    pub reference_bandwidth: Option<u32>,
    /// Interfaces without neighbors.
    pub passive: PassiveInterfaces,
    /// Advertises only the prefixes of passive interfaces.
    pub advertise_passive_only: Option<At<()>>,
    /// What is redistributed into it.
    pub redistribute: Vec<At<Redistribute>>,
    /// Routes of level 2 that are leaked into level 1 (`true`) or the other way, by a filter.
    pub leaks: Vec<At<(bool, DistributeList)>>,
    /// Summaries with the level that they are advertised in.
    pub summaries: Vec<At<(Ipv4Net, IsisLevel, Option<u32>)>>,
    /// Default route that is originated.
    pub default_originate: Option<At<DefaultOriginate>>,
    /// Is no transit.
    pub overload: Option<At<()>>,
    /// Sets the attached bit.
    pub attached: Option<At<bool>>,
    /// Filters.
    pub distribute: Vec<At<DistributeList>>,
    /// Administrative distance; `None` is 115.
    pub distance: Option<At<u8>>,
    /// Largest number of equal paths.
    pub maximum_paths: Option<At<u32>>,
    /// Key of LSPs, for level 1 and level 2.
    pub keys: [Option<At<Secret>>; 2],
    /// Whether the process is administratively down.
    pub shutdown: Option<At<bool>>,
    /// What references to undefined policies do.
    pub undefined: Undefined,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// IS-IS settings of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceIsis {
    /// Tag of the process that runs on it.
    pub process: Option<At<String>>,
    /// Level of its adjacencies; `None` is the router's.
    pub level: Option<At<IsisLevel>>,
    /// Metric for level 1 and level 2.
    pub metric: [Option<At<u32>>; 2],
    /// Whether it is point-to-point whatever it is made of.
    pub point_to_point: Option<At<bool>>,
    /// Whether it is passive.
    pub passive: Option<At<bool>>,
    /// Key of hellos, for level 1 and level 2.
    pub keys: [Option<At<Secret>>; 2],
    /// Whether IS-IS is switched off on it.
    pub shutdown: Option<At<bool>>,
}
