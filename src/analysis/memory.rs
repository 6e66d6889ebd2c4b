//! What clients still hold from an earlier state, and until when.
//!
//! Settings of a lease are held until a renewal, a rebinding or its end; a name until its time to
//! live; the gateway's hardware address until the pump hears of another.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::attach::{Attachment, held_hop, is_member};
use super::lease::{self, Lease};
use super::name::fail;
use super::state::{Case, Part, State, add_symbol};
use super::{Held, HeldFirstHop, HeldLease, Nominal, ReadSet, Shape, Symbol};
use crate::client::lease as timers;
use crate::intent::{Service, ServiceKind};
use crate::source::StatementRef;

/// What pumps were told: gateways, name servers, time servers.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// Default gateway.
    pub(super) gateway: Option<Ipv4Addr>,
    /// Name servers in order.
    pub(super) dns: Vec<Ipv4Addr>,
    /// Time servers that a lease names; none where the lease is unknown.
    pub(super) ntp: Option<Vec<Ipv4Addr>>,
    /// What the settings depend on.
    pub(super) symbols: Vec<Symbol>,
    /// What the name servers depend on besides.
    pub(super) dns_symbols: Vec<Symbol>,
    /// What was read for them.
    pub(super) reads: ReadSet,
    /// Statements that give them, by DHCP option.
    pub(super) option_at: BTreeMap<u8, StatementRef>,
}

/// What pumps that start now are told.
pub(super) fn fresh(state: &State<'_, '_>, case: &Case<'_>) -> Settings {
    let attachment = state.attachment(case.network);
    let mut settings = Settings {
        gateway: attachment.router,
        dns: site_servers(state, case, ServiceKind::Dns),
        ..Settings::default()
    };
    if !case.group.dhcp {
        return settings;
    }
    let Some(service) = state.dhcp_service(case.group) else {
        return settings;
    };
    let lease = state.lease(case.network, service);
    settings.reads.merge(&lease.part.reads);
    settings.symbols.clone_from(&lease.part.stage.symbols);
    settings.option_at.clone_from(&lease.option_at);
    if let Some(held) = &lease.held {
        apply(case, held, &mut settings);
    }
    settings
}

/// What pumps that hold an earlier lease were told.
pub(super) fn held(case: &Case<'_>, lease: &HeldLease, fresh: &Settings) -> Settings {
    let mut settings = fresh.clone();
    settings.dns_symbols.clear();
    apply(case, lease, &mut settings);
    settings
}

/// Lays a lease over what the site says.
fn apply(case: &Case<'_>, lease: &HeldLease, settings: &mut Settings) {
    settings.gateway = lease.routers.first().copied().or(settings.gateway);
    settings.ntp = Some(lease.ntp_servers.clone());
    match case.bool("dns.servers_static") {
        Some(true) => {}
        None if lease.dns_servers.is_empty() => add_symbol(
            &mut settings.dns_symbols,
            Symbol::Field("dns.servers_static".to_owned()),
        ),
        Some(false) | None => settings.dns.clone_from(&lease.dns_servers),
    }
}

/// Servers of a kind that the group uses, else all of the site.
fn site_servers(state: &State<'_, '_>, case: &Case<'_>, kind: ServiceKind) -> Vec<Ipv4Addr> {
    state
        .service_of(case.group, kind)
        .map(|service| service.servers.clone())
        .unwrap_or_default()
}

/// Longest time until a holder of an old lease has the present settings; `None`: never, for
/// nobody gives leases any more.
pub(super) fn learns_after_s(
    state: &State<'_, '_>,
    case: &Case<'_>,
    service: &Service,
    old: &HeldLease,
    reads: &mut ReadSet,
) -> Option<u64> {
    let now: std::rc::Rc<Lease> = state.lease(case.network, service);
    reads.merge(&now.part.reads);
    now.held.as_ref()?;
    let way = lease::renewal(
        state,
        case.network,
        old.routers.first().copied(),
        old.server,
    );
    reads.merge(&way.reads);
    let serves = now
        .servers
        .iter()
        .any(|(server, nominal)| *server == old.server && *nominal == Nominal::Works);
    let times = timers::timers(old.lease_s, Some(old.renew_s), None);
    let renewed = way.nominal == Nominal::Works && serves;
    Some(timers::learns_after(times, renewed, true))
}

/// Lays what clients with old settings meet over what fresh clients meet.
pub(super) fn overlay(fresh: Part, old: Part, heals_after_s: Option<u64>) -> Part {
    let mut reads = fresh.reads.clone();
    reads.merge(&old.reads);
    let (fresh_works, old_works) = (
        fresh.stage.nominal == Nominal::Works,
        old.stage.nominal == Nominal::Works,
    );
    let mut part = match (fresh_works, old_works) {
        (true, false) => {
            let mut part = old;
            part.stage.heals_after_s = heals_after_s;
            part
        }
        (true, true) if old.stage.delay_s > fresh.stage.delay_s => {
            let mut part = old;
            part.stage.heals_after_s = heals_after_s;
            for symbol in &fresh.stage.symbols {
                add_symbol(&mut part.stage.symbols, symbol.clone());
            }
            part
        }
        (true, true) => {
            let mut part = fresh;
            for symbol in &old.stage.symbols {
                add_symbol(&mut part.stage.symbols, symbol.clone());
            }
            part
        }
        (false, _) => fresh,
    };
    part.reads = reads;
    part
}

/// Lays an attempt at the addresses that pumps still hold over one at those that the name gives.
pub(super) fn stale_name(
    case: &Case<'_>,
    fresh: Part,
    mut old: Part,
    addresses: &str,
    ttl_s: u32,
) -> Part {
    if fresh.stage.nominal == Nominal::Fails || old.stage.nominal == Nominal::Works {
        return overlay(fresh, old, None);
    }
    let why = format!(
        "pumps still hold {addresses}, where the service is no more: {}",
        old.stage.why
    );
    fail(&mut old, Shape::StaleAddress, why);
    let honors = case.bool("dns.honors_ttl");
    if honors != Some(true) {
        add_symbol(
            &mut old.stage.symbols,
            Symbol::Field("dns.honors_ttl".to_owned()),
        );
    }
    let heals = (honors == Some(true)).then_some(u64::from(ttl_s));
    overlay(fresh, old, heals)
}

/// What pumps meet that hold the gateway's old hardware address.
pub(super) fn stale_gateway(state: &State<'_, '_>, case: &Case<'_>, old: &Held, part: &mut Part) {
    let attachment = state.attachment(case.network);
    let (Some(old), Some(now)) = (&old.gateway, &attachment.identity) else {
        return;
    };
    if old == now || part.stage.nominal == Nominal::Fails {
        return;
    }
    // An old router that still forwards for the subnet takes packets to its old hardware address.
    let still_there = attachment
        .routers
        .iter()
        .any(|id| state.interface_text(*id) == *old);
    part.stage.facts.insert("old_gateway", old.clone());
    if still_there {
        return;
    }
    match case.bool("arp.accepts_gratuitous") {
        Some(true) => {}
        Some(false) => fail(
            part,
            Shape::Drop,
            format!(
                "pumps keep the hardware address of {old} for their gateway, which is now {now}"
            ),
        ),
        None => add_symbol(
            &mut part.stage.symbols,
            Symbol::Field("arp.accepts_gratuitous".to_owned()),
        ),
    }
}

/// The routers that forward for the default gateways of servers, where those are virtual.
pub(super) fn server_hops(
    state: &State<'_, '_>,
    servers: &[(Ipv4Addr, Nominal)],
) -> BTreeMap<Ipv4Addr, HeldFirstHop> {
    let gateway = |server: &Ipv4Addr| {
        let owner = state.world.owners(*server).first()?;
        let device = state.world.interface(*owner).device;
        state.world.device(device).default_gateway
    };
    let gateways = servers.iter().filter_map(|(server, _)| gateway(server));
    gateways
        .filter_map(|gateway| Some((gateway, held_hop(state, gateway)?)))
        .collect()
}

/// What pumps meet while no router forwards the answers of servers: the router of their gateway
/// left its group, and another one has not yet taken over.
pub(super) fn server_hop_lost(
    state: &State<'_, '_>,
    old: &Held,
    now: &BTreeMap<Ipv4Addr, HeldFirstHop>,
    part: &mut Part,
) {
    let lost = old.server_hops.iter().find(|(gateway, old)| {
        let now = now.get(*gateway);
        now.is_some_and(|now| now.router != old.router) && !is_member(state, **gateway, &old.router)
    });
    if let Some((gateway, old)) = lost
        && part.stage.nominal == Nominal::Works
    {
        fail(
            part,
            Shape::Drop,
            format!(
                "{} leaves the group of {gateway}, the gateway of servers, and another router takes \
                 over after its hold time of {} s",
                old.router, old.hold_s
            ),
        );
        part.stage.heals_after_s = Some(old.hold_s);
    }
}

/// What pumps meet while another router has not yet taken over from one that fell silent.
pub(super) fn first_hop_lost(
    attachment: &Attachment,
    old: &Held,
    state: &State<'_, '_>,
    part: &mut Part,
) {
    let (Some(old), Some(now)) = (&old.first_hop, &attachment.first_hop) else {
        return;
    };
    // A router that stays in the group hands over at once.
    let still_there = attachment
        .router
        .is_some_and(|address| is_member(state, address, &old.router));
    if old.router == now.router || still_there || part.stage.nominal == Nominal::Fails {
        return;
    }
    fail(
        part,
        Shape::Drop,
        format!(
            "{} falls silent, and {} takes over after its hold time of {} s",
            old.router, now.router, old.hold_s
        ),
    );
    part.stage.heals_after_s = Some(old.hold_s);
}
