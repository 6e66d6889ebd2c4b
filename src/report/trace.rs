//! One flow, hop by hop, as text.

use std::io;

use super::Style;
use super::layout::{Page, Tone};
use crate::wire::assessment::Origin;
use crate::wire::trace::{Direction, Flow, Path, Trace};

/// Writes a table of hops for each path, both ways; the last lines are the ends.
pub fn render_trace(trace: &Trace, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style);
    direction(&mut page, "there", &trace.forward);
    if let Some(reverse) = &trace.reverse {
        direction(&mut page, "back", reverse);
    }
    page.blank();
    page.prose_at(0, &flow_text(&trace.flow));
    ends(&mut page, "there", &trace.forward);
    if let Some(reverse) = &trace.reverse {
        ends(&mut page, "back", reverse);
    }
    out.write_all(page.finish().as_bytes())
}

/// A flow in words.
pub(super) fn flow_text(flow: &Flow) -> String {
    let number = |number: Option<u16>| number.map_or(String::new(), |port| format!(":{port}"));
    let kind = flow
        .icmp_type
        .map_or(String::new(), |kind| format!(" type {kind}"));
    format!(
        "{}{kind} {}{} -> {}{}",
        flow.protocol,
        flow.from,
        number(flow.from_port),
        flow.to,
        number(flow.port),
    )
}

/// The paths of one direction.
fn direction(page: &mut Page, name: &str, direction: &Direction) {
    for (idx, path) in direction.paths.iter().enumerate() {
        page.heading(&format!(
            "{name}, path {} of {}: {}",
            idx + 1,
            direction.paths.len(),
            path.disposition.name()
        ));
        hops(page, path);
    }
}

/// One path: a row for each step.
fn hops(page: &mut Page, path: &Path) {
    let mut rows = Vec::new();
    for (idx, hop) in path.hops.iter().enumerate() {
        let number = (idx + 1).to_string();
        let interface = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let through = format!("{} -> {}", interface(&hop.ingress), interface(&hop.egress));
        let mut front = [number, hop.device.clone(), through];
        if hop.steps.is_empty() {
            let mut row = front.to_vec();
            row.extend([String::new(), String::new()]);
            rows.push(row);
        }
        for step in &hop.steps {
            let mut row = front.to_vec();
            row.push(format!("{}: {}", step.action, step.detail));
            row.push(step.origin.as_ref().map_or(String::new(), place));
            rows.push(row);
            front = Default::default();
        }
    }
    page.table(
        &["hop", "device", "interfaces", "what happens", "where"],
        &rows,
    );
}

/// All ends of one direction and the statements that decide them.
fn ends(page: &mut Page, name: &str, direction: &Direction) {
    let names: Vec<&str> = direction
        .dispositions
        .iter()
        .map(|end| end.name())
        .collect();
    let arrives = direction.dispositions.iter().all(|end| end.is_success());
    let tone = if arrives && !names.is_empty() {
        Tone::Good
    } else {
        Tone::Bad
    };
    let text = if names.is_empty() {
        "nowhere".to_owned()
    } else {
        names.join(", ")
    };
    page.labeled(0, 7, name, tone, &text);
    for origin in &direction.origins {
        page.prose_at(7, &format!("{}  {}", place(origin), origin.text));
    }
    for doubt in &direction.doubts {
        page.prose_at(7, &format!("not known: {doubt}"));
    }
}

/// Where a statement stands.
fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.file, origin.line)
}
