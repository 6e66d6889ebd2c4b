//! Route maps.

use std::collections::BTreeSet;

use super::redistribute;
use super::rest::Rest;
use super::route_list;
use super::{Block, Gap, Line, Lowered, Lowering, irrelevant, room, some, unmodeled};
use crate::model::filter::Action;
use crate::model::route_policy::{RouteCondition, RouteMap, RouteMapEntry, RouteSet, RouteType};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

mod set;

pub(super) use set::metric_type;

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
        ["set", ..] => set::lower(entry, line),
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

/// Clauses of an entry: conditions, changes.
type Clauses = (Vec<At<RouteCondition>>, Vec<At<RouteSet>>);

/// Takes the clauses of an entry aside, so that the next line starts anew.
pub(in crate::dialect) fn set_aside(
    lowering: &mut Lowering,
    (index, sequence): (u32, u32),
) -> Clauses {
    entry(lowering, index, sequence).map_or_else(Default::default, |entry| {
        let conditions = std::mem::take(&mut entry.conditions);
        (conditions, std::mem::take(&mut entry.sets))
    })
}

/// Puts clauses back that were taken aside, but those that a new one stands for.
pub(in crate::dialect) fn put_back(
    lowering: &mut Lowering,
    (index, sequence): (u32, u32),
    (mut conditions, mut sets): Clauses,
    stands_for: impl Fn(&RouteCondition, &RouteCondition) -> bool,
) {
    let Some(entry) = entry(lowering, index, sequence) else {
        return;
    };
    conditions.retain(|old| {
        let mut new = entry.conditions.iter();
        !new.any(|new| is_like(&old.value, &new.value) && stands_for(&new.value, &old.value))
    });
    sets.retain(|old| {
        let mut new = entry.sets.iter();
        !new.any(|new| set::set_form(&old.value) == set::set_form(&new.value))
    });
    entry.conditions.splice(..0, conditions);
    entry.sets.splice(..0, sets);
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
    let new = condition(&empty, &mut rest)?;
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
        ["match", "ip", "route-source", "redistribution-source", ..]
        | ["match", "metric", "external", ..]
        | ["match", "tag", "list", ..] => return None,
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
fn condition(form: &RouteCondition, rest: &mut Rest<'_, '_>) -> Result<RouteCondition, Gap> {
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
