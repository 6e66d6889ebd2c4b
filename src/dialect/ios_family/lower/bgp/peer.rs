//! Peers of BGP, and the groups and templates that they inherit from.

use super::super::rest::Rest;
use super::super::route_list::as_number;
use super::super::secret::secret;
use super::super::{Gap, Line, Lowered, irrelevant, room, some, unmodeled};
use super::{DISTANCES, Part};
use crate::dialect::ios_family::words::address;
use crate::model::bgp::{
    BgpPeer, BgpProcess, BgpTable, ConditionalAdvertisement, LocalAs, PeerKind, PeerName, RemoteAs,
};
use crate::model::route_policy::RouteFilter;
use crate::source::At;
use crate::syntax::Effect;

/// Why peers that have an IPv6 address are irrelevant.
pub(in crate::dialect) const IPV6: &str = "IPv6 only: requirements are judged over IPv4";
/// Hops that `ebgp-multihop` allows where it gives no number (Cisco IOS IP Routing: BGP Command
/// Reference, "neighbor ebgp-multihop").
const MULTIHOP: u8 = 255;
/// How often `allowas-in` allows the own number where it does not say (the same, "neighbor
/// allowas-in").
const OWN_AS: u8 = 3;

/// The name of a peer group among the groups: groups of VRFs are their own.
pub(in crate::dialect) fn group_key(vrf: Option<&String>, name: &str) -> String {
    match vrf {
        None => name.to_owned(),
        Some(vrf) => format!("{vrf} {name}"),
    }
}

/// The peer or group of `neighbor NAME`, where there is one.
pub(in crate::dialect) fn named<'p>(
    process: &'p mut BgpProcess,
    part: &Part,
    line: &Line<'_, '_>,
) -> Option<&'p mut BgpPeer> {
    let name = line.raw(1)?;
    let Some(address) = address(name) else {
        return process.groups.get_mut(&group_key(part.vrf(), name));
    };
    let table = process.tables.get_mut(&part.vrf().cloned())?;
    table
        .peers
        .get_mut(&PeerName::Known(PeerKind::Address(address)))
}

/// `neighbor NAME …`.
pub(in crate::dialect) fn lower(
    process: &mut BgpProcess,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    let name = some(line.raw(1))?;
    if name.contains(':') {
        return lower_ipv6(process, part, line);
    }
    let vrf = part.vrf();
    let defined_at = Some(At::new((), line.at));
    let Some(address) = address(name) else {
        let key = group_key(vrf, name);
        if let ["neighbor", _, "peer-group"] = line.low {
            if line.negated {
                process.groups.remove(&key);
            } else {
                process.groups.entry(key).or_default().defined_at = defined_at;
            }
            return Ok(());
        }
        // A group that is not defined is one that a part of the text defines that we do not have.
        let group = process.groups.entry(key).or_default();
        group.defined_at = group.defined_at.or(defined_at);
        return lower_named(group, vrf, line);
    };
    let key = PeerName::Known(PeerKind::Address(address));
    let table = process
        .tables
        .entry(vrf.cloned())
        .or_insert_with(|| BgpTable::with_distances(DISTANCES));
    let gone = matches!(line.low, ["neighbor", _] | ["neighbor", _, "remote-as", ..]);
    if line.negated && gone {
        table.peers.remove(&key);
        return Ok(());
    }
    let peer = table.peers.entry(key).or_default();
    peer.defined_at = peer.defined_at.or(defined_at);
    lower_named(peer, vrf, line)
}

/// A peer with an IPv6 address: of interest only where it brings IPv4 routes (RFC 8950).
fn lower_ipv6(process: &mut BgpProcess, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let name = format!("IPv6 peer {}", some(line.raw(1))?);
    let table = process
        .tables
        .entry(part.vrf().cloned())
        .or_insert_with(|| BgpTable::with_distances(DISTANCES));
    match line.low {
        // Such a peer takes part in IPv4 too, unless that is said not to be so.
        ["neighbor", _, "remote-as" | "peer-group", ..] if process.ipv4_by_default => {
            if line.negated {
                table.unread.remove(&name);
            } else {
                table.unread.insert(name);
            }
            irrelevant(IPV6)
        }
        ["neighbor", _, "activate"] if matches!(part, Part::Family(_)) => {
            if line.negated {
                table.unread.remove(&name);
                Ok(())
            } else {
                table.unread.insert(name);
                unmodeled(Effect::Routing)
            }
        }
        _ => irrelevant(IPV6),
    }
}

/// A setting of a peer or a group, after its name.
fn lower_named(peer: &mut BgpPeer, vrf: Option<&String>, line: &Line<'_, '_>) -> Lowered {
    if let ["neighbor", _, "peer-group", ..] = line.low {
        let group = line.raw(3).map(|group| group_key(vrf, group));
        return inherit(peer, line, group, |name| {
            !name.starts_with("session ") && !name.starts_with("policy ")
        });
    }
    lower_setting(peer, line, 2)
}

/// Takes up or leaves what a peer inherits from; `of_kind` tells which of its sources are replaced.
fn inherit(
    peer: &mut BgpPeer,
    line: &Line<'_, '_>,
    from: Option<String>,
    of_kind: impl Fn(&str) -> bool,
) -> Lowered {
    peer.inherits.retain(|known| {
        !of_kind(&known.value)
            || (line.negated && from.as_ref().is_some_and(|from| *from != known.value))
    });
    if !line.negated {
        peer.inherits.push(At::new(some(from)?, line.at));
    }
    Ok(())
}

/// A setting whose words begin at `from`.
pub(in crate::dialect) fn lower_setting(
    peer: &mut BgpPeer,
    line: &Line<'_, '_>,
    from: usize,
) -> Lowered {
    let mut rest = Rest::new(line, from);
    let word = some(rest.word())?;
    match word {
        "remote-as" if line.negated => peer.remote_as = None,
        "remote-as" => {
            let remote = match some(rest.word())? {
                "internal" => RemoteAs::Internal,
                "external" => RemoteAs::External,
                asn => RemoteAs::Number(some(as_number(asn))?),
            };
            peer.remote_as = line.value(remote);
            rest.end()?;
        }
        "local-as" if line.negated => peer.local_as = None,
        "local-as" => peer.local_as = line.value(local_as(&mut rest)?),
        "shutdown" => {
            rest.end()?;
            peer.shutdown = line.flag();
        }
        "activate" => peer.activated = line.flag(),
        "ebgp-multihop" => {
            let hops = rest.maybe_number().unwrap_or(MULTIHOP);
            peer.multihop = line.value(hops);
            rest.end()?;
        }
        "ttl-security" if line.negated => peer.ttl_security = None,
        "ttl-security" => {
            some(rest.takes("hops").then_some(()))?;
            peer.ttl_security = line.value(rest.number()?);
        }
        "disable-connected-check" => peer.disable_connected_check = line.flag(),
        "update-source" if line.negated => peer.update_source = None,
        "update-source" => peer.update_source = line.value(rest.interface()?),
        "transport" => match (rest.word(), rest.word()) {
            (Some("connection-mode"), Some("passive")) => peer.passive = line.flag(),
            (Some("path-mtu-discovery" | "multi-session"), _) => {
                return irrelevant("how the session's packets are cut, not what it says");
            }
            _ => return unmodeled(Effect::Routing),
        },
        "password" if line.negated => peer.password = None,
        "password" => peer.password = line.value(secret(line, from + 1)?),
        "inherit" => {
            let kind = match rest.word() {
                Some("peer-session") => "session ",
                Some("peer-policy") => "policy ",
                Some(_) | None => return Err(Gap::Odd),
            };
            return lower_inherit(peer, line, kind, rest);
        }
        _ => return lower_policy(peer, line, word, rest),
    }
    Ok(())
}

/// `inherit peer-session NAME`, `inherit peer-policy NAME [N]`.
fn lower_inherit(
    peer: &mut BgpPeer,
    line: &Line<'_, '_>,
    kind: &str,
    mut rest: Rest<'_, '_>,
) -> Lowered {
    let from = match rest.peek() {
        Some(_) => Some(format!("{kind}{}", rest.name()?)),
        None => None,
    };
    // Several policy templates are applied by number; which of two wins is not modeled.
    let others = peer
        .inherits
        .iter()
        .any(|known| known.value.starts_with(kind) && Some(&known.value) != from.as_ref());
    if others && kind == "policy " && !line.negated {
        return unmodeled(Effect::Routing);
    }
    inherit(peer, line, from, |name| name.starts_with(kind))
}

/// `local-as N [no-prepend [replace-as [dual-as]]]`.
fn local_as(rest: &mut Rest<'_, '_>) -> Result<LocalAs, Gap> {
    let mut local = LocalAs {
        asn: some(rest.word().and_then(as_number))?,
        no_prepend: false,
        replace_as: false,
        dual_as: false,
    };
    while let Some(word) = rest.word() {
        match word {
            "no-prepend" => local.no_prepend = true,
            "replace-as" => local.replace_as = true,
            "dual-as" => local.dual_as = true,
            _ => return Err(Gap::Odd),
        }
    }
    Ok(local)
}

/// A setting that changes routes.
fn lower_policy(
    peer: &mut BgpPeer,
    line: &Line<'_, '_>,
    word: &str,
    mut rest: Rest<'_, '_>,
) -> Lowered {
    match word {
        "route-map" | "prefix-list" | "distribute-list" | "filter-list" => {
            return lower_filter(peer, line, word, rest);
        }
        "next-hop-self" => {
            let all = rest.takes("all");
            let flag = line.flag();
            peer.next_hop_self = flag.map(|flag| At::new((flag.value, all), line.at));
            rest.end()?;
        }
        "next-hop" if rest.low == ["address-family", "ipv6", "originate"] => {
            peer.ipv6_next_hops = line.flag();
        }
        "next-hop-unchanged" => {
            rest.takes("allpaths");
            rest.end()?;
            peer.next_hop_unchanged = line.flag();
        }
        "route-reflector-client" => peer.reflector_client = line.flag(),
        "route-server-client" => {
            rest.end()?;
            peer.route_server_client = line.flag();
        }
        "send-community" => return lower_send(peer, line, rest),
        "weight" if line.negated => peer.weight = None,
        "weight" => peer.weight = line.value(rest.number()?),
        "allowas-in" => {
            let times = rest.maybe_number().unwrap_or(OWN_AS);
            peer.allow_own_as = line.value(times);
            rest.end()?;
        }
        "as-override" => {
            rest.end()?;
            peer.as_override = line.flag();
        }
        "remove-private-as" => {
            let all = rest.takes("all");
            let replace = rest.takes("replace-as");
            rest.end()?;
            peer.remove_private_as = line.value((all, replace));
        }
        "default-originate" => {
            let map = rest.named_by("route-map")?;
            rest.end()?;
            peer.default_originate = line.value(map);
        }
        "advertise-map" => return lower_conditional(peer, line, rest),
        "unsuppress-map" if line.negated => peer.unsuppress_map = None,
        "unsuppress-map" => peer.unsuppress_map = line.value(rest.name()?),
        "maximum-prefix" if line.negated => peer.maximum_prefix = None,
        "maximum-prefix" => {
            let most = rest.number()?;
            let warns = line.low.contains(&"warning-only");
            peer.maximum_prefix = line.value((most, warns));
        }
        "additional-paths" => {
            let (mut receive, mut send) = (false, false);
            while let Some(word) = rest.word() {
                match word {
                    "receive" => receive = true,
                    "send" => send = true,
                    "disable" => {}
                    _ => return Err(Gap::Odd),
                }
            }
            peer.additional_paths = line.value((receive, send));
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `route-map|prefix-list|distribute-list|filter-list NAME in|out`.
fn lower_filter(
    peer: &mut BgpPeer,
    line: &Line<'_, '_>,
    word: &str,
    mut rest: Rest<'_, '_>,
) -> Lowered {
    let name = rest.name()?;
    let inbound = match rest.word() {
        Some("in") => true,
        Some("out") => false,
        Some(_) | None => return Err(Gap::Odd),
    };
    rest.end()?;
    let filter = match word {
        "filter-list" => {
            let slot = if inbound {
                &mut peer.as_path_in
            } else {
                &mut peer.as_path_out
            };
            *slot = line.value(name);
            return Ok(());
        }
        "route-map" => RouteFilter::RouteMap(name),
        "prefix-list" => RouteFilter::PrefixList(name),
        _ => RouteFilter::Acl(name),
    };
    let filters = if inbound {
        &mut peer.filters_in
    } else {
        &mut peer.filters_out
    };
    filters.retain(|known| std::mem::discriminant(&known.value) != std::mem::discriminant(&filter));
    filters.extend(line.value(filter));
    // A route map comes before lists (Cisco, "BGP Case Studies", order of policies); lists look at
    // the prefix alone, which no route map changes.
    filters.sort_by_key(|known| !matches!(known.value, RouteFilter::RouteMap(_)));
    Ok(())
}

/// `send-community [standard|extended|both]`; two lines add up.
fn lower_send(peer: &mut BgpPeer, line: &Line<'_, '_>, mut rest: Rest<'_, '_>) -> Lowered {
    let (standard, extended) = match rest.word() {
        None | Some("standard") => (true, false),
        Some("extended") => (false, true),
        Some("both" | "all") => (true, true),
        Some(_) => return Err(Gap::Odd),
    };
    rest.end()?;
    let known = peer
        .send_community
        .map_or((false, false), |known| known.value);
    let after = if line.negated {
        (known.0 && !standard, known.1 && !extended)
    } else {
        (known.0 || standard, known.1 || extended)
    };
    peer.send_community = Some(At::new(after, line.at));
    Ok(())
}

/// `advertise-map NAME exist-map|non-exist-map NAME`.
fn lower_conditional(peer: &mut BgpPeer, line: &Line<'_, '_>, mut rest: Rest<'_, '_>) -> Lowered {
    let advertise = rest.name()?;
    let exist = match rest.word() {
        None if line.negated => {
            peer.conditional
                .retain(|known| known.value.advertise != advertise);
            return Ok(());
        }
        Some("exist-map") => true,
        Some("non-exist-map") => false,
        Some(_) | None => return Err(Gap::Odd),
    };
    let condition = rest.name()?;
    rest.end()?;
    room(&peer.conditional)?;
    peer.conditional
        .retain(|known| known.value.advertise != advertise);
    peer.conditional
        .extend(line.value(ConditionalAdvertisement {
            advertise,
            condition,
            exist,
        }));
    Ok(())
}
