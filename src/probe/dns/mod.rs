//! Name servers: each asked directly, one packet at a time.
//!
//! The names are those that the site's services have, as pumps ask for them. A state of the server
//! is never folded into another: no such name, no such record, SERVFAIL, REFUSED, silence and a
//! refused port each make clients wait differently.

use crate::intent::{Port, Service, ServiceKind};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport, summarize_samples};
use crate::wire::observation::{Outcome, Sample};

mod ask;
mod message;
mod server;
mod way;
mod zone;

use server::Server;
pub(super) use server::longest_life;

/// The probe.
pub(super) struct Dns;

impl Probe for Dns {
    fn id(&self) -> &'static str {
        "dns"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let udp = service
            .ports
            .iter()
            .filter(|port| matches!(port, Port::Udp(_)));
        match service.kind {
            ServiceKind::Dns => udp.copied().collect(),
            ServiceKind::Radius
            | ServiceKind::Dhcp
            | ServiceKind::Ntp
            | ServiceKind::PumpGateway
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => Vec::new(),
        }
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        ask::planned(asked)
    }

    fn follow_ups(
        &self,
        asked: &Asked<'_>,
        question: &Question,
        samples: &[&Sample],
    ) -> Vec<Question> {
        samples
            .last()
            .map_or_else(Vec::new, |sample| ask::follow_ups(asked, question, sample))
    }

    fn most_follow_ups(&self) -> usize {
        ask::MOST_FOLLOW_UPS
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let is_answer = |bytes: &[u8]| message::answers(&question.payload, bytes);
        let reply = match question.port {
            Port::Udp(port) => transport.udp(target, port, &question.payload, &is_answer),
            Port::Tcp(port) => transport.tcp_message(target, port, &question.payload),
            Port::Icmp => Reply::failure(Outcome::NotSent, None),
        };
        message::read(question, &reply)
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let statements = Server::read(asked, samples).statements;
        let first = ask::names(asked.site)
            .first()
            .map_or_else(|| "NS .".to_owned(), ask::base);
        Reading::of(statements, summarize_samples(&first, samples))
    }
}
