//! Rules: a document that happens to run. Attributes, checks, findings.

use crate::change::Comparison;
use crate::intent::Intent;
use crate::model::Network;

/// All that a rule may ask.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The network before.
    pub before: &'a Network,
    /// The network after.
    pub after: &'a Network,
    /// The intent before.
    pub intent_before: &'a Intent,
    /// The intent after.
    pub intent: &'a Intent,
    /// What the change does.
    pub comparison: &'a Comparison,
}
