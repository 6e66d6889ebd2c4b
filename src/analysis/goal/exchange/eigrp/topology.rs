//! EIGRP processes, their interfaces and neighbors.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::analysis::Symbol;
use crate::analysis::goal::bandwidth;
use crate::analysis::hello::{self, Hearing};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::eigrp::{EigrpProcess, InterfaceEigrp};
use crate::model::track::KeyRing;
use crate::net::Ipv4Net;
use crate::net::registry::{ALL_EIGRP_ROUTERS, EIGRP};

/// Seconds between hellos where no text says it (Cisco IOS IP Routing: EIGRP command reference,
/// "ip hello-interval eigrp").
const HELLO_S: u32 = 5;
/// Seconds that a router is held where no text says it (the same, "ip hold-time eigrp").
const HOLD_S: u32 = 15;

/// Every EIGRP process.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Routers<'a> {
    /// Processes.
    all: Vec<Node<'a>>,
    /// Processes by table.
    by_table: BTreeMap<TableId, Vec<usize>>,
}

/// One process.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Node<'a> {
    /// Its settings.
    pub(in crate::analysis::goal) process: &'a EigrpProcess,
    /// Table that it fills.
    pub(in crate::analysis::goal) table: TableId,
    /// Router id.
    pub(in crate::analysis::goal) router_id: Ipv4Addr,
    /// Interfaces that take part.
    pub(in crate::analysis::goal) links: Vec<Link<'a>>,
    /// Neighbors.
    pub(in crate::analysis::goal) neighbors: Vec<Neighbor>,
}

/// An interface that takes part.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Link<'a> {
    /// Interface.
    pub(in crate::analysis::goal) interface: InterfaceId,
    /// Subnet with its own address.
    pub(in crate::analysis::goal) net: Ipv4Net,
    /// Settings.
    pub(in crate::analysis::goal) settings: InterfaceEigrp,
    /// Bandwidth in kbit/s.
    pub(in crate::analysis::goal) bandwidth: u64,
    /// Delay in tens of microseconds.
    pub(in crate::analysis::goal) delay: u64,
    /// Delay in picoseconds, as wide metrics take it.
    pub(in crate::analysis::goal) delay_ps: u64,
    /// Whether it has no neighbors.
    passive: bool,
    /// Keys that packets are signed with: mode and secrets.
    keys: Option<(String, KeyRing)>,
    /// The process.
    process: std::marker::PhantomData<&'a EigrpProcess>,
}

/// A neighbor.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Neighbor {
    /// Its process.
    pub(in crate::analysis::goal) node: usize,
    /// Own link.
    pub(in crate::analysis::goal) link: usize,
    /// The neighbor's link.
    pub(in crate::analysis::goal) their_link: usize,
}

impl<'a> Routers<'a> {
    /// The processes of a world.
    pub(in crate::analysis::goal) fn new(world: &World<'a>, hearing: &mut Hearing) -> Self {
        let mut routers = Self::default();
        for table in world.table_ids() {
            let entry = world.table(table);
            let Some(device) = world.device(entry.device).device else {
                continue;
            };
            let vrf = entry.vrf.as_deref();
            for (_, process) in device.eigrps() {
                let down = process.shutdown.as_ref().is_some_and(|at| at.value);
                if process.vrf.as_deref() == vrf && !down {
                    routers
                        .by_table
                        .entry(table)
                        .or_default()
                        .push(routers.all.len());
                    routers.all.push(Node {
                        process,
                        table,
                        router_id: process.router_id.as_ref().map_or_else(
                            || super::super::highest_address(world, table),
                            |at| at.value,
                        ),
                        links: links(world, table, process),
                        neighbors: Vec::new(),
                    });
                }
            }
        }
        routers.connect(world, hearing);
        routers
    }

    /// Finds who hears whom.
    fn connect(&mut self, world: &World<'a>, hearing: &mut Hearing) {
        let mut segments: BTreeMap<Ipv4Net, Vec<(usize, usize)>> = BTreeMap::new();
        for (id, node) in self.all.iter().enumerate() {
            for (index, link) in node.links.iter().enumerate() {
                if !link.passive {
                    let segment = segments.entry(link.net.trunc()).or_default();
                    segment.push((id, index));
                }
            }
        }
        let mut found = Vec::new();
        for segment in segments.values() {
            for (near, link) in segment {
                for (far, their_link) in segment {
                    if near != far
                        && self.agree(world, (*near, *link), (*far, *their_link))
                        && self.hear(world, (*near, *link), (*far, *their_link), hearing)
                    {
                        found.push((
                            *near,
                            Neighbor {
                                node: *far,
                                link: *link,
                                their_link: *their_link,
                            },
                        ));
                    }
                }
            }
        }
        for (near, neighbor) in found {
            if let Some(node) = self.all.get_mut(near) {
                node.neighbors.push(neighbor);
            }
        }
    }

    /// A process and one of its links.
    fn end(&self, (node, link): (usize, usize)) -> Option<(&Node<'a>, &Link<'a>)> {
        let node = self.all.get(node)?;
        Some((node, node.links.get(link)?))
    }

    /// Whether hellos to all routers and updates to one pass between two links, both ways, and are
    /// signed alike (RFC 7868 §5.3.1, §5.3.2).
    fn hear(
        &self,
        world: &World<'_>,
        one: (usize, usize),
        other: (usize, usize),
        hearing: &mut Hearing,
    ) -> bool {
        let (Some((_, near)), Some((_, far))) = (self.end(one), self.end(other)) else {
            return false;
        };
        let mut passes = true;
        for (from, to) in [(near, far), (far, near)] {
            for destination in [ALL_EIGRP_ROUTERS, to.net.addr()] {
                let message = hello::message(EIGRP, from.net.addr(), destination, 0);
                passes &= hearing.carries(world, (from.interface, to.interface), &message);
            }
        }
        let ends = [near.interface, far.interface];
        for link in [near, far] {
            hearing.doubts.extend(flaps(world, link));
        }
        passes && hearing.shares(world, ends, [&near.keys, &far.keys])
    }

    /// Whether two processes agree to become neighbors (RFC 7868 §5.3.1).
    fn agree(&self, world: &World<'_>, one: (usize, usize), other: (usize, usize)) -> bool {
        let (Some((near, link)), Some((far, their_link))) = (self.end(one), self.end(other)) else {
            return false;
        };
        let weights = |node: &Node<'_>| node.process.k_values.as_ref().map(|at| at.value);
        near.process.asn == far.process.asn
            && world.table(near.table).device != world.table(far.table).device
            && super::vector::weights(weights(near)) == super::vector::weights(weights(far))
            && world.are_neighbors(link.interface, their_link.interface)
    }

    /// The processes of a table.
    pub(in crate::analysis::goal) fn of(&self, table: TableId) -> &[usize] {
        self.by_table.get(&table).map_or(&[], Vec::as_slice)
    }

    /// A process.
    pub(in crate::analysis::goal) fn node(&self, id: usize) -> Option<&Node<'a>> {
        self.all.get(id)
    }
}

/// The interfaces of a table that take part in a process.
fn links<'a>(world: &World<'a>, table: TableId, process: &'a EigrpProcess) -> Vec<Link<'a>> {
    let device = world.table(table).device;
    let mut links = Vec::new();
    for id in world.interfaces_of(device) {
        let entry = world.interface(id);
        let Some(facet) = entry.facet.filter(|_| entry.up && entry.table == table) else {
            continue;
        };
        let settings = settings(process, &facet.name, facet.eigrp.get(&process.asn));
        if settings.shutdown.as_ref().is_some_and(|at| at.value) {
            continue;
        }
        let runs = settings.enabled.as_ref().is_some_and(|at| at.value);
        let passive = settings
            .passive
            .as_ref()
            .map_or_else(|| process.passive.contains(&facet.name), |at| at.value);
        let bandwidth = settings
            .bandwidth
            .as_ref()
            .map_or_else(|| bandwidth::of(world, id, facet), |at| at.value);
        for (net, _) in &entry.addresses {
            if !runs && !names(process, net.addr()) {
                continue;
            }
            links.push(Link {
                interface: id,
                net: *net,
                bandwidth,
                delay: bandwidth::delay(world, id, facet),
                delay_ps: settings
                    .delay_ps
                    .as_ref()
                    .map_or_else(|| bandwidth::delay_ps(world, id, facet), |at| at.value),
                passive: passive || facet.kind == crate::model::interface::InterfaceKind::Loopback,
                keys: keys(world, table, &settings),
                settings: settings.clone(),
                process: std::marker::PhantomData,
            });
        }
    }
    links
}

/// Whether a network statement takes an address.
fn names(process: &EigrpProcess, address: Ipv4Addr) -> bool {
    let mut networks = process.networks.iter().map(|at| at.value);
    networks.any(|(network, wildcard)| {
        let kept = !u32::from(wildcard);
        u32::from(network) & kept == u32::from(address) & kept
    })
}

/// Settings of an interface: of the process for it, of the interface, of the process for all.
fn settings(
    process: &EigrpProcess,
    name: &str,
    interface: Option<&InterfaceEigrp>,
) -> InterfaceEigrp {
    let mut merged = InterfaceEigrp::default();
    let named = process.interfaces.get(name);
    let all = process.interfaces.get("default");
    for layer in [named, interface, all].into_iter().flatten() {
        macro_rules! fill {
            ($($field:ident),*) => {
                $(if merged.$field.is_none() {
                    merged.$field.clone_from(&layer.$field);
                })*
            };
        }
        fill!(
            enabled,
            shutdown,
            passive,
            hello,
            hold,
            authentication,
            key_chain,
            split_horizon,
            next_hop_self,
            bandwidth,
            delay_ps
        );
        merged.summaries.extend(layer.summaries.iter().cloned());
    }
    merged
}

/// That neighbors forget a router between its hellos, which carry how long it is held (RFC 7868
/// §5.3.1); no device prevents that, or moves the one time with the other.
fn flaps(world: &World<'_>, link: &Link<'_>) -> Option<Symbol> {
    let settings = &link.settings;
    let hello = settings.hello.as_ref().map_or(HELLO_S, |at| at.value);
    let hold = settings.hold.as_ref().map_or(HOLD_S, |at| at.value);
    let is_set = settings.hello.is_some() || settings.hold.is_some();
    (is_set && hold < hello).then(|| {
        let entry = world.interface(link.interface);
        let device = &world.device(entry.device).name;
        Symbol::Undecided(format!(
            "whether neighbors keep {device} {}, which says hello each {hello} s and is held for \
             {hold} s",
            entry.name
        ))
    })
}

/// What signs the packets of an interface.
fn keys(world: &World<'_>, table: TableId, settings: &InterfaceEigrp) -> Option<(String, KeyRing)> {
    let mode = settings.authentication.as_ref()?.value.clone();
    let device = world.device(world.table(table).device).device?;
    let chain = settings.key_chain.as_ref();
    let chain = chain.and_then(|name| device.key_chain(&name.value));
    Some((mode, KeyRing::of(chain)))
}
