//! Route maps.

use std::collections::BTreeSet;

use super::redistribute;
use super::rest::Rest;
use super::route_list::{self, community};
use super::{Block, Gap, Line, Lowered, Lowering, irrelevant, room, some, unmodeled};
use crate::model::filter::Action;
use crate::model::route_policy::{
    MetricChange, MetricType, Origin, RouteCondition, RouteMap, RouteMapEntry, RouteSet, RouteType,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Sequence number of an entry that gives none (Cisco IOS IP Routing Command Reference,
/// "route-map").
const FIRST: u32 = 10;

/// `route-map NAME [permit|deny] [N]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let name = rest.name()?;
    let key = FacetKey::new(FacetKind::RouteMap, &name);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    lowering.builder.open_block(line.at, &key);
    if line.negated && rest.peek().is_none() {
        lowering.builder.remove(&key);
        return Ok(());
    }
    let action = match rest.peek() {
        Some("deny") => Action::Deny,
        Some(_) | None => Action::Permit,
    };
    if !rest.takes("permit") {
        rest.takes("deny");
    }
    let sequence = match rest.peek() {
        Some(_) => rest.number()?,
        None => FIRST,
    };
    rest.end()?;
    let facet = lowering.builder.facet(&key, || {
        Facet::RouteMap(RouteMap {
            name,
            entries: Vec::new(),
        })
    });
    let Facet::RouteMap(map) = facet else {
        return Err(Gap::Odd);
    };
    let place = map
        .entries
        .binary_search_by_key(&sequence, |entry| entry.sequence);
    match place {
        Ok(place) if line.negated => {
            map.entries.remove(place);
            if map.entries.is_empty() {
                lowering.builder.remove(&key);
            }
        }
        Ok(place) => {
            if let Some(entry) = map.entries.get_mut(place) {
                entry.action = action;
            }
        }
        Err(_) if line.negated => {}
        Err(place) => map.entries.insert(
            place,
            RouteMapEntry {
                at: line.at,
                sequence,
                action,
                conditions: Vec::new(),
                sets: Vec::new(),
                go_on: None,
                unread_conditions: BTreeSet::new(),
                unread_sets: BTreeSet::new(),
            },
        ),
    }
    if !line.negated {
        lowering.open(line.at, &key, Block::RouteMap(index, sequence));
    }
    Ok(())
}

/// The entry of a block.
fn entry(lowering: &mut Lowering, index: u32, sequence: u32) -> Option<&mut RouteMapEntry> {
    let Some(Facet::RouteMap(map)) = lowering.builder.at_index(index) else {
        return None;
    };
    let place = map
        .entries
        .binary_search_by_key(&sequence, |entry| entry.sequence);
    map.entries.get_mut(place.ok()?)
}

/// Names a clause that is not understood; both what it may match and what it may change where the
/// clause itself is unknown.
pub(super) fn note_unread(lowering: &mut Lowering, index: u32, sequence: u32, line: &Line<'_, '_>) {
    let Some(entry) = entry(lowering, index, sequence) else {
        return;
    };
    // At most three words: what follows them names things.
    let name = line
        .low
        .get(1..line.low.len().min(3))
        .unwrap_or(&[])
        .join(" ");
    let keep = |set: &mut BTreeSet<String>, name: String| {
        if line.negated {
            set.remove(&name);
        } else {
            set.insert(name);
        }
    };
    match line.low.first() {
        Some(&"match") => keep(&mut entry.unread_conditions, name),
        Some(&"set") => keep(&mut entry.unread_sets, name),
        Some(word) => {
            keep(&mut entry.unread_conditions, (*word).to_owned());
            keep(&mut entry.unread_sets, (*word).to_owned());
        }
        None => {}
    }
}

/// A clause of an entry.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    sequence: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let entry = some(entry(lowering, index, sequence))?;
    let lowered = match line.low {
        ["match", ..] => lower_match(entry, line),
        ["set", ..] => lower_set(entry, line),
        ["continue"] => {
            entry.go_on = line.value(None);
            Ok(())
        }
        ["continue", next] => {
            entry.go_on = line.value(Some(super::number(next)?));
            Ok(())
        }
        ["description", ..] => irrelevant("a note"),
        _ => Err(Gap::Odd),
    };
    if !matches!(
        lowered,
        Ok(()) | Err(Gap::Support(crate::syntax::Support::Irrelevant(_)))
    ) {
        note_unread(lowering, index, sequence, line);
    }
    lowered
}

/// `match …`.
fn lower_match(entry: &mut RouteMapEntry, line: &Line<'_, '_>) -> Lowered {
    let (empty, skip) = some(condition_form(line.low))?;
    let mut rest = Rest::new(line, skip);
    if line.negated && rest.peek().is_none() {
        entry
            .conditions
            .retain(|known| !is_like(&known.value, &empty));
        return Ok(());
    }
    let new = condition(empty, &mut rest)?;
    rest.end()?;
    room(&entry.conditions)?;
    let known = entry
        .conditions
        .iter_mut()
        .find(|known| is_like(&known.value, &new));
    match known {
        // The device keeps one clause of a kind, whose names it adds to and takes from.
        Some(known) => {
            if !merge(&mut known.value, new, line.negated)? {
                let gone = known.value.clone();
                entry.conditions.retain(|known| known.value != gone);
            }
        }
        None => entry.conditions.extend(line.value(new)),
    }
    // A packet filter and a prefix list for one thing are two clauses of unknown connection.
    let twice = |a: fn(&RouteCondition) -> bool, b: fn(&RouteCondition) -> bool| {
        let has =
            |is: fn(&RouteCondition) -> bool| entry.conditions.iter().any(|known| is(&known.value));
        has(a) && has(b)
    };
    if twice(
        |known| matches!(known, RouteCondition::PrefixList(_)),
        |known| matches!(known, RouteCondition::Acl(_)),
    ) {
        return unmodeled(Effect::Routing);
    }
    Ok(())
}

/// The condition of a `match` without its values, and how many words name it.
fn condition_form(low: &[&str]) -> Option<(RouteCondition, usize)> {
    use RouteCondition as Is;
    Some(match low {
        ["match", "ip", "address", "prefix-list", ..] => (Is::PrefixList(Vec::new()), 4),
        ["match", "ip", "address", ..] => (Is::Acl(Vec::new()), 3),
        ["match", "ip", "next-hop", "prefix-list", ..] => (Is::NextHopPrefixList(Vec::new()), 4),
        ["match", "ip", "next-hop", ..] => (Is::NextHopAcl(Vec::new()), 3),
        ["match", "ip", "route-source", "prefix-list", ..] => (Is::SourcePrefixList(Vec::new()), 4),
        ["match", "ip", "route-source", "redistribution-source", ..] => return None,
        ["match", "ip", "route-source", ..] => (Is::SourceAcl(Vec::new()), 3),
        ["match", "as-path", ..] => (Is::AsPathList(Vec::new()), 2),
        ["match", "community", ..] => (
            Is::CommunityList {
                lists: Vec::new(),
                exact: false,
            },
            2,
        ),
        ["match", "extcommunity", ..] => (Is::ExtendedCommunityList(Vec::new()), 2),
        ["match", "interface", ..] => (Is::Interface(Vec::new()), 2),
        ["match", "metric", "external", ..] | ["match", "tag", "list", ..] => return None,
        ["match", "metric", ..] => (Is::Metric(Vec::new()), 2),
        ["match", "tag", ..] => (Is::Tag(Vec::new()), 2),
        ["match", "local-preference", ..] => (Is::LocalPreference(0), 2),
        ["match", "route-type", ..] => (Is::RouteType(BTreeSet::new()), 2),
        ["match", "source-protocol", ..] => (Is::Source(Vec::new()), 2),
        ["match", "length", ..] => (Is::PacketLength(0, 0), 2),
        _ => return None,
    })
}

/// Whether two conditions are of one kind.
fn is_like(a: &RouteCondition, b: &RouteCondition) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// A condition with the values that follow.
fn condition(form: RouteCondition, rest: &mut Rest<'_, '_>) -> Result<RouteCondition, Gap> {
    use RouteCondition as Is;
    Ok(match form {
        Is::PrefixList(_) => Is::PrefixList(rest.names()?),
        Is::Acl(_) => Is::Acl(rest.names()?),
        Is::NextHopPrefixList(_) => Is::NextHopPrefixList(rest.names()?),
        Is::NextHopAcl(_) => Is::NextHopAcl(rest.names()?),
        Is::SourcePrefixList(_) => Is::SourcePrefixList(rest.names()?),
        Is::SourceAcl(_) => Is::SourceAcl(rest.names()?),
        Is::AsPathList(_) => Is::AsPathList(rest.names()?),
        Is::CommunityList { .. } => {
            let mut lists = rest.names()?;
            let count = lists.len();
            lists.retain(|name| name != "exact-match");
            let exact = lists.len() < count;
            Is::CommunityList { lists, exact }
        }
        Is::ExtendedCommunityList(_) => {
            let names = rest.names()?;
            Is::ExtendedCommunityList(
                names
                    .iter()
                    .map(|name| route_list::extended(name))
                    .collect(),
            )
        }
        Is::Interface(_) => {
            let mut names = Vec::new();
            while rest.peek().is_some() {
                names.push(rest.interface()?);
            }
            Is::Interface(some((!names.is_empty()).then_some(names))?)
        }
        Is::Metric(_) => Is::Metric(rest.numbers()?),
        Is::Tag(_) => Is::Tag(rest.numbers()?),
        Is::LocalPreference(_) => Is::LocalPreference(rest.number()?),
        Is::RouteType(_) => Is::RouteType(route_types(rest)?),
        Is::Source(_) => {
            let mut sources = Vec::new();
            while rest.peek().is_some() {
                sources.push(redistribute::source(rest)?);
            }
            Is::Source(sources)
        }
        Is::PacketLength(..) => Is::PacketLength(rest.number()?, rest.number()?),
        Is::AsPathLength(..) | Is::Origin(_) | Is::Constant(_) => return Err(Gap::Odd),
    })
}

/// The kinds of routes that `match route-type` names.
fn route_types(rest: &mut Rest<'_, '_>) -> Result<BTreeSet<RouteType>, Gap> {
    let mut types = BTreeSet::new();
    while let Some(word) = rest.word() {
        let external = match rest.peek() {
            Some("type-1") => Some(1),
            Some("type-2") => Some(2),
            Some(_) | None => None,
        };
        types.insert(match (word, external) {
            ("internal", _) => RouteType::Internal,
            ("local", _) => RouteType::Local,
            ("level-1", _) => RouteType::Level1,
            ("level-2", _) => RouteType::Level2,
            ("external", Some(1)) => RouteType::External1,
            ("external", Some(_)) => RouteType::External2,
            ("external", None) => RouteType::External,
            ("nssa-external", Some(1)) => RouteType::NssaExternal1,
            ("nssa-external", Some(_)) => RouteType::NssaExternal2,
            ("nssa-external", None) => RouteType::NssaExternal,
            _ => return Err(Gap::Odd),
        });
        if external.is_some() {
            rest.word();
        }
    }
    some((!types.is_empty()).then_some(types))
}

/// Adds the values of a condition to one of its kind, or takes them away; whether any is left.
fn merge(known: &mut RouteCondition, new: RouteCondition, negated: bool) -> Result<bool, Gap> {
    use RouteCondition as Is;
    /// Adds or takes away.
    fn join<T: PartialEq>(known: &mut Vec<T>, new: Vec<T>, negated: bool) -> Result<bool, Gap> {
        known.retain(|value| !new.contains(value));
        if !negated {
            room(known)?;
            known.extend(new);
        }
        Ok(!known.is_empty())
    }
    match (known, new) {
        (Is::PrefixList(known), Is::PrefixList(new))
        | (Is::Acl(known), Is::Acl(new))
        | (Is::NextHopPrefixList(known), Is::NextHopPrefixList(new))
        | (Is::NextHopAcl(known), Is::NextHopAcl(new))
        | (Is::SourcePrefixList(known), Is::SourcePrefixList(new))
        | (Is::SourceAcl(known), Is::SourceAcl(new))
        | (Is::AsPathList(known), Is::AsPathList(new))
        | (Is::ExtendedCommunityList(known), Is::ExtendedCommunityList(new))
        | (Is::Interface(known), Is::Interface(new)) => join(known, new, negated),
        (
            Is::CommunityList { lists, exact },
            Is::CommunityList {
                lists: new,
                exact: only,
            },
        ) => {
            *exact = only && !negated;
            join(lists, new, negated)
        }
        (Is::Metric(known), Is::Metric(new)) | (Is::Tag(known), Is::Tag(new)) => {
            join(known, new, negated)
        }
        (Is::Source(known), Is::Source(new)) => join(known, new, negated),
        (Is::RouteType(known), Is::RouteType(new)) => {
            if negated {
                known.retain(|kind| !new.contains(kind));
            } else {
                known.extend(new);
            }
            Ok(!known.is_empty())
        }
        (known, new) => {
            *known = new;
            Ok(!negated)
        }
    }
}

/// `set …`.
fn lower_set(entry: &mut RouteMapEntry, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    if line.negated {
        return remove_set(entry, line);
    }
    let new = route_set(&mut rest)?;
    rest.end()?;
    room(&entry.sets)?;
    let like = |known: &At<RouteSet>| {
        std::mem::discriminant(&known.value) == std::mem::discriminant(&new)
            || is_metric(&known.value) && is_metric(&new)
    };
    match (&new, entry.sets.iter().position(like)) {
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
            RouteSet::PrependAsPath(_) | RouteSet::NextHop(_) | RouteSet::DefaultNextHop(_),
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
fn set_form(set: &RouteSet) -> &'static [&'static str] {
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
    let first: u32 = super::number(word.trim_start_matches(['+', '-']))?;
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
pub(super) fn metric_type(word: &str) -> Option<MetricType> {
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
