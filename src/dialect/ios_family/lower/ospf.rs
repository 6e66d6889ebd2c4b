//! OSPF processes.

use std::net::Ipv4Addr;

use super::rest::Rest;
use super::route_list::UNDEFINED;
use super::secret::of_type;
use super::{Block, Gap, Line, Lowered, Lowering, number, redistribute, room, some, unmodeled};
use crate::dialect::ios_family::words::{address, mask as mask_or_length};
use crate::model::ospf::{
    AreaKind, DefaultOriginate, MaxMetric, OspfArea, OspfProcess, OspfRange, VirtualLink,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// `router ospf N [vrf V]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let vrf = match line.low {
        ["router", "ospf", _] => None,
        ["router", "ospf", _, "vrf", _] => line.raw(4).map(str::to_owned),
        _ => return unmodeled(Effect::Routing),
    };
    define(lowering, line, some(line.raw(2))?, vrf);
    Ok(())
}

/// Opens the block of a process.
pub(in crate::dialect) fn define(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    id: &str,
    vrf: Option<String>,
) {
    let key = FacetKey::new(FacetKind::Ospf, id);
    lowering.builder.contribute(line.at, &key);
    if line.negated {
        lowering.builder.remove(&key);
        return;
    }
    let index = lowering.builder.index(&key);
    lowering.open(line.at, &key, Block::Ospf(index));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Ospf(OspfProcess {
            id: id.to_owned(),
            vrf,
            defined_at,
            undefined: UNDEFINED,
            // Cisco IOS IP Routing: OSPF command reference, `compatible rfc1583`: on by default.
            compatible_1583_default: true,
            // The same, `discard-route`: on by default.
            discards_outside: true,
            ..OspfProcess::default()
        })
    });
}

/// An area by number or in dotted form.
pub(in crate::dialect) fn area(word: &str) -> Option<u32> {
    match word.parse() {
        Ok(area) => Some(area),
        Err(_) => address(word).map(u32::from),
    }
}

/// Names a line of a process that is not understood.
pub(in crate::dialect) fn note_unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    if let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) {
        process.unread.insert(unread_name(line));
    }
}

/// The name of a line that is not understood: what may hold a secret is left out.
fn unread_name(line: &Line<'_, '_>) -> String {
    line.head(match line.low {
        ["area", _, _, ..] => 3,
        _ => 1,
    })
}

/// A line of a process.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(process, line);
    if lowered.is_err() {
        process.unread.insert(unread_name(line));
    }
    lowered
}

/// One setting.
fn lower_setting(process: &mut OspfProcess, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["router-id"] if line.negated => process.router_id = None,
        ["router-id", id] => process.router_id = line.value(some(address(id))?),
        ["network", base, wildcard, "area", named] => {
            let (base, wildcard) = (some(address(base))?, some(address(wildcard))?);
            let base = Ipv4Addr::from(u32::from(base) & !u32::from(wildcard));
            let area = some(area(named))?;
            room(&process.networks)?;
            process
                .networks
                .retain(|known| (known.value.0, known.value.1) != (base, wildcard));
            process.networks.extend(line.value((base, wildcard, area)));
        }
        ["passive-interface", _, ..] => return line.passive(&mut process.passive),
        ["area", named, rest @ ..] => {
            let named = some(area(named))?;
            let lowered = lower_area(process, line, named, rest);
            // An area without settings of its own is as if it were not named.
            if process
                .areas
                .get(&named)
                .is_some_and(|area| *area == OspfArea::default())
            {
                process.areas.remove(&named);
            }
            return lowered;
        }
        ["redistribute", ..] => {
            return redistribute::lower(&mut process.redistribute, &mut process.unread, line);
        }
        ["default-information", "originate", rest @ ..] => {
            process.default_originate = line.value(default_originate(rest)?);
        }
        ["auto-cost"] => process.reference_bandwidth = None,
        ["auto-cost", "reference-bandwidth", rate] => {
            process.reference_bandwidth = line.value(number(rate)?);
        }
        ["distance", rest @ ..] => return lower_distance(process, line, rest),
        ["maximum-paths"] => process.maximum_paths = None,
        ["maximum-paths", paths] => process.maximum_paths = line.value(number(paths)?),
        ["distribute-list", ..] => {
            return redistribute::lower_distribute(&mut process.distribute, line);
        }
        ["summary-address", ..] => return lower_summary(process, line),
        ["default-metric", ..] if line.negated => process.default_metric = None,
        ["default-metric", metric] => process.default_metric = line.value(number(metric)?),
        ["compatible", "rfc1583"] => {
            process.compatible_1583 = Some(At::new(!line.negated, line.at));
        }
        ["max-metric", "router-lsa", ..] => return lower_max_metric(process, line),
        ["neighbor", address_of, rest @ ..] => {
            let named = some(address(address_of))?;
            // What else is said of one is a cost, or keeps announcements back.
            if !matches!(rest, [] | ["priority" | "poll-interval", _]) {
                return unmodeled(Effect::Routing);
            }
            process.neighbors.remove(&named);
            process
                .neighbors
                .extend(line.value(()).map(|at| (named, at)));
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `summary-address PREFIX MASK [not-advertise] [tag N]`.
fn lower_summary(process: &mut OspfProcess, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let prefix = rest.prefix()?;
    let advertised = !rest.takes("not-advertise");
    if !line.negated {
        rest.end()?;
    }
    room(&process.summaries)?;
    process.summaries.retain(|known| known.value.0 != prefix);
    process.summaries.extend(line.value((prefix, advertised)));
    Ok(())
}

/// `area A …`.
fn lower_area(
    process: &mut OspfProcess,
    line: &Line<'_, '_>,
    named: u32,
    rest: &[&str],
) -> Lowered {
    if rest.is_empty() && line.negated {
        process.areas.remove(&named);
        return Ok(());
    }
    let area = process.areas.entry(named).or_default();
    match rest {
        ["stub"] => {
            area.kind = line.value(AreaKind::Stub { no_summary: false });
        }
        ["stub", "no-summary"] => {
            // Without `no-summary` the area stays a stub.
            area.kind = Some(At::new(
                AreaKind::Stub {
                    no_summary: !line.negated,
                },
                line.at,
            ));
        }
        ["nssa", options @ ..] => return lower_nssa(area, line, options),
        ["range", base, mask, options @ ..] => {
            let (advertised, options) = match options {
                ["not-advertise", rest @ ..] => (false, rest),
                ["advertise", rest @ ..] | rest => (true, rest),
            };
            let cost = match options {
                [] => None,
                ["cost", cost] => Some(number(cost)?),
                _ => return unmodeled(Effect::Routing),
            };
            let length = some(mask_or_length(mask))?;
            let net = some(Ipv4Net::new(some(address(base))?, length).ok())?.trunc();
            room(&area.ranges)?;
            area.ranges.retain(|range| range.value.net != net);
            area.ranges.extend(line.value(OspfRange {
                net,
                advertised,
                cost,
                substitute: None,
            }));
        }
        ["filter-list", "prefix", _, way @ ("in" | "out")] => {
            let filter = (*way == "in", some(line.raw(4))?.to_owned());
            room(&area.filters)?;
            area.filters.retain(|known| known.value.0 != filter.0);
            area.filters.extend(line.value(filter));
        }
        ["virtual-link", end, options @ ..] => {
            let end = some(address(end))?;
            return lower_virtual_link(area, line, end, options);
        }
        ["default-cost"] => area.default_cost = None,
        ["default-cost", cost] => area.default_cost = line.value(number(cost)?),
        ["authentication"] => area.authentication = line.value(1),
        ["authentication", "message-digest"] => area.authentication = line.value(2),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `area A nssa [option …]`; `translate` stands in a line of its own.
fn lower_nssa(area: &mut OspfArea, line: &Line<'_, '_>, options: &[&str]) -> Lowered {
    if let ["translate", "type7", how @ ..] = options {
        let plain = AreaKind::Nssa {
            no_summary: false,
            default_originate: false,
        };
        area.kind = area.kind.or(line.value(plain));
        match how {
            ["always"] => area.translates = line.value(true),
            ["suppress-fa"] => area.hides_forward = line.value(()),
            _ => return unmodeled(Effect::Routing),
        }
        return Ok(());
    }
    if line.negated && options.is_empty() {
        (area.kind, area.no_redistribution) = (None, None);
        (area.translates, area.hides_forward) = (None, None);
        area.nssa_default = (None, false);
        return Ok(());
    }
    let (mut no_summary, mut default_originate) = (false, false);
    let mut rest = options.iter();
    let mut given = (None, false);
    area.no_redistribution = None;
    while let Some(word) = rest.next() {
        match *word {
            "no-summary" => no_summary = true,
            "no-redistribution" => area.no_redistribution = line.value(()),
            "default-information-originate" => default_originate = true,
            "metric" => given.0 = Some(number(some(rest.next())?)?),
            "metric-type" => given.1 = *some(rest.next())? == "1",
            _ => return unmodeled(Effect::Routing),
        }
    }
    area.nssa_default = given;
    area.kind = line.value(AreaKind::Nssa {
        no_summary,
        default_originate,
    });
    Ok(())
}

/// `area A virtual-link R [option …]`: lines about one link add up.
fn lower_virtual_link(
    area: &mut OspfArea,
    line: &Line<'_, '_>,
    end: Ipv4Addr,
    mut options: &[&str],
) -> Lowered {
    if line.negated && options.is_empty() {
        area.virtual_links.remove(&end);
        return Ok(());
    }
    if line.negated {
        return unmodeled(Effect::Routing);
    }
    let known = area.virtual_links.remove(&end);
    let mut found: VirtualLink = known.map(|at| at.value).unwrap_or_default();
    let lowered = loop {
        let key = |kind: &str, from_end: usize| {
            let text = line.raw(line.low.len() - from_end);
            text.map(|text| of_type(kind, text))
        };
        options = match options {
            [] => break Ok(()),
            ["authentication", "message-digest", rest @ ..] => {
                found.authentication = Some(2);
                rest
            }
            ["authentication", "null", rest @ ..] => {
                found.authentication = Some(0);
                rest
            }
            ["hello-interval", seconds, rest @ ..] => {
                found.hello = Some(number(seconds)?);
                rest
            }
            ["dead-interval", seconds, rest @ ..] => {
                found.dead = Some(number(seconds)?);
                rest
            }
            // How often announcements are sent again.
            ["retransmit-interval" | "transmit-delay", _, rest @ ..] => rest,
            ["authentication-key", rest @ ..] => {
                let (kind, rest) = some(typed(rest))?;
                found
                    .keys
                    .extend(key(kind, rest.len() + 1).map(|key| (0, key)));
                rest
            }
            ["message-digest-key", id, "md5", rest @ ..] => {
                let (id, (kind, rest)) = (number(id)?, some(typed(rest))?);
                found
                    .keys
                    .extend(key(kind, rest.len() + 1).map(|key| (id, key)));
                rest
            }
            ["authentication", rest @ ..] => {
                found.authentication = Some(1);
                rest
            }
            _ => break unmodeled(Effect::Routing),
        };
    };
    area.virtual_links.insert(end, At::new(found, line.at));
    lowered
}

/// The type of a key, and the words after it.
fn typed<'w, 'a>(words: &'w [&'a str]) -> Option<(&'a str, &'w [&'a str])> {
    match words {
        [kind @ ("0" | "3" | "6" | "7"), _, rest @ ..] => Some((kind, rest)),
        [_, rest @ ..] => Some(("0", rest)),
        [] => None,
    }
}

/// `max-metric router-lsa [external-lsa [N]] [include-stub] [on-startup …] [summary-lsa [N]]`.
fn lower_max_metric(process: &mut OspfProcess, line: &Line<'_, '_>) -> Lowered {
    /// Metric of what the words leave out (Cisco IOS IP Routing: OSPF command reference,
    /// `max-metric router-lsa`: 16711680).
    const LARGEST: u32 = 0x00ff_0000;
    let mut rest = Rest::new(line, 2);
    let mut told = MaxMetric::default();
    let mut passing = false;
    while let Some(word) = rest.word() {
        let given = rest.peek().and_then(|next| next.parse().ok());
        match word {
            "include-stub" => told.stubs = true,
            "external-lsa" => told.external = Some(given.unwrap_or(LARGEST)),
            "summary-lsa" => told.summary = Some(given.unwrap_or(LARGEST)),
            "on-startup" => {
                passing = true;
                if rest.takes("wait-for") {
                    rest.word();
                }
                rest.takes("wait-for-bgp");
            }
            _ => return unmodeled(Effect::Routing),
        }
        if given.is_some() && word != "include-stub" {
            rest.word();
        }
    }
    // What holds for a while after a start only is not the lasting state.
    process.max_metric = line.value(told).filter(|_| !passing);
    Ok(())
}

/// The words after `default-information originate`.
fn default_originate(mut rest: &[&str]) -> Result<DefaultOriginate, Gap> {
    let mut value = DefaultOriginate::default();
    loop {
        rest = match rest {
            [] => return Ok(value),
            ["always", rest @ ..] => {
                value.always = true;
                rest
            }
            ["metric", metric, rest @ ..] => {
                value.metric = Some(number(metric)?);
                rest
            }
            ["metric-type", kind, rest @ ..] => {
                value.metric_type = Some(number(kind)?);
                rest
            }
            ["route-map", name, rest @ ..] => {
                value.route_map = Some((*name).to_owned());
                rest
            }
            _ => return Err(Gap::Odd),
        };
    }
}

/// `distance N`, `distance ospf …`.
fn lower_distance(process: &mut OspfProcess, line: &Line<'_, '_>, rest: &[&str]) -> Lowered {
    match rest {
        [] | ["ospf"] if line.negated => process.distance = [None; 3],
        [distance] => {
            let value = line.value(number(distance)?);
            process.distance = [value, value, value];
        }
        ["ospf", pairs @ ..] => {
            for pair in pairs.chunks(2) {
                let [kind, distance] = pair else {
                    return Err(Gap::Odd);
                };
                let [intra, inter, external] = &mut process.distance;
                let slot = match *kind {
                    "intra-area" => intra,
                    "inter-area" => inter,
                    "external" => external,
                    _ => return Err(Gap::Odd),
                };
                *slot = line.value(number(distance)?);
            }
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
