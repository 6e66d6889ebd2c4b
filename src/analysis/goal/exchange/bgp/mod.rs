//! BGP version 4 (RFC 4271): who speaks to whom, and what a table has for one prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::super::{Asked, NextHop, Protocol, Route};
use super::policy::Judge;
use crate::analysis::Symbol;
use crate::analysis::hello::Hearing;
use crate::analysis::world::{DeviceId, InterfaceId, TableId, World};
use crate::model::bgp::{BgpPeer, BgpProcess, BgpTable};
use crate::model::route_policy::RouteSource;
use crate::net::Ipv4Net;

mod advertise;
mod choose;
mod fabric;
mod leak;
mod live;
mod originate;
mod path;
mod session;

pub(in crate::analysis::goal) use fabric::{Fabric, paths as fabric_paths};
pub(in crate::analysis::goal) use live::{Liveness, liveness, underlay};
pub(in crate::analysis::goal) use path::Path;
pub use path::PathKind;
pub(in crate::analysis::goal) use session::{Session, SessionId};

/// One speaker: a process in one table.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Speaker<'a> {
    /// Device.
    pub(in crate::analysis::goal) device: DeviceId,
    /// Table that it fills.
    pub(in crate::analysis::goal) table: TableId,
    /// The process.
    pub(in crate::analysis::goal) process: &'a BgpProcess,
    /// What it does in the table.
    pub(in crate::analysis::goal) settings: &'a BgpTable,
    /// Router id.
    pub(in crate::analysis::goal) router_id: Ipv4Addr,
    /// Sessions that may come up, each with the own end.
    pub(in crate::analysis::goal) sessions: Vec<(SessionId, usize)>,
}

/// Index of a speaker.
pub(in crate::analysis::goal) type SpeakerId = usize;

/// What BGP has for one prefix in one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::analysis::goal) struct Best {
    /// The best path.
    pub(in crate::analysis::goal) path: Option<Arc<Path>>,
    /// Paths that are used together with it, it among them.
    pub(in crate::analysis::goal) used: Vec<Arc<Path>>,
}

/// What BGP offers a table.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Offer {
    /// The prefix.
    pub(in crate::analysis::goal) prefix: Ipv4Net,
    /// What is kept and advertised.
    pub(in crate::analysis::goal) best: Best,
    /// The route, where BGP has one that is not of the table itself.
    pub(in crate::analysis::goal) route: Option<Route>,
    /// What was met that is not known.
    pub(in crate::analysis::goal) symbols: BTreeSet<Symbol>,
    /// Addresses that were looked up.
    pub(in crate::analysis::goal) resolved: BTreeSet<Ipv4Addr>,
}

/// Every speaker and every session that the text could bring up.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Speakers<'a> {
    /// Speakers.
    pub(in crate::analysis::goal) all: Vec<Speaker<'a>>,
    /// Speakers by table.
    pub(in crate::analysis::goal) by_table: BTreeMap<TableId, SpeakerId>,
    /// Sessions.
    pub(in crate::analysis::goal) sessions: Vec<Session>,
}

impl<'a> Speakers<'a> {
    /// The speakers of a world.
    pub(in crate::analysis::goal) fn new(world: &World<'a>, hearing: &mut Hearing) -> Self {
        let mut speakers = Self::default();
        for device in world.device_ids() {
            let Some(config) = world.device(device).device else {
                continue;
            };
            for (_, process) in config.bgps() {
                for (vrf, settings) in &process.tables {
                    let Some(table) = world.table_of(device, vrf.as_deref()) else {
                        continue;
                    };
                    let id = speakers.all.len();
                    if speakers.by_table.contains_key(&table) {
                        continue;
                    }
                    speakers.by_table.insert(table, id);
                    speakers.all.push(Speaker {
                        device,
                        table,
                        process,
                        settings,
                        router_id: router_id(world, table, process, settings),
                        sessions: Vec::new(),
                    });
                }
            }
        }
        if !speakers.all.is_empty() {
            speakers.sessions = session::sessions(world, &speakers, hearing);
            for (id, session) in speakers.sessions.iter().enumerate() {
                for (side, end) in session.ends.iter().enumerate() {
                    if let Some(speaker) = speakers.all.get_mut(end.speaker) {
                        speaker.sessions.push((id, side));
                    }
                }
            }
        }
        speakers
    }

    /// The speaker of a table.
    pub(in crate::analysis::goal) fn of(&self, table: TableId) -> Option<&Speaker<'a>> {
        self.all.get(*self.by_table.get(&table)?)
    }

    /// A speaker.
    pub(in crate::analysis::goal) fn speaker(&self, id: SpeakerId) -> Option<&Speaker<'a>> {
        self.all.get(id)
    }

    /// The interfaces of the peers that an interface has without addresses.
    pub(in crate::analysis::goal) fn across(
        &self,
        interface: InterfaceId,
    ) -> BTreeSet<InterfaceId> {
        let ends = self.sessions.iter().map(|session| &session.ends);
        ends.flat_map(|[near, far]| [(near, far), (far, near)])
            .filter(|(near, _)| near.interface == Some(interface))
            .filter_map(|(_, far)| far.interface)
            .collect()
    }

    /// A session.
    pub(in crate::analysis::goal) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }
}

impl Speaker<'_> {
    /// A judge of the policies of its device.
    pub(in crate::analysis::goal) fn judge<'d>(&self, world: &World<'d>) -> Option<Judge<'d>> {
        let device = world.device(self.device).device?;
        Some(Judge::new(device, self.process.undefined))
    }

    /// The source that other protocols name it by.
    pub(in crate::analysis::goal) fn source(&self) -> RouteSource {
        RouteSource::Bgp(Some(self.process.asn))
    }

    /// Administrative distances: external, internal, local (Cisco IOS IP Routing: BGP command
    /// reference, `distance bgp`: 20, 200, 200).
    fn distances(&self) -> [u8; 3] {
        match &self.settings.distance {
            Some(configured) => configured.value,
            None if self.settings.distance_default == [0; 3] => [20, 200, 200],
            None => self.settings.distance_default,
        }
    }
}

/// Notes doubts of policies as what an answer depends on.
fn note(symbols: &mut BTreeSet<Symbol>, judge: &Judge<'_>) {
    symbols.extend(judge.doubts.iter().cloned().map(Symbol::Undecided));
}

/// What BGP has for a prefix in a table, given what all tables have now.
///
/// `interior` is the best route without BGP, `known` the one that redistribution sees.
pub(in crate::analysis::goal) fn best(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    interior: Option<&Route>,
    known: Option<&Route>,
    asked: &mut Asked,
) -> Offer {
    let mut offer = Offer {
        prefix,
        ..Offer::default()
    };
    let mut paths = originate::paths(world, speaker, prefix, interior, known, asked, &mut offer);
    for (id, side) in &speaker.sessions {
        let Some(session) = speakers.session(*id).filter(|session| session.unicast) else {
            continue;
        };
        let sent = advertise::advertised(
            world,
            speakers,
            (*id, session),
            1 - side,
            prefix,
            asked,
            &mut offer.symbols,
        );
        let Some(sent) = sent else {
            continue;
        };
        let live = world.session_state(*id, asked);
        offer.symbols.extend(live.doubts.iter().cloned());
        if !live.up {
            continue;
        }
        paths.extend(advertise::learned(
            world,
            speaker,
            (*id, &session.ends, *side),
            sent,
            &mut offer,
        ));
    }
    let imported = fabric::imported(world, speakers, speaker, prefix, asked, &mut offer.symbols);
    paths.extend(imported);
    paths.extend(leak::paths(
        world, speakers, speaker, prefix, asked, &mut offer,
    ));
    let mut usable = Vec::new();
    for mut path in paths {
        if path.resolve(world, speaker, interior, asked, &mut offer) {
            usable.push(path);
        }
    }
    offer.best = choose::choose(world, speaker, usable, &mut offer.symbols);
    offer.route = route(speaker, prefix, &offer.best);
    offer
}

/// The route of a table that the best paths make; what the table itself originates makes none.
fn route(speaker: &Speaker<'_>, prefix: Ipv4Net, best: &Best) -> Option<Route> {
    let path = best.path.as_ref()?;
    let [external, internal, local] = speaker.distances();
    let backdoor = speaker
        .settings
        .networks
        .get(&prefix)
        .is_some_and(|network| network.value.backdoor);
    let distance = match path.kind {
        PathKind::Local if path.discards => local,
        PathKind::Local => return None,
        PathKind::External if backdoor => local,
        PathKind::External if path.from_fabric && fabric::is_local(speaker.process) => local,
        PathKind::External => external,
        PathKind::Confederation | PathKind::Internal => internal,
    };
    let used = || best.used.iter();
    let hops: BTreeSet<NextHop> = used().flat_map(|path| path.hops.iter().copied()).collect();
    Some(Route {
        prefix,
        protocol: Protocol::Bgp(path.kind),
        distance: path.distance.unwrap_or(distance),
        metric: path.med.unwrap_or(0),
        hops: if path.discards {
            BTreeSet::from([NextHop::Discard])
        } else {
            hops
        },
        shown: used().flat_map(|path| path.shown()).collect(),
        at: used().flat_map(|path| path.at.iter().copied()).collect(),
        symbols: Vec::new(),
        resolved: BTreeSet::new(),
        ospf: false,
        source: speaker.source(),
        tag: path.systems.neighbor().unwrap_or(0),
    })
}

/// Router id: configured, else the highest loopback address, else the highest address (Cisco IOS IP
/// Routing: BGP command reference, `bgp router-id`).
fn router_id(
    world: &World<'_>,
    table: TableId,
    process: &BgpProcess,
    settings: &BgpTable,
) -> Ipv4Addr {
    let configured = settings.router_id.as_ref().or(process.router_id.as_ref());
    configured.map_or_else(|| super::highest_address(world, table), |at| at.value)
}

/// The settings of a peer with those that it inherits.
fn effective(peer: &BgpPeer, groups: &BTreeMap<String, BgpPeer>, depth: u8) -> BgpPeer {
    let mut merged = peer.clone();
    // Templates that inherit each other end here.
    if depth > 8 {
        return merged;
    }
    for name in &peer.inherits {
        if let Some(group) = groups.get(&name.value) {
            inherit(&mut merged, &effective(group, groups, depth + 1));
        }
    }
    merged
}

/// Fills what a peer does not say.
fn inherit(peer: &mut BgpPeer, group: &BgpPeer) {
    macro_rules! fill {
        ($($field:ident),*) => {
            $(if peer.$field.is_none() {
                peer.$field.clone_from(&group.$field);
            })*
        };
    }
    fill!(
        remote_as,
        local_as,
        shutdown,
        activated,
        multihop,
        ttl_security,
        disable_connected_check,
        update_source,
        passive,
        password,
        as_path_in,
        as_path_out,
        next_hop_self,
        next_hop_unchanged,
        reflector_client,
        route_server_client,
        send_community,
        weight,
        allow_own_as,
        peer_as_check,
        as_override,
        remove_private_as,
        default_originate,
        unsuppress_map,
        maximum_prefix,
        ipv6_next_hops,
        additional_paths
    );
    let kind = std::mem::discriminant::<crate::model::route_policy::RouteFilter>;
    for (own, theirs) in [
        (&mut peer.filters_in, &group.filters_in),
        (&mut peer.filters_out, &group.filters_out),
    ] {
        let kinds: Vec<_> = own.iter().map(|filter| kind(&filter.value)).collect();
        let more = theirs
            .iter()
            .filter(|filter| !kinds.contains(&kind(&filter.value)));
        own.extend(more.cloned());
    }
    if peer.conditional.is_empty() {
        peer.conditional.clone_from(&group.conditional);
    }
    peer.unread.extend(group.unread.iter().cloned());
}
