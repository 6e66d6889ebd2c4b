//! BGP processes.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::rest::Rest;
use super::route_list::{UNDEFINED, as_number};
use super::{Block, Gap, Line, Lowered, Lowering, irrelevant, some, unmodeled};
use crate::dialect::ios_family::words::address;
use crate::model::bgp::{BgpPeer, BgpProcess, BgpTable, PeerKind, PeerName};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

pub(in crate::dialect) mod fabric;
pub(in crate::dialect) mod peer;
pub(in crate::dialect) mod table;

/// Administrative distances of external, internal and local routes (Cisco IOS IP Routing: BGP
/// Command Reference, "distance bgp").
const DISTANCES: [u8; 3] = [20, 200, 200];

/// The part of a process that a line stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect) enum Part {
    /// The process itself, and the unicast routes of the default VRF with it.
    Process,
    /// An address family of IPv4 unicast routes, with its VRF.
    Family(Option<String>),
    /// A template that peers inherit from, by its name among the groups.
    Template(String),
    /// A peer that has a block of its own, with its VRF.
    Peer(Option<String>, PeerName),
    /// EVPN.
    Fabric(FabricPart),
}

/// The part of EVPN that a line stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect) enum FabricPart {
    /// Its address family.
    Family,
    /// The family within the block of a peer.
    Peer(PeerName),
    /// The family within a template, by its name among the groups.
    Template(String),
    /// A broadcast domain, by name.
    Domain(String),
}

impl Part {
    /// The VRF whose routes the lines are about.
    fn vrf(&self) -> Option<&String> {
        match self {
            Self::Family(vrf) | Self::Peer(vrf, _) => vrf.as_ref(),
            Self::Process | Self::Template(_) | Self::Fabric(_) => None,
        }
    }
}

/// `router bgp N`.
pub(in crate::dialect) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let asn = some(rest.word().and_then(as_number))?;
    rest.end()?;
    let key = FacetKey::new(FacetKind::Bgp, asn.to_string());
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        return Ok(());
    }
    lowering.open(line.at, &key, Block::Bgp(index, Part::Process));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Bgp(BgpProcess {
            asn,
            defined_at,
            ipv4_by_default: true,
            network_needs_route: true,
            enforce_first_as: true,
            undefined: UNDEFINED,
            tables: [(None, BgpTable::with_distances(DISTANCES))].into(),
            ..BgpProcess::default()
        })
    });
    Ok(())
}

/// A line of a process, of an address family in it, or of a template.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if let ["address-family" | "template", ..] = line.low {
        return open(lowering, index, line);
    }
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(process, part, line);
    match lowered {
        Err(Gap::Odd | Gap::Support(crate::syntax::Support::Unmodeled(_))) => {
            note(process, part, line);
        }
        Ok(()) | Err(Gap::Support(_)) => {}
    }
    lowered
}

/// Names a line that is not understood.
pub(in crate::dialect) fn note_unread(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) {
    if let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) {
        note(process, part, line);
    }
}

/// Names a line where it belongs: in the settings of its peer, of its table, or of the process.
fn note(process: &mut BgpProcess, part: &Part, line: &Line<'_, '_>) {
    let (set, words): (&mut BTreeSet<String>, _) = match (part, line.low) {
        // Bears on layer 2 alone.
        (Part::Fabric(FabricPart::Domain(_)), _) => return,
        (Part::Fabric(_), words) => {
            let fabric = process.fabric.get_or_insert_default();
            (&mut fabric.unread, words.get(..words.len().min(2)))
        }
        (_, ["neighbor", _, rest @ ..]) => match peer::named(process, part, line) {
            Some(peer) => (&mut peer.unread, rest.get(..1)),
            None => (&mut process.unread, line.low.get(..1)),
        },
        (Part::Template(name), words) => {
            let template = process.groups.entry(name.clone()).or_default();
            (&mut template.unread, words.get(..1))
        }
        (Part::Peer(vrf, name), words) => {
            let table = process.tables.entry(vrf.clone()).or_default();
            let peer = table.peers.entry(name.clone()).or_default();
            (&mut peer.unread, words.get(..1))
        }
        (Part::Family(vrf), words) => {
            let table = process.tables.entry(vrf.clone()).or_default();
            (&mut table.unread, words.get(..words.len().min(2)))
        }
        (Part::Process, words) => (&mut process.unread, words.get(..words.len().min(2))),
    };
    let name = words.unwrap_or(&[]).join(" ");
    if line.negated {
        // What is off by default and is switched off is not there; the line itself is a hole.
        set.remove(&name);
        set.insert(format!("no {name}"));
    } else {
        set.insert(name);
    }
}

/// `address-family …`, `template …`.
fn open(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let key = some(lowering.builder.key(index).cloned())?;
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let part = match line.low {
        ["address-family", "ipv4"] | ["address-family", "ipv4", "unicast"] => Part::Family(None),
        ["address-family", "ipv4", "vrf", _] => Part::Family(Some(some(line.raw(3))?.to_owned())),
        ["address-family", "ipv4", "unicast", "vrf", _] => {
            Part::Family(Some(some(line.raw(4))?.to_owned()))
        }
        ["template", "peer-session", _] => Part::Template(template("session", line.raw(2))?),
        ["template", "peer-policy", _] => Part::Template(template("policy", line.raw(2))?),
        // Routes of VPNs and of fabrics enter the tables of VRFs.
        _ => {
            process
                .unread
                .insert(line.low.get(..2).unwrap_or(&[]).join(" "));
            return unmodeled(Effect::Routing);
        }
    };
    let at = Some(At::new((), line.at));
    match &part {
        Part::Family(vrf) if line.negated => match vrf {
            Some(_) => drop(process.tables.remove(vrf)),
            None => return unmodeled(Effect::Routing),
        },
        Part::Family(vrf) => {
            let table = process
                .tables
                .entry(vrf.clone())
                .or_insert_with(|| BgpTable::with_distances(DISTANCES));
            if table.defined_at.is_none() {
                table.defined_at = at;
            }
        }
        Part::Template(name) if line.negated => drop(process.groups.remove(name)),
        Part::Template(name) => {
            let template = process.groups.entry(name.clone()).or_default();
            template.defined_at = template.defined_at.or(at);
        }
        Part::Process | Part::Peer(..) | Part::Fabric(_) => {}
    }
    if !line.negated {
        lowering.open(line.at, &key, Block::Bgp(index, part));
    }
    Ok(())
}

/// The name of a template among the groups, which has a blank, as no other group's name has.
fn template(kind: &str, name: Option<&str>) -> Result<String, Gap> {
    Ok(format!("{kind} {}", some(name)?))
}

/// One setting.
fn lower_setting(process: &mut BgpProcess, part: &Part, line: &Line<'_, '_>) -> Lowered {
    match (part, line.low) {
        (Part::Fabric(part), _) => {
            fabric::lower_setting(process.fabric.get_or_insert_default(), part, line)
        }
        (Part::Template(name), _) => {
            let template = process.groups.entry(name.clone()).or_default();
            peer::lower_setting(template, line, 0)
        }
        (Part::Peer(vrf, name), _) => {
            let table = process.tables.entry(vrf.clone()).or_default();
            let peer = table.peers.entry(name.clone()).or_default();
            peer::lower_setting(peer, line, 0)
        }
        (_, ["neighbor", ..]) => peer::lower(process, part, line),
        (_, ["bgp", "listen", "range", ..]) => lower_listen(process, part, line),
        (Part::Process | Part::Family(None), ["bgp", ..]) => lower_process(process, line),
        (_, words) => {
            let table = process
                .tables
                .entry(part.vrf().cloned())
                .or_insert_with(|| BgpTable::with_distances(DISTANCES));
            match words {
                ["bgp", ..] => table::lower_bgp(table, line),
                _ => table::lower(table, line),
            }
        }
    }
}

/// `bgp …` of the process.
fn lower_process(process: &mut BgpProcess, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["bgp", "router-id", ..] if line.negated => process.router_id = None,
        ["bgp", "router-id", id] => process.router_id = line.value(some(address(id))?),
        ["bgp", "default", "ipv4-unicast"] => {
            process.ipv4_by_default = line.flag().is_none_or(|flag| flag.value);
        }
        ["bgp", "default", "local-preference", ..] if line.negated => {
            process.local_preference = None;
        }
        ["bgp", "default", "local-preference", preference] => {
            process.local_preference = line.value(super::number(preference)?);
        }
        ["bgp", "confederation", "identifier", ..] if line.negated => process.confederation = None,
        ["bgp", "confederation", "identifier", asn] => {
            process.confederation = line.value(some(as_number(asn))?);
        }
        ["bgp", "confederation", "peers", members @ ..] => {
            for member in members {
                let member = some(as_number(member))?;
                process.confederation_peers.remove(&member);
                let entry = line.value(()).map(|at| (member, at));
                process.confederation_peers.extend(entry);
            }
            if members.is_empty() {
                some(line.negated.then(|| process.confederation_peers.clear()))?;
            }
        }
        ["bgp", "cluster-id", ..] if line.negated => process.cluster_id = None,
        ["bgp", "cluster-id", id] => {
            let id = match id.parse::<u32>() {
                Ok(number) => Ipv4Addr::from(number),
                Err(_) => some(address(id))?,
            };
            process.cluster_id = line.value(id);
        }
        ["bgp", "enforce-first-as"] => {
            process.enforce_first_as = line.flag().is_none_or(|flag| flag.value);
        }
        ["bgp", "redistribute-internal"] => process.redistributes_internal = !line.negated,
        ["bgp", "suppress-inactive"] => {
            let table = process
                .tables
                .entry(None)
                .or_insert_with(|| BgpTable::with_distances(DISTANCES));
            return table::lower_bgp(table, line);
        }
        _ => return lower_choice(process, line),
    }
    Ok(())
}

/// `bgp …` that changes how the best path is chosen.
fn lower_choice(process: &mut BgpProcess, line: &Line<'_, '_>) -> Lowered {
    let choice = &mut process.choice;
    match line.low {
        ["bgp", "always-compare-med"] => choice.always_compare_med = line.flag(),
        ["bgp", "deterministic-med"] => choice.deterministic_med = line.flag(),
        ["bgp", "bestpath", "med", words @ ..] => {
            let known = |word: &&str| matches!(*word, "confed" | "missing-as-worst");
            some((!words.is_empty() && words.iter().all(known)).then_some(()))?;
            if words.contains(&"confed") {
                choice.med_confederation = line.flag();
            }
            if words.contains(&"missing-as-worst") {
                choice.missing_med_is_worst = line.flag();
            }
        }
        ["bgp", "bestpath", "compare-routerid"] => choice.compare_router_id = line.flag(),
        ["bgp", "bestpath", "as-path", "ignore"] => choice.ignore_as_path = line.flag(),
        ["bgp", "bestpath", "as-path", "multipath-relax"] => choice.multipath_relax = line.flag(),
        ["bgp", "bestpath", "igp-metric", "ignore"] => choice.ignore_igp_metric = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `bgp listen range PREFIX peer-group NAME`.
fn lower_listen(process: &mut BgpProcess, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 3);
    if rest.peek().is_some_and(|word| word.contains(':')) {
        return irrelevant(peer::IPV6);
    }
    let range = rest.prefix()?;
    let name = PeerName::Known(PeerKind::Listen(range));
    let table = process
        .tables
        .entry(part.vrf().cloned())
        .or_insert_with(|| BgpTable::with_distances(DISTANCES));
    if line.negated {
        table.peers.remove(&name);
        return Ok(());
    }
    some(rest.takes("peer-group").then_some(()))?;
    let group = peer::group_key(part.vrf(), &rest.name()?);
    rest.end()?;
    let peer = BgpPeer {
        defined_at: Some(At::new((), line.at)),
        inherits: vec![At::new(group, line.at)],
        passive: Some(At::new(true, line.at)),
        ..BgpPeer::default()
    };
    table.peers.insert(name, peer);
    Ok(())
}
