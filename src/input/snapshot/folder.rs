//! A folder on disk, walked in order of name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{MOST_BYTES, Member, Skipped};
use crate::input::Error;
use crate::source::FileOrigin;

/// Reads one file, within the bound.
#[expect(
    clippy::disallowed_methods,
    reason = "input reads the files of a run; this is where"
)]
pub(in crate::input) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let refuse = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let size = fs::metadata(path).map_err(refuse)?.len();
    if size > MOST_BYTES {
        return Err(Error::TooLarge {
            path: path.display().to_string(),
            bytes: size,
            most: MOST_BYTES,
        });
    }
    fs::read(path).map_err(refuse)
}

/// Entries of a folder, sorted.
#[expect(
    clippy::disallowed_methods,
    reason = "input lists the folders of a run; this is where"
)]
pub(in crate::input) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refuse = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        paths.push(entry.map_err(refuse)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// YAML files directly in a folder, sorted.
pub(in crate::input) fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| {
        path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
    });
    Ok(paths)
}

/// Every file below a folder.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, Error> {
    let metadata = fs::metadata(root).map_err(|source| Error::Read {
        path: root.to_owned(),
        source,
    })?;
    if !metadata.is_dir() {
        return Err(Error::NoPlace(root.display().to_string()));
    }
    let real_root = fs::canonicalize(root).map_err(|source| Error::Read {
        path: root.to_owned(),
        source,
    })?;
    let mut walk = Walk {
        root: real_root,
        members: Vec::new(),
    };
    walk.folder(root, "")?;
    Ok(walk.members)
}

/// A walk over a folder.
struct Walk {
    /// The folder, without links.
    root: PathBuf,
    /// What was found.
    members: Vec<Member>,
}

impl Walk {
    /// Visits one folder.
    fn folder(&mut self, folder: &Path, below: &str) -> Result<(), Error> {
        for path in entries(folder)? {
            let Some(name) = path.file_name() else {
                continue;
            };
            let name = name.to_string_lossy();
            let below = if below.is_empty() {
                name.to_string()
            } else {
                format!("{below}/{name}")
            };
            self.entry(&path, &name, below)?;
        }
        Ok(())
    }

    /// Visits one entry.
    fn entry(&mut self, path: &Path, name: &str, below: String) -> Result<(), Error> {
        let refuse = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let metadata = fs::symlink_metadata(path).map_err(refuse)?;
        if name.starts_with('.') {
            self.skip(below, "hidden", false, String::new());
            return Ok(());
        }
        if metadata.is_dir() {
            return self.folder(path, &below);
        }
        if metadata.is_symlink() {
            let target = fs::read_link(path).map_err(refuse)?;
            let identity = target.display().to_string();
            match fs::canonicalize(path) {
                Err(source) if source.kind() == io::ErrorKind::NotFound => {
                    self.skip(below, "a link to nowhere", true, identity);
                    return Ok(());
                }
                Err(source) => return Err(refuse(source)),
                Ok(real) if !real.starts_with(&self.root) => {
                    self.skip(below, "a link to outside of the folder", true, identity);
                    return Ok(());
                }
                Ok(real) if real.is_dir() => {
                    let reason = "a link to a folder that is read under its own name";
                    self.skip(below, reason, false, identity);
                    return Ok(());
                }
                Ok(_) => {}
            }
        } else if !metadata.is_file() {
            self.skip(below, "neither a file nor a folder", false, String::new());
            return Ok(());
        }
        let size = fs::metadata(path).map_err(refuse)?.len();
        if size > MOST_BYTES {
            let reason = format!("{size} bytes, more than {MOST_BYTES}");
            self.skip(below, &reason, true, size.to_string());
            return Ok(());
        }
        let bytes = read_file(path)?;
        self.members.push(Member {
            path: below,
            origin: FileOrigin::Disk,
            bytes: Ok(bytes),
        });
        Ok(())
    }

    /// Lists an entry as not read.
    fn skip(&mut self, path: String, reason: &str, may_bear: bool, identity: String) {
        self.members.push(Member {
            path,
            origin: FileOrigin::Disk,
            bytes: Err(Skipped {
                reason: reason.to_owned(),
                may_bear,
                identity,
            }),
        });
    }
}
