//! What must be so for `conditional` to become `go`, and what is assumed.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Shape;
use crate::change::{Comparison, Disturbance};
use crate::intent::{AssumedBeyond, Stage};
use crate::wire::assessment::{Condition, Effect, Finding, Phase, Severity};

use super::rows::duration;
use crate::input::Case;

/// Conditions by phase and text: whether met, by what evidence, and whose.
type Texts = BTreeMap<(Phase, String), (bool, Option<String>, Option<String>)>;

/// Conditions from transients, from degradations, from findings, and from boundaries newly crossed.
pub(super) fn conditions(
    case: &Case,
    comparison: &Comparison,
    findings: &[Finding],
) -> Vec<Condition> {
    let mut texts: Texts = BTreeMap::new();
    for disturbance in &comparison.disturbances {
        let row = comparison
            .requirements
            .iter()
            .find(|row| row.requirement.id == disturbance.requirement);
        let Some(row) =
            row.filter(|row| matches!(row.effect, Effect::Transient | Effect::Degraded))
        else {
            continue;
        };
        let group = case
            .intent
            .site
            .pumps
            .iter()
            .find(|group| group.id == row.requirement.group);
        let owner = group.and_then(|group| group.owner.clone());
        let (phase, text) = of_disturbance(
            disturbance,
            &row.requirement.group,
            &row.requirement.service,
        );
        texts.insert((phase, text), (false, None, owner));
    }
    for finding in findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
    {
        texts.insert((Phase::Before, finding.remedy.clone()), (false, None, None));
    }
    for boundary in newly_crossed(case, comparison) {
        let text = format!(
            "packets pass beyond {} {} ({}) and answers return",
            boundary.device, boundary.interface, boundary.beyond
        );
        let met = boundary.evidence.is_some();
        texts.insert(
            (Phase::Before, text),
            (met, boundary.evidence.clone(), None),
        );
    }
    texts
        .into_iter()
        .enumerate()
        .map(
            |(index, ((phase, text), (met, evidence, owner)))| Condition {
                id: format!("k{}", index + 1),
                phase,
                text,
                met,
                evidence,
                owner,
            },
        )
        .collect()
}

/// The condition that answers a disturbance.
fn of_disturbance(disturbance: &Disturbance, group: &str, service: &str) -> (Phase, String) {
    match (disturbance.shape, disturbance.duration_s) {
        (Shape::StaleAddress | Shape::NxDomain | Shape::WrongAddress, Some(seconds)) => (
            Phase::Before,
            format!(
                "the time to live of the name of {service} is lowered at least {} before the window, or the old address answers as long afterwards",
                duration(seconds)
            ),
        ),
        (_, Some(seconds)) if disturbance.stage == Stage::Attach => (
            Phase::During,
            format!(
                "{group} bears losing its network for up to {}: bedside staff know, spare pumps stand by",
                duration(seconds)
            ),
        ),
        (_, Some(seconds)) => (
            Phase::During,
            format!(
                "{group} bears losing {service} for up to {}: bedside staff know, spare pumps stand by",
                duration(seconds)
            ),
        ),
        (_, None) => (
            Phase::After,
            format!(
                "{group} bears {service} as it is afterwards: {}",
                disturbance.why
            ),
        ),
    }
}

/// Declared boundaries that are assumed to permit and that packets cross only after the change.
fn newly_crossed<'a>(case: &'a Case, comparison: &Comparison) -> Vec<&'a crate::intent::Boundary> {
    let crossed = |after: bool| -> BTreeSet<String> {
        comparison
            .requirements
            .iter()
            .flat_map(|row| &row.stages)
            .filter_map(|stage| {
                if after {
                    stage.after.as_ref()
                } else {
                    stage.before.as_ref()
                }
            })
            .filter_map(|outcome| outcome.facts.get("assumed"))
            .flat_map(|names| names.split(", ").map(str::to_owned))
            .collect()
    };
    let (before, after) = (crossed(false), crossed(true));
    case.intent
        .site
        .boundaries
        .iter()
        .filter(|boundary| boundary.assume == AssumedBeyond::Permits)
        .filter(|boundary| {
            let name = format!("{} {}", boundary.device, boundary.interface);
            after.contains(&name) && !before.contains(&name)
        })
        .collect()
}

/// What the answer rests on, in sentences.
pub(super) fn assumptions(case: &Case, comparison: &Comparison) -> Vec<String> {
    let mut out: BTreeSet<String> = case.notes.iter().cloned().collect();
    let used: BTreeSet<&str> = comparison
        .requirements
        .iter()
        .flat_map(|row| {
            row.stages
                .iter()
                .flat_map(|stage| [&stage.before, &stage.after])
        })
        .flatten()
        .filter_map(|outcome| outcome.facts.get("assumed").map(String::as_str))
        .flat_map(|names| names.split(", "))
        .collect();
    for boundary in &case.intent.site.boundaries {
        let name = format!("{} {}", boundary.device, boundary.interface);
        if used.contains(name.as_str()) {
            out.insert(format!(
                "Beyond {name} ({}) packets pass and answers return{}.",
                boundary.beyond,
                boundary
                    .evidence
                    .as_ref()
                    .map_or(", without evidence".to_owned(), |evidence| format!(
                        ", as {evidence} shows"
                    ))
            ));
        }
    }
    let inferred = case
        .after
        .links
        .iter()
        .any(|link| link.evidence != crate::model::LinkEvidence::Declared);
    if inferred {
        out.insert(
            "Links between devices are inferred from descriptions and subnets, not declared."
                .to_owned(),
        );
    }
    out.into_iter().collect()
}
