//! A reading while a dialect writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Diagnostic, Facet, FacetKey, Hole, Reading};
use crate::source::{File, FileId, Span, StatementRef};
use crate::syntax::{Statement, Support};

/// Collects what a file says and keeps the promises of [`Reading`]: one support state a statement,
/// a hole for each that is not understood, ascending contributions and secrets.
#[derive(Debug)]
pub struct Draft {
    /// The file that is read.
    file: FileId,
    /// What is collected.
    reading: Reading,
    /// Index of each key in the reading's keys.
    keys: BTreeMap<FacetKey, u32>,
}

impl Draft {
    /// A draft with these statements; their support states count only after [`Draft::decide`].
    pub fn new(file: &File, statements: Vec<Statement>) -> Self {
        Self {
            file: file.id,
            reading: Reading {
                statements,
                ..Reading::default()
            },
            keys: BTreeMap::new(),
        }
    }

    /// The place of a statement.
    pub fn place(&self, statement: u32) -> StatementRef {
        StatementRef {
            file: self.file,
            statement,
        }
    }

    /// Adds a statement, and gives its index.
    pub fn push(&mut self, statement: Statement) -> u32 {
        let index = u32::try_from(self.reading.statements.len()).unwrap_or(u32::MAX);
        self.reading.statements.push(statement);
        index
    }

    /// Sets a statement's key, before its support is decided.
    pub fn rekey(&mut self, statement: u32, key: u64) {
        if let Some(entry) = self.reading.statements.get_mut(statement as usize) {
            entry.key = key;
        }
    }

    /// Says that a statement's place among its siblings carries meaning.
    pub fn order(&mut self, statement: u32) {
        if let Some(entry) = self.reading.statements.get_mut(statement as usize) {
            entry.ordered = true;
        }
    }

    /// Index of a facet key, for [`Draft::contribute`].
    pub fn key(&mut self, key: &FacetKey) -> u32 {
        if let Some(index) = self.keys.get(key) {
            return *index;
        }
        let index = u32::try_from(self.reading.facet_keys.len()).unwrap_or(u32::MAX);
        self.reading.facet_keys.push(key.clone());
        self.keys.insert(key.clone(), index);
        index
    }

    /// Says that a statement contributes to the facet with this key index.
    pub fn contribute(&mut self, statement: u32, key: u32) {
        self.reading.contributions.push((statement, key));
    }

    /// Sets how far a statement is understood; one that is not leaves a hole in `facet`.
    pub fn decide(
        &mut self,
        statement: u32,
        support: Support,
        facet: Option<&FacetKey>,
        position: u32,
    ) {
        let at = self.place(statement);
        let Some(entry) = self.reading.statements.get_mut(statement as usize) else {
            return;
        };
        if entry.support.is_hole() {
            self.reading.holes.retain(|hole| hole.at != at);
        }
        entry.support = support;
        if let Some(effect) = support.effect() {
            let key = entry.key;
            self.reading.holes.push(Hole {
                at,
                effect,
                facet: facet.cloned(),
                position,
                key,
            });
        }
    }

    /// Adds a facet; an earlier one of the same key is replaced.
    pub fn facet(&mut self, key: &FacetKey, facet: Facet) {
        self.key(key);
        self.reading.facets.insert(key.clone(), Arc::new(facet));
    }

    /// Marks bytes that hold a secret.
    pub fn secret(&mut self, span: Span) {
        self.reading.secrets.push(span);
    }

    /// Reports something that could not be read.
    pub fn diagnose(&mut self, statement: Option<u32>, message: impl Into<String>) {
        let at = statement.map(|statement| self.place(statement));
        self.reading.diagnostics.push(Diagnostic {
            at,
            message: message.into(),
        });
    }

    /// Says that the text ends before its closing statement.
    pub fn truncate(&mut self) {
        self.reading.truncated = true;
    }

    /// Sets the host name that the text gives.
    pub fn hostname(&mut self, name: &str) {
        self.reading.hostname = Some(name.to_ascii_lowercase());
    }

    /// The statement with this index.
    pub fn statement(&self, statement: u32) -> Option<&Statement> {
        self.reading.statements.get(statement as usize)
    }

    /// The finished reading.
    pub fn finish(mut self) -> Reading {
        self.reading.contributions.sort_unstable();
        self.reading.contributions.dedup();
        self.reading.secrets.sort_unstable();
        self.reading.secrets.dedup();
        self.reading.holes.sort();
        self.reading
    }
}
