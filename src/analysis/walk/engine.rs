//! The walk itself: what is open, what was met, and the cells at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::holes::{DeviceHoles, redirecting};
use super::part::{Part, StepRecord, add_new, merge, overlay};
use super::place::{Origin, origin};
use super::session::{Mark, Returning, Session};
use super::{Arrived, Cell, End, Options, Reach, Start, arena, smallest};
use crate::analysis::goal::Learned;
use crate::analysis::world::{DeviceId, InterfaceId, World};
use crate::analysis::{PacketBox, ReadSet, Symbol};
use crate::model::nat::Ties;
use crate::model::{FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::net::registry::{PORT_RADIUS, PORT_RADIUS_IOS, TCP};
use crate::set::{Arena, BudgetExceeded, Field, SetId};
use crate::source::StatementRef;
use crate::syntax::Effect;
use crate::wire::trace::Disposition;

/// Boxes that one cell may have before it counts as too large (a limit of this tool).
const BOXES: usize = 20_000;
/// First port that clients use (RFC 6335 §6: dynamic ports).
pub(in crate::analysis) const CLIENT_PORT: u16 = 49_152;

/// Parts of packets, or that they grew too large.
pub(super) type Parts = Result<Vec<Part>, BudgetExceeded>;

/// One walk.
pub(super) struct Walker<'w, 'a> {
    /// State of the network.
    pub(super) world: &'w World<'a>,
    /// Sets.
    pub(super) arena: Arena<u32>,
    /// Limits.
    pub(super) options: Options,
    /// What devices remember of the connection whose packets these are.
    pub(super) session: &'w Session,
    /// How its replies are translated back.
    pub(super) returning: Vec<Returning>,
    /// Translations around what is being walked.
    pub(super) translated: usize,
    /// What was read.
    pub(super) reads: ReadSet,
    /// What became of packets that entered by an interface.
    memo: FxHashMap<(InterfaceId, SetId), Rc<Vec<Part>>>,
    /// Interfaces by which the packets entered, each with how often they had been translated by
    /// then, to find loops.
    stack: Vec<(InterfaceId, usize)>,
    /// Devices that could send packets anywhere.
    doubtful: BTreeSet<DeviceId>,
    /// Bytes that its largest packets may have.
    pub(super) packet_bytes: u32,
    /// Whether what is read now is read only because a hole could send packets here.
    in_envelope: bool,
    /// Unread statements by device.
    holes: BTreeMap<DeviceId, Rc<DeviceHoles>>,
}

/// What was met at one device before the packets left it.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// Device.
    pub(super) device: DeviceId,
    /// Interface by which the packets entered; none where they begin here.
    pub(super) ingress: Option<InterfaceId>,
    /// How the device chose where they go.
    pub(super) learned: Option<Learned>,
    /// What happened, in words.
    pub(super) steps: Vec<StepRecord>,
    /// What it depends on that is not known.
    pub(super) symbols: Vec<Symbol>,
    /// Statements that decided it so far.
    pub(super) decided: Vec<StatementRef>,
    /// Sessions that the device remembers of them.
    pub(super) held: Vec<Mark>,
    /// Whether only the levels of its interfaces have let them in so far.
    pub(super) by_level: bool,
    /// Zone or interface by which translation makes them leave, whatever their route says.
    pub(super) diverts_to: Option<String>,
    /// Interface that packets of the device itself would have left by untranslated.
    pub(super) meant_for: Option<InterfaceId>,
    /// The statement that translated them before routing, or exempted them.
    pub(super) translated_by: Option<(StatementRef, Ties)>,
}

impl<'w, 'a> Walker<'w, 'a> {
    /// A walk that has not begun.
    pub(super) fn new(world: &'w World<'a>, session: &'w Session, options: Options) -> Self {
        Self {
            world,
            arena: arena(options),
            options,
            session,
            returning: Vec::new(),
            translated: 0,
            reads: ReadSet::default(),
            memo: FxHashMap::default(),
            stack: Vec::new(),
            doubtful: BTreeSet::new(),
            packet_bytes: 0,
            in_envelope: false,
            holes: BTreeMap::new(),
        }
    }

    /// Walks all packets from a start to their ends.
    pub(super) fn run(
        &mut self,
        start: &Start,
        packets: &PacketBox,
    ) -> Result<Reach, BudgetExceeded> {
        let set = self.arena.from_box(&packets.ranges())?;
        self.packet_bytes = packet_bytes(packets);
        self.prepare_replies()?;
        if self.options.judges {
            let (low, high) = packets.destination;
            self.reads
                .goals
                .extend(ipnet::Ipv4Subnets::new(low, high, 0));
        }
        let parts = match origin(self.world, start) {
            Origin::Device(device) => self.originate(device, packets.source.0, set)?,
            Origin::Interface(interface) => self.enter(interface, set)?.to_vec(),
            Origin::Client {
                subnet,
                beside,
                gateways,
            } => {
                self.read_segment(beside);
                self.leave_client(subnet, beside, &gateways, set)?
            }
            Origin::Nowhere => return Ok(self.nowhere(packets)),
        };
        self.read_envelope(set, packets)?;
        let parts = merge(&mut self.arena, parts)?;
        let mut reach = Reach::default();
        for part in parts {
            reach.cells.push(self.cell(part, packets)?);
        }
        reach.reads = std::mem::take(&mut self.reads);
        Ok(reach)
    }

    /// The answer for packets whose start is in no file.
    fn nowhere(&mut self, packets: &PacketBox) -> Reach {
        let reason = format!("no interface is on a subnet with {}", packets.source.0);
        Reach {
            cells: vec![Cell {
                packets: vec![*packets],
                dispositions: BTreeSet::from([Disposition::InsufficientInformation]),
                arrivals: Vec::new(),
                answers: Vec::new(),
                witness: smallest(packets),
                paths: Vec::new(),
                decided_by: Vec::new(),
                symbols: vec![Symbol::Undecided(reason)],
                boundaries: BTreeSet::new(),
            }],
            reads: std::mem::take(&mut self.reads),
        }
    }

    /// A finished part as a cell.
    fn cell(&mut self, part: Part, packets: &PacketBox) -> Result<Cell, BudgetExceeded> {
        let boxes = self.boxes_of(part.set)?;
        let mut arrivals = Vec::with_capacity(part.ends.len());
        for arrival in &part.ends {
            let (packets, session) = self.arrive(part.set, &arrival.trail)?;
            arrivals.push(Arrived {
                end: arrival.end,
                packets,
                session,
            });
        }
        // The first address of a subnet is no host's.
        let source = u32::from(packets.source.0);
        let host = if packets.source.0 == packets.source.1 {
            source
        } else {
            source.saturating_add(1)
        };
        let preferred = [
            (Field::SourcePort, u32::from(CLIENT_PORT)),
            (Field::Source, host),
        ];
        let witness = self
            .arena
            .pick_preferring(part.set, &preferred)
            .map_or(*packets, |packet| single(&packet));
        Ok(Cell {
            packets: boxes,
            dispositions: arrivals.iter().map(|one| one.end.disposition).collect(),
            arrivals,
            answers: Vec::new(),
            witness,
            paths: part.paths.iter().map(super::part::Path::record).collect(),
            decided_by: part.decided,
            symbols: part.symbols,
            boundaries: part.boundaries,
        })
    }

    /// A set as boxes.
    pub(super) fn boxes_of(&self, set: SetId) -> Result<Vec<PacketBox>, BudgetExceeded> {
        let boxes: Vec<PacketBox> = self
            .arena
            .boxes(set)
            .take(BOXES + 1)
            .map(|found| PacketBox::of(&found))
            .collect();
        if boxes.len() > BOXES {
            let nodes = u32::try_from(BOXES).unwrap_or(u32::MAX);
            return Err(BudgetExceeded { nodes });
        }
        Ok(boxes)
    }

    /// Packets of a client: to its own subnet directly, the rest by its gateways.
    fn leave_client(
        &mut self,
        subnet: Ipv4Net,
        beside: InterfaceId,
        gateways: &BTreeSet<InterfaceId>,
        set: SetId,
    ) -> Parts {
        let range = (u32::from(subnet.network()), u32::from(subnet.broadcast()));
        let (local, remote) = self.arena.split(set, Field::Destination, &[range])?;
        let mut parts = Vec::new();
        if !local.is_empty() {
            parts.extend(self.on_subnet(subnet, beside, local)?);
        }
        if remote.is_empty() {
            return Ok(parts);
        }
        let mut branches = Vec::new();
        for gateway in gateways {
            branches.push(self.enter(*gateway, remote)?.to_vec());
        }
        if branches.is_empty() {
            branches.push(vec![Part::end(
                remote,
                End {
                    device: self.world.interface(beside).device,
                    interface: Some(beside),
                    disposition: Disposition::NeighborUnreachable,
                },
            )]);
        }
        parts.extend(overlay(&mut self.arena, self.options.paths, branches)?);
        Ok(parts)
    }

    /// Packets of a client to hosts of its own subnet.
    fn on_subnet(&mut self, subnet: Ipv4Net, beside: InterfaceId, set: SetId) -> Parts {
        let mut rest = set;
        let mut parts = Vec::new();
        for address in self
            .world
            .owned_between(subnet.network(), subnet.broadcast())
        {
            let here = self.only_to(rest, address)?;
            if here.is_empty() {
                continue;
            }
            rest = self.arena.difference(rest, here)?;
            let mut branches = Vec::new();
            for owner in super::place::answering_for(self.world, address) {
                branches.push(self.enter(owner, here)?.to_vec());
            }
            parts.extend(overlay(&mut self.arena, self.options.paths, branches)?);
        }
        for (low, high, owner) in self.world.translators() {
            let near = *owner == beside || self.world.are_neighbors(beside, *owner);
            if rest.is_empty() || !near || !subnet.contains(low) {
                continue;
            }
            let range = (u32::from(*low), u32::from(*high));
            let (here, others) = self.arena.split(rest, Field::Destination, &[range])?;
            if !here.is_empty() {
                rest = others;
                parts.extend(self.enter(*owner, here)?.iter().cloned());
            }
        }
        if !rest.is_empty() {
            let end = End {
                device: self.world.interface(beside).device,
                interface: Some(beside),
                disposition: Disposition::DeliveredToSubnet,
            };
            parts.push(Part::end(rest, end));
        }
        Ok(parts)
    }

    /// The packets of a set that go to one address.
    pub(super) fn only_to(
        &mut self,
        set: SetId,
        address: Ipv4Addr,
    ) -> Result<SetId, BudgetExceeded> {
        let value = u32::from(address);
        let only = self
            .arena
            .with_field(Field::Destination, &[(value, value)])?;
        self.arena.and(set, only)
    }

    /// Packets that enter a device by an interface.
    pub(super) fn enter(
        &mut self,
        interface: InterfaceId,
        set: SetId,
    ) -> Result<Rc<Vec<Part>>, BudgetExceeded> {
        if let Some(known) = self.memo.get(&(interface, set)) {
            return Ok(known.clone());
        }
        let step = (interface, self.translated);
        if self.stack.contains(&step) {
            let end = End {
                device: self.world.interface(interface).device,
                interface: Some(interface),
                disposition: Disposition::Loop,
            };
            return Ok(Rc::new(vec![Part::end(set, end)]));
        }
        self.stack.push(step);
        let parts = self.pass_ingress(interface, set);
        self.stack.pop();
        let parts = Rc::new(merge(&mut self.arena, parts?)?);
        self.memo.insert((interface, set), parts.clone());
        Ok(parts)
    }

    /// Unread statements of a device.
    pub(super) fn holes_of(&mut self, device: DeviceId) -> Rc<DeviceHoles> {
        let world = self.world;
        self.holes
            .entry(device)
            .or_insert_with(|| {
                let config = world.device(device).device;
                Rc::new(config.map_or_else(DeviceHoles::default, DeviceHoles::new))
            })
            .clone()
    }

    /// Records that packets here depend on unread statements.
    pub(super) fn meet(&mut self, visit: &mut Visit, symbols: &[Symbol]) {
        if !self.options.judges {
            // Of what is not understood, lines of filters that packets come to.
            let told = |symbol: &&Symbol| match symbol {
                Symbol::Undecided(_) => true,
                Symbol::Hole { redirects, .. } => !redirects,
                Symbol::Field(_) | Symbol::Beyond { .. } | Symbol::Outside(_) => false,
            };
            let told: Vec<Symbol> = symbols.iter().filter(told).cloned().collect();
            add_new(&mut visit.symbols, &told);
            return;
        }
        for symbol in symbols {
            if let Some(hole) = redirecting(symbol) {
                self.reads.holes.insert(hole);
                self.doubtful.insert(visit.device);
            }
        }
        add_new(&mut visit.symbols, symbols);
    }

    /// Records that packets here depend on something that could send them anywhere.
    pub(super) fn doubt(&mut self, visit: &mut Visit, reason: String) {
        self.doubt_by(visit, Symbol::Undecided(reason));
    }

    /// Records that packets here depend on a symbol that could send them anywhere.
    pub(super) fn doubt_by(&mut self, visit: &mut Visit, symbol: Symbol) {
        if self.options.judges {
            self.doubtful.insert(visit.device);
        }
        self.meet(visit, &[symbol]);
    }

    /// Records that a facet was read.
    pub(super) fn read(&mut self, device: DeviceId, kind: FacetKind, name: &str) {
        if self.options.judges {
            self.read_key(device, FacetKey::new(kind, name));
        }
    }

    /// Records that a facet was read.
    pub(super) fn read_key(&mut self, device: DeviceId, key: FacetKey) {
        if !self.options.judges {
            return;
        }
        let name: Arc<str> = self.world.device(device).name.clone();
        if !self.in_envelope {
            self.reads.facets.insert((name, key));
        } else if !self.reads.facets.contains(&(name.clone(), key.clone())) {
            self.reads.envelope.insert((name, key));
        }
    }

    /// Records that facets were read.
    pub(super) fn read_all(&mut self, facets: &BTreeSet<(Arc<str>, FacetKey)>) {
        if self.options.judges {
            let facets = facets.iter().cloned();
            if self.in_envelope {
                self.reads.envelope.extend(facets);
            } else {
                self.reads.facets.extend(facets);
            }
        }
    }

    /// Records that the interfaces of a segment and who answers there were read.
    pub(super) fn read_segment(&mut self, beside: InterfaceId) {
        if !self.options.judges {
            return;
        }
        let nets: Vec<Ipv4Net> = self
            .world
            .interface(beside)
            .addresses
            .iter()
            .map(|(net, _)| *net)
            .collect();
        for net in nets {
            if !self.in_envelope {
                self.reads.goals.insert(net.trunc());
            }
            for id in self.world.interfaces_in(net).to_vec() {
                let entry = self.world.interface(id);
                let (device, name) = (entry.device, entry.name.clone());
                self.reads.vlans.extend(self.world.vlan_of(id));
                self.read(device, FacetKind::Interface, &name);
            }
        }
    }

    /// Reads what packets could meet if unread statements sent them to any neighbor.
    fn read_envelope(&mut self, set: SetId, packets: &PacketBox) -> Result<(), BudgetExceeded> {
        let mut done = BTreeSet::new();
        while let Some(device) = self.doubtful.pop_first() {
            if !done.insert(device) {
                continue;
            }
            self.in_envelope = true;
            for interface in self.world.interfaces_of(device) {
                for neighbor in self.world.neighbors(interface) {
                    let parts = self.enter(neighbor, set)?;
                    let entry = self.world.interface(neighbor);
                    let name = self.world.device(entry.device).name.clone();
                    let aim = (name, entry.name.clone());
                    if !self.reads.aims.contains_key(&aim) {
                        let draws = self.draws_packets(entry.device);
                        self.reads.aims.insert(aim.clone(), draws);
                    }
                    let mut ends = parts.iter().flat_map(|part| &part.ends);
                    if ends.any(|arrival| !arrival.end.disposition.is_success()) {
                        self.reads.astray.insert((aim.0, aim.1, *packets));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a device could draw packets to itself: by a routing protocol, as a gateway that others
    /// stand in for, or by what of it is unread.
    fn draws_packets(&self, device: DeviceId) -> bool {
        let Some(config) = self.world.device(device).device else {
            return false;
        };
        let routes = config.facets.keys().any(|key| {
            matches!(
                key.kind,
                FacetKind::Ospf
                    | FacetKind::Bgp
                    | FacetKind::Eigrp
                    | FacetKind::Isis
                    | FacetKind::Rip
            )
        });
        let stands_in = config
            .interfaces()
            .any(|(_, interface)| !interface.first_hop.is_empty());
        let mut holes = config.holes.iter();
        let unread = |effect| matches!(effect, Effect::Routing | Effect::Device);
        routes || stands_in || holes.any(|hole| unread(hole.effect))
    }

    /// A step in words, where they are asked for.
    pub(super) fn step(
        &self,
        visit: &mut Visit,
        action: &'static str,
        detail: impl FnOnce() -> String,
        at: Option<StatementRef>,
    ) {
        if self.options.steps {
            visit.steps.push(StepRecord {
                action,
                detail: detail(),
                at,
            });
        }
    }
}

/// Bytes of the largest packets that may be sent: TCP fills an Ethernet frame (RFC 894), as do the
/// certificates that RADIUS carries (RFC 3579 §2.4); other services keep to what every host takes
/// (RFC 791 §3.1).
fn packet_bytes(packets: &PacketBox) -> u32 {
    let radius = [PORT_RADIUS, PORT_RADIUS_IOS];
    let ports = [packets.source_port, packets.destination_port];
    let is_radius = ports
        .iter()
        .any(|(low, high)| low == high && radius.contains(low));
    if packets.protocol == (TCP, TCP) || is_radius {
        1500
    } else {
        576
    }
}

/// One packet as a box.
fn single(packet: &crate::set::Packet<u32>) -> PacketBox {
    let byte = |field| {
        let value = u8::try_from(packet.value(field)).unwrap_or(u8::MAX);
        (value, value)
    };
    let port = |field| {
        let value = u16::try_from(packet.value(field)).unwrap_or(u16::MAX);
        (value, value)
    };
    let address = |field| {
        let value = Ipv4Addr::from(packet.value(field));
        (value, value)
    };
    PacketBox {
        protocol: byte(Field::Protocol),
        source: address(Field::Source),
        destination: address(Field::Destination),
        source_port: port(Field::SourcePort),
        destination_port: port(Field::DestinationPort),
        established: byte(Field::TcpState),
        dscp: byte(Field::Dscp),
    }
}
