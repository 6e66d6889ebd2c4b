//! External paths: what routers redistribute, and how others reach it (RFC 2328 §16.4, RFC 3101).

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::internal::{Goal, goal, to_router, tree};
use super::topology::{Node, Topology};
use super::{Asked, Found, Hops, NodeId, Path, PathKind};
use crate::analysis::Symbol;
use crate::analysis::goal::{NextHop, Route, lock, static_routes};
use crate::analysis::world::World;
use crate::model::ospf::{AreaKind, NetworkType};
use crate::model::route_policy::{MetricType, Redistribute, RouteSource};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

/// Metric of redistributed routes (Cisco IOS IP Routing: OSPF command reference, `redistribute`:
/// 20, but the metric of the other process for OSPF).
const METRIC: u32 = 20;
/// Metric of a default route that is originated (same reference, `default-information originate`).
const DEFAULT_METRIC: u32 = 1;

/// A prefix from outside, as one router announces it.
#[derive(Debug, Clone)]
struct External {
    /// The router.
    node: NodeId,
    /// Metric.
    metric: u32,
    /// Whether the distance within is added (type 1).
    adds: bool,
    /// Address that packets are sent to in the router's place.
    forward: Option<Ipv4Addr>,
    /// Not-so-stubby area that it is announced into; none: everywhere but stub areas.
    nssa: Option<u32>,
    /// Whether borders of that area translate it for the rest (RFC 3101 §2.4: the P-bit, which a
    /// border that originates it itself does not set).
    translated: bool,
    /// The statement that brings it in.
    at: StatementRef,
}

/// What decides between external paths: type, metric, distance within.
type Rank = (bool, u32, u32);

/// The best external path of a router to a prefix.
pub(super) fn best(
    world: &World<'_>,
    topology: &Topology<'_>,
    node: NodeId,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Found> {
    let mut best: Option<(Rank, Found)> = None;
    for external in externals(world, topology, node, prefix, asked, symbols) {
        let Some((path, own_area)) = towards(topology, node, &external) else {
            continue;
        };
        let metric = if external.adds {
            external.metric.saturating_add(path.cost)
        } else {
            external.metric
        };
        let distance = if external.adds { 0 } else { path.cost };
        let rank = (!external.adds, metric, distance);
        match &mut best {
            Some((least, _)) if *least < rank => {}
            Some((least, found)) if *least == rank => {
                found.hops.extend(path.hops);
                found.at.push(external.at);
            }
            slot => {
                *slot = Some((
                    rank,
                    Found {
                        kind: match (external.adds, own_area) {
                            (true, false) => PathKind::External1,
                            (true, true) => PathKind::Nssa1,
                            (false, false) => PathKind::External2,
                            (false, true) => PathKind::Nssa2,
                        },
                        metric,
                        hops: path.hops,
                        discard: false,
                        at: vec![external.at],
                    },
                ));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// The path of a router to what announces a prefix, and whether it heard of it within a
/// not-so-stubby area.
fn towards(topology: &Topology<'_>, node: NodeId, external: &External) -> Option<(Path, bool)> {
    let router = topology.node_of(node)?;
    let inside = external.nssa.filter(|area| router.areas.contains(area));
    if external.nssa.is_some() && inside.is_none() && !external.translated {
        return None;
    }
    // Stub areas hear of nothing from outside (RFC 2328 §3.6).
    if inside.is_none()
        && !router
            .areas
            .iter()
            .any(|area| router.area_kind(*area).is_none())
    {
        return None;
    }
    let path = match external.forward {
        Some(forward) => forwarded(topology, router, node, forward)?,
        None => match inside {
            Some(area) => tree(topology, area, external.node).get(&node)?.clone(),
            None => routers(topology, external.node).path(topology, node)?,
        },
    };
    (!path.hops.is_empty()).then_some((path, inside.is_some()))
}

/// The path to a forwarding address: itself where the router is on its subnet.
fn forwarded(
    topology: &Topology<'_>,
    router: &Node<'_>,
    node: NodeId,
    forward: Ipv4Addr,
) -> Option<Path> {
    let link = router.links.iter().find(|link| link.net.contains(&forward));
    if let Some(link) = link {
        return Some(Path {
            cost: link.cost,
            hops: Hops::from([(link.interface, forward)]),
        });
    }
    let around = topology
        .originated
        .keys()
        .filter(|net| net.contains(&forward));
    let prefix = around.max_by_key(|net| net.prefix_len())?;
    goal(topology, *prefix).path(topology, node)
}

/// Paths of all routers to one that announces prefixes from outside.
fn routers(topology: &Topology<'_>, target: NodeId) -> Arc<Goal> {
    if let Some(known) = lock(&topology.routers).get(&target) {
        return known.clone();
    }
    let goal = Arc::new(to_router(topology, target));
    lock(&topology.routers).insert(target, goal.clone());
    goal
}

/// Every router but this one that brings a prefix in from outside.
fn externals(
    world: &World<'_>,
    topology: &Topology<'_>,
    except: NodeId,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Vec<External> {
    let mut found = Vec::new();
    for id in topology.outward.iter().copied().filter(|id| *id != except) {
        let Some(node) = topology.node_of(id) else {
            continue;
        };
        if !topology.exchange(except, id) {
            continue;
        }
        let mut brought = Vec::new();
        if prefix.prefix_len() == 0 {
            brought.extend(default_route(world, node, asked, symbols));
            found.extend(nssa_defaults(id, node));
        }
        for redistribute in &node.process.redistribute {
            let taken = redistribute.value.subnets || is_classful(prefix);
            let offer = match &redistribute.value.source {
                _ if !taken => None,
                RouteSource::Connected => connected(world, node, prefix).then_some((METRIC, None)),
                RouteSource::Static => from_static(world, node, prefix, asked, symbols),
                RouteSource::Ospf(id) => {
                    from_process(world, topology, node, id, prefix, asked, symbols)
                }
                RouteSource::Eigrp(_)
                | RouteSource::Bgp(_)
                | RouteSource::Isis(_)
                | RouteSource::Rip
                | RouteSource::Kernel
                | RouteSource::Other(_) => None,
            };
            let Some((metric, forward)) = offer else {
                continue;
            };
            note_route_map(world, node, redistribute, symbols);
            brought.push((
                redistribute.value.metric.unwrap_or(metric),
                redistribute.value.metric_type == Some(MetricType::Type1),
                forward,
                redistribute.at,
            ));
        }
        for (metric, adds, forward, at) in brought {
            found.extend(announce(id, node, metric, adds, forward, at));
        }
    }
    found
}

/// What a router announces into each kind of area that it is in.
fn announce(
    id: NodeId,
    node: &Node<'_>,
    metric: u32,
    adds: bool,
    forward: Option<Ipv4Addr>,
    at: StatementRef,
) -> Vec<External> {
    let mut announced = Vec::new();
    let one = |forward, nssa| External {
        node: id,
        metric,
        adds,
        forward,
        nssa,
        translated: !node.is_border(),
        at,
    };
    if node
        .areas
        .iter()
        .any(|area| node.area_kind(*area).is_none())
    {
        announced.push(one(forward, None));
    }
    for area in &node.areas {
        if matches!(node.area_kind(*area), Some(AreaKind::Nssa { .. })) {
            // The address that borders keep when they translate (RFC 3101 §2.3): a loopback of the
            // area, else an interface of it.
            let own = forward.or_else(|| own_address(node, *area));
            let forward = if node.is_border() { None } else { own };
            announced.push(one(forward, Some(*area)));
        }
    }
    announced
}

/// The address by which a router is known within an area.
fn own_address(node: &Node<'_>, area: u32) -> Option<Ipv4Addr> {
    let links = node.links.iter().filter(|link| link.area == area);
    links
        .max_by_key(|link| (link.network == NetworkType::Loopback, link.net.addr()))
        .map(|link| link.net.addr())
}

/// The default route that a process is told to originate.
fn default_route(
    world: &World<'_>,
    node: &Node<'_>,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<(u32, bool, Option<Ipv4Addr>, StatementRef)> {
    let originate = node.process.default_originate.as_ref()?;
    let offer = static_routes::best(world, node.table, Ipv4Net::default(), asked);
    if !originate.value.always && offer.route.is_none() {
        return None;
    }
    let name = &world.device(world.table(node.table).device).name;
    if originate.value.route_map.is_some() {
        let reason = format!("{name}: a route map decides whether a default route is originated");
        symbols.push(Symbol::Undecided(reason));
    }
    if !originate.value.always {
        symbols.extend(offer.symbols);
    }
    let forward = offer
        .route
        .as_ref()
        .and_then(|route| forward_address(node, route));
    Some((
        originate.value.metric.unwrap_or(DEFAULT_METRIC),
        originate.value.metric_type == Some(1),
        forward.filter(|_| !originate.value.always),
        originate.at,
    ))
}

/// The default routes that a border originates into not-so-stubby areas (RFC 3101 §2.7).
fn nssa_defaults(id: NodeId, node: &Node<'_>) -> Vec<External> {
    let mut found = Vec::new();
    for (area, settings) in &node.process.areas {
        let Some(kind) = &settings.kind else {
            continue;
        };
        let originates = matches!(
            kind.value,
            AreaKind::Nssa {
                no_summary: false,
                default_originate: true
            }
        );
        if originates && node.is_border() && node.areas.contains(area) {
            let cost = settings.default_cost.as_ref();
            found.push(External {
                node: id,
                metric: cost.map_or(DEFAULT_METRIC, |at| at.value),
                adds: false,
                forward: None,
                nssa: Some(*area),
                translated: false,
                at: kind.at,
            });
        }
    }
    found
}

/// Whether a router redistributes a connected prefix: one that the process does not have itself.
fn connected(world: &World<'_>, node: &Node<'_>, prefix: Ipv4Net) -> bool {
    let takes_part = |net: &Ipv4Net| {
        let mut links = node.links.iter();
        links.any(|link| link.net.trunc() == *net)
    };
    world.table(node.table).connected.contains_key(&prefix) && !takes_part(&prefix)
}

/// A static route that is redistributed, with its forwarding address.
fn from_static(
    world: &World<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<(u32, Option<Ipv4Addr>)> {
    // A default route needs `default-information originate` (same reference, `redistribute`).
    let has = world.table(node.table).statics.contains_key(&prefix);
    if prefix.prefix_len() == 0 || !has || world.table(node.table).connected.contains_key(&prefix) {
        return None;
    }
    let offer = static_routes::best(world, node.table, prefix, asked);
    symbols.extend(offer.symbols);
    let route = offer.route?;
    if super::closest_distance(world, node.table).is_some_and(|ospf| ospf < route.distance) {
        let name = &world.device(world.table(node.table).device).name;
        let reason = format!("{name}: whether floating static {prefix} is redistributed");
        symbols.push(Symbol::Undecided(reason));
        return None;
    }
    Some((METRIC, forward_address(node, &route)))
}

/// The next hop of a redistributed route where other routers may send to it directly: it lies on
/// a shared network that the process takes part in (RFC 2328 §12.4.4.1).
fn forward_address(node: &Node<'_>, route: &Route) -> Option<Ipv4Addr> {
    let [NextHop::Via(interface, Some(gateway))] = route.hops.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let mut links = node.links.iter();
    links
        .any(|link| {
            link.interface == *interface
                && !link.passive
                && link.net.contains(gateway)
                && matches!(
                    link.network,
                    NetworkType::Broadcast | NetworkType::NonBroadcast
                )
        })
        .then_some(*gateway)
}

/// A prefix of another process of the same table that is redistributed.
fn from_process(
    world: &World<'_>,
    topology: &Topology<'_>,
    node: &Node<'_>,
    id: &str,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<(u32, Option<Ipv4Addr>)> {
    let other = topology
        .nodes_of(node.table)
        .iter()
        .copied()
        .find(|other| {
            topology
                .process(*other)
                .is_some_and(|process| process.id == id)
        })?;
    let from = topology.node_of(other)?;
    if from.links.iter().any(|link| link.net.trunc() == prefix) {
        return Some((METRIC, None));
    }
    if asked.processes.contains(&(other, prefix)) {
        asked.circles += 1;
        let device = |node: NodeId| {
            let table = topology.node_of(node).map(|node| node.table);
            table.map(|table| world.table(table).device)
        };
        let here = device(other);
        if asked
            .processes
            .iter()
            .any(|(node, _)| device(*node) != here)
        {
            let reason = format!("{prefix} is redistributed in a circle of processes");
            symbols.push(Symbol::Undecided(reason));
        }
        return None;
    }
    asked.processes.push((other, prefix));
    let found = super::find(world, topology, other, prefix, asked, symbols);
    asked.processes.pop();
    found.map(|found| (found.metric, None))
}

/// Says that a route map decides what is redistributed.
fn note_route_map(
    world: &World<'_>,
    node: &Node<'_>,
    redistribute: &At<Redistribute>,
    symbols: &mut Vec<Symbol>,
) {
    if let Some(map) = &redistribute.value.route_map {
        let name = &world.device(world.table(node.table).device).name;
        let reason = format!(
            "{name} ospf {}: route map {map} of redistribute {} is not modeled",
            node.process.id, redistribute.value.source
        );
        let symbol = Symbol::Undecided(reason);
        if !symbols.contains(&symbol) {
            symbols.push(symbol);
        }
    }
}

/// Whether a prefix is a whole network of its class (RFC 791 §3.2).
fn is_classful(prefix: Ipv4Net) -> bool {
    let length = match prefix.network().octets() {
        [0..=127, ..] => 8,
        [128..=191, ..] => 16,
        _ => 24,
    };
    prefix.prefix_len() == length || prefix.prefix_len() == 0
}
