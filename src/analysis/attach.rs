//! The attach stage: ports of the pumps' VLAN reach the router of their subnet.
//!
//! Also finds that router: its address, who answers for it, and by what hardware address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::goal::first_hop::{ActiveRouter, first_hop, shared_mac};
use super::layer2::tree::{self, HeldTree};
use super::layer2::{self, VlanReach};
use super::name::{fact, fail, list};
use super::state::{Part, State, add_places, add_symbol};
use super::world::InterfaceId;
use super::{HeldFirstHop, Shape, StageOutcome, Symbol};
use crate::intent::{Network, Stage};
use crate::model::FacetKind;
use crate::model::interface::{FirstHopProtocol, Interface};
use crate::net::Ipv4Net;
use crate::syntax::Effect;

/// Seconds that a port spends listening and learning before it forwards (IEEE 802.1D-2004 §17.14:
/// a forward delay of 15 s each).
const PORT_WAIT_S: u64 = 30;

/// How a network is attached to its routers.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    /// The stage.
    pub(super) part: Part,
    /// Interfaces of routers in the subnet that are up.
    pub(super) routers: Vec<InterfaceId>,
    /// Whether the subnet's routers are in the files at all.
    pub(super) known: bool,
    /// Address that pumps use as default gateway unless they are told another.
    pub(super) router: Option<Ipv4Addr>,
    /// Who answers for it on the wire.
    pub(super) identity: Option<String>,
    /// The router that forwards for it, where it is a virtual address.
    pub(super) first_hop: Option<HeldFirstHop>,
    /// The spanning tree of its VLAN.
    pub(super) tree: Option<HeldTree>,
    /// Whether unread statements bear on that tree.
    pub(super) tree_is_unread: bool,
}

/// How a network is attached.
pub(super) fn attachment(state: &State<'_, '_>, network: &Network) -> Attachment {
    let mut part = Part::new(StageOutcome::works(Stage::Attach, String::new()));
    part.reads.goals.insert(network.subnet.trunc());
    part.reads.vlans.extend(network.vlan);
    let (routers, down) = routers(state, network.subnet);
    let mut out = Attachment {
        routers,
        known: true,
        router: None,
        identity: None,
        first_hop: None,
        tree: None,
        tree_is_unread: false,
        part,
    };
    if out.routers.is_empty() {
        if down.is_empty() {
            out.known = false;
            out.part.stage.why = format!("no file holds a router of {}", network.subnet);
            out.part
                .stage
                .symbols
                .push(Symbol::Outside(format!("gateway of {}", network.subnet)));
        } else {
            let names: Vec<String> = down.iter().map(|id| state.interface_text(*id)).collect();
            for id in &down {
                note_interface(state, *id, &mut out.part);
            }
            fail(
                &mut out.part,
                Shape::Drop,
                format!("the router interface {} is down", list(&names)),
            );
        }
        return out;
    }
    for id in out.routers.iter().chain(&down) {
        note_interface(state, *id, &mut out.part);
    }
    out.router = default_router(state, network.subnet, &out.routers);
    if let Some(router) = out.router {
        fact(&mut out.part, "router", router);
        let found = first_hop(state.world, router);
        let active = &found.active;
        out.identity = identity(state, router, active);
        out.part.reads.facets.extend(found.filters.iter().cloned());
        if found.by_routes {
            let lists = state.world.exchange().filters();
            out.part.reads.facets.extend(lists.iter().cloned());
            out.part.reads.ospf_filters = state.world.ospf_filters();
            (out.part.reads.exchange, out.part.reads.ospf) = (true, true);
        }
        for symbol in &found.symbols {
            add_symbol(&mut out.part.stage.symbols, symbol.clone());
        }
        if let Some(identity) = &out.identity {
            fact(&mut out.part, "gateway", identity);
        }
        let names: Vec<String> = active
            .iter()
            .map(|one| format!("{} {}", one.device, one.interface_name))
            .collect();
        if !names.is_empty() {
            fact(&mut out.part, "active_router", names.join(", "));
        }
        out.first_hop = held_hop(state, router);
    }
    if let Some(vlan) = network.vlan {
        reach_ports(state, vlan, &out.routers, &mut out.part);
        grow_tree(state, vlan, &mut out);
    }
    if out.part.stage.why.is_empty() {
        out.part.stage.why = format!("{} has a router", network.subnet);
    }
    out
}

/// The one router that forwards for a virtual address.
pub(super) fn held_hop(state: &State<'_, '_>, address: Ipv4Addr) -> Option<HeldFirstHop> {
    let found = first_hop(state.world, address);
    let [one] = found.active.as_slice() else {
        return None;
    };
    Some(HeldFirstHop {
        router: state.interface_text(one.interface),
        hold_s: hold_s(state, one),
        standing: one.members.len(),
    })
}

/// Whether a router still hears, or is heard by, the one that forwards for a virtual address.
pub(super) fn is_member(state: &State<'_, '_>, address: Ipv4Addr, router: &str) -> bool {
    let found = first_hop(state.world, address);
    let mut members = found.active.iter().flat_map(|one| &one.members);
    members.any(|id| state.interface_text(*id) == router)
}

/// Seconds until another router takes over from a silent one.
///
/// Where the text gives no hold time: HSRP 10 s (RFC 2281 §5.1), GLBP 10 s (Cisco, "Configuring
/// GLBP"), VRRP three advertisements of 1 s and a skew below 1 s (RFC 9568 §6.1).
fn hold_s(state: &State<'_, '_>, active: &ActiveRouter) -> u64 {
    let facet = state.world.interface(active.interface).facet;
    let groups = facet.map_or(&[][..], |interface| &interface.first_hop);
    let configured = groups
        .iter()
        .find(|group| group.protocol == active.protocol && group.group == active.group)
        .and_then(|group| group.hold_ms.as_ref())
        .map(|hold| u64::from(hold.value).div_ceil(1_000));
    configured.unwrap_or(match active.protocol {
        FirstHopProtocol::Hsrp | FirstHopProtocol::Glbp => 10,
        FirstHopProtocol::Vrrp => 4,
        // The others answer already.
        FirstHopProtocol::Anycast => 0,
    })
}

/// Interfaces of devices that forward, in a subnet: those that are up and those that are not.
fn routers(state: &State<'_, '_>, subnet: Ipv4Net) -> (Vec<InterfaceId>, Vec<InterfaceId>) {
    let world = state.world;
    let mut up = Vec::new();
    let mut down = Vec::new();
    for id in world.interface_ids() {
        let entry = world.interface(id);
        let device = world.device(entry.device);
        let here = entry.facet.is_some()
            && device.forwards
            && entry
                .addresses
                .iter()
                .any(|(net, _)| net.trunc() == subnet.trunc() || net.contains(&subnet));
        if here && entry.up && device.up {
            up.push(id);
        } else if here {
            down.push(id);
        }
    }
    (up, down)
}

/// Notes that a router's interface was read, and what about it is unread.
fn note_interface(state: &State<'_, '_>, id: InterfaceId, part: &mut Part) {
    let entry = state.world.interface(id);
    let device = state.world.device(entry.device);
    part.reads
        .read(&device.name, FacetKind::Interface, &entry.name);
    if let Some(place) = entry.facet.and_then(Interface::place) {
        add_places(&mut part.stage.decided_by, &[place]);
    }
}

/// The address that hosts use as their router: a virtual one, else the only or lowest real one.
fn default_router(
    state: &State<'_, '_>,
    subnet: Ipv4Net,
    routers: &[InterfaceId],
) -> Option<Ipv4Addr> {
    let world = state.world;
    let owned = world.owned_between(subnet.network(), subnet.broadcast());
    let is_virtual = |address: &Ipv4Addr| {
        world
            .virtuals(*address)
            .iter()
            .any(|group| routers.contains(&group.interface))
    };
    let mut virtuals = owned.iter().copied().filter(is_virtual);
    let answered = virtuals
        .clone()
        .find(|address| !first_hop(world, *address).active.is_empty());
    answered.or_else(|| virtuals.next()).or_else(|| {
        routers
            .iter()
            .flat_map(|id| &world.interface(*id).addresses)
            .map(|(net, _)| net.addr())
            .filter(|address| subnet.contains(address))
            .min()
    })
}

/// Who answers for an address on the wire; a virtual router's hardware address follows from
/// protocol, version and group (RFC 2281 §3, RFC 9568 §7.3), a real one is the interface's own.
fn identity(state: &State<'_, '_>, router: Ipv4Addr, active: &[ActiveRouter]) -> Option<String> {
    if let Some(one) = active.first() {
        let mut groups = state.world.virtuals(router).iter();
        let group = groups.find(|group| group.interface == one.interface);
        let version = group.and_then(|group| group.group.version);
        let mac = group.and_then(|group| shared_mac(state.world, group));
        // HSRP defaults to version 1, VRRP to version 2 (Cisco First Hop Redundancy Protocols
        // Configuration Guide).
        let (name, default) = match one.protocol {
            FirstHopProtocol::Hsrp => ("hsrp", 1),
            FirstHopProtocol::Vrrp => ("vrrp", 2),
            FirstHopProtocol::Glbp => ("glbp", 1),
            FirstHopProtocol::Anycast => ("varp", 1),
        };
        return Some(format!(
            "{name}{} {}{}",
            version.unwrap_or(default),
            one.group,
            mac.map(|mac| format!(" {mac}")).unwrap_or_default()
        ));
    }
    state
        .world
        .owners(router)
        .first()
        .map(|id| state.interface_text(*id))
}

/// Whether the access ports of a VLAN reach one of its routers.
fn reach_ports(state: &State<'_, '_>, vlan: u16, routers: &[InterfaceId], part: &mut Part) {
    let reaches: Vec<VlanReach> = routers
        .iter()
        .map(|router| layer2::vlan_reach(state.world, vlan, *router))
        .collect();
    let mut cut: BTreeMap<(Arc<str>, Arc<str>), usize> = BTreeMap::new();
    let mut switches: Vec<Arc<str>> = Vec::new();
    let mut ports = 0;
    for reach in &reaches {
        part.reads.merge(&reach.reads);
        for symbol in &reach.symbols {
            if let Symbol::Hole { device, key, .. } = symbol {
                part.reads.holes.insert((device.clone(), *key));
            }
            add_symbol(&mut part.stage.symbols, symbol.clone());
        }
        ports = ports.max(reach.reached.len() + reach.cut.len());
        for port in &reach.cut {
            *cut.entry((port.device.clone(), port.interface.clone()))
                .or_default() += 1;
        }
        for port in reach.reached.iter().chain(&reach.cut) {
            if !switches.contains(&port.device) {
                switches.push(port.device.clone());
            }
        }
    }
    switches.extend(routers.iter().map(|id| {
        let entry = state.world.interface(*id);
        state.world.device(entry.device).name.clone()
    }));
    switches.sort();
    switches.dedup();
    for switch in &switches {
        if let Some(device) = state.world.network().devices.get(&**switch) {
            let part = &mut *part;
            state.holes(
                device,
                &[Effect::Switching],
                &mut part.stage.symbols,
                &mut part.reads,
            );
        }
    }
    let slow: BTreeSet<String> = reaches
        .iter()
        .flat_map(|reach| reach.reached.iter().chain(&reach.cut))
        .filter(|port| layer2::hosts::is_slow(state.world, port))
        .map(|port| format!("{} {}", port.device, port.interface))
        .collect();
    if !slow.is_empty() {
        let slow: Vec<String> = slow.into_iter().collect();
        fact(part, "slow_ports", slow.join(", "));
        fact(part, "port_wait_s", PORT_WAIT_S);
    }
    cut.retain(|_, times| *times == reaches.len());
    fact(part, "ports", ports);
    let names: BTreeSet<String> = reaches
        .iter()
        .flat_map(|reach| reach.reached.iter().chain(&reach.cut))
        .map(|port| format!("{} {}", port.device, port.interface))
        .collect();
    if !names.is_empty() {
        fact(
            part,
            "port_names",
            names.into_iter().collect::<Vec<_>>().join(", "),
        );
    }
    if cut.is_empty() {
        part.stage.why = format!("{ports} ports of VLAN {vlan} reach their router");
        return;
    }
    cut_off(vlan, ports, &cut, &reaches, part);
}

/// Notes the spanning tree of a VLAN, and what of its switches was read.
fn grow_tree(state: &State<'_, '_>, vlan: u16, out: &mut Attachment) {
    let Some(router) = out.routers.first() else {
        return;
    };
    let tree = tree::tree(state.world, vlan, *router);
    for device in tree.devices() {
        out.part.reads.read(device, FacetKind::System, "");
    }
    let mut symbols = out.part.stage.symbols.iter();
    out.tree_is_unread = symbols.any(|symbol| matches!(symbol, Symbol::Hole { .. }));
    out.tree = Some(tree);
}

/// Says which ports of a VLAN are cut off, and why.
fn cut_off(
    vlan: u16,
    ports: usize,
    cut: &BTreeMap<(Arc<str>, Arc<str>), usize>,
    reaches: &[VlanReach],
    part: &mut Part,
) {
    fact(part, "ports_cut", cut.len());
    let mut devices: Vec<&str> = cut.keys().map(|(device, _)| &**device).collect();
    devices.dedup();
    let mut reasons: Vec<String> = Vec::new();
    for (port, block) in reaches.iter().flat_map(|reach| &reach.blocks) {
        let reason = format!("{} {}: {}", port.device, port.interface, block.name());
        if !reasons.contains(&reason) {
            reasons.push(reason);
            add_places(&mut part.stage.decided_by, port.at.as_slice());
        }
    }
    let because = if reasons.is_empty() {
        "no link carries it".to_owned()
    } else {
        reasons.join("; ")
    };
    fail(
        part,
        Shape::Drop,
        format!(
            "VLAN {vlan} is cut off on {} of {ports} ports ({}): {because}",
            cut.len(),
            list(&devices)
        ),
    );
}
