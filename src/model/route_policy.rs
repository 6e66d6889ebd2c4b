//! Policies on routes, and what one routing process takes from another.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;

use crate::model::filter::Action;
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

/// A route map: the first entry whose conditions all hold decides; none: the route is denied.
///
/// Policy routing uses the same form for packets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteMap {
    /// Name.
    pub name: String,
    /// Entries in order of sequence.
    pub entries: Vec<RouteMapEntry>,
}

/// One entry of a route map.
#[derive(Debug, Clone)]
pub struct RouteMapEntry {
    /// The statement that opens it.
    pub at: StatementRef,
    /// Sequence number.
    pub sequence: u32,
    /// Whether what it matches is taken.
    pub action: Action,
    /// Conditions, all of which must hold; none: everything matches.
    pub conditions: Vec<At<RouteCondition>>,
    /// Changes that are made, in order.
    pub sets: Vec<At<RouteSet>>,
    /// Goes on after a match: with the entry of this sequence, or (`None` within) the next one.
    pub go_on: Option<At<Option<u32>>>,
    /// First words of clauses that were not understood: conditions that may hold or not.
    pub unread_conditions: BTreeSet<String>,
    /// First words of clauses that were not understood: changes of the route.
    pub unread_sets: BTreeSet<String>,
}

impl PartialEq for RouteMapEntry {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
            && self.action == other.action
            && self.conditions == other.conditions
            && self.sets == other.sets
            && self.go_on == other.go_on
            && self.unread_conditions == other.unread_conditions
            && self.unread_sets == other.unread_sets
    }
}

impl Eq for RouteMapEntry {}

/// A condition on a route (or packet); of several names any may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteCondition {
    /// The prefix is permitted by one of these prefix lists.
    PrefixList(Vec<String>),
    /// The prefix (policy routing: the packet) is permitted by one of these ACLs.
    Acl(Vec<String>),
    /// The next hop is permitted by one of these prefix lists.
    NextHopPrefixList(Vec<String>),
    /// The next hop is permitted by one of these ACLs.
    NextHopAcl(Vec<String>),
    /// The advertising router is permitted by one of these prefix lists.
    SourcePrefixList(Vec<String>),
    /// The advertising router is permitted by one of these ACLs.
    SourceAcl(Vec<String>),
    /// The AS path is permitted by one of these lists.
    AsPathList(Vec<String>),
    /// The AS path has between so many numbers, inclusive.
    AsPathLength(u32, u32),
    /// The communities are permitted by one of these lists.
    CommunityList {
        /// Names of lists.
        lists: Vec<String>,
        /// Whether there may be no other community than those matched.
        exact: bool,
    },
    /// The extended communities are permitted by one of these lists.
    ExtendedCommunityList(Vec<String>),
    /// The next hop lies out of one of these interfaces, by full name.
    Interface(Vec<String>),
    /// The metric is one of these.
    Metric(Vec<u32>),
    /// The tag is one of these.
    Tag(Vec<u32>),
    /// The local preference is this.
    LocalPreference(u32),
    /// The BGP origin is this.
    Origin(Origin),
    /// The kind of route is one of these.
    RouteType(BTreeSet<RouteType>),
    /// The route comes from one of these protocols.
    Source(Vec<RouteSource>),
    /// The packet's size is between these, inclusive (policy routing).
    PacketLength(u32, u32),
    /// Always holds, or never (constants that some platforms write out).
    Constant(bool),
}

/// Kinds of routes that conditions name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteType {
    /// OSPF intra-area and inter-area, EIGRP internal, locally made BGP routes.
    Internal,
    /// External of OSPF or EIGRP, of either type.
    External,
    /// External of type 1.
    External1,
    /// External of type 2.
    External2,
    /// External of a not-so-stubby area, of either type.
    NssaExternal,
    /// External of a not-so-stubby area, type 1.
    NssaExternal1,
    /// External of a not-so-stubby area, type 2.
    NssaExternal2,
    /// IS-IS level 1.
    Level1,
    /// IS-IS level 2.
    Level2,
    /// Locally made BGP routes.
    Local,
}

/// A change that a route map makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteSet {
    /// Metric (BGP: multi-exit discriminator).
    Metric(MetricChange),
    /// EIGRP's metric: bandwidth in kbit/s, delay in tens of microseconds, reliability and load of
    /// 255, MTU in bytes.
    EigrpMetric([u32; 5]),
    /// External type 1 or 2, or the metric types of IS-IS.
    MetricType(MetricType),
    /// Tag.
    Tag(u32),
    /// Local preference.
    LocalPreference(u32),
    /// Weight.
    Weight(u32),
    /// BGP origin.
    Origin(Origin),
    /// Numbers that are put before the AS path.
    PrependAsPath(Vec<u32>),
    /// The last number of the AS path, put before it so often.
    PrependLastAs(u8),
    /// Communities.
    Communities {
        /// Values.
        values: BTreeSet<u32>,
        /// Whether they join those that are there; otherwise they stand instead.
        additive: bool,
    },
    /// Takes away the communities that a list permits.
    DeleteCommunities(String),
    /// Extended communities of kind route target, as `asn:number` or `address:number`.
    RouteTargets {
        /// Values as written.
        values: BTreeSet<String>,
        /// Whether they join those that are there.
        additive: bool,
    },
    /// Next hops; the first one that is reachable is used (policy routing), or the route's.
    NextHop(Vec<Ipv4Addr>),
    /// The next hop is the router itself (outgoing) or the peer (incoming).
    NextHopPeer,
    /// The next hop stays as it was received.
    NextHopUnchanged,
    /// The distance of the route.
    Distance(u8),
    /// Policy routing: next hops of packets for which the table has no specific route.
    DefaultNextHop(Vec<Ipv4Addr>),
    /// Policy routing: the first next hop whose tracked object is up (sequence, address, object).
    TrackedNextHop(Vec<(u32, Ipv4Addr, String)>),
    /// Policy routing: egress interfaces by full name; `Null0` discards.
    Interface(Vec<String>),
    /// Policy routing: egress of packets for which the table has no specific route.
    DefaultInterface(Vec<String>),
    /// Policy routing: the table of another VRF (`None`: the default one).
    Vrf(Option<String>),
    /// Something that no forwarding reads (DSCP, flow accounting), with what it is.
    Irrelevant(&'static str),
}

/// How a metric changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricChange {
    /// Becomes this.
    To(u32),
    /// Grows by this.
    Plus(u32),
    /// Shrinks by this.
    Minus(u32),
    /// Becomes the metric of the interior route to the next hop.
    Interior,
}

/// Types of external metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricType {
    /// OSPF external type 1.
    Type1,
    /// OSPF external type 2.
    Type2,
    /// IS-IS internal metric; in BGP: the interior metric becomes the discriminator.
    Internal,
    /// IS-IS external metric.
    External,
}

/// Origin of a BGP route, best first (RFC 4271 §5.1.1, §9.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Made within the autonomous system.
    Igp,
    /// Learned by EGP.
    Egp,
    /// Learned otherwise.
    Incomplete,
}

/// A prefix list: the first line that matches decides; none matches: deny.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrefixList {
    /// Name.
    pub name: String,
    /// Lines in order of sequence.
    pub lines: Vec<PrefixListLine>,
}

/// One line of a prefix list: prefixes within `prefix` whose length lies between two bounds.
#[derive(Debug, Clone)]
pub struct PrefixListLine {
    /// The statement.
    pub at: StatementRef,
    /// Sequence number.
    pub sequence: u32,
    /// What it does.
    pub action: Action,
    /// The covering prefix.
    pub prefix: Ipv4Net,
    /// Shortest length that matches.
    pub at_least: u8,
    /// Longest length that matches.
    pub at_most: u8,
}

impl PartialEq for PrefixListLine {
    // Sequence numbers order lines and have no other meaning; the order is the vector's.
    fn eq(&self, other: &Self) -> bool {
        self.action == other.action
            && self.prefix == other.prefix
            && self.at_least == other.at_least
            && self.at_most == other.at_most
    }
}

impl Eq for PrefixListLine {}

impl PrefixListLine {
    /// Whether the line matches a prefix.
    pub fn matches(&self, prefix: Ipv4Net) -> bool {
        self.prefix.contains(&prefix.network())
            && (self.at_least..=self.at_most).contains(&prefix.prefix_len())
    }
}

impl PrefixList {
    /// The line that decides about a prefix; none: it is denied.
    pub fn decide(&self, prefix: Ipv4Net) -> Option<&PrefixListLine> {
        self.lines.iter().find(|line| line.matches(prefix))
    }
}

/// A list over AS paths: the first line that matches decides; none matches: deny.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AsPathList {
    /// Name or number.
    pub name: String,
    /// Action and regular expression over the path as text, numbers separated by blanks.
    pub lines: Vec<At<(Action, String)>>,
}

/// A list over communities: the first line that matches decides; none matches: deny.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommunityList {
    /// Name or number.
    pub name: String,
    /// Lines in order.
    pub lines: Vec<At<CommunityLine>>,
}

/// One line of a community list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommunityLine {
    /// Matches a route that has all of these; none: every route (`internet`).
    Standard(Action, BTreeSet<u32>),
    /// Matches by a regular expression over the communities as text.
    Expanded(Action, String),
    /// Matches a route that has all of these route targets.
    RouteTargets(Action, BTreeSet<String>),
}

/// Well-known communities (RFC 1997): not exported outside the autonomous system or confederation.
pub const NO_EXPORT: u32 = 0xFFFF_FF01;
/// Well-known community (RFC 1997): not advertised to any peer.
pub const NO_ADVERTISE: u32 = 0xFFFF_FF02;
/// Well-known community (RFC 1997): not advertised to external peers, of the confederation either.
pub const NO_EXPORT_SUBCONFED: u32 = 0xFFFF_FF03;

/// Where redistributed routes come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteSource {
    /// Subnets of interfaces.
    Connected,
    /// Static routes.
    Static,
    /// An OSPF process, by its id.
    Ospf(String),
    /// An EIGRP process, by its autonomous system number.
    Eigrp(u32),
    /// BGP, by its autonomous system number where the text gives one.
    Bgp(Option<u32>),
    /// IS-IS, by its tag (empty for the only process).
    Isis(String),
    /// RIP.
    Rip,
    /// Routes that the kernel has from elsewhere.
    Kernel,
    /// A source that is not modeled, as written.
    Other(String),
}

impl fmt::Display for RouteSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => formatter.write_str("connected"),
            Self::Static => formatter.write_str("static"),
            Self::Ospf(id) => write!(formatter, "ospf {id}"),
            Self::Eigrp(asn) => write!(formatter, "eigrp {asn}"),
            Self::Bgp(Some(asn)) => write!(formatter, "bgp {asn}"),
            Self::Bgp(None) => formatter.write_str("bgp"),
            Self::Isis(tag) if tag.is_empty() => formatter.write_str("isis"),
            Self::Isis(tag) => write!(formatter, "isis {tag}"),
            Self::Rip => formatter.write_str("rip"),
            Self::Kernel => formatter.write_str("kernel"),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

/// What is redistributed into a routing process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redistribute {
    /// Where the routes come from.
    pub source: RouteSource,
    /// VRF they come from; `None` is the process's own.
    pub vrf: Option<String>,
    /// Metric; `None` is the dialect's default.
    pub metric: Option<u32>,
    /// EIGRP's metric, as [`RouteSet::EigrpMetric`].
    pub eigrp_metric: Option<[u32; 5]>,
    /// External type 1 or 2; IS-IS internal or external.
    pub metric_type: Option<MetricType>,
    /// Whether prefixes of any length are taken; `false`: classful ones only.
    pub subnets: bool,
    /// Route map.
    pub route_map: Option<String>,
    /// Tag.
    pub tag: Option<u32>,
    /// Kinds of the source's routes that are taken; `None` is the dialect's default.
    pub types: Option<BTreeSet<RouteType>>,
    /// IS-IS: the level that the routes enter.
    pub level: Option<RouteType>,
    /// Whether subnets of interfaces that the source runs on are not taken with its routes.
    pub learned_only: bool,
}

impl Redistribute {
    /// Everything of a source, with the dialect's defaults.
    pub fn new(source: RouteSource) -> Self {
        Self {
            source,
            vrf: None,
            metric: None,
            eigrp_metric: None,
            metric_type: None,
            subnets: false,
            route_map: None,
            tag: None,
            types: None,
            level: None,
            learned_only: false,
        }
    }
}

/// What a routing process takes a reference to something that is nowhere defined for; each `None`
/// is not known for the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undefined {
    /// A route map that filters.
    pub route_map: Option<Action>,
    /// A prefix list, as a filter or as the condition of a route map (permit: it holds).
    pub prefix_list: Option<Action>,
    /// An ACL, likewise.
    pub acl: Option<Action>,
    /// A list over AS paths, likewise.
    pub as_path_list: Option<Action>,
    /// A list over communities, likewise.
    pub community_list: Option<Action>,
}

/// What filters routes that a process learns or advertises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteFilter {
    /// A prefix list permits the prefix.
    PrefixList(String),
    /// An ACL permits the prefix.
    Acl(String),
    /// A route map permits (and changes) the route.
    RouteMap(String),
    /// One prefix list permits the prefix, another one the advertising router.
    PrefixListAndGateway(Option<String>, String),
}

/// A distribute list of an interior protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributeList {
    /// The filter.
    pub filter: RouteFilter,
    /// Whether it filters what is learned; otherwise what is advertised.
    pub inbound: bool,
    /// Full name of the interface that it is limited to.
    pub interface: Option<String>,
    /// Source of redistribution that it is limited to (outbound only).
    pub source: Option<RouteSource>,
}
