//! Pumps and servers living through disturbances: an analytic bound and discrete events.
//!
//! Four roads lead to a watchdog trip and are kept apart; a result may raise a verdict and never
//! lowers one; what is assumed is said. `docs/stress.md` states the model and its limits.

mod advice;
mod assess;
pub mod bound;
pub mod calibrate;
mod described;
pub mod disturbance;
pub mod evaluate;
pub mod fleet;
pub mod judge;
mod number;
pub mod pump;
mod random;
pub mod scenario;
mod segments;
pub mod simulate;

pub use assess::{Asked, assess};

use crate::ctx::Ctx;
use crate::wire::scenario::Scenario;
use crate::wire::stress::{Raises, SIMULATION_SCHEMA, Simulation};

/// Runs a scenario file.
pub fn run(
    scenario: &Scenario,
    seed: u64,
    ctx: &Ctx<'_>,
) -> Result<Simulation, scenario::ScenarioError> {
    let (fleet, segments) = scenario::read(scenario)?;
    let survived = scenario::survived_s(scenario);
    let question = judge::Question {
        fleet: &fleet,
        segments: &segments,
        survived_s: &survived,
        horizon_s: scenario.horizon_s,
        later_s: scenario.outage_spread_s.max(0.0),
        recovery_limit_s: scenario.recovery_limit_s,
        seed,
    };
    let (groups, runs) = evaluate::evaluate(&question, scenario.replications.max(1), ctx);
    let first = runs
        .first()
        .map(|run| evaluate::timeline(&fleet, &groups, run));
    Ok(Simulation {
        schema: SIMULATION_SCHEMA.to_owned(),
        scenario: scenario.name.clone(),
        seed,
        replications: scenario.replications.max(1),
        events: runs.iter().map(|run| run.events).sum(),
        raises: groups
            .iter()
            .map(|group| group.raises)
            .max()
            .unwrap_or(Raises::Nothing),
        groups,
        timeline: first.unwrap_or_else(|| crate::wire::stress::Timeline {
            bin_s: 1,
            pumps: fleet.pumps(),
            connected: Vec::new(),
            servers: Vec::new(),
            queues: Vec::new(),
            margins: Vec::new(),
        }),
    })
}

#[cfg(test)]
mod tests;
