//! Settings of the BIND 9 name server, `named.conf`.
//!
//! Follows the BIND 9.18 Administrator Reference Manual, chapter "Configuration Reference", and
//! knows the statements that later versions added. Files that it includes are left as holes.

mod acl;
mod commands;
mod lower;
mod parse;
mod view;
mod zone;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `bind-named`.
pub(super) struct BindNamed;

impl Dialect for BindNamed {
    fn id(&self) -> &'static str {
        "bind-named"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        parse::sniff(&file.text)
    }

    fn read(&self, file: &File) -> Reading {
        lower::lower(file, &parse::parse(file))
    }

    fn commands(&self) -> &'static [Command] {
        commands::COMMANDS
    }
}

#[cfg(test)]
mod tests;
