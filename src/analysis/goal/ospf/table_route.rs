//! The route that redistribution into OSPF finds in a table.

use std::sync::Arc;

use super::internal::goal;
use super::topology::{Node, Topology};
use super::{NodeId, PathKind};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, Route, static_routes};
use crate::analysis::world::{TableId, World};
use crate::net::Ipv4Net;

/// The route of a table that redistribution sees.
pub(super) fn table_route(
    world: &World<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Arc<Route>> {
    if world.exchange().has(node.table) {
        let state = world.table_state(node.table, prefix, asked);
        symbols.extend(state.candidate.symbols.iter().cloned());
        return state.candidate.route.clone();
    }
    if let Some(route) = world.connected(node.table, prefix) {
        return Some(Arc::new(route));
    }
    if !world.table(node.table).statics.contains_key(&prefix) {
        return None;
    }
    let offer = static_routes::best(world, node.table, prefix, asked);
    symbols.extend(offer.symbols);
    let route = offer.route?;
    match floats(world, node.table, prefix, &route) {
        Some(true) => None,
        Some(false) => Some(Arc::new(route)),
        None => {
            let name = &world.device(world.table(node.table).device).name;
            let reason = format!("{name}: whether floating static {prefix} is redistributed");
            symbols.push(Symbol::Undecided(reason));
            None
        }
    }
}

/// Whether OSPF has a better route than a static one of a table; none where that depends on who
/// brings the prefix in from outside.
fn floats(world: &World<'_>, table: TableId, prefix: Ipv4Net, route: &Route) -> Option<bool> {
    let topology = world.ospf.get_or_init(|| Topology::new(world));
    let goal = goal(topology, prefix);
    let mut open = false;
    for id in topology.nodes_of(table).iter().copied() {
        let Some(node) = topology.node_of(id) else {
            continue;
        };
        let better = |kind: PathKind| kind.distance(node.process) < route.distance;
        let inside = goal.best(topology, id).or_else(|| goal.inter(topology, id));
        match inside {
            Some((kind, path)) if !path.hops.is_empty() && better(kind) => {
                let filters = node.process.distribute.iter();
                if !filters.clone().any(|at| at.value.inbound) {
                    return Some(true);
                }
                open = true;
            }
            Some(_) => {}
            None if goal.discarded(id).is_some() => open |= better(PathKind::IntraArea),
            None => {
                let others = topology.outward.iter().copied();
                let mut others =
                    others.filter(|other| *other != id && topology.exchange(id, *other));
                let known = others.any(|other| may_bring(world, topology, other, prefix));
                open |= known && (better(PathKind::External1) || better(PathKind::External2));
            }
        }
    }
    (!open).then_some(false)
}

/// Whether a router may bring a prefix in from outside.
fn may_bring(world: &World<'_>, topology: &Topology<'_>, other: NodeId, prefix: Ipv4Net) -> bool {
    topology.node_of(other).is_some_and(|node| {
        world.exchange().has(node.table)
            || prefix.prefix_len() == 0
            || !node.process.summaries.is_empty()
            || world.connected(node.table, prefix).is_some()
            || world.table(node.table).statics.contains_key(&prefix)
    })
}
