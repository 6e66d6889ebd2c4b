//! IS-IS: wide metrics, VRFs named with the process, a family of addresses that must be there.

use crate::dialect::ios_family::lower::{
    Line, Lowered, Lowering, Respelled, isis, some, unmodeled,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Largest number of equal paths where the text does not say (EOS user manual, "maximum-paths
/// (IS-IS)": all that the hardware has, 128).
const MAXIMUM_PATHS: u32 = 128;

/// `router isis NAME [vrf V]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let vrf = match line.low {
        ["router", "isis", _] => None,
        ["router", "isis", _, "vrf", _] => line.raw(4),
        _ => return unmodeled(Effect::Routing),
    };
    let name = some(line.raw(2))?;
    isis::define(lowering, line, name, vrf);
    if let Some(Facet::Isis(process)) = lowering
        .builder
        .existing(&FacetKey::new(FacetKind::Isis, name))
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        process.wide_by_default = true;
        process.maximum_paths = Some(At::new(MAXIMUM_PATHS, line.at));
    }
    Ok(())
}

/// A line of a process or of its address family.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let words = match line.low {
        ["address-family", "ipv4", "unicast"] => {
            lowering
                .switches
                .insert(carries(index), At::new(!line.negated, line.at));
            Respelled::plain(&[], line, 0)
        }
        ["passive", ..] => Respelled::plain(&["passive-interface"], line, 1),
        ["shutdown"] => Respelled::plain(&["protocol"], line, 0),
        // Which metric and level the routes get is not documented.
        [
            "redistribute" | "default-information" | "summary-address",
            ..,
        ] => {
            lowering.builder.contribute_index(line.at, index);
            isis::note_unread(lowering, index, line);
            return unmodeled(Effect::Routing);
        }
        _ => Respelled::plain(&[], line, 0),
    };
    isis::lower_line(lowering, index, &words.line(line))
}

/// The switch that says whether a process carries routes of IPv4.
fn carries(index: u32) -> String {
    format!("isis ipv4 {index}")
}

/// Processes without the family carry no routes of IPv4 (EOS user manual, "Enabling IS-IS": at least
/// one address family must be configured).
pub(super) fn finish(lowering: &mut Lowering) {
    let keys: Vec<FacetKey> = lowering
        .builder
        .facets_mut()
        .filter(|(key, _)| key.kind == FacetKind::Isis)
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        let index = lowering.builder.index(&key);
        let on = lowering.switches.get(&carries(index)).copied();
        if let Some(Facet::Isis(process)) = lowering.builder.at_index(index)
            && let Some(defined_at) = process.defined_at
            && !on.is_some_and(|on| on.value)
        {
            let at = on.map_or(defined_at.at, |on| on.at);
            process.shutdown = Some(At::new(true, at));
        }
    }
}
