//! Route maps, prefix lists and other filters, applied to one route.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use regex_lite::Regex;

use super::as_path::AsPath;
use crate::model::Device;
use crate::model::filter::{Acl, Action, AddressMatch};
use crate::model::route_policy::{
    AsPathList, CommunityLine, CommunityList, MetricChange, MetricType, Origin, RouteCondition,
    RouteFilter, RouteMapEntry, RouteSet, RouteSource, RouteType, Undefined,
};
use crate::net::Ipv4Net;

/// A route as policies see and change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis::goal) struct Subject {
    /// Destination.
    pub(in crate::analysis::goal) prefix: Ipv4Net,
    /// Next hop.
    pub(in crate::analysis::goal) next_hop: Option<Ipv4Addr>,
    /// Router that advertised it.
    pub(in crate::analysis::goal) advertiser: Option<Ipv4Addr>,
    /// Metric; of BGP the discriminator.
    pub(in crate::analysis::goal) metric: Option<u32>,
    /// Metric of the interior route to the next hop.
    pub(in crate::analysis::goal) interior_metric: Option<u32>,
    /// Tag.
    pub(in crate::analysis::goal) tag: u32,
    /// Kinds that it is of.
    pub(in crate::analysis::goal) kinds: BTreeSet<RouteType>,
    /// Where it comes from.
    pub(in crate::analysis::goal) source: RouteSource,
    /// Interfaces that it leaves by, full names.
    pub(in crate::analysis::goal) interfaces: Vec<Arc<str>>,
    /// Systems passed.
    pub(in crate::analysis::goal) as_path: AsPath,
    /// Origin.
    pub(in crate::analysis::goal) origin: Origin,
    /// Local preference.
    pub(in crate::analysis::goal) local_preference: u32,
    /// Weight.
    pub(in crate::analysis::goal) weight: u32,
    /// Communities.
    pub(in crate::analysis::goal) communities: BTreeSet<u32>,
    /// Route targets.
    pub(in crate::analysis::goal) targets: BTreeSet<String>,
    /// Whether a policy gave it the metric.
    pub(in crate::analysis::goal) metric_set: bool,
    /// EIGRP's metric that a policy gives it.
    pub(in crate::analysis::goal) eigrp_metric: Option<[u32; 5]>,
    /// Type of metric that a policy gives it.
    pub(in crate::analysis::goal) metric_type: Option<MetricType>,
    /// Distance that a policy gives it.
    pub(in crate::analysis::goal) distance: Option<u8>,
    /// What a policy says of the next hop beside an address.
    pub(in crate::analysis::goal) next_hop_rule: Option<NextHopRule>,
}

/// Next hops that a policy names by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis::goal) enum NextHopRule {
    /// This address.
    Given(Ipv4Addr),
    /// The peer, or to the peer ourselves.
    Peer,
    /// As received.
    Unchanged,
}

impl Subject {
    /// A route with nothing but a prefix and a source.
    pub(in crate::analysis::goal) fn new(prefix: Ipv4Net, source: RouteSource) -> Self {
        Self {
            prefix,
            next_hop: None,
            advertiser: None,
            metric: None,
            interior_metric: None,
            tag: 0,
            kinds: BTreeSet::new(),
            source,
            interfaces: Vec::new(),
            as_path: AsPath::default(),
            origin: Origin::Incomplete,
            local_preference: 0,
            weight: 0,
            communities: BTreeSet::new(),
            targets: BTreeSet::new(),
            metric_set: false,
            eigrp_metric: None,
            metric_type: None,
            distance: None,
            next_hop_rule: None,
        }
    }
}

/// Applies the policies of one device.
#[derive(Debug)]
pub(in crate::analysis::goal) struct Judge<'d> {
    /// The device.
    device: &'d Device,
    /// What undefined references do.
    undefined: Undefined,
    /// What was met that is not known.
    pub(in crate::analysis::goal) doubts: BTreeSet<String>,
}

impl<'d> Judge<'d> {
    /// A judge of the policies of a device.
    pub(in crate::analysis::goal) fn new(device: &'d Device, undefined: Undefined) -> Self {
        Self {
            device,
            undefined,
            doubts: BTreeSet::new(),
        }
    }

    /// Notes something that is not known.
    fn doubt(&mut self, what: impl AsRef<str>) {
        self.doubts
            .insert(format!("{}: {}", self.device.name, what.as_ref()));
    }

    /// What a reference to something undefined does; not known: a doubt, and it permits.
    fn missing(&mut self, what: &str, name: &str, action: Option<Action>) -> bool {
        if action.is_none() {
            self.doubt(format!("{what} {name} is not defined"));
        }
        action != Some(Action::Deny)
    }

    /// Whether a filter lets a route pass; a route map may change it.
    pub(in crate::analysis::goal) fn filter(
        &mut self,
        filter: &RouteFilter,
        route: &mut Subject,
    ) -> bool {
        match filter {
            RouteFilter::PrefixList(name) => self.prefix_list(name, route.prefix),
            RouteFilter::Acl(name) => self.acl(name, route.prefix, None),
            RouteFilter::RouteMap(name) => self.route_map(name, route),
            RouteFilter::PrefixListAndGateway(prefixes, gateways) => {
                prefixes
                    .as_ref()
                    .is_none_or(|name| self.prefix_list(name, route.prefix))
                    && self.address_in_list(gateways, route.advertiser)
            }
        }
    }

    /// As [`Judge::filter`], where an extended ACL asks for the advertising router and the prefix
    /// (Cisco IOS IP Routing: Protocol-Independent command reference, `distribute-list in`).
    pub(in crate::analysis::goal) fn distribute(
        &mut self,
        filter: &RouteFilter,
        route: &mut Subject,
    ) -> bool {
        match filter {
            RouteFilter::Acl(name) => self.acl(name, route.prefix, route.advertiser),
            RouteFilter::PrefixList(_)
            | RouteFilter::RouteMap(_)
            | RouteFilter::PrefixListAndGateway(..) => self.filter(filter, route),
        }
    }

    /// Whether a route map permits a route, and its changes.
    pub(in crate::analysis::goal) fn route_map(&mut self, name: &str, route: &mut Subject) -> bool {
        let Some(map) = self.device.route_map(name) else {
            return self.missing("route map", name, self.undefined.route_map);
        };
        let mut permitted = false;
        let mut from = 0;
        for entry in &map.entries {
            if entry.sequence < from || !self.holds(name, entry, route) {
                continue;
            }
            if entry.action == Action::Deny {
                return false;
            }
            permitted = true;
            for what in &entry.unread_sets {
                self.doubt(format!("set {what} of route map {name} is not modeled"));
            }
            for set in &entry.sets {
                self.change(&set.value, route);
            }
            match &entry.go_on {
                None => return true,
                Some(go_on) => from = go_on.value.unwrap_or(0),
            }
        }
        permitted
    }

    /// Whether all conditions of an entry hold.
    fn holds(&mut self, name: &str, entry: &RouteMapEntry, route: &Subject) -> bool {
        let holds = entry
            .conditions
            .iter()
            .all(|condition| self.condition(&condition.value, route));
        if holds {
            for what in &entry.unread_conditions {
                self.doubt(format!("match {what} of route map {name} is not modeled"));
            }
        }
        holds
    }

    /// Whether a condition holds.
    fn condition(&mut self, condition: &RouteCondition, route: &Subject) -> bool {
        match condition {
            RouteCondition::PrefixList(names) => names
                .iter()
                .any(|name| self.prefix_list(name, route.prefix)),
            RouteCondition::Acl(names) => {
                names.iter().any(|name| self.acl(name, route.prefix, None))
            }
            RouteCondition::NextHopPrefixList(names) => names
                .iter()
                .any(|name| self.address_in_list(name, route.next_hop)),
            RouteCondition::NextHopAcl(names) => names
                .iter()
                .any(|name| self.address_in_acl(name, route.next_hop)),
            RouteCondition::SourcePrefixList(names) => names
                .iter()
                .any(|name| self.address_in_list(name, route.advertiser)),
            RouteCondition::SourceAcl(names) => names
                .iter()
                .any(|name| self.address_in_acl(name, route.advertiser)),
            RouteCondition::AsPathList(names) => names
                .iter()
                .any(|name| self.as_path_list(name, &route.as_path)),
            RouteCondition::AsPathLength(least, most) => {
                let length = u32::try_from(route.as_path.length()).unwrap_or(u32::MAX);
                (*least..=*most).contains(&length)
            }
            RouteCondition::CommunityList { lists, exact } => lists
                .iter()
                .any(|name| self.community_list(name, route, *exact)),
            RouteCondition::ExtendedCommunityList(lists) => lists
                .iter()
                .any(|name| self.community_list(name, route, false)),
            RouteCondition::Interface(names) => names.iter().any(|name| {
                let mut interfaces = route.interfaces.iter();
                interfaces.any(|interface| interface.eq_ignore_ascii_case(name))
            }),
            RouteCondition::Metric(values) => values.contains(&route.metric.unwrap_or(0)),
            RouteCondition::Tag(values) => values.contains(&route.tag),
            RouteCondition::LocalPreference(value) => route.local_preference == *value,
            RouteCondition::Origin(origin) => route.origin == *origin,
            RouteCondition::RouteType(kinds) => !kinds.is_disjoint(&route.kinds),
            RouteCondition::Source(sources) => {
                sources.iter().any(|source| is_from(&route.source, source))
            }
            RouteCondition::PacketLength(..) => {
                self.doubt("the length of a packet is asked of a route");
                false
            }
            RouteCondition::Constant(value) => *value,
        }
    }

    /// Whether a prefix list permits a prefix.
    pub(in crate::analysis::goal) fn prefix_list(&mut self, name: &str, prefix: Ipv4Net) -> bool {
        match self.device.prefix_list(name) {
            Some(list) => list
                .decide(prefix)
                .is_some_and(|line| line.action == Action::Permit),
            None => self.missing("prefix list", name, self.undefined.prefix_list),
        }
    }

    /// Whether a prefix list permits an address.
    fn address_in_list(&mut self, name: &str, address: Option<Ipv4Addr>) -> bool {
        address.is_some_and(|address| self.prefix_list(name, Ipv4Net::from(address)))
    }

    /// Whether an ACL permits an address.
    fn address_in_acl(&mut self, name: &str, address: Option<Ipv4Addr>) -> bool {
        address.is_some_and(|address| self.acl(name, Ipv4Net::from(address), None))
    }

    /// Whether an ACL permits a prefix: a standard one by its address; an extended one by address
    /// and mask, or where a gateway is given by gateway and address.
    pub(in crate::analysis::goal) fn acl(
        &mut self,
        name: &str,
        prefix: Ipv4Net,
        gateway: Option<Ipv4Addr>,
    ) -> bool {
        let Some(acl) = self.device.acl(name) else {
            return self.missing("ACL", name, self.undefined.acl);
        };
        if self.device.holes.iter().any(|hole| {
            let facet = hole.facet.as_ref();
            facet.is_some_and(|key| *key.name == *name && key.kind == crate::model::FacetKind::Acl)
        }) {
            self.doubt(format!("a line of ACL {name} was not understood"));
        }
        let extended = is_extended(acl);
        let (source, destination) = match gateway {
            Some(gateway) if extended => (gateway, prefix.network()),
            _ => (prefix.network(), prefix.netmask()),
        };
        for line in &acl.lines {
            let matches = self.address(&line.matches.source, source)
                && self.address(&line.matches.destination, destination);
            if matches {
                return line.action == Action::Permit;
            }
        }
        false
    }

    /// Whether an address condition holds.
    fn address(&mut self, condition: &AddressMatch, address: Ipv4Addr) -> bool {
        match condition {
            AddressMatch::Any => true,
            AddressMatch::Wildcard {
                address: wanted,
                wildcard,
            } => {
                let kept = !u32::from(*wildcard);
                u32::from(*wanted) & kept == u32::from(address) & kept
            }
            AddressMatch::Range(low, high) => (*low..=*high).contains(&address),
            AddressMatch::Group(name) => {
                self.doubt(format!("object group {name} is asked of a route"));
                false
            }
            AddressMatch::Interface(name) => {
                self.doubt(format!(
                    "the address of interface {name} is asked of a route"
                ));
                false
            }
            AddressMatch::Not(inner) => !self.address(inner, address),
            AddressMatch::OneOf(list) => list.iter().any(|one| self.address(one, address)),
            AddressMatch::AllOf(list) => list.iter().all(|one| self.address(one, address)),
            AddressMatch::Kind(_) => {
                self.doubt("a kind of address is asked of a route");
                false
            }
        }
    }

    /// Whether a list over AS paths permits a path.
    pub(in crate::analysis::goal) fn as_path_list(&mut self, name: &str, path: &AsPath) -> bool {
        let device = self.device;
        let Some(AsPathList { lines, .. }) = device.as_path_list(name) else {
            return self.missing("AS path list", name, self.undefined.as_path_list);
        };
        let text = path.to_string();
        for line in lines {
            if self.expression(&line.value.1, &text) {
                return line.value.0 == Action::Permit;
            }
        }
        false
    }

    /// Whether a list over communities permits a route.
    pub(in crate::analysis::goal) fn community_list(
        &mut self,
        name: &str,
        route: &Subject,
        exact: bool,
    ) -> bool {
        let device = self.device;
        let Some(CommunityList { lines, .. }) = device.community_list(name) else {
            return self.missing("community list", name, self.undefined.community_list);
        };
        for line in lines {
            let (action, matches) = match &line.value {
                CommunityLine::Standard(action, wanted) if exact => {
                    (action, *wanted == route.communities)
                }
                CommunityLine::Standard(action, wanted) => {
                    (action, wanted.is_subset(&route.communities))
                }
                CommunityLine::Expanded(action, expression) => {
                    let mut all: Vec<String> = route
                        .communities
                        .iter()
                        .map(|one| community(*one))
                        .collect();
                    all.extend(route.targets.iter().map(|target| format!("RT:{target}")));
                    (action, self.expression(expression, &all.join(" ")))
                }
                CommunityLine::RouteTargets(action, wanted) => {
                    (action, wanted.is_subset(&route.targets))
                }
            };
            if matches {
                return *action == Action::Permit;
            }
        }
        false
    }

    /// Whether an expression matches a text.
    fn expression(&mut self, expression: &str, text: &str) -> bool {
        if let Ok(regex) = Regex::new(&translated(expression)) {
            return regex.is_match(text);
        }
        self.doubt(format!("the expression {expression} was not understood"));
        false
    }

    /// Makes a change of a route map.
    fn change(&mut self, set: &RouteSet, route: &mut Subject) {
        match set {
            RouteSet::Metric(change) => {
                route.metric_set = true;
                let old = route.metric.unwrap_or(0);
                route.metric = match change {
                    MetricChange::To(value) => Some(*value),
                    MetricChange::Plus(value) => Some(old.saturating_add(*value)),
                    MetricChange::Minus(value) => Some(old.saturating_sub(*value)),
                    MetricChange::Interior => route.interior_metric,
                };
            }
            RouteSet::EigrpMetric(metric) => route.eigrp_metric = Some(*metric),
            RouteSet::MetricType(kind) => route.metric_type = Some(*kind),
            RouteSet::Tag(tag) => route.tag = *tag,
            RouteSet::LocalPreference(value) => route.local_preference = *value,
            RouteSet::Weight(value) => route.weight = *value,
            RouteSet::Origin(origin) => route.origin = *origin,
            RouteSet::PrependAsPath(numbers) => route.as_path.prepend(numbers),
            RouteSet::PrependLastAs(count) => {
                if let Some(last) = route.as_path.first() {
                    route.as_path.prepend(&vec![last; usize::from(*count)]);
                }
            }
            RouteSet::Communities { values, additive } => {
                if !additive {
                    route.communities.clear();
                }
                route.communities.extend(values);
            }
            RouteSet::DeleteCommunities(list) => {
                let mut kept = route.communities.clone();
                kept.retain(|one| {
                    let mut alone = route.clone();
                    alone.communities = BTreeSet::from([*one]);
                    alone.targets.clear();
                    !self.community_list(list, &alone, false)
                });
                route.communities = kept;
            }
            RouteSet::RouteTargets { values, additive } => {
                if !additive {
                    route.targets.clear();
                }
                route.targets.extend(values.iter().cloned());
            }
            RouteSet::NextHop(hops) => {
                if let Some(hop) = hops.first() {
                    route.next_hop = Some(*hop);
                    route.next_hop_rule = Some(NextHopRule::Given(*hop));
                }
            }
            RouteSet::NextHopPeer => route.next_hop_rule = Some(NextHopRule::Peer),
            RouteSet::NextHopUnchanged => route.next_hop_rule = Some(NextHopRule::Unchanged),
            RouteSet::Distance(distance) => route.distance = Some(*distance),
            // Policy routing only.
            RouteSet::DefaultNextHop(_)
            | RouteSet::TrackedNextHop(_)
            | RouteSet::Interface(_)
            | RouteSet::DefaultInterface(_)
            | RouteSet::Vrf(_)
            | RouteSet::Irrelevant(_) => {}
        }
    }
}

/// Whether an ACL names destinations anywhere: a standard one cannot.
fn is_extended(acl: &Acl) -> bool {
    let mut lines = acl.lines.iter();
    lines.any(|line| line.matches.destination != AddressMatch::Any)
}

/// Whether a route comes from a source as a statement names it.
pub(in crate::analysis::goal) fn is_from(route: &RouteSource, named: &RouteSource) -> bool {
    match (route, named) {
        (RouteSource::Bgp(_), RouteSource::Bgp(None)) => true,
        (RouteSource::Isis(_), RouteSource::Isis(tag)) if tag.is_empty() => true,
        (RouteSource::Ospf(_), RouteSource::Ospf(id)) if id.is_empty() => true,
        _ => route == named,
    }
}

/// A community as text (RFC 1997).
fn community(value: u32) -> String {
    format!("{}:{}", value >> 16, value & 0xffff)
}

/// A router's expression in the syntax of the library: `_` is a border between numbers.
fn translated(expression: &str) -> String {
    let mut translated = String::new();
    let mut in_class = false;
    let mut escaped = false;
    for letter in expression.chars() {
        match letter {
            '_' if !in_class && !escaped => translated.push_str("(?:^|$|[ ,{}()])"),
            _ => translated.push(letter),
        }
        in_class = !escaped && (letter == '[' || (in_class && letter != ']'));
        escaped = letter == '\\' && !escaped;
    }
    translated
}
