//! IS-IS: wide metrics by bandwidth, VRFs as blocks, levels named by every setting.

use super::{instance, redistribute};
use crate::dialect::ios_family::lower::{
    Gap, Line, Lowered, Lowering, Respelled, isis, number, some, unmodeled,
};
use crate::model::isis::{InterfaceIsis, IsisLevel, IsisProcess};
use crate::model::route_policy::RouteType;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Megabits per second that metrics are inverse to, and largest number of equal paths (Cisco Nexus
/// 9000 Series NX-OS Unicast Routing Configuration Guide, "Configuring IS-IS": 40 Gbit/s, 8).
const REFERENCE_BANDWIDTH: u32 = 40_000;
/// See [`REFERENCE_BANDWIDTH`].
const MAXIMUM_PATHS: u32 = 8;

/// Opens the block of a process in a VRF.
pub(super) fn define(lowering: &mut Lowering, line: &Line<'_, '_>, tag: &str, vrf: Option<&str>) {
    let id = vrf.map_or_else(|| tag.to_owned(), |vrf| instance(tag, vrf));
    isis::define(lowering, line, &id, vrf);
    if let Some(Facet::Isis(process)) = lowering
        .builder
        .existing(&FacetKey::new(FacetKind::Isis, &id))
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        process.wide_by_default = true;
        process.reference_bandwidth = Some(REFERENCE_BANDWIDTH);
        process.maximum_paths = Some(At::new(MAXIMUM_PATHS, line.at));
    }
}

/// A line of a process, of its address family or of its part in a VRF.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let words = match line.low {
        ["vrf", _] => {
            let tag = some(lowering.builder.key(index).cloned())?.name;
            define(lowering, line, &tag, line.raw(1));
            return Ok(());
        }
        ["reference-bandwidth", ..] => {
            lowering.builder.contribute_index(line.at, index);
            let process = some(process(lowering, index))?;
            process.reference_bandwidth = Some(reference_bandwidth(line)?);
            return Ok(());
        }
        ["redistribute", ..] => {
            let lowered = redistribute::lower(lowering, line, |lowering, line| {
                isis::lower_line(lowering, index, line)
            });
            if lowered.is_err() {
                isis::note_unread(lowering, index, line);
            }
            return lowered;
        }
        ["set-overload-bit", "always"] => Respelled::plain(&["set-overload-bit"], line, 2),
        ["passive-interface", "default", "level-1-2"] => {
            Respelled::plain(&["passive-interface", "default"], line, 3)
        }
        ["shutdown"] => Respelled::plain(&["protocol"], line, 0),
        // Only while the table has a default route, or as a route map says.
        ["default-information", "originate"] if !line.negated => {
            return unread(lowering, index, line);
        }
        ["default-information", "originate", "always", ..] => {
            Respelled::plain(&["default-information", "originate"], line, 3)
        }
        _ => Respelled::plain(&[], line, 0),
    };
    isis::lower_line(lowering, index, &words.line(line))
}

/// A setting that is not modeled.
fn unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    isis::note_unread(lowering, index, line);
    unmodeled(Effect::Routing)
}

/// `reference-bandwidth N [Gbps|Mbps]` in Mbit/s.
fn reference_bandwidth(line: &Line<'_, '_>) -> Result<u32, Gap> {
    if line.negated {
        return Ok(REFERENCE_BANDWIDTH);
    }
    let rate: u32 = number(line.low.get(1).copied().unwrap_or(""))?;
    match line.low.get(2..) {
        Some([] | ["mbps"]) => Ok(rate),
        Some(["gbps"]) => Ok(rate.saturating_mul(1000)),
        Some(_) | None => Err(Gap::Odd),
    }
}

/// The process of an index.
fn process(lowering: &mut Lowering, index: u32) -> Option<&mut IsisProcess> {
    match lowering.builder.at_index(index) {
        Some(Facet::Isis(process)) => Some(process),
        Some(_) | None => None,
    }
}

/// `isis passive-interface LEVEL`: the levels that are passive, where they are all that run.
pub(super) fn passive(settings: &mut InterfaceIsis, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["isis", "passive-interface", "level-1-2"] => settings.passive = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// The part of a process that an interface of a VRF is in, and the levels that take what is
/// redistributed.
pub(super) fn finish(lowering: &mut Lowering) {
    let mut known = std::collections::BTreeSet::new();
    for (key, facet) in lowering.builder.facets_mut() {
        let Facet::Isis(process) = facet else {
            continue;
        };
        known.insert(key.name.to_string());
        let level = match process.level.as_ref().map(|level| level.value) {
            Some(IsisLevel::One) => RouteType::Level1,
            Some(IsisLevel::Two) => RouteType::Level2,
            // Which levels take it where both run is not documented.
            Some(IsisLevel::Both) | None if process.redistribute.is_empty() => continue,
            Some(IsisLevel::Both) | None => {
                process.unread.insert("redistribute".to_owned());
                continue;
            }
        };
        for statement in &mut process.redistribute {
            statement.value.level = Some(level);
        }
    }
    let mut lost = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet
            && let Some(tag) = &mut interface.isis.process
        {
            if let Some(vrf) = &interface.vrf {
                tag.value = instance(&tag.value, &vrf.value);
            }
            if !known.contains(&tag.value) {
                lost.push(tag.at);
            }
        }
    }
    // What an interface does whose process does not run in its VRF is not known.
    for at in lost {
        let support = Support::Unmodeled(Effect::Routing);
        lowering.builder.set_support(at, support);
    }
}
