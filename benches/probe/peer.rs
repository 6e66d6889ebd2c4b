//! The peers, each asked for the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::say;

/// What a program cost.
struct Cost {
    /// Wall time.
    wall: Duration,
    /// Processor time in seconds.
    used: f64,
    /// Most memory, as the kernel says it.
    peak: String,
}

/// Starts a program; `None`, said: it is not installed.
fn start(program: &str, words: &[&str], to: Stdio) -> io::Result<Option<Child>> {
    let child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(to)
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(child) => Ok(Some(child)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            say(&format!("  {program}: missing"))?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Processor time in seconds and peak memory of a program that runs.
fn costs(child: &Child) -> Option<(f64, String)> {
    let folder = format!("/proc/{}", child.id());
    let stat = fs::read_to_string(format!("{folder}/stat")).ok()?;
    // After the name in brackets: fields 14 and 15 of proc(5), in ticks of a hundredth second.
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    let ticks: f64 = fields
        .get(11..13)?
        .iter()
        .filter_map(|text| text.parse::<f64>().ok())
        .sum();
    let status = fs::read_to_string(format!("{folder}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some((ticks / 100.0, peak.trim().to_owned()))
}

/// Watches a program to its end.
fn to_end(child: &mut Child) -> io::Result<Cost> {
    let began = Instant::now();
    let mut last = (0.0, String::new());
    while child.try_wait()?.is_none() {
        last = costs(child).unwrap_or(last);
        thread::sleep(Duration::from_millis(2));
    }
    Ok(Cost {
        wall: began.elapsed(),
        used: last.0,
        peak: last.1,
    })
}

/// fping over as many addresses, as fast as it may.
pub(crate) fn fping(count: u32) -> io::Result<()> {
    let mut list = tempfile::NamedTempFile::new()?;
    for host in 1..=count {
        writeln!(list, "127.64.{}.{}", host / 256, host % 256)?;
    }
    let path = list.path().display().to_string();
    let words = ["-q", "-r", "0", "-i", "0.01", "-t", "500", "-f", &path];
    let Some(mut child) = start("fping", &words, Stdio::null())? else {
        return Ok(());
    };
    let cost = to_end(&mut child)?;
    let rate = f64::from(count) / cost.wall.as_secs_f64();
    say(&format!(
        "  fping: {count} in {:.2} s, {rate:.0}/s, {:.2} s processor, peak {}",
        cost.wall.as_secs_f64(),
        cost.used,
        cost.peak
    ))
}

/// The smokeping prober, and the buckets in which the median and the slowest percent lie.
pub(crate) fn smokeping_prober(count: usize, seconds: u64, privileged: bool) -> io::Result<()> {
    let hosts: Vec<String> = (1..=count).map(|host| format!("127.64.0.{host}")).collect();
    let flag = if privileged {
        "--privileged"
    } else {
        "--no-privileged"
    };
    let mut empty = tempfile::NamedTempFile::new()?;
    empty.write_all(b"targets: []\n")?;
    let config = format!("--config.file={}", empty.path().display());
    let mut words = vec!["--web.listen-address=127.0.0.1:9374", flag, &config];
    words.extend(hosts.iter().map(String::as_str));
    let program = "prometheus-smokeping-prober";
    let Some(mut child) = start(program, &words, Stdio::null())? else {
        return Ok(());
    };
    let began = Instant::now();
    thread::sleep(Duration::from_secs(seconds));
    let text = get(9374, "/metrics");
    let (used, peak) = costs(&child).unwrap_or_default();
    let share = 100.0 * used / began.elapsed().as_secs_f64();
    child.kill()?;
    child.wait()?;
    let mut buckets: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let text = text.unwrap_or_default();
    for line in text
        .lines()
        .filter(|line| line.contains("_duration_seconds_bucket{"))
    {
        let edge = line
            .split("le=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let edge: f64 = edge
            .and_then(|edge| edge.parse().ok())
            .unwrap_or(f64::INFINITY);
        let value: f64 = line
            .rsplit(' ')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0);
        buckets.entry(edge.to_bits()).or_insert((edge, 0.0)).1 += value;
    }
    let all = buckets
        .values()
        .map(|(_, count)| *count)
        .fold(0.0, f64::max);
    let at = |share: f64| {
        let mut edges = buckets.values();
        edges
            .find(|(_, count)| *count >= all * share)
            .map_or(f64::NAN, |(edge, _)| edge * 1e6)
    };
    say(&format!(
        "  {program} {flag}: {all} answered, {share:.1} % processor, peak {peak}, us p50 <= {:.0} \
         p99 <= {:.0}",
        at(0.5),
        at(0.99)
    ))
}

/// dnsperf with the same question as often.
pub(crate) fn dnsperf(port: &str) -> io::Result<()> {
    let mut list = tempfile::NamedTempFile::new()?;
    for _ in 0..1000 {
        writeln!(list, "pumpgw.example.org A")?;
    }
    let path = list.path().display().to_string();
    let words = [
        "-s",
        "127.0.0.1",
        "-p",
        port,
        "-d",
        &path,
        "-Q",
        "200",
        "-n",
        "1",
    ];
    let Some(mut child) = start("dnsperf", &words, Stdio::piped())? else {
        return Ok(());
    };
    let cost = to_end(&mut child)?;
    let mut text = String::new();
    child
        .stdout
        .take()
        .expect("it was piped")
        .read_to_string(&mut text)?;
    let line = |begin: &str| {
        let mut lines = text.lines().map(str::trim);
        lines
            .find(|line| line.starts_with(begin))
            .unwrap_or_default()
            .to_owned()
    };
    say(&format!(
        "  dnsperf: {}; {}, {:.2} s processor, peak {}",
        line("Queries completed:"),
        line("Average Latency"),
        cost.used,
        cost.peak
    ))
}

/// The blackbox exporter, asked 1,000 times for each of two probes, four at once.
pub(crate) fn blackbox_exporter(port: &str) -> io::Result<()> {
    let mut config = tempfile::NamedTempFile::new()?;
    config.write_all(
        b"modules:\n  icmp: { prober: icmp, icmp: { preferred_ip_protocol: ip4 } }\n  \
          tcp: { prober: tcp, tcp: { preferred_ip_protocol: ip4 } }\n",
    )?;
    let file = format!("--config.file={}", config.path().display());
    let words = [file.as_str(), "--web.listen-address=127.0.0.1:9115"];
    let program = "prometheus-blackbox-exporter";
    let Some(mut child) = start(program, &words, Stdio::null())? else {
        return Ok(());
    };
    let mut up = 0;
    while get(9115, "/-/healthy").is_none() && up < 100 {
        thread::sleep(Duration::from_millis(50));
        up += 1;
    }
    for (module, target) in [
        ("icmp", "127.64.0.1".to_owned()),
        ("tcp", format!("127.0.0.1:{port}")),
    ] {
        let path = format!("/probe?module={module}&target={target}");
        let (before, began) = (costs(&child).unwrap_or_default().0, Instant::now());
        let asked: Vec<_> = (0..4)
            .map(|_| {
                let path = path.clone();
                thread::spawn(move || {
                    let answers = (0..250).filter_map(|_| get(9115, &path));
                    answers
                        .filter(|text| text.contains("\nprobe_success 1"))
                        .count()
                })
            })
            .collect();
        let good: usize = asked.into_iter().map(|one| one.join().unwrap_or(0)).sum();
        let (used, peak) = costs(&child).unwrap_or_default();
        say(&format!(
            "  {program} {module}: {good} of 1000 in {:.2} s, {:.2} s processor, peak {peak}",
            began.elapsed().as_secs_f64(),
            used - before
        ))?;
    }
    child.kill()?;
    child.wait().map(drop)
}

/// A page of a program on the loopback interface.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}
