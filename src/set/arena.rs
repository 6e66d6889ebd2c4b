//! The table of shared nodes that packet sets are handles into.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use thiserror::Error;

use super::{Bound, Field, Layout};

/// A packet set of one arena; equal sets of the same arena are equal handles.
///
/// The order of handles is the order of making, which is deterministic and means nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub(super) u32);

impl SetId {
    /// The set without packets, the same in every arena.
    pub const EMPTY: Self = Self(0);
    /// The set of all packets, the same in every arena.
    pub const FULL: Self = Self(1);
    /// The third terminal, which only lives inside a filter that is being compiled.
    pub(super) const DENIED: Self = Self(2);
    /// The number of terminals, which come before all nodes.
    pub(super) const TERMINALS: u32 = 3;

    /// Whether no packet is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == Self::EMPTY.0
    }

    /// Whether all packets are in the set.
    pub const fn is_full(self) -> bool {
        self.0 == Self::FULL.0
    }
}

/// A packet set grew beyond the arena's budget, so that the question has no answer here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("packet set needs more than {nodes} nodes")]
pub struct BudgetExceeded {
    /// The budget that was exceeded.
    pub nodes: u32,
}

/// One interval of a node: up to which value, and what holds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge<B> {
    /// Last value of the interval; the first is one more than the edge before.
    pub(super) upper: B,
    /// The set that holds for the fields below.
    pub(super) child: SetId,
}

/// A node: the edges `start..start + length` partition the field at `level`.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Hash of level and edges, kept so that the table can grow without reading edges.
    hash: u32,
    /// First edge.
    start: u32,
    /// Number of edges.
    length: u32,
    /// Level of the field, [`Field::COUNT`] for terminals.
    level: u32,
}

/// Where the edges of a node lie, to be read while the arena grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Level of the field, [`Field::COUNT`] for terminals.
    pub(super) level: usize,
    /// First edge.
    pub(super) start: usize,
    /// One past the last edge.
    pub(super) end: usize,
}

/// Results of one operation by its two operands.
pub(super) type Memo = FxHashMap<(SetId, SetId), SetId>;

/// Results of all operations that have been asked before.
#[derive(Clone, Debug, Default)]
pub(super) struct Memos {
    /// Intersections.
    pub(super) and: Memo,
    /// Unions.
    pub(super) or: Memo,
    /// Differences.
    pub(super) difference: Memo,
    /// Filters one after the other.
    pub(super) overlay: Memo,
    /// Projections, by the set and its field as a level.
    pub(super) exists: FxHashMap<(SetId, usize), SetId>,
}

/// Shared nodes of packet sets over one layout.
#[derive(Clone, Debug)]
pub struct Arena<B> {
    /// Largest values by field.
    layout: Layout<B>,
    /// How many nodes may be made.
    budget: u32,
    /// Nodes by handle, terminals first.
    nodes: Vec<Node>,
    /// Edges of all nodes.
    edges: Vec<Edge<B>>,
    /// Open-addressed table of handles by hash of the node; 0 is vacant.
    table: Vec<u32>,
    /// Stack of edges of the nodes that are being made.
    pub(super) pending: Vec<Edge<B>>,
    /// Results of operations.
    pub(super) memos: Memos,
}

/// Edges that a budget allows for each node: a node may be wide, not all of them.
///
/// A choice of this tool: compiled filters of 10,000 lines have fewer than 20 a node.
const EDGES_PER_NODE: usize = 64;

/// Slots of an empty table, a power of two.
const FIRST_SLOTS: usize = 1 << 10;

impl<B: Bound> Arena<B> {
    /// An arena whose sets may grow as far as handles reach.
    pub fn new(layout: Layout<B>) -> Self {
        Self::with_budget(layout, u32::MAX - SetId::TERMINALS)
    }

    /// An arena that holds at most so many nodes.
    ///
    /// Nodes count, time never does; very wide nodes count as several.
    pub fn with_budget(layout: Layout<B>, nodes: u32) -> Self {
        let level = u32::try_from(Field::COUNT).unwrap_or(u32::MAX);
        let terminal = Node {
            hash: 0,
            start: 0,
            length: 0,
            level,
        };
        Self {
            layout,
            budget: nodes.min(u32::MAX - SetId::TERMINALS),
            nodes: vec![terminal; SetId::TERMINALS as usize],
            edges: Vec::new(),
            table: vec![0; FIRST_SLOTS],
            pending: Vec::new(),
            memos: Memos::default(),
        }
    }

    /// The largest values of the fields.
    pub fn layout(&self) -> &Layout<B> {
        &self.layout
    }

    /// How many nodes were made so far, which is what the budget counts.
    pub fn node_count(&self) -> usize {
        self.nodes.len().saturating_sub(SetId::TERMINALS as usize)
    }

    /// How many intervals the nodes made so far have in all.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// The error of this arena's budget.
    pub(super) fn exceeded(&self) -> BudgetExceeded {
        BudgetExceeded { nodes: self.budget }
    }

    /// Level and edges of a set.
    pub(super) fn span(&self, set: SetId) -> Span {
        match self.nodes.get(set.0 as usize) {
            Some(node) => Span {
                level: node.level as usize,
                start: node.start as usize,
                end: node.start as usize + node.length as usize,
            },
            None => Span {
                level: Field::COUNT,
                start: 0,
                end: 0,
            },
        }
    }

    /// Edges of a set, none for the terminals.
    pub(super) fn edges(&self, set: SetId) -> &[Edge<B>] {
        let span = self.span(set);
        self.edges_between(span.start, span.end)
    }

    /// Edges by their places, none where there are none.
    pub(super) fn edges_between(&self, start: usize, end: usize) -> &[Edge<B>] {
        self.edges.get(start..end).unwrap_or_default()
    }

    /// One edge by its place; the last interval of nothing where there is none.
    pub(super) fn edge(&self, place: usize) -> Edge<B> {
        self.edges.get(place).copied().unwrap_or(Edge {
            upper: B::MAX,
            child: SetId::EMPTY,
        })
    }

    /// Appends an interval to the node that is being made, which began at `mark`.
    pub(super) fn push(&mut self, mark: usize, upper: B, child: SetId) {
        if self.pending.len() > mark
            && let Some(last) = self.pending.last_mut()
            && last.child == child
        {
            last.upper = upper;
            return;
        }
        self.pending.push(Edge { upper, child });
    }

    /// The set whose intervals at `level` were pushed since `mark`.
    pub(super) fn finish(&mut self, level: usize, mark: usize) -> Result<SetId, BudgetExceeded> {
        let made = self.pending.get(mark..).unwrap_or_default();
        let set = match made {
            [] => SetId::EMPTY,
            [only] => only.child,
            _ => self.intern(level, mark)?,
        };
        self.pending.truncate(mark);
        Ok(set)
    }

    /// The one node with this level and the edges pushed since `mark`.
    fn intern(&mut self, level: usize, mark: usize) -> Result<SetId, BudgetExceeded> {
        let made = self.pending.get(mark..).unwrap_or_default();
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        let hash = hash_of(level, made);
        let wrap = self.table.len() - 1;
        let mut slot = hash as usize & wrap;
        while let Some(&id) = self.table.get(slot)
            && id != 0
        {
            if let Some(node) = self.nodes.get(id as usize)
                && node.hash == hash
                && node.level == level
                && self.edges(SetId(id)) == made
            {
                return Ok(SetId(id));
            }
            slot = (slot + 1) & wrap;
        }
        let edges_allowed = (self.budget as usize).saturating_mul(EDGES_PER_NODE);
        let edges_after = self.edges.len() + made.len();
        if self.node_count() >= self.budget as usize || edges_after > edges_allowed {
            return Err(self.exceeded());
        }
        // Places of edges are u32 as handles are.
        if u32::try_from(edges_after).is_err() {
            return Err(self.exceeded());
        }
        let id = as_u32(self.nodes.len());
        let (start, length) = (as_u32(self.edges.len()), as_u32(made.len()));
        self.nodes.push(Node {
            hash,
            start,
            length,
            level,
        });
        self.edges.extend_from_slice(made);
        if let Some(vacant) = self.table.get_mut(slot) {
            *vacant = id;
        }
        if self.nodes.len() * 2 > self.table.len() {
            self.grow_table();
        }
        Ok(SetId(id))
    }

    /// Doubles the table, so that at least half of it stays vacant.
    fn grow_table(&mut self) {
        let slots = self.table.len() * 2;
        let wrap = slots - 1;
        let mut table = vec![0_u32; slots];
        for (id, node) in self
            .nodes
            .iter()
            .enumerate()
            .skip(SetId::TERMINALS as usize)
        {
            let mut slot = node.hash as usize & wrap;
            while table.get(slot).is_some_and(|&taken| taken != 0) {
                slot = (slot + 1) & wrap;
            }
            if let Some(vacant) = table.get_mut(slot) {
                *vacant = as_u32(id);
            }
        }
        self.table = table;
    }
}

/// A length that is known to fit, because handles and places are checked when they are made.
fn as_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Hash of a node, folded to the 32 bits that are kept.
fn hash_of<B: Bound>(level: u32, edges: &[Edge<B>]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(level);
    for edge in edges {
        edge.upper.hash(&mut hasher);
        hasher.write_u32(edge.child.0);
    }
    let hash = hasher.finish();
    (hash >> 32 ^ hash & u64::from(u32::MAX))
        .try_into()
        .unwrap_or(0)
}
