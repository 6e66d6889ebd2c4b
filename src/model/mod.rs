//! Devices as facets, vendor-neutral, with holes where text was not understood.
//!
//! A facet is what some statements of a device add up to: an interface, an ACL, a DHCP scope.
//! Facets stand behind `Arc`, so that unchanged ones are shared and a counterfactual swaps one.
//! Values of facets compare without their statements' places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::source::{File, FileId, Span, StatementRef};
use crate::syntax::{Effect, Statement};

pub mod aaa;
pub mod bgp;
pub mod dhcp;
pub mod dns;
pub mod draft;
pub mod eigrp;
pub mod filter;
pub mod interface;
pub mod isis;
pub mod nat;
pub mod ospf;
pub mod packet_filter;
pub mod passive;
pub mod rip;
pub mod route;
pub mod route_policy;
pub mod secret;
pub mod snooping;
pub mod track;
pub mod vxlan;
pub mod zone;

/// What kind of thing a facet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetKind {
    /// Settings of the whole device (host name, forwarding on or off).
    System,
    /// One interface, named in full.
    Interface,
    /// One VLAN, named by its number.
    Vlan,
    /// One VRF.
    Vrf,
    /// One ACL.
    Acl,
    /// One group of addresses or services.
    ObjectGroup,
    /// The static routes to one prefix, named `vrf prefix`.
    StaticRoute,
    /// One OSPF process, named by its number.
    Ospf,
    /// One route map.
    RouteMap,
    /// One prefix list.
    PrefixList,
    /// One list over AS paths.
    AsPathList,
    /// One list over communities.
    CommunityList,
    /// One BGP process, named by its number.
    Bgp,
    /// One EIGRP process, named `vrf number`.
    Eigrp,
    /// One IS-IS process, named by its tag.
    Isis,
    /// RIP in one VRF, named by it (`-` for the default one).
    Rip,
    /// One tracked object.
    Track,
    /// One key chain.
    KeyChain,
    /// The tables and chains of a Linux packet filter.
    PacketFilter,
    /// Address translation.
    Nat,
    /// One zone of a firewall.
    Zone,
    /// What happens between two zones.
    ZonePair,
    /// One class of packets for policies.
    ClassMap,
    /// What is done with classes of packets.
    PolicyMap,
    /// Rules that open the way for replies.
    Inspection,
    /// Settings of a stateful firewall.
    Firewall,
    /// One DHCP scope.
    DhcpScope,
    /// Settings of a DHCP server outside its scopes.
    DhcpServer,
    /// One DNS zone, named by its origin.
    DnsZone,
    /// Settings of a name server.
    DnsServer,
    /// RADIUS servers and groups, 802.1X.
    Aaa,
    /// Network time.
    Ntp,
}

/// Names one facet of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FacetKey {
    /// Its kind.
    pub kind: FacetKind,
    /// Its name within the kind; empty where there is only one.
    pub name: Arc<str>,
}

impl FacetKey {
    /// The key of the facet `name` of this kind.
    pub fn new(kind: FacetKind, name: impl AsRef<str>) -> Self {
        Self {
            kind,
            name: name.as_ref().into(),
        }
    }
}

/// What statements add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "interfaces are nine facets of ten, and each facet is behind an Arc"
)]
pub enum Facet {
    /// [`FacetKind::System`].
    System(System),
    /// [`FacetKind::Interface`].
    Interface(interface::Interface),
    /// [`FacetKind::Vlan`].
    Vlan(interface::Vlan),
    /// [`FacetKind::Vrf`].
    Vrf(route::Vrf),
    /// [`FacetKind::Acl`].
    Acl(filter::Acl),
    /// [`FacetKind::ObjectGroup`].
    ObjectGroup(filter::ObjectGroup),
    /// [`FacetKind::StaticRoute`].
    StaticRoute(route::StaticRoutes),
    /// [`FacetKind::Ospf`].
    Ospf(ospf::OspfProcess),
    /// [`FacetKind::RouteMap`].
    RouteMap(route_policy::RouteMap),
    /// [`FacetKind::PrefixList`].
    PrefixList(route_policy::PrefixList),
    /// [`FacetKind::AsPathList`].
    AsPathList(route_policy::AsPathList),
    /// [`FacetKind::CommunityList`].
    CommunityList(route_policy::CommunityList),
    /// [`FacetKind::Bgp`].
    Bgp(bgp::BgpProcess),
    /// [`FacetKind::Eigrp`].
    Eigrp(eigrp::EigrpProcess),
    /// [`FacetKind::Isis`].
    Isis(isis::IsisProcess),
    /// [`FacetKind::Rip`].
    Rip(rip::RipProcess),
    /// [`FacetKind::Track`].
    Track(track::Track),
    /// [`FacetKind::KeyChain`].
    KeyChain(track::KeyChain),
    /// [`FacetKind::PacketFilter`].
    PacketFilter(packet_filter::PacketFilter),
    /// [`FacetKind::Nat`].
    Nat(nat::Nat),
    /// [`FacetKind::Zone`].
    Zone(zone::Zone),
    /// [`FacetKind::ZonePair`].
    ZonePair(zone::ZonePair),
    /// [`FacetKind::ClassMap`].
    ClassMap(zone::ClassMap),
    /// [`FacetKind::PolicyMap`].
    PolicyMap(zone::PolicyMap),
    /// [`FacetKind::Inspection`].
    Inspection(zone::Inspection),
    /// [`FacetKind::Firewall`].
    Firewall(zone::Firewall),
    /// [`FacetKind::DhcpScope`].
    DhcpScope(dhcp::DhcpScope),
    /// [`FacetKind::DhcpServer`].
    DhcpServer(dhcp::DhcpServer),
    /// [`FacetKind::DnsZone`].
    DnsZone(dns::DnsZone),
    /// [`FacetKind::DnsServer`].
    DnsServer(dns::DnsServer),
    /// [`FacetKind::Aaa`].
    Aaa(aaa::Aaa),
    /// [`FacetKind::Ntp`].
    Ntp(aaa::Ntp),
}

impl Facet {
    /// Whether two facets differ at most in notes: a description, from which links may be inferred
    /// but which does nothing itself, and the name of a VLAN.
    pub fn means_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Interface(one), Self::Interface(other)) => {
                let bare = |interface: &interface::Interface| interface::Interface {
                    description: None,
                    ..interface.clone()
                };
                bare(one) == bare(other)
            }
            (Self::Vlan(one), Self::Vlan(other)) => {
                one.id == other.id
                    && one.shutdown == other.shutdown
                    && one.network_identifier == other.network_identifier
            }
            _ => self == other,
        }
    }
}

/// Settings of the whole device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct System {
    /// Host name as configured.
    pub hostname: Option<crate::source::At<String>>,
    /// Whether it forwards packets between interfaces; `None` where the text does not say and the
    /// dialect's default holds.
    pub forwarding: Option<crate::source::At<bool>>,
    /// What the operating system does where no file says; `None`: it forwards if it has routes.
    pub forwards_untold: Option<bool>,
    /// Whether its route table names the interface alone in a route to the very neighbor that is the
    /// next hop.
    pub hides_neighbors: bool,
    /// Whether a next hop may be reached by the default route; `None`: it may.
    pub resolves_by_default: Option<crate::source::At<bool>>,
    /// Default gateway of a device that does not forward.
    pub default_gateway: Option<crate::source::At<std::net::Ipv4Addr>>,
    /// Whether the device acts as a DHCP relay and server at all (`no service dhcp`).
    pub dhcp_service: Option<crate::source::At<bool>>,
    /// Whether spanning tree takes access ports for ones that lead to no bridge.
    pub edge_ports: Option<crate::source::At<bool>>,
    /// Whether it runs the rapid form of spanning tree; `None` where the text does not say.
    pub rapid_tree: Option<crate::source::At<bool>>,
    /// Its priorities to be the root of the spanning trees of VLANs; later ones win.
    pub tree_priorities: Vec<(crate::net::VlanSet, crate::source::At<u32>)>,
    /// Hardware address by which it answers for addresses that it shares with others.
    pub virtual_mac: Option<crate::source::At<String>>,
    /// What it does to DHCP on ports that it does not trust.
    pub snooping: snooping::Snooping,
    /// Seconds after which a session of TCP that it inspects is forgotten while it is idle.
    pub sessions_idle_s: Option<crate::source::At<u64>>,
    /// The same of a session of TCP that it translates.
    pub translations_idle_s: Option<crate::source::At<u64>>,
    /// Which of its own addresses its route table lists as hosts beside their subnets; `None`: those
    /// whose subnet is more than the address.
    pub listed_addresses: Option<ListedAddresses>,
}

/// Which of a device's own addresses its route table lists as hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedAddresses {
    /// All of them.
    All,
    /// None.
    None,
}

/// An unread statement and what it could do at worst.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hole {
    /// The statement.
    pub at: StatementRef,
    /// The worst effect.
    pub effect: Effect,
    /// The facet it bears on; `None` for the whole device.
    pub facet: Option<FacetKey>,
    /// Where in an ordered facet it stands (sequence of an ACL line), else 0.
    pub position: u32,
    /// The statement's key: equal holes of two snapshots are one shared unknown.
    pub key: u64,
}

/// One device, or one member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// Lower-case host name: from the text, else from the file's place.
    pub name: String,
    /// Id of the dialects its files are written in, first the main one.
    pub dialects: Vec<&'static str>,
    /// Its files.
    pub files: Vec<FileId>,
    /// What its text says.
    pub facets: BTreeMap<FacetKey, Arc<Facet>>,
    /// What its text says that was not understood.
    pub holes: Vec<Hole>,
    /// Name shared by the members of a failover pair or stack.
    pub cluster: Option<String>,
}

/// Generates a typed accessor for one facet kind.
macro_rules! accessor {
    ($(#[$doc:meta])* $one:ident, $many:ident, $kind:ident, $type:ty) => {
        $(#[$doc])*
        pub fn $one(&self, name: &str) -> Option<&$type> {
            match self.facets.get(&FacetKey::new(FacetKind::$kind, name)).map(|facet| &**facet) {
                Some(Facet::$kind(value)) => Some(value),
                _ => None,
            }
        }

        /// All facets of this kind with their keys, in order of name.
        pub fn $many(&self) -> impl Iterator<Item = (&FacetKey, &$type)> {
            let first = FacetKey::new(FacetKind::$kind, "");
            self.facets
                .range(first..)
                .take_while(|(key, _)| key.kind == FacetKind::$kind)
                .filter_map(|(key, facet)| match &**facet {
                    Facet::$kind(value) => Some((key, &*value)),
                    _ => None,
                })
        }
    };
}

impl Device {
    accessor!(/// Settings of the whole device (name it "").
        system, systems, System, System);
    accessor!(/// An interface by its full name.
        interface, interfaces, Interface, interface::Interface);
    accessor!(/// A VLAN by its number.
        vlan, vlans, Vlan, interface::Vlan);
    accessor!(/// A VRF by name.
        vrf, vrfs, Vrf, route::Vrf);
    accessor!(/// An ACL by name or number.
        acl, acls, Acl, filter::Acl);
    accessor!(/// An object group by name.
        object_group, object_groups, ObjectGroup, filter::ObjectGroup);
    accessor!(/// The static routes to one prefix, named `vrf prefix`.
        static_route, static_routes, StaticRoute, route::StaticRoutes);
    accessor!(/// An OSPF process by number.
        ospf, ospfs, Ospf, ospf::OspfProcess);
    accessor!(/// A route map by name.
        route_map, route_maps, RouteMap, route_policy::RouteMap);
    accessor!(/// A prefix list by name.
        prefix_list, prefix_lists, PrefixList, route_policy::PrefixList);
    accessor!(/// A list over AS paths by name.
        as_path_list, as_path_lists, AsPathList, route_policy::AsPathList);
    accessor!(/// A list over communities by name.
        community_list, community_lists, CommunityList, route_policy::CommunityList);
    accessor!(/// A BGP process by number.
        bgp, bgps, Bgp, bgp::BgpProcess);
    accessor!(/// An EIGRP process by `vrf number`.
        eigrp, eigrps, Eigrp, eigrp::EigrpProcess);
    accessor!(/// An IS-IS process by tag.
        isis, isis_processes, Isis, isis::IsisProcess);
    accessor!(/// RIP by VRF.
        rip, rips, Rip, rip::RipProcess);
    accessor!(/// A tracked object by name.
        track, tracks, Track, track::Track);
    accessor!(/// A key chain by name.
        key_chain, key_chains, KeyChain, track::KeyChain);
    accessor!(/// The Linux packet filter (name it "").
        packet_filter, packet_filters, PacketFilter, packet_filter::PacketFilter);
    accessor!(/// Address translation (name it "").
        nat, nats, Nat, nat::Nat);
    accessor!(/// A zone by name.
        zone, zones, Zone, zone::Zone);
    accessor!(/// A pair of zones by name.
        zone_pair, zone_pairs, ZonePair, zone::ZonePair);
    accessor!(/// A class of packets by name.
        class_map, class_maps, ClassMap, zone::ClassMap);
    accessor!(/// A policy map by name.
        policy_map, policy_maps, PolicyMap, zone::PolicyMap);
    accessor!(/// Inspection rules by name.
        inspection, inspections, Inspection, zone::Inspection);
    accessor!(/// Settings of a stateful firewall (name it "").
        firewall, firewalls, Firewall, zone::Firewall);
    accessor!(/// A DHCP scope by name.
        dhcp_scope, dhcp_scopes, DhcpScope, dhcp::DhcpScope);
    accessor!(/// DHCP server settings (name it "").
        dhcp_server, dhcp_servers, DhcpServer, dhcp::DhcpServer);
    accessor!(/// A DNS zone by origin.
        dns_zone, dns_zones, DnsZone, dns::DnsZone);
    accessor!(/// Name server settings (name it "").
        dns_server, dns_servers, DnsServer, dns::DnsServer);
    accessor!(/// RADIUS and 802.1X settings (name it "").
        aaa, aaas, Aaa, aaa::Aaa);
    accessor!(/// Network time (name it "").
        ntp, ntps, Ntp, aaa::Ntp);
}

/// What one file's text says, as a dialect reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Statements, which partition the file.
    pub statements: Vec<Statement>,
    /// For each statement that was lowered, the facets it contributes to (statement index, index
    /// into `facet_keys`), in ascending order.
    pub contributions: Vec<(u32, u32)>,
    /// The facets that `contributions` point to; all keys of `facets`, and keys of facets that the
    /// text removes or refers to.
    pub facet_keys: Vec<FacetKey>,
    /// The facets.
    pub facets: BTreeMap<FacetKey, Arc<Facet>>,
    /// The holes.
    pub holes: Vec<Hole>,
    /// Byte spans that hold secrets, ascending, also in statements that were not understood.
    pub secrets: Vec<Span>,
    /// What could not be read, and why.
    pub diagnostics: Vec<Diagnostic>,
    /// Host name that the text gives.
    pub hostname: Option<String>,
    /// Whether the text ends before its closing statement.
    pub truncated: bool,
}

impl Reading {
    /// The facets that a statement contributes to.
    pub fn facets_of(&self, statement: u32) -> impl Iterator<Item = &FacetKey> {
        let from = self
            .contributions
            .partition_point(|(index, _)| *index < statement);
        self.contributions
            .get(from..)
            .unwrap_or(&[])
            .iter()
            .take_while(move |(index, _)| *index == statement)
            .filter_map(|(_, key)| self.facet_keys.get(*key as usize))
    }
}

/// Something about text that could not be fully read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The statement, where there is one.
    pub at: Option<StatementRef>,
    /// Lowercase fragment, no period.
    pub message: String,
}

/// A cable or an adjacency between two interfaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// One end: device and full interface name.
    pub a: (String, String),
    /// The other end.
    pub b: (String, String),
    /// How it is known.
    pub evidence: LinkEvidence,
}

/// How a link is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkEvidence {
    /// Declared in `layer1_topology.json`.
    Declared,
    /// Both descriptions name the other end.
    BothDescriptions,
    /// One description names the other end.
    OneDescription,
    /// The two ends are the only members of one subnet.
    Subnet,
}

/// One network at one moment: all that a snapshot says.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Devices by name; a cluster's members carry `name#1`, `name#2`.
    pub devices: BTreeMap<String, Arc<Device>>,
    /// Links, declared or inferred.
    pub links: Vec<Link>,
    /// Every file with its reading, by id.
    pub files: BTreeMap<FileId, Arc<SourceFile>>,
    /// Devices, links and services that are down in this state.
    pub down: BTreeSet<Down>,
}

/// Something that is down in a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Down {
    /// A device, by name.
    Device(String),
    /// A link, by one of its ends.
    Link(String, String),
    /// A service of the site file, by id.
    Service(String),
}

/// A file and what its text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The text.
    pub file: File,
    /// Id of the dialect that read it.
    pub dialect: &'static str,
    /// Name of the device it belongs to.
    pub device: String,
    /// What it says.
    pub reading: Reading,
}
