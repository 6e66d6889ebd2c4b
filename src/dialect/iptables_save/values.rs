//! Values of a rule's options: addresses, protocols, ports, messages and control bits.

use std::net::Ipv4Addr;

use crate::model::filter::{AddressMatch, TcpFlags};
use crate::net::{PortRange, registry};

/// An address with an optional length or mask.
pub(super) fn address(text: &str) -> Option<AddressMatch> {
    let (head, tail) = text.split_once('/').unwrap_or((text, "32"));
    let address: Ipv4Addr = head.parse().ok()?;
    let mask = if let Ok(length) = tail.parse::<u32>() {
        if length > 32 {
            return None;
        }
        u32::MAX.checked_shl(32 - length).unwrap_or(0)
    } else {
        u32::from(tail.parse::<Ipv4Addr>().ok()?)
    };
    if mask == 0 {
        return Some(AddressMatch::Any);
    }
    Some(AddressMatch::Wildcard {
        address: Ipv4Addr::from(u32::from(address) & mask),
        wildcard: Ipv4Addr::from(!mask),
    })
}

/// A protocol's number; 0 is all of them (iptables(8), `-p`).
pub(super) fn protocol(text: &str) -> Option<u8> {
    // Names as in IANA's protocol numbers.
    Some(match text.to_ascii_lowercase().as_str() {
        "all" => 0,
        "icmp" => registry::ICMP,
        "igmp" => 2,
        "tcp" => registry::TCP,
        "udp" => registry::UDP,
        "dccp" => 33,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "ospf" => registry::OSPF,
        "pim" => 103,
        "vrrp" => 112,
        "sctp" => 132,
        "udplite" => 136,
        other => other.parse().ok()?,
    })
}

/// `80`, `1024:65535`, `:1023`, `1024:`, or a service's name.
pub(super) fn ports(text: &str) -> Option<PortRange> {
    let Some((low, high)) = text.split_once(':') else {
        return port(text).map(PortRange::one);
    };
    let low = if low.is_empty() { 0 } else { port(low)? };
    let high = if high.is_empty() {
        u16::MAX
    } else {
        port(high)?
    };
    (low <= high).then_some(PortRange { low, high })
}

/// A port's number.
pub(super) fn port(text: &str) -> Option<u16> {
    // Names as in IANA's service names.
    Some(match text {
        "ssh" => 22,
        "telnet" => 23,
        "domain" => registry::PORT_DNS,
        "bootps" => registry::PORT_DHCP_SERVER,
        "bootpc" => registry::PORT_DHCP_CLIENT,
        "tftp" => 69,
        "http" => 80,
        "ntp" => registry::PORT_NTP,
        "snmp" => 161,
        "https" => 443,
        "radius" => registry::PORT_RADIUS,
        "radius-acct" => registry::PORT_RADIUS_ACCOUNTING,
        other => other.parse().ok()?,
    })
}

/// A type with an optional code, by number or by name; the outer `None` is not understood, the
/// inner is any.
#[expect(
    clippy::option_option,
    reason = "not understood and any type are told apart once, at the only caller"
)]
pub(super) fn icmp_type(text: &str) -> Option<Option<(u8, Option<u8>)>> {
    // Names as `iptables -p icmp -h` lists them; 255 is any type there.
    let named = match text {
        "any" | "255" => return Some(None),
        "echo-reply" | "pong" => (0, None),
        "destination-unreachable" => (3, None),
        "network-unreachable" => (3, Some(0)),
        "host-unreachable" => (3, Some(1)),
        "protocol-unreachable" => (3, Some(2)),
        "port-unreachable" => (3, Some(3)),
        "fragmentation-needed" => (3, Some(4)),
        "source-route-failed" => (3, Some(5)),
        "network-unknown" => (3, Some(6)),
        "host-unknown" => (3, Some(7)),
        "network-prohibited" => (3, Some(9)),
        "host-prohibited" => (3, Some(10)),
        "TOS-network-unreachable" => (3, Some(11)),
        "TOS-host-unreachable" => (3, Some(12)),
        "communication-prohibited" => (3, Some(13)),
        "host-precedence-violation" => (3, Some(14)),
        "precedence-cutoff" => (3, Some(15)),
        "source-quench" => (4, None),
        "redirect" => (5, None),
        "network-redirect" => (5, Some(0)),
        "host-redirect" => (5, Some(1)),
        "TOS-network-redirect" => (5, Some(2)),
        "TOS-host-redirect" => (5, Some(3)),
        "echo-request" | "ping" => (8, None),
        "router-advertisement" => (9, None),
        "router-solicitation" => (10, None),
        "time-exceeded" | "ttl-exceeded" => (11, None),
        "ttl-zero-during-transit" => (11, Some(0)),
        "ttl-zero-during-reassembly" => (11, Some(1)),
        "parameter-problem" => (12, None),
        "ip-header-bad" => (12, Some(0)),
        "required-option-missing" => (12, Some(1)),
        "timestamp-request" => (13, None),
        "timestamp-reply" => (14, None),
        "address-mask-request" => (17, None),
        "address-mask-reply" => (18, None),
        other => {
            let (kind, code) = other
                .split_once('/')
                .map_or((other, None), |(kind, code)| (kind, Some(code)));
            let code = match code {
                Some(code) => Some(code.parse().ok()?),
                None => None,
            };
            (kind.parse().ok()?, code)
        }
    };
    Some(Some(named))
}

/// Control bits by their names, or `ALL`, `NONE`.
pub(super) fn flag_bits(text: &str) -> Option<u8> {
    match text {
        "ALL" => Some(0x3f),
        "NONE" => Some(0),
        _ => text.split(',').try_fold(0, |bits, name| {
            Some(bits | TcpFlags::bit(&name.to_ascii_lowercase())?)
        }),
    }
}
