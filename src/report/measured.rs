//! What was measured before a change, in lines that several reports print.

use std::collections::BTreeMap;

use super::answer::{Answer, counted};
use crate::wire::assessment::ObservedAs;
use crate::wire::observation::{Observation, State};

impl Answer<'_> {
    /// When and from where, each measurement, then how they stand to the configuration.
    pub(super) fn measured(&self) -> Vec<String> {
        let Some(measured) = &self.assessment.measured else {
            return Vec::new();
        };
        let mut lines = vec![format!(
            "{} ({}), from {}",
            measured.started,
            measured.from,
            measured.vantages.join(", ")
        )];
        let observations = self.assessment.observations.iter();
        lines.extend(observations.filter(|one| one.bearing).map(observation));
        for network in &measured.networks_not_checked {
            lines.push(format!("not checked: {network} (no vantage)"));
        }
        lines.extend(self.agreement());
        lines
    }

    /// How many requirements the measurement confirms, and which it contradicts, with the reasons.
    fn agreement(&self) -> Vec<String> {
        let mut counts: BTreeMap<ObservedAs, usize> = BTreeMap::new();
        let mut against: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for requirement in &self.assessment.requirements {
            let Some(observed) = &requirement.observed else {
                continue;
            };
            *counts.entry(observed.says).or_default() += 1;
            if observed.says == ObservedAs::Contradicts {
                let reason = observed.why.join("; ");
                against.entry(reason).or_default().push(&requirement.id);
            }
        }
        let mut lines: Vec<String> = counts
            .into_iter()
            .map(|(says, count)| {
                let what = match says {
                    ObservedAs::NotChecked => "not measured from inside",
                    ObservedAs::Agrees => "as configured",
                    ObservedAs::ConfirmsDown => "down, as configured",
                    ObservedAs::Contradicts => "not as configured",
                };
                format!("{}: {what}", counted(count, "requirement", "requirements"))
            })
            .collect();
        for (reason, ids) in against {
            lines.push(format!("not as configured: {}: {reason}", ids.join(", ")));
        }
        lines
    }
}

/// One measurement in one line.
fn observation(one: &Observation) -> String {
    let state = match one.state {
        State::Works => "works",
        State::Degraded => "works, with faults",
        State::Fails => "fails",
        State::Disagrees => "contradicts itself",
        State::NotMeasured => "was not measured",
        State::NotProbed => "was not probed",
    };
    let latency = one.summary.latency.as_ref().map_or(String::new(), |times| {
        let half = times.p50_us;
        format!(", half within {}.{:03} ms", half / 1000, half % 1000)
    });
    let why = if one.why.is_empty() {
        String::new()
    } else {
        format!(" ({})", one.why.join("; "))
    };
    let cut = if one.partial { ", cut short" } else { "" };
    format!(
        "{} {} {} {} from {}: {state}, {} of {} answered{latency}{cut}{why}",
        one.service,
        one.target.address,
        one.target.port,
        one.probe,
        one.vantage.id,
        one.summary.answered,
        one.summary.sent,
    )
}
