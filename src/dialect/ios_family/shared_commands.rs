//! Commands that NX-OS and EOS have alike, with their support, as data.

use super::{Conditional, LIMITS};
use crate::dialect::Command;
use crate::dialect::command_table::{irrelevant, modeled, otherwise, unmodeled};
use crate::syntax::Effect::{Authentication, Device, Filter, InterfaceFilter, Routing, Switching};

/// Route maps and the lists that they name.
pub(in crate::dialect) static ROUTE_POLICY: &[Command] = &[
    modeled("ip prefix-list *"),
    modeled("ip prefix-list * permit|deny …"),
    modeled("ip prefix-list * seq …"),
    modeled("ip prefix-list * / seq …"),
    modeled("ip prefix-list * / permit|deny …"),
    irrelevant("ip prefix-list * / remark …", "a note"),
    otherwise("ip prefix-list * / …", Routing),
    irrelevant("ip prefix-list * description …", "a note"),
    unmodeled("ip prefix-list …", Routing),
    modeled("ip as-path access-list * permit|deny …"),
    modeled("ip as-path access-list * seq * permit|deny …"),
    irrelevant("ip as-path regex-mode asn", "the default"),
    unmodeled("ip as-path …", Routing),
    modeled("ip community-list * permit|deny …"),
    modeled("ip community-list standard|expanded|regexp * permit|deny …"),
    modeled("ip community-list standard|expanded * seq * permit|deny …"),
    unmodeled("ip community-list …", Routing),
    unmodeled("ip extcommunity-list|large-community-list …", Routing),
    modeled("route-map …"),
    irrelevant("route-map … / description …", "a note"),
    modeled("route-map … / match ip address …"),
    modeled("route-map … / match ip next-hop …"),
    modeled("route-map … / match ip route-source …"),
    modeled("route-map … / match as-path|community …"),
    modeled("route-map … / match interface|metric|tag|local-preference …"),
    modeled("route-map … / match route-type|source-protocol …"),
    unmodeled("route-map … / match ipv6 …", Routing),
    unmodeled("route-map … / match …", Routing),
    modeled("route-map … / set metric|metric-type|tag|local-preference|weight|origin …"),
    modeled("route-map … / set as-path prepend …"),
    modeled("route-map … / set community|comm-list …"),
    modeled("route-map … / set extcommunity rt …"),
    modeled("route-map … / set ip next-hop …"),
    modeled("route-map … / set interface …"),
    irrelevant(
        "route-map … / set ipv6 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    unmodeled("route-map … / set …", Routing),
    modeled("route-map … / continue …"),
    otherwise("route-map … / …", Routing),
];

/// Commands whose support depends on others.
pub(in crate::dialect) static CONDITIONALS: &[Conditional] = &[
    // Time ranges of ACL lines follow the local clock.
    Conditional {
        words: &["clock"],
        triggers: &[&["time-range"]],
        effect: Filter,
    },
    // Probes decide over routes and priorities where an object tracks them.
    Conditional {
        words: &["ip", "sla"],
        triggers: &[&["track"]],
        effect: Routing,
    },
    // What a feature's lines say goes with the feature.
    Conditional {
        words: &["feature", "vpc"],
        triggers: &[&["vpc"]],
        effect: Switching,
    },
    Conditional {
        words: &["feature", "private-vlan"],
        triggers: &[&["private-vlan"], &["switchport", "private-vlan"]],
        effect: Switching,
    },
    Conditional {
        words: &["feature", "fex"],
        triggers: &[&["fex"]],
        effect: Device,
    },
    Conditional {
        words: &["feature", "dot1x"],
        triggers: &[&["dot1x"]],
        effect: Authentication,
    },
    Conditional {
        words: &["feature", "port-security"],
        triggers: &[&["switchport", "port-security"]],
        effect: InterfaceFilter,
    },
    Conditional {
        words: &["feature", "pbr"],
        triggers: &[&["ip", "policy"]],
        effect: Device,
    },
    Conditional {
        words: &["feature", "nat"],
        triggers: &[&["ip", "nat"]],
        effect: Device,
    },
    Conditional {
        words: &["feature", "tunnel"],
        triggers: &[&["tunnel"]],
        effect: Device,
    },
    Conditional {
        words: &["feature", "mpls"],
        triggers: &[&["mpls"]],
        effect: Device,
    },
    // A policy that limits or drops, wherever it is applied.
    Conditional {
        words: &["class-map"],
        triggers: LIMITS,
        effect: InterfaceFilter,
    },
    Conditional {
        words: &["policy-map"],
        triggers: LIMITS,
        effect: InterfaceFilter,
    },
];
