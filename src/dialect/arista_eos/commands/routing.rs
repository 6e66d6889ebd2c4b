//! Commands of routing.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Device, Interface, Routing};

/// Why timers are irrelevant.
const TIMERS: &str = "how fast routes converge, not to what";
/// Why alarms are irrelevant.
const ALARMS: &str = "alarms";
/// Why restarts are irrelevant.
const RESTART: &str = "restart of the supervisor";
/// Why IPv6 is irrelevant.
const IPV6: &str = "IPv6 only: requirements are judged over IPv4";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip routing"),
    modeled("ip routing vrf *"),
    unmodeled("ip routing …", Routing),
    modeled("ip route …"),
    modeled("vrf instance *"),
    modeled("vrf definition *"),
    irrelevant(
        "vrf instance|definition * / rd …",
        "tells routes of one VRF from another's in BGP",
    ),
    irrelevant("vrf instance|definition * / description …", "a note"),
    otherwise("vrf instance|definition * / …", Routing),
    unmodeled("vrf …", Routing),
    unmodeled("ip default-gateway …", Device),
    unmodeled(
        "ip as-path|community-list|extcommunity-list|large-community-list …",
        Routing,
    ),
    unmodeled("ip policy …", Device),
    unmodeled("key chain …", Routing),
    unmodeled("router …", Routing),
    unmodeled("mpls|segment-routing|bfd …", Routing),
    unmodeled("ip fib …", Routing),
    unmodeled("ip fib|hardware|rib|community …", Routing),
    unmodeled("vrrp …", Interface),
    // OSPF.
    modeled("router ospf …"),
    modeled("router ospf … / router-id *"),
    modeled("router ospf … / network * area *"),
    modeled("router ospf … / network * * area *"),
    modeled("router ospf … / passive-interface …"),
    modeled("router ospf … / area …"),
    modeled("router ospf … / redistribute …"),
    modeled("router ospf … / default-information …"),
    modeled("router ospf … / auto-cost reference-bandwidth *"),
    modeled("router ospf … / no auto-cost"),
    modeled("router ospf … / distance ospf …"),
    modeled("router ospf … / maximum-paths *"),
    modeled("router ospf … / max-metric router-lsa"),
    modeled("router ospf … / shutdown"),
    modeled("router ospf … / max-lsa …"),
    irrelevant("router ospf … / log-adjacency-changes …", ALARMS),
    irrelevant("router ospf … / timers …", TIMERS),
    irrelevant("router ospf … / adjacency|lsa|fast …", TIMERS),
    irrelevant("router ospf … / bfd …", TIMERS),
    irrelevant(
        "router ospf … / graceful-restart|graceful-restart-helper …",
        RESTART,
    ),
    modeled("router ospf … / summary-address|distribute-list|compatible|mpls|point-to-point …"),
    modeled("router ospf … / max-metric|dn-bit-ignore|tunnel|ip …"),
    irrelevant("router ospf … / ipv6 …", IPV6),
    otherwise("router ospf … / …", Routing),
    // IS-IS.
    modeled("router isis …"),
    modeled("router isis … / net *"),
    modeled("router isis … / is-type *"),
    modeled("router isis … / passive …"),
    modeled("router isis … / set-overload-bit"),
    irrelevant("router isis … / set-overload-bit on-startup …", RESTART),
    modeled("router isis … / distance *"),
    modeled("router isis … / redistribute|default-information|summary-address …"),
    modeled("router isis … / advertise passive-only"),
    modeled("router isis … / shutdown"),
    modeled("router isis … / address-family ipv4 unicast"),
    modeled("router isis … / address-family ipv4 unicast / maximum-paths *"),
    irrelevant(
        "router isis … / address-family ipv4 unicast / bfd …",
        TIMERS,
    ),
    otherwise("router isis … / address-family ipv4 unicast / …", Routing),
    irrelevant("router isis … / address-family ipv6 …", IPV6),
    irrelevant("router isis … / address-family ipv6 … / …", IPV6),
    irrelevant(
        "router isis … / router-id …",
        "a name: neighbors go by the system id",
    ),
    irrelevant("router isis … / log-adjacency-changes …", ALARMS),
    irrelevant("router isis … / spf-interval|timers|lsp …", TIMERS),
    irrelevant("router isis … / graceful-restart …", RESTART),
    irrelevant("router isis … / graceful-restart … / …", RESTART),
    irrelevant("router isis … / is-hostname …", ALARMS),
    otherwise("router isis … / …", Routing),
    // RIP.
    modeled("router rip …"),
    modeled("router rip … / network *"),
    modeled("router rip … / distance *"),
    modeled("router rip … / default-metric *"),
    modeled("router rip … / redistribute …"),
    modeled("router rip … / shutdown"),
    irrelevant("router rip … / timers …", TIMERS),
    otherwise("router rip … / …", Routing),
];
