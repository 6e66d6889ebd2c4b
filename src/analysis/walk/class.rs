//! What policies between zones do with packets: classes, actions, and what was not read of them.

use super::engine::Walker;
use super::policy_route::Hits;
use crate::analysis::Symbol;
use crate::analysis::filter::{self, FilterReads};
use crate::analysis::origin::key_of;
use crate::analysis::world::DeviceId;
use crate::model::filter::PacketMatch;
use crate::model::zone::{ClassCondition, PolicyAction, ZonePair};
use crate::model::{Device, FacetKey, FacetKind};
use crate::set::{BudgetExceeded, SetId};
use crate::source::StatementRef;

/// Deepest nesting of classes that is followed (a limit of this tool; IOS allows none this deep).
const DEPTH: usize = 8;

impl<'a> Walker<'_, 'a> {
    /// What the policy of a zone pair does with packets, by the first class that they are in.
    #[expect(
        clippy::type_complexity,
        reason = "packets, action, place and doubts are read at one place"
    )]
    pub(super) fn policed(
        &mut self,
        device: DeviceId,
        config: &'a Device,
        pair: &'a ZonePair,
        set: SetId,
    ) -> Result<Vec<(SetId, PolicyAction, Vec<StatementRef>, Vec<Symbol>)>, BudgetExceeded> {
        let pair_at: Vec<StatementRef> = pair.defined_at.iter().map(|at| at.at).collect();
        let Some(policy) = &pair.policy else {
            return Ok(vec![(set, PolicyAction::Drop, pair_at, Vec::new())]);
        };
        self.read(device, FacetKind::PolicyMap, &policy.value);
        let Some(map) = config.policy_map(&policy.value) else {
            let name = &self.world.device(device).name;
            let reason = format!("{name}: policy map {} is not defined", policy.value);
            let symbols = vec![Symbol::Undecided(reason)];
            return Ok(vec![(set, PolicyAction::Drop, vec![policy.at], symbols)]);
        };
        let mut doubts = self.unread_of(device, FacetKind::PolicyMap, &policy.value);
        doubts.extend(self.unread_of(device, FacetKind::ZonePair, &pair.name));
        let mut out = Vec::new();
        let mut open = vec![(set, doubts)];
        for class in &map.classes {
            let (action, at) = match &class.action {
                Some(action) => (action.value, action.at),
                None => (PolicyAction::Drop, class.at),
            };
            let mut left = Vec::new();
            for (set, symbols) in open {
                let hits = match &class.class {
                    Some(name) => self.in_class(device, config, name, set, 0)?,
                    None => vec![(set, true, Vec::new())],
                };
                for (here, certain, why) in hits {
                    let mut symbols = symbols.clone();
                    super::part::add_new(&mut symbols, &why);
                    if certain {
                        out.push((here, action, vec![class.at, at], symbols));
                    } else {
                        left.push((here, symbols));
                    }
                }
            }
            open = left;
        }
        let end = map.defined_at.iter().map(|at| at.at);
        let end: Vec<StatementRef> = end.chain([policy.at]).collect();
        out.extend(
            open.into_iter()
                .map(|(set, symbols)| (set, PolicyAction::Drop, end.clone(), symbols)),
        );
        out.retain(|(set, ..)| !set.is_empty());
        Ok(out)
    }

    /// Unread statements of a facet.
    fn unread_of(&self, device: DeviceId, kind: FacetKind, name: &str) -> Vec<Symbol> {
        let entry = self.world.device(device);
        let key = FacetKey::new(kind, name);
        entry
            .device
            .map_or(&[][..], |config| &config.holes)
            .iter()
            .filter(|hole| hole.facet.as_ref() == Some(&key))
            .map(|hole| Symbol::Hole {
                device: entry.name.clone(),
                key: key_of(self.world.network(), hole.at),
                redirects: false,
            })
            .collect()
    }

    /// All packets of a set, each with whether it is in a class.
    fn in_class(
        &mut self,
        device: DeviceId,
        config: &'a Device,
        name: &str,
        set: SetId,
        depth: usize,
    ) -> Result<Hits, BudgetExceeded> {
        self.read(device, FacetKind::ClassMap, name);
        let class = config.class_map(name).filter(|_| depth < DEPTH);
        let Some(class) = class else {
            let host = &self.world.device(device).name;
            let reason = format!("{host}: class map {name} is not defined");
            return Ok(vec![(set, false, vec![Symbol::Undecided(reason)])]);
        };
        let doubts = self.unread_of(device, FacetKind::ClassMap, name);
        // Of any conditions those that do not hold go on, of all conditions those that do.
        let mut decided = Hits::new();
        let mut open: Vec<(SetId, Vec<Symbol>)> = vec![(set, doubts)];
        for condition in &class.conditions {
            let mut next = Vec::new();
            for (set, why) in open {
                let hits = self.meets(device, config, &condition.value, set, depth)?;
                let mut unmet = set;
                for (here, holds, more) in hits {
                    unmet = self.arena.difference(unmet, here)?;
                    let mut why = why.clone();
                    super::part::add_new(&mut why, &more);
                    if holds == class.any {
                        decided.push((here, holds, why));
                    } else {
                        next.push((here, why));
                    }
                }
                if !unmet.is_empty() {
                    if class.any {
                        next.push((unmet, why));
                    } else {
                        decided.push((unmet, false, why));
                    }
                }
            }
            open = next;
        }
        // A class without conditions has no packets.
        let rest = !class.any && !class.conditions.is_empty();
        decided.extend(open.into_iter().map(|(set, why)| (set, rest, why)));
        decided.retain(|(set, ..)| !set.is_empty());
        Ok(decided)
    }

    /// Packets for which a condition holds, or may hold.
    fn meets(
        &mut self,
        device: DeviceId,
        config: &'a Device,
        condition: &ClassCondition,
        set: SetId,
        depth: usize,
    ) -> Result<Hits, BudgetExceeded> {
        match condition {
            ClassCondition::Acl(acl) => self.permitted(device, acl, set),
            ClassCondition::Class(name) => self.in_class(device, config, name, set, depth + 1),
            ClassCondition::Packets(packets) => {
                let mut hits = Hits::new();
                let mut rest = set;
                for matches in packets {
                    let here = self.matching(device, matches, rest)?;
                    rest = self.arena.difference(rest, here)?;
                    if !here.is_empty() {
                        hits.push((here, true, Vec::new()));
                    }
                }
                Ok(hits)
            }
        }
    }

    /// Packets that a match of plain values asks for.
    pub(super) fn matching(
        &mut self,
        device: DeviceId,
        matches: &PacketMatch,
        set: SetId,
    ) -> Result<SetId, BudgetExceeded> {
        let mut reads = FilterReads::new();
        let found = filter::matched(&mut self.arena, self.world, device, matches, &mut reads)?;
        match found {
            Ok(those) => self.arena.and(set, those),
            Err(_) => Ok(SetId::EMPTY),
        }
    }
}
