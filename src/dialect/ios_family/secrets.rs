//! Where a line holds a password, key or community, whether it is understood or not.

use crate::dialect::ios_family::words::Words;
use crate::source::Span;

/// Adds the spans of a line's secrets.
pub(super) fn mark(words: &Words<'_>, text: &str, secrets: &mut Vec<Span>) {
    let mut index = 0;
    while let Some(word) = words.low.get(index) {
        index += 1;
        let whole_rest = match *word {
            "password" | "area-password" | "domain-password" | "secret" | "key" | "key-string"
            | "passphrase" | "psk" | "ascii-key" | "authentication-key" | "pre-shared-key"
            | "key-hash" | "passwd" | "pac-key" | "server-key" | "wpa-psk" | "token"
            | "shared-secret" => true,
            "community" | "md5" | "sha" | "auth-md5" | "sha-256" | "hmac-sha-256"
            | "authentication" | "auth" | "priv" | "aes" | "3des" | "des" | "128" | "192"
            | "256" | "7" | "5" | "text" | "8" | "9" => false,
            "snmp-server" if words.low.get(index) == Some(&"host") => {
                mark_from(words, text, index + 2, secrets);
                return;
            }
            word if word.contains("://") && word.contains('@') => {
                mark_words(words, text, index - 1, index, secrets);
                continue;
            }
            _ => continue,
        };
        if whole_rest {
            let skip = usize::from(is_type(words, index));
            if !is_setting(words.low.get(index).copied().unwrap_or("")) {
                mark_from(words, text, index + skip, secrets);
                return;
            }
        } else if is_secret_word(words, index) {
            mark_words(words, text, index, index + 1, secrets);
        }
    }
}

/// Whether a word of this index is a type of encryption, followed by the secret.
fn is_type(words: &Words<'_>, index: usize) -> bool {
    words
        .low
        .get(index)
        .is_some_and(|word| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit()))
        && words.low.len() > index + 1
}

/// Whether a word after `key`, `password`, … is a keyword and no secret.
fn is_setting(word: &str) -> bool {
    matches!(
        word,
        "" | "chain"
            | "generate"
            | "pubkey-chain"
            | "zeroize"
            | "config-key"
            | "storage"
            | "encryption"
            | "export"
            | "import"
            | "min-length"
            | "policy"
            | "logging"
            | "rotate"
            | "source-interface"
            | "required"
    )
}

/// Whether the word after a keyword that names an algorithm or a community may be a secret.
fn is_secret_word(words: &Words<'_>, index: usize) -> bool {
    let Some(word) = words.low.get(index) else {
        return false;
    };
    let before = words.low.get(index.wrapping_sub(1)).copied().unwrap_or("");
    match before {
        "authentication" => {
            matches!(words.low.first(), Some(&("standby" | "glbp" | "vrrp")))
                && !matches!(*word, "md5" | "text")
        }
        "community" => matches!(words.low.first(), Some(&"snmp-server")),
        "md5" | "text" => !matches!(*word, "key-string" | "key-chain" | "0" | "7"),
        // Types of encryption: 7 is followed by hexadecimal digits, the others by `$`.
        "7" => word.len() > 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "5" | "8" | "9" => word.starts_with('$'),
        _ => matches!(words.low.first(), Some(&"snmp-server")) && word.len() > 3,
    }
}

/// Marks the words from `first` to the end of the line.
fn mark_from(words: &Words<'_>, text: &str, first: usize, secrets: &mut Vec<Span>) {
    mark_words(words, text, first, words.raw.len(), secrets);
}

/// Marks the words `first..end` as one secret.
fn mark_words(words: &Words<'_>, text: &str, first: usize, end: usize, secrets: &mut Vec<Span>) {
    let Some(marked) = words.raw.get(first..end) else {
        return;
    };
    if let (Some(one), Some(last)) = (marked.first(), marked.last()) {
        let base = text.as_ptr() as usize;
        let start = (one.as_ptr() as usize).saturating_sub(base);
        let end = (last.as_ptr() as usize).saturating_sub(base) + last.len();
        secrets.push(Span::new(start, end));
    }
}
