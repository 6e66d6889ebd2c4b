//! Statements that end with `;` and blocks between braces.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Statement, Support, Word, key_of};
use crate::source::Span;

/// What ends a part of braced text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BracedKind {
    /// Blanks and comments between statements.
    Blank,
    /// A statement with its `;`.
    Simple,
    /// A block's header with its `{`.
    Open,
    /// A block's `}` with the `;` that may follow it.
    Close,
    /// Words without an end: before a `}`, or where the text ends.
    Loose,
}

/// One part of braced text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Braced {
    /// The bytes it covers.
    pub span: Span,
    /// Index of the header of the block that it stands in.
    pub parent: Option<u32>,
    /// What ends it.
    pub kind: BracedKind,
    /// Its words, without the mark that ends it.
    pub words: Range<u32>,
    /// Whether a `;` ends it.
    pub semicolon: bool,
}

/// What begins a comment in braced text, beside `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comments {
    /// Nothing else.
    Hash,
    /// `//` up to the line's end, and `/*` up to `*/`.
    HashAndSlash,
}

/// Text as statements between braces; the parts partition it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BracedText<'a> {
    /// Parts in the order of the text.
    pub parts: Vec<Braced>,
    /// Words of all parts.
    pub words: Vec<Word<'a>>,
    /// Where braces or quotes do not match: byte offset, and what is wrong.
    pub unbalanced: Option<(u32, &'static str)>,
    /// Whether the text ends inside a block, a quoted word, a comment or a statement.
    pub truncated: bool,
}

impl<'a> BracedText<'a> {
    /// The words of a part.
    pub fn words_of(&self, part: &Braced) -> &[Word<'a>] {
        self.words
            .get(part.words.start as usize..part.words.end as usize)
            .unwrap_or(&[])
    }

    /// Statements of the parts, each undecided yet, with keys from their words.
    ///
    /// Blocks with equal headers beside each other are told apart by their number, so that a
    /// statement that moves from one to the other is a change.
    pub fn statements(&self) -> Vec<Statement> {
        let mut out: Vec<Statement> = Vec::with_capacity(self.parts.len());
        let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
        let mut text = String::new();
        for part in &self.parts {
            let parent = part
                .parent
                .and_then(|index| out.get(index as usize))
                .map_or(0, |statement| statement.key);
            text.clear();
            for word in self.words_of(part) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(unquoted(word.text));
            }
            match part.kind {
                BracedKind::Open => text.push_str(" {"),
                BracedKind::Close => text.push('}'),
                BracedKind::Blank | BracedKind::Simple | BracedKind::Loose => {}
            }
            let mut key = key_of(parent, &text);
            if part.kind == BracedKind::Open {
                let count = seen.entry(key).or_insert(0);
                *count += 1;
                if *count > 1 {
                    key = key_of(key, &count.to_string());
                }
            }
            out.push(Statement {
                span: part.span,
                parent: part.parent,
                key: if part.kind == BracedKind::Blank {
                    key_of(0, "")
                } else {
                    key
                },
                ordered: false,
                support: Support::Irrelevant("blank or comment"),
            });
        }
        out
    }
}

/// A word without the quotes around it.
fn unquoted(word: &str) -> &str {
    word.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(word)
}

/// Splits text into statements and blocks; `,` is a word of its own.
///
/// Comments are in no word.
pub fn braced(text: &str, comments: Comments) -> BracedText<'_> {
    let mut reader = Reader {
        text,
        slashes: comments == Comments::HashAndSlash,
        at: 0,
        open: Vec::new(),
        out: BracedText::default(),
    };
    while reader.at < text.len() {
        reader.part();
    }
    if !reader.open.is_empty() {
        reader.out.truncated = true;
        reader.wrong(text.len(), "the text ends inside a block");
    }
    reader.out
}

/// Where the reader stands.
struct Reader<'a> {
    /// The text.
    text: &'a str,
    /// Whether `//` and `/*` begin comments.
    slashes: bool,
    /// Offset of the first byte that is in no part yet.
    at: usize,
    /// Headers of the open blocks.
    open: Vec<u32>,
    /// What was read.
    out: BracedText<'a>,
}

impl Reader<'_> {
    /// Notes the first thing that does not match.
    fn wrong(&mut self, at: usize, what: &'static str) {
        if self.out.unbalanced.is_none() {
            self.out.unbalanced = Some((Span::new(at, at).start, what));
        }
    }

    /// The byte at an offset.
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Offset after the comment that begins at `at`; `None` where none does.
    fn comment(&mut self, at: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
        if rest.starts_with(b"#") || (self.slashes && rest.starts_with(b"//")) {
            return Some(memchr::memchr(b'\n', rest).map_or(self.text.len(), |end| at + end));
        }
        if self.slashes && rest.starts_with(b"/*") {
            let body = rest.get(2..).unwrap_or(&[]);
            return Some(if let Some(end) = memchr::memmem::find(body, b"*/") {
                at + 2 + end + 2
            } else {
                self.out.truncated = true;
                self.wrong(at, "a comment is not closed");
                self.text.len()
            });
        }
        None
    }

    /// Offset of the first byte from `at` that is neither blank nor in a comment, and the offset
    /// at which the line or the comment before it ends.
    fn skip(&mut self, mut at: usize) -> (usize, usize) {
        let mut edge = at;
        loop {
            match self.byte(at) {
                Some(b'\n') => {
                    at += 1;
                    edge = at;
                }
                Some(byte) if byte.is_ascii_whitespace() => at += 1,
                Some(_) => match self.comment(at) {
                    Some(end) => {
                        at = end;
                        edge = end;
                    }
                    None => return (at, edge),
                },
                None => return (at, at),
            }
        }
    }

    /// Offset after the blanks and the comment that follow a statement on its line.
    fn rest_of_line(&mut self, from: usize) -> usize {
        let mut at = from;
        while matches!(self.byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        match self.byte(at) {
            Some(b'\n') => at + 1,
            Some(b'#') => self.comment(at).map_or(from, |end| self.line_end(end)),
            Some(b'/') if self.slashes && self.byte(at + 1) == Some(b'/') => {
                self.comment(at).map_or(from, |end| self.line_end(end))
            }
            None => at,
            Some(_) => from,
        }
    }

    /// Offset after a line end at `at`.
    fn line_end(&self, at: usize) -> usize {
        at + usize::from(self.byte(at) == Some(b'\n'))
    }

    /// Reads one part, or a blank one and the part after it.
    fn part(&mut self) {
        let (first, edge) = self.skip(self.at);
        let begin = self.words();
        if edge > self.at {
            self.push(BracedKind::Blank, edge, begin..begin, false);
        }
        if first >= self.text.len() {
            if self.at < first {
                self.push(BracedKind::Blank, first, begin..begin, false);
            }
            return;
        }
        let mut at = first;
        loop {
            let (next, _) = self.skip(at);
            match self.byte(next) {
                None => {
                    // Words without end: the comments after them belong to nobody else.
                    self.out.truncated = true;
                    self.wrong(next, "the text ends inside a statement");
                    let range = begin..self.words();
                    self.push(BracedKind::Loose, next, range, false);
                    return;
                }
                Some(b';') => {
                    let end = self.rest_of_line(next + 1);
                    let range = begin..self.words();
                    self.push(BracedKind::Simple, end, range, true);
                    return;
                }
                Some(b'{') => {
                    let end = self.rest_of_line(next + 1);
                    let header = u32::try_from(self.out.parts.len()).unwrap_or(u32::MAX);
                    let range = begin..self.words();
                    self.push(BracedKind::Open, end, range, false);
                    self.open.push(header);
                    return;
                }
                Some(b'}') if self.words() > begin => {
                    let range = begin..self.words();
                    self.push(BracedKind::Loose, at, range, false);
                    return;
                }
                Some(b'}') => {
                    self.close(next);
                    return;
                }
                Some(_) => at = self.word(next),
            }
        }
    }

    /// Reads a `}` and the `;` that may follow it.
    fn close(&mut self, at: usize) {
        if self.open.is_empty() {
            self.wrong(at, "a brace is closed that was not opened");
        }
        let (next, _) = self.skip(at + 1);
        let semicolon = self.byte(next) == Some(b';');
        let end = self.rest_of_line(if semicolon { next + 1 } else { at + 1 });
        let words = self.words();
        self.push(BracedKind::Close, end, words..words, semicolon);
        self.open.pop();
    }

    /// Reads the word at `at`, and gives the offset after it.
    fn word(&mut self, at: usize) -> usize {
        let end = match self.byte(at) {
            Some(b'"') => self.quoted(at),
            Some(b',') => at + 1,
            _ => {
                let mut end = at;
                while let Some(byte) = self.byte(end) {
                    let ends = byte.is_ascii_whitespace()
                        || matches!(byte, b';' | b'{' | b'}' | b'"' | b',' | b'#')
                        || (self.slashes
                            && byte == b'/'
                            && matches!(self.byte(end + 1), Some(b'/' | b'*')));
                    if ends && end > at {
                        break;
                    }
                    end += 1;
                }
                end
            }
        };
        if let Some(text) = self.text.get(at..end) {
            self.out.words.push(Word {
                text,
                span: Span::new(at, end),
            });
        }
        end
    }

    /// Offset after the quoted word at `at`; a backslash takes the byte after it along.
    fn quoted(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        loop {
            let rest = bytes.get(end..).unwrap_or(&[]);
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'"') => return end + found + 1,
                Some(found) if end + found + 2 <= bytes.len() => {
                    end += found + 2;
                    while !self.text.is_char_boundary(end) {
                        end += 1;
                    }
                }
                _ => {
                    self.out.truncated = true;
                    self.wrong(at, "a quoted word is not closed");
                    return bytes.len();
                }
            }
        }
    }

    /// Number of words read so far.
    fn words(&self) -> u32 {
        u32::try_from(self.out.words.len()).unwrap_or(u32::MAX)
    }

    /// Adds a part up to `end`.
    fn push(&mut self, kind: BracedKind, end: usize, words: Range<u32>, semicolon: bool) {
        let parent = if kind == BracedKind::Blank {
            None
        } else {
            self.open.last().copied()
        };
        self.out.parts.push(Braced {
            span: Span::new(self.at, end),
            parent,
            kind,
            words,
            semicolon,
        });
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds and words of the parts, one a line.
    fn outline(text: &str) -> Vec<String> {
        let read = braced(text, Comments::HashAndSlash);
        read.parts
            .iter()
            .map(|part| {
                let words: Vec<&str> = read.words_of(part).iter().map(|word| word.text).collect();
                format!("{:?} {}", part.kind, words.join(" "))
            })
            .collect()
    }

    #[test]
    fn blocks_comments_and_quotes_are_told_apart() {
        let text = "# c\nzone \"a b\" { // x\n  file \"f;{\"; /* y */ };\nend;";
        assert_eq!(
            outline(text),
            [
                "Blank ",
                "Open zone \"a b\"",
                "Simple file \"f;{\"",
                "Blank ",
                "Close ",
                "Simple end"
            ]
        );
        assert!(!braced(text, Comments::HashAndSlash).truncated);
    }

    #[test]
    fn the_close_of_a_block_stands_in_the_block() {
        let read = braced("a { b; }", Comments::Hash);
        assert_eq!(
            read.parts.iter().map(|p| p.parent).collect::<Vec<_>>(),
            [None, Some(0), Some(0)]
        );
    }

    #[test]
    fn an_unclosed_block_is_truncated() {
        let read = braced("a { b; \"c", Comments::Hash);
        assert!(read.truncated);
        assert!(read.unbalanced.is_some());
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let text = "{".repeat(200_000);
        assert_eq!(braced(&text, Comments::Hash).parts.len(), 200_000);
    }
}
