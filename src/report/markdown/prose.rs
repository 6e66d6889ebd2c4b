//! Text of inputs in Markdown, where it can become neither markup nor link nor HTML.
//!
//! Escaping characters is not enough: hosts turn addresses, `@names`, `#12` and commit digests
//! into links after Markdown is read, entities or not. They leave code alone, so each word that is
//! not plainly a word becomes code. What the text itself sets between backticks is code already.

use crate::source::escape_terminal;

/// Punctuation that may stand behind a word.
const BEHIND: [char; 7] = [',', '.', ';', ':', '?', ')', '\''];
/// Digits from which on hosts take hexadecimal words for commits.
const SHORTEST_COMMIT: usize = 7;

/// A sentence: plain words as they are, all others as code without the punctuation around them.
pub(super) fn prose(text: &str) -> String {
    let text = escape_terminal(text);
    let mut out = String::new();
    let mut odd: Vec<&str> = Vec::new();
    for word in words(&text) {
        if let Some((front, quoted, behind)) = quoted(word) {
            flush(&mut out, &mut odd);
            separate(&mut out);
            out.push_str(front);
            let inner: Vec<&str> = quoted.split_whitespace().collect();
            out.push_str(&code(&inner.join(" ")));
            out.push_str(behind);
            continue;
        }
        if word == "->" && !(out.is_empty() && odd.is_empty()) {
            flush(&mut out, &mut odd);
            out.push_str(" -&gt;");
            continue;
        }
        if is_plain(word) {
            flush(&mut out, &mut odd);
            separate(&mut out);
            out.push_str(word);
            continue;
        }
        let (front, inner, behind) = peel(word);
        if !front.is_empty() {
            flush(&mut out, &mut odd);
            separate(&mut out);
            out.push_str(front);
        }
        odd.push(inner);
        if !behind.is_empty() {
            flush(&mut out, &mut odd);
            out.push_str(behind);
        }
    }
    flush(&mut out, &mut odd);
    out
}

/// The words of a text; a piece between backticks is one word whatever blanks it holds.
fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let blank = |rest: &str| rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end = quoted_end(rest).unwrap_or_else(|| blank(rest));
        let Some((word, behind)) = rest.split_at_checked(end) else {
            break;
        };
        out.push(word);
        rest = behind.trim_start();
    }
    out
}

/// Where the word at the beginning of `rest` ends, if it is a piece between backticks.
fn quoted_end(rest: &str) -> Option<usize> {
    let start = usize::from(rest.starts_with('('));
    let inner = rest.get(start..)?.strip_prefix('`')?;
    if inner.starts_with('`') {
        return None;
    }
    inner.match_indices('`').find_map(|(at, _)| {
        let close = start + 1 + at + 1;
        let behind = rest.get(close..)?;
        let after = behind.trim_start_matches(BEHIND);
        let whole = after.is_empty() || after.starts_with(char::is_whitespace);
        whole.then(|| rest.len() - after.len())
    })
}

/// A piece between backticks with the parenthesis before and the punctuation behind it.
fn quoted(word: &str) -> Option<(&str, &str, &str)> {
    let end = quoted_end(word).filter(|end| *end == word.len())?;
    let start = usize::from(word.starts_with('('));
    let close = word.get(..end)?.rfind('`')?;
    Some((
        word.get(..start)?,
        word.get(start + 1..close)?,
        word.get(close + 1..)?,
    ))
}

/// A word without the parenthesis before and the punctuation behind it, where more is left than
/// a number (`12.` would begin a list) and the parentheses are not the word's own.
fn peel(word: &str) -> (&str, &str, &str) {
    let start = usize::from(word.starts_with('('));
    let end = word.trim_end_matches(BEHIND).len();
    let parts = word
        .split_at_checked(end)
        .and_then(|(head, behind)| Some((head.split_at_checked(start)?, behind)));
    match parts {
        Some(((front, inner), behind))
            if inner.contains(|of: char| !of.is_ascii_digit()) && !inner.contains('(') =>
        {
            (front, inner, behind)
        }
        _ => ("", word, ""),
    }
}

/// Appends the words gathered as one piece of code.
fn flush(out: &mut String, odd: &mut Vec<&str>) {
    if !odd.is_empty() {
        separate(out);
        out.push_str(&code(&odd.join(" ")));
        odd.clear();
    }
}

/// Appends a blank between words, but none behind a parenthesis.
fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with('(') {
        out.push(' ');
    }
}

/// Whether a word means nothing to any reader of Markdown: letters and digits with hyphens and
/// apostrophes inside, perhaps in parentheses, perhaps with punctuation behind; `+20`.
fn is_plain(word: &str) -> bool {
    let word = match word.strip_prefix('+') {
        Some(number) if number.starts_with(|of: char| of.is_ascii_digit()) => number,
        _ => word,
    };
    let inner = word.strip_prefix('(').unwrap_or(word);
    let inner = inner.trim_end_matches(BEHIND);
    let behind = word
        .strip_suffix(BEHIND)
        .map_or("", |rest| word.get(rest.len()..).unwrap_or(""));
    let edges = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let is_number = inner.chars().all(|character| character.is_ascii_digit());
    let is_commit = inner.len() >= SHORTEST_COMMIT
        && inner.chars().all(|character| character.is_ascii_hexdigit());
    // `GH-12` and `ABC-12` are references to issues on several hosts.
    let is_reference = inner.contains('-') && inner.contains(|of: char| of.is_ascii_digit());
    // `12.` and `12)` would begin a list.
    let is_item = is_number && matches!(behind, "." | ")") && !word.starts_with('(');
    edges(inner.chars().next())
        && edges(inner.chars().next_back())
        && inner
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '-' | '\''))
        && !inner.contains("--")
        && !is_commit
        && !is_reference
        && !is_item
}

/// Text as code, in a table or out of it.
///
/// A pipe would end a table's cell even inside code and even behind some backslashes, so that it
/// stands between two pieces of code.
pub(super) fn code(text: &str) -> String {
    let text = escape_terminal(text);
    let text = text.trim();
    let pieces: Vec<String> = text.split('|').map(piece).collect();
    pieces.join("&#124;")
}

/// Text without pipes as code.
fn piece(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let edge = |character: Option<char>| matches!(character, Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_words() {
        let text = "180 pumps of icu-spectrum (ICU) lose it, within seconds.";
        assert_eq!(prose(text), text);
    }

    #[test]
    fn words_that_may_mean_something_become_code() {
        for (text, expected) in [
            ("see www.example.org now", "see `www.example.org` now"),
            ("<b>x</b> @all #12 y", "`<b>x</b> @all #12` y"),
            ("1. first", "`1.` first"),
            ("- item", "`-` item"),
            ("deadbeef1 GH-12", "`deadbeef1 GH-12`"),
            ("[x](http://e.org)", "`[x](http://e.org)`"),
            ("a|b", "`a`&#124;`b`"),
            ("a\\|b", "`a\\`&#124;`b`"),
            ("`", "`` ` ``"),
            ("``x`", "``` ``x` ```"),
            ("a\u{202E}b", "`a\\u{202e}b`"),
            ("***", "`***`"),
            ("-> a -> +20 s", "`->` a -&gt; +20 s"),
            ("1.) x 2, y", "`1.)` x 2, y"),
            ("the pumps' gateway's", "the pumps' gateway's"),
            ("(a@b.org), c", "(`a@b.org`), c"),
            ("", ""),
            (
                "removed `host 10.0.0.1` in `a b`, c",
                "removed `host 10.0.0.1` in `a b`, c",
            ),
            ("(`a|b`).", "(`a`&#124;`b`)."),
            ("`x `y` z` <b>", "``x `y`` ``z` <b>``"),
            ("`open <b>", "`` `open <b> ``"),
        ] {
            assert_eq!(prose(text), expected, "{text}");
        }
    }
}
