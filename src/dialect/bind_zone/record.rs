//! Record data of zone files.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::{RData, RecordType};
use hickory_proto::serialize::binary::BinEncodable;

use super::{dnssec, names};
use crate::model::dns::{RecordData, Soa};
use crate::net::DomainName;
use crate::syntax::{Support, Word};

/// Data of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    /// Start of authority; its time to live is filled in later.
    Soa(Soa),
    /// Anything else.
    Record(RecordData),
}

/// What was found wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A server refuses the zone because of it.
    Refused(String),
    /// Known, and not modeled.
    Unmodeled,
}

impl<T: Into<String>> From<T> for Wrong {
    fn from(reason: T) -> Self {
        Self::Refused(reason.into())
    }
}

/// Reads the data of a record of the type `kind`; the error says why a server refuses it.
///
/// The data of a type that is not modeled is kept as written, unchecked.
pub(super) fn data(
    kind: &str,
    support: Support,
    words: &[Word<'_>],
    origin: &DomainName,
) -> Result<Data, Wrong> {
    if words.first().is_some_and(|word| word.text == "\\#") {
        return Ok(Data::Record(generic(kind, words)?));
    }
    let target = |index: usize| -> Result<DomainName, String> {
        let word = words.get(index).ok_or("data is missing")?;
        target_name(word.text, origin).map_err(str::to_owned)
    };
    let number = |index: usize| -> Result<u16, String> {
        let word = words.get(index).ok_or("data is missing")?;
        word.text
            .parse()
            .map_err(|_| format!("`{}` is no number up to 65535", word.text))
    };
    let exactly = |count: usize| -> Result<(), String> {
        match words.len() {
            length if length < count => Err("data is missing".to_owned()),
            length if length > count => Err("extra words after the data".to_owned()),
            _ => Ok(()),
        }
    };
    let record = match kind {
        "SOA" => {
            exactly(7)?;
            return Ok(Data::Soa(soa(words, origin)?));
        }
        "A" => {
            exactly(1)?;
            RecordData::A(address(words)?)
        }
        "AAAA" => {
            exactly(1)?;
            RecordData::Aaaa(address::<Ipv6Addr>(words)?)
        }
        "CNAME" => {
            exactly(1)?;
            RecordData::Cname(target(0)?)
        }
        "DNAME" => {
            exactly(1)?;
            RecordData::Dname(target(0)?)
        }
        "NS" => {
            exactly(1)?;
            RecordData::Ns(target(0)?)
        }
        "PTR" => {
            exactly(1)?;
            RecordData::Ptr(target(0)?)
        }
        "MX" => {
            exactly(2)?;
            RecordData::Mx(number(0)?, target(1)?)
        }
        "SRV" => {
            exactly(4)?;
            RecordData::Srv(number(0)?, number(1)?, number(2)?, target(3)?)
        }
        _ => RecordData::Other {
            kind: kind.to_owned(),
            text: joined(words),
            bytes: other(kind, support, words)?,
        },
    };
    Ok(Data::Record(record))
}

/// A name in data, where no quotes are lawful.
fn target_name(word: &str, origin: &DomainName) -> Result<DomainName, &'static str> {
    if word.starts_with('"') {
        return Err("a name in quotes");
    }
    names::name(word, origin)
}

/// The words with single blanks between.
fn joined(words: &[Word<'_>]) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word.text);
    }
    out
}

/// The address that is the only word.
fn address<T: std::str::FromStr>(words: &[Word<'_>]) -> Result<T, String> {
    let text = words.first().map_or("", |word| word.text);
    text.parse().map_err(|_| format!("`{text}` is no address"))
}

/// Start of authority.
fn soa(words: &[Word<'_>], origin: &DomainName) -> Result<Soa, String> {
    let text = |index: usize| words.get(index).map_or("", |word| word.text);
    let time = |index: usize| {
        names::seconds(text(index)).ok_or_else(|| format!("`{}` is no time", text(index)))
    };
    target_name(text(1), origin)?;
    Ok(Soa {
        primary: target_name(text(0), origin)?,
        serial: text(2)
            .parse()
            .map_err(|_| format!("`{}` is no serial", text(2)))?,
        refresh: time(3)?,
        retry: time(4)?,
        expire: time(5)?,
        minimum: time(6)?,
        ttl: 0,
    })
}

/// Data in the form `\# length hex` (RFC 3597 §5).
fn generic(kind: &str, words: &[Word<'_>]) -> Result<RecordData, String> {
    let length: usize = words
        .get(1)
        .and_then(|word| word.text.parse().ok())
        .filter(|length| u16::try_from(*length).is_ok())
        .ok_or("`\\#` needs a length")?;
    let hex: String = words
        .get(2..)
        .unwrap_or(&[])
        .iter()
        .map(|word| word.text)
        .collect();
    if hex.len() != length * 2 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("`\\#` needs as many bytes as it says".to_owned());
    }
    let bytes: Vec<u8> = hex
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    match kind {
        "A" => {
            let octets: [u8; 4] = bytes.try_into().map_err(|_| "an A record has 4 bytes")?;
            Ok(RecordData::A(Ipv4Addr::from(octets)))
        }
        "AAAA" => {
            let octets: [u8; 16] = bytes
                .try_into()
                .map_err(|_| "an AAAA record has 16 bytes")?;
            Ok(RecordData::Aaaa(Ipv6Addr::from(octets)))
        }
        _ => Ok(RecordData::Other {
            kind: kind.to_owned(),
            text: joined(words),
            bytes: u32::try_from(length).unwrap_or(u32::MAX),
        }),
    }
}

/// Bytes on the wire of the data of any other type.
fn other(kind: &str, support: Support, words: &[Word<'_>]) -> Result<u32, Wrong> {
    let size = match kind {
        "TXT" | "SPF" => strings(words)?,
        // RFC 1035 §3.3.2: processor and operating system.
        "HINFO" if words.len() == 2 => strings(words)?,
        "HINFO" => return Err(Wrong::from("data of the HINFO record is not valid")),
        "CDNSKEY" | "CDS" | "DNSKEY" | "DS" | "KEY" | "NSEC" | "NSEC3" | "NSEC3PARAM" | "RRSIG"
        | "EUI48" | "EUI64" | "NSAP" => dnssec::size(kind, words)?,
        _ if support.is_hole() && words.is_empty() && kind != "APL" && kind != "NULL" => {
            return Err(Wrong::from("data is missing"));
        }
        _ if support.is_hole() => joined(words).len(),
        // The library knows fewer keys than servers take.
        "HTTPS" | "SVCB" if by_library(kind, words).is_err() => {
            dnssec::service(kind, words)?;
            return Err(Wrong::Unmodeled);
        }
        _ => by_library(kind, words)?,
    };
    u32::try_from(size).map_err(|_| Wrong::from("data is too long"))
}

/// Bytes of character strings, each with its length byte.
fn strings(words: &[Word<'_>]) -> Result<usize, String> {
    if words.is_empty() {
        return Err("data is missing".to_owned());
    }
    let mut size = 0;
    for word in words {
        match names::string_length(word.text) {
            Some(length) if length <= 255 => size += length + 1,
            Some(_) => return Err("a string is longer than 255 bytes".to_owned()),
            None => return Err("a bad escape".to_owned()),
        }
    }
    if size > usize::from(u16::MAX) {
        return Err("data is longer than 65535 bytes".to_owned());
    }
    Ok(size)
}

/// Bytes of data that the DNS library reads.
fn by_library(kind: &str, words: &[Word<'_>]) -> Result<usize, String> {
    let number: RecordType = kind
        .parse()
        .map_err(|_| format!("data of type `{kind}` can only be given as `\\#`"))?;
    let text = joined(words);
    // What the library takes and servers refuse (RFC 8659 §4.1.1).
    let tag = words.get(1).map_or("", |word| word.text);
    let refused = match kind {
        "SSHFP" => {
            let length: usize = words.iter().skip(2).map(|word| word.text.len()).sum();
            // RFC 4255 §3.1.2, RFC 6594 §4.1: SHA-1 and SHA-256.
            (tag == "1" && length != 40) || (tag == "2" && length != 64)
        }
        "CAA" => words.len() != 3 || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        _ => false,
    };
    if refused {
        return Err(format!("data of the {kind} record is not valid"));
    }
    dnssec::service(kind, words)?;
    let Ok(parsed) = RData::try_from_str(number, &text) else {
        return Err(format!("data of the {kind} record is not valid"));
    };
    let bytes = parsed
        .to_bytes()
        .map_err(|_| format!("data of the {kind} record is not valid"))?;
    Ok(bytes.len())
}
