//! Names of protocols, ports, ICMP messages and DSCP values as IOS and its relatives write them.
//!
//! Cisco IOS Security Command Reference, "permit (IP)" and "access-list (IP extended)"; EOS user
//! manual, "ACLs and route maps", and its `default-control-plane-acl`; numbers are IANA's.

use crate::model::filter::ProtocolMatch;
use crate::net::registry;

/// A protocol by name or number.
pub(in crate::dialect) fn protocol(word: &str) -> Option<ProtocolMatch> {
    let number = match word {
        "ip" | "ipv4" => return Some(ProtocolMatch::Any),
        "tcp-udp" => return Some(ProtocolMatch::OneOf(vec![registry::TCP, registry::UDP])),
        "tcp" => registry::TCP,
        "udp" => registry::UDP,
        "icmp" => registry::ICMP,
        "ospf" => registry::OSPF,
        "igmp" => 2,
        "ipinip" => 4,
        "gre" => 47,
        "igrp" => 9,
        "rsvp" => 46,
        "vrrp" => 112,
        "esp" => 50,
        "ahp" => 51,
        "eigrp" => 88,
        "nos" => 94,
        "pim" => 103,
        "pcp" => 108,
        "sctp" => 132,
        _ => word.parse().ok()?,
    };
    Some(ProtocolMatch::Number(number))
}

/// A port by name or number.
pub(in crate::dialect) fn port(word: &str, protocol: u8) -> Option<u16> {
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    let table = if protocol == registry::TCP { TCP } else { UDP };
    let names = table.iter().chain(BOTH);
    names
        .copied()
        .find(|(name, _)| *name == word)
        .map(|(_, number)| number)
}

/// Ports of TCP and UDP.
static BOTH: &[(&str, u16)] = &[
    ("discard", 9),
    ("domain", 53),
    ("echo", 7),
    ("hsrp", 1985),
    ("kerberos", 88),
    ("ldap", 389),
    ("ldp", 646),
    ("microsoft-ds", 445),
    ("mlag", 4432),
    ("nfs", 2049),
    ("pim-auto-rp", 496),
    ("ptp-event", 319),
    ("ptp-general", 320),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("talk", 517),
    ("time", 37),
    ("vxlan", 4789),
];

/// Ports of TCP.
static TCP: &[(&str, u16)] = &[
    ("bgp", 179),
    ("ftps", 990),
    ("ftps-data", 989),
    ("gnmi", 6030),
    ("https", 443),
    ("imap3", 220),
    ("imaps", 993),
    ("ldaps", 636),
    ("msdp", 639),
    ("ms-sql-s", 1433),
    ("mysql", 3306),
    ("netconf-ssh", 830),
    ("pop3s", 995),
    ("rsync", 873),
    ("rtsp", 554),
    ("ssh", 22),
    ("chargen", 19),
    ("cmd", 514),
    ("connectedapps-plain", 15001),
    ("connectedapps-tls", 15002),
    ("daytime", 13),
    ("drip", 3949),
    ("exec", 512),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("gopher", 70),
    ("hostname", 101),
    ("ident", 113),
    ("irc", 194),
    ("klogin", 543),
    ("kshell", 544),
    ("login", 513),
    ("lpd", 515),
    ("msrpc", 135),
    ("nntp", 119),
    ("onep-plain", 15001),
    ("onep-tls", 15002),
    ("pop2", 109),
    ("pop3", 110),
    ("smtp", 25),
    ("telnet", 23),
    ("uucp", 540),
    ("whois", 43),
    ("www", 80),
];

/// Ports of UDP.
static UDP: &[(&str, u16)] = &[
    ("biff", 512),
    ("bfd", 3784),
    ("bfd-echo", 3785),
    ("bootpc", 68),
    ("bootps", 67),
    ("dnsix", 195),
    ("isakmp", 500),
    ("mobile-ip", 434),
    ("nameserver", 42),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("netbios-ss", 139),
    ("non500-isakmp", 4500),
    ("ntp", 123),
    ("rip", 520),
    ("ripv6", 521),
    ("snmp", 161),
    ("snmptrap", 162),
    ("tftp", 69),
    ("who", 513),
    ("xdmcp", 177),
];

/// An ICMP message by name: type, and code where the name says one.
pub(in crate::dialect) fn icmp(word: &str) -> Option<(u8, Option<u8>)> {
    ICMP.iter()
        .find(|(name, _, _)| *name == word)
        .map(|(_, kind, code)| (*kind, *code))
}

/// Names of ICMP messages.
static ICMP: &[(&str, u8, Option<u8>)] = &[
    ("administratively-prohibited", 3, Some(13)),
    ("alternate-address", 6, None),
    ("conversion-error", 31, None),
    ("dod-host-prohibited", 3, Some(10)),
    ("dod-net-prohibited", 3, Some(9)),
    ("echo", 8, None),
    ("echo-reply", 0, None),
    ("general-parameter-problem", 12, Some(0)),
    ("host-isolated", 3, Some(8)),
    ("host-precedence-unreachable", 3, Some(14)),
    ("host-redirect", 5, Some(1)),
    ("host-tos-redirect", 5, Some(3)),
    ("host-tos-unreachable", 3, Some(12)),
    ("host-unknown", 3, Some(7)),
    ("host-unreachable", 3, Some(1)),
    ("information-reply", 16, None),
    ("information-request", 15, None),
    ("mask-reply", 18, None),
    ("mask-request", 17, None),
    ("mobile-redirect", 32, None),
    ("net-redirect", 5, Some(0)),
    ("net-tos-redirect", 5, Some(2)),
    ("net-tos-unreachable", 3, Some(11)),
    ("net-unreachable", 3, Some(0)),
    ("network-unknown", 3, Some(6)),
    ("no-room-for-option", 12, Some(2)),
    ("option-missing", 12, Some(1)),
    ("packet-too-big", 3, Some(4)),
    ("parameter-problem", 12, None),
    ("port-unreachable", 3, Some(3)),
    ("precedence-unreachable", 3, Some(15)),
    ("protocol-unreachable", 3, Some(2)),
    ("reassembly-timeout", 11, Some(1)),
    ("redirect", 5, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("source-quench", 4, None),
    ("source-route-failed", 3, Some(5)),
    ("time-exceeded", 11, None),
    ("timestamp-reply", 14, None),
    ("timestamp-request", 13, None),
    ("traceroute", 30, None),
    ("ttl-exceeded", 11, Some(0)),
    ("unreachable", 3, None),
];

/// A DSCP value by name (RFC 2474, RFC 2597, RFC 3246) or number.
pub(super) fn dscp(word: &str) -> Option<u8> {
    if let Ok(number) = word.parse::<u8>() {
        return (number < 64).then_some(number);
    }
    if let Some(class) = word.strip_prefix("cs") {
        return class
            .parse::<u8>()
            .ok()
            .filter(|class| *class < 8)
            .map(|class| class * 8);
    }
    if let Some(group) = word.strip_prefix("af") {
        let value: u8 = group.parse().ok()?;
        let (class, drop) = (value / 10, value % 10);
        let known = (1..=4).contains(&class) && (1..=3).contains(&drop);
        return known.then_some(class * 8 + drop * 2);
    }
    match word {
        "ef" => Some(46),
        "default" => Some(0),
        _ => None,
    }
}
