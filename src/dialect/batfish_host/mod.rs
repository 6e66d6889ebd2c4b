//! Host files of Batfish snapshots.
//!
//! Follows the host format of Batfish ("Formatting Snapshots", hosts): a JSON object with
//! `hostname`, `hostInterfaces` and optionally `iptablesFile`.

mod commands;
mod lower;
mod parse;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `batfish-host`.
pub(super) struct BatfishHost;

impl Dialect for BatfishHost {
    fn id(&self) -> &'static str {
        "batfish-host"
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
