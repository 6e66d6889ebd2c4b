//! Messages between routers, past the filters of the devices that send, pass and hear them.
//!
//! A router's own messages pass no outgoing ACL (Cisco IOS Security Configuration Guide, "IP access
//! list overview": packets that originate at the router); the Linux packet filter has chains for
//! what a host sends and hears. ACLs of a firewall's interfaces are about what passes through it
//! (Cisco ASA CLI Configuration Guide, "access rules": to-the-box traffic).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::filter::chain::{self, Hook, Meeting};
use super::filter::{FilterReads, Piece};
use super::world::{DeviceId, InterfaceId, World};
use super::{PacketBox, Symbol, filter};
use crate::model::packet_filter::ConnectionState;
use crate::model::secret::Shared;
use crate::model::zone::SELF;
use crate::model::{FacetKey, FacetKind};
use crate::net::registry::{TCP, UDP};
use crate::set::{Arena, BudgetExceeded, Layout, SetId};

/// Nodes that the filter of one message may take (a limit of this tool).
const NODES: u32 = 100_000;
/// Ports that clients take (RFC 6056 §3.2).
const EPHEMERAL: (u16, u16) = (1024, u16::MAX);

/// Facets with their devices.
pub(super) type Facets = BTreeSet<(Arc<str>, FacetKey)>;

/// What messages met on their way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Whether some of them are denied.
    pub(super) denied: bool,
    /// Whether all of them are.
    pub(super) cut: bool,
    /// What that depends on.
    pub(super) symbols: Vec<Symbol>,
}

impl Heard {
    /// Both of two.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.denied |= other.denied;
        self.cut |= other.cut;
        self.symbols.extend(other.symbols);
        self
    }
}

/// What was read of filters, and what of them is not known.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// Facets that were read.
    pub(super) filters: Facets,
    /// What is not known.
    pub(super) doubts: BTreeSet<Symbol>,
}

impl Hearing {
    /// Whether no message is denied on the way from one interface to another on its wire.
    pub(super) fn carries(
        &mut self,
        world: &World<'_>,
        (from, to): (InterfaceId, InterfaceId),
        message: &PacketBox,
    ) -> bool {
        let heard = carried(world, (from, to), message, &mut self.filters);
        self.doubts.extend(heard.symbols);
        !heard.denied
    }

    /// Whether two interfaces may sign their messages alike; where the texts do not tell, that is
    /// noted.
    pub(super) fn shares<T: Shared>(
        &mut self,
        world: &World<'_>,
        ends: [InterfaceId; 2],
        keys: [&T; 2],
    ) -> bool {
        let [one, other] = keys;
        let shared = one.shared(other);
        if shared.is_none() {
            self.doubts.insert(same_key(world, ends));
        }
        shared != Some(false)
    }
}

/// That two routers may not have the same key.
pub(super) fn same_key(world: &World<'_>, mut ends: [InterfaceId; 2]) -> Symbol {
    ends.sort_unstable();
    let [one, other] = ends.map(|id| {
        let entry = world.interface(id);
        format!("{} {}", world.device(entry.device).name, entry.name)
    });
    Symbol::Undecided(format!(
        "whether {one} and {other} have the same key, which their texts do not show"
    ))
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

/// First segments of connections over TCP to a port.
pub(super) fn opening(source: Ipv4Addr, destination: Ipv4Addr, port: u16) -> PacketBox {
    PacketBox {
        source_port: EPHEMERAL,
        destination_port: (port, port),
        ..message(TCP, source, destination, 0)
    }
}

/// What answers [`opening`], to be sent by `source`.
pub(super) fn answer(source: Ipv4Addr, destination: Ipv4Addr, port: u16) -> PacketBox {
    PacketBox {
        source_port: (port, port),
        destination_port: EPHEMERAL,
        established: (1, 1),
        ..message(TCP, source, destination, 0)
    }
}

/// What a message meets from one interface to another on its wire, at both of which it ends.
pub(super) fn carried(
    world: &World<'_>,
    (from, to): (InterfaceId, InterfaceId),
    message: &PacketBox,
    reads: &mut Facets,
) -> Heard {
    let mut way = Way::new(world, message, reads);
    way.leave(world.interface(from).device, None, from);
    way.enter(to);
    way.end(to);
    way.heard()
}

/// A message on its way.
pub(super) struct Way<'w, 'a, 'r> {
    /// The network.
    world: &'w World<'a>,
    /// What was read.
    reads: &'r mut Facets,
    /// Sets of packets.
    arena: Arena<u32>,
    /// What is left of it; none where that is not known.
    left: Option<SetId>,
    /// What connection tracking says of it.
    state: ConnectionState,
    /// What it met.
    heard: Heard,
}

impl<'w, 'a, 'r> Way<'w, 'a, 'r> {
    /// A message at its beginning.
    pub(super) fn new(world: &'w World<'a>, message: &PacketBox, reads: &'r mut Facets) -> Self {
        let mut arena = Arena::with_budget(Layout::packets(), NODES);
        let left = arena.from_box(&message.ranges()).ok();
        let state = if message.established.0 == 0 {
            ConnectionState::New
        } else {
            ConnectionState::Established
        };
        Self {
            world,
            reads,
            arena,
            left,
            state,
            heard: Heard::default(),
        }
    }

    /// The same message of a connection that its filters know.
    pub(super) fn within_session(mut self) -> Self {
        self.state = ConnectionState::Established;
        self
    }

    /// What the message met so far.
    pub(super) fn heard(self) -> Heard {
        let mut heard = self.heard;
        heard.cut = self.left.is_some_and(SetId::is_empty);
        heard
    }

    /// It leaves a device, which sends it itself where it did not enter.
    pub(super) fn leave(
        &mut self,
        device: DeviceId,
        ingress: Option<InterfaceId>,
        egress: InterfaceId,
    ) {
        let hook = match ingress {
            Some(_) => Hook::Forward,
            None => Hook::Output,
        };
        self.chains(device, hook, ingress, Some(egress));
        if ingress.is_none() {
            return;
        }
        if let Some(acl) = self.facet(egress).and_then(|facet| facet.acl_out.as_ref()) {
            self.acl(device, &acl.value);
        }
        let config = self.world.device(device).device;
        let named = |id| self.facet(id).is_some_and(|facet| facet.zone.is_some());
        let stateful = config.is_some_and(|config| {
            config.nat("").is_some()
                || config.firewall("").is_some()
                || [ingress, Some(egress)].into_iter().flatten().any(named)
        });
        if stateful {
            self.doubt(device, "lets routers' own sessions pass");
        }
    }

    /// It enters a device.
    pub(super) fn enter(&mut self, interface: InterfaceId) {
        let device = self.world.interface(interface).device;
        let config = self.world.device(device).device;
        let is_firewall = config.is_some_and(|config| config.firewall("").is_some());
        let acl = self
            .facet(interface)
            .and_then(|facet| facet.acl_in.as_ref());
        if let Some(acl) = acl.filter(|_| !is_firewall) {
            self.acl(device, &acl.value);
        }
    }

    /// It was for the device that it entered.
    pub(super) fn end(&mut self, interface: InterfaceId) {
        let device = self.world.interface(interface).device;
        self.chains(device, Hook::Input, Some(interface), None);
        let zone = self.facet(interface).and_then(|facet| facet.zone.as_ref());
        let config = self.world.device(device).device;
        let policed = zone.zip(config).is_some_and(|(zone, config)| {
            let mut pairs = config.zone_pairs();
            pairs.any(|(_, pair)| pair.to == SELF && pair.from == zone.value)
        });
        if policed {
            self.doubt(device, "takes routers' messages past its zone pairs");
        }
    }

    /// The settings of an interface.
    fn facet(&self, id: InterfaceId) -> Option<&'a crate::model::interface::Interface> {
        self.world.interface(id).facet
    }

    /// Something that is not known of a device.
    fn doubt(&mut self, device: DeviceId, what: &str) {
        let name = &self.world.device(device).name;
        let reason = format!("whether {name} {what}");
        self.heard.symbols.push(Symbol::Undecided(reason));
    }

    /// Past an ACL.
    fn acl(&mut self, device: DeviceId, name: &str) {
        let mut keys = FilterReads::new();
        let Some(set) = self.left else {
            return;
        };
        let pieces = filter::evaluate_acl(
            &mut self.arena,
            self.world,
            device,
            name,
            set,
            &|_| None,
            &mut keys,
        );
        self.past(device, name, pieces.map(Some), keys);
    }

    /// Past the Linux packet filter of a device.
    fn chains(
        &mut self,
        device: DeviceId,
        hook: Hook,
        ingress: Option<InterfaceId>,
        egress: Option<InterfaceId>,
    ) {
        let Some(set) = self.left else {
            return;
        };
        let world = self.world;
        let name = |id: InterfaceId| &*world.interface(id).name;
        let meeting = Meeting {
            hook,
            ingress: ingress.map(name),
            egress: egress.map(name),
            state: self.state,
        };
        let mut keys = FilterReads::new();
        let pieces = chain::evaluate(&mut self.arena, world, device, meeting, set, &mut keys);
        self.past(device, "packet filter", pieces, keys);
    }

    /// Takes what a filter made of the message.
    fn past(
        &mut self,
        device: DeviceId,
        filter: &str,
        pieces: Result<Option<Vec<Piece>>, BudgetExceeded>,
        keys: FilterReads,
    ) {
        let name = &self.world.device(device).name;
        self.reads
            .extend(keys.into_iter().map(|key| (name.clone(), key)));
        let left = pieces.and_then(|pieces| {
            let Some(pieces) = pieces else {
                return Ok(self.left);
            };
            let mut passed = Vec::new();
            for piece in pieces {
                if piece.permitted {
                    passed.push(piece.set);
                } else {
                    self.heard.denied = true;
                }
                self.heard.symbols.extend(piece.symbols);
            }
            self.arena.or_all(&passed).map(Some)
        });
        self.left = left.unwrap_or_else(|_| {
            let reason = format!("{name}: {filter} is too large for a routing message");
            self.heard.symbols.push(Symbol::Undecided(reason));
            None
        });
    }
}

/// Every facet of a device that a filter on an interface could read.
pub(super) fn filters_of(world: &World<'_>, device: DeviceId) -> Facets {
    let entry = world.device(device);
    let facets = entry.device.into_iter().flat_map(|config| {
        let keys = config.facets.keys().filter(|key| {
            matches!(
                key.kind,
                FacetKind::Acl | FacetKind::ObjectGroup | FacetKind::Interface
            )
        });
        let interfaces = config.interfaces().map(|(_, interface)| interface);
        // Defined or not.
        let acls = interfaces.flat_map(|one| one.acl_in.iter().chain(&one.acl_out));
        let acls = acls.map(|acl| FacetKey::new(FacetKind::Acl, &acl.value));
        keys.cloned().chain(acls).chain(chain::facets())
    });
    facets.map(|key| (entry.name.clone(), key)).collect()
}
