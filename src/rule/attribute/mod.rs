//! The registry of attributes: what a rule may ask of a configuration, each a typed reader.
//!
//! A reader answers values with their origins, that there is none, or that it cannot tell and why.
//! An attribute that stands in several places (two servers, two routers) has one item for each,
//! under a key that names the place; a list has one item for each member, under the member itself.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::analysis::Outcome;
use crate::change::RequirementChange;
use crate::intent::{self, Intent, Place, PumpGroup, Service, Value};
use crate::model::{FacetKey, Network};
use crate::rule::Facts;
use crate::rule::place::Side;
use crate::source::StatementRef;

mod addressing;
mod first_hop;
mod naming;
mod routing;
mod server;
mod session;

#[cfg(test)]
mod tests;

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Dotted path.
    pub path: &'static str,
    /// What it is, a noun phrase.
    pub doc: &'static str,
    /// Reads it for a requirement on one side of the change.
    pub read: fn(&Subject<'_>) -> Answer,
}

impl PartialEq for Attribute {
    // Paths are unique; readers are not compared.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Attribute {}

/// What a reader is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Everything.
    pub facts: Facts<'a>,
    /// The side of the change.
    pub side: Side,
    /// The requirement.
    pub change: &'a RequirementChange,
}

/// What a reader answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// These; never empty.
    Values(Vec<Item>),
    /// There is none.
    Absent,
    /// It cannot be told, and why.
    Unknown(String),
}

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where it stands, or the member itself; unique within an answer.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Statements that say so.
    pub origins: Vec<StatementRef>,
    /// Device and facet that it was read from.
    pub facet: Option<(String, FacetKey)>,
    /// Place in the site file, where it was read from there.
    pub place: Option<Place>,
}

impl Item {
    /// A value read from a facet.
    fn of(key: impl Into<String>, value: Value, device: &str, facet: &FacetKey) -> Self {
        Self {
            key: key.into(),
            value,
            origins: Vec::new(),
            facet: Some((device.to_owned(), facet.clone())),
            place: None,
        }
    }

    /// A value of the site file.
    fn of_site(key: impl Into<String>, value: Value, place: Place) -> Self {
        Self {
            key: key.into(),
            value,
            origins: Vec::new(),
            facet: None,
            place: Some(place),
        }
    }

    /// The same with its statements.
    fn at(mut self, origins: impl IntoIterator<Item = StatementRef>) -> Self {
        self.origins.extend(origins);
        self
    }
}

impl Answer {
    /// The items as an answer; the first of each key stays.
    fn from_items(items: impl IntoIterator<Item = Item>) -> Self {
        let mut seen = BTreeMap::new();
        for item in items {
            seen.entry(item.key.clone()).or_insert(item);
        }
        if seen.is_empty() {
            return Self::Absent;
        }
        Self::Values(seen.into_values().collect())
    }

    /// The items; none where absent or unknown.
    pub fn items(&self) -> &[Item] {
        match self {
            Self::Values(items) => items,
            Self::Absent | Self::Unknown(_) => &[],
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Values(items) => {
                let mut words: Vec<_> = items.iter().map(|item| word(&item.value)).collect();
                words.dedup();
                words.join(", ")
            }
            Self::Absent => "none".to_owned(),
            Self::Unknown(_) => "unknown".to_owned(),
        }
    }
}

/// A value in words.
pub fn word(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => format!("{number}"),
        Value::Text(text) => text.clone(),
        Value::List(texts) => texts.join(" "),
    }
}

/// A number as a value.
fn number(value: u64) -> Value {
    Value::Number(exact(value))
}

/// A count as a number; beyond 2^53 it would not be exact and is not met here.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds, counts and costs are far below 2^53"
)]
fn exact(value: u64) -> f64 {
    value as f64
}

impl<'a> Subject<'a> {
    /// The network of the side.
    pub fn network(&self) -> &'a Network {
        match self.side {
            Side::Before => self.facts.before,
            Side::After => self.facts.after,
        }
    }

    /// The intent of the side.
    pub fn intent(&self) -> &'a Intent {
        match self.side {
            Side::Before => self.facts.intent_before,
            Side::After => self.facts.intent,
        }
    }

    /// What the side does to the requirement.
    pub fn outcome(&self) -> &'a Outcome {
        match self.side {
            Side::Before => &self.change.before,
            Side::After => &self.change.after,
        }
    }

    /// The service.
    pub fn service(&self) -> Option<&'a Service> {
        self.intent()
            .site
            .services
            .get(&self.change.requirement.service)
    }

    /// The pump network.
    pub fn pump_network(&self) -> Option<&'a intent::Network> {
        self.intent()
            .site
            .networks
            .get(&self.change.requirement.network)
    }

    /// The pump groups that roam on the pump network.
    pub fn groups(&self) -> impl Iterator<Item = &'a PumpGroup> {
        let network = &self.change.requirement.network;
        self.intent()
            .site
            .pumps
            .iter()
            .filter(move |group| group.on.contains(network))
    }

    /// A number that the judgment noted at any stage of the requirement.
    fn noted_number(&self, name: &str) -> Option<(f64, Vec<StatementRef>)> {
        self.outcome().stages.iter().find_map(|stage| {
            let number = stage.facts.get(name)?.parse().ok()?;
            Some((number, stage.decided_by.clone()))
        })
    }
}

/// Every attribute, in order of path.
pub static ATTRIBUTES: &[Attribute] = &[
    define(
        "dhcp.dns_servers",
        "name servers that leases of the pump network carry",
        addressing::dns_servers,
    ),
    define(
        "dhcp.lease_s",
        "lease time of the pump network in seconds",
        addressing::lease_s,
    ),
    define(
        "dhcp.ntp_servers",
        "time servers that leases of the pump network carry",
        addressing::ntp_servers,
    ),
    define(
        "dhcp.options",
        "DHCP options of the pump network but for mask and times",
        addressing::options,
    ),
    define(
        "dhcp.pool_free",
        "addresses that stay free when every pump of the network holds one",
        addressing::pool_free,
    ),
    define(
        "dhcp.pool_kept",
        "addresses that leases of before may hold and that are still leased",
        addressing::pool_kept,
    ),
    define(
        "dhcp.pool_used_percent",
        "share of the network's leasable addresses that its pumps take",
        addressing::pool_used_percent,
    ),
    define(
        "dhcp.renew_s",
        "seconds until a pump renews its lease (T1)",
        addressing::renew_s,
    ),
    define(
        "dhcp.reservations",
        "addresses kept for single pumps",
        addressing::reservations,
    ),
    define(
        "dhcp.routers",
        "default gateways that leases of the pump network carry",
        addressing::routers,
    ),
    define(
        "dns.addresses",
        "addresses that the service's name gives, by name server",
        naming::addresses,
    ),
    define(
        "dns.answer_count",
        "number of addresses that the service's name gives, by name server",
        naming::answer_count,
    ),
    define(
        "dns.cname_depth",
        "number of aliases that the service's name runs through, by name server",
        naming::cname_depth,
    ),
    define(
        "dns.name_servers",
        "name servers that the site declares",
        server::name_servers,
    ),
    define(
        "dns.ttl_s",
        "shortest time to live on the way from the service's name to its addresses",
        naming::ttl_s,
    ),
    define(
        "first_hop.address",
        "virtual addresses of the pump network's default gateway",
        first_hop::address,
    ),
    define(
        "first_hop.hello_ms",
        "hello interval of the pump network's redundant gateways in milliseconds",
        first_hop::hello_ms,
    ),
    define(
        "first_hop.hold_ms",
        "hold time of the pump network's redundant gateways in milliseconds",
        first_hop::hold_ms,
    ),
    define(
        "first_hop.preempt",
        "whether a redundant gateway of the pump network takes over from a lower priority",
        first_hop::preempt,
    ),
    define(
        "first_hop.priority",
        "priority of the pump network's redundant gateways",
        first_hop::priority,
    ),
    define(
        "gateway.addresses",
        "addresses of the pump gateway that the site declares",
        server::addresses,
    ),
    define(
        "helper.addresses",
        "DHCP relay targets of the pump network's routed interfaces",
        first_hop::helpers,
    ),
    define(
        "ntp.servers",
        "time servers that the site declares",
        server::time_servers,
    ),
    define("ospf.area", "OSPF areas of networks", routing::ospf_area),
    define(
        "ospf.cost",
        "configured OSPF costs of interfaces",
        routing::ospf_cost,
    ),
    define(
        "radius.servers",
        "authentication servers that authenticators ask",
        server::radius_servers,
    ),
    define(
        "route.default",
        "static and originated default routes",
        routing::default_route,
    ),
    define(
        "session.idle_s",
        "seconds after which a stateful device on the way forgets an idle session with the gateway",
        session::idle_s,
    ),
    define(
        "vlan.trunks",
        "trunks that carry the pump network's VLAN",
        routing::trunks,
    ),
    define(
        "vlan.untagged_trunks",
        "trunks towards what is in no file that carry the pump network's VLAN untagged",
        routing::untagged_trunks,
    ),
];

/// Builds a row of [`ATTRIBUTES`].
const fn define(
    path: &'static str,
    doc: &'static str,
    read: fn(&Subject<'_>) -> Answer,
) -> Attribute {
    Attribute { path, doc, read }
}

/// The attribute with this path.
pub fn by_path(path: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.path == path)
}
