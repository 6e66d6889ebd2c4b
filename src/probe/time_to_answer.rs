//! How long clients take to an answer, given how each name server behaves.

use std::collections::BTreeMap;

use super::failover;
use crate::client::resolver::{
    End, Lookup, Question, RESOLVERS, Resolver, ServerBehavior, lookup, lookup_both,
};
use crate::intent::Service;
use crate::wire::observation::{Observation, Outcome, TimeToAnswer};

/// The first server silent, in words.
const FIRST_SILENT: &str = "the first server silent";

/// What may become of the first server, in words.
const FIRST_SERVER: [(ServerBehavior, &str); 3] = [
    (ServerBehavior::Silent, FIRST_SILENT),
    (
        ServerBehavior::RefusedPort,
        "the first server's port refused",
    ),
    (ServerBehavior::Rcode, "the first server failing"),
];

/// How long each known kind of client takes: as the servers behaved to the first question, then if
/// the first did not answer, then if none did.
pub(super) fn time_to_answer(service: &Service, own: &[&Observation]) -> Vec<TimeToAnswer> {
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
    let mut rows: Vec<TimeToAnswer> = RESOLVERS
        .iter()
        .map(|resolver| row(resolver, Question::default(), &plain, ipv6.as_deref(), None))
        .collect();
    let mut states = Vec::new();
    if plain.len() > 1 {
        for (behavior, text) in FIRST_SERVER {
            if plain.first() != Some(&behavior) {
                states.push((with_first(&plain, behavior), text));
            }
        }
    }
    let is_dead = plain.first() == Some(&ServerBehavior::Silent);
    let silent = vec![ServerBehavior::Silent; plain.len()];
    if plain != silent {
        states.push((silent, "all servers silent"));
    }
    if !service.search.is_empty() {
        rows.extend(search(service, &dns, &plain));
    }
    for (behaviors, text) in states {
        // What does not answer the one does not answer the other.
        let ipv6 = ipv6.is_some().then_some(behaviors.as_slice());
        rows.extend(
            RESOLVERS
                .iter()
                .map(|resolver| row(resolver, Question::default(), &behaviors, ipv6, Some(text))),
        );
    }
    let dead = (!is_dead).then_some(FIRST_SILENT);
    for row in &mut rows {
        if row.if_servers.as_deref() == dead {
            row.measured_seconds = failover::measured(own, &row.model);
        }
    }
    rows
}

/// Clients that append search domains first, as far as it is known that they do.
fn search(service: &Service, dns: &[&Observation], plain: &[ServerBehavior]) -> Vec<TimeToAnswer> {
    let count = service.search.len();
    let misses_servfail = dns
        .iter()
        .flat_map(|observation| &observation.samples)
        .any(|sample| {
            let mut domains = service.search.iter();
            sample.outcome == Outcome::Servfail
                && domains.any(|domain| sample.question.ends_with(&format!(".{domain}")))
        });
    let question = Question {
        search_misses: u32::try_from(count).unwrap_or(u32::MAX),
        misses_servfail,
        aaaa_first: false,
    };
    let text = format!("{count} search domains asked first");
    RESOLVERS
        .iter()
        .filter(|resolver| resolver.uses_search_list == Some(true))
        .map(|resolver| row(resolver, question, plain, Some(plain), Some(&text)))
        .collect()
}

/// The behaviors with another first server.
fn with_first(plain: &[ServerBehavior], first: ServerBehavior) -> Vec<ServerBehavior> {
    let rest = plain.iter().skip(1).copied();
    [first].into_iter().chain(rest).collect()
}

/// One kind of client.
fn row(
    resolver: &Resolver,
    question: Question,
    plain: &[ServerBehavior],
    ipv6: Option<&[ServerBehavior]>,
    if_servers: Option<&str>,
) -> TimeToAnswer {
    let Lookup { end, seconds } = lookup(resolver.model, plain, question);
    let both = ipv6.and_then(|ipv6| lookup_both(resolver.model, plain, ipv6, question));
    let other_end = both.map(|both| word(both.end));
    TimeToAnswer {
        model: resolver.name.to_owned(),
        if_servers: if_servers.map(str::to_owned),
        end: word(end).to_owned(),
        seconds,
        seconds_with_ipv6: both.and_then(|both| both.seconds),
        end_with_ipv6: other_end
            .filter(|other| *other != word(end))
            .map(str::to_owned),
        measured_seconds: None,
    }
}

/// The end of a lookup as reports write it.
fn word(end: End) -> &'static str {
    match end {
        End::Answer(_) => "answer",
        End::NoSuchName(_) => "no-such-name",
        End::Failure => "failure",
    }
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
