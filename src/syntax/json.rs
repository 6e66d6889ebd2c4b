//! JSON as a flat list of parts, without recursion.

use super::Word;
use crate::source::Span;

/// What a part of JSON text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonKind {
    /// Blanks between parts.
    Blank,
    /// A member or element with a plain value.
    Leaf,
    /// A member or element that opens an object.
    Object,
    /// A member or element that opens an array.
    Array,
    /// The end of an object or array.
    Close,
    /// Text that is no JSON.
    Broken,
}

/// One part of JSON text; the comma after it belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonPart<'a> {
    /// The bytes it covers.
    pub span: Span,
    /// Index of the object or array that it stands in.
    pub parent: Option<u32>,
    /// What it is.
    pub kind: JsonKind,
    /// The member's name, without quotes and with its escapes.
    pub name: Option<Word<'a>>,
    /// The plain value as written.
    pub value: Option<Word<'a>>,
}

/// Splits JSON text into parts that partition it; the flag says whether the text is complete.
///
/// From the first byte that fits no JSON, the rest is one broken part.
pub fn json(text: &str) -> (Vec<JsonPart<'_>>, bool) {
    let mut reader = Reader {
        text,
        at: 0,
        open: Vec::new(),
        parts: Vec::new(),
    };
    while reader.at < text.len() {
        if reader.part().is_none() {
            let end = text.len();
            reader.push(JsonKind::Broken, end, None, None);
            return (reader.parts, false);
        }
    }
    let complete = reader.open.is_empty();
    (reader.parts, complete)
}

/// Where the reader stands.
struct Reader<'a> {
    /// The text.
    text: &'a str,
    /// Offset of the first byte that is in no part yet.
    at: usize,
    /// Open objects and arrays.
    open: Vec<u32>,
    /// What was read.
    parts: Vec<JsonPart<'a>>,
}

impl<'a> Reader<'a> {
    /// The byte at an offset.
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Offset of the first byte from `at` that is not blank.
    fn skip(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(|byte| byte.is_ascii_whitespace()) {
            at += 1;
        }
        at
    }

    /// Reads one part; `None` where the text fits no JSON.
    fn part(&mut self) -> Option<()> {
        let first = self.skip(self.at);
        match self.byte(first) {
            None => self.push(JsonKind::Blank, first, None, None),
            Some(b'}' | b']') => {
                self.open.pop()?;
                let end = self.after(first + 1);
                self.push(JsonKind::Close, end, None, None);
            }
            Some(_) => {
                let mut at = first;
                let mut name = None;
                if self.byte(first) == Some(b'"') {
                    let word = self.string(first)?;
                    let colon = self.skip(word.span.end as usize);
                    if self.byte(colon) == Some(b':') {
                        name = Some(Word {
                            text: word.text.trim_matches('"'),
                            span: word.span,
                        });
                        at = self.skip(colon + 1);
                    }
                }
                self.value(at, name)?;
            }
        }
        Some(())
    }

    /// Reads the value at `at` of the member `name`.
    fn value(&mut self, at: usize, name: Option<Word<'a>>) -> Option<()> {
        let kind = match self.byte(at)? {
            b'{' => JsonKind::Object,
            b'[' => JsonKind::Array,
            b'"' => {
                let word = self.string(at)?;
                let end = self.after(word.span.end as usize);
                self.push(JsonKind::Leaf, end, name, Some(word));
                return Some(());
            }
            _ => {
                let rest = self.text.get(at..)?;
                let length = rest
                    .bytes()
                    .position(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(&byte))
                    .unwrap_or(rest.len());
                if length == 0 {
                    return None;
                }
                let word = Word {
                    text: rest.get(..length)?,
                    span: Span::new(at, at + length),
                };
                let end = self.after(at + length);
                self.push(JsonKind::Leaf, end, name, Some(word));
                return Some(());
            }
        };
        let index = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let end = self.line_rest(at + 1);
        self.push(kind, end, name, None);
        self.open.push(index);
        Some(())
    }

    /// The string that begins at `at`, with its quotes.
    fn string(&self, at: usize) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        loop {
            let rest = bytes.get(end..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            if rest.get(found) == Some(&b'"') {
                end += found + 1;
                break;
            }
            end += found + 2;
        }
        Some(Word {
            text: self.text.get(at..end)?,
            span: Span::new(at, end),
        })
    }

    /// Offset after a comma and the end of the line.
    fn after(&self, at: usize) -> usize {
        let comma = self.skip(at);
        let at = if self.byte(comma) == Some(b',') {
            comma + 1
        } else {
            at
        };
        self.line_rest(at)
    }

    /// Offset after the blanks and the line end at `at`.
    fn line_rest(&self, from: usize) -> usize {
        let mut at = from;
        while matches!(self.byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        match self.byte(at) {
            Some(b'\n') => at + 1,
            None => at,
            Some(_) => from,
        }
    }

    /// Adds a part up to `end`.
    fn push(
        &mut self,
        kind: JsonKind,
        end: usize,
        name: Option<Word<'a>>,
        value: Option<Word<'a>>,
    ) {
        let parent = self.open.last().copied();
        self.parts.push(JsonPart {
            span: Span::new(self.at, end),
            parent,
            kind,
            name,
            value,
        });
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_elements_and_ends_are_parts() {
        let (parts, complete) = json("{ \"a\": [1, {\"b\": \"x\\\"y\"}],\n \"c\": null }\n");
        let kinds: Vec<JsonKind> = parts.iter().map(|part| part.kind).collect();
        assert!(complete);
        assert_eq!(
            kinds,
            [
                JsonKind::Object,
                JsonKind::Array,
                JsonKind::Leaf,
                JsonKind::Object,
                JsonKind::Leaf,
                JsonKind::Close,
                JsonKind::Close,
                JsonKind::Leaf,
                JsonKind::Close
            ]
        );
    }

    #[test]
    fn text_that_is_no_json_is_one_broken_part() {
        let (parts, complete) = json("{ \"a\" 1, ?");
        assert!(!complete);
        assert_eq!(parts.last().map(|part| part.kind), Some(JsonKind::Broken));
    }
}
