//! Statements of `dhcpd.conf`.

use std::collections::BTreeMap;

use crate::source::{File, Span};
use crate::syntax::{Braced, BracedKind, BracedText, Comments, Statement, braced, secrets_after};

/// `dhcpd.conf` as statements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed<'a> {
    /// Parts and words.
    pub(super) text: BracedText<'a>,
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// Spans of secrets.
    pub(super) secrets: Vec<Span>,
}

impl<'a> Parsed<'a> {
    /// Words of a part as written.
    pub(super) fn words(&self, part: &Braced) -> Vec<&'a str> {
        self.text
            .words_of(part)
            .iter()
            .map(|word| word.text)
            .collect()
    }
}

/// A word without the quotes around it.
pub(super) fn unquoted(word: &str) -> &str {
    word.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(word)
}

/// How much of a file is looked at to tell what it is.
const SNIFFED_BYTES: usize = 64 * 1024;

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    let end = text.floor_char_boundary(SNIFFED_BYTES);
    let read = braced(text.get(..end).unwrap_or(""), Comments::Hash);
    let mut best = (0, "");
    let mut raise = |score: u8, sign: &'static str| {
        if score > best.0 {
            best = (score, sign);
        }
    };
    for part in &read.parts {
        let words: Vec<&str> = read
            .words_of(part)
            .iter()
            .take(4)
            .map(|word| word.text)
            .collect();
        match (part.kind, words.as_slice()) {
            (BracedKind::Open, ["subnet", _, "netmask", _]) => raise(95, "a subnet block"),
            (BracedKind::Open, ["subnet6" | "shared-network", _]) => {
                raise(90, "a network block");
            }
            (BracedKind::Open, ["failover", "peer", ..]) => raise(90, "a failover block"),
            (
                BracedKind::Simple,
                [
                    "default-lease-time" | "max-lease-time" | "min-lease-time",
                    _,
                ],
            ) => raise(90, "a lease time"),
            (
                BracedKind::Simple,
                [
                    "option",
                    "domain-name-servers" | "routers" | "domain-name",
                    ..,
                ]
                | ["hardware", "ethernet", _]
                | ["ddns-update-style", _],
            ) => raise(90, "a DHCP setting"),
            (BracedKind::Simple, ["option", _, "code", _, ..] | ["option", "space", _]) => {
                raise(85, "an option's definition");
            }
            (BracedKind::Simple, ["fixed-address", ..] | ["omapi-port", _] | ["authoritative"]) => {
                raise(80, "a DHCP setting");
            }
            (BracedKind::Open, ["class" | "subclass", name, ..]) if name.starts_with('"') => {
                raise(50, "a class block");
            }
            (BracedKind::Open, ["host", _]) => raise(20, "a host block"),
            _ => {}
        }
    }
    best
}

/// Splits a file into statements and finds its secrets.
pub(super) fn parse(file: &File) -> Parsed<'_> {
    let text = braced(&file.text, Comments::Hash);
    let mut statements = text.statements();
    order_repeats(&text, &mut statements);
    Parsed {
        statements,
        secrets: secrets_after(
            &file.text,
            &["secret", "ldap-password", "password", "passphrase"],
        ),
        text,
    }
}

/// Marks statements that set one thing twice in one block: the last one counts.
fn order_repeats(text: &BracedText<'_>, statements: &mut [Statement]) {
    let mut seen: BTreeMap<(Option<u32>, &str, &str), usize> = BTreeMap::new();
    for (index, part) in text.parts.iter().enumerate() {
        if part.kind != BracedKind::Simple {
            continue;
        }
        let words = text.words_of(part);
        let word = |index: usize| words.get(index).map_or("", |word| word.text);
        let second = if word(0) == "option" { word(1) } else { "" };
        if matches!(word(0), "range" | "allow" | "deny" | "ignore" | "") {
            continue;
        }
        if let Some(before) = seen.insert((part.parent, word(0), second), index) {
            for repeated in [before, index] {
                if let Some(statement) = statements.get_mut(repeated) {
                    statement.ordered = true;
                }
            }
        }
    }
}
