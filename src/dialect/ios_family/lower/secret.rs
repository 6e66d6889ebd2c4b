//! Secrets as the family writes them: clear, obfuscated, encrypted, or left out.

use super::{Gap, Line};
use crate::model::secret::Secret;

/// What the family's type 7 is combined with, byte by byte from a place that the text names (Cisco
/// document 107614, "Cisco IOS Password Encryption Facts": it is there to keep a password from being
/// read in passing; vector: `02050D480809` and `0822455D0A16` are both `cisco`).
const OBFUSCATION: &[u8; 53] = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

/// The secret from a word on, after its type of encryption where there is one.
pub(in crate::dialect) fn secret(line: &Line<'_, '_>, from: usize) -> Result<Secret, Gap> {
    match line.raw.get(from..) {
        Some([kind @ ("0" | "3" | "5" | "6" | "7" | "8a"), rest @ ..]) if !rest.is_empty() => {
            Ok(of_type(kind, &rest.join(" ")))
        }
        Some(rest @ [_, ..]) => Ok(of_type("0", &rest.join(" "))),
        _ => Err(Gap::Odd),
    }
}

/// The secret that a text of a type of encryption says or hides.
pub(super) fn of_type(kind: &str, text: &str) -> Secret {
    // What a device or a collector prints in place of a secret.
    let is_left_out = text.bytes().all(|byte| byte == b'*') || text.starts_with('<');
    if is_left_out {
        return Secret::sealed(text);
    }
    match kind {
        "0" => Secret::new(text),
        "7" => match revealed(text) {
            Some(clear) => Secret::new(&clear),
            None => Secret::hidden(&format!("{kind} {text}")),
        },
        // The same key on every switch (Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration
        // Guide, "message-digest-key": 3 is 3DES).
        "3" => Secret::hidden(&format!("{kind} {text}")),
        // A hash with a salt, or encrypted by a key that the device does not print (same document:
        // types 5 and 6).
        _ => Secret::sealed(text),
    }
}

/// What a text of type 7 hides; none where it is of another dialect's type 7.
fn revealed(text: &str) -> Option<String> {
    let (place, hidden) = text.split_at_checked(2)?;
    let place: usize = place.parse().ok()?;
    if hidden.is_empty() || hidden.len() % 2 == 1 {
        return None;
    }
    let mut clear = String::new();
    for (offset, pair) in hidden.as_bytes().chunks(2).enumerate() {
        let byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        let key = OBFUSCATION.get((place + offset) % OBFUSCATION.len())?;
        let letter = byte ^ key;
        if !(letter.is_ascii_graphic() || letter == b' ') {
            return None;
        }
        clear.push(char::from(letter));
    }
    Some(clear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Shared as _;

    #[test]
    fn an_obfuscated_key_is_the_clear_one() {
        let clear = of_type("0", "cisco");
        for text in ["02050D480809", "0822455d0a16", "094F471A1A0A"] {
            assert_eq!(of_type("7", text).shared(&clear), Some(true), "{text}");
        }
        assert_eq!(of_type("7", "0822455D0A17").shared(&clear), Some(false));
        // Not the family's own obfuscation.
        let other = of_type("7", "vGvFgYZDBBRgcOuD9Bt8Zg==");
        assert_eq!(other.shared(&clear), None);
        assert_eq!(other.shared(&other), Some(true));
        // Encrypted, and left out.
        for (kind, text) in [("6", "PVWHbGLAFdFFWZa"), ("0", "*****"), ("7", "<removed>")] {
            let sealed = of_type(kind, text);
            assert_eq!(sealed.shared(&sealed), None, "{text}");
        }
    }
}
