//! What a change does to each stage: three judgments compared.
//!
//! A symbol (an unread statement, an unknown field) has one meaning in both states. A stage that
//! works in both and meets no new symbol is unchanged under every meaning of the old ones.

use std::collections::BTreeSet;

use crate::analysis::{Held, Nominal, Outcome, PacketBox, Shape, StageOutcome, Symbol};
use crate::ctx::Ctx;
use crate::intent::{Requirement, Stage};
use crate::set::{Arena, BudgetExceeded, Layout, SetId};
use crate::wire::assessment::{Effect, Proof};

use super::{RequirementChange, StageChange};

/// A first attempt that takes this much longer is a degradation (seconds).
///
/// Shorter than any retry timer of the client models, longer than a round trip.
const NOTICEABLE_DELAY_S: f64 = 0.5;

/// The three judgments of one requirement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcomes<'a> {
    /// Before, clients fresh.
    pub(super) before: &'a Outcome,
    /// After, clients with the memory of before.
    pub(super) transient: &'a Outcome,
    /// After, clients fresh.
    pub(super) after: &'a Outcome,
}

/// Compares one requirement; `in_envelope` says whether a change lies where only an unread
/// statement could send its packets.
pub(super) fn compare(
    requirement: Requirement,
    outcomes: Outcomes<'_>,
    counts: (usize, usize),
    in_envelope: bool,
    ctx: &Ctx<'_>,
) -> RequirementChange {
    let stages: Vec<StageChange> = stage_names(outcomes)
        .into_iter()
        .map(|stage| {
            let after = find(outcomes.after, stage);
            let transient = find(outcomes.transient, stage).filter(|held| Some(*held) != after);
            let effect = effect_at(stage, outcomes, counts, in_envelope, ctx);
            let mut now = after.cloned();
            let is_less = effect == Effect::Degraded
                && effect_without_spares(stage, outcomes, counts, in_envelope, ctx) < effect;
            let fewer = fewer_routers(stage, outcomes).filter(|_| is_less);
            if let (Some(now), Some(why)) = (&mut now, &fewer) {
                now.why.clone_from(why);
            }
            if let Some(now) = now
                .as_mut()
                .filter(|_| asking_stage(outcomes) == Some(stage))
            {
                let moved = outcomes.before.reads.moved(&outcomes.after.reads);
                now.symbols.extend(moved.into_iter().map(Symbol::Undecided));
            }
            StageChange {
                stage,
                before: find(outcomes.before, stage).cloned(),
                after: now,
                transient: transient.cloned(),
                effect,
                is_unnoticed: fewer.is_some(),
                caused_by: Vec::new(),
                undone_by: Vec::new(),
                not_minimal: false,
            }
        })
        .collect();
    RequirementChange {
        requirement,
        effect: stages
            .iter()
            .map(|stage| stage.effect)
            .max()
            .unwrap_or(Effect::Unchanged),
        proof: proof_of(&stages),
        stages,
        before: outcomes.before.clone(),
        after: outcomes.after.clone(),
        bearing: Vec::new(),
    }
}

/// The stages that occur in any of the judgments, in order.
fn stage_names(outcomes: Outcomes<'_>) -> Vec<Stage> {
    let mut names: Vec<Stage> = [outcomes.before, outcomes.after, outcomes.transient]
        .iter()
        .flat_map(|outcome| outcome.stages.iter().map(|stage| stage.stage))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A stage of an outcome.
pub(super) fn find(outcome: &Outcome, stage: Stage) -> Option<&StageOutcome> {
    outcome.stages.iter().find(|found| found.stage == stage)
}

/// What a change does to one stage.
pub(super) fn effect_at(
    stage: Stage,
    outcomes: Outcomes<'_>,
    counts: (usize, usize),
    in_envelope: bool,
    ctx: &Ctx<'_>,
) -> Effect {
    let effect = effect_without_spares(stage, outcomes, counts, in_envelope, ctx);
    // What pumps notice says more than what stands by.
    match fewer_routers(stage, outcomes) {
        Some(_) if matches!(effect, Effect::Unchanged | Effect::Gained) => Effect::Degraded,
        Some(_) | None => effect,
    }
}

/// The same, whatever stands by; the stage at which servers are asked also counts them.
fn effect_without_spares(
    stage: Stage,
    outcomes: Outcomes<'_>,
    counts: (usize, usize),
    in_envelope: bool,
    ctx: &Ctx<'_>,
) -> Effect {
    let effect = stage_effect(
        find(outcomes.before, stage),
        find(outcomes.after, stage),
        find(outcomes.transient, stage),
        in_envelope,
        ctx,
    );
    if asking_stage(outcomes) == Some(stage) {
        effect
            .max(servers_effect(outcomes, counts))
            .max(hosts_effect(outcomes))
    } else {
        effect
    }
}

/// Says that fewer routers stand for a gateway address than before: the pumps' at the attach stage,
/// the servers' where those are asked; `None`: as many do.
///
/// Nobody notices today; the next failure, which the group is there for, has nobody left to take
/// over.
fn fewer_routers(stage: Stage, outcomes: Outcomes<'_>) -> Option<String> {
    let (before, after) = (&outcomes.before.held, &outcomes.after.held);
    let text = |before, after, whose: &str| {
        (after < before).then(|| format!("{after} of {before} routers stand for {whose}"))
    };
    if stage == Stage::Attach {
        let standing = |held: &Held| held.first_hop.as_ref().map_or(1, |hop| hop.standing);
        let whose = "the gateway address of the pumps";
        return text(standing(before), standing(after), whose);
    }
    let mut hops = before.server_hops.iter();
    hops.find_map(|(address, hop)| {
        let now = after.server_hops.get(address)?;
        let whose = format!("{address}, the gateway of servers");
        text(hop.standing, now.standing, &whose)
    })
    .filter(|_| asking_stage(outcomes) == Some(stage))
}

/// The stage at which servers are asked; secure, session and upstream follow where they answered.
fn asking_stage(outcomes: Outcomes<'_>) -> Option<Stage> {
    stage_names(outcomes)
        .into_iter()
        .rfind(|name| *name <= Stage::Connect)
}

/// Whether clients that hold something of before fail alike, by what they see: silence alone does
/// not tell one mechanism from another.
pub(super) fn fails_alike(one: Option<&StageOutcome>, other: Option<&StageOutcome>) -> bool {
    let seen = |held: Option<&StageOutcome>| {
        held.filter(|held| held.nominal == Nominal::Fails)
            .and_then(|held| held.shape)
            .filter(|shape| *shape != Shape::Drop)
    };
    seen(one).is_some() && seen(one) == seen(other)
}

/// Whether a change hurts no stage at all.
pub(super) fn is_unhurt(outcomes: Outcomes<'_>, counts: (usize, usize), ctx: &Ctx<'_>) -> bool {
    stage_names(outcomes).into_iter().all(|stage| {
        let effect = effect_at(stage, outcomes, counts, false, ctx);
        matches!(effect, Effect::Unchanged | Effect::Gained)
    })
}

/// What ports do that leave the VLAN of a host which may be behind them, and packets to servers that
/// arrive elsewhere: nobody can say.
fn hosts_effect(outcomes: Outcomes<'_>) -> Effect {
    let (before, after) = (&outcomes.before.reads, &outcomes.after.reads);
    if before.left_by(after).is_empty() && before.moved(after).is_empty() {
        Effect::Unchanged
    } else {
        Effect::Unknown
    }
}

/// What the loss of servers does, given how many are needed and wanted.
fn servers_effect(outcomes: Outcomes<'_>, (need, want): (usize, usize)) -> Effect {
    let working = |outcome: &Outcome| {
        outcome
            .servers
            .iter()
            .filter(|(_, nominal)| *nominal == Nominal::Works)
            .count()
    };
    let (before, after) = (working(outcomes.before), working(outcomes.after));
    if outcomes.before.servers.is_empty() || outcomes.after.servers.is_empty() || after >= before {
        Effect::Unchanged
    } else if after < need && before >= need {
        Effect::Lost
    } else if after < want {
        Effect::Degraded
    } else {
        Effect::Unchanged
    }
}

/// What the change does to one stage.
fn stage_effect(
    before: Option<&StageOutcome>,
    after: Option<&StageOutcome>,
    transient: Option<&StageOutcome>,
    in_envelope: bool,
    ctx: &Ctx<'_>,
) -> Effect {
    let Some(after) = after else {
        return Effect::Unchanged;
    };
    // A stage that is new was not needed before: nothing about it failed.
    let worked = before.is_none_or(|before| before.nominal == Nominal::Works);
    match (worked, after.nominal) {
        (true, Nominal::Fails) => Effect::Lost,
        (false, Nominal::Works) => Effect::Gained,
        (false, Nominal::Fails) => match before {
            Some(before) if fails_more(before, after, ctx) => Effect::Lost,
            _ => Effect::BrokenBefore,
        },
        (true, Nominal::Works) => works_on(before, after, transient, in_envelope),
    }
}

/// What the change does to a stage that works before and after, for clients that start fresh: what
/// is certain comes before what is unknown.
fn works_on(
    before: Option<&StageOutcome>,
    after: &StageOutcome,
    transient: Option<&StageOutcome>,
    in_envelope: bool,
) -> Effect {
    let known = before.map_or(&[][..], |before| &before.symbols);
    let delay = before.map_or(0.0, |before| before.delay_s) + NOTICEABLE_DELAY_S;
    match transient.map(|held| (held.nominal, held.heals_after_s)) {
        Some((Nominal::Fails, None)) => return Effect::Lost,
        Some((Nominal::Fails, Some(_))) => return Effect::Transient,
        Some((Nominal::Works, _)) | None => {}
    }
    let unknown = |outcome: &StageOutcome| meets_new(known, &outcome.symbols);
    if in_envelope || unknown(after) || transient.is_some_and(unknown) {
        Effect::Unknown
    } else if after.delay_s > delay || before.is_some_and(|before| leaves_ports(before, after)) {
        Effect::Degraded
    } else if transient.is_some_and(|held| held.delay_s > delay) {
        Effect::Transient
    } else {
        Effect::Unchanged
    }
}

/// Whether ports served the pumps' VLAN before that do not after, or only after a wait.
fn leaves_ports(before: &StageOutcome, after: &StageOutcome) -> bool {
    let ports = |outcome: &StageOutcome, fact: &str| -> BTreeSet<String> {
        let list = outcome.facts.get(fact);
        list.map(|list| list.split(", ").map(str::to_owned).collect())
            .unwrap_or_default()
    };
    let [now, slow, slow_before] = [
        ports(after, "port_names"),
        ports(after, "slow_ports"),
        ports(before, "slow_ports"),
    ];
    ports(before, "port_names")
        .iter()
        .any(|port| !now.contains(port) || (slow.contains(port) && !slow_before.contains(port)))
}

/// Whether symbols are met after that were not met before, or in another order where a symbol
/// could redirect packets past another.
fn meets_new(before: &[Symbol], after: &[Symbol]) -> bool {
    if after.iter().any(|symbol| !before.contains(symbol)) {
        return true;
    }
    let redirecting = |symbols: &[Symbol]| {
        symbols
            .iter()
            .filter(|symbol| {
                matches!(
                    symbol,
                    Symbol::Hole {
                        redirects: true,
                        ..
                    }
                )
            })
            .cloned()
            .collect::<Vec<_>>()
    };
    !redirecting(before).starts_with(&redirecting(after))
}

/// Whether a packet fails after that passed before; a budget that is used up counts as yes.
fn fails_more(before: &StageOutcome, after: &StageOutcome, ctx: &Ctx<'_>) -> bool {
    if before.failing.is_empty() || after.failing.is_empty() {
        return before.shape != after.shape
            && before.failing.is_empty() != after.failing.is_empty();
    }
    let nodes = u32::try_from(ctx.set_nodes).unwrap_or(u32::MAX);
    let mut arena = Arena::<u32>::with_budget(Layout::packets(), nodes);
    let mut union = |boxes: &[PacketBox]| {
        let mut all = SetId::EMPTY;
        for packets in boxes {
            let one = arena.from_box(&packets.ranges())?;
            all = arena.or(all, one)?;
        }
        Ok::<_, BudgetExceeded>(all)
    };
    let (Ok(old), Ok(new)) = (union(&before.failing), union(&after.failing)) else {
        return true;
    };
    arena
        .difference(new, old)
        .map_or(true, |more| !more.is_empty())
}

/// How well a requirement's change is known.
fn proof_of(stages: &[StageChange]) -> Proof {
    let symbols = || {
        stages
            .iter()
            .flat_map(|stage| [&stage.before, &stage.after])
            .flatten()
            .flat_map(|outcome| &outcome.symbols)
    };
    let assumed = stages
        .iter()
        .flat_map(|stage| [&stage.before, &stage.after])
        .flatten()
        .any(|outcome| outcome.facts.contains_key("assumed"));
    if assumed {
        Proof::Assumed
    } else if symbols().next().is_some() {
        Proof::Differential
    } else {
        Proof::Exact
    }
}
