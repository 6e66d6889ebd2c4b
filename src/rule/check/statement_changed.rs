//! A statement that bears on a requirement is added, removed or moved.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge, covered, touches};
use crate::change::{Change, ChangeKind};
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
}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (requirement, change) in covered(facts, when) {
            for index in &change.bearing {
                let Some(statement) = facts.comparison.changes.get(*index) else {
                    continue;
                };
                if statement.bearing == Bearing::Bears
                    && touches(facts, *index, &self.facets)
                    && (self.kinds.is_empty() || self.kinds.contains(&Word(statement.kind)))
                    && self.begins(facts, statement)
                {
                    hits.push(Hit {
                        requirement: Some(requirement),
                        changes: [*index].into(),
                        words: [("summary", statement.summary.clone())].into(),
                        ..Hit::default()
                    });
                }
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
