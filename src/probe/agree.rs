//! In what the servers of one service contradict each other.

use std::collections::BTreeMap;

use crate::intent::{Service, ServiceKind};
use crate::wire::observation::{
    Answer, Behavior, DnsAnswer, NtpAnswer, Observation, Outcome, State, Statement,
};

/// In what the servers of a service contradict each other.
pub(super) fn disagreements(service: &Service, own: &[&Observation]) -> Vec<Statement> {
    let texts = match service.kind {
        ServiceKind::Dns => different_answers(own),
        ServiceKind::Ntp => different_clocks(own)
            .into_iter()
            .map(|text| (Behavior::Clock, text))
            .collect(),
        ServiceKind::Radius
        | ServiceKind::Dhcp
        | ServiceKind::PumpGateway
        | ServiceKind::Hl7
        | ServiceKind::Ldap
        | ServiceKind::Certificate
        | ServiceKind::Other => return Vec::new(),
    };
    let statement = |(behavior, text)| Statement {
        behavior,
        state: State::Disagrees,
        text,
    };
    // Only name servers are asked for zones.
    texts.into_iter().map(statement).chain(lame(own)).collect()
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

/// Questions that name servers answer differently, and zones whose serials differ; whether one
/// server does so by the place it is asked from.
fn different_answers(own: &[&Observation]) -> Vec<(Behavior, String)> {
    let first = own.first().map(|observation| &observation.vantage.id);
    let is_one_place = own
        .iter()
        .all(|observation| Some(&observation.vantage.id) == first);
    let mut said: BTreeMap<&str, BTreeMap<String, Vec<&Observation>>> = BTreeMap::new();
    for observation in own {
        for sample in &observation.samples {
            if let Some(Answer::Dns(answer)) = &sample.answer
                // What a server says of itself alone is compared only between those with authority.
                && (answer.authoritative || !sample.question.ends_with(" not recursive"))
                && let Some(text) = canonical(sample.outcome, answer)
            {
                let who = said
                    .entry(&*sample.question)
                    .or_default()
                    .entry(text)
                    .or_default();
                if !who.iter().any(|known| std::ptr::eq(*known, *observation)) {
                    who.push(observation);
                }
            }
        }
    }
    let mut out: Vec<(&str, Behavior, String)> = Vec::new();
    for (question, answers) in said.into_iter().filter(|(_, answers)| answers.len() > 1) {
        let parts: Vec<String> = answers
            .iter()
            .map(|(text, who)| {
                let who: Vec<String> = who
                    .iter()
                    .map(|observation| {
                        let address = &observation.target.address;
                        if is_one_place {
                            address.clone()
                        } else {
                            format!("{address} from {}", observation.vantage.id)
                        }
                    })
                    .collect();
                format!("{} say {text}", who.join(", "))
            })
            .collect();
        let text = parts.join("; ");
        // The same question with EDNS shows the same contradiction once more.
        let known = |(other, _, told): &(&str, Behavior, String)| {
            question.starts_with(other) && *told == text
        };
        if !out.iter().any(known) {
            out.push((question, behavior(&answers), text));
        }
    }
    out.into_iter()
        .map(|(question, behavior, text)| (behavior, format!("{question}: {text}")))
        .collect()
}

/// Whether one server answers differently by place, or servers differ.
fn behavior(answers: &BTreeMap<String, Vec<&Observation>>) -> Behavior {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for who in answers.values() {
        let mut servers: Vec<&str> = who.iter().map(|one| one.target.address.as_str()).collect();
        servers.sort_unstable();
        servers.dedup();
        for server in servers {
            *places.entry(server).or_default() += 1;
        }
    }
    // One server that changes its answers at one place is no view; it is told as split brain too.
    let several = places.values().any(|count| *count > 1);
    let vantages = |who: &&Observation| who.vantage.id.clone();
    let mut ids: Vec<String> = answers.values().flatten().map(vantages).collect();
    ids.sort();
    ids.dedup();
    if several && ids.len() > 1 {
        Behavior::View
    } else {
        Behavior::SplitBrain
    }
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
                        Some((observation.target.address.as_str(), answer.as_ref()))
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

#[cfg(test)]
mod tests {
    use super::different_answers;
    use crate::wire::observation::{Behavior, Observation};

    /// What a server answered at a place.
    fn observed(vantage: &str, server: &str, address: &str) -> Observation {
        let record =
            format!(r#"{{"name":"pumpgw.example.org.","kind":"A","data":"{address}","ttl":300}}"#);
        let answer = format!(
            r#"{{"rcode":"NOERROR","authoritative":true,"truncated":false,
            "recursion_available":true,"edns_size":null,"records":[{record}],"serial":null,
            "negative_ttl":null}}"#
        );
        let text = format!(
            r#"{{"schema":"","vantage":{{"id":"{vantage}","interfaces":[]}},"engine":"",
            "fidelity":"full","service":"dns","target":{{"address":"{server}","port":"udp/53"}},
            "probe":"dns","started":"","samples":[{{"question":"A pumpgw.example.org",
            "outcome":"answer","at_us":0,"elapsed_us":1,"sent_bytes":1,"received_bytes":1,
            "answer":{{"dns":{answer}}}}}],"summary":{{"question":"","sent":1,"answered":1,
            "lost":0,"latency":null}},"state":"works","bearing":true,"why":[],"partial":false,
            "anchor":{{"file":"","line":1,"column":1}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn one_server_that_answers_by_place_has_views() {
        let (ward, office) = (
            observed("ward", "10.0.0.1", "10.50.1.20"),
            observed("office", "10.0.0.1", "10.99.1.20"),
        );
        assert_eq!(
            different_answers(&[&ward, &office]),
            [(
                Behavior::View,
                "A pumpgw.example.org: 10.0.0.1 from ward say A 10.50.1.20; 10.0.0.1 from office \
                 say A 10.99.1.20"
                    .to_owned()
            )]
        );
        let other = observed("ward", "10.0.0.2", "10.99.1.20");
        let found = different_answers(&[&ward, &other]);
        assert_eq!(found[0].0, Behavior::SplitBrain);
        assert_eq!(different_answers(&[&ward, &ward]), []);
    }
}
