//! Words of one line, as written and in lower case.

use std::net::Ipv4Addr;

use crate::source::Span;

/// Words of a line; both lists have the same length.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Words<'a> {
    /// In lower case, for keywords.
    pub(in crate::dialect) low: Vec<&'a str>,
    /// As written, for names.
    pub(in crate::dialect) raw: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Splits `span` of a text whose lower-case form is `lower`; a word that begins with a
    /// double quote ends at the next one.
    pub(in crate::dialect) fn split(&mut self, text: &'a str, lower: &'a str, span: Span) {
        self.low.clear();
        self.raw.clear();
        let end = span.end as usize;
        let bytes = text.as_bytes();
        let mut at = span.start as usize;
        loop {
            while at < end && bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            if at >= end {
                return;
            }
            let start = at;
            if bytes.get(at) == Some(&b'"')
                && let Some(length) = text
                    .get(at + 1..end)
                    .and_then(|rest| memchr::memchr(b'"', rest.as_bytes()))
            {
                at += length + 2;
            } else {
                while at < end
                    && bytes
                        .get(at)
                        .is_some_and(|byte| !byte.is_ascii_whitespace())
                {
                    at += 1;
                }
            }
            if let (Some(raw), Some(low)) = (text.get(start..at), lower.get(start..at)) {
                self.raw.push(raw);
                self.low.push(low);
            }
        }
    }
}

/// A word without the quotes around it.
pub(in crate::dialect) fn unquoted(word: &str) -> &str {
    word.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(word)
}

/// An address.
pub(in crate::dialect) fn address(word: &str) -> Option<Ipv4Addr> {
    word.parse().ok()
}

/// The prefix length of a contiguous mask.
pub(in crate::dialect) fn mask_length(mask: Ipv4Addr) -> Option<u8> {
    let bits = u32::from(mask);
    let length = bits.leading_ones();
    (bits.checked_shl(length).unwrap_or(0) == 0)
        .then_some(length)
        .and_then(|length| u8::try_from(length).ok())
}

/// The length of a classful network (RFC 791 §3.2); `None` where there is none.
pub(in crate::dialect) fn classful_length(base: Ipv4Addr) -> Option<u8> {
    match base.octets() {
        [0..=127, ..] => Some(8),
        [128..=191, ..] => Some(16),
        [192..=223, ..] => Some(24),
        [224..=255, ..] => None,
    }
}

/// The prefix length of a mask, or of `/24`.
pub(in crate::dialect) fn mask(word: &str) -> Option<u8> {
    match word.strip_prefix('/') {
        Some(length) => length.parse().ok().filter(|length| *length <= 32),
        None => address(word).and_then(mask_length),
    }
}
