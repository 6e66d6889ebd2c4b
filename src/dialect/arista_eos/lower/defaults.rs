//! Defaults of EOS that `show running-config` does not print.

use super::{bgp, forwards, isis, ospf, redistribute};
use crate::dialect::ios_family::lower::Lowering;
use crate::model::interface::{Interface, InterfaceKind, Switchport};
use crate::model::{Facet, FacetKey, FacetKind, ListedAddresses, System};
use crate::source::At;

/// Adds them.
pub(in crate::dialect::arista_eos) fn finish(lowering: &mut Lowering) {
    let routed = lowering
        .switched("switchport default mode routed")
        .filter(|on| on.value);
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet {
            complete(interface, routed);
        } else if let Facet::Vrf(vrf) = facet {
            let on = lowering.switches.get(&forwards(&vrf.name)).copied();
            let untold = vrf.defined_at.map(|at| At::new(false, at.at));
            vrf.forwards = on.or(untold);
        }
    }
    ospf::finish(lowering);
    bgp::finish(lowering);
    isis::finish(lowering);
    redistribute::finish(lowering);
    // A switch until `ip routing` makes it a router (EOS user manual, "ip routing": disabled).
    let place = lowering.builder.at(0);
    let facet = lowering
        .builder
        .facet(&FacetKey::new(FacetKind::System, ""), || {
            Facet::System(System::default())
        });
    if let Facet::System(system) = facet {
        system.forwarding.get_or_insert(At::new(false, place));
        // `show ip route` lists subnets alone.
        system.listed_addresses = Some(ListedAddresses::None);
        // Seen on EOS 4.36 with borrowed addresses.
        system.hides_neighbors = true;
    }
}

/// The settings of a port that the text leaves out: layer 2 unless the text says otherwise (EOS
/// user manual, "switchport").
fn complete(interface: &mut Interface, routed: Option<At<bool>>) {
    let is_port = matches!(
        interface.kind,
        InterfaceKind::Physical | InterfaceKind::PortChannel(_)
    ) && (interface.name.starts_with("Ethernet")
        || matches!(interface.kind, InterfaceKind::PortChannel(_)));
    if let (InterfaceKind::PortChannel(_), Some(defined)) = (&interface.kind, interface.defined_at)
    {
        // Unless fallback is configured (EOS user manual, "port-channel lacp fallback").
        interface.members_alone = Some(At::new(false, defined.at));
    }
    if !is_port || interface.switchport.is_some() || interface.routed.is_some() {
        return;
    }
    match routed {
        Some(on) => interface.routed = Some(At::new((), on.at)),
        None if interface.addresses.is_empty() && interface.vrf.is_none() => {
            interface.switchport = Some(Switchport::default());
        }
        None => {}
    }
}
