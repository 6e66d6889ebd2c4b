//! Static routes and VRFs.

use super::{Gap, Line, Lowered, Lowering, number, room, some};
use crate::dialect::ios_family::words::{address, mask};
use crate::model::route::{StaticRoute, StaticRoutes, static_route_name};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::syntax::Effect;

/// `ip route [vrf V] PREFIX MASK …`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let (vrf, first) = match line.low {
        ["ip", "route", "vrf", _, ..] => (line.raw(3), 4),
        _ => (None, 2),
    };
    lower_in(lowering, line, vrf, first)
}

/// The words of a static route from its prefix on, which is word `first`.
pub(in crate::dialect) fn lower_in(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    vrf: Option<&str>,
    first: usize,
) -> Lowered {
    let base = some(line.raw(first).and_then(address))?;
    let length = some(line.raw(first + 1).and_then(mask))?;
    let prefix = some(Ipv4Net::new(base, length).ok())?.trunc();
    let key = FacetKey::new(FacetKind::StaticRoute, static_route_name(vrf, prefix));
    lowering.builder.contribute(line.at, &key);
    // A hole of this line is about this prefix alone.
    lowering.builder.open_block(line.at, &key);
    let words = line.low.get(first + 2..).unwrap_or(&[]);
    let raw = line.raw.get(first + 2..).unwrap_or(&[]);
    if line.negated && words.is_empty() {
        lowering.builder.remove(&key);
        return Ok(());
    }
    let route = route(line, words, raw)?;
    let facet = lowering.builder.facet(&key, || {
        Facet::StaticRoute(StaticRoutes {
            vrf: vrf.map(str::to_owned),
            prefix,
            routes: Vec::new(),
        })
    });
    let Facet::StaticRoute(facet) = facet else {
        return Err(Gap::Odd);
    };
    room(&facet.routes)?;
    facet.routes.retain(|known| {
        (known.next_hop, &known.interface) != (route.next_hop, &route.interface)
            || (known.next_hop_global != route.next_hop_global)
    });
    if !line.negated {
        facet.routes.push(route);
    } else if facet.routes.is_empty() {
        lowering.builder.remove(&key);
    }
    Ok(())
}

/// A route from the words after its prefix.
fn route(line: &Line<'_, '_>, words: &[&str], raw: &[&str]) -> Result<StaticRoute, Gap> {
    let mut route = StaticRoute {
        at: line.at,
        next_hop: None,
        interface: None,
        distance: None,
        tag: None,
        track: None,
        permanent: false,
        next_hop_global: false,
        kernel: false,
    };
    let mut index = 0;
    if let Some(word) = words.first().filter(|word| address(word).is_none()) {
        let width = if line.names.is_interface(word) { 1 } else { 2 };
        route.interface = line.names.join(raw.get(..width).unwrap_or(&[]));
        if route.interface.is_none() {
            return Err(Gap::Support(crate::syntax::Support::Unmodeled(
                Effect::Routing,
            )));
        }
        index = width;
    }
    if let Some(hop) = words.get(index).and_then(|word| address(word)) {
        route.next_hop = Some(hop);
        index += 1;
    }
    while let Some(word) = words.get(index) {
        index += 2;
        let argument = words.get(index - 1);
        match (*word, argument) {
            ("tag", Some(tag)) => route.tag = Some(number(tag)?),
            ("track", Some(object)) => route.track = Some((*object).to_owned()),
            ("name", Some(_)) => {}
            ("permanent", _) => {
                route.permanent = true;
                index -= 1;
            }
            ("global", _) => {
                route.next_hop_global = true;
                index -= 1;
            }
            ("multicast" | "dhcp" | "vrf" | "egress-vrf", _) => {
                return Err(Gap::Support(crate::syntax::Support::Unmodeled(
                    Effect::Routing,
                )));
            }
            (distance, _) => {
                route.distance = Some(number(distance)?);
                index -= 1;
            }
        }
    }
    if route.next_hop.is_none() && route.interface.is_none() {
        return Err(Gap::Odd);
    }
    Ok(route)
}
