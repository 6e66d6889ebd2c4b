//! Set algebra: intersection, union, difference, complement, inclusion, overlap.
//!
//! One recursion walks two diagrams at once and is memoised by pair; its depth is the number of
//! fields.

use super::walk::{And, Combine, Difference, Or, Walk};
use super::{Arena, Bound, BudgetExceeded, SetId};

impl<B: Bound> Arena<B> {
    /// Packets in both sets.
    pub fn and(&mut self, left: SetId, right: SetId) -> Result<SetId, BudgetExceeded> {
        self.combine::<And>(left, right)
    }

    /// Packets in either set.
    pub fn or(&mut self, left: SetId, right: SetId) -> Result<SetId, BudgetExceeded> {
        self.combine::<Or>(left, right)
    }

    /// Packets in the left set and not in the right one.
    pub fn difference(&mut self, left: SetId, right: SetId) -> Result<SetId, BudgetExceeded> {
        self.combine::<Difference>(left, right)
    }

    /// Packets not in the set.
    pub fn complement(&mut self, set: SetId) -> Result<SetId, BudgetExceeded> {
        self.combine::<Difference>(SetId::FULL, set)
    }

    /// Packets in any of the sets, joined in halves so that no large set is walked again and again.
    pub fn or_all(&mut self, sets: &[SetId]) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        self.or_all_within(sets)
    }

    /// Whether every packet of the left set is in the right one; makes no nodes.
    pub fn is_subset(&mut self, left: SetId, right: SetId) -> bool {
        self.is_nothing::<Difference>(left, right)
    }

    /// Whether some packet is in both sets; makes no nodes and stops at the first such packet.
    pub fn intersects(&mut self, left: SetId, right: SetId) -> bool {
        !self.is_nothing::<And>(left, right)
    }

    /// One combination at the outside, which leaves no pending intervals of an earlier failure.
    pub(super) fn combine<C: Combine>(
        &mut self,
        left: SetId,
        right: SetId,
    ) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        self.combine_within::<C>(left, right)
    }

    /// One union of many sets inside another operation.
    pub(super) fn or_all_within(&mut self, sets: &[SetId]) -> Result<SetId, BudgetExceeded> {
        match sets {
            [] => Ok(SetId::EMPTY),
            &[only] => Ok(only),
            _ => {
                let (first, second) = sets.split_at(sets.len() / 2);
                let (first, second) = (self.or_all_within(first)?, self.or_all_within(second)?);
                self.combine_within::<Or>(first, second)
            }
        }
    }

    /// One combination inside another operation.
    pub(super) fn combine_within<C: Combine>(
        &mut self,
        left: SetId,
        right: SetId,
    ) -> Result<SetId, BudgetExceeded> {
        if let Some(known) = C::shortcut(left, right) {
            return Ok(known);
        }
        let (left, right) = C::order(left, right);
        if let Some(&known) = C::memo(&mut self.memos).get(&(left, right)) {
            return Ok(known);
        }
        let mut walk = Walk::new(self, left, right);
        let mark = self.pending.len();
        while let Some((upper, left, right)) = walk.step::<C>(self) {
            let child = self.combine_within::<C>(left, right)?;
            self.push(mark, upper, child);
        }
        let made = self.finish(walk.level, mark)?;
        C::memo(&mut self.memos).insert((left, right), made);
        Ok(made)
    }

    /// Whether a combination is empty, without making it.
    ///
    /// That it is empty is remembered; that it is not ends the whole question.
    fn is_nothing<C: Combine>(&mut self, left: SetId, right: SetId) -> bool {
        if let Some(known) = C::shortcut(left, right) {
            return known.is_empty();
        }
        let (left, right) = C::order(left, right);
        if let Some(known) = C::memo(&mut self.memos).get(&(left, right)) {
            return known.is_empty();
        }
        let mut walk = Walk::new(self, left, right);
        while let Some((_, left, right)) = walk.step::<C>(self) {
            if !self.is_nothing::<C>(left, right) {
                return false;
            }
        }
        C::memo(&mut self.memos).insert((left, right), SetId::EMPTY);
        true
    }
}
