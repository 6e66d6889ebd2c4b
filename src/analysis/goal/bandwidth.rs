//! Bandwidth and delay of interfaces, which metrics are made of.

use crate::analysis::world::{InterfaceId, World};
use crate::model::interface::{Interface, InterfaceKind};

/// Delay of fast interfaces in tens of microseconds (Cisco IOS Interface command reference,
/// `delay`; `show interfaces`: 10 microseconds from Gigabit Ethernet on).
const FAST: u64 = 1;
/// Bandwidth of a loopback in kbit/s (`show interfaces Loopback0`).
const LOOPBACK: u64 = 8_000_000;
/// Picoseconds of ten microseconds.
const TENS: u64 = 10_000_000;
/// Delay in picoseconds times bandwidth in kbit/s of interfaces that are at least as fast as
/// Gigabit Ethernet (Cisco IOS IP Routing: EIGRP configuration guide, "EIGRP Wide Metrics").
const DELAY_BY_BANDWIDTH: u64 = 10_000_000_000_000;

/// Bandwidth of an interface in kbit/s: configured, else by its type (Cisco IOS Interface command
/// reference, `bandwidth`; `show interfaces`: tunnels 100 kbit/s, bundles the sum of members).
pub(super) fn of(world: &World<'_>, id: InterfaceId, facet: &Interface) -> u64 {
    if let Some(bandwidth) = &facet.bandwidth {
        return bandwidth.value;
    }
    if let Some(speed) = &facet.speed {
        return speed.value * 1000;
    }
    if let Some(usual) = facet.usual_bandwidth {
        return usual;
    }
    let device = world.interface(id).device;
    match &facet.kind {
        InterfaceKind::Tunnel => 100,
        InterfaceKind::Loopback => LOOPBACK,
        InterfaceKind::Svi(_) | InterfaceKind::Null => 1_000_000,
        InterfaceKind::Subinterface { parent, .. } => world
            .interface_named(device, parent)
            .and_then(|parent| Some((parent, world.interface(parent).facet?)))
            .map_or(1_000_000, |(parent, facet)| of(world, parent, facet)),
        InterfaceKind::PortChannel(number) => {
            let members = world.interfaces_of(device).filter_map(|id| {
                let entry = world.interface(id);
                let facet = entry.facet.filter(|_| entry.up)?;
                let group = facet.channel_group.as_ref()?;
                (group.value == *number).then(|| of(world, id, facet))
            });
            match members.sum() {
                0 => 1_000_000,
                sum => sum,
            }
        }
        InterfaceKind::Physical => by_name(&facet.name),
    }
}

/// Bandwidth in kbit/s that a port's name tells.
fn by_name(name: &str) -> u64 {
    /// Beginnings of port names.
    const NAMES: [(&str, u64); 10] = [
        ("HundredGig", 100_000_000),
        ("FortyGig", 40_000_000),
        ("TwentyFiveGig", 25_000_000),
        ("TenGig", 10_000_000),
        ("FiveGig", 5_000_000),
        ("TwoGig", 2_500_000),
        ("Gigabit", 1_000_000),
        ("FastEthernet", 100_000),
        ("Ethernet", 10_000),
        ("Serial", 1_544),
    ];
    NAMES
        .iter()
        .find(|(head, _)| name.starts_with(head))
        .map_or(1_000_000, |(_, kilobits)| *kilobits)
}

/// Delay of an interface in tens of microseconds: configured, else by its type.
pub(super) fn delay(world: &World<'_>, id: InterfaceId, facet: &Interface) -> u64 {
    if let Some(delay) = &facet.delay {
        return delay.value;
    }
    if let Some(usual) = facet.usual_delay {
        return usual;
    }
    match &facet.kind {
        InterfaceKind::Tunnel => 5_000,
        InterfaceKind::Loopback => 500,
        InterfaceKind::Subinterface { parent, .. } => world
            .interface_named(world.interface(id).device, parent)
            .and_then(|parent| Some((parent, world.interface(parent).facet?)))
            .map_or(FAST, |(parent, facet)| delay(world, parent, facet)),
        InterfaceKind::Svi(_) | InterfaceKind::PortChannel(_) | InterfaceKind::Null => FAST,
        InterfaceKind::Physical => match by_name(&facet.name) {
            1_544 => 2_000,
            10_000 => 100,
            100_000 => 10,
            _ => FAST,
        },
    }
}

/// Delay of an interface in picoseconds, as wide metrics take it: configured, else inverse to the
/// bandwidth of fast interfaces.
pub(super) fn delay_ps(world: &World<'_>, id: InterfaceId, facet: &Interface) -> u64 {
    let plain = Interface {
        bandwidth: None,
        ..facet.clone()
    };
    let usual = of(world, id, &plain).max(1);
    if facet.delay.is_some() || usual < 1_000_000 {
        delay(world, id, facet).saturating_mul(TENS)
    } else {
        DELAY_BY_BANDWIDTH / usual
    }
}
