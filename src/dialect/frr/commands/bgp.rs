//! Commands of BGP.

use super::{ALARMS, IPV6, RESTART, TIMERS, irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Why the way of sending is irrelevant.
const SENDING: &str = "how updates are sent, not what they say";

/// Lines about the IPv4 unicast routes of one VRF and its peers, after a prefix of words.
macro_rules! table {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " neighbor * peer-group")),
            modeled(concat!($prefix, " neighbor * peer-group *")),
            modeled(concat!($prefix, " neighbor * interface")),
            modeled(concat!($prefix, " neighbor * interface v6only")),
            modeled(concat!(
                $prefix,
                " neighbor * interface remote-as|peer-group *"
            )),
            modeled(concat!(
                $prefix,
                " neighbor * interface v6only remote-as|peer-group *"
            )),
            modeled(concat!($prefix, " neighbor * remote-as *")),
            modeled(concat!($prefix, " neighbor * local-as …")),
            modeled(concat!($prefix, " neighbor * shutdown …")),
            modeled(concat!($prefix, " neighbor * activate|passive")),
            modeled(concat!($prefix, " neighbor * ebgp-multihop …")),
            modeled(concat!($prefix, " neighbor * ttl-security hops *")),
            modeled(concat!($prefix, " neighbor * disable-connected-check")),
            modeled(concat!($prefix, " neighbor * update-source *")),
            modeled(concat!($prefix, " neighbor * password …")),
            modeled(concat!(
                $prefix,
                " neighbor * route-map|prefix-list|filter-list|distribute-list * in|out"
            )),
            modeled(concat!($prefix, " neighbor * next-hop-self")),
            modeled(concat!($prefix, " neighbor * next-hop-self force|all")),
            modeled(concat!($prefix, " neighbor * route-reflector-client")),
            modeled(concat!($prefix, " neighbor * route-server-client")),
            modeled(concat!($prefix, " neighbor * send-community …")),
            modeled(concat!($prefix, " neighbor * weight *")),
            modeled(concat!($prefix, " neighbor * allowas-in")),
            modeled(concat!($prefix, " neighbor * allowas-in *")),
            modeled(concat!($prefix, " neighbor * as-override")),
            modeled(concat!($prefix, " neighbor * remove-private-as …")),
            modeled(concat!($prefix, " neighbor * default-originate …")),
            modeled(concat!($prefix, " neighbor * unsuppress-map *")),
            modeled(concat!($prefix, " neighbor * maximum-prefix …")),
            irrelevant(concat!($prefix, " neighbor * description …"), "a note"),
            irrelevant(
                concat!($prefix, " neighbor * soft-reconfiguration …"),
                "keeps what was received",
            ),
            irrelevant(
                concat!($prefix, " neighbor * timers|advertisement-interval|bfd …"),
                TIMERS,
            ),
            irrelevant(
                concat!(
                    $prefix,
                    " neighbor * capability|dont-capability-negotiate …"
                ),
                SENDING,
            ),
            unmodeled(concat!($prefix, " neighbor * capability orf …"), Routing),
            unmodeled(
                concat!($prefix, " neighbor * capability extended-nexthop …"),
                Routing,
            ),
            irrelevant(concat!($prefix, " neighbor * tcp-mss …"), SENDING),
            irrelevant(
                concat!($prefix, " neighbor * sender-as-path-loop-detection"),
                "keeps back what the peer would refuse",
            ),
            irrelevant(
                concat!(
                    $prefix,
                    " neighbor * graceful-restart|graceful-restart-helper|graceful-restart-disable"
                ),
                RESTART,
            ),
            unmodeled(concat!($prefix, " neighbor …"), Routing),
            modeled(concat!($prefix, " network *")),
            modeled(concat!($prefix, " network * route-map *")),
            modeled(concat!($prefix, " aggregate-address …")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " maximum-paths ibgp *")),
            modeled(concat!($prefix, " distance bgp * * *")),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Lines of a process, after the words that open it.
macro_rules! process {
    ($prefix:literal) => {
        &[
            modeled($prefix),
            modeled(concat!($prefix, " / bgp router-id *")),
            modeled(concat!($prefix, " / bgp default ipv4-unicast")),
            irrelevant(concat!($prefix, " / bgp default ipv6-unicast|show-hostname|show-nexthop-hostname"), IPV6),
            modeled(concat!($prefix, " / bgp default local-preference *")),
            modeled(concat!($prefix, " / bgp ebgp-requires-policy")),
            modeled(concat!($prefix, " / bgp network import-check")),
            modeled(concat!($prefix, " / bgp always-compare-med")),
            modeled(concat!($prefix, " / bgp deterministic-med")),
            modeled(concat!($prefix, " / bgp cluster-id *")),
            modeled(concat!($prefix, " / bgp confederation identifier *")),
            modeled(concat!($prefix, " / bgp confederation peers …")),
            modeled(concat!($prefix, " / bgp bestpath compare-routerid")),
            modeled(concat!($prefix, " / bgp bestpath as-path ignore|multipath-relax")),
            modeled(concat!($prefix, " / bgp bestpath med missing-as-worst|confed …")),
            modeled(concat!($prefix, " / bgp listen range * peer-group *")),
            irrelevant(concat!($prefix, " / bgp log-neighbor-changes"), ALARMS),
            irrelevant(concat!($prefix, " / bgp snmp …"), ALARMS),
            irrelevant(
                concat!($prefix, " / bgp graceful-restart|graceful-shutdown|long-lived-graceful-restart …"),
                RESTART,
            ),
            unmodeled(concat!($prefix, " / bgp graceful-shutdown …"), Routing),
            irrelevant(
                concat!($prefix, " / bgp fast-external-failover|minimum-holdtime|fast-convergence|update-delay|session-dscp …"),
                TIMERS,
            ),
            irrelevant(concat!($prefix, " / bgp suppress-duplicates|hard-administrative-reset …"), SENDING),
            unmodeled(concat!($prefix, " / bgp …"), Routing),
            irrelevant(concat!($prefix, " / timers|coalesce-time|update-delay|read-quanta|write-quanta …"), TIMERS),
            modeled(concat!($prefix, " / address-family ipv4 unicast")),
            irrelevant(concat!($prefix, " / address-family ipv6 …"), IPV6),
            irrelevant(concat!($prefix, " / address-family ipv6 … / …"), IPV6),
            unmodeled(concat!($prefix, " / address-family …"), Routing),
            unmodeled(concat!($prefix, " / address-family … / …"), Routing),
        ]
    };
}

/// Path to support.
pub(super) static TABLES: &[&[Command]] = &[
    table!("router bgp * /"),
    table!("router bgp * / address-family ipv4 unicast /"),
    process!("router bgp *"),
    table!("router bgp * vrf * /"),
    table!("router bgp * vrf * / address-family ipv4 unicast /"),
    process!("router bgp * vrf *"),
];
