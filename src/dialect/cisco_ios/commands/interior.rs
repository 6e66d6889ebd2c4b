//! Commands of RIP and IS-IS, of tracked objects and key chains.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Why timers are irrelevant.
const TIMING: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and counters";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the process or supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// Lines of RIP, after a prefix of words.
macro_rules! rip {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " version *")),
            modeled(concat!($prefix, " no version")),
            modeled(concat!($prefix, " network|neighbor *")),
            modeled(concat!($prefix, " passive-interface …")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " default-metric *")),
            modeled(concat!($prefix, " no default-metric")),
            modeled(concat!($prefix, " default-information originate …")),
            modeled(concat!($prefix, " distribute-list …")),
            modeled(concat!($prefix, " auto-summary")),
            modeled(concat!($prefix, " distance *")),
            modeled(concat!($prefix, " no distance")),
            unmodeled(concat!($prefix, " distance …"), Routing),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " no maximum-paths")),
            irrelevant(
                concat!($prefix, " timers|output-delay|flash-update-threshold …"),
                TIMING,
            ),
            irrelevant(concat!($prefix, " bfd …"), TIMING),
            irrelevant(concat!($prefix, " validate-update-source"), "the default"),
            unmodeled(concat!($prefix, " no validate-update-source"), Routing),
            unmodeled(
                concat!($prefix, " offset-list|input-queue|default-information …"),
                Routing,
            ),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Commands of processes, objects and interfaces.
pub(super) static COMMANDS: &[Command] = &[
    modeled("router rip"),
    modeled("router rip / address-family ipv4 …"),
    modeled("interface … / ip split-horizon"),
    modeled("interface … / ip rip send|receive version …"),
    modeled("interface … / ip rip authentication mode|key-chain …"),
    modeled("interface … / ip summary-address rip …"),
    modeled("router isis …"),
    modeled("router isis … / net *"),
    modeled("router isis … / is-type *"),
    modeled("router isis … / no is-type"),
    modeled("router isis … / metric-style *"),
    modeled("router isis … / no metric-style"),
    unmodeled("router isis … / metric-style …", Routing),
    modeled("router isis … / metric *"),
    modeled("router isis … / metric * *"),
    modeled("router isis … / passive-interface …"),
    modeled("router isis … / advertise passive-only"),
    modeled("router isis … / redistribute …"),
    modeled("router isis … / summary-address …"),
    modeled("router isis … / default-information originate …"),
    modeled("router isis … / set-overload-bit"),
    unmodeled("router isis … / set-overload-bit …", Routing),
    modeled("router isis … / set-attached-bit"),
    modeled("router isis … / distribute-list …"),
    modeled("router isis … / distance *"),
    modeled("router isis … / distance * ip"),
    modeled("router isis … / no distance"),
    modeled("router isis … / maximum-paths *"),
    modeled("router isis … / no maximum-paths"),
    modeled("router isis … / area-password|domain-password *"),
    modeled("router isis … / no area-password|domain-password"),
    modeled("router isis … / protocol shutdown"),
    modeled("router isis … / vrf *"),
    modeled("router isis … / address-family ipv4 …"),
    irrelevant("router isis … / address-family ipv6 …", IPV6),
    irrelevant("router isis … / address-family ipv6 … / …", IPV6),
    irrelevant("router isis … / log-adjacency-changes …", ALARMS),
    irrelevant("router isis … / snmp …", ALARMS),
    irrelevant("router isis … / hostname dynamic", ALARMS),
    irrelevant(
        "router isis … / spf-interval|prc-interval|lsp-gen-interval|lsp-refresh-interval …",
        TIMING,
    ),
    irrelevant(
        "router isis … / max-lsp-lifetime|fast-flood|ispf|bfd|update-queue-depth …",
        TIMING,
    ),
    irrelevant("router isis … / nsf …", RESTART),
    irrelevant(
        "router isis … / hello padding …",
        "length of the protocol's own packets",
    ),
    unmodeled(
        "router isis … / authentication|ignore-attached-bit|partition …",
        Routing,
    ),
    unmodeled(
        "router isis … / multi-topology|mpls|segment-routing|prefix-priority …",
        Routing,
    ),
    otherwise("router isis … / …", Routing),
    otherwise("router isis … / address-family ipv4 … / …", Routing),
    modeled("router isis … / address-family ipv4 … / redistribute …"),
    modeled("router isis … / address-family ipv4 … / distance|maximum-paths *"),
    modeled("router isis … / address-family ipv4 … / default-information originate …"),
    modeled("interface … / ip router isis …"),
    modeled("interface … / isis circuit-type *"),
    modeled("interface … / no isis circuit-type"),
    modeled("interface … / isis metric *"),
    modeled("interface … / isis metric * *"),
    modeled("interface … / isis network point-to-point"),
    modeled("interface … / isis password *"),
    modeled("interface … / isis password * level-1|level-2"),
    modeled("interface … / isis passive"),
    modeled("interface … / isis protocol shutdown"),
    irrelevant(
        "interface … / isis hello-interval|hello-multiplier|csnp-interval|lsp-interval …",
        TIMING,
    ),
    irrelevant("interface … / isis retransmit-interval|bfd …", TIMING),
    irrelevant("interface … / isis priority …", "who floods, not what"),
    irrelevant("interface … / isis ipv6 …", IPV6),
    modeled("track …"),
    irrelevant("track … / delay …", "when routes change, not to what"),
    modeled("track … / ip vrf *"),
    modeled("track … / object …"),
    otherwise("track … / …", Routing),
    unmodeled("key …", Routing),
    modeled("key chain *"),
    unmodeled("key chain …", Routing),
    modeled("key chain * / key *"),
    modeled("key chain * / key * / key-string …"),
    modeled("key chain * / key * / accept-lifetime|send-lifetime …"),
    unmodeled("key chain * / key * / cryptographic-algorithm …", Routing),
    otherwise("key chain * / key * / …", Routing),
    otherwise("key chain * / …", Routing),
];

/// Lines of RIP in the default VRF.
pub(super) static RIP: &[Command] = rip!("router rip /");
/// Lines of RIP in another VRF.
pub(super) static RIP_FAMILY: &[Command] = rip!("router rip / address-family ipv4 … /");
