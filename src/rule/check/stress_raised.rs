//! The stress model raises the verdict for a pump group.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered};
use crate::rule::Facts;
use crate::rule::schema::When;
use crate::wire::stress::Raises;

/// Parameters of `stress-raised`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// What the model raises the verdict to.
    raises: Raises,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, change) in covered(facts, when) {
            let disturbances = facts.comparison.disturbances.iter();
            let mut own = disturbances
                .filter(|one| one.requirement == change.requirement.id)
                .peekable();
            let row = facts
                .stress
                .iter()
                .find(|row| row.group == change.requirement.group && row.raises == self.raises);
            let Some(row) = row.filter(|_| own.peek().is_some()) else {
                continue;
            };
            let reason = row.reasons.first().map_or("", String::as_str);
            let reason = reason
                .split_once(", if ")
                .map_or(reason, |(short, _)| short);
            hits.push(Hit {
                requirement: Some(index),
                changes: own.flat_map(|one| one.changes.iter().copied()).collect(),
                whole_group: true,
                words: [("reason", reason.to_owned())].into(),
                ..Hit::default()
            });
        }
        hits
    }

    fn measured(&self) -> String {
        format!(
            "what pumps notice of the change is bounded and simulated with every pump that survives \
             ordinary days; it fires where that raises the verdict to {}",
            self.raises.name()
        )
    }
}
