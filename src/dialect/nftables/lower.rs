//! Tables, chains, sets and variables of nftables.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{Kind, Parsed};
use super::rule::{self, Sets};
use crate::model::draft::Draft;
use crate::model::packet_filter::{Base, Chain, FilterRule, Hook, PacketFilter, Target};
use crate::model::{Facet, FacetKey, FacetKind, Reading};
use crate::source::{At, File};
use crate::syntax::{Effect, Support, key_of};

/// Lowers a parsed file.
pub(super) fn lower(file: &File, parsed: &Parsed) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    if parsed.truncated {
        draft.truncate();
        let last = u32::try_from(parsed.parts.len().saturating_sub(1)).ok();
        draft.diagnose(last, "a block is not closed");
    }
    let key = FacetKey::new(FacetKind::PacketFilter, "nftables");
    let mut lowering = Lowering {
        index: draft.key(&key),
        key,
        draft,
        filter: PacketFilter::default(),
        defines: BTreeMap::new(),
        tables: BTreeMap::new(),
        blocks: vec![Block::Top; parsed.parts.len()],
        fresh: true,
    };
    lowering.declare(parsed);
    for (statement, (kind, words)) in (0_u32..).zip(&parsed.parts) {
        if *kind != Kind::Blank {
            let parent = parsed
                .statements
                .get(statement as usize)
                .and_then(|one| one.parent);
            lowering.statement(statement, *kind, words, parent);
        }
    }
    let Lowering {
        mut draft,
        filter,
        key,
        ..
    } = lowering;
    if parsed.parts.iter().any(|(kind, _)| *kind != Kind::Blank) {
        draft.facet(&key, Facet::PacketFilter(filter));
    }
    draft.finish()
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    /// No block.
    Top,
    /// A table whose chains meet IPv4 packets.
    Table(String),
    /// A table that meets none, or nobody knows what.
    Strange(Support),
    /// A chain: its table, and its index in the filter.
    Chain(String, usize),
    /// A set or map: its table and name.
    Set(String, String),
    /// Anything else within a table.
    Other(Support),
}

/// Sets and chains of one table.
#[derive(Debug, Default)]
struct Table {
    /// Sets and maps.
    sets: Sets,
    /// Names of chains.
    chains: BTreeSet<String>,
}

/// A rule set while it is lowered.
struct Lowering {
    /// The reading.
    draft: Draft,
    /// Key of the facet.
    key: FacetKey,
    /// Its index in the reading.
    index: u32,
    /// What was lowered so far.
    filter: PacketFilter,
    /// Variables.
    defines: BTreeMap<String, Vec<String>>,
    /// Tables by family and name.
    tables: BTreeMap<String, Table>,
    /// The block that each statement opens.
    blocks: Vec<Block>,
    /// Whether no table was met yet.
    fresh: bool,
}

impl Lowering {
    /// Collects variables, sets and chains, which rules refer to.
    fn declare(&mut self, parsed: &Parsed) {
        let mut names: Vec<String> = vec![String::new(); parsed.parts.len()];
        for (index, (kind, words)) in parsed.parts.iter().enumerate() {
            let parent = parsed.statements.get(index).and_then(|one| one.parent);
            let above = parent
                .and_then(|parent| names.get(parent as usize))
                .cloned();
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut own = String::new();
            match (above.as_deref(), kind, texts.as_slice()) {
                (_, Kind::Plain, ["define", name, "=", ..]) => {
                    let value = self.expand(words.get(3..).unwrap_or(&[]));
                    self.defines.insert((*name).to_owned(), value);
                }
                (None, Kind::Open, ["table", rest @ ..]) => own = label(rest),
                (Some(table), Kind::Open, ["chain", name, ..]) => {
                    let table = self.tables.entry(table.to_owned()).or_default();
                    table.chains.insert((*name).to_owned());
                }
                (Some(table), Kind::Open, ["set" | "map", name, ..]) => {
                    let entry = self.tables.entry(table.to_owned()).or_default();
                    entry.sets.insert((*name).to_owned(), Some(Vec::new()));
                    own = format!("{table}\n{name}");
                }
                (Some(above), Kind::Plain, _) => {
                    if let Some((table, set)) = above.split_once('\n') {
                        self.part_of_set(table, set, words);
                    }
                }
                _ => {}
            }
            if let Some(slot) = names.get_mut(index) {
                *slot = own;
            }
        }
    }

    /// Takes a statement of a set: its elements, or what makes them unknown.
    fn part_of_set(&mut self, table: &str, set: &str, words: &[String]) {
        let words = self.expand(words);
        let found = match words.split_first() {
            Some((first, rest)) if first == "elements" => {
                rule::elements(rest.get(1..).unwrap_or(&[]))
            }
            _ if set_support(&words).is_hole() => None,
            _ => Some(Vec::new()),
        };
        if let Some(entry) = self.tables.get_mut(table)
            && let Some(slot) = entry.sets.get_mut(set)
        {
            *slot = match (slot.take(), found) {
                (Some(mut before), Some(more)) => {
                    before.extend(more);
                    Some(before)
                }
                _ => None,
            };
        }
    }

    /// Words with variables replaced by their values.
    fn expand(&self, words: &[String]) -> Vec<String> {
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            match word
                .strip_prefix('$')
                .and_then(|name| self.defines.get(name))
            {
                Some(value) => out.extend(value.iter().cloned()),
                None => out.push(word.clone()),
            }
        }
        out
    }

    /// Marks a statement as part of the filter.
    fn modeled(&mut self, statement: u32) {
        self.draft.decide(statement, Support::Modeled, None, 0);
        self.draft.contribute(statement, self.index);
    }

    /// Sets a statement's support, with a hole of the filter where it is one.
    fn decide(&mut self, statement: u32, support: Support) {
        let own = support.effect() == Some(Effect::Filter);
        let key = own.then_some(&self.key);
        self.draft.decide(statement, support, key, 0);
        if support == Support::Modeled || own {
            self.draft.contribute(statement, self.index);
        }
    }

    /// Keys a hole by the values of its variables too, so that a changed one is another unknown.
    fn rekey(&mut self, statement: u32, expanded: &[String]) {
        let key = self.draft.statement(statement).map_or(0, |one| one.key);
        let values = expanded.iter().map(String::as_str).collect::<Vec<_>>();
        self.draft.rekey(statement, key_of(key, &values.join(" ")));
    }

    /// Lowers one statement.
    fn statement(&mut self, statement: u32, kind: Kind, words: &[String], parent: Option<u32>) {
        let block = parent.and_then(|parent| self.blocks.get(parent as usize));
        let block = block.cloned().unwrap_or(Block::Top);
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let opened = match (block, kind) {
            (Block::Strange(support), _) => {
                self.strange(statement, support);
                Block::Strange(support)
            }
            (_, Kind::Close) => {
                let why = Support::Irrelevant("closes a block");
                self.draft.decide(statement, why, None, 0);
                return;
            }
            (Block::Top, _) => self.top(statement, kind, &texts),
            (Block::Table(table), Kind::Open) => self.inside(statement, &table, &texts),
            (Block::Table(_), _) => {
                let comment = texts.first() == Some(&"comment");
                self.decide(
                    statement,
                    if comment {
                        Support::Irrelevant("comment")
                    } else {
                        Support::Unmodeled(Effect::Device)
                    },
                );
                return;
            }
            (Block::Chain(table, chain), _) => {
                self.in_chain(statement, &table, chain, words);
                return;
            }
            (Block::Set(table, name), _) => {
                let expanded = self.expand(words);
                let mut support = set_support(&expanded);
                let known = self
                    .tables
                    .get(&table)
                    .and_then(|table| table.sets.get(&name));
                if texts.first() == Some(&"elements") && known == Some(&None) {
                    support = Support::Unmodeled(Effect::Filter);
                }
                if support.is_hole() {
                    self.rekey(statement, &expanded);
                }
                self.decide(statement, support);
                return;
            }
            (Block::Other(support), _) => {
                self.decide(statement, support);
                return;
            }
        };
        if kind == Kind::Open
            && let Some(slot) = self.blocks.get_mut(statement as usize)
        {
            *slot = opened;
        }
    }

    /// A statement of a table that meets no IPv4 packet, or may do anything.
    fn strange(&mut self, statement: u32, support: Support) {
        let other = FacetKey::new(FacetKind::PacketFilter, "ipv6");
        let own = support.effect() == Some(Effect::Filter);
        self.draft
            .decide(statement, support, own.then_some(&other), 0);
    }

    /// A statement outside of tables.
    fn top(&mut self, statement: u32, kind: Kind, texts: &[&str]) -> Block {
        match texts {
            ["table", rest @ ..] if kind == Kind::Open => {
                self.fresh = false;
                match rest {
                    ["ip6", ..] => {
                        let support = Support::Unmodeled(Effect::Filter);
                        self.strange(statement, support);
                        return Block::Strange(support);
                    }
                    ["arp" | "bridge" | "netdev", ..] => {
                        let support = Support::Unmodeled(Effect::Device);
                        self.strange(statement, support);
                        return Block::Strange(support);
                    }
                    _ => self.modeled(statement),
                }
                return Block::Table(label(rest));
            }
            ["define", _, "=", ..] | ["table", "ip" | "inet", _] => self.modeled(statement),
            // Before any table there is nothing that it could take away.
            ["flush", "ruleset"] | ["flush" | "delete" | "destroy", "table", ..] if self.fresh => {
                let why = Support::Irrelevant("nothing was there before");
                self.draft.decide(statement, why, None, 0);
            }
            _ => {
                let known = matches!(
                    texts.first(),
                    Some(
                        &("include"
                            | "add"
                            | "create"
                            | "insert"
                            | "replace"
                            | "delete"
                            | "destroy"
                            | "flush"
                            | "reset"
                            | "rename"
                            | "table")
                    )
                );
                let support = if known {
                    Support::Unmodeled(Effect::Device)
                } else {
                    Support::Unrecognized(Effect::Device)
                };
                self.draft.decide(statement, support, None, 0);
                return Block::Strange(support);
            }
        }
        Block::Top
    }

    /// A block within a table.
    fn inside(&mut self, statement: u32, table: &str, texts: &[&str]) -> Block {
        match texts {
            ["chain", name, "{"] => {
                self.modeled(statement);
                let known = self
                    .filter
                    .chains
                    .iter()
                    .position(|chain| chain.table == table && chain.name == *name);
                let index = known.unwrap_or(self.filter.chains.len());
                if known.is_none() {
                    self.filter.chains.push(Chain {
                        table: table.to_owned(),
                        name: (*name).to_owned(),
                        base: None,
                        policy: None,
                        rules: Vec::new(),
                    });
                }
                Block::Chain(table.to_owned(), index)
            }
            ["set" | "map", name, "{"] => {
                self.modeled(statement);
                Block::Set(table.to_owned(), (*name).to_owned())
            }
            ["counter" | "quota" | "limit" | "secmark", ..] => {
                let support = Support::Irrelevant("used by rules");
                self.draft.decide(statement, support, None, 0);
                Block::Other(support)
            }
            _ => {
                let support = Support::Unmodeled(Effect::Filter);
                self.decide(statement, support);
                Block::Other(support)
            }
        }
    }

    /// A statement of a chain: its place, its policy, or a rule.
    fn in_chain(&mut self, statement: u32, table: &str, index: usize, words: &[String]) {
        let words = self.expand(words);
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let at = self.draft.place(statement);
        let Some(chain) = self.filter.chains.get_mut(index) else {
            return;
        };
        match texts.as_slice() {
            [
                "type",
                kind @ ("filter" | "nat"),
                "hook",
                hook,
                "priority",
                priority @ ..,
            ] => {
                let base = base(kind, hook, priority);
                chain.policy.get_or_insert(At::new(Target::Accept, at));
                chain.base = base;
                let known = chain.base.is_some();
                let support = Support::Unmodeled(Effect::Device);
                self.decide(statement, if known { Support::Modeled } else { support });
            }
            ["type", ..] => self.decide(statement, Support::Unmodeled(Effect::Device)),
            ["policy", policy @ ("accept" | "drop")] => {
                let target = if *policy == "drop" {
                    Target::Drop
                } else {
                    Target::Accept
                };
                chain.policy = Some(At::new(target, at));
                self.modeled(statement);
            }
            ["comment", _] => {
                let why = Support::Irrelevant("comment");
                self.draft.decide(statement, why, None, 0);
            }
            _ => self.rule(statement, table, index, &words),
        }
    }

    /// A rule.
    fn rule(&mut self, statement: u32, table: &str, index: usize, words: &[String]) {
        let none = Table::default();
        let names = self.tables.get(table).unwrap_or(&none);
        let rule = rule::rule(words, &names.sets, &names.chains);
        let at = self.draft.place(statement);
        let Some(chain) = self.filter.chains.get_mut(index) else {
            return;
        };
        let position = u32::try_from(chain.rules.len()).unwrap_or(u32::MAX);
        for variant in rule.variants {
            chain.rules.push(FilterRule {
                at,
                matches: variant.matches,
                in_interface: variant.in_interface,
                out_interface: variant.out_interface,
                states: variant.states,
                unread: rule.unread,
                target: variant.target,
            });
        }
        if rule.support.is_hole() {
            self.rekey(statement, words);
            self.draft
                .decide(statement, rule.support, Some(&self.key), position);
            self.draft.contribute(statement, self.index);
        } else {
            self.decide(statement, rule.support);
        }
    }
}

/// Family and name of a table, from the words after `table`.
fn label(words: &[&str]) -> String {
    match words {
        [
            "inet" | "ip" | "ip6" | "arp" | "bridge" | "netdev",
            name,
            ..,
        ] => {
            format!("{} {name}", words.first().unwrap_or(&""))
        }
        [name, ..] => format!("ip {name}"),
        [] => String::new(),
    }
}

/// Support of a statement of a set or map.
fn set_support(words: &[String]) -> Support {
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let known = |kind: &str| {
        matches!(
            kind,
            "ipv4_addr" | "inet_service" | "inet_proto" | "ifname" | "icmp_type" | "ct_state"
        )
    };
    match texts.as_slice() {
        ["type", kinds @ .., ":", "verdict"] | ["type", kinds @ ..]
            if kinds.iter().all(|kind| *kind == "." || known(kind)) =>
        {
            Support::Modeled
        }
        ["flags", flags @ ..]
            if flags
                .iter()
                .all(|flag| matches!(*flag, "interval" | "constant" | ",")) =>
        {
            Support::Modeled
        }
        ["auto-merge"] => Support::Modeled,
        ["elements", "=", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            match rule::elements(&rest) {
                Some(_) => Support::Modeled,
                None => Support::Unmodeled(Effect::Filter),
            }
        }
        ["comment", _] => Support::Irrelevant("comment"),
        ["size", _] => Support::Irrelevant("limits the size alone"),
        _ => Support::Unmodeled(Effect::Filter),
    }
}

/// Where a base chain stands; none where that is not known.
fn base(kind: &str, hook: &str, priority: &[&str]) -> Option<Base> {
    let hook = match hook {
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "output" => Hook::Output,
        "postrouting" => Hook::Postrouting,
        _ => return None,
    };
    // Names as in nft(8), "Standard priority names".
    let named = |name: &str| match name {
        "raw" => Some(-300),
        "mangle" => Some(-150),
        "dstnat" => Some(-100),
        "filter" => Some(0),
        "security" => Some(50),
        "srcnat" => Some(100),
        other => other.parse().ok(),
    };
    let priority = match priority {
        [name] => named(name)?,
        [name, "+", more] => named(name)? + more.parse::<i32>().ok()?,
        [name, "-", less] => named(name)? - less.parse::<i32>().ok()?,
        _ => return None,
    };
    Some(Base {
        hook,
        priority,
        first_only: kind == "nat",
    })
}
