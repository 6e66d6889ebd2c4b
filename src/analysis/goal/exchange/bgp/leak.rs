//! Paths that a VRF takes from other VRFs of its router, by route targets (RFC 4364 §4.3.1).

use std::collections::BTreeSet;

use super::path::{Path, PathKind};
use super::{Offer, Speaker, Speakers, note};
use crate::analysis::goal::{Asked, NextHop};
use crate::analysis::world::World;
use crate::model::route::Vrf;
use crate::net::Ipv4Net;

/// The paths to a prefix that a table takes from its neighbors on the same router.
pub(in crate::analysis::goal) fn paths(
    world: &World<'_>,
    speakers: &Speakers<'_>,
    speaker: &Speaker<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    offer: &mut Offer,
) -> Vec<Path> {
    let Some(importing) = vrf(world, speaker) else {
        return Vec::new();
    };
    if importing.imports.is_empty() {
        return Vec::new();
    }
    let mut paths = Vec::new();
    for table in world.tables_of(speaker.device) {
        let Some(other) = speakers.of(table).filter(|_| table != speaker.table) else {
            continue;
        };
        let Some(exporting) = vrf(world, other).filter(|vrf| !vrf.exports.is_empty()) else {
            continue;
        };
        let state = world.table_state(table, prefix, asked);
        let Some(path) = state.bgp.path.as_ref().filter(|path| !path.leaked) else {
            continue;
        };
        paths.extend(leaked(
            world,
            speaker,
            (importing, exporting),
            prefix,
            path,
            offer,
        ));
    }
    paths
}

/// The VRF of a speaker's table.
fn vrf<'d>(world: &World<'d>, speaker: &Speaker<'_>) -> Option<&'d Vrf> {
    let name = world.table(speaker.table).vrf.clone()?;
    world.device(speaker.device).device?.vrf(&name)
}

/// A path as it arrives in another VRF; none where no target or a map keeps it out.
fn leaked(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    (importing, exporting): (&Vrf, &Vrf),
    prefix: Ipv4Net,
    path: &Path,
    offer: &mut Offer,
) -> Option<Path> {
    let mut judge = speaker.judge(world)?;
    let mut leaked = path.clone();
    leaked.targets = exporting.exports.keys().cloned().collect();
    if let Some(map) = &exporting.export_map {
        let mut subject = leaked.subject(prefix, speaker.source());
        if judge.route_map(&map.value, &mut subject) {
            leaked.adopt(subject);
        }
    }
    let wanted: BTreeSet<&String> = importing.imports.keys().collect();
    let mut permitted = leaked.targets.iter().any(|target| wanted.contains(target));
    if permitted && let Some(map) = &importing.import_map {
        let mut subject = leaked.subject(prefix, speaker.source());
        permitted = judge.route_map(&map.value, &mut subject);
        leaked.adopt(subject);
    }
    note(&mut offer.symbols, &judge);
    if !permitted {
        return None;
    }
    leaked.leaked = true;
    leaked.session = None;
    if leaked.kind == PathKind::Local {
        // The importing table treats what its neighbor made as learned from outside.
        leaked.kind = PathKind::External;
        if leaked
            .hops
            .iter()
            .all(|hop| matches!(hop, NextHop::Via(_, None)))
        {
            leaked.next_hop = None;
        }
    }
    Some(leaked)
}
