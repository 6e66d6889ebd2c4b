//! The authenticate stage: each authenticator of the pumps' network reaches RADIUS servers.
//!
//! Authenticators are access switches with 802.1X on ports of the VLAN, and the network's wireless
//! controllers; each asks its servers in order (RFC 2865 §2.5).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::goal::NextHop;
use super::name::{fact, fail};
use super::passage::Passage;
use super::state::{Case, From, Part, State, add_places, add_symbol};
use super::{Nominal, Shape, StageOutcome, Symbol};
use crate::intent::{Port, Stage};
use crate::model::aaa::{Aaa, RadiusServer};
use crate::model::interface::{Interface, SwitchportMode};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::registry::{PORT_RADIUS, PORT_RADIUS_IOS};
use crate::syntax::Effect;

/// Seconds that a server is waited for where nothing says it (Cisco IOS Security Command
/// Reference, `radius-server timeout`: 5).
const TIMEOUT_S: u32 = 5;
/// Times that a request is repeated where nothing says it (Cisco IOS Security Command Reference,
/// `radius-server retransmit`: 3).
const RETRANSMIT: u32 = 3;

/// The fact that says on which ports pumps are known by their hardware addresses as well.
pub const MAC_BYPASS: &str = "mac_bypass";
/// The fact that says on which ports pumps must speak 802.1X.
pub const DOT1X_ALONE: &str = "dot1x_alone";
/// The fact that says as whom RADIUS servers know the authenticators.
pub const CLIENTS: &str = "clients";

/// How one authenticator stands to the servers of the site.
#[derive(Default)]
struct Authenticator {
    /// Servers of the site that it reaches.
    working: BTreeSet<Ipv4Addr>,
    /// Why others do not work.
    whys: Vec<String>,
    /// Seconds that dead servers before the first working one cost.
    delay_s: f64,
    /// What it sees of a failure.
    shape: Option<Shape>,
}

impl Authenticator {
    /// Whether a server's answer is had over a passage; why not is kept.
    fn takes(&mut self, passage: &Passage, who: &str, server: Ipv4Addr, part: &mut Part) -> bool {
        if passage.nominal != Nominal::Fails {
            part.absorb(passage);
            return true;
        }
        part.reads.merge(&passage.reads);
        add_places(&mut part.stage.decided_by, &passage.decided_by);
        if part.stage.witness.is_none() {
            part.stage.witness.clone_from(&passage.witness);
        }
        part.stage.failing.extend(&passage.failing);
        self.shape = self.shape.or(passage.shape);
        let why = &passage.why;
        self.whys
            .push(format!("{who} does not reach {server}: {why}"));
        false
    }
}

/// Whether every authenticator reaches enough servers, with each server of the site.
pub(super) fn authenticate(
    state: &State<'_, '_>,
    case: &Case<'_>,
) -> (Part, Vec<(Ipv4Addr, Nominal)>) {
    let mut part = Part::new(StageOutcome::works(Stage::Authenticate, String::new()));
    let (devices, outside) = authenticators(state, case, &mut part);
    for name in &outside {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Outside(format!("authenticator {name}")),
        );
    }
    let mut common: BTreeSet<Ipv4Addr> = case.service.servers.iter().copied().collect();
    let mut failed = Vec::new();
    let mut shape = None;
    let mut judged = 0;
    for device in &devices {
        let Some(found) = judge_device(state, case, device, &mut part) else {
            continue;
        };
        judged += 1;
        part.stage.delay_s = part.stage.delay_s.max(found.delay_s);
        if found.working.len() < case.service.need {
            shape = shape.or(found.shape);
            failed.push(format!("{}: {}", device.name, found.whys.join("; ")));
        }
        common = common.intersection(&found.working).copied().collect();
    }
    for name in &outside {
        let Some(found) = judge_host(state, case, name, &mut part) else {
            continue;
        };
        if found.working.len() < case.service.need {
            shape = shape.or(found.shape);
            failed.push(format!("{name}: {}", found.whys.join("; ")));
        }
        common = common.intersection(&found.working).copied().collect();
    }
    if devices.is_empty() && outside.is_empty() {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Outside(format!("authenticator of {}", case.network.id)),
        );
    }
    fact(&mut part, "authenticators", judged);
    let servers: Vec<(Ipv4Addr, Nominal)> = case
        .service
        .servers
        .iter()
        .map(|server| {
            let works = common.contains(server);
            (
                *server,
                if works {
                    Nominal::Works
                } else {
                    Nominal::Fails
                },
            )
        })
        .collect();
    if failed.is_empty() {
        part.stage.failing.clear();
        part.stage.witness = None;
        part.stage.why = match judged {
            0 => "no file holds an authenticator".to_owned(),
            _ => format!("{judged} authenticators reach their servers"),
        };
    } else {
        fail(&mut part, shape.unwrap_or(Shape::Drop), failed.join("; "));
    }
    (part, servers)
}

/// Devices that authenticate pumps of the network, and names of those that are in no file.
fn authenticators<'n>(
    state: &State<'_, 'n>,
    case: &Case<'_>,
    part: &mut Part,
) -> (Vec<&'n Device>, Vec<String>) {
    let network = state.world.network();
    let mut devices = Vec::new();
    let mut outside = Vec::new();
    if let Some(vlan) = case.network.vlan {
        part.reads.vlans.insert(vlan);
        for device in network.devices.values() {
            let authenticates = device
                .interfaces()
                .any(|(_, interface)| is_authenticated_port(interface, vlan));
            if authenticates {
                devices.push(&**device);
            }
        }
    }
    for controller in &case.network.controllers {
        let name: Arc<str> = controller.to_lowercase().into();
        part.reads.read(&name, FacetKind::Aaa, "");
        match network.devices.get(&*name) {
            Some(device) if device.aaa("").is_some() => devices.push(&**device),
            Some(_) | None => outside.push(controller.clone()),
        }
    }
    (devices, outside)
}

/// Whether a port is in the VLAN and asks for 802.1X.
fn is_authenticated_port(interface: &Interface, vlan: u16) -> bool {
    let asks = interface.authenticates.as_ref().is_some_and(|at| at.value);
    asks && interface.is_enabled()
        && interface
            .switchport
            .as_ref()
            .and_then(|port| port.access_vlan.as_ref())
            .is_some_and(|access| access.value == vlan)
}

/// Whether every port of the network on a device lets nobody in; where some do, whether pumps are on
/// them is unknown.
fn refuses_all(case: &Case<'_>, device: &Device, part: &mut Part) -> bool {
    let ports: Vec<(&FacetKey, &Interface)> = device
        .interfaces()
        .filter(|(_, port)| {
            let vlan = case.network.vlan;
            vlan.is_some_and(|vlan| is_authenticated_port(port, vlan))
        })
        .collect();
    let refusing: Vec<&str> = ports
        .iter()
        .filter(|(_, port)| port.refuses.is_some())
        .map(|(key, _)| &*key.name)
        .collect();
    if refusing.is_empty() {
        return false;
    }
    let places = ports.iter().filter_map(|(_, port)| port.refuses.as_ref());
    let places: Vec<_> = places.map(|at| at.at).collect();
    add_places(&mut part.stage.decided_by, &places);
    if refusing.len() == ports.len() {
        return true;
    }
    let (name, refusing) = (&device.name, refusing.join(", "));
    let doubt = format!("whether pumps are on {refusing} of {name}, which lets nobody in");
    add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
    false
}

/// Reads the ports that authenticate pumps, and what is not known of them.
fn read_ports(state: &State<'_, '_>, case: &Case<'_>, device: &Device, part: &mut Part) {
    let host = state.name_of(device);
    for (key, interface) in device.interfaces() {
        let vlan = case.network.vlan;
        if !vlan.is_some_and(|vlan| is_authenticated_port(interface, vlan)) {
            continue;
        }
        part.reads.read(&host, FacetKind::Interface, &key.name);
        let bypass = interface.mac_bypass.as_ref().is_some_and(|at| at.value);
        let name = if bypass { MAC_BYPASS } else { DOT1X_ALONE };
        let ports = part.stage.facts.entry(name).or_default();
        for text in [
            if ports.is_empty() { "" } else { ", " },
            &*host,
            " ",
            &*key.name,
        ] {
            ports.push_str(text);
        }
        let settings = interface.switchport.as_ref();
        let mode = settings.and_then(|settings| settings.mode.as_ref());
        if mode.is_none_or(|mode| mode.value != SwitchportMode::Access) {
            let name = &key.name;
            let doubt = format!("{host}: 802.1X on {name}, which is not set to be an access port");
            add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
        }
    }
    // A line of a port that is in another VLAN authenticates nobody here.
    let bears = |key: &FacetKey| {
        let interface = device.interface(&key.name);
        let interface = interface.filter(|_| key.kind == FacetKind::Interface);
        let settings = interface.and_then(|interface| interface.switchport.as_ref());
        settings
            .zip(case.network.vlan)
            .is_none_or(|(settings, vlan)| {
                let vlans = [&settings.access_vlan, &settings.voice_vlan];
                let mut vlans = vlans.into_iter().flatten().peekable();
                vlans.peek().is_none() || vlans.any(|at| at.value == vlan)
            })
    };
    let Part { stage, reads, .. } = part;
    let effects = &[Effect::Authentication];
    state.holes_where(device, effects, bears, &mut stage.symbols, reads);
}

/// How one device stands to the servers; `None` where it authenticates nobody.
fn judge_device(
    state: &State<'_, '_>,
    case: &Case<'_>,
    device: &Device,
    part: &mut Part,
) -> Option<Authenticator> {
    let host = state.name_of(device);
    part.reads.read(&host, FacetKind::Aaa, "");
    read_ports(state, case, device, part);
    let mut out = Authenticator::default();
    let Some(aaa) = device.aaa("") else {
        out.whys
            .push("it asks for 802.1X and names no RADIUS server".to_owned());
        return Some(out);
    };
    let controller = case
        .network
        .controllers
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&device.name));
    if !controller && !aaa.dot1x.as_ref().is_some_and(|at| at.value) {
        // Ports are open while 802.1X is off for the whole switch (Cisco IOS Security Command
        // Reference, `dot1x system-auth-control`).
        fact(part, "dot1x_off", &device.name);
        return None;
    }
    if refuses_all(case, device, part) {
        out.whys.push("its ports let nobody in".to_owned());
        return Some(out);
    }
    if !is_enabled(device, aaa) {
        out.whys.push("aaa new-model is off".to_owned());
        return Some(out);
    }
    let sources = source_addresses(state, device, aaa);
    if sources.is_empty() {
        out.whys.push("it has no address to ask from".to_owned());
    }
    let servers = servers_in_order(aaa, controller);
    note_clients(state, device, &sources, &servers, part);
    let mut waited = 0.0;
    let mut answered = false;
    for server in &servers {
        let Some(address) = server.address.as_ref() else {
            continue;
        };
        add_places(&mut part.stage.decided_by, &[address.at]);
        let works = has_key(device, aaa, server, part, &mut out)
            && ask(state, case, device, &sources, server, part, &mut out);
        if works {
            answered = true;
            if case.service.servers.contains(&address.value) {
                out.working.insert(address.value);
            } else {
                add_symbol(
                    &mut part.stage.symbols,
                    Symbol::Outside(format!("radius {}", address.value)),
                );
            }
        } else if !answered {
            waited += wait_s(aaa, server);
        }
    }
    for server in &case.service.servers {
        let listed = servers
            .iter()
            .any(|one| one.address.as_ref().is_some_and(|at| at.value == *server));
        if !listed {
            out.whys.push(format!("it does not ask {server}"));
        }
    }
    out.delay_s = waited;
    Some(out)
}

/// How a controller of which only the address is known stands to the servers; `None` where the site
/// file does not give it. What it asks of them is in no file.
fn judge_host(
    state: &State<'_, '_>,
    case: &Case<'_>,
    name: &str,
    part: &mut Part,
) -> Option<Authenticator> {
    let mut hosts = state.intent.site.hosts.values();
    let host = hosts.find(|host| host.name.eq_ignore_ascii_case(name))?;
    let mut out = Authenticator::default();
    let asked = Port::Udp(declared_port(case).unwrap_or(PORT_RADIUS));
    for server in &case.service.servers {
        let from = From::Address(host.address.addr());
        let passage = state.passage(&from, *server, asked);
        if out.takes(&passage, name, *server, part) {
            out.working.insert(*server);
        }
    }
    Some(out)
}

/// The UDP port that the site file gives the service.
fn declared_port(case: &Case<'_>) -> Option<u16> {
    case.service.ports.iter().find_map(|port| match port {
        Port::Udp(one) => Some(*one),
        Port::Tcp(_) | Port::Icmp => None,
    })
}

/// Whether a device runs Cisco IOS.
fn is_ios(device: &Device) -> bool {
    device.dialects.contains(&"cisco-ios")
}

/// Whether a device uses its RADIUS servers at all: on Cisco IOS not before `aaa new-model` (Cisco
/// IOS Security Command Reference, `aaa new-model`: off by default).
fn is_enabled(device: &Device, aaa: &Aaa) -> bool {
    aaa.enabled
        .as_ref()
        .map_or(!is_ios(device), |enabled| enabled.value)
}

/// Whether a device has a key for a server, without which Cisco IOS asks nobody.
fn has_key(
    device: &Device,
    aaa: &Aaa,
    server: &RadiusServer,
    part: &mut Part,
    out: &mut Authenticator,
) -> bool {
    if server.key.is_some() || aaa.key.is_some() || !is_ios(device) {
        return true;
    }
    out.whys.push(format!("it has no key for {}", server.name));
    add_places(
        &mut part.stage.decided_by,
        server.defined_at.as_ref().map(|at| at.at).as_slice(),
    );
    false
}

/// Whether one server answers an authenticator.
fn ask(
    state: &State<'_, '_>,
    case: &Case<'_>,
    device: &Device,
    sources: &[Ipv4Addr],
    server: &RadiusServer,
    part: &mut Part,
    out: &mut Authenticator,
) -> bool {
    let Some(address) = server.address.as_ref().map(|at| at.value) else {
        return false;
    };
    let default = if is_ios(device) {
        PORT_RADIUS_IOS
    } else {
        declared_port(case).unwrap_or(PORT_RADIUS)
    };
    let number = server.auth_port.as_ref().map_or(default, |at| at.value);
    let declared = case.service.servers.contains(&address);
    let listens = case.service.ports.is_empty() || case.service.ports.contains(&Port::Udp(number));
    if declared && !listens {
        out.shape = out.shape.or(Some(Shape::Drop));
        out.whys.push(format!(
            "it asks {address} on port {number}, where nobody listens"
        ));
        return false;
    }
    let mut works = !sources.is_empty();
    for source in sources {
        let passage = state.passage(&From::Address(*source), address, Port::Udp(number));
        works &= out.takes(&passage, &device.name, address, part);
    }
    works
}

/// Servers that a device asks, in order.
fn servers_in_order(aaa: &Aaa, all: bool) -> Vec<&RadiusServer> {
    let mut names: Vec<&str> = Vec::new();
    for group in &aaa.dot1x_groups {
        match aaa.groups.get(&group.value) {
            Some(members) => names.extend(members.iter().map(|name| name.value.as_str())),
            // `radius` is every server that the device has; `tacacs+`, `ldap` and groups that are
            // not defined have none of them.
            None if group.value.eq_ignore_ascii_case("radius") => {
                names.extend(aaa.servers.keys().map(String::as_str));
            }
            None => {}
        }
    }
    if aaa.dot1x_groups.is_empty() && all {
        names.extend(aaa.servers.keys().map(String::as_str));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names
        .into_iter()
        .filter_map(|name| aaa.servers.get(name))
        .collect()
}

/// Addresses that a device may ask from: its source interface's, else every address it has.
fn source_addresses(state: &State<'_, '_>, device: &Device, aaa: &Aaa) -> Vec<Ipv4Addr> {
    let world = state.world;
    let Some(id) = world.device_named(&device.name) else {
        return Vec::new();
    };
    let of = |interface| {
        let entry = world.interface(interface);
        entry
            .addresses
            .first()
            .filter(|_| entry.up)
            .map(|(net, _)| net.addr())
    };
    if let Some(source) = &aaa.source_interface {
        return world
            .interface_named(id, &source.value)
            .and_then(of)
            .into_iter()
            .collect();
    }
    world.interfaces_of(id).filter_map(of).collect()
}

/// Notes as whom servers know a device, each as `device address`: by the address that it asks from
/// (RFC 2865 §3), without a source interface that of the interface towards the server.
fn note_clients(
    state: &State<'_, '_>,
    device: &Device,
    sources: &[Ipv4Addr],
    servers: &[&RadiusServer],
    part: &mut Part,
) {
    let world = state.world;
    let towards = |server: Ipv4Addr| -> Vec<Ipv4Addr> {
        let table = world
            .device_named(&device.name)
            .and_then(|id| world.table_of(id, None));
        let route = table.and_then(|table| world.lookup(table, server).route.clone());
        let hops = route.iter().flat_map(|route| &route.hops);
        let out = hops.filter_map(|hop| match hop {
            NextHop::Via(out, _) => world.interface(*out).addresses.first(),
            NextHop::Discard => None,
        });
        out.map(|(net, _)| net.addr())
            .filter(|address| sources.contains(address))
            .collect()
    };
    let own = match sources {
        [_] => sources.to_vec(),
        _ => servers
            .iter()
            .filter_map(|server| server.address.as_ref())
            .flat_map(|at| towards(at.value))
            .collect(),
    };
    let known = part.stage.facts.get(CLIENTS).cloned();
    let mut clients: BTreeSet<String> = known
        .iter()
        .flat_map(|known| known.split(", "))
        .map(str::to_owned)
        .collect();
    clients.extend(
        own.iter()
            .map(|address| format!("{} {address}", device.name)),
    );
    if !clients.is_empty() {
        let clients: Vec<String> = clients.into_iter().collect();
        fact(part, CLIENTS, clients.join(", "));
    }
}

/// Seconds that a dead server costs: each try waits, and the first is not a repetition.
fn wait_s(aaa: &Aaa, server: &RadiusServer) -> f64 {
    let timeout = server
        .timeout
        .as_ref()
        .or(aaa.timeout.as_ref())
        .map_or(TIMEOUT_S, |at| at.value);
    let retransmit = server
        .retransmit
        .as_ref()
        .or(aaa.retransmit.as_ref())
        .map_or(RETRANSMIT, |at| at.value);
    f64::from(timeout) * (f64::from(retransmit) + 1.0)
}
