//! A comparison with the baseline as text; its last line is the answer.

use std::collections::BTreeMap;
use std::io;

use super::Style;
use super::answer::counted_u64;
use super::layout::{Line, Page, Tone};
use crate::wire::verification::{ComparedMeasurement, Standing, Verification, VerifiedRequirement};

/// Writes how each requirement stands after the change.
pub fn render_verification(
    verification: &Verification,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    page.prose_at(0, &verification.tool);
    for (label, run) in [
        ("before", &verification.baseline),
        ("now", &verification.now),
    ] {
        let text = format!("{}, from {}", run.started, run.vantages.join(", "));
        page.labeled(0, 8, label, Tone::Plain, &text);
    }
    evidence(&mut page, verification);
    measurements(&mut page, verification);
    page.blank();
    for doubt in &verification.doubts {
        page.labeled(0, 10, "doubt", Tone::Doubt, doubt);
    }
    page.columns(&rows(verification));
    if !verification.networks_not_checked.is_empty() {
        let text = format!(
            "not checked: {} (no vantage)",
            verification.networks_not_checked.join(", ")
        );
        page.prose_at(0, &text);
    }
    if let Some(stopped) = &verification.stopped {
        page.labeled(0, 10, "stopped", Tone::Bad, &stopped.text);
    }
    let numbers = &verification.statistics;
    page.prose_at(
        0,
        &format!(
            "{} tests; a run in which nothing changed calls anything worse at most once in {:.0}; \
             less than {} ms or {} % later, or {} % more lost, is the same",
            numbers.tests,
            1.0 / numbers.false_alarms,
            numbers.least_shift_us / 1_000,
            numbers.least_shift_percent,
            numbers.least_loss_points
        ),
    );
    let summary = &verification.summary;
    let (answer, tone) = match verification.exit_code {
        0 => ("as before", Tone::Good),
        1 => ("broken", Tone::Bad),
        2 => ("canceled", Tone::Doubt),
        4 => ("worse", Tone::Doubt),
        _ => ("inconclusive", Tone::Doubt),
    };
    let rest = format!(
        ": {} broken, {} worse, {} unknown, {} better, {} same (exit {})",
        summary.broken,
        summary.worse,
        summary.unknown,
        summary.better,
        summary.same,
        verification.exit_code
    );
    page.final_line(answer, tone, &rest);
    out.write_all(page.finish().as_bytes())
}

/// What was counted of the pumps themselves.
fn evidence(page: &mut Page, verification: &Verification) {
    if verification.evidence.is_empty() {
        return;
    }
    page.heading("Pumps");
    for row in &verification.evidence {
        let (word, tone) = word(row.standing);
        let service = row
            .service
            .as_ref()
            .map_or(String::new(), |id| format!(" at {id}"));
        let text = format!("{}{service} in {}: {}", row.kind, row.network, row.why);
        page.labeled(2, 10, &word.to_lowercase(), tone, &text);
    }
}

/// Every measurement that is not simply the same.
fn measurements(page: &mut Page, verification: &Verification) {
    let told: Vec<&ComparedMeasurement> = verification
        .measurements
        .iter()
        .filter(|row| row.standing != Standing::Same || !row.why.is_empty())
        .collect();
    if told.is_empty() {
        return;
    }
    page.heading("Measurements");
    for row in told {
        let (word, tone) = word(row.standing);
        let bearing = if row.bearing {
            ""
        } else {
            " (decides nothing)"
        };
        let text = format!(
            "{} {} {} {} from {}{bearing}: {}",
            row.service,
            row.target.address,
            row.target.port,
            row.probe,
            row.vantage,
            row.why.join("; ")
        );
        page.labeled(2, 10, &word.to_lowercase(), tone, &text);
    }
}

/// Requirements that are not the same, merged over firmware.
fn rows(verification: &Verification) -> Vec<Line> {
    let mut merged: BTreeMap<(u8, &str, &str, &str), Vec<&VerifiedRequirement>> = BTreeMap::new();
    for row in &verification.requirements {
        let rank = match row.standing {
            Standing::Broken => 0,
            Standing::Worse => 1,
            Standing::Unknown => 2,
            Standing::Better => 3,
            Standing::Same => continue,
        };
        let key = (
            rank,
            row.group.as_str(),
            row.network.as_str(),
            row.service.as_str(),
        );
        merged.entry(key).or_default().push(row);
    }
    merged
        .values()
        .filter_map(|all| {
            let first = all.first()?;
            let pumps = all.iter().map(|row| u64::from(row.count)).sum();
            let (word, tone) = word(first.standing);
            Some(Line {
                label: format!("{word:9}"),
                tone,
                left: format!(
                    "{} {} on {}, {} ({}) -> {}",
                    first.group,
                    counted_u64(pumps, "pump", "pumps"),
                    first.network,
                    first.area,
                    first.reaction,
                    first.service
                ),
                right: first.why.join("; "),
            })
        })
        .collect()
}

/// The word and color of a standing.
fn word(standing: Standing) -> (&'static str, Tone) {
    match standing {
        Standing::Same => ("SAME", Tone::Plain),
        Standing::Better => ("BETTER", Tone::Good),
        Standing::Worse => ("WORSE", Tone::Doubt),
        Standing::Unknown => ("UNKNOWN", Tone::Doubt),
        Standing::Broken => ("BROKEN", Tone::Bad),
    }
}
