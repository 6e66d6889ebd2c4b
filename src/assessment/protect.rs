//! Sources that must not newly reach pump networks, and whether they do.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::analysis::walk::{Cell, Reach, Start, flow_of, reach};
use crate::analysis::{PacketBox, World};
use crate::ctx::Ctx;
use crate::input::Case;
use crate::intent::{Intent, Network as PumpNetwork, Protect};
use crate::model::Network;
use crate::net::{IpNet, Ipv4Net};
use crate::rule::NewReach;
use crate::set::{Arena, BudgetExceeded, Field, Layout, SetId};
use crate::wire::trace::Disposition;

/// Every protected source that reaches a pump network after the change by packets that did not
/// reach it before.
pub(super) fn new_reach(case: &Case, ctx: &Ctx<'_>) -> Vec<NewReach> {
    let site = &case.intent.site;
    if case.today || site.protect.is_empty() {
        return Vec::new();
    }
    let before = World::for_intent(&case.before, &case.intent_before);
    let after = World::for_intent(&case.after, &case.intent);
    let mut out = Vec::new();
    // What a router owns is no pump, also while the router is down.
    let owned = addresses_of_devices(&case.before, &case.after);
    for protect in &site.protect {
        let IpNet::V4(from) = protect.from else {
            continue;
        };
        for network in protect.into.iter().filter_map(|id| site.networks.get(id)) {
            for start in starts(&case.after, &case.intent, from) {
                let packets = PacketBox {
                    source: (from.network(), from.broadcast()),
                    destination: (network.subnet.network(), network.subnet.broadcast()),
                    ..PacketBox::ALL
                };
                let old = reach(&before, &start, &packets, ctx);
                let new = reach(&after, &start, &packets, ctx);
                if let Some(shown) = passes_more(&old, &new, &owned, ctx) {
                    out.push(row(protect, network, &shown));
                    break;
                }
            }
        }
    }
    out
}

/// Addresses that devices own in either snapshot, virtual ones too, ascending.
fn addresses_of_devices(before: &Network, after: &Network) -> Vec<(u32, u32)> {
    let interfaces = [before, after]
        .into_iter()
        .flat_map(|network| network.devices.values())
        .flat_map(|device| device.interfaces().map(|(_, interface)| interface));
    let mut owned = BTreeSet::new();
    for interface in interfaces {
        owned.extend(
            interface
                .addresses
                .iter()
                .map(|at| u32::from(at.value.net.addr())),
        );
        let groups = interface
            .first_hop
            .iter()
            .flat_map(|group| &group.addresses);
        owned.extend(groups.map(|at| u32::from(at.value)));
    }
    owned
        .into_iter()
        .map(|address| (address, address))
        .collect()
}

/// Where packets of a source can enter: its own subnets, and the site's boundaries.
fn starts(network: &Network, intent: &Intent, from: Ipv4Net) -> Vec<Start> {
    let mut starts = BTreeSet::new();
    for (name, device) in &network.devices {
        for (_, interface) in device.interfaces() {
            let inside = interface.addresses.iter().any(|address| {
                let subnet = address.value.net.trunc();
                from.contains(&subnet) || subnet.contains(&from)
            });
            if inside {
                starts.insert(Start::Interface(name.clone(), interface.name.clone()));
            }
        }
    }
    for boundary in &intent.site.boundaries {
        starts.insert(Start::Interface(
            boundary.device.clone(),
            boundary.interface.clone(),
        ));
    }
    starts.into_iter().collect()
}

/// One packet that passes after and did not before; a budget that is used up shows none.
fn passes_more(old: &Reach, new: &Reach, owned: &[(u32, u32)], ctx: &Ctx<'_>) -> Option<PacketBox> {
    let nodes = u32::try_from(ctx.set_nodes).unwrap_or(u32::MAX);
    let mut arena = Arena::<u32>::with_budget(Layout::packets(), nodes);
    let old = passing(&mut arena, old).ok()?;
    let routers = arena.with_field(Field::Destination, owned).ok()?;
    let old = arena.or(old, routers).ok()?;
    for cell in new.cells.iter().filter(|cell| reaches_pumps(cell)) {
        for packets in &cell.packets {
            let set = arena.from_box(&packets.ranges()).ok()?;
            let more = arena.difference(set, old).ok()?;
            if let Some(shown) = arena.boxes(more).next() {
                return Some(PacketBox::of(&shown));
            }
        }
    }
    None
}

/// Whether packets come out on a pump network's wire: pumps are in no file, routers are.
fn reaches_pumps(cell: &Cell) -> bool {
    cell.dispositions.contains(&Disposition::DeliveredToSubnet)
}

/// The packets that pass.
fn passing(arena: &mut Arena<u32>, reach: &Reach) -> Result<SetId, BudgetExceeded> {
    let mut all = SetId::EMPTY;
    for packets in reach
        .cells
        .iter()
        .filter(|cell| reaches_pumps(cell))
        .flat_map(|cell| &cell.packets)
    {
        let one = arena.from_box(&packets.ranges())?;
        all = arena.or(all, one)?;
    }
    Ok(all)
}

/// The finding's facts for one packet that newly passes.
fn row(protect: &Protect, network: &PumpNetwork, shown: &PacketBox) -> NewReach {
    let flow = flow_of(shown);
    let port = flow.port.map_or(String::new(), |port| format!("/{port}"));
    let (source, destination): (Ipv4Addr, Ipv4Addr) = (shown.source.0, shown.destination.0);
    NewReach {
        from: protect.from,
        into: network.id.clone(),
        because: protect.because.clone(),
        witness: format!("{}{port} from {source} to {destination}", flow.protocol),
        source,
        destination,
        changes: Vec::new(),
    }
}
