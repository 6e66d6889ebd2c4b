//! Places of earlier reports, as far as they still hold what was judged.

use std::path::{Path, PathBuf};

use crate::ctx::Ctx;
use crate::input::Error;
use crate::input::snapshot::{FileTable, SnapshotPlace, folder, load_snapshot};
use crate::wire::assessment::{Assessment, SCHEMA, Snapshot};

/// Reads what `check --format json` wrote.
pub fn load_report(path: &Path) -> Result<Assessment, Error> {
    let refuse = |why: String| {
        Error::usage(
            format!("read the report `{}`: {why}", path.display()),
            "name what `check --format json --output FILE` wrote",
        )
    };
    let bytes = folder::read_file(path)?;
    let report: Assessment =
        serde_json::from_slice(&bytes).map_err(|error| refuse(format!("no report: {error}")))?;
    if report.schema != SCHEMA {
        return Err(refuse(format!("its schema is `{}`", report.schema)));
    }
    Ok(report)
}

/// What a report judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The network before.
    pub before: SnapshotPlace,
    /// The network after.
    pub after: SnapshotPlace,
    /// Digest of the network before.
    pub digest: String,
    /// The site file, where it stands outside of both.
    pub site: Option<PathBuf>,
}

/// Where the networks of a report are, `was` and `after` instead of the places that it names.
pub fn judged(
    name: &Path,
    report: &Assessment,
    was: Option<&str>,
    after: Option<&str>,
    ctx: &Ctx<'_>,
) -> Result<Judged, Error> {
    let [first, second] = report.snapshots.as_slice() else {
        return Err(Error::usage(
            format!("judge `{}` again: it is about one snapshot", name.display()),
            "run `check --before` with the fresh snapshot",
        ));
    };
    if first.digest == second.digest {
        return Err(Error::usage(
            format!(
                "judge `{}` again: its change is no other snapshot but lines, a site file or an outage",
                name.display()
            ),
            "run `check --before` with the fresh snapshot and the same `--change`, `--site` or `--down`",
        ));
    }
    let inputs = report.inputs.iter();
    let sites: Vec<&str> = inputs
        .filter(|input| input.kind == "site")
        .map(|input| input.path.as_str())
        .collect();
    let inside = |path: &&&str| path.starts_with(&first.from) || path.starts_with(&second.from);
    let outside = sites.iter().find(|path| !inside(path));
    Ok(Judged {
        before: place(name, first, was, "--was", ctx)?,
        after: place(name, second, after, "--after", ctx)?,
        digest: first.digest.clone(),
        site: outside.map(PathBuf::from).filter(|path| path.is_file()),
    })
}

/// A snapshot's place, if it still holds what was judged.
fn place(
    report: &Path,
    row: &Snapshot,
    instead: Option<&str>,
    option: &str,
    ctx: &Ctx<'_>,
) -> Result<SnapshotPlace, Error> {
    let from = instead.unwrap_or(&row.from);
    let place = SnapshotPlace::parse(from)?;
    let found = load_snapshot(&place, &mut FileTable::new(), ctx);
    match found {
        Ok(snapshot) if snapshot.digest == row.digest => Ok(place),
        Err(Error::Canceled) => Err(Error::Canceled),
        Ok(_) | Err(_) => Err(Error::usage(
            format!(
                "judge `{}` again: `{from}` does not hold the {} snapshot that it judged",
                report.display(),
                row.name
            ),
            format!("name a copy of it with `{option} PLACE`"),
        )),
    }
}
