//! The Linux packet filter over packet sets: chains, jumps, connection states.

use super::{Bounds, FilterReads, Parts, Piece, add_symbol, asked, hole_symbol, pass, union};
use crate::analysis::Symbol;
use crate::analysis::origin::key_of;
use crate::analysis::world::{DeviceId, World};
use crate::model::nat::Translation;
use crate::model::packet_filter::{
    Base, Chain, ConnectionState, FACETS, FilterRule, Hook as BaseHook, PacketFilter, Target,
};
use crate::model::{Device, FacetKey, FacetKind};
use crate::set::{Arena, BudgetExceeded, SetId};
use crate::source::StatementRef;

/// Deepest nesting of jumps that is followed (a limit of this tool; the kernel refuses loops).
const DEPTH: usize = 32;

/// Where connections are tracked before routing and where packets begin; to what comes before it
/// every packet is invalid (`NF_IP_PRI_CONNTRACK` of the kernel's `netfilter_ipv4.h`, `nft_ct.c`).
const TRACKING: i32 = -200;

/// Where a packet meets the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Hook {
    /// It came to this host.
    Input,
    /// It passes through.
    Forward,
    /// This host sends it.
    Output,
    /// One part of its way through a host that translates.
    Leg(Leg),
}

/// Parts of the way through a host that translates: the hooks of the kernel before and after
/// translation at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Leg {
    /// It enters, as it came.
    Enter,
    /// It enters, translated, before its route is looked up.
    Entered,
    /// It is for this host.
    Take,
    /// It is for this host, its source translated.
    Taken,
    /// It passes through.
    Pass,
    /// This host sends it, as the program said.
    Send,
    /// This host sends it, its destination translated.
    Sent,
    /// It leaves, before its source is translated.
    Leave,
    /// It leaves, translated.
    Left,
}

/// Whether chains come before (`Some(true)`) or after translation at a hook, or both.
type Side = Option<bool>;

impl Hook {
    /// Hooks of the kernel in the order in which packets pass them.
    fn passed(self) -> &'static [(BaseHook, Side)] {
        match self {
            Self::Input => &[(BaseHook::Prerouting, None), (BaseHook::Input, None)],
            Self::Forward => &[
                (BaseHook::Prerouting, None),
                (BaseHook::Forward, None),
                (BaseHook::Postrouting, None),
            ],
            Self::Output => &[(BaseHook::Output, None), (BaseHook::Postrouting, None)],
            Self::Leg(leg) => match leg {
                Leg::Enter => &[(BaseHook::Prerouting, Some(true))],
                Leg::Entered => &[(BaseHook::Prerouting, Some(false))],
                Leg::Take => &[(BaseHook::Input, Some(true))],
                Leg::Taken => &[(BaseHook::Input, Some(false))],
                Leg::Pass => &[(BaseHook::Forward, None)],
                Leg::Send => &[(BaseHook::Output, Some(true))],
                Leg::Sent => &[(BaseHook::Output, Some(false))],
                Leg::Leave => &[(BaseHook::Postrouting, Some(true))],
                Leg::Left => &[(BaseHook::Postrouting, Some(false))],
            },
        }
    }
}

/// Where the kernel translates at a hook, whatever priority a chain gives (`NF_IP_PRI_NAT_DST` and
/// `NF_IP_PRI_NAT_SRC` of `netfilter_ipv4.h`).
fn translation_at(hook: BaseHook) -> i32 {
    match hook {
        BaseHook::Prerouting | BaseHook::Output => -100,
        BaseHook::Input | BaseHook::Forward | BaseHook::Postrouting => 100,
    }
}

/// Where and how packets meet the filter of a host.
#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) struct Meeting<'m> {
    /// Place.
    pub(in crate::analysis) hook: Hook,
    /// Interface they came by.
    pub(in crate::analysis) ingress: Option<&'m str>,
    /// Interface they leave by.
    pub(in crate::analysis) egress: Option<&'m str>,
    /// What connection tracking says of them.
    pub(in crate::analysis) state: ConnectionState,
}

/// The facets of a Linux packet filter, which exist or not.
pub(in crate::analysis) fn facets() -> [FacetKey; FACETS.len()] {
    FACETS.map(|name| FacetKey::new(FacetKind::PacketFilter, name))
}

/// What the Linux packet filter of a device does with packets; none where it has no filter.
pub(in crate::analysis) fn evaluate(
    arena: &mut Arena<u32>,
    world: &World<'_>,
    device: DeviceId,
    meeting: Meeting<'_>,
    set: SetId,
    reads: &mut FilterReads,
) -> Result<Option<Vec<Piece>>, BudgetExceeded> {
    let entry = world.device(device);
    let Some(config) = entry.device else {
        return Ok(None);
    };
    let keys = facets();
    let filters = filters(config, &keys, reads);
    let Some(mut run) = ChainRun::new(arena, world, config, &filters, meeting, set, reads) else {
        return Ok(None);
    };
    let mut parts: Parts = vec![(set, Vec::new())];
    for (key, filter) in &filters {
        run.filter = filter;
        let holes = config.holes.iter();
        for hole in holes.filter(|hole| hole.facet.as_ref() == Some(key)) {
            if !run.is_rule(hole.at) {
                add_symbol(&mut parts, &hole_symbol(&entry.name, hole.key));
            }
        }
    }
    let in_legs = matches!(meeting.hook, Hook::Leg(_));
    for (hook, side) in meeting.hook.passed() {
        let met = met(&filters, *hook, |base| {
            // Only the first packet of a connection is translated (iptables(8), table nat).
            let meets = !base.first_only || meeting.state == ConnectionState::New && !in_legs;
            let early = base.priority < translation_at(*hook);
            meets && side.is_none_or(|side| side == early)
        });
        let tracks = matches!(hook, BaseHook::Prerouting | BaseHook::Output);
        for (priority, filter, chain) in met {
            run.filter = filter;
            run.meeting.state = if tracks && priority < TRACKING {
                ConnectionState::Invalid
            } else {
                meeting.state
            };
            parts = run.base(chain, parts)?;
        }
    }
    let mut pieces = run.pieces;
    pieces.extend(
        parts
            .into_iter()
            .map(|(set, symbols)| pass(set, symbols, "the packet filter accepts".to_owned())),
    );
    Ok(Some(pieces))
}

/// Packets as the chains that translate treat them.
#[derive(Debug)]
pub(in crate::analysis) struct Translated {
    /// The packets.
    pub(in crate::analysis) set: SetId,
    /// What it depends on that is not known.
    pub(in crate::analysis) symbols: Vec<Symbol>,
    /// The rule that translates them, where one does.
    pub(in crate::analysis) by: Option<(StatementRef, Translation)>,
}

/// What the chains that translate at a hook do with first packets, and what they drop.
pub(in crate::analysis) fn translations(
    arena: &mut Arena<u32>,
    world: &World<'_>,
    device: DeviceId,
    (hook, meeting): (BaseHook, Meeting<'_>),
    set: SetId,
    reads: &mut FilterReads,
) -> Result<(Vec<Translated>, Vec<Piece>), BudgetExceeded> {
    let untouched = |(set, symbols)| Translated {
        set,
        symbols,
        by: None,
    };
    let keys = facets();
    let config = world.device(device).device;
    let filters = config.map_or_else(Vec::new, |config| filters(config, &keys, reads));
    let run = config
        .and_then(|config| ChainRun::new(arena, world, config, &filters, meeting, set, reads));
    let mut parts: Parts = vec![(set, Vec::new())];
    let Some(mut run) = run else {
        return Ok((parts.into_iter().map(untouched).collect(), Vec::new()));
    };
    run.translates = true;
    for (_, filter, chain) in met(&filters, hook, |base| base.first_only) {
        run.filter = filter;
        parts = run.base(chain, parts)?;
    }
    let mut found = run.translated;
    found.extend(parts.into_iter().map(untouched));
    Ok((found, run.pieces))
}

/// The packet filters of a device.
fn filters<'d>(
    device: &'d Device,
    keys: &[FacetKey],
    reads: &mut FilterReads,
) -> Vec<(&'d FacetKey, &'d PacketFilter)> {
    reads.extend(keys.iter().cloned());
    let all = device.packet_filters();
    all.filter(|(key, _)| keys.contains(key)).collect()
}

/// The base chains at a hook, in the order in which packets meet them.
fn met<'d>(
    filters: &[(&'d FacetKey, &'d PacketFilter)],
    hook: BaseHook,
    meets: impl Fn(&Base) -> bool,
) -> Vec<(i32, &'d PacketFilter, &'d Chain)> {
    let mut met: Vec<(i32, &PacketFilter, &Chain)> = filters
        .iter()
        .flat_map(|(_, filter)| filter.chains.iter().map(|chain| (*filter, chain)))
        .filter_map(|(filter, chain)| {
            let base = chain.base.filter(|base| base.hook == hook && meets(base))?;
            Some((base.priority, filter, chain))
        })
        .collect();
    met.sort_by_key(|(priority, ..)| *priority);
    met
}

/// One evaluation of a packet filter.
struct ChainRun<'r, 'w> {
    /// Sets.
    arena: &'r mut Arena<u32>,
    /// State of the network.
    world: &'r World<'w>,
    /// Device.
    device: &'r Device,
    /// Its filter.
    filter: &'r PacketFilter,
    /// How the packets meet it.
    meeting: Meeting<'r>,
    /// Bounds of the packets.
    bounds: Bounds,
    /// What was read.
    reads: &'r mut FilterReads,
    /// Packets that were dropped.
    pieces: Vec<Piece>,
    /// Whether rules that translate are followed; else what they do is not known.
    translates: bool,
    /// Packets that a rule translates.
    translated: Vec<Translated>,
}

/// What comes out of a chain: packets that it accepted and those that its end gives back.
#[derive(Default)]
struct Outcome {
    /// Packets that pass this table.
    accepted: Parts,
    /// Packets that go on in the calling chain.
    returned: Parts,
}

impl<'r, 'w> ChainRun<'r, 'w> {
    /// A run that has not begun; none where there is no filter.
    fn new(
        arena: &'r mut Arena<u32>,
        world: &'r World<'w>,
        device: &'r Device,
        filters: &[(&FacetKey, &'r PacketFilter)],
        meeting: Meeting<'r>,
        set: SetId,
        reads: &'r mut FilterReads,
    ) -> Option<Self> {
        let (_, filter) = filters.first()?;
        let bounds = Bounds::new(arena, set);
        Some(Self {
            arena,
            world,
            device,
            filter,
            meeting,
            bounds,
            reads,
            pieces: Vec::new(),
            translates: false,
            translated: Vec::new(),
        })
    }

    /// Whether a statement is a rule, whose own evaluation says what is unknown about it.
    fn is_rule(&self, at: StatementRef) -> bool {
        let mut rules = self.filter.chains.iter().flat_map(|chain| &chain.rules);
        rules.any(|rule| rule.at == at)
    }

    /// A chain by table and name.
    fn chain(&self, table: &str, name: &str) -> Option<&'r Chain> {
        let mut chains = self.filter.chains.iter();
        chains.find(|chain| chain.table == table && chain.name == name)
    }

    /// Runs packets through a base chain; gives those that pass its table.
    fn base(&mut self, chain: &Chain, parts: Parts) -> Result<Parts, BudgetExceeded> {
        let mut outcome = self.walk(chain, parts, 0)?;
        let end = match chain.policy.as_ref() {
            Some(policy) if matches!(policy.value, Target::Drop | Target::Reject) => policy,
            _ => {
                outcome.accepted.append(&mut outcome.returned);
                return Ok(outcome.accepted);
            }
        };
        for (set, symbols) in outcome.returned {
            let note = format!("policy of chain {} drops", chain.name);
            self.deny(set, symbols, end.at, note);
        }
        Ok(outcome.accepted)
    }

    /// Records packets that are dropped.
    fn deny(&mut self, set: SetId, symbols: Vec<Symbol>, at: StatementRef, note: String) {
        self.pieces.push(Piece {
            set,
            permitted: false,
            by_end: false,
            at: vec![at],
            symbols,
            note,
            reflects: None,
        });
    }

    /// Runs packets through a chain.
    fn walk(
        &mut self,
        chain: &Chain,
        parts: Parts,
        depth: usize,
    ) -> Result<Outcome, BudgetExceeded> {
        let mut outcome = Outcome::default();
        let mut parts = parts;
        for rule in &chain.rules {
            if parts.is_empty() {
                return Ok(outcome);
            }
            let passes = self.may_match(rule);
            if rule.target == Target::Continue || passes == Some(false) {
                continue;
            }
            let asked = asked(self.device, &rule.matches, self.reads);
            let sure = union(self.arena, &asked.sure)?;
            let perhaps = asked.open.map_or_else(Vec::new, |(products, _)| products);
            let perhaps = union(self.arena, &perhaps)?;
            let mut rest = Parts::new();
            let mut hits = Parts::new();
            for (set, mut symbols) in parts {
                let hit = self.arena.and(set, sure)?;
                let miss = self.arena.difference(set, hit)?;
                let open = self.arena.and(miss, perhaps)?;
                let miss = self.arena.difference(miss, open)?;
                if !miss.is_empty() {
                    rest.push((miss, symbols.clone()));
                }
                if !open.is_empty() {
                    let mut symbols = symbols.clone();
                    symbols.push(self.symbol(rule));
                    rest.push((open, symbols));
                }
                if hit.is_empty() {
                    continue;
                }
                let open = match &rule.target {
                    Target::Unread => true,
                    Target::Translate(_) => !self.translates,
                    Target::Accept
                    | Target::Drop
                    | Target::Reject
                    | Target::Jump(_)
                    | Target::Goto(_)
                    | Target::Return
                    | Target::Continue => false,
                };
                if open || passes.is_none() || rule.unread {
                    // Whether it matches or what it does is not known: nominally nothing.
                    symbols.push(self.symbol(rule));
                    rest.push((hit, symbols));
                } else {
                    hits.push((hit, symbols));
                }
            }
            parts = rest;
            if !hits.is_empty() {
                let (back, ends) = self.apply(chain, rule, hits, depth, &mut outcome)?;
                if ends {
                    outcome.returned.extend(back);
                } else {
                    parts.extend(back);
                }
            }
        }
        outcome.returned.extend(parts);
        Ok(outcome)
    }

    /// Does what a rule does; gives packets that come back, and whether they leave this chain.
    fn apply(
        &mut self,
        chain: &Chain,
        rule: &FilterRule,
        hits: Parts,
        depth: usize,
        outcome: &mut Outcome,
    ) -> Result<(Parts, bool), BudgetExceeded> {
        match &rule.target {
            Target::Accept => outcome.accepted.extend(hits),
            Target::Drop | Target::Reject => {
                for (set, symbols) in hits {
                    let note = format!("a rule of chain {} drops", chain.name);
                    self.deny(set, symbols, rule.at, note);
                }
            }
            Target::Translate(translation) => {
                self.translated
                    .extend(hits.into_iter().map(|(set, symbols)| Translated {
                        set,
                        symbols,
                        by: Some((rule.at, Translation::clone(translation))),
                    }));
            }
            Target::Return => return Ok((hits, true)),
            Target::Continue | Target::Unread => return Ok((hits, false)),
            Target::Jump(name) | Target::Goto(name) => {
                let ends = matches!(rule.target, Target::Goto(_));
                let next = self.chain(&chain.table, name);
                let (Some(next), true) = (next, depth < DEPTH) else {
                    let mut hits = hits;
                    add_symbol(&mut hits, &self.symbol(rule));
                    return Ok((hits, ends));
                };
                let mut inner = self.walk(next, hits, depth + 1)?;
                outcome.accepted.append(&mut inner.accepted);
                return Ok((inner.returned, ends));
            }
        }
        Ok((Parts::new(), false))
    }

    /// The symbol of a rule that is not understood.
    fn symbol(&self, rule: &FilterRule) -> Symbol {
        let name = self.device.name.as_str().into();
        hole_symbol(&name, key_of(self.world.network(), rule.at))
    }

    /// Whether interfaces, state and bounds let a rule match at all; none where that is open.
    fn may_match(&self, rule: &FilterRule) -> Option<bool> {
        let possible = (rule.states.is_empty() || rule.states.contains(&self.meeting.state))
            && !rule.matches.fragments
            && !self.bounds.exclude(&rule.matches);
        let ingress = self.fits(rule.in_interface.as_ref(), self.meeting.ingress);
        let egress = self.fits(rule.out_interface.as_ref(), self.meeting.egress);
        if !possible || ingress == Some(false) || egress == Some(false) {
            return Some(false);
        }
        (ingress.is_some() && egress.is_some()).then_some(true)
    }

    /// Whether an interface meets a rule's condition; none where no file names the interface.
    fn fits(&self, condition: Option<&(String, bool)>, actual: Option<&str>) -> Option<bool> {
        let Some((pattern, negated)) = condition else {
            return Some(true);
        };
        // In a chain that has no such interface, a name matches nothing.
        let Some(actual) = actual else {
            return Some(*negated);
        };
        if self.device.interface(actual).is_some() || pattern == "+" {
            return Some(matches_name(pattern, actual) != *negated);
        }
        // Of a host without interfaces in its files it is known only that packets came by no
        // loopback.
        (pattern == "lo").then_some(*negated)
    }
}

/// Whether an interface name fits a pattern; a final `+` matches any rest (iptables(8), `-i`).
fn matches_name(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('+')
        .map_or(pattern == name, |head| name.starts_with(head))
}
