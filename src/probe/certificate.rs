//! The validity of a certificate, read from its DER form without a parser of everything else.
//!
//! RFC 5280 §4.1: a sequence of the part that is signed, which holds an optional version, a serial
//! number, a signature algorithm, the issuer and then the validity.

/// A certificate's first and last moment, as RFC 3339 writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validity {
    /// First.
    pub(super) not_before: String,
    /// Last.
    pub(super) not_after: String,
}

/// Tag of a sequence (X.690 §8.9).
const SEQUENCE: u8 = 0x30;
/// Tag of the explicit version field (RFC 5280 §4.1).
const VERSION: u8 = 0xA0;
/// Tag of a time with two digits of the year (X.690 §8.26).
const UTC_TIME: u8 = 0x17;
/// Tag of a time with four digits of the year.
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of a certificate; `None` where its bytes are not one.
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let (_, outer, _) = element(certificate, SEQUENCE)?;
    let (_, signed, _) = element(outer, SEQUENCE)?;
    let (tag, _, rest) = any_element(signed)?;
    let rest = if tag == VERSION {
        any_element(rest)?.2
    } else {
        rest
    };
    // Signature algorithm and issuer.
    let (_, _, rest) = element(rest, SEQUENCE)?;
    let (_, _, rest) = element(rest, SEQUENCE)?;
    let (_, validity, _) = element(rest, SEQUENCE)?;
    let (first_tag, first, rest) = any_element(validity)?;
    let (last_tag, last, _) = any_element(rest)?;
    Some(Validity {
        not_before: time(first_tag, first)?,
        not_after: time(last_tag, last)?,
    })
}

/// An element with this tag: tag, contents, what follows.
fn element(bytes: &[u8], tag: u8) -> Option<(u8, &[u8], &[u8])> {
    any_element(bytes).filter(|(found, _, _)| *found == tag)
}

/// The first element (X.690 §8.1): tag, contents, what follows.
fn any_element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let tag = *bytes.first()?;
    let first = usize::from(*bytes.get(1)?);
    let (length, start) = if first < 0x80 {
        (first, 2)
    } else {
        let count = first & 0x7F;
        if count == 0 || count > 4 {
            return None;
        }
        let length = bytes
            .get(2..2 + count)?
            .iter()
            .fold(0, |length, byte| (length << 8) | usize::from(*byte));
        (length, 2 + count)
    };
    let end = start.checked_add(length)?;
    Some((tag, bytes.get(start..end)?, bytes.get(end..)?))
}

/// A time as RFC 3339 writes it (RFC 5280 §4.1.2.5: in UTC, with seconds; two digits of a year
/// from 50 on are of the 20th century).
fn time(tag: u8, bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (century, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) if digits < "50" => ("20", digits),
        (UTC_TIME, 12) => ("19", digits),
        (GENERALIZED_TIME, 14) => digits.split_at(2),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2);
    Some(format!(
        "{century}{}-{}-{}T{}:{}:{}Z",
        part(0)?,
        part(2)?,
        part(4)?,
        part(6)?,
        part(8)?,
        part(10)?
    ))
}

#[cfg(test)]
mod tests {
    use super::{GENERALIZED_TIME, UTC_TIME, time, validity};

    #[test]
    fn both_forms_of_a_time_are_read() {
        assert_eq!(
            time(UTC_TIME, b"491231235959Z").as_deref(),
            Some("2049-12-31T23:59:59Z")
        );
        assert_eq!(
            time(UTC_TIME, b"500101000000Z").as_deref(),
            Some("1950-01-01T00:00:00Z")
        );
        assert_eq!(
            time(GENERALIZED_TIME, b"20510101000000Z").as_deref(),
            Some("2051-01-01T00:00:00Z")
        );
        assert_eq!(time(UTC_TIME, b"4912312359Z"), None);
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_validity() {
        assert_eq!(validity(&[]), None);
        assert_eq!(validity(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(validity(&[0x30, 0x03, 0x30, 0x01, 0x00]), None);
    }
}
