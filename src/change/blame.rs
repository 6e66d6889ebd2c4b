//! The smallest set of changes that makes an effect, and the smallest whose omission avoids it.

use std::collections::BTreeSet;

use super::ChangeIndex;

/// The result of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cause {
    /// The changes; empty where the bearing changes do not make the effect.
    pub(super) changes: Vec<ChangeIndex>,
    /// Whether the search was cut short, so that a smaller set may do.
    pub(super) not_minimal: bool,
}

/// Finds the smallest subset of `candidates` for which `holds`, one change at a time first, then by
/// leaving out what is not needed.
///
/// `holds` answers `None` where it cannot tell; that counts as no. Each call costs one step.
pub(super) fn smallest(
    candidates: &[ChangeIndex],
    steps: &mut usize,
    holds: &mut dyn FnMut(&BTreeSet<ChangeIndex>) -> Option<bool>,
) -> Cause {
    let mut ask = |set: &BTreeSet<ChangeIndex>| -> Option<bool> {
        *steps = steps.checked_sub(1)?;
        Some(holds(set) == Some(true))
    };
    for candidate in candidates {
        match ask(&BTreeSet::from([*candidate])) {
            Some(true) => {
                return Cause {
                    changes: vec![*candidate],
                    not_minimal: false,
                };
            }
            Some(false) => {}
            None => {
                return Cause {
                    changes: candidates.to_vec(),
                    not_minimal: true,
                };
            }
        }
    }
    let mut set: BTreeSet<ChangeIndex> = candidates.iter().copied().collect();
    if candidates.len() < 2 || ask(&set) != Some(true) {
        return Cause::default();
    }
    let mut not_minimal = false;
    // Halves first, then quarters, …, then single changes: few steps when little is needed.
    let mut size = set.len().div_ceil(2);
    loop {
        let all: Vec<ChangeIndex> = set.iter().copied().collect();
        for chunk in all.chunks(size) {
            let mut rest = set.clone();
            rest.retain(|index| !chunk.contains(index));
            match ask(&rest) {
                Some(true) => set = rest,
                Some(false) => {}
                None => not_minimal = true,
            }
        }
        if size == 1 || not_minimal {
            return Cause {
                changes: set.into_iter().collect(),
                not_minimal,
            };
        }
        size = size.div_ceil(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches among ten changes for those that `holds` asks for.
    fn search(steps: usize, holds: impl Fn(&BTreeSet<ChangeIndex>) -> bool) -> Cause {
        let candidates: Vec<ChangeIndex> = (0..10).collect();
        let mut left = steps;
        smallest(&candidates, &mut left, &mut |set| Some(holds(set)))
    }

    #[test]
    fn one_change_that_suffices_is_found() {
        assert_eq!(search(100, |set| set.contains(&7)).changes, [7]);
    }

    #[test]
    fn two_changes_that_act_together_are_found() {
        let cause = search(100, |set| set.contains(&2) && set.contains(&8));
        assert_eq!((cause.changes, cause.not_minimal), (vec![2, 8], false));
    }

    #[test]
    fn a_search_cut_short_says_so() {
        assert!(search(12, |set| set.contains(&2) && set.contains(&8)).not_minimal);
    }

    #[test]
    fn changes_that_do_not_make_it_are_not_blamed() {
        assert_eq!(search(100, |_| false), Cause::default());
    }
}
