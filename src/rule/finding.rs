//! From hits to findings: merged, worded, ordered, numbered.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{ChangeIndex, RequirementChange};
use crate::ctx::Ctx;
use crate::rule::Facts;
use crate::rule::check::Hit;
use crate::rule::place::{Side, origin, site_origin};
use crate::rule::schema::{Rule, Rules};
use crate::rule::template::fill;
use crate::source::escape_terminal;
use crate::wire::assessment::{Effect, Finding, Origin, Severity};

/// Most origins that one finding lists; the changes name the rest.
const MOST_ORIGINS: usize = 12;

/// One rule's hits that make one finding.
struct Merged<'a> {
    /// The rule.
    rule: &'a Rule,
    /// The first hit, with the places of all.
    hit: Hit,
    /// Requirements, ascending.
    requirements: BTreeSet<usize>,
}

impl Merged<'_> {
    /// How bad it is.
    fn severity(&self) -> Severity {
        severity(self.rule, &self.hit)
    }
}

/// The rule's severity, or a lower one that the facts give.
fn severity(rule: &Rule, hit: &Hit) -> Severity {
    let lower = hit.severity.unwrap_or(rule.severity);
    lower.min(rule.severity)
}

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// Profile fields that nobody knows and that the change touches, each with the requirements
    /// that wait for it, by id.
    pub unknown_fields: BTreeMap<String, BTreeSet<String>>,
}

/// Runs every rule.
pub fn evaluate(rules: &Rules, facts: &Facts<'_>, ctx: &Ctx<'_>) -> Evaluation {
    let hits = ctx.map(&rules.rules, |rule| hits_of(rule, facts));
    let unknown_fields = unknown_fields(facts, hits.iter().flatten());
    let hits = rules.rules.iter().zip(hits);
    let (last, first): (Vec<_>, Vec<_>) = hits.partition(|(rule, _)| rule.judge.is_otherwise());
    let mut merged: Vec<Merged<'_>> = Vec::new();
    let mut explained = BTreeSet::new();
    for (rule, hits) in first {
        if rule.judge.explains() {
            explained.extend(hits.iter().filter_map(|hit| explains(facts, hit)));
        }
        merge(rule, facts, hits, &mut merged);
    }
    for (rule, mut hits) in last {
        hits.retain(|hit| {
            hit.requirement
                .is_none_or(|index| !explained.contains(&index))
        });
        merge(rule, facts, hits, &mut merged);
    }
    merged.sort_by(|a, b| {
        (b.severity(), &a.rule.id, &a.requirements, &a.hit.changes).cmp(&(
            a.severity(),
            &b.rule.id,
            &b.requirements,
            &b.hit.changes,
        ))
    });
    let findings = merged
        .iter()
        .enumerate()
        .map(|(index, one)| finding(facts, one, index + 1))
        .collect();
    Evaluation {
        findings,
        unknown_fields,
    }
}

/// Profile fields that nobody knows and that hits are about, each with the requirements that wait.
fn unknown_fields<'h>(
    facts: &Facts<'_>,
    hits: impl Iterator<Item = &'h Hit>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for hit in hits {
        // Only a question about a field has both words.
        let field = hit
            .words
            .get("field")
            .filter(|_| hit.words.contains_key("question"));
        let row = hit
            .requirement
            .and_then(|index| facts.comparison.requirements.get(index));
        if let (Some(field), Some(row)) = (field, row) {
            let id = row.requirement.id.to_string();
            out.entry(field.clone()).or_default().insert(id);
        }
    }
    out
}

/// The hits of a rule, those in other dialects left out.
fn hits_of(rule: &Rule, facts: &Facts<'_>) -> Vec<Hit> {
    let mut hits = rule.judge.run(facts, &rule.when);
    if !rule.when.dialect.is_empty() {
        hits.retain(|hit| {
            hit.changes.iter().any(|index| {
                facts.comparison.changes.get(*index).is_some_and(|change| {
                    let devices = [facts.before, facts.after].into_iter();
                    devices
                        .filter_map(|network| network.devices.get(&change.device))
                        .flat_map(|device| &device.dialects)
                        .any(|id| rule.when.dialect.iter().any(|wanted| wanted == id))
                })
            })
        });
    }
    hits
}

/// The requirement that a hit explains: one that is hurt, by a change that the hit names.
fn explains(facts: &Facts<'_>, hit: &Hit) -> Option<usize> {
    let index = hit.requirement?;
    let change = facts.comparison.requirements.get(index)?;
    let is_hurt = |effect| match effect {
        Effect::Lost | Effect::Degraded | Effect::Transient => true,
        Effect::Unchanged | Effect::Gained | Effect::BrokenBefore | Effect::Unknown => false,
    };
    let hurt = change.stages.iter().filter(|stage| is_hurt(stage.effect));
    let causes = hurt.clone().flat_map(|stage| &stage.caused_by);
    let causes: BTreeSet<&ChangeIndex> = causes.collect();
    // Where no cause was found, only a hit without a changed statement (an outage) says why.
    let named = if causes.is_empty() {
        hit.changes.is_empty()
    } else {
        hit.changes.iter().any(|change| causes.contains(change))
    };
    (named && (is_hurt(change.effect) || hurt.count() > 0)).then_some(index)
}

/// Merges hits of one rule that differ in service, network and firmware only.
fn merge<'a>(rule: &'a Rule, facts: &Facts<'_>, hits: Vec<Hit>, out: &mut Vec<Merged<'a>>) {
    let first = out.len();
    let subject = |index: usize| {
        let change = facts.comparison.requirements.get(index)?;
        Some(&change.requirement.group)
    };
    for hit in hits {
        let about = hit.requirement.and_then(subject);
        let same = out.iter_mut().skip(first).find(|one| {
            (one.hit.changes == hit.changes || (hit.whole_group && one.hit.whole_group))
                && one.hit.words == hit.words
                && one.severity() == severity(rule, &hit)
                && one.hit.removed == hit.removed
                && one.hit.requirement.and_then(subject) == about
                && (about.is_some() || one.hit.site == hit.site)
        });
        match same {
            Some(one) => {
                one.requirements.extend(hit.requirement);
                one.hit.changes.extend(hit.changes);
                one.hit.places.extend(hit.places);
                one.hit.site.extend(hit.site);
                one.hit.confidence = [one.hit.confidence, hit.confidence]
                    .into_iter()
                    .flatten()
                    .min();
            }
            None => out.push(Merged {
                rule,
                requirements: hit.requirement.into_iter().collect(),
                hit,
            }),
        }
    }
}

/// The finding of merged hits.
fn finding(facts: &Facts<'_>, merged: &Merged<'_>, number: usize) -> Finding {
    let rule = merged.rule;
    let requirements: Vec<&RequirementChange> = merged
        .requirements
        .iter()
        .filter_map(|index| facts.comparison.requirements.get(*index))
        .collect();
    let origins = origins(facts, &merged.hit);
    let mut words: BTreeMap<&'static str, String> = merged
        .hit
        .words
        .iter()
        .map(|(word, text)| (*word, escape_terminal(text)))
        .collect();
    place_words(facts, merged, &origins, &mut words);
    requirement_words(facts, &requirements, &mut words);
    let ids = requirements
        .iter()
        .map(|change| change.requirement.id.0.clone());
    Finding {
        id: format!("f{number}"),
        rule: rule.id.clone(),
        severity: merged.severity(),
        confidence: merged
            .hit
            .confidence
            .map_or(rule.confidence, |lower| lower.min(rule.confidence)),
        title: fill(&rule.title, &words),
        requirements: ids.chain(merged.hit.removed.iter().cloned()).collect(),
        change_ids: merged
            .hit
            .changes
            .iter()
            .map(|index| change_id(*index))
            .collect(),
        origins,
        remedy: rule.remedy.clone(),
        references: rule.references.clone(),
    }
}

/// The id of a change in reports.
fn change_id(index: ChangeIndex) -> String {
    format!("c{}", index + 1)
}

/// Where the hit shows: its changes, then its other places, then the site file.
fn origins(facts: &Facts<'_>, hit: &Hit) -> Vec<Origin> {
    let changes = hit
        .changes
        .iter()
        .filter_map(|index| facts.comparison.changes.get(*index));
    let of_changes = changes.flat_map(|change| {
        [(Side::Before, change.before), (Side::After, change.after)]
            .into_iter()
            .filter_map(|(side, at)| Some((side, at?)))
    });
    let statements = of_changes.chain(hit.places.iter().copied());
    let mut out: Vec<Origin> = Vec::new();
    let found = statements
        .filter_map(|(side, at)| origin(facts, side, at))
        .chain(
            hit.site
                .iter()
                .filter_map(|place| site_origin(facts, *place)),
        );
    for one in found {
        if out.len() < MOST_ORIGINS && !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// Device, line and text of the first place.
fn place_words(
    facts: &Facts<'_>,
    merged: &Merged<'_>,
    origins: &[Origin],
    words: &mut BTreeMap<&'static str, String>,
) {
    let change = merged
        .hit
        .changes
        .first()
        .and_then(|index| facts.comparison.changes.get(*index));
    let device = change.map_or("no single device".to_owned(), |change| {
        change.device.clone()
    });
    words.insert("device", escape_terminal(&device));
    let first = origins.first();
    let line = first.map_or("no single line".to_owned(), |origin| {
        format!("{}:{}", origin.file, origin.line)
    });
    words.insert("line", escape_terminal(&line));
    words.insert(
        "statement",
        first.map_or_else(String::new, |origin| origin.text.clone()),
    );
}

/// Who is hurt, and how many.
fn requirement_words(
    facts: &Facts<'_>,
    changes: &[&RequirementChange],
    words: &mut BTreeMap<&'static str, String>,
) {
    let Some(first) = changes.first() else { return };
    // The same pumps roam on several networks: they are counted once for each firmware.
    let mut firmware = BTreeMap::new();
    let mut networks = Vec::new();
    let mut services = Vec::new();
    for change in changes {
        let requirement = &change.requirement;
        firmware.insert(requirement.firmware.as_str(), requirement.count);
        if !networks.contains(&requirement.network.as_str()) {
            networks.push(&requirement.network);
        }
        if !services.contains(&requirement.service.as_str()) {
            services.push(&requirement.service);
        }
    }
    let count: u64 = firmware.values().map(|count| u64::from(*count)).sum();
    let profile = facts
        .group(first)
        .and_then(|group| facts.intent.profile_of(group));
    let mut say = |word, text: &str| words.insert(word, escape_terminal(text));
    say("group", &first.requirement.group);
    say("service", &services.join(", "));
    say("area", &first.requirement.area);
    say("reaction", first.requirement.reaction.name());
    say("network", &networks.join(", "));
    let names: Vec<_> = firmware.keys().copied().collect();
    say("firmware", &names.join(", "));
    say("count", &count.to_string());
    say(
        "pumps",
        &if count == 1 {
            "1 pump".to_owned()
        } else {
            format!("{count} pumps")
        },
    );
    say(
        "model",
        profile
            .as_ref()
            .map_or("unknown model", |profile| &profile.model),
    );
    say(
        "ask",
        profile
            .as_ref()
            .map_or("the manufacturer", |profile| &profile.ask),
    );
}
