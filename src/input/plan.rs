//! A change plan: the states that its steps leave, and each two of them as a case.

use std::path::{Path, PathBuf};

use crate::ctx::Ctx;
use crate::input::Error;
use crate::input::case::{Case, CaseArguments, load_intents, row, snapshot_inputs, unread_changes};
use crate::input::down::{parse_down, parse_for};
use crate::input::mistake::Mistake;
use crate::input::script::paste;
use crate::input::snapshot::{FileTable, Snapshot, SnapshotPlace, folder, load_snapshot};
use crate::intent::Intent;
use crate::model::Network;
use crate::source::FileOrigin;
use crate::wire::assessment::Input;
use crate::wire::plan::{ChangePlan, ChangeStep, PLAN_SCHEMA};

/// A plan, loaded.
pub struct Plan {
    /// The states, first the one before all steps.
    states: Vec<State>,
    /// The intent before.
    intent_before: Intent,
    /// The intent after.
    intent: Intent,
    /// Files outside the snapshots as inputs.
    inputs: Vec<Input>,
    /// Files outside the snapshots.
    files: Vec<crate::source::File>,
}

/// The network after a step.
struct State {
    /// What the step does, in words.
    name: String,
    /// The snapshot that it began with.
    snapshot: Snapshot,
    /// The network.
    network: Network,
    /// States while lines are pasted, each with its name.
    between: Vec<(String, Network)>,
    /// For how many seconds it lasts.
    lasts_s: Option<u64>,
}

impl Plan {
    /// The names of all states.
    pub fn names(&self) -> Vec<&str> {
        self.states
            .iter()
            .map(|state| state.name.as_str())
            .collect()
    }

    /// The case of one state after another; `None` where the plan has no such states.
    pub fn case(&self, from: usize, to: usize) -> Option<Case> {
        let (before, after) = (self.states.get(from)?, self.states.get(to)?);
        let mut inputs = snapshot_inputs("before", &before.snapshot.files);
        inputs.extend(snapshot_inputs("after", &after.snapshot.files));
        inputs.extend(self.inputs.iter().cloned());
        inputs.sort();
        inputs.dedup();
        let mut notes = before.snapshot.notes.clone();
        notes.extend(after.snapshot.notes.iter().cloned());
        notes.sort();
        notes.dedup();
        Some(Case {
            before: before.network.clone(),
            after: after.network.clone(),
            between: if from + 1 == to {
                after.between.clone()
            } else {
                Vec::new()
            },
            intent_before: self.intent_before.clone(),
            intent: self.intent.clone(),
            lasts_s: after.lasts_s,
            today: false,
            inputs,
            snapshots: vec![
                row("before", &before.snapshot, &before.network),
                row("after", &after.snapshot, &after.network),
            ],
            unread_changes: unread_changes(&before.snapshot.files, &after.snapshot.files),
            files_before: before.snapshot.files.clone(),
            files_after: after.snapshot.files.clone(),
            notes,
            measurement: None,
            files: self.files.clone(),
        })
    }
}

/// Loads a plan and all its states.
pub fn load_plan(arguments: &CaseArguments, path: &Path, ctx: &Ctx<'_>) -> Result<Plan, Error> {
    let mut files = FileTable::new();
    let bytes = folder::read_file(path)?;
    let shown = path.display().to_string();
    files.load(&shown, FileOrigin::Disk, &bytes, "plan");
    let plan = parse(&shown, &bytes)?;
    let snapshot = load_snapshot(&arguments.before, &mut files, ctx)?;
    let (intent_before, intent) = load_intents(arguments, &snapshot, &snapshot, &mut files)?;
    let mut states = vec![State {
        name: "before all steps".to_owned(),
        network: snapshot.network.clone(),
        snapshot,
        between: Vec::new(),
        lasts_s: None,
    }];
    // What is down in one step is up in the next.
    let mut network = states
        .first()
        .map(|state| state.network.clone())
        .unwrap_or_default();
    for step in &plan.steps {
        let Some(previous) = states.last() else { break };
        let mut state = State {
            name: step.name.clone(),
            snapshot: previous.snapshot.clone(),
            network: network.clone(),
            between: Vec::new(),
            lasts_s: step.lasts.as_deref().map(parse_for).transpose()?,
        };
        advance(&mut state, step, path, &mut files, ctx)?;
        network = state.network.clone();
        for text in &step.down {
            let down = parse_down(text, &state.network, &intent.site)?;
            state.network.down.insert(down);
        }
        states.push(state);
    }
    Ok(Plan {
        states,
        intent_before,
        intent,
        inputs: files.inputs(),
        files: files.loaded().cloned().collect(),
    })
}

/// Takes a step.
fn advance(
    state: &mut State,
    step: &ChangeStep,
    plan: &Path,
    files: &mut FileTable,
    ctx: &Ctx<'_>,
) -> Result<(), Error> {
    let beside = |path: &str| -> PathBuf {
        plan.parent()
            .map_or(PathBuf::from(path), |folder| folder.join(path))
    };
    match (&step.change, &step.device, &step.after) {
        (Some(change), Some(device), None) => {
            let path = beside(change);
            let bytes = folder::read_file(&path)?;
            let shown = path.display().to_string();
            let script = files.load(&shown, FileOrigin::Disk, &bytes, "script");
            let pasted = paste(&state.network, device, &script, files)?;
            state.network = pasted.after;
            for (line, network) in pasted.between {
                let name = format!("after line {line} of `{shown}`");
                state.between.push((name, network));
            }
            Ok(())
        }
        (None, None, Some(after)) => {
            let place = match SnapshotPlace::parse(after)? {
                SnapshotPlace::Folder(_) | SnapshotPlace::Archive(_) => {
                    SnapshotPlace::parse(&beside(after).display().to_string())?
                }
                place @ (SnapshotPlace::Git { .. }
                | SnapshotPlace::WorkTree(_)
                | SnapshotPlace::Merged { .. }) => place,
            };
            state.snapshot = load_snapshot(&place, files, ctx)?;
            state.network = state.snapshot.network.clone();
            Ok(())
        }
        (None, None, None) if !step.down.is_empty() => Ok(()),
        (Some(_) | None, _, _) => Err(Error::usage(
            format!(
                "take step `{}` of the plan: it says none of what a step may do",
                step.name
            ),
            "write `change` with `device`, or `after`, or `down`",
        )),
    }
}

/// Reads the plan itself.
fn parse(path: &str, bytes: &[u8]) -> Result<ChangePlan, Error> {
    let refuse = |line: u64, column: u64, message: String| Error::Mistakes {
        kind: "plan",
        mistakes: vec![Mistake {
            file: path.to_owned(),
            line: u32::try_from(line).unwrap_or(1),
            column: u32::try_from(column).unwrap_or(1),
            message,
            help: None,
        }],
    };
    let text = String::from_utf8_lossy(bytes);
    let plan: ChangePlan = serde_saphyr::from_str(&text).map_err(|error| {
        let place = error.location();
        let message = error.to_string();
        refuse(
            place.as_ref().map_or(1, serde_saphyr::Location::line),
            place.as_ref().map_or(1, serde_saphyr::Location::column),
            message.lines().next().unwrap_or("no plan").to_owned(),
        )
    })?;
    if plan.schema != PLAN_SCHEMA {
        return Err(refuse(1, 1, format!("`schema` is {PLAN_SCHEMA}")));
    }
    if plan.steps.is_empty() {
        return Err(refuse(1, 1, "the plan has no steps".to_owned()));
    }
    Ok(plan)
}
