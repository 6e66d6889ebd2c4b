//! First-match evaluation of packet filters.
//!
//! Lines are joined in halves: folding them one by one makes a large diagram for each line.
//! A filter that is being compiled is one diagram with three terminals (unmatched, permitted,
//! denied), so that joining two halves is one walk.

use rustc_hash::FxHashMap;

use super::arena::{Memo, Memos};
use super::walk::Combine;
use super::{Arena, Bound, BudgetExceeded, SetId};

/// What the lines of a filter decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Packets that some line matches.
    pub matched: SetId,
    /// Packets whose first matching line permits them.
    pub permitted: SetId,
}

/// The first diagram where it decides, else the second.
struct Overlay;

impl Combine for Overlay {
    fn shortcut(first: SetId, second: SetId) -> Option<SetId> {
        match (first, second) {
            (SetId::EMPTY, other) | (other, SetId::EMPTY) => Some(other),
            (SetId::FULL | SetId::DENIED, _) => Some(first),
            _ => (first == second).then_some(first),
        }
    }

    fn left_decides(left: SetId) -> bool {
        matches!(left, SetId::FULL | SetId::DENIED)
    }

    fn right_decides(_: SetId) -> bool {
        false
    }

    fn memo(memos: &mut Memos) -> &mut Memo {
        &mut memos.overlay
    }
}

impl<B: Bound> Arena<B> {
    /// What lines decide, each a set of packets and whether it permits them, the first match wins.
    ///
    /// Packets that no line matches are left to the caller: dialects differ in the default.
    pub fn first_match(&mut self, lines: &[(SetId, bool)]) -> Result<Filter, BudgetExceeded> {
        self.pending.clear();
        let decided = self.overlay_lines(lines)?;
        let matched = self.relabel(decided, SetId::FULL, SetId::FULL)?;
        let permitted = self.relabel(decided, SetId::FULL, SetId::EMPTY)?;
        Ok(Filter { matched, permitted })
    }

    /// The lines as one diagram with three terminals.
    fn overlay_lines(&mut self, lines: &[(SetId, bool)]) -> Result<SetId, BudgetExceeded> {
        match lines {
            [] => Ok(SetId::EMPTY),
            &[(set, true)] => Ok(set),
            &[(set, false)] => self.relabel(set, SetId::DENIED, SetId::DENIED),
            _ => {
                let (first, second) = lines.split_at(lines.len() / 2);
                let (first, second) = (self.overlay_lines(first)?, self.overlay_lines(second)?);
                self.combine_within::<Overlay>(first, second)
            }
        }
    }

    /// A diagram with other terminals in the place of permitted and denied.
    fn relabel(
        &mut self,
        set: SetId,
        permitted: SetId,
        denied: SetId,
    ) -> Result<SetId, BudgetExceeded> {
        let mut known = FxHashMap::default();
        known.insert(SetId::EMPTY, SetId::EMPTY);
        known.insert(SetId::FULL, permitted);
        known.insert(SetId::DENIED, denied);
        self.relabel_with(set, &mut known)
    }

    /// A diagram with every node replaced that is not known yet.
    fn relabel_with(
        &mut self,
        set: SetId,
        known: &mut FxHashMap<SetId, SetId>,
    ) -> Result<SetId, BudgetExceeded> {
        if let Some(&made) = known.get(&set) {
            return Ok(made);
        }
        let span = self.span(set);
        let mark = self.pending.len();
        for place in span.start..span.end {
            let edge = self.edge(place);
            let child = self.relabel_with(edge.child, known)?;
            self.push(mark, edge.upper, child);
        }
        let made = self.finish(span.level, mark)?;
        known.insert(set, made);
        Ok(made)
    }
}
