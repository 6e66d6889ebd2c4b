//! The resolve stage: who answers a pump's question for a name, with what, and when.
//!
//! Follows the pump's list of name servers, each server's own settings and zones, aliases,
//! forwarding, zone transfer, truncation, and the pump's resolver where it is known.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::state::{Case, From, Part, State, add_places, add_symbol};
use super::zone::{self, ZoneAnswer, ZoneEnd};
use super::{HeldName, Nominal, Shape, StageOutcome, Symbol};
use crate::client::resolver::{self, ClientModel, End, Question, RESOLVERS, ServerBehavior};
use crate::intent::{Port, Stage};
use crate::model::dns::{ClientList, DnsServer, DnsZone, ZoneDeclaration, ZoneKind};
use crate::model::{Device, FacetKind};
use crate::net::registry::PORT_DNS;
use crate::net::{DomainName, IpNet, Ipv4Net};
use crate::source::StatementRef;
use crate::syntax::Effect;

/// Bytes of an answer that a client without EDNS takes over UDP (RFC 1035 §4.2.1).
const PLAIN_ANSWER: usize = 512;
/// Servers that a question is passed on to at most before it counts as undecided.
const FORWARDS: usize = 4;
/// A lookup that takes this much longer can be noticed (seconds); no resolver waits less.
const NOTICEABLE_S: f64 = 0.5;

/// What one name server does with a question.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// As a resolver sees it.
    pub(super) behavior: ServerBehavior,
    /// Why, a fragment.
    pub(super) why: String,
    /// The answer from zones, where there is one.
    pub(super) answer: Option<ZoneAnswer>,
    /// Addresses, where it answers with some; none where the server is in no file.
    pub(super) addresses: Option<Vec<Ipv4Addr>>,
    /// What it depends on.
    pub(super) symbols: Vec<Symbol>,
    /// Statements that decide it.
    pub(super) at: Vec<StatementRef>,
}

impl Reply {
    /// A reply of this kind.
    fn new(behavior: ServerBehavior, why: impl Into<String>) -> Self {
        Self {
            behavior,
            why: why.into(),
            answer: None,
            addresses: None,
            symbols: Vec::new(),
            at: Vec::new(),
        }
    }
}

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
    Resolved { part, held }
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
            add_symbol(
                &mut part.stage.symbols,
                Symbol::Field("dns.client_model".to_owned()),
            );
        }
        return match lookup.end {
            End::Answer(index) => Some(index),
            End::NoSuchName(_) | End::Failure => None,
        };
    }
    let lookups: Vec<_> = RESOLVERS
        .iter()
        .map(|row| resolver::lookup(row.model, behaviors, question))
        .collect();
    let times = || lookups.iter().filter_map(|lookup| lookup.seconds);
    let worst = times().fold(0.0, f64::max);
    let best = times().fold(f64::INFINITY, f64::min);
    part.stage.delay_s = worst;
    let mut answers = lookups.iter().filter_map(|lookup| match lookup.end {
        End::Answer(index) => Some(index),
        End::NoSuchName(_) | End::Failure => None,
    });
    let first = answers.next();
    let all = lookups
        .iter()
        .all(|lookup| matches!(lookup.end, End::Answer(index) if Some(index) == first));
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
) -> Option<HeldName> {
    let expected = &case.service.servers;
    let Some(addresses) = &reply.addresses else {
        part.stage.why = format!("{server} is asked, whose zones are in no file");
        return Some(HeldName {
            name: name.clone(),
            addresses: expected.clone(),
            ttl_s: 0,
        });
    };
    fact(part, "addresses", list(addresses));
    if let Some(answer) = &reply.answer {
        fact(part, "ttl_s", answer.ttl_s);
        fact(part, "cname_depth", answer.aliases.len());
        check_aliases(case, answer, part);
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
    Some(HeldName {
        name: name.clone(),
        addresses: addresses.clone(),
        ttl_s: reply.answer.as_ref().map_or(0, |answer| answer.ttl_s),
    })
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

/// What one server of a pump's list does with a question for `name`.
pub(super) fn ask(
    state: &State<'_, '_>,
    case: &Case<'_>,
    server: Ipv4Addr,
    name: &DomainName,
    part: &mut Part,
) -> Reply {
    let passage = state.passage(&case.pumps(), server, Port::Udp(PORT_DNS));
    part.reads.merge(&passage.reads);
    if passage.nominal == Nominal::Fails {
        let behavior = if passage.shape == Some(Shape::Refuse) {
            ServerBehavior::RefusedPort
        } else {
            ServerBehavior::Silent
        };
        let mut reply = Reply::new(
            behavior,
            format!("{server} does not answer: {}", passage.why),
        );
        reply.symbols.clone_from(&passage.symbols);
        reply.at.clone_from(&passage.decided_by);
        if part.stage.witness.is_none() {
            part.stage.witness.clone_from(&passage.witness);
        }
        return reply;
    }
    let mut reply = serve(state, server, case.network.subnet, name, part, FORWARDS);
    let mut symbols = passage.symbols.clone();
    for symbol in reply.symbols.drain(..) {
        add_symbol(&mut symbols, symbol);
    }
    reply.symbols = symbols;
    reply
}

/// What a server answers to clients of a subnet, once the question has reached it.
fn serve(
    state: &State<'_, '_>,
    server: Ipv4Addr,
    clients: Ipv4Net,
    name: &DomainName,
    part: &mut Part,
    depth: usize,
) -> Reply {
    let outside = || Symbol::Outside(format!("dns {server}"));
    let Some(device) = state.device_of(server, &mut part.reads) else {
        let mut reply = Reply::new(ServerBehavior::Answers, "its configuration is in no file");
        reply.symbols.push(outside());
        return reply;
    };
    let host = state.name_of(device);
    part.reads.read(&host, FacetKind::DnsServer, "");
    part.reads.kinds.insert((host.clone(), FacetKind::DnsZone));
    let Some(settings) = device.dns_server("") else {
        let mut reply = Reply::new(ServerBehavior::Answers, "its name service is in no file");
        reply.symbols.push(outside());
        return reply;
    };
    let mut symbols = Vec::new();
    state.holes(
        device,
        &[Effect::Zone, Effect::Device],
        &mut symbols,
        &mut part.reads,
    );
    if settings.views {
        add_symbol(
            &mut symbols,
            Symbol::Undecided(format!(
                "{host} answers different clients differently (views)"
            )),
        );
    }
    if let Some(broken) = &settings.broken {
        let mut reply = Reply::new(
            ServerBehavior::RefusedPort,
            format!("{host} does not start its name service: {}", broken.value),
        );
        reply.at.push(broken.at);
        reply.symbols = symbols;
        return reply;
    }
    let listens = settings.listen_on.is_empty()
        || settings
            .listen_on
            .iter()
            .any(|at| at.value == IpAddr::V4(server) || at.value.is_unspecified());
    let mut reply = if listens {
        let mut server = Server {
            state,
            device,
            settings,
            address: server,
        };
        server.reply(clients, name, part, depth)
    } else {
        let mut reply = Reply::new(
            ServerBehavior::RefusedPort,
            format!("{host} does not listen on {server}"),
        );
        reply.at.extend(settings.listen_on.iter().map(|at| at.at));
        reply
    };
    for symbol in symbols {
        add_symbol(&mut reply.symbols, symbol);
    }
    reply
}

/// One name server with its settings.
struct Server<'s, 'w, 'n> {
    /// The state.
    state: &'s State<'w, 'n>,
    /// Its device.
    device: &'s Device,
    /// Its settings.
    settings: &'s DnsServer,
    /// The address that was asked.
    address: Ipv4Addr,
}

impl Server<'_, '_, '_> {
    /// What it replies.
    fn reply(
        &mut self,
        clients: Ipv4Net,
        name: &DomainName,
        part: &mut Part,
        depth: usize,
    ) -> Reply {
        let (zones, missing, symbols) = self.zones(part);
        let mut reply = self.reply_from(&zones, &missing, clients, name, part, depth);
        for symbol in symbols {
            add_symbol(&mut reply.symbols, symbol);
        }
        reply
    }

    /// The reply from these zones; `missing` are zones that it should have and cannot get.
    fn reply_from(
        &self,
        zones: &BTreeMap<DomainName, &DnsZone>,
        missing: &BTreeMap<DomainName, String>,
        clients: Ipv4Net,
        name: &DomainName,
        part: &mut Part,
        depth: usize,
    ) -> Reply {
        let declared = self.closest_declared(name);
        let own = declared
            .filter(|(_, zone)| zone.kind == ZoneKind::Primary || zone.kind == ZoneKind::Secondary);
        let list = match own {
            Some((_, zone)) => zone
                .allow_query
                .as_ref()
                .or(self.settings.allow_query.as_ref().map(|at| &at.value))
                .unwrap_or(&ClientList::Any)
                .clone(),
            None => self.recursion_list(),
        };
        let mut symbols = Vec::new();
        let admitted = self.admits(&list, clients, &mut symbols);
        if !admitted {
            let mut reply = Reply::new(
                ServerBehavior::Rcode,
                format!("{} refuses questions of {clients}", self.address),
            );
            reply
                .at
                .extend(self.settings.allow_query.as_ref().map(|at| at.at));
            return reply;
        }
        if let Some((origin, why)) = declared.and_then(|(origin, _)| missing.get_key_value(origin))
        {
            return Reply::new(
                ServerBehavior::Rcode,
                format!("{} cannot answer for zone {origin}: {why}", self.address),
            );
        }
        let answer = zone::answer(zones, name);
        let mut reply = self.end(answer, name, part, depth);
        for symbol in symbols {
            add_symbol(&mut reply.symbols, symbol);
        }
        reply
    }

    /// Turns the end of a search in its zones into a reply.
    fn end(&self, answer: ZoneAnswer, name: &DomainName, part: &mut Part, depth: usize) -> Reply {
        let server = self.address;
        let mut reply = match &answer.end {
            ZoneEnd::Addresses(addresses) => {
                let mut reply = Reply::new(ServerBehavior::Answers, format!("{server} answers"));
                reply.addresses = Some(addresses.clone());
                reply
            }
            ZoneEnd::NoData => Reply::new(
                ServerBehavior::NxDomain,
                format!("{server} knows {name} without an IPv4 address"),
            ),
            ZoneEnd::NxDomain => Reply::new(
                ServerBehavior::NxDomain,
                format!("{server} says that {name} does not exist"),
            ),
            ZoneEnd::ServFail(why) => Reply::new(
                ServerBehavior::Rcode,
                format!("{server} cannot answer: {why}"),
            ),
            ZoneEnd::Elsewhere(next) => {
                let mut reply = self.pass_on(next, part, depth);
                reply.at.extend(&answer.at);
                merge_chain(&mut reply, answer);
                return reply;
            }
            ZoneEnd::Delegated(cut, _) => {
                let mut reply = Reply::new(
                    ServerBehavior::Answers,
                    format!("{server} asks the servers of {cut}"),
                );
                reply
                    .symbols
                    .push(Symbol::Outside(format!("dns zone {cut}")));
                reply.at.extend(&answer.at);
                return reply;
            }
        };
        reply.at.extend(&answer.at);
        reply.answer = Some(answer);
        reply
    }

    /// Passes a question on to forwarders, or out of the snapshot.
    fn pass_on(&self, name: &DomainName, part: &mut Part, depth: usize) -> Reply {
        let server = self.address;
        let zone = self
            .closest_declared(name)
            .map(|(_, zone)| zone)
            .filter(|zone| zone.kind == ZoneKind::Forward);
        let only = zone.and_then(|zone| zone.forward_only).unwrap_or_else(|| {
            let only = self.settings.forward_only.as_ref();
            only.is_some_and(|at| at.value)
        });
        let forward = zone.map(|zone| zone.sources.clone());
        let targets: Vec<Ipv4Addr> = forward
            .unwrap_or_else(|| self.settings.forwarders.iter().map(|at| at.value).collect())
            .into_iter()
            .filter_map(v4)
            .collect();
        if self
            .settings
            .recursion
            .as_ref()
            .is_some_and(|recursion| !recursion.value)
        {
            return Reply::new(
                ServerBehavior::Rcode,
                format!("{server} resolves only names of its own zones"),
            );
        }
        if depth == 0 {
            let mut reply = Reply::new(ServerBehavior::Answers, "the question is passed on and on");
            reply.symbols.push(Symbol::Undecided(format!(
                "name servers pass a question on more than {FORWARDS} times"
            )));
            return reply;
        }
        let mut whys = Vec::new();
        for target in &targets {
            let passage = self
                .state
                .passage(&From::Address(server), *target, Port::Udp(PORT_DNS));
            part.reads.merge(&passage.reads);
            if passage.nominal == Nominal::Fails {
                whys.push(format!("{server} does not reach {target}: {}", passage.why));
                continue;
            }
            let clients = Ipv4Net::from(server);
            let mut reply = serve(self.state, *target, clients, name, part, depth - 1);
            for symbol in &passage.symbols {
                add_symbol(&mut reply.symbols, symbol.clone());
            }
            reply
                .at
                .extend(self.settings.forwarders.iter().map(|at| at.at));
            return reply;
        }
        if targets.is_empty() || !only {
            let mut reply = Reply::new(
                ServerBehavior::Answers,
                format!("{server} resolves {name} from the root, outside of all files"),
            );
            reply
                .symbols
                .push(Symbol::Outside(format!("dns name {name}")));
            return reply;
        }
        Reply::new(ServerBehavior::Rcode, whys.join("; "))
    }

    /// The declared zone with the longest origin at or above a name.
    fn closest_declared(&self, name: &DomainName) -> Option<(&DomainName, &ZoneDeclaration)> {
        std::iter::successors(Some(name.clone()), DomainName::parent)
            .find_map(|ancestor| self.settings.zones.get_key_value(&ancestor))
            .map(|(origin, zone)| (origin, &zone.value))
            .filter(|(_, zone)| zone.kind != ZoneKind::Hint)
    }

    /// Who may ask for names outside its zones (BIND 9 Administrator Reference,
    /// `allow-recursion`: `allow-query` where that is set, else the server's own networks).
    fn recursion_list(&self) -> ClientList {
        self.settings
            .allow_recursion
            .as_ref()
            .or(self.settings.allow_query.as_ref())
            .map_or(ClientList::LocalNetworks, |at| at.value.clone())
    }

    /// Whether a list admits every client of a subnet.
    fn admits(&self, list: &ClientList, clients: Ipv4Net, symbols: &mut Vec<Symbol>) -> bool {
        match list {
            ClientList::Any => true,
            ClientList::None => false,
            ClientList::Unread => {
                add_symbol(
                    symbols,
                    Symbol::Undecided(format!("who may ask {} is not read", self.address)),
                );
                true
            }
            ClientList::LocalNetworks => self.state.shares_subnet(self.address, clients),
            ClientList::Prefixes(entries) => admits(entries, clients).unwrap_or(false),
            ClientList::PrefixesOrLocal(entries) => admits(entries, clients)
                .unwrap_or_else(|| self.state.shares_subnet(self.address, clients)),
        }
    }

    /// The zones that it serves, those that it should and cannot, and what that depends on.
    fn zones(
        &self,
        part: &mut Part,
    ) -> (
        BTreeMap<DomainName, &DnsZone>,
        BTreeMap<DomainName, String>,
        Vec<Symbol>,
    ) {
        let mut zones = BTreeMap::new();
        let mut missing = BTreeMap::new();
        let mut symbols = Vec::new();
        for (origin, declaration) in &self.settings.zones {
            match declaration.value.kind {
                ZoneKind::Primary => match self.device.dns_zone(origin.as_str()) {
                    Some(zone) => {
                        zones.insert(origin.clone(), zone);
                    }
                    None => add_symbol(
                        &mut symbols,
                        Symbol::Outside(format!("dns zone {origin} of {}", self.device.name)),
                    ),
                },
                ZoneKind::Secondary => match self.copy(origin, &declaration.value, part) {
                    Copy::Zone(zone) => {
                        zones.insert(origin.clone(), zone);
                    }
                    Copy::Outside => add_symbol(
                        &mut symbols,
                        Symbol::Outside(format!("dns zone {origin} of {}", self.device.name)),
                    ),
                    Copy::Missing(why) => {
                        missing.insert(origin.clone(), why);
                    }
                },
                ZoneKind::Forward | ZoneKind::Hint => {}
            }
        }
        (zones, missing, symbols)
    }

    /// The copy of a zone that a secondary server serves.
    ///
    /// A newer serial of a primary that it reaches is taken over (RFC 1996, RFC 1034 §4.3.5); with
    /// an equal or older one it keeps what it has.
    fn copy(&self, origin: &DomainName, zone: &ZoneDeclaration, part: &mut Part) -> Copy<'_> {
        let own = self.device.dns_zone(origin.as_str());
        let mut why = None;
        let mut outside = false;
        for source in zone.sources.iter().copied().filter_map(v4) {
            let passage =
                self.state
                    .passage(&From::Address(self.address), source, Port::Tcp(PORT_DNS));
            part.reads.merge(&passage.reads);
            if passage.nominal == Nominal::Fails {
                why = Some(format!("no transfer from {source}: {}", passage.why));
                continue;
            }
            let Some(primary) = self.state.device_of(source, &mut part.reads) else {
                outside = true;
                continue;
            };
            let host = self.state.name_of(primary);
            part.reads.read(&host, FacetKind::DnsServer, "");
            part.reads.read(&host, FacetKind::DnsZone, origin.as_str());
            let Some(theirs) = primary.dns_zone(origin.as_str()) else {
                outside = true;
                continue;
            };
            if theirs.broken.is_some() {
                why = Some(format!("{source} does not load the zone"));
                continue;
            }
            match own {
                Some(own) if !is_newer(theirs, own) => {}
                Some(_) | None => return Copy::Zone(theirs),
            }
        }
        match (own, why, outside) {
            (Some(own), _, _) => Copy::Zone(own),
            (None, _, true) => Copy::Outside,
            (None, why, false) => Copy::Missing(
                why.unwrap_or_else(|| "it is declared to be copied from nowhere".to_owned()),
            ),
        }
    }
}

/// What a secondary server has of a zone.
enum Copy<'a> {
    /// These records.
    Zone(&'a DnsZone),
    /// Records that are in no file.
    Outside,
    /// Nothing, and why.
    Missing(String),
}

/// Adds the part of a chain of aliases that was found before the question was passed on.
fn merge_chain(reply: &mut Reply, head: ZoneAnswer) {
    match &mut reply.answer {
        Some(tail) => {
            let mut aliases = head.aliases;
            aliases.append(&mut tail.aliases);
            tail.aliases = aliases;
            tail.ttl_s = tail.ttl_s.max(head.ttl_s);
            tail.bytes = tail.bytes.max(head.bytes);
        }
        None => {
            if !head.aliases.is_empty() {
                reply.answer = Some(head);
            }
        }
    }
}

/// Whether a serial is newer (RFC 1982 §3.2).
fn is_newer(theirs: &DnsZone, own: &DnsZone) -> bool {
    match (&theirs.soa, &own.soa) {
        (Some(theirs), Some(own)) => {
            let ahead = theirs.value.serial.wrapping_sub(own.value.serial);
            ahead != 0 && ahead < 1 << 31
        }
        (Some(_), None) => true,
        (None, Some(_) | None) => false,
    }
}

/// Whether a list of prefixes admits every client of a subnet; the first that matches decides,
/// `None` where none does.
fn admits(entries: &[(IpNet, bool)], clients: Ipv4Net) -> Option<bool> {
    for (net, admitted) in entries {
        let IpNet::V4(net) = net else { continue };
        if net.contains(&clients) {
            return Some(*admitted);
        }
        if clients.contains(net) && !admitted {
            return Some(false);
        }
    }
    None
}

/// The IPv4 address of an address.
fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
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
