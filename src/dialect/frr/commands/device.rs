//! Commands of the whole device.

use super::{ALARMS, IPV6, MULTICAST, TIMERS, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Device, Interface, Routing};

/// Why logins are irrelevant.
const LOGIN: &str = "who may log in to the daemons";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    otherwise("…", Device),
    irrelevant("building configuration...", "a line of the export"),
    irrelevant("current configuration:", "a line of the export"),
    irrelevant("end", "end of the export"),
    irrelevant("exit|exit-vrf|exit-address-family|quit", "leaves a block"),
    modeled("frr version *"),
    modeled("frr defaults traditional|datacenter"),
    modeled("hostname *"),
    irrelevant("domainname *", "the device's own name"),
    irrelevant(
        "service integrated-vtysh-config",
        "in which file the lines are kept",
    ),
    irrelevant(
        "service advanced-vty|password-encryption|cputime-stats|cputime-warning|walltime-warning …",
        LOGIN,
    ),
    irrelevant("username|password|enable|banner …", LOGIN),
    irrelevant("line vty", LOGIN),
    irrelevant("line vty / …", LOGIN),
    irrelevant("log|debug|agentx …", ALARMS),
    irrelevant("allow-reserved-ranges", "permits addresses of class E"),
    irrelevant("ipv6 …", IPV6),
    irrelevant("router ospf6 …", IPV6),
    irrelevant("router ospf6 … / …", IPV6),
    irrelevant("router ripng", IPV6),
    irrelevant("router ripng / …", IPV6),
    irrelevant("ip multicast-routing|pim|igmp|msdp|mroute …", MULTICAST),
    irrelevant("router pim …", MULTICAST),
    irrelevant("router pim … / …", MULTICAST),
    irrelevant("bfd", TIMERS),
    irrelevant("bfd / …", TIMERS),
    unmodeled("ip nht route-map …", Routing),
    unmodeled("pbr|nexthop-group|pbr-map …", Interface),
    unmodeled("router …", Routing),
    unmodeled("router … / …", Routing),
    unmodeled("key chain …", Routing),
    unmodeled("key chain … / …", Routing),
    unmodeled(
        "mpls|segment-routing|rpki|vni|evpn|affinity-map|traffic-eng …",
        Routing,
    ),
    unmodeled(
        "mpls|segment-routing|rpki|vni|evpn|affinity-map|traffic-eng … / …",
        Routing,
    ),
    irrelevant(
        "zebra nexthop|nexthop-group|dplane|zapi-packets|work-queue …",
        "how routes are handed to the kernel",
    ),
    irrelevant("fpm …", "a copy of the routes for another program"),
    irrelevant("watchfrr …", "restart of the daemons"),
];
