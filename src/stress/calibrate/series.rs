//! Attempts of clients, from the messages of a capture.
//!
//! An attempt is what one identifier belongs to: a port and sequence number of TCP, an identifier of
//! DNS, DHCP or RADIUS, a conversation of EAP. A series is what one client attempts of one service.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::input::capture::{Capture, Endpoint, Message, MessageKind, TcpEvent};
use crate::net::mac::Mac;

/// Microseconds within which the same attempt's next packet is a relayed copy or part of a
/// conversation.
const COPY_US: u64 = 10_000;
/// Microseconds after which the same identifier belongs to another attempt.
const STALE_US: u64 = 120_000_000;
/// Microseconds within which a supplicant's second start belongs to the first.
const BURST_US: u64 = 1_000_000;

/// Protocols that are calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    /// Handshakes of TCP.
    Tcp,
    /// Data of a TCP connection that nobody acknowledges.
    TcpData,
    /// Names.
    Dns,
    /// Leases.
    Dhcp,
    /// Access to the network.
    Eapol,
    /// An access server's questions.
    Radius,
}

impl Protocol {
    /// Its name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::TcpData => "tcp-data",
            Self::Dns => "dns",
            Self::Dhcp => "dhcp",
            Self::Eapol => "eapol",
            Self::Radius => "radius",
        }
    }

    /// Whether its schedules run over several attempts.
    pub(super) fn runs_over_attempts(self) -> bool {
        matches!(self, Self::Dhcp | Self::Eapol)
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No answer so far.
    Silent,
    /// Accepted, not a word so far.
    Mute,
    /// Answered.
    Answered,
    /// Refused.
    Refused,
}

/// One attempt; times are microseconds since the first packet of the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Its packets; never empty.
    pub(super) sends: Vec<u64>,
    /// Which of the servers each of them asked, counted in the order they were first asked.
    pub(super) servers: Vec<u8>,
    /// What came of it.
    pub(super) end: End,
    /// When it was refused, or when its connection was closed.
    pub(super) ended: Option<u64>,
    /// Servers in the order in which they were asked.
    asked: Vec<Option<IpAddr>>,
}

impl Attempt {
    /// When it began.
    pub(super) fn begin(&self) -> u64 {
        self.sends.first().copied().unwrap_or(0)
    }

    /// Its last packet.
    pub(super) fn last(&self) -> u64 {
        self.sends.last().copied().unwrap_or(0)
    }

    /// Whether it failed.
    pub(super) fn failed(&self) -> bool {
        self.end != End::Answered
    }

    /// A packet of it.
    fn send(&mut self, at_us: u64, server: Option<IpAddr>) {
        if self.sends.last().is_some_and(|last| at_us - last < COPY_US) {
            return;
        }
        let place = self.asked.iter().position(|asked| *asked == server);
        let place = place.unwrap_or_else(|| {
            self.asked.push(server);
            self.asked.len() - 1
        });
        self.sends.push(at_us);
        self.servers.push(u8::try_from(place).unwrap_or(u8::MAX));
    }
}

/// What one client attempts of one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeriesKey {
    /// Protocol.
    pub(super) protocol: Protocol,
    /// Service.
    pub(super) service: String,
    /// Client.
    pub(super) client: String,
}

/// What identifies an attempt while it is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    /// Client and server of a TCP connection.
    Tcp(IpAddr, u16, IpAddr, u16),
    /// A segment that is sent again.
    Segment(IpAddr, u16, IpAddr, u16, u32),
    /// A DNS question.
    Dns(IpAddr, u16, String, u16),
    /// A DHCP exchange.
    Dhcp(Mac, u32),
    /// A supplicant's conversation.
    Eapol(Option<Mac>),
    /// A RADIUS request.
    Radius(IpAddr, u16, IpAddr, u8),
}

/// Series of a capture, and what its clients ask besides.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Attempts of each series in the order of their begin.
    pub(super) series: BTreeMap<SeriesKey, Vec<Attempt>>,
    /// Ports from which clients ask for the time.
    pub(super) time_ports: BTreeSet<u16>,
    /// Open attempts: their series and place.
    open: BTreeMap<Identifier, (SeriesKey, usize)>,
    /// Sequence number of each connection's last handshake.
    sequences: BTreeMap<Identifier, u32>,
    /// Names of clients by hardware address.
    names: BTreeMap<Mac, String>,
}

/// Collects the attempts of the clients that are wanted; all where none is named.
pub(super) fn collect(capture: &Capture, wanted: &[String]) -> Collected {
    let mut collected = Collected {
        names: names(&capture.messages),
        ..Collected::default()
    };
    for message in &capture.messages {
        collected.message(message);
    }
    if !wanted.is_empty() {
        collected.series.retain(|key, _| {
            key.client
                .split(' ')
                .any(|name| wanted.iter().any(|w| w == name))
        });
    }
    collected
}

/// Names for hardware addresses that belong to one address alone.
fn names(messages: &[Message]) -> BTreeMap<Mac, String> {
    let mut ips: BTreeMap<Mac, BTreeSet<IpAddr>> = BTreeMap::new();
    let mut macs: BTreeMap<IpAddr, BTreeSet<Mac>> = BTreeMap::new();
    for Message { from, .. } in messages {
        if let (Some(mac), Some(ip)) = (from.mac, from.ip)
            && !ip.is_unspecified()
        {
            ips.entry(mac).or_default().insert(ip);
            macs.entry(ip).or_default().insert(mac);
        }
    }
    ips.into_iter()
        .filter_map(|(mac, ips)| {
            let ip = ips.first().filter(|_| ips.len() == 1)?;
            let alone = macs.get(ip).is_some_and(|macs| macs.len() == 1);
            alone.then(|| (mac, format!("{ip} {mac}")))
        })
        .collect()
}

impl Collected {
    /// The name of a client.
    fn name(&self, mac: Option<Mac>, ip: Option<IpAddr>) -> String {
        let by_mac = mac.and_then(|mac| self.names.get(&mac));
        match (by_mac, ip.filter(|ip| !ip.is_unspecified()), mac) {
            (Some(name), _, _) => name.clone(),
            (None, Some(ip), _) => ip.to_string(),
            (None, None, Some(mac)) => mac.to_string(),
            (None, None, None) => "unknown".to_owned(),
        }
    }

    /// Reads one message.
    fn message(&mut self, message: &Message) {
        let Message {
            at_us, from, to, ..
        } = *message;
        match &message.kind {
            MessageKind::Syn { .. } | MessageKind::Tcp { .. } | MessageKind::Unreachable { .. } => {
                self.connection(message);
            }
            MessageKind::Query(question) => {
                if let Some(ip) = from.ip {
                    let (name, kind) = (question.name.clone(), question.kind);
                    let service = format!("{} {}", name.trim_end_matches('.'), record(kind));
                    let id = Identifier::Dns(ip, question.id, name, kind);
                    self.send(id, Protocol::Dns, from, service, at_us, to.ip);
                }
            }
            MessageKind::Answer(question) => {
                if let Some(ip) = to.ip {
                    let name = question.name.clone();
                    let id = Identifier::Dns(ip, question.id, name, question.kind);
                    self.end(&id, End::Answered, at_us);
                }
            }
            MessageKind::Lease(lease) => {
                let id = Identifier::Dhcp(lease.client, lease.exchange);
                let client = Endpoint {
                    mac: Some(lease.client),
                    ip: None,
                };
                self.send(id, Protocol::Dhcp, client, String::new(), at_us, None);
            }
            MessageKind::LeaseAnswer(lease) => {
                let id = Identifier::Dhcp(lease.client, lease.exchange);
                self.end(&id, End::Answered, at_us);
            }
            MessageKind::Supplicant { answers } => {
                self.supplicant(from, answers.is_none(), at_us);
            }
            MessageKind::Authenticator { code, .. } => {
                let id = self.supplicant_asked(to.mac);
                match code {
                    3 => self.end(&id, End::Answered, at_us),
                    4 => self.end(&id, End::Refused, at_us),
                    _ => {}
                }
            }
            MessageKind::Access { from_port, id } => {
                if let (Some(client), Some(server)) = (from.ip, to.ip) {
                    let id = Identifier::Radius(client, *from_port, server, *id);
                    let service = server.to_string();
                    self.send(id, Protocol::Radius, from, service, at_us, to.ip);
                }
            }
            MessageKind::AccessAnswer { to_port, id } => {
                if let (Some(client), Some(server)) = (to.ip, from.ip) {
                    let id = Identifier::Radius(client, *to_port, server, *id);
                    self.end(&id, End::Answered, at_us);
                }
            }
            MessageKind::Time { from_port } => {
                self.time_ports.insert(*from_port);
            }
        }
    }

    /// Reads a message of a TCP connection.
    fn connection(&mut self, message: &Message) {
        let Message {
            at_us, from, to, ..
        } = *message;
        let (Some(source), Some(destination)) = (from.ip, to.ip) else {
            return;
        };
        match message.kind {
            MessageKind::Syn {
                from_port,
                to_port,
                sequence,
            } => {
                let id = Identifier::Tcp(source, from_port, destination, to_port);
                if self.sequences.insert(id.clone(), sequence) != Some(sequence) {
                    self.open.remove(&id);
                }
                let service = std::net::SocketAddr::new(destination, to_port).to_string();
                self.send(id, Protocol::Tcp, from, service, at_us, to.ip);
            }
            MessageKind::Unreachable {
                client_port,
                server_port,
            } => {
                let id = Identifier::Tcp(destination, client_port, source, server_port);
                self.end(&id, End::Refused, at_us);
            }
            MessageKind::Tcp {
                from_port,
                to_port,
                event,
            } => {
                let back = Identifier::Tcp(destination, to_port, source, from_port);
                let forth = Identifier::Tcp(source, from_port, destination, to_port);
                match event {
                    TcpEvent::Accepted => self.end(&back, End::Mute, at_us),
                    TcpEvent::FirstPayload => self.end(&back, End::Answered, at_us),
                    TcpEvent::Reset | TcpEvent::Finished => {
                        self.close(&back, at_us);
                        self.close(&forth, at_us);
                    }
                    TcpEvent::Again(sequence) if from_port > to_port => {
                        let id =
                            Identifier::Segment(source, from_port, destination, to_port, sequence);
                        let service = std::net::SocketAddr::new(destination, to_port).to_string();
                        self.send(id, Protocol::TcpData, from, service, at_us, to.ip);
                    }
                    // What servers send again says nothing of clients.
                    TcpEvent::Again(_) => {}
                }
            }
            MessageKind::Query(_)
            | MessageKind::Answer(_)
            | MessageKind::Lease(_)
            | MessageKind::LeaseAnswer(_)
            | MessageKind::Supplicant { .. }
            | MessageKind::Authenticator { .. }
            | MessageKind::Access { .. }
            | MessageKind::AccessAnswer { .. }
            | MessageKind::Time { .. } => {}
        }
    }

    /// A supplicant starts or answers.
    fn supplicant(&mut self, from: Endpoint, starts: bool, at_us: u64) {
        let id = Identifier::Eapol(from.mac);
        let last = self
            .attempt(&id)
            .map(|attempt| (attempt.end, attempt.last()));
        let over = last
            .is_some_and(|(end, last)| end != End::Silent || (starts && at_us - last > BURST_US));
        if over {
            self.open.remove(&id);
        }
        // Answers within a conversation are no retries.
        if starts || over || last.is_none() {
            self.send(id, Protocol::Eapol, from, String::new(), at_us, None);
        }
    }

    /// The supplicant that an authenticator speaks to: on a wired port it may speak to the group
    /// address (IEEE 802.1X), which is then that of the only supplicant there.
    fn supplicant_asked(&self, mac: Option<Mac>) -> Identifier {
        let asked = Identifier::Eapol(mac);
        let mut there = self
            .open
            .keys()
            .filter(|id| matches!(id, Identifier::Eapol(_)));
        match (self.open.contains_key(&asked), there.next(), there.next()) {
            (false, Some(only), None) => only.clone(),
            _ => asked,
        }
    }

    /// The open attempt of an identifier.
    fn attempt(&mut self, id: &Identifier) -> Option<&mut Attempt> {
        let (key, place) = self.open.get(id)?;
        self.series.get_mut(key)?.get_mut(*place)
    }

    /// A packet of an attempt, which it may begin.
    fn send(
        &mut self,
        id: Identifier,
        protocol: Protocol,
        client: Endpoint,
        service: String,
        at_us: u64,
        server: Option<IpAddr>,
    ) {
        if let Some(attempt) = self.attempt(&id)
            && attempt.end == End::Silent
            && at_us - attempt.last() < STALE_US
        {
            return attempt.send(at_us, server);
        }
        let key = SeriesKey {
            protocol,
            service,
            client: self.name(client.mac, client.ip),
        };
        let attempts = self.series.entry(key.clone()).or_default();
        attempts.push(Attempt {
            sends: vec![at_us],
            servers: vec![0],
            end: End::Silent,
            ended: None,
            asked: vec![server],
        });
        self.open.insert(id, (key, attempts.len() - 1));
    }

    /// Something came of an attempt.
    fn end(&mut self, id: &Identifier, end: End, at_us: u64) {
        if let Some(attempt) = self.attempt(id) {
            // A mute connection may still be answered, an answered one stays so.
            if attempt.end == End::Silent || (attempt.end == End::Mute && end == End::Answered) {
                attempt.end = end;
                if end == End::Refused {
                    attempt.ended = Some(at_us);
                }
            }
        }
    }

    /// A connection is refused or closed.
    fn close(&mut self, id: &Identifier, at_us: u64) {
        if let Some(attempt) = self.attempt(id)
            && attempt.ended.is_none()
        {
            attempt.ended = Some(at_us);
            if attempt.end == End::Silent {
                attempt.end = End::Refused;
            }
        }
    }
}

/// The name of a record type (RFC 1035, RFC 3596).
fn record(kind: u16) -> String {
    match kind {
        1 => "A".to_owned(),
        12 => "PTR".to_owned(),
        28 => "AAAA".to_owned(),
        33 => "SRV".to_owned(),
        other => format!("TYPE{other}"),
    }
}
