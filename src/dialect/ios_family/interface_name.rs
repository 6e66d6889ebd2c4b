//! Interface names: abbreviations to full names, and what a name says about the interface.

use std::borrow::Cow;

use crate::model::interface::InterfaceKind;

/// Types of interfaces, each with its shortest abbreviation that is accepted here.
///
/// Cisco IOS Interface and Hardware Component Command Reference, "interface"; abbreviations as
/// `show interfaces status` and `show ip interface brief` print them.
static TYPES: &[(&str, &str)] = &[
    ("FastEthernet", "fa"),
    ("GigabitEthernet", "gi"),
    ("TenGigabitEthernet", "te"),
    ("TwoGigabitEthernet", "tw"),
    ("FiveGigabitEthernet", "fi"),
    ("TwentyFiveGigE", "twe"),
    ("FortyGigabitEthernet", "fo"),
    ("FiftyGigE", "fif"),
    ("HundredGigE", "hu"),
    ("TwoHundredGigE", "twoh"),
    ("FourHundredGigE", "fou"),
    ("AppGigabitEthernet", "ap"),
    ("Ethernet", "e"),
    ("Loopback", "lo"),
    ("Port-channel", "po"),
    ("Vlan", "vl"),
    ("Tunnel", "tu"),
    ("BDI", "bd"),
    ("BVI", "bv"),
    ("Serial", "se"),
    ("Null", "nu"),
    ("Multilink", "mu"),
    ("Dialer", "di"),
    ("Virtual-Template", "virtual-t"),
    ("Virtual-Access", "virtual-a"),
    ("VirtualPortGroup", "virtualp"),
    ("Wlan-GigabitEthernet", "wl"),
    ("LISP", "li"),
    ("nve", "nv"),
    ("pseudowire", "ps"),
    ("ATM", "at"),
    ("Cellular", "ce"),
    ("Async", "as"),
    ("POS", "pos"),
    ("Embedded-Service-Engine", "em"),
    ("ucse", "uc"),
    ("Group-Async", "gr"),
];

/// The full name of an interface, for a name in one word; other words are given back as they are.
pub(in crate::dialect) fn full_name(name: &str) -> Cow<'_, str> {
    let Some(digit) = name.find(|next: char| next.is_ascii_digit()) else {
        return Cow::Borrowed(name);
    };
    let (kind, number) = name.split_at(digit);
    let plain = |next: char| next.is_ascii_digit() || matches!(next, '/' | '.' | ':');
    if kind.is_empty() || !number.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    match full_kind(kind) {
        Some(full) if full == kind => Cow::Borrowed(name),
        Some(full) => Cow::Owned(format!("{full}{number}")),
        None => Cow::Borrowed(name),
    }
}

/// The full name for a name that may be in two words (`Vlan 10`).
pub(in crate::dialect) fn join(words: &[&str]) -> Option<String> {
    match words {
        [name] | [name, "point-to-point" | "multipoint"] => Some(full_name(name).into_owned()),
        [kind, number, ..] if number.starts_with(|next: char| next.is_ascii_digit()) => {
            let full = full_kind(kind)?;
            Some(format!("{full}{number}"))
        }
        [] | [_, ..] => None,
    }
}

/// The full name of a type.
fn full_kind(kind: &str) -> Option<&'static str> {
    if let Some((full, _)) = TYPES.iter().find(|(full, _)| *full == kind) {
        return Some(full);
    }
    let starts = |text: &str, head: &str| {
        text.len() >= head.len()
            && text
                .get(..head.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(head))
    };
    // Of several that fit, the one with the longest required abbreviation is meant: `twe` is no
    // `TwoGigabitEthernet`.
    TYPES
        .iter()
        .filter(|(full, shortest)| starts(full, kind) && starts(kind, shortest))
        .max_by_key(|(_, shortest)| shortest.len())
        .map(|(full, _)| *full)
}

/// Whether a word names an interface.
pub(in crate::dialect) fn is_interface(word: &str) -> bool {
    let Some(digit) = word.find(|next: char| next.is_ascii_digit()) else {
        return false;
    };
    digit > 0
        && word
            .get(..digit)
            .is_some_and(|kind| full_kind(kind).is_some())
}

/// What an interface of this full name is.
pub(in crate::dialect) fn kind(name: &str) -> InterfaceKind {
    if let Some((parent, number)) = name.rsplit_once('.')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        return InterfaceKind::Subinterface {
            parent: parent.to_owned(),
            vlan: None,
        };
    }
    let number = |prefix: &str| name.strip_prefix(prefix)?.parse::<u32>().ok();
    if let Some(number) = number("Vlan").and_then(|number| u16::try_from(number).ok()) {
        InterfaceKind::Svi(number)
    } else if let Some(number) = number("Port-channel") {
        InterfaceKind::PortChannel(number)
    } else if name.starts_with("Loopback") {
        InterfaceKind::Loopback
    } else if name.starts_with("Tunnel") {
        InterfaceKind::Tunnel
    } else if name.starts_with("Null") {
        InterfaceKind::Null
    } else {
        InterfaceKind::Physical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_become_full_names() {
        for (short, full) in [
            ("Gi1/0/1", "GigabitEthernet1/0/1"),
            ("te1/1/8", "TenGigabitEthernet1/1/8"),
            ("Twe1/0/1", "TwentyFiveGigE1/0/1"),
            ("Tw1/0/1", "TwoGigabitEthernet1/0/1"),
            ("Fo1/0/1", "FortyGigabitEthernet1/0/1"),
            ("Hu1/0/49", "HundredGigE1/0/49"),
            ("Fa0/1.10", "FastEthernet0/1.10"),
            ("Eth0/0", "Ethernet0/0"),
            ("lo0", "Loopback0"),
            ("Po10", "Port-channel10"),
            ("vlan20", "Vlan20"),
            ("Tu5", "Tunnel5"),
            ("bdi7", "BDI7"),
            ("Null0", "Null0"),
            ("10.0.0.1", "10.0.0.1"),
            ("ACL5x", "ACL5x"),
        ] {
            assert_eq!(full_name(short), full);
        }
        assert_eq!(join(&["vlan", "10"]).as_deref(), Some("Vlan10"));
        assert_eq!(kind("Vlan10"), InterfaceKind::Svi(10));
    }
}
