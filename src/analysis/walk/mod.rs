//! Forwarding walks over packet sets, from a start to every end.
//!
//! Packets that a filter or a route treats differently become cells; a cell works only if every
//! equal-cost path of it does.
//! What was read on the way is recorded, also what was looked for in vain.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::world::{DeviceId, World};
use super::{PacketBox, ReadSet, Symbol};
use crate::ctx::Ctx;
use crate::net::registry::{ICMP, ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, TCP};
use crate::set::{Arena, Layout};
use crate::source::StatementRef;
use crate::wire::trace::{Disposition, Flow};

mod class;
mod deliver;
mod device;
mod engine;
mod firewall;
pub(super) mod holes;
mod netfilter;
mod part;
mod place;
mod policy_route;
mod session;
#[cfg(test)]
mod tests;
mod translate;
mod tunnel;

use engine::Walker;
pub use part::{End, HopRecord, PathRecord, StepRecord};
use session::Session;

/// Where packets begin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// A host with this address: a device or host that owns it, else a client on its subnet, whose
    /// gateway may be any router there.
    Host(Ipv4Addr),
    /// A client with this address that sends everything beyond its subnet to this gateway.
    Behind {
        /// The client.
        address: Ipv4Addr,
        /// Its default gateway.
        gateway: Ipv4Addr,
    },
    /// A device, which sends the packets itself.
    Device(String),
    /// An interface of a device, by which the packets enter.
    Interface(String, String),
}

/// Limits and extras of one walk.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Nodes that the packet sets may hold.
    pub set_nodes: usize,
    /// Paths that a cell lists.
    pub paths: usize,
    /// Whether paths say in words what happened at each device.
    pub steps: bool,
    /// Whether reads and unread statements are recorded; a trace needs only what is undecided.
    pub judges: bool,
}

impl Options {
    /// What a judgment needs.
    pub fn judge(ctx: &Ctx<'_>) -> Self {
        Self {
            set_nodes: ctx.set_nodes,
            paths: ctx.paths.min(4),
            steps: false,
            judges: true,
        }
    }

    /// What a trace needs.
    pub fn trace(ctx: &Ctx<'_>) -> Self {
        Self {
            set_nodes: ctx.set_nodes,
            paths: ctx.paths,
            steps: true,
            judges: false,
        }
    }
}

/// Where packets go, all of them.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Packets that are treated alike; together all packets of the question.
    pub cells: Vec<Cell>,
    /// What was read.
    pub reads: ReadSet,
}

/// Packets that are treated alike.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The packets, as boxes that do not overlap.
    pub packets: Vec<PacketBox>,
    /// All ends over equal-cost paths.
    pub dispositions: BTreeSet<Disposition>,
    /// Where they end, and what they are there.
    pub arrivals: Vec<Arrived>,
    /// Of a cell of answers: the packets that these answer, as they were sent.
    pub answers: Vec<PacketBox>,
    /// One packet of the cell.
    pub witness: PacketBox,
    /// Paths, at most as many as asked for; the ends are complete all the same.
    pub paths: Vec<PathRecord>,
    /// Statements that decide the ends, in the order met.
    pub decided_by: Vec<StatementRef>,
    /// What it depends on that is not known, in the order met.
    pub symbols: Vec<Symbol>,
    /// Boundaries of the site that it crosses on an assumption, as indexes into the site's list.
    pub boundaries: BTreeSet<usize>,
}

/// Packets of a cell at one of its ends.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The end.
    pub end: End,
    /// The packets, where translation made them others than they were.
    pub packets: Option<Vec<PacketBox>>,
    /// What devices remember of them.
    session: Session,
}

impl Arrived {
    /// What devices that pass or translate only sessions remember of the packets, in words. A
    /// packet filter that tracks connections takes up what it did not see begin (Linux,
    /// `nf_conntrack_tcp_loose`) and does not count.
    pub fn remembered(&self, world: &World<'_>) -> Vec<String> {
        let name = |id| &world.device(id).name;
        let ends = |end: &Option<Arc<str>>| end.clone().unwrap_or_else(|| Arc::from("anywhere"));
        let held = self.session.held.iter().filter(|held| held.from.is_some());
        let held = held.map(|held| {
            let (from, to) = (ends(&held.from), ends(&held.to));
            format!("{} passes sessions from {from} to {to}", name(held.device))
        });
        let replies = self.session.replies.iter().map(|reply| {
            let to: Vec<String> = reply
                .expected()
                .map(|packets| packets.destination.0.to_string())
                .collect();
            format!(
                "{} translates sessions to {}",
                name(reply.device),
                to.join(" ")
            )
        });
        held.chain(replies).collect()
    }
}

impl Cell {
    /// Whether a device that remembers sessions passes the packets on every path.
    fn is_seen_by(&self, device: DeviceId) -> bool {
        let mut sessions = self.arrivals.iter().map(|one| &one.session);
        sessions.all(|session| session.devices().any(|one| one == device))
    }

    /// Whether every path delivers the packets as far as the snapshot shows.
    pub fn works(&self) -> bool {
        !self.dispositions.is_empty() && self.dispositions.iter().all(|end| end.is_success())
    }

    /// One packet of the cell as a flow.
    pub fn flow(&self) -> Flow {
        flow_of(&self.witness)
    }

    /// Devices of the first path, in order; of the first that fails where one does.
    pub fn devices(&self) -> Vec<Arc<str>> {
        let failing = self
            .paths
            .iter()
            .find(|path| !path.disposition.is_success());
        failing
            .or(self.paths.first())
            .map_or_else(Vec::new, |path| {
                path.hops.iter().map(|hop| hop.device.clone()).collect()
            })
    }
}

impl Reach {
    /// Whether every cell works.
    pub fn works(&self) -> bool {
        self.cells.iter().all(Cell::works)
    }

    /// Cells that fail.
    pub fn failing(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| !cell.works())
    }

    /// Every symbol of every cell, in the order met.
    pub fn symbols(&self) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        for symbol in self.cells.iter().flat_map(|cell| &cell.symbols) {
            if !symbols.contains(symbol) {
                symbols.push(symbol.clone());
            }
        }
        symbols
    }
}

/// Packets there and their answers back.
#[derive(Debug, Clone, Default)]
pub struct RoundTrip {
    /// The way there.
    pub forward: Reach,
    /// The way back, of what arrived; the packets are the answers, and of what follows the first
    /// answer those that are lost.
    pub back: Reach,
}

impl RoundTrip {
    /// Whether everything arrives and every answer comes back.
    pub fn works(&self) -> bool {
        self.forward.works() && self.back.works()
    }

    /// What both ways read.
    pub fn reads(&self) -> ReadSet {
        let mut reads = self.forward.reads.clone();
        reads.merge(&self.back.reads);
        reads
    }
}

/// Where packets from a start go.
pub fn reach(world: &World<'_>, start: &Start, packets: &PacketBox, ctx: &Ctx<'_>) -> Reach {
    reach_with(
        world,
        start,
        packets,
        &Session::default(),
        Options::judge(ctx),
    )
}

/// Where packets go, with limits; `session` is what devices remember of the connection, where
/// these packets are answers.
pub fn reach_with(
    world: &World<'_>,
    start: &Start,
    packets: &PacketBox,
    session: &Session,
    options: Options,
) -> Reach {
    let mut walker = Walker::new(world, session, options);
    match walker.run(start, packets) {
        Ok(reach) => reach,
        Err(error) => Reach {
            cells: vec![Cell {
                packets: vec![*packets],
                dispositions: BTreeSet::from([Disposition::InsufficientInformation]),
                arrivals: Vec::new(),
                answers: Vec::new(),
                witness: smallest(packets),
                paths: Vec::new(),
                decided_by: Vec::new(),
                symbols: vec![Symbol::Undecided(error.to_string())],
                boundaries: BTreeSet::new(),
            }],
            reads: walker.reads,
        },
    }
}

/// Where packets go, and where the answers to those that arrive go.
///
/// TCP begins without ACK and is answered with it; an ICMP echo request is answered by a reply;
/// addresses and ports change places. An answer begins where its packet ended.
pub fn round_trip(
    world: &World<'_>,
    start: &Start,
    packets: &PacketBox,
    ctx: &Ctx<'_>,
) -> RoundTrip {
    round_trip_with(world, start, packets, Options::judge(ctx))
}

/// Both ways, with limits.
pub fn round_trip_with(
    world: &World<'_>,
    start: &Start,
    packets: &PacketBox,
    options: Options,
) -> RoundTrip {
    let forward = reach_with(world, start, packets, &Session::default(), options);
    let mut back = Reach::default();
    let mut asked = BTreeSet::new();
    for cell in forward.cells.iter().filter(|cell| cell.works()) {
        for arrived in &cell.arrivals {
            let mut seen: Option<BTreeSet<DeviceId>> = None;
            for packets in arrived.packets.as_ref().unwrap_or(&cell.packets) {
                let answer = answer_to(packets);
                let from = place::answering(world, &arrived.end, &answer);
                let Some(from) = from else {
                    continue;
                };
                if asked.insert((from.clone(), answer, arrived.session.clone())) {
                    let mut one = reach_with(world, &from, &answer, &arrived.session, options);
                    for back in &mut one.cells {
                        back.answers = answered(cell, arrived, back);
                        if back.works() {
                            refuse_strangers(cell, back);
                        }
                        let seen = seen.get_or_insert_with(|| arrived.session.devices().collect());
                        seen.retain(|device| back.is_seen_by(*device));
                    }
                    back.cells.extend(one.cells);
                    back.reads.merge(&one.reads);
                }
            }
            if let Some(seen) = &seen {
                let session = arrived.session.later(seen);
                let later = later_packets(world, start, cell, &session, options);
                back.reads.merge(&later.reads);
                back.cells.extend(later.cells);
            }
        }
    }
    RoundTrip { forward, back }
}

/// Whether packets of an open connection pass both ways where devices that pass or translate only
/// sessions have not seen it begin.
pub fn passes_unknown(world: &World<'_>, start: &Start, cell: &Cell, ctx: &Ctx<'_>) -> bool {
    let options = Options::judge(ctx);
    cell.arrivals.iter().all(|arrived| {
        let session = arrived.session.unknown();
        let there = cell.packets.iter().all(|packets| {
            let mut packets = *packets;
            if packets.protocol == (TCP, TCP) {
                packets.established = (1, 1);
            }
            reach_with(world, start, &packets, &session, options).works()
        });
        let mut arrivals = arrived.packets.as_ref().unwrap_or(&cell.packets).iter();
        there
            && arrivals.all(|packets| {
                let answer = answer_to(packets);
                let from = place::answering(world, &arrived.end, &answer);
                let session = Session {
                    phase: arrived.session.phase,
                    ..session.clone()
                };
                from.is_none_or(|from| reach_with(world, &from, &answer, &session, options).works())
            })
    })
}

/// What becomes of the packets after the first answer, where that is another end than the first
/// packet's: a filter that asks for connection states may take the first packet alone, and counts
/// a connection as established only where it saw the answer too.
fn later_packets(
    world: &World<'_>,
    start: &Start,
    cell: &Cell,
    session: &Session,
    options: Options,
) -> Reach {
    let asks = |id: DeviceId| {
        let device = world.device(id).device;
        device.is_some_and(|device| {
            device
                .packet_filters()
                .any(|(_, filter)| filter.asks_states() || filter.translates())
        })
    };
    let mut later = Reach::default();
    let mut devices = cell.arrivals.iter().flat_map(|one| one.session.devices());
    if !devices.any(asks) {
        return later;
    }
    for packets in &cell.packets {
        let mut packets = *packets;
        if packets.protocol == (TCP, TCP) {
            packets.established = (1, 1);
        }
        let one = reach_with(world, start, &packets, session, options);
        later.reads.merge(&one.reads);
        let failing = one.cells.into_iter().filter(|cell| !cell.works());
        later.cells.extend(failing.map(|failed| Cell {
            answers: failed.packets.clone(),
            ..failed
        }));
    }
    later
}

/// Ends answers where they do not come from where the packets were sent to, as whoever sent them
/// asks: those that no device translated back.
fn refuse_strangers(sent: &Cell, back: &mut Cell) {
    // What is a request's type to it is a reply's type to the answer.
    let typed = |(low, high): (u8, u8)| low <= ICMP && ICMP <= high;
    let open = |packets: &PacketBox| PacketBox {
        established: (0, 0),
        destination_port: if typed(packets.protocol) {
            (0, u16::MAX)
        } else {
            packets.destination_port
        },
        ..*packets
    };
    let mut refused = 0;
    for one in &mut back.arrivals {
        let mut boxes = one.packets.as_ref().unwrap_or(&back.packets).iter();
        let belongs = boxes.any(|answer| {
            let asked = open(&answer_to(answer));
            let mut all = sent.packets.iter();
            all.any(|packets| open(packets).meets(&asked))
        });
        if !belongs {
            one.end.disposition = Disposition::DeniedIn;
            refused += 1;
        }
    }
    if refused == 0 {
        return;
    }
    if refused == back.arrivals.len() {
        back.dispositions.clear();
        for path in &mut back.paths {
            path.disposition = Disposition::DeniedIn;
        }
    }
    back.dispositions.insert(Disposition::DeniedIn);
}

/// The packets that a cell of answers belongs to, as they were sent.
///
/// Where translation hides which they are, all that could be meant are given.
fn answered(sent: &Cell, arrived: &Arrived, back: &Cell) -> Vec<PacketBox> {
    if arrived.packets.is_none() {
        return back.packets.iter().map(answer_to).collect();
    }
    let mut own = BTreeSet::new();
    for one in back
        .arrivals
        .iter()
        .filter(|one| !one.end.disposition.is_success())
    {
        for answer in one.packets.as_ref().unwrap_or(&back.packets) {
            let packets = PacketBox {
                established: (0, 0),
                ..answer_to(answer)
            };
            if !sent.packets.iter().any(|all| packets.is_within(all)) {
                return sent.packets.clone();
            }
            own.insert(packets);
        }
    }
    own.into_iter().collect()
}

/// The answers to a box of packets.
pub fn answer_to(packets: &PacketBox) -> PacketBox {
    let mut answer = PacketBox {
        source: packets.destination,
        destination: packets.source,
        source_port: packets.destination_port,
        destination_port: packets.source_port,
        ..*packets
    };
    if packets.protocol == (TCP, TCP) {
        answer.established = (1, 1);
    }
    if packets.protocol == (ICMP, ICMP) {
        let kind = u16::from(ICMP_ECHO_REQUEST) << 8;
        answer.source_port = (0, 0);
        answer.destination_port = packets.destination_port;
        if packets.destination_port == (kind, kind) {
            let reply = u16::from(ICMP_ECHO_REPLY) << 8;
            answer.destination_port = (reply, reply);
        }
    }
    answer
}

/// The smallest packet of a box.
fn smallest(packets: &PacketBox) -> PacketBox {
    let low = |range: (u16, u16)| (range.0, range.0);
    PacketBox {
        protocol: (packets.protocol.0, packets.protocol.0),
        source: (packets.source.0, packets.source.0),
        destination: (packets.destination.0, packets.destination.0),
        source_port: low(packets.source_port),
        destination_port: low(packets.destination_port),
        established: (packets.established.0, packets.established.0),
        dscp: (packets.dscp.0, packets.dscp.0),
    }
}

/// The first packet of a box as a flow.
pub fn flow_of(packets: &PacketBox) -> Flow {
    let protocol = packets.protocol.0;
    let ported = protocol == TCP || protocol == crate::net::registry::UDP;
    Flow {
        from: packets.source.0.to_string(),
        to: packets.destination.0.to_string(),
        protocol: protocol_name(protocol),
        port: ported.then_some(packets.destination_port.0),
        from_port: ported.then_some(packets.source_port.0),
        icmp_type: (protocol == ICMP)
            .then(|| u8::try_from(packets.destination_port.0 >> 8).unwrap_or(0)),
    }
}

/// Name of a protocol in flows.
fn protocol_name(protocol: u8) -> String {
    match protocol {
        TCP => "tcp".to_owned(),
        crate::net::registry::UDP => "udp".to_owned(),
        ICMP => "icmp".to_owned(),
        other => other.to_string(),
    }
}

/// A fresh arena within the budget.
fn arena(options: Options) -> Arena<u32> {
    let nodes = u32::try_from(options.set_nodes).unwrap_or(u32::MAX);
    Arena::with_budget(Layout::packets(), nodes)
}

/// Interfaces' holes by name.
type Named<T> = BTreeMap<Arc<str>, T>;
