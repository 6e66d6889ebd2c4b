//! Statements that take the place of others: one edit of a setting is a line gone and a line come.

use std::collections::BTreeMap;

use super::diff::FileDiff;
use super::{Change, ChangeIndex, ChangeKind, RequirementChange, Sides};
use crate::source::StatementRef;
use crate::syntax::Support;

/// The block that a statement stands in, as a statement of the file before where it was there, and
/// its first word.
type Slot = (usize, Option<Result<u32, u32>>, String);

/// Adds to every cause the change that is the other half of its edit, so that a reader sees what a
/// line became.
pub(super) fn add_halves(
    sides: Sides<'_>,
    diffs: &[FileDiff],
    changes: &[Change],
    requirements: &mut [RequirementChange],
) {
    let halves = halves(sides, diffs, changes);
    for stage in requirements.iter_mut().flat_map(|row| &mut row.stages) {
        let others: Vec<ChangeIndex> = stage
            .caused_by
            .iter()
            .filter_map(|index| halves.get(index).copied())
            .collect();
        stage.caused_by.extend(others);
        stage.caused_by.sort_unstable();
        stage.caused_by.dedup();
    }
}

/// Each half of an edit with the other: the only statement that goes and the only one that comes in
/// a block with this first word.
fn halves(
    sides: Sides<'_>,
    diffs: &[FileDiff],
    changes: &[Change],
) -> BTreeMap<ChangeIndex, ChangeIndex> {
    let mut slots: BTreeMap<Slot, [Vec<ChangeIndex>; 2]> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let side = match change.kind {
            ChangeKind::Removed => 0,
            ChangeKind::Added => 1,
            ChangeKind::Moved | ChangeKind::Reworded => continue,
        };
        let slot = slot(sides, diffs, change);
        if let Some(list) = slot.and_then(|slot| slots.entry(slot).or_default().get_mut(side)) {
            list.push(index);
        }
    }
    let mut halves = BTreeMap::new();
    for [gone, come] in slots.into_values() {
        if let ([gone], [come]) = (gone.as_slice(), come.as_slice()) {
            halves.insert(*gone, *come);
            halves.insert(*come, *gone);
        }
    }
    halves
}

/// Where a changed statement stands.
fn slot(sides: Sides<'_>, diffs: &[FileDiff], change: &Change) -> Option<Slot> {
    if matches!(change.support, Support::Irrelevant(_)) {
        return None;
    }
    let (network, at): (_, StatementRef) = match (change.before, change.after) {
        (Some(at), None) => (sides.before, at),
        (None, Some(at)) => (sides.after, at),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let is_before = change.before.is_some();
    let number = diffs.iter().position(|diff| {
        let file = if is_before { diff.before } else { diff.after };
        file == Some(at.file)
    })?;
    let file = network.files.get(&at.file)?;
    let statement = file.reading.statements.get(at.statement as usize)?;
    let partner = |parent: u32| {
        let partners = &diffs.get(number)?.partners;
        partners.get(parent as usize).copied().flatten()
    };
    let block = statement.parent.map(|parent| {
        if is_before {
            Ok(parent)
        } else {
            partner(parent).ok_or(parent)
        }
    });
    let word = file.file.slice(statement.span).split_whitespace().next()?;
    Some((number, block, word.to_owned()))
}
