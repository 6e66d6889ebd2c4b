//! Statements as origins that may be printed.

use crate::model::Network;
use crate::source::{StatementRef, excerpt};
use crate::wire::assessment::Origin;

/// The statement `at` as an origin: its file, its first line and its text with secrets masked.
///
/// An unknown statement gives an empty origin, so that a report never fails on one.
pub fn origin(network: &Network, snapshot: &str, at: StatementRef) -> Origin {
    let mut origin = Origin {
        snapshot: snapshot.to_owned(),
        file: String::new(),
        line: 0,
        text: String::new(),
    };
    let Some(source) = network.files.get(&at.file) else {
        return origin;
    };
    origin.file.clone_from(&source.file.path);
    if let Some(statement) = source.reading.statements.get(at.statement as usize) {
        let excerpt = excerpt(
            &source.file,
            statement.span,
            &source.reading.secrets,
            statement.support.is_recognized(),
        );
        origin.line = excerpt.line;
        origin.text = excerpt.text;
    }
    origin
}

/// The key of a statement, which is what two snapshots share; 0 where it is unknown.
pub fn key_of(network: &Network, at: StatementRef) -> u64 {
    network
        .files
        .get(&at.file)
        .and_then(|source| source.reading.statements.get(at.statement as usize))
        .map_or(0, |statement| statement.key)
}
