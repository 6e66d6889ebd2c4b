//! States in the middle of a change, folded into what the whole change does.

use crate::analysis::Nominal;
use crate::wire::assessment::Effect;

use super::{Comparison, RequirementChange, StageChange};

/// Adds what a state in the middle hurts and the end does not: it lasts until the change is whole.
///
/// `name` says which state (`after line 4 of the script`).
pub fn add_middle(end: &mut Comparison, middle: &Comparison, name: &str) {
    for row in &mut end.requirements {
        let Some(other) = middle
            .requirements
            .iter()
            .find(|other| other.requirement.id == row.requirement.id)
        else {
            continue;
        };
        fold_requirement(row, other, name);
    }
    end.disturbances = end
        .requirements
        .iter()
        .flat_map(super::disturbance::disturbances)
        .collect();
}

/// Adds what one requirement suffers in the middle.
fn fold_requirement(row: &mut RequirementChange, other: &RequirementChange, name: &str) {
    for stage in &other.stages {
        let hurt = matches!(stage.effect, Effect::Lost | Effect::Unknown);
        let own = row.stages.iter_mut().find(|own| own.stage == stage.stage);
        match own {
            Some(own) if hurt && own.effect < Effect::Transient => fold_stage(own, stage, name),
            Some(_) | None => {}
        }
    }
    let worst = row.stages.iter().map(|stage| stage.effect).max();
    row.effect = worst.map_or(row.effect, |worst| worst.max(row.effect));
}

/// Makes a stage transient (or unknown) because of a state in the middle.
fn fold_stage(own: &mut StageChange, stage: &StageChange, name: &str) {
    own.is_unnoticed = false;
    own.effect = if stage.effect == Effect::Unknown {
        Effect::Unknown
    } else {
        Effect::Transient
    };
    own.transient = stage.after.clone().map(|mut after| {
        after.nominal = if stage.effect == Effect::Unknown {
            after.nominal
        } else {
            Nominal::Fails
        };
        after.why = format!("{name}, {}", after.why);
        // Until the change is whole; how long that takes is the operator's.
        after.heals_after_s = Some(0);
        after
    });
}
