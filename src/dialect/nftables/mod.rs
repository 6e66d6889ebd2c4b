//! Rule sets of nftables.
//!
//! Follows nft(8) of nftables 1.0, both what `nft list ruleset` prints and files for `nft -f`.
//! What families other than `ip` and `inet` say meets no IPv4 packet, but for `arp`, `bridge` and
//! `netdev`, which may do anything.

mod commands;
mod condition;
mod lower;
mod parse;
mod rule;
mod translation;
mod variant;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `nftables`.
pub(super) struct Nftables;

impl Dialect for Nftables {
    fn id(&self) -> &'static str {
        "nftables"
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
