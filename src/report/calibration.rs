//! A calibration as text, with the YAML that it justifies.

use std::fmt::Write as _;
use std::io;

use super::Style;
use super::layout::{Page, Tone};
use crate::wire::calibration::{
    BackOffModel, Calibration, Outcomes, Retries, ScheduleMatch, Synchrony, WaitModel,
};

/// Clients that are listed; more are counted.
const MOST_CLIENTS: usize = 40;

/// Writes what a capture says of how clients retry.
pub fn render_calibration(
    calibration: &Calibration,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    for service in &calibration.services {
        render_service(&mut page, service);
    }
    let several = calibration
        .services
        .iter()
        .any(|service| service.clients > 1);
    if several {
        page.heading("Each client");
        let rows: Vec<Vec<String>> = calibration
            .clients
            .iter()
            .take(MOST_CLIENTS)
            .map(client_row)
            .collect();
        let header = ["client", "service", "attempts", "schedule", "back-off"];
        page.table(&header, &rows);
        let more = calibration.clients.len().saturating_sub(MOST_CLIENTS);
        if more > 0 {
            page.prose_at(2, &format!("and {more} more; `--format json` holds all"));
        }
    }
    if !calibration.notes.is_empty() {
        page.heading("Left out");
        for note in &calibration.notes {
            page.labeled(2, 2, "-", Tone::Doubt, note);
        }
    }
    page.heading("What it justifies");
    let yaml = yaml(calibration);
    if yaml.is_empty() {
        page.prose_at(2, "no profile field and no number of a scenario");
    }
    for line in yaml.lines() {
        page.verbatim(2, line);
    }
    page.blank();
    let what = format!(
        "{} series of {} services over {:.0} s, {} packets",
        calibration.clients.len(),
        calibration.services.len(),
        calibration.span_s,
        calibration.packets,
    );
    page.final_line("measured", Tone::Strong, &format!(": {what}"));
    out.write_all(page.finish().as_bytes())
}

/// One service over all its clients.
fn render_service(page: &mut Page, retries: &Retries) {
    page.heading(&title(retries));
    let mut rows = vec![
        ("attempts", attempts(retries)),
        ("outcomes", outcomes(retries.outcomes)),
    ];
    let schedule = retries.schedule.as_ref().map(schedule_text);
    rows.push((
        "schedule",
        schedule.unwrap_or_else(|| "nothing was sent twice".to_owned()),
    ));
    if let Some(gaps) = &retries.gaps {
        rows.push(("gaps", waits_text(gaps)));
    }
    if let Some(back_off) = &retries.back_off {
        rows.push(("back-off", waits_text(back_off)));
    }
    if let Some([low, high]) = retries.gives_up_s {
        rows.push((
            "gives up",
            format!("after {low} s at the earliest, {high} s at the latest"),
        ));
    }
    if let Some([low, middle, high]) = retries.cycle_s {
        rows.push((
            "cycle",
            format!("{low} to {high} s, half of them below {middle} s"),
        ));
    }
    if let Some(floor) = retries.floor_s {
        rows.push(("floor", format!("{floor} s, the shortest wait seen")));
    }
    rows.push((
        "at once",
        format!("{} attempts of one client at most", retries.concurrency),
    ));
    if let Some(synchrony) = &retries.synchrony {
        rows.push(("in step", synchrony_text(synchrony)));
    }
    for (label, text) in rows {
        page.labeled(2, 10, label, Tone::Plain, &text);
    }
}

/// Protocol, service and clients.
fn title(retries: &Retries) -> String {
    let clients = match retries.clients {
        1 => "1 client".to_owned(),
        clients => format!("{clients} clients"),
    };
    format!("{} ({clients})", name(retries))
}

/// Protocol and service.
fn name(retries: &Retries) -> String {
    format!("{} {}", retries.protocol, retries.service)
        .trim_end()
        .to_owned()
}

/// Attempts and packets.
fn attempts(retries: &Retries) -> String {
    format!("{} with {} packets", retries.attempts, retries.sends)
}

/// What came of attempts.
fn outcomes(outcomes: Outcomes) -> String {
    let parts = [
        (outcomes.answered, "answered"),
        (outcomes.refused, "refused"),
        (outcomes.mute, "accepted, then mute"),
        (outcomes.silent, "without an answer"),
    ];
    let seen: Vec<String> = parts
        .iter()
        .filter(|part| part.0 > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    seen.join(", ")
}

/// A matched schedule.
fn schedule_text(found: &ScheduleMatch) -> String {
    let share = format!(
        "{} of {} within the tolerance",
        found.explained, found.compared
    );
    let runner_up = match (&found.runner_up, found.runner_up_score) {
        (Some(id), Some(score)) => format!(", next {id} {score}"),
        _ => String::new(),
    };
    match found.verdict.as_str() {
        "fits" => format!(
            "{} ({share}; log score {}{runner_up})",
            found.best, found.score
        ),
        "ambiguous" => format!(
            "{} or {}: not told apart ({share}; log score {}{runner_up})",
            found.best,
            found.also.join(" or "),
            found.score
        ),
        _ => format!(
            "none that is known; nearest {} ({share}; log score {}{runner_up})",
            found.best, found.score
        ),
    }
}

/// A model of waits.
fn waits_text(found: &WaitModel) -> String {
    let [low, high] = found.range_s;
    let range = format!("{} waits of {low} to {high} s", found.waits);
    let Some(model) = &found.model else {
        return format!("{range}, too few for a model");
    };
    let mut text = match found.verdict.as_str() {
        "fits" => model_text(model),
        "ambiguous" => format!("{}, not certain", model_text(model)),
        _ => format!("no model fits, nearest {}", model_text(model)),
    };
    let _ = write!(text, " ({} of {range}", found.explained);
    if let Some(score) = found.score {
        let _ = write!(text, "; log score {score}");
    }
    if let (Some(other), Some(score)) = (&found.runner_up, found.runner_up_score) {
        let _ = write!(text, ", next {} {score}", model_text(other));
    }
    text + ")"
}

/// A back-off model.
fn model_text(model: &BackOffModel) -> String {
    let mut text = if model.factor > 1.0 {
        format!("{} s × {}", model.base_s, model.factor)
    } else {
        format!("{} s each time", model.base_s)
    };
    if let Some(cap) = model.cap_s {
        let _ = write!(text, " up to {cap} s");
    }
    match (model.jitter.as_str(), model.share) {
        ("none", _) => text + ", no jitter",
        ("proportional", Some(share)) => format!("{text}, jitter ±{:.0} %", share * 100.0),
        (kind, _) => format!("{text}, {kind} jitter"),
    }
}

/// Whether clients are in step.
fn synchrony_text(found: &Synchrony) -> String {
    let word = match found.chance {
        chance if chance < 0.001 => "yes",
        chance if chance < 0.05 => "likely",
        _ => "no sign of it",
    };
    let chance = if found.chance < 0.001 {
        "below 0.001".to_owned()
    } else {
        found.chance.to_string()
    };
    format!(
        "{word} (mean vector {} of {} clients, by chance {chance}; at most {} begin in one second)",
        found.length, found.clients, found.peak_1s
    )
}

/// One client of one service.
fn client_row(retries: &Retries) -> Vec<String> {
    let schedule = retries
        .schedule
        .as_ref()
        .map(|found| match found.verdict.as_str() {
            "fits" => found.best.clone(),
            "ambiguous" => format!("{} or {}", found.best, found.also.join(" or ")),
            _ => "none known".to_owned(),
        });
    let back_off = retries.back_off.as_ref().map(|found| match &found.model {
        Some(model) if found.verdict == "fits" => model_text(model),
        Some(model) if found.verdict == "ambiguous" => format!("{}?", model_text(model)),
        Some(_) => "no model fits".to_owned(),
        None => format!("{} waits", found.waits),
    });
    vec![
        retries.client.clone().unwrap_or_default(),
        name(retries),
        retries.attempts.to_string(),
        schedule.unwrap_or_else(|| "-".to_owned()),
        back_off.unwrap_or_else(|| "-".to_owned()),
    ]
}

/// Profile fields and the scenario's group, as they are pasted.
fn yaml(calibration: &Calibration) -> String {
    let mut out = String::new();
    if !calibration.fields.is_empty() {
        out += "# into a profile\nfields:\n";
        for field in &calibration.fields {
            let _ = write!(
                out,
                "  {}:\n    value: {}\n    source: {}\n    label: measured\n",
                field.path,
                field.value,
                quoted(&field.source)
            );
        }
    }
    let group = &calibration.scenario;
    if group.stack.is_some() || group.back_off.is_some() {
        out += "# into a group of a scenario\n";
    }
    if let Some(stack) = &group.stack {
        let _ = writeln!(out, "stack: {stack}");
    }
    if let Some(model) = &group.back_off {
        let _ = write!(
            out,
            "back_off: {{ base_s: {}, factor: {}, cap_s: {}, jitter: {}",
            model.base_s,
            model.factor,
            // Waits that do not grow have no other cap.
            model.cap_s.unwrap_or(model.base_s),
            model.jitter,
        );
        if let Some(share) = model.share {
            let _ = write!(out, ", share: {share}");
        }
        out += " }\n";
    }
    out
}

/// Text in double quotes of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
