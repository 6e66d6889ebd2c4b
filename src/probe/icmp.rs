//! Echo requests.
//!
//! A host need not answer them, so a service's state rests on this only where the site file asks
//! for `icmp` itself.

use std::net::Ipv4Addr;

use super::echo::{EchoSocket, request};
use super::statistics::summarize_samples;
use crate::intent::{Port, Service};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Answer, EchoAnswer, Outcome, Sample, State};

/// The one question.
const QUESTION: &str = "echo";
/// The probe.
pub(super) struct Icmp;

impl Probe for Icmp {
    fn id(&self) -> &'static str {
        "icmp"
    }

    fn ports(&self, _service: &Service) -> Vec<Port> {
        vec![Port::Icmp]
    }

    fn is_bearing(&self, service: &Service) -> bool {
        service.ports.contains(&Port::Icmp)
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        vec![Question::repeated(QUESTION, asked.port, request())]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let socket = transport.echo.get_or_init(|| {
            EchoSocket::open(transport.source.as_ref()).map_err(|error| not_allowed(&error))
        });
        let socket = match socket {
            Ok(socket) => socket,
            Err(why) => {
                return Reply::failure(Outcome::NotSent, Some(why.clone())).sample(question);
            }
        };
        let reply = socket.echo(target.address(), &question.payload, transport.timeout);
        let mut sample = reply.sample(question);
        if sample.outcome == Outcome::Answer {
            sample.answer = Some(Answer::Echo(EchoAnswer {
                path_mtu: path_mtu(transport, target.address()),
            }));
        }
        sample
    }

    fn interpret(&self, _asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let summary = summarize_samples(QUESTION, samples);
        let (state, why) = match (summary.sent, summary.lost) {
            (0, _) => {
                let why = samples.iter().find_map(|sample| sample.detail.clone());
                (State::NotMeasured, why.into_iter().collect())
            }
            (_, 0) => (State::Works, Vec::new()),
            (sent, lost) if sent == lost => (
                State::Fails,
                vec![format!("none of {sent} echo requests was answered")],
            ),
            (sent, lost) => (State::Degraded, vec![format!("{lost} of {sent} lost")]),
        };
        Reading {
            state,
            why,
            statements: Vec::new(),
            summary,
        }
    }
}

/// Why there is no socket, and what to do.
fn not_allowed(error: &std::io::Error) -> String {
    format!(
        "this host does not allow unprivileged echo requests: {error} \
         (Linux: sysctl net.ipv4.ping_group_range)"
    )
}

/// Path MTU as the kernel knows it; asking sends nothing.
#[cfg(target_os = "linux")]
fn path_mtu(transport: &Transport, address: Ipv4Addr) -> Option<u32> {
    use nix::sys::socket::{getsockopt, sockopt::IpMtu};
    // Any port does: a datagram socket is connected without a packet (RFC 863 discards).
    let socket = transport.datagram_socket(0, (address, 9)).ok()?;
    getsockopt(&socket, IpMtu)
        .ok()
        .and_then(|mtu| u32::try_from(mtu).ok())
}

/// Path MTU, which this operating system does not tell.
#[cfg(not(target_os = "linux"))]
fn path_mtu(_transport: &Transport, _address: Ipv4Addr) -> Option<u32> {
    None
}
