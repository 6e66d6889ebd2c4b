//! The event queue: keys of time and actor, in total order.
//!
//! A key is `microseconds << 24 | actor`: 16 million actors, 34 years, and no two equal keys that
//! matter, so that the order of events never depends on the order of insertion. A wheel of 16 ms
//! slots holds what comes within 67 s, a heap what comes later. A slot is sorted when it is opened,
//! so that it is known long before which actors come next; what is added to it then lies in a heap.

/// Bits of a key that name the actor.
pub(super) const ACTOR_BITS: u32 = 24;
/// Largest number of actors.
pub(super) const ACTORS: u64 = 1 << ACTOR_BITS;

/// A key.
pub(super) const fn key(time_us: u64, actor: u64) -> u64 {
    time_us << ACTOR_BITS | actor
}

/// A heap of four children a node.
#[derive(Debug, Clone, Default)]
pub(super) struct Heap {
    /// Keys, the smallest first.
    keys: Vec<u64>,
}

impl Heap {
    /// Adds a key.
    pub(super) fn push(&mut self, key: u64) {
        let mut hole = self.keys.len();
        self.keys.push(key);
        while hole > 0 {
            let parent = (hole - 1) / 4;
            match self.keys.get(parent) {
                Some(above) if *above > key => {
                    let above = *above;
                    self.put(hole, above);
                    hole = parent;
                }
                Some(_) | None => break,
            }
        }
        self.put(hole, key);
    }

    /// Takes the smallest key.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let last = self.keys.pop()?;
        let Some(first) = self.first() else {
            return Some(last);
        };
        let mut hole = 0;
        loop {
            let child = 4 * hole + 1;
            let children = self.keys.get(child..).unwrap_or_default();
            let mut best = (last, 0);
            let mut smaller = false;
            for (offset, key) in children.iter().take(4).enumerate() {
                if *key < best.0 {
                    best = (*key, offset);
                    smaller = true;
                }
            }
            if !smaller {
                break;
            }
            self.put(hole, best.0);
            hole = child + best.1;
        }
        self.put(hole, last);
        Some(first)
    }

    /// The smallest key.
    pub(super) fn first(&self) -> Option<u64> {
        self.keys.first().copied()
    }

    /// Puts a key in a place.
    fn put(&mut self, place: usize, key: u64) {
        if let Some(slot) = self.keys.get_mut(place) {
            *slot = key;
        }
    }
}

/// Microseconds of a slot, as a power of two: 16.384 ms.
const SLOT_SHIFT: u32 = 14 + ACTOR_BITS;
/// Slots: 67 s, above all common timers but lease and name lifetimes.
const SLOTS: u64 = 4_096;
/// Words of the map of occupied slots.
const WORDS: u64 = SLOTS / 64;
/// Capacity above which an emptied slot gives its memory back.
const KEPT: usize = 256;
/// Keys whose actors are told together: what they occupy fits into a processor's nearest cache.
const TOLD: usize = 64;

/// The queue.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// Keys of the open slot in order.
    open: Vec<u64>,
    /// How many of them are taken.
    taken: usize,
    /// Keys added to the open slot.
    late: Heap,
    /// Number of the open slot since the beginning.
    slot: u64,
    /// Keys of the slots that follow, by number modulo [`SLOTS`].
    slots: Vec<Vec<u64>>,
    /// Which slots hold keys.
    occupied: Vec<u64>,
    /// Keys beyond the wheel.
    far: Heap,
}

/// An index that is known to be small.
const fn place(number: u64) -> usize {
    (number % SLOTS) as usize
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            taken: 0,
            late: Heap::default(),
            slot: 0,
            slots: vec![Vec::new(); place(SLOTS - 1) + 1],
            occupied: vec![0; place(WORDS)],
            far: Heap::default(),
        }
    }
}

impl Queue {
    /// Adds a key that is not before the last one taken.
    pub(super) fn push(&mut self, key: u64) {
        let slot = key >> SLOT_SHIFT;
        if slot <= self.slot {
            self.late.push(key);
        } else if slot < self.slot + SLOTS {
            self.put(slot, key);
        } else {
            self.far.push(key);
        }
    }

    /// Keys that follow the one just taken, told once each so many: whoever fetches all their actors
    /// at once waits for memory once instead of each time.
    pub(super) fn ahead(&self) -> &[u64] {
        if self.taken % TOLD == 1 {
            let end = (self.taken + TOLD).min(self.open.len());
            self.open.get(self.taken..end).unwrap_or_default()
        } else {
            &[]
        }
    }

    /// Takes the smallest key.
    pub(super) fn pop(&mut self) -> Option<u64> {
        loop {
            let late = self.late.first();
            match self.open.get(self.taken).copied() {
                Some(key) if late.is_none_or(|late| key < late) => {
                    self.taken += 1;
                    return Some(key);
                }
                Some(_) => return self.late.pop(),
                None if late.is_some() => return self.late.pop(),
                None => self.advance()?,
            }
        }
    }

    /// Puts a key into a slot of the wheel.
    fn put(&mut self, slot: u64, key: u64) {
        if let Some(keys) = self.slots.get_mut(place(slot)) {
            keys.push(key);
        }
        if let Some(word) = self.occupied.get_mut(place(slot) / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    /// Opens the next slot that holds a key; `None`: nothing is left.
    fn advance(&mut self) -> Option<()> {
        let near = self.next_occupied();
        let far = self.far.first().map(|key| key >> SLOT_SHIFT);
        self.slot = match (near, far) {
            (Some(near), Some(far)) => near.min(far),
            (one, other) => one.or(other)?,
        };
        if near == Some(self.slot) {
            self.open_slot();
        }
        while let Some(key) = self.far.first() {
            let slot = key >> SLOT_SHIFT;
            if slot >= self.slot + SLOTS {
                break;
            }
            self.far.pop();
            if slot <= self.slot {
                self.late.push(key);
            } else {
                self.put(slot, key);
            }
        }
        Some(())
    }

    /// Sorts the keys of the present slot.
    fn open_slot(&mut self) {
        if let Some(word) = self.occupied.get_mut(place(self.slot) / 64) {
            *word &= !(1 << (self.slot % 64));
        }
        self.open.clear();
        self.taken = 0;
        if let Some(keys) = self.slots.get_mut(place(self.slot)) {
            self.open.append(keys);
            if keys.capacity() > KEPT {
                keys.shrink_to(KEPT);
            }
        }
        self.open.sort_unstable();
    }

    /// The next slot after the present one that holds a key.
    fn next_occupied(&self) -> Option<u64> {
        let first = self.slot + 1;
        let mut mask = u64::MAX << (first % 64);
        for word in first / 64..=first / 64 + WORDS {
            let bits = self.occupied.get(place(word % WORDS)).copied().unwrap_or(0) & mask;
            if bits != 0 {
                let slot = word * 64 + u64::from(bits.trailing_zeros());
                return (slot < self.slot + SLOTS).then_some(slot);
            }
            mask = u64::MAX;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::random::{Purpose, Stream};

    #[test]
    fn keys_come_out_in_order_whatever_the_distance() {
        let mut stream = Stream::new(5, 0, 0, Purpose::Start);
        let mut queue = Queue::default();
        let mut reference = std::collections::BTreeSet::new();
        let mut now = 0;
        for actor in 0..200 {
            let at = key(stream.below(100_000_000), actor);
            queue.push(at);
            reference.insert(at);
        }
        for _ in 0..20_000 {
            let expected = reference.pop_first();
            let taken = queue.pop();
            assert_eq!(taken, expected);
            let Some(taken) = taken else { break };
            assert!(taken >= now);
            now = taken;
            let far = [10, 5_000, 2_000_000, 68_000_000, 4_000_000_000];
            let range = far[place(stream.below(5))];
            let wait = stream.below(range);
            let next = key((taken >> ACTOR_BITS) + wait, taken % ACTORS);
            queue.push(next);
            reference.insert(next);
        }
    }
}
