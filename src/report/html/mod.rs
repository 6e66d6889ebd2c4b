//! One page of HTML for the change board: no script, nothing fetched, fit to be printed.
//!
//! What it means for patients comes first, then who is hurt, why, what to do, and last the evidence.

mod evidence;
mod page;
mod pumps;
mod rest;

use std::io;

use self::page::{Page, class, prose};
use super::answer::{Answer, counted_u64};
use super::board::tone;
use super::markup::escaped;
use super::{Report, Style};
use crate::wire::assessment::{Assessment, Effect, Verdict};

/// What the page looks like.
const STYLE: &str = include_str!("style.css");

/// HTML.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Report for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let mut page = Page::default();
        pumps::pumps(&mut page, &answer);
        pumps::causes(&mut page, &answer);
        rest::conditions(&mut page, &answer);
        rest::questions(&mut page, &answer);
        rest::assumptions(&mut page, &answer);
        rest::timeline(&mut page, &answer);
        rest::stress(&mut page, &answer);
        evidence::measured(&mut page, &answer);
        evidence::changes(&mut page, &answer);
        evidence::coverage(&mut page, &answer);
        rest::checklist(&mut page, &answer);
        evidence::versions(&mut page, &answer);
        let sections = std::mem::take(&mut page.sections);
        out.write_all(head(&answer, &sections).as_bytes())?;
        out.write_all(page.finish().as_bytes())?;
        out.write_all(b"</main>\n</body>\n</html>\n")
    }
}

/// Everything before the first section.
fn head(answer: &Answer<'_>, sections: &[(&str, &str)]) -> String {
    let verdict = answer.assessment.verdict;
    let mut page = Page::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; img-src 'none'; \
         connect-src 'none'; font-src 'none'; object-src 'none'; base-uri 'none'; \
         form-action 'none'\">",
    );
    let title = format!("{}: network change and infusion pumps", verdict.name());
    page.raw(&format!(
        "<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
    ));
    page.raw("<a class=\"skip\" href=\"#pumps\">To the pumps</a>\n<main>");
    let mark = match verdict {
        Verdict::Go => "\u{2713}",
        Verdict::Conditional => "!",
        Verdict::Inconclusive => "?",
        Verdict::NoGo => "\u{2715}",
    };
    page.raw(&format!(
        "<header class=\"verdict {}\">",
        class(tone(verdict))
    ));
    page.raw("<p class=\"what\">Network change and infusion pumps</p>");
    let name = verdict.name();
    page.raw(&format!(
        "<h1><span aria-hidden=\"true\">{mark}</span> {name}</h1>"
    ));
    page.raw(&format!(
        "<p class=\"lead\">{}</p>",
        escaped(answer.meaning())
    ));
    meaning(&mut page, answer);
    facts(&mut page, answer);
    let steps: Vec<String> = (answer.steps().into_iter())
        .map(|(label, _, name, verdict)| prose(&format!("{label}, {name}: {verdict}")))
        .collect();
    page.list(&steps);
    page.raw("</header>");
    page.raw("<nav aria-label=\"Contents\"><ul>");
    for (id, title) in sections {
        page.raw(&format!("<li><a href=\"#{id}\">{title}</a></li>"));
    }
    page.raw("</ul></nav>");
    page.finish()
}

/// What the verdict means on the wards, without a word of networks.
fn meaning(page: &mut Page, answer: &Answer<'_>) {
    let items: Vec<String> = if answer.is_one_snapshot() {
        let rows = answer.not_working();
        rows.iter()
            .map(|(of, row)| {
                let (lead, what) = match of {
                    crate::wire::assessment::StageState::Fails => ("cannot use", ""),
                    crate::wire::assessment::StageState::Open
                    | crate::wire::assessment::StageState::Works => {
                        ("may not be able to use", ", which nobody knows yet")
                    }
                };
                on_the_ward(
                    row,
                    &format!("{lead} the service {}{what}", row.first.service),
                )
            })
            .collect()
    } else {
        let rows = answer.hurt();
        rows.iter()
            .map(|row| {
                let service = format!("the service {}", row.first.service);
                let what = match row.first.change {
                    Effect::Lost => format!("would lose {service}"),
                    Effect::Unknown => {
                        format!("may lose {service}: this could not be decided")
                    }
                    Effect::Degraded => {
                        format!("would keep {service} with less in reserve or with more delay")
                    }
                    Effect::Transient => {
                        format!("would be without {service} for a time and get it back")
                    }
                    Effect::BrokenBefore => {
                        format!("cannot use {service} today either")
                    }
                    Effect::Unchanged | Effect::Gained => format!("keep {service}"),
                };
                on_the_ward(row, &what)
            })
            .collect()
    };
    let mut seen = std::collections::BTreeSet::new();
    let items: Vec<String> = items
        .into_iter()
        .filter(|item| seen.insert(item.clone()))
        .collect();
    if items.is_empty() {
        return;
    }
    page.list(&items);
    page.paragraph(
        "What a pump does while it is without a service is its manufacturer's to say; infusions are \
         to be looked after as if it could stop.",
    );
}

/// One line for the people of an area.
fn on_the_ward(row: &super::answer::Row<'_>, what: &str) -> String {
    let pumps = counted_u64(row.pumps(), "pump", "pumps");
    let of = row.first;
    let text = format!(
        "{pumps} ({}; without therapy, harm within {}) {what}",
        of.group, of.reaction
    );
    format!("<strong>{}</strong>: {}", escaped(&of.area), prose(&text))
}

/// Counts and the first thing to do.
fn facts(page: &mut Page, answer: &Answer<'_>) {
    let of = answer.assessment;
    let summary = &of.summary;
    let areas = match summary.areas.as_slice() {
        [] => String::new(),
        some => format!(" in {}", some.join(", ")),
    };
    let mut facts = vec![
        (
            "Requirements",
            format!("{} (exit {})", answer.counts(), of.exit_code),
        ),
        ("Pumps concerned", format!("{}{areas}", summary.pumps)),
        ("Read", answer.read_line()),
    ];
    facts.extend(answer.do_first().map(|first| ("Do first", first)));
    page.raw("<dl class=\"facts\">");
    for (name, text) in facts {
        page.raw(&format!("<dt>{name}</dt><dd>{}</dd>", prose(&text)));
    }
    page.raw("</dl>");
}
