//! The lab: networks of the kernel's own namespaces as judge of what is computed.
//!
//! It needs Linux, root, and Debian's packages (`.ci/run` names them), and runs only where
//! `PUMP_PREFLIGHT_LAB=1` is set; else every test of it says that it was not run.
//! Nothing that it sends leaves the namespaces that it made.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "the lab drives the kernel and fails by panicking"
)]

mod namespace;
mod probe;
mod reachability;
mod stress;

use std::env;
use std::io::Write as _;

/// Whether the lab is to run; where not, says so on the terminal, past the capture of output.
fn is_wanted(test: &str) -> bool {
    let wanted = env::var_os("PUMP_PREFLIGHT_LAB").is_some_and(|value| value == "1");
    if !wanted {
        let line = format!("NOT RUN: {test} (PUMP_PREFLIGHT_LAB=1 and root run it)\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    wanted
}

/// Says something on the terminal, past the capture of output.
fn say(line: &str) {
    let line = format!("{line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
