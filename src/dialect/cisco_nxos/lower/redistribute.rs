//! What one routing process takes from another, and filters of interfaces.

use super::eigrp::{self, Systems};
use crate::dialect::ios_family::lower::{Gap, Line, Lowered, Lowering, Respelled, some, unmodeled};
use crate::model::eigrp::eigrp_name;
use crate::model::route_policy::{DistributeList, Redistribute, RouteFilter, RouteSource};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Lowers `redistribute SOURCE route-map NAME` by its words as the family has them; the device takes
/// none without a route map (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide,
/// "redistribute").
pub(super) fn lower(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    take: impl FnOnce(&mut Lowering, &Line<'_, '_>) -> Lowered,
) -> Lowered {
    if !line.negated && !line.low.contains(&"route-map") {
        return Err(Gap::Support(Support::Unrecognized(Effect::Routing)));
    }
    let system;
    let words = match line.low {
        ["redistribute", "direct", ..] => Respelled::plain(&["redistribute", "connected"], line, 2),
        // One process of RIP runs in a VRF, whatever its name.
        ["redistribute", "rip", _, ..] => Respelled::plain(&["redistribute", "rip"], line, 3),
        ["redistribute", "eigrp", _, ..] => {
            system = eigrp::number_of(lowering, some(line.raw(2))?).to_string();
            Respelled::plain(&["redistribute", "eigrp", &system], line, 3)
        }
        ["redistribute", "static" | "ospf" | "bgp" | "isis", ..] => Respelled::plain(&[], line, 0),
        _ => return unmodeled(Effect::Routing),
    };
    take(lowering, &words.line(line))
}

/// `… prefix-list|route-map NAME in|out` from a word of a line on.
pub(super) fn interface_filter(line: &Line<'_, '_>, from: usize) -> Result<DistributeList, Gap> {
    let (Some([kind, _, way]), Some(name)) = (line.low.get(from..), line.raw(from + 1)) else {
        return Err(Gap::Odd);
    };
    let filter = match *kind {
        "prefix-list" => RouteFilter::PrefixList(name.to_owned()),
        "route-map" => RouteFilter::RouteMap(name.to_owned()),
        _ => return Err(Gap::Odd),
    };
    if !matches!(*way, "in" | "out") {
        return Err(Gap::Odd);
    }
    Ok(DistributeList {
        filter,
        inbound: *way == "in",
        interface: None,
        source: None,
    })
}

/// Keeps or forgets a filter of an interface (index of its facet) for a process, whose facet may
/// come later: its kind, and the number that stands for its name.
pub(super) fn keep_filter(
    lowering: &mut Lowering,
    (index, kind, number): (u32, FacetKind, u32),
    line: &Line<'_, '_>,
    filter: DistributeList,
) {
    let place = (index, kind, number);
    lowering
        .unborn
        .filters
        .retain(|(known, at)| *known != place || at.value.inbound != filter.inbound);
    let kept = line.value(filter).map(|at| (place, at));
    lowering.unborn.filters.extend(kept);
}

/// Routes alone are taken, no subnets of interfaces that a protocol runs on; a process is named
/// without the VRF that it runs in; filters of interfaces go to their processes.
pub(super) fn finish(lowering: &mut Lowering, systems: &Systems) {
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            for (vrf, table) in &mut process.tables {
                complete(vrf.as_ref(), &mut table.redistribute, systems);
            }
        } else if let Facet::Ospf(process) = facet {
            complete(process.vrf.as_ref(), &mut process.redistribute, systems);
        } else if let Facet::Eigrp(process) = facet {
            complete(process.vrf.as_ref(), &mut process.redistribute, systems);
        } else if let Facet::Isis(process) = facet {
            complete(process.vrf.as_ref(), &mut process.redistribute, systems);
        } else if let Facet::Rip(process) = facet {
            complete(process.vrf.as_ref(), &mut process.redistribute, systems);
        }
    }
    for ((index, kind, number), mut filter) in std::mem::take(&mut lowering.unborn.filters) {
        let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
            continue;
        };
        let vrf = interface.vrf.as_ref().map(|vrf| vrf.value.clone());
        filter.value.interface = Some(interface.name.clone());
        let name = if kind == FacetKind::Eigrp {
            let system = systems.get(&(number, vrf.clone()));
            eigrp_name(vrf.as_deref(), system.copied().unwrap_or(number))
        } else {
            vrf.unwrap_or_else(|| "-".to_owned())
        };
        let key = FacetKey::new(kind, name);
        lowering.builder.contribute(filter.at, &key);
        match lowering.builder.existing(&key) {
            Some(Facet::Eigrp(process)) => process.distribute.push(filter),
            Some(Facet::Rip(process)) => process.distribute.push(filter),
            // The statement that lets the process run there says that there is none.
            Some(_) | None => {}
        }
    }
}

/// Completes the statements of a process in a VRF.
fn complete(vrf: Option<&String>, statements: &mut [At<Redistribute>], systems: &Systems) {
    for statement in statements {
        statement.value.learned_only = true;
        match (&mut statement.value.source, vrf) {
            (RouteSource::Ospf(id) | RouteSource::Isis(id), Some(vrf)) => {
                *id = super::instance(id, vrf);
            }
            (RouteSource::Eigrp(number), _) => {
                if let Some(system) = systems.get(&(*number, vrf.cloned())) {
                    *number = *system;
                }
            }
            (
                RouteSource::Ospf(_)
                | RouteSource::Isis(_)
                | RouteSource::Connected
                | RouteSource::Static
                | RouteSource::Bgp(_)
                | RouteSource::Rip
                | RouteSource::Kernel
                | RouteSource::Other(_),
                _,
            ) => {}
        }
    }
}
