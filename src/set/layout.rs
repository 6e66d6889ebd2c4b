//! Fields of a packet, their order in a diagram and their largest values.

use std::fmt::Debug;
use std::hash::Hash;

/// One dimension of a packet set, in the order of the diagram's levels.
///
/// The order is measured: selective fields first and ports last keeps diagrams small, ports before
/// addresses makes them explode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// IP protocol number (RFC 791 §3.1) or last next header (RFC 8200 §3).
    Protocol,
    /// Destination address.
    Destination,
    /// Source address.
    Source,
    /// Destination port; for ICMP `type << 8 | code` (RFC 792, RFC 4443 §2.1).
    DestinationPort,
    /// Source port.
    SourcePort,
    /// 1 if ACK or RST is set (RFC 9293 §3.1), which is what `established` matches, else 0.
    TcpState,
    /// Differentiated services code point (RFC 2474 §3).
    Dscp,
}

impl Field {
    /// All fields in the order of the diagram's levels.
    pub const ALL: [Self; 7] = [
        Self::Protocol,
        Self::Destination,
        Self::Source,
        Self::DestinationPort,
        Self::SourcePort,
        Self::TcpState,
        Self::Dscp,
    ];

    /// The number of fields.
    pub const COUNT: usize = Self::ALL.len();

    /// Level of this field in a diagram, 0 at the root.
    pub(super) const fn level(self) -> usize {
        self as usize
    }
}

/// A value of a field: `u32` where addresses are IPv4, `u128` where they are IPv6.
pub trait Bound: Copy + Ord + Hash + Debug + From<u8> + From<u16> + From<u32> + Into<u128> {
    /// The smallest value.
    const ZERO: Self;
    /// The largest value, which is the largest address.
    const MAX: Self;

    /// The value after this one, or none after the largest.
    fn successor(self) -> Option<Self>;

    /// The value before this one, or none before the smallest.
    fn predecessor(self) -> Option<Self>;

    /// The same number, or the largest value where it does not fit.
    fn saturating_from(number: u128) -> Self;
}

impl Bound for u32 {
    const ZERO: Self = 0;
    const MAX: Self = Self::MAX;

    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn predecessor(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn saturating_from(number: u128) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl Bound for u128 {
    const ZERO: Self = 0;
    const MAX: Self = Self::MAX;

    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn predecessor(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn saturating_from(number: u128) -> Self {
        number
    }
}

/// The largest value of every field; the universe that sets are subsets of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout<B> {
    /// Largest values by level.
    maxima: [B; Field::COUNT],
}

impl<B: Bound> Layout<B> {
    /// The layout with these largest values; a field that is not listed has the single value 0.
    pub fn new(dimensions: &[(Field, B)]) -> Self {
        Self {
            maxima: by_level(dimensions),
        }
    }

    /// The layout of real packets, whose addresses fill the bound type.
    pub fn packets() -> Self {
        Self::new(&[
            (Field::Protocol, B::from(u8::MAX)),
            (Field::Destination, B::MAX),
            (Field::Source, B::MAX),
            (Field::DestinationPort, B::from(u16::MAX)),
            (Field::SourcePort, B::from(u16::MAX)),
            (Field::TcpState, B::from(1_u8)),
            (Field::Dscp, B::from(63_u8)),
        ])
    }

    /// Largest value of a field.
    pub fn maximum(&self, field: Field) -> B {
        self.at(field.level())
    }

    /// Largest value at a level; 0 below the last one.
    pub(super) fn at(&self, level: usize) -> B {
        self.maxima.get(level).copied().unwrap_or(B::ZERO)
    }
}

/// One packet: a value for every field, ordered by the diagram's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet<B> {
    /// Values by level.
    values: [B; Field::COUNT],
}

impl<B: Bound> Packet<B> {
    /// The packet with these values; a field that is not listed is 0.
    pub fn new(values: &[(Field, B)]) -> Self {
        Self {
            values: by_level(values),
        }
    }

    /// Value of a field.
    pub fn value(&self, field: Field) -> B {
        self.at(field.level())
    }

    /// The same packet with another value in one field.
    #[must_use]
    pub fn with(mut self, field: Field, value: B) -> Self {
        self.put(field.level(), value);
        self
    }

    /// Value at a level.
    pub(super) fn at(&self, level: usize) -> B {
        self.values.get(level).copied().unwrap_or(B::ZERO)
    }

    /// Writes the value at a level.
    pub(super) fn put(&mut self, level: usize, value: B) {
        if let Some(slot) = self.values.get_mut(level) {
            *slot = value;
        }
    }
}

/// An array by level of values listed by field, 0 where none is listed.
fn by_level<B: Bound>(listed: &[(Field, B)]) -> [B; Field::COUNT] {
    let mut values = [B::ZERO; Field::COUNT];
    for &(field, value) in listed {
        if let Some(slot) = values.get_mut(field.level()) {
            *slot = value;
        }
    }
    values
}
