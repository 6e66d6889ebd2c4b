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
/// Why multicast is irrelevant.
const MULTICAST: &str = "multicast only: requirements are unicast";
/// Why the way of sending is irrelevant.
const SENDING: &str = "how updates are sent, not what they say";

/// Lines of peers, after a prefix of words.
macro_rules! peer {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " remote-as *")),
            modeled(concat!($prefix, " local-as …")),
            modeled(concat!($prefix, " shutdown")),
            modeled(concat!($prefix, " activate")),
            modeled(concat!($prefix, " ebgp-multihop")),
            modeled(concat!($prefix, " ebgp-multihop *")),
            modeled(concat!($prefix, " ttl-security hops *")),
            modeled(concat!($prefix, " disable-connected-check")),
            modeled(concat!($prefix, " update-source …")),
            modeled(concat!($prefix, " transport connection-mode passive")),
            irrelevant(concat!($prefix, " transport path-mtu-discovery …"), SENDING),
            irrelevant(concat!($prefix, " transport multi-session"), SENDING),
            modeled(concat!($prefix, " password …")),
            modeled(concat!($prefix, " inherit peer-session|peer-policy …")),
            modeled(concat!(
                $prefix,
                " route-map|prefix-list|distribute-list|filter-list * in|out"
            )),
            modeled(concat!($prefix, " next-hop-self")),
            modeled(concat!($prefix, " next-hop-self all")),
            modeled(concat!($prefix, " next-hop-unchanged …")),
            modeled(concat!($prefix, " route-reflector-client")),
            modeled(concat!($prefix, " route-server-client")),
            modeled(concat!($prefix, " send-community …")),
            modeled(concat!($prefix, " weight *")),
            modeled(concat!($prefix, " allowas-in …")),
            modeled(concat!($prefix, " as-override")),
            modeled(concat!($prefix, " remove-private-as …")),
            modeled(concat!($prefix, " default-originate …")),
            modeled(concat!($prefix, " advertise-map …")),
            modeled(concat!($prefix, " unsuppress-map *")),
            modeled(concat!($prefix, " maximum-prefix …")),
            modeled(concat!($prefix, " additional-paths send|receive|disable …")),
            irrelevant(concat!($prefix, " description …"), "a note"),
            irrelevant(concat!($prefix, " version 4"), "the default"),
            irrelevant(
                concat!($prefix, " soft-reconfiguration …"),
                "keeps what was received",
            ),
            irrelevant(concat!($prefix, " advertisement-interval *"), TIMING),
            irrelevant(concat!($prefix, " timers * *"), TIMING),
            irrelevant(concat!($prefix, " timers"), TIMING),
            irrelevant(concat!($prefix, " fall-over"), TIMING),
            irrelevant(concat!($prefix, " fall-over bfd …"), TIMING),
            irrelevant(concat!($prefix, " log-neighbor-changes …"), ALARMS),
            irrelevant(concat!($prefix, " ha-mode …"), RESTART),
            irrelevant(concat!($prefix, " capability graceful-restart …"), RESTART),
            irrelevant(concat!($prefix, " slow-peer …"), SENDING),
            irrelevant(
                concat!($prefix, " dmzlink-bw"),
                "shares of equal paths, all are judged",
            ),
            unmodeled(
                concat!($prefix, " shutdown|transport|capability|timers …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " soo|aigp|send-label|path-attribute|fall-over …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " advertise|translate-update|cluster-id …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " dont-capability-negotiate|orf|enforce-first-as …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " internal-vpn-client|prefix-length-size …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " filter-list|route-server-client …"),
                Routing,
            ),
        ]
    };
}

/// Lines about the routes of one VRF, after a prefix of words.
macro_rules! table {
    ($prefix:literal) => {
        &[
            modeled(concat!($prefix, " neighbor *")),
            modeled(concat!($prefix, " neighbor * peer-group …")),
            modeled(concat!($prefix, " network *")),
            modeled(concat!($prefix, " network * mask *")),
            modeled(concat!($prefix, " network * route-map|backdoor|weight …")),
            modeled(concat!(
                $prefix,
                " network * mask * route-map|backdoor|weight …"
            )),
            modeled(concat!($prefix, " aggregate-address …")),
            modeled(concat!($prefix, " redistribute …")),
            modeled(concat!($prefix, " maximum-paths *")),
            modeled(concat!($prefix, " maximum-paths ibgp|eibgp *")),
            modeled(concat!($prefix, " no maximum-paths …")),
            unmodeled(concat!($prefix, " maximum-paths …"), Routing),
            modeled(concat!($prefix, " distance bgp * * *")),
            modeled(concat!($prefix, " no distance bgp")),
            unmodeled(concat!($prefix, " distance …"), Routing),
            modeled(concat!($prefix, " default-information originate")),
            modeled(concat!($prefix, " default-metric *")),
            modeled(concat!($prefix, " no default-metric")),
            modeled(concat!($prefix, " table-map * filter")),
            modeled(concat!($prefix, " no table-map …")),
            unmodeled(concat!($prefix, " table-map …"), Routing),
            modeled(concat!($prefix, " auto-summary")),
            modeled(concat!($prefix, " synchronization")),
            modeled(concat!($prefix, " bgp router-id *")),
            modeled(concat!($prefix, " no bgp router-id")),
            modeled(concat!(
                $prefix,
                " bgp suppress-inactive|redistribute-internal"
            )),
            modeled(concat!($prefix, " bgp listen range * peer-group *")),
            irrelevant(
                concat!($prefix, " bgp dampening …"),
                "suppresses routes that flap, none that are stable",
            ),
            irrelevant(concat!($prefix, " bgp aggregate-timer|scan-time *"), TIMING),
            irrelevant(concat!($prefix, " bgp nexthop trigger …"), TIMING),
            irrelevant(concat!($prefix, " bgp slow-peer …"), SENDING),
            irrelevant(concat!($prefix, " bgp soft-reconfig-backup"), SENDING),
            irrelevant(
                concat!($prefix, " bgp dmzlink-bw"),
                "shares of equal paths, all are judged",
            ),
            irrelevant(concat!($prefix, " snmp …"), ALARMS),
            unmodeled(concat!($prefix, " bgp nexthop …"), Routing),
            unmodeled(
                concat!($prefix, " bgp additional-paths|recursion …"),
                Routing,
            ),
            unmodeled(
                concat!($prefix, " import|export|distribute-list …"),
                Routing,
            ),
            otherwise(concat!($prefix, " …"), Routing),
        ]
    };
}

/// Commands of the process.
pub(super) static PROCESS: &[Command] = &[
    modeled("router bgp *"),
    modeled("router bgp * / bgp default ipv4-unicast"),
    modeled("router bgp * / bgp default local-preference *"),
    modeled("router bgp * / no bgp default local-preference"),
    irrelevant(
        "router bgp * / bgp default route-target filter",
        "routes of VPNs between providers' routers",
    ),
    modeled("router bgp * / bgp confederation identifier *"),
    modeled("router bgp * / no bgp confederation identifier"),
    modeled("router bgp * / bgp confederation peers …"),
    modeled("router bgp * / bgp cluster-id *"),
    modeled("router bgp * / no bgp cluster-id"),
    modeled("router bgp * / bgp always-compare-med|deterministic-med|enforce-first-as"),
    modeled("router bgp * / bgp bestpath med …"),
    modeled("router bgp * / bgp bestpath compare-routerid"),
    modeled("router bgp * / bgp bestpath as-path ignore|multipath-relax"),
    modeled("router bgp * / bgp bestpath igp-metric ignore"),
    unmodeled("router bgp * / bgp bestpath …", Routing),
    irrelevant("router bgp * / bgp log-neighbor-changes …", ALARMS),
    irrelevant("router bgp * / bgp graceful-restart …", RESTART),
    irrelevant("router bgp * / bgp sso …", RESTART),
    irrelevant("router bgp * / bgp update-delay …", RESTART),
    irrelevant("router bgp * / bgp fast-external-fallover …", TIMING),
    irrelevant("router bgp * / bgp nopeerup-delay …", TIMING),
    irrelevant("router bgp * / bgp transport …", SENDING),
    irrelevant("router bgp * / bgp asnotation …", "how numbers are shown"),
    irrelevant("router bgp * / bgp upgrade-cli …", "form of the text"),
    irrelevant(
        "router bgp * / bgp regexp …",
        "how expressions are computed",
    ),
    irrelevant("router bgp * / bgp consistency-checker …", ALARMS),
    irrelevant("router bgp * / timers bgp * *", TIMING),
    unmodeled("router bgp * / timers …", Routing),
    unmodeled(
        "router bgp * / bgp client-to-client|maxas-limit|rpki|inject-map …",
        Routing,
    ),
    unmodeled(
        "router bgp * / bgp advertise-best-external|listen|route-map …",
        Routing,
    ),
    unmodeled("router bgp * / scope …", Routing),
    modeled("router bgp * / template peer-session|peer-policy *"),
    modeled("router bgp * / address-family ipv4 …"),
    unmodeled(
        "router bgp * / address-family ipv4 flowspec|tunnel|labeled-unicast …",
        Routing,
    ),
    unmodeled(
        "router bgp * / address-family ipv4 flowspec|tunnel|labeled-unicast … / …",
        Routing,
    ),
    unmodeled("router bgp * / address-family ipv4 sr-policy …", Routing),
    unmodeled(
        "router bgp * / address-family ipv4 sr-policy … / …",
        Routing,
    ),
    irrelevant(
        "router bgp * / address-family ipv4 multicast|mdt|mvpn …",
        MULTICAST,
    ),
    irrelevant(
        "router bgp * / address-family ipv4 multicast|mdt|mvpn … / …",
        MULTICAST,
    ),
    irrelevant("router bgp * / address-family ipv6 …", IPV6),
    irrelevant("router bgp * / address-family ipv6 … / …", IPV6),
    irrelevant("router bgp * / address-family vpnv6 …", IPV6),
    irrelevant("router bgp * / address-family vpnv6 … / …", IPV6),
    unmodeled("router bgp * / address-family …", Routing),
    unmodeled("router bgp * / address-family … / …", Routing),
];

/// Lines about the routes of the default VRF.
pub(super) static PROCESS_TABLE: &[Command] = table!("router bgp * /");
/// Lines of peers in the process.
pub(super) static PROCESS_PEER: &[Command] = peer!("router bgp * / neighbor *");
/// Lines of an address family.
pub(super) static FAMILY_TABLE: &[Command] = table!("router bgp * / address-family ipv4 … /");
/// Lines of peers in an address family.
pub(super) static FAMILY_PEER: &[Command] =
    peer!("router bgp * / address-family ipv4 … / neighbor *");
/// Lines of templates of peers.
pub(super) static TEMPLATE: &[Command] =
    peer!("router bgp * / template peer-session|peer-policy * /");
