//! A page of HTML under construction.
//!
//! What comes from an input passes [`escaped`] or [`prose`]; only this floor's own words are markup.

use std::fmt::Write as _;

use super::super::layout::Tone;
use super::super::markup::escaped;

/// A page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What is written so far.
    out: String,
    /// Sections with their titles, for the list at the top.
    pub(super) sections: Vec<(&'static str, &'static str)>,
}

/// A cell of a table, as markup.
pub(super) struct Cell {
    /// The markup.
    html: String,
    /// Whether it holds a number.
    number: bool,
}

impl Page {
    /// What is written so far.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Appends markup of this floor.
    pub(super) fn raw(&mut self, html: &str) {
        self.out.push_str(html);
        self.out.push('\n');
    }

    /// Begins a section.
    pub(super) fn section(&mut self, id: &'static str, title: &'static str) {
        self.sections.push((id, title));
        let open = format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>");
        self.raw(&open);
    }

    /// Ends a section.
    pub(super) fn end(&mut self) {
        self.raw("</section>");
    }

    /// A heading inside of a section.
    pub(super) fn heading(&mut self, title: &str) {
        self.raw(&format!("<h3>{}</h3>", prose(title)));
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.raw(&format!("<p>{}</p>", prose(text)));
    }

    /// Items, each markup already; nothing where there are none.
    pub(super) fn list(&mut self, items: &[String]) {
        self.items("<ul>", items);
    }

    /// Items with boxes to tick, likewise.
    pub(super) fn boxes(&mut self, items: &[String]) {
        self.items("<ul class=\"boxes\">", items);
    }

    /// Items of a list.
    fn items(&mut self, open: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.raw(open);
        for item in items {
            self.raw(&format!("<li>{item}</li>"));
        }
        self.raw("</ul>");
    }

    /// A table; the first cell of each row names the row.
    pub(super) fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<Cell>]) {
        self.raw("<div class=\"wide\"><table>");
        self.raw(&format!("<caption>{}</caption>", prose(caption)));
        let names: Vec<String> = (header.iter())
            .map(|name| format!("<th scope=\"col\">{name}</th>"))
            .collect();
        self.raw(&format!("<thead><tr>{}</tr></thead>", names.concat()));
        self.raw("<tbody>");
        for row in rows {
            let mut cells = String::new();
            for (index, (name, cell)) in header.iter().zip(row).enumerate() {
                let html = &cell.html;
                let class = if cell.number { " class=\"number\"" } else { "" };
                let _ = match index {
                    0 => write!(cells, "<th scope=\"row\">{html}</th>"),
                    _ => write!(cells, "<td{class} data-name=\"{name}\">{html}</td>"),
                };
            }
            self.raw(&format!("<tr>{cells}</tr>"));
        }
        self.raw("</tbody></table></div>");
    }
}

/// A cell with a sentence of an input.
pub(super) fn cell(text: &str) -> Cell {
    markup(prose(text))
}

/// A cell with a number.
pub(super) fn number(text: &str) -> Cell {
    Cell {
        html: escaped(text),
        number: true,
    }
}

/// A cell with markup of this floor.
pub(super) fn markup(html: String) -> Cell {
    Cell {
        html,
        number: false,
    }
}

/// A word that says the same by its color.
pub(super) fn colored(word: &str, tone: Tone) -> String {
    format!(
        "<span class=\"word {}\">{}</span>",
        class(tone),
        escaped(word)
    )
}

/// The class of a tone.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "bad",
        Tone::Doubt => "doubt",
        Tone::Good => "good",
        Tone::Strong | Tone::Plain => "plain",
    }
}

/// Text of a configuration.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text.trim()))
}

/// A sentence; what stands between backticks is code.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inner, behind)) = after.split_once('`').filter(|(inner, _)| !inner.is_empty())
        else {
            break;
        };
        out.push_str(&escaped(before));
        out.push_str(&code(inner));
        rest = behind;
    }
    out.push_str(&escaped(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_make_code_and_nothing_makes_markup() {
        assert_eq!(prose("a `b <c>` d"), "a <code>b &lt;c&gt;</code> d");
        assert_eq!(prose("a ` <b>"), "a ` &lt;b&gt;");
        assert_eq!(prose("``"), "``");
    }
}
