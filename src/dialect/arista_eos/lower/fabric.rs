//! VXLAN and EVPN as EOS writes them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::dialect::ios_family::lower::bgp::fabric::lower_targets;
use crate::dialect::ios_family::lower::{Gap, Line, Lowered, Lowering, number, some, unmodeled};
use crate::dialect::ios_family::words::address;
use crate::model::interface::Interface;
use crate::model::route::Vrf;
use crate::model::vxlan::{BgpFabric, Vxlan};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::VlanSet;
use crate::source::At;
use crate::syntax::Effect;

/// Most VLANs that one statement maps (IEEE 802.1Q: 4094 numbers).
const VLANS: usize = 4094;

/// What holds where the text says nothing: settings of peers hold for every family; a device keeps
/// what none of its VRFs takes, and routes from the fabric have the distance of local ones (EOS
/// user manual, "EVPN"; distances as EOS 4.23 shows them).
pub(super) fn complete(fabric: &mut BgpFabric) {
    fabric.inherits = true;
    fabric.retains = true;
    fabric.local_distance = true;
}

/// A line of `interface Vxlan1` that begins with `vxlan`.
pub(super) fn lower_interface(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let vxlan = interface.vxlan.get_or_insert_default();
    // Where VLANs reach through tunnels is not computed.
    let stretches = matches!(line.low, ["vxlan", "vlan" | "flood", ..]);
    match line.low {
        ["vxlan", "source-interface", ..] => {
            vxlan.source = line.value(some(line.interface(2))?);
        }
        ["vxlan", "udp-port", port] => vxlan.port = line.value(number(port)?),
        ["vxlan", "vrf", _, "vni", identifier] => {
            let vrf = some(line.raw(2))?.to_owned();
            vxlan.vrfs.remove(&vrf);
            let identifier = line.value(number(identifier)?);
            vxlan.vrfs.extend(identifier.map(|at| (vrf, at)));
        }
        ["vxlan", "vrf", _] if line.negated => drop(vxlan.vrfs.remove(some(line.raw(2))?)),
        ["vxlan", "vlan", vlans] | ["vxlan", "vlan", vlans, "vni"] if line.negated => {
            for vlan in some(VlanSet::parse(vlans))?.iter() {
                vxlan.vlans.remove(&vlan);
            }
        }
        ["vxlan", "vlan", vlans, "vni", identifiers]
        | ["vxlan", "vlan", "add", vlans, "vni", identifiers] => {
            lower_vlans(vxlan, vlans, identifiers, line)?;
        }
        ["vxlan", "flood", "vtep", ends @ ..] => lower_floods(vxlan, None, ends, line)?,
        ["vxlan", "vlan", vlans, "flood", "vtep", ends @ ..] => {
            for vlan in some(VlanSet::parse(vlans))?.iter() {
                lower_floods(vxlan, Some(vlan), ends, line)?;
            }
        }
        _ => return unmodeled(Effect::Interface),
    }
    if stretches {
        return unmodeled(Effect::Switching);
    }
    Ok(())
}

/// `vxlan vlan VLANS vni IDENTIFIERS`: as many of one as of the other.
fn lower_vlans(
    tunnels: &mut Vxlan,
    vlans: &str,
    identifiers: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    let vlans: Vec<u16> = some(VlanSet::parse(vlans))?.iter().collect();
    let mut numbers: Vec<u32> = Vec::new();
    for part in identifiers.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high): (u32, u32) = (number(low)?, number(high)?);
        let room = VLANS.saturating_sub(numbers.len());
        numbers.extend((low..=high).take(room));
    }
    if vlans.len() != numbers.len() {
        return Err(Gap::Odd);
    }
    for (vlan, identifier) in vlans.into_iter().zip(numbers) {
        tunnels.vlans.remove(&vlan);
        tunnels
            .vlans
            .extend(line.value(identifier).map(|at| (vlan, at)));
    }
    Ok(())
}

/// `vxlan [vlan N] flood vtep [add|remove] ADDRESSES`.
fn lower_floods(
    tunnels: &mut Vxlan,
    vlan: Option<u16>,
    ends: &[&str],
    line: &Line<'_, '_>,
) -> Lowered {
    if line.negated && ends.is_empty() {
        tunnels.floods.remove(&vlan);
        return Ok(());
    }
    let (takes_away, adds, ends) = match ends {
        ["remove", ends @ ..] => (true, false, ends),
        ["add", ends @ ..] => (false, true, ends),
        ends => (line.negated, false, ends),
    };
    let named: Option<BTreeSet<Ipv4Addr>> = ends.iter().map(|end| address(end)).collect();
    let named = some(named)?;
    let known = tunnels.floods.remove(&vlan).map(|at| at.value);
    let known = known.unwrap_or_default();
    let all: BTreeSet<Ipv4Addr> = if takes_away {
        known.difference(&named).copied().collect()
    } else if adds {
        known.union(&named).copied().collect()
    } else {
        named
    };
    tunnels.floods.insert(vlan, At::new(all, line.at));
    Ok(())
}

/// `rd …` and `route-target …` of a VRF, within BGP.
pub(super) fn lower_vrf(
    lowering: &mut Lowering,
    index: u32,
    name: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let key = FacetKey::new(FacetKind::Vrf, name);
    lowering.builder.contribute(line.at, &key);
    let facet = lowering.builder.facet(&key, || {
        Facet::Vrf(Vrf {
            name: name.to_owned(),
            ..Vrf::default()
        })
    });
    let Facet::Vrf(vrf) = facet else {
        return Err(Gap::Odd);
    };
    let lowered = match line.low {
        ["rd"] if line.negated => {
            vrf.distinguisher = None;
            Ok(())
        }
        ["rd", _] => {
            vrf.distinguisher = line.value(some(line.raw(1))?.to_owned());
            Ok(())
        }
        // Without a family for every one.
        ["route-target", _, "evpn", _] | ["route-target", _, _] => {
            let (imports, exports) = (&mut vrf.fabric_imports, &mut vrf.fabric_exports);
            lower_targets(imports, exports, line, line.raw.last().copied())
        }
        _ => unmodeled(Effect::Routing),
    };
    if lowered.is_err() {
        vrf.unread.insert(line.head(3));
    }
    lowered
}
