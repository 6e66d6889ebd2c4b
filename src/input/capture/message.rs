//! Messages that say when a client tried something and what came of it.
//!
//! TCP (RFC 9293), DNS (RFC 1035), DHCP (RFC 2131), EAP over LAN (IEEE 802.1X, RFC 3748), RADIUS
//! (RFC 2865), NTP (RFC 5905), and ICMP's answer that nobody listens (RFC 792).

use std::collections::BTreeMap;
use std::net::IpAddr;

use etherparse::{
    Icmpv4Slice, Icmpv4Type, LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice, UdpSlice,
};
use hickory_proto::op::{Header, Query};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};

use super::file::Packet;
use super::frame::{Content, Frame, take_apart};
use crate::net::mac::Mac;

/// One end of a message on this link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Hardware address, a router's for packets from beyond it.
    pub mac: Option<Mac>,
    /// Address.
    pub ip: Option<IpAddr>,
}

impl Endpoint {
    /// The same by its address alone, where it has one.
    pub(super) fn without_hardware(self) -> Self {
        Self {
            mac: self.mac.filter(|_| self.ip.is_none()),
            ip: self.ip,
        }
    }
}

/// A message and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Microseconds since the first packet of the capture.
    pub at_us: u64,
    /// Who sent it.
    pub from: Endpoint,
    /// Whom it is for.
    pub to: Endpoint,
    /// What it is.
    pub kind: MessageKind,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageKind {
    /// A client asks for a connection.
    Syn {
        /// Its port.
        from_port: u16,
        /// The service.
        to_port: u16,
        /// Its sequence number, the same when it asks again.
        sequence: u32,
    },
    /// Something of a TCP connection.
    Tcp {
        /// The sender's port.
        from_port: u16,
        /// The receiver's port.
        to_port: u16,
        /// What.
        event: TcpEvent,
    },
    /// Nobody listens there, or nobody may ask; sent back to the client.
    Unreachable {
        /// The client's port.
        client_port: u16,
        /// The service.
        server_port: u16,
    },
    /// A question for a name server.
    Query(Question),
    /// Its answer.
    Answer(Question),
    /// A DHCP client asks.
    Lease(Lease),
    /// A DHCP server answers.
    LeaseAnswer(Lease),
    /// A supplicant starts or answers.
    Supplicant {
        /// Identifier of the request that it answers; `None`: it starts.
        answers: Option<u8>,
    },
    /// An authenticator asks, or says what came of it.
    Authenticator {
        /// EAP code: 1 request, 3 success, 4 failure.
        code: u8,
        /// Identifier.
        id: u8,
    },
    /// An access server asks RADIUS.
    Access {
        /// Its port.
        from_port: u16,
        /// Identifier, the same when it asks again.
        id: u8,
    },
    /// RADIUS answers.
    AccessAnswer {
        /// The access server's port.
        to_port: u16,
        /// Identifier.
        id: u8,
    },
    /// A client asks for the time.
    Time {
        /// Its port.
        from_port: u16,
    },
}

/// What happens in a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TcpEvent {
    /// A server accepts.
    Accepted,
    /// The connection is refused or torn down.
    Reset,
    /// One side has nothing more to say.
    Finished,
    /// The first payload in this direction.
    FirstPayload,
    /// A segment that is sent again, and each time that it is.
    Again(u32),
}

/// A question for a name server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The client's port.
    pub port: u16,
    /// Identifier, the same when it is asked again.
    pub id: u16,
    /// Name, lower case.
    pub name: String,
    /// Type of record.
    pub kind: u16,
}

/// A message of DHCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    /// The client.
    pub client: Mac,
    /// Identifier of the exchange.
    pub exchange: u32,
    /// Message type (RFC 2132 section 9.6): 1 discover, 2 offer, 3 request, 5 ack, 6 nak.
    pub kind: u8,
}

/// One direction of a TCP connection.
type Direction = (IpAddr, u16, IpAddr, u16);

/// The last segment of a direction.
#[derive(Debug, Clone, Copy)]
struct LastSegment {
    /// Its sequence number.
    sequence: u32,
    /// When it was sent.
    at_us: u64,
    /// Whether it is among the messages.
    told: bool,
}

/// Reads packets into messages.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Messages in the order of the file.
    pub(super) messages: Vec<Message>,
    /// Packets whose frame was read.
    pub(super) read: u64,
    /// Packets that were not, by reason.
    pub(super) unread: BTreeMap<String, u64>,
    /// Last segments.
    segments: BTreeMap<Direction, LastSegment>,
}

impl Reader {
    /// Reads one packet.
    pub(super) fn read(&mut self, packet: &Packet<'_>) {
        let frame = match take_apart(packet.link, packet.bytes) {
            Ok(frame) => frame,
            Err(reason) => return self.leave_out(reason),
        };
        self.read += 1;
        let Frame {
            source: from_mac,
            destination: to_mac,
            content,
        } = frame;
        let end = |mac, ip| Endpoint { mac, ip };
        match content {
            Content::Other => {}
            Content::Eapol(bytes) => match eapol(bytes) {
                Some(kind) => {
                    self.tell(packet.at_us, end(from_mac, None), end(to_mac, None), kind);
                }
                None if bytes.len() < 4 => self.leave_out("EAP cut short".to_owned()),
                None => {}
            },
            Content::Packet {
                source,
                destination,
                transport,
            } => {
                let from = end(from_mac, Some(source));
                let to = end(to_mac, Some(destination));
                match transport {
                    TransportSlice::Tcp(tcp) => self.tcp(packet, from, to, &tcp),
                    TransportSlice::Udp(udp) => self.udp(packet, from, to, &udp),
                    TransportSlice::Icmpv4(icmp) => self.icmp(packet.at_us, to, &icmp),
                    TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_) => {}
                }
            }
        }
    }

    /// Counts a packet that cannot be read.
    fn leave_out(&mut self, reason: String) {
        *self.unread.entry(reason).or_default() += 1;
    }

    /// Keeps a message.
    fn tell(&mut self, at_us: u64, from: Endpoint, to: Endpoint, kind: MessageKind) {
        self.messages.push(Message {
            at_us,
            from,
            to,
            kind,
        });
    }

    /// Reads a TCP segment.
    fn tcp(&mut self, packet: &Packet<'_>, from: Endpoint, to: Endpoint, tcp: &TcpSlice<'_>) {
        let (from_port, to_port) = (tcp.source_port(), tcp.destination_port());
        let at_us = packet.at_us;
        let event = |event| MessageKind::Tcp {
            from_port,
            to_port,
            event,
        };
        let sequence = tcp.sequence_number();
        if tcp.syn() && !tcp.ack() {
            let kind = MessageKind::Syn {
                from_port,
                to_port,
                sequence,
            };
            return self.tell(at_us, from, to, kind);
        }
        if tcp.syn() {
            self.tell(at_us, from, to, event(TcpEvent::Accepted));
        }
        if tcp.rst() {
            self.tell(at_us, from, to, event(TcpEvent::Reset));
        }
        // One byte or none with the last sequence number is a keep-alive (RFC 9293 section 3.8.4).
        if let (2.., Some(source), Some(destination)) = (tcp.payload().len(), from.ip, to.ip) {
            let segment = LastSegment {
                sequence,
                at_us,
                told: false,
            };
            let direction = (source, from_port, destination, to_port);
            match self.segments.insert(direction, segment) {
                None => self.tell(at_us, from, to, event(TcpEvent::FirstPayload)),
                Some(last) if last.sequence == sequence => {
                    let again = event(TcpEvent::Again(sequence));
                    if !last.told {
                        self.tell(last.at_us, from, to, again.clone());
                    }
                    self.tell(at_us, from, to, again);
                    if let Some(segment) = self.segments.get_mut(&direction) {
                        segment.told = true;
                    }
                }
                Some(_) => {}
            }
        }
        if tcp.fin() {
            self.tell(at_us, from, to, event(TcpEvent::Finished));
        }
    }

    /// Reads a UDP datagram.
    fn udp(&mut self, packet: &Packet<'_>, from: Endpoint, to: Endpoint, udp: &UdpSlice<'_>) {
        let payload = udp.payload();
        let (name, kind) = match (udp.source_port(), udp.destination_port()) {
            (port, 53) => ("DNS", question(payload, port).map(MessageKind::Query)),
            (53, port) => ("DNS", question(payload, port).map(MessageKind::Answer)),
            (67 | 68, 67) => ("DHCP", lease(payload, 1).map(MessageKind::Lease)),
            (67, 68) => ("DHCP", lease(payload, 2).map(MessageKind::LeaseAnswer)),
            (from_port, 1_812 | 1_645) => (
                "RADIUS",
                radius(payload).map(|id| MessageKind::Access { from_port, id }),
            ),
            (1_812 | 1_645, to_port) => (
                "RADIUS",
                radius(payload).map(|id| MessageKind::AccessAnswer { to_port, id }),
            ),
            // The mode stands in the lowest three bits; 3 is a client.
            (from_port, 123) if payload.first().is_some_and(|first| first & 7 == 3) => {
                ("NTP", Some(MessageKind::Time { from_port }))
            }
            _ => return,
        };
        match kind {
            Some(kind) => self.tell(packet.at_us, from, to, kind),
            None if packet.cut => self.leave_out(format!("{name} cut short, capture with `-s 0`")),
            None => self.leave_out(format!("on {name}'s port, but not {name}")),
        }
    }

    /// Reads an ICMP message: one that says that a service cannot be reached.
    fn icmp(&mut self, at_us: u64, client: Endpoint, icmp: &Icmpv4Slice<'_>) {
        let Icmpv4Type::DestinationUnreachable(_) = icmp.icmp_type() else {
            return;
        };
        let Ok(inner) = LaxSlicedPacket::from_ip(icmp.payload()) else {
            return;
        };
        let Some(LaxNetSlice::Ipv4(packet)) = &inner.net else {
            return;
        };
        // Eight bytes of the transport are enough for its ports (RFC 792).
        let [a, b, c, d, ..] = *packet.payload().payload else {
            return;
        };
        let server = Endpoint {
            mac: None,
            ip: Some(packet.header().destination_addr().into()),
        };
        let kind = MessageKind::Unreachable {
            client_port: u16::from_be_bytes([a, b]),
            server_port: u16::from_be_bytes([c, d]),
        };
        self.tell(at_us, server, client, kind);
    }
}

/// The question of a DNS message, which its answer repeats.
fn question(bytes: &[u8], port: u16) -> Option<Question> {
    let mut decoder = BinDecoder::new(bytes);
    let header = Header::read(&mut decoder).ok()?;
    let query = Query::read(&mut decoder).ok()?;
    Some(Question {
        port,
        id: header.id,
        name: query.name().to_lowercase().to_ascii(),
        kind: query.query_type().into(),
    })
}

/// What a DHCP message asks or answers; `operation` is 1 from clients, 2 from servers.
fn lease(bytes: &[u8], operation: u8) -> Option<Lease> {
    // RFC 2131 section 2: xid at 4, chaddr at 28, the magic cookie at 236, options from there.
    let exchange = u32::from_be_bytes(*bytes.get(4..)?.first_chunk()?);
    let client = Mac::from_start(bytes.get(28..)?)?;
    if *bytes.first()? != operation || bytes.get(236..240)? != [99, 130, 83, 99] {
        return None;
    }
    let mut options = bytes.get(240..)?;
    loop {
        match options {
            // Padding.
            [0, rest @ ..] => options = rest,
            [53, 1, kind, ..] => {
                return Some(Lease {
                    client,
                    exchange,
                    kind: *kind,
                });
            }
            [255, ..] | [] | [_] => return None,
            [_, length, rest @ ..] => options = rest.get(usize::from(*length)..)?,
        }
    }
}

/// What an EAPOL frame says.
fn eapol(bytes: &[u8]) -> Option<MessageKind> {
    match bytes {
        [_, 1, ..] => Some(MessageKind::Supplicant { answers: None }),
        [_, 0, _, _, 2, id, ..] => Some(MessageKind::Supplicant { answers: Some(*id) }),
        [_, 0, _, _, code @ (1 | 3 | 4), id, ..] => Some(MessageKind::Authenticator {
            code: *code,
            id: *id,
        }),
        _ => None,
    }
}

/// The identifier of a RADIUS message about access.
fn radius(bytes: &[u8]) -> Option<u8> {
    match bytes {
        // 1 request, 2 accept, 3 reject, 11 challenge.
        [1 | 2 | 3 | 11, id, rest @ ..] if rest.len() >= 18 => Some(*id),
        _ => None,
    }
}
