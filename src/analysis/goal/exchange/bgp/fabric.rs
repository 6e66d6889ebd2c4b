//! Prefix routes of EVPN (RFC 9136): from a VRF into the fabric, through it, and into VRFs.
//!
//! Host routes (type 2) follow the hardware addresses that a switch hears; no text has them.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{Path, PathKind};
use super::{Best, Offer, Speaker, Speakers, advertise, choose, inherit, note};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, NextHop};
use crate::analysis::world::{TableId, World};
use crate::model::Device;
use crate::model::bgp::{BgpPeer, BgpProcess, PeerName};
use crate::model::route::Vrf;
use crate::model::vxlan::BgpFabric;
use crate::net::Ipv4Net;

/// Paths of the fabric to one prefix, the best of each route distinguisher.
pub(in crate::analysis::goal) type Fabric = BTreeMap<String, Best>;

/// The settings of a peer for EVPN; none where it takes no part.
pub(super) fn peer(
    family: &BgpFabric,
    groups: &BTreeMap<String, BgpPeer>,
    (name, own): (&PeerName, &BgpPeer),
    merged: &BgpPeer,
) -> Option<BgpPeer> {
    let mut peer = family.peers.get(name).cloned().unwrap_or_default();
    let mut ahead: Vec<&str> = own.inherits.iter().map(|at| at.value.as_str()).collect();
    let mut passed = BTreeSet::new();
    ahead.reverse();
    while let Some(group) = ahead.pop() {
        if !passed.insert(group) {
            continue;
        }
        if let Some(settings) = family.groups.get(group) {
            inherit(&mut peer, settings);
        }
        let more = groups.get(group).map_or(&[][..], |group| &group.inherits);
        ahead.extend(more.iter().rev().map(|at| at.value.as_str()));
    }
    let activated = peer.activated.filter(|at| at.value)?;
    let policed = !merged.filters_in.is_empty()
        || !merged.filters_out.is_empty()
        || merged.as_path_in.is_some()
        || merged.as_path_out.is_some();
    let mut whole = BgpPeer {
        filters_in: Vec::new(),
        filters_out: Vec::new(),
        conditional: Vec::new(),
        as_path_in: None,
        as_path_out: None,
        default_originate: None,
        unsuppress_map: None,
        maximum_prefix: None,
        additional_paths: None,
        activated: None,
        ..merged.clone()
    };
    if family.inherits {
        if policed {
            let what = "whether a policy for all families holds for EVPN".to_owned();
            peer.unread.insert(what);
        }
    } else {
        whole = BgpPeer {
            next_hop_self: None,
            next_hop_unchanged: None,
            reflector_client: None,
            route_server_client: None,
            send_community: None,
            weight: None,
            allow_own_as: None,
            peer_as_check: None,
            as_override: None,
            ..whole
        };
    }
    inherit(&mut peer, &whole);
    peer.activated = Some(activated);
    Some(peer)
}

/// Whether routes of VRFs that come from the fabric have the distance of local ones.
pub(super) fn is_local(process: &BgpProcess) -> bool {
    process
        .fabric
        .as_ref()
        .is_some_and(|fabric| fabric.local_distance)
}

/// The paths of the fabric to a prefix that a speaker knows, and what they depend on that is not
/// known.
pub(in crate::analysis::goal) fn paths(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> (Fabric, BTreeSet<Symbol>) {
    let mut symbols = BTreeSet::new();
    let mut fabric = Fabric::new();
    let Some(family) = &speaker.process.fabric else {
        return (fabric, symbols);
    };
    if world.table(speaker.table).vrf.is_some() {
        return (fabric, symbols);
    }
    let mut found: BTreeMap<String, Vec<Path>> = BTreeMap::new();
    for (name, path) in exported(world, speakers, speaker, prefix, asked) {
        found.entry(name).or_default().push(path);
    }
    for (name, path) in received(world, speakers, speaker, prefix, asked, &mut symbols) {
        let reflects = || reflects(family) || is_wanted(world, speaker, family, &path);
        if family.retains || reflects() {
            found.entry(name).or_default().push(path);
        }
    }
    for (name, mut paths) in found {
        paths.retain_mut(|path| resolve(world, speaker.table, path, asked));
        let best = choose::choose(world, speaker, paths, &mut symbols);
        if best.path.is_some() {
            fabric.insert(name, best);
        }
    }
    (fabric, symbols)
}

/// The paths of the fabric to a prefix that the peers of a speaker send, by route distinguisher.
fn received(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    for (id, side) in &speaker.sessions {
        let Some(ends) = speakers
            .session(*id)
            .and_then(|session| session.fabric.as_ref())
        else {
            continue;
        };
        let (Some(end), Some(other)) = (ends.get(*side), ends.get(1 - side)) else {
            continue;
        };
        let Some(sender) = speakers.speaker(other.speaker) else {
            continue;
        };
        let state = world.table_state(sender.table, prefix, asked);
        for (name, best) in &state.fabric {
            let Some((path, mut judge)) = best.path.as_ref().zip(sender.judge(world)) else {
                continue;
            };
            let what = (prefix, &**path);
            let ways = (other, end);
            let sent = advertise::passed_on(world, sender, ways, *id, what, asked, &mut judge);
            note(symbols, &judge);
            let Some(mut sent) = sent else {
                continue;
            };
            note(&mut sent.doubts, &judge);
            let live = world.session_state(*id, asked);
            symbols.extend(live.doubts.iter().cloned());
            if !live.up {
                break;
            }
            let mut offer = Offer {
                prefix,
                ..Offer::default()
            };
            let way = (*id, ends, *side);
            let learned = advertise::learned(world, speaker, way, sent, &mut offer);
            symbols.extend(offer.symbols);
            found.extend(learned.map(|path| (name.clone(), path)));
        }
    }
    found
}

/// Whether a speaker keeps all paths because it passes them on to clients (RFC 4364 §4.3.3).
fn reflects(family: &BgpFabric) -> bool {
    let mut settings = family.peers.values().chain(family.groups.values());
    settings.any(|peer| peer.reflector_client.is_some_and(|at| at.value))
}

/// Whether a VRF or domain of a device takes a path.
fn is_wanted(world: &World<'_>, speaker: &Speaker<'_>, family: &BgpFabric, path: &Path) -> bool {
    let device = world.device(speaker.device).device;
    let vrfs = device.into_iter().flat_map(Device::vrfs);
    let targets = vrfs
        .flat_map(|(_, vrf)| vrf.fabric_imports.keys())
        .chain(family.domains.values().flat_map(|one| one.imports.keys()));
    targets
        .into_iter()
        .any(|target| path.targets.contains(target))
}

/// The VRF of a table.
fn vrf_of<'d>(world: &World<'d>, table: TableId) -> Option<&'d Vrf> {
    let entry = world.table(table);
    let device = world.device(entry.device).device?;
    device.vrf(entry.vrf.as_deref()?)
}

/// The paths that the VRFs of a device give to the fabric, by route distinguisher.
fn exported(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    for table in world.tables_of(speaker.device) {
        let Some(vrf) = vrf_of(world, table).filter(|vrf| !vrf.fabric_exports.is_empty()) else {
            continue;
        };
        let tunnel = world.tunnel_of(table).and_then(|id| world.tunnel(id));
        let (Some(tunnel), Some(_)) = (tunnel, speakers.of(table)) else {
            continue;
        };
        let state = world.table_state(table, prefix, asked);
        let Some(path) = state.bgp.path.as_ref().filter(|path| !path.from_fabric) else {
            continue;
        };
        let names_primary = speaker
            .process
            .fabric
            .as_ref()
            .is_some_and(|one| one.names_primary);
        let mut path = Path::clone(path);
        path.kind = PathKind::Local;
        path.leaked = true;
        path.session = None;
        path.peer_interface = None;
        path.discards = false;
        path.targets = vrf.fabric_exports.keys().cloned().collect();
        path.next_hop = Some(if names_primary {
            tunnel.other_address
        } else {
            tunnel.address
        });
        let made_up = || format!("{} {}", world.device(speaker.device).name, vrf.name);
        let name = vrf.distinguisher.as_ref();
        found.push((name.map_or_else(made_up, |at| at.value.clone()), path));
    }
    found
}

/// The paths to a prefix that the VRF of a speaker takes from the fabric.
pub(super) fn imported(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Vec<Path> {
    let vrf = vrf_of(world, speaker.table).filter(|vrf| !vrf.fabric_imports.is_empty());
    let tunnel = world.tunnel_of(speaker.table);
    let ends = tunnel.and_then(|id| Some((id, world.tunnel(id)?)));
    let Some((vrf, (id, tunnel))) = vrf.zip(ends) else {
        return Vec::new();
    };
    if speakers
        .of(tunnel.underlay)
        .is_none_or(|one| one.process.fabric.is_none())
    {
        return Vec::new();
    }
    let state = world.table_state(tunnel.underlay, prefix, asked);
    symbols.extend(state.fabric_doubts.iter().cloned());
    let mut found = Vec::new();
    for path in state.fabric.values().filter_map(|best| best.path.as_ref()) {
        let taken = path
            .targets
            .iter()
            .any(|one| vrf.fabric_imports.contains_key(one));
        let Some(end) = path.next_hop.filter(|_| taken) else {
            continue;
        };
        if path.kind == PathKind::Local {
            let own = path
                .targets
                .iter()
                .all(|one| vrf.fabric_exports.contains_key(one));
            if !own {
                let name = &world.device(speaker.device).name;
                let what = "takes routes of another of its VRFs by EVPN";
                let reason = format!("{name}: whether {} {what}", vrf.name);
                symbols.insert(Symbol::Undecided(reason));
            }
            continue;
        }
        // The other one of a pair that shares its address is behind no tunnel.
        if [tunnel.address, tunnel.other_address].contains(&end) {
            continue;
        }
        symbols.extend(path.doubts.iter().cloned());
        let mut path = Path::clone(path);
        path.from_fabric = true;
        path.hops = BTreeSet::from([NextHop::Via(id, Some(end))]);
        found.push(path);
    }
    found
}

/// Finds the far end of a path's tunnel; `false`: no route leads there.
fn resolve(world: &World<'_>, table: TableId, path: &mut Path, asked: &mut Asked) -> bool {
    let Some(end) = path.next_hop.filter(|_| path.kind != PathKind::Local) else {
        return path.kind == PathKind::Local;
    };
    if world.table(table).own.contains_key(&end) {
        return true;
    }
    let lookup = world.lookup_within(table, end, asked);
    path.doubts.extend(lookup.symbols.iter().cloned());
    let Some(route) = &lookup.route else {
        return false;
    };
    path.interior_metric = route.metric;
    path.hops.clone_from(&route.hops);
    world.resolves_by(table, route.prefix) && !route.hops.contains(&NextHop::Discard)
}
