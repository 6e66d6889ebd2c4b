//! One path of BGP to one prefix.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::super::as_path::AsPath;
use super::super::policy::Subject;
use super::{Offer, SessionId, Speaker};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, NextHop, Protocol, Route, through_hop};
use crate::analysis::world::{InterfaceId, TableId, World};
use crate::model::route_policy::{Origin, RouteSource, RouteType};
use crate::net::Ipv4Net;
use crate::net::registry::LINK_NEIGHBOR;
use crate::source::StatementRef;

/// From whom a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// Made by the router.
    Local,
    /// From another system.
    External,
    /// From another member of the confederation.
    Confederation,
    /// From the own system.
    Internal,
}

/// A path.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells another way that a path came"
)]
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis::goal) struct Path {
    /// From whom it is.
    pub(in crate::analysis::goal) kind: PathKind,
    /// Session that it was learned over.
    pub(in crate::analysis::goal) session: Option<SessionId>,
    /// Whether it was learned from a client of the router as reflector.
    pub(in crate::analysis::goal) from_client: bool,
    /// Whether it comes from another VRF of the device.
    pub(in crate::analysis::goal) leaked: bool,
    /// Whether it comes from the fabric of EVPN into a VRF.
    pub(in crate::analysis::goal) from_fabric: bool,
    /// Systems passed.
    pub(in crate::analysis::goal) systems: AsPath,
    /// Origin.
    pub(in crate::analysis::goal) origin: Origin,
    /// Discriminator.
    pub(in crate::analysis::goal) med: Option<u32>,
    /// Local preference.
    pub(in crate::analysis::goal) local_preference: u32,
    /// Weight.
    pub(in crate::analysis::goal) weight: u32,
    /// Communities.
    pub(in crate::analysis::goal) communities: BTreeSet<u32>,
    /// Route targets.
    pub(in crate::analysis::goal) targets: BTreeSet<String>,
    /// Next hop; none: the router itself.
    pub(in crate::analysis::goal) next_hop: Option<Ipv4Addr>,
    /// Router that brought it into the system (RFC 4456).
    pub(in crate::analysis::goal) originator: Option<Ipv4Addr>,
    /// Reflectors passed, the nearest first.
    pub(in crate::analysis::goal) clusters: Vec<Ipv4Addr>,
    /// Router id of the peer.
    pub(in crate::analysis::goal) peer_id: Ipv4Addr,
    /// Address of the peer.
    pub(in crate::analysis::goal) peer_address: Option<Ipv4Addr>,
    /// Interface of an unnumbered peer.
    pub(in crate::analysis::goal) peer_interface: Option<InterfaceId>,
    /// Metric of the interior route to the next hop.
    pub(in crate::analysis::goal) interior_metric: u32,
    /// Next hops after recursion.
    pub(in crate::analysis::goal) hops: BTreeSet<NextHop>,
    /// Whether packets that no component takes are discarded (an aggregate).
    pub(in crate::analysis::goal) discards: bool,
    /// Distance that a policy gives it.
    pub(in crate::analysis::goal) distance: Option<u8>,
    /// Statements that bring it in.
    pub(in crate::analysis::goal) at: Vec<StatementRef>,
    /// What it depends on that is not known.
    pub(in crate::analysis::goal) doubts: BTreeSet<Symbol>,
}

/// Weight of paths that the router makes itself (Cisco IOS IP Routing: BGP command reference,
/// `neighbor weight`: 32768).
pub(in crate::analysis::goal) const LOCAL_WEIGHT: u32 = 32_768;
/// Local preference of routes that bring none (Cisco IOS IP Routing: BGP command reference, `bgp
/// default local-preference`: 100).
pub(in crate::analysis::goal) const LOCAL_PREFERENCE: u32 = 100;

impl Path {
    /// A path that the router makes itself.
    pub(in crate::analysis::goal) fn local(origin: Origin, at: StatementRef) -> Self {
        Self {
            kind: PathKind::Local,
            session: None,
            from_client: false,
            leaked: false,
            from_fabric: false,
            systems: AsPath::default(),
            origin,
            med: None,
            local_preference: LOCAL_PREFERENCE,
            weight: LOCAL_WEIGHT,
            communities: BTreeSet::new(),
            targets: BTreeSet::new(),
            next_hop: None,
            originator: None,
            clusters: Vec::new(),
            peer_id: Ipv4Addr::UNSPECIFIED,
            peer_address: None,
            peer_interface: None,
            interior_metric: 0,
            hops: BTreeSet::new(),
            discards: false,
            distance: None,
            at: vec![at],
            doubts: BTreeSet::new(),
        }
    }

    /// The path as policies see it.
    pub(in crate::analysis::goal) fn subject(
        &self,
        prefix: Ipv4Net,
        source: RouteSource,
    ) -> Subject {
        let kinds = match self.kind {
            PathKind::Local => BTreeSet::from([RouteType::Local, RouteType::Internal]),
            PathKind::External => BTreeSet::from([RouteType::External]),
            PathKind::Confederation | PathKind::Internal => BTreeSet::from([RouteType::Internal]),
        };
        Subject {
            next_hop: self.next_hop,
            advertiser: self.peer_address,
            metric: self.med,
            interior_metric: Some(self.interior_metric),
            kinds,
            as_path: self.systems.clone(),
            origin: self.origin,
            local_preference: self.local_preference,
            weight: self.weight,
            communities: self.communities.clone(),
            targets: self.targets.clone(),
            ..Subject::new(prefix, source)
        }
    }

    /// Takes over what policies changed, the next hop aside.
    pub(in crate::analysis::goal) fn adopt(&mut self, subject: Subject) {
        self.systems = subject.as_path;
        self.origin = subject.origin;
        self.med = subject.metric;
        self.local_preference = subject.local_preference;
        self.weight = subject.weight;
        self.communities = subject.communities;
        self.targets = subject.targets;
        if subject.distance.is_some() {
            self.distance = subject.distance;
        }
    }

    /// Finds where the next hop leads; `false`: it cannot be reached, so that the path is not used
    /// (RFC 4271 §9.1.2).
    pub(in crate::analysis::goal) fn resolve(
        &mut self,
        world: &World<'_>,
        speaker: &Speaker<'_>,
        interior: Option<&Route>,
        asked: &mut Asked,
        offer: &mut Offer,
    ) -> bool {
        let (table, prefix) = (speaker.table, offer.prefix);
        if self.kind == PathKind::Local || self.leaked || self.from_fabric {
            return true;
        }
        if let Some(interface) = self.peer_interface.filter(|_| self.next_hop.is_none()) {
            self.hops = BTreeSet::from([NextHop::Via(interface, Some(LINK_NEIGHBOR))]);
            return true;
        }
        let Some(next_hop) = self.next_hop else {
            return false;
        };
        let itself = prefix == Ipv4Net::from(next_hop) && speaker.process.refuses_own_next_hop;
        if itself || world.table(table).own.contains_key(&next_hop) {
            return false;
        }
        asked.routes.push((table, prefix));
        let lookup = world.lookup_within(table, next_hop, asked);
        asked.routes.pop();
        offer.resolved.insert(next_hop);
        offer.resolved.extend(&lookup.resolved);
        self.doubts.extend(lookup.symbols.iter().cloned());
        // A path cannot lead to its own next hop, but another protocol may have the same prefix.
        let through = if lookup.circular {
            interior
        } else {
            lookup.route.as_deref()
        };
        let Some(through) = through else {
            return false;
        };
        if !world.resolves_by(table, through.prefix) {
            return false;
        }
        if leads_back(world, table, prefix, through, asked) {
            let name = &world.device(speaker.device).name;
            let reason = format!("{name}: next hops of BGP lead to each other in a circle");
            self.doubts.insert(Symbol::Undecided(reason));
        }
        self.interior_metric = through.metric;
        self.hops = through
            .hops
            .iter()
            .map(|hop| through_hop(*hop, next_hop))
            .collect();
        !self.hops.contains(&NextHop::Discard)
    }

    /// Whether whoever takes one path instead of the other does the same with packets and tells
    /// others the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.next_hop.is_some()
            && self.next_hop == other.next_hop
            && self.hops == other.hops
            && self.systems == other.systems
            && self.origin == other.origin
            && self.med == other.med
            && self.local_preference == other.local_preference
            && self.communities == other.communities
            && self.targets == other.targets
            && self.kind == PathKind::External
            && other.kind == PathKind::External
    }

    /// Next hops as a route table shows them.
    pub(in crate::analysis::goal) fn shown(&self) -> Vec<(Option<Ipv4Addr>, Option<InterfaceId>)> {
        if self.discards {
            return vec![(None, None)];
        }
        // The address of the link is made of a hardware address that no text has.
        if let Some(interface) = self.peer_interface.filter(|_| self.next_hop.is_none()) {
            return vec![(None, Some(interface))];
        }
        if self.from_fabric {
            let hops = self.hops.iter();
            return hops
                .map(|hop| match hop {
                    NextHop::Via(tunnel, end) => (*end, Some(*tunnel)),
                    NextHop::Discard => (None, None),
                })
                .collect();
        }
        if self.next_hop.is_some() {
            return vec![(self.next_hop, None)];
        }
        let hops = self.hops.iter();
        hops.map(|hop| match hop {
            NextHop::Via(interface, gateway) => (*gateway, Some(*interface)),
            NextHop::Discard => (None, None),
        })
        .collect()
    }
}

/// Whether the next hops of BGP routes, each found through the next, lead back to a prefix.
fn leads_back(
    world: &World<'_>,
    table: TableId,
    prefix: Ipv4Net,
    through: &Route,
    asked: &mut Asked,
) -> bool {
    /// Routes in a row after which it is as good as a circle.
    const FAR: u8 = 16;
    let mut at = Arc::new(through.clone());
    for _ in 0..FAR {
        if !matches!(at.protocol, Protocol::Bgp(_)) {
            return false;
        }
        if at.prefix == prefix {
            return true;
        }
        let Some(gateway) = at.shown.iter().find_map(|(gateway, _)| *gateway) else {
            return false;
        };
        let Some(next) = world.lookup_within(table, gateway, asked).route.clone() else {
            return false;
        };
        at = next;
    }
    true
}
