//! Ends of the tunnels of VRFs (RFC 7348, RFC 9136).
//!
//! A VRF whose routes come over VXLAN has an interface here that its device does not print: the
//! one of the tunnels, once for each VRF.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{DeviceId, InterfaceEntry, InterfaceId, TableId, World, kind};
use crate::model::interface::InterfaceKind;
use crate::model::vxlan::Vxlan;
use crate::net::registry::PORT_VXLAN;

/// The end of a VRF's tunnels at a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tunnel {
    /// Network identifier.
    pub identifier: u32,
    /// Address of this end.
    pub address: Ipv4Addr,
    /// Another address of it.
    pub other_address: Ipv4Addr,
    /// Route table that finds the far end.
    pub underlay: TableId,
    /// UDP port.
    pub port: u16,
    /// The routed interface of the VLAN that stands for the identifier, where the device needs one.
    pub through: Option<InterfaceId>,
}

impl World<'_> {
    /// Adds the interfaces of a device's tunnels, one for each VRF, behind those of its text.
    pub(super) fn add_tunnels(&mut self, device: DeviceId, tables: &[TableId], first: u32) {
        let last = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        let own: Vec<InterfaceId> = (first..last).map(InterfaceId).collect();
        for id in &own {
            let Some(facet) = self.interface(*id).facet else {
                continue;
            };
            let Some(vxlan) = facet.vxlan.as_deref() else {
                continue;
            };
            for (vrf, identifier) in &vxlan.vrfs {
                let mut named = tables.iter();
                let table = named.find(|table| self.table(**table).vrf.as_deref() == Some(vrf));
                let ends = self.ends_of(vxlan, &own).zip(table.zip(tables.first()));
                let Some(([address, other_address], (table, underlay))) = ends else {
                    continue;
                };
                let next = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
                self.interfaces.push(InterfaceEntry {
                    device,
                    name: facet.name.as_str().into(),
                    facet: Some(facet),
                    addresses: Vec::new(),
                    table: *table,
                    up: false,
                    boundary: None,
                });
                let tunnel = Tunnel {
                    identifier: identifier.value,
                    address,
                    other_address,
                    underlay: *underlay,
                    port: vxlan.port.map_or(PORT_VXLAN, |port| port.value),
                    through: None,
                };
                self.tunnels.insert(InterfaceId(next), tunnel);
            }
        }
    }

    /// The addresses that tunnels begin at: the one that is told to others, and another one.
    fn ends_of(&self, vxlan: &Vxlan, own: &[InterfaceId]) -> Option<[Ipv4Addr; 2]> {
        let source = &vxlan.source.as_ref()?.value;
        let mut own = own.iter().map(|id| self.interface(*id));
        let lender = own.find(|entry| entry.name.eq_ignore_ascii_case(source))?;
        let mut addresses = lender.addresses.iter().map(|(net, _)| net.addr());
        let primary = addresses.next()?;
        let secondary = addresses.next().filter(|_| vxlan.by_secondary);
        Some([secondary.unwrap_or(primary), primary])
    }

    /// Takes tunnels down whose end is on no interface that is up, or that pass a routed interface
    /// that is down.
    pub(super) fn set_tunnel_states(&mut self) {
        let tunnels: BTreeMap<InterfaceId, Tunnel> = self.tunnels.clone();
        for (id, mut tunnel) in tunnels {
            let device = self.interface(id).device;
            let is_up = |one: InterfaceId| self.interface(one).up;
            let begins = self.interfaces_of(device).any(|one| {
                let mut addresses = self.interface(one).addresses.iter();
                is_up(one) && addresses.any(|(net, _)| net.addr() == tunnel.address)
            });
            let config = self.device(device).device;
            let vlan = config.and_then(|config| {
                let mut vlans = config.vlans().map(|(_, vlan)| vlan);
                let stands = |vlan: &&crate::model::interface::Vlan| {
                    let identifier = vlan.network_identifier.as_ref();
                    identifier.is_some_and(|at| at.value == tunnel.identifier)
                };
                vlans.find(stands).map(|vlan| vlan.id)
            });
            let table = self.interface(id).table;
            let svi = vlan.map(|vlan| {
                self.interfaces_of(device).find(|one| {
                    let entry = self.interface(*one);
                    entry.table == table && *kind(entry) == InterfaceKind::Svi(vlan)
                })
            });
            let passes = match svi {
                None => true,
                Some(svi) => svi.is_some_and(|svi| {
                    let facet = self.interface(svi).facet;
                    facet.is_some_and(crate::model::interface::Interface::is_enabled)
                }),
            };
            tunnel.through = svi.flatten();
            self.tunnels.insert(id, tunnel);
            if let Some(entry) = self.interfaces.get_mut(id.0 as usize) {
                entry.up &= begins && passes;
            }
        }
    }

    /// The end of a VRF's tunnels that an interface is.
    pub fn tunnel(&self, interface: InterfaceId) -> Option<&Tunnel> {
        self.tunnels.get(&interface)
    }

    /// The interface of the tunnels of a table, where it is up.
    pub fn tunnel_of(&self, table: TableId) -> Option<InterfaceId> {
        let mut tunnels = self.tunnels.keys().copied();
        tunnels.find(|id| self.interface(*id).table == table && self.interface(*id).up)
    }

    /// Far ends of a tunnel at an address, on other devices.
    pub fn far_ends(&self, near: InterfaceId, address: Ipv4Addr) -> Vec<InterfaceId> {
        let Some(tunnel) = self.tunnel(near) else {
            return Vec::new();
        };
        let is_far = |(id, far): &(&InterfaceId, &Tunnel)| {
            let entry = self.interface(**id);
            entry.up
                && entry.device != self.interface(near).device
                && far.identifier == tunnel.identifier
                && far.port == tunnel.port
                && [far.address, far.other_address].contains(&address)
        };
        let found = self.tunnels.iter().filter(is_far);
        found.map(|(id, _)| *id).collect()
    }
}
