//! Whether a session comes up: packets of both ends reach the other one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::session::{End, Relation, fixed_source};
use super::{SessionId, Speakers};
use crate::analysis::goal::{Asked, NextHop};
use crate::analysis::hello::{self, Facets, Heard, Way};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::analysis::{PacketBox, Symbol};
use crate::net::registry::{PORT_BGP, UDP};

/// Whether a session is up, and what that depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::analysis::goal) struct Liveness {
    /// Whether it is up.
    pub(in crate::analysis::goal) up: bool,
    /// What it depends on that is not known.
    pub(in crate::analysis::goal) doubts: BTreeSet<Symbol>,
}

/// Whether a session is up, given the routes of now.
pub(in crate::analysis::goal) fn liveness(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    id: SessionId,
    asked: &mut Asked,
) -> Liveness {
    let mut live = Liveness::default();
    let Some(session) = speakers.session(id) else {
        return live;
    };
    let [near, far] = &session.ends;
    for end in [near, far] {
        let Some(speaker) = speakers.speaker(end.speaker) else {
            return live;
        };
        let name = &world.device(speaker.device).name;
        for what in &end.peer.unread {
            let reason = format!("{name} bgp: {what} of a peer is not modeled");
            live.doubts.insert(Symbol::Undecided(reason));
        }
    }
    let (Some(ours), Some(theirs)) = (near.address, far.address) else {
        live.doubts.extend(unwired(world, [near, far]));
        live.up = true;
        return live;
    };
    for (end, joined) in [near, far].into_iter().zip(session.joined) {
        let distant = end
            .peer
            .multihop
            .as_ref()
            .is_some_and(|hops| hops.value > 1)
            || end.peer.ttl_security.is_some()
            || end
                .peer
                .disable_connected_check
                .as_ref()
                .is_some_and(|at| at.value);
        if end.relation == Relation::External && !distant && joined.is_none() {
            return live;
        }
    }
    if let Some(heard) = &session.wire {
        live.take(heard, ours, theirs);
        return live;
    }
    let mut best: Option<Heard> = None;
    for (end, peer, own, other) in [(near, theirs, ours, far), (far, ours, theirs, near)] {
        let Some(speaker) = speakers.speaker(end.speaker) else {
            continue;
        };
        let fixed = fixed_source(world, speaker, end, peer);
        let sources = fixed.map_or_else(
            || route_sources(world, end.table, peer, asked),
            |fixed| BTreeSet::from([fixed]),
        );
        let is_open = best.as_ref().is_some_and(|best| !best.denied);
        if end.is_passive() || !sources.contains(&own) || is_open {
            continue;
        }
        let opening = hello::opening(own, peer, PORT_BGP);
        let answer = hello::answer(peer, own, PORT_BGP);
        let there = reaches(world, end.table, Some(other.table), &opening, asked);
        let heard = there.and(reaches(world, other.table, Some(end.table), &answer, asked));
        let rank = |heard: &Heard| (heard.cut, heard.denied);
        if best.as_ref().is_none_or(|best| rank(&heard) < rank(best)) {
            best = Some(heard);
        }
    }
    if let Some(heard) = best {
        live.take(&heard, ours, theirs);
    }
    live
}

/// Where no file shows that both ends of a session over a link without addresses are on one wire.
fn unwired(world: &World<'_>, ends: [&End; 2]) -> Option<Symbol> {
    let wired = |end: &End| end.interface.is_some_and(|id| world.is_described(id));
    if ends.into_iter().all(wired) {
        return None;
    }
    let names = ends.map(|end| {
        let entry = end.interface.map(|id| world.interface(id));
        entry.map_or_else(String::new, |entry| {
            format!("{} {}", world.device(entry.device).name, entry.name)
        })
    });
    let [near, far] = names;
    let reason = format!("whether {near} and {far} are on one wire, which no file shows");
    Some(Symbol::Undecided(reason))
}

impl Liveness {
    /// Takes what connections between two addresses meet.
    fn take(&mut self, heard: &Heard, ours: Ipv4Addr, theirs: Ipv4Addr) {
        self.doubts.extend(heard.symbols.iter().cloned());
        if heard.denied && !heard.cut {
            let reason = format!("whether a BGP session of {ours} with {theirs} finds its way");
            self.doubts.insert(Symbol::Undecided(reason));
        }
        self.up = !heard.cut;
    }
}

/// Addresses of the interfaces that the route to an address leaves by.
fn route_sources(
    world: &World<'_>,
    table: TableId,
    address: Ipv4Addr,
    asked: &mut Asked,
) -> BTreeSet<Ipv4Addr> {
    let lookup = world.lookup_within(table, address, asked);
    let hops = lookup.route.iter().flat_map(|route| &route.hops);
    hops.filter_map(|hop| match hop {
        NextHop::Via(interface, _) => {
            let addresses = &world.interface(*interface).addresses;
            addresses.first().map(|(net, _)| net.addr())
        }
        NextHop::Discard => None,
    })
    .collect()
}

/// What a tunnel's packets meet on their way from its near end to the far one.
pub(in crate::analysis::goal) fn underlay(
    world: &World<'_>,
    near: InterfaceId,
    far: Ipv4Addr,
    asked: &mut Asked,
) -> Heard {
    let Some(tunnel) = world.tunnel(near) else {
        return Heard::default();
    };
    let outer = PacketBox {
        source_port: (0, u16::MAX),
        ..hello::message(UDP, tunnel.address, far, tunnel.port)
    };
    reaches(world, tunnel.underlay, None, &outer, asked)
}

/// What a message meets from a table to the address that it is for, over all of several equal
/// paths; it is cut where it arrives over none of them.
/// What owns the address elsewhere than in the table that is meant does not count.
fn reaches(
    world: &World<'_>,
    table: TableId,
    meant: Option<TableId>,
    message: &PacketBox,
    asked: &mut Asked,
) -> Heard {
    let address = message.destination.1;
    let mut ahead = vec![(table, None)];
    let mut passed = BTreeSet::new();
    let mut heard = Heard::default();
    let mut arrives = false;
    // Filters here are noted for all sessions that are not on one wire.
    let mut reads = Facets::new();
    while let Some((table, ingress)) = ahead.pop() {
        if world.table(table).own.contains_key(&address) {
            arrives |= meant.is_none_or(|meant| meant == table);
            continue;
        }
        if !passed.insert((table, ingress)) {
            continue;
        }
        let lookup = world.lookup_within(table, address, asked);
        heard.symbols.extend(lookup.symbols.iter().cloned());
        let hops = lookup.route.iter().flat_map(|route| &route.hops);
        let before = ahead.len();
        let mut lost = lookup.route.is_none();
        for hop in hops {
            let NextHop::Via(interface, gateway) = hop else {
                lost = true;
                continue;
            };
            let target = gateway.unwrap_or(address);
            if world.tunnel(*interface).is_some() {
                let far = world.far_ends(*interface, target);
                for next in &far {
                    let met = underlay(world, *interface, target, asked);
                    heard.symbols.extend(met.symbols);
                    heard.denied |= met.denied;
                    if !met.cut {
                        ahead.push((world.interface(*next).table, Some(*next)));
                    }
                }
                continue;
            }
            let owners = world.owners(target).iter().copied();
            let virtuals = world.virtuals(target).iter().map(|one| one.interface);
            let neighbors = owners
                .chain(virtuals)
                .filter(|owner| world.are_neighbors(*interface, *owner))
                .chain(world.across(*interface, target));
            for next in neighbors {
                let entry = world.interface(next);
                let mut way = Way::new(world, message, &mut reads);
                way.leave(world.table(table).device, ingress, *interface);
                way.enter(next);
                if world.table(entry.table).own.contains_key(&address) {
                    way.end(next);
                }
                let met = way.heard();
                heard.symbols.extend(met.symbols);
                heard.denied |= met.denied;
                if !met.cut {
                    ahead.push((entry.table, Some(next)));
                }
            }
        }
        lost |= ahead.len() == before;
        heard.denied |= lost;
    }
    heard.cut = !arrives;
    heard
}
