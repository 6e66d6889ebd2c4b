//! What a place that is measured from needs: carried there, or sent there.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of [`Bundle`].
pub const BUNDLE_SCHEMA: &str = "pump-preflight/bundle/1";

/// What `probe --bundle FILE` writes and `probe --run FILE` measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bundle {
    /// Version: [`BUNDLE_SCHEMA`].
    pub schema: String,
    /// Name and version of the program that wrote it.
    pub tool: String,
    /// Id of the vantage that measures it.
    pub vantage: String,
    /// The site file, which says who may be asked.
    pub site: BundledFile,
    /// SHA-256 of the site file as it was read.
    pub site_sha256: String,
    /// Pump profiles of the site's own.
    pub profiles: Vec<BundledFile>,
    /// Services to measure, by id; none for all.
    pub services: Vec<String>,
    /// Repetitions of the questions that are asked for their times.
    pub samples: u16,
    /// Failures in a row, of what a server had answered before, that stop everything.
    pub stop_after: u16,
    /// Whether hops and packet sizes are measured too.
    #[serde(default)]
    pub path: bool,
    /// Seconds that connections are left idle, where that is measured too.
    #[serde(default)]
    pub idle_s: Option<u64>,
    /// Whether it is lived through how clients get over a dead first name server.
    #[serde(default)]
    pub failover: bool,
    /// Address or interface there that packets leave from.
    #[serde(default)]
    pub source: Option<String>,
    /// Secrets of test accounts, by the service's id; only ever on a stream to a place, never in a
    /// file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, BundledAccount>,
}

/// The secrets of a test account, as hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundledAccount {
    /// What the server shares with the place.
    pub secret: String,
    /// The user's name.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<String>,
}

impl fmt::Debug for BundledAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BundledAccount")
    }
}

/// A file with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundledFile {
    /// Its path where it was read.
    pub path: String,
    /// Its text.
    pub text: String,
}
