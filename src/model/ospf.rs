//! OSPF version 2 (RFC 2328).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::passive::PassiveInterfaces;
use crate::model::route_policy::{DistributeList, Redistribute, Undefined};
use crate::model::secret::Secret;
use crate::net::Ipv4Net;
use crate::source::At;

/// OSPF settings of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceOspf {
    /// Process and area that the interface names itself (`ip ospf 1 area 0`).
    pub process_area: Option<At<(String, u32)>>,
    /// Cost.
    pub cost: Option<At<u16>>,
    /// Network type.
    pub network_type: Option<At<NetworkType>>,
    /// Hello interval in seconds.
    pub hello: Option<At<u32>>,
    /// Dead interval in seconds.
    pub dead: Option<At<u32>>,
    /// Router priority.
    pub priority: Option<At<u8>>,
    /// Type of authentication (0 none, 1 simple, 2 cryptographic: RFC 2328 appendix D).
    pub authentication: Option<At<u8>>,
    /// Keys, by id (0 for the simple one).
    pub keys: BTreeMap<u8, At<Secret>>,
    /// Whether a difference of MTU does not prevent adjacency.
    pub mtu_ignore: Option<At<bool>>,
    /// Whether OSPF is switched off on it.
    pub shutdown: Option<At<bool>>,
}

/// Network types (RFC 2328 §1.2, §8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetworkType {
    /// Elects a designated router.
    Broadcast,
    /// Two routers.
    PointToPoint,
    /// Elects a designated router, neighbors are configured.
    NonBroadcast,
    /// Many point-to-point links on one subnet.
    PointToMultipoint,
    /// Advertised as a host route (RFC 2328 §12.4.1.3).
    Loopback,
}

/// One OSPF process.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a default of the dialect that no other follows from"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OspfProcess {
    /// Number or name.
    pub id: String,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// VRF; `None` is the default one.
    pub vrf: Option<String>,
    /// Router id, where configured.
    pub router_id: Option<At<Ipv4Addr>>,
    /// Which interfaces take part: address, ignored bits, area; the most specific first match.
    pub networks: Vec<At<(Ipv4Addr, Ipv4Addr, u32)>>,
    /// Interfaces without neighbors.
    pub passive: PassiveInterfaces,
    /// Areas with settings of their own.
    pub areas: BTreeMap<u32, OspfArea>,
    /// What is redistributed into OSPF.
    pub redistribute: Vec<At<Redistribute>>,
    /// Default route that is originated.
    pub default_originate: Option<At<DefaultOriginate>>,
    /// Reference bandwidth in Mbit/s (RFC 2328 leaves the cost to the operator; vendors use 100).
    pub reference_bandwidth: Option<At<u32>>,
    /// Whether the cost of an interface follows from the speed of its hardware where the text gives
    /// neither a cost nor a bandwidth.
    pub costs_by_speed: bool,
    /// Administrative distances: intra-area, inter-area, external.
    pub distance: [Option<At<u8>>; 3],
    /// Largest number of equal paths.
    pub maximum_paths: Option<At<u32>>,
    /// Announces the largest metric, so that it is no transit (RFC 6987).
    pub max_metric: Option<At<MaxMetric>>,
    /// Whether with the largest metric its summaries are as expensive.
    pub max_metric_summaries: bool,
    /// Whether a range costs what its farthest component costs, keeps out whatever other borders
    /// announce within it, and makes no route where it is not advertised; else it costs what its
    /// nearest component costs and keeps out its own prefix alone.
    pub ranges_exclude: bool,
    /// Whether a filter of what enters an area lets ranges pass, one of what leaves the backbone lets
    /// prefixes of other areas pass, and one without its list lets everything pass.
    pub loose_area_filters: bool,
    /// Whether the route map of an originated default route judges that very route; otherwise it
    /// names routes that must be there.
    pub default_map_is_own: bool,
    /// Neighbors of networks without broadcasts that are named.
    pub neighbors: BTreeMap<Ipv4Addr, At<()>>,
    /// Whether its borders announce a default route as a summary into every not-so-stubby area, not
    /// only into those without other summaries.
    pub nssa_summary_default: bool,
    /// Filters of what is put into the route table, or redistributed.
    pub distribute: Vec<At<DistributeList>>,
    /// Whether a router discards what no component of its external summaries takes.
    pub discards_outside: bool,
    /// External prefixes that are summarized; the flag says whether they are advertised.
    pub summaries: Vec<At<(Ipv4Net, bool)>>,
    /// Whether paths to routers that announce prefixes from outside are chosen by their cost alone
    /// (RFC 1583), not first those within areas other than the backbone (RFC 2328 §16.4.1).
    pub compatible_1583: Option<At<bool>>,
    /// Whether the dialect does so where the text does not say.
    pub compatible_1583_default: bool,
    /// Whether others are told to send directly to the next hop of a redistributed route wherever
    /// it lies on an interface that takes part, of whatever type.
    pub forwards_on_any_link: bool,
    /// Whether the way to a router that announces prefixes from outside may lead through a
    /// not-so-stubby area also for what it announces elsewhere.
    pub externals_through_nssa: bool,
    /// Metric of redistributed routes.
    pub default_metric: Option<At<u32>>,
    /// What references to undefined policies do.
    pub undefined: Undefined,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

impl OspfProcess {
    /// Whether paths to routers that announce prefixes from outside are chosen by cost alone.
    pub fn is_compatible_1583(&self) -> bool {
        let told = self.compatible_1583.as_ref().map(|at| at.value);
        told.unwrap_or(self.compatible_1583_default)
    }
}

/// Settings of one area.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OspfArea {
    /// Kind.
    pub kind: Option<At<AreaKind>>,
    /// Prefixes that are summarized at the border.
    pub ranges: Vec<At<OspfRange>>,
    /// Filters of what enters (`true`) or leaves the area, by prefix list.
    pub filters: Vec<At<(bool, String)>>,
    /// Virtual links, by the other end's router id.
    pub virtual_links: BTreeMap<Ipv4Addr, At<VirtualLink>>,
    /// Cost of the default route into a stub.
    pub default_cost: Option<At<u32>>,
    /// Type of authentication.
    pub authentication: Option<At<u8>>,
    /// Whether a border that translates leaves the address out that packets are sent to instead of it.
    pub hides_forward: Option<At<()>>,
    /// Whether a border brings nothing that it redistributes into this not-so-stubby area.
    pub no_redistribution: Option<At<()>>,
    /// Metric and whether it is of type 1, of the default route that is originated into it.
    pub nssa_default: (Option<u32>, bool),
    /// Whether a border of this not-so-stubby area translates what comes from outside in any case or
    /// never; `None`: when it is elected (RFC 3101 §3.1).
    pub translates: Option<At<bool>>,
}

/// What a router without transit says of itself (RFC 6987).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaxMetric {
    /// Whether its subnets without routers are as expensive.
    pub stubs: bool,
    /// Metric of what it brings in from outside; `None`: as ever.
    pub external: Option<u32>,
    /// Cost of its summaries; `None`: as ever.
    pub summary: Option<u32>,
}

/// One end of a virtual link (RFC 2328 §15).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VirtualLink {
    /// Hello interval in seconds.
    pub hello: Option<u32>,
    /// Dead interval in seconds.
    pub dead: Option<u32>,
    /// Type of authentication; `None`: that of the backbone.
    pub authentication: Option<u8>,
    /// Keys, by id (0 for the simple one).
    pub keys: BTreeMap<u8, Secret>,
}

/// A prefix that a border announces in place of an area's prefixes within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OspfRange {
    /// The prefix.
    pub net: Ipv4Net,
    /// Whether it is announced, or its components are merely kept back.
    pub advertised: bool,
    /// Its cost; `None`: what its components cost.
    pub cost: Option<u32>,
    /// The prefix that is announced in its place.
    pub substitute: Option<Ipv4Net>,
}

impl OspfRange {
    /// The prefix that is announced; none where components are merely kept back.
    pub fn announced(&self) -> Option<Ipv4Net> {
        self.advertised.then(|| self.substitute.unwrap_or(self.net))
    }
}

impl OspfArea {
    /// Whether it is not-so-stubby.
    pub fn is_nssa(&self) -> bool {
        let kind = self.kind.as_ref().map(|at| at.value);
        matches!(kind, Some(AreaKind::Nssa { .. }))
    }
}

/// Kinds of areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaKind {
    /// No external routes (RFC 2328 §3.6).
    Stub {
        /// No inter-area routes either.
        no_summary: bool,
    },
    /// External routes of its own only (RFC 3101).
    Nssa {
        /// No inter-area routes either.
        no_summary: bool,
        /// The border originates a default route.
        default_originate: bool,
    },
}

/// A default route that a process originates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefaultOriginate {
    /// Also while the router has no default route itself.
    pub always: bool,
    /// Metric; `None` is the dialect's default of 1.
    pub metric: Option<u32>,
    /// External type 1 or 2; `None` is 2.
    pub metric_type: Option<u8>,
    /// Route map; its effect is not modeled yet.
    pub route_map: Option<String>,
}
