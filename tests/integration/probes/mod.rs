//! Probes against scripted servers on the loopback interface.

mod alarms;
mod manners;
mod script;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pump_preflight::input::FileTable;
use pump_preflight::input::profile::load_profiles;
use pump_preflight::input::site::parse_site;
use pump_preflight::intent::{Intent, Site};
use pump_preflight::probe::{
    Measured, Plan, Settings, Start, Window, exit_code, hold_against_profiles, hold_against_window,
    run, summarize,
};
use pump_preflight::source::{File, FileId, FileOrigin};
use pump_preflight::wire::observation::{Answer, Observation, Sample, ServiceSummary, Vantage};

use crate::support::{check_golden, entries, fixtures};
use script::Script;

/// A moment in 2026, for every test.
const UNIX: Duration = Duration::from_secs(1_790_000_000);

#[test]
fn every_scripted_server_is_observed_as_expected() {
    let files: Vec<_> = entries(&fixtures().join("probes"))
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    assert!(!files.is_empty());
    // They mostly wait, so they wait together.
    std::thread::scope(|scope| {
        let tests: Vec<_> = files
            .iter()
            .map(|path| {
                scope.spawn(move || {
                    let text = std::fs::read_to_string(path).unwrap();
                    check_golden(&path.with_extension("expected"), &observe(&text));
                })
            })
            .collect();
        for test in tests {
            if let Err(panic) = test.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// Runs a script's servers, probes them, and writes what was observed without times and ports.
fn observe(text: &str) -> String {
    let script: Script = serde_saphyr::from_str(text).unwrap();
    let servers = script.serve();
    let site = site_with(
        &script.site.replace("PORT", &servers.port.to_string()),
        &script.answers,
    );
    let settings = settings(&script);
    let plan = Plan::new(&site, &script.service, settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let mut services = summarize(&plan, &measured.observations, "site.yaml");
    let intent = Intent {
        site: site.clone(),
        profiles: load_profiles(&[], None, &mut FileTable::new()).unwrap(),
    };
    hold_against_profiles(&intent, &mut services, &measured.observations);
    if let Some(hours) = script.window_in_hours {
        let now = UNIX.as_secs();
        let window = Window {
            start: now + hours * 3600,
            length: 3600,
        };
        hold_against_window(&site, window, now, &mut services, &measured.observations);
    }
    let text = render(&measured, &services);
    text.replace(&servers.port.to_string(), "PORT")
}

/// The script's bounds; fast ones where it names none.
fn settings(script: &Script) -> Settings {
    Settings {
        samples: script.samples,
        interval: Duration::from_millis(script.interval_ms),
        timeout: Duration::from_millis(script.timeout_ms),
        distress: script.distress,
        ..Settings::default()
    }
}

/// A run that starts at a fixed moment.
pub(super) fn start(canceled: &AtomicBool) -> Start<'_> {
    Start {
        started: "2026-09-21T14:13:20Z",
        unix: UNIX,
        site_file: "site.yaml",
        vantage: Arc::new(Vantage::default()),
        deadline: None,
        progress: &|_| {},
        canceled,
    }
}

/// A site file's text with what every site needs besides services.
pub(super) fn site(services: &str) -> Site {
    site_with(services, "")
}

/// The same with answers to questions about the profile, `path: { value: …, source: … }`.
fn site_with(services: &str, answers: &str) -> Site {
    let first = services.trim_start().split(':').next().unwrap();
    let services = services
        .trim_end()
        .lines()
        .map(|line| format!("  {}", line.trim_start()))
        .collect::<Vec<_>>()
        .join("\n");
    let text = format!(
        "schema: 1\nsite: Example\nowners: {{ net: netops@example.org }}\nservices:\n{services}\n\
         networks:\n  icu: {{ vlan: 230, subnet: 127.20.230.0/24 }}\n\
         pumps:\n  - {{ id: icu, profile: generic, firmware: {{ unknown: 1 }}, on: [icu], \
         area: ICU, reaction: seconds, addressing: dhcp, uses: [{first}], \
         answers: {{ {answers} }} }}\n"
    );
    let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, text.as_bytes());
    let profiles = load_profiles(&[], None, &mut FileTable::new()).unwrap();
    parse_site(&file, &profiles).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// Observations as text, times and sizes of packets left out.
fn render(measured: &Measured, services: &[ServiceSummary]) -> String {
    let mut out = String::new();
    for observation in measured
        .observations
        .iter()
        .filter(|observation| observation.probe != "icmp")
    {
        render_observation(&mut out, observation);
    }
    for service in services {
        let _ = writeln!(
            out,
            "service {} {:?}, {} work, need {}, want {}, line {}",
            service.service,
            service.state,
            service.working,
            service.need,
            service.want,
            service.anchor.line
        );
        for why in &service.why {
            let _ = writeln!(out, "  {why}");
        }
        for statement in &service.statements {
            if !service.why.contains(&statement.text) {
                let _ = writeln!(out, "  {:?}: {}", statement.behavior, statement.text);
            }
        }
        for client in &service.time_to_answer {
            let _ = writeln!(
                out,
                "  {}{} {} {:?} with IPv6 {:?}{}",
                client
                    .if_servers
                    .as_ref()
                    .map_or(String::new(), |state| format!("with {state}: ")),
                client.model,
                client.end,
                client.seconds,
                client.seconds_with_ipv6,
                client
                    .end_with_ipv6
                    .as_ref()
                    .map_or(String::new(), |end| format!(" {end}"))
            );
        }
    }
    let code = exit_code(services, measured.stopped.as_ref());
    if let Some(stopped) = &measured.stopped {
        let _ = writeln!(out, "stopped {:?}: {}", stopped.reason, stopped.text);
    }
    let _ = writeln!(out, "exit {code}");
    out
}

/// One observation as text.
fn render_observation(out: &mut String, observation: &Observation) {
    let cut = if observation.partial { " partial" } else { "" };
    let summary = &observation.summary;
    let _ = writeln!(
        out,
        "{} {} {} {:?}{cut}, {} sent, {} answered, {} lost",
        observation.probe,
        observation.target.address,
        observation.target.port,
        observation.state,
        summary.sent,
        summary.answered,
        summary.lost
    );
    assert_eq!(summary.latency.is_some(), summary.answered > 0);
    for why in &observation.why {
        let _ = writeln!(out, "  why {why}");
    }
    for statement in &observation.statements {
        if !observation.why.contains(&statement.text) {
            let _ = writeln!(out, "  {:?}: {}", statement.behavior, statement.text);
        }
    }
    for sample in &observation.samples {
        let detail = sample.detail.as_deref().unwrap_or("");
        let line = format!(
            "  {}: {:?} {} {detail}",
            sample.question,
            sample.outcome,
            said(sample)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What an answer says, as far as it is the same each time.
fn said(sample: &Sample) -> String {
    match &sample.answer {
        None => String::new(),
        Some(Answer::Dns(answer)) => {
            let mut text = answer.rcode.clone();
            for (flag, name) in [
                (answer.authoritative, " AA"),
                (answer.truncated, " TC"),
                (answer.recursion_available, " RA"),
            ] {
                text.push_str(if flag { name } else { "" });
            }
            if let Some(size) = answer.edns_size {
                let _ = write!(text, " edns {size}");
            }
            for record in &answer.records {
                let _ = write!(
                    text,
                    " [{} {} {} {}]",
                    record.name, record.ttl, record.kind, record.data
                );
            }
            if let Some(serial) = answer.serial {
                let _ = write!(text, " serial {serial}");
            }
            if let Some(seconds) = answer.negative_ttl {
                let _ = write!(text, " negative {seconds}");
            }
            for (section, records) in [
                ("authority", &answer.name_servers),
                ("more", &answer.additional),
            ] {
                for record in records {
                    let _ = write!(
                        text,
                        " {section} [{} {} {}]",
                        record.name, record.kind, record.data
                    );
                }
            }
            for signature in &answer.signatures {
                let _ = write!(
                    text,
                    " signed {} {}",
                    signature.covers, signature.original_ttl
                );
            }
            for code in &answer.extended_errors {
                let _ = write!(text, " error {code}");
            }
            text
        }
        Some(Answer::Ntp(answer)) => format!(
            "stratum {} leap {} reference {} offset {:.0} s",
            answer.stratum,
            answer.leap,
            answer.reference,
            (answer.offset_ms / 1000.0).round() + 0.0
        ),
        Some(Answer::Tls(answer)) => {
            assert!(
                sample.question != "handshake"
                    || answer.handshake_us.is_some() == sample.elapsed_us.is_some(),
                "a handshake has a time"
            );
            format!(
                "version {:?} suite {:?} certificates {} until {:?} names match {:?} asks client {}",
                answer.version,
                answer.suite,
                answer.certificates,
                answer.not_after,
                answer.names_match,
                answer.asks_client_certificate
            )
        }
        Some(Answer::Http(answer)) => format!("status {} {}", answer.status, answer.version),
        Some(other @ (Answer::Radius(_) | Answer::Dhcp(_) | Answer::Hop(_))) => {
            serde_json::to_string(other).unwrap()
        }
        Some(Answer::Echo(_)) => "echo".to_owned(),
    }
}
