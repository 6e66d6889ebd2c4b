//! Tracked objects, the probes that they follow, and key chains.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::rest::Rest;
use super::secret::secret;
use super::{Block, Gap, Line, Lowered, Lowering, number, some, unmodeled};
use crate::model::track::{KeyChain, Track, Tracked};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::{At, StatementRef};
use crate::syntax::{Effect, Support};

/// Probes of the device (`ip sla`), which matter through the objects that follow them.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// Probes by number.
    probes: BTreeMap<u32, Probe>,
    /// Objects that follow a probe: index of the facet, number of the probe.
    followers: Vec<(u32, u32)>,
}

/// One probe.
#[derive(Debug, Default)]
struct Probe {
    /// The target of an ICMP echo; `None` where it is something else.
    target: Option<Ipv4Addr>,
    /// Interface or address that it is sent from.
    source: Option<String>,
    /// VRF.
    vrf: Option<String>,
    /// Whether it runs.
    scheduled: bool,
    /// Whether all of it was understood.
    odd: bool,
    /// Its statements.
    statements: Vec<StatementRef>,
}

/// `track N …`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let name = rest.name()?;
    let key = FacetKey::new(FacetKind::Track, &name);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        lowering
            .probes
            .followers
            .retain(|(known, _)| *known != index);
        return Ok(());
    }
    lowering.open(line.at, &key, Block::Track(index));
    // A line without what is tracked goes on with an object that is there.
    let read = rest.peek().map(|_| tracked(&mut rest));
    let probe = match rest.peek() {
        Some("sla" | "rtr") => {
            rest.word();
            Some(rest.number()?)
        }
        Some(_) | None => None,
    };
    let what = match read {
        Some(Ok(what)) => Some(what),
        Some(Err(_)) => Some(Tracked::Unread),
        None => None,
    };
    let defined_at = Some(At::new((), line.at));
    let facet = lowering.builder.facet(&key, || {
        Facet::Track(Track {
            name,
            defined_at,
            what: Tracked::Unread,
            unread: BTreeSet::new(),
        })
    });
    let Facet::Track(track) = facet else {
        return Err(Gap::Odd);
    };
    let is_unread = what == Some(Tracked::Unread) && probe.is_none();
    if let Some(what) = what {
        track.what = what;
    }
    if let Some(probe) = probe {
        lowering
            .probes
            .followers
            .retain(|(known, _)| *known != index);
        lowering.probes.followers.push((index, probe));
        match rest.word() {
            None | Some("state" | "reachability") => return rest.end(),
            Some(_) => {}
        }
    }
    if is_unread || rest.peek().is_some() {
        if let Some(Facet::Track(track)) = lowering.builder.at_index(index) {
            track.what = Tracked::Unread;
        }
        return unmodeled(Effect::Routing);
    }
    Ok(())
}

/// What is tracked; of a probe, the words up to its kind.
fn tracked(rest: &mut Rest<'_, '_>) -> Result<Tracked, Gap> {
    match some(rest.word())? {
        "interface" => {
            let interface = rest.interface()?;
            match (rest.word(), rest.word()) {
                (Some("line-protocol"), None) => Ok(Tracked::LineProtocol(interface)),
                (Some("ip"), Some("routing")) => Ok(Tracked::IpRouting(interface)),
                _ => Err(Gap::Odd),
            }
        }
        "ip" if rest.takes("route") => {
            let prefix = rest.prefix()?;
            some(rest.takes("reachability").then_some(()))?;
            Ok(Tracked::Reachability { prefix, vrf: None })
        }
        // What the probe is is known at the end of the text.
        "ip" if rest.peek() == Some("sla") => Ok(Tracked::Unread),
        "list" => {
            some(rest.takes("boolean").then_some(()))?;
            let all = match rest.word() {
                Some("and") => true,
                Some("or") => false,
                Some(_) | None => return Err(Gap::Odd),
            };
            Ok(Tracked::List {
                all,
                objects: BTreeMap::new(),
            })
        }
        _ => Err(Gap::Odd),
    }
}

/// A line of a tracked object.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Track(track)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(track, line);
    if lowered.is_err() {
        note(track, line);
    }
    lowered
}

/// Names a line that is not understood.
pub(super) fn note_unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    if let Some(Facet::Track(track)) = lowering.builder.at_index(index) {
        note(track, line);
    }
}

/// The same, for an object that is at hand.
fn note(track: &mut Track, line: &Line<'_, '_>) {
    let name = line.low.first().copied().unwrap_or("").to_owned();
    track.unread.insert(name);
}

/// A setting of an object.
fn lower_setting(track: &mut Track, line: &Line<'_, '_>) -> Lowered {
    match (&mut track.what, line.low) {
        (Tracked::Reachability { vrf, .. }, ["ip", "vrf", _]) => {
            *vrf = line.value(()).and(line.raw(2)).map(str::to_owned);
        }
        (Tracked::List { objects, .. }, ["object", name, rest @ ..]) => {
            let when_down = match rest {
                [] => false,
                ["not"] => true,
                _ => return unmodeled(Effect::Routing),
            };
            objects.remove(*name);
            if !line.negated {
                objects.insert((*name).to_owned(), when_down);
            }
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `ip sla N`, `ip sla schedule N …`.
pub(super) fn lower_probe(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let schedules = rest.takes("schedule");
    let id: u32 = rest.number()?;
    if line.negated && !schedules {
        let gone = lowering.probes.probes.remove(&id);
        let kept = lowering.probes.probes.entry(id).or_default();
        kept.statements = gone.map_or_else(Vec::new, |gone| gone.statements);
        kept.statements.push(line.at);
        return Ok(());
    }
    let probe = lowering.probes.probes.entry(id).or_default();
    probe.statements.push(line.at);
    if schedules {
        // A probe that ends, or begins later, is no steady one.
        let steady = line.low.windows(2).any(|pair| pair == ["life", "forever"])
            && line
                .low
                .windows(2)
                .any(|pair| pair == ["start-time", "now"]);
        probe.scheduled = steady && !line.negated;
        return Ok(());
    }
    rest.end()?;
    lowering.blocks.push((line.at.statement, Block::Probe(id)));
    Ok(())
}

/// A line of a probe.
pub(super) fn lower_probe_line(lowering: &mut Lowering, id: u32, line: &Line<'_, '_>) -> Lowered {
    let probe = lowering.probes.probes.entry(id).or_default();
    probe.statements.push(line.at);
    let lowered = lower_probe_setting(probe, line);
    probe.odd |= lowered.is_err();
    lowered
}

/// A setting of a probe.
fn lower_probe_setting(probe: &mut Probe, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    match line.low {
        ["icmp-echo", _, ..] if !line.negated => {
            probe.target = Some(rest.address()?);
            while let Some(word) = rest.word() {
                match word {
                    "source-ip" => probe.source = Some(rest.name()?),
                    "source-interface" => probe.source = Some(rest.interface()?),
                    _ => return Err(Gap::Odd),
                }
            }
        }
        ["vrf", _] => probe.vrf = line.value(()).and(line.raw(1)).map(str::to_owned),
        // How often it asks, and what of the answers is kept.
        [
            "frequency" | "timeout" | "tag" | "owner" | "history" | "request-data-size",
            ..,
        ] => {}
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

impl Lowering {
    /// Gives objects what their probes ask. Statements of probes that are followed contribute to
    /// their objects and stay holes as those are; other probes bear on nothing.
    pub(super) fn finish_probes(&mut self) {
        let Probes { probes, followers } = std::mem::take(&mut self.probes);
        for (id, probe) in probes {
            let followed: Vec<u32> = followers
                .iter()
                .filter(|(_, followed)| *followed == id)
                .map(|(index, _)| *index)
                .collect();
            let echo = probe.target.filter(|_| probe.scheduled && !probe.odd);
            let support = if followed.is_empty() {
                Support::Irrelevant("measures, nothing follows it")
            } else {
                Support::Unmodeled(Effect::Routing)
            };
            for at in &probe.statements {
                self.builder.set_support(*at, support);
                for index in &followed {
                    self.builder.contribute_index(*at, *index);
                }
            }
            for index in followed {
                if let (Some(Facet::Track(track)), Some(target)) =
                    (self.builder.at_index(index), echo)
                {
                    track.what = Tracked::Echo {
                        target,
                        source: probe.source.clone(),
                        vrf: probe.vrf.clone(),
                    };
                }
            }
        }
    }
}

/// `key chain NAME`.
pub(super) fn lower_chain(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let name = rest.name()?;
    rest.end()?;
    let key = FacetKey::new(FacetKind::KeyChain, &name);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        return Ok(());
    }
    lowering.open(line.at, &key, Block::KeyChain(index, None));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::KeyChain(KeyChain {
            name,
            defined_at,
            ..KeyChain::default()
        })
    });
    Ok(())
}

/// A line of a key chain, or of a key in it.
pub(super) fn lower_chain_line(
    lowering: &mut Lowering,
    index: u32,
    id: Option<u32>,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if let (None, ["key", word]) = (id, line.low) {
        let id = number(word)?;
        let key = some(lowering.builder.key(index).cloned())?;
        if line.negated {
            if let Some(Facet::KeyChain(chain)) = lowering.builder.at_index(index) {
                chain.keys.remove(&id);
            }
            return Ok(());
        }
        lowering.open(line.at, &key, Block::KeyChain(index, Some(id)));
        return Ok(());
    }
    let id = some(id)?;
    let Some(Facet::KeyChain(chain)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["key-string", ..] if line.negated => drop(chain.keys.remove(&id)),
        ["key-string", ..] => {
            let always = chain.keys.get(&id).is_none_or(|key| key.value.1);
            let value = (secret(line, 1)?, always);
            chain.keys.insert(id, At::new(value, line.at));
        }
        ["accept-lifetime" | "send-lifetime", ..]
            if !line.negated
                && let Some(key) = chain.keys.get_mut(&id) =>
        {
            // Whether the key is valid is known on the device only.
            key.value.1 = false;
            return unmodeled(Effect::Routing);
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
