//! A line's words with their spans.

use crate::source::{File, Span};

/// One word of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word as written.
    pub text: &'a str,
    /// Where it stands in the file.
    pub span: Span,
}

/// The words of `span`, separated by blanks; a double-quoted run is one word.
pub fn words(file: &File, span: Span) -> Vec<Word<'_>> {
    let text = file.slice(span);
    let base = span.start as usize;
    let mut out = Vec::new();
    let mut start = None;
    let mut quoted = false;
    for (offset, byte) in text.bytes().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        }
        if byte.is_ascii_whitespace() && !quoted {
            if let Some(first) = start.take() {
                push(&mut out, text, base, first, offset);
            }
        } else if start.is_none() {
            start = Some(offset);
        }
        if byte == b'\n' {
            quoted = false;
        }
    }
    if let Some(first) = start {
        push(&mut out, text, base, first, text.len());
    }
    out
}

/// Adds the word at `first..last` of `text`.
fn push<'a>(out: &mut Vec<Word<'a>>, text: &'a str, base: usize, first: usize, last: usize) {
    if let Some(word) = text.get(first..last) {
        out.push(Word {
            text: word,
            span: Span::new(base + first, base + last),
        });
    }
}

/// The words of a line joined by single blanks.
pub fn normalized(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
