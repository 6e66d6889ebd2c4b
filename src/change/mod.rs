//! What a change does: which statements changed, on which requirements they bear, who is hurt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::analysis::{Judgment, Meeting, Outcome, Replayed, Shape, StageOutcome};
use crate::ctx::Ctx;
use crate::intent::{Requirement, RequirementId, Stage};
use crate::model::{FacetKey, Network};
use crate::source::StatementRef;
use crate::syntax::Support;
use crate::wire::assessment::{Bearing, Effect, Proof};

mod account;
mod blame;
mod compare;
mod diff;
mod disturbance;
mod hybrid;
mod mark;
mod middle;
mod replaced;

pub use hybrid::Rebuild;
pub use middle::add_middle;

/// The two states that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The network before.
    pub before: &'a Network,
    /// The network after.
    pub after: &'a Network,
}

/// What a change does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Every changed statement, in order of device, file and line.
    pub changes: Vec<Change>,
    /// Every requirement, in the order of the site file.
    pub requirements: Vec<RequirementChange>,
    /// What pumps will notice, and when.
    pub disturbances: Vec<Disturbance>,
    /// Packets of both sides that were followed once more.
    pub replayed: Replayed,
}

/// Index into [`Comparison::changes`].
pub type ChangeIndex = usize;

/// How a statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its place among its siblings changed.
    Moved,
    /// Its words changed, and by its dialect it means the same in the same place.
    Reworded,
}

/// One changed statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Device.
    pub device: String,
    /// How it changed.
    pub kind: ChangeKind,
    /// Where it stood.
    pub before: Option<StatementRef>,
    /// Where it stands.
    pub after: Option<StatementRef>,
    /// Facets that it contributes to, or that its hole bears on.
    pub facets: Vec<FacetKey>,
    /// How far it is understood.
    pub support: Support,
    /// The statement in words, secrets masked.
    pub summary: String,
    /// How it stands to the requirements.
    pub bearing: Bearing,
    /// Why.
    pub why: String,
    /// Requirements it bears on.
    pub requirements: Vec<RequirementId>,
}

/// What a change does to one requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct RequirementChange {
    /// The requirement.
    pub requirement: Requirement,
    /// What the change does, the worst over its stages.
    pub effect: Effect,
    /// How well that is known.
    pub proof: Proof,
    /// Its stages in order.
    pub stages: Vec<StageChange>,
    /// The state before, for clients that start fresh.
    pub before: Outcome,
    /// The state after, for clients that start fresh.
    pub after: Outcome,
    /// Changes that bear on it.
    pub bearing: Vec<ChangeIndex>,
}

/// What a change does to one stage of a requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct StageChange {
    /// Stage.
    pub stage: Stage,
    /// Before, clients fresh; `None` where the stage is not there.
    pub before: Option<StageOutcome>,
    /// After, clients fresh.
    pub after: Option<StageOutcome>,
    /// After, clients with the memory of before; `None` where it is as `after`.
    pub transient: Option<StageOutcome>,
    /// What the change does.
    pub effect: Effect,
    /// Whether that is only less redundancy on the way, which nobody notices yet.
    pub is_unnoticed: bool,
    /// The smallest set of changes which, applied to before, makes the effect.
    pub caused_by: Vec<ChangeIndex>,
    /// The smallest set of changes whose omission avoids it.
    pub undone_by: Vec<ChangeIndex>,
    /// Whether the search for the smallest sets was cut short.
    pub not_minimal: bool,
}

/// What pumps of one requirement notice, from when to when, because of which change.
#[derive(Debug, Clone, PartialEq)]
pub struct Disturbance {
    /// Who.
    pub requirement: RequirementId,
    /// At which stage.
    pub stage: Stage,
    /// What they see.
    pub shape: Shape,
    /// Earliest and latest begin, seconds after the change.
    pub onset_s: (u64, u64),
    /// Longest duration in seconds; `None`: it lasts.
    pub duration_s: Option<u64>,
    /// What causes it.
    pub changes: Vec<ChangeIndex>,
    /// The mechanism, a lowercase fragment.
    pub why: String,
}

/// The three judgments that show what a change does.
#[derive(Debug, Clone, Copy)]
pub struct Judgments<'a> {
    /// Before, clients fresh.
    pub before: &'a Judgment,
    /// After, clients with the memory of before.
    pub transient: &'a Judgment,
    /// After, clients fresh.
    pub after: &'a Judgment,
}

/// A requirement with the number of servers below which it is lost, and below which degraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The requirement.
    pub requirement: Requirement,
    /// With fewer servers it is lost.
    pub need: usize,
    /// With fewer servers it is degraded.
    pub want: usize,
}

/// Judges requirements in a network, for clients fresh and for clients with a memory.
pub type Judge<'a> = &'a (dyn Fn(&Network, &[&Requirement]) -> (Judgment, Judgment) + Sync);

/// How counterfactuals are made and judged.
pub struct Counterfactual<'a> {
    /// Gives the network in which one file has another text.
    pub rebuild: Rebuild<'a>,
    /// Judges requirements: after, for clients fresh and for clients with the memory of before.
    pub judge: Judge<'a>,
}

/// Compares two states: accounts for every changed statement, says what each requirement loses,
/// and which changes make it so.
pub fn compare(
    sides: Sides<'_>,
    judgments: Judgments<'_>,
    wanted: Vec<Wanted>,
    counterfactual: &Counterfactual<'_>,
    ctx: &Ctx<'_>,
) -> Comparison {
    let diffs = diff::diff_networks(sides.before, sides.after);
    let nothing = Outcome::default();
    let outcome = |judgment: &'_ Judgment, id: &RequirementId| {
        judgment
            .outcomes
            .get(id)
            .cloned()
            .unwrap_or_else(|| nothing.clone())
    };
    let outcomes: Vec<[Outcome; 3]> = wanted
        .iter()
        .map(|wanted| {
            let id = &wanted.requirement.id;
            [
                outcome(judgments.before, id),
                outcome(judgments.transient, id),
                outcome(judgments.after, id),
            ]
        })
        .collect();
    let interests: Vec<account::Interest<'_>> = wanted
        .iter()
        .zip(&outcomes)
        .map(|(wanted, outcomes)| account::Interest {
            id: &wanted.requirement.id,
            outcomes: outcomes.iter().collect(),
        })
        .collect();
    let mut changes = account::account(sides, &diffs, &interests);
    let bearing = account::by_requirement(&changes);
    let items: Vec<(Wanted, &[Outcome; 3])> = wanted.into_iter().zip(&outcomes).collect();
    let mut requirements = ctx.map(&items, |(wanted, [before, transient, after])| {
        let touched = bearing
            .get(&wanted.requirement.id)
            .map_or(&[][..], Vec::as_slice);
        let astray = touched
            .iter()
            .filter_map(|index| changes.get(*index))
            .any(|change| is_in_envelope_only(sides, change, &[before, transient, after]))
            .then(|| after.reads.goes_astray_more(&before.reads))
            .flatten();
        let outcomes = compare::Outcomes {
            before,
            transient,
            after,
        };
        let counts = (wanted.need, wanted.want);
        let requirement = wanted.requirement.clone();
        let mut change = compare::compare(requirement, outcomes, counts, astray.is_some(), ctx);
        change.bearing = touched.to_vec();
        if let Some((device, interface)) = astray {
            mark::astray(&mut change, &device, &interface);
        }
        mark::blocked(&mut change, &changes);
        mark::far_ends(sides, &mut change, &changes, wanted.need);
        change
    });
    let search = Search {
        sides,
        diffs: &diffs,
        changes: &changes,
        counterfactual,
    };
    let counts: Vec<_> = items.iter().map(|(one, _)| (one.need, one.want)).collect();
    search.blame_all(&mut requirements, &counts, ctx);
    let found = search.blame_others(&mut requirements, &counts, ctx);
    account::add_causes(&mut changes, &found);
    replaced::add_halves(sides, &diffs, &changes, &mut requirements);
    let disturbances = requirements
        .iter()
        .flat_map(disturbance::disturbances)
        .collect();
    let mut replayed = judgments.before.replayed.clone();
    replayed.add(&judgments.after.replayed);
    Comparison {
        changes,
        requirements,
        disturbances,
        replayed,
    }
}

/// Whether a change's facets were read only because an unread statement could send packets there.
fn is_in_envelope_only(sides: Sides<'_>, change: &Change, outcomes: &[&Outcome]) -> bool {
    let version = |network: &Network, key: &FacetKey| {
        network
            .devices
            .get(&change.device)
            .and_then(|device| device.facets.get(key).cloned())
    };
    let meeting = |key: &FacetKey| {
        let facets = [version(sides.before, key), version(sides.after, key)];
        let versions: Vec<_> = facets.iter().flatten().map(|facet| &**facet).collect();
        outcomes
            .iter()
            .map(|outcome| outcome.reads.meeting(&change.device, key, &versions))
            .max()
    };
    let meetings: Vec<Meeting> = change.facets.iter().filter_map(meeting).collect();
    change.bearing == Bearing::Bears && meetings.iter().max() == Some(&Meeting::Envelope)
}

/// Judgments of subsets of the changes; none where a subset makes no network.
type Known = BTreeMap<BTreeSet<ChangeIndex>, Option<(Judgment, Judgment)>>;

/// Whether an effect has a cause to be found.
fn is_hurt(effect: Effect) -> bool {
    match effect {
        Effect::Lost | Effect::Degraded | Effect::Transient | Effect::Unknown => true,
        Effect::Unchanged | Effect::Gained | Effect::BrokenBefore => false,
    }
}

/// The search for causes of requirements' effects.
struct Search<'a> {
    /// The two states.
    sides: Sides<'a>,
    /// What differs.
    diffs: &'a [diff::FileDiff],
    /// Every change.
    changes: &'a [Change],
    /// How subsets are judged.
    counterfactual: &'a Counterfactual<'a>,
}

impl Search<'_> {
    /// Finds causes and cures of every requirement that is hurt.
    ///
    /// Those on which the same changes bear are searched together: they ask for the same subsets,
    /// and one network answers for all of them.
    fn blame_all(
        &self,
        requirements: &mut [RequirementChange],
        counts: &[(usize, usize)],
        ctx: &Ctx<'_>,
    ) {
        let mut groups: BTreeMap<Vec<ChangeIndex>, Vec<_>> = BTreeMap::new();
        for (change, counts) in requirements.iter_mut().zip(counts) {
            if change.stages.iter().any(|stage| is_hurt(stage.effect)) {
                let group = groups.entry(change.bearing.clone()).or_default();
                group.push((change, *counts));
            }
        }
        let groups: Vec<_> = groups.into_values().map(Mutex::new).collect();
        ctx.map_counting("searches for causes", &groups, |group| {
            let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
            let asked: Vec<Requirement> = group
                .iter()
                .map(|(change, _)| change.requirement.clone())
                .collect();
            let asked: Vec<&Requirement> = asked.iter().collect();
            let mut known = Known::new();
            for (change, counts) in group.iter_mut() {
                self.blame(change, *counts, (&asked, &mut known), ctx);
            }
        });
    }

    /// Finds causes of what no change that is known to bear makes, among all changes; gives each with
    /// its requirement.
    ///
    /// What was read says on which requirements a change bears. Where that misses one (a statement
    /// whose effect stands in another facet than its own), the judgments still differ.
    fn blame_others(
        &self,
        requirements: &mut [RequirementChange],
        counts: &[(usize, usize)],
        ctx: &Ctx<'_>,
    ) -> Vec<(ChangeIndex, RequirementId)> {
        let differs = |effect| match effect {
            Effect::Lost | Effect::Degraded | Effect::Transient => true,
            Effect::Unknown | Effect::Unchanged | Effect::Gained | Effect::BrokenBefore => false,
        };
        let others: Vec<ChangeIndex> = self
            .changes
            .iter()
            .enumerate()
            .filter(|(_, change)| !matches!(change.support, Support::Irrelevant(_)))
            .map(|(index, _)| index)
            .collect();
        let mut found = Vec::new();
        for (row, counts) in requirements.iter_mut().zip(counts) {
            let mut stages = row.stages.iter();
            let open = stages.any(|stage| differs(stage.effect) && stage.caused_by.is_empty());
            if !open || others.len() <= row.bearing.len() {
                continue;
            }
            let bearing = std::mem::replace(&mut row.bearing, others.clone());
            let mut again = [row.clone()];
            self.blame_all(&mut again, &[*counts], ctx);
            let [mut again] = again;
            again.bearing = bearing;
            let causes: BTreeSet<ChangeIndex> = again
                .stages
                .iter()
                .flat_map(|stage| stage.caused_by.iter().copied())
                .collect();
            for index in causes {
                if !again.bearing.contains(&index) {
                    again.bearing.push(index);
                    found.push((index, again.requirement.id.clone()));
                }
            }
            again.bearing.sort_unstable();
            *row = again;
        }
        found
    }

    /// Finds causes and cures of each stage that is hurt.
    fn blame(
        &self,
        change: &mut RequirementChange,
        counts: (usize, usize),
        (group, known): (&[&Requirement], &mut Known),
        ctx: &Ctx<'_>,
    ) {
        let mut steps = ctx.blame_steps;
        let bearing = change.bearing.clone();
        let id = change.requirement.id.clone();
        let before = change.before.clone();
        for stage in &mut change.stages {
            if !is_hurt(stage.effect) {
                continue;
            }
            let (name, effect) = (stage.stage, stage.effect);
            // What else a change brings, so that clients that start fresh succeed, is no cause.
            let held_then = stage.transient.as_ref();
            let held_then = held_then.filter(|_| effect == Effect::Transient);
            let mut judged = |set: &BTreeSet<ChangeIndex>| {
                let (fresh, held) = known
                    .entry(set.clone())
                    .or_insert_with(|| self.judge_subset(group, set))
                    .as_ref()?;
                Some((
                    fresh.outcomes.get(&id)?.clone(),
                    held.outcomes.get(&id)?.clone(),
                ))
            };
            let cause = blame::smallest(&bearing, &mut steps, &mut |set| {
                let (fresh, held) = judged(set)?;
                let outcomes = compare::Outcomes {
                    before: &before,
                    transient: &held,
                    after: &fresh,
                };
                let alike = compare::fails_alike(held_then, compare::find(&held, name));
                Some(alike || compare::effect_at(name, outcomes, counts, false, ctx) == effect)
            });
            // Advice must leave the whole requirement unhurt, not only trade one harm for another.
            let mut avoided = |set: &BTreeSet<ChangeIndex>| {
                let rest: BTreeSet<ChangeIndex> = bearing
                    .iter()
                    .copied()
                    .filter(|index| !set.contains(index))
                    .collect();
                let (fresh, held) = judged(&rest)?;
                let outcomes = compare::Outcomes {
                    before: &before,
                    transient: &held,
                    after: &fresh,
                };
                Some(compare::is_unhurt(outcomes, counts, ctx))
            };
            // What causes it usually cures it; a line that took the cause's place must go too.
            let mut cure = blame::smallest(&cause.changes, &mut steps, &mut avoided);
            if cure.changes.is_empty() {
                cure = blame::smallest(&bearing, &mut steps, &mut avoided);
            }
            if !cause.changes.is_empty() {
                stage.caused_by = cause.changes;
            }
            stage.undone_by = cure.changes;
            stage.not_minimal = cause.not_minimal || cure.not_minimal;
        }
    }

    /// Judges requirements in the network with a subset of the changes.
    fn judge_subset(
        &self,
        requirements: &[&Requirement],
        set: &BTreeSet<ChangeIndex>,
    ) -> Option<(Judgment, Judgment)> {
        let Sides { before, after } = self.sides;
        let rebuild = self.counterfactual.rebuild;
        let network = hybrid::apply(before, after, self.diffs, self.changes, set, rebuild)?;
        Some((self.counterfactual.judge)(&network, requirements))
    }
}
