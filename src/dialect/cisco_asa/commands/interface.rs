//! Commands of interfaces.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Interface, InterfaceFilter, Routing, Scope, Switching};

/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("interface …"),
    modeled("interface … / nameif *"),
    modeled("interface … / no nameif"),
    modeled("interface … / security-level *"),
    modeled("interface … / no security-level"),
    modeled("interface … / ip address …"),
    modeled("interface … / no ip address …"),
    modeled("interface … / vlan *"),
    modeled("interface … / no vlan"),
    unmodeled("interface … / vlan …", Interface),
    modeled("interface … / management-only"),
    unmodeled("interface … / management-only …", Interface),
    modeled("interface … / shutdown"),
    modeled("interface … / description …"),
    modeled("interface … / speed *"),
    modeled("interface … / delay *"),
    modeled("interface … / channel-group …"),
    irrelevant("interface … / duplex auto", "the default"),
    // Against an end that negotiates, a fixed duplex loses frames.
    unmodeled("interface … / duplex half|full", Interface),
    irrelevant("interface … / flowcontrol …", "pauses, drops nothing"),
    irrelevant("interface … / load-interval …", "counters"),
    unmodeled("interface … / hold-queue|tx-ring-limit …", InterfaceFilter),
    irrelevant(
        "interface … / lacp port-priority|rate *",
        "choice among members of a bundle",
    ),
    irrelevant(
        "interface … / port-channel load-balance …",
        "choice among members of a bundle",
    ),
    unmodeled("interface … / lacp|port-channel …", InterfaceFilter),
    irrelevant("interface … / mac-address auto …", "each interface its own"),
    unmodeled(
        "interface … / member-interface|redundant-interface …",
        Interface,
    ),
    unmodeled(
        "interface … / bridge-group|zone-member|tunnel|backup|forward …",
        Interface,
    ),
    unmodeled(
        "interface … / policy-route|pppoe|cts|ip-helper …",
        Interface,
    ),
    irrelevant("interface … / cdp|lldp …", "neighbor discovery of devices"),
    irrelevant("interface … / ipv6|ospfv3 …", IPV6),
    irrelevant("interface … / no ipv6|ospfv3 …", IPV6),
    irrelevant("interface … / igmp|pim|multicast …", MULTICAST),
    irrelevant("interface … / no igmp|pim|multicast …", MULTICAST),
    modeled("interface … / ospf …"),
    irrelevant(
        "interface … / ospf retransmit-interval|transmit-delay *",
        TIMERS,
    ),
    modeled("interface … / hello-interval|hold-time|summary-address|split-horizon eigrp …"),
    unmodeled("interface … / authentication|rip|isis|bfd …", Routing),
    modeled("interface … / dhcprelay server *"),
    unmodeled("interface … / dhcprelay information trusted", Scope),
    modeled("interface … / switchport access vlan *"),
    modeled("interface … / switchport mode access|trunk"),
    modeled("interface … / switchport trunk allowed vlan …"),
    modeled("interface … / switchport trunk native vlan *"),
    unmodeled("interface … / switchport …", Switching),
    otherwise("interface … / …", Interface),
    modeled("mtu * *"),
    modeled("ip verify reverse-path interface *"),
    unmodeled("ip verify …", InterfaceFilter),
    irrelevant("lacp system-priority *", "choice among members of a bundle"),
    unmodeled("lacp …", Switching),
    irrelevant("mac-address auto …", "hardware addresses of contexts"),
    unmodeled("mac-address …", Interface),
    unmodeled("mac-address-table …", Switching),
];
