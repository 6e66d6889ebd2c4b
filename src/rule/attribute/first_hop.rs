//! The routed interfaces of a pump network: relays and redundant gateways.

use super::{Answer, Item, Subject, number};
use crate::intent::Value;
use crate::model::FacetKey;
use crate::model::interface::{FirstHopGroup, FirstHopProtocol, Interface, InterfaceKind};

/// Default priority (RFC 2281 §5.1, RFC 9568 §5.2.4).
const PRIORITY: u64 = 100;
/// Default hello interval of HSRP (RFC 2281 §5.1: 3 seconds).
const HSRP_HELLO_MS: u64 = 3_000;
/// Default hold time of HSRP (RFC 2281 §5.1: 10 seconds).
const HSRP_HOLD_MS: u64 = 10_000;

/// The routed interfaces of the pump network, each with its device and key.
fn interfaces<'a>(subject: &Subject<'a>) -> Vec<(&'a str, &'a FacetKey, &'a Interface)> {
    let Some(network) = subject.pump_network() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (name, device) in &subject.network().devices {
        for (key, interface) in device.interfaces() {
            let of_vlan = match &interface.kind {
                InterfaceKind::Svi(vlan) => network.vlan == Some(*vlan),
                InterfaceKind::Subinterface { vlan, .. } => vlan.is_some() && network.vlan == *vlan,
                InterfaceKind::Physical
                | InterfaceKind::Loopback
                | InterfaceKind::PortChannel(_)
                | InterfaceKind::Tunnel
                | InterfaceKind::Null => false,
            };
            let of_subnet = interface
                .addresses
                .iter()
                .any(|address| network.subnet.contains(&address.value.net.addr()));
            if of_vlan || of_subnet {
                out.push((name.as_str(), key, interface));
            }
        }
    }
    out
}

/// Relay targets by interface.
pub(super) fn helpers(subject: &Subject<'_>) -> Answer {
    // A relay to something that is no server of the site's DHCP service is no requirement's.
    let servers = subject.service().map(|service| service.servers.as_slice());
    let servers = servers.unwrap_or(&[]);
    let mut items = Vec::new();
    for (device, facet, interface) in interfaces(subject) {
        for helper in &interface.helpers {
            if !servers.is_empty() && !servers.contains(&helper.value) {
                continue;
            }
            let key = format!("{device} {} {}", interface.name, helper.value);
            let value = Value::Text(helper.value.to_string());
            items.push(Item::of(key, value, device, facet).at([helper.at]));
        }
    }
    Answer::from_items(items)
}

/// Runs `read` over the redundancy groups.
fn groups(
    subject: &Subject<'_>,
    read: impl Fn(&FirstHopGroup) -> (Option<Value>, Vec<crate::source::StatementRef>),
) -> Answer {
    let mut items = Vec::new();
    for (device, facet, interface) in interfaces(subject) {
        for group in &interface.first_hop {
            let key = format!("{device} {} {}", interface.name, group.group);
            if let (Some(value), at) = read(group) {
                items.push(Item::of(key, value, device, facet).at(at));
            }
        }
    }
    Answer::from_items(items)
}

/// Virtual addresses.
pub(super) fn address(subject: &Subject<'_>) -> Answer {
    let mut items = Vec::new();
    for (device, facet, interface) in interfaces(subject) {
        for address in interface
            .first_hop
            .iter()
            .flat_map(|group| &group.addresses)
        {
            let text = address.value.to_string();
            let value = Value::Text(text.clone());
            items.push(Item::of(text, value, device, facet).at([address.at]));
        }
    }
    Answer::from_items(items)
}

/// Hello interval; HSRP's default where the text says none.
pub(super) fn hello_ms(subject: &Subject<'_>) -> Answer {
    groups(subject, |group| {
        let default = matches!(group.protocol, FirstHopProtocol::Hsrp).then_some(HSRP_HELLO_MS);
        let said = group.hello_ms.as_ref();
        let value = said.map_or(default, |said| Some(u64::from(said.value)));
        (
            value.map(number),
            said.map(|said| said.at).into_iter().collect(),
        )
    })
}

/// Hold time; HSRP's default where the text says none.
pub(super) fn hold_ms(subject: &Subject<'_>) -> Answer {
    groups(subject, |group| {
        let default = matches!(group.protocol, FirstHopProtocol::Hsrp).then_some(HSRP_HOLD_MS);
        let said = group.hold_ms.as_ref();
        let value = said.map_or(default, |said| Some(u64::from(said.value)));
        (
            value.map(number),
            said.map(|said| said.at).into_iter().collect(),
        )
    })
}

/// Priority.
pub(super) fn priority(subject: &Subject<'_>) -> Answer {
    groups(subject, |group| {
        let said = group.priority.as_ref();
        let value = said.map_or(PRIORITY, |said| u64::from(said.value));
        (
            Some(number(value)),
            said.map(|said| said.at).into_iter().collect(),
        )
    })
}

/// Preemption; the protocol's default where the text says nothing.
pub(super) fn preempt(subject: &Subject<'_>) -> Answer {
    groups(subject, |group| {
        let default = matches!(group.protocol, FirstHopProtocol::Vrrp);
        let said = group.preempt.as_ref();
        let value = said.map_or(default, |said| said.value);
        (
            Some(Value::Bool(value)),
            said.map(|said| said.at).into_iter().collect(),
        )
    })
}
