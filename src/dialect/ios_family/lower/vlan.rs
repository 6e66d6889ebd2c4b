//! VLANs.

use super::{Block, Gap, Line, Lowered, Lowering, some, unmodeled};
use crate::dialect::ios_family::words::unquoted;
use crate::model::interface::Vlan;
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::net::VlanSet;
use crate::source::At;
use crate::syntax::Effect;

/// What a device says of spanning tree as a whole.
pub(super) fn lower_tree(system: &mut System, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        [_, "portfast", .., "default"] | [_, "port", "type", "edge", "default"] => {
            system.edge_ports = line.value(true);
        }
        [_, "mode", "pvst"] => system.rapid_tree = line.value(false),
        [_, "mode", "rapid-pvst"] => system.rapid_tree = line.value(true),
        [_, "vlan", vlans, "priority", priority] if !line.negated => {
            let vlans = some(VlanSet::parse(vlans))?;
            let priority = At::new(some(priority.parse().ok())?, line.at);
            system.tree_priorities.push((vlans, priority));
        }
        _ => return unmodeled(Effect::Switching),
    }
    Ok(())
}

/// `vlan 10,20-30`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let ids: Vec<u16> = some(VlanSet::parse(some(line.raw(1))?))?.iter().collect();
    lowering.spend(ids.len())?;
    for id in &ids {
        let key = FacetKey::new(FacetKind::Vlan, id.to_string());
        lowering.builder.contribute(line.at, &key);
        if line.negated {
            lowering.builder.remove(&key);
            continue;
        }
        let defined_at = Some(At::new((), line.at));
        lowering.builder.facet(&key, || {
            Facet::Vlan(Vlan {
                id: *id,
                defined_at,
                ..Vlan::default()
            })
        });
    }
    match ids.as_slice() {
        // A block of one VLAN is that VLAN's; holes of a block of several are the device's.
        [id] => {
            let key = FacetKey::new(FacetKind::Vlan, id.to_string());
            lowering.open(line.at, &key, Block::Vlans(ids));
        }
        _ => lowering.blocks.push((line.at.statement, Block::Vlans(ids))),
    }
    Ok(())
}

/// A line of a VLAN's block.
pub(super) fn lower_line(lowering: &mut Lowering, ids: &[u16], line: &Line<'_, '_>) -> Lowered {
    lowering.spend(ids.len())?;
    for id in ids {
        let key = FacetKey::new(FacetKind::Vlan, id.to_string());
        lowering.builder.contribute(line.at, &key);
        let Some(Facet::Vlan(vlan)) = lowering.builder.existing(&key) else {
            return Err(Gap::Odd);
        };
        match line.low {
            ["name", ..] => vlan.name = line.value(unquoted(&line.rest(1)).to_owned()),
            ["state", "suspend"] | ["shutdown"] => {
                vlan.shutdown = Some(At::new(!line.negated, line.at));
            }
            ["state", "active"] => vlan.shutdown = Some(At::new(false, line.at)),
            ["state", ..] => return unmodeled(Effect::Switching),
            _ => return Err(Gap::Odd),
        }
    }
    Ok(())
}
