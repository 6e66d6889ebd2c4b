//! The resolve stage: who answers a pump's question for a name, with what, and when.
//!
//! Follows the pump's list of name servers, each server's own settings and zones, aliases,
//! forwarding, zone transfer, truncation, and the pump's resolver where it is known.

use std::net::Ipv4Addr;

use super::name_server::{Reply, ask};
use super::state::{Case, Part, State, add_places, add_symbol};
use super::zone::ZoneAnswer;
use super::{HeldName, Nominal, Shape, StageOutcome, Symbol};
use crate::client::resolver::{self, ClientModel, End, Question, RESOLVERS, ServerBehavior};
use crate::intent::{Port, Stage};
use crate::net::DomainName;
use crate::net::registry::PORT_DNS;

/// Bytes of an answer that a client without EDNS takes over UDP (RFC 1035 §4.2.1).
const PLAIN_ANSWER: usize = 512;
/// A lookup that takes this much longer can be noticed (seconds); no resolver waits less.
const NOTICEABLE_S: f64 = 0.5;

/// A name as pumps resolve it.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// The stage.
    pub(super) part: Part,
    /// What clients hold afterwards; none where the name does not resolve.
    pub(super) held: Option<HeldName>,
}

/// Asks the servers, in order, for the service's name.
pub(super) fn resolve(
    state: &State<'_, '_>,
    case: &Case<'_>,
    name: &DomainName,
    servers: &[Ipv4Addr],
) -> Resolved {
    let mut part = Part::new(StageOutcome::works(Stage::Resolve, String::new()));
    let replies: Vec<Reply> = servers
        .iter()
        .map(|server| ask(state, case, *server, name, &mut part))
        .collect();
    let behaviors: Vec<ServerBehavior> = replies.iter().map(|reply| reply.behavior).collect();
    fact(&mut part, "name", name);
    fact(&mut part, "dns_servers", list(servers));
    for reply in &replies {
        for symbol in &reply.symbols {
            add_symbol(&mut part.stage.symbols, symbol.clone());
        }
    }
    let choice = choose(case, &behaviors, &mut part);
    let Some(index) = choice else {
        explain_failure(&mut part, servers, &replies);
        return Resolved { part, held: None };
    };
    let (Some(reply), Some(server)) = (replies.get(index), servers.get(index)) else {
        return Resolved { part, held: None };
    };
    fact(&mut part, "answered_by", server);
    part.stage.decided_by.extend(&reply.at);
    let held = accept(state, case, name, *server, reply, &mut part);
    note_disagreement(&replies, reply, servers, &mut part);
    Resolved {
        part,
        held: Some(held),
    }
}

/// Which server's reply pumps take, with the delay of those before it.
fn choose(case: &Case<'_>, behaviors: &[ServerBehavior], part: &mut Part) -> Option<usize> {
    let question = Question {
        // RFC 3484-style clients may ask for IPv6 first; names here have dots, so no search list.
        aaaa_first: true,
        ..Question::default()
    };
    let model = case
        .text("dns.client_model")
        .and_then(ClientModel::from_name);
    if let Some(model) = model {
        let lookup = resolver::lookup(model, behaviors, question);
        part.stage.delay_s = lookup.seconds.unwrap_or(0.0);
        if lookup.seconds.is_none() {
            let name = model.row().map_or("", |row| row.name);
            let reason = format!("what {name} does after what its name servers did");
            add_symbol(&mut part.stage.symbols, Symbol::Undecided(reason));
        }
        return match lookup.end {
            End::Answer(index) => Some(index),
            End::NoSuchName(_) | End::Failure => None,
        };
    }
    let lookups: Vec<_> = RESOLVERS
        .iter()
        .map(|row| (row, resolver::lookup(row.model, behaviors, question)))
        .collect();
    // A resolver that asks all servers at once waits for none of them as long as one answers
    // (musl, res_msend.c). That says nothing of a pump whose resolver is not known, so it is no reason
    // to doubt that pumps wait, and which answer it takes counts like that of the others.
    let in_turn = || lookups.iter().filter(|(row, _)| !row.asks_at_once);
    let times = || in_turn().filter_map(|(_, lookup)| lookup.seconds);
    let worst = times().fold(0.0, f64::max);
    let best = times().fold(f64::INFINITY, f64::min);
    part.stage.delay_s = worst;
    let mut answers = lookups.iter().filter_map(|(_, lookup)| match lookup.end {
        End::Answer(index) => Some(index),
        End::NoSuchName(_) | End::Failure => None,
    });
    let first = answers.next();
    let all = lookups
        .iter()
        .all(|(_, lookup)| matches!(lookup.end, End::Answer(index) if Some(index) == first));
    // Which resolver it is matters only where they differ.
    if first.is_some() && (!all || (worst > NOTICEABLE_S && best <= NOTICEABLE_S)) {
        add_symbol(
            &mut part.stage.symbols,
            Symbol::Field("dns.client_model".to_owned()),
        );
    }
    first
}

/// Judges the reply that pumps take: aliases, size, addresses.
fn accept(
    state: &State<'_, '_>,
    case: &Case<'_>,
    name: &DomainName,
    server: Ipv4Addr,
    reply: &Reply,
    part: &mut Part,
) -> HeldName {
    let expected = &case.service.servers;
    let Some(addresses) = &reply.addresses else {
        part.stage.why = format!("{server} is asked, whose zones are in no file");
        return HeldName {
            name: name.clone(),
            addresses: expected.clone(),
            ttl_s: 0,
        };
    };
    fact(part, "addresses", list(addresses));
    if let Some(answer) = &reply.answer {
        fact(part, "ttl_s", answer.ttl_s);
        fact(part, "cname_depth", answer.aliases.len());
        check_aliases(case, answer, part);
        check_ipv6(name, answer, part);
        check_size(state, case, server, answer, part);
    }
    let wrong: Vec<Ipv4Addr> = addresses
        .iter()
        .filter(|address| !expected.contains(address))
        .copied()
        .collect();
    if !wrong.is_empty() && !expected.is_empty() && part.stage.nominal == Nominal::Works {
        fail(
            part,
            Shape::WrongAddress,
            format!(
                "{server} answers {name} with {}, which is not an address of {}",
                list(&wrong),
                case.service.id
            ),
        );
    }
    if part.stage.nominal == Nominal::Works {
        part.stage.why = format!("{server} answers {name} with {}", list(addresses));
    }
    HeldName {
        name: name.clone(),
        addresses: addresses.clone(),
        ttl_s: reply.answer.as_ref().map_or(0, |answer| answer.ttl_s),
    }
}

/// Whether pumps follow the aliases of an answer.
fn check_aliases(case: &Case<'_>, answer: &ZoneAnswer, part: &mut Part) {
    if answer.aliases.is_empty() {
        return;
    }
    match case.bool("dns.cname_ok") {
        Some(true) => {}
        None => add_symbol(
            &mut part.stage.symbols,
            Symbol::Field("dns.cname_ok".to_owned()),
        ),
        Some(false) => fail(
            part,
            Shape::NxDomain,
            format!(
                "the name is an alias of {} and the pump does not follow aliases",
                list(&answer.aliases)
            ),
        ),
    }
}

/// Whether pumps may prefer an IPv6 address, by which no requirement is judged.
fn check_ipv6(name: &DomainName, answer: &ZoneAnswer, part: &mut Part) {
    // Of no resolver is it known that it never asks for one.
    if answer.has_ipv6 {
        let reason = format!("whether pumps take the IPv6 address of {name}");
        add_symbol(&mut part.stage.symbols, Symbol::Undecided(reason));
    }
}

/// Whether pumps take an answer of this size.
fn check_size(
    state: &State<'_, '_>,
    case: &Case<'_>,
    server: Ipv4Addr,
    answer: &ZoneAnswer,
    part: &mut Part,
) {
    fact(part, "answer_bytes", answer.bytes);
    let largest = case.number("dns.max_answer_bytes");
    #[expect(
        clippy::cast_precision_loss,
        reason = "an answer has at most 65,535 bytes"
    )]
    let bytes = answer.bytes as f64;
    if largest.is_some_and(|largest| bytes > largest) {
        fail(
            part,
            Shape::ServFail,
            format!(
                "the answer has {} bytes, more than the pump accepts",
                answer.bytes
            ),
        );
        return;
    }
    if answer.bytes <= PLAIN_ANSWER {
        return;
    }
    let passage = state.passage(&case.pumps(), server, Port::Tcp(PORT_DNS));
    part.absorb(&passage);
    match case.bool("dns.tcp_ok") {
        Some(true) => {}
        None => add_symbol(
            &mut part.stage.symbols,
            Symbol::Field("dns.tcp_ok".to_owned()),
        ),
        Some(false) => fail(
            part,
            Shape::ServFail,
            format!(
                "the answer has {} bytes, is truncated, and the pump does not ask over TCP",
                answer.bytes
            ),
        ),
    }
    if passage.nominal == Nominal::Fails {
        fail(
            part,
            passage.shape.unwrap_or(Shape::Drop),
            format!(
                "the answer has {} bytes and tcp/53 to {server} fails: {}",
                answer.bytes, passage.why
            ),
        );
    }
}

/// Notes servers that answer otherwise than the one that is taken.
fn note_disagreement(replies: &[Reply], taken: &Reply, servers: &[Ipv4Addr], part: &mut Part) {
    let mut answering = Vec::new();
    let mut others = Vec::new();
    for (reply, server) in replies.iter().zip(servers) {
        if reply.behavior == ServerBehavior::Answers {
            answering.push(*server);
            let differs = match (&reply.addresses, &taken.addresses) {
                (Some(one), Some(other)) => one != other,
                (Some(_) | None, None) | (None, Some(_)) => false,
            };
            if differs {
                others.push(*server);
            }
        }
    }
    fact(part, "answering", list(&answering));
    if !others.is_empty() {
        fact(part, "answer_otherwise", list(&others));
    }
}

/// Says why nobody answers.
fn explain_failure(part: &mut Part, servers: &[Ipv4Addr], replies: &[Reply]) {
    if servers.is_empty() {
        fail(
            part,
            Shape::ServFail,
            "pumps are given no name server".to_owned(),
        );
        return;
    }
    let shape = replies
        .iter()
        .map(|reply| match reply.behavior {
            ServerBehavior::NxDomain => Shape::NxDomain,
            ServerBehavior::Rcode => Shape::ServFail,
            ServerBehavior::RefusedPort => Shape::Refuse,
            ServerBehavior::Silent | ServerBehavior::Answers => Shape::Drop,
        })
        .find(|shape| *shape != Shape::Drop)
        .unwrap_or(Shape::Drop);
    let whys: Vec<&str> = replies.iter().map(|reply| reply.why.as_str()).collect();
    part.stage
        .decided_by
        .extend(replies.iter().flat_map(|reply| reply.at.iter().copied()));
    if let Some(negative) = replies
        .iter()
        .find_map(|reply| reply.answer.as_ref()?.negative_ttl_s)
    {
        fact(part, "negative_ttl_s", negative);
    }
    fail(part, shape, whys.join("; "));
}

/// Makes a stage fail.
pub(super) fn fail(part: &mut Part, shape: Shape, why: String) {
    part.stage.nominal = Nominal::Fails;
    part.stage.shape = Some(shape);
    part.stage.why = why;
}

/// Notes a fact.
pub(super) fn fact(part: &mut Part, name: &'static str, value: impl std::fmt::Display) {
    part.stage.facts.insert(name, value.to_string());
}

/// Words with spaces between them.
pub(super) fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    words.join(" ")
}

/// Whether the site's name servers answer pumps, with each server; one that pumps are not told of
/// is no help to them.
pub(super) fn serve_names(
    state: &State<'_, '_>,
    case: &Case<'_>,
    told: &[Ipv4Addr],
) -> (Part, Vec<(Ipv4Addr, Nominal)>) {
    let mut part = Part::new(StageOutcome::works(Stage::Resolve, String::new()));
    fact(&mut part, "dns_servers", list(told));
    let services = &state.intent.site.services;
    let names: Vec<&DomainName> = case
        .group
        .uses
        .iter()
        .filter_map(|id| services.get(id)?.name.as_ref())
        .collect();
    let mut servers = Vec::new();
    let mut whys = Vec::new();
    let mut shape = None;
    let mut behaviors = Vec::new();
    for server in told.iter().chain(&case.service.servers) {
        if behaviors.iter().any(|(known, _)| known == server) {
            continue;
        }
        let (behavior, why) = behavior_for(state, case, *server, &names, &mut part);
        if behavior != ServerBehavior::Answers {
            whys.push(why);
            shape = shape.or(Some(match behavior {
                ServerBehavior::RefusedPort => Shape::Refuse,
                ServerBehavior::Rcode => Shape::ServFail,
                ServerBehavior::Silent | ServerBehavior::Answers | ServerBehavior::NxDomain => {
                    Shape::Drop
                }
            }));
        }
        behaviors.push((*server, behavior));
    }
    let answers = |server: &Ipv4Addr| {
        behaviors
            .iter()
            .any(|(known, behavior)| known == server && *behavior == ServerBehavior::Answers)
    };
    for server in &case.service.servers {
        let works = told.contains(server) && answers(server);
        if !told.contains(server) {
            whys.push(format!("pumps are not told of {server}"));
        }
        servers.push((
            *server,
            if works {
                Nominal::Works
            } else {
                Nominal::Fails
            },
        ));
    }
    let order: Vec<ServerBehavior> = told
        .iter()
        .filter_map(|server| behaviors.iter().find(|(known, _)| known == server))
        .map(|(_, behavior)| *behavior)
        .collect();
    choose(case, &order, &mut part);
    let working = servers
        .iter()
        .filter(|(_, nominal)| *nominal == Nominal::Works)
        .count();
    if working < case.service.need {
        fail(&mut part, shape.unwrap_or(Shape::Drop), whys.join("; "));
    } else {
        part.stage.witness = None;
        part.stage.why = format!("{working} of {} name servers answer", servers.len());
    }
    (part, servers)
}

/// What a server does with the names that a group uses; the worst counts.
fn behavior_for(
    state: &State<'_, '_>,
    case: &Case<'_>,
    server: Ipv4Addr,
    names: &[&DomainName],
    part: &mut Part,
) -> (ServerBehavior, String) {
    let passage = state.passage(&case.pumps(), server, Port::Udp(PORT_DNS));
    if passage.nominal == Nominal::Fails {
        part.reads.merge(&passage.reads);
        part.stage.witness.clone_from(&passage.witness);
        add_places(&mut part.stage.decided_by, &passage.decided_by);
        let behavior = if passage.shape == Some(Shape::Refuse) {
            ServerBehavior::RefusedPort
        } else {
            ServerBehavior::Silent
        };
        return (
            behavior,
            format!("{server} does not answer: {}", passage.why),
        );
    }
    part.absorb(&passage);
    for name in names {
        let reply = ask(state, case, server, name, part);
        for symbol in &reply.symbols {
            add_symbol(&mut part.stage.symbols, symbol.clone());
        }
        match reply.behavior {
            // "No such name" is an answer; whether it is the right one is its service's question.
            ServerBehavior::Answers | ServerBehavior::NxDomain => {}
            ServerBehavior::Silent | ServerBehavior::RefusedPort | ServerBehavior::Rcode => {
                add_places(&mut part.stage.decided_by, &reply.at);
                return (reply.behavior, reply.why);
            }
        }
    }
    (ServerBehavior::Answers, String::new())
}
