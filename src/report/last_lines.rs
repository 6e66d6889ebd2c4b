//! The last lines of the terminal report: the answer.

use super::answer::{Answer, MOST_ROWS, Row, deciding, state, word};
use super::board::tone;
use super::layout::{Line, Page, Tone};
use super::today::state_word;
use super::words::{effect_tone, phase, severity};
use crate::wire::assessment::StageState;

/// The answer.
pub(super) fn last_lines(page: &mut Page, answer: &Answer<'_>) {
    page.blank();
    let mut rows = judgments(answer);
    let rest = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    if rest > 0 {
        rows.push(line(
            "",
            Tone::Plain,
            format!("and {rest} more"),
            String::new(),
        ));
    }
    let mut unchecked = not_checked(answer);
    if let Some(first) = answer.do_first() {
        rows.push(line(
            "do first",
            Tone::Strong,
            first,
            std::mem::take(&mut unchecked),
        ));
    }
    let open = answer
        .assessment
        .conditions
        .iter()
        .filter(|condition| !condition.met);
    if let Some(first) = open.clone().next() {
        let rest = open.count() - 1;
        let more = if rest > 0 {
            format!("and {rest} more")
        } else {
            String::new()
        };
        let text = format!("{}: {}", phase(first.phase), first.text);
        rows.push(line("open", Tone::Doubt, text, more));
    }
    if let Some((first, rest)) = answer.assessment.unknowns.split_first() {
        let more = if rest.is_empty() {
            String::new()
        } else {
            format!("and {} more", rest.len())
        };
        let text = format!("{}: {}", first.ask, first.question);
        rows.push(line("ask", Tone::Doubt, text, more));
    }
    let steps = answer.steps().into_iter();
    rows.extend(steps.map(|(label, tone, name, verdict)| line(&label, tone, name, verdict)));
    rows.push(line("read", Tone::Strong, answer.read_line(), unchecked));
    page.columns(&rows);
    let verdict = answer.assessment.verdict;
    let rest = format!(
        ": {} (exit {})",
        answer.counts(),
        answer.assessment.exit_code
    );
    page.final_line(verdict.name(), tone(verdict), &rest);
}

/// What is hurt, or in one snapshot what does not work; then findings beside it.
fn judgments(answer: &Answer<'_>) -> Vec<Line> {
    let mut rows = Vec::new();
    if answer.is_one_snapshot() {
        rows.extend(answer.not_working().iter().map(|(of, row)| today(*of, row)));
    }
    let hurt = if answer.is_one_snapshot() {
        Vec::new()
    } else {
        answer.hurt()
    };
    for row in hurt {
        rows.push(line(
            word(row.first.change),
            effect_tone(row.first.change),
            row.who(),
            row.cause(),
        ));
    }
    for finding in answer.findings_beside() {
        let (name, tone) = severity(finding.severity);
        let place = finding
            .origins
            .first()
            .map_or(String::new(), |origin| answer.place(origin));
        rows.push(line(
            &name.to_uppercase(),
            tone,
            finding.title.clone(),
            place,
        ));
    }
    rows
}

/// A requirement that does not work today, or of which it is unknown.
fn today(of: StageState, row: &Row<'_>) -> Line {
    let tone = match of {
        StageState::Fails => Tone::Bad,
        StageState::Open | StageState::Works => Tone::Doubt,
    };
    let why = deciding(row.first).map_or(String::new(), |stage| {
        let what = format!("{} {}: {}", stage.stage, state(stage.before), stage.why);
        format!("{} {what}", row.place).trim_start().to_owned()
    });
    line(state_word(of), tone, row.who(), why)
}

/// What nobody looked at, the first two.
fn not_checked(answer: &Answer<'_>) -> String {
    let names = answer.not_checked();
    let rest = names.len().saturating_sub(2);
    let first: Vec<&str> = names.iter().take(2).map(String::as_str).collect();
    match (first.is_empty(), rest) {
        (true, _) => String::new(),
        (false, 0) => format!("not checked: {}", first.join(", ")),
        (false, rest) => format!("not checked: {} and {rest} more", first.join(", ")),
    }
}

/// One of the last lines; the texts stand in the same column whatever labels occur.
fn line(label: &str, tone: Tone, left: String, right: String) -> Line {
    let label = format!("{label:9}");
    Line {
        label,
        tone,
        left,
        right,
    }
}
