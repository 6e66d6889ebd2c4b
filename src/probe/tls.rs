//! TLS handshakes: time, version, suite and the server's certificate; no byte of data is sent.
//!
//! The certificate is recorded and judged here, so that an expired one is a finding and not a
//! connection that failed for a reason nobody sees. Versions below 1.2 are not offered: a server
//! that speaks only those ends the handshake, which is reported as it is.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::handshake::Recorder;
use super::statistics::summarize_samples;
use super::transport::{Timed, instant};
use crate::intent::{Port, Service};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Answer, Behavior, Outcome, Sample, State, Statement, TlsAnswer};

/// The one question.
const QUESTION: &str = "handshake";
/// Ports that speak TLS from the first byte (IANA: https; ldaps; pcsync-https, commonly HTTPS).
const TLS_PORTS: [u16; 3] = [443, 636, 8443];

/// The probe.
pub(super) struct Tls;

impl Probe for Tls {
    fn id(&self) -> &'static str {
        "tls"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        service
            .ports
            .iter()
            .filter(|port| match port {
                Port::Tcp(number) => service.tls_min.is_some() || TLS_PORTS.contains(number),
                Port::Udp(_) | Port::Icmp => false,
            })
            .copied()
            .collect()
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        let host = asked.service.name.as_ref().map(ToString::to_string);
        vec![Question {
            host,
            ..Question::repeated(QUESTION, asked.port, Vec::new())
        }]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        handshake(transport, target, question).unwrap_or_else(|reply| reply.sample(question))
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let summary = summarize_samples(QUESTION, samples);
        let done = samples
            .iter()
            .filter(|sample| sample.outcome == Outcome::Answer)
            .count();
        let mut why: Vec<String> = samples.iter().filter_map(trouble).collect();
        why.sort();
        why.dedup();
        let wants_client = samples.iter().any(|sample| {
            sample.outcome != Outcome::Answer
                && matches!(&sample.answer, Some(Answer::Tls(tls)) if tls.asks_client_certificate)
        });
        let ended = samples
            .iter()
            .any(|sample| sample.detail.as_deref() == Some(ENDED));
        let state = if summary.sent == 0 {
            State::NotMeasured
        } else if ended {
            State::Fails
        } else if done == 0 && wants_client {
            why.push("the server asks for a client certificate, which a probe has not".to_owned());
            State::NotMeasured
        } else if done == 0 {
            State::Fails
        } else if done < summary.sent {
            State::Degraded
        } else {
            State::Works
        };
        let mut statements: Vec<Statement> = samples
            .iter()
            .flat_map(|sample| seen(sample, asked.unix))
            .collect();
        statements.dedup();
        Reading {
            state,
            why,
            statements,
            summary,
        }
    }
}

/// What a handshake shows that speaks against nobody.
fn seen(sample: &Sample, unix: u64) -> Vec<Statement> {
    /// Seconds of a day.
    const DAY_S: u64 = 86_400;
    let Some(Answer::Tls(tls)) = &sample.answer else {
        return Vec::new();
    };
    let statement = |behavior, text| Statement {
        behavior,
        state: State::Works,
        text,
    };
    let mut statements = Vec::new();
    if let (Some(version), Some(suite)) = (&tls.version, &tls.suite) {
        let text = format!("speaks TLS {version} with {suite}");
        statements.push(statement(Behavior::Tls, text));
    }
    let end = tls
        .not_after
        .as_deref()
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
        .and_then(|end| u64::try_from(end.unix_timestamp()).ok());
    if let Some(left) = end.and_then(|end| end.checked_sub(unix)) {
        let text = format!(
            "{} certificates in the chain; the server's ends in {} days",
            tls.certificates,
            left / DAY_S
        );
        statements.push(statement(Behavior::Certificate, text));
    }
    statements
}

/// What is said of a certificate outside its validity.
const ENDED: &str = "the certificate is not valid now";

/// What one sample says against the server.
fn trouble(sample: &Sample) -> Option<String> {
    let dates = match &sample.answer {
        Some(Answer::Tls(tls)) => match (&tls.not_before, &tls.not_after) {
            (Some(first), Some(last)) => format!(" (from {first} to {last})"),
            _ => String::new(),
        },
        _ => String::new(),
    };
    match (&sample.detail, sample.outcome) {
        (Some(detail), _) if detail == ENDED => Some(format!("{detail}{dates}")),
        (Some(detail), _) => Some(detail.clone()),
        (None, Outcome::Answer) => match &sample.answer {
            Some(Answer::Tls(tls)) if tls.names_match == Some(false) => {
                Some("the certificate is for other names".to_owned())
            }
            _ => None,
        },
        (None, Outcome::RefusedPort) => Some("port refused".to_owned()),
        (None, Outcome::Timeout) => Some("silent".to_owned()),
        (None, Outcome::Unreachable) => Some("unreachable".to_owned()),
        (None, Outcome::Closed) => Some("closed during the handshake".to_owned()),
        (None, _) => None,
    }
}

/// One handshake.
fn handshake(transport: &Transport, target: &Target, question: &Question) -> Result<Sample, Reply> {
    let not_sent = |text: String| Reply::failure(Outcome::NotSent, Some(text));
    let Port::Tcp(port) = question.port else {
        return Err(not_sent("TLS needs TCP".to_owned()));
    };
    let name = server_name(target, question).map_err(not_sent)?;
    let recorder = Arc::new(Recorder::new());
    let config = recorder
        .config()
        .map_err(|error| not_sent(error.to_string()))?;
    let mut session = ClientConnection::new(Arc::new(config), name.clone())
        .map_err(|error| not_sent(error.to_string()))?;
    let (stream, connected) = transport.connect(target, port)?;
    let mut stream = Timed::new(stream, transport.timeout);
    let start = instant();
    let mut read = 0;
    let mut written = 0;
    let mut failure = None;
    while session.is_handshaking() {
        match session.complete_io(&mut stream) {
            Ok((more_read, more_written)) => {
                read += more_read;
                written += more_written;
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let handshake = start.elapsed();
    let mut reply = match &failure {
        None => Reply {
            outcome: Outcome::Answer,
            bytes: Vec::new(),
            elapsed: Some(connected + handshake),
            detail: None,
        },
        Some(error) => of_handshake_error(error),
    };
    let answer = recorder.answer(&session, &name, connected, handshake, failure.is_none());
    if failure.is_none() && is_outside(&answer, transport.unix_now()) {
        reply.detail = Some(ENDED.to_owned());
    }
    let mut sample = reply.sample(question);
    sample.received_bytes = read;
    sample.sent_bytes = written;
    sample.answer = Some(Answer::Tls(Box::new(answer)));
    Ok(sample)
}

/// The name that the handshake is for: the service's, else the address.
fn server_name(target: &Target, question: &Question) -> Result<ServerName<'static>, String> {
    match &question.host {
        Some(host) => ServerName::try_from(host.clone()).map_err(|error| error.to_string()),
        None => Ok(ServerName::IpAddress(IpAddr::V4(target.address()).into())),
    }
}

/// The failure that ended a handshake.
fn of_handshake_error(error: &std::io::Error) -> Reply {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(inner) => Reply::failure(
            Outcome::OtherError,
            Some(format!("handshake ended: {inner}")),
        ),
        None => Reply::of_error(error),
    }
}

/// Whether the certificate is not valid at this moment.
fn is_outside(answer: &TlsAnswer, now: Duration) -> bool {
    let moment = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
    };
    let Ok(now) = i64::try_from(now.as_secs()) else {
        return false;
    };
    let ended = moment(&answer.not_after).is_some_and(|last| last.unix_timestamp() < now);
    let begins = moment(&answer.not_before).is_some_and(|first| first.unix_timestamp() > now);
    ended || begins
}
