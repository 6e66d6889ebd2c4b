//! A simulation as text, with lines of bars instead of plots.

use std::io;

use super::Style;
use super::layout::{Page, Tone};
use super::stress::{sparkline, tone};
use crate::wire::stress::{Simulation, Stress};

/// Writes what a simulation shows.
pub fn render_simulation(
    simulation: &Simulation,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    let timeline = &simulation.timeline;
    page.heading("In time");
    let connected: Vec<f64> = timeline
        .connected
        .iter()
        .map(|there| f64::from(*there))
        .collect();
    page.verbatim(
        2,
        &format!(
            "{} of {} pumps connected",
            sparkline(&connected),
            timeline.pumps
        ),
    );
    for server in &timeline.servers {
        let peak = server.peak.iter().copied().max().unwrap_or(0);
        if peak == 0 {
            continue;
        }
        let arrivals: Vec<f64> = server
            .peak
            .iter()
            .map(|number| f64::from(*number))
            .collect();
        page.verbatim(
            2,
            &format!(
                "{} {} requests/s, at most {peak}, serves {:.0}; {} dropped, {} served for nobody",
                sparkline(&arrivals),
                server.server,
                server.capacity,
                server.dropped,
                server.wasted
            ),
        );
    }
    for group in &simulation.groups {
        render_group(&mut page, group);
    }
    page.blank();
    let rest = format!(
        ": {} groups, {} replications, {} events, seed {}; the model lowers no verdict",
        simulation.groups.len(),
        simulation.replications,
        simulation.events,
        simulation.seed
    );
    page.final_line(
        &format!("raises {}", simulation.raises.name()),
        tone(simulation.raises),
        &rest,
    );
    out.write_all(page.finish().as_bytes())
}

/// One group.
fn render_group(page: &mut Page, group: &Stress) {
    page.heading(&format!("{} ({} pumps)", group.group, group.pumps));
    for reason in &group.reasons {
        page.labeled(2, 2, "-", tone(group.raises), reason);
    }
    let rows: Vec<Vec<String>> = group
        .branches
        .iter()
        .map(|branch| {
            let scale = |value: f64| match branch.unit.as_str() {
                "B" => format!("{:.0} KiB", value / 1_024.0),
                _ => format!("{value:.2} s"),
            };
            vec![
                branch.mechanism.clone(),
                branch.stack.clone(),
                branch.bound.map_or("no bound".to_owned(), scale),
                scale(branch.limit),
                branch.trips.clone(),
                branch.stress_factor[0]
                    .map_or("no bound".to_owned(), |factor| format!("{factor:.1}")),
            ]
        })
        .collect();
    let header = [
        "mechanism",
        "stack",
        "bound",
        "limit",
        "draws that trip",
        "ordinary days",
    ];
    page.table(&header, &rows);
    if let Some([half, most, all]) = group.recovery.simulated_s {
        page.prose_at(
            2,
            &format!("back after {half:.0} s (half), {most:.0} s (95 of 100), {all:.0} s (all)"),
        );
    }
    for advice in &group.advice {
        page.labeled(2, 2, "-", Tone::Strong, advice);
    }
    for assumption in &group.holds_under {
        page.prose_at(2, &format!("holds if {assumption}"));
    }
}
