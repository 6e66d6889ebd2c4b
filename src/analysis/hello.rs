//! Messages between routers on one wire, past the filter of the interface that hears them.
//!
//! A router's own messages pass no outgoing filter (Cisco IOS Security Configuration Guide, "IP
//! access list overview": packets that originate at the router), so only the hearing side counts.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::world::{InterfaceId, World};
use super::{PacketBox, Symbol, filter};
use crate::model::FacetKey;
use crate::net::registry::UDP;
use crate::set::{Arena, Layout};

/// Nodes that the filter of one message may take (a limit of this tool).
const NODES: u32 = 100_000;

/// Facets with their devices.
pub(super) type Facets = BTreeSet<(Arc<str>, FacetKey)>;

/// What an interface hears of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Whether its filter denies some of it.
    pub(super) denied: bool,
    /// What that depends on.
    pub(super) symbols: Vec<Symbol>,
}

/// A message of a protocol; only UDP has a port, the same on both sides.
pub(super) fn message(
    protocol: u8,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    port: u16,
) -> PacketBox {
    let port = if protocol == UDP { port } else { 0 };
    PacketBox {
        protocol: (protocol, protocol),
        source: (source, source),
        destination: (destination, destination),
        source_port: (port, port),
        destination_port: (port, port),
        established: (0, 0),
        dscp: (0, u8::MAX >> 2),
    }
}

/// What an interface hears of a message on its wire; notes the filters that were read.
pub(super) fn hears(
    world: &World<'_>,
    interface: InterfaceId,
    message: &PacketBox,
    reads: &mut Facets,
) -> Heard {
    let entry = world.interface(interface);
    let Some(acl) = entry.facet.and_then(|facet| facet.acl_in.as_ref()) else {
        return Heard::default();
    };
    let mut arena = Arena::with_budget(Layout::packets(), NODES);
    let mut keys = BTreeSet::new();
    let pieces = arena.from_box(&message.ranges()).and_then(|set| {
        filter::evaluate_acl(&mut arena, world, entry.device, &acl.value, set, &mut keys)
    });
    let name = &world.device(entry.device).name;
    reads.extend(keys.into_iter().map(|key| (name.clone(), key)));
    let Ok(pieces) = pieces else {
        let reason = format!("{name} ACL {} is too large", acl.value);
        return Heard {
            denied: false,
            symbols: vec![Symbol::Undecided(reason)],
        };
    };
    let mut heard = Heard::default();
    for piece in pieces {
        heard.denied |= !piece.permitted;
        heard.symbols.extend(piece.symbols);
    }
    heard
}
