//! Name servers: each asked directly, one packet at a time.
//!
//! The names are those that the site's services have, as pumps ask for them: for an address
//! without EDNS (answers up to 512 bytes, RFC 1035 §4.2.1), with EDNS sizes 512 and 1232 (the size
//! that name server software has used since DNS Flag Day 2020), for an IPv6 address, for the zone's SOA
//! record, and over TCP after a truncated answer. A state of the server is never folded into
//! another: no such name, no such record, SERVFAIL, REFUSED, silence and a refused port each make
//! clients wait differently.

use std::net::Ipv4Addr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::statistics::{is_answered, summarize_samples};
use crate::intent::{Port, Service, ServiceKind, Site};
use crate::net::DomainName;
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Answer, DnsAnswer, DnsRecord, Outcome, Sample, State};

/// EDNS size that avoids fragments on every usual path (DNS Flag Day 2020).
const EDNS_SAFE: u16 = 1232;
/// EDNS size that asks for no more than plain DNS does (RFC 6891 §6.2.3).
const EDNS_LEAST: u16 = 512;
/// Shortest DNS message: its header (RFC 1035 §4.1.1).
const HEADER_BYTES: usize = 12;

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
        let Port::Udp(number) = asked.port else {
            return Vec::new();
        };
        let (udp, tcp) = (Port::Udp(number), Port::Tcp(number));
        let names = names(asked.site);
        if names.is_empty() {
            // The root's name servers: what a resolver asks first (RFC 8109).
            let payload = query(&DomainName::absolute("."), RecordType::NS, None);
            return vec![Question::repeated("NS .", udp, payload)];
        }
        let mut questions = Vec::new();
        for name in &names {
            let plain = query(name, RecordType::A, None);
            questions.push(Question::repeated(base(name), udp, plain.clone()));
            for size in [EDNS_LEAST, EDNS_SAFE] {
                let payload = query(name, RecordType::A, Some(size));
                let text = format!("A {name} edns {size}");
                questions.push(Question::once(text, udp, payload));
            }
            for kind in [RecordType::AAAA, RecordType::SOA] {
                let payload = query(name, kind, None);
                questions.push(Question::once(format!("{kind} {name}"), udp, payload));
            }
            questions.push(Question {
                when_truncated: true,
                ..Question::once(over_tcp(name), tcp, plain)
            });
        }
        questions
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let is_answer = |bytes: &[u8]| answers(&question.payload, bytes);
        let reply = match question.port {
            Port::Udp(port) => transport.udp(target, port, &question.payload, &is_answer),
            Port::Tcp(port) => transport.tcp_message(target, port, &question.payload),
            Port::Icmp => Reply::failure(Outcome::NotSent, None),
        };
        read(question, &reply)
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let names = names(asked.site);
        let mut findings = Findings::default();
        if names.is_empty() {
            findings.note_unnamed(samples);
        }
        for name in &names {
            findings.note_name(asked.site, name, samples);
            findings.note_paths(name, samples);
        }
        if samples.is_empty() {
            findings.note(State::NotMeasured, "nothing was asked".to_owned());
        }
        let first = names.first().map_or_else(|| "NS .".to_owned(), base);
        Reading {
            state: findings.state(),
            why: findings.why(),
            summary: summarize_samples(&first, samples),
        }
    }
}

/// The names of the site's services, each once, in order.
fn names(site: &Site) -> Vec<DomainName> {
    let mut names: Vec<DomainName> = site
        .services
        .values()
        .filter_map(|service| service.name.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Addresses that the site file gives to a name.
fn declared(site: &Site, name: &DomainName) -> Vec<Ipv4Addr> {
    site.services
        .values()
        .filter(|service| service.name.as_ref() == Some(name))
        .flat_map(|service| service.servers.iter().copied())
        .collect()
}

/// The question for an address, as the smallest clients ask it.
fn base(name: &DomainName) -> String {
    format!("A {name}")
}

/// The same over TCP.
fn over_tcp(name: &DomainName) -> String {
    format!("A {name} over tcp")
}

/// A query as bytes; empty where the name is none.
///
/// The identifier is fixed: each question has a socket with a port of its own, and nothing is
/// decided by who could forge an answer.
fn query(name: &DomainName, kind: RecordType, edns: Option<u16>) -> Vec<u8> {
    /// Any number does.
    const ID: u16 = 0x5050;
    let Ok(mut name) = Name::from_ascii(name.to_string()) else {
        return Vec::new();
    };
    name.set_fqdn(true);
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, kind));
    if let Some(size) = edns {
        let mut options = Edns::new();
        options.set_max_payload(size);
        message.set_edns(options);
    }
    message.to_vec().unwrap_or_default()
}

/// Whether `bytes` is a response to the query: same identifier, response bit (RFC 1035 §4.1.1).
fn answers(query: &[u8], bytes: &[u8]) -> bool {
    bytes.get(..2) == query.get(..2) && bytes.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

/// The sample that a reply is.
fn read(question: &Question, reply: &Reply) -> Sample {
    let mut sample = reply.sample(question);
    if question.payload.is_empty() {
        sample.outcome = Outcome::NotSent;
        sample.detail = Some("the name cannot be written in a query".to_owned());
    }
    if sample.outcome != Outcome::Answer {
        return sample;
    }
    if !answers(&question.payload, &reply.bytes) {
        sample.outcome = Outcome::Malformed;
        sample.detail = Some("is no response to this question".to_owned());
        return sample;
    }
    let message = match Message::from_vec(&reply.bytes) {
        Ok(message) if is_about(&message, &question.payload) => message,
        Ok(_) => {
            sample.outcome = Outcome::Malformed;
            sample.detail = Some("answers another question".to_owned());
            return sample;
        }
        Err(error) if truncated_header(&reply.bytes) => {
            // A cut in the middle of a record is still the answer "ask over TCP".
            sample.detail = Some(error.to_string());
            sample.answer = Some(Answer::Dns(cut_answer(&reply.bytes)));
            return sample;
        }
        Err(error) => {
            sample.outcome = Outcome::Malformed;
            sample.detail = Some(error.to_string());
            return sample;
        }
    };
    sample.outcome = outcome(&message);
    sample.answer = Some(Answer::Dns(describe(&message)));
    sample
}

/// Whether the message repeats the query's question; one without any question does as well, since
/// some servers leave it out of an error.
fn is_about(message: &Message, query: &[u8]) -> bool {
    let Ok(query) = Message::from_vec(query) else {
        return false;
    };
    message.queries.is_empty() || message.queries == query.queries
}

/// Whether the header of an unreadable message says that it was cut (TC, RFC 1035 §4.1.1).
fn truncated_header(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER_BYTES && bytes.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// What the header alone says.
fn cut_answer(bytes: &[u8]) -> DnsAnswer {
    let flags = bytes.get(2).copied().unwrap_or(0);
    let second = bytes.get(3).copied().unwrap_or(0);
    DnsAnswer {
        rcode: rcode(ResponseCode::from_low(second & 0x0F)),
        authoritative: flags & 0x04 != 0,
        truncated: true,
        recursion_available: second & 0x80 != 0,
        edns_size: None,
        records: Vec::new(),
        serial: None,
        negative_ttl: None,
    }
}

/// What a message says about its question.
fn outcome(message: &Message) -> Outcome {
    let asked = message.queries.first().map(Query::query_type);
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other response code is an error of its own name"
    )]
    match message.metadata.response_code {
        ResponseCode::NoError => {
            let found = message.answers.iter().any(|record| {
                record.dns_class == DNSClass::IN && Some(record.record_type()) == asked
            });
            if found || message.metadata.truncation {
                Outcome::Answer
            } else {
                Outcome::Nodata
            }
        }
        ResponseCode::NXDomain => Outcome::Nxdomain,
        ResponseCode::ServFail => Outcome::Servfail,
        ResponseCode::Refused => Outcome::Refused,
        _ => Outcome::OtherError,
    }
}

/// A response code as operators write it (IANA, DNS RCODEs), else its number.
fn rcode(code: ResponseCode) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rare ones are as clear by number"
    )]
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => u16::from(other).to_string(),
    }
}

/// A message as data.
fn describe(message: &Message) -> DnsAnswer {
    let mut records: Vec<DnsRecord> = message.answers.iter().map(describe_record).collect();
    records.sort();
    let soa = message
        .answers
        .iter()
        .chain(&message.authorities)
        .find_map(|record| {
            if let RData::SOA(soa) = &record.data {
                Some((record, soa))
            } else {
                None
            }
        });
    let negative = message.answers.is_empty();
    DnsAnswer {
        rcode: rcode(message.metadata.response_code),
        authoritative: message.metadata.authoritative,
        truncated: message.metadata.truncation,
        recursion_available: message.metadata.recursion_available,
        edns_size: message.edns.as_ref().map(Edns::max_payload),
        records,
        serial: soa.map(|(_, soa)| soa.serial),
        negative_ttl: soa
            .filter(|_| negative)
            .map(|(record, soa)| record.ttl.min(soa.minimum)),
    }
}

/// A record as data; names in lower case, since servers differ in that without meaning anything.
fn describe_record(record: &Record) -> DnsRecord {
    DnsRecord {
        name: record.name.to_lowercase().to_string(),
        kind: record.record_type().to_string(),
        data: if let RData::CNAME(target) = &record.data {
            target.0.to_lowercase().to_string()
        } else {
            record.data.to_string()
        },
        ttl: record.ttl,
    }
}

/// What the samples of one server show, each finding with the state that it means.
#[derive(Debug, Default)]
struct Findings {
    /// Findings in order.
    list: Vec<(State, String)>,
}

impl Findings {
    /// Adds one.
    fn note(&mut self, state: State, text: String) {
        self.list.push((state, text));
    }

    /// The worst state; what could not be measured does not hide a failure.
    fn state(&self) -> State {
        [State::Fails, State::NotMeasured, State::Degraded]
            .into_iter()
            .find(|state| self.list.iter().any(|(found, _)| found == state))
            .unwrap_or(State::Works)
    }

    /// The findings in words.
    fn why(self) -> Vec<String> {
        self.list.into_iter().map(|(_, text)| text).collect()
    }

    /// A server that there is no name to ask for.
    fn note_unnamed(&mut self, samples: &[Sample]) {
        if samples.iter().all(|sample| !is_answered(sample.outcome)) {
            self.note_silence("NS .", samples);
        } else {
            let text = "answers; no service of the site has a name to ask for";
            self.note(State::NotMeasured, text.to_owned());
        }
    }

    /// Whether a name is answered as the site file says, each time.
    fn note_name(&mut self, site: &Site, name: &DomainName, samples: &[Sample]) {
        let question = base(name);
        let own: Vec<&Sample> = of(&question, samples);
        if own.is_empty() {
            self.note(State::NotMeasured, format!("{question}: not asked"));
            return;
        }
        if own.iter().all(|sample| !is_answered(sample.outcome)) {
            self.note_silence(&question, samples);
            return;
        }
        let lost = own
            .iter()
            .filter(|sample| !is_answered(sample.outcome))
            .count();
        if lost > 0 {
            let text = format!("{question}: {lost} of {} got no answer", own.len());
            self.note(State::Degraded, text);
        }
        let declared = declared(site, name);
        // A truncated answer may lack records; what TCP brings is the whole.
        let whole = of(&over_tcp(name), samples)
            .into_iter()
            .find(|sample| sample.outcome == Outcome::Answer);
        let mut said = Vec::new();
        for sample in own.iter().filter(|sample| is_answered(sample.outcome)) {
            let sample = if is_truncated(sample) {
                whole.unwrap_or(sample)
            } else {
                sample
            };
            said.extend(contradiction(sample, &question, &declared));
        }
        said.sort();
        said.dedup();
        for text in said {
            self.note(State::Fails, text);
        }
    }

    /// No sample has an answer: why.
    fn note_silence(&mut self, question: &str, samples: &[Sample]) {
        let own = of(question, samples);
        let mut outcomes: Vec<Outcome> = own.iter().map(|sample| sample.outcome).collect();
        outcomes.sort();
        outcomes.dedup();
        let state = if outcomes.iter().all(|outcome| *outcome == Outcome::NotSent) {
            State::NotMeasured
        } else {
            State::Fails
        };
        let texts: Vec<&str> = outcomes.iter().map(|outcome| word(*outcome)).collect();
        let detail = own
            .iter()
            .find_map(|sample| sample.detail.as_deref())
            .map_or(String::new(), |detail| format!(" ({detail})"));
        let count = own.len();
        self.note(
            state,
            format!(
                "{question}: {count} of {count} {}{detail}",
                texts.join(", ")
            ),
        );
    }

    /// Larger answers, TCP and IPv6.
    fn note_paths(&mut self, name: &DomainName, samples: &[Sample]) {
        let plain_works = of(&base(name), samples)
            .iter()
            .any(|sample| is_answered(sample.outcome));
        for size in [EDNS_LEAST, EDNS_SAFE] {
            let question = format!("A {name} edns {size}");
            for sample in of(&question, samples) {
                let odd = sample.outcome == Outcome::OtherError
                    || (!is_answered(sample.outcome) && sample.outcome != Outcome::NotSent);
                if plain_works && odd {
                    let text = format!("{question}: {}", word(sample.outcome));
                    self.note(State::Degraded, text);
                }
            }
        }
        for sample in of(&format!("AAAA {name}"), samples) {
            if plain_works && !is_answered(sample.outcome) && sample.outcome != Outcome::NotSent {
                let text = format!(
                    "AAAA {name}: {}; clients that ask for IPv6 first wait for it",
                    word(sample.outcome)
                );
                self.note(State::Degraded, text);
            }
        }
        let truncated = of(&base(name), samples).into_iter().any(is_truncated);
        if truncated {
            let question = over_tcp(name);
            let tcp = of(&question, samples);
            match tcp.first() {
                Some(sample) if sample.outcome == Outcome::Answer => self.note(
                    State::Degraded,
                    format!("A {name}: truncated at 512 bytes, whole over TCP"),
                ),
                Some(sample) => self.note(
                    State::Fails,
                    format!("A {name}: truncated, and over TCP {}", word(sample.outcome)),
                ),
                None => self.note(
                    State::NotMeasured,
                    format!("A {name}: truncated, TCP was not asked"),
                ),
            }
        }
    }
}

/// What an answer says against the site file.
fn contradiction(sample: &Sample, question: &str, declared: &[Ipv4Addr]) -> Option<String> {
    if sample.outcome != Outcome::Answer {
        return Some(format!("{question}: {}", word(sample.outcome)));
    }
    if is_truncated(sample) {
        return None;
    }
    let Some(Answer::Dns(answer)) = &sample.answer else {
        return None;
    };
    let wrong: Vec<&str> = answer
        .records
        .iter()
        .filter(|record| record.kind == "A")
        .map(|record| record.data.as_str())
        .filter(|data| {
            data.parse::<Ipv4Addr>()
                .map_or(true, |address| !declared.contains(&address))
        })
        .collect();
    let known: Vec<String> = declared.iter().map(ToString::to_string).collect();
    (!wrong.is_empty()).then(|| {
        format!(
            "{question}: answers {}, the site file says {}",
            wrong.join(", "),
            known.join(", ")
        )
    })
}

/// The samples of one question.
fn of<'a>(question: &str, samples: &'a [Sample]) -> Vec<&'a Sample> {
    samples
        .iter()
        .filter(|sample| sample.question == question)
        .collect()
}

/// Whether the answer was cut.
fn is_truncated(sample: &Sample) -> bool {
    matches!(&sample.answer, Some(Answer::Dns(answer)) if answer.truncated)
}

/// An outcome in words.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answer => "answered",
        Outcome::Nxdomain => "no such name",
        Outcome::Nodata => "no such record",
        Outcome::Servfail => "SERVFAIL",
        Outcome::Refused => "REFUSED",
        Outcome::OtherError => "another error code",
        Outcome::RefusedPort => "port refused",
        Outcome::Timeout => "silent",
        Outcome::Unreachable => "unreachable",
        Outcome::Closed => "connection closed",
        Outcome::Malformed => "not a DNS answer to this question",
        Outcome::NotSent => "not sent",
    }
}
