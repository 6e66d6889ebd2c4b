//! An attribute changes to what the pump model's profile says it does not tolerate.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Difference, Hit, Judge, Reading, hit_of, side_words, touched};
use crate::intent::{Profile, Value};
use crate::rule::Facts;
use crate::rule::attribute::{Attribute, Item, word};
use crate::rule::schema::When;
use crate::rule::word::{FieldPath, Word};

/// How the attribute must stand to the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Relation {
    /// The number must be at least the field's.
    AtLeast,
    /// The number must be at most the field's.
    AtMost,
    /// The number must be more than the field's.
    MoreThan,
    /// Every value must be one of the field's words.
    OneOf,
    /// The attribute must keep its values while the field has the value `is`.
    KeepWhile,
    /// The number must stay 0 while the field has the value `is`.
    ZeroWhile,
}

/// Parameters of `attribute-against-profile`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The attribute.
    attribute: Word<&'static Attribute>,
    /// The profile's field; where it is unknown, `profile-unknown` speaks.
    field: Word<FieldPath>,
    /// How the attribute must stand to the field.
    must_be: Relation,
    /// The field's value that `keep-while` and `zero-while` speak of: `yes`, `no` or a word.
    #[serde(default)]
    is: Option<String>,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let hits = touched(facts, when).filter_map(|(index, change)| {
            let profile = facts.intent.profile_of(facts.group(change)?)?;
            let field = profile.value(self.field.0.0)?.clone();
            let reading = Reading::of(self.attribute.0, facts, change);
            let differences = reading.differences();
            let wanted: Vec<_> = differences
                .iter()
                .filter(|pair| self.breaks(pair, &field))
                .collect();
            if wanted.is_empty() {
                return None;
            }
            let mut hit = hit_of(facts, index, change, &wanted)?;
            let before = side_words(wanted.iter().map(|pair| pair.before));
            let after = side_words(wanted.iter().map(|pair| pair.after));
            hit.words.insert("before", before);
            hit.words.insert("after", after);
            hit.words
                .insert("attribute", self.attribute.0.doc.to_owned());
            hit.words.insert("field", self.field.0.0.to_owned());
            hit.words.insert("limit", word(&field));
            hit.words.insert("source", self.source(&profile));
            Some(hit)
        });
        hits.collect()
    }

    fn measured(&self) -> String {
        let (attribute, field) = (self.attribute.0, self.field.0.0);
        format!(
            "`{}` ({}) is read before and after the change and held against the profile's `{field}`",
            attribute.path, attribute.doc
        )
    }

    fn explains(&self) -> bool {
        true
    }
}

impl Parameters {
    /// Whether the value after breaks the relation and differs from before.
    fn breaks(&self, pair: &Difference<'_>, field: &Value) -> bool {
        let value = pair.after.map(|item: &Item| &item.value);
        let applies = self.is.as_ref().is_none_or(|is| word(field) == *is);
        match (self.must_be, value, field) {
            (Relation::AtLeast, Some(Value::Number(value)), Value::Number(limit)) => value < limit,
            (Relation::AtMost, Some(Value::Number(value)), Value::Number(limit)) => value > limit,
            (Relation::MoreThan, Some(Value::Number(value)), Value::Number(limit)) => {
                value <= limit
            }
            (Relation::OneOf, Some(value), Value::List(words)) => !words.contains(&word(value)),
            (Relation::KeepWhile, _, _) => applies,
            (Relation::ZeroWhile, Some(Value::Number(value)), _) => applies && *value > 0.0,
            (
                Relation::AtLeast
                | Relation::AtMost
                | Relation::MoreThan
                | Relation::OneOf
                | Relation::ZeroWhile,
                _,
                _,
            ) => false,
        }
    }

    /// Who says what the field says.
    fn source(&self, profile: &Profile) -> String {
        let field = profile.fields.get(self.field.0.0);
        field.map_or_else(String::new, |field| field.source.clone())
    }
}
