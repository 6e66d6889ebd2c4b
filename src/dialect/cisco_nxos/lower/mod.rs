//! NX-OS statements as facets: respelled as the family writes them, or lowered here.

use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, acl, first_hop, number, ospf as family_ospf,
    route, some, unmodeled, vrf,
};
use crate::dialect::ios_family::words::unquoted;
use crate::model::interface::FirstHopProtocol;
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::source::At;
use crate::syntax::Effect;

mod bgp;
mod defaults;
mod eigrp;
mod fabric;
mod feature;
mod isis;
mod ospf;
mod redistribute;
mod rip;

pub(super) use defaults::finish;
pub(super) use feature::FEATURES;

/// The id of the part of a process that runs in a VRF, which has a blank, as no other id has.
fn instance(process: &str, vrf: &str) -> String {
    format!("{process} {vrf}")
}

/// A statement that stands in no block.
pub(super) fn top(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let lowered = top_statement(lowering, line);
    feature::gate(lowering, line, lowered)
}

/// The same, whether or not the device takes it.
fn top_statement(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["feature", ..] | ["nv", "overlay", "evpn"] | ["system", "default", "switchport", ..] => {
            lowering.switch(line);
            Ok(())
        }
        ["switchname", _] => lowering.top(&Respelled::new(&["hostname"], line, 1).line(line)),
        ["ip", "dhcp", "relay"] => {
            let key = FacetKey::new(FacetKind::System, "");
            lowering.builder.contribute(line.at, &key);
            let facet = lowering
                .builder
                .facet(&key, || Facet::System(System::default()));
            if let Facet::System(system) = facet {
                system.dhcp_service = Some(At::new(!line.negated, line.at));
            }
            Ok(())
        }
        ["vrf", "context", _] => vrf::lower(lowering, line),
        ["ip", "route", ..] => static_route(lowering, line, None),
        ["ip", "access-list", _] => {
            acl::define(lowering, line, some(line.raw(2))?, false);
            Ok(())
        }
        ["router", "bgp", _] => bgp::lower(lowering, line),
        ["evpn"] => fabric::lower(lowering, line),
        ["ip", "as-path" | "community-list", ..] => route_list(lowering, line),
        ["router", "ospf", _] => {
            family_ospf::define(lowering, line, some(line.raw(2))?, None);
            Ok(())
        }
        ["router", "eigrp", _] => eigrp::lower(lowering, line),
        ["router", "isis", _] => {
            isis::define(lowering, line, some(line.raw(2))?, None);
            Ok(())
        }
        ["router", "rip", _] => {
            // Several processes in one VRF are not modeled.
            let words = format!("router rip {}", some(line.raw(2))?);
            let others = |known: &&String| known.starts_with("router rip ") && **known != words;
            let several = lowering.switches.keys().any(|known| others(&known));
            rip::define(lowering, line, None);
            lowering
                .switches
                .insert(words, At::new(!line.negated, line.at));
            if several {
                unmodeled(Effect::Routing)
            } else {
                Ok(())
            }
        }
        _ => lowering.top(line),
    }
}

/// A statement in a block.
pub(super) fn inner(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    match block {
        Block::Interface(index) => {
            let lowered = interface_line(lowering, block, *index, line);
            feature::gate(lowering, line, lowered)
        }
        Block::Vlans(_) | Block::Tunnels(..) | Block::Domains(_) => {
            let lowered = fabric::lower_line(lowering, block, line);
            feature::gate(lowering, line, lowered)
        }
        Block::Vrf(index) => match line.low {
            ["vni" | "rd" | "route-target", ..] => fabric::lower_vrf(lowering, *index, line),
            ["ip", "route", ..] => {
                let vrf = some(lowering.builder.key(*index))?.name.clone();
                static_route(lowering, line, Some(&vrf))
            }
            _ => lowering.inner(block, line),
        },
        Block::Ospf(index) => ospf::lower_line(lowering, *index, line),
        Block::Bgp(index, part) => bgp::lower_line(lowering, *index, part, line),
        Block::Eigrp(part) => eigrp::lower_line(lowering, part, line),
        Block::Isis(index) => isis::lower_line(lowering, *index, line),
        Block::Rip(index) => rip::lower_line(lowering, *index, line),
        Block::ObjectGroup(..) => {
            // A number orders the lines.
            let numbered = line
                .low
                .first()
                .is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
            let line = Line {
                low: line.low.get(usize::from(numbered)..).unwrap_or(&[]),
                raw: line.raw.get(usize::from(numbered)..).unwrap_or(&[]),
                ..*line
            };
            // Taken away by its number alone: which line that is, is not followed.
            if line.low.is_empty() {
                return unmodeled(Effect::Filter);
            }
            lowering.inner(block, &line)
        }
        Block::Track(_) => match line.low {
            ["vrf", "member", _] => {
                lowering.inner(block, &Respelled::plain(&["ip", "vrf"], line, 2).line(line))
            }
            _ => lowering.inner(block, line),
        },
        Block::FirstHop(index, FirstHopProtocol::Vrrp, group) => match line.low {
            ["shutdown"] => {
                let words = shutdown_of(*index, *group);
                lowering
                    .switches
                    .insert(words, At::new(!line.negated, line.at));
                lowering.builder.contribute_index(line.at, *index);
                Ok(())
            }
            ["address", ..] => lowering.inner(block, &Respelled::new(&["ip"], line, 1).line(line)),
            ["advertisement-interval", _] => {
                let words = Respelled::new(&["timers", "advertise"], line, 1);
                lowering.inner(block, &words.line(line))
            }
            _ => lowering.inner(block, line),
        },
        Block::Vrrp(..)
        | Block::FirstHop(..)
        | Block::Acl(..)
        | Block::RouteMap(..)
        | Block::CommunityList(..)
        | Block::PrefixList(_)
        | Block::Probe(_)
        | Block::KeyChain(..)
        | Block::Pool(_)
        | Block::RadiusServer(_)
        | Block::NatPool(_)
        | Block::PeerFilter(_)
        | Block::Described
        | Block::ZonePair(_)
        | Block::ClassMap(_)
        | Block::PolicyMap(_)
        | Block::PolicyClass(..)
        | Block::RadiusGroup(_) => lowering.inner(block, line),
    }
}

/// A list over AS paths or communities: numbers of lines and quotes are left out, since lines come
/// in their order.
fn route_list(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let place = line.low.iter().position(|word| *word == "seq");
    let pairs = line.low.iter().zip(line.raw).enumerate();
    let (mut low, mut raw) = (Vec::new(), Vec::new());
    for (index, (low_word, raw_word)) in pairs {
        if place.is_some_and(|place| index == place || index == place + 1) {
            continue;
        }
        low.push(unquoted(low_word));
        raw.push(unquoted(raw_word));
    }
    lowering.top(&Line {
        low: &low,
        raw: &raw,
        ..*line
    })
}

/// The switch that says whether a VRRP group is off, which it is unless the text says otherwise
/// (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Configuring VRRP").
fn shutdown_of(index: u32, group: u16) -> String {
    format!("vrrp {index} {group}")
}

/// A line of an interface.
fn interface_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    let respelled = match line.low {
        ["hsrp", "version", _] => Respelled::new(&["standby", "version"], line, 2),
        ["hsrp", group] | ["hsrp", group, "ipv4"] => {
            return group_block(
                lowering,
                index,
                FirstHopProtocol::Hsrp,
                number(group)?,
                line,
            );
        }
        ["vrrp", group] => {
            return group_block(
                lowering,
                index,
                FirstHopProtocol::Vrrp,
                number(group)?,
                line,
            );
        }
        ["vrrpv3", group, "address-family", "ipv4"] => {
            return version_3(lowering, index, number(group)?, line);
        }
        ["vrf", "member", _] => Respelled::new(&["vrf", "forwarding"], line, 2),
        ["ip", "dhcp", "relay", "address", _] => Respelled::new(&["ip", "helper-address"], line, 4),
        ["ip", "router", "ospf", _, "area", _] => Respelled::new(&["ip", "ospf"], line, 3),
        ["ip", "ospf", "passive-interface"] => {
            let words = format!("passive ospf {index}");
            lowering
                .switches
                .insert(words, At::new(!line.negated, line.at));
            lowering.builder.contribute_index(line.at, index);
            return Ok(());
        }
        ["ip", "address", _, rest @ ..] => match rest {
            [] | ["secondary"] => Respelled::new(&["ip", "address"], line, 2),
            _ => return unmodeled(Effect::Interface),
        },
        ["channel-group", _, "force", ..] => {
            let [head, group, ..] = line.low else {
                return Err(Gap::Odd);
            };
            Respelled::new(&[head, group], line, 3)
        }
        ["switchport"] => {
            let words = if line.negated {
                "routed port"
            } else {
                "switched port"
            };
            lowering
                .switches
                .insert(words.to_owned(), At::new(true, line.at));
            Respelled::new(&[], line, 0)
        }
        [
            "source-interface" | "host-reachability" | "member" | "global",
            ..,
        ]
        | ["fabric", "forwarding", ..] => {
            return fabric::lower_interface(lowering, index, line);
        }
        ["ip" | "isis", ..] => return interior_line(lowering, block, index, line),
        _ => return lowering.inner(block, line),
    };
    lowering.inner(block, &respelled.line(line))
}

/// A line of an interface about interior protocols, or another one of IPv4.
fn interior_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    let words = match line.low {
        ["ip", "eigrp" | "passive-interface" | "distribute-list", ..]
        | ["ip", _, "eigrp", _, ..]
        | ["ip", "authentication", _, "eigrp", ..] => {
            return eigrp::lower_interface(lowering, index, line);
        }
        ["ip", "router", "rip", _] | ["ip", "rip", "route-filter" | "passive-interface", ..] => {
            return rip::lower_interface(lowering, index, line);
        }
        ["ip", "rip", "summary-address", _] => {
            Respelled::new(&["ip", "summary-address", "rip"], line, 3)
        }
        ["isis", "passive-interface", ..] => {
            lowering.builder.contribute_index(line.at, index);
            let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
                return Err(Gap::Odd);
            };
            return isis::passive(&mut interface.isis, line);
        }
        ["isis", "shutdown"] => Respelled::new(&["isis", "protocol"], line, 1),
        ["ip", "router" | "policy", word, ..] if *word != "isis" => {
            return unmodeled(Effect::Routing);
        }
        _ => return lowering.inner(block, line),
    };
    lowering.inner(block, &words.line(line))
}

/// Opens or removes the block of a first-hop group.
fn group_block(
    lowering: &mut Lowering,
    index: u32,
    protocol: FirstHopProtocol,
    group: u16,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let key = some(lowering.builder.key(index).cloned())?;
    if line.negated {
        if let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) {
            interface
                .first_hop
                .retain(|known| known.protocol != protocol || known.group != group);
        }
        return Ok(());
    }
    lowering.open(line.at, &key, Block::FirstHop(index, protocol, group));
    if protocol == FirstHopProtocol::Hsrp {
        // Version 1 unless the interface says otherwise (Cisco Nexus 9000 Series NX-OS Unicast
        // Routing Configuration Guide, "Configuring HSRP", default settings).
        lowering.hsrp_versions.entry(index).or_insert(1);
    }
    Ok(())
}

/// Opens or removes the block of a VRRP group of version 3.
fn version_3(lowering: &mut Lowering, index: u32, group: u16, line: &Line<'_, '_>) -> Lowered {
    group_block(lowering, index, FirstHopProtocol::Vrrp, group, line)?;
    if line.negated {
        return Ok(());
    }
    if let Some((_, block)) = lowering.blocks.last_mut() {
        *block = Block::Vrrp(index, group);
    }
    if let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) {
        let found = first_hop::find(interface, FirstHopProtocol::Vrrp, group);
        found.version = Some(3);
    }
    let words = shutdown_of(index, group);
    lowering.switches.insert(words, At::new(false, line.at));
    Ok(())
}

/// `ip route PREFIX [INTERFACE] HOP [vrf V] [track N] [name X] [tag T] [DISTANCE]`.
fn static_route(lowering: &mut Lowering, line: &Line<'_, '_>, vrf: Option<&str>) -> Lowered {
    let mut words = Respelled::new(&[], line, 0);
    if vrf.is_some() {
        // The next hop is looked up in another VRF.
        words.replace(&["vrf", "default"], "global");
    }
    route::lower_in(lowering, &words.line(line), vrf, 2)
}
