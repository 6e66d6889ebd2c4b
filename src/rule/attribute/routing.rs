//! Where a VLAN reaches, and what steers routes.

use super::{Answer, Item, Subject, number};
use crate::intent::Value;
use crate::model::interface::SwitchportMode;
use crate::model::{Device, FacetKind};
use crate::net::Ipv4Net;

/// Trunks that carry the pump VLAN.
pub(super) fn trunks(subject: &Subject<'_>) -> Answer {
    let Some(vlan) = subject.pump_network().and_then(|network| network.vlan) else {
        return Answer::Absent;
    };
    let mut items = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, interface) in device.interfaces() {
            let Some(port) = interface.switchport.as_ref() else {
                continue;
            };
            let trunk = port
                .mode
                .as_ref()
                .is_some_and(|mode| mode.value == SwitchportMode::Trunk);
            let carries = port
                .allowed
                .as_ref()
                .is_none_or(|allowed| allowed.contains(vlan));
            if trunk && carries && interface.is_enabled() {
                let key = format!("{name} {}", interface.name);
                let at = port.allowed_at.iter().map(|allowed| allowed.at);
                let item = Item::of(key.clone(), Value::Text(key), name, facet);
                items.push(item.at(at));
            }
        }
    }
    Answer::from_items(items)
}

/// Areas of networks, by process, and of interfaces that name one.
pub(super) fn ospf_area(subject: &Subject<'_>) -> Answer {
    let mut items = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, process) in device.ospfs() {
            for network in &process.networks {
                let (address, ignored, area) = network.value;
                let key = format!("{name} ospf {} {address} {ignored}", process.id);
                let value = number(u64::from(area));
                items.push(Item::of(key, value, name, facet).at([network.at]));
            }
        }
        for (facet, interface) in device.interfaces() {
            if let Some(said) = &interface.ospf.process_area {
                let key = format!("{name} {}", interface.name);
                let value = number(u64::from(said.value.1));
                items.push(Item::of(key, value, name, facet).at([said.at]));
            }
        }
    }
    Answer::from_items(items)
}

/// Costs that interfaces name themselves.
pub(super) fn ospf_cost(subject: &Subject<'_>) -> Answer {
    let mut items = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, interface) in device.interfaces() {
            if let Some(cost) = &interface.ospf.cost {
                let key = format!("{name} {}", interface.name);
                let value = number(u64::from(cost.value));
                items.push(Item::of(key, value, name, facet).at([cost.at]));
            }
        }
    }
    Answer::from_items(items)
}

/// Whether packets of the requirement meet an interface of a device in a VRF.
fn enters(subject: &Subject<'_>, device: &Device, vrf: Option<&str>) -> bool {
    subject.outcome().reads.facets.iter().any(|(on, key)| {
        **on == *device.name
            && key.kind == FacetKind::Interface
            && device
                .interface(&key.name)
                .is_some_and(|one| one.vrf.as_ref().map(|vrf| &*vrf.value) == vrf)
    })
}

/// Default routes: static ones by VRF and next hop, originated ones by process.
pub(super) fn default_route(subject: &Subject<'_>) -> Answer {
    let mut items = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, routes) in device.static_routes() {
            let vrf = routes.vrf.as_deref();
            if routes.prefix != Ipv4Net::default() || !enters(subject, device, vrf) {
                continue;
            }
            for route in &routes.routes {
                let hop = route.next_hop.map(|hop| hop.to_string());
                let to = hop.or_else(|| route.interface.clone()).unwrap_or_default();
                let key = format!("{name} {} {to}", vrf.unwrap_or("default"));
                let item = Item::of(key, Value::Text(format!("{name} to {to}")), name, facet);
                items.push(item.at([route.at]));
            }
        }
        for (facet, process) in device.ospfs() {
            if let Some(said) = &process.default_originate {
                let key = format!("{name} ospf {}", process.id);
                let how = if said.value.always {
                    "originated always"
                } else {
                    "originated"
                };
                let item = Item::of(key, Value::Text(format!("{name} {how}")), name, facet);
                items.push(item.at([said.at]));
            }
        }
    }
    Answer::from_items(items)
}
