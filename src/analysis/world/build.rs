//! Building the indexes of a [`World`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, OnceLock};

use super::{
    DeviceEntry, DeviceId, Endpoint, InterfaceEntry, InterfaceId, Table, TableId, VirtualAddress,
    World, kind, place,
};
use crate::analysis::goal::{self, Goals};
use crate::analysis::layer2::{Layer2, Wire, wire};
use crate::intent::Boundary;
use crate::model::interface::{Interface, InterfaceKind, Vlan};
use crate::model::ospf::NetworkType;
use crate::model::{Device, Down, LinkEvidence, Network};
use crate::net::Ipv4Net;

/// Interfaces by device and name.
pub(in crate::analysis) type Names<'a> = BTreeMap<(DeviceId, &'a str), InterfaceId>;

/// A length as a number of a table.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether a device that does not say so forwards packets between interfaces.
///
/// A switch that has a default gateway and no routes of its own does not: the gateway is used only
/// while routing is off (Cisco document 16448, "Configure a Gateway of Last Resort").
fn is_router(device: &Device) -> bool {
    let system = device.system("");
    if let Some(forwards) = system.and_then(|system| system.forwards_untold) {
        return forwards;
    }
    let has_gateway = system.is_some_and(|system| system.default_gateway.is_some());
    !has_gateway
        || device.static_routes().next().is_some()
        || device.ospfs().next().is_some()
        || device.bgps().next().is_some()
        || device.eigrps().next().is_some()
        || device.rips().next().is_some()
        || device.isis_processes().next().is_some()
}

/// A VLAN's number, with whether it runs.
fn runs<K>((_, vlan): (K, &Vlan)) -> (u16, bool) {
    let shutdown = vlan.shutdown.as_ref();
    (vlan.id, !shutdown.is_some_and(|shutdown| shutdown.value))
}

impl<'a> World<'a> {
    /// The indexes of `network`, with the site's hosts and boundaries.
    pub fn new(network: &'a Network, endpoints: &[Endpoint], boundaries: &[Boundary]) -> Self {
        let mut world = Self {
            network,
            boundaries: boundaries.to_vec(),
            devices: Vec::new(),
            interfaces: Vec::new(),
            tables: Vec::new(),
            by_name: BTreeMap::new(),
            owners: BTreeMap::new(),
            virtuals: BTreeMap::new(),
            translators: Vec::new(),
            subnets: BTreeMap::new(),
            subnet_lengths: Vec::new(),
            tunnels: BTreeMap::new(),
            layer2: Layer2::default(),
            prefixes: BTreeSet::new(),
            prefix_lengths: Vec::new(),
            cuts: Vec::new(),
            goals: Goals::default(),
            exchange: OnceLock::new(),
            first_hops: Mutex::default(),
            host_ports: Mutex::default(),
            ospf: OnceLock::new(),
        };
        for device in network.devices.values() {
            world.add_device(device);
        }
        let names: Names<'a> = world
            .interface_ids()
            .filter(|id| world.tunnel(*id).is_none())
            .filter_map(|id| {
                let entry = world.interface(id);
                Some(((entry.device, entry.facet?.name.as_str()), id))
            })
            .collect();
        let ends = world.resolve_links(&names);
        world.set_states(&names, &ends);
        world.set_tunnel_states();
        world.layer2 = Layer2::new(&world, &names, &ends);
        world.set_svi_states();
        world.index_addresses();
        world.index_translators();
        world.index_lengths();
        for endpoint in endpoints {
            world.add_endpoint(endpoint);
        }
        world.index_prefixes();
        world
    }

    /// Adds a device with its interfaces and tables.
    fn add_device(&mut self, device: &'a Device) {
        let id = DeviceId(number(self.devices.len()));
        let name: Arc<str> = device.name.as_str().into();
        let system = device.system("");
        let first_table = number(self.tables.len());
        let vrfs = vrfs(device);
        for vrf in std::iter::once(None).chain(vrfs.into_iter().map(Some)) {
            let statics = device.static_routes().map(|(_, routes)| routes);
            let processes = device.ospfs().map(|(_, process)| process);
            self.tables.push(Table {
                device: id,
                vrf: vrf.map(Into::into),
                connected: BTreeMap::new(),
                own: BTreeMap::new(),
                statics: statics
                    .filter(|routes| routes.vrf.as_deref() == vrf)
                    .map(|routes| (routes.prefix.trunc(), routes))
                    .collect(),
                ospf: processes
                    .filter(|process| process.vrf.as_deref() == vrf)
                    .collect(),
            });
        }
        let tables = first_table..number(self.tables.len());
        let first = number(self.interfaces.len());
        for (_, interface) in device.interfaces() {
            let vrf = interface.vrf.as_ref().map(|vrf| vrf.value.as_str());
            let table = tables
                .clone()
                .map(TableId)
                .find(|table| self.table(*table).vrf.as_deref() == vrf)
                .unwrap_or(TableId(first_table));
            self.interfaces.push(InterfaceEntry {
                device: id,
                name: interface.name.as_str().into(),
                facet: Some(interface),
                addresses: addresses_of(device, interface),
                table,
                up: false,
                boundary: self.boundaries.iter().position(|boundary| {
                    boundary.device == device.name
                        && boundary.interface.eq_ignore_ascii_case(&interface.name)
                }),
            });
        }
        let own: Vec<TableId> = tables.clone().map(TableId).collect();
        self.add_tunnels(id, &own, first);
        let forwarding = system.and_then(|system| system.forwarding.as_ref());
        let gateway = system
            .filter(|_| !forwarding.is_some_and(|forwarding| forwarding.value))
            .and_then(|system| system.default_gateway.as_ref());
        self.by_name.insert(name.clone(), id);
        self.devices.push(DeviceEntry {
            name,
            device: Some(device),
            interfaces: first..number(self.interfaces.len()),
            tables,
            up: !self
                .network
                .down
                .contains(&Down::Device(device.name.clone())),
            forwards: forwarding.map_or_else(|| is_router(device), |forwarding| forwarding.value),
            vlans: device.vlans().map(runs).collect(),
            default_gateway: gateway.map(|gateway| gateway.value),
            gateway_at: place(gateway),
            services_up: true,
        });
    }

    /// Links between interfaces that exist, with how they are known.
    fn resolve_links(&self, names: &Names<'_>) -> Vec<(InterfaceId, InterfaceId, LinkEvidence)> {
        let end = |(device, interface): &(String, String)| {
            let device = self.device_named(device)?;
            names.get(&(device, interface.as_str())).copied()
        };
        self.network
            .links
            .iter()
            .filter_map(|link| Some((end(&link.a)?, end(&link.b)?, link.evidence)))
            .collect()
    }

    /// Sets which ports, bundles, subinterfaces and virtual interfaces are up.
    fn set_states(&mut self, names: &Names<'_>, ends: &[(InterfaceId, InterfaceId, LinkEvidence)]) {
        let mut up: Vec<bool> = self
            .interfaces
            .iter()
            .map(|entry| {
                entry.facet.is_some_and(Interface::is_enabled) && self.device(entry.device).up
            })
            .collect();
        let enabled = up.clone();
        let is_up = |states: &[bool], id: InterfaceId| states.get(id.0 as usize) == Some(&true);
        let down: Vec<InterfaceId> = self
            .network
            .down
            .iter()
            .filter_map(|down| match down {
                Down::Link(device, interface) => names
                    .get(&(self.device_named(device)?, interface.as_str()))
                    .copied(),
                Down::Device(_) | Down::Service(_) => None,
            })
            .collect();
        let mut fallen = down.clone();
        for (one, other, evidence) in ends {
            let fails = wire(self, [*one, *other]) == Wire::Fails;
            if fails || down.contains(one) || down.contains(other) {
                fallen.extend([*one, *other]);
            }
            // Two members of one subnet may have switches between them that keep carrier.
            if *evidence != LinkEvidence::Subnet {
                for (near, far) in [(one, other), (other, one)] {
                    if !is_up(&enabled, *far) {
                        fallen.push(*near);
                    }
                }
            }
        }
        for id in fallen {
            if let Some(state) = up.get_mut(id.0 as usize) {
                *state = false;
            }
        }
        self.follow_members(names, &mut up);
        for (entry, state) in self.interfaces.iter_mut().zip(up) {
            entry.up = state;
        }
    }

    /// A bundle is up while one member is; a subinterface follows its parent.
    fn follow_members(&self, names: &Names<'_>, up: &mut [bool]) {
        for device in self.device_ids() {
            let mut members: BTreeMap<u32, bool> = BTreeMap::new();
            for id in self.interfaces_of(device) {
                let group = self
                    .interface(id)
                    .facet
                    .and_then(|f| f.channel_group.as_ref());
                if let Some(group) = group {
                    let any = members.entry(group.value).or_default();
                    *any |= up.get(id.0 as usize) == Some(&true);
                }
            }
            for id in self.interfaces_of(device) {
                if let InterfaceKind::PortChannel(number) = kind(self.interface(id))
                    && members.get(number) == Some(&false)
                    && let Some(state) = up.get_mut(id.0 as usize)
                {
                    *state = false;
                }
            }
            for id in self.interfaces_of(device) {
                if let InterfaceKind::Subinterface { parent, .. } = kind(self.interface(id))
                    && let Some(parent) = names.get(&(device, parent.as_str()))
                    && up.get(parent.0 as usize) == Some(&false)
                    && let Some(state) = up.get_mut(id.0 as usize)
                {
                    *state = false;
                }
            }
        }
    }

    /// The routed interface of a VLAN is up while the VLAN exists and a port carries it.
    fn set_svi_states(&mut self) {
        let down: Vec<InterfaceId> = self
            .interface_ids()
            .filter(|id| {
                let entry = self.interface(*id);
                matches!(kind(entry), InterfaceKind::Svi(vlan)
                    if !self.layer2.is_vlan_active(self, entry.device, *vlan))
            })
            .collect();
        for id in down {
            if let Some(entry) = self.interfaces.get_mut(id.0 as usize) {
                entry.up = false;
            }
        }
    }

    /// Fills the indexes of addresses and subnets and the tables.
    fn index_addresses(&mut self) {
        for id in self.interface_ids() {
            self.index_interface(id);
        }
    }

    /// Notes which interfaces answer for translated addresses of their subnets.
    fn index_translators(&mut self) {
        let mut translators = Vec::new();
        for device in self.device_ids() {
            let Some(nat) = self.device(device).device.and_then(|one| one.nat("")) else {
                continue;
            };
            for (low, high) in nat.answers_for() {
                for id in self.interfaces_of(device) {
                    let entry = self.interface(id);
                    for (net, _) in entry.addresses.iter().filter(|_| entry.up) {
                        let (first, last) = (low.max(net.network()), high.min(net.broadcast()));
                        if first <= last {
                            translators.push((first, last, id));
                        }
                    }
                }
            }
        }
        self.translators = translators;
    }

    /// Enters one interface that is up into the indexes.
    fn index_interface(&mut self, id: InterfaceId) {
        let entry = self.interface(id);
        if !entry.up {
            return;
        }
        let nets: Vec<Ipv4Net> = entry.addresses.iter().map(|(net, _)| *net).collect();
        let (table, facet) = (entry.table, entry.facet);
        let borrowed = facet.is_some_and(|facet| facet.unnumbered.is_some());
        for net in nets {
            if borrowed {
                continue;
            }
            // Addresses that every router of a subnet answers for are nobody's alone.
            if !facet.is_some_and(|facet| facet.shares(net.addr())) {
                self.owners.entry(net.addr()).or_default().push(id);
            }
            self.subnets.entry(net.trunc()).or_default().push(id);
            if let Some(table) = self.tables.get_mut(table.0 as usize) {
                table.connected.entry(net.trunc()).or_default().push(id);
                table.own.insert(net.addr(), id);
            }
        }
        for group in facet.map_or(&[][..], |facet| &facet.first_hop) {
            for address in &group.addresses {
                self.virtuals
                    .entry(address.value)
                    .or_default()
                    .push(VirtualAddress {
                        interface: id,
                        group,
                    });
            }
        }
    }

    /// Adds a host of the site file, unless files of a device own its address or carry its name.
    fn add_endpoint(&mut self, endpoint: &Endpoint) {
        let named = self.device_named(&endpoint.name);
        if !self.owners(endpoint.address).is_empty()
            || named.is_some_and(|id| self.interfaces_of(id).next().is_some())
        {
            return;
        }
        let length = endpoint.prefix_len.or_else(|| {
            let around = self.interface_of_subnet(endpoint.address).first()?;
            self.subnet_on(*around, endpoint.address)
                .map(|net| net.prefix_len())
        });
        let Ok(net) = Ipv4Net::new(endpoint.address, length.unwrap_or(32)) else {
            return;
        };
        let id = DeviceId(number(self.devices.len()));
        let name: Arc<str> = endpoint.name.as_str().into();
        let table = TableId(number(self.tables.len()));
        let interface = InterfaceId(number(self.interfaces.len()));
        let up = !self
            .network
            .down
            .contains(&Down::Device(endpoint.name.clone()));
        self.tables.push(Table {
            device: id,
            vrf: None,
            connected: BTreeMap::new(),
            own: BTreeMap::new(),
            statics: BTreeMap::new(),
            ospf: Vec::new(),
        });
        self.interfaces.push(InterfaceEntry {
            device: id,
            name: "host".into(),
            facet: None,
            addresses: vec![(net, None)],
            table,
            up,
            boundary: None,
        });
        let gateway = endpoint.gateway.or_else(|| self.gateway_of(net, interface));
        // A device of this name that has no interfaces (a name server's files) is this host.
        self.by_name.insert(name.clone(), id);
        self.devices.push(DeviceEntry {
            name,
            device: named.and_then(|named| self.device(named).device),
            interfaces: interface.0..interface.0 + 1,
            tables: table.0..table.0 + 1,
            up,
            forwards: false,
            vlans: BTreeMap::new(),
            default_gateway: gateway,
            gateway_at: None,
            services_up: endpoint.services_up,
        });
        self.index_interface(interface);
    }

    /// The default gateway that hosts of a subnet use where the site does not say: a virtual
    /// address, else the lowest address of a router.
    fn gateway_of(&self, net: Ipv4Net, host: InterfaceId) -> Option<Ipv4Addr> {
        let range = net.network()..=net.broadcast();
        if let Some((address, _)) = self.virtuals.range(range.clone()).next() {
            return Some(*address);
        }
        self.owners
            .range(range)
            .find(|(_, owners)| {
                owners.iter().any(|owner| {
                    *owner != host && self.device(self.interface(*owner).device).forwards
                })
            })
            .map(|(address, _)| *address)
    }

    /// Collects the lengths of the subnets, longest first.
    fn index_lengths(&mut self) {
        let lengths: BTreeSet<u8> = self.subnets.keys().map(Ipv4Net::prefix_len).collect();
        self.subnet_lengths = lengths.into_iter().rev().collect();
    }

    /// Collects every prefix that the text can originate.
    fn index_prefixes(&mut self) {
        self.index_lengths();
        let mut prefixes: BTreeSet<Ipv4Net> = self.subnets.keys().copied().collect();
        prefixes.insert(Ipv4Net::default());
        for table in &self.tables {
            prefixes.extend(table.statics.keys());
            let areas = table.ospf.iter().flat_map(|process| process.areas.values());
            let ranges = areas.flat_map(|area| &area.ranges).map(|range| range.value);
            prefixes.extend(
                ranges
                    .flat_map(|one| [Some(one.net), one.substitute])
                    .flatten(),
            );
            let summaries = table.ospf.iter().flat_map(|process| &process.summaries);
            prefixes.extend(summaries.map(|summary| summary.value.0.trunc()));
            // OSPF advertises a loopback and a point-to-multipoint interface as a host route
            // (RFC 2328 §12.4.1.3, §12.4.1.4).
            for (address, id) in &table.own {
                let entry = self.interface(*id);
                let network = entry
                    .facet
                    .and_then(|facet| facet.ospf.network_type.as_ref());
                let is_host_route = network.is_some_and(|at| {
                    matches!(
                        at.value,
                        NetworkType::Loopback | NetworkType::PointToMultipoint
                    )
                });
                if is_host_route || *kind(entry) == InterfaceKind::Loopback {
                    prefixes.insert(Ipv4Net::from(*address));
                }
            }
        }
        for device in self.devices.iter().filter_map(|entry| entry.device) {
            originated(device, &mut prefixes);
        }
        let lengths: BTreeSet<u8> = prefixes.iter().map(Ipv4Net::prefix_len).collect();
        self.prefix_lengths = lengths.into_iter().rev().collect();
        self.cuts = goal::cuts(&prefixes);
        self.prefixes = prefixes;
    }
}

/// Every VRF that the text of a device names.
fn vrfs(device: &Device) -> BTreeSet<&str> {
    device
        .interfaces()
        .filter_map(|(_, interface)| interface.vrf.as_ref().map(|vrf| vrf.value.as_str()))
        .chain(device.vrfs().map(|(_, vrf)| vrf.name.as_str()))
        .chain(device.static_routes().filter_map(|(_, r)| r.vrf.as_deref()))
        .chain(device.ospfs().filter_map(|(_, ospf)| ospf.vrf.as_deref()))
        .chain(
            device
                .eigrps()
                .filter_map(|(_, eigrp)| eigrp.vrf.as_deref()),
        )
        .chain(device.rips().filter_map(|(_, rip)| rip.vrf.as_deref()))
        .chain(
            device
                .isis_processes()
                .filter_map(|(_, isis)| isis.vrf.as_deref()),
        )
        .chain(
            device
                .bgps()
                .flat_map(|(_, bgp)| bgp.tables.keys().filter_map(Option::as_deref)),
        )
        .collect()
}

/// Prefixes that the processes of a device originate beside those of interfaces and static routes.
fn originated(device: &Device, prefixes: &mut BTreeSet<Ipv4Net>) {
    for table in device
        .bgps()
        .flat_map(|(_, process)| process.tables.values())
    {
        prefixes.extend(table.networks.keys().map(Ipv4Net::trunc));
        prefixes.extend(table.aggregates.keys().map(Ipv4Net::trunc));
    }
    for (_, process) in device.eigrps() {
        let settings = process.interfaces.values();
        let summaries = settings.flat_map(|settings| &settings.summaries);
        prefixes.extend(summaries.map(|summary| summary.value.prefix.trunc()));
    }
    for (_, process) in device.isis_processes() {
        prefixes.extend(
            process
                .summaries
                .iter()
                .map(|summary| summary.value.0.trunc()),
        );
    }
    let by_class = device.rips().next().is_some();
    for (_, interface) in device.interfaces() {
        if by_class {
            let nets = interface.addresses.iter().map(|at| at.value.net);
            prefixes.extend(nets.map(goal::class::network));
        }
        let settings = interface.eigrp.values();
        let summaries = settings.flat_map(|settings| &settings.summaries);
        prefixes.extend(summaries.map(|summary| summary.value.prefix.trunc()));
        prefixes.extend(
            interface
                .rip
                .summaries
                .iter()
                .map(|summary| summary.value.trunc()),
        );
    }
}

/// Addresses of an interface, the primary one first; an unnumbered one borrows a host address.
fn addresses_of(
    device: &Device,
    interface: &Interface,
) -> Vec<(Ipv4Net, Option<crate::source::StatementRef>)> {
    let borrowed = interface
        .unnumbered
        .as_ref()
        .and_then(|lender| device.interface(&lender.value)?.primary());
    if let Some(lent) = borrowed {
        return vec![(Ipv4Net::from(lent.value.net.addr()), Some(lent.at))];
    }
    let mut addresses: Vec<_> = interface.addresses.iter().collect();
    addresses.sort_by_key(|address| address.value.secondary);
    addresses
        .into_iter()
        .map(|address| (address.value.net, Some(address.at)))
        .collect()
}
