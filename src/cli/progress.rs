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
        let line = ERASE.to_owned() + &text(step);
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

/// A step in words.
fn text(step: ctx::Progress<'_>) -> String {
    let mut text = format!("{} of {} {}", step.done, step.all, step.phase);
    if let Some(left) = step.left {
        let _ = write!(text, ", about {:.0} s left", left.as_secs_f64().ceil());
    }
    text
}

/// The monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line owns the clock; the library is told how far it is"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::text;
    use crate::ctx::Progress;

    #[test]
    fn what_is_left_is_rounded_up_and_left_out_where_nobody_knows() {
        let mut step = Progress {
            phase: "questions asked",
            done: 3,
            all: 40,
            left: Some(Duration::from_millis(61_200)),
        };
        assert_eq!(text(step), "3 of 40 questions asked, about 62 s left");
        step.left = None;
        assert_eq!(text(step), "3 of 40 questions asked");
    }
}
