//! Broadcast domains: which interfaces exchange frames, and where a VLAN reaches.
//!
//! A domain is a connected component over links of (device, VLAN) pairs and routed ports; trunks
//! carry what both ends allow and both devices have.
//! Where the files describe no link of an interface, layer 2 is assumed to connect what shares a
//! subnet; where they do, only what they describe is connected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::walk::holes::DeviceHoles;
use super::world::{DeviceId, InterfaceId, Names, World, kind, place};
use super::{ReadSet, Symbol};
use crate::model::interface::{Interface, InterfaceKind, Switchport, SwitchportMode};
use crate::model::{FacetKey, FacetKind, LinkEvidence};
use crate::source::StatementRef;

mod alike;
mod bundle;
mod doubts;
pub mod hosts;
pub(super) mod snooping;
pub mod tree;

pub(super) use bundle::{Wire, wire};
pub(super) use doubts::{routed_doubt, segment_doubts};

/// VLAN of ports that name none (IEEE 802.1Q-2018 §9.6: the default port VLAN).
const DEFAULT_VLAN: u16 = 1;
/// VLANs that a switch always has: 1, and those kept for Token Ring and FDDI (Cisco IOS-XE VLAN
/// configuration guide, "normal-range VLANs").
const BUILT_IN: [u16; 5] = [1, 1002, 1003, 1004, 1005];

/// What frames can be joined at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// A VLAN of a switch.
    Vlan(DeviceId, u16),
    /// A routed port or subinterface.
    Routed(InterfaceId),
}

/// How a frame names its VLAN on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tag {
    /// It does not.
    Untagged,
    /// By this number.
    Tagged(u16),
}

/// Broadcast domains of a [`World`].
#[derive(Debug, Default)]
pub(super) struct Layer2 {
    /// Links between ports or bundles that are up.
    links: Vec<(InterfaceId, InterfaceId)>,
    /// Links that are described, up or not.
    described: Vec<(InterfaceId, InterfaceId)>,
    /// Devices with a link on a layer-2 port.
    bridged: BTreeSet<DeviceId>,
    /// Ports and bundles with a link, up or not.
    linked: BTreeSet<InterfaceId>,
    /// Layer-2 ports and bundles, with whether they are trunks.
    trunks: BTreeMap<InterfaceId, bool>,
    /// Component of each node that has a link.
    components: BTreeMap<Node, u32>,
    /// Parents of subinterfaces.
    parents: BTreeMap<InterfaceId, InterfaceId>,
    /// Members of bundles whose link leads to a member of a bundle.
    paired: BTreeSet<InterfaceId>,
    /// Members of bundles that may carry frames although no bundle forms, each with its other end.
    unsettled: BTreeMap<InterfaceId, InterfaceId>,
    /// What is not known of the domains, once asked.
    doubts: OnceLock<doubts::Doubts>,
}

/// A layer-2 port of a VLAN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Device.
    pub device: Arc<str>,
    /// Full name.
    pub interface: Arc<str>,
    /// The statement that puts it into the VLAN or opens its block.
    pub at: Option<StatementRef>,
}

/// Why a VLAN does not pass a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// The trunk's allowed list lacks it.
    NotAllowed,
    /// The device does not have the VLAN, or has it shut down.
    NoVlan,
    /// The port is down.
    Down,
    /// The port is an access port of another VLAN, or the two ends tag it differently.
    Mismatch,
}

impl Block {
    /// The reason as a fragment.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAllowed => "the trunk does not allow it",
            Self::NoVlan => "the switch does not have it",
            Self::Down => "the port is down",
            Self::Mismatch => "the two ends do not agree on it",
        }
    }
}

/// Where a VLAN reaches, as seen from its gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VlanReach {
    /// Access ports that reach the gateway.
    pub reached: Vec<Port>,
    /// Access ports that do not.
    pub cut: Vec<Port>,
    /// Access ports of devices of which no link is described: nobody can say.
    pub unknown: Vec<Port>,
    /// Where it is blocked next to what is cut.
    pub blocks: Vec<(Port, Block)>,
    /// Whether the gateway interface itself is up.
    pub gateway_up: bool,
    /// Unread statements of the switches on the way, which could cut it or join it.
    pub symbols: Vec<Symbol>,
    /// What was read.
    pub reads: ReadSet,
}

/// Union of nodes by representative.
struct Union {
    /// Parent by node number.
    parent: Vec<u32>,
}

impl Union {
    /// Representative of a node.
    fn find(&mut self, mut node: u32) -> u32 {
        while let Some(&above) = self.parent.get(node as usize)
            && above != node
        {
            let higher = self.parent.get(above as usize).copied().unwrap_or(above);
            if let Some(slot) = self.parent.get_mut(node as usize) {
                *slot = higher;
            }
            node = higher;
        }
        node
    }

    /// Joins two nodes.
    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        if let Some(slot) = self.parent.get_mut(one as usize) {
            *slot = other;
        }
    }
}

impl Layer2 {
    /// The domains, once ports and bundles have their state.
    pub(super) fn new(
        world: &World<'_>,
        names: &Names<'_>,
        ends: &[(InterfaceId, InterfaceId, LinkEvidence)],
    ) -> Self {
        let mut layer2 = Self::default();
        for id in world.interface_ids() {
            if let InterfaceKind::Subinterface { parent, .. } = kind(world.interface(id))
                && let Some(parent) = names.get(&(world.interface(id).device, parent.as_str()))
            {
                layer2.parents.insert(id, *parent);
            }
        }
        let described: BTreeSet<(InterfaceId, InterfaceId)> = ends
            .iter()
            .map(|(a, b, _)| (bundle::of(world, *a), bundle::of(world, *b)))
            .collect();
        let up: BTreeSet<(InterfaceId, InterfaceId)> = ends
            .iter()
            .filter(|(a, b, _)| bundle::is_up(world, *a) && bundle::is_up(world, *b))
            .map(|(a, b, _)| (bundle::of(world, *a), bundle::of(world, *b)))
            .collect();
        layer2.paired = doubts::paired(world, ends);
        layer2.unsettled = doubts::unsettled(world, ends);
        layer2.described = described.into_iter().collect();
        layer2.links = up.into_iter().collect();
        for (a, b) in &layer2.described {
            for end in [*a, *b] {
                layer2.linked.insert(end);
                if switchport(world, end).is_some() {
                    layer2.bridged.insert(world.interface(end).device);
                }
            }
        }
        layer2.set_trunks(world);
        layer2.set_components(world);
        layer2
    }

    /// Decides which ports are trunks; negotiation makes one where the other end is one.
    fn set_trunks(&mut self, world: &World<'_>) {
        let configured = |id: InterfaceId| switchport(world, id).map(mode);
        let mut peers: BTreeMap<InterfaceId, Vec<InterfaceId>> = BTreeMap::new();
        for (a, b) in &self.described {
            peers.entry(*a).or_default().push(*b);
            peers.entry(*b).or_default().push(*a);
        }
        for id in world.interface_ids() {
            let Some(port) = switchport(world, id) else {
                continue;
            };
            let is_trunk = match mode(port) {
                SwitchportMode::Trunk => true,
                SwitchportMode::Access => false,
                SwitchportMode::Dynamic => {
                    let mut peers = peers.get(&id).into_iter().flatten();
                    peers.any(|peer| configured(*peer) == Some(SwitchportMode::Trunk))
                        || (port.access_vlan.is_none()
                            && (port.allowed.is_some() || port.native_vlan.is_some()))
                }
            };
            self.trunks.insert(id, is_trunk);
        }
    }

    /// Joins what links connect.
    fn set_components(&mut self, world: &World<'_>) {
        let vlans = vlans(world);
        let mut children: BTreeMap<InterfaceId, Vec<InterfaceId>> = BTreeMap::new();
        for (child, parent) in &self.parents {
            children.entry(*parent).or_default().push(*child);
        }
        let mut numbers: BTreeMap<Node, u32> = BTreeMap::new();
        let mut union = Union { parent: Vec::new() };
        let mut number = |node: Node, union: &mut Union| {
            *numbers.entry(node).or_insert_with(|| {
                let next = u32::try_from(union.parent.len()).unwrap_or(u32::MAX);
                union.parent.push(next);
                next
            })
        };
        for (a, b) in &self.links {
            let lanes_a = self.lanes(world, *a, &vlans, &children);
            let lanes_b = self.lanes(world, *b, &vlans, &children);
            for (tag, node) in &lanes_a {
                if let Some(other) = lanes_b.get(tag) {
                    let (one, other) = (number(*node, &mut union), number(*other, &mut union));
                    union.join(one, other);
                }
            }
        }
        self.components = numbers
            .into_iter()
            .map(|(node, number)| (node, union.find(number)))
            .collect();
    }

    /// What each tag on the wire of a port leads to.
    fn lanes(
        &self,
        world: &World<'_>,
        port: InterfaceId,
        vlans: &BTreeSet<u16>,
        children: &BTreeMap<InterfaceId, Vec<InterfaceId>>,
    ) -> BTreeMap<Tag, Node> {
        let device = world.interface(port).device;
        if switchport(world, port).is_some() {
            return vlans
                .iter()
                .filter_map(|vlan| Some((self.tag(world, port, *vlan)?, Node::Vlan(device, *vlan))))
                .collect();
        }
        let mut lanes = BTreeMap::from([(Tag::Untagged, Node::Routed(port))]);
        for child in children.get(&port).map_or(&[][..], Vec::as_slice) {
            if let InterfaceKind::Subinterface { vlan, .. } = kind(world.interface(*child)) {
                let tag = vlan.map_or(Tag::Untagged, Tag::Tagged);
                lanes.insert(tag, Node::Routed(*child));
            }
        }
        lanes
    }

    /// How a layer-2 port tags a VLAN on the wire; none where it does not carry it.
    fn tag(&self, world: &World<'_>, port: InterfaceId, vlan: u16) -> Option<Tag> {
        let settings = switchport(world, port)?;
        if !has_vlan(world, world.interface(port).device, vlan) {
            return None;
        }
        let value = |at: Option<&crate::source::At<u16>>| at.map(|at| at.value);
        if self.trunks.get(&port) == Some(&true) {
            if settings
                .allowed
                .as_ref()
                .is_some_and(|set| !set.contains(vlan))
            {
                return None;
            }
            let native = value(settings.native_vlan.as_ref()).unwrap_or(DEFAULT_VLAN);
            return Some(if vlan == native {
                Tag::Untagged
            } else {
                Tag::Tagged(vlan)
            });
        }
        if value(settings.access_vlan.as_ref()).unwrap_or(DEFAULT_VLAN) == vlan {
            return Some(Tag::Untagged);
        }
        (value(settings.voice_vlan.as_ref()) == Some(vlan)).then_some(Tag::Tagged(vlan))
    }

    /// Whether a device has a VLAN and a port that is up carries it, as far as ports are known.
    pub(super) fn is_vlan_active(&self, world: &World<'_>, device: DeviceId, vlan: u16) -> bool {
        if !has_vlan(world, device, vlan) {
            return false;
        }
        let mut ports = world
            .interfaces_of(device)
            .filter(|id| switchport(world, *id).is_some())
            .peekable();
        ports.peek().is_none()
            || alike::is_tunneled(world, device, vlan)
            || ports.any(|id| world.interface(id).up && self.tag(world, id, vlan).is_some())
    }

    /// Whether two interfaces exchange frames, as far as the files describe.
    pub(super) fn joins(&self, world: &World<'_>, one: InterfaceId, other: InterfaceId) -> bool {
        let wired = |id: InterfaceId| {
            !matches!(
                kind(world.interface(id)),
                InterfaceKind::Loopback | InterfaceKind::Null
            )
        };
        if !wired(one) || !wired(other) {
            return false;
        }
        if !self.is_described(world, one) || !self.is_described(world, other) {
            return !alike::has_counterpart(world, one, other)
                && !alike::has_counterpart(world, other, one);
        }
        let (one, other) = (node(world, one), node(world, other));
        one == other
            || self
                .components
                .get(&one)
                .is_some_and(|component| self.components.get(&other) == Some(component))
    }

    /// Whether the files describe where the wire of an interface leads.
    pub(super) fn is_described(&self, world: &World<'_>, id: InterfaceId) -> bool {
        match kind(world.interface(id)) {
            InterfaceKind::Svi(_) => self.bridged.contains(&world.interface(id).device),
            InterfaceKind::Subinterface { .. } => self
                .parents
                .get(&id)
                .is_some_and(|parent| self.linked.contains(parent)),
            InterfaceKind::Physical
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Loopback
            | InterfaceKind::Tunnel
            | InterfaceKind::Null => self.linked.contains(&id),
        }
    }
}

/// Where the VLAN of a gateway interface reaches: access ports with and without a path to it.
pub fn vlan_reach(world: &World<'_>, vlan: u16, gateway: InterfaceId) -> VlanReach {
    let layer2 = &world.layer2;
    let mut reach = VlanReach {
        gateway_up: world.interface(gateway).up,
        ..VlanReach::default()
    };
    reach.reads.vlans.insert(vlan);
    reach.reads.facets.insert(facet_of(world, gateway));
    let home = node(world, gateway);
    let component = layer2.components.get(&home);
    let mut cut_nodes: BTreeSet<DeviceId> = BTreeSet::new();
    for (id, is_trunk) in &layer2.trunks {
        let entry = world.interface(*id);
        let enabled = entry.facet.is_some_and(Interface::is_enabled);
        if *is_trunk || !enabled || !is_access_port_of(world, *id, vlan) {
            continue;
        }
        let port = port(world, *id, |s| place(s.access_vlan.as_ref()));
        let here = Node::Vlan(entry.device, vlan);
        let joined = component.is_some() && layer2.components.get(&here) == component;
        if !world.device(entry.device).up || !has_vlan(world, entry.device, vlan) {
            cut_nodes.insert(entry.device);
            reach.cut.push(port);
        } else if here == home || joined {
            reach.reached.push(port);
        } else if layer2.bridged.contains(&entry.device) && layer2.is_described(world, gateway) {
            cut_nodes.insert(entry.device);
            reach.cut.push(port);
        } else {
            reach.unknown.push(port);
        }
    }
    for (a, b) in &layer2.described {
        let ends = [*a, *b];
        if ends
            .iter()
            .any(|end| cut_nodes.contains(&world.interface(*end).device))
        {
            reach.blocks.extend(blocks(world, ends, vlan));
        }
    }
    reach.blocks.sort();
    reach.blocks.dedup();
    let joined = layer2.components.iter().filter(|(node, part)| {
        Some(*part) == component && matches!(node, Node::Vlan(_, number) if *number == vlan)
    });
    let mut devices = cut_nodes;
    devices.insert(world.interface(gateway).device);
    devices.extend(joined.filter_map(|(node, _)| match node {
        Node::Vlan(device, _) => Some(*device),
        Node::Routed(_) => None,
    }));
    for device in devices {
        reach.symbols.extend(switch_symbols(world, device, vlan));
    }
    let doubts = segment_doubts(world, gateway);
    reach.symbols.extend(doubts.iter().cloned());
    reach
}

/// Unread statements of a switch that could change what it does with a VLAN: its own, and those
/// of ports that carry it.
fn switch_symbols(world: &World<'_>, device: DeviceId, vlan: u16) -> Vec<Symbol> {
    let Some(config) = world.device(device).device else {
        return Vec::new();
    };
    let holes = DeviceHoles::new(config);
    let carries = |name: &Arc<str>| {
        world.interface_named(device, name).is_some_and(|id| {
            world.vlan_of(id) == Some(vlan) || world.layer2.tag(world, id, vlan).is_some()
        })
    };
    let ports = holes.interfaces.iter().filter(|(name, _)| carries(name));
    holes
        .switching
        .iter()
        .chain(&holes.device)
        .chain(ports.flat_map(|(_, symbols)| symbols))
        .cloned()
        .collect()
}

/// Where and why a link does not carry a VLAN.
fn blocks(world: &World<'_>, ends: [InterfaceId; 2], vlan: u16) -> Vec<(Port, Block)> {
    let layer2 = &world.layer2;
    let up = layer2.links.contains(&ends.into());
    let mut found = Vec::new();
    for end in ends {
        let entry = world.interface(end);
        let settings = switchport(world, end);
        if !entry.up || !up {
            let shut = place(entry.facet.and_then(|f| f.shutdown.as_ref()));
            let group = || {
                let (_, member) = bundle::members(world, end).next()?;
                place(member.channel_group.as_ref())
            };
            let at = |_: &Switchport| shut.or_else(group);
            if !entry.up {
                found.push((port(world, end, at), Block::Down));
            }
        } else if settings.is_some() && !has_vlan(world, entry.device, vlan) {
            let at = |s: &Switchport| s.allowed_at.last().map(|at| at.at);
            found.push((port(world, end, at), Block::NoVlan));
        } else if settings.is_some() && layer2.tag(world, end, vlan).is_none() {
            let is_trunk = layer2.trunks.get(&end) == Some(&true);
            let at = |s: &Switchport| s.allowed_at.last().map(|at| at.at);
            let why = if is_trunk {
                Block::NotAllowed
            } else {
                Block::Mismatch
            };
            found.push((port(world, end, at), why));
        }
    }
    let tags = ends.map(|end| layer2.tag(world, end, vlan));
    if let [Some(one), Some(other)] = tags
        && one != other
    {
        let native = |s: &Switchport| place(s.native_vlan.as_ref().or(s.access_vlan.as_ref()));
        found.extend(ends.map(|end| (port(world, end, native), Block::Mismatch)));
    }
    found
}

/// Whether hosts on this port are in the VLAN.
fn is_access_port_of(world: &World<'_>, id: InterfaceId, vlan: u16) -> bool {
    let Some(settings) = switchport(world, id) else {
        return false;
    };
    let access = settings
        .access_vlan
        .as_ref()
        .map_or(DEFAULT_VLAN, |at| at.value);
    access == vlan
        || settings
            .voice_vlan
            .as_ref()
            .is_some_and(|at| at.value == vlan)
}

/// A port with the statement that `at` picks, else the one that opens its block.
fn port(
    world: &World<'_>,
    id: InterfaceId,
    at: impl FnOnce(&Switchport) -> Option<StatementRef>,
) -> Port {
    let entry = world.interface(id);
    Port {
        device: world.device(entry.device).name.clone(),
        interface: entry.name.clone(),
        at: switchport(world, id)
            .and_then(at)
            .or_else(|| entry.facet.and_then(Interface::place)),
    }
}

/// The facet of an interface.
fn facet_of(world: &World<'_>, id: InterfaceId) -> (Arc<str>, FacetKey) {
    let entry = world.interface(id);
    (
        world.device(entry.device).name.clone(),
        FacetKey::new(FacetKind::Interface, &entry.name),
    )
}

/// The node of an interface.
fn node(world: &World<'_>, id: InterfaceId) -> Node {
    match kind(world.interface(id)) {
        InterfaceKind::Svi(vlan) => Node::Vlan(world.interface(id).device, *vlan),
        InterfaceKind::Physical
        | InterfaceKind::Subinterface { .. }
        | InterfaceKind::Loopback
        | InterfaceKind::PortChannel(_)
        | InterfaceKind::Tunnel
        | InterfaceKind::Null => Node::Routed(id),
    }
}

/// Layer-2 settings of a port or bundle that frames pass; members of a bundle have none.
fn switchport<'w>(world: &World<'w>, id: InterfaceId) -> Option<&'w Switchport> {
    world.interface(id).facet?.switchport.as_ref()
}

/// Mode of a port.
fn mode(port: &Switchport) -> SwitchportMode {
    port.mode
        .as_ref()
        .map_or(SwitchportMode::Dynamic, |mode| mode.value)
}

/// Whether a device has a VLAN; without any VLAN statement it is taken to have all of them.
fn has_vlan(world: &World<'_>, device: DeviceId, vlan: u16) -> bool {
    let device = world.device(device);
    device.vlans.get(&vlan).copied().unwrap_or_else(|| {
        device.device.is_none() || BUILT_IN.contains(&vlan) || device.vlans.is_empty()
    })
}

/// Every VLAN that the text names.
fn vlans(world: &World<'_>) -> BTreeSet<u16> {
    let mut vlans = BTreeSet::from([DEFAULT_VLAN]);
    for id in world.device_ids() {
        if let Some(device) = world.device(id).device {
            vlans.extend(device.vlans().map(|(_, vlan)| vlan.id));
        }
    }
    for id in world.interface_ids() {
        match kind(world.interface(id)) {
            InterfaceKind::Svi(vlan)
            | InterfaceKind::Subinterface {
                vlan: Some(vlan), ..
            } => {
                vlans.insert(*vlan);
            }
            InterfaceKind::Physical
            | InterfaceKind::Subinterface { vlan: None, .. }
            | InterfaceKind::Loopback
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Tunnel
            | InterfaceKind::Null => {}
        }
        if let Some(port) = switchport(world, id) {
            let named = [&port.access_vlan, &port.voice_vlan, &port.native_vlan];
            vlans.extend(named.into_iter().flatten().map(|at| at.value));
        }
    }
    vlans
}
