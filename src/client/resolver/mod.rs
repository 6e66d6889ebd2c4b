//! How stub resolvers try servers, and how long an answer takes.
//!
//! Default settings of each stack; what no source says is `None`. Which stack a pump has is never
//! assumed: a caller that does not know asks for all.

mod asks;

pub use asks::{Ask, Asks, asks};

/// A resolver whose behavior is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientModel {
    /// GNU C library.
    Glibc,
    /// lwIP.
    Lwip,
    /// FreeRTOS+TCP.
    FreertosTcp,
    /// Eclipse `ThreadX` `NetX` Duo.
    NetxDuo,
    /// musl, the C library of Alpine and `OpenWrt`.
    Musl,
    /// The DNS client of Windows.
    Windows,
}

/// How addresses of both families are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// IPv6 first, one lookup after the other.
    InTurn,
    /// At once, in one lookup that ends when both are answered.
    AtOnce,
}

/// What one resolver does besides waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolver {
    /// The model.
    pub model: ClientModel,
    /// Its name in profiles.
    pub name: &'static str,
    /// Whether it asks all its servers at once and takes the fastest answer.
    pub asks_at_once: bool,
    /// Number of servers used at most.
    pub max_servers: Option<usize>,
    /// Whether it appends search domains to short names.
    pub uses_search_list: Option<bool>,
    /// How it asks for addresses of both families, where a program wants both.
    pub families: Option<Families>,
    /// Whether it follows aliases that come with the answer.
    pub follows_cname: Option<bool>,
    /// Whether it asks again over TCP when an answer is truncated.
    pub retries_over_tcp: Option<bool>,
    /// Largest answer in bytes.
    pub max_answer_bytes: Option<u32>,
    /// Names it keeps; 0: none.
    pub cache_names: Option<u32>,
    /// Longest time in seconds that it keeps an answer, whatever the record says.
    pub ttl_cap_s: Option<u32>,
    /// Milliseconds after which it asks again or elsewhere for the first time.
    pub first_wait_ms: Option<u32>,
    /// Where this is known from.
    pub source: &'static str,
}

/// Every model.
pub static RESOLVERS: &[Resolver] = &[
    Resolver {
        model: ClientModel::Glibc,
        name: "glibc",
        asks_at_once: false,
        max_servers: Some(3),
        uses_search_list: Some(true),
        families: Some(Families::InTurn),
        follows_cname: None,
        retries_over_tcp: Some(true),
        max_answer_bytes: None,
        cache_names: Some(0),
        ttl_cap_s: None,
        first_wait_ms: Some(5_000),
        source: "resolv.conf(5): timeout 5, attempts 2, MAXNS 3; glibc resolv/res_send.c; times \
                 measured with glibc 2.36",
    },
    Resolver {
        model: ClientModel::Lwip,
        name: "lwip",
        asks_at_once: false,
        max_servers: Some(2),
        uses_search_list: None,
        families: None,
        follows_cname: None,
        retries_over_tcp: Some(false),
        max_answer_bytes: None,
        cache_names: Some(4),
        ttl_cap_s: Some(604_800),
        first_wait_ms: Some(1_000),
        source: "lwIP src/core/dns.c: DNS_MAX_RETRIES 4, DNS_MAX_SERVERS 2, DNS_TABLE_SIZE 4, \
                 DNS_MAX_TTL",
    },
    Resolver {
        model: ClientModel::FreertosTcp,
        name: "freertos-tcp",
        asks_at_once: false,
        max_servers: None,
        uses_search_list: None,
        families: None,
        follows_cname: None,
        retries_over_tcp: Some(false),
        max_answer_bytes: None,
        cache_names: Some(1),
        ttl_cap_s: None,
        first_wait_ms: Some(5_000),
        source: "FreeRTOS-Plus-TCP FreeRTOS_DNS.c: ipconfigDNS_REQUEST_ATTEMPTS 5, \
                 ipconfigDNS_RECEIVE_BLOCK_TIME 5000 ms",
    },
    Resolver {
        model: ClientModel::NetxDuo,
        name: "netx-duo",
        asks_at_once: false,
        max_servers: None,
        uses_search_list: None,
        families: None,
        follows_cname: None,
        retries_over_tcp: None,
        max_answer_bytes: Some(512),
        cache_names: None,
        ttl_cap_s: None,
        first_wait_ms: None,
        source: "NetX Duo addons/dns/nxd_dns.c: three rounds over all servers, the wait doubles up \
                 to 64 s, messages of 512 bytes",
    },
    Resolver {
        model: ClientModel::Musl,
        name: "musl",
        asks_at_once: true,
        max_servers: Some(3),
        uses_search_list: Some(true),
        families: Some(Families::AtOnce),
        follows_cname: None,
        // From 1.2.4 on.
        retries_over_tcp: None,
        max_answer_bytes: None,
        cache_names: Some(0),
        ttl_cap_s: None,
        first_wait_ms: Some(2_500),
        source: "musl src/network/res_msend.c: all servers and both families at once, until each family \
                 has an answer or \"no such name\", timeout 5 s, attempts 2, MAXNS 3; \
                 src/network/lookup_name.c, name_from_dns",
    },
    Resolver {
        model: ClientModel::Windows,
        name: "windows",
        asks_at_once: false,
        max_servers: None,
        uses_search_list: None,
        families: None,
        follows_cname: None,
        retries_over_tcp: None,
        max_answer_bytes: None,
        cache_names: None,
        ttl_cap_s: None,
        first_wait_ms: Some(1_000),
        source: "Microsoft, DNS client resolution timeouts (KB 2834226), one network interface: 1, 1, \
                 2, 4 and 2 s",
    },
];

impl ClientModel {
    /// The model that a profile names.
    pub fn from_name(name: &str) -> Option<Self> {
        RESOLVERS
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.model)
    }

    /// What it does besides waiting.
    pub fn row(self) -> Option<&'static Resolver> {
        RESOLVERS.iter().find(|row| row.model == self)
    }
}

/// What one server does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerBehavior {
    /// Answers with what was asked for.
    Answers,
    /// Never answers.
    Silent,
    /// Its host says at once that nobody listens.
    RefusedPort,
    /// Answers that it cannot or will not (SERVFAIL, REFUSED).
    Rcode,
    /// Answers that the name does not exist.
    NxDomain,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Question {
    /// Names made with search domains that are asked before the right one.
    pub search_misses: u32,
    /// Whether working servers answer those with SERVFAIL instead of NXDOMAIN.
    pub misses_servfail: bool,
    /// Whether an IPv6 address is asked for first.
    pub aaaa_first: bool,
}

/// How a lookup ends, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lookup {
    /// The end.
    pub end: End,
    /// Seconds at worst; `None`: the program that asks sets the waits, or sources contradict each
    /// other.
    pub seconds: Option<f64>,
}

/// The end of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The server at this place of the list answered.
    Answer(usize),
    /// The server at this place of the list says that the name does not exist.
    NoSuchName(usize),
    /// Nobody gave an answer.
    Failure,
}

impl Lookup {
    /// A lookup that ends so after this many seconds.
    fn after(end: End, seconds: f64) -> Self {
        Self {
            end,
            seconds: Some(seconds),
        }
    }
}

/// Who answers, and after how many seconds at worst.
pub fn lookup(model: ClientModel, servers: &[ServerBehavior], question: Question) -> Lookup {
    match model {
        ClientModel::Glibc => glibc(servers, question, GLIBC_TIMEOUT_S, GLIBC_ATTEMPTS),
        ClientModel::Lwip => lwip(servers),
        ClientModel::FreertosTcp => freertos(servers),
        ClientModel::NetxDuo => netx(servers),
        ClientModel::Musl => musl(servers, question),
        ClientModel::Windows => windows(servers),
    }
}

/// The same for a program that wants addresses of both families, where servers behave like `ipv6` when
/// they are asked for IPv6 ones; `None`: how this model asks is not known.
pub fn lookup_both(
    model: ClientModel,
    servers: &[ServerBehavior],
    ipv6: &[ServerBehavior],
    question: Question,
) -> Option<Lookup> {
    let [plain, ipv6] = [servers, ipv6].map(|servers| lookup(model, servers, question));
    let both = |join: fn(f64, f64) -> f64| {
        let times = plain.seconds.zip(ipv6.seconds);
        times.map(|(one, other)| join(one, other))
    };
    Some(match model.row()?.families? {
        Families::InTurn => Lookup {
            seconds: both(|one, other| one + other),
            ..plain
        },
        Families::AtOnce => Lookup {
            // Until 2020 an unanswered family was left out (lookup_name.c looked at the first answer
            // alone); since then it fails the lookup. The worse counts.
            end: if ipv6.end == End::Failure {
                End::Failure
            } else {
                plain.end
            },
            seconds: both(f64::max),
        },
    })
}

/// Seconds before the first server is given up (resolv.conf(5), `timeout`).
const GLIBC_TIMEOUT_S: u32 = 5;
/// Rounds over the servers (resolv.conf(5), `attempts`).
const GLIBC_ATTEMPTS: u32 = 2;
/// Servers used ((resolv.conf(5), MAXNS)).
const GLIBC_SERVERS: usize = 3;

/// What asking all servers for one name led to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// An answer or "no such name".
    Ended(End),
    /// Only errors, at least one of them an answer.
    Errors,
    /// No answer at all.
    Nothing,
}

/// The GNU C library: each server in turn, in rounds; search domains first, then the bare name.
fn glibc(servers: &[ServerBehavior], question: Question, timeout: u32, attempts: u32) -> Lookup {
    let servers = servers.get(..GLIBC_SERVERS).unwrap_or(servers);
    let mut seconds = 0.0;
    let families = if question.aaaa_first { 2 } else { 1 };
    let mut end = End::Failure;
    for _ in 0..families {
        let miss = if question.misses_servfail {
            ServerBehavior::Rcode
        } else {
            ServerBehavior::NxDomain
        };
        for _ in 0..question.search_misses {
            let behaviors: Vec<ServerBehavior> = servers
                .iter()
                .map(|server| match server {
                    ServerBehavior::Answers | ServerBehavior::NxDomain => miss,
                    ServerBehavior::Silent
                    | ServerBehavior::RefusedPort
                    | ServerBehavior::Rcode => *server,
                })
                .collect();
            // res_query.c: silence ends the search, an error of a server does not (measured:
            // 40.17 s with two domains and silent servers, 25.02 s with SERVFAIL).
            if glibc_round(&behaviors, timeout, attempts, &mut seconds) == Round::Nothing {
                break;
            }
        }
        end = match glibc_round(servers, timeout, attempts, &mut seconds) {
            Round::Ended(end) => end,
            Round::Errors | Round::Nothing => End::Failure,
        };
    }
    Lookup::after(end, seconds)
}

/// Asks all servers for one name, adding the time it takes.
fn glibc_round(
    servers: &[ServerBehavior],
    timeout: u32,
    attempts: u32,
    seconds: &mut f64,
) -> Round {
    let mut errors = false;
    for _ in 0..attempts {
        for (index, server) in servers.iter().enumerate() {
            match server {
                ServerBehavior::Answers => return Round::Ended(End::Answer(index)),
                ServerBehavior::NxDomain => return Round::Ended(End::NoSuchName(index)),
                ServerBehavior::Rcode => errors = true,
                ServerBehavior::RefusedPort => {}
                ServerBehavior::Silent => *seconds += glibc_wait(timeout, index, servers.len()),
            }
        }
    }
    if errors {
        Round::Errors
    } else {
        Round::Nothing
    }
}

/// Seconds that the server at `index` of `count` is waited for (`res_send.c`, `send_dg`: the timeout
/// doubles with the place in the list and, but for the first, is divided by the number of servers).
fn glibc_wait(timeout: u32, index: usize, count: usize) -> f64 {
    if index == 0 {
        return f64::from(timeout);
    }
    let doubled = u64::from(timeout) << index.min(8);
    let wait = doubled / u64::try_from(count.max(1)).unwrap_or(1);
    f64::from(u32::try_from(wait.max(1)).unwrap_or(u32::MAX))
}

/// Servers that lwIP uses (dns.c, `DNS_MAX_SERVERS`).
const LWIP_SERVERS: usize = 2;
/// Seconds until lwIP goes to its next server: tries at 0, 1, 2 and 4 s, then 3 s more (dns.c,
/// `DNS_MAX_RETRIES` 4, one tick a second).
const LWIP_SERVER_S: f64 = 7.0;

/// lwIP: four tries for each server, at once to the next on any error code.
fn lwip(servers: &[ServerBehavior]) -> Lookup {
    let servers = servers.get(..LWIP_SERVERS).unwrap_or(servers);
    let mut seconds = 0.0;
    let mut end = End::Failure;
    for (index, server) in servers.iter().enumerate() {
        match server {
            ServerBehavior::Answers => return Lookup::after(End::Answer(index), seconds),
            ServerBehavior::NxDomain => end = End::NoSuchName(index),
            ServerBehavior::Rcode => end = End::Failure,
            // Whether an unreachable port shortens the wait was not read; this is the longest.
            ServerBehavior::Silent | ServerBehavior::RefusedPort => {
                seconds += LWIP_SERVER_S;
                end = End::Failure;
            }
        }
    }
    Lookup::after(end, seconds)
}

/// Questions that FreeRTOS+TCP sends in all (`ipconfigDNS_REQUEST_ATTEMPTS`).
const FREERTOS_ATTEMPTS: usize = 5;
/// Seconds that it waits for each answer (`ipconfigDNS_RECEIVE_BLOCK_TIME`).
const FREERTOS_WAIT_S: f64 = 5.0;

/// FreeRTOS+TCP: the next server only after silence; an error code is asked for again.
fn freertos(servers: &[ServerBehavior]) -> Lookup {
    let mut seconds = 0.0;
    let mut index = 0;
    for _ in 0..FREERTOS_ATTEMPTS {
        match servers.get(index) {
            Some(ServerBehavior::Answers) => return Lookup::after(End::Answer(index), seconds),
            Some(ServerBehavior::NxDomain) => {
                return Lookup::after(End::NoSuchName(index), seconds);
            }
            Some(ServerBehavior::Rcode) => {}
            // Whether an unreachable port shortens the wait was not read; this is the longest.
            Some(ServerBehavior::Silent | ServerBehavior::RefusedPort) => {
                seconds += FREERTOS_WAIT_S;
                index = (index + 1) % servers.len();
            }
            None => break,
        }
    }
    Lookup::after(End::Failure, seconds)
}

/// `NetX` Duo: rounds over all servers with waits that the program sets.
fn netx(servers: &[ServerBehavior]) -> Lookup {
    let first = servers
        .iter()
        .position(|server| *server == ServerBehavior::Answers);
    let waits = servers
        .get(..first.unwrap_or(servers.len()))
        .unwrap_or(servers)
        .iter()
        .any(|server| *server != ServerBehavior::NxDomain);
    let end = first.map_or(End::Failure, End::Answer);
    Lookup {
        end,
        seconds: (!waits).then_some(0.0),
    }
}

/// Servers that musl uses (resolvconf.h, `MAXNS`).
const MUSL_SERVERS: usize = 3;
/// Seconds until musl gives up; error codes other than "no such name" are not taken for an answer:
/// SERVFAIL is asked for again, at most twice in a round, REFUSED is passed over (`res_msend.c`).
const MUSL_TIMEOUT_S: f64 = 5.0;

/// musl: all servers at once; the first that answers, or says that there is no such name, decides.
fn musl(servers: &[ServerBehavior], question: Question) -> Lookup {
    let servers = servers.get(..MUSL_SERVERS).unwrap_or(servers);
    let place = |wanted| servers.iter().position(|server| *server == wanted);
    let (answer, none) = (
        place(ServerBehavior::Answers),
        place(ServerBehavior::NxDomain),
    );
    let is_searched = question.search_misses > 0;
    // lookup_name.c: a search ends at the first name that no server answers.
    if (answer, none) == (None, None) || (is_searched && question.misses_servfail) {
        return Lookup::after(End::Failure, MUSL_TIMEOUT_S);
    }
    // Which of two is faster is not known: the worse.
    let end = none.map(End::NoSuchName).or(answer.map(End::Answer));
    Lookup::after(end.unwrap_or(End::Failure), 0.0)
}

/// Windows: its servers one second after the other, then all at once.
///
/// How it goes on after a server's failure stays unknown: the first edition of KB 2834226 (2013) says
/// that "Server Failure" ends the lookup as "Name Error" does, the editions since 2020 leave the
/// words out and say that further servers are tried only where earlier ones are unreachable. For
/// REFUSED neither says anything.
fn windows(servers: &[ServerBehavior]) -> Lookup {
    let Asks { asks, end_s } = asks::windows(servers.len());
    let mut fails = false;
    let mut found = Lookup::after(End::Failure, end_s);
    for ask in asks {
        match servers.get(ask.server) {
            Some(ServerBehavior::Answers) => {
                found = Lookup::after(End::Answer(ask.server), ask.at_s);
                break;
            }
            Some(ServerBehavior::NxDomain) => {
                found = Lookup::after(End::NoSuchName(ask.server), ask.at_s);
                break;
            }
            Some(ServerBehavior::Rcode) => fails = true,
            // Whether an unreachable port shortens the wait is not said; this is the longest.
            Some(ServerBehavior::Silent | ServerBehavior::RefusedPort) | None => {}
        }
    }
    Lookup {
        seconds: found.seconds.filter(|_| !fails),
        ..found
    }
}

#[cfg(test)]
mod tests;
