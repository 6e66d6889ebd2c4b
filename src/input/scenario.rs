//! The scenario file of `simulate`: YAML or JSON.

use std::fs;
use std::path::Path;

use crate::input::error::Error;
use crate::input::mistake::Mistake;
use crate::wire::scenario::Scenario;

/// Most bytes of a scenario.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a scenario file.
#[expect(clippy::disallowed_methods, reason = "input reads files")]
pub fn load_scenario(path: &Path) -> Result<Scenario, Error> {
    let refuse = |source| Error::Read {
        path: path.to_path_buf(),
        source,
    };
    let bytes = fs::metadata(path).map_err(refuse)?.len();
    if bytes > MOST_BYTES {
        let path = path.display().to_string();
        return Err(Error::TooLarge {
            path,
            bytes,
            most: MOST_BYTES,
        });
    }
    let text = fs::read_to_string(path).map_err(refuse)?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let location = error.location();
        let place = |pick: fn(&serde_saphyr::Location) -> u64| {
            location
                .as_ref()
                .map_or(1, |found| u32::try_from(pick(found)).unwrap_or(1))
        };
        let message = error.to_string();
        Error::Mistakes {
            kind: "scenario",
            mistakes: vec![Mistake {
                file: path.display().to_string(),
                line: place(serde_saphyr::Location::line),
                column: place(serde_saphyr::Location::column),
                message: message
                    .lines()
                    .next()
                    .unwrap_or("not a scenario")
                    .to_owned(),
                help: None,
            }],
        }
    })
}
