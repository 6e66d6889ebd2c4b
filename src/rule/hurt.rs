//! What is said of a requirement that is hurt at a stage.

use crate::analysis::Shape;
use crate::change::{RequirementChange, StageChange};
use crate::rule::Facts;
use crate::rule::check::Hit;
use crate::rule::place::Side;
use crate::rule::word::effect_name;

/// The smallest set of causes, where it was found, else all changes that bear.
pub(in crate::rule) fn causes<'a>(
    change: &'a RequirementChange,
    stage: &'a StageChange,
) -> &'a [usize] {
    if stage.caused_by.is_empty() {
        &change.bearing
    } else {
        &stage.caused_by
    }
}

/// The hit about one stage.
pub(in crate::rule) fn hit(
    facts: &Facts<'_>,
    index: usize,
    change: &RequirementChange,
    stage: Option<&StageChange>,
) -> Hit {
    let mut hit = Hit {
        requirement: Some(index),
        ..Hit::default()
    };
    let mut say = |word, text: String| hit.words.insert(word, text);
    say(
        "effect",
        effect_name(stage.map_or(change.effect, |stage| stage.effect)).to_owned(),
    );
    say(
        "stage",
        stage.map_or("", |stage| stage.stage.name()).to_owned(),
    );
    let outcome = stage.and_then(|stage| {
        let hurt = stage.transient.iter().chain(&stage.after);
        let mut shown = hurt.filter(|outcome| outcome.shape.is_some());
        shown.next().or(stage.after.as_ref())
    });
    let shape = outcome.and_then(|outcome| outcome.shape);
    say("shape", shape.map_or("no answer", Shape::name).to_owned());
    say(
        "why",
        outcome.map_or_else(String::new, |outcome| outcome.why.clone()),
    );
    let disturbance = facts.comparison.disturbances.iter().find(|disturbance| {
        disturbance.requirement == change.requirement.id
            && stage.is_none_or(|stage| stage.stage == disturbance.stage)
    });
    let onset = disturbance.map_or("at once".to_owned(), |one| match one.onset_s {
        (0, 0) => "at once".to_owned(),
        (0, latest) => format!("within {}", seconds(latest)),
        (earliest, latest) => format!("after {} to {}", seconds(earliest), seconds(latest)),
    });
    say("onset", onset);
    let lasts = disturbance.and_then(|one| one.duration_s);
    let duration = lasts.map_or("until it is undone".to_owned(), |longest| {
        format!("for up to {}", seconds(longest))
    });
    say("duration", duration);
    if let Some(stage) = stage {
        hit.changes.extend(causes(change, stage).iter().copied());
    } else {
        hit.changes.extend(change.bearing.iter().copied());
    }
    let decided = outcome.into_iter().flat_map(|outcome| &outcome.decided_by);
    hit.places.extend(decided.map(|at| (Side::After, *at)));
    hit
}

/// Seconds in words.
pub(in crate::rule) fn seconds(count: u64) -> String {
    format!("{count} s")
}
