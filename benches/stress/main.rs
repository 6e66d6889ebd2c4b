//! The stress bench: events a second of chain and retry model, time of the bound.
//!
//! `cargo bench --bench stress` prints all; `-- chain`, `-- retry`, `-- day`, `-- bound`, `-- peers`
//! one of them. Times are the processor's where the system tells (Linux), the least of several runs
//! where a run is short, so that other work on the machine counts little.
//! `benches/stress/peers/` holds the same retry model for `SimPy` and ns-3, which `peers` runs with
//! `$PYTHON` (else `python3`) and `g++`.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output};

use pump_preflight::client::back_off::{BackOff, Jitter};
use pump_preflight::ctx::Ctx;
use pump_preflight::stress::bound;
use pump_preflight::stress::disturbance::{Segment, Service, State};
use pump_preflight::stress::fleet::{Fleet, Group, Server};
use pump_preflight::stress::pump::{PumpClass, Stack};
use pump_preflight::stress::simulate::exchange::{self, Exchange};
use pump_preflight::stress::simulate::{Settings, simulate};

/// Runs the parts that the arguments name, or all.
fn main() -> io::Result<()> {
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let wants = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    if wants("chain") {
        for pumps in [500, 5_000, 100_000] {
            chain(pumps)?;
        }
    }
    if wants("retry") {
        for clients in [500, 5_000, 100_000] {
            retry(clients)?;
        }
    }
    if wants("day") {
        day()?;
    }
    if wants("bound") {
        bounds()?;
    }
    if wants("peers") {
        peers()?;
    }
    Ok(())
}

/// Seconds that all threads have spent on processors.
#[cfg(target_os = "linux")]
fn spent_s() -> f64 {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)
        .map_or(0.0, |spent| std::time::Duration::from(spent).as_secs_f64())
}

/// Seconds since the first call.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn spent_s() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    start.elapsed().as_secs_f64()
}

/// Seconds that a piece of work takes.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = spent_s();
    let result = work();
    (result, spent_s() - start)
}

/// Seconds that a piece of work takes at least, of so many runs.
fn least<T>(runs: usize, mut work: impl FnMut() -> T) -> (Option<T>, f64) {
    let mut best = (None, f64::INFINITY);
    for _ in 0..runs {
        let (result, seconds) = timed(&mut work);
        if seconds < best.1 {
            best = (Some(result), seconds);
        }
    }
    best
}

/// The same retry model in other engines, where they are installed.
#[expect(clippy::disallowed_methods, reason = "a bench starts other engines")]
fn peers() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/stress/peers");
    let print = |name: &str, output: io::Result<Output>| {
        let text = match output {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).into_owned()
            }
            Ok(_) | Err(_) => format!("{name} is not installed"),
        };
        writeln!(io::stdout(), "{}", text.trim_end())
    };
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let simpy = Command::new(python)
        .arg(folder.join("retry.py"))
        .args(["500", "3600"])
        .output();
    print("SimPy", simpy)?;
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ns3-retry");
    let compile = "g++ -O2 -std=c++17 -o \"$1\" \"$2\" $(pkg-config --cflags --libs ns3-core) && \"$1\" 500 3600";
    let ns3 = Command::new("sh")
        .args(["-c", compile, "sh"])
        .arg(&built)
        .arg(folder.join("retry.cc"))
        .output();
    print("ns-3", ns3)
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "for printing")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Exponential back-off with full jitter from 1 to 60 s.
const FULL: BackOff = BackOff {
    base_s: 1.0,
    factor: 2.0,
    cap_s: 60.0,
    jitter: Jitter::Full,
    floor_s: 0.0,
};

/// A fleet of pumps on lwIP whose servers grow with it.
fn fleet(pumps: u32) -> Fleet {
    let class = PumpClass {
        stacks: Stack::find("lwip", 2).into_iter().collect(),
        back_off: FULL,
        tls_timeout_s: Some(10.0),
        ..PumpClass::unknown("icu", 2)
    };
    let scale = f64::from(pumps) / 500.0;
    let mut fleet = Fleet::with_default_servers(vec![Group {
        id: "icu".to_owned(),
        class,
        count: pumps,
    }]);
    fleet.gateway = Server::new(4, 0.04 / scale, None, 10.0);
    fleet.radius = Server::new(1, 0.025 / scale, None, 30.0);
    fleet.radius_ids = u32::MAX;
    fleet.dhcp = Server::new(1, 0.01 / scale, None, 60.0);
    fleet.dns = Server::new(1, 0.000_2 / scale, None, 5.0);
    fleet.access = Server::new(1, 0.000_1 / scale, None, 10.0);
    fleet
}

/// The complete chain: an outage of the access network, then of the gateway, for an hour.
fn chain(pumps: u32) -> io::Result<()> {
    let fleet = fleet(pumps);
    let mut segments = Segment::flap(60.0, 20.0, 300.0, 4, "flap");
    segments.push(Segment::new(
        Service::Gateway,
        State::Refuse,
        1_500.0,
        Some(3_300.0),
        "reject",
    ));
    let (runs, seconds) = least(3, || {
        simulate(
            &fleet,
            &segments,
            &Settings::once(1, 3_600.0),
            &Ctx::quiet(),
        )
    });
    let runs = runs.unwrap_or_default();
    let events: u64 = runs.iter().map(|run| run.events).sum();
    let bytes = runs.first().map_or(0, |run| run.bytes_per_pump);
    writeln!(
        io::stdout(),
        "chain {pumps} pumps: {events} events in {seconds:.3} s, {:.1} M events/s, {bytes} B a pump",
        number(events) / seconds / 1e6
    )
}

/// The bare retry model, as in the peers.
fn retry(clients: u32) -> io::Result<()> {
    let scale = f64::from(clients) / 500.0;
    let model = Exchange {
        clients,
        horizon_s: 3_600.0,
        workers: 1,
        service_s: 0.005 / scale,
        exponential: true,
        backlog: None,
        timeout_s: 3.0,
        back_off: FULL,
        period_s: 30.0,
        outage_s: 120.0,
        start_spread_s: 30.0,
    };
    let (out, seconds) = least(3, || exchange::run(&model, 1));
    let out = out.unwrap_or_default();
    writeln!(
        io::stdout(),
        "retry {clients} clients: {} attempts, {} answered, {} events in {seconds:.3} s, {:.1} M events/s",
        out.attempts,
        out.answered,
        out.events,
        number(out.events) / seconds / 1e6
    )
}

/// 500 pumps for 24 hours, 200 replications.
fn day() -> io::Result<()> {
    let fleet = fleet(500);
    let segments = [Segment::new(
        Service::Gateway,
        State::Drop,
        36_000.0,
        Some(39_600.0),
        "access list",
    )];
    let settings = Settings {
        replications: 200,
        outage_spread_s: 60.0,
        every_day: true,
        ..Settings::once(1, 86_400.0)
    };
    let (runs, seconds) = timed(|| simulate(&fleet, &segments, &settings, &Ctx::quiet()));
    let events: u64 = runs.iter().map(|run| run.events).sum();
    writeln!(
        io::stdout(),
        "day 500 pumps x 24 h x 200: {events} events in {seconds:.2} s of one processor"
    )
}

/// The bound for 20 classes on 4 stacks each, 16 hypotheses, 200 draws.
fn bounds() -> io::Result<()> {
    let groups = (0..20)
        .map(|number| Group {
            id: format!("class-{number}"),
            class: PumpClass {
                stacks: Stack::find("lwip", 2).into_iter().collect(),
                ..PumpClass::unknown("class", 2)
            },
            count: 50,
        })
        .collect();
    let fleet = Fleet::with_default_servers(groups);
    let segments = [Segment::new(
        Service::Gateway,
        State::Drop,
        600.0,
        Some(2_400.0),
        "access list",
    )];
    let (trips, best) = least(200, || {
        bound::grid(&fleet, &segments, (7_200.0, 0.0), 200, 1)
    });
    let trips = trips.unwrap_or_default();
    writeln!(
        io::stdout(),
        "bound 20 classes x 16 hypotheses x 200 draws: {:.3} ms ({trips} of 64000 trip)",
        best * 1e3
    )
}
