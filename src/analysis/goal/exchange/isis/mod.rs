//! IS-IS for IPv4 (ISO 10589, RFC 1195): what a router has for one prefix.
//!
//! Paths of each level are shortest paths over the adjacencies of that level. Routes of level 1 are
//! announced into level 2 by routers of both; leaks the other way are not modeled.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::super::{Asked, NextHop, Protocol, Route};
use super::policy::{Judge, Subject};
use super::redistribute;
use crate::analysis::Symbol;
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::route_policy::{RouteSource, RouteType};
use crate::net::Ipv4Net;

mod topology;

pub(in crate::analysis::goal) use topology::{Routers, Tree};

/// Distance of routes whose process sets none (Cisco IOS IP Routing: IS-IS command reference,
/// `distance (IS-IS IP)`: 115).
const DISTANCE: u8 = 115;
/// Equal paths that are used where no number is set (same reference, `maximum-paths`: four).
const MAXIMUM_PATHS: u32 = 4;

/// A level of routing.
pub(in crate::analysis::goal) type Level = u8;

/// What IS-IS offers a table.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Offer {
    /// The route.
    pub(in crate::analysis::goal) route: Option<Route>,
    /// What was met that is not known.
    pub(in crate::analysis::goal) symbols: BTreeSet<Symbol>,
}

/// A path to a prefix.
#[derive(Debug, Clone)]
struct Path {
    /// Metric.
    metric: u32,
    /// First hops.
    hops: BTreeSet<(InterfaceId, Ipv4Addr)>,
    /// Tag.
    tag: u32,
}

/// The best route of a process to a prefix, level 1 before level 2 (RFC 1195 §3.10.2).
pub(in crate::analysis::goal) fn best(
    world: &World<'_>,
    routers: &Routers<'_>,
    id: usize,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> Offer {
    let mut offer = Offer::default();
    let Some(node) = routers.node(id) else {
        return offer;
    };
    for level in [1, 2] {
        if !node.runs(level) {
            continue;
        }
        let found = path(
            world,
            routers,
            (id, level),
            prefix,
            asked,
            &mut offer.symbols,
        );
        let Some(found) = found else {
            continue;
        };
        if found.hops.is_empty() {
            return offer;
        }
        let limit = node
            .process
            .maximum_paths
            .as_ref()
            .map_or(MAXIMUM_PATHS, |at| at.value);
        if found.hops.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            let reason = format!("isis: more equal paths to {prefix} than {limit}, which are used");
            offer.symbols.insert(Symbol::Undecided(reason));
        }
        let via = |(interface, address): &(InterfaceId, Ipv4Addr)| {
            NextHop::Via(*interface, Some(*address))
        };
        let shown =
            |(interface, address): &(InterfaceId, Ipv4Addr)| (Some(*address), Some(*interface));
        offer.route = Some(Route {
            prefix,
            protocol: Protocol::Isis(level),
            distance: node
                .process
                .distance
                .as_ref()
                .map_or(DISTANCE, |at| at.value),
            metric: found.metric,
            hops: found.hops.iter().map(via).collect(),
            shown: found.hops.iter().map(shown).collect(),
            at: node.process.defined_at.iter().map(|at| at.at).collect(),
            symbols: Vec::new(),
            resolved: BTreeSet::new(),
            ospf: false,
            source: RouteSource::Isis(node.process.tag.clone()),
            tag: found.tag,
        });
        let taken = offer.route.as_ref().is_none_or(|route| {
            let Some(mut judge) = judge(world, routers, id) else {
                return true;
            };
            let mut subject = Subject::of_route(world, route);
            let mut lists = node.process.distribute.iter().map(|at| &at.value);
            let taken =
                lists.all(|list| !list.inbound || judge.distribute(&list.filter, &mut subject));
            offer
                .symbols
                .extend(judge.doubts.into_iter().map(Symbol::Undecided));
            taken
        });
        if !taken {
            offer.route = None;
        }
        return offer;
    }
    offer
}

/// A judge of the policies of a router.
fn judge<'d>(world: &World<'d>, routers: &Routers<'_>, id: usize) -> Option<Judge<'d>> {
    let node = routers.node(id)?;
    let device = world.device(world.table(node.table).device).device?;
    Some(Judge::new(device, node.process.undefined))
}

/// The path of a router to a prefix within one level; without hops where it announces it itself.
fn path(
    world: &World<'_>,
    routers: &Routers<'_>,
    (id, level): (usize, Level),
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<Path> {
    let tree = routers.tree(id, level);
    let mut best: Option<Path> = None;
    for (other, (distance, hops)) in tree.iter() {
        let announced = announced(world, routers, (*other, level), prefix, asked, symbols);
        let Some((metric, tag)) = announced else {
            continue;
        };
        let metric = distance.saturating_add(metric);
        match &mut best {
            Some(known) if known.metric < metric => {}
            Some(known) if known.metric == metric => known.hops.extend(hops),
            _ => {
                best = Some(Path {
                    metric,
                    hops: hops.clone(),
                    tag,
                });
            }
        }
    }
    if best.is_none() && level == 1 && prefix.prefix_len() == 0 {
        return nearest_exit(routers, id);
    }
    best
}

/// The way of a router without level 2 out of its area: the nearest router that says it is attached
/// (RFC 1195 §3.2).
fn nearest_exit(routers: &Routers<'_>, id: usize) -> Option<Path> {
    let node = routers.node(id)?;
    if node.runs(2) {
        return None;
    }
    let tree: Arc<Tree> = routers.tree(id, 1);
    let exits = tree
        .iter()
        .filter(|(other, _)| routers.is_attached(**other));
    let mut best: Option<Path> = None;
    for (_, (distance, hops)) in exits {
        match &mut best {
            Some(known) if known.metric < *distance => {}
            Some(known) if known.metric == *distance => known.hops.extend(hops),
            _ => {
                best = Some(Path {
                    metric: *distance,
                    hops: hops.clone(),
                    tag: 0,
                });
            }
        }
    }
    best.filter(|path| !path.hops.is_empty())
}

/// The metric and tag with which a router announces a prefix into a level.
fn announced(
    world: &World<'_>,
    routers: &Routers<'_>,
    (id, level): (usize, Level),
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<(u32, u32)> {
    let own = of_itself(world, routers, (id, level), prefix, asked, symbols);
    if own.is_some() || level != 2 || !routers.node(id)?.runs(1) {
        return own;
    }
    // Level 1 is announced into level 2 (RFC 1195 §3.2).
    let tree = routers.tree(id, 1);
    let mut best: Option<(u32, u32)> = None;
    for (other, (distance, _)) in tree.iter().filter(|(other, _)| **other != id) {
        let inner = of_itself(world, routers, (*other, 1), prefix, asked, symbols);
        if let Some((metric, tag)) = inner {
            let sum = distance.saturating_add(metric);
            if best.is_none_or(|(known, _)| sum < known) {
                best = Some((sum, tag));
            }
        }
    }
    best
}

/// The metric and tag of what a router announces of its own links and of what it redistributes.
fn of_itself(
    world: &World<'_>,
    routers: &Routers<'_>,
    (id, level): (usize, Level),
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<(u32, u32)> {
    let links = &routers.node(id)?.links;
    let own = links
        .iter()
        .filter(|link| link.announced && link.net.trunc() == prefix)
        .filter_map(|link| link.metric(level))
        .min();
    own.map(|metric| (metric, 0))
        .or_else(|| redistributed(world, routers, (id, level), prefix, asked, symbols))
}

/// What a router takes of a prefix from its table into a level.
fn redistributed(
    world: &World<'_>,
    routers: &Routers<'_>,
    (id, level): (usize, Level),
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<(u32, u32)> {
    let node = routers.node(id)?;
    let process = node.process;
    let own = RouteSource::Isis(process.tag.clone());
    if prefix.prefix_len() == 0 {
        let originate = process.default_originate.as_ref()?;
        let state = world.table_state(node.table, prefix, asked);
        let has = state
            .candidate
            .route
            .as_ref()
            .is_some_and(|route| route.source != own);
        let metric = originate.value.metric.unwrap_or(0);
        // IS-IS announces a default route whether there is one or not, unless a map asks
        // (Cisco IOS IP Routing: IS-IS command reference, `default-information originate`).
        if let Some(map) = &originate.value.route_map {
            let reason = format!("isis: route map {map} decides whether a default is originated");
            symbols.insert(Symbol::Undecided(reason));
        }
        let originates = has || originate.value.always || originate.value.route_map.is_none();
        return (level == 2 && originates).then_some((metric, 0));
    }
    if process.redistribute.is_empty() {
        return None;
    }
    let route = world
        .table_state(node.table, prefix, asked)
        .candidate
        .route
        .clone()?;
    let mut judge = judge(world, routers, id)?;
    let mut found = None;
    for statement in &process.redistribute {
        let into: &[Level] = match statement.value.level {
            Some(RouteType::Level1) => &[1],
            Some(RouteType::Level2) | None => &[2],
            Some(_) => &[1, 2],
        };
        if !into.contains(&level) {
            continue;
        }
        let taken = redistribute::take(
            world,
            node.table,
            &own,
            &route,
            &statement.value,
            &mut judge,
            asked,
        );
        if let Some(taken) = taken {
            found = Some((taken.metric.unwrap_or(0), taken.subject.tag));
            break;
        }
    }
    symbols.extend(judge.doubts.into_iter().map(Symbol::Undecided));
    found
}

/// Whether a process of a table runs on the interface of a connected subnet.
pub(in crate::analysis::goal) fn runs_on(
    routers: &Routers<'_>,
    table: TableId,
    tag: &str,
    prefix: Ipv4Net,
) -> bool {
    let nodes = routers.of(table).iter();
    nodes.filter_map(|id| routers.node(*id)).any(|node| {
        (tag.is_empty() || node.process.tag == tag)
            && node.links.iter().any(|link| link.net.trunc() == prefix)
    })
}
