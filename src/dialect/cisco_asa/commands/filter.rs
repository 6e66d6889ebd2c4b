//! Commands of packet filters, objects and translation.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Device, Filter, InterfaceFilter};

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("access-list * extended …"),
    modeled("access-list * standard …"),
    modeled("access-list * permit|deny …"),
    irrelevant("access-list * remark …", "a note"),
    irrelevant("access-list * line * remark …", "a note"),
    irrelevant(
        "access-list * webtype …",
        "what users of the web portal reach",
    ),
    irrelevant("access-list alert-interval|deny-flow-max *", "rate of logs"),
    unmodeled("access-list * ethertype …", InterfaceFilter),
    unmodeled("access-list * …", Filter),
    modeled("access-group …"),
    modeled("same-security-traffic permit inter-interface|intra-interface"),
    unmodeled("time-range *", InterfaceFilter),
    unmodeled("time-range * / …", InterfaceFilter),
    // Objects.
    modeled("object network *"),
    modeled("object network * / host|subnet|range …"),
    unmodeled("object network * / fqdn …", Filter),
    irrelevant("object network * / description …", "a note"),
    modeled("object network * / nat …"),
    otherwise("object network * / …", Filter),
    modeled("object service *"),
    modeled("object service * / service …"),
    irrelevant("object service * / description …", "a note"),
    otherwise("object service * / …", Filter),
    unmodeled("object …", Filter),
    unmodeled("object … / …", Filter),
    modeled("object-group network|protocol|icmp-type *"),
    modeled("object-group service …"),
    irrelevant(
        "object-group network|protocol|icmp-type * / description …",
        "a note",
    ),
    modeled("object-group network|protocol|icmp-type * / group-object *"),
    otherwise("object-group network|protocol|icmp-type * / …", Filter),
    irrelevant("object-group service … / description …", "a note"),
    modeled("object-group service … / group-object *"),
    otherwise("object-group service … / …", Filter),
    modeled("object-group network * / network-object …"),
    modeled("object-group protocol * / protocol-object *"),
    modeled("object-group icmp-type * / icmp-object *"),
    modeled("object-group service … / service-object …"),
    modeled("object-group service … / port-object …"),
    otherwise("object-group … / …", Filter),
    unmodeled("object-group …", Filter),
    irrelevant(
        "object-group-search …",
        "how groups are searched, not what they match",
    ),
    irrelevant(
        "no object-group-search …",
        "how groups are searched, not what they match",
    ),
    irrelevant(
        "access-list-search|asp …",
        "how rules are searched, not what they match",
    ),
    // Translation.
    modeled("nat …"),
    unmodeled(
        "static|global|nat-control|alias|conduit|outbound|apply …",
        Device,
    ),
    irrelevant("no nat-control", "translation is never required"),
    irrelevant("no asp …", "how rules are searched, not what they match"),
];
