//! Where costs that no text tells matter, and links without a subnet.

use std::collections::{BTreeMap, BTreeSet};

use super::NodeId;
use super::topology::{Link, Topology};
use crate::analysis::world::World;
use crate::model::interface::InterfaceKind;
use crate::model::ospf::NetworkType;
use crate::net::Ipv4Net;

impl<'a> Topology<'a> {
    /// Pairs of interfaces at two ends of one link of two whose subnets differ: without addresses of
    /// their own, or with masks of different lengths, which only networks of several compare
    /// (RFC 2328 §10.5).
    pub(super) fn apart(&self, world: &World<'_>) -> Vec<Vec<(NodeId, Link<'a>)>> {
        let ends: Vec<(NodeId, Link<'a>)> = (0..)
            .zip(&self.nodes)
            .flat_map(|(id, node)| node.links.iter().map(move |link| (id, *link)))
            .filter(|(_, link)| link.network == NetworkType::PointToPoint && !link.passive)
            .collect();
        let near = |one: &(NodeId, Link<'a>), other: &(NodeId, Link<'a>)| {
            world.are_neighbors(one.1.interface, other.1.interface)
        };
        let mut pairs = Vec::new();
        let bare: Vec<_> = ends
            .iter()
            .filter(|one| one.1.net.prefix_len() == 32)
            .collect();
        for (index, one) in bare.iter().enumerate() {
            for other in bare.iter().skip(index + 1) {
                if one.1.net != other.1.net && near(one, other) {
                    pairs.push(vec![**one, **other]);
                }
            }
        }
        let mut by_net: BTreeMap<Ipv4Net, Vec<&(NodeId, Link<'a>)>> = BTreeMap::new();
        for one in ends.iter().filter(|one| one.1.net.prefix_len() < 32) {
            by_net.entry(one.1.net.trunc()).or_default().push(one);
        }
        let lengths: BTreeSet<u8> = by_net.keys().map(Ipv4Net::prefix_len).collect();
        for one in by_net.values().flatten() {
            let (address, own) = (one.1.net.addr(), one.1.net.prefix_len());
            let wider = lengths.iter().filter(|length| **length < own);
            let wider = wider.filter_map(|length| Ipv4Net::new(address, *length).ok());
            for other in wider.filter_map(|net| by_net.get(&net.trunc())).flatten() {
                if one.1.net.contains(&other.1.net.addr()) && near(one, other) {
                    pairs.push(vec![**one, **other]);
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
