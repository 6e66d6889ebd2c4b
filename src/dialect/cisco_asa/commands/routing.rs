//! Commands of routing.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "alarms";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the process or supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("route * * * …"),
    unmodeled("route …", Routing),
    modeled("track * rtr * reachability"),
    unmodeled("track …", Routing),
    unmodeled("key chain …", Routing),
    unmodeled("router …", Routing),
    unmodeled("router … / …", Routing),
    unmodeled("policy-list|as-path|community-list|bfd …", Routing),
    unmodeled("policy-list … / …", Routing),
    modeled("prefix-list * permit|deny …"),
    modeled("prefix-list * seq …"),
    irrelevant("prefix-list * description …", "a note"),
    unmodeled("prefix-list …", Routing),
    modeled("route-map …"),
    irrelevant("route-map … / description …", "a note"),
    modeled("route-map … / match ip address …"),
    modeled("route-map … / match metric|tag …"),
    modeled("route-map … / set metric|metric-type|tag|local-preference|weight|origin …"),
    modeled("route-map … / set as-path prepend …"),
    modeled("route-map … / set community …"),
    irrelevant("route-map … / set|match ipv6 …", IPV6),
    otherwise("route-map … / …", Routing),
    // OSPF.
    modeled("router ospf *"),
    modeled("router ospf * / router-id *"),
    modeled("router ospf * / no router-id"),
    modeled("router ospf * / network * * area *"),
    modeled("router ospf * / passive-interface …"),
    modeled("router ospf * / area …"),
    modeled("router ospf * / redistribute …"),
    modeled("router ospf * / default-information …"),
    modeled("router ospf * / auto-cost reference-bandwidth *"),
    modeled("router ospf * / distance …"),
    modeled("router ospf * / distribute-list|summary-address …"),
    modeled("router ospf * / default-metric *"),
    irrelevant(
        "router ospf * / log-adj-changes|log-adjacency-changes …",
        ALARMS,
    ),
    irrelevant(
        "router ospf * / no log-adj-changes|log-adjacency-changes …",
        ALARMS,
    ),
    irrelevant("router ospf * / timers …", TIMERS),
    irrelevant("router ospf * / nsf …", RESTART),
    irrelevant("router ospf * / ignore lsa mospf", ALARMS),
    otherwise("router ospf * / …", Routing),
    // EIGRP.
    modeled("router eigrp *"),
    modeled("router eigrp * / network *"),
    modeled("router eigrp * / network * *"),
    modeled("router eigrp * / eigrp router-id *"),
    modeled("router eigrp * / eigrp stub …"),
    irrelevant(
        "router eigrp * / eigrp log-neighbor-changes|log-neighbor-warnings …",
        ALARMS,
    ),
    irrelevant(
        "router eigrp * / no eigrp log-neighbor-changes|log-neighbor-warnings …",
        ALARMS,
    ),
    modeled("router eigrp * / passive-interface …"),
    modeled("router eigrp * / redistribute …"),
    modeled("router eigrp * / default-metric * * * * *"),
    modeled("router eigrp * / auto-summary"),
    modeled("router eigrp * / distance eigrp * *"),
    otherwise("router eigrp * / …", Routing),
    // BGP.
    modeled("router bgp *"),
    modeled("router bgp * / bgp router-id *"),
    modeled("router bgp * / bgp default local-preference *"),
    modeled("router bgp * / bgp always-compare-med|deterministic-med|enforce-first-as"),
    modeled("router bgp * / bgp bestpath compare-routerid"),
    modeled("router bgp * / bgp bestpath med …"),
    irrelevant("router bgp * / bgp log-neighbor-changes", ALARMS),
    irrelevant("router bgp * / bgp graceful-restart …", RESTART),
    irrelevant("router bgp * / bgp asnotation …", "how numbers are shown"),
    irrelevant("router bgp * / timers bgp …", TIMERS),
    modeled("router bgp * / address-family ipv4 unicast"),
    irrelevant("router bgp * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / address-family ipv6 … / …", IPV6),
    otherwise("router bgp * / …", Routing),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * remote-as *"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * activate"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * shutdown"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * ebgp-multihop …"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * next-hop-self"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * password …"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * send-community …"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * weight *"),
    modeled("router bgp * / address-family ipv4 unicast / neighbor * default-originate"),
    modeled(
        "router bgp * / address-family ipv4 unicast / neighbor * route-map|prefix-list|filter-list * in|out",
    ),
    irrelevant(
        "router bgp * / address-family ipv4 unicast / neighbor * transport path-mtu-discovery …",
        "how updates are sent, not what they say",
    ),
    irrelevant(
        "router bgp * / address-family ipv4 unicast / neighbor * description …",
        "a note",
    ),
    irrelevant(
        "router bgp * / address-family ipv4 unicast / neighbor * timers …",
        TIMERS,
    ),
    irrelevant(
        "router bgp * / address-family ipv4 unicast / neighbor * version 4",
        "the default",
    ),
    modeled("router bgp * / address-family ipv4 unicast / network *"),
    modeled("router bgp * / address-family ipv4 unicast / network * mask *"),
    modeled("router bgp * / address-family ipv4 unicast / network * mask * route-map *"),
    modeled("router bgp * / address-family ipv4 unicast / redistribute …"),
    modeled("router bgp * / address-family ipv4 unicast / aggregate-address …"),
    modeled("router bgp * / address-family ipv4 unicast / distance bgp * * *"),
    modeled("router bgp * / address-family ipv4 unicast / maximum-paths …"),
    modeled("router bgp * / address-family ipv4 unicast / auto-summary"),
    modeled("router bgp * / address-family ipv4 unicast / synchronization"),
    otherwise("router bgp * / address-family ipv4 unicast / …", Routing),
];
