//! Whether packets of pumps or servers reach a server and answers come back, as stages ask it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::state::{From, State, add_places, add_symbol};
use super::walk::{self, Cell, Reach, Start};
use super::world::InterfaceId;
use super::{
    Delivery, HeldHop, Nominal, PacketBox, ReadSet, Recipient, Replayed, Shape, Symbol, Witness,
    converging, filter, replay,
};
use crate::intent::Port;
use crate::model::{Down, FacetKind};
use crate::net::Ipv4Net;
use crate::net::registry::{ICMP, ICMP_ECHO_REQUEST, PORT_DHCP_CLIENT, PORT_DHCP_SERVER, TCP, UDP};
use crate::set::{Arena, Layout};
use crate::source::StatementRef;
use crate::wire::trace::Disposition;

/// Both ways between a source and one server.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    /// The server.
    pub(super) to: Ipv4Addr,
    /// Whether every packet arrives and every answer comes back.
    pub(super) nominal: Nominal,
    /// What it depends on.
    pub(super) symbols: Vec<Symbol>,
    /// Packets of the source that get no answer.
    pub(super) failing: Vec<PacketBox>,
    /// What the source sees of a failure.
    pub(super) shape: Option<Shape>,
    /// Why it fails, a fragment.
    pub(super) why: String,
    /// One packet that shows it.
    pub(super) witness: Option<Witness>,
    /// Statements that decide it.
    pub(super) decided_by: Vec<StatementRef>,
    /// What was read.
    pub(super) reads: ReadSet,
    /// Boundaries that are crossed on an assumption, in words.
    pub(super) assumed: Vec<String>,
    /// Devices of one path.
    pub(super) path: Vec<Arc<str>>,
    /// Hops that routing protocols chose, both ways.
    pub(super) hops: BTreeSet<HeldHop>,
    /// What devices remember of its sessions.
    pub(super) sessions: BTreeSet<String>,
    /// Whether open sessions need that to pass.
    pub(super) needs_sessions: bool,
    /// Packets that were followed once more.
    pub(super) replayed: Replayed,
    /// Addresses that the server sees packets come from, after translation.
    pub(super) sources: Vec<(Ipv4Addr, Ipv4Addr)>,
}

impl Passage {
    /// A passage that works and depends on nothing.
    fn open(to: Ipv4Addr) -> Self {
        Self {
            to,
            nominal: Nominal::Works,
            symbols: Vec::new(),
            failing: Vec::new(),
            shape: None,
            why: String::new(),
            witness: None,
            decided_by: Vec::new(),
            reads: ReadSet::default(),
            assumed: Vec::new(),
            path: Vec::new(),
            hops: BTreeSet::new(),
            sessions: BTreeSet::new(),
            needs_sessions: false,
            replayed: Replayed::default(),
            sources: Vec::new(),
        }
    }
}

/// Highest DSCP (RFC 2474 §3: six bits).
const DSCP: u8 = 63;

/// Walks both ways from every address of a source.
pub(super) fn walk(
    state: &State<'_, '_>,
    from: &From,
    to: Ipv4Addr,
    port: Port,
    source_ports: (u16, u16),
) -> Passage {
    let mut passage = Passage::open(to);
    if let Some(service) = down_service(state, to, port) {
        passage.nominal = Nominal::Fails;
        passage.shape = Some(Shape::Drop);
        passage.why = format!("service {service} is down");
        passage.reads.goals.insert(Ipv4Net::from(to));
        return passage;
    }
    let asker = match from {
        From::Address(address) => Some(*address),
        From::Pumps(..) => None,
    };
    for address in asker.into_iter().chain([to]) {
        let ports = state.world.host_ports(address);
        passage.reads.host_ports.insert(address, ports);
    }
    let (ranges, start) = sources(state, from, &mut passage.reads);
    for source in ranges {
        let packets = packets(source, to, port, source_ports);
        let trip = walk::round_trip(state.world, &start, &packets, state.ctx);
        take(state, &trip.forward, false, &mut passage);
        for cell in trip.forward.cells.iter().filter(|cell| cell.works()) {
            let marks = cell
                .arrivals
                .iter()
                .flat_map(|one| one.remembered(state.world));
            let marks: BTreeSet<String> = marks.collect();
            passage.needs_sessions |=
                !marks.is_empty() && !walk::passes_unknown(state.world, &start, cell, state.ctx);
            passage.sessions.extend(marks);
        }
        for cell in &trip.forward.cells {
            for arrived in &cell.arrivals {
                let packets = arrived.packets.as_ref().unwrap_or(&cell.packets);
                passage.sources.extend(packets.iter().map(|one| one.source));
                if cell.works() {
                    let deliveries = packets.iter().map(|one| delivery(state, to, port, one));
                    passage.reads.deliveries.extend(deliveries);
                }
            }
        }
        take(state, &trip.back, true, &mut passage);
        let (replayed, differing) = replay::replay(state.world, &start, &trip);
        passage.replayed.add(&replayed);
        for reason in differing {
            add_symbol(&mut passage.symbols, Symbol::Undecided(reason));
        }
        if passage.sources.is_empty() {
            passage.sources.push(source);
        }
    }
    passage.sources.sort_unstable();
    passage.sources.dedup();
    passage
}

/// Where packets to a server arrive, and as what.
fn delivery(state: &State<'_, '_>, to: Ipv4Addr, port: Port, packets: &PacketBox) -> Delivery {
    let (address, _) = packets.destination;
    let world = state.world;
    let owner = world
        .owners(address)
        .first()
        .map(|id| world.device(world.interface(*id).device));
    let recipient = match owner {
        // Of a server that nobody names the address is all that is known.
        Some(device) if *device.name == *address.to_string() => Recipient::Nobody,
        Some(device) if device.forwards => Recipient::Router(device.name.clone()),
        Some(_) => Recipient::Host,
        None if world.virtuals(address).is_empty() => Recipient::Nobody,
        None => Recipient::Virtual,
    };
    let (number, arrives) = match port {
        Port::Tcp(number) | Port::Udp(number) => (number, packets.destination_port.0),
        Port::Icmp => (0, 0),
    };
    Delivery {
        sent_to: (to, number),
        arrives_at: (address, arrives),
        recipient,
    }
}

/// Ranges of source addresses, and where their packets begin.
fn sources(
    state: &State<'_, '_>,
    from: &From,
    reads: &mut ReadSet,
) -> (Vec<(Ipv4Addr, Ipv4Addr)>, Start) {
    match from {
        From::Address(address) => (vec![(*address, *address)], Start::Host(*address)),
        From::Pumps(subnet, gateway) => {
            reads.goals.insert(subnet.trunc());
            let ranges = clients(state, *subnet);
            let address = ranges.first().map_or(subnet.addr(), |(low, _)| *low);
            let start = match gateway {
                Some(gateway) => Start::Behind {
                    address,
                    gateway: *gateway,
                },
                None => Start::Host(address),
            };
            (ranges, start)
        }
    }
}

/// Addresses of a subnet that a client may have: neither its ends nor an address of a device.
fn clients(state: &State<'_, '_>, subnet: Ipv4Net) -> Vec<(Ipv4Addr, Ipv4Addr)> {
    let (low, high) = (u32::from(subnet.network()), u32::from(subnet.broadcast()));
    // A /31 or /32 has no ends to spare (RFC 3021).
    let spare = u32::from(subnet.prefix_len() < 31);
    let (low, high) = (low + spare, high - spare);
    let mut out = Vec::new();
    let mut next = Some(low);
    for owned in state.world.owned_between(low.into(), high.into()) {
        let owned = u32::from(owned);
        let Some(start) = next else { break };
        if owned > start {
            out.push((start.into(), (owned - 1).into()));
        }
        next = owned.checked_add(1).filter(|start| *start <= high);
    }
    out.extend(next.map(|start| (start.into(), high.into())));
    out
}

/// The packets of a question.
fn packets(
    source: (Ipv4Addr, Ipv4Addr),
    to: Ipv4Addr,
    port: Port,
    source_ports: (u16, u16),
) -> PacketBox {
    let (protocol, source_port, destination_port) = match port {
        Port::Tcp(port) => (TCP, source_ports, (port, port)),
        Port::Udp(port) => (UDP, source_ports, (port, port)),
        Port::Icmp => {
            let kind = u16::from(ICMP_ECHO_REQUEST) << 8;
            (ICMP, (0, 0), (kind, kind))
        }
    };
    PacketBox {
        protocol: (protocol, protocol),
        source,
        destination: (to, to),
        source_port,
        destination_port,
        established: (0, 0),
        dscp: (0, DSCP),
    }
}

/// Adds what one direction found.
fn take(state: &State<'_, '_>, reach: &Reach, back: bool, passage: &mut Passage) {
    passage.reads.merge(&reach.reads);
    for cell in &reach.cells {
        passage.hops.extend(converging::hops(state, cell));
        for symbol in &cell.symbols {
            add_symbol(&mut passage.symbols, symbol.clone());
        }
        for index in &cell.boundaries {
            if let Some(boundary) = state.intent.site.boundaries.get(*index) {
                let text = format!(
                    "{} {}: {}",
                    boundary.device, boundary.interface, boundary.beyond
                );
                if !passage.assumed.contains(&text) {
                    passage.assumed.push(text);
                }
            }
        }
        let undecided = cell
            .dispositions
            .iter()
            .all(|end| end.is_success() || *end == Disposition::InsufficientInformation);
        if !cell.works() && undecided {
            if cell.symbols.is_empty() {
                add_symbol(
                    &mut passage.symbols,
                    Symbol::Undecided("a walk could not be finished".to_owned()),
                );
            }
        } else if !cell.works() {
            fail(cell, back, passage);
        }
    }
    if passage.path.is_empty()
        && let Some(cell) = reach.cells.first()
    {
        passage.path = cell.devices();
    }
}

/// Notes a cell that fails.
fn fail(cell: &Cell, back: bool, passage: &mut Passage) {
    let packets = if back { &cell.answers } else { &cell.packets };
    passage
        .failing
        .extend(packets.iter().map(|packets| PacketBox {
            established: (0, 0),
            ..*packets
        }));
    if passage.nominal == Nominal::Works {
        passage.nominal = Nominal::Fails;
        passage.shape = Some(Shape::Drop);
        let bad = cell
            .dispositions
            .iter()
            .find(|end| !end.is_success())
            .copied();
        let name = bad.map_or("lost", Disposition::name);
        let devices = cell.devices();
        let end = devices
            .last()
            .map_or(String::new(), |last| format!(" at {last}"));
        let what = if back { "answers are" } else { "packets are" };
        passage.why = format!("{what} {name}{end}");
        let flow = cell.flow();
        passage.witness = Some(Witness {
            summary: format!(
                "{} from {} to {} is {name}{end}",
                if back { "the answer" } else { "a packet" },
                flow.from,
                flow.to
            ),
            flow: Some(flow),
            path: devices,
            disposition: bad,
        });
    }
    add_places(&mut passage.decided_by, &cell.decided_by);
}

/// The host of an address that is down.
pub(super) fn down_host<'a>(state: &State<'a, '_>, address: Ipv4Addr) -> Option<&'a str> {
    let down = &state.world.network().down;
    let hosts = state.intent.site.hosts.values();
    hosts
        .filter(|host| host.address.addr() == address)
        .find(|host| down.contains(&Down::Device(host.name.to_lowercase())))
        .map(|host| host.name.as_str())
}

/// Whether a service with this server is down in the state.
pub(super) fn is_down(state: &State<'_, '_>, server: Ipv4Addr) -> bool {
    if down_host(state, server).is_some() {
        return true;
    }
    state.intent.site.services.values().any(|service| {
        service.servers.contains(&server)
            && state
                .world
                .network()
                .down
                .contains(&Down::Service(service.id.clone()))
    })
}

/// The service that is down and would answer on this port, or the host of all its services.
fn down_service<'a>(state: &State<'a, '_>, to: Ipv4Addr, port: Port) -> Option<&'a str> {
    let down = &state.world.network().down;
    if down.is_empty() {
        return None;
    }
    if let Some(host) = down_host(state, to) {
        return Some(host);
    }
    state
        .intent
        .site
        .services
        .values()
        .find(|service| {
            service.servers.contains(&to)
                && (service.ports.is_empty() || service.ports.contains(&port))
                && down.contains(&Down::Service(service.id.clone()))
        })
        .map(|service| service.id.as_str())
}

/// Whether a router's interface hears a client's DHCP broadcast through its own filter.
///
/// What the router sends to the client itself passes no outgoing filter (Cisco IOS Security
/// Configuration Guide, "IP access list overview": packets that originate at the router).
pub(super) fn broadcast(state: &State<'_, '_>, interface: InterfaceId) -> Passage {
    let mut passage = Passage::open(Ipv4Addr::BROADCAST);
    let entry = state.world.interface(interface);
    let device = state.world.device(entry.device);
    passage
        .reads
        .read(&device.name, FacetKind::Interface, &entry.name);
    let Some(acl) = entry.facet.and_then(|facet| facet.acl_in.as_ref()) else {
        return passage;
    };
    let question = PacketBox {
        protocol: (UDP, UDP),
        source: (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED),
        destination: (Ipv4Addr::BROADCAST, Ipv4Addr::BROADCAST),
        source_port: (PORT_DHCP_CLIENT, PORT_DHCP_CLIENT),
        destination_port: (PORT_DHCP_SERVER, PORT_DHCP_SERVER),
        established: (0, 0),
        dscp: (0, DSCP),
    };
    let mut arena = Arena::with_budget(
        Layout::packets(),
        u32::try_from(state.ctx.set_nodes).unwrap_or(u32::MAX),
    );
    let mut reads = BTreeSet::new();
    let pieces = arena.from_box(&question.ranges()).and_then(|set| {
        filter::evaluate_acl(
            &mut arena,
            state.world,
            entry.device,
            &acl.value,
            set,
            &|_| None,
            &mut reads,
        )
    });
    passage
        .reads
        .facets
        .extend(reads.into_iter().map(|key| (device.name.clone(), key)));
    let Ok(pieces) = pieces else {
        passage
            .symbols
            .push(Symbol::Undecided("a filter is too large".to_owned()));
        return passage;
    };
    for piece in pieces {
        for symbol in piece.symbols {
            add_symbol(&mut passage.symbols, symbol);
        }
        if piece.permitted {
            continue;
        }
        passage.nominal = Nominal::Fails;
        passage.shape = Some(Shape::Drop);
        passage.why = format!("ACL {} denies bootps: {}", acl.value, piece.note);
        passage.failing.push(question);
        add_places(&mut passage.decided_by, &piece.at);
        add_places(&mut passage.decided_by, &[acl.at]);
        passage.witness = Some(Witness {
            summary: format!("a DHCP broadcast is dropped by {}", device.name),
            flow: Some(walk::flow_of(&question)),
            path: vec![device.name.clone()],
            disposition: Some(Disposition::DeniedIn),
        });
    }
    passage
}
