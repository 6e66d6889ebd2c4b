//! BGP version 4 (RFC 4271).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::route_policy::{Redistribute, RouteFilter, Undefined};
use crate::model::secret::Secret;
use crate::model::vxlan::BgpFabric;
use crate::net::Ipv4Net;
use crate::source::At;

/// One BGP process.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a default of the dialect that no other follows from"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpProcess {
    /// Autonomous system number; within a confederation that of the member.
    pub asn: u32,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Router id, where configured for the whole process.
    pub router_id: Option<At<Ipv4Addr>>,
    /// Number that the confederation shows to others (RFC 5065).
    pub confederation: Option<At<u32>>,
    /// Members of the confederation beside this one.
    pub confederation_peers: BTreeMap<u32, At<()>>,
    /// Cluster id of a route reflector; `None` is the router id (RFC 4456).
    pub cluster_id: Option<At<Ipv4Addr>>,
    /// Rules of the choice between paths that the text changes.
    pub choice: BgpChoice,
    /// Local preference of routes that bring none; `None` is 100 (RFC 4271 §9.1.1 leaves it to the
    /// operator; vendors use 100).
    pub local_preference: Option<At<u32>>,
    /// Whether peers exchange IPv4 unicast routes unless said otherwise.
    pub ipv4_by_default: bool,
    /// Whether external peers exchange nothing without a policy (RFC 8212).
    pub needs_policy: bool,
    /// Whether a network statement takes a prefix only while the table has a route to it.
    pub network_needs_route: bool,
    /// Whether a path that a network statement makes has neither the metric nor the next hop of the
    /// table's route.
    pub network_is_own: bool,
    /// Whether the first number of a path must be that of the external peer (RFC 4271 §6.3).
    pub enforce_first_as: bool,
    /// What is advertised and learned, by VRF; `None` is the default one.
    pub tables: BTreeMap<Option<String>, BgpTable>,
    /// Templates and groups that peers inherit from, by name.
    pub groups: BTreeMap<String, BgpPeer>,
    /// Whether communities are sent where the text does not say: standard, extended.
    pub sends_communities: (bool, bool),
    /// Whether a path to a host is not used whose next hop is that very host.
    pub refuses_own_next_hop: bool,
    /// Whether a peer on a shared subnet is told its own address as next hop, which it refuses.
    pub tells_peers_own_hop: bool,
    /// Whether other protocols that redistribute BGP also take what internal peers said.
    pub redistributes_internal: bool,
    /// Whether internal routes are also taken where the route map of the redistribution asks for
    /// routes of the type internal.
    pub redistributes_internal_by_type: bool,
    /// Whether an aggregate is a route of the table, made of whatever the table has, while no other
    /// route to its prefix is preferred.
    pub aggregates_table: bool,
    /// Whether an external peer is not sent paths that come from its own system, unless said
    /// otherwise.
    pub peer_as_check: bool,
    /// Whether a peer on an interface needs the text to give that interface an address of the link,
    /// and to say that routes of IPv4 have next hops of IPv6.
    pub unnumbered_by_text: bool,
    /// What references to undefined policies do.
    pub undefined: Undefined,
    /// EVPN.
    pub fabric: Option<BgpFabric>,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// Rules of the choice between paths (RFC 4271 §9.1.2) that configurations change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpChoice {
    /// Compares discriminators of different neighboring systems too.
    pub always_compare_med: Option<At<bool>>,
    /// Compares discriminators in groups of the neighboring system; `None` is the dialect's default
    /// as `deterministic_med_default` says.
    pub deterministic_med: Option<At<bool>>,
    /// Whether the dialect compares in groups unless said otherwise.
    pub deterministic_med_default: bool,
    /// A route without discriminator is the worst instead of the best.
    pub missing_med_is_worst: Option<At<bool>>,
    /// Compares discriminators of paths within a confederation.
    pub med_confederation: Option<At<bool>>,
    /// Prefers the lower router id to the older of two external paths.
    pub compare_router_id: Option<At<bool>>,
    /// Whether the dialect does so unless said otherwise; if not, the age decides, which no text
    /// knows.
    pub compare_router_id_default: bool,
    /// Leaves the length of the path out.
    pub ignore_as_path: Option<At<bool>>,
    /// Equal paths may differ in their numbers, not in their length.
    pub multipath_relax: Option<At<bool>>,
    /// Whether equal external paths may differ after the neighboring system.
    pub multipath_by_neighbor: bool,
    /// Leaves the interior metric out.
    pub ignore_igp_metric: Option<At<bool>>,
}

/// What BGP does in one VRF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpTable {
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Router id in this VRF.
    pub router_id: Option<At<Ipv4Addr>>,
    /// Prefixes that are originated.
    pub networks: BTreeMap<Ipv4Net, At<BgpNetwork>>,
    /// Aggregates.
    pub aggregates: BTreeMap<Ipv4Net, At<BgpAggregate>>,
    /// What is redistributed into BGP.
    pub redistribute: Vec<At<Redistribute>>,
    /// Peers by address, interface (unnumbered) or listened prefix.
    pub peers: BTreeMap<PeerName, BgpPeer>,
    /// Whether a redistributed default route is taken.
    pub default_originate: Option<At<()>>,
    /// Largest number of equal external paths; `None` is one.
    pub maximum_paths: Option<At<u32>>,
    /// Largest number of equal internal paths; `None` is one.
    pub maximum_paths_internal: Option<At<u32>>,
    /// Whether `maximum_paths` counts external and internal paths together.
    pub maximum_paths_mixed: bool,
    /// Administrative distances: external, internal, local; `None` is the dialect's.
    pub distance: Option<At<[u8; 3]>>,
    /// The dialect's distances: external, internal, local.
    pub distance_default: [u8; 3],
    /// Filters of what is learned from all peers, and of what is put into the route table.
    pub table_map: Option<At<RouteFilter>>,
    /// Discriminator of redistributed routes.
    pub default_metric: Option<At<u32>>,
    /// Summarizes redistributed routes to their class.
    pub auto_summary: Option<At<bool>>,
    /// Whether only routes that the interior protocol has are used and advertised.
    pub synchronization: Option<At<bool>>,
    /// Whether routes that are not in the route table are not advertised.
    pub suppress_inactive: Option<At<bool>>,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// A prefix that is originated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpNetwork {
    /// Route map that changes it.
    pub route_map: Option<String>,
    /// Advertised, but a backdoor route of the interior protocol is preferred.
    pub backdoor: bool,
    /// Weight.
    pub weight: Option<u32>,
}

/// An aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpAggregate {
    /// Whether the components are not advertised.
    pub summary_only: bool,
    /// Whether it carries the numbers of its components.
    pub as_set: bool,
    /// Route map that changes it.
    pub attribute_map: Option<String>,
    /// Route map that says which components make it.
    pub advertise_map: Option<String>,
    /// Route map that says which components are not advertised.
    pub suppress_map: Option<String>,
}

/// How a peer is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerKind {
    /// By its address.
    Address(Ipv4Addr),
    /// Anybody in this prefix who connects.
    Listen(Ipv4Net),
}

/// A peer's name: an address, a listened prefix, or an interface by full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerName {
    /// By address or prefix.
    Known(PeerKind),
    /// Whoever is on this interface (unnumbered, RFC 5549).
    Interface(String),
}

/// The autonomous system of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteAs {
    /// This one.
    Number(u32),
    /// Our own.
    Internal,
    /// Any but our own.
    External,
    /// One of these ranges, inclusive.
    Ranges(Vec<(u32, u32)>),
    /// As a route map says.
    RouteMap(String),
}

/// Another number that a router shows to a peer (RFC 7705).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAs {
    /// The number.
    pub asn: u32,
    /// Whether it is not put before received paths.
    pub no_prepend: bool,
    /// Whether the own number is not put before sent paths.
    pub replace_as: bool,
    /// Whether the peer may use either number.
    pub dual_as: bool,
}

/// A route that is advertised while a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionalAdvertisement {
    /// Route map of what is advertised.
    pub advertise: String,
    /// Route map of what must be in the table.
    pub condition: String,
    /// Whether it must be there; otherwise it must not.
    pub exist: bool,
}

/// Settings of a peer, or of a group or template that peers inherit from; `None`: not said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpPeer {
    /// The first statement that names it.
    pub defined_at: Option<At<()>>,
    /// Group or templates that it inherits from, first the nearest.
    pub inherits: Vec<At<String>>,
    /// Autonomous system.
    pub remote_as: Option<At<RemoteAs>>,
    /// Another number of ours.
    pub local_as: Option<At<LocalAs>>,
    /// Whether it is administratively down.
    pub shutdown: Option<At<bool>>,
    /// Whether IPv4 unicast routes are exchanged.
    pub activated: Option<At<bool>>,
    /// Hops that packets to an external peer may take; `None` is one.
    pub multihop: Option<At<u8>>,
    /// Hops by the check of the time to live instead (RFC 5082).
    pub ttl_security: Option<At<u8>>,
    /// Whether an external peer on a loopback one hop away is accepted.
    pub disable_connected_check: Option<At<bool>>,
    /// Full name of the interface whose address we use, or the address itself.
    pub update_source: Option<At<String>>,
    /// Only waits for the peer to connect.
    pub passive: Option<At<bool>>,
    /// Password.
    pub password: Option<At<Secret>>,
    /// Filters of what is learned, all of which must permit, in order of application.
    pub filters_in: Vec<At<RouteFilter>>,
    /// Filters of what is advertised.
    pub filters_out: Vec<At<RouteFilter>>,
    /// AS path lists of what is learned and of what is advertised.
    pub as_path_in: Option<At<String>>,
    /// AS path list of what is advertised.
    pub as_path_out: Option<At<String>>,
    /// The next hop of what is advertised is ourselves; the flag: of reflected routes too.
    pub next_hop_self: Option<At<(bool, bool)>>,
    /// The next hop of what is advertised stays.
    pub next_hop_unchanged: Option<At<bool>>,
    /// Is a client of us as route reflector.
    pub reflector_client: Option<At<bool>>,
    /// Is a client of us as route server (RFC 7947).
    pub route_server_client: Option<At<bool>>,
    /// Communities are sent: standard, extended; `None` is as the process does.
    pub send_community: Option<At<(bool, bool)>>,
    /// Weight of what is learned.
    pub weight: Option<At<u32>>,
    /// How often our own number may be in a received path; `None`: never.
    pub allow_own_as: Option<At<u8>>,
    /// Whether the peer is not sent paths that come from its own system; `None` is as the process
    /// does.
    pub peer_as_check: Option<At<bool>>,
    /// The peer's number in a path is replaced by ours.
    pub as_override: Option<At<bool>>,
    /// Private numbers are taken out of the path: (also those behind public ones, replaced by ours).
    pub remove_private_as: Option<At<(bool, bool)>>,
    /// A default route is advertised, as a route map allows.
    pub default_originate: Option<At<Option<String>>>,
    /// What is advertised on a condition.
    pub conditional: Vec<At<ConditionalAdvertisement>>,
    /// Route map of suppressed components that are advertised all the same.
    pub unsuppress_map: Option<At<String>>,
    /// Most prefixes that are taken; the flag: more only warn.
    pub maximum_prefix: Option<At<(u32, bool)>>,
    /// Whether routes of IPv4 have next hops of IPv6 (RFC 8950), over addresses of the link alone
    /// even where the link has others.
    pub ipv6_next_hops: Option<At<bool>>,
    /// Takes more than one path to a prefix along (RFC 7911): receive, send.
    pub additional_paths: Option<At<(bool, bool)>>,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

impl BgpTable {
    /// What a table is where the text says nothing, with the distances that most vendors use
    /// (external 20, internal 200, local 200).
    pub fn with_distances(distance_default: [u8; 3]) -> Self {
        Self {
            distance_default,
            ..Self::default()
        }
    }
}
