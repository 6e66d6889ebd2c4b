//! The prose of a rule.

use std::fmt::Write as _;

use crate::rule::schema::{Rule, Rules};

/// Everything a rule says of itself, as text with headings.
pub fn explain(rule: &Rule) -> String {
    let mut out = format!("{}\n\n", rule.id);
    let mut section = |heading: &str, text: &str| {
        let _ = write!(
            out,
            "{heading}\n  {}\n\n",
            text.trim().replace('\n', "\n  ")
        );
    };
    section("What changes", &rule.what);
    section("Why it can trip a pump", &rule.why);
    section(
        "How it is measured",
        &format!(
            "{}\ncheck `{}`: {}",
            rule.judge.measured(),
            rule.check.id,
            rule.check.doc
        ),
    );
    section("What it needs as evidence", &rule.evidence);
    section(
        "When it fires although nothing is wrong",
        &list(&rule.false_positives),
    );
    section("What to do", &rule.remedy);
    section("Sources", &list(&rule.references));
    let _ = writeln!(
        out,
        "severity {}, confidence {}, since {}",
        severity_name(rule),
        confidence_name(rule),
        rule.since
    );
    out
}

/// Lines with dashes.
fn list(items: &[String]) -> String {
    let lines: Vec<_> = items
        .iter()
        .map(|item| format!("- {}", item.trim()))
        .collect();
    lines.join("\n")
}

/// The severity's word.
fn severity_name(rule: &Rule) -> &'static str {
    use crate::wire::assessment::Severity;
    match rule.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The confidence's word.
fn confidence_name(rule: &Rule) -> &'static str {
    use crate::wire::assessment::Confidence;
    match rule.confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// The table of rules as Markdown, by topic and id.
pub fn table(rules: &Rules) -> String {
    let mut rows: Vec<_> = rules.rules.iter().collect();
    rows.sort_by(|a, b| (&a.topic, &a.id).cmp(&(&b.topic, &b.id)));
    let mut out = String::from("| topic | rule | severity | what |\n|---|---|---|---|\n");
    for rule in rows {
        let _ = writeln!(
            out,
            "| {} | [`{}`]({}) | {} | {} |",
            rule.topic,
            rule.id,
            rule.path,
            severity_name(rule),
            rule.what.trim().replace('|', "\\|").replace('\n', " ")
        );
    }
    out
}
