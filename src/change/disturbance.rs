//! What pumps will notice of a change, from when to when.

use crate::analysis::{Nominal, Shape};
use crate::wire::assessment::Effect;

use super::{Disturbance, RequirementChange, StageChange};

/// The disturbances of one requirement: each stage that is lost, late or stale.
pub(super) fn disturbances(change: &RequirementChange) -> Vec<Disturbance> {
    let mut out = Vec::new();
    for stage in &change.stages {
        if let Some(disturbance) = of_stage(change, stage) {
            out.push(disturbance);
        }
    }
    out
}

/// The disturbance of one stage, if there is one.
fn of_stage(change: &RequirementChange, stage: &StageChange) -> Option<Disturbance> {
    let after = stage.after.as_ref()?;
    let transient = stage.transient.as_ref();
    let (shape, duration_s, why) = match stage.effect {
        Effect::Lost => match transient
            .filter(|held| after.nominal == Nominal::Works && held.nominal == Nominal::Fails)
        {
            Some(held) => (held.shape.unwrap_or(Shape::Drop), None, &held.why),
            None => (after.shape.unwrap_or(Shape::Drop), None, &after.why),
        },
        Effect::Transient => {
            let held = transient?;
            (
                held.shape.unwrap_or(Shape::Slow),
                held.heals_after_s,
                &held.why,
            )
        }
        Effect::Degraded if stage.is_unnoticed => return None,
        Effect::Degraded => (Shape::Slow, None, &after.why),
        Effect::Unchanged | Effect::Gained | Effect::BrokenBefore | Effect::Unknown => return None,
    };
    Some(Disturbance {
        requirement: change.requirement.id.clone(),
        stage: stage.stage,
        shape,
        onset_s: onset(change, stage, duration_s),
        duration_s,
        changes: stage.caused_by.clone(),
        why: why.clone(),
    })
}

/// When pumps begin to notice, in seconds after the change: earliest and latest.
///
/// What rests on a lease is felt at the renewal or with the next start, while it lasts; everything
/// else with the next packet.
fn onset(change: &RequirementChange, stage: &StageChange, duration_s: Option<u64>) -> (u64, u64) {
    match (stage.stage, &change.before.held.lease) {
        (crate::intent::Stage::Address, Some(lease)) => {
            (0, lease.renew_s.min(duration_s.unwrap_or(u64::MAX)))
        }
        _ => (0, 0),
    }
}
