//! Tables for `list`.

use std::io;

use super::Style;
use super::layout::{Page, Tone};
use crate::wire::assessment::FileCoverage;

/// Writes a table of any rows; each row has as many cells as the header.
pub fn render_list(
    header: &[&str],
    rows: &[Vec<String>],
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    page.table(header, rows);
    out.write_all(page.finish().as_bytes())
}

/// Writes which files were read as what, and why (`list files`).
pub fn render_files(
    files: &[FileCoverage],
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    let rows: Vec<Vec<String>> = files.iter().map(cells).collect();
    page.table(
        &["file", "device", "read as", "because", "understood"],
        &rows,
    );
    for file in files {
        for note in &file.notes {
            page.labeled(0, 6, "note", Tone::Doubt, &format!("{}: {note}", file.file));
        }
    }
    out.write_all(page.finish().as_bytes())
}

/// One file's row.
fn cells(file: &FileCoverage) -> Vec<String> {
    let [modeled, irrelevant, unmodeled, unrecognized] = file.statements;
    let understood = modeled + irrelevant;
    vec![
        file.file.clone(),
        file.device.clone(),
        file.dialect.clone().unwrap_or_else(|| "nothing".to_owned()),
        file.because.clone(),
        format!("{understood} of {}", understood + unmodeled + unrecognized),
    ]
}
