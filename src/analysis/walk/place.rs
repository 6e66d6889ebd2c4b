//! Where packets begin: the interfaces by which a host's packets enter the network.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{End, Start};
use crate::analysis::PacketBox;
use crate::analysis::goal::first_hop::first_hop;
use crate::analysis::world::{DeviceId, InterfaceId, World};
use crate::net::Ipv4Net;
use crate::wire::trace::Disposition;

/// Where packets begin, as places of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A device that sends them itself.
    Device(DeviceId),
    /// An interface by which they enter.
    Interface(InterfaceId),
    /// A client on a subnet: what it reaches directly, and gateways for the rest.
    Client {
        /// The subnet with an interface on it.
        subnet: Ipv4Net,
        /// An interface on the subnet.
        beside: InterfaceId,
        /// Interfaces that may be its gateway.
        gateways: BTreeSet<InterfaceId>,
    },
    /// Nowhere that the snapshot shows.
    Nowhere,
}

/// The places of a start.
pub(super) fn origin(world: &World<'_>, start: &Start) -> Origin {
    match start {
        Start::Device(name) => world
            .device_named(name)
            .map_or(Origin::Nowhere, Origin::Device),
        Start::Interface(device, interface) => world
            .device_named(device)
            .and_then(|device| world.interface_named(device, interface))
            .filter(|id| world.interface(*id).up)
            .map_or(Origin::Nowhere, Origin::Interface),
        Start::Host(address) => {
            if let Some(owner) = world.owners(*address).first() {
                return Origin::Device(world.interface(*owner).device);
            }
            client(world, *address, None)
        }
        Start::Behind { address, gateway } => client(world, *address, Some(*gateway)),
    }
}

/// A client that no file describes.
fn client(world: &World<'_>, address: Ipv4Addr, gateway: Option<Ipv4Addr>) -> Origin {
    let around = world.interface_of_subnet(address);
    let Some((subnet, beside)) = around
        .first()
        .and_then(|id| Some((world.subnet_on(*id, address)?.trunc(), *id)))
    else {
        return Origin::Nowhere;
    };
    let gateways = match gateway {
        Some(gateway) => answering_for(world, gateway)
            .into_iter()
            .filter(|id| world.subnet_on(*id, address).is_some())
            .collect(),
        None => gateways_of(world, subnet, around),
    };
    Origin::Client {
        subnet,
        beside,
        gateways,
    }
}

/// Interfaces that take packets for an address: its owners, or the active router of a virtual one.
pub(super) fn answering_for(world: &World<'_>, address: Ipv4Addr) -> BTreeSet<InterfaceId> {
    let active = &first_hop(world, address).active;
    if active.is_empty() {
        world.owners(address).iter().copied().collect()
    } else {
        active.iter().map(|router| router.interface).collect()
    }
}

/// Every gateway that clients of a subnet may have: the active routers of its virtual addresses,
/// else each interface of a device that forwards.
fn gateways_of(
    world: &World<'_>,
    subnet: Ipv4Net,
    around: &[InterfaceId],
) -> BTreeSet<InterfaceId> {
    let virtuals = world.virtuals_between(subnet.network(), subnet.broadcast());
    let active: BTreeSet<InterfaceId> = virtuals
        .into_iter()
        .flat_map(|address| answering_for(world, address))
        .collect();
    if !active.is_empty() {
        return active;
    }
    let forwards = |id: &InterfaceId| world.device(world.interface(*id).device).forwards;
    around.iter().copied().filter(forwards).collect()
}

/// Where the answers to packets that ended so begin; none where no answer is sent.
pub(super) fn answering(world: &World<'_>, end: &End, answer: &PacketBox) -> Option<Start> {
    match end.disposition {
        Disposition::Accepted => Some(Start::Device(world.device(end.device).name.to_string())),
        Disposition::DeliveredToSubnet => Some(Start::Host(answer.source.0)),
        // What comes back from beyond enters where it left.
        Disposition::ExitsNetwork => end.interface.map(|id| {
            let entry = world.interface(id);
            let device = world.device(entry.device).name.to_string();
            Start::Interface(device, entry.name.to_string())
        }),
        Disposition::DeniedIn
        | Disposition::DeniedOut
        | Disposition::NoRoute
        | Disposition::NullRouted
        | Disposition::Loop
        | Disposition::NeighborUnreachable
        | Disposition::InsufficientInformation => None,
    }
}
