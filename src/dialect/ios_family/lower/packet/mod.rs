//! What a line of an ACL asks of a packet.
//!
//! What cannot be expressed exactly is an unmodeled line, never an approximation.

use super::{Gap, number};
use crate::dialect::ios_family::words::address;
use crate::model::filter::{
    AddressMatch, PacketMatch, PortMatch, ProtocolMatch, Reflection, TcpFlags,
};
use crate::net::{PortRange, registry};
use crate::syntax::{Effect, Support};

mod names;

pub(in crate::dialect) use names::{icmp, port, protocol};

/// The line is known and not expressed by the model.
const UNMODELED: Gap = Gap::Support(Support::Unmodeled(Effect::Filter));

/// Words that are taken one after the other.
struct Reader<'w, 'a> {
    /// Whether addresses have prefix lengths.
    prefixes: bool,
    /// In lower case.
    low: &'w [&'a str],
    /// As written.
    raw: &'w [&'a str],
}

impl<'a> Reader<'_, 'a> {
    /// The next word, without taking it.
    fn peek(&self) -> &'a str {
        self.low.first().copied().unwrap_or("")
    }

    /// Takes the next word, as written.
    fn take(&mut self) -> Result<&'a str, Gap> {
        let (Some((_, low)), Some((first, raw))) = (self.low.split_first(), self.raw.split_first())
        else {
            return Err(Gap::Odd);
        };
        self.low = low;
        self.raw = raw;
        Ok(first)
    }
}

/// Whether a word is the number of an ACL for IPv4 (Cisco IOS Security Command Reference,
/// "access-list").
pub(super) fn is_acl_number(word: &str) -> bool {
    let number: Result<u32, _> = word.parse();
    number.is_ok_and(|number| matches!(number, 1..=199 | 1300..=2699))
}

/// How the lines of an ACL are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// They say the source alone.
    pub(super) standard: bool,
    /// Addresses have prefix lengths.
    pub(super) prefixes: bool,
}

/// The words after `permit` or `deny`.
pub(super) fn parse(form: Form, low: &[&str], raw: &[&str]) -> Result<PacketMatch, Gap> {
    let mut reader = Reader {
        low,
        raw,
        prefixes: form.prefixes,
    };
    if form.standard {
        let source = source(&mut reader)?;
        if !matches!(reader.peek(), "" | "log") {
            return Err(UNMODELED);
        }
        return Ok(PacketMatch {
            source,
            ..PacketMatch::default()
        });
    }
    let mut matches = PacketMatch::default();
    let first = reader.take()?;
    matches.protocol = match first.to_ascii_lowercase().as_str() {
        "object-group" => ProtocolMatch::Group(reader.take()?.to_owned()),
        word => protocol(word).ok_or(Gap::Odd)?,
    };
    matches.source = endpoint(&mut reader)?;
    matches.source_port = ports(&mut reader, &matches.protocol)?;
    matches.destination = endpoint(&mut reader)?;
    matches.destination_port = ports(&mut reader, &matches.protocol)?;
    while !reader.peek().is_empty() {
        option(&mut reader, &mut matches)?;
    }
    Ok(matches)
}

/// The source of a standard line: a wildcard may be missing.
fn source(reader: &mut Reader<'_, '_>) -> Result<AddressMatch, Gap> {
    let Some(host) = address(reader.peek()) else {
        return endpoint(reader);
    };
    reader.take()?;
    let wildcard = match address(reader.peek()) {
        Some(wildcard) => {
            reader.take()?;
            wildcard
        }
        None => std::net::Ipv4Addr::UNSPECIFIED,
    };
    Ok(AddressMatch::Wildcard {
        address: host,
        wildcard,
    })
}

/// `any`, `host A`, `A W`, `object-group G`, `addrgroup G`.
fn endpoint(reader: &mut Reader<'_, '_>) -> Result<AddressMatch, Gap> {
    let word = reader.peek();
    let raw = reader.take()?;
    match word {
        "any" => Ok(AddressMatch::Any),
        "host" => Ok(AddressMatch::Wildcard {
            address: address(reader.take()?).ok_or(Gap::Odd)?,
            wildcard: std::net::Ipv4Addr::UNSPECIFIED,
        }),
        "object-group" | "addrgroup" => Ok(AddressMatch::Group(reader.take()?.to_owned())),
        _ if reader.prefixes && word.contains('/') => {
            let prefix: crate::net::Ipv4Net = number(word)?;
            Ok(AddressMatch::Wildcard {
                address: prefix.network(),
                wildcard: prefix.hostmask(),
            })
        }
        _ => Ok(AddressMatch::Wildcard {
            address: address(raw).ok_or(Gap::Odd)?,
            wildcard: address(reader.take()?).ok_or(Gap::Odd)?,
        }),
    }
}

/// Ports, where there are any.
fn ports(reader: &mut Reader<'_, '_>, protocol: &ProtocolMatch) -> Result<PortMatch, Gap> {
    if !matches!(
        reader.peek(),
        "eq" | "neq" | "lt" | "gt" | "range" | "portgroup"
    ) {
        return Ok(PortMatch::Any);
    }
    let number = match protocol {
        ProtocolMatch::Number(number @ (registry::TCP | registry::UDP)) => *number,
        // Ports of other protocols (SCTP) are no part of the model.
        ProtocolMatch::Any
        | ProtocolMatch::Number(_)
        | ProtocolMatch::OneOf(_)
        | ProtocolMatch::Group(_) => return Err(UNMODELED),
    };
    let mut rest: Vec<&str> = Vec::new();
    let operator = reader.peek();
    reader.take()?;
    if operator == "portgroup" {
        return Ok(PortMatch::Group(reader.take()?.to_owned()));
    }
    let most = match operator {
        // Cisco IOS Security Command Reference, "permit (IP)": up to ten ports.
        "eq" | "neq" => 10,
        "range" => 2,
        _ => 1,
    };
    while rest.len() < most && port(reader.peek(), number).is_some() {
        rest.push(reader.peek());
        reader.take()?;
    }
    port_match(operator, &rest, number)
}

/// The ports that an operator with its arguments matches.
pub(super) fn port_match(operator: &str, words: &[&str], protocol: u8) -> Result<PortMatch, Gap> {
    let mut numbers = Vec::new();
    for word in words {
        numbers.push(port(word, protocol).ok_or(Gap::Odd)?);
    }
    let range = |low: u16, high: u16| Ok(PortMatch::Ranges(vec![PortRange { low, high }]));
    match (operator, numbers.as_slice()) {
        ("eq", [_, ..]) => Ok(PortMatch::Ranges(
            numbers.into_iter().map(PortRange::one).collect(),
        )),
        ("neq", [_, ..]) => Ok(PortMatch::Not(
            numbers.into_iter().map(PortRange::one).collect(),
        )),
        ("range", [low, high]) => range(*low.min(high), *low.max(high)),
        ("lt", [bound]) if *bound > 0 => range(0, bound - 1),
        ("gt", [bound]) if *bound < u16::MAX => range(bound + 1, u16::MAX),
        _ => Err(Gap::Odd),
    }
}

/// One word after the destination.
fn option(reader: &mut Reader<'_, '_>, matches: &mut PacketMatch) -> Result<(), Gap> {
    let word = reader.peek();
    reader.take()?;
    match word {
        "established" if matches.protocol == ProtocolMatch::Number(registry::TCP) => {
            matches.flags = Some(TcpFlags::established());
        }
        "fragments" => matches.fragments = true,
        "log" | "log-input" => {
            // A word of the log's cookie may follow.
            if !matches!(
                reader.peek(),
                "" | "time-range" | "fragments" | "dscp" | "established"
            ) {
                reader.take()?;
            }
        }
        "time-range" => matches.condition = Some(active(reader.take()?)),
        "reflect" if matches.reflection.is_none() => {
            matches.reflection = Some(Reflection::Into(reader.take()?.to_owned()));
            if reader.peek() == "timeout" {
                reader.take()?;
                reader.take()?;
            }
        }
        "match-any" | "match-all" if is_tcp(matches) && matches.flags.is_none() => {
            matches.flags = Some(flags(reader, word == "match-all")?);
        }
        word if is_tcp(matches) && matches.flags.is_none() && TcpFlags::bit(word).is_some() => {
            // Of several bare names releases differ in whether all must be set.
            if TcpFlags::bit(reader.peek()).is_some() {
                return Err(UNMODELED);
            }
            let bit = TcpFlags::bit(word).unwrap_or(0);
            matches.flags = Some(TcpFlags {
                any_of: vec![(bit, bit)],
                negated: false,
            });
        }
        // What is left to say is part of the condition.
        "ttl" | "tos" | "precedence" | "option" => {
            let mut words = vec![word];
            while !reader.peek().is_empty() {
                words.push(reader.peek());
                reader.take()?;
            }
            matches.condition = Some(format!("whether `{}` holds", words.join(" ")));
        }
        "dscp" => {
            let value = reader.take()?.to_ascii_lowercase();
            matches.dscp = Some(names::dscp(&value).ok_or(Gap::Odd)?);
        }
        _ if matches.protocol == ProtocolMatch::Number(registry::ICMP)
            && matches.icmp.is_none() =>
        {
            matches.icmp = Some(match icmp(word) {
                Some(known) => known,
                None => (number(word).map_err(|_| UNMODELED)?, None),
            });
            if let Some((kind, None)) = matches.icmp
                && let Ok(code) = reader.peek().parse()
            {
                matches.icmp = Some((kind, Some(code)));
                reader.take()?;
            }
        }
        // What later releases add.
        _ => return Err(UNMODELED),
    }
    Ok(())
}

/// Whether a line is about TCP alone.
fn is_tcp(matches: &PacketMatch) -> bool {
    matches.protocol == ProtocolMatch::Number(registry::TCP)
}

/// What is not known of a line with a time range.
pub(in crate::dialect) fn active(time_range: &str) -> String {
    format!("when time range {time_range} is active")
}

/// The bits after `match-any` or `match-all`: `+` is set, `-` is not.
fn flags(reader: &mut Reader<'_, '_>, all: bool) -> Result<TcpFlags, Gap> {
    let mut tests = Vec::new();
    while let Some((sign, name)) = reader.peek().split_at_checked(1)
        && matches!(sign, "+" | "-")
    {
        let bit = TcpFlags::bit(name).ok_or(Gap::Odd)?;
        tests.push((bit, if sign == "+" { bit } else { 0 }));
        reader.take()?;
    }
    if tests.is_empty() {
        return Err(Gap::Odd);
    }
    if all {
        let both = |(looked, set): (u8, u8), (more, bits): &(u8, u8)| (looked | more, set | bits);
        tests = vec![tests.iter().fold((0, 0), both)];
    }
    Ok(TcpFlags {
        any_of: tests,
        negated: false,
    })
}
