//! Features: the device takes a statement only where its feature is on.

use std::collections::BTreeSet;

use crate::dialect::ios_family::Feature;
use crate::dialect::ios_family::lower::{Line, Lowered, Lowering, unmodeled};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::syntax::Effect;

/// First words of statements, the feature that makes the device take them, and what they could do
/// where the text does not show it (Cisco Nexus 9000 Series NX-OS Fundamentals Configuration Guide,
/// "feature").
pub(in crate::dialect::cisco_nxos) static FEATURES: &[Feature] = &[
    (&["router", "ospf"], "feature ospf", Effect::Routing),
    (&["ip", "router", "ospf"], "feature ospf", Effect::Routing),
    (&["ip", "ospf"], "feature ospf", Effect::Routing),
    (&["router", "bgp"], "feature bgp", Effect::Routing),
    (&["router", "eigrp"], "feature eigrp", Effect::Routing),
    (&["ip", "router", "eigrp"], "feature eigrp", Effect::Routing),
    (&["router", "isis"], "feature isis", Effect::Routing),
    (&["ip", "router", "isis"], "feature isis", Effect::Routing),
    (&["isis"], "feature isis", Effect::Routing),
    (&["router", "rip"], "feature rip", Effect::Routing),
    (&["ip", "router", "rip"], "feature rip", Effect::Routing),
    (&["ip", "rip"], "feature rip", Effect::Routing),
    (&["ip", "eigrp"], "feature eigrp", Effect::Routing),
    (
        &["ip", "passive-interface"],
        "feature eigrp",
        Effect::Routing,
    ),
    (&["ip", "distribute-list"], "feature eigrp", Effect::Routing),
    (&["ip", "summary-address"], "feature eigrp", Effect::Routing),
    (&["hsrp"], "feature hsrp", Effect::Interface),
    (&["vrrp"], "feature vrrp", Effect::Interface),
    (&["vrrpv3"], "feature vrrpv3", Effect::Interface),
    (
        &["vn-segment"],
        "feature vn-segment-vlan-based",
        Effect::Switching,
    ),
    (
        &["fabric", "forwarding", "mode"],
        "feature fabric forwarding",
        Effect::Interface,
    ),
    (
        &["ip", "dhcp", "relay", "address"],
        "feature dhcp",
        Effect::Interface,
    ),
];

/// What lowering a statement gives where its feature is on; else it is not known whether the text
/// is a part of one that has the feature, or the device does not have the statement either.
pub(super) fn gate(lowering: &mut Lowering, line: &Line<'_, '_>, lowered: Lowered) -> Lowered {
    let need = FEATURES
        .iter()
        .find(|(words, ..)| line.low.starts_with(words))
        .copied();
    let is_lacp = matches!(line.low, ["channel-group", .., "active" | "passive"]);
    let is_svi = matches!(line.low, ["interface", name, ..] if name.starts_with("vlan"));
    let is_tunnel = matches!(line.low, ["interface", name, ..] if name.starts_with("nve"));
    let (feature, effect) = match need {
        Some((_, feature, effect)) => (feature, effect),
        None if is_tunnel => ("feature nv overlay", Effect::Interface),
        None if is_svi => ("feature interface-vlan", Effect::Interface),
        None if is_lacp => ("feature lacp", Effect::Switching),
        None => return lowered,
    };
    match lowering.switched(feature) {
        Some(on) if on.value => {
            // Taking the feature away takes the statement away.
            if let Some(key) = own_facet(lowering, line) {
                lowering.builder.contribute(on.at, &key);
            }
            lowered
        }
        Some(_) | None => {
            if let Some(key) = own_facet(lowering, line)
                && let Some(facet) = lowering.builder.existing(&key)
                && let Some(unread) = unread_of(facet)
            {
                unread.insert(feature.to_owned());
            }
            lowered.and(unmodeled(effect))
        }
    }
}

/// What of a process is not modeled.
fn unread_of(facet: &mut Facet) -> Option<&mut BTreeSet<String>> {
    if let Facet::Ospf(process) = facet {
        Some(&mut process.unread)
    } else if let Facet::Bgp(process) = facet {
        Some(&mut process.unread)
    } else if let Facet::Eigrp(process) = facet {
        Some(&mut process.unread)
    } else if let Facet::Isis(process) = facet {
        Some(&mut process.unread)
    } else if let Facet::Rip(process) = facet {
        Some(&mut process.unread)
    } else {
        None
    }
}

/// The facet whose block a statement opens.
fn own_facet(lowering: &Lowering, line: &Line<'_, '_>) -> Option<FacetKey> {
    lowering
        .builder
        .block(line.at.statement)
        .filter(|key| key.kind != FacetKind::System)
}
