//! A source that the site protects its pumps from newly reaches a pump network.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge};
use crate::rule::Facts;
use crate::rule::schema::When;

/// Parameters of `new-reach`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, _: &When) -> Vec<Hit> {
        let hits = facts.new_reach.iter().map(|reach| {
            let sites = [facts.intent_before, facts.intent];
            let mut site: Vec<_> = sites
                .into_iter()
                .flat_map(|intent| &intent.site.protect)
                .filter(|protect| protect.from == reach.from && protect.into.contains(&reach.into))
                .map(|protect| protect.place)
                .collect();
            site.dedup();
            Hit {
                changes: reach.changes.iter().copied().collect(),
                site,
                words: [
                    ("from", reach.from.to_string()),
                    ("into", reach.into.clone()),
                    ("because", reach.because.clone()),
                    ("witness", reach.witness.clone()),
                ]
                .into(),
                ..Hit::default()
            }
        });
        hits.collect()
    }

    fn measured(&self) -> String {
        "every packet from a source of the site's `protect` into its pump networks is followed \
         before and after; it fires where one passes only after"
            .to_owned()
    }
}
