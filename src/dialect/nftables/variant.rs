//! The ways in which a rule matches, and what each condition leaves of them.

use super::condition;
use crate::model::filter::{AddressMatch, PacketMatch, PortMatch, ProtocolMatch};
use crate::model::packet_filter::{ConnectionState, Target};
use crate::net::registry::ICMP;

/// What joins the parts of a concatenated key (nft(8), "Concatenations").
pub(super) const JOINS: &str = " . ";

/// One way in which a rule matches, and what it does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variant {
    /// What it asks of the packet.
    pub(super) matches: PacketMatch,
    /// Interface that the packet enters by.
    pub(super) in_interface: Option<(String, bool)>,
    /// Interface that the packet leaves by.
    pub(super) out_interface: Option<(String, bool)>,
    /// Connection states; empty: any.
    pub(super) states: Vec<ConnectionState>,
    /// What it does.
    pub(super) target: Target,
}

/// What a selector looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `ip saddr`.
    Source,
    /// `ip daddr`.
    Destination,
    /// `sport` of these protocols.
    SourcePort(&'static [u8]),
    /// `dport` of these protocols.
    DestinationPort(&'static [u8]),
    /// `ip protocol`, `meta l4proto`.
    Protocol,
    /// `icmp type`.
    IcmpType,
    /// `iifname`.
    In,
    /// `oifname`.
    Out,
    /// `ct state`.
    State,
}

/// The variants that also have the parts of a key in their fields; none where that cannot be said.
pub(super) fn restrict_all(
    variants: &[Variant],
    fields: &[Field],
    key: &str,
) -> Option<Vec<Variant>> {
    let parts: Vec<String> = key.split(JOINS).map(str::to_owned).collect();
    if parts.len() != fields.len() {
        return None;
    }
    let mut left = variants.to_vec();
    for (field, part) in fields.iter().zip(&parts) {
        left = restrict(&left, *field, std::slice::from_ref(part), false)?;
    }
    Some(left)
}

/// The variants that also have one of these values in a field; none where that cannot be said.
pub(super) fn restrict(
    variants: &[Variant],
    field: Field,
    values: &[String],
    negated: bool,
) -> Option<Vec<Variant>> {
    let mut out = Vec::new();
    for variant in variants {
        match field {
            Field::In | Field::Out => {
                let names: Option<Vec<String>> = values
                    .iter()
                    .map(|value| condition::interface(value))
                    .collect();
                let names = names?;
                // One place of the model holds one name.
                if negated && names.len() > 1 {
                    return None;
                }
                for name in names {
                    let mut one = variant.clone();
                    let slot = if field == Field::In {
                        &mut one.in_interface
                    } else {
                        &mut one.out_interface
                    };
                    if slot.replace((name, negated)).is_some() {
                        return None;
                    }
                    out.push(one);
                }
            }
            Field::IcmpType => {
                if negated || variant.matches.icmp.is_some() {
                    return None;
                }
                for value in values {
                    let kind = condition::icmp_type(value)?;
                    let mut one = variant.clone();
                    one.matches.icmp = Some((kind, None));
                    out.extend(with_protocols(one, &[ICMP], false));
                }
            }
            Field::Source
            | Field::Destination
            | Field::SourcePort(_)
            | Field::DestinationPort(_)
            | Field::Protocol
            | Field::State => out.extend(narrowed(variant, field, values, negated)?),
        }
    }
    Some(out)
}

/// A variant that also has one of these values in a field that holds many; empty where it cannot.
fn narrowed(
    variant: &Variant,
    field: Field,
    values: &[String],
    negated: bool,
) -> Option<Vec<Variant>> {
    let mut one = variant.clone();
    match field {
        Field::Source | Field::Destination => {
            let list: Option<Vec<AddressMatch>> = values
                .iter()
                .map(|value| condition::address(value))
                .collect();
            let slot = if field == Field::Source {
                &mut one.matches.source
            } else {
                &mut one.matches.destination
            };
            if *slot != AddressMatch::Any {
                return None;
            }
            let list = AddressMatch::OneOf(list?);
            *slot = if negated {
                AddressMatch::Not(Box::new(list))
            } else {
                list
            };
        }
        Field::SourcePort(protocols) | Field::DestinationPort(protocols) => {
            let list: Option<Vec<_>> = values.iter().map(|value| condition::ports(value)).collect();
            let slot = if matches!(field, Field::SourcePort(_)) {
                &mut one.matches.source_port
            } else {
                &mut one.matches.destination_port
            };
            if *slot != PortMatch::Any {
                return None;
            }
            *slot = if negated {
                PortMatch::Not(list?)
            } else {
                PortMatch::Ranges(list?)
            };
            return Some(with_protocols(one, protocols, false).into_iter().collect());
        }
        Field::Protocol => {
            let list: Option<Vec<u8>> = values
                .iter()
                .map(|value| condition::protocol(value))
                .collect();
            return Some(with_protocols(one, &list?, negated).into_iter().collect());
        }
        Field::State => {
            let named: Option<Vec<_>> =
                values.iter().map(|value| condition::state(value)).collect();
            let named = named?;
            one.states = condition::STATES
                .into_iter()
                .filter(|state| named.contains(state) != negated)
                .filter(|state| variant.states.is_empty() || variant.states.contains(state))
                .collect();
            if one.states.is_empty() {
                return Some(Vec::new());
            }
        }
        Field::IcmpType | Field::In | Field::Out => return None,
    }
    Some(vec![one])
}

/// A variant with only those of its protocols that are among these; none where none is.
pub(super) fn with_protocols(
    mut variant: Variant,
    protocols: &[u8],
    negated: bool,
) -> Option<Variant> {
    let had = |number: u8| match &variant.matches.protocol {
        ProtocolMatch::Any => true,
        ProtocolMatch::Number(known) => *known == number,
        ProtocolMatch::OneOf(known) => known.contains(&number),
        ProtocolMatch::Group(_) => false,
    };
    let left: Vec<u8> = (0..=u8::MAX)
        .filter(|number| protocols.contains(number) != negated && had(*number))
        .collect();
    variant.matches.protocol = match left.as_slice() {
        [] => return None,
        [one] => ProtocolMatch::Number(*one),
        _ => ProtocolMatch::OneOf(left),
    };
    Some(variant)
}
