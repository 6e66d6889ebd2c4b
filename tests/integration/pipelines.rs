//! Reports for pipelines and pages, by what their readers ask of them.

use std::collections::BTreeSet;
use std::fs;

use pump_preflight::report::{self, Style};
use pump_preflight::wire::assessment::{Assessment, Verdict};
use serde_json::Value;

use crate::support::{entries, fixtures};

/// All handwritten assessments.
fn cases() -> Vec<Assessment> {
    let paths = entries(&fixtures().join("reports")).into_iter();
    paths
        .filter(|path| path.extension().is_some_and(|found| found == "json"))
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

/// A report as text.
fn render(id: &str, assessment: &Assessment) -> String {
    let mut out = Vec::new();
    let report = report::by_id(id).expect("the format exists");
    report
        .render(assessment, Style::default(), &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// A report as JSON.
fn json(id: &str, assessment: &Assessment) -> Value {
    serde_json::from_str(&render(id, assessment)).unwrap()
}

/// Checks that every element is closed in its order; gives the names of all elements.
fn elements(text: &str) -> BTreeSet<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut names = BTreeSet::new();
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        if tag.starts_with(['!', '?']) {
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        names.insert(name.to_owned());
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{part}");
        } else if !tag.ends_with('/') && name != "meta" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    names
}

#[test]
fn sarif_has_what_code_scanning_refuses_files_without() {
    for assessment in cases() {
        let log = json("sarif", &assessment);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for path in [
                "/id",
                "/shortDescription/text",
                "/fullDescription/text",
                "/help/text",
            ] {
                let text = rule.pointer(path).unwrap().as_str().unwrap();
                assert!(!text.is_empty(), "{path} of {rule}");
            }
            let length = rule["shortDescription"]["text"].as_str().unwrap().chars();
            assert!(length.count() <= 1_024);
        }
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && !uri.starts_with("./") && !uri.contains([' ', '<', '"']));
            for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(place["region"][field].as_u64().unwrap() >= 1, "{field}");
            }
        }
        let code = run["invocations"][0]["exitCode"].as_u64().unwrap();
        assert_eq!(code, u64::from(assessment.exit_code));
        let entries = json("gitlab", &assessment);
        let entries = entries.as_array().unwrap();
        assert_eq!(entries.len(), run["results"].as_array().unwrap().len());
    }
}

#[test]
fn entries_are_told_apart_and_stay_the_same_when_lines_move() {
    let fingerprints = |assessment: &Assessment| -> Vec<String> {
        let entries = json("gitlab", assessment);
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| entry["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    for mut assessment in cases() {
        let first = fingerprints(&assessment);
        let distinct: BTreeSet<&String> = first.iter().collect();
        assert_eq!(distinct.len(), first.len());
        let findings = assessment
            .findings
            .iter_mut()
            .flat_map(|of| &mut of.origins);
        let changes = assessment.changes.iter_mut().flat_map(|of| &mut of.origins);
        for origin in findings.chain(changes) {
            origin.line += 7;
        }
        assert_eq!(fingerprints(&assessment), first);
    }
}

#[test]
fn an_entry_without_a_place_stands_in_the_site_file() {
    let with_site = |of: &Assessment| of.inputs.iter().any(|input| input.path == "site.yaml");
    let mut assessment = cases()
        .into_iter()
        .find(|of| !of.findings.is_empty() && with_site(of))
        .unwrap();
    assessment.findings.truncate(1);
    assessment.findings[0].origins.clear();
    let log = json("sarif", &assessment);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rule = &assessment.findings[0].rule;
    let result = results
        .iter()
        .find(|of| of["ruleId"] == rule.as_str())
        .unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.strip_suffix(".yaml").is_some(), "{uri}");
    assert_eq!(place["region"]["startLine"], 1);
}

#[test]
fn every_requirement_is_a_test_case_and_only_go_is_green() {
    for assessment in cases() {
        let text = render("junit", &assessment);
        elements(&text);
        let count = |name: &str| text.matches(&format!("<{name} ")).count();
        let cases = count("testcase");
        assert!(cases > assessment.requirements.len());
        let head = text.lines().nth(1).unwrap();
        for (name, number) in [
            ("tests", cases),
            ("failures", count("failure")),
            ("errors", count("error")),
        ] {
            assert!(head.contains(&format!("{name}=\"{number}\"")), "{head}");
        }
        let green = count("failure") + count("error") == 0;
        assert_eq!(green, assessment.verdict == Verdict::Go, "{head}");
    }
}

#[test]
fn workflow_commands_are_one_a_line_and_begin_nothing_else() {
    for assessment in cases() {
        let text = render("github", &assessment);
        for line in text.lines() {
            let known = ["::error ", "::warning ", "::notice "];
            assert!(known.iter().any(|word| line.starts_with(word)), "{line}");
        }
        assert!(
            text.lines()
                .next()
                .unwrap()
                .contains(assessment.verdict.name())
        );
    }
}

#[test]
fn the_page_fetches_nothing_and_holds_no_markup_of_inputs() {
    let known: BTreeSet<&str> = [
        "a", "article", "body", "caption", "code", "dd", "dl", "dt", "figure", "h1", "h2", "h3",
        "head", "header", "html", "li", "line", "main", "meta", "nav", "p", "path", "polyline",
        "pre", "rect", "section", "small", "span", "strong", "style", "svg", "table", "tbody",
        "td", "text", "th", "thead", "title", "tr", "ul", "div",
    ]
    .into();
    for assessment in cases() {
        let text = render("html", &assessment);
        for name in elements(&text) {
            assert!(known.contains(name.as_str()), "{name}");
        }
        for bad in ["<script", "src=", "url(", "@import", "<link", "javascript:"] {
            let (_, body) = text.split_once("</style>").unwrap();
            let tags = body.split('<').filter_map(|part| part.split('>').next());
            let inside = tags
                .filter(|tag| !tag.starts_with('!'))
                .any(|tag| tag.contains(bad));
            assert!(!inside && !text.contains("<script"), "{bad}");
        }
        for tag in text.split('<').filter_map(|part| part.split('>').next()) {
            let handler = tag.split(' ').skip(1).any(|word| word.starts_with("on"));
            assert!(!handler || !tag.contains("=\""), "{tag}");
        }
        // The page, the last line and the exit code say the same.
        let exit = format!("(exit {})", assessment.exit_code);
        assert!(text.contains(&exit) && text.contains(assessment.verdict.name()));
        for target in text.split("href=\"#").skip(1) {
            let (id, _) = target.split_once('"').unwrap();
            assert_eq!(text.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
