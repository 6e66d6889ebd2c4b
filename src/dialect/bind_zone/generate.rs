//! The `$GENERATE` directive of BIND 9.

use std::fmt::Write as _;

/// Most records that one directive makes here; more is left as a hole.
pub(super) const MOST_RECORDS: u64 = 65_536;

/// The numbers that a directive runs through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GenerateRange {
    /// First.
    pub(super) start: i64,
    /// Last at most.
    pub(super) stop: i64,
    /// Step.
    pub(super) step: i64,
}

impl GenerateRange {
    /// Reads `start-stop` or `start-stop/step`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (ends, every) = text.split_once('/').unwrap_or((text, "1"));
        let (low, high) = ends.split_once('-')?;
        let number = |text: &str| -> Option<i64> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse::<i64>().ok()?;
            (digits && number <= i64::from(i32::MAX)).then_some(number)
        };
        let (start, stop, by) = (number(low)?, number(high)?, number(every)?);
        (start <= stop && by >= 1).then_some(Self {
            start,
            stop,
            step: by,
        })
    }

    /// How many numbers there are.
    pub(super) fn count(self) -> u64 {
        u64::try_from((self.stop - self.start) / self.step + 1).unwrap_or(u64::MAX)
    }

    /// The numbers.
    pub(super) fn numbers(self) -> impl Iterator<Item = i64> {
        (0..self.count().cast_signed()).map(move |index| self.start + index * self.step)
    }
}

/// Longest text that one substitution may give (a name or a short datum).
const LONGEST: usize = 1024;

/// Replaces `$` and `${offset,width,base}` in a template; `None` where BIND refuses it.
pub(super) fn substitute(template: &str, number: i64) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 8);
    let mut rest = template;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(rest.get(..at)?);
        let tail = rest.get(at..)?;
        if let Some(escaped) = tail.strip_prefix('\\') {
            let mut characters = escaped.chars();
            match characters.next() {
                Some('$') => out.push('$'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            }
            rest = characters.as_str();
        } else if let Some(after) = tail.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some(modifier) = tail.strip_prefix("${") {
            let (inside, after) = modifier.split_once('}')?;
            modified(&mut out, inside, number)?;
            rest = after;
        } else {
            let _ = write!(out, "{number}");
            rest = tail.get(1..)?;
        }
        if out.len() > LONGEST {
            return None;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Writes one number as `offset[,width[,base]]` says.
fn modified(out: &mut String, inside: &str, number: i64) -> Option<()> {
    let mut parts = inside.split(',');
    let offset: i64 = parts.next()?.parse::<i32>().ok()?.into();
    let width: usize = match parts.next() {
        Some(text) => text.parse().ok().filter(|width| *width <= 255)?,
        None => 0,
    };
    let base = parts.next().unwrap_or("d");
    if parts.next().is_some() {
        return None;
    }
    let value = number.checked_add(offset)?;
    let _ = match base {
        "d" => write!(out, "{value:0width$}"),
        "o" => write!(out, "{value:0width$o}"),
        "x" => write!(out, "{value:0width$x}"),
        "X" => write!(out, "{value:0width$X}"),
        "n" | "N" => {
            let mut digits = format!("{value:x}");
            if base == "N" {
                digits = digits.to_ascii_uppercase();
            }
            // Nibbles, the last first, with dots between (BIND ARM, `$GENERATE`); the width
            // counts the dots too.
            let mut nibbles: Vec<char> = digits.chars().rev().collect();
            while nibbles.len() * 2 <= width {
                nibbles.push('0');
            }
            let text: Vec<String> = nibbles.iter().map(char::to_string).collect();
            write!(out, "{}", text.join("."))
        }
        _ => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_shift_pad_and_change_the_base() {
        assert_eq!(substitute("h$", 7).as_deref(), Some("h7"));
        assert_eq!(substitute("h${3,4}", 7).as_deref(), Some("h0010"));
        assert_eq!(substitute("${0,4,x}", 255).as_deref(), Some("00ff"));
        assert_eq!(substitute("${0,3,n}", 18).as_deref(), Some("2.1"));
        assert_eq!(substitute("\\$$$", 1).as_deref(), Some("$$"));
        assert_eq!(substitute("${0,4,q}", 1), None);
    }

    #[test]
    fn a_reversed_range_is_refused() {
        assert!(GenerateRange::parse("9-1").is_none());
        assert!(GenerateRange::parse("9--10").is_none());
        assert_eq!(
            GenerateRange::parse("1-9/4").map(GenerateRange::count),
            Some(3)
        );
    }
}
