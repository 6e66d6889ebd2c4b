//! What one routing process takes from the table of its router.

use std::collections::BTreeSet;

use super::bgp::PathKind;
use super::policy::{Judge, Subject, is_from};
use crate::analysis::goal::ospf;
use crate::analysis::goal::{Asked, NextHop, Protocol, Route};
use crate::analysis::world::{TableId, World};
use crate::model::route_policy::{Redistribute, RouteCondition, RouteSource, RouteType};

/// A route that is taken.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Taken {
    /// The route as the policy leaves it.
    pub(in crate::analysis::goal) subject: Subject,
    /// The metric that the statement or its route map gives.
    pub(in crate::analysis::goal) metric: Option<u32>,
}

/// The best route of a table as a statement takes it; none where it does not.
///
/// `own` is the process that takes: it does not take back what it gave.
pub(in crate::analysis::goal) fn take(
    world: &World<'_>,
    table: TableId,
    own: &RouteSource,
    route: &Route,
    statement: &Redistribute,
    judge: &mut Judge<'_>,
    asked: &mut Asked,
) -> Option<Taken> {
    if route.source == *own || statement.vrf.is_some() {
        return None;
    }
    let direct =
        is_from(&route.source, &statement.source) && !withheld(world, table, route, statement);
    let runs = !statement.learned_only
        && route.protocol == Protocol::Connected
        && super::runs_on(world, table, &statement.source, route.prefix);
    if !direct && !runs {
        return None;
    }
    if let Some(wanted) = &statement.types
        && !runs
        && wanted.is_disjoint(&kinds(route.protocol))
    {
        return None;
    }
    let mut subject = Subject::of_route(world, route);
    if matches!(route.protocol, Protocol::Bgp(_)) {
        let state = world.table_state(table, route.prefix, asked);
        if let Some(path) = &state.bgp.path {
            let bgp = path.subject(route.prefix, route.source.clone());
            subject = Subject {
                tag: subject.tag,
                interfaces: subject.interfaces,
                metric: subject.metric,
                ..bgp
            };
        }
    }
    subject.weight = 0;
    subject.local_preference = 0;
    if let Some(map) = &statement.route_map
        && !judge.route_map(map, &mut subject)
    {
        return None;
    }
    let metric = if subject.metric_set {
        subject.metric
    } else {
        statement.metric
    };
    if let Some(tag) = statement.tag {
        subject.tag = tag;
    }
    Some(Taken { subject, metric })
}

/// Whether a route is BGP's from inside, where the process gives these to nobody.
fn withheld(world: &World<'_>, table: TableId, route: &Route, statement: &Redistribute) -> bool {
    let inside = matches!(route.protocol, Protocol::Bgp(kind) if kind != PathKind::External);
    let Some(speaker) = world.exchange().bgp.of(table).filter(|_| inside) else {
        return false;
    };
    let asked_for = || {
        let device = world.device(speaker.device).device;
        let map = device.zip(statement.route_map.as_deref());
        let map = map.and_then(|(device, name)| device.route_map(name));
        let mut conditions = map
            .iter()
            .flat_map(|map| &map.entries)
            .flat_map(|entry| &entry.conditions);
        conditions.any(|condition| {
            matches!(&condition.value, RouteCondition::RouteType(types)
                if types.contains(&RouteType::Internal))
        })
    };
    let by_type = speaker.process.redistributes_internal_by_type;
    !(speaker.process.redistributes_internal || by_type && asked_for())
}

impl Subject {
    /// A route of a table as policies see it.
    pub(in crate::analysis::goal) fn of_route(world: &World<'_>, route: &Route) -> Self {
        let interfaces = route.hops.iter().filter_map(|hop| match hop {
            NextHop::Via(interface, _) => Some(world.interface(*interface).name.clone()),
            NextHop::Discard => None,
        });
        Self {
            next_hop: route.shown.iter().find_map(|(gateway, _)| *gateway),
            advertiser: route.shown.iter().find_map(|(gateway, _)| *gateway),
            metric: Some(route.metric),
            tag: route.tag,
            kinds: kinds(route.protocol),
            interfaces: interfaces.collect(),
            ..Self::new(route.prefix, route.source.clone())
        }
    }
}

/// What kinds of route a protocol's is, as conditions name them.
fn kinds(protocol: Protocol) -> BTreeSet<RouteType> {
    use RouteType as Kind;
    let kinds: &[Kind] = match protocol {
        Protocol::Connected | Protocol::Static | Protocol::Gateway | Protocol::Rip => &[],
        Protocol::Ospf(ospf::PathKind::IntraArea | ospf::PathKind::InterArea)
        | Protocol::Bgp(PathKind::Confederation | PathKind::Internal)
        | Protocol::Eigrp { external: false } => &[Kind::Internal],
        Protocol::Ospf(ospf::PathKind::External1) => &[Kind::External, Kind::External1],
        Protocol::Ospf(ospf::PathKind::External2) => &[Kind::External, Kind::External2],
        Protocol::Ospf(ospf::PathKind::Nssa1) => &[Kind::NssaExternal, Kind::NssaExternal1],
        Protocol::Ospf(ospf::PathKind::Nssa2) => &[Kind::NssaExternal, Kind::NssaExternal2],
        Protocol::Bgp(PathKind::Local) => &[Kind::Local, Kind::Internal],
        Protocol::Bgp(PathKind::External) | Protocol::Eigrp { external: true } => &[Kind::External],
        Protocol::Isis(1) => &[Kind::Level1],
        Protocol::Isis(_) => &[Kind::Level2],
    };
    kinds.iter().copied().collect()
}
