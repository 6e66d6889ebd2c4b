//! The page for the change board, as Markdown for a ticket or a comment.
//!
//! Order: verdict, risks, timeline, changes, measurements, what is not known, waivers, checklist,
//! appendix. What only people can say is left blank and marked.

mod appendix;
mod prose;

use std::io;

use self::prose::{code, prose};
use super::answer::{Answer, counted, counted_u64, newest, span, word};
use super::board::{
    BACK_OUT, BEARINGS, SIGNATURES, STEPS, capitalized, confidence, finding_pumps, phase_heading,
    shorten,
};
use super::stress::burden_text;
use super::words::{onset, proof, severity};
use super::{Report, Style};
use crate::wire::assessment::{Assessment, Change, Condition, Finding, Phase};

/// Characters beyond which GitHub refuses the body of an issue, comment or pull request.
const LONGEST: usize = 65_536;
/// Risks on a page that holds only the summary.
const SUMMARY_RISKS: usize = 10;
/// Characters of one text on such a page.
const SUMMARY_TEXT: usize = 200;

/// Markdown.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

impl Report for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let mut page = whole(&answer);
        let length = page.chars().count();
        if length > LONGEST {
            page = summary_only(&answer, length);
        }
        out.write_all(page.as_bytes())
    }
}

/// The whole page.
fn whole(answer: &Answer<'_>) -> String {
    let mut page = String::new();
    verdict(&mut page, answer);
    risks(&mut page, answer);
    timeline(&mut page, answer);
    changes(&mut page, answer);
    measurements(&mut page, answer);
    not_known(&mut page, answer);
    section(&mut page, "Waivers");
    line(&mut page, "The assessment records no waivers.");
    checklist(&mut page, answer);
    appendix::appendix(&mut page, answer);
    page
}

/// The page without its details, because the whole one has `length` characters.
fn summary_only(answer: &Answer<'_>, length: usize) -> String {
    let mut page = String::new();
    verdict(&mut page, answer);
    line(&mut page, "");
    line(
        &mut page,
        &format!(
            "**Only the summary:** the whole page has {length} characters, more than the {LONGEST} \
             that a comment may have. `--format text` and `--format json` have everything."
        ),
    );
    let findings = answer.findings();
    if !findings.is_empty() {
        section(&mut page, "Top risks");
        for finding in findings.iter().take(SUMMARY_RISKS) {
            let (name, _) = severity(finding.severity);
            let title = prose(&shorten(&finding.title, SUMMARY_TEXT));
            line(&mut page, &format!("- **{name}**: {title}"));
        }
        rest(&mut page, findings.len(), SUMMARY_RISKS, "risk");
    }
    let rows = answer.hurt();
    if !rows.is_empty() {
        section(&mut page, "Requirements hurt");
        for row in rows.iter().take(SUMMARY_RISKS) {
            let text = prose(&shorten(
                &format!("{}; {}", row.who(), row.cause()),
                SUMMARY_TEXT,
            ));
            line(
                &mut page,
                &format!("- **{}**: {text}", word(row.first.change)),
            );
        }
        rest(&mut page, rows.len(), SUMMARY_RISKS, "entry");
    }
    signatures(&mut page);
    page
}

/// Says how many entries of a list are left out.
fn rest(page: &mut String, all: usize, most: usize, noun: &str) {
    let rest = all.saturating_sub(most);
    if rest > 0 {
        line(page, &format!("- and {rest} more ({noun} list cut)"));
    }
}

/// Appends one line.
fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// Begins a section.
fn section(page: &mut String, title: &str) {
    line(page, &format!("\n## {title}\n"));
}

/// Appends a table; cells are Markdown already.
fn table(page: &mut String, header: &[&str], rows: &[Vec<String>]) {
    line(page, &format!("| {} |", header.join(" | ")));
    line(page, &format!("|{}", " --- |".repeat(header.len())));
    for row in rows {
        line(page, &format!("| {} |", row.join(" | ")));
    }
}

/// Verdict and one sentence why.
fn verdict(page: &mut String, answer: &Answer<'_>) {
    let of = answer.assessment;
    line(
        page,
        &format!(
            "# Network change and infusion pumps: {}\n",
            of.verdict.name()
        ),
    );
    let meaning = answer.meaning();
    let first = answer
        .findings()
        .first()
        .map(|finding| shorten(&finding.title, 2 * SUMMARY_TEXT));
    let why = first.map_or(String::new(), |title| format!(" {}", prose(&title)));
    line(page, &format!("{meaning}{why}\n"));
    let summary = &of.summary;
    let areas = match summary.areas.as_slice() {
        [] => String::new(),
        some => format!(" in {}", prose(&shorten(&some.join(", "), SUMMARY_TEXT))),
    };
    line(
        page,
        &format!(
            "- **Requirements:** {} (exit {})",
            answer.counts(),
            of.exit_code
        ),
    );
    line(
        page,
        &format!("- **Pumps concerned:** {}{areas}", summary.pumps),
    );
    line(page, &format!("- **Read:** {}", answer.read_line()));
    for (label, _, name, verdict) in answer.steps() {
        let text = prose(&shorten(&format!("{name}: {verdict}"), SUMMARY_TEXT));
        line(page, &format!("- **{}:** {text}", capitalized(&label)));
    }
    if let Some(first) = answer.do_first() {
        line(
            page,
            &format!("- **Do first:** {}", prose(&shorten(&first, SUMMARY_TEXT))),
        );
    }
}

/// One row for each finding, and for each requirement hurt that no finding names.
fn risks(page: &mut String, answer: &Answer<'_>) {
    section(page, "Top risks");
    let findings = answer.findings();
    let mut rows: Vec<Vec<String>> = findings.iter().map(|of| risk_cells(answer, of)).collect();
    rows.extend(answer.hurt_alone().into_iter().map(|row| {
        vec![
            word(row.first.change).to_lowercase(),
            prose(&row.who()),
            row.pumps().to_string(),
            prose(&row.cause()),
            proof(row.first.proof).to_owned(),
            String::new(),
        ]
    }));
    if rows.is_empty() {
        line(page, "None was found.");
        return;
    }
    table(
        page,
        &[
            "Severity",
            "Mechanism",
            "Pumps",
            "Evidence",
            "Confidence",
            "Mitigation",
        ],
        &rows,
    );
}

/// One finding as a risk.
fn risk_cells(answer: &Answer<'_>, finding: &Finding) -> Vec<String> {
    let evidence: Vec<String> = finding
        .origins
        .iter()
        .map(|at| code(&answer.place(at)))
        .collect();
    let (name, _) = severity(finding.severity);
    vec![
        format!("**{name}**"),
        format!("{} ({})", prose(&finding.title), code(&finding.rule)),
        finding_pumps(answer, finding),
        evidence.join(", "),
        confidence(finding.confidence).to_owned(),
        prose(&finding.remedy),
    ]
}

/// When pumps begin to notice, and for how long.
fn timeline(page: &mut String, answer: &Answer<'_>) {
    section(page, "Timeline after the change");
    let rows: Vec<Vec<String>> = answer
        .timeline()
        .iter()
        .map(|(effect, row)| {
            let lasts = effect.duration_s.map_or("until undone".to_owned(), |of| {
                format!("up to {}", span(of))
            });
            vec![
                onset(effect.onset_s),
                lasts,
                word(row.first.change).to_lowercase(),
                prose(&format!(
                    "{} needs {}{}",
                    row.first.group, row.first.service, row.only
                )),
                prose(&format!(
                    "{}: {}, {}",
                    effect.shape, effect.onset, effect.duration
                )),
            ]
        })
        .collect();
    if rows.is_empty() {
        line(page, "No requirement changes in time.");
        return;
    }
    table(
        page,
        &["Begins", "Lasts", "Change", "Who", "What pumps notice"],
        &rows,
    );
}

/// Every changed statement, grouped by whether a requirement is touched.
fn changes(page: &mut String, answer: &Answer<'_>) {
    section(page, "Changes");
    for (title, bearing) in BEARINGS {
        let changes = answer.changes(bearing);
        line(page, &format!("**{title}:** {}\n", changes.len()));
        for change in &changes {
            line(page, &change_item(answer, change));
        }
        if !changes.is_empty() {
            line(page, "");
        }
    }
}

/// One change as an item of a list.
fn change_item(answer: &Answer<'_>, change: &Change) -> String {
    let place = newest(change).map_or(String::new(), |at| format!(" {}", code(&answer.place(at))));
    let on = match change.requirements.len() {
        0 => String::new(),
        count => format!(" ({})", counted(count, "requirement", "requirements")),
    };
    format!(
        "- {} {}{place}: {} — {}{on}",
        code(&change.id),
        code(&change.device),
        prose(&change.summary),
        prose(&change.why)
    )
}

/// What was measured, and what the stress model says.
fn measurements(page: &mut String, answer: &Answer<'_>) {
    section(page, "Measured before the change");
    let of = answer.assessment;
    let lines = answer.measured();
    if lines.is_empty() {
        line(page, "Nothing was measured.");
    }
    for text in lines {
        line(page, &format!("- {}", prose(&text)));
    }
    if !of.stress.is_empty() {
        line(
            page,
            "\nStress model (it may raise a verdict and lowers none):\n",
        );
    }
    for row in &of.stress {
        line(page, &format!("- {}", prose(&row.summary)));
        let burden = [("Burden", burden_text(row))];
        let advice = row.advice.iter().map(|text| ("Advice", text.clone()));
        let holds = row
            .holds_under
            .iter()
            .map(|text| ("Holds if", text.clone()));
        for (name, text) in burden.into_iter().chain(advice).chain(holds) {
            line(page, &format!("  - {name}: {}", prose(&text)));
        }
    }
}

/// What was not checked or could not be decided, and what the verdict rests on.
fn not_known(page: &mut String, answer: &Answer<'_>) {
    section(page, "Not checked, not decided, assumed");
    let items = answer.not_known();
    if items.is_empty() {
        line(page, "Nothing.");
    }
    for (kind, text) in items {
        line(page, &format!("- **{kind}:** {}", prose(&text)));
    }
}

/// Verification and back-out, with boxes to tick.
fn checklist(page: &mut String, answer: &Answer<'_>) {
    section(page, "Verification and back-out");
    let conditions = &answer.assessment.conditions;
    for (when, fixed) in STEPS {
        line(page, &format!("**{}**\n", phase_heading(when)));
        for condition in conditions
            .iter()
            .filter(|condition| condition.phase == when)
        {
            line(page, &condition_item(condition));
        }
        line(page, &format!("- [ ] {fixed}"));
        if when == Phase::After {
            for row in answer.hurt() {
                let pumps = counted_u64(row.pumps(), "pump", "pumps");
                let text = format!(
                    "{} ({pumps}) uses {} again",
                    row.first.group, row.first.service
                );
                line(page, &format!("- [ ] {}", prose(&text)));
            }
        }
        line(page, "");
    }
    line(page, "**Back-out**\n");
    for id in answer.undo() {
        let what = answer.change(id).map_or(String::new(), |change| {
            prose(&format!("{}: {}", change.device, change.summary))
        });
        line(page, &format!("- [ ] undo {} {what}", code(id)));
    }
    to_fill(page, &BACK_OUT);
    signatures(page);
}

/// One condition with a box.
fn condition_item(condition: &Condition) -> String {
    let tick = if condition.met { "x" } else { " " };
    let mut text = condition.text.clone();
    if let Some(owner) = &condition.owner {
        text = format!("{text} (owner {owner})");
    }
    if let Some(evidence) = &condition.evidence {
        text = format!("{text} (evidence: {evidence})");
    }
    format!("- [{tick}] {} {}", code(&condition.id), prose(&text))
}

/// What only people can fill in.
fn signatures(page: &mut String) {
    section(page, "Sign-off");
    to_fill(page, &SIGNATURES);
}

/// Lines that only people can fill in.
fn to_fill(page: &mut String, names: &[&str]) {
    for name in names {
        line(
            page,
            &format!("- {name}: ____________________ (to be filled in)"),
        );
    }
}
