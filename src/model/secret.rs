//! Secrets that can be compared and not shown.

use std::fmt;

/// A password, key or community: equal or not, nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret that `text` writes.
    pub fn new(text: &str) -> Self {
        use sha2::{Digest as _, Sha256};
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret>")
    }
}
