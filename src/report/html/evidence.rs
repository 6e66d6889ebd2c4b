//! What was read, measured and compared.

use super::super::answer::{Answer, counted, newest};
use super::super::board::BEARINGS;
use super::page::{Cell, Page, cell, code, markup, number, prose};
use crate::wire::assessment::Share;

/// What was measured before the change.
pub(super) fn measured(page: &mut Page, answer: &Answer<'_>) {
    page.section("measured", "Measured before the change");
    let lines: Vec<String> = answer.measured().iter().map(|text| prose(text)).collect();
    if lines.is_empty() {
        page.paragraph("Nothing was measured.");
    }
    page.list(&lines);
    page.end();
}

/// Every changed statement.
pub(super) fn changes(page: &mut Page, answer: &Answer<'_>) {
    if answer.is_one_snapshot() {
        return;
    }
    page.section("changes", "Changed statements");
    for (title, bearing) in BEARINGS {
        let changes = answer.changes(bearing);
        page.heading(&format!("{title}: {}", changes.len()));
        let items: Vec<String> = (changes.iter())
            .map(|change| {
                let place = newest(change).map_or(String::new(), |at| {
                    let text = if at.text.is_empty() {
                        String::new()
                    } else {
                        format!(" {}", code(&at.text))
                    };
                    format!(" {}{text}", prose(&answer.place(at)))
                });
                let on = match change.requirements.len() {
                    0 => String::new(),
                    count => format!(" ({})", counted(count, "requirement", "requirements")),
                };
                let text = format!("{}: {}", change.summary, change.why);
                format!(
                    "{} {}{place}: {}{on}",
                    code(&change.id),
                    prose(&change.device),
                    prose(&text)
                )
            })
            .collect();
        page.list(&items);
    }
    page.end();
}

/// How much was understood.
pub(super) fn coverage(page: &mut Page, answer: &Answer<'_>) {
    let coverage = &answer.assessment.coverage;
    page.section("coverage", "Coverage");
    let shares = [
        ("changed statements", coverage.changed),
        ("statements on the paths of requirements", coverage.on_path),
        ("statements in all", coverage.whole),
    ];
    let items: Vec<String> = shares
        .iter()
        .map(|(what, Share { understood, all })| {
            format!("{understood} of {all} {what} are understood")
        })
        .collect();
    page.list(&items);
    let rows: Vec<Vec<Cell>> = (coverage.files.iter())
        .map(|file| {
            let [modeled, irrelevant, unmodeled, unrecognized] = file.statements;
            vec![
                markup(code(&file.file)),
                cell(&file.snapshot),
                cell(file.dialect.as_deref().unwrap_or("not read")),
                cell(&file.device),
                number(&modeled.to_string()),
                number(&irrelevant.to_string()),
                number(&unmodeled.to_string()),
                number(&unrecognized.to_string()),
                cell(&file.notes.join("; ")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = [
            "File",
            "Snapshot",
            "Language",
            "Device",
            "Modeled",
            "Irrelevant",
            "Not modeled",
            "Not recognized",
            "Notes",
        ];
        page.table("Statements of each file", &header, &rows);
    }
    page.end();
}

/// What was compared, with which version.
pub(super) fn versions(page: &mut Page, answer: &Answer<'_>) {
    let of = answer.assessment;
    page.section("versions", "Versions and inputs");
    let mut items = vec![
        format!(
            "tool {}",
            code(&format!("{} {}", of.tool.name, of.tool.version))
        ),
        format!(
            "assessment {}, schema {}",
            code(&of.assessment_id),
            code(&of.schema)
        ),
    ];
    items.extend(of.snapshots.iter().map(|snapshot| {
        let text = format!(
            "snapshot {} from {}: {} devices, {} files, {} statements, digest",
            snapshot.name, snapshot.from, snapshot.devices, snapshot.files, snapshot.statements,
        );
        format!("{} {}", prose(&text), code(&snapshot.digest))
    }));
    page.list(&items);
    let rows: Vec<Vec<Cell>> = (of.inputs.iter())
        .map(|input| {
            let digest = format!("<code class=\"digest\">{}</code>", prose(&input.sha256));
            vec![markup(code(&input.path)), cell(&input.kind), markup(digest)]
        })
        .collect();
    if !rows.is_empty() {
        page.table("Inputs", &["Path", "Input", "SHA-256"], &rows);
    }
    page.end();
}
