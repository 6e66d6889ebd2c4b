//! Commands of EIGRP.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Why timers are irrelevant.
const TIMING: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and counters";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the process or supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Why shares are irrelevant.
const SHARES: &str = "shares of unequal paths, all are judged";

/// Lines of a process, after a prefix of words.
macro_rules! process {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " network *")),
            modeled(concat!($prefix, " network * *")),
            modeled(concat!($prefix, " eigrp router-id *")),
            modeled(concat!($prefix, " no eigrp router-id")),
            modeled(concat!($prefix, " eigrp stub …")),
            irrelevant(
                concat!(
                    $prefix,
                    " eigrp log-neighbor-changes|log-neighbor-warnings …"
                ),
                ALARMS,
            ),
            irrelevant(concat!($prefix, " eigrp event-log-size …"), ALARMS),
            unmodeled(concat!($prefix, " eigrp …"), Routing),
            modeled(concat!($prefix, " passive-interface …")),
            modeled(concat!($prefix, " metric weights …")),
            modeled(concat!($prefix, " metric rib-scale *")),
            modeled(concat!($prefix, " no metric weights|rib-scale")),
            unmodeled(concat!($prefix, " metric …"), Routing),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " default-metric * * * * *")),
            modeled(concat!($prefix, " no default-metric")),
            unmodeled(concat!($prefix, " default-metric …"), Routing),
            modeled(concat!($prefix, " distribute-list …")),
            modeled(concat!($prefix, " auto-summary")),
            modeled(concat!($prefix, " variance *")),
            modeled(concat!($prefix, " no variance")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " no maximum-paths")),
            modeled(concat!($prefix, " distance eigrp * *")),
            modeled(concat!($prefix, " no distance eigrp")),
            unmodeled(
                concat!($prefix, " distance|default-information|offset-list …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " neighbor|summary-metric|remote-neighbors …"),
                Routing,
            ),
            irrelevant(concat!($prefix, " traffic-share balanced"), SHARES),
            unmodeled(concat!($prefix, " traffic-share …"), Routing),
            irrelevant(concat!($prefix, " timers …"), TIMING),
            irrelevant(concat!($prefix, " bfd …"), TIMING),
            irrelevant(concat!($prefix, " nsf …"), RESTART),
            irrelevant(concat!($prefix, " snmp …"), ALARMS),
            modeled(concat!($prefix, " shutdown")),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Commands that open processes, and lines of interfaces in the named form.
pub(super) static COMMANDS: &[Command] = &[
    modeled("router eigrp *"),
    modeled("router eigrp * / address-family ipv4 …"),
    modeled("router eigrp * / address-family ipv4 … / autonomous-system *"),
    irrelevant("router eigrp * / address-family ipv6 …", IPV6),
    irrelevant("router eigrp * / address-family ipv6 … / …", IPV6),
    unmodeled("router eigrp * / service-family …", Routing),
    unmodeled("router eigrp * / service-family … / …", Routing),
    modeled("router eigrp * / address-family ipv4 … / topology base"),
    unmodeled(
        "router eigrp * / address-family ipv4 … / topology …",
        Routing,
    ),
    unmodeled(
        "router eigrp * / address-family ipv4 … / topology … / …",
        Routing,
    ),
    modeled("router eigrp * / address-family ipv4 … / af-interface …"),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / passive-interface"),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / shutdown"),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / summary-address …"),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / hello-interval|hold-time *"),
    modeled(
        "router eigrp * / address-family ipv4 … / af-interface … / no hello-interval|hold-time",
    ),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / authentication mode md5"),
    modeled("router eigrp * / address-family ipv4 … / af-interface … / authentication key-chain *"),
    modeled(
        "router eigrp * / address-family ipv4 … / af-interface … / no authentication mode|key-chain",
    ),
    unmodeled(
        "router eigrp * / address-family ipv4 … / af-interface … / authentication …",
        Routing,
    ),
    modeled(
        "router eigrp * / address-family ipv4 … / af-interface … / split-horizon|next-hop-self",
    ),
    irrelevant(
        "router eigrp * / address-family ipv4 … / af-interface … / bandwidth-percent *",
        "rate of the protocol's own packets",
    ),
    irrelevant(
        "router eigrp * / address-family ipv4 … / af-interface … / bfd …",
        TIMING,
    ),
    irrelevant(
        "router eigrp * / address-family ipv4 … / af-interface … / dampening-interval …",
        TIMING,
    ),
    otherwise(
        "router eigrp * / address-family ipv4 … / af-interface … / …",
        Routing,
    ),
    modeled("interface … / delay *"),
    modeled("interface … / no delay"),
    modeled("interface … / ip hello-interval|hold-time eigrp …"),
    modeled("interface … / ip summary-address eigrp …"),
    modeled("interface … / ip authentication mode eigrp * md5"),
    modeled("interface … / ip authentication key-chain eigrp …"),
    modeled("interface … / no ip authentication mode eigrp …"),
    modeled("interface … / ip split-horizon eigrp *"),
    modeled("interface … / ip next-hop-self eigrp *"),
    irrelevant(
        "interface … / ip bandwidth-percent eigrp …",
        "rate of the protocol's own packets",
    ),
];

/// Lines of a process in the classic form.
pub(super) static PROCESS: &[Command] = process!("router eigrp * /");
/// Lines of an address family.
pub(super) static FAMILY: &[Command] = process!("router eigrp * / address-family ipv4 … /");
/// Lines of the base topology.
pub(super) static TOPOLOGY: &[Command] =
    process!("router eigrp * / address-family ipv4 … / topology base /");
