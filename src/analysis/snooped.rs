//! What switches that snoop DHCP do to a network's leases.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::layer2::snooping;
use super::name::fail;
use super::state::{Part, State, add_places, add_symbol};
use super::world::InterfaceId;
use super::{Nominal, Shape, Symbol};
use crate::intent::Network;
use crate::model::{FacetKey, FacetKind};
use crate::source::StatementRef;
use crate::syntax::Effect;

/// A server that gives leases as far as routers know.
pub(super) struct Answering {
    /// Server.
    pub(super) server: Ipv4Addr,
    /// Relays that reach it; none where it is in the subnet itself.
    pub(super) relays: Vec<String>,
}

/// What switches that snoop DHCP do to the answers of these servers.
pub(super) fn judge(
    state: &State<'_, '_>,
    network: &Network,
    routers: &[InterfaceId],
    answering: &[Answering],
    part: &mut Part,
) {
    let world = state.world;
    let of_router = || routers.iter().find_map(|id| world.vlan_of(*id));
    let Some(vlan) = network.vlan.or_else(of_router) else {
        return;
    };
    let relays: Vec<InterfaceId> = routers
        .iter()
        .copied()
        .filter(|id| {
            let name = state.interface_text(*id);
            answering.iter().any(|one| one.relays.contains(&name))
        })
        .collect();
    let (inside, outside): (Vec<&Answering>, Vec<&Answering>) =
        answering.iter().partition(|one| one.relays.is_empty());
    let servers: Vec<Ipv4Addr> = inside.iter().map(|one| one.server).collect();
    if relays.is_empty() && servers.is_empty() {
        return;
    }
    let found = snooping::answers(world, vlan, &relays, &servers);
    let mut doubts = found.doubts;
    for one in outside {
        let ports = world.host_ports(one.server);
        let vlans: BTreeSet<u16> = ports.behind.iter().map(|(_, _, vlan)| *vlan).collect();
        let untrusted = |vlan| snooping::untrusted_server(world, one.server, vlan);
        doubts.extend(vlans.into_iter().filter_map(untrusted));
    }
    for id in snooping::without_leases(world, vlan) {
        let name = &world.device(id).name;
        doubts.push(format!(
            "whether {name} knows the leases that it checks packets against, although it does not \
             snoop DHCP in VLAN {vlan}"
        ));
    }
    for doubt in doubts {
        add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
    }
    for id in &found.switches {
        if let Some(device) = world.device(*id).device {
            let Part { stage, reads, .. } = &mut *part;
            reads.read(&world.device(*id).name, FacetKind::System, "");
            let no_facet = |_: &FacetKey| false;
            let effects = &[Effect::Scope];
            state.holes_where(device, effects, no_facet, &mut stage.symbols, reads);
        }
    }
    if part.stage.nominal != Nominal::Works || found.cut.is_empty() {
        return;
    }
    let cut = || found.cut.iter().copied();
    let names: Vec<&str> = cut().map(|id| &*world.device(id).name).collect();
    let places: Vec<StatementRef> = cut()
        .filter_map(|id| snooping::snooping(world, id, vlan)?.vlans_at.as_ref())
        .map(|at| at.at)
        .collect();
    add_places(&mut part.stage.decided_by, &places);
    let why = format!(
        "{} snoops DHCP in VLAN {vlan} and trusts no port by which answers come",
        names.join(", ")
    );
    fail(part, Shape::Drop, why);
}
