//! What probes measured, read back from a file.

use std::fs;
use std::path::Path;

use crate::input::error::Error;
use crate::wire::observation::{PROBE_SCHEMA, ProbeReport};

/// Most bytes of a measurement.
const MOST_BYTES: u64 = 256 << 20;

/// Reads what `probe` wrote: a baseline, or a result that was measured elsewhere.
pub fn load_measurement(path: &Path) -> Result<ProbeReport, Error> {
    parse_measurement(&path.display().to_string(), &read(path)?)
}

/// Bytes of a file of bounded size.
#[expect(clippy::disallowed_methods, reason = "input reads files")]
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let refuse = |source| Error::Read {
        path: path.to_path_buf(),
        source,
    };
    let bytes = fs::metadata(path).map_err(refuse)?.len();
    if bytes > MOST_BYTES {
        return Err(Error::TooLarge {
            path: path.display().to_string(),
            bytes,
            most: MOST_BYTES,
        });
    }
    fs::read(path).map_err(refuse)
}

/// A measurement from bytes; `name` is their place in words.
pub fn parse_measurement(name: &str, bytes: &[u8]) -> Result<ProbeReport, Error> {
    let refuse = |reason: String| Error::Measurement {
        path: name.to_owned(),
        reason,
    };
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("no JSON: {error}")))?;
    let schema = value.get("schema").and_then(serde_json::Value::as_str);
    if schema != Some(PROBE_SCHEMA) {
        return Err(refuse(format!("its `schema` is not `{PROBE_SCHEMA}`")));
    }
    serde_json::from_value(value).map_err(|error| refuse(error.to_string()))
}
