//! Interfaces that take part in OSPF: area, type, cost, and what they advertise.

use super::topology::{Link, MAX_LINK};
use crate::analysis::goal::bandwidth;
use crate::analysis::world::{InterfaceId, World};
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::ospf::{NetworkType, OspfProcess};
use crate::net::Ipv4Net;

/// Reference bandwidth in Mbit/s (Cisco IOS IP Routing: OSPF command reference,
/// `auto-cost reference-bandwidth`: 100).
const REFERENCE: u64 = 100;
/// MTU of Ethernet (RFC 894).
const MTU: u32 = 1500;

/// What a link advertises: its subnet, or a host route of a loopback (RFC 2328 §12.4.1.3) or of a
/// point-to-multipoint network (§12.4.1.4).
///
/// A network with neighbors and a designated router is transit, whose cost is the largest of a
/// router that is no transit; other subnets are stubs (RFC 6987 §2).
pub(super) fn advertised(
    process: &OspfProcess,
    link: &Link<'_>,
    has_neighbors: bool,
) -> (Ipv4Net, u32) {
    let told = process.max_metric.as_ref();
    let is_transit = has_neighbors
        && matches!(
            link.network,
            NetworkType::Broadcast | NetworkType::NonBroadcast
        );
    let cost = if told.is_some_and(|at| at.value.stubs || is_transit) {
        MAX_LINK
    } else {
        link.cost
    };
    match link.network {
        NetworkType::Loopback => (Ipv4Net::from(link.net.addr()), cost),
        NetworkType::PointToMultipoint => (Ipv4Net::from(link.net.addr()), 0),
        NetworkType::Broadcast | NetworkType::PointToPoint | NetworkType::NonBroadcast => {
            (link.net.trunc(), cost)
        }
    }
}

/// The area of an address: that which the interface names, else the most specific network that
/// contains it.
pub(super) fn area_of(process: &OspfProcess, facet: &Interface, net: Ipv4Net) -> Option<u32> {
    if let Some(at) = &facet.ospf.process_area {
        let (id, area) = &at.value;
        return (*id == process.id).then_some(*area);
    }
    process
        .networks
        .iter()
        .map(|at| at.value)
        .filter(|(address, wildcard, _)| {
            let kept = !u32::from(*wildcard);
            u32::from(*address) & kept == u32::from(net.addr()) & kept
        })
        .min_by_key(|(_, wildcard, _)| u32::from(*wildcard).count_ones())
        .map(|(_, _, area)| area)
}

/// An interface that takes part.
pub(super) fn link<'a>(
    world: &World<'a>,
    process: &OspfProcess,
    id: InterfaceId,
    facet: &'a Interface,
    net: Ipv4Net,
    area: u32,
) -> Link<'a> {
    let passive = process.passive.contains(&facet.name);
    let network = facet.ospf.network_type.as_ref().map_or(
        match &facet.kind {
            InterfaceKind::Loopback => NetworkType::Loopback,
            InterfaceKind::Tunnel => NetworkType::PointToPoint,
            InterfaceKind::Physical | InterfaceKind::Subinterface { .. }
                if facet.name.starts_with("Serial") =>
            {
                NetworkType::PointToPoint
            }
            InterfaceKind::Physical
            | InterfaceKind::Subinterface { .. }
            | InterfaceKind::Svi(_)
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Null => NetworkType::Broadcast,
        },
        |at| at.value,
    );
    Link {
        interface: id,
        net,
        area,
        cost: cost(world, process, id, facet),
        network,
        passive: passive || facet.kind == InterfaceKind::Loopback,
        settings: &facet.ospf,
        mtu: facet.mtu.as_ref().map_or(MTU, |at| at.value),
    }
}

/// Cost of an interface: configured, else reference over bandwidth, at least 1.
fn cost(world: &World<'_>, process: &OspfProcess, id: InterfaceId, facet: &Interface) -> u32 {
    if let Some(cost) = &facet.ospf.cost {
        return u32::from(cost.value);
    }
    if facet.kind == InterfaceKind::Loopback {
        return 1;
    }
    let reference = process
        .reference_bandwidth
        .as_ref()
        .map_or(REFERENCE, |at| u64::from(at.value));
    let kilobits = bandwidth::of(world, id, facet).max(1);
    let cost = (reference * 1000 / kilobits).clamp(1, u64::from(MAX_LINK));
    u32::try_from(cost).unwrap_or(MAX_LINK)
}
