//! Unread statements of a device by what they could do to a packet there.

use std::sync::Arc;

use super::Named;
use crate::analysis::Symbol;
use crate::model::{Device, FacetKind};
use crate::syntax::Effect;

/// Unread statements of one device.
#[derive(Debug, Default)]
pub(in crate::analysis) struct DeviceHoles {
    /// Those that could do anything.
    pub(in crate::analysis) device: Vec<Symbol>,
    /// Those that could change routes of OSPF.
    pub(in crate::analysis) ospf: Vec<Symbol>,
    /// Those that could add or change any other route.
    pub(in crate::analysis) routing: Vec<Symbol>,
    /// Those that could do something on one interface.
    pub(in crate::analysis) interfaces: Named<Vec<Symbol>>,
    /// Those that could change where a VLAN reaches.
    pub(in crate::analysis) switching: Vec<Symbol>,
    /// Those that could change what any of its filters does: time ranges, timeouts of connections.
    pub(in crate::analysis) filters: Vec<Symbol>,
}

impl DeviceHoles {
    /// The unread statements of a device; those of filters and services are their readers'.
    pub(in crate::analysis) fn new(device: &Device) -> Self {
        let name: Arc<str> = device.name.as_str().into();
        let mut holes = Self::default();
        for hole in &device.holes {
            let symbol = |redirects| Symbol::Hole {
                device: name.clone(),
                key: hole.key,
                redirects,
            };
            let facet = hole.facet.as_ref();
            if facet.is_some_and(|key| !forwards(key.kind)) {
                continue;
            }
            let interface = facet.filter(|key| key.kind == FacetKind::Interface);
            match (hole.effect, interface) {
                (Effect::Interface | Effect::InterfaceFilter, Some(key)) => {
                    let redirects = hole.effect == Effect::Interface;
                    let list = holes.interfaces.entry(key.name.clone()).or_default();
                    list.push(symbol(redirects));
                }
                (Effect::InterfaceFilter, None) => holes.device.push(symbol(false)),
                (Effect::Interface, None) | (Effect::Device, _) => {
                    holes.device.push(symbol(true));
                }
                (Effect::Routing, _) if facet.is_some_and(|key| key.kind == FacetKind::Ospf) => {
                    holes.ospf.push(symbol(true));
                }
                (Effect::Routing, _) => holes.routing.push(symbol(true)),
                (Effect::Switching, _) => holes.switching.push(symbol(false)),
                (Effect::Filter, _) if !facet.is_some_and(|key| tells_holes(key.kind)) => {
                    holes.filters.push(symbol(false));
                }
                (Effect::Filter | Effect::Zone | Effect::Scope | Effect::Authentication, _) => {}
            }
        }
        holes
    }
}

/// Whether who asks a facet of this kind meets its unread statements, each at its place.
fn tells_holes(kind: FacetKind) -> bool {
    matches!(
        kind,
        FacetKind::Acl
            | FacetKind::ObjectGroup
            | FacetKind::PacketFilter
            | FacetKind::ClassMap
            | FacetKind::PolicyMap
            | FacetKind::ZonePair
    )
}

/// Whether facets of a kind say where packets go; the others are services of the device.
fn forwards(kind: FacetKind) -> bool {
    match kind {
        FacetKind::System
        | FacetKind::Interface
        | FacetKind::Vlan
        | FacetKind::Vrf
        | FacetKind::Acl
        | FacetKind::ObjectGroup
        | FacetKind::StaticRoute
        | FacetKind::Ospf
        | FacetKind::RouteMap
        | FacetKind::PrefixList
        | FacetKind::AsPathList
        | FacetKind::CommunityList
        | FacetKind::Bgp
        | FacetKind::Eigrp
        | FacetKind::Isis
        | FacetKind::Rip
        | FacetKind::Track
        | FacetKind::KeyChain
        | FacetKind::Nat
        | FacetKind::Zone
        | FacetKind::ZonePair
        | FacetKind::ClassMap
        | FacetKind::PolicyMap
        | FacetKind::Inspection
        | FacetKind::Firewall
        | FacetKind::PacketFilter => true,
        FacetKind::DhcpScope
        | FacetKind::DhcpServer
        | FacetKind::DnsZone
        | FacetKind::DnsServer
        | FacetKind::Aaa
        | FacetKind::Ntp => false,
    }
}

/// Whether a symbol could send packets elsewhere, with the key that a read set names it by.
pub(super) fn redirecting(symbol: &Symbol) -> Option<(Arc<str>, u64)> {
    match symbol {
        Symbol::Hole {
            device,
            key,
            redirects: true,
        } => Some((device.clone(), *key)),
        Symbol::Hole {
            redirects: false, ..
        }
        | Symbol::Field(_)
        | Symbol::Beyond { .. }
        | Symbol::Outside(_)
        | Symbol::Undecided(_) => None,
    }
}
