//! FRR statements as facets: respelled as the family writes them, or lowered here.

use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, route, route_list, route_map, some,
    unmodeled, vrf,
};
use crate::dialect::ios_family::words::address;
use crate::model::filter::Action;
use crate::model::interface::Interface;
use crate::model::route_policy::{RouteCondition, Undefined};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

mod bgp;
mod defaults;
mod ospf;

pub(super) use defaults::finish;

/// What references to undefined policies do: nothing passes (FRR sources, `bgpd/bgp_route.c`,
/// `lib/routemap.c`, `lib/plist.c`, `lib/filter.c`: a name without an object denies).
const UNDEFINED: Undefined = Undefined {
    route_map: Some(Action::Deny),
    prefix_list: Some(Action::Deny),
    acl: Some(Action::Deny),
    as_path_list: Some(Action::Deny),
    community_list: Some(Action::Deny),
};

/// A statement that stands in no block.
pub(super) fn top(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["frr", "version" | "defaults", _] | ["ip", "nht", "resolve-via-default"] => {
            lowering.switch(line);
            Ok(())
        }
        ["ip", "forwarding"] => lowering.top(&Line {
            low: &["ip", "routing"],
            ..*line
        }),
        ["interface", _, "vrf", _] => {
            let name = Line {
                low: line.low.get(..2).unwrap_or(&[]),
                raw: line.raw.get(..2).unwrap_or(&[]),
                ..*line
            };
            lowering.top(&name)?;
            let (vrf, name) = (some(line.raw(3))?.to_owned(), some(line.raw(1))?);
            let key = FacetKey::new(FacetKind::Interface, name);
            if let Some(Facet::Interface(interface)) = lowering.builder.existing(&key) {
                interface.vrf = Some(At::new(vrf, line.at));
            }
            Ok(())
        }
        ["ip", "route", ..] => static_route(lowering, line, None),
        ["vrf", _] => vrf::lower(
            lowering,
            &Respelled::plain(&["vrf", "definition"], line, 1).line(line),
        ),
        ["router", "ospf"] => {
            ospf::define(lowering, line, None);
            Ok(())
        }
        ["router", "ospf", "vrf", _] => {
            ospf::define(lowering, line, line.raw(3));
            Ok(())
        }
        ["router", "bgp", ..] => bgp::lower(lowering, line),
        ["ip", "prefix-list", ..] => route_list::lower_prefix_list(lowering, &any(line).line(line)),
        ["access-list", ..] => access_list(lowering, line),
        ["bgp", "as-path", ..] => {
            let words = unnumbered(line, 4);
            route_list::lower_as_path_list(lowering, &words.line(line))
        }
        ["bgp", "community-list", "standard" | "expanded", ..] => {
            let words = unnumbered(line, 4);
            route_list::lower_community_list(lowering, &words.line(line))
        }
        ["bgp", "community-list", ..] => {
            let words = unnumbered(line, 3);
            route_list::lower_community_list(lowering, &words.line(line))
        }
        _ => lowering.top(line),
    }
}

/// The words of a list of BGP without its `seq N` at `place`: lines are printed in the order of
/// their numbers.
fn unnumbered<'a>(line: &Line<'_, 'a>, place: usize) -> Respelled<'a> {
    let words = Respelled::plain(&["ip"], line, 1);
    match line.low.get(place..place + 2) {
        Some(["seq", number]) => words.without(&["seq", number]),
        _ => words,
    }
}

/// The words of a line of a prefix list with `any` as the prefixes that it stands for.
fn any<'a>(line: &Line<'_, 'a>) -> Respelled<'a> {
    let mut words = Respelled::plain(&[], line, 0);
    if line.low.len() > 3 && line.low.last() == Some(&"any") {
        words.replace(&["any"], "0.0.0.0/0");
        words = words.and(&["le", "32"]);
    }
    words
}

/// The name of the prefix list that stands for an access list: such a list is about prefixes
/// (FRR documentation, "access-list").
pub(super) fn access_list_name(name: &str) -> String {
    format!("access-list {name}")
}

/// `access-list NAME [seq N] permit|deny PREFIX [exact-match]`.
fn access_list(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = access_list_name(some(line.raw(1))?);
    let mut words = Respelled::plain(&["ip", "prefix-list", name.as_str()], line, 2);
    let key = FacetKey::new(FacetKind::PrefixList, &name);
    lowering.builder.contribute(line.at, &key);
    lowering.builder.open_block(line.at, &key);
    match line.low.last() {
        Some(&"any") => {
            words.replace(&["any"], "0.0.0.0/0");
            words = words.and(&["le", "32"]);
        }
        Some(&"exact-match") => words = words.without(&["exact-match"]),
        Some(word) if word.ends_with("/32") => {}
        Some(word) if word.contains('/') => words = words.and(&["le", "32"]),
        // Lists with wildcards look at the address alone.
        Some(_) | None => return unmodeled(Effect::Routing),
    }
    route_list::lower_prefix_list(lowering, &words.line(line))
}

/// `ip route PREFIX GATEWAY|INTERFACE|blackhole …`.
fn static_route(lowering: &mut Lowering, line: &Line<'_, '_>, vrf: Option<&str>) -> Lowered {
    let mut words = Respelled::plain(&[], line, 0);
    let mut vrf = vrf;
    if let Some(place) = line.low.iter().position(|word| *word == "vrf") {
        let name = some(line.raw(place + 1))?;
        vrf = Some(name);
        words = words.without(line.low.get(place..place + 2).unwrap_or(&[]));
    }
    if let [_, _, _, gateway, name, ..] = line.low
        && address(gateway).is_some()
        && is_name(name)
    {
        words = words.swapped(3);
    }
    words.replace(&["blackhole"], "Null0");
    words.replace(&["reject"], "Null0");
    let respelled = words.line(line);
    let is_odd = |word: &&str| {
        matches!(
            *word,
            "nexthop-vrf" | "table" | "label" | "color" | "segments" | "onlink" | "bfd"
        )
    };
    if respelled.low.iter().any(is_odd) {
        return unmodeled(Effect::Routing);
    }
    let words = Respelled::new(&[], &respelled, 0);
    route::lower_in(lowering, &words.line(line), vrf, 2).map_err(|gap| match gap {
        Gap::Odd => Gap::Support(Support::Unrecognized(Effect::Routing)),
        Gap::Support(_) => gap,
    })
}

/// Whether a word after a gateway is the name of an interface.
fn is_name(word: &str) -> bool {
    word.parse::<u32>().is_err()
        && !matches!(
            word,
            "tag"
                | "vrf"
                | "table"
                | "label"
                | "nexthop-vrf"
                | "onlink"
                | "color"
                | "bfd"
                | "segments"
        )
}

/// A statement in a block.
pub(super) fn inner(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    match block {
        Block::Interface(index) => interface_line(lowering, block, *index, line),
        Block::Ospf(index) => ospf::lower_line(lowering, *index, line),
        Block::Bgp(index, part) => bgp::lower_line(lowering, *index, part, line),
        Block::Vrf(index) => match line.low {
            ["ip", "route", ..] => {
                let name = some(lowering.builder.key(*index))?.name.clone();
                static_route(lowering, line, Some(&name))
            }
            _ => lowering.inner(block, line),
        },
        Block::RouteMap(..) => route_map_line(lowering, block, line),
        Block::Vrrp(..)
        | Block::FirstHop(..)
        | Block::Vlans(_)
        | Block::Acl(..)
        | Block::ObjectGroup(..)
        | Block::CommunityList(..)
        | Block::PrefixList(_)
        | Block::Eigrp(_)
        | Block::Rip(_)
        | Block::Isis(_)
        | Block::Track(_)
        | Block::Probe(_)
        | Block::KeyChain(..)
        | Block::Pool(_)
        | Block::RadiusServer(_)
        | Block::RadiusGroup(_)
        | Block::NatPool(_)
        | Block::Tunnels(..)
        | Block::Domains(_)
        | Block::PeerFilter(_)
        | Block::Described
        | Block::ZonePair(_)
        | Block::ClassMap(_)
        | Block::PolicyMap(_)
        | Block::PolicyClass(..) => lowering.inner(block, line),
    }
}

/// Leaves a clause of a route map unread.
fn unread_clause(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    lowering.hole(line, Some(block));
    unmodeled(Effect::Routing)
}

/// A line of a route map.
fn route_map_line(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    let name;
    let words = match line.low {
        ["match", "ip", what @ ("address" | "next-hop"), _] => {
            name = access_list_name(some(line.raw(3))?);
            Respelled::plain(
                &["match", "ip", what, "prefix-list", name.as_str()],
                line,
                4,
            )
        }
        ["match", "community", ..] if line.low.contains(&"any") => {
            return unread_clause(lowering, block, line);
        }
        ["set", "metric", value] if value.parse::<i64>().is_err() => {
            return unread_clause(lowering, block, line);
        }
        ["set", "local-preference" | "weight", value] if value.parse::<u32>().is_err() => {
            return unread_clause(lowering, block, line);
        }
        ["on-match", "next"] | ["on-match", "goto", _] => Respelled::plain(&["continue"], line, 2),
        _ => Respelled::plain(&[], line, 0),
    };
    let Block::RouteMap(index, sequence) = block else {
        return lowering.inner(block, &words.line(line));
    };
    if line.negated {
        return lowering.inner(block, &words.line(line));
    }
    // A command stands once in an entry, its last line counts (FRR sources, `lib/routemap.c`,
    // `route_map_add_match`, `route_map_add_set`).
    let place = (*index, *sequence);
    let before = route_map::set_aside(lowering, place);
    let lowered = lowering.inner(block, &words.line(line));
    route_map::put_back(lowering, place, before, is_one_command);
    lowered
}

/// Whether two conditions of one kind are written by one command: access lists and prefix lists are
/// named by two.
fn is_one_command(one: &RouteCondition, other: &RouteCondition) -> bool {
    let by_access_list = |condition: &RouteCondition| {
        use RouteCondition::{NextHopPrefixList, PrefixList};
        let (PrefixList(names) | NextHopPrefixList(names)) = condition else {
            return false;
        };
        let head = access_list_name("");
        names.iter().any(|name| name.starts_with(&head))
    };
    by_access_list(one) == by_access_list(other)
}

/// A line of an interface.
fn interface_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    match line.low {
        ["ip", "address", net, ..] => {
            // Every address adds up; the first is the primary one.
            let interface = interface(lowering, index, line)?;
            let net: crate::net::Ipv4Net = number(net)?;
            interface.addresses.retain(|known| known.value.net != net);
            let secondary = interface
                .addresses
                .iter()
                .any(|known| known.value.net.trunc() == net.trunc());
            let value = crate::model::interface::InterfaceAddress { net, secondary };
            interface.addresses.extend(line.value(value));
            Ok(())
        }
        ["vrf", _] => lowering.inner(
            block,
            &Respelled::plain(&["vrf", "forwarding"], line, 1).line(line),
        ),
        // In Mbit/s.
        ["bandwidth", rate] => {
            let rate: u64 = number(rate)?;
            interface(lowering, index, line)?.bandwidth = line.value(rate.saturating_mul(1000));
            Ok(())
        }
        ["bandwidth"] => {
            interface(lowering, index, line)?.bandwidth = None;
            Ok(())
        }
        ["ip", "ospf", ..] => ospf::interface_line(lowering, block, index, line),
        _ => lowering.inner(block, line),
    }
}

/// The interface of a block.
pub(super) fn interface<'l>(
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
