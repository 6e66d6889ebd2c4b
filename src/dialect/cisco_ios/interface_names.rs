//! Names of interfaces on IOS.

use crate::dialect::ios_family::interface_name::Naming;

/// Types of interfaces.
///
/// Cisco IOS Interface and Hardware Component Command Reference, "interface"; abbreviations as
/// `show interfaces status` and `show ip interface brief` print them.
pub(super) static NAMES: Naming = Naming::Types(&[
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
]);

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
            assert_eq!(NAMES.full_name(short), full);
        }
    }
}
