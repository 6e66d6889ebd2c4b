//! Where a VLAN reaches, and what steers routes.

use super::{Answer, Item, Subject, number};
use crate::intent::Value;
use crate::model::interface::{Interface, Switchport, SwitchportMode};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::Ipv4Net;

/// A trunk that carries the pump VLAN: the device's name, the device, the facet, the interface and
/// its layer-2 settings.
type Trunk<'a> = (
    &'a str,
    &'a Device,
    &'a FacetKey,
    &'a Interface,
    &'a Switchport,
);

/// Trunks that carry a VLAN.
fn trunks_of<'a>(subject: &Subject<'a>, vlan: u16) -> Vec<Trunk<'a>> {
    let mut out = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, interface) in device.interfaces() {
            let Some(port) = interface.switchport.as_ref() else {
                continue;
            };
            let mode = port.mode.as_ref().map(|mode| mode.value);
            let allowed = port.allowed.as_ref();
            let carries = allowed.is_none_or(|allowed| allowed.contains(vlan));
            if mode == Some(SwitchportMode::Trunk) && carries && interface.is_enabled() {
                out.push((name.as_str(), &**device, facet, interface, port));
            }
        }
    }
    out
}

/// Trunks that carry the pump VLAN.
pub(super) fn trunks(subject: &Subject<'_>) -> Answer {
    let Some(vlan) = subject.pump_network().and_then(|network| network.vlan) else {
        return Answer::Absent;
    };
    let trunks = trunks_of(subject, vlan).into_iter();
    Answer::from_items(trunks.map(|(name, _, facet, interface, port)| {
        let key = format!("{name} {}", interface.name);
        let at = port.allowed_at.iter().map(|allowed| allowed.at);
        Item::of(key.clone(), Value::Text(key), name, facet).at(at)
    }))
}

/// Trunks towards what is in no file that carry the pump VLAN without a tag.
pub(super) fn untagged_trunks(subject: &Subject<'_>) -> Answer {
    let Some(vlan) = subject.pump_network().and_then(|network| network.vlan) else {
        return Answer::Absent;
    };
    let links = &subject.network().links;
    let trunks = trunks_of(subject, vlan).into_iter();
    Answer::from_items(trunks.filter_map(|(name, device, facet, interface, port)| {
        let native = port.native_vlan.as_ref().filter(|at| at.value == vlan)?;
        let is_wired = |port: &str| {
            let mut ends = links.iter().flat_map(|link| [&link.a, &link.b]);
            ends.any(|end| end.0 == name && end.1 == port)
        };
        let bundle = facet.name.strip_prefix("Port-channel");
        let bundle: Option<u32> = bundle.and_then(|number| number.parse().ok());
        let mut members = device.interfaces().filter(|(_, member)| {
            let group = member.channel_group.as_ref().map(|at| at.value);
            bundle.is_some() && group == bundle
        });
        if is_wired(&facet.name) || members.any(|(member, _)| is_wired(&member.name)) {
            return None;
        }
        let key = format!("{name} {}", interface.name);
        Some(Item::of(key.clone(), Value::Text(key), name, facet).at([native.at]))
    }))
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
