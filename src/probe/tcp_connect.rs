//! TCP connections: opened, timed and closed without a byte of data.

use super::statistics::summarize_samples;
use crate::intent::{Port, Service, ServiceKind};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Outcome, Sample, State};

/// The one question.
const QUESTION: &str = "connect";

/// The probe.
pub(super) struct TcpConnect;

impl Probe for TcpConnect {
    fn id(&self) -> &'static str {
        "tcp-connect"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let mut ports: Vec<Port> = service
            .ports
            .iter()
            .filter(|port| matches!(port, Port::Tcp(_)))
            .copied()
            .collect();
        if service.kind == ServiceKind::Dns {
            // The DNS probe asks over TCP itself, when it is needed.
            ports.clear();
        }
        ports
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        vec![Question::repeated(QUESTION, asked.port, Vec::new())]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let Port::Tcp(port) = question.port else {
            return Reply::failure(Outcome::NotSent, None).sample(question);
        };
        match transport.connect(target, port) {
            Ok((_, elapsed)) => Reply {
                outcome: Outcome::Answer,
                bytes: Vec::new(),
                elapsed: Some(elapsed),
                detail: None,
            }
            .sample(question),
            Err(reply) => reply.sample(question),
        }
    }

    fn interpret(&self, _asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let summary = summarize_samples(QUESTION, samples);
        let mut outcomes: Vec<&str> = samples
            .iter()
            .filter_map(|sample| word(sample.outcome))
            .collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        let detail = samples
            .iter()
            .find_map(|sample| sample.detail.as_deref())
            .map_or(String::new(), |detail| format!(" ({detail})"));
        let (state, why) = match (summary.sent, summary.lost) {
            (0, _) => (
                State::NotMeasured,
                vec![format!("nothing was sent{detail}")],
            ),
            (_, 0) => (State::Works, Vec::new()),
            (sent, lost) => (
                if lost == sent {
                    State::Fails
                } else {
                    State::Degraded
                },
                vec![format!("{lost} of {sent} {}{detail}", outcomes.join(", "))],
            ),
        };
        Reading {
            state,
            why,
            statements: Vec::new(),
            summary,
        }
    }
}

/// A failure in words.
fn word(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::RefusedPort => Some("refused: the host answers, nobody listens"),
        Outcome::Timeout => Some("silent"),
        Outcome::Unreachable => Some("unreachable"),
        Outcome::Closed => Some("closed at once"),
        Outcome::Answer
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::Refused
        | Outcome::OtherError
        | Outcome::Malformed
        | Outcome::NotSent => None,
    }
}
