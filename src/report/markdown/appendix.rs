//! Evidence, coverage and versions at the end of the page.

use super::prose::{code, prose};
use super::{line, section, table};
use crate::report::answer::{Answer, Row, word};
use crate::report::trace::flow_text;
use crate::report::words::proof;
use crate::wire::assessment::{Effect, Share, Stage};

/// Raw evidence, method, versions.
pub(super) fn appendix(page: &mut String, answer: &Answer<'_>) {
    section(page, "Appendix: evidence and versions");
    for row in answer.rows(false, |effect| effect != Effect::Unchanged) {
        evidence(page, answer, &row);
    }
    coverage(page, answer);
    versions(page, answer);
}

/// What shows the effect on some requirements.
fn evidence(page: &mut String, answer: &Answer<'_>, row: &Row<'_>) {
    let (effect, proof) = (word(row.first.change), proof(row.first.proof));
    line(
        page,
        &format!("- **{effect}** {} (proof: {proof})", prose(&row.who())),
    );
    for requirement in &row.all {
        line(page, &format!("  - requirement {}", code(&requirement.id)));
    }
    for stage in row
        .first
        .stages
        .iter()
        .filter(|stage| stage.change != Effect::Unchanged)
    {
        stage_items(page, answer, stage);
    }
    if let Some(servers) = &row.first.redundancy {
        let text = format!(
            "servers needed {}, wanted {}; before: {}; after: {}",
            servers.need,
            servers.want,
            servers.before.join(" "),
            servers.after.join(" ")
        );
        line(page, &format!("  - {}", prose(&text)));
    }
}

/// One stage: why, witness, paths, statements.
fn stage_items(page: &mut String, answer: &Answer<'_>, stage: &Stage) {
    line(
        page,
        &format!("  - {} {}", code(&stage.stage), prose(&stage.why)),
    );
    if let Some(witness) = &stage.witness {
        line(page, &format!("    - shown by {}", prose(&witness.summary)));
        if let Some(flow) = &witness.flow {
            line(page, &format!("    - packet {}", code(&flow_text(flow))));
        }
        for (when, path) in [
            ("before", &witness.before_path),
            ("after", &witness.after_path),
        ] {
            if !path.is_empty() {
                line(
                    page,
                    &format!("    - path {when} {}", code(&path.join(" > "))),
                );
            }
        }
    }
    for origin in &stage.decided_by {
        let place = code(&answer.place(origin));
        line(
            page,
            &format!("    - decided by {place} {}", code(&origin.text)),
        );
    }
    for (what, ids) in [
        ("caused by", &stage.caused_by),
        ("undone by", &stage.undone_by),
    ] {
        if !ids.is_empty() {
            line(page, &format!("    - {what} {}", code(&ids.join(", "))));
        }
    }
}

/// How much was understood.
fn coverage(page: &mut String, answer: &Answer<'_>) {
    let coverage = &answer.assessment.coverage;
    line(page, "\n**Understood**\n");
    for (what, Share { understood, all }) in [
        ("changed statements", coverage.changed),
        ("statements on the paths of requirements", coverage.on_path),
        ("statements in all", coverage.whole),
    ] {
        line(page, &format!("- {understood} of {all} {what}"));
    }
    for file in &coverage.files {
        let [_, _, unmodeled, unrecognized] = file.statements;
        if unmodeled + unrecognized > 0 || !file.notes.is_empty() || file.dialect.is_none() {
            let text = format!(
                "{unmodeled} statements not modeled, {unrecognized} not recognized {}",
                file.notes.join("; ")
            );
            let place = code(&format!("{} {}", file.snapshot, file.file));
            line(page, &format!("- {place}: {}", prose(&text)));
        }
    }
}

/// What was compared, with which version.
fn versions(page: &mut String, answer: &Answer<'_>) {
    let of = answer.assessment;
    line(page, "\n**Versions and inputs**\n");
    let tool = code(&format!("{} {}", of.tool.name, of.tool.version));
    line(page, &format!("- tool {tool}, schema {}", code(&of.schema)));
    line(page, &format!("- assessment {}", code(&of.assessment_id)));
    for snapshot in &of.snapshots {
        let text = format!(
            "snapshot {} from {}: {} devices, {} files, {} statements, digest {}",
            snapshot.name,
            snapshot.from,
            snapshot.devices,
            snapshot.files,
            snapshot.statements,
            snapshot.digest
        );
        line(page, &format!("- {}", prose(&text)));
    }
    if !of.inputs.is_empty() {
        line(page, "");
        let rows = of
            .inputs
            .iter()
            .map(|input| vec![code(&input.kind), code(&input.path), code(&input.sha256)]);
        let rows: Vec<Vec<String>> = rows.collect();
        table(page, &["Input", "Path", "SHA-256"], &rows);
    }
}
