//! Ways text is laid out, without any vendor: statements, words, blocks.
//!
//! Statements partition a file: their spans follow each other without gap or overlap.
//! A block's header and its closing mark are statements of their own.

use crate::source::{File, Span};

mod braced;
mod indented;
mod json;
mod secrets;
mod words;
pub mod yaml;

pub use braced::{Braced, BracedKind, BracedText, Comments, braced};
pub use indented::{IndentedLine, indented};
pub use json::{JsonKind, JsonPart, json};
pub use secrets::secrets_after;
pub use words::{Word, normalized, words};

/// What an unread statement could do at worst, by the block that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Permit or deny any packet at one place of a filter.
    Filter,
    /// Drop packets on an interface, but not redirect them.
    InterfaceFilter,
    /// Drop or redirect packets on an interface.
    Interface,
    /// Add, remove or change routes of a routing process.
    Routing,
    /// Change what a DNS zone or name server answers.
    Zone,
    /// Change what a DHCP scope or server answers.
    Scope,
    /// Change who is authenticated, and how.
    Authentication,
    /// Change where a VLAN reaches.
    Switching,
    /// Anything on the device.
    Device,
}

/// How far a statement is understood; every statement has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Lowered into facets.
    Modeled,
    /// Known to bear on no requirement, and why.
    Irrelevant(&'static str),
    /// Recognized, its meaning is not modeled; at worst it does this.
    Unmodeled(Effect),
    /// Not recognized; at worst it does this.
    Unrecognized(Effect),
}

impl Support {
    /// Whether the statement leaves a hole in the model.
    pub fn is_hole(self) -> bool {
        self.effect().is_some()
    }

    /// The worst effect of a statement that is not understood.
    pub fn effect(self) -> Option<Effect> {
        match self {
            Self::Unmodeled(effect) | Self::Unrecognized(effect) => Some(effect),
            Self::Modeled | Self::Irrelevant(_) => None,
        }
    }

    /// Whether the statement's words are known, so that they may be printed.
    pub fn is_recognized(self) -> bool {
        !matches!(self, Self::Unrecognized(_))
    }
}

/// The smallest unit of configuration that has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The bytes it covers, with its line end.
    pub span: Span,
    /// Index of the statement whose block it stands in.
    pub parent: Option<u32>,
    /// Hash of its context and normalized words; equal keys mean equal meaning in equal context.
    pub key: u64,
    /// Whether its place among its siblings carries meaning (lines of an ACL).
    pub ordered: bool,
    /// How far it is understood.
    pub support: Support,
}

/// Hash of a statement's key: the parent's key, then its own normalized words.
pub fn key_of(parent: u64, normalized_words: &str) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write_u64(parent);
    hasher.write(normalized_words.as_bytes());
    hasher.finish()
}

/// Whether the statements cover the file's text without gap or overlap.
pub fn is_partition(file: &File, statements: &[Statement]) -> bool {
    let mut at = 0;
    for statement in statements {
        if statement.span.start != at {
            return false;
        }
        at = statement.span.end;
    }
    at as usize == file.text.len()
}
