//! Commands of interfaces.

use super::{IPV6, MULTICAST, TIMERS, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Interface, Routing};

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("interface …"),
    modeled("interface … / description …"),
    modeled("interface … / shutdown"),
    modeled("interface … / bandwidth *"),
    modeled("interface … / vrf *"),
    modeled("interface … / ip address *"),
    modeled("interface … / ip address * label *"),
    unmodeled("interface … / ip address …", Interface),
    modeled("interface … / ip ospf …"),
    irrelevant("interface … / ip ospf bfd …", TIMERS),
    irrelevant(
        "interface … / ip ospf retransmit-interval|transmit-delay *",
        TIMERS,
    ),
    unmodeled(
        "interface … / ip ospf prefix-suppression|instance …",
        Routing,
    ),
    irrelevant("interface … / ipv6 …", IPV6),
    irrelevant("interface … / no ipv6 …", IPV6),
    irrelevant("interface … / ip pim|igmp|mroute|multicast …", MULTICAST),
    irrelevant("interface … / multicast", MULTICAST),
    irrelevant("interface … / link-detect", "the default"),
    unmodeled("interface … / no link-detect", Interface),
    irrelevant(
        "interface … / link-params|ptm-enable …",
        "labels of traffic engineering",
    ),
    irrelevant(
        "interface … / link-params|ptm-enable … / …",
        "labels of traffic engineering",
    ),
    unmodeled("interface … / ip rip|router|nhrp …", Routing),
    unmodeled("interface … / isis|mpls|evpn|eigrp|babel …", Routing),
    unmodeled("interface … / vrrp|pbr-policy …", Interface),
    otherwise("interface … / …", Interface),
];
