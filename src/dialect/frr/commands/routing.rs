//! Commands of routing.

use super::{ALARMS, RESTART, TIMERS, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Lines of OSPF, after the words that open it.
macro_rules! ospf {
    ($prefix:literal) => {
        &[
            modeled($prefix),
            modeled(concat!($prefix, " / ospf router-id *")),
            modeled(concat!($prefix, " / router-id *")),
            modeled(concat!($prefix, " / network * area *")),
            modeled(concat!($prefix, " / passive-interface *")),
            modeled(concat!($prefix, " / area …")),
            modeled(concat!($prefix, " / redistribute …")),
            modeled(concat!($prefix, " / default-information originate …")),
            modeled(concat!($prefix, " / default-metric *")),
            modeled(concat!($prefix, " / auto-cost reference-bandwidth *")),
            modeled(concat!($prefix, " / distance …")),
            modeled(concat!($prefix, " / maximum-paths *")),
            modeled(concat!($prefix, " / summary-address …")),
            modeled(concat!($prefix, " / distribute-list * out *")),
            modeled(concat!($prefix, " / max-metric router-lsa administrative")),
            irrelevant(
                concat!($prefix, " / max-metric router-lsa on-startup|on-shutdown *"),
                RESTART,
            ),
            modeled(concat!($prefix, " / ospf rfc1583compatibility")),
            modeled(concat!($prefix, " / compatible rfc1583")),
            modeled(concat!($prefix, " / neighbor …")),
            irrelevant(concat!($prefix, " / ospf abr-type cisco"), "the default"),
            irrelevant(concat!($prefix, " / log-adjacency-changes …"), ALARMS),
            irrelevant(
                concat!($prefix, " / timers|refresh|write-multiplier|aggregation …"),
                TIMERS,
            ),
            irrelevant(concat!($prefix, " / ospf write-multiplier *"), TIMERS),
            irrelevant(concat!($prefix, " / graceful-restart …"), RESTART),
            irrelevant(
                concat!($prefix, " / proactive-arp|snmp|fast-reroute …"),
                TIMERS,
            ),
            irrelevant(
                concat!($prefix, " / capability opaque"),
                "announcements of other things than routes",
            ),
            irrelevant(
                concat!($prefix, " / ospf opaque-lsa"),
                "announcements of other things than routes",
            ),
            otherwise(concat!($prefix, " / …"), Routing),
        ]
    };
}

/// Commands of the default process.
pub(super) static PROCESS: &[Command] = ospf!("router ospf");
/// Commands of the process of a VRF.
pub(super) static PROCESS_OF_VRF: &[Command] = ospf!("router ospf vrf *");

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip forwarding"),
    modeled("ip route …"),
    modeled("ip nht resolve-via-default"),
    unmodeled("ip protocol|import-table|router-id|table …", Routing),
    unmodeled("router-id …", Routing),
    modeled("vrf *"),
    modeled("vrf * / ip route …"),
    irrelevant("vrf * / ipv6 …", super::IPV6),
    otherwise("vrf * / …", Routing),
];
