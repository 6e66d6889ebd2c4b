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

/// Lowest similarity of two words (Jaro-Winkler, 0 to 1) at which one is suggested for the other.
///
/// clap suggests from 0.7 on; names of devices differ by one digit, so that more is asked here.
const SIMILAR: f64 = 0.75;

/// The known word nearest to `word`, where one is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let likeness = strsim::jaro_winkler(&lower, &candidate.to_lowercase());
        if likeness >= SIMILAR && best.is_none_or(|(highest, _)| likeness > highest) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
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
