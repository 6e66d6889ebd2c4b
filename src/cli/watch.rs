//! `probe --watch`: the same measurement again and again through a change window.
//!
//! On a terminal one table that is refreshed, and a bell when a requirement leaves its limits; in a
//! pipe one line for each thing that changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use super::failure::Failure;
use super::measure::{Measurement, Subject, clock};
use super::vantages::measure;
use super::{Outcome, cancel, output};
use crate::assessment::verify::{Limits, verify};
use crate::intent::Site;
use crate::probe::Settings;
use crate::source::escape_terminal;
use crate::wire::observation::{ProbeReport, ServiceSummary, State, StopReason};
use crate::wire::verification::{Standing, VerifiedRequirement};

/// How long and how often, and what it is held against.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Watched {
    /// From the start of one measurement to the start of the next, at least.
    pub(super) every: Duration,
    /// When it ends; `None`: at Ctrl-C.
    pub(super) lasts: Option<Duration>,
    /// Repetitions of the questions that are asked for their times.
    pub(super) samples: u16,
    /// Whether every vantage measures, not only this host.
    pub(super) everywhere: bool,
    /// What was measured before the change.
    pub(super) baseline: Option<ProbeReport>,
    /// What is no difference to that.
    pub(super) limits: Limits,
}

/// What was said until now, and since when.
#[derive(Debug, Default)]
struct Known {
    /// The state of each service, by vantage and service.
    services: BTreeMap<(String, String), (State, String)>,
    /// How each requirement stands against the baseline, by its id.
    requirements: BTreeMap<String, (Standing, String)>,
}

/// Measures until the window is over; the exit code and report are those of the last measurement
/// that was whole.
pub(super) fn watch(
    measurement: &Measurement,
    watched: &Watched,
    keep: &dyn Fn(&ProbeReport) -> Result<(), Failure>,
) -> Outcome {
    let subject = Subject::load(measurement)?;
    let terminal = io::stdout().is_terminal();
    let mut known = Known::default();
    let mut code = 3;
    let mut spent = Duration::ZERO;
    loop {
        let (started, began) = clock();
        let report = measure(&subject, measurement, watched.samples, watched.everywhere)?;
        if is_canceled(&report) {
            return Ok(code);
        }
        code = report.exit_code;
        let mut changes = known.take(&report, &subject.intent.site, &started);
        if let Some(baseline) = &watched.baseline {
            let (intent, selected) = (&subject.intent, &measurement.service);
            let compared = verify(intent, selected, baseline, &report, &[], watched.limits);
            code = compared.exit_code;
            changes.extend(known.compare(&compared.requirements, &started));
        }
        let text = if terminal {
            screen(&known, &report, &changes, &started)
        } else {
            lines(&changes)
        };
        output::print(text.as_bytes())?;
        keep(&report)?;
        // Where a server suffered, the next measurement waits twice as long.
        let factor = if report.stopped.is_some() { 2 } else { 1 };
        // One measurement is no closer to the next than two questions within each.
        let lasted = clock().1.saturating_sub(began);
        let next = (watched.every * factor).max(lasted + Settings::default().interval);
        spent += next;
        let is_over = watched.lasts.is_some_and(|lasts| spent >= lasts);
        if is_over || cancel::wait(next.saturating_sub(lasted)) {
            return Ok(code);
        }
    }
}

/// Whether a measurement was cut short by the user.
fn is_canceled(report: &ProbeReport) -> bool {
    let reason = report.stopped.as_ref().map(|stopped| stopped.reason);
    reason == Some(StopReason::Canceled)
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Changed {
    /// In one line.
    text: String,
    /// Whether a requirement left its limits.
    left: bool,
}

impl Known {
    /// Notes what a measurement says, and returns what changed.
    fn take(&mut self, report: &ProbeReport, site: &Site, started: &str) -> Vec<Changed> {
        let mut out = Vec::new();
        for service in &report.services {
            let key = (service.vantage.clone(), service.service.clone());
            let now = (service.state, started.to_owned());
            let before = self.services.get(&key).map(|(state, _)| *state);
            if before == Some(service.state) {
                continue;
            }
            self.services.insert(key, now);
            let left = rank(service.state) > before.map_or(0, rank);
            let was = before.map_or(String::new(), |state| format!("{} -> ", word(state)));
            let mut text = format!(
                "{started} {}{}: {was}{}",
                service.service,
                from(service),
                word(service.state)
            );
            if left {
                let users = users(site, &service.service);
                let _ = write!(text, " ({users}): {}", service.why.join("; "));
            }
            out.push(Changed { text, left });
        }
        out
    }

    /// Notes how requirements stand against the baseline, and returns what changed.
    fn compare(&mut self, requirements: &[VerifiedRequirement], started: &str) -> Vec<Changed> {
        let mut out = Vec::new();
        for row in requirements {
            let now = (row.standing, started.to_owned());
            let before = self.requirements.insert(row.id.clone(), now);
            let before = before.map_or(Standing::Same, |(standing, _)| standing);
            if before == row.standing {
                continue;
            }
            let left = row.standing > before.max(Standing::Better);
            let mut text = format!(
                "{started} {}: {} -> {}",
                row.id,
                standing_word(before),
                standing_word(row.standing)
            );
            if left {
                let (count, area, reaction) = (row.count, &row.area, &row.reaction);
                let why = row.why.join("; ");
                let _ = write!(text, " ({count} pumps, {area} ({reaction})): {why}");
            }
            out.push(Changed { text, left });
        }
        out
    }
}

/// How a requirement stands against the baseline, in a word.
fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Same => "SAME",
        Standing::Better => "BETTER",
        Standing::Worse => "WORSE",
        Standing::Unknown => "UNKNOWN",
        Standing::Broken => "BROKEN",
    }
}

/// How far a state is outside of what is required; not measured is outside too.
fn rank(state: State) -> u8 {
    match state {
        State::Works | State::NotProbed => 0,
        State::Degraded => 1,
        State::NotMeasured => 2,
        State::Disagrees | State::Fails => 3,
    }
}

/// The pump groups that use a service.
fn users(site: &Site, service: &str) -> String {
    let groups = site.pumps.iter();
    let names: Vec<String> = groups
        .filter(|group| group.uses.iter().any(|used| used == service))
        .map(|group| {
            let count: u32 = group.firmware.iter().map(|firmware| firmware.count).sum();
            format!(
                "{} {count} pumps, {} ({})",
                group.id,
                group.area,
                group.reaction.name()
            )
        })
        .collect();
    if names.is_empty() {
        "no pump group uses it".to_owned()
    } else {
        names.join("; ")
    }
}

/// A vantage behind what it speaks of.
fn from(service: &ServiceSummary) -> String {
    if service.vantage.is_empty() {
        String::new()
    } else {
        format!(" from {}", service.vantage)
    }
}

/// What changed, for a pipe.
fn lines(changes: &[Changed]) -> String {
    changes.iter().fold(String::new(), |out, change| {
        out + &escape_terminal(&change.text) + "\n"
    })
}

/// The whole table, for a terminal; it rings where a requirement left its limits.
fn screen(known: &Known, report: &ProbeReport, changes: &[Changed], started: &str) -> String {
    // Home, then clear (ECMA-48 CUP, ED).
    let mut text = "\x1b[H\x1b[2J".to_owned();
    if changes.iter().any(|change| change.left) {
        text.push('\x07');
    }
    let mut line = |line: &str| {
        text.push_str(&escape_terminal(line));
        text.push('\n');
    };
    line(&format!("measured {started}, Ctrl-C ends"));
    for service in &report.services {
        let key = (service.vantage.clone(), service.service.clone());
        let since = known.services.get(&key).map_or("", |(_, since)| since);
        let half = report
            .observations
            .iter()
            .filter(|one| one.service == service.service && one.bearing)
            .filter(|one| service.vantage.is_empty() || one.vantage.id == service.vantage)
            .filter_map(|one| one.summary.latency.as_ref())
            .map(|times| times.p50_us)
            .max();
        let half = half.map_or(String::new(), |us| {
            format!("  {}.{:03} ms", us / 1000, us % 1000)
        });
        line(&format!(
            "{:<12} {:<16} {} of {} servers, since {since}{half}{}",
            word(service.state),
            service.service,
            service.working,
            service.want,
            from(service)
        ));
    }
    for (id, (standing, since)) in &known.requirements {
        if *standing > Standing::Better {
            line(&format!(
                "{:<12} {id} since {since}",
                standing_word(*standing)
            ));
        }
    }
    for change in changes {
        line(&change.text);
    }
    text
}

/// A state in words.
fn word(state: State) -> &'static str {
    match state {
        State::Works => "WORKS",
        State::Degraded => "DEGRADED",
        State::Fails => "FAILS",
        State::Disagrees => "DISAGREES",
        State::NotMeasured => "NOT MEASURED",
        State::NotProbed => "NOT PROBED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::observation::{Anchor, PROBE_SCHEMA};

    /// A report that says one thing of one service.
    fn report(state: State) -> ProbeReport {
        let anchor = Anchor {
            file: "site.yaml".to_owned(),
            line: 1,
            column: 1,
        };
        ProbeReport {
            schema: PROBE_SCHEMA.to_owned(),
            tool: String::new(),
            site_sha256: String::new(),
            exit_code: 0,
            stopped: None,
            services: vec![ServiceSummary {
                vantage: "ward-a".to_owned(),
                service: "gateway".to_owned(),
                state,
                why: vec!["refused\x1b[31m".to_owned()],
                working: 0,
                need: 1,
                want: 1,
                time_to_answer: Vec::new(),
                statements: Vec::new(),
                anchor,
            }],
            vantages: Vec::new(),
            networks_not_checked: Vec::new(),
            observations: Vec::new(),
        }
    }

    #[test]
    fn it_rings_once_when_a_service_fails_and_not_when_it_heals() {
        let site = crate::input::site::parse_site(
            &crate::source::File::new(
                crate::source::FileId(0),
                "site.yaml",
                crate::source::FileOrigin::Disk,
                b"schema: 1\nsite: Example\nservices:\n  dns: { address: 10.50.0.53 }\nnetworks:\n  \
                  icu: { subnet: 10.20.230.0/24 }\npumps:\n  - { id: p, profile: generic, firmware: \
                  { unknown: 3 }, on: [icu], area: A, reaction: seconds, addressing: dhcp, uses: [dns] }\n",
            ),
            &crate::input::profile::load_profiles(&[], None, &mut crate::input::FileTable::new())
                .unwrap(),
        )
        .unwrap();
        let mut known = Known::default();
        let mut rings = |state, at: &str| {
            let report = report(state);
            let changes = known.take(&report, &site, at);
            let shown = screen(&known, &report, &changes, at);
            // No escape of an input reaches the terminal.
            assert_eq!(shown.matches('\x1b').count(), 2);
            (shown.contains('\x07'), lines(&changes))
        };
        assert_eq!(
            rings(State::Works, "1"),
            (false, "1 gateway from ward-a: WORKS\n".to_owned())
        );
        assert_eq!(rings(State::Works, "2"), (false, String::new()));
        let (rang, line) = rings(State::Fails, "3");
        assert!(rang && line.starts_with("3 gateway from ward-a: WORKS -> FAILS (no pump group"));
        assert!(!rings(State::Fails, "4").0);
        assert!(!rings(State::Works, "5").0);
    }
}
