//! Names of interfaces on EOS.

use crate::dialect::ios_family::interface_name::Naming;

/// Types of interfaces, as `show running-config` spells them.
///
/// EOS user manual, "Interface Configuration"; abbreviations as `show interfaces status` and
/// `show ip route` print them.
pub(super) static NAMES: Naming = Naming::Types(&[
    ("Ethernet", "e"),
    ("Loopback", "lo"),
    ("Port-Channel", "po"),
    ("Vlan", "vl"),
    ("Management", "ma"),
    ("Tunnel", "tu"),
    ("Null", "nu"),
    ("Vxlan", "vx"),
    ("Recirc-Channel", "re"),
    ("Dps", "dp"),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_become_the_names_that_the_device_prints() {
        for (short, full) in [
            ("Et1", "Ethernet1"),
            ("ethernet49/1", "Ethernet49/1"),
            ("lo0", "Loopback0"),
            ("Po1.10", "Port-Channel1.10"),
            ("Port-channel1", "Port-Channel1"),
            ("Ma1", "Management1"),
            ("vl10", "Vlan10"),
            ("Null0", "Null0"),
        ] {
            assert_eq!(NAMES.full_name(short), full);
        }
    }
}
