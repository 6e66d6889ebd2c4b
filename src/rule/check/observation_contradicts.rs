//! The network says otherwise than the configuration before the change.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered};
use crate::rule::Facts;
use crate::rule::schema::When;
use crate::wire::assessment::ObservedAs;

/// Parameters of `observation-contradicts`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        covered(facts, when)
            .filter_map(|(index, change)| {
                let observed = facts.observed.get(&change.requirement.id)?;
                (observed.says == ObservedAs::Contradicts).then(|| Hit {
                    requirement: Some(index),
                    site: facts
                        .service(change)
                        .map(|service| service.place)
                        .into_iter()
                        .collect(),
                    words: [("why", observed.why.join("; "))].into(),
                    ..Hit::default()
                })
            })
            .collect()
    }

    fn measured(&self) -> String {
        "`check --baseline FILE` or `check --probe`: every requirement is compared with what vantages \
         inside of its network measured before the change"
            .to_owned()
    }
}
