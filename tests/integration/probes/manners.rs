//! What is never asked, and when everything stops.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pump_preflight::ctx::Progress;
use pump_preflight::probe::{Measured, Plan, Settings, Start, Target, exit_code, run, summarize};
use pump_preflight::wire::observation::{Outcome, State, StopReason, Stopped};

use super::script::Script;
use super::{site, start};

/// Why the first server of a service is refused.
fn refusal(services: &str, id: &str) -> String {
    let site = site(services);
    let target = Target::of_service(&site, id).remove(0);
    target.unwrap_err().to_string()
}

#[test]
fn a_server_in_a_pump_network_is_refused_even_with_permission() {
    let text = refusal("  dns: { kind: dns, address: 127.20.230.9 }", "dns");
    assert_eq!(
        text,
        "127.20.230.9 lies in pump network `icu`: nothing there is ever probed"
    );
    // Written permission is refused when the file is read (fixtures/site/probe-in-pump-network.yaml);
    // here it comes later.
    let mut site = site("  dns: { kind: dns, address: 127.20.230.9 }");
    site.services.get_mut("dns").unwrap().probe = true;
    assert!(Target::of_service(&site, "dns").remove(0).is_err());
}

#[test]
fn guarded_kinds_need_permission() {
    for (kind, port) in [
        ("pump-gateway", "tcp/51244"),
        ("hl7", "tcp/2575"),
        ("radius", "udp/1812"),
        ("dhcp", "udp/67"),
    ] {
        let text = refusal(
            &format!("  one: {{ kind: {kind}, address: 127.0.0.9, port: {port}, owner: net }}"),
            "one",
        );
        let expected = format!("127.0.0.9 is of `one` ({kind}), which does not say `probe: allow`");
        assert_eq!(text, expected);
    }
}

#[test]
fn permission_needs_an_owner() {
    let mut site =
        site("  one: { kind: hl7, address: 127.0.0.9, port: tcp/2575, owner: net, probe: allow }");
    assert!(Target::of_service(&site, "one").remove(0).is_ok());
    site.services.get_mut("one").unwrap().owner = None;
    let refused = Target::of_service(&site, "one").remove(0).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "127.0.0.9 is of `one` (hl7), which names no owner that `owners` lists"
    );
}

#[test]
fn a_guarded_service_guards_its_whole_host() {
    let text = refusal(
        "  dns: { kind: dns, address: 127.0.0.9 }\n  dhcp: { kind: dhcp, address: 127.0.0.9 }",
        "dns",
    );
    assert_eq!(
        text,
        "127.0.0.9 is of `dhcp` (dhcp), which does not say `probe: allow`"
    );
}

#[test]
fn addresses_of_many_hosts_are_refused() {
    for address in ["224.0.1.1", "255.255.255.255", "0.0.0.0"] {
        let services = format!("  ntp: {{ kind: ntp, address: {address} }}");
        let text = refusal(&services, "ntp");
        assert_eq!(text, format!("{address} is not the address of one host"));
    }
}

#[test]
fn what_is_not_probed_is_listed_and_never_passes() {
    let site = site("  gateway: { kind: pump-gateway, address: 127.0.0.9, port: tcp/51244 }");
    let plan = Plan::new(&site, &[], Settings::default(), [7; 32]).unwrap();
    assert!(plan.parts.is_empty());
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let services = summarize(&plan, &measured.observations, "site.yaml");
    assert_eq!(services[0].state, State::NotProbed);
    assert_eq!(exit_code(&services, measured.stopped.as_ref()), 3);
}

#[test]
fn an_unknown_service_is_answered_with_a_suggestion() {
    let site = site("  gateway: { kind: pump-gateway, address: 127.0.0.9, port: tcp/51244 }");
    let error = Plan::new(&site, &["gatway".to_owned()], Settings::default(), [7; 32])
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "find service `gatway` in the site file\nhelp: did you mean `gateway`?"
    );
}

/// A name server that answers everything at once.
const PLAIN: &str = "
about: a server that answers
site: |
  dns: { kind: dns, address: 127.0.0.1, port: udp/PORT }
service: [dns]
servers: [{ at: 127.0.0.1, dns: [{ records: ['. 300 NS ns.example.org.'] }] }]
";

#[test]
fn planning_and_describing_sends_nothing() {
    let script: Script = serde_saphyr::from_str(PLAIN).unwrap();
    let servers = script.serve();
    let site = site(&format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}",
        servers.port
    ));
    let plan = Plan::new(&site, &[], Settings::default(), [7; 32]).unwrap();
    let lines = plan.describe();
    assert_eq!(
        lines[0],
        format!("5 x dns 127.0.0.1 udp/{} dns: NS ., 17 bytes", servers.port)
    );
    assert!(
        lines.last().unwrap().starts_with(
            "10 questions to 1 addresses, one in 1.0 s to each, 10 under way at most, "
        )
    );
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(servers.received.load(Ordering::Relaxed), 0);
}

#[test]
fn a_request_to_stop_sends_nothing_more_and_marks_what_is_partial() {
    let script: Script = serde_saphyr::from_str(PLAIN).unwrap();
    let servers = script.serve();
    let site = site(&format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}",
        servers.port
    ));
    let plan = Plan::new(&site, &[], Settings::default(), [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(true)));
    assert_eq!(servers.received.load(Ordering::Relaxed), 0);
    let stopped = measured.stopped.unwrap();
    assert_eq!(stopped.reason, StopReason::Canceled);
    assert!(measured.observations.iter().all(|one| one.partial));
    // Nobody was asked, so nobody has shown that it works.
    let mut states = measured.observations.iter().map(|one| one.state);
    assert!(states.all(|state| state == State::NotMeasured));
    let services = summarize(&plan, &measured.observations, "site.yaml");
    assert_eq!(services[0].state, State::NotMeasured);
    assert_eq!(exit_code(&services, Some(&stopped)), 2);
}

#[test]
fn one_address_gets_one_packet_in_an_interval() {
    let script: Script = serde_saphyr::from_str(PLAIN).unwrap();
    let servers = script.serve();
    let site = site(&format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}",
        servers.port
    ));
    let settings = Settings {
        samples: 3,
        interval: Duration::from_millis(60),
        ..Settings::default()
    };
    let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let mut times: Vec<u64> = measured
        .observations
        .iter()
        .flat_map(|one| one.samples.iter().map(|sample| sample.at_us))
        .collect();
    times.sort_unstable();
    assert_eq!(times.len(), 6, "three name questions, three echo requests");
    for pair in times.windows(2) {
        // A worker may take up its order late by what the machine is busy with.
        assert!(pair[1] - pair[0] >= 40_000, "{times:?}");
    }
}

#[test]
fn a_time_server_that_refuses_is_not_asked_again() {
    let text = "
about: a server that sends the kiss code DENY
site: |
  ntp: { kind: ntp, address: 127.0.0.1, port: udp/PORT }
service: [ntp]
servers: [{ at: 127.0.0.1, ntp: { stratum: 0, leap: 3, reference: DENY } }]
";
    let script: Script = serde_saphyr::from_str(text).unwrap();
    let servers = script.serve();
    let site = site(&script.site.replace("PORT", &servers.port.to_string()));
    let settings = Settings {
        samples: 4,
        interval: Duration::ZERO,
        ..Settings::default()
    };
    let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    assert_eq!(servers.received.load(Ordering::Relaxed), 1);
    assert_eq!(measured.observations[0].state, State::Fails);
    assert_eq!(measured.stopped, None);
}

#[test]
fn a_web_server_is_asked_for_its_head_alone() {
    use std::io::{Read as _, Write as _};
    // An address of its own on the loopback interface, since the probe goes by well-known ports.
    let listener = std::net::TcpListener::bind("127.0.77.1:8080").unwrap();
    let server = std::thread::spawn(move || {
        let mut asked = String::new();
        for connection in listener.incoming().take(2) {
            let mut stream = connection.unwrap();
            let mut buffer = [0; 1024];
            let length = stream.read(&mut buffer).unwrap_or(0);
            asked.push_str(&String::from_utf8_lossy(&buffer[..length]));
            if length > 0 {
                stream
                    .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
                    .unwrap();
            }
        }
        asked
    });
    let site = site("  web: { kind: other, address: 127.0.77.1, port: tcp/8080 }");
    let settings = Settings {
        samples: 1,
        interval: Duration::ZERO,
        ..Settings::default()
    };
    let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let asked = server.join().unwrap();
    assert!(asked.starts_with("HEAD / HTTP/1.1\r\n"), "{asked}");
    let http = &measured.observations[1];
    assert_eq!((&*http.probe, http.state), ("http", State::Fails));
    assert_eq!(http.why, ["the server answers status 503"]);
}

/// A plan with four samples for the first service, and what came of it.
fn measured(services: &str) -> (usize, Measured) {
    let site = site(services);
    let settings = Settings {
        samples: 4,
        interval: Duration::ZERO,
        timeout: Duration::from_millis(800),
        ..Settings::default()
    };
    let first = services.trim_start().split(':').next().unwrap().to_owned();
    let plan = Plan::new(&site, &[first], settings, [7; 32]).unwrap();
    let planned = plan.packets().iter().map(|packet| packet.times).sum();
    (planned, run(&plan, &start(&AtomicBool::new(false))))
}

#[test]
fn the_first_error_of_a_gateway_ends_what_is_asked_of_it() {
    // Nobody listens there.
    let (planned, measured) = measured(
        "  gateway: { kind: pump-gateway, address: 127.0.77.9, port: tcp/51244, owner: net, probe: allow }",
    );
    let sent: usize = measured
        .observations
        .iter()
        .map(|one| one.samples.len())
        .sum();
    assert_eq!((planned, sent), (8, 1));
    let connect = &measured.observations[0];
    assert_eq!((connect.state, connect.partial), (State::Fails, true));
    assert_eq!(measured.stopped, None);
}

#[test]
fn a_dhcp_server_that_is_not_there_is_not_asked_again_and_a_silent_one_is() {
    // Nobody listens there: the host says so.
    let service = "  dhcp: { kind: dhcp, address: 127.0.77.9, owner: net, probe: allow }";
    let (planned, gone) = measured(service);
    let sent = |measured: &Measured| {
        let samples = measured.observations.iter().map(|one| one.samples.len());
        samples.sum::<usize>()
    };
    if gone.observations[0].samples[0].outcome == Outcome::NotSent {
        // Without privilege no packet leaves from the ports of DHCP.
        return;
    }
    assert_eq!((planned, sent(&gone)), (6, 1));
    let server = std::net::UdpSocket::bind("127.0.77.10:67").unwrap();
    let (planned, silent) = measured(&service.replace("77.9", "77.10"));
    assert_eq!((planned, sent(&silent)), (6, 6));
    drop(server);
}

#[test]
fn what_is_listed_is_what_is_sent() {
    let names = std::net::UdpSocket::bind("127.0.77.12:0").unwrap();
    let port = names.local_addr().unwrap().port();
    let text = format!(
        "  dns: {{ kind: dns, address: 127.0.77.12, port: udp/{port} }}\n  \
         radius: {{ kind: radius, address: 127.0.77.12, port: udp/9, owner: net }}\n  \
         files: {{ kind: other, address: 127.0.77.13, port: tcp/{port} }}"
    );
    // Who shares a host with a service that must not be probed is asked nothing.
    let refused = site(&text);
    let plan = Plan::new(&refused, &["dns".to_owned()], Settings::default(), [7; 32]).unwrap();
    assert!(plan.packets().is_empty());
    let site = site(&text.replace("127.0.77.12, port: udp/9", "127.0.77.14, port: udp/9"));
    let settings = Settings {
        samples: 3,
        interval: Duration::ZERO,
        ..Settings::default()
    };
    let selected = ["dns", "files"].map(str::to_owned);
    let plan = Plan::new(&site, &selected, settings, [7; 32]).unwrap();
    let files = std::net::TcpListener::bind(("127.0.77.13", port)).unwrap();
    let asked = std::thread::spawn(move || {
        let mut lengths = Vec::new();
        let mut bytes = [0; 4096];
        names
            .set_read_timeout(Some(Duration::from_secs(3)))
            .unwrap();
        while let Ok((length, from)) = names.recv_from(&mut bytes) {
            lengths.push(length);
            // No such name, which gives no reason to ask more.
            bytes[2] |= 0x80;
            bytes[3] = 0x83;
            names.send_to(&bytes[..length], from).unwrap();
        }
        lengths.sort_unstable();
        lengths
    });
    run(&plan, &start(&AtomicBool::new(false)));
    let listed = |port: &str| {
        let packets = plan
            .packets()
            .into_iter()
            .filter(|one| one.only_if.is_none());
        let packets = packets.filter(|one| one.target.port.starts_with(port));
        let mut bytes: Vec<usize> = packets
            .flat_map(|one| std::iter::repeat_n(one.bytes, one.times))
            .collect();
        bytes.sort_unstable();
        bytes
    };
    assert_eq!(asked.join().unwrap(), listed("udp"));
    files.set_nonblocking(true).unwrap();
    let connections = std::iter::from_fn(|| files.accept().ok()).count();
    let to_files = plan
        .packets()
        .into_iter()
        .filter(|one| one.service == "files");
    let to_files = to_files.filter(|one| one.target.port.starts_with("tcp"));
    assert_eq!(connections, to_files.map(|one| one.times).sum::<usize>());
}

/// A name server that shares its host with a guarded service, answering all but the first question
/// like this.
fn beside_a_guarded_service(later: &str) -> Stopped {
    let text = format!(
        "
about: a name server on the host of a RADIUS server
site: x
service: [dns]
servers: [{{ at: 127.0.0.1, dns: [{{ ask: NS, from: 1, {later} }}, {{ records: ['. 300 NS ns.example.org.'] }}] }}]
"
    );
    let script: Script = serde_saphyr::from_str(&text).unwrap();
    let servers = script.serve();
    let (_, measured) = measured(&format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}\n  \
         radius: {{ kind: radius, address: 127.0.0.1, owner: net, probe: allow }}",
        servers.port
    ));
    measured.stopped.unwrap()
}

#[test]
fn everything_stops_when_a_fragile_host_fails_once() {
    let stopped = beside_a_guarded_service("silent: true");
    assert_eq!(stopped.reason, StopReason::Distress);
    assert_eq!(
        stopped.text,
        "127.0.0.1 failed 1 times in a row at what it had answered before"
    );
}

#[test]
fn a_host_that_echoes_and_does_not_serve_is_in_distress() {
    let text = "
about: a name server that answers once
site: x
service: [dns]
servers: [{ at: 127.0.0.1, dns: [{ ask: NS, from: 1, silent: true }, { records: ['. 300 NS ns.example.org.'] }] }]
";
    let script: Script = serde_saphyr::from_str(text).unwrap();
    let servers = script.serve();
    let services = format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}",
        servers.port
    );
    let (_, measured) = measured(&services);
    assert_eq!(
        measured.stopped.unwrap().text,
        "127.0.0.1 failed 2 times in a row at what it had answered before"
    );
}

#[test]
fn everything_stops_when_a_fragile_host_gets_slow() {
    let stopped = beside_a_guarded_service("delay_ms: 300, records: ['. 300 NS ns.example.org.']");
    assert_eq!(
        stopped.text,
        "127.0.0.1 takes more than twice as long as before"
    );
}

#[test]
fn pauses_are_spread_by_the_seed_and_never_shorter() {
    let site = site("  ntp: { kind: ntp, address: 127.0.77.8 }");
    let settings = Settings {
        interval: Duration::from_secs(100),
        ..Settings::default()
    };
    let duration = |seed: u8| {
        let plan = Plan::new(&site, &[], settings.clone(), [seed; 32]).unwrap();
        let pauses: usize = plan
            .packets()
            .iter()
            .map(|packet| packet.times)
            .sum::<usize>()
            - 1;
        let least = settings.interval * u32::try_from(pauses).unwrap();
        assert!(plan.duration() >= least);
        assert!(plan.duration() <= least * 5 / 4 + settings.interval);
        plan.duration()
    };
    assert_eq!(duration(1), duration(1));
    assert_ne!(duration(1), duration(2));
}

#[test]
fn what_is_left_is_told_by_the_address_that_takes_longest() {
    let script: Script = serde_saphyr::from_str(PLAIN).unwrap();
    let servers = script.serve();
    // One address is asked twelve questions, nine others are done after the first.
    let site = site(&format!(
        "  dns: {{ kind: dns, address: 127.0.0.1, port: udp/{} }}\n  \
         web: {{ kind: other, any_of: [127.0.77.11, 127.0.77.12, 127.0.77.13, 127.0.77.14, \
         127.0.77.15, 127.0.77.16, 127.0.77.17, 127.0.77.18, 127.0.77.19], port: icmp }}",
        servers.port
    ));
    let settings = Settings {
        samples: 6,
        interval: Duration::from_millis(200),
        ..Settings::default()
    };
    let mut plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let web = plan
        .parts
        .iter_mut()
        .filter(|part| part.target.service() == "web");
    for question in web.flat_map(|part| &mut part.questions) {
        question.repeated = false;
    }
    let began = Instant::now();
    let told = Mutex::new(Vec::new());
    let canceled = AtomicBool::new(false);
    let progress = |step: Progress<'_>| {
        let end = began.elapsed() + step.left.unwrap();
        told.lock().unwrap().push((step.done, end));
    };
    run(
        &plan,
        &Start {
            progress: &progress,
            ..start(&canceled)
        },
    );
    let (end, told) = (began.elapsed(), told.into_inner().unwrap());
    assert!(told.len() >= 4, "{told:?}");
    for (done, told_end) in told {
        let off = told_end.abs_diff(end);
        assert!(
            off < Duration::from_millis(600),
            "after {done}: {told_end:?}, not {end:?}"
        );
    }
}

#[test]
fn time_that_connections_lie_idle_is_planned() {
    let site = site(
        "  gateway: { kind: pump-gateway, address: 127.0.77.5, port: tcp/51244, owner: net, probe: allow }",
    );
    let duration = |idle| {
        let settings = Settings {
            idle,
            ..Settings::default()
        };
        let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
        assert!(plan.longest() > plan.duration() + Duration::from_mins(1));
        plan.duration()
    };
    let idle = Duration::from_mins(10);
    assert!(duration(Some(idle)) >= duration(None) + idle);
}

#[test]
fn an_idle_connection_is_asked_for_life_and_a_closed_one_is_told() {
    // Addresses of their own on the loopback interface.
    let quiet = std::net::TcpListener::bind("127.0.77.3:51244").unwrap();
    let closing = std::net::TcpListener::bind("127.0.77.4:51244").unwrap();
    let servers = [(quiet, true), (closing, false)].map(|(listener, keeps)| {
        std::thread::spawn(move || {
            let kept: Vec<_> = listener.incoming().take(2).filter(|_| keeps).collect();
            std::thread::sleep(Duration::from_secs(if keeps { 7 } else { 0 }));
            drop(kept);
        })
    });
    let site = site(
        "  quiet: { kind: pump-gateway, address: 127.0.77.3, port: tcp/51244, owner: net, probe: allow }\n  \
         closing: { kind: pump-gateway, address: 127.0.77.4, port: tcp/51244, owner: net, probe: allow }",
    );
    let settings = Settings {
        samples: 1,
        interval: Duration::ZERO,
        idle: Some(Duration::from_secs(1)),
        ..Settings::default()
    };
    let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let said: Vec<&str> = measured
        .observations
        .iter()
        .filter(|one| one.probe == "idle")
        .flat_map(|one| &one.statements)
        .map(|statement| statement.text.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "idle 1 s, then 3 keepalives: the server itself ended the connection",
            "idle 1 s, then 3 keepalives: the connection lives"
        ]
    );
    for server in servers {
        server.join().unwrap();
    }
}

#[test]
fn an_hl7_engine_is_connected_to_and_told_nothing() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let site = site(&format!(
        "  ehr: {{ kind: hl7, address: 127.0.0.1, port: tcp/{port}, owner: net, probe: allow }}"
    ));
    let told = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
        bytes
    });
    let settings = Settings {
        samples: 1,
        ..Settings::default()
    };
    let plan = Plan::new(&site, &[], settings, [7; 32]).unwrap();
    let measured = run(&plan, &start(&AtomicBool::new(false)));
    let services = summarize(&plan, &measured.observations, "site.yaml");
    assert_eq!(services[0].state, State::Works);
    // MLLP has no question that an engine does not store.
    assert_eq!(told.join().unwrap(), b"");
}
