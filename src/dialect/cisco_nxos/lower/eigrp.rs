//! EIGRP: processes by tag, VRFs as blocks, interfaces that name their process.

use std::collections::BTreeMap;

use super::redistribute;
use crate::dialect::ios_family::lower::eigrp::{self, Part};
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, some, unmodeled,
};
use crate::model::eigrp::EigrpProcess;
use crate::model::{Facet, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Metric of redistributed routes, and largest number of equal paths (Cisco Nexus 9000 Series NX-OS
/// Unicast Routing Configuration Guide, "Configuring EIGRP", default settings).
const DEFAULT_METRIC: [u32; 5] = [100_000, 100, 255, 1, 1492];
/// See [`DEFAULT_METRIC`].
const MAXIMUM_PATHS: u32 = 8;
/// Tens of microseconds in picoseconds.
const TENS: u64 = 10_000_000;

/// The autonomous system that a tag is; a tag that is none gets a number that no system has.
pub(super) fn number_of(lowering: &mut Lowering, tag: &str) -> u32 {
    if let Ok(asn) = tag.parse::<u16>() {
        return u32::from(asn);
    }
    let known = lowering.unborn.names.iter().position(|name| name == tag);
    let place = known.unwrap_or_else(|| {
        lowering.unborn.names.push(tag.to_owned());
        lowering.unborn.names.len() - 1
    });
    u32::MAX - u32::try_from(place).unwrap_or(0)
}

/// `router eigrp TAG`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let tag = some(line.raw(2))?;
    if line.negated {
        eigrp::remove_instance(lowering, tag);
    } else {
        define(lowering, line, tag, None);
    }
    Ok(())
}

/// Opens the block of a process in a VRF.
fn define(lowering: &mut Lowering, line: &Line<'_, '_>, tag: &str, vrf: Option<&str>) {
    let known = lowering.builder.facets_mut().find_map(|(_, facet)| {
        let Facet::Eigrp(process) = facet else {
            return None;
        };
        let same = process.instance.as_deref() == Some(tag) && process.vrf.as_deref() == vrf;
        same.then_some(process.asn)
    });
    let asn = known.unwrap_or_else(|| number_of(lowering, tag));
    eigrp::open(lowering, line, Some(tag), vrf, asn);
    if known.is_none()
        && let Some(key) = lowering.builder.block(line.at.statement)
        && let Some(Facet::Eigrp(process)) = lowering.builder.existing(&key)
    {
        process.wide_metrics = false;
        process.default_metric = Some(At::new(DEFAULT_METRIC, line.at));
        process.maximum_paths = Some(At::new(MAXIMUM_PATHS, line.at));
    }
}

/// A line of a process, of its address family or of its part in a VRF.
pub(super) fn lower_line(lowering: &mut Lowering, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let Part::Process(index) = *part else {
        return Err(Gap::Odd);
    };
    lowering.builder.contribute_index(line.at, index);
    let words = match line.low {
        ["address-family", "ipv4", "unicast"] => {
            let key = some(lowering.builder.key(index).cloned())?;
            lowering.open(line.at, &key, Block::Eigrp(part.clone()));
            return Ok(());
        }
        ["vrf", _] => {
            let vrf = some(line.raw(1))?;
            let tag = some(process(lowering, index).and_then(|process| process.instance.clone()))?;
            if line.negated {
                return unmodeled(Effect::Routing);
            }
            define(lowering, line, &tag, Some(vrf));
            return Ok(());
        }
        ["metric", "version", "64bit"] => {
            some(process(lowering, index))?.wide_metrics = !line.negated;
            return Ok(());
        }
        ["default-metric", ..] if line.negated => {
            let metric = Some(At::new(DEFAULT_METRIC, line.at));
            some(process(lowering, index))?.default_metric = metric;
            return Ok(());
        }
        ["maximum-paths", ..] if line.negated => {
            some(process(lowering, index))?.maximum_paths = Some(At::new(MAXIMUM_PATHS, line.at));
            return Ok(());
        }
        ["redistribute", ..] => {
            let lowered = redistribute::lower(lowering, line, |lowering, line| {
                eigrp::lower_line(lowering, part, line)
            });
            if lowered.is_err() {
                eigrp::note_unread(lowering, part, line);
            }
            return lowered;
        }
        ["stub", "direct", ..] => Respelled::plain(&["eigrp", "stub", "connected"], line, 2),
        ["router-id" | "stub", ..] => Respelled::plain(&["eigrp"], line, 0),
        ["distance", _, _] => Respelled::plain(&["distance", "eigrp"], line, 1),
        _ => Respelled::plain(&[], line, 0),
    };
    eigrp::lower_line(lowering, part, &words.line(line))
}

/// The process of an index.
fn process(lowering: &mut Lowering, index: u32) -> Option<&mut EigrpProcess> {
    match lowering.builder.at_index(index) {
        Some(Facet::Eigrp(process)) => Some(process),
        Some(_) | None => None,
    }
}

/// A line of an interface that names a process.
pub(super) fn lower_interface(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let place = some(line.low.iter().position(|word| *word == "eigrp"))?;
    let tag = some(line.raw(place + 1))?;
    let number_of_tag = number_of(lowering, tag);
    if let ["ip", "distribute-list", ..] = line.low {
        let filter = redistribute::interface_filter(line, place + 2)?;
        redistribute::keep_filter(
            lowering,
            (index, FacetKind::Eigrp, number_of_tag),
            line,
            filter,
        );
        return Ok(());
    }
    let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let settings = interface.eigrp.entry(number_of_tag).or_default();
    match (line.low, line.low.get(place + 2..).unwrap_or(&[])) {
        (["ip", "router", ..], []) => settings.enabled = line.flag(),
        (["ip", "passive-interface", ..], []) => settings.passive = line.flag(),
        (["ip", "eigrp", ..], ["shutdown"]) => settings.shutdown = line.flag(),
        (["ip", "bandwidth", ..], []) if line.negated => settings.bandwidth = None,
        (["ip", "bandwidth", ..], [rate]) => settings.bandwidth = line.value(number(rate)?),
        (["ip", "delay", ..], _) if line.negated => settings.delay_ps = None,
        (["ip", "delay", ..], [delay]) => {
            let tens: u32 = number(delay)?;
            settings.delay_ps = line.value(u64::from(tens) * TENS);
        }
        (["ip", "delay", ..], [delay, "picoseconds"]) => {
            settings.delay_ps = line.value(number(delay)?);
        }
        _ => return eigrp::lower_on_interface(settings, line, place),
    }
    Ok(())
}

/// Autonomous systems by the number that stands for a tag, and by VRF.
pub(super) type Systems = BTreeMap<(u32, Option<String>), u32>;

/// Names processes by their autonomous systems, which the whole text gives.
pub(super) fn finish(lowering: &mut Lowering) -> Systems {
    let mut systems = Systems::new();
    let names = std::mem::take(&mut lowering.unborn.names);
    let number = |tag: &str| match names.iter().position(|name| name == tag) {
        Some(place) => u32::MAX - u32::try_from(place).unwrap_or(0),
        None => tag.parse().unwrap_or(0),
    };
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Eigrp(process) = facet
            && let Some(tag) = &process.instance
        {
            systems.insert((number(tag), process.vrf.clone()), process.asn);
        }
    }
    let mut lost = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Eigrp(process) = facet {
            let own = number(process.instance.as_deref().unwrap_or(""));
            if process.asn == own
                && own > u32::from(u16::MAX)
                && let Some(defined_at) = process.defined_at
            {
                // A process without a number stays down (the same guide, "router eigrp").
                process.shutdown = Some(At::new(true, defined_at.at));
            }
            // Whether the number of the whole process holds in a VRF is not documented.
            let whole = systems.get(&(own, None));
            if process.vrf.is_some() && process.asn == own && whole.is_some_and(|asn| *asn != own) {
                process.unread.insert("autonomous-system".to_owned());
            }
        } else if let Facet::Interface(interface) = facet {
            let vrf = interface.vrf.as_ref().map(|vrf| vrf.value.clone());
            for (number, settings) in std::mem::take(&mut interface.eigrp) {
                if let Some(asn) = systems.get(&(number, vrf.clone())) {
                    interface.eigrp.insert(*asn, settings);
                } else {
                    lost.extend(settings.enabled.map(|enabled| enabled.at));
                }
            }
        }
    }
    // What an interface does whose process does not run in its VRF is not known.
    for at in lost {
        let support = Support::Unmodeled(Effect::Routing);
        lowering.builder.set_support(at, support);
    }
    systems
}
