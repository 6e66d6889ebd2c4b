//! `/etc/network/interfaces` of Debian.
//!
//! Follows interfaces(5) and ifup(8) of ifupdown 0.8, and what `ifup -n -v` says it would run:
//! the addresses, links, gateways and `ip route` commands of interfaces that `ifup -a` brings up.
//! Of ifupdown2 (Cumulus Linux 3 to 5, "Interface Configuration and Management") what it adds to
//! that, in files that say something only it takes.

mod boot;
mod command;
mod commands;
mod lower;
mod parse;
mod second;
mod stanza;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `ifupdown`.
pub(super) struct Ifupdown;

impl Dialect for Ifupdown {
    fn id(&self) -> &'static str {
        "ifupdown"
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
