//! Which statements changed, in time linear in the input.
//!
//! Statements are matched by key (context and normalized words). What only moved among its siblings
//! or has other words of the same meaning is a change too, so that nothing goes unlisted; blanks
//! and lone marks are none.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::{Network, SourceFile};
use crate::source::{FileId, StatementRef, excerpt};
use crate::syntax::{Statement, Support};

use super::ChangeKind;

/// How one file of the two snapshots differs.
#[derive(Debug, Clone, Default)]
pub(super) struct FileDiff {
    /// The file before; `None`: it is new.
    pub(super) before: Option<FileId>,
    /// The file after; `None`: it is gone.
    pub(super) after: Option<FileId>,
    /// Changed statements in order of their place.
    pub(super) edits: Vec<Edit>,
    /// For each statement after, its partner before.
    pub(super) partners: Vec<Option<u32>>,
}

/// One changed statement of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    /// How it changed.
    pub(super) kind: ChangeKind,
    /// Index before.
    pub(super) before: Option<u32>,
    /// Index after.
    pub(super) after: Option<u32>,
}

/// Pairs the files of two networks and finds what changed in each.
pub(super) fn diff_networks(before: &Network, after: &Network) -> Vec<FileDiff> {
    pair_files(before, after)
        .into_iter()
        .filter(|(old, new)| match (old, new) {
            (Some(old), Some(new)) => old.file.digest != new.file.digest,
            _ => true,
        })
        .map(|(old, new)| diff_files(old, new))
        .filter(|diff| !diff.edits.is_empty())
        .collect()
}

/// Pairs files by path, then what is left by device and dialect where that is unique.
fn pair_files<'a>(
    before: &'a Network,
    after: &'a Network,
) -> Vec<(Option<&'a SourceFile>, Option<&'a SourceFile>)> {
    type ByPath<'a> = BTreeMap<&'a str, &'a SourceFile>;
    let by_path = |network: &'a Network| -> ByPath<'a> {
        network
            .files
            .values()
            .map(|file| (file.file.path.as_str(), &**file))
            .collect()
    };
    let (mut old, mut new) = (by_path(before), by_path(after));
    let mut pairs = Vec::new();
    old.retain(|path, file| match new.remove(path) {
        Some(partner) => {
            pairs.push((Some(*file), Some(partner)));
            false
        }
        None => true,
    });
    let lone = |files: &ByPath<'a>, file: &SourceFile| {
        let mut same = files
            .iter()
            .filter(|(_, other)| other.device == file.device && other.dialect == file.dialect);
        same.next()
            .filter(|_| same.next().is_none())
            .map(|(path, _)| *path)
    };
    for (path, file) in &old {
        let partner = lone(&old, file)
            .filter(|own| own == path)
            .and_then(|_| lone(&new, file))
            .and_then(|path| new.remove(path));
        pairs.push((Some(*file), partner));
    }
    pairs.extend(new.into_values().map(|file| (None, Some(file))));
    pairs.sort_by_key(|(old, new)| {
        old.or(*new)
            .map(|file| (file.device.as_str(), file.file.path.as_str()))
    });
    pairs
}

/// What changed between two files' statements.
fn diff_files(old: Option<&SourceFile>, new: Option<&SourceFile>) -> FileDiff {
    let empty: &[Statement] = &[];
    let statements =
        |file: Option<&'_ SourceFile>| file.map_or(0, |file| file.reading.statements.len());
    let old_statements = old.map_or(empty, |file| &file.reading.statements);
    let new_statements = new.map_or(empty, |file| &file.reading.statements);
    let mut partners: Vec<Option<u32>> = vec![None; statements(new)];
    let mut matched = vec![false; statements(old)];
    match_by_key(old_statements, new_statements, &mut partners, &mut matched);
    let is_placed = |statement: &Statement| statement.ordered || has_letters(new, statement);
    let moved = moved_in_order(new_statements, &partners, is_placed);
    let mut edits = Vec::new();
    for (index, statement) in old_statements.iter().enumerate() {
        if !matched.get(index).copied().unwrap_or(false) && has_words(old, statement) {
            edits.push(Edit {
                kind: ChangeKind::Removed,
                before: to_u32(index),
                after: None,
            });
        }
    }
    for (index, statement) in new_statements.iter().enumerate() {
        let partner = partners.get(index).copied().flatten();
        if partner.is_none() && has_words(new, statement) {
            edits.push(Edit {
                kind: ChangeKind::Added,
                before: None,
                after: to_u32(index),
            });
            continue;
        }
        let reworded = || {
            let twin = old_statements.get(partner? as usize)?;
            Some(!same_words(words_of(old, twin), words_of(new, statement)))
        };
        let kind = if moved.binary_search(&index).is_ok() {
            ChangeKind::Moved
        } else if reworded() == Some(true) {
            ChangeKind::Reworded
        } else {
            continue;
        };
        edits.push(Edit {
            kind,
            before: partner,
            after: to_u32(index),
        });
    }
    FileDiff {
        before: old.map(|file| file.file.id),
        after: new.map(|file| file.file.id),
        edits,
        partners,
    }
}

/// An index as the statement's number.
fn to_u32(index: usize) -> Option<u32> {
    u32::try_from(index).ok()
}

/// The text of a statement.
fn words_of<'a>(file: Option<&'a SourceFile>, statement: &Statement) -> &'a str {
    file.map_or("", |file| file.file.slice(statement.span))
}

/// Whether a statement is more than blanks.
fn has_words(file: Option<&SourceFile>, statement: &Statement) -> bool {
    !words_of(file, statement).trim().is_empty()
}

/// Whether a statement is more than a mark that closes or parts blocks.
fn has_letters(file: Option<&SourceFile>, statement: &Statement) -> bool {
    let mut bytes = words_of(file, statement).bytes();
    bytes.any(|byte| byte.is_ascii_alphanumeric())
}

/// Whether two texts differ in blanks only.
fn same_words(one: &str, other: &str) -> bool {
    one == other || one.split_whitespace().eq(other.split_whitespace())
}

/// Pairs statements of equal key, in order of their places.
fn match_by_key(
    old: &[Statement],
    new: &[Statement],
    partners: &mut [Option<u32>],
    matched: &mut [bool],
) {
    // Equal beginnings and ends need no table; that is most of most files.
    let head = old
        .iter()
        .zip(new)
        .take_while(|(a, b)| a.key == b.key)
        .count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a.key == b.key);
    let tail = tail.count();
    let mut pair = |a: usize, b: usize| {
        if let (Some(partner), Some(flag)) = (partners.get_mut(b), matched.get_mut(a)) {
            *partner = to_u32(a);
            *flag = true;
        }
    };
    (0..head).for_each(|index| pair(index, index));
    (0..tail).for_each(|index| pair(old.len() - 1 - index, new.len() - 1 - index));
    let mut places: FxHashMap<u64, std::collections::VecDeque<usize>> = FxHashMap::default();
    for (index, statement) in old.iter().enumerate().take(old.len() - tail).skip(head) {
        places.entry(statement.key).or_default().push_back(index);
    }
    for (index, statement) in new.iter().enumerate().take(new.len() - tail).skip(head) {
        if let Some(partner) = places
            .get_mut(&statement.key)
            .and_then(std::collections::VecDeque::pop_front)
        {
            pair(partner, index);
        }
    }
}

/// Indices after of ordered statements that are not in the longest run that kept its order.
fn moved_in_order(
    new: &[Statement],
    partners: &[Option<u32>],
    is_placed: impl Fn(&Statement) -> bool,
) -> Vec<usize> {
    let mut blocks: BTreeMap<Option<u32>, Vec<(u32, usize)>> = BTreeMap::new();
    for (index, statement) in new.iter().enumerate() {
        if let Some(partner) = partners.get(index).copied().flatten()
            && is_placed(statement)
        {
            blocks
                .entry(statement.parent)
                .or_default()
                .push((partner, index));
        }
    }
    let mut moved = Vec::new();
    for block in blocks.values() {
        if block.is_sorted() {
            continue;
        }
        let kept = longest_increasing(block.iter().map(|(partner, _)| *partner));
        let mut kept = kept.into_iter().peekable();
        for (place, (_, index)) in block.iter().enumerate() {
            if kept.next_if_eq(&place).is_none() {
                moved.push(*index);
            }
        }
    }
    moved.sort_unstable();
    moved
}

/// Places of one longest strictly increasing subsequence (patience sorting).
fn longest_increasing(values: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut piles: Vec<(u32, usize)> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::new();
    for (place, value) in values.enumerate() {
        let pile = piles.partition_point(|(top, _)| *top < value);
        previous.push(
            pile.checked_sub(1)
                .and_then(|below| piles.get(below))
                .map(|(_, at)| *at),
        );
        match piles.get_mut(pile) {
            Some(top) => *top = (value, place),
            None => piles.push((value, place)),
        }
    }
    let mut out = Vec::new();
    let mut at = piles.last().map(|(_, place)| *place);
    while let Some(place) = at {
        out.push(place);
        at = previous.get(place).copied().flatten();
    }
    out.reverse();
    out
}

/// A statement in words with its context, secrets masked.
pub(super) fn describe(network: &Network, at: StatementRef) -> String {
    let Some(file) = network.files.get(&at.file) else {
        return String::new();
    };
    let text = |index: u32| {
        let statement = file.reading.statements.get(index as usize)?;
        let shown = excerpt(
            &file.file,
            statement.span,
            &file.reading.secrets,
            statement.support.is_recognized(),
        );
        Some((shown.text, statement.parent))
    };
    let Some((own, parent)) = text(at.statement) else {
        return String::new();
    };
    match parent.and_then(text) {
        Some((context, _)) => format!("`{own}` in `{context}`"),
        None => format!("`{own}`"),
    }
}

/// The support state of a statement.
pub(super) fn support_of(network: &Network, at: StatementRef) -> Support {
    network
        .files
        .get(&at.file)
        .and_then(|file| file.reading.statements.get(at.statement as usize))
        .map_or(Support::Irrelevant("no such statement"), |statement| {
            statement.support
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::dialect::by_id;
    use crate::source::{File, FileOrigin};

    /// A network of one file.
    fn network(id: u32, dialect: &str, text: &str) -> Network {
        let id = FileId(id);
        let dialect = by_id(dialect).unwrap();
        let file = File::new(id, "device", FileOrigin::Disk, text.as_bytes());
        let source = SourceFile {
            reading: dialect.read(&file),
            dialect: dialect.id(),
            device: "device".to_owned(),
            file,
        };
        Network {
            files: BTreeMap::from([(id, Arc::new(source))]),
            ..Network::default()
        }
    }

    /// What differs between two texts.
    fn kinds(dialect: &str, before: &str, after: &str) -> Vec<ChangeKind> {
        let diffs = diff_networks(&network(0, dialect, before), &network(1, dialect, after));
        let edits = diffs.iter().flat_map(|diff| &diff.edits);
        edits.map(|edit| edit.kind).collect()
    }

    #[test]
    fn comments_banners_and_places_are_changes_and_blanks_are_none() {
        let ios = "cisco-ios";
        let banner = |text: &str| format!("hostname a\nbanner motd ^C\n{text}\n^C\nend\n");
        assert_eq!(
            kinds(ios, &banner("one"), &banner("two")),
            [ChangeKind::Reworded]
        );
        let group = |one, two| {
            format!("aaa group server radius G\n server name {one}\n server name {two}\nend\n")
        };
        assert_eq!(
            kinds(ios, &group("r1", "r2"), &group("r2", "r1")),
            [ChangeKind::Moved]
        );
        let scope = |comment| format!("# {comment}\nsubnet 10.0.0.0 netmask 255.0.0.0 {{\n}}\n");
        let dhcpd = "isc-dhcpd";
        assert_eq!(
            kinds(dhcpd, &scope("one"), &scope("two")),
            [ChangeKind::Reworded]
        );
        assert_eq!(kinds(dhcpd, &scope("one"), &scope("one ")), []);
        assert_eq!(
            kinds("bind-named", "// one\n", "// two\n"),
            [ChangeKind::Reworded]
        );
        let options = |one, two| format!("option {one};\noption {two};\n");
        let (routers, mask) = ("routers 10.0.0.1", "subnet-mask 255.0.0.0");
        let swapped = kinds(dhcpd, &options(routers, mask), &options(mask, routers));
        assert_eq!(swapped, [ChangeKind::Moved]);
    }
}
