//! Commands of NX-OS with their support, as data.
//!
//! Paths are lower case. A block's final `…` says what its other lines are; at top level that is
//! anything on the device.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::ios_family::shared_commands;

mod bgp;
mod device;
mod filter;
mod interface;
mod interior;
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
        shared_commands::ROUTE_POLICY,
    ];
    tables.extend(bgp::TABLES);
    tables.extend(interior::TABLES);
    tables
}
