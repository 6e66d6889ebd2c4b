//! Cisco NX-OS running configurations.
//!
//! Follows the configuration guides of NX-OS 7.0(3)I to 10.x on Nexus 3000 and 9000, and what
//! Nexus 5000 to 7000 share with them. Read as `show running-config` prints it: defaults are not
//! printed, `feature` lines say which blocks the device takes.

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
    features: lower::FEATURES,
    finish: lower::finish,
};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct CiscoNxos;

impl Dialect for CiscoNxos {
    fn id(&self) -> &'static str {
        "cisco-nxos"
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
