//! Mistakes in YAML files: where, what, and what was probably meant.

use std::fmt;

/// One mistake in a site or profile file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Path as given.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// What is wrong, lowercase fragment.
    pub message: String,
    /// What was probably meant, or what is allowed.
    pub help: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        if let Some(help) = &self.help {
            write!(formatter, " ({help})")?;
        }
        Ok(())
    }
}

/// Share of a word's letters that may be wrong for another to be suggested: one in three.
const WRONG_SHARE: usize = 3;

/// The known word nearest to `word`, where one is near; never for mere numbers, which do not
/// resemble each other.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    if !lower.chars().any(char::is_alphabetic) {
        return None;
    }
    let most = (lower.chars().count() / WRONG_SHARE).max(1);
    let mut best: Option<(usize, f64, &str)> = None;
    for candidate in known {
        let other = candidate.to_lowercase();
        let wrong = strsim::osa_distance(&lower, &other);
        let begins = other.starts_with(&lower) && lower.chars().count() >= 3;
        if wrong > most && !begins {
            continue;
        }
        let likeness = strsim::jaro_winkler(&lower, &other);
        if best.is_none_or(|(fewest, highest, _)| {
            wrong < fewest || (wrong == fewest && likeness > highest)
        }) {
            best = Some((wrong, likeness, candidate));
        }
    }
    best.map(|(_, _, candidate)| candidate)
}

/// Most known words that a suggestion lists.
const MOST_LISTED: usize = 12;

/// "did you mean `x`?", else the known words, else nothing.
pub fn suggestion<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut listed: Vec<String> = known
        .into_iter()
        .take(MOST_LISTED + 1)
        .map(|word| format!("`{word}`"))
        .collect();
    if listed.is_empty() {
        return None;
    }
    if listed.len() > MOST_LISTED {
        listed.truncate(MOST_LISTED);
        listed.push("…".to_owned());
    }
    Some(format!("known: {}", listed.join(", ")))
}
