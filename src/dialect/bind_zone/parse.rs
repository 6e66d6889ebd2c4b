//! Entries of a zone file as statements.

use std::ops::Range;

use crate::source::{File, Span};
use crate::syntax::Word;

/// What one statement of a zone file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EntryKind {
    /// Blank lines and comments.
    Blank,
    /// A line that begins with `$`.
    Directive,
    /// A record whose first word is its owner.
    Owned,
    /// A record that begins with blanks: the owner is that of the record before.
    Inherited,
}

/// One statement of a zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The bytes it covers.
    pub(super) span: Span,
    /// What it is.
    pub(super) kind: EntryKind,
    /// Its words.
    words: Range<u32>,
    /// What does not match in it.
    pub(super) wrong: Option<&'static str>,
}

/// A zone file as entries, which partition it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed<'a> {
    /// Entries in the order of the text.
    pub(super) entries: Vec<Entry>,
    /// Words of all entries; a quoted one keeps its quotes.
    words: Vec<Word<'a>>,
    /// Whether the text ends inside parentheses.
    pub(super) truncated: bool,
}

impl<'a> Parsed<'a> {
    /// The words of an entry.
    pub(super) fn words_of(&self, entry: &Entry) -> &[Word<'a>] {
        self.words
            .get(entry.words.start as usize..entry.words.end as usize)
            .unwrap_or(&[])
    }
}

/// How much of a file is looked at to tell what it is.
const SNIFFED_BYTES: usize = 32 * 1024;

/// How sure we are that a file is of this dialect.
pub(super) fn sniff(file: &File) -> (u8, &'static str) {
    let end = file.text.floor_char_boundary(SNIFFED_BYTES);
    let parsed = split(file.text.get(..end).unwrap_or(""));
    let mut directive = false;
    let mut records = 0;
    for entry in &parsed.entries {
        let words = parsed.words_of(entry);
        match entry.kind {
            EntryKind::Blank => {}
            EntryKind::Directive => {
                let known = words.first().is_some_and(|word| {
                    ["$TTL", "$ORIGIN", "$INCLUDE", "$GENERATE"]
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(word.text))
                });
                if !known {
                    return (0, "");
                }
                directive = true;
            }
            EntryKind::Owned | EntryKind::Inherited => {
                let is_record = words
                    .iter()
                    .take(4)
                    .any(|word| word.text.eq_ignore_ascii_case("IN"));
                let soa = words
                    .iter()
                    .take(4)
                    .position(|word| word.text.eq_ignore_ascii_case("SOA"));
                if soa.is_some_and(|at| words.len() >= at + 8) {
                    return (90, "a start of authority");
                }
                let kind = words
                    .iter()
                    .skip(usize::from(entry.kind == EntryKind::Owned));
                let typed = kind.take(3).any(|word| {
                    matches!(
                        word.text.to_ascii_uppercase().as_str(),
                        "A" | "AAAA" | "NS" | "CNAME" | "PTR" | "MX" | "TXT" | "SRV"
                    )
                });
                if !is_record && !typed {
                    return (0, "");
                }
                records += 1;
            }
        }
    }
    match (directive, records) {
        (true, _) => (80, "a zone file's directive"),
        (false, 0) => (0, ""),
        (false, _) => (30, "lines like records"),
    }
}

/// Splits a file into entries.
pub(super) fn parse(file: &File) -> Parsed<'_> {
    split(&file.text)
}

/// Splits text into entries: a line each, or as many as parentheses hold together.
fn split(text: &str) -> Parsed<'_> {
    let mut out = Parsed::default();
    let mut at = 0;
    while at < text.len() {
        let mut reader = Reader {
            text,
            bytes: text.as_bytes(),
            at,
            depth: 0,
            wrong: None,
        };
        let first = out.words.len();
        reader.entry(&mut out.words);
        out.truncated |= reader.depth > 0;
        let span = Span::new(at, reader.at);
        let kind = match out.words.get(first) {
            None if reader.wrong.is_none() => EntryKind::Blank,
            None => EntryKind::Inherited,
            Some(word) if word.span.start > span.start => EntryKind::Inherited,
            Some(word) if word.text.starts_with('$') => EntryKind::Directive,
            Some(_) => EntryKind::Owned,
        };
        at = reader.at;
        if kind == EntryKind::Blank
            && let Some(last) = out.entries.last_mut()
            && last.kind == EntryKind::Blank
        {
            last.span.end = span.end;
            continue;
        }
        let count = |words: usize| u32::try_from(words).unwrap_or(u32::MAX);
        out.entries.push(Entry {
            span,
            kind,
            words: count(first)..count(out.words.len()),
            wrong: reader.wrong,
        });
    }
    out
}

/// Where the reader stands.
struct Reader<'a> {
    /// The text.
    text: &'a str,
    /// Its bytes.
    bytes: &'a [u8],
    /// Offset of the next byte.
    at: usize,
    /// Number of open parentheses.
    depth: u32,
    /// What does not match.
    wrong: Option<&'static str>,
}

impl<'a> Reader<'a> {
    /// Reads one entry with its line end.
    fn entry(&mut self, words: &mut Vec<Word<'a>>) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    if self.depth == 0 {
                        return;
                    }
                }
                b' ' | b'\t' => self.at += 1,
                b';' => {
                    let rest = self.bytes.get(self.at..).unwrap_or(&[]);
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b'(' => {
                    self.depth += 1;
                    self.at += 1;
                }
                b')' => {
                    if self.depth == 0 {
                        self.wrong = Some("a parenthesis is closed that was not opened");
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => self.word(words),
            }
        }
        if self.depth > 0 {
            self.wrong = Some("the text ends inside parentheses");
        }
    }

    /// Reads one word.
    fn word(&mut self, words: &mut Vec<Word<'a>>) {
        let start = self.at;
        let quoted = self.bytes.get(start) == Some(&b'"');
        if quoted {
            self.at += 1;
        }
        loop {
            match self.bytes.get(self.at) {
                Some(b'\\') if self.bytes.get(self.at + 1) != Some(&b'\n') => self.at += 2,
                Some(b'"') if quoted => {
                    self.at += 1;
                    break;
                }
                None | Some(b'\n') => {
                    if quoted {
                        self.wrong = Some("a quoted word is not closed");
                    }
                    break;
                }
                Some(b' ' | b'\t' | b';' | b'(' | b')' | b'"') if !quoted => break,
                Some(_) => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        if let Some(text) = self.text.get(start..self.at) {
            words.push(Word {
                text,
                span: Span::new(start, self.at),
            });
        }
    }
}
