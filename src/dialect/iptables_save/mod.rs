//! Output of `iptables-save`, as `iptables-restore` takes it.
//!
//! Follows iptables-save(8), iptables-extensions(8) and `iptables -S` of iptables 1.8.
//! Addresses are IPv4; a file of `ip6tables-save` is known by its text and left as holes of its own.

mod commands;
mod lower;
mod matches;
mod parse;
mod translation;
mod values;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `iptables-save`.
pub(super) struct IptablesSave;

impl Dialect for IptablesSave {
    fn id(&self) -> &'static str {
        "iptables-save"
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
