//! Netplan files of one host, which add up.

use std::sync::Arc;

use crate::dialect::read_netplan_together;
use crate::model::{Reading, SourceFile};
use crate::source::File;

/// The dialect of these files.
pub(in crate::input) const DIALECT: &str = "netplan";

/// Folders that netplan reads, those that hide files of the others first (netplan-generate(8)).
const FOLDERS: [&str; 3] = ["run/netplan/", "etc/netplan/", "lib/netplan/"];

/// Whether a path lies in a folder of netplan, which passes it over.
pub(in crate::input) fn is_passed_over(path: &str) -> bool {
    let inside = path.starts_with("netplan/") || path.contains("/netplan/");
    inside && path.strip_suffix(".yaml").is_none()
}

/// Reads a device's netplan files again, together and in netplan's order: by name, whatever the
/// folder; of one name in two folders one counts.
pub(in crate::input) fn read_together(files: &mut [Arc<SourceFile>], notes: &mut Vec<String>) {
    let mut order: Vec<usize> = (0_usize..)
        .zip(files.iter())
        .filter(|(_, source)| source.dialect == DIALECT)
        .map(|(index, _)| index)
        .collect();
    let path = |index: &usize| files.get(*index).map_or("", |source| &source.file.path);
    order.sort_by_key(|index| (name_of(path(index)).to_owned(), rank(path(index))));
    let mut hidden = Vec::new();
    let mut last: Option<&str> = None;
    order.retain(|index| {
        let same = last.is_some_and(|last| name_of(last) == name_of(path(index)))
            && last.is_some_and(|last| rank(last) != rank(path(index)));
        if same {
            hidden.push(*index);
        } else {
            last = Some(path(index));
        }
        !same
    });
    for index in &hidden {
        notes.push(format!(
            "`{}` is hidden by a file of its name in another folder of netplan",
            path(index)
        ));
    }
    let readings = {
        let texts: Vec<&File> = (order.iter())
            .filter_map(|index| files.get(*index))
            .map(|source| &source.file)
            .collect();
        read_netplan_together(&texts)
    };
    for (index, reading) in order.into_iter().zip(readings) {
        replace(files, index, reading);
    }
    for index in hidden {
        let nothing = files.get(index).map(|source| unread(&source.reading));
        if let Some(nothing) = nothing {
            replace(files, index, nothing);
        }
    }
}

/// Gives a file another reading, where it is another one.
fn replace(files: &mut [Arc<SourceFile>], index: usize, reading: Reading) {
    if let Some(source) = files.get_mut(index)
        && source.reading != reading
    {
        *source = Arc::new(SourceFile {
            file: source.file.clone(),
            dialect: source.dialect,
            device: source.device.clone(),
            reading,
        });
    }
}

/// A reading of which nothing counts.
fn unread(reading: &Reading) -> Reading {
    let mut statements = reading.statements.clone();
    for statement in &mut statements {
        statement.support =
            crate::syntax::Support::Irrelevant("a file of this name in another folder hides it");
    }
    Reading {
        statements,
        secrets: reading.secrets.clone(),
        ..Reading::default()
    }
}

/// A path's last part.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Which of netplan's folders a path lies in; those that are none come last.
fn rank(path: &str) -> usize {
    let inside = |folder: &&str| path.contains(*folder);
    FOLDERS.iter().position(inside).unwrap_or(FOLDERS.len())
}
