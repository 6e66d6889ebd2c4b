//! What one name server answers to pumps: its settings, its zones, and whom it asks itself.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::state::{Case, From, Part, State, add_symbol};
use super::zone::{self, ZoneAnswer, ZoneEnd};
use super::{Nominal, Shape, Symbol};
use crate::client::resolver::ServerBehavior;
use crate::intent::Port;
use crate::model::dns::{ClientList, DnsServer, DnsZone, ZoneDeclaration, ZoneKind};
use crate::model::{Device, FacetKind};
use crate::net::registry::PORT_DNS;
use crate::net::{DomainName, IpNet, Ipv4Net};
use crate::source::StatementRef;
use crate::syntax::Effect;

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
                    Some(zone) if self.is_loaded(&declaration.value, zone) => {
                        zones.insert(origin.clone(), zone);
                    }
                    Some(_) | None => add_symbol(
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

    /// Whether the file with a zone's records is the one that its declaration names; folders on
    /// the server are not those of a snapshot, so that only the last name counts.
    fn is_loaded(&self, declaration: &ZoneDeclaration, zone: &DnsZone) -> bool {
        let Some(declared) = &declaration.file else {
            return true;
        };
        let place = zone
            .soa
            .as_ref()
            .map(|soa| soa.at)
            .or_else(|| zone.broken.as_ref().map(|broken| broken.at))
            .or_else(|| zone.records.values().flatten().next().map(|one| one.at));
        let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or("").to_owned();
        place
            .and_then(|at| self.state.world.network().files.get(&at.file))
            .is_some_and(|source| last(&source.file.path) == last(declared.trim_matches('"')))
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
            let declared = primary
                .dns_server("")
                .and_then(|settings| settings.zones.get(origin));
            if declared.is_some_and(|at| {
                at.value.kind == ZoneKind::Primary && !self.is_loaded(&at.value, theirs)
            }) {
                return Copy::Outside;
            }
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
