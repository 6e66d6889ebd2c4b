//! Bundles: a site file with what it needs, carried to where it is measured.

use std::io::{BufRead, Read as _};
use std::path::Path;

use crate::input::case::load_bundled;
use crate::input::error::Error;
use crate::input::measurement::read;
use crate::input::snapshot::FileTable;
use crate::intent::Intent;
use crate::wire::bundle::{BUNDLE_SCHEMA, Bundle};

/// Most bytes of a bundle.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a bundle from a file.
pub fn load_bundle(path: &Path) -> Result<Bundle, Error> {
    parse_bundle(&path.display().to_string(), &read(path)?)
}

/// Reads a bundle that fills the first line of a stream, and leaves the rest.
pub fn read_bundle(mut stream: impl BufRead) -> Result<Bundle, Error> {
    let refuse = |source| Error::Read {
        path: "-".into(),
        source,
    };
    let mut line = Vec::new();
    let mut first = stream.by_ref().take(MOST_BYTES);
    first.read_until(b'\n', &mut line).map_err(refuse)?;
    parse_bundle("-", &line)
}

/// A bundle from bytes; `name` is their place in words.
fn parse_bundle(name: &str, bytes: &[u8]) -> Result<Bundle, Error> {
    let refuse = |reason: String| Error::Measurement {
        path: name.to_owned(),
        reason,
    };
    let bundle: Bundle =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("no bundle: {error}")))?;
    if bundle.schema != BUNDLE_SCHEMA {
        return Err(refuse(format!("its `schema` is not `{BUNDLE_SCHEMA}`")));
    }
    Ok(bundle)
}

/// The site that a bundle holds.
pub fn bundled_site(bundle: &Bundle, files: &mut FileTable) -> Result<Intent, Error> {
    let profiles = bundle.profiles.iter();
    let profiles = profiles.map(|file| (file.path.clone(), file.text.clone().into_bytes()));
    let site = (bundle.site.path.as_str(), bundle.site.text.as_bytes());
    load_bundled(site, profiles.collect(), files)
}
