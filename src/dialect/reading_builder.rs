//! A reading while a dialect fills it: facets, contributions, blocks, and holes at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{Facet, FacetKey, Hole, Reading};
use crate::source::{FileId, StatementRef};
use crate::syntax::{Statement, Support};

/// Collects what statements add up to.
///
/// Facets are held by an index that is also their index in `facet_keys`, so that each statement
/// of a block reaches its facet without a lookup by name.
#[derive(Debug)]
pub struct ReadingBuilder {
    /// What is ready so far; its `facets`, `facet_keys` and `holes` are filled by [`Self::finish`].
    pub reading: Reading,
    /// The file.
    file: FileId,
    /// Keys by index.
    keys: Vec<FacetKey>,
    /// Facets by index; `None` where a key is only referred to or was removed.
    facets: Vec<Option<Facet>>,
    /// Index of each key; looked up only.
    indices: FxHashMap<FacetKey, u32>,
    /// For each statement the facet whose block it opens (`u32::MAX`: none).
    blocks: Vec<u32>,
    /// Places of holes in ordered facets, by statement.
    positions: BTreeMap<u32, u32>,
}

impl ReadingBuilder {
    /// A builder over the statements of a file.
    pub fn new(file: FileId, statements: Vec<Statement>) -> Self {
        let blocks = vec![u32::MAX; statements.len()];
        Self {
            reading: Reading {
                statements,
                ..Reading::default()
            },
            file,
            keys: Vec::new(),
            facets: Vec::new(),
            indices: FxHashMap::default(),
            blocks,
            positions: BTreeMap::new(),
        }
    }

    /// The statement of this index.
    pub fn at(&self, index: usize) -> StatementRef {
        StatementRef {
            file: self.file,
            statement: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }

    /// The index of a key, made where missing.
    pub fn index(&mut self, key: &FacetKey) -> u32 {
        if let Some(index) = self.indices.get(key) {
            return *index;
        }
        let index = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key.clone());
        self.facets.push(None);
        self.indices.insert(key.clone(), index);
        index
    }

    /// Gives the facet of an index another key; whether no other facet has it.
    pub fn rename(&mut self, index: u32, key: &FacetKey) -> bool {
        if self.indices.get(key) == Some(&index) {
            return true;
        }
        let free = !self.indices.contains_key(key);
        if let Some(slot) = self.keys.get_mut(index as usize).filter(|_| free) {
            self.indices.remove(slot);
            *slot = key.clone();
            self.indices.insert(key.clone(), index);
        }
        free
    }

    /// The facet of a key, made by `default` where missing.
    pub fn facet(&mut self, key: &FacetKey, default: impl FnOnce() -> Facet) -> &mut Facet {
        let index = self.index(key) as usize;
        if index >= self.facets.len() {
            self.facets.resize(index + 1, None);
        }
        // The slot exists: `index` made it, or the line above.
        #[expect(clippy::indexing_slicing, reason = "the slot was made above")]
        self.facets[index].get_or_insert_with(default)
    }

    /// The facet of a key, where there is one.
    pub fn existing(&mut self, key: &FacetKey) -> Option<&mut Facet> {
        let index = *self.indices.get(key)?;
        self.at_index(index)
    }

    /// The facet of an index, where there is one.
    pub fn at_index(&mut self, index: u32) -> Option<&mut Facet> {
        self.facets.get_mut(index as usize)?.as_mut()
    }

    /// The key of an index.
    pub fn key(&self, index: u32) -> Option<&FacetKey> {
        self.keys.get(index as usize)
    }

    /// Takes the facet of a key out of the reading.
    pub fn remove(&mut self, key: &FacetKey) {
        if let Some(index) = self.indices.get(key)
            && let Some(slot) = self.facets.get_mut(*index as usize)
        {
            *slot = None;
        }
    }

    /// All facets so far, with their keys, in order of first mention.
    pub fn facets_mut(&mut self) -> impl Iterator<Item = (&FacetKey, &mut Facet)> {
        self.keys
            .iter()
            .zip(self.facets.iter_mut())
            .filter_map(|(key, facet)| Some((key, facet.as_mut()?)))
    }

    /// Notes that a statement contributes to a facet.
    pub fn contribute(&mut self, at: StatementRef, key: &FacetKey) {
        let index = self.index(key);
        self.contribute_index(at, index);
    }

    /// Notes that a statement contributes to the facet of an index.
    pub fn contribute_index(&mut self, at: StatementRef, index: u32) {
        self.reading.contributions.push((at.statement, index));
    }

    /// Notes that a statement opens the block of a facet.
    pub fn open_block(&mut self, at: StatementRef, key: &FacetKey) {
        let index = self.index(key);
        if let Some(block) = self.blocks.get_mut(at.statement as usize) {
            *block = index;
        }
    }

    /// The facet whose block a statement opens.
    pub fn block(&self, statement: u32) -> Option<FacetKey> {
        self.key(self.block_index(statement)?).cloned()
    }

    /// Index of the facet whose block a statement opens.
    pub fn block_index(&self, statement: u32) -> Option<u32> {
        self.blocks
            .get(statement as usize)
            .copied()
            .filter(|index| *index != u32::MAX)
    }

    /// Corrects how far a statement is understood.
    pub fn set_support(&mut self, at: StatementRef, support: Support) {
        if let Some(statement) = self.reading.statements.get_mut(at.statement as usize) {
            statement.support = support;
        }
    }

    /// Says where in its ordered facet the hole of a statement stands.
    pub fn set_position(&mut self, at: StatementRef, position: u32) {
        self.positions.insert(at.statement, position);
    }

    /// The reading, with a hole for each statement that was not understood.
    ///
    /// A hole bears on the facet of the nearest block that it stands in or opens.
    pub fn finish(mut self) -> Reading {
        for (index, statement) in self.reading.statements.iter().enumerate() {
            let Some(effect) = statement.support.effect() else {
                continue;
            };
            let at = self.at(index);
            let mut block = Some(at.statement);
            let facet = loop {
                let Some(statement) = block else { break None };
                if let Some(index) = self.block_index(statement) {
                    break self.key(index).cloned();
                }
                block = self
                    .reading
                    .statements
                    .get(statement as usize)
                    .and_then(|statement| statement.parent);
            };
            self.reading.holes.push(Hole {
                at,
                effect,
                facet,
                position: self.positions.get(&at.statement).copied().unwrap_or(0),
                key: statement.key,
            });
        }
        self.reading.contributions.sort_unstable();
        self.reading.contributions.dedup();
        self.reading.secrets.sort_unstable();
        self.reading.secrets.dedup();
        for (key, facet) in self.keys.iter().zip(self.facets) {
            if let Some(facet) = facet {
                self.reading.facets.insert(key.clone(), Arc::new(facet));
            }
        }
        self.reading.facet_keys = self.keys;
        self.reading
    }
}
