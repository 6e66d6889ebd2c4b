//! Workflow commands of GitHub: marks on the lines of a change.
//!
//! Follows the documentation of GitHub, "Workflow commands for GitHub Actions".

use std::fmt::Write as _;
use std::io;

use super::answer::Answer;
use super::notice::{Level, Notice, Places, notices};
use super::{Report, Style};
use crate::source::escape_terminal;
use crate::wire::assessment::{Assessment, Verdict};

/// GitHub workflow commands.
#[derive(Debug, Clone, Copy)]
pub struct Github;

impl Report for Github {
    fn id(&self) -> &'static str {
        "github"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let places = Places::new(assessment);
        let mut text = String::new();
        // The verdict comes first: of many marks a host shows the first few.
        let word = match assessment.verdict {
            Verdict::Go => "notice",
            Verdict::Conditional | Verdict::Inconclusive => "warning",
            Verdict::NoGo => "error",
        };
        let title = property(&format!("pump-preflight: {}", assessment.verdict.name()));
        let counts = format!("{} {}", answer.meaning(), answer.counts());
        let _ = writeln!(text, "::{word} title={title}::{}", data(&counts));
        for notice in notices(&answer) {
            text.push_str(&command(&notice, &places));
        }
        out.write_all(text.as_bytes())
    }
}

/// One entry as a command.
fn command(notice: &Notice<'_>, places: &Places<'_>) -> String {
    let (path, line) = places.of(notice);
    let word = match notice.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut message = notice.message.clone();
    if !notice.remedy.is_empty() {
        message.push_str("\nInstead: ");
        message.push_str(&notice.remedy);
    }
    format!(
        "::{word} file={},line={line},endLine={line},title={}::{}\n",
        property(&path),
        property(&notice.rule),
        data(&message)
    )
}

/// Text as a command's message: it can end no line and begin no other command.
fn data(text: &str) -> String {
    // Line ends are the command's own; all else that is no text is made visible.
    let lines: Vec<String> = text.lines().map(escape_terminal_text).collect();
    lines.join("%0A")
}

/// A line without what a terminal would obey, its percent signs escaped.
fn escape_terminal_text(line: &str) -> String {
    escape_terminal(line).replace('%', "%25")
}

/// Text as the value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_inputs_begins_no_command() {
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc");
    }
}
