//! Commands of routing.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Device, Interface, Routing};

/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "alarms";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the supervisor";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip route …"),
    modeled("vrf context *"),
    modeled("vrf context * / ip route …"),
    irrelevant(
        "vrf context * / ip domain-name|domain-lookup|domain-list|name-server …",
        "the device's own lookups",
    ),
    irrelevant(
        "vrf context * / ip pim|igmp|multicast|mroute|msdp|auto-discard …",
        "multicast only: requirements are unicast",
    ),
    irrelevant("vrf context * / description …", "a note"),
    modeled("vrf context * / rd …"),
    irrelevant(
        "vrf context * / ipv6 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    modeled("vrf context * / address-family ipv4 unicast"),
    modeled("vrf context * / address-family ipv4 unicast / route-target import|export|both *"),
    modeled("vrf context * / address-family ipv4 unicast / route-target import|export|both * evpn"),
    irrelevant(
        "vrf context * / address-family ipv6 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    irrelevant(
        "vrf context * / address-family ipv6 … / …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    unmodeled("vrf context * / address-family ipv4 unicast / …", Routing),
    modeled("vrf context * / vni *"),
    modeled("vrf context * / vni * l3"),
    unmodeled("vrf context * / shutdown", Routing),
    otherwise("vrf context * / …", Routing),
    unmodeled("vrf …", Routing),
    unmodeled("router …", Routing),
    irrelevant(
        "router ospfv3 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    irrelevant(
        "router ospfv3 … / …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    unmodeled("ip policy …", Device),
    unmodeled("mpls|segment-routing|bfd …", Routing),
    unmodeled("ip community|extcommunity …", Routing),
    modeled("track …"),
    irrelevant("track … / delay …", "when routes change, not to what"),
    modeled("track … / object *"),
    modeled("track … / vrf member *"),
    otherwise("track … / …", Routing),
    unmodeled("hsrp|vrrp …", Interface),
    // OSPF.
    modeled("router ospf *"),
    modeled("router ospf * / router-id *"),
    modeled("router ospf * / area …"),
    modeled("router ospf * / redistribute …"),
    modeled("router ospf * / default-information …"),
    modeled("router ospf * / auto-cost reference-bandwidth …"),
    modeled("router ospf * / distance *"),
    modeled("router ospf * / maximum-paths *"),
    modeled("router ospf * / passive-interface default"),
    modeled("router ospf * / max-metric …"),
    modeled("router ospf * / shutdown"),
    irrelevant("router ospf * / log-adjacency-changes …", ALARMS),
    irrelevant("router ospf * / name-lookup", ALARMS),
    irrelevant("router ospf * / snmp …", ALARMS),
    irrelevant("router ospf * / timers …", TIMERS),
    irrelevant("router ospf * / graceful-restart|flush-routes …", RESTART),
    modeled("router ospf * / summary-address|default-metric|table-map|isolate …"),
    modeled("router ospf * / bfd|mpls|discard-route|rfc1583compatibility …"),
    modeled("router ospf * / vrf *"),
    modeled("router ospf * / vrf * / router-id *"),
    modeled("router ospf * / vrf * / area …"),
    modeled("router ospf * / vrf * / redistribute …"),
    modeled("router ospf * / vrf * / default-information …"),
    modeled("router ospf * / vrf * / auto-cost reference-bandwidth …"),
    modeled("router ospf * / vrf * / distance *"),
    modeled("router ospf * / vrf * / maximum-paths *"),
    modeled("router ospf * / vrf * / passive-interface default"),
    modeled("router ospf * / vrf * / max-metric …"),
    modeled("router ospf * / vrf * / shutdown"),
    irrelevant("router ospf * / vrf * / log-adjacency-changes …", ALARMS),
    irrelevant("router ospf * / vrf * / name-lookup", ALARMS),
    irrelevant("router ospf * / vrf * / timers …", TIMERS),
    irrelevant(
        "router ospf * / vrf * / graceful-restart|flush-routes …",
        RESTART,
    ),
    modeled("router ospf * / vrf * / summary-address|default-metric|table-map|bfd …"),
    modeled("router ospf * / vrf * / capability|down-bit-ignore|domain-id|domain-tag …"),
    otherwise("router ospf * / vrf * / …", Routing),
    otherwise("router ospf * / …", Routing),
];
