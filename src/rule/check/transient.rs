//! A requirement works in the end, not at once.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered};
use crate::analysis::{Nominal, Shape, StageOutcome};
use crate::change::StageChange;
use crate::rule::Facts;
use crate::rule::hurt::{hit, seconds};
use crate::rule::schema::When;
use crate::rule::word::Word;
use crate::wire::assessment::Effect;

/// Parameters of `transient`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Parameters {
    /// What the client sees meanwhile; anything, where it says nothing.
    shapes: Vec<Word<Shape>>,
    /// Only disturbances that last longer than the group's `reaction`, or without end.
    beyond_reaction: bool,
}

/// Whether a stage works in the end and not for pumps that hold something from before; where
/// nobody knows when that ends, its effect is a loss.
fn is_transient(stage: &StageChange) -> bool {
    let nominal = |outcome: &Option<StageOutcome>| outcome.as_ref().map(|one| one.nominal);
    stage.effect == Effect::Transient
        || (nominal(&stage.transient) == Some(Nominal::Fails)
            && nominal(&stage.after) == Some(Nominal::Works)
            && stage.effect == Effect::Lost)
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, change) in covered(facts, when) {
            // A requirement that is degraded in the end may be transient in one stage.
            let stage = change.stages.iter().find(|stage| {
                is_transient(stage)
                    && when.covers_stage(stage.stage)
                    && (self.shapes.is_empty()
                        || stage
                            .transient
                            .as_ref()
                            .and_then(|outcome| outcome.shape)
                            .is_some_and(|shape| self.shapes.contains(&Word(shape))))
            });
            let Some(stage) = stage else { continue };
            let tolerates = change.requirement.reaction.tolerates_s();
            let longest = facts
                .comparison
                .disturbances
                .iter()
                .filter(|one| one.requirement == change.requirement.id && one.stage == stage.stage)
                .map(|one| one.duration_s.unwrap_or(u64::MAX))
                .max();
            if self.beyond_reaction && longest.is_some_and(|longest| longest <= tolerates) {
                continue;
            }
            let mut hit = hit(facts, index, change, Some(stage));
            hit.words.insert("tolerates", seconds(tolerates));
            hit.words.remove("effect");
            hits.push(hit);
        }
        hits
    }

    fn measured(&self) -> String {
        let which = if self.beyond_reaction {
            "for longer than its pumps' reaction allows"
        } else {
            "for a while"
        };
        format!(
            "the state after the change is judged for pumps that still hold names, leases and \
             neighbors from before; it fires where a requirement works in the end and fails {which}"
        )
    }

    fn explains(&self) -> bool {
        true
    }
}
