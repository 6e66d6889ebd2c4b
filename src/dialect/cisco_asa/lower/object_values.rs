//! What objects and groups stand for, once the whole text is known.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::dialect::ios_family::lower::Lowering;
use crate::dialect::ios_family::words::mask_length;
use crate::model::filter::{AddressMatch, GroupMember, PortMatch, ProtocolMatch};
use crate::model::nat::AddressRange;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::PortRange;
use crate::source::StatementRef;

/// The name of all addresses, which no object has.
pub(super) const ANY: &str = " any";
/// Members that are looked at: far more than rules of translation name.
const MEMBERS: usize = 4096;

/// Objects, and which of them were not read as a whole.
#[derive(Debug)]
pub(super) struct Objects {
    /// Names of those that were not.
    unread: BTreeSet<String>,
}

/// Addresses as ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    /// Object or group; none where they are written out.
    name: Option<String>,
    /// The ranges, in order.
    pub(super) ranges: Vec<AddressRange>,
}

impl Addresses {
    /// Addresses that no object has.
    pub(super) fn of(ranges: Vec<AddressRange>) -> Self {
        Self { name: None, ranges }
    }

    /// As a condition on packets.
    pub(super) fn matches(&self) -> AddressMatch {
        match &self.name {
            Some(name) if name == ANY => AddressMatch::Any,
            Some(name) => AddressMatch::Group(name.clone()),
            None => AddressMatch::OneOf(
                self.ranges
                    .iter()
                    .map(|(low, high)| AddressMatch::Range(*low, *high))
                    .collect(),
            ),
        }
    }
}

impl Objects {
    /// Objects of a text.
    pub(super) fn new(lowering: &Lowering) -> Self {
        let mut unread = BTreeSet::new();
        for statement in &lowering.builder.reading.statements {
            if let Some(parent) = statement.parent.filter(|_| statement.support.is_hole())
                && let Some(key) = lowering.builder.block(parent)
                && key.kind == FacetKind::ObjectGroup
            {
                unread.insert(key.name.to_string());
            }
        }
        Self { unread }
    }

    /// Members of an object and of the groups in it, with their statements; none where some are
    /// not known.
    fn members(
        &self,
        lowering: &mut Lowering,
        name: &str,
    ) -> Option<Vec<(GroupMember, StatementRef)>> {
        let mut open = vec![name.to_owned()];
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        while let Some(name) = open.pop() {
            if self.unread.contains(&name) || !seen.insert(name.clone()) {
                return None;
            }
            let key = FacetKey::new(FacetKind::ObjectGroup, &name);
            let Some(Facet::ObjectGroup(group)) = lowering.builder.existing(&key) else {
                return None;
            };
            for member in &group.members {
                match &member.value {
                    GroupMember::Group(inner) => open.push(inner.clone()),
                    value @ (GroupMember::Address(_) | GroupMember::Service { .. }) => {
                        found.push((value.clone(), member.at));
                    }
                }
            }
            if found.len() + open.len() > MEMBERS {
                return None;
            }
        }
        Some(found)
    }

    /// Statements that say what an object stands for.
    pub(super) fn statements(&self, lowering: &mut Lowering, name: &str) -> Vec<StatementRef> {
        let members = self.members(lowering, name).unwrap_or_default();
        members.into_iter().map(|(_, at)| at).collect()
    }

    /// The addresses of an object.
    pub(super) fn addresses(&self, lowering: &mut Lowering, name: &str) -> Option<Addresses> {
        let named = Some(name.to_owned());
        if name == ANY {
            return Some(Addresses {
                name: named,
                ranges: vec![(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST)],
            });
        }
        let mut ranges = Vec::new();
        for (member, _) in self.members(lowering, name)? {
            let GroupMember::Address(addresses) = member else {
                return None;
            };
            ranges.push(range(&addresses)?);
        }
        ranges.sort_unstable();
        ranges.dedup();
        (!ranges.is_empty()).then_some(Addresses {
            name: named,
            ranges,
        })
    }

    /// Protocol, source and destination port of an object of one service.
    pub(super) fn service(
        &self,
        lowering: &mut Lowering,
        name: &str,
    ) -> Option<(u8, Option<u16>, Option<u16>)> {
        let members = self.members(lowering, name)?;
        let [
            (
                GroupMember::Service {
                    protocol,
                    source_port,
                    destination_port,
                    icmp: None,
                },
                _,
            ),
        ] = members.as_slice()
        else {
            return None;
        };
        let ProtocolMatch::Number(number) = protocol else {
            return None;
        };
        Some((*number, port(source_port)?, port(destination_port)?))
    }
}

/// The one port that a match asks for, or none; `None` where it is several.
#[expect(
    clippy::option_option,
    reason = "no port asked for, and no single port, are two things"
)]
fn port(ports: &PortMatch) -> Option<Option<u16>> {
    match ports {
        PortMatch::Any => Some(None),
        PortMatch::Ranges(ranges) => match ranges.as_slice() {
            [PortRange { low, high }] if low == high => Some(Some(*low)),
            _ => None,
        },
        PortMatch::Group(_) | PortMatch::Not(_) => None,
    }
}

/// Addresses that follow each other, as a range.
fn range(addresses: &AddressMatch) -> Option<AddressRange> {
    match addresses {
        AddressMatch::Any => Some((Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST)),
        AddressMatch::Range(low, high) => Some((*low, *high)),
        AddressMatch::Wildcard { address, wildcard } => {
            let (base, free) = (u32::from(*address), u32::from(*wildcard));
            mask_length(Ipv4Addr::from(!free))?;
            Some((Ipv4Addr::from(base & !free), Ipv4Addr::from(base | free)))
        }
        AddressMatch::Group(_)
        | AddressMatch::Interface(_)
        | AddressMatch::Not(_)
        | AddressMatch::OneOf(_)
        | AddressMatch::AllOf(_)
        | AddressMatch::Kind(_) => None,
    }
}
