//! Example OS, an invented language: the copy to start a dialect from.
//!
//! The whole language:
//!
//! ```text
//! # comment
//! name lab1
//! port p1
//!   address 10.0.0.1/24
//!   closed
//!   password word
//! ```
//!
//! Real dialects name here the versions and the documents that they follow.

use crate::dialect::{AppliedLine, ApplyError, Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod apply;
mod commands;
mod lower;
mod parse;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct ExampleOs;

impl Dialect for ExampleOs {
    fn id(&self) -> &'static str {
        "example-os"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        // A real dialect looks for signs in the first lines; this one is never detected.
        let _ = file;
        (0, "an invented language")
    }

    fn read(&self, file: &File) -> Reading {
        let parsed = parse::parse(file);
        lower::lower(file, parsed)
    }

    fn apply(&self, file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
        apply::apply(file, script)
    }

    fn commands(&self) -> &'static [Command] {
        commands::COMMANDS
    }
}
