//! Policies that OSPF processes name: what was read of them, and what of them is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::topology::Topology;
use crate::analysis::Symbol;
use crate::analysis::goal::exchange::doubts;
use crate::analysis::hello::Facets;
use crate::analysis::world::{DeviceId, TableId, World};
use crate::model::FacetKind;
use crate::model::filter::Action;
use crate::model::ospf::OspfProcess;
use crate::model::route_policy::PrefixList;
use crate::net::Ipv4Net;
use crate::syntax::Effect;

/// The ACLs that processes and the route maps beside them name.
pub(super) fn filters(world: &World<'_>, topology: &Topology<'_>, found: &mut Facets) {
    let tables: BTreeSet<TableId> = topology
        .nodes
        .iter()
        .filter(|node| names_policies(node.process))
        .map(|node| node.table)
        .collect();
    found.extend(doubts::filters(world, &tables));
}

/// Whether a process names a list or a route map.
fn names_policies(process: &OspfProcess) -> bool {
    let originate = process.default_originate.as_ref();
    !process.distribute.is_empty()
        || process
            .redistribute
            .iter()
            .any(|at| at.value.route_map.is_some())
        || originate.is_some_and(|at| at.value.route_map.is_some())
        || process.areas.values().any(|area| !area.filters.is_empty())
}

/// Statements of route maps and prefix lists that were not understood, where a process names such.
pub(super) fn holes(world: &World<'_>, device: DeviceId, process: &OspfProcess) -> Vec<Symbol> {
    let entry = world.device(device);
    let Some(config) = entry.device.filter(|_| names_policies(process)) else {
        return Vec::new();
    };
    let holes = config.holes.iter().filter(|hole| {
        let policy = hole
            .facet
            .as_ref()
            .is_some_and(|key| matches!(key.kind, FacetKind::RouteMap | FacetKind::PrefixList));
        policy && hole.effect == Effect::Routing
    });
    let symbol = |key| Symbol::Hole {
        device: entry.name.clone(),
        key,
        redirects: true,
    };
    holes.map(|hole| symbol(hole.key)).collect()
}

/// The filters of a process between areas, and what of them is not known.
pub(super) fn area_lists<'a>(
    world: &World<'a>,
    table: TableId,
    process: &'a OspfProcess,
) -> (BTreeMap<(u32, bool), &'a PrefixList>, Vec<String>) {
    let device = world.device(world.table(table).device).device;
    let (mut lists, mut open) = (BTreeMap::new(), Vec::new());
    for (area, settings) in &process.areas {
        for at in &settings.filters {
            let (enter, name) = &at.value;
            let Some(list) = device.and_then(|device| device.prefix_list(name)) else {
                if !process.loose_area_filters {
                    open.push(format!(
                        "a filter between areas by {name}, which is not defined,"
                    ));
                }
                continue;
            };
            lists.insert((*area, *enter), list);
            let decided = list.decide(Ipv4Net::default());
            let denied = decided.is_none_or(|line| line.action == Action::Deny);
            if *enter && settings.kind.is_some() && denied && !process.loose_area_filters {
                open.push("a filter of a stub area that denies its default route".to_owned());
            }
        }
    }
    (lists, open)
}
