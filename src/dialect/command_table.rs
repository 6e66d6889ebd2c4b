//! Commands as a tree of words, so that a statement finds its command in one walk.

use crate::dialect::Command;
use crate::syntax::{Effect, Support};

/// A block's place in the tree; statements are looked up from the block that they stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context(u32);

/// What a statement's words lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Support of the command.
    pub support: Support,
    /// The block that the command opens.
    pub context: Option<Context>,
    /// Whether every word of the path is written out (its last word is not `…`).
    pub exact: bool,
    /// Which of the first 64 words are words of the path, by bit; none where only `*` and `…`
    /// matched.
    pub literals: u64,
}

/// Commands of one dialect as a tree.
#[derive(Debug, Clone)]
pub struct CommandTable {
    /// Nodes; the first is the root.
    nodes: Vec<Node>,
}

/// One place in the tree.
#[derive(Debug, Clone, Default)]
struct Node {
    /// Nodes after a word, by the word's head and the word.
    words: Vec<(u64, &'static str, u32)>,
    /// Node after any one word.
    any: Option<u32>,
    /// Node after any rest.
    rest: Option<u32>,
    /// Support of the command that ends here.
    support: Option<Support>,
    /// Root of the block that the command opens.
    block: Option<u32>,
}

impl CommandTable {
    /// The tree of these commands; of two equal paths the later one holds.
    pub fn new(tables: &[&'static [Command]]) -> Self {
        let mut table = Self {
            nodes: vec![Node::default()],
        };
        for command in tables.iter().flat_map(|commands| commands.iter()) {
            let mut ends = vec![0];
            for word in command.path.split_ascii_whitespace() {
                ends = table.advance(&ends, word);
            }
            for end in ends {
                if let Some(node) = table.nodes.get_mut(end as usize) {
                    node.support = Some(command.support);
                }
            }
        }
        debug_assert!(
            table.blocks_have_openers(),
            "a block without a command that opens it is never entered"
        );
        table
    }

    /// Whether each block is one of a command.
    fn blocks_have_openers(&self) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.all(|node| node.block.is_none() || node.support.is_some())
    }

    /// The block that holds what stands in no other.
    pub fn root(&self) -> Context {
        Context(0)
    }

    /// The command of these words, lower case, in a block.
    ///
    /// Words are preferred to `*`, `*` to `…`, and a longer path to a shorter one.
    pub fn find(&self, context: Context, words: &[&str]) -> Option<Found> {
        self.walk(context.0, words, 0, 0)
    }

    /// The words that may follow `words` in a block, for expanding abbreviations.
    pub fn next_words(&self, context: Context, words: &[&str]) -> Vec<&'static str> {
        let mut out = Vec::new();
        self.collect(context.0, words, &mut out);
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Adds the words after `words` from one node on.
    fn collect(&self, at: u32, words: &[&str], out: &mut Vec<&'static str>) {
        let Some(node) = self.nodes.get(at as usize) else {
            return;
        };
        match words.split_first() {
            None => out.extend(node.words.iter().map(|(_, word, _)| *word)),
            Some((first, rest)) => {
                if let Some(next) = node.after(first) {
                    self.collect(next, rest, out);
                }
                if let Some(next) = node.any {
                    self.collect(next, rest, out);
                }
            }
        }
    }

    /// The best command below one node.
    fn walk(&self, at: u32, words: &[&str], depth: u32, literals: u64) -> Option<Found> {
        let node = self.nodes.get(at as usize)?;
        match words.split_first() {
            None => {
                if node.support.is_some() {
                    return Self::found(node, true, literals);
                }
            }
            Some((first, rest)) => {
                if let Some(next) = node.after(first)
                    && let Some(found) = self.walk(next, rest, depth + 1, literals | bit(depth))
                {
                    return Some(found);
                }
                if let Some(next) = node.any
                    && let Some(found) = self.walk(next, rest, depth + 1, literals)
                {
                    return Some(found);
                }
            }
        }
        let rest = self.nodes.get(node.rest? as usize)?;
        Self::found(rest, false, literals)
    }

    /// What ends at a node.
    fn found(node: &Node, exact: bool, literals: u64) -> Option<Found> {
        Some(Found {
            support: node.support?,
            context: node.block.map(Context),
            exact,
            literals,
        })
    }

    /// The nodes after `word` (alternatives separated by `|`) of a path, made where missing.
    fn advance(&mut self, from: &[u32], word: &'static str) -> Vec<u32> {
        let mut out = Vec::new();
        for start in from {
            for alternative in word.split('|') {
                out.push(self.step(*start, alternative));
            }
        }
        out
    }

    /// The node after one word.
    fn step(&mut self, from: u32, word: &'static str) -> u32 {
        let fresh = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let Some(node) = self.nodes.get_mut(from as usize) else {
            return from;
        };
        let next = match word {
            "*" => *node.any.get_or_insert(fresh),
            "…" => *node.rest.get_or_insert(fresh),
            "/" => *node.block.get_or_insert(fresh),
            _ => match node.place(word) {
                Ok(found) => node.words.get(found).map_or(from, |(_, _, next)| *next),
                Err(place) => {
                    node.words.insert(place, (head(word), word, fresh));
                    fresh
                }
            },
        };
        if next == fresh {
            self.nodes.push(Node::default());
        }
        next
    }
}

impl Node {
    /// The node after a word.
    fn after(&self, word: &str) -> Option<u32> {
        let place = self.place(word).ok()?;
        self.words.get(place).map(|(_, _, next)| *next)
    }

    /// Where a word is, or would be.
    fn place(&self, word: &str) -> Result<usize, usize> {
        let sought = head(word);
        self.words
            .binary_search_by(|(head, known, _)| head.cmp(&sought).then_with(|| (*known).cmp(word)))
    }
}

/// The first eight bytes of a word as a number, so that most words differ in one comparison.
fn head(word: &str) -> u64 {
    word.bytes()
        .chain(std::iter::repeat(0))
        .take(8)
        .fold(0, |head, byte| head << 8 | u64::from(byte))
}

/// The bit of a word.
fn bit(depth: u32) -> u64 {
    1_u64.checked_shl(depth).unwrap_or(0)
}

/// A command that is lowered.
pub const fn modeled(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Modeled,
    }
}

/// A command that bears on no requirement, and why.
pub const fn irrelevant(path: &'static str, why: &'static str) -> Command {
    Command {
        path,
        support: Support::Irrelevant(why),
    }
}

/// A known command that is not modeled.
pub const fn unmodeled(path: &'static str, effect: Effect) -> Command {
    Command {
        path,
        support: Support::Unmodeled(effect),
    }
}

/// What the other lines of a block could do, for a block's final `…`.
pub const fn otherwise(path: &'static str, effect: Effect) -> Command {
    Command {
        path,
        support: Support::Unrecognized(effect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small table.
    static COMMANDS: &[Command] = &[
        Command {
            path: "port *",
            support: Support::Modeled,
        },
        Command {
            path: "port * / address …",
            support: Support::Modeled,
        },
        Command {
            path: "port * / address auto|none",
            support: Support::Irrelevant("shown by the longer path"),
        },
        Command {
            path: "port * / *",
            support: Support::Irrelevant("any one word"),
        },
    ];

    #[test]
    fn longer_paths_win_and_blocks_have_words_of_their_own() {
        let table = CommandTable::new(&[COMMANDS]);
        let port = table.find(table.root(), &["port", "p1"]).unwrap();
        assert_eq!(port.support, Support::Modeled);
        let block = port.context.unwrap();
        let support = |words: &[&str]| table.find(block, words).map(|found| found.support);
        assert_eq!(support(&["address", "10.0.0.1"]), Some(Support::Modeled));
        assert_eq!(support(&["address"]), Some(Support::Modeled));
        assert_eq!(
            support(&["address", "none"]),
            Some(Support::Irrelevant("shown by the longer path"))
        );
        assert_eq!(
            support(&["other"]),
            Some(Support::Irrelevant("any one word"))
        );
        assert_eq!(support(&["other", "words"]), None);
        assert_eq!(table.find(table.root(), &["address"]), None);
        assert_eq!(table.next_words(block, &["address"]), ["auto", "none"]);
    }
}
