//! Ctrl-C: the first asks to stop, the second ends at once; both with the code for "could not run".

use std::sync::atomic::AtomicBool;
#[cfg(feature = "live")]
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};
#[cfg(feature = "live")]
use std::thread;
#[cfg(feature = "live")]
use std::time::Duration;

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::exit;

/// Set by Ctrl-C.
static CANCELED: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let canceled = Arc::new(AtomicBool::new(false));
    // In this order: the second signal finds the flag that the first has set.
    let code = i32::from(exit::COULD_NOT_RUN);
    let _ = flag::register_conditional_shutdown(SIGINT, code, canceled.clone());
    let _ = flag::register(SIGINT, canceled.clone());
    canceled
});

/// Waits so long, or until Ctrl-C; whether the user asked to stop.
#[cfg(feature = "live")]
pub(super) fn wait(time: Duration) -> bool {
    /// Longest time between two looks.
    const LOOK: Duration = Duration::from_millis(50);
    let mut left = time;
    while !left.is_zero() && !CANCELED.load(Ordering::Relaxed) {
        let step = left.min(LOOK);
        thread::sleep(step);
        left -= step;
    }
    CANCELED.load(Ordering::Relaxed)
}

/// The flag that Ctrl-C sets.
pub(super) fn flag() -> &'static AtomicBool {
    &CANCELED
}
