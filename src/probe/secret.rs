//! Secrets of test accounts: held in memory, never written.

use std::fmt::{self, Write as _};

use crate::wire::bundle::BundledAccount;

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

impl Secret {
    /// In hexadecimal digits, for the way to another place.
    fn to_hex(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// From hexadecimal digits.
    fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<_>>()?;
        let bytes = digits.chunks_exact(2).map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        });
        bytes.collect::<Option<_>>().map(Self)
    }
}

impl Account {
    /// For the way to another place, which must be one that nobody else reads.
    pub fn bundled(&self) -> BundledAccount {
        BundledAccount {
            secret: self.secret.to_hex(),
            user: self.user.as_ref().map(|(name, _)| name.clone()),
            password: self.user.as_ref().map(|(_, password)| password.to_hex()),
        }
    }

    /// As it came from another place.
    pub fn of_bundled(bundled: &BundledAccount) -> Option<Self> {
        let password = bundled.password.as_deref().and_then(Secret::from_hex);
        Some(Self {
            secret: Secret::from_hex(&bundled.secret)?,
            user: bundled.user.clone().zip(password),
        })
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

#[cfg(test)]
mod tests {
    use super::{Account, Secret};

    #[test]
    fn an_account_comes_through_whole_and_nobody_prints_it() {
        let account = Account {
            secret: Secret::new(vec![0, 0x9f, b'x']),
            user: Some(("preflight".to_owned(), Secret::new(b"open sesame".to_vec()))),
        };
        let bundled = account.bundled();
        assert_eq!(Account::of_bundled(&bundled), Some(account.clone()));
        let printed = format!("{account:?} {bundled:?}");
        assert!(
            !printed.contains("009f78") && !printed.contains("sesame"),
            "{printed}"
        );
    }
}
