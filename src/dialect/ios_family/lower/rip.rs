//! RIP, and its settings on interfaces.

use std::collections::BTreeSet;

use super::rest::Rest;
use super::route_list::UNDEFINED;
use super::{Block, Gap, Line, Lowered, Lowering, number, redistribute, room, some, unmodeled};
use crate::dialect::ios_family::words::{address, classful_length};
use crate::model::interface::Interface;
use crate::model::ospf::DefaultOriginate;
use crate::model::rip::RipProcess;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// `router rip`, or an address family of it for a VRF.
pub(in crate::dialect) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>, vrf: Option<&str>) {
    let key = FacetKey::new(FacetKind::Rip, vrf.unwrap_or("-"));
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        return;
    }
    lowering.open(line.at, &key, Block::Rip(index));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Rip(RipProcess {
            vrf: vrf.map(str::to_owned),
            defined_at,
            undefined: UNDEFINED,
            ..RipProcess::default()
        })
    });
}

/// A line of RIP.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    let vrf = match line.low {
        ["address-family", "ipv4", "vrf", _] => line.raw(3),
        ["address-family", "ipv4", "unicast", "vrf", _] => line.raw(4),
        _ => None,
    };
    if vrf.is_some() {
        lower(lowering, line, vrf);
        return Ok(());
    }
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Rip(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(process, line);
    if lowered.is_err() {
        process.unread.insert(line.head(1));
    }
    lowered
}

/// Names a line that is not understood.
pub(in crate::dialect) fn note_unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    if let Some(Facet::Rip(process)) = lowering.builder.at_index(index) {
        process.unread.insert(line.head(1));
    }
}

/// A setting of the process.
fn lower_setting(process: &mut RipProcess, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["version", ..] if line.negated => process.version = None,
        ["version", version] => process.version = line.value(number(version)?),
        ["network", base] => {
            let base = some(address(base))?;
            let length = if base.is_unspecified() {
                0
            } else {
                some(classful_length(base))?
            };
            let net = some(Ipv4Net::new(base, length).ok())?.trunc();
            room(&process.networks)?;
            process.networks.retain(|known| known.value != net);
            process.networks.extend(line.value(net));
        }
        ["neighbor", peer] => {
            let peer = some(address(peer))?;
            room(&process.neighbors)?;
            process.neighbors.retain(|known| known.value != peer);
            process.neighbors.extend(line.value(peer));
        }
        ["passive-interface", ..] => return line.passive(&mut process.passive),
        ["redistribute", ..] => {
            return redistribute::lower(&mut process.redistribute, &mut process.unread, line);
        }
        ["default-metric", ..] if line.negated => process.default_metric = None,
        ["default-metric", metric] => process.default_metric = line.value(number(metric)?),
        ["default-information", "originate", ..] => {
            let mut rest = Rest::new(line, 2);
            let value = DefaultOriginate {
                always: true,
                route_map: rest.named_by("route-map")?,
                ..DefaultOriginate::default()
            };
            rest.end()?;
            process.default_originate = line.value(value);
        }
        ["distribute-list", ..] => {
            return redistribute::lower_distribute(&mut process.distribute, line);
        }
        ["auto-summary"] => process.auto_summary = line.flag(),
        ["distance"] => process.distance = None,
        ["distance", distance] => process.distance = line.value(number(distance)?),
        ["maximum-paths", ..] if line.negated => process.maximum_paths = None,
        ["maximum-paths", paths] => process.maximum_paths = line.value(number(paths)?),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `ip rip …`, `ip summary-address rip …` of an interface.
pub(super) fn lower_interface(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let rip = &mut interface.rip;
    match line.low {
        ["ip", "split-horizon"] => rip.split_horizon = line.flag(),
        [
            "ip",
            "rip",
            way @ ("send" | "receive"),
            "version",
            words @ ..,
        ] => {
            let mut versions = BTreeSet::new();
            for word in words {
                versions.insert(number(word)?);
            }
            let slot = if *way == "send" {
                &mut rip.send
            } else {
                &mut rip.receive
            };
            *slot = line.value(versions);
        }
        ["ip", "rip", "authentication", "mode", ..] if line.negated => rip.authentication = None,
        ["ip", "rip", "authentication", "mode", mode] => {
            rip.authentication = line.value((*mode).to_owned());
        }
        ["ip", "rip", "authentication", "key-chain", ..] if line.negated => rip.key_chain = None,
        ["ip", "rip", "authentication", "key-chain", _] => {
            rip.key_chain = line.value(some(line.raw(4))?.to_owned());
        }
        ["ip", "summary-address", "rip", ..] => {
            let mut rest = Rest::new(line, 3);
            let net = rest.prefix()?;
            rest.end()?;
            room(&rip.summaries)?;
            rip.summaries.retain(|known| known.value != net);
            rip.summaries.extend(line.value(net));
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
