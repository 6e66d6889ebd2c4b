//! Files that hold one secret each, beside the site file.

use std::path::Path;

use crate::input::Error;
use crate::input::snapshot::folder::read_file;

/// The bytes of a secret, without the end of its line; `file` lies beside the site file.
pub fn read_secret(site: &Path, file: &str) -> Result<Vec<u8>, Error> {
    let folder = site.parent().unwrap_or(Path::new("."));
    let mut bytes = read_file(&folder.join(file))?;
    while bytes
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        bytes.pop();
    }
    Ok(bytes)
}
