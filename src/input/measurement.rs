//! What probes measured, read back from a file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::input::case::Case;
use crate::input::error::Error;
use crate::wire::assessment::Input;
use crate::wire::observation::{PROBE_SCHEMA, ProbeReport};

/// Most bytes of a measurement.
const MOST_BYTES: u64 = 256 << 20;

/// What was measured of the network before a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Path of the file; `now` where it was measured for this case.
    pub path: String,
    /// What was measured.
    pub report: ProbeReport,
}

impl Case {
    /// Joins what was measured of the network before; `bytes` are those of the report.
    pub fn add_measurement(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let report = parse_measurement(path, bytes)?;
        self.inputs.push(Input {
            kind: "baseline".to_owned(),
            path: path.to_owned(),
            sha256: hex(bytes),
        });
        self.inputs.sort();
        self.measurement = Some(Measurement {
            path: path.to_owned(),
            report,
        });
        Ok(())
    }

    /// Joins a baseline that `probe` wrote.
    pub fn add_baseline(&mut self, path: &Path) -> Result<(), Error> {
        self.add_measurement(&path.display().to_string(), &read(path)?)
    }
}

/// SHA-256 in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads what `probe` wrote: a baseline, or a result that was measured elsewhere.
pub fn load_measurement(path: &Path) -> Result<ProbeReport, Error> {
    parse_measurement(&path.display().to_string(), &read(path)?)
}

/// Reads what a script printed.
pub fn load_printed(path: &Path) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&read(path)?).into_owned())
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
