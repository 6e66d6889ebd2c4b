//! Lines whose indentation opens and closes blocks.

use crate::source::{File, Span};

/// One line of an indented file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndentedLine {
    /// The whole line with its line end.
    pub span: Span,
    /// Number of leading blanks (a tab counts as one).
    pub indent: u32,
    /// Index of the nearest earlier line with a smaller indentation that is neither blank nor a
    /// comment.
    pub parent: Option<u32>,
    /// Whether the line has no words, or begins with `comment`.
    pub is_blank: bool,
}

/// Splits a file into lines and finds each line's block by indentation.
///
/// `comment` is the text that begins a comment line (`!` in Cisco-like dialects); an unindented
/// comment closes every open block.
pub fn indented(file: &File, comment: &str) -> Vec<IndentedLine> {
    let mut out: Vec<IndentedLine> = Vec::with_capacity(file.line_starts.len());
    let mut open: Vec<(u32, u32)> = Vec::new();
    let end_of_file = u32::try_from(file.text.len()).unwrap_or(u32::MAX);
    let ends = file
        .line_starts
        .iter()
        .skip(1)
        .copied()
        .chain([end_of_file]);
    for (start, end) in file.line_starts.iter().copied().zip(ends) {
        if start == end {
            continue;
        }
        let span = Span { start, end };
        let text = file.slice(span);
        let body = text.trim_start_matches([' ', '\t']);
        let indent = u32::try_from(text.len() - body.len()).unwrap_or(u32::MAX);
        let trimmed = body.trim_end();
        let is_comment = !comment.is_empty() && trimmed.starts_with(comment);
        let is_blank = trimmed.is_empty() || is_comment;
        if !is_blank || (is_comment && indent == 0) {
            while open.last().is_some_and(|(depth, _)| *depth >= indent) {
                open.pop();
            }
        }
        let parent = if is_blank {
            None
        } else {
            open.last().map(|(_, index)| *index)
        };
        if !is_blank {
            open.push((indent, u32::try_from(out.len()).unwrap_or(u32::MAX)));
        }
        out.push(IndentedLine {
            span,
            indent,
            parent,
            is_blank,
        });
    }
    out
}
