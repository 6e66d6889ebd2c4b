//! What the stress model says of each pump group, and what a simulation shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of [`Stress`].
pub const STRESS_SCHEMA: &str = "pump-preflight/stress/1";
/// Version of [`Simulation`].
pub const SIMULATION_SCHEMA: &str = "pump-preflight/simulation/1";

/// What a stress result does to a verdict; it never lowers one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Raises {
    /// The verdict stays what requirements and findings made it.
    Nothing,
    /// To conditional.
    Conditional,
    /// To no-go.
    NoGo,
}

impl Raises {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Conditional => "conditional",
            Self::NoGo => "no-go",
        }
    }
}

/// What the stress model says of a pump group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stress {
    /// [`STRESS_SCHEMA`].
    pub schema: String,
    /// Pump group.
    pub group: String,
    /// Number of pumps.
    pub pumps: u32,
    /// What it does to the verdict.
    pub raises: Raises,
    /// The result in one sentence.
    pub summary: String,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// Each road to a watchdog trip on each possible stack; never averaged.
    pub branches: Vec<Branch>,
    /// Servers that the pumps meet as a herd.
    pub servers: Vec<Herd>,
    /// How they come back.
    pub recovery: Recovery,
    /// What is better done, computed for this change.
    pub advice: Vec<String>,
    /// Assumptions under which the bound holds.
    pub holds_under: Vec<String>,
    /// Changes that cause the disturbances, by their id.
    pub causes: Vec<String>,
}

/// One road to a watchdog trip on one possible stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Branch {
    /// non-preemptive-section, starved-kick, blocking-call, exhausted-memory.
    pub mechanism: String,
    /// The branch in which it holds.
    pub only: String,
    /// Network stack.
    pub stack: String,
    /// What is bounded.
    pub unit: String,
    /// Worst value with the likeliest parameters; none: without bound.
    pub bound: Option<f64>,
    /// Its limit with the likeliest parameters.
    pub limit: f64,
    /// Margin that nine of ten parameter draws exceed, after what ordinary days and survived outages
    /// exclude; none: without bound.
    pub margin_low: Option<f64>,
    /// Median margin.
    pub margin_median: Option<f64>,
    /// Share of draws that trip, before anything is excluded; never printed as nothing.
    pub trips_prior: String,
    /// Share of draws that trip after what is excluded.
    pub trips: String,
    /// Draws left after what is excluded.
    pub draws: u32,
    /// The burden over that of an ordinary day: median and nine of ten; none: without bound.
    pub stress_factor: [Option<f64>; 2],
    /// Parameters that decide it, the strongest first.
    pub decided_by: Vec<Deciding>,
}

/// A parameter that decides a margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deciding {
    /// Parameter.
    pub parameter: String,
    /// What it is.
    pub meaning: String,
    /// Rank correlation with the margin.
    pub correlation: f64,
    /// measured, published, assumed.
    pub label: String,
    /// Where it is known from.
    pub source: String,
    /// What would settle it.
    pub settle: String,
}

/// A herd at a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Herd {
    /// Server.
    pub server: String,
    /// Pumps that come at once.
    pub pumps: u64,
    /// Requests a second that it serves.
    pub rate: f64,
    /// Largest herd that it frees itself of; none: no herd can stick.
    pub threshold: Option<f64>,
    /// Pumps over threshold.
    pub ratio: f64,
    /// Longest backlog with which no herd can stick; none: nothing is abandoned.
    pub curing_backlog: Option<f64>,
    /// Seconds to serve everybody once.
    pub drain_s: f64,
}

/// How pumps come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// Worst time in seconds from the end of the disturbances; none: not bounded.
    pub bound_s: Option<f64>,
    /// Median, 95 of 100 and longest in the simulation, in seconds.
    pub simulated_s: Option<[f64; 3]>,
    /// Pumps without a session at the end of the simulation.
    pub never: u32,
}

/// What a simulation shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// [`SIMULATION_SCHEMA`].
    pub schema: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed.
    pub seed: u64,
    /// Replications.
    pub replications: u32,
    /// Events of all replications.
    pub events: u64,
    /// What it raises, the worst over groups.
    pub raises: Raises,
    /// Groups.
    pub groups: Vec<Stress>,
    /// The first replication in time.
    pub timeline: Timeline,
}

/// One replication in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// Seconds of a bin.
    pub bin_s: u32,
    /// Pumps in all.
    pub pumps: u64,
    /// Pumps in a session at the end of each bin.
    pub connected: Vec<u32>,
    /// Servers.
    pub servers: Vec<Arrivals>,
    /// Queue of the worst pump of each group over time.
    pub queues: Vec<Queue>,
    /// Watchdog margins.
    pub margins: Vec<Margin>,
}

/// Arrivals at a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Arrivals {
    /// Server.
    pub server: String,
    /// Requests a second that it serves.
    pub capacity: f64,
    /// Most arrivals in one second of each bin.
    pub peak: Vec<u32>,
    /// Longest queue.
    pub queue_max: usize,
    /// Requests dropped.
    pub dropped: u64,
    /// Requests served for nobody.
    pub wasted: u64,
}

/// The queue of a group's pumps at worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Queue {
    /// Group.
    pub group: String,
    /// Bytes of the pump that waits longest, at the end of each bin.
    pub bytes: Vec<f64>,
    /// Memory with the likeliest parameters.
    pub heap: f64,
}

/// The band of a watchdog margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Margin {
    /// Group, mechanism and stack.
    pub name: String,
    /// Margin that nine of ten draws exceed; none: without bound.
    pub low: Option<f64>,
    /// Median.
    pub median: Option<f64>,
}
