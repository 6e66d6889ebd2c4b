//! Sentences with placeholders.

use std::collections::BTreeMap;

/// Placeholders that every finding fills, whatever the check.
pub(super) const COMMON: &[&str] = &["device", "line", "statement"];

/// Placeholders that a finding about a requirement fills.
pub(super) const REQUIREMENT: &[&str] = &[
    "area", "ask", "count", "firmware", "group", "model", "network", "pumps", "reaction", "service",
];

/// The placeholders of a sentence, in order, each with its offset; an error is an unclosed brace.
pub(super) fn placeholders(text: &str) -> Result<Vec<(usize, &str)>, usize> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((start, rest)) = text
        .get(at..)
        .and_then(|tail| tail.split_once('{'))
        .map(|(head, rest)| (at + head.len(), rest))
    {
        let (name, _) = rest.split_once('}').ok_or(start)?;
        out.push((start, name));
        at = start + name.len() + 2;
    }
    Ok(out)
}

/// Fills the placeholders; one without a word becomes `…`, which loading rules out for known ones.
pub(super) fn fill(text: &str, words: &BTreeMap<&'static str, String>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('{') {
        out.push_str(head);
        let Some((name, after)) = tail.split_once('}') else {
            rest = tail;
            continue;
        };
        out.push_str(words.get(name).map_or("…", String::as_str));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_found_and_filled() {
        let text = "{group} loses {service}.";
        let found = placeholders(text).unwrap();
        assert_eq!(found, vec![(0, "group"), (14, "service")]);
        let words = [("group", "a".to_owned()), ("service", "b".to_owned())];
        assert_eq!(fill(text, &words.into_iter().collect()), "a loses b.");
    }

    #[test]
    fn a_brace_that_is_not_closed_is_an_error_with_its_offset() {
        assert_eq!(placeholders("ab {group"), Err(3));
    }
}
