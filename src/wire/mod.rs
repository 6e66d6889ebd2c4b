//! Versioned JSON: what other programs read and write.
//!
//! Fields are only ever added; the version stands in `schema`.
//! A reader takes an unknown enumeration value as inconclusive.

pub mod answer;
pub mod assessment;
pub mod bundle;
pub mod calibration;
pub mod network;
pub mod observation;
pub mod plan;
pub mod scenario;
pub mod stress;
pub mod trace;
pub mod verification;

pub use network::Topology;
