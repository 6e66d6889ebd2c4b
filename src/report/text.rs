//! The report for the engineer at a terminal; its last lines are the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::answer::{Answer, Row, counted, deciding, newest, span, state, word};
use super::last_lines::last_lines;
use super::layout::{Page, Tone};
use super::stress::stress;
use super::today::state_word;
use super::words::{onset, phase, proof, severity};
use super::{Report, Style};
use crate::wire::assessment::{
    Assessment, Bearing, Change, Confidence, Effect, FileCoverage, Finding, Proof, Share,
};

/// Rows of one table or list; more are counted.
const MOST_LISTED: usize = 40;
/// Reasons of inert changes that are listed; more are counted.
const MOST_REASONS: usize = 8;

/// Text for a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl Report for Text {
    fn id(&self) -> &'static str {
        "text"
    }

    fn render(
        &self,
        assessment: &Assessment,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let mut page = Page::new(style);
        inputs(&mut page, &answer);
        findings(&mut page, &answer);
        if answer.is_one_snapshot() {
            today(&mut page, &answer);
        } else {
            requirements(&mut page, &answer);
            redundancy(&mut page, &answer);
            timeline(&mut page, &answer);
            changes(&mut page, &answer);
        }
        questions(&mut page, &answer);
        conditions(&mut page, &answer);
        rests_on(&mut page, &answer);
        stress(&mut page, &answer);
        measured(&mut page, &answer);
        coverage(&mut page, &answer);
        last_lines(&mut page, &answer);
        out.write_all(page.finish().as_bytes())
    }
}

/// What was compared, by which version.
fn inputs(page: &mut Page, answer: &Answer<'_>) {
    let of = answer.assessment;
    let tool = format!("{} {}", of.tool.name, of.tool.version);
    page.prose_at(0, &format!("{tool}, assessment {}", of.assessment_id));
    for snapshot in &of.snapshots {
        let text = format!(
            "{}: {}, {}, {}",
            snapshot.from,
            counted(snapshot.devices, "device", "devices"),
            counted(snapshot.files, "file", "files"),
            counted(snapshot.statements, "statement", "statements"),
        );
        page.labeled(0, 8, &snapshot.name, Tone::Plain, &text);
    }
}

/// The rules' judgments, the most severe first.
fn findings(page: &mut Page, answer: &Answer<'_>) {
    let findings = answer.findings();
    if findings.is_empty() {
        return;
    }
    page.heading("Findings");
    for (idx, finding) in findings.into_iter().enumerate() {
        if idx > 0 {
            page.blank();
        }
        finding_lines(page, answer, finding);
    }
}

/// One finding: what, where, why, remedy.
fn finding_lines(page: &mut Page, answer: &Answer<'_>, finding: &Finding) {
    let (severity, tone) = severity(finding.severity);
    page.labeled(2, 10, severity, tone, &finding.title);
    for origin in &finding.origins {
        let place = format!("{}:{}", origin.file, origin.line);
        let text = match origin.snapshot.as_str() {
            "after" => format!("{place}  {}", origin.text),
            other => format!("{place} ({other})  {}", origin.text),
        };
        page.labeled(2, 10, "where", Tone::Plain, &text);
    }
    let hurt = answer.requirements(&finding.requirements);
    let mut seen = BTreeSet::new();
    for stage in hurt.iter().flat_map(|requirement| &requirement.stages) {
        if stage.change != Effect::Unchanged && seen.insert((&stage.stage, &stage.why)) {
            let text = format!("{}: {}", stage.stage, stage.why);
            page.labeled(2, 10, "why", Tone::Plain, &text);
        }
    }
    for change in finding.change_ids.iter().filter_map(|id| answer.change(id)) {
        let text = format!("{} on {}: {}", change.id, change.device, change.summary);
        page.labeled(2, 10, "change", Tone::Plain, &text);
    }
    if !finding.requirements.is_empty() {
        page.labeled(2, 10, "concerns", Tone::Plain, &list(&finding.requirements));
    }
    if !finding.remedy.is_empty() {
        page.labeled(2, 10, "remedy", Tone::Strong, &finding.remedy);
    }
    let confidence = match finding.confidence {
        Confidence::Low => "low: rests on assumptions",
        Confidence::Medium => "medium: rests on published facts",
        Confidence::High => "high: proven from the text",
    };
    let text = format!("{} {}, confidence {confidence}", finding.id, finding.rule);
    page.labeled(2, 10, "rule", Tone::Plain, &text);
    for reference in &finding.references {
        page.labeled(2, 10, "see", Tone::Plain, reference);
    }
}

/// What does not work in one snapshot, or may not.
fn today(page: &mut Page, answer: &Answer<'_>) {
    page.heading("Requirements");
    page.prose_at(2, &format!("{}.", answer.counts()));
    let rows = answer.not_working();
    if rows.is_empty() {
        return;
    }
    let cells = rows.iter().map(|(of, row)| {
        let stage = deciding(row.first);
        vec![
            state_word(*of).to_owned(),
            format!(
                "{}, {} ({})",
                row.first.group, row.first.area, row.first.reaction
            ),
            format!("{} on {}", row.first.service, row.first.network),
            row.firmware(),
            row.pumps().to_string(),
            stage.map_or(String::new(), |stage| {
                format!("{}: {}", stage.stage, stage.why)
            }),
            row.place.clone(),
        ]
    });
    let cells = cells.collect();
    let header = [
        "today", "group", "needs", "firmware", "pumps", "why", "where",
    ];
    table(page, &header, cells);
}

/// Everything that is not as before.
fn requirements(page: &mut Page, answer: &Answer<'_>) {
    let rows = answer.rows(true, |effect| effect != Effect::Unchanged);
    if !rows.is_empty() {
        page.heading("Requirements");
        let cells: Vec<Vec<String>> = rows.iter().map(requirement_cells).collect();
        let header = [
            "change",
            "group",
            "needs",
            "firmware",
            "pumps",
            "what happens",
            "where",
        ];
        table(page, &header, cells);
    }
    let same = |proof| {
        let all = answer.assessment.requirements.iter();
        all.filter(|one| one.change == Effect::Unchanged && one.proof == proof)
            .count()
    };
    let Share { understood, all } = answer.assessment.coverage.on_path;
    let differential = same(Proof::Differential);
    if differential > 0 {
        page.blank();
        let text = format!(
            "{} unchanged, though {} on their paths, the same before and after.",
            counted(differential, "requirement is", "requirements are"),
            counted(
                all.saturating_sub(understood),
                "unread statement lies",
                "unread statements lie"
            ),
        );
        page.prose_at(0, &text);
    }
    for (proof, words) in [
        (Proof::Assumed, "by a named assumption"),
        (Proof::Observed, "as both snapshots and a measurement say"),
    ] {
        let count = same(proof);
        if count > 0 {
            let count = counted(count, "requirement is", "requirements are");
            page.prose_at(0, &format!("{count} unchanged {words}."));
        }
    }
}

/// One row of the table of requirements.
fn requirement_cells(row: &Row<'_>) -> Vec<String> {
    let of = row.first;
    let stages = of
        .stages
        .iter()
        .filter(|stage| stage.change != Effect::Unchanged);
    let mut what: Vec<String> = stages
        .map(|stage| {
            format!(
                "{} {} -> {}",
                stage.stage,
                state(stage.before),
                state(stage.after)
            )
        })
        .collect();
    if let Some(effect) = &of.effect {
        what.extend([
            effect.shape.clone(),
            effect.onset.clone(),
            effect.duration.clone(),
        ]);
    }
    what.retain(|part| !part.is_empty());
    what.push(proof(of.proof).to_owned());
    vec![
        word(of.change).to_owned(),
        format!("{}, {} ({})", of.group, of.area, of.reaction),
        format!("{} on {}", of.service, of.network),
        row.firmware(),
        row.pumps().to_string(),
        what.join("; "),
        row.place.clone(),
    ]
}

/// Services whose set of working servers differs.
fn redundancy(page: &mut Page, answer: &Answer<'_>) {
    let mut merged: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for requirement in &answer.assessment.requirements {
        let servers = requirement.redundancy.as_ref();
        if let Some(of) = servers.filter(|of| of.before != of.after) {
            let key = (
                &requirement.service,
                of.need,
                of.want,
                &of.before,
                &of.after,
            );
            merged
                .entry(key)
                .or_default()
                .insert(requirement.group.as_str());
        }
    }
    if merged.is_empty() {
        return;
    }
    page.heading("Redundancy");
    let header = ["service", "groups", "need/want", "before", "after"];
    let rows = merged
        .into_iter()
        .map(|((service, need, want, before, after), groups)| {
            vec![
                service.clone(),
                groups.into_iter().collect::<Vec<_>>().join(", "),
                format!("{need}/{want}"),
                servers(before),
                servers(after),
            ]
        });
    let rows = rows.collect();
    table(page, &header, rows);
}

/// Addresses with their number.
fn servers(addresses: &[String]) -> String {
    match addresses {
        [] => "0".to_owned(),
        some => format!("{}: {}", some.len(), some.join(", ")),
    }
}

/// When pumps begin to notice, and for how long.
fn timeline(page: &mut Page, answer: &Answer<'_>) {
    let rows = answer.timeline();
    if rows.is_empty() {
        return;
    }
    page.heading("Timeline after the change");
    let header = ["begins", "lasts", "change", "who", "what pumps notice"];
    let rows = rows.iter().map(|(effect, row)| {
        vec![
            onset(effect.onset_s),
            effect
                .duration_s
                .map_or("until undone".to_owned(), |seconds| {
                    format!("up to {}", span(seconds))
                }),
            word(row.first.change).to_owned(),
            format!("{} -> {}{}", row.first.group, row.first.service, row.only),
            format!("{}: {}, {}", effect.shape, effect.onset, effect.duration),
        ]
    });
    let rows = rows.collect();
    table(page, &header, rows);
}

/// Every changed statement, one by one where it matters, counted where it does not.
fn changes(page: &mut Page, answer: &Answer<'_>) {
    let all = &answer.assessment.changes;
    page.heading("Changes");
    let by = |bearing| answer.changes(bearing);
    let (inert, elsewhere) = (by(Bearing::Inert), by(Bearing::Elsewhere));
    let (bears, blocks) = (by(Bearing::Bears), by(Bearing::Blocks));
    let text = format!(
        "{}: {} bear on requirements, {} block (not understood), {} elsewhere, {} inert",
        counted(all.len(), "changed statement", "changed statements"),
        bears.len(),
        blocks.len(),
        elsewhere.len(),
        inert.len(),
    );
    page.prose_at(2, &text);
    for (label, tone, changes) in [("blocks", Tone::Doubt, blocks), ("bears", Tone::Bad, bears)] {
        for change in &changes {
            change_lines(page, answer, label, tone, change);
        }
    }
    for (label, changes) in [("elsewhere", elsewhere), ("inert", inert)] {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for change in &changes {
            *reasons.entry(&change.why).or_default() += 1;
        }
        let rest = reasons.len().saturating_sub(MOST_REASONS);
        for (why, count) in reasons.into_iter().take(MOST_REASONS) {
            page.labeled(2, 10, label, Tone::Plain, &format!("{count} x {why}"));
        }
        if rest > 0 {
            let text = format!("and {}", counted(rest, "more reason", "more reasons"));
            page.labeled(2, 10, label, Tone::Plain, &text);
        }
    }
}

/// One change that bears or blocks.
fn change_lines(page: &mut Page, answer: &Answer<'_>, label: &str, tone: Tone, change: &Change) {
    let place = newest(change).map_or(String::new(), |origin| format!(" {}", answer.place(origin)));
    let text = format!("{} {}{place}: {}", change.id, change.device, change.summary);
    page.labeled(2, 10, label, tone, &text);
    let on = match change.requirements.as_slice() {
        [] => String::new(),
        some => format!(" [{}]", list(some)),
    };
    page.prose_at(12, &format!("{}{on}", change.why));
}

/// The first few of some names.
fn list(names: &[String]) -> String {
    let rest = names.len().saturating_sub(4);
    let first: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    match rest {
        0 => first.join(", "),
        rest => format!("{} and {rest} more", first.join(", ")),
    }
}

/// Questions, whom to ask, and the line to paste.
fn questions(page: &mut Page, answer: &Answer<'_>) {
    let unknowns = &answer.assessment.unknowns;
    if unknowns.is_empty() {
        return;
    }
    page.heading("Questions to ask");
    for unknown in unknowns {
        page.labeled(
            2,
            10,
            "ask",
            Tone::Doubt,
            &format!("{}: {}", unknown.ask, unknown.question),
        );
        if !unknown.blocks.is_empty() {
            page.labeled(2, 10, "settles", Tone::Plain, &list(&unknown.blocks));
        }
        if !unknown.paste.is_empty() {
            page.labeled(2, 10, "paste", Tone::Plain, "");
            page.verbatim(12, &unknown.paste);
        }
    }
}

/// What must be so.
fn conditions(page: &mut Page, answer: &Answer<'_>) {
    let conditions = &answer.assessment.conditions;
    if conditions.is_empty() {
        return;
    }
    page.heading("Conditions");
    for condition in conditions {
        let (label, tone) = if condition.met {
            ("met", Tone::Good)
        } else {
            ("open", Tone::Doubt)
        };
        let phase = phase(condition.phase);
        let mut text = format!("{} {phase}: {}", condition.id, condition.text);
        if let Some(owner) = &condition.owner {
            text = format!("{text} (owner {owner})");
        }
        if let Some(evidence) = &condition.evidence {
            text = format!("{text} (evidence: {evidence})");
        }
        page.labeled(2, 10, label, tone, &text);
    }
}

/// Assumptions and boundaries that are crossed.
fn rests_on(page: &mut Page, answer: &Answer<'_>) {
    let assumptions = &answer.assessment.assumptions;
    if !assumptions.is_empty() {
        page.heading("Assumptions");
        for assumption in assumptions {
            page.labeled(2, 2, "-", Tone::Plain, assumption);
        }
    }
    let boundaries = &answer.assessment.boundaries;
    let crossed = boundaries
        .iter()
        .filter(|boundary| !boundary.requirements.is_empty());
    let rows: Vec<Vec<String>> = crossed
        .map(|boundary| {
            vec![
                format!("{} {}", boundary.device, boundary.interface),
                if boundary.beyond.is_empty() {
                    "not declared".to_owned()
                } else {
                    boundary.beyond.clone()
                },
                boundary.assume.clone(),
                boundary
                    .evidence
                    .clone()
                    .unwrap_or_else(|| "none".to_owned()),
                boundary.requirements.len().to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        page.heading("Boundaries crossed");
        table(
            page,
            &["where", "beyond", "assumed", "evidence", "requirements"],
            rows,
        );
    }
}

/// What was measured before the change, and how it stands to the configuration.
fn measured(page: &mut Page, answer: &Answer<'_>) {
    let lines = answer.measured();
    if lines.is_empty() {
        return;
    }
    page.heading("Measured before the change");
    for text in lines.iter().take(MOST_LISTED) {
        page.labeled(2, 2, "-", Tone::Plain, text);
    }
    more(page, lines.len());
}

/// How much was read and understood.
fn coverage(page: &mut Page, answer: &Answer<'_>) {
    let coverage = &answer.assessment.coverage;
    page.heading("Understood");
    let share = |Share { understood, all }: Share| format!("{understood} of {all}");
    let changed = if answer.is_one_snapshot() {
        String::new()
    } else {
        format!("{} changed statements, ", share(coverage.changed))
    };
    let text = format!(
        "{changed}{} statements on the paths of requirements, {} in all",
        share(coverage.on_path),
        share(coverage.whole),
    );
    page.prose_at(2, &text);
    let files = coverage
        .files
        .iter()
        .filter(|file| !answer.is_one_snapshot() || file.snapshot == "before");
    let rows: Vec<Vec<String>> = files.filter_map(file_cells).collect();
    if !rows.is_empty() {
        page.heading("Files not fully understood");
        table(
            page,
            &[
                "snapshot",
                "file",
                "dialect",
                "not modeled",
                "not recognized",
                "notes",
            ],
            rows,
        );
    }
}

/// One row of the table of files, for files that were not fully understood.
fn file_cells(file: &FileCoverage) -> Option<Vec<String>> {
    let [_, _, unmodeled, unrecognized] = file.statements;
    let whole = unmodeled + unrecognized == 0 && file.notes.is_empty() && file.dialect.is_some();
    (!whole).then(|| {
        vec![
            file.snapshot.clone(),
            file.file.clone(),
            file.dialect
                .clone()
                .unwrap_or_else(|| format!("none: {}", file.because)),
            unmodeled.to_string(),
            unrecognized.to_string(),
            file.notes.join("; "),
        ]
    })
}

/// A table of at most [`MOST_LISTED`] rows; says how many more there are.
fn table(page: &mut Page, header: &[&str], mut rows: Vec<Vec<String>>) {
    let all = rows.len();
    rows.truncate(MOST_LISTED);
    page.table(header, &rows);
    more(page, all);
}

/// Says how many entries are not listed.
fn more(page: &mut Page, all: usize) {
    let rest = all.saturating_sub(MOST_LISTED);
    if rest > 0 {
        page.prose_at(2, &format!("and {rest} more; `--format json` has them all"));
    }
}
