//! DHCP servers: questions that never take a lease.
//!
//! An INFORM asks for options alone (RFC 2131 §4.3.5). A DISCOVER is sent as a relay does, so that
//! the offer comes back here, and the offer is never requested; the client identifier is our own,
//! so that no lease of anybody changes. Both need the well-known ports, which most systems give to
//! the privileged alone.

use std::net::Ipv4Addr;

use crate::intent::{Port, Service, ServiceKind, Site};
use crate::net::registry::{PORT_DHCP_CLIENT, PORT_DHCP_SERVER, dhcp_option};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport, summarize_samples};
use crate::wire::observation::{Answer, Behavior, DhcpAnswer, Outcome, Sample, State, Statement};

/// Asks for options.
const INFORM: &str = "INFORM";
/// Asks for an offer.
const DISCOVER: &str = "DISCOVER as a relay";
/// Message type of a DISCOVER (RFC 2132 §9.6).
const TYPE_DISCOVER: u8 = 1;
/// Message type of an INFORM.
const TYPE_INFORM: u8 = 8;
/// Names of message types (RFC 2132 §9.6).
const TYPES: [(u8, &str); 3] = [(2, "OFFER"), (5, "ACK"), (6, "NAK")];
/// Marks options (RFC 2131 §3).
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// Where options begin: after the fixed fields and the cookie.
const OPTIONS_AT: usize = 240;
/// Where the transaction's number stands (RFC 2131 §2).
const XID: std::ops::Range<usize> = 4..8;
/// Where the client's own address stands.
const CIADDR: std::ops::Range<usize> = 12..16;
/// Where the offered address stands.
const YIADDR: std::ops::Range<usize> = 16..20;
/// Where the relay's address stands.
const GIADDR: std::ops::Range<usize> = 24..28;
/// Message type (RFC 2132 §9.6).
const OPTION_TYPE: u8 = 53;
/// The server's own address (RFC 2132 §9.7).
const OPTION_SERVER: u8 = 54;
/// What is asked for (RFC 2132 §9.8).
const OPTION_LIST: u8 = 55;
/// Who asks (RFC 2132 §9.14).
const OPTION_CLIENT: u8 = 61;
/// End of options (RFC 2132 §3.2).
const OPTION_END: u8 = 255;

/// The probe.
pub(super) struct Dhcp;

impl Probe for Dhcp {
    fn id(&self) -> &'static str {
        "dhcp"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let udp = |port: &&Port| matches!(port, Port::Udp(_));
        match service.kind {
            ServiceKind::Dhcp => service.ports.iter().filter(udp).copied().collect(),
            ServiceKind::Radius
            | ServiceKind::Dns
            | ServiceKind::Ntp
            | ServiceKind::PumpGateway
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => Vec::new(),
        }
    }

    fn is_expected(&self, outcome: Outcome) -> bool {
        // A server need not answer a host whose subnet it does not serve.
        outcome == Outcome::Timeout
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        vec![
            Question::once(INFORM, asked.port, message(TYPE_INFORM)),
            Question::once(DISCOVER, asked.port, message(TYPE_DISCOVER)),
        ]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let not_sent = |text: String| Reply::failure(Outcome::NotSent, Some(text)).sample(question);
        let Port::Udp(port) = question.port else {
            return not_sent("DHCP needs UDP".to_owned());
        };
        let own = match transport.own_address(target.address()) {
            Ok(own) => own,
            Err(error) => return not_sent(error.to_string()),
        };
        let (field, from) = if question.text == INFORM {
            (CIADDR, PORT_DHCP_CLIENT)
        } else {
            (GIADDR, PORT_DHCP_SERVER)
        };
        let mut payload = question.payload.clone();
        let number = transport.unix_now().subsec_nanos().to_be_bytes();
        for (place, bytes) in [(field, own.octets()), (XID, number)] {
            if let Some(field) = payload.get_mut(place) {
                field.copy_from_slice(&bytes);
            }
        }
        let is_answer = |bytes: &[u8]| bytes.first() == Some(&2) && bytes.get(XID) == Some(&number);
        let reply = transport.udp_from(target, from, port, &payload, &is_answer);
        let mut sample = reply.sample(question);
        if sample.outcome == Outcome::Answer {
            if let Some(answer) = read(&reply.bytes) {
                sample.answer = Some(Answer::Dhcp(Box::new(answer)));
            } else {
                sample.outcome = Outcome::Malformed;
                sample.detail = Some("is no DHCP message".to_owned());
            }
        }
        sample
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let mut statements: Vec<Statement> = samples
            .iter()
            .flat_map(|sample| about(asked.site, sample))
            .collect();
        let is_answered = samples
            .iter()
            .any(|sample| sample.outcome == Outcome::Answer);
        if is_answered {
            // One way to ask is enough; a server need not serve this host's own subnet.
            for statement in &mut statements {
                if statement.behavior == Behavior::NotMeasured {
                    statement.state = State::Works;
                }
            }
        } else if samples.is_empty() {
            statements.push(Statement {
                behavior: Behavior::NotMeasured,
                state: State::NotMeasured,
                text: "nothing was asked".to_owned(),
            });
        }
        Reading::of(statements, summarize_samples(INFORM, samples))
    }
}

/// What one answer says, held against the site file.
fn about(site: &Site, sample: &Sample) -> Vec<Statement> {
    let statement = |behavior, state, text| {
        vec![Statement {
            behavior,
            state,
            text,
        }]
    };
    let question = &sample.question;
    let failure = match sample.outcome {
        Outcome::Answer => {
            return match &sample.answer {
                Some(Answer::Dhcp(answer)) => handed_out(site, question, answer),
                _ => Vec::new(),
            };
        }
        Outcome::Timeout => {
            "silent; a server need not answer for this host's subnet, or is down".to_owned()
        }
        Outcome::RefusedPort => {
            let text = format!("{question}: port refused");
            return statement(Behavior::Answer, State::Fails, text);
        }
        Outcome::NotSent
        | Outcome::Malformed
        | Outcome::Unreachable
        | Outcome::Closed
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::Refused
        | Outcome::OtherError => sample
            .detail
            .clone()
            .unwrap_or_else(|| "no answer".to_owned()),
    };
    let text = format!("{question}: {failure}");
    statement(Behavior::NotMeasured, State::NotMeasured, text)
}

/// The name servers that are handed out, and the rest in words.
fn handed_out(site: &Site, question: &str, answer: &DhcpAnswer) -> Vec<Statement> {
    let mut said = vec![answer.message.clone()];
    if let Some(address) = &answer.offered {
        said.push(format!("address {address}"));
    }
    if let Some(seconds) = answer.lease_s {
        said.push(format!("lease {seconds} s"));
    }
    for (what, values) in [
        ("routers", &answer.routers),
        ("name servers", &answer.name_servers),
        ("time servers", &answer.time_servers),
    ] {
        if !values.is_empty() {
            said.push(format!("{what} {}", values.join(", ")));
        }
    }
    let mut statements = vec![Statement {
        behavior: Behavior::Answer,
        state: State::Works,
        text: format!("{question}: {}", said.join(", ")),
    }];
    for (kind, what, values) in [
        (ServiceKind::Dns, "name server", &answer.name_servers),
        (ServiceKind::Ntp, "time server", &answer.time_servers),
    ] {
        let known: Vec<String> = site
            .services
            .values()
            .filter(|service| service.kind == kind)
            .flat_map(|service| service.servers.iter().map(ToString::to_string))
            .collect();
        for value in values.iter().filter(|value| !known.contains(value)) {
            statements.push(Statement {
                behavior: Behavior::Answer,
                state: State::Degraded,
                text: format!(
                    "{question}: hands out {what} {value}, which the site file does not have"
                ),
            });
        }
    }
    statements
}

/// A question without addresses and number, which sending fills in.
fn message(kind: u8) -> Vec<u8> {
    /// A hardware address of our own, locally administered (IEEE 802, second bit).
    const HARDWARE: [u8; 6] = [0x02, 0x70, 0x70, 0x66, 0x6C, 0x74];
    /// Client identifier: type 0, then words (RFC 2132 §9.14).
    const CLIENT: &[u8] = b"\0pump-preflight";
    let mut message = vec![0; OPTIONS_AT];
    let hops = u8::from(kind == TYPE_DISCOVER);
    let fields: [(usize, &[u8]); 3] = [(0, &[1, 1, 6, hops]), (28, &HARDWARE), (236, &COOKIE)];
    for (at, bytes) in fields {
        if let Some(field) = message.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    }
    let wanted = [
        dhcp_option::SUBNET_MASK,
        dhcp_option::ROUTERS,
        dhcp_option::DNS_SERVERS,
        dhcp_option::DOMAIN_NAME,
        dhcp_option::NTP_SERVERS,
        dhcp_option::LEASE_TIME,
    ];
    for (code, value) in [
        (OPTION_TYPE, &[kind][..]),
        (OPTION_CLIENT, CLIENT),
        (OPTION_LIST, &wanted),
    ] {
        message.push(code);
        message.push(u8::try_from(value.len()).unwrap_or(0));
        message.extend(value);
    }
    message.push(OPTION_END);
    message
}

/// An answer as data; `None` where it is none.
fn read(bytes: &[u8]) -> Option<DhcpAnswer> {
    if bytes.get(OPTIONS_AT - 4..OPTIONS_AT)? != COOKIE {
        return None;
    }
    let kind = *option(bytes, OPTION_TYPE)?.first()?;
    let addresses = |code: u8| -> Vec<String> {
        option(bytes, code)
            .unwrap_or(&[])
            .chunks_exact(4)
            .filter_map(address)
            .map(|address| address.to_string())
            .collect()
    };
    let text = |code: u8| {
        let bytes = option(bytes, code)?;
        Some(
            String::from_utf8_lossy(bytes)
                .trim_end_matches('\0')
                .to_owned(),
        )
    };
    let offered = address(bytes.get(YIADDR)?)?;
    Some(DhcpAnswer {
        message: TYPES
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or_else(|| kind.to_string(), |(_, name)| (*name).to_owned()),
        server: addresses(OPTION_SERVER).into_iter().next(),
        offered: (!offered.is_unspecified()).then(|| offered.to_string()),
        lease_s: option(bytes, dhcp_option::LEASE_TIME)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_be_bytes),
        routers: addresses(dhcp_option::ROUTERS),
        name_servers: addresses(dhcp_option::DNS_SERVERS),
        time_servers: addresses(dhcp_option::NTP_SERVERS),
        domain: text(dhcp_option::DOMAIN_NAME),
    })
}

/// The value of an option.
fn option(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut at = OPTIONS_AT;
    loop {
        match *message.get(at)? {
            OPTION_END => return None,
            0 => at += 1,
            code => {
                let length = usize::from(*message.get(at + 1)?);
                let value = message.get(at + 2..at + 2 + length)?;
                if code == wanted {
                    return Some(value);
                }
                at += 2 + length;
            }
        }
    }
}

/// Four bytes as an address.
fn address(bytes: &[u8]) -> Option<Ipv4Addr> {
    let four: [u8; 4] = bytes.try_into().ok()?;
    Some(Ipv4Addr::from(four))
}

#[cfg(test)]
mod tests {
    use super::{OPTION_CLIENT, OPTION_TYPE, OPTIONS_AT, TYPE_INFORM, message, option, read};

    #[test]
    fn a_question_says_who_asks_and_never_requests() {
        let question = message(TYPE_INFORM);
        assert_eq!(option(&question, OPTION_TYPE), Some(&[TYPE_INFORM][..]));
        assert_eq!(
            option(&question, OPTION_CLIENT),
            Some(&b"\0pump-preflight"[..])
        );
    }

    #[test]
    fn options_are_read_and_bytes_that_are_none_are_not() {
        let mut answer = message(TYPE_INFORM);
        answer.truncate(OPTIONS_AT);
        answer[16..20].copy_from_slice(&[10, 20, 230, 7]);
        answer.extend([
            53, 1, 2, 0, 51, 4, 0, 0, 14, 16, 6, 8, 10, 0, 0, 1, 10, 0, 0, 2, 255,
        ]);
        let read_answer = read(&answer).unwrap();
        assert_eq!(read_answer.message, "OFFER");
        assert_eq!(read_answer.offered.as_deref(), Some("10.20.230.7"));
        assert_eq!(read_answer.lease_s, Some(3600));
        assert_eq!(read_answer.name_servers, ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(read(&answer[..100]), None);
        answer.truncate(OPTIONS_AT + 4);
        assert_eq!(read(&answer).unwrap().name_servers, Vec::<String>::new());
    }
}
