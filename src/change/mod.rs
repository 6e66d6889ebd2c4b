//! What a change does: which statements changed, on which requirements they bear, who is hurt.

use crate::analysis::{Outcome, Shape, StageOutcome};
use crate::intent::{Requirement, RequirementId, Stage};
use crate::model::{FacetKey, Network};
use crate::source::StatementRef;
use crate::syntax::Support;
use crate::wire::assessment::{Bearing, Effect, Proof};

mod diff;

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
    /// Its place in an ordered block changed.
    Moved,
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
