//! `probe`: the site's services, measured live from this host.

use std::fmt::Write as _;
use std::iter;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::measure::{Measurement, Subject, tool};
use super::vantages::{self, Sends, history, import_printed, measure, merge_files, run_bundle};
use super::verify::LimitArguments;
use super::watch::{Watched, watch};
use super::{Outcome, exit, output};
use crate::input::measurement::load_measurement;
use crate::input::reader::parse_duration;
use crate::probe::Plan;
use crate::probe::vantage::exporter;
use crate::probe::vantage::script::{Language, script};
use crate::source::escape_terminal;
use crate::wire::observation::{
    Observation, PROBE_PLAN_SCHEMA, PlannedPacket, ProbePlan, ProbeReport, ServiceSummary, State,
};

/// Arguments of `probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 as required, 1 a service fails or its servers disagree, \
                        2 could not run or canceled, 3 a measurement is missing"
)]
pub(super) struct ProbeArguments {
    /// What is measured, and from where.
    #[command(flatten)]
    measurement: Measurement,
    /// Says what would be sent, and sends nothing.
    #[arg(long)]
    dry_run: bool,
    /// Repetitions of the questions that are asked for their times.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Measures from every vantage of the site file, one after the other, not only from here.
    #[arg(long, conflicts_with = "vantage")]
    vantages: bool,
    /// Measures again and again until Ctrl-C, each minute where no time is given (`--watch=30s`),
    /// and rings when a requirement leaves its limits.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1m",
        conflicts_with_all = ["dry_run", "bundle", "run", "merge", "history", "emit", "format"]
    )]
    watch: Option<String>,
    /// What `--out` wrote before the change: watching then also rings when a requirement gets worse
    /// than it was there, as `verify` compares.
    #[arg(long, value_name = "FILE", requires = "watch")]
    baseline: Option<PathBuf>,
    /// What is no difference.
    #[command(flatten)]
    limits: LimitArguments,
    /// How long to watch.
    #[arg(long = "for", value_name = "TIME", requires = "watch")]
    lasts: Option<String>,
    /// Prints what another program needs to measure, and sends nothing.
    #[arg(long, value_name = "FOR", value_enum, conflicts_with_all = ["vantages", "dry_run"])]
    emit: Option<Emit>,
    /// Reads what Prometheus, at this address, has kept of its blackbox probes, and sends nothing
    /// to the services.
    #[arg(long, value_name = "URL", conflicts_with_all = ["vantages", "dry_run"])]
    history: Option<String>,
    /// How far back.
    #[arg(long, value_name = "TIME", default_value = "24h", requires = "history")]
    since: String,
    /// Writes what another place needs to measure the same, and sends nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vantages", "dry_run"])]
    bundle: Option<PathBuf>,
    /// Measures what a bundle asks for, `-` for one on the first line of the standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vantages", "dry_run", "bundle", "site"])]
    run: Option<PathBuf>,
    /// With `--run -`: the end of the standard input is the wish to stop.
    #[arg(long, requires = "run", hide = true)]
    until_end: bool,
    /// Reads what a script of `--emit` printed, and sends nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vantages", "dry_run", "bundle", "run", "merge"])]
    import: Option<PathBuf>,
    /// Puts measurements together that were made elsewhere, and sends nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vantages", "dry_run", "bundle", "run"])]
    merge: Vec<PathBuf>,
    /// File for the whole measurement, JSON: the baseline of `verify` and `check`.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    out: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ProbeFormat::Text)]
    format: ProbeFormat,
}

impl ProbeArguments {
    /// Whether a failure is also said as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.format == ProbeFormat::Json
    }
}

/// Programs that measure in place of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Modules for the configuration of a Prometheus blackbox exporter.
    Blackbox,
    /// A script for a POSIX shell; `--import` reads what it prints.
    Sh,
    /// The same for PowerShell.
    Ps1,
}

/// Formats of `probe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProbeFormat {
    /// For a terminal.
    Text,
    /// One object.
    Json,
}

/// Measures, or does one of the things around it.
pub(super) fn run(arguments: &ProbeArguments) -> Outcome {
    let measurement = &arguments.measurement;
    if arguments.dry_run {
        let subject = Subject::load(measurement)?;
        let plan = subject.plan(measurement, arguments.samples)?;
        let sends = arguments.vantages.then(|| {
            let samples = arguments.samples;
            vantages::dry_run(&subject, measurement, samples)
        });
        output::print(&dry_run(&plan, sends.transpose()?.as_deref(), arguments)?)?;
        return Ok(exit::DONE);
    }
    if let Some(emit) = arguments.emit {
        let subject = Subject::load(measurement)?;
        let plan = subject.plan(measurement, arguments.samples)?;
        let text = match emit {
            Emit::Blackbox => exporter::modules(&plan),
            Emit::Sh => script(&plan, Language::Sh, subject.digest_hex()),
            Emit::Ps1 => script(&plan, Language::Ps1, subject.digest_hex()),
        };
        output::print(text.as_bytes())?;
        return Ok(exit::DONE);
    }
    if let Some(path) = &arguments.bundle {
        let subject = Subject::load(measurement)?;
        // Its address or interface is one of the other place.
        let here = Measurement {
            source: None,
            ..measurement.clone()
        };
        subject.plan(&here, arguments.samples)?;
        let bundle = subject.bundle(measurement, arguments.samples);
        output::write(path, &as_json(serde_json::to_string(&bundle))?)?;
        return Ok(exit::DONE);
    }
    if let Some(every) = &arguments.watch {
        return run_watch(arguments, every);
    }
    let report = if let Some(path) = &arguments.run {
        run_bundle(path, arguments.until_end)?
    } else if let Some(url) = &arguments.history {
        history(measurement, url, &arguments.since)?
    } else if let Some(path) = &arguments.import {
        import_printed(measurement, path, arguments.samples)?
    } else if arguments.merge.is_empty() {
        let subject = Subject::load(measurement)?;
        measure(&subject, measurement, arguments.samples, arguments.vantages)?
    } else {
        merge_files(measurement, &arguments.merge)?
    };
    let json = as_json(serde_json::to_string_pretty(&report))?;
    if let Some(path) = &arguments.out {
        output::write(path, &json)?;
    }
    match arguments.format {
        ProbeFormat::Text => output::print(as_text(&report).as_bytes())?,
        ProbeFormat::Json => output::print(&json)?,
    }
    Ok(report.exit_code)
}

/// Measures again and again.
fn run_watch(arguments: &ProbeArguments, every: &str) -> Outcome {
    let seconds = |flag: &str, text: &str| {
        let seconds = parse_duration(text).map(Duration::from_secs);
        seconds.ok_or_else(|| {
            Failure::usage(
                format!("read `{flag}{text}`: it is no length of time"),
                "like `45s`, `12m`, `8h` or `2d`",
            )
        })
    };
    let baseline = arguments.baseline.as_deref().map(load_measurement);
    let lasts = arguments.lasts.as_deref();
    let watched = Watched {
        every: seconds("--watch=", every)?,
        lasts: lasts.map(|text| seconds("--for ", text)).transpose()?,
        samples: arguments.samples,
        everywhere: arguments.vantages,
        baseline: baseline.transpose()?,
        limits: arguments.limits.limits(),
    };
    let keep = |report: &ProbeReport| match &arguments.out {
        Some(path) => output::write(path, &as_json(serde_json::to_string_pretty(report))?),
        None => Ok(()),
    };
    watch(&arguments.measurement, &watched, &keep)
}

/// What would be sent.
fn dry_run(
    plan: &Plan<'_>,
    sends: Option<&[Sends]>,
    arguments: &ProbeArguments,
) -> Result<Vec<u8>, Failure> {
    let pause = plan.settings.interval.as_secs_f64();
    let (lines, packets, follow_ups, seconds) = match sends {
        None => (
            plan.describe(),
            plan.packets(),
            plan.follow_ups(),
            plan.duration().as_secs_f64(),
        ),
        Some(sends) => {
            let lines = sends.iter().flat_map(|one| {
                let head = escape_terminal(&format!("vantage {} ({}):", one.id, one.via));
                iter::once(head).chain(one.lines.iter().map(|line| format!("  {line}")))
            });
            let own = |of: fn(&Sends) -> &Vec<PlannedPacket>| {
                sends.iter().flat_map(of).cloned().collect::<Vec<_>>()
            };
            let lasting: Vec<f64> = sends.iter().map(|one| one.lasts.as_secs_f64()).collect();
            (
                lines.collect(),
                own(|one| &one.packets),
                own(|one| &one.follow_ups),
                lasting.iter().map(|lasts| lasts + pause).sum::<f64>() - pause,
            )
        }
    };
    match arguments.format {
        ProbeFormat::Text => Ok((lines.join("\n") + "\nnothing was sent\n").into_bytes()),
        ProbeFormat::Json => as_json(serde_json::to_string_pretty(&ProbePlan {
            schema: PROBE_PLAN_SCHEMA.to_owned(),
            tool: tool(),
            packets,
            follow_ups,
            not_probed: plan.refused.clone(),
            seconds,
            interval_seconds: pause,
            in_flight: plan.settings.in_flight,
        })),
    }
}

/// An object as text.
pub(super) fn as_json(written: serde_json::Result<String>) -> Result<Vec<u8>, Failure> {
    let text = written.map_err(|error| Failure::Write {
        path: "memory".to_owned(),
        source: error.into(),
    })?;
    Ok((text + "\n").into_bytes())
}

/// The report for a terminal; the last line is the answer.
fn as_text(report: &ProbeReport) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&escape_terminal(&line));
        text.push('\n');
    };
    for service in &report.services {
        line(format!(
            "{:<12} {:<16} {}{} of {} servers (need {}, {}:{})",
            word(service.state),
            service.service,
            from(&service.vantage),
            service.working,
            service.want,
            service.need,
            service.anchor.file,
            service.anchor.line
        ));
        for observation in &report.observations {
            let here = service.vantage.is_empty() || observation.vantage.id == service.vantage;
            if here && observation.service == service.service {
                line(format!("  {}", times(observation)));
            }
        }
        for why in &service.why {
            line(format!("  - {why}"));
        }
        for note in notes(report, service) {
            line(format!("  note: {note}"));
        }
        for waits in waits(service) {
            line(format!("  {waits}"));
        }
    }
    if let (Some(observation), true) = (report.observations.first(), report.vantages.is_empty()) {
        line(format!("measured from vantage {}", observation.vantage.id));
    }
    for place in &report.vantages {
        let end = place.failed.as_ref().map_or_else(
            || format!("{} fidelity", place.fidelity),
            |reason| format!("nothing came back: {reason}"),
        );
        line(format!("vantage {} ({}): {end}", place.id, place.via));
    }
    if !report.networks_not_checked.is_empty() {
        line(format!(
            "not checked from inside: {}",
            report.networks_not_checked.join(", ")
        ));
    }
    if let Some(stopped) = &report.stopped {
        line(format!("stopped early: {}", stopped.text));
    }
    line(last_line(report));
    text
}

/// What is worth knowing of a service's servers and speaks against none, with who says it.
fn notes(report: &ProbeReport, service: &ServiceSummary) -> Vec<String> {
    let mut said: Vec<(&str, Vec<&str>)> = service
        .statements
        .iter()
        .filter(|statement| statement.state == State::Works)
        .map(|statement| (statement.text.as_str(), Vec::new()))
        .collect();
    for observation in &report.observations {
        for statement in &observation.statements {
            if observation.service != service.service || statement.state != State::Works {
                continue;
            }
            let who = observation.target.address.as_str();
            match said.iter_mut().find(|(text, _)| *text == statement.text) {
                Some((_, servers)) => servers.push(who),
                None => said.push((&statement.text, vec![who])),
            }
        }
    }
    said.into_iter()
        .map(|(text, servers)| match servers.as_slice() {
            [] => text.to_owned(),
            servers => format!("{}: {text}", servers.join(", ")),
        })
        .collect()
}

/// How long each kind of client waits, one line for each state of the servers.
fn waits(service: &ServiceSummary) -> Vec<String> {
    let mut states: Vec<(Option<&str>, Vec<String>)> = Vec::new();
    for client in &service.time_to_answer {
        let seconds = client.seconds.map_or_else(
            || "an unknown time".to_owned(),
            |seconds| format!("+{seconds:.1} s"),
        );
        let other_end = client.end_with_ipv6.as_deref();
        let ipv6 = client
            .seconds_with_ipv6
            .filter(|ipv6| Some(*ipv6) != client.seconds || other_end.is_some())
            .map_or_else(String::new, |seconds| {
                let end = other_end.map_or(String::new(), |end| format!(" to {end}"));
                format!(" (+{seconds:.1} s{end} asking for IPv6 too)")
            });
        let measured = client
            .measured_seconds
            .map_or_else(String::new, |seconds| format!(" (measured {seconds:.3} s)"));
        let end = match client.end.as_str() {
            "answer" => "",
            end => &format!(" to {end}"),
        };
        let text = format!("{} {seconds}{ipv6}{measured}{end}", client.model);
        let state = client.if_servers.as_deref();
        match states.iter_mut().find(|(known, _)| *known == state) {
            Some((_, texts)) => texts.push(text),
            None => states.push((state, vec![text])),
        }
    }
    states
        .into_iter()
        .map(|(state, texts)| match state {
            None => format!("clients wait: {}", texts.join(", ")),
            Some(state) => format!("with {state}: {}", texts.join(", ")),
        })
        .collect()
}

/// A vantage in front of what it says.
fn from(vantage: &str) -> String {
    if vantage.is_empty() {
        String::new()
    } else {
        format!("from {vantage}: ")
    }
}

/// One observation on one line.
fn times(observation: &Observation) -> String {
    let summary = &observation.summary;
    let mut text = format!(
        "{} {} {} {}: {} of {} answered",
        observation.target.address,
        observation.target.port,
        observation.probe,
        word(observation.state).to_lowercase(),
        summary.answered,
        summary.sent
    );
    if let Some(latency) = &summary.latency {
        let _ = write!(
            text,
            ", {} / {} / {} / {} ms (half, 95, 99 of 100, most)",
            millis(latency.p50_us),
            millis(latency.p95_us),
            millis(latency.p99_us),
            millis(latency.max_us)
        );
    }
    if let Some(loss) = &summary.loss {
        let _ = write!(
            text,
            ", loss {:.1} to {:.1} %",
            loss.low * 100.0,
            loss.high * 100.0
        );
    }
    if !observation.bearing {
        text.push_str(", decides nothing");
    }
    text
}

/// Microseconds as milliseconds.
fn millis(micros: u64) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// A state in words.
fn word(state: State) -> &'static str {
    match state {
        State::Works => "WORKS",
        State::Degraded => "DEGRADED",
        State::Fails => "FAILS",
        State::Disagrees => "DISAGREES",
        State::NotMeasured => "NOT MEASURED",
        State::NotProbed => "NOT PROBED",
    }
}

/// The answer.
fn last_line(report: &ProbeReport) -> String {
    let count = |wanted: State| {
        let is = |service: &&ServiceSummary| service.state == wanted;
        report.services.iter().filter(is).count()
    };
    let answer = match report.exit_code {
        0 => "as required",
        1 => "not as required",
        2 => "canceled",
        _ => "a measurement is missing",
    };
    format!(
        "{answer}: {} work, {} degraded, {} fail, {} disagree, {} not measured, {} not probed \
         (exit {})",
        count(State::Works),
        count(State::Degraded),
        count(State::Fails),
        count(State::Disagrees),
        count(State::NotMeasured),
        count(State::NotProbed),
        report.exit_code
    )
}
