//! Commands of EIGRP, IS-IS and RIP, and of key chains.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "alarms";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// Lines of EIGRP, after a prefix of words.
macro_rules! eigrp {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " autonomous-system *")),
            modeled(concat!($prefix, " router-id *")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " default-metric * * * * *")),
            modeled(concat!($prefix, " no default-metric")),
            modeled(concat!($prefix, " distance * *")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " metric weights …")),
            modeled(concat!($prefix, " metric version 64bit")),
            modeled(concat!($prefix, " metric rib-scale *")),
            modeled(concat!($prefix, " stub")),
            modeled(concat!(
                $prefix,
                " stub direct|receive-only|redistributed|static …"
            )),
            modeled(concat!($prefix, " passive-interface default")),
            modeled(concat!($prefix, " shutdown")),
            irrelevant(concat!($prefix, " timers …"), TIMERS),
            irrelevant(concat!($prefix, " bfd"), TIMERS),
            irrelevant(
                concat!($prefix, " graceful-restart|nsf|flush-routes …"),
                RESTART,
            ),
            irrelevant(
                concat!(
                    $prefix,
                    " log-neighbor-changes|log-neighbor-warnings|event-log-size …"
                ),
                ALARMS,
            ),
            irrelevant(concat!($prefix, " address-family ipv6 …"), IPV6),
            irrelevant(concat!($prefix, " address-family ipv6 … / …"), IPV6),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Lines of IS-IS, after a prefix of words.
macro_rules! isis {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " net *")),
            modeled(concat!($prefix, " is-type *")),
            modeled(concat!($prefix, " metric-style transition")),
            modeled(concat!($prefix, " reference-bandwidth *")),
            modeled(concat!($prefix, " reference-bandwidth * *")),
            modeled(concat!($prefix, " passive-interface default level-1-2")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " summary-address * *")),
            modeled(concat!($prefix, " default-information originate …")),
            modeled(concat!($prefix, " set-overload-bit always")),
            irrelevant(concat!($prefix, " set-overload-bit on-startup …"), RESTART),
            modeled(concat!($prefix, " set-attached-bit")),
            modeled(concat!($prefix, " distance *")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " shutdown")),
            irrelevant(
                concat!($prefix, " spf-interval|lsp-gen-interval|max-lsp-lifetime …"),
                TIMERS,
            ),
            irrelevant(
                concat!($prefix, " lsp-refresh-interval|bfd|fast-flood …"),
                TIMERS,
            ),
            irrelevant(
                concat!($prefix, " graceful-restart|nsf|flush-routes …"),
                RESTART,
            ),
            irrelevant(concat!($prefix, " hostname dynamic"), ALARMS),
            irrelevant(
                concat!($prefix, " log-adjacency-changes|event-history|snmp …"),
                ALARMS,
            ),
            irrelevant(
                concat!($prefix, " lsp-mtu|hello-padding …"),
                "length of the protocol's own packets",
            ),
            irrelevant(concat!($prefix, " address-family ipv6 …"), IPV6),
            irrelevant(concat!($prefix, " address-family ipv6 … / …"), IPV6),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Lines of RIP, after a prefix of words.
macro_rules! rip {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " default-information originate …")),
            modeled(concat!($prefix, " default-metric *")),
            modeled(concat!($prefix, " distance *")),
            modeled(concat!($prefix, " maximum-paths *")),
            irrelevant(concat!($prefix, " timers basic …"), TIMERS),
            irrelevant(concat!($prefix, " flush-routes|isolate-timers …"), RESTART),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Openers of blocks, and key chains.
pub(super) static COMMANDS: &[Command] = &[
    modeled("router eigrp *"),
    modeled("router eigrp * / address-family ipv4 unicast"),
    modeled("router eigrp * / vrf *"),
    modeled("router eigrp * / vrf * / address-family ipv4 unicast"),
    modeled("router isis *"),
    modeled("router isis * / address-family ipv4 unicast"),
    modeled("router isis * / vrf *"),
    modeled("router isis * / vrf * / address-family ipv4 unicast"),
    modeled("router rip *"),
    modeled("router rip * / address-family ipv4 unicast"),
    modeled("router rip * / vrf *"),
    modeled("router rip * / vrf * / address-family ipv4 unicast"),
    unmodeled("key …", Routing),
    modeled("key chain *"),
    unmodeled("key chain …", Routing),
    modeled("key chain * / key *"),
    modeled("key chain * / key * / key-string …"),
    modeled("key chain * / key * / accept-lifetime|send-lifetime …"),
    otherwise("key chain * / key * / …", Routing),
    otherwise("key chain * / …", Routing),
];

/// Path to support.
pub(super) static TABLES: &[&[Command]] = &[
    eigrp!("router eigrp * /"),
    eigrp!("router eigrp * / address-family ipv4 unicast /"),
    eigrp!("router eigrp * / vrf * /"),
    eigrp!("router eigrp * / vrf * / address-family ipv4 unicast /"),
    isis!("router isis * /"),
    isis!("router isis * / address-family ipv4 unicast /"),
    isis!("router isis * / vrf * /"),
    isis!("router isis * / vrf * / address-family ipv4 unicast /"),
    rip!("router rip * /"),
    rip!("router rip * / address-family ipv4 unicast /"),
    rip!("router rip * / vrf * /"),
    rip!("router rip * / vrf * / address-family ipv4 unicast /"),
];
