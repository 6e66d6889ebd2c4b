//! Stateful passage between zones: who may begin a session, and that its replies come back.
//!
//! Replies pass by the session and by nothing else; a reply that meets a device which did not see
//! the first packet is dropped there.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::engine::{Parts, Visit, Walker};
use super::session::{Ends, Phase, hold};
use crate::analysis::Symbol;
use crate::analysis::filter::Piece;
use crate::analysis::world::{DeviceId, InterfaceId, TableId};
use crate::model::interface::SourceCheck;
use crate::model::zone::{Examined, Firewall, PolicyAction, SELF};
use crate::model::{Device, FacetKind};
use crate::net::registry::{ICMP, PORT_DHCP_SERVER, TCP, UDP};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::source::StatementRef;
use crate::wire::trace::Disposition;

/// The ends of a session of `ip inspect`, which goes by no zones.
const INSPECTED: &str = "inspect";

/// What becomes of packets that go on.
pub(super) type Go<'g, 'w, 'a> = dyn FnMut(&mut Walker<'w, 'a>, Visit, SetId) -> Parts + 'g;

impl<'w, 'a> Walker<'w, 'a> {
    /// Packets past the check of their sources on an interface that they entered by.
    pub(super) fn check_source(
        &mut self,
        visit: Visit,
        interface: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let entry = self.world.interface(interface);
        let facet = entry.facet;
        let (own, set) = self.own_sources(visit.device, entry.table, set)?;
        let mut parts = Vec::new();
        if !own.is_empty() {
            let note = "the source is an address of the device itself";
            parts.push(self.drop(visit.clone(), own, None, note, &[]));
        }
        if set.is_empty() {
            return Ok(parts);
        }
        let Some(check) = facet.and_then(|facet| facet.source_check.as_ref()) else {
            parts.extend(go(self, visit, set)?);
            return Ok(parts);
        };
        let mut visit = visit;
        let (good, bad) =
            self.split_sources(&mut visit, entry.table, interface, &check.value, set)?;
        if !good.is_empty() {
            parts.extend(go(self, visit.clone(), good)?);
        }
        if bad.is_empty() {
            return Ok(parts);
        }
        let mut denied = vec![(bad, Vec::new())];
        if let Some(acl) = &check.value.except {
            denied.clear();
            let pieces = self.acl(visit.device, acl, bad)?;
            for (piece, visit) in self.after_filter(&visit, pieces, "filter-in", check.at) {
                if piece.permitted {
                    parts.extend(go(self, visit, piece.set)?);
                } else {
                    denied.push((piece.set, piece.symbols));
                }
            }
        }
        for (set, symbols) in denied {
            let mut visit = visit.clone();
            self.meet(&mut visit, &symbols);
            let note = "the source has no route back here";
            parts.push(self.drop(visit, set, None, note, &[check.at]));
        }
        Ok(parts)
    }

    /// Packets whose sources a check finds, and the others.
    fn split_sources(
        &mut self,
        visit: &mut Visit,
        table: TableId,
        interface: InterfaceId,
        check: &SourceCheck,
        set: SetId,
    ) -> Result<(SetId, SetId), BudgetExceeded> {
        let mut good = Vec::new();
        for (low, high) in self.arena.field_ranges(set, Field::Source) {
            if self.options.judges {
                let subnets = ipnet::Ipv4Subnets::new(low.into(), high.into(), 0);
                self.reads.goals.extend(subnets);
            }
            for ((low, high), lookup) in self.world.routes_to(table, low.into(), high.into()) {
                self.meet(visit, &lookup.symbols);
                let passes = lookup.route.as_ref().is_some_and(|route| {
                    let counts = route.prefix.prefix_len() > 0 || check.default_counts;
                    let back = route.hops.iter().any(|hop| match hop {
                        crate::analysis::goal::NextHop::Via(out, _) => *out == interface,
                        crate::analysis::goal::NextHop::Discard => false,
                    });
                    let leads = check.loose
                        && !route
                            .hops
                            .contains(&crate::analysis::goal::NextHop::Discard);
                    counts && (leads || back)
                });
                if passes {
                    good.push((u32::from(low), u32::from(high)));
                }
            }
        }
        self.arena.split(set, Field::Source, &good)
    }

    /// Packets to an address of the device itself that its zones let through.
    ///
    /// A firewall with security levels answers only at the interface by which packets come in; of
    /// another one it takes what DHCP servers send to their relay (Cisco ASA Series General
    /// Operations CLI Configuration Guide, "Guidelines for Management Access" and "DHCP Relay").
    pub(super) fn pass_near(
        &mut self,
        visit: Visit,
        address: Ipv4Addr,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        self.read(visit.device, FacetKind::Firewall, "");
        let config = self.world.device(visit.device).device;
        let has_levels = config.is_some_and(|config| config.firewall("").is_some());
        let owners = self.world.owners(address);
        let is_far = has_levels && visit.ingress.is_some_and(|here| !owners.contains(&here));
        let (mut near, mut parts) = (set, Vec::new());
        if is_far {
            let udp = (u32::from(UDP), u32::from(UDP));
            let port = (u32::from(PORT_DHCP_SERVER), u32::from(PORT_DHCP_SERVER));
            let udp = self.arena.with_field(Field::Protocol, &[udp])?;
            let port = self.arena.with_field(Field::DestinationPort, &[port])?;
            let relayed = self.arena.and(udp, port)?;
            near = self.arena.and(set, relayed)?;
            let far = self.arena.difference(set, near)?;
            if !far.is_empty() {
                let note = "the firewall does not answer at another interface";
                parts.push(self.drop(visit.clone(), far, None, note, &[]));
            }
        }
        if !near.is_empty() {
            parts.extend(self.pass_zones(visit, None, near, go)?);
        }
        Ok(parts)
    }

    /// Packets that end because a device drops them.
    pub(super) fn drop(
        &mut self,
        visit: Visit,
        set: SetId,
        egress: Option<InterfaceId>,
        note: &str,
        at: &[StatementRef],
    ) -> super::part::Part {
        let mut visit = visit;
        super::part::add_new(&mut visit.decided, at);
        let (action, end) = match egress {
            Some(_) => ("filter-out", Disposition::DeniedOut),
            None => ("filter-in", Disposition::DeniedIn),
        };
        self.step(&mut visit, action, || note.to_owned(), at.first().copied());
        self.end(visit, set, end, egress)
    }

    /// The zone of an interface, or the name of its own that a firewall knows it by.
    fn zone_of(&self, interface: InterfaceId) -> Ends {
        let zone = self.zone_named(interface)?;
        let table = self.world.interface(interface).table;
        let config = self.world.device(self.world.table(table).device).device?;
        let holds = config.firewall("").is_some() || config.zone(zone).is_some();
        holds.then(|| zone.into())
    }

    /// The zone that an interface says, defined or not.
    fn zone_named(&self, interface: InterfaceId) -> Option<&'a str> {
        let zone = self.world.interface(interface).facet?.zone.as_ref()?;
        Some(&zone.value)
    }

    /// Whether packets are replies of a session whose first packet left by the interface that
    /// they entered by.
    fn returns_here(&self, visit: &Visit) -> bool {
        let zone = visit.ingress.and_then(|ingress| self.zone_of(ingress));
        let mut held = self.session.held.iter();
        held.any(|held| held.device == visit.device && held.to == zone)
    }

    /// Whether packets follow the first one of a session by the interface that it entered by.
    fn goes_on_here(&self, visit: &Visit) -> bool {
        let zone = visit.ingress.and_then(|ingress| self.zone_of(ingress));
        let mut held = self.session.held.iter();
        self.session.phase == Phase::Later
            && held.any(|held| held.device == visit.device && held.from == zone)
    }

    /// Whether packets pass the ACLs of a device because `ip inspect` saw their session begin.
    pub(super) fn is_inspected(&self, visit: &Visit) -> bool {
        let ends = Some(Arc::from(INSPECTED));
        self.session.permits(visit.device, &ends, &ends)
    }

    /// Whether packets that leave by an interface are replies that no ACL is asked about.
    pub(super) fn is_reply(&self, visit: &Visit, egress: InterfaceId) -> bool {
        if self.firewall_of(visit.device).is_none() {
            return self.is_inspected(visit);
        }
        let from = visit.ingress.and_then(|id| self.zone_of(id));
        let to = self.zone_of(egress);
        self.session.permits(visit.device, &from, &to)
    }

    /// The settings of a device that passes packets by sessions and levels.
    pub(super) fn firewall_of(&self, device: DeviceId) -> Option<&'a Firewall> {
        self.world.device(device).device?.firewall("")
    }

    /// Packets past the ACL and the global ACL of a firewall's interface; what is for the
    /// firewall itself, and replies, pass.
    pub(super) fn enter_firewall(
        &mut self,
        visit: Visit,
        interface: InterfaceId,
        firewall: &'a Firewall,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        self.read(visit.device, FacetKind::Firewall, "");
        let entry = self.world.interface(interface);
        let (table, facet) = (entry.table, entry.facet);
        if self.returns_here(&visit) || self.goes_on_here(&visit) {
            return go(self, visit, set);
        }
        let mut parts = Vec::new();
        let mut rest = set;
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            for address in self.own_between(table, low.into(), high.into()) {
                let here = self.only_to(rest, address)?;
                if !here.is_empty() {
                    rest = self.arena.difference(rest, here)?;
                    parts.extend(go(self, visit.clone(), here)?);
                }
            }
        }
        let stray = self.without_session(rest)?;
        if !stray.is_empty() {
            rest = self.arena.difference(rest, stray)?;
            let note = "no session is known that it belongs to";
            parts.push(self.drop(visit.clone(), stray, None, note, &[]));
        }
        let own = facet.and_then(|facet| facet.acl_in.as_ref());
        let mut left: Vec<(SetId, Visit, Option<Piece>)> = vec![(rest, visit, None)];
        let acls: Vec<_> = own.into_iter().chain(&firewall.global_acl).collect();
        for acl in &acls {
            let mut next = Vec::new();
            for (set, visit, _) in left {
                if set.is_empty() {
                    continue;
                }
                let pieces = self.acl(visit.device, &acl.value, set)?;
                for (piece, visit) in self.after_filter(&visit, pieces, "filter-in", acl.at) {
                    if piece.permitted {
                        parts.extend(go(self, visit, piece.set)?);
                    } else if piece.by_end {
                        next.push((piece.set, visit, Some(piece)));
                    } else {
                        parts.push(self.end(visit, piece.set, Disposition::DeniedIn, None));
                    }
                }
            }
            left = next;
        }
        for (set, mut visit, _) in left {
            if set.is_empty() {
                continue;
            }
            parts.extend(if acls.is_empty() {
                visit.by_level = true;
                go(self, visit, set)?
            } else {
                vec![self.end(visit, set, Disposition::DeniedIn, None)]
            });
        }
        Ok(parts)
    }

    /// Packets that only a session could pass: TCP past its first packet.
    fn without_session(&mut self, set: SetId) -> Result<SetId, BudgetExceeded> {
        let one = |value: u8| (u32::from(value), u32::from(value));
        let late = self
            .arena
            .from_product(&[(Field::Protocol, &[one(TCP)]), (Field::TcpState, &[(1, 1)])])?;
        self.arena.and(set, late)
    }

    /// Packets past what the device says of sessions from where they came to where they go;
    /// `egress` is none where they go to the device itself.
    pub(super) fn pass_zones(
        &mut self,
        visit: Visit,
        egress: Option<InterfaceId>,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let Some(config) = self.world.device(visit.device).device else {
            return go(self, visit, set);
        };
        if let Some(firewall) = config.firewall("") {
            return self.pass_levels(visit, egress, firewall, set, go);
        }
        let mut visit = visit;
        let mut zoned = false;
        for end in [visit.ingress, egress].into_iter().flatten() {
            let Some(zone) = self.zone_named(end) else {
                continue;
            };
            self.read(visit.device, FacetKind::Zone, zone);
            if config.zone(zone).is_some() {
                zoned = true;
            } else {
                let name = &self.world.device(visit.device).name;
                let reason = format!(
                    "{name}: zone {zone} is nowhere defined, so that the device may refuse it"
                );
                self.meet(&mut visit, &[Symbol::Undecided(reason)]);
            }
        }
        if !zoned {
            return self.inspect(visit, egress, config, set, go);
        }
        self.pass_pair(visit, egress, config, set, go)
    }

    /// Packets past the levels of a firewall's interfaces.
    fn pass_levels(
        &mut self,
        mut visit: Visit,
        egress: Option<InterfaceId>,
        firewall: &Firewall,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let (Some(ingress), Some(egress)) = (visit.ingress, egress) else {
            // What the firewall sends itself, and what is for it, is not of its ACLs.
            hold(&mut visit, None, None);
            return go(self, visit, set);
        };
        let (from, to) = (self.zone_of(ingress), self.zone_of(egress));
        if self.session.permits(visit.device, &from, &to) {
            let detail = || "a reply of a known session".to_owned();
            self.step(&mut visit, "session", detail, None);
            return go(self, visit, set);
        }
        let level = |id: InterfaceId| {
            let facet = self.world.interface(id).facet;
            facet.and_then(|facet| facet.security_level.as_ref())
        };
        let (high, low) = (level(ingress), level(egress));
        let value = |at: Option<&crate::source::At<u8>>| at.map_or(0, |at| at.value);
        let at: Vec<StatementRef> = [high, low].into_iter().flatten().map(|at| at.at).collect();
        let refused = if self.returns_here(&visit) {
            Some("the session's first packet came another way")
        } else if ingress == egress {
            firewall
                .same_interface
                .is_none()
                .then_some("packets do not leave by the interface that they came by")
        } else if value(high) == value(low) {
            firewall
                .same_level
                .is_none()
                .then_some("packets do not pass between interfaces of one level")
        } else if visit.by_level && value(high) < value(low) {
            Some("no ACL permits packets to a higher level")
        } else {
            None
        };
        if let Some(note) = refused {
            return Ok(vec![self.drop(visit, set, Some(egress), note, &at)]);
        }
        self.meet_examiners(&mut visit, firewall, set)?;
        let mut protocols = vec![TCP, UDP];
        protocols.extend(firewall.inspects_icmp.as_ref().map(|_| ICMP));
        let (kept, loose) = self.of_protocols(set, &protocols)?;
        let mut parts = Vec::new();
        if !loose.is_empty() {
            parts.extend(go(self, visit.clone(), loose)?);
        }
        if !kept.is_empty() {
            hold(&mut visit, from, to);
            parts.extend(go(self, visit, kept)?);
        }
        Ok(parts)
    }

    /// Packets of some protocols, and the others.
    fn of_protocols(
        &mut self,
        set: SetId,
        protocols: &[u8],
    ) -> Result<(SetId, SetId), BudgetExceeded> {
        let ranges: Vec<(u32, u32)> = protocols
            .iter()
            .map(|number| (u32::from(*number), u32::from(*number)))
            .collect();
        self.arena.split(set, Field::Protocol, &ranges)
    }

    /// Says that packets may be dropped as ones that do not conform to a protocol of their port.
    fn meet_examiners(
        &mut self,
        visit: &mut Visit,
        firewall: &Firewall,
        set: SetId,
    ) -> Result<(), BudgetExceeded> {
        for examined in &firewall.examines {
            let Examined {
                name,
                protocol,
                ports,
            } = &examined.value;
            let protocol = (u32::from(*protocol), u32::from(*protocol));
            let range = (u32::from(ports.low), u32::from(ports.high));
            let theirs = self.arena.from_product(&[
                (Field::Protocol, &[protocol]),
                (Field::DestinationPort, &[range]),
            ])?;
            if !self.arena.and(set, theirs)?.is_empty() {
                let device = &self.world.device(visit.device).name;
                let reason = format!(
                    "{device}: whether what it examines as {name} on port {} conforms to it",
                    ports.low
                );
                self.meet(visit, &[Symbol::Undecided(reason)]);
            }
        }
        Ok(())
    }

    /// Packets past the policy between two zones.
    fn pass_pair(
        &mut self,
        visit: Visit,
        egress: Option<InterfaceId>,
        config: &'a Device,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let own = || Some(Arc::from(SELF));
        let from = visit.ingress.map_or_else(own, |id| self.zone_of(id));
        let to = egress.map_or_else(own, |id| self.zone_of(id));
        let (Some(source), Some(target)) = (&from, &to) else {
            // The device itself talks to interfaces of no zone, and these to each other.
            let is_own = from.as_deref() == Some(SELF) || to.as_deref() == Some(SELF);
            if is_own || from == to {
                return go(self, visit, set);
            }
            let note = "one interface is in a zone and the other in none";
            return Ok(vec![self.drop(visit, set, egress, note, &[])]);
        };
        if self.session.permits(visit.device, &from, &to) {
            let mut visit = visit;
            let detail = || "a reply of a known session".to_owned();
            self.step(&mut visit, "session", detail, None);
            return go(self, visit, set);
        }
        self.read_kind(visit.device, FacetKind::ZonePair);
        let pair = config
            .zone_pairs()
            .map(|(_, pair)| pair)
            .find(|pair| *pair.from == **source && *pair.to == **target);
        let Some(pair) = pair else {
            if **source == *SELF || **target == *SELF || source == target {
                return go(self, visit, set);
            }
            let note = format!("no zone pair from {source} to {target}");
            return Ok(vec![self.drop(visit, set, egress, &note, &[])]);
        };
        self.read(visit.device, FacetKind::ZonePair, &pair.name);
        let mut parts = Vec::new();
        for (set, action, at, symbols) in self.policed(visit.device, config, pair, set)? {
            let mut visit = visit.clone();
            self.meet(&mut visit, &symbols);
            super::part::add_new(&mut visit.decided, &at);
            let (pass, drop) = match action {
                PolicyAction::Drop => (SetId::EMPTY, set),
                PolicyAction::Pass => (set, SetId::EMPTY),
                PolicyAction::Inspect => {
                    let stray = self.without_session(set)?;
                    (self.arena.difference(set, stray)?, stray)
                }
            };
            if !drop.is_empty() {
                let note = match action {
                    PolicyAction::Inspect => format!(
                        "zone pair {}: no session is known that it belongs to",
                        pair.name
                    ),
                    PolicyAction::Drop | PolicyAction::Pass => {
                        format!("zone pair {} drops", pair.name)
                    }
                };
                parts.push(self.drop(visit.clone(), drop, egress, &note, &at));
            }
            if pass.is_empty() {
                continue;
            }
            let detail = || format!("zone pair {} passes", pair.name);
            self.step(&mut visit, "zone", detail, at.first().copied());
            if action == PolicyAction::Inspect {
                let (kept, other) = self.of_protocols(pass, &[TCP, UDP, ICMP])?;
                if !other.is_empty() {
                    let mut visit = visit.clone();
                    let name = &self.world.device(visit.device).name;
                    let reason = format!("{name}: how other protocols are inspected");
                    self.meet(&mut visit, &[Symbol::Undecided(reason)]);
                    parts.extend(go(self, visit, other)?);
                }
                if !kept.is_empty() {
                    hold(&mut visit, from.clone(), to.clone());
                    parts.extend(go(self, visit, kept)?);
                }
            } else {
                parts.extend(go(self, visit, pass)?);
            }
        }
        Ok(parts)
    }

    /// Packets past `ip inspect`, which drops nothing and remembers what it saw.
    fn inspect(
        &mut self,
        visit: Visit,
        egress: Option<InterfaceId>,
        config: &'a Device,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let facet = |id: Option<InterfaceId>| id.and_then(|id| self.world.interface(id).facet);
        let rules = [
            facet(visit.ingress).and_then(|facet| facet.inspect_in.as_ref()),
            facet(egress).and_then(|facet| facet.inspect_out.as_ref()),
        ];
        if rules.iter().all(Option::is_none) {
            return go(self, visit, set);
        }
        let mut parts = Vec::new();
        let mut rest = set;
        for rule in rules.into_iter().flatten() {
            self.read(visit.device, FacetKind::Inspection, &rule.value);
            let packets = config.inspection(&rule.value).map(|one| &one.packets);
            for matches in packets.into_iter().flatten() {
                let here = self.matching(visit.device, &matches.value, rest)?;
                if here.is_empty() {
                    continue;
                }
                rest = self.arena.difference(rest, here)?;
                let mut visit = visit.clone();
                let ends = Some(Arc::from(INSPECTED));
                hold(&mut visit, ends.clone(), ends);
                parts.extend(go(self, visit, here)?);
            }
        }
        if !rest.is_empty() {
            parts.extend(go(self, visit, rest)?);
        }
        Ok(parts)
    }

    /// Records that all facets of a kind were looked through.
    fn read_kind(&mut self, device: DeviceId, kind: FacetKind) {
        if self.options.judges {
            let name = self.world.device(device).name.clone();
            self.reads.kinds.insert((name, kind));
        }
    }
}
