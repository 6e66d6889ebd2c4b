//! Commands of the Example OS with their support.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::CommandTable;
use crate::syntax::{Effect, Support};

/// Path to support; what no path matches is unrecognized.
pub(super) static COMMANDS: &[Command] = &[
    Command {
        path: "name *",
        support: Support::Modeled,
    },
    Command {
        path: "greeting …",
        support: Support::Irrelevant("text shown at login"),
    },
    Command {
        path: "port *",
        support: Support::Modeled,
    },
    Command {
        path: "port * / address *",
        support: Support::Modeled,
    },
    Command {
        path: "port * / closed",
        support: Support::Modeled,
    },
    Command {
        path: "port * / mirror *",
        support: Support::Unmodeled(Effect::Interface),
    },
    Command {
        path: "port * / password *",
        support: Support::Unmodeled(Effect::Authentication),
    },
];

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&[COMMANDS]));
