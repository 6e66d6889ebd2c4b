//! Packets that leave a device: filters on the way out, neighbors, subnets, boundaries.
//!
//! Where nobody answers, the ends follow Batfish's: a subnet whose hosts are in no file takes the
//! packet, an interface without any neighbor leads out of the snapshot, else the neighbor does not
//! answer (batfish.readthedocs.io, "forwarding analysis", flow dispositions).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::engine::{Parts, Visit, Walker};
use super::firewall::Go;
use super::part::{Part, overlay};
use super::place::answering_for;
use crate::analysis::Symbol;
use crate::analysis::filter::chain::{Hook, Leg};
use crate::analysis::goal::first_hop::first_hop;
use crate::analysis::world::{DeviceId, InterfaceId};
use crate::intent::AssumedBeyond;
use crate::model::FacetKind;
use crate::model::nat::{Seen, Stage};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::wire::trace::Disposition;

impl<'w, 'a> Walker<'w, 'a> {
    /// Packets that leave by an interface, past its filters, to a gateway or to their destination.
    pub(super) fn leave(
        &mut self,
        mut visit: Visit,
        egress: InterfaceId,
        gateway: Option<Ipv4Addr>,
        set: SetId,
    ) -> Parts {
        self.meet_interface(&mut visit, egress);
        if !self.world.interface(egress).up {
            let detail = || "the interface is down".to_owned();
            self.step(&mut visit, "deliver", detail, None);
            let end = Disposition::NeighborUnreachable;
            return Ok(vec![self.end(visit, set, end, Some(egress))]);
        }
        if self.translates_by_chains(visit.device) {
            return self.leave_translating(visit, egress, set, &mut |walker, visit, set| {
                walker.pass_egress(visit, egress, gateway, set)
            });
        }
        let hook = match visit.ingress {
            Some(_) => Hook::Forward,
            None => Hook::Output,
        };
        let mut parts = Vec::new();
        let Some(pieces) = self.chains(&visit, hook, Some(egress), set)? else {
            return self.pass_egress(visit, egress, gateway, set);
        };
        for (piece, visit) in self.after_chains(&visit, pieces, "filter-out") {
            parts.extend(if piece.permitted {
                self.pass_egress(visit, egress, gateway, piece.set)?
            } else {
                vec![self.denied(visit, &piece, Disposition::DeniedOut, Some(egress))]
            });
        }
        Ok(parts)
    }

    /// Packets past the translation and the ACL of the interface that they leave by.
    fn pass_egress(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        gateway: Option<Ipv4Addr>,
        set: SetId,
    ) -> Parts {
        let chained = self.translates_by_chains(visit.device);
        let out = |walker: &mut Self, visit, set| {
            if !chained {
                return walker.deliver(visit, egress, gateway, set);
            }
            walker.pass_leg(
                visit,
                Leg::Left,
                Some(egress),
                set,
                &mut |walker, visit, set| walker.deliver(visit, egress, gateway, set),
            )
        };
        let after = Stage::AfterRouting;
        let nat = self.nat_of(&visit);
        let filters_first = nat.is_some_and(|nat| nat.filters_see == Seen::AsRouted);
        self.pass_zones(visit, Some(egress), set, &mut |walker, visit, set| {
            if filters_first {
                walker.pass_acl_out(visit, egress, set, &mut |walker, visit, set| {
                    walker.translate(visit, after, Some(egress), set, &mut { out })
                })
            } else {
                walker.translate(
                    visit,
                    after,
                    Some(egress),
                    set,
                    &mut |walker, visit, set| walker.pass_acl_out(visit, egress, set, &mut { out }),
                )
            }
        })
    }

    /// Packets past the ACL of the interface that they leave by.
    fn pass_acl_out(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let facet = self.world.interface(egress).facet;
        let acl = facet.and_then(|facet| facet.acl_out.as_ref());
        // An outbound ACL does not see what the router sends itself (Cisco IOS Security
        // Configuration Guide, "IP access list overview").
        let sees = visit.ingress.is_some() && !self.is_reply(&visit, egress);
        let Some(acl) = acl.filter(|_| sees) else {
            return go(self, visit, set);
        };
        let pieces = self.acl(visit.device, &acl.value, set)?;
        let mut parts = Vec::new();
        for (piece, visit) in self.after_filter(&visit, pieces, "filter-out", acl.at) {
            parts.extend(if piece.permitted {
                go(self, visit, piece.set)?
            } else {
                vec![self.denied(visit, &piece, Disposition::DeniedOut, Some(egress))]
            });
        }
        Ok(parts)
    }

    /// Packets on the wire of an interface.
    fn deliver(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        gateway: Option<Ipv4Addr>,
        set: SetId,
    ) -> Parts {
        self.read_segment(egress);
        if let Some((_, gateway)) = self.world.tunnel(egress).zip(gateway) {
            return self.pass_tunnel(visit, egress, gateway, set);
        }
        if let Some(gateway) = gateway {
            if self.resolves_connected_only(visit.device)
                && self.world.subnet_on(egress, gateway).is_none()
            {
                let mut visit = visit;
                let detail = || format!("{gateway} is in no network of the interface");
                self.step(&mut visit, "deliver", detail, None);
                let end = Disposition::NeighborUnreachable;
                return Ok(vec![self.end(visit, set, end, Some(egress))]);
            }
            let targets = self.targets(egress, gateway);
            if targets.is_empty() {
                return self.unanswered(visit, egress, set);
            }
            let mut visit = visit;
            self.meet_first_hop(&mut visit, gateway);
            let branches = self.enter_all(&targets, set)?;
            return Ok(self.through(visit, Some(egress), branches));
        }
        let mut parts = Vec::new();
        let mut rest = set;
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            for address in self.world.owned_between(low.into(), high.into()) {
                let here = self.only_to(rest, address)?;
                if here.is_empty() {
                    continue;
                }
                let targets = self.targets(egress, address);
                let on_subnet = self.world.subnet_on(egress, address).is_some();
                if targets.is_empty() && !on_subnet {
                    continue;
                }
                rest = self.arena.difference(rest, here)?;
                if targets.is_empty() {
                    let end = Disposition::NeighborUnreachable;
                    parts.push(self.end(visit.clone(), here, end, Some(egress)));
                } else {
                    let mut visit = visit.clone();
                    self.meet_first_hop(&mut visit, address);
                    let branches = self.enter_all(&targets, here)?;
                    parts.extend(self.through(visit, Some(egress), branches));
                }
            }
        }
        if !rest.is_empty() {
            parts.extend(self.unknown_hosts(visit, egress, rest)?);
        }
        Ok(parts)
    }

    /// Whether a device learns hardware addresses of its connected networks only (Cisco ASA Series
    /// Command Reference, `arp permit-nonconnected`: off by default).
    fn resolves_connected_only(&mut self, device: DeviceId) -> bool {
        self.read(device, FacetKind::Firewall, "");
        self.firewall_of(device).is_some()
    }

    /// Records who answers for a virtual address.
    fn meet_first_hop(&mut self, visit: &mut Visit, address: Ipv4Addr) {
        let found = first_hop(self.world, address);
        self.meet(visit, &found.symbols);
        self.read_all(&found.filters);
        if found.by_routes {
            self.read_routes(true, true);
        }
    }

    /// Interfaces on the wire of `egress` that take packets for an address.
    fn targets(&self, egress: InterfaceId, address: Ipv4Addr) -> BTreeSet<InterfaceId> {
        answering_for(self.world, address)
            .into_iter()
            .filter(|target| self.world.are_neighbors(egress, *target))
            .chain(self.world.across(egress, address))
            .collect()
    }

    /// Packets that enter any of several interfaces.
    pub(super) fn enter_all(&mut self, targets: &BTreeSet<InterfaceId>, set: SetId) -> Parts {
        let mut branches = Vec::new();
        for target in targets {
            branches.push(self.enter(*target, set)?.to_vec());
        }
        overlay(&mut self.arena, self.options.paths, branches)
    }

    /// Packets to destinations that nobody is known to own.
    fn unknown_hosts(&mut self, visit: Visit, egress: InterfaceId, set: SetId) -> Parts {
        if self.world.boundary(egress).is_some() {
            return self.unanswered(visit, egress, set);
        }
        let (mut parts, rest) = self.reach_translators(&visit, egress, set)?;
        let mut rest = rest;
        let nets: Vec<_> = self.world.interface(egress).addresses.clone();
        for (net, at) in nets {
            let range = (u32::from(net.network()), u32::from(net.broadcast()));
            let (here, others) = self.arena.split(rest, Field::Destination, &[range])?;
            if here.is_empty() {
                continue;
            }
            rest = others;
            let mut visit = visit.clone();
            let end = if net.prefix_len() == 32 || self.world.is_full(net) {
                Disposition::NeighborUnreachable
            } else {
                let detail = || format!("onto subnet {}", net.trunc());
                self.step(&mut visit, "deliver", detail, at);
                Disposition::DeliveredToSubnet
            };
            parts.push(self.end(visit, here, end, Some(egress)));
        }
        if rest.is_empty() {
            return Ok(parts);
        }
        // A route that names only an interface asks the wire for the destination itself; routers
        // there answer for what they reach elsewhere (RFC 1027; Cisco: proxy ARP is on by default).
        for neighbor in self.world.neighbors(egress) {
            let entry = self.world.interface(neighbor);
            self.read(entry.device, FacetKind::Interface, &entry.name);
        }
        let proxies = self.proxies(egress, rest);
        if proxies.is_empty() {
            parts.extend(self.unanswered(visit, egress, rest)?);
        } else {
            let mut visit = visit;
            let name = &self.world.interface(egress).name;
            let reason = format!("whether a router answers for others on the wire of {name}");
            self.meet(&mut visit, &[Symbol::Undecided(reason)]);
            let branches = self.enter_all(&proxies, rest)?;
            parts.extend(self.through(visit, Some(egress), branches));
        }
        Ok(parts)
    }

    /// Packets to addresses that a neighbor answers for because it translates them, and the rest.
    fn reach_translators(
        &mut self,
        visit: &Visit,
        egress: InterfaceId,
        set: SetId,
    ) -> Result<(Vec<Part>, SetId), BudgetExceeded> {
        let mut parts = Vec::new();
        let mut rest = set;
        for (low, high, owner) in self.world.translators() {
            if rest.is_empty() || !self.world.are_neighbors(egress, *owner) {
                continue;
            }
            let range = (u32::from(*low), u32::from(*high));
            let (here, others) = self.arena.split(rest, Field::Destination, &[range])?;
            if here.is_empty() {
                continue;
            }
            rest = others;
            let found = self.enter(*owner, here)?.to_vec();
            parts.extend(self.through(visit.clone(), Some(egress), found));
        }
        Ok((parts, rest))
    }

    /// Routers on a wire that have a route for the packets which does not lead back to it.
    fn proxies(&self, egress: InterfaceId, set: SetId) -> BTreeSet<InterfaceId> {
        let destination = self
            .arena
            .field_ranges(set, Field::Destination)
            .first()
            .map_or(Ipv4Addr::UNSPECIFIED, |(low, _)| Ipv4Addr::from(*low));
        self.world
            .neighbors(egress)
            .into_iter()
            .filter(|neighbor| {
                let entry = self.world.interface(*neighbor);
                let says = entry.facet.and_then(|facet| facet.proxy_arp.as_ref());
                if says.is_some_and(|says| !says.value) {
                    return false;
                }
                let lookup = self.world.lookup(entry.table, destination);
                self.world.device(entry.device).forwards
                    && lookup.route.as_ref().is_some_and(|route| {
                        route.hops.iter().all(|hop| match hop {
                            crate::analysis::goal::NextHop::Via(id, _) => id != neighbor,
                            crate::analysis::goal::NextHop::Discard => false,
                        })
                    })
            })
            .collect()
    }

    /// Packets for a next hop that is in no file.
    pub(super) fn unanswered(&mut self, visit: Visit, egress: InterfaceId, set: SetId) -> Parts {
        let world = self.world;
        if let Some(boundary) = world.boundary(egress) {
            let (assume, index) = (boundary.assume, world.interface(egress).boundary);
            let detail = format!("beyond lies {}", boundary.beyond);
            return self.leave_for(visit, egress, set, (assume, index, detail));
        }
        if !world.neighbors(egress).is_empty() {
            let mut visit = visit;
            let detail = || "the next hop is in no file".to_owned();
            self.step(&mut visit, "deliver", detail, None);
            let end = Disposition::NeighborUnreachable;
            return Ok(vec![self.end(visit, set, end, Some(egress))]);
        }
        let (inside, outside) = self.split_internal(set)?;
        let mut parts = Vec::new();
        if !inside.is_empty() {
            let mut visit = visit.clone();
            let beyond = self.beyond_symbol(egress, set);
            self.meet(&mut visit, &[beyond]);
            let end = Disposition::InsufficientInformation;
            parts.push(self.end(visit, inside, end, Some(egress)));
        }
        if !outside.is_empty() {
            let detail = "the snapshot shows nothing beyond".to_owned();
            let assume = AssumedBeyond::Unknown;
            parts.push(self.beyond(visit, egress, outside, assume, None, detail));
        }
        Ok(parts)
    }

    /// Packets that cross a boundary of the site.
    ///
    /// What lies beyond can deliver packets for a subnet of the snapshot only by handing them back
    /// at another edge; where no edge would bring them there, they are lost.
    fn leave_for(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        set: SetId,
        (assume, index, detail): (AssumedBeyond, Option<usize>, String),
    ) -> Parts {
        if !self.options.judges {
            return Ok(vec![self.beyond(visit, egress, set, assume, index, detail)]);
        }
        let (inside, outside) = self.split_internal(set)?;
        let mut parts = Vec::new();
        if !inside.is_empty() {
            if self.comes_back(egress, inside)? {
                let mut visit = visit.clone();
                let symbol = self.beyond_symbol(egress, inside);
                self.meet(&mut visit, &[symbol]);
                parts.push(self.beyond(visit, egress, inside, assume, index, detail.clone()));
            } else {
                let end = Disposition::NeighborUnreachable;
                parts.push(self.end(visit.clone(), inside, end, Some(egress)));
            }
        }
        if !outside.is_empty() {
            parts.push(self.beyond(visit, egress, outside, assume, index, detail));
        }
        Ok(parts)
    }

    /// Whether packets that left at an edge would arrive if they were handed back at another one.
    fn comes_back(&mut self, left_by: InterfaceId, set: SetId) -> Result<bool, BudgetExceeded> {
        let world = self.world;
        let edges: Vec<InterfaceId> = world
            .interface_ids()
            .filter(|id| *id != left_by && world.interface(*id).up)
            .filter(|id| world.boundary(*id).is_some())
            .collect();
        for edge in edges {
            let parts = self.enter(edge, set)?;
            if parts
                .iter()
                .flat_map(|part| &part.ends)
                .any(|arrival| arrival.end.disposition.is_success())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Packets that leave the snapshot.
    fn beyond(
        &mut self,
        mut visit: Visit,
        egress: InterfaceId,
        set: SetId,
        assume: AssumedBeyond,
        boundary: Option<usize>,
        detail: String,
    ) -> Part {
        self.step(&mut visit, "deliver", || detail, None);
        match assume {
            AssumedBeyond::Denies => {
                self.end(visit, set, Disposition::NeighborUnreachable, Some(egress))
            }
            AssumedBeyond::Permits => {
                let mut part = self.end(visit, set, Disposition::ExitsNetwork, Some(egress));
                part.boundaries.extend(boundary);
                part
            }
            AssumedBeyond::Unknown => {
                let symbol = self.beyond_symbol(egress, set);
                self.meet(&mut visit, &[symbol]);
                self.end(visit, set, Disposition::ExitsNetwork, Some(egress))
            }
        }
    }

    /// The symbol of what lies beyond an interface for these packets.
    fn beyond_symbol(&self, egress: InterfaceId, set: SetId) -> Symbol {
        let entry = self.world.interface(egress);
        let ranges = self.arena.field_ranges(set, Field::Destination);
        let destination = ranges
            .iter()
            .take(3)
            .map(|(low, high)| {
                let (low, high) = (Ipv4Addr::from(*low), Ipv4Addr::from(*high));
                if low == high {
                    low.to_string()
                } else {
                    format!("{low}-{high}")
                }
            })
            .collect::<Vec<_>>()
            .join(",");
        Symbol::Beyond {
            device: self.world.device(entry.device).name.clone(),
            interface: entry.name.clone(),
            destination: destination.into(),
        }
    }

    /// Packets to subnets of the snapshot, and the others.
    fn split_internal(&mut self, set: SetId) -> Result<(SetId, SetId), BudgetExceeded> {
        let mut ranges = Vec::new();
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            ranges.extend(self.world.internal_between(low, high));
        }
        self.arena.split(set, Field::Destination, &ranges)
    }
}
