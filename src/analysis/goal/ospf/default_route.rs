//! Default routes that routers originate.

use std::sync::Arc;

use super::external::{Brought, External, forward_address, own_address};
use super::topology::{Node, Topology};
use super::{Asked, NodeId};
use crate::analysis::Symbol;
use crate::analysis::goal::exchange::policy::{Judge, Subject};
use crate::analysis::goal::{Route, static_routes};
use crate::analysis::world::World;
use crate::model::ospf::AreaKind;
use crate::model::route_policy::{MetricType, RouteSource};
use crate::net::Ipv4Net;

/// Metric of a default route that is originated (Cisco IOS IP Routing: OSPF command reference,
/// `default-information originate`).
const DEFAULT_METRIC: u32 = 1;

/// The default route that a process is told to originate.
pub(super) fn default_route(
    world: &World<'_>,
    node: &Node<'_>,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<Brought> {
    let originate = node.process.default_originate.as_ref()?;
    let own = RouteSource::Ospf(node.process.id.clone());
    let (route, doubts) = other_default(world, node, asked);
    if !originate.value.always {
        symbols.extend(doubts);
        route.as_ref()?;
    }
    let name = &world.device(world.table(node.table).device).name;
    let mut metric = originate.value.metric.unwrap_or(DEFAULT_METRIC);
    let mut adds = originate.value.metric_type == Some(1);
    let mut tag = 0;
    if let Some(map) = &originate.value.route_map
        && node.process.default_map_is_own
    {
        let device = world.device(world.table(node.table).device).device?;
        let mut judge = Judge::new(device, node.process.undefined);
        let mut subject = Subject::new(Ipv4Net::default(), own.clone());
        subject.metric = Some(metric);
        if let Some(route) = &route {
            subject = Subject {
                metric: subject.metric,
                ..Subject::of_route(world, route)
            };
        }
        let permitted = judge.route_map(map, &mut subject);
        symbols.extend(judge.doubts.into_iter().map(Symbol::Undecided));
        if !permitted {
            return None;
        }
        metric = subject.metric.unwrap_or(metric);
        adds = subject
            .metric_type
            .map_or(adds, |kind| kind == MetricType::Type1);
        tag = subject.tag;
    } else if originate.value.route_map.is_some() {
        let reason = format!("{name}: a route map decides whether a default route is originated");
        symbols.push(Symbol::Undecided(reason));
    }
    let forward = route
        .as_ref()
        .and_then(|route| forward_address(node, route));
    Some(Brought {
        metric,
        adds,
        forward: forward.filter(|_| !originate.value.always),
        tag,
        at: originate.at,
    })
}

/// The default route that a router has from elsewhere, with what is not known of it.
fn other_default(
    world: &World<'_>,
    node: &Node<'_>,
    asked: &mut Asked,
) -> (Option<Arc<Route>>, Vec<Symbol>) {
    let own = RouteSource::Ospf(node.process.id.clone());
    let (route, doubts) = if world.exchange().has(node.table) {
        let state = world.table_state(node.table, Ipv4Net::default(), asked);
        (
            state.candidate.route.clone(),
            state.candidate.symbols.clone(),
        )
    } else {
        let offer = static_routes::best(world, node.table, Ipv4Net::default(), asked);
        (offer.route.map(Arc::new), offer.symbols)
    };
    (route.filter(|route| route.source != own), doubts)
}

/// That borders may translate a default route of a not-so-stubby area, or keep it there, for a router
/// outside of the area: RFC 3101 §2.7 leaves that to who originates it.
pub(super) fn translated_default(
    world: &World<'_>,
    topology: &Topology<'_>,
    node: NodeId,
    one: &External,
) -> Option<Symbol> {
    let areas = &topology.node_of(node)?.areas;
    let outside = one.nssa.is_some_and(|area| !areas.contains(&area));
    let table = topology.node_of(one.node)?.table;
    let name = &world.device(world.table(table).device).name;
    let what = "whether the default route that it originates into a not-so-stubby area leaves that";
    (outside && one.translated).then(|| Symbol::Undecided(format!("{name}: {what}")))
}

/// The default routes that a router originates into not-so-stubby areas: a border in any case,
/// another while it has one from elsewhere (RFC 3101 §2.7; Cisco IOS IP Routing: OSPF command
/// reference, `area nssa`: `default-information-originate` is of an area's border or of a router
/// that brings in routes).
pub(super) fn nssa_defaults(
    world: &World<'_>,
    (id, node): (NodeId, &Node<'_>),
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Vec<External> {
    let mut found = Vec::new();
    for (area, settings) in &node.process.areas {
        let Some(kind) = &settings.kind else {
            continue;
        };
        let originates = match kind.value {
            // A border without summaries announces it as a summary instead.
            AreaKind::Nssa {
                no_summary,
                default_originate,
            } => default_originate && !(no_summary && node.is_border()),
            AreaKind::Stub { .. } => false,
        };
        if !originates || !node.areas.contains(area) {
            continue;
        }
        let (metric, adds) = settings.nssa_default;
        if node.is_border() {
            let cost = settings.default_cost.as_ref().map(|at| at.value);
            found.push(External {
                node: id,
                metric: metric.or(cost).unwrap_or(DEFAULT_METRIC),
                adds,
                forward: None,
                nssa: Some(*area),
                translated: false,
                tag: 0,
                at: kind.at,
            });
        } else {
            let (route, doubts) = other_default(world, node, asked);
            symbols.extend(doubts);
            found.extend(route.map(|_| External {
                node: id,
                metric: metric.unwrap_or(DEFAULT_METRIC),
                adds,
                forward: own_address(node, *area),
                nssa: Some(*area),
                translated: true,
                tag: 0,
                at: kind.at,
            }));
        }
    }
    found
}
