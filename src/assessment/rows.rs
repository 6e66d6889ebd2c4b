//! Rows of the report: requirements with their stages, changes, boundaries.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::origin::origin;
use crate::analysis::trace::trace_in;
use crate::analysis::{Nominal, StageOutcome, Symbol, World};
use crate::change::{ChangeIndex, Comparison, RequirementChange, StageChange};
use crate::ctx::Ctx;
use crate::input::Case;
use crate::intent::{AssumedBeyond, RequirementId};
use crate::model::Network;
use crate::source::StatementRef;
use crate::wire::assessment::{
    Bearing, Boundary, Change, Effect, EffectShape, Observed, Origin, Redundancy, Requirement,
    Stage, StageState, Witness,
};
use crate::wire::trace::{Flow, FlowRequest};

/// The id of a change in the report.
pub(super) fn change_id(index: ChangeIndex) -> String {
    format!("c{}", index + 1)
}

/// Every requirement with its stages.
pub(super) fn requirements(
    case: &Case,
    comparison: &Comparison,
    observed: &BTreeMap<RequirementId, Observed>,
    ctx: &Ctx<'_>,
) -> Vec<Requirement> {
    let before = World::for_intent(&case.before, &case.intent_before);
    comparison
        .requirements
        .iter()
        .map(|row| Requirement {
            id: row.requirement.id.to_string(),
            group: row.requirement.group.clone(),
            network: row.requirement.network.clone(),
            firmware: row.requirement.firmware.clone(),
            service: row.requirement.service.clone(),
            area: row.requirement.area.clone(),
            reaction: row.requirement.reaction.name().to_owned(),
            count: row.requirement.count,
            change: row.effect,
            proof: row.proof,
            stages: row
                .stages
                .iter()
                .map(|stage| stage_row(case, stage, &|flow| path_of(&before, flow, ctx)))
                .collect(),
            effect: effect_shape(case, comparison, row),
            redundancy: redundancy(case, row),
            observed: observed.get(&row.requirement.id).cloned(),
        })
        .collect()
}

/// How a stage stands in one state: open where only somebody's answer could tell.
///
/// Unread statements that both snapshots share leave it as it is; the proof says so.
fn state(outcome: Option<&StageOutcome>) -> StageState {
    match outcome {
        Some(outcome) if outcome.nominal == Nominal::Fails => StageState::Fails,
        Some(outcome) if outcome.symbols.iter().any(Symbol::is_question) => StageState::Open,
        Some(_) | None => StageState::Works,
    }
}

/// Devices that a flow passes in a world, in order; none where it cannot be placed.
fn path_of(world: &World<'_>, flow: &Flow, ctx: &Ctx<'_>) -> Vec<String> {
    let request = FlowRequest {
        id: serde_json::Value::Null,
        from: flow.from.clone(),
        to: flow.to.clone(),
        protocol: flow.protocol.clone(),
        port: flow.port,
        from_port: flow.from_port,
        icmp_type: flow.icmp_type,
        ingress: None,
    };
    let found = trace_in(world, &request, "before", ctx);
    let path = found
        .ok()
        .and_then(|trace| trace.forward.paths.into_iter().next());
    path.map_or_else(Vec::new, |path| {
        path.hops.into_iter().map(|hop| hop.device).collect()
    })
}

/// One stage; `path_before` gives the devices that a flow passed before.
fn stage_row(
    case: &Case,
    stage: &StageChange,
    path_before: &dyn Fn(&Flow) -> Vec<String>,
) -> Stage {
    let (before, after) = (stage.before.as_ref(), stage.after.as_ref());
    // What shows a transient is the state with memory; else the state after, else before.
    let held = stage.transient.as_ref();
    let is_stale = stage.effect == Effect::Transient
        || (stage.effect == Effect::Lost
            && after.is_some_and(|after| after.nominal == Nominal::Works));
    let shown = held.filter(|_| is_stale).or(after).or(before);
    let ids = |changes: &[ChangeIndex]| changes.iter().map(|index| change_id(*index)).collect();
    let mut why = shown.map_or(String::new(), |outcome| outcome.why.clone());
    if stage.not_minimal && !stage.caused_by.is_empty() {
        why.push_str(" (the set of causes is not minimal: the search was cut short)");
    }
    Stage {
        stage: stage.stage.name().to_owned(),
        before: state(before),
        after: state(after),
        change: stage.effect,
        witness: witness(before, shown, path_before),
        decided_by: decided_by(case, before, shown),
        caused_by: ids(&stage.caused_by),
        undone_by: ids(&stage.undone_by),
        why,
    }
}

/// One packet or question, with its paths in both states.
fn witness(
    before: Option<&StageOutcome>,
    shown: Option<&StageOutcome>,
    path_before: &dyn Fn(&Flow) -> Vec<String>,
) -> Option<Witness> {
    let names = |outcome: Option<&StageOutcome>| {
        outcome
            .and_then(|outcome| outcome.witness.as_ref())
            .map_or_else(Vec::new, |witness| {
                witness.path.iter().map(ToString::to_string).collect()
            })
    };
    let found = shown.and_then(|outcome| outcome.witness.as_ref())?;
    let mut before_path: Vec<String> = names(before);
    if let (true, Some(flow)) = (before_path.is_empty(), &found.flow) {
        before_path = path_before(flow);
    }
    Some(Witness {
        summary: found.summary.clone(),
        flow: found.flow.clone(),
        before_path,
        after_path: names(shown),
    })
}

/// Statements that decide a stage: those of the shown state, else those of before.
fn decided_by(
    case: &Case,
    before: Option<&StageOutcome>,
    shown: Option<&StageOutcome>,
) -> Vec<Origin> {
    let after: Vec<Origin> = shown
        .map_or(&[][..], |outcome| &outcome.decided_by)
        .iter()
        .map(|at| place(case, *at))
        .collect();
    if !after.is_empty() {
        return after;
    }
    before
        .map_or(&[][..], |outcome| &outcome.decided_by)
        .iter()
        .map(|at| origin(&case.before, "before", *at))
        .collect()
}

/// A statement of the after snapshot, a state in the middle, or the before snapshot.
pub(super) fn place(case: &Case, at: StatementRef) -> Origin {
    let holds = |network: &Network| network.files.contains_key(&at.file);
    if holds(&case.after) {
        return origin(&case.after, "after", at);
    }
    match case.between.iter().find(|(_, network)| holds(network)) {
        Some((_, network)) => origin(network, "after", at),
        None => origin(&case.before, "before", at),
    }
}

/// What pumps notice of a requirement's change: the worst disturbance.
fn effect_shape(
    case: &Case,
    comparison: &Comparison,
    row: &RequirementChange,
) -> Option<EffectShape> {
    let disturbance = comparison
        .disturbances
        .iter()
        .filter(|disturbance| disturbance.requirement == row.requirement.id)
        .max_by_key(|disturbance| disturbance.duration_s.unwrap_or(u64::MAX))?;
    let (earliest, latest) = disturbance.onset_s;
    let onset = match (earliest, latest) {
        (0, 0) => "with the next packet".to_owned(),
        (0, latest) => format!("within {}", duration(latest)),
        (earliest, latest) => format!("after {} to {}", duration(earliest), duration(latest)),
    };
    let duration_s = disturbance.duration_s.or(case.lasts_s);
    let lasts = match duration_s {
        None => "until the change is undone".to_owned(),
        Some(0) => "until the change is whole".to_owned(),
        Some(seconds) => format!("up to {}", duration(seconds)),
    };
    Some(EffectShape {
        shape: disturbance.shape.name().to_owned(),
        onset,
        onset_s: [earliest, latest],
        duration: lasts,
        duration_s,
    })
}

/// Seconds in words.
pub(super) fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    let parts = [(hours, "h"), (minutes, "min"), (rest, "s")];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if words.is_empty() {
        "0 s".to_owned()
    } else {
        words.join(" ")
    }
}

/// Servers needed and left.
fn redundancy(case: &Case, row: &RequirementChange) -> Option<Redundancy> {
    let id = &row.requirement.service;
    let sites = [&case.intent.site, &case.intent_before.site];
    let service = sites.iter().find_map(|site| site.services.get(id))?;
    let working = |servers: &[(std::net::Ipv4Addr, Nominal)]| {
        servers
            .iter()
            .filter(|(_, nominal)| *nominal == Nominal::Works)
            .map(|(address, _)| address.to_string())
            .collect()
    };
    Some(Redundancy {
        need: service.need,
        want: service.want,
        before: working(&row.before.servers),
        after: working(&row.after.servers),
    })
}

/// Every changed statement, and every file that was not read and differs.
pub(super) fn changes(case: &Case, comparison: &Comparison) -> Vec<Change> {
    let all = || {
        comparison
            .requirements
            .iter()
            .map(|row| row.requirement.id.to_string())
    };
    let unread = case.unread_changes.iter().enumerate().map(|(index, file)| {
        let side = |snapshot: &str| Origin {
            snapshot: snapshot.to_owned(),
            file: file.path.clone(),
            line: 1,
            text: String::new(),
        };
        let (words, origins) = match (file.in_before, file.in_after) {
            (true, false) => ("removed", vec![side("before")]),
            (false, _) => ("added", vec![side("after")]),
            (true, true) => ("changed", vec![side("before"), side("after")]),
        };
        Change {
            id: change_id(comparison.changes.len() + index),
            device: String::new(),
            summary: format!("{words} file `{}`, which was not read", file.path),
            bearing: Bearing::Blocks,
            why: file.reason.clone(),
            requirements: all().collect(),
            origins,
        }
    });
    comparison
        .changes
        .iter()
        .enumerate()
        .map(|(index, change)| Change {
            id: change_id(index),
            device: change.device.clone(),
            summary: change.summary.clone(),
            bearing: change.bearing,
            why: change.why.clone(),
            requirements: change
                .requirements
                .iter()
                .map(ToString::to_string)
                .collect(),
            origins: change
                .before
                .map(|at| origin(&case.before, "before", at))
                .into_iter()
                .chain(change.after.map(|at| origin(&case.after, "after", at)))
                .collect(),
        })
        .chain(unread)
        .collect()
}

/// Interfaces beyond which the snapshots show nothing and that packets of requirements cross, and
/// those that the site declares.
pub(super) fn boundaries(case: &Case, comparison: &Comparison) -> Vec<Boundary> {
    let mut crossed: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for declared in &case.intent.site.boundaries {
        crossed
            .entry((declared.device.clone(), declared.interface.clone()))
            .or_default();
    }
    for row in &comparison.requirements {
        for outcome in row
            .stages
            .iter()
            .flat_map(|stage| [&stage.before, &stage.after])
            .flatten()
        {
            for symbol in &outcome.symbols {
                if let Symbol::Beyond {
                    device, interface, ..
                } = symbol
                {
                    crossed
                        .entry((device.to_string(), interface.to_string()))
                        .or_default()
                        .insert(row.requirement.id.to_string());
                }
            }
        }
    }
    crossed
        .into_iter()
        .map(|((device, interface), requirements)| {
            let declared = case
                .intent
                .site
                .boundaries
                .iter()
                .find(|declared| declared.device == device && declared.interface == interface);
            Boundary {
                beyond: declared.map_or(String::new(), |declared| declared.beyond.clone()),
                assume: assumed(declared.map(|declared| declared.assume)).to_owned(),
                evidence: declared.and_then(|declared| declared.evidence.clone()),
                requirements: requirements.into_iter().collect(),
                device,
                interface,
            }
        })
        .collect()
}

/// An assumption's name.
fn assumed(assume: Option<AssumedBeyond>) -> &'static str {
    match assume {
        Some(AssumedBeyond::Permits) => "permits",
        Some(AssumedBeyond::Denies) => "denies",
        Some(AssumedBeyond::Unknown) | None => "unknown",
    }
}
