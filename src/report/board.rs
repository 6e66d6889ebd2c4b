//! What the pages for a change board say, whatever they are written in.

use std::collections::BTreeSet;

use super::answer::{Answer, Row};
use super::layout::Tone;
use super::words::phase;
use crate::wire::assessment::{Bearing, Boundary, Confidence, Effect, Finding, Phase, Verdict};

/// Headings of changed statements by how they stand to requirements, the worst first.
pub(super) const BEARINGS: [(&str, Bearing); 4] = [
    ("Not understood, may bear on requirements", Bearing::Blocks),
    ("Bear on requirements", Bearing::Bears),
    ("Touch no requirement", Bearing::Elsewhere),
    ("Without effect", Bearing::Inert),
];

/// What is to be done at each phase whatever the change.
pub(super) const STEPS: [(Phase, &str); 3] = [
    (
        Phase::Before,
        "`pump-preflight check` with a fresh export as `--before` still gives this verdict",
    ),
    (Phase::During, "the back-out trigger below is watched"),
    (
        Phase::After,
        "`pump-preflight probe` reports every service as required",
    ),
];

/// What only people can say of the way back.
pub(super) const BACK_OUT: [&str; 2] = ["Trigger and time limit", "Who, exact steps, duration"];

/// Who signs.
pub(super) const SIGNATURES: [&str; 3] = ["Requester", "Approver", "Clinical sign-off"];

impl<'a> Answer<'a> {
    /// The verdict in one sentence.
    pub(super) fn meaning(&self) -> &'static str {
        match self.assessment.verdict {
            Verdict::Go if self.is_one_snapshot() => "Every requirement of the pumps works today.",
            Verdict::NoGo if self.is_one_snapshot() => "A requirement of the pumps fails today.",
            Verdict::Inconclusive if self.is_one_snapshot() => {
                "Of some requirements of the pumps it is unknown whether they work today."
            }
            Verdict::Go => {
                "Every changed statement is accounted for and none hurts a requirement of the \
                 pumps."
            }
            Verdict::Conditional => {
                "The change may go ahead once every condition below is evidenced."
            }
            Verdict::NoGo => "The change would hurt pumps.",
            Verdict::Inconclusive => "Something that may bear on pumps could not be decided.",
        }
    }

    /// Requirements that are hurt and that no finding names.
    pub(super) fn hurt_alone(&self) -> Vec<Row<'a>> {
        let named: BTreeSet<&str> = (self.assessment.findings.iter())
            .flat_map(|finding| finding.requirements.iter().map(String::as_str))
            .collect();
        let mut rows = self.hurt();
        rows.retain(|row| !row.all.iter().any(|of| named.contains(of.id.as_str())));
        rows
    }

    /// What is not known or rests on something, each with the word for its kind.
    pub(super) fn not_known(&self) -> Vec<(&'static str, String)> {
        let of = self.assessment;
        let mut items: Vec<(&'static str, String)> = Vec::new();
        let open = |effect| matches!(effect, Effect::Unknown | Effect::BrokenBefore);
        for row in self.rows(false, open) {
            let kind = if row.first.change == Effect::Unknown {
                "Not decided"
            } else if self.is_one_snapshot() {
                "Fails today"
            } else {
                "Broken before"
            };
            items.push((kind, described(&row)));
        }
        items.extend(of.unknowns.iter().map(|unknown| {
            let text = format!("{} (ask {})", unknown.question, unknown.ask);
            ("Question", text)
        }));
        let unchecked = self.not_checked().into_iter();
        items.extend(unchecked.map(|text| ("Not checked", text)));
        items.extend(self.changes(Bearing::Blocks).into_iter().map(|change| {
            let text = format!("{} {}: {}", change.id, change.device, change.summary);
            ("Not understood", text)
        }));
        items.extend(of.assumptions.iter().map(|text| ("Assumed", text.clone())));
        let crossed = of
            .boundaries
            .iter()
            .filter(|at| !at.requirements.is_empty());
        items.extend(crossed.map(|at| ("Boundary crossed", crossing(at))));
        items
    }

    /// The steps of a change plan, each with its label, its tone, its name and its verdict.
    pub(super) fn steps(&self) -> Vec<(String, Tone, String, String)> {
        let numbered = (1..).zip(&self.assessment.steps);
        numbered
            .map(|(number, step): (usize, _)| {
                let tone = tone(step.verdict);
                let verdict = format!("{}, seen from: {}", step.verdict.name(), step.after);
                (format!("step {number}"), tone, step.name.clone(), verdict)
            })
            .collect()
    }

    /// Changes whose omission would avoid something, by id.
    pub(super) fn undo(&self) -> BTreeSet<&'a str> {
        let rows = self.hurt().into_iter().flat_map(|row| row.all);
        rows.flat_map(|of| &of.stages)
            .flat_map(|stage| &stage.undone_by)
            .map(String::as_str)
            .collect()
    }
}

/// The tone of a verdict.
pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Go => Tone::Good,
        Verdict::Conditional | Verdict::Inconclusive => Tone::Doubt,
        Verdict::NoGo => Tone::Bad,
    }
}

/// A boundary in one line.
fn crossing(boundary: &Boundary) -> String {
    let evidence = boundary.evidence.as_deref().unwrap_or("none");
    let beyond = if boundary.beyond.is_empty() {
        "not declared"
    } else {
        &boundary.beyond
    };
    format!(
        "{} {}, beyond: {beyond}; assumed: {}; evidence: {evidence}",
        boundary.device, boundary.interface, boundary.assume
    )
}

/// Who and where, in one line.
pub(super) fn described(row: &Row<'_>) -> String {
    match row.cause() {
        cause if cause.is_empty() => row.who(),
        cause => format!("{}; {cause}", row.who()),
    }
}

/// The word of a confidence.
pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// The heading of a phase.
pub(super) fn phase_heading(of: Phase) -> String {
    capitalized(phase(of))
}

/// With a capital at its beginning.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// At most `most` characters of a text.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars()
        .take(most.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// Pumps of a finding's requirements in words.
pub(super) fn finding_pumps(answer: &Answer<'_>, finding: &Finding) -> String {
    match answer.requirements(&finding.requirements).as_slice() {
        [] => "not counted".to_owned(),
        some => super::answer::pumps(some).to_string(),
    }
}
