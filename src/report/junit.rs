//! `JUnit`: one test case a requirement, for the dashboards that know nothing else.
//!
//! No schema of the format is normative; what is written is what Jenkins and GitLab read: exactly one
//! failure or error a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::answer::{Answer, deciding, state, word};
use super::markup::escaped;
use super::notice::{Level, Places, notices};
use super::{Report, Style};
use crate::wire::assessment::{Assessment, Effect, Requirement, Verdict};

/// `JUnit` XML.
#[derive(Debug, Clone, Copy)]
pub struct Junit;

impl Report for Junit {
    fn id(&self) -> &'static str {
        "junit"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let mut suites: BTreeMap<&str, Suite> = BTreeMap::new();
        for requirement in &assessment.requirements {
            let suite = suites.entry(&requirement.group).or_default();
            suite.cases.push(of_requirement(&answer, requirement));
        }
        let mut all: Vec<(&str, Suite)> = suites.into_iter().collect();
        all.push(("findings", findings(&answer)));
        let verdict = Suite {
            cases: vec![of_verdict(&answer)],
        };
        all.push(("verdict", verdict));
        out.write_all(text(assessment, &all).as_bytes())
    }
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As required.
    Pass,
    /// Otherwise.
    Failure,
    /// Nobody knows.
    Error,
}

/// One case.
#[derive(Debug)]
struct Case {
    /// What it belongs to.
    class: String,
    /// Its name.
    name: String,
    /// How it ended.
    end: End,
    /// The kind of failure.
    kind: String,
    /// The failure in one line.
    message: String,
    /// Everything about it.
    details: String,
}

/// Cases that belong together.
#[derive(Debug, Default)]
struct Suite {
    /// The cases.
    cases: Vec<Case>,
}

impl Suite {
    /// How many cases ended so.
    fn count(&self, end: End) -> usize {
        self.cases.iter().filter(|case| case.end == end).count()
    }
}

/// A requirement.
fn of_requirement(answer: &Answer<'_>, of: &Requirement) -> Case {
    let end = match of.change {
        Effect::Unchanged | Effect::Gained => End::Pass,
        Effect::Lost | Effect::Degraded | Effect::Transient => End::Failure,
        Effect::BrokenBefore if answer.is_one_snapshot() => End::Failure,
        Effect::BrokenBefore | Effect::Unknown => End::Error,
    };
    let pumps = super::answer::counted_u64(u64::from(of.count), "pump", "pumps");
    let mut message = format!("{} {pumps}, {} ({})", word(of.change), of.area, of.reaction);
    let mut details = String::new();
    if let Some(stage) = deciding(of) {
        let _ = write!(message, ": {} {}", stage.stage, stage.why);
        let states = format!("{} -> {}", state(stage.before), state(stage.after));
        let _ = writeln!(details, "{} {states}: {}", stage.stage, stage.why);
    }
    for origin in answer.origins(of) {
        let _ = writeln!(details, "{} {}", answer.place(origin), origin.text);
    }
    Case {
        class: format!("{}.{}.{}", of.group, of.network, of.firmware),
        name: of.service.clone(),
        end,
        kind: word(of.change).to_lowercase(),
        message,
        details,
    }
}

/// Findings: none of a requirement that fails is left to its requirement alone.
fn findings(answer: &Answer<'_>) -> Suite {
    let places = Places::new(answer.assessment);
    let is_finding = |rule: &str| !rule.starts_with("requirement-");
    let cases = notices(answer)
        .into_iter()
        .filter(|notice| is_finding(&notice.rule))
        .map(|notice| {
            let (path, line) = places.of(&notice);
            Case {
                class: "findings".to_owned(),
                name: format!("{} {path}:{line}", notice.rule),
                // What is only worth knowing fails nothing.
                end: if notice.level == Level::Note {
                    End::Pass
                } else {
                    End::Failure
                },
                kind: notice.rule.clone(),
                message: notice.message.clone(),
                details: notice.remedy.clone(),
            }
        });
    Suite {
        cases: cases.collect(),
    }
}

/// The verdict, so that no dashboard is green where the exit code is not 0.
fn of_verdict(answer: &Answer<'_>) -> Case {
    let of = answer.assessment;
    Case {
        class: "verdict".to_owned(),
        name: "go".to_owned(),
        end: match of.verdict {
            Verdict::Go => End::Pass,
            Verdict::NoGo => End::Failure,
            Verdict::Conditional | Verdict::Inconclusive => End::Error,
        },
        kind: of.verdict.name().to_owned(),
        message: format!("{}: {}", of.verdict.name(), answer.counts()),
        details: answer.meaning().to_owned(),
    }
}

/// The document.
fn text(assessment: &Assessment, suites: &[(&str, Suite)]) -> String {
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(|(_, suite)| of(suite)).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">",
        escaped(&assessment.tool.name),
        sum(|suite| suite.cases.len()),
        sum(|suite| suite.count(End::Failure)),
        sum(|suite| suite.count(End::Error)),
    );
    for (name, suite) in suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">",
            escaped(name),
            suite.cases.len(),
            suite.count(End::Failure),
            suite.count(End::Error),
        );
        for case in &suite.cases {
            out.push_str(&case_text(case));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// One case.
fn case_text(case: &Case) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\"",
        escaped(&case.class),
        escaped(&case.name)
    );
    let element = match case.end {
        End::Pass => return format!("{head}/>\n"),
        End::Failure => "failure",
        End::Error => "error",
    };
    let details: Vec<String> = case.details.lines().map(escaped).collect();
    format!(
        "{head}>\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>\n",
        escaped(&case.kind),
        escaped(&case.message),
        details.join("\n")
    )
}
