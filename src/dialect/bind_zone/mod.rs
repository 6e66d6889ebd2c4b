//! Zone files (RFC 1035 §5) as BIND 9 loads them.
//!
//! Follows the BIND 9.18 Administrator Reference Manual, chapter "Zone File", with `$TTL`
//! (RFC 2308 §4), `$GENERATE`, and the checks that make a primary server refuse a zone.
//! The origin is not in the text: it is the owner of the SOA record where that is absolute, else
//! what the file's name says by convention; [`read_with_origin`] takes it from the server's settings.

mod check;
mod commands;
mod dnssec;
mod generate;
mod lower;
mod names;
mod origin;
mod parse;
mod record;

use super::{Command, Dialect, Score};
use crate::model::Reading;
use crate::net::DomainName;
use crate::source::File;

/// The dialect `bind-zone`.
pub(super) struct BindZone;

impl Dialect for BindZone {
    fn id(&self) -> &'static str {
        "bind-zone"
    }

    fn sniff(&self, file: &File) -> (Score, &'static str) {
        parse::sniff(file)
    }

    fn read(&self, file: &File) -> Reading {
        let parsed = parse::parse(file);
        let origin = origin::origin_of(file, &parsed);
        lower::lower(file, &parsed, origin.as_ref())
    }

    fn commands(&self) -> &'static [Command] {
        commands::COMMANDS
    }
}

/// Reads a zone file whose origin is known, as a server's settings give it.
pub fn read_with_origin(file: &File, origin: &DomainName) -> Reading {
    lower::lower(file, &parse::parse(file), Some(origin))
}

#[cfg(test)]
mod tests;
