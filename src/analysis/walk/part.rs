//! Packets with what became of them, and how the parts of several paths are laid over each other.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::session::Mark;
use crate::analysis::Symbol;
use crate::analysis::goal::Learned;
use crate::analysis::world::{DeviceId, InterfaceId};
use crate::set::{Arena, BudgetExceeded, SetId};
use crate::source::StatementRef;
use crate::wire::trace::Disposition;

/// Where packets end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Device where they end; the last one that saw them.
    pub device: DeviceId,
    /// Interface: the one they leave by, else the one they came by; none where they began here.
    pub interface: Option<InterfaceId>,
    /// How they end.
    pub disposition: Disposition,
}

/// Where packets end, and what they left behind and became on the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    /// The end.
    pub(super) end: End,
    /// Sessions and rewrites in the order of the path.
    pub(super) trail: Vec<Mark>,
}

/// What happened to packets at one device, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// filter-in, route, filter-out, deliver, accept, …
    pub action: &'static str,
    /// What happened.
    pub detail: String,
    /// The statement that decided it.
    pub at: Option<StatementRef>,
}

/// One device on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopRecord {
    /// Device.
    pub device: Arc<str>,
    /// Interface by which packets enter.
    pub ingress: Option<Arc<str>>,
    /// Interface by which they leave.
    pub egress: Option<Arc<str>>,
    /// How the device chose where they go; none where it asked no route.
    pub learned: Option<Learned>,
    /// What happened.
    pub steps: Vec<StepRecord>,
}

/// One path with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRecord {
    /// The end.
    pub disposition: Disposition,
    /// Devices in order.
    pub hops: Vec<HopRecord>,
}

/// A path that shares its tail with others.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// The end.
    pub(super) disposition: Disposition,
    /// Devices from here on.
    pub(super) from: Option<Rc<Link>>,
}

/// One device of a path and the rest of it.
#[derive(Debug)]
pub(super) struct Link {
    /// The device.
    hop: Rc<HopRecord>,
    /// What follows.
    next: Option<Rc<Link>>,
}

impl Path {
    /// The path with a device before it.
    pub(super) fn after(&self, hop: &Rc<HopRecord>) -> Self {
        Self {
            disposition: self.disposition,
            from: Some(Rc::new(Link {
                hop: hop.clone(),
                next: self.from.clone(),
            })),
        }
    }

    /// The path written out.
    pub(super) fn record(&self) -> PathRecord {
        let mut hops = Vec::new();
        let mut rest = self.from.as_ref();
        while let Some(link) = rest {
            hops.push(HopRecord::clone(&link.hop));
            rest = link.next.as_ref();
        }
        PathRecord {
            disposition: self.disposition,
            hops,
        }
    }
}

/// Packets with what became of them.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The packets.
    pub(super) set: SetId,
    /// Where they end, over all paths.
    pub(super) ends: BTreeSet<Arrival>,
    /// Statements that decide it, in the order met.
    pub(super) decided: Vec<StatementRef>,
    /// What it depends on that is not known, in the order met.
    pub(super) symbols: Vec<Symbol>,
    /// Boundaries that are crossed on an assumption.
    pub(super) boundaries: BTreeSet<usize>,
    /// Paths.
    pub(super) paths: Vec<Path>,
}

impl Part {
    /// Packets that end here.
    pub(super) fn end(set: SetId, end: End) -> Self {
        Self {
            set,
            ends: BTreeSet::from([Arrival {
                end,
                trail: Vec::new(),
            }]),
            decided: Vec::new(),
            symbols: Vec::new(),
            boundaries: BTreeSet::new(),
            paths: vec![Path {
                disposition: end.disposition,
                from: None,
            }],
        }
    }

    /// Puts what was met before in front.
    pub(super) fn preceded(&mut self, symbols: &[Symbol], decided: &[StatementRef]) {
        if !symbols.is_empty() {
            let mut all = symbols.to_vec();
            add_new(&mut all, &self.symbols);
            self.symbols = all;
        }
        if !decided.is_empty() {
            let mut all = decided.to_vec();
            add_new(&mut all, &self.decided);
            self.decided = all;
        }
    }

    /// Puts sessions and rewrites in front of the way to every end.
    pub(super) fn marked(&mut self, marks: &[Mark]) {
        if marks.is_empty() {
            return;
        }
        let ends = std::mem::take(&mut self.ends);
        self.ends = ends
            .into_iter()
            .map(|arrival| Arrival {
                trail: marks.iter().chain(&arrival.trail).cloned().collect(),
                ..arrival
            })
            .collect();
    }

    /// Adds what another path does with the same packets.
    fn join(&mut self, other: &Self, paths: usize) {
        self.ends.extend(other.ends.iter().cloned());
        add_new(&mut self.decided, &other.decided);
        add_new(&mut self.symbols, &other.symbols);
        self.boundaries.extend(&other.boundaries);
        let room = paths.saturating_sub(self.paths.len());
        self.paths.extend(other.paths.iter().take(room).cloned());
    }

    /// Whether both meet the same fate for the same reasons.
    fn is_like(&self, other: &Self) -> bool {
        self.ends == other.ends
            && self.decided == other.decided
            && self.symbols == other.symbols
            && self.boundaries == other.boundaries
    }
}

/// Adds what is not there yet.
pub(super) fn add_new<T: Clone + PartialEq>(list: &mut Vec<T>, more: &[T]) {
    for item in more {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

/// Lays over each other what several equal paths do with the same packets: each packet gets the
/// ends of all paths.
pub(super) fn overlay(
    arena: &mut Arena<u32>,
    paths: usize,
    branches: Vec<Vec<Part>>,
) -> Result<Vec<Part>, BudgetExceeded> {
    let mut branches = branches.into_iter();
    let Some(mut all) = branches.next() else {
        return Ok(Vec::new());
    };
    for branch in branches {
        let mut refined = Vec::new();
        for one in &all {
            for other in &branch {
                let set = arena.and(one.set, other.set)?;
                if !set.is_empty() {
                    let mut part = one.clone();
                    part.set = set;
                    part.join(other, paths);
                    refined.push(part);
                }
            }
        }
        all = refined;
    }
    Ok(all)
}

/// Lays over each other parts whose packets may be the same: each packet gets the ends of all.
pub(super) fn cover(
    arena: &mut Arena<u32>,
    paths: usize,
    parts: Vec<Part>,
) -> Result<Vec<Part>, BudgetExceeded> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        let mut rest = part.set;
        let mut refined = Vec::new();
        for mut one in all {
            let both = arena.and(one.set, part.set)?;
            if both.is_empty() {
                refined.push(one);
                continue;
            }
            let only = arena.difference(one.set, both)?;
            if !only.is_empty() {
                refined.push(Part {
                    set: only,
                    ..one.clone()
                });
            }
            rest = arena.difference(rest, both)?;
            one.set = both;
            one.join(&part, paths);
            refined.push(one);
        }
        if !rest.is_empty() {
            refined.push(Part { set: rest, ..part });
        }
        all = refined;
    }
    Ok(all)
}

/// Joins parts of different packets that meet the same fate for the same reasons.
pub(super) fn merge(arena: &mut Arena<u32>, parts: Vec<Part>) -> Result<Vec<Part>, BudgetExceeded> {
    let mut merged: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match merged.iter_mut().find(|other| other.is_like(&part)) {
            Some(other) => other.set = arena.or(other.set, part.set)?,
            None => merged.push(part),
        }
    }
    Ok(merged)
}
