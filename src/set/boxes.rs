//! Packet sets as lists of boxes, for display.

use super::{Arena, Bound, Field, SetId};

/// A range of values for every field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketBox<B> {
    /// First and last value by level.
    ranges: [(B, B); Field::COUNT],
}

impl<B: Bound> PacketBox<B> {
    /// First and last value of a field.
    pub fn range(&self, field: Field) -> (B, B) {
        self.ranges
            .get(field.level())
            .copied()
            .unwrap_or((B::ZERO, B::ZERO))
    }

    /// Writes the range at a level.
    fn put(&mut self, level: usize, range: (B, B)) {
        if let Some(slot) = self.ranges.get_mut(level) {
            *slot = range;
        }
    }
}

/// Disjoint boxes that together are a packet set, in the order of their smallest packets.
///
/// There may be very many: take as many as are shown.
#[derive(Clone, Debug)]
pub struct Boxes<'a, B> {
    /// Where the set lives.
    arena: &'a Arena<B>,
    /// Sets still to be listed with the ranges that lead to them, the next one last.
    ahead: Vec<(SetId, PacketBox<B>)>,
}

impl<B: Bound> Arena<B> {
    /// Disjoint boxes that together are the set.
    pub fn boxes(&self, set: SetId) -> Boxes<'_, B> {
        let mut all = PacketBox {
            ranges: [(B::ZERO, B::ZERO); Field::COUNT],
        };
        for level in 0..Field::COUNT {
            all.put(level, (B::ZERO, self.layout().at(level)));
        }
        Boxes {
            arena: self,
            ahead: vec![(set, all)],
        }
    }
}

impl<B: Bound> Iterator for Boxes<'_, B> {
    type Item = PacketBox<B>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((set, above)) = self.ahead.pop() {
            if set.is_full() {
                return Some(above);
            }
            let level = self.arena.span(set).level;
            let mark = self.ahead.len();
            for (low, high, child) in self.arena.intervals(set) {
                if !child.is_empty() {
                    let mut narrower = above;
                    narrower.put(level, (low, high));
                    self.ahead.push((child, narrower));
                }
            }
            if let Some(made) = self.ahead.get_mut(mark..) {
                made.reverse();
            }
        }
        None
    }
}
