//! Commands of the whole device: management, services, authentication.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{
    Authentication, Device, Interface, InterfaceFilter, Routing, Scope, Switching, Zone,
};

/// Why management is irrelevant.
const MANAGEMENT: &str = "management of the device";
/// Why management logins are irrelevant.
const LOGIN: &str = "who may log in to the device";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and alarms";
/// Why hardware settings are irrelevant.
const HARDWARE: &str = "inventory and start of the device";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why flow records are irrelevant.
const RECORDS: &str = "records traffic, forwards nothing";
/// Why queueing is irrelevant.
const QUEUEING: &str = "queueing and marking only: drops nothing by policy";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    otherwise("…", Device),
    modeled("hostname *"),
    irrelevant("end", "end of the export"),
    irrelevant("banner …", "text shown at login"),
    irrelevant("boot …", "image for the next start"),
    irrelevant("prompt|alias|terminal|username|role|enable …", LOGIN),
    irrelevant("no aaa root", LOGIN),
    irrelevant("aaa root …", LOGIN),
    irrelevant("management …", MANAGEMENT),
    unmodeled("daemon …", Device),
    irrelevant("daemon terminattr", "reports the state of the device"),
    irrelevant("daemon terminattr / …", "reports the state of the device"),
    unmodeled("event-handler|event-monitor|schedule …", Device),
    irrelevant("event-monitor", ALARMS),
    irrelevant("schedule tech-support …", ALARMS),
    irrelevant(
        "logging|snmp-server|agent|email|platform|environment …",
        ALARMS,
    ),
    unmodeled("platform …", Device),
    unmodeled("agent * shutdown …", Device),
    irrelevant("queue-monitor|monitor|sflow|flow …", RECORDS),
    // A port that copies are sent to carries nothing else.
    unmodeled("monitor session * destination …", Switching),
    unmodeled("traffic-policies …", InterfaceFilter),
    irrelevant("transceiver qsfp default-mode …", HARDWARE),
    modeled("service routing protocols model multi-agent|ribd"),
    irrelevant(
        "service interface inactive port-id allocation disabled",
        HARDWARE,
    ),
    irrelevant("service running-config …", MANAGEMENT),
    unmodeled("service …", Device),
    irrelevant("system l1", "opens the block of ports' hardware"),
    irrelevant(
        "system l1 / unsupported …",
        "what the device says about optics it does not know",
    ),
    otherwise("system l1 / …", Device),
    unmodeled("system …", Device),
    irrelevant("hardware counter …", HARDWARE),
    irrelevant("hardware access-list|tcam …", "sizes of tables"),
    unmodeled("hardware …", Device),
    // The features that filters and routes may use.
    unmodeled("tcam …", Device),
    irrelevant("load-interval …", ALARMS),
    irrelevant("lldp …", "neighbor discovery of devices"),
    irrelevant("ptp …", "precision clocks"),
    irrelevant("redundancy …", "restart of the supervisor"),
    irrelevant("clock …", "local display of time; NTP serves UTC"),
    irrelevant("switch …", HARDWARE),
    irrelevant("license|module|power|locator-led …", HARDWARE),
    unmodeled("power enable …", Device),
    irrelevant("mcs|cvx …", "opens the block of a controller's client"),
    irrelevant("vmtracer …", "watches virtual machines"),
    unmodeled("cvx … / service …", Device),
    irrelevant("maintenance …", "opens the block of maintenance"),
    unmodeled("maintenance … / …", Device),
    unmodeled("peer-filter …", Routing),
    // Services.
    irrelevant(
        "ip domain-name|domain|domain-list …",
        "the device's own lookups",
    ),
    irrelevant("dns …", "the device's own lookups"),
    irrelevant("ip name-server …", "the device's own lookups"),
    unmodeled("ip host …", Zone),
    irrelevant("ip ssh|telnet|ftp|http|tftp|scp …", MANAGEMENT),
    irrelevant("ip icmp|tcp …", "the device's own sessions"),
    irrelevant(
        "ip load-sharing …",
        "choice among equal paths, all are judged",
    ),
    irrelevant("ip pim|igmp|multicast|mroute|msdp|mfib …", MULTICAST),
    irrelevant("ip multicast-routing …", MULTICAST),
    irrelevant("router multicast|igmp|msdp …", MULTICAST),
    irrelevant("router pim …", MULTICAST),
    irrelevant("router multicast|igmp|msdp … / …", MULTICAST),
    irrelevant("router pim … / …", MULTICAST),
    unmodeled("ip dhcp snooping …", InterfaceFilter),
    unmodeled("ip dhcp …", Scope),
    unmodeled("dhcp …", Scope),
    unmodeled("ip helper-address …", Device),
    unmodeled("ip arp …", InterfaceFilter),
    unmodeled("arp …", Device),
    irrelevant("arp aging …", "how long addresses are remembered"),
    unmodeled("ip verify|source|nat …", InterfaceFilter),
    modeled("ip virtual-router mac-address *"),
    modeled("no ip virtual-router mac-address"),
    irrelevant(
        "ip virtual-router mac-address mlag-peer",
        "also takes what is sent to the hardware address of the other switch",
    ),
    unmodeled("ip virtual-router …", Interface),
    // The source of what the device itself sends from addresses that several devices have.
    unmodeled("ip address virtual source-nat …", Device),
    irrelevant(
        "bfd interval|multihop|slow-timer …",
        "how fast a lost neighbor is noticed",
    ),
    modeled("ntp server …"),
    modeled("ntp serve all"),
    irrelevant(
        "ntp local-interface|authenticate …",
        "where the device's own clock asks from",
    ),
    unmodeled("ntp …", Device),
    // Authentication.
    modeled("aaa group server radius *"),
    modeled("aaa group server radius * / server …"),
    otherwise("aaa group server radius * / …", Authentication),
    irrelevant("aaa group server tacacs+ *", LOGIN),
    irrelevant("aaa group server tacacs+ * / …", LOGIN),
    modeled("aaa authentication dot1x default …"),
    irrelevant("aaa authentication login|enable|policy …", LOGIN),
    irrelevant(
        "aaa authorization exec|commands|serial-console|config-commands …",
        LOGIN,
    ),
    irrelevant(
        "aaa accounting …",
        "records what was decided, decides nothing",
    ),
    unmodeled("aaa …", Authentication),
    modeled("radius-server host …"),
    modeled("radius-server timeout|retransmit|deadtime *"),
    modeled("radius-server key …"),
    modeled("no radius-server timeout|retransmit|deadtime|key"),
    unmodeled("radius-server …", Authentication),
    modeled("ip radius source-interface *"),
    unmodeled("ip radius …", Authentication),
    irrelevant("tacacs-server …", LOGIN),
    irrelevant("ip tacacs …", LOGIN),
    modeled("dot1x system-auth-control"),
    unmodeled("dot1x|radius …", Authentication),
    unmodeled("ip security|security …", Interface),
    unmodeled("mac security", Interface),
    // Queueing.
    irrelevant("class-map …", QUEUEING),
    irrelevant("policy-map …", QUEUEING),
    irrelevant("policy-map … / class …", QUEUEING),
    irrelevant(
        "policy-map … / class … / bandwidth|priority|set …",
        QUEUEING,
    ),
    otherwise("policy-map … / class … / …", InterfaceFilter),
    irrelevant("policy-map … / class-map …", QUEUEING),
    otherwise("policy-map … / …", InterfaceFilter),
    unmodeled("policy-map type pbr …", Interface),
    unmodeled("class-map type pbr …", Interface),
    unmodeled("policy-map type control-plane|copp …", InterfaceFilter),
    unmodeled("class-map type control-plane|copp …", InterfaceFilter),
    irrelevant("control-plane", "opens the block of the control plane"),
    irrelevant(
        "system control-plane",
        "opens the block of the control plane",
    ),
    unmodeled("system control-plane / ip access-group …", InterfaceFilter),
    irrelevant(
        "system control-plane / ipv6 access-group …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    otherwise("system control-plane / …", Device),
    unmodeled("control-plane / ip access-group …", InterfaceFilter),
    irrelevant(
        "control-plane / ipv6 access-group …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    otherwise("control-plane / …", Device),
    irrelevant("qos map|rewrite|trust …", QUEUEING),
    unmodeled("qos|priority-flow-control …", InterfaceFilter),
    modeled("ipv6 unicast-routing"),
    irrelevant("ipv6 …", "IPv6 only: requirements are judged over IPv4"),
    irrelevant(
        "router ospf3|ospfv3 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    irrelevant(
        "mac address-table aging-time *",
        "how long addresses are remembered",
    ),
    irrelevant("mac address-table notification …", ALARMS),
    unmodeled("mac …", Switching),
    unmodeled("track …", Routing),
];
