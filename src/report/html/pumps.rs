//! Who is hurt, and by which lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::answer::{Answer, Row, deciding, state, word};
use super::super::board::{confidence, finding_pumps};
use super::super::today::state_word;
use super::super::words::{effect_tone, proof, severity};
use super::page::{Cell, Page, cell, code, colored, markup, number, prose};
use crate::report::layout::Tone;
use crate::wire::assessment::{Change, Effect, Finding, Origin, StageState};

/// One table for each pump group, with its areas.
pub(super) fn pumps(page: &mut Page, answer: &Answer<'_>) {
    page.section("pumps", "Pumps and areas");
    let mut groups: BTreeMap<&str, Vec<Vec<Cell>>> = BTreeMap::new();
    if answer.is_one_snapshot() {
        for (of, row) in answer.not_working() {
            let tone = match of {
                StageState::Fails => Tone::Bad,
                StageState::Open | StageState::Works => Tone::Doubt,
            };
            let cells = cells(colored(state_word(of), tone), &row);
            groups.entry(&row.first.group).or_default().push(cells);
        }
    } else {
        for row in answer.rows(false, |effect| effect != Effect::Unchanged) {
            let effect = row.first.change;
            let cells = cells(colored(word(effect), effect_tone(effect)), &row);
            groups.entry(&row.first.group).or_default().push(cells);
        }
    }
    if groups.is_empty() {
        page.paragraph("No pump group is concerned.");
    }
    let header = [
        "Service",
        "What",
        "Area",
        "Harm within",
        "Pumps",
        "Where",
        "Stage",
        "What pumps notice",
        "Because of",
    ];
    for (group, rows) in groups {
        page.heading(group);
        page.table(&format!("What becomes of {group}"), &header, &rows);
    }
    let unchanged = answer.assessment.summary.unchanged;
    if unchanged > 0 && !answer.is_one_snapshot() {
        let text = format!("{unchanged} further requirements work as before.");
        page.paragraph(&text);
    }
    page.end();
}

/// A row of requirements as cells.
fn cells(what: String, row: &Row<'_>) -> Vec<Cell> {
    let of = row.first;
    let stage = deciding(of);
    let notices = of.effect.as_ref().map_or(String::new(), |effect| {
        let mut parts = vec![&effect.shape, &effect.onset, &effect.duration];
        parts.retain(|part| !part.is_empty());
        let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
        parts.join(", ")
    });
    let servers = of.redundancy.as_ref().map_or(String::new(), |servers| {
        format!(
            " (servers: {}, then {})",
            servers.before.len(),
            servers.after.len()
        )
    });
    vec![
        cell(&format!("{}{servers}", of.service)),
        markup(what),
        cell(&of.area),
        cell(&of.reaction),
        number(&row.pumps().to_string()),
        cell(row.only.trim()),
        cell(&stage.map_or(String::new(), |stage| {
            let after = state(stage.after);
            format!("{} {after} ({})", stage.stage, proof(of.proof))
        })),
        cell(&notices),
        cell(&row.place),
    ]
}

/// Findings, and requirements that no finding names, each with the lines behind it.
pub(super) fn causes(page: &mut Page, answer: &Answer<'_>) {
    page.section("causes", "Causes and what to do instead");
    let findings = answer.findings();
    for finding in &findings {
        of_finding(page, answer, finding);
    }
    let alone = if answer.is_one_snapshot() {
        answer
            .not_working()
            .into_iter()
            .map(|(_, row)| row)
            .collect()
    } else {
        answer.hurt_alone()
    };
    for row in &alone {
        of_row(page, answer, row);
    }
    if findings.is_empty() && alone.is_empty() {
        page.paragraph("None was found.");
    }
    page.end();
}

/// One finding.
fn of_finding(page: &mut Page, answer: &Answer<'_>, finding: &Finding) {
    let (name, tone) = severity(finding.severity);
    page.raw("<article>");
    let (word, title) = (colored(name, tone), prose(&finding.title));
    page.raw(&format!("<h3>{word} {title}</h3>"));
    let facts = format!(
        "Rule {}, pumps: {}, confidence: {}",
        code(&finding.rule),
        finding_pumps(answer, finding),
        confidence(finding.confidence)
    );
    page.raw(&format!("<p>{facts}</p>"));
    let mut changes: Vec<&Change> = Vec::new();
    for id in &finding.change_ids {
        changes.extend(answer.change(id));
    }
    changed(page, answer, &changes);
    if changes.is_empty() {
        let origins: Vec<&Origin> = finding.origins.iter().collect();
        decided(page, answer, &origins);
    }
    if !finding.remedy.trim().is_empty() {
        let remedy = prose(&finding.remedy);
        page.raw(&format!("<p><strong>Instead:</strong> {remedy}</p>"));
    }
    let references: Vec<String> = finding.references.iter().map(|of| prose(of)).collect();
    page.list(&references);
    page.raw("</article>");
}

/// Requirements that fare alike.
fn of_row(page: &mut Page, answer: &Answer<'_>, row: &Row<'_>) {
    let effect = row.first.change;
    page.raw("<article>");
    let heading = colored(word(effect), effect_tone(effect));
    page.raw(&format!("<h3>{heading} {}</h3>", prose(&row.who())));
    let Some(stage) = deciding(row.first) else {
        page.raw("</article>");
        return;
    };
    let why = format!("{}: {}", stage.stage, stage.why);
    page.raw(&format!("<p>{}</p>", prose(&why)));
    let changes: Vec<&Change> = (stage.caused_by.iter())
        .filter_map(|id| answer.change(id))
        .collect();
    changed(page, answer, &changes);
    if changes.is_empty() {
        decided(page, answer, &answer.origins(row.first));
    }
    if let Some(witness) = &stage.witness {
        let text = format!("Shown by {}", witness.summary);
        page.raw(&format!("<p>{}</p>", prose(&text)));
    }
    if !stage.undone_by.is_empty() {
        let text = format!("leave out {}", stage.undone_by.join(" and "));
        page.raw(&format!(
            "<p><strong>Instead:</strong> {}</p>",
            prose(&text)
        ));
    }
    page.raw("</article>");
}

/// Changed lines: what goes and what comes.
fn changed(page: &mut Page, answer: &Answer<'_>, changes: &[&Change]) {
    if changes.is_empty() {
        return;
    }
    let mut lines = String::new();
    for change in changes {
        let head = format!("{} {}: {}", change.id, change.device, change.summary);
        let _ = write!(lines, "<span class=\"place\">{}</span>", prose(&head));
        for origin in &change.origins {
            lines.push_str(&excerpt(answer, origin, true));
        }
    }
    page.raw(&format!("<pre class=\"changed\">{lines}</pre>"));
}

/// Lines that decide, changed or not.
fn decided(page: &mut Page, answer: &Answer<'_>, origins: &[&Origin]) {
    if origins.is_empty() {
        return;
    }
    let lines: Vec<String> = (origins.iter())
        .map(|origin| excerpt(answer, origin, false))
        .collect();
    page.raw(&format!("<pre class=\"changed\">{}</pre>", lines.concat()));
}

/// One line of a configuration with its place; of a changed one, whether it goes or comes.
fn excerpt(answer: &Answer<'_>, origin: &Origin, changed: bool) -> String {
    let (class, mark) = match (changed, origin.snapshot.as_str()) {
        (true, "before") => ("cut", "- "),
        (true, _) => ("add", "+ "),
        (false, _) => ("line", ""),
    };
    let place = prose(&answer.place(origin));
    let text = super::super::markup::escaped(&origin.text);
    format!("<span class=\"{class}\">{mark}{text} <small>{place}</small></span>")
}
