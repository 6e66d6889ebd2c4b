//! Commands of BGP.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Routing, Switching};

/// Why timers are irrelevant.
const TIMING: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "logs and counters";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the process or supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// Lines about the routes of one VRF and its peers, after a prefix of words.
macro_rules! table {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " neighbor *")),
            modeled(concat!($prefix, " neighbor interface * peer-group *")),
            modeled(concat!($prefix, " neighbor interface * peer group *")),
            modeled(concat!(
                $prefix,
                " neighbor interface * peer-group * remote-as *"
            )),
            modeled(concat!(
                $prefix,
                " neighbor interface * peer group * remote-as *"
            )),
            unmodeled(concat!($prefix, " neighbor interface …"), Routing),
            modeled(concat!(
                $prefix,
                " neighbor * next-hop address-family ipv6 originate"
            )),
            modeled(concat!($prefix, " neighbor * peer group …")),
            modeled(concat!($prefix, " neighbor * peer-group …")),
            modeled(concat!($prefix, " neighbor * remote-as *")),
            modeled(concat!($prefix, " neighbor * local-as …")),
            modeled(concat!($prefix, " neighbor * shutdown")),
            modeled(concat!($prefix, " neighbor * activate|passive")),
            modeled(concat!($prefix, " neighbor * ebgp-multihop …")),
            modeled(concat!($prefix, " neighbor * update-source …")),
            modeled(concat!(
                $prefix,
                " neighbor * transport connection-mode passive"
            )),
            modeled(concat!($prefix, " neighbor * password …")),
            modeled(concat!(
                $prefix,
                " neighbor * route-map|prefix-list * in|out"
            )),
            modeled(concat!(
                $prefix,
                " neighbor * next-hop-self|next-hop-unchanged"
            )),
            modeled(concat!($prefix, " neighbor * route-reflector-client")),
            modeled(concat!($prefix, " neighbor * send-community")),
            modeled(concat!(
                $prefix,
                " neighbor * send-community standard|extended"
            )),
            modeled(concat!(
                $prefix,
                " neighbor * send-community standard extended …"
            )),
            modeled(concat!($prefix, " neighbor * weight *")),
            modeled(concat!($prefix, " neighbor * allowas-in …")),
            modeled(concat!($prefix, " neighbor * remove-private-as …")),
            modeled(concat!($prefix, " neighbor * default-originate …")),
            modeled(concat!($prefix, " neighbor * maximum-routes …")),
            irrelevant(concat!($prefix, " neighbor * description …"), "a note"),
            irrelevant(
                concat!($prefix, " neighbor * soft-reconfiguration …"),
                "keeps what was received",
            ),
            irrelevant(concat!($prefix, " neighbor * timers …"), TIMING),
            irrelevant(
                concat!(
                    $prefix,
                    " neighbor * out-delay|bfd|fall-over|idle-restart-timer …"
                ),
                TIMING,
            ),
            irrelevant(concat!($prefix, " neighbor * graceful-restart …"), RESTART),
            irrelevant(
                concat!($prefix, " neighbor * graceful-restart-helper …"),
                RESTART,
            ),
            unmodeled(concat!($prefix, " neighbor …"), Routing),
            modeled(concat!($prefix, " network *")),
            modeled(concat!($prefix, " network * route-map *")),
            modeled(concat!($prefix, " network * mask *")),
            modeled(concat!($prefix, " aggregate-address …")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " maximum-paths * ecmp *")),
            modeled(concat!($prefix, " distance bgp * * *")),
            irrelevant(
                concat!($prefix, " graceful-restart|graceful-restart-helper …"),
                RESTART,
            ),
            irrelevant(concat!($prefix, " timers bgp …"), TIMING),
            irrelevant(concat!($prefix, " update …"), TIMING),
            irrelevant(concat!($prefix, " bgp log-neighbor-changes …"), ALARMS),
            irrelevant(concat!($prefix, " bgp convergence …"), TIMING),
            irrelevant(
                concat!($prefix, " bgp asn notation …"),
                "how numbers are shown",
            ),
            modeled(concat!($prefix, " bgp listen range * peer-group *")),
            modeled(concat!($prefix, " bgp listen range * peer group *")),
            modeled(concat!(
                $prefix,
                " bgp listen range * peer-group * peer-filter|remote-as *"
            )),
            modeled(concat!(
                $prefix,
                " bgp listen range * peer group * peer-filter|remote-as *"
            )),
            unmodeled(concat!($prefix, " bgp …"), Routing),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Commands of processes.
static PROCESS: &[Command] = &[
    modeled("peer-filter *"),
    modeled("peer-filter * / * match as-range …"),
    otherwise("peer-filter * / …", Routing),
    modeled("router bgp *"),
    modeled("router bgp * / router-id *"),
    modeled("router bgp * / bgp default ipv4-unicast"),
    irrelevant("router bgp * / bgp default ipv6-unicast", IPV6),
    modeled("router bgp * / bgp always-compare-med"),
    modeled("router bgp * / bgp cluster-id *"),
    modeled("router bgp * / bgp confederation identifier *"),
    modeled("router bgp * / bgp confederation peers *"),
    modeled("router bgp * / bgp enforce-first-as"),
    modeled("router bgp * / bgp bestpath as-path ignore|multipath-relax"),
    modeled("router bgp * / bgp bestpath med missing-as-worst|confed"),
    modeled("router bgp * / bgp bestpath tie-break router-id"),
    modeled("router bgp * / address-family ipv4"),
    irrelevant("router bgp * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / address-family ipv6 … / …", IPV6),
    modeled("router bgp * / address-family …"),
    unmodeled("router bgp * / address-family … / …", Routing),
    modeled("router bgp * / address-family evpn"),
    modeled("router bgp * / address-family evpn / neighbor * activate"),
    modeled("router bgp * / address-family evpn / neighbor * route-map * in|out"),
    modeled("router bgp * / address-family evpn / neighbor * weight *"),
    modeled("router bgp * / address-family evpn / neighbor * allowas-in …"),
    modeled("router bgp * / address-family evpn / neighbor * next-hop-unchanged"),
    irrelevant(
        "router bgp * / address-family evpn / neighbor default encapsulation vxlan",
        "the default",
    ),
    irrelevant(
        "router bgp * / address-family evpn / neighbor * encapsulation vxlan",
        "the default",
    ),
    irrelevant(
        "router bgp * / address-family evpn / host-flap detection …",
        "when addresses that move are held back",
    ),
    irrelevant(
        "router bgp * / address-family evpn / graceful-restart …",
        RESTART,
    ),
    modeled("router bgp * / vlan|vlan-aware-bundle *"),
    modeled("router bgp * / vlan|vlan-aware-bundle * / rd …"),
    modeled("router bgp * / vlan|vlan-aware-bundle * / route-target import|export|both *"),
    modeled("router bgp * / vlan|vlan-aware-bundle * / redistribute learned"),
    modeled("router bgp * / vlan-aware-bundle * / vlan *"),
    otherwise("router bgp * / vlan|vlan-aware-bundle * / …", Switching),
    modeled("router bgp * / vrf *"),
    modeled("router bgp * / vrf * / router-id *"),
    modeled("router bgp * / vrf * / rd …"),
    modeled("router bgp * / vrf * / route-target import|export|both *"),
    modeled("router bgp * / vrf * / route-target import|export|both evpn *"),
    unmodeled("router bgp * / vrf * / route-target …", Routing),
    modeled("router bgp * / vrf * / address-family ipv4"),
    irrelevant("router bgp * / vrf * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / vrf * / address-family ipv6 … / …", IPV6),
];

/// Path to support.
pub(super) static TABLES: &[&[Command]] = &[
    table!("router bgp * /"),
    table!("router bgp * / address-family ipv4 /"),
    table!("router bgp * / vrf * /"),
    table!("router bgp * / vrf * / address-family ipv4 /"),
    PROCESS,
];
