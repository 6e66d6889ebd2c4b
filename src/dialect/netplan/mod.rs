//! Netplan: `/etc/netplan/*.yaml` of Ubuntu and Debian.
//!
//! Follows the YAML reference of netplan 1.1 (netplan.readthedocs.io, "YAML configuration") and
//! netplan-generate(8) for how several files add up. What netplan refuses takes the whole
//! configuration of the host with it, so an unknown key may do anything.

mod commands;
mod link;
mod lower;
mod parse;
mod route;
mod value;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `netplan`.
pub(super) struct Netplan;

impl Dialect for Netplan {
    fn id(&self) -> &'static str {
        "netplan"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        parse::sniff(&file.text)
    }

    fn read(&self, file: &File) -> Reading {
        read_together(&[file]).pop().unwrap_or_default()
    }

    fn commands(&self) -> &'static [Command] {
        commands::COMMANDS
    }
}

/// Reads the files of one host in the order in which netplan does: what they say adds up, and the
/// reading of the last one holds all facets.
pub fn read_together(files: &[&File]) -> Vec<Reading> {
    lower::lower(files)
}

#[cfg(test)]
mod tests;
