//! Indexes of one state of a network, built once and asked by every walk.
//!
//! Devices, interfaces and route tables become small numbers; hosts of the site file, which have
//! no forwarding configuration, become devices with one interface and a default gateway.
//! Results that do not depend on the question are kept, so that 10,000 flows cost one network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use super::goal::Goals;
use super::goal::exchange::Exchange;
use super::goal::first_hop::FirstHop;
use super::goal::ospf::Topology;
use super::layer2::Layer2;
use super::layer2::hosts::HostPorts;
use crate::intent::Boundary;
use crate::model::interface::{FirstHopGroup, Interface, InterfaceKind};
use crate::model::ospf::OspfProcess;
use crate::model::route::StaticRoutes;
use crate::model::{Device, Network};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

mod build;
mod tunnel;

pub(super) use build::Names;
pub use tunnel::Tunnel;

/// A host that has no forwarding configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name; where a device of this name has interfaces, its own files hold instead.
    pub name: String,
    /// Address.
    pub address: Ipv4Addr,
    /// Prefix length; `None`: that of the interface whose subnet contains it.
    pub prefix_len: Option<u8>,
    /// Default gateway; `None`: any router of its subnet.
    pub gateway: Option<Ipv4Addr>,
    /// Whether its services run.
    pub services_up: bool,
}

/// One device of a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub(super) u32);

/// One interface of a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId(pub(super) u32);

/// One route table of a [`World`]: a device and a VRF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub(super) u32);

/// A device with its place in the indexes.
#[derive(Debug)]
pub struct DeviceEntry<'a> {
    /// Name.
    pub name: Arc<str>,
    /// Its configuration; none for a host of the site file.
    pub device: Option<&'a Device>,
    /// Its interfaces.
    pub(super) interfaces: Range<u32>,
    /// Its tables.
    pub(super) tables: Range<u32>,
    /// Whether it runs.
    pub up: bool,
    /// Whether it forwards packets between interfaces.
    pub forwards: bool,
    /// Its VLANs by number, with whether each runs.
    pub(super) vlans: BTreeMap<u16, bool>,
    /// Gateway of what it sends itself where no route says more; none where it is told to forward,
    /// which makes a gateway meaningless (Cisco IOS, `ip default-gateway`).
    pub default_gateway: Option<Ipv4Addr>,
    /// The statement that gives the gateway.
    pub gateway_at: Option<StatementRef>,
    /// Whether the services of a host of the site file run; `true` for devices.
    pub services_up: bool,
}

/// An interface with its place in the indexes.
#[derive(Debug)]
pub struct InterfaceEntry<'a> {
    /// Device.
    pub device: DeviceId,
    /// Full name.
    pub name: Arc<str>,
    /// Its configuration; none for a host of the site file.
    pub facet: Option<&'a Interface>,
    /// Addresses, the primary one first.
    pub addresses: Vec<(Ipv4Net, Option<StatementRef>)>,
    /// Route table of packets that enter by it.
    pub table: TableId,
    /// Whether it carries packets.
    pub up: bool,
    /// Boundary of the site that it is, as an index.
    pub boundary: Option<usize>,
}

/// A route table with what the text puts into it.
#[derive(Debug)]
pub struct Table<'a> {
    /// Device.
    pub device: DeviceId,
    /// VRF; `None` is the default one.
    pub vrf: Option<Arc<str>>,
    /// Subnets of its interfaces that are up.
    pub connected: BTreeMap<Ipv4Net, Vec<InterfaceId>>,
    /// Its own addresses, of interfaces that are up.
    pub own: BTreeMap<Ipv4Addr, InterfaceId>,
    /// Static routes by prefix.
    pub statics: BTreeMap<Ipv4Net, &'a StaticRoutes>,
    /// OSPF processes that fill it.
    pub ospf: Vec<&'a OspfProcess>,
}

/// A first-hop group that may own a virtual address.
#[derive(Debug, Clone, Copy)]
pub struct VirtualAddress<'a> {
    /// Interface that the group is on.
    pub interface: InterfaceId,
    /// The group.
    pub group: &'a FirstHopGroup,
}

/// One state of a network with its indexes.
pub struct World<'a> {
    /// The network.
    pub(super) network: &'a Network,
    /// Boundaries of the site.
    pub(super) boundaries: Vec<Boundary>,
    /// Devices by id, in order of name; hosts of the site file come last.
    pub(super) devices: Vec<DeviceEntry<'a>>,
    /// Interfaces by id.
    pub(super) interfaces: Vec<InterfaceEntry<'a>>,
    /// Tables by id.
    pub(super) tables: Vec<Table<'a>>,
    /// Devices by name.
    by_name: BTreeMap<Arc<str>, DeviceId>,
    /// Interfaces that own an address and are up.
    owners: BTreeMap<Ipv4Addr, Vec<InterfaceId>>,
    /// Virtual addresses with the groups that may own them.
    virtuals: BTreeMap<Ipv4Addr, Vec<VirtualAddress<'a>>>,
    /// Addresses that devices answer for because they translate them, with the interface.
    translators: Vec<(Ipv4Addr, Ipv4Addr, InterfaceId)>,
    /// Interfaces that are up, by subnet.
    subnets: BTreeMap<Ipv4Net, Vec<InterfaceId>>,
    /// Prefix lengths of `subnets`, longest first.
    subnet_lengths: Vec<u8>,
    /// Ends of the tunnels of VRFs.
    tunnels: BTreeMap<InterfaceId, Tunnel>,
    /// Where frames go.
    pub(super) layer2: Layer2,
    /// Every prefix that the text can originate.
    pub(super) prefixes: BTreeSet<Ipv4Net>,
    /// Prefix lengths of `prefixes`, longest first.
    pub(super) prefix_lengths: Vec<u8>,
    /// First addresses of the stretches that all prefixes treat alike.
    pub(super) cuts: Vec<u32>,
    /// Routes that were asked before.
    pub(super) goals: Goals,
    /// Processes that exchange routes, once asked.
    pub(super) exchange: OnceLock<Exchange<'a>>,
    /// Who answers for the virtual addresses that were asked before.
    pub(super) first_hops: Mutex<BTreeMap<Ipv4Addr, Arc<FirstHop>>>,
    /// Ports of the hosts that were asked before.
    pub(super) host_ports: Mutex<BTreeMap<Ipv4Addr, Arc<HostPorts>>>,
    /// OSPF adjacencies, once asked.
    pub(super) ospf: OnceLock<Topology<'a>>,
}

impl<'a> World<'a> {
    /// The network itself.
    pub fn network(&self) -> &'a Network {
        self.network
    }

    /// A device by name.
    pub fn device_named(&self, name: &str) -> Option<DeviceId> {
        self.by_name.get(name).copied()
    }

    /// A device.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table")]
    pub fn device(&self, id: DeviceId) -> &DeviceEntry<'a> {
        &self.devices[id.0 as usize]
    }

    /// Whether a next hop in a table may be reached by a route to this prefix.
    pub fn resolves_by(&self, table: TableId, prefix: Ipv4Net) -> bool {
        let device = self.device(self.table(table).device).device;
        let system = device.and_then(|device| device.system(""));
        let said = system.and_then(|system| system.resolves_by_default.as_ref());
        prefix.prefix_len() > 0 || said.is_none_or(|by_default| by_default.value)
    }

    /// Whether packets that enter by interfaces of a table are forwarded.
    pub fn forwards(&self, table: TableId) -> bool {
        let entry = self.table(table);
        let device = self.device(entry.device);
        let vrf = entry.vrf.as_deref();
        let vrf = vrf.and_then(|name| device.device?.vrf(name));
        let said = vrf.and_then(|vrf| vrf.forwards.as_ref());
        device.forwards && said.is_none_or(|forwards| forwards.value)
    }

    /// An interface.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table")]
    pub fn interface(&self, id: InterfaceId) -> &InterfaceEntry<'a> {
        &self.interfaces[id.0 as usize]
    }

    /// A route table.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table")]
    pub fn table(&self, id: TableId) -> &Table<'a> {
        &self.tables[id.0 as usize]
    }

    /// Every device.
    pub fn device_ids(&self) -> impl Iterator<Item = DeviceId> + use<> {
        (0..u32::try_from(self.devices.len()).unwrap_or(u32::MAX)).map(DeviceId)
    }

    /// Every interface.
    pub fn interface_ids(&self) -> impl Iterator<Item = InterfaceId> + use<> {
        (0..u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX)).map(InterfaceId)
    }

    /// Every table.
    pub fn table_ids(&self) -> impl Iterator<Item = TableId> + use<> {
        (0..u32::try_from(self.tables.len()).unwrap_or(u32::MAX)).map(TableId)
    }

    /// Interfaces of a device.
    pub fn interfaces_of(&self, device: DeviceId) -> impl Iterator<Item = InterfaceId> + use<> {
        self.device(device).interfaces.clone().map(InterfaceId)
    }

    /// Tables of a device, the default one first.
    pub fn tables_of(&self, device: DeviceId) -> impl Iterator<Item = TableId> + use<> {
        self.device(device).tables.clone().map(TableId)
    }

    /// A device's table for a VRF.
    pub fn table_of(&self, device: DeviceId, vrf: Option<&str>) -> Option<TableId> {
        self.tables_of(device)
            .find(|table| self.table(*table).vrf.as_deref() == vrf)
    }

    /// An interface of a device by its full name.
    pub fn interface_named(&self, device: DeviceId, name: &str) -> Option<InterfaceId> {
        self.interfaces_of(device)
            .find(|id| self.interface(*id).name.eq_ignore_ascii_case(name))
    }

    /// Interfaces that are up and own this address (virtual addresses are the groups').
    pub fn owners(&self, address: Ipv4Addr) -> &[InterfaceId] {
        self.owners.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Inclusive ranges of addresses that interfaces answer for because their device translates
    /// them.
    pub fn translators(&self) -> &[(Ipv4Addr, Ipv4Addr, InterfaceId)] {
        &self.translators
    }

    /// Groups that may own this virtual address.
    pub fn virtuals(&self, address: Ipv4Addr) -> &[VirtualAddress<'a>] {
        self.virtuals.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Addresses with an owner in an inclusive range, virtual ones included.
    pub fn owned_between(&self, low: Ipv4Addr, high: Ipv4Addr) -> BTreeSet<Ipv4Addr> {
        if low > high {
            return BTreeSet::new();
        }
        self.owners
            .range(low..=high)
            .map(|(address, _)| *address)
            .chain(self.virtuals.range(low..=high).map(|(address, _)| *address))
            .collect()
    }

    /// Virtual addresses in an inclusive range.
    pub fn virtuals_between(&self, low: Ipv4Addr, high: Ipv4Addr) -> Vec<Ipv4Addr> {
        if low > high {
            return Vec::new();
        }
        self.virtuals
            .range(low..=high)
            .map(|(address, _)| *address)
            .collect()
    }

    /// Interfaces that are up, whose longest common subnet contains the address.
    pub fn interface_of_subnet(&self, address: Ipv4Addr) -> &[InterfaceId] {
        for length in &self.subnet_lengths {
            let Ok(net) = Ipv4Net::new(address, *length) else {
                continue;
            };
            if let Some(found) = self.subnets.get(&net.trunc()) {
                return found;
            }
        }
        &[]
    }

    /// Interfaces that are up in exactly this subnet.
    pub fn interfaces_in(&self, subnet: Ipv4Net) -> &[InterfaceId] {
        self.subnets.get(&subnet.trunc()).map_or(&[], Vec::as_slice)
    }

    /// The parts of a range that connected subnets of the network cover, as inclusive ranges.
    pub(super) fn internal_between(&self, low: u32, high: u32) -> Vec<(u32, u32)> {
        let first = Ipv4Net::from(Ipv4Addr::from(low));
        let around = self.interface_of_subnet(Ipv4Addr::from(low));
        let around = around
            .first()
            .and_then(|id| self.subnet_on(*id, Ipv4Addr::from(low)));
        around
            .into_iter()
            .chain(self.subnets.range(first..).map(|(net, _)| *net))
            .take_while(|net| u32::from(net.network()) <= high)
            .map(|net| {
                let (from, to) = (u32::from(net.network()), u32::from(net.broadcast()));
                (from.max(low), to.min(high))
            })
            .filter(|(from, to)| from <= to)
            .collect()
    }

    /// The VLAN of a virtual interface or subinterface.
    pub fn vlan_of(&self, interface: InterfaceId) -> Option<u16> {
        match kind(self.interface(interface)) {
            InterfaceKind::Svi(vlan) => Some(*vlan),
            InterfaceKind::Subinterface { vlan, .. } => *vlan,
            InterfaceKind::Physical
            | InterfaceKind::Loopback
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Tunnel
            | InterfaceKind::Null => None,
        }
    }

    /// Whether any connected subnet of the network contains the address.
    pub fn is_internal(&self, address: Ipv4Addr) -> bool {
        !self.interface_of_subnet(address).is_empty()
    }

    /// The subnet of an interface that contains the address.
    pub fn subnet_on(&self, interface: InterfaceId, address: Ipv4Addr) -> Option<Ipv4Net> {
        self.interface(interface)
            .addresses
            .iter()
            .map(|(net, _)| *net)
            .filter(|net| net.contains(&address))
            .max_by_key(Ipv4Net::prefix_len)
    }

    /// Whether the files describe where the wire of an interface leads.
    pub fn is_described(&self, interface: InterfaceId) -> bool {
        self.layer2.is_described(self, interface)
    }

    /// Whether two interfaces exchange frames directly: both up and in one broadcast domain.
    pub fn are_neighbors(&self, one: InterfaceId, other: InterfaceId) -> bool {
        one != other
            && self.interface(one).up
            && self.interface(other).up
            && self.layer2.joins(self, one, other)
    }

    /// Interfaces that share a subnet with this one and exchange frames with it.
    pub fn neighbors(&self, interface: InterfaceId) -> BTreeSet<InterfaceId> {
        self.interface(interface)
            .addresses
            .iter()
            .flat_map(|(net, _)| self.interfaces_in(*net))
            .copied()
            .filter(|other| self.are_neighbors(interface, *other))
            .collect()
    }

    /// Whether every host address of a subnet is owned, so that no unknown host can be on it.
    pub fn is_full(&self, subnet: Ipv4Net) -> bool {
        // Larger subnets always have room for hosts that are in no file.
        const ROOM: u8 = 26;
        subnet.prefix_len() >= ROOM
            && subnet
                .hosts()
                .all(|host| self.owners.contains_key(&host) || self.virtuals.contains_key(&host))
    }

    /// The boundary that an interface is.
    pub fn boundary(&self, interface: InterfaceId) -> Option<&Boundary> {
        self.boundaries.get(self.interface(interface).boundary?)
    }
}

/// The kind of an interface; a host's only one is a port.
pub(super) fn kind<'e>(entry: &InterfaceEntry<'e>) -> &'e InterfaceKind {
    entry
        .facet
        .map_or(&InterfaceKind::Physical, |facet| &facet.kind)
}

/// The statement of an optional value.
pub(super) fn place<T>(value: Option<&At<T>>) -> Option<StatementRef> {
    value.map(|at| at.at)
}
