//! A changed statement was not understood and may bear on requirements.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered};
use crate::rule::Facts;
use crate::rule::schema::When;
use crate::wire::assessment::Bearing;

/// Parameters of `blocking-statement`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, statement) in facts.comparison.changes.iter().enumerate() {
            if statement.bearing != Bearing::Blocks {
                continue;
            }
            let hit = Hit {
                changes: [index].into(),
                words: [("why", statement.why.clone())].into(),
                ..Hit::default()
            };
            let touched = covered(facts, when)
                .filter(|(_, change)| statement.requirements.contains(&change.requirement.id));
            hits.extend(touched.map(|(requirement, _)| Hit {
                requirement: Some(requirement),
                ..hit.clone()
            }));
        }
        hits
    }

    fn measured(&self) -> String {
        "every changed statement ends as inert, elsewhere, bearing or blocking; it fires for each \
         blocking one"
            .to_owned()
    }
}
