//! What the stress model says, a few lines for each pump group.

use super::answer::Answer;
use super::layout::{Page, Tone};
use crate::wire::stress::{Raises, Stress, Timeline};

/// Bars from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns of a line of bars.
const COLUMNS: usize = 60;

/// The section of the terminal report.
pub(super) fn stress(page: &mut Page, answer: &Answer<'_>) {
    let of = answer.assessment;
    if of.stress.is_empty() {
        return;
    }
    page.heading("Stress on the pumps (a model; it lowers no verdict)");
    for row in &of.stress {
        page.labeled(
            2,
            12,
            row.raises.name(),
            tone(row.raises),
            &verdict_text(row),
        );
        page.labeled(2, 12, "burden", Tone::Plain, &burden_text(row));
        for (name, text) in asks(row) {
            page.labeled(2, 12, name, Tone::Strong, text);
        }
    }
    if let Some(line) = of.timeline.as_ref().and_then(connected_line) {
        page.verbatim(2, &line);
    }
}

/// The tone of what is raised.
pub(super) fn tone(raises: Raises) -> Tone {
    match raises {
        Raises::NoGo => Tone::Bad,
        Raises::Conditional => Tone::Doubt,
        Raises::Nothing => Tone::Plain,
    }
}

/// What is raised for a group, and the first reason.
fn verdict_text(row: &Stress) -> String {
    let who = format!("{} ({} pumps)", row.group, row.pumps);
    match row.reasons.as_slice() {
        [] => format!(
            "{who}: raises nothing, as long as {}",
            row.holds_under.first().map_or("", String::as_str)
        ),
        [first] => format!("{who}: {first}"),
        [first, rest @ ..] => format!("{who}: {first} (and {} more)", rest.len()),
    }
}

/// The road on which nine of ten assumed pumps keep the least margin: its bound beside the limit,
/// its share of trips, the burden beside an ordinary day's, and how long the way back takes.
pub(super) fn burden_text(row: &Stress) -> String {
    let margin = |low: Option<f64>| low.unwrap_or(f64::NEG_INFINITY);
    let worst = row
        .branches
        .iter()
        .filter(|branch| branch.stress_factor[1].is_none_or(|factor| factor > 1.0))
        .min_by(|one, other| margin(one.margin_low).total_cmp(&margin(other.margin_low)));
    let Some(worst) = worst else {
        return "no more than an ordinary day's on every road".to_owned();
    };
    let scale = |value: f64| match worst.unit.as_str() {
        "B" => format!("{:.0} KiB", value / 1_024.0),
        _ => format!("{value:.2} s"),
    };
    let bound = worst.bound.map_or("no bound".to_owned(), scale);
    let factor = match worst.stress_factor {
        [Some(half), Some(most)] => format!("{half:.1} to {most:.1} times an ordinary day"),
        [_, _] => "no ordinary day compares".to_owned(),
    };
    let back = row
        .recovery
        .simulated_s
        .map_or(String::new(), |[half, _, all]| {
            format!(", back after {half:.0} to {all:.0} s")
        });
    format!(
        "{} on {}: {bound} of {}, {} trip, {factor}{back}",
        worst.mechanism,
        worst.stack,
        scale(worst.limit),
        worst.trips
    )
}

/// The first advice and the question to ask.
fn asks(row: &Stress) -> impl Iterator<Item = (&'static str, &str)> {
    let ask = |text: &&String| text.starts_with("ask ");
    let first = row.advice.iter().find(|text| !ask(text));
    let question = row.advice.iter().find(ask);
    let raised = row.raises != Raises::Nothing;
    [("advice", first), ("ask", question)]
        .into_iter()
        .filter(move |_| raised)
        .filter_map(|(name, text)| Some((name, text?.as_str())))
}

/// The pumps in a session over one run, where any lose theirs.
pub(super) fn connected_line(timeline: &Timeline) -> Option<String> {
    let least = timeline.connected.iter().copied().min()?;
    if u64::from(least) >= timeline.pumps {
        return None;
    }
    let connected: Vec<f64> = timeline
        .connected
        .iter()
        .map(|there| f64::from(*there))
        .collect();
    let seconds = timeline.connected.len() * usize::try_from(timeline.bin_s).unwrap_or(1);
    Some(format!(
        "{} of {} pumps in a session over {} min, at least {least}",
        sparkline(&connected),
        timeline.pumps,
        seconds / 60
    ))
}

/// Values as a line of bars, the highest of each column.
pub(super) fn sparkline(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let chunk = values.len().div_ceil(COLUMNS).max(1);
    values
        .chunks(chunk)
        .map(|chunk| {
            let value = chunk.iter().copied().fold(0.0, f64::max);
            let place = BARS
                .iter()
                .enumerate()
                .rfind(|(step, _)| {
                    let step = u32::try_from(*step).unwrap_or(0);
                    most > 0.0 && value * 8.0 > most * f64::from(step)
                })
                .map(|(_, bar)| *bar);
            place.unwrap_or(' ')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_values() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0]), " ▁▄█");
        assert_eq!(sparkline(&[]), "");
        assert!(sparkline(&vec![1.0; 1_000]).chars().count() <= COLUMNS);
    }
}
