//! What networks forget and must learn again: neighbors of routing protocols, sessions.
//!
//! A router sends packets to a neighbor that is gone until it notices: at once where the link
//! between them goes down with it, else after the protocol's hold time. Then it computes routes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::attach::Attachment;
use super::goal::{Learned, Protocol};
use super::hello::{Facets, Way};
use super::name::fail;
use super::state::{Case, Part, State, add_symbol};
use super::walk::{Cell, HopRecord};
use super::world::{InterfaceEntry, InterfaceId};
use super::{Held, HeldHop, Nominal, PacketBox, Shape, Symbol};
use crate::intent::{Service, Stage};
use crate::model::interface::InterfaceKind;

/// Seconds from a change of the topology to new routes of a link-state protocol (Cisco IOS IP
/// Routing: OSPF Command Reference, `timers throttle spf`: the first computation waits 5,000 ms;
/// `isis` `spf-interval`: 5,500 ms).
const COMPUTE_S: u64 = 5;
/// Dead interval of OSPF on broadcast links (RFC 2328 appendix C.3: four times a hello of 10 s).
const OSPF_DEAD_S: u64 = 40;
/// Hold time of EIGRP (RFC 7868 §5.3.2: three times a hello of 5 s).
const EIGRP_HOLD_S: u64 = 15;
/// Hold time of IS-IS (Cisco IOS, `isis hello-multiplier`: three hellos of 10 s).
const ISIS_HOLD_S: u64 = 30;
/// Timeout of RIP routes (RFC 2453 §3.8).
const RIP_TIMEOUT_S: u64 = 180;
/// Hold time of BGP (Cisco IOS BGP Command Reference, `timers bgp`: 180 s; RFC 4271 §10 suggests
/// 90 s).
const BGP_HOLD_S: u64 = 180;
/// Seconds that a question costs whose first server is silent, where a stack waits least (lwIP's
/// resolver: 1 s).
const ASKS_NEXT_S: f64 = 1.0;
/// Longest time in seconds until a pump notices that its session is gone: assumed, as in the stress
/// model's loss detection.
const NOTICES_S: u64 = 60;

/// The hops of a cell that routing protocols chose, with the time until their loss is noticed.
pub(super) fn hops(state: &State<'_, '_>, cell: &Cell) -> BTreeSet<HeldHop> {
    let delivered = cell
        .paths
        .iter()
        .filter(|path| path.disposition.is_success());
    delivered
        .flat_map(|path| path.hops.windows(2))
        .filter_map(|pair| match pair {
            [one, other] => hop(state, one, other, &cell.packets),
            _ => None,
        })
        .collect()
}

/// One hop; `None` where no protocol chose it.
fn hop(
    state: &State<'_, '_>,
    one: &HopRecord,
    other: &HopRecord,
    packets: &[PacketBox],
) -> Option<HeldHop> {
    let Learned { protocol, is_alone } = one.learned?;
    let near = place(state, &one.device, one.egress.as_ref()?)?;
    let far = place(state, &other.device, other.ingress.as_ref()?)?;
    let [near, far] = [near, far].map(|id| state.world.interface(id));
    let ospf = near.facet.map(|facet| &facet.ospf);
    let seconds = |value: u32| u64::from(value);
    let (silence_s, compute_s) = match protocol {
        Protocol::Ospf(_) => {
            let dead = ospf
                .and_then(|ospf| ospf.dead.as_ref())
                .map(|at| seconds(at.value));
            let hello = ospf.and_then(|ospf| ospf.hello.as_ref());
            let four = hello.map(|at| 4 * seconds(at.value));
            (dead.or(four).unwrap_or(OSPF_DEAD_S), COMPUTE_S)
        }
        // The neighbor says how long it is to be believed (RFC 7868 §5.3.2).
        Protocol::Eigrp { .. } => {
            let settings = far.facet.into_iter().flat_map(|facet| facet.eigrp.values());
            let hold = settings
                .filter_map(|one| one.hold.as_ref())
                .map(|at| seconds(at.value));
            (hold.max().unwrap_or(EIGRP_HOLD_S), 0)
        }
        Protocol::Isis(_) => (ISIS_HOLD_S, COMPUTE_S),
        Protocol::Rip => (RIP_TIMEOUT_S, 0),
        Protocol::Bgp(_) => (BGP_HOLD_S, 0),
        Protocol::Connected | Protocol::Static | Protocol::Gateway => return None,
    };
    let text = |device: &Arc<str>, entry: &InterfaceEntry<'_>| (device.clone(), entry.name.clone());
    Some(HeldHop {
        from: text(&one.device, near),
        to: text(&other.device, far),
        protocol: protocol.name(),
        hold_s: if is_direct(near) && is_direct(far) {
            0
        } else {
            silence_s
        },
        silence_s,
        compute_s: if is_alone { compute_s } else { 0 },
        packets: packets.to_vec(),
    })
}

/// An interface by the names of its device and its own.
fn place(state: &State<'_, '_>, device: &str, interface: &str) -> Option<InterfaceId> {
    let device = state.world.device_named(device)?;
    state.world.interface_named(device, interface)
}

/// Whether a port goes down with its neighbor: it leads to one other router and no switch, by the
/// size of its subnet (RFC 3021 and what it replaces).
fn is_direct(entry: &InterfaceEntry<'_>) -> bool {
    let is_port = entry.facet.is_some_and(|facet| {
        matches!(
            facet.kind,
            InterfaceKind::Physical | InterfaceKind::PortChannel(_)
        )
    });
    let mut nets = entry.addresses.iter();
    is_port && nets.any(|(net, _)| net.prefix_len() >= 30)
}

/// What clients meet while routers still send packets to neighbors that are gone, or that they
/// hear no more.
///
/// Of servers that are asked anew each time as many count as the site needs and wants; of those that
/// hold sessions each counts.
pub(super) fn routes_lost(
    state: &State<'_, '_>,
    (case, servers): (&Case<'_>, &[(Ipv4Addr, Nominal)]),
    old: &Held,
    part: &mut Part,
) {
    let Some(hops) = old.hops.get(&part.stage.stage) else {
        return;
    };
    let mut reads = Facets::new();
    let lost: BTreeMap<Ipv4Addr, Silence> = hops
        .iter()
        .filter_map(|(server, hops)| Some((*server, silence(state, hops, part, &mut reads)?)))
        .collect();
    part.reads.facets.extend(reads);
    let Some((server, longest)) = lost.iter().max_by_key(|(_, silence)| silence.seconds) else {
        return;
    };
    let why = longest.why.clone();
    let left = |server: &Ipv4Addr| {
        let service = state.asked_service(case.group, *server)?;
        let left = service.servers.iter().filter(|one| {
            let fails = servers.contains(&(**one, Nominal::Fails));
            part.hops.contains_key(one) && !fails && !lost.contains_key(one)
        });
        Some((left.count(), service))
    };
    let counts: Option<Vec<(usize, &Service)>> = lost.keys().map(left).collect();
    let enough = |(left, service): &(usize, &Service)| *left >= service.need;
    let all = |(left, service): &(usize, &Service)| *left >= service.want;
    match counts {
        Some(counts) if counts.iter().all(all) => {}
        Some(counts) if counts.iter().all(enough) => {
            if part.stage.nominal == Nominal::Works && part.stage.heals_after_s.is_none() {
                part.stage.why = format!("{server} is silent for a while: {why}");
                part.stage.delay_s += ASKS_NEXT_S;
                part.stage.heals_after_s = Some(longest.seconds);
            }
        }
        Some(_) | None => forget(part, Shape::Drop, why, longest.seconds),
    }
}

/// How long routers send packets to a neighbor that is gone or not heard.
struct Silence {
    /// Seconds.
    seconds: u64,
    /// Why, a fragment.
    why: String,
}

/// The longest silence on hops that routing protocols chose; `None`: all of them stand.
fn silence(
    state: &State<'_, '_>,
    hops: &BTreeSet<HeldHop>,
    part: &Part,
    reads: &mut Facets,
) -> Option<Silence> {
    let is_up = |(device, interface): &(Arc<str>, Arc<str>)| {
        place(state, device, interface).is_some_and(|id| state.world.interface(id).up)
            && stands(state, device)
    };
    let mut lost = None;
    for hop in hops.iter().filter(|hop| stands(state, &hop.from.0)) {
        let notices = match (is_up(&hop.from), is_up(&hop.to)) {
            (true, false) => hop.hold_s,
            // A router knows of its own port at once.
            (false, _) => 0,
            (true, true) if is_denied(state, hop, part, reads) => hop.silence_s,
            (true, true) => continue,
        };
        lost = lost.max(Some((notices + hop.compute_s, notices, hop)));
    }
    let (seconds, notices, hop) = lost.filter(|(seconds, ..)| *seconds > 0)?;
    let [(router, _), (neighbor, _)] = [&hop.from, &hop.to];
    let how = match (notices, hop.compute_s) {
        (0, compute) => format!("takes up to {compute} s to compute other routes"),
        (hold, 0) => format!("notices it only after its hold time of {hold} s"),
        (hold, compute) => format!(
            "notices it only after its hold time of {hold} s and takes up to {compute} s to compute \
             other routes"
        ),
    };
    let protocol = hop.protocol;
    let why = format!("{router} reaches {neighbor} no more by {protocol}, and {how}");
    Some(Silence { seconds, why })
}

/// What pumps meet while spanning tree finds another way through their VLAN.
pub(super) fn tree_lost(attachment: &Attachment, old: &Held, part: &mut Part) {
    let (Some(old), Some(now)) = (&old.tree, &attachment.tree) else {
        return;
    };
    let Some(found) = old.reconverges(now) else {
        return;
    };
    if found.moves_root && attachment.tree_is_unread {
        // A guard against another root would block ports for good.
        let doubt = format!(
            "what unread statements of the switches do when {}",
            found.why
        );
        add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
    }
    forget(part, Shape::Drop, found.why, found.seconds);
}

/// Whether a hop that packets take no more is one whose filters would drop them: until its routers
/// miss each other's messages they go on to use it.
fn is_denied(state: &State<'_, '_>, hop: &HeldHop, part: &Part, reads: &mut Facets) -> bool {
    let stays = |now: &HeldHop| (&now.from, &now.to) == (&hop.from, &hop.to);
    if part.hops.values().flatten().any(stays) {
        return false;
    }
    let ends = [&hop.from, &hop.to].map(|(device, name)| place(state, device, name));
    let [Some(from), Some(to)] = ends else {
        return false;
    };
    let is_dropped = |mut way: Way<'_, '_, '_>| {
        way.leave(state.world.interface(from).device, Some(from), from);
        way.enter(to);
        way.heard().denied
    };
    // What begins a connection passes as such; what answers one, where its filters know it.
    hop.packets.iter().any(|packets| {
        is_dropped(Way::new(state.world, packets, reads))
            && is_dropped(Way::new(state.world, packets, reads).within_session())
    })
}

/// Whether a device is there and up.
fn stands(state: &State<'_, '_>, device: &str) -> bool {
    let id = state.world.device_named(device);
    id.is_some_and(|id| state.world.device(id).up)
}

/// What clients with open sessions meet at devices that pass or translate only sessions that they
/// saw begin.
pub(super) fn sessions_lost(old: &Held, part: &mut Part) {
    let Some(known) = old.sessions.get(&part.stage.stage) else {
        return;
    };
    let unknown: Vec<&str> = part
        .sessions
        .difference(known)
        .map(String::as_str)
        .collect();
    // Only gateways hold sessions open.
    let holds = part.stage.stage == Stage::Connect && part.needs_sessions;
    if let Some(first) = unknown.first().filter(|_| holds) {
        let why = format!(
            "{first}, which knows nothing of the sessions that pumps hold: they are dropped, and \
             pumps notice within {NOTICES_S} s (assumed)"
        );
        forget(part, Shape::SessionLost, why, NOTICES_S);
    }
}

/// Lays a passing failure over a stage that works, or that heals sooner.
fn forget(part: &mut Part, shape: Shape, why: String, seconds: u64) {
    let sooner = part
        .stage
        .heals_after_s
        .is_some_and(|heals| heals < seconds);
    if part.stage.nominal == Nominal::Works || sooner {
        fail(part, shape, why);
        part.stage.heals_after_s = Some(seconds);
    }
}
