//! The way of one packet from device to device.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::chains::{self, Meeting};
use super::packet::Packet;
use super::{Answer, Declined};
use crate::analysis::goal::first_hop::first_hop;
use crate::analysis::goal::{NextHop, Protocol, Route};
use crate::analysis::walk::Start;
use crate::analysis::world::{DeviceId, InterfaceId, TableId, World};
use crate::intent::AssumedBeyond;
use crate::model::Device;
use crate::model::interface::Interface;
use crate::model::packet_filter::{ConnectionState, Hook};
use crate::net::Ipv4Net;
use crate::wire::trace::Disposition;

/// Where packets end: how, at which device, and by which interface they leave it or came to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    /// How.
    pub(super) disposition: Disposition,
    /// The last device that saw them.
    pub(super) device: DeviceId,
    /// Interface; none where they began here.
    pub(super) interface: Option<InterfaceId>,
}

/// One packet on its way.
pub(super) struct Way<'w, 'a> {
    /// State of the network.
    world: &'w World<'a>,
    /// Devices whose filters saw the packet that this one answers; none: it answers nothing.
    answers: Option<&'w BTreeSet<DeviceId>>,
    /// Devices whose filters let it pass.
    pub(super) seen: BTreeSet<DeviceId>,
    /// Whether it has several ways.
    pub(super) branches: bool,
    /// Interfaces that it entered by, on the way that is followed.
    trail: Vec<InterfaceId>,
    /// Where it ends.
    pub(super) ends: BTreeSet<End>,
}

impl<'w, 'a> Way<'w, 'a> {
    /// Follows a packet from its start over every equal path to its ends.
    pub(super) fn follow(
        world: &'w World<'a>,
        start: &Start,
        packet: &Packet,
        answers: Option<&'w BTreeSet<DeviceId>>,
    ) -> Answer<Self> {
        let mut way = Self {
            world,
            answers,
            seen: BTreeSet::new(),
            branches: false,
            trail: Vec::new(),
            ends: BTreeSet::new(),
        };
        match start {
            Start::Device(name) => {
                let device = world.device_named(name).ok_or(Declined("the start"))?;
                way.send(device, packet)?;
            }
            Start::Interface(device, interface) => {
                let device = world.device_named(device).ok_or(Declined("the start"))?;
                let interface = world.interface_named(device, interface);
                way.enter(interface.ok_or(Declined("the start"))?, packet)?;
            }
            Start::Host(address) => match world.owners(*address).first() {
                Some(owner) => way.send(world.interface(*owner).device, packet)?,
                None => way.leave_client(*address, None, packet)?,
            },
            Start::Behind { address, gateway } => {
                way.leave_client(*address, Some(*gateway), packet)?;
            }
        }
        Ok(way)
    }

    /// Packets of a host that is in no file.
    fn leave_client(
        &mut self,
        address: Ipv4Addr,
        gateway: Option<Ipv4Addr>,
        packet: &Packet,
    ) -> Answer<()> {
        let world = self.world;
        let around = world.interface_of_subnet(address);
        let beside = around.first().copied().ok_or(Declined("the start"))?;
        let subnet = world
            .subnet_on(beside, address)
            .ok_or(Declined("the start"))?
            .trunc();
        if subnet.contains(&packet.destination) {
            return self.send_near(subnet, beside, packet);
        }
        let gateways = gateways(world, subnet, gateway);
        if gateways.is_empty() {
            let device = world.interface(beside).device;
            self.end(Disposition::NeighborUnreachable, device, Some(beside));
        }
        self.enter_all(&gateways, packet)
    }

    /// A client's packets to its own subnet.
    fn send_near(&mut self, subnet: Ipv4Net, beside: InterfaceId, packet: &Packet) -> Answer<()> {
        let world = self.world;
        self.no_translator(packet.destination)?;
        let to = packet.destination;
        if world
            .owned_between(subnet.network(), subnet.broadcast())
            .contains(&to)
        {
            return self.enter_all(&answering(world, to), packet);
        }
        let device = world.interface(beside).device;
        self.end(Disposition::DeliveredToSubnet, device, Some(beside));
        Ok(())
    }

    /// Packets that a device sends itself.
    fn send(&mut self, device: DeviceId, packet: &Packet) -> Answer<()> {
        let world = self.world;
        let owns = |table: &TableId| world.table(*table).own.contains_key(&packet.source);
        let table = world.tables_of(device).find(owns);
        let Some(table) = table.or(world.tables_of(device).next()) else {
            self.end(Disposition::NoRoute, device, None);
            return Ok(());
        };
        self.at_table(device, None, table, packet)
    }

    /// Packets that enter any of several interfaces.
    fn enter_all(&mut self, interfaces: &BTreeSet<InterfaceId>, packet: &Packet) -> Answer<()> {
        self.branches |= interfaces.len() > 1;
        for interface in interfaces {
            self.enter(*interface, packet)?;
        }
        Ok(())
    }

    /// Packets that enter a device by an interface.
    fn enter(&mut self, interface: InterfaceId, packet: &Packet) -> Answer<()> {
        let entry = self.world.interface(interface);
        if self.trail.contains(&interface) {
            self.end(Disposition::Loop, entry.device, Some(interface));
            return Ok(());
        }
        self.trail.push(interface);
        let done = self.pass_in(interface, packet);
        self.trail.pop();
        done
    }

    /// Packets at the filters of the interface that they entered by.
    fn pass_in(&mut self, interface: InterfaceId, packet: &Packet) -> Answer<()> {
        let world = self.world;
        let entry = world.interface(interface);
        if let Some(device) = world.device(entry.device).device {
            check_supported(device, entry.facet)?;
            let accepted = self.has_good_source(device, interface, packet)?
                && match entry.facet.and_then(|facet| facet.acl_in.as_ref()) {
                    Some(acl) => packet.passes(device, &acl.value)?,
                    None => true,
                };
            if !accepted {
                self.end(Disposition::DeniedIn, entry.device, Some(interface));
                return Ok(());
            }
        }
        self.at_table(entry.device, Some(interface), entry.table, packet)
    }

    /// Whether the checks of an interface take a packet's source.
    fn has_good_source(
        &self,
        device: &Device,
        interface: InterfaceId,
        packet: &Packet,
    ) -> Answer<bool> {
        let entry = self.world.interface(interface);
        let is_linux = device
            .system("")
            .is_some_and(|system| system.forwards_untold.is_some());
        let own = &self.world.table(entry.table).own;
        if is_linux && own.contains_key(&packet.source) {
            return Ok(false);
        }
        let check = entry.facet.and_then(|facet| facet.source_check.as_ref());
        let Some(check) = check.map(|check| &check.value) else {
            return Ok(true);
        };
        let lookup = self.world.lookup(entry.table, packet.source);
        let finds = |route: &Route| {
            let back = route
                .hops
                .iter()
                .any(|hop| matches!(hop, NextHop::Via(out, _) if *out == interface));
            let leads = check.loose && !route.hops.contains(&NextHop::Discard);
            (route.prefix.prefix_len() > 0 || check.default_counts) && (back || leads)
        };
        if lookup.route.as_deref().is_some_and(finds) {
            return Ok(true);
        }
        match &check.except {
            Some(acl) => packet.passes(device, acl),
            None => Ok(false),
        }
    }

    /// Packets at a route table.
    fn at_table(
        &mut self,
        device: DeviceId,
        ingress: Option<InterfaceId>,
        table: TableId,
        packet: &Packet,
    ) -> Answer<()> {
        let world = self.world;
        let to = packet.destination;
        let is_active = first_hop(world, to)
            .active
            .iter()
            .any(|one| world.interface(one.interface).table == table);
        if world.table(table).own.contains_key(&to) || is_active {
            let hooks = [Hook::Prerouting, Hook::Input];
            let taken =
                ingress.is_none() || self.passes_chains(device, &hooks, ingress, None, packet)?;
            let end = if taken {
                Disposition::Accepted
            } else {
                Disposition::DeniedIn
            };
            self.end(end, device, ingress);
            return Ok(());
        }
        let entry = world.device(device);
        if ingress.is_some() && !entry.forwards {
            self.end(Disposition::NoRoute, device, ingress);
            return Ok(());
        }
        let lookup = world.lookup(table, to);
        let route = lookup.route.as_ref();
        let Some(route) =
            route.filter(|route| ingress.is_none() || route.protocol != Protocol::Gateway)
        else {
            self.end(Disposition::NoRoute, device, ingress);
            return Ok(());
        };
        self.branches |= route.hops.len() > 1;
        for hop in &route.hops {
            match hop {
                NextHop::Discard => self.end(Disposition::NullRouted, device, ingress),
                NextHop::Via(egress, gateway) => {
                    self.leave(device, ingress, *egress, *gateway, packet)?;
                }
            }
        }
        Ok(())
    }

    /// Packets that leave a device.
    fn leave(
        &mut self,
        device: DeviceId,
        ingress: Option<InterfaceId>,
        egress: InterfaceId,
        gateway: Option<Ipv4Addr>,
        packet: &Packet,
    ) -> Answer<()> {
        let world = self.world;
        let entry = world.interface(egress);
        if !entry.up {
            self.end(Disposition::NeighborUnreachable, device, Some(egress));
            return Ok(());
        }
        if let Some(config) = world.device(device).device {
            check_supported(config, entry.facet)?;
            let hooks: &[Hook] = match ingress {
                Some(_) => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
                None => &[Hook::Output, Hook::Postrouting],
            };
            let acl = entry.facet.and_then(|facet| facet.acl_out.as_ref());
            let passes = self.passes_chains(device, hooks, ingress, Some(egress), packet)?
                && match acl.filter(|_| ingress.is_some()) {
                    Some(acl) => packet.passes(config, &acl.value)?,
                    None => true,
                };
            if !passes {
                self.end(Disposition::DeniedOut, device, Some(egress));
                return Ok(());
            }
        }
        self.deliver(device, egress, gateway, packet)
    }

    /// Whether the Linux packet filter of a device lets a packet pass.
    fn passes_chains(
        &mut self,
        id: DeviceId,
        hooks: &[Hook],
        ingress: Option<InterfaceId>,
        egress: Option<InterfaceId>,
        packet: &Packet,
    ) -> Answer<bool> {
        let world = self.world;
        let device = world.device(id).device;
        let Some(device) = device.filter(|device| chains::has_filter(device)) else {
            return Ok(true);
        };
        let state = match self.answers {
            Some(seen) if seen.contains(&id) => ConnectionState::Established,
            _ if packet.continues() => ConnectionState::Invalid,
            _ => ConnectionState::New,
        };
        let name = |id: InterfaceId| &*world.interface(id).name;
        let meeting = Meeting {
            ingress: ingress.map(name),
            egress: egress.map(name),
            state,
        };
        let passes = chains::pass(device, hooks, meeting, packet)?;
        if passes {
            self.seen.insert(id);
        }
        Ok(passes)
    }

    /// Packets on the wire of an interface.
    fn deliver(
        &mut self,
        device: DeviceId,
        egress: InterfaceId,
        gateway: Option<Ipv4Addr>,
        packet: &Packet,
    ) -> Answer<()> {
        let world = self.world;
        let next = gateway.unwrap_or(packet.destination);
        let takers: BTreeSet<InterfaceId> = answering(world, next)
            .into_iter()
            .filter(|taker| world.are_neighbors(egress, *taker))
            .collect();
        if !takers.is_empty() {
            return self.enter_all(&takers, packet);
        }
        if gateway.is_some() {
            return self.unanswered(device, egress, packet);
        }
        let subnet = world.subnet_on(egress, next);
        let is_owned = world.owned_between(next, next).contains(&next);
        if is_owned && subnet.is_some() {
            self.end(Disposition::NeighborUnreachable, device, Some(egress));
            return Ok(());
        }
        if world.boundary(egress).is_some() {
            return self.unanswered(device, egress, packet);
        }
        self.no_translator(next)?;
        match subnet {
            Some(full) if full.prefix_len() == 32 || world.is_full(full) => {
                self.end(Disposition::NeighborUnreachable, device, Some(egress));
            }
            Some(_) => self.end(Disposition::DeliveredToSubnet, device, Some(egress)),
            None if world.neighbors(egress).is_empty() => {
                return self.unanswered(device, egress, packet);
            }
            None => return Err(Declined("routers that may answer for others")),
        }
        Ok(())
    }

    /// Packets for a next hop that is in no file.
    fn unanswered(&mut self, device: DeviceId, egress: InterfaceId, packet: &Packet) -> Answer<()> {
        let world = self.world;
        let boundary = world.boundary(egress);
        let assume = boundary.map(|boundary| boundary.assume);
        let end = if assume == Some(AssumedBeyond::Denies)
            || (assume.is_none() && !world.neighbors(egress).is_empty())
        {
            Disposition::NeighborUnreachable
        } else if world.is_internal(packet.destination) {
            return Err(Declined("what lies beyond the files"));
        } else {
            Disposition::ExitsNetwork
        };
        self.end(end, device, Some(egress));
        Ok(())
    }

    /// Says that an address may be one that a device answers for because it translates it.
    fn no_translator(&self, address: Ipv4Addr) -> Answer<()> {
        let mut all = self.world.translators().iter();
        if all.any(|(low, high, _)| (low..=high).contains(&&address)) {
            return Err(Declined("translation"));
        }
        Ok(())
    }

    /// Notes an end.
    fn end(&mut self, disposition: Disposition, device: DeviceId, interface: Option<InterfaceId>) {
        self.ends.insert(End {
            disposition,
            device,
            interface,
        });
    }
}

/// Says which features of a device are not replayed.
fn check_supported(device: &Device, interface: Option<&Interface>) -> Answer<()> {
    if device.nats().next().is_some() {
        return Err(Declined("translation"));
    }
    if device.firewalls().next().is_some() {
        return Err(Declined("a stateful firewall"));
    }
    let zoned =
        interface.is_some_and(|one| one.zone.is_some()) || device.zone_pairs().next().is_some();
    if zoned {
        return Err(Declined("zones"));
    }
    if device.inspections().next().is_some() {
        return Err(Declined("inspection"));
    }
    if interface.is_some_and(|one| one.policy_route.is_some()) {
        return Err(Declined("policy routing"));
    }
    Ok(())
}

/// Interfaces on a subnet that take what its hosts send beyond it: those of the gateway that they
/// use; where it is not known the active routers of virtual addresses, else every router.
fn gateways(
    world: &World<'_>,
    subnet: Ipv4Net,
    gateway: Option<Ipv4Addr>,
) -> BTreeSet<InterfaceId> {
    let around = world.interfaces_in(subnet).iter().copied();
    if let Some(gateway) = gateway {
        let mut known = answering(world, gateway);
        known.retain(|id| {
            world
                .interface(*id)
                .addresses
                .iter()
                .any(|(net, _)| net.trunc() == subnet)
        });
        return known;
    }
    let virtuals = world.virtuals_between(subnet.network(), subnet.broadcast());
    let active: BTreeSet<InterfaceId> = virtuals
        .into_iter()
        .flat_map(|one| answering(world, one))
        .collect();
    if active.is_empty() {
        around
            .filter(|id| world.device(world.interface(*id).device).forwards)
            .collect()
    } else {
        active
    }
}

/// Interfaces that take packets for an address: the active routers of a virtual one, else its
/// owners.
fn answering(world: &World<'_>, address: Ipv4Addr) -> BTreeSet<InterfaceId> {
    let active = &first_hop(world, address).active;
    if active.is_empty() {
        return world.owners(address).iter().copied().collect();
    }
    active.iter().map(|one| one.interface).collect()
}
