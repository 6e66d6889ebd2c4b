//! Questions about packet sets that make no nodes: membership, size, witnesses, ranges.

use rustc_hash::{FxHashMap, FxHashSet};

use super::build::merge_ranges;
use super::{Arena, Bound, Field, Packet, SetId};

impl<B: Bound> Arena<B> {
    /// Whether no packet is in the set.
    pub fn is_empty(&self, set: SetId) -> bool {
        set.is_empty()
    }

    /// Whether the packet is in the set; one with a value above its field's maximum never is.
    pub fn contains(&self, set: SetId, packet: &Packet<B>) -> bool {
        if (0..Field::COUNT).any(|level| packet.at(level) > self.layout().at(level)) {
            return false;
        }
        let mut set = set;
        loop {
            let edges = self.edges(set);
            let value = packet.at(self.span(set).level);
            match edges.get(edges.partition_point(|edge| edge.upper < value)) {
                Some(edge) => set = edge.child,
                None => return set.is_full(),
            }
        }
    }

    /// The number of packets in the set, or none where it does not fit, as for most IPv6 sets.
    pub fn count(&self, set: SetId) -> Option<u128> {
        self.count_from(set, 0, &mut FxHashMap::default())
    }

    /// The smallest packet of the set in the order of the fields, or none if it is empty.
    pub fn pick(&self, set: SetId) -> Option<Packet<B>> {
        self.pick_pinned(set, &[None; Field::COUNT])
    }

    /// A packet of the set that takes preferred values where the set allows them.
    ///
    /// Earlier preferences win over later ones; of what they leave, it is the smallest packet.
    pub fn pick_preferring(&self, set: SetId, preferred: &[(Field, B)]) -> Option<Packet<B>> {
        let mut pins = [None; Field::COUNT];
        let mut best = self.pick_pinned(set, &pins)?;
        for &(field, value) in preferred {
            let mut tighter = pins;
            match tighter.get_mut(field.level()) {
                Some(pin @ None) if value <= self.layout().maximum(field) => *pin = Some(value),
                _ => continue,
            }
            if let Some(packet) = self.pick_pinned(set, &tighter) {
                (pins, best) = (tighter, packet);
            }
        }
        Some(best)
    }

    /// The values that the field has in the set, as sorted disjoint ranges, ends included.
    pub fn field_ranges(&self, set: SetId, field: Field) -> Vec<(B, B)> {
        let maximum = self.layout().maximum(field);
        let mut ranges = Vec::new();
        let mut seen = FxHashSet::default();
        let mut ahead = vec![set];
        while let Some(set) = ahead.pop() {
            if set.is_empty() || !seen.insert(set) {
                continue;
            }
            let level = self.span(set).level;
            if level > field.level() {
                return vec![(B::ZERO, maximum)];
            }
            if level < field.level() {
                ahead.extend(self.edges(set).iter().map(|edge| edge.child));
            } else {
                let taken = self.intervals(set).filter(|(.., child)| !child.is_empty());
                ranges.extend(taken.map(|(low, high, _)| (low, high)));
            }
        }
        merge_ranges(ranges)
    }

    /// How many nodes the sets need together, which is what importing them would cost.
    pub fn size(&self, sets: &[SetId]) -> usize {
        let mut seen = FxHashSet::default();
        let mut ahead = sets.to_vec();
        while let Some(set) = ahead.pop() {
            if set.0 >= SetId::TERMINALS && seen.insert(set) {
                ahead.extend(self.edges(set).iter().map(|edge| edge.child));
            }
        }
        seen.len()
    }

    /// Intervals of a node as first value, last value and child.
    pub(super) fn intervals(&self, set: SetId) -> impl Iterator<Item = (B, B, SetId)> + '_ {
        let mut low = B::ZERO;
        self.edges(set).iter().map(move |edge| {
            let first = low;
            low = edge.upper.successor().unwrap_or(edge.upper);
            (first, edge.upper, edge.child)
        })
    }

    /// Number of packets by the fields from `level` on.
    fn count_from(
        &self,
        set: SetId,
        level: usize,
        known: &mut FxHashMap<SetId, Option<u128>>,
    ) -> Option<u128> {
        if set.is_empty() {
            return Some(0);
        }
        let own = self.span(set).level;
        let below = match known.get(&set) {
            Some(&counted) => counted,
            None if own == Field::COUNT => Some(1),
            None => {
                let counted = self
                    .intervals(set)
                    .try_fold(0_u128, |sum, (low, high, child)| {
                        match self.count_from(child, own + 1, known)? {
                            0 => Some(sum),
                            each => sum.checked_add(width(low, high)?.checked_mul(each)?),
                        }
                    });
                known.insert(set, counted);
                counted
            }
        };
        (level..own).try_fold(below?, |product, level| {
            product.checked_mul(width(B::ZERO, self.layout().at(level))?)
        })
    }

    /// The smallest packet of the set with the pinned values, by level.
    fn pick_pinned(&self, set: SetId, pins: &[Option<B>; Field::COUNT]) -> Option<Packet<B>> {
        let mut packet = Packet::new(&[]);
        for (level, pin) in pins.iter().enumerate() {
            packet.put(level, pin.unwrap_or(B::ZERO));
        }
        let found = self.descend(set, pins, &mut packet, &mut FxHashSet::default());
        found.then_some(packet)
    }

    /// Writes the smallest packet with the pinned values, or says that there is none.
    fn descend(
        &self,
        set: SetId,
        pins: &[Option<B>; Field::COUNT],
        packet: &mut Packet<B>,
        dead: &mut FxHashSet<SetId>,
    ) -> bool {
        if set.is_empty() || dead.contains(&set) {
            return false;
        }
        let level = self.span(set).level;
        if level == Field::COUNT {
            return true;
        }
        let pin = pins.get(level).copied().flatten();
        let found = self.intervals(set).any(|(low, high, child)| {
            let value = match pin {
                Some(value) if value < low || value > high => return false,
                Some(value) => value,
                None => low,
            };
            packet.put(level, value);
            self.descend(child, pins, packet, dead)
        });
        if !found {
            packet.put(level, pin.unwrap_or(B::ZERO));
            dead.insert(set);
        }
        found
    }
}

/// Number of values in a range, or none for all of `u128`.
fn width<B: Bound>(low: B, high: B) -> Option<u128> {
    let (low, high): (u128, u128) = (low.into(), high.into());
    high.checked_sub(low)?.checked_add(1)
}
