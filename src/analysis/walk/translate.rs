//! Address translation on the way through a device.
//!
//! Replies of a session are translated back first; rules decide about first packets only. Where
//! several outcomes are possible (a pool, a port that is taken) the packets get the ends of all.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::engine::{Parts, Visit, Walker};
use super::part::{Part, cover};
use super::session::{Change, FieldChange, Mark, Phase, Rewrite, image, preimage};
use crate::analysis::Symbol;
use crate::analysis::filter::FilterReads;
use crate::analysis::filter::matched;
use crate::analysis::world::InterfaceId;
use crate::model::nat::{
    Nat, NatRule, NewAddress, NewPort, PORT_CLASSES, Seen, Stage, Through, Ties, Translation,
};
use crate::net::registry::{TCP, UDP};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::source::StatementRef;

/// Deepest nesting of translations that is followed (a limit of this tool; beyond it packets go in
/// circles and change every time).
const DEPTH: usize = 16;

/// Packets with what their fate depends on.
type Open = Vec<(SetId, Vec<Symbol>)>;

/// Packets at a stage of translation with what is done with them.
#[derive(Debug)]
pub(super) struct Turn {
    /// The packets.
    set: SetId,
    /// How they are rewritten; none: not at all.
    change: Option<Rc<Change>>,
    /// What they become at most.
    into: SetId,
    /// What it depends on that is not known.
    symbols: Vec<Symbol>,
    /// The rule.
    at: Option<StatementRef>,
    /// Where they leave, whatever their route says.
    diverts_to: Option<String>,
    /// How the rule goes with others of its statement.
    ties: Ties,
}

impl Turn {
    /// Packets that stay as they are.
    pub(super) fn none(set: SetId, symbols: Vec<Symbol>) -> Self {
        Self {
            set,
            change: None,
            into: SetId::FULL,
            symbols,
            at: None,
            diverts_to: None,
            ties: Ties::Loose,
        }
    }
}

impl<'a> Walker<'_, 'a> {
    /// The translation of a device, where it has any.
    pub(super) fn nat_of(&self, visit: &Visit) -> Option<&'a Nat> {
        self.world.device(visit.device).device?.nat("")
    }

    /// Translates packets at a stage and lets `go` say what becomes of them.
    pub(super) fn translate(
        &mut self,
        visit: Visit,
        stage: Stage,
        egress: Option<InterfaceId>,
        set: SetId,
        go: &mut dyn FnMut(&mut Self, Visit, SetId) -> Parts,
    ) -> Parts {
        let nat = self.nat_of(&visit);
        let chained = self.translates_by_chains(visit.device);
        if nat.is_none() && self.returning.is_empty() && !chained {
            return go(self, visit, set);
        }
        let mut parts = Vec::new();
        let set = match (nat, egress) {
            (Some(nat), Some(egress)) if nat.checks_replies => {
                self.check_replies(&visit, nat, egress, set, &mut parts)?
            }
            _ => set,
        };
        let turns = self.turns(&visit, nat, stage, egress, set)?;
        let mut branches = false;
        for turn in turns {
            let mut visit = visit.clone();
            self.meet(&mut visit, &turn.symbols);
            if stage == Stage::BeforeRouting {
                visit.translated_by = turn.at.map(|at| (at, turn.ties));
            }
            let Some(change) = turn.change else {
                if turn.diverts_to.is_some() {
                    visit.diverts_to = turn.diverts_to;
                }
                parts.extend(go(self, visit, turn.set)?);
                continue;
            };
            super::part::add_new(&mut visit.decided, turn.at.as_slice());
            visit.diverts_to = turn.diverts_to;
            let rewrite = Rewrite {
                device: visit.device,
                stage,
                change,
                into: turn.into,
            };
            branches |= !rewrite.change.is_function();
            parts.extend(self.rewrite(visit, &rewrite, turn.at, turn.set, go)?);
        }
        if branches {
            return cover(&mut self.arena, self.options.paths, parts);
        }
        Ok(parts)
    }

    /// Rewrites packets, and gives what becomes of them as what becomes of the packets before.
    fn rewrite(
        &mut self,
        mut visit: Visit,
        rewrite: &Rewrite,
        at: Option<StatementRef>,
        set: SetId,
        go: &mut dyn FnMut(&mut Self, Visit, SetId) -> Parts,
    ) -> Parts {
        let after = image(&mut self.arena, set, &rewrite.change, rewrite.into)?;
        self.step(&mut visit, "translate", || describe(&rewrite.change), at);
        if after.is_empty() || self.translated >= DEPTH {
            let reason = format!(
                "{}: a translation leads nowhere",
                self.world.device(visit.device).name
            );
            self.doubt(&mut visit, reason);
            let end = crate::wire::trace::Disposition::InsufficientInformation;
            return Ok(vec![self.end(visit, set, end, None)]);
        }
        self.read_goals(after, &rewrite.change);
        self.translated += 1;
        let parts = go(self, visit, after);
        self.translated -= 1;
        self.pull_back(rewrite, set, parts?)
    }

    /// What becomes of packets before they were rewritten, from what becomes of them after.
    fn pull_back(&mut self, rewrite: &Rewrite, set: SetId, parts: Vec<Part>) -> Parts {
        let is_function = rewrite.change.is_function();
        let mut before = Vec::with_capacity(parts.len());
        for mut part in parts {
            let from = preimage(&mut self.arena, part.set, &rewrite.change)?;
            let from = self.arena.and(from, set)?;
            if from.is_empty() {
                continue;
            }
            let into = if is_function { rewrite.into } else { part.set };
            part.marked(&[Mark::Rewrite(Rewrite {
                into,
                ..rewrite.clone()
            })]);
            part.set = from;
            before.push(part);
        }
        Ok(before)
    }

    /// Notes that routes to what destinations became were asked for.
    fn read_goals(&mut self, set: SetId, change: &Change) {
        let of_destination = change.0.iter().any(|change| {
            matches!(
                change,
                FieldChange::Any(Field::Destination, _)
                    | FieldChange::Shift(Field::Destination, ..)
            )
        });
        if !self.options.judges || !of_destination {
            return;
        }
        for (low, high) in self.arena.field_ranges(set, Field::Destination) {
            let subnets = ipnet::Ipv4Subnets::new(low.into(), high.into(), 0);
            self.reads.goals.extend(subnets);
        }
    }

    /// Packets whose answers no other rule translates than the one that translated them, the
    /// others end (Cisco ASA: "Asymmetric NAT rules matched for forward and reverse flows").
    fn check_replies(
        &mut self,
        visit: &Visit,
        nat: &Nat,
        egress: InterfaceId,
        set: SetId,
        parts: &mut Vec<Part>,
    ) -> Result<SetId, BudgetExceeded> {
        let known = self.session.phase == Phase::Answer && self.session.knows(visit.device);
        if visit.ingress.is_none() || known {
            return Ok(set);
        }
        let mut rules: Vec<&NatRule> = nat
            .rules
            .iter()
            .filter(|rule| rule.stage == Stage::AfterRouting)
            .filter(|rule| {
                self.goes_through(&rule.ingress, Some(egress))
                    && self.goes_through(&rule.egress, visit.ingress)
            })
            .collect();
        rules.sort_by_key(|rule| rule.rank);
        let (mut passed, mut rest) = (SetId::EMPTY, set);
        for rule in rules {
            let own = visit.translated_by.is_some_and(|(at, _)| at == rule.at);
            let mut answers = NatRule {
                matches: rule.matches.mirrored(),
                ..rule.clone()
            };
            if rule.ties == Ties::Both && !own {
                // It takes what asks for the destination that its first half translates.
                let mut halves = nat.rules.iter().filter(|half| {
                    half.stage == Stage::BeforeRouting
                        && half.at == rule.at
                        && half.rank == rule.rank
                });
                let Some(half) = halves.next() else { continue };
                answers.matches.source = half.matches.destination.clone();
            }
            for (hit, certain, why) in self.matched_by(visit, &answers, Some(egress), rest)? {
                let mut visit = visit.clone();
                self.meet(&mut visit, &why);
                if own {
                    passed = self.arena.or(passed, hit)?;
                } else if certain {
                    let note = "another rule would translate the answers";
                    parts.push(self.drop(visit, hit, Some(egress), note, &[rule.at]));
                } else {
                    let reason = "whether another rule translates the answers".to_owned();
                    self.doubt(&mut visit, reason);
                    let end = crate::wire::trace::Disposition::InsufficientInformation;
                    parts.push(self.end(visit, hit, end, Some(egress)));
                }
                rest = self.arena.difference(rest, hit)?;
            }
        }
        self.arena.or(passed, rest)
    }

    /// What is done with packets at a stage.
    fn turns(
        &mut self,
        visit: &Visit,
        nat: Option<&'a Nat>,
        stage: Stage,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Vec<Turn>, BudgetExceeded> {
        let mut turns = Vec::new();
        let mut rest = set;
        for index in 0..self.returning.len() {
            let Some(reply) = self.returning.get(index) else {
                break;
            };
            if reply.device != visit.device || reply.stage != stage {
                continue;
            }
            let (from, into, change) = (reply.from, reply.to, reply.change.clone());
            let hit = self.arena.and(rest, from)?;
            if !hit.is_empty() {
                rest = self.arena.difference(rest, hit)?;
                turns.push(Turn {
                    change: Some(change),
                    into,
                    ..Turn::none(hit, Vec::new())
                });
            }
        }
        let Some(nat) = nat else {
            turns.extend(self.chain_turns(visit, stage, egress, rest)?);
            turns.retain(|turn| !turn.set.is_empty());
            return Ok(turns);
        };
        // Where every packet belongs to a session, rules see none of a known one.
        let known = nat.filters_see == Seen::AsRouted
            && self.session.phase == Phase::Answer
            && self.session.knows(visit.device);
        let mut open: Open = vec![(rest, Vec::new())];
        let mut rules: Vec<&NatRule> = nat
            .rules
            .iter()
            .filter(|rule| !known && rule.stage == stage)
            .filter(|rule| stage == Stage::BeforeRouting || goes_on(visit, rule))
            .filter(|rule| {
                self.goes_through(&rule.ingress, visit.ingress)
                    && self.goes_through(&rule.egress, egress)
            })
            .collect();
        rules.sort_by_key(|rule| rule.rank);
        for group in rules.chunk_by(|one, other| one.rank == other.rank) {
            open = self.ask(visit, nat, group, egress, open, &mut turns)?;
        }
        turns.extend(open.into_iter().map(|(set, why)| Turn::none(set, why)));
        turns.retain(|turn| !turn.set.is_empty());
        Ok(turns)
    }

    /// Asks the rules of one rank; gives the packets that none of them matches.
    fn ask(
        &mut self,
        visit: &Visit,
        nat: &'a Nat,
        rules: &[&'a NatRule],
        egress: Option<InterfaceId>,
        open: Open,
        turns: &mut Vec<Turn>,
    ) -> Result<Open, BudgetExceeded> {
        let mut left = Open::new();
        for (set, symbols) in open {
            let mut rest: Open = vec![(set, symbols.clone())];
            for rule in rules {
                let hits = self.matched_by(visit, rule, egress, set)?;
                for (hit, certain, why) in hits {
                    let mut symbols = symbols.clone();
                    super::part::add_new(&mut symbols, &why);
                    let mut next = Open::new();
                    for (set, known) in rest {
                        let here = self.arena.and(set, hit)?;
                        let elsewhere = self.arena.difference(set, here)?;
                        if !certain && !here.is_empty() {
                            let mut known = known.clone();
                            super::part::add_new(&mut known, &why);
                            next.push((here, known));
                        }
                        next.push((elsewhere, known));
                    }
                    next.retain(|(set, _)| !set.is_empty());
                    rest = next;
                    if certain {
                        self.resolve(visit, nat, rule, egress, (hit, symbols), turns)?;
                    }
                }
            }
            left.extend(rest);
        }
        Ok(left)
    }

    /// Packets that a rule matches, each with whether that is certain and what it depends on.
    fn matched_by(
        &mut self,
        visit: &Visit,
        rule: &NatRule,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Vec<(SetId, bool, Vec<Symbol>)>, BudgetExceeded> {
        let mut reads = FilterReads::new();
        let device = visit.device;
        let found = matched(
            &mut self.arena,
            self.world,
            device,
            &rule.matches,
            &mut reads,
        );
        for key in reads {
            self.read_key(device, key);
        }
        let hit = match found? {
            Ok(hit) => self.arena.and(set, hit)?,
            Err(reason) => {
                let name = &self.world.device(device).name;
                let symbol = Symbol::Undecided(format!("{name}: {reason}"));
                return Ok(vec![(set, false, vec![symbol])]);
            }
        };
        if hit.is_empty() {
            return Ok(Vec::new());
        }
        let hits = match &rule.acl {
            Some(acl) => self.permitted(device, acl, hit)?,
            None => vec![(hit, true, Vec::new())],
        };
        let Some(map) = &rule.route_map else {
            return Ok(hits);
        };
        let mut all = Vec::new();
        for (hit, certain, why) in hits {
            for (set, sure, more) in self.mapped(device, map, egress, hit)? {
                let mut why = why.clone();
                super::part::add_new(&mut why, &more);
                all.push((set, certain && sure, why));
            }
        }
        Ok(all)
    }

    /// Turns for packets that a rule translates.
    pub(super) fn resolve(
        &mut self,
        visit: &Visit,
        nat: &Nat,
        rule: &NatRule,
        egress: Option<InterfaceId>,
        (set, symbols): (SetId, Vec<Symbol>),
        turns: &mut Vec<Turn>,
    ) -> Result<(), BudgetExceeded> {
        let turn = |set, symbols| Turn {
            at: Some(rule.at),
            diverts_to: rule.diverts_to.clone(),
            ties: rule.ties,
            ..Turn::none(set, symbols)
        };
        let fixed = match self.fixed(visit, nat, &rule.translation, egress) {
            Ok(fixed) => fixed,
            Err(reason) => {
                let mut symbols = symbols;
                let name = &self.world.device(visit.device).name;
                symbols.push(Symbol::Undecided(format!("{name}: {reason}")));
                turns.push(turn(set, symbols));
                return Ok(());
            }
        };
        let mut rest = set;
        if rule.translation.source_port == NewPort::OfItsClass {
            for (low, high) in PORT_CLASSES {
                let class = (u32::from(low), u32::from(high));
                let ports = (u32::from(low.max(1)), u32::from(high));
                let tcp_udp = [TCP, UDP].map(|number| (u32::from(number), u32::from(number)));
                let there = self
                    .arena
                    .from_product(&[(Field::Protocol, &tcp_udp), (Field::SourcePort, &[class])])?;
                let here = self.arena.and(rest, there)?;
                rest = self.arena.difference(rest, here)?;
                let mut change = fixed.clone();
                change.push(FieldChange::Any(Field::SourcePort, vec![ports]));
                if !here.is_empty() {
                    turns.push(Turn {
                        change: Some(Rc::new(Change(change))),
                        ..turn(here, symbols.clone())
                    });
                }
            }
        }
        if !rest.is_empty() {
            let change = (!fixed.is_empty()).then(|| Rc::new(Change(fixed)));
            turns.push(Turn {
                change,
                ..turn(rest, symbols)
            });
        }
        Ok(())
    }

    /// The changes of a translation but for ports of their class; or why they are not known.
    fn fixed(
        &self,
        visit: &Visit,
        nat: &Nat,
        translation: &Translation,
        egress: Option<InterfaceId>,
    ) -> Result<Vec<FieldChange>, String> {
        let mut changes = Vec::new();
        let own = egress.or(visit.ingress);
        for (field, new) in [
            (Field::Source, &translation.source),
            (Field::Destination, &translation.destination),
        ] {
            let one = |id: Option<InterfaceId>| {
                let address = id.and_then(|id| {
                    let (net, _) = self.world.interface(id).addresses.first()?;
                    Some(net.addr())
                });
                address
                    .map(|address| vec![(address, address)])
                    .ok_or("the address of an interface that translates is not known")
            };
            let all = |id: Option<InterfaceId>| {
                let nets = id.map_or(&[][..], |id| &self.world.interface(id).addresses);
                let addresses = nets.iter().map(|(net, _)| (net.addr(), net.addr()));
                one(id).map(|_| addresses.collect::<Vec<_>>())
            };
            let ranges = match new {
                NewAddress::Same => continue,
                NewAddress::Shifted {
                    from: (low, high),
                    to,
                } => {
                    let range = (u32::from(*low), u32::from(*high));
                    changes.push(FieldChange::Shift(field, range, u32::from(*to)));
                    continue;
                }
                NewAddress::OneOf(ranges) => ranges.clone(),
                NewAddress::Pool(name) => nat
                    .pools
                    .get(name)
                    .map(|pool| pool.value.clone())
                    .filter(|ranges| !ranges.is_empty())
                    .ok_or_else(|| format!("pool {name} is not defined"))?,
                NewAddress::Interface(name) => one(self.world.interface_named(visit.device, name))?,
                NewAddress::OfPacketsInterface => one(own)?,
                NewAddress::OneOfPacketsInterface => all(own)?,
            };
            let ranges = ranges
                .iter()
                .map(|(low, high)| (u32::from(*low), u32::from(*high)));
            changes.push(FieldChange::Any(field, ranges.collect()));
        }
        for (field, new) in [
            (Field::SourcePort, translation.source_port),
            (Field::DestinationPort, translation.destination_port),
        ] {
            match new {
                NewPort::Same | NewPort::OfItsClass => {}
                NewPort::Within(low, high) => {
                    let range = (u32::from(low), u32::from(high));
                    changes.push(FieldChange::Any(field, vec![range]));
                }
            }
        }
        Ok(changes)
    }

    /// Whether an interface is one of those that a rule names.
    pub(super) fn goes_through(&self, named: &Through, interface: Option<InterfaceId>) -> bool {
        let entry = interface.map(|id| self.world.interface(id));
        let facet = entry.and_then(|entry| entry.facet);
        match named {
            Through::Any => true,
            Through::Interface(name) => {
                entry.is_some_and(|entry| entry.name.eq_ignore_ascii_case(name))
            }
            Through::Zone(zone) => facet
                .and_then(|facet| facet.zone.as_ref())
                .is_some_and(|at| at.value == *zone),
            Through::Side(side) => facet
                .and_then(|facet| facet.nat_side.as_ref())
                .is_some_and(|at| at.value == *side),
        }
    }
}

/// Whether a rule after routing may take packets after what was done before it.
fn goes_on(visit: &Visit, rule: &NatRule) -> bool {
    match visit.translated_by {
        Some((at, _)) if at == rule.at => true,
        Some((_, Ties::Alone | Ties::Both)) => false,
        Some((_, Ties::Loose)) | None => rule.ties != Ties::Both,
    }
}

/// A change in words.
fn describe(change: &Change) -> String {
    let name = |field: Field| match field {
        Field::Source => "source",
        Field::Destination => "destination",
        Field::SourcePort => "source port",
        Field::DestinationPort => "destination port",
        Field::Protocol | Field::TcpState | Field::Dscp => "packet",
    };
    let value = |field: Field, value: u32| match field {
        Field::Source | Field::Destination => Ipv4Addr::from(value).to_string(),
        Field::Protocol
        | Field::DestinationPort
        | Field::SourcePort
        | Field::TcpState
        | Field::Dscp => value.to_string(),
    };
    let range = |field, (low, high): (u32, u32)| {
        if low == high {
            value(field, low)
        } else {
            format!("{}-{}", value(field, low), value(field, high))
        }
    };
    let words: Vec<String> = change
        .0
        .iter()
        .map(|change| match change {
            FieldChange::Any(field, ranges) if ranges.as_slice() == [(0, u32::MAX)] => {
                format!("{} becomes what it was", name(*field))
            }
            FieldChange::Any(field, ranges) => {
                let ranges: Vec<String> = ranges.iter().map(|one| range(*field, *one)).collect();
                format!("{} becomes {}", name(*field), ranges.join(", "))
            }
            FieldChange::Shift(field, (low, high), to) => format!(
                "{} becomes {}",
                name(*field),
                range(*field, (*to, to.saturating_add(high - low)))
            ),
        })
        .collect();
    words.join(", ")
}
