//! Golden files and fixtures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The repository's folder of fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Names of what `folder` holds, sorted; empty where there is no such folder.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Compares `actual` with the golden file; `UPDATE_EXPECT=1` rewrites it instead.
pub(crate) fn check_golden(golden: &Path, actual: &str) {
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(golden, actual).expect("golden can be written");
        return;
    }
    let expected = fs::read_to_string(golden).unwrap_or_default();
    if expected == actual {
        return;
    }
    let mut message = String::new();
    for (number, pair) in expected.lines().zip(actual.lines()).enumerate() {
        if pair.0 != pair.1 {
            let line = number + 1;
            let _ = write!(message, "line {line}\n-{}\n+{}", pair.0, pair.1);
            break;
        }
    }
    panic!(
        "{} differs ({} lines expected, {} lines now; UPDATE_EXPECT=1 rewrites it)\n{message}",
        golden.display(),
        expected.lines().count(),
        actual.lines().count()
    );
}

/// Shortens the `Debug` form of a value: fields that say nothing and places of statements vanish,
/// `Some(x)` is `x`; the fields of the outermost braces stand on lines of their own, as do the
/// elements of a list in them.
pub(crate) fn compact_debug(debug: &str) -> String {
    let tree = Tree::parse(&mut debug.chars().peekable());
    let mut out = String::new();
    let fields = match &tree {
        Tree::Group { items, .. } => items.as_slice(),
        Tree::Text(_) => &[],
    };
    for field in fields.iter().filter(|(_, value)| !value.is_silent()) {
        match field {
            (
                name,
                Tree::Group {
                    items, open: '[', ..
                },
            ) => {
                let _ = writeln!(out, "  {name}");
                for (_, item) in items {
                    let _ = writeln!(out, "    {}", item.print());
                }
            }
            (name, value) => {
                let _ = writeln!(out, "  {name} {}", value.print());
            }
        }
    }
    out
}

/// A value in `Debug` form.
enum Tree {
    /// A plain word or a string.
    Text(String),
    /// A name with fields or elements in brackets.
    Group {
        /// What stands before the bracket.
        name: String,
        /// The opening bracket.
        open: char,
        /// Fields with their names, elements without.
        items: Vec<(String, Tree)>,
    },
}

impl Tree {
    /// Reads one value, up to a comma or closing bracket.
    fn parse(input: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Self {
        let mut text = String::new();
        while let Some(&next) = input.peek() {
            match next {
                '{' | '[' | '(' => {
                    input.next();
                    return Self::group(text.trim().to_owned(), next, input);
                }
                ',' | '}' | ']' | ')' => break,
                '"' => Self::string(&mut text, input),
                _ => {
                    text.push(next);
                    input.next();
                }
            }
        }
        Self::Text(text.trim().to_owned())
    }

    /// Copies a string with its quotes.
    fn string(text: &mut String, input: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        text.extend(input.next());
        while let Some(next) = input.next() {
            text.push(next);
            match next {
                '\\' => text.extend(input.next()),
                '"' => return,
                _ => {}
            }
        }
    }

    /// Reads the items of a bracket that was opened.
    fn group(
        name: String,
        open: char,
        input: &mut std::iter::Peekable<std::str::Chars<'_>>,
    ) -> Self {
        let mut items = Vec::new();
        loop {
            while input
                .peek()
                .is_some_and(|next| *next == ' ' || *next == ',')
            {
                input.next();
            }
            match input.peek() {
                None => break,
                Some('}' | ']' | ')') => {
                    input.next();
                    break;
                }
                Some(_) => {}
            }
            // A set has elements where a struct or a map has fields; no key holds a bracket.
            let mut field = String::new();
            if open == '{' {
                let mut ahead = input.clone();
                if ahead.peek() == Some(&'"') {
                    Self::string(&mut field, &mut ahead);
                }
                while let Some(next) = ahead.next_if(|next| !":,{}[]()".contains(*next)) {
                    field.push(next);
                }
                if ahead.next() == Some(':') {
                    *input = ahead;
                } else {
                    field.clear();
                }
            }
            items.push((field.trim().to_owned(), Self::parse(input)));
        }
        Self::Group { name, open, items }
    }

    /// Whether it says nothing.
    fn is_silent(&self) -> bool {
        match self {
            Self::Text(text) => text == "None" || text.is_empty(),
            Self::Group { name, open, items } => {
                name == "StatementRef"
                    || (*open != '(' && items.iter().all(|(_, item)| item.is_silent()))
            }
        }
    }

    /// One line of text.
    fn print(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Group {
                name,
                open: '(',
                items,
            } if name == "Some" => items
                .first()
                .map_or(String::new(), |(_, item)| item.print()),
            Self::Group { name, open, items } => {
                let close = match open {
                    '{' => '}',
                    '[' => ']',
                    _ => ')',
                };
                let inner: Vec<String> = items
                    .iter()
                    .filter(|(_, item)| *open != '{' || !item.is_silent())
                    .map(|(field, item)| match field.as_str() {
                        "" => item.print(),
                        field => format!("{field}: {}", item.print()),
                    })
                    .collect();
                format!("{name}{open}{}{close}", inner.join(", "))
            }
        }
    }
}
