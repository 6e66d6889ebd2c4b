//! What reports say where one snapshot was judged, without a change.

use std::collections::BTreeMap;

use super::answer::{Answer, Row, deciding};
use crate::wire::assessment::{Effect, Requirement, StageState};

impl<'a> Answer<'a> {
    /// Whether one snapshot was judged, without a change.
    pub(super) fn is_one_snapshot(&self) -> bool {
        let of = self.assessment;
        let changed = |effect| match effect {
            Effect::Lost | Effect::Degraded | Effect::Transient | Effect::Gained => true,
            Effect::Unchanged | Effect::Unknown | Effect::BrokenBefore => false,
        };
        of.snapshots.len() == 1
            && of.changes.is_empty()
            && !of.requirements.iter().any(|one| changed(one.change))
    }

    /// How many requirements of one snapshot are in a state.
    pub(super) fn in_state(&self, state: StageState) -> usize {
        let all = self.assessment.requirements.iter();
        all.filter(|of| today(of) == state).count()
    }

    /// Requirements of one snapshot that do not work or of which it is unknown, the failing first.
    pub(super) fn not_working(&self) -> Vec<(StageState, Row<'a>)> {
        let mut out = Vec::new();
        for state in [StageState::Fails, StageState::Open] {
            let mut merged: BTreeMap<_, Vec<&'a Requirement>> = BTreeMap::new();
            let all = self.assessment.requirements.iter();
            for of in all.filter(|of| today(of) == state) {
                let why = deciding(of).map(|stage| (&stage.stage, &stage.why));
                let key = (&of.group, &of.service, &of.network, why);
                merged.entry(key).or_default().push(of);
            }
            out.extend(merged.into_values().filter_map(|all| {
                let first = *all.first()?;
                let place = deciding(first).and_then(|stage| stage.decided_by.first());
                let row = Row {
                    first,
                    only: self.only(&all, true),
                    all,
                    place: place.map_or(String::new(), |origin| self.place(origin)),
                };
                Some((state, row))
            }));
        }
        out
    }
}

/// What a requirement of one snapshot is today.
fn today(requirement: &Requirement) -> StageState {
    match requirement.change {
        Effect::BrokenBefore | Effect::Lost => StageState::Fails,
        Effect::Unknown => StageState::Open,
        Effect::Unchanged | Effect::Gained | Effect::Degraded | Effect::Transient => {
            StageState::Works
        }
    }
}

/// The word for a requirement of one snapshot.
pub(super) fn state_word(state: StageState) -> &'static str {
    match state {
        StageState::Works => "WORKS",
        StageState::Open => "UNKNOWN",
        StageState::Fails => "FAILS",
    }
}
