//! OSPF version 2 (RFC 2328), solved per goal.
//!
//! Adjacencies are found once; a goal is spread from the routers that originate it: within areas,
//! through the backbone, then as external paths. Vendor defaults are Cisco IOS's.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::{Asked, NextHop, Protocol, Route};
use crate::analysis::Symbol;
use crate::analysis::goal::exchange::policy::{Judge, Subject};
use crate::analysis::hello::Facets;
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::ospf::OspfProcess;
use crate::model::route_policy::RouteSource;
use crate::net::Ipv4Net;
use crate::source::StatementRef;

mod choice;
mod default_route;
mod external;
mod hearing;
mod internal;
mod links;
mod policies;
mod range;
mod table_route;
#[cfg(test)]
mod tests;
mod topology;
mod virtual_link;

pub use topology::Topology;

/// Distance of routes whose process sets none (Cisco IOS IP Routing: OSPF command reference,
/// `distance ospf`: 110 for each kind).
const DISTANCE: u8 = 110;
/// Equal paths that a process uses where it sets no number (Cisco IOS IP Routing: OSPF command
/// reference, `maximum-paths`: four).
const MAXIMUM_PATHS: u32 = 4;

/// Kinds of paths, best first (RFC 2328 §11; RFC 3101 §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// Within the area.
    IntraArea,
    /// Through the backbone.
    InterArea,
    /// External, type 1.
    External1,
    /// External of a not-so-stubby area, type 1.
    Nssa1,
    /// External, type 2.
    External2,
    /// External of a not-so-stubby area, type 2.
    Nssa2,
}

impl PathKind {
    /// Its name in route tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::IntraArea => "ospf",
            Self::InterArea => "ospf-ia",
            Self::External1 => "ospf-e1",
            Self::External2 => "ospf-e2",
            Self::Nssa1 => "ospf-n1",
            Self::Nssa2 => "ospf-n2",
        }
    }

    /// The distance of this kind of a process.
    fn distance(self, process: &OspfProcess) -> u8 {
        let [intra, inter, external] = &process.distance;
        let configured = match self {
            Self::IntraArea => intra,
            Self::InterArea => inter,
            Self::External1 | Self::External2 | Self::Nssa1 | Self::Nssa2 => external,
        };
        configured.as_ref().map_or(DISTANCE, |at| at.value)
    }
}

/// What OSPF offers a table for one prefix.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// The best route.
    pub(super) route: Option<Route>,
    /// What it depends on that is not known.
    pub(super) symbols: Vec<Symbol>,
}

/// One router of a goal: a process of a device.
pub(super) type NodeId = u32;

/// Equal first hops of a path; empty where the router originates the prefix itself.
pub(super) type Hops = BTreeSet<(InterfaceId, Ipv4Addr)>;

/// The best path of a router to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// Cost; of external paths of type 2 without the distance within.
    pub(super) cost: u32,
    /// First hops.
    pub(super) hops: Hops,
}

impl Path {
    /// Keeps the better of two paths, joining equal ones.
    pub(super) fn improve(slot: &mut Option<Self>, cost: u32, hops: &Hops) {
        match slot {
            Some(best) if best.cost < cost => {}
            Some(best) if best.cost == cost => best.hops.extend(hops),
            _ => {
                *slot = Some(Self {
                    cost,
                    hops: hops.clone(),
                });
            }
        }
    }
}

/// What one router has for a goal.
#[derive(Debug, Clone)]
struct Found {
    /// Kind of path.
    kind: PathKind,
    /// Metric that a route table shows.
    metric: u32,
    /// First hops.
    hops: Hops,
    /// Whether the router discards what no component of its summary takes.
    discard: bool,
    /// Tag of an external route.
    tag: u32,
    /// Statements that originate it elsewhere, where that is not an interface.
    at: Vec<StatementRef>,
}

/// The lowest distance that OSPF may offer a table; none where no process fills it.
pub(super) fn closest_distance(world: &World<'_>, table: TableId) -> Option<u8> {
    let processes = world.table(table).ospf.iter();
    processes
        .flat_map(|process| {
            let configured = process.distance.iter().flatten().map(|at| at.value);
            configured.chain([DISTANCE])
        })
        .min()
}

impl World<'_> {
    /// Filters that OSPF routers hear each other through.
    pub(in crate::analysis) fn ospf_filters(&self) -> Arc<Facets> {
        Arc::clone(&self.ospf.get_or_init(|| Topology::new(self)).filters)
    }
}

/// The best OSPF route of a table to a prefix.
pub(super) fn best(world: &World<'_>, table: TableId, prefix: Ipv4Net, asked: &mut Asked) -> Offer {
    let topology = world.ospf.get_or_init(|| Topology::new(world));
    let mut offer = Offer::default();
    if asked.ospf.contains(&prefix) {
        asked.circles += 1;
        let reason = format!("routes to {prefix} depend on each other in a circle");
        offer.symbols.push(Symbol::Undecided(reason));
        return offer;
    }
    asked.ospf.push(prefix);
    for node in topology.nodes_of(table) {
        let found = find(world, topology, *node, prefix, asked, &mut offer.symbols);
        let Some((process, found)) = topology.process(*node).zip(found) else {
            continue;
        };
        let route = route(prefix, process, &found, &mut offer.symbols);
        if !is_taken(world, table, process, &route, &mut offer.symbols) {
            continue;
        }
        if offer
            .route
            .as_ref()
            .is_none_or(|best| route.distance < best.distance)
        {
            offer.route = Some(route);
        }
    }
    asked.ospf.pop();
    offer
}

/// Whether the filters of a process let a route into the table.
fn is_taken(
    world: &World<'_>,
    table: TableId,
    process: &OspfProcess,
    route: &Route,
    symbols: &mut Vec<Symbol>,
) -> bool {
    let Some(device) = world.device(world.table(table).device).device else {
        return true;
    };
    let mut judge = Judge::new(device, process.undefined);
    let mut subject = Subject::of_route(world, route);
    let mut lists = process.distribute.iter().map(|at| &at.value);
    let taken = lists.all(|list| {
        let leaves_by = |name: &String| {
            let mut interfaces = subject.interfaces.iter();
            interfaces.any(|interface| interface.eq_ignore_ascii_case(name))
        };
        let concerns = list.inbound && list.interface.as_ref().is_none_or(leaves_by);
        !concerns || judge.distribute(&list.filter, &mut subject)
    });
    symbols.extend(judge.doubts.into_iter().map(Symbol::Undecided));
    taken
}

/// Whether a process of a table takes part with the interface of a connected subnet.
pub(super) fn runs_on(world: &World<'_>, table: TableId, id: &str, prefix: Ipv4Net) -> bool {
    let topology = world.ospf.get_or_init(|| Topology::new(world));
    let nodes = topology.nodes_of(table).iter();
    nodes
        .filter_map(|node| topology.node_of(*node))
        .any(|node| {
            node.process.id == id && node.links.iter().any(|link| link.net.trunc() == prefix)
        })
}

/// What a router has for a prefix: within areas, between them, outside, the better kind first.
fn find(
    world: &World<'_>,
    topology: &Topology<'_>,
    node: NodeId,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Found> {
    let goal = internal::goal(topology, prefix);
    symbols.extend(topology.doubts(node));
    if goal.wavers(node) {
        let reason = format!("whether a border of OSPF keeps its range for {prefix} in mind");
        symbols.push(Symbol::Undecided(reason));
    }
    if let Some((kind, path)) = goal.best(topology, node) {
        return (!path.hops.is_empty()).then(|| Found {
            kind,
            metric: path.cost,
            hops: path.hops,
            discard: false,
            tag: 0,
            at: Vec::new(),
        });
    }
    if let Some(cost) = goal.discarded(node) {
        return Some(Found {
            kind: PathKind::IntraArea,
            metric: cost,
            hops: Hops::new(),
            discard: true,
            tag: 0,
            at: Vec::new(),
        });
    }
    if let Some((kind, path)) = goal.inter(topology, node) {
        return Some(Found {
            kind,
            metric: path.cost,
            hops: path.hops,
            discard: false,
            tag: 0,
            at: Vec::new(),
        });
    }
    if let Some((metric, at)) = external::discarded(world, topology, node, prefix, asked, symbols) {
        return Some(Found {
            kind: PathKind::IntraArea,
            metric,
            hops: Hops::new(),
            discard: true,
            tag: 0,
            at: vec![at],
        });
    }
    external::best(world, topology, node, prefix, asked, symbols)
}

/// A route from what was found.
fn route(
    prefix: Ipv4Net,
    process: &OspfProcess,
    found: &Found,
    symbols: &mut Vec<Symbol>,
) -> Route {
    let limit = process
        .maximum_paths
        .as_ref()
        .map_or(MAXIMUM_PATHS, |at| at.value);
    if found.hops.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        let reason = format!(
            "ospf {}: {} equal paths to {prefix}, of which {limit} are used",
            process.id,
            found.hops.len()
        );
        symbols.push(Symbol::Undecided(reason));
    }
    let mut hops: BTreeSet<NextHop> = found
        .hops
        .iter()
        .map(|(interface, gateway)| NextHop::Via(*interface, Some(*gateway)))
        .collect();
    if found.discard {
        hops.insert(NextHop::Discard);
    }
    let mut shown: BTreeSet<(Option<Ipv4Addr>, Option<InterfaceId>)> = found
        .hops
        .iter()
        .map(|(interface, gateway)| (Some(*gateway), Some(*interface)))
        .collect();
    if found.discard {
        shown.insert((None, None));
    }
    Route {
        prefix,
        protocol: Protocol::Ospf(found.kind),
        distance: found.kind.distance(process),
        metric: found.metric,
        hops,
        shown,
        at: if found.at.is_empty() {
            process
                .defined_at
                .iter()
                .map(|defined| defined.at)
                .collect()
        } else {
            found.at.clone()
        },
        symbols: Vec::new(),
        resolved: BTreeSet::new(),
        ospf: true,
        source: RouteSource::Ospf(process.id.clone()),
        tag: found.tag,
    }
}
