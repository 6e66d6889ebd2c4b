//! Two diagrams walked at once: what operations are, and where a walk has come to.

use super::arena::{Edge, Memo, Memos, Span};
use super::{Arena, Bound, SetId};

/// A way to combine two diagrams, value by value.
pub(super) trait Combine {
    /// Result that follows from the two handles alone, if any.
    fn shortcut(left: SetId, right: SetId) -> Option<SetId>;

    /// Whether this left operand decides the result, whatever the right one is.
    fn left_decides(left: SetId) -> bool;

    /// Whether this right operand decides the result, whatever the left one is.
    ///
    /// Where both decide, they must decide the same.
    fn right_decides(right: SetId) -> bool;

    /// Operands in the order in which results are remembered.
    fn order(left: SetId, right: SetId) -> (SetId, SetId) {
        (left, right)
    }

    /// Where results are remembered.
    fn memo(memos: &mut Memos) -> &mut Memo;
}

/// Packets in both sets.
pub(super) struct And;

impl Combine for And {
    fn shortcut(left: SetId, right: SetId) -> Option<SetId> {
        match (left, right) {
            (SetId::EMPTY, _) | (_, SetId::EMPTY) => Some(SetId::EMPTY),
            (SetId::FULL, other) | (other, SetId::FULL) => Some(other),
            _ => (left == right).then_some(left),
        }
    }

    fn left_decides(left: SetId) -> bool {
        left.is_empty()
    }

    fn right_decides(right: SetId) -> bool {
        right.is_empty()
    }

    fn order(left: SetId, right: SetId) -> (SetId, SetId) {
        (left.min(right), left.max(right))
    }

    fn memo(memos: &mut Memos) -> &mut Memo {
        &mut memos.and
    }
}

/// Packets in either set.
pub(super) struct Or;

impl Combine for Or {
    fn shortcut(left: SetId, right: SetId) -> Option<SetId> {
        match (left, right) {
            (SetId::FULL, _) | (_, SetId::FULL) => Some(SetId::FULL),
            (SetId::EMPTY, other) | (other, SetId::EMPTY) => Some(other),
            _ => (left == right).then_some(left),
        }
    }

    fn left_decides(left: SetId) -> bool {
        left.is_full()
    }

    fn right_decides(right: SetId) -> bool {
        right.is_full()
    }

    fn order(left: SetId, right: SetId) -> (SetId, SetId) {
        (left.min(right), left.max(right))
    }

    fn memo(memos: &mut Memos) -> &mut Memo {
        &mut memos.or
    }
}

/// Packets in the left set and not in the right one.
pub(super) struct Difference;

impl Combine for Difference {
    fn shortcut(left: SetId, right: SetId) -> Option<SetId> {
        match (left, right) {
            (SetId::EMPTY, _) | (_, SetId::FULL) => Some(SetId::EMPTY),
            (_, SetId::EMPTY) => Some(left),
            _ => (left == right).then_some(SetId::EMPTY),
        }
    }

    fn left_decides(left: SetId) -> bool {
        left.is_empty()
    }

    fn right_decides(right: SetId) -> bool {
        right.is_full()
    }

    fn memo(memos: &mut Memos) -> &mut Memo {
        &mut memos.difference
    }
}

/// Two nodes walked side by side through the values of one field.
pub(super) struct Walk<B> {
    /// Level of the field.
    pub(super) level: usize,
    /// Largest value of the field.
    maximum: B,
    /// Where the walk is in the left node.
    left: Cursor,
    /// Where the walk is in the right node.
    right: Cursor,
    /// Whether the largest value was passed.
    ended: bool,
}

impl<B: Bound> Walk<B> {
    /// A walk at the smallest value of the first field that either set looks at.
    pub(super) fn new(arena: &Arena<B>, left: SetId, right: SetId) -> Self {
        let (left_span, right_span) = (arena.span(left), arena.span(right));
        let level = left_span.level.min(right_span.level);
        Self {
            level,
            maximum: arena.layout().at(level),
            left: Cursor::new(left, left_span, level),
            right: Cursor::new(right, right_span, level),
            ended: false,
        }
    }

    /// The next interval on which the result is one: its last value and both operands.
    pub(super) fn step<C: Combine>(&mut self, arena: &Arena<B>) -> Option<(B, SetId, SetId)> {
        if self.ended {
            return None;
        }
        let (left_upper, left) = self.left.read(arena, self.maximum);
        let (right_upper, right) = self.right.read(arena, self.maximum);
        let upper = match (C::left_decides(left), C::right_decides(right)) {
            (true, true) => left_upper.max(right_upper),
            (true, false) => left_upper,
            (false, true) => right_upper,
            (false, false) => left_upper.min(right_upper),
        };
        self.ended = upper >= self.maximum;
        self.left.pass(arena, upper);
        self.right.pass(arena, upper);
        Some((upper, left, right))
    }
}

/// The interval of a node that a walk has come to.
struct Cursor {
    /// The edge it is, unless the whole field is one interval.
    place: usize,
    /// One past the last edge; not beyond `place` where the whole field is one interval.
    end: usize,
    /// The set that is one interval, because it does not look at this field.
    whole: SetId,
}

impl Cursor {
    /// A cursor at the first interval of `set` at `level`.
    fn new(set: SetId, span: Span, level: usize) -> Self {
        if span.level == level {
            Self {
                place: span.start,
                end: span.end,
                whole: set,
            }
        } else {
            Self {
                place: 0,
                end: 0,
                whole: set,
            }
        }
    }

    /// Last value and child of the interval.
    fn read<B: Bound>(&self, arena: &Arena<B>, maximum: B) -> (B, SetId) {
        if self.place < self.end {
            let edge = arena.edge(self.place);
            (edge.upper, edge.child)
        } else {
            (maximum, self.whole)
        }
    }

    /// Moves to the interval after the one that holds `upper`, in steps that double.
    fn pass<B: Bound>(&mut self, arena: &Arena<B>, upper: B) {
        let rest = arena.edges_between(self.place, self.end);
        let behind = |edge: &Edge<B>| edge.upper <= upper;
        let mut step = 1;
        while rest.get(step - 1).is_some_and(behind) {
            step *= 2;
        }
        let last = rest.len().min(step - 1);
        let window = rest.get(step / 2..last).unwrap_or_default();
        self.place += step / 2 + window.partition_point(behind);
    }
}
