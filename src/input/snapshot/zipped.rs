//! A zip archive, within bounds.

use std::io::{self, Read as _};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::archive::{MOST_MEMBERS, MOST_UNPACKED, below_root, link, odd, strip_top};
use super::{MOST_BYTES, Member, Skipped, folder};
use crate::input::Error;
use crate::source::FileOrigin;

/// Every file of an archive; a single folder at its top is left out of the paths.
pub(super) fn members(path: &Path) -> Result<Vec<Member>, Error> {
    let name = path.display().to_string();
    let bytes = folder::read_file(path)?;
    let refuse = |error: ZipError| Error::Archive {
        path: name.clone(),
        source: io::Error::other(error),
    };
    let refused = |reason: String| Error::ArchiveRefused {
        path: name.clone(),
        reason,
    };
    let mut archive = ZipArchive::new(io::Cursor::new(bytes)).map_err(refuse)?;
    if archive.len() > MOST_MEMBERS {
        return Err(refused(format!("more than {MOST_MEMBERS} members")));
    }
    let mut left = MOST_UNPACKED;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(refuse)?;
        let full = entry.name().map_err(refuse)?.replace('\\', "/");
        let below = below_root(Path::new(&full)).ok_or_else(|| {
            refused("a member leaves the archive's folder (`..` or an absolute path)".to_owned())
        })?;
        if entry.is_dir() || below.is_empty() {
            continue;
        }
        let bytes = if below.split('/').any(|part| part.starts_with('.')) {
            Err(Skipped::hidden())
        } else if entry.is_symlink() {
            link(String::new())
        } else if !entry.is_file() {
            odd()
        } else {
            let mut bytes = Vec::new();
            // What the archive says of a size need not be true.
            let most = left.min(MOST_BYTES) + 1;
            let read = (&mut entry).take(most).read_to_end(&mut bytes);
            let read = read.map_err(|source| Error::Archive {
                path: name.clone(),
                source,
            })?;
            left = left
                .checked_sub(read as u64)
                .ok_or_else(|| refused(format!("it unpacks to more than {MOST_UNPACKED} bytes")))?;
            if read as u64 > MOST_BYTES {
                super::archive::too_large(entry.size())
            } else {
                Ok(bytes)
            }
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
