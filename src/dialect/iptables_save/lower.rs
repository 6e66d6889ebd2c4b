//! Chains and rules of `iptables-save`.

use std::collections::{BTreeMap, BTreeSet};

use super::matches::{Condition, condition};
use super::parse::{Line, Parsed, Rule};
use crate::model::draft::Draft;
use crate::model::filter::AddressMatch;
use crate::model::packet_filter::{Base, Chain, FilterRule, Hook, PacketFilter, Target};
use crate::model::{Facet, FacetKey, FacetKind, Reading};
use crate::source::{At, File};
use crate::syntax::{Effect, Support};

/// Lowers a parsed file to its packet filter.
pub(super) fn lower(file: &File, parsed: &Parsed<'_>) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    if parsed.truncated {
        draft.truncate();
        let last = u32::try_from(parsed.lines.len().saturating_sub(1)).ok();
        let line = file.line_starts.len();
        draft.diagnose(last, format!("line {line}: a table ends without `COMMIT`"));
    }
    if parsed.is_ipv6 {
        leave_ipv6(&mut draft, parsed);
        return draft.finish();
    }
    let key = FacetKey::new(FacetKind::PacketFilter, "");
    let mut lowering = Lowering {
        index: draft.key(&key),
        key,
        draft,
        filter: PacketFilter::default(),
        names: parsed
            .lines
            .iter()
            .filter_map(|(line, table)| match line {
                Line::Chain(name, _) => Some((*table, name.as_str())),
                Line::Blank
                | Line::Table(_)
                | Line::Rule(_)
                | Line::Commit
                | Line::Command
                | Line::Unknown => None,
            })
            .collect(),
        indexes: BTreeMap::new(),
        marks: parsed.lines.iter().any(|(line, _)| sets_marks(line)),
        open_rules: Vec::new(),
        inserted: 0,
    };
    for (statement, (line, table)) in (0_u32..).zip(&parsed.lines) {
        lowering.line(file, statement, line, table);
    }
    lowering.place_holes();
    let Lowering {
        mut draft,
        filter,
        key,
        ..
    } = lowering;
    if !filter.chains.is_empty() || parsed.lines.iter().any(|(line, _)| *line != Line::Blank) {
        draft.facet(&key, Facet::PacketFilter(filter));
    }
    draft.finish()
}

/// Leaves every line of an IPv6 filter as a hole of a facet that no IPv4 packet meets.
fn leave_ipv6(draft: &mut Draft, parsed: &Parsed<'_>) {
    let key = FacetKey::new(FacetKind::PacketFilter, "ipv6");
    for (statement, (line, _)) in (0_u32..).zip(&parsed.lines) {
        if *line != Line::Blank {
            let support = Support::Unmodeled(Effect::Filter);
            draft.decide(statement, support, Some(&key), 0);
        }
    }
}

/// A packet filter while it is lowered.
struct Lowering<'a> {
    /// The reading.
    draft: Draft,
    /// Key of the facet.
    key: FacetKey,
    /// Its index in the reading.
    index: u32,
    /// What was lowered so far.
    filter: PacketFilter,
    /// Every chain that the file declares, by table.
    names: BTreeSet<(&'a str, &'a str)>,
    /// Index of each chain in the filter, by table and name.
    indexes: BTreeMap<(String, String), usize>,
    /// Whether a rule gives packets marks.
    marks: bool,
    /// Rules that are not fully understood.
    open_rules: Vec<(u32, Support)>,
    /// Number of rules that were inserted before others.
    inserted: usize,
}

/// Rules that are inserted before others, or made of one rule's address lists, at most; moving
/// more of them takes time that grows with the square of their number.
const MOST_MOVED: usize = 4096;

impl Lowering<'_> {
    /// Lowers one statement.
    fn line(&mut self, file: &File, statement: u32, line: &Line<'_>, table: &str) {
        match line {
            Line::Blank => return,
            Line::Table(name) => {
                if matches!(*name, "filter" | "nat" | "mangle" | "raw" | "security") {
                    // A table that comes again begins anew (iptables-restore(8) flushes it).
                    let before = self.filter.chains.len();
                    self.filter.chains.retain(|chain| chain.table != *name);
                    self.indexes = (self.filter.chains.iter().enumerate())
                        .map(|(index, chain)| ((chain.table.clone(), chain.name.clone()), index))
                        .collect();
                    if self.filter.chains.len() < before {
                        let message = format!("the table `{name}` comes twice, the last counts");
                        self.draft.diagnose(Some(statement), message);
                    }
                } else {
                    self.hole(statement, Support::Unrecognized(Effect::Filter), 0);
                    return;
                }
            }
            Line::Chain(name, policy) => {
                let support = self.chain(statement, table, name, policy.as_deref());
                if support.is_hole() {
                    self.hole(statement, support, 0);
                    return;
                }
            }
            Line::Rule(rule) => {
                self.rule(statement, table, rule);
                return;
            }
            Line::Commit => {}
            Line::Command => {
                // It may change any rule, at no one place.
                self.draft
                    .decide(statement, Support::Unmodeled(Effect::Device), None, 0);
                return;
            }
            Line::Unknown => {
                let line = self
                    .draft
                    .statement(statement)
                    .map_or(0, |found| file.line(found.span.start));
                self.draft.diagnose(
                    Some(statement),
                    format!("line {line}: is no line of iptables-save"),
                );
                // iptables-restore(8) takes nothing of a table with such a line.
                self.draft
                    .decide(statement, Support::Unrecognized(Effect::Device), None, 0);
                return;
            }
        }
        self.draft.decide(statement, Support::Modeled, None, 0);
        self.draft.contribute(statement, self.index);
    }

    /// Leaves a hole in the filter.
    fn hole(&mut self, statement: u32, support: Support, position: u32) {
        self.draft
            .decide(statement, support, Some(&self.key), position);
        self.draft.contribute(statement, self.index);
    }

    /// Declares a chain or sets its policy.
    fn chain(&mut self, statement: u32, table: &str, name: &str, policy: Option<&str>) -> Support {
        let (policy, support) = match policy {
            None => (None, Support::Modeled),
            Some("ACCEPT") => (Some(Target::Accept), Support::Modeled),
            Some("DROP") => (Some(Target::Drop), Support::Modeled),
            Some(_) => (Some(Target::Unread), Support::Unrecognized(Effect::Filter)),
        };
        let policy = policy.map(|target| At::new(target, self.draft.place(statement)));
        let index = self.chain_of(table, name);
        if let Some(chain) = self.filter.chains.get_mut(index)
            && policy.is_some()
        {
            chain.policy = policy;
        }
        support
    }

    /// Index of the chain of this name, made where there is none.
    fn chain_of(&mut self, table: &str, name: &str) -> usize {
        let key = (table.to_owned(), name.to_owned());
        if let Some(index) = self.indexes.get(&key) {
            return *index;
        }
        let index = self.filter.chains.len();
        self.filter.chains.push(Chain {
            table: key.0.clone(),
            name: key.1.clone(),
            base: base(table, name),
            policy: None,
            rules: Vec::new(),
        });
        self.indexes.insert(key, index);
        index
    }

    /// Adds a rule, once for each pair of addresses that it lists.
    fn rule(&mut self, statement: u32, table: &str, rule: &Rule<'_>) {
        let mut condition = condition(&rule.words);
        let declared = |name: &str| {
            self.names.contains(&(table, name))
                || matches!(
                    name,
                    "INPUT" | "OUTPUT" | "FORWARD" | "PREROUTING" | "POSTROUTING"
                )
        };
        if let Target::Jump(name) | Target::Goto(name) = &condition.target
            && !declared(name)
        {
            let message = format!("chain or target `{name}` is not declared");
            self.draft.diagnose(Some(statement), message);
            // iptables-restore(8) takes nothing of a table with such a rule; a target may also be one
            // that is not known here.
            self.draft
                .decide(statement, Support::Unrecognized(Effect::Device), None, 0);
            return;
        }
        if condition.unmarked.is_some() && self.marks {
            condition.unread = true;
            if condition.support == Support::Modeled {
                condition.support = Support::Unmodeled(Effect::Filter);
            }
        }
        if matches!(condition.support, Support::Irrelevant(_)) {
            self.draft.decide(statement, condition.support, None, 0);
            return;
        }
        let known = declared(&rule.chain);
        let at = self.draft.place(statement);
        let support = if known {
            condition.support
        } else {
            Support::Unrecognized(Effect::Filter)
        };
        if rule.before.is_some() {
            self.inserted += 1;
        }
        let pairs = condition.sources.len().max(1) * condition.destinations.len().max(1);
        if self.inserted > MOST_MOVED || pairs > MOST_MOVED {
            self.draft
                .decide(statement, Support::Unmodeled(Effect::Device), None, 0);
            return;
        }
        let index = self.chain_of(table, &rule.chain);
        let Some(chain) = self.filter.chains.get_mut(index) else {
            return;
        };
        let rules = &mut chain.rules;
        let position = match rule.before {
            None => rules.len(),
            Some(number) => number.saturating_sub(1).min(rules.len()),
        };
        if condition.unread || condition.unmarked != Some(false) {
            rules.splice(position..position, expand(&condition, at));
        }
        if support.is_hole() {
            self.open_rules.push((statement, support));
        } else {
            self.draft.decide(statement, support, None, 0);
            self.draft.contribute(statement, self.index);
        }
    }

    /// Leaves a hole for each rule that is not fully understood, at its place in its chain.
    fn place_holes(&mut self) {
        let mut places = BTreeMap::new();
        if !self.open_rules.is_empty() {
            for chain in &self.filter.chains {
                for (position, rule) in (0_u32..).zip(&chain.rules) {
                    places.insert(rule.at.statement, position);
                }
            }
        }
        for (statement, support) in std::mem::take(&mut self.open_rules) {
            let position = places.get(&statement).copied().unwrap_or(0);
            self.hole(statement, support, position);
        }
    }
}

/// Whether a line gives packets marks, which others may ask for (iptables-extensions(8)).
fn sets_marks(line: &Line<'_>) -> bool {
    let Line::Rule(rule) = line else {
        return false;
    };
    let mut words = rule.words.iter();
    words.any(|word| matches!(&**word, "MARK" | "CONNMARK" | "HMARK"))
}

/// Where a built-in chain stands (`NF_IP_PRI_*` of the kernel's `netfilter_ipv4.h`).
fn base(table: &str, name: &str) -> Option<Base> {
    let hook = match name {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "OUTPUT" => Hook::Output,
        "POSTROUTING" => Hook::Postrouting,
        _ => return None,
    };
    let priority = match (table, hook) {
        ("raw", Hook::Prerouting | Hook::Output) => -300,
        ("mangle", _) => -150,
        ("nat", Hook::Prerouting | Hook::Output) => -100,
        ("filter", Hook::Input | Hook::Forward | Hook::Output) => 0,
        ("security", Hook::Input | Hook::Forward | Hook::Output) => 50,
        ("nat", Hook::Input | Hook::Postrouting) => 100,
        _ => return None,
    };
    Some(Base {
        hook,
        priority,
        first_only: table == "nat",
    })
}

/// Addresses that are of a kind as well.
fn both(addresses: &AddressMatch, kind: Option<&AddressMatch>) -> AddressMatch {
    match (addresses, kind) {
        (_, None) => addresses.clone(),
        (AddressMatch::Any, Some(kind)) => kind.clone(),
        (_, Some(kind)) => AddressMatch::AllOf(vec![addresses.clone(), kind.clone()]),
    }
}

/// One rule for each pair of source and destination.
fn expand(condition: &Condition, at: crate::source::StatementRef) -> Vec<FilterRule> {
    let any = [AddressMatch::Any];
    let or_any = |list: &'_ [_]| -> Vec<_> {
        if list.is_empty() {
            any.to_vec()
        } else {
            list.to_vec()
        }
    };
    let destinations = or_any(&condition.destinations);
    let mut out = Vec::new();
    for source in or_any(&condition.sources) {
        for destination in &destinations {
            let mut matches = condition.matches.clone();
            matches.source = both(&source, condition.source_kind.as_ref());
            matches.destination = both(destination, condition.destination_kind.as_ref());
            out.push(FilterRule {
                at,
                matches,
                in_interface: condition.in_interface.clone(),
                out_interface: condition.out_interface.clone(),
                states: condition.states.clone().unwrap_or_default(),
                unread: condition.unread,
                target: condition.target.clone(),
            });
        }
    }
    out
}
