//! A place as a snapshot: members, files, readings, devices, links.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::ctx::Ctx;
use crate::input::Error;
use crate::input::discover;
use crate::input::merge::merged;
use crate::model::{Network, SourceFile};
use crate::source::{File, FileId, FileOrigin};
use crate::wire::assessment::Input;

mod archive;
pub(in crate::input) mod folder;
mod zipped;

/// Most bytes of one file that are read.
pub(in crate::input) const MOST_BYTES: u64 = 256 << 20;

/// Where a snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotPlace {
    /// A folder.
    Folder(PathBuf),
    /// A commit of the repository around the working folder, and a folder in it (empty: its root).
    Git {
        /// Branch, tag or commit.
        reference: String,
        /// Path below the repository's root, with `/` between parts.
        path: String,
    },
    /// What git knows of or would add, below a folder of the repository (empty: its root).
    WorkTree(String),
    /// A gzip-compressed tar archive, or a zip archive.
    Archive(PathBuf),
    /// A place with what others changed of it.
    Merged {
        /// What the others began with.
        base: Box<Self>,
        /// The others.
        sides: Vec<Self>,
    },
}

impl SnapshotPlace {
    /// Reads `DIR`, `git:<ref>[:<path>]`, `x.tar.gz`, `x.tgz` or `x.zip`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("git:") {
            let (reference, path) = rest.split_once(':').unwrap_or((rest, ""));
            if reference.is_empty() || reference.starts_with('-') {
                return Err(Error::usage(
                    format!("read `{text}`: `{reference}` is no git reference"),
                    "write `git:<branch, tag or commit>[:<path>]`",
                ));
            }
            return Ok(Self::Git {
                reference: reference.to_owned(),
                path: path.trim_matches('/').to_owned(),
            });
        }
        let lower = text.to_lowercase();
        if [".tar.gz", ".tgz", ".zip"]
            .iter()
            .any(|end| lower.ends_with(end))
        {
            return Ok(Self::Archive(PathBuf::from(text)));
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }

    /// As it was given.
    pub fn display(&self) -> String {
        match self {
            Self::Folder(path) | Self::Archive(path) => path.display().to_string(),
            Self::Git { reference, path } if path.is_empty() => format!("git:{reference}"),
            Self::Git { reference, path } => format!("git:{reference}:{path}"),
            Self::WorkTree(path) if path.is_empty() => "work tree".to_owned(),
            Self::WorkTree(path) => format!("work tree, {path}"),
            Self::Merged { base, sides } => {
                let sides: Vec<String> = sides.iter().map(Self::display).collect();
                format!("merge over {} of {}", base.display(), sides.join(" and "))
            }
        }
    }
}

/// One file of a place, before it is understood.
#[derive(Debug, Clone)]
pub(in crate::input) struct Member {
    /// Path below the place's root, with `/` between parts.
    pub path: String,
    /// Where the bytes come from.
    pub origin: FileOrigin,
    /// The bytes, or why they were not read.
    pub bytes: Result<Vec<u8>, Skipped>,
}

/// Why a member was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) struct Skipped {
    /// Lowercase fragment.
    pub reason: String,
    /// Whether it may be a configuration all the same.
    pub may_bear: bool,
    /// What tells two versions of it apart, where that is known without reading.
    pub identity: String,
}

impl Skipped {
    /// A file whose name begins with a dot, or in such a folder.
    fn hidden() -> Self {
        Self {
            reason: "hidden".to_owned(),
            may_bear: false,
            identity: String::new(),
        }
    }
}

/// What a file of a snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRole {
    /// A configuration, read by this dialect.
    Read(&'static str),
    /// `layer1_topology.json`.
    Topology,
    /// Not a configuration in force, and why; a change of it bears on nothing.
    Inert(String),
    /// Not read, and why; a change of it may bear on anything.
    Unread(String),
}

/// One file of a snapshot, for `list files` and coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Path below the snapshot's root.
    pub path: String,
    /// What it is.
    pub role: FileRole,
    /// By what sign.
    pub because: String,
    /// Device it belongs to, by the snapshot's name for it.
    pub device: Option<String>,
    /// SHA-256 of its bytes; what stands for it where it was not read.
    pub digest: String,
    /// Its identity where it was read.
    pub id: Option<FileId>,
}

/// A place, read.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The place as given.
    pub from: String,
    /// What it says.
    pub network: Network,
    /// Every file of the place in order of path.
    pub files: Vec<FileReport>,
    /// What is odd about files together (clashes, links to nowhere), in sentences.
    pub notes: Vec<String>,
    /// SHA-256 over paths and digests of all files.
    pub digest: String,
}

/// Identities of all files of a run, and what was read already.
#[derive(Default)]
pub struct FileTable {
    /// Identities given so far.
    next: u32,
    /// Readings by path, digest and zone origin.
    pub(in crate::input) readings: BTreeMap<ReadingKey, Arc<SourceFile>>,
    /// The latest snapshot of each device, whose facets are shared.
    pub(in crate::input) devices: BTreeMap<String, Arc<crate::model::Device>>,
    /// Files outside snapshots, each with its kind.
    loaded: Vec<(&'static str, File)>,
}

/// What makes two readings the same: path, digest, zone origin.
pub(in crate::input) type ReadingKey = (String, [u8; 32], Option<String>);

impl FileTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// The identity of one more file.
    pub fn next_id(&mut self) -> FileId {
        let id = FileId(self.next);
        self.next += 1;
        id
    }

    /// A file outside snapshots: site, profile, rule, script.
    pub fn load(
        &mut self,
        path: &str,
        origin: FileOrigin,
        bytes: &[u8],
        kind: &'static str,
    ) -> File {
        let file = File::new(self.next_id(), path, origin, bytes);
        self.loaded.push((kind, file.clone()));
        file
    }

    /// A file that the program carries.
    pub fn embedded(&mut self, path: &str, text: &str) -> File {
        self.load(path, FileOrigin::Disk, text.as_bytes(), "profile")
    }

    /// Files outside snapshots, in the order of loading: places of intents point to them.
    pub fn loaded(&self) -> impl Iterator<Item = &File> {
        self.loaded.iter().map(|(_, file)| file)
    }

    /// Files outside snapshots as inputs.
    pub fn inputs(&self) -> Vec<Input> {
        self.loaded
            .iter()
            .map(|(kind, file)| Input {
                kind: (*kind).to_owned(),
                path: file.path.clone(),
                sha256: file.digest_hex(),
            })
            .collect()
    }
}

/// Reads a place.
pub fn load_snapshot(
    place: &SnapshotPlace,
    files: &mut FileTable,
    ctx: &Ctx<'_>,
) -> Result<Snapshot, Error> {
    let mut members = members(place)?;
    members.sort_by(|a, b| a.path.cmp(&b.path));
    if ctx.is_canceled() {
        return Err(Error::Canceled);
    }
    let from = place.display();
    if members.is_empty() {
        return Err(Error::Empty(from));
    }
    discover::assemble(from, members, files, ctx)
}

/// Every file of a place.
fn members(place: &SnapshotPlace) -> Result<Vec<Member>, Error> {
    match place {
        SnapshotPlace::Folder(path) => folder::members(path),
        SnapshotPlace::Archive(path) => archive_members(path),
        SnapshotPlace::Git { reference, path } => {
            crate::input::git::Repository::here().members(reference, path)
        }
        SnapshotPlace::WorkTree(path) => {
            crate::input::git::Repository::here().work_tree_members(path)
        }
        SnapshotPlace::Merged { base, sides } => {
            let sides: Result<Vec<_>, Error> = sides.iter().map(members).collect();
            merged(members(base)?, sides?)
        }
    }
}

/// Every file of an archive, by its kind.
pub(in crate::input) fn archive_members(path: &Path) -> Result<Vec<Member>, Error> {
    let is_zip = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("zip"));
    if is_zip {
        zipped::members(path)
    } else {
        archive::members(path)
    }
}

/// SHA-256 over paths and digests.
pub(in crate::input) fn digest_of(files: &[FileReport]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(file.path.as_bytes());
        hasher.update([0]);
        hasher.update(file.digest.as_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// Bytes as lowercase hexadecimal.
pub(in crate::input) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
