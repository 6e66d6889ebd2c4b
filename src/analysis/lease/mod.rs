//! The address stage: pumps of a network get a lease, with room for all, and can renew it.
//!
//! A question goes by broadcast to a relay or a server of the subnet (RFC 2131 §4.1, RFC 1542 §4),
//! from the relay to the server and back by unicast; a renewal goes from the pump itself.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

mod server;

use self::server::{Asked, answer, is_off};
use super::attach::Attachment;
use super::name::{fact, fail, list};
use super::passage;
use super::scope::{self, Offer};
use super::snooped::{self, Answering};
use super::state::{From, Part, State, add_places, add_symbol};
use super::world::InterfaceId;
use super::{HeldLease, Nominal, Shape, StageOutcome, Symbol};
use crate::client::lease as timers;
use crate::intent::{Network, Port, Service, Stage};
use crate::model::{Device, FacetKind};
use crate::net::Ipv4Net;
use crate::net::registry::{PORT_DHCP_CLIENT, PORT_DHCP_SERVER, dhcp_option};
use crate::source::StatementRef;
use crate::syntax::Effect;

/// What pumps of a network get from a DHCP service.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    /// The stage.
    pub(super) part: Part,
    /// What they hold; none where nobody answers or the server is in no file.
    pub(super) held: Option<HeldLease>,
    /// Statements that give gateways, name servers and time servers.
    pub(super) option_at: BTreeMap<u8, StatementRef>,
    /// Servers with whether they give leases.
    pub(super) servers: Vec<(Ipv4Addr, Nominal)>,
    /// Servers that answer a renewal by unicast.
    pub(super) renewals: Vec<Ipv4Addr>,
}

/// How one server was tried.
struct Try {
    /// Server.
    server: Ipv4Addr,
    /// What it offers, where its configuration is in a file.
    offer: Option<Offer>,
    /// Why it gives no lease, with what the pump sees.
    failure: Option<(Shape, String)>,
    /// Relays that reach it.
    relays: Vec<String>,
}

/// What pumps of a network get from a DHCP service.
pub(super) fn lease(state: &State<'_, '_>, network: &Network, service: &Service) -> Lease {
    let attachment = state.attachment(network);
    let mut part = Part::new(StageOutcome::works(Stage::Address, String::new()));
    part.reads.merge(&attachment.part.reads);
    let mut attempts: Vec<Try> = service
        .servers
        .iter()
        .map(|server| try_server(state, network, &attachment, *server, &mut part))
        .collect();
    for helper in undeclared_helpers(state, &attachment, service) {
        let mut tried = try_server(state, network, &attachment, helper, &mut part);
        if tried.failure.is_none() && tried.offer.is_none() {
            tried.failure = Some((
                Shape::NoLease,
                format!("{helper} is neither in the site file nor in any configuration"),
            ));
        }
        attempts.push(tried);
    }
    other_servers(state, network, &attachment, &attempts, &mut part);
    let mut out = Lease {
        part,
        held: None,
        option_at: BTreeMap::new(),
        servers: Vec::new(),
        renewals: Vec::new(),
    };
    finish(state, network, service, &attachment, &attempts, &mut out);
    let answering: Vec<Answering> = attempts
        .iter()
        .filter(|tried| tried.failure.is_none())
        .map(|tried| Answering {
            server: tried.server,
            relays: tried.relays.clone(),
        })
        .collect();
    snooped::judge(
        state,
        network,
        &attachment.routers,
        &answering,
        &mut out.part,
    );
    out
}

/// Relay targets that the site does not declare as servers.
fn undeclared_helpers(
    state: &State<'_, '_>,
    attachment: &Attachment,
    service: &Service,
) -> Vec<Ipv4Addr> {
    let mut out: Vec<Ipv4Addr> = attachment
        .routers
        .iter()
        .filter_map(|id| state.world.interface(*id).facet)
        .flat_map(|facet| &facet.helpers)
        .map(|at| at.value)
        .filter(|helper| !service.servers.contains(helper))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Tries one server: the way there and back, then its scope.
fn try_server(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    server: Ipv4Addr,
    part: &mut Part,
) -> Try {
    let mut tried = Try {
        server,
        offer: None,
        failure: None,
        relays: Vec::new(),
    };
    let device = state.device_of(server, &mut part.reads);
    let giaddr = match reach(state, network, attachment, server, device, part) {
        Ok((giaddr, relays)) => {
            tried.relays = relays;
            giaddr
        }
        Err(failure) => {
            tried.failure = Some(failure);
            return tried;
        }
    };
    let asked = Asked { server, giaddr };
    match answer(state, network, attachment, &asked, device, part) {
        Ok(offer) => tried.offer = offer,
        Err(failure) => tried.failure = Some(failure),
    }
    tried
}

/// Notes routers of the subnet that lease its addresses and that nobody was asked about: which
/// server a pump listens to is unknown then.
fn other_servers(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    tries: &[Try],
    part: &mut Part,
) {
    let mut known = Vec::new();
    for tried in tries {
        let device = state.device_of(tried.server, &mut part.reads);
        known.extend(device.map(|device| device.name.as_str()));
    }
    for id in &attachment.routers {
        let Some(device) = state.world.device(state.world.interface(*id).device).device else {
            continue;
        };
        let host = state.name_of(device);
        part.reads
            .kinds
            .insert((host.clone(), FacetKind::DhcpScope));
        if is_off(device).is_some() || known.contains(&device.name.as_str()) {
            continue;
        }
        let giaddr = first_host(network);
        if let Some((key, _)) = scope::scope_for(device, network.subnet, giaddr) {
            add_symbol(
                &mut part.stage.symbols,
                Symbol::Undecided(format!(
                    "{host} leases addresses of {} too, from {}",
                    network.subnet, key.name
                )),
            );
        }
    }
}

/// The address by which a server knows the subnet, and the relays that reach it.
fn reach(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    server: Ipv4Addr,
    device: Option<&Device>,
    part: &mut Part,
) -> Result<(Ipv4Addr, Vec<String>), (Shape, String)> {
    if passage::is_down(state, server) {
        return Err((Shape::Drop, format!("{server} is down")));
    }
    let first = first_host(network);
    if network.subnet.contains(&server) {
        return Ok((server, Vec::new()));
    }
    if !attachment.known {
        let symbol = Symbol::Outside(format!("gateway of {}", network.subnet));
        add_symbol(&mut part.stage.symbols, symbol);
        return Ok((first, Vec::new()));
    }
    let mut relays = Vec::new();
    let mut giaddr = None;
    let mut whys = Vec::new();
    for id in &attachment.routers {
        match relay(state, network, *id, server, device, part) {
            Ok(address) => {
                giaddr = giaddr.or(Some(address));
                relays.push(state.interface_text(*id));
            }
            Err(why) => whys.push(why),
        }
    }
    match giaddr {
        Some(giaddr) => Ok((giaddr, relays)),
        None if whys.is_empty() => Err((
            Shape::Drop,
            format!("no router of {} is up", network.subnet),
        )),
        None => Err((Shape::Drop, whys.join("; "))),
    }
}

/// The address of a relay that reaches a server, or why it does not.
fn relay(
    state: &State<'_, '_>,
    network: &Network,
    id: InterfaceId,
    server: Ipv4Addr,
    device: Option<&Device>,
    part: &mut Part,
) -> Result<Ipv4Addr, String> {
    let entry = state.world.interface(id);
    let router = state.world.device(entry.device);
    let name = state.interface_text(id);
    // A relay names its primary address (Cisco IOS IP Addressing configuration guide, "DHCP relay
    // agent"), though only a secondary one is of the pumps' subnet.
    let is_here = |(net, _): &(Ipv4Net, _)| network.subnet.contains(&net.addr());
    let primary = entry.addresses.first().map(|(net, _)| net.addr());
    let address = primary
        .filter(|_| entry.addresses.iter().any(is_here))
        .unwrap_or_else(|| first_host(network));
    part.reads.read(&router.name, FacetKind::System, "");
    if let Some(device) = router.device {
        let Part { stage, reads, .. } = &mut *part;
        state.holes(device, &[Effect::Scope], &mut stage.symbols, reads);
    }
    if let Some(off) = router.device.and_then(is_off) {
        add_places(&mut part.stage.decided_by, &[off]);
        return Err(format!("{} has its DHCP service off", router.name));
    }
    let is_itself = router
        .device
        .zip(device)
        .is_some_and(|(one, other)| one.name == other.name);
    let helper = entry
        .facet
        .into_iter()
        .flat_map(|facet| &facet.helpers)
        .find(|at| at.value == server);
    if let Some(helper) = helper {
        add_places(&mut part.stage.decided_by, &[helper.at]);
    } else if !is_itself {
        return Err(format!("{name} does not relay to {server}"));
    }
    let heard = passage::broadcast(state, id);
    part.absorb(&heard);
    if heard.nominal == Nominal::Fails {
        return Err(format!("{name} drops the pumps' questions: {}", heard.why));
    }
    if is_itself {
        return Ok(address);
    }
    let way = state.passage_from(
        &From::Address(address),
        server,
        Port::Udp(PORT_DHCP_SERVER),
        (PORT_DHCP_SERVER, PORT_DHCP_SERVER),
    );
    part.absorb(&way);
    if way.nominal == Nominal::Fails {
        return Err(format!("{name} does not reach {server}: {}", way.why));
    }
    Ok(address)
}

/// Counts servers, room and renewals, and says what pumps hold.
fn finish(
    state: &State<'_, '_>,
    network: &Network,
    service: &Service,
    attachment: &Attachment,
    tries: &[Try],
    out: &mut Lease,
) {
    out.servers = service
        .servers
        .iter()
        .map(|server| {
            let works = tries
                .iter()
                .any(|tried| tried.server == *server && tried.failure.is_none());
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
    let working: Vec<&Try> = tries
        .iter()
        .filter(|tried| tried.failure.is_none())
        .collect();
    let relays: Vec<String> = working
        .iter()
        .flat_map(|tried| tried.relays.clone())
        .collect();
    fact(&mut out.part, "relays", relays.join(", "));
    let chosen = working
        .iter()
        .find(|tried| tried.offer.is_some())
        .or(working.first());
    let Some(chosen) = chosen else {
        let (shape, why) = tries
            .iter()
            .find_map(|tried| tried.failure.clone())
            .unwrap_or((Shape::NoLease, "the site names no DHCP server".to_owned()));
        let whys: Vec<String> = tries
            .iter()
            .filter_map(|tried| tried.failure.as_ref())
            .map(|(_, why)| why.clone())
            .collect();
        fail(
            &mut out.part,
            shape,
            if whys.len() > 1 { whys.join("; ") } else { why },
        );
        return;
    };
    out.part.stage.why = format!("{} gives leases", chosen.server);
    renewals(state, network, attachment.router, &working, out);
    if let Some(offer) = &chosen.offer {
        settle(state, network, attachment, chosen.server, offer, out);
        room(state, network, &working, out);
    }
    let count = working.len();
    if count < service.need && out.part.stage.nominal == Nominal::Works {
        fail(
            &mut out.part,
            Shape::NoLease,
            format!(
                "{count} of {} needed DHCP servers give leases",
                service.need
            ),
        );
    }
}

/// Whether pumps can renew by unicast.
fn renewals(
    state: &State<'_, '_>,
    network: &Network,
    router: Option<Ipv4Addr>,
    working: &[&Try],
    out: &mut Lease,
) {
    let mut whys = Vec::new();
    for tried in working {
        let told = tried.offer.as_ref().and_then(|offer| offer.routers.first());
        let gateway = told.copied().or(router);
        let passage = renewal(state, network, gateway, tried.server);
        if passage.nominal == Nominal::Works {
            out.renewals.push(tried.server);
            out.part.absorb(&passage);
        } else {
            whys.push((tried.server, passage));
        }
    }
    if out.renewals.is_empty()
        && let Some((server, passage)) = whys.first()
    {
        out.part.absorb(passage);
        fail(
            &mut out.part,
            Shape::Slow,
            format!(
                "pumps get a lease but their renewal does not reach {server}: {}",
                passage.why
            ),
        );
    }
}

/// Whether a renewal reaches a server and its answer comes back.
pub(super) fn renewal(
    state: &State<'_, '_>,
    network: &Network,
    gateway: Option<Ipv4Addr>,
    server: Ipv4Addr,
) -> std::sync::Arc<passage::Passage> {
    state.passage_from(
        &From::Pumps(network.subnet, gateway),
        server,
        Port::Udp(PORT_DHCP_SERVER),
        (PORT_DHCP_CLIENT, PORT_DHCP_CLIENT),
    )
}

/// Notes what a scope tells pumps, and whether its gateway exists.
fn settle(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    server: Ipv4Addr,
    offer: &Offer,
    out: &mut Lease,
) {
    let part = &mut out.part;
    let times = timers::timers(offer.lease_s, offer.renewal_s, offer.rebinding_s);
    fact(part, "scope", &offer.scope.name);
    fact(part, "lease_s", offer.lease_s);
    fact(part, "t1_s", times.renew_s);
    fact(part, "routers", list(&offer.routers));
    fact(part, "dns_servers", list(&offer.dns_servers));
    fact(part, "ntp_servers", list(&offer.ntp_servers));
    let numbers: Vec<u8> = offer.options.iter().copied().collect();
    fact(part, "options", list(&numbers));
    if let Some(domain) = &offer.domain {
        fact(part, "domain", domain);
    }
    if let Some(peer) = &offer.failover {
        fact(part, "failover", peer);
    }
    for number in &offer.unread_options {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Undecided(format!(
                "option {number} of scope {} is not read",
                offer.scope.name
            )),
        );
    }
    out.option_at.clone_from(&offer.option_at);
    out.held = Some(HeldLease {
        subnet: network.subnet,
        routers: offer.routers.clone(),
        dns_servers: offer.dns_servers.clone(),
        ntp_servers: offer.ntp_servers.clone(),
        server,
        lease_s: offer.lease_s,
        renew_s: times.renew_s,
    });
    let unread = offer.unread_options.contains(&dhcp_option::ROUTERS);
    if attachment.known && !unread {
        let places: Vec<StatementRef> = offer
            .option_at
            .get(&dhcp_option::ROUTERS)
            .copied()
            .into_iter()
            .collect();
        if let Some(why) = wrong_router(state, network, attachment, &offer.routers) {
            add_places(&mut out.part.stage.decided_by, &places);
            fail(&mut out.part, Shape::WrongAddress, why);
        }
    }
}

/// Why pumps cannot use the first of these default gateways; `None` where they can.
pub(super) fn wrong_router(
    state: &State<'_, '_>,
    network: &Network,
    attachment: &Attachment,
    routers: &[Ipv4Addr],
) -> Option<String> {
    let Some(router) = routers.first() else {
        return Some(format!(
            "pumps of {} are told no default gateway",
            network.subnet
        ));
    };
    let world = state.world;
    let is_here = |id: &InterfaceId| attachment.routers.contains(id);
    let owned = world.owners(*router).iter().any(is_here)
        || world
            .virtuals(*router)
            .iter()
            .any(|group| is_here(&group.interface));
    (!owned).then(|| {
        format!(
            "the default gateway {router} is on no router of {}",
            network.subnet
        )
    })
}

/// Whether there are enough addresses for every pump of the network.
fn room(state: &State<'_, '_>, network: &Network, working: &[&Try], out: &mut Lease) {
    let offers = || working.iter().filter_map(|tried| tried.offer.as_ref());
    let free = scope::size(offers().flat_map(|offer| offer.free.iter().copied()));
    let reserved = offers().map(|offer| offer.reserved).max().unwrap_or(0);
    let pumps = state.pumps_on(network);
    let part = &mut out.part;
    fact(part, "capacity", free);
    fact(part, "pumps", pumps);
    if reserved > 0 {
        fact(part, "reserved", reserved);
    }
    if free >= pumps {
        return;
    }
    if free.saturating_add(reserved) >= pumps {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Outside(format!("holders of the reservations of {}", network.subnet)),
        );
        return;
    }
    let known = offers().any(|offer| offer.known_only);
    let why = if known {
        format!("{reserved} known clients are answered and {pumps} pumps may be on the network")
    } else {
        format!("{free} addresses are free for {pumps} pumps")
    };
    fail(part, Shape::NoLease, why);
}

/// The lowest host address of a network.
fn first_host(network: &Network) -> Ipv4Addr {
    network
        .subnet
        .hosts()
        .next()
        .unwrap_or(network.subnet.addr())
}
