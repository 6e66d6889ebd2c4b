//! One statement on its way into the model, and its words in the family's spelling.

use super::rest::Rest;
use super::{Block, Lowered, Lowering};
use crate::dialect::ios_family::interface_name::Naming;
use crate::model::passive::PassiveInterfaces;
use crate::source::{At, StatementRef};

/// One statement that a table calls modeled.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) struct Line<'w, 'a> {
    /// The statement.
    pub(in crate::dialect) at: StatementRef,
    /// Whether `no` or `default` came before the words.
    pub(in crate::dialect) negated: bool,
    /// Whether that was `default`.
    pub(in crate::dialect) is_default: bool,
    /// Words in lower case, without `no`.
    pub(in crate::dialect) low: &'w [&'a str],
    /// The same as written.
    pub(in crate::dialect) raw: &'w [&'a str],
    /// How the dialect names interfaces.
    pub(in crate::dialect) names: &'static Naming,
}

impl<'a> Line<'_, 'a> {
    /// A word as written.
    pub(in crate::dialect) fn raw(&self, index: usize) -> Option<&'a str> {
        self.raw.get(index).copied()
    }

    /// The first words in lower case: a name for a line that is not understood, without what may
    /// be a secret.
    pub(in crate::dialect) fn head(&self, words: usize) -> String {
        let count = self.low.len().min(words);
        self.low.get(..count).unwrap_or(&[]).join(" ")
    }

    /// The words from one on, joined by single blanks.
    pub(in crate::dialect) fn rest(&self, index: usize) -> String {
        self.raw.get(index..).unwrap_or(&[]).join(" ")
    }

    /// The full name of the interface that the words from one on name.
    pub(in crate::dialect) fn interface(&self, index: usize) -> Option<String> {
        self.names.join(self.raw.get(index..).unwrap_or(&[]))
    }

    /// On, off with `no`, and `None` where the default is asked for.
    pub(in crate::dialect) fn flag(&self) -> Option<At<bool>> {
        (!self.is_default).then(|| At::new(!self.negated, self.at))
    }

    /// `passive-interface default`, `passive-interface NAME`.
    pub(in crate::dialect) fn passive(&self, passive: &mut PassiveInterfaces) -> Lowered {
        if self.low.get(1) == Some(&"default") {
            passive.reset(self.flag());
            return Ok(());
        }
        let mut rest = Rest::new(self, 1);
        let name = rest.interface()?;
        rest.end()?;
        passive.set(name, At::new(!self.negated, self.at));
        Ok(())
    }

    /// A value of this statement; `None` where it is negated.
    pub(in crate::dialect) fn value<T>(&self, value: T) -> Option<At<T>> {
        (!self.negated).then(|| At::new(value, self.at))
    }
}

/// A statement that is read once the whole text is known.
#[derive(Debug, Clone)]
pub(in crate::dialect) struct Deferred {
    /// The statement.
    pub(in crate::dialect) at: StatementRef,
    /// Whether `no` came before the words.
    negated: bool,
    /// Words as written.
    raw: Vec<String>,
    /// The same in lower case.
    low: Vec<String>,
}

impl Lowering {
    /// Leaves a statement to the end of the text.
    pub(in crate::dialect) fn defer(&mut self, line: &Line<'_, '_>, block: Option<&Block>) {
        self.deferred.push((Deferred::new(line), block.cloned()));
    }

    /// Remembers a switch by its words.
    pub(in crate::dialect) fn switch(&mut self, line: &Line<'_, '_>) {
        let value = At::new(!line.negated, line.at);
        self.switches.insert(line.low.join(" "), value);
    }

    /// A switch, where the text says it.
    pub(in crate::dialect) fn switched(&self, words: &str) -> Option<At<bool>> {
        self.switches.get(words).copied()
    }
}

impl Deferred {
    /// The words of a statement, kept.
    fn new(line: &Line<'_, '_>) -> Self {
        let kept = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self {
            at: line.at,
            negated: line.negated,
            raw: kept(line.raw),
            low: kept(line.low),
        }
    }

    /// What `read` makes of the statement.
    pub(in crate::dialect) fn read<T>(
        &self,
        names: &'static Naming,
        read: impl FnOnce(&Line<'_, '_>) -> T,
    ) -> T {
        let low: Vec<&str> = self.low.iter().map(String::as_str).collect();
        let raw: Vec<&str> = self.raw.iter().map(String::as_str).collect();
        read(&Line {
            at: self.at,
            negated: self.negated,
            is_default: false,
            low: &low,
            raw: &raw,
            names,
        })
    }
}

/// The words of a statement in the family's spelling.
#[derive(Debug)]
pub(in crate::dialect) struct Respelled<'a> {
    /// In lower case.
    low: Vec<&'a str>,
    /// As written.
    raw: Vec<&'a str>,
}

impl<'a> Respelled<'a> {
    /// `head`, then the words of a statement from one on; prefixes among them in two words, an
    /// address and `/24`.
    pub(in crate::dialect) fn new(head: &[&'a str], line: &Line<'_, 'a>, from: usize) -> Self {
        let mut words = Self {
            low: head.to_vec(),
            raw: head.to_vec(),
        };
        for (low, raw) in line.low.iter().zip(line.raw).skip(from) {
            if let Some(slash) = raw.find('/').filter(|_| is_prefix(raw)) {
                let (base, length) = raw.split_at(slash);
                words.low.extend([base, length]);
                words.raw.extend([base, length]);
            } else {
                words.low.push(low);
                words.raw.push(raw);
            }
        }
        words
    }

    /// `head`, then the words of a statement from one on, as they are.
    pub(in crate::dialect) fn plain(head: &[&'a str], line: &Line<'_, 'a>, from: usize) -> Self {
        let mut words = Self {
            low: head.to_vec(),
            raw: head.to_vec(),
        };
        words.low.extend(line.low.iter().skip(from));
        words.raw.extend(line.raw.iter().skip(from));
        words
    }

    /// These words after them.
    pub(in crate::dialect) fn and(mut self, tail: &[&'a str]) -> Self {
        self.low.extend(tail);
        self.raw.extend(tail);
        self
    }

    /// One word in place of several.
    pub(in crate::dialect) fn replace(&mut self, old: &[&str], new: &'a str) {
        let found = self.low.windows(old.len()).position(|words| words == old);
        if let Some(place) = found {
            let range = place..place + old.len();
            self.low.splice(range.clone(), [new]);
            self.raw.splice(range, [new]);
        }
    }

    /// The same without these words.
    pub(in crate::dialect) fn without(mut self, gone: &[&str]) -> Self {
        if let Some(place) = self.low.windows(gone.len()).position(|words| words == gone) {
            self.low.drain(place..place + gone.len());
            self.raw.drain(place..place + gone.len());
        }
        self
    }

    /// The same with the words at a place and after it in each other's place.
    pub(in crate::dialect) fn swapped(mut self, place: usize) -> Self {
        if place + 1 < self.low.len() {
            self.low.swap(place, place + 1);
            self.raw.swap(place, place + 1);
        }
        self
    }

    /// The statement in these words.
    pub(in crate::dialect) fn line<'w>(&'w self, line: &Line<'_, 'a>) -> Line<'w, 'a> {
        Line {
            low: &self.low,
            raw: &self.raw,
            ..*line
        }
    }
}

/// Whether a word is an IPv4 prefix as `10.0.0.0/8`.
fn is_prefix(word: &str) -> bool {
    word.parse::<crate::net::Ipv4Net>().is_ok()
}
