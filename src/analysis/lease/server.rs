//! Whether a DHCP server answers what reaches it, and from which scope.

use std::net::Ipv4Addr;

use crate::analysis::attach::Attachment;
use crate::analysis::scope::{self, Offer};
use crate::analysis::state::{Part, State, add_places, add_symbol};
use crate::analysis::{Shape, Symbol};
use crate::intent::Network;
use crate::model::dhcp::DhcpScope;
use crate::model::{Device, FacetKey, FacetKind};
use crate::source::StatementRef;
use crate::syntax::Effect;

/// A question as it reaches a server.
pub(super) struct Asked {
    /// The address that it is sent to.
    pub(super) server: Ipv4Addr,
    /// The address by which the relay names the subnet.
    pub(super) giaddr: Ipv4Addr,
}

/// What a server offers; `None` where its configuration is in no file, or may be in one that is
/// not read.
pub(super) fn answer(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    asked: &Asked,
    device: Option<&Device>,
    part: &mut Part,
) -> Result<Option<Offer>, (Shape, String)> {
    let outside = Symbol::Outside(format!("dhcp {}", asked.server));
    let Some(device) = device else {
        add_symbol(&mut part.stage.symbols, outside);
        return Ok(None);
    };
    let host = state.name_of(device);
    part.reads.read(&host, FacetKind::DhcpServer, "");
    part.reads.read(&host, FacetKind::System, "");
    part.reads
        .kinds
        .insert((host.clone(), FacetKind::DhcpScope));
    let Part { stage, reads, .. } = &mut *part;
    let effects = &[Effect::Scope, Effect::Device];
    let wanted = |key: &FacetKey| scope::may_serve(device, key, network.subnet);
    state.holes_where(device, effects, wanted, &mut stage.symbols, reads);
    if device.dhcp_server("").is_none() && device.dhcp_scopes().next().is_none() {
        add_symbol(&mut part.stage.symbols, outside);
        return Ok(None);
    }
    if let Some((why, places)) = silent(device, asked) {
        add_places(&mut part.stage.decided_by, &places);
        return Err((Shape::Drop, format!("{host} {why}")));
    }
    let Some((key, found)) = scope::scope_for(device, network.subnet, asked.giaddr) else {
        if includes(device) {
            return Ok(None);
        }
        let why = format!("{host} has no scope for {}", network.subnet);
        return Err((Shape::NoLease, why));
    };
    if !is_of(device, found, network, asked.giaddr) && !includes(device) {
        add_places(&mut part.stage.decided_by, &places_of(found));
        let why = format!(
            "{host} is asked for the subnet of {}, which is not that of the pumps, {}",
            asked.giaddr, network.subnet
        );
        return Err((Shape::NoLease, why));
    }
    let offer = scope::offer(device, key, found);
    let owned = scope::owned_by_others(state, network, device);
    for doubt in scope::doubts(device, (key, found), &offer, network.subnet, &owned) {
        add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
    }
    for other in foreign(state, device, found, network, attachment) {
        let doubt = format!(
            "which addresses {host} gives: {other} and {} are of one shared network",
            network.subnet
        );
        add_symbol(&mut part.stage.symbols, Symbol::Undecided(doubt));
    }
    if offer.conditional {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Undecided(format!(
                "{host} decides by class or expression who is answered"
            )),
        );
    }
    add_places(&mut part.stage.decided_by, &offer.at);
    Ok(Some(offer))
}

/// Where the text switches a device's DHCP service off, relay and server alike (Cisco IOS IP
/// Addressing command reference, "service dhcp").
pub(super) fn is_off(device: &Device) -> Option<StatementRef> {
    let service = device.system("")?.dhcp_service.as_ref()?;
    (!service.value).then_some(service.at)
}

/// Why a server answers nobody, with the statements that say so.
fn silent(device: &Device, asked: &Asked) -> Option<(String, Vec<StatementRef>)> {
    if let Some(off) = is_off(device) {
        return Some(("has its DHCP service off".to_owned(), vec![off]));
    }
    let server = device.dhcp_server("");
    if let Some(broken) = server.and_then(|server| server.broken.as_ref()) {
        let why = format!("does not start its DHCP service: {}", broken.value);
        return Some((why, vec![broken.at]));
    }
    // It listens on the interfaces whose subnets it declares, with addresses to lease or without
    // (ISC DHCP, dhcpd.conf(5), "subnet"; "No subnet declaration for …").
    let listens = device.dhcp_scopes().any(|(_, scope)| {
        let subnet = scope.subnet.as_ref();
        subnet.is_some_and(|subnet| subnet.value.contains(&asked.server))
    });
    let is_isc = device.dialects.contains(&"isc-dhcpd");
    (is_isc && !listens && !includes(device)).then(|| {
        let why = format!(
            "declares no subnet of its own address {}, so it does not listen there",
            asked.server
        );
        (why, Vec::new())
    })
}

/// Whether a server reads files which are not read here, and may hold any scope.
fn includes(device: &Device) -> bool {
    let server = device.dhcp_server("");
    server.is_some_and(|server| server.includes.is_some())
}

/// Whether the address that a relay names leads a server to the pumps' subnet: by the scope, or by
/// another of its shared network.
fn is_of(device: &Device, found: &DhcpScope, network: &Network, giaddr: Ipv4Addr) -> bool {
    let holds = |scope: &DhcpScope| {
        let subnet = scope.subnet.as_ref();
        subnet.is_some_and(|subnet| subnet.value.contains(&giaddr))
    };
    network.subnet.contains(&giaddr)
        || (found.subnet.as_ref()).is_some_and(|subnet| {
            subnet.value.contains(&giaddr) && subnet.value.contains(&network.subnet.addr())
        })
        || found.shared_network.is_some()
            && device
                .dhcp_scopes()
                .any(|(_, other)| other.shared_network == found.shared_network && holds(other))
}

/// Subnets of other wires from which a server may give addresses to the pumps, because it takes
/// them for one shared network (dhcpd.conf(5), "shared-network").
fn foreign(
    state: &State<'_, '_>,
    device: &Device,
    found: &DhcpScope,
    network: &Network,
    attachment: &Attachment,
) -> Vec<String> {
    if found.shared_network.is_none() {
        return Vec::new();
    }
    let is_here = |subnet: crate::net::Ipv4Net| {
        let mut routers = attachment.routers.iter();
        routers.any(|id| {
            let addresses = &state.world.interface(*id).addresses;
            addresses
                .iter()
                .any(|(net, _)| subnet.contains(&net.addr()))
        })
    };
    let shared = device
        .dhcp_scopes()
        .map(|(_, scope)| scope)
        .filter(|other| other.shared_network == found.shared_network && !other.ranges.is_empty());
    shared
        .filter_map(|other| other.subnet.as_ref())
        .map(|at| at.value)
        .filter(|subnet| !subnet.contains(&network.subnet.addr()) && !is_here(*subnet))
        .map(|subnet| subnet.to_string())
        .collect()
}

/// Statements of a scope.
fn places_of(scope: &DhcpScope) -> Vec<StatementRef> {
    scope.defined_at.iter().map(|at| at.at).collect()
}
