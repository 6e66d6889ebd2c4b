//! Changes that route maps make.

use std::collections::BTreeSet;

use super::super::rest::Rest;
use super::super::route_list::{self, community};
use super::super::{Gap, Line, Lowered, number, room, some, unmodeled};
use crate::model::route_policy::{MetricChange, MetricType, Origin, RouteMapEntry, RouteSet};
use crate::source::At;
use crate::syntax::Effect;

/// `set …`.
pub(super) fn lower(entry: &mut RouteMapEntry, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    if line.negated {
        return remove_set(entry, line);
    }
    let new = route_set(&mut rest)?;
    rest.end()?;
    room(&entry.sets)?;
    let same = |known: &At<RouteSet>| {
        std::mem::discriminant(&known.value) == std::mem::discriminant(&new)
            || is_metric(&known.value) && is_metric(&new)
    };
    match (&new, entry.sets.iter().position(same)) {
        // Each line adds a hop of its own.
        (RouteSet::TrackedNextHop(hops), Some(place)) => {
            if let Some(At {
                value: RouteSet::TrackedNextHop(known),
                ..
            }) = entry.sets.get_mut(place)
            {
                room(known)?;
                known.retain(|(sequence, ..)| hops.iter().all(|(new, ..)| new != sequence));
                known.extend(hops.iter().cloned());
                known.sort_unstable();
            }
        }
        (RouteSet::Irrelevant(_), Some(_)) => {}
        // What two lines of these add up to is not documented.
        (
            RouteSet::PrependAsPath(_)
            | RouteSet::NextHop(_)
            | RouteSet::DefaultNextHop(_)
            | RouteSet::Interface(_)
            | RouteSet::DefaultInterface(_)
            | RouteSet::Communities { .. }
            | RouteSet::DeleteCommunities(_)
            | RouteSet::RouteTargets { .. },
            Some(_),
        ) => {
            return unmodeled(Effect::Routing);
        }
        (_, Some(place)) => {
            entry.sets.remove(place);
            entry.sets.extend(line.value(new));
        }
        (_, None) => entry.sets.extend(line.value(new)),
    }
    Ok(())
}

/// Whether a change is one of the metric, in either form.
fn is_metric(set: &RouteSet) -> bool {
    matches!(set, RouteSet::Metric(_) | RouteSet::EigrpMetric(_))
}

/// `no set …`: takes the change of the same words away.
fn remove_set(entry: &mut RouteMapEntry, line: &Line<'_, '_>) -> Lowered {
    let named = |known: &RouteSet| {
        let form = set_form(known);
        let count = line.low.len().saturating_sub(1).min(form.len());
        count > 0 && line.low.get(1..=count) == form.get(..count)
    };
    let before = entry.sets.len();
    entry.sets.retain(|known| !named(&known.value));
    if entry.sets.len() == before {
        // Nothing of it is there, unless it is a clause that is not understood.
        return Err(Gap::Odd);
    }
    Ok(())
}

/// The words that name a change.
pub(super) fn set_form(set: &RouteSet) -> &'static [&'static str] {
    match set {
        RouteSet::Metric(_) | RouteSet::EigrpMetric(_) => &["metric"],
        RouteSet::MetricType(_) => &["metric-type"],
        RouteSet::Tag(_) => &["tag"],
        RouteSet::LocalPreference(_) => &["local-preference"],
        RouteSet::Weight(_) => &["weight"],
        RouteSet::Origin(_) => &["origin"],
        RouteSet::PrependAsPath(_) | RouteSet::PrependLastAs(_) => &["as-path", "prepend"],
        RouteSet::Communities { .. } => &["community"],
        RouteSet::DeleteCommunities(_) => &["comm-list"],
        RouteSet::RouteTargets { .. } => &["extcommunity", "rt"],
        RouteSet::NextHop(_)
        | RouteSet::NextHopPeer
        | RouteSet::NextHopUnchanged
        | RouteSet::TrackedNextHop(_) => &["ip", "next-hop"],
        RouteSet::DefaultNextHop(_) => &["ip", "default", "next-hop"],
        RouteSet::Distance(_) => &["distance"],
        RouteSet::Interface(_) => &["interface"],
        RouteSet::DefaultInterface(_) => &["default", "interface"],
        RouteSet::Vrf(Some(_)) => &["vrf"],
        RouteSet::Vrf(None) => &["global"],
        RouteSet::Irrelevant(_) => &["dampening"],
    }
}

/// The change that the words after `set` make.
fn route_set(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    Ok(match some(rest.word())? {
        "metric" => metric(rest)?,
        "metric-type" => RouteSet::MetricType(some(rest.word().and_then(metric_type))?),
        "tag" => RouteSet::Tag(rest.number()?),
        "local-preference" => RouteSet::LocalPreference(rest.number()?),
        "weight" => RouteSet::Weight(rest.number()?),
        "distance" => RouteSet::Distance(rest.number()?),
        "origin" => RouteSet::Origin(match some(rest.word())? {
            "igp" => Origin::Igp,
            "egp" => Origin::Egp,
            "incomplete" => Origin::Incomplete,
            _ => return Err(Gap::Odd),
        }),
        "as-path" => as_path(rest)?,
        "community" => communities(rest)?,
        "comm-list" => {
            let name = rest.name()?;
            some(
                rest.takes("delete")
                    .then_some(RouteSet::DeleteCommunities(name)),
            )?
        }
        "extcommunity" if rest.takes("rt") => route_targets(rest)?,
        "ip" => next_hop(rest)?,
        "interface" => RouteSet::Interface(interfaces(rest)?),
        "default" if rest.takes("interface") => RouteSet::DefaultInterface(interfaces(rest)?),
        "vrf" => RouteSet::Vrf(Some(rest.name()?)),
        "global" => RouteSet::Vrf(None),
        "dampening" => {
            rest.names()?;
            RouteSet::Irrelevant("suppresses routes that flap, none that are stable")
        }
        "traffic-index" => {
            rest.names()?;
            RouteSet::Irrelevant("counts packets")
        }
        _ => return Err(Gap::Odd),
    })
}

/// Interfaces to the end of the line.
fn interfaces(rest: &mut Rest<'_, '_>) -> Result<Vec<String>, Gap> {
    let mut names = Vec::new();
    while rest.peek().is_some() {
        names.push(rest.interface()?);
    }
    some((!names.is_empty()).then_some(names))
}

/// `set metric …`: one number, a change, or the five of EIGRP.
fn metric(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    let word = some(rest.word())?;
    let first: u32 = number(word.trim_start_matches(['+', '-']))?;
    if rest.peek().is_none() {
        return Ok(RouteSet::Metric(match word.as_bytes().first() {
            Some(b'+') => MetricChange::Plus(first),
            Some(b'-') => MetricChange::Minus(first),
            Some(_) | None => MetricChange::To(first),
        }));
    }
    // The sign of an EIGRP delay is not modeled.
    let [delay, reliability, load, mtu] = *rest.numbers::<u32>()?.as_slice() else {
        return Err(Gap::Odd);
    };
    Ok(RouteSet::EigrpMetric([
        first,
        delay,
        reliability,
        load,
        mtu,
    ]))
}

/// A type of external metrics.
pub(in super::super) fn metric_type(word: &str) -> Option<MetricType> {
    match word {
        "type-1" | "1" => Some(MetricType::Type1),
        "type-2" | "2" => Some(MetricType::Type2),
        "internal" => Some(MetricType::Internal),
        "external" => Some(MetricType::External),
        _ => None,
    }
}

/// `set as-path prepend …`.
fn as_path(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    some(rest.takes("prepend").then_some(()))?;
    if rest.takes("last-as") {
        return Ok(RouteSet::PrependLastAs(match rest.peek() {
            Some(_) => rest.number()?,
            None => 1,
        }));
    }
    let mut numbers = Vec::new();
    while let Some(word) = rest.word() {
        numbers.push(some(route_list::as_number(word))?);
    }
    some((!numbers.is_empty()).then_some(RouteSet::PrependAsPath(numbers)))
}

/// `set community …`.
fn communities(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    let mut values = BTreeSet::new();
    let mut additive = false;
    some(rest.peek())?;
    while let Some(word) = rest.word() {
        match word {
            "additive" => additive = true,
            "none" => {}
            _ => drop(values.insert(some(community(word))?)),
        }
    }
    Ok(RouteSet::Communities { values, additive })
}

/// `set extcommunity rt …`.
fn route_targets(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    let mut values = BTreeSet::new();
    let mut additive = false;
    some(rest.peek())?;
    while let Some(word) = rest.word() {
        match word {
            "additive" => additive = true,
            _ if word.contains(':') => drop(values.insert(word.to_owned())),
            _ => return Err(Gap::Odd),
        }
    }
    Ok(RouteSet::RouteTargets { values, additive })
}

/// `set ip [default] next-hop …`.
fn next_hop(rest: &mut Rest<'_, '_>) -> Result<RouteSet, Gap> {
    let default = rest.takes("default");
    some(rest.takes("next-hop").then_some(()))?;
    let addresses = |rest: &mut Rest<'_, '_>| {
        let mut hops = Vec::new();
        while rest.peek().is_some() {
            hops.push(rest.address()?);
        }
        some((!hops.is_empty()).then_some(hops))
    };
    if default {
        return Ok(RouteSet::DefaultNextHop(addresses(rest)?));
    }
    if rest.takes("peer-address") {
        return Ok(RouteSet::NextHopPeer);
    }
    if rest.takes("unchanged") {
        return Ok(RouteSet::NextHopUnchanged);
    }
    if rest.takes("verify-availability") {
        let (hop, sequence) = (rest.address()?, rest.number()?);
        some(rest.takes("track").then_some(()))?;
        return Ok(RouteSet::TrackedNextHop(vec![(
            sequence,
            hop,
            rest.name()?,
        )]));
    }
    Ok(RouteSet::NextHop(addresses(rest)?))
}
