//! Packet filters over packet sets: which line decides which packets.
//!
//! A line is looked at only where its bounds meet those of the packets, so that a long filter costs
//! a requirement no more than the lines that bear on it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Symbol;
use super::world::{DeviceId, World};
use crate::model::filter::{
    Acl, AclLine, Action, AddressMatch, GroupMember, PacketMatch, PortMatch, ProtocolMatch,
};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::PortRange;
use crate::net::registry::{ICMP, TCP, UDP};
use crate::set::{Arena, BudgetExceeded, Field, SetId, wildcard_ranges};
use crate::source::StatementRef;
use crate::syntax::Effect;

pub(super) mod chain;

/// Packets that a filter treats alike.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// The packets.
    pub(super) set: SetId,
    /// Whether they pass.
    pub(super) permitted: bool,
    /// Statements that decide it, the first ones; none where the end of the filter does.
    pub(super) at: Vec<StatementRef>,
    /// What it depends on that is not known.
    pub(super) symbols: Vec<Symbol>,
    /// What happened, in words.
    pub(super) note: String,
}

/// Packets on their way through a filter, with what their fate depends on.
type Parts = Vec<(SetId, Vec<Symbol>)>;

/// Inclusive ranges of one field.
type Ranges = Vec<(u32, u32)>;

/// Ranges in several fields, all of which must hold.
type Product = Vec<(Field, Ranges)>;

/// Facets of one device that a filter read.
pub(super) type FilterReads = BTreeSet<FacetKey>;

/// Smallest box around a set: the first and last value of the fields that lines look at.
pub(super) struct Bounds {
    /// Protocol.
    protocol: (u32, u32),
    /// Source address.
    source: (u32, u32),
    /// Destination address.
    destination: (u32, u32),
    /// Destination port.
    destination_port: (u32, u32),
}

impl Bounds {
    /// The bounds of a set that is not empty.
    pub(super) fn new(arena: &Arena<u32>, set: SetId) -> Self {
        let of = |field| {
            let ranges = arena.field_ranges(set, field);
            match (ranges.first(), ranges.last()) {
                (Some((low, _)), Some((_, high))) => (*low, *high),
                _ => (0, u32::MAX),
            }
        };
        Self {
            protocol: of(Field::Protocol),
            source: of(Field::Source),
            destination: of(Field::Destination),
            destination_port: of(Field::DestinationPort),
        }
    }

    /// Whether a line cannot match anything within the bounds, found without sets.
    pub(super) fn exclude(&self, matches: &PacketMatch) -> bool {
        let protocol = match &matches.protocol {
            ProtocolMatch::Number(number) => !meets(self.protocol, u32::from(*number)),
            ProtocolMatch::OneOf(numbers) => numbers
                .iter()
                .all(|number| !meets(self.protocol, u32::from(*number))),
            ProtocolMatch::Any | ProtocolMatch::Group(_) => false,
        };
        protocol
            || misses(self.source, &matches.source)
            || misses(self.destination, &matches.destination)
            || match &matches.destination_port {
                PortMatch::Ranges(ranges) => ranges.iter().all(|range| {
                    u32::from(range.high) < self.destination_port.0
                        || u32::from(range.low) > self.destination_port.1
                }),
                PortMatch::Any | PortMatch::Group(_) | PortMatch::Not(_) => false,
            }
    }
}

/// Whether a value lies in bounds.
fn meets(bounds: (u32, u32), value: u32) -> bool {
    bounds.0 <= value && value <= bounds.1
}

/// Whether an address match cannot meet the bounds.
fn misses(bounds: (u32, u32), addresses: &AddressMatch) -> bool {
    match addresses {
        AddressMatch::Wildcard { address, wildcard } => {
            let (address, wildcard) = (u32::from(*address), u32::from(*wildcard));
            let low = address & !wildcard;
            low > bounds.1
                || (low | wildcard) < bounds.0
                || (bounds.0 == bounds.1 && bounds.0 & !wildcard != low)
        }
        AddressMatch::Range(low, high) => u32::from(*high) < bounds.0 || u32::from(*low) > bounds.1,
        AddressMatch::OneOf(list) => list.iter().all(|one| misses(bounds, one)),
        AddressMatch::Any | AddressMatch::Group(_) | AddressMatch::Not(_) => false,
    }
}

/// What an ACL does with packets; it is looked up by name on the device.
///
/// An ACL that does not exist or has no lines permits everything (Cisco IOS Security Configuration
/// Guide, "IP access list overview": an undefined access list applied to an interface permits all).
pub(super) fn evaluate_acl(
    arena: &mut Arena<u32>,
    world: &World<'_>,
    device: DeviceId,
    name: &str,
    set: SetId,
    reads: &mut FilterReads,
) -> Result<Vec<Piece>, BudgetExceeded> {
    let key = FacetKey::new(FacetKind::Acl, name);
    let entry = world.device(device);
    let holes: Vec<(u32, Symbol)> = entry
        .device
        .map_or(&[][..], |device| &device.holes)
        .iter()
        .filter(|hole| hole.effect == Effect::Filter && hole.facet.as_ref() == Some(&key))
        .map(|hole| (hole.position, hole_symbol(&entry.name, hole.key)))
        .collect();
    let acl = entry.device.and_then(|device| device.acl(name));
    reads.insert(key);
    let empty = Acl::default();
    let (Some(device), Some(acl)) = (entry.device, acl) else {
        let symbols = holes.into_iter().map(|(_, symbol)| symbol).collect();
        return Ok(vec![pass(
            set,
            symbols,
            format!("ACL {name} is not defined and permits all"),
        )]);
    };
    let acl = if acl.lines.is_empty() { &empty } else { acl };
    let mut run = AclRun {
        arena,
        device,
        device_name: &entry.name,
        acl: name,
        reads,
        pieces: Vec::new(),
    };
    let parts = run.lines(acl, &holes, set)?;
    let mut pieces = run.pieces;
    let end = acl.lines.is_empty();
    for (set, symbols) in parts {
        let mut piece = pass(
            set,
            symbols,
            format!("ACL {name} has no lines and permits all"),
        );
        if !end {
            piece.permitted = false;
            piece.note = format!("no line of ACL {name} matches: deny");
            piece.at = acl.defined_at.iter().map(|defined| defined.at).collect();
        }
        pieces.push(piece);
    }
    join_permitted(arena, pieces)
}

/// Packets that pass.
fn pass(set: SetId, symbols: Vec<Symbol>, note: String) -> Piece {
    Piece {
        set,
        permitted: true,
        at: Vec::new(),
        symbols,
        note,
    }
}

/// The symbol of a statement that can drop or pass packets.
fn hole_symbol(device: &Arc<str>, key: u64) -> Symbol {
    Symbol::Hole {
        device: device.clone(),
        key,
        redirects: false,
    }
}

/// One evaluation of an ACL.
struct AclRun<'r> {
    /// Sets.
    arena: &'r mut Arena<u32>,
    /// Device, whose groups lines name.
    device: &'r Device,
    /// Its name.
    device_name: &'r Arc<str>,
    /// Name of the ACL.
    acl: &'r str,
    /// What was read.
    reads: &'r mut FilterReads,
    /// Packets that a line decided.
    pieces: Vec<Piece>,
}

impl AclRun<'_> {
    /// Runs packets past all lines; gives those that none decided.
    fn lines(
        &mut self,
        acl: &Acl,
        holes: &[(u32, Symbol)],
        set: SetId,
    ) -> Result<Parts, BudgetExceeded> {
        let bounds = Bounds::new(self.arena, set);
        let mut parts: Parts = vec![(set, Vec::new())];
        let mut passed = BTreeSet::new();
        for line in &acl.lines {
            for (index, (position, symbol)) in holes.iter().enumerate() {
                if *position <= line.sequence && passed.insert(index) {
                    add_symbol(&mut parts, symbol);
                }
            }
            if parts.is_empty() {
                return Ok(parts);
            }
            // Packets here are whole; a fragment after the first would carry no ports to match.
            if !line.matches.fragments && !bounds.exclude(&line.matches) {
                parts = self.line(line, parts)?;
            }
        }
        for (index, (_, symbol)) in holes.iter().enumerate() {
            if passed.insert(index) {
                add_symbol(&mut parts, symbol);
            }
        }
        Ok(parts)
    }

    /// Runs packets past one line.
    fn line(&mut self, line: &AclLine, parts: Parts) -> Result<Parts, BudgetExceeded> {
        let matched = match products(self.device, &line.matches, self.reads) {
            Ok(products) => Ok(union(self.arena, &products)?),
            Err(reason) => Err(reason),
        };
        let mut rest = Parts::new();
        for (set, symbols) in parts {
            let hit = match &matched {
                Ok(matched) => self.arena.and(set, *matched)?,
                Err(_) => set,
            };
            if hit.is_empty() {
                rest.push((set, symbols));
                continue;
            }
            let miss = self.arena.difference(set, hit)?;
            if !miss.is_empty() {
                rest.push((miss, symbols.clone()));
            }
            let open = match (&matched, &line.matches.time_range) {
                (Err(reason), _) => Some(reason.clone()),
                (Ok(_), Some(range)) => Some(format!("when time range {range} is active")),
                (Ok(_), None) => None,
            };
            if let Some(reason) = open {
                // Whether the line matches is not known: packets go on and remember it.
                let mut symbols = symbols;
                let (device, acl) = (self.device_name, self.acl);
                symbols.push(Symbol::Undecided(format!("{device} ACL {acl}: {reason}")));
                rest.push((hit, symbols));
                continue;
            }
            let permitted = line.action == Action::Permit;
            let verb = if permitted { "permits" } else { "denies" };
            self.pieces.push(Piece {
                set: hit,
                permitted,
                at: vec![line.at],
                symbols,
                note: format!("ACL {} line {} {verb}", self.acl, line.sequence),
            });
        }
        Ok(rest)
    }
}

/// Adds a symbol to all packets that are still on their way.
fn add_symbol(parts: &mut Parts, symbol: &Symbol) {
    for (_, symbols) in parts {
        if !symbols.contains(symbol) {
            symbols.push(symbol.clone());
        }
    }
}

/// Joins permitted pieces that depend on the same symbols: what permits them makes no difference
/// to where they go.
fn join_permitted(
    arena: &mut Arena<u32>,
    pieces: Vec<Piece>,
) -> Result<Vec<Piece>, BudgetExceeded> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        let same = joined
            .iter_mut()
            .find(|other| piece.permitted && other.permitted && other.symbols == piece.symbols);
        match same {
            Some(other) => {
                other.set = arena.or(other.set, piece.set)?;
                other.at.extend(piece.at);
            }
            None => joined.push(piece),
        }
    }
    Ok(joined)
}

/// The union of products as a set.
fn union(arena: &mut Arena<u32>, products: &[Product]) -> Result<SetId, BudgetExceeded> {
    let mut all = SetId::EMPTY;
    for product in products {
        let fields: Vec<(Field, &[(u32, u32)])> = product
            .iter()
            .map(|(field, ranges)| (*field, ranges.as_slice()))
            .collect();
        let one = arena.from_product(&fields)?;
        all = arena.or(all, one)?;
    }
    Ok(all)
}

/// What a line matches, as products; or why that cannot be said.
fn products(
    device: &Device,
    matches: &PacketMatch,
    reads: &mut FilterReads,
) -> Result<Vec<Product>, String> {
    let mut common: Product = Vec::new();
    for (field, addresses) in [
        (Field::Source, &matches.source),
        (Field::Destination, &matches.destination),
    ] {
        if *addresses != AddressMatch::Any {
            let mut open = Vec::new();
            common.push((field, addresses_of(device, addresses, reads, &mut open)?));
        }
    }
    if matches.established {
        common.push((Field::Protocol, vec![one(TCP)]));
        common.push((Field::TcpState, vec![(1, 1)]));
    }
    if let Some(dscp) = matches.dscp {
        common.push((Field::Dscp, vec![one(dscp)]));
    }
    if let Some(icmp) = matches.icmp {
        common.push((Field::Protocol, vec![one(ICMP)]));
        common.push((Field::DestinationPort, vec![icmp_range(icmp)]));
    }
    for (field, ports) in [
        (Field::SourcePort, &matches.source_port),
        (Field::DestinationPort, &matches.destination_port),
    ] {
        if let Some(ranges) = ports_of(device, ports, reads)? {
            common.push((field, ranges));
            // Only these protocols have the ports that a line can name.
            if matches.protocol == ProtocolMatch::Any {
                common.push((Field::Protocol, vec![one(TCP), one(UDP)]));
            }
        }
    }
    match &matches.protocol {
        ProtocolMatch::Any => {}
        ProtocolMatch::Number(number) => common.push((Field::Protocol, vec![one(*number)])),
        ProtocolMatch::OneOf(numbers) => {
            common.push((Field::Protocol, numbers.iter().map(|n| one(*n)).collect()));
        }
        ProtocolMatch::Group(name) => {
            let mut open = Vec::new();
            let mut services = services_of(device, name, reads, &mut open)?;
            for service in &mut services {
                service.extend(common.iter().cloned());
            }
            return Ok(services);
        }
    }
    Ok(vec![common])
}

/// One value as a range.
fn one(value: u8) -> (u32, u32) {
    (u32::from(value), u32::from(value))
}

/// An ICMP type, with any or one code, as destination ports.
fn icmp_range((kind, code): (u8, Option<u8>)) -> (u32, u32) {
    let low = u32::from(kind) << 8;
    match code {
        Some(code) => (low | u32::from(code), low | u32::from(code)),
        None => (low, low | 0xff),
    }
}

/// Addresses that a match stands for; or why that cannot be said.
fn addresses_of(
    device: &Device,
    addresses: &AddressMatch,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<Ranges, String> {
    match addresses {
        AddressMatch::Any => Ok(vec![(0, u32::MAX)]),
        AddressMatch::Range(low, high) => Ok(vec![(u32::from(*low), u32::from(*high))]),
        AddressMatch::Wildcard { address, wildcard } => {
            wildcard_ranges(u32::from(*address), u32::from(*wildcard))
                .map_err(|error| error.to_string())
        }
        AddressMatch::OneOf(list) => {
            let mut ranges = Vec::new();
            for one in list {
                ranges.extend(addresses_of(device, one, reads, open)?);
            }
            Ok(ranges)
        }
        AddressMatch::Not(inner) => {
            let ranges = addresses_of(device, inner, reads, open)?;
            Ok(complement(ranges, u32::from(Ipv4Addr::BROADCAST)))
        }
        AddressMatch::Group(name) => {
            let mut ranges = Vec::new();
            for member in members(device, name, reads, open)? {
                match member {
                    GroupMember::Address(inner) => {
                        ranges.extend(addresses_of(device, inner, reads, open)?);
                    }
                    GroupMember::Group(inner) => {
                        let inner = AddressMatch::Group(inner.clone());
                        ranges.extend(addresses_of(device, &inner, reads, open)?);
                    }
                    GroupMember::Service { .. } => {}
                }
            }
            open.pop();
            Ok(ranges)
        }
    }
}

/// Members of a group that is not being expanded yet; the caller takes it off `open`.
fn members<'d>(
    device: &'d Device,
    name: &str,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<impl Iterator<Item = &'d GroupMember> + use<'d>, String> {
    reads.insert(FacetKey::new(FacetKind::ObjectGroup, name));
    if open.iter().any(|above| above == name) {
        return Err(format!("object group {name} contains itself"));
    }
    let key = FacetKey::new(FacetKind::ObjectGroup, name);
    if device
        .holes
        .iter()
        .any(|hole| hole.facet.as_ref() == Some(&key))
    {
        return Err(format!(
            "object group {name} has members that were not read"
        ));
    }
    let group = device
        .object_group(name)
        .ok_or_else(|| format!("object group {name} is not defined"))?;
    open.push(name.to_owned());
    Ok(group.members.iter().map(|member| &member.value))
}

/// Protocols and ports that a service group stands for.
fn services_of(
    device: &Device,
    name: &str,
    reads: &mut FilterReads,
    open: &mut Vec<String>,
) -> Result<Vec<Product>, String> {
    let mut services = Vec::new();
    for member in members(device, name, reads, open)? {
        match member {
            GroupMember::Service {
                protocol,
                source_port,
                destination_port,
                icmp,
            } => {
                let matches = PacketMatch {
                    protocol: protocol.clone(),
                    source_port: source_port.clone(),
                    destination_port: destination_port.clone(),
                    icmp: *icmp,
                    ..PacketMatch::default()
                };
                services.extend(products(device, &matches, reads)?);
            }
            GroupMember::Group(inner) => {
                services.extend(services_of(device, inner, reads, open)?);
            }
            GroupMember::Address(_) => {}
        }
    }
    open.pop();
    Ok(services)
}

/// Ports that a match stands for; none where it stands for all.
fn ports_of(
    device: &Device,
    ports: &PortMatch,
    reads: &mut FilterReads,
) -> Result<Option<Ranges>, String> {
    let ranges = |ranges: &[PortRange]| -> Ranges {
        ranges
            .iter()
            .map(|range| (u32::from(range.low), u32::from(range.high)))
            .collect()
    };
    match ports {
        PortMatch::Any => Ok(None),
        PortMatch::Ranges(list) => Ok(Some(ranges(list))),
        PortMatch::Not(list) => Ok(Some(complement(ranges(list), u32::from(u16::MAX)))),
        PortMatch::Group(name) => {
            let mut all = Vec::new();
            let mut open = Vec::new();
            for member in members(device, name, reads, &mut open)? {
                let GroupMember::Service {
                    destination_port: PortMatch::Ranges(list),
                    ..
                } = member
                else {
                    return Err(format!("object group {name} holds more than ports"));
                };
                all.extend(ranges(list));
            }
            Ok(Some(all))
        }
    }
}

/// The values from 0 to `maximum` outside of the ranges.
fn complement(mut ranges: Ranges, maximum: u32) -> Ranges {
    ranges.sort_unstable();
    let mut outside = Vec::new();
    let mut next = Some(0);
    for (low, high) in ranges {
        if let Some(from) = next
            && from < low
        {
            outside.push((from, low - 1));
        }
        next = match (next, high.checked_add(1)) {
            (Some(from), Some(after)) => Some(from.max(after)),
            _ => None,
        };
    }
    if let Some(from) = next
        && from <= maximum
    {
        outside.push((from, maximum));
    }
    outside
}
