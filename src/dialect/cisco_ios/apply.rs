//! Lines pasted into a device.

use crate::dialect::{AppliedLine, ApplyError};
use crate::source::File;

/// Pastes each line of `script`.
pub(super) fn apply(file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
    let _ = (file, script);
    Err(ApplyError::Unsupported("cisco-ios"))
}
