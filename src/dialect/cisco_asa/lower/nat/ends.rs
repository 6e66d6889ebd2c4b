//! Real and mapped addresses of a rule, and how each becomes the other.

use crate::dialect::cisco_asa::lower::object_values::Addresses;
use crate::dialect::ios_family::lower::Lowering;
use crate::model::Facet;
use crate::model::filter::AddressMatch;
use crate::model::nat::{AddressRange, NewAddress};

/// What a mapped end is.
pub(super) enum End {
    /// These addresses.
    Addresses(Addresses),
    /// The address of the interface of this name.
    Interface(String),
}

/// Real and mapped addresses, and how each becomes the other.
pub(super) struct Ends {
    /// The real ones.
    pub(super) real: AddressMatch,
    /// The mapped ones.
    pub(super) mapped: AddressMatch,
    /// What a real one becomes.
    pub(super) there: NewAddress,
    /// What a mapped one becomes.
    pub(super) back: NewAddress,
    /// The mapped ones, where they are not an interface's.
    pub(super) ranges: Vec<AddressRange>,
    /// Whether nothing changes.
    pub(super) identity: bool,
}

/// How far the last of a range is from the first.
pub(super) fn width((low, high): AddressRange) -> u32 {
    u32::from(high) - u32::from(low)
}

/// What the addresses of one range become in another as wide.
pub(super) fn becomes(from: AddressRange, to: AddressRange) -> NewAddress {
    if to.0 == to.1 {
        NewAddress::OneOf(vec![to])
    } else {
        NewAddress::Shifted { from, to: to.0 }
    }
}

/// What two ranges share.
pub(super) fn overlap(one: AddressRange, other: AddressRange) -> Option<AddressRange> {
    let shared = (one.0.max(other.0), one.1.min(other.1));
    (shared.0 <= shared.1).then_some(shared)
}

/// The subnets of an interface.
pub(super) fn subnets(lowering: &mut Lowering, index: u32) -> Vec<AddressRange> {
    match lowering.builder.at_index(index) {
        Some(Facet::Interface(interface)) => interface
            .addresses
            .iter()
            .map(|address| (address.value.net.network(), address.value.net.broadcast()))
            .collect(),
        _ => Vec::new(),
    }
}
