//! Commands of the whole device: management, services, inspection.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Authentication, Device, InterfaceFilter, Routing, Scope};

/// Why lines of the export are irrelevant.
const EXPORT: &str = "a line of the export";
/// Why management is irrelevant.
const MANAGEMENT: &str = "management of the device";
/// Why management logins are irrelevant.
const LOGIN: &str = "who may log in to the device";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and alarms";
/// Why hardware settings are irrelevant.
const HARDWARE: &str = "inventory and start of the device";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why inspection of DNS is irrelevant.
const PROTOCOL: &str = "lets pass what conforms to DNS, as resolvers and their servers do";
/// Why remote access is irrelevant.
const REMOTE: &str = "who may open a tunnel from afar, and what tunnels get";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    otherwise("…", Device),
    modeled("hostname *"),
    irrelevant("asa version …", "release of the export"),
    irrelevant(": …", EXPORT),
    irrelevant(":", EXPORT),
    irrelevant("end", EXPORT),
    irrelevant("configure terminal", EXPORT),
    irrelevant("terminal …", EXPORT),
    irrelevant("names", "shows names in place of addresses"),
    irrelevant("no names", "shows addresses in place of names"),
    unmodeled("name …", Device),
    irrelevant("domain-name *", "the device's own lookups"),
    irrelevant("banner …", "text shown at login"),
    irrelevant(
        "prompt|pager|terminal|asdm|boot|hw-module|crashinfo …",
        MANAGEMENT,
    ),
    irrelevant("no pager|asdm|crashinfo …", MANAGEMENT),
    irrelevant("enable|passwd|username|privilege …", LOGIN),
    irrelevant("username … / …", LOGIN),
    irrelevant(
        "http|ssh|telnet|snmp-server|console|quota|rest-api …",
        MANAGEMENT,
    ),
    irrelevant("no snmp-server|rest-api …", MANAGEMENT),
    irrelevant("ssl|license|smart|call-home …", MANAGEMENT),
    irrelevant("service password-recovery …", MANAGEMENT),
    irrelevant("license … / …", MANAGEMENT),
    irrelevant("call-home … / …", MANAGEMENT),
    irrelevant("call-home … / … / …", MANAGEMENT),
    irrelevant("management-access *", MANAGEMENT),
    irrelevant("ftp mode passive", "the device's own transfers"),
    irrelevant("logging …", ALARMS),
    irrelevant("no logging …", ALARMS),
    unmodeled("logging permit-hostdown", Device),
    unmodeled("logging host …", InterfaceFilter),
    irrelevant("flow-export|snmp|smtp-server|event …", ALARMS),
    irrelevant("icmp unreachable …", "rate of the device's own errors"),
    irrelevant("icmp permit|deny …", "ICMP to the device itself"),
    irrelevant("clock …", "local display of time; NTP serves UTC"),
    irrelevant(
        "dns domain-lookup|server-group …",
        "the device's own lookups",
    ),
    irrelevant("dns server-group … / …", "the device's own lookups"),
    irrelevant("dns-group *", "the device's own lookups"),
    unmodeled("dns …", Device),
    irrelevant(
        "ntp authenticate|authentication-key|trusted-key …",
        "the device's own clock",
    ),
    modeled("ntp server …"),
    unmodeled("ntp …", Device),
    irrelevant("ipv6 …", IPV6),
    irrelevant("no ipv6 …", IPV6),
    irrelevant("multicast-routing|igmp|pim|mroute|mfib …", MULTICAST),
    irrelevant(
        "monitor-interface *",
        "which outages make a standby take over",
    ),
    irrelevant(
        "no monitor-interface *",
        "which outages make a standby take over",
    ),
    irrelevant(
        "service-module|checkheaps|memory|process|jumbo-frame …",
        HARDWARE,
    ),
    irrelevant(
        "xlate per-session …",
        "when a translation's port is free again",
    ),
    unmodeled("xlate …", Device),
    irrelevant("key config-key …", "how the device stores its secrets"),
    irrelevant(
        "password encryption aes",
        "how the device stores its secrets",
    ),
    irrelevant(
        "threat-detection basic-threat|statistics …",
        "counts attacks, drops nothing",
    ),
    irrelevant("no threat-detection …", "counts attacks, drops nothing"),
    unmodeled("threat-detection …", InterfaceFilter),
    unmodeled("shun …", InterfaceFilter),
    unmodeled("ip audit …", InterfaceFilter),
    unmodeled("fragment …", InterfaceFilter),
    irrelevant("arp timeout *", "how long addresses are remembered"),
    irrelevant("no arp permit-nonconnected", "the default"),
    unmodeled("arp rate-limit *", InterfaceFilter),
    unmodeled("arp …", Device),
    modeled("sysopt noproxyarp *"),
    irrelevant("no sysopt noproxyarp *", "the default"),
    unmodeled("sysopt …", InterfaceFilter),
    modeled("timeout …"),
    unmodeled("firewall|mode|context|admin-context|cluster|zone …", Device),
    irrelevant("no firewall transparent", "the default"),
    // Units that do not agree both answer for the addresses.
    irrelevant(
        "no failover …",
        "one unit, or a setting of its own that is off",
    ),
    irrelevant("no failover", "one unit"),
    irrelevant(
        "failover polltime|timeout|replication|interface-policy|standby …",
        "how soon a standby takes over, and what it knows then",
    ),
    irrelevant(
        "failover lan unit primary|secondary",
        "which unit this text is of",
    ),
    unmodeled("failover", InterfaceFilter),
    unmodeled("failover …", InterfaceFilter),
    // DHCP.
    modeled("dhcprelay server * *"),
    modeled("dhcprelay enable *"),
    irrelevant("dhcprelay timeout *", "how long an exchange is remembered"),
    unmodeled("dhcprelay …", Scope),
    unmodeled("dhcpd …", Scope),
    irrelevant("dhcp-client …", "the device's own lease"),
    // Authentication of administrators and of those who tunnel.
    irrelevant(
        "aaa authentication ssh|http|telnet|serial|enable|login-history|secure-http-client …",
        LOGIN,
    ),
    irrelevant("aaa authorization exec|command|http …", LOGIN),
    irrelevant(
        "aaa accounting …",
        "records what was decided, decides nothing",
    ),
    irrelevant("aaa local|proxy-limit …", LOGIN),
    unmodeled("aaa …", InterfaceFilter),
    irrelevant(
        "aaa-server …",
        "servers that administrators and tunnels are asked of",
    ),
    irrelevant(
        "aaa-server … / …",
        "servers that administrators and tunnels are asked of",
    ),
    irrelevant("user-identity default-domain local", "the default"),
    irrelevant(
        "user-identity|no user-identity …",
        "names of users for filters that name any",
    ),
    irrelevant("ldap attribute-map *", LOGIN),
    irrelevant("ldap attribute-map * / …", LOGIN),
    irrelevant("auth-prompt …", LOGIN),
    unmodeled("cts …", Authentication),
    // Tunnels: what they carry is lost where their ends do not agree.
    irrelevant("crypto engine|logging …", "how tunnels are computed"),
    irrelevant("crypto key|ca …", "certificates"),
    irrelevant("crypto ca … / …", "certificates"),
    unmodeled("crypto isakmp|ikev1|ikev2|ipsec …", InterfaceFilter),
    unmodeled("crypto isakmp|ikev1|ikev2|ipsec … / …", InterfaceFilter),
    unmodeled("crypto …", Device),
    unmodeled("group-policy|tunnel-group …", InterfaceFilter),
    unmodeled("group-policy|tunnel-group … / …", InterfaceFilter),
    unmodeled("group-policy|tunnel-group … / … / …", InterfaceFilter),
    irrelevant("tunnel-group-map|vpn-sessiondb|vpn-addr-assign …", REMOTE),
    irrelevant("no vpn-addr-assign|vpn-sessiondb …", REMOTE),
    irrelevant("webvpn …", REMOTE),
    irrelevant("webvpn … / …", REMOTE),
    irrelevant("webvpn … / … / …", REMOTE),
    irrelevant("dynamic-access-policy-record *", REMOTE),
    irrelevant("dynamic-access-policy-record * / …", REMOTE),
    irrelevant("ip local pool …", REMOTE),
    irrelevant(
        "anyconnect|anyconnect-custom-attr|anyconnect-custom-data …",
        REMOTE,
    ),
    unmodeled("vpdn …", Device),
    // Inspection.
    irrelevant(
        "class-map inspection_default",
        "opens the class of what is inspected",
    ),
    irrelevant(
        "class-map inspection_default / match default-inspection-traffic",
        "the default",
    ),
    otherwise("class-map inspection_default / …", InterfaceFilter),
    unmodeled("class-map …", InterfaceFilter),
    unmodeled("class-map … / …", InterfaceFilter),
    irrelevant(
        "policy-map type inspect dns preset_dns_map",
        "opens the map of DNS",
    ),
    irrelevant(
        "policy-map type inspect dns preset_dns_map / parameters",
        "opens its parameters",
    ),
    irrelevant(
        "policy-map type inspect dns preset_dns_map / parameters / message-length maximum client auto",
        "the default",
    ),
    irrelevant(
        "policy-map type inspect dns preset_dns_map / parameters / message-length maximum 512",
        "the default",
    ),
    irrelevant(
        "policy-map type inspect dns preset_dns_map / parameters / no tcp-inspection",
        "the default",
    ),
    otherwise(
        "policy-map type inspect dns preset_dns_map / parameters / …",
        InterfaceFilter,
    ),
    otherwise(
        "policy-map type inspect dns preset_dns_map / …",
        InterfaceFilter,
    ),
    unmodeled("policy-map type …", InterfaceFilter),
    unmodeled("policy-map type … / …", InterfaceFilter),
    unmodeled("policy-map type … / … / …", InterfaceFilter),
    modeled("policy-map *"),
    irrelevant("policy-map * / description …", "a note"),
    modeled("policy-map * / class *"),
    modeled("policy-map * / class * / inspect icmp"),
    irrelevant(
        "policy-map * / class * / inspect icmp error",
        "errors that belong to a session pass",
    ),
    irrelevant("policy-map * / class * / inspect dns", PROTOCOL),
    irrelevant(
        "policy-map * / class * / inspect dns preset_dns_map …",
        PROTOCOL,
    ),
    modeled("policy-map * / class * / inspect ftp|tftp|rsh|rtsp|sqlnet|sunrpc|xdmcp|netbios|esmtp"),
    modeled("policy-map * / class * / inspect sip|skinny|mgcp|ctiqbe|ils|pptp"),
    modeled("policy-map * / class * / inspect h323 h225|ras"),
    irrelevant(
        "policy-map * / class * / inspect ip-options …",
        "packets with IP options only",
    ),
    unmodeled("policy-map * / class * / inspect …", InterfaceFilter),
    unmodeled("policy-map * / class * / set connection …", InterfaceFilter),
    irrelevant(
        "policy-map * / class * / set connection decrement-ttl",
        "visible to traceroute only",
    ),
    irrelevant(
        "policy-map * / class * / priority",
        "queueing only: drops nothing by policy",
    ),
    irrelevant("policy-map * / class * / user-statistics …", ALARMS),
    irrelevant("policy-map * / class * / flow-export …", ALARMS),
    otherwise("policy-map * / class * / …", InterfaceFilter),
    otherwise("policy-map * / …", InterfaceFilter),
    modeled("service-policy * global"),
    unmodeled("service-policy …", InterfaceFilter),
    irrelevant("priority-queue *", "queueing only: drops nothing by policy"),
    irrelevant(
        "priority-queue * / …",
        "queueing only: drops nothing by policy",
    ),
    unmodeled("tcp-map *", InterfaceFilter),
    unmodeled("tcp-map * / …", InterfaceFilter),
    unmodeled("sla …", Routing),
    unmodeled("sla … / …", Routing),
];
