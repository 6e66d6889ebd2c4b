//! In what the servers of one service contradict each other.

use std::collections::BTreeMap;

use crate::intent::{Service, ServiceKind};
use crate::wire::observation::{
    Answer, Behavior, DnsAnswer, NtpAnswer, Observation, Outcome, State, Statement,
};

/// In what the servers of a service contradict each other.
pub(super) fn disagreements(service: &Service, own: &[&Observation]) -> Vec<Statement> {
    let (behavior, texts) = match service.kind {
        ServiceKind::Dns => (Behavior::SplitBrain, different_answers(own)),
        ServiceKind::Ntp => (Behavior::Clock, different_clocks(own)),
        ServiceKind::Radius
        | ServiceKind::Dhcp
        | ServiceKind::PumpGateway
        | ServiceKind::Hl7
        | ServiceKind::Ldap
        | ServiceKind::Certificate
        | ServiceKind::Other => return Vec::new(),
    };
    let statement = |text| Statement {
        behavior,
        state: State::Disagrees,
        text,
    };
    let lame = if behavior == Behavior::SplitBrain {
        lame(own)
    } else {
        Vec::new()
    };
    texts.into_iter().map(statement).chain(lame).collect()
}

/// Servers that a zone names, as another server says, and that refuse or fail what they are asked.
fn lame(own: &[&Observation]) -> Vec<Statement> {
    let mut named: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for observation in own {
        for sample in &observation.samples {
            if let Some(Answer::Dns(answer)) = &sample.answer
                && answer.authoritative
                && let Some(zone) = sample
                    .question
                    .strip_prefix("NS ")
                    .and_then(|rest| rest.strip_suffix(" not recursive"))
            {
                for record in &answer.additional {
                    named.insert(&record.data, (zone, &observation.target.address));
                }
            }
        }
    }
    let mut statements = Vec::new();
    for observation in own {
        let address = observation.target.address.as_str();
        let Some((zone, teller)) = named.get(address) else {
            continue;
        };
        let plain = &observation.summary.question;
        let refuses = observation.samples.iter().any(|sample| {
            sample.question == *plain
                && matches!(sample.outcome, Outcome::Refused | Outcome::Servfail)
        });
        if refuses {
            statements.push(Statement {
                behavior: Behavior::Delegation,
                state: State::Disagrees,
                text: format!(
                    "lame: {teller} says that {zone} is served by {address}, which does not answer \
                     for it"
                ),
            });
        }
    }
    statements
}

/// Questions that name servers answer differently, and zones whose serials differ.
fn different_answers(own: &[&Observation]) -> Vec<String> {
    let mut said: BTreeMap<&str, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for observation in own {
        for sample in &observation.samples {
            if let Some(Answer::Dns(answer)) = &sample.answer
                // What a server says of itself alone is compared only between those with authority.
                && (answer.authoritative || !sample.question.ends_with(" not recursive"))
                && let Some(text) = canonical(sample.outcome, answer)
            {
                let servers = said
                    .entry(sample.question.as_str())
                    .or_default()
                    .entry(text)
                    .or_default();
                let server = observation.target.address.as_str();
                if !servers.contains(&server) {
                    servers.push(server);
                }
            }
        }
    }
    let mut out: Vec<(&str, String)> = Vec::new();
    for (question, answers) in said.into_iter().filter(|(_, answers)| answers.len() > 1) {
        let parts: Vec<String> = answers
            .iter()
            .map(|(text, servers)| format!("{} say {text}", servers.join(", ")))
            .collect();
        let text = parts.join("; ");
        // The same question with EDNS shows the same contradiction once more.
        let known = |(other, told): &(&str, String)| question.starts_with(other) && *told == text;
        if !out.iter().any(known) {
            out.push((question, text));
        }
    }
    out.into_iter()
        .map(|(question, text)| format!("{question}: {text}"))
        .collect()
}

/// An answer without what may differ between servers that agree; `None`: not comparable.
fn canonical(outcome: Outcome, answer: &DnsAnswer) -> Option<String> {
    if answer.truncated {
        return None;
    }
    let serial = answer
        .serial
        .map_or(String::new(), |serial| format!(" serial {serial}"));
    match outcome {
        Outcome::Answer => {
            let records: Vec<String> = answer
                .records
                .iter()
                .map(|record| format!("{} {}", record.kind, record.data))
                .collect();
            Some(format!("{}{serial}", records.join(", ")))
        }
        Outcome::Nxdomain => Some(format!("no such name{serial}")),
        Outcome::Nodata => Some(format!("no such record{serial}")),
        Outcome::Servfail
        | Outcome::Refused
        | Outcome::OtherError
        | Outcome::RefusedPort
        | Outcome::Timeout
        | Outcome::Unreachable
        | Outcome::Closed
        | Outcome::Malformed
        | Outcome::NotSent => None,
    }
}

/// Pairs of time servers whose clocks cannot both be right (RFC 5905 §11.2.1: the true time lies
/// within the root distance of each).
fn different_clocks(own: &[&Observation]) -> Vec<String> {
    let clocks: Vec<(&str, &NtpAnswer)> = own
        .iter()
        .filter_map(|observation| {
            observation
                .samples
                .iter()
                .find_map(|sample| match &sample.answer {
                    Some(Answer::Ntp(answer)) if sample.outcome == Outcome::Answer => {
                        Some((observation.target.address.as_str(), answer))
                    }
                    _ => None,
                })
        })
        .collect();
    let distance = |answer: &NtpAnswer| {
        f64::midpoint(answer.delay_ms, answer.root_delay_ms) + answer.root_dispersion_ms
    };
    let mut out = Vec::new();
    for (index, (one, left)) in clocks.iter().enumerate() {
        for (other, right) in clocks.iter().skip(index + 1) {
            let apart = (left.offset_ms - right.offset_ms).abs();
            if apart > distance(left) + distance(right) {
                let apart = if apart < 1000.0 {
                    format!("{apart:.1} ms")
                } else {
                    format!("{:.0} s", apart / 1000.0)
                };
                out.push(format!("the clocks of {one} and {other} are {apart} apart"));
            }
        }
    }
    out
}
