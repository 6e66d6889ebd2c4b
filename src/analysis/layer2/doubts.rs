//! What is not known of the frames of a broadcast domain: unread statements, port filters, bundles.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{self, Wire};
use super::{Layer2, Node, node, switchport, vlans};
use crate::analysis::Symbol;
use crate::analysis::walk::holes::DeviceHoles;
use crate::analysis::world::{InterfaceId, World};
use crate::model::LinkEvidence;
use crate::model::interface::{Interface, InterfaceKind};

/// Bytes of payload that every Ethernet frame may carry (RFC 894).
const FRAME: u32 = 1500;

/// Symbols of each broadcast domain.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// By component of nodes that have a link.
    components: BTreeMap<u32, Vec<Symbol>>,
    /// By node that has none.
    nodes: BTreeMap<Node, Vec<Symbol>>,
}

impl Doubts {
    /// The symbols of a world's domains.
    pub(super) fn new(world: &World<'_>) -> Self {
        let layer2 = &world.layer2;
        let mut doubts = Self::default();
        let vlans = vlans(world);
        let mut children: BTreeMap<InterfaceId, Vec<InterfaceId>> = BTreeMap::new();
        for (child, parent) in &layer2.parents {
            children.entry(*parent).or_default().push(*child);
        }
        for device in world.device_ids() {
            let Some(config) = world.device(device).device else {
                continue;
            };
            let holes = DeviceHoles::new(config);
            for id in world.interfaces_of(device) {
                let entry = world.interface(id);
                if !entry.facet.is_some_and(Interface::is_enabled) {
                    continue;
                }
                let mut symbols = port_doubts(world, id);
                if switchport(world, id).is_some() || is_member(world, id) {
                    let unread = holes.interfaces.get(&entry.name);
                    symbols.extend(unread.into_iter().flatten().cloned());
                }
                if symbols.is_empty() {
                    continue;
                }
                let port = bundle::of(world, id);
                let lanes = layer2.lanes(world, port, &vlans, &children);
                let nodes: BTreeSet<Node> = lanes.into_values().collect();
                for node in nodes {
                    doubts.add(layer2, node, &symbols);
                }
            }
            let symbols: Vec<Symbol> = [holes.switching, holes.device].concat();
            if symbols.is_empty() {
                continue;
            }
            let its = Node::Vlan(device, 0)..=Node::Vlan(device, u16::MAX);
            for (node, _) in layer2.components.range(its) {
                doubts.add(layer2, *node, &symbols);
            }
        }
        doubts
    }

    /// Adds symbols to the domain of a node.
    fn add(&mut self, layer2: &Layer2, node: Node, symbols: &[Symbol]) {
        let list = match layer2.components.get(&node) {
            Some(component) => self.components.entry(*component).or_default(),
            None => self.nodes.entry(node).or_default(),
        };
        for symbol in symbols {
            if !list.contains(symbol) {
                list.push(symbol.clone());
            }
        }
    }
}

/// What is not known of the broadcast domain of an interface.
pub(in crate::analysis) fn segment_doubts<'w>(
    world: &'w World<'_>,
    interface: InterfaceId,
) -> &'w [Symbol] {
    let layer2 = &world.layer2;
    let doubts = layer2.doubts.get_or_init(|| Doubts::new(world));
    let node = node(world, interface);
    let found = match layer2.components.get(&node) {
        Some(component) => doubts.components.get(component),
        None => doubts.nodes.get(&node),
    };
    found.map_or(&[], Vec::as_slice)
}

/// Whether an addressed port of a switch lacks `no switchport`, so that it may be a layer-2 port.
pub(in crate::analysis) fn routed_doubt(
    world: &World<'_>,
    interface: InterfaceId,
) -> Option<Symbol> {
    let entry = world.interface(interface);
    let facet = entry.facet?;
    let doubtful = facet.kind == InterfaceKind::Physical
        && !facet.addresses.is_empty()
        && facet.routed.is_none()
        && world
            .interfaces_of(entry.device)
            .any(|id| switchport(world, id).is_some());
    doubtful.then(|| {
        let name = &world.device(entry.device).name;
        Symbol::Undecided(format!("{name}: whether {} is a routed port", entry.name))
    })
}

/// Members of bundles whose link leads to a member of a bundle.
pub(super) fn paired(
    world: &World<'_>,
    ends: &[(InterfaceId, InterfaceId, LinkEvidence)],
) -> BTreeSet<InterfaceId> {
    ends.iter()
        .filter(|(a, b, _)| is_member(world, *a) && is_member(world, *b))
        .flat_map(|(a, b, _)| [*a, *b])
        .collect()
}

/// Members of bundles whose wire may carry frames although no bundle forms, each with its other end.
pub(super) fn unsettled(
    world: &World<'_>,
    ends: &[(InterfaceId, InterfaceId, LinkEvidence)],
) -> BTreeMap<InterfaceId, InterfaceId> {
    ends.iter()
        .filter(|(a, b, _)| bundle::wire(world, [*a, *b]) == Wire::Unsettled)
        .flat_map(|(a, b, _)| [(*a, *b), (*b, *a)])
        .collect()
}

/// Whether a port is a member of a bundle.
fn is_member(world: &World<'_>, id: InterfaceId) -> bool {
    let facet = world.interface(id).facet;
    facet.is_some_and(|facet| facet.channel_group.is_some())
}

/// What a port's own filters and its bundle leave open.
fn port_doubts(world: &World<'_>, id: InterfaceId) -> Vec<Symbol> {
    let entry = world.interface(id);
    let name = &world.device(entry.device).name;
    let mut found = Vec::new();
    let Some(facet) = entry.facet else {
        return found;
    };
    let mtu = facet.mtu.as_ref().filter(|mtu| mtu.value < FRAME);
    if let Some(mtu) = mtu.filter(|_| facet.switchport.is_some()) {
        found.push(Symbol::Undecided(format!(
            "{name}: frames of more than {} bytes at {}",
            mtu.value, entry.name
        )));
    }
    if facet.switchport.is_some() {
        for acl in [&facet.acl_in, &facet.acl_out].into_iter().flatten() {
            found.push(Symbol::Undecided(format!(
                "{name}: what access list {} does to frames on the layer-2 port {}",
                acl.value, entry.name
            )));
        }
    }
    if let Some(other) = world.layer2.unsettled.get(&id) {
        let mut ends = [id, *other].map(|end| {
            let entry = world.interface(end);
            let mode = entry
                .facet
                .map_or("", |facet| facet.bundling.unwrap_or_default().name());
            let device = &world.device(entry.device).name;
            format!("{device} {} (mode {mode})", entry.name)
        });
        ends.sort();
        found.push(Symbol::Undecided(format!(
            "whether {} and {} carry frames on their own, since their modes form no bundle",
            ends[0], ends[1]
        )));
    }
    // A member that is down leaves the rest of its bundle as it is.
    if let Some(group) = &facet.channel_group
        && entry.up
        && (bundle::bundle(world, id).is_none() || !world.layer2.paired.contains(&id))
    {
        found.push(Symbol::Undecided(format!(
            "{name}: whether {} carries frames as a member of bundle {}, for which no file shows \
             both ends",
            entry.name, group.value
        )));
    }
    found
}
