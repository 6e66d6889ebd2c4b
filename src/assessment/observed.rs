//! What was measured before the change, joined to what the configuration says of it.
//!
//! An observation confirms or contradicts the state before; it never says what the change does, so
//! it takes nothing from a loss. Only vantages inside of a pump network speak for it.

use std::collections::{BTreeMap, BTreeSet};

use super::vantage;
use crate::analysis::{Nominal, StageOutcome};
use crate::change::{Comparison, RequirementChange};
use crate::input::Case;
use crate::intent::{RequirementId, Stage};
use crate::wire::assessment::{Effect, Measured, Observed, ObservedAs, Proof};
use crate::wire::observation::{ProbeReport, State};

/// What the measurement says of each requirement; agreement raises how well it is known.
pub(super) fn join(case: &Case, comparison: &mut Comparison) -> BTreeMap<RequirementId, Observed> {
    let Some(measurement) = &case.measurement else {
        return BTreeMap::new();
    };
    let report = &measurement.report;
    let inside = vantage::inside(&case.intent_before.site, report);
    let nobody = BTreeSet::new();
    let mut out = BTreeMap::new();
    for row in &mut comparison.requirements {
        let vantages = inside.get(&row.requirement.network).unwrap_or(&nobody);
        let observed = observe(case, report, row, vantages);
        if raises_proof(row, &observed) {
            row.proof = Proof::Observed;
        }
        out.insert(row.requirement.id.clone(), observed);
    }
    out
}

/// The measurement as the report shows it.
pub(super) fn measured(case: &Case) -> Option<Measured> {
    let measurement = case.measurement.as_ref()?;
    let report = &measurement.report;
    let starts = report.observations.iter().map(|one| one.started.as_str());
    Some(Measured {
        from: measurement.path.clone(),
        started: starts.min().unwrap_or_default().to_owned(),
        vantages: vantage::vantages(report),
        networks_not_checked: vantage::not_checked(&case.intent_before.site, report),
        services: report.services.clone(),
    })
}

/// What the network answered from inside.
enum Answer {
    /// The service works.
    Works,
    /// It fails, and why.
    Fails(String),
    /// Its servers contradict each other.
    Contradicts(String),
    /// Nothing that speaks for it, and why.
    Silent(String),
}

/// What the vantages inside of a requirement's network say of it.
fn observe(
    case: &Case,
    report: &ProbeReport,
    row: &RequirementChange,
    vantages: &BTreeSet<String>,
) -> Observed {
    let mut says = ObservedAs::NotChecked;
    let mut why = Vec::new();
    if vantages.is_empty() {
        why.push(format!("no vantage in {}", row.requirement.network));
    }
    for id in vantages {
        let answer = answer(case, report, id, &row.requirement.service);
        let (one, reason) = compare(row, answer);
        says = says.max(one);
        why.push(format!("from {id}: {reason}"));
    }
    Observed {
        says,
        vantages: vantages.iter().cloned().collect(),
        why,
    }
}

/// What one vantage answered about a service of the before site.
fn answer(case: &Case, report: &ProbeReport, vantage: &str, service: &str) -> Answer {
    let silent = |why: &str| Answer::Silent(why.to_owned());
    let Some(declared) = case.intent_before.site.services.get(service) else {
        return silent("the site file before does not declare it");
    };
    let mut asked = report
        .observations
        .iter()
        .filter(|one| one.vantage.id == vantage && one.service == service)
        .peekable();
    if asked.peek().is_none() {
        return silent("not measured");
    }
    let known = |address: &str| {
        let mut servers = declared.servers.iter();
        servers.any(|server| server.to_string() == address)
    };
    if let Some(other) = asked.find(|one| !known(&one.target.address)) {
        return Answer::Silent(format!(
            "measured at {}, which is none of its servers",
            other.target.address
        ));
    }
    let Some(summary) = vantage::summary(report, vantage, service) else {
        return silent("not measured");
    };
    let why = summary.why.join("; ");
    match summary.state {
        State::Works | State::Degraded => Answer::Works,
        State::Fails => Answer::Fails(why),
        State::Disagrees => Answer::Contradicts(why),
        State::NotMeasured | State::NotProbed => Answer::Silent(why),
    }
}

/// What an answer means beside what the configuration says of the state before.
fn compare(row: &RequirementChange, answer: Answer) -> (ObservedAs, String) {
    let failing: Vec<&StageOutcome> = row
        .before
        .stages
        .iter()
        .filter(|stage| stage.nominal == Nominal::Fails)
        .collect();
    match answer {
        Answer::Silent(why) => (ObservedAs::NotChecked, why),
        Answer::Works if failing.is_empty() => (ObservedAs::Agrees, "it works".to_owned()),
        Answer::Works if failing.iter().any(|stage| is_probed(stage.stage)) => (
            ObservedAs::Contradicts,
            "it works, where the configuration says that it fails".to_owned(),
        ),
        Answer::Works => (
            ObservedAs::NotChecked,
            "it works for the vantage, which need not pass the stage that fails".to_owned(),
        ),
        Answer::Fails(why) if failing.is_empty() => (
            ObservedAs::Contradicts,
            format!("it fails, where the configuration says that it works: {why}"),
        ),
        Answer::Fails(why) => (ObservedAs::ConfirmsDown, format!("it fails: {why}")),
        Answer::Contradicts(why) => (
            ObservedAs::Contradicts,
            format!("its servers contradict each other: {why}"),
        ),
    }
}

/// Whether a probe passes a stage as a pump does.
fn is_probed(stage: Stage) -> bool {
    match stage {
        Stage::Resolve | Stage::Time | Stage::Connect | Stage::Secure => true,
        Stage::Attach
        | Stage::Authenticate
        | Stage::Authorize
        | Stage::Address
        | Stage::Session
        | Stage::Upstream => false,
    }
}

/// Whether a requirement is better known by the measurement: it confirms what an assumption or the
/// likeness of both snapshots says, and the change adds no assumption.
fn raises_proof(row: &RequirementChange, observed: &Observed) -> bool {
    let same_assumptions = row.stages.iter().all(|stage| {
        let assumed = |outcome: &Option<StageOutcome>| {
            let outcome = outcome.as_ref()?;
            outcome.facts.get("assumed").cloned()
        };
        assumed(&stage.before) == assumed(&stage.after)
    });
    match observed.says {
        ObservedAs::Agrees => {
            row.effect == Effect::Unchanged && row.proof != Proof::Exact && same_assumptions
        }
        ObservedAs::ConfirmsDown => row.effect == Effect::BrokenBefore,
        ObservedAs::NotChecked | ObservedAs::Contradicts => false,
    }
}

/// Whether a requirement that does not work before is known to be down, and the change touches no
/// stage of it: then there is nothing to lose.
pub(super) fn is_known_down(row: &RequirementChange, observed: Option<&Observed>) -> bool {
    observed.is_some_and(|observed| observed.says == ObservedAs::ConfirmsDown)
        && row.stages.iter().all(|stage| {
            matches!(
                stage.effect,
                Effect::Unchanged | Effect::BrokenBefore | Effect::Gained
            )
        })
}
