//! Commands of Cisco IOS and IOS-XE with their support, as data.
//!
//! Paths are lower case. A block's final `…` says what its other lines are; at top level that is
//! anything on the device.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::ios_family::{Conditional, LIMITS};
use crate::syntax::Effect;

mod bgp;
mod device;
mod eigrp;
mod interface;
mod interior;
mod route_policy;
mod routing;
mod services;

/// All commands, for lists.
pub(super) static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| TABLES.concat());

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(TABLES));

/// The tables by topic.
static TABLES: &[&[Command]] = &[
    device::COMMANDS,
    interface::COMMANDS,
    routing::COMMANDS,
    route_policy::COMMANDS,
    bgp::PROCESS,
    bgp::PROCESS_TABLE,
    bgp::PROCESS_PEER,
    bgp::FAMILY_TABLE,
    bgp::FAMILY_PEER,
    bgp::TEMPLATE,
    eigrp::COMMANDS,
    eigrp::PROCESS,
    eigrp::FAMILY,
    eigrp::TOPOLOGY,
    interior::COMMANDS,
    interior::RIP,
    interior::RIP_FAMILY,
    services::COMMANDS,
];

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
    // Without it no policer acts, and no limit of a queue.
    Conditional {
        words: &["mls", "qos"],
        triggers: &[
            &["police"],
            &["srr-queue", "bandwidth"],
            &["mls", "qos", "aggregate-policer"],
            &["mls", "qos", "queue-set"],
        ],
        effect: Effect::InterfaceFilter,
    },
    // A policy that limits or drops, wherever it is applied.
    Conditional {
        words: &["class-map"],
        triggers: LIMITS,
        effect: Effect::InterfaceFilter,
    },
    Conditional {
        words: &["policy-map"],
        triggers: LIMITS,
        effect: Effect::InterfaceFilter,
    },
    // Certificates authenticate tunnels where there are any.
    Conditional {
        words: &["crypto", "pki"],
        triggers: &[
            &["crypto", "map"],
            &["crypto", "isakmp"],
            &["crypto", "ikev2"],
            &["tunnel", "protection"],
            &["eap"],
        ],
        effect: Effect::Interface,
    },
    // A device that answers questions of others passes on what it looked up.
    Conditional {
        words: &["ip", "name-server"],
        triggers: &[&["ip", "dns"]],
        effect: Effect::Zone,
    },
    Conditional {
        words: &["ip", "host"],
        triggers: &[&["ip", "dns"]],
        effect: Effect::Zone,
    },
];
