//! Static routes: which are in the table, and where their next hops lead.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Asked, NextHop, Protocol, Route, UNUSABLE, track};
use crate::analysis::Symbol;
use crate::analysis::world::{InterfaceId, TableId, World, kind};
use crate::model::interface::InterfaceKind;
use crate::model::route::StaticRoute;
use crate::model::route_policy::RouteSource;
use crate::net::Ipv4Net;

/// Distance of a static route that names none (Cisco IOS IP Routing: Protocol-Independent command
/// reference, `ip route`: "default administrative distance 1").
const DISTANCE: u8 = 1;

/// What the static routes of a table offer.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// The best of them.
    pub(super) route: Option<Route>,
    /// What it depends on that is not known.
    pub(super) symbols: Vec<Symbol>,
    /// Addresses that were looked up.
    pub(super) resolved: BTreeSet<Ipv4Addr>,
    /// Whether a tracked object decided, which may follow any route.
    pub(super) tracked: bool,
}

/// The best static route of a table to a prefix: the lowest distance of those whose next hop
/// resolves.
pub(super) fn best(world: &World<'_>, table: TableId, prefix: Ipv4Net, asked: &mut Asked) -> Offer {
    let mut offer = Offer::default();
    let Some(routes) = world.table(table).statics.get(&prefix) else {
        return default_gateway(world, table, prefix);
    };
    asked.routes.push((table, prefix));
    let device = world.table(table).device;
    for route in &routes.routes {
        let distance = route.distance.unwrap_or(DISTANCE);
        if distance == UNUSABLE {
            continue;
        }
        if offer
            .route
            .as_ref()
            .is_some_and(|best| best.distance < distance)
        {
            continue;
        }
        let hops = resolve(world, table, route, asked, &mut offer);
        if hops.is_empty() {
            continue;
        }
        offer.tracked |= route.track.is_some();
        if let Some(object) = &route.track
            && track::is_up(world, device, object, asked, &mut offer.symbols) == Some(false)
        {
            continue;
        }
        let shown = (
            route.next_hop,
            route
                .interface
                .as_ref()
                .and_then(|name| world.interface_named(world.table(table).device, name)),
        );
        match &mut offer.route {
            Some(best) if best.distance == distance => {
                best.hops.extend(hops);
                best.shown.insert(shown);
                best.at.push(route.at);
            }
            best => {
                *best = Some(Route {
                    prefix,
                    protocol: Protocol::Static,
                    distance,
                    metric: 0,
                    hops,
                    shown: BTreeSet::from([shown]),
                    at: vec![route.at],
                    symbols: Vec::new(),
                    resolved: BTreeSet::new(),
                    ospf: false,
                    source: if route.kernel {
                        RouteSource::Kernel
                    } else {
                        RouteSource::Static
                    },
                    tag: route.tag.unwrap_or(0),
                });
            }
        }
    }
    asked.routes.pop();
    offer
}

/// Next hops of a static route after recursion; none where it is not in the table.
fn resolve(
    world: &World<'_>,
    table: TableId,
    route: &StaticRoute,
    asked: &mut Asked,
    offer: &mut Offer,
) -> BTreeSet<NextHop> {
    let device = world.table(table).device;
    if let Some(name) = &route.interface {
        if is_null(name) {
            return BTreeSet::from([NextHop::Discard]);
        }
        let Some(interface) = world.interface_named(device, name) else {
            return BTreeSet::new();
        };
        if *kind(world.interface(interface)) == InterfaceKind::Null {
            return BTreeSet::from([NextHop::Discard]);
        }
        if world.interface(interface).up || route.permanent {
            return BTreeSet::from([NextHop::Via(interface, route.next_hop)]);
        }
        return BTreeSet::new();
    }
    let Some(next_hop) = route.next_hop else {
        return BTreeSet::new();
    };
    let within = if route.next_hop_global {
        world.table_of(device, None).unwrap_or(table)
    } else {
        table
    };
    // A next hop that is the device itself never makes a route (Cisco `ip route`: "invalid next
    // hop address (it's this router)").
    if world.table(within).own.contains_key(&next_hop) {
        return BTreeSet::new();
    }
    offer.resolved.insert(next_hop);
    let through = world.lookup_within(within, next_hop, asked);
    offer.resolved.extend(&through.resolved);
    offer.symbols.extend(through.symbols.iter().cloned());
    let Some(found) = &through.route else {
        return BTreeSet::new();
    };
    if !world.resolves_by(within, found.prefix) {
        return BTreeSet::new();
    }
    found
        .hops
        .iter()
        .map(|hop| through_hop(*hop, next_hop))
        .collect()
}

/// The hop of a route whose next hop was looked up: a connected one is sent to it directly.
pub(super) fn through_hop(hop: NextHop, next_hop: Ipv4Addr) -> NextHop {
    match hop {
        NextHop::Via(interface, None) => NextHop::Via(interface, Some(next_hop)),
        NextHop::Via(..) | NextHop::Discard => hop,
    }
}

/// The default gateway of a device that does not forward what others send, as a last resort.
fn default_gateway(world: &World<'_>, table: TableId, prefix: Ipv4Net) -> Offer {
    let entry = world.table(table);
    let device = world.device(entry.device);
    if prefix.prefix_len() != 0 || entry.vrf.is_some() {
        return Offer::default();
    }
    let Some(gateway) = device.default_gateway else {
        return Offer::default();
    };
    let hops: BTreeSet<NextHop> = world
        .interfaces_of(entry.device)
        .filter(|id| world.interface(*id).up && world.subnet_on(*id, gateway).is_some())
        .map(|id| NextHop::Via(id, Some(gateway)))
        .collect();
    let shown: BTreeSet<(Option<Ipv4Addr>, Option<InterfaceId>)> =
        BTreeSet::from([(Some(gateway), None)]);
    Offer {
        route: (!hops.is_empty()).then(|| Route {
            prefix,
            protocol: Protocol::Gateway,
            distance: DISTANCE,
            metric: 0,
            hops,
            shown,
            at: device.gateway_at.into_iter().collect(),
            symbols: Vec::new(),
            resolved: BTreeSet::new(),
            ospf: false,
            source: RouteSource::Static,
            tag: 0,
        }),
        ..Offer::default()
    }
}

/// Whether an interface name is the one that discards.
fn is_null(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case("null"))
}
