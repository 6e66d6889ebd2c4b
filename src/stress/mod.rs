//! Pumps and servers living through disturbances: an analytic bound and discrete events.
//!
//! Four roads lead to a watchdog trip and are kept apart; a result may raise a verdict and never
//! lowers one; what is assumed is said. `docs/stress.md` states the model and its limits.

pub mod bound;
pub mod disturbance;
pub mod fleet;
mod number;
pub mod pump;
mod random;
pub mod simulate;
