//! Judging: every requirement through its stages, in one state, for clients with a memory.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::memory::{self, Settings};
use super::name::{self, Resolved};
use super::state::{Case, Part, Passages, State, add_symbol};
use super::world::{Endpoint, World};
use super::{
    Held, HeldName, Judgment, Memory, Nominal, Outcome, ReadSet, StageOutcome, Symbol, attach,
    connect, converging, idle, time,
};
use crate::ctx::Ctx;
use crate::intent::{Intent, Requirement, RequirementId, ServiceKind, Stage};
use crate::model::{Down, Network};

/// Whether every requirement works in this state, for clients that hold `memory`.
pub fn judge(
    network: &Network,
    intent: &Intent,
    memory: Option<&Memory>,
    ctx: &Ctx<'_>,
) -> Judgment {
    judge_all(&World::for_intent(network, intent), intent, memory, ctx)
}

impl<'a> World<'a> {
    /// The world of a network with the hosts and boundaries of a site.
    pub fn for_intent(network: &'a Network, intent: &Intent) -> Self {
        Self::new(
            network,
            &endpoints(network, intent),
            &intent.site.boundaries,
        )
    }
}

/// Judges every requirement in a world that exists already.
pub fn judge_all(
    world: &World<'_>,
    intent: &Intent,
    memory: Option<&Memory>,
    ctx: &Ctx<'_>,
) -> Judgment {
    let requirements = intent.requirements();
    let requirements: Vec<&Requirement> = requirements.iter().collect();
    let [judgment] = judge_each(world, intent, &requirements, [memory], ctx);
    judgment
}

/// Judges every requirement for clients that start fresh, and for clients that hold `memory`.
///
/// Both meet the same network, so that what one walk found serves the other.
pub fn judge_both(
    world: &World<'_>,
    intent: &Intent,
    memory: &Memory,
    ctx: &Ctx<'_>,
) -> (Judgment, Judgment) {
    let requirements = intent.requirements();
    let requirements: Vec<&Requirement> = requirements.iter().collect();
    judge_some(world, intent, &requirements, memory, ctx)
}

/// Judges some requirements for clients that start fresh, and for clients that hold `memory`.
pub fn judge_some(
    world: &World<'_>,
    intent: &Intent,
    requirements: &[&Requirement],
    memory: &Memory,
    ctx: &Ctx<'_>,
) -> (Judgment, Judgment) {
    let [fresh, held] = judge_each(world, intent, requirements, [None, Some(memory)], ctx);
    (fresh, held)
}

/// Judges requirements for clients with each of these memories.
fn judge_each<const MEMORIES: usize>(
    world: &World<'_>,
    intent: &Intent,
    requirements: &[&Requirement],
    memories: [Option<&Memory>; MEMORIES],
    ctx: &Ctx<'_>,
) -> [Judgment; MEMORIES] {
    let mut by_network: BTreeMap<&str, Vec<&Requirement>> = BTreeMap::new();
    for requirement in requirements {
        by_network
            .entry(&requirement.network)
            .or_default()
            .push(requirement);
    }
    let groups: Vec<Vec<&Requirement>> = by_network.into_values().collect();
    let passages = Passages::default();
    let judged = ctx.map_counting("pump networks judged", &groups, |group| {
        let state = State::new(world, intent, &passages, ctx);
        group
            .iter()
            .map(|requirement| {
                let id = &requirement.id;
                let held = |memory: Option<&'_ Memory>| {
                    outcome(
                        &state,
                        requirement,
                        memory.and_then(|memory| memory.get(id)),
                    )
                };
                (id.clone(), memories.map(held))
            })
            .collect::<Vec<(RequirementId, [Outcome; MEMORIES])>>()
    });
    let mut judgments = memories.map(|_| Judgment {
        replayed: passages.replayed(),
        ..Judgment::default()
    });
    for (id, outcomes) in judged.into_iter().flatten() {
        for (judgment, outcome) in judgments.iter_mut().zip(outcomes) {
            judgment.outcomes.insert(id.clone(), outcome);
        }
    }
    judgments
}

/// What clients hold after a judgment, for the next one.
pub fn memory_of(judgment: &Judgment) -> Memory {
    judgment
        .outcomes
        .iter()
        .map(|(id, outcome)| (id.clone(), outcome.held.clone()))
        .collect()
}

/// Hosts that a world needs besides its devices: those of the site file, and servers that it
/// names only by address.
pub fn endpoints(network: &Network, intent: &Intent) -> Vec<Endpoint> {
    let site = &intent.site;
    let is_down = |address: Ipv4Addr| {
        site.services.values().any(|service| {
            service.servers.contains(&address)
                && network.down.contains(&Down::Service(service.id.clone()))
        })
    };
    // Where a host's own files give it addresses, these hold.
    let is_elsewhere = |name: &str, address: Ipv4Addr| {
        let device = network.devices.get(&name.to_lowercase());
        let interfaces = device.into_iter().flat_map(|device| device.interfaces());
        let mut own = interfaces
            .flat_map(|(_, interface)| &interface.addresses)
            .peekable();
        own.peek().is_some() && own.all(|at| at.value.net.addr() != address)
    };
    let mut out: Vec<Endpoint> = site
        .hosts
        .values()
        .filter(|host| !is_elsewhere(&host.name, host.address.addr()))
        .map(|host| Endpoint {
            name: host.name.to_lowercase(),
            address: host.address.addr(),
            prefix_len: Some(host.address.prefix_len()),
            gateway: host.gateway,
            services_up: !is_down(host.address.addr()),
        })
        .collect();
    let mut known: Vec<Ipv4Addr> = out.iter().map(|endpoint| endpoint.address).collect();
    for address in network
        .devices
        .values()
        .flat_map(|device| device.interfaces())
        .flat_map(|(_, interface)| &interface.addresses)
    {
        known.push(address.value.net.addr());
    }
    known.sort_unstable();
    for service in site.services.values() {
        for address in &service.servers {
            if known.binary_search(address).is_ok()
                || out.iter().any(|endpoint| endpoint.address == *address)
            {
                continue;
            }
            out.push(Endpoint {
                name: address.to_string(),
                address: *address,
                prefix_len: None,
                gateway: None,
                services_up: !is_down(*address),
            });
        }
    }
    out
}

/// What stages after attach found.
#[derive(Default)]
struct Found {
    /// Stages in order.
    parts: Vec<Part>,
    /// Servers of the service.
    servers: Vec<(Ipv4Addr, Nominal)>,
    /// Name that was resolved.
    name: Option<HeldName>,
}

/// What one state does to one requirement.
fn outcome(state: &State<'_, '_>, requirement: &Requirement, old: Option<&Held>) -> Outcome {
    let Some(case) = Case::new(state.intent, requirement) else {
        return Outcome::default();
    };
    let attachment = state.attachment(case.network);
    let mut attached = attachment.part.clone();
    let settings = memory::fresh(state, &case);
    let mut reads = settings.reads.clone();
    let case = case.behind(settings.gateway);
    let mut found = stages(state, &case, &settings, old);
    if let Some(old) = old {
        memory::stale_gateway(state, &case, old, &mut attached);
        memory::first_hop_lost(&attachment, old, state, &mut attached);
        converging::tree_lost(&attachment, old, &mut attached);
        remember(state, &case, &settings, old, &mut found, &mut reads);
    }
    let server_hops = memory::server_hops(state, &found.servers);
    if let (Some(old), Some(last)) = (old, found.parts.last_mut()) {
        memory::server_hop_lost(state, old, &server_hops, last);
    }
    let by_stage = |part: &Part| (part.stage.stage, (part.hops.clone(), part.sessions.clone()));
    let known: BTreeMap<Stage, _> = found.parts.iter().map(by_stage).collect();
    for part in &mut found.parts {
        idle::sessions_idle(state, &case, part);
    }
    if let Some(old) = old {
        for part in &mut found.parts {
            converging::routes_lost(state, (&case, &found.servers), old, part);
            converging::sessions_lost(old, part);
        }
    }
    let lease = state
        .dhcp_service(case.group)
        .filter(|_| case.group.dhcp)
        .and_then(|service| state.lease(case.network, service).held.clone());
    let mut parts = found.parts.iter();
    let needs_sessions =
        parts.any(|part| part.stage.stage == Stage::Connect && part.needs_sessions);
    let held = Held {
        name: found.name.clone(),
        lease,
        gateway: attachment.identity.clone(),
        tree: attachment.tree.clone(),
        // A lease may name one router where a virtual address stood for several.
        first_hop: match case.gateway {
            Some(gateway) if case.gateway != attachment.router => attach::held_hop(state, gateway),
            Some(_) | None => attachment.first_hop.clone(),
        },
        server_hops,
        hops: known
            .iter()
            .map(|(stage, (hops, _))| (*stage, hops.clone()))
            .collect(),
        sessions: known
            .into_iter()
            .map(|(stage, (_, sessions))| (stage, sessions))
            .collect(),
        needs_sessions,
    };
    let mut stages: Vec<StageOutcome> = Vec::with_capacity(found.parts.len() + 1);
    for part in std::iter::once(attached).chain(found.parts) {
        reads.merge(&part.reads);
        stages.push(part.stage);
    }
    stages.sort_by_key(|stage| stage.stage);
    Outcome {
        stages,
        reads,
        held,
        servers: found.servers,
    }
}

/// Lays what clients with old settings meet over what fresh clients meet.
fn remember(
    state: &State<'_, '_>,
    case: &Case<'_>,
    settings: &Settings,
    old: &Held,
    found: &mut Found,
    reads: &mut ReadSet,
) {
    let Some(lease) = old.lease.as_ref().filter(|_| case.group.dhcp) else {
        return;
    };
    let before = memory::held(case, lease, settings);
    let same = before.gateway == settings.gateway
        && before.dns == settings.dns
        && before.ntp == settings.ntp;
    let asks_settings = !matches!(case.service.kind, ServiceKind::Dhcp | ServiceKind::Radius);
    if same || !asks_settings {
        return;
    }
    let heals = state
        .dhcp_service(case.group)
        .and_then(|service| memory::learns_after_s(state, case, service, lease, reads));
    let then = stages(state, &case.behind(before.gateway), &before, Some(old));
    let mut older: BTreeMap<Stage, Part> = then
        .parts
        .into_iter()
        .map(|part| (part.stage.stage, part))
        .collect();
    found.parts = std::mem::take(&mut found.parts)
        .into_iter()
        .map(|part| match older.remove(&part.stage.stage) {
            Some(old) => memory::overlay(part, old, heals),
            None => part,
        })
        .collect();
}

/// The stages of a requirement after attach, by the kind of its service.
fn stages(
    state: &State<'_, '_>,
    case: &Case<'_>,
    settings: &Settings,
    old: Option<&Held>,
) -> Found {
    let mut found = Found::default();
    if case.service.servers.is_empty() && case.service.name.is_none() {
        return found;
    }
    match case.service.kind {
        ServiceKind::Radius => {
            let authentication = state.authentication(case);
            let (part, servers) = &*authentication;
            found.parts.push(part.clone());
            found.servers.clone_from(servers);
            found.parts.extend(connect::secure(case, "eap.tls_max"));
        }
        ServiceKind::Dhcp => address(state, case, &mut found),
        ServiceKind::Dns => {
            let (mut part, servers) = name::serve_names(state, case, &settings.dns);
            depend(&mut part, settings);
            found.parts.push(part);
            found.servers = servers;
        }
        ServiceKind::Ntp => {
            let (part, servers) = time::keep(state, case, settings);
            found.parts.push(part);
            found.servers = servers;
        }
        ServiceKind::PumpGateway
        | ServiceKind::Hl7
        | ServiceKind::Ldap
        | ServiceKind::Certificate
        | ServiceKind::Other => reach(state, case, settings, old, &mut found),
    }
    found
}

/// The address stage, with what the profile asks of a lease.
fn address(state: &State<'_, '_>, case: &Case<'_>, found: &mut Found) {
    if !case.group.dhcp {
        return;
    }
    let lease = state.lease(case.network, case.service);
    let mut part = lease.part.clone();
    if let (Some(held), Some(least)) = (&lease.held, case.number("dhcp.lease_min_s")) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a lease is shorter than 2^52 seconds"
        )]
        let short = (held.lease_s as f64) < least;
        if short && part.stage.nominal == Nominal::Works {
            name::fail(
                &mut part,
                super::Shape::NoLease,
                format!(
                    "the lease lasts {} s, the pump needs {least} s",
                    held.lease_s
                ),
            );
        }
    }
    found.parts.push(part);
    found.servers.clone_from(&lease.servers);
}

/// Adds what the settings that a stage uses depend on.
fn depend(part: &mut Part, settings: &Settings) {
    for symbol in settings.symbols.iter().chain(&settings.dns_symbols) {
        add_symbol(&mut part.stage.symbols, symbol.clone());
    }
    let option = crate::net::registry::dhcp_option::DNS_SERVERS;
    if part.stage.nominal == Nominal::Fails || part.stage.delay_s > 0.0 {
        part.stage
            .decided_by
            .extend(settings.option_at.get(&option));
    }
}

/// Resolve where pumps hold a name, then connect, secure and upstream.
fn reach(
    state: &State<'_, '_>,
    case: &Case<'_>,
    settings: &Settings,
    old: Option<&Held>,
    found: &mut Found,
) {
    let by = case
        .text("gateway.by")
        .filter(|_| case.service.kind == ServiceKind::PumpGateway);
    let wanted = case
        .service
        .name
        .as_ref()
        .filter(|_| by != Some("address") && case.bool("dns.used") != Some(false));
    let Some(wanted) = wanted else {
        attempt(state, case, &case.service.servers, false, found);
        return;
    };
    let Resolved { mut part, held } = name::resolve(state, case, wanted, &settings.dns);
    depend(&mut part, settings);
    found.parts.push(part);
    let addresses = held
        .as_ref()
        .map_or(&case.service.servers, |held| &held.addresses)
        .clone();
    attempt(state, case, &addresses, true, found);
    if let Some(stored) = old.and_then(|old| old.name.as_ref())
        && stored.name == *wanted
        && stored.addresses != addresses
    {
        remember_name(state, case, stored, by, found);
    }
    found.name = held;
}

/// Connects to addresses, agrees on TLS, and looks upstream.
fn attempt(
    state: &State<'_, '_>,
    case: &Case<'_>,
    addresses: &[Ipv4Addr],
    by_name: bool,
    found: &mut Found,
) {
    let (part, servers) = connect::connect(state, case, addresses, by_name);
    found.parts.push(part);
    found.servers = servers;
    found.parts.extend(connect::secure(case, "tls.max"));
    found
        .parts
        .extend(connect::upstream(state, case.service, addresses));
}

/// Lays an attempt at the stored addresses over the connect stage.
fn remember_name(
    state: &State<'_, '_>,
    case: &Case<'_>,
    stored: &HeldName,
    by: Option<&str>,
    found: &mut Found,
) {
    let (old, _) = connect::connect(state, case, &stored.addresses, true);
    let text = name::list(&stored.addresses);
    found.parts = std::mem::take(&mut found.parts)
        .into_iter()
        .map(|part| {
            if part.stage.stage != Stage::Connect {
                return part;
            }
            let mut part = memory::stale_name(case, part, old.clone(), &text, stored.ttl_s);
            let is_gateway = case.service.kind == ServiceKind::PumpGateway;
            if is_gateway && by.is_none() && part.stage.nominal == Nominal::Fails {
                add_symbol(
                    &mut part.stage.symbols,
                    Symbol::Field("gateway.by".to_owned()),
                );
            }
            part
        })
        .collect();
}
