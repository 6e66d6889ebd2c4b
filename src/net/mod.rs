//! Values of networking: prefixes, ports, VLANs, domain names, well-known numbers.

mod domain_name;
pub mod mac;
pub mod registry;
mod vlan;

pub use domain_name::DomainName;
pub use ipnet::{IpNet, Ipv4Net};
pub use vlan::VlanSet;

/// An inclusive range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// Lowest port.
    pub low: u16,
    /// Highest port.
    pub high: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self {
        low: 0,
        high: u16::MAX,
    };

    /// One port.
    pub const fn one(port: u16) -> Self {
        Self {
            low: port,
            high: port,
        }
    }
}
