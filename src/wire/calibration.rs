//! What a capture says of how clients retry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of [`Calibration`].
pub const CALIBRATION_SCHEMA: &str = "pump-preflight/calibration/1";

/// What a capture says of how clients retry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// [`CALIBRATION_SCHEMA`].
    pub schema: String,
    /// The capture as it was named.
    pub file: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Packets in it.
    pub packets: u64,
    /// Seconds from its first packet to its last.
    pub span_s: f64,
    /// What was not read or not used, and why.
    pub notes: Vec<String>,
    /// What each client retries of each service.
    pub clients: Vec<Retries>,
    /// The same over all clients of a service.
    pub services: Vec<Retries>,
    /// Profile fields that the capture justifies.
    pub fields: Vec<JustifiedField>,
    /// What the capture justifies of a scenario's group.
    pub scenario: JustifiedGroup,
}

/// How one client, or all clients, retry one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retries {
    /// The client; none: all of them.
    pub client: Option<String>,
    /// tcp, tcp-data, dns, dhcp, eapol, radius.
    pub protocol: String,
    /// The service: address and port, the name asked for, or nothing.
    pub service: String,
    /// Clients.
    pub clients: usize,
    /// Attempts; an attempt is what one identifier or port belongs to.
    pub attempts: usize,
    /// Packets of all attempts.
    pub sends: usize,
    /// How many attempts were answered, refused, accepted without a word after that, or silent.
    pub outcomes: Outcomes,
    /// The known schedule that it keeps to.
    pub schedule: Option<ScheduleMatch>,
    /// A model of the gaps within an attempt, where no known schedule fits.
    pub gaps: Option<WaitModel>,
    /// A model of the waits from the end of a failed attempt to the next attempt.
    pub back_off: Option<WaitModel>,
    /// Seconds from an attempt's first packet within which it gave up: not before the first, not
    /// after the second.
    pub gives_up_s: Option<[f64; 2]>,
    /// Shortest time in seconds from the end of a failed attempt to the next.
    pub floor_s: Option<f64>,
    /// Seconds from the begin of an attempt to the begin of the next: shortest, median, longest.
    pub cycle_s: Option<[f64; 3]>,
    /// Most attempts of one client that were open at once.
    pub concurrency: usize,
    /// Whether clients retry in step.
    pub synchrony: Option<Synchrony>,
}

/// What came of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// Answered, for TCP with payload.
    pub answered: usize,
    /// Refused.
    pub refused: usize,
    /// Accepted, then mute.
    pub mute: usize,
    /// No answer.
    pub silent: usize,
}

/// The known schedule that fits best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleMatch {
    /// fits, ambiguous, none.
    pub verdict: String,
    /// Schedule; the nearest where none fits.
    pub best: String,
    /// Its log score; 0 is perfect.
    pub score: f64,
    /// Attempts that it explains within the timer tolerance.
    pub explained: usize,
    /// Attempts compared.
    pub compared: usize,
    /// Second best.
    pub runner_up: Option<String>,
    /// Its log score.
    pub runner_up_score: Option<f64>,
    /// Schedules that the capture cannot tell apart.
    pub also: Vec<String>,
}

/// A model of waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitModel {
    /// fits, ambiguous, none, too-few.
    pub verdict: String,
    /// Waits compared.
    pub waits: usize,
    /// Shortest and longest in seconds.
    pub range_s: [f64; 2],
    /// The best model; none where too few waits were seen.
    pub model: Option<BackOffModel>,
    /// Waits that it explains.
    pub explained: usize,
    /// Log score, with a penalty for each parameter.
    pub score: Option<f64>,
    /// The best of another kind or factor.
    pub runner_up: Option<BackOffModel>,
    /// Its log score.
    pub runner_up_score: Option<f64>,
}

/// Base, factor, cap and jitter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackOffModel {
    /// First wait in seconds.
    pub base_s: f64,
    /// What each ceiling is multiplied with.
    pub factor: f64,
    /// Highest ceiling in seconds; none: not reached.
    pub cap_s: Option<f64>,
    /// none, proportional, equal, full.
    pub jitter: String,
    /// Share around the ceiling, of proportional jitter.
    pub share: Option<f64>,
}

/// Whether clients retry in step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Synchrony {
    /// Clients compared.
    pub clients: usize,
    /// Length of the mean phase vector: 1 in step, 0 spread out.
    pub length: f64,
    /// Chance of that length where clients are independent (Rayleigh's test).
    pub chance: f64,
    /// Most attempts that began within one second.
    pub peak_1s: usize,
}

/// A profile field that a capture justifies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JustifiedField {
    /// Path.
    pub path: String,
    /// Value as it stands in YAML.
    pub value: String,
    /// The file and what in it says so.
    pub source: String,
}

/// What a capture justifies of a scenario's group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JustifiedGroup {
    /// Network stack.
    pub stack: Option<String>,
    /// How the program waits.
    pub back_off: Option<BackOffModel>,
}
