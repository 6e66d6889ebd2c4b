//! External paths: what routers redistribute, and how others reach it (RFC 2328 §16.4, RFC 3101).

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::default_route::{default_route, nssa_defaults, translated_default};
use super::internal::{Goal, goal, to_router, tree};
use super::table_route::table_route;
use super::topology::{Node, Topology};
use super::{Asked, Found, Hops, NodeId, Path, PathKind};
use crate::analysis::Symbol;
use crate::analysis::goal::class;
use crate::analysis::goal::exchange::policy::{Judge, is_from};
use crate::analysis::goal::exchange::redistribute::{Taken, take};
use crate::analysis::goal::{NextHop, Protocol, Route, lock};
use crate::analysis::world::World;
use crate::model::ospf::{AreaKind, NetworkType, OspfProcess};
use crate::model::route_policy::{MetricType, RouteSource};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

/// Metric of redistributed routes (Cisco IOS IP Routing: OSPF command reference, `redistribute`:
/// 20, but the metric of the other process for OSPF).
const METRIC: u32 = 20;
/// Metric of redistributed BGP routes (same reference: 1).
const BGP_METRIC: u32 = 1;

/// A prefix from outside, as one router announces it.
#[derive(Debug, Clone)]
pub(super) struct External {
    /// The router.
    pub(super) node: NodeId,
    /// Metric.
    pub(super) metric: u32,
    /// Whether the distance within is added (type 1).
    pub(super) adds: bool,
    /// Address that packets are sent to in the router's place.
    pub(super) forward: Option<Ipv4Addr>,
    /// Not-so-stubby area that it is announced into; none: everywhere but stub areas.
    pub(super) nssa: Option<u32>,
    /// Whether borders of that area translate it for the rest (RFC 3101 §2.4: the P-bit, which a
    /// border that originates it itself does not set).
    pub(super) translated: bool,
    /// Tag.
    pub(super) tag: u32,
    /// The statement that brings it in.
    pub(super) at: StatementRef,
}

/// A prefix as a router brings it in.
#[derive(Debug)]
pub(super) struct Brought {
    /// Metric.
    pub(super) metric: u32,
    /// Whether the distance within is added (type 1).
    pub(super) adds: bool,
    /// Address that packets are sent to in the router's place.
    pub(super) forward: Option<Ipv4Addr>,
    /// Tag.
    pub(super) tag: u32,
    /// The statement that brings it in.
    pub(super) at: StatementRef,
}

/// What decides between external paths: type, then for type 1 the way to who announces it and the
/// metric, for type 2 the metric, that way, and the distance within.
type Rank = (bool, u32, u32, u32);

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
        let Some((path, own_area, other_area)) = towards(topology, node, prefix, &external) else {
            continue;
        };
        let metric = if external.adds {
            external.metric.saturating_add(path.cost)
        } else {
            external.metric
        };
        let by_cost = topology
            .process(node)
            .is_none_or(OspfProcess::is_compatible_1583);
        let way = u32::from(!by_cost && !other_area);
        let rank = if external.adds {
            (false, way, metric, 0)
        } else {
            (true, metric, way, path.cost)
        };
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
                        tag: external.tag,
                        at: vec![external.at],
                    },
                ));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// The path of a router to what announces a prefix, whether it heard of it within a not-so-stubby
/// area, and whether the way to who announces it stays within an area beside the backbone.
fn towards(
    topology: &Topology<'_>,
    node: NodeId,
    prefix: Ipv4Net,
    external: &External,
) -> Option<(Path, bool, bool)> {
    let router = topology.node_of(node)?;
    let inside = external.nssa.filter(|area| router.areas.contains(area));
    let mut forward = external.forward;
    let (way, other_area) = match (external.nssa, inside) {
        (_, Some(area)) => {
            let way = tree(topology, area, external.node).get(&node)?.clone();
            (way, area != 0)
        }
        (Some(area), None) => {
            let (way, other_area, hides) = translated(topology, node, (area, prefix), external)?;
            forward = forward.filter(|_| !hides);
            (way, other_area)
        }
        (None, None) => routers(topology, external.node).outward(topology, node)?,
    };
    // Stub areas hear of nothing from outside (RFC 2328 §3.6).
    if inside.is_none()
        && !router
            .areas
            .iter()
            .any(|area| router.area_kind(*area).is_none())
    {
        return None;
    }
    let path = match forward {
        Some(forward) => forwarded(topology, router, node, forward)?,
        None => way,
    };
    (!path.hops.is_empty()).then_some((path, inside.is_some(), other_area))
}

/// The way of a router outside of a not-so-stubby area to the nearest border that translates what is
/// announced within and does not announce a summary instead; and whether it leaves the address out
/// that packets are sent to.
fn translated(
    topology: &Topology<'_>,
    node: NodeId,
    (area, prefix): (u32, Ipv4Net),
    external: &External,
) -> Option<(Path, bool, bool)> {
    if !external.translated {
        return None;
    }
    translators(topology, area, external.node)
        .into_iter()
        .filter_map(|id| Some((id, topology.node_of(id)?)))
        .filter(|(_, border)| summary_around(border, prefix).is_none())
        .filter_map(|(id, border)| {
            let (path, other_area) = routers(topology, id).outward(topology, node)?;
            let settings = border.process.areas.get(&area);
            let hides = settings.is_some_and(|settings| settings.hides_forward.is_some());
            Some((path, other_area, hides))
        })
        .min_by_key(|(path, other_area, _)| (!other_area, path.cost))
}

/// The borders that translate what a router of a not-so-stubby area announces: those that are told
/// to, else the one of the highest router id (RFC 3101 §3.1).
fn translators(topology: &Topology<'_>, area: u32, origin: NodeId) -> Vec<NodeId> {
    let heard = tree(topology, area, origin);
    let borders = || {
        let ids = topology.borders.iter().copied();
        let ids = ids.filter(|id| heard.contains_key(id));
        ids.filter_map(|id| Some((id, topology.node_of(id)?)))
            .filter(|(_, border)| border.areas.contains(&area))
    };
    let told = |border: &Node<'_>| {
        let settings = border.process.areas.get(&area)?;
        settings.translates.as_ref().map(|at| at.value)
    };
    let always = borders().any(|(_, border)| told(border) == Some(true));
    let elected = borders()
        .max_by_key(|(_, border)| border.router_id)
        .map(|(id, _)| id);
    borders()
        .filter(|(id, border)| match told(border) {
            Some(always) => always,
            None => !always && elected == Some(*id),
        })
        .map(|(id, _)| id)
        .collect()
}

/// The summary of external prefixes of a router that a prefix lies within, and whether it is
/// announced (Cisco IOS IP Routing: OSPF command reference, `summary-address`).
fn summary_around(node: &Node<'_>, prefix: Ipv4Net) -> Option<(Ipv4Net, At<bool>)> {
    let summaries = node.process.summaries.iter();
    let mut summaries = summaries.map(|at| (at.value.0.trunc(), At::new(at.value.1, at.at)));
    summaries.find(|(net, _)| net.contains(&prefix))
}

/// The summary that a border announces in place of what it translates from a not-so-stubby area.
fn translated_summary(
    world: &World<'_>,
    topology: &Topology<'_>,
    (id, node): (NodeId, &Node<'_>),
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<External> {
    let (net, advertised) = summary_around(node, prefix)?;
    if net != prefix || !advertised.value || !node.is_border() {
        return None;
    }
    let is_nssa = |area: &&u32| matches!(node.area_kind(**area), Some(AreaKind::Nssa { .. }));
    let areas: Vec<u32> = node.areas.iter().filter(is_nssa).copied().collect();
    let mut best: Option<External> = None;
    for component in world
        .prefixes_within(prefix)
        .into_iter()
        .filter(|_| !areas.is_empty())
    {
        for one in announced(world, topology, id, component, asked, symbols) {
            let stands = one.translated
                && one
                    .nssa
                    .is_some_and(|area| translators(topology, area, one.node).contains(&id));
            let rank = |one: &External| (!one.adds, one.metric);
            if stands && best.as_ref().is_none_or(|best| rank(&one) < rank(best)) {
                best = Some(one);
            }
        }
    }
    best.map(|one| External {
        node: id,
        forward: None,
        nssa: None,
        translated: false,
        at: advertised.at,
        ..one
    })
}

/// The metric of the route by which a router discards what no component of its own summary takes.
pub(super) fn discarded(
    world: &World<'_>,
    topology: &Topology<'_>,
    id: NodeId,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<(u32, StatementRef)> {
    let node = topology.node_of(id)?;
    if !node.process.discards_outside {
        return None;
    }
    let (_, summary) = summary_around(node, prefix).filter(|(net, _)| *net == prefix)?;
    let mut metrics = Vec::new();
    if !node.process.redistribute.is_empty() {
        for component in world.prefixes_within(prefix) {
            let one = taken(world, node, component, asked, symbols);
            metrics.extend(one.map(|one| one.metric));
        }
    }
    let translated = translated_summary(world, topology, (id, node), prefix, asked, symbols);
    metrics.extend(translated.map(|one| one.metric));
    Some((metrics.into_iter().min()?, summary.at))
}

/// The path to a forwarding address: itself where the router is on its subnet; none where it is the
/// router's own.
fn forwarded(
    topology: &Topology<'_>,
    router: &Node<'_>,
    node: NodeId,
    forward: Ipv4Addr,
) -> Option<Path> {
    let link = router.links.iter().find(|link| link.net.contains(&forward));
    if let Some(link) = link {
        if link.net.addr() == forward {
            return None;
        }
        return Some(Path {
            cost: link.cost,
            hops: Hops::from([(link.interface, forward)]),
        });
    }
    let ranges = topology
        .borders
        .iter()
        .filter_map(|id| topology.process(*id));
    let ranges = ranges.flat_map(|process| process.areas.values());
    let ranges = ranges.flat_map(|area| &area.ranges);
    let mut around: Vec<Ipv4Net> = topology
        .originated
        .keys()
        .copied()
        .chain(ranges.filter_map(|range| range.value.announced()))
        .chain([Ipv4Net::default()])
        .filter(|net| net.contains(&forward))
        .collect();
    around.sort_unstable_by_key(|net| std::cmp::Reverse(net.prefix_len()));
    let mut paths = around
        .into_iter()
        .filter_map(|net| goal(topology, net).path(topology, node));
    paths.next()
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

/// Every router but this one that brings a prefix in from outside, or a summary of such.
fn externals(
    world: &World<'_>,
    topology: &Topology<'_>,
    except: NodeId,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Vec<External> {
    let mut found = announced(world, topology, except, prefix, asked, symbols);
    for id in topology.borders.iter().copied().filter(|id| *id != except) {
        let Some(node) = topology.node_of(id) else {
            continue;
        };
        if topology.exchange(except, id) {
            let border = (id, node);
            found.extend(translated_summary(
                world, topology, border, prefix, asked, symbols,
            ));
        }
    }
    found
}

/// Every router but this one that brings a prefix in from outside.
fn announced(
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
            for one in nssa_defaults(world, (id, node), asked, symbols) {
                symbols.extend(translated_default(world, topology, except, &one));
                found.push(one);
            }
        }
        brought.extend(redistributed(world, node, prefix, asked, symbols));
        for mut one in brought {
            let told = node.process.max_metric.as_ref();
            if let Some(largest) = told.and_then(|at| at.value.external) {
                one.metric = largest;
            }
            found.extend(announce(id, node, &one));
        }
    }
    found
}

/// What a router announces into each kind of area that it is in.
fn announce(id: NodeId, node: &Node<'_>, brought: &Brought) -> Vec<External> {
    let mut announced = Vec::new();
    let one = |forward, nssa| External {
        node: id,
        metric: brought.metric,
        adds: brought.adds,
        forward,
        nssa,
        translated: !node.is_border(),
        tag: brought.tag,
        at: brought.at,
    };
    let forward = brought.forward;
    if node
        .areas
        .iter()
        .any(|area| node.area_kind(*area).is_none())
    {
        announced.push(one(forward, None));
    }
    for area in &node.areas {
        let settings = node.process.areas.get(area);
        let kept_out = node.is_border()
            && settings.is_some_and(|settings| settings.no_redistribution.is_some());
        if matches!(node.area_kind(*area), Some(AreaKind::Nssa { .. })) && !kept_out {
            // The address that borders keep when they translate (RFC 3101 §2.3): a loopback of the
            // area, else an interface of it.
            let own = forward.or_else(|| own_address(node, *area));
            let forward = if node.is_border() {
                forward.filter(|_| node.process.forwards_on_any_link)
            } else {
                own
            };
            announced.push(one(forward, Some(*area)));
        }
    }
    announced
}

/// The address by which a router is known within an area.
pub(super) fn own_address(node: &Node<'_>, area: u32) -> Option<Ipv4Addr> {
    let links = node.links.iter().filter(|link| link.area == area);
    links
        .max_by_key(|link| (link.network == NetworkType::Loopback, link.net.addr()))
        .map(|link| link.net.addr())
}

/// What a router takes from its table: a prefix, or the summary of such (Cisco IOS IP Routing: OSPF
/// command reference, `summary-address`).
fn redistributed(
    world: &World<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Brought> {
    if node.process.redistribute.is_empty() {
        return None;
    }
    let Some((net, summary)) = summary_around(node, prefix) else {
        return taken(world, node, prefix, asked, symbols);
    };
    if net != prefix || !summary.value {
        return None;
    }
    let mut components = world.prefixes_within(prefix);
    components.push(prefix);
    components
        .into_iter()
        .filter_map(|component| taken(world, node, component, asked, symbols))
        .min_by_key(|one| (!one.adds, one.metric))
        .map(|one| Brought {
            forward: None,
            at: summary.at,
            ..one
        })
}

/// What a router takes of one prefix from its table.
fn taken(
    world: &World<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Brought> {
    // A default route needs `default-information originate` (same reference, `redistribute`).
    if prefix.prefix_len() == 0 {
        return None;
    }
    let route = table_route(world, node, prefix, asked, symbols)?;
    let own = RouteSource::Ospf(node.process.id.clone());
    let device = world.device(world.table(node.table).device).device?;
    let mut judge = Judge::new(device, node.process.undefined);
    let mut found = None;
    for statement in &node.process.redistribute {
        let redistribute = &statement.value;
        let is_own = redistribute.source == RouteSource::Connected && takes_part(node, prefix);
        if is_own || !(redistribute.subnets || class::is_whole(prefix)) {
            continue;
        }
        let taken = take(
            world,
            node.table,
            &own,
            &route,
            redistribute,
            &mut judge,
            asked,
        );
        let Some(Taken { subject, metric }) = taken else {
            continue;
        };
        let mut lists = node.process.distribute.iter().map(|at| &at.value);
        let leaves = lists.all(|list| {
            let concerns = !list.inbound
                && list
                    .source
                    .as_ref()
                    .is_none_or(|source| is_from(&route.source, source));
            !concerns || judge.distribute(&list.filter, &mut subject.clone())
        });
        if !leaves {
            continue;
        }
        let usual = match route.protocol {
            Protocol::Ospf(_) => route.metric,
            Protocol::Bgp(_) => BGP_METRIC,
            Protocol::Connected
            | Protocol::Static
            | Protocol::Eigrp { .. }
            | Protocol::Rip
            | Protocol::Isis(_)
            | Protocol::Gateway => METRIC,
        };
        let default = node.process.default_metric.as_ref().map(|at| at.value);
        found = Some(Brought {
            metric: metric.or(default).unwrap_or(usual),
            adds: subject.metric_type.or(redistribute.metric_type) == Some(MetricType::Type1),
            forward: forward_address(node, &route),
            tag: subject.tag,
            at: statement.at,
        });
        break;
    }
    for doubt in judge.doubts {
        let symbol = Symbol::Undecided(doubt);
        if !symbols.contains(&symbol) {
            symbols.push(symbol);
        }
    }
    found
}

/// Whether a process has a subnet itself.
fn takes_part(node: &Node<'_>, prefix: Ipv4Net) -> bool {
    let mut links = node.links.iter();
    links.any(|link| link.net.trunc() == prefix)
}

/// The next hop of a redistributed route where other routers may send to it directly: it lies on
/// a shared network that the process takes part in (RFC 2328 §12.4.4.1).
pub(super) fn forward_address(node: &Node<'_>, route: &Route) -> Option<Ipv4Addr> {
    if node.process.forwards_on_any_link {
        let gateway = route.shown.iter().find_map(|(gateway, _)| *gateway)?;
        let mut links = node.links.iter();
        return links
            .any(|link| link.net.contains(&gateway))
            .then_some(gateway);
    }
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
