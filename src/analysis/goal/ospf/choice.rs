//! Where costs that no text tells matter, and links without a subnet.

use std::collections::{BTreeMap, BTreeSet};

use super::NodeId;
use super::topology::{Link, Topology};
use crate::analysis::world::World;
use crate::model::interface::InterfaceKind;
use crate::model::ospf::NetworkType;

impl<'a> Topology<'a> {
    /// Pairs of unnumbered interfaces at two ends of one link, whose addresses share no subnet.
    pub(super) fn unnumbered(&self, world: &World<'_>) -> Vec<Vec<(NodeId, Link<'a>)>> {
        let ends: Vec<(NodeId, Link<'a>)> = (0..)
            .zip(&self.nodes)
            .flat_map(|(id, node)| node.links.iter().map(move |link| (id, *link)))
            .filter(|(_, link)| {
                let points = link.network == NetworkType::PointToPoint && !link.passive;
                points && link.net.prefix_len() == 32
            })
            .collect();
        let mut pairs = Vec::new();
        for (index, one) in ends.iter().enumerate() {
            for other in ends.iter().skip(index + 1) {
                let apart = one.1.net != other.1.net;
                if apart && world.are_neighbors(one.1.interface, other.1.interface) {
                    pairs.push(vec![*one, *other]);
                }
            }
        }
        pairs
    }

    /// Groups in which a path may be chosen by its cost: those with a circle, with a prefix that
    /// routers apart from each other originate, or with several routers that bring prefixes in.
    pub(super) fn choosing(&self) -> BTreeSet<NodeId> {
        let mut sums: BTreeMap<NodeId, (usize, usize, usize)> = BTreeMap::new();
        for (id, node) in (0..).zip(&self.nodes) {
            let Some(group) = self.groups.get(&id) else {
                continue;
            };
            let (routers, ends, outward) = sums.entry(*group).or_default();
            *routers += 1;
            *ends += node.adjacent.values().map(Vec::len).sum::<usize>();
            *outward += usize::from(node.is_outward());
        }
        let circles = sums
            .iter()
            .filter(|(_, (routers, ends, outward))| *ends >= 2 * routers || *outward > 1)
            .map(|(group, _)| *group);
        let apart = self.originated.values().filter_map(|list| {
            let (first, ..) = list.first()?;
            let node = self.node_of(*first)?;
            let near = |other: &NodeId| {
                let mut adjacent = node.adjacent.values().flatten();
                other == first || adjacent.any(|adjacency| adjacency.neighbor == *other)
            };
            let all_near = list.iter().all(|(other, ..)| near(other));
            self.groups.get(first).filter(|_| !all_near).copied()
        });
        circles.chain(apart).collect()
    }
}

/// Whether the cost of an interface that sends packets follows from the speed of its hardware.
pub(super) fn is_cost_open(world: &World<'_>, link: &Link<'_>) -> bool {
    let facet = world.interface(link.interface).facet;
    facet.is_some_and(|facet| {
        facet.kind != InterfaceKind::Loopback
            && facet.ospf.cost.is_none()
            && facet.bandwidth.is_none()
            && facet.speed.is_none()
    })
}
