//! Virtual links: adjacencies of the backbone over a way through another area (RFC 2328 §15).

use super::NodeId;
use super::internal::tree;
use super::topology::{Adjacency, Node, Topology};
use crate::analysis::Symbol;
use crate::model::ospf::VirtualLink;
use crate::model::secret::{Secret, Shared as _};

/// Seconds between hellos where a link says nothing (RFC 2328 appendix C.3 leaves it to the
/// operator; Cisco IOS IP Routing: OSPF command reference, `area virtual-link`: 10).
const HELLO: u32 = 10;
/// Hellos that may be missing (same reference: four).
const MISSING: u32 = 4;
/// Cost of a way that is none (RFC 2328 §15: less than `LSInfinity` of a router's link).
const FAR: u32 = 0xffff;

impl Topology<'_> {
    /// Makes neighbors of the two ends of each virtual link that is up.
    pub(super) fn link_virtually(&mut self) {
        let mut found = Vec::new();
        let mut doubts = Vec::new();
        for (near, node) in (0..).zip(&self.nodes) {
            let areas = node.process.areas.iter();
            // RFC 2328 §3.6, §15: not through stub areas, nor the backbone itself.
            let areas = areas.filter(|(area, _)| **area != 0 && node.area_kind(**area).is_none());
            for (area, end, at) in areas.flat_map(|(area, all)| {
                all.virtual_links
                    .iter()
                    .map(move |(end, at)| (*area, end, at))
            }) {
                let mut known = false;
                for (far, other) in (0..)
                    .zip(&self.nodes)
                    .filter(|(_, one)| one.router_id == *end)
                {
                    known = true;
                    let back = other.process.areas.get(&area);
                    let back = back.and_then(|all| all.virtual_links.get(&node.router_id));
                    let agree = back.is_some_and(|back| {
                        let keys = authentication(node, &at.value)
                            .shared(&authentication(other, &back.value));
                        if keys.is_none() {
                            let what = format!("whether both ends of the virtual link to {end}");
                            doubts.push((near, format!("{what} have the same key")));
                        }
                        timers(&at.value) == timers(&back.value) && keys != Some(false)
                    });
                    let way = tree(self, area, far).get(&near).cloned();
                    if let Some(way) = way.filter(|way| agree && way.cost < FAR && near != far) {
                        found.push((near, area, far, way));
                    }
                }
                if !known {
                    doubts.push((near, format!("whether the virtual link to {end} is up")));
                }
            }
        }
        for (near, area, far, way) in found {
            self.transit.insert(area);
            self.join(near, far, way);
        }
        for (near, reason) in doubts {
            if let Some(node) = self.nodes.get_mut(near as usize) {
                node.doubts.push(Symbol::Undecided(reason));
            }
        }
    }

    /// Adds one end of a virtual link to the backbone.
    fn join(&mut self, near: NodeId, far: NodeId, way: super::Path) {
        let Some(node) = self.nodes.get_mut(near as usize) else {
            return;
        };
        node.areas.insert(0);
        node.adjacent.entry(0).or_default().push(Adjacency {
            neighbor: far,
            hops: way.hops,
            cost: way.cost,
        });
    }
}

/// Hello and dead interval.
fn timers(link: &VirtualLink) -> (u32, u32) {
    let hello = link.hello.unwrap_or(HELLO);
    (hello, link.dead.unwrap_or(hello.saturating_mul(MISSING)))
}

/// Type of authentication with the keys that it uses.
fn authentication(node: &Node<'_>, link: &VirtualLink) -> (u8, Vec<(u8, Secret)>) {
    let backbone = node.process.areas.get(&0);
    let backbone = backbone.and_then(|area| area.authentication.as_ref());
    let kind = link
        .authentication
        .or(backbone.map(|at| at.value))
        .unwrap_or(0);
    let keys = link.keys.iter().filter(|(id, _)| match kind {
        0 => false,
        1 => **id == 0,
        _ => **id != 0,
    });
    (kind, keys.map(|(id, key)| (*id, *key)).collect())
}
