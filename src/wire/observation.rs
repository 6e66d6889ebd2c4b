//! What probes measured.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::answer::{
    Answer, DhcpAnswer, DnsAnswer, DnsRecord, DnsSignature, EchoAnswer, HopAnswer, HttpAnswer,
    NtpAnswer, RadiusAnswer, TlsAnswer,
};

/// Version of [`Observation`].
pub const OBSERVATION_SCHEMA: &str = "pump-preflight/observation/1";
/// Version of [`ProbePlan`].
pub const PROBE_PLAN_SCHEMA: &str = "pump-preflight/probe-plan/1";
/// Version of [`ProbeReport`].
pub const PROBE_SCHEMA: &str = "pump-preflight/probe/1";

/// What `probe --format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// Version: [`PROBE_SCHEMA`].
    pub schema: String,
    /// Name and version of the program.
    pub tool: String,
    /// SHA-256 of the site file.
    pub site_sha256: String,
    /// 0 as required, 1 a service fails or its servers disagree, 2 canceled, 3 a measurement is
    /// missing.
    pub exit_code: u8,
    /// Why the run ended before its plan did.
    pub stopped: Option<Stopped>,
    /// Each selected service.
    pub services: Vec<ServiceSummary>,
    /// Where it was measured; empty: at one place, here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vantages: Vec<VantageRun>,
    /// Pump networks that no vantage speaks for: nothing is said about them.
    pub networks_not_checked: Vec<String>,
    /// Each probe of each server.
    pub observations: Vec<Observation>,
}

/// One place of a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VantageRun {
    /// Id.
    pub id: String,
    /// here, ssh, namespace, bundle, blackbox, prometheus or script.
    pub via: String,
    /// full, or reduced where the engine hides something.
    pub fidelity: String,
    /// Why nothing came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What `probe --dry-run --format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbePlan {
    /// Version: [`PROBE_PLAN_SCHEMA`].
    pub schema: String,
    /// Name and version of the program.
    pub tool: String,
    /// What would be sent.
    pub packets: Vec<PlannedPacket>,
    /// What answers may add to that: at most so many each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<PlannedPacket>,
    /// Why servers would not be asked, by service.
    pub not_probed: BTreeMap<String, Vec<String>>,
    /// How long it would take while every answer comes at once.
    pub seconds: f64,
    /// Seconds between two packets to one address.
    pub interval_seconds: f64,
    /// Most questions under way.
    pub in_flight: usize,
}

/// One question of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedPacket {
    /// Service.
    pub service: String,
    /// Whom.
    pub target: TargetAddress,
    /// Which probe.
    pub probe: String,
    /// The question in words.
    pub question: String,
    /// How often.
    pub times: usize,
    /// Bytes sent; 0 where the operating system or TLS writes the packets.
    pub bytes: usize,
    /// Whether it is asked only after a truncated answer.
    pub when_truncated: bool,
    /// In which case alone it is asked; `null`: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
    /// Which vantage sends it, where several do; `null`: this host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<String>,
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stopped {
    /// The reason.
    pub reason: StopReason,
    /// A sentence that names the server, where there is one.
    pub text: String,
}

/// Reasons to end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The user asked for it.
    Canceled,
    /// A server that had answered did not any more.
    Distress,
    /// The time allowed was over.
    Deadline,
}

/// What the servers of one service add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSummary {
    /// From where; empty: from the only vantage of the report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vantage: String,
    /// Id in the site file.
    pub service: String,
    /// State.
    pub state: State,
    /// Why, in words.
    pub why: Vec<String>,
    /// Servers that work as required.
    pub working: usize,
    /// With fewer the service fails.
    pub need: usize,
    /// With fewer the service is degraded.
    pub want: usize,
    /// How long clients take to an answer, given how each name server behaved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_to_answer: Vec<TimeToAnswer>,
    /// What was measured of the service as a whole, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Where the service is declared.
    pub anchor: Anchor,
}

/// How long one kind of client takes to an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeToAnswer {
    /// The client's resolver; which one a pump has is a hypothesis.
    pub model: String,
    /// In which state of the servers, in words; `null`: as measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_servers: Option<String>,
    /// answer, no-such-name or failure; the best of them where sources contradict each other.
    pub end: String,
    /// Seconds waited besides the network's own time; `null`: the program sets the waits, or sources
    /// contradict each other.
    pub seconds: Option<f64>,
    /// The same for a program that asks for IPv6 addresses too; `null` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_with_ipv6: Option<f64>,
    /// How that ends, where otherwise than `end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_with_ipv6: Option<String>,
    /// Seconds that a lookup took that was lived through, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_seconds: Option<f64>,
}

/// One thing that was measured, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// What it is about.
    pub behavior: Behavior,
    /// What it means: `works` is worth knowing, everything else speaks against the service.
    pub state: State,
    /// In words.
    pub text: String,
}

/// What a statement is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Behavior {
    /// What a server answers: as the site file says, or one of the ways not to answer.
    Answer,
    /// Answers, serials or response codes that differ between servers.
    SplitBrain,
    /// How long an answer is kept, over its whole chain of aliases.
    Ttl,
    /// How long it is kept that a name does not exist.
    NegativeCaching,
    /// Chains, loops and dead ends of aliases.
    Chain,
    /// Servers that do not answer for the zone they are named for, and name servers without address.
    Delegation,
    /// Answers that do not fit, and the way over TCP.
    Truncation,
    /// Sizes and options of EDNS that get lost.
    Edns,
    /// Names that search domains make.
    Search,
    /// Names of addresses.
    Reverse,
    /// Loss and the slowest answers.
    Tail,
    /// How long clients wait while servers do not answer.
    Failover,
    /// Answers that the server keeps past their time.
    Stale,
    /// Questions for IPv6 addresses.
    Ipv6,
    /// Signatures, their dates and validation.
    Dnssec,
    /// Records that the site file requires.
    Record,
    /// Answers that differ by the place they are asked from.
    View,
    /// Questions in mixed case, as resolvers send them against forgery.
    Case,
    /// Clocks of time servers.
    Clock,
    /// Versions and suites of TLS.
    Tls,
    /// The server's certificate.
    Certificate,
    /// Whether a connection is taken, and how long it lives.
    Connection,
    /// The path: hops and packet sizes.
    Path,
    /// What could not be measured, and why.
    NotMeasured,
}

/// States of a service or of one server.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As required.
    Works,
    /// Works, with loss or with fewer servers than wanted.
    Degraded,
    /// Not as required.
    Fails,
    /// Servers say different things.
    Disagrees,
    /// The measurement could not be made or was cut short.
    NotMeasured,
    /// The site file does not allow it.
    NotProbed,
}

/// One probe of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Version: [`OBSERVATION_SCHEMA`].
    pub schema: Cow<'static, str>,
    /// From where.
    pub vantage: Arc<Vantage>,
    /// What measured.
    pub engine: Cow<'static, str>,
    /// full, or reduced where the engine hides something.
    pub fidelity: Cow<'static, str>,
    /// Id of the service in the site file.
    pub service: String,
    /// Whom.
    pub target: TargetAddress,
    /// Which probe.
    pub probe: Cow<'static, str>,
    /// When the run started, RFC 3339.
    pub started: String,
    /// Each packet or connection.
    pub samples: Vec<Sample>,
    /// Counts and times of the question that is repeated.
    pub summary: Summary,
    /// State.
    pub state: State,
    /// Whether the service's own state rests on it.
    pub bearing: bool,
    /// Why it does not work as required.
    pub why: Vec<String>,
    /// The same and what else is worth knowing, each with what it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Whether fewer samples were taken than planned.
    pub partial: bool,
    /// Where the service is declared: the place of a finding about it.
    pub anchor: Anchor,
}

/// A place to measure from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vantage {
    /// Id; `local` is where the program runs.
    pub id: String,
    /// Interfaces with an address.
    pub interfaces: Vec<VantageInterface>,
}

/// An interface of a vantage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct VantageInterface {
    /// Name.
    pub name: String,
    /// Hardware address.
    pub mac: Option<String>,
    /// Addresses with prefix length.
    pub addresses: Vec<String>,
}

/// Whom a probe asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TargetAddress {
    /// Address.
    pub address: String,
    /// udp/53, tcp/443 or icmp.
    pub port: String,
}

/// Where the site file declares a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Anchor {
    /// Path as given.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
}

/// What came back of one question.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An answer with what was asked for; for TCP, a connection.
    Answer,
    /// The name does not exist.
    Nxdomain,
    /// The name exists, not with this type.
    Nodata,
    /// The server cannot answer (rcode SERVFAIL).
    Servfail,
    /// The server will not answer (rcode REFUSED).
    Refused,
    /// Another error code of the protocol.
    OtherError,
    /// The host says that nobody listens.
    RefusedPort,
    /// Nothing came back in time.
    Timeout,
    /// The network says that the host cannot be reached.
    Unreachable,
    /// The connection was closed before the answer was whole.
    Closed,
    /// The answer makes no sense.
    Malformed,
    /// This host could not send: nothing is known about the server.
    NotSent,
}

impl Outcome {
    /// Whether the server itself said something.
    pub fn is_answer(self) -> bool {
        match self {
            Self::Answer
            | Self::Nxdomain
            | Self::Nodata
            | Self::Servfail
            | Self::Refused
            | Self::OtherError => true,
            Self::RefusedPort
            | Self::Timeout
            | Self::Unreachable
            | Self::Closed
            | Self::Malformed
            | Self::NotSent => false,
        }
    }
}

/// One question and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// The question in words.
    pub question: Cow<'static, str>,
    /// What came back.
    pub outcome: Outcome,
    /// Microseconds after the start of the run.
    pub at_us: u64,
    /// Microseconds from sending to the answer.
    pub elapsed_us: Option<u64>,
    /// Bytes sent.
    pub sent_bytes: usize,
    /// Bytes received.
    pub received_bytes: usize,
    /// What was wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the answer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// Counts and times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The question that is counted.
    pub question: Cow<'static, str>,
    /// Questions sent.
    pub sent: usize,
    /// Questions with any answer, an error code included.
    pub answered: usize,
    /// Questions without an answer.
    pub lost: usize,
    /// Between which shares the loss lies; `null`: nothing was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Interval>,
    /// Times of the answers; `null` without one.
    pub latency: Option<Latency>,
}

/// A share with 95 of 100 confidence (Wilson score interval).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
}

/// Times in microseconds; percentiles are the smallest value that so many samples do not exceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Shortest.
    pub min_us: u64,
    /// Half.
    pub p50_us: u64,
    /// 95 of 100.
    pub p95_us: u64,
    /// 99 of 100.
    pub p99_us: u64,
    /// Longest.
    pub max_us: u64,
    /// p95 minus p50, as one-way delay tools define jitter.
    pub jitter_us: u64,
}
