//! Time servers, asked as a simple client does (RFC 5905 §14).

use std::time::Duration;

use super::statistics::summarize_samples;
use crate::intent::{Port, Service, ServiceKind};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport};
use crate::wire::observation::{Answer, NtpAnswer, Outcome, Sample, State};

/// The one question.
const QUESTION: &str = "time";
/// Seconds from 1900, where NTP counts from, to 1970 (RFC 5905 figure 4).
const UNIX_OFFSET: u64 = 2_208_988_800;
/// Length of a packet without extensions (RFC 5905 figure 8).
const PACKET_BYTES: usize = 48;
/// Leap indicator 0, version 4, mode 3 (client) in the first byte (RFC 5905 §7.3).
const CLIENT: u8 = 0b00_100_011;
/// Mode of a server's answer.
const MODE_SERVER: u8 = 4;
/// Stratum from which on a server is not synchronized (RFC 5905 §7.3).
const UNSYNCHRONIZED: u8 = 16;

/// The probe.
pub(super) struct Ntp;

impl Probe for Ntp {
    fn id(&self) -> &'static str {
        "ntp"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        match service.kind {
            ServiceKind::Ntp => service
                .ports
                .iter()
                .filter(|port| matches!(port, Port::Udp(_)))
                .copied()
                .collect(),
            ServiceKind::Radius
            | ServiceKind::Dhcp
            | ServiceKind::Dns
            | ServiceKind::PumpGateway
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => Vec::new(),
        }
    }

    /// Servers refuse clients that ask faster (RFC 5905 §7.4, kiss code RATE; reference
    /// implementation, `discard minimum` 2 s).
    fn interval(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// As many as a client sends at its start (RFC 5905 §13.1, `BCOUNT` 8).
    fn most_samples(&self) -> usize {
        8
    }

    /// A kiss code: the client must slow down or go (RFC 5905 §7.4).
    fn is_refusal(&self, sample: &Sample) -> bool {
        matches!(&sample.answer, Some(Answer::Ntp(answer)) if answer.stratum == 0)
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        // The time of sending is filled in when it is sent.
        let mut packet = vec![0; PACKET_BYTES];
        if let Some(first) = packet.first_mut() {
            *first = CLIENT;
        }
        vec![Question::repeated(QUESTION, asked.port, packet)]
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let Port::Udp(port) = question.port else {
            return Reply::failure(Outcome::NotSent, None).sample(question);
        };
        let now = transport.unix_now();
        let sent = timestamp(now);
        let mut packet = question.payload.clone();
        if let Some(field) = packet.get_mut(40..48) {
            field.copy_from_slice(&sent.to_be_bytes());
        }
        // The originate timestamp repeats ours (RFC 5905 §8, test for bogus packets).
        let is_answer = |bytes: &[u8]| {
            field_u64(bytes, 24) == Some(sent)
                && bytes
                    .first()
                    .is_some_and(|first| first & 0b111 == MODE_SERVER)
        };
        let reply = transport.udp(target, port, &packet, &is_answer);
        let received = timestamp(now + reply.elapsed.unwrap_or_default());
        read(question, &reply, sent, received)
    }

    fn interpret(&self, _asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let summary = summarize_samples(QUESTION, samples);
        let good = samples
            .iter()
            .filter(|sample| sample.outcome == Outcome::Answer)
            .count();
        let mut why: Vec<String> = samples.iter().filter_map(trouble).collect();
        why.sort();
        why.dedup();
        let state = if summary.sent == 0 {
            State::NotMeasured
        } else if good == 0 {
            State::Fails
        } else if good < summary.sent {
            State::Degraded
        } else {
            State::Works
        };
        if summary.lost > 0 {
            why.push(format!(
                "{} of {} got no answer",
                summary.lost, summary.sent
            ));
        }
        Reading {
            state,
            why,
            statements: Vec::new(),
            summary,
        }
    }
}

/// What one sample says against the server.
fn trouble(sample: &Sample) -> Option<String> {
    match (&sample.answer, sample.outcome) {
        (Some(Answer::Ntp(answer)), Outcome::Refused) => {
            Some(format!("the server refuses: {}", answer.reference))
        }
        (Some(Answer::Ntp(answer)), Outcome::OtherError) => Some(format!(
            "the server is not synchronized (stratum {}, leap {})",
            answer.stratum, answer.leap
        )),
        (_, Outcome::RefusedPort) => Some("port refused".to_owned()),
        (_, Outcome::Unreachable) => Some("unreachable".to_owned()),
        (_, Outcome::NotSent) => sample.detail.clone(),
        _ => None,
    }
}

/// A time since 1970 as NTP writes it: seconds since 1900 and a binary fraction, modulo the era.
fn timestamp(unix: Duration) -> u64 {
    let seconds = unix.as_secs().wrapping_add(UNIX_OFFSET) & 0xFFFF_FFFF;
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    (seconds << 32) | fraction
}

/// Eight bytes of a packet.
fn field_u64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..at + 8)?
        .try_into()
        .ok()
        .map(u64::from_be_bytes)
}

/// Milliseconds of an NTP short format: 16 bits of seconds, 16 of a fraction (RFC 5905 §6).
fn short_ms(bytes: &[u8], at: usize) -> Option<f64> {
    let raw: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(f64::from(u32::from_be_bytes(raw)) / 65_536.0 * 1000.0)
}

/// Milliseconds from one timestamp to another, right across the end of an era (RFC 5905 §6).
fn difference_ms(later: u64, earlier: u64) -> f64 {
    let ticks = later.wrapping_sub(earlier).cast_signed();
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits of a difference hold more than the clock's own precision"
    )]
    let ticks = ticks as f64;
    ticks / 4_294_967_296.0 * 1000.0
}

/// The sample that a reply is (offset and delay: RFC 5905 §8).
fn read(question: &Question, reply: &Reply, sent: u64, received: u64) -> Sample {
    let mut sample = reply.sample(question);
    if sample.outcome != Outcome::Answer {
        return sample;
    }
    let Some(answer) = describe(&reply.bytes, sent, received) else {
        sample.outcome = Outcome::Malformed;
        return sample;
    };
    sample.outcome = if answer.stratum == 0 {
        Outcome::Refused
    } else if answer.stratum >= UNSYNCHRONIZED || answer.leap == 3 {
        Outcome::OtherError
    } else {
        Outcome::Answer
    };
    sample.answer = Some(Answer::Ntp(Box::new(answer)));
    sample
}

/// A packet as data.
fn describe(bytes: &[u8], sent: u64, received: u64) -> Option<NtpAnswer> {
    let first = *bytes.first()?;
    let stratum = *bytes.get(1)?;
    let arrived = field_u64(bytes, 32)?;
    let left = field_u64(bytes, 40)?;
    let reference: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
    let there = difference_ms(arrived, sent);
    let back = difference_ms(left, received);
    Some(NtpAnswer {
        stratum,
        leap: first >> 6,
        offset_ms: f64::midpoint(there, back),
        delay_ms: difference_ms(received, sent) - difference_ms(left, arrived),
        root_delay_ms: short_ms(bytes, 4)?,
        root_dispersion_ms: short_ms(bytes, 8)?,
        reference: if stratum <= 1 {
            // A kiss code or the name of a clock: four ASCII letters (RFC 5905 figures 12, 13).
            reference
                .iter()
                .take_while(|byte| byte.is_ascii_graphic())
                .map(|byte| char::from(*byte))
                .collect()
        } else {
            std::net::Ipv4Addr::from(reference).to_string()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{describe, difference_ms, timestamp};
    use std::time::Duration;

    #[test]
    fn differences_cross_the_end_of_an_era() {
        let before = timestamp(Duration::from_secs(2_085_978_495));
        let after = timestamp(Duration::from_secs(2_085_978_497));
        assert!(after < before);
        assert!((difference_ms(after, before) - 2000.0).abs() < 0.001);
    }

    #[test]
    fn offset_and_delay_are_those_of_the_standard() {
        let at = |ms: u64| timestamp(Duration::from_millis(1_000_000 + ms));
        let mut packet = vec![0b00_100_100, 2, 0, 0];
        packet.resize(32, 0);
        packet.extend(at(1060).to_be_bytes());
        packet.extend(at(1061).to_be_bytes());
        let answer = describe(&packet, at(0), at(121)).unwrap();
        assert!((answer.offset_ms - 1000.0).abs() < 0.001);
        assert!((answer.delay_ms - 120.0).abs() < 0.001);
    }
}
