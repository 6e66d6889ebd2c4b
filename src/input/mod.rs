//! Places as snapshots, the site file, profiles and pasted lines.
//!
//! The only floor that reads files and starts `git`. What cannot be read is an error that names
//! the place and the next action; what is left unread on purpose is listed with its reason.

pub mod again;
pub mod bundle;
pub mod capture;
pub mod case;
mod concatenated;
mod coverage;
mod devices;
mod discover;
pub mod down;
mod error;
pub mod evidence;
pub mod git;
pub mod inventory;
mod links;
pub mod measurement;
mod merge;
pub mod mistake;
mod netplan;
mod place_name;
pub mod plan;
pub mod profile;
pub mod propose;
pub mod reader;
pub mod scenario;
pub mod script;
pub mod secret;
pub mod site;
pub mod snapshot;
mod zones;

pub use case::{Case, CaseArguments, ScriptArguments, UnreadChange, load_case};
pub use coverage::file_coverage;
pub use error::Error;
pub use mistake::Mistake;
pub use snapshot::{FileReport, FileRole, FileTable, Snapshot, SnapshotPlace, load_snapshot};
