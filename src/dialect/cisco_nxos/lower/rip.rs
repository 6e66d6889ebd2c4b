//! RIP: version 2 on the interfaces that name it, VRFs as blocks.

use super::redistribute;
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, rip, some, unmodeled,
};
use crate::model::rip::RipProcess;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Largest number of equal paths (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide,
/// "Configuring RIP", default settings).
const MAXIMUM_PATHS: u32 = 16;
/// Version that is spoken (the same guide, "RIP overview": version 2 only).
const VERSION: u8 = 2;

/// Opens the block of the process in a VRF.
pub(super) fn define(lowering: &mut Lowering, line: &Line<'_, '_>, vrf: Option<&str>) {
    rip::lower(lowering, line, vrf);
    let key = FacetKey::new(FacetKind::Rip, vrf.unwrap_or("-"));
    if let Some(Facet::Rip(process)) = lowering.builder.existing(&key)
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        process.version = Some(At::new(VERSION, line.at));
        process.auto_summary = Some(At::new(false, line.at));
        process.maximum_paths = Some(At::new(MAXIMUM_PATHS, line.at));
    }
}

/// A line of the process, of its address family or of its part in a VRF.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["address-family", "ipv4", "unicast"] => {
            lowering.builder.contribute_index(line.at, index);
            let key = some(lowering.builder.key(index).cloned())?;
            lowering.open(line.at, &key, Block::Rip(index));
            Ok(())
        }
        ["vrf", _] => {
            define(lowering, line, line.raw(1));
            Ok(())
        }
        ["redistribute", ..] => {
            let lowered = redistribute::lower(lowering, line, |lowering, line| {
                rip::lower_line(lowering, index, line)
            });
            if lowered.is_err() {
                rip::note_unread(lowering, index, line);
            }
            lowered
        }
        // Only while the table has a default route, or as a route map says.
        ["default-information", "originate"] if !line.negated => {
            lowering.builder.contribute_index(line.at, index);
            rip::note_unread(lowering, index, line);
            unmodeled(Effect::Routing)
        }
        ["default-information", "originate", "always", ..] => {
            let words = Respelled::plain(&["default-information", "originate"], line, 3);
            rip::lower_line(lowering, index, &words.line(line))
        }
        _ => rip::lower_line(lowering, index, line),
    }
}

/// `ip rip …` of an interface that the family has no words for.
pub(super) fn lower_interface(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if let ["ip", "rip", "route-filter", ..] = line.low {
        let filter = redistribute::interface_filter(line, 3)?;
        redistribute::keep_filter(lowering, (index, FacetKind::Rip, 0), line, filter);
        return Ok(());
    }
    let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["ip", "router", "rip", _] => interface.rip.enabled = line.flag(),
        ["ip", "rip", "passive-interface"] => {
            let words = format!("passive rip {index}");
            lowering
                .switches
                .insert(words, At::new(!line.negated, line.at));
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// What interfaces say about the process.
pub(super) fn finish(lowering: &mut Lowering) {
    let switches: Vec<(u32, At<bool>)> = lowering
        .switches
        .iter()
        .filter_map(|(words, on)| Some((words.strip_prefix("passive rip ")?.parse().ok()?, *on)))
        .filter(|(_, on)| on.value)
        .collect();
    for (index, on) in switches {
        let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
            continue;
        };
        let name = interface.name.clone();
        let vrf = interface.vrf.as_ref().map(|vrf| vrf.value.clone());
        let key = FacetKey::new(FacetKind::Rip, vrf.as_deref().unwrap_or("-"));
        lowering.builder.contribute(on.at, &key);
        if let Some(Facet::Rip(RipProcess { passive, .. })) = lowering.builder.existing(&key) {
            passive.set(name, on);
        }
    }
}
