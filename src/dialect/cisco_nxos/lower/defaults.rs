//! Defaults of NX-OS that `show running-config` does not print.

use super::{bgp, eigrp, fabric, isis, ospf, redistribute, rip, shutdown_of};
use crate::dialect::ios_family::lower::Lowering;
use crate::model::interface::{FirstHopProtocol, Interface, InterfaceKind, Switchport};
use crate::model::{Facet, FacetKey, FacetKind, ListedAddresses, System};
use crate::source::At;

/// Bandwidth in kbit/s of a port whose speed the text does not say: what `show interface` gives on
/// Nexus 9000v, whose ports say 1 Gbit/s.
const BANDWIDTH: u64 = 1_000_000;
/// Delay in tens of microseconds of a port, likewise (`DLY 10 usec`).
const DELAY: u64 = 1;

/// Adds them.
pub(in crate::dialect::cisco_nxos) fn finish(lowering: &mut Lowering) {
    let is_on = |lowering: &Lowering, words: &str| lowering.switched(words).map(|on| on.value);
    // Ports are layer 2 on Nexus 3000, 5000 and 9000, layer 3 on Nexus 7000 (NX-OS Interfaces
    // Configuration Guides, "system default switchport"); since defaults are not printed, a port
    // that says it is the other kind shows which holds.
    let layer_2 = is_on(lowering, "system default switchport").unwrap_or_else(|| {
        is_on(lowering, "routed port").is_some() || is_on(lowering, "switched port").is_none()
    });
    let layer_2_down = is_on(lowering, "system default switchport shutdown").unwrap_or(false);
    let mut with_groups = Vec::new();
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet {
            complete(interface, layer_2, layer_2_down);
            if !interface.first_hop.is_empty() {
                with_groups.push(key.clone());
            }
        }
    }
    for key in with_groups {
        let index = lowering.builder.index(&key);
        let switches = &lowering.switches;
        if let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) {
            interface.first_hop.retain(|group| {
                let off = switches.get(&shutdown_of(index, group.group));
                group.protocol != FirstHopProtocol::Vrrp || off.is_some_and(|off| !off.value)
            });
        }
    }
    fabric::finish(lowering);
    ospf::finish(lowering);
    bgp::finish(lowering);
    isis::finish(lowering);
    rip::finish(lowering);
    let systems = eigrp::finish(lowering);
    redistribute::finish(lowering, &systems);
    system(lowering);
}

/// The settings of a port that the text leaves out.
fn complete(interface: &mut Interface, layer_2: bool, layer_2_down: bool) {
    let Some(defined_at) = interface.defined_at else {
        return;
    };
    let at = defined_at.at;
    let is_port =
        interface.name.starts_with("Ethernet") && interface.kind == InterfaceKind::Physical;
    let addressed = !interface.addresses.is_empty()
        || interface.unnumbered.is_some()
        || interface.vrf.is_some();
    let plain = interface.switchport.is_none() && interface.routed.is_none() && !addressed;
    let is_bundle = matches!(interface.kind, InterfaceKind::PortChannel(_));
    if plain && layer_2 && (is_port || is_bundle) {
        interface.switchport = Some(Switchport::default());
    }
    if is_bundle {
        // A port that hears no LACP is suspended (Nexus 9000 Interfaces Configuration Guide, "LACP
        // compatibility enhancements").
        interface.members_alone.get_or_insert(At::new(false, at));
    }
    if is_port || is_bundle {
        interface.usual_bandwidth = Some(BANDWIDTH);
        interface.usual_delay = Some(DELAY);
    }
    // What is up and what is down where the text does not say: NX-OS Interfaces Configuration
    // Guide, default settings ("interface vlan": shut; layer-3 ports and subinterfaces: shut).
    let down = match &interface.kind {
        InterfaceKind::Svi(_) | InterfaceKind::Subinterface { .. } => true,
        // Off until switched on (Cisco Nexus 9000 Series NX-OS VXLAN Configuration Guide,
        // "creating a VXLAN tunnel").
        InterfaceKind::Tunnel if interface.vxlan.is_some() => true,
        InterfaceKind::Physical if !is_port => false,
        InterfaceKind::Physical if interface.switchport.is_some() => layer_2_down,
        InterfaceKind::Physical => interface.channel_group.is_none(),
        InterfaceKind::Loopback
        | InterfaceKind::PortChannel(_)
        | InterfaceKind::Tunnel
        | InterfaceKind::Null => false,
    };
    interface.shutdown.get_or_insert(At::new(down, at));
}

/// The device forwards between its interfaces always, relays where `feature dhcp` is on, and lists
/// every own address in `show ip route`.
fn system(lowering: &mut Lowering) {
    let hostname = FacetKey::new(FacetKind::System, "");
    let relays = lowering.switched("feature dhcp").is_some_and(|on| on.value);
    let place = lowering.builder.at(0);
    let facet = lowering
        .builder
        .facet(&hostname, || Facet::System(System::default()));
    if let Facet::System(system) = facet {
        system.forwarding = Some(At::new(true, place));
        system.listed_addresses = Some(ListedAddresses::All);
        if !relays {
            system.dhcp_service = Some(At::new(false, place));
        }
    }
}
