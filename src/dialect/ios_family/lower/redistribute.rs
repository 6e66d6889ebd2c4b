//! What one routing process takes from another.

use std::collections::BTreeSet;

use super::rest::Rest;
use super::{Gap, Line, Lowered, room, route_list, route_map, some, unmodeled};
use crate::model::route_policy::{
    DistributeList, Redistribute, RouteFilter, RouteSource, RouteType,
};
use crate::source::At;
use crate::syntax::Effect;

/// A source of routes.
pub(in crate::dialect) fn source(rest: &mut Rest<'_, '_>) -> Result<RouteSource, Gap> {
    Ok(match some(rest.word())? {
        "connected" => RouteSource::Connected,
        "static" => RouteSource::Static,
        "rip" => RouteSource::Rip,
        "kernel" => RouteSource::Kernel,
        "ospf" => RouteSource::Ospf(rest.name()?),
        "eigrp" => RouteSource::Eigrp(rest.number()?),
        "bgp" => {
            // Without a number the only process is meant.
            let asn = rest.peek().and_then(route_list::as_number);
            if asn.is_some() {
                rest.word();
            }
            RouteSource::Bgp(asn)
        }
        "isis" => RouteSource::Isis(match rest.peek() {
            None
            | Some(
                "level-1" | "level-2" | "level-1-2" | "metric" | "metric-type" | "route-map"
                | "tag" | "subnets" | "match" | "ip" | "vrf" | "into",
            ) => String::new(),
            Some(_) => rest.name()?,
        }),
        other @ ("odr" | "mobile" | "lisp" | "omp" | "nhrp" | "application" | "maximum-prefix") => {
            RouteSource::Other(other.to_owned())
        }
        _ => return Err(Gap::Odd),
    })
}

/// `redistribute …`: changes the list; what of it is not modeled is named.
pub(in crate::dialect) fn lower(
    list: &mut Vec<At<Redistribute>>,
    unread: &mut BTreeSet<String>,
    line: &Line<'_, '_>,
) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let source = source(&mut rest)?;
    let vrf = rest.named_by("vrf")?;
    let same = |known: &At<Redistribute>| known.value.source == source && known.value.vrf == vrf;
    let unread_name = format!("redistribute {source}");
    if line.negated {
        // Options after `no redistribute SOURCE` take away only themselves.
        let place = list.iter().position(same);
        if rest.peek().is_none() {
            list.retain(|known| !same(known));
            unread.remove(&unread_name);
        } else if let Some(known) = place.and_then(|place| list.get_mut(place)) {
            let mut gone = Redistribute::new(source.clone());
            let exact = options(&mut gone, &mut rest)?;
            forget(&mut known.value, &gone);
            if !exact {
                return unmodeled(Effect::Routing);
            }
        }
        return Ok(());
    }
    let mut entry = Redistribute::new(source.clone());
    entry.vrf.clone_from(&vrf);
    let exact = options(&mut entry, &mut rest)?;
    room(list)?;
    list.retain(|known| !same(known));
    list.push(At::new(entry, line.at));
    if exact && vrf.is_none() && !matches!(source, RouteSource::Other(_)) {
        unread.remove(&unread_name);
        Ok(())
    } else {
        unread.insert(unread_name);
        unmodeled(Effect::Routing)
    }
}

/// Reads options to the end; whether all of them are modeled.
fn options(entry: &mut Redistribute, rest: &mut Rest<'_, '_>) -> Result<bool, Gap> {
    let mut exact = true;
    while let Some(word) = rest.word() {
        match word {
            "metric" => {
                let first = rest.number()?;
                let values: Vec<u32> = std::iter::from_fn(|| rest.maybe_number()).collect();
                match values.as_slice() {
                    [] => entry.metric = Some(first),
                    [delay, reliability, load, mtu] => {
                        entry.eigrp_metric = Some([first, *delay, *reliability, *load, *mtu]);
                    }
                    _ => return Err(Gap::Odd),
                }
            }
            "metric-type" => {
                let kind = some(rest.word())?;
                if kind == "rib-metric-as-external" || kind == "rib-metric-as-internal" {
                    exact = false;
                } else {
                    entry.metric_type = Some(some(route_map::metric_type(kind))?);
                }
            }
            "tag" => entry.tag = Some(rest.number()?),
            "route-map" => entry.route_map = Some(rest.name()?),
            "subnets" => entry.subnets = true,
            "ip" => {}
            "level-1" => entry.level = Some(RouteType::Level1),
            "level-2" => entry.level = Some(RouteType::Level2),
            "match" | "include-connected" | "internal" | "external" | "nssa-external" => {
                if word == "include-connected" {
                    exact = false;
                } else {
                    exact &= types(entry, word, rest);
                }
            }
            // `level-1-2`, `nssa-only`, `clns`, `transitive`, `distribute-list`: not modeled.
            _ => exact = false,
        }
    }
    Ok(exact)
}

/// Reads the kinds of routes after `match`, or the one that `word` is; whether they are known.
fn types(entry: &mut Redistribute, word: &str, rest: &mut Rest<'_, '_>) -> bool {
    let types = entry.types.get_or_insert_with(BTreeSet::new);
    let mut word = if word == "match" {
        match rest.word() {
            Some(word) => word,
            None => return false,
        }
    } else {
        word
    };
    loop {
        let one = rest.peek() == Some("1");
        let two = rest.peek() == Some("2");
        let kind = match (word, one, two) {
            ("internal", ..) => RouteType::Internal,
            ("external", true, _) => RouteType::External1,
            ("external", _, true) => RouteType::External2,
            ("external", ..) => RouteType::External,
            ("nssa-external", true, _) => RouteType::NssaExternal1,
            ("nssa-external", _, true) => RouteType::NssaExternal2,
            ("nssa-external", ..) => RouteType::NssaExternal,
            _ => return false,
        };
        types.insert(kind);
        if one || two {
            rest.word();
        }
        match rest.peek() {
            Some(next @ ("internal" | "external" | "nssa-external")) => {
                word = next;
                rest.word();
            }
            Some(_) | None => return true,
        }
    }
}

/// Takes the options of one entry out of another.
fn forget(known: &mut Redistribute, gone: &Redistribute) {
    if gone.metric.is_some() || gone.eigrp_metric.is_some() {
        known.metric = None;
        known.eigrp_metric = None;
    }
    if gone.metric_type.is_some() {
        known.metric_type = None;
    }
    if gone.tag.is_some() {
        known.tag = None;
    }
    if gone.route_map.is_some() {
        known.route_map = None;
    }
    if gone.level.is_some() {
        known.level = None;
    }
    known.subnets &= !gone.subnets;
    if let (Some(types), Some(gone)) = (&mut known.types, &gone.types) {
        types.retain(|kind| !gone.contains(kind));
    }
}

/// `distribute-list …`: changes the list.
pub(super) fn lower_distribute(list: &mut Vec<At<DistributeList>>, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let filter = if rest.takes("prefix") {
        let name = rest.name()?;
        if rest.takes("gateway") {
            RouteFilter::PrefixListAndGateway(Some(name), rest.name()?)
        } else {
            RouteFilter::PrefixList(name)
        }
    } else if rest.takes("gateway") {
        RouteFilter::PrefixListAndGateway(None, rest.name()?)
    } else if rest.takes("route-map") {
        RouteFilter::RouteMap(rest.name()?)
    } else {
        RouteFilter::Acl(rest.name()?)
    };
    let inbound = match some(rest.word())? {
        "in" => true,
        "out" => false,
        _ => return Err(Gap::Odd),
    };
    let mut entry = DistributeList {
        filter,
        inbound,
        interface: None,
        source: None,
    };
    if let Some(word) = rest.peek() {
        let is_source = matches!(
            word,
            "connected" | "static" | "rip" | "ospf" | "eigrp" | "bgp" | "isis" | "odr" | "mobile"
        );
        if is_source {
            entry.source = Some(source(&mut rest)?);
        } else {
            entry.interface = Some(rest.interface()?);
        }
    }
    rest.end()?;
    room(list)?;
    // One list for each direction, interface and source.
    list.retain(|known| {
        (
            known.value.inbound,
            &known.value.interface,
            &known.value.source,
        ) != (entry.inbound, &entry.interface, &entry.source)
    });
    list.extend(line.value(entry));
    Ok(())
}

/// The filter of routes that go from one level of IS-IS to the other.
pub(super) fn leak_filter(rest: &mut Rest<'_, '_>) -> Result<DistributeList, Gap> {
    let filter = if rest.takes("route-map") {
        RouteFilter::RouteMap(rest.name()?)
    } else if rest.takes("distribute-list") {
        RouteFilter::Acl(rest.name()?)
    } else {
        return Err(Gap::Odd);
    };
    Ok(DistributeList {
        filter,
        inbound: false,
        interface: None,
        source: None,
    })
}
