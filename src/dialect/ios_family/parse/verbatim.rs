//! Where text ends that is no command: banners, certificates, macros.

use super::{LONGEST_LINE, Parser};
use crate::dialect::ios_family::words::Words;
use crate::source::Span;

impl<'a> Parser<'a> {
    /// Where a banner's text ends, with its line; `None` where its delimiter does not come again.
    pub(super) fn banner_end(&mut self, words: &Words<'a>, span: Span) -> Option<u32> {
        let second = *words.low.get(1)?;
        let named = matches!(
            second,
            "exec" | "incoming" | "login" | "motd" | "prompt-timeout" | "slip-ppp" | "config-save"
        );
        if named && words.low.len() == 2 {
            return self.end_of_file(span.end);
        }
        let opening = if named {
            words.raw.get(2)?
        } else {
            words.raw.get(1)?
        };
        let start = self.offset(opening) as usize;
        let delimiter = if opening.starts_with("^C") {
            "^C"
        } else {
            opening.get(..1)?
        };
        let slot = self
            .absent
            .get_mut(usize::from(*delimiter.as_bytes().first()?))?;
        if *slot {
            return None;
        }
        let from = start + delimiter.len();
        let rest = self.file.text.get(from..)?;
        let Some(found) = memchr::memmem::find(rest.as_bytes(), delimiter.as_bytes()) else {
            // Banners that are not closed must not make each other's search long; `^C` and `^`
            // share a slot, which errs towards not understood.
            *slot = true;
            return None;
        };
        let close = from + found + delimiter.len();
        Some(self.line_end(close).max(span.end))
    }

    /// Where a text ends that a line `EOF` closes.
    fn end_of_file(&self, after: u32) -> Option<u32> {
        let mut end = after;
        for _ in 0..1000 {
            let next = self.line_end(end as usize);
            let line = self.file.slice(Span {
                start: end,
                end: next,
            });
            if next == end {
                return None;
            }
            end = next;
            if line.trim() == "EOF" {
                return Some(end);
            }
        }
        None
    }

    /// Where the hexadecimal body of a certificate ends.
    pub(super) fn certificate_end(&self, after: u32) -> u32 {
        let mut end = after;
        loop {
            let next = self.line_end(end as usize);
            let line = self
                .file
                .slice(Span {
                    start: end,
                    end: next,
                })
                .trim();
            if next == end || next - end > LONGEST_LINE {
                return end;
            }
            if line == "quit" {
                return next;
            }
            if line.is_empty()
                || !line
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b' ')
            {
                return end;
            }
            end = next;
        }
    }

    /// Where the text of a macro ends: after a line that is `@`, before any line at the margin
    /// that is `!`.
    pub(super) fn macro_end(&self, after: u32) -> Option<u32> {
        let mut end = after;
        for _ in 0..1000 {
            let next = self.line_end(end as usize);
            let line = self.file.slice(Span {
                start: end,
                end: next,
            });
            if next == end || line.trim_end() == "!" {
                return None;
            }
            end = next;
            if line.trim_end() == "@" {
                return Some(end);
            }
        }
        None
    }

    /// Where the line that holds an offset ends, with its line end.
    fn line_end(&self, offset: usize) -> u32 {
        let rest = self.file.text.as_bytes().get(offset..).unwrap_or(&[]);
        let end = memchr::memchr(b'\n', rest).map_or(self.file.text.len(), |at| offset + at + 1);
        u32::try_from(end).unwrap_or(u32::MAX)
    }
}
