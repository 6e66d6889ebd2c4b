//! Words of a statement that are taken one after the other.

use std::net::Ipv4Addr;
use std::str::FromStr;

use super::{Gap, Line, Lowered, number, some};
use crate::dialect::ios_family::interface_name::Naming;
use crate::dialect::ios_family::words::{address, mask_length};
use crate::net::Ipv4Net;

/// The words that are left.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) struct Rest<'w, 'a> {
    /// In lower case.
    pub(in crate::dialect) low: &'w [&'a str],
    /// As written.
    raw: &'w [&'a str],
    /// How the dialect names interfaces.
    names: &'static Naming,
}

impl<'w, 'a> Rest<'w, 'a> {
    /// The words of a statement from one on.
    pub(in crate::dialect) fn new(line: &Line<'w, 'a>, from: usize) -> Self {
        Self {
            low: line.low.get(from..).unwrap_or(&[]),
            raw: line.raw.get(from..).unwrap_or(&[]),
            names: line.names,
        }
    }

    /// The next word in lower case, which stays.
    pub(in crate::dialect) fn peek(&self) -> Option<&'a str> {
        self.low.first().copied()
    }

    /// The next word in lower case and as written.
    fn step(&mut self) -> Option<(&'a str, &'a str)> {
        let ((low, rest), (raw, rest_raw)) = (self.low.split_first()?, self.raw.split_first()?);
        self.low = rest;
        self.raw = rest_raw;
        Some((low, raw))
    }

    /// The next word in lower case.
    pub(in crate::dialect) fn word(&mut self) -> Option<&'a str> {
        self.step().map(|(low, _)| low)
    }

    /// Takes the next word where it is this one.
    pub(in crate::dialect) fn takes(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        if is {
            self.step();
        }
        is
    }

    /// The name after a word, where that word comes next.
    pub(in crate::dialect) fn named_by(&mut self, word: &str) -> Result<Option<String>, Gap> {
        self.takes(word).then(|| self.name()).transpose()
    }

    /// The next word as written.
    pub(in crate::dialect) fn name(&mut self) -> Result<String, Gap> {
        Ok(some(self.step())?.1.to_owned())
    }

    /// All words that are left, as written.
    pub(in crate::dialect) fn names(&mut self) -> Result<Vec<String>, Gap> {
        let names: Vec<String> = self.raw.iter().map(|&word| word.to_owned()).collect();
        (self.low, self.raw) = (&[], &[]);
        some((!names.is_empty()).then_some(names))
    }

    /// All words that are left, as written, joined by single blanks.
    pub(in crate::dialect) fn text(&mut self) -> Result<String, Gap> {
        Ok(self.names()?.join(" "))
    }

    /// The next word as a number.
    pub(in crate::dialect) fn number<T: FromStr>(&mut self) -> Result<T, Gap> {
        number(some(self.word())?)
    }

    /// All words that are left, as numbers.
    pub(in crate::dialect) fn numbers<T: FromStr>(&mut self) -> Result<Vec<T>, Gap> {
        let numbers: Result<Vec<T>, Gap> = self.low.iter().map(|word| number(word)).collect();
        let numbers = numbers?;
        (self.low, self.raw) = (&[], &[]);
        some((!numbers.is_empty()).then_some(numbers))
    }

    /// The next word as a number, where it is one.
    pub(in crate::dialect) fn maybe_number<T: FromStr>(&mut self) -> Option<T> {
        let found = self.peek()?.parse().ok()?;
        self.step();
        Some(found)
    }

    /// The next word as an address.
    pub(in crate::dialect) fn address(&mut self) -> Result<Ipv4Addr, Gap> {
        some(address(some(self.word())?))
    }

    /// A prefix as `10.0.0.0/8`, or as an address and its mask.
    pub(in crate::dialect) fn prefix(&mut self) -> Result<Ipv4Net, Gap> {
        let word = some(self.word())?;
        if let Ok(prefix) = word.parse::<Ipv4Net>() {
            return Ok(prefix.trunc());
        }
        let base = some(address(word))?;
        let length = some(mask_length(self.address()?))?;
        Ok(some(Ipv4Net::new(base, length).ok())?.trunc())
    }

    /// The full name of an interface, in one word or two.
    pub(in crate::dialect) fn interface(&mut self) -> Result<String, Gap> {
        let first = some(self.raw.first().copied())?;
        let width = if self.names.is_interface(first) { 1 } else { 2 };
        let name = some(self.names.join(self.raw.get(..width).unwrap_or(&[])))?;
        for _ in 0..width {
            self.step();
        }
        Ok(name)
    }

    /// Nothing is left, or odd arguments.
    pub(in crate::dialect) fn end(&self) -> Lowered {
        if self.low.is_empty() {
            Ok(())
        } else {
            Err(Gap::Odd)
        }
    }
}
