//! A change touches pumps whose manufacturer or authority published a notice.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered, touches};
use crate::analysis::Shape;
use crate::change::{RequirementChange, StageChange};
use crate::intent::Profile;
use crate::model::FacetKind;
use crate::rule::Facts;
use crate::rule::schema::When;
use crate::rule::word::{FieldPath, Word};
use crate::wire::assessment::{Effect, Severity};

/// Parameters of `notice`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {
    /// Only pumps whose profile says yes to this field.
    field: Option<Word<FieldPath>>,
    /// Kinds of facets that the change touches; any, where it says nothing.
    facets: Vec<Word<FacetKind>>,
    /// Only where the change does one of these to the requirement.
    effects: Vec<Word<Effect>>,
    /// A silence that passes within so many seconds does not count: sessions outlive it.
    outlived_s: u64,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let hits = covered(facts, when).filter_map(|(index, change)| {
            let profile = facts.intent.profile_of(facts.group(change)?)?;
            let mut stages = change
                .stages
                .iter()
                .filter(|stage| when.covers_stage(stage.stage));
            let wanted = self.effects.is_empty()
                || stages.any(|stage| {
                    self.effects.contains(&Word(stage.effect)) && !self.is_outlived(stage)
                });
            let noticed = match self.field {
                Some(field) => profile.bool(field.0.0) == Some(true),
                None => !profile.notices.is_empty(),
            };
            if !wanted || !noticed {
                return None;
            }
            let changes = self.touching(facts, change);
            // Without a change, both states are one.
            let hurt = is_hurt(change.effect) && change.before != change.after;
            if changes.is_empty() && !hurt {
                return None;
            }
            Some(Hit {
                requirement: Some(index),
                changes,
                // What is proven to work as before is worth knowing and no alarm.
                severity: (!is_hurt(change.effect)).then_some(Severity::Note),
                whole_group: true,
                words: [("notice", first_notice(&profile))].into(),
                ..Hit::default()
            })
        });
        hits.collect()
    }

    fn measured(&self) -> String {
        "every changed statement is accounted for; it fires where one bears, or may bear, on a \
         requirement of such pumps"
            .to_owned()
    }
}

impl Parameters {
    /// Whether a stage is silent so shortly that sessions outlive it; a refusal ends them at once.
    fn is_outlived(&self, stage: &StageChange) -> bool {
        let Some(held) = &stage.transient else {
            return false;
        };
        let is_silent = matches!(held.shape, Some(Shape::Drop | Shape::Slow) | None);
        // Nobody knows how long a state in the middle of a script lasts.
        let heals = held.heals_after_s.filter(|heals| *heals > 0);
        stage.effect == Effect::Transient
            && is_silent
            && heals.is_some_and(|heals| heals <= self.outlived_s)
    }

    /// The changes that bear, or may bear, on the requirement and touch a wanted facet.
    fn touching(
        &self,
        facts: &Facts<'_>,
        change: &RequirementChange,
    ) -> std::collections::BTreeSet<usize> {
        let changes = facts.comparison.changes.iter().enumerate();
        changes
            .filter(|(index, statement)| {
                (change.bearing.contains(index)
                    || statement.requirements.contains(&change.requirement.id))
                    && touches(facts, *index, &self.facets)
            })
            .map(|(index, _)| index)
            .collect()
    }
}

/// Whether a requirement is hurt, with or without a changed statement (an outage has none).
fn is_hurt(effect: Effect) -> bool {
    match effect {
        Effect::Unchanged | Effect::Gained | Effect::BrokenBefore => false,
        Effect::Transient | Effect::Degraded | Effect::Unknown | Effect::Lost => true,
    }
}

/// The profile's first notice, without the final full stop.
fn first_notice(profile: &Profile) -> String {
    profile.notices.first().map_or_else(String::new, |notice| {
        notice.trim_end_matches('.').to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::StageOutcome;
    use crate::intent::Stage;

    /// A stage of sessions that fails like this for so many seconds.
    fn failing(shape: Shape, heals_after_s: Option<u64>) -> StageChange {
        StageChange {
            stage: Stage::Connect,
            before: None,
            after: None,
            transient: Some(StageOutcome {
                heals_after_s,
                ..StageOutcome::fails(Stage::Connect, shape, "a test says so")
            }),
            effect: Effect::Transient,
            is_unnoticed: false,
            caused_by: Vec::new(),
            undone_by: Vec::new(),
            not_minimal: false,
        }
    }

    #[test]
    fn only_a_short_silence_is_outlived() {
        let rule = Parameters {
            outlived_s: 10,
            ..Parameters::default()
        };
        assert!(rule.is_outlived(&failing(Shape::Drop, Some(10))));
        assert!(!rule.is_outlived(&failing(Shape::Drop, Some(11))));
        assert!(!rule.is_outlived(&failing(Shape::Drop, Some(0))));
        assert!(!rule.is_outlived(&failing(Shape::Drop, None)));
        assert!(!rule.is_outlived(&failing(Shape::Refuse, Some(5))));
        assert!(!rule.is_outlived(&failing(Shape::StaleAddress, Some(5))));
    }
}
