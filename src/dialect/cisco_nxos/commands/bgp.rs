//! Commands of BGP.

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
/// Why the way of sending is irrelevant.
const SENDING: &str = "how updates are sent, not what they say";

/// Lines of neighbors and templates, after a prefix of words.
macro_rules! peer {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " remote-as *")),
            modeled(concat!($prefix, " inherit peer|peer-session *")),
            modeled(concat!($prefix, " local-as …")),
            modeled(concat!($prefix, " shutdown")),
            modeled(concat!($prefix, " ebgp-multihop *")),
            modeled(concat!($prefix, " ttl-security hops *")),
            modeled(concat!($prefix, " disable-connected-check")),
            modeled(concat!($prefix, " update-source …")),
            modeled(concat!($prefix, " transport connection-mode passive")),
            modeled(concat!($prefix, " password …")),
            modeled(concat!($prefix, " remove-private-as …")),
            modeled(concat!($prefix, " address-family ipv4 unicast")),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / route-map|prefix-list|filter-list * in|out"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / next-hop-self …"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / route-reflector-client|as-override|disable-peer-as-check"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / send-community …"
            )),
            modeled(concat!($prefix, " address-family ipv4 unicast / weight *")),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / allowas-in …"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / default-originate …"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / advertise-map …"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / unsuppress-map *"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / maximum-prefix …"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / inherit peer-policy *"
            )),
            modeled(concat!(
                $prefix,
                " address-family ipv4 unicast / inherit peer-policy * *"
            )),
            irrelevant(
                concat!(
                    $prefix,
                    " address-family ipv4 unicast / soft-reconfiguration …"
                ),
                "keeps what was received",
            ),
            irrelevant(
                concat!(
                    $prefix,
                    " address-family ipv4 unicast / advertisement-interval *"
                ),
                TIMING,
            ),
            otherwise(
                concat!($prefix, " address-family ipv4 unicast / …"),
                Routing,
            ),
            irrelevant(concat!($prefix, " address-family ipv6 …"), IPV6),
            irrelevant(concat!($prefix, " address-family ipv6 … / …"), IPV6),
            modeled(concat!($prefix, " address-family l2vpn evpn")),
            modeled(concat!(
                $prefix,
                " address-family l2vpn evpn / send-community …"
            )),
            modeled(concat!(
                $prefix,
                " address-family l2vpn evpn / route-reflector-client|disable-peer-as-check"
            )),
            modeled(concat!(
                $prefix,
                " address-family l2vpn evpn / route-map * in|out"
            )),
            modeled(concat!(
                $prefix,
                " address-family l2vpn evpn / allowas-in …"
            )),
            modeled(concat!($prefix, " address-family l2vpn evpn / weight *")),
            irrelevant(
                concat!(
                    $prefix,
                    " address-family l2vpn evpn / soft-reconfiguration …"
                ),
                "keeps what was received",
            ),
            unmodeled(concat!($prefix, " address-family …"), Routing),
            unmodeled(concat!($prefix, " address-family … / …"), Routing),
            irrelevant(concat!($prefix, " description …"), "a note"),
            irrelevant(concat!($prefix, " timers …"), TIMING),
            irrelevant(concat!($prefix, " bfd …"), TIMING),
            irrelevant(concat!($prefix, " log-neighbor-changes …"), ALARMS),
            irrelevant(concat!($prefix, " graceful-shutdown|low-memory …"), RESTART),
            irrelevant(concat!($prefix, " dynamic-capability"), SENDING),
            unmodeled(concat!($prefix, " graceful-shutdown activate …"), Routing),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Lines about the routes of one VRF, after a prefix of words.
macro_rules! table {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " network *")),
            modeled(concat!($prefix, " network * route-map *")),
            modeled(concat!($prefix, " network * mask *")),
            modeled(concat!($prefix, " network * mask * route-map *")),
            modeled(concat!($prefix, " aggregate-address …")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " maximum-paths ibgp|eibgp|mixed *")),
            modeled(concat!($prefix, " distance * * *")),
            modeled(concat!($prefix, " default-information originate")),
            modeled(concat!($prefix, " default-metric *")),
            modeled(concat!($prefix, " table-map * filter")),
            modeled(concat!($prefix, " suppress-inactive")),
            modeled(concat!($prefix, " advertise l2vpn evpn")),
            irrelevant(
                concat!($prefix, " dampening …"),
                "suppresses routes that flap, none that are stable",
            ),
            irrelevant(concat!($prefix, " nexthop trigger-delay …"), TIMING),
            irrelevant(concat!($prefix, " wait-igp-convergence"), TIMING),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Commands of processes.
static PROCESS: &[Command] = &[
    modeled("router bgp *"),
    modeled("router bgp * / router-id *"),
    modeled("router bgp * / cluster-id *"),
    modeled("router bgp * / confederation identifier *"),
    modeled("router bgp * / confederation peers …"),
    modeled("router bgp * / bestpath always-compare-med|compare-routerid"),
    modeled("router bgp * / bestpath as-path ignore|multipath-relax"),
    modeled("router bgp * / bestpath med …"),
    unmodeled("router bgp * / bestpath …", Routing),
    modeled("router bgp * / enforce-first-as"),
    modeled("router bgp * / address-family ipv4 unicast"),
    irrelevant("router bgp * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / address-family ipv6 … / …", IPV6),
    modeled("router bgp * / address-family l2vpn evpn"),
    modeled("router bgp * / address-family l2vpn evpn / retain route-target all"),
    modeled("router bgp * / address-family l2vpn evpn / advertise-pip"),
    irrelevant(
        "router bgp * / address-family l2vpn evpn / nexthop trigger-delay …",
        TIMING,
    ),
    irrelevant(
        "router bgp * / address-family l2vpn evpn / dampening …",
        "suppresses routes that flap, none that are stable",
    ),
    unmodeled("router bgp * / address-family …", Routing),
    unmodeled("router bgp * / address-family … / …", Routing),
    irrelevant("router bgp * / log-neighbor-changes", ALARMS),
    irrelevant("router bgp * / event-history …", ALARMS),
    irrelevant("router bgp * / timers …", TIMING),
    irrelevant(
        "router bgp * / graceful-restart|graceful-restart-helper …",
        RESTART,
    ),
    irrelevant(
        "router bgp * / reconnect-interval|fast-external-fallover …",
        TIMING,
    ),
    modeled("router bgp * / template peer|peer-session|peer-policy *"),
    modeled("router bgp * / neighbor *"),
    modeled("router bgp * / neighbor * remote-as *"),
    modeled("router bgp * / vrf *"),
    modeled("router bgp * / vrf * / router-id *"),
    modeled("router bgp * / vrf * / address-family ipv4 unicast"),
    irrelevant("router bgp * / vrf * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / vrf * / address-family ipv6 … / …", IPV6),
    irrelevant("router bgp * / vrf * / log-neighbor-changes", ALARMS),
    irrelevant("router bgp * / vrf * / timers …", TIMING),
    irrelevant("router bgp * / vrf * / graceful-restart …", RESTART),
    modeled("router bgp * / vrf * / neighbor *"),
    modeled("router bgp * / vrf * / neighbor * remote-as *"),
    otherwise("router bgp * / vrf * / …", Routing),
    otherwise("router bgp * / …", Routing),
];

/// Path to support.
pub(super) static TABLES: &[&[Command]] = &[
    PROCESS,
    table!("router bgp * / address-family ipv4 unicast /"),
    table!("router bgp * / vrf * / address-family ipv4 unicast /"),
    peer!("router bgp * / template peer|peer-session|peer-policy * /"),
    &[
        modeled(
            "router bgp * / template peer-policy * / route-map|prefix-list|filter-list * in|out",
        ),
        modeled(
            "router bgp * / template peer-policy * / next-hop-self|send-community|allowas-in …",
        ),
        modeled(
            "router bgp * / template peer-policy * / route-reflector-client|as-override|disable-peer-as-check",
        ),
        modeled(
            "router bgp * / template peer-policy * / weight|maximum-prefix|default-originate …",
        ),
        irrelevant(
            "router bgp * / template peer-policy * / soft-reconfiguration …",
            "keeps what was received",
        ),
    ],
    peer!("router bgp * / neighbor * /"),
    peer!("router bgp * / neighbor * remote-as * /"),
    peer!("router bgp * / vrf * / neighbor * /"),
    peer!("router bgp * / vrf * / neighbor * remote-as * /"),
];
