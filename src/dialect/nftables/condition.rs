//! Values that rules and sets of nftables name: addresses, ports, protocols, states.

use std::net::Ipv4Addr;

use crate::model::filter::AddressMatch;
use crate::model::packet_filter::ConnectionState;
use crate::net::{Ipv4Net, PortRange, registry};

/// An address, a prefix or a range of addresses.
pub(super) fn address(text: &str) -> Option<AddressMatch> {
    if let Some((low, high)) = text.split_once('-') {
        let (low, high): (Ipv4Addr, Ipv4Addr) = (low.parse().ok()?, high.parse().ok()?);
        return (low <= high).then_some(AddressMatch::Range(low, high));
    }
    if text == "*" {
        return Some(AddressMatch::Any);
    }
    let net: Ipv4Net = if text.contains('/') {
        text.parse().ok()?
    } else {
        text.parse::<Ipv4Addr>().ok()?.into()
    };
    Some(AddressMatch::Range(net.network(), net.broadcast()))
}

/// A port, a range of ports or a service's name.
pub(super) fn ports(text: &str) -> Option<PortRange> {
    if let Some((low, high)) = text.split_once('-')
        && let (Ok(low), Ok(high)) = (low.parse::<u16>(), high.parse::<u16>())
    {
        return (low <= high).then_some(PortRange { low, high });
    }
    // Names as in IANA's service names.
    let port = match text {
        "ssh" => 22,
        "telnet" => 23,
        "smtp" => 25,
        "domain" => registry::PORT_DNS,
        "bootps" => registry::PORT_DHCP_SERVER,
        "bootpc" => registry::PORT_DHCP_CLIENT,
        "tftp" => 69,
        "http" => 80,
        "ntp" => registry::PORT_NTP,
        "snmp" => 161,
        "ldap" => 389,
        "https" => 443,
        "ldaps" => 636,
        "radius" => registry::PORT_RADIUS,
        "radius-acct" => registry::PORT_RADIUS_ACCOUNTING,
        other => other.parse().ok()?,
    };
    Some(PortRange::one(port))
}

/// A protocol's number.
pub(super) fn protocol(text: &str) -> Option<u8> {
    // Names as in IANA's protocol numbers.
    Some(match text {
        "icmp" => registry::ICMP,
        "igmp" => 2,
        "tcp" => registry::TCP,
        "udp" => registry::UDP,
        "dccp" => 33,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmpv6" | "ipv6-icmp" => 58,
        "ospf" => registry::OSPF,
        "vrrp" => 112,
        "sctp" => 132,
        "udplite" => 136,
        other => other.parse().ok()?,
    })
}

/// An ICMP type by number or by name (nft(8), ICMP TYPE TYPE).
pub(super) fn icmp_type(text: &str) -> Option<u8> {
    Some(match text {
        "echo-reply" => registry::ICMP_ECHO_REPLY,
        "destination-unreachable" => 3,
        "source-quench" => 4,
        "redirect" => 5,
        "echo-request" => registry::ICMP_ECHO_REQUEST,
        "router-advertisement" => 9,
        "router-solicitation" => 10,
        "time-exceeded" => 11,
        "parameter-problem" => 12,
        "timestamp-request" => 13,
        "timestamp-reply" => 14,
        "info-request" => 15,
        "info-reply" => 16,
        "address-mask-request" => 17,
        "address-mask-reply" => 18,
        other => other.parse().ok()?,
    })
}

/// A state of connection tracking.
pub(super) fn state(text: &str) -> Option<ConnectionState> {
    Some(match text {
        "new" => ConnectionState::New,
        "established" => ConnectionState::Established,
        "related" => ConnectionState::Related,
        "invalid" => ConnectionState::Invalid,
        "untracked" => ConnectionState::Untracked,
        _ => return None,
    })
}

/// Every state.
pub(super) const STATES: [ConnectionState; 5] = [
    ConnectionState::New,
    ConnectionState::Established,
    ConnectionState::Related,
    ConnectionState::Invalid,
    ConnectionState::Untracked,
];

/// An interface's name, with the mark for any rest that the model has.
pub(super) fn interface(text: &str) -> Option<String> {
    let name = text.trim_matches('"');
    if name.is_empty() || name.contains('\\') {
        return None;
    }
    Some(match name.strip_suffix('*') {
        Some(head) => format!("{head}+"),
        None => name.to_owned(),
    })
}
