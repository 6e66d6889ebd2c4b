//! Lines of BGP that are about the routes of one VRF.

use std::net::Ipv4Addr;

use super::super::rest::Rest;
use super::super::{Gap, Line, Lowered, number, redistribute, some, unmodeled};
use crate::dialect::ios_family::words::{address, classful_length, mask_length};
use crate::model::bgp::{BgpAggregate, BgpNetwork, BgpTable};
use crate::model::route_policy::RouteFilter;
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// `bgp …`.
pub(in crate::dialect) fn lower_bgp(table: &mut BgpTable, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["bgp", "router-id", ..] if line.negated => table.router_id = None,
        ["bgp", "router-id", id] => table.router_id = line.value(some(address(id))?),
        ["bgp", "suppress-inactive"] => table.suppress_inactive = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// Any other line.
pub(in crate::dialect) fn lower(table: &mut BgpTable, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["network", ..] => return lower_network(table, line),
        ["aggregate-address", ..] => return lower_aggregate(table, line),
        ["redistribute", ..] => {
            return redistribute::lower(&mut table.redistribute, &mut table.unread, line);
        }
        ["maximum-paths", ..] => return lower_paths(table, line),
        ["distance", "bgp", ..] if line.negated => table.distance = None,
        ["distance", "bgp", external, internal, local] => {
            table.distance = line.value([number(external)?, number(internal)?, number(local)?]);
        }
        ["default-information", "originate"] => table.default_originate = line.value(()),
        ["default-metric", ..] if line.negated => table.default_metric = None,
        ["default-metric", metric] => table.default_metric = line.value(number(metric)?),
        ["table-map", ..] if line.negated => table.table_map = None,
        ["table-map", _, "filter"] => {
            table.table_map = line.value(RouteFilter::RouteMap(some(line.raw(1))?.to_owned()));
        }
        ["auto-summary"] => table.auto_summary = line.flag(),
        ["synchronization"] => table.synchronization = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `network PREFIX [mask M] [route-map R] [backdoor]`.
fn lower_network(table: &mut BgpTable, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let prefix = if rest.peek().is_some_and(|word| word.contains('/')) {
        rest.prefix()?
    } else {
        let base = rest.address()?;
        let length = if rest.takes("mask") {
            mask_length(rest.address()?)
        } else if base == Ipv4Addr::UNSPECIFIED {
            Some(0)
        } else {
            classful_length(base)
        };
        some(Ipv4Net::new(base, some(length)?).ok())?.trunc()
    };
    let mut network = BgpNetwork::default();
    while let Some(word) = rest.word() {
        match word {
            "route-map" => network.route_map = Some(rest.name()?),
            "backdoor" => network.backdoor = true,
            "weight" => network.weight = Some(rest.number()?),
            _ => return Err(Gap::Odd),
        }
    }
    if line.negated {
        table.networks.remove(&prefix);
    } else {
        table.networks.insert(prefix, At::new(network, line.at));
    }
    Ok(())
}

/// `aggregate-address PREFIX MASK …`.
fn lower_aggregate(table: &mut BgpTable, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let prefix = rest.prefix()?;
    let mut aggregate = BgpAggregate::default();
    while let Some(word) = rest.word() {
        match word {
            "summary-only" => aggregate.summary_only = true,
            "as-set" => aggregate.as_set = true,
            "attribute-map" | "route-map" => aggregate.attribute_map = Some(rest.name()?),
            "advertise-map" => aggregate.advertise_map = Some(rest.name()?),
            "suppress-map" => aggregate.suppress_map = Some(rest.name()?),
            _ => return Err(Gap::Odd),
        }
    }
    if line.negated {
        table.aggregates.remove(&prefix);
    } else {
        table.aggregates.insert(prefix, At::new(aggregate, line.at));
    }
    Ok(())
}

/// `maximum-paths [ibgp|eibgp] N`.
fn lower_paths(table: &mut BgpTable, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    if rest.takes("ibgp") {
        table.maximum_paths_internal = match rest.peek() {
            None if line.negated => None,
            _ => line.value(rest.number()?),
        };
        return rest.end();
    }
    let mixed = rest.takes("eibgp");
    let paths = match rest.peek() {
        None if line.negated => None,
        _ => line.value(rest.number()?),
    };
    table.maximum_paths = paths;
    table.maximum_paths_mixed = mixed && paths.is_some();
    rest.end()
}
