//! First-hop redundancy: who answers for a virtual address (HSRP, VRRP, GLBP).
//!
//! The steady state: the highest priority wins, then the highest interface address (RFC 2281 §5.3,
//! RFC 9568 §6.4.3), among the members that hear each other.
//! Members that do not hear each other, or differ in what they must agree on, each win.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::analysis::Symbol;
use crate::analysis::world::{InterfaceId, VirtualAddress, World};
use crate::model::interface::{FirstHopGroup, FirstHopProtocol};
use crate::source::StatementRef;

/// Priority of a group that names none (RFC 2281 §5.1, RFC 9568 §5.2.4).
const PRIORITY: u8 = 100;
/// Priority of the router that owns the virtual address (RFC 9568 §5.2.4).
const OWNER_PRIORITY: u8 = 255;

/// A router that answers for a virtual address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRouter {
    /// Interface.
    pub interface: InterfaceId,
    /// Device.
    pub device: Arc<str>,
    /// Full name of the interface.
    pub interface_name: Arc<str>,
    /// Protocol.
    pub protocol: FirstHopProtocol,
    /// Group number.
    pub group: u16,
    /// Priority after tracking.
    pub priority: u8,
    /// The statement that gives the virtual address; none where the router learns it.
    pub at: Option<StatementRef>,
    /// Every interface that took part in the choice, this one too.
    pub members: BTreeSet<InterfaceId>,
}

/// Who answers for a virtual address: one router, or one of each part that does not hear the rest.
///
/// Of GLBP every member forwards; all are given.
pub fn active_router(world: &World<'_>, address: Ipv4Addr) -> Vec<ActiveRouter> {
    let mut open: Vec<VirtualAddress<'_>> = members(world, address);
    let mut active = Vec::new();
    while let Some(first) = open.first().copied() {
        let (part, rest): (Vec<_>, Vec<_>) = open.iter().copied().partition(|other| {
            first.interface == other.interface
                || (agree(first.group, other.group)
                    && world.are_neighbors(first.interface, other.interface))
        });
        open = rest;
        let members: BTreeSet<InterfaceId> = part.iter().map(|one| one.interface).collect();
        let winner = part.iter().max_by_key(|one| rank(world, one, address));
        let winners: Vec<_> = if first.group.protocol == FirstHopProtocol::Glbp {
            part.iter().collect()
        } else {
            winner.into_iter().collect()
        };
        // A winner that names another address answers for that one only.
        let answers = |one: &&VirtualAddress<'_>| {
            one.group.addresses.is_empty() || place(one.group, address).is_some()
        };
        active.extend(winners.into_iter().filter(answers).map(|one| {
            let entry = world.interface(one.interface);
            ActiveRouter {
                interface: one.interface,
                device: world.device(entry.device).name.clone(),
                interface_name: entry.name.clone(),
                protocol: one.group.protocol,
                group: one.group.group,
                priority: rank(world, one, address).0,
                at: place(one.group, address),
                members: members.clone(),
            }
        }));
    }
    active.sort_by_key(|one| one.interface);
    active
}

/// What is open where several on one wire answer for an address: a group that is split by what its
/// members disagree on, or an address that is given twice.
pub fn contested(world: &World<'_>, address: Ipv4Addr) -> Option<Symbol> {
    let active = active_router(world, address);
    // All members of a GLBP group answer, each for its share of the hosts.
    let share = |one: &ActiveRouter| one.protocol == FirstHopProtocol::Glbp;
    let routers = active.iter().take(if active.iter().all(share) {
        1
    } else {
        usize::MAX
    });
    let owners = world.owners(address).iter().copied();
    let answering: BTreeSet<InterfaceId> = routers.map(|one| one.interface).chain(owners).collect();
    let device = |id: InterfaceId| world.interface(id).device;
    let clash = answering.iter().any(|one| {
        answering
            .iter()
            .any(|other| device(*one) != device(*other) && world.are_neighbors(*one, *other))
    });
    clash.then(|| {
        let names: Vec<String> = answering
            .iter()
            .map(|id| {
                format!(
                    "{} {}",
                    world.device(device(*id)).name,
                    world.interface(*id).name
                )
            })
            .collect();
        Symbol::Undecided(format!(
            "which of {} answers for {address}",
            names.join(", ")
        ))
    })
}

/// Groups that take part: those that name the address, and those of the same number on the same
/// wire, which learn it (`standby 1 ip` without an address) or name another one.
fn members<'w>(world: &World<'w>, address: Ipv4Addr) -> Vec<VirtualAddress<'w>> {
    let named = world.virtuals(address);
    let mut members = named.to_vec();
    if named.is_empty() {
        return members;
    }
    for id in world.interface_of_subnet(address) {
        let groups = world
            .interface(*id)
            .facet
            .map_or(&[][..], |facet| &facet.first_hop);
        members.extend(
            groups
                .iter()
                .filter(|group| place(group, address).is_none())
                .filter(|group| named.iter().any(|one| agree(one.group, group)))
                .map(|group| VirtualAddress {
                    interface: *id,
                    group,
                }),
        );
    }
    members
}

/// Whether two groups are one: they ignore each other's messages otherwise.
fn agree(one: &FirstHopGroup, other: &FirstHopGroup) -> bool {
    // HSRP defaults to version 1, VRRP to version 2 (Cisco First Hop Redundancy Protocols
    // Configuration Guide).
    let version = |group: &FirstHopGroup| {
        group.version.unwrap_or(match group.protocol {
            FirstHopProtocol::Vrrp => 2,
            FirstHopProtocol::Hsrp | FirstHopProtocol::Glbp => 1,
        })
    };
    one.protocol == other.protocol
        && one.group == other.group
        && version(one) == version(other)
        && one.authentication == other.authentication
}

/// What decides: priority after tracking, then the interface's address.
fn rank(world: &World<'_>, one: &VirtualAddress<'_>, address: Ipv4Addr) -> (u8, Ipv4Addr) {
    let entry = world.interface(one.interface);
    let own = entry
        .addresses
        .first()
        .map_or(Ipv4Addr::UNSPECIFIED, |(net, _)| net.addr());
    let owner = one.group.protocol == FirstHopProtocol::Vrrp
        && entry.addresses.iter().any(|(net, _)| net.addr() == address);
    if owner {
        return (OWNER_PRIORITY, own);
    }
    let configured = one.group.priority.as_ref().map_or(PRIORITY, |at| at.value);
    let lost = one
        .group
        .tracks
        .iter()
        .filter(|track| {
            world
                .interface_named(entry.device, &track.value.0)
                .is_some_and(|tracked| !world.interface(tracked).up)
        })
        .fold(0_u8, |sum, track| sum.saturating_add(track.value.1));
    (configured.saturating_sub(lost), own)
}

/// The statement that gives a group this address.
fn place(group: &FirstHopGroup, address: Ipv4Addr) -> Option<StatementRef> {
    let mut addresses = group.addresses.iter();
    addresses.find(|at| at.value == address).map(|at| at.at)
}
