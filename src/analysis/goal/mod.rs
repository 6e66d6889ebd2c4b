//! Routes, solved only for the prefixes that are asked about.
//!
//! A goal is a prefix that the text can originate and that meets an asked destination.
//! The best route of a table for an address is that of the longest goal that has one; each answer
//! is kept in the [`World`].

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Symbol;
use super::hello::Heard;
use super::world::{InterfaceId, TableId, World};
use crate::model::route_policy::RouteSource;
use crate::net::Ipv4Net;
use crate::net::registry::LINK_NEIGHBOR;
use crate::source::StatementRef;

mod bandwidth;
pub mod class;
pub mod exchange;
pub mod first_hop;
pub mod ospf;
mod static_routes;
mod track;

use static_routes::through_hop;

/// Distance of routes that are never used (Cisco document 15986, "What Is Administrative
/// Distance?": a source of distance 255 is not believed).
const UNUSABLE: u8 = 255;

/// Where a route comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// A subnet of an interface.
    Connected,
    /// A static route.
    Static,
    /// OSPF, by kind of path.
    Ospf(ospf::PathKind),
    /// BGP, by whom the path is from.
    Bgp(exchange::bgp::PathKind),
    /// EIGRP.
    Eigrp {
        /// Whether the route was redistributed into it.
        external: bool,
    },
    /// RIP.
    Rip,
    /// IS-IS, by level.
    Isis(u8),
    /// The default gateway of a device that does not route.
    Gateway,
}

impl Protocol {
    /// Its name in route tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Static => "static",
            Self::Ospf(kind) => kind.name(),
            Self::Bgp(exchange::bgp::PathKind::Internal) => "ibgp",
            Self::Bgp(_) => "bgp",
            Self::Eigrp { external: false } => "eigrp",
            Self::Eigrp { external: true } => "eigrp-ex",
            Self::Rip => "rip",
            Self::Isis(1) => "isis-l1",
            Self::Isis(_) => "isis-l2",
            Self::Gateway => "gateway",
        }
    }
}

/// How a hop of packets was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned {
    /// Where its route comes from.
    pub protocol: Protocol,
    /// Whether the route has no other next hop.
    pub is_alone: bool,
}

/// Where a route sends a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NextHop {
    /// Out of an interface, to a gateway or (`None`) to the destination itself.
    Via(InterfaceId, Option<Ipv4Addr>),
    /// Nowhere: the packet is discarded.
    Discard,
}

/// The best route of a table to one prefix, with all equal next hops.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Destination.
    pub prefix: Ipv4Net,
    /// Where it comes from.
    pub protocol: Protocol,
    /// Administrative distance.
    pub distance: u8,
    /// Metric.
    pub metric: u32,
    /// Next hops after recursion, each once, in order.
    pub hops: BTreeSet<NextHop>,
    /// Next hops as a route table shows them, before recursion.
    pub shown: BTreeSet<(Option<Ipv4Addr>, Option<InterfaceId>)>,
    /// Statements that make it.
    pub at: Vec<StatementRef>,
    /// What it depends on that is not known.
    pub symbols: Vec<Symbol>,
    /// Addresses that were looked up to resolve it.
    pub resolved: BTreeSet<Ipv4Addr>,
    /// Whether OSPF was asked.
    pub ospf: bool,
    /// The process that it comes from.
    pub source: RouteSource,
    /// Tag.
    pub tag: u32,
}

impl Route {
    /// The route in words.
    pub fn describe(&self) -> String {
        format!("{} {}", self.protocol.name(), self.prefix)
    }

    /// How hops by it were chosen.
    pub fn learned(&self) -> Learned {
        Learned {
            protocol: self.protocol,
            is_alone: self.hops.len() <= 1,
        }
    }
}

/// The answer for destinations that a table treats alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lookup {
    /// The best route; none: no route.
    pub route: Option<Arc<Route>>,
    /// What the answer depends on that is not known.
    pub symbols: Vec<Symbol>,
    /// Addresses that were looked up to resolve it.
    pub resolved: BTreeSet<Ipv4Addr>,
    /// Whether OSPF was asked.
    pub ospf: bool,
    /// Whether processes that exchange routes were asked.
    pub exchange: bool,
    /// Whether the address is being resolved already, so that it leads to itself.
    circular: bool,
}

/// Answers by table and the longest prefix that covers the address, which implies the rest.
type Lookups = FxHashMap<(TableId, Option<Ipv4Net>), Arc<Lookup>>;

/// Destinations that a table treats alike, with its answer.
pub type RoutedRange = ((Ipv4Addr, Ipv4Addr), Arc<Lookup>);

/// Answers that were given before.
#[derive(Debug, Default)]
pub(super) struct Goals {
    /// Answers for addresses.
    lookups: Mutex<Lookups>,
    /// Best routes by table and prefix.
    routes: Mutex<FxHashMap<(TableId, Ipv4Net), Arc<Candidate>>>,
    /// What tables have whose processes exchange routes.
    states: Mutex<FxHashMap<(TableId, Ipv4Net), Arc<exchange::TableState>>>,
    /// Which BGP sessions are up.
    sessions: Mutex<FxHashMap<usize, Arc<exchange::bgp::Liveness>>>,
}

/// What a table has for one prefix.
#[derive(Debug, Clone, Default, PartialEq)]
struct Candidate {
    /// The best route.
    route: Option<Arc<Route>>,
    /// What the answer depends on that is not known, also where there is no route.
    symbols: Vec<Symbol>,
    /// Whether OSPF was asked.
    ospf: bool,
    /// Whether processes that exchange routes were asked.
    exchange: bool,
    /// Addresses that were looked up.
    resolved: BTreeSet<Ipv4Addr>,
    /// Whether the prefix is being resolved already, so that it leads to itself.
    circular: bool,
}

/// Goals that are being solved, to find circles.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Tables and prefixes whose static routes are being resolved.
    routes: Vec<(TableId, Ipv4Net)>,
    /// Prefixes that OSPF is being asked for.
    ospf: Vec<Ipv4Net>,
    /// The joint goal that is being solved.
    joint: Option<exchange::Joint>,
    /// How often something led back to what is being solved.
    circles: u32,
}

impl Asked {
    /// Whether nothing is being solved.
    fn is_outermost(&self) -> bool {
        self.routes.is_empty() && self.ospf.is_empty() && self.joint.is_none()
    }
}

impl World<'_> {
    /// The routes of a table to a destination range, as pieces in ascending order that together
    /// are the range.
    pub fn routes_to(&self, table: TableId, low: Ipv4Addr, high: Ipv4Addr) -> Vec<RoutedRange> {
        let mut pieces: Vec<RoutedRange> = Vec::new();
        let mut from = u32::from(low);
        loop {
            let upper = self.alike_until(from).min(u32::from(high));
            let lookup = self.lookup(table, Ipv4Addr::from(from));
            match pieces.last_mut() {
                Some((range, before)) if *before == lookup => range.1 = Ipv4Addr::from(upper),
                _ => pieces.push(((Ipv4Addr::from(from), Ipv4Addr::from(upper)), lookup)),
            }
            match upper.checked_add(1) {
                Some(next) if upper < u32::from(high) => from = next,
                _ => return pieces,
            }
        }
    }

    /// The best route of a table for one address.
    pub fn lookup(&self, table: TableId, address: Ipv4Addr) -> Arc<Lookup> {
        self.lookup_within(table, address, &mut Asked::default())
    }

    /// The last address that all prefixes treat as they treat `from`.
    fn alike_until(&self, from: u32) -> u32 {
        let index = self.cuts.partition_point(|cut| *cut <= from);
        self.cuts.get(index).map_or(u32::MAX, |next| next - 1)
    }

    /// Prefixes that contain an address, longest first.
    fn covering(&self, address: Ipv4Addr) -> impl Iterator<Item = Ipv4Net> + '_ {
        self.prefix_lengths.iter().filter_map(move |length| {
            let net = Ipv4Net::new(address, *length).ok()?.trunc();
            self.prefixes.contains(&net).then_some(net)
        })
    }

    /// The best route for one address, while other goals are being solved.
    fn lookup_within(&self, table: TableId, address: Ipv4Addr, asked: &mut Asked) -> Arc<Lookup> {
        let key = (table, self.covering(address).next());
        if let Some(known) = lock(&self.goals.lookups).get(&key) {
            return known.clone();
        }
        let circles = asked.circles;
        let mut lookup = Lookup::default();
        for prefix in self.covering(address) {
            let found = self.candidate(table, prefix, asked);
            lookup.ospf |= found.ospf;
            lookup.exchange |= found.exchange;
            lookup.circular |= found.circular;
            lookup.resolved.extend(&found.resolved);
            add_new(&mut lookup.symbols, &found.symbols);
            if found.route.is_some() || found.circular {
                lookup.route.clone_from(&found.route);
                break;
            }
        }
        let lookup = Arc::new(lookup);
        if asked.circles == circles || asked.is_outermost() {
            lock(&self.goals.lookups).insert(key, lookup.clone());
        }
        lookup
    }

    /// The neighbors on an interface that has no addresses, where a gateway stands for them.
    pub(super) fn across(&self, near: InterfaceId, gateway: Ipv4Addr) -> BTreeSet<InterfaceId> {
        if gateway == LINK_NEIGHBOR {
            self.exchange().bgp.across(near)
        } else {
            BTreeSet::new()
        }
    }

    /// What the packets of a VRF's tunnel meet on their way to the far end.
    pub(super) fn underlay(&self, near: InterfaceId, far: Ipv4Addr) -> Heard {
        exchange::bgp::underlay(self, near, far, &mut Asked::default())
    }

    /// The best route of a table to exactly this prefix.
    pub fn route_to_prefix(&self, table: TableId, prefix: Ipv4Net) -> Option<Arc<Route>> {
        self.candidate(table, prefix, &mut Asked::default())
            .route
            .clone()
    }

    /// What a table has for one prefix, while other goals are being solved.
    fn candidate(&self, table: TableId, prefix: Ipv4Net, asked: &mut Asked) -> Arc<Candidate> {
        if let Some(known) = lock(&self.goals.routes).get(&(table, prefix)) {
            return known.clone();
        }
        if asked.routes.contains(&(table, prefix)) {
            asked.circles += 1;
            return Arc::new(Candidate {
                circular: true,
                ..Candidate::default()
            });
        }
        if self.exchange().has(table) {
            return self.table_state(table, prefix, asked).candidate.clone();
        }
        let circles = asked.circles;
        let candidate = Arc::new(self.solve(table, prefix, asked));
        // What was found inside a circle is not the answer outside of it.
        if asked.circles == circles || asked.is_outermost() {
            lock(&self.goals.routes).insert((table, prefix), candidate.clone());
        }
        candidate
    }

    /// Compares what each protocol offers by administrative distance.
    fn solve(&self, table: TableId, prefix: Ipv4Net, asked: &mut Asked) -> Candidate {
        if let Some(route) = self.connected(table, prefix) {
            return Candidate {
                route: Some(Arc::new(route)),
                ..Candidate::default()
            };
        }
        let mut candidate = Candidate::default();
        let fixed = static_routes::best(self, table, prefix, asked);
        candidate.resolved.extend(&fixed.resolved);
        candidate.symbols.extend(fixed.symbols.iter().cloned());
        candidate.exchange = fixed.tracked;
        candidate.ospf = fixed.tracked;
        let mut best = fixed.route;
        let closer = ospf::closest_distance(self, table);
        if closer.is_some_and(|closer| best.as_ref().is_none_or(|best| closer < best.distance)) {
            candidate.ospf = true;
            let offer = ospf::best(self, table, prefix, asked);
            add_new(&mut candidate.symbols, &offer.symbols);
            if let Some(route) = offer.route
                && route.distance < UNUSABLE
                && best
                    .as_ref()
                    .is_none_or(|best| route.distance < best.distance)
            {
                best = Some(route);
            }
        }
        candidate.route = best.map(Arc::new);
        candidate
    }

    /// The connected route to a prefix.
    fn connected(&self, table: TableId, prefix: Ipv4Net) -> Option<Route> {
        let interfaces = self.table(table).connected.get(&prefix)?;
        let at = interfaces
            .iter()
            .flat_map(|id| &self.interface(*id).addresses);
        Some(Route {
            prefix,
            protocol: Protocol::Connected,
            distance: 0,
            metric: 0,
            hops: interfaces
                .iter()
                .map(|id| NextHop::Via(*id, None))
                .collect(),
            shown: interfaces.iter().map(|id| (None, Some(*id))).collect(),
            at: at
                .filter(|(net, _)| net.trunc() == prefix)
                .filter_map(|(_, at)| *at)
                .collect(),
            symbols: Vec::new(),
            resolved: BTreeSet::new(),
            ospf: false,
            source: RouteSource::Connected,
            tag: 0,
        })
    }
}

/// Adds what is not yet there, in order.
fn add_new(symbols: &mut Vec<Symbol>, more: &[Symbol]) {
    if symbols.is_empty() && more.len() < 2 {
        symbols.extend_from_slice(more);
        return;
    }
    let mut known: BTreeSet<Symbol> = symbols.iter().cloned().collect();
    for symbol in more {
        if known.insert(symbol.clone()) {
            symbols.push(symbol.clone());
        }
    }
}

/// First addresses of the stretches that all prefixes treat alike.
pub(super) fn cuts(prefixes: &BTreeSet<Ipv4Net>) -> Vec<u32> {
    let cuts: BTreeSet<u32> = prefixes
        .iter()
        .flat_map(|net| {
            let after = u32::from(net.broadcast()).checked_add(1);
            [Some(u32::from(net.network())), after]
        })
        .flatten()
        .collect();
    cuts.into_iter().collect()
}

/// A lock that a panic elsewhere does not spoil: what is behind it is only ever added to.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
