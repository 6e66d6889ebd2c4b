//! Servers: those that the site declares, and those that authenticators ask.

use super::{Answer, Item, Subject};
use crate::intent::{ServiceKind, Value};

/// Addresses of the requirement's own service, where that is a pump gateway.
pub(super) fn addresses(subject: &Subject<'_>) -> Answer {
    let gateway = subject
        .service()
        .filter(|service| service.kind == ServiceKind::PumpGateway);
    let Some(service) = gateway else {
        return Answer::Absent;
    };
    let items = service.servers.iter().map(|server| {
        let value = Value::Text(server.to_string());
        Item::of_site(server.to_string(), value, service.place)
    });
    Answer::from_items(items)
}

/// Addresses of the services of one kind that the group uses.
fn of_kind(subject: &Subject<'_>, kind: ServiceKind) -> Answer {
    let site = &subject.intent().site;
    let group = site
        .pumps
        .iter()
        .find(|group| group.id == subject.change.requirement.group);
    let services = group
        .into_iter()
        .flat_map(|group| &group.uses)
        .filter_map(|id| site.services.get(id))
        .filter(|service| service.kind == kind);
    let items = services.flat_map(|service| {
        service.servers.iter().map(|server| {
            let value = Value::Text(server.to_string());
            Item::of_site(server.to_string(), value, service.place)
        })
    });
    Answer::from_items(items)
}

/// Name servers of the site.
pub(super) fn name_servers(subject: &Subject<'_>) -> Answer {
    of_kind(subject, ServiceKind::Dns)
}

/// Time servers of the site.
pub(super) fn time_servers(subject: &Subject<'_>) -> Answer {
    of_kind(subject, ServiceKind::Ntp)
}

/// Servers in the groups that 802.1X asks; all servers where it names `radius` or no group.
pub(super) fn radius_servers(subject: &Subject<'_>) -> Answer {
    let mut items = Vec::new();
    for (name, device) in &subject.network().devices {
        for (facet, aaa) in device.aaas() {
            if !aaa.dot1x.as_ref().is_some_and(|on| on.value) && aaa.dot1x_groups.is_empty() {
                continue;
            }
            let named: Vec<_> = aaa
                .dot1x_groups
                .iter()
                .filter_map(|group| aaa.groups.get(&group.value))
                .flatten()
                .collect();
            for server in aaa.servers.values() {
                let member = named.iter().find(|member| member.value == server.name);
                if member.is_none() && !named.is_empty() {
                    continue;
                }
                let Some(address) = &server.address else {
                    continue;
                };
                let key = format!("{name} {}", address.value);
                let value = Value::Text(address.value.to_string());
                let at = member
                    .map(|member| member.at)
                    .into_iter()
                    .chain([address.at]);
                items.push(Item::of(key, value, name, facet).at(at));
            }
        }
    }
    Answer::from_items(items)
}
