//! What the network does after the change, compared with what it did before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observation::{Interval, State, Stopped, TargetAddress};

/// Version of [`Verification`].
pub const VERIFICATION_SCHEMA: &str = "pump-preflight/verification/1";

/// What `verify --format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Version: [`VERIFICATION_SCHEMA`].
    pub schema: String,
    /// Name and version of the program.
    pub tool: String,
    /// 0 all the same or better, 1 a requirement is broken, 2 canceled, 3 one is unknown, 4 one is
    /// worse.
    pub exit_code: u8,
    /// Counts.
    pub summary: VerificationSummary,
    /// Every requirement of the site, or of the selected services.
    pub requirements: Vec<VerifiedRequirement>,
    /// Every measurement of both sides.
    pub measurements: Vec<ComparedMeasurement>,
    /// What was counted of the pumps themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<ComparedEvidence>,
    /// How measurements were compared.
    pub statistics: ComparisonStatistics,
    /// The measurement before the change.
    pub baseline: MeasurementRun,
    /// The measurement after the change.
    pub now: MeasurementRun,
    /// Why the measurement after the change ended before its plan did.
    pub stopped: Option<Stopped>,
    /// Pump networks that nothing was measured from.
    pub networks_not_checked: Vec<String>,
    /// What does not fit between both measurements and the site file; each forbids exit code 0.
    pub doubts: Vec<String>,
}

/// How something stands after the change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// As it was, as far as the samples can tell.
    Same,
    /// Works where it failed, or is faster, or loses less.
    Better,
    /// Works with fewer servers, more loss or more time.
    Worse,
    /// Not measured on both sides.
    Unknown,
    /// Does not work as required.
    Broken,
}

/// Counts of requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationSummary {
    /// As they were.
    pub same: usize,
    /// Better.
    pub better: usize,
    /// Worse.
    pub worse: usize,
    /// Not known.
    pub unknown: usize,
    /// Broken.
    pub broken: usize,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedRequirement {
    /// `group/network/firmware/service`.
    pub id: String,
    /// Pump group.
    pub group: String,
    /// Network.
    pub network: String,
    /// Firmware.
    pub firmware: String,
    /// Service.
    pub service: String,
    /// Care area.
    pub area: String,
    /// seconds, minutes or hours until harm.
    pub reaction: String,
    /// Number of pumps.
    pub count: u32,
    /// How it stands.
    pub standing: Standing,
    /// Vantages inside of its network that say so.
    pub vantages: Vec<String>,
    /// Why.
    pub why: Vec<String>,
}

/// One probe of one server from one vantage, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedMeasurement {
    /// From where.
    pub vantage: String,
    /// Service.
    pub service: String,
    /// Whom.
    pub target: TargetAddress,
    /// Which probe.
    pub probe: String,
    /// The question that is repeated.
    pub question: String,
    /// State before; `null`: not measured.
    pub before: Option<State>,
    /// State after; `null`: not measured.
    pub after: Option<State>,
    /// How it stands.
    pub standing: Standing,
    /// Whether a requirement's standing rests on it.
    pub bearing: bool,
    /// Why.
    pub why: Vec<String>,
    /// Lost questions.
    pub loss: Option<ComparedLoss>,
    /// Times of answers.
    pub latency: Option<ComparedLatency>,
}

/// What was counted of the pumps themselves, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedEvidence {
    /// leases, clients, connected or denies.
    pub kind: String,
    /// Pump network.
    pub network: String,
    /// Service, where it is counted by service.
    pub service: Option<String>,
    /// Before.
    pub before: u64,
    /// Now.
    pub now: u64,
    /// How it stands.
    pub standing: Standing,
    /// In words.
    pub why: String,
}

/// Lost questions before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedLoss {
    /// Before.
    pub before: Loss,
    /// After.
    pub after: Loss,
    /// One-sided p of Fisher's exact test that more are lost now.
    pub p_worse: f64,
    /// The same that fewer are lost now.
    pub p_better: f64,
}

/// Lost questions out of those sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Lost.
    pub lost: usize,
    /// Sent.
    pub sent: usize,
    /// Between which shares the loss lies.
    pub interval: Option<Interval>,
}

/// Times of answers before and after, in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedLatency {
    /// Answers before and after.
    pub samples: [usize; 2],
    /// Medians before and after.
    pub median_us: [u64; 2],
    /// Hodges and Lehmann's estimate of how much later answers come now.
    pub shift_us: i64,
    /// One-sided p of the Mann-Whitney test that answers come later now.
    pub p_worse: f64,
    /// The same that they come earlier now.
    pub p_better: f64,
    /// Whether so many samples could show a difference at all.
    pub can_tell: bool,
}

/// How measurements were compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonStatistics {
    /// Most often that a run in which nothing changed calls anything worse.
    pub false_alarms: f64,
    /// Tests that share this rate (Holm).
    pub tests: usize,
    /// A shift below this is never worse, in microseconds.
    pub least_shift_us: u64,
    /// A shift below this share of the baseline's median is never worse, in percent.
    pub least_shift_percent: u32,
    /// A loss that grows by less is never worse, in percentage points.
    pub least_loss_points: u32,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasurementRun {
    /// When it started, RFC 3339; empty where nothing was measured.
    pub started: String,
    /// What measured.
    pub tool: String,
    /// From where.
    pub vantages: Vec<String>,
    /// SHA-256 of the site file then.
    pub site_sha256: String,
}
