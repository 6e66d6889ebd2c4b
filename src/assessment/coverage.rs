//! How much was read and understood: of what changed, of what requirements read, of all.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::change::Comparison;
use crate::model::{FacetKey, Network, SourceFile};
use crate::source::{Encoding, FileNote};
use crate::syntax::Support;
use crate::wire::assessment::{Coverage, FileCoverage, Share};

use crate::input::Case;

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
        ..Coverage::default()
    };
    for (name, network) in [("before", &case.before), ("after", &case.after)] {
        for file in network.files.values() {
            let row = file_coverage(name, file);
            if name == "after" {
                on_path(&mut coverage.on_path, network, file, &read);
                let [modeled, irrelevant, unmodeled, unrecognized] = row.statements;
                coverage.whole.understood += modeled + irrelevant;
                coverage.whole.all += modeled + irrelevant + unmodeled + unrecognized;
            }
            coverage.files.push(row);
        }
    }
    coverage
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

/// How much of one file was understood.
fn file_coverage(snapshot: &str, file: &SourceFile) -> FileCoverage {
    let mut statements = [0; 4];
    for statement in &file.reading.statements {
        let index = match statement.support {
            Support::Modeled => 0,
            Support::Irrelevant(_) => 1,
            Support::Unmodeled(_) => 2,
            Support::Unrecognized(_) => 3,
        };
        if let Some(count) = statements.get_mut(index) {
            *count += 1;
        }
    }
    let mut notes: Vec<String> = file.file.notes.iter().map(note).collect();
    notes.extend(
        file.reading
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.clone()),
    );
    FileCoverage {
        snapshot: snapshot.to_owned(),
        file: file.file.path.clone(),
        dialect: Some(file.dialect.to_owned()).filter(|dialect| !dialect.is_empty()),
        because: String::new(),
        device: file.device.clone(),
        statements,
        notes,
    }
}

/// A note about a file's bytes, in words.
fn note(note: &FileNote) -> String {
    match note {
        FileNote::Decoded(encoding) => {
            let name = match encoding {
                Encoding::Utf8Mark => "UTF-8 with a byte-order mark",
                Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
                Encoding::Latin1 => "ISO 8859-1",
            };
            format!("decoded from {name}")
        }
        FileNote::Binary(offset) => {
            format!("holds bytes that are no text, first at offset {offset}")
        }
        FileNote::PagerMarks(count) => format!("{count} pager marks were removed"),
        FileNote::Noise(lines) => format!("{lines} lines of export noise were left unread"),
        FileNote::Truncated => "ends before its closing statement: it is truncated".to_owned(),
        FileNote::LongLine(line, bytes) => {
            format!("line {line} is {bytes} bytes long and was left unread")
        }
    }
}
