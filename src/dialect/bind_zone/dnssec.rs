//! Shape and size of record data that is binary: keys, signatures, hardware addresses, services.

use super::names;
use crate::net::DomainName;
use crate::syntax::Word;

/// Bytes on the wire of such data; the error says why a server refuses it.
pub(super) fn size(kind: &str, words: &[Word<'_>]) -> Result<usize, String> {
    let text = |index: usize| words.get(index).map_or("", |word| word.text);
    let rest = |from: usize| -> String {
        let words = words.get(from..).unwrap_or(&[]);
        words.iter().map(|word| word.text).collect()
    };
    let bad = || format!("data of the {kind} record is not valid");
    let size = match kind {
        // RFC 4034 §2.1, §5.1; RFC 7344.
        "DNSKEY" | "CDNSKEY" | "KEY" => {
            number(text(0), 65_535).ok_or_else(bad)?;
            number(text(1), 255).ok_or_else(bad)?;
            algorithm(text(2)).ok_or_else(bad)?;
            4 + base64(&rest(3)).ok_or_else(bad)?
        }
        "DS" | "CDS" => {
            number(text(0), 65_535).ok_or_else(bad)?;
            algorithm(text(1)).ok_or_else(bad)?;
            let digest = number(text(2), 255).ok_or_else(bad)?;
            let length = hex(&rest(3)).ok_or_else(bad)?;
            // Digest lengths: RFC 3658 §2.4, RFC 4509 §2.1, RFC 6605 §2.
            let expected = match digest {
                1 => 20,
                2 => 32,
                4 => 48,
                _ => length,
            };
            if length != expected {
                return Err(bad());
            }
            4 + length
        }
        "RRSIG" => {
            // RFC 4034 §3.1: 18 bytes, the signer's name, the signature.
            let signer = names::name(text(7), &DomainName::default())?;
            let fixed = algorithm(text(1)).is_some()
                && number(text(2), 127).is_some()
                && names::seconds(text(3)).is_some()
                && date(text(4))
                && date(text(5))
                && number(text(6), 65_535).is_some();
            if !fixed || words.len() < 9 {
                return Err(bad());
            }
            let signer = usize::try_from(names::wire_length(&signer)).unwrap_or(usize::MAX);
            18 + signer + base64(&rest(8)).ok_or_else(bad)?
        }
        "NSEC" => {
            let next = names::name(text(0), &DomainName::default())?;
            let next = usize::try_from(names::wire_length(&next)).unwrap_or(usize::MAX);
            next + bitmap(words.get(1..).unwrap_or(&[])).ok_or_else(bad)?
        }
        "NSEC3" => {
            let salt = nsec3_head(words).ok_or_else(bad)?;
            let hash = base32(text(4)).ok_or_else(bad)?;
            // Algorithm 1 is SHA-1, whose digests have 20 bytes (RFC 5155 §11).
            if text(0) == "1" && hash != 20 {
                return Err(bad());
            }
            let types = bitmap(words.get(5..).unwrap_or(&[])).ok_or_else(bad)?;
            6 + salt + hash + types
        }
        "NSEC3PARAM" => {
            if words.len() != 4 {
                return Err(bad());
            }
            5 + nsec3_head(words).ok_or_else(bad)?
        }
        // RFC 1706 §5: `0x` and pairs of digits, dots between.
        "NSAP" => {
            let digits = rest(0).replace('.', "");
            let digits = digits
                .strip_prefix("0x")
                .or_else(|| digits.strip_prefix("0X"));
            hex(digits.ok_or_else(bad)?).ok_or_else(bad)?
        }
        "EUI48" => hardware(words, 6).ok_or_else(bad)?,
        "EUI64" => hardware(words, 8).ok_or_else(bad)?,
        _ => return Err(bad()),
    };
    Ok(size)
}

/// A number up to `most`.
fn number(text: &str, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| *number <= most)
}

/// An algorithm by number or by mnemonic (IANA, DNS security algorithm numbers).
fn algorithm(text: &str) -> Option<u32> {
    number(text, 255).or_else(|| {
        matches!(
            text.to_ascii_uppercase().as_str(),
            "RSAMD5"
                | "DH"
                | "DSA"
                | "RSASHA1"
                | "NSEC3DSA"
                | "NSEC3RSASHA1"
                | "RSASHA256"
                | "RSASHA512"
                | "ECCGOST"
                | "ECDSAP256SHA256"
                | "ECDSAP384SHA384"
                | "ED25519"
                | "ED448"
                | "INDIRECT"
                | "PRIVATEDNS"
                | "PRIVATEOID"
        )
        .then_some(0)
    })
}

/// Whether a word is a date as `YYYYMMDDHHMMSS`, or seconds since 1970 (RFC 4034 §3.2).
fn date(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text.len() == 14 || (!text.is_empty() && text.len() <= 10))
}

/// Bytes that a base64 text (RFC 4648 §4) stands for.
fn base64(text: &str) -> Option<usize> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let valid = body
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    (valid && !body.is_empty() && padding <= 2 && text.len().is_multiple_of(4))
        .then(|| body.len() * 3 / 4)
}

/// Bytes that a hexadecimal text stands for.
fn hex(text: &str) -> Option<usize> {
    let valid = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (valid && !text.is_empty() && text.len().is_multiple_of(2)).then_some(text.len() / 2)
}

/// Bytes that an unpadded base32hex text (RFC 5155 §3.3) stands for.
fn base32(text: &str) -> Option<usize> {
    let valid = text
        .bytes()
        .all(|byte| matches!(byte.to_ascii_lowercase(), b'0'..=b'9' | b'a'..=b'v'));
    // 1, 3 or 6 characters beyond whole groups of 8 stand for no whole byte.
    let whole = !matches!(text.len() % 8, 1 | 3 | 6);
    (valid && whole && !text.is_empty()).then_some(text.len() * 5 / 8)
}

/// Bytes of the salt of NSEC3 data; checks the numbers before it.
fn nsec3_head(words: &[Word<'_>]) -> Option<usize> {
    let text = |index: usize| words.get(index).map_or("", |word| word.text);
    number(text(0), 255)?;
    number(text(1), 255)?;
    number(text(2), 65_535)?;
    if text(3) == "-" {
        Some(0)
    } else {
        hex(text(3))
    }
}

/// Bytes of a type bitmap at most: 34 for each window of 256 types (RFC 4034 §4.1.2).
fn bitmap(words: &[Word<'_>]) -> Option<usize> {
    let known = |text: &str| {
        super::commands::record_type(text).is_some()
            || text
                .get(..4)
                .is_some_and(|head| head.eq_ignore_ascii_case("TYPE"))
    };
    words
        .iter()
        .all(|word| known(word.text))
        .then_some(if words.is_empty() { 0 } else { 34 })
}

/// Hardware address as groups of hexadecimal digits with dashes (RFC 7043 §3.2).
///
/// BIND takes one digit for two until 9.20; later versions refuse it.
fn hardware(words: &[Word<'_>], count: usize) -> Option<usize> {
    let [word] = words else {
        return None;
    };
    let pairs: Vec<&str> = word.text.split('-').collect();
    let valid = pairs.len() == count
        && pairs.iter().all(|pair| {
            matches!(pair.len(), 1 | 2) && pair.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    valid.then_some(count)
}

/// Checks the parameters of a service binding (RFC 9460 §2.2, §7.1, §8).
pub(super) fn service(kind: &str, words: &[Word<'_>]) -> Result<(), String> {
    if !matches!(kind, "SVCB" | "HTTPS") {
        return Ok(());
    }
    let refused = |what: &str| Err(format!("data of the {kind} record is not valid: {what}"));
    let mut names = Vec::new();
    let mut mandatory = Vec::new();
    for word in words.get(2..).unwrap_or(&[]) {
        let (name, value) = word.text.split_once('=').unwrap_or((word.text, ""));
        let value = value.trim_matches('"');
        match name {
            "mandatory" => mandatory.extend(value.split(',')),
            "alpn" => {
                let value = value.replace("\\\\,", "x");
                let first_escaped = value.starts_with("\\,") || value.ends_with("\\,");
                let empty = value.replace("\\,", ",").split(',').any(str::is_empty);
                if first_escaped || empty {
                    return refused("an empty protocol");
                }
            }
            "no-default-alpn" | "port" | "ipv4hint" | "ech" | "ipv6hint" | "dohpath" | "ohttp" => {}
            _ => {
                let number = name.strip_prefix("key").and_then(|n| n.parse::<u16>().ok());
                if number.is_none() {
                    return refused("an unknown key");
                }
            }
        }
        if names.contains(&name) {
            return refused("a key comes twice");
        }
        names.push(name);
    }
    if mandatory.iter().any(|name| !names.contains(name)) {
        return refused("a mandatory key is missing");
    }
    Ok(())
}
