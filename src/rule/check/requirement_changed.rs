//! A requirement, or one of its stages, is hurt.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered, seconds, touches};
use crate::analysis::Shape;
use crate::change::{RequirementChange, StageChange};
use crate::model::FacetKind;
use crate::rule::Facts;
use crate::rule::place::Side;
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
    /// Only what no other rule explains.
    #[serde(default)]
    otherwise: bool,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, change) in covered(facts, when) {
            if !self.effects.contains(&Word(change.effect)) {
                continue;
            }
            let first = change.stages.iter().find(|stage| {
                stage.effect == change.effect
                    && when.covers_stage(stage.stage)
                    && self.sees(stage)
                    && causes(change, stage)
                        .iter()
                        .any(|cause| touches(facts, *cause, &self.caused_by))
            });
            // A requirement may be hurt by its redundancy alone, in no stage of its own; a hit
            // without a cause is still one where the rule asks for no kind of cause.
            let open = self.caused_by.is_empty() && self.shapes.is_empty();
            if first.is_some() || (open && when.stage.is_empty()) {
                let bare = open.then(|| worst(change)).flatten();
                hits.push(hit(facts, index, change, first.or(bare)));
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

/// The first stage that is hurt as the requirement is.
fn worst(change: &RequirementChange) -> Option<&StageChange> {
    let mut stages = change.stages.iter();
    stages.find(|stage| stage.effect == change.effect)
}

/// The smallest set of causes, where it was found, else all changes that bear.
pub(super) fn causes<'a>(change: &'a RequirementChange, stage: &'a StageChange) -> &'a [usize] {
    if stage.caused_by.is_empty() {
        &change.bearing
    } else {
        &stage.caused_by
    }
}

/// The hit about one stage.
pub(super) fn hit(
    facts: &Facts<'_>,
    index: usize,
    change: &RequirementChange,
    stage: Option<&StageChange>,
) -> Hit {
    let mut hit = Hit {
        requirement: Some(index),
        ..Hit::default()
    };
    let mut say = |word, text: String| hit.words.insert(word, text);
    say("effect", effect_name(change.effect).to_owned());
    say(
        "stage",
        stage.map_or("", |stage| stage.stage.name()).to_owned(),
    );
    let outcome = stage.and_then(|stage| {
        let hurt = [&stage.after, &stage.transient].into_iter().flatten();
        hurt.filter(|outcome| outcome.shape.is_some())
            .next_back()
            .or(stage.after.as_ref())
    });
    let shape = outcome.and_then(|outcome| outcome.shape);
    say("shape", shape.map_or("no answer", Shape::name).to_owned());
    say(
        "why",
        outcome.map_or_else(String::new, |outcome| outcome.why.clone()),
    );
    let disturbance = facts.comparison.disturbances.iter().find(|disturbance| {
        disturbance.requirement == change.requirement.id
            && stage.is_none_or(|stage| stage.stage == disturbance.stage)
    });
    let onset = disturbance.map_or("at once".to_owned(), |one| match one.onset_s {
        (0, 0) => "at once".to_owned(),
        (0, latest) => format!("within {}", seconds(latest)),
        (earliest, latest) => format!("after {} to {}", seconds(earliest), seconds(latest)),
    });
    say("onset", onset);
    let lasts = disturbance.and_then(|one| one.duration_s);
    let duration = lasts.map_or("until it is undone".to_owned(), |longest| {
        format!("for up to {}", seconds(longest))
    });
    say("duration", duration);
    if let Some(stage) = stage {
        hit.changes.extend(causes(change, stage).iter().copied());
    } else {
        hit.changes.extend(change.bearing.iter().copied());
    }
    let decided = outcome.into_iter().flat_map(|outcome| &outcome.decided_by);
    hit.places.extend(decided.map(|at| (Side::After, *at)));
    hit
}
