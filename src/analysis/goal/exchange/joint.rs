//! The joint fixpoint: unknowns that read each other, computed until none changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Candidate, Exchange, TableState, bgp};
use crate::analysis::Symbol;
use crate::analysis::goal::{Asked, Protocol, add_new, lock};
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
    /// As numbers from this seed say, each unknown only now and then.
    Scattered(u64),
}

/// Runs in scattered order where policies could make several states stable.
const SCATTERED: u64 = 6;

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
    let found = run(world, exchange, &BTreeSet::from([goal]), Order::Up);
    // What is kept must not depend on which goal was asked first: all start together.
    let all: BTreeSet<Unknown> = found.joint.entries.keys().copied().collect();
    let first = run(world, exchange, &all, Order::Down);
    let mut others = vec![found];
    if exchange.prefers {
        let scattered = (1..=SCATTERED).map(Order::Scattered);
        others.extend(scattered.map(|order| run(world, exchange, &all, order)));
    }
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
        // Met on the way only, and without a value in other runs: asked again when it is needed.
        if !all.contains(unknown) {
            continue;
        }
        let open = restless(unknown) || differs(unknown, &entry.value);
        match (unknown, &entry.value) {
            (Unknown::Table(prefix, table), Value::Table(state)) => {
                let state = Arc::new(finished(world, exchange, *table, *prefix, state, open));
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

/// A state with what every answer of these processes depends on, and whether it is `open`: not the
/// only stable one.
fn finished(
    world: &World<'_>,
    exchange: &Exchange<'_>,
    table: TableId,
    prefix: Ipv4Net,
    state: &TableState,
    open: bool,
) -> TableState {
    let mut candidate = Candidate::clone(&state.candidate);
    let connected = candidate
        .route
        .as_ref()
        .is_some_and(|route| route.protocol == Protocol::Connected);
    if !connected {
        add_new(&mut candidate.symbols, &exchange.doubts);
    }
    if open {
        let name = &world.device(world.table(table).device).name;
        let reason = format!("{name}: the routes to {prefix} have no single stable state");
        candidate.symbols.push(Symbol::Undecided(reason));
    }
    TableState {
        candidate: Arc::new(candidate),
        ..state.clone()
    }
}

/// Computes until nothing changes, or gives up.
fn run(world: &World<'_>, exchange: &Exchange<'_>, goals: &BTreeSet<Unknown>, order: Order) -> Run {
    /// Sweeps beyond the number of tables, after which whatever still changes is restless.
    const SLACK: usize = 32;
    /// Sweeps whose changes tell what is restless.
    const WATCHED: usize = 16;
    let mut joint = Joint::default();
    for goal in goals {
        joint.read(*goal);
    }
    let mut asked = Asked {
        joint: Some(joint),
        ..Asked::default()
    };
    let mut restless = BTreeSet::new();
    let mut left = SLACK + WATCHED + exchange.members.len();
    if let Order::Scattered(_) = order {
        left *= 4;
    }
    let mut numbers = order;
    while let Some(joint) = &mut asked.joint {
        if joint.dirty.is_empty() || left == 0 {
            break;
        }
        let sweep = ordered(&mut joint.dirty, &mut numbers);
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
fn ordered(dirty: &mut BTreeSet<Unknown>, order: &mut Order) -> Vec<Unknown> {
    let mut sweep: Vec<Unknown> = dirty.iter().copied().collect();
    match order {
        Order::Up => {}
        Order::Down => sweep.reverse(),
        Order::Scattered(seed) => {
            // Knuth's MMIX constants.
            let mut next = || {
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *seed >> 33
            };
            let mut keyed: Vec<(u64, Unknown)> = sweep.iter().map(|one| (next(), *one)).collect();
            keyed.sort_unstable();
            sweep = keyed.into_iter().map(|(_, one)| one).collect();
            sweep.truncate(sweep.len().div_ceil(3));
        }
    }
    for one in &sweep {
        dirty.remove(one);
    }
    sweep
}
