//! How network stacks resolve, retry and back off: flat tables, each row with its source.

pub mod back_off;
pub mod lease;
pub mod resolver;
pub mod schedule;
