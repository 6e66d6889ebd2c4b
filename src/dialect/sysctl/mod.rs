//! Kernel settings of Linux: `sysctl.conf` and the files of `sysctl.d`.
//!
//! Follows sysctl.conf(5) and the kernel's networking/ip-sysctl documentation.

mod commands;
mod lower;
mod parse;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `sysctl`.
pub(super) struct Sysctl;

impl Dialect for Sysctl {
    fn id(&self) -> &'static str {
        "sysctl"
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
