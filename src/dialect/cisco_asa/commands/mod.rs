//! Commands of ASA with their support, as data.
//!
//! Paths are lower case. A block's final `…` says what its other lines are; at top level that is
//! anything on the device.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::ios_family::Conditional;
use crate::syntax::Effect;

mod device;
mod filter;
mod interface;
mod routing;

/// All commands, for lists.
pub(super) static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| tables().concat());

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&tables()));

/// The tables by topic.
fn tables() -> [&'static [Command]; 4] {
    [
        device::COMMANDS,
        interface::COMMANDS,
        filter::COMMANDS,
        routing::COMMANDS,
    ]
}

/// Commands whose support depends on others.
pub(super) static CONDITIONALS: &[Conditional] = &[
    // Servers that users are asked for before their packets pass.
    Conditional {
        words: &["aaa-server"],
        triggers: &[
            &["aaa", "authentication", "match"],
            &["aaa", "authentication", "include"],
            &["aaa", "authorization", "match"],
        ],
        effect: Effect::InterfaceFilter,
    },
];
