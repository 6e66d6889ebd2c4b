//! The origin of a zone file that nobody named.

use super::parse::{EntryKind, Parsed};
use crate::net::DomainName;
use crate::source::File;

/// The owner of the first SOA record where the text makes it absolute, else what the file's name
/// says by convention.
pub(super) fn origin_of(file: &File, parsed: &Parsed<'_>) -> Option<DomainName> {
    let mut origin: Option<DomainName> = None;
    let mut owner: Option<DomainName> = None;
    let mut first_origin = None;
    for entry in &parsed.entries {
        let words = parsed.words_of(entry);
        let first = words.first().map_or("", |word| word.text);
        match entry.kind {
            EntryKind::Blank => continue,
            EntryKind::Directive => {
                if first.eq_ignore_ascii_case("$ORIGIN")
                    && let Some(word) = words.get(1)
                {
                    origin = absolute(word.text, origin.as_ref());
                    if first_origin.is_none() && owner.is_none() {
                        first_origin.clone_from(&origin);
                    }
                }
                continue;
            }
            EntryKind::Owned => owner = absolute(first, origin.as_ref()),
            EntryKind::Inherited => {}
        }
        let is_soa = words
            .iter()
            .take(4)
            .any(|word| word.text.eq_ignore_ascii_case("SOA"));
        if is_soa {
            return owner.or_else(|| from_path(&file.path));
        }
    }
    first_origin.or_else(|| from_path(&file.path))
}

/// A name as absolute as the text makes it.
fn absolute(word: &str, origin: Option<&DomainName>) -> Option<DomainName> {
    if word.ends_with('.') && !word.ends_with("\\.") {
        return Some(DomainName::absolute(word));
    }
    origin.map(|origin| DomainName::relative(word, origin))
}

/// The origin that a file's name says: `db.example.org`, `example.org.zone`, `db.10.20`, ….
pub(super) fn from_path(path: &str) -> Option<DomainName> {
    let base = path.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    // Names that distributions give to the files of the root and of local names.
    match base.as_str() {
        "named.ca" | "named.root" | "named.cache" | "db.root" | "db.cache" | "root.hints"
        | "root.zone" => return Some(DomainName::default()),
        "db.local" | "named.localhost" => return Some(DomainName::absolute("localhost")),
        "named.loopback" | "db.empty" | "named.empty" => return None,
        _ => {}
    }
    let mut name = base.as_str();
    let mut known = false;
    for end in [".signed", ".zone", ".db", ".dns", ".hosts"] {
        if let Some(rest) = name.strip_suffix(end) {
            name = rest;
            known = true;
        }
    }
    for start in ["db.", "named.", "zone.", "pri.", "master."] {
        if let Some(rest) = name.strip_prefix(start) {
            name = rest;
            known = true;
            break;
        }
    }
    let name = name.trim_matches('.');
    if name.is_empty() || !(known || name.contains('.')) || name.contains([' ', '"', ';']) {
        return None;
    }
    let octets: Option<Vec<u8>> = name.split('.').map(|label| label.parse().ok()).collect();
    if let Some(octets) = octets
        && octets.len() <= 4
    {
        let labels: Vec<String> = octets.iter().rev().map(u8::to_string).collect();
        return Some(DomainName::absolute(&format!(
            "{}.in-addr.arpa",
            labels.join(".")
        )));
    }
    let name = DomainName::absolute(name);
    let valid = super::names::name(&format!("{name}."), &DomainName::default()).is_ok();
    valid.then_some(name)
}
