//! Commands of the whole device and of its management.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Device, InterfaceFilter, Switching};

/// Why lines of the export are irrelevant.
const EXPORT: &str = "a line of the export";
/// Why management is irrelevant.
const MANAGEMENT: &str = "management of the device";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and alarms";
/// Why hardware settings are irrelevant.
const HARDWARE: &str = "inventory and start of the device";
/// Why telephony is irrelevant.
const VOICE: &str = "telephony";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    otherwise("…", Device),
    modeled("hostname *"),
    // The export.
    irrelevant("version *", "release of the export"),
    irrelevant("building configuration...", EXPORT),
    irrelevant("current configuration …", EXPORT),
    irrelevant("using * out of * bytes …", EXPORT),
    irrelevant("end", "end of the export"),
    irrelevant("configure terminal", EXPORT),
    irrelevant("conf t", EXPORT),
    irrelevant("terminal …", EXPORT),
    irrelevant("show …", EXPORT),
    irrelevant("banner …", "text shown at login"),
    irrelevant("boot-start-marker|boot-end-marker", HARDWARE),
    irrelevant("subscriber templating", MANAGEMENT),
    irrelevant("boot …", "image for the next start"),
    // Management.
    irrelevant(
        "service timestamps|password-encryption|tcp-keepalives-in …",
        MANAGEMENT,
    ),
    irrelevant(
        "service tcp-keepalives-out|call-home|compress-config|pad …",
        MANAGEMENT,
    ),
    irrelevant(
        "service config|sequence-numbers|nagle|counters|internal …",
        MANAGEMENT,
    ),
    irrelevant(
        "service linenumber|prompt|finger|udp-small-servers …",
        MANAGEMENT,
    ),
    irrelevant(
        "service tcp-small-servers|slave-log|hide-telnet-addresses …",
        MANAGEMENT,
    ),
    irrelevant(
        "service exec-wait|telnet-zeroidle|private-config-encryption …",
        MANAGEMENT,
    ),
    irrelevant(
        "service log|performance|pt-vty-logging|heartbeat|alignment …",
        MANAGEMENT,
    ),
    irrelevant("line …", "sessions of administrators"),
    irrelevant(
        "ip ssh|http|scp|ftp|tftp|rcmd|telnet|finger|identd …",
        MANAGEMENT,
    ),
    irrelevant("ip tcp …", "the device's own TCP sessions"),
    unmodeled("ip tcp intercept …", InterfaceFilter),
    irrelevant("ip icmp …", "rate of the device's own errors"),
    irrelevant("ip source-route", "packets with IP options only"),
    irrelevant("ip options …", "packets with IP options only"),
    irrelevant("ip gratuitous-arps …", "ARP of dial-in users"),
    irrelevant("ip sla …", "measures, forwards nothing"),
    irrelevant("ip rsvp …", "reservations only"),
    unmodeled("ip audit …", Device),
    irrelevant(
        "logging|snmp-server|snmp|archive|rmon|alarm-contact|alarm …",
        ALARMS,
    ),
    irrelevant(
        "call-home|callhome|smart|license|telemetry|nmsp …",
        MANAGEMENT,
    ),
    irrelevant(
        "netconf|netconf-yang|netconf-ssh|restconf|wsma|onep|gnxi|cwmp …",
        MANAGEMENT,
    ),
    irrelevant("alias|menu|prompt|macro|default-value …", MANAGEMENT),
    // Configures ports by what is plugged in.
    unmodeled("macro auto …", Switching),
    irrelevant("define interface-range …", "short names for administrators"),
    irrelevant(
        "memory|memory-size|process|scheduler|exception|file|buffers …",
        HARDWARE,
    ),
    irrelevant(
        "module|platform|diagnostic|transceiver|upgrade|facility-alarm …",
        HARDWARE,
    ),
    // Takes line cards and ports down, in some forms.
    unmodeled("hw-module …", Device),
    unmodeled("platform hardware throughput …", InterfaceFilter),
    unmodeled(
        "platform qos|acl|rate-limit|punt-policer …",
        InterfaceFilter,
    ),
    irrelevant("switch * provision|priority|renumber …", HARDWARE),
    irrelevant("stack-mac|stack-power|stack …", HARDWARE),
    unmodeled("power …", Device),
    irrelevant("power redundancy-mode|supply …", HARDWARE),
    irrelevant("environment|fan|thermal …", HARDWARE),
    unmodeled("energywise …", Device),
    irrelevant("redundancy …", "restart of the supervisor"),
    irrelevant("config-register …", HARDWARE),
    irrelevant("software|install|env …", HARDWARE),
    irrelevant("domain default", MANAGEMENT),
    irrelevant("multilink bundle-name …", "names of dial-in bundles"),
    irrelevant("mmi|vpdn-logging|xsd-format …", MANAGEMENT),
    irrelevant(
        "network-clock|network-clock-select …",
        "clocks of serial lines",
    ),
    irrelevant(
        "virtual-service|iox|app-hosting|guestshell …",
        "guest programs on the device",
    ),
    irrelevant(
        "profile|format|tftp-server|scripting|tclsh|location …",
        MANAGEMENT,
    ),
    irrelevant(
        "voice|voice-card|dial-peer|mgcp|sccp|ccm-manager|stcapp|sip-ua …",
        VOICE,
    ),
    irrelevant(
        "gatekeeper|gateway|telephony-service|call-manager-fallback|dspfarm …",
        VOICE,
    ),
    irrelevant("fips|ptp|avb|profinet|cip …", MANAGEMENT),
    unmodeled("profinet mrp …", Switching),
    irrelevant("vstack|autonomic …", MANAGEMENT),
    // What can do anything.
    unmodeled("event manager …", Device),
    irrelevant("event manager session …", MANAGEMENT),
    unmodeled("kron …", Device),
    irrelevant("control-plane …", "opens the block of the control plane"),
    unmodeled("control-plane … / service-policy …", InterfaceFilter),
    otherwise("control-plane … / …", Device),
    unmodeled("switch virtual …", Device),
    unmodeled("service unsupported-transceiver …", Device),
    unmodeled("service …", Device),
    unmodeled("mls …", Device),
    irrelevant("alias …", MANAGEMENT),
];
