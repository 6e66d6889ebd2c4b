//! Names of ports, protocols and ICMP messages as ASA writes them, and interfaces by `nameif`.

use std::collections::BTreeMap;

use crate::dialect::ios_family::lower::Lowering;
use crate::dialect::ios_family::lower::packet;
use crate::model::Facet;
use crate::model::filter::ProtocolMatch;
use crate::source::StatementRef;

/// One interface by the name that rules know it by.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// Index of its facet.
    pub(super) index: u32,
    /// Full name.
    pub(super) full: String,
    /// The name as it is defined.
    pub(super) zone: String,
    /// The statement that names it.
    pub(super) at: StatementRef,
    /// The VRF it is in.
    pub(super) vrf: Option<String>,
}

/// Interfaces by `nameif` in lower case; the device does not tell cases apart (Cisco ASA command
/// reference, "nameif").
pub(super) type Interfaces = BTreeMap<String, Named>;

/// The interfaces that have names.
pub(super) fn interfaces(lowering: &mut Lowering) -> Interfaces {
    let mut found = Vec::new();
    for (key, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet
            && let Some(zone) = &interface.zone
        {
            let vrf = interface.vrf.as_ref().map(|vrf| vrf.value.clone());
            found.push((key.clone(), zone.value.clone(), zone.at, vrf));
        }
    }
    let mut interfaces = Interfaces::new();
    for (key, zone, at, vrf) in found {
        let named = Named {
            index: lowering.builder.index(&key),
            full: key.name.to_string(),
            zone: zone.clone(),
            at,
            vrf,
        };
        interfaces.entry(zone.to_ascii_lowercase()).or_insert(named);
    }
    interfaces
}

/// A protocol by name or number (Cisco ASA general operations configuration guide, "Addresses,
/// Protocols, and Ports", protocols and applications).
pub(super) fn protocol(word: &str) -> Option<ProtocolMatch> {
    let number = match word {
        "ah" => 51,
        "icmp6" => 58,
        "igrp" => 9,
        "ipsec" => 50,
        "pptp" => 47,
        "snp" => 109,
        // The family's words that this dialect does not have.
        "ahp" | "ipv4" => return None,
        _ => return packet::protocol(word),
    };
    Some(ProtocolMatch::Number(number))
}

/// A port by name or number (the same guide, "TCP and UDP ports").
pub(super) fn port(word: &str, protocol: u8) -> Option<u16> {
    let own = OWN.iter().find(|(name, _)| *name == word);
    own.map(|(_, number)| *number)
        .or_else(|| packet::port(word, protocol))
}

/// Ports that the family does not name, or names otherwise.
static OWN: &[(&str, u16)] = &[
    ("aol", 5190),
    ("cifs", 3020),
    ("citrix-ica", 1494),
    ("ctiqbe", 2748),
    ("h323", 1720),
    ("http", 80),
    ("https", 443),
    ("imap4", 143),
    ("kerberos", 750),
    ("ldap", 389),
    ("ldaps", 636),
    ("lotusnotes", 1352),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("pcanywhere-data", 5631),
    ("pcanywhere-status", 5632),
    ("pptp", 1723),
    ("radius", 1645),
    ("radius-acct", 1646),
    ("rsh", 514),
    ("rtsp", 554),
    ("secureid-udp", 5510),
    ("sip", 5060),
    ("sqlnet", 1521),
    ("ssh", 22),
    ("vxlan", 4789),
    ("www", 80),
];
