//! Files as text with positions, and the only way to print a piece of one.
//!
//! A file is text once: decoded, shared by digest between snapshots, with its line starts.
//! What was wrong with the bytes is kept as notes, never as an error.

use std::fmt;
use std::sync::Arc;

mod decode;
mod excerpt;

pub use decode::{Encoding, decode};
pub use excerpt::{Excerpt, escape_terminal, excerpt};

/// Identifies one file among all that a run has read, of both snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of byte offsets in one file's decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end`; offsets beyond 4 GiB saturate.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end.saturating_sub(self.start)) as usize
    }

    /// Whether the span covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// Identifies one statement: the file and the statement's index in that file's reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The file.
    pub file: FileId,
    /// Index into [`crate::syntax::Statement`]s of the file's reading.
    pub statement: u32,
}

/// A value and the statement that gave it; two are equal when the values are.
#[derive(Clone, Copy, PartialOrd, Ord)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The statement that says so.
    pub at: StatementRef,
}

impl<T> At<T> {
    /// Ties `value` to the statement `at`.
    pub fn new(value: T, at: StatementRef) -> Self {
        Self { value, at }
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T: fmt::Debug> fmt::Debug for At<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

/// Where a file's bytes came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileOrigin {
    /// A file on disk.
    Disk,
    /// A blob of a git commit (full hash).
    Git(String),
    /// A member of an archive (the archive's path).
    Archive(String),
    /// Derived from another file by applying pasted lines or a subset of changes.
    Derived(FileId),
}

/// Why a file's bytes were not plain, complete UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileNote {
    /// Decoded from this encoding.
    Decoded(Encoding),
    /// Holds bytes that are no text in any known encoding; they were replaced (first byte offset).
    Binary(u32),
    /// A pager's `--More--` marks were removed (count).
    PagerMarks(u32),
    /// A prompt, banner of an export tool or similar noise was left unread (lines).
    Noise(u32),
    /// The file ends before its closing statement: it is truncated.
    Truncated,
    /// A line longer than the reader accepts was cut to a hole (line number, bytes).
    LongLine(u32, u64),
}

/// One decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's identity in this run.
    pub id: FileId,
    /// Path below the snapshot's root, with `/` between parts.
    pub path: String,
    /// Where the bytes came from.
    pub origin: FileOrigin,
    /// SHA-256 of the bytes as read.
    pub digest: [u8; 32],
    /// The decoded text, `\n` line ends.
    pub text: Arc<str>,
    /// Offset of each line's first byte.
    pub line_starts: Vec<u32>,
    /// What was odd about the bytes.
    pub notes: Vec<FileNote>,
}

impl File {
    /// A file of this text; `bytes` are what is digested and decoded.
    pub fn new(id: FileId, path: impl Into<String>, origin: FileOrigin, bytes: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        let (text, notes) = decode(bytes);
        let mut line_starts = vec![0];
        line_starts.extend(
            memchr::memchr_iter(b'\n', text.as_bytes())
                .map(|offset| u32::try_from(offset + 1).unwrap_or(u32::MAX)),
        );
        let digest = Sha256::digest(bytes).into();
        Self {
            id,
            path: path.into(),
            origin,
            digest,
            text: text.into(),
            line_starts,
            notes,
        }
    }

    /// The text that `span` covers; empty where the span is outside the file.
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// One-based line of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset))
            .unwrap_or(u32::MAX)
    }

    /// One-based line and column (in characters) of a byte offset.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self
            .line_starts
            .get(line as usize - 1)
            .copied()
            .unwrap_or(0);
        let before = self.slice(Span { start, end: offset });
        (
            line,
            u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        )
    }

    /// The digest as lowercase hexadecimal.
    pub fn digest_hex(&self) -> String {
        use fmt::Write as _;
        self.digest
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}
