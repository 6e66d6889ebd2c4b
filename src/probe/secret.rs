//! Secrets of test accounts: held in memory, never written.

use std::fmt;

/// Bytes that nobody prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A secret.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The secrets of a test account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What the server shares with this host.
    pub secret: Secret,
    /// Name and password of the user.
    pub user: Option<(String, Secret)>,
}
