//! Commands by their words.

use crate::dialect::command_table::{CommandTable, Context, Found};
use crate::syntax::Support;

/// Whether a command takes the addresses of its interface away (`vrf forwarding`).
pub(super) fn takes_addresses(command: &[String], old: &[String]) -> bool {
    let words = |words: &[String], head: &[&str]| words.iter().zip(head).all(|(a, b)| a == b);
    (words(command, &["vrf", "forwarding"]) || words(command, &["ip", "vrf", "forwarding"]))
        && words(old, &["ip", "address"])
        && old.len() > 1
}

/// Whether a line begins with these words.
pub(super) fn starts_with(words: &[String], head: &[&str]) -> bool {
    let mut both = words.iter().zip(head);
    words.len() >= head.len() && both.all(|(word, wanted)| word.eq_ignore_ascii_case(wanted))
}

/// Whether a command of an outer block is meant by a line that an inner block knows too: its path
/// says more of the line, which writes these words in full.
pub(super) fn names_better(line: &str, words: &[String], outer: Found, inner: Found) -> bool {
    let (more, fewer) = (outer.literals.count_ones(), inner.literals.count_ones());
    let is_named =
        more > fewer || (more == fewer && outer.exact && !inner.exact && inner.support.is_hole());
    let raw: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let in_full = (0..u64::BITS as usize)
        .filter(|place| outer.literals >> place & 1 == 1)
        .all(|place| match (bare(&raw).get(place), words.get(place)) {
            (Some(raw), Some(word)) => raw.eq_ignore_ascii_case(word),
            (Some(_) | None, _) => false,
        });
    is_named && in_full
}

/// The words after `no` or `default`.
pub(super) fn bare(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if matches!(first.as_str(), "no" | "default") && !rest.is_empty() => {
            rest
        }
        _ => words,
    }
}

/// The commands of the block of these headers; `None` where the table does not list them.
pub(super) fn context_of(table: &CommandTable, path: &[Vec<String>]) -> Option<Context> {
    let mut context = Some(table.root());
    for header in path {
        context = find(table, context, header).and_then(|found| found.context);
    }
    context
}

/// The command of these words in a block.
pub(super) fn find(
    table: &CommandTable,
    context: Option<Context>,
    words: &[String],
) -> Option<Found> {
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut words: Vec<&str> = lower.iter().map(String::as_str).collect();
    if words
        .first()
        .is_some_and(|word| matches!(*word, "no" | "default"))
        && words.len() > 1
    {
        words.remove(0);
    }
    if words.len() > 1
        && words
            .first()
            .is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        && matches!(words.get(1), Some(&("permit" | "deny" | "remark")))
    {
        words.remove(0);
    }
    table
        .find(context?, &words)
        .filter(|found| found.literals > 0 || !matches!(found.support, Support::Unrecognized(_)))
}
