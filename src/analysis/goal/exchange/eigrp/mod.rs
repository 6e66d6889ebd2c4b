//! EIGRP (RFC 7868): what a process has for one prefix, given what its neighbors have.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::super::{Asked, NextHop, Protocol, Route};
use super::policy::{Judge, Subject};
use super::{TableState, redistribute};
use crate::analysis::Symbol;
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::eigrp::EigrpSummary;
use crate::model::route_policy::{RouteFilter, RouteSource};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};

mod topology;
mod vector;

pub(in crate::analysis::goal) use topology::{Link, Node, Routers};
pub(in crate::analysis::goal) use vector::Vector;

/// Distances of internal and external routes (RFC 7868 leaves them to the vendor; Cisco IOS IP
/// Routing: EIGRP command reference, `distance eigrp`: 90 and 170).
const DISTANCES: [u8; 2] = [90, 170];
/// Distance of a summary at the router that makes it (same reference, `ip summary-address eigrp`).
const SUMMARY_DISTANCE: u8 = 5;
/// Equal paths that are used where no number is set (same reference, `maximum-paths`: four).
const MAXIMUM_PATHS: u32 = 4;
/// Routers that a route may pass (same reference, `metric maximum-hops`: 100).
const MAXIMUM_HOPS: u32 = 100;

/// How a process has a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis::goal) enum Home {
    /// A subnet of an interface of the process.
    Connected,
    /// A summary.
    Summary,
    /// Redistributed from static routes.
    Static,
    /// Redistributed from elsewhere.
    Redistributed,
    /// Learned from neighbors.
    Learned,
}

/// What a process has for a prefix.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis::goal) struct State {
    /// How.
    pub(in crate::analysis::goal) home: Home,
    /// Metric, part by part.
    pub(in crate::analysis::goal) vector: Vector,
    /// Metric as one number.
    pub(in crate::analysis::goal) metric: u64,
    /// Router that brought it in from outside, where one did.
    pub(in crate::analysis::goal) origin: Option<Ipv4Addr>,
    /// Tag.
    pub(in crate::analysis::goal) tag: u32,
    /// Interfaces that successors are on.
    pub(in crate::analysis::goal) through: BTreeSet<InterfaceId>,
    /// Whether the route table took it, so that it is advertised.
    pub(in crate::analysis::goal) installed: bool,
    /// What it depends on that is not known.
    pub(in crate::analysis::goal) doubts: BTreeSet<Symbol>,
}

/// What a process offers its table.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Offer {
    /// What it has.
    pub(in crate::analysis::goal) state: Option<State>,
    /// The route, where it is not the table's own.
    pub(in crate::analysis::goal) route: Option<Route>,
    /// What was met that is not known.
    pub(in crate::analysis::goal) symbols: BTreeSet<Symbol>,
}

/// A path by way of a neighbor.
struct Candidate {
    /// What the process would have.
    state: State,
    /// Metric that the neighbor reported.
    reported: u64,
    /// The neighbor's address.
    gateway: Ipv4Addr,
    /// Own interface.
    interface: InterfaceId,
}

/// A prefix as one process is asked for it.
struct Question<'q, 'w, 'a> {
    /// The world.
    world: &'q World<'w>,
    /// Every process.
    routers: &'q Routers<'a>,
    /// The process that is asked.
    node: &'q Node<'a>,
    /// Index of it.
    id: usize,
    /// The prefix.
    prefix: Ipv4Net,
    /// What the table had before.
    before: Arc<TableState>,
}

/// What a process has for a prefix; `known` is the best route of its table without BGP's new one.
pub(in crate::analysis::goal) fn best(
    world: &World<'_>,
    routers: &Routers<'_>,
    id: usize,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> Offer {
    let mut offer = Offer::default();
    let Some(node) = routers.node(id) else {
        return offer;
    };
    let question = Question {
        world,
        routers,
        node,
        id,
        prefix,
        before: world.table_state(node.table, prefix, asked),
    };
    if let Some(link) = node.links.iter().find(|link| link.net.trunc() == prefix) {
        let vector = Vector::of_link(node.process, link);
        offer.state = Some(question.own(Home::Connected, vector, None, 0));
        return offer;
    }
    if let Some((vector, summary)) = question.summary(asked) {
        let distance = summary.value.distance.unwrap_or(SUMMARY_DISTANCE);
        let mut state = question.own(Home::Summary, vector, None, 0);
        state.installed = true;
        offer.route = Some(question.route(&state, &[], distance, vec![summary.at]));
        offer.state = Some(state);
        return offer;
    }
    if let Some(state) = question.redistributed(asked, &mut offer.symbols) {
        offer.state = Some(state);
        return offer;
    }
    question.learned(asked, &mut offer);
    offer
}

impl<'w> Question<'_, 'w, '_> {
    /// What the process brings in itself.
    fn own(&self, home: Home, vector: Vector, origin: Option<Ipv4Addr>, tag: u32) -> State {
        State {
            home,
            metric: vector.metric(self.node.process),
            vector,
            origin,
            tag,
            through: BTreeSet::new(),
            installed: true,
            doubts: BTreeSet::new(),
        }
    }

    /// The summary of this prefix, with the metric of its best component.
    fn summary(&self, asked: &mut Asked) -> Option<(Vector, At<EigrpSummary>)> {
        let mut summaries = self
            .node
            .links
            .iter()
            .flat_map(|link| &link.settings.summaries);
        let summary = summaries.find(|summary| summary.value.prefix.trunc() == self.prefix)?;
        let mut best: Option<Vector> = None;
        for component in self.world.prefixes_within(self.prefix) {
            let state = self.world.table_state(self.node.table, component, asked);
            let Some(state) = state.eigrp.get(&self.id) else {
                continue;
            };
            let metric = |vector: &Vector| vector.metric(self.node.process);
            if best.as_ref().is_none_or(|best| state.metric < metric(best)) {
                best = Some(state.vector);
            }
        }
        Some((best?, summary.clone()))
    }

    /// What the process takes from its table.
    fn redistributed(&self, asked: &mut Asked, symbols: &mut BTreeSet<Symbol>) -> Option<State> {
        let process = self.node.process;
        let route = self.before.candidate.route.clone()?;
        let own = RouteSource::Eigrp(process.asn);
        let mut judge = self.judge()?;
        for statement in &process.redistribute {
            let taken = redistribute::take(
                self.world,
                self.node.table,
                &own,
                &route,
                &statement.value,
                &mut judge,
                asked,
            );
            let Some(taken) = taken else {
                continue;
            };
            let given = taken
                .subject
                .eigrp_metric
                .or(statement.value.eigrp_metric)
                .or(process.default_metric.as_ref().map(|at| at.value));
            let vector = match given {
                Some(metric) => Some(Vector::given(metric)),
                None => self.carried(&route, &statement.value.source),
            };
            let Some(vector) = vector else {
                continue;
            };
            let home = if route.source == RouteSource::Static {
                Home::Static
            } else {
                Home::Redistributed
            };
            if !self.leaves(&mut judge, None, Some(&route.source), &taken.subject) {
                continue;
            }
            note(symbols, &judge);
            let router = Some(self.node.router_id);
            return Some(self.own(home, vector, router, taken.subject.tag));
        }
        note(symbols, &judge);
        None
    }

    /// The metric of a route that brings one: of another EIGRP process, or of an interface.
    fn carried(&self, route: &Route, source: &RouteSource) -> Option<Vector> {
        let other = self.before.eigrp.iter().find_map(|(id, state)| {
            let node = self.routers.node(*id)?;
            let from = RouteSource::Eigrp(node.process.asn) == *source;
            (*id != self.id && from).then_some(state.vector)
        });
        if other.is_some() {
            return other;
        }
        let simple = matches!(source, RouteSource::Connected | RouteSource::Static);
        let interface = route.hops.iter().find_map(|hop| match hop {
            NextHop::Via(interface, _) => Some(*interface),
            NextHop::Discard => None,
        });
        match interface {
            Some(interface) if simple => Some(Vector::of_interface(self.world, interface)),
            None if simple => Some(Vector::of_discard()),
            _ => None,
        }
    }

    /// A judge of the policies of the device.
    fn judge(&self) -> Option<Judge<'w>> {
        let device = self
            .world
            .device(self.world.table(self.node.table).device)
            .device?;
        Some(Judge::new(device, self.node.process.undefined))
    }

    /// Whether distribute lists let a route leave by a link, or come in by redistribution.
    fn leaves(
        &self,
        judge: &mut Judge<'_>,
        link: Option<&Link<'_>>,
        source: Option<&RouteSource>,
        subject: &Subject,
    ) -> bool {
        filters(self.world, self.node, false, link, source)
            .iter()
            .all(|filter| judge.distribute(filter, &mut subject.clone()))
    }

    /// What neighbors have.
    fn learned(&self, asked: &mut Asked, offer: &mut Offer) {
        let mut candidates = Vec::new();
        for neighbor in &self.node.neighbors {
            let Some((near, far_node)) = self
                .node
                .links
                .get(neighbor.link)
                .zip(self.routers.node(neighbor.node))
            else {
                continue;
            };
            let Some(far) = far_node.links.get(neighbor.their_link) else {
                continue;
            };
            let theirs = self.world.table_state(far_node.table, self.prefix, asked);
            let Some(state) = theirs.eigrp.get(&neighbor.node) else {
                continue;
            };
            if !self.is_advertised(
                far_node,
                far,
                state,
                neighbor.node,
                asked,
                &mut offer.symbols,
            ) {
                continue;
            }
            let vector = state.vector.over(near, self.node.process);
            if state.origin == Some(self.node.router_id) || vector.hops > MAXIMUM_HOPS {
                continue;
            }
            let Some(mut judge) = self.judge() else {
                continue;
            };
            let mut subject = self.subject(state, far.net.addr());
            let taken = filters(self.world, self.node, true, Some(near), None)
                .iter()
                .all(|filter| judge.distribute(filter, &mut subject));
            note(&mut offer.symbols, &judge);
            if !taken {
                continue;
            }
            candidates.push(Candidate {
                state: State {
                    home: Home::Learned,
                    metric: vector.metric(self.node.process),
                    vector,
                    origin: state.origin,
                    tag: subject.tag,
                    through: BTreeSet::from([near.interface]),
                    installed: false,
                    doubts: state.doubts.clone(),
                },
                reported: state.vector.metric(self.node.process),
                gateway: far.net.addr(),
                interface: near.interface,
            });
        }
        self.choose(&candidates, offer);
    }

    /// Whether a neighbor advertises what it has out of its link to us.
    fn is_advertised(
        &self,
        node: &Node<'_>,
        link: &Link<'_>,
        state: &State,
        id: usize,
        asked: &mut Asked,
        symbols: &mut BTreeSet<Symbol>,
    ) -> bool {
        let splits = link
            .settings
            .split_horizon
            .as_ref()
            .is_none_or(|at| at.value);
        if !state.installed || (splits && state.through.contains(&link.interface)) {
            return false;
        }
        if let Some(stub) = &node.process.stub {
            let allowed = match state.home {
                Home::Connected => stub.value.connected,
                Home::Summary => stub.value.summary,
                Home::Static => stub.value.statics,
                Home::Redistributed => stub.value.redistributed,
                Home::Learned => false,
            };
            if !allowed {
                return false;
            }
        }
        let named = link.settings.summaries.iter();
        let own = |summary: &At<EigrpSummary>| summary.value.prefix.trunc() == self.prefix;
        if state.home == Home::Summary && !named.clone().any(own) {
            return false;
        }
        let device = self
            .world
            .device(self.world.table(node.table).device)
            .device;
        let Some(mut judge) = device.map(|device| Judge::new(device, node.process.undefined))
        else {
            return false;
        };
        for summary in named {
            let net = summary.value.prefix.trunc();
            if net == self.prefix || !net.contains(&self.prefix) {
                continue;
            }
            let whole = self.world.table_state(node.table, net, asked);
            let active = whole
                .eigrp
                .get(&id)
                .is_some_and(|one| one.home == Home::Summary);
            let mut subject = self.subject(state, link.net.addr());
            let leaked = summary
                .value
                .leak_map
                .as_ref()
                .is_some_and(|map| judge.route_map(map, &mut subject));
            if active && !leaked {
                note(symbols, &judge);
                return false;
            }
        }
        let subject = self.subject(state, link.net.addr());
        let passes = filters(self.world, node, false, Some(link), None)
            .iter()
            .all(|filter| judge.distribute(filter, &mut subject.clone()));
        note(symbols, &judge);
        passes
    }

    /// A route as policies see it.
    fn subject(&self, state: &State, advertiser: Ipv4Addr) -> Subject {
        let kind = if state.origin.is_some() {
            crate::model::route_policy::RouteType::External
        } else {
            crate::model::route_policy::RouteType::Internal
        };
        Subject {
            next_hop: Some(advertiser),
            advertiser: Some(advertiser),
            metric: u32::try_from(state.metric).ok(),
            tag: state.tag,
            kinds: BTreeSet::from([kind]),
            ..Subject::new(self.prefix, RouteSource::Eigrp(self.node.process.asn))
        }
    }

    /// The best of the neighbors' paths, internal before external, with equal and feasible ones
    /// (RFC 7868 §3.5, §5.2).
    fn choose(&self, candidates: &[Candidate], offer: &mut Offer) {
        let rank = |one: &Candidate| (one.state.origin.is_some(), one.state.metric);
        let Some(best) = candidates.iter().min_by_key(|one| rank(one)) else {
            return;
        };
        let process = self.node.process;
        let variance = process
            .variance
            .as_ref()
            .map_or(1, |at| u64::from(at.value));
        let least = best.state.metric;
        let used: Vec<&Candidate> = candidates
            .iter()
            .filter(|one| one.state.origin.is_some() == best.state.origin.is_some())
            .filter(|one| {
                one.state.metric == least
                    || (one.reported < least && one.state.metric < variance.saturating_mul(least))
            })
            .collect();
        let limit = process
            .maximum_paths
            .as_ref()
            .map_or(MAXIMUM_PATHS, |at| at.value);
        if used.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            let reason = format!(
                "eigrp {}: {} paths to {}, of which {limit} are used",
                process.asn,
                used.len(),
                self.prefix
            );
            offer.symbols.insert(Symbol::Undecided(reason));
        }
        let mut state = best.state.clone();
        state.through = used.iter().map(|one| one.interface).collect();
        let [internal, external] = process.distance.as_ref().map_or(DISTANCES, |at| at.value);
        let distance = if state.origin.is_some() {
            external
        } else {
            internal
        };
        let at = process.defined_at.iter().map(|at| at.at).collect();
        offer.route = Some(self.route(&state, &used, distance, at));
        offer.symbols.extend(state.doubts.iter().cloned());
        offer.state = Some(state);
    }

    /// A route of the table.
    fn route(
        &self,
        state: &State,
        used: &[&Candidate],
        distance: u8,
        at: Vec<StatementRef>,
    ) -> Route {
        let mut hops: BTreeSet<NextHop> = used
            .iter()
            .map(|one| NextHop::Via(one.interface, Some(one.gateway)))
            .collect();
        let mut shown: BTreeSet<_> = used
            .iter()
            .map(|one| (Some(one.gateway), Some(one.interface)))
            .collect();
        if used.is_empty() {
            hops.insert(NextHop::Discard);
            shown.insert((None, None));
        }
        Route {
            prefix: self.prefix,
            protocol: Protocol::Eigrp {
                external: state.origin.is_some(),
            },
            distance,
            metric: state.vector.shown(self.node.process),
            hops,
            shown,
            at,
            symbols: Vec::new(),
            resolved: BTreeSet::new(),
            ospf: false,
            source: RouteSource::Eigrp(self.node.process.asn),
            tag: state.tag,
        }
    }
}

/// Notes doubts of policies as what an answer depends on.
fn note(symbols: &mut BTreeSet<Symbol>, judge: &Judge<'_>) {
    symbols.extend(judge.doubts.iter().cloned().map(Symbol::Undecided));
}

/// The distribute lists of a process that concern a link or a source.
fn filters<'a>(
    world: &World<'_>,
    node: &Node<'a>,
    inbound: bool,
    link: Option<&Link<'_>>,
    source: Option<&RouteSource>,
) -> Vec<&'a RouteFilter> {
    let lists = node.process.distribute.iter().map(|at| &at.value);
    lists
        .filter(|list| list.inbound == inbound)
        .filter(|list| match (&list.interface, link) {
            (None, _) => true,
            (Some(name), Some(link)) => world
                .interface(link.interface)
                .name
                .eq_ignore_ascii_case(name),
            (Some(_), None) => false,
        })
        .filter(|list| match (&list.source, source) {
            (None, None) => true,
            (Some(wanted), Some(source)) => super::policy::is_from(source, wanted),
            (Some(_), None) | (None, Some(_)) => false,
        })
        .map(|list| &list.filter)
        .collect()
}

/// Whether a process of a table runs on the interface of a connected subnet.
pub(in crate::analysis::goal) fn runs_on(
    routers: &Routers<'_>,
    table: TableId,
    asn: u32,
    prefix: Ipv4Net,
) -> bool {
    let nodes = routers.of(table).iter();
    nodes.filter_map(|id| routers.node(*id)).any(|node| {
        node.process.asn == asn && node.links.iter().any(|link| link.net.trunc() == prefix)
    })
}
