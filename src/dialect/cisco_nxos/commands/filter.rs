//! Commands of packet filters.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Filter, InterfaceFilter};

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip access-list *"),
    modeled("ip access-list * / permit|deny …"),
    irrelevant("ip access-list * / remark …", "a note"),
    irrelevant("ip access-list * / statistics …", "counters"),
    modeled("ip access-list * / no *"),
    otherwise("ip access-list * / …", Filter),
    unmodeled("ip access-list …", InterfaceFilter),
    irrelevant(
        "ip access-list match-local-traffic",
        "the device's own packets",
    ),
    modeled("object-group ip address|port *"),
    modeled("object-group ip address * / *"),
    modeled("object-group ip address * / host|range *"),
    modeled("object-group ip address * / * *"),
    modeled("object-group ip address * / * host|range *"),
    modeled("object-group ip port * / * eq|neq|lt|gt|range …"),
    modeled("object-group ip port * / eq|neq|lt|gt|range …"),
    irrelevant("object-group ip address|port * / description …", "a note"),
    otherwise("object-group ip address|port * / …", Filter),
    irrelevant(
        "object-group ipv6 …",
        "IPv6 only: requirements are judged over IPv4",
    ),
    unmodeled("object-group …", Filter),
    unmodeled("mac access-list …", InterfaceFilter),
];
