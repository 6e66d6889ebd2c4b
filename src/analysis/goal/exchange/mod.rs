//! Routing processes that take routes from each other, solved per goal as one joint fixpoint.
//!
//! The unknowns of a goal are what each table has for its prefix, and the sessions, next hops and
//! components that this depends on; whatever a computation reads is computed too, and computed
//! again when it changes. Several orders of computation must end alike, else the answer is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::{Asked, Candidate, Protocol, Route, UNUSABLE, lock, ospf, static_routes, track};
use crate::analysis::Symbol;
use crate::analysis::hello::Hearing;
use crate::analysis::world::{TableId, World, kind};
use crate::model::FacetKey;
use crate::model::interface::InterfaceKind;
use crate::model::ospf::OspfProcess;
use crate::model::route_policy::RouteSource;
use crate::net::Ipv4Net;

mod as_path;
pub mod bgp;
pub(in crate::analysis::goal) mod doubts;
pub(in crate::analysis::goal) mod eigrp;
pub(in crate::analysis::goal) mod isis;
mod joint;
pub(in crate::analysis::goal) mod policy;
pub(in crate::analysis::goal) mod redistribute;
pub(in crate::analysis::goal) mod rip;

#[cfg(test)]
mod tests;

pub(in crate::analysis::goal) use joint::{Joint, Unknown};

/// What the text says of processes that exchange routes.
#[derive(Debug, Default)]
pub struct Exchange<'a> {
    /// Tables whose routes are solved jointly.
    members: BTreeSet<TableId>,
    /// BGP.
    pub(in crate::analysis::goal) bgp: bgp::Speakers<'a>,
    /// EIGRP.
    eigrp: eigrp::Routers<'a>,
    /// IS-IS.
    isis: isis::Routers<'a>,
    /// RIP.
    rip: rip::Routers<'a>,
    /// What of the processes was not understood.
    doubts: Vec<Symbol>,
    /// Whether policies prefer some routes over shorter ones, or processes take from each other, so
    /// that several states could be stable.
    prefers: bool,
    /// Facets that filter their routes and messages and decide tracked objects, by device.
    filters: Vec<(Arc<str>, FacetKey)>,
}

/// What a table has for one prefix.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::analysis::goal) struct TableState {
    /// The best route, as look-ups take it.
    pub(in crate::analysis::goal) candidate: Arc<Candidate>,
    /// What BGP has.
    pub(in crate::analysis::goal) bgp: bgp::Best,
    /// What EVPN has, where the table is the one that tunnels find their ends by.
    fabric: bgp::Fabric,
    /// What that depends on that is not known.
    fabric_doubts: BTreeSet<Symbol>,
    /// What each EIGRP process has.
    eigrp: BTreeMap<usize, eigrp::State>,
    /// What RIP has.
    rip: Option<rip::State>,
}

impl<'a> Exchange<'a> {
    /// The processes of a world.
    pub(in crate::analysis) fn new(world: &World<'a>) -> Self {
        let members: BTreeSet<TableId> = world
            .table_ids()
            .filter(|table| exchanges(world, *table))
            .collect();
        let mut hearing = Hearing::default();
        track::filters(world, &mut hearing.filters);
        if members.is_empty() {
            return Self {
                filters: hearing.filters.into_iter().collect(),
                ..Self::default()
            };
        }
        let bgp = bgp::Speakers::new(world, &mut hearing);
        let eigrp = eigrp::Routers::new(world, &mut hearing);
        let rip = rip::Routers::new(world, &mut hearing);
        let isis = isis::Routers::new(world, &mut hearing);
        hearing.doubts.extend(doubts::doubts(world, &members));
        hearing.filters.extend(doubts::filters(world, &members));
        Self {
            bgp,
            eigrp,
            isis,
            rip,
            doubts: hearing.doubts.into_iter().collect(),
            filters: hearing.filters.into_iter().collect(),
            prefers: doubts::prefers(world, &members),
            members,
        }
    }

    /// Facets that filter routes and routers' messages and that decide tracked objects, by device,
    /// whether they exist or not.
    pub(in crate::analysis) fn filters(&self) -> &[(Arc<str>, FacetKey)] {
        &self.filters
    }

    /// Whether a table's routes are solved jointly.
    pub(in crate::analysis::goal) fn has(&self, table: TableId) -> bool {
        self.members.contains(&table)
    }
}

/// Whether a table has a process that exchanges routes with others: anything but OSPF alone.
fn exchanges(world: &World<'_>, table: TableId) -> bool {
    let entry = world.table(table);
    let Some(device) = world.device(entry.device).device else {
        return false;
    };
    let vrf = entry.vrf.as_deref();
    let takes = |process: &&OspfProcess| {
        process.redistribute.iter().any(|at| {
            !matches!(
                at.value.source,
                RouteSource::Connected | RouteSource::Static
            )
        })
    };
    device
        .bgps()
        .any(|(_, process)| process.tables.keys().any(|name| name.as_deref() == vrf))
        || device.eigrps().any(|(_, one)| one.vrf.as_deref() == vrf)
        || device.rips().any(|(_, one)| one.vrf.as_deref() == vrf)
        || device
            .isis_processes()
            .any(|(_, one)| one.vrf.as_deref() == vrf)
        || entry.ospf.iter().any(takes)
}

impl World<'_> {
    /// The processes that exchange routes.
    pub(in crate::analysis) fn exchange(&self) -> &Exchange<'_> {
        self.exchange.get_or_init(|| Exchange::new(self))
    }

    /// Prefixes that lie within another one.
    pub(in crate::analysis::goal) fn prefixes_within(&self, prefix: Ipv4Net) -> Vec<Ipv4Net> {
        self.prefixes
            .range(prefix..)
            .take_while(|net| net.network() <= prefix.broadcast())
            .filter(|net| **net != prefix && prefix.contains(*net))
            .copied()
            .collect()
    }

    /// What a table has for a prefix: final, or while a goal is being solved what it has now.
    pub(in crate::analysis::goal) fn table_state(
        &self,
        table: TableId,
        prefix: Ipv4Net,
        asked: &mut Asked,
    ) -> Arc<TableState> {
        if let Some(known) = lock(&self.goals.states).get(&(table, prefix)) {
            return known.clone();
        }
        if let Some(joint) = &mut asked.joint {
            asked.circles += 1;
            return joint.table(table, prefix);
        }
        joint::solve(self, Unknown::Table(prefix, table));
        let states = lock(&self.goals.states);
        states.get(&(table, prefix)).cloned().unwrap_or_default()
    }

    /// Whether a BGP session is up: final, or as it stands now.
    pub(in crate::analysis::goal) fn session_state(
        &self,
        id: bgp::SessionId,
        asked: &mut Asked,
    ) -> Arc<bgp::Liveness> {
        if let Some(known) = lock(&self.goals.sessions).get(&id) {
            return known.clone();
        }
        if let Some(joint) = &mut asked.joint {
            asked.circles += 1;
            return joint.session(id);
        }
        joint::solve(self, Unknown::Session(id));
        let sessions = lock(&self.goals.sessions);
        sessions.get(&id).cloned().unwrap_or_default()
    }
}

/// What a table has for a prefix, given what all tables have now.
fn table(
    world: &World<'_>,
    exchange: &Exchange<'_>,
    table: TableId,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> TableState {
    let before = world.table_state(table, prefix, asked);
    let mut symbols: BTreeSet<Symbol> = BTreeSet::new();
    let mut resolved = BTreeSet::new();
    let mut offers: Vec<Route> = Vec::new();
    let connected = world.connected(table, prefix);
    if connected.is_none() {
        let fixed = static_routes::best(world, table, prefix, asked);
        symbols.extend(fixed.symbols);
        resolved.extend(fixed.resolved);
        offers.extend(fixed.route);
        if !world.table(table).ospf.is_empty() {
            let ospf = ospf::best(world, table, prefix, asked);
            symbols.extend(ospf.symbols);
            offers.extend(ospf.route);
        }
    } else {
        offers.extend(connected);
    }
    let mut state = TableState::default();
    for id in exchange.eigrp.of(table) {
        let offer = eigrp::best(world, &exchange.eigrp, *id, prefix, asked);
        symbols.extend(offer.symbols);
        offers.extend(offer.route);
        state.eigrp.extend(offer.state.map(|state| (*id, state)));
    }
    for id in exchange.isis.of(table) {
        let offer = isis::best(world, &exchange.isis, *id, prefix, asked);
        symbols.extend(offer.symbols);
        offers.extend(offer.route);
    }
    if let Some(id) = exchange.rip.of(table) {
        let offer = rip::best(world, &exchange.rip, id, prefix, asked);
        symbols.extend(offer.symbols);
        offers.extend(offer.route);
        state.rip = offer.state;
    }
    let interior = closest(&offers).cloned();
    if let Some(speaker) = exchange.bgp.of(table) {
        // What BGP put into the table stays while nothing closer comes.
        let kept = before.candidate.route.as_deref().filter(|route| {
            let closer = |interior: &Route| route.distance < interior.distance;
            matches!(route.protocol, Protocol::Bgp(_)) && interior.as_ref().is_none_or(closer)
        });
        let offer = bgp::best(
            world,
            &exchange.bgp,
            speaker,
            prefix,
            interior.as_ref(),
            kept.or(interior.as_ref()),
            asked,
        );
        symbols.extend(offer.symbols);
        resolved.extend(offer.resolved);
        offers.extend(offer.route);
        state.bgp = offer.best;
        (state.fabric, state.fabric_doubts) =
            bgp::fabric_paths(world, &exchange.bgp, speaker, prefix, asked);
    }
    let best = closest(&offers);
    for (id, one) in &mut state.eigrp {
        let process = exchange.eigrp.node(*id).map(|node| node.process.asn);
        let own = process.map(RouteSource::Eigrp);
        one.installed |= best.is_some_and(|best| Some(&best.source) == own.as_ref());
    }
    if let Some(one) = &mut state.rip {
        one.installed |= best.is_some_and(|best| best.source == RouteSource::Rip);
    }
    if best.is_some_and(|route| route.protocol == Protocol::Connected) {
        symbols.clear();
    }
    state.candidate = Arc::new(Candidate {
        route: best.cloned().map(Arc::new),
        symbols: symbols.into_iter().collect(),
        ospf: true,
        exchange: true,
        resolved,
        circular: false,
    });
    state
}

/// The route of the lowest distance, the first of equal ones.
fn closest(offers: &[Route]) -> Option<&Route> {
    let usable = offers.iter().filter(|route| route.distance < UNUSABLE);
    usable.min_by_key(|route| route.distance)
}

/// Whether a process runs on the interface of a connected subnet, so that redistribution of its
/// routes takes the subnet along.
fn runs_on(world: &World<'_>, table: TableId, source: &RouteSource, prefix: Ipv4Net) -> bool {
    match source {
        RouteSource::Ospf(id) => ospf::runs_on(world, table, id, prefix),
        RouteSource::Eigrp(asn) => eigrp::runs_on(&world.exchange().eigrp, table, *asn, prefix),
        RouteSource::Isis(tag) => isis::runs_on(&world.exchange().isis, table, tag, prefix),
        RouteSource::Rip => rip::runs_on(&world.exchange().rip, table, prefix),
        RouteSource::Connected
        | RouteSource::Static
        | RouteSource::Bgp(_)
        | RouteSource::Kernel
        | RouteSource::Other(_) => false,
    }
}

/// The highest address of a loopback, else of any interface of a table.
pub(super) fn highest_address(world: &World<'_>, table: TableId) -> Ipv4Addr {
    let own = &world.table(table).own;
    let loopbacks = own
        .iter()
        .filter(|(_, id)| *kind(world.interface(**id)) == InterfaceKind::Loopback)
        .map(|(address, _)| *address);
    loopbacks
        .max()
        .or_else(|| own.keys().max().copied())
        .unwrap_or(Ipv4Addr::UNSPECIFIED)
}
