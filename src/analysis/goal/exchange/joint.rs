//! The joint fixpoint: unknowns that read each other, computed until none changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Candidate, Exchange, TableState, bgp};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, lock};
use crate::analysis::world::{TableId, World};
use crate::net::Ipv4Net;

/// Something that is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis::goal) enum Unknown {
    /// Whether a BGP session is up.
    Session(bgp::SessionId),
    /// What a table has for a prefix.
    Table(Ipv4Net, TableId),
}

/// The value of an unknown.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// Of a session.
    Session(Arc<bgp::Liveness>),
    /// Of a table.
    Table(Arc<TableState>),
}

/// An unknown with whoever read it.
#[derive(Debug)]
struct Entry {
    /// Its value of now.
    value: Value,
    /// Unknowns that read it.
    readers: BTreeSet<Unknown>,
}

/// A goal while it is being solved.
#[derive(Debug, Default)]
pub(in crate::analysis::goal) struct Joint {
    /// Unknowns that were asked for.
    entries: BTreeMap<Unknown, Entry>,
    /// Unknowns that are to be computed.
    dirty: BTreeSet<Unknown>,
    /// The unknown that is being computed.
    current: Option<Unknown>,
}

impl Joint {
    /// What a table has for a prefix now.
    pub(in crate::analysis::goal) fn table(
        &mut self,
        table: TableId,
        prefix: Ipv4Net,
    ) -> Arc<TableState> {
        match self.read(Unknown::Table(prefix, table)) {
            Value::Table(state) => state,
            Value::Session(_) => Arc::default(),
        }
    }

    /// Whether a session is up now.
    pub(in crate::analysis::goal) fn session(&mut self, id: bgp::SessionId) -> Arc<bgp::Liveness> {
        match self.read(Unknown::Session(id)) {
            Value::Session(live) => live,
            Value::Table(_) => Arc::default(),
        }
    }

    /// The value of an unknown, which whatever is being computed depends on from now on.
    fn read(&mut self, unknown: Unknown) -> Value {
        let dirty = &mut self.dirty;
        let entry = self.entries.entry(unknown).or_insert_with(|| {
            dirty.insert(unknown);
            Entry {
                value: match unknown {
                    Unknown::Session(_) => Value::Session(Arc::default()),
                    Unknown::Table(..) => Value::Table(Arc::default()),
                },
                readers: BTreeSet::new(),
            }
        });
        entry.readers.extend(self.current);
        entry.value.clone()
    }

    /// Sets the value of an unknown; a change concerns its readers.
    fn set(&mut self, unknown: Unknown, value: Value) -> bool {
        let Some(entry) = self.entries.get_mut(&unknown) else {
            return false;
        };
        if entry.value == value {
            return false;
        }
        entry.value = value;
        self.dirty.extend(entry.readers.iter().copied());
        true
    }
}

/// Orders of computation.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// By number.
    Up,
    /// Against it.
    Down,
    /// Every second one first.
    Mixed,
}

/// How a run ended.
struct Run {
    /// Unknowns with their values.
    joint: Joint,
    /// Unknowns that still changed when the run was given up.
    restless: BTreeSet<Unknown>,
}

/// Solves an unknown with all that it depends on, and keeps the answers.
pub(in crate::analysis::goal) fn solve(world: &World<'_>, goal: Unknown) {
    let exchange = world.exchange();
    let first = run(world, exchange, goal, Order::Up);
    let others = [Order::Down, Order::Mixed].map(|order| run(world, exchange, goal, order));
    let differs = |unknown: &Unknown, value: &Value| {
        others
            .iter()
            .any(|other| other.joint.entries.get(unknown).map(|one| &one.value) != Some(value))
    };
    let restless = |unknown: &Unknown| {
        first.restless.contains(unknown)
            || others.iter().any(|other| other.restless.contains(unknown))
    };
    for (unknown, entry) in &first.joint.entries {
        let open = restless(unknown) || differs(unknown, &entry.value);
        match (unknown, &entry.value) {
            (Unknown::Table(prefix, table), Value::Table(state)) => {
                let mut state = state.clone();
                if open {
                    state = Arc::new(doubted(world, *table, *prefix, &state));
                }
                lock(&world.goals.states).insert((*table, *prefix), state);
            }
            (Unknown::Session(id), Value::Session(live)) => {
                let mut live = live.clone();
                if open {
                    let mut doubted = bgp::Liveness::clone(&live);
                    let reason = "whether a BGP session stays up".to_owned();
                    doubted.doubts.insert(Symbol::Undecided(reason));
                    live = Arc::new(doubted);
                }
                lock(&world.goals.sessions).insert(*id, live);
            }
            (Unknown::Table(..), Value::Session(_)) | (Unknown::Session(_), Value::Table(_)) => {}
        }
    }
}

/// A state that is not the only stable one.
fn doubted(world: &World<'_>, table: TableId, prefix: Ipv4Net, state: &TableState) -> TableState {
    let name = &world.device(world.table(table).device).name;
    let reason = format!("{name}: the routes to {prefix} have no single stable state");
    let mut candidate = Candidate::clone(&state.candidate);
    candidate.symbols.push(Symbol::Undecided(reason));
    TableState {
        candidate: Arc::new(candidate),
        ..state.clone()
    }
}

/// Computes until nothing changes, or gives up.
fn run(world: &World<'_>, exchange: &Exchange<'_>, goal: Unknown, order: Order) -> Run {
    /// Sweeps beyond the number of tables, after which whatever still changes is restless.
    const SLACK: usize = 32;
    /// Sweeps whose changes tell what is restless.
    const WATCHED: usize = 16;
    let mut joint = Joint::default();
    joint.read(goal);
    let mut asked = Asked {
        joint: Some(joint),
        ..Asked::default()
    };
    let mut restless = BTreeSet::new();
    let mut left = SLACK + WATCHED + exchange.members.len();
    while let Some(joint) = &mut asked.joint {
        let sweep = ordered(std::mem::take(&mut joint.dirty), order);
        if sweep.is_empty() || left == 0 {
            break;
        }
        left -= 1;
        for unknown in sweep {
            let Some(joint) = &mut asked.joint else {
                break;
            };
            joint.dirty.remove(&unknown);
            joint.current = Some(unknown);
            let value = match unknown {
                Unknown::Session(id) => Value::Session(Arc::new(bgp::liveness(
                    world,
                    &exchange.bgp,
                    id,
                    &mut asked,
                ))),
                Unknown::Table(prefix, table) => Value::Table(Arc::new(super::table(
                    world, exchange, table, prefix, &mut asked,
                ))),
            };
            if let Some(joint) = &mut asked.joint
                && joint.set(unknown, value)
                && left < WATCHED
            {
                restless.insert(unknown);
            }
        }
    }
    Run {
        joint: asked.joint.unwrap_or_default(),
        restless: if left == 0 { restless } else { BTreeSet::new() },
    }
}

/// One sweep over what is to be computed.
fn ordered(dirty: BTreeSet<Unknown>, order: Order) -> Vec<Unknown> {
    let mut sweep: Vec<Unknown> = dirty.into_iter().collect();
    match order {
        Order::Up => {}
        Order::Down => sweep.reverse(),
        Order::Mixed => {
            let odd = sweep.iter().copied().skip(1).step_by(2);
            let even = sweep.iter().copied().step_by(2);
            sweep = odd.chain(even).collect();
        }
    }
    sweep
}
