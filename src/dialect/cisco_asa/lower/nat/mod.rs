//! Translation: rules of objects and twice NAT, in the order of their three sections.
//!
//! Cisco ASA firewall configuration guide, "Network Address Translation": NAT rule order,
//! determining the egress interface, mapped addresses and routing. A rule is up to four here: both
//! ways, before and after routing.

use std::net::Ipv4Addr;

use super::names::Interfaces;
use super::object_values::{Addresses, Objects};
use crate::dialect::ios_family::lower::{Gap, Line, Lowered, Lowering, some};
use crate::model::filter::AddressMatch;
use crate::model::nat::{
    AddressRange, Nat, NatRule, NewAddress, NewPort, Seen, Stage, Through, Ties,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::StatementRef;
use crate::syntax::{Effect, Support};

mod ends;
mod words;

use ends::{End, Ends, becomes, overlap, subnets, width};
use words::{Kind, Mapped, Written};

/// What is known of the rule, and not expressed by the model.
const UNMODELED: Gap = Gap::Support(Support::Unmodeled(Effect::Device));
/// Ranks that one rule takes.
const RANKS: u32 = 2;

/// The switch that says that an interface answers for no translated address.
pub(super) fn silent(name: &str) -> String {
    format!("sysopt noproxyarp {name}")
}

/// One rule as it is written, with what it comes to.
#[derive(Debug, Clone)]
struct Entry {
    /// The statement.
    at: StatementRef,
    /// Interface of the real addresses, in lower case; none is any.
    real_side: Option<String>,
    /// Interface of the mapped addresses.
    mapped_side: Option<String>,
    /// Whether it is a rule of twice NAT without destination.
    source_only: bool,
    /// Whether it is a rule of twice NAT.
    twice: bool,
    /// Whether it is static.
    fixed: bool,
    /// Place in section 2: dynamic after static, then number of addresses, first of them, name.
    place: (bool, u64, u32, String),
    /// The rules, whose ranks count from 0.
    rules: Vec<NatRule>,
}

/// All rules by section.
#[derive(Debug)]
pub(super) struct Rules {
    /// What objects stand for.
    objects: Objects,
    /// Rules of twice NAT before those of objects.
    first: Vec<Entry>,
    /// Rules of objects.
    second: Vec<Entry>,
    /// Rules of twice NAT after those of objects.
    third: Vec<Entry>,
}

impl Rules {
    /// No rules yet.
    pub(super) fn new(lowering: &Lowering) -> Self {
        Self {
            objects: Objects::new(lowering),
            first: Vec::new(),
            second: Vec::new(),
            third: Vec::new(),
        }
    }

    /// `nat (A,B) …` of an object.
    pub(super) fn object(
        &mut self,
        lowering: &mut Lowering,
        interfaces: &Interfaces,
        index: u32,
        line: &Line<'_, '_>,
    ) -> Lowered {
        let name = some(lowering.builder.key(index))?.name.to_string();
        let written = Written::of_object(&name, line)?;
        let (mut entry, hole) = self.entry(lowering, interfaces, &written, line)?;
        let real = self.objects.addresses(lowering, &name).ok_or(UNMODELED)?;
        let count = |(low, high): &AddressRange| u64::from(u32::from(*high) - u32::from(*low)) + 1;
        let first = real.ranges.first().map_or(0, |range| u32::from(range.0));
        entry.place = (
            written.kind == Kind::Dynamic,
            real.ranges.iter().map(count).sum(),
            first,
            name,
        );
        put(&mut self.second, entry, None, line.negated);
        if hole { Err(UNMODELED) } else { Ok(()) }
    }

    /// `nat (A,B) … source …`.
    pub(super) fn twice(
        &mut self,
        lowering: &mut Lowering,
        interfaces: &Interfaces,
        line: &Line<'_, '_>,
    ) -> Lowered {
        lowering
            .builder
            .open_block(line.at, &FacetKey::new(FacetKind::Nat, ""));
        let written = Written::of_twice(line)?;
        if written.inactive {
            return Ok(());
        }
        let (entry, hole) = self.entry(lowering, interfaces, &written, line)?;
        let section = if written.after_auto {
            &mut self.third
        } else {
            &mut self.first
        };
        put(section, entry, written.place, line.negated);
        if hole { Err(UNMODELED) } else { Ok(()) }
    }

    /// What a rule comes to, and whether its statement stays a hole all the same.
    fn entry(
        &self,
        lowering: &mut Lowering,
        interfaces: &Interfaces,
        written: &Written,
        line: &Line<'_, '_>,
    ) -> Result<(Entry, bool), Gap> {
        let key = FacetKey::new(FacetKind::Nat, "");
        lowering.builder.open_block(line.at, &key);
        lowering.builder.contribute(line.at, &key);
        for name in written.objects() {
            for at in self.objects.statements(lowering, name) {
                lowering.builder.contribute(at, &key);
            }
        }
        let mut sides = Vec::new();
        for side in [&written.real_side, &written.mapped_side] {
            sides.push(match side {
                Some(name) => {
                    let named = interfaces.get(name).ok_or(UNMODELED)?;
                    lowering.builder.contribute(named.at, &key);
                    Through::Zone(named.zone.clone())
                }
                None => Through::Any,
            });
        }
        let [real_side, mapped_side] = sides.as_slice() else {
            return Err(Gap::Odd);
        };
        let mut build = Build {
            lowering,
            objects: &self.objects,
            interfaces,
            written,
            at: line.at,
            real_side: real_side.clone(),
            mapped_side: mapped_side.clone(),
            hole: written.dns,
        };
        let rules = match written.kind {
            Kind::Static => build.fixed()?,
            Kind::Dynamic => build.dynamic()?,
        };
        let entry = Entry {
            at: line.at,
            real_side: written.real_side.clone(),
            mapped_side: written.mapped_side.clone(),
            source_only: written.twice && written.destination.is_none(),
            twice: written.twice,
            fixed: written.kind == Kind::Static,
            place: (false, 0, 0, String::new()),
            rules,
        };
        Ok((entry, build.hole))
    }

    /// The facet of all rules.
    pub(super) fn finish(mut self, lowering: &mut Lowering, interfaces: &Interfaces) {
        self.second
            .sort_by(|one, other| one.place.cmp(&other.place));
        let entries: Vec<Entry> = [self.first, self.second, self.third].concat();
        for at in doubtful(&entries) {
            lowering
                .builder
                .set_support(at, Support::Unmodeled(Effect::Device));
        }
        if entries.is_empty() {
            return;
        }
        let quiet: Vec<AddressRange> = interfaces
            .iter()
            .filter(|(name, _)| {
                let switch = lowering.switched(&silent(name));
                switch.is_some_and(|on| on.value)
            })
            .map(|(_, named)| named.index)
            .collect::<Vec<u32>>()
            .into_iter()
            .flat_map(|index| subnets(lowering, index))
            .collect();
        let mut rules = Vec::new();
        for (place, entry) in (0_u32..).zip(entries) {
            for mut rule in entry.rules {
                rule.rank += place.saturating_mul(RANKS);
                rule.answers_for
                    .retain(|range| !quiet.iter().any(|net| overlap(*net, *range).is_some()));
                rules.push(rule);
            }
        }
        let key = FacetKey::new(FacetKind::Nat, "");
        lowering.builder.facet(&key, || {
            Facet::Nat(Nat {
                filters_see: Seen::AsRouted,
                checks_replies: true,
                rules,
                ..Nat::default()
            })
        });
    }
}

/// Adds an entry at its place (counted from 1) or at the end, or takes one like it out.
fn put(section: &mut Vec<Entry>, entry: Entry, place: Option<usize>, negated: bool) {
    if negated {
        section.retain(|known| known.rules != entry.rules);
        return;
    }
    let end = section.len();
    let at = place.map_or(end, |place| place.saturating_sub(1).min(end));
    section.insert(at, entry);
}

/// Rules whose packets an earlier rule of twice NAT may take as a whole: a packet meets one rule
/// of twice NAT only, which here each stage would decide for itself.
fn doubtful(entries: &[Entry]) -> Vec<StatementRef> {
    let meets = |one: &Option<String>, other: &Option<String>| {
        one.is_none() || other.is_none() || one == other
    };
    let mut found = Vec::new();
    for (index, later) in entries.iter().enumerate() {
        let earlier = entries.get(..index).unwrap_or(&[]);
        let taken = earlier.iter().filter(|one| one.source_only).any(|one| {
            let same = meets(&one.real_side, &later.real_side)
                && meets(&one.mapped_side, &later.mapped_side);
            let opposite = meets(&one.real_side, &later.mapped_side)
                && meets(&one.mapped_side, &later.real_side);
            (same && later.twice && !later.source_only) || (opposite && later.fixed)
        });
        if taken {
            found.push(later.at);
        }
    }
    found
}

/// What is needed to write the rules of one statement.
struct Build<'l> {
    /// The reading.
    lowering: &'l mut Lowering,
    /// What objects stand for.
    objects: &'l Objects,
    /// Interfaces by name.
    interfaces: &'l Interfaces,
    /// What the statement says.
    written: &'l Written,
    /// The statement.
    at: StatementRef,
    /// Where the real addresses are.
    real_side: Through,
    /// Where the mapped ones are seen.
    mapped_side: Through,
    /// Whether the statement does more than the rules say.
    hole: bool,
}

impl Build<'_> {
    /// What an object stands for.
    fn addresses(&mut self, name: &str) -> Result<Addresses, Gap> {
        self.objects.addresses(self.lowering, name).ok_or(UNMODELED)
    }

    /// Where packets leave whatever their route says.
    fn divert(&self, side: &Through) -> Option<String> {
        match side {
            Through::Zone(zone) if !self.written.route_lookup => Some(zone.clone()),
            Through::Zone(_) | Through::Any | Through::Interface(_) | Through::Side(_) => None,
        }
    }

    /// The destination's mapped and real addresses, where the rule says them.
    fn destination(&mut self) -> Result<Option<Ends>, Gap> {
        let Some((mapped, real)) = &self.written.destination else {
            return Ok(None);
        };
        let real = self.addresses(real)?;
        let mapped = match mapped {
            Mapped::Interface => self.written.real_side.clone().map(End::Interface),
            Mapped::Object(name) => Some(End::Addresses(self.addresses(name)?)),
            Mapped::Address(_) => None,
        };
        self.ends(&real, some(mapped)?).map(Some)
    }

    /// Both ways between real and mapped addresses.
    fn ends(&mut self, real: &Addresses, mapped: End) -> Result<Ends, Gap> {
        let range = |range: AddressRange| AddressMatch::Range(range.0, range.1);
        match mapped {
            End::Addresses(mapped) if mapped.ranges == real.ranges => Ok(Ends {
                real: real.matches(),
                mapped: real.matches(),
                there: NewAddress::Same,
                back: NewAddress::Same,
                ranges: mapped.ranges,
                identity: true,
            }),
            End::Addresses(mapped) => {
                let ([from], [to]) = (real.ranges.as_slice(), mapped.ranges.as_slice()) else {
                    return Err(UNMODELED);
                };
                if width(*from) != width(*to) {
                    return Err(UNMODELED);
                }
                Ok(Ends {
                    real: range(*from),
                    mapped: range(*to),
                    there: becomes(*from, *to),
                    back: becomes(*to, *from),
                    ranges: vec![*to],
                    identity: false,
                })
            }
            End::Interface(name) => {
                let named = self.interfaces.get(&name).ok_or(UNMODELED)?;
                let [from] = real.ranges.as_slice() else {
                    return Err(UNMODELED);
                };
                if from.0 != from.1 {
                    return Err(UNMODELED);
                }
                Ok(Ends {
                    real: range(*from),
                    mapped: AddressMatch::Interface(named.full.clone()),
                    there: NewAddress::Interface(named.full.clone()),
                    back: NewAddress::OneOf(vec![*from]),
                    ranges: Vec::new(),
                    identity: false,
                })
            }
        }
    }

    /// Rules of a static entry.
    fn fixed(&mut self) -> Result<Vec<NatRule>, Gap> {
        let written = self.written;
        let real = self.addresses(&written.real)?;
        let mapped = match &written.mapped {
            Mapped::Interface => End::Interface(written.mapped_side.clone().ok_or(UNMODELED)?),
            Mapped::Object(name) => End::Addresses(self.addresses(name)?),
            // The first of as many as the object has.
            Mapped::Address(first) => {
                let [from] = real.ranges.as_slice() else {
                    return Err(UNMODELED);
                };
                let last = u32::from(*first)
                    .checked_add(width(*from))
                    .ok_or(Gap::Odd)?;
                End::Addresses(Addresses::of(vec![(*first, Ipv4Addr::from(last))]))
            }
        };
        let source = self.ends(&real, mapped)?;
        let destination = self.destination()?;
        let ports = words::ports(self.lowering, self.objects, written)?;
        let ties = match (&destination, written.twice) {
            (Some(_), _) => Ties::Both,
            (None, true) => Ties::Alone,
            (None, false) => Ties::Loose,
        };
        let mut rules = self.there(&source, destination.as_ref(), ties);
        if !written.unidirectional {
            rules.extend(self.back(&source, destination.as_ref(), ties));
        }
        if let Some(ports) = &ports {
            for rule in &mut rules {
                ports.add_to(rule);
            }
        }
        Ok(rules)
    }

    /// Rules for packets from the real side.
    fn there(&self, source: &Ends, destination: Option<&Ends>, ties: Ties) -> Vec<NatRule> {
        let mut after = NatRule::neutral(self.at, Stage::AfterRouting, 0);
        after.ingress = self.real_side.clone();
        after.egress = self.mapped_side.clone();
        after.matches.source = source.real.clone();
        after.translation.source = source.there.clone();
        after.ties = ties;
        let Some(destination) = destination else {
            return vec![after];
        };
        after.matches.destination = destination.real.clone();
        vec![self.before(source, destination), after]
    }

    /// The rule for destinations of packets from the real side.
    fn before(&self, source: &Ends, destination: &Ends) -> NatRule {
        let mut before = NatRule::neutral(self.at, Stage::BeforeRouting, 0);
        before.ingress = self.real_side.clone();
        before.matches.source = source.real.clone();
        before.matches.destination = destination.mapped.clone();
        before.translation.destination = destination.back.clone();
        before.diverts_to = self.divert(&self.mapped_side);
        before.ties = Ties::Both;
        before
    }

    /// Rules for packets from the mapped side.
    fn back(&mut self, source: &Ends, destination: Option<&Ends>, ties: Ties) -> Vec<NatRule> {
        let mut before = NatRule::neutral(self.at, Stage::BeforeRouting, 0);
        before.rank = 1;
        before.ingress = self.mapped_side.clone();
        before.matches.destination = source.mapped.clone();
        before.translation.destination = source.back.clone();
        before.diverts_to = self.divert(&self.real_side);
        before.ties = ties;
        if !self.written.no_proxy_arp {
            before.answers_for = self.proxied(&source.ranges);
            // The device then answers for whole networks on every wire.
            self.hole |= source.identity && self.mapped_side == Through::Any;
        }
        let Some(destination) = destination else {
            return vec![before];
        };
        before.matches.source = destination.real.clone();
        let mut after = NatRule::neutral(self.at, Stage::AfterRouting, 0);
        after.rank = 1;
        after.ingress = self.mapped_side.clone();
        after.egress = self.real_side.clone();
        after.matches.source = destination.real.clone();
        after.matches.destination = source.real.clone();
        after.translation.source = destination.there.clone();
        after.ties = ties;
        vec![before, after]
    }

    /// Mapped addresses on the subnets of their own side, where the device answers for them.
    fn proxied(&mut self, mapped: &[AddressRange]) -> Vec<AddressRange> {
        let sides: Vec<u32> = match &self.written.mapped_side {
            Some(name) => self
                .interfaces
                .get(name)
                .map(|named| named.index)
                .into_iter()
                .collect(),
            None => self.interfaces.values().map(|named| named.index).collect(),
        };
        let mut found = Vec::new();
        for index in sides {
            for net in subnets(self.lowering, index) {
                found.extend(mapped.iter().filter_map(|range| overlap(net, *range)));
            }
        }
        found
    }

    /// Rules of a dynamic entry.
    fn dynamic(&mut self) -> Result<Vec<NatRule>, Gap> {
        let written = self.written;
        let real = self.addresses(&written.real)?;
        let destination = self.destination()?;
        if written.service.is_some() {
            return Err(UNMODELED);
        }
        let side = match (&written.mapped_side, written.uses_interface()) {
            (Some(name), _) => self.interfaces.get(name).map(|named| named.full.clone()),
            (None, true) => return Err(UNMODELED),
            (None, false) => None,
        };
        let source = Ends {
            real: real.matches(),
            mapped: AddressMatch::Any,
            there: NewAddress::Same,
            back: NewAddress::Same,
            ranges: Vec::new(),
            identity: false,
        };
        let ties = if destination.is_some() {
            Ties::Both
        } else {
            Ties::Loose
        };
        let mut rules = self.there(&source, destination.as_ref(), ties);
        let Some(mut after) = rules.pop() else {
            return Err(Gap::Odd);
        };
        // Any port of the pool's own choice (the guide, "Dynamic PAT": the real port if it is
        // free, else one of its range, or of all).
        let any_port = NewPort::Within(1, u16::MAX);
        let pool = match &written.mapped {
            Mapped::Interface => None,
            Mapped::Object(name) => Some(self.addresses(name)?.ranges),
            Mapped::Address(one) => Some(vec![(*one, *one)]),
        };
        if let Some(pool) = pool {
            let is_pat = written.pat_pool || pool.iter().any(|(low, high)| low == high);
            let mut rule = after.clone();
            rule.answers_for = self.proxied(&pool);
            rule.translation.source = NewAddress::OneOf(pool);
            if is_pat {
                rule.translation.source_port = any_port;
            }
            rules.push(rule);
        }
        if written.uses_interface() {
            after.translation.source = NewAddress::Interface(some(side)?);
            after.translation.source_port = any_port;
            rules.push(after);
        }
        Ok(rules)
    }
}
