//! The scenario file of `simulate`: pumps, servers and disturbances, without any configuration.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of [`Scenario`].
pub const SCENARIO_SCHEMA: &str = "pump-preflight/scenario/1";

/// Pumps, servers and what happens to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// [`SCENARIO_SCHEMA`].
    pub schema: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Seconds that are simulated.
    pub horizon_s: f64,
    /// Replications of the simulation.
    #[serde(default = "replications")]
    pub replications: u32,
    /// Outages end up to this many seconds later in each replication.
    #[serde(default)]
    pub outage_spread_s: f64,
    /// Recovery that the site accepts; default 5 minutes.
    #[serde(default = "recovery_limit")]
    pub recovery_limit_s: f64,
    /// Pump groups.
    pub groups: Vec<Group>,
    /// Servers; those left out have default numbers, which are assumed.
    #[serde(default)]
    pub servers: Servers,
    /// What happens.
    pub disturbances: Vec<Disturbance>,
    /// Outages that harmed nobody.
    #[serde(default)]
    pub survived: Vec<Survived>,
}

/// Default replications.
fn replications() -> u32 {
    20
}

/// Default accepted recovery in seconds.
fn recovery_limit() -> f64 {
    300.0
}

/// One.
fn one() -> u32 {
    1
}

/// Yes.
fn yes() -> bool {
    true
}

/// Two name servers.
fn two() -> usize {
    2
}

/// Pumps that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Id.
    pub id: String,
    /// Number of pumps.
    pub count: u32,
    /// Network stack: lwip, linux, linux-before-6.5, freertos-tcp; left out: each is a branch.
    #[serde(default)]
    pub stack: Option<String>,
    /// Name servers that the pumps know.
    #[serde(default = "two")]
    pub name_servers: usize,
    /// Numbers that differ from the defaults, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Interval>,
    /// What is known of the architecture.
    #[serde(default)]
    pub architecture: Architecture,
    /// How the pump's program waits between attempts; left out: 5 s each time, assumed.
    #[serde(default)]
    pub back_off: Option<BackOff>,
    /// Longest wait for TLS in seconds; left out: for ever, as in common stacks.
    #[serde(default)]
    pub tls_timeout_s: Option<f64>,
    /// Whether it authenticates to the network.
    #[serde(default = "yes")]
    pub uses_radius: bool,
    /// Whether it asks DHCP.
    #[serde(default = "yes")]
    pub uses_dhcp: bool,
    /// Whether it resolves the gateway's name.
    #[serde(default = "yes")]
    pub uses_dns: bool,
}

/// A number with its interval and source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lowest.
    pub lo: f64,
    /// Likeliest.
    pub mode: f64,
    /// Highest.
    pub hi: f64,
    /// measured, published or assumed.
    pub label: String,
    /// Who says so.
    pub source: String,
}

/// What is known of a pump's architecture; left out: both are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Architecture {
    /// Erasing flash or another section cannot be preempted.
    #[serde(default)]
    pub nonpreemptive: Option<bool>,
    /// Communication runs at or above the priority of the watchdog kick.
    #[serde(default)]
    pub starves_kick: Option<bool>,
    /// The communication task is supervised and makes blocking calls.
    #[serde(default)]
    pub supervised_blocking: Option<bool>,
    /// Messages are queued without a bound and exhausted memory resets the pump.
    #[serde(default)]
    pub unbounded_queue: Option<bool>,
    /// Communication has a processor of its own.
    #[serde(default)]
    pub separate_processor: Option<bool>,
}

/// How a program waits between attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackOff {
    /// First wait in seconds.
    pub base_s: f64,
    /// What each ceiling is multiplied with.
    pub factor: f64,
    /// Highest ceiling in seconds.
    pub cap_s: f64,
    /// none, proportional, equal, full, decorrelated.
    pub jitter: String,
    /// Share around the ceiling, of proportional jitter.
    #[serde(default)]
    pub share: Option<f64>,
    /// Shortest wait in seconds.
    #[serde(default)]
    pub floor_s: f64,
    /// After what the waits begin anew: connection, session; left out: nobody says, and the worse
    /// counts for herds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_after: Option<String>,
}

/// Servers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// Pump gateway.
    #[serde(default)]
    pub gateway: Option<Server>,
    /// RADIUS.
    #[serde(default)]
    pub radius: Option<Server>,
    /// DHCP.
    #[serde(default)]
    pub dhcp: Option<Server>,
    /// Each name server.
    #[serde(default)]
    pub dns: Option<Server>,
    /// Wireless or access controller.
    #[serde(default)]
    pub access: Option<Server>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Workers.
    #[serde(default = "one")]
    pub workers: u32,
    /// Seconds of work for a request.
    pub service_s: f64,
    /// Seconds of work for each message that waited and is sent when a pump is back; left out: it
    /// keeps no worker busy. Of the gateway alone.
    #[serde(default)]
    pub message_s: f64,
    /// Whether service times are exponential.
    #[serde(default)]
    pub exponential: bool,
    /// Requests that wait at most; left out: any number.
    #[serde(default)]
    pub backlog: Option<u32>,
    /// Requests a second that are admitted.
    #[serde(default)]
    pub rate_limit: Option<f64>,
    /// Whether abandoned requests are skipped.
    #[serde(default)]
    pub cancels: bool,
    /// Whether whoever came last is served first.
    #[serde(default)]
    pub last_first: bool,
    /// Seconds after which the client side gives up.
    #[serde(default)]
    pub timeout_s: Option<f64>,
}

/// One service in one state for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disturbance {
    /// link, radius, dhcp, dns, gateway.
    pub service: String,
    /// Which name server, counted from 0.
    #[serde(default)]
    pub server: u8,
    /// drop, refuse, mute, slow, nxdomain, servfail, handshake-failure, mtu-hole, sessions-lost.
    pub state: String,
    /// How many times slower.
    #[serde(default)]
    pub factor: Option<f64>,
    /// Groups; left out: all.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Begin in seconds.
    pub from_s: f64,
    /// Pumps notice it up to this much later.
    #[serde(default)]
    pub from_spread_s: f64,
    /// Length in seconds; left out: it lasts.
    #[serde(default)]
    pub for_s: Option<f64>,
    /// It ends up to this much later for each pump.
    #[serde(default)]
    pub to_spread_s: f64,
    /// Times that it happens.
    #[serde(default = "one")]
    pub times: u32,
    /// Seconds from one begin to the next.
    #[serde(default)]
    pub every_s: f64,
    /// What causes it.
    #[serde(default)]
    pub cause: String,
}

/// An outage that harmed nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survived {
    /// What was down.
    pub what: String,
    /// For how long, in seconds.
    pub outage_s: f64,
}
