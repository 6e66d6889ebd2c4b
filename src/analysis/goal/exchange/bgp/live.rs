//! Whether a session comes up: packets of both ends reach the other one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::session::{Relation, connected_interface, fixed_source};
use super::{SessionId, Speakers};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, NextHop};
use crate::analysis::world::{TableId, World};

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
        let reason = "the next hops of unnumbered BGP sessions are not modeled".to_owned();
        live.doubts.insert(Symbol::Undecided(reason));
        live.up = true;
        return live;
    };
    let is_joined = |table: TableId, peer: Ipv4Addr| {
        connected_interface(world, table, peer).is_some_and(|interface| {
            let mut owners = world.owners(peer).iter();
            owners.any(|owner| world.are_neighbors(interface, *owner))
        })
    };
    let joined = [is_joined(near.table, theirs), is_joined(far.table, ours)];
    for (end, joined) in [near, far].into_iter().zip(joined) {
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
        if end.relation == Relation::External && !distant && !joined {
            return live;
        }
    }
    if joined == [true, true] {
        live.up = true;
        return live;
    }
    let opens = [(near, theirs, ours), (far, ours, theirs)];
    let mut may_open = false;
    for (end, peer, own) in opens {
        let passive = end.peer.passive.as_ref().is_some_and(|at| at.value);
        let Some(speaker) = speakers.speaker(end.speaker) else {
            continue;
        };
        let fixed = fixed_source(world, speaker, end, peer);
        let sources = fixed.map_or_else(
            || route_sources(world, end.table, peer, asked),
            |fixed| BTreeSet::from([fixed]),
        );
        may_open |= !passive && sources.contains(&own);
    }
    let arrives = reaches(world, near.table, theirs, asked, &mut live.doubts)
        && reaches(world, far.table, ours, asked, &mut live.doubts);
    live.up = may_open && arrives;
    live
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

/// Whether packets from a table arrive at an address; some of several equal paths do: a doubt.
fn reaches(
    world: &World<'_>,
    table: TableId,
    address: Ipv4Addr,
    asked: &mut Asked,
    doubts: &mut BTreeSet<Symbol>,
) -> bool {
    let mut ahead = vec![table];
    let mut passed = BTreeSet::new();
    let (mut arrives, mut fails) = (false, false);
    while let Some(table) = ahead.pop() {
        if world.table(table).own.contains_key(&address) {
            arrives = true;
            continue;
        }
        if !passed.insert(table) {
            continue;
        }
        let lookup = world.lookup_within(table, address, asked);
        doubts.extend(lookup.symbols.iter().cloned());
        let hops = lookup.route.iter().flat_map(|route| &route.hops);
        let before = ahead.len();
        let mut lost = lookup.route.is_none();
        for hop in hops {
            let NextHop::Via(interface, gateway) = hop else {
                lost = true;
                continue;
            };
            let target = gateway.unwrap_or(address);
            let owners = world.owners(target).iter().copied();
            let virtuals = world.virtuals(target).iter().map(|one| one.interface);
            let next = owners
                .chain(virtuals)
                .filter(|owner| world.are_neighbors(*interface, *owner))
                .map(|owner| world.interface(owner).table);
            ahead.extend(next);
        }
        lost |= ahead.len() == before;
        fails |= lost;
    }
    if arrives && fails {
        let reason = format!("whether a BGP session to {address} finds its way");
        doubts.insert(Symbol::Undecided(reason));
    }
    arrives
}
