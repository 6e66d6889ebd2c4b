//! Scopes and the settings of the server outside them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::blocks::{BlockKind, Blocks, Set, Settings, is_loose};
use super::classes::Classes;
use super::commands;
use super::parse::Parsed;
use crate::model::dhcp::{DhcpScope, DhcpServer, Reservation};
use crate::model::draft::Draft;
use crate::model::{Facet, FacetKey, FacetKind, Reading};
use crate::net::Ipv4Net;
use crate::source::{At, File, StatementRef};
use crate::syntax::{BracedKind, Effect, Support};

/// Lowers a parsed file.
pub(super) fn lower(file: &File, parsed: &Parsed<'_>) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    for secret in &parsed.secrets {
        draft.secret(*secret);
    }
    let mut lowering = Lowering {
        server_key: FacetKey::new(FacetKind::DhcpServer, ""),
        draft,
        parsed,
        blocks: Blocks::collect(parsed),
        classes: Classes::collect(parsed, &file.path),
        server: DhcpServer::default(),
        scopes: BTreeMap::new(),
        facets: Vec::new(),
    };
    lowering.find_scopes();
    for index in 0..u32::try_from(parsed.statements.len()).unwrap_or(u32::MAX) {
        lowering.statement(index, file);
    }
    lowering.resolve();
    lowering.reserve();
    lowering.balance(file);
    lowering.finish()
}

/// A server while it is lowered.
struct Lowering<'p, 'a> {
    /// The reading.
    draft: Draft,
    /// Key of the server's facet.
    server_key: FacetKey,
    /// The file.
    parsed: &'p Parsed<'a>,
    /// Its blocks.
    blocks: Blocks<'a>,
    /// Its classes.
    classes: Classes<'a>,
    /// The server.
    server: DhcpServer,
    /// Scopes by subnet.
    scopes: BTreeMap<Ipv4Net, DhcpScope>,
    /// Key of the facet that each block's statements bear on.
    facets: Vec<FacetKey>,
}

/// Key of the facet of a scope.
fn scope_key(subnet: Ipv4Net) -> FacetKey {
    FacetKey::new(FacetKind::DhcpScope, subnet.to_string())
}

impl Lowering<'_, '_> {
    /// Makes a scope of each subnet, and finds the facet of each block.
    fn find_scopes(&mut self) {
        let mut shared: Vec<Option<String>> = Vec::with_capacity(self.blocks.list.len());
        let mut twice = Vec::new();
        for block in &self.blocks.list {
            let above = shared.get(block.parent).cloned().flatten();
            let facet = self.facets.get(block.parent).cloned();
            let mut facet = facet.unwrap_or_else(|| self.server_key.clone());
            let mut name = above.clone();
            match &block.kind {
                BlockKind::Shared(own) => name = Some(own.clone()),
                BlockKind::Subnet(subnet) => {
                    let subnet = subnet.trunc();
                    facet = scope_key(subnet);
                    let at = block.part.map(|part| At::new((), self.draft.place(part)));
                    if self.scopes.contains_key(&subnet) {
                        twice.extend(block.part);
                    }
                    self.scopes.entry(subnet).or_insert_with(|| DhcpScope {
                        name: subnet.to_string(),
                        defined_at: at,
                        subnet: at.map(|at| At::new(subnet, at.at)),
                        shared_network: above,
                        ranges: Vec::new(),
                        options: BTreeMap::new(),
                        lease: crate::model::dhcp::LeaseTimes::default(),
                        reservations: Vec::new(),
                        failover_peer: None,
                        deny_unknown: None,
                        conditional: false,
                    });
                }
                BlockKind::Other => {
                    let words = block.part.and_then(|part| {
                        let part = self.parsed.text.parts.get(part as usize)?;
                        Some(self.parsed.words(part))
                    });
                    // IPv6 scopes have facets of their own, which no IPv4 requirement reads.
                    if let Some(["subnet6", prefix]) = words.as_deref() {
                        facet = FacetKey::new(FacetKind::DhcpScope, prefix);
                    }
                }
                BlockKind::Global | BlockKind::Pool | BlockKind::Group | BlockKind::Host(_) => {}
            }
            shared.push(name);
            self.facets.push(facet);
        }
        for part in twice {
            self.refuse(part, "a subnet is declared twice".to_owned());
        }
    }

    /// Notes the first reason why the server does not start.
    fn refuse(&mut self, index: u32, reason: String) {
        if self.server.broken.is_none() {
            self.draft.diagnose(Some(index), reason.clone());
            self.server.broken = Some(At::new(reason, self.draft.place(index)));
        }
    }

    /// Sets a statement's support with its contribution or hole.
    fn decide(&mut self, index: u32, support: Support, facet: &FacetKey) {
        self.draft.decide(index, support, Some(facet), 0);
        if !matches!(support, Support::Irrelevant(_)) {
            let key = self.draft.key(facet);
            self.draft.contribute(index, key);
        }
    }

    /// Lowers one statement.
    fn statement(&mut self, index: u32, file: &File) {
        let Some(part) = self.parsed.text.parts.get(index as usize) else {
            return;
        };
        let block = self
            .blocks
            .of_part
            .get(index as usize)
            .copied()
            .unwrap_or(0);
        let facet = self.facets.get(block).cloned();
        let facet = facet.unwrap_or_else(|| self.server_key.clone());
        let words = self.parsed.words(part);
        let keyword = words.first().copied().unwrap_or("");
        let inside_other = self
            .blocks
            .list
            .get(block)
            .is_some_and(|block| block.kind == BlockKind::Other);
        match part.kind {
            BracedKind::Blank => {}
            BracedKind::Close => {
                let support = Support::Irrelevant("closes a block");
                self.draft.decide(index, support, None, 0);
            }
            BracedKind::Simple if inside_other && self.is_of_unused_class(part.parent) => {
                self.decide(index, Support::Irrelevant(UNUSED), &facet);
            }
            BracedKind::Loose | BracedKind::Simple if is_loose(part) || inside_other => {
                if is_loose(part) && !inside_other {
                    self.refuse(index, "a `;` is missing".to_owned());
                }
                self.decide(index, Support::Unmodeled(Effect::Scope), &facet);
            }
            BracedKind::Open if inside_other => {
                self.decide(index, Support::Unmodeled(Effect::Scope), &facet);
            }
            BracedKind::Open => self.header(index, block, keyword, &words),
            BracedKind::Loose | BracedKind::Simple => {
                // A `;` after a brace is a statement of no words.
                let support = if words.is_empty() {
                    Support::Irrelevant("an empty statement")
                } else {
                    self.simple(index, block, &words, file)
                };
                self.decide(index, support, &facet);
            }
        }
    }

    /// Lowers a block's header.
    fn header(&mut self, index: u32, around: usize, keyword: &str, words: &[&str]) {
        let opened = self.blocks.opened.get(&index).copied().unwrap_or(0);
        let facet = self.facets.get(opened).cloned();
        let facet = facet.unwrap_or_else(|| self.server_key.clone());
        let kind = self.blocks.list.get(opened).map(|block| block.kind.clone());
        let support = match kind {
            Some(BlockKind::Subnet(subnet)) => {
                if subnet.network() != subnet.addr() {
                    self.refuse(index, format!("subnet {subnet} has bits beyond its mask"));
                }
                Support::Modeled
            }
            Some(
                BlockKind::Shared(_) | BlockKind::Pool | BlockKind::Group | BlockKind::Host(_),
            ) => Support::Modeled,
            Some(BlockKind::Global | BlockKind::Other) | None => {
                if self.classes.is_unused(words) {
                    self.decide(index, Support::Irrelevant(UNUSED), &facet);
                    return;
                }
                let second = words.get(1).copied().unwrap_or("");
                if commands::is_condition(keyword, second) && !self.classes.gives_nothing(words) {
                    self.condition(around);
                }
                match commands::support(keyword, second) {
                    Support::Modeled | Support::Irrelevant(_) => Support::Unmodeled(Effect::Scope),
                    support @ (Support::Unmodeled(_) | Support::Unrecognized(_)) => support,
                }
            }
        };
        self.decide(index, support, &facet);
    }

    /// Whether a block is a class on which nothing depends.
    fn is_of_unused_class(&self, header: Option<u32>) -> bool {
        let parts = &self.parsed.text.parts;
        let header = header.and_then(|header| parts.get(header as usize));
        header.is_some_and(|header| self.classes.is_unused(&self.parsed.words(header)))
    }

    /// Says that in a block something decides what only some clients get.
    fn condition(&mut self, block: usize) {
        if let Some(block) = self.blocks.list.get_mut(block) {
            block.conditional = true;
        }
    }

    /// Lowers a statement that ends with `;`.
    fn simple(&mut self, index: u32, block: usize, words: &[&str], file: &File) -> Support {
        let unmodeled = Support::Unmodeled(Effect::Scope);
        let at = self.draft.place(index);
        match words {
            ["authoritative"] | ["not", "authoritative"] => {
                if block != 0 {
                    return unmodeled;
                }
                let value = words.len() == 1;
                self.server.authoritative = Some(At::new(value, at));
                return Support::Modeled;
            }
            ["include", path] => {
                let path = super::parse::unquoted(path);
                let message = format!("includes the file `{path}`, which is not read");
                self.draft.diagnose(Some(index), message);
                self.server.includes = Some(At::new((), at));
            }
            _ => {}
        }
        let keyword = words.first().copied().unwrap_or("");
        let second = words.get(1).copied().unwrap_or("");
        let support = commands::support(keyword, second);
        if support != Support::Modeled {
            if self.classes.is_unused(words) {
                return Support::Irrelevant(UNUSED);
            }
            if commands::is_condition(keyword, second) && !self.classes.gives_nothing(words) {
                self.condition(block);
            }
            return support;
        }
        match self.blocks.set(index, words, file.id) {
            Set::Taken => Support::Modeled,
            Set::Unmodeled => unmodeled,
            Set::Unknown => Support::Unrecognized(Effect::Scope),
        }
    }

    /// Gives each scope what it inherits and sets.
    fn resolve(&mut self) {
        let count = self.blocks.list.len();
        let mut effective: Vec<Settings> = Vec::with_capacity(count);
        let mut conditional: Vec<bool> = Vec::with_capacity(count);
        let mut pools: BTreeMap<Ipv4Net, Vec<usize>> = BTreeMap::new();
        for (index, block) in self.blocks.list.iter().enumerate() {
            let mut settings = effective.get(block.parent).cloned().unwrap_or_default();
            settings.override_with(&block.own);
            if index == 0 {
                self.server.options = settings.options.clone();
                self.server.lease = settings.lease.clone();
                self.server.conditional = block.conditional;
            }
            let decides = block.conditional
                || (block.parent != 0 && conditional.get(block.parent) == Some(&true));
            match &block.kind {
                BlockKind::Subnet(subnet) => {
                    if let Some(scope) = self.scopes.get_mut(&subnet.trunc()) {
                        scope.options = settings.options.clone();
                        scope.lease = settings.lease.clone();
                        scope.deny_unknown = settings.deny_unknown;
                        scope.conditional |= decides;
                    }
                }
                BlockKind::Pool => {
                    if let Some(subnet) = self.subnet_of_pool(index) {
                        pools.entry(subnet).or_default().push(index);
                    }
                }
                BlockKind::Global
                | BlockKind::Shared(_)
                | BlockKind::Group
                | BlockKind::Host(_)
                | BlockKind::Other => {}
            }
            effective.push(settings);
            conditional.push(decides);
        }
        let direct: BTreeSet<Ipv4Net> = (self.blocks.list.iter())
            .filter(|block| !block.ranges.is_empty())
            .filter_map(|block| match &block.kind {
                BlockKind::Subnet(subnet) => Some(subnet.trunc()),
                BlockKind::Global
                | BlockKind::Shared(_)
                | BlockKind::Pool
                | BlockKind::Group
                | BlockKind::Host(_)
                | BlockKind::Other => None,
            })
            .collect();
        for (subnet, pools) in pools {
            self.merge_pools(subnet, &pools, direct.contains(&subnet));
        }
        self.place_ranges();
        self.leave_groups();
    }

    /// The subnet that a pool is of: the block around it, else the one that holds its ranges.
    fn subnet_of_pool(&self, index: usize) -> Option<Ipv4Net> {
        let mut around = self.blocks.list.get(index)?.parent;
        for _ in 0..MOST_AROUND {
            let block = self.blocks.list.get(around)?;
            match &block.kind {
                BlockKind::Subnet(subnet) => return Some(subnet.trunc()),
                BlockKind::Global => break,
                BlockKind::Shared(_)
                | BlockKind::Pool
                | BlockKind::Group
                | BlockKind::Host(_)
                | BlockKind::Other => around = block.parent,
            }
        }
        let range = self.blocks.list.get(index)?.ranges.first()?;
        self.subnet_of(range.value.0)
    }

    /// The longest subnet that holds an address.
    fn subnet_of(&self, address: Ipv4Addr) -> Option<Ipv4Net> {
        (0..=32).rev().find_map(|length| {
            let subnet = Ipv4Net::new(address, length).ok()?.trunc();
            self.scopes.contains_key(&subnet).then_some(subnet)
        })
    }

    /// Gives a scope what its pools set: exact where it has one pool and no range outside it.
    fn merge_pools(&mut self, subnet: Ipv4Net, pools: &[usize], outside: bool) {
        let own: Vec<Settings> = pools
            .iter()
            .filter_map(|pool| self.blocks.list.get(*pool))
            .map(|block| block.own.clone())
            .collect();
        let decides = pools
            .iter()
            .filter_map(|pool| self.blocks.list.get(*pool))
            .any(|block| block.conditional);
        let alike = own.windows(2).all(|pair| pair.first() == pair.last());
        let exact = alike && (!outside || own.iter().all(Settings::is_empty));
        let Some(scope) = self.scopes.get_mut(&subnet) else {
            return;
        };
        scope.conditional |= decides || !exact;
        if exact && let Some(settings) = own.first() {
            let mut merged = Settings {
                options: std::mem::take(&mut scope.options),
                lease: std::mem::take(&mut scope.lease),
                deny_unknown: scope.deny_unknown,
                failover_peer: scope.failover_peer.take(),
            };
            merged.override_with(settings);
            scope.options = merged.options;
            scope.lease = merged.lease;
            scope.deny_unknown = merged.deny_unknown;
            scope.failover_peer = merged.failover_peer;
        } else if !exact {
            let key = scope_key(subnet);
            for place in own.iter().flat_map(Settings::places) {
                self.decide(place.statement, Support::Unmodeled(Effect::Scope), &key);
            }
        }
    }

    /// Puts each range into the scope that holds it.
    fn place_ranges(&mut self) {
        let ranges: Vec<(usize, At<(Ipv4Addr, Ipv4Addr)>)> = self
            .blocks
            .list
            .iter()
            .enumerate()
            .flat_map(|(index, block)| block.ranges.iter().map(move |range| (index, *range)))
            .collect();
        for (_, range) in ranges {
            let (low, high) = range.value;
            let subnet = self.subnet_of(low);
            match subnet.filter(|subnet| subnet.contains(&high)) {
                Some(subnet) => {
                    if let Some(scope) = self.scopes.get_mut(&subnet) {
                        scope.ranges.push(range);
                    }
                    let key = self.draft.key(&scope_key(subnet));
                    self.draft.contribute(range.at.statement, key);
                }
                None => self.refuse(
                    range.at.statement,
                    format!("range {low} {high} is in no subnet"),
                ),
            }
        }
    }

    /// Leaves as holes what a group sets for clients in it.
    fn leave_groups(&mut self) {
        let mut open = Vec::new();
        for (block, facet) in self.blocks.list.iter().zip(&self.facets) {
            if block.kind == BlockKind::Group && block.has_hosts {
                open.extend(block.own.places().map(|place| (place, facet.clone())));
            }
        }
        for (place, facet) in open {
            self.decide(place.statement, Support::Unmodeled(Effect::Scope), &facet);
        }
    }

    /// Puts each client's address into the scope that holds it.
    fn reserve(&mut self) {
        let mut found = Vec::new();
        for block in &self.blocks.list {
            let (BlockKind::Host(name), Some(part)) = (&block.kind, block.part) else {
                continue;
            };
            for address in &block.fixed {
                let reservation = Reservation {
                    name: name.clone(),
                    client: block.client.as_ref().map(|client| client.value.clone()),
                    address: Some(address.value),
                };
                let client = block.client.as_ref().map(|client| client.at);
                found.push((part, address.at, client, reservation));
            }
        }
        for (part, at, client, reservation) in found {
            let subnet = reservation.address.and_then(|a| self.subnet_of(a));
            let Some(subnet) = subnet else {
                continue;
            };
            if let Some(scope) = self.scopes.get_mut(&subnet) {
                scope.reservations.push(At::new(reservation, at));
            }
            let key = self.draft.key(&scope_key(subnet));
            self.draft.contribute(part, key);
            self.draft.contribute(at.statement, key);
            if let Some(client) = client {
                self.draft.contribute(client.statement, key);
            }
        }
    }

    /// Notes braces and quotes that do not match.
    fn balance(&mut self, file: &File) {
        let text = &self.parsed.text;
        if text.truncated {
            self.draft.truncate();
        }
        if let Some((offset, what)) = text.unbalanced {
            let line = file.line(offset);
            let last = text.parts.partition_point(|part| part.span.start <= offset);
            let index = u32::try_from(last.saturating_sub(1)).unwrap_or(0);
            let reason = format!("line {line}: {what}");
            self.draft.diagnose(Some(index), reason.clone());
            self.server.broken = Some(At::new(reason, self.draft.place(index)));
        }
    }

    /// The finished reading.
    fn finish(mut self) -> Reading {
        for (subnet, scope) in std::mem::take(&mut self.scopes) {
            let key = scope_key(subnet);
            let index = self.draft.key(&key);
            let lease = [scope.lease.default, scope.lease.max, scope.lease.min];
            let places: Vec<StatementRef> = scope
                .options
                .values()
                .map(|value| value.at)
                .chain(lease.into_iter().flatten().map(|value| value.at))
                .chain(scope.deny_unknown.map(|value| value.at))
                .collect();
            for place in places {
                self.draft.contribute(place.statement, index);
            }
            self.draft.facet(&key, Facet::DhcpScope(scope));
        }
        self.draft
            .facet(&self.server_key, Facet::DhcpServer(self.server));
        self.draft.finish()
    }
}

/// Blocks around a pool that are looked at; a lawful file has three.
const MOST_AROUND: usize = 16;
/// Why a class bears on no lease.
const UNUSED: &str = "a class that gives nothing and that no pool names";
