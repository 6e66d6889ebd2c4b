//! Packets by route maps: policy routing, and translation that asks a route map.

use std::net::Ipv4Addr;

use super::engine::{Parts, Visit, Walker};
use crate::analysis::Symbol;
use crate::analysis::goal::Protocol;
use crate::analysis::world::{DeviceId, InterfaceId, TableId};
use crate::model::FacetKind;
use crate::model::filter::Action;
use crate::model::route_policy::{RouteCondition, RouteMapEntry, RouteSet};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::wire::trace::Disposition;

/// Packets with whether something holds for them for certain, and what that depends on.
pub(super) type Hits = Vec<(SetId, bool, Vec<Symbol>)>;

/// Packets that one entry of a route map decides about, or none.
struct Mapped<'a> {
    /// The packets.
    set: SetId,
    /// The entry.
    entry: Option<&'a RouteMapEntry>,
    /// What it depends on that is not known.
    symbols: Vec<Symbol>,
}

/// Where policy routing sends packets.
enum Way {
    /// By the table, as all others.
    Table,
    /// By the table of another VRF.
    Other(TableId),
    /// Out of an interface, to a gateway or to their destination.
    Via(InterfaceId, Option<Ipv4Addr>),
    /// Nowhere.
    Discard,
}

impl<'a> Walker<'_, 'a> {
    /// Packets that an ACL permits, where it is used to choose packets and not to drop them.
    pub(super) fn permitted(
        &mut self,
        device: DeviceId,
        acl: &str,
        set: SetId,
    ) -> Result<Hits, BudgetExceeded> {
        let known = self.world.device(device).device.and_then(|d| d.acl(acl));
        if known.is_none_or(|acl| acl.lines.is_empty()) {
            self.read(device, FacetKind::Acl, acl);
            let name = &self.world.device(device).name;
            let reason = format!("{name}: ACL {acl} is not defined; what it chooses is open");
            return Ok(vec![(set, false, vec![Symbol::Undecided(reason)])]);
        }
        let pieces = self.acl(device, acl, set)?;
        Ok(pieces
            .into_iter()
            .filter(|piece| piece.permitted || !piece.symbols.is_empty())
            .map(|piece| (piece.set, piece.permitted, piece.symbols))
            .collect())
    }

    /// Packets that a route map permits.
    pub(super) fn mapped(
        &mut self,
        device: DeviceId,
        map: &str,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Hits, BudgetExceeded> {
        let all = self.by_entry(device, map, egress, set)?;
        Ok(all
            .into_iter()
            .filter_map(|mapped| {
                let permits = mapped
                    .entry
                    .is_some_and(|entry| entry.action == Action::Permit);
                (permits || !mapped.symbols.is_empty()).then_some((
                    mapped.set,
                    permits,
                    mapped.symbols,
                ))
            })
            .collect())
    }

    /// Packets by the entry of a route map that decides about them.
    fn by_entry(
        &mut self,
        device: DeviceId,
        name: &str,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Vec<Mapped<'a>>, BudgetExceeded> {
        self.read(device, FacetKind::RouteMap, name);
        let host = self.world.device(device).name.clone();
        let Some(map) = self
            .world
            .device(device)
            .device
            .and_then(|device| device.route_map(name))
        else {
            let reason = format!("{host}: route map {name} is not defined or was not read");
            return Ok(vec![Mapped {
                set,
                entry: None,
                symbols: vec![Symbol::Undecided(reason)],
            }]);
        };
        let mut out = Vec::new();
        let mut open: Vec<(SetId, Vec<Symbol>)> = vec![(set, Vec::new())];
        for entry in &map.entries {
            let mut left = Vec::new();
            for (set, symbols) in open {
                for (here, certain, why) in self.entry_hits(device, entry, egress, set)? {
                    let mut symbols = symbols.clone();
                    super::part::add_new(&mut symbols, &why);
                    if certain {
                        out.push(Mapped {
                            set: here,
                            entry: Some(entry),
                            symbols,
                        });
                    } else {
                        left.push((here, symbols));
                    }
                }
            }
            open = left;
        }
        out.extend(open.into_iter().map(|(set, symbols)| Mapped {
            set,
            entry: None,
            symbols,
        }));
        Ok(out)
    }

    /// All packets of a set, each with whether the entry's conditions hold for certain.
    fn entry_hits(
        &mut self,
        device: DeviceId,
        entry: &RouteMapEntry,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Hits, BudgetExceeded> {
        let mut all: Hits = vec![(set, true, Vec::new())];
        let mut doubts = Vec::new();
        if !entry.unread_conditions.is_empty() {
            let name = &self.world.device(device).name;
            let words: Vec<&str> = entry.unread_conditions.iter().map(String::as_str).collect();
            let words = words.join(", ");
            doubts.push(Symbol::Undecided(format!(
                "{name}: a route map asks for {words}, which was not read"
            )));
        }
        for condition in &entry.conditions {
            if let RouteCondition::Constant(holds) = &condition.value {
                if *holds {
                    continue;
                }
                return Ok(vec![(set, false, Vec::new())]);
            }
            if let (RouteCondition::Interface(names), Some(egress)) = (&condition.value, egress) {
                let out = &self.world.interface(egress).name;
                if names.iter().any(|name| out.eq_ignore_ascii_case(name)) {
                    continue;
                }
                return Ok(vec![(set, false, Vec::new())]);
            }
            let RouteCondition::Acl(names) = &condition.value else {
                let name = &self.world.device(device).name;
                let reason = format!("{name}: a route map asks packets what is not modeled");
                doubts.push(Symbol::Undecided(reason));
                continue;
            };
            all = self.any_acl(device, names, all)?;
        }
        if !doubts.is_empty() {
            for (_, certain, why) in &mut all {
                if *certain {
                    *certain = false;
                    super::part::add_new(why, &doubts);
                }
            }
        }
        Ok(all)
    }

    /// Which of the packets that hold so far any of several ACLs permits.
    fn any_acl(
        &mut self,
        device: DeviceId,
        names: &[String],
        all: Hits,
    ) -> Result<Hits, BudgetExceeded> {
        let mut out = Hits::new();
        for (set, holds, why) in all {
            if !holds {
                out.push((set, holds, why));
                continue;
            }
            let mut rest: Vec<(SetId, Vec<Symbol>)> = vec![(set, why)];
            for name in names {
                let mut left = Vec::new();
                for (set, why) in rest {
                    let mut unmet = set;
                    for (hit, certain, more) in self.permitted(device, name, set)? {
                        unmet = self.arena.difference(unmet, hit)?;
                        let mut why = why.clone();
                        super::part::add_new(&mut why, &more);
                        if certain {
                            out.push((hit, true, why));
                        } else {
                            left.push((hit, why));
                        }
                    }
                    if !unmet.is_empty() {
                        left.push((unmet, why));
                    }
                }
                rest = left;
            }
            out.extend(rest.into_iter().map(|(set, why)| (set, false, why)));
        }
        Ok(out)
    }

    /// Packets that are not the device's own, by the route map of the interface that they entered.
    pub(super) fn by_policy(
        &mut self,
        visit: &Visit,
        table: TableId,
        map: &str,
        set: SetId,
    ) -> Parts {
        let mut parts = Vec::new();
        for mapped in self.by_entry(visit.device, map, None, set)? {
            let mut visit = visit.clone();
            for symbol in &mapped.symbols {
                self.doubt_by(&mut visit, symbol.clone());
            }
            let entry = mapped.entry.filter(|entry| entry.action == Action::Permit);
            let Some(entry) = entry else {
                parts.extend(self.by_table(&visit, table, mapped.set)?);
                continue;
            };
            for (set, way) in self.ways(&mut visit, table, entry, mapped.set)? {
                let mut visit = visit.clone();
                if !matches!(way, Way::Table) {
                    super::part::add_new(&mut visit.decided, &[entry.at]);
                    let detail = || format!("route map {map} entry {}", entry.sequence);
                    self.step(&mut visit, "policy-route", detail, Some(entry.at));
                }
                parts.extend(match way {
                    Way::Table => self.by_table(&visit, table, set)?,
                    Way::Other(table) => self.by_table(&visit, table, set)?,
                    Way::Via(egress, gateway) => self.leave(visit, egress, gateway, set)?,
                    Way::Discard => vec![self.end(visit, set, Disposition::NullRouted, None)],
                });
            }
        }
        Ok(parts)
    }

    /// Where an entry sends packets; clauses are asked in IOS's order (Cisco IOS IP Routing:
    /// Protocol-Independent, "Policy-based routing": VRF, next hop, interface, default next hop,
    /// default interface).
    fn ways(
        &mut self,
        visit: &mut Visit,
        table: TableId,
        entry: &RouteMapEntry,
        set: SetId,
    ) -> Result<Vec<(SetId, Way)>, BudgetExceeded> {
        if !entry.unread_sets.is_empty() {
            let name = self.world.device(visit.device).name.clone();
            let words: Vec<&str> = entry.unread_sets.iter().map(String::as_str).collect();
            let reason = format!(
                "{name}: a route map sets {}, which was not read",
                words.join(", ")
            );
            self.doubt(visit, reason);
        }
        let sets = || entry.sets.iter().map(|set| &set.value);
        for clause in sets() {
            if let RouteSet::Vrf(vrf) = clause {
                let other = self.world.table_of(visit.device, vrf.as_deref());
                return Ok(vec![(set, other.map_or(Way::Discard, Way::Other))]);
            }
        }
        for clause in sets() {
            let way = if let RouteSet::NextHop(hops) = clause {
                self.first_adjacent(visit, table, hops)
            } else if let RouteSet::TrackedNextHop(hops) = clause {
                let name = self.world.device(visit.device).name.clone();
                let reason = format!("{name}: which tracked next hop is up is not known");
                self.doubt(visit, reason);
                let mut hops = hops.clone();
                hops.sort_by_key(|(sequence, ..)| *sequence);
                let hops: Vec<Ipv4Addr> = hops.iter().map(|(_, hop, _)| *hop).collect();
                self.first_adjacent(visit, table, &hops)
            } else {
                None
            };
            if let Some(way) = way {
                return Ok(vec![(set, way)]);
            }
        }
        for clause in sets() {
            if let RouteSet::Interface(names) = clause
                && let Some(way) = self.first_up(visit, names)
            {
                return Ok(vec![(set, way)]);
            }
        }
        for clause in sets() {
            let way = if let RouteSet::DefaultNextHop(hops) = clause {
                self.first_adjacent(visit, table, hops)
            } else if let RouteSet::DefaultInterface(names) = clause {
                self.first_up(visit, names)
            } else {
                None
            };
            if let Some(way) = way {
                return self.without_specific(visit, table, set, way);
            }
        }
        Ok(vec![(set, Way::Table)])
    }

    /// The first next hop on a subnet of an interface that is up.
    fn first_adjacent(&self, visit: &Visit, table: TableId, hops: &[Ipv4Addr]) -> Option<Way> {
        hops.iter().find_map(|hop| {
            let lookup = self.world.lookup(table, *hop);
            let route = lookup.route.as_ref()?;
            if route.protocol != Protocol::Connected {
                return None;
            }
            self.world
                .interfaces_of(visit.device)
                .find(|id| {
                    let entry = self.world.interface(*id);
                    entry.up && self.world.subnet_on(*id, *hop).is_some()
                })
                .map(|egress| Way::Via(egress, Some(*hop)))
        })
    }

    /// The first interface that is up.
    fn first_up(&self, visit: &Visit, names: &[String]) -> Option<Way> {
        names.iter().find_map(|name| {
            if name.to_ascii_lowercase().starts_with("null") {
                return Some(Way::Discard);
            }
            let id = self.world.interface_named(visit.device, name)?;
            self.world.interface(id).up.then_some(Way::Via(id, None))
        })
    }

    /// Packets for which the table has no route but the default one go the given way.
    fn without_specific(
        &mut self,
        visit: &mut Visit,
        table: TableId,
        set: SetId,
        way: Way,
    ) -> Result<Vec<(SetId, Way)>, BudgetExceeded> {
        let mut ranges = Vec::new();
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            for ((low, high), lookup) in self.world.routes_to(table, low.into(), high.into()) {
                self.read_lookup(visit, &lookup);
                let specific = lookup
                    .route
                    .as_ref()
                    .is_some_and(|route| route.prefix.prefix_len() > 0);
                if !specific {
                    ranges.push((u32::from(low), u32::from(high)));
                }
            }
        }
        let (hit, rest) = self.arena.split(set, Field::Destination, &ranges)?;
        let mut out = vec![(hit, way), (rest, Way::Table)];
        out.retain(|(set, _)| !set.is_empty());
        Ok(out)
    }
}
