//! Where a finding points to: origins with masked text.

use crate::intent::Place;
use crate::rule::Facts;
use crate::source::{Span, StatementRef, excerpt};
use crate::wire::assessment::Origin;

/// One side of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Before.
    Before,
    /// After.
    After,
}

/// The origin of a statement; `None` where its file is in no snapshot.
pub(super) fn origin(facts: &Facts<'_>, side: Side, at: StatementRef) -> Option<Origin> {
    let (name, network, other) = match side {
        Side::Before => ("before", facts.before, facts.after),
        Side::After => ("after", facts.after, facts.before),
    };
    let file = network
        .files
        .get(&at.file)
        .or_else(|| other.files.get(&at.file))?;
    let statement = file.reading.statements.get(at.statement as usize)?;
    let excerpt = excerpt(
        &file.file,
        statement.span,
        &file.reading.secrets,
        statement.support.is_recognized(),
    );
    Some(Origin {
        snapshot: name.to_owned(),
        file: file.file.path.clone(),
        line: excerpt.line,
        text: excerpt.text,
    })
}

/// The origin of a place in the site file; `None` where the file was not given.
pub(super) fn site_origin(facts: &Facts<'_>, place: Place) -> Option<Origin> {
    let file = facts.files.iter().find(|file| file.id == place.file)?;
    let start = file.line_starts.get(place.line.checked_sub(1)? as usize)?;
    let text = file.text.get(*start as usize..)?;
    let length = text.find('\n').unwrap_or(text.len());
    let span = Span::new(*start as usize, *start as usize + length);
    let excerpt = excerpt(file, span, &[], true);
    Some(Origin {
        snapshot: "site".to_owned(),
        file: file.path.clone(),
        line: place.line,
        text: excerpt.text,
    })
}
