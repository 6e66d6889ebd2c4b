//! Blocks and statements of an nftables file.

use crate::source::{File, Span};
use crate::syntax::{Statement, Support, key_of};

/// What one statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blank lines and comments.
    Blank,
    /// Opens a block.
    Open,
    /// Closes a block.
    Close,
    /// Anything else.
    Plain,
}

/// A file as statements and their words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Statements, undecided.
    pub(super) statements: Vec<Statement>,
    /// What each statement is, with its words; braces and commas are words, quotes are kept.
    pub(super) parts: Vec<(Kind, Vec<String>)>,
    /// Whether a block is not closed.
    pub(super) truncated: bool,
}

/// How sure we are that text is of this dialect.
pub(super) fn sniff(text: &str) -> (u8, &'static str) {
    for line in text.lines().take(200) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [first, ..] if first.starts_with("#!") && first.contains("nft") => {
                return (95, "a line that names nft");
            }
            [] | ["define" | "include", ..] => {}
            [first, ..] if first.starts_with('#') => {}
            ["flush", "ruleset" | "ruleset;"] => return (95, "flush ruleset"),
            [
                "table",
                "inet" | "ip" | "ip6" | "arp" | "bridge" | "netdev",
                _,
                ..,
            ] => {
                return (95, "a table of a family");
            }
            ["add", "table" | "chain" | "rule", ..] => return (70, "add commands"),
            _ => return (0, ""),
        }
    }
    (0, "")
}

/// One token with its place.
struct Token<'t> {
    /// The token.
    text: &'t str,
    /// First byte.
    start: usize,
    /// Byte after it.
    end: usize,
}

/// Splits text into words, braces, commas and ends of statements (`;` and line ends).
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            // A backslash before the line's end joins the next line.
            b'\\' if bytes.get(at + 1) == Some(&b'\n') => {
                at += 2;
                continue;
            }
            b'#' => {
                while bytes.get(at).is_some_and(|byte| *byte != b'\n') {
                    at += 1;
                }
                continue;
            }
            b'"' => {
                at += 1;
                while bytes
                    .get(at)
                    .is_some_and(|byte| *byte != b'"' && *byte != b'\n')
                {
                    at += 1;
                }
                at += usize::from(bytes.get(at) == Some(&b'"'));
            }
            b'{' | b'}' | b',' | b';' | b'\n' => at += 1,
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"{},;\"".contains(byte);
                // A form feed or the like is a word of its own.
                at += 1;
                while bytes.get(at).is_some_and(|byte| !ends(byte)) {
                    at += 1;
                }
            }
        }
        out.push(Token {
            text: text.get(start..at).unwrap_or(""),
            start,
            end: at,
        });
    }
    out
}

/// Splits a file into statements.
pub(super) fn parse(file: &File) -> Parsed {
    let text = &*file.text;
    let mut builder = Builder {
        text,
        parsed: Parsed::default(),
        open: Vec::new(),
        at: 0,
        pending: Vec::new(),
        inline: 0,
    };
    for token in tokens(text) {
        builder.take(token);
    }
    builder.finish(Kind::Plain);
    builder.blank(text.len());
    builder.parsed.truncated = !builder.open.is_empty();
    builder.parsed
}

/// Statements while they are found.
struct Builder<'t> {
    /// The text.
    text: &'t str,
    /// What is found.
    parsed: Parsed,
    /// Blocks that are open: statement and key.
    open: Vec<(u32, u64)>,
    /// First byte that belongs to no statement yet.
    at: usize,
    /// Tokens of the statement that is being read.
    pending: Vec<Token<'t>>,
    /// Depth of braces within it.
    inline: usize,
}

impl<'t> Builder<'t> {
    /// Takes one token.
    fn take(&mut self, token: Token<'t>) {
        match token.text {
            "{" if self.inline == 0 && self.opens_block() => {
                self.pending.push(token);
                self.finish(Kind::Open);
            }
            "{" => {
                self.inline += 1;
                self.pending.push(token);
            }
            "}" if self.inline > 0 => {
                self.inline -= 1;
                self.pending.push(token);
            }
            "}" => {
                self.finish(Kind::Plain);
                self.pending.push(token);
                self.finish(Kind::Close);
            }
            ";" | "\n" if self.inline == 0 => self.finish(Kind::Plain),
            ";" | "\n" => {}
            _ => self.pending.push(token),
        }
    }

    /// Whether a brace after the pending words opens a block.
    fn opens_block(&self) -> bool {
        let words: Vec<&str> = self.pending.iter().map(|token| token.text).collect();
        match (self.open.len(), words.as_slice()) {
            (0, ["table" | "add" | "create", ..]) => true,
            (1, [first, ..]) => matches!(
                *first,
                "chain"
                    | "set"
                    | "map"
                    | "flowtable"
                    | "counter"
                    | "quota"
                    | "limit"
                    | "ct"
                    | "synproxy"
                    | "secmark"
            ),
            _ => false,
        }
    }

    /// Adds what lies before `to` and belongs to nothing as a blank statement.
    fn blank(&mut self, to: usize) {
        if to > self.at {
            let span = Span::new(self.at, to);
            self.push(span, Kind::Blank, Vec::new(), key_of(0, ""));
        }
    }

    /// Ends the pending statement.
    fn finish(&mut self, kind: Kind) {
        let (Some(first), Some(last)) = (self.pending.first(), self.pending.last()) else {
            return;
        };
        let bytes = self.text.as_bytes();
        let (mut start, mut end) = (first.start, last.end);
        while start > self.at && matches!(bytes.get(start - 1), Some(b' ' | b'\t')) {
            start -= 1;
        }
        while matches!(bytes.get(end), Some(b' ' | b'\t' | b';' | b'\r')) {
            end += 1;
        }
        end += usize::from(bytes.get(end) == Some(&b'\n'));
        let words: Vec<String> = self
            .pending
            .iter()
            .map(|token| token.text.to_owned())
            .collect();
        self.pending.clear();
        self.inline = 0;
        self.blank(start);
        let context = self.open.last().map_or(0, |(_, key)| *key);
        let key = key_of(context, &without_counters(&words).join(" "));
        let index = u32::try_from(self.parsed.statements.len()).unwrap_or(u32::MAX);
        self.push(Span::new(start, end), kind, words, key);
        match kind {
            Kind::Open => self.open.push((index, key)),
            Kind::Close => {
                self.open.pop();
            }
            Kind::Blank | Kind::Plain => {}
        }
    }

    /// Adds a statement.
    fn push(&mut self, span: Span, kind: Kind, words: Vec<String>, key: u64) {
        self.at = span.end as usize;
        let parent = self.open.last().map(|(index, _)| *index);
        self.parsed.statements.push(Statement {
            span,
            parent: parent.filter(|_| kind != Kind::Blank),
            key,
            ordered: kind == Kind::Plain,
            support: Support::Irrelevant("blank or comment"),
        });
        self.parsed.parts.push((kind, words));
    }
}

/// Words without what counters counted.
fn without_counters(words: &[String]) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        out.push(word);
        if word == "counter" && words.peek() == Some(&"packets") {
            // `packets N bytes N`.
            words.nth(3);
        }
    }
    out
}
