//! Devices of netplan as interfaces: their names, addresses, and what they are parts of.

use crate::dialect::linux_host::{add_address, bridge_port, bridge_vlan, named};
use crate::model::interface::{Bundling, InterfaceKind};
use crate::model::route::Vrf;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::{Effect, Support};

use super::lower::Host;
use super::value::{Member, Place, Value};

/// Device types with what they make.
const KINDS: [(&str, Kind); 10] = [
    ("ethernets", Kind::Hardware),
    ("wifis", Kind::Hardware),
    ("modems", Kind::Hardware),
    ("bonds", Kind::Bond),
    ("bridges", Kind::Bridge),
    ("dummy-devices", Kind::Dummy),
    ("tunnels", Kind::Tunnel),
    ("virtual-ethernets", Kind::Virtual),
    ("vlans", Kind::Vlan),
    ("vrfs", Kind::Vrf),
];

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Hardware, found by its name or by what `match` says.
    Hardware,
    /// A bundle.
    Bond,
    /// A bridge.
    Bridge,
    /// On no wire.
    Dummy,
    /// A tunnel.
    Tunnel,
    /// One end of a pair.
    Virtual,
    /// A tagged part of another one.
    Vlan,
    /// A VRF.
    Vrf,
}

/// One device.
#[derive(Debug)]
pub(super) struct Link<'v> {
    /// Name in the files.
    pub(super) id: &'v str,
    /// Name of the interface.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Its member in its type.
    pub(super) member: &'v Member,
    /// The VRF that it is in, with the statement.
    pub(super) vrf: Option<(String, Place)>,
}

impl<'v> Link<'v> {
    /// A key of it.
    pub(super) fn member(&self, name: &str) -> Option<&'v Member> {
        self.member.value.member(name)
    }

    /// Where it begins.
    fn place(&self) -> Place {
        self.member.places.first().copied().unwrap_or((0, 0))
    }

    /// Its IPv4 addresses as far as they are ones.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (Place, Ipv4Net)> {
        let list = self.member("addresses");
        let values = list.map_or(&[] as &[Value], |list| list.value.values());
        values.iter().filter_map(|value| {
            let (place, text) = address_of(value)?;
            let net = text.contains('/').then(|| text.parse().ok()).flatten()?;
            Some((place, net))
        })
    }
}

/// The text of an entry of `addresses`: alone, or the name of its settings.
fn address_of(value: &Value) -> Option<(Place, &str)> {
    match (value.text(), value.members()) {
        (Some(text), _) => Some((value.at, text)),
        (None, [only]) => Some((value.at, &only.name)),
        (None, _) => None,
    }
}

/// Every device of the files, those of VRFs told.
pub(super) fn links<'v>(host: &mut Host, whole: &'v Value) -> Vec<Link<'v>> {
    let Some(network) = whole.member("network") else {
        host.refuse(whole.at, "netplan takes `network` at the top alone");
        return Vec::new();
    };
    settings(host, &network.value);
    let mut found: Vec<Link<'v>> = Vec::new();
    for (word, kind) in KINDS {
        let Some(devices) = network.value.member(word) else {
            continue;
        };
        if devices.value.members().is_empty() && devices.value.text().is_some() {
            host.refuse_member(devices, "netplan expects devices here");
        }
        for member in devices.value.members() {
            if member.name == "renderer" && member.value.text().is_some() {
                renderer(host, member);
                continue;
            }
            if !matches!(member.value.data, super::value::Data::Map(_)) {
                host.refuse_member(member, "netplan expects the device's keys here");
                continue;
            }
            if found.iter().any(|link| link.id == member.name) {
                host.refuse_member(member, "another device has this name");
                continue;
            }
            if let Some(own) = member.value.member("renderer") {
                renderer(host, own);
            }
            let name = match kind {
                Kind::Hardware => hardware_name(host, member),
                Kind::Bond
                | Kind::Bridge
                | Kind::Dummy
                | Kind::Tunnel
                | Kind::Virtual
                | Kind::Vlan
                | Kind::Vrf => member.name.clone(),
            };
            if found.iter().any(|link| link.name == name) {
                let places = member.places.iter().copied();
                places.for_each(|place| host.refuse(place, "another device is this interface"));
                continue;
            }
            found.push(Link {
                id: &member.name,
                name,
                kind,
                member,
                vrf: None,
            });
        }
    }
    vrf_members(host, &mut found);
    found
}

/// Checks what holds for all devices.
fn settings(host: &mut Host, network: &Value) {
    if let Some(version) = network.member("version")
        && version.value.text() != Some("2")
    {
        host.refuse_member(version, "netplan takes version 2 alone");
    }
    if let Some(member) = network.member("renderer") {
        renderer(host, member);
    }
}

/// Takes a `renderer`: what networkd does is modeled.
fn renderer(host: &mut Host, member: &Member) {
    if member.value.text() != Some("networkd") {
        let support = Support::Unmodeled(Effect::Device);
        host.decide(member.value.at, support, None);
    }
}

/// The name that a piece of hardware has in the kernel, where the file tells.
fn hardware_name(host: &mut Host, member: &Member) -> String {
    let says = |name: &str| member.value.member(name);
    let set = says("set-name").and_then(|set| set.value.text());
    let Some(chosen) = says("match") else {
        if let Some(set) = says("set-name") {
            host.refuse_member(set, "netplan takes `set-name` beside `match` alone");
        }
        return member.name.clone();
    };
    if let Some(set) = set {
        return set.to_owned();
    }
    let by_name = chosen.value.member("name");
    match by_name.and_then(|name| name.value.text()) {
        Some(name) if chosen.value.members().len() == 1 && !name.contains(['*', '?', '[']) => {
            name.to_owned()
        }
        Some(_) | None => {
            for place in &chosen.places {
                host.refuse(*place, "which interfaces this is about is not told");
            }
            member.name.clone()
        }
    }
}

/// Tells devices the VRF that they are in.
fn vrf_members(host: &mut Host, links: &mut [Link<'_>]) {
    let mut inside: Vec<(String, String, Place)> = Vec::new();
    for link in links.iter().filter(|link| link.kind == Kind::Vrf) {
        inside.push((link.id.to_owned(), link.name.clone(), link.place()));
        let Some(list) = link.member("interfaces") else {
            continue;
        };
        for value in list.value.values() {
            match value.text() {
                Some(id) => inside.push((id.to_owned(), link.name.clone(), value.at)),
                None => host.refuse(value.at, "netplan expects a device here"),
            }
        }
    }
    for (id, vrf, place) in inside {
        match links.iter_mut().find(|link| link.id == id) {
            Some(link) if link.vrf.is_none() => link.vrf = Some((vrf, place)),
            Some(_) => host.refuse(place, "the device is in another VRF already"),
            None => host.refuse(place, "the device is not defined"),
        }
    }
}

/// Adds what a device says of its interface itself.
pub(super) fn interface(host: &mut Host, link: &Link<'_>) {
    let Some(at) = host.at(link.place()) else {
        return;
    };
    let mut entry = host
        .interfaces
        .get(&link.name)
        .cloned()
        .unwrap_or_else(|| named(&link.name));
    entry.defined_at.get_or_insert(At::new((), at));
    match link.kind {
        Kind::Dummy => entry.kind = InterfaceKind::Loopback,
        Kind::Tunnel => entry.kind = InterfaceKind::Tunnel,
        Kind::Hardware | Kind::Bond | Kind::Bridge | Kind::Virtual | Kind::Vlan | Kind::Vrf => {}
    }
    addresses(host, link);
    for (place, net) in link.addresses() {
        let there = |known: &At<crate::model::interface::InterfaceAddress>| known.value.net == net;
        if !entry.addresses.iter().any(there)
            && let Some(at) = host.at(place)
        {
            add_address(&mut entry, net, at);
        }
    }
    if let Some(member) = link.member("dhcp4") {
        match (member.value.truth(), host.at(member.value.at)) {
            (Some(true), Some(at)) => entry.address_by_dhcp = Some(At::new((), at)),
            (Some(false), _) => {}
            (Some(true) | None, _) => host.refuse_member(member, "netplan expects true or false"),
        }
    }
    if let Some(member) = link.member("mtu") {
        let mtu = member.value.text().and_then(|text| text.parse().ok());
        match (mtu, host.at(member.value.at)) {
            (Some(mtu), Some(at)) => entry.mtu = Some(At::new(mtu, at)),
            (None | Some(_), _) => host.refuse_member(member, "netplan expects a number"),
        }
    }
    if let Some(member) = link.member("activation-mode") {
        match (member.value.text(), host.at(member.value.at)) {
            (Some("off"), Some(at)) => entry.shutdown = Some(At::new(true, at)),
            (Some("manual"), _) => {
                let support = Support::Unmodeled(Effect::Interface);
                host.decide(member.value.at, support, Some(&Host::key(&link.name)));
            }
            (Some(_) | None, _) => host.refuse_member(member, "netplan expects `manual` or `off`"),
        }
    }
    local(host, link);
    if let Some((vrf, place)) = &link.vrf
        && let Some(at) = host.at(*place)
    {
        entry.vrf = Some(At::new(vrf.clone(), at));
        host.contribute(*place, &Host::key(&link.name));
    }
    host.interfaces.insert(link.name.clone(), entry);
}

/// Says what entries of `addresses` are none of IPv4.
fn addresses(host: &mut Host, link: &Link<'_>) {
    let Some(list) = link.member("addresses") else {
        return;
    };
    if list.value.text().is_some() || !list.value.members().is_empty() {
        host.refuse_member(list, "netplan expects a list");
    }
    for value in list.value.values() {
        match address_of(value) {
            Some((place, text)) if text.contains(':') => ipv6(host, link, place),
            Some((_, text)) if text.contains('/') && text.parse::<Ipv4Net>().is_ok() => {}
            Some(_) | None => host.refuse(value.at, "netplan expects `address/length`"),
        }
    }
}

/// Leaves a hole that no IPv4 packet meets.
pub(super) fn ipv6(host: &mut Host, link: &Link<'_>, place: Place) {
    let key = Host::key(&format!("ipv6 {}", link.name));
    host.decide(place, Support::Unmodeled(Effect::Interface), Some(&key));
}

/// Takes `link-local`: addresses that nobody gave are unknown, those of IPv6 meet no IPv4 packet.
fn local(host: &mut Host, link: &Link<'_>) {
    let Some(member) = link.member("link-local") else {
        return;
    };
    for value in member.value.values() {
        if value.text() == Some("ipv4") {
            let support = Support::Unmodeled(Effect::Interface);
            host.decide(value.at, support, Some(&Host::key(&link.name)));
        }
    }
}

/// Makes devices parts of each other.
pub(super) fn memberships(host: &mut Host, links: &[Link<'_>]) {
    let mut bonds = 0;
    for link in links {
        match link.kind {
            Kind::Bond => {
                bonds += 1;
                bond(host, links, link, bonds);
            }
            Kind::Bridge => bridge(host, links, link),
            Kind::Vlan => vlan(host, links, link),
            Kind::Vrf => vrf(host, link),
            Kind::Hardware | Kind::Dummy | Kind::Tunnel | Kind::Virtual => {}
        }
    }
}

/// The interfaces that `interfaces` of a device names, each with its statement.
fn members(host: &mut Host, links: &[Link<'_>], link: &Link<'_>) -> Vec<(Place, String)> {
    let mut found = Vec::new();
    let list = link.member("interfaces");
    for value in list.map_or(&[] as &[Value], |list| list.value.values()) {
        match links.iter().find(|link| Some(link.id) == value.text()) {
            Some(member) => {
                // A part of a bond or bridge answers to no address of its own.
                if has_addresses(member) {
                    host.refuse(value.at, "a part of another device has addresses");
                }
                found.push((value.at, member.name.clone()));
            }
            None => host.refuse(value.at, "the device is not defined"),
        }
    }
    for (place, name) in &found {
        host.contribute(*place, &Host::key(name));
    }
    found
}

/// Whether a device has addresses of its own, or asks for one.
fn has_addresses(link: &Link<'_>) -> bool {
    let leased = link.member("dhcp4").map(|member| member.value.truth());
    let list = link.member("addresses");
    leased.is_some_and(|leased| leased != Some(false))
        || list.is_some_and(|list| !list.value.values().is_empty())
}

/// Makes a device a bundle.
fn bond(host: &mut Host, links: &[Link<'_>], link: &Link<'_>, number: u32) {
    let mode = link
        .member("parameters")
        .and_then(|parameters| parameters.value.member("mode"));
    let bundling = match mode.and_then(|mode| mode.value.text()) {
        Some("802.3ad") => Some(Bundling::LacpActive),
        Some("balance-rr" | "balance-xor") => None,
        None if mode.is_none() => None,
        // Which of the links carries what is not modeled.
        Some(_) | None => {
            let key = Host::key(&link.name);
            if let Some(mode) = mode {
                let support = Support::Unmodeled(Effect::Interface);
                host.decide(mode.value.at, support, Some(&key));
            }
            None
        }
    };
    let place = mode.map(|mode| mode.value.at);
    for (at, name) in members(host, links, link) {
        if let (Some(at), Some(entry)) = (host.at(at), host.interfaces.get_mut(&name)) {
            entry.channel_group = Some(At::new(number, at));
            entry.bundling = bundling;
        }
        if let Some(place) = place {
            host.contribute(place, &Host::key(&name));
        }
    }
    if let Some(entry) = host.interfaces.get_mut(&link.name) {
        entry.kind = InterfaceKind::PortChannel(number);
    }
}

/// Makes a device a bridge over ports: untagged frames of one VLAN.
fn bridge(host: &mut Host, links: &[Link<'_>], link: &Link<'_>) {
    let Some(at) = host.at(link.place()) else {
        return;
    };
    let Some(vlan) = bridge_vlan(&host.vlans, at) else {
        return host.refuse(link.place(), "more bridges than are told apart");
    };
    let id = vlan.id;
    host.vlans.push(vlan);
    host.contribute(
        link.place(),
        &FacetKey::new(FacetKind::Vlan, id.to_string()),
    );
    for (place, name) in members(host, links, link) {
        if let (Some(at), Some(entry)) = (host.at(place), host.interfaces.get_mut(&name)) {
            entry.switchport = Some(bridge_port(id, at));
        }
    }
    if let Some(entry) = host.interfaces.get_mut(&link.name) {
        entry.kind = InterfaceKind::Svi(id);
    }
}

/// Makes a device a tagged part of another one.
fn vlan(host: &mut Host, links: &[Link<'_>], link: &Link<'_>) {
    let number = link.member("id").and_then(|id| id.value.text());
    let number: Option<u16> = number.and_then(|text| text.parse().ok());
    let parent = link.member("link").and_then(|parent| parent.value.text());
    let parent = links.iter().find(|link| Some(link.id) == parent);
    let (Some(number @ 0..4095), Some(parent)) = (number, parent) else {
        let why = "netplan expects `id` and the `link` of a device";
        return host.refuse(link.place(), why);
    };
    // A tag within a tag is not modeled, nor is one of frames that a bridge takes.
    if matches!(parent.kind, Kind::Vlan | Kind::Bridge | Kind::Tunnel) || number == 0 {
        let key = Host::key(&link.name);
        let support = Support::Unmodeled(Effect::Interface);
        host.decide(link.place(), support, Some(&key));
    }
    if let Some(entry) = host.interfaces.get_mut(&link.name) {
        entry.kind = InterfaceKind::Subinterface {
            parent: parent.name.clone(),
            vlan: Some(number),
        };
    }
}

/// Makes a device a VRF.
fn vrf(host: &mut Host, link: &Link<'_>) {
    let Some(at) = host.at(link.place()) else {
        return;
    };
    let table = link.member("table").and_then(|table| table.value.text());
    if table.is_none_or(|table| table.parse::<u32>().is_err()) {
        host.refuse(link.place(), "netplan expects a `table`");
    }
    if let Some(entry) = host.interfaces.get_mut(&link.name) {
        entry.kind = InterfaceKind::Loopback;
    }
    let facet = Vrf {
        name: link.name.clone(),
        defined_at: Some(At::new((), at)),
        ..Vrf::default()
    };
    let key = FacetKey::new(FacetKind::Vrf, &link.name);
    host.contribute(link.place(), &key);
    host.facets.push((key, Facet::Vrf(facet)));
}
