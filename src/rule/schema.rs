//! What a rule file may say, and the rule that comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use crate::change::RequirementChange;
use crate::intent::{ServiceKind, Stage};
use crate::rule::Facts;
use crate::rule::check::{CHECKS, CheckKind, Judge};
use crate::rule::word::Word;
use crate::wire::assessment::{Confidence, Severity};

/// A rule file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Kebab-case name of the hazard, for ever; reads after "accept".
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The finding's sentence, with placeholders such as `{group}` filled from the facts.
    #[schemars(with = "String")]
    pub title: Spanned<String>,
    /// How bad it is if true.
    pub severity: Severity,
    /// How sure the rule is where it fires.
    pub confidence: Confidence,
    /// The check that judges.
    #[schemars(with = "String")]
    pub check: Spanned<String>,
    /// Parameters of the check.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub parameters: Option<IgnoredAny>,
    /// Where the rule applies; everywhere, where it says nothing.
    #[serde(default)]
    pub when: When,
    /// What changes, in a sentence.
    pub what: String,
    /// Why it can trip a pump, for a clinician.
    pub why: String,
    /// What the finding needs as evidence, in a sentence.
    pub evidence: String,
    /// What makes it fire although nothing is wrong.
    pub false_positives: Vec<String>,
    /// What to do instead, for the engineer.
    pub remedy: String,
    /// Recalls, standards, manuals with their addresses; "engineering knowledge" where none exists.
    pub references: Vec<String>,
    /// Version that brought the rule.
    pub since: String,
    /// Executed examples, at least one of each kind.
    pub examples: Vec<Example>,
}

/// Where a rule applies; every condition that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// At one of these stages.
    pub stage: Vec<Word<Stage>>,
    /// For a service of one of these kinds.
    pub service: Vec<Word<ServiceKind>>,
    /// In one of these care areas.
    pub area: Vec<String>,
    /// Where a change is made in one of these dialects.
    pub dialect: Vec<String>,
    /// For pumps of one of these profiles.
    pub profile: Vec<String>,
}

impl When {
    /// Whether the rule applies to a requirement; stages and dialects are asked elsewhere.
    pub(super) fn covers(&self, facts: &Facts<'_>, change: &RequirementChange) -> bool {
        let kind = facts.service(change).map(|service| service.kind);
        let profile = facts.group(change).map(|group| group.profile.as_str());
        (self.service.is_empty() || kind.is_some_and(|kind| self.service.contains(&Word(kind))))
            && (self.area.is_empty() || self.area.contains(&change.requirement.area))
            && (self.profile.is_empty()
                || profile.is_some_and(|id| self.profile.iter().any(|wanted| wanted == id)))
    }

    /// Whether the rule applies to a stage.
    pub(super) fn covers_stage(&self, stage: Stage) -> bool {
        self.stage.is_empty() || self.stage.contains(&Word(stage))
    }
}

/// What an example expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The rule fires.
    Finding,
    /// The rule does not fire.
    Clean,
}

/// A small change that shows when the rule fires, or when it does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Whether the rule fires.
    pub expect: Expect,
    /// A fixture whose snapshot and site file both sides start from.
    #[serde(default)]
    pub base: Option<String>,
    /// Replacements in the base that both sides share; `site.yaml` is the site file.
    #[serde(default)]
    pub prepare: Vec<Replace>,
    /// Replacements that make the after side; in `site.yaml` they make the after site.
    #[serde(default)]
    pub replace: Vec<Replace>,
    /// Whole files of the before side, path to text.
    #[serde(default)]
    pub before: BTreeMap<String, String>,
    /// Whole files of the after side, path to text.
    #[serde(default)]
    pub after: BTreeMap<String, String>,
    /// The site file's text.
    #[serde(default)]
    pub site: Option<String>,
    /// What was measured before the change, a file below `fixtures/`.
    #[serde(default)]
    pub measured: Option<String>,
    /// A scenario of `fixtures/scenarios/` instead of all that.
    #[serde(default)]
    pub scenario: Option<String>,
}

/// One replacement of text in one file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// Path of the file.
    pub file: String,
    /// Text that must occur, once unless `all`.
    pub find: String,
    /// What stands there instead; empty: nothing.
    #[serde(default)]
    pub with: String,
    /// Whether every occurrence is replaced.
    #[serde(default)]
    pub all: bool,
}

/// A rule, ready to run.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Id.
    pub id: String,
    /// Folder below `rules/`.
    pub topic: String,
    /// Path of the file.
    pub path: String,
    /// The finding's sentence with placeholders.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The check.
    pub check: &'static CheckKind,
    /// The check with its parameters.
    pub judge: Arc<dyn Judge>,
    /// Where it applies.
    pub when: When,
    /// What changes.
    pub what: String,
    /// Why it can trip a pump.
    pub why: String,
    /// What it needs as evidence.
    pub evidence: String,
    /// What makes it fire although nothing is wrong.
    pub false_positives: Vec<String>,
    /// What to do instead.
    pub remedy: String,
    /// Sources.
    pub references: Vec<String>,
    /// Version that brought it.
    pub since: String,
    /// Examples.
    pub examples: Vec<Example>,
}

/// Every rule of a run, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Rules {
    /// The rule with this id.
    pub fn by_id(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// The JSON Schema of a rule file: one form for each check.
pub fn rule_schema() -> Schema {
    let mut generator = SchemaGenerator::default();
    let checks: Vec<_> = CHECKS
        .iter()
        .map(|check| {
            let parameters = check.schema(&mut generator);
            json_schema!({
                "description": check.doc,
                "properties": { "check": { "const": check.id }, "parameters": parameters },
            })
        })
        .collect();
    let mut schema = generator.into_root_schema_for::<RuleText>();
    schema.insert("title".to_owned(), "rule of pump-preflight".into());
    schema.insert(
        "oneOf".to_owned(),
        checks.into_iter().map(serde_json::Value::from).collect(),
    );
    schema
}
