//! DHCP servers for IPv4 (RFC 2131, RFC 2132).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Device;
use crate::net::Ipv4Net;
use crate::source::At;

/// Settings of a DHCP server outside its scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DhcpServer {
    /// Whether it answers for subnets that it does not know with a refusal.
    pub authoritative: Option<At<bool>>,
    /// Addresses that no scope may lease.
    pub excluded: Vec<At<(Ipv4Addr, Ipv4Addr)>>,
    /// Options for every scope that does not set them itself.
    pub options: BTreeMap<u8, At<OptionValue>>,
    /// Lease times for every scope that does not set them itself.
    pub lease: LeaseTimes,
    /// Whether anything decides by class or expression who is answered; not modeled.
    pub conditional: bool,
    /// Whether the server refuses to start with these settings, and why (first error).
    pub broken: Option<At<String>>,
    /// A file that it takes statements from and that is not read.
    pub includes: Option<At<()>>,
}

/// Lease times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeaseTimes {
    /// When the client asks for none.
    pub default: Option<At<u64>>,
    /// At most.
    pub max: Option<At<u64>>,
    /// At least.
    pub min: Option<At<u64>>,
}

/// One scope: a subnet and what its clients are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DhcpScope {
    /// Name.
    pub name: String,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Subnet; `None` where the text gives none.
    pub subnet: Option<At<Ipv4Net>>,
    /// Name of the shared network it is part of.
    pub shared_network: Option<String>,
    /// Inclusive ranges that are leased.
    pub ranges: Vec<At<(Ipv4Addr, Ipv4Addr)>>,
    /// Options.
    pub options: BTreeMap<u8, At<OptionValue>>,
    /// Lease times.
    pub lease: LeaseTimes,
    /// Addresses kept for one client.
    pub reservations: Vec<At<Reservation>>,
    /// Failover partner that shares the ranges.
    pub failover_peer: Option<At<String>>,
    /// Whether unknown clients are refused.
    pub deny_unknown: Option<At<bool>>,
    /// Whether anything decides by class or expression who is answered; not modeled.
    pub conditional: bool,
}

/// An option's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// Addresses in order.
    Addresses(Vec<Ipv4Addr>),
    /// Text (or names that the server resolves itself).
    Text(String),
    /// A number.
    Number(u64),
    /// Anything else, as written.
    Raw(String),
}

/// An address kept for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Name.
    pub name: String,
    /// Hardware address or client id, lower case.
    pub client: Option<String>,
    /// Address.
    pub address: Option<Ipv4Addr>,
}

/// Seconds of a lease where no text says it: dhcpd.conf(5), `default-lease-time`, 43,200 s; Cisco
/// IOS IP Addressing command reference, `lease (DHCP)`, one day.
fn default_lease_s(device: &Device) -> u64 {
    if device.dialects.contains(&"cisco-ios") {
        86_400
    } else {
        43_200
    }
}

/// Length of a lease for a client that asks for none.
pub fn lease_s(device: &Device, scope: &DhcpScope) -> u64 {
    let pick = |read: fn(&LeaseTimes) -> Option<u64>| {
        read(&scope.lease).or_else(|| read(&device.dhcp_server("")?.lease))
    };
    let default = pick(|times| times.default.as_ref().map(|at| at.value))
        .unwrap_or_else(|| default_lease_s(device));
    let max = pick(|times| times.max.as_ref().map(|at| at.value)).unwrap_or(u64::MAX);
    let min = pick(|times| times.min.as_ref().map(|at| at.value)).unwrap_or(0);
    default.min(max).max(min)
}
