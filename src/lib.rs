//! Tells before a network change which infusion pumps it would hurt, how, and why.
//!
//! # Floors
//!
//! Imports point strictly down; neighbors never see each other; `tests/integration/tidy.rs` keeps it.
//!
//! ```text
//! 9 cli         arguments -> exit code; owns clock, terminal, thread pool
//! 8 report      render(&Assessment, &mut dyn Write)
//! 7 assessment  the pre-flight itself: ties everything, gives the verdict
//! 6 rule        attributes, checks, findings
//! 5 stress      pumps and servers living through disturbances
//! 4 change      statement diff, accounting, comparison, blame, disturbances
//! 3 analysis    judge, trace, routes    input  snapshots, site, profiles    probe  what the live network says
//! 2 dialect     text -> statements -> facets, per language
//! 1 model       devices as facets, holes    intent  site, requirements, profiles    client  resolver and retry models    wire  versioned JSON
//! ½ syntax      statements
//! 0 source      files, origins, excerpts    net  values    set  packet sets    ctx  budget, progress, parallel map
//! ```

pub mod ctx;
pub mod net;
pub mod set;
pub mod source;
pub mod syntax;

pub mod client;
pub mod intent;
pub mod model;
pub mod wire;

pub mod dialect;

pub mod analysis;
pub mod input;

#[cfg(feature = "live")]
pub mod probe;

pub mod change;

pub mod stress;

pub mod rule;

pub mod assessment;

pub mod report;

pub mod cli;
