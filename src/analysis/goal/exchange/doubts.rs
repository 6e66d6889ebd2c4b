//! What of the processes that exchange routes was not understood.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::analysis::Symbol;
use crate::analysis::world::{TableId, World};
use crate::model::bgp::{BgpPeer, BgpTable};
use crate::model::route_policy::{
    Redistribute, RouteCondition, RouteFilter, RouteSet, RouteSource,
};
use crate::model::{Device, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Unread settings and statements of the devices of these tables.
pub(in crate::analysis::goal) fn doubts(
    world: &World<'_>,
    members: &BTreeSet<TableId>,
) -> Vec<Symbol> {
    let devices: BTreeSet<_> = members
        .iter()
        .map(|table| world.table(*table).device)
        .collect();
    let mut doubts = BTreeSet::new();
    for id in devices {
        if let Some(device) = world.device(id).device {
            settings(device, &mut doubts);
            holes(device, &mut doubts);
        }
    }
    doubts.into_iter().collect()
}

/// The ACLs that route maps and processes of these tables' devices name.
pub(in crate::analysis::goal) fn filters(
    world: &World<'_>,
    members: &BTreeSet<TableId>,
) -> Vec<(Arc<str>, FacetKey)> {
    let devices: BTreeSet<_> = members
        .iter()
        .map(|table| world.table(*table).device)
        .collect();
    let mut found = BTreeSet::new();
    for id in devices {
        let entry = world.device(id);
        let Some(device) = entry.device else {
            continue;
        };
        let mut names: BTreeSet<&String> = BTreeSet::new();
        for (_, map) in device.route_maps() {
            let conditions = map.entries.iter().flat_map(|entry| &entry.conditions);
            for condition in conditions {
                if let RouteCondition::Acl(lists)
                | RouteCondition::NextHopAcl(lists)
                | RouteCondition::SourceAcl(lists) = &condition.value
                {
                    names.extend(lists);
                }
            }
        }
        names.extend(process_filters(device).filter_map(|filter| match filter {
            RouteFilter::Acl(name) => Some(name),
            RouteFilter::PrefixList(_)
            | RouteFilter::RouteMap(_)
            | RouteFilter::PrefixListAndGateway(..) => None,
        }));
        found.extend(
            names
                .into_iter()
                .map(|name| (entry.name.clone(), FacetKey::new(FacetKind::Acl, name))),
        );
    }
    found.into_iter().collect()
}

/// Whether several states could be stable: some device prefers routes by more than their length,
/// reflects them, or takes routes of one protocol into another.
pub(in crate::analysis::goal) fn prefers(world: &World<'_>, members: &BTreeSet<TableId>) -> bool {
    let mut devices = members
        .iter()
        .filter_map(|table| world.device(world.table(*table).device).device);
    devices.any(|device| {
        let entries = device.route_maps().flat_map(|(_, map)| &map.entries);
        let mut sets = entries.flat_map(|entry| &entry.sets);
        let by_map = sets.any(|set| {
            matches!(
                set.value,
                RouteSet::LocalPreference(_) | RouteSet::Weight(_) | RouteSet::Metric(_)
            )
        });
        let tables = device
            .bgps()
            .flat_map(|(_, process)| process.tables.values());
        let groups = device
            .bgps()
            .flat_map(|(_, process)| process.groups.values());
        let mut peers = tables.flat_map(|table| table.peers.values()).chain(groups);
        by_map
            || peers.any(|peer| peer.weight.is_some() || peer.reflector_client.is_some())
            || mixes(device)
    })
}

/// Whether a process of a device takes routes of another protocol that learns them.
fn mixes(device: &Device) -> bool {
    let tables = device
        .bgps()
        .flat_map(|(_, process)| process.tables.values());
    tables
        .flat_map(|table| &table.redistribute)
        .chain(
            device
                .ospfs()
                .flat_map(|(_, process)| &process.redistribute),
        )
        .chain(
            device
                .eigrps()
                .flat_map(|(_, process)| &process.redistribute),
        )
        .chain(device.rips().flat_map(|(_, process)| &process.redistribute))
        .chain(
            device
                .isis_processes()
                .flat_map(|(_, process)| &process.redistribute),
        )
        .any(|at| {
            !matches!(
                at.value.source,
                RouteSource::Connected | RouteSource::Static
            )
        })
}

/// Every filter that a process of a device names.
fn process_filters(device: &Device) -> impl Iterator<Item = &RouteFilter> {
    let tables = device
        .bgps()
        .flat_map(|(_, process)| process.tables.values());
    let groups = device
        .bgps()
        .flat_map(|(_, process)| process.groups.values());
    let peers = tables.flat_map(|table| table.peers.values()).chain(groups);
    let peers = peers.flat_map(|peer| peer.filters_in.iter().chain(&peer.filters_out));
    let lists = device
        .ospfs()
        .flat_map(|(_, process)| &process.distribute)
        .chain(device.eigrps().flat_map(|(_, process)| &process.distribute))
        .chain(device.rips().flat_map(|(_, process)| &process.distribute))
        .chain(
            device
                .isis_processes()
                .flat_map(|(_, process)| &process.distribute),
        );
    peers
        .map(|filter| &filter.value)
        .chain(lists.map(|list| &list.value.filter))
}

/// Settings that are not modeled.
fn settings(device: &Device, doubts: &mut BTreeSet<Symbol>) {
    let mut add = |process: String, unread: &BTreeSet<String>| {
        for what in unread {
            let reason = format!("{} {process}: {what} is not modeled", device.name);
            doubts.insert(Symbol::Undecided(reason));
        }
    };
    for (_, process) in device.bgps() {
        let name = format!("bgp {}", process.asn);
        add(name.clone(), &process.unread);
        if let Some(fabric) = &process.fabric {
            add(name.clone(), &fabric.unread);
        }
        let within = process.choice.med_confederation.as_ref();
        if within.is_some_and(|at| at.value) {
            let what = "discriminators within a confederation".to_owned();
            add(name.clone(), &BTreeSet::from([what]));
        }
        for table in process.tables.values() {
            add(name.clone(), &table.unread);
            add(name.clone(), &unmodeled(table));
        }
    }
    for (_, process) in device.eigrps() {
        let name = format!("eigrp {}", process.asn);
        add(name.clone(), &process.unread);
        add(name.clone(), &sources(&process.redistribute));
        if process.auto_summary.as_ref().is_some_and(|at| at.value) {
            let what = "summarization to classes".to_owned();
            add(name.clone(), &BTreeSet::from([what]));
        }
        let weights = process.k_values.as_ref().map(|at| at.value);
        if weights.is_some_and(|[_, _, k2, _, k4, k5]| [k2, k4, k5] != [0; 3]) {
            add(
                name,
                &BTreeSet::from(["a metric of load and reliability".to_owned()]),
            );
        }
    }
    for (_, process) in device.rips() {
        add("rip".to_owned(), &process.unread);
        add("rip".to_owned(), &sources(&process.redistribute));
    }
    for (_, process) in device.isis_processes() {
        let name = format!("isis {}", process.tag);
        add(name.clone(), &process.unread);
        let more = [
            (!process.leaks.is_empty()).then_some("a route leak"),
            (!process.summaries.is_empty()).then_some("a summary"),
        ];
        let more: BTreeSet<String> = more.into_iter().flatten().map(str::to_owned).collect();
        add(name.clone(), &more);
        add(name, &sources(&process.redistribute));
    }
    for (_, vrf) in device.vrfs() {
        let name = format!("vrf {}", vrf.name);
        add(name.clone(), &vrf.unread);
        if !vrf.leaks_from.is_empty() {
            add(name, &BTreeSet::from(["a route leak".to_owned()]));
        }
    }
}

/// Settings of BGP in a table that are read and not modeled.
fn unmodeled(table: &BgpTable) -> BTreeSet<String> {
    let on = |setting: &Option<At<bool>>| setting.as_ref().is_some_and(|at| at.value);
    let mut found = sources(&table.redistribute);
    let mut add = |is: bool, what: &str| {
        if is {
            found.insert(what.to_owned());
        }
    };
    add(table.table_map.is_some(), "a table map");
    add(on(&table.auto_summary), "summarization to classes");
    add(on(&table.synchronization), "synchronization");
    let mut peers = table.peers.values();
    let paths = |peer: &BgpPeer| {
        peer.additional_paths
            .as_ref()
            .is_some_and(|at| at.value != (false, false))
    };
    add(peers.any(paths), "more than one path a peer");
    found
}

/// Sources of redistribution that are not modeled.
fn sources(redistribute: &[At<Redistribute>]) -> BTreeSet<String> {
    let sources = redistribute.iter().map(|at| &at.value);
    sources
        .filter(|one| matches!(one.source, RouteSource::Other(_)) || one.vrf.is_some())
        .map(|one| format!("redistribution of {}", one.source))
        .collect()
}

/// Statements of the processes and their policies that were not understood.
fn holes(device: &Device, doubts: &mut BTreeSet<Symbol>) {
    let name: Arc<str> = device.name.as_str().into();
    for hole in &device.holes {
        let exchanges = hole.facet.as_ref().is_some_and(|key| {
            matches!(
                key.kind,
                FacetKind::Bgp
                    | FacetKind::Eigrp
                    | FacetKind::Isis
                    | FacetKind::Rip
                    | FacetKind::RouteMap
                    | FacetKind::PrefixList
                    | FacetKind::AsPathList
                    | FacetKind::CommunityList
                    | FacetKind::KeyChain
                    | FacetKind::Track
                    | FacetKind::Vrf
            )
        });
        if exchanges && hole.effect == Effect::Routing {
            doubts.insert(Symbol::Hole {
                device: name.clone(),
                key: hole.key,
                redirects: true,
            });
        }
    }
}
