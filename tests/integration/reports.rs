//! Every report of handwritten assessments against its goldens.
//!
//! `fixtures/reports/<case>.json` is the input; `.text`, `.text-60` and one file for each other
//! format are what is written. A case adds files, no Rust.

use std::fs;
use std::path::PathBuf;

use pump_preflight::report::{self, REPORTS, SCHEMAS, Style};
use pump_preflight::wire::assessment::{Assessment, Finding};

use crate::support::{check_golden, entries, fixtures};

/// A pipe.
const PIPE: Style = Style {
    width: None,
    color: false,
};

#[test]
fn every_case_is_written_as_its_goldens_say() {
    for (path, assessment) in cases() {
        for report in REPORTS {
            let written = render(report.id(), &assessment, PIPE);
            check_golden(&path.with_extension(report.id()), &written);
        }
        let narrow = render("text", &assessment, terminal(60, false));
        check_golden(&path.with_extension("text-60"), &narrow);
    }
}

#[test]
fn no_report_lets_an_input_move_the_cursor_or_hide_text() {
    for (path, assessment) in cases() {
        for report in REPORTS {
            for style in [PIPE, terminal(60, false), terminal(160, false)] {
                let text = render(report.id(), &assessment, style);
                let bad = text.chars().find(|&of| is_hidden(of));
                assert_eq!(bad, None, "{} of {}", report.id(), path.display());
            }
        }
    }
}

#[test]
fn color_adds_nothing_but_color() {
    for (path, assessment) in cases() {
        let plain = render("text", &assessment, terminal(100, false));
        let mut colored = render("text", &assessment, terminal(100, true));
        while let Some(start) = colored.find("\u{1B}[") {
            let length = colored[start..].find('m').unwrap();
            colored.replace_range(start..=start + length, "");
        }
        assert_eq!(plain, colored, "{}", path.display());
    }
}

#[test]
fn lines_fit_the_terminal_unless_they_are_to_be_copied() {
    let (_, assessment) = case("no-go-everything");
    for width in [60, 80, 100, 160] {
        let text = render("text", &assessment, terminal(width, false));
        for line in text.lines() {
            let is_fixed = line.contains("answers:") || line.contains("(exit ");
            let words = line.split(' ').filter(|word| !word.starts_with(['─', '═']));
            let longest = words.map(|word| word.chars().count()).max();
            let fits = line.chars().count() <= usize::from(width);
            assert!(fits || is_fixed || longest > Some(40), "{width}: {line}");
        }
    }
}

#[test]
fn the_last_line_is_the_verdict_with_its_counts() {
    for (path, assessment) in cases() {
        for style in [PIPE, terminal(60, true)] {
            let text = render("text", &assessment, style);
            let last = text.lines().last().unwrap();
            let exit = format!("(exit {})", assessment.exit_code);
            assert!(last.ends_with(&exit), "{}", path.display());
            assert!(
                last.contains(assessment.verdict.name()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn the_last_lines_have_the_shape_that_is_promised() {
    let (_, assessment) = case("no-go-everything");
    let text = render("text", &assessment, PIPE);
    let last: Vec<&str> = text.rsplit("\n\n").next().unwrap().lines().collect();
    assert_eq!(
        last[0],
        "LOST      icu-spectrum 180 pumps, ICU (seconds) -> gateway tcp/51244       \
         fw-med.cfg:2214 drop, within 30 s"
    );
    assert!(
        last.iter()
            .any(|line| line.starts_with("do first  permit tcp/51244 above line 2214"))
    );
    let end = "no-go: 2 lost, 2 degraded, 2 transient, 1 unknown, 5 unchanged, 1 gained, \
               1 broken before (exit 1)";
    assert_eq!(*last.last().unwrap(), end);
}

#[test]
fn more_rows_than_fit_are_counted() {
    let (_, mut assessment) = case("no-go-everything");
    let one = assessment.requirements[0].clone();
    for number in 0..30 {
        let mut next = one.clone();
        next.group = format!("group-{number:02}");
        next.id = format!("{}/icu/9.01.00/gateway", next.group);
        assessment.requirements.push(next);
    }
    let text = render("text", &assessment, PIPE);
    let last: Vec<&str> = text.rsplit("\n\n").next().unwrap().lines().collect();
    assert_eq!(
        last.iter().filter(|line| line.starts_with("LOST ")).count(),
        12
    );
    assert!(
        last.iter().any(|line| line.trim() == "and 24 more"),
        "{last:#?}"
    );
}

#[test]
fn markdown_carries_input_only_as_words_or_code() {
    let (_, assessment) = case("hostile-text");
    let page = render("markdown", &assessment, PIPE);
    for line in page.lines() {
        let rest = without_code(line)
            .replace("&#124;", "")
            .replace("-&gt;", "");
        for bad in [
            "<", "](", "http", "www.", "@", "evil", "deadbeef", "GH-", "$", "~", "&", "\\", "`",
        ] {
            assert!(!rest.contains(bad), "{bad} in {line}");
        }
    }
    let columns = |line: &str| without_code(line).matches('|').count();
    let tables = page.lines().filter(|line| line.starts_with('|'));
    let widths: Vec<usize> = tables.map(columns).collect();
    assert!(
        widths.iter().all(|width| [4, 6, 7].contains(width)),
        "{widths:?}"
    );
}

#[test]
fn markdown_that_is_too_long_keeps_the_summary_and_says_so() {
    let (_, mut assessment) = case("hostile-text");
    let one = assessment.findings[0].clone();
    for number in 0..400 {
        let id = format!("f{number}");
        assessment.findings.push(Finding { id, ..one.clone() });
    }
    let page = render("markdown", &assessment, PIPE);
    assert!(page.chars().count() <= 65_536);
    assert!(page.contains("**Only the summary:** the whole page has "));
    assert!(page.contains("and 391 more"));
    assert!(page.contains("(exit 1)"));
}

#[test]
fn nothing_is_ever_called_safe() {
    for (path, assessment) in cases() {
        for report in REPORTS {
            let text = render(report.id(), &assessment, PIPE).to_lowercase();
            assert!(
                !text.contains("safe"),
                "{} of {}",
                report.id(),
                path.display()
            );
        }
    }
}

#[test]
fn published_schemas_are_json_and_name_every_field() {
    for name in SCHEMAS {
        let text = report::schema_of(name).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        let object = schema["properties"].is_object() || schema["anyOf"].is_array();
        assert!(object, "{name}");
    }
    assert_eq!(report::schema_of("nothing"), None);
    let schema = report::schema_of("assessment").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let (_, assessment) = case("empty");
    let value = serde_json::to_value(assessment).unwrap();
    let fields = value.as_object().unwrap().keys();
    for field in fields {
        assert!(schema["properties"][field].is_object(), "{field}");
    }
}

/// A terminal.
fn terminal(width: u16, color: bool) -> Style {
    Style {
        width: Some(width),
        color,
    }
}

/// All inputs.
fn cases() -> Vec<(PathBuf, Assessment)> {
    let paths = entries(&fixtures().join("reports")).into_iter();
    let inputs = paths.filter(|path| path.extension().is_some_and(|found| found == "json"));
    let cases: Vec<_> = inputs
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, serde_json::from_str(&text).unwrap())
        })
        .collect();
    assert!(cases.len() >= 5, "inputs are missing");
    cases
}

/// One input by name.
fn case(name: &str) -> (PathBuf, Assessment) {
    let found = cases()
        .into_iter()
        .find(|(path, _)| path.file_stem().is_some_and(|stem| stem == name));
    found.expect("the case exists")
}

/// A report as text.
fn render(id: &str, assessment: &Assessment, style: Style) -> String {
    let mut out = Vec::new();
    let report = report::by_id(id).expect("the format exists");
    report.render(assessment, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Whether a terminal obeys or hides a character.
fn is_hidden(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(
            character,
            '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// A line of Markdown without its code spans, as section 6.1 of `CommonMark` finds them.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let fence = rest[start..].chars().take_while(|of| *of == '`').count();
        out.push_str(&rest[..start]);
        let mut at = start + fence;
        let end = loop {
            let Some(next) = rest[at..].find('`').map(|next| at + next) else {
                break None;
            };
            let run = rest[next..].chars().take_while(|of| *of == '`').count();
            if run == fence {
                break Some(next + run);
            }
            at = next + run;
        };
        let Some(end) = end else {
            out.push_str(&rest[start..]);
            return out;
        };
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
