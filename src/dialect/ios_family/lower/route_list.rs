//! Lists that route maps and neighbors name: prefixes, AS paths, communities.

use std::collections::BTreeSet;

use super::rest::Rest;
use super::{Block, Gap, Line, Lowered, Lowering, Respelled, room, some};
use crate::model::filter::Action;
use crate::model::route_policy::{
    AsPathList, CommunityLine, CommunityList, NO_ADVERTISE, NO_EXPORT, NO_EXPORT_SUBCONFED,
    PrefixList, PrefixListLine, Undefined,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;

/// Distance between sequence numbers that the device gives itself (Cisco IOS IP Routing Command
/// Reference, "ip prefix-list").
const STEP: u32 = 5;
/// Marks routes that are about to go away (RFC 8326).
const GRACEFUL_SHUTDOWN: u32 = 0xFFFF_0000;

/// What references to undefined policies do: a list without lines permits all (Cisco IOS IP Routing
/// Command Reference, "ip prefix-list"; Security Command Reference, "ip access-group"); of route
/// maps and of the other lists no document says it.
pub(in crate::dialect) const UNDEFINED: Undefined = Undefined {
    route_map: None,
    prefix_list: Some(Action::Permit),
    acl: Some(Action::Permit),
    as_path_list: None,
    community_list: None,
};

/// The name of the facet of a list over extended communities, which are numbered apart.
pub(in crate::dialect) fn extended(name: &str) -> String {
    format!("extended {name}")
}

/// An autonomous system number, plain or as two halves (RFC 5396).
pub(in crate::dialect) fn as_number(word: &str) -> Option<u32> {
    match word.split_once('.') {
        Some((high, low)) => {
            let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
            Some(u32::from(high) << 16 | u32::from(low))
        }
        None => word.parse().ok(),
    }
}

/// A community by number, as two halves, or by name (RFC 1997).
pub(in crate::dialect) fn community(word: &str) -> Option<u32> {
    match word {
        "internet" => Some(0),
        "no-export" => Some(NO_EXPORT),
        "no-advertise" => Some(NO_ADVERTISE),
        "local-as" => Some(NO_EXPORT_SUBCONFED),
        "gshut" | "graceful-shutdown" => Some(GRACEFUL_SHUTDOWN),
        _ => match word.split_once(':') {
            Some((high, low)) => {
                let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
                Some(u32::from(high) << 16 | u32::from(low))
            }
            None => word.parse().ok(),
        },
    }
}

/// `permit` or `deny`.
fn action(rest: &mut Rest<'_, '_>) -> Result<Action, Gap> {
    match rest.word() {
        Some("permit") => Ok(Action::Permit),
        Some("deny") => Ok(Action::Deny),
        Some(_) | None => Err(Gap::Odd),
    }
}

/// `ip prefix-list NAME [seq N] permit|deny PREFIX [ge N] [le N]`.
pub(in crate::dialect) fn lower_prefix_list(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let name = rest.name()?;
    let key = FacetKey::new(FacetKind::PrefixList, &name);
    lowering.builder.contribute(line.at, &key);
    // A hole of this line is about this list.
    lowering.builder.open_block(line.at, &key);
    if line.negated && rest.peek().is_none() {
        lowering.builder.remove(&key);
        return Ok(());
    }
    let given: Option<u32> = rest.takes("seq").then(|| rest.number()).transpose()?;
    let by_number = line.negated && given.is_some() && rest.peek().is_none();
    let read = if by_number {
        None
    } else {
        Some(prefix_line(line, &mut rest)?)
    };
    let facet = lowering.builder.facet(&key, || {
        Facet::PrefixList(PrefixList {
            name,
            lines: Vec::new(),
        })
    });
    let Facet::PrefixList(list) = facet else {
        return Err(Gap::Odd);
    };
    if line.negated {
        list.lines.retain(|known| {
            let numbered = given.is_none_or(|given| known.sequence == given);
            !(numbered && read.as_ref().is_none_or(|read| known == read))
        });
        if list.lines.is_empty() {
            lowering.builder.remove(&key);
        }
        return Ok(());
    }
    let Some(mut read) = read else {
        return Err(Gap::Odd);
    };
    let highest = list.lines.last().map_or(0, |known| known.sequence);
    read.sequence = given.unwrap_or_else(|| highest.saturating_add(STEP));
    let place = list
        .lines
        .binary_search_by_key(&read.sequence, |known| known.sequence);
    match place {
        // The device refuses a second line of one number.
        Ok(_) => return Err(Gap::Odd),
        Err(place) => list.lines.insert(place, read),
    }
    Ok(())
}

/// A line in the block of a prefix list.
pub(in crate::dialect) fn lower_prefix_line(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    let name = some(lowering.builder.key(index))?.name.clone();
    let words = Respelled::plain(&["ip", "prefix-list", &name], line, 0);
    lower_prefix_list(lowering, &words.line(line))
}

/// A line of a prefix list, without its number.
fn prefix_line(line: &Line<'_, '_>, rest: &mut Rest<'_, '_>) -> Result<PrefixListLine, Gap> {
    let action = action(rest)?;
    let prefix = rest.prefix()?;
    let (mut at_least, mut at_most) = (None, None);
    while let Some(word) = rest.word() {
        match word {
            "ge" => at_least = Some(rest.number::<u8>()?),
            "le" => at_most = Some(rest.number::<u8>()?),
            "eq" => {
                at_least = Some(rest.number::<u8>()?);
                at_most = at_least;
            }
            _ => return Err(Gap::Odd),
        }
    }
    let length = prefix.prefix_len();
    // Without bounds only the length itself matches; a lower bound alone reaches to hosts.
    let most = match (at_least, at_most) {
        (_, Some(most)) => most,
        (Some(_), None) => 32,
        (None, None) => length,
    };
    let least = at_least.unwrap_or(length);
    if !(length <= least && least <= most && most <= 32) {
        return Err(Gap::Odd);
    }
    Ok(PrefixListLine {
        at: line.at,
        sequence: 0,
        action,
        prefix,
        at_least: least,
        at_most: most,
    })
}

/// `ip as-path access-list NAME permit|deny EXPRESSION`.
pub(in crate::dialect) fn lower_as_path_list(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
) -> Lowered {
    let mut rest = Rest::new(line, 3);
    let name = rest.name()?;
    let key = FacetKey::new(FacetKind::AsPathList, &name);
    lowering.builder.contribute(line.at, &key);
    lowering.builder.open_block(line.at, &key);
    if line.negated && rest.peek().is_none() {
        lowering.builder.remove(&key);
        return Ok(());
    }
    let entry = (action(&mut rest)?, rest.text()?);
    let facet = lowering.builder.facet(&key, || {
        Facet::AsPathList(AsPathList {
            name,
            lines: Vec::new(),
        })
    });
    let Facet::AsPathList(list) = facet else {
        return Err(Gap::Odd);
    };
    add_or_remove(&mut list.lines, entry, line)?;
    if list.lines.is_empty() {
        lowering.builder.remove(&key);
    }
    Ok(())
}

/// `ip community-list …` and `ip extcommunity-list …`, in one line or as a block.
pub(in crate::dialect) fn lower_community_list(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
) -> Lowered {
    let is_extended = line.low.get(1) == Some(&"extcommunity-list");
    let mut rest = Rest::new(line, 2);
    let form = if rest.takes("standard") {
        Some(false)
    } else if rest.takes("expanded") {
        Some(true)
    } else {
        None
    };
    let name = rest.name()?;
    // Numbers up to 99 are standard lists (Cisco IOS IP Routing Command Reference, "ip
    // community-list").
    let expanded = match (form, name.parse::<u32>()) {
        (Some(form), _) => form,
        (None, Ok(number)) => number > 99,
        (None, Err(_)) => return Err(Gap::Odd),
    };
    let named = if is_extended {
        extended(&name)
    } else {
        name.clone()
    };
    let key = FacetKey::new(FacetKind::CommunityList, named);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    lowering.builder.open_block(line.at, &key);
    if line.negated && rest.peek().is_none() {
        lowering.builder.remove(&key);
        return Ok(());
    }
    let facet = lowering.builder.facet(&key, || {
        Facet::CommunityList(CommunityList {
            name,
            lines: Vec::new(),
        })
    });
    let Facet::CommunityList(list) = facet else {
        return Err(Gap::Odd);
    };
    if rest.peek().is_none() {
        let block = Block::CommunityList(index, is_extended, expanded);
        lowering.open(line.at, &key, block);
        return Ok(());
    }
    community_line(list, line, rest, is_extended, expanded)?;
    if list.lines.is_empty() {
        lowering.builder.remove(&key);
    }
    Ok(())
}

/// A line in the block of a community list.
pub(in crate::dialect) fn lower_community_line(
    lowering: &mut Lowering,
    index: u32,
    is_extended: bool,
    expanded: bool,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::CommunityList(list)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let mut rest = Rest::new(line, 0);
    // Numbers order the lines as they are printed.
    let _: Option<u32> = rest.maybe_number();
    community_line(list, line, rest, is_extended, expanded)
}

/// Adds or takes away one line.
fn community_line(
    list: &mut CommunityList,
    line: &Line<'_, '_>,
    mut rest: Rest<'_, '_>,
    is_extended: bool,
    expanded: bool,
) -> Lowered {
    let action = action(&mut rest)?;
    let entry = if expanded {
        CommunityLine::Expanded(action, rest.text()?)
    } else if is_extended {
        let mut targets = BTreeSet::new();
        while rest.peek().is_some() {
            some(rest.takes("rt").then_some(()))?;
            targets.insert(rest.name()?);
        }
        some((!targets.is_empty()).then_some(()))?;
        CommunityLine::RouteTargets(action, targets)
    } else {
        let mut values = BTreeSet::new();
        while let Some(word) = rest.word() {
            values.insert(some(community(word))?);
        }
        // `internet` is every route.
        values.remove(&0);
        CommunityLine::Standard(action, values)
    };
    add_or_remove(&mut list.lines, entry, line)
}

/// Adds a line of a list at its end, or takes it away; the device keeps a line that it has where it
/// is.
fn add_or_remove<T: PartialEq>(lines: &mut Vec<At<T>>, entry: T, line: &Line<'_, '_>) -> Lowered {
    let known = lines.iter().position(|known| known.value == entry);
    match (known, line.negated) {
        (Some(place), true) => drop(lines.remove(place)),
        (None, false) => {
            room(lines)?;
            lines.push(At::new(entry, line.at));
        }
        (Some(_), false) | (None, true) => {}
    }
    Ok(())
}
