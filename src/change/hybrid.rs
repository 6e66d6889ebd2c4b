//! The network with only some of the changes applied.
//!
//! A counterfactual is text: the file before with a subset of the edits, read again by its dialect.
//! So one mechanism serves every dialect, and what is judged is what a device would hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Network;
use crate::source::FileId;

use super::diff::FileDiff;
use super::{Change, ChangeIndex, ChangeKind};

/// Gives the network in which a file has another text.
pub type Rebuild<'a> = &'a (dyn Fn(&Network, FileId, &str) -> Network + Sync);

/// The before network with the changes of `subset` applied; `None` where a whole file comes or
/// goes, which is not a matter of statements.
pub(super) fn apply(
    before: &Network,
    after: &Network,
    diffs: &[FileDiff],
    changes: &[Change],
    subset: &BTreeSet<ChangeIndex>,
    rebuild: Rebuild<'_>,
) -> Option<Network> {
    let mut network = before.clone();
    for diff in diffs {
        let chosen: BTreeSet<ChangeIndex> = subset
            .iter()
            .copied()
            .filter(|index| {
                changes
                    .get(*index)
                    .is_some_and(|change| is_of(change, diff))
            })
            .collect();
        if chosen.is_empty() {
            continue;
        }
        let text = hybrid_text(before, after, diff, changes, &chosen)?;
        network = rebuild(&network, diff.before?, &text);
    }
    Some(network)
}

/// Whether a change belongs to a file's differences.
fn is_of(change: &Change, diff: &FileDiff) -> bool {
    match (change.before, change.after) {
        (Some(at), _) => Some(at.file) == diff.before,
        (None, Some(at)) => Some(at.file) == diff.after,
        (None, None) => false,
    }
}

/// The text of a file before with the chosen changes applied.
fn hybrid_text(
    before: &Network,
    after: &Network,
    diff: &FileDiff,
    changes: &[Change],
    chosen: &BTreeSet<ChangeIndex>,
) -> Option<String> {
    let old = before.files.get(&diff.before?)?;
    let new = after.files.get(&diff.after?)?;
    let mut gone: BTreeSet<u32> = BTreeSet::new();
    let mut come: BTreeSet<u32> = BTreeSet::new();
    for change in chosen.iter().filter_map(|index| changes.get(*index)) {
        if change.kind != ChangeKind::Added {
            gone.extend(change.before.map(|at| at.statement));
        }
        if change.kind != ChangeKind::Removed {
            come.extend(change.after.map(|at| at.statement));
        }
    }
    close_over_parents(&mut gone, &mut come, old, new, diff);
    // Each statement that comes follows the nearest earlier statement after that was there before.
    let mut following: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
    let mut anchor = None;
    for index in 0..u32::try_from(new.reading.statements.len()).ok()? {
        match diff.partners.get(index as usize).copied().flatten() {
            Some(partner) if !come.contains(&index) => anchor = Some(partner),
            _ if come.contains(&index) => following.entry(anchor).or_default().push(index),
            _ => {}
        }
    }
    let mut text = String::with_capacity(old.file.text.len());
    let emit = |text: &mut String, anchor: Option<u32>| {
        for index in following.get(&anchor).into_iter().flatten() {
            if let Some(statement) = new.reading.statements.get(*index as usize) {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(new.file.slice(statement.span));
            }
        }
    };
    emit(&mut text, None);
    for (index, statement) in old.reading.statements.iter().enumerate() {
        let index = u32::try_from(index).ok()?;
        if !gone.contains(&index) {
            text.push_str(old.file.slice(statement.span));
        }
        emit(&mut text, Some(index));
    }
    Some(text)
}

/// A statement comes with the block it stands in, a block goes with what stands in it.
fn close_over_parents(
    gone: &mut BTreeSet<u32>,
    come: &mut BTreeSet<u32>,
    old: &crate::model::SourceFile,
    new: &crate::model::SourceFile,
    diff: &FileDiff,
) {
    for index in come.clone() {
        let mut at = Some(index);
        while let Some(child) = at {
            at = new
                .reading
                .statements
                .get(child as usize)
                .and_then(|statement| statement.parent);
            if let Some(parent) = at
                && diff
                    .partners
                    .get(parent as usize)
                    .copied()
                    .flatten()
                    .is_none()
            {
                come.insert(parent);
            }
        }
    }
    // Parents stand before their children, so one pass suffices.
    for (index, statement) in old.reading.statements.iter().enumerate() {
        if let (Some(parent), Ok(index)) = (statement.parent, u32::try_from(index))
            && gone.contains(&parent)
        {
            gone.insert(index);
        }
    }
}
