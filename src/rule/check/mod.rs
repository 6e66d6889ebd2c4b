//! Checks: kinds of judgment that rules give parameters to, one file each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::change::{ChangeIndex, RequirementChange};
use crate::intent::{Place, Value};
use crate::model::FacetKind;
use crate::rule::attribute::{Answer, Attribute, Item, Subject};
use crate::rule::place::Side;
use crate::rule::schema::When;
use crate::rule::word::Word;
use crate::rule::{Facts, attribute};
use crate::source::StatementRef;
use crate::wire::assessment::{Confidence, Severity};

mod attribute_against_profile;
mod attribute_changed;
mod attribute_threshold;
mod blocking_statement;
mod new_reach;
mod notice;
mod observation_contradicts;
mod profile_unknown;
mod redundancy_lowered;
mod requirement_changed;
mod requirement_removed;
mod requirement_weakened;
mod statement_changed;
mod stress_raised;
mod transient;

/// A check with its parameters.
pub trait Judge: fmt::Debug + Send + Sync {
    /// Judges a change.
    fn run(&self, facts: &Facts<'_>, when: &When) -> Vec<Hit>;

    /// What it measures, a sentence for `explain`.
    fn measured(&self) -> String;

    /// Whether a hit with a cause of a loss says why the requirement is lost.
    fn explains(&self) -> bool {
        false
    }

    /// Whether it speaks only of losses that no other rule explains.
    fn is_otherwise(&self) -> bool {
        false
    }
}

/// One fact that a check found; hits that differ in requirement only become one finding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hit {
    /// Index into the comparison's requirements; `None` where the hit is about none of them.
    pub requirement: Option<usize>,
    /// Requirements that are not in the comparison, by id.
    pub removed: Vec<String>,
    /// Changes that make it.
    pub changes: BTreeSet<ChangeIndex>,
    /// Statements that show it, beside the changes.
    pub places: BTreeSet<(Side, StatementRef)>,
    /// Places in the site file that show it.
    pub site: Vec<Place>,
    /// Lower confidence than the rule's, where the facts give reason.
    pub confidence: Option<Confidence>,
    /// Lower severity than the rule's, where the facts give reason.
    pub severity: Option<Severity>,
    /// Whether it is about the group as a whole: hits of other services and changes join it.
    pub whole_group: bool,
    /// Words for the title.
    pub words: BTreeMap<&'static str, String>,
}

/// Parameters as read; `None` where the file has none.
type Parsed = Result<Option<Arc<dyn Judge>>, serde_saphyr::Error>;

/// A kind of check.
#[derive(Debug, Clone, Copy)]
pub struct CheckKind {
    /// Kebab-case name.
    pub id: &'static str,
    /// What it judges, a sentence.
    pub doc: &'static str,
    /// Placeholders of the title that it fills, beside the common ones.
    pub words: &'static [&'static str],
    /// Whether its findings are about requirements of the comparison.
    pub of_requirements: bool,
    /// Reads the parameters out of the rule file's text.
    parse: fn(&str) -> Parsed,
    /// Schema of the parameters.
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl CheckKind {
    /// A check whose parameters are `P`.
    const fn of<P: Judge + DeserializeOwned + JsonSchema + 'static>(
        id: &'static str,
        doc: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            doc,
            words,
            of_requirements: true,
            parse: parse::<P>,
            schema: SchemaGenerator::subschema_for::<P>,
        }
    }

    /// The same, for findings about no requirement of the comparison.
    const fn about_no_requirement(self) -> Self {
        Self {
            of_requirements: false,
            ..self
        }
    }

    /// Reads the parameters out of the rule file's text; without any, those of an empty map.
    ///
    /// The flag of an error says whether its place is one of the file.
    pub(super) fn parse(
        &self,
        text: &str,
    ) -> Result<Arc<dyn Judge>, (bool, Box<serde_saphyr::Error>)> {
        match (self.parse)(text).map_err(|error| (true, Box::new(error)))? {
            Some(judge) => Ok(judge),
            None => (self.parse)("parameters: {}")
                .and_then(|judge| judge.ok_or_else(|| serde::de::Error::custom("no parameters")))
                .map_err(|error| (false, Box::new(error))),
        }
    }

    /// Schema of the parameters.
    pub(super) fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

/// A rule file as far as its parameters, so that errors name the file's own lines.
#[derive(Deserialize)]
struct Document<P> {
    /// The parameters.
    parameters: Option<P>,
}

/// Reads the parameters of one check.
fn parse<P: Judge + DeserializeOwned + 'static>(text: &str) -> Parsed {
    let document: Document<P> = serde_saphyr::from_str(text)?;
    Ok(document
        .parameters
        .map(|parameters| Arc::new(parameters) as Arc<dyn Judge>))
}

/// Every check, in order of name.
pub static CHECKS: &[CheckKind] = &[
    CheckKind::of::<attribute_against_profile::Parameters>(
        "attribute-against-profile",
        "An attribute changes to what the pump model's profile says it does not tolerate.",
        &["attribute", "after", "before", "field", "limit", "source"],
    ),
    CheckKind::of::<attribute_changed::Parameters>(
        "attribute-changed",
        "An attribute of the configuration changes in a direction.",
        &["after", "attribute", "before", "effect"],
    ),
    CheckKind::of::<attribute_threshold::Parameters>(
        "attribute-threshold",
        "An attribute changes to beyond a limit that it kept before.",
        &["after", "attribute", "before", "limit"],
    ),
    CheckKind::of::<blocking_statement::Parameters>(
        "blocking-statement",
        "A changed statement was not understood and may bear on requirements.",
        &["why"],
    ),
    CheckKind::of::<new_reach::Parameters>(
        "new-reach",
        "A source that the site protects its pumps from newly reaches a pump network.",
        &["because", "from", "into", "witness"],
    )
    .about_no_requirement(),
    CheckKind::of::<notice::Parameters>(
        "notice",
        "A change touches pumps whose manufacturer or authority published a notice.",
        &["notice"],
    ),
    CheckKind::of::<observation_contradicts::Parameters>(
        "observation-contradicts",
        "The network says otherwise than the configuration before the change.",
        &["why"],
    ),
    CheckKind::of::<profile_unknown::Parameters>(
        "profile-unknown",
        "A change touches a property of the pump model that nobody has said.",
        &["after", "before", "field", "question"],
    ),
    CheckKind::of::<redundancy_lowered::Parameters>(
        "redundancy-lowered",
        "Fewer servers of a service work than before, and still enough.",
        &["after", "before", "want"],
    ),
    CheckKind::of::<requirement_changed::Parameters>(
        "requirement-changed",
        "A requirement, or one of its stages, is hurt.",
        &["duration", "effect", "onset", "shape", "stage", "why"],
    ),
    CheckKind::of::<requirement_removed::Parameters>(
        "requirement-removed",
        "A requirement of the before site is not in the after site.",
        &["removed"],
    )
    .about_no_requirement(),
    CheckKind::of::<requirement_weakened::Parameters>(
        "requirement-weakened",
        "The after site asks less of a service or protects less than the before site.",
        &["after", "before", "what"],
    )
    .about_no_requirement(),
    CheckKind::of::<statement_changed::Parameters>(
        "statement-changed",
        "A statement that bears on a requirement is added, removed or moved.",
        &["summary"],
    ),
    CheckKind::of::<stress_raised::Parameters>(
        "stress-raised",
        "The stress model raises the verdict for a pump group.",
        &["reason"],
    ),
    CheckKind::of::<transient::Parameters>(
        "transient",
        "A requirement works in the end, not at once.",
        &["duration", "onset", "shape", "stage", "tolerates", "why"],
    ),
];

/// The check with this name.
pub fn by_id(id: &str) -> Option<&'static CheckKind> {
    CHECKS.iter().find(|check| check.id == id)
}

/// The requirements that a rule applies to, with their indices.
fn covered<'a>(
    facts: &Facts<'a>,
    when: &When,
) -> impl Iterator<Item = (usize, &'a RequirementChange)> {
    let (facts, when) = (*facts, when.clone());
    facts
        .comparison
        .requirements
        .iter()
        .enumerate()
        .filter(move |(_, change)| when.covers(&facts, change))
}

/// The requirements that a rule applies to and whose attributes may differ: one of their
/// statements changed, or the site file did.
fn touched<'a>(
    facts: &Facts<'a>,
    when: &When,
) -> impl Iterator<Item = (usize, &'a RequirementChange)> {
    let same_site = facts.intent_before == facts.intent;
    covered(facts, when).filter(move |(_, change)| !same_site || !change.bearing.is_empty())
}

/// One place where an attribute differs between the sides.
struct Difference<'a> {
    /// The value before.
    before: Option<&'a Item>,
    /// The value after.
    after: Option<&'a Item>,
}

/// How a value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Direction {
    /// A number becomes smaller.
    Lowered,
    /// A number becomes larger.
    Raised,
    /// A value appears.
    Added,
    /// A value disappears.
    Removed,
    /// A value becomes another one.
    Replaced,
}

impl Difference<'_> {
    /// How the value changes; `None` where a number changes by less than the factor.
    fn direction(&self, factor: f64) -> Option<Direction> {
        match (self.before, self.after) {
            (Some(before), Some(after)) => match (&before.value, &after.value) {
                (Value::Number(before), Value::Number(after)) => {
                    if after * factor <= *before {
                        Some(Direction::Lowered)
                    } else if *after >= before * factor {
                        Some(Direction::Raised)
                    } else {
                        None
                    }
                }
                _ => Some(Direction::Replaced),
            },
            (None, Some(_)) => Some(Direction::Added),
            (Some(_), None) => Some(Direction::Removed),
            (None, None) => None,
        }
    }
}

/// What an attribute answers on both sides for one requirement.
struct Reading {
    /// Before.
    before: Answer,
    /// After.
    after: Answer,
}

impl Reading {
    /// Reads an attribute on both sides.
    fn of(attribute: &Attribute, facts: &Facts<'_>, change: &RequirementChange) -> Self {
        let read = |side| {
            (attribute.read)(&Subject {
                facts: *facts,
                side,
                change,
            })
        };
        Self {
            before: read(Side::Before),
            after: read(Side::After),
        }
    }

    /// Where they differ, in order of key; none while a side is unknown.
    fn differences(&self) -> Vec<Difference<'_>> {
        if self.is_unknown() {
            return Vec::new();
        }
        let mut pairs: BTreeMap<&str, Difference<'_>> = BTreeMap::new();
        for item in self.before.items() {
            let (before, after) = (Some(item), None);
            pairs.insert(&item.key, Difference { before, after });
        }
        for item in self.after.items() {
            let (before, after) = (None, None);
            let pair = pairs.entry(&item.key);
            pair.or_insert(Difference { before, after }).after = Some(item);
        }
        pairs.retain(|_, pair| {
            pair.before.map(|item| &item.value) != pair.after.map(|item| &item.value)
        });
        pairs.into_values().collect()
    }

    /// Whether a side cannot be told.
    fn is_unknown(&self) -> bool {
        matches!(self.before, Answer::Unknown(_)) || matches!(self.after, Answer::Unknown(_))
    }
}

/// A hit about differing values: the changes that make the difference and bear on the requirement.
///
/// `None` where statements made the difference and none of them bears on the requirement.
fn hit_of(
    facts: &Facts<'_>,
    index: usize,
    change: &RequirementChange,
    differing: &[&Difference<'_>],
) -> Option<Hit> {
    let mut hit = Hit {
        requirement: Some(index),
        ..Hit::default()
    };
    let mut all = BTreeSet::new();
    for pair in differing {
        let sides = [(Side::Before, pair.before), (Side::After, pair.after)];
        for (side, item) in sides
            .into_iter()
            .filter_map(|(side, item)| Some((side, item?)))
        {
            all.extend(changes_of(facts, side, item));
            let places = item.origins.iter().map(|origin| (side, *origin));
            hit.places.extend(places);
            hit.site.extend(item.place);
        }
    }
    hit.changes = all
        .iter()
        .copied()
        .filter(|index| change.bearing.contains(index))
        .collect();
    hit.site.sort_unstable();
    hit.site.dedup();
    let bears = all.is_empty() || !hit.changes.is_empty();
    bears.then_some(hit)
}

/// The changes of the statements that a value comes from, else of its facet.
fn changes_of(facts: &Facts<'_>, side: Side, item: &Item) -> BTreeSet<ChangeIndex> {
    let changes = facts.comparison.changes.iter().enumerate();
    let exact: BTreeSet<_> = changes
        .clone()
        .filter(|(_, change)| {
            let at = match side {
                Side::Before => change.before,
                Side::After => change.after,
            };
            at.is_some_and(|at| item.origins.contains(&at))
        })
        .map(|(index, _)| index)
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let Some((device, facet)) = &item.facet else {
        return exact;
    };
    changes
        .filter(|(_, change)| change.device == *device && change.facets.contains(facet))
        .map(|(index, _)| index)
        .collect()
}

/// Whether a change contributes to a facet of one of these kinds; any, where none is given.
fn touches(facts: &Facts<'_>, index: ChangeIndex, kinds: &[Word<FacetKind>]) -> bool {
    kinds.is_empty()
        || facts.comparison.changes.get(index).is_some_and(|change| {
            change
                .facets
                .iter()
                .any(|key| kinds.contains(&Word(key.kind)))
        })
}

/// Values of one side of some differences, in words.
fn side_words<'a>(items: impl Iterator<Item = Option<&'a Item>>) -> String {
    let mut words: Vec<_> = items
        .flatten()
        .map(|item| attribute::word(&item.value))
        .collect();
    words.sort();
    words.dedup();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}
