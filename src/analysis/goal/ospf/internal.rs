//! Paths within areas and between them (RFC 2328 §16.1, §16.2).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::range::{self, Summary};
use super::topology::{Adjacency, Topology};
use super::{Hops, NodeId, Path, PathKind};
use crate::analysis::goal::lock;
use crate::model::ospf::AreaKind;
use crate::net::Ipv4Net;

/// Cost of a default route into a stub where the border sets none (Cisco IOS IP Routing: OSPF
/// command reference, `area default-cost`: 1).
const STUB_DEFAULT: u32 = 1;

/// Cost of the summaries of a border that is no transit (FRR sources, `ospfd/ospf_lsa.h`,
/// `OSPF_STUB_MAX_METRIC_SUMMARY_COST`).
const MAX_SUMMARY: u32 = 0x00ff_0000;

/// Shortest paths of every router of one area to one router.
pub(in crate::analysis::goal) type Tree = BTreeMap<NodeId, Path>;

/// What routers have for one prefix within OSPF.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Goal {
    /// Routers that originate it, with the paths of their area to them.
    origins: Vec<Announcement>,
    /// Borders that announce it into an area, with the paths of that area to them.
    summaries: Vec<Announcement>,
    /// What borders make of it because of their ranges.
    summarized: BTreeMap<NodeId, Summary>,
    /// Borders that take no summary of others for it.
    refused: BTreeSet<NodeId>,
    /// Borders whose range for it is forgotten and found again as time goes by.
    wavering: BTreeSet<NodeId>,
}

/// A prefix as one router announces it within one area.
#[derive(Debug, Clone)]
struct Announcement {
    /// Area.
    area: u32,
    /// The router.
    router: NodeId,
    /// Cost from there.
    cost: u32,
    /// Paths of the area's routers to it.
    tree: Arc<Tree>,
}

impl Announcement {
    /// Improves a path by way of this announcement.
    fn improve(&self, slot: &mut Option<Path>, node: NodeId) {
        if let Some(path) = self.tree.get(&node) {
            Path::improve(slot, path.cost.saturating_add(self.cost), &path.hops);
        }
    }
}

impl Goal {
    /// The best path within areas of a router.
    pub(super) fn best(&self, topology: &Topology<'_>, node: NodeId) -> Option<(PathKind, Path)> {
        let path = self.path_where(node, |_| true)?;
        let by_backbone = || self.path_within(node, 0).as_ref() == Some(&path);
        let path = if path.hops.is_empty() || !by_backbone() {
            path
        } else {
            self.shortened(topology, node, path)
        };
        Some((PathKind::IntraArea, path))
    }

    /// A path over the backbone, or a nearer one that a border finds in an area which a virtual link
    /// passes (RFC 2328 §16.3).
    fn shortened(&self, topology: &Topology<'_>, node: NodeId, path: Path) -> Path {
        let Some(router) = topology.node_of(node) else {
            return path;
        };
        let mut best = Some(path.clone());
        let passed = |area: &u32| topology.transit.contains(area) && router.areas.contains(area);
        for summary in self.summaries.iter().filter(|one| passed(&one.area)) {
            if summary.router != node {
                summary.improve(&mut best, node);
            }
        }
        best.unwrap_or(path)
    }

    /// The path of a router within one area.
    fn path_within(&self, node: NodeId, area: u32) -> Option<Path> {
        self.path_where(node, |origin| origin.area == area)
    }

    /// The path of a router to the nearest of some originators.
    fn path_where(&self, node: NodeId, wanted: impl Fn(&Announcement) -> bool) -> Option<Path> {
        let mut best = None;
        for origin in self.origins.iter().filter(|origin| wanted(origin)) {
            origin.improve(&mut best, node);
        }
        let mut best = best?;
        // A router that originates the prefix itself needs no other router for it.
        let own = |origin: &&Announcement| origin.router == node && origin.cost <= best.cost;
        if self
            .origins
            .iter()
            .filter(|origin| wanted(origin))
            .any(|origin| own(&origin))
        {
            best.hops.clear();
        }
        Some(best)
    }

    /// Whether a router has a path within an area.
    fn has_intra(&self, node: NodeId) -> bool {
        let mut origins = self.origins.iter();
        origins.any(|origin| origin.tree.contains_key(&node))
    }

    /// The best path between areas of a router.
    pub(super) fn inter(&self, topology: &Topology<'_>, node: NodeId) -> Option<(PathKind, Path)> {
        if self.has_intra(node) || self.refused.contains(&node) {
            return None;
        }
        self.between(topology, node)
    }

    /// The best path of a router to one that announces prefixes from outside, and whether it stays
    /// within an area beside the backbone: such come first, but where the cost alone counts, and of
    /// equal ones that of the area of the largest number (RFC 2328 §16.4.1).
    pub(super) fn outward(&self, topology: &Topology<'_>, node: NodeId) -> Option<(Path, bool)> {
        let router = topology.node_of(node)?;
        let by_cost = router.process.is_compatible_1583();
        let open = |area: &u32| match router.area_kind(*area) {
            None => true,
            Some(AreaKind::Nssa { .. }) => router.process.externals_through_nssa,
            Some(AreaKind::Stub { .. }) => false,
        };
        let mut areas: Vec<u32> = self.origins.iter().map(|origin| origin.area).collect();
        areas.sort_unstable();
        areas.dedup();
        let within = areas.into_iter().filter(open).filter_map(|area| {
            let path = self.path_within(node, area)?;
            Some((path, area != 0, area))
        });
        let between = self.between(topology, node);
        let between = between.map(|(_, path)| (path, false, 0));
        let (path, inside, _) = within
            .chain(between)
            .min_by_key(|(path, inside, area)| (!by_cost && !inside, path.cost, Reverse(*area)))?;
        Some((path, inside))
    }

    /// As [`Self::inter`], whatever the router has within areas.
    fn between(&self, topology: &Topology<'_>, node: NodeId) -> Option<(PathKind, Path)> {
        let hears_backbone = topology.node_of(node)?.hears_backbone();
        let mut best = None;
        for summary in &self.summaries {
            // A border listens to summaries of the backbone only (RFC 2328 §16.2), unless it has no
            // neighbor there (RFC 3509 §2.2).
            if summary.router != node && (summary.area == 0 || !hears_backbone) {
                summary.improve(&mut best, node);
            }
        }
        best.map(|path| (PathKind::InterArea, self.shortened(topology, node, path)))
    }

    /// Whether a router's route to it depends on what a border remembers of its ranges at the
    /// moment: the border discards packets, or takes the summaries of others, or does not.
    pub(super) fn wavers(&self, node: NodeId) -> bool {
        let refusing = |border: &NodeId| {
            let mut heard = self.summaries.iter();
            let heard = heard.any(|one| one.router != *border && one.tree.contains_key(border));
            self.refused.contains(border) && !self.has_intra(*border) && heard
        };
        let discards = self.summarized.get(&node).is_some_and(|one| one.discards);
        discards && self.wavering.contains(&node) || self.wavering.iter().any(refusing)
    }

    /// The metric of the route to the summary whose packets without a component a border discards.
    pub(super) fn discarded(&self, node: NodeId) -> Option<u32> {
        let summary = self.summarized.get(&node).filter(|one| one.discards);
        summary.map(|one| one.metric)
    }

    /// The path of a router, within or between areas.
    pub(super) fn path(&self, topology: &Topology<'_>, node: NodeId) -> Option<Path> {
        self.best(topology, node)
            .or_else(|| self.inter(topology, node))
            .map(|(_, path)| path)
    }
}

/// What all routers have for a prefix.
pub(super) fn goal(topology: &Topology<'_>, prefix: Ipv4Net) -> Arc<Goal> {
    if let Some(known) = lock(&topology.goals).get(&prefix) {
        return known.clone();
    }
    let origins = topology
        .originated
        .get(&prefix)
        .map_or(&[][..], Vec::as_slice);
    let mut goal = Goal {
        origins: announcements(topology, origins),
        ..Goal::default()
    };
    summarize(topology, prefix, &mut goal);
    between_areas(topology, Some(prefix), &mut goal, |_| true);
    if prefix.prefix_len() == 0 {
        stub_defaults(topology, &mut goal);
    }
    let goal = Arc::new(goal);
    lock(&topology.goals).insert(prefix, goal.clone());
    goal
}

/// Paths of all routers to one router, as borders announce it outside of stub areas
/// (RFC 2328 §12.4.3: type 4).
pub(super) fn to_router(topology: &Topology<'_>, target: NodeId) -> Goal {
    let areas = topology.node_of(target).map(|node| &node.areas);
    let origins: Vec<(NodeId, u32, u32)> = areas
        .into_iter()
        .flatten()
        .map(|area| (target, *area, 0))
        .collect();
    let mut goal = Goal {
        origins: announcements(topology, &origins),
        ..Goal::default()
    };
    let open = |area: u32| {
        topology
            .borders
            .iter()
            .filter_map(|id| topology.node_of(*id))
            .all(|node| !node.areas.contains(&area) || node.area_kind(area).is_none())
    };
    between_areas(topology, None, &mut goal, open);
    goal
}

/// Originations with the paths of their areas.
fn announcements(topology: &Topology<'_>, origins: &[(NodeId, u32, u32)]) -> Vec<Announcement> {
    let announcement = |(router, area, cost): &(NodeId, u32, u32)| Announcement {
        area: *area,
        router: *router,
        cost: *cost,
        tree: tree(topology, *area, *router),
    };
    origins.iter().map(announcement).collect()
}

/// Shortest paths to a router within an area: one search from the target against the direction of
/// the packets.
pub(super) fn tree(topology: &Topology<'_>, area: u32, target: NodeId) -> Arc<Tree> {
    if let Some(known) = lock(&topology.trees).get(&(area, target)) {
        return known.clone();
    }
    let mut tree = Tree::new();
    let mut ahead = BinaryHeap::from([Reverse((0_u32, target))]);
    let mut done = BTreeSet::new();
    tree.insert(
        target,
        Path {
            cost: 0,
            hops: Hops::new(),
        },
    );
    while let Some(Reverse((cost, node))) = ahead.pop() {
        if !done.insert(node) {
            continue;
        }
        for back in adjacencies(topology, node, area) {
            let towards = adjacencies(topology, back.neighbor, area)
                .iter()
                .filter(|out| out.neighbor == node);
            for out in towards {
                let sum = cost.saturating_add(out.cost);
                if done.contains(&back.neighbor) {
                    continue;
                }
                let mut slot = tree.remove(&back.neighbor);
                let before = slot.as_ref().map(|path| path.cost);
                Path::improve(&mut slot, sum, &out.hops);
                if before.is_none_or(|before| sum < before) {
                    ahead.push(Reverse((sum, back.neighbor)));
                }
                tree.extend(slot.map(|path| (back.neighbor, path)));
            }
        }
    }
    let tree = Arc::new(tree);
    lock(&topology.trees).insert((area, target), tree.clone());
    tree
}

/// Adjacencies of a router in an area.
fn adjacencies<'t>(topology: &'t Topology<'_>, node: NodeId, area: u32) -> &'t [Adjacency] {
    topology
        .node_of(node)
        .and_then(|node| node.adjacent.get(&area))
        .map_or(&[], Vec::as_slice)
}

/// Finds the borders whose ranges bear on a prefix.
fn summarize(topology: &Topology<'_>, prefix: Ipv4Net, goal: &mut Goal) {
    for border in &topology.borders {
        let summary = range::summary(topology, *border, prefix);
        goal.summarized.extend(summary.map(|one| (*border, one)));
        if range::refuses(topology, *border, prefix) {
            goal.refused.insert(*border);
        }
        let known = goal.summarized.contains_key(border) || goal.refused.contains(border);
        if known && range::wavers(topology, *border) {
            goal.wavering.insert(*border);
        }
    }
}

/// Whether and at what cost a border announces the goal into an area (RFC 2328 §12.4.3).
fn announced(
    topology: &Topology<'_>,
    prefix: Option<Ipv4Net>,
    goal: &Goal,
    border: NodeId,
    into: u32,
) -> Option<u32> {
    let node = topology.node_of(border)?;
    let areas = &node.areas;
    let loose = node.process.loose_area_filters;
    let enters = || prefix.is_none_or(|prefix| node.lets(into, true, prefix));
    if let Some(summary) = goal.summarized.get(&border)
        && (summary.discards || summary.announced && summary.home != into)
    {
        let passed = summary.home == 0 && topology.transit.contains(&into);
        let announced = summary.announced && summary.home != into && !passed;
        let announced = announced && (loose || enters());
        return announced.then_some(summary.cost);
    }
    let within = areas
        .iter()
        .filter_map(|area| Some((*area, goal.path_within(border, *area)?.cost)))
        .min_by_key(|(_, cost)| *cost);
    if let Some((home, cost)) = within {
        if goal.path_within(border, into).is_some() {
            return None;
        }
        // RFC 2328 §12.4.3: into an area that a virtual link passes the backbone is not summarized.
        let passed = home == 0 && topology.transit.contains(&into);
        let covered = !passed
            && prefix.is_some_and(|prefix| range::around(topology, border, home, prefix).is_some());
        let leaves = prefix.is_none_or(|prefix| node.lets(home, false, prefix));
        return (!covered && leaves && enters()).then_some(cost);
    }
    if into == 0 || !node.hears_backbone() || !enters() {
        return None;
    }
    if prefix.is_some_and(|prefix| !loose && !node.lets(0, false, prefix)) {
        return None;
    }
    goal.inter(topology, border).map(|(_, path)| path.cost)
}

/// Announces a goal into the backbone, then into the other areas that take it.
fn between_areas(
    topology: &Topology<'_>,
    prefix: Option<Ipv4Net>,
    goal: &mut Goal,
    takes: impl Fn(u32) -> bool,
) {
    let areas: BTreeSet<u32> = topology
        .borders
        .iter()
        .filter_map(|border| topology.node_of(*border))
        .flat_map(|node| node.areas.iter().copied())
        .collect();
    // The backbone is the smallest number, so that it comes first.
    for area in areas.into_iter().filter(|area| takes(*area)) {
        let mut found = Vec::new();
        for border in topology.borders.iter().copied() {
            let attached = topology.node_of(border).is_some_and(|node| {
                node.areas.contains(&area) && !without_summaries(node.area_kind(area))
            });
            if !attached {
                continue;
            }
            if let Some(cost) = announced(topology, prefix, goal, border, area) {
                let avoided = prefix.and_then(|_| largest(topology, border));
                found.push((border, area, avoided.unwrap_or(cost)));
            }
        }
        goal.summaries.extend(announcements(topology, &found));
    }
}

/// The cost of every summary of a border that is no transit, where its summaries say so too.
fn largest(topology: &Topology<'_>, border: NodeId) -> Option<u32> {
    let process = topology.process(border)?;
    let told = process.max_metric.as_ref()?.value;
    let always = process.max_metric_summaries.then_some(MAX_SUMMARY);
    told.summary.or(always)
}

/// Whether an area takes no summaries but a default route.
pub(super) fn without_summaries(kind: Option<AreaKind>) -> bool {
    matches!(
        kind,
        Some(
            AreaKind::Stub { no_summary: true }
                | AreaKind::Nssa {
                    no_summary: true,
                    ..
                }
        )
    )
}

/// The default routes that borders announce into stub areas (RFC 2328 §12.4.3.1; RFC 3101 §2.7).
fn stub_defaults(topology: &Topology<'_>, goal: &mut Goal) {
    let mut found = Vec::new();
    for border in topology.borders.iter().copied() {
        let Some(node) = topology.node_of(border) else {
            continue;
        };
        for area in &node.areas {
            let announces = match node.area_kind(*area) {
                Some(AreaKind::Stub { .. }) => true,
                Some(AreaKind::Nssa { no_summary, .. }) => {
                    no_summary || node.process.nssa_summary_default
                }
                None => false,
            };
            if announces {
                let settings = node.process.areas.get(area);
                let cost = settings.and_then(|area| area.default_cost.as_ref());
                let cost = cost.map_or(STUB_DEFAULT, |at| at.value);
                let avoided = largest(topology, border);
                found.push((border, *area, avoided.unwrap_or(cost)));
            }
        }
    }
    goal.summaries.extend(announcements(topology, &found));
}
