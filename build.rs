//! Embeds every file under `rules/`, so that one binary works offline.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Writes `embedded.rs`: a sorted slice of (path below `rules/`, text).
#[expect(clippy::use_debug, reason = "Debug of a string is its Rust literal")]
fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("rules");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    if root.is_dir() {
        collect(&root, &mut files)?;
    }
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let below = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = below.to_string_lossy().replace('\\', "/");
        let path = file.display().to_string();
        writeln!(code, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("embedded.rs");
    fs::write(out, code)
}

/// Adds every YAML file below `folder` to `files`.
#[expect(
    clippy::disallowed_methods,
    reason = "a build script reads the files it embeds"
)]
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    Ok(())
}
