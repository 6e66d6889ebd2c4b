//! VXLAN and EVPN as NX-OS writes them.

use std::collections::BTreeMap;

use crate::dialect::ios_family::lower::bgp::fabric::lower_targets;
use crate::dialect::ios_family::lower::bgp::{FabricPart, Part};
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, first_hop, number, some, unmodeled,
};
use crate::model::interface::{FirstHopProtocol, Interface};
use crate::model::vxlan::Vxlan;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Number that stands in route targets for a system number of four bytes (RFC 6793 §9:
/// `AS_TRANS`).
const AS_TRANS: u32 = 23_456;
/// What a route target or distinguisher is where the device makes it up.
const AUTO: &str = "auto";
/// Most identifiers that one statement names.
const IDENTIFIERS: usize = 4094;

/// A line of VLANs, of network identifiers, or of the domains of EVPN.
pub(super) fn lower_line(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    if let Block::Tunnels(index, identifiers) = block {
        lower_member(lowering, *index, identifiers, line)
    } else if let Block::Domains(index) = block {
        open_domain(lowering, *index, line)
    } else if let (Block::Vlans(vlans), ["vn-segment", ..]) = (block, line.low) {
        lower_segment(lowering, vlans, line)
    } else {
        lowering.inner(block, line)
    }
}

/// `vn-segment N` of VLANs.
fn lower_segment(lowering: &mut Lowering, vlans: &[u16], line: &Line<'_, '_>) -> Lowered {
    let [vlan] = vlans else {
        return unmodeled(Effect::Switching);
    };
    let key = FacetKey::new(FacetKind::Vlan, vlan.to_string());
    lowering.builder.contribute(line.at, &key);
    let Some(Facet::Vlan(vlan)) = lowering.builder.existing(&key) else {
        return Err(Gap::Odd);
    };
    vlan.network_identifier = match line.low {
        [_] if line.negated => None,
        [_, identifier] => line.value(number(identifier)?),
        _ => return Err(Gap::Odd),
    };
    // Where VLANs reach through tunnels is not computed.
    unmodeled(Effect::Switching)
}

/// A line of `interface nve1`, or one of an interface that every device of the fabric has.
pub(super) fn lower_interface(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    if let ["fabric", "forwarding", "mode", "anycast-gateway"] = line.low {
        // Its addresses are known at the end.
        interface
            .first_hop
            .retain(|group| group.protocol != FirstHopProtocol::Anycast);
        if !line.negated {
            first_hop::find(interface, FirstHopProtocol::Anycast, 0);
        }
        return Ok(());
    }
    let vxlan = interface.vxlan.get_or_insert_default();
    vxlan.by_secondary = true;
    match line.low {
        ["source-interface", ..] => vxlan.source = line.value(some(line.interface(1))?),
        // Far ends are what BGP tells, as is modeled.
        ["host-reachability", "protocol", "bgp"] if !line.negated => {}
        ["member", "vni", identifiers, rest @ ..] => {
            let identifiers = numbers(identifiers)?;
            let of_vrf = match rest {
                [] => false,
                ["associate-vrf"] => true,
                _ => return unmodeled(Effect::Interface),
            };
            for identifier in &identifiers {
                vxlan.members.remove(identifier);
                let member = line.value(of_vrf).map(|at| (*identifier, at));
                vxlan.members.extend(member);
            }
            if !of_vrf && !line.negated {
                let key = some(lowering.builder.key(index).cloned())?;
                lowering.open(line.at, &key, Block::Tunnels(index, identifiers));
                return unmodeled(Effect::Switching);
            }
        }
        _ => return unmodeled(Effect::Interface),
    }
    Ok(())
}

/// Identifiers in a list with ranges.
fn numbers(list: &str) -> Result<Vec<u32>, Gap> {
    let mut found = Vec::new();
    for part in list.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high): (u32, u32) = (number(low)?, number(high)?);
        let room = IDENTIFIERS.saturating_sub(found.len());
        found.extend((low..=high).take(room));
    }
    Ok(found)
}

/// A line of `member vni N`.
fn lower_member(
    lowering: &mut Lowering,
    index: u32,
    identifiers: &[u32],
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let vxlan = interface.vxlan.get_or_insert_default();
    match line.low {
        ["ingress-replication", "protocol", "bgp"] if !line.negated => {}
        ["mcast-group", ..] => {
            for identifier in identifiers {
                vxlan.multicast.remove(identifier);
                let group = line.value(()).map(|at| (*identifier, at));
                vxlan.multicast.extend(group);
            }
        }
        _ => {}
    }
    unmodeled(Effect::Switching)
}

/// `vni N [l3]`, `rd R` and `route-target import|export|both T evpn` of a VRF.
pub(super) fn lower_vrf(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Vrf(vrf)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["vni"] if line.negated => vrf.network_identifier = None,
        ["vni", identifier] | ["vni", identifier, "l3"] => {
            vrf.network_identifier = line.value(number(identifier)?);
        }
        ["rd", ..] if line.negated => vrf.distinguisher = None,
        ["rd", distinguisher] => vrf.distinguisher = line.value((*distinguisher).to_owned()),
        ["route-target", _, target, "evpn"] => {
            let (imports, exports) = (&mut vrf.fabric_imports, &mut vrf.fabric_exports);
            return lower_targets(imports, exports, line, Some(target));
        }
        ["route-target", _, target] => {
            return lower_targets(&mut vrf.imports, &mut vrf.exports, line, Some(target));
        }
        _ => {
            vrf.unread.insert(line.head(2));
            return unmodeled(Effect::Routing);
        }
    }
    Ok(())
}

/// `evpn`, after BGP, to which its domains belong.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let keys = lowering.builder.facets_mut().map(|(key, _)| key.clone());
    let key = keys.filter(|key| key.kind == FacetKind::Bgp).last();
    let Some(key) = key.filter(|_| !line.negated) else {
        return unmodeled(Effect::Switching);
    };
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    lowering.open(line.at, &key, Block::Domains(index));
    Ok(())
}

/// `vni N l2`.
fn open_domain(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let ["vni", identifier, "l2"] = line.low else {
        return unmodeled(Effect::Switching);
    };
    let identifier: u32 = number(identifier)?;
    lowering.builder.contribute_index(line.at, index);
    let key = some(lowering.builder.key(index).cloned())?;
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let name = identifier.to_string();
    let fabric = process.fabric.get_or_insert_default();
    if line.negated {
        fabric.domains.remove(&name);
        return Ok(());
    }
    let domain = fabric.domains.entry(name.clone()).or_default();
    domain.defined_at = Some(At::new((), line.at));
    let part = Part::Fabric(FabricPart::Domain(name));
    lowering.open(line.at, &key, Block::Bgp(index, part));
    Ok(())
}

/// What only the whole text tells: which VLAN and which VRF an identifier is of, and what targets
/// are that the device makes up (Cisco Nexus 9000 Series NX-OS VXLAN Configuration Guide, "auto
/// derived route targets": the system's number and the identifier).
pub(super) fn finish(lowering: &mut Lowering) {
    let mut vlans: BTreeMap<u32, u16> = BTreeMap::new();
    let mut vrfs: BTreeMap<u32, String> = BTreeMap::new();
    let mut system = None;
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Vlan(vlan) = facet {
            vlans.extend(vlan.network_identifier.map(|at| (at.value, vlan.id)));
        } else if let Facet::Vrf(vrf) = facet {
            let named = vrf
                .network_identifier
                .map(|at| (at.value, vrf.name.clone()));
            vrfs.extend(named);
        } else if let Facet::Bgp(process) = facet {
            system = Some(process.asn);
        }
    }
    let system = system.map(|asn| {
        if asn > u32::from(u16::MAX) {
            AS_TRANS
        } else {
            asn
        }
    });
    let made_up = |targets: &mut BTreeMap<String, At<()>>, identifier: Option<u32>| {
        if let Some(at) = targets.remove(AUTO) {
            let name = system
                .zip(identifier)
                .map(|(asn, vni)| format!("{asn}:{vni}"));
            targets.extend(name.map(|name| (name, at)));
        }
    };
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet {
            share(interface);
            if let Some(vxlan) = &mut interface.vxlan {
                assign(vxlan, &vlans, &vrfs);
            }
        } else if let Facet::Vrf(vrf) = facet {
            let identifier = vrf.network_identifier.map(|at| at.value);
            // Without a VLAN only releases that know this form take it.
            if identifier.is_some_and(|identifier| !vlans.contains_key(&identifier)) {
                vrf.unread.insert("vni without a VLAN".to_owned());
            }
            for targets in [
                &mut vrf.imports,
                &mut vrf.exports,
                &mut vrf.fabric_imports,
                &mut vrf.fabric_exports,
            ] {
                made_up(targets, identifier);
            }
            vrf.distinguisher.take_if(|at| at.value == AUTO);
        } else if let Facet::Bgp(process) = facet
            && let Some(fabric) = &mut process.fabric
        {
            for (name, domain) in &mut fabric.domains {
                let identifier = name.parse().ok();
                domain.distinguisher.take_if(|at| at.value == AUTO);
                let own = identifier.and_then(|identifier: u32| vlans.get(&identifier));
                domain.vlans.extend(own);
                made_up(&mut domain.imports, identifier);
                made_up(&mut domain.exports, identifier);
            }
        }
    }
    unsettle(lowering);
    gate(lowering);
}

/// Every device of the fabric has the addresses of such an interface.
fn share(interface: &mut Interface) {
    let addresses: Vec<_> = interface
        .addresses
        .iter()
        .map(|at| At::new(at.value.net.addr(), at.at))
        .collect();
    let mut groups = interface.first_hop.iter_mut();
    if let Some(group) = groups.find(|group| group.protocol == FirstHopProtocol::Anycast) {
        group.addresses = addresses;
    }
}

/// The VLANs and VRFs of the identifiers that take part.
fn assign(vxlan: &mut Vxlan, vlans: &BTreeMap<u32, u16>, vrfs: &BTreeMap<u32, String>) {
    for (identifier, of_vrf) in &vxlan.members {
        let at = At::new(*identifier, of_vrf.at);
        if of_vrf.value {
            vxlan
                .vrfs
                .extend(vrfs.get(identifier).map(|vrf| (vrf.clone(), at)));
        } else {
            vxlan
                .vlans
                .extend(vlans.get(identifier).map(|vlan| (*vlan, at)));
        }
    }
}

/// EVPN is there only where the whole device has it switched on.
fn gate(lowering: &mut Lowering) {
    let on = lowering.switched("nv overlay evpn").filter(|on| on.value);
    let mut with_fabric = Vec::new();
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet
            && let Some(fabric) = &mut process.fabric
        {
            with_fabric.push(key.clone());
            if on.is_none() {
                fabric.unread.insert("nv overlay evpn".to_owned());
            }
        }
    }
    for key in with_fabric {
        if let Some(on) = on {
            lowering.builder.contribute(on.at, &key);
        }
    }
}

/// What VRFs of one device take from each other by targets is not modeled.
fn unsettle(lowering: &mut Lowering) {
    let mut exports: Vec<(String, String)> = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Vrf(vrf) = facet {
            let own = vrf.exports.keys().chain(vrf.fabric_exports.keys());
            exports.extend(own.map(|target| (vrf.name.clone(), target.clone())));
        }
    }
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Vrf(vrf) = facet {
            let takes = |target: &String| {
                vrf.imports.contains_key(target) || vrf.fabric_imports.contains_key(target)
            };
            let mut others = exports.iter().filter(|(name, _)| *name != vrf.name);
            if others.any(|(_, target)| takes(target)) {
                vrf.unread.insert("route-target".to_owned());
            }
            vrf.imports.clear();
            vrf.exports.clear();
        }
    }
}
