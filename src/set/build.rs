//! Packet sets from ranges of values.

use super::{Arena, Bound, BudgetExceeded, Field, SetId};

impl<B: Bound> Arena<B> {
    /// Packets whose listed fields lie in these ranges, ends included; other fields are free.
    ///
    /// A field that is listed twice must lie in both ranges.
    /// What lies above a field's maximum does not exist, so that a range beyond it is empty.
    pub fn from_box(&mut self, ranges: &[(Field, B, B)]) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        let mut set = SetId::FULL;
        for field in Field::ALL.into_iter().rev() {
            let (mut low, mut high) = (B::ZERO, self.layout().maximum(field));
            for &(_, first, last) in ranges.iter().filter(|(listed, ..)| *listed == field) {
                low = low.max(first);
                high = high.min(last);
            }
            set = self.choose(field, &[(low, high)], set)?;
        }
        Ok(set)
    }

    /// Packets whose field lies in any of these ranges, ends included.
    pub fn with_field(&mut self, field: Field, ranges: &[(B, B)]) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        let ranges = self.within_layout(field, ranges);
        self.choose(field, &ranges, SetId::FULL)
    }

    /// Packets of a set whose field lies in any of these ranges, ends included, and the others.
    pub fn split(
        &mut self,
        set: SetId,
        field: Field,
        ranges: &[(B, B)],
    ) -> Result<(SetId, SetId), BudgetExceeded> {
        let wanted = self.with_field(field, ranges)?;
        let inside = self.and(set, wanted)?;
        Ok((inside, self.difference(set, inside)?))
    }

    /// Packets whose listed fields each lie in any of their ranges; other fields are free.
    ///
    /// This is a filter line with groups of addresses and ports; its diagram has one node a field.
    /// A field that is listed twice must satisfy both lists.
    pub fn from_product(&mut self, fields: &[(Field, &[(B, B)])]) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        let mut set = SetId::FULL;
        for field in Field::ALL.into_iter().rev() {
            let mut narrowed: Option<Vec<(B, B)>> = None;
            for &(_, ranges) in fields.iter().filter(|(listed, _)| *listed == field) {
                let ranges = self.within_layout(field, ranges);
                narrowed = Some(match narrowed {
                    Some(before) => common_ranges(&before, &ranges),
                    None => ranges,
                });
            }
            if let Some(ranges) = narrowed {
                set = self.choose(field, &ranges, set)?;
            }
        }
        Ok(set)
    }

    /// The ranges cut to the field's maximum, sorted, disjoint and not adjacent.
    fn within_layout(&self, field: Field, ranges: &[(B, B)]) -> Vec<(B, B)> {
        let maximum = self.layout().maximum(field);
        merge_ranges(
            ranges
                .iter()
                .map(|&(low, high)| (low, high.min(maximum)))
                .collect(),
        )
    }

    /// `set` where the field lies in one of the sorted disjoint ranges, nothing elsewhere.
    ///
    /// The set must not look at this field nor at the ones above.
    pub(super) fn choose(
        &mut self,
        field: Field,
        ranges: &[(B, B)],
        set: SetId,
    ) -> Result<SetId, BudgetExceeded> {
        let maximum = self.layout().maximum(field);
        let mark = self.pending.len();
        let mut next = Some(B::ZERO);
        for &(low, high) in ranges {
            if low > high {
                continue;
            }
            if next < Some(low)
                && let Some(before) = low.predecessor()
            {
                self.push(mark, before, SetId::EMPTY);
            }
            self.push(mark, high, set);
            next = high.successor();
        }
        if next.is_some_and(|next| next <= maximum) {
            self.push(mark, maximum, SetId::EMPTY);
        }
        self.finish(field.level(), mark)
    }
}

/// The same values as sorted, disjoint ranges that do not touch; inverted ranges hold nothing.
pub(super) fn merge_ranges<B: Bound>(mut ranges: Vec<(B, B)>) -> Vec<(B, B)> {
    ranges.retain(|(low, high)| low <= high);
    ranges.sort_unstable();
    let mut merged: Vec<(B, B)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if last.1.successor().is_none_or(|next| low <= next) => {
                last.1 = last.1.max(high);
            }
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// The values in both lists of sorted disjoint ranges.
fn common_ranges<B: Bound>(left: &[(B, B)], right: &[(B, B)]) -> Vec<(B, B)> {
    let mut common = Vec::new();
    for &(left_low, left_high) in left {
        for &(right_low, right_high) in right {
            let (low, high) = (left_low.max(right_low), left_high.min(right_high));
            if low <= high {
                common.push((low, high));
            }
        }
    }
    common
}
