//! Web servers: one `HEAD /`, no redirect followed, no proxy used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use super::handshake::Recorder;
use super::statistics::summarize_samples;
use super::transport::instant;
use crate::intent::{Port, Service};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Answer, HttpAnswer, Outcome, Sample, State};

/// The one question.
const QUESTION: &str = "HEAD /";
/// Ports with plain HTTP (IANA: http, http-alt).
const PLAIN: [u16; 2] = [80, 8080];
/// Ports with HTTPS (IANA: https; pcsync-https, commonly HTTPS).
const SECURE: [u16; 2] = [443, 8443];

/// The probe.
pub(super) struct Http;

impl Probe for Http {
    fn id(&self) -> &'static str {
        "http"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        service
            .ports
            .iter()
            .filter(|port| match port {
                Port::Tcp(number) => PLAIN.contains(number) || SECURE.contains(number),
                Port::Udp(_) | Port::Icmp => false,
            })
            .copied()
            .collect()
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        let host = asked.service.name.as_ref().map(ToString::to_string);
        vec![Question {
            host,
            ..Question::once(QUESTION, asked.port, Vec::new())
        }]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        head(transport, target, question).unwrap_or_else(|reply| reply.sample(question))
    }

    fn interpret(&self, _asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let summary = summarize_samples(QUESTION, samples);
        let mut why: Vec<String> = samples
            .iter()
            .filter_map(|sample| match (&sample.answer, &sample.detail) {
                (Some(Answer::Http(answer)), _) if answer.status >= 500 => {
                    Some(format!("the server answers status {}", answer.status))
                }
                (_, detail) => detail.clone(),
            })
            .collect();
        let state = if summary.sent == 0 {
            State::NotMeasured
        } else if summary.lost == summary.sent || !why.is_empty() {
            if why.is_empty() {
                why.push("no answer".to_owned());
            }
            State::Fails
        } else {
            State::Works
        };
        Reading {
            state,
            why,
            statements: Vec::new(),
            summary,
        }
    }
}

/// One request.
fn head(transport: &Transport, target: &Target, question: &Question) -> Result<Sample, Reply> {
    let not_sent = |text: String| Reply::failure(Outcome::NotSent, Some(text));
    let Port::Tcp(port) = question.port else {
        return Err(not_sent("HTTP needs TCP".to_owned()));
    };
    let scheme = if SECURE.contains(&port) {
        "https"
    } else {
        "http"
    };
    let address = target.address();
    let host = question.host.clone().unwrap_or_else(|| address.to_string());
    // The TLS probe judges the certificate; here it must not hide the answer.
    let config = Arc::new(Recorder::new())
        .config()
        .map_err(|error| not_sent(error.to_string()))?;
    // The name is pinned to the target: no resolver of this host is asked, no other host reached.
    let source = transport.source.as_ref();
    let client = Client::builder()
        .local_address(source.map(|source| IpAddr::V4(source.address)))
        .tls_backend_preconfigured(config)
        .resolve(&host, SocketAddr::new(IpAddr::V4(address), port))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(transport.timeout)
        .pool_max_idle_per_host(0)
        .user_agent(concat!("pump-preflight/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| not_sent(error.to_string()))?;
    let start = instant();
    let response = client
        .head(format!("{scheme}://{host}:{port}/"))
        .send()
        .map_err(|error| of_error(&error))?;
    let mut sample = Reply {
        outcome: Outcome::Answer,
        bytes: Vec::new(),
        elapsed: Some(start.elapsed()),
        detail: None,
    }
    .sample(question);
    sample.answer = Some(Answer::Http(HttpAnswer {
        status: response.status().as_u16(),
        version: format!("{:?}", response.version()),
    }));
    Ok(sample)
}

/// The failure that ended a request.
fn of_error(error: &reqwest::Error) -> Reply {
    if error.is_timeout() {
        return Reply::failure(Outcome::Timeout, Some("silent".to_owned()));
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut last = error.to_string();
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<std::io::Error>()
            && inner.get_ref().is_none()
        {
            let mut reply = Reply::of_error(inner);
            reply.detail = Some(inner.to_string());
            return reply;
        }
        last = inner.to_string();
        source = inner.source();
    }
    Reply::failure(Outcome::OtherError, Some(last))
}
