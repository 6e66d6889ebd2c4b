//! What was read of each file, in words.

use crate::input::snapshot::{FileReport, FileRole};
use crate::model::Network;
use crate::source::{Encoding, FileNote};
use crate::syntax::Support;
use crate::wire::assessment::FileCoverage;

/// One row for every file of a snapshot, in order of path.
pub fn file_coverage(snapshot: &str, files: &[FileReport], network: &Network) -> Vec<FileCoverage> {
    files
        .iter()
        .map(|report| {
            let mut row = FileCoverage {
                snapshot: snapshot.to_owned(),
                file: report.path.clone(),
                dialect: None,
                because: report.because.clone(),
                device: report.device.clone().unwrap_or_default(),
                statements: [0; 4],
                notes: Vec::new(),
            };
            match &report.role {
                FileRole::Read(dialect) => row.dialect = Some((*dialect).to_owned()),
                FileRole::Topology => {
                    row.dialect = Some("layer1-topology".to_owned());
                    "links between devices".clone_into(&mut row.because);
                }
                FileRole::Inert(why) => row.because = format!("set aside: {why}"),
                FileRole::Unread(why) => row.because = format!("not read: {why}"),
            }
            // A file that lines were pasted into has another id under the same path.
            let by_path = || {
                network
                    .files
                    .values()
                    .find(|file| file.file.path == report.path)
            };
            let source = report
                .id
                .and_then(|id| network.files.get(&id))
                .or_else(by_path);
            let Some(source) = source else { return row };
            let [modeled, irrelevant, unmodeled, unrecognized] = &mut row.statements;
            for statement in &source.reading.statements {
                *match statement.support {
                    Support::Modeled => &mut *modeled,
                    Support::Irrelevant(_) => &mut *irrelevant,
                    Support::Unmodeled(_) => &mut *unmodeled,
                    Support::Unrecognized(_) => &mut *unrecognized,
                } += 1;
            }
            let said_truncated = source.file.notes.contains(&FileNote::Truncated);
            row.notes = source.file.notes.iter().map(note).collect();
            if source.reading.truncated && !said_truncated {
                row.notes.push(note(&FileNote::Truncated));
            }
            row
        })
        .collect()
}

/// What was odd about a file, in words.
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
        FileNote::Binary(offset) => format!("byte {offset} is no text"),
        FileNote::PagerMarks(count) => format!("{count} pager marks removed"),
        FileNote::Noise(lines) => format!("{lines} lines of an export tool left unread"),
        FileNote::Truncated => "ends before its closing statement: truncated".to_owned(),
        FileNote::LongLine(line, bytes) => format!("line {line} of {bytes} bytes left unread"),
    }
}
