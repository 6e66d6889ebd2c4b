//! Ctrl-C: the first asks to stop, the second ends at once; both with the code for "could not run".

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

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

/// The flag that Ctrl-C sets.
pub(super) fn flag() -> &'static AtomicBool {
    &CANCELED
}
