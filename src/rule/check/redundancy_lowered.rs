//! Fewer servers of a service work than before, and still enough.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered};
use crate::analysis::{Nominal, Outcome};
use crate::rule::Facts;
use crate::rule::schema::When;

/// Parameters of `redundancy-lowered`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let hits = covered(facts, when).filter_map(|(index, change)| {
            let (before, after) = (working(&change.before), working(&change.after));
            if after.is_empty() || after.len() >= before.len() {
                return None;
            }
            let want = facts.service(change).map_or(1, |service| service.want);
            let outcomes = change
                .stages
                .iter()
                .filter_map(|stage| stage.after.as_ref());
            let decided = outcomes.flat_map(|outcome| &outcome.decided_by);
            Some(Hit {
                requirement: Some(index),
                changes: change.bearing.iter().copied().collect(),
                places: decided
                    .map(|at| (crate::rule::place::Side::After, *at))
                    .collect(),
                words: [
                    ("before", before.len().to_string()),
                    ("after", format!("{} ({})", after.len(), after.join(", "))),
                    ("want", want.to_string()),
                ]
                .into(),
                ..Hit::default()
            })
        });
        hits.collect()
    }

    fn measured(&self) -> String {
        "every server of the service is judged before and after the change and counted".to_owned()
    }

    fn explains(&self) -> bool {
        true
    }
}

/// The servers that work, as text.
fn working(outcome: &Outcome) -> Vec<String> {
    let servers = outcome.servers.iter();
    servers
        .filter(|(_, nominal)| *nominal == Nominal::Works)
        .map(|(address, _)| address.to_string())
        .collect()
}
