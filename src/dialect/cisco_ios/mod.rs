//! Cisco IOS and IOS-XE running configurations.
//!
//! Follows the command references of IOS 12.4 to 15.9 and IOS-XE 3 to 17, on routers (ISR, ASR,
//! CSR, Catalyst 8000) and campus switches (Catalyst 2960 to 9600). Read as `show running-config`
//! prints it, or as exports leave it: with prompts, notices, lost indentation, missing end.

use crate::dialect::ios_family::Flavor;
use crate::dialect::ios_family::lower::Lowering;
use crate::dialect::{AppliedLine, ApplyError, Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod commands;
mod defaults;
mod interface_names;
mod sniff;

/// How it differs from the others of its family.
static FLAVOR: Flavor = Flavor {
    table: &commands::TABLE,
    conditionals: commands::CONDITIONALS,
    names: &interface_names::NAMES,
    has_prefixes: false,
    has_long_banners: true,
    top: Lowering::top,
    inner: Lowering::inner,
    features: &[],
    finish: defaults::finish,
};

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
        FLAVOR.read(file)
    }

    fn apply(&self, file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
        FLAVOR.apply(file, script)
    }

    fn commands(&self) -> &'static [Command] {
        &commands::COMMANDS
    }
}
