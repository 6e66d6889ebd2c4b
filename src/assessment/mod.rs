//! The pre-flight itself: ties states, intent and rules together and gives the verdict.

use std::collections::BTreeMap;

use crate::analysis::{
    Judgment, Memory, Nominal, Symbol, World, judge_all, judge_both, judge_some, memory_of,
};
use crate::change::{self, Comparison, Counterfactual, Judgments, Sides, Wanted};
use crate::ctx::Ctx;
use crate::input::Case;
use crate::input::script::rebuild;
use crate::intent::{Intent, RequirementId};
use crate::model::Network;
use crate::rule::{Evaluation, Facts, Rules, evaluate};
use crate::stress;
use crate::wire::assessment::{Assessment, Effect, SCHEMA, Summary, Tool};

mod before_site;
mod conditions;
mod coverage;
mod observed;
pub mod plan;
mod protect;
mod rows;
mod unknowns;
mod vantage;
mod verdict;
pub mod verify;

/// Judges a change.
pub fn assess(case: &Case, rules: &Rules, ctx: &Ctx<'_>) -> Assessment {
    let (before, settled) = before_site::settle(case, ctx);
    let case = settled.as_ref().unwrap_or(case);
    let mut comparison = compare(case, &before, ctx);
    if case.today {
        say_what_holds(&mut comparison);
    }
    let observed = observed::join(case, &mut comparison);
    let new_reach = protect::new_reach(case, ctx);
    let returning = returning(case, ctx);
    let asked = stress::Asked {
        comparison: &comparison,
        returning: returning.as_ref(),
        intent: &case.intent,
        lasts_s: case.lasts_s,
        down: &case.after.down,
        cause: &rows::change_id,
    };
    let (stress, timeline) = stress::assess(&asked, ctx);
    let facts = Facts {
        before: &case.before,
        after: &case.after,
        intent_before: &case.intent_before,
        intent: &case.intent,
        comparison: &comparison,
        new_reach: &new_reach,
        stress: &stress,
        observed: &observed,
        files: &case.files,
    };
    let Evaluation {
        findings,
        unknown_fields: touched,
    } = evaluate(rules, &facts, ctx);
    let unknowns = unknowns::unknowns(case, &comparison, touched);
    let conditions = conditions::conditions(case, &comparison, &findings);
    let verdict = if case.today {
        verdict::today(&comparison, &observed)
    } else {
        verdict::verdict(case, &comparison, &findings, &conditions, &unknowns)
            .max(verdict::of_requirements(
                &comparison,
                &observed,
                case.lasts_s,
            ))
            .max(verdict::of_stress(&stress))
    };
    let mut assessment = Assessment {
        schema: SCHEMA.to_owned(),
        assessment_id: String::new(),
        tool: Tool {
            name: "pump-preflight".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        verdict,
        exit_code: verdict.exit_code(),
        summary: summary(&comparison),
        requirements: rows::requirements(case, &comparison, &observed, ctx),
        changes: rows::changes(case, &comparison),
        findings,
        conditions,
        unknowns,
        assumptions: conditions::assumptions(case, &comparison),
        boundaries: rows::boundaries(case, &comparison),
        coverage: coverage::coverage(case, &comparison),
        stress,
        timeline,
        measured: observed::measured(case),
        observations: case
            .measurement
            .as_ref()
            .map_or_else(Vec::new, |measurement| {
                measurement.report.observations.clone()
            }),
        snapshots: case.snapshots.clone(),
        inputs: case.inputs.clone(),
        steps: Vec::new(),
    };
    assessment.assessment_id = identity(&assessment);
    assessment
}

/// Without a change, a requirement is what it is today: it fails, nobody knows, or it works.
fn say_what_holds(comparison: &mut Comparison) {
    for row in &mut comparison.requirements {
        for stage in &mut row.stages {
            let Some(now) = &stage.before else { continue };
            stage.effect = if now.nominal == Nominal::Fails {
                Effect::BrokenBefore
            } else if now.symbols.iter().any(Symbol::is_question) {
                Effect::Unknown
            } else {
                Effect::Unchanged
            };
        }
        let fails = row
            .stages
            .iter()
            .any(|stage| stage.effect == Effect::BrokenBefore);
        let worst = row.stages.iter().map(|stage| stage.effect).max();
        let worst = worst.unwrap_or(Effect::Unchanged);
        row.effect = if fails { Effect::BrokenBefore } else { worst };
    }
}

/// The three judgments of the change and of each state in its middle, compared.
fn compare(case: &Case, before: &Judgment, ctx: &Ctx<'_>) -> Comparison {
    let memory = memory_of(before);
    let mut end = compare_with(case, &case.after, (before, &memory), ctx);
    for (name, network) in &case.between {
        let middle = compare_with(case, network, (before, &memory), ctx);
        change::add_middle(&mut end, &middle, name);
    }
    end
}

/// The change from before to one later state.
fn compare_with(
    case: &Case,
    after: &Network,
    (before, memory): (&Judgment, &Memory),
    ctx: &Ctx<'_>,
) -> Comparison {
    let world = World::for_intent(after, &case.intent);
    let (mut fresh, mut held) = judge_both(&world, &case.intent, memory, ctx);
    let mut wanted = wanted(&case.intent);
    // A requirement that the after site drops is judged by the before site.
    let known: Vec<RequirementId> = wanted
        .iter()
        .map(|row| row.requirement.id.clone())
        .collect();
    let dropped: Vec<Wanted> = self::wanted(&case.intent_before)
        .into_iter()
        .filter(|row| !known.contains(&row.requirement.id))
        .collect();
    if !dropped.is_empty() {
        let world = World::for_intent(after, &case.intent_before);
        let others = judge_both(&world, &case.intent_before, memory, ctx);
        for (judgment, other) in [(&mut fresh, others.0), (&mut held, others.1)] {
            for row in &dropped {
                if let Some(outcome) = other.outcomes.get(&row.requirement.id) {
                    judgment
                        .outcomes
                        .insert(row.requirement.id.clone(), outcome.clone());
                }
            }
        }
        wanted.extend(dropped);
    }
    let counterfactual = Counterfactual {
        rebuild: &rebuild,
        judge: &|network, requirements| {
            let world = World::for_intent(network, &case.intent);
            judge_some(&world, &case.intent, requirements, memory, ctx)
        },
    };
    let judgments = Judgments {
        before,
        transient: &held,
        after: &fresh,
    };
    let sides = Sides {
        before: &case.before,
        after,
    };
    change::compare(sides, judgments, wanted, &counterfactual, ctx)
}

/// What happens when what was down for a while comes back, to clients that lived without it; `None`
/// where nothing does.
fn returning(case: &Case, ctx: &Ctx<'_>) -> Option<Comparison> {
    case.lasts_s.filter(|_| !case.after.down.is_empty())?;
    let without = judge_all(
        &World::for_intent(&case.after, &case.intent),
        &case.intent,
        None,
        ctx,
    );
    let memory = memory_of(&without);
    let mut whole = case.after.clone();
    whole.down.clear();
    let world = World::for_intent(&whole, &case.intent);
    let (fresh, held) = judge_both(&world, &case.intent, &memory, ctx);
    let counterfactual = Counterfactual {
        rebuild: &rebuild,
        judge: &|network, requirements| {
            let world = World::for_intent(network, &case.intent);
            judge_some(&world, &case.intent, requirements, &memory, ctx)
        },
    };
    let judgments = Judgments {
        before: &without,
        transient: &held,
        after: &fresh,
    };
    let sides = Sides {
        before: &case.after,
        after: &whole,
    };
    let wanted = wanted(&case.intent);
    Some(change::compare(
        sides,
        judgments,
        wanted,
        &counterfactual,
        ctx,
    ))
}

/// The requirements of an intent with the servers that each needs and wants.
fn wanted(intent: &Intent) -> Vec<Wanted> {
    intent
        .requirements()
        .into_iter()
        .map(|requirement| {
            let service = intent.site.services.get(&requirement.service);
            let (need, want) = service.map_or((1, 1), |service| (service.need, service.want));
            Wanted {
                requirement,
                need,
                want,
            }
        })
        .collect()
}

/// Counts of requirements, and of the pumps and areas that are hurt.
fn summary(comparison: &Comparison) -> Summary {
    let mut summary = Summary::default();
    let mut pumps: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut areas = std::collections::BTreeSet::new();
    for row in &comparison.requirements {
        let count = match row.effect {
            Effect::Lost => &mut summary.lost,
            Effect::Degraded => &mut summary.degraded,
            Effect::Transient => &mut summary.transient,
            Effect::Unknown => &mut summary.unknown,
            Effect::BrokenBefore => &mut summary.broken_before,
            Effect::Gained => &mut summary.gained,
            Effect::Unchanged => &mut summary.unchanged,
        };
        *count += 1;
        let hurt = matches!(
            row.effect,
            Effect::Lost | Effect::Degraded | Effect::Transient | Effect::Unknown
        );
        if hurt {
            // A pump is on one firmware and may roam: it counts once a group and firmware.
            let requirement = &row.requirement;
            pumps.insert(
                (&requirement.group, &requirement.firmware),
                requirement.count,
            );
            areas.insert(requirement.area.clone());
        }
    }
    summary.pumps = pumps.values().map(|count| u64::from(*count)).sum();
    summary.areas = areas.into_iter().collect();
    summary
}

/// A digest of the tool's version, the inputs and the answer.
fn identity(assessment: &Assessment) -> String {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;
    let mut hasher = Sha256::new();
    hasher.update(&assessment.tool.version);
    for input in &assessment.inputs {
        hasher.update(format!(
            "{}\0{}\0{}\0",
            input.kind, input.path, input.sha256
        ));
    }
    hasher.update(assessment.verdict.name());
    hasher
        .finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
