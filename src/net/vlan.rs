//! Sets of VLANs.

use std::collections::BTreeSet;

/// A set of VLAN identifiers, 1 to 4094 (IEEE 802.1Q-2018 §9.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct VlanSet(BTreeSet<u16>);

/// Highest VLAN identifier (IEEE 802.1Q-2018 §9.6: 4095 is reserved).
const HIGHEST: u16 = 4094;

impl VlanSet {
    /// Every VLAN.
    pub fn all() -> Self {
        Self((1..=HIGHEST).collect())
    }

    /// Reads `1,5,10-20`; `None` where it is no such list.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let (low, high): (u16, u16) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
            if low == 0 || high > HIGHEST || low > high {
                return None;
            }
            set.extend(low..=high);
        }
        Some(Self(set))
    }

    /// Whether the set holds `vlan`.
    pub fn contains(&self, vlan: u16) -> bool {
        self.0.contains(&vlan)
    }

    /// Adds the VLANs of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// Removes the VLANs of `other`.
    pub fn remove(&mut self, other: &Self) {
        self.0.retain(|vlan| !other.0.contains(vlan));
    }

    /// The VLANs in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().copied()
    }
}
