//! Exit codes, in one place.
//!
//! | code | means |
//! |---|---|
//! | 0 | go: every change is accounted for and none hurts a requirement; with one snapshot: all work |
//! | 1 | no-go: a requirement is lost; with one snapshot: one fails |
//! | 2 | could not run: usage, unreadable input, canceled |
//! | 3 | inconclusive: something that may bear was not understood |
//! | 4 | conditional: a condition is not yet evidenced |

/// Done, and nothing is wrong.
pub const DONE: u8 = 0;
/// A pump may be hurt.
pub const NO_GO: u8 = 1;
/// Could not run.
pub const COULD_NOT_RUN: u8 = 2;
/// Something that raises a verdict to conditional.
pub const CONDITIONAL: u8 = 4;
