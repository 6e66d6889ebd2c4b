//! Outputs: whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process;

use super::failure::Failure;

/// Writes to the standard output; a reader that went away is no error.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(source) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Failure::Write {
            path: "standard output".to_owned(),
            source,
        }),
    }
}

/// What a renderer into memory answers; memory takes all that is written.
pub(super) fn to_memory(rendered: io::Result<()>) -> Result<(), Failure> {
    rendered.map_err(|source| Failure::Write {
        path: "memory".to_owned(),
        source,
    })
}

/// Adds a value as one line of JSON.
pub(super) fn json_line<T: serde::ser::Serialize>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let written = serde_json::to_writer(&mut *out, value).map_err(io::Error::from);
    out.push(b'\n');
    to_memory(written)
}

/// Writes files into a folder, which is made where there is none.
pub(super) fn write_all(
    folder: &Path,
    files: impl IntoIterator<Item = (String, String)>,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|source| Failure::Write {
        path: folder.display().to_string(),
        source,
    })?;
    files
        .into_iter()
        .try_for_each(|(name, text)| write(&folder.join(name), text.as_bytes()))
}

/// Writes a file: beside its place first, then renamed, so that no half of it is ever there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let refuse = |source| Failure::Write {
        path: path.display().to_string(),
        source,
    };
    let name = path
        .file_name()
        .ok_or_else(|| refuse(io::Error::from(io::ErrorKind::IsADirectory)))?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map_err(refuse)
}
