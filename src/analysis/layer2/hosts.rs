//! Hosts behind layer-2 ports: by which ports a host is on the network, and which make it wait.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError};

use super::{Node, Port, node, switchport};
use crate::analysis::world::{DeviceId, InterfaceId, World};

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
    let segment = Segment::of(world, address);
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
        for vlan in &segment.vlans {
            let is_member = world.layer2.tag(world, *port, *vlan).is_some();
            if !is_member || !(is_fallen || segment.holds(world, entry.device, *vlan)) {
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

/// The broadcast domains of a host's routers.
struct Segment {
    /// VLANs by which ports may be in them.
    vlans: BTreeSet<u16>,
    /// Their parts that wires join.
    components: BTreeSet<u32>,
    /// Nodes of the routers' interfaces.
    homes: BTreeSet<Node>,
    /// Whether the files describe where the wires of every router lead.
    is_described: bool,
}

impl Segment {
    /// The domains of the routers of an address.
    fn of(world: &World<'_>, address: Ipv4Addr) -> Self {
        let layer2 = &world.layer2;
        let routers = world.interface_of_subnet(address).iter().copied();
        let routers: Vec<InterfaceId> = routers
            .filter(|id| world.interface(*id).facet.is_some())
            .collect();
        let homes: BTreeSet<Node> = routers.iter().map(|id| node(world, *id)).collect();
        let components: BTreeSet<u32> = homes
            .iter()
            .filter_map(|home| layer2.components.get(home).copied())
            .collect();
        let joined = layer2
            .components
            .iter()
            .filter_map(|(node, part)| match node {
                Node::Vlan(_, vlan) if components.contains(part) => Some(*vlan),
                Node::Vlan(..) | Node::Routed(_) => None,
            });
        let own = routers.iter().filter_map(|id| world.vlan_of(*id));
        Self {
            vlans: own.chain(joined).collect(),
            is_described: routers.iter().all(|id| layer2.is_described(world, *id)),
            components,
            homes,
        }
    }

    /// Whether a VLAN of a switch is part of it, as far as wires are described.
    fn holds(&self, world: &World<'_>, switch: DeviceId, vlan: u16) -> bool {
        let layer2 = &world.layer2;
        let here = Node::Vlan(switch, vlan);
        let part = layer2.components.get(&here);
        self.homes.contains(&here)
            || part.is_some_and(|part| self.components.contains(part))
            || !self.is_described
            || !layer2.bridged.contains(&switch)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::test_network::{network, with_links};
    use crate::analysis::world::Endpoint;

    /// Ports by which a server in VLAN 72 is there, with a router on a stick and this trunk.
    fn ports(tag: u16, trunk: &str) -> usize {
        let router = format!(
            "interface GigabitEthernet0/0\ninterface GigabitEthernet0/0.72\n \
             encapsulation dot1Q {tag}\n ip address 10.72.0.1 255.255.255.0\n"
        );
        let switch = format!(
            "vlan 71\nvlan 72\ninterface GigabitEthernet0/24\n switchport mode trunk\n{trunk}\
             interface GigabitEthernet0/1\n description server gw\n switchport mode access\n \
             switchport access vlan 72\n"
        );
        let network = network(&[("r1", &router), ("s1", &switch)]);
        let wire = ["r1", "GigabitEthernet0/0", "s1", "GigabitEthernet0/24"];
        let network = with_links(network, &[wire]);
        let server = Endpoint {
            name: "gw".to_owned(),
            address: "10.72.0.9".parse().unwrap(),
            prefix_len: Some(24),
            gateway: None,
            services_up: true,
        };
        let world = World::new(&network, std::slice::from_ref(&server), &[]);
        world.host_ports(server.address).behind.len()
    }

    #[test]
    fn a_server_is_behind_ports_that_reach_its_router() {
        assert_eq!(ports(72, ""), 1);
        assert_eq!(ports(72, " switchport trunk allowed vlan 71,72\n"), 1);
        assert_eq!(ports(72, " switchport trunk allowed vlan 71\n"), 0);
        assert_eq!(ports(73, ""), 0);
    }
}
