//! A line's words as the device would store them: abbreviations spelled out.

use crate::dialect::command_table::Context;
use crate::dialect::ios_family::Flavor;
use crate::dialect::ios_family::interface_name::Naming;

/// Shortest abbreviation of a keyword that is spelled out.
const SHORTEST: usize = 2;

/// The words of a line in a block: keywords whole and in lower case, names as written, interface
/// names in full.
pub(super) fn canonical(flavor: &Flavor, context: Option<Context>, line: &str) -> Vec<String> {
    let table = &**flavor.table;
    let mut out: Vec<String> = Vec::new();
    let mut known = context;
    let mut names_interface = false;
    let raw: Vec<&str> = line.split_whitespace().collect();
    let mut skip = 0;
    for (index, word) in raw.iter().enumerate() {
        let low = word.to_ascii_lowercase();
        if index == 0 && matches!(low.as_str(), "no" | "default") {
            out.push(low);
            skip = 1;
            continue;
        }
        let spelled = known.and_then(|context| {
            let before: Vec<&str> = out.iter().skip(skip).map(String::as_str).collect();
            spell_out(&table.next_words(context, &before), &low)
        });
        match spelled {
            Some(spelled) => out.push(spelled.to_owned()),
            None if names_interface => out.push(flavor.names.full_name(word).into_owned()),
            None => {
                // A word that the tree does not hold may be an argument; what follows it is looked
                // up all the same, and found only where the tree has a place for an argument.
                out.push((*word).to_owned());
            }
        }
        if out.len() > 8 {
            known = None;
        }
        names_interface |= matches!(
            out.last().map(String::as_str),
            Some("interface" | "passive-interface" | "source-interface" | "unnumbered" | "route")
        );
    }
    join_interface(flavor.names, &mut out, skip);
    out
}

/// The keyword that a word is or abbreviates.
fn spell_out(candidates: &[&'static str], low: &str) -> Option<&'static str> {
    if let Some(exact) = candidates.iter().find(|word| **word == low) {
        return Some(exact);
    }
    let plain = low.len() >= SHORTEST
        && low
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    let mut fits = candidates.iter().filter(|word| word.starts_with(low));
    match (fits.next(), fits.next()) {
        (Some(one), None) if plain => Some(one),
        _ => None,
    }
}

/// Writes `interface Vlan 10` as `interface Vlan10`.
fn join_interface(names: &Naming, words: &mut Vec<String>, skip: usize) {
    let bare: Vec<&str> = words.iter().skip(skip).map(String::as_str).collect();
    if let ["interface", kind, number] = bare.as_slice()
        && let Some(name) = names.join(&[kind, number])
    {
        words.truncate(skip + 1);
        words.push(name);
    }
}
