//! Boxes of packets and their form for packet sets.

use std::net::Ipv4Addr;

use crate::set::Field;

use super::PacketBox;

impl PacketBox {
    /// Every IPv4 packet.
    pub const ALL: Self = Self {
        protocol: (0, u8::MAX),
        source: (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST),
        destination: (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST),
        source_port: (0, u16::MAX),
        destination_port: (0, u16::MAX),
        established: (0, 1),
        dscp: (0, 63),
    };

    /// The ranges for [`crate::set::Arena::from_box`].
    pub fn ranges(&self) -> [(Field, u32, u32); 7] {
        let wide = |(low, high): (u16, u16)| (u32::from(low), u32::from(high));
        let narrow = |(low, high): (u8, u8)| (u32::from(low), u32::from(high));
        let address = |(low, high): (Ipv4Addr, Ipv4Addr)| (u32::from(low), u32::from(high));
        let row = |field, (low, high): (u32, u32)| (field, low, high);
        [
            row(Field::Protocol, narrow(self.protocol)),
            row(Field::Destination, address(self.destination)),
            row(Field::Source, address(self.source)),
            row(Field::DestinationPort, wide(self.destination_port)),
            row(Field::SourcePort, wide(self.source_port)),
            row(Field::TcpState, narrow(self.established)),
            row(Field::Dscp, narrow(self.dscp)),
        ]
    }
}

impl PacketBox {
    /// Whether every packet is in the other box too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.ranges()
            .iter()
            .zip(other.ranges())
            .all(|((_, low, high), (_, first, last))| first <= *low && *high <= last)
    }

    /// Whether a packet is in both boxes.
    pub fn meets(&self, other: &Self) -> bool {
        self.ranges()
            .iter()
            .zip(other.ranges())
            .all(|((_, low, high), (_, first, last))| first <= *high && *low <= last)
    }

    /// The box that a packet set lists.
    pub fn of(listed: &crate::set::PacketBox<u32>) -> Self {
        let wide = |field| {
            let (low, high) = listed.range(field);
            (
                u16::try_from(low).unwrap_or(u16::MAX),
                u16::try_from(high).unwrap_or(u16::MAX),
            )
        };
        let narrow = |field| {
            let (low, high) = listed.range(field);
            (
                u8::try_from(low).unwrap_or(u8::MAX),
                u8::try_from(high).unwrap_or(u8::MAX),
            )
        };
        let address = |field| {
            let (low, high) = listed.range(field);
            (Ipv4Addr::from(low), Ipv4Addr::from(high))
        };
        Self {
            protocol: narrow(Field::Protocol),
            source: address(Field::Source),
            destination: address(Field::Destination),
            source_port: wide(Field::SourcePort),
            destination_port: wide(Field::DestinationPort),
            established: narrow(Field::TcpState),
            dscp: narrow(Field::Dscp),
        }
    }
}
