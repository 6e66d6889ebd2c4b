//! Arista EOS running configurations.
//!
//! Follows the EOS user manual, 4.20 to 4.3x. Read as `show running-config` prints it: defaults are
//! not printed, and a device routes only where `ip routing` says so.

use crate::dialect::ios_family::{Flavor, shared_commands};
use crate::dialect::{AppliedLine, ApplyError, Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod commands;
mod interface_names;
mod lower;
mod sniff;

/// How it differs from the others of its family.
static FLAVOR: Flavor = Flavor {
    table: &commands::TABLE,
    conditionals: shared_commands::CONDITIONALS,
    names: &interface_names::NAMES,
    has_prefixes: true,
    has_long_banners: true,
    top: lower::top,
    inner: lower::inner,
    features: &[],
    finish: lower::finish,
};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct AristaEos;

impl Dialect for AristaEos {
    fn id(&self) -> &'static str {
        "arista-eos"
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
