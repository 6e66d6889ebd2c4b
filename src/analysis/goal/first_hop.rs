//! First-hop redundancy: who answers for a virtual address (HSRP, VRRP, GLBP).
//!
//! The steady state: the highest priority wins, then the highest interface address (RFC 2281 §5.3,
//! RFC 9568 §6.4.3), among the members that hear each other.
//! Members that do not hear each other, or differ in what they must agree on, each win.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::{Asked, track};
use crate::analysis::Symbol;
use crate::analysis::hello::{self, Facets};
use crate::analysis::world::{DeviceId, InterfaceId, VirtualAddress, World};
use crate::model::interface::{FirstHopGroup, FirstHopProtocol};
use crate::model::secret::Shared as _;
use crate::model::{FacetKey, FacetKind};
use crate::net::registry::{
    ALL_HSRP2_ROUTERS, ALL_ROUTERS, ALL_VRRP_ROUTERS, PORT_GLBP, PORT_HSRP, UDP, VRRP,
};
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

/// Who answers for a virtual address, and what was read to say so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstHop {
    /// One router, or one of each part that does not hear the rest; of GLBP and Virtual-ARP every member.
    pub active: Vec<ActiveRouter>,
    /// What the choice depends on that is not known.
    pub symbols: Vec<Symbol>,
    /// What else was read: filters that the members hear each other through, what decides objects
    /// that they track, and systems that hold the hardware address of shared addresses.
    pub(in crate::analysis) filters: Facets,
    /// Whether a member tracks an object that routes may decide.
    pub(in crate::analysis) by_routes: bool,
}

/// Who answers for a virtual address; found once.
pub fn first_hop(world: &World<'_>, address: Ipv4Addr) -> Arc<FirstHop> {
    if world.virtuals(address).is_empty() && world.owners(address).len() < 2 {
        return Arc::default();
    }
    let known = world.first_hops.lock().ok();
    if let Some(found) = known.as_ref().and_then(|known| known.get(&address)) {
        return Arc::clone(found);
    }
    drop(known);
    let found = Arc::new(choose(world, address));
    if let Ok(mut known) = world.first_hops.lock() {
        known.insert(address, Arc::clone(&found));
    }
    found
}

/// The members that win: those that hear no better one win.
fn choose(world: &World<'_>, address: Ipv4Addr) -> FirstHop {
    let mut found = FirstHop::default();
    let members = ranked(world, address, &mut found);
    let mut winners: Vec<(VirtualAddress<'_>, BTreeSet<InterfaceId>)> = Vec::new();
    let mut lingers = false;
    for (one, rank) in &members {
        let mut follows = false;
        for (winner, part) in &mut winners {
            let joined = winner.interface == one.interface
                || (agree(winner.group, one.group) != Some(false)
                    && shared_mac(world, winner) == shared_mac(world, one)
                    && world.are_neighbors(winner.interface, one.interface)
                    && heard(world, one, winner, &mut found));
            if joined
                && winner.interface != one.interface
                && agree(winner.group, one.group).is_none()
            {
                let symbol = hello::same_key(world, [winner.interface, one.interface]);
                found.symbols.push(symbol);
            }
            if joined {
                part.insert(one.interface);
                follows = true;
                let wins = members
                    .iter()
                    .find(|(known, _)| known.interface == winner.interface);
                lingers |= wins.is_some_and(|(known, won)| {
                    rank.untracked > won.untracked && !preempts(known.group)
                });
            }
        }
        if !follows || is_shared(one.group.protocol) {
            winners.push((*one, BTreeSet::from([one.interface])));
        }
    }
    // A winner that names another address answers for that one only.
    winners
        .retain(|(one, _)| one.group.addresses.is_empty() || place(one.group, address).is_some());
    found.active = winners
        .into_iter()
        .map(|(one, part)| {
            let entry = world.interface(one.interface);
            ActiveRouter {
                interface: one.interface,
                device: world.device(entry.device).name.clone(),
                interface_name: entry.name.clone(),
                protocol: one.group.protocol,
                group: one.group.group,
                priority: members
                    .iter()
                    .find(|(known, _)| known.interface == one.interface)
                    .map_or(0, |(_, rank)| rank.priority),
                at: place(one.group, address),
                members: part,
            }
        })
        .collect();
    found.active.sort_by_key(|one| one.interface);
    found
        .symbols
        .extend(contested(world, address, &found.active));
    if lingers {
        let reason = format!(
            "whether a router without preemption has taken {address} over from one whose tracked \
             object went down"
        );
        found.symbols.push(Symbol::Undecided(reason));
    }
    found
}

/// The members that take part, best first.
fn ranked<'w>(
    world: &World<'w>,
    address: Ipv4Addr,
    found: &mut FirstHop,
) -> Vec<(VirtualAddress<'w>, Rank)> {
    let mut candidates = members(world, address);
    // Without a hardware address for them a switch answers for no shared address (EOS user manual,
    // "ip virtual-router address").
    candidates.retain(|one| {
        let is_anycast = one.group.protocol == FirstHopProtocol::Anycast;
        if is_anycast {
            let device = world.interface(one.interface).device;
            let key = FacetKey::new(FacetKind::System, "");
            let system = (world.device(device).name.clone(), key);
            found.filters.insert(system);
        }
        !is_anycast || shared_mac(world, one).is_some()
    });
    let mut members: Vec<(VirtualAddress<'_>, Rank)> = candidates
        .into_iter()
        .filter_map(|one| Some((one, rank(world, &one, address, found)?)))
        .collect();
    members.sort_by_key(|(one, rank)| std::cmp::Reverse((rank.priority, rank.own, one.interface)));
    members
}

/// The hardware address by which a member answers for an address that all members have.
pub(in crate::analysis) fn shared_mac<'w>(
    world: &World<'w>,
    one: &VirtualAddress<'_>,
) -> Option<&'w str> {
    if one.group.protocol != FirstHopProtocol::Anycast {
        return None;
    }
    let device = world.device(world.interface(one.interface).device).device?;
    let address = device.system("")?.virtual_mac.as_ref()?;
    Some(&address.value)
}

/// Whether a router takes over from one of lower priority (HSRP: RFC 2281 §5.1, off; VRRP:
/// RFC 9568 §6.1, on; GLBP: Cisco First Hop Redundancy Protocols Configuration Guide, off).
fn preempts(group: &FirstHopGroup) -> bool {
    let default = group.protocol == FirstHopProtocol::Vrrp;
    group.preempt.as_ref().map_or(default, |at| at.value)
}

/// Whether all members of a group forward.
fn is_shared(protocol: FirstHopProtocol) -> bool {
    match protocol {
        FirstHopProtocol::Glbp | FirstHopProtocol::Anycast => true,
        FirstHopProtocol::Hsrp | FirstHopProtocol::Vrrp => false,
    }
}

/// Whether a member hears the hellos of another one.
fn heard(
    world: &World<'_>,
    one: &VirtualAddress<'_>,
    other: &VirtualAddress<'_>,
    found: &mut FirstHop,
) -> bool {
    let addresses = &world.interface(other.interface).addresses;
    let Some((source, _)) = addresses.first() else {
        return true;
    };
    let (protocol, destination, port) = match (other.group.protocol, version(other.group)) {
        (FirstHopProtocol::Hsrp, 2) => (UDP, ALL_HSRP2_ROUTERS, PORT_HSRP),
        (FirstHopProtocol::Hsrp, _) => (UDP, ALL_ROUTERS, PORT_HSRP),
        (FirstHopProtocol::Vrrp, _) => (VRRP, ALL_VRRP_ROUTERS, 0),
        (FirstHopProtocol::Glbp, _) => (UDP, ALL_HSRP2_ROUTERS, PORT_GLBP),
        // It sends nothing.
        (FirstHopProtocol::Anycast, _) => return true,
    };
    let message = hello::message(protocol, source.addr(), destination, port);
    let wire = (other.interface, one.interface);
    let heard = hello::carried(world, wire, &message, &mut found.filters);
    found.symbols.extend(heard.symbols);
    !heard.denied
}

/// What is open where several on one wire answer for an address: a group that is split by what its
/// members disagree on or do not hear, or an address that is given twice.
fn contested(world: &World<'_>, address: Ipv4Addr, active: &[ActiveRouter]) -> Option<Symbol> {
    // All members of such a group that hear each other answer, each for its share of the hosts.
    let share = |one: &ActiveRouter| {
        is_shared(one.protocol)
            && active.iter().any(|other| {
                other.interface != one.interface && other.members.contains(&one.interface)
            })
    };
    let routers = active.iter().filter(|one| !share(one));
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
/// wire, which learn it or name another one; a group that does neither takes no part (Cisco First
/// Hop Redundancy Protocols Configuration Guide, "standby ip": it activates the group).
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
                .filter(|group| !group.addresses.is_empty() || group.learns.is_some())
                .filter(|group| {
                    named
                        .iter()
                        .any(|one| agree(one.group, group) != Some(false))
                })
                .map(|group| VirtualAddress {
                    interface: *id,
                    group,
                }),
        );
    }
    members
}

/// Whether two groups are one: they ignore each other's messages otherwise; none: their texts do not
/// tell whether they have the same key.
fn agree(one: &FirstHopGroup, other: &FirstHopGroup) -> Option<bool> {
    let key = |group: &FirstHopGroup| group.authentication.as_ref().map(|at| at.value);
    if one.protocol == other.protocol && one.group == other.group && version(one) == version(other)
    {
        key(one).shared(&key(other))
    } else {
        Some(false)
    }
}

/// The version of a group: HSRP defaults to 1, VRRP to 2 (Cisco First Hop Redundancy Protocols
/// Configuration Guide).
fn version(group: &FirstHopGroup) -> u8 {
    group.version.unwrap_or(match group.protocol {
        FirstHopProtocol::Vrrp => 2,
        FirstHopProtocol::Hsrp | FirstHopProtocol::Glbp | FirstHopProtocol::Anycast => 1,
    })
}

/// What decides between members.
#[derive(Debug, Clone, Copy)]
struct Rank {
    /// Priority after tracking.
    priority: u8,
    /// Priority as if all tracked objects were up.
    untracked: u8,
    /// The interface's address.
    own: Ipv4Addr,
}

/// What decides for a member: priority after tracking, then the interface's address; none: a tracked
/// object shuts it down.
fn rank(
    world: &World<'_>,
    one: &VirtualAddress<'_>,
    address: Ipv4Addr,
    found: &mut FirstHop,
) -> Option<Rank> {
    let entry = world.interface(one.interface);
    let own = entry
        .addresses
        .first()
        .map_or(Ipv4Addr::UNSPECIFIED, |(net, _)| net.addr());
    let owner = one.group.protocol == FirstHopProtocol::Vrrp
        && entry.addresses.iter().any(|(net, _)| net.addr() == address);
    if owner {
        return Some(Rank {
            priority: OWNER_PRIORITY,
            untracked: OWNER_PRIORITY,
            own,
        });
    }
    let configured = one.group.priority.as_ref().map_or(PRIORITY, |at| at.value);
    let mut lost = 0_u8;
    for track in &one.group.tracks {
        let (name, decrement) = &track.value;
        if is_up(world, entry.device, name, found) {
            continue;
        }
        lost = lost.saturating_add((*decrement)?);
    }
    // A priority of 0 says that a router stops (RFC 9568 §5.2.4); tracking goes down to 1.
    Some(Rank {
        priority: configured.saturating_sub(lost).max(1),
        untracked: configured,
        own,
    })
}

/// Whether what a member tracks is up, an interface or an object; what is not known counts as up.
fn is_up(world: &World<'_>, device: DeviceId, name: &str, found: &mut FirstHop) -> bool {
    if let Some(tracked) = world.interface_named(device, name) {
        return world.interface(tracked).up;
    }
    let entry = world.device(device);
    let key = FacetKey::new(FacetKind::Track, name);
    found.filters.insert((entry.name.clone(), key));
    let known = entry.device.and_then(|device| device.track(name));
    if known.is_none() {
        // An object that is not there is down (Cisco IOS IP Application Services command reference,
        // `track`), an interface may only be unread.
        let reason = format!("{}: whether {name}, which is tracked, is up", entry.name);
        found.symbols.push(Symbol::Undecided(reason));
        return true;
    }
    found.by_routes = true;
    track::filters(world, &mut found.filters);
    let mut asked = Asked::default();
    track::is_up(world, device, name, &mut asked, &mut found.symbols).unwrap_or(true)
}

/// The statement that gives a group this address.
fn place(group: &FirstHopGroup, address: Ipv4Addr) -> Option<StatementRef> {
    let mut addresses = group.addresses.iter();
    addresses.find(|at| at.value == address).map(|at| at.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::test_network::{network, with_links};

    /// Who answers where two routers share a group and the second hears past a filter, and whether
    /// that is known.
    fn answering(group: &str, addresses: [&str; 2], filter: &str) -> (Vec<String>, bool) {
        let [one, other] = addresses.map(|address| {
            format!("interface Ethernet1\n ip address {address} 255.255.255.0\n {group}\n")
        });
        let other =
            format!("{other} ip access-group HEARS in\nip access-list extended HEARS\n {filter}");
        let network = network(&[("r1", &one), ("r2", &other)]);
        let network = with_links(network, &[["r1", "Ethernet1", "r2", "Ethernet1"]]);
        let world = World::new(&network, &[], &[]);
        let found = first_hop(&world, Ipv4Addr::new(10, 1, 0, 1));
        let names = found.active.iter().map(|one| one.device.to_string());
        (names.collect(), found.symbols.is_empty())
    }

    #[test]
    fn a_pair_whose_hellos_are_filtered_splits() {
        let cases = [
            (
                "standby 1 ip 10.1.0.1",
                "permit udp any host 224.0.0.2 eq 1985",
            ),
            (
                "standby version 2\n standby 1 ip 10.1.0.1",
                "permit udp any host 224.0.0.102 eq 1985",
            ),
            ("vrrp 1 ip 10.1.0.1", "permit 112 any host 224.0.0.18"),
        ];
        let (one, both) = (
            vec!["r1".to_owned()],
            vec!["r1".to_owned(), "r2".to_owned()],
        );
        for (group, filter) in cases {
            let lower = ["10.1.0.3", "10.1.0.2"];
            assert_eq!(
                answering(group, lower, filter),
                (one.clone(), true),
                "{group}"
            );
            let split = answering(group, lower, "permit tcp any any");
            assert_eq!(split, (both.clone(), false), "{group}");
            // The better router need not hear the other one.
            let higher = answering(group, ["10.1.0.2", "10.1.0.3"], "permit tcp any any");
            assert_eq!(higher, (vec!["r2".to_owned()], true), "{group}");
        }
    }

    /// Who answers where the better router tracks an object that is down, and whether that is known.
    fn tracking(how: &str, other: &str) -> (Vec<String>, bool) {
        let one = format!(
            "track 1 interface Ethernet2 line-protocol\ninterface Ethernet2\n shutdown\n\
             interface Ethernet1\n ip address 10.1.0.2 255.255.255.0\n standby 1 ip 10.1.0.1\n \
             standby 1 priority 110\n standby 1 track {how}\n"
        );
        let other = format!(
            "interface Ethernet1\n ip address 10.1.0.3 255.255.255.0\n standby 1 ip 10.1.0.1\n{other}"
        );
        let network = network(&[("r1", &one), ("r2", &other)]);
        let network = with_links(network, &[["r1", "Ethernet1", "r2", "Ethernet1"]]);
        let world = World::new(&network, &[], &[]);
        let found = first_hop(&world, Ipv4Addr::new(10, 1, 0, 1));
        let names = found.active.iter().map(|one| one.device.to_string());
        (names.collect(), found.symbols.is_empty())
    }

    #[test]
    fn a_tracked_object_that_is_down_costs_a_router_its_place() {
        let preempts = " standby 1 preempt\n";
        let known = |name: &str| (vec![name.to_owned()], true);
        assert_eq!(tracking("1 decrement 20", preempts), known("r2"));
        assert_eq!(tracking("1 decrement 5", preempts), known("r1"));
        assert_eq!(tracking("1 shutdown", preempts), known("r2"));
        assert_eq!(tracking("Ethernet2 20", preempts), known("r2"));
        // Without preemption the other one may never have taken over.
        assert!(!tracking("1 decrement 20", "").1);
        // An object that no file defines.
        assert!(!tracking("7 decrement 20", preempts).1);
    }
}
