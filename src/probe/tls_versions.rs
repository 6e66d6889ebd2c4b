//! Versions and suites of TLS that a server takes, asked with hellos made by hand.
//!
//! rustls speaks nothing below TLS 1.2, so the hello is written here, the server's first answer is
//! read, and the connection is closed. Old servers have been set back by less, so it is sent only
//! where the site file says `legacy_tls: allow`.

use std::io::{Read as _, Write as _};

use super::transport::Timed;
use crate::intent::{Port, Service};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport, summarize_samples};
use crate::wire::observation::{Answer, Behavior, Outcome, Sample, State, Statement, TlsAnswer};

/// Versions that are asked for, as the site file and as the protocol writes them (RFC 2246 §6.2.1,
/// RFC 4346 §6.2.1, RFC 5246 §6.2.1, RFC 8446 §4.2.1).
const VERSIONS: [(&str, u8); 4] = [("1.0", 1), ("1.1", 2), ("1.2", 3), ("1.3", 4)];
/// Suites that are offered (IANA, TLS Cipher Suites).
const SUITES: [(u16, &str); 25] = [
    (0x1302, "TLS13-AES256-GCM-SHA384"),
    (0x1301, "TLS13-AES128-GCM-SHA256"),
    (0x1303, "TLS13-CHACHA20-POLY1305"),
    (0xC02C, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (0xC030, "ECDHE-RSA-AES256-GCM-SHA384"),
    (0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (0xCCA8, "ECDHE-RSA-CHACHA20-POLY1305"),
    (0xC02B, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (0xC02F, "ECDHE-RSA-AES128-GCM-SHA256"),
    (0x009F, "DHE-RSA-AES256-GCM-SHA384"),
    (0x009E, "DHE-RSA-AES128-GCM-SHA256"),
    (0xC00A, "ECDHE-ECDSA-AES256-CBC-SHA"),
    (0xC014, "ECDHE-RSA-AES256-CBC-SHA"),
    (0xC009, "ECDHE-ECDSA-AES128-CBC-SHA"),
    (0xC013, "ECDHE-RSA-AES128-CBC-SHA"),
    (0x0039, "DHE-RSA-AES256-CBC-SHA"),
    (0x0033, "DHE-RSA-AES128-CBC-SHA"),
    (0x009D, "RSA-AES256-GCM-SHA384"),
    (0x009C, "RSA-AES128-GCM-SHA256"),
    (0x003D, "RSA-AES256-CBC-SHA256"),
    (0x003C, "RSA-AES128-CBC-SHA256"),
    (0x0035, "RSA-AES256-CBC-SHA"),
    (0x002F, "RSA-AES128-CBC-SHA"),
    (0x000A, "RSA-3DES-CBC-SHA"),
    (0x0005, "RSA-RC4-SHA"),
];
/// Type of a record that holds an alert (RFC 5246 §6.2.1).
const ALERT: u8 = 21;
/// Type of a record that holds a handshake message.
const HANDSHAKE: u8 = 22;
/// Type of the server's hello (RFC 5246 §7.4).
const SERVER_HELLO: u8 = 2;
/// Alert: nothing in common (RFC 5246 §7.2).
const HANDSHAKE_FAILURE: u8 = 40;
/// Alert: not this version.
const PROTOCOL_VERSION: u8 = 70;
/// Minor number of the newest version, which older ones write into an extension.
const NEWEST: u8 = 4;
/// Extension with versions (RFC 8446 §4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;
/// Extension with keys (RFC 8446 §4.2.8).
const KEY_SHARE: u16 = 51;
/// Where the suites' length stands in the hello that is written here: record header 5, message
/// header 4, version 2, random 32, session 1.
const SUITES_AT: usize = 44;

/// The probe.
pub(super) struct TlsVersions;

impl Probe for TlsVersions {
    fn id(&self) -> &'static str {
        "tls-versions"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let tcp = |port: &&Port| service.legacy_tls && matches!(port, Port::Tcp(_));
        service.ports.iter().filter(tcp).copied().collect()
    }

    fn is_bearing(&self, service: &Service) -> bool {
        service.tls_min.is_some()
    }

    fn is_expected(&self, outcome: Outcome) -> bool {
        // Who does not speak a version says so or hangs up.
        [Outcome::Closed, Outcome::Malformed].contains(&outcome)
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        let host = asked.service.name.as_ref().map(ToString::to_string);
        VERSIONS
            .iter()
            .map(|(version, minor)| {
                // The suites of TLS 1.3 are its own (RFC 8446 §B.4).
                let suites: Vec<u16> = SUITES
                    .iter()
                    .map(|(suite, _)| *suite)
                    .filter(|suite| (suite >> 8 == 0x13) == (*minor == NEWEST))
                    .collect();
                let hello = hello(*minor, &suites, host.as_deref());
                Question {
                    host: host.clone(),
                    ..Question::once(format!("hello TLS {version}"), asked.port, hello)
                }
            })
            .collect()
    }

    fn follow_ups(&self, _: &Asked<'_>, question: &Question, samples: &[&Sample]) -> Vec<Question> {
        let Some(sample) = samples.last() else {
            return Vec::new();
        };
        let Some(Answer::Tls(answer)) = &sample.answer else {
            return Vec::new();
        };
        let Some(taken) = &answer.suite else {
            return Vec::new();
        };
        let left: Vec<u16> = suites_of(&question.payload)
            .into_iter()
            .filter(|suite| name(*suite) != *taken)
            .collect();
        let Some((version, minor)) = version_of(&question.text) else {
            return Vec::new();
        };
        if left.is_empty() || sample.outcome != Outcome::Answer {
            return Vec::new();
        }
        vec![Question {
            host: question.host.clone(),
            ..Question::once(
                format!("hello TLS {version}, {} suites left", left.len()),
                question.port,
                hello(minor, &left, question.host.as_deref()),
            )
        }]
    }

    fn most_follow_ups(&self) -> usize {
        SUITES.len()
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        exchange(transport, target, question).unwrap_or_else(|reply| reply.sample(question))
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let mut statements = Vec::new();
        let least = asked.service.tls_min.as_deref();
        for (version, _) in VERSIONS {
            let first = format!("hello TLS {version}");
            let Some(sample) = samples.iter().find(|sample| sample.question == first) else {
                continue;
            };
            let taken: Vec<String> = samples
                .iter()
                .filter(|sample| sample.question.starts_with(&first))
                .filter_map(|sample| match &sample.answer {
                    Some(Answer::Tls(answer)) if sample.outcome == Outcome::Answer => {
                        answer.suite.clone()
                    }
                    _ => None,
                })
                .collect();
            statements.push(about(version, sample, &taken, least));
        }
        Reading::of(statements, summarize_samples("hello TLS 1.2", samples))
    }
}

/// What one version's hello brought, held against the version that the site file says.
fn about(version: &str, sample: &Sample, taken: &[String], least: Option<&str>) -> Statement {
    // Versions are compared as text: all are of one digit on either side of the point.
    let is_below = least.is_some_and(|least| version < least);
    let (state, text) = match sample.outcome {
        Outcome::Answer if is_below => (
            State::Degraded,
            format!(
                "takes TLS {version} ({}), the site file says {} at least",
                taken.join(", "),
                least.unwrap_or("")
            ),
        ),
        Outcome::Answer => (
            State::Works,
            format!("takes TLS {version}: {}", taken.join(", ")),
        ),
        Outcome::NotSent => (
            State::NotMeasured,
            format!("TLS {version} could not be asked for"),
        ),
        Outcome::OtherError
        | Outcome::Closed
        | Outcome::Timeout
        | Outcome::RefusedPort
        | Outcome::Unreachable
        | Outcome::Malformed
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::Refused => {
            let why = sample.detail.as_deref().unwrap_or("no answer");
            // TLS 1.2 may be missing where 1.3 is spoken; the handshake probe tells.
            let is_promised = least.is_some_and(|least| version >= least) && version < "1.2";
            let state = if is_promised {
                State::Degraded
            } else {
                State::Works
            };
            let promise = if is_promised {
                ", which the site file says it takes"
            } else {
                ""
            };
            (
                state,
                format!("does not take TLS {version}{promise} ({why})"),
            )
        }
    };
    Statement {
        behavior: Behavior::Tls,
        state,
        text,
    }
}

/// Sends one hello and reads the first record that comes back.
fn exchange(transport: &Transport, target: &Target, question: &Question) -> Result<Sample, Reply> {
    let Port::Tcp(port) = question.port else {
        return Err(Reply::failure(Outcome::NotSent, None));
    };
    let (stream, connected) = transport.connect(target, port)?;
    let mut stream = Timed::new(stream, transport.timeout);
    let failed = |error: std::io::Error| Reply::of_error(&error);
    stream.write_all(&question.payload).map_err(failed)?;
    let mut header = [0; 5];
    stream.read_exact(&mut header).map_err(failed)?;
    let [kind, _, _, high, low] = header;
    let mut body = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut body).map_err(failed)?;
    let mut reply = Reply {
        outcome: Outcome::Malformed,
        bytes: body,
        elapsed: Some(connected + stream.elapsed()),
        detail: Some("is no TLS".to_owned()),
    };
    let asked = version_of(&question.text);
    let mut answer = None;
    match (kind, reply.bytes.as_slice()) {
        (ALERT, [_, code, ..]) => {
            reply.outcome = Outcome::OtherError;
            reply.detail = Some(alert(*code));
        }
        (HANDSHAKE, [SERVER_HELLO, _, _, _, 3, minor, rest @ ..]) => {
            let minor = &chosen(rest).unwrap_or(*minor);
            let is_asked = asked.is_some_and(|(_, wanted)| wanted == *minor);
            reply.outcome = if is_asked {
                Outcome::Answer
            } else {
                Outcome::OtherError
            };
            reply.detail = (!is_asked).then(|| "answers with another version".to_owned());
            answer = suite_of(rest).map(|suite| TlsAnswer {
                version: VERSIONS
                    .iter()
                    .find(|(_, known)| known == minor)
                    .map(|(version, _)| (*version).to_owned()),
                suite: Some(name(suite)),
                connect_us: None,
                handshake_us: None,
                certificates: 0,
                not_before: None,
                not_after: None,
                names_match: None,
                asks_client_certificate: false,
            });
        }
        _ => {}
    }
    let mut sample = reply.sample(question);
    sample.answer = answer.map(|answer| Answer::Tls(Box::new(answer)));
    Ok(sample)
}

/// An alert in words.
fn alert(code: u8) -> String {
    match code {
        HANDSHAKE_FAILURE => "alert: no suite in common".to_owned(),
        PROTOCOL_VERSION => "alert: not this version".to_owned(),
        other => format!("alert {other}"),
    }
}

/// The suite of a server's hello after its version: random 32, session, suite.
fn suite_of(rest: &[u8]) -> Option<u16> {
    let session = usize::from(*rest.get(32)?);
    let at = 33 + session;
    let two: [u8; 2] = rest.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_be_bytes(two))
}

/// The version that a server of TLS 1.3 chooses in an extension (RFC 8446 §4.2.1): random 32,
/// session, suite 2, compression 1, length of extensions 2, then each with type and length.
fn chosen(rest: &[u8]) -> Option<u8> {
    let mut at = 33 + usize::from(*rest.get(32)?) + 5;
    loop {
        let kind = rest.get(at..at + 2)?;
        let length: [u8; 2] = rest.get(at + 2..at + 4)?.try_into().ok()?;
        let value = rest.get(at + 4..at + 4 + usize::from(u16::from_be_bytes(length)))?;
        if kind == SUPPORTED_VERSIONS.to_be_bytes() {
            return value.get(1).copied();
        }
        at += 4 + value.len();
    }
}

/// The version that a question is about.
fn version_of(question: &str) -> Option<(&'static str, u8)> {
    let text = question.strip_prefix("hello TLS ")?;
    VERSIONS
        .into_iter()
        .find(|(version, _)| text.starts_with(version))
}

/// The suites that a hello of ours offers.
fn suites_of(hello: &[u8]) -> Vec<u16> {
    let length = hello
        .get(SUITES_AT..SUITES_AT + 2)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, |bytes| usize::from(u16::from_be_bytes(bytes)));
    let start = SUITES_AT + 2;
    hello
        .get(start..start + length)
        .unwrap_or(&[])
        .chunks_exact(2)
        .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
        .collect()
}

/// A suite's name; its number where it was not offered.
fn name(suite: u16) -> String {
    SUITES
        .iter()
        .find(|(known, _)| *known == suite)
        .map_or_else(|| format!("{suite:04X}"), |(_, name)| (*name).to_owned())
}

/// A client's hello of TLS 1.`minor - 1` (RFC 5246 §7.4.1.2).
fn hello(minor: u8, suites: &[u16], host: Option<&str>) -> Vec<u8> {
    /// What a hello calls random: no key comes of this one.
    const RANDOM: &[u8; 32] = b"pump-preflight asks for versions";
    let mut body = vec![3, minor.min(NEWEST - 1)];
    body.extend(RANDOM);
    body.push(0);
    let bytes: Vec<u8> = suites
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
    extend_sized(&mut body, &bytes);
    body.extend([1, 0]);
    extend_sized(&mut body, &extensions(minor, host));
    let mut message = vec![1, 0];
    extend_sized(&mut message, &body);
    let mut record = vec![HANDSHAKE, 3, 1];
    extend_sized(&mut record, &message);
    record
}

/// The hello's extensions: name (RFC 6066 §3), curves and point formats (RFC 8422 §5.1), and
/// signature algorithms where the version has them (RFC 5246 §7.4.1.4.1).
fn extensions(minor: u8, host: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |kind: u16, value: &[u8]| {
        out.extend(kind.to_be_bytes());
        extend_sized(&mut out, value);
    };
    if let Some(host) = host {
        let mut entry = vec![0];
        extend_sized(&mut entry, host.as_bytes());
        let mut list = Vec::new();
        extend_sized(&mut list, &entry);
        add(0, &list);
    }
    // x25519, secp256r1, secp384r1; uncompressed.
    add(10, &[0, 6, 0, 29, 0, 23, 0, 24]);
    add(11, &[1, 0]);
    if minor == NEWEST {
        add(SUPPORTED_VERSIONS, &[2, 3, NEWEST]);
        // Any 32 bytes are a key of x25519 (RFC 7748 §5).
        let mut share = vec![0, 36, 0, 29, 0, 32];
        share.extend([9; 32]);
        add(KEY_SHARE, &share);
    }
    if minor >= 3 {
        // RSA and ECDSA with SHA-256, SHA-384 and SHA-1, RSA-PSS with SHA-256.
        add(13, &[0, 14, 4, 1, 4, 3, 5, 1, 5, 3, 2, 1, 2, 3, 8, 4]);
    }
    out
}

/// Adds bytes with their length in two bytes before them.
fn extend_sized(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::{SUITES, chosen, hello, suite_of, suites_of, version_of};

    #[test]
    fn a_hello_tells_the_suites_that_it_offers() {
        let all: Vec<u16> = SUITES.iter().map(|(suite, _)| *suite).collect();
        assert_eq!(suites_of(&hello(1, &all, Some("pumpgw.example.org"))), all);
        assert_eq!(suites_of(&hello(3, &[0x002F], None)), [0x002F]);
        assert_eq!(suites_of(&hello(4, &[0x1301], None)), [0x1301]);
    }

    #[test]
    fn questions_and_answers_are_read_or_not() {
        assert_eq!(version_of("hello TLS 1.1, 3 suites left"), Some(("1.1", 2)));
        assert_eq!(version_of("handshake"), None);
        let mut rest = vec![0; 32];
        rest.extend([2, 9, 9, 0, 0x2F]);
        assert_eq!(suite_of(&rest), Some(0x002F));
        assert_eq!(suite_of(&rest[..34]), None);
        assert_eq!(chosen(&rest), None);
        rest.extend([0, 0, 12, 0, 51, 0, 2, 0, 29, 0, 43, 0, 2, 3, 4]);
        assert_eq!(chosen(&rest), Some(4));
    }
}
