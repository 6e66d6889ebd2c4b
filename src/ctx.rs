//! What a computation is given besides its input: a budget that counts, progress, threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rayon::prelude::*;

/// Limits and services of one run; never a clock.
pub struct Ctx<'a> {
    /// Nodes that one packet-set arena may hold before its result is unknown.
    pub set_nodes: usize,
    /// Walks and re-judgments that one search for causes may cost.
    pub blame_steps: usize,
    /// Paths that one trace lists.
    pub paths: usize,
    /// Told what is going on; may do nothing.
    pub progress: &'a (dyn Fn(Progress<'_>) + Sync),
    /// Set when the user asks to stop.
    pub canceled: &'a AtomicBool,
}

/// One step of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is done, a noun phrase.
    pub phase: &'a str,
    /// Items done.
    pub done: usize,
    /// Items in all; 0 where unknown.
    pub all: usize,
    /// Time that the rest takes about; `None`: nobody knows.
    pub left: Option<Duration>,
}

/// Never canceled.
static RUNNING: AtomicBool = AtomicBool::new(false);

impl Ctx<'static> {
    /// The default limits, silent, never canceled.
    pub fn quiet() -> Self {
        Self {
            set_nodes: 4_000_000,
            blame_steps: 256,
            paths: 64,
            progress: &|_| {},
            canceled: &RUNNING,
        }
    }
}

impl Ctx<'_> {
    /// Whether the user asked to stop.
    pub fn is_canceled(&self) -> bool {
        self.canceled.load(Ordering::Relaxed)
    }

    /// The same as [`Self::map`], telling how many items are done; `phase` names them.
    pub fn map_counting<T: Sync, R: Send>(
        &self,
        phase: &str,
        items: &[T],
        function: impl Fn(&T) -> R + Sync + Send,
    ) -> Vec<R> {
        let done = AtomicUsize::new(0);
        self.map(items, |item| {
            let result = function(item);
            (self.progress)(Progress {
                phase,
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                all: items.len(),
                left: None,
            });
            result
        })
    }

    /// Applies `function` to every item on all threads; results in the items' order.
    pub fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        function: impl Fn(&T) -> R + Sync + Send,
    ) -> Vec<R> {
        items.par_iter().map(function).collect()
    }
}
