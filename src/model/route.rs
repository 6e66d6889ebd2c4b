//! Static routes and VRFs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

/// One VRF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vrf {
    /// Name.
    pub name: String,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
    /// Whether packets are forwarded between its interfaces; `None`: as the device does.
    pub forwards: Option<At<bool>>,
    /// Route distinguisher.
    pub distinguisher: Option<At<String>>,
    /// Route targets whose routes it takes.
    pub imports: BTreeMap<String, At<()>>,
    /// Route targets that its routes carry.
    pub exports: BTreeMap<String, At<()>>,
    /// Route map of what it takes.
    pub import_map: Option<At<String>>,
    /// Route map of what it gives.
    pub export_map: Option<At<String>>,
    /// Route targets of EVPN whose routes it takes.
    pub fabric_imports: BTreeMap<String, At<()>>,
    /// Route targets of EVPN that its routes carry.
    pub fabric_exports: BTreeMap<String, At<()>>,
    /// Network identifier of its tunnels, where its own text says it.
    pub network_identifier: Option<At<u32>>,
    /// VRFs of the same device whose routes it takes directly, with a route map (`None` is the
    /// default VRF).
    pub leaks_from: BTreeMap<Option<String>, At<Option<String>>>,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// The static routes to one prefix in one VRF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticRoutes {
    /// VRF; `None` is the default one.
    pub vrf: Option<String>,
    /// Destination.
    pub prefix: Ipv4Net,
    /// Routes in the order of the file.
    pub routes: Vec<StaticRoute>,
}

/// One static route.
#[derive(Debug, Clone)]
pub struct StaticRoute {
    /// The statement.
    pub at: StatementRef,
    /// Next hop; `None` for an interface route.
    pub next_hop: Option<Ipv4Addr>,
    /// Full name of the egress interface; `Null0` discards.
    pub interface: Option<String>,
    /// Administrative distance; `None` is the dialect's default of 1.
    pub distance: Option<u8>,
    /// Tag.
    pub tag: Option<u32>,
    /// Tracked object: the route is there only while that is up.
    pub track: Option<String>,
    /// Whether it stays although its interface is down.
    pub permanent: bool,
    /// Whether the next hop is looked up in the default VRF.
    pub next_hop_global: bool,
    /// Whether it was put into the kernel's table by hand, past the routing processes.
    pub kernel: bool,
}

impl PartialEq for StaticRoute {
    fn eq(&self, other: &Self) -> bool {
        self.next_hop == other.next_hop
            && self.interface == other.interface
            && self.distance == other.distance
            && self.tag == other.tag
            && self.track == other.track
            && self.permanent == other.permanent
            && self.next_hop_global == other.next_hop_global
            && self.kernel == other.kernel
    }
}

impl Eq for StaticRoute {}

/// The name of a [`StaticRoutes`] facet: `vrf prefix`, `-` for the default VRF.
pub fn static_route_name(vrf: Option<&str>, prefix: Ipv4Net) -> String {
    format!("{} {prefix}", vrf.unwrap_or("-"))
}
