//! Classes of clients of `dhcpd.conf` (dhcpd.conf(5), "CLIENT CLASSING").

use std::collections::BTreeSet;

use super::parse::{Parsed, unquoted};
use crate::syntax::BracedKind;

/// Classes of a file, by what depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Classes<'a> {
    /// Those that give their members something themselves, or limit or make leases.
    giving: BTreeSet<&'a str>,
    /// Those that a permission names.
    named: BTreeSet<&'a str>,
    /// Whether pools of other files may name them: the file includes others, or may be included.
    shared: bool,
}

impl<'a> Classes<'a> {
    /// Finds the classes of the file at a path.
    pub(super) fn collect(parsed: &Parsed<'a>, path: &str) -> Self {
        let mut classes = Self {
            shared: !path.ends_with("dhcpd.conf"),
            ..Self::default()
        };
        for part in &parsed.text.parts {
            if matches!(part.kind, BracedKind::Blank | BracedKind::Close) {
                continue;
            }
            let words = parsed.words(part);
            classes.shared |= words.first() == Some(&"include");
            if let [_, "members", "of", name] = words.as_slice() {
                classes.named.insert(unquoted(name));
            }
            // A member of a class that is named alone may have a block of its own.
            if let Some(name) = class_of(&words)
                && part.kind == BracedKind::Open
                && words.first() == Some(&"subclass")
            {
                classes.giving.insert(name);
            }
            let header = part.parent.and_then(|parent| {
                let header = parsed.text.parts.get(parent as usize)?;
                let header = parsed.words(header);
                class_of(&header)
            });
            let only_matches = part.kind == BracedKind::Simple && words.first() == Some(&"match");
            if let Some(name) = header
                && !only_matches
                && !words.is_empty()
            {
                classes.giving.insert(name);
            }
        }
        classes
    }

    /// Whether a class gives its members nothing: it matters only to who names it.
    pub(super) fn gives_nothing(&self, words: &[&str]) -> bool {
        class_of(words).is_some_and(|name| !self.giving.contains(name)) && !self.shared
    }

    /// Whether nothing depends on a class.
    pub(super) fn is_unused(&self, words: &[&str]) -> bool {
        self.gives_nothing(words) && class_of(words).is_some_and(|name| !self.named.contains(name))
    }
}

/// The class that a header or a member's statement is of.
fn class_of<'a>(words: &[&'a str]) -> Option<&'a str> {
    match words {
        ["class" | "subclass", name, ..] => Some(unquoted(name)),
        _ => None,
    }
}
