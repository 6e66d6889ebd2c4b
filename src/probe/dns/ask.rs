//! What name servers are asked.
//!
//! Everything about the site's names is known before; what an answer names (its zone, the zone's
//! name servers, targets of other records) is asked for as a follow-up.

use std::net::Ipv4Addr;

use hickory_proto::rr::RecordType;

use super::message::{Options, query};
use crate::intent::{Port, RequiredRecord, Site};
use crate::net::DomainName;
use crate::probe::{Asked, Question, When};
use crate::wire::observation::{Answer, DnsAnswer, Outcome, Sample};

/// EDNS sizes: no more than plain DNS (RFC 6891 §6.2.3), free of fragments on every usual path
/// (DNS Flag Day 2020), free of them on an Ethernet without tunnels, and what servers allowed
/// before.
pub(super) const EDNS_SIZES: [u16; 4] = [512, 1232, 1400, LARGEST_EDNS];
/// The largest of them, asked with signatures, so that the answer is large where the zone is
/// signed.
const LARGEST_EDNS: u16 = 4096;
/// Most questions that answers of one server may add.
pub(super) const MOST_FOLLOW_UPS: usize = 12;
/// What the name begins with that nobody has.
const NOBODY: &str = "pump-preflight-";

/// The names of the site's services, each once, in order.
pub(super) fn names(site: &Site) -> Vec<DomainName> {
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
pub(super) fn declared(site: &Site, name: &DomainName) -> Vec<Ipv4Addr> {
    site.services
        .values()
        .filter(|service| service.name.as_ref() == Some(name))
        .flat_map(|service| service.servers.iter().copied())
        .collect()
}

/// Addresses that services with a name have, each once, in order.
pub(super) fn addresses(site: &Site) -> Vec<Ipv4Addr> {
    let mut found: Vec<Ipv4Addr> = names(site)
        .iter()
        .flat_map(|name| declared(site, name))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The question for an address, as the smallest clients ask it.
pub(super) fn base(name: &DomainName) -> String {
    format!("A {name}")
}

/// The same with EDNS of this size.
pub(super) fn sized(name: &DomainName, size: u16) -> String {
    let signatures = if size == LARGEST_EDNS { " dnssec" } else { "" };
    format!("A {name} edns {size}{signatures}")
}

/// The same over TCP.
pub(super) fn over_tcp(name: &DomainName) -> String {
    format!("A {name} over tcp")
}

/// The same without validation.
pub(super) fn unchecked(name: &DomainName) -> String {
    format!("A {name} unchecked")
}

/// The same in mixed case.
pub(super) fn mixed(name: &DomainName) -> String {
    format!("A {name} in mixed case")
}

/// The question for the name of an address.
pub(super) fn reverse(address: Ipv4Addr) -> String {
    format!("PTR {address}")
}

/// Names that the server's clients make of a name with search domains, in order.
pub(super) fn searched(asked: &Asked<'_>, name: &DomainName) -> Vec<DomainName> {
    asked
        .service
        .search
        .iter()
        .map(|domain| DomainName::absolute(&format!("{name}.{domain}")))
        .collect()
}

/// Records that services need, each once, in order.
pub(super) fn records(site: &Site) -> Vec<&RequiredRecord> {
    let mut records: Vec<&RequiredRecord> = site
        .services
        .values()
        .flat_map(|service| &service.records)
        .collect();
    records.sort();
    records.dedup();
    records
}

/// The question for a record.
pub(super) fn record(record: &RequiredRecord) -> String {
    format!("{} {}", record.kind, record.name)
}

/// The question for a zone's name servers, to the server alone.
pub(super) fn delegation(zone: &DomainName) -> String {
    format!("NS {zone} not recursive")
}

/// Whether a question is for the name that nobody has.
pub(super) fn is_for_nobody(question: &str) -> bool {
    question.starts_with(&format!("A {NOBODY}"))
}

/// The questions that are known before.
pub(super) fn planned(asked: &Asked<'_>) -> Vec<Question> {
    let Port::Udp(number) = asked.port else {
        return Vec::new();
    };
    let (udp, tcp) = (Port::Udp(number), Port::Tcp(number));
    let names = names(asked.site);
    let Some(first) = names.first() else {
        // The root's name servers: what a resolver asks first (RFC 8109).
        let payload = query(".", RecordType::NS, Options::PLAIN);
        return vec![Question::repeated("NS .", udp, payload)];
    };
    let mut questions: Vec<Question> = names
        .iter()
        .flat_map(|name| about_name(name, first, udp, tcp))
        .collect();
    let payload = query(&in_mixed_case(first), RecordType::A, Options::PLAIN);
    questions.push(Question::once(mixed(first), udp, payload));
    for name in names.iter().flat_map(|name| searched(asked, name)) {
        questions.push(for_address(&name, udp));
    }
    for required in records(asked.site) {
        if let Ok(kind) = required.kind.parse() {
            let payload = query(required.name.as_str(), kind, Options::PLAIN);
            questions.push(Question::once(record(required), udp, payload));
        }
    }
    for address in addresses(asked.site) {
        let [a, b, c, d] = address.octets();
        let name = format!("{d}.{c}.{b}.{a}.in-addr.arpa");
        let payload = query(&name, RecordType::PTR, Options::PLAIN);
        questions.push(Question::once(reverse(address), udp, payload));
    }
    let mut texts = Vec::new();
    questions.retain(|question| {
        let is_new = !texts.contains(&question.text);
        texts.push(question.text.clone());
        is_new
    });
    questions
}

/// The questions about one name.
fn about_name(name: &DomainName, first: &DomainName, udp: Port, tcp: Port) -> Vec<Question> {
    let a = |options: Options| query(name.as_str(), RecordType::A, options);
    let mut questions = vec![Question::repeated(base(name), udp, a(Options::PLAIN))];
    for size in EDNS_SIZES {
        let options = Options {
            dnssec: size == LARGEST_EDNS,
            ..Options::edns(size)
        };
        questions.push(Question::once(sized(name, size), udp, a(options)));
    }
    for kind in [RecordType::AAAA, RecordType::SOA] {
        let payload = query(name.as_str(), kind, Options::PLAIN);
        questions.push(Question::once(format!("{kind} {name}"), udp, payload));
    }
    questions.push(Question {
        // Whether TCP passes at all is asked with one name.
        when: if name == first {
            When::Always
        } else {
            When::Truncated
        },
        ..Question::once(over_tcp(name), tcp, a(Options::PLAIN))
    });
    let options = Options {
        unchecked: true,
        ..Options::PLAIN
    };
    questions.push(Question {
        when: When::Servfail,
        ..Question::once(unchecked(name), udp, a(options))
    });
    questions
}

/// A name with every second letter in upper case.
fn in_mixed_case(name: &DomainName) -> String {
    name.as_str()
        .chars()
        .enumerate()
        .map(|(at, letter)| {
            if at % 2 == 0 {
                letter
            } else {
                letter.to_ascii_uppercase()
            }
        })
        .collect()
}

/// What an answer makes worth asking; the caller drops what was asked already.
pub(super) fn follow_ups(asked: &Asked<'_>, question: &Question, sample: &Sample) -> Vec<Question> {
    let Some(Answer::Dns(answer)) = &sample.answer else {
        return Vec::new();
    };
    let Port::Udp(number) = asked.port else {
        return Vec::new();
    };
    let udp = Port::Udp(number);
    let mut questions = Vec::new();
    if question.text.starts_with("SOA ")
        && let Some(zone) = &answer.zone
    {
        let zone = DomainName::absolute(zone);
        let options = Options {
            recursive: false,
            ..Options::PLAIN
        };
        let payload = query(zone.as_str(), RecordType::NS, options);
        questions.push(Question::once(delegation(&zone), udp, payload));
        let nobody = DomainName::absolute(&format!("{NOBODY}{:x}.{zone}", asked.unix));
        questions.push(for_address(&nobody, udp));
    }
    let known = names(asked.site);
    if known.is_empty() {
        // The root's servers are nobody's here.
        return questions;
    }
    for name in pointed_to(answer, sample.outcome) {
        if !known.contains(&name) {
            questions.push(for_address(&name, udp));
        }
    }
    questions
}

/// The question for an address of a name.
fn for_address(name: &DomainName, udp: Port) -> Question {
    let payload = query(name.as_str(), RecordType::A, Options::PLAIN);
    Question::once(base(name), udp, payload)
}

/// Names that an answer points to without giving their addresses.
fn pointed_to(answer: &DnsAnswer, outcome: Outcome) -> Vec<DomainName> {
    let mut names: Vec<DomainName> = Vec::new();
    for record in &answer.records {
        // The last word is the target of each of these types.
        let target = match record.kind.as_str() {
            "NS" | "SRV" | "MX" => record.data.rsplit(' ').next(),
            "CNAME" if outcome != Outcome::Answer => Some(record.data.as_str()),
            _ => None,
        };
        let Some(target) = target.map(DomainName::absolute) else {
            continue;
        };
        let has_address = answer
            .additional
            .iter()
            .chain(&answer.records)
            .any(|other| other.kind == "A" && DomainName::absolute(&other.name) == target);
        let is_alias = answer
            .records
            .iter()
            .any(|other| other.kind == "CNAME" && DomainName::absolute(&other.name) == target);
        if !has_address && !is_alias && !target.as_str().is_empty() {
            names.push(target);
        }
    }
    names.sort();
    names.dedup();
    names
}
