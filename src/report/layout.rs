//! Text laid out for a terminal: wrapping, hanging indents, tables, colors.
//!
//! A [`Page`] is the only way in which the text reports print; it makes everything harmless.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style as Paint};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::Style;
use crate::source::escape_terminal;

/// Columns for tables and prose where nobody says how wide the terminal is.
const DEFAULT_WIDTH: usize = 100;
/// Prose is not set wider than this, however wide the terminal.
const WIDEST_PROSE: usize = 120;
/// Columns up to which second columns are aligned.
const WIDEST_LEFT: usize = 80;
/// Characters of a word that a table keeps whole.
const LONGEST_WORD: usize = 32;
/// Below this, a table is set as a list of records.
const NARROWEST_TABLE: usize = 80;

/// What a word's color adds to the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Harm.
    Bad,
    /// Doubt or delay.
    Doubt,
    /// No harm.
    Good,
    /// A heading or label.
    Strong,
    /// Nothing.
    Plain,
}

impl Tone {
    /// Colors `text`, which is harmless already.
    fn paint(self, text: &str, color: bool) -> String {
        let paint = match self {
            Self::Bad => Paint::new()
                .effects(Effects::BOLD)
                .fg_color(Some(AnsiColor::Red.into())),
            Self::Doubt => Paint::new()
                .effects(Effects::BOLD)
                .fg_color(Some(AnsiColor::Yellow.into())),
            Self::Good => Paint::new()
                .effects(Effects::BOLD)
                .fg_color(Some(AnsiColor::Green.into())),
            Self::Strong => Paint::new().effects(Effects::BOLD),
            Self::Plain => Paint::new(),
        };
        if color && !text.is_empty() {
            format!("{paint}{text}{paint:#}")
        } else {
            text.to_owned()
        }
    }
}

/// A label with text in one or two columns, for [`Page::columns`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// First word.
    pub(super) label: String,
    /// Color of the label.
    pub(super) tone: Tone,
    /// Text.
    pub(super) left: String,
    /// Second column; may be empty.
    pub(super) right: String,
}

/// A report under construction.
#[derive(Debug)]
pub(super) struct Page {
    /// What is laid out so far.
    out: String,
    /// How it may look.
    style: Style,
}

impl Page {
    /// An empty page.
    pub(super) fn new(style: Style) -> Self {
        Self {
            out: String::new(),
            style,
        }
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Columns for tables.
    fn width(&self) -> usize {
        self.style.width.map_or(DEFAULT_WIDTH, usize::from).max(40)
    }

    /// Columns for prose.
    fn prose(&self) -> usize {
        self.width().min(WIDEST_PROSE)
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// The title of a section, after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        let text = Tone::Strong.paint(&escape_terminal(text), self.style.color);
        let _ = writeln!(self.out, "{text}");
    }

    /// Wrapped text behind `indent` blanks.
    pub(super) fn prose_at(&mut self, indent: usize, text: &str) {
        self.labeled(indent, 0, "", Tone::Plain, text);
    }

    /// A label that fills `column` columns behind `indent` blanks, then wrapped text beside it.
    pub(super) fn labeled(
        &mut self,
        indent: usize,
        column: usize,
        label: &str,
        tone: Tone,
        text: &str,
    ) {
        let label = escape_terminal(label);
        let hang = indent + column;
        let lines = wrap(&escape_terminal(text), self.prose().saturating_sub(hang));
        let first = lines.first().map_or("", String::as_str);
        let gap = column.saturating_sub(label.chars().count());
        let gap = if column > 0 { gap.max(1) } else { 0 };
        let painted = tone.paint(&label, self.style.color);
        let line = format!("{:indent$}{painted}{:gap$}{first}", "", "");
        let _ = writeln!(self.out, "{}", line.trim_end());
        for line in lines.iter().skip(1) {
            let _ = writeln!(self.out, "{:hang$}{line}", "");
        }
    }

    /// Text to be copied: line by line, never wrapped.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.out, "{:indent$}{}", "", escape_terminal(line));
        }
    }

    /// A table; a list of records where the terminal is narrow.
    pub(super) fn table(&mut self, header: &[&str], rows: &[Vec<String>]) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| escape_terminal(cell)).collect())
            .collect();
        let widths = word_widths(header, &rows);
        if self.width() < NARROWEST_TABLE.max(widths.iter().sum::<usize>() + widths.len() + 1) {
            let column = header.iter().map(|name| name.chars().count()).max();
            for row in &rows {
                for (idx, (name, cell)) in header.iter().zip(row).enumerate() {
                    if cell.is_empty() {
                        continue;
                    }
                    let mark = if idx == 0 { "- " } else { "  " };
                    let name = format!("{mark}{name}");
                    self.labeled(2, column.unwrap_or(0) + 4, &name, Tone::Plain, cell);
                }
            }
            return;
        }
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.width()).unwrap_or(u16::MAX))
            .set_header(header);
        table.style_mut().row_separator = comfy_table::LineStyle::none();
        table.add_rows(rows);
        table.set_constraints(widths.into_iter().map(|width| {
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            ColumnConstraint::LowerBoundary(comfy_table::Width::Fixed(width))
        }));
        let _ = writeln!(self.out, "{}", table.trim_fmt());
    }

    /// Lines in aligned columns; where the terminal is too narrow for that, each second column
    /// stands below its first. In a pipe nothing is wrapped.
    pub(super) fn columns(&mut self, lines: &[Line]) {
        let lines: Vec<Line> = lines.iter().map(Line::escaped).collect();
        let label = 1 + longest(lines.iter().map(|line| line.label.as_str()));
        let both = lines.iter().filter(|line| !line.right.is_empty());
        let left = longest(both.map(|line| line.left.as_str())).min(WIDEST_LEFT);
        let whole = longest(lines.iter().map(|line| line.right.as_str()));
        let alone = longest(lines.iter().map(|line| line.left.as_str()));
        let fits = match self.style.width {
            None => true,
            Some(_) => (label + alone.max(left + 3 + whole)) <= self.width(),
        };
        for line in &lines {
            let gap = label - line.label.chars().count();
            let painted = line.tone.paint(&line.label, self.style.color);
            if fits {
                let pad = if line.right.is_empty() {
                    0
                } else {
                    left.saturating_sub(line.left.chars().count()) + 3
                };
                let text = format!("{painted}{:gap$}{}{:pad$}{}", "", line.left, "", line.right);
                let _ = writeln!(self.out, "{}", text.trim_end());
                continue;
            }
            let room = self.width().saturating_sub(label);
            let mut texts = wrap(&line.left, room);
            if !line.right.is_empty() {
                texts.extend(wrap(&line.right, room));
            }
            for (idx, text) in texts.iter().enumerate() {
                let _ = if idx == 0 {
                    writeln!(self.out, "{painted}{:gap$}{text}", "")
                } else {
                    writeln!(self.out, "{:label$}{text}", "")
                };
            }
        }
    }

    /// One line that begins with a colored word and is never wrapped.
    pub(super) fn final_line(&mut self, word: &str, tone: Tone, rest: &str) {
        let word = tone.paint(&escape_terminal(word), self.style.color);
        let _ = writeln!(self.out, "{word}{}", escape_terminal(rest));
    }
}

impl Line {
    /// The same, harmless.
    fn escaped(&self) -> Self {
        Self {
            label: escape_terminal(&self.label),
            tone: self.tone,
            left: escape_terminal(&self.left),
            right: escape_terminal(&self.right),
        }
    }
}

/// Characters of the longest text.
fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// For each column, columns of the terminal that keep its words whole, blanks around included;
/// a very long word is broken.
fn word_widths(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest_word = |cell: &str| longest(cell.split_whitespace());
    header
        .iter()
        .enumerate()
        .map(|(idx, name)| {
            let cells = rows.iter().filter_map(|row| row.get(idx));
            let words = cells.map(|cell| longest_word(cell)).max().unwrap_or(0);
            words.min(LONGEST_WORD).max(longest_word(name)) + 2
        })
        .collect()
}

/// Breaks at blanks; a word longer than a line stays whole, so that it can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("a b  c", 3), ["a b", "c"]);
        assert_eq!(wrap("a 1234567 b", 3), ["a", "1234567", "b"]);
    }
}
