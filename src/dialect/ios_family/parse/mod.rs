//! IOS text as statements: blocks, support, keys, secrets, and the noise of exports.

use crate::dialect::command_table::{Context, Found};
use crate::dialect::ios_family::Flavor;
use crate::dialect::ios_family::secrets;
use crate::dialect::ios_family::words::Words;
use crate::model::Diagnostic;
use crate::source::{File, Span, StatementRef};
use crate::syntax::{Effect, Statement, Support, key_of};

mod queueing;
mod verbatim;

/// Longest line that is looked at, in bytes.
const LONGEST_LINE: u32 = 1 << 20;
/// Why comments are irrelevant.
const COMMENT: &str = "comment or blank line";
/// Why prompts are irrelevant.
const PROMPT: &str = "prompt of the export";

/// What parsing gives to lowering.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Statements, which partition the file.
    pub(super) statements: Vec<Statement>,
    /// Spans of secrets.
    pub(super) secrets: Vec<Span>,
    /// What was odd.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether the closing `end` is missing.
    pub(super) truncated: bool,
    /// The text in lower case, byte for byte at the same offsets.
    pub(super) lower: String,
}

/// A statement whose block may go on.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Its indentation.
    indent: u32,
    /// Its index.
    index: u32,
    /// Its key.
    key: u64,
    /// Its support, which lines of a block without commands of its own inherit.
    support: Support,
    /// Commands of its block.
    context: Option<Context>,
    /// Whether it is an ACL, whose lines may begin with a sequence number.
    is_acl: bool,
    /// Whether it is an address family.
    is_family: bool,
    /// The conditional that it or a block around it falls under.
    conditional: Option<u8>,
}

/// Splits the text into statements.
pub(super) fn parse(flavor: &'static Flavor, file: &File) -> Parsed {
    let lower = file.text.to_ascii_lowercase();
    let mut parser = Parser::new(flavor, file, &lower);
    let mut words = Words::default();
    let mut line = 0;
    while let Some(start) = file.line_starts.get(line).copied() {
        let end = match file.line_starts.get(line + 1) {
            Some(next) => *next,
            None => u32::try_from(file.text.len()).unwrap_or(u32::MAX),
        };
        line += 1;
        if start == end {
            continue;
        }
        let span = Span { start, end };
        if end - start > LONGEST_LINE {
            parser.long_line(span);
            continue;
        }
        words.split(&file.text, &lower, span);
        let taken = parser.statement(span, &words);
        while file.line_starts.get(line).is_some_and(|next| *next < taken) {
            line += 1;
        }
    }
    let mut parsed = parser.finish();
    parsed.lower = lower;
    queueing::settle(file, &mut parsed);
    parsed
}

/// The state between lines.
struct Parser<'a> {
    /// The dialect.
    flavor: &'static Flavor,
    /// The file.
    file: &'a File,
    /// Its text in lower case.
    lower: &'a str,
    /// What was found so far.
    parsed: Parsed,
    /// Blocks that may go on, outermost first.
    stack: Vec<Open>,
    /// Whether a comment at the margin came after the last block.
    separated: bool,
    /// Which conditionals were triggered, by bit.
    triggered: u32,
    /// Statements that fall under a conditional.
    candidates: Vec<(u32, u8)>,
    /// Delimiters of banners that do not occur any more.
    absent: [bool; 128],
    /// Signs that the text is a whole running configuration.
    whole: Whole,
    /// The key's words, reused.
    buffer: String,
}

/// Signs that a text is a whole running configuration.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four signs, each seen or not"
)]
struct Whole {
    /// A line that devices print before one.
    announced: bool,
    /// `version` with the marks that only whole configurations have.
    version: bool,
    /// `boot-start-marker` or `service timestamps`.
    marks: bool,
    /// The closing `end`.
    end: bool,
}

impl<'a> Parser<'a> {
    /// A parser at the start of a file.
    fn new(flavor: &'static Flavor, file: &'a File, lower: &'a str) -> Self {
        let mut parsed = Parsed::default();
        parsed.statements.reserve(file.line_starts.len());
        Self {
            flavor,
            file,
            lower,
            parsed,
            stack: Vec::new(),
            separated: false,
            triggered: 0,
            candidates: Vec::new(),
            absent: [false; 128],
            whole: Whole::default(),
            buffer: String::new(),
        }
    }

    /// A line that is too long to be a command.
    fn long_line(&mut self, span: Span) {
        let index = self.push(span, None, 0, Support::Unrecognized(Effect::Device), false);
        if let Some(statement) = self.parsed.statements.last_mut() {
            statement.key = key_of(0, self.file.slice(span));
        }
        self.diagnose(
            index,
            format!("a line of {} bytes is no command", span.len()),
        );
        self.stack.clear();
    }

    /// Reads one line, with the lines after it that belong to its text; gives where it ends.
    fn statement(&mut self, span: Span, words: &Words<'a>) -> u32 {
        let (Some(first), Some(first_raw)) = (words.low.first(), words.raw.first()) else {
            self.push(span, None, 0, Support::Irrelevant(COMMENT), false);
            return span.end;
        };
        let indent = self.offset(first_raw).saturating_sub(span.start);
        if first.starts_with('!') {
            self.separated |= indent == 0;
            // What EOS prints before a whole configuration.
            self.whole.announced |= words.low.starts_with(&["!", "command:", "show"]);
            self.push(span, None, 0, Support::Irrelevant(COMMENT), false);
            return span.end;
        }
        let above = self.enter(indent, words);
        let is_acl = above.is_some_and(|open| open.is_acl);
        let (skip, negated) = skipped(&words.low, is_acl);
        let found = self.find(above, &words.low, skip);
        let mut support = match (found, above) {
            (Some(found), _) => found.support,
            (None, Some(open)) => inherited(open),
            (None, None) => Support::Unrecognized(Effect::Device),
        };
        let mut span = span;
        if above.is_none() {
            if is_prompt(first_raw) {
                support = Support::Irrelevant(PROMPT);
            }
            self.note_signs(&words.low);
            if first.starts_with("cryptochecksum:") {
                support = Support::Irrelevant("checksum of the export");
            }
            if *first == "banner" && words.low.len() > 1 && self.flavor.has_long_banners {
                match self.banner_end(words, span) {
                    Some(end) => span.end = end,
                    None => support = Support::Unrecognized(Effect::Device),
                }
            }
        } else if first.starts_with("exit") || *first == "quit" {
            support = Support::Irrelevant("leaves a block");
        } else if *first == "certificate" {
            span.end = self.certificate_end(span.end);
        }
        if *first == "macro" && words.low.get(1) == Some(&"name") {
            span.end = self.macro_end(span.end).unwrap_or(span.end);
        }
        let key = self.key(above, words, found, skip, is_acl);
        let ordered = matches!(
            words.low.get(skip.saturating_sub(usize::from(negated))..),
            Some(
                [
                    "access-list",
                    _,
                    "permit" | "deny" | "extended" | "standard",
                    ..
                ] | ["nat", ..]
                    | ["ip", "as-path" | "community-list" | "extcommunity-list", ..]
                    | ["ip", "prefix-list", _, "permit" | "deny", ..]
            )
        ) || (is_acl && words.low.get(skip) != Some(&"remark"));
        let index = self.push(span, above.map(|open| open.index), key, support, ordered);
        let conditional = self.conditional(above, index, &words.low, skip);
        secrets::mark(words, &self.file.text, &mut self.parsed.secrets);
        if *first == "exit-address-family"
            && let Some(family) = self.stack.iter().rposition(|open| open.is_family)
        {
            self.stack.truncate(family);
            return span.end;
        }
        self.stack.push(Open {
            indent,
            index,
            key,
            support,
            context: found.and_then(|found| found.context),
            is_acl: matches!(words.low.as_slice(), ["ip", "access-list", ..]),
            is_family: matches!(words.low.first(), Some(&"address-family")),
            conditional,
        });
        span.end
    }

    /// Closes blocks that end before a line, and gives the one that it stands in.
    fn enter(&mut self, indent: u32, words: &Words<'a>) -> Option<Open> {
        if indent == 0 {
            let above = self.recovered(words);
            if let Some(above) = above {
                while self
                    .stack
                    .last()
                    .is_some_and(|open| open.index > above.index)
                {
                    self.stack.pop();
                }
            } else {
                self.stack.clear();
            }
            self.separated = false;
            return above;
        }
        while self.stack.len() > 1
            && let Some(open) = self.stack.last()
            && open.indent >= indent
        {
            if open.indent == indent && self.goes_on(*open, words) {
                return Some(*open);
            }
            self.stack.pop();
        }
        if let Some(open) = self.stack.last()
            && open.indent >= indent
            && open.indent > 0
        {
            self.stack.pop();
        }
        // A line indented too far below one that opens no block stands beside it.
        if let [.., outer, inner] = self.stack.as_slice()
            && inner.context.is_none()
            && inner.support == Support::Modeled
        {
            let (skip, _) = skipped(&words.low, outer.is_acl);
            let found = self.find_in(outer.context, &words.low, skip);
            if found.is_some_and(|found| found.literals > 0) {
                self.stack.pop();
            }
        }
        self.stack.last().copied()
    }

    /// Whether an address family goes on with a line beside its header: releases before 12.4 print
    /// its lines there, up to its `exit-address-family`.
    fn goes_on(&self, open: Open, words: &Words<'a>) -> bool {
        if !open.is_family {
            return false;
        }
        let (skip, _) = skipped(&words.low, false);
        words.low.first() == Some(&"exit-address-family")
            || self
                .find_in(open.context, &words.low, skip)
                .is_some_and(|found| found.literals > 0)
    }

    /// The block that an unindented line belongs to although the export lost its indentation:
    /// directly after the block, known there, and not known at top level.
    fn recovered(&self, words: &Words<'a>) -> Option<Open> {
        if self.separated || self.stack.is_empty() {
            return None;
        }
        let (skip, _) = skipped(&words.low, false);
        let known = |found: Option<Found>| found.is_some_and(|found| found.literals > 0);
        if known(self.find(None, &words.low, skip)) {
            return None;
        }
        self.stack.iter().rev().copied().find(|open| {
            let (skip, _) = skipped(&words.low, open.is_acl);
            known(self.find_in(open.context, &words.low, skip))
        })
    }

    /// The command of a line in the block that it stands in.
    fn find(&self, above: Option<Open>, low: &[&str], skip: usize) -> Option<Found> {
        let Some(open) = above else {
            return self.find_in(Some(self.flavor.table.root()), low, skip);
        };
        let found = self.find_in(open.context, low, skip);
        // IOS takes a line that a block does not know as one of the top level; where that is so,
        // the line is not understood, and can do what it does there.
        if open.context.is_some()
            && found.is_none_or(|found| found.literals == 0)
            && let Some(outside) = self.find_in(Some(self.flavor.table.root()), low, skip)
            && outside.literals > 0
            && !matches!(outside.support, Support::Irrelevant(_))
        {
            return Some(Found {
                support: Support::Unrecognized(Effect::Device),
                context: outside.context,
                literals: 0,
                exact: false,
            });
        }
        found
    }

    /// The command of a line in one block: as written, else without `no`, `default` and sequence
    /// number.
    fn find_in(&self, context: Option<Context>, low: &[&str], skip: usize) -> Option<Found> {
        let context = context?;
        let bare = self.flavor.table.find(context, low.get(skip..)?);
        if skip == 0 {
            return bare;
        }
        self.flavor
            .table
            .find(context, low)
            .filter(|found| found.literals > 1 || (found.exact && found.literals > 0))
            .or(bare)
    }

    /// Adds a statement; gives its index.
    fn push(
        &mut self,
        span: Span,
        parent: Option<u32>,
        key: u64,
        support: Support,
        ordered: bool,
    ) -> u32 {
        let index = u32::try_from(self.parsed.statements.len()).unwrap_or(u32::MAX);
        self.parsed.statements.push(Statement {
            span,
            parent,
            key,
            ordered,
            support,
        });
        index
    }

    /// Adds a diagnostic about a statement.
    fn diagnose(&mut self, statement: u32, message: String) {
        self.parsed.diagnostics.push(Diagnostic {
            at: Some(StatementRef {
                file: self.file.id,
                statement,
            }),
            message,
        });
    }

    /// Offset of a word in the file.
    fn offset(&self, word: &str) -> u32 {
        let offset = (word.as_ptr() as usize).saturating_sub(self.file.text.as_ptr() as usize);
        u32::try_from(offset).unwrap_or(u32::MAX)
    }

    /// The key: keywords in lower case, names as written, interface names in full.
    fn key(
        &mut self,
        above: Option<Open>,
        words: &Words<'a>,
        found: Option<Found>,
        skip: usize,
        is_acl: bool,
    ) -> u64 {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let literals = found.map_or(0, |found| found.literals);
        // Only the sequence number of an ACL line is left out.
        let from = if is_acl && words.low.first().is_some_and(|word| word != &"no") {
            skip
        } else {
            0
        };
        let mut names_interface = false;
        for (index, (low, raw)) in words.low.iter().zip(&words.raw).enumerate().skip(from) {
            if !buffer.is_empty() {
                buffer.push(' ');
            }
            let is_literal = index
                .checked_sub(skip)
                .is_none_or(|bit| bit < 64 && literals >> bit & 1 == 1);
            if is_literal {
                buffer.push_str(low);
            } else if names_interface {
                buffer.push_str(&self.flavor.names.full_name(raw));
            } else {
                buffer.push_str(raw);
            }
            names_interface |= matches!(
                *low,
                "interface" | "passive-interface" | "source-interface" | "unnumbered" | "route"
            );
        }
        let key = key_of(above.map_or(0, |open| open.key), &buffer);
        self.buffer = buffer;
        key
    }

    /// Notes which conditionals a statement triggers, and gives the one that it falls under.
    fn conditional(
        &mut self,
        above: Option<Open>,
        index: u32,
        low: &[&str],
        skip: usize,
    ) -> Option<u8> {
        let low = low.get(skip..).unwrap_or(&[]);
        let mut falls_under = above.and_then(|open| open.conditional);
        if matches!(
            low.first(),
            Some(
                &("aaa"
                    | "aaa-server"
                    | "time-range"
                    | "track"
                    | "police"
                    | "drop"
                    | "crypto"
                    | "tunnel"
                    | "eap"
                    | "ip"
                    | "clock"
                    | "class-map"
                    | "policy-map"
                    | "route-map")
            )
        ) {
            for (bit, conditional) in (0..).zip(self.flavor.conditionals) {
                if conditional
                    .triggers
                    .iter()
                    .any(|words| low.starts_with(words))
                {
                    self.triggered |= 1 << bit;
                }
                // Maps of another type than queueing have commands of their own.
                let typed = low.get(1) == Some(&"type");
                if above.is_none() && low.starts_with(conditional.words) && !typed {
                    falls_under = Some(bit);
                }
            }
        }
        if let Some(bit) = falls_under {
            self.candidates.push((index, bit));
        }
        falls_under
    }

    /// Notes signs of a whole running configuration.
    fn note_signs(&mut self, low: &[&str]) {
        match low {
            [
                "building" | "current",
                "configuration" | "configuration...",
                ..,
            ] => {
                self.whole.announced = true;
            }
            // What ASA prints around a whole configuration.
            [":", "saved"] => self.whole.announced = true,
            ["version", _] => self.whole.version = true,
            ["boot-start-marker"] | ["service", "timestamps", ..] => self.whole.marks = true,
            ["end"] | [":", "end"] => self.whole.end = true,
            _ => {}
        }
    }

    /// What was found in all.
    fn finish(mut self) -> Parsed {
        let _ = self.lower;
        for (index, bit) in std::mem::take(&mut self.candidates) {
            if self.triggered >> bit & 1 == 1
                && let Some(conditional) = self.flavor.conditionals.get(usize::from(bit))
                && let Some(statement) = self.parsed.statements.get_mut(index as usize)
            {
                statement.support = Support::Unmodeled(conditional.effect);
            }
        }
        let whole = self.whole.announced || (self.whole.version && self.whole.marks);
        if whole && !self.whole.end {
            self.parsed.truncated = true;
            self.parsed.diagnostics.push(Diagnostic {
                at: None,
                message: "the text ends before its closing `end`".to_owned(),
            });
        }
        self.parsed
    }
}

/// How many words come before the command, and whether `no` is one of them.
fn skipped(low: &[&str], is_acl: bool) -> (usize, bool) {
    let number = |word: Option<&&str>| {
        is_acl && word.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let negated = matches!(low.first(), Some(&("no" | "default"))) && low.len() > 1;
    let skip = usize::from(negated);
    (skip + usize::from(number(low.get(skip))), negated)
}

/// The support of a line in a block without commands of its own.
fn inherited(open: Open) -> Support {
    match open.support {
        Support::Modeled => Support::Unrecognized(Effect::Device),
        Support::Irrelevant(_) | Support::Unmodeled(_) | Support::Unrecognized(_) => open.support,
    }
}

/// Whether a line's first word is a prompt of the export (`core1#show`, `core1>`).
fn is_prompt(word: &str) -> bool {
    let Some((host, _)) = word.split_once(['#', '>']) else {
        return false;
    };
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}
