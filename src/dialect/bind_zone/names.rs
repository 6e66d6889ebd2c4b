//! Names, numbers and times as zone files write them.

use std::borrow::Cow;

use crate::net::DomainName;

/// Longest label in bytes (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;
/// Longest name on the wire in bytes (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 255;

/// The name that a word writes, absolute; the error says what is wrong with it.
pub(super) fn name(word: &str, origin: &DomainName) -> Result<DomainName, &'static str> {
    if word == "@" {
        return Ok(origin.clone());
    }
    let word = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(word);
    let absolute = check(word, origin)?;
    if word == "." {
        return Ok(DomainName::default());
    }
    if absolute {
        return Ok(DomainName::absolute(word));
    }
    Ok(DomainName::relative(word, origin))
}

/// Checks labels and lengths; says whether the name is absolute.
fn check(word: &str, origin: &DomainName) -> Result<bool, &'static str> {
    if word == "." {
        return Ok(true);
    }
    let bytes = word.as_bytes();
    let (mut label, mut wire, mut at, mut absolute) = (0_usize, 1_usize, 0_usize, false);
    if bytes.is_empty() {
        return Err("an empty name");
    }
    while let Some(byte) = bytes.get(at) {
        absolute = false;
        match byte {
            b'.' => {
                if label == 0 {
                    return Err("an empty label");
                }
                wire += label + 1;
                label = 0;
                absolute = true;
                at += 1;
            }
            b'\\' => {
                at += escape(bytes.get(at + 1..).unwrap_or(&[])).ok_or("a bad escape")? + 1;
                label += 1;
            }
            _ => {
                label += 1;
                at += 1;
            }
        }
        if label > LONGEST_LABEL {
            return Err("a label longer than 63 bytes");
        }
    }
    if label > 0 {
        wire += label + 1;
    }
    if !absolute && !origin.as_str().is_empty() {
        wire += origin.as_str().len() + 1;
    }
    if wire > LONGEST_NAME {
        return Err("a name longer than 255 bytes");
    }
    Ok(absolute)
}

/// Number of bytes after a backslash that belong to it: three digits, or any one byte.
fn escape(rest: &[u8]) -> Option<usize> {
    match rest {
        [a, b, c, ..] if a.is_ascii_digit() => {
            let digits = [*a, *b, *c];
            let number = std::str::from_utf8(&digits).ok()?.parse::<u16>().ok()?;
            (number <= 255).then_some(3)
        }
        [a, ..] if !a.is_ascii_digit() => Some(1),
        _ => None,
    }
}

/// Whether a name is one of a host (RFC 952, RFC 1123 §2.1); a wildcard counts as one.
pub(super) fn is_host(name: &DomainName) -> bool {
    let text = name.as_str();
    let text = text.strip_prefix("*.").unwrap_or(text);
    text.is_empty()
        || text.split('.').all(|label| {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
        })
}

/// Bytes of a name on the wire.
pub(super) fn wire_length(name: &DomainName) -> u32 {
    let text = name.as_str();
    let length = if text.is_empty() { 1 } else { text.len() + 2 };
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Bytes of a character string (RFC 1035 §5.1) without quotes and escapes; `None` where it is bad.
pub(super) fn string_length(word: &str) -> Option<usize> {
    let body = word
        .strip_prefix('"')
        .map_or(word, |rest| rest.strip_suffix('"').unwrap_or(rest));
    let bytes = body.as_bytes();
    let (mut at, mut length) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        at += if *byte == b'\\' {
            1 + escape(bytes.get(at + 1..).unwrap_or(&[]))?
        } else {
            1
        };
        length += 1;
    }
    Some(length)
}

/// A time in seconds: a number, or numbers with the units w, d, h, m, s in any case.
pub(super) fn seconds(word: &str) -> Option<u32> {
    if let Ok(number) = word.parse() {
        return (!word.starts_with('+')).then_some(number);
    }
    if !word.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (mut total, mut number, mut digits) = (0_u64, 0_u64, false);
    for byte in word.bytes() {
        let unit = match byte.to_ascii_lowercase() {
            b'0'..=b'9' => {
                number = number
                    .checked_mul(10)?
                    .checked_add(u64::from(byte - b'0'))?;
                digits = true;
                continue;
            }
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        if !digits {
            return None;
        }
        total = total.checked_add(number.checked_mul(unit)?)?;
        number = 0;
        digits = false;
    }
    // BIND takes no number without a unit after one with a unit.
    if digits {
        return None;
    }
    u32::try_from(total).ok()
}

/// A word without its quotes.
pub(super) fn unquoted(word: &str) -> Cow<'_, str> {
    match word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(body) if body.contains('\\') => Cow::Owned(body.replace("\\\"", "\"")),
        Some(body) => Cow::Borrowed(body),
        None => Cow::Borrowed(word),
    }
}
