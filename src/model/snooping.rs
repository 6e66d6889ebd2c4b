//! DHCP snooping of a switch.

use crate::net::VlanSet;
use crate::source::At;

/// What a switch does to DHCP on ports that it does not trust.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snooping {
    /// Whether it snoops at all.
    pub on: Option<At<bool>>,
    /// VLANs that it snoops.
    pub vlans: VlanSet,
    /// The last statement that names such VLANs.
    pub vlans_at: Option<At<()>>,
    /// Whether it adds option 82 to questions; `None` where the text does not say (it does).
    pub option: Option<At<bool>>,
    /// Whether it takes questions with option 82 by ports that it does not trust.
    pub takes_options: Option<At<bool>>,
    /// Whether its relay takes questions with option 82 on every interface.
    pub relays_options: Option<At<bool>>,
    /// Whether it checks packets against the leases that it notes (ARP inspection, source guard).
    pub checks: Option<At<()>>,
}
