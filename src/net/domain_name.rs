//! Absolute domain names.

use std::fmt;

/// An absolute domain name in lower case without the final dot; the root is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DomainName(String);

impl DomainName {
    /// The name that `text` writes, taken as absolute.
    pub fn absolute(text: &str) -> Self {
        Self(text.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The name that `text` writes: absolute with a final dot, else below `origin`; `@` is `origin`.
    pub fn relative(text: &str, origin: &Self) -> Self {
        if text == "@" {
            return origin.clone();
        }
        if text.ends_with('.') || origin.0.is_empty() {
            return Self::absolute(text);
        }
        let mut name = String::with_capacity(text.len() + 1 + origin.0.len());
        name.push_str(text);
        name.make_ascii_lowercase();
        name.push('.');
        name.push_str(&origin.0);
        Self(name)
    }

    /// The name without final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is `ancestor` or lies below it.
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        ancestor.0.is_empty()
            || self.0 == ancestor.0
            || self
                .0
                .strip_suffix(&ancestor.0)
                .is_some_and(|head| head.ends_with('.'))
    }

    /// The name without its first label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(
            self.0
                .split_once('.')
                .map_or(String::new(), |(_, rest)| rest.to_owned()),
        ))
    }

    /// Number of labels.
    pub fn labels(&self) -> usize {
        if self.0.is_empty() {
            0
        } else {
            self.0.split('.').count()
        }
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}
