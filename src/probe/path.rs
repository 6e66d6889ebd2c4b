//! The path: its hops, and the largest packet that passes whole; only on request.
//!
//! Both need packets with a hop limit or the mark against fragments of their own, so raw ones; where
//! the system does not allow them, that is what is reported.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use pnet_packet::Packet as _;
use pnet_packet::icmp::echo_request::MutableEchoRequestPacket;
use pnet_packet::icmp::{IcmpPacket, IcmpTypes, checksum};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{Ipv4Flags, Ipv4Packet, MutableIpv4Packet};
use pnet_transport::TransportChannelType::Layer3;
use pnet_transport::{ipv4_packet_iter, transport_channel};

use super::transport::instant;
use crate::intent::{Port, Service};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport, summarize_samples};
use crate::wire::observation::{Answer, Behavior, HopAnswer, Outcome, Sample, State, Statement};

/// Sizes of packets that are tried, largest first: Ethernet, `PPPoE` (RFC 2516 §7), an IP tunnel, GRE
/// (RFC 2784), `WireGuard`, a usual tunnel of several, IPv6's least (RFC 8200 §5), and what every
/// host takes (RFC 791 §3.1).
const SIZES: [usize; 8] = [1500, 1492, 1480, 1476, 1420, 1400, 1280, 576];
/// Most hops (traceroute's own).
const MOST_HOPS: u8 = 30;
/// Hops in a row without an answer after which nothing more is asked.
const MOST_SILENT: usize = 3;
/// Hop limit of packets that shall arrive (RFC 1700, "IP time to live").
const FAR: u8 = 64;
/// Bytes of an IPv4 header without options.
const HEADER_BYTES: usize = 20;
/// Bytes of a packet that only counts hops.
const SMALL: usize = 64;
/// Linux' error for a packet that this host's own interface, or the path as its kernel knows it,
/// does not take (errno(3), `EMSGSIZE`).
const TOO_LARGE: i32 = 90;
/// How long a hop is waited for.
const WAIT: Duration = Duration::from_secs(1);

/// The probe.
pub(super) struct Path;

impl Probe for Path {
    fn id(&self) -> &'static str {
        "path"
    }

    fn ports(&self, _service: &Service) -> Vec<Port> {
        vec![Port::Icmp]
    }

    fn is_wanted(&self, asked: &Asked<'_>) -> bool {
        asked.settings.path
    }

    fn is_bearing(&self, _service: &Service) -> bool {
        false
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        vec![hop(asked.target, 1), whole(asked.target, 0)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn follow_ups(
        &self,
        asked: &Asked<'_>,
        question: &Question,
        samples: &[&Sample],
    ) -> Vec<Question> {
        let Some(sample) = samples.last() else {
            return Vec::new();
        };
        if sample.outcome == Outcome::NotSent {
            return Vec::new();
        }
        if let Some(limit) = hop_of(&question.text) {
            let silent = samples
                .iter()
                .rev()
                .filter(|sample| hop_of(&sample.question).is_some())
                .take_while(|sample| sample.outcome == Outcome::Timeout)
                .count();
            let is_there = is_reached(sample);
            if is_there || silent >= MOST_SILENT || limit >= MOST_HOPS {
                return Vec::new();
            }
            return hop(asked.target, limit + 1).into_iter().collect();
        }
        let tried = SIZES
            .iter()
            .position(|size| question.text == size_text(*size));
        match tried {
            Some(index) if !is_reached(sample) => {
                whole(asked.target, index + 1).into_iter().collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn most_follow_ups(&self) -> usize {
        usize::from(MOST_HOPS) + SIZES.len()
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        exchange(transport, target, question)
            .unwrap_or_else(|reply| reply)
            .sample_with(question)
    }

    fn interpret(&self, _: &Asked<'_>, samples: &[Sample]) -> Reading {
        let mut statements = Vec::new();
        let mut note = |state, text: String| {
            let behavior = if state == State::NotMeasured {
                Behavior::NotMeasured
            } else {
                Behavior::Path
            };
            statements.push(Statement {
                behavior,
                state,
                text,
            });
        };
        if let Some(sample) = samples
            .iter()
            .find(|sample| sample.outcome == Outcome::NotSent)
        {
            let detail = sample.detail.as_deref().unwrap_or("not sent");
            note(State::NotMeasured, format!("the path: {detail}"));
        }
        if let Some(text) = hops(samples) {
            note(State::Works, text);
        }
        if let Some((state, text)) = largest(samples) {
            note(state, text);
        }
        Reading::of(statements, summarize_samples("hop 1", samples))
    }
}

/// The hops in words; `None` where none was asked for.
fn hops(samples: &[Sample]) -> Option<String> {
    let list: Vec<&str> = samples
        .iter()
        .filter(|sample| hop_of(&sample.question).is_some() && sample.outcome != Outcome::NotSent)
        .map(|sample| match &sample.answer {
            Some(Answer::Hop(answer)) => answer.from.as_str(),
            _ => "silent",
        })
        .collect();
    let is_whole = samples
        .iter()
        .any(|sample| hop_of(&sample.question).is_some() && is_reached(sample));
    let end = if is_whole {
        ""
    } else {
        "; the end does not answer"
    };
    (!list.is_empty()).then(|| format!("hops: {}{end}", list.join(", ")))
}

/// The largest packet that passed whole, and what became of larger ones.
fn largest(samples: &[Sample]) -> Option<(State, String)> {
    let tried = || {
        samples.iter().filter(|sample| {
            hop_of(&sample.question).is_none() && sample.outcome != Outcome::NotSent
        })
    };
    let passed = tried().find(|sample| is_reached(sample))?;
    let told: Vec<String> = tried()
        .filter_map(|sample| match &sample.answer {
            Some(Answer::Hop(answer)) => {
                let mtu = answer.next_mtu?;
                Some(format!("{} says {mtu}", answer.from))
            }
            _ => None,
        })
        .collect();
    let vanished = tried().any(|sample| sample.outcome == Outcome::Timeout);
    let text = format!("{} pass whole", passed.question);
    Some(if vanished {
        (
            State::Degraded,
            format!("{text}; larger ones vanish without a word, so senders that rely on it hang"),
        )
    } else if told.is_empty() {
        (State::Works, text)
    } else {
        (State::Works, format!("{text}; {}", told.join(", ")))
    })
}

/// Whether the target itself answered.
fn is_reached(sample: &Sample) -> bool {
    matches!(&sample.answer, Some(Answer::Hop(answer)) if answer.is_target)
}

/// The question for the hop at this distance.
fn hop(target: &Target, limit: u8) -> Option<Question> {
    let packet = packet(target.address(), limit, SMALL, u16::from(limit))?;
    Some(Question::once(format!("hop {limit}"), Port::Icmp, packet))
}

/// The distance that a question is about.
fn hop_of(question: &str) -> Option<u8> {
    question.strip_prefix("hop ")?.parse().ok()
}

/// The question whether a packet of this size passes whole.
fn whole(target: &Target, index: usize) -> Option<Question> {
    let size = *SIZES.get(index)?;
    let sequence = u16::try_from(size).ok()?;
    let packet = packet(target.address(), FAR, size, sequence)?;
    Some(Question::once(size_text(size), Port::Icmp, packet))
}

/// A size in words.
fn size_text(size: usize) -> String {
    format!("packets of {size} bytes")
}

/// An echo request that must not be cut; the kernel fills in source and checksum of the header.
fn packet(target: Ipv4Addr, limit: u8, size: usize, sequence: u16) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size];
    {
        let mut ip = MutableIpv4Packet::new(&mut bytes)?;
        ip.set_version(4);
        ip.set_header_length(5);
        ip.set_total_length(u16::try_from(size).ok()?);
        ip.set_flags(Ipv4Flags::DontFragment);
        ip.set_ttl(limit);
        ip.set_next_level_protocol(IpNextHeaderProtocols::Icmp);
        ip.set_destination(target);
    }
    let body = bytes.get_mut(HEADER_BYTES..)?;
    let mut echo = MutableEchoRequestPacket::new(body)?;
    echo.set_icmp_type(IcmpTypes::EchoRequest);
    echo.set_identifier(IDENTIFIER);
    echo.set_sequence_number(sequence);
    let sum = checksum(&IcmpPacket::new(bytes.get(HEADER_BYTES..)?)?);
    let body = bytes.get_mut(HEADER_BYTES..)?;
    MutableEchoRequestPacket::new(body)?.set_checksum(sum);
    Some(bytes)
}

/// Marks our packets.
const IDENTIFIER: u16 = 0x7070;

/// A reply with what it says.
struct Heard {
    /// The reply.
    reply: Reply,
    /// What it says.
    answer: Option<HopAnswer>,
}

impl Heard {
    /// The sample that it is.
    fn sample_with(self, question: &Question) -> Sample {
        let mut sample = self.reply.sample(question);
        sample.answer = self.answer.map(Answer::Hop);
        sample
    }
}

/// Where an IPv4 header holds the sender's address (RFC 791 §3.1); the kernel fills it in where it is
/// 0.
const SOURCE: std::ops::Range<usize> = 12..16;

/// Sends one packet and waits for what it brings back.
fn exchange(transport: &Transport, target: &Target, question: &Question) -> Result<Heard, Heard> {
    let failed = |outcome, text: Option<String>| Heard {
        reply: Reply::failure(outcome, text),
        answer: None,
    };
    let (mut sender, mut receiver) = transport_channel(4096, Layer3(IpNextHeaderProtocols::Icmp))
        .map_err(|error| {
        let text = format!("raw packets need a privilege (Linux: CAP_NET_RAW): {error}");
        failed(Outcome::NotSent, Some(text))
    })?;
    let mut payload = question.payload.clone();
    if let (Some(source), Some(field)) = (&transport.source, payload.get_mut(SOURCE)) {
        field.copy_from_slice(&source.address.octets());
    }
    let packet = Ipv4Packet::new(&payload)
        .ok_or_else(|| failed(Outcome::NotSent, Some("no packet could be made".to_owned())))?;
    let start = instant();
    if let Err(error) = sender.send_to(packet, IpAddr::V4(target.address())) {
        if error.raw_os_error() == Some(TOO_LARGE) {
            return Ok(Heard {
                reply: Reply::failure(
                    Outcome::Unreachable,
                    Some("too large for this host's own interface or known path".to_owned()),
                ),
                answer: None,
            });
        }
        return Err(failed(Outcome::NotSent, Some(error.to_string())));
    }
    let limit = WAIT.min(transport.timeout);
    let mut packets = ipv4_packet_iter(&mut receiver);
    loop {
        let Some(left) = limit
            .checked_sub(start.elapsed())
            .filter(|left| !left.is_zero())
        else {
            return Err(failed(Outcome::Timeout, None));
        };
        match packets.next_with_timeout(left) {
            Ok(Some((packet, _))) => {
                let elapsed = start.elapsed();
                let Some(answer) = read(&packet, target.address(), &question.payload) else {
                    continue;
                };
                return Ok(Heard {
                    reply: Reply {
                        outcome: if answer.is_target {
                            Outcome::Answer
                        } else {
                            Outcome::Unreachable
                        },
                        bytes: packet.packet().to_vec(),
                        elapsed: Some(elapsed),
                        detail: None,
                    },
                    answer: Some(answer),
                });
            }
            Ok(None) => return Err(failed(Outcome::Timeout, None)),
            Err(error) => return Err(failed(Outcome::NotSent, Some(error.to_string()))),
        }
    }
}

/// What a packet says about ours; `None`: it is about something else.
fn read(packet: &Ipv4Packet<'_>, target: Ipv4Addr, sent: &[u8]) -> Option<HopAnswer> {
    let icmp = packet.payload();
    let ours = sent.get(HEADER_BYTES + 4..HEADER_BYTES + 8)?;
    let kind = IcmpPacket::new(icmp)?.get_icmp_type();
    let from = packet.get_source();
    if kind == IcmpTypes::EchoReply {
        let is_ours = icmp.get(4..8)? == ours && from == target;
        return is_ours.then(|| HopAnswer {
            from: from.to_string(),
            is_target: true,
            next_mtu: None,
        });
    }
    if kind != IcmpTypes::TimeExceeded && kind != IcmpTypes::DestinationUnreachable {
        return None;
    }
    // Our own header and the first bytes of our message stand after eight bytes (RFC 792).
    let inner = Ipv4Packet::new(icmp.get(8..)?)?;
    let quoted = icmp.get(8 + usize::from(inner.get_header_length()) * 4..)?;
    if inner.get_destination() != target || quoted.get(4..8)? != ours {
        return None;
    }
    // Code 4 is "fragmentation needed", with the next hop's MTU (RFC 1191 §4).
    let is_too_big = kind == IcmpTypes::DestinationUnreachable && icmp.get(1) == Some(&4);
    let mtu: [u8; 2] = icmp.get(6..8)?.try_into().ok()?;
    Some(HopAnswer {
        from: from.to_string(),
        is_target: false,
        next_mtu: is_too_big.then(|| u16::from_be_bytes(mtu)),
    })
}
