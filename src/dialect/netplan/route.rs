//! Routes of devices.

use std::net::Ipv4Addr;

use crate::dialect::linux_host::{KernelRoutes, static_route};
use crate::model::route::static_route_name;
use crate::model::{FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::syntax::{Effect, Support};

use super::link::{Kind, Link, ipv6};
use super::lower::Host;
use super::value::{Place, Value};

/// The kernel's main table (iproute2, `rt_tables`).
const MAIN: &str = "254";

/// A route that a device brings.
struct NewRoute {
    /// Destination.
    prefix: Ipv4Net,
    /// Gateway.
    via: Option<Ipv4Addr>,
    /// Whether the gateway is taken to be on the link.
    on_link: bool,
    /// Metric.
    metric: u32,
    /// Whether packets are discarded.
    discards: bool,
    /// The statement that names the destination.
    place: Place,
}

/// What an entry of `routes` is.
enum Read {
    /// A route.
    Route(NewRoute),
    /// One of IPv6.
    Ipv6,
    /// One that is not modeled.
    Other,
    /// One that netplan refuses, and why.
    Refused(&'static str),
}

/// Adds the routes of a device.
pub(super) fn routes(host: &mut Host, link: &Link<'_>, all: &mut KernelRoutes) {
    let mut own = Vec::new();
    if let Some(member) = link.member("gateway4") {
        let gateway = member.value.text().and_then(|text| text.parse().ok());
        match gateway {
            Some(via) => own.push((
                vec![member.value.at],
                NewRoute {
                    prefix: Ipv4Net::default(),
                    via: Some(via),
                    on_link: false,
                    metric: 0,
                    discards: false,
                    place: member.value.at,
                },
            )),
            None => host.refuse_member(member, "netplan expects an address"),
        }
    }
    let list = link.member("routes");
    if let Some(list) = list
        && (list.value.text().is_some() || !list.value.members().is_empty())
    {
        host.refuse_member(list, "netplan expects a list");
    }
    for value in list.map_or(&[] as &[Value], |list| list.value.values()) {
        let places: Vec<Place> = (value.members().iter())
            .flat_map(|member| member.places.iter().copied().chain([member.value.at]))
            .chain([value.at])
            .collect();
        match read(value, link) {
            Read::Route(route) => own.push((places, route)),
            Read::Ipv6 => places.iter().for_each(|place| ipv6(host, link, *place)),
            Read::Other => {
                let support = Support::Unmodeled(Effect::Device);
                for place in places {
                    host.decide(place, support, None);
                }
            }
            Read::Refused(why) => host.refuse(value.at, why),
        }
    }
    // What is on the link comes first: a gateway may be reached through it.
    own.sort_by_key(|(_, route)| route.via.is_some());
    let mut near: Vec<Ipv4Net> = link.addresses().map(|(_, net)| net).collect();
    for (places, route) in own {
        if add(host, link, &places, &route, &near, all) && route.via.is_none() && !route.discards {
            near.push(route.prefix);
        }
    }
}

/// Reads an entry of `routes`.
fn read(value: &Value, link: &Link<'_>) -> Read {
    let text = |name: &str| value.member(name).map(|member| member.value.text());
    let (to, via) = (text("to"), text("via"));
    let Some(Some(to)) = to else {
        return Read::Refused("netplan expects `to`");
    };
    let via = match via {
        Some(None) => return Read::Refused("netplan expects an address"),
        Some(Some(via)) => Some(via),
        None => None,
    };
    if to.contains(':') || via.is_some_and(|via| via.contains(':')) {
        return Read::Ipv6;
    }
    let discards = match text("type") {
        None | Some(Some("unicast")) => false,
        Some(Some("blackhole" | "unreachable" | "prohibit")) => true,
        Some(Some(_) | None) => return Read::Other,
    };
    // Routes of another table are used where a rule says so.
    if text("table").is_some_and(|table| table != Some(MAIN)) && link.kind != Kind::Vrf {
        return Read::Other;
    }
    let prefix = match to {
        "default" => Some(Ipv4Net::default()),
        _ => to.parse::<Ipv4Net>().ok().or_else(|| {
            let address: Ipv4Addr = to.parse().ok()?;
            Some(address.into())
        }),
    };
    let via = match via.map(str::parse::<Ipv4Addr>) {
        Some(Err(_)) => return Read::Refused("netplan expects an address"),
        Some(Ok(via)) => Some(via),
        None => None,
    };
    let metric = match text("metric") {
        None => Some(0),
        Some(metric) => metric.and_then(|metric| metric.parse().ok()),
    };
    let on_link = match value.member("on-link") {
        None => Some(false),
        Some(member) => member.value.truth(),
    };
    let place = value.member("to").map_or(value.at, |to| to.value.at);
    let (Some(prefix), Some(metric), Some(on_link)) = (prefix, metric, on_link) else {
        return Read::Refused("netplan refuses a value of this route");
    };
    if to == "default" && via.is_none() {
        // Of which family it is nothing tells.
        return Read::Other;
    }
    Read::Route(NewRoute {
        prefix: prefix.trunc(),
        via,
        on_link,
        metric,
        discards,
        place,
    })
}

/// Adds one route, or says why the kernel would not; whether it was added.
fn add(
    host: &mut Host,
    link: &Link<'_>,
    places: &[Place],
    route: &NewRoute,
    near: &[Ipv4Net],
    all: &mut KernelRoutes,
) -> bool {
    let vrf = link.vrf.as_ref().map(|(name, _)| name.as_str());
    let name = static_route_name(vrf, route.prefix);
    let key = FacetKey::new(FacetKind::StaticRoute, name);
    let Some(at) = host.at(route.place) else {
        return false;
    };
    let (via, interface) = match (route.discards, link.kind, route.via) {
        (true, ..) => (None, None),
        // A VRF has no link of its own: the gateway tells which of its interfaces it is.
        (false, Kind::Vrf, Some(via)) => (Some(via), None),
        (false, _, via) => (via, Some(link.name.clone())),
    };
    let fresh = static_route(at, via, interface);
    for place in places {
        host.contribute(*place, &key);
    }
    if let Some(equal) = all.equal(vrf, route.prefix, route.metric) {
        if !equal.contains(&fresh) {
            host.refuse(route.place, "a route with equal metric is there");
        }
        return false;
    }
    if route.metric == 0 && near.iter().any(|net| net.trunc() == route.prefix) {
        host.refuse(route.place, "the subnet of the interface is there");
        return false;
    }
    let reaches = |via: Ipv4Addr| {
        let mut near = near.iter();
        near.any(|net| net.contains(&via) && net.addr() != via)
    };
    if let Some(via) = via.filter(|via| !route.on_link && !reaches(*via)) {
        let leased = link.member("dhcp4").and_then(|member| member.value.truth());
        if leased != Some(true) && link.kind != Kind::Vrf {
            let why = format!("gateway {via} is on no subnet of the interface");
            host.refuse(route.place, &why);
            return false;
        }
        // No file tells whether the lease's subnet holds the gateway, and no document whether the
        // kernel takes a gateway behind a VRF.
        host.decide(route.place, Support::Unmodeled(Effect::Device), None);
    }
    all.add(vrf, route.prefix, route.metric, vec![fresh]);
    true
}
