//! The integration tests, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::use_debug,
    reason = "tests read fixtures and fail by panicking"
)]

mod dialects;
#[cfg(feature = "live")]
mod probes;
mod reports;
mod support;
mod tidy;
