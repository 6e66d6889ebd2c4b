//! OSPF processes: settings that EOS writes in its own way.

use crate::dialect::ios_family::lower::{
    Gap, Line, Lowered, Lowering, Respelled, irrelevant, ospf, some, unmodeled,
};
use crate::model::{Facet, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// Cost of an interface where neither it nor the process says how to compute one (EOS user manual,
/// "ip ospf cost": the default is 10).
const COST: u16 = 10;

/// Announcements that a process takes where nothing says it (EOS user manual, "`max-lsa`": 12000).
const MOST_LSAS: u32 = 12_000;
/// Why a limit that is no lower than the usual one bears on nothing.
const FLOODS: &str = "a guard against floods of announcements, no lower than the default";

/// A line of a process.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["network", prefix, "area", named] => {
            let prefix: Ipv4Net = some(prefix.parse().ok())?;
            let area = some(ospf::area(named))?;
            lowering.builder.contribute_index(line.at, index);
            let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
                return Err(Gap::Odd);
            };
            let (base, wildcard) = (prefix.network(), prefix.hostmask());
            process
                .networks
                .retain(|known| (known.value.0, known.value.1) != (base, wildcard));
            process.networks.extend(line.value((base, wildcard, area)));
            Ok(())
        }
        [
            "redistribute",
            source @ ("connected" | "static" | "bgp" | "rip" | "isis"),
            rest @ ..,
        ] => match rest {
            [] | ["route-map", _] => {
                let words = Respelled::new(&["redistribute", source], line, 2).and(&["subnets"]);
                ospf::lower_line(lowering, index, &words.line(line))
            }
            _ => unread(lowering, index, line),
        },
        ["distribute-list", "prefix-list", _, "in"] => {
            let words = Respelled::plain(&["distribute-list", "prefix"], line, 2);
            ospf::lower_line(lowering, index, &words.line(line))
        }
        ["shutdown"] if line.negated => Ok(()),
        ["max-lsa", ..] if line.negated => irrelevant(FLOODS),
        ["max-lsa", most, ..] => match most.parse() {
            Ok(0 | MOST_LSAS..=u32::MAX) => irrelevant(FLOODS),
            // With more announcements than that the process stops.
            Ok(_) | Err(_) => unread(lowering, index, line),
        },
        ["redistribute", ..] | ["shutdown"] => unread(lowering, index, line),
        _ => {
            let words = Respelled::new(&[], line, 0);
            ospf::lower_line(lowering, index, &words.line(line))
        }
    }
}

/// A setting that is not modeled.
fn unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    ospf::note_unread(lowering, index, line);
    unmodeled(Effect::Routing)
}

/// The process of each interface that says only its area, and costs.
pub(super) fn finish(lowering: &mut Lowering) {
    let mut processes: Vec<(Option<String>, String)> = Vec::new();
    let mut computed = false;
    for (key, facet) in lowering.builder.facets_mut() {
        if let (FacetKind::Ospf, Facet::Ospf(process)) = (key.kind, facet) {
            processes.push((process.vrf.clone(), process.id.clone()));
            // EOS user manual, "compatible": RFC 2328 is followed by default.
            process.compatible_1583_default = false;
            computed |= process.reference_bandwidth.is_some();
        }
    }
    for (_, facet) in lowering.builder.facets_mut() {
        let Facet::Interface(interface) = facet else {
            continue;
        };
        let vrf = interface.vrf.as_ref().map(|vrf| &vrf.value);
        if let Some(place) = &mut interface.ospf.process_area
            && place.value.0.is_empty()
            && let Some((_, id)) = processes.iter().find(|(known, _)| known.as_ref() == vrf)
        {
            place.value.0.clone_from(id);
        }
        if let Some(defined_at) = interface.defined_at
            && !computed
            && interface.ospf.cost.is_none()
            && interface.switchport.is_none()
            && !processes.is_empty()
        {
            interface.ospf.cost = Some(At::new(COST, defined_at.at));
        }
    }
}
