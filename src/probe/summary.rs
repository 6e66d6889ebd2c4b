//! What the observations of each service add up to.

use std::collections::BTreeMap;

use crate::client::resolver::{End, Lookup, Question, RESOLVERS, ServerBehavior, lookup};
use crate::intent::{Service, ServiceKind, Site};
use crate::net::IpNet;
use crate::probe::Plan;
use crate::wire::observation::{
    Anchor, Answer, DnsAnswer, NtpAnswer, Observation, Outcome, ServiceSummary, State, StopReason,
    Stopped, TimeToAnswer, Vantage,
};

/// What the observations of each selected service add up to, in the order of the plan.
pub fn summarize(
    plan: &Plan<'_>,
    observations: &[Observation],
    site_file: &str,
) -> Vec<ServiceSummary> {
    plan.services
        .iter()
        .map(|service| {
            let own: Vec<&Observation> = observations
                .iter()
                .filter(|observation| observation.service == service.id)
                .collect();
            let refused = plan.refused.get(&service.id).map_or(&[][..], Vec::as_slice);
            summarize_service(service, &own, refused, site_file)
        })
        .collect()
}

/// Exit code: 2 canceled, 1 a service fails or its servers disagree, 3 a measurement is missing,
/// 0 all as required.
pub fn exit_code(services: &[ServiceSummary], stopped: Option<&Stopped>) -> u8 {
    if stopped.is_some_and(|stopped| stopped.reason == StopReason::Canceled) {
        return 2;
    }
    let any = |states: &[State]| {
        services
            .iter()
            .any(|service| states.contains(&service.state))
    };
    if any(&[State::Fails, State::Disagrees, State::Degraded]) {
        1
    } else if services.is_empty()
        || stopped.is_some()
        || any(&[State::NotMeasured, State::NotProbed])
    {
        3
    } else {
        0
    }
}

/// Pump networks that no interface of the vantage lies in.
pub fn networks_not_checked(site: &Site, vantage: &Vantage) -> Vec<String> {
    let own: Vec<IpNet> = vantage
        .interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .filter_map(|address| address.parse().ok())
        .collect();
    site.networks
        .values()
        .filter(|network| {
            !own.iter()
                .any(|net| IpNet::V4(network.subnet).contains(&net.addr()))
        })
        .map(|network| network.id.clone())
        .collect()
}

/// What the observations of one service add up to.
fn summarize_service(
    service: &Service,
    own: &[&Observation],
    refused: &[String],
    site_file: &str,
) -> ServiceSummary {
    let mut why: Vec<String> = refused.to_vec();
    let mut by_server: BTreeMap<String, State> = BTreeMap::new();
    for observation in own.iter().filter(|observation| observation.bearing) {
        // Half a measurement can show that a server fails, never that it works.
        let state = if observation.partial && observation.state != State::Fails {
            State::NotMeasured
        } else {
            observation.state
        };
        let worst = by_server
            .entry(observation.target.address.clone())
            .or_insert(state);
        *worst = worse(*worst, state);
        if observation.state != State::Works || observation.partial {
            let target = &observation.target;
            let cut = if observation.partial {
                ", cut short"
            } else {
                ""
            };
            let reasons = observation.why.join("; ");
            why.push(format!(
                "{} {} {}{cut}: {reasons}",
                target.address, target.port, observation.probe
            ));
        }
    }
    let count = |wanted: &[State]| {
        by_server
            .values()
            .filter(|state| wanted.contains(state))
            .count()
    };
    let working = count(&[State::Works, State::Degraded]);
    let unknown = service.servers.len() - count(&[State::Fails]) - working;
    let disagreements = disagreements(service, own);
    let state = if by_server.is_empty() {
        if refused.is_empty() {
            why.push(format!(
                "no probe speaks {} without being a client of it",
                service.kind.name()
            ));
            State::NotMeasured
        } else {
            State::NotProbed
        }
    } else if working + unknown < service.need {
        State::Fails
    } else if !disagreements.is_empty() {
        State::Disagrees
    } else if working + unknown < service.want || count(&[State::Degraded]) > 0 {
        State::Degraded
    } else if unknown > 0 {
        State::NotMeasured
    } else {
        State::Works
    };
    why.extend(disagreements);
    ServiceSummary {
        service: service.id.clone(),
        state,
        why,
        working,
        need: service.need,
        want: service.want,
        time_to_answer: if service.kind == ServiceKind::Dns {
            time_to_answer(service, own)
        } else {
            Vec::new()
        },
        anchor: Anchor {
            file: site_file.to_owned(),
            line: service.place.line,
            column: service.place.column,
        },
    }
}

/// The state that says more against a server.
fn worse(one: State, other: State) -> State {
    /// States from best to worst.
    const ORDER: [State; 6] = [
        State::Works,
        State::Degraded,
        State::NotProbed,
        State::NotMeasured,
        State::Disagrees,
        State::Fails,
    ];
    let rank = |state: State| ORDER.iter().position(|known| *known == state);
    if rank(one) >= rank(other) { one } else { other }
}

/// In what the servers of a service contradict each other.
fn disagreements(service: &Service, own: &[&Observation]) -> Vec<String> {
    match service.kind {
        ServiceKind::Dns => different_answers(own),
        ServiceKind::Ntp => different_clocks(own),
        ServiceKind::Radius
        | ServiceKind::Dhcp
        | ServiceKind::PumpGateway
        | ServiceKind::Hl7
        | ServiceKind::Ldap
        | ServiceKind::Certificate
        | ServiceKind::Other => Vec::new(),
    }
}

/// Questions that name servers answer differently, and zones whose serials differ.
fn different_answers(own: &[&Observation]) -> Vec<String> {
    let mut said: BTreeMap<&str, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for observation in own {
        for sample in &observation.samples {
            if let Some(Answer::Dns(answer)) = &sample.answer
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

/// How long each known kind of client takes, given how each server behaved to the first question.
fn time_to_answer(service: &Service, own: &[&Observation]) -> Vec<TimeToAnswer> {
    let dns: Vec<&Observation> = own
        .iter()
        .filter(|observation| observation.probe == "dns" && !observation.partial)
        .copied()
        .collect();
    let Some(question) = dns.first().map(|first| first.summary.question.clone()) else {
        return Vec::new();
    };
    let Some(plain) = behaviors(service, &dns, &question) else {
        return Vec::new();
    };
    let ipv6 = question
        .strip_prefix("A ")
        .and_then(|name| behaviors(service, &dns, &format!("AAAA {name}")));
    RESOLVERS
        .iter()
        .map(|row| {
            let Lookup { end, seconds } = lookup(row.model, &plain, Question::default());
            let before = ipv6
                .as_ref()
                .filter(|_| row.asks_aaaa == Some(true))
                .and_then(|ipv6| lookup(row.model, ipv6, Question::default()).seconds);
            TimeToAnswer {
                model: row.name.to_owned(),
                end: match end {
                    End::Answer(_) => "answer",
                    End::NoSuchName(_) => "no-such-name",
                    End::Failure => "failure",
                }
                .to_owned(),
                seconds,
                seconds_with_ipv6: seconds.zip(before).map(|(plain, ipv6)| plain + ipv6),
            }
        })
        .collect()
}

/// How each server of a service behaved at a question; `None` where that is not known of all.
fn behaviors(
    service: &Service,
    dns: &[&Observation],
    question: &str,
) -> Option<Vec<ServerBehavior>> {
    service
        .servers
        .iter()
        .map(|server| {
            let address = server.to_string();
            dns.iter()
                .find(|observation| observation.target.address == address)
                .and_then(|observation| behavior(observation, question))
        })
        .collect()
}

/// How a server behaved at a question, its most frequent outcome; `None`: not known.
fn behavior(observation: &Observation, question: &str) -> Option<ServerBehavior> {
    let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
    for sample in &observation.samples {
        if sample.question == question {
            *counts.entry(sample.outcome).or_default() += 1;
        }
    }
    let (outcome, _) = counts
        .into_iter()
        .max_by_key(|(outcome, count)| (*count, *outcome))?;
    match outcome {
        Outcome::Answer => Some(ServerBehavior::Answers),
        Outcome::Nxdomain | Outcome::Nodata => Some(ServerBehavior::NxDomain),
        Outcome::Servfail | Outcome::Refused | Outcome::OtherError => Some(ServerBehavior::Rcode),
        Outcome::RefusedPort => Some(ServerBehavior::RefusedPort),
        Outcome::Timeout | Outcome::Unreachable | Outcome::Closed | Outcome::Malformed => {
            Some(ServerBehavior::Silent)
        }
        Outcome::NotSent => None,
    }
}
