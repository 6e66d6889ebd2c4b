//! BGP: what FRR writes in its own way, and its defaults.

use super::ospf::{DEFAULT, PATHS};
use super::{UNDEFINED, access_list_name};
use crate::dialect::ios_family::lower::bgp::peer;
use crate::dialect::ios_family::lower::bgp::{self as family, Part};
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, some, unmodeled,
};
use crate::model::bgp::{BgpPeer, BgpProcess, PeerName};
use crate::model::route_policy::{RouteFilter, RouteType};
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::source::At;
use crate::syntax::Effect;

/// `router bgp N [vrf V]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let vrf = match line.low {
        ["router", "bgp", _] => None,
        ["router", "bgp", _, "vrf", _] => Some(some(line.raw(4))?.to_owned()),
        _ => return unmodeled(Effect::Routing),
    };
    let process = Line {
        low: line.low.get(..3).unwrap_or(&[]),
        raw: line.raw.get(..3).unwrap_or(&[]),
        ..*line
    };
    if vrf.is_some() && line.negated {
        return unmodeled(Effect::Routing);
    }
    family::lower(lowering, &process)?;
    let Some(key) = lowering.builder.block(line.at.statement) else {
        return Ok(());
    };
    let index = lowering.builder.index(&key);
    if let Some(Facet::Bgp(process)) = lowering.builder.at_index(index)
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        process.undefined = UNDEFINED;
        process.enforce_first_as = false;
        process.sends_communities = (true, true);
        process.redistributes_internal = true;
        // FRR sources, `bgpd/bgp_nht.c`: "prefix loops through itself".
        process.refuses_own_next_hop = true;
        process.tells_peers_own_hop = true;
        // FRR sources, `bgpd/bgp_route.c`, `bgp_static_update`.
        process.network_is_own = true;
        process.choice.multipath_by_neighbor = true;
    }
    if let Some((_, block)) = lowering.blocks.last_mut()
        && vrf.is_some()
    {
        *block = Block::Bgp(index, Part::Family(vrf));
    }
    Ok(())
}

/// The switch that a line of a process sets: `no bgp ebgp-requires-policy` and its like.
fn own(key: &FacetKey, part: &Part, words: &str) -> String {
    format!("{} {part:?} {words}", key.name)
}

/// A line of a process or of a part of it.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    match line.low {
        ["bgp", word @ "ebgp-requires-policy"] | ["bgp", word @ "network", "import-check"] => {
            lowering.builder.contribute_index(line.at, index);
            if *part != Part::Process {
                // Of one VRF and not of the others.
                family::note_unread(lowering, index, part, line);
                return unmodeled(Effect::Routing);
            }
            let key = some(lowering.builder.key(index).cloned())?;
            let value = At::new(!line.negated, line.at);
            lowering.switches.insert(own(&key, part, word), value);
            Ok(())
        }
        ["address-family", "ipv4", "unicast"] => {
            if let Part::Family(Some(vrf)) = part {
                let words = ["address-family", "ipv4", "unicast", "vrf", vrf.as_str()];
                return family::lower_line(
                    lowering,
                    index,
                    part,
                    &Line {
                        low: &words,
                        raw: &words,
                        ..*line
                    },
                );
            }
            family::lower_line(lowering, index, part, line)
        }
        ["redistribute", ..] => redistribute(lowering, index, part, line),
        ["neighbor", ..] => neighbor(lowering, index, part, line),
        _ => family::lower_line(lowering, index, part, line),
    }
}

/// `redistribute SOURCE …`, by names without numbers.
fn redistribute(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let id = match part {
        Part::Family(Some(vrf)) => vrf.as_str(),
        Part::Process
        | Part::Family(None)
        | Part::Template(_)
        | Part::Peer(..)
        | Part::Fabric(_) => DEFAULT,
    };
    let words = match line.low {
        ["redistribute", "connected" | "static" | "kernel", ..] => Respelled::plain(&[], line, 0),
        ["redistribute", "ospf", next, ..] if next.parse::<u32>().is_ok() => {
            lowering.builder.contribute_index(line.at, index);
            family::note_unread(lowering, index, part, line);
            return unmodeled(Effect::Routing);
        }
        ["redistribute", "ospf", ..] => Respelled::plain(&["redistribute", "ospf", id], line, 2),
        _ => {
            lowering.builder.contribute_index(line.at, index);
            family::note_unread(lowering, index, part, line);
            return unmodeled(Effect::Routing);
        }
    };
    family::lower_line(lowering, index, part, &words.line(line))
}

/// `neighbor NAME …`: an address, a group, or an interface.
fn neighbor(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(1))?;
    let vrf = match part {
        Part::Family(vrf) => vrf.clone(),
        Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => None,
    };
    let key = PeerName::Interface(name.to_owned());
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let rest = match line.low {
        ["neighbor", _, "interface", "v6only", rest @ ..]
        | ["neighbor", _, "interface", rest @ ..] => {
            let table = process.tables.entry(vrf.clone()).or_default();
            if line.negated && rest.is_empty() {
                table.peers.remove(&key);
                return Ok(());
            }
            let peer = table.peers.entry(key.clone()).or_default();
            peer.defined_at = peer.defined_at.or(Some(At::new((), line.at)));
            if line.low.get(3) == Some(&"v6only") {
                peer.ipv6_next_hops = line.flag();
            }
            rest.len()
        }
        ["neighbor", _, rest @ ..] => {
            let table = process.tables.get(&vrf);
            if !table.is_some_and(|table| table.peers.contains_key(&key)) {
                return family::lower_line(lowering, index, part, &respelled(line).line(line));
            }
            rest.len()
        }
        _ => return Err(Gap::Odd),
    };
    if rest == 0 {
        return Ok(());
    }
    let from = line.low.len() - rest;
    if let Some(["peer-group", _]) = line.low.get(from..) {
        let group = peer::group_key(vrf.as_ref(), some(line.raw(from + 1))?);
        let table = process.tables.entry(vrf).or_default();
        let peer = table.peers.entry(key).or_default();
        peer.inherits.clear();
        peer.inherits.extend(line.value(group));
        return Ok(());
    }
    let words = respelled(line);
    let whole = words.line(line);
    let words = Respelled::plain(&[], &whole, from);
    family::lower_line(lowering, index, &Part::Peer(vrf, key), &words.line(line))
}

/// A line of a neighbor in the family's words.
fn respelled<'a>(line: &Line<'_, 'a>) -> Respelled<'a> {
    let head = |words: &[&'a str], from: usize| {
        let mut all: Vec<&'a str> = line.raw.get(..2).unwrap_or(&[]).to_vec();
        all.extend(words);
        Respelled::plain(&all, line, from)
    };
    match line.low {
        [_, _, "next-hop-self", "force"] => head(&["next-hop-self", "all"], 4),
        [_, _, "passive"] => head(&["transport", "connection-mode", "passive"], 3),
        [_, _, "shutdown", ..] => head(&["shutdown"], usize::MAX),
        [_, _, "send-community", "large"] => head(&["send-community", "extended"], usize::MAX),
        [_, _, "send-community"] if line.negated => head(&["send-community", "both"], usize::MAX),
        _ => Respelled::plain(&[], line, 0),
    }
}

/// Defaults of processes, which depend on the version and on the profile.
pub(super) fn finish(lowering: &mut Lowering) {
    let said = |head: &str| {
        lowering
            .switches
            .keys()
            .find_map(|words| words.strip_prefix(head))
    };
    let version = said("frr version ").and_then(release);
    // Packages of Cumulus have the other profile as their default, and say so in the version.
    let cumulus = said("frr version ").is_some_and(|version| version.contains("cl"));
    let datacenter = match said("frr defaults ") {
        Some(profile) => profile == "datacenter",
        None => cumulus,
    };
    let place = lowering.switches.iter();
    let mut place = place.filter(|(words, _)| words.starts_with("frr version "));
    let place = place.next().map(|(_, on)| on.at).filter(|_| cumulus);
    let old = version.is_some_and(|version| version < (7, 4));
    if let Some(at) = place {
        // A router of Cumulus forwards; FRR says where it does not (`zebra/zebra_vty.c`,
        // "no ip forwarding").
        let key = FacetKey::new(FacetKind::System, "");
        lowering.builder.contribute(at, &key);
        let facet = lowering
            .builder
            .facet(&key, || Facet::System(System::default()));
        if let Facet::System(system) = facet {
            system.forwarding.get_or_insert(At::new(true, at));
        }
    }
    let switches = std::mem::take(&mut lowering.switches);
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            let on = |words: &str| {
                switches
                    .get(&own(key, &Part::Process, words))
                    .map(|on| on.value)
            };
            // FRR sources, `bgpd/bgp_vty.c`: both are off before 7.4 with traditional defaults.
            process.needs_policy = on("ebgp-requires-policy").unwrap_or(!datacenter && !old);
            process.network_needs_route = on("network").unwrap_or(datacenter || !old);
            process.choice.deterministic_med_default = datacenter;
            complete(process);
        }
    }
    // A change of these lines is one of the processes.
    let mut keys: Vec<FacetKey> = Vec::new();
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(_) = facet {
            keys.push(key.clone());
        }
    }
    for (_, line) in switches
        .iter()
        .filter(|(words, _)| words.starts_with("frr "))
    {
        for key in &keys {
            lowering.builder.contribute(line.at, key);
        }
    }
    lowering.switches = switches;
}

/// Release of a version, `8.4.4` as 8 and 4.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(|next: char| !next.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// What a process is where the text leaves it out.
fn complete(process: &mut BgpProcess) {
    let Some(defined_at) = process.defined_at.map(|at| at.at) else {
        return;
    };
    for table in process.tables.values_mut() {
        // A default route is taken as any other.
        table
            .default_originate
            .get_or_insert(At::new((), defined_at));
        table
            .maximum_paths
            .get_or_insert(At::new(PATHS, defined_at));
        table
            .maximum_paths_internal
            .get_or_insert(At::new(PATHS, defined_at));
        for entry in &mut table.redistribute {
            // What zebra selected of the protocol, not the subnets of its interfaces.
            entry.value.learned_only = true;
            // All kinds of routes, where others take the internal ones alone.
            if matches!(
                entry.value.source,
                crate::model::route_policy::RouteSource::Ospf(_)
            ) {
                entry.value.types = Some(
                    [
                        RouteType::Internal,
                        RouteType::External,
                        RouteType::NssaExternal,
                    ]
                    .into(),
                );
            }
        }
        for peer in table.peers.values_mut() {
            by_prefix(peer);
        }
    }
    for group in process.groups.values_mut() {
        by_prefix(group);
    }
}

/// Access lists of a peer as the prefix lists that stand for them.
fn by_prefix(peer: &mut BgpPeer) {
    for filter in peer.filters_in.iter_mut().chain(&mut peer.filters_out) {
        if let RouteFilter::Acl(name) = &filter.value {
            filter.value = RouteFilter::PrefixList(access_list_name(name));
        }
    }
}
