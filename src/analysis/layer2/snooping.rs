//! DHCP snooping: by which ports answers of DHCP servers reach the ports of a VLAN.
//!
//! A switch that snoops a VLAN drops what servers say where it enters by a port that is not trusted,
//! and passes questions to trusted ports alone (Cisco Catalyst 9300 IP Addressing Services
//! Configuration Guide, "Configuring DHCP").

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{Node, node, switchport};
use crate::analysis::world::{DeviceId, InterfaceId, World};
use crate::model::System;
use crate::model::snooping::Snooping;

/// What snooping does to the answers of DHCP servers in a VLAN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Answers {
    /// Switches with ports of the VLAN that no answer reaches.
    pub(in crate::analysis) cut: BTreeSet<DeviceId>,
    /// What the text leaves open, each a fragment.
    pub(in crate::analysis) doubts: Vec<String>,
    /// Switches of the VLAN.
    pub(in crate::analysis) switches: BTreeSet<DeviceId>,
}

/// A wire of a VLAN: what it joins, each with its port.
type Wire = [(Node, InterfaceId); 2];

/// What snooping does to answers that come from relays of a VLAN and from servers in it.
pub(in crate::analysis) fn answers(
    world: &World<'_>,
    vlan: u16,
    routers: &[InterfaceId],
    servers: &[Ipv4Addr],
) -> Answers {
    let mut out = Answers::default();
    let mut sources: BTreeSet<Node> = routers.iter().map(|id| node(world, *id)).collect();
    for server in servers {
        sources.extend(world.owners(*server).iter().map(|id| node(world, *id)));
        out.doubts.extend(untrusted_server(world, *server, vlan));
        let ports = world.host_ports(*server);
        let behind = ports.behind.iter().filter(|(_, _, own)| *own == vlan);
        let devices = behind.filter_map(|(device, ..)| world.device_named(device));
        sources.extend(devices.map(|device| Node::Vlan(device, vlan)));
    }
    let wires = wires(world, vlan);
    let joined = reached(&wires, &sources, |_, _| true);
    let answered = reached(&wires, &sources, |_, port| passes(world, port, vlan));
    for id in world.device_ids() {
        let here = Node::Vlan(id, vlan);
        let is_source = sources.contains(&here);
        if !has_hosts(world, id, vlan) || (!joined.contains(&here) && is_linked(world, id)) {
            continue;
        }
        out.switches.insert(id);
        if is_source || (snooping(world, id, vlan).is_none() && !is_linked(world, id)) {
            continue;
        }
        if is_linked(world, id) {
            if !answered.contains(&here) {
                out.cut.insert(id);
            }
        } else {
            unlinked(world, id, vlan, &mut out);
        }
    }
    for one in joined.iter().filter(|one| !sources.contains(one)) {
        if let Node::Vlan(id, _) = one {
            out.switches.insert(*id);
            other_ways(world, (*one, *id, vlan), &wires, &sources, &mut out);
        }
    }
    options(world, vlan, routers, &mut out);
    out
}

/// A server that is, or may be, behind a port that a snooping switch does not trust.
pub(in crate::analysis) fn untrusted_server(
    world: &World<'_>,
    server: Ipv4Addr,
    vlan: u16,
) -> Option<String> {
    let ports = world.host_ports(server);
    let (device, port, _) = ports.behind.iter().find(|(device, port, own)| {
        let device = world.device_named(device).filter(|_| *own == vlan);
        let port = device.and_then(|device| world.interface_named(device, port));
        port.is_some_and(|port| !passes(world, port, vlan))
    })?;
    Some(format!(
        "whether {server} is behind {device} {port}, which is not trusted to answer DHCP questions"
    ))
}

/// A switch of which no file shows where its ports lead.
fn unlinked(world: &World<'_>, id: DeviceId, vlan: u16, out: &mut Answers) {
    let name = &world.device(id).name;
    let ports = world.interfaces_of(id).filter(|port| {
        let carries = world.layer2.tag(world, *port, vlan).is_some();
        carries && world.interface(*port).up && is_trusted(world, *port)
    });
    let trusted: Vec<&str> = ports.map(|port| &*world.interface(port).name).collect();
    if trusted.is_empty() {
        out.cut.insert(id);
    } else {
        out.doubts.push(format!(
            "whether answers of DHCP servers reach {name} by {}, which it trusts",
            trusted.join(", ")
        ));
    }
}

/// Notes ports by which a snooping switch may hear its servers although it does not trust them:
/// which of several ways is in use is spanning tree's choice.
fn other_ways(
    world: &World<'_>,
    (here, id, vlan): (Node, DeviceId, u16),
    wires: &[Wire],
    sources: &BTreeSet<Node>,
    out: &mut Answers,
) {
    if snooping(world, id, vlan).is_none() || out.cut.contains(&id) {
        return;
    }
    let rest: Vec<Wire> = wires
        .iter()
        .filter(|[one, other]| one.0 != here && other.0 != here)
        .copied()
        .collect();
    let without = reached(&rest, sources, |_, _| true);
    for [one, other] in wires {
        for ((near, port), (far, _)) in [(one, other), (other, one)] {
            if *near == here && without.contains(far) && !passes(world, *port, vlan) {
                let name = &world.device(id).name;
                let port = &world.interface(*port).name;
                out.doubts.push(format!(
                    "whether answers of DHCP servers reach {name} by {port}, which it does not trust"
                ));
            }
        }
    }
}

/// Notes who may refuse questions to which a snooping switch adds option 82, as it does unless it
/// is told not to: another one by a port that it does not trust, and a relay that trusts none
/// (Cisco IOS IP Addressing: DHCP Configuration Guide, "relay agent information option").
fn options(world: &World<'_>, vlan: u16, routers: &[InterfaceId], out: &mut Answers) {
    let adding: Vec<DeviceId> = out
        .switches
        .iter()
        .copied()
        .filter(|id| has_hosts(world, *id, vlan))
        .filter(|id| {
            let settings = snooping(world, *id, vlan);
            settings.is_some_and(|one| one.option.as_ref().is_none_or(|option| option.value))
        })
        .collect();
    for id in adding {
        let name = &world.device(id).name;
        let others = out.switches.iter().filter(|other| **other != id);
        let refusing = others.filter(|other| {
            let ports = world.interfaces_of(**other);
            let mut linked = ports.filter(|port| {
                world.layer2.linked.contains(port) && world.layer2.tag(world, *port, vlan).is_some()
            });
            snooping(world, **other, vlan)
                .is_some_and(|one| !one.takes_options.as_ref().is_some_and(|at| at.value))
                && linked.any(|port| !is_trusted(world, port))
        });
        let refusing: Vec<&DeviceId> = refusing.collect();
        for other in refusing {
            let other = &world.device(*other).name;
            out.doubts.push(format!(
                "whether {other} drops DHCP questions that {name} adds option 82 to, by a port that \
                 it does not trust"
            ));
        }
        for router in routers {
            let entry = world.interface(*router);
            let trusts = entry.facet.and_then(|facet| facet.relays_options.as_ref());
            let trusts = trusts.or(system(world, entry.device)
                .and_then(|system| system.snooping.relays_options.as_ref()));
            if entry.device != id && !trusts.is_some_and(|trusts| trusts.value) {
                let relay = &world.device(entry.device).name;
                out.doubts.push(format!(
                    "whether {relay} relays DHCP questions that {name} adds option 82 to (`ip dhcp \
                     relay information trusted`)"
                ));
            }
        }
    }
}

/// The wires of a VLAN.
fn wires(world: &World<'_>, vlan: u16) -> Vec<Wire> {
    let layer2 = &world.layer2;
    let vlans = BTreeSet::from([vlan]);
    let mut children: BTreeMap<InterfaceId, Vec<InterfaceId>> = BTreeMap::new();
    for (child, parent) in &layer2.parents {
        children.entry(*parent).or_default().push(*child);
    }
    let mut out = Vec::new();
    for (a, b) in &layer2.links {
        let lanes = layer2.lanes(world, *b, &vlans, &children);
        for (tag, one) in layer2.lanes(world, *a, &vlans, &children) {
            let Some(other) = lanes.get(&tag) else {
                continue;
            };
            if matches!(one, Node::Vlan(..)) || matches!(other, Node::Vlan(..)) {
                out.push([(one, *a), (*other, *b)]);
            }
        }
    }
    out
}

/// The nodes that frames from `sources` reach where `enters` lets them by a port.
fn reached(
    wires: &[Wire],
    sources: &BTreeSet<Node>,
    enters: impl Fn(Node, InterfaceId) -> bool,
) -> BTreeSet<Node> {
    let mut out = sources.clone();
    let mut grows = true;
    while grows {
        grows = false;
        for [one, other] in wires {
            for (from, (to, port)) in [(one, other), (other, one)] {
                if out.contains(&from.0) && !out.contains(to) && enters(*to, *port) {
                    grows |= out.insert(*to);
                }
            }
        }
    }
    out
}

/// Whether answers of servers pass a port of a VLAN.
fn passes(world: &World<'_>, port: InterfaceId, vlan: u16) -> bool {
    switchport(world, port).is_none()
        || snooping(world, world.interface(port).device, vlan).is_none()
        || is_trusted(world, port)
}

/// Whether a port is trusted to answer.
fn is_trusted(world: &World<'_>, port: InterfaceId) -> bool {
    let facet = world.interface(port).facet;
    facet
        .and_then(|facet| facet.snooping_trust.as_ref())
        .is_some_and(|trust| trust.value)
}

/// Whether a switch has ports of a VLAN that lead to no device of the files.
fn has_hosts(world: &World<'_>, id: DeviceId, vlan: u16) -> bool {
    let layer2 = &world.layer2;
    let mut ports = world.interfaces_of(id);
    ports.any(|port| {
        world.interface(port).up
            && !layer2.linked.contains(&port)
            && layer2.tag(world, port, vlan).is_some()
    })
}

/// Whether the files show a wire of a switch.
fn is_linked(world: &World<'_>, id: DeviceId) -> bool {
    world.layer2.bridged.contains(&id)
}

/// What a device says of itself.
fn system<'w>(world: &World<'w>, id: DeviceId) -> Option<&'w System> {
    world.device(id).device?.system("")
}

/// The snooping of a device, where it snoops a VLAN.
pub(in crate::analysis) fn snooping<'w>(
    world: &World<'w>,
    id: DeviceId,
    vlan: u16,
) -> Option<&'w Snooping> {
    let settings = &system(world, id)?.snooping;
    let is_on = settings.on.as_ref().is_some_and(|on| on.value);
    (is_on && settings.vlans.contains(vlan)).then_some(settings)
}

/// Devices that check packets against the leases which snooping would note, without snooping.
pub(in crate::analysis) fn without_leases(world: &World<'_>, vlan: u16) -> Vec<DeviceId> {
    let ids = world.device_ids();
    ids.filter(|id| {
        let checks = system(world, *id).and_then(|system| system.snooping.checks.as_ref());
        checks.is_some() && has_hosts(world, *id, vlan) && snooping(world, *id, vlan).is_none()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::test_network::{network, with_links};

    /// Switches without answers, and doubts, of a ring of an access switch and two cores; the last
    /// two arguments are lines of the access switch's two uplinks.
    fn of(access: &str, one: &str, other: &str) -> (usize, Vec<String>) {
        let core = "vlan 20\ninterface Gi1/0/1\n switchport mode trunk\ninterface Gi1/0/2\n \
                    switchport mode trunk\ninterface Vlan20\n ip address 10.0.20.2 255.255.255.0\n";
        let access = format!(
            "vlan 20\n{access}interface Gi1/0/1\n switchport mode trunk\n{one}interface Gi1/0/2\n \
             switchport mode trunk\n{other}interface Gi1/0/5\n switchport mode access\n switchport \
             access vlan 20\n"
        );
        let network = network(&[("acc", access.as_str()), ("core1", core), ("core2", core)]);
        let name = |short: &str| short.replace("Gi", "GigabitEthernet");
        let wires = [
            ["acc", "Gi1/0/1", "core1", "Gi1/0/1"],
            ["acc", "Gi1/0/2", "core2", "Gi1/0/1"],
            ["core1", "Gi1/0/2", "core2", "Gi1/0/2"],
        ];
        let wires = wires.map(|wire| wire.map(name));
        let links: Vec<[&str; 4]> = wires
            .iter()
            .map(|[a, b, c, d]| [a.as_str(), b, c, d])
            .collect();
        let network = with_links(network, &links);
        let world = World::new(&network, &[], &[]);
        let routers: Vec<InterfaceId> = ["core1", "core2"]
            .into_iter()
            .map(|core| {
                let core = world.device_named(core).unwrap();
                world.interface_named(core, "Vlan20").unwrap()
            })
            .collect();
        let found = answers(&world, 20, &routers, &[]);
        (found.cut.len(), found.doubts)
    }

    #[test]
    fn answers_pass_trusted_ports_and_vlans_that_are_not_snooped() {
        let trust = " ip dhcp snooping trust\n";
        let quiet = "no ip dhcp snooping information option\nip dhcp snooping\n";
        let on = format!("{quiet}ip dhcp snooping vlan 20,30\n");
        assert_eq!(of(&on, trust, trust), (0, Vec::new()));
        assert_eq!(of(&on, "", ""), (1, Vec::new()));
        let elsewhere = format!("{quiet}ip dhcp snooping vlan 30\n");
        assert_eq!(of(&elsewhere, "", ""), (0, Vec::new()));
        let taken_out = format!("{on}no ip dhcp snooping vlan 20\n");
        assert_eq!(of(&taken_out, "", ""), (0, Vec::new()));
        let off = "ip dhcp snooping vlan 20\n";
        assert_eq!(of(off, "", ""), (0, Vec::new()));
    }

    #[test]
    fn which_of_two_ways_is_in_use_is_open() {
        let on = "no ip dhcp snooping information option\nip dhcp snooping\nip dhcp snooping vlan \
                  20\n";
        let (cut, doubts) = of(on, " ip dhcp snooping trust\n", "");
        assert_eq!((cut, doubts.len()), (0, 1), "{doubts:?}");
        assert!(doubts[0].contains("GigabitEthernet1/0/2"), "{doubts:?}");
    }

    #[test]
    fn relays_that_trust_no_option_82_are_asked_about() {
        let trust = " ip dhcp snooping trust\n";
        let (cut, doubts) = of("ip dhcp snooping\nip dhcp snooping vlan 20\n", trust, trust);
        assert_eq!((cut, doubts.len()), (0, 2), "{doubts:?}");
        assert!(doubts[0].contains("core1 relays"), "{doubts:?}");
    }
}
