//! OSPF routers, their interfaces and adjacencies.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::choice::is_cost_open;
use super::hearing::{alike, elects, hears};
use super::internal::{Goal, Tree};
use super::links::{advertised, area_of, link};
use super::policies;
use super::{Hops, NodeId};
use crate::analysis::Symbol;
use crate::analysis::goal::exchange;
use crate::analysis::hello::{self, Facets};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::filter::Action;
use crate::model::ospf::{AreaKind, InterfaceOspf, NetworkType, OspfArea, OspfProcess};
use crate::model::route_policy::{PrefixList, RouteSource};
use crate::model::secret::{Secret, Shared as _};
use crate::net::Ipv4Net;

/// Cost of a link that is no transit (RFC 6987 §2: `MaxLinkMetric`).
pub(super) const MAX_LINK: u32 = 0xffff;

/// Adjacencies of all processes.
#[derive(Debug)]
pub struct Topology<'a> {
    /// Routers.
    pub(super) nodes: Vec<Node<'a>>,
    /// Routers of each table.
    by_table: BTreeMap<TableId, Vec<NodeId>>,
    /// Shortest paths that were asked before, by area and target.
    pub(super) trees: Mutex<FxHashMap<(u32, NodeId), Arc<Tree>>>,
    /// Goals that were solved before.
    pub(super) goals: Mutex<FxHashMap<Ipv4Net, Arc<Goal>>>,
    /// Costs of ranges by border, area and prefix; none where they are not active.
    pub(super) ranges: Mutex<FxHashMap<(NodeId, u32, Ipv4Net), Option<u32>>>,
    /// Paths to routers that announce prefixes from outside.
    pub(super) routers: Mutex<FxHashMap<NodeId, Arc<Goal>>>,
    /// Routers that join areas.
    pub(super) borders: Vec<NodeId>,
    /// Routers that may bring in prefixes from outside.
    pub(super) outward: Vec<NodeId>,
    /// Routers that exchange routes, by the smallest of each group.
    pub(super) groups: BTreeMap<NodeId, NodeId>,
    /// Groups in which costs decide between paths.
    choosing: BTreeSet<NodeId>,
    /// Filters that routers hear each other through.
    pub(in crate::analysis) filters: Arc<Facets>,
    /// Areas that a virtual link passes.
    pub(super) transit: BTreeSet<u32>,
    /// Prefixes of interfaces that take part: router, area, cost.
    pub(super) originated: BTreeMap<Ipv4Net, Vec<(NodeId, u32, u32)>>,
}

/// One router.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The process.
    pub(super) process: &'a OspfProcess,
    /// Route table that it fills.
    pub(super) table: TableId,
    /// Router id.
    pub(super) router_id: Ipv4Addr,
    /// Interfaces that take part.
    pub(super) links: Vec<Link<'a>>,
    /// Areas with an interface.
    pub(super) areas: BTreeSet<u32>,
    /// Adjacencies by area: neighbor, its address, own interface, cost towards it.
    pub(super) adjacent: BTreeMap<u32, Vec<Adjacency>>,
    /// Filters of what enters (`true`) or leaves areas.
    pub(super) lists: BTreeMap<(u32, bool), &'a PrefixList>,
    /// What is not modeled of the process.
    pub(super) doubts: Vec<Symbol>,
    /// Costs that no text tells; they matter where there is a choice between paths.
    costs: Vec<Symbol>,
}

/// An adjacency as seen from one end.
#[derive(Debug, Clone)]
pub(super) struct Adjacency {
    /// The other router.
    pub(super) neighbor: NodeId,
    /// Own interface and address behind it; over a virtual link all that the way begins with.
    pub(super) hops: Hops,
    /// Cost of the own interface, or of the way.
    pub(super) cost: u32,
}

/// An interface that takes part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    /// Interface.
    pub(super) interface: InterfaceId,
    /// Its subnet with its own address.
    pub(super) net: Ipv4Net,
    /// Area.
    pub(super) area: u32,
    /// Cost.
    pub(super) cost: u32,
    /// Network type.
    pub(super) network: NetworkType,
    /// Whether it sends no hellos.
    pub(super) passive: bool,
    /// Settings.
    pub(super) settings: &'a InterfaceOspf,
    /// MTU.
    pub(super) mtu: u32,
}

impl Node<'_> {
    /// Whether the router joins areas: it has interfaces in the backbone and elsewhere
    /// (RFC 3509 §2.1, as Cisco routers do).
    pub(super) fn is_border(&self) -> bool {
        self.areas.len() > 1 && self.areas.contains(&0)
    }

    /// Whether the router is a border with a neighbor in the backbone.
    pub(super) fn hears_backbone(&self) -> bool {
        self.is_border() && self.adjacent.contains_key(&0)
    }

    /// Whether the router may bring in prefixes from outside.
    pub(super) fn is_outward(&self) -> bool {
        !self.process.redistribute.is_empty()
            || self.process.default_originate.is_some()
            || self.process.areas.values().any(OspfArea::is_nssa)
    }

    /// Whether the filters of an area let a prefix enter it (`true`) or leave it.
    pub(super) fn lets(&self, area: u32, enter: bool, prefix: Ipv4Net) -> bool {
        self.lists.get(&(area, enter)).is_none_or(|list| {
            let line = list.decide(prefix);
            line.is_some_and(|line| line.action == Action::Permit)
        })
    }

    /// The kind of an area as this router is configured.
    pub(super) fn area_kind(&self, area: u32) -> Option<AreaKind> {
        let area = self.process.areas.get(&area)?;
        area.kind.as_ref().map(|kind| kind.value)
    }
}

impl<'a> Topology<'a> {
    /// Routers and adjacencies of a world.
    pub(in crate::analysis) fn new(world: &World<'a>) -> Self {
        let mut topology = Self {
            nodes: Vec::new(),
            by_table: BTreeMap::new(),
            trees: Mutex::default(),
            goals: Mutex::default(),
            ranges: Mutex::default(),
            routers: Mutex::default(),
            borders: Vec::new(),
            outward: Vec::new(),
            groups: BTreeMap::new(),
            choosing: BTreeSet::new(),
            filters: Arc::default(),
            transit: BTreeSet::new(),
            originated: BTreeMap::new(),
        };
        for table in world.table_ids() {
            let mut taken = BTreeSet::new();
            for process in &world.table(table).ospf {
                let node = Self::node(world, table, process, &mut taken);
                let id = NodeId::try_from(topology.nodes.len()).unwrap_or(NodeId::MAX);
                topology.by_table.entry(table).or_default().push(id);
                topology.nodes.push(node);
            }
        }
        topology.connect(world);
        topology.originate();
        topology.link_virtually();
        topology.group();
        topology.doubt_twins(world);
        topology.borders = topology.ids_where(Node::is_border);
        topology.outward = topology.ids_where(Node::is_outward);
        topology.choosing = topology.choosing();
        topology
    }

    /// Notes what each router announces of its interfaces.
    fn originate(&mut self) {
        for (id, node) in (0..).zip(&self.nodes) {
            for link in &node.links {
                let neighbors = node.adjacent.get(&link.area).into_iter().flatten();
                let is_transit = neighbors
                    .flat_map(|adjacency| &adjacency.hops)
                    .any(|(interface, _)| *interface == link.interface);
                let (prefix, cost) = advertised(node.process, link, is_transit);
                let list = self.originated.entry(prefix).or_default();
                list.push((id, link.area, cost));
            }
        }
    }

    /// A router with its interfaces; an interface belongs to the first process that takes it.
    fn node(
        world: &World<'a>,
        table: TableId,
        process: &'a OspfProcess,
        taken: &mut BTreeSet<InterfaceId>,
    ) -> Node<'a> {
        let device = world.table(table).device;
        let mut links = Vec::new();
        for id in world.interfaces_of(device) {
            let entry = world.interface(id);
            if !entry.up || entry.table != table || taken.contains(&id) {
                continue;
            }
            let Some(facet) = entry.facet else {
                continue;
            };
            let off = facet.ospf.shutdown.as_ref().is_some_and(|at| at.value);
            for (net, _) in &entry.addresses {
                if let Some(area) = area_of(process, facet, *net)
                    && !off
                {
                    taken.insert(id);
                    links.push(link(world, process, id, facet, *net, area));
                }
            }
        }
        let sources = process
            .redistribute
            .iter()
            .map(|at| &at.value.source)
            .filter(|source| matches!(source, RouteSource::Other(_)))
            .map(|source| format!("redistribution of {source}"));
        let (lists, lost) = policies::area_lists(world, table, process);
        let doubts: Vec<Symbol> = process
            .unread
            .iter()
            .cloned()
            .chain(sources)
            .chain(lost)
            .map(|what| {
                format!(
                    "{} ospf {}: {what} is not modeled",
                    world.device(device).name,
                    process.id
                )
            })
            .map(Symbol::Undecided)
            .chain(policies::holes(world, device, process))
            .collect();
        let name = &world.device(device).name;
        let costs = links
            .iter()
            .filter(|link| process.costs_by_speed && is_cost_open(world, link))
            .filter_map(|link| world.interface(link.interface).facet)
            .map(|facet| {
                let what = "follows from the speed of its hardware, which no file tells";
                format!("{name}: the OSPF cost of {} {what}", facet.name)
            })
            .map(Symbol::Undecided)
            .collect();
        Node {
            process,
            table,
            costs,
            router_id: router_id(world, table, process),
            areas: links.iter().map(|link: &Link<'_>| link.area).collect(),
            links,
            adjacent: BTreeMap::new(),
            lists,
            doubts,
        }
    }

    /// Finds who hears whom.
    fn connect(&mut self, world: &World<'_>) {
        let mut segments: BTreeMap<Ipv4Net, Vec<(NodeId, Link<'a>)>> = BTreeMap::new();
        for (id, node) in (0..).zip(&self.nodes) {
            for link in node.links.iter().filter(|link| !link.passive) {
                segments
                    .entry(link.net.trunc())
                    .or_default()
                    .push((id, *link));
            }
        }
        let mut found = Vec::new();
        let mut filters = Facets::new();
        let mut doubts = Vec::new();
        for segment in segments.values().chain(&self.apart(world)) {
            for (near, link) in segment {
                for (far, other) in segment {
                    if near != far
                        && world.are_neighbors(link.interface, other.interface)
                        && self.agree(world, (*near, link), (*far, other))
                        && elects(segment, link)
                        && self.names((*near, link), (*far, other))
                    {
                        let ways = [(link, other), (other, link)]
                            .map(|(near, far)| hears(world, near, far, &mut filters));
                        let denied = ways.iter().any(|heard| heard.denied);
                        let symbols = ways.into_iter().flat_map(|heard| heard.symbols);
                        doubts.extend(symbols.map(|symbol| (*near, symbol)));
                        let keys = self.keys((*near, link), (*far, other));
                        if denied || keys == Some(false) {
                            continue;
                        }
                        if keys.is_none() {
                            let ends = [link.interface, other.interface];
                            doubts.push((*near, hello::same_key(world, ends)));
                        }
                        found.push((
                            *near,
                            link.area,
                            Adjacency {
                                neighbor: *far,
                                hops: Hops::from([(link.interface, other.net.addr())]),
                                cost: self.transit_cost(*near, link),
                            },
                        ));
                    }
                }
            }
        }
        policies::filters(world, self, &mut filters);
        self.filters = Arc::new(filters);
        for (near, symbol) in doubts {
            if let Some(node) = self.nodes.get_mut(near as usize)
                && !node.doubts.contains(&symbol)
            {
                node.doubts.push(symbol);
            }
        }
        for (near, area, adjacency) in found {
            if let Some(node) = self.nodes.get_mut(near as usize) {
                node.adjacent.entry(area).or_default().push(adjacency);
            }
        }
    }

    /// Whether routers on a network without broadcasts know of each other: one of them names the
    /// other (RFC 2328 §9.5.1, appendix C.5).
    fn names(&self, one: (NodeId, &Link<'_>), other: (NodeId, &Link<'_>)) -> bool {
        let named = |near: NodeId, far: &Link<'_>| {
            let process = self.process(near);
            process.is_some_and(|process| process.neighbors.contains_key(&far.net.addr()))
        };
        one.1.network != NetworkType::NonBroadcast || named(one.0, other.1) || named(other.0, one.1)
    }

    /// Cost of a link to other routers.
    fn transit_cost(&self, node: NodeId, link: &Link<'_>) -> u32 {
        let avoided = self
            .process(node)
            .is_some_and(|process| process.max_metric.is_some());
        if avoided { MAX_LINK } else { link.cost }
    }

    /// Whether two routers become neighbors (RFC 2328 §10.5, §10.6) and describe their link alike.
    fn agree(
        &self,
        world: &World<'_>,
        one: (NodeId, &Link<'_>),
        other: (NodeId, &Link<'_>),
    ) -> bool {
        let (Some(near), Some(far)) = (self.node_of(one.0), self.node_of(other.0)) else {
            return false;
        };
        let (link, peer) = (one.1, other.1);
        let area = link.area;
        let timers = |link: &Link<'_>| {
            // Cisco IOS IP Routing: OSPF command reference, `ip ospf hello-interval`: 10 s, on
            // non-broadcast types 30 s; `dead-interval`: four times that.
            let slow = matches!(
                link.network,
                NetworkType::NonBroadcast | NetworkType::PointToMultipoint
            );
            let hello = link
                .settings
                .hello
                .as_ref()
                .map_or(if slow { 30 } else { 10 }, |at| at.value);
            let dead = link
                .settings
                .dead
                .as_ref()
                .map_or(hello.saturating_mul(4), |at| at.value);
            (hello, dead)
        };
        let stub = |node: &Node<'_>| match node.area_kind(area) {
            None => 0_u8,
            Some(AreaKind::Stub { .. }) => 1,
            Some(AreaKind::Nssa { .. }) => 2,
        };
        let ignores_mtu =
            |link: &Link<'_>| link.settings.mtu_ignore.as_ref().is_some_and(|at| at.value);
        let mtu = link.mtu == peer.mtu || (ignores_mtu(link) && ignores_mtu(peer)) || {
            // A router refuses what is larger than its own MTU (RFC 2328 §10.6).
            let refuses =
                |own: &Link<'_>, theirs: &Link<'_>| theirs.mtu > own.mtu && !ignores_mtu(own);
            !refuses(link, peer) && !refuses(peer, link)
        };
        area == peer.area
            && (link.net.prefix_len() == peer.net.prefix_len()
                || link.network == NetworkType::PointToPoint)
            && (near.router_id != far.router_id || near.table == far.table)
            && world.table(near.table).device != world.table(far.table).device
            && timers(link) == timers(peer)
            && stub(near) == stub(far)
            && mtu
            && alike(link.network, peer.network)
    }

    /// Whether two routers sign their packets alike; none: their texts do not tell.
    fn keys(&self, one: (NodeId, &Link<'_>), other: (NodeId, &Link<'_>)) -> Option<bool> {
        let (Some(near), Some(far)) = (self.node_of(one.0), self.node_of(other.0)) else {
            return Some(false);
        };
        authentication(near, one.1).shared(&authentication(far, other.1))
    }

    /// A router.
    pub(super) fn node_of(&self, node: NodeId) -> Option<&Node<'a>> {
        self.nodes.get(node as usize)
    }

    /// The process of a router.
    pub(super) fn process(&self, node: NodeId) -> Option<&'a OspfProcess> {
        self.node_of(node).map(|node| node.process)
    }

    /// Routers that fill a table.
    pub(super) fn nodes_of(&self, table: TableId) -> &[NodeId] {
        self.by_table.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Routers that meet a condition.
    fn ids_where(&self, wanted: impl Fn(&Node<'a>) -> bool) -> Vec<NodeId> {
        let nodes = (0..).zip(&self.nodes).filter(|(_, node)| wanted(node));
        nodes.map(|(id, _)| id).collect()
    }

    /// Every router.
    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        0..NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX)
    }

    /// What is not modeled of the processes that a router exchanges routes with, in any area.
    pub(super) fn doubts(&self, node: NodeId) -> impl Iterator<Item = Symbol> + '_ {
        (0..)
            .zip(&self.nodes)
            .filter(move |(other, one)| {
                !(one.doubts.is_empty() && one.costs.is_empty()) && self.exchange(node, *other)
            })
            .flat_map(move |(other, one)| {
                let chooses = self
                    .groups
                    .get(&other)
                    .is_some_and(|group| self.choosing.contains(group));
                let costs = one.costs.iter().filter(move |_| chooses);
                one.doubts.iter().chain(costs).cloned()
            })
    }

    /// Notes routers that hear of each other and have one router id, so that each takes back what
    /// the other says of itself (RFC 2328 §13.4): which routes that leaves nobody can say.
    fn doubt_twins(&mut self, world: &World<'_>) {
        let mut by_id: BTreeMap<(Ipv4Addr, Option<NodeId>), Vec<NodeId>> = BTreeMap::new();
        for (id, node) in (0..).zip(&self.nodes) {
            let key = (node.router_id, self.groups.get(&id).copied());
            by_id.entry(key).or_default().push(id);
        }
        for ((router_id, _), twins) in by_id {
            let devices: BTreeSet<&str> = twins
                .iter()
                .filter_map(|id| self.node_of(*id))
                .map(|node| &*world.device(world.table(node.table).device).name)
                .collect();
            if devices.len() < 2 {
                continue;
            }
            let names: Vec<&str> = devices.into_iter().collect();
            let reason = format!(
                "which routes OSPF has while {} have the router id {router_id}",
                names.join(" and ")
            );
            for id in twins {
                if let Some(node) = self.nodes.get_mut(id as usize) {
                    node.doubts.push(Symbol::Undecided(reason.clone()));
                }
            }
        }
    }

    /// Whether two routers hear of each other, over any number of others.
    pub(super) fn exchange(&self, one: NodeId, other: NodeId) -> bool {
        self.groups.get(&one) == self.groups.get(&other)
    }

    /// Finds the groups of routers that exchange routes.
    fn group(&mut self) {
        for first in self.ids() {
            if self.groups.contains_key(&first) {
                continue;
            }
            let mut ahead = vec![first];
            while let Some(next) = ahead.pop() {
                if self.groups.insert(next, first).is_some() {
                    continue;
                }
                let adjacent = self.node_of(next).map(|node| &node.adjacent);
                let lists = adjacent.into_iter().flat_map(BTreeMap::values);
                ahead.extend(
                    lists
                        .flatten()
                        .map(|adjacency| adjacency.neighbor)
                        .filter(|id| !self.groups.contains_key(id)),
                );
            }
        }
    }
}

/// Type of authentication with the keys that it uses.
fn authentication(node: &Node<'_>, link: &Link<'_>) -> (u8, Vec<(u8, Secret)>) {
    let area = node.process.areas.get(&link.area);
    let kind = link
        .settings
        .authentication
        .as_ref()
        .or_else(|| area.and_then(|area| area.authentication.as_ref()))
        .map_or(0, |at| at.value);
    // 0 none, 1 simple, 2 cryptographic (RFC 2328 appendix D).
    let keys = link.settings.keys.iter().filter(|(id, _)| match kind {
        0 => false,
        1 => **id == 0,
        _ => **id != 0,
    });
    (kind, keys.map(|(id, at)| (*id, at.value)).collect())
}

/// Router id: configured, else the highest loopback address, else the highest address (Cisco IOS
/// IP Routing: OSPF configuration guide, "router ID").
fn router_id(world: &World<'_>, table: TableId, process: &OspfProcess) -> Ipv4Addr {
    if let Some(id) = &process.router_id {
        return id.value;
    }
    exchange::highest_address(world, table)
}
