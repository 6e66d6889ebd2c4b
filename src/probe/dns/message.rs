//! DNS messages: queries as bytes, answers as data.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::way::CASE_LOST;
use crate::probe::{Question, Reply, is_answered};
use crate::wire::observation::{Answer, DnsAnswer, DnsRecord, DnsSignature, Outcome, Sample};

/// Shortest DNS message: its header (RFC 1035 §4.1.1).
const HEADER_BYTES: usize = 12;
/// Code of an extended error among EDNS options (RFC 8914 §2).
const EXTENDED_ERROR: u16 = 15;

/// What a query says besides its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    /// Largest UDP answer; `None`: no EDNS.
    pub(super) edns: Option<u16>,
    /// Whether signatures are wanted (DO, RFC 3225).
    pub(super) dnssec: bool,
    /// Whether the server shall not validate (CD, RFC 4035 §3.2.2).
    pub(super) unchecked: bool,
    /// Whether the server shall ask others (RD).
    pub(super) recursive: bool,
}

impl Options {
    /// As the smallest clients ask.
    pub(super) const PLAIN: Self = Self {
        edns: None,
        dnssec: false,
        unchecked: false,
        recursive: true,
    };

    /// With EDNS of this size.
    pub(super) fn edns(size: u16) -> Self {
        Self {
            edns: Some(size),
            ..Self::PLAIN
        }
    }
}

/// A query as bytes; empty where the name is none.
///
/// The identifier is fixed: each question has a socket with a port of its own, and nothing is
/// decided by who could forge an answer.
pub(super) fn query(name: &str, kind: RecordType, options: Options) -> Vec<u8> {
    /// Any number does.
    const ID: u16 = 0x5050;
    let Ok(mut name) = Name::from_ascii(name) else {
        return Vec::new();
    };
    name.set_fqdn(true);
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = options.recursive;
    message.metadata.checking_disabled = options.unchecked;
    message.add_query(Query::query(name, kind));
    if let Some(size) = options.edns {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        edns.set_dnssec_ok(options.dnssec);
        message.set_edns(edns);
    }
    message.to_vec().unwrap_or_default()
}

/// Whether `bytes` is a response to the query: same identifier, response bit (RFC 1035 §4.1.1).
pub(super) fn answers(query: &[u8], bytes: &[u8]) -> bool {
    bytes.get(..2) == query.get(..2) && bytes.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

/// Whether the response repeats the query's name letter by letter.
fn keeps_case(query: &[u8], bytes: &[u8]) -> bool {
    let end = query
        .iter()
        .skip(HEADER_BYTES)
        .position(|byte| *byte == 0)
        .map_or(query.len(), |length| HEADER_BYTES + length);
    bytes.get(HEADER_BYTES..end) == query.get(HEADER_BYTES..end)
}

/// The sample that a reply is.
pub(super) fn read(question: &Question, reply: &Reply) -> Sample {
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
            sample.answer = Some(Answer::Dns(Box::new(cut_answer(&reply.bytes))));
            return sample;
        }
        Err(error) => {
            sample.outcome = Outcome::Malformed;
            sample.detail = Some(error.to_string());
            return sample;
        }
    };
    sample.outcome = outcome(&message);
    if is_answered(sample.outcome) && !keeps_case(&question.payload, &reply.bytes) {
        sample.detail = Some(CASE_LOST.to_owned());
    }
    sample.answer = Some(Answer::Dns(Box::new(describe(&message))));
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
        zone: None,
        authenticated: second & 0x20 != 0,
        extended_errors: Vec::new(),
        name_servers: Vec::new(),
        additional: Vec::new(),
        signatures: Vec::new(),
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
    let is_signature = |record: &&Record| record.record_type() == RecordType::RRSIG;
    let mut records: Vec<DnsRecord> = message
        .answers
        .iter()
        .filter(|record| !is_signature(record))
        .map(describe_record)
        .collect();
    records.sort();
    let mut signatures: Vec<DnsSignature> = message.answers.iter().filter_map(signature).collect();
    signatures.sort();
    let of_kinds = |section: &[Record], kinds: &[RecordType]| {
        let mut found: Vec<DnsRecord> = section
            .iter()
            .filter(|record| kinds.contains(&record.record_type()))
            .map(describe_record)
            .collect();
        found.sort();
        found
    };
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
    let negative = matches!(outcome(message), Outcome::Nxdomain | Outcome::Nodata);
    let edns = message.edns.as_ref();
    DnsAnswer {
        rcode: rcode(message.metadata.response_code),
        authoritative: message.metadata.authoritative,
        truncated: message.metadata.truncation,
        recursion_available: message.metadata.recursion_available,
        edns_size: edns.map(Edns::max_payload),
        records,
        serial: soa.map(|(_, soa)| soa.serial),
        negative_ttl: soa
            .filter(|_| negative)
            .map(|(record, soa)| record.ttl.min(soa.minimum)),
        zone: soa.map(|(record, _)| record.name.to_lowercase().to_string()),
        authenticated: message.metadata.authentic_data,
        extended_errors: edns.map(extended_errors).unwrap_or_default(),
        name_servers: of_kinds(&message.authorities, &[RecordType::NS]),
        additional: of_kinds(&message.additionals, &[RecordType::A, RecordType::AAAA]),
        signatures,
    }
}

/// Codes of the extended errors among EDNS options.
fn extended_errors(edns: &Edns) -> Vec<u16> {
    let mut codes: Vec<u16> = edns
        .options()
        .as_ref()
        .iter()
        .filter_map(|(_, option)| {
            let EdnsOption::Unknown(EXTENDED_ERROR, bytes) = option else {
                return None;
            };
            let code: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
            Some(u16::from_be_bytes(code))
        })
        .collect();
    codes.sort_unstable();
    codes
}

/// A signature record as data (RFC 4034 §3.1: type covered, algorithm, labels, original TTL,
/// expiration, inception).
fn signature(record: &Record) -> Option<DnsSignature> {
    let RData::Unknown {
        code: RecordType::RRSIG,
        rdata,
    } = &record.data
    else {
        return None;
    };
    let bytes: &[u8] = &rdata.anything;
    let number = |at: usize| -> Option<u32> {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    let covers: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
    Some(DnsSignature {
        name: record.name.to_lowercase().to_string(),
        covers: RecordType::from(u16::from_be_bytes(covers)).to_string(),
        original_ttl: number(4)?,
        expiration: number(8)?,
        inception: number(12)?,
    })
}

/// A record as data; names in lower case, since servers differ in that without meaning anything.
fn describe_record(record: &Record) -> DnsRecord {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the others hold no name, or one that is never compared"
    )]
    let data = match &record.data {
        RData::CNAME(target) => target.0.to_lowercase().to_string(),
        RData::NS(target) => target.0.to_lowercase().to_string(),
        RData::PTR(target) => target.0.to_lowercase().to_string(),
        other => other.to_string(),
    };
    DnsRecord {
        name: record.name.to_lowercase().to_string(),
        kind: record.record_type().to_string(),
        data,
        ttl: record.ttl,
    }
}
