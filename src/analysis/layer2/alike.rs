//! VLANs by what is said of them beside ports: routed interfaces alike, tunnels.

use super::super::world::{DeviceId, InterfaceId, World, kind};
use crate::model::interface::InterfaceKind;
use crate::net::Ipv4Net;

/// Whether the device of `other`, which is of another VLAN, has an interface of the VLAN of `one` in
/// the subnet of `one`: then that is the one that is meant where no file describes the wires.
pub(super) fn has_counterpart(world: &World<'_>, one: InterfaceId, other: InterfaceId) -> bool {
    let (near, far) = (world.interface(one), world.interface(other));
    let (InterfaceKind::Svi(vlan), InterfaceKind::Svi(_)) = (kind(near), kind(far)) else {
        return false;
    };
    if kind(near) == kind(far) {
        return false;
    }
    let subnet = |net: Ipv4Net| {
        let mut nets = near.addresses.iter().map(|(own, _)| own.trunc());
        nets.any(|own| own == net.trunc())
    };
    let mut others = world
        .interfaces_of(far.device)
        .map(|id| world.interface(id));
    others.any(|entry| {
        *kind(entry) == InterfaceKind::Svi(*vlan)
            && entry.addresses.iter().any(|(net, _)| subnet(*net))
    })
}

/// Whether the tunnels of a device are a port of a VLAN.
pub(super) fn is_tunneled(world: &World<'_>, device: DeviceId, vlan: u16) -> bool {
    let mut interfaces = world.interfaces_of(device).map(|id| world.interface(id));
    interfaces.any(|entry| {
        let tunnels = entry.facet.and_then(|facet| facet.vxlan.as_deref());
        entry.up && tunnels.is_some_and(|tunnels| tunnels.vlans.contains_key(&vlan))
    })
}
