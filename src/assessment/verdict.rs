//! The verdict: no-go over inconclusive over conditional over go.

use std::collections::BTreeMap;

use super::observed::is_known_down;
use crate::change::{Comparison, RequirementChange, StageChange};
use crate::input::Case;
use crate::intent::RequirementId;
use crate::wire::assessment::{
    Bearing, Condition, Effect, Finding, Observed, ObservedAs, Severity, Unknown, Verdict,
};
use crate::wire::stress::{Raises, Stress};

/// The worst that changes, findings, questions and conditions say.
pub(super) fn verdict(
    case: &Case,
    comparison: &Comparison,
    findings: &[Finding],
    conditions: &[Condition],
    unknowns: &[Unknown],
) -> Verdict {
    let mut worst = Verdict::Go;
    // A file that nobody read and that differs could change anything.
    if !case.unread_changes.is_empty() {
        worst = worst.max(Verdict::Inconclusive);
    }
    if comparison
        .changes
        .iter()
        .any(|change| change.bearing == Bearing::Blocks)
    {
        worst = worst.max(Verdict::Inconclusive);
    }
    for finding in findings {
        worst = worst.max(match finding.severity {
            Severity::Critical | Severity::Error => Verdict::NoGo,
            Severity::Warning => Verdict::Conditional,
            Severity::Note => Verdict::Go,
        });
    }
    if unknowns.iter().any(|unknown| !unknown.blocks.is_empty()) {
        worst = worst.max(Verdict::Inconclusive);
    }
    if conditions.iter().any(|condition| !condition.met) {
        worst = worst.max(Verdict::Conditional);
    }
    worst
}

/// What the requirements say: one that is known to be down has nothing to lose, and one that the
/// network contradicts is not decided by its configuration.
pub(super) fn of_requirements(
    comparison: &Comparison,
    observed: &BTreeMap<RequirementId, Observed>,
    lasts_s: Option<u64>,
) -> Verdict {
    let rows = comparison.requirements.iter();
    let verdicts = rows.map(|row| {
        let observed = observed.get(&row.requirement.id);
        if is_known_down(row, observed) {
            return Verdict::Go;
        }
        of_requirement(row, lasts_s).max(match observed.map(|observed| observed.says) {
            Some(ObservedAs::Contradicts) => Verdict::Inconclusive,
            Some(ObservedAs::NotChecked | ObservedAs::Agrees | ObservedAs::ConfirmsDown) | None => {
                Verdict::Go
            }
        })
    });
    verdicts.max().unwrap_or(Verdict::Go)
}

/// What the stress model raises a verdict to.
pub(super) fn of_stress(rows: &[Stress]) -> Verdict {
    let worst = rows.iter().map(|row| row.raises).max();
    match worst.unwrap_or(Raises::Nothing) {
        Raises::Nothing => Verdict::Go,
        Raises::Conditional => Verdict::Conditional,
        Raises::NoGo => Verdict::NoGo,
    }
}

/// What one requirement's change makes of the verdict.
fn of_requirement(row: &RequirementChange, lasts_s: Option<u64>) -> Verdict {
    let tolerated = row.requirement.reaction.tolerates_s();
    match row.effect {
        Effect::Lost if lasts_s.is_some_and(|seconds| seconds <= tolerated) => Verdict::Conditional,
        Effect::Lost => Verdict::NoGo,
        Effect::Unknown | Effect::BrokenBefore | Effect::Gained => Verdict::Inconclusive,
        Effect::Transient | Effect::Degraded => {
            #[expect(clippy::cast_precision_loss, reason = "at most a day in seconds")]
            let limit = tolerated as f64;
            // A stage that passes by itself may stand beside one that is degraded for good.
            let too_long = |stage: &StageChange| match stage.effect {
                Effect::Transient => {
                    let held = stage.transient.as_ref();
                    let heals = held.and_then(|held| held.heals_after_s);
                    heals.is_some_and(|seconds| seconds > tolerated)
                }
                Effect::Degraded => {
                    let after = stage.after.as_ref();
                    after.is_some_and(|after| after.delay_s > limit)
                }
                Effect::Unchanged
                | Effect::Gained
                | Effect::BrokenBefore
                | Effect::Unknown
                | Effect::Lost => false,
            };
            if row.stages.iter().any(too_long) {
                Verdict::NoGo
            } else {
                Verdict::Conditional
            }
        }
        Effect::Unchanged => Verdict::Go,
    }
}

/// The answer to "what works today": all work, one fails by the configuration or by what was
/// measured, or one is not known.
pub(super) fn today(
    comparison: &Comparison,
    observed: &BTreeMap<RequirementId, Observed>,
) -> Verdict {
    let any = |effect| {
        comparison
            .requirements
            .iter()
            .any(|row| row.effect == effect)
    };
    let contradicted = observed
        .values()
        .any(|observed| observed.says == ObservedAs::Contradicts);
    if any(Effect::BrokenBefore) || contradicted {
        Verdict::NoGo
    } else if any(Effect::Unknown) {
        Verdict::Inconclusive
    } else {
        Verdict::Go
    }
}
