//! What one device does with packets: filters, its own addresses, routes.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use super::End;
use super::engine::{Parts, Visit, Walker};
use super::firewall::Go;
use super::part::{HopRecord, Part, add_new, overlay};
use super::session::hold;
use crate::analysis::Symbol;
use crate::analysis::filter::chain::Hook;
use crate::analysis::filter::{FilterReads, Piece, evaluate_acl};
use crate::analysis::goal::first_hop::first_hop;
use crate::analysis::goal::{Lookup, NextHop, Protocol, Route};
use crate::analysis::layer2::{routed_doubt, segment_doubts};
use crate::analysis::world::{DeviceId, InterfaceId, TableId};
use crate::model::FacetKind;
use crate::model::nat::{Seen, Stage, Through};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::source::StatementRef;
use crate::wire::trace::Disposition;

/// Inclusive ranges of destinations.
type Ranges = Vec<(u32, u32)>;

/// The ends of a session that ACLs remember under a name.
fn reflection(name: &str) -> Arc<str> {
    format!("reflect {name}").into()
}

impl<'w, 'a> Walker<'w, 'a> {
    /// Packets that a device sends itself.
    pub(super) fn originate(&mut self, device: DeviceId, source: Ipv4Addr, set: SetId) -> Parts {
        let mut tables = self.world.tables_of(device);
        let first = tables.next();
        let table = self
            .world
            .tables_of(device)
            .find(|table| self.world.table(*table).own.contains_key(&source))
            .or(first);
        let visit = self.visit(device, None);
        match table {
            Some(table) if self.translates_by_chains(device) => {
                self.send_translating(&visit, table, set, &mut |walker, visit, set| {
                    walker.at_table(visit, table, set)
                })
            }
            Some(table) => self.at_table(visit, table, set),
            None => Ok(vec![self.end(visit, set, Disposition::NoRoute, None)]),
        }
    }

    /// The beginning of a visit, with what is not known of the whole device.
    fn visit(&mut self, device: DeviceId, ingress: Option<InterfaceId>) -> Visit {
        let mut visit = Visit {
            device,
            ingress,
            learned: None,
            steps: Vec::new(),
            symbols: Vec::new(),
            decided: Vec::new(),
            held: Vec::new(),
            by_level: false,
            diverts_to: None,
            meant_for: None,
            translated_by: None,
        };
        if self.options.judges {
            let holes = self.holes_of(device);
            self.meet(&mut visit, &holes.device);
            self.read(device, FacetKind::System, "");
            self.read(device, FacetKind::Nat, "");
            if let Some(ingress) = ingress {
                self.meet_interface(&mut visit, ingress);
            }
        }
        visit
    }

    /// Records that packets pass an interface.
    pub(super) fn meet_interface(&mut self, visit: &mut Visit, interface: InterfaceId) {
        if !self.options.judges {
            return;
        }
        let name = self.world.interface(interface).name.clone();
        self.read(visit.device, FacetKind::Interface, &name);
        let holes = self.holes_of(visit.device);
        if let Some(symbols) = holes.interfaces.get(&name) {
            self.meet(visit, symbols);
        }
        if let Some(vlan) = self.world.vlan_of(interface) {
            self.reads.vlans.insert(vlan);
            self.meet(visit, &holes.switching);
        }
        self.meet(visit, segment_doubts(self.world, interface));
        let mtu = self
            .world
            .interface(interface)
            .facet
            .and_then(|facet| facet.mtu.as_ref());
        if let Some(mtu) = mtu.filter(|mtu| mtu.value < self.packet_bytes) {
            let device = &self.world.device(visit.device).name;
            let reason = format!(
                "{device}: packets of more than {} bytes at {name}",
                mtu.value
            );
            self.meet(visit, &[Symbol::Undecided(reason)]);
        }
        let doubt = routed_doubt(self.world, interface);
        self.meet(visit, doubt.as_slice());
    }

    /// Packets that enter by an interface, past its filter.
    pub(super) fn pass_ingress(&mut self, interface: InterfaceId, set: SetId) -> Parts {
        let entry = self.world.interface(interface);
        let (device, table) = (entry.device, entry.table);
        let visit = self.visit(device, Some(interface));
        let nat = self.nat_of(&visit);
        let before = Stage::BeforeRouting;
        let to_table = |walker: &mut Self, visit, set| walker.at_table(visit, table, set);
        if self.translates_by_chains(device) {
            self.enter_translating(visit, interface, set, &mut { to_table })
        } else if nat.is_some_and(|nat| nat.filters_see == Seen::AsRouted) {
            self.translate(visit, before, None, set, &mut |walker, visit, set| {
                walker.pass_acl_in(visit, interface, set, &mut { to_table })
            })
        } else {
            self.pass_acl_in(visit, interface, set, &mut |walker, visit, set| {
                walker.translate(visit, before, None, set, &mut { to_table })
            })
        }
    }

    /// Packets past the ACL of the interface that they entered by.
    fn pass_acl_in(
        &mut self,
        visit: Visit,
        interface: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        if let Some(firewall) = self.firewall_of(visit.device) {
            return self.check_source(visit, interface, set, &mut |walker, visit, set| {
                walker.enter_firewall(visit, interface, firewall, set, go)
            });
        }
        self.check_source(visit, interface, set, &mut |walker, visit, set| {
            walker.ask_acl_in(visit, interface, set, go)
        })
    }

    /// Packets past the lines of the ACL of the interface that they entered by.
    fn ask_acl_in(
        &mut self,
        visit: Visit,
        interface: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let facet = self.world.interface(interface).facet;
        let acl = facet.and_then(|facet| facet.acl_in.as_ref());
        let Some(acl) = acl.filter(|_| !self.is_inspected(&visit)) else {
            return go(self, visit, set);
        };
        let pieces = self.acl(visit.device, &acl.value, set)?;
        let mut parts = Vec::new();
        for (piece, visit) in self.after_filter(&visit, pieces, "filter-in", acl.at) {
            parts.extend(if piece.permitted {
                go(self, visit, piece.set)?
            } else {
                vec![self.denied(visit, &piece, Disposition::DeniedIn, None)]
            });
        }
        Ok(parts)
    }

    /// Runs packets past an ACL and records what was read.
    pub(super) fn acl(
        &mut self,
        device: DeviceId,
        name: &str,
        set: SetId,
    ) -> Result<Vec<Piece>, BudgetExceeded> {
        let mut reads = FilterReads::new();
        let session = self.session;
        let reflected = |name: &str| {
            let ends = Some(reflection(name));
            Some(session.permits(device, &ends, &ends))
        };
        let (arena, world) = (&mut self.arena, self.world);
        let pieces = evaluate_acl(arena, world, device, name, set, &reflected, &mut reads);
        for key in reads {
            self.read_key(device, key);
        }
        pieces
    }

    /// The visit of each piece of a filter.
    pub(super) fn after_filter(
        &mut self,
        visit: &Visit,
        pieces: Vec<Piece>,
        action: &'static str,
        filter: StatementRef,
    ) -> Vec<(Piece, Visit)> {
        let mut visit = visit.clone();
        self.meet_filters(&mut visit);
        pieces
            .into_iter()
            .map(|piece| {
                let mut visit = visit.clone();
                self.meet(&mut visit, &piece.symbols);
                let at = piece.at.first().copied();
                let decided = at.or((!piece.permitted).then_some(filter));
                add_new(&mut visit.decided, decided.as_slice());
                if let Some(name) = &piece.reflects {
                    let ends = Some(reflection(name));
                    hold(&mut visit, ends.clone(), ends);
                }
                self.step(
                    &mut visit,
                    action,
                    || piece.note.clone(),
                    at.or(Some(filter)),
                );
                (piece, visit)
            })
            .collect()
    }

    /// Records what could change any filter of a device.
    pub(super) fn meet_filters(&mut self, visit: &mut Visit) {
        if self.options.judges {
            let holes = self.holes_of(visit.device);
            self.meet(visit, &holes.filters);
        }
    }

    /// Packets at a route table: those to the device itself, the rest by routes.
    fn at_table(&mut self, visit: Visit, table: TableId, set: SetId) -> Parts {
        let mut parts = Vec::new();
        let mut rest = set;
        let ranges = self.arena.field_ranges(set, Field::Destination);
        for (low, high) in ranges {
            for address in self.own_between(table, low.into(), high.into()) {
                let here = self.only_to(rest, address)?;
                if !here.is_empty() {
                    rest = self.arena.difference(rest, here)?;
                    parts.extend(self.accept(visit.clone(), address, here)?);
                }
            }
        }
        if rest.is_empty() {
            return Ok(parts);
        }
        if let Some(vrf) = self.world.table(table).vrf.clone() {
            self.read(visit.device, FacetKind::Vrf, &vrf);
        }
        if visit.ingress.is_some() && !self.world.forwards(table) {
            let mut visit = visit;
            self.doubt_forwarding(&mut visit);
            let detail = || "the device does not forward".to_owned();
            self.step(&mut visit, "route", detail, None);
            parts.push(self.end(visit, rest, Disposition::NoRoute, None));
            return Ok(parts);
        }
        let policy = visit
            .ingress
            .and_then(|ingress| self.world.interface(ingress).facet)
            .and_then(|facet| facet.policy_route.as_ref());
        parts.extend(match policy {
            Some(map) => self.by_policy(&visit, table, &map.value, rest)?,
            None => self.by_table(&visit, table, rest)?,
        });
        Ok(parts)
    }

    /// Packets by the routes of a table.
    pub(super) fn by_table(&mut self, visit: &Visit, table: TableId, set: SetId) -> Parts {
        let mut parts = Vec::new();
        for (lookup, set) in self.routed(table, set)? {
            parts.extend(self.by_route(visit.clone(), &lookup, set)?);
        }
        Ok(parts)
    }

    /// Says that a device does not forward only because no file tells it to.
    fn doubt_forwarding(&mut self, visit: &mut Visit) {
        let entry = self.world.device(visit.device);
        let untold = entry
            .device
            .and_then(|device| device.system(""))
            .is_some_and(|system| system.forwarding.is_none() && system.forwards_untold.is_some());
        let several = self.world.interfaces_of(visit.device).nth(1).is_some();
        if untold && several && self.options.judges {
            let reason = format!("{}: whether it forwards stands in no file", entry.name);
            self.doubt(visit, reason);
        }
    }

    /// The table's own addresses in a range, virtual ones that it answers for included.
    pub(super) fn own_between(
        &self,
        table: TableId,
        low: Ipv4Addr,
        high: Ipv4Addr,
    ) -> Vec<Ipv4Addr> {
        let entry = self.world.table(table);
        let own = entry.own.range(low..=high).map(|(address, _)| *address);
        let mut addresses: Vec<Ipv4Addr> = own.collect();
        for address in self.world.virtuals_between(low, high) {
            let here = |id: InterfaceId| self.world.interface(id).table == table;
            if first_hop(self.world, address)
                .active
                .iter()
                .any(|one| here(one.interface))
            {
                addresses.push(address);
            }
        }
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Packets to the device itself.
    fn accept(&mut self, visit: Visit, address: Ipv4Addr, set: SetId) -> Parts {
        if visit.ingress.is_none() {
            return Ok(vec![self.accepted(visit, address, set)]);
        }
        self.pass_near(visit, address, set, &mut |walker, visit, set| {
            walker.ask_input(visit, address, set)
        })
    }

    /// Packets to the device itself, past what the Linux packet filter says of them.
    fn ask_input(&mut self, visit: Visit, address: Ipv4Addr, set: SetId) -> Parts {
        if self.translates_by_chains(visit.device) {
            return self.take_translating(visit, set, &mut |walker, visit, set| {
                Ok(vec![walker.accepted(visit, address, set)])
            });
        }
        let Some(pieces) = self.chains(&visit, Hook::Input, None, set)? else {
            return Ok(vec![self.accepted(visit, address, set)]);
        };
        let mut parts = Vec::new();
        for (piece, visit) in self.after_chains(&visit, pieces, "filter-in") {
            parts.push(if piece.permitted {
                self.accepted(visit, address, piece.set)
            } else {
                self.denied(visit, &piece, Disposition::DeniedIn, None)
            });
        }
        Ok(parts)
    }

    /// Packets that the device takes.
    fn accepted(&mut self, mut visit: Visit, address: Ipv4Addr, set: SetId) -> Part {
        let detail = || format!("{address} is an address of the device");
        self.step(&mut visit, "accept", detail, None);
        self.end(visit, set, Disposition::Accepted, None)
    }

    /// Packets by the route that a table has for them.
    pub(super) fn routed(
        &mut self,
        table: TableId,
        set: SetId,
    ) -> Result<Vec<(Arc<Lookup>, SetId)>, BudgetExceeded> {
        let mut by_route: Vec<(Arc<Lookup>, Ranges)> = Vec::new();
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            for ((low, high), lookup) in self.world.routes_to(table, low.into(), high.into()) {
                let range = (u32::from(low), u32::from(high));
                match by_route.iter_mut().find(|(other, _)| *other == lookup) {
                    Some((_, ranges)) => ranges.push(range),
                    None => by_route.push((lookup, vec![range])),
                }
            }
        }
        if let [(lookup, _)] = by_route.as_slice() {
            return Ok(vec![(lookup.clone(), set)]);
        }
        let mut routed = Vec::new();
        for (lookup, ranges) in by_route {
            let there = self.arena.with_field(Field::Destination, &ranges)?;
            let part = self.arena.and(set, there)?;
            if !part.is_empty() {
                routed.push((lookup, part));
            }
        }
        Ok(routed)
    }

    /// Packets that a table treats alike: over every equal next hop.
    fn by_route(&mut self, mut visit: Visit, lookup: &Lookup, set: SetId) -> Parts {
        self.read_lookup(&mut visit, lookup);
        let route = lookup.route.as_ref();
        // A default gateway serves what the device sends itself only.
        let usable =
            |route: &&Arc<Route>| visit.ingress.is_none() || route.protocol != Protocol::Gateway;
        let Some(route) = route.filter(usable) else {
            self.doubt_leases(&mut visit);
            self.step(&mut visit, "route", || "no route".to_owned(), None);
            return Ok(vec![self.end(visit, set, Disposition::NoRoute, None)]);
        };
        let at = route.at.first().copied();
        self.step(&mut visit, "route", || route.describe(), at);
        visit.learned = Some(route.learned());
        let mut branches = Vec::new();
        for hop in &route.hops {
            if !self.is_diverted_to(&visit, *hop) {
                continue;
            }
            branches.push(match hop {
                NextHop::Discard => {
                    let mut visit = visit.clone();
                    add_new(&mut visit.decided, &route.at);
                    vec![self.end(visit, set, Disposition::NullRouted, None)]
                }
                NextHop::Via(egress, gateway) => {
                    self.leave(visit.clone(), *egress, *gateway, set)?
                }
            });
        }
        if branches.is_empty() {
            let detail = || "no route out of the interface of the translation".to_owned();
            self.step(&mut visit, "route", detail, None);
            return Ok(vec![self.end(visit, set, Disposition::NoRoute, None)]);
        }
        overlay(&mut self.arena, self.options.paths, branches)
    }

    /// Whether a next hop lies where translation makes packets leave.
    fn is_diverted_to(&self, visit: &Visit, hop: NextHop) -> bool {
        let Some(place) = &visit.diverts_to else {
            return true;
        };
        let NextHop::Via(egress, _) = hop else {
            return false;
        };
        self.goes_through(&Through::Zone(place.clone()), Some(egress))
    }

    /// Says that routes are missing because a lease gives the device an address and a gateway.
    fn doubt_leases(&mut self, visit: &mut Visit) {
        let leased = self.world.interfaces_of(visit.device).find(|id| {
            let entry = self.world.interface(*id);
            entry.up
                && entry
                    .facet
                    .is_some_and(|facet| facet.address_by_dhcp.is_some())
        });
        if let Some(leased) = leased.filter(|_| self.options.judges) {
            let entry = self.world.interface(leased);
            let device = &self.world.device(visit.device).name;
            let reason = format!("{device}: {} gets its address from a lease", entry.name);
            self.doubt(visit, reason);
        }
    }

    /// Records that processes which exchange routes were asked, or OSPF.
    pub(super) fn read_routes(&mut self, exchange: bool, ospf: bool) {
        if exchange && !self.reads.exchange {
            self.reads.exchange = true;
            let lists = self.world.exchange().filters();
            self.reads.facets.extend(lists.iter().cloned());
        }
        if ospf && !self.reads.ospf {
            self.reads.ospf = true;
            self.reads.ospf_filters = self.world.ospf_filters();
        }
    }

    /// Records what a look-up read and what it depends on.
    pub(super) fn read_lookup(&mut self, visit: &mut Visit, lookup: &Lookup) {
        self.meet(visit, &lookup.symbols);
        if !self.options.judges {
            return;
        }
        self.read_routes(lookup.exchange, lookup.ospf);
        self.reads.goals.extend(
            lookup
                .resolved
                .iter()
                .map(|address| crate::net::Ipv4Net::from(*address)),
        );
        let route = lookup.route.as_ref();
        if route.is_some_and(|route| route.protocol == Protocol::Connected) {
            return;
        }
        let holes = self.holes_of(visit.device);
        self.meet(visit, &holes.routing);
        if lookup.ospf {
            self.meet(visit, &holes.ospf);
        }
    }

    /// Packets that a filter drops, unless a line before that is not understood lets them pass.
    pub(super) fn denied(
        &mut self,
        mut visit: Visit,
        piece: &Piece,
        disposition: Disposition,
        egress: Option<InterfaceId>,
    ) -> Part {
        let set = piece.set;
        if piece.symbols.is_empty() || !self.options.judges {
            return self.end(visit, set, disposition, egress);
        }
        // The packets are named, for an unknown of others is another one.
        let fields = [
            Field::Protocol,
            Field::Source,
            Field::Destination,
            Field::SourcePort,
            Field::DestinationPort,
            Field::TcpState,
        ];
        let ranges = fields.map(|field| self.arena.field_ranges(set, field));
        let reason = format!(
            "{}: whether a line that is not understood permits what is denied after it, {ranges:?}",
            self.world.device(visit.device).name
        );
        self.meet(&mut visit, &[Symbol::Undecided(reason)]);
        self.end(visit, set, Disposition::InsufficientInformation, egress)
    }

    /// Packets that end at this device.
    pub(super) fn end(
        &self,
        visit: Visit,
        set: SetId,
        disposition: Disposition,
        egress: Option<InterfaceId>,
    ) -> Part {
        let end = End {
            device: visit.device,
            interface: egress.or(visit.ingress),
            disposition,
        };
        self.through(visit, egress, vec![Part::end(set, end)])
            .pop()
            .unwrap_or_else(|| Part::end(set, end))
    }

    /// Puts this device in front of what becomes of packets after it.
    pub(super) fn through(
        &self,
        visit: Visit,
        egress: Option<InterfaceId>,
        parts: Vec<Part>,
    ) -> Vec<Part> {
        let name = |id: InterfaceId| self.world.interface(id).name.clone();
        let hop = Rc::new(HopRecord {
            device: self.world.device(visit.device).name.clone(),
            ingress: visit.ingress.map(name),
            egress: egress.map(name),
            learned: visit.learned,
            steps: visit.steps,
        });
        let mut parts = parts;
        for part in &mut parts {
            part.preceded(&visit.symbols, &visit.decided);
            part.marked(&visit.held);
            for path in &mut part.paths {
                *path = path.after(&hop);
            }
        }
        parts
    }
}
