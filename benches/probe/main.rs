//! The probe bench: rate, memory, processor time and timing error beside those of peers.
//!
//! `cargo bench --bench probe` prints all; `-- icmp`, `-- timing`, `-- dns`, `-- cpu` one of them. It
//! runs in a network namespace of its own, where every address is the loopback interface's; a peer
//! that is not installed is said to be missing. Debian: fping, dnsperf,
//! prometheus-blackbox-exporter, prometheus-smokeping-prober.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench starts programs, opens sockets and fails by panicking"
)]

mod ours;
mod peer;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

/// Marks the process that is inside of the namespace.
const INSIDE: &str = "PUMP_PREFLIGHT_BENCH_INSIDE";
/// Makes loopback work and lets everybody send echo requests, then runs the rest of the line.
const SETUP: &str = "ip link set lo up && \
                     echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range && exec \"$@\"";

/// Runs the parts that the arguments name, or all.
fn main() -> io::Result<()> {
    let arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let words: Vec<String> = arguments.collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["ours", rest @ ..] = words.as_slice() {
        return ours::run(rest);
    }
    if env::var_os(INSIDE).is_none() {
        let own = env::current_exe()?;
        let status = Command::new("unshare")
            .args(["-n", "sh", "-c", SETUP, "sh"])
            .arg(own)
            .args(&words)
            .env(INSIDE, "1")
            .status()?;
        return status
            .success()
            .then_some(())
            .ok_or_else(|| io::Error::other("unshare -n"));
    }
    let load = fs::read_to_string("/proc/loadavg")?;
    say(&format!("load average {}", load.trim()))?;
    let wants = |name: &str| words.is_empty() || words.contains(&name);
    if wants("icmp") {
        echo_rate()?;
    }
    if wants("timing") {
        timing()?;
    }
    if wants("dns") {
        dns()?;
    }
    if wants("cpu") {
        processor()?;
    }
    Ok(())
}

/// Prints one line.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// One echo request to each of 16,382 addresses.
fn echo_rate() -> io::Result<()> {
    let count = 16_382;
    say(&format!("\nICMP echo, {count} addresses once"))?;
    say(&ours::child(&["icmp", &count.to_string(), "1", "0", "64"])?)?;
    peer::fping(count)
}

/// One echo request a second to each of 250 addresses, for 20 s: the true time is some microseconds.
fn timing() -> io::Result<()> {
    say("\ntiming of ICMP echo, 250 addresses once a second, 20 s")?;
    say(&ours::child(&["icmp", "250", "20", "1000", "250"])?)?;
    for privileged in [false, true] {
        peer::smokeping_prober(250, 20, privileged)?;
    }
    Ok(())
}

/// The same question 1,000 times to a server on the loopback interface, 200 a second.
fn dns() -> io::Result<()> {
    say("\nDNS, 1,000 questions, 200 a second")?;
    let port = ours::serve_names()?.to_string();
    say(&ours::child(&["dns", &port, "1000", "5"])?)?;
    peer::dnsperf(&port)
}

/// Processor time of a probe.
fn processor() -> io::Result<()> {
    say("\nprocessor time of 1,000 probes of one address")?;
    let port = ours::serve_connections()?.to_string();
    say(&ours::child(&["icmp", "1", "1000", "0", "4"])?)?;
    say(&ours::child(&["tcp", &port, "1000", "0"])?)?;
    peer::blackbox_exporter(&port)
}
