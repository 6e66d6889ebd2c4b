//! Words, and their colors, for what the assessment enumerates.

use super::answer::span;
use super::layout::Tone;
use crate::wire::assessment::{Effect, Phase, Proof, Severity};

/// The word of a proof.
pub(super) fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Exact => "exact",
        Proof::Differential => "differential",
        Proof::Assumed => "assumed",
        Proof::Observed => "observed",
    }
}

/// The words of a phase.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before the window",
        Phase::During => "in the window",
        Phase::After => "after the window",
    }
}

/// The word and color of a severity.
pub(super) fn severity(severity: Severity) -> (&'static str, Tone) {
    match severity {
        Severity::Note => ("note", Tone::Plain),
        Severity::Warning => ("warning", Tone::Doubt),
        Severity::Error => ("error", Tone::Bad),
        Severity::Critical => ("critical", Tone::Bad),
    }
}

/// The color of an effect.
pub(super) fn effect_tone(effect: Effect) -> Tone {
    match effect {
        Effect::Lost => Tone::Bad,
        Effect::Unknown | Effect::Degraded | Effect::Transient | Effect::BrokenBefore => {
            Tone::Doubt
        }
        Effect::Gained => Tone::Good,
        Effect::Unchanged => Tone::Plain,
    }
}

/// Earliest and latest onset in words.
pub(super) fn onset([earliest, latest]: [u64; 2]) -> String {
    if earliest == latest {
        format!("+{}", span(earliest))
    } else {
        format!("+{} to +{}", span(earliest), span(latest))
    }
}
