//! Names of interfaces on ASA.

use crate::dialect::ios_family::interface_name::Naming;

/// Types of interfaces, as `show running-config` spells them, each with the shortest abbreviation
/// that the device takes (Cisco ASA command reference, "interface").
pub(super) static NAMES: Naming = Naming::Types(&[
    ("GigabitEthernet", "g"),
    ("TenGigabitEthernet", "te"),
    ("TwentyFiveGigE", "tw"),
    ("FortyGigE", "fort"),
    ("Ethernet", "e"),
    ("FastEthernet", "f"),
    ("Management", "m"),
    ("Port-channel", "p"),
    ("Redundant", "r"),
    ("Vlan", "v"),
    ("Tunnel", "tu"),
    ("Loopback", "l"),
    ("BVI", "b"),
    ("Null", "n"),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::interface::InterfaceKind;

    #[test]
    fn abbreviations_become_the_names_that_the_device_prints() {
        for (short, full) in [
            ("gig0/1", "GigabitEthernet0/1"),
            ("Te0/8.20", "TenGigabitEthernet0/8.20"),
            ("ma0/0", "Management0/0"),
            ("po1.10", "Port-channel1.10"),
            ("null0", "Null0"),
        ] {
            assert_eq!(NAMES.full_name(short), full);
        }
        assert_eq!(NAMES.kind("Vlan2"), InterfaceKind::Svi(2));
        assert_eq!(NAMES.kind("Port-channel1"), InterfaceKind::PortChannel(1));
    }
}
