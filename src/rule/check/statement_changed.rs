//! A statement that bears on a requirement is added, removed or moved.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered, touches};
use crate::change::{Change, ChangeIndex, ChangeKind};
use crate::model::{FacetKind, Network};
use crate::rule::Facts;
use crate::rule::schema::When;
use crate::rule::word::Word;
use crate::source::StatementRef;
use crate::syntax::normalized;
use crate::wire::assessment::Bearing;

/// Parameters of `statement-changed`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Kinds of facets that the statement contributes to; any, where it says nothing.
    #[serde(default)]
    facets: Vec<Word<FacetKind>>,
    /// How it changed; anyhow, where it says nothing.
    #[serde(default)]
    kinds: Vec<Word<ChangeKind>>,
    /// First words of the statement; any, where it says nothing.
    #[serde(default)]
    starts_with: Vec<String>,
    /// Whether all statements of a requirement are one finding, where what is to be done is done
    /// once.
    #[serde(default)]
    together: bool,
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (requirement, change) in covered(facts, when) {
            let wanted = change.bearing.iter().copied();
            let wanted: BTreeSet<ChangeIndex> =
                wanted.filter(|index| self.wants(facts, *index)).collect();
            let sets: Vec<BTreeSet<ChangeIndex>> = if self.together {
                [wanted].into()
            } else {
                wanted.into_iter().map(|index| [index].into()).collect()
            };
            for changes in sets {
                let first = changes.first();
                let Some(first) = first.and_then(|index| facts.comparison.changes.get(*index))
                else {
                    continue;
                };
                let words = [("summary", first.summary.clone())].into();
                hits.push(Hit {
                    requirement: Some(requirement),
                    changes,
                    words,
                    ..Hit::default()
                });
            }
        }
        hits
    }

    fn measured(&self) -> String {
        "every changed statement is accounted for; it fires where one of the wanted kind bears on \
         a requirement"
            .to_owned()
    }
}

impl Parameters {
    /// Whether a change is one of those that are looked for.
    fn wants(&self, facts: &Facts<'_>, index: ChangeIndex) -> bool {
        let change = facts.comparison.changes.get(index);
        change.is_some_and(|change| {
            change.bearing == Bearing::Bears
                && touches(facts, index, &self.facets)
                && (self.kinds.is_empty() || self.kinds.contains(&Word(change.kind)))
                && self.begins(facts, change)
        })
    }

    /// Whether the statement begins with one of the wanted words.
    fn begins(&self, facts: &Facts<'_>, change: &Change) -> bool {
        if self.starts_with.is_empty() {
            return true;
        }
        let sides = [(facts.before, change.before), (facts.after, change.after)];
        sides
            .into_iter()
            .filter_map(|(network, at)| text(network, at?))
            .any(|text| {
                let mut wanted = self.starts_with.iter();
                wanted.any(|start| {
                    text.strip_prefix(&normalized(start))
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                })
            })
    }
}

/// A statement's words; compared here and never printed.
fn text(network: &Network, at: StatementRef) -> Option<String> {
    let file = network.files.get(&at.file)?;
    let statement = file.reading.statements.get(at.statement as usize)?;
    Some(normalized(file.file.slice(statement.span)))
}
