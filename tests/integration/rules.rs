//! Every rule's examples, run through the whole pre-flight; the table of rules is fresh.

use std::collections::BTreeMap;
use std::path::Path;

use pump_preflight::rule::example::{Expanded, Files, SITE, expand};
use pump_preflight::rule::load;
use pump_preflight::rule::schema::{Example, Expect};

use crate::support::{assess_texts, repository};

/// Every file below a folder, path below it to text.
fn files_below(root: &Path, folder: &Path, out: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(root, &path, out);
        } else {
            let below = path.strip_prefix(root).unwrap();
            let name = below.to_string_lossy().replace('\\', "/");
            out.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// A fixture's before side with its site file.
fn base(name: &str) -> Files {
    let fixture = repository().join("fixtures").join(name);
    let mut files = BTreeMap::new();
    let before = fixture.join("before");
    files_below(&before, &before, &mut files);
    let site = std::fs::read_to_string(fixture.join(SITE)).unwrap();
    files.insert(SITE.to_owned(), site);
    files
}

/// A scenario's two sides; its site file is the same on both unless it has a `site_after.yaml`.
fn scenario(name: &str) -> Expanded {
    let folder = repository().join("fixtures/scenarios").join(name);
    let side = |side: &str| {
        let mut files = BTreeMap::new();
        let root = folder.join(side);
        files_below(&root, &root, &mut files);
        files
    };
    let site_before = std::fs::read_to_string(folder.join(SITE)).unwrap();
    let site = std::fs::read_to_string(folder.join("site_after.yaml"));
    Expanded {
        before: side("before"),
        after: side("after"),
        site: site.unwrap_or_else(|_| site_before.clone()),
        site_before,
    }
}

/// What an example runs on.
fn expanded(rule: &str, example: &Example) -> Expanded {
    if let Some(name) = &example.scenario {
        return scenario(name);
    }
    let base = example.base.as_deref().map(base).unwrap_or_default();
    expand(example, &base).unwrap_or_else(|error| panic!("{rule}, {}: {error}", example.name))
}

/// Files as the support function takes them.
fn pairs(files: &Files) -> Vec<(&str, &str)> {
    files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect()
}

#[test]
fn every_example_finds_what_it_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for rule in &load(&[]).unwrap().rules {
        for example in &rule.examples {
            let sides = expanded(&rule.id, example);
            let assessment = assess_texts(
                &pairs(&sides.before),
                &pairs(&sides.after),
                &sides.site_before,
                &sides.site,
            );
            let fires = assessment
                .findings
                .iter()
                .any(|finding| finding.rule == rule.id);
            if fires != (example.expect == Expect::Finding) {
                let titles: Vec<_> = assessment
                    .findings
                    .iter()
                    .map(|finding| format!("  {}: {}", finding.rule, finding.title))
                    .collect();
                let said = if fires { "fires" } else { "does not fire" };
                wrong.push(format!(
                    "{} {said}: {}\n{}",
                    rule.id,
                    example.name,
                    titles.join("\n")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
