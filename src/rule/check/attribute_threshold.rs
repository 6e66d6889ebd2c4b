//! An attribute changes to beyond a limit that it kept before.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Difference, Hit, Judge, Reading, hit_of, side_words, touched};
use crate::intent::Value;
use crate::rule::Facts;
use crate::rule::attribute::{Attribute, Item};
use crate::rule::schema::When;
use crate::rule::word::Word;

/// Parameters of `attribute-threshold`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The attribute, a number.
    attribute: Word<&'static Attribute>,
    /// Fires where the value is less than this.
    #[serde(default)]
    below: Option<f64>,
    /// Fires where the value is more than this.
    #[serde(default)]
    above: Option<f64>,
    /// Who says that this is the limit.
    source: String,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let hits = touched(facts, when).filter_map(|(index, change)| {
            let reading = Reading::of(self.attribute.0, facts, change);
            let differences = reading.differences();
            let wanted: Vec<_> = differences
                .iter()
                .filter(|pair| self.crosses(pair))
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
            hit.words.insert("limit", self.limit());
            Some(hit)
        });
        hits.collect()
    }

    fn measured(&self) -> String {
        let attribute = self.attribute.0;
        format!(
            "`{}` ({}) is read before and after the change; it fires where it becomes {} ({})",
            attribute.path,
            attribute.doc,
            self.limit(),
            self.source
        )
    }

    fn explains(&self) -> bool {
        true
    }
}

impl Parameters {
    /// Whether a value is beyond the limit.
    fn is_beyond(&self, item: &Item) -> bool {
        let Value::Number(value) = item.value else {
            return false;
        };
        self.below.is_some_and(|limit| value < limit)
            || self.above.is_some_and(|limit| value > limit)
    }

    /// Whether a value is beyond the limit and was not before.
    fn crosses(&self, pair: &Difference<'_>) -> bool {
        pair.after.is_some_and(|item| self.is_beyond(item))
            && !pair.before.is_some_and(|item| self.is_beyond(item))
    }

    /// The limit in words.
    fn limit(&self) -> String {
        let below = self.below.map(|limit| format!("less than {limit}"));
        let above = self.above.map(|limit| format!("more than {limit}"));
        let both: Vec<_> = [below, above].into_iter().flatten().collect();
        both.join(" or ")
    }
}
