//! The systems that a BGP route has passed (RFC 4271 §5.1.2, RFC 5065).

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

/// A path through autonomous systems, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::analysis::goal) struct AsPath(Vec<Segment>);

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Systems in order.
    Sequence(Vec<u32>),
    /// Systems whose order an aggregate lost.
    Set(BTreeSet<u32>),
    /// Members of the confederation in order.
    Members(Vec<u32>),
}

/// Numbers for private use (RFC 6996 §5).
const PRIVATE: [std::ops::RangeInclusive<u32>; 2] =
    [64_512..=65_534, 4_200_000_000..=4_294_967_294];

impl AsPath {
    /// Puts numbers before the path.
    pub(in crate::analysis::goal) fn prepend(&mut self, numbers: &[u32]) {
        if numbers.is_empty() {
            return;
        }
        if let Some(Segment::Sequence(first)) = self.0.first_mut() {
            first.splice(0..0, numbers.iter().copied());
        } else {
            self.0.insert(0, Segment::Sequence(numbers.to_vec()));
        }
    }

    /// Puts a member of the confederation before the path.
    pub(in crate::analysis::goal) fn prepend_member(&mut self, number: u32) {
        if let Some(Segment::Members(first)) = self.0.first_mut() {
            first.insert(0, number);
        } else {
            self.0.insert(0, Segment::Members(vec![number]));
        }
    }

    /// Takes the members of the confederation out.
    pub(in crate::analysis::goal) fn leave_confederation(&mut self) {
        self.0
            .retain(|segment| !matches!(segment, Segment::Members(_)));
    }

    /// The length that counts: a set is one, members of a confederation none (RFC 5065 §5.3).
    pub(in crate::analysis::goal) fn length(&self) -> usize {
        let count = |segment: &Segment| match segment {
            Segment::Sequence(numbers) => numbers.len(),
            Segment::Set(_) => 1,
            Segment::Members(_) => 0,
        };
        self.0.iter().map(count).sum()
    }

    /// How often a number occurs.
    pub(in crate::analysis::goal) fn occurrences(&self, number: u32) -> usize {
        let count = |segment: &Segment| match segment {
            Segment::Sequence(numbers) | Segment::Members(numbers) => {
                numbers.iter().filter(|one| **one == number).count()
            }
            Segment::Set(numbers) => usize::from(numbers.contains(&number)),
        };
        self.0.iter().map(count).sum()
    }

    /// The neighboring system, outside of the confederation.
    pub(in crate::analysis::goal) fn neighbor(&self) -> Option<u32> {
        self.0.iter().find_map(|segment| match segment {
            Segment::Sequence(numbers) => numbers.first().copied(),
            Segment::Set(_) | Segment::Members(_) => None,
        })
    }

    /// The first number, of the confederation too.
    pub(in crate::analysis::goal) fn first(&self) -> Option<u32> {
        self.0.iter().find_map(|segment| match segment {
            Segment::Sequence(numbers) | Segment::Members(numbers) => numbers.first().copied(),
            Segment::Set(_) => None,
        })
    }

    /// Every number.
    pub(in crate::analysis::goal) fn numbers(&self) -> BTreeSet<u32> {
        let all = |segment: &Segment| -> Vec<u32> {
            match segment {
                Segment::Sequence(numbers) | Segment::Members(numbers) => numbers.clone(),
                Segment::Set(numbers) => numbers.iter().copied().collect(),
            }
        };
        self.0.iter().flat_map(all).collect()
    }

    /// Replaces a number by another one.
    pub(in crate::analysis::goal) fn replace(&mut self, old: u32, new: u32) {
        for segment in &mut self.0 {
            if let Segment::Sequence(numbers) = segment {
                for number in numbers.iter_mut().filter(|number| **number == old) {
                    *number = new;
                }
            }
        }
    }

    /// Takes private numbers out: only while all are private, or (`everywhere`) each of them,
    /// replaced where a number is given.
    pub(in crate::analysis::goal) fn remove_private(
        &mut self,
        everywhere: bool,
        replacement: Option<u32>,
    ) {
        let is_private = |number: &u32| PRIVATE.iter().any(|range| range.contains(number));
        if !everywhere && !self.numbers().iter().all(is_private) {
            return;
        }
        for segment in &mut self.0 {
            match (segment, replacement) {
                (Segment::Sequence(numbers), Some(own)) => {
                    for number in numbers.iter_mut().filter(|number| is_private(number)) {
                        *number = own;
                    }
                }
                (Segment::Sequence(numbers), None) => numbers.retain(|one| !is_private(one)),
                (Segment::Set(numbers), _) => numbers.retain(|one| !is_private(one)),
                (Segment::Members(_), _) => {}
            }
        }
        self.0
            .retain(|segment| !matches!(segment, Segment::Sequence(numbers) if numbers.is_empty()));
    }

    /// The path of an aggregate: the numbers that all components begin with, then a set of the rest
    /// (RFC 4271 §9.2.2.2, appendix F.6).
    pub(in crate::analysis::goal) fn aggregate(paths: &[&Self]) -> Self {
        let flat = |path: &Self| -> Vec<u32> {
            match path.0.first() {
                Some(Segment::Sequence(numbers)) => numbers.clone(),
                _ => Vec::new(),
            }
        };
        let mut common = paths.first().map(|path| flat(path)).unwrap_or_default();
        for path in paths {
            let other = flat(path);
            let same = common
                .iter()
                .zip(&other)
                .take_while(|(a, b)| a == b)
                .count();
            common.truncate(same);
        }
        let mut rest: BTreeSet<u32> = paths.iter().flat_map(|path| path.numbers()).collect();
        rest.retain(|number| !common.contains(number));
        let mut segments = Vec::new();
        if !common.is_empty() {
            segments.push(Segment::Sequence(common));
        }
        if !rest.is_empty() {
            segments.push(Segment::Set(rest));
        }
        Self(segments)
    }
}

impl fmt::Display for AsPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for segment in &self.0 {
            if !text.is_empty() {
                text.push(' ');
            }
            let (open, numbers, between, close): (_, Vec<u32>, _, _) = match segment {
                Segment::Sequence(numbers) => ("", numbers.clone(), ' ', ""),
                Segment::Set(numbers) => ("{", numbers.iter().copied().collect(), ',', "}"),
                Segment::Members(numbers) => ("(", numbers.clone(), ' ', ")"),
            };
            text.push_str(open);
            for (index, number) in numbers.iter().enumerate() {
                if index > 0 {
                    text.push(between);
                }
                let _ = write!(text, "{number}");
            }
            text.push_str(close);
        }
        formatter.write_str(&text)
    }
}
