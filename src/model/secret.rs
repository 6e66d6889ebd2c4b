//! Secrets that can be compared and not shown.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A password, key or community: equal to another, not equal, or in a form that does not tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    /// What the text hides or says.
    digest: [u8; 32],
    /// How the text writes it.
    form: Form,
}

/// How a text writes a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// As it is.
    Clear,
    /// So that equal texts hide equal secrets; of different ones nothing is known.
    Hidden,
    /// With a key or salt of the device's own, or left out: nothing is known.
    Sealed,
}

impl Secret {
    /// The secret that `text` says.
    pub fn new(text: &str) -> Self {
        Self::of(text, Form::Clear)
    }

    /// The secret that `text` hides, the same one wherever it stands.
    pub fn hidden(text: &str) -> Self {
        Self::of(text, Form::Hidden)
    }

    /// A secret that `text` hides in a way of one device, or does not show.
    pub fn sealed(text: &str) -> Self {
        Self::of(text, Form::Sealed)
    }

    /// A text in a form.
    fn of(text: &str, form: Form) -> Self {
        Self {
            digest: Sha256::digest(text.as_bytes()).into(),
            form,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret>")
    }
}

/// What two devices must have alike and may write in forms that cannot be compared.
pub trait Shared {
    /// Whether both have the same; none: the texts do not tell.
    fn shared(&self, other: &Self) -> Option<bool>;
}

impl Shared for Secret {
    fn shared(&self, other: &Self) -> Option<bool> {
        let equal = self.digest == other.digest;
        match (self.form, other.form) {
            (Form::Clear, Form::Clear) => Some(equal),
            (Form::Hidden, Form::Hidden) if equal => Some(true),
            (Form::Clear | Form::Hidden | Form::Sealed, _) => None,
        }
    }
}

impl<T: Shared> Shared for Option<T> {
    fn shared(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Some(one), Some(other)) => one.shared(other),
            (None, None) => Some(true),
            (None, Some(_)) | (Some(_), None) => Some(false),
        }
    }
}

impl<T: Shared> Shared for Vec<T> {
    fn shared(&self, other: &Self) -> Option<bool> {
        if self.len() != other.len() {
            return Some(false);
        }
        let mut all = Some(true);
        for (one, other) in self.iter().zip(other) {
            match one.shared(other) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }
}

/// Labels are compared as they are.
impl<L: PartialEq, T: Shared> Shared for (L, T) {
    fn shared(&self, other: &Self) -> Option<bool> {
        if self.0 == other.0 {
            self.1.shared(&other.1)
        } else {
            Some(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_hide_a_secret_tell_little_of_it() {
        let clear = Secret::new("a");
        assert_eq!(clear.shared(&Secret::new("a")), Some(true));
        assert_eq!(clear.shared(&Secret::new("b")), Some(false));
        assert_eq!(clear.shared(&Secret::hidden("a")), None);
        let hidden = Secret::hidden("x");
        assert_eq!(hidden.shared(&hidden), Some(true));
        assert_eq!(hidden.shared(&Secret::hidden("y")), None);
        let sealed = Secret::sealed("x");
        assert_eq!(sealed.shared(&sealed), None);
        // One key that differs is enough, whatever the others are.
        let keys = |second: &str| vec![(1, sealed), (2, Secret::new(second))];
        assert_eq!(keys("a").shared(&keys("b")), Some(false));
        assert_eq!(keys("a").shared(&keys("a")), None);
        assert_eq!(Some(sealed).shared(&None), Some(false));
    }
}
