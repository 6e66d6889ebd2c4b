//! How network stacks resolve, retry and back off: flat tables, each row with its source.

pub mod lease;
pub mod resolver;
