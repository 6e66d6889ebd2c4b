//! The network after a change against the baseline: same, better, worse or broken.
//!
//! A requirement stands as the vantages inside of its network say; what was measured from elsewhere
//! is listed and decides nothing, since it says nothing of the pumps' own filters.

use std::collections::BTreeSet;

use crate::assessment::vantage;
use crate::input::evidence::Evidence;
use crate::intent::{Intent, Requirement};
use crate::wire::observation::{ProbeReport, ServiceSummary, State, StopReason};
use crate::wire::verification::{
    ComparedMeasurement, ComparisonStatistics, MeasurementRun, Standing, VERIFICATION_SCHEMA,
    Verification, VerificationSummary, VerifiedRequirement,
};

mod compare;
mod evidence;
mod statistics;

#[cfg(test)]
mod tests;

/// What is no difference, however sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most often that a run in which nothing changed calls anything worse.
    pub false_alarms: f64,
    /// Least shift of answers in microseconds.
    pub least_shift_us: u64,
    /// Least shift of answers in percent of the baseline's median.
    pub least_shift_percent: u32,
    /// Least growth of loss in percentage points.
    pub least_loss_points: u32,
}

impl Default for Limits {
    /// One run in a hundred; a quarter of the median and five milliseconds, since two measurements of
    /// an unchanged network at different hours differ by more than chance, and no resolver that is
    /// known waits less than a hundred times that; a hundredth lost.
    fn default() -> Self {
        Self {
            false_alarms: 0.01,
            least_shift_us: 5_000,
            least_shift_percent: 25,
            least_loss_points: 1,
        }
    }
}

/// Compares a measurement with the baseline, and what was counted of the pumps themselves;
/// `selected` are ids of services, none for all.
pub fn verify(
    intent: &Intent,
    selected: &[String],
    baseline: &ProbeReport,
    now: &ProbeReport,
    counted: &[Evidence],
    limits: Limits,
) -> Verification {
    let (measurements, tests) = compare::compare(baseline, now, limits);
    let counted = evidence::compare(intent, counted, limits);
    let inside = (
        vantage::inside(&intent.site, baseline),
        vantage::inside(&intent.site, now),
    );
    let requirements: Vec<VerifiedRequirement> = intent
        .requirements()
        .into_iter()
        .filter(|row| selected.is_empty() || selected.contains(&row.service))
        .map(|row| {
            let ids = |of: &std::collections::BTreeMap<String, BTreeSet<String>>| {
                of.get(&row.network).cloned().unwrap_or_default()
            };
            let own = ids(&inside.0).union(&ids(&inside.1)).cloned().collect();
            let verified = judge(&row, &own, (baseline, now), &measurements);
            add_evidence(verified, evidence::of_requirement(intent, &row, &counted))
        })
        .collect();
    let doubts = doubts(intent, selected, baseline, now);
    let summary = count(&requirements);
    let canceled = now
        .stopped
        .as_ref()
        .is_some_and(|stopped| stopped.reason == StopReason::Canceled);
    Verification {
        schema: VERIFICATION_SCHEMA.to_owned(),
        tool: concat!("pump-preflight ", env!("CARGO_PKG_VERSION")).to_owned(),
        exit_code: if canceled {
            2
        } else {
            exit_code(&summary, requirements.is_empty() || !doubts.is_empty())
        },
        summary,
        requirements,
        measurements,
        evidence: counted.into_iter().map(|(_, row)| row).collect(),
        statistics: ComparisonStatistics {
            false_alarms: limits.false_alarms,
            tests,
            least_shift_us: limits.least_shift_us,
            least_shift_percent: limits.least_shift_percent,
            least_loss_points: limits.least_loss_points,
        },
        baseline: run_of(baseline),
        now: run_of(now),
        stopped: now.stopped.clone(),
        networks_not_checked: vantage::not_checked(&intent.site, now),
        doubts,
    }
}

/// Joins what was counted of the pumps themselves: it stands in where nothing was measured from
/// inside, and else the worse of both counts.
fn add_evidence(
    mut row: VerifiedRequirement,
    (standing, why, decides): (Standing, Vec<String>, bool),
) -> VerifiedRequirement {
    if row.standing == Standing::Unknown && decides {
        row.standing = standing;
    } else {
        row.standing = row.standing.max(standing);
    }
    row.why.splice(0..0, why);
    row
}

/// 1 where one is broken, 3 where one is unknown or something does not fit, 4 where one is worse.
fn exit_code(summary: &VerificationSummary, doubtful: bool) -> u8 {
    if summary.broken > 0 {
        1
    } else if summary.unknown > 0 || doubtful {
        3
    } else if summary.worse > 0 {
        4
    } else {
        0
    }
}

/// Requirements by how they stand.
fn count(requirements: &[VerifiedRequirement]) -> VerificationSummary {
    let of = |standing| {
        let rows = requirements.iter();
        rows.filter(|row| row.standing == standing).count()
    };
    VerificationSummary {
        same: of(Standing::Same),
        better: of(Standing::Better),
        worse: of(Standing::Worse),
        unknown: of(Standing::Unknown),
        broken: of(Standing::Broken),
    }
}

/// When and from where a side was measured.
fn run_of(report: &ProbeReport) -> MeasurementRun {
    MeasurementRun {
        started: report
            .observations
            .iter()
            .map(|observation| observation.started.clone())
            .min()
            .unwrap_or_default(),
        tool: report.tool.clone(),
        vantages: vantage::vantages(report),
        site_sha256: report.site_sha256.clone(),
    }
}

/// How one requirement stands, as the vantages inside of its network say.
fn judge(
    row: &Requirement,
    vantages: &BTreeSet<String>,
    sides: (&ProbeReport, &ProbeReport),
    measurements: &[ComparedMeasurement],
) -> VerifiedRequirement {
    let mut standing = Standing::Same;
    let mut why = Vec::new();
    for id in vantages {
        let (one, reasons) = from_vantage(id, &row.service, sides, measurements);
        standing = standing.max(one);
        why.extend(
            reasons
                .into_iter()
                .map(|reason| format!("from {id}: {reason}")),
        );
    }
    if vantages.is_empty() {
        standing = Standing::Unknown;
        why.push(format!("nothing was measured from inside {}", row.network));
        let elsewhere = sides
            .1
            .services
            .iter()
            .find(|other| other.service == row.service);
        if let Some(elsewhere) = elsewhere {
            why.push(format!(
                "measured from outside, {} {}",
                row.service,
                word(elsewhere.state)
            ));
        }
    }
    VerifiedRequirement {
        id: row.id.to_string(),
        group: row.group.clone(),
        network: row.network.clone(),
        firmware: row.firmware.clone(),
        service: row.service.clone(),
        area: row.area.clone(),
        reaction: row.reaction.name().to_owned(),
        count: row.count,
        standing,
        vantages: vantages.iter().cloned().collect(),
        why,
    }
}

/// How a service stands as one vantage says.
fn from_vantage(
    id: &str,
    service: &str,
    (baseline, now): (&ProbeReport, &ProbeReport),
    measurements: &[ComparedMeasurement],
) -> (Standing, Vec<String>) {
    let before = vantage::summary(baseline, id, service)
        .filter(|_| vantage::vantages(baseline).iter().any(|known| known == id));
    let after = vantage::summary(now, id, service)
        .filter(|_| vantage::vantages(now).iter().any(|known| known == id));
    let Some(after) = after else {
        return (Standing::Unknown, vec!["not measured now".to_owned()]);
    };
    match after.state {
        State::Fails | State::Disagrees => {
            let mut why = after.why.clone();
            if before.is_some_and(|before| before.state == after.state) {
                why.push("as in the baseline".to_owned());
            }
            return (Standing::Broken, why);
        }
        State::NotMeasured | State::NotProbed => return (Standing::Unknown, after.why.clone()),
        State::Works | State::Degraded => {}
    }
    let Some(before) = before else {
        let why = "it works; the baseline did not measure it".to_owned();
        return (Standing::Unknown, vec![why]);
    };
    match before.state {
        State::Fails | State::Disagrees => {
            return (
                Standing::Better,
                vec!["it failed in the baseline".to_owned()],
            );
        }
        State::NotMeasured | State::NotProbed => {
            let why = "it works; the baseline has no whole measurement of it".to_owned();
            return (Standing::Unknown, vec![why]);
        }
        State::Works | State::Degraded => {}
    }
    let mut standing = Standing::Same;
    let mut why = Vec::new();
    for own in measurements
        .iter()
        .filter(|own| own.bearing && own.vantage == id && own.service == service)
    {
        let partner = own.before.is_some() && own.after.is_some();
        // A server that only one side has is judged by the servers that are left.
        if !partner {
            continue;
        }
        standing = standing.max(own.standing);
        let place = format!("{} {} {}", own.target.address, own.target.port, own.probe);
        why.extend(own.why.iter().map(|reason| format!("{place}: {reason}")));
    }
    for reason in weaker(before, after) {
        standing = standing.max(Standing::Worse);
        why.push(reason);
    }
    (standing, why)
}

/// In what a service that works is weaker than it was.
fn weaker(before: &ServiceSummary, after: &ServiceSummary) -> Vec<String> {
    let mut out = Vec::new();
    if after.working < before.working {
        out.push(format!(
            "{} of {} servers work, {} did",
            after.working, after.want, before.working
        ));
    }
    if after.need < before.need || after.want < before.want {
        out.push(format!(
            "the site file asks for fewer servers than it did: needs {}, wants {}; {} and {} before",
            after.need, after.want, before.need, before.want
        ));
    }
    out
}

/// What does not fit between both measurements and the site file.
fn doubts(
    intent: &Intent,
    selected: &[String],
    baseline: &ProbeReport,
    now: &ProbeReport,
) -> Vec<String> {
    let mut out = Vec::new();
    let measured: BTreeSet<&str> = baseline
        .services
        .iter()
        .map(|row| row.service.as_str())
        .collect();
    for service in measured {
        if selected.is_empty() && !intent.site.services.contains_key(service) {
            out.push(format!(
                "the baseline measured `{service}`, which the site file does not declare any more"
            ));
        }
    }
    for (report, name) in [(baseline, "baseline"), (now, "measurement")] {
        if report.observations.is_empty() {
            out.push(format!("the {name} holds no observation"));
        }
    }
    out
}

/// A state as a verb.
fn word(state: State) -> &'static str {
    match state {
        State::Works => "works",
        State::Degraded => "works, not as wanted",
        State::Fails => "fails",
        State::Disagrees => "contradicts itself",
        State::NotMeasured => "was not measured",
        State::NotProbed => "was not probed",
    }
}
