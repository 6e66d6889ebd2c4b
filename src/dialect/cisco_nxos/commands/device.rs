//! Commands of the whole device: features, management, services.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{
    Authentication, Device, Filter, Interface, InterfaceFilter, Routing, Scope, Switching, Zone,
};

/// Why management is irrelevant.
const MANAGEMENT: &str = "management of the device";
/// Why management logins are irrelevant.
const LOGIN: &str = "who may log in to the device";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and alarms";
/// Why hardware settings are irrelevant.
const HARDWARE: &str = "inventory and start of the device";
/// Why features without effect of their own are irrelevant.
const FEATURE: &str = "makes commands known that are judged where they stand";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why flow records are irrelevant.
const RECORDS: &str = "records traffic, forwards nothing";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    otherwise("…", Device),
    modeled("hostname *"),
    modeled("switchname *"),
    irrelevant("version …", "release of the export"),
    irrelevant("vdc …", "opens the block of a virtual device"),
    irrelevant("vdc … / limit-resource …", "sizes of tables"),
    irrelevant("vdc … / boot-order|ha-policy|hap …", HARDWARE),
    irrelevant("vdc … / cpu-share …", HARDWARE),
    irrelevant("vdc … / template …", HARDWARE),
    otherwise("vdc … / …", Device),
    // Features: the device takes the lines of a block only where the feature is on.
    modeled("feature ospf|bgp|eigrp|isis|rip|hsrp|vrrp|vrrpv3|dhcp|interface-vlan|lacp|ntp"),
    irrelevant(
        "feature pim|pim6|msdp|ospfv3|ngmvpn|ngoam|ptp|imp|nxsdk|nxapi|telnet|ssh|sftp-server …",
        FEATURE,
    ),
    irrelevant(
        "feature scp-server|tacacs+|lldp|udld|bash-shell|netconf|restconf|grpc|openconfig …",
        FEATURE,
    ),
    irrelevant(
        "feature netflow|sflow|signature-verification|sla|scheduler|private-vlan|telemetry …",
        FEATURE,
    ),
    irrelevant(
        "feature privilege|password|evb|fex|vtp|vpc|pbr|nat|bfd|dot1x|port-security|cts …",
        FEATURE,
    ),
    irrelevant(
        "feature tunnel|mpls|segment-routing|isis6|icam|hardware-telemetry …",
        FEATURE,
    ),
    modeled("feature nv overlay"),
    modeled("feature vn-segment-vlan-based"),
    modeled("feature fabric forwarding"),
    irrelevant("feature sla sender|responder|twamp-server", FEATURE),
    unmodeled("feature …", Device),
    irrelevant("install feature-set …", FEATURE),
    irrelevant("feature-set …", FEATURE),
    modeled("nv overlay evpn"),
    irrelevant("cfs …", "spreads management settings among devices"),
    // Management.
    irrelevant("boot …", "image for the next start"),
    irrelevant("banner …", "text shown at login"),
    irrelevant("line …", "sessions of administrators"),
    irrelevant(
        "username|userpassphrase|password|role|enable|privilege|aaa-user …",
        LOGIN,
    ),
    irrelevant("no password …", LOGIN),
    irrelevant(
        "ssh|telnet|nxapi|netconf|restconf|grpc|sftp-server …",
        MANAGEMENT,
    ),
    irrelevant(
        "alias|cli|configure|terminal|xml|guestshell|bash|install …",
        MANAGEMENT,
    ),
    irrelevant(
        "logging|snmp-server|snmp|rmon|callhome|errordisable|telemetry …",
        ALARMS,
    ),
    irrelevant(
        "icam|locator-led|location|power|platform|environment|fan …",
        HARDWARE,
    ),
    unmodeled("platform ip …", InterfaceFilter),
    irrelevant("hardware access-list tcam …", "sizes of tables"),
    irrelevant("hardware profile …", "sizes of tables"),
    unmodeled("hardware profile portmode …", Device),
    unmodeled("hardware …", Device),
    irrelevant("slot *", "opens the block of a slot"),
    unmodeled("slot * / port …", Device),
    irrelevant("slot * / provision …", HARDWARE),
    otherwise("slot * / …", Device),
    irrelevant("module|diagnostic|license|feature-control …", HARDWARE),
    irrelevant("fex *", "opens the block of a line card"),
    irrelevant("fex * / description|beacon|logging …", HARDWARE),
    otherwise("fex * / …", Switching),
    irrelevant("cdp|lldp …", "neighbor discovery of devices"),
    irrelevant("tacacs-server|tacacs …", LOGIN),
    irrelevant("ip tacacs …", LOGIN),
    irrelevant("key config-key …", "how the device stores its secrets"),
    irrelevant(
        "copp profile strict|moderate|lenient|dense",
        "protects the device's own processor",
    ),
    unmodeled("copp …", InterfaceFilter),
    irrelevant("control-plane …", "opens the block of the control plane"),
    unmodeled("control-plane … / service-policy …", InterfaceFilter),
    otherwise("control-plane … / …", Device),
    irrelevant("clock …", "local display of time; NTP serves UTC"),
    irrelevant("scheduler …", MANAGEMENT),
    unmodeled("scheduler job …", Device),
    unmodeled("event manager …", Device),
    irrelevant("event-history …", ALARMS),
    irrelevant("system default interface …", ALARMS),
    irrelevant(
        "system cores|login|memory-thresholds|health|watchdog …",
        HARDWARE,
    ),
    modeled("system default switchport"),
    modeled("system default switchport shutdown"),
    unmodeled("system default switchport …", Switching),
    irrelevant("system routing template-*", "sizes of tables"),
    irrelevant("system routing …", "sizes of tables"),
    irrelevant("system qos …", "opens the block of queueing"),
    otherwise("system qos … / …", InterfaceFilter),
    irrelevant("system vlan * reserve", "numbers for routed ports"),
    unmodeled("system …", Device),
    // Services.
    irrelevant(
        "ip domain-lookup|domain-name|domain-list|name-server …",
        "the device's own lookups",
    ),
    unmodeled("ip host …", Zone),
    irrelevant("ip ssh|telnet|ftp|http|tftp|scp …", MANAGEMENT),
    irrelevant("ip icmp-errors …", "source of the device's own errors"),
    irrelevant(
        "ip tcp|adjacency|load-sharing …",
        "the device's own sessions, or the choice among equal paths",
    ),
    irrelevant("ip sla …", "measures, forwards nothing"),
    irrelevant("ip pim|igmp|multicast|mroute|msdp|mfwd …", MULTICAST),
    irrelevant("ip flow …", RECORDS),
    irrelevant("flow|sampler|sflow …", RECORDS),
    unmodeled("ip source-route", Device),
    irrelevant("ip arp synchronize", "how caches are kept alike"),
    unmodeled("ip arp …", InterfaceFilter),
    unmodeled("ip dhcp snooping …", InterfaceFilter),
    modeled("ip dhcp relay"),
    unmodeled("ip dhcp …", Scope),
    irrelevant("service dhcp", "on where `feature dhcp` is"),
    unmodeled("no service dhcp", Scope),
    unmodeled("service …", Device),
    unmodeled("ip verify|source …", InterfaceFilter),
    unmodeled("ip nat …", Device),
    modeled("ntp server …"),
    modeled("ntp peer …"),
    irrelevant(
        "ntp source|source-interface|logging …",
        "where the device's own clock asks from",
    ),
    unmodeled("ntp …", Device),
    irrelevant("ptp …", "precision clocks"),
    // Authentication.
    modeled("aaa group server radius *"),
    modeled("aaa group server radius * / server …"),
    modeled("aaa group server radius * / deadtime *"),
    unmodeled("aaa group server radius * / use-vrf *", Authentication),
    unmodeled(
        "aaa group server radius * / source-interface …",
        Authentication,
    ),
    otherwise("aaa group server radius * / …", Authentication),
    irrelevant("aaa group server tacacs+ *", LOGIN),
    irrelevant("aaa group server tacacs+ * / …", LOGIN),
    modeled("aaa authentication dot1x default …"),
    irrelevant("aaa authentication login …", LOGIN),
    irrelevant("aaa authorization …", LOGIN),
    unmodeled("aaa authorization cts …", Authentication),
    irrelevant(
        "aaa accounting …",
        "records what was decided, decides nothing",
    ),
    irrelevant("aaa user …", LOGIN),
    unmodeled("aaa …", Authentication),
    modeled("radius-server host …"),
    modeled("radius-server timeout|retransmit|deadtime *"),
    modeled("radius-server key …"),
    modeled("no radius-server timeout|retransmit|deadtime|key"),
    irrelevant("radius-server directed-request", LOGIN),
    unmodeled("radius-server …", Authentication),
    modeled("ip radius source-interface *"),
    unmodeled("radius …", Authentication),
    unmodeled("dot1x|cts|eou …", Authentication),
    // Certificates and tunnels.
    irrelevant(
        "crypto key|ca …",
        "certificates of the device's own management",
    ),
    unmodeled("crypto …", Interface),
    // Queueing.
    irrelevant(
        "class-map …",
        "queueing and marking only: drops nothing by policy",
    ),
    irrelevant(
        "policy-map …",
        "queueing and marking only: drops nothing by policy",
    ),
    irrelevant(
        "policy-map … / class …",
        "queueing and marking only: drops nothing by policy",
    ),
    irrelevant(
        "policy-map … / class … / bandwidth|priority|set|mtu …",
        "queueing and marking only: drops nothing by policy",
    ),
    irrelevant(
        "policy-map … / class … / pause|congestion-control …",
        "queueing and marking only: drops nothing by policy",
    ),
    otherwise("policy-map … / class … / …", InterfaceFilter),
    otherwise("policy-map … / …", InterfaceFilter),
    unmodeled("policy-map type control-plane …", InterfaceFilter),
    unmodeled("class-map type control-plane …", InterfaceFilter),
    unmodeled("qos|priority-flow-control …", InterfaceFilter),
    irrelevant("qos statistics …", "counters"),
    irrelevant("monitor session …", "copies traffic, forwards nothing"),
    irrelevant("monitor session … / …", "copies traffic, forwards nothing"),
    // A port that copies are sent to carries nothing else.
    unmodeled("monitor session … / destination …", Switching),
    irrelevant("monitor …", "copies traffic, forwards nothing"),
    irrelevant("ipv6 …", "IPv6 only: requirements are judged over IPv4"),
    irrelevant(
        "mac address-table aging-time|notification …",
        "how long addresses are remembered",
    ),
    unmodeled("mac …", Switching),
    unmodeled("time-range …", Filter),
    unmodeled("track …", Routing),
    unmodeled("sla …", Routing),
];
