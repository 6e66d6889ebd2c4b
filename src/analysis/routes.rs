//! Full route tables, by asking for every prefix that the text can originate.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::Symbol;
use super::goal::first_hop::first_hop;
use super::goal::{NextHop, Protocol, Route};
use super::world::{DeviceId, InterfaceId, TableId, World};
use crate::model::interface::FirstHopProtocol;
use crate::model::{Device, FacetKind, ListedAddresses, Network};
use crate::net::Ipv4Net;
use crate::syntax::Effect;
use crate::wire::trace::{ROUTES_SCHEMA, RouteRow, Routes};

/// The best routes of the devices of a network, of one device or one VRF where named (`default`
/// names the default VRF).
pub fn routes(network: &Network, device: Option<&str>, vrf: Option<&str>) -> Routes {
    routes_in(&World::new(network, &[], &[]), device, vrf)
}

/// The best routes in a world.
pub fn routes_in(world: &World<'_>, device: Option<&str>, vrf: Option<&str>) -> Routes {
    let mut rows = Vec::new();
    let mut incomplete = BTreeSet::new();
    let wanted = |id: &DeviceId| device.is_none_or(|name| *world.device(*id).name == *name);
    for id in world.device_ids().filter(wanted) {
        for table in world.tables_of(id) {
            let name = world.table(table).vrf.as_deref().unwrap_or("default");
            if vrf.is_none_or(|vrf| vrf == name) {
                let (found, doubts) = table_rows(world, table);
                rows.extend(found);
                incomplete.extend(doubts);
            }
        }
        if let Some(config) = world.device(id).device {
            incomplete.extend(unmodeled(config));
        }
    }
    rows.sort();
    rows.dedup();
    Routes {
        schema: ROUTES_SCHEMA.to_owned(),
        routes: rows,
        incomplete: incomplete.into_iter().collect(),
    }
}

/// The rows of one table, and what they depend on that is not known.
fn table_rows(world: &World<'_>, table: TableId) -> (Vec<RouteRow>, BTreeSet<String>) {
    let entry = world.table(table);
    let mut rows = Vec::new();
    let mut doubts = BTreeSet::new();
    let listing = listed_addresses(world, table);
    let hides = world
        .device(entry.device)
        .device
        .and_then(|device| device.system(""));
    let hides = hides.is_some_and(|system| system.hides_neighbors);
    for prefix in &world.prefixes {
        for symbol in &world.lookup(table, prefix.network()).symbols {
            if let Symbol::Undecided(reason) = symbol {
                doubts.insert(format!("{reason}."));
            }
        }
        let Some(route) = world.route_to_prefix(table, *prefix) else {
            continue;
        };
        if route.protocol == Protocol::Gateway && world.device(entry.device).forwards {
            continue;
        }
        if matches!(route.protocol, Protocol::Bgp(_)) && listing != Some(ListedAddresses::None) {
            rows.extend(leaked_addresses(world, table, &route));
        }
        for (next_hop, interface) in &route.shown {
            let is_neighbor = |address: &Ipv4Addr| Ipv4Net::from(*address) == *prefix;
            let hides = hides && interface.is_some();
            let shown = next_hop.filter(|address| !(hides && is_neighbor(address)));
            rows.push(RouteRow {
                next_hop: shown.map(|address| address.to_string()),
                interface: interface.map(|id| world.interface(id).name.to_string()),
                ..row(world, table, &route)
            });
        }
    }
    for (address, id) in &entry.own {
        let host = Ipv4Net::from(*address);
        let listed = match listing {
            None => !entry.connected.contains_key(&host),
            Some(ListedAddresses::All) => true,
            Some(ListedAddresses::None) => false,
        };
        if listed {
            rows.push(local_row(world, table, host, *id));
        }
    }
    if listing == Some(ListedAddresses::All) {
        shared_rows(world, table, &mut rows, &mut doubts);
    }
    (rows, doubts)
}

/// The rows of shared addresses that a router answers for, which NX-OS lists (Cisco Nexus 9000
/// Series NX-OS Unicast Routing Configuration Guide, "Configuring HSRP": `show ip route hsrp`).
fn shared_rows(
    world: &World<'_>,
    table: TableId,
    rows: &mut Vec<RouteRow>,
    doubts: &mut BTreeSet<String>,
) {
    let entry = world.table(table);
    for id in world.interfaces_of(entry.device) {
        let interface = world.interface(id);
        let Some(facet) = interface
            .facet
            .filter(|_| interface.up && interface.table == table)
        else {
            continue;
        };
        for group in &facet.first_hop {
            let protocol = match group.protocol {
                FirstHopProtocol::Hsrp => "hsrp",
                FirstHopProtocol::Vrrp => "vrrp",
                FirstHopProtocol::Glbp | FirstHopProtocol::Anycast => continue,
            };
            for address in group.addresses.iter().map(|at| at.value) {
                let found = first_hop(world, address);
                for symbol in &found.symbols {
                    if let Symbol::Undecided(reason) = symbol {
                        doubts.insert(format!("{reason}."));
                    }
                }
                let answers = found.active.iter().any(|one| one.interface == id);
                if answers && !entry.own.contains_key(&address) {
                    rows.push(RouteRow {
                        protocol: protocol.to_owned(),
                        ..local_row(world, table, Ipv4Net::from(address), id)
                    });
                }
            }
        }
    }
}

/// Which of the own addresses of its device a table lists.
fn listed_addresses(world: &World<'_>, table: TableId) -> Option<ListedAddresses> {
    let device = world.device(world.table(table).device).device?;
    device.system("")?.listed_addresses
}

/// The row of a router's own address.
fn local_row(world: &World<'_>, table: TableId, host: Ipv4Net, id: InterfaceId) -> RouteRow {
    let entry = world.table(table);
    RouteRow {
        device: world.device(entry.device).name.to_string(),
        vrf: entry.vrf.as_deref().unwrap_or("default").to_owned(),
        prefix: host.to_string(),
        protocol: "local".to_owned(),
        next_hop: None,
        interface: Some(world.interface(id).name.to_string()),
        distance: 0,
        metric: 0,
    }
}

/// The router's own addresses in a subnet that another of its VRFs leaked.
fn leaked_addresses(world: &World<'_>, table: TableId, route: &Route) -> Vec<RouteRow> {
    let direct = route.hops.iter().filter_map(|hop| match hop {
        NextHop::Via(id, None) if world.interface(*id).table != table => Some(*id),
        NextHop::Via(..) | NextHop::Discard => None,
    });
    direct
        .flat_map(|id| {
            let addresses = world.interface(id).addresses.iter();
            addresses.map(move |(net, _)| (id, *net))
        })
        .filter(|(_, net)| net.trunc() == route.prefix && net.prefix_len() < 32)
        .map(|(id, net)| local_row(world, table, Ipv4Net::from(net.addr()), id))
        .collect()
}

/// A row without next hop.
fn row(world: &World<'_>, table: TableId, route: &Route) -> RouteRow {
    let entry = world.table(table);
    RouteRow {
        device: world.device(entry.device).name.to_string(),
        vrf: entry.vrf.as_deref().unwrap_or("default").to_owned(),
        prefix: route.prefix.to_string(),
        protocol: match route.protocol {
            Protocol::Gateway => "static".to_owned(),
            Protocol::Connected
            | Protocol::Static
            | Protocol::Ospf(_)
            | Protocol::Bgp(_)
            | Protocol::Eigrp { .. }
            | Protocol::Rip
            | Protocol::Isis(_) => route.protocol.name().to_owned(),
        },
        next_hop: None,
        interface: None,
        distance: route.distance,
        metric: route.metric,
    }
}

/// What of a device's routing was not understood, in sentences.
fn unmodeled(device: &Device) -> Option<String> {
    let open = device.holes.iter().filter(|hole| {
        hole.effect == Effect::Routing
            || hole.effect == Effect::Device
            || (hole.effect == Effect::Interface
                && hole
                    .facet
                    .as_ref()
                    .is_none_or(|key| key.kind == FacetKind::Interface))
    });
    let count = open.count();
    (count > 0).then(|| {
        format!(
            "{count} statements of {} that may change routes were not understood.",
            device.name
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::test_network::{network_of, rows};

    #[test]
    fn routers_list_their_own_addresses_as_their_release_does() {
        let has = |version: &str| {
            let text = format!("{version}interface eth0\n ip address 10.0.0.1/24\n");
            let net = network_of(&[("r", "frr", &text)]);
            rows(&net, "r").contains_key("10.0.0.1/32")
        };
        assert!(!has("frr version 8.4.4\n"));
        assert!(has("frr version 10.1\n"));
        assert!(!has("frr version 7.0+cl4u3\n"));
    }

    #[test]
    fn a_nexus_lists_the_shared_address_that_it_answers_for() {
        let nexus = |n: u8| {
            format!(
                "feature hsrp\ninterface Ethernet1/1\n  no switchport\n  \
                 ip address 10.0.0.{n}/24\n  no shutdown\n  hsrp 1\n    ip 10.0.0.1\n"
            )
        };
        let (a, b) = (nexus(2), nexus(3));
        let net = network_of(&[("a", "cisco-nxos", &a), ("b", "cisco-nxos", &b)]);
        assert!(!rows(&net, "a").contains_key("10.0.0.1/32"));
        assert_eq!(rows(&net, "b")["10.0.0.1/32"], "hsrp Ethernet1/1 0");
    }
}
