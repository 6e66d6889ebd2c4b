//! What a speaker sends over a session, and what the other end makes of it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::super::policy::{Judge, NextHopRule};
use super::path::{LOCAL_PREFERENCE, Path, PathKind};
use super::session::{End, Relation};
use super::{Offer, Session, SessionId, Speaker, Speakers, note, originate};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, Protocol};
use crate::analysis::world::World;
use crate::model::bgp::RemoteAs;
use crate::model::route_policy::{NO_ADVERTISE, NO_EXPORT, NO_EXPORT_SUBCONFED, Origin};
use crate::net::Ipv4Net;
use crate::source::At;

/// Whether a setting is on.
fn is_on(setting: Option<&At<bool>>) -> bool {
    setting.is_some_and(|at| at.value)
}

/// The path that an end of a session sends for a prefix.
pub(in crate::analysis::goal) fn advertised(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    (id, session): (SessionId, &Session),
    side: usize,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<Path> {
    let sender = speakers.speaker(session.ends.get(side)?.speaker)?;
    let mut judge = sender.judge(world)?;
    let mut path = allowed(
        world,
        speakers,
        (id, session),
        side,
        prefix,
        asked,
        &mut judge,
    );
    let mut doubts = BTreeSet::new();
    note(&mut doubts, &judge);
    if let Some(path) = &mut path {
        path.doubts.extend(doubts.iter().cloned());
    }
    symbols.extend(doubts);
    path
}

/// As [`advertised`], while a judge collects what is not known.
fn allowed(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    (id, session): (SessionId, &Session),
    side: usize,
    prefix: Ipv4Net,
    asked: &mut Asked,
    judge: &mut Judge<'_>,
) -> Option<Path> {
    let end = session.ends.get(side)?;
    let other = session.ends.get(1 - side)?;
    let sender = speakers.speaker(end.speaker)?;
    let state = world.table_state(sender.table, prefix, asked);
    if prefix.prefix_len() == 0
        && let Some(originate) = &end.peer.default_originate
    {
        let name = &world.device(sender.device).name;
        return Some(default_route(name, sender, end, originate));
    }
    let path = state.bgp.path.as_ref()?;
    let inactive = is_on(sender.settings.suppress_inactive.as_ref())
        && path.kind != PathKind::Local
        && state
            .candidate
            .route
            .as_ref()
            .is_none_or(|route| !matches!(route.protocol, Protocol::Bgp(_)));
    if inactive {
        return None;
    }
    passed_on(
        world,
        sender,
        (end, other),
        id,
        (prefix, path),
        asked,
        judge,
    )
}

/// A path of a speaker as an end of a session sends it.
pub(super) fn passed_on(
    world: &World<'_>,
    sender: &Speaker<'_>,
    (end, other): (&End, &End),
    id: SessionId,
    (prefix, path): (Ipv4Net, &Path),
    asked: &mut Asked,
    judge: &mut Judge<'_>,
) -> Option<Path> {
    let checks = end.peer.peer_as_check.as_ref();
    let returns = checks.map_or(sender.process.peer_as_check, |at| at.value)
        && end.relation == Relation::External
        && path.systems.first() == Some(other.shows);
    if path.session == Some(id) || !passes_on(end, path) || returns {
        return None;
    }
    if keeps_back(sender, end) || !may_leave(end.relation, &path.communities) {
        return None;
    }
    let mut subject = path.subject(prefix, sender.source());
    if originate::is_suppressed(sender, prefix, path, judge) {
        let released = end
            .peer
            .unsuppress_map
            .as_ref()
            .is_some_and(|map| judge.route_map(&map.value, &mut subject));
        if !released {
            return None;
        }
    }
    if !conditions_hold(world, sender, end, prefix, path, judge, asked) {
        return None;
    }
    let learned = path.kind != PathKind::Local;
    if end.relation == Relation::External && learned {
        // RFC 4271 §5.1.4: not passed on to other systems.
        subject.metric = None;
    }
    for filter in &end.peer.filters_out {
        if !judge.filter(&filter.value, &mut subject) {
            return None;
        }
    }
    if let Some(list) = &end.peer.as_path_out
        && !judge.as_path_list(&list.value, &subject.as_path)
    {
        return None;
    }
    let rule = subject.next_hop_rule;
    let mut path = Path::clone(path);
    path.adopt(subject);
    path.next_hop = next_hop(
        world,
        (end, other),
        &path,
        rule,
        sender.process.tells_peers_own_hop,
    );
    let (standard, extended) = end
        .peer
        .send_community
        .as_ref()
        .map_or(sender.process.sends_communities, |at| at.value);
    if !standard {
        path.communities.clear();
    }
    if !extended {
        path.targets.clear();
    }
    Some(sent(sender, end, path))
}

/// The default route that a peer is sent without our having one.
fn default_route(
    name: &str,
    sender: &Speaker<'_>,
    end: &End,
    originate: &At<Option<String>>,
) -> Path {
    let mut path = Path::local(Origin::Igp, originate.at);
    let reasons = [
        (originate.value.is_some(), "a route map decides whether BGP"),
        (keeps_back(sender, end), "whether without a policy BGP"),
    ];
    for (_, reason) in reasons.iter().filter(|(holds, _)| *holds) {
        let reason = format!("{name}: {reason} sends a default route");
        path.doubts.insert(Symbol::Undecided(reason));
    }
    path.next_hop = end.address;
    sent(sender, end, path)
}

/// Whether nothing leaves towards a peer because no policy says what may (RFC 8212).
fn keeps_back(sender: &Speaker<'_>, end: &End) -> bool {
    sender.process.needs_policy
        && end.relation == Relation::External
        && end.peer.filters_out.is_empty()
        && end.peer.as_path_out.is_none()
}

/// Whether communities let a path leave towards a peer (RFC 1997).
fn may_leave(relation: Relation, communities: &BTreeSet<u32>) -> bool {
    let kept = match relation {
        Relation::Internal => &[NO_ADVERTISE][..],
        Relation::Confederation => &[NO_ADVERTISE, NO_EXPORT_SUBCONFED],
        Relation::External => &[NO_ADVERTISE, NO_EXPORT_SUBCONFED, NO_EXPORT],
    };
    !kept.iter().any(|one| communities.contains(one))
}

/// Whether a path of this origin is passed on to a peer: internal paths to internal peers only by
/// reflectors (RFC 4456).
fn passes_on(end: &End, path: &Path) -> bool {
    let to_client = is_on(end.peer.reflector_client.as_ref());
    path.kind != PathKind::Internal
        || end.relation != Relation::Internal
        || path.from_client
        || to_client
}

/// Whether what a path's advertisement depends on is there.
fn conditions_hold(
    world: &World<'_>,
    sender: &Speaker<'_>,
    end: &End,
    prefix: Ipv4Net,
    path: &Path,
    judge: &mut Judge<'_>,
    asked: &mut Asked,
) -> bool {
    for conditional in &end.peer.conditional {
        let mut subject = path.subject(prefix, sender.source());
        if !judge.route_map(&conditional.value.advertise, &mut subject) {
            continue;
        }
        let mut exists = false;
        for other in world.prefixes.iter().copied() {
            let mut probe = super::super::policy::Subject::new(other, sender.source());
            let about_prefix = judge.route_map(&conditional.value.condition, &mut probe);
            let state = about_prefix.then(|| world.table_state(sender.table, other, asked));
            if let Some(found) = state.and_then(|state| state.bgp.path.clone()) {
                let mut subject = found.subject(other, sender.source());
                exists |= judge.route_map(&conditional.value.condition, &mut subject);
            }
        }
        if exists != conditional.value.exist {
            return false;
        }
    }
    true
}

/// The next hop that is sent (RFC 4271 §5.1.3).
fn next_hop(
    world: &World<'_>,
    (end, other): (&End, &End),
    path: &Path,
    rule: Option<NextHopRule>,
    tells_own: bool,
) -> Option<Ipv4Addr> {
    match rule {
        Some(NextHopRule::Given(hop)) => return Some(hop),
        Some(NextHopRule::Peer) => return end.address,
        Some(NextHopRule::Unchanged) if path.next_hop.is_some() => return path.next_hop,
        Some(NextHopRule::Unchanged) | None => {}
    }
    let (own, reflected) = end
        .peer
        .next_hop_self
        .as_ref()
        .map_or((false, false), |at| at.value);
    let Some(next_hop) = path.next_hop else {
        return end.address;
    };
    // What a VRF gives to the fabric names the end of its tunnels.
    if path.kind == PathKind::Local && path.leaked {
        return Some(next_hop);
    }
    match end.relation {
        Relation::Internal | Relation::Confederation => {
            let is_reflected = path.kind == PathKind::Internal;
            let replaced = own && (reflected || !is_reflected);
            if replaced {
                end.address
            } else {
                Some(next_hop)
            }
        }
        Relation::External => {
            if is_on(end.peer.next_hop_unchanged.as_ref())
                || is_on(end.peer.route_server_client.as_ref())
            {
                return Some(next_hop);
            }
            let peer = other.address;
            let shared = peer.is_some_and(|peer| {
                let nets = world.table(end.table).connected.keys();
                nets.filter(|net| net.contains(&peer))
                    .any(|net| net.contains(&next_hop))
            });
            let refused = peer == Some(next_hop) && !tells_own;
            if shared && !own && !refused {
                Some(next_hop)
            } else {
                end.address
            }
        }
    }
}

/// A path as it leaves an end: with the numbers that the peer is shown.
fn sent(sender: &Speaker<'_>, end: &End, mut path: Path) -> Path {
    let process = sender.process;
    match end.relation {
        Relation::External => {
            path.systems.leave_confederation();
            if let Some(private) = &end.peer.remove_private_as {
                let (everywhere, replace) = private.value;
                path.systems
                    .remove_private(everywhere, replace.then_some(end.shows));
            }
            let outer = process
                .confederation
                .as_ref()
                .map_or(process.asn, |at| at.value);
            if is_on(end.peer.as_override.as_ref())
                && let Some(RemoteAs::Number(remote)) =
                    end.peer.remote_as.as_ref().map(|at| &at.value)
            {
                path.systems.replace(*remote, outer);
            }
            if !is_on(end.peer.route_server_client.as_ref()) {
                match &end.peer.local_as {
                    Some(local) if local.value.replace_as && end.shows == local.value.asn => {
                        path.systems.prepend(&[local.value.asn]);
                    }
                    Some(local) if local.value.asn != outer && end.shows == local.value.asn => {
                        path.systems.prepend(&[local.value.asn, outer]);
                    }
                    _ => path.systems.prepend(&[outer]),
                }
            }
            path.originator = None;
            path.clusters.clear();
        }
        Relation::Confederation => {
            path.systems.prepend_member(process.asn);
            path.originator = None;
            path.clusters.clear();
        }
        Relation::Internal => {
            if path.kind == PathKind::Internal {
                path.originator.get_or_insert(path.peer_id);
                let cluster = process
                    .cluster_id
                    .as_ref()
                    .map_or(sender.router_id, |at| at.value);
                path.clusters.insert(0, cluster);
            }
        }
    }
    path.peer_id = sender.router_id;
    path
}

/// What an end makes of a path that it is sent; none where it does not take it.
pub(in crate::analysis::goal) fn learned(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    (id, ends, side): (SessionId, &[End; 2], usize),
    mut path: Path,
    offer: &mut Offer,
) -> Option<Path> {
    let end = ends.get(side)?;
    let other = ends.get(1 - side)?;
    let process = speaker.process;
    path.kind = match end.relation {
        Relation::Internal => PathKind::Internal,
        Relation::Confederation => PathKind::Confederation,
        Relation::External => PathKind::External,
    };
    let allowed = end
        .peer
        .allow_own_as
        .as_ref()
        .map_or(0, |at| usize::from(at.value));
    let mut own = vec![process.asn];
    own.extend(process.confederation.as_ref().map(|at| at.value));
    if own
        .iter()
        .any(|one| path.systems.occurrences(*one) > allowed)
    {
        return None;
    }
    if end.relation == Relation::Internal {
        let cluster = process
            .cluster_id
            .as_ref()
            .map_or(speaker.router_id, |at| at.value);
        if path.originator == Some(speaker.router_id) || path.clusters.contains(&cluster) {
            return None;
        }
    } else if process.enforce_first_as
        && end.relation == Relation::External
        && path.systems.first() != Some(other.shows)
    {
        return None;
    }
    // RFC 4271 §6.3: a next hop that is the receiver itself.
    let is_own = |hop: Ipv4Addr| world.table(speaker.table).own.contains_key(&hop);
    if path.next_hop.is_some_and(is_own) {
        return None;
    }
    if process.needs_policy
        && end.relation == Relation::External
        && end.peer.filters_in.is_empty()
        && end.peer.as_path_in.is_none()
    {
        return None;
    }
    if end.relation == Relation::External {
        let preference = process.local_preference.as_ref();
        path.local_preference = preference.map_or(LOCAL_PREFERENCE, |at| at.value);
        if let Some(local) = &end.peer.local_as
            && !local.value.no_prepend
            && end.shows == local.value.asn
        {
            path.systems.prepend(&[local.value.asn]);
        }
    }
    path.session = Some(id);
    path.from_client = is_on(end.peer.reflector_client.as_ref());
    path.leaked = false;
    path.from_fabric = false;
    path.discards = false;
    path.peer_address = other.address;
    path.peer_interface = end.interface;
    path.weight = end.peer.weight.as_ref().map_or(0, |at| at.value);
    path.distance = None;
    path.hops.clear();
    path.at = end.peer.defined_at.iter().map(|at| at.at).collect();
    if let Some(limit) = &end.peer.maximum_prefix
        && world.prefixes.len() > usize::try_from(limit.value.0).unwrap_or(usize::MAX)
        && !limit.value.1
    {
        let name = &world.device(speaker.device).name;
        let reason = format!("{name}: whether a BGP peer sends more prefixes than it may");
        path.doubts.insert(Symbol::Undecided(reason));
    }
    admitted(world, speaker, end, other, path, offer)
}

/// A path as the filters of what is learned leave it.
fn admitted(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    end: &End,
    other: &End,
    mut path: Path,
    offer: &mut Offer,
) -> Option<Path> {
    let mut judge = speaker.judge(world)?;
    let prefix = offer.prefix;
    let mut subject = path.subject(prefix, speaker.source());
    let listed = end
        .peer
        .as_path_in
        .as_ref()
        .is_none_or(|list| judge.as_path_list(&list.value, &subject.as_path));
    let mut filters = end.peer.filters_in.iter();
    let permitted = listed && filters.all(|filter| judge.filter(&filter.value, &mut subject));
    note(&mut path.doubts, &judge);
    offer.symbols.extend(path.doubts.iter().cloned());
    if !permitted {
        return None;
    }
    match subject.next_hop_rule {
        Some(NextHopRule::Given(hop)) => path.next_hop = Some(hop),
        Some(NextHopRule::Peer) => path.next_hop = other.address,
        Some(NextHopRule::Unchanged) | None => {}
    }
    path.adopt(subject);
    Some(path)
}
