//! FRR: `frr.conf` and what `vtysh -c 'show running-config'` prints.
//!
//! Follows the FRR documentation and sources, 7.0 to 10.x. Defaults are not printed; some depend on
//! the lines `frr version` and `frr defaults`. A Linux device says the rest in files of its own.

use crate::dialect::ios_family::Flavor;
use crate::dialect::ios_family::interface_name::Naming;
use crate::dialect::{AppliedLine, ApplyError, Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod commands;
mod lower;
mod sniff;

/// How it differs from the others of its family.
static FLAVOR: Flavor = Flavor {
    table: &commands::TABLE,
    conditionals: &[],
    names: &Naming::Verbatim,
    has_prefixes: true,
    has_long_banners: true,
    top: lower::top,
    inner: lower::inner,
    features: &[],
    finish: lower::finish,
};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Frr;

impl Dialect for Frr {
    fn id(&self) -> &'static str {
        "frr"
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
