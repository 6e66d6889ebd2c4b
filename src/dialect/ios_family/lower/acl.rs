//! ACLs: numbered lines, named blocks.

use std::collections::BTreeMap;

use super::{Block, Gap, Line, Lowered, Lowering, number, packet, some, unmodeled};
use crate::model::filter::{Acl, AclLine, Action, PacketMatch, Reflection};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Distance between sequence numbers that the device gives itself (Cisco IOS Security Command
/// Reference, "ip access-list resequence").
const STEP: u32 = 10;

/// `access-list N …`, `ip access-list KIND NAME`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let (name, standard, from) = match line.low {
        ["ip", "access-list", kind, _] => {
            define(lowering, line, some(line.raw(3))?, *kind == "standard");
            return Ok(());
        }
        ["access-list", name, ..] => {
            let Some(standard) = is_standard(number(name)?) else {
                return unmodeled(Effect::InterfaceFilter);
            };
            (some(line.raw(1))?, standard, 2)
        }
        _ => return Err(Gap::Odd),
    };
    let Some((index, key)) = define_facet(lowering, line, name) else {
        return Ok(());
    };
    // A hole of this line is about this ACL.
    lowering.builder.open_block(line.at, &key);
    let part = Line {
        low: line.low.get(from..).unwrap_or(&[]),
        raw: line.raw.get(from..).unwrap_or(&[]),
        ..*line
    };
    lower_line(lowering, index, standard, &part).map_err(|gap| match gap {
        Gap::Odd => Gap::Support(crate::syntax::Support::Unrecognized(Effect::Filter)),
        Gap::Support(_) => gap,
    })
}

/// The facet of an ACL, made where missing; `None` where the statement removes it.
fn define_facet(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    name: &str,
) -> Option<(u32, FacetKey)> {
    let key = FacetKey::new(FacetKind::Acl, name);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        // IOS removes the whole ACL, also where the line of a numbered one follows.
        lowering.builder.remove(&key);
        lowering.sequences.remove(&index);
        lowering.acl_lines.remove(&index);
        return None;
    }
    let at = line.at;
    lowering.builder.facet(&key, || {
        Facet::Acl(Acl {
            name: name.to_owned(),
            defined_at: Some(At::new((), at)),
            lines: Vec::new(),
        })
    });
    Some((index, key))
}

/// Opens the block of a named ACL.
pub(in crate::dialect) fn define(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    name: &str,
    standard: bool,
) {
    if let Some((index, key)) = define_facet(lowering, line, name) {
        lowering.open(line.at, &key, Block::Acl(index, standard));
    }
}

/// Whether a numbered ACL is a standard one; `None` where it is none for IPv4 (Cisco IOS Security
/// Command Reference, "access-list").
fn is_standard(number: u32) -> Option<bool> {
    match number {
        1..=99 | 1300..=1999 => Some(true),
        100..=199 | 2000..=2699 => Some(false),
        _ => None,
    }
}

/// A line of an ACL.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    standard: bool,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let (given, first) = match line.low.first().map(|word| word.parse::<u32>()) {
        Some(Ok(sequence)) => (Some(sequence), 1),
        _ => (None, 0),
    };
    let words = line.low.get(first..).unwrap_or(&[]);
    if line.negated {
        return remove(lowering, index, standard, line, given, words);
    }
    let sequence = given.unwrap_or_else(|| next(lowering, index));
    let last = lowering.sequences.entry(index).or_insert(0);
    *last = sequence.max(*last);
    // Should the line turn out a hole, it stands here.
    lowering.builder.set_position(line.at, sequence);
    let raw = line.raw.get(first + 1..).unwrap_or(&[]);
    let (action, matches) = if let ["evaluate", _] = words {
        let name = some(raw.first().copied())?.to_owned();
        let matches = PacketMatch {
            reflection: Some(Reflection::Of(name)),
            ..PacketMatch::default()
        };
        (Action::Permit, matches)
    } else {
        let form = lowering.form(standard);
        let matches = packet::parse(form, words.get(1..).unwrap_or(&[]), raw)?;
        (action(words)?, matches)
    };
    let lines = lowering.acl_lines.entry(index).or_default();
    // The device refuses a second line of one number.
    if lines.contains_key(&sequence) {
        return Err(Gap::Odd);
    }
    let at = line.at;
    let new = AclLine {
        at,
        sequence,
        action,
        matches,
    };
    lines.insert(sequence, new);
    Ok(())
}

/// `no N`, `no permit …`.
fn remove(
    lowering: &mut Lowering,
    index: u32,
    standard: bool,
    line: &Line<'_, '_>,
    given: Option<u32>,
    words: &[&str],
) -> Lowered {
    let target = if given.is_some() {
        None
    } else {
        let raw = line.raw.get(1..).unwrap_or(&[]);
        let matches = packet::parse(lowering.form(standard), words.get(1..).unwrap_or(&[]), raw)?;
        Some((action(words)?, matches))
    };
    let count = lowering.acl_lines.get(&index).map_or(0, BTreeMap::len);
    if let Some((action, matches)) = target {
        lowering.spend(count)?;
        let lines = lowering.acl_lines.entry(index).or_default();
        lines.retain(|_, known| known.action != action || known.matches != matches);
    } else if let Some(sequence) = given {
        let lines = lowering.acl_lines.entry(index).or_default();
        lines.remove(&sequence);
    }
    Ok(())
}

/// The sequence number of a line that gives none.
fn next(lowering: &Lowering, index: u32) -> u32 {
    let last = lowering.sequences.get(&index).copied().unwrap_or(0);
    last.saturating_add(STEP)
}

/// What a line does.
fn action(words: &[&str]) -> Result<Action, Gap> {
    match words.first() {
        Some(&"permit") => Ok(Action::Permit),
        Some(&"deny") => Ok(Action::Deny),
        _ => Err(Gap::Odd),
    }
}

/// Gives a line that is not understood its place in the ACL.
pub(super) fn place_hole(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    let given = line.low.first().and_then(|word| word.parse().ok());
    let sequence = given.unwrap_or_else(|| next(lowering, index));
    let last = lowering.sequences.entry(index).or_insert(0);
    *last = sequence.max(*last);
    lowering.builder.set_position(line.at, sequence);
}
