//! SARIF 2.1.0, for code scanning of GitHub and other readers.
//!
//! Follows the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0" and
//! what GitHub asks beyond it ("SARIF support for code scanning"): one result without a place makes
//! it refuse the whole file, so that every result has one.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use super::answer::Answer;
use super::json::escape_hidden;
use super::notice::{Level, Notice, Places, notices};
use super::{Report, Style};
use crate::wire::assessment::{Assessment, Origin};

/// Where the schema is published (OASIS).
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Most results that GitHub takes; of more, the worst are kept ("Results exceed limit").
const MOST_RESULTS: usize = 25_000;
/// Most characters of a rule's description (GitHub, "SARIF support for code scanning").
const LONGEST: usize = 1_024;

/// SARIF.
#[derive(Debug, Clone, Copy)]
pub struct Sarif;

impl Report for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&log(assessment)).map_err(io::Error::other)?;
        out.write_all(escape_hidden(&text).as_bytes())?;
        out.write_all(b"\n")
    }
}

/// The whole log: one run.
fn log(assessment: &Assessment) -> Value {
    let answer = Answer::new(assessment);
    let places = Places::new(assessment);
    let mut notices = notices(&answer);
    notices.truncate(MOST_RESULTS);
    // By id, each with its place among the rules and its first entry.
    let mut rules: BTreeMap<&str, (usize, &Notice<'_>)> = BTreeMap::new();
    for notice in &notices {
        rules.entry(&notice.rule).or_insert((0, notice));
    }
    for (index, (of, _)) in rules.values_mut().enumerate() {
        *of = index;
    }
    let results: Vec<Value> = notices
        .iter()
        .map(|notice| {
            let index = rules
                .get(notice.rule.as_str())
                .map_or(0, |(index, _)| *index);
            result(notice, index, &places)
        })
        .collect();
    let described: Vec<Value> = rules.values().map(|(_, notice)| rule(notice)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": assessment.tool.name,
                    "semanticVersion": assessment.tool.version,
                    "rules": described,
                }
            },
            "automationDetails": { "id": format!("{}/", assessment.tool.name) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": assessment.exit_code,
                "exitCodeDescription": assessment.verdict.name(),
            }],
            "properties": {
                "assessment_id": assessment.assessment_id,
                "verdict": assessment.verdict.name(),
                "counts": answer.counts(),
            },
            "results": results,
        }]
    })
}

/// The word of a level.
fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// A kind of entries, as its first one tells.
fn rule(notice: &Notice<'_>) -> Value {
    let name = notice.rule.replace('-', " ");
    let mut help = match notice.remedy.as_str() {
        "" => format!("`pump-preflight explain {}` says more.", notice.rule),
        remedy => remedy.to_owned(),
    };
    for reference in notice.references {
        help.push_str("\n- ");
        help.push_str(reference);
    }
    let precision = match notice.confidence {
        "low" | "assumed" => "low",
        "medium" | "differential" => "medium",
        _ => "high",
    };
    let problem = match notice.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    };
    json!({
        "id": notice.rule,
        "shortDescription": { "text": cut(&name) },
        "fullDescription": { "text": cut(&notice.message) },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(notice.level) },
        "properties": {
            "precision": precision,
            "problem.severity": problem,
            "tags": ["availability", "infusion-pump"],
        },
    })
}

/// One entry.
fn result(notice: &Notice<'_>, index: usize, places: &Places<'_>) -> Value {
    let (path, line) = places.of(notice);
    let text = notice.origins.first().map_or("", |origin| &origin.text);
    let related: Vec<Value> = (notice.origins.iter().skip(1).enumerate())
        .map(|(id, origin)| related(id + 1, origin, places))
        .collect();
    let mut message = notice.message.clone();
    if !notice.remedy.is_empty() {
        // Code scanning takes the first sentence for the title.
        let ends = message.ends_with('.');
        message.push_str(if ends { " Instead: " } else { ". Instead: " });
        message.push_str(&notice.remedy);
    }
    let mut result = json!({
        "ruleId": notice.rule,
        "ruleIndex": index,
        "level": level(notice.level),
        "message": { "text": message },
        "locations": [location(&path, line, text)],
        "partialFingerprints": {
            "primaryLocationLineHash": format!("{}:1", notice.fingerprint),
            "pumpPreflight/v1": notice.fingerprint,
        },
        "properties": {
            "confidence": notice.confidence,
            "requirements": notice.requirements,
        },
    });
    if !related.is_empty()
        && let Some(fields) = result.as_object_mut()
    {
        fields.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

/// A place beside the first.
fn related(id: usize, origin: &Origin, places: &Places<'_>) -> Value {
    let mut place = location(&places.path(origin), origin.line.max(1), &origin.text);
    if let Some(fields) = place.as_object_mut() {
        fields.insert("id".to_owned(), json!(id));
        let text = format!("{}: {}", origin.snapshot, origin.text);
        fields.insert("message".to_owned(), json!({ "text": text }));
    }
    place
}

/// A line of a file.
fn location(path: &str, line: u32, text: &str) -> Value {
    let mut region = json!({
        "startLine": line,
        "startColumn": 1,
        "endLine": line,
        "endColumn": text.chars().count() + 1,
    });
    if !text.is_empty()
        && let Some(fields) = region.as_object_mut()
    {
        fields.insert("snippet".to_owned(), json!({ "text": text }));
    }
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": region,
        }
    })
}

/// A path as a URI reference (RFC 3986 §2).
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Text that GitHub takes as a description: not empty, not too long.
fn cut(text: &str) -> String {
    match text.trim() {
        "" => "no description".to_owned(),
        text => super::board::shorten(text, LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/ü#1.cfg"), "a%20b/%C3%BC%231.cfg");
        assert_eq!(uri("/srv/a.cfg"), "file:///srv/a.cfg");
    }
}
