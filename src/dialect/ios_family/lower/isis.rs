//! IS-IS processes, and their settings on interfaces.

use super::rest::Rest;
use super::route_list::UNDEFINED;
use super::secret::{of_type, secret};
use super::{Block, Gap, Line, Lowered, Lowering, number, redistribute, room, some, unmodeled};
use crate::model::interface::Interface;
use crate::model::isis::{IsisLevel, IsisProcess, MetricStyle};
use crate::model::ospf::DefaultOriginate;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// `router isis [TAG]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let tag = if rest.peek().is_some() {
        rest.name()?
    } else {
        String::new()
    };
    rest.end()?;
    define(lowering, line, &tag, None);
    Ok(())
}

/// Opens the block of a process in a VRF, or takes it away.
pub(in crate::dialect) fn define(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    tag: &str,
    vrf: Option<&str>,
) {
    let key = FacetKey::new(FacetKind::Isis, tag);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        return;
    }
    lowering.open(line.at, &key, Block::Isis(index));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Isis(IsisProcess {
            tag: tag.to_owned(),
            vrf: vrf.map(str::to_owned),
            defined_at,
            undefined: UNDEFINED,
            ..IsisProcess::default()
        })
    });
}

/// A line of a process.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if let ["address-family", "ipv4"] | ["address-family", "ipv4", "unicast"] = line.low {
        let key = some(lowering.builder.key(index).cloned())?;
        lowering.open(line.at, &key, Block::Isis(index));
        return Ok(());
    }
    let Some(Facet::Isis(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(process, line);
    if lowered.is_err() {
        process.unread.insert(line.head(1));
    }
    lowered
}

/// Names a line that is not understood.
pub(in crate::dialect) fn note_unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    if let Some(Facet::Isis(process)) = lowering.builder.at_index(index) {
        process.unread.insert(line.head(1));
    }
}

/// A level.
fn level(word: &str) -> Option<IsisLevel> {
    match word {
        "level-1" => Some(IsisLevel::One),
        "level-2" | "level-2-only" => Some(IsisLevel::Two),
        "level-1-2" => Some(IsisLevel::Both),
        _ => None,
    }
}

/// The level that ends a line; both where none does.
fn ending_level(rest: &mut Rest<'_, '_>) -> Result<IsisLevel, Gap> {
    let found = match rest.word() {
        Some(word) => some(level(word))?,
        None => IsisLevel::Both,
    };
    rest.end()?;
    Ok(found)
}

/// Puts a value into the slots of its levels.
fn put<T: Copy>(slots: &mut [Option<T>; 2], level: IsisLevel, value: Option<T>) {
    let [one, two] = slots;
    if level != IsisLevel::Two {
        *one = value;
    }
    if level != IsisLevel::One {
        *two = value;
    }
}

/// A setting of a process.
fn lower_setting(process: &mut IsisProcess, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["net", net] => {
            process.nets.retain(|known| known.value != *net);
            room(&process.nets)?;
            process.nets.extend(line.value((*net).to_owned()));
        }
        ["is-type", ..] if line.negated => process.level = None,
        ["is-type", word] => process.level = line.value(some(level(word))?),
        ["metric-style", ..] if line.negated => process.metric_style = None,
        ["metric-style", style] => {
            process.metric_style = line.value(match *style {
                "narrow" => MetricStyle::Narrow,
                "wide" => MetricStyle::Wide,
                "transition" => MetricStyle::Transition,
                _ => return Err(Gap::Odd),
            });
        }
        ["metric", ..] => {
            let mut rest = Rest::new(line, 1);
            let metric = rest.maybe_number().and_then(|metric| line.value(metric));
            some((metric.is_some() || line.negated).then_some(()))?;
            put(
                &mut process.default_metric,
                ending_level(&mut rest)?,
                metric,
            );
        }
        ["passive-interface", ..] => return line.passive(&mut process.passive),
        ["advertise", "passive-only"] => process.advertise_passive_only = line.value(()),
        ["redistribute", ..] => return lower_redistribute(process, line),
        ["summary-address", ..] => return lower_summary(process, line),
        ["default-information", "originate", ..] => {
            let mut rest = Rest::new(line, 2);
            let value = DefaultOriginate {
                always: true,
                route_map: rest.named_by("route-map")?,
                ..DefaultOriginate::default()
            };
            rest.end()?;
            process.default_originate = line.value(value);
        }
        ["set-overload-bit"] => process.overload = line.value(()),
        ["set-attached-bit"] => process.attached = line.flag(),
        ["distribute-list", ..] => {
            return redistribute::lower_distribute(&mut process.distribute, line);
        }
        ["distance", ..] if line.negated => process.distance = None,
        ["distance", distance] | ["distance", distance, "ip"] => {
            process.distance = line.value(number(distance)?);
        }
        ["maximum-paths", ..] if line.negated => process.maximum_paths = None,
        ["maximum-paths", paths] => process.maximum_paths = line.value(number(paths)?),
        ["area-password" | "domain-password", ..] => {
            let key = if line.negated {
                None
            } else {
                Some(At::new(secret(line, 1)?, line.at))
            };
            let level = match line.low.first() {
                Some(&"area-password") => IsisLevel::One,
                Some(_) | None => IsisLevel::Two,
            };
            put(&mut process.keys, level, key);
        }
        ["protocol", "shutdown"] => process.shutdown = line.flag(),
        ["vrf", ..] if line.negated => process.vrf = None,
        ["vrf", _] => process.vrf = Some(some(line.raw(1))?.to_owned()),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `redistribute …`, also between the levels.
fn lower_redistribute(process: &mut IsisProcess, line: &Line<'_, '_>) -> Lowered {
    let (["redistribute", "isis", "ip", from, "into", to, ..]
    | ["redistribute", "isis", from, "into", to, ..]) = line.low
    else {
        return redistribute::lower(&mut process.redistribute, &mut process.unread, line);
    };
    let into_one = match (level(from), level(to)) {
        (Some(IsisLevel::Two), Some(IsisLevel::One)) => true,
        (Some(IsisLevel::One), Some(IsisLevel::Two)) => false,
        _ => return Err(Gap::Odd),
    };
    let place = some(line.low.iter().position(|word| *word == "into"))?;
    let mut rest = Rest::new(line, place + 2);
    if line.negated {
        process.leaks.retain(|known| known.value.0 != into_one);
        return Ok(());
    }
    let filter = redistribute::leak_filter(&mut rest)?;
    rest.end()?;
    process.leaks.retain(|known| known.value.0 != into_one);
    process.leaks.push(At::new((into_one, filter), line.at));
    Ok(())
}

/// `summary-address PREFIX [LEVEL] [tag N] [metric N]`.
fn lower_summary(process: &mut IsisProcess, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let prefix = rest.prefix()?;
    // Level 2 is the default (Cisco IOS IP Routing: ISIS Command Reference, "summary-address").
    let (mut at_level, mut metric) = (IsisLevel::Two, None);
    while let Some(word) = rest.word() {
        match word {
            "tag" => drop(rest.name()?),
            "metric" => metric = Some(rest.number()?),
            word => at_level = some(level(word))?,
        }
    }
    room(&process.summaries)?;
    process.summaries.retain(|known| known.value.0 != prefix);
    process
        .summaries
        .extend(line.value((prefix, at_level, metric)));
    Ok(())
}

/// `isis …`, `ip router isis …` of an interface.
pub(super) fn lower_interface(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let isis = &mut interface.isis;
    match line.low {
        ["ip", "router", "isis", ..] => {
            isis.process = line.value(line.raw(3).unwrap_or("").to_owned());
        }
        ["isis", "circuit-type", ..] if line.negated => isis.level = None,
        ["isis", "circuit-type", word] => isis.level = line.value(some(level(word))?),
        ["isis", "metric", ..] => {
            let mut rest = Rest::new(line, 2);
            let metric = rest.maybe_number().and_then(|metric| line.value(metric));
            some((metric.is_some() || line.negated).then_some(()))?;
            put(&mut isis.metric, ending_level(&mut rest)?, metric);
        }
        ["isis", "network", "point-to-point"] => isis.point_to_point = line.flag(),
        ["isis", "passive"] => isis.passive = line.flag(),
        ["isis", "protocol", "shutdown"] => isis.shutdown = line.flag(),
        ["isis", "password", word, rest @ ..] => {
            let at_level = match rest {
                [] => IsisLevel::One,
                [word] => some(level(word))?,
                _ => return Err(Gap::Odd),
            };
            let key = if line.negated {
                None
            } else {
                let written = line.raw(2).unwrap_or(word);
                Some(At::new(of_type("0", written), line.at))
            };
            put(&mut isis.keys, at_level, key);
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
