//! The name server and the zones that it declares.

use std::collections::{BTreeMap, BTreeSet};

use super::acl::{self, Acls};
use super::commands;
use super::parse::Parsed;
use super::{view, zone};
use crate::model::dns::{ClientList, DnsOptions, DnsServer};
use crate::model::draft::Draft;
use crate::model::{Facet, FacetKey, FacetKind, Reading};
use crate::net::registry;
use crate::source::{At, File};
use crate::syntax::{BracedKind, Effect, Support};

/// Lowers a parsed file.
pub(super) fn lower(file: &File, parsed: &Parsed<'_>) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    for secret in &parsed.secrets {
        draft.secret(*secret);
    }
    let facet = FacetKey::new(FacetKind::DnsServer, "");
    let mut lowering = Lowering {
        index: draft.key(&facet),
        facet,
        draft,
        parsed,
        server: DnsServer::default(),
        acls: Acls::default(),
        includes: false,
        once: BTreeSet::new(),
        decided: vec![None; parsed.statements.len()],
        views: BTreeMap::new(),
        has_views: false,
    };
    lowering.collect();
    for index in 0..u32::try_from(parsed.statements.len()).unwrap_or(u32::MAX) {
        lowering.statement(index);
    }
    lowering.balance(file);
    let Lowering {
        mut draft,
        facet,
        server,
        ..
    } = lowering;
    draft.facet(&facet, Facet::DnsServer(server));
    draft.finish()
}

/// A name server while it is lowered.
pub(super) struct Lowering<'p, 'a> {
    /// The reading.
    pub(super) draft: Draft,
    /// Key of the facet.
    facet: FacetKey,
    /// Its index in the reading.
    index: u32,
    /// The file.
    pub(super) parsed: &'p Parsed<'a>,
    /// The server.
    pub(super) server: DnsServer,
    /// Named lists.
    pub(super) acls: Acls<'a>,
    /// Whether the file includes others.
    includes: bool,
    /// Options that were given, each with its block.
    once: BTreeSet<(u32, &'a str)>,
    /// Support of each block, which what stands in it shares.
    decided: Vec<Option<Support>>,
    /// Index of the view that each block of one opens.
    pub(super) views: BTreeMap<u32, usize>,
    /// Whether there are views, which all zones must stand in then.
    pub(super) has_views: bool,
}

impl<'a> Lowering<'_, 'a> {
    /// Finds named lists and included files first: they may stand after their use.
    fn collect(&mut self) {
        for index in 0..u32::try_from(self.parsed.statements.len()).unwrap_or(u32::MAX) {
            let Some(part) = self.parsed.part(index) else {
                continue;
            };
            let words = self.parsed.words(index);
            match (part.kind, part.parent, words.as_slice()) {
                (BracedKind::Open, None, ["acl", name]) => {
                    let own = matches!(*name, "any" | "none" | "localhost" | "localnets");
                    let known = self.acls.lists.insert(name, index);
                    if own || known.is_some() {
                        self.refuse(index, format!("acl `{name}` is defined twice"));
                    }
                }
                (BracedKind::Simple, _, ["include", _]) => self.includes = true,
                // Whatever the class: BIND asks that of all zones.
                (BracedKind::Open, None, ["view", _, ..]) => self.has_views = true,
                _ => {}
            }
        }
    }

    /// Notes the first reason why the server does not start.
    pub(super) fn refuse(&mut self, index: u32, reason: String) {
        if self.server.broken.is_none() {
            self.draft.diagnose(Some(index), reason.clone());
            self.server.broken = Some(At::new(reason, self.draft.place(index)));
        }
    }

    /// Lowers one statement; what stands in a block shares the block's support.
    fn statement(&mut self, index: u32) {
        let Some(part) = self.parsed.part(index) else {
            return;
        };
        let (kind, parent, semicolon) = (part.kind, part.parent, part.semicolon);
        match kind {
            BracedKind::Blank => return,
            BracedKind::Close => {
                let support = Support::Irrelevant("closes a block");
                self.draft.decide(index, support, None, 0);
                let continues = self.parsed.part(index + 1).is_some_and(|next| {
                    next.kind != BracedKind::Blank && next.kind != BracedKind::Close
                });
                if !semicolon && !continues {
                    self.refuse(index, "a `;` is missing after a block".to_owned());
                }
                return;
            }
            BracedKind::Loose => {
                self.refuse(index, "a `;` is missing".to_owned());
            }
            BracedKind::Simple | BracedKind::Open => {}
        }
        let above = parent
            .and_then(|parent| self.decided.get(parent as usize).copied())
            .flatten();
        let support = if kind == BracedKind::Loose {
            Support::Unrecognized(Effect::Zone)
        } else if let Some(support) = above {
            support
        } else {
            self.keyword(index, parent, kind)
        };
        let is_container = kind == BracedKind::Open
            && support == Support::Modeled
            && match self.parsed.words(index).first() {
                Some(&("options" | "view")) => parent.is_none(),
                Some(&"zone") => parent.is_none_or(|parent| self.views.contains_key(&parent)),
                Some(_) | None => false,
            };
        if kind == BracedKind::Open
            && !is_container
            && let Some(entry) = self.decided.get_mut(index as usize)
        {
            *entry = Some(support);
        }
        if above.is_some() {
            self.draft.order(index);
        }
        self.decide(index, support);
    }

    /// Sets a statement's support with its contribution or hole; what stands in a view concerns
    /// those alone whom the view takes.
    pub(super) fn decide(&mut self, index: u32, support: Support) {
        match self.view_of(index) {
            Some(name) => {
                let facet = FacetKey::new(FacetKind::DnsServer, &name);
                self.draft.decide(index, support, Some(&facet), 0);
            }
            None => self.draft.decide(index, support, Some(&self.facet), 0),
        }
        if !matches!(support, Support::Irrelevant(_)) {
            self.draft.contribute(index, self.index);
        }
    }

    /// The view that a statement stands in, where it does not say whom the view takes.
    fn view_of(&self, index: u32) -> Option<String> {
        let parts = std::iter::successors(Some(index), |part| self.parsed.part(*part)?.parent);
        let within: Vec<u32> = parts.collect();
        let (header, inner) = within.split_last()?;
        let view = self.server.views.get(*self.views.get(header)?)?;
        let first = self.parsed.words(*inner.last()?);
        let chooses = first.first().is_some_and(|word| word.starts_with("match-"));
        (!chooses).then(|| view.name.value.clone())
    }

    /// Lowers a statement outside blocks, of `options`, of a view or of a zone.
    fn keyword(&mut self, index: u32, parent: Option<u32>, kind: BracedKind) -> Support {
        let words = self.parsed.words(index);
        let keyword = words.first().copied().unwrap_or("");
        let context = parent.map_or("", |parent| {
            self.parsed.words(parent).first().copied().unwrap_or("")
        });
        if let Some(parent) = parent
            && commands::support(context, keyword).is_recognized()
            && !matches!(
                keyword,
                "listen-on"
                    | "listen-on-v6"
                    | "disable-algorithms"
                    | "disable-ds-digests"
                    | "disable-empty-zone"
                    | "check-names"
                    | "rrset-order"
                    | "catalog-zones"
                    | "dns64"
                    | "include"
                    | "nxdomain-redirect"
                    | "also-notify"
                    | "allow-transfer"
                    | "keys"
                    | "dnstap"
                    | "zone"
                    | "key"
                    | "server"
                    | "dlz"
                    | "plugin"
                    | "dyndb"
                    | "trust-anchors"
            )
            && !self.once.insert((parent, keyword))
        {
            self.refuse(index, format!("`{keyword}` is given twice"));
        }
        let support = commands::support(context, keyword);
        if support != Support::Modeled {
            self.note(index, keyword, &words);
            return support;
        }
        match context {
            "" => self.top(index, kind, &words),
            "options" => self.option(index, &words),
            "view" => view::setting(self, index, kind, &words),
            _ => zone::setting(self, index, &words),
        }
    }

    /// Says what a statement that is not modeled names.
    fn note(&mut self, index: u32, keyword: &str, words: &[&str]) {
        if let ("include", [_, file, ..]) = (keyword, words) {
            let message = format!("includes the file `{file}`, which is not read");
            self.draft.diagnose(Some(index), message);
        }
    }

    /// Lowers a statement outside blocks.
    fn top(&mut self, index: u32, kind: BracedKind, words: &[&'a str]) -> Support {
        let unknown = Support::Unrecognized(Effect::Zone);
        if kind != BracedKind::Open {
            return unknown;
        }
        match words {
            ["acl", _] => {
                let list = self.clients(index);
                hole_if_unread(&list)
            }
            ["view", name, class @ ..] => view::declare(self, index, name, class),
            ["options"] => {
                if self.once.insert((u32::MAX, "options")) {
                    Support::Modeled
                } else {
                    self.refuse(index, "`options` is given twice".to_owned());
                    Support::Unmodeled(Effect::Zone)
                }
            }
            ["zone", name, class @ ..] => zone::declare(self, index, name, class),
            ["primaries" | "masters" | "remote-servers", ..] => Support::Unmodeled(Effect::Zone),
            _ => unknown,
        }
    }

    /// Notes a name in a list that nothing defines.
    fn undefined(&mut self, index: u32, name: Option<&str>) {
        if let Some(name) = name
            && !self.includes
        {
            self.refuse(index, format!("acl `{name}` is not defined"));
        }
    }

    /// Who a list admits, whether questions are signed or not.
    pub(super) fn clients(&mut self, index: u32) -> ClientList {
        match self.unsigned_clients(index) {
            (list, keys) if keys.is_empty() => list,
            _ => ClientList::Unread,
        }
    }

    /// Who a list admits that signs no question, and the keys that it names.
    pub(super) fn unsigned_clients(&mut self, index: u32) -> (ClientList, Vec<String>) {
        let resolved = self.acls.resolve(self.parsed, index);
        self.undefined(index, resolved.undefined);
        (resolved.list, resolved.keys)
    }

    /// The settings that a statement of `options` or of a view belongs to.
    fn options(&mut self, index: u32) -> &mut DnsOptions {
        let parent = self.parsed.part(index).and_then(|part| part.parent);
        let view = parent.and_then(|parent| self.views.get(&parent));
        match view.and_then(|view| self.server.views.get_mut(*view)) {
            Some(view) => &mut view.options,
            None => &mut self.server.options,
        }
    }

    /// Lowers a statement of `options`.
    fn option(&mut self, index: u32, words: &[&'a str]) -> Support {
        match words {
            ["directory", path] => {
                let at = self.draft.place(index);
                self.server.directory = Some(At::new((*path).to_owned(), at));
                Support::Modeled
            }
            ["listen-on", rest @ ..] => self.listen(index, rest),
            _ => self.answering(index, words),
        }
    }

    /// Lowers a statement of `options` or of a view about answers.
    pub(super) fn answering(&mut self, index: u32, words: &[&'a str]) -> Support {
        let at = self.draft.place(index);
        let hole = Support::Unmodeled(Effect::Zone);
        match words {
            ["recursion", value] => match boolean(value) {
                Some(value) => {
                    self.options(index).recursion = Some(At::new(value, at));
                    Support::Modeled
                }
                None => self.wrong(index, "recursion"),
            },
            ["forward", value @ ("only" | "first")] => {
                self.options(index).forward_only = Some(At::new(*value == "only", at));
                Support::Modeled
            }
            ["forward", ..] => self.wrong(index, "forward"),
            ["forwarders"] => match self.addresses(index) {
                Some(addresses) => {
                    self.options(index).forwarders = Some(addresses);
                    Support::Modeled
                }
                None => hole,
            },
            [
                name @ ("allow-query" | "allow-query-cache" | "allow-recursion" | "allow-transfer"),
            ] => {
                let list = self.clients(index);
                let support = hole_if_unread(&list);
                let options = self.options(index);
                let place = match *name {
                    "allow-query" => &mut options.allow_query,
                    "allow-query-cache" => &mut options.allow_query_cache,
                    "allow-transfer" => &mut options.allow_transfer,
                    _ => &mut options.allow_recursion,
                };
                *place = Some(At::new(list, at));
                support
            }
            // Authority and additional records are not counted in the size of answers, as they are
            // not sent with these values to those who ask for recursion; pumps' resolvers do.
            [
                "minimal-responses",
                "yes" | "true" | "1" | "no-auth" | "no-auth-recursive",
            ] => Support::Modeled,
            ["minimal-responses", "no" | "false" | "0"] | ["forwarders" | "allow-transfer", ..] => {
                hole
            }
            _ => Support::Unrecognized(Effect::Zone),
        }
    }

    /// Refuses a value.
    pub(super) fn wrong(&mut self, index: u32, keyword: &str) -> Support {
        self.refuse(
            index,
            format!("`{keyword}` has a value that it cannot have"),
        );
        Support::Unrecognized(Effect::Zone)
    }

    /// The addresses in a block; `None` where one has a port or is a name.
    pub(super) fn addresses(&self, index: u32) -> Option<Vec<At<std::net::IpAddr>>> {
        self.parsed
            .children(index)
            .iter()
            .map(|child| {
                let words = self.parsed.words(*child);
                let address = match words.as_slice() {
                    [address] | [address, "port", "53"] => address.parse().ok()?,
                    _ => return None,
                };
                Some(At::new(address, self.draft.place(*child)))
            })
            .collect()
    }

    /// Addresses of servers that a zone is copied from, each with a key or without, and whether any
    /// has one; `None` where something else stands there.
    pub(super) fn primaries(&self, index: u32) -> Option<(Vec<std::net::IpAddr>, bool)> {
        let mut keyed = false;
        let mut addresses = Vec::new();
        for child in self.parsed.children(index) {
            let words = self.parsed.words(*child);
            let address = match words.as_slice() {
                [address] | [address, "port", "53"] => address,
                [address, "key", _] => {
                    keyed = true;
                    address
                }
                _ => return None,
            };
            addresses.push(address.parse().ok()?);
        }
        Some((addresses, keyed))
    }

    /// `listen-on [port N] { … }`.
    fn listen(&mut self, index: u32, words: &[&str]) -> Support {
        let hole = Support::Unmodeled(Effect::Zone);
        match words {
            [] => {}
            ["port", port] if port.parse() == Ok(registry::PORT_DNS) => {}
            _ => return hole,
        }
        let children = self.parsed.children(index);
        if let [only] = children
            && self.parsed.words(*only) == ["any"]
        {
            return Support::Modeled;
        }
        let addresses: Option<Vec<_>> = children
            .iter()
            .map(|child| match self.parsed.words(*child).as_slice() {
                [text] => acl::prefix(text)
                    .filter(|net| net.prefix_len() == net.max_prefix_len())
                    .map(|net| At::new(net.addr(), self.draft.place(*child))),
                _ => None,
            })
            .collect();
        match addresses {
            Some(addresses) if !addresses.is_empty() => {
                self.server.listen_on.extend(addresses);
                Support::Modeled
            }
            Some(_) | None => hole,
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
            let message = format!("line {line}: {what}");
            self.draft.diagnose(Some(index), message.clone());
            let place = self.draft.place(index);
            self.server.broken = Some(At::new(message, place));
        }
    }
}

/// A hole for a list that is not modeled.
pub(super) fn hole_if_unread(list: &ClientList) -> Support {
    if *list == ClientList::Unread {
        Support::Unmodeled(Effect::Zone)
    } else {
        Support::Modeled
    }
}

/// A truth value (BIND ARM, `boolean`).
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}
