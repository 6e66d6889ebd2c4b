//! Commands of packet filters.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Filter, InterfaceFilter};

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    modeled("ip access-list *"),
    modeled("ip access-list * / permit|deny …"),
    irrelevant("ip access-list * / remark …", "a note"),
    irrelevant("ip access-list * / counters|statistics …", "counters"),
    modeled("ip access-list * / no *"),
    otherwise("ip access-list * / …", Filter),
    modeled("ip access-list standard *"),
    modeled("ip access-list standard * / permit|deny …"),
    irrelevant("ip access-list standard * / remark …", "a note"),
    irrelevant(
        "ip access-list standard * / counters|statistics …",
        "counters",
    ),
    modeled("ip access-list standard * / no *"),
    otherwise("ip access-list standard * / …", Filter),
    unmodeled("ip access-list …", InterfaceFilter),
    unmodeled("mac access-list …", InterfaceFilter),
    unmodeled("field-set …", Filter),
    unmodeled("object-group …", Filter),
];
