//! ACLs: every line names its ACL, addresses have subnet masks.
//!
//! Cisco ASA firewall configuration guide, "Access Control Lists".

use std::net::Ipv4Addr;

use super::names::{port, protocol};
use super::{object, zeros};
use crate::dialect::ios_family::lower::{Gap, Line, Lowered, Lowering, number, packet, some};
use crate::dialect::ios_family::words::mask_length;
use crate::model::filter::{
    Acl, AclLine, Action, AddressMatch, PacketMatch, PortMatch, ProtocolMatch,
};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::{Ipv4Net, PortRange, registry};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Distance between the sequence numbers that lines get here; the device prints none.
const STEP: u32 = 10;
/// The line is known and not expressed by the model.
const UNMODELED: Gap = Gap::Support(Support::Unmodeled(Effect::Filter));

/// `access-list NAME …`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(1))?.to_owned();
    let key = FacetKey::new(FacetKind::Acl, &name);
    lowering.builder.contribute(line.at, &key);
    // A hole of this line is about this ACL.
    lowering.builder.open_block(line.at, &key);
    let defined_at = Some(At::new((), line.at));
    let facet = lowering.builder.facet(&key, || {
        Facet::Acl(Acl {
            name,
            defined_at,
            lines: Vec::new(),
        })
    });
    let Facet::Acl(acl) = facet else {
        return Err(Gap::Odd);
    };
    let last = acl.lines.last().map_or(0, |line| line.sequence);
    let sequence = last.saturating_add(STEP);
    let count = acl.lines.len();
    lowering.builder.set_position(line.at, sequence);
    let odd = |gap| match gap {
        Gap::Odd => Gap::Support(Support::Unrecognized(Effect::Filter)),
        Gap::Support(_) => gap,
    };
    let standard = line.low.get(2) == Some(&"standard");
    let kind = usize::from(standard || line.low.get(2) == Some(&"extended"));
    let words = Words {
        low: line.low.get(2 + kind..).unwrap_or(&[]),
        raw: line.raw.get(2 + kind..).unwrap_or(&[]),
    };
    let holds_ports = |name: &str| lowering.switched(&object::of_ports(name)).is_some();
    let Some((action, matches)) = read(words, standard, &holds_ports).map_err(odd)? else {
        return Ok(());
    };
    if line.negated {
        lowering.spend(count)?;
    }
    let Some(Facet::Acl(acl)) = lowering.builder.existing(&key) else {
        return Err(Gap::Odd);
    };
    if line.negated {
        acl.lines
            .retain(|known| known.action != action || known.matches != matches);
        return Ok(());
    }
    acl.lines.push(AclLine {
        at: line.at,
        sequence,
        action,
        matches,
    });
    Ok(())
}

/// Words that are taken one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'w, 'a> {
    /// In lower case.
    pub(super) low: &'w [&'a str],
    /// As written.
    pub(super) raw: &'w [&'a str],
}

impl<'a> Words<'_, 'a> {
    /// The next word, which stays.
    pub(super) fn peek(&self) -> &'a str {
        self.low.first().copied().unwrap_or("")
    }

    /// Takes the next word; as written.
    pub(super) fn take(&mut self) -> Result<&'a str, Gap> {
        let raw = some(self.raw.first().copied())?;
        self.low = self.low.get(1..).unwrap_or(&[]);
        self.raw = self.raw.get(1..).unwrap_or(&[]);
        Ok(raw)
    }

    /// Takes the next word where it is this one.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        let is = self.peek() == word;
        if is {
            let _ = self.take();
        }
        is
    }
}

/// What a line from its action on does; none where it does nothing to IPv4.
fn read(
    mut words: Words<'_, '_>,
    standard: bool,
    holds_ports: &dyn Fn(&str) -> bool,
) -> Result<Option<(Action, PacketMatch)>, Gap> {
    let action = match words.peek() {
        "permit" => Action::Permit,
        "deny" => Action::Deny,
        _ => return Err(UNMODELED),
    };
    words.take()?;
    if standard {
        let source = endpoint(&mut words)?;
        let matches = PacketMatch {
            source: some(source)?,
            ..PacketMatch::default()
        };
        return match words.peek() {
            "" => Ok(Some((action, matches))),
            _ => Err(UNMODELED),
        };
    }
    let mut matches = PacketMatch::default();
    let first = words.take()?;
    matches.protocol = match first.to_ascii_lowercase().as_str() {
        "object" | "object-group" => ProtocolMatch::Group(words.take()?.to_owned()),
        word => some(protocol(word))?,
    };
    let source = endpoint(&mut words)?;
    matches.source_port = ports(&mut words, &matches.protocol, holds_ports)?;
    let destination = endpoint(&mut words)?;
    matches.destination_port = ports(&mut words, &matches.protocol, holds_ports)?;
    let mut inactive = false;
    while !words.peek().is_empty() {
        inactive |= option(&mut words, &mut matches)?;
    }
    let (Some(source), Some(destination)) = (source, destination) else {
        return Ok(None);
    };
    matches.source = source;
    matches.destination = destination;
    Ok((!inactive).then_some((action, matches)))
}

/// Addresses; none where there is none of IPv4 among them.
fn endpoint(words: &mut Words<'_, '_>) -> Result<Option<AddressMatch>, Gap> {
    let word = words.peek();
    let raw = words.take()?;
    Ok(Some(match word {
        "any" | "any4" => AddressMatch::Any,
        "any6" => return Ok(None),
        "host" => match words.take()? {
            one if one.contains(':') => return Ok(None),
            one => host(some(zeros(one))?),
        },
        "object" | "object-group" => AddressMatch::Group(words.take()?.to_owned()),
        // The name becomes the full one once the whole text is known.
        "interface" => AddressMatch::Interface(words.take()?.to_owned()),
        _ if word.contains(':') => return Ok(None),
        _ => subnet(some(zeros(raw))?, some(zeros(words.take()?))?)?,
    }))
}

/// One address.
pub(super) fn host(address: Ipv4Addr) -> AddressMatch {
    AddressMatch::Wildcard {
        address,
        wildcard: Ipv4Addr::UNSPECIFIED,
    }
}

/// The addresses of a subnet.
pub(super) fn subnet(base: Ipv4Addr, mask: Ipv4Addr) -> Result<AddressMatch, Gap> {
    let length = some(mask_length(mask))?;
    let net = some(Ipv4Net::new(base, length).ok())?;
    Ok(AddressMatch::Wildcard {
        address: net.network(),
        wildcard: net.hostmask(),
    })
}

/// Ports, where there are any.
fn ports(
    words: &mut Words<'_, '_>,
    protocol: &ProtocolMatch,
    holds_ports: &dyn Fn(&str) -> bool,
) -> Result<PortMatch, Gap> {
    let takes_ports = match protocol {
        ProtocolMatch::Number(number) => matches!(*number, registry::TCP | registry::UDP),
        ProtocolMatch::OneOf(_) | ProtocolMatch::Group(_) => true,
        ProtocolMatch::Any => false,
    };
    match words.peek() {
        "eq" | "neq" | "lt" | "gt" | "range" if takes_ports => {
            let number = match protocol {
                ProtocolMatch::Number(number) => *number,
                ProtocolMatch::Any | ProtocolMatch::OneOf(_) | ProtocolMatch::Group(_) => {
                    registry::TCP
                }
            };
            operator(words, number)
        }
        // A group of addresses may come here as well: the destination.
        "object-group" if takes_ports && words.raw.get(1).is_some_and(|name| holds_ports(name)) => {
            words.take()?;
            Ok(PortMatch::Group(words.take()?.to_owned()))
        }
        _ => Ok(PortMatch::Any),
    }
}

/// An operator with its ports.
pub(super) fn operator(words: &mut Words<'_, '_>, protocol: u8) -> Result<PortMatch, Gap> {
    let operator = words.peek();
    words.take()?;
    let mut one = || some(port(&words.take()?.to_ascii_lowercase(), protocol));
    let ranges = |low, high| PortMatch::Ranges(vec![PortRange { low, high }]);
    Ok(match operator {
        "eq" => PortMatch::Ranges(vec![PortRange::one(one()?)]),
        "neq" => PortMatch::Not(vec![PortRange::one(one()?)]),
        "lt" => ranges(0, some(one()?.checked_sub(1))?),
        "gt" => ranges(some(one()?.checked_add(1))?, u16::MAX),
        "range" => {
            let (low, high) = (one()?, one()?);
            ranges(low.min(high), low.max(high))
        }
        _ => return Err(Gap::Odd),
    })
}

/// One option after the addresses; whether it puts the line out of use.
fn option(words: &mut Words<'_, '_>, matches: &mut PacketMatch) -> Result<bool, Gap> {
    let word = words.peek();
    words.take()?;
    match word {
        "inactive" => return Ok(true),
        "log" => {
            // A level, and how often.
            while !matches!(words.peek(), "" | "time-range" | "inactive") {
                words.take()?;
            }
        }
        "time-range" => matches.condition = Some(packet::active(words.take()?)),
        "object-group" if matches.protocol == ProtocolMatch::Number(registry::ICMP) => {
            matches.protocol = ProtocolMatch::Group(words.take()?.to_owned());
        }
        _ if matches.protocol == ProtocolMatch::Number(registry::ICMP)
            && matches.icmp.is_none() =>
        {
            matches.icmp = Some(icmp(word, words)?);
        }
        // Users, security groups, and what later releases add.
        _ => return Err(UNMODELED),
    }
    Ok(false)
}

/// An ICMP type by name or number, with a code where one follows.
pub(super) fn icmp(word: &str, words: &mut Words<'_, '_>) -> Result<(u8, Option<u8>), Gap> {
    let (kind, code) = match packet::icmp(word) {
        Some(known) => known,
        None => (number(word)?, None),
    };
    if code.is_none()
        && let Ok(code) = words.peek().parse()
    {
        words.take()?;
        return Ok((kind, Some(code)));
    }
    Ok((kind, code))
}

/// Gives interfaces in lines their full names, and says which ACLs filter nothing.
pub(super) fn finish(lowering: &mut Lowering, interfaces: &super::names::Interfaces) {
    let mut unread = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        let Facet::Acl(acl) = facet else { continue };
        // Remarks alone, or lines out of use: what the device makes of these is not modeled.
        if acl.lines.is_empty()
            && let Some(defined) = acl.defined_at
        {
            unread.push(defined.at);
        }
        for line in &mut acl.lines {
            for end in [&mut line.matches.source, &mut line.matches.destination] {
                if let AddressMatch::Interface(name) = end {
                    match interfaces.get(&name.to_ascii_lowercase()) {
                        Some(named) => name.clone_from(&named.full),
                        None => unread.push(line.at),
                    }
                }
            }
        }
    }
    for at in unread {
        let support = Support::Unmodeled(Effect::Filter);
        lowering.builder.set_support(at, support);
    }
}
