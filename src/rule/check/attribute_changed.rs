//! An attribute of the configuration changes in a direction.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Difference, Direction, Hit, Judge, Reading, hit_of, side_words, touched};
use crate::change::RequirementChange;
use crate::rule::Facts;
use crate::rule::attribute::Attribute;
use crate::rule::schema::When;
use crate::rule::word::{Word, effect_name};
use crate::wire::assessment::{Confidence, Effect};

/// Parameters of `attribute-changed`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The attribute.
    attribute: Word<&'static Attribute>,
    /// How it changes, any of these.
    direction: Vec<Direction>,
    /// Only where a number changes by at least this factor, up or down.
    #[serde(default)]
    factor: Option<f64>,
    /// Only where the requirement as a whole is one of these.
    #[serde(default)]
    effects: Vec<Word<Effect>>,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let hits = touched(facts, when).filter_map(|(index, change)| {
            if !self.effects.is_empty() && !self.effects.contains(&Word(change.effect)) {
                return None;
            }
            let reading = Reading::of(self.attribute.0, facts, change);
            if reading.is_unknown() {
                return unknown(&reading, index, change);
            }
            let differences = reading.differences();
            let wanted: Vec<_> = differences.iter().filter(|pair| self.wants(pair)).collect();
            if wanted.is_empty() {
                return None;
            }
            let mut hit = hit_of(facts, index, change, &wanted)?;
            let before = side_words(wanted.iter().map(|pair| pair.before));
            let after = side_words(wanted.iter().map(|pair| pair.after));
            hit.words.insert("before", before);
            hit.words.insert("after", after);
            Some(hit)
        });
        let named = hits.map(|mut hit| {
            let change = hit
                .requirement
                .and_then(|at| facts.comparison.requirements.get(at));
            let effect = change.map_or("", |change| effect_name(change.effect));
            hit.words
                .insert("attribute", self.attribute.0.doc.to_owned());
            hit.words.insert("effect", effect.to_owned());
            hit
        });
        named.collect()
    }

    fn measured(&self) -> String {
        let attribute = self.attribute.0;
        format!(
            "`{}` ({}) is read before and after the change and compared",
            attribute.path, attribute.doc
        )
    }

    fn explains(&self) -> bool {
        true
    }
}

impl Parameters {
    /// Whether a difference goes in a wanted direction, far enough.
    fn wants(&self, pair: &Difference<'_>) -> bool {
        pair.direction(self.factor.unwrap_or(1.0))
            .is_some_and(|direction| self.direction.contains(&direction))
    }
}

/// A side that cannot be told is worth saying where it is another unknown than before.
fn unknown(reading: &Reading, index: usize, change: &RequirementChange) -> Option<Hit> {
    (reading.before != reading.after && !change.bearing.is_empty()).then(|| Hit {
        requirement: Some(index),
        changes: change.bearing.iter().copied().collect(),
        confidence: Some(Confidence::Low),
        words: [
            ("before", reading.before.words()),
            ("after", reading.after.words()),
        ]
        .into(),
        ..Hit::default()
    })
}
