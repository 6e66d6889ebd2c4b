//! Routes and routing processes, which name interfaces by `nameif` and networks by masks.

use super::names::Interfaces;
use super::zeros;
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, bgp, ospf as family_ospf, route, some, unmodeled,
};
use crate::dialect::ios_family::words::mask_length;
use crate::model::route::static_route_name;
use crate::model::{FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::syntax::Effect;

/// `route NAME NETWORK MASK GATEWAY [DISTANCE] [track N]`.
pub(super) fn static_route(
    lowering: &mut Lowering,
    interfaces: &Interfaces,
    line: &Line<'_, '_>,
) -> Lowered {
    let ["route", name, base, mask, rest @ ..] = line.low else {
        return unmodeled(Effect::Routing);
    };
    let base = some(zeros(base))?;
    let mask = some(zeros(mask))?;
    let prefix = some(Ipv4Net::new(base, some(mask_length(mask))?).ok())?.trunc();
    let named = interfaces.get(*name);
    let vrf = named.and_then(|named| named.vrf.as_deref());
    let key = FacetKey::new(FacetKind::StaticRoute, static_route_name(vrf, prefix));
    lowering.builder.contribute(line.at, &key);
    lowering.builder.open_block(line.at, &key);
    if rest.contains(&"tunneled") {
        return unmodeled(Effect::Routing);
    }
    let full = match named {
        Some(named) => {
            lowering.builder.contribute(named.at, &key);
            named.full.as_str()
        }
        None if *name == "null0" => "Null0",
        // The device refuses a route by an interface that it does not know.
        None => return unmodeled(Effect::Routing),
    };
    let (base, mask) = (base.to_string(), mask.to_string());
    let mut words = vec![base.as_str(), mask.as_str(), full];
    words.extend(rest);
    let respelled = Line {
        low: &words,
        raw: &words,
        ..*line
    };
    route::lower_in(lowering, &respelled, vrf, 0)
}

/// A line of a routing process or of a route map.
pub(super) fn lower_line(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    match (block, line.low) {
        (_, ["passive-interface", name]) if *name != "default" => {
            lowering.defer(line, Some(block));
            Ok(())
        }
        (Block::Bgp(index, part), _) => bgp::lower_line(lowering, *index, part, line),
        (Block::Ospf(_), ["network", base, mask, "area", area]) => {
            let mask = u32::from(some(zeros(mask))?);
            let wildcard = std::net::Ipv4Addr::from(!mask).to_string();
            let words = ["network", base, &wildcard, "area", area];
            respelled(lowering, block, line, &words)
        }
        (Block::Eigrp(_), ["network", base, mask]) => {
            let mask = u32::from(some(zeros(mask))?);
            let wildcard = std::net::Ipv4Addr::from(!mask).to_string();
            respelled(lowering, block, line, &["network", base, &wildcard])
        }
        // Lists that name an interface.
        (Block::Ospf(index), ["distribute-list", .., "interface", _]) => {
            family_ospf::note_unread(lowering, *index, line);
            unmodeled(Effect::Routing)
        }
        _ => lowering.inner(block, line),
    }
}

/// The same line in other words.
fn respelled(
    lowering: &mut Lowering,
    block: &Block,
    line: &Line<'_, '_>,
    words: &[&str],
) -> Lowered {
    let line = Line {
        low: words,
        raw: words,
        ..*line
    };
    lowering.inner(block, &line)
}

/// `passive-interface NAME` of a process.
pub(super) fn passive(
    lowering: &mut Lowering,
    interfaces: &Interfaces,
    block: &Block,
    line: &Line<'_, '_>,
) -> Lowered {
    let name = some(line.low.get(1))?;
    let Some(named) = interfaces.get(*name) else {
        return Err(Gap::Odd);
    };
    let full = named.full.clone();
    respelled(lowering, block, line, &["passive-interface", &full])
}
