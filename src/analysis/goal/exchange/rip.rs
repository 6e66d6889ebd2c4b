//! RIP (RFC 2453, RFC 1058): what a process has for one prefix, given what its neighbors have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::super::{Asked, NextHop, Protocol, Route, class};
use super::policy::{Judge, Subject};
use super::redistribute;
use crate::analysis::Symbol;
use crate::analysis::hello::{self, Hearing};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::interface::InterfaceKind;
use crate::model::rip::{InterfaceRip, RipProcess};
use crate::model::route_policy::RouteSource;
use crate::model::secret::Secret;
use crate::net::Ipv4Net;
use crate::net::registry::{ALL_RIP_ROUTERS, PORT_RIP, UDP};

/// Distance of routes whose process sets none (Cisco IOS IP Routing: RIP command reference,
/// `distance`: 120).
const DISTANCE: u8 = 120;
/// The metric that no route has (RFC 2453 §3.6).
const INFINITY: u32 = 16;
/// Equal paths that are used where no number is set (same reference, `maximum-paths`: four).
const MAXIMUM_PATHS: u32 = 4;

/// Next hops: own interface, the neighbor's address.
type Hops = BTreeSet<(InterfaceId, Ipv4Addr)>;

/// Every RIP process.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Routers<'a> {
    /// Processes.
    all: Vec<Node<'a>>,
    /// Processes by table.
    by_table: BTreeMap<TableId, usize>,
}

/// One process.
#[derive(Debug)]
struct Node<'a> {
    /// Its settings.
    process: &'a RipProcess,
    /// Table that it fills.
    table: TableId,
    /// Interfaces that take part.
    links: Vec<Link<'a>>,
    /// Who is heard: own link, process, its link.
    heard: Vec<(usize, usize, usize)>,
}

/// An interface that takes part.
#[derive(Debug)]
struct Link<'a> {
    /// Interface.
    interface: InterfaceId,
    /// Subnet with its own address.
    net: Ipv4Net,
    /// Settings.
    settings: &'a InterfaceRip,
    /// Whether it sends nothing.
    silent: bool,
    /// Mode and secrets that packets are signed with.
    keys: Option<(String, Vec<Secret>)>,
}

/// What a process has for a prefix.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis::goal) struct State {
    /// Metric.
    metric: u32,
    /// Tag.
    tag: u32,
    /// Interfaces that it was learned on.
    through: BTreeSet<InterfaceId>,
    /// Whether the route table took it, so that it is advertised.
    pub(in crate::analysis::goal) installed: bool,
    /// What it depends on that is not known.
    doubts: BTreeSet<Symbol>,
}

/// What RIP offers a table.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Offer {
    /// What it has.
    pub(in crate::analysis::goal) state: Option<State>,
    /// The route, where it is not the table's own.
    pub(in crate::analysis::goal) route: Option<Route>,
    /// What was met that is not known.
    pub(in crate::analysis::goal) symbols: BTreeSet<Symbol>,
}

impl<'a> Routers<'a> {
    /// The processes of a world.
    pub(in crate::analysis::goal) fn new(world: &World<'a>, hearing: &mut Hearing) -> Self {
        let mut routers = Self::default();
        for table in world.table_ids() {
            let entry = world.table(table);
            let Some(device) = world.device(entry.device).device else {
                continue;
            };
            let mut processes = device.rips().map(|(_, process)| process);
            let process = processes.find(|process| process.vrf.as_deref() == entry.vrf.as_deref());
            if let Some(process) = process {
                routers.by_table.insert(table, routers.all.len());
                routers.all.push(Node {
                    process,
                    table,
                    links: links(world, table, process),
                    heard: Vec::new(),
                });
            }
        }
        let heard: Vec<_> = (0..routers.all.len())
            .map(|id| routers.heard(world, id, hearing))
            .collect();
        for (node, heard) in routers.all.iter_mut().zip(heard) {
            node.heard = heard;
        }
        routers
    }

    /// Whom a process hears.
    fn heard(
        &self,
        world: &World<'_>,
        id: usize,
        hearing: &mut Hearing,
    ) -> Vec<(usize, usize, usize)> {
        let mut found = Vec::new();
        let Some(near) = self.all.get(id) else {
            return found;
        };
        for (index, link) in near.links.iter().enumerate() {
            for (other, far) in self
                .all
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != id)
            {
                for (theirs, their_link) in far.links.iter().enumerate() {
                    let sends = their_link.settings.send.as_ref().map_or_else(
                        || BTreeSet::from([far.process.version.as_ref().map_or(1, |at| at.value)]),
                        |at| at.value.clone(),
                    );
                    let takes = link.settings.receive.as_ref().map_or_else(
                        || match &near.process.version {
                            Some(at) => BTreeSet::from([at.value]),
                            None => BTreeSet::from([1, 2]),
                        },
                        |at| at.value.clone(),
                    );
                    if !their_link.silent
                        && link.net.trunc() == their_link.net.trunc()
                        && !sends.is_disjoint(&takes)
                        && world.table(near.table).device != world.table(far.table).device
                        && world.are_neighbors(link.interface, their_link.interface)
                        && hears(world, link, their_link, &(&sends & &takes), hearing)
                        && hearing.shares(
                            world,
                            [link.interface, their_link.interface],
                            [&link.keys, &their_link.keys],
                        )
                    {
                        found.push((index, other, theirs));
                    }
                }
            }
        }
        found
    }

    /// The process of a table.
    pub(in crate::analysis::goal) fn of(&self, table: TableId) -> Option<usize> {
        self.by_table.get(&table).copied()
    }
}

/// Whether updates of these versions pass from one link to another (RFC 2453 §4: version 1 is
/// broadcast).
fn hears(
    world: &World<'_>,
    near: &Link<'_>,
    far: &Link<'_>,
    versions: &BTreeSet<u8>,
    hearing: &mut Hearing,
) -> bool {
    let mut passes = false;
    for version in versions {
        let destination = match version {
            1 => Ipv4Addr::BROADCAST,
            _ => ALL_RIP_ROUTERS,
        };
        let message = hello::message(UDP, far.net.addr(), destination, PORT_RIP);
        passes |= hearing.carries(world, (far.interface, near.interface), &message);
    }
    passes
}

/// The interfaces of a table that take part in a process.
fn links<'a>(world: &World<'a>, table: TableId, process: &RipProcess) -> Vec<Link<'a>> {
    let device = world.table(table).device;
    let mut links = Vec::new();
    for id in world.interfaces_of(device) {
        let entry = world.interface(id);
        let Some(facet) = entry.facet.filter(|_| entry.up && entry.table == table) else {
            continue;
        };
        let silent = process.passive.contains(&facet.name);
        let keys = facet.rip.authentication.as_ref().map(|mode| {
            let config = world.device(device).device;
            let chain = facet.rip.key_chain.as_ref();
            let chain = chain
                .zip(config)
                .and_then(|(name, config)| config.key_chain(&name.value));
            let keys = chain.into_iter().flat_map(|chain| chain.keys.values());
            (mode.value.clone(), keys.map(|at| at.value.0).collect())
        });
        for (net, _) in &entry.addresses {
            let named = process
                .networks
                .iter()
                .any(|at| at.value.contains(&net.addr()));
            if named || facet.rip.enabled.as_ref().is_some_and(|at| at.value) {
                links.push(Link {
                    interface: id,
                    net: *net,
                    settings: &facet.rip,
                    silent: silent || facet.kind == InterfaceKind::Loopback,
                    keys: keys.clone(),
                });
            }
        }
    }
    links
}

/// What a process has for a prefix.
pub(in crate::analysis::goal) fn best(
    world: &World<'_>,
    routers: &Routers<'_>,
    id: usize,
    prefix: Ipv4Net,
    asked: &mut Asked,
) -> Offer {
    let mut offer = Offer::default();
    let Some(node) = routers.all.get(id) else {
        return offer;
    };
    if node.links.iter().any(|link| link.net.trunc() == prefix) {
        offer.state = Some(own(0, 0));
        return offer;
    }
    if let Some(state) = redistributed(world, node, prefix, asked, &mut offer.symbols) {
        offer.state = Some(state);
        return offer;
    }
    let Some((state, hops)) = learned(world, routers, node, prefix, asked, &mut offer.symbols)
    else {
        return offer;
    };
    offer.route = Some(route(node, prefix, &state, &hops, &mut offer.symbols));
    offer.symbols.extend(state.doubts.iter().cloned());
    offer.state = Some(state);
    offer
}

/// The best of what neighbors have, with its next hops.
fn learned(
    world: &World<'_>,
    routers: &Routers<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<(State, Hops)> {
    let mut best: Option<(State, Hops)> = None;
    for (link, other, their_link) in &node.heard {
        let (Some(link), Some(far)) = (node.links.get(*link), routers.all.get(*other)) else {
            continue;
        };
        let Some(theirs) = far.links.get(*their_link) else {
            continue;
        };
        let Some(sent) = sent(world, far, theirs, prefix, asked, symbols) else {
            continue;
        };
        let metric = sent.metric.saturating_add(1);
        let gateway = theirs.net.addr();
        if metric >= INFINITY
            || !passes(
                world,
                node,
                true,
                Some(link),
                None,
                (prefix, gateway),
                symbols,
            )
        {
            continue;
        }
        let hop = (link.interface, gateway);
        match &mut best {
            Some((known, _)) if known.metric < metric => {}
            Some((known, hops)) if known.metric == metric => {
                known.through.insert(link.interface);
                known.doubts.extend(sent.doubts.iter().cloned());
                hops.insert(hop);
            }
            _ => {
                let state = State {
                    metric,
                    through: BTreeSet::from([link.interface]),
                    installed: false,
                    ..sent
                };
                best = Some((state, BTreeSet::from([hop])));
            }
        }
    }
    best
}

/// The route of the table.
fn route(
    node: &Node<'_>,
    prefix: Ipv4Net,
    state: &State,
    hops: &Hops,
    symbols: &mut BTreeSet<Symbol>,
) -> Route {
    let limit = node
        .process
        .maximum_paths
        .as_ref()
        .map_or(MAXIMUM_PATHS, |at| at.value);
    if hops.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        let reason = format!("rip: more equal paths to {prefix} than {limit}, which are used");
        symbols.insert(Symbol::Undecided(reason));
    }
    Route {
        prefix,
        protocol: Protocol::Rip,
        distance: node
            .process
            .distance
            .as_ref()
            .map_or(DISTANCE, |at| at.value),
        metric: state.metric,
        hops: hops
            .iter()
            .map(|(id, gateway)| NextHop::Via(*id, Some(*gateway)))
            .collect(),
        shown: hops
            .iter()
            .map(|(id, gateway)| (Some(*gateway), Some(*id)))
            .collect(),
        at: node.process.defined_at.iter().map(|at| at.at).collect(),
        symbols: Vec::new(),
        resolved: BTreeSet::new(),
        ospf: false,
        source: RouteSource::Rip,
        tag: state.tag,
    }
}

/// What the process brings in itself.
fn own(metric: u32, tag: u32) -> State {
    State {
        metric,
        tag,
        through: BTreeSet::new(),
        installed: true,
        doubts: BTreeSet::new(),
    }
}

/// What a process takes from its table.
fn redistributed(
    world: &World<'_>,
    node: &Node<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<State> {
    let process = node.process;
    if prefix.prefix_len() == 0 && process.default_originate.is_some() {
        return Some(own(0, 0));
    }
    let route = world
        .table_state(node.table, prefix, asked)
        .candidate
        .route
        .clone()?;
    let device = world.device(world.table(node.table).device).device?;
    for statement in &process.redistribute {
        let mut judge = Judge::new(device, process.undefined);
        let taken = redistribute::take(
            world,
            node.table,
            &RouteSource::Rip,
            &route,
            &statement.value,
            &mut judge,
            asked,
        );
        symbols.extend(judge.doubts.into_iter().map(Symbol::Undecided));
        let Some(taken) = taken else {
            continue;
        };
        let simple = matches!(route.protocol, Protocol::Connected | Protocol::Static);
        let usual = if simple { Some(1) } else { None };
        let default = process.default_metric.as_ref().map(|at| at.value);
        // Without a metric, routes of other protocols are not announced (same reference,
        // `default-metric`).
        let metric = taken.metric.or(default).or(usual);
        let subject = (prefix, Ipv4Addr::UNSPECIFIED);
        if let Some(metric) = metric
            && metric < INFINITY
            && passes(
                world,
                node,
                false,
                None,
                Some(&route.source),
                subject,
                symbols,
            )
        {
            return Some(own(metric.saturating_sub(1), taken.subject.tag));
        }
    }
    None
}

/// What a process sends out of a link for a prefix.
fn sent(
    world: &World<'_>,
    node: &Node<'_>,
    link: &Link<'_>,
    prefix: Ipv4Net,
    asked: &mut Asked,
    symbols: &mut BTreeSet<Symbol>,
) -> Option<State> {
    let mut prefixes = vec![prefix];
    let summarizes = node.process.auto_summary.as_ref().is_none_or(|at| at.value);
    let outside = |net: &Ipv4Net| class::network(*net) != class::network(link.net);
    let mut covering = link.settings.summaries.iter().map(|at| at.value.trunc());
    if covering.any(|net| net != prefix && net.contains(&prefix)) {
        return None;
    }
    let is_summary = link
        .settings
        .summaries
        .iter()
        .any(|at| at.value.trunc() == prefix);
    if (summarizes && class::is_whole(prefix) && outside(&prefix) && prefix.prefix_len() > 0)
        || is_summary
    {
        prefixes.extend(world.prefixes_within(prefix));
    } else if summarizes && outside(&prefix) && !class::is_whole(prefix) {
        return None;
    }
    let splits = link
        .settings
        .split_horizon
        .as_ref()
        .is_none_or(|at| at.value);
    let mut best: Option<State> = None;
    for one in prefixes {
        let state = world.table_state(node.table, one, asked);
        let Some(state) = state.rip.as_ref().filter(|state| state.installed) else {
            continue;
        };
        if splits && state.through.contains(&link.interface) {
            continue;
        }
        if best.as_ref().is_none_or(|best| state.metric < best.metric) {
            best = Some(state.clone());
        }
    }
    let best = best?;
    let subject = (prefix, link.net.addr());
    passes(world, node, false, Some(link), None, subject, symbols).then_some(best)
}

/// Whether the distribute lists of a process let a prefix pass.
fn passes(
    world: &World<'_>,
    node: &Node<'_>,
    inbound: bool,
    link: Option<&Link<'_>>,
    source: Option<&RouteSource>,
    (prefix, gateway): (Ipv4Net, Ipv4Addr),
    symbols: &mut BTreeSet<Symbol>,
) -> bool {
    let Some(device) = world.device(world.table(node.table).device).device else {
        return true;
    };
    let mut judge = Judge::new(device, node.process.undefined);
    let mut lists = node.process.distribute.iter().map(|at| &at.value);
    let passes = lists.all(|list| {
        let here = match (&list.interface, link) {
            (None, _) => true,
            (Some(name), Some(link)) => world
                .interface(link.interface)
                .name
                .eq_ignore_ascii_case(name),
            (Some(_), None) => false,
        };
        let from = match (&list.source, source) {
            (None, None) => true,
            (Some(wanted), Some(source)) => super::policy::is_from(source, wanted),
            (Some(_), None) | (None, Some(_)) => false,
        };
        let mut subject = Subject {
            advertiser: Some(gateway),
            next_hop: Some(gateway),
            ..Subject::new(prefix, RouteSource::Rip)
        };
        list.inbound != inbound || !here || !from || judge.distribute(&list.filter, &mut subject)
    });
    symbols.extend(judge.doubts.into_iter().map(Symbol::Undecided));
    passes
}

/// Whether a process of a table runs on the interface of a connected subnet.
pub(in crate::analysis::goal) fn runs_on(
    routers: &Routers<'_>,
    table: TableId,
    prefix: Ipv4Net,
) -> bool {
    let node = routers.of(table).and_then(|id| routers.all.get(id));
    node.is_some_and(|node| node.links.iter().any(|link| link.net.trunc() == prefix))
}
