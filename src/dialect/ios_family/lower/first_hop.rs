//! First-hop redundancy groups: HSRP, VRRP, GLBP.

use super::secret::{of_type, secret};
use super::{Gap, Line, Lowered, irrelevant, number, room, some, unmodeled};
use crate::dialect::ios_family::words::address;
use crate::model::interface::{FirstHopGroup, FirstHopProtocol, Interface};
use crate::source::At;
use crate::syntax::Effect;

/// By how much a tracked object lowers the priority where the text does not say (Cisco IOS First
/// Hop Redundancy Protocols command reference, "standby track", "vrrp track", "glbp weighting").
const DEFAULT_DECREMENT: u8 = 10;

/// `standby …`, `vrrp …`, `glbp …`.
pub(super) fn lower_line(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let (protocol, first) = match line.low {
        ["standby", ..] => (FirstHopProtocol::Hsrp, 1),
        ["vrrp", ..] => (FirstHopProtocol::Vrrp, 1),
        _ => (FirstHopProtocol::Glbp, 1),
    };
    // HSRP takes lines without a number as those of group 0.
    let (group, first) = match line.low.get(first).map(|word| word.parse::<u16>()) {
        Some(Ok(group)) => (group, first + 1),
        _ if protocol == FirstHopProtocol::Hsrp => (0, first),
        _ => return unmodeled(Effect::Interface),
    };
    let words = line.low.get(first..).unwrap_or(&[]);
    if words.is_empty() && line.negated {
        interface
            .first_hop
            .retain(|known| known.protocol != protocol || known.group != group);
        return Ok(());
    }
    match (protocol, words) {
        (_, ["name" | "description", ..]) => return irrelevant("label of the group"),
        (FirstHopProtocol::Vrrp, ["address-family", ..])
        | (
            _,
            [
                "ip" | "priority" | "preempt" | "timers" | "track" | "authentication",
                ..,
            ],
        ) => {}
        _ => return unmodeled(Effect::Interface),
    }
    room(&interface.first_hop)?;
    let found = find(interface, protocol, group);
    room(&found.addresses)?;
    room(&found.tracks)?;
    let result = lower_setting(found, line, first, words);
    // A group that only its removal mentions is not there.
    if found.addresses.is_empty() && line.negated && *found == empty(protocol, group) {
        interface
            .first_hop
            .retain(|known| known.protocol != protocol || known.group != group);
    }
    result
}

/// A line in the block `vrrp N address-family ipv4`.
pub(super) fn lower_vrrp_line(
    interface: &mut Interface,
    group: u16,
    line: &Line<'_, '_>,
) -> Lowered {
    let found = find(interface, FirstHopProtocol::Vrrp, group);
    room(&found.addresses)?;
    room(&found.tracks)?;
    match line.low {
        ["address", virtual_address, rest @ ..] => {
            let secondary = match rest {
                ["secondary"] => true,
                [] | ["primary"] => false,
                _ => return Err(Gap::Odd),
            };
            lower_address(found, line, virtual_address, secondary)
        }
        // In the block, intervals are milliseconds.
        ["timers", "advertise", interval] => {
            found.hello_ms = line.value(number(interval)?);
            Ok(())
        }
        words => lower_setting(found, line, 0, words),
    }
}

/// A line in the block of a group.
pub(super) fn lower_group_line(
    interface: &mut Interface,
    protocol: FirstHopProtocol,
    group: u16,
    line: &Line<'_, '_>,
) -> Lowered {
    room(&interface.first_hop)?;
    let found = find(interface, protocol, group);
    room(&found.addresses)?;
    room(&found.tracks)?;
    lower_setting(found, line, 0, line.low)
}

/// The group, made where missing.
pub(in crate::dialect) fn find(
    interface: &mut Interface,
    protocol: FirstHopProtocol,
    group: u16,
) -> &mut FirstHopGroup {
    let groups = &mut interface.first_hop;
    let place = groups
        .iter()
        .position(|known| known.protocol == protocol && known.group == group)
        .unwrap_or(groups.len());
    if place == groups.len() {
        groups.push(empty(protocol, group));
    }
    #[expect(
        clippy::indexing_slicing,
        reason = "the group was found or pushed above"
    )]
    &mut groups[place]
}

/// A group without settings.
fn empty(protocol: FirstHopProtocol, group: u16) -> FirstHopGroup {
    FirstHopGroup {
        protocol,
        version: None,
        group,
        addresses: Vec::new(),
        learns: None,
        priority: None,
        preempt: None,
        preempt_delay: None,
        hello_ms: None,
        hold_ms: None,
        tracks: Vec::new(),
        authentication: None,
    }
}

/// One setting of a group; its words begin at word `first` of the line.
fn lower_setting(
    group: &mut FirstHopGroup,
    line: &Line<'_, '_>,
    first: usize,
    words: &[&str],
) -> Lowered {
    match words {
        ["address-family", "ipv4"] => {
            group.version = line.value(3).map(|version| version.value);
            if line.negated {
                group.addresses.clear();
            }
        }
        ["ip"] => {
            group.learns = line.value(());
            if line.negated {
                group.addresses.clear();
            }
        }
        ["ip", virtual_address] => return lower_address(group, line, virtual_address, false),
        ["ip", virtual_address, "secondary"] => {
            return lower_address(group, line, virtual_address, true);
        }
        ["priority"] if line.negated => group.priority = None,
        ["priority", priority] => group.priority = line.value(number(priority)?),
        ["preempt"] => {
            group.preempt = Some(At::new(!line.negated, line.at));
            group.preempt_delay = None;
        }
        ["preempt", "delay", rest @ ..] => {
            group.preempt_delay = match rest {
                [seconds] | ["minimum", seconds, ..] => line.value(number(seconds)?),
                ["reload" | "sync", ..] => None,
                _ if line.negated => None,
                _ => return Err(Gap::Odd),
            };
            if !line.negated {
                group.preempt = Some(At::new(true, line.at));
            }
        }
        ["timers", ..] if line.negated => {
            group.hello_ms = None;
            group.hold_ms = None;
        }
        ["timers", "learn"] | ["timers", "redirect", ..] => return unmodeled(Effect::Interface),
        ["timers", "advertise", rest @ ..] => group.hello_ms = line.value(interval(rest)?.0),
        ["timers", rest @ ..] => {
            let (hello, rest) = interval(rest)?;
            let (hold, _) = interval(rest)?;
            group.hello_ms = line.value(hello);
            group.hold_ms = line.value(hold);
        }
        ["track", rest @ ..] => return lower_track(group, line, first + 1, rest),
        ["authentication", ..] if line.negated => group.authentication = None,
        ["authentication", "md5", "key-chain", ..] => return unmodeled(Effect::Interface),
        ["authentication", "md5", "key-string", ..] => {
            group.authentication = line.value(secret(line, first + 3)?);
        }
        ["authentication", "text", _] => {
            group.authentication = line.value(of_type("0", line.raw(first + 2).unwrap_or("")));
        }
        ["authentication", _] => {
            group.authentication = line.value(of_type("0", line.raw(first + 1).unwrap_or("")));
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// A virtual address.
fn lower_address(
    group: &mut FirstHopGroup,
    line: &Line<'_, '_>,
    word: &str,
    secondary: bool,
) -> Lowered {
    let virtual_address = some(address(word))?;
    let before = group.addresses.len();
    group
        .addresses
        .retain(|known| known.value != virtual_address);
    if line.negated {
        return Ok(());
    }
    let value = At::new(virtual_address, line.at);
    if secondary {
        group.addresses.push(value);
    } else {
        // A primary address replaces the one before it; secondary ones are said to be secondary.
        if before > 0 && !group.addresses.is_empty() {
            group.addresses.remove(0);
        }
        group.addresses.insert(0, value);
    }
    Ok(())
}

/// `[msec] N` in milliseconds, and the words after it.
fn interval<'w, 'a>(words: &'w [&'a str]) -> Result<(u32, &'w [&'a str]), Gap> {
    match words {
        ["msec", value, rest @ ..] => Ok((number(value)?, rest)),
        [value, rest @ ..] => Ok((number::<u32>(value)?.saturating_mul(1000), rest)),
        [] => Err(Gap::Odd),
    }
}

/// `track …`, its words begin at word `first` of the line.
fn lower_track(
    group: &mut FirstHopGroup,
    line: &Line<'_, '_>,
    first: usize,
    words: &[&str],
) -> Lowered {
    let raw = line.raw.get(first..).unwrap_or(&[]);
    let (object, rest) = match words {
        [object, rest @ ..] if object.bytes().all(|byte| byte.is_ascii_digit()) => {
            ((*object).to_owned(), rest)
        }
        [name, rest @ ..] if line.names.is_interface(name) => {
            (some(line.names.join(raw.get(..1).unwrap_or(&[])))?, rest)
        }
        [_, _, rest @ ..] => (some(line.names.join(raw.get(..2).unwrap_or(&[])))?, rest),
        _ => return Err(Gap::Odd),
    };
    let decrement = match rest {
        [] => Some(DEFAULT_DECREMENT),
        ["shutdown"] => None,
        ["decrement", value] | [value] => Some(number(value)?),
        _ => return unmodeled(Effect::Interface),
    };
    group.tracks.retain(|track| track.value.0 != object);
    group.tracks.extend(line.value((object, decrement)));
    Ok(())
}
