//! What languages of Linux hosts share: links, bridges and the kernel's own routes.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::interface::{
    Interface, InterfaceAddress, InterfaceKind, Switchport, SwitchportMode, Vlan,
};
use crate::model::route::{StaticRoute, StaticRoutes, static_route_name};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

/// VLAN numbers that stand for bridges, which have none: the default port VLAN first, then from
/// the highest down (IEEE 802.1Q-2018 §9.6).
const BRIDGES: [u16; 8] = [1, 4094, 4093, 4092, 4091, 4090, 4089, 4088];

/// Interface name that discards, as route tables of the model know it.
const DISCARD: &str = "Null0";

/// An interface of this name that nothing was said of.
pub(super) fn named(name: &str) -> Interface {
    Interface {
        name: name.to_owned(),
        kind: if name == "lo" || name.starts_with("dummy") {
            InterfaceKind::Loopback
        } else {
            InterfaceKind::Physical
        },
        ..Interface::default()
    }
}

/// Adds an address after those that are there.
pub(super) fn add_address(entry: &mut Interface, net: Ipv4Net, at: StatementRef) {
    let secondary = !entry.addresses.is_empty();
    entry
        .addresses
        .push(At::new(InterfaceAddress { net, secondary }, at));
}

/// The VLAN that stands for one more bridge; `None` where more are there than are told apart.
pub(super) fn bridge_vlan(vlans: &[Vlan], at: StatementRef) -> Option<Vlan> {
    Some(Vlan {
        id: *BRIDGES.get(vlans.len())?,
        defined_at: Some(At::new((), at)),
        ..Vlan::default()
    })
}

/// The settings of a bridge's port.
pub(super) fn bridge_port(vlan: u16, at: StatementRef) -> Switchport {
    Switchport {
        mode: Some(At::new(SwitchportMode::Access, at)),
        access_vlan: Some(At::new(vlan, at)),
        ..Switchport::default()
    }
}

/// A route of the kernel's table; one without next hop and interface discards.
pub(super) fn static_route(
    at: StatementRef,
    next_hop: Option<Ipv4Addr>,
    interface: Option<String>,
) -> StaticRoute {
    let discards = next_hop.is_none() && interface.is_none();
    StaticRoute {
        at,
        next_hop,
        interface: interface.or_else(|| discards.then(|| DISCARD.to_owned())),
        distance: None,
        tag: None,
        track: None,
        // The kernel keeps a route while only the carrier is lost.
        permanent: true,
        next_hop_global: false,
        kernel: true,
    }
}

/// Routes of the kernel's tables: to one prefix several, told apart by their metric
/// (ip-route(8)).
#[derive(Debug, Default)]
pub(super) struct KernelRoutes {
    /// Equal routes by VRF, prefix and metric.
    routes: BTreeMap<(Option<String>, Ipv4Net), BTreeMap<u32, Vec<StaticRoute>>>,
}

impl KernelRoutes {
    /// The routes to a prefix with this metric.
    pub(super) fn equal(
        &self,
        vrf: Option<&str>,
        prefix: Ipv4Net,
        metric: u32,
    ) -> Option<&Vec<StaticRoute>> {
        let key = (vrf.map(str::to_owned), prefix);
        self.routes.get(&key)?.get(&metric)
    }

    /// Adds routes where none is equal.
    pub(super) fn add(
        &mut self,
        vrf: Option<&str>,
        prefix: Ipv4Net,
        metric: u32,
        routes: Vec<StaticRoute>,
    ) {
        let key = (vrf.map(str::to_owned), prefix);
        self.routes.entry(key).or_default().insert(metric, routes);
    }

    /// Every prefix that routes lead to.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = Ipv4Net> {
        self.routes.keys().map(|(_, prefix)| *prefix)
    }

    /// The routes as facets; of several to one prefix the lowest metric holds.
    pub(super) fn facets(self) -> Vec<(FacetKey, Facet)> {
        let mut facets = Vec::new();
        for ((vrf, prefix), metrics) in self.routes {
            let mut routes = Vec::new();
            for (rank, (_, mut equal)) in (0_u8..).zip(metrics) {
                for route in &mut equal {
                    route.distance = Some(rank);
                }
                routes.append(&mut equal);
            }
            let name = static_route_name(vrf.as_deref(), prefix);
            let facet = StaticRoutes {
                vrf,
                prefix,
                routes,
            };
            let key = FacetKey::new(FacetKind::StaticRoute, name);
            facets.push((key, Facet::StaticRoute(facet)));
        }
        facets
    }
}
