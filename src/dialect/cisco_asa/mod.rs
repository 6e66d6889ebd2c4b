//! Cisco ASA running configurations, 8.3 and later.
//!
//! Follows the general operations and firewall configuration guides of ASA 9.x in routed mode and
//! one context. Read as `show running-config` prints it; rules of translation and filters name
//! interfaces by their `nameif`, so that most statements wait for the whole text.

use crate::dialect::ios_family::Flavor;
use crate::dialect::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

mod commands;
mod inspection;
mod interface_names;
mod lower;
mod sniff;

/// How it differs from the others of its family.
static FLAVOR: Flavor = Flavor {
    table: &commands::TABLE,
    conditionals: commands::CONDITIONALS,
    names: &interface_names::NAMES,
    has_prefixes: false,
    has_long_banners: false,
    top: lower::top,
    inner: lower::inner,
    features: &[],
    finish: lower::finish,
};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct CiscoAsa;

impl Dialect for CiscoAsa {
    fn id(&self) -> &'static str {
        "cisco-asa"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        sniff::sniff(file)
    }

    fn read(&self, file: &File) -> Reading {
        FLAVOR.read(file)
    }

    fn commands(&self) -> &'static [Command] {
        &commands::COMMANDS
    }
}
