//! Paths that a router makes itself: network statements, redistribution, aggregates.

use std::net::Ipv4Addr;

use super::super::as_path::AsPath;
use super::super::policy::{Judge, NextHopRule};
use super::super::redistribute::{self, Taken};
use super::path::Path;
use super::{Offer, Speaker, note};
use crate::analysis::goal::{Asked, NextHop, Route};
use crate::analysis::world::World;
use crate::model::bgp::BgpAggregate;
use crate::model::route_policy::Origin;
use crate::net::Ipv4Net;
use crate::source::At;

/// The paths of a router's own to a prefix.
pub(in crate::analysis::goal) fn paths(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    interior: Option<&Route>,
    known: Option<&Route>,
    asked: &mut Asked,
    offer: &mut Offer,
) -> Vec<Path> {
    let mut paths = Vec::new();
    paths.extend(network(world, speaker, prefix, interior, offer));
    paths.extend(redistributed(world, speaker, prefix, known, asked, offer));
    if let Some(aggregate) = speaker.settings.aggregates.get(&prefix) {
        let [.., local] = speaker.distances();
        let loses = speaker.process.aggregates_table
            && interior.is_some_and(|route| route.distance < local);
        if !loses {
            paths.extend(aggregated(world, speaker, prefix, aggregate, asked, offer));
        }
    }
    paths
}

/// The path that a network statement makes.
fn network(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    interior: Option<&Route>,
    offer: &mut Offer,
) -> Option<Path> {
    let statement = speaker.settings.networks.get(&prefix)?;
    if statement.value.backdoor || (speaker.process.network_needs_route && interior.is_none()) {
        return None;
    }
    let mut path = Path::local(Origin::Igp, statement.at);
    if let Some(route) = interior {
        let own = speaker.process.network_is_own;
        path.med = Some(if own { 0 } else { route.metric });
        from_route(&mut path, route);
        path.next_hop = path.next_hop.filter(|_| !own);
    }
    if let Some(weight) = statement.value.weight {
        path.weight = weight;
    }
    let map = statement.value.route_map.as_deref();
    changed(world, speaker, prefix, path, map, offer)
}

/// The path that redistribution makes.
fn redistributed(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    known: Option<&Route>,
    asked: &mut Asked,
    offer: &mut Offer,
) -> Option<Path> {
    let route = known?;
    if prefix.prefix_len() == 0 && speaker.settings.default_originate.is_none() {
        return None;
    }
    let mut judge = speaker.judge(world)?;
    for statement in &speaker.settings.redistribute {
        let own = speaker.source();
        let taken = redistribute::take(
            world,
            speaker.table,
            &own,
            route,
            &statement.value,
            &mut judge,
            asked,
        );
        let Some(Taken { subject, metric }) = taken else {
            continue;
        };
        note(&mut offer.symbols, &judge);
        let default = speaker.settings.default_metric.as_ref();
        let mut path = Path::local(Origin::Incomplete, statement.at);
        from_route(&mut path, route);
        let rule = subject.next_hop_rule;
        let mut subject = subject;
        subject.metric = metric.or(default.map(|at| at.value)).or(Some(route.metric));
        // What the source does not know, a path that is made here has.
        if subject.local_preference == 0 {
            subject.local_preference = path.local_preference;
        }
        if subject.weight == 0 {
            subject.weight = path.weight;
        }
        path.adopt(subject);
        path.distance = None;
        if let Some(NextHopRule::Given(hop)) = rule {
            path.next_hop = Some(hop);
        }
        return Some(path);
    }
    note(&mut offer.symbols, &judge);
    None
}

/// The next hop of a path that comes from a route of the table.
fn from_route(path: &mut Path, route: &Route) {
    path.hops.clone_from(&route.hops);
    let mut gateways = route.shown.iter().filter_map(|(gateway, _)| *gateway);
    let first: Option<Ipv4Addr> = gateways.next();
    let connected = route
        .hops
        .iter()
        .any(|hop| matches!(hop, NextHop::Via(_, None)));
    if !connected {
        path.next_hop = first;
    }
}

/// The aggregate of a prefix, while the table has a component.
fn aggregated(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    aggregate: &At<BgpAggregate>,
    asked: &mut Asked,
    offer: &mut Offer,
) -> Option<Path> {
    let mut judge = speaker.judge(world)?;
    let mut components = Vec::new();
    let mut in_table = false;
    for component in world.prefixes_within(prefix) {
        let state = world.table_state(speaker.table, component, asked);
        in_table |= speaker.process.aggregates_table && state.candidate.route.is_some();
        let Some(path) = &state.bgp.path else {
            continue;
        };
        if let Some(map) = &aggregate.value.advertise_map {
            let mut subject = path.subject(component, speaker.source());
            if !judge.route_map(map, &mut subject) {
                continue;
            }
        }
        components.push(path.clone());
    }
    note(&mut offer.symbols, &judge);
    if components.is_empty() && !in_table {
        return None;
    }
    let mut path = Path::local(Origin::Igp, aggregate.at);
    path.discards = true;
    if aggregate.value.as_set {
        let paths: Vec<&AsPath> = components.iter().map(|one| &one.systems).collect();
        path.systems = AsPath::aggregate(&paths);
        path.origin = components
            .iter()
            .map(|one| one.origin)
            .max()
            .unwrap_or(Origin::Igp);
        for component in &components {
            path.communities.extend(&component.communities);
        }
    }
    path.doubts = components
        .iter()
        .flat_map(|one| one.doubts.iter().cloned())
        .collect();
    let map = aggregate.value.attribute_map.as_deref();
    changed(world, speaker, prefix, path, map, offer)
}

/// A path as a route map leaves it; none where it denies.
fn changed(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    mut path: Path,
    map: Option<&str>,
    offer: &mut Offer,
) -> Option<Path> {
    let Some(map) = map else {
        return Some(path);
    };
    let mut judge = speaker.judge(world)?;
    let mut subject = path.subject(prefix, speaker.source());
    let permitted = judge.route_map(map, &mut subject);
    note(&mut offer.symbols, &judge);
    if !permitted {
        return None;
    }
    if let Some(NextHopRule::Given(hop)) = subject.next_hop_rule {
        path.next_hop = Some(hop);
    }
    path.adopt(subject);
    path.distance = None;
    Some(path)
}

/// Whether an aggregate of a speaker keeps a component from being advertised.
pub(in crate::analysis::goal) fn is_suppressed(
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    path: &Path,
    judge: &mut Judge<'_>,
) -> bool {
    let covering = speaker
        .settings
        .aggregates
        .iter()
        .filter(|(net, _)| **net != prefix && net.contains(&prefix));
    let mut suppressed = false;
    for (_, aggregate) in covering {
        suppressed |= aggregate.value.summary_only;
        if let Some(map) = &aggregate.value.suppress_map {
            suppressed |= judge.route_map(map, &mut path.subject(prefix, speaker.source()));
        }
    }
    suppressed
}
