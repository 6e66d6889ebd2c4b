//! What one routing process takes from another.

use crate::dialect::ios_family::lower::{Gap, Line, Lowering, Respelled};
use crate::model::Facet;
use crate::model::route_policy::{Redistribute, RouteSource};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// `redistribute SOURCE route-map NAME` in the family's words; the device takes none without a
/// route map (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "redistribute").
pub(super) fn respelled<'a>(line: &Line<'_, 'a>) -> Result<Respelled<'a>, Gap> {
    let refused = Gap::Support(Support::Unrecognized(Effect::Routing));
    if !line.negated && !line.low.contains(&"route-map") {
        return Err(refused);
    }
    match line.low {
        ["redistribute", "direct", ..] => {
            Ok(Respelled::plain(&["redistribute", "connected"], line, 2))
        }
        // One process of RIP runs in a VRF, whatever its name.
        ["redistribute", "rip", _, ..] => Ok(Respelled::plain(&["redistribute", "rip"], line, 3)),
        [
            "redistribute",
            "static" | "ospf" | "bgp" | "eigrp" | "isis",
            ..,
        ] => Ok(Respelled::plain(&[], line, 0)),
        _ => Err(Gap::Support(Support::Unmodeled(Effect::Routing))),
    }
}

/// Routes alone are taken, no subnets of interfaces that a protocol runs on, and a process is named
/// without the VRF that it runs in.
pub(super) fn finish(lowering: &mut Lowering) {
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            for (vrf, table) in &mut process.tables {
                complete(vrf.as_deref(), &mut table.redistribute);
            }
        } else if let Facet::Ospf(process) = facet {
            complete(process.vrf.as_deref(), &mut process.redistribute);
        } else if let Facet::Eigrp(process) = facet {
            complete(process.vrf.as_deref(), &mut process.redistribute);
        } else if let Facet::Isis(process) = facet {
            complete(process.vrf.as_deref(), &mut process.redistribute);
        } else if let Facet::Rip(process) = facet {
            complete(process.vrf.as_deref(), &mut process.redistribute);
        }
    }
}

/// Completes the statements of a process in a VRF.
fn complete(vrf: Option<&str>, statements: &mut [At<Redistribute>]) {
    for statement in statements {
        statement.value.learned_only = true;
        if let (RouteSource::Ospf(id) | RouteSource::Isis(id), Some(vrf)) =
            (&mut statement.value.source, vrf)
        {
            *id = super::instance(id, vrf);
        }
    }
}
