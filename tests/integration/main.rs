//! The integration tests, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::use_debug,
    clippy::print_stdout,
    reason = "tests read fixtures and fail by panicking"
)]

mod again;
mod algebra;
mod calibration;
mod cli;
mod dialects;
#[cfg(feature = "live")]
mod dry_run;
mod input;
mod linux;
#[cfg(feature = "live")]
mod pipelines;
mod plans;
mod probes;
mod reports;
mod rule_table;
mod rules;
mod scenarios;
mod semantics;
mod stages;
mod support;
mod tidy;
#[cfg(all(feature = "live", unix))]
mod vantages;
#[cfg(feature = "live")]
mod verify;
