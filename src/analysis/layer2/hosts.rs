//! Hosts behind layer-2 ports: by which ports a host is on the network, and which make it wait.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError};

use super::{Port, switchport};
use crate::analysis::world::{InterfaceId, World, kind};
use crate::model::interface::InterfaceKind;

/// A port that carries a VLAN: device, full name, VLAN.
pub type Carrier = (Arc<str>, Arc<str>, u16);

/// The ports of the VLAN of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostPorts {
    /// Those that the host may be behind: those whose description names it, else every access port
    /// that names nobody else.
    pub behind: BTreeSet<Carrier>,
    /// All that carry the VLAN.
    pub carrying: BTreeSet<Carrier>,
}

impl World<'_> {
    /// The ports by which a host of the site may be in its subnet's VLAN; none where no switch of
    /// the files has it.
    pub(in crate::analysis) fn host_ports(&self, address: Ipv4Addr) -> Arc<HostPorts> {
        let mut known = self
            .host_ports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let ports = known.entry(address);
        Arc::clone(ports.or_insert_with(|| Arc::new(host_ports(self, address))))
    }
}

/// The ports by which a host of the site may be in its subnet's VLAN.
fn host_ports(world: &World<'_>, address: Ipv4Addr) -> HostPorts {
    let mut found = HostPorts::default();
    let owner = world.owners(address).first().map(|id| world.interface(*id));
    let Some(owner) = owner.filter(|owner| owner.facet.is_none()) else {
        return found;
    };
    let name = &world.device(owner.device).name;
    let around = world.interface_of_subnet(address).iter();
    let vlans: BTreeSet<u16> = around
        .filter_map(|id| match kind(world.interface(*id)) {
            InterfaceKind::Svi(vlan) => Some(*vlan),
            InterfaceKind::Physical
            | InterfaceKind::Subinterface { .. }
            | InterfaceKind::Loopback
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Tunnel
            | InterfaceKind::Null => None,
        })
        .collect();
    let mut named = BTreeSet::new();
    let mut others = BTreeSet::new();
    let mut fallen = BTreeSet::new();
    let mut is_named = false;
    for (port, is_trunk) in &world.layer2.trunks {
        let entry = world.interface(*port);
        let here = describes(world, *port, |word| word.eq_ignore_ascii_case(name));
        is_named |= here;
        let is_open = !is_trunk
            && !world.layer2.linked.contains(port)
            && !describes(world, *port, |word| is_device(world, word));
        // A host with a second port uses it where a whole switch is down and the link with it.
        let is_fallen = here && !world.device(entry.device).up;
        if !entry.up && !is_fallen {
            continue;
        }
        for vlan in &vlans {
            if world.layer2.tag(world, *port, *vlan).is_none() {
                continue;
            }
            let device = world.device(entry.device).name.clone();
            let carrier = (device, entry.name.clone(), *vlan);
            if is_fallen {
                fallen.insert(carrier);
                continue;
            }
            if here {
                named.insert(carrier.clone());
            } else if is_open {
                others.insert(carrier.clone());
            }
            found.carrying.insert(carrier);
        }
    }
    if !named.is_empty() {
        found.carrying.extend(fallen);
    }
    found.behind = if is_named { named } else { others };
    found
}

/// Whether a word is the name of a device or host.
fn is_device(world: &World<'_>, name: &str) -> bool {
    world.device_named(&name.to_lowercase()).is_some()
}

/// Whether a word of a port's description is wanted.
fn describes(world: &World<'_>, port: InterfaceId, wanted: impl Fn(&str) -> bool) -> bool {
    let facet = world.interface(port).facet;
    let text = facet.and_then(|facet| facet.description.as_ref());
    text.is_some_and(|text| {
        text.value
            .split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_')
            .any(wanted)
    })
}

/// Whether a port keeps a host waiting after its link comes up, because spanning tree does not know
/// that it leads to no bridge.
pub(in crate::analysis) fn is_slow(world: &World<'_>, port: &Port) -> bool {
    let Some(device) = world.device_named(&port.device) else {
        return false;
    };
    let id = world.interface_named(device, &port.interface);
    let Some(facet) = id.and_then(|id| switchport(world, id).and(world.interface(id).facet)) else {
        return false;
    };
    let system = world.device(device).device.and_then(|one| one.system(""));
    let default = system.and_then(|system| system.edge_ports.as_ref());
    let edge = facet.edge.as_ref().or(default);
    !edge.is_some_and(|edge| edge.value)
}
