//! Ranges by which borders announce an area's prefixes as one (RFC 2328 §12.4.3.1).

use super::NodeId;
use super::internal::{tree, without_summaries};
use super::topology::Topology;
use crate::analysis::goal::lock;
use crate::model::ospf::{OspfArea, OspfRange};
use crate::net::Ipv4Net;

/// What a border makes of a prefix because of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// Metric of the route that discards.
    pub(super) metric: u32,
    /// Area whose prefixes the range stands for.
    pub(super) home: u32,
    /// Cost.
    pub(super) cost: u32,
    /// Whether the border discards what no component takes.
    pub(super) discards: bool,
    /// Whether it is announced into other areas.
    pub(super) announced: bool,
}

/// What a border makes of a prefix because of its ranges; none: nothing.
pub(super) fn summary(topology: &Topology<'_>, border: NodeId, prefix: Ipv4Net) -> Option<Summary> {
    let node = topology.node_of(border)?;
    node.areas.iter().find_map(|home| {
        let settings = node.process.areas.get(home)?;
        settings.ranges.iter().find_map(|range| {
            let range = range.value;
            let announced = range.announced() == Some(prefix);
            if range.net != prefix && !announced {
                return None;
            }
            let quiet = !range.advertised && node.process.ranges_exclude;
            let cost = active(topology, border, *home, range)?;
            Some(Summary {
                // FRR sources, `ospfd/ospf_zebra.c`, `ospf_zebra_add_discard`: none.
                metric: if node.process.ranges_exclude { 0 } else { cost },
                home: *home,
                cost,
                discards: range.net == prefix && !quiet,
                announced,
            })
        })
    })
}

/// Whether a border takes no summary of others for a prefix because it lies within an active range.
pub(super) fn refuses(topology: &Topology<'_>, border: NodeId, prefix: Ipv4Net) -> bool {
    let Some(node) = topology.node_of(border) else {
        return false;
    };
    // Of several areas with such a range the first decides (FRR sources, `ospfd/ospf_abr.c`,
    // `ospf_area_range_match_any`).
    let mut areas = node.process.areas.keys();
    let first = areas.find_map(|area| Some((*area, around(topology, border, *area, prefix)?)));
    first.is_some_and(|(home, range)| {
        (node.process.ranges_exclude || range.net == prefix)
            && active(topology, border, home, range).is_some()
    })
}

/// Whether a border forgets its ranges while it looks at its not-so-stubby areas, until it looks at
/// its summaries again (FRR sources, `ospfd/ospf_abr.c`, `ospf_abr_nssa_task`).
pub(super) fn wavers(topology: &Topology<'_>, border: NodeId) -> bool {
    topology.process(border).is_some_and(|process| {
        process.ranges_exclude && process.areas.values().any(OspfArea::is_nssa)
    })
}

/// The range of a border that covers a prefix of an area.
pub(super) fn around(
    topology: &Topology<'_>,
    border: NodeId,
    area: u32,
    prefix: Ipv4Net,
) -> Option<OspfRange> {
    let area = topology.process(border)?.areas.get(&area)?;
    let ranges = area.ranges.iter().map(|at| at.value);
    ranges
        .filter(|range| range.net.contains(&prefix))
        .max_by_key(|range| range.net.prefix_len())
}

/// The cost of a range while its area has a component that the border would announce elsewhere.
fn active(topology: &Topology<'_>, border: NodeId, home: u32, range: OspfRange) -> Option<u32> {
    let key = (border, home, range.net);
    if let Some(known) = lock(&topology.ranges).get(&key) {
        return *known;
    }
    let found = cost(topology, border, home, range);
    lock(&topology.ranges).insert(key, found);
    found
}

/// As [`active`], computed.
fn cost(topology: &Topology<'_>, border: NodeId, home: u32, range: OspfRange) -> Option<u32> {
    let node = topology.node_of(border)?;
    let mut others = node.areas.iter().filter(|area| **area != home);
    if !node.is_border() || others.all(|area| without_summaries(node.area_kind(*area))) {
        return None;
    }
    let components = topology
        .originated
        .range(range.net..)
        .take_while(|(net, _)| net.network() <= range.net.broadcast())
        .filter(|(net, _)| around(topology, border, home, **net) == Some(range))
        .filter(|(net, _)| node.lets(home, false, **net));
    let costs = components.filter_map(|(_, origins)| {
        let reached = origins.iter().filter_map(|(router, area, cost)| {
            let path = tree(topology, *area, *router);
            Some((path.get(&border)?.cost.saturating_add(*cost), *area))
        });
        let (cost, area) = reached.min_by_key(|(cost, area)| (*cost, *area == 0))?;
        (area == home).then_some(cost)
    });
    // RFC 2328 §12.4.3: the farthest component; RFC 1583: the nearest one.
    let cost = if node.process.ranges_exclude || !node.process.is_compatible_1583() {
        costs.max()
    } else {
        costs.min()
    };
    cost.map(|cost| range.cost.unwrap_or(cost))
}
