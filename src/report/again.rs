//! One change judged again: on another night's network, or together with other changes.

use std::io;

use super::answer::{Answer, word};
use super::board::tone;
use super::layout::{Line, Page, Tone};
use super::words::effect_tone;
use super::{Report as _, Style, Text};
use crate::wire::assessment::{Assessment, Effect, Input, Verdict};

/// What has become of a report's verdict.
pub fn render_recheck(
    old: &Assessment,
    new: &Assessment,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if new.verdict != Verdict::Go {
        Text.render(new, style, out)?;
    }
    let mut lines: Vec<Line> = (changed_files(old, new).into_iter())
        .map(|text| line("since then", Tone::Strong, text, String::new()))
        .collect();
    if lines.is_empty() {
        let text = "no file of the network before has changed".to_owned();
        lines.push(line("since then", Tone::Strong, text, String::new()));
    }
    lines.extend(differing(new, &[old]));
    let rest = format!(
        ": was {}; {} (exit {})",
        old.verdict.name(),
        Answer::new(new).counts(),
        new.exit_code
    );
    finish(&lines, new.verdict, &rest, style, out)
}

/// What several changes do together that none does alone.
pub fn render_combination(
    parts: &[Assessment],
    whole: &Assessment,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if whole.verdict != Verdict::Go {
        Text.render(whole, style, out)?;
    }
    let alone: Vec<&Assessment> = parts.iter().collect();
    let lines = differing(whole, &alone);
    let verdicts: Vec<&str> = parts.iter().map(|part| part.verdict.name()).collect();
    let rest = format!(
        ": alone {}; {} (exit {})",
        verdicts.join(", "),
        Answer::new(whole).counts(),
        whole.exit_code
    );
    finish(&lines, whole.verdict, &rest, style, out)
}

/// Writes the lines and the verdict.
fn finish(
    lines: &[Line],
    verdict: Verdict,
    rest: &str,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style);
    if verdict != Verdict::Go {
        out.write_all(b"\n")?;
    }
    page.columns(lines);
    page.final_line(verdict.name(), tone(verdict), rest);
    out.write_all(page.finish().as_bytes())
}

/// Requirements that fare otherwise than in every other report.
fn differing(new: &Assessment, olds: &[&Assessment]) -> Vec<Line> {
    let mut lines = Vec::new();
    for requirement in &new.requirements {
        let before: Vec<Option<Effect>> = olds
            .iter()
            .map(|old| {
                let mut known = old.requirements.iter();
                let found = known.find(|known| known.id == requirement.id);
                found.map(|found| found.change)
            })
            .collect();
        if before.contains(&Some(requirement.change)) {
            continue;
        }
        let was: Vec<String> = before
            .iter()
            .map(|effect| {
                let name = effect.map_or("not judged", word);
                name.to_lowercase()
            })
            .collect();
        lines.push(line(
            word(requirement.change),
            effect_tone(requirement.change),
            requirement.id.clone(),
            format!("was {}", was.join(", ")),
        ));
    }
    lines
}

/// Files of the network before that are not what they were, and other inputs likewise.
fn changed_files(old: &Assessment, new: &Assessment) -> Vec<String> {
    let own = |input: &&Input| input.kind != "after";
    let key = |input: &Input| (input.kind.clone(), input.path.clone());
    let mut out = Vec::new();
    for input in new.inputs.iter().filter(own) {
        let known = old.inputs.iter().find(|known| key(known) == key(input));
        match known {
            Some(known) if known.sha256 == input.sha256 => {}
            Some(_) => out.push(format!("{} has changed", input.path)),
            None if input.kind == "before" => out.push(format!("{} is new", input.path)),
            // Sites and profiles may stand elsewhere: their texts tell.
            None if old.inputs.iter().any(|known| known.sha256 == input.sha256) => {}
            None => out.push(format!("{} {} is another one", input.kind, input.path)),
        }
    }
    for input in old.inputs.iter().filter(|input| input.kind == "before") {
        if !new.inputs.iter().any(|known| key(known) == key(input)) {
            out.push(format!("{} is gone", input.path));
        }
    }
    out
}

/// One line.
fn line(label: &str, tone: Tone, left: String, right: String) -> Line {
    Line {
        label: label.to_owned(),
        tone,
        left,
        right,
    }
}
