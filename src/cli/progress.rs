//! Progress in one line of the terminal: nothing in a pipe, and nothing in the first second.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::ctx;

/// What takes less is over before anybody asks how far it is.
const SILENCE: Duration = Duration::from_secs(1);
/// Between two changes of the line.
const PAUSE: Duration = Duration::from_millis(100);
/// Back to the begin of the line, which is erased (ECMA-48, EL).
const ERASE: &str = "\r\x1b[K";

/// The line, which vanishes with its owner.
#[derive(Debug)]
pub(super) struct Progress {
    /// When the work began, where the standard error is a terminal.
    began: Option<Instant>,
    /// When the line was shown last.
    shown: Mutex<Option<Instant>>,
}

impl Progress {
    /// No line yet.
    pub(super) fn new() -> Self {
        Self {
            began: io::stderr().is_terminal().then(now),
            shown: Mutex::new(None),
        }
    }

    /// Shows a step.
    pub(super) fn show(&self, step: ctx::Progress<'_>) {
        self.write(step, |_| String::new());
    }

    /// Shows a step of work that goes on at one pace, and how long the rest takes about.
    #[cfg(feature = "live")]
    pub(super) fn show_with_estimate(&self, step: ctx::Progress<'_>) {
        let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
        let rest = count(step.all.saturating_sub(step.done));
        self.write(step, |spent| {
            let seconds = spent.as_secs().saturating_mul(rest);
            let seconds = seconds.checked_div(count(step.done));
            seconds.map_or_else(String::new, |seconds| format!(", about {seconds} s left"))
        });
    }

    /// Writes the line with what `more` says after the time spent.
    fn write(&self, step: ctx::Progress<'_>, more: impl Fn(Duration) -> String) {
        let Some(began) = self.began else { return };
        let now = now();
        if now.duration_since(began) < SILENCE {
            return;
        }
        // Whoever finds it taken has nothing newer to say.
        let Ok(mut shown) = self.shown.try_lock() else {
            return;
        };
        if shown.is_some_and(|shown| now.duration_since(shown) < PAUSE) {
            return;
        }
        *shown = Some(now);
        let mut line = ERASE.to_owned();
        let more = more(now.duration_since(began));
        let _ = write!(line, "{} of {} {}{more}", step.done, step.all, step.phase);
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// Takes the line away, so that an answer can be printed.
    pub(super) fn clear(&self) {
        let shown = self.shown.lock().ok().and_then(|mut shown| shown.take());
        if shown.is_some() {
            let _ = io::stderr().write_all(ERASE.as_bytes());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line owns the clock; the library is told how far it is"
)]
fn now() -> Instant {
    Instant::now()
}
