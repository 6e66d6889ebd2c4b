//! What is to be done, asked and known before the change.

use super::super::answer::{Answer, counted, counted_u64, span, word};
use super::super::board::{BACK_OUT, SIGNATURES, STEPS, phase_heading};
use super::super::plot::plots;
use super::super::stress::burden_text;
use super::super::words::{effect_tone, onset};
use super::page::{Cell, Page, cell, code, colored, markup, prose};
use crate::report::layout::Tone;
use crate::report::markup::escaped;
use crate::report::stress::tone;
use crate::wire::assessment::Phase;

/// Conditions with their owners.
pub(super) fn conditions(page: &mut Page, answer: &Answer<'_>) {
    page.section("conditions", "Conditions");
    let rows: Vec<Vec<Cell>> = (answer.assessment.conditions.iter())
        .map(|condition| {
            let (word, tone) = if condition.met {
                ("met", Tone::Good)
            } else {
                ("open", Tone::Doubt)
            };
            vec![
                markup(code(&condition.id)),
                cell(&phase_heading(condition.phase)),
                cell(&condition.text),
                cell(condition.owner.as_deref().unwrap_or("nobody named")),
                markup(colored(word, tone)),
                cell(condition.evidence.as_deref().unwrap_or("none")),
            ]
        })
        .collect();
    if rows.is_empty() {
        page.paragraph("None.");
    } else {
        let header = [
            "Id",
            "When",
            "What must be so",
            "Owner",
            "State",
            "Evidence",
        ];
        page.table("What must be so for the change to go ahead", &header, &rows);
    }
    page.end();
}

/// Questions, with the line to paste the answer into.
pub(super) fn questions(page: &mut Page, answer: &Answer<'_>) {
    page.section("questions", "Questions");
    let unknowns = &answer.assessment.unknowns;
    if unknowns.is_empty() {
        page.paragraph("None.");
    }
    for unknown in unknowns {
        page.raw("<article>");
        page.heading(&unknown.question);
        let waits = counted(
            unknown.blocks.len(),
            "requirement waits",
            "requirements wait",
        );
        page.paragraph(&format!("Ask {}; {waits} for the answer.", unknown.ask));
        if !unknown.paste.trim().is_empty() {
            page.paragraph("Paste the answer into the site file:");
            let lines: Vec<String> = unknown.paste.lines().map(escaped).collect();
            page.raw(&format!("<pre>{}</pre>", lines.join("\n")));
        }
        page.raw("</article>");
    }
    page.end();
}

/// What the verdict rests on, and what nobody looked at.
pub(super) fn assumptions(page: &mut Page, answer: &Answer<'_>) {
    page.section("assumptions", "Not checked, not decided, assumed");
    let items: Vec<String> = (answer.not_known().iter())
        .map(|(kind, text)| format!("<strong>{kind}:</strong> {}", prose(text)))
        .collect();
    if items.is_empty() {
        page.paragraph("Nothing.");
    }
    page.list(&items);
    page.end();
}

/// When pumps begin to notice, and for how long.
pub(super) fn timeline(page: &mut Page, answer: &Answer<'_>) {
    let rows: Vec<Vec<Cell>> = (answer.timeline().iter())
        .map(|(effect, row)| {
            let lasts = effect.duration_s.map_or("until undone".to_owned(), |of| {
                format!("up to {}", span(of))
            });
            let change = row.first.change;
            let who = format!(
                "{} needs {}{}",
                row.first.group, row.first.service, row.only
            );
            let what = format!("{}: {}, {}", effect.shape, effect.onset, effect.duration);
            vec![
                cell(&onset(effect.onset_s)),
                cell(&lasts),
                markup(colored(word(change), effect_tone(change))),
                cell(&who),
                cell(&what),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    page.section("timeline", "Timeline after the change");
    let header = ["Begins", "Lasts", "Change", "Who", "What pumps notice"];
    page.table("From the moment of the change on", &header, &rows);
    page.end();
}

/// What the stress model says, with the plots of one run.
pub(super) fn stress(page: &mut Page, answer: &Answer<'_>) {
    let of = answer.assessment;
    if of.stress.is_empty() {
        return;
    }
    page.section("stress", "Stress on the pumps");
    page.paragraph(
        "A model of pumps and servers under the disturbance; it may raise a verdict and lowers none.",
    );
    for row in &of.stress {
        page.raw("<article>");
        let raised = colored(row.raises.name(), tone(row.raises));
        let pumps = counted_u64(u64::from(row.pumps), "pump", "pumps");
        let group = escaped(&row.group);
        page.raw(&format!("<h3>{group}, {pumps}: raises {raised}</h3>"));
        page.paragraph(&row.summary);
        let burden = [("Burden", burden_text(row))];
        let reasons = row.reasons.iter().map(|text| ("Reason", text.clone()));
        let advice = row.advice.iter().map(|text| ("Advice", text.clone()));
        let holds = row
            .holds_under
            .iter()
            .map(|text| ("Holds if", text.clone()));
        let items: Vec<String> = (burden.into_iter().chain(reasons).chain(advice).chain(holds))
            .map(|(name, text)| format!("<strong>{name}:</strong> {}", prose(&text)))
            .collect();
        page.list(&items);
        page.raw("</article>");
    }
    for (_, svg) in of.timeline.iter().flat_map(plots) {
        page.raw(&format!("<figure>{}</figure>", svg.trim_end()));
    }
    page.end();
}

/// Verification, the way back, and who signs.
pub(super) fn checklist(page: &mut Page, answer: &Answer<'_>) {
    page.section("checklist", "Verification and back-out");
    for (when, fixed) in STEPS {
        page.heading(&phase_heading(when));
        let mut items: Vec<String> = Vec::new();
        let own = answer.assessment.conditions.iter();
        for condition in own.filter(|condition| condition.phase == when) {
            let id = code(&condition.id);
            items.push(boxed(
                condition.met,
                &format!("{id} {}", prose(&condition.text)),
            ));
        }
        items.push(boxed(false, &prose(fixed)));
        if when == Phase::After {
            for row in answer.hurt() {
                let pumps = counted_u64(row.pumps(), "pump", "pumps");
                let text = format!(
                    "{} ({pumps}) uses {} again",
                    row.first.group, row.first.service
                );
                items.push(boxed(false, &prose(&text)));
            }
        }
        page.boxes(&items);
    }
    page.heading("Back-out");
    let mut items: Vec<String> = (answer.undo().into_iter())
        .map(|id| {
            let what = answer.change(id).map_or(String::new(), |change| {
                prose(&format!("{}: {}", change.device, change.summary))
            });
            boxed(false, &format!("undo {} {what}", code(id)))
        })
        .collect();
    items.extend(BACK_OUT.iter().map(|name| to_fill(name)));
    page.boxes(&items);
    page.heading("Sign-off");
    let names: Vec<String> = SIGNATURES.iter().map(|name| to_fill(name)).collect();
    page.boxes(&names);
    page.end();
}

/// An item with a box to tick.
fn boxed(ticked: bool, html: &str) -> String {
    let (mark, word) = if ticked {
        ("\u{2611}", "done: ")
    } else {
        ("\u{2610}", "to do: ")
    };
    format!("<span role=\"img\" aria-label=\"{word}\">{mark}</span> {html}")
}

/// A line that only people can fill in.
fn to_fill(name: &str) -> String {
    format!("{name}: <span class=\"blank\" aria-label=\"to be filled in\">&nbsp;</span>")
}
