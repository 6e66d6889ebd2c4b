//! Sessions that two configurations could bring up.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Speaker, SpeakerId, Speakers, effective, fabric};
use crate::analysis::Symbol;
use crate::analysis::hello::{self, Heard, Hearing};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::bgp::{BgpPeer, BgpProcess, PeerKind, PeerName, RemoteAs};
use crate::model::secret::Shared as _;
use crate::net::Ipv4Net;
use crate::net::registry::PORT_BGP;

/// Index of a session.
pub(in crate::analysis::goal) type SessionId = usize;

/// A session between two speakers.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Session {
    /// Both ends.
    pub(in crate::analysis::goal) ends: [End; 2],
    /// Interface of each end on the wire that both share.
    pub(in crate::analysis::goal) joined: [Option<InterfaceId>; 2],
    /// What connections meet on that wire, where both ends are on it.
    pub(in crate::analysis::goal) wire: Option<Heard>,
    /// Whether both exchange routes of IPv4 unicast.
    pub(in crate::analysis::goal) unicast: bool,
    /// Both ends with what is said of EVPN, where both exchange its routes.
    pub(in crate::analysis::goal) fabric: Option<[End; 2]>,
}

/// One end of a session.
#[derive(Debug, Clone)]
pub(in crate::analysis::goal) struct End {
    /// The speaker.
    pub(in crate::analysis::goal) speaker: SpeakerId,
    /// Route table.
    pub(in crate::analysis::goal) table: TableId,
    /// Its settings for the other end, inherited ones too.
    pub(in crate::analysis::goal) peer: BgpPeer,
    /// Own address; none on an unnumbered interface.
    pub(in crate::analysis::goal) address: Option<Ipv4Addr>,
    /// Interface of an unnumbered session.
    pub(in crate::analysis::goal) interface: Option<InterfaceId>,
    /// Number that it shows.
    pub(in crate::analysis::goal) shows: u32,
    /// What the other end is to it.
    pub(in crate::analysis::goal) relation: Relation,
}

impl End {
    /// Whether it waits for the other end to open the session.
    pub(in crate::analysis::goal) fn is_passive(&self) -> bool {
        self.peer.passive.as_ref().is_some_and(|at| at.value)
    }
}

/// What a peer is to a speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis::goal) enum Relation {
    /// Of the same system.
    Internal,
    /// Of another member of the confederation (RFC 5065).
    Confederation,
    /// Of another system.
    External,
}

/// A peer of a speaker as configured.
struct Configured<'a> {
    /// The speaker.
    speaker: SpeakerId,
    /// How the peer is named.
    name: &'a PeerName,
    /// Settings.
    peer: BgpPeer,
    /// Settings for EVPN.
    fabric: Option<BgpPeer>,
}

/// Every pair of peers that name each other.
pub(in crate::analysis::goal) fn sessions(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    hearing: &mut Hearing,
) -> Vec<Session> {
    let mut configured: Vec<Vec<Configured<'_>>> = Vec::new();
    for (id, speaker) in speakers.all.iter().enumerate() {
        let peers = speaker.settings.peers.iter();
        configured.push(
            peers
                .map(|(name, peer)| {
                    let merged = effective(peer, &speaker.process.groups, 0);
                    let in_default = world.table(speaker.table).vrf.is_none();
                    let families = speaker.process.fabric.as_ref().filter(|_| in_default);
                    Configured {
                        speaker: id,
                        name,
                        fabric: families.and_then(|family| {
                            fabric::peer(family, &speaker.process.groups, (name, peer), &merged)
                        }),
                        peer: merged,
                    }
                })
                .collect(),
        );
    }
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for near in configured.iter().flatten() {
        for far in candidates(world, speakers, &configured, near) {
            let key = [(near.speaker, near.name), (far.speaker, far.name)];
            let mut ordered = key;
            ordered.sort();
            if !seen.insert(ordered) {
                continue;
            }
            found.extend(session(world, speakers, near, far, hearing));
        }
    }
    found
}

/// Peers that may be the other end.
fn candidates<'c, 'a>(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    configured: &'c [Vec<Configured<'a>>],
    near: &Configured<'_>,
) -> Vec<&'c Configured<'a>> {
    let Some(own) = speakers.speaker(near.speaker) else {
        return Vec::new();
    };
    match near.name {
        PeerName::Known(PeerKind::Address(address)) => {
            let owners = world.owners(*address).iter();
            let wire = connected_interface(world, own.table, *address);
            let on_wire = |id: &InterfaceId| wire.is_none_or(|wire| world.are_neighbors(wire, *id));
            // An address may be given again in another VRF; on a wire it is the one of the wire.
            let joined: BTreeSet<TableId> = owners
                .clone()
                .filter(|id| on_wire(id))
                .map(|id| world.interface(*id).table)
                .collect();
            let tables = if joined.is_empty() {
                owners.map(|id| world.interface(*id).table).collect()
            } else {
                joined
            };
            let others = tables
                .iter()
                .filter_map(|table| configured.get(*speakers.by_table.get(table)?));
            others
                .flatten()
                .filter(|far| far.speaker != near.speaker)
                .filter(|far| match far.name {
                    PeerName::Known(PeerKind::Address(back)) => {
                        world.table(own.table).own.contains_key(back)
                    }
                    PeerName::Known(PeerKind::Listen(_)) => true,
                    PeerName::Interface(_) => false,
                })
                .collect()
        }
        PeerName::Known(PeerKind::Listen(_)) => Vec::new(),
        PeerName::Interface(name) => {
            let Some(interface) = world.interface_named(own.device, name) else {
                return Vec::new();
            };
            let others = configured.iter().flatten();
            others
                .filter(|far| {
                    let PeerName::Interface(name) = far.name else {
                        return false;
                    };
                    speakers
                        .speaker(far.speaker)
                        .and_then(|other| world.interface_named(other.device, name))
                        .is_some_and(|other| world.are_neighbors(interface, other))
                })
                .collect()
        }
    }
}

/// The session of two peers that name each other, where their settings agree.
fn session(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    near: &Configured<'_>,
    far: &Configured<'_>,
    hearing: &mut Hearing,
) -> Option<Session> {
    let one = speakers.speaker(near.speaker)?;
    let other = speakers.speaker(far.speaker)?;
    let source = own_source(world, one, near);
    let (theirs, ours) = addresses(world, (one, near), (other, far))?;
    // A connection to another address than that of the configured source is refused (Cisco IOS:
    // "passive open failed - … is not update-source …'s address").
    for (speaker, configured, address) in [(one, near, ours), (other, far, theirs)] {
        if let Some(source) = update_source(world, speaker, &configured.peer)
            && address.is_some_and(|address| address != source)
        {
            return None;
        }
    }
    // One of them opens the session, from the address that the other one names; over parallel wires
    // each address has its own partner.
    let opens = |source: Option<Ipv4Addr>, named: Option<Ipv4Addr>| {
        source.is_none() || named.is_none() || source == named
    };
    if !opens(source, ours) && !opens(own_source(world, other, far), theirs) {
        return None;
    }
    let interface = |speaker: &Speaker<'_>, name: &PeerName| match name {
        PeerName::Interface(name) => world.interface_named(speaker.device, name),
        PeerName::Known(_) => None,
    };
    let shown = [
        shown(one.process, &near.peer),
        shown(other.process, &far.peer),
    ];
    let [near_shows, far_shows] = [
        expected(one.process, &far.peer, other.process, &shown[0])?,
        expected(other.process, &near.peer, one.process, &shown[1])?,
    ];
    let end = |configured: &Configured<'_>, speaker: &Speaker<'_>, address, shows, theirs| End {
        speaker: configured.speaker,
        table: speaker.table,
        peer: configured.peer.clone(),
        address,
        interface: interface(speaker, configured.name),
        shows,
        relation: relation(speaker.process, theirs),
    };
    let ends = [
        end(near, one, ours, near_shows, far_shows),
        end(far, other, theirs, far_shows, near_shows),
    ];
    let unicast = is_active(one.process, &ends[0]) && is_active(other.process, &ends[1]);
    let unicast = unicast && carries_ipv4(one.process, &ends[0]);
    let unicast = unicast && carries_ipv4(other.process, &ends[1]);
    let fabric = near.fabric.as_ref().zip(far.fabric.as_ref());
    let exchanges = unicast || fabric.is_some();
    if !(exchanges && may_open(&ends, hearing)) {
        return None;
    }
    let fabric = fabric.map(|(ours, theirs)| {
        let [one, other] = ends.clone();
        let with = |end: End, peer: &BgpPeer| End {
            peer: peer.clone(),
            ..end
        };
        [with(one, ours), with(other, theirs)]
    });
    let joined = joined(world, &ends);
    let wire = wire(world, &ends, joined, hearing);
    Some(Session {
        ends,
        joined,
        wire,
        unicast,
        fabric,
    })
}

/// The addresses of two peers that name each other's link, the other one's first: those of a subnet
/// for two, where the link has one and that is not excluded (FRR sources, `bgpd/bgp_fsm.c` and
/// `bgpd/bgpd.c`, `conf_if`); else none, for those of the link are used. `None`: the link has none.
fn numbered(
    world: &World<'_>,
    ends: [(&Speaker<'_>, &Configured<'_>, &str); 2],
) -> Option<(Option<Ipv4Addr>, Option<Ipv4Addr>)> {
    /// Shortest prefix that FRR takes for a subnet for two.
    const PAIR: u8 = 30;
    let mut addresses = [None, None];
    for (slot, (speaker, configured, name)) in addresses.iter_mut().zip(ends) {
        let id = world.interface_named(speaker.device, name)?;
        let entry = world.interface(id);
        let by_text = speaker.process.unnumbered_by_text;
        let link_local = entry.facet.and_then(|facet| facet.link_local.as_ref());
        if by_text && !link_local.is_some_and(|at| at.value) {
            return None;
        }
        let excluded = configured.peer.ipv6_next_hops.is_some_and(|at| at.value);
        let first = entry.addresses.first().map(|(net, _)| *net);
        *slot = first.filter(|net| {
            !by_text && !excluded && net.prefix_len() >= PAIR && net.prefix_len() < 32
        });
    }
    let [near, far] = addresses;
    let pair = near
        .zip(far)
        .filter(|(near, far)| near.trunc() == far.trunc());
    Some(match pair {
        Some((near, far)) => (Some(far.addr()), Some(near.addr())),
        None => (None, None),
    })
}

/// Whether an end on a link without addresses exchanges routes of IPv4 over it.
fn carries_ipv4(process: &BgpProcess, end: &End) -> bool {
    let said = end.peer.ipv6_next_hops.is_some_and(|at| at.value);
    end.interface.is_none() || !process.unnumbered_by_text || said
}

/// Whether an end exchanges routes of IPv4 unicast.
fn is_active(process: &BgpProcess, end: &End) -> bool {
    let activated = end.peer.activated.as_ref();
    activated.map_or(process.ipv4_by_default, |at| at.value)
}

/// The addresses that two peers use, the far one's first: as they name each other; none over a link
/// without. `None`: they do not find each other.
fn addresses(
    world: &World<'_>,
    (one, near): (&Speaker<'_>, &Configured<'_>),
    (other, far): (&Speaker<'_>, &Configured<'_>),
) -> Option<(Option<Ipv4Addr>, Option<Ipv4Addr>)> {
    let source = own_source(world, one, near);
    Some(match (near.name, far.name) {
        (PeerName::Known(PeerKind::Address(theirs)), PeerName::Known(PeerKind::Address(ours))) => {
            (Some(*theirs), Some(*ours))
        }
        (PeerName::Known(PeerKind::Address(theirs)), PeerName::Known(PeerKind::Listen(net))) => (
            Some(*theirs),
            Some(source.filter(|source| net.contains(source))?),
        ),
        (PeerName::Interface(near_name), PeerName::Interface(far_name)) => {
            let ends = [
                (one, near, near_name.as_str()),
                (other, far, far_name.as_str()),
            ];
            numbered(world, ends)?
        }
        _ => (None, None),
    })
}

/// The interface of each end on the wire to the other one.
fn joined(world: &World<'_>, [near, far]: &[End; 2]) -> [Option<InterfaceId>; 2] {
    let interface = |table: TableId, peer: Option<Ipv4Addr>| {
        let peer = peer?;
        let interface = connected_interface(world, table, peer)?;
        let mut owners = world.owners(peer).iter();
        owners
            .any(|owner| world.are_neighbors(interface, *owner))
            .then_some(interface)
    };
    [
        interface(near.table, far.address),
        interface(far.table, near.address),
    ]
}

/// What connections meet on the wire between both ends; notes every filter that may be met where
/// they are not on one.
fn wire(
    world: &World<'_>,
    [near, far]: &[End; 2],
    joined: [Option<InterfaceId>; 2],
    hearing: &mut Hearing,
) -> Option<Heard> {
    let (ours, theirs) = near.address.zip(far.address)?;
    let [Some(here), Some(there)] = joined else {
        for device in world.device_ids() {
            hearing.filters.extend(hello::filters_of(world, device));
        }
        return None;
    };
    let mut best: Option<Heard> = None;
    for (end, (from, own), (to, peer)) in [
        (near, (here, ours), (there, theirs)),
        (far, (there, theirs), (here, ours)),
    ] {
        if end.is_passive() {
            continue;
        }
        let filters = &mut hearing.filters;
        let opening = hello::opening(own, peer, PORT_BGP);
        let answer = hello::answer(peer, own, PORT_BGP);
        let heard = hello::carried(world, (from, to), &opening, filters);
        let heard = heard.and(hello::carried(world, (to, from), &answer, filters));
        let rank = |heard: &Heard| (heard.cut, heard.denied, heard.symbols.len());
        if best.as_ref().is_none_or(|best| rank(&heard) < rank(best)) {
            best = Some(heard);
        }
    }
    best
}

/// Whether an end that asks how far packets have come takes those of the other end (RFC 5082 §3):
/// whoever asks sends with the largest time to live, others to external peers with the hops that
/// they may take (Cisco IOS IP Routing: BGP command reference, `neighbor ebgp-multihop`: one).
fn hops_agree([near, far]: [&End; 2]) -> bool {
    let sends = |end: &End| {
        let hops = end.peer.multihop.as_ref().map_or(1, |at| at.value);
        if end.peer.ttl_security.is_some() || end.relation != Relation::External {
            u8::MAX
        } else {
            hops
        }
    };
    let takes = |end: &End, other: &End| {
        let asked = end.peer.ttl_security.as_ref();
        asked.is_none_or(|hops| sends(other) >= u8::MAX - hops.value)
    };
    takes(near, far) && takes(far, near)
}

/// Whether the settings of both ends let a session open (RFC 4271 §8, RFC 2385).
fn may_open(ends: &[End; 2], hearing: &mut Hearing) -> bool {
    let [near, far] = ends;
    let closed = |end: &End| end.peer.shutdown.as_ref().is_some_and(|at| at.value);
    let password = |end: &End| end.peer.password.as_ref().map(|at| at.value);
    let mut ends = ends.iter();
    let may = !ends.clone().any(closed) && !ends.all(End::is_passive) && hops_agree([near, far]);
    let passwords = password(near).shared(&password(far));
    if may && passwords.is_none() {
        let address = |end: &End| {
            let address = end.address.map(|address| address.to_string());
            address.unwrap_or_else(|| "an unnumbered interface".to_owned())
        };
        hearing.doubts.insert(Symbol::Undecided(format!(
            "whether the BGP session of {} and {} has one password, which the texts do not show",
            address(near),
            address(far)
        )));
    }
    may && passwords != Some(false)
}

/// Numbers that a speaker shows to a peer.
fn shown(process: &BgpProcess, peer: &BgpPeer) -> Vec<u32> {
    if let Some(local) = &peer.local_as {
        let mut numbers = vec![local.value.asn];
        if local.value.dual_as {
            numbers.push(process.asn);
        }
        return numbers;
    }
    let inside = match peer.remote_as.as_ref().map(|at| &at.value) {
        Some(RemoteAs::Number(number)) => {
            *number == process.asn || process.confederation_peers.contains_key(number)
        }
        Some(RemoteAs::Internal) => true,
        _ => false,
    };
    match &process.confederation {
        Some(identifier) if !inside => vec![identifier.value],
        _ => vec![process.asn],
    }
}

/// The first of the shown numbers that the other end expects; `shower` is the process that shows.
fn expected(
    _shower: &BgpProcess,
    peer: &BgpPeer,
    expecting: &BgpProcess,
    shown: &[u32],
) -> Option<u32> {
    let own = |number: u32| {
        number == expecting.asn
            || peer
                .local_as
                .as_ref()
                .is_some_and(|local| local.value.asn == number)
    };
    shown
        .iter()
        .copied()
        .find(|number| match peer.remote_as.as_ref().map(|at| &at.value) {
            Some(RemoteAs::Number(wanted)) => wanted == number,
            Some(RemoteAs::Internal) => own(*number),
            Some(RemoteAs::External) => !own(*number),
            Some(RemoteAs::Ranges(ranges)) => ranges
                .iter()
                .any(|(low, high)| (*low..=*high).contains(number)),
            Some(RemoteAs::RouteMap(_)) => true,
            None => false,
        })
}

/// What a peer with this number is.
fn relation(process: &BgpProcess, number: u32) -> Relation {
    if number == process.asn {
        Relation::Internal
    } else if process.confederation.is_some() && process.confederation_peers.contains_key(&number) {
        Relation::Confederation
    } else {
        Relation::External
    }
}

/// The address that a speaker is told to use.
fn update_source(world: &World<'_>, speaker: &Speaker<'_>, peer: &BgpPeer) -> Option<Ipv4Addr> {
    let source = &peer.update_source.as_ref()?.value;
    if let Ok(address) = source.parse() {
        return Some(address);
    }
    let interface = world.interface_named(speaker.device, source)?;
    world
        .interface(interface)
        .addresses
        .first()
        .map(|(net, _)| net.addr())
}

/// The address that a speaker connects from, where no route decides it.
fn own_source(world: &World<'_>, speaker: &Speaker<'_>, peer: &Configured<'_>) -> Option<Ipv4Addr> {
    let PeerName::Known(PeerKind::Address(address)) = peer.name else {
        return None;
    };
    update_source(world, speaker, &peer.peer).or_else(|| {
        let connected = connected_interface(world, speaker.table, *address)?;
        world
            .subnet_on(connected, *address)
            .map(|net: Ipv4Net| net.addr())
    })
}

/// The interface of a table whose subnet contains an address.
pub(in crate::analysis::goal) fn connected_interface(
    world: &World<'_>,
    table: TableId,
    address: Ipv4Addr,
) -> Option<InterfaceId> {
    let nets = world.table(table).connected.iter();
    nets.filter(|(net, _)| net.contains(&address))
        .max_by_key(|(net, _)| net.prefix_len())
        .and_then(|(_, interfaces)| interfaces.first().copied())
}

/// The address that an end connects from; `None`: the route to the peer decides.
pub(in crate::analysis::goal) fn fixed_source(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    end: &End,
    peer: Ipv4Addr,
) -> Option<Ipv4Addr> {
    update_source(world, speaker, &end.peer).or_else(|| {
        let connected = connected_interface(world, speaker.table, peer)?;
        world.subnet_on(connected, peer).map(|net| net.addr())
    })
}
