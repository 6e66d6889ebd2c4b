//! A requirement, or one of its stages, is hurt.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered, touches};
use crate::analysis::Shape;
use crate::change::StageChange;
use crate::model::FacetKind;
use crate::rule::Facts;
use crate::rule::hurt::{causes, hit};
use crate::rule::schema::When;
use crate::rule::word::{Word, effect_name};
use crate::wire::assessment::Effect;

/// Parameters of `requirement-changed`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// What the change does to the stage.
    effects: Vec<Word<Effect>>,
    /// What the client sees; anything, where it says nothing.
    #[serde(default)]
    shapes: Vec<Word<Shape>>,
    /// Kinds of facets of the changes that cause it; any, where it says nothing.
    #[serde(default)]
    caused_by: Vec<Word<FacetKind>>,
    /// Only what nobody notices yet, since it is less redundancy on the way.
    #[serde(default)]
    unnoticed: bool,
    /// Only what no other rule explains.
    #[serde(default)]
    otherwise: bool,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, change) in covered(facts, when) {
            let wanted = change.stages.iter().filter(|stage| {
                // A stage may be lost in a requirement whose own effect is another unknown.
                self.effects.contains(&Word(stage.effect))
                    && (!self.unnoticed || stage.is_unnoticed)
                    && when.covers_stage(stage.stage)
                    && self.sees(stage)
                    && (self.caused_by.is_empty()
                        || causes(change, stage)
                            .iter()
                            .any(|cause| touches(facts, *cause, &self.caused_by)))
            });
            let mut told: BTreeSet<usize> = BTreeSet::new();
            let mut any = false;
            for stage in wanted {
                // A later stage that falls with an earlier one, by the same causes, is no news.
                let news = causes(change, stage)
                    .iter()
                    .any(|cause| told.insert(*cause));
                if news || !any {
                    hits.push(hit(facts, index, change, Some(stage)));
                }
                any = true;
            }
            // A requirement may be hurt in no stage of its own, by its redundancy alone.
            let open = !self.unnoticed
                && self.caused_by.is_empty()
                && self.shapes.is_empty()
                && when.stage.is_empty();
            if !any && open && self.effects.contains(&Word(change.effect)) {
                hits.push(hit(facts, index, change, None));
            }
        }
        hits
    }

    fn measured(&self) -> String {
        let effects: Vec<_> = self
            .effects
            .iter()
            .map(|word| effect_name(word.0))
            .collect();
        format!(
            "every requirement is judged before and after the change; it fires where one is {}{}",
            effects.join(" or "),
            if self.otherwise {
                " and no other rule explains it"
            } else {
                ""
            }
        )
    }

    fn explains(&self) -> bool {
        !self.otherwise
    }

    fn is_otherwise(&self) -> bool {
        self.otherwise
    }
}

impl Parameters {
    /// Whether clients see one of the wanted shapes.
    fn sees(&self, stage: &StageChange) -> bool {
        self.shapes.is_empty()
            || [&stage.after, &stage.transient]
                .into_iter()
                .flatten()
                .filter_map(|outcome| outcome.shape)
                .any(|shape| self.shapes.contains(&Word(shape)))
    }
}
