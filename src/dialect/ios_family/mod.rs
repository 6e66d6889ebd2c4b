//! What the dialects share that write as Cisco IOS writes: blocks by indentation, words, names.
//!
//! A dialect of the family is its sniff, its commands and a [`Flavor`], which says as data and
//! typed choices where it differs; text, statements, lowering and pasting are here.

use std::sync::LazyLock;

use crate::dialect::command_table::CommandTable;
use crate::dialect::ios_family::interface_name::Naming;
use crate::dialect::ios_family::lower::{Block, Line, Lowered, Lowering};
use crate::dialect::{AppliedLine, ApplyError};
use crate::model::Reading;
use crate::source::File;
use crate::syntax::Effect;

mod apply;
pub(in crate::dialect) mod interface_name;
pub(in crate::dialect) mod lower;
mod parse;
mod secrets;
pub(in crate::dialect) mod shared_commands;
pub(in crate::dialect) mod words;

/// What tells one dialect of the family from another.
#[derive(Debug)]
pub(in crate::dialect) struct Flavor {
    /// Its commands.
    pub(in crate::dialect) table: &'static LazyLock<CommandTable>,
    /// Commands whose support depends on others.
    pub(in crate::dialect) conditionals: &'static [Conditional],
    /// How it names interfaces.
    pub(in crate::dialect) names: &'static Naming,
    /// Whether addresses are written with prefix lengths (`10.0.0.0/8`).
    pub(in crate::dialect) has_prefixes: bool,
    /// Whether a banner's text goes on to its closing mark; else each of its lines is a statement.
    pub(in crate::dialect) has_long_banners: bool,
    /// Lowers a statement that stands in no block; most are left to the family.
    pub(in crate::dialect) top: fn(&mut Lowering, &Line<'_, '_>) -> Lowered,
    /// Lowers a statement in a block.
    pub(in crate::dialect) inner: fn(&mut Lowering, &Block, &Line<'_, '_>) -> Lowered,
    /// First words of statements, the statement that makes the device take them, which takes them
    /// along when it goes, and what they could do where the text does not show it.
    pub(in crate::dialect) features: &'static [Feature],
    /// Adds what only the whole text decides: defaults that the device does not print.
    pub(in crate::dialect) finish: fn(&mut Lowering),
}

/// First words of statements, the statement that makes the device take them, and what they could do.
pub(in crate::dialect) type Feature = (&'static [&'static str], &'static str, Effect);

/// Commands whose support depends on another command of the same file: where a statement begins
/// with one of the triggers, statements that begin with `words` have this effect at worst.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) struct Conditional {
    /// First words of the statements.
    pub(in crate::dialect) words: &'static [&'static str],
    /// First words of a statement that makes them matter; its place is any block.
    pub(in crate::dialect) triggers: &'static [&'static [&'static str]],
    /// The effect then.
    pub(in crate::dialect) effect: Effect,
}

/// Lines of a policy that drop packets above a rate or a length of their queue.
pub(in crate::dialect) const LIMITS: &[&[&str]] = &[
    &["police"],
    &["drop"],
    &["shape"],
    &["queue-limit"],
    &["random-detect"],
];

impl Flavor {
    /// Reads a text.
    pub(in crate::dialect) fn read(&'static self, file: &File) -> Reading {
        lower::lower(self, file, parse::parse(self, file))
    }

    /// The texts after each pasted line.
    pub(in crate::dialect) fn apply(
        &'static self,
        file: &File,
        script: &File,
    ) -> Result<Vec<AppliedLine>, ApplyError> {
        apply::apply(self, file, script)
    }
}
