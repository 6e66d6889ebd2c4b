//! Tracked objects: whether what other statements depend on is up.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Asked, NextHop};
use crate::analysis::Symbol;
use crate::analysis::hello::{self, Facets};
use crate::analysis::world::{DeviceId, InterfaceId, TableId, World};
use crate::model::track::{Track, Tracked};
use crate::model::{FacetKey, FacetKind};

/// Lists within lists that are followed.
const DEPTH: u8 = 8;

/// What decides tracked objects besides routes: their interfaces, and the filters that probes meet
/// on their way.
pub(super) fn filters(world: &World<'_>, found: &mut Facets) {
    for id in world.device_ids() {
        let entry = world.device(id);
        let tracks = entry
            .device
            .into_iter()
            .flat_map(crate::model::Device::tracks);
        for (_, track) in tracks {
            match &track.what {
                Tracked::LineProtocol(name) | Tracked::IpRouting(name) => {
                    let key = FacetKey::new(FacetKind::Interface, name);
                    found.insert((entry.name.clone(), key));
                }
                Tracked::Echo { .. } => {
                    for device in world.device_ids() {
                        found.extend(hello::filters_of(world, device));
                    }
                    return;
                }
                Tracked::Reachability { .. } | Tracked::List { .. } | Tracked::Unread => {}
            }
        }
    }
}

/// Whether a tracked object is up; `None` where that is not known, which `symbols` then says.
pub(super) fn is_up(
    world: &World<'_>,
    device: DeviceId,
    name: &str,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<bool> {
    let found = state(world, device, name, asked, symbols, 0);
    if found.is_none() {
        let device = &world.device(device).name;
        let reason = format!("{device}: whether tracked object {name} is up is not known");
        symbols.push(Symbol::Undecided(reason));
    }
    found
}

/// As [`is_up`], within lists.
fn state(
    world: &World<'_>,
    device: DeviceId,
    name: &str,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
    depth: u8,
) -> Option<bool> {
    let config = world.device(device).device?;
    let track: &Track = config.track(name)?;
    if !track.unread.is_empty() || depth > DEPTH {
        return None;
    }
    let interface = |name: &str| world.interface_named(device, name);
    match &track.what {
        Tracked::LineProtocol(name) => {
            Some(interface(name).is_some_and(|id| world.interface(id).up))
        }
        Tracked::IpRouting(name) => Some(interface(name).is_some_and(|id| {
            let entry = world.interface(id);
            entry.up && !entry.addresses.is_empty()
        })),
        Tracked::Reachability { prefix, vrf } => {
            let table = world.table_of(device, vrf.as_deref())?;
            let candidate = world.candidate(table, prefix.trunc(), asked);
            symbols.extend(candidate.symbols.iter().cloned());
            (!candidate.circular).then_some(candidate.route.is_some())
        }
        Tracked::Echo {
            target,
            source,
            vrf,
        } => {
            let table = world.table_of(device, vrf.as_deref())?;
            answers(world, table, *target, source.as_deref(), asked, symbols)
        }
        Tracked::List { all, objects } => {
            let mut open = false;
            for (object, negated) in objects {
                match state(world, device, object, asked, symbols, depth + 1) {
                    Some(up) if (up != *negated) != *all => return Some(!all),
                    Some(_) => {}
                    None => open = true,
                }
            }
            (!open).then_some(*all)
        }
        Tracked::Unread => None,
    }
}

/// Whether an ICMP echo is answered, as far as routes tell: a filter on the way makes it unknown.
fn answers(
    world: &World<'_>,
    table: TableId,
    target: Ipv4Addr,
    source: Option<&str>,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<bool> {
    let there = walk(world, table, target, asked, symbols)?;
    if there.is_empty() {
        // Beyond the network nobody knows.
        return world.is_internal(target).then_some(false);
    }
    let device = world.table(table).device;
    let from = if let Some(source) = source {
        let named = || world.interface_named(device, source);
        let address = source.parse().ok();
        address.or_else(|| named().and_then(|id| own(world, id)))
    } else {
        let lookup = world.lookup_within(table, target, asked);
        let mut hops = lookup.route.iter().flat_map(|route| &route.hops);
        hops.find_map(|hop| match hop {
            NextHop::Via(id, _) => own(world, *id),
            NextHop::Discard => None,
        })
    };
    let from = from?;
    for end in there {
        if walk(world, end, from, asked, symbols)?.is_empty() {
            return Some(false);
        }
    }
    Some(true)
}

/// The first address of an interface.
fn own(world: &World<'_>, id: InterfaceId) -> Option<Ipv4Addr> {
    let addresses = &world.interface(id).addresses;
    addresses.first().map(|(net, _)| net.addr())
}

/// Tables where packets to an address arrive; `None`: some path is lost, filtered or leads back to
/// what is asked.
fn walk(
    world: &World<'_>,
    from: TableId,
    address: Ipv4Addr,
    asked: &mut Asked,
    symbols: &mut Vec<Symbol>,
) -> Option<BTreeSet<TableId>> {
    let mut ahead = vec![from];
    let (mut passed, mut arrived) = (BTreeSet::new(), BTreeSet::new());
    let mut lost = false;
    while let Some(table) = ahead.pop() {
        if !passed.insert(table) {
            continue;
        }
        if may_drop(world, table) {
            return None;
        }
        if world.table(table).own.contains_key(&address) {
            arrived.insert(table);
            continue;
        }
        let lookup = world.lookup_within(table, address, asked);
        if lookup.circular {
            return None;
        }
        symbols.extend(lookup.symbols.iter().cloned());
        let before = ahead.len();
        for hop in lookup.route.iter().flat_map(|route| &route.hops) {
            let NextHop::Via(interface, gateway) = hop else {
                lost = true;
                continue;
            };
            let owners = world.owners(gateway.unwrap_or(address)).iter();
            ahead.extend(
                owners
                    .filter(|owner| world.are_neighbors(*interface, **owner))
                    .map(|owner| world.interface(*owner).table),
            );
        }
        lost |= ahead.len() == before;
    }
    (arrived.is_empty() || !lost).then_some(arrived)
}

/// Whether a table's device may drop or translate packets.
fn may_drop(world: &World<'_>, table: TableId) -> bool {
    let device = world.table(table).device;
    world.device(device).device.is_some_and(|device| {
        let mut interfaces = device.interfaces();
        device.packet_filters().next().is_some()
            || device.nat("").is_some()
            || interfaces.any(|(_, one)| {
                one.acl_in.is_some()
                    || one.acl_out.is_some()
                    || one.zone.is_some()
                    || one.source_check.is_some()
            })
    })
}
