//! Statements of `named.conf`.

use crate::source::{File, Span};
use crate::syntax::{Braced, BracedKind, BracedText, Comments, Statement, braced, secrets_after};

/// `named.conf` as statements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed<'a> {
    /// Parts and words.
    pub(super) text: BracedText<'a>,
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// Indexes of the parts in the block of each part, blanks left out.
    pub(super) children: Vec<Vec<u32>>,
    /// Spans of secrets.
    pub(super) secrets: Vec<Span>,
}

impl<'a> Parsed<'a> {
    /// The part with this index.
    pub(super) fn part(&self, index: u32) -> Option<&Braced> {
        self.text.parts.get(index as usize)
    }

    /// Words of the part with this index, without quotes.
    pub(super) fn words(&self, index: u32) -> Vec<&'a str> {
        self.part(index).map_or_else(Vec::new, |part| {
            self.text
                .words_of(part)
                .iter()
                .map(|word| unquoted(word.text))
                .collect()
        })
    }

    /// Parts in the block that the part with this index opens.
    pub(super) fn children(&self, index: u32) -> &[u32] {
        self.children.get(index as usize).map_or(&[], Vec::as_slice)
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
    let read = braced(text.get(..end).unwrap_or(""), Comments::HashAndSlash);
    let mut best = (0, "");
    let mut raise = |score: u8, sign: &'static str| {
        if score > best.0 {
            best = (score, sign);
        }
    };
    let first_word = |part: &Braced| read.words_of(part).first().map_or("", |word| word.text);
    for part in &read.parts {
        let word = first_word(part);
        let Some(parent) = part.parent else {
            let words = read.words_of(part).len();
            match (part.kind, word) {
                (BracedKind::Open, "options") if words == 1 => raise(40, "an options block"),
                (BracedKind::Open, "acl") if words == 2 => raise(40, "an acl block"),
                (BracedKind::Open, "tls" | "http" | "template" | "key-store") if words == 2 => {
                    raise(50, "a block that only named.conf has");
                }
                (
                    BracedKind::Open,
                    "dnssec-policy"
                    | "response-policy"
                    | "trust-anchors"
                    | "primaries"
                    | "masters"
                    | "statistics-channels"
                    | "remote-servers"
                    | "parental-agents"
                    | "dyndb"
                    | "dlz"
                    | "trusted-keys"
                    | "managed-keys",
                ) => {
                    raise(50, "a block that only named.conf has");
                }
                (BracedKind::Open, "controls" | "logging") if words == 1 => {
                    raise(25, "a block that named.conf has");
                }
                (BracedKind::Open, "view" | "key" | "server") if words > 1 => {
                    raise(25, "a block that named.conf has");
                }
                _ => {}
            }
            continue;
        };
        let above = read.parts.get(parent as usize).map_or("", first_word);
        match (above, word) {
            ("zone", "type" | "file" | "masters" | "primaries" | "in-view") => {
                raise(90, "a zone block");
            }
            (
                "options",
                "directory" | "listen-on" | "listen-on-v6" | "recursion" | "forwarders"
                | "allow-query" | "dnssec-validation" | "allow-recursion" | "allow-transfer"
                | "auth-nxdomain" | "version" | "pid-file",
            ) => raise(90, "options of a name server"),
            ("logging", "channel" | "category") => raise(70, "channels of named"),
            ("controls", "inet" | "unix") => raise(70, "control channels of named"),
            ("view", "match-clients" | "zone" | "recursion") => raise(90, "a view"),
            ("key", "algorithm" | "secret") => raise(30, "a key"),
            _ => {}
        }
    }
    best
}

/// Splits a file into statements and finds its secrets.
pub(super) fn parse(file: &File) -> Parsed<'_> {
    let text = braced(&file.text, Comments::HashAndSlash);
    let statements = text.statements();
    let mut children = vec![Vec::new(); text.parts.len()];
    for (index, part) in (0_u32..).zip(&text.parts) {
        if matches!(part.kind, BracedKind::Blank | BracedKind::Close) {
            continue;
        }
        if let Some(list) = part
            .parent
            .and_then(|parent| children.get_mut(parent as usize))
        {
            list.push(index);
        }
    }
    Parsed {
        statements,
        children,
        secrets: secrets_after(
            &file.text,
            &[
                "secret",
                "password",
                "cookie-secret",
                "passphrase",
                "key-secret",
            ],
        ),
        text,
    }
}
