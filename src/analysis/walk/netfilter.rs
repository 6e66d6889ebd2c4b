//! Translation by the chains of a Linux packet filter, and the filter before and after it.
//!
//! A host that translates asks its filter in legs, since rules see a packet as it is at their place:
//! before the translation of its destination, after it, and before that of its source.

use std::net::Ipv4Addr;

use super::engine::{Parts, Visit, Walker};
use super::firewall::Go;
use super::part::{add_new, overlay};
use super::session::Phase;
use super::session::hold;
use super::translate::Turn;
use crate::analysis::Symbol;
use crate::analysis::filter::chain::{self, Hook, Leg, Meeting};
use crate::analysis::filter::{FilterReads, Piece};
use crate::analysis::goal::NextHop;
use crate::analysis::world::{DeviceId, InterfaceId, TableId};
use crate::model::nat::{Nat, NatRule, NewAddress, Stage, Translation};
use crate::model::packet_filter::{ConnectionState, FACETS, Hook as BaseHook};
use crate::net::registry::{ICMP, ICMP_ECHO_REPLY, TCP};
use crate::set::{BudgetExceeded, Field, SetId};
use crate::source::StatementRef;
use crate::wire::trace::Disposition;

impl<'w, 'a> Walker<'w, 'a> {
    /// Whether the packet filter of a device translates.
    pub(super) fn translates_by_chains(&self, device: DeviceId) -> bool {
        let Some(config) = self.world.device(device).device else {
            return false;
        };
        let mut filters = config.packet_filters();
        filters.any(|(key, filter)| FACETS.contains(&key.name.as_ref()) && filter.translates())
    }

    /// Runs packets past the Linux packet filter, where a device has one.
    pub(super) fn chains(
        &mut self,
        visit: &Visit,
        hook: Hook,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Option<Vec<Piece>>, BudgetExceeded> {
        let world = self.world;
        let name = |id: InterfaceId| &*world.interface(id).name;
        let meeting = Meeting {
            hook,
            ingress: visit.ingress.map(name),
            egress: egress.map(name),
            state: self.state_of(visit.device, set),
        };
        let mut reads = FilterReads::new();
        let device = visit.device;
        let pieces = chain::evaluate(&mut self.arena, world, device, meeting, set, &mut reads);
        for key in reads {
            self.read_key(device, key);
        }
        pieces
    }

    /// What connection tracking of a device says of packets.
    ///
    /// A connection begins with any UDP datagram, with a SYN and with an ICMP request: what else a
    /// device meets of a connection whose both ways it has not seen is invalid (Linux
    /// `nf_conntrack_proto_tcp`, `nf_conntrack_proto_icmp`).
    pub(super) fn state_of(&self, device: DeviceId, set: SetId) -> ConnectionState {
        if self.session.permits(device, &None, &None) {
            return ConnectionState::Established;
        }
        let all = |field, value| self.arena.field_ranges(set, field) == [(value, value)];
        let reply = u32::from(ICMP_ECHO_REPLY) << 8;
        let answers = (all(Field::Protocol, u32::from(TCP)) && all(Field::TcpState, 1))
            || (all(Field::Protocol, u32::from(ICMP)) && all(Field::DestinationPort, reply));
        if answers {
            ConnectionState::Invalid
        } else {
            ConnectionState::New
        }
    }

    /// The visit of each piece of the Linux packet filter.
    pub(super) fn after_chains(
        &mut self,
        visit: &Visit,
        pieces: Vec<Piece>,
        action: &'static str,
    ) -> Vec<(Piece, Visit)> {
        let mut visit = visit.clone();
        self.meet_filters(&mut visit);
        pieces
            .into_iter()
            .map(|piece| {
                let mut visit = visit.clone();
                self.meet(&mut visit, &piece.symbols);
                add_new(&mut visit.decided, &piece.at);
                if piece.permitted {
                    hold(&mut visit, None, None);
                }
                let at = piece.at.first().copied();
                self.step(&mut visit, action, || piece.note.clone(), at);
                (piece, visit)
            })
            .collect()
    }

    /// Packets past one leg of their way through a filter.
    pub(super) fn pass_leg(
        &mut self,
        visit: Visit,
        leg: Leg,
        egress: Option<InterfaceId>,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let Some(pieces) = self.chains(&visit, Hook::Leg(leg), egress, set)? else {
            return go(self, visit, set);
        };
        let (action, end) = match egress {
            Some(_) => ("filter-out", Disposition::DeniedOut),
            None => ("filter-in", Disposition::DeniedIn),
        };
        let mut parts = Vec::new();
        for (piece, visit) in self.after_chains(&visit, pieces, action) {
            parts.extend(if piece.permitted {
                go(self, visit, piece.set)?
            } else {
                vec![self.denied(visit, &piece, end, egress)]
            });
        }
        Ok(parts)
    }

    /// Packets that enter a host which translates, up to its route table.
    pub(super) fn enter_translating(
        &mut self,
        visit: Visit,
        interface: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        self.pass_leg(visit, Leg::Enter, None, set, &mut |walker, visit, set| {
            let before = Stage::BeforeRouting;
            walker.translate(visit, before, None, set, &mut |walker, visit, set| {
                walker.pass_leg(visit, Leg::Entered, None, set, &mut |walker, visit, set| {
                    walker.check_source(visit, interface, set, go)
                })
            })
        })
    }

    /// Packets whose sources are addresses of the host itself, which Linux takes from nobody
    /// (`fib_validate_source`), and the others.
    pub(super) fn own_sources(
        &mut self,
        device: DeviceId,
        table: TableId,
        set: SetId,
    ) -> Result<(SetId, SetId), BudgetExceeded> {
        let system = self
            .world
            .device(device)
            .device
            .and_then(|one| one.system(""));
        if system.is_none_or(|system| system.forwards_untold.is_none()) {
            return Ok((SetId::EMPTY, set));
        }
        let mut own = Vec::new();
        for (low, high) in self.arena.field_ranges(set, Field::Source) {
            let found = self
                .world
                .table(table)
                .own
                .range(Ipv4Addr::from(low)..=high.into());
            own.extend(found.map(|(address, _)| (u32::from(*address), u32::from(*address))));
        }
        if own.is_empty() {
            return Ok((SetId::EMPTY, set));
        }
        self.arena.split(set, Field::Source, &own)
    }

    /// Packets for a host that translates.
    pub(super) fn take_translating(
        &mut self,
        visit: Visit,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        self.pass_leg(visit, Leg::Take, None, set, &mut |walker, visit, set| {
            let after = Stage::AfterRouting;
            walker.translate(visit, after, None, set, &mut |walker, visit, set| {
                walker.pass_leg(visit, Leg::Taken, None, set, go)
            })
        })
    }

    /// Packets that leave a host which translates, before their sources are translated.
    pub(super) fn leave_translating(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let leg = match visit.ingress {
            Some(_) => Leg::Pass,
            None => Leg::Sent,
        };
        // Chains for what the host sends see where it would have left untranslated.
        let meant = visit.meant_for.filter(|_| leg == Leg::Sent);
        let out = Some(meant.unwrap_or(egress));
        self.pass_leg(visit, leg, out, set, &mut |walker, visit, set| {
            walker.pass_leg(visit, Leg::Leave, Some(egress), set, go)
        })
    }

    /// Packets that a host which translates sends itself, up to the route table that they leave by.
    pub(super) fn send_translating(
        &mut self,
        visit: &Visit,
        table: TableId,
        set: SetId,
        go: &mut Go<'_, 'w, 'a>,
    ) -> Parts {
        let mut parts = Vec::new();
        for (lookup, set) in self.routed(table, set)? {
            let hops = lookup.route.iter().flat_map(|route| &route.hops);
            let mut egresses: Vec<Option<InterfaceId>> = hops
                .map(|hop| match hop {
                    NextHop::Via(egress, _) => Some(*egress),
                    NextHop::Discard => None,
                })
                .collect();
            egresses.dedup();
            // What has no way is refused before any chain sees it.
            if egresses.is_empty() {
                parts.extend(go(self, visit.clone(), set)?);
            }
            let mut branches = Vec::new();
            for egress in egresses {
                let mut visit = visit.clone();
                visit.meant_for = egress;
                branches.push(match egress {
                    None => go(self, visit, set)?,
                    Some(_) => {
                        self.pass_leg(visit, Leg::Send, egress, set, &mut |walker, visit, set| {
                            walker.translate(visit, Stage::BeforeRouting, egress, set, go)
                        })?
                    }
                });
            }
            if !branches.is_empty() {
                parts.extend(overlay(&mut self.arena, self.options.paths, branches)?);
            }
        }
        Ok(parts)
    }

    /// What the first packets of connections become by the chains that translate at a stage.
    pub(super) fn chain_turns(
        &mut self,
        visit: &Visit,
        stage: Stage,
        egress: Option<InterfaceId>,
        set: SetId,
    ) -> Result<Vec<Turn>, BudgetExceeded> {
        let device = visit.device;
        let known = self.session.phase == Phase::Answer && self.session.knows(device);
        if !self.translates_by_chains(device) || known || set.is_empty() {
            return Ok(vec![Turn::none(set, Vec::new())]);
        }
        // What fits no connection is not translated, but what follows it may be taken for the
        // beginning of one (Linux `nf_nat_inet_fn`, `nf_conntrack_tcp_loose`).
        let stray = self.session.phase != Phase::First
            && self.state_of(device, set) == ConnectionState::Invalid;
        let hook = match (stage, visit.ingress, egress) {
            (Stage::BeforeRouting, Some(_), _) => BaseHook::Prerouting,
            (Stage::BeforeRouting, None, _) => BaseHook::Output,
            (Stage::AfterRouting, _, Some(_)) => BaseHook::Postrouting,
            (Stage::AfterRouting, _, None) => BaseHook::Input,
        };
        let world = self.world;
        let name = |id: InterfaceId| &*world.interface(id).name;
        let meeting = Meeting {
            hook: Hook::Forward,
            ingress: visit.ingress.map(name),
            egress: egress.map(name),
            state: ConnectionState::New,
        };
        let mut reads = FilterReads::new();
        let found = chain::translations(
            &mut self.arena,
            world,
            device,
            (hook, meeting),
            set,
            &mut reads,
        );
        for key in reads {
            self.read_key(device, key);
        }
        let (found, dropped) = found?;
        let mut turns = Vec::new();
        for one in found {
            let Some((at, translation)) = one.by else {
                turns.push(Turn::none(one.set, one.symbols));
                continue;
            };
            let doubt = if stray {
                Some("whether it translates a connection that it saw one way of")
            } else if hook == BaseHook::Output
                && translation.destination == NewAddress::OfPacketsInterface
            {
                Some("what it sends is redirected to itself")
            } else {
                None
            };
            if let Some(doubt) = doubt {
                let name = &world.device(device).name;
                let mut symbols = one.symbols;
                symbols.push(Symbol::Undecided(format!("{name}: {doubt}")));
                turns.push(Turn::none(one.set, symbols));
                continue;
            }
            let rule = of_chain(at, stage, translation);
            let none = Nat::default();
            self.resolve(
                visit,
                &none,
                &rule,
                egress,
                (one.set, one.symbols),
                &mut turns,
            )?;
        }
        for piece in dropped {
            let name = &world.device(device).name;
            let mut symbols = piece.symbols;
            let reason = format!("{name}: {}, where it only ought to translate", piece.note);
            symbols.push(Symbol::Undecided(reason));
            turns.push(Turn::none(piece.set, symbols));
        }
        Ok(turns)
    }
}

/// A rule of a chain as one that has matched.
fn of_chain(at: StatementRef, stage: Stage, translation: Translation) -> NatRule {
    NatRule {
        translation,
        ..NatRule::neutral(at, stage, 0)
    }
}
