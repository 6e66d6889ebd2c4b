//! A gzip-compressed tar archive, within bounds.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;

use super::{MOST_BYTES, Member, Skipped};
use crate::input::Error;
use crate::source::FileOrigin;

/// Most members of an archive.
pub(super) const MOST_MEMBERS: usize = 200_000;
/// Most bytes of an archive when unpacked.
pub(super) const MOST_UNPACKED: u64 = 4 << 30;

/// Every file of an archive; a single folder at its top is left out of the paths.
#[expect(
    clippy::disallowed_methods,
    reason = "input reads the files of a run; this is where"
)]
pub(super) fn members(path: &Path) -> Result<Vec<Member>, Error> {
    let name = path.display().to_string();
    let file = fs::File::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let decoder = MultiGzDecoder::new(io::BufReader::new(file));
    let mut archive = tar::Archive::new(Bounded {
        inner: decoder,
        left: MOST_UNPACKED,
    });
    let refuse = |source| Error::Archive {
        path: name.clone(),
        source,
    };
    let mut members = Vec::new();
    for entry in archive.entries().map_err(refuse)? {
        let mut entry = entry.map_err(refuse)?;
        let below =
            below_root(&entry.path().map_err(refuse)?).ok_or_else(|| Error::ArchiveRefused {
                path: name.clone(),
                reason: "a member leaves the archive's folder (`..` or an absolute path)"
                    .to_owned(),
            })?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || below.is_empty() {
            continue;
        }
        if members.len() >= MOST_MEMBERS {
            return Err(Error::ArchiveRefused {
                path: name.clone(),
                reason: format!("more than {MOST_MEMBERS} members"),
            });
        }
        let hidden = below.split('/').any(|part| part.starts_with('.'));
        let size = entry.size();
        let bytes = if hidden {
            Err(Skipped::hidden())
        } else if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name().map_err(refuse)?;
            let target = target.map_or(String::new(), |path| path.display().to_string());
            link(target)
        } else if !kind.is_file() {
            odd()
        } else if size > MOST_BYTES {
            too_large(size)
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(refuse)?;
            Ok(bytes)
        };
        members.push(Member {
            path: below,
            origin: FileOrigin::Archive(name.clone()),
            bytes,
        });
    }
    strip_top(&mut members);
    Ok(members)
}

/// A link, whose target nobody follows.
pub(super) fn link(target: String) -> Result<Vec<u8>, Skipped> {
    Err(Skipped {
        reason: "a link in an archive".to_owned(),
        may_bear: true,
        identity: target,
    })
}

/// A member that holds no bytes of its own.
pub(super) fn odd() -> Result<Vec<u8>, Skipped> {
    Err(Skipped {
        reason: "neither a file nor a folder".to_owned(),
        may_bear: false,
        identity: String::new(),
    })
}

/// A file of more bytes than are read.
pub(super) fn too_large(size: u64) -> Result<Vec<u8>, Skipped> {
    Err(Skipped {
        reason: format!("{size} bytes, more than {MOST_BYTES}"),
        may_bear: true,
        identity: size.to_string(),
    })
}

/// The path with `/` between parts; `None` where it leaves the archive's folder.
pub(super) fn below_root(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Leaves out the folder that all members are in, unless its name has a meaning of its own.
pub(super) fn strip_top(members: &mut [Member]) {
    let Some(top) = members
        .first()
        .and_then(|member| member.path.split_once('/'))
        .map(|(top, _)| format!("{top}/"))
    else {
        return;
    };
    if matches!(top.as_str(), "configs/" | "hosts/")
        || !members.iter().all(|member| member.path.starts_with(&top))
    {
        return;
    }
    for member in members {
        member.path.drain(..top.len());
    }
}

/// A reader that refuses to give more than so many bytes.
struct Bounded<R> {
    /// The reader.
    inner: R,
    /// Bytes left.
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!("it unpacks to more than {MOST_UNPACKED} bytes"))
        })?;
        Ok(read)
    }
}
