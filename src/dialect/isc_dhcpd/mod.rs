//! Settings of the ISC DHCP server, `dhcpd.conf`.
//!
//! Follows dhcpd.conf(5), dhcp-options(5) and dhcp-eval(5) of ISC DHCP 4.4. A scope is a `subnet`;
//! what it inherits from its shared network, groups and the whole file is resolved here.

mod blocks;
mod classes;
mod commands;
mod lower;
mod options;
mod parse;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::source::File;

/// The dialect `isc-dhcpd`.
pub(super) struct IscDhcpd;

impl Dialect for IscDhcpd {
    fn id(&self) -> &'static str {
        "isc-dhcpd"
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

#[cfg(test)]
mod tests;
