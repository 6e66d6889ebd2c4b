//! A change touches a property of the pump model that nobody has said.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Direction, Hit, Judge, Reading, covered, hit_of, side_words};
use crate::analysis::{StageOutcome, Symbol};
use crate::change::RequirementChange;
use crate::intent::{Profile, Value};
use crate::rule::Facts;
use crate::rule::attribute::Attribute;
use crate::rule::schema::When;
use crate::rule::word::{FieldPath, Word};
use crate::wire::assessment::Effect;

/// A field that a change of an attribute touches.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// The attribute.
    attribute: Word<&'static Attribute>,
    /// The field.
    field: Word<FieldPath>,
    /// Only where the number is more than this after the change.
    #[serde(default)]
    above: Option<f64>,
    /// Only where it changes in one of these directions.
    #[serde(default)]
    direction: Vec<Direction>,
}

/// Parameters of `profile-unknown`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {
    /// Attributes whose change touches a field.
    touches: Vec<Pair>,
    /// Also every unknown field that the judgment of a requirement with an unknown outcome met.
    met_by_judgment: bool,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, change) in covered(facts, when) {
            let Some(group) = facts.group(change) else {
                continue;
            };
            let Some(profile) = facts.intent.profile_of(group) else {
                continue;
            };
            let mut fields: BTreeMap<String, Hit> = BTreeMap::new();
            for pair in &self.touches {
                if let Some(hit) = unknown_touched(facts, index, change, &profile, pair) {
                    fields.entry(pair.field.0.0.to_owned()).or_insert(hit);
                }
            }
            if self.met_by_judgment && change.effect == Effect::Unknown {
                for field in met(change) {
                    let hit = Hit {
                        requirement: Some(index),
                        changes: change.bearing.iter().copied().collect(),
                        words: [("before", "unknown".into()), ("after", "unknown".into())].into(),
                        ..Hit::default()
                    };
                    fields.entry(field.to_owned()).or_insert(hit);
                }
            }
            for (field, mut hit) in fields {
                let question = Profile::question(&field).unwrap_or("what does the pump do here");
                hit.words.insert("question", question.to_owned());
                hit.words.insert("field", field);
                hits.push(hit);
            }
        }
        hits
    }

    fn measured(&self) -> String {
        let pairs: Vec<_> = self
            .touches
            .iter()
            .map(|pair| format!("`{}` and `{}`", pair.attribute.0.path, pair.field.0.0))
            .collect();
        format!(
            "an attribute that changes is held against a profile field that is unknown ({})",
            pairs.join("; ")
        )
    }
}

/// The hit of an attribute that changes while its field is unknown.
fn unknown_touched(
    facts: &Facts<'_>,
    index: usize,
    change: &RequirementChange,
    profile: &Profile,
    pair: &Pair,
) -> Option<Hit> {
    if profile.value(pair.field.0.0).is_some() {
        return None;
    }
    let reading = Reading::of(pair.attribute.0, facts, change);
    let differences = reading.differences();
    let wanted: Vec<_> = differences
        .iter()
        .filter(|difference| {
            let value = difference.after.map(|item| &item.value);
            let beyond = pair.above.is_none_or(
                |above| matches!(value, Some(Value::Number(number)) if *number > above),
            );
            let direction = difference.direction(1.0);
            let wanted = pair.direction.is_empty()
                || direction.is_some_and(|direction| pair.direction.contains(&direction));
            beyond && wanted
        })
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let mut hit = hit_of(facts, index, change, &wanted)?;
    let before = side_words(wanted.iter().map(|pair| pair.before));
    let after = side_words(wanted.iter().map(|pair| pair.after));
    hit.words.insert("before", before);
    hit.words.insert("after", after);
    Some(hit)
}

/// Unknown fields that the states after the change depend on and the state before does not.
fn met(change: &RequirementChange) -> Vec<&str> {
    let fields = |outcome: &Option<StageOutcome>| -> Vec<String> {
        let symbols = outcome.iter().flat_map(|outcome| &outcome.symbols);
        symbols.filter_map(field_of).map(str::to_owned).collect()
    };
    let mut out: Vec<&str> = Vec::new();
    for stage in &change.stages {
        let before = fields(&stage.before);
        let after = [&stage.after, &stage.transient].into_iter().flatten();
        for field in after
            .flat_map(|outcome| &outcome.symbols)
            .filter_map(field_of)
        {
            if !before.iter().any(|one| one == field) && !out.contains(&field) {
                out.push(field);
            }
        }
    }
    out
}

/// The profile field that a symbol stands for.
fn field_of(symbol: &Symbol) -> Option<&str> {
    match symbol {
        Symbol::Field(path) => Some(path),
        Symbol::Hole { .. } | Symbol::Beyond { .. } | Symbol::Outside(_) | Symbol::Undecided(_) => {
            None
        }
    }
}
