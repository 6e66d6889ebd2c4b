//! BGP: settings that EOS writes in its own way, in the process and in VRFs.

use super::fabric;
use crate::dialect::ios_family::lower::bgp::{self, FabricPart, Part};
use crate::dialect::ios_family::lower::route_list::as_number;
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, some, unmodeled,
};
use crate::model::bgp::{BgpPeer, PeerKind, PeerName, RemoteAs};
use crate::model::filter::Action;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// Administrative distances of external, internal and local routes (EOS user manual, "distance
/// bgp": 200 each).
const DISTANCES: [u8; 3] = [200, 200, 200];
/// Most interfaces that one statement names; no device has more ports.
const PORTS: usize = 1024;

/// `router bgp N`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    bgp::lower(lowering, line)?;
    if let Some(key) = lowering.builder.block(line.at.statement)
        && let Some(Facet::Bgp(process)) = lowering.builder.existing(&key)
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        // A route map that is nowhere defined permits everything (seen on EOS 4.23, both ways).
        process.undefined.route_map = Some(Action::Permit);
        // Other protocols take all its routes, as the aggregates of EOS 4.2x show.
        process.redistributes_internal = true;
        process.unnumbered_by_text = true;
        // Paths of one length are equal (EOS user manual, "bgp bestpath as-path multipath-relax":
        // on).
        process.choice.multipath_relax = Some(At::new(true, line.at));
    }
    Ok(())
}

/// Distances of tables, which are the dialect's, and what the program that routes makes of
/// aggregates: the single agent takes them for routes of the table (seen on EOS 4.23).
pub(super) fn finish(lowering: &mut Lowering) {
    let multi_agent = lowering.switched("service routing protocols model multi-agent");
    let single_agent = !multi_agent.is_some_and(|on| on.value);
    let ipv6 = lowering
        .switched("ipv6 unicast-routing")
        .filter(|on| on.value);
    let mut over_links = Vec::new();
    let filters = lowering.switches.clone();
    let mut filtered = Vec::new();
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            for peer in process
                .tables
                .values_mut()
                .flat_map(|table| table.peers.values_mut())
            {
                if let Some(At {
                    value: RemoteAs::RouteMap(name),
                    at,
                }) = &peer.remote_as
                {
                    let lines = lines_of(&filters, name);
                    if lines.is_empty() {
                        peer.unread.insert("peer-filter".to_owned());
                    }
                    filtered.extend(lines.iter().map(|line| (key.clone(), line.1.at)));
                    peer.remote_as = Some(At::new(RemoteAs::Ranges(accepted(&lines)), *at));
                }
            }
            let mut peers = process.tables.values().flat_map(|table| table.peers.keys());
            if peers.any(|name| matches!(name, PeerName::Interface(_))) {
                over_links.push(key.clone());
                if ipv6.is_none() {
                    process.unread.insert("ipv6 unicast-routing".to_owned());
                }
            }
            process.aggregates_table = single_agent;
            if let Some(fabric) = &mut process.fabric {
                fabric::complete(fabric);
            }
            let groups = &process.groups;
            for (vrf, table) in &mut process.tables {
                table.distance_default = DISTANCES;
                // Groups of peers are those of the process, in VRFs too.
                let of_vrf = vrf.as_ref().map(|vrf| format!("{vrf} "));
                let peers = table.peers.values_mut();
                for known in peers.flat_map(|peer| &mut peer.inherits) {
                    let name = of_vrf
                        .as_ref()
                        .and_then(|vrf| known.value.strip_prefix(vrf));
                    if let Some(name) = name.filter(|name| groups.contains_key(*name)) {
                        known.value = name.to_owned();
                    }
                }
            }
        }
    }
    for (key, at) in filtered {
        lowering.builder.contribute(at, &key);
    }
    for key in over_links {
        if let Some(on) = ipv6 {
            lowering.builder.contribute(on.at, &key);
        }
    }
}

/// A line of a process or of a part of it.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    let words = match line.low {
        ["redistribute" | "rd" | "route-target", ..] if matches!(part, Part::Fabric(_)) => {
            Respelled::plain(&[], line, 0)
        }
        ["vrf", _] if *part == Part::Process => {
            let vrf = Some(some(line.raw(1))?.to_owned());
            return enter(lowering, index, Part::Family(vrf), line);
        }
        ["address-family", "ipv4"] => {
            let vrf = match part {
                Part::Family(vrf) => vrf.clone(),
                Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => None,
            };
            return enter(lowering, index, Part::Family(vrf), line);
        }
        ["address-family", "evpn"] if *part == Part::Process => {
            return enter(lowering, index, Part::Fabric(FabricPart::Family), line);
        }
        [kind @ ("vlan" | "vlan-aware-bundle"), _] if *part == Part::Process => {
            let name = some(line.raw(1))?;
            let domain = FabricPart::Domain(format!("{kind} {name}"));
            let part = Part::Fabric(domain);
            enter(lowering, index, part.clone(), line)?;
            return match *kind {
                "vlan" => bgp::lower_line(lowering, index, &part, line),
                _ => Ok(()),
            };
        }
        ["rd" | "route-target", ..] if let Part::Family(Some(vrf)) = part => {
            return fabric::lower_vrf(lowering, index, vrf, line);
        }
        ["router-id", _] => Respelled::plain(&["bgp"], line, 0),
        ["maximum-paths", paths, ..] => return maximum_paths(lowering, index, part, paths, line),
        ["redistribute", "connected" | "static" | "rip" | "isis"]
        | [
            "redistribute",
            "connected" | "static" | "rip" | "isis",
            "route-map",
            _,
        ] => Respelled::plain(&[], line, 0),
        // The process of the VRF, whichever it is.
        ["redistribute", "ospf"] | ["redistribute", "ospf", "match" | "route-map", ..] => {
            Respelled::plain(&["redistribute", "ospf", ""], line, 2)
        }
        ["address-family" | "redistribute", ..] => return unread(lowering, index, part, line),
        ["bgp", "listen", "range", ..] => return listen(lowering, index, part, line),
        ["neighbor", "interface", ..] => return unnumbered(lowering, index, part, line),
        ["bgp", "bestpath", "tie-break", "router-id"] => {
            Respelled::plain(&["bgp", "bestpath", "compare-routerid"], line, usize::MAX)
        }
        ["neighbor", name, rest @ ..] => {
            let head = |words: &[&'static str]| {
                let mut all = vec!["neighbor", line.raw(1).unwrap_or(name)];
                all.extend(words);
                all
            };
            match rest {
                ["peer", "group", ..] => Respelled::plain(&head(&["peer-group"]), line, 4),
                ["maximum-routes", "0", ..] => return Ok(()),
                ["maximum-routes", ..] => Respelled::plain(&head(&["maximum-prefix"]), line, 3),
                ["passive"] => {
                    Respelled::plain(&head(&["transport", "connection-mode", "passive"]), line, 3)
                }
                ["send-community"]
                | ["send-community", "standard", "extended", ..]
                | ["send-community", "extended", "standard", ..] => {
                    Respelled::plain(&head(&["send-community", "both"]), line, usize::MAX)
                }
                _ => Respelled::plain(&[], line, 0),
            }
        }
        _ => Respelled::plain(&[], line, 0),
    };
    bgp::lower_line(lowering, index, part, &words.line(line))
}

/// `bgp listen range PREFIX peer-group G [peer-filter F|remote-as N]`.
fn listen(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let prefix: Ipv4Net = match line.low.get(3) {
        Some(prefix) if prefix.contains(':') => {
            return bgp::lower_line(lowering, index, part, line);
        }
        Some(prefix) => number(prefix)?,
        None => return Err(Gap::Odd),
    };
    let (place, remote) = match line.low.get(4..).unwrap_or(&[]) {
        ["peer-group", _] => (5, None),
        ["peer", "group", _] => (6, None),
        ["peer-group", _, kind, _] => (5, Some(*kind)),
        ["peer", "group", _, kind, _] => (6, Some(*kind)),
        [] if line.negated => (5, None),
        _ => return unread(lowering, index, part, line),
    };
    let value = line.raw(place + 2);
    let remote = match remote {
        None => None,
        Some("peer-filter") => Some(RemoteAs::RouteMap(some(value)?.to_owned())),
        Some("remote-as") => Some(RemoteAs::Number(some(value.and_then(as_number))?)),
        Some(_) => return unread(lowering, index, part, line),
    };
    let mut words = vec!["bgp", "listen", "range", some(line.raw(3))?];
    if !line.negated {
        words.extend(["peer-group", some(line.raw(place))?]);
    }
    let words = Respelled::plain(&words, line, usize::MAX);
    bgp::lower_line(lowering, index, part, &words.line(line))?;
    let vrf = match part {
        Part::Family(vrf) => vrf.clone(),
        Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => None,
    };
    if let Some(Facet::Bgp(process)) = lowering.builder.at_index(index)
        && let Some(table) = process.tables.get_mut(&vrf)
    {
        let name = PeerName::Known(PeerKind::Listen(prefix.trunc()));
        if let Some(peer) = table.peers.get_mut(&name) {
            peer.remote_as = remote.and_then(|remote| line.value(remote));
        }
    }
    Ok(())
}

/// `peer-filter NAME`.
pub(super) fn open_filter(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    if line.negated {
        return unmodeled(Effect::Routing);
    }
    let name = some(line.raw(1))?.to_owned();
    let key = FacetKey::new(FacetKind::System, "");
    lowering.open(line.at, &key, Block::PeerFilter(name));
    Ok(())
}

/// A line of a filter of peers' numbers: `N match as-range RANGES result accept|reject`.
pub(super) fn lower_filter(lowering: &mut Lowering, name: &str, line: &Line<'_, '_>) -> Lowered {
    let [
        sequence,
        "match",
        "as-range",
        ranges @ ..,
        "result",
        result @ ("accept" | "reject"),
    ] = line.low
    else {
        return unmodeled(Effect::Routing);
    };
    let sequence: u32 = number(sequence)?;
    let ranges = ranges.concat();
    let mut all = Vec::new();
    for range in ranges.split(',') {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        all.push((some(as_number(low))?, some(as_number(high))?));
    }
    for (low, high) in all {
        let words = format!("{FILTER}{name} {sequence:010} {low} {high}");
        lowering.switches.remove(&words);
        let accept = At::new(*result == "accept", line.at);
        if !line.negated {
            lowering.switches.insert(words, accept);
        }
    }
    Ok(())
}

/// What the switches of filters of peers begin with.
const FILTER: &str = "peer-filter ";

/// The lines of a filter of peers in their order: range, and whether it is accepted.
fn lines_of(
    switches: &std::collections::BTreeMap<String, At<bool>>,
    name: &str,
) -> Vec<((u32, u32), At<bool>)> {
    let head = format!("{FILTER}{name} ");
    let lines = switches.iter().filter_map(|(words, accept)| {
        let mut words = words.strip_prefix(&head)?.split(' ').skip(1);
        let (low, high) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(((low, high), *accept))
    });
    lines.collect()
}

/// Numbers that the first line which has them accepts; without a line none is.
fn accepted(lines: &[((u32, u32), At<bool>)]) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for (index, (range, accept)) in lines.iter().enumerate() {
        let mut left = vec![*range];
        for ((low, high), _) in lines.iter().take(index) {
            left = left
                .into_iter()
                .flat_map(|(from, to)| {
                    let below = low.checked_sub(1).map(|end| (from, to.min(end)));
                    let above = high.checked_add(1).map(|start| (from.max(start), to));
                    [below, above]
                })
                .flatten()
                .filter(|(from, to)| from <= to)
                .collect();
        }
        if accept.value {
            found.extend(left);
        }
    }
    found
}

/// `neighbor interface NAMES peer-group G [remote-as N]`: whoever is on these interfaces.
fn unnumbered(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let vrf = match part {
        Part::Family(vrf) => vrf.clone(),
        Part::Process => None,
        Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => return Err(Gap::Odd),
    };
    let names = some(interfaces(line, some(line.raw(2))?))?;
    let (group, number) = match line.low.get(3..).unwrap_or(&[]) {
        ["peer-group", _] => (line.raw(4), None),
        ["peer", "group", _] => (line.raw(5), None),
        ["peer-group", _, "remote-as", number] => (line.raw(4), Some(*number)),
        ["peer", "group", _, "remote-as", number] => (line.raw(5), Some(*number)),
        [] if line.negated => (None, None),
        _ => return unread(lowering, index, part, line),
    };
    let remote = number
        .map(|number| as_number(number).ok_or(Gap::Odd))
        .transpose()?;
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let table = process.tables.entry(vrf).or_default();
    for name in names {
        let key = PeerName::Interface(name);
        table.peers.remove(&key);
        if line.negated {
            continue;
        }
        let group = some(group)?.to_owned();
        let peer = BgpPeer {
            defined_at: Some(At::new((), line.at)),
            inherits: vec![At::new(group, line.at)],
            remote_as: remote.map(|number| At::new(RemoteAs::Number(number), line.at)),
            ..BgpPeer::default()
        };
        table.peers.insert(key, peer);
    }
    Ok(())
}

/// Full names of interfaces in a list with ranges (`Ethernet1-4,7`).
fn interfaces(line: &Line<'_, '_>, text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut head = String::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, ""));
        let first = if first.starts_with(|next: char| next.is_ascii_digit()) {
            format!("{head}{first}")
        } else {
            line.names.join(&[first])?
        };
        let digits = first.rfind(|next: char| !next.is_ascii_digit())? + 1;
        let (kind, low) = first.split_at(digits);
        kind.clone_into(&mut head);
        let low: u16 = low.parse().ok()?;
        let high = if last.is_empty() {
            low
        } else {
            last.parse().ok()?
        };
        found.extend((low..=high).take(PORTS).map(|port| format!("{kind}{port}")));
    }
    Some(found)
}

/// A line that is not modeled.
fn unread(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    bgp::note_unread(lowering, index, part, line);
    unmodeled(Effect::Routing)
}

/// `maximum-paths N [ecmp M]`, which counts for external and for internal paths.
fn maximum_paths(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    paths: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let vrf = match part {
        Part::Family(vrf) => vrf.clone(),
        Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => None,
    };
    let paths = line.value(number(paths)?);
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let table = process.tables.entry(vrf).or_default();
    table.maximum_paths = paths;
    table.maximum_paths_internal = paths;
    Ok(())
}

/// Opens the block of a VRF or of its address family.
fn enter(lowering: &mut Lowering, index: u32, part: Part, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let key = some(lowering.builder.key(index).cloned())?;
    if line.negated {
        return unmodeled(Effect::Routing);
    }
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    if let Part::Family(vrf) = &part {
        let table = process.tables.entry(vrf.clone()).or_default();
        table.defined_at = table.defined_at.or(Some(At::new((), line.at)));
    }
    if let Part::Fabric(part) = &part {
        let fabric = process.fabric.get_or_insert_default();
        match part {
            FabricPart::Domain(name) => {
                let domain = fabric.domains.entry(name.clone()).or_default();
                domain.defined_at = Some(At::new((), line.at));
            }
            FabricPart::Family | FabricPart::Peer(_) | FabricPart::Template(_) => {
                fabric.defined_at = Some(At::new((), line.at));
            }
        }
    }
    lowering.open(line.at, &key, Block::Bgp(index, part));
    Ok(())
}
