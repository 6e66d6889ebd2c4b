//! How much was read and understood: of what changed, of what requirements read, of all.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::analysis;
use crate::change::Comparison;
use crate::input::{Case, file_coverage};
use crate::model::{FacetKey, Network, SourceFile};
use crate::wire::assessment::{Coverage, Replayed, Share};

/// The coverage of a case.
pub(super) fn coverage(case: &Case, comparison: &Comparison) -> Coverage {
    let understood = comparison
        .changes
        .iter()
        .filter(|change| !change.support.is_hole())
        .count();
    let mut read: BTreeSet<(Arc<str>, FacetKey)> = BTreeSet::new();
    for row in &comparison.requirements {
        read.extend(row.before.reads.facets.iter().cloned());
        read.extend(row.after.reads.facets.iter().cloned());
    }
    let mut coverage = Coverage {
        changed: Share {
            understood,
            all: comparison.changes.len() + case.unread_changes.len(),
        },
        replayed: replayed(&comparison.replayed),
        ..Coverage::default()
    };
    coverage.files = file_coverage("before", &case.files_before, &case.before);
    if !case.today {
        coverage
            .files
            .extend(file_coverage("after", &case.files_after, &case.after));
    }
    for file in case.after.files.values() {
        on_path(&mut coverage.on_path, &case.after, file, &read);
        let statements = &file.reading.statements;
        coverage.whole.all += statements.len();
        coverage.whole.understood += statements
            .iter()
            .filter(|statement| !statement.support.is_hole())
            .count();
    }
    coverage
}

/// Packets that were followed once more, as reports have them.
fn replayed(found: &analysis::Replayed) -> Replayed {
    let declined = found.declined.iter();
    Replayed {
        agreed: found.agreed,
        differing: found.differing,
        declined: declined
            .map(|(why, packets)| ((*why).to_owned(), *packets))
            .collect(),
    }
}

/// Counts the statements of one file that contribute to what was read, and its holes there.
fn on_path(
    share: &mut Share,
    network: &Network,
    file: &SourceFile,
    read: &BTreeSet<(Arc<str>, FacetKey)>,
) {
    let device: Arc<str> = file.device.as_str().into();
    let keys: Vec<bool> = file
        .reading
        .facet_keys
        .iter()
        .map(|key| read.contains(&(device.clone(), key.clone())))
        .collect();
    let mut counted = BTreeSet::new();
    for (statement, key) in &file.reading.contributions {
        if keys.get(*key as usize).copied().unwrap_or(false) {
            counted.insert(*statement);
        }
    }
    share.understood += counted.len();
    share.all += counted.len();
    let Some(device) = network.devices.get(&file.device) else {
        return;
    };
    share.all += device
        .holes
        .iter()
        .filter(|hole| hole.at.file == file.file.id)
        .filter(|hole| match &hole.facet {
            Some(key) => read.contains(&(file.device.as_str().into(), key.clone())),
            None => read.iter().any(|(on, _)| **on == *file.device),
        })
        .count();
}
