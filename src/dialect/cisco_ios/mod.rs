//! Cisco IOS and IOS-XE running configurations.
//!
//! Follows the command references of IOS 12.4 to 15.9 and IOS-XE 3 to 17, on routers (ISR, ASR,
//! CSR, Catalyst 8000) and campus switches (Catalyst 2960 to 9600). Read as `show running-config`
//! prints it, or as exports leave it: with prompts, notices, lost indentation, missing end.

use crate::dialect::{AppliedLine, ApplyError, Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod apply;
mod commands;
mod interface_name;
mod lower;
mod parse;
mod secrets;
mod sniff;
mod words;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct CiscoIos;

impl Dialect for CiscoIos {
    fn id(&self) -> &'static str {
        "cisco-ios"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        sniff::sniff(file)
    }

    fn read(&self, file: &File) -> Reading {
        let parsed = parse::parse(file);
        lower::lower(file, parsed)
    }

    fn apply(&self, file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
        apply::apply(file, script)
    }

    fn commands(&self) -> &'static [Command] {
        &commands::COMMANDS
    }
}
