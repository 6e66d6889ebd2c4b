//! OSPF processes: settings that NX-OS writes in its own way, and processes of VRFs.

use std::collections::BTreeSet;

use super::{instance, redistribute};
use crate::dialect::ios_family::lower::{
    Gap, Line, Lowered, Lowering, Respelled, number, ospf, some, unmodeled,
};
use crate::model::ospf::OspfProcess;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// A line of a process, or of its part in a VRF.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["vrf", _] => {
            let vrf = some(line.raw(1))?;
            let id = instance(&process.id, vrf);
            ospf::define(lowering, line, &id, Some(vrf.to_owned()));
            Ok(())
        }
        ["auto-cost", "reference-bandwidth", rate, unit @ ..] => {
            let rate: u32 = number(rate)?;
            let mbits = match unit {
                [] | ["mbps"] => rate,
                ["gbps"] => rate.saturating_mul(1000),
                _ => return Err(Gap::Odd),
            };
            process.reference_bandwidth = line.value(mbits);
            Ok(())
        }
        ["redistribute", ..] => {
            let lowered = redistribute::lower(lowering, line, |lowering, line| {
                let words = Respelled::plain(&[], line, 0);
                let subnets: &[&str] = if line.negated { &[] } else { &["subnets"] };
                ospf::lower_line(lowering, index, &words.and(subnets).line(line))
            });
            if lowered.is_err() {
                ospf::note_unread(lowering, index, line);
            }
            lowered
        }
        ["rfc1583compatibility"] => {
            process.compatible_1583 = line.value(true);
            Ok(())
        }
        ["shutdown"] if !line.negated => unread(process, "shutdown"),
        ["shutdown"] => Ok(()),
        _ => {
            let words = Respelled::new(&[], line, 0);
            ospf::lower_line(lowering, index, &words.line(line))
        }
    }
}

/// Names a setting that is not modeled.
fn unread(process: &mut OspfProcess, name: &str) -> Lowered {
    process.unread.insert(name.to_owned());
    unmodeled(Effect::Routing)
}

/// The process that an interface of a VRF is in; what one does whose process does not run in its VRF
/// is not known.
fn name_processes(lowering: &mut Lowering) {
    let mut known = BTreeSet::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Ospf(process) = facet {
            known.insert(process.id.clone());
        }
    }
    let mut lost = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet
            && let Some(place) = &mut interface.ospf.process_area
        {
            if let Some(vrf) = &interface.vrf {
                place.value.0 = instance(&place.value.0, &vrf.value);
            }
            if !known.contains(&place.value.0) {
                lost.push(place.at);
            }
        }
    }
    for at in lost {
        let support = Support::Unmodeled(Effect::Routing);
        lowering.builder.set_support(at, support);
    }
}

/// What NX-OS does where the text does not say, and what interfaces say about processes.
pub(super) fn finish(lowering: &mut Lowering) {
    let mut passive: Vec<(String, String, At<bool>)> = Vec::new();
    let switches = std::mem::take(&mut lowering.switches);
    let indices: Vec<(u32, At<bool>)> = switches
        .iter()
        .filter_map(|(words, on)| Some((words.strip_prefix("passive ospf ")?.parse().ok()?, *on)))
        .collect();
    name_processes(lowering);
    for (index, on) in indices {
        if let Some(Facet::Interface(interface)) = lowering.builder.at_index(index)
            && let Some(place) = &interface.ospf.process_area
        {
            passive.push((place.value.0.clone(), interface.name.clone(), on));
        }
    }
    lowering.switches = switches;
    for (process, interface, on) in passive {
        let key = FacetKey::new(FacetKind::Ospf, &process);
        lowering.builder.contribute(on.at, &key);
        if let Some(Facet::Ospf(process)) = lowering.builder.existing(&key) {
            process.passive.set(interface, on);
        }
    }
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Ospf(process) = facet
            && let Some(defined_at) = process.defined_at
        {
            let at = defined_at.at;
            // The same guide, "rfc1583compatibility": off by default.
            process.compatible_1583_default = false;
            process
                .reference_bandwidth
                .get_or_insert(At::new(REFERENCE_BANDWIDTH, at));
            process
                .maximum_paths
                .get_or_insert(At::new(MAXIMUM_PATHS, at));
        }
    }
}

/// Reference bandwidth in Mbit/s (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration
/// Guide, "Configuring OSPF", default settings: 40 gigabits a second).
const REFERENCE_BANDWIDTH: u32 = 40_000;
/// Largest number of equal paths (the same, "maximum-paths": 8).
const MAXIMUM_PATHS: u32 = 8;
