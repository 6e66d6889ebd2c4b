//! RADIUS servers: a question for their state, and one for a test account.
//!
//! Both are signed with the shared secret that the site file points to; without one nothing is
//! sent, since a server answers nothing that is not signed.

use md5::{Digest as _, Md5};

use crate::intent::{Port, Service, ServiceKind};
use crate::probe::{Asked, Probe, Question, Reading, Reply, Target, Transport, summarize_samples};
use crate::wire::observation::{Answer, Behavior, Outcome, RadiusAnswer, Sample, State, Statement};

/// Asks for the server's state (RFC 5997 §2).
const STATUS: &str = "Status-Server";
/// Code of a question for access (RFC 2865 §4.1).
const ACCESS_REQUEST: u8 = 1;
/// Code of a question for the server's state (RFC 5997 §3).
const STATUS_SERVER: u8 = 12;
/// User's name (RFC 2865 §5.1).
const USER_NAME: u8 = 1;
/// User's password, hidden with the secret (RFC 2865 §5.2).
const USER_PASSWORD: u8 = 2;
/// Who asks, in words (RFC 2865 §5.32).
const NAS_IDENTIFIER: u8 = 32;
/// Signature of the whole message (RFC 3579 §3.2).
const MESSAGE_AUTHENTICATOR: u8 = 80;
/// Bytes before the attributes: code, identifier, length, authenticator (RFC 2865 §3).
const HEADER_BYTES: usize = 20;
/// Where the authenticator stands in the header.
const AUTHENTICATOR: std::ops::Range<usize> = 4..HEADER_BYTES;
/// Bytes of a digest, of an authenticator and of a block of a hidden password.
const DIGEST_BYTES: usize = 16;

/// The probe.
pub(super) struct Radius;

impl Probe for Radius {
    fn id(&self) -> &'static str {
        "radius"
    }

    fn ports(&self, service: &Service) -> Vec<Port> {
        let udp = |port: &&Port| matches!(port, Port::Udp(_));
        match service.kind {
            ServiceKind::Radius => service.ports.iter().filter(udp).copied().collect(),
            ServiceKind::Dhcp
            | ServiceKind::Dns
            | ServiceKind::Ntp
            | ServiceKind::PumpGateway
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => Vec::new(),
        }
    }

    fn plan(&self, asked: &Asked<'_>) -> Vec<Question> {
        let Some(account) = asked.account() else {
            return Vec::new();
        };
        let status = Question {
            secret: Some(account.secret.clone()),
            ..Question::repeated(STATUS, asked.port, message(STATUS_SERVER, &[]))
        };
        let access = account.user.iter().map(|(name, password)| {
            let attributes = [
                (USER_NAME, name.as_bytes().to_vec()),
                (USER_PASSWORD, padded(password.bytes())),
            ];
            Question {
                secret: Some(account.secret.clone()),
                ..Question::once(
                    format!("Access-Request as {name}"),
                    asked.port,
                    message(ACCESS_REQUEST, &attributes),
                )
            }
        });
        [status].into_iter().chain(access).collect()
    }

    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample {
        let (Port::Udp(port), Some(secret)) = (question.port, &question.secret) else {
            return Reply::failure(Outcome::NotSent, None).sample(question);
        };
        let authenticator = md5(&[
            secret.bytes(),
            question.text.as_bytes(),
            &transport.unix_now().as_nanos().to_be_bytes(),
        ]);
        let sent = sealed(&question.payload, authenticator, secret.bytes());
        // The identifier and the port of its own tell the answer; a wrong signature is an answer
        // too, and a telling one.
        let reply = transport.udp(target, port, &sent, &|bytes| bytes.get(1) == sent.get(1));
        let mut sample = reply.sample(question);
        if sample.outcome != Outcome::Answer {
            return sample;
        }
        let Some(answer) = read(&reply.bytes, authenticator, secret.bytes()) else {
            sample.outcome = Outcome::Malformed;
            sample.detail = Some("is no RADIUS message".to_owned());
            return sample;
        };
        if !answer.verified {
            sample.outcome = Outcome::Malformed;
            sample.detail = Some("the answer is not signed with this secret".to_owned());
        } else if answer.code == "Access-Reject" {
            sample.outcome = Outcome::Refused;
        }
        sample.answer = Some(Answer::Radius(answer));
        sample
    }

    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading {
        let mut statements = Vec::new();
        if asked.account().is_none() {
            statements.push(Statement {
                behavior: Behavior::NotMeasured,
                state: State::NotMeasured,
                text: "a RADIUS server answers only what is signed: name the shared secret with \
                       `account: { secret_file: … }`"
                    .to_owned(),
            });
        }
        for sample in samples {
            statements.extend(statement(sample));
        }
        statements.sort();
        statements.dedup();
        Reading::of(statements, summarize_samples(STATUS, samples))
    }
}

/// What one answer says.
fn statement(sample: &Sample) -> Option<Statement> {
    let question = &sample.question;
    let (state, text) = match sample.outcome {
        Outcome::Answer => {
            let Some(Answer::Radius(answer)) = &sample.answer else {
                return None;
            };
            if answer.has_message_authenticator {
                return None;
            }
            // RFC 2865 signs with MD5 alone, which CVE-2024-3596 forges.
            let text = format!("{question}: answered without Message-Authenticator");
            (State::Works, text)
        }
        Outcome::Refused => (State::Fails, format!("{question}: rejected")),
        Outcome::RefusedPort => (State::Fails, format!("{question}: port refused")),
        Outcome::Malformed => {
            let detail = sample.detail.as_deref().unwrap_or("makes no sense");
            (State::Fails, format!("{question}: {detail}"))
        }
        Outcome::Timeout => (
            State::NotMeasured,
            format!(
                "{question}: silent; the server is down, or does not know this host as its \
                 client, or holds another secret"
            ),
        ),
        Outcome::Unreachable => (State::Fails, format!("{question}: unreachable")),
        Outcome::NotSent => {
            let detail = sample.detail.as_deref().unwrap_or("not sent");
            (State::NotMeasured, format!("{question}: {detail}"))
        }
        Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::OtherError
        | Outcome::Closed => return None,
    };
    Some(Statement {
        behavior: Behavior::Answer,
        state,
        text,
    })
}

/// A message with an empty signature first, as RFC 5997 §3 and the advice against CVE-2024-3596
/// want it.
fn message(code: u8, attributes: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let signature = (MESSAGE_AUTHENTICATOR, vec![0; DIGEST_BYTES]);
    let who = (NAS_IDENTIFIER, b"pump-preflight".to_vec());
    let mut body = Vec::new();
    for (kind, value) in [signature, who].iter().chain(attributes) {
        let length = u8::try_from(value.len() + 2).unwrap_or(u8::MAX);
        body.extend([*kind, length]);
        body.extend(value);
    }
    let length = u16::try_from(HEADER_BYTES + body.len()).unwrap_or(u16::MAX);
    let mut message = vec![code, code];
    message.extend(length.to_be_bytes());
    message.extend([0; DIGEST_BYTES]);
    message.extend(body);
    message
}

/// A password in blocks.
fn padded(password: &[u8]) -> Vec<u8> {
    let blocks = password.len().div_ceil(DIGEST_BYTES).max(1);
    let mut padded = password.to_vec();
    padded.resize(blocks * DIGEST_BYTES, 0);
    padded
}

/// The attributes of a message: type, and where the value stands.
fn attributes(message: &[u8]) -> Vec<(u8, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = HEADER_BYTES;
    while let (Some(kind), Some(length)) = (message.get(at), message.get(at + 1)) {
        let length = usize::from(*length);
        if length < 2 || at + length > message.len() {
            break;
        }
        found.push((*kind, at + 2..at + length));
        at += length;
    }
    found
}

/// The message with its authenticator, its password hidden and its signature.
fn sealed(template: &[u8], authenticator: [u8; DIGEST_BYTES], secret: &[u8]) -> Vec<u8> {
    let mut message = template.to_vec();
    if let Some(field) = message.get_mut(AUTHENTICATOR) {
        field.copy_from_slice(&authenticator);
    }
    let places = attributes(&message);
    for (kind, place) in &places {
        if *kind == USER_PASSWORD
            && let Some(value) = message.get_mut(place.clone())
        {
            hide(value, authenticator, secret);
        }
    }
    let signature = hmac_md5(secret, &message);
    for (kind, place) in &places {
        if *kind == MESSAGE_AUTHENTICATOR
            && let Some(value) = message.get_mut(place.clone())
            && value.len() == DIGEST_BYTES
        {
            value.copy_from_slice(&signature);
        }
    }
    message
}

/// Hides a password (RFC 2865 §5.2).
fn hide(password: &mut [u8], authenticator: [u8; DIGEST_BYTES], secret: &[u8]) {
    let mut before = authenticator;
    for block in password.chunks_mut(DIGEST_BYTES) {
        let mask = md5(&[secret, &before]);
        for (byte, mask) in block.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        for (to, byte) in before.iter_mut().zip(&*block) {
            *to = *byte;
        }
    }
}

/// An answer as data; `None` where it is none.
fn read(bytes: &[u8], authenticator: [u8; DIGEST_BYTES], secret: &[u8]) -> Option<RadiusAnswer> {
    let length: [u8; 2] = bytes.get(2..4)?.try_into().ok()?;
    let bytes = bytes.get(..usize::from(u16::from_be_bytes(length)))?;
    let code = *bytes.first()?;
    let own = bytes.get(AUTHENTICATOR)?;
    let expected = md5(&[
        bytes.get(..4)?,
        &authenticator,
        bytes.get(HEADER_BYTES..)?,
        secret,
    ]);
    let signature = attributes(bytes)
        .into_iter()
        .find(|(kind, _)| *kind == MESSAGE_AUTHENTICATOR);
    let is_signed = match &signature {
        None => true,
        Some((_, place)) => {
            let mut unsigned = bytes.to_vec();
            unsigned
                .get_mut(AUTHENTICATOR)?
                .copy_from_slice(&authenticator);
            unsigned.get_mut(place.clone())?.fill(0);
            bytes.get(place.clone())? == hmac_md5(secret, &unsigned)
        }
    };
    Some(RadiusAnswer {
        code: match code {
            2 => "Access-Accept".to_owned(),
            3 => "Access-Reject".to_owned(),
            11 => "Access-Challenge".to_owned(),
            other => other.to_string(),
        },
        verified: own == expected && is_signed,
        has_message_authenticator: signature.is_some(),
    })
}

/// The digest of several parts (RFC 1321).
fn md5(parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// The keyed digest (RFC 2104 §2).
fn hmac_md5(key: &[u8], text: &[u8]) -> [u8; DIGEST_BYTES] {
    /// Bytes of a block of MD5.
    const BLOCK_BYTES: usize = 64;
    let mut block = if key.len() > BLOCK_BYTES {
        md5(&[key]).to_vec()
    } else {
        key.to_vec()
    };
    block.resize(BLOCK_BYTES, 0);
    let with = |pad: u8| -> Vec<u8> { block.iter().map(|byte| byte ^ pad).collect() };
    md5(&[&with(0x5C), &md5(&[&with(0x36), text])])
}

#[cfg(test)]
mod tests {
    use super::{
        ACCESS_REQUEST, STATUS_SERVER, USER_PASSWORD, attributes, hide, hmac_md5, md5, message,
        padded, read, sealed,
    };

    #[test]
    fn keyed_digests_are_those_of_the_standard() {
        // RFC 2202 §2, test case 2.
        let digest = hmac_md5(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            digest,
            [
                0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d,
                0xb7, 0x38
            ]
        );
    }

    #[test]
    fn a_password_is_hidden_as_in_the_standard() {
        // RFC 2865 §7.1: secret "xyzzy5461", password "arctangent".
        let authenticator = [
            0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4,
            0x22, 0x7a,
        ];
        let mut password = padded(b"arctangent");
        hide(&mut password, authenticator, b"xyzzy5461");
        assert_eq!(
            password,
            [
                0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce, 0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a,
                0x0a, 0xee
            ]
        );
    }

    #[test]
    fn what_is_sealed_shows_neither_password_nor_secret() {
        let template = message(ACCESS_REQUEST, &[(USER_PASSWORD, padded(b"arctangent"))]);
        let sent = sealed(&template, [7; 16], b"xyzzy5461");
        assert_eq!(sent.len(), template.len());
        assert_eq!(attributes(&sent).len(), 3);
        let holds = |needle: &[u8]| sent.windows(needle.len()).any(|part| part == needle);
        assert!(!holds(b"arctangent") && !holds(b"xyzzy5461"));
    }

    #[test]
    fn an_answer_counts_only_with_the_right_secret() {
        let authenticator = [7; 16];
        let mut answer = message(STATUS_SERVER, &[]);
        answer[0] = 2;
        let mut answer = sealed(&answer, authenticator, b"secret");
        let signature = md5(&[&answer[..4], &authenticator, &answer[20..], b"secret"]);
        answer[4..20].copy_from_slice(&signature);
        assert!(read(&answer, authenticator, b"secret").unwrap().verified);
        assert!(!read(&answer, authenticator, b"other").unwrap().verified);
        assert_eq!(read(&answer[..10], authenticator, b"secret"), None);
    }
}
