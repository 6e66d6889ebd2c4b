//! What was measured of name servers, held against what the pumps' profiles say.

use std::collections::BTreeMap;

use crate::client::resolver::RESOLVERS;
use crate::intent::{Intent, Profile, PumpGroup};
use crate::wire::observation::{
    Answer, Behavior, DnsAnswer, Observation, Sample, ServiceSummary, State, Statement,
    TimeToAnswer,
};

/// Fields of a profile that bound how long a lookup may take.
const BUDGETS: [&str; 2] = ["watchdog.period_s", "gateway.reconnect_s"];

/// Adds to the services what their answers mean for the pumps that use them, and lowers states.
pub fn hold_against_profiles(
    intent: &Intent,
    services: &mut [ServiceSummary],
    observations: &[Observation],
) {
    for service in services {
        let own: Vec<&Observation> = observations
            .iter()
            .filter(|observation| observation.service == service.service)
            .filter(|observation| observation.probe == "dns")
            .collect();
        if own.is_empty() {
            continue;
        }
        for group in &intent.site.pumps {
            if !group.uses.contains(&service.service) {
                continue;
            }
            let Some(profile) = intent.profile_of(group) else {
                continue;
            };
            let mut statements = over_budget(group, &profile, &service.time_to_answer);
            statements.extend(unfit(group, &profile, &own));
            for statement in statements {
                service.state = lowered(service.state, statement.state);
                if statement.state != State::Works {
                    service.why.push(statement.text.clone());
                }
                if !service.statements.contains(&statement) {
                    service.statements.push(statement);
                }
            }
        }
    }
}

/// The state after a statement: it speaks against the service, or changes nothing.
fn lowered(state: State, by: State) -> State {
    match (state, by) {
        (State::Works | State::Degraded, State::Fails) => State::Fails,
        (State::Works, State::Degraded) => State::Degraded,
        (
            State::Works
            | State::Degraded
            | State::Fails
            | State::Disagrees
            | State::NotMeasured
            | State::NotProbed,
            _,
        ) => state,
    }
}

/// Waits that are longer than a pump's budget, for each state of the servers.
fn over_budget(group: &PumpGroup, profile: &Profile, rows: &[TimeToAnswer]) -> Vec<Statement> {
    let model = profile.text("dns.client_model");
    let mut statements = Vec::new();
    for field in BUDGETS {
        let Some(budget) = profile.number(field) else {
            statements.push(Statement {
                behavior: Behavior::Failover,
                state: State::Works,
                text: format!(
                    "{}: {field} is unknown, so no wait is too long for it here",
                    group.id
                ),
            });
            continue;
        };
        let mut by_state: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
        for row in rows {
            if model.is_some_and(|model| model != row.model) {
                continue;
            }
            let known = [row.seconds, row.seconds_with_ipv6, row.measured_seconds];
            let longest = known.into_iter().flatten().reduce(f64::max);
            if let Some(seconds) = longest.filter(|seconds| *seconds > budget) {
                let text = format!("{} {seconds:.1} s", row.model);
                let texts = by_state.entry(row.if_servers.as_deref()).or_default();
                texts.push(text);
            }
        }
        let hypothesis = if model.is_some() {
            ""
        } else {
            " (which resolver the pump has is unknown)"
        };
        for (state, texts) in by_state {
            statements.push(Statement {
                behavior: Behavior::Failover,
                state: if state.is_none() {
                    State::Degraded
                } else {
                    State::Works
                },
                text: format!(
                    "{}: with {} a lookup takes {}, longer than {field} {budget} s{hypothesis}",
                    group.id,
                    state.unwrap_or("the servers as measured"),
                    texts.join(", ")
                ),
            });
        }
    }
    statements
}

/// Answers that a pump's resolver does not take.
fn unfit(group: &PumpGroup, profile: &Profile, own: &[&Observation]) -> Vec<Statement> {
    let answers: Vec<(&Sample, &DnsAnswer)> = own
        .iter()
        .flat_map(|observation| {
            let plain = &*observation.summary.question;
            let is_plain = move |sample: &&Sample| sample.question == plain;
            observation.samples.iter().filter(is_plain)
        })
        .filter_map(|sample| match &sample.answer {
            Some(Answer::Dns(answer)) => Some((sample, answer.as_ref())),
            _ => None,
        })
        .collect();
    let has_alias = answers
        .iter()
        .any(|(_, answer)| answer.records.iter().any(|record| record.kind == "CNAME"));
    let is_cut = answers.iter().any(|(_, answer)| answer.truncated);
    let largest = answers
        .iter()
        .filter_map(|(sample, _)| u32::try_from(sample.received_bytes).ok())
        .max();
    let resolver = profile
        .text("dns.client_model")
        .and_then(|model| RESOLVERS.iter().find(|row| row.name == model));
    let most = profile
        .number("dns.max_answer_bytes")
        .or_else(|| resolver?.max_answer_bytes.map(f64::from));
    let over_tcp = profile
        .bool("dns.tcp_ok")
        .or_else(|| resolver?.retries_over_tcp);
    let mut statements = Vec::new();
    let mut note = |behavior, state, text: &str| {
        statements.push(Statement {
            behavior,
            state,
            text: format!("{}: {text}", group.id),
        });
    };
    if has_alias {
        match profile.bool("dns.cname_ok") {
            Some(true) => {}
            Some(false) => note(
                Behavior::Chain,
                State::Fails,
                "the answer has an alias, which the pump does not follow",
            ),
            None => note(
                Behavior::Chain,
                State::Works,
                "the answer has an alias, and whether the pump follows it is unknown \
                 (dns.cname_ok)",
            ),
        }
    }
    if is_cut && over_tcp == Some(false) {
        note(
            Behavior::Truncation,
            State::Fails,
            "the answer is truncated, and the pump does not ask again over TCP",
        );
    }
    if let (Some(largest), Some(most)) = (largest, most)
        && f64::from(largest) > most
    {
        let text = format!("the answer has {largest} bytes, and the pump takes {most}");
        note(Behavior::Truncation, State::Fails, &text);
    }
    statements
}
