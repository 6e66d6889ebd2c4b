//! Images of packet sets: fields forgotten, fields rewritten, sets of another arena.

use rustc_hash::FxHashMap;

use super::{Arena, Bound, BudgetExceeded, Field, SetId};

impl<B: Bound> Arena<B> {
    /// Packets that some value of the field would bring into the set: the field is forgotten.
    pub fn exists(&mut self, set: SetId, field: Field) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        self.exists_at(set, field.level())
    }

    /// What the set becomes when the field is rewritten to any value of the range, ends included.
    ///
    /// Address translation is this on the packets it applies to.
    /// An empty range leaves nothing.
    pub fn assign(
        &mut self,
        set: SetId,
        field: Field,
        low: B,
        high: B,
    ) -> Result<SetId, BudgetExceeded> {
        let free = self.exists(set, field)?;
        let rewritten = self.with_field(field, &[(low, high)])?;
        self.and(free, rewritten)
    }

    /// What the packets of the set whose field lies in the range become when each value keeps its
    /// distance from the first: `low` becomes `to`.
    ///
    /// Values that would leave the field's domain are left out.
    pub fn shift(
        &mut self,
        set: SetId,
        field: Field,
        (low, high): (B, B),
        to: B,
    ) -> Result<SetId, BudgetExceeded> {
        let inside = self.with_field(field, &[(low, high)])?;
        let inside = self.and(set, inside)?;
        let level = field.level();
        self.pending.clear();
        let moved = |value: B| -> u128 {
            let (value, low, to): (u128, u128, u128) = (value.into(), low.into(), to.into());
            value.saturating_sub(low).saturating_add(to)
        };
        self.shift_at(inside, level, &moved, &mut FxHashMap::default())
    }

    /// A set of another arena in this one.
    ///
    /// Copying what lives on into a fresh arena is how memory is given back.
    /// Packets that this arena's layout does not have are left out.
    pub fn import(&mut self, other: &Self, set: SetId) -> Result<SetId, BudgetExceeded> {
        self.pending.clear();
        self.import_at(other, set, 0, &mut FxHashMap::default())
    }

    /// Forgets the field at a level of a set.
    fn exists_at(&mut self, set: SetId, level: usize) -> Result<SetId, BudgetExceeded> {
        let span = self.span(set);
        if span.level > level {
            return Ok(set);
        }
        if let Some(&known) = self.memos.exists.get(&(set, level)) {
            return Ok(known);
        }
        let made = if span.level == level {
            let mut children: Vec<SetId> = self.edges(set).iter().map(|edge| edge.child).collect();
            children.sort_unstable();
            children.dedup();
            self.or_all_within(&children)?
        } else {
            let mark = self.pending.len();
            for place in span.start..span.end {
                let edge = self.edge(place);
                let child = self.exists_at(edge.child, level)?;
                self.push(mark, edge.upper, child);
            }
            self.finish(span.level, mark)?
        };
        self.memos.exists.insert((set, level), made);
        Ok(made)
    }

    /// Moves the intervals of the field at a level of a set that is empty outside of them.
    fn shift_at(
        &mut self,
        set: SetId,
        level: usize,
        moved: &dyn Fn(B) -> u128,
        known: &mut FxHashMap<SetId, SetId>,
    ) -> Result<SetId, BudgetExceeded> {
        let span = self.span(set);
        if set.is_empty() || span.level > level {
            // Only where the range is the whole field, which moves onto itself.
            return Ok(set);
        }
        if let Some(&made) = known.get(&set) {
            return Ok(made);
        }
        let mark = self.pending.len();
        if span.level == level {
            let mut first = B::ZERO;
            let maximum = self.layout().at(level);
            for place in span.start..span.end {
                let edge = self.edge(place);
                if !edge.child.is_empty() && moved(first) <= maximum.into() {
                    let low = B::saturating_from(moved(first));
                    let high = B::saturating_from(moved(edge.upper)).min(maximum);
                    let last = self.pending.get(mark..).and_then(<[_]>::last).copied();
                    if let Some(before) = low.predecessor()
                        && last.is_none_or(|last| last.upper < before)
                    {
                        self.push(mark, before, SetId::EMPTY);
                    }
                    self.push(mark, high, edge.child);
                }
                first = edge.upper.successor().unwrap_or(B::MAX);
            }
            let last = self.pending.get(mark..).and_then(<[_]>::last).copied();
            if last.is_none_or(|last| last.upper < maximum) {
                self.push(mark, maximum, SetId::EMPTY);
            }
        } else {
            for place in span.start..span.end {
                let edge = self.edge(place);
                let child = self.shift_at(edge.child, level, moved, known)?;
                self.push(mark, edge.upper, child);
            }
        }
        let made = self.finish(span.level, mark)?;
        known.insert(set, made);
        Ok(made)
    }

    /// Imports a set whose fields above `level` are done.
    fn import_at(
        &mut self,
        other: &Self,
        set: SetId,
        level: usize,
        known: &mut FxHashMap<(SetId, usize), SetId>,
    ) -> Result<SetId, BudgetExceeded> {
        let span = other.span(set);
        // A field that the set does not look at only matters where the layouts differ.
        let level = (level..Field::COUNT)
            .find(|&level| {
                level == span.level || self.layout().at(level) > other.layout().at(level)
            })
            .unwrap_or(Field::COUNT);
        if level == Field::COUNT || set.is_empty() {
            return Ok(set);
        }
        if let Some(&made) = known.get(&(set, level)) {
            return Ok(made);
        }
        let (ours, theirs) = (self.layout().at(level), other.layout().at(level));
        let mark = self.pending.len();
        if level == span.level {
            for edge in other.edges(set) {
                let child = self.import_at(other, edge.child, level + 1, known)?;
                self.push(mark, edge.upper.min(ours), child);
                if edge.upper >= ours {
                    break;
                }
            }
        } else {
            let child = self.import_at(other, set, level + 1, known)?;
            self.push(mark, theirs, child);
        }
        if theirs < ours {
            self.push(mark, ours, SetId::EMPTY);
        }
        let made = self.finish(level, mark)?;
        known.insert((set, level), made);
        Ok(made)
    }
}
