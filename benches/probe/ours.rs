//! Our side: a run in a process of its own, so that its memory is its own.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};
use pump_preflight::input::FileTable;
use pump_preflight::input::profile::load_profiles;
use pump_preflight::input::site::parse_site;
use pump_preflight::probe::{Measured, Plan, Settings, Start, run as probe};
use pump_preflight::source::{File, FileId, FileOrigin};
use pump_preflight::wire::observation::{Observation, Vantage};

/// Runs one measurement in a child and returns what it printed.
pub(crate) fn child(words: &[&str]) -> io::Result<String> {
    let output = Command::new(env::current_exe()?)
        .arg("ours")
        .args(words)
        .output()?;
    io::stderr().write_all(&output.stderr)?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}

/// One measurement, as the words say.
pub(crate) fn run(words: &[&str]) -> io::Result<()> {
    let number = |at: usize| words[at].parse::<usize>().map_err(io::Error::other);
    let fast = Settings {
        timeout: Duration::from_millis(500),
        ..Settings::default()
    };
    let (services, which, settings) = match words[0] {
        "icmp" => {
            let mut addresses = String::new();
            for host in 1..=number(1)? {
                let _ = write!(addresses, "127.64.{}.{}, ", host / 256, host % 256);
            }
            let settings = Settings {
                samples: number(2)?,
                interval: Duration::from_millis(number(3)? as u64),
                in_flight: number(4)?,
                ..fast
            };
            let services = format!("  all: {{ kind: other, any_of: [{addresses}], port: icmp }}\n");
            (services, "icmp", settings)
        }
        kind => {
            let settings = Settings {
                samples: number(2)?,
                interval: Duration::from_millis(number(3)? as u64),
                ..fast
            };
            let port = words[1];
            let (kind, port, which) = if kind == "dns" {
                ("dns", format!("udp/{port}"), "dns")
            } else {
                ("other", format!("tcp/{port}"), "tcp-connect")
            };
            let services = format!(
                "  one: {{ kind: {kind}, address: 127.0.0.1, port: {port} }}\n  \
                 named: {{ kind: other, name: pumpgw.example.org, address: 10.50.1.20, port: tcp/1 }}\n"
            );
            (services, which, settings)
        }
    };
    measure(&services, which, settings)
}

/// Measures the first service and prints what it cost.
fn measure(services: &str, which: &str, settings: Settings) -> io::Result<()> {
    let first = services.trim_start().split(':').next().unwrap_or_default();
    let text = format!(
        "schema: 1\nsite: Example\nservices:\n{services}networks:\n  icu: {{ vlan: 230, subnet: \
         10.20.230.0/24 }}\npumps:\n  - {{ id: icu, profile: generic, firmware: {{ unknown: 1 }}, \
         on: [icu], area: ICU, reaction: seconds, addressing: dhcp, uses: [{first}] }}\n"
    );
    let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, text.as_bytes());
    let profiles = load_profiles(&[], None, &mut FileTable::new()).map_err(io::Error::other)?;
    let site = parse_site(&file, &profiles).expect("the site can be read");
    let mut plan =
        Plan::new(&site, &[first.to_owned()], settings, [7; 32]).map_err(io::Error::other)?;
    // Beside a peer that asks one thing, one thing is asked.
    plan.parts.retain(|part| part.probe.id() == which);
    for part in &mut plan.parts {
        part.questions.truncate(1);
    }
    let canceled = AtomicBool::new(false);
    let start = Start {
        started: "",
        unix: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
        site_file: "site.yaml",
        vantage: Arc::new(Vantage::default()),
        deadline: None,
        progress: &|_| {},
        canceled: &canceled,
    };
    let planned = peak_memory()?;
    let (began, used) = (Instant::now(), processor());
    let Measured { observations, .. } = probe(&plan, &start);
    let (wall, used) = (began.elapsed(), processor().saturating_sub(used));
    report(&observations, wall, used, &planned)
}

/// Most memory until now, as the kernel says it.
fn peak_memory() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(peak.unwrap_or("unknown").trim().to_owned())
}

/// Prints counts, times and costs.
fn report(
    observations: &[Observation],
    wall: Duration,
    used: Duration,
    planned: &str,
) -> io::Result<()> {
    let samples = observations.iter().flat_map(|one| {
        let asked = &one.summary.question;
        one.samples
            .iter()
            .filter(move |sample| sample.question == *asked)
    });
    let mut times: Vec<u64> = Vec::new();
    let mut sent = 0_u32;
    for sample in samples {
        sent += 1;
        times.extend(sample.elapsed_us.filter(|_| sample.outcome.is_answer()));
    }
    times.sort_unstable();
    let answered = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    };
    let rate = f64::from(sent) / wall.as_secs_f64();
    let share = 100.0 * used.as_secs_f64() / wall.as_secs_f64();
    writeln!(
        io::stdout(),
        "  pump-preflight: {answered} of {sent} answered in {:.2} s, {rate:.0}/s, {:.2} s processor \
         ({share:.1} %), peak {} ({planned} before the first packet), us p50 {} p99 {} max {}",
        wall.as_secs_f64(),
        used.as_secs_f64(),
        peak_memory()?,
        at(50),
        at(99),
        at(100)
    )
}

/// Processor time of this process.
fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// A name server that answers any question with one address; its port.
pub(crate) fn serve_names() -> io::Result<u16> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let port = socket.local_addr()?.port();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let mut answer = buffer[..length].to_vec();
            // A response, recursion available, one answer: the name of the question, A, IN, 300 s.
            answer[2] |= 0x80;
            answer[3] = 0x80;
            answer[7] = 1;
            answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 10, 50, 1, 20]);
            let _ = socket.send_to(&answer, from);
        }
    });
    Ok(port)
}

/// A server that takes connections and ends them; its port.
pub(crate) fn serve_connections() -> io::Result<u16> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let port = server.local_addr()?.port();
    thread::spawn(move || server.incoming().for_each(drop));
    Ok(port)
}
