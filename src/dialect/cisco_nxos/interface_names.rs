//! Names of interfaces on NX-OS.

use crate::dialect::ios_family::interface_name::Naming;

/// Types of interfaces, as `show running-config` spells them.
///
/// Cisco Nexus 9000 Series NX-OS Interfaces Command Reference, "interface"; abbreviations as
/// `show ip interface brief` and `show interface status` print them.
pub(super) static NAMES: Naming = Naming::Types(&[
    ("Ethernet", "e"),
    ("loopback", "lo"),
    ("port-channel", "po"),
    ("Vlan", "vl"),
    ("mgmt", "mg"),
    ("Tunnel", "tu"),
    ("Null", "nu"),
    ("nve", "nv"),
    ("Bdi", "bd"),
    ("fc", "fc"),
    ("vfc", "vf"),
    ("san-port-channel", "san"),
    ("sup-eth", "sup"),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_become_the_names_that_the_device_prints() {
        for (short, full) in [
            ("Eth1/1.10", "Ethernet1/1.10"),
            ("Loopback0", "loopback0"),
            ("Po45.10", "port-channel45.10"),
            ("Port-Channel45", "port-channel45"),
            ("vlan10", "Vlan10"),
            ("mgmt0", "mgmt0"),
            ("null0", "Null0"),
        ] {
            assert_eq!(NAMES.full_name(short), full);
        }
    }
}
