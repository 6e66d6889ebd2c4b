//! Commands of NX-OS with their support, as data.
//!
//! Paths are lower case. A block's final `…` says what its other lines are; at top level that is
//! anything on the device.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::ios_family::Conditional;
use crate::syntax::Effect;

mod bgp;
mod device;
mod filter;
mod interface;
mod interior;
mod route_policy;
mod routing;

/// All commands, for lists.
pub(super) static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| tables().concat());

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&tables()));

/// The tables by topic.
fn tables() -> Vec<&'static [Command]> {
    let mut tables = vec![
        device::COMMANDS,
        interface::COMMANDS,
        interface::INTERIOR,
        interior::COMMANDS,
        filter::COMMANDS,
        routing::COMMANDS,
        route_policy::COMMANDS,
    ];
    tables.extend(bgp::TABLES);
    tables.extend(interior::TABLES);
    tables
}

/// Commands whose support depends on others.
pub(super) static CONDITIONALS: &[Conditional] = &[
    // Time ranges of ACL lines follow the local clock.
    Conditional {
        words: &["clock"],
        triggers: &[&["time-range"]],
        effect: Effect::Filter,
    },
    // Probes decide over routes and priorities where an object tracks them.
    Conditional {
        words: &["ip", "sla"],
        triggers: &[&["track"]],
        effect: Effect::Routing,
    },
    // A policy that polices or drops, wherever it is applied.
    Conditional {
        words: &["class-map"],
        triggers: &[&["police"], &["drop"]],
        effect: Effect::InterfaceFilter,
    },
    Conditional {
        words: &["policy-map"],
        triggers: &[&["police"], &["drop"]],
        effect: Effect::InterfaceFilter,
    },
];
