//! Commands of interfaces, VLANs and switching.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{
    Authentication, Device, Interface, InterfaceFilter, Routing, Switching,
};

/// Why queueing is irrelevant.
const QUEUEING: &str = "queueing and marking only: drops nothing by policy";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why flow records are irrelevant.
const RECORDS: &str = "records traffic, forwards nothing";
/// Why alarms are irrelevant.
const ALARMS: &str = "alarms and counters";
/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("interface …"),
    unmodeled("interface profile *", Device),
    unmodeled("interface defaults", Device),
    otherwise("interface defaults / …", Device),
    // The interface itself.
    modeled("interface … / description …"),
    modeled("interface … / shutdown"),
    modeled("interface … / mtu *"),
    modeled("interface … / bandwidth *"),
    modeled("interface … / encapsulation dot1q vlan *"),
    unmodeled("interface … / encapsulation …", Interface),
    modeled("interface … / vrf *"),
    modeled("interface … / vrf forwarding *"),
    modeled("interface … / channel-group …"),
    irrelevant("interface … / speed auto …", "the default"),
    unmodeled("interface … / speed …", Interface),
    irrelevant("interface … / flowcontrol …", "pauses, drops nothing"),
    irrelevant(
        "interface … / load-interval|logging|snmp|counters …",
        ALARMS,
    ),
    irrelevant(
        "interface … / link-debounce|dcbx|transceiver …",
        "timing and power of optics",
    ),
    irrelevant("interface … / lldp …", "neighbor discovery of devices"),
    irrelevant("interface … / comment …", "a note"),
    unmodeled(
        "interface … / link|error-correction|phy|l2|l2-protocol …",
        Interface,
    ),
    unmodeled("interface … / mac-address …", Interface),
    unmodeled("interface … / bfd …", Routing),
    unmodeled("interface … / mpls …", Routing),
    unmodeled("interface … / autostate …", Interface),
    unmodeled("interface … / no autostate", Interface),
    unmodeled("interface … / tunnel …", Interface),
    modeled("interface … / vxlan source-interface …"),
    modeled("interface … / vxlan udp-port *"),
    modeled("interface … / vxlan vlan …"),
    modeled("interface … / vxlan vrf * vni *"),
    modeled("interface … / vxlan flood vtep …"),
    irrelevant(
        "interface … / vxlan virtual-router encapsulation mac-address …",
        "the hardware address of a pair of routers",
    ),
    irrelevant(
        "interface … / vxlan learn-restrict any",
        "which far ends tell hardware addresses, which hosts of the files do not need",
    ),
    unmodeled("interface … / vxlan …", Interface),
    unmodeled("interface … / profile …", Interface),
    unmodeled("interface … / backup-link …", Interface),
    // IPv4.
    modeled("interface … / ip address …"),
    modeled("interface … / ip virtual-router address *"),
    unmodeled("interface … / ip virtual-router …", Interface),
    modeled("interface … / ip access-group * in|out"),
    modeled("interface … / ip helper-address …"),
    modeled("interface … / ip ospf …"),
    irrelevant("interface … / ip ospf neighbor bfd", TIMERS),
    modeled("interface … / isis enable *"),
    modeled("interface … / isis metric *"),
    modeled("interface … / isis circuit-type *"),
    modeled("interface … / isis network point-to-point"),
    modeled("interface … / isis passive"),
    irrelevant(
        "interface … / isis hello-interval|hello-multiplier|lsp …",
        TIMERS,
    ),
    unmodeled("interface … / isis …", Routing),
    irrelevant(
        "interface … / ip icmp …",
        "advice to hosts, forwards nothing",
    ),
    irrelevant(
        "interface … / ip directed-broadcast …",
        "directed broadcasts only",
    ),
    irrelevant(
        "interface … / ip pim|igmp|multicast|mfib|mroute …",
        MULTICAST,
    ),
    irrelevant("interface … / pim|igmp|multicast …", MULTICAST),
    irrelevant(
        "interface … / ip arp aging …",
        "how long addresses are remembered",
    ),
    modeled("interface … / ip proxy-arp"),
    modeled("interface … / no ip proxy-arp"),
    unmodeled("interface … / ip proxy-arp …", InterfaceFilter),
    unmodeled("interface … / ip local-proxy-arp …", Interface),
    unmodeled(
        "interface … / ip arp|dhcp|verify|source|attached-host|attached-hosts …",
        InterfaceFilter,
    ),
    unmodeled("interface … / ip nat …", Interface),
    unmodeled("interface … / ip rip …", Routing),
    unmodeled("interface … / arp …", InterfaceFilter),
    irrelevant(
        "interface … / arp aging …",
        "how long addresses are remembered",
    ),
    irrelevant(
        "interface … / arp timeout …",
        "how long addresses are remembered",
    ),
    modeled("interface … / ipv6 enable"),
    modeled("interface … / ipv6 address …"),
    // Sessions over addresses of the link bring routes of IPv4.
    unmodeled("interface … / ipv6 access-group|traffic-filter …", Routing),
    irrelevant("interface … / ipv6 …", IPV6),
    irrelevant("interface … / ospfv3 …", IPV6),
    irrelevant("interface … / nd …", IPV6),
    // First-hop redundancy.
    modeled("interface … / vrrp * ipv4 *"),
    modeled("interface … / vrrp * ipv4 * secondary"),
    modeled("interface … / vrrp * ipv4 version *"),
    modeled("interface … / vrrp * ip *"),
    modeled("interface … / vrrp * ip * secondary"),
    modeled("interface … / vrrp * ip version *"),
    modeled("interface … / vrrp * priority|priority-level *"),
    modeled("interface … / vrrp * preempt …"),
    modeled("interface … / vrrp * timers advertise *"),
    modeled("interface … / vrrp * advertisement interval *"),
    irrelevant("interface … / vrrp * session description …", "a note"),
    irrelevant("interface … / vrrp * description …", "a note"),
    irrelevant(
        "interface … / vrrp * timers delay …",
        "how long a group waits after a start",
    ),
    irrelevant("interface … / vrrp * ipv6 …", IPV6),
    unmodeled("interface … / vrrp …", Interface),
    // Switching.
    modeled("interface … / switchport"),
    modeled("interface … / switchport mode access|trunk"),
    modeled("interface … / no switchport mode"),
    unmodeled("interface … / switchport mode …", Switching),
    modeled("interface … / switchport access vlan *"),
    modeled("interface … / no switchport access vlan"),
    modeled("interface … / switchport trunk allowed vlan …"),
    modeled("interface … / switchport trunk native vlan *"),
    modeled("interface … / no switchport trunk native vlan"),
    unmodeled("interface … / switchport port-security …", InterfaceFilter),
    unmodeled("interface … / switchport …", Switching),
    unmodeled("interface … / mlag …", Switching),
    modeled("interface … / spanning-tree portfast"),
    modeled("interface … / spanning-tree portfast edge|normal"),
    irrelevant(
        "interface … / spanning-tree portfast auto",
        "a port that hears no bridge becomes an edge",
    ),
    irrelevant(
        "interface … / spanning-tree link-type …",
        "how fast a port converges",
    ),
    unmodeled("interface … / spanning-tree …", Switching),
    unmodeled("interface … / storm-control|mac …", InterfaceFilter),
    irrelevant(
        "interface … / lacp port-priority|timer|rate *",
        "choice among members of a bundle",
    ),
    unmodeled("interface … / lacp|port-channel|evpn …", Switching),
    unmodeled("interface … / dot1x …", Authentication),
    unmodeled(
        "interface … / service-policy|traffic-policy …",
        InterfaceFilter,
    ),
    irrelevant("interface … / qos …", QUEUEING),
    unmodeled(
        "interface … / priority-flow-control|tx-queue|uc-tx-queue|mc-tx-queue …",
        InterfaceFilter,
    ),
    unmodeled("interface … / shape …", InterfaceFilter),
    irrelevant("interface … / ptp|sflow|queue-monitor …", RECORDS),
    otherwise("interface … / …", Interface),
    // VLANs.
    modeled("vlan *"),
    modeled("vlan * / name …"),
    modeled("vlan * / state *"),
    unmodeled("vlan * / trunk|private-vlan …", Switching),
    otherwise("vlan * / …", Switching),
    irrelevant("vlan internal …", "numbers for routed ports"),
    unmodeled("vlan …", Switching),
    modeled("switchport default mode routed|access"),
    unmodeled("switchport …", Switching),
    unmodeled("vtp …", Switching),
    irrelevant("spanning-tree mode mstp", "the default"),
    unmodeled("spanning-tree …", Switching),
    irrelevant(
        "errdisable recovery …",
        "when a disabled port comes back by itself",
    ),
    unmodeled("errdisable …", Switching),
    unmodeled("lacp …", Switching),
    irrelevant(
        "port-channel load-balance …",
        "choice among members of a bundle",
    ),
    unmodeled("port-channel …", Switching),
    unmodeled("mlag …", Switching),
    unmodeled("mlag configuration", Switching),
    otherwise("mlag configuration / …", Switching),
];
