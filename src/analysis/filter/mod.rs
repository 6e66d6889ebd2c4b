//! Packet filters over packet sets: which line decides which packets.
//!
//! A line is looked at only where its bounds meet those of the packets, so that a long filter costs
//! a requirement no more than the lines that bear on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Symbol;
use super::world::{DeviceId, World};
use crate::model::filter::{
    Acl, AclLine, Action, AddressMatch, PacketMatch, PortMatch, ProtocolMatch, Reflection,
};
use crate::model::{Device, FacetKey, FacetKind};
use crate::set::{Arena, BudgetExceeded, Field, SetId};
use crate::source::StatementRef;
use crate::syntax::Effect;

pub(super) mod chain;
mod matches;

pub(super) use matches::matched;
use matches::{asked, union};

/// Packets that a filter treats alike.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// The packets.
    pub(super) set: SetId,
    /// Whether they pass.
    pub(super) permitted: bool,
    /// Whether no line matches them.
    pub(super) by_end: bool,
    /// Statements that decide it, the first ones; none where the end of the filter does.
    pub(super) at: Vec<StatementRef>,
    /// What it depends on that is not known.
    pub(super) symbols: Vec<Symbol>,
    /// What happened, in words.
    pub(super) note: String,
    /// The name under which replies to them are remembered.
    pub(super) reflects: Option<String>,
}

/// Whether a device remembers the session of a packet under a name; `None`: that is not known.
pub(super) type Reflected<'r> = &'r dyn Fn(&str) -> Option<bool>;

/// Packets on their way through a filter, with what their fate depends on.
type Parts = Vec<(SetId, Vec<Symbol>)>;

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
        AddressMatch::AllOf(list) => list.iter().any(|one| misses(bounds, one)),
        AddressMatch::Any
        | AddressMatch::Group(_)
        | AddressMatch::Interface(_)
        | AddressMatch::Kind(_)
        | AddressMatch::Not(_) => false,
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
    reflected: Reflected<'_>,
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
        reflected,
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
            piece.by_end = true;
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
        by_end: false,
        at: Vec::new(),
        symbols,
        note,
        reflects: None,
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
    /// What the device remembers.
    reflected: Reflected<'r>,
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
        let mut reflects = None;
        let mut asked = asked(self.device, &line.matches, self.reads);
        match &line.matches.reflection {
            None => {}
            Some(Reflection::Into(name)) => reflects = Some(name.clone()),
            Some(Reflection::Of(name)) => match (self.reflected)(name) {
                Some(true) => {}
                Some(false) => return Ok(parts),
                None => {
                    let all = std::mem::take(&mut asked.sure);
                    asked.open = Some((all, format!("whether {name} holds the session")));
                }
            },
        }
        let sure = union(self.arena, &asked.sure)?;
        let open = match asked.open {
            Some((products, reason)) => Some((union(self.arena, &products)?, reason)),
            None => None,
        };
        let mut rest = Parts::new();
        for (mut set, symbols) in parts {
            let hit = self.arena.and(set, sure)?;
            if !hit.is_empty() {
                set = self.arena.difference(set, hit)?;
                let permitted = line.action == Action::Permit;
                let verb = if permitted { "permits" } else { "denies" };
                self.pieces.push(Piece {
                    set: hit,
                    permitted,
                    by_end: false,
                    at: vec![line.at],
                    symbols: symbols.clone(),
                    note: format!("ACL {} line {} {verb}", self.acl, line.sequence),
                    reflects: reflects.clone().filter(|_| permitted),
                });
            }
            if let Some((open, reason)) = &open {
                let hit = self.arena.and(set, *open)?;
                if !hit.is_empty() {
                    // Whether the line matches is not known: packets go on and remember it.
                    set = self.arena.difference(set, hit)?;
                    let mut symbols = symbols.clone();
                    let (device, acl) = (self.device_name, self.acl);
                    symbols.push(Symbol::Undecided(format!("{device} ACL {acl}: {reason}")));
                    rest.push((hit, symbols));
                }
            }
            if !set.is_empty() {
                rest.push((set, symbols));
            }
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
        let same = joined.iter_mut().find(|other| {
            piece.permitted
                && other.permitted
                && other.symbols == piece.symbols
                && other.reflects == piece.reflects
        });
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
