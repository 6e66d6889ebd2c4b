//! All that one pre-flight is about, from its arguments.

use std::path::{Path, PathBuf};

use crate::ctx::Ctx;
use crate::input::Error;
use crate::input::down::parse_down;
use crate::input::git::Repository;
use crate::input::measurement::Measurement;
use crate::input::profile::{Beside, load_profiles};
use crate::input::script::paste;
use crate::input::site::{check_site, parse_site};
use crate::input::snapshot::{
    FileReport, FileRole, FileTable, Snapshot, SnapshotPlace, archive_members, folder,
    load_snapshot,
};
use crate::intent::Intent;
use crate::model::Network;
use crate::source::FileOrigin;
use crate::wire::assessment::{Input, Snapshot as SnapshotRow};

/// What a pre-flight is asked about.
#[derive(Debug, Clone)]
pub struct CaseArguments {
    /// The network before.
    pub before: SnapshotPlace,
    /// The network after, where a place holds it.
    pub after: Option<SnapshotPlace>,
    /// The site file after.
    pub site: Option<PathBuf>,
    /// The site file before.
    pub site_before: Option<PathBuf>,
    /// Folders with rules and profiles.
    pub rules: Vec<PathBuf>,
    /// Lines that are pasted.
    pub script: Option<ScriptArguments>,
    /// What is down, as written.
    pub down: Vec<String>,
    /// For how many seconds.
    pub lasts_s: Option<u64>,
}

/// Lines that are pasted into a device.
#[derive(Debug, Clone)]
pub struct ScriptArguments {
    /// Path as given; `-` for the standard input.
    pub path: String,
    /// The bytes, where they were read from the standard input.
    pub bytes: Option<Vec<u8>>,
    /// Device.
    pub device: String,
}

/// All that one pre-flight is about.
#[derive(Debug, Clone)]
pub struct Case {
    /// The network before.
    pub before: Network,
    /// The network after.
    pub after: Network,
    /// States in the middle of the change, in order, each with its name.
    pub between: Vec<(String, Network)>,
    /// The intent before.
    pub intent_before: Intent,
    /// The intent after.
    pub intent: Intent,
    /// For how many seconds the after state holds; `None`: it stays.
    pub lasts_s: Option<u64>,
    /// Whether there is no change: what works and fails today is asked.
    pub today: bool,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// The snapshots.
    pub snapshots: Vec<SnapshotRow>,
    /// Files of the before snapshot.
    pub files_before: Vec<FileReport>,
    /// Files of the after snapshot.
    pub files_after: Vec<FileReport>,
    /// Files that nobody reads and that differ: each blocks `go`.
    pub unread_changes: Vec<UnreadChange>,
    /// What is odd about the inputs, in sentences.
    pub notes: Vec<String>,
    /// What was measured of the network before.
    pub measurement: Option<Measurement>,
    /// Files outside the snapshots: places of the intents point to them.
    pub files: Vec<crate::source::File>,
}

/// A file that was not read and is not the same in both snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadChange {
    /// Path below the snapshot's root.
    pub path: String,
    /// Why it was not read.
    pub reason: String,
    /// Whether the before snapshot has it.
    pub in_before: bool,
    /// Whether the after snapshot has it.
    pub in_after: bool,
}

/// Loads all that a pre-flight is about.
pub fn load_case(arguments: &CaseArguments, ctx: &Ctx<'_>) -> Result<Case, Error> {
    let mut files = FileTable::new();
    let before = load_snapshot(&arguments.before, &mut files, ctx)?;
    let after = match &arguments.after {
        Some(place) if *place != arguments.before => load_snapshot(place, &mut files, ctx)?,
        Some(_) | None => before.clone(),
    };
    let (intent_before, intent) = load_intents(arguments, &before, &after, &mut files)?;
    let unread_changes = unread_changes(&before.files, &after.files);
    let mut after_network = after.network.clone();
    let mut between = Vec::new();
    if let Some(script) = &arguments.script {
        let bytes = match &script.bytes {
            Some(bytes) => bytes.clone(),
            None => folder::read_file(Path::new(&script.path))?,
        };
        let file = files.load(&script.path, FileOrigin::Disk, &bytes, "script");
        let pasted = paste(&after_network, &script.device, &file, &mut files)?;
        after_network = pasted.after;
        for (line, network) in pasted.between {
            let name = format!("after line {line} of `{}`", script.path);
            between.push((name, network));
        }
    }
    for text in &arguments.down {
        let down = parse_down(text, &after_network, &intent.site)?;
        after_network.down.insert(down);
    }
    let mut snapshots = vec![row("before", &before, &before.network)];
    let today =
        arguments.after.is_none() && arguments.script.is_none() && arguments.down.is_empty();
    if !today {
        snapshots.push(row("after", &after, &after_network));
    }
    let mut inputs = snapshot_inputs("before", &before.files);
    if arguments.after.is_some() {
        inputs.extend(snapshot_inputs("after", &after.files));
    }
    inputs.extend(files.inputs());
    inputs.sort();
    inputs.dedup();
    let mut notes = before.notes.clone();
    notes.extend(after.notes.iter().cloned());
    notes.sort();
    notes.dedup();
    Ok(Case {
        before: before.network,
        after: after_network,
        between,
        intent_before,
        intent,
        lasts_s: arguments.lasts_s,
        today,
        inputs,
        snapshots,
        files_before: before.files,
        files_after: after.files,
        unread_changes,
        notes,
        measurement: None,
        files: files.loaded().cloned().collect(),
    })
}

/// A site file's bytes with its path and origin.
struct SiteText {
    /// Path as shown.
    path: String,
    /// Where the bytes come from.
    origin: FileOrigin,
    /// The bytes.
    bytes: Vec<u8>,
    /// Profiles beside it.
    beside: Beside,
}

/// Loads both intents and checks them against the networks.
pub(super) fn load_intents(
    arguments: &CaseArguments,
    before: &Snapshot,
    after: &Snapshot,
    files: &mut FileTable,
) -> Result<(Intent, Intent), Error> {
    let after_place = arguments.after.as_ref().unwrap_or(&arguments.before);
    let text = match &arguments.site {
        Some(path) => site_on_disk(path)?,
        None => match site_in(after_place)? {
            Some(text) => text,
            None => site_in(&arguments.before)?.ok_or_else(|| {
                Error::usage(
                    "find the site file: neither `--site` nor a `site.yaml` in the snapshot",
                    "name it with `--site FILE`; `schema site` prints what it holds",
                )
            })?,
        },
    };
    let text_before = match (&arguments.site_before, &arguments.site) {
        (Some(path), _) => Some(site_on_disk(path)?),
        (None, Some(path)) => site_at_reference(&arguments.before, path)?,
        (None, None) => site_in(&arguments.before)?,
    };
    let networks = [&before.network, &after.network];
    let intent = load_intent(&text, &arguments.rules, &networks, files)?;
    let intent_before = match text_before {
        Some(other) if other.path != text.path => {
            load_intent(&other, &arguments.rules, &networks, files)?
        }
        Some(_) | None => intent.clone(),
    };
    Ok((intent_before, intent))
}

/// Reads a site file with the profiles that hold for it.
fn load_intent(
    text: &SiteText,
    rules: &[PathBuf],
    networks: &[&Network],
    files: &mut FileTable,
) -> Result<Intent, Error> {
    let folders: Vec<&Path> = rules.iter().map(PathBuf::as_path).collect();
    let profiles = load_profiles(&folders, Some(&text.beside), files)?;
    let file = files.load(&text.path, text.origin.clone(), &text.bytes, "site");
    let mut site = parse_site(&file, &profiles)?;
    if !networks.is_empty() {
        check_site(&mut site, &file, networks)?;
    }
    Ok(Intent { site, profiles })
}

/// A site file on disk.
fn site_on_disk(path: &Path) -> Result<SiteText, Error> {
    Ok(SiteText {
        path: path.display().to_string(),
        origin: FileOrigin::Disk,
        bytes: folder::read_file(path)?,
        beside: Beside::Folder(path.parent().map(Path::to_owned).unwrap_or_default()),
    })
}

/// The `site.yaml` at the root of a place; `None` where there is none.
fn site_in(place: &SnapshotPlace) -> Result<Option<SiteText>, Error> {
    match place {
        SnapshotPlace::Folder(folder) => {
            let path = folder.join("site.yaml");
            if path.is_file() {
                return site_on_disk(&path).map(Some);
            }
            Ok(None)
        }
        SnapshotPlace::Git { reference, path } => {
            let below = if path.is_empty() {
                "site.yaml".to_owned()
            } else {
                format!("{path}/site.yaml")
            };
            site_in_commit(reference, &below)
        }
        SnapshotPlace::WorkTree(path) => {
            let path = Repository::here().root()?.join(path).join("site.yaml");
            if path.is_file() {
                return site_on_disk(&path).map(Some);
            }
            Ok(None)
        }
        SnapshotPlace::Archive(path) => site_in_archive(path),
        SnapshotPlace::Merged { base, sides } => site_in_merged(base, sides),
    }
}

/// The site file of the only side that changes it, else that of the base.
fn site_in_merged(
    base: &SnapshotPlace,
    sides: &[SnapshotPlace],
) -> Result<Option<SiteText>, Error> {
    let bytes = |text: &Option<SiteText>| text.as_ref().map(|text| text.bytes.clone());
    let first = site_in(base)?;
    let mut changed: Option<Option<SiteText>> = None;
    for side in sides {
        let other = site_in(side)?;
        if bytes(&other) == bytes(&first) {
            continue;
        }
        if changed
            .as_ref()
            .is_some_and(|known| bytes(known) != bytes(&other))
        {
            return Err(Error::usage(
                "put the changes together: several change the site file",
                "name one with `--site FILE`",
            ));
        }
        changed = Some(other);
    }
    Ok(changed.unwrap_or(first))
}

/// The `site.yaml` at the root of an archive, with the profiles beside it.
fn site_in_archive(path: &Path) -> Result<Option<SiteText>, Error> {
    let name = path.display().to_string();
    let origin = FileOrigin::Archive(name.clone());
    let mut bytes = None;
    let mut profiles = Vec::new();
    for member in archive_members(path)? {
        let Ok(read) = member.bytes else { continue };
        let mut ends = [".yaml", ".yml"].iter();
        if member.path == "site.yaml" {
            bytes = Some(read);
        } else if member.path.starts_with("profiles/") && ends.any(|end| member.path.ends_with(end))
        {
            profiles.push((format!("{name}:{}", member.path), read));
        }
    }
    Ok(bytes.map(|bytes| SiteText {
        path: format!("{name}:site.yaml"),
        beside: Beside::Commit(origin.clone(), profiles),
        origin,
        bytes,
    }))
}

/// The version of a site file on disk that the before commit holds; `None` where before is no
/// commit or does not hold it.
fn site_at_reference(before: &SnapshotPlace, path: &Path) -> Result<Option<SiteText>, Error> {
    let SnapshotPlace::Git { reference, .. } = before else {
        return Ok(None);
    };
    let root = Repository::here().root()?;
    let (Ok(root), Ok(full)) = (root.canonicalize(), path.canonicalize()) else {
        return Ok(None);
    };
    match full.strip_prefix(&root) {
        Ok(below) => {
            let below = below.to_string_lossy().replace('\\', "/");
            site_in_commit(reference, &below)
        }
        Err(_) => Ok(None),
    }
}

/// A site file in a commit.
fn site_in_commit(reference: &str, below: &str) -> Result<Option<SiteText>, Error> {
    let repository = Repository::here();
    let Some((commit, bytes)) = repository.file(reference, below)? else {
        return Ok(None);
    };
    let origin = FileOrigin::Git(commit.clone());
    let folder = match below.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/profiles"),
        None => "profiles".to_owned(),
    };
    let profiles = repository.yaml_files(&commit, &folder)?;
    let profiles = profiles
        .into_iter()
        .map(|(name, bytes)| (format!("{reference}:{folder}/{name}"), bytes))
        .collect();
    Ok(Some(SiteText {
        path: format!("{reference}:{below}"),
        beside: Beside::Commit(origin.clone(), profiles),
        origin,
        bytes,
    }))
}

/// Files that nobody reads and that differ.
pub(super) fn unread_changes(before: &[FileReport], after: &[FileReport]) -> Vec<UnreadChange> {
    let find = |files: &[FileReport], path: &str| {
        files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()
    };
    let mut out = Vec::new();
    for (side, other, is_before) in [(before, after, true), (after, before, false)] {
        for file in side {
            let FileRole::Unread(reason) = &file.role else {
                continue;
            };
            let twin = find(other, &file.path).and_then(|index| other.get(index));
            if twin.is_some_and(|twin| twin.digest == file.digest) {
                continue;
            }
            out.push(UnreadChange {
                path: file.path.clone(),
                reason: reason.clone(),
                in_before: is_before || twin.is_some(),
                in_after: !is_before || twin.is_some(),
            });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out.dedup_by(|a, b| a.path == b.path);
    out
}

/// The report's row on a snapshot.
pub(super) fn row(name: &str, snapshot: &Snapshot, network: &Network) -> SnapshotRow {
    SnapshotRow {
        name: name.to_owned(),
        from: snapshot.from.clone(),
        digest: snapshot.digest.clone(),
        devices: network.devices.len(),
        files: snapshot.files.len(),
        statements: network
            .files
            .values()
            .map(|source| source.reading.statements.len())
            .sum(),
    }
}

/// The files of a snapshot as inputs.
pub(super) fn snapshot_inputs(name: &str, files: &[FileReport]) -> Vec<Input> {
    files
        .iter()
        .filter(|file| file.digest.len() == 64)
        .map(|file| Input {
            kind: match file.role {
                FileRole::Topology => "topology".to_owned(),
                FileRole::Read(_) | FileRole::Inert(_) | FileRole::Unread(_) => name.to_owned(),
            },
            path: file.path.clone(),
            sha256: file.digest.clone(),
        })
        .collect()
}

/// Loads a site file on disk, not checked against any network.
pub fn load_site(path: &Path, rules: &[PathBuf], files: &mut FileTable) -> Result<Intent, Error> {
    let text = site_on_disk(path)?;
    load_intent(&text, rules, &[], files)
}

/// Reads a site file that came with its profiles, paths and bytes.
pub(super) fn load_bundled(
    (path, bytes): (&str, &[u8]),
    profiles: Vec<(String, Vec<u8>)>,
    files: &mut FileTable,
) -> Result<Intent, Error> {
    let text = SiteText {
        path: path.to_owned(),
        origin: FileOrigin::Disk,
        bytes: bytes.to_vec(),
        beside: Beside::Commit(FileOrigin::Disk, profiles),
    };
    load_intent(&text, &[], &[], files)
}

/// One snapshot with its site file, where there is one.
#[derive(Debug, Clone)]
pub struct View {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What pumps need of it.
    pub intent: Option<Intent>,
}

/// Loads one snapshot, and the site file that is named or stands at its root.
pub fn load_view(
    place: &SnapshotPlace,
    site: Option<&Path>,
    rules: &[PathBuf],
    ctx: &Ctx<'_>,
) -> Result<View, Error> {
    let mut files = FileTable::new();
    let snapshot = load_snapshot(place, &mut files, ctx)?;
    let text = match site {
        Some(path) => Some(site_on_disk(path)?),
        None => site_in(place)?,
    };
    let intent = text
        .map(|text| load_intent(&text, rules, &[&snapshot.network], &mut files))
        .transpose()?;
    Ok(View { snapshot, intent })
}
