//! Commands of FRR with their support, as data.
//!
//! Paths are lower case. A block's final `…` says what its other lines are; at top level that is
//! anything on the device.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, otherwise, unmodeled};

mod bgp;
mod device;
mod interface;
mod route_policy;
mod routing;

/// All commands, for lists.
pub(super) static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| tables().concat());

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&tables()));

/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs, traps and counters";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the process";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";

/// The tables by topic.
fn tables() -> Vec<&'static [Command]> {
    let mut tables = vec![
        device::COMMANDS,
        interface::COMMANDS,
        routing::COMMANDS,
        routing::PROCESS,
        routing::PROCESS_OF_VRF,
        route_policy::COMMANDS,
    ];
    tables.extend(bgp::TABLES);
    tables
}
