//! Words that follow a word which announces a secret.

use crate::source::Span;

/// Spans of the words that follow one of `announcers` (lower case) anywhere in the text, comments
/// included; a quoted run is one word.
pub fn secrets_after(text: &str, announcers: &[&str]) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    for announcer in announcers {
        let Some(first) = announcer.bytes().next() else {
            continue;
        };
        for at in memchr::memchr2_iter(first, first.to_ascii_uppercase(), bytes) {
            let end = at + announcer.len();
            let stands_alone = at
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_none_or(|byte| !is_word(*byte))
                && bytes.get(end).is_none_or(|byte| !is_word(*byte));
            let same = bytes
                .get(at..end)
                .is_some_and(|word| word.eq_ignore_ascii_case(announcer.as_bytes()));
            if same && stands_alone {
                out.extend(next_word(bytes, end));
            }
        }
    }
    out.sort_unstable();
    out
}

/// Whether a byte may be part of an announcing word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The word after `from`, with its quotes; comments between are skipped where they are closed.
fn next_word(bytes: &[u8], from: usize) -> Option<Span> {
    let mut at = from;
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let rest = bytes.get(at..)?;
        if rest.starts_with(b"/*") {
            at += 2 + memchr::memmem::find(rest, b"*/")?;
        } else if rest.starts_with(b"//") || rest.starts_with(b"#") {
            at += memchr::memchr(b'\n', rest)?;
        } else {
            break;
        }
    }
    let rest = bytes.get(at..)?;
    let length = if rest.first() == Some(&b'"') {
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        memchr::memchr(b'"', rest.get(1..)?).map_or(line, |end| end + 2)
    } else {
        rest.iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b';' | b'{' | b'}'))
            .unwrap_or(rest.len())
    };
    (length > 0).then(|| Span::new(at, at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_comments_and_behind_line_ends() {
        let text = "secret \"a b\"; # Secret xyz;\nsecret\n  q;no-secret-word z";
        let found: Vec<&str> = secrets_after(text, &["secret"])
            .iter()
            .filter_map(|span| text.get(span.start as usize..span.end as usize))
            .collect();
        assert_eq!(found, ["\"a b\"", "xyz", "q"]);
    }
}
