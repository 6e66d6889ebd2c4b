//! Idle connections: opened, left alone for a time, then asked by the kernel whether they live.
//!
//! What is sent after the time is a TCP keepalive, which no program sees: a firewall that has
//! forgotten the connection drops or resets it. Only on request, since it takes its time.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use crate::intent::{Port, Service, ServiceKind};
use crate::probe::{
    Asked, Probe, Question, Reading, Reply, Settings, Target, Transport, summarize_samples,
};
use crate::wire::observation::{Behavior, Outcome, Sample, State, Statement};

/// Keepalives that are sent, one a second.
const KEEPALIVES: u32 = 3;

/// The probe.
pub(super) struct Idle;

impl Probe for Idle {
    fn id(&self) -> &'static str {
        "idle"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let tcp = |port: &&Port| matches!(port, Port::Tcp(_));
        match service.kind {
            ServiceKind::PumpGateway | ServiceKind::Hl7 => {
                service.ports.iter().filter(tcp).copied().collect()
            }
            ServiceKind::Radius
            | ServiceKind::Dhcp
            | ServiceKind::Dns
            | ServiceKind::Ntp
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => Vec::new(),
        }
    }

    fn is_wanted(&self, asked: &Asked<'_>) -> bool {
        asked.settings.idle.is_some()
    }

    fn lasts(&self, settings: &Settings) -> Duration {
        settings.idle.unwrap_or_default() + Duration::from_secs(u64::from(KEEPALIVES))
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        let seconds = asked.settings.idle.unwrap_or_default().as_secs();
        vec![Question::once(
            format!("idle {seconds} s, then {KEEPALIVES} keepalives"),
            asked.port,
            Vec::new(),
        )]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        rest(transport, target, question)
            .unwrap_or_else(|reply| reply)
            .sample(question)
    }

    fn interpret(&self, _: &Asked<'_>, samples: &[Sample]) -> Reading {
        let statements: Vec<Statement> = samples.iter().map(about).collect();
        let question = samples.first().map_or("idle", |sample| &*sample.question);
        Reading::of(statements, summarize_samples(question, samples))
    }
}

/// What one connection showed.
fn about(sample: &Sample) -> Statement {
    let (state, text) = match sample.outcome {
        Outcome::Answer => (State::Works, "the connection lives"),
        Outcome::Timeout => (
            State::Degraded,
            "the connection is dead and nobody says so: a pump notices only when it sends",
        ),
        Outcome::Closed => (State::Degraded, "the connection was reset"),
        Outcome::OtherError => (State::Works, "the server itself ended the connection"),
        Outcome::NotSent
        | Outcome::RefusedPort
        | Outcome::Unreachable
        | Outcome::Malformed
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::Refused => (State::NotMeasured, "no connection could be left alone"),
    };
    let detail = sample
        .detail
        .as_ref()
        .map_or(String::new(), |detail| format!(" ({detail})"));
    Statement {
        behavior: Behavior::Connection,
        state,
        text: format!("{}: {text}{detail}", sample.question),
    }
}

/// Opens a connection, leaves it alone, and looks.
fn rest(transport: &Transport, target: &Target, question: &Question) -> Result<Reply, Reply> {
    let not_sent = |text: &str| Reply::failure(Outcome::NotSent, Some(text.to_owned()));
    let Port::Tcp(port) = question.port else {
        return Err(not_sent("needs TCP"));
    };
    let seconds = question
        .text
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .map_or(Duration::ZERO, Duration::from_secs);
    let (mut stream, elapsed) = transport.connect(target, port)?;
    if !transport.sleep(seconds) {
        return Err(not_sent("canceled while the connection was idle"));
    }
    let failed = |error: std::io::Error| not_sent(&error.to_string());
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(1))
        .with_interval(Duration::from_secs(1))
        .with_retries(KEEPALIVES);
    SockRef::from(&stream)
        .set_tcp_keepalive(&keepalive)
        .map_err(failed)?;
    let wait = Duration::from_secs(u64::from(KEEPALIVES) + 2);
    stream.set_read_timeout(Some(wait)).map_err(failed)?;
    Ok(listen(&mut stream, elapsed))
}

/// What comes of the connection while the kernel sends keepalives.
fn listen(stream: &mut TcpStream, elapsed: Duration) -> Reply {
    let alive = Reply {
        outcome: Outcome::Answer,
        bytes: Vec::new(),
        elapsed: Some(elapsed),
        detail: None,
    };
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Reply::failure(Outcome::OtherError, None),
            // What the server says of itself is none of our business.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The time for reading is over: no keepalive failed.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return alive,
            Err(error) => return Reply::of_error(&error),
        }
    }
}
