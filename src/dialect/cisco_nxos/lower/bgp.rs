//! BGP: neighbors, templates and address families as blocks, settings without `bgp` before them.

use super::redistribute;
use crate::dialect::ios_family::lower::bgp::{self, FabricPart, Part, peer};
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, irrelevant, some, unmodeled,
};
use crate::dialect::ios_family::words::address;
use crate::model::Facet;
use crate::model::bgp::{BgpPeer, BgpProcess, BgpTable, PeerKind, PeerName};
use crate::source::At;
use crate::syntax::Effect;

/// Administrative distances of external, internal and local routes (Cisco Nexus 9000 Series NX-OS
/// Unicast Routing Configuration Guide, "Configuring Basic BGP": 20, 200, 220).
const DISTANCES: [u8; 3] = [20, 200, 220];
/// Beginning of the names of groups that hold peers with IPv6 addresses.
const IPV6: &str = "ipv6 ";

/// `router bgp N`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    bgp::lower(lowering, line)?;
    if let Some(key) = lowering.builder.block(line.at.statement)
        && let Some(Facet::Bgp(process)) = lowering.builder.existing(&key)
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        // A neighbor exchanges what its address families say; discriminators are compared in groups
        // (the same guide, "address-family", "BGP path selection").
        process.ipv4_by_default = false;
        process.choice.deterministic_med_default = true;
        // The same, "disable-peer-as-check"; "match route-type".
        process.peer_as_check = true;
        process.redistributes_internal_by_type = true;
    }
    Ok(())
}

/// Distances of tables, which are the dialect's.
pub(super) fn finish(lowering: &mut Lowering) {
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            for table in process.tables.values_mut() {
                table.distance_default = DISTANCES;
            }
        }
    }
}

/// A line of a process, of a part of it, of a neighbor or of a template.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    match (part, line.low) {
        (Part::Process | Part::Family(_), ["address-family", "ipv4", "unicast"]) => {
            enter(lowering, index, part_of(part), line)
        }
        (Part::Process, ["vrf", _]) => {
            let vrf = Some(some(line.raw(1))?.to_owned());
            enter(lowering, index, Part::Family(vrf), line)
        }
        (Part::Process | Part::Family(_), ["neighbor", ..]) => {
            neighbor(lowering, index, part, line)
        }
        (
            Part::Process,
            [
                "template",
                kind @ ("peer" | "peer-session" | "peer-policy"),
                _,
            ],
        ) => {
            let name = format!("{kind} {}", some(line.raw(2))?);
            enter(lowering, index, Part::Template(name), line)
        }
        (Part::Peer(..) | Part::Template(_), ["address-family", "ipv4", "unicast"]) => {
            let on = !matches!(part, Part::Template(name) if name.starts_with(IPV6));
            if let Some(peer) = peer_of(lowering, index, part) {
                peer.activated = line.value(on);
            }
            enter(lowering, index, part.clone(), line)?;
            if !on {
                bgp::note_unread(lowering, index, &Part::Process, line);
                return unmodeled(Effect::Routing);
            }
            Ok(())
        }
        (
            Part::Peer(..) | Part::Template(_),
            [
                "inherit",
                kind @ ("peer" | "peer-session" | "peer-policy"),
                _,
                ..,
            ],
        ) => inherit(lowering, index, part, kind, line),
        (Part::Peer(..) | Part::Template(_), ["disable-peer-as-check"]) => {
            peer_as_check(lowering, index, part, line)
        }
        (_, ["address-family" | "advertise", "l2vpn", "evpn"])
        | (Part::Fabric(_), ["disable-peer-as-check"]) => fabric_line(lowering, index, part, line),
        (_, ["address-family", ..]) => {
            bgp::note_unread(lowering, index, part, line);
            unmodeled(Effect::Routing)
        }
        (
            Part::Process | Part::Family(_),
            [
                "router-id" | "cluster-id" | "confederation" | "bestpath" | "enforce-first-as"
                | "suppress-inactive",
                ..,
            ],
        ) => {
            let words = Respelled::plain(&["bgp"], line, 0);
            bgp::lower_line(lowering, index, part, &words.line(line))
        }
        (Part::Family(_), ["distance", _, _, _]) => {
            let words = Respelled::plain(&["distance", "bgp"], line, 1);
            bgp::lower_line(lowering, index, part, &words.line(line))
        }
        (Part::Family(_), ["maximum-paths", "mixed", _]) => {
            let words = Respelled::plain(&["maximum-paths", "eibgp"], line, 2);
            bgp::lower_line(lowering, index, part, &words.line(line))
        }
        (Part::Family(_), ["redistribute", ..]) => redistribution(lowering, index, part, line),
        _ => bgp::lower_line(lowering, index, part, line),
    }
}

/// A line about EVPN.
fn fabric_line(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    match (part, line.low) {
        (Part::Process, ["address-family", "l2vpn", "evpn"]) => {
            enter(lowering, index, Part::Fabric(FabricPart::Family), line)
        }
        (Part::Peer(None, _) | Part::Template(_), ["address-family", "l2vpn", "evpn"]) => {
            enter_fabric(lowering, index, part, line)
        }
        (Part::Family(Some(_)), ["advertise", "l2vpn", "evpn"]) if !line.negated => {
            lowering.builder.contribute_index(line.at, index);
            Ok(())
        }
        (
            Part::Fabric(FabricPart::Peer(_) | FabricPart::Template(_)),
            ["disable-peer-as-check"],
        ) => peer_as_check(lowering, index, part, line),
        _ => {
            bgp::note_unread(lowering, index, part, line);
            unmodeled(Effect::Routing)
        }
    }
}

/// Opens the family of EVPN in a peer or template, which takes part by it.
fn enter_fabric(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    if matches!(part, Part::Template(name) if name.starts_with(IPV6)) {
        bgp::note_unread(lowering, index, &Part::Process, line);
        return unmodeled(Effect::Routing);
    }
    let within = match part {
        Part::Peer(_, name) => FabricPart::Peer(name.clone()),
        Part::Template(name) => FabricPart::Template(name.clone()),
        Part::Process | Part::Family(_) | Part::Fabric(_) => return Err(Gap::Odd),
    };
    enter(lowering, index, Part::Fabric(within.clone()), line)?;
    if let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) {
        let fabric = process.fabric.get_or_insert_default();
        let peer = match within {
            FabricPart::Peer(name) => fabric.peers.entry(name).or_default(),
            FabricPart::Template(name) | FabricPart::Domain(name) => {
                fabric.groups.entry(name).or_default()
            }
            FabricPart::Family => return Err(Gap::Odd),
        };
        peer.activated = Some(At::new(true, line.at));
    }
    Ok(())
}

/// `disable-peer-as-check`.
fn peer_as_check(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let peer = some(peer_of(lowering, index, part))?;
    peer.peer_as_check = line.flag().map(|flag| At::new(!flag.value, flag.at));
    Ok(())
}

/// Redistribution.
fn redistribution(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    let lowered = redistribute::lower(lowering, line, |lowering, line| {
        bgp::lower_line(lowering, index, part, line)
    });
    if lowered.is_err() {
        bgp::note_unread(lowering, index, part, line);
    }
    lowered
}

/// The part that an address family of IPv4 unicast is, by the part that it stands in.
fn part_of(part: &Part) -> Part {
    match part {
        Part::Family(vrf) => Part::Family(vrf.clone()),
        Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => Part::Family(None),
    }
}

/// Opens the block of a part.
fn enter(lowering: &mut Lowering, index: u32, part: Part, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let key = some(lowering.builder.key(index).cloned())?;
    if line.negated {
        return unmodeled(Effect::Routing);
    }
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let at = Some(At::new((), line.at));
    match &part {
        Part::Family(vrf) => {
            let table = process.tables.entry(vrf.clone()).or_default();
            table.defined_at = table.defined_at.or(at);
        }
        Part::Template(name) => {
            let group = process.groups.entry(name.clone()).or_default();
            group.defined_at = group.defined_at.or(at);
        }
        Part::Peer(vrf, name) => {
            let table = process.tables.entry(vrf.clone()).or_default();
            let peer = table.peers.entry(name.clone()).or_default();
            peer.defined_at = peer.defined_at.or(at);
        }
        Part::Fabric(_) => {
            let fabric = process.fabric.get_or_insert_default();
            fabric.defined_at = fabric.defined_at.or(at);
        }
        Part::Process => {}
    }
    lowering.open(line.at, &key, Block::Bgp(index, part));
    Ok(())
}

/// `neighbor NAME [remote-as N]`.
fn neighbor(lowering: &mut Lowering, index: u32, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let vrf = match part {
        Part::Family(vrf) => vrf.clone(),
        Part::Process | Part::Template(_) | Part::Peer(..) | Part::Fabric(_) => None,
    };
    let name = some(line.raw(1))?;
    let name = if let Some(address) = address(name) {
        PeerName::Known(PeerKind::Address(address))
    } else if let Ok(prefix) = name.parse::<crate::net::Ipv4Net>() {
        PeerName::Known(PeerKind::Listen(prefix.trunc()))
    } else if name.contains(':') {
        let group = Part::Template(format!("{IPV6}{name}"));
        enter(lowering, index, group, line)?;
        return irrelevant(peer::IPV6);
    } else {
        PeerName::Interface(some(line.names.join(&[name]))?)
    };
    if line.negated {
        lowering.builder.contribute_index(line.at, index);
        if let Some(Facet::Bgp(process)) = lowering.builder.at_index(index)
            && let Some(table) = process.tables.get_mut(&vrf)
        {
            table.peers.remove(&name);
        }
        return Ok(());
    }
    let part = Part::Peer(vrf, name);
    enter(lowering, index, part.clone(), line)?;
    let rest = Line {
        low: line.low.get(2..).unwrap_or(&[]),
        raw: line.raw.get(2..).unwrap_or(&[]),
        ..*line
    };
    if rest.low.is_empty() {
        Ok(())
    } else {
        bgp::lower_line(lowering, index, &part, &rest)
    }
}

/// The settings that a part holds.
fn peer_of<'l>(lowering: &'l mut Lowering, index: u32, part: &Part) -> Option<&'l mut BgpPeer> {
    let Some(Facet::Bgp(process)) = lowering.builder.at_index(index) else {
        return None;
    };
    let BgpProcess {
        tables,
        groups,
        fabric,
        ..
    } = process;
    match part {
        Part::Fabric(FabricPart::Peer(name)) => fabric.as_mut()?.peers.get_mut(name),
        Part::Fabric(FabricPart::Template(name)) => fabric.as_mut()?.groups.get_mut(name),

        Part::Template(name) => groups.get_mut(name),
        Part::Peer(vrf, name) => {
            let table: &mut BgpTable = tables.get_mut(vrf)?;
            table.peers.get_mut(name)
        }
        Part::Process
        | Part::Family(_)
        | Part::Fabric(FabricPart::Family | FabricPart::Domain(_)) => None,
    }
}

/// `inherit peer|peer-session|peer-policy NAME [N]`.
fn inherit(
    lowering: &mut Lowering,
    index: u32,
    part: &Part,
    kind: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let name = format!("{kind} {}", some(line.raw(2))?);
    let several = {
        let peer = some(peer_of(lowering, index, part))?;
        peer.inherits.retain(|known| known.value != name);
        // Of several policies the lowest number wins, whatever the order of the text.
        let several = peer
            .inherits
            .iter()
            .any(|known| known.value.starts_with(&format!("{kind} ")));
        peer.inherits.extend(line.value(name));
        several
    };
    if several {
        bgp::note_unread(lowering, index, part, line);
        return unmodeled(Effect::Routing);
    }
    Ok(())
}
