//! IS-IS routers, their interfaces, adjacencies and shortest paths.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use super::Level;
use crate::analysis::goal::{bandwidth, lock};
use crate::analysis::hello::Hearing;
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::isis::{IsisLevel, IsisProcess, MetricStyle};
use crate::model::secret::Secret;
use crate::net::Ipv4Net;

/// Metric of interfaces that set none (ISO 10589 §12.2.4; Cisco IOS IP Routing: IS-IS command
/// reference, `isis metric`: 10).
const METRIC: u32 = 10;

/// Distances and first hops from one router to all others.
pub(in crate::analysis::goal) type Tree = BTreeMap<usize, (u32, BTreeSet<(InterfaceId, Ipv4Addr)>)>;

/// Every IS-IS process.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Routers<'a> {
    /// Processes.
    all: Vec<Node<'a>>,
    /// Processes by table.
    by_table: BTreeMap<TableId, Vec<usize>>,
    /// Shortest paths that were asked before.
    trees: Mutex<BTreeMap<(usize, Level), Arc<Tree>>>,
}

/// One process.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Node<'a> {
    /// Its settings.
    pub(in crate::analysis::goal) process: &'a IsisProcess,
    /// Table that it fills.
    pub(in crate::analysis::goal) table: TableId,
    /// Areas.
    areas: BTreeSet<String>,
    /// Interfaces that take part.
    pub(in crate::analysis::goal) links: Vec<Link>,
    /// Neighbors.
    neighbors: Vec<Neighbor>,
}

/// An interface that takes part.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Link {
    /// Interface.
    interface: InterfaceId,
    /// Subnet with its own address.
    pub(in crate::analysis::goal) net: Ipv4Net,
    /// Metric by level, where the interface takes part in it.
    metrics: [Option<u32>; 2],
    /// Whether it has no neighbors.
    passive: bool,
    /// Whether its subnet is announced.
    pub(in crate::analysis::goal) announced: bool,
    /// Whether it is a link of two, whatever it is made of.
    point_to_point: bool,
    /// Keys by level.
    keys: [Option<Secret>; 2],
}

/// A neighbor in one level.
#[derive(Debug)]
struct Neighbor {
    /// Its process.
    node: usize,
    /// The level.
    level: Level,
    /// Own interface.
    interface: InterfaceId,
    /// Its address.
    address: Ipv4Addr,
    /// Metric of the own interface.
    metric: u32,
}

impl Link {
    /// The metric in a level; none: it takes no part.
    pub(in crate::analysis::goal) fn metric(&self, level: Level) -> Option<u32> {
        let [one, two] = self.metrics;
        if level == 1 { one } else { two }
    }

    /// The key of a level.
    fn key(&self, level: Level) -> Option<Secret> {
        let [one, two] = self.keys;
        if level == 1 { one } else { two }
    }
}

impl Node<'_> {
    /// Whether the router takes part in a level.
    pub(in crate::analysis::goal) fn runs(&self, level: Level) -> bool {
        takes(self.process.level.as_ref().map(|at| at.value), level)
    }

    /// The form of its metrics.
    fn style(&self) -> MetricStyle {
        let usual = if self.process.wide_by_default {
            MetricStyle::Wide
        } else {
            MetricStyle::Narrow
        };
        self.process
            .metric_style
            .as_ref()
            .map_or(usual, |at| at.value)
    }

    /// The key of LSPs of a level.
    fn key(&self, level: Level) -> Option<Secret> {
        let [one, two] = &self.process.keys;
        let key = if level == 1 { one } else { two };
        key.as_ref().map(|at| at.value)
    }
}

/// Whether a setting includes a level; none includes both.
fn takes(setting: Option<IsisLevel>, level: Level) -> bool {
    match setting {
        Some(IsisLevel::One) => level == 1,
        Some(IsisLevel::Two) => level == 2,
        Some(IsisLevel::Both) | None => true,
    }
}

impl<'a> Routers<'a> {
    /// The processes of a world.
    pub(in crate::analysis::goal) fn new(world: &World<'a>, hearing: &mut Hearing) -> Self {
        let mut routers = Self::default();
        for table in world.table_ids() {
            let entry = world.table(table);
            let Some(device) = world.device(entry.device).device else {
                continue;
            };
            for (_, process) in device.isis_processes() {
                let down = process.shutdown.as_ref().is_some_and(|at| at.value);
                if process.vrf.as_deref() != entry.vrf.as_deref() || down {
                    continue;
                }
                let id = routers.all.len();
                routers.by_table.entry(table).or_default().push(id);
                routers.all.push(Node {
                    process,
                    table,
                    areas: process
                        .nets
                        .iter()
                        .filter_map(|at| area(&at.value))
                        .collect(),
                    links: links(world, table, process),
                    neighbors: Vec::new(),
                });
            }
        }
        routers.connect(world, hearing);
        routers
    }

    /// Finds who hears whom, by level.
    fn connect(&mut self, world: &World<'a>, hearing: &mut Hearing) {
        let mut segments: BTreeMap<Ipv4Net, Vec<(usize, usize)>> = BTreeMap::new();
        for (id, node) in self.all.iter().enumerate() {
            for (index, link) in node
                .links
                .iter()
                .enumerate()
                .filter(|(_, link)| !link.passive)
            {
                segments
                    .entry(link.net.trunc())
                    .or_default()
                    .push((id, index));
            }
        }
        let mut found = Vec::new();
        for segment in segments.values() {
            for near in segment {
                for far in segment.iter().filter(|far| far.0 != near.0) {
                    for level in [1, 2] {
                        found.extend(self.neighbor(world, *near, *far, level, hearing));
                    }
                }
            }
        }
        for (near, neighbor) in found {
            if let Some(node) = self.all.get_mut(near) {
                node.neighbors.push(neighbor);
            }
        }
    }

    /// The adjacency of two interfaces in a level, where they agree.
    fn neighbor(
        &self,
        world: &World<'_>,
        (near, link): (usize, usize),
        (far, their_link): (usize, usize),
        level: Level,
        hearing: &mut Hearing,
    ) -> Option<(usize, Neighbor)> {
        let (one, other) = (self.all.get(near)?, self.all.get(far)?);
        let (link, theirs) = (one.links.get(link)?, other.links.get(their_link)?);
        let metric = link.metric(level)?;
        theirs.metric(level)?;
        let ends = [link.interface, theirs.interface];
        let same_area = !one.areas.is_disjoint(&other.areas);
        let understood = one.style() == other.style()
            || one.style() == MetricStyle::Transition
            || other.style() == MetricStyle::Transition;
        let agree = one.runs(level)
            && other.runs(level)
            && (level == 2 || same_area)
            && understood
            && link.point_to_point == theirs.point_to_point
            && world.table(one.table).device != world.table(other.table).device
            && world.are_neighbors(link.interface, theirs.interface)
            && [
                (link.key(level), theirs.key(level)),
                (one.key(level), other.key(level)),
            ]
            .iter()
            .all(|(near, far)| hearing.shares(world, ends, [near, far]));
        agree.then(|| {
            (
                near,
                Neighbor {
                    node: far,
                    level,
                    interface: link.interface,
                    address: theirs.net.addr(),
                    metric,
                },
            )
        })
    }

    /// The processes of a table.
    pub(in crate::analysis::goal) fn of(&self, table: TableId) -> &[usize] {
        self.by_table.get(&table).map_or(&[], Vec::as_slice)
    }

    /// A process.
    pub(in crate::analysis::goal) fn node(&self, id: usize) -> Option<&Node<'a>> {
        self.all.get(id)
    }

    /// Whether a router of both levels has a way out of its area.
    pub(in crate::analysis::goal) fn is_attached(&self, id: usize) -> bool {
        let Some(node) = self.all.get(id) else {
            return false;
        };
        if let Some(attached) = &node.process.attached {
            return attached.value;
        }
        node.runs(1)
            && node.neighbors.iter().any(|neighbor| {
                let other = self.all.get(neighbor.node);
                neighbor.level == 2
                    && other.is_some_and(|other| other.areas.is_disjoint(&node.areas))
            })
    }

    /// Shortest paths from a router to all others of a level.
    pub(in crate::analysis::goal) fn tree(&self, from: usize, level: Level) -> Arc<Tree> {
        if let Some(known) = lock(&self.trees).get(&(from, level)) {
            return known.clone();
        }
        let tree = Arc::new(self.search(from, level));
        lock(&self.trees).insert((from, level), tree.clone());
        tree
    }

    /// A search from a router over adjacencies of a level.
    fn search(&self, from: usize, level: Level) -> Tree {
        let mut tree = Tree::from([(from, (0, BTreeSet::new()))]);
        let mut done = BTreeSet::new();
        let mut ahead = BinaryHeap::from([Reverse((0_u32, from))]);
        while let Some(Reverse((distance, id))) = ahead.pop() {
            let Some(node) = self.all.get(id).filter(|_| done.insert(id)) else {
                continue;
            };
            // An overloaded router is no transit (ISO 10589 §7.2.8.1).
            if id != from && node.process.overload.is_some() {
                continue;
            }
            let own = tree
                .get(&id)
                .map(|(_, hops)| hops.clone())
                .unwrap_or_default();
            for neighbor in node.neighbors.iter().filter(|one| one.level == level) {
                let sum = distance.saturating_add(neighbor.metric);
                let hops = if id == from {
                    BTreeSet::from([(neighbor.interface, neighbor.address)])
                } else {
                    own.clone()
                };
                match tree.get_mut(&neighbor.node) {
                    Some((known, _)) if *known < sum => {}
                    Some((known, before)) if *known == sum => before.extend(hops),
                    _ => {
                        tree.insert(neighbor.node, (sum, hops));
                        ahead.push(Reverse((sum, neighbor.node)));
                    }
                }
            }
        }
        tree
    }
}

/// The area of a network entity title: what stands before system id and selector.
fn area(net: &str) -> Option<String> {
    let digits: String = net.chars().filter(char::is_ascii_hexdigit).collect();
    // Six octets of system id and one of selector (ISO 10589 §7.1.1).
    let end = digits.len().checked_sub(14)?;
    digits.get(..end).map(str::to_ascii_lowercase)
}

/// The interfaces of a table that take part in a process.
fn links(world: &World<'_>, table: TableId, process: &IsisProcess) -> Vec<Link> {
    let device = world.table(table).device;
    let mut links = Vec::new();
    for id in world.interfaces_of(device) {
        let entry = world.interface(id);
        let Some(facet) = entry.facet.filter(|_| entry.up && entry.table == table) else {
            continue;
        };
        let named = facet
            .isis
            .process
            .as_ref()
            .is_some_and(|at| at.value == process.tag);
        // Some platforms advertise an interface that the process only names as passive.
        let listed = process.passive.named.contains_key(&facet.name);
        let off = facet.isis.shutdown.as_ref().is_some_and(|at| at.value);
        if off || !(named || listed) {
            continue;
        }
        let by_process = process.passive.contains(&facet.name);
        let loopback = facet.kind == InterfaceKind::Loopback;
        let passive =
            by_process || loopback || facet.isis.passive.as_ref().is_some_and(|at| at.value);
        let level = |level| {
            let runs = takes(process.level.as_ref().map(|at| at.value), level)
                && takes(facet.isis.level.as_ref().map(|at| at.value), level);
            runs.then(|| metric(world, process, id, facet, level, by_process))
        };
        let keys = facet
            .isis
            .keys
            .each_ref()
            .map(|key| key.as_ref().map(|at| at.value));
        for (net, _) in &entry.addresses {
            links.push(Link {
                interface: id,
                net: *net,
                metrics: [level(1), level(2)],
                passive,
                announced: passive || process.advertise_passive_only.is_none(),
                point_to_point: facet
                    .isis
                    .point_to_point
                    .as_ref()
                    .is_some_and(|at| at.value),
                keys,
            });
        }
    }
    links
}

/// The metric of an interface in a level.
fn metric(
    world: &World<'_>,
    process: &IsisProcess,
    id: InterfaceId,
    facet: &Interface,
    level: Level,
    by_process: bool,
) -> u32 {
    let of = |metrics: &[Option<crate::source::At<u32>>; 2]| {
        let [one, two] = metrics;
        let metric = if level == 1 { one } else { two };
        metric.as_ref().map(|at| at.value)
    };
    if let Some(metric) = of(&facet.isis.metric) {
        return metric;
    }
    // `passive-interface` of the process advertises without cost (same reference).
    if by_process {
        return 0;
    }
    if let Some(metric) = of(&process.default_metric) {
        return metric;
    }
    match process.reference_bandwidth {
        Some(_) if facet.kind == InterfaceKind::Loopback => 1,
        Some(megabits) => {
            let kilobits = bandwidth::of(world, id, facet).max(1);
            let metric = u64::from(megabits) * 1000 / kilobits;
            u32::try_from(metric.max(1)).unwrap_or(METRIC)
        }
        None => METRIC,
    }
}
