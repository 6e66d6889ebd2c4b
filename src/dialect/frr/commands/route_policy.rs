//! Commands of route maps and of the lists that they name.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::Routing;

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip prefix-list * permit|deny …"),
    modeled("ip prefix-list * seq …"),
    irrelevant("ip prefix-list * description …", "a note"),
    irrelevant("ip prefix-list sequence-number", "the default"),
    unmodeled("ip prefix-list …", Routing),
    modeled("access-list * permit|deny …"),
    modeled("access-list * seq …"),
    irrelevant("access-list * remark …", "a note"),
    unmodeled("access-list …", Routing),
    modeled("bgp as-path access-list * permit|deny …"),
    modeled("bgp as-path access-list * seq …"),
    modeled("bgp community-list * permit|deny …"),
    modeled("bgp community-list * seq …"),
    modeled("bgp community-list standard|expanded * permit|deny …"),
    modeled("bgp community-list standard|expanded * seq …"),
    unmodeled(
        "bgp as-path|community-list|extcommunity-list|large-community-list|community|send-extra-data …",
        Routing,
    ),
    unmodeled("bgp community alias …", Routing),
    modeled("route-map * permit|deny *"),
    irrelevant("route-map optimization", "how fast it is looked through"),
    irrelevant("route-map * optimization", "how fast it is looked through"),
    irrelevant("route-map * permit|deny * / description …", "a note"),
    modeled("route-map * permit|deny * / match ip address *"),
    modeled("route-map * permit|deny * / match ip address prefix-list *"),
    modeled("route-map * permit|deny * / match ip next-hop *"),
    modeled("route-map * permit|deny * / match ip next-hop prefix-list *"),
    modeled("route-map * permit|deny * / match as-path *"),
    modeled("route-map * permit|deny * / match community …"),
    modeled("route-map * permit|deny * / match interface|metric|tag|local-preference *"),
    unmodeled("route-map * permit|deny * / match …", Routing),
    modeled(
        "route-map * permit|deny * / set metric|metric-type|tag|local-preference|weight|origin *",
    ),
    modeled("route-map * permit|deny * / set as-path prepend …"),
    modeled("route-map * permit|deny * / set community|comm-list …"),
    modeled("route-map * permit|deny * / set ip next-hop *"),
    irrelevant("route-map * permit|deny * / set ipv6 …", super::IPV6),
    unmodeled("route-map * permit|deny * / set …", Routing),
    modeled("route-map * permit|deny * / on-match next"),
    modeled("route-map * permit|deny * / on-match goto *"),
    modeled("route-map * permit|deny * / continue …"),
    otherwise("route-map * permit|deny * / …", Routing),
    unmodeled("route-map …", Routing),
];
