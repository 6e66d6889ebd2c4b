//! A requirement of the before site is not in the after site.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge};
use crate::rule::Facts;
use crate::rule::schema::When;

/// Parameters of `requirement-removed`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, _: &When) -> Vec<Hit> {
        let kept: BTreeSet<_> = facts
            .intent
            .requirements()
            .into_iter()
            .map(|requirement| requirement.id)
            .collect();
        // One finding for each group and service: networks and firmware together.
        let mut gone: BTreeMap<(String, String), Hit> = BTreeMap::new();
        for requirement in facts.intent_before.requirements() {
            if kept.contains(&requirement.id) {
                continue;
            }
            let site = &facts.intent_before.site;
            let group = site.pumps.iter().find(|one| one.id == requirement.group);
            let key = (requirement.group.clone(), requirement.service.clone());
            let what = format!("{} of {}", requirement.service, requirement.group);
            let hit = gone.entry(key).or_default();
            hit.removed.push(requirement.id.0);
            hit.site = group.map(|group| group.place).into_iter().collect();
            hit.words.insert("removed", what);
        }
        gone.into_values().collect()
    }

    fn measured(&self) -> String {
        "the requirements of the site file before the change are compared with those after it"
            .to_owned()
    }
}
