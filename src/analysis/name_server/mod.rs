//! What one name server answers to pumps: its settings, its zones, and whom it asks itself.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::state::{Case, From, Part, State, add_places, add_symbol};
use super::zone::{self, ZoneAnswer, ZoneEnd};
use super::{Nominal, Shape, Symbol};
use crate::client::resolver::ServerBehavior;
use crate::intent::Port;
use crate::model::dns::{ClientList, DnsOptions, DnsServer, DnsView, DnsZone};
use crate::model::dns::{ZoneDeclaration, ZoneKind};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::registry::PORT_DNS;
use crate::net::{DomainName, Ipv4Net};
use crate::source::{At, StatementRef};
use crate::syntax::Effect;

mod transfer;
mod view;

use view::{Asker, Taken};

/// Servers that a question is passed on to at most before it counts as undecided.
const FORWARDS: usize = 4;

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

    /// What a client sees of it, in words.
    fn words(&self) -> String {
        let addresses = self.addresses.iter().flatten().map(ToString::to_string);
        let addresses: Vec<String> = addresses.collect();
        format!("{} {}", self.why, addresses.join(" "))
            .trim_end()
            .to_owned()
    }

    /// One reply for clients of which some get this one, some the other: the worse, with all
    /// addresses that any of them gets.
    fn or_worse(self, other: Self) -> Self {
        // "No such name" ends a search; what fails at once costs less than silence, and more than
        // an answer.
        let rank = |reply: &Self| match reply.behavior {
            ServerBehavior::NxDomain => 4,
            ServerBehavior::Silent => 3,
            ServerBehavior::RefusedPort => 2,
            ServerBehavior::Rcode => 1,
            ServerBehavior::Answers => 0,
        };
        let (mut worse, better) = if rank(&other) > rank(&self) {
            (other, self)
        } else {
            (self, other)
        };
        for symbol in better.symbols {
            add_symbol(&mut worse.symbols, symbol);
        }
        add_places(&mut worse.at, &better.at);
        if let (Some(addresses), Some(more)) = (&mut worse.addresses, better.addresses) {
            addresses.extend(more);
            addresses.sort();
            addresses.dedup();
        }
        if let (Some(answer), Some(other)) = (&mut worse.answer, &better.answer) {
            answer.ttl_s = answer.ttl_s.max(other.ttl_s);
            answer.bytes = answer.bytes.max(other.bytes);
            answer.has_ipv6 |= other.has_ipv6;
            for alias in &other.aliases {
                if !answer.aliases.contains(alias) {
                    answer.aliases.push(alias.clone());
                }
            }
        }
        worse
    }
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
    let asker = Asker::behind(&passage, case.network.subnet.to_string(), false);
    let mut reply = serve(state, server, &asker, name, part, FORWARDS);
    let mut symbols = passage.symbols.clone();
    for symbol in reply.symbols.drain(..) {
        add_symbol(&mut symbols, symbol);
    }
    reply.symbols = symbols;
    reply
}

/// What a server answers to clients, once the question has reached it.
fn serve(
    state: &State<'_, '_>,
    server: Ipv4Addr,
    asker: &Asker,
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
    let local = view::local_networks(state, server);
    let (taken, left) = view::views(settings, server, asker, &local);
    let views = || taken.iter().filter_map(|one| one.view);
    for view in views() {
        part.reads
            .read(&host, FacetKind::DnsServer, &view.name.value);
    }
    let mut symbols = Vec::new();
    let concerns = |key: &FacetKey| {
        key.kind != FacetKind::DnsServer
            || key.name.is_empty()
            || views().any(|view| *view.name.value == *key.name)
    };
    let effects = [Effect::Zone, Effect::Device];
    state.holes_where(device, &effects, concerns, &mut symbols, &mut part.reads);
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
        one_of_views(&host, asker, &taken, left.is_some(), |one| {
            let server = Server::new(state, device, settings, one.view, server, &local);
            server.reply(&one.asker, name, part, depth)
        })
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

/// The worst of what the views that take a question reply; where nobody knows which one takes it
/// and they differ, that is a question.
fn one_of_views(
    host: &str,
    asker: &Asker,
    taken: &[Taken<'_>],
    some_left: bool,
    mut reply_of: impl FnMut(&Taken<'_>) -> Reply,
) -> Reply {
    let mut certain: Option<Reply> = None;
    let mut doubtful = Vec::new();
    for one in taken {
        let mut reply = reply_of(one);
        if let Some(view) = one.view {
            reply.at.push(view.name.at);
        }
        if one.doubtful {
            doubtful.push((one.view, reply));
        } else {
            certain = Some(match certain.take() {
                Some(known) => known.or_worse(reply),
                None => reply,
            });
        }
    }
    if some_left {
        let why = format!("no view of {host} takes questions of {}", asker.text);
        let refused = Reply::new(ServerBehavior::Rcode, why);
        certain = Some(match certain.take() {
            Some(known) => known.or_worse(refused),
            None => refused,
        });
    }
    let mut told: Vec<String> = certain.iter().map(Reply::words).collect();
    let mut reply = certain;
    for (view, other) in doubtful {
        let words = other.words();
        reply = Some(match reply.take() {
            Some(mut known) => {
                for symbol in &other.symbols {
                    add_symbol(&mut known.symbols, symbol.clone());
                }
                known
            }
            None => other,
        });
        if !told.contains(&words) {
            let name = view.map_or("", |view| view.name.value.as_str());
            let keys = view.map_or(String::new(), |view| view.keys.join(" "));
            told.push(format!("`{name}` {keys}: {words}"));
        }
    }
    let mut reply =
        reply.unwrap_or_else(|| Reply::new(ServerBehavior::Rcode, format!("{host} has no view")));
    if told.len() > 1 {
        let reason = format!(
            "which view of {host} takes questions of {}: {}",
            asker.text,
            told.join(", or ")
        );
        add_symbol(&mut reply.symbols, Symbol::Undecided(reason));
    }
    reply
}

/// One name server as some clients see it.
struct Server<'s, 'w, 'n> {
    /// The state.
    state: &'s State<'w, 'n>,
    /// Its device.
    device: &'s Device,
    /// Its settings.
    settings: &'s DnsServer,
    /// Those that hold for these clients.
    options: DnsOptions,
    /// Zones that these clients see.
    zones: &'s BTreeMap<DomainName, At<ZoneDeclaration>>,
    /// The address that was asked.
    address: Ipv4Addr,
    /// Networks that it is in itself.
    local: &'s [Ipv4Net],
}

impl<'s, 'w, 'n> Server<'s, 'w, 'n> {
    /// A server with one of its views.
    fn new(
        state: &'s State<'w, 'n>,
        device: &'s Device,
        settings: &'s DnsServer,
        view: Option<&'s DnsView>,
        address: Ipv4Addr,
        local: &'s [Ipv4Net],
    ) -> Self {
        let all = &settings.options;
        Self {
            state,
            device,
            settings,
            options: view.map_or_else(|| all.clone(), |view| view.options.within(all)),
            zones: view.map_or(&settings.zones, |view| &view.zones),
            address,
            local,
        }
    }

    /// What it replies.
    fn reply(&self, asker: &Asker, name: &DomainName, part: &mut Part, depth: usize) -> Reply {
        let (zones, missing, symbols) = self.zones(part);
        let mut reply = self.reply_from(&zones, &missing, asker, name, part, depth);
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
        asker: &Asker,
        name: &DomainName,
        part: &mut Part,
        depth: usize,
    ) -> Reply {
        let declared = self.closest_declared(name);
        let own = declared
            .filter(|(_, zone)| zone.kind == ZoneKind::Primary || zone.kind == ZoneKind::Secondary);
        let mut symbols = Vec::new();
        let admitted = match own {
            Some((_, zone)) => self.admits(&self.zone_list(zone), asker, &mut symbols),
            None => self
                .recursion_lists()
                .iter()
                .all(|list| self.admits(list, asker, &mut symbols)),
        };
        if !admitted {
            let mut reply = Reply::new(
                ServerBehavior::Rcode,
                format!("{} refuses questions of {}", self.address, asker.text),
            );
            let lists = [&self.options.allow_query, &self.options.allow_recursion];
            let lists = lists.into_iter().take(if own.is_some() { 1 } else { 2 });
            reply.at.extend(lists.flatten().map(|at| at.at));
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
        let only = zone
            .and_then(|zone| zone.forward_only)
            .unwrap_or_else(|| self.options.forward_only.is_some_and(|at| at.value));
        let forward = zone.map(|zone| zone.sources.clone());
        let forwarders = || self.options.forwarders.iter().flatten();
        let targets: Vec<Ipv4Addr> = forward
            .unwrap_or_else(|| forwarders().map(|at| at.value).collect())
            .into_iter()
            .filter_map(v4)
            .collect();
        if self
            .options
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
            let asker = Asker::behind(&passage, server.to_string(), true);
            let mut reply = serve(self.state, *target, &asker, name, part, depth - 1);
            for symbol in &passage.symbols {
                add_symbol(&mut reply.symbols, symbol.clone());
            }
            reply.at.extend(forwarders().map(|at| at.at));
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
            .find_map(|ancestor| self.zones.get_key_value(&ancestor))
            .map(|(origin, zone)| (origin, &zone.value))
            .filter(|(_, zone)| zone.kind != ZoneKind::Hint)
    }

    /// Who may ask for a zone; one that another view shares is asked as there.
    fn zone_list(&self, zone: &ZoneDeclaration) -> ClientList {
        let shared = zone.in_view.as_ref();
        let lender = shared.and_then(|name| {
            let mut views = self.settings.views.iter();
            views.find(|view| view.name.value == *name)
        });
        let options = match lender {
            Some(view) => &view.options.within(&self.settings.options),
            None => &self.options,
        };
        zone.allow_query
            .as_ref()
            .or(options.allow_query.as_ref().map(|at| &at.value))
            .unwrap_or(&ClientList::Any)
            .clone()
    }

    /// Who may ask for names outside its zones, in every list (BIND 9 Administrator Reference,
    /// `allow-recursion` and `allow-query-cache`: each is as the other where that alone is set, else
    /// as `allow-query`, else the server's own networks).
    fn recursion_lists(&self) -> Vec<ClientList> {
        let list = |at: &Option<At<ClientList>>| at.as_ref().map(|at| at.value.clone());
        let options = &self.options;
        let both = [&options.allow_recursion, &options.allow_query_cache];
        let mut lists: Vec<ClientList> = both.into_iter().filter_map(list).collect();
        if lists.is_empty() {
            lists.push(list(&options.allow_query).unwrap_or(ClientList::LocalNetworks));
        }
        lists
    }

    /// Whether a list admits every one who asks.
    fn admits(&self, list: &ClientList, asker: &Asker, symbols: &mut Vec<Symbol>) -> bool {
        let split = view::split(list, self.local, &asker.sources);
        if split.is_none() {
            let reason = format!("who may ask {} is not read", self.address);
            add_symbol(symbols, Symbol::Undecided(reason));
        }
        split.is_none_or(|(_, refused)| refused.is_empty())
    }
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

/// The IPv4 address of an address.
fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
