//! Configuration languages: text → statements → facets.
//!
//! Adding one is a folder here and its line in [`DIALECTS`]; see `CONTRIBUTING.md`.

mod batfish_host;
mod bind_named;
mod bind_zone;
mod ifupdown;
mod ios_family;
mod iptables_save;
mod isc_dhcpd;
mod linux_host;
mod netplan;
mod nftables;
mod sysctl;

use crate::model::Reading;
use crate::source::File;

pub use bind_zone::read_with_origin as read_zone_with_origin;
pub use netplan::read_together as read_netplan_together;
pub mod command_table;
pub mod reading_builder;

pub mod arista_eos;
pub mod cisco_asa;
pub mod cisco_ios;
pub mod cisco_nxos;
pub mod example_os;
pub mod frr;

/// How sure a dialect is that a file is written in it; 0 is "no", 100 is "certain".
pub type Score = u8;

/// One configuration language.
pub trait Dialect: Sync {
    /// Kebab-case name, for ever.
    fn id(&self) -> &'static str;

    /// How sure it is that the file is its own, and by what sign (for `list files`).
    fn sniff(&self, file: &File) -> (Score, &'static str);

    /// Reads the text; never fails.
    fn read(&self, file: &File) -> Reading;

    /// The file's text after `script` was pasted into it, line by line, as the device would take it.
    ///
    /// Gives each intermediate text too (the states in the middle of a paste), the last is the end.
    fn apply(&self, file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
        let _ = (file, script);
        Err(ApplyError::Unsupported(self.id()))
    }

    /// Commands with their support, for `list commands` and `docs/semantics.md`.
    fn commands(&self) -> &'static [Command] {
        &[]
    }
}

/// The text after one pasted line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedLine {
    /// One-based line of the script.
    pub line: u32,
    /// The whole text after the line.
    pub text: String,
}

/// Why pasted lines could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The dialect has no notion of pasted lines.
    #[error("apply lines to a file of dialect `{0}`: it has no command line")]
    Unsupported(&'static str),
    /// A line that the device would refuse, or whose effect is not modeled.
    #[error("apply line {line} of the script: {reason}")]
    Line {
        /// One-based line of the script.
        line: u32,
        /// What is wrong with it.
        reason: String,
    },
}

/// One command of a dialect, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Words of the command with its context, `*` for one argument, `a|b` for either word, a final
    /// `…` for any rest; contexts are separated by ` / `.
    pub path: &'static str,
    /// Support of statements that the path matches.
    pub support: crate::syntax::Support,
}

/// All dialects, in order of preference where two are equally sure.
pub static DIALECTS: &[&dyn Dialect] = &[
    &cisco_ios::CiscoIos,
    &cisco_nxos::CiscoNxos,
    &cisco_asa::CiscoAsa,
    &arista_eos::AristaEos,
    &frr::Frr,
    &iptables_save::IptablesSave,
    &nftables::Nftables,
    &ifupdown::Ifupdown,
    &netplan::Netplan,
    &sysctl::Sysctl,
    &bind_zone::BindZone,
    &bind_named::BindNamed,
    &isc_dhcpd::IscDhcpd,
    &batfish_host::BatfishHost,
    &example_os::ExampleOs,
];

/// The dialect with this id.
pub fn by_id(id: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|dialect| dialect.id() == id)
}

/// The dialect that is surest of the file, its score and sign; `None` where none is.
pub fn detect(file: &File) -> Option<(&'static dyn Dialect, Score, &'static str)> {
    let mut best: Option<(&'static dyn Dialect, Score, &'static str)> = None;
    for dialect in DIALECTS.iter().copied() {
        let (score, sign) = dialect.sniff(file);
        if score > 0 && best.is_none_or(|(_, highest, _)| score > highest) {
            best = Some((dialect, score, sign));
        }
    }
    best
}
