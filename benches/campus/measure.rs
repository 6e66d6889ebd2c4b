//! Wall time and peak memory of one pre-flight, by phase.

use std::fs;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Instant;

use pump_preflight::analysis::trace::trace_in;
use pump_preflight::analysis::{World, judge_all};
use pump_preflight::assessment::assess;
use pump_preflight::ctx::Ctx;
use pump_preflight::input::{CaseArguments, FileTable, SnapshotPlace, load_case, load_snapshot};
use pump_preflight::intent::{Port, Service, Site};
use pump_preflight::rule;
use pump_preflight::wire::trace::FlowRequest;

use crate::generator::{change_one_acl_line, generate};

/// Generates a campus and its changed twin below `dir`, and prints what each phase costs.
pub(crate) fn measure(devices: usize, seed: u64, dir: &Path) -> io::Result<()> {
    let campus = generate(devices, seed);
    let changed = change_one_acl_line(&campus);
    let texts = campus.files.iter().map(|(_, text)| text);
    let lines: usize = texts.clone().map(|text| text.lines().count()).sum();
    let bytes: usize = texts.map(String::len).sum();
    let (before, after) = (dir.join("before"), dir.join("after"));
    campus.write_to(&before)?;
    changed.write_to(&after)?;
    drop((campus, changed));
    let ctx = Ctx::quiet();
    let place =
        |path: &Path| SnapshotPlace::parse(&path.to_string_lossy()).map_err(io::Error::other);
    print(&format!(
        "{devices} devices, {lines} lines, {bytes} bytes, seed {seed}"
    ))?;
    let mut files = FileTable::new();
    let snapshot = phase("read, parse and lower one snapshot", || {
        load_snapshot(&place(&before)?, &mut files, &ctx).map_err(io::Error::other)
    })?;
    drop((snapshot, files));
    let arguments = CaseArguments {
        before: place(&before)?,
        after: Some(place(&after)?),
        site: Some(before.join("site.yaml")),
        site_before: None,
        rules: Vec::new(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    };
    let rules = phase("load rules", || rule::load(&[]).map_err(io::Error::other))?;
    let case = phase("load both snapshots and the site", || {
        load_case(&arguments, &ctx).map_err(io::Error::other)
    })?;
    let world = phase("index one state", || {
        Ok(World::for_intent(&case.before, &case.intent))
    })?;
    let judged = phase("judge one state", || {
        Ok(judge_all(&world, &case.intent, None, &ctx))
    })?;
    drop(world);
    let assessment = phase("assess: judge thrice, account, blame, rules", || {
        Ok(assess(&case, &rules, &ctx))
    })?;
    let flows = flows(&case.intent.site);
    phase("trace 10,000 flows there and back", || {
        let world = World::for_intent(&case.before, &case.intent);
        let traced = ctx.map(&flows, |flow| trace_in(&world, flow, "before", &ctx));
        match traced.iter().find_map(|one| one.as_ref().err()) {
            Some(error) => Err(io::Error::other(error.clone())),
            None => Ok(()),
        }
    })?;
    print(&format!(
        "{} requirements, {} changed statements, {}",
        judged.outcomes.len(),
        assessment.changes.len(),
        assessment.verdict.name()
    ))
}

/// Flows of pumps to servers of the site: as many of each network and service as make 10,000.
fn flows(site: &Site) -> Vec<FlowRequest> {
    let ports = |service: &Service| match service.ports.first() {
        Some(Port::Tcp(port)) => ("tcp", Some(*port)),
        Some(Port::Udp(port)) => ("udp", Some(*port)),
        Some(Port::Icmp) | None => ("icmp", None),
    };
    let servers: Vec<(Ipv4Addr, (&str, Option<u16>))> = site
        .services
        .values()
        .flat_map(|service| {
            let servers = service.servers.iter();
            servers.map(move |server| (*server, ports(service)))
        })
        .collect();
    // The middle of a network is full of hosts; a small campus asks of the same ones again.
    let hosts = (10..200).cycle().map(|host| {
        let networks = site.networks.values();
        networks.filter_map(move |network| network.subnet.hosts().nth(host))
    });
    let pumps = hosts.flatten();
    pumps
        .zip(servers.iter().cycle())
        .take(10_000)
        .enumerate()
        .map(|(id, (from, (to, (protocol, port))))| FlowRequest {
            id: id.to_string().into(),
            from: from.to_string(),
            to: to.to_string(),
            protocol: (*protocol).to_owned(),
            port: *port,
            from_port: None,
            icmp_type: None,
            ingress: None,
        })
        .collect()
}

/// Runs one phase and prints its wall time and the process's peak memory so far.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock and its own memory"
)]
fn phase<T>(name: &str, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    let result = work()?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or("unknown");
    print(&format!(
        "{milliseconds:10.1} ms  peak {:>12}  {name}",
        peak.trim()
    ))?;
    Ok(result)
}

/// Prints one line.
fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
