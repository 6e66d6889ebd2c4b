//! Bundles and the ports that are their members.

use super::super::world::{InterfaceId, World, kind};
use crate::model::interface::InterfaceKind;

/// The bundle that a port is a member of, else the port.
pub(super) fn of(world: &World<'_>, id: InterfaceId) -> InterfaceId {
    let entry = world.interface(id);
    let group = entry.facet.and_then(|facet| facet.channel_group.as_ref());
    group
        .and_then(|group| {
            let bundle = InterfaceKind::PortChannel(group.value);
            world
                .interfaces_of(entry.device)
                .find(|other| *kind(world.interface(*other)) == bundle)
        })
        .unwrap_or(id)
}
