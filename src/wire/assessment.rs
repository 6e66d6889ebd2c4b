//! The report of a pre-flight.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observation::{Observation, ServiceSummary};
use super::plan::PlannedStep;
use super::stress::{Stress, Timeline};

/// Version of [`Assessment`].
pub const SCHEMA: &str = "pump-preflight/assessment/1";

/// The answer to one question: which of these changes would hurt which pumps?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// [`SCHEMA`].
    pub schema: String,
    /// Digest of the inputs and the tool's version.
    pub assessment_id: String,
    /// Who says so.
    pub tool: Tool,
    /// The answer.
    pub verdict: Verdict,
    /// The process's exit code.
    pub exit_code: u8,
    /// Counts.
    pub summary: Summary,
    /// Every requirement.
    pub requirements: Vec<Requirement>,
    /// Every changed statement.
    pub changes: Vec<Change>,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// What must be so for `conditional` to become `go`.
    pub conditions: Vec<Condition>,
    /// Questions whose answers would settle something.
    pub unknowns: Vec<Unknown>,
    /// What is assumed, in sentences.
    pub assumptions: Vec<String>,
    /// Where the snapshots end.
    pub boundaries: Vec<Boundary>,
    /// How much was read and understood.
    pub coverage: Coverage,
    /// What the stress model says of each pump group that is disturbed.
    pub stress: Vec<Stress>,
    /// One simulated run of what they live through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// The measurement that the state before was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// What probes measured, each probe of each server.
    pub observations: Vec<Observation>,
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// The steps of a change plan, in order; the rest is about the worst of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PlannedStep>,
}

/// The tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// The answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every change is accounted for and none hurts a requirement.
    Go,
    /// As `go`, once the conditions are met.
    Conditional,
    /// Something that may bear was not understood.
    Inconclusive,
    /// A requirement is hurt.
    NoGo,
}

impl Verdict {
    /// Exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Go => 0,
            Self::NoGo => 1,
            Self::Inconclusive => 3,
            Self::Conditional => 4,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Conditional => "conditional",
            Self::Inconclusive => "inconclusive",
            Self::NoGo => "no-go",
        }
    }
}

/// Counts of requirements, and of pumps and areas that a change hurts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Worked before, does not after.
    pub lost: usize,
    /// Works with less redundancy or more delay.
    pub degraded: usize,
    /// Works in the end, not at once.
    pub transient: usize,
    /// Could not be decided.
    pub unknown: usize,
    /// Works as before.
    pub unchanged: usize,
    /// Did not work before either.
    pub broken_before: usize,
    /// Did not work before, works after.
    pub gained: usize,
    /// Pumps with a requirement that is lost, degraded, transient or unknown.
    pub pumps: u64,
    /// Their care areas.
    pub areas: Vec<String>,
}

/// What a change does to a requirement or a stage.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing.
    Unchanged,
    /// Did not work, works.
    Gained,
    /// Did not work before.
    BrokenBefore,
    /// Works in the end, not at once.
    Transient,
    /// Works with less redundancy or more delay.
    Degraded,
    /// Could not be decided.
    Unknown,
    /// Worked, does not.
    Lost,
}

/// How well a requirement's change is known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Every packet was followed through text that is understood.
    Exact,
    /// Unread statements lie on the path, the same in both snapshots.
    Differential,
    /// It rests on an assumption that the site file names.
    Assumed,
    /// It rests on a measurement.
    Observed,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
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
    /// What the change does.
    pub change: Effect,
    /// How well that is known.
    pub proof: Proof,
    /// Its stages in order.
    pub stages: Vec<Stage>,
    /// What pumps notice.
    pub effect: Option<EffectShape>,
    /// Servers needed and left.
    pub redundancy: Option<Redundancy>,
    /// What was measured of it before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
}

/// What was measured of a requirement before the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// How it stands to what the configuration says.
    pub says: ObservedAs,
    /// Vantages inside of its network.
    pub vantages: Vec<String>,
    /// Why.
    pub why: Vec<String>,
}

/// How a measurement stands to the configuration.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ObservedAs {
    /// Nothing speaks for it.
    NotChecked,
    /// It works, as configured.
    Agrees,
    /// It fails, as configured.
    ConfirmsDown,
    /// The network does otherwise.
    Contradicts,
}

/// A measurement that the state before was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Path of the baseline; `now` where it was measured for this report.
    pub from: String,
    /// When it started, RFC 3339.
    pub started: String,
    /// From where.
    pub vantages: Vec<String>,
    /// Pump networks that no vantage speaks for.
    pub networks_not_checked: Vec<String>,
    /// What the servers of each service add up to.
    pub services: Vec<ServiceSummary>,
}

/// How a stage stands in one state.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StageState {
    /// Works.
    Works,
    /// Depends on what was not read.
    Open,
    /// Fails.
    Fails,
}

/// One stage of a requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// attach, authenticate, authorize, address, resolve, time, connect, secure, session, upstream.
    pub stage: String,
    /// In the before snapshot.
    pub before: StageState,
    /// In the after snapshot.
    pub after: StageState,
    /// What the change does to it.
    pub change: Effect,
    /// One packet, or one question and answer, that shows it.
    pub witness: Option<Witness>,
    /// Statements that decide it.
    pub decided_by: Vec<Origin>,
    /// The smallest set of changes that makes it.
    pub caused_by: Vec<String>,
    /// The smallest set of changes whose omission avoids it.
    pub undone_by: Vec<String>,
    /// Why, in a sentence.
    pub why: String,
}

/// One packet or question that shows a stage's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Witness {
    /// What is sent, in words.
    pub summary: String,
    /// The flow, where the witness is a packet.
    pub flow: Option<super::trace::Flow>,
    /// Hops in the before snapshot, device names.
    pub before_path: Vec<String>,
    /// Hops in the after snapshot, device names.
    pub after_path: Vec<String>,
}

/// What pumps notice of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectShape {
    /// drop, refuse, mute, slow, nxdomain, servfail, wrong-address, handshake-failure, flap, mtu-hole, no-lease, stale-address, session-lost.
    pub shape: String,
    /// When it begins, in words with seconds.
    pub onset: String,
    /// Earliest and latest onset in seconds after the change.
    pub onset_s: [u64; 2],
    /// How long it lasts, in words.
    pub duration: String,
    /// Longest duration in seconds; none where it lasts.
    pub duration_s: Option<u64>,
}

/// Servers of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redundancy {
    /// With fewer it is lost.
    pub need: usize,
    /// With fewer it is degraded.
    pub want: usize,
    /// Addresses that work before.
    pub before: Vec<String>,
    /// Addresses that work after.
    pub after: Vec<String>,
}

/// How a changed statement stands to the requirements.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// Bears on nothing, and why.
    Inert,
    /// Understood; no requirement reads it.
    Elsewhere,
    /// Bears on requirements.
    Bears,
    /// Not understood, and may bear on requirements.
    Blocks,
}

/// One changed statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// `c1`, `c2`, … in order of device, file and line.
    pub id: String,
    /// Device.
    pub device: String,
    /// What changed, in words.
    pub summary: String,
    /// How it stands to the requirements.
    pub bearing: Bearing,
    /// Why.
    pub why: String,
    /// Requirements it bears on, by id.
    pub requirements: Vec<String>,
    /// Where it stands.
    pub origins: Vec<Origin>,
}

/// How bad.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// May hurt under conditions.
    Warning,
    /// Hurts.
    Error,
    /// Hurts in a way that a field action has shown.
    Critical,
}

/// How sure.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Rests on assumptions.
    Low,
    /// Rests on published facts.
    Medium,
    /// Proven from the text.
    High,
}

/// A rule's judgment about a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// `f1`, `f2`, …
    pub id: String,
    /// Rule id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Who loses what, when, because of which line.
    pub title: String,
    /// Requirements, by id.
    pub requirements: Vec<String>,
    /// Changes, by id.
    pub change_ids: Vec<String>,
    /// Where.
    pub origins: Vec<Origin>,
    /// What to do instead.
    pub remedy: String,
    /// Recalls, standards, manuals.
    pub references: Vec<String>,
}

/// When a condition must hold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the window.
    Before,
    /// In the window.
    During,
    /// After the window.
    After,
}

/// What must be so for `conditional` to become `go`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// `k1`, `k2`, …
    pub id: String,
    /// When.
    pub phase: Phase,
    /// What.
    pub text: String,
    /// Whether it is evidenced.
    pub met: bool,
    /// By what.
    pub evidence: Option<String>,
    /// Who sees to it.
    pub owner: Option<String>,
}

/// A question whose answer would settle something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// The question.
    pub question: String,
    /// Whom to ask.
    pub ask: String,
    /// Requirements that wait for it, by id.
    pub blocks: Vec<String>,
    /// The YAML line to paste the answer into.
    pub paste: String,
}

/// Where the snapshots end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Boundary {
    /// Device.
    pub device: String,
    /// Interface.
    pub interface: String,
    /// What lies beyond; empty where nobody declared it.
    pub beyond: String,
    /// permits, denies or unknown.
    pub assume: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// Requirements whose packets cross it, by id.
    pub requirements: Vec<String>,
}

/// How much was read and understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Changed statements.
    pub changed: Share,
    /// Statements of facets that requirements read.
    pub on_path: Share,
    /// All statements.
    pub whole: Share,
    /// Each file.
    pub files: Vec<FileCoverage>,
    /// Packets that were followed once more, one by one, apart from the engine.
    #[serde(default)]
    pub replayed: Replayed,
}

/// How many packets were followed once more, there and back, in both snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// They end where the engine says.
    pub agreed: usize,
    /// They end elsewhere: what rests on them is unknown.
    pub differing: usize,
    /// They were not followed, by what stands in the way.
    pub declined: BTreeMap<String, usize>,
}

/// Understood statements out of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Modeled or known to be irrelevant.
    pub understood: usize,
    /// All.
    pub all: usize,
}

/// How much of one file was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileCoverage {
    /// before or after.
    pub snapshot: String,
    /// Path.
    pub file: String,
    /// Dialect, or none.
    pub dialect: Option<String>,
    /// Why that dialect.
    pub because: String,
    /// Device.
    pub device: String,
    /// Statements by support state: modeled, irrelevant, unmodeled, unrecognized.
    pub statements: [usize; 4],
    /// What was odd about the file, in words.
    pub notes: Vec<String>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// before or after.
    pub name: String,
    /// Where it came from, as given.
    pub from: String,
    /// Digest over its files.
    pub digest: String,
    /// Devices.
    pub devices: usize,
    /// Files.
    pub files: usize,
    /// Statements.
    pub statements: usize,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// before, after, site, profile, rule, topology or baseline.
    pub kind: String,
    /// Path.
    pub path: String,
    /// SHA-256.
    pub sha256: String,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// before, after or site.
    pub snapshot: String,
    /// Path below the snapshot's root.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// The text, secrets masked.
    pub text: String,
}

/// What is printed when no assessment could be made (exit code 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Version.
    pub schema: String,
    /// What failed.
    pub error: FailureDetail,
}

/// Why no assessment could be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailureDetail {
    /// Stable word: usage, input, site, profile, rule, git, canceled.
    pub code: String,
    /// What failed and what to do.
    pub message: String,
    /// File.
    pub file: Option<String>,
    /// One-based line.
    pub line: Option<u32>,
}
