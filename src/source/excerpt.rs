//! Excerpts of configuration text that repeat no secret and inject nothing.

use super::{File, Span};

/// Longest excerpt in characters; longer text ends in an ellipsis.
const LONGEST: usize = 160;

/// What may be printed of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// One-based line in the file.
    pub line: u32,
    /// One-based column of the first character.
    pub column: u32,
    /// One line of printable text.
    pub text: String,
}

/// Prints `span` of `file`: secrets masked, of an unrecognized statement the first word only.
///
/// `secrets` are byte spans of the same file, in any order.
pub fn excerpt(file: &File, span: Span, secrets: &[Span], recognized: bool) -> Excerpt {
    let raw = file.slice(span);
    let lead = raw.len() - raw.trim_start().len();
    let start = span.start as usize + lead;
    let (line, column) = file.position(u32::try_from(start).unwrap_or(u32::MAX));
    let raw = raw.trim();
    let text = if recognized {
        mask(raw, start, secrets)
    } else {
        let word = raw.split_whitespace().next().unwrap_or("");
        let word = mask(word, start, secrets);
        if raw.len() > word.len() {
            format!("{word} …")
        } else {
            word
        }
    };
    Excerpt {
        line,
        column,
        text: shorten(&escape_terminal(&text)),
    }
}

/// Replaces the parts of `raw` (which begins at byte `start`) that lie in `secrets`.
fn mask(raw: &str, start: usize, secrets: &[Span]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut hidden = false;
    for (offset, character) in raw.char_indices() {
        let at = start + offset;
        let secret = secrets
            .iter()
            .any(|span| (span.start as usize..span.end as usize).contains(&at));
        if secret && !hidden {
            out.push_str("<secret>");
        }
        if !secret {
            out.push(character);
        }
        hidden = secret;
    }
    out
}

/// Makes text harmless on a terminal: control, bidirectional and invisible characters become `\u{…}`,
/// line ends and tabs become blanks.
pub fn escape_terminal(text: &str) -> String {
    text.chars()
        .flat_map(|character| match character {
            '\n' | '\t' => vec![' '],
            character if is_hidden(character) => character.escape_unicode().collect(),
            character => vec![character],
        })
        .collect()
}

/// Whether a terminal obeys a character or shows nothing for it: controls, the bidirectional
/// controls of UAX #9, separators of lines and paragraphs, default-ignorable characters and tags
/// (Unicode, `DerivedCoreProperties.txt`).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{61C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Cuts text to [`LONGEST`] characters.
fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
