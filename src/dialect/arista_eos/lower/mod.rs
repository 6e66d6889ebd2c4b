//! EOS statements as facets: respelled as the family writes them, or lowered here.

use std::net::Ipv4Addr;

use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, acl, first_hop, number, ospf as family_ospf,
    room, some, unmodeled, vrf,
};
use crate::dialect::ios_family::words::address;
use crate::model::interface::{FirstHopProtocol, Interface, InterfaceAddress};
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::{Effect, Support};

mod bgp;
mod defaults;
mod fabric;
mod isis;
mod ospf;
mod redistribute;
mod rip;

pub(super) use defaults::finish;

/// A statement that stands in no block.
pub(super) fn top(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        // Several interfaces at once: the device prints each of its own.
        ["interface", names]
            if names.contains([',', '-']) && !names.starts_with("port-channel") =>
        {
            unmodeled(Effect::Device)
        }
        ["ip", "routing", "vrf", _] => {
            let words = forwards(some(line.raw(3))?);
            lowering
                .switches
                .insert(words, At::new(!line.negated, line.at));
            let key = FacetKey::new(FacetKind::Vrf, some(line.raw(3))?);
            lowering.builder.contribute(line.at, &key);
            Ok(())
        }
        ["ip", "virtual-router", "mac-address", ..] => {
            let key = FacetKey::new(FacetKind::System, "");
            lowering.builder.contribute(line.at, &key);
            let new = || Facet::System(System::default());
            if let Facet::System(system) = lowering.builder.facet(&key, new) {
                let address = line.low.get(3).map(|address| (*address).to_owned());
                system.virtual_mac = address.and_then(|address| line.value(address));
            }
            Ok(())
        }
        ["switchport", "default", "mode", _] | ["ipv6", "unicast-routing"] => {
            lowering.switch(line);
            Ok(())
        }
        ["service", "routing", "protocols", "model", _] => {
            lowering.switch(line);
            let key = FacetKey::new(FacetKind::System, "");
            lowering.builder.contribute(line.at, &key);
            Ok(())
        }
        ["vrf", "instance" | "definition", _] => vrf::lower(lowering, line),
        ["ip", "route", ..] => {
            let words = Respelled::new(&[], line, 0);
            lowering.top(&words.line(line)).map_err(|gap| match gap {
                Gap::Odd => Gap::Support(Support::Unrecognized(Effect::Routing)),
                Gap::Support(_) => gap,
            })
        }
        ["router", "bgp", _] => bgp::lower(lowering, line),
        ["router", "isis", ..] => isis::lower(lowering, line),
        ["router", "rip", ..] => rip::lower(lowering, line),
        ["peer-filter", _] => bgp::open_filter(lowering, line),
        ["ip", "prefix-list", _] if !line.negated => {
            let key = FacetKey::new(FacetKind::PrefixList, some(line.raw(2))?);
            let index = lowering.builder.index(&key);
            lowering.builder.contribute_index(line.at, index);
            lowering.open(line.at, &key, Block::PrefixList(index));
            Ok(())
        }
        ["ip", "as-path", "access-list", _, _, _, "any"] => {
            // Of any origin.
            let low = line.low.get(..6).unwrap_or(&[]);
            let raw = line.raw.get(..6).unwrap_or(&[]);
            lowering.top(&Line { low, raw, ..*line })
        }
        ["ip", "as-path", "access-list", _, _, _, _, ..] => unmodeled(Effect::Routing),
        ["ip", "community-list", "regexp" | "expanded", ..] => {
            let words = Respelled::plain(&["ip", "community-list", "expanded"], line, 3);
            lowering.top(&words.line(line))
        }
        ["ip", "community-list", "standard", ..] => lowering.top(line),
        ["ip", "community-list", ..] => {
            let words = Respelled::plain(&["ip", "community-list", "standard"], line, 2);
            lowering.top(&words.line(line))
        }
        ["ip", "access-list", "standard", _] => {
            acl::define(lowering, line, some(line.raw(3))?, true);
            Ok(())
        }
        ["ip", "access-list", _] => {
            acl::define(lowering, line, some(line.raw(2))?, false);
            Ok(())
        }
        _ => lowering.top(line),
    }
}

/// The switch that says whether a VRF forwards.
fn forwards(vrf: &str) -> String {
    format!("ip routing vrf {vrf}")
}

/// A statement in a block.
pub(super) fn inner(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    match block {
        Block::PeerFilter(name) => bgp::lower_filter(lowering, name, line),
        Block::Interface(index) => interface_line(lowering, block, *index, line),
        Block::Ospf(index) => ospf::lower_line(lowering, *index, line),
        Block::Bgp(index, part) => bgp::lower_line(lowering, *index, part, line),
        Block::Isis(index) => isis::lower_line(lowering, *index, line),
        Block::Rip(index) => rip::lower_line(lowering, *index, line),
        Block::RouteMap(..) => match line.low {
            ["match", "ip", what, "access-list", ..] => {
                let words = Respelled::plain(&["match", "ip", what], line, 4);
                lowering.inner(block, &words.line(line))
            }
            _ => lowering.inner(block, line),
        },
        Block::Vrrp(..)
        | Block::FirstHop(..)
        | Block::Vlans(_)
        | Block::Acl(..)
        | Block::ObjectGroup(..)
        | Block::CommunityList(..)
        | Block::PrefixList(_)
        | Block::Eigrp(_)
        | Block::Track(_)
        | Block::Probe(_)
        | Block::KeyChain(..)
        | Block::Pool(_)
        | Block::RadiusServer(_)
        | Block::RadiusGroup(_)
        | Block::NatPool(_)
        | Block::Tunnels(..)
        | Block::Domains(_)
        | Block::Described
        | Block::ZonePair(_)
        | Block::ClassMap(_)
        | Block::PolicyMap(_)
        | Block::PolicyClass(..)
        | Block::Vrf(_) => lowering.inner(block, line),
    }
}

/// A line of an interface.
fn interface_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    let respelled = match line.low {
        ["vrf", _] => Respelled::new(&["vrf", "forwarding"], line, 1),
        ["encapsulation", "dot1q", "vlan", _] => {
            Respelled::new(&["encapsulation", "dot1q"], line, 3)
        }
        ["ip", "address", "unnumbered", ..] => Respelled::new(&["ip", "unnumbered"], line, 3),
        ["ip", "address", "virtual", rest @ ..] => {
            let secondary = match rest {
                [_] => false,
                [_, "secondary"] => true,
                _ => return Err(Gap::Odd),
            };
            let net: Ipv4Net = number(some(line.raw(3))?)?;
            let interface = interface(lowering, index, line)?;
            interface.addresses.retain(|known| known.value.net != net);
            let value = InterfaceAddress { net, secondary };
            interface.addresses.extend(line.value(value));
            return virtual_address(interface, net.addr(), line);
        }
        ["ip", "virtual-router", "address", one] => {
            let Some(one) = address(one) else {
                return unmodeled(Effect::Interface);
            };
            return virtual_address(interface(lowering, index, line)?, one, line);
        }
        ["vrrp", group, "ipv4" | "ip", "version", version] => {
            let (group, version) = (number(group)?, number(version)?);
            let interface = interface(lowering, index, line)?;
            let found = first_hop::find(interface, FirstHopProtocol::Vrrp, group);
            found.version = line.value(version).map(|version| version.value);
            return Ok(());
        }
        ["vrrp", ..] => vrrp(line)?,
        ["ip", "ospf", "area", named] => {
            let area = some(family_ospf::area(named))?;
            let interface = interface(lowering, index, line)?;
            // The process of the interface's VRF, which is known at the end.
            interface.ospf.process_area = line.value((String::new(), area));
            return Ok(());
        }
        ["ipv6", "enable"] | ["ipv6", "address", ..] => {
            let interface = interface(lowering, index, line)?;
            // An address brings one of the link along, as long as it is there.
            let by_address = line.low.get(1) == Some(&"address");
            if !(by_address && line.negated) {
                interface.link_local = line.value(true);
            }
            return Ok(());
        }
        ["vxlan", ..] => return fabric::lower_interface(interface(lowering, index, line)?, line),
        ["isis", "enable", _] => Respelled::new(&["ip", "router", "isis"], line, 2),
        _ => Respelled::new(&[], line, 0),
    };
    lowering.inner(block, &respelled.line(line))
}

/// `vrrp N …` as the family writes it.
fn vrrp<'a>(line: &Line<'_, 'a>) -> Result<Respelled<'a>, Gap> {
    let [head, group, ..] = line.low else {
        return Err(Gap::Odd);
    };
    let words = |middle: &[&'a str], from: usize| {
        let mut start = vec![*head, *group];
        start.extend(middle);
        Respelled::new(&start, line, from)
    };
    Ok(match line.low {
        [_, _, "ipv4" | "ip", _, ..] => words(&["ip"], 3),
        [_, _, "priority-level", _] => words(&["priority"], 3),
        [_, _, "advertisement", "interval", _] => words(&["timers", "advertise"], 4),
        _ => words(&[], 2),
    })
}

/// The interface of a block.
fn interface<'l>(
    lowering: &'l mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Result<&'l mut Interface, Gap> {
    lowering.builder.contribute_index(line.at, index);
    match lowering.builder.at_index(index) {
        Some(Facet::Interface(interface)) => Ok(interface),
        _ => Err(Gap::Odd),
    }
}

/// An address that every router of the subnet answers for (EOS user manual, "Virtual-ARP").
fn virtual_address(interface: &mut Interface, one: Ipv4Addr, line: &Line<'_, '_>) -> Lowered {
    let found = first_hop::find(interface, FirstHopProtocol::Anycast, 0);
    room(&found.addresses)?;
    found.addresses.retain(|known| known.value != one);
    found.addresses.extend(line.value(one));
    if found.addresses.is_empty() {
        interface
            .first_hop
            .retain(|group| group.protocol != FirstHopProtocol::Anycast);
    }
    Ok(())
}
