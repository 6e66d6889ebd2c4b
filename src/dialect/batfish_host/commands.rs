//! Members of host files with their support.

use crate::dialect::Command;
use crate::syntax::{Effect, Support};

/// A member with its support.
const fn command(path: &'static str, support: Support) -> Command {
    Command { path, support }
}

/// Every known member, by its names from the top; `*` is any name.
pub(super) static COMMANDS: &[Command] = &[
    command("hostname", Support::Modeled),
    command("hostInterfaces", Support::Modeled),
    command("hostInterfaces / *", Support::Modeled),
    command("hostInterfaces / * / name", Support::Modeled),
    command("hostInterfaces / * / prefix", Support::Modeled),
    command("hostInterfaces / * / gateway", Support::Modeled),
    command(
        "hostInterfaces / * / bandwidth",
        Support::Irrelevant("bears on no path of a host"),
    ),
    command(
        "hostInterfaces / * / …",
        Support::Unmodeled(Effect::Interface),
    ),
    command("iptablesFile", Support::Unmodeled(Effect::Device)),
    command("overlay", Support::Irrelevant("bears on no packet")),
];

/// Support of the member with these names from the top; `None` where unknown.
pub(super) fn member(names: &[&str]) -> Option<Support> {
    COMMANDS
        .iter()
        .find(|command| {
            let mut parts = command.path.split(" / ");
            for name in names {
                match parts.next() {
                    Some("…") => return true,
                    Some("*") => {}
                    Some(part) if part == *name => {}
                    Some(_) | None => return false,
                }
            }
            parts.next().is_none()
        })
        .map(|command| command.support)
}
