//! Address match lists of `named.conf`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::parse::Parsed;
use crate::model::dns::ClientList;
use crate::net::{IpNet, Ipv4Net};
use crate::syntax::BracedKind;

/// Elements that lists may have together after names are replaced; more is left unread.
const MOST_ELEMENTS: usize = 65_536;
/// Lists within lists at most; deeper ones are left unread.
const DEEPEST: usize = 64;

/// Named lists: the parts that define them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Acls<'a> {
    /// Part of each list by name; a name that is defined twice is refused by the server.
    pub(super) lists: BTreeMap<&'a str, u32>,
}

/// Who a list admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved<'a> {
    /// The clients, where none of them signs its questions.
    pub(super) list: ClientList,
    /// A name in it that nothing defines.
    pub(super) undefined: Option<&'a str>,
    /// Keys that it names, with `!` where they are refused.
    pub(super) keys: Vec<String>,
}

impl<'a> Acls<'a> {
    /// Who the list in the block of the part `index` admits.
    pub(super) fn resolve(&self, parsed: &Parsed<'a>, index: u32) -> Resolved<'a> {
        let mut resolver = Resolver {
            acls: self,
            parsed,
            open: Vec::new(),
            budget: MOST_ELEMENTS,
            undefined: None,
            keys: Vec::new(),
        };
        let list = match resolver.list(index) {
            None => ClientList::Unread,
            Some(flat) if !flat.local => simplified(flat.elements),
            Some(flat) if flat.elements.is_empty() => ClientList::LocalNetworks,
            Some(flat) => ClientList::PrefixesOrLocal(flat.elements),
        };
        Resolved {
            list,
            undefined: resolver.undefined,
            keys: resolver.keys,
        }
    }
}

/// Lists that are named for themselves.
fn simplified(elements: Vec<(IpNet, bool)>) -> ClientList {
    let all = |net: &IpNet| net.prefix_len() == 0 && matches!(net, IpNet::V4(_));
    match elements.first() {
        Some((net, true)) if all(net) => ClientList::Any,
        Some((net, false)) if all(net) => ClientList::None,
        None => ClientList::None,
        Some(_) => ClientList::Prefixes(elements),
    }
}

/// A list without names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Flat {
    /// Prefixes in order, and whether each is admitted.
    elements: Vec<(IpNet, bool)>,
    /// Whether the server's own networks, which only the host knows, are admitted too.
    local: bool,
}

impl Flat {
    /// Adds a prefix; `None` where its order against the own networks would matter.
    fn push(&mut self, net: IpNet, admitted: bool) -> Option<()> {
        if self.local && !admitted {
            return None;
        }
        self.elements.push((net, admitted));
        Some(())
    }

    /// Whether some element refuses.
    fn refuses(&self) -> bool {
        self.elements.iter().any(|(_, admitted)| !admitted)
    }
}

/// Replaces names in a list.
struct Resolver<'p, 'a> {
    /// Named lists.
    acls: &'p Acls<'a>,
    /// The file.
    parsed: &'p Parsed<'a>,
    /// Lists that are being read.
    open: Vec<u32>,
    /// Elements that may still be read.
    budget: usize,
    /// First name that nothing defines.
    undefined: Option<&'a str>,
    /// Keys that were met.
    keys: Vec<String>,
}

impl<'a> Resolver<'_, 'a> {
    /// The list in the block of a part; `None` where something is not modeled.
    fn list(&mut self, index: u32) -> Option<Flat> {
        if self.open.contains(&index) || self.open.len() >= DEEPEST {
            return None;
        }
        self.open.push(index);
        let mut flat = Flat::default();
        let parsed = self.parsed;
        let children = parsed.children(index);
        for (number, child) in (1..).zip(children) {
            self.budget = self.budget.checked_sub(1)?;
            self.element(*child, number == children.len(), &mut flat)?;
        }
        self.open.pop();
        Some(flat)
    }

    /// Adds one element.
    fn element(&mut self, index: u32, last: bool, flat: &mut Flat) -> Option<()> {
        let mut words: Vec<&'a str> = self.parsed.words(index);
        let mut negated = false;
        if words.first() == Some(&"!") {
            negated = true;
            words.remove(0);
        }
        if let Some(first) = words.first_mut()
            && let Some(rest) = first.strip_prefix('!')
        {
            negated = !negated;
            *first = rest;
        }
        let is_block = self
            .parsed
            .part(index)
            .is_some_and(|part| part.kind == BracedKind::Open);
        let text = match words.as_slice() {
            [] | [""] if is_block => return self.nested(index, negated, last, flat),
            // Matches no question that is not signed.
            ["key", name] if !is_block => {
                let mark = if negated { "!" } else { "" };
                self.keys.push(format!("{mark}{name}"));
                return Some(());
            }
            [text] if !is_block => *text,
            _ => return None,
        };
        let any = IpNet::V4(Ipv4Net::default());
        match text {
            "any" => flat.push(any, !negated),
            "none" => flat.push(any, negated),
            // The server itself: no other client has these addresses.
            "localhost" => flat.push(IpNet::V4(loopback()?), !negated),
            "localnets" if negated => None,
            "localnets" => {
                flat.local = true;
                Some(())
            }
            _ => {
                if let Some(list) = self.acls.lists.get(text).copied() {
                    return self.nested(list, negated, last, flat);
                }
                let net = prefix(text);
                if net.is_none() {
                    self.undefined = self.undefined.or(Some(text));
                }
                flat.push(net?, !negated)
            }
        }
    }

    /// Adds a list within a list.
    ///
    /// What a negated element of the inner list matches is not refused by it: the outer list goes
    /// on (BIND ARM, "Address Match Lists"). Written out, that is the same only at the end.
    fn nested(&mut self, index: u32, negated: bool, last: bool, flat: &mut Flat) -> Option<()> {
        let inner = self.list(index)?;
        let at_end = last && self.open.len() == 1;
        if inner.refuses() && (negated || !at_end || flat.local) {
            return None;
        }
        if inner.local && (negated || inner.refuses()) {
            return None;
        }
        for (net, admitted) in inner.elements {
            flat.push(net, admitted != negated)?;
        }
        flat.local |= inner.local;
        Some(())
    }
}

/// Addresses of the server for itself (RFC 1122 §3.2.1.3).
fn loopback() -> Option<Ipv4Net> {
    Ipv4Net::new(Ipv4Addr::LOCALHOST, 8)
        .ok()
        .map(|net| net.trunc())
}

/// An address or prefix; missing octets are zero (`10/8`).
pub(super) fn prefix(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address));
    }
    let (head, length) = text.split_once('/')?;
    let length: u8 = length.parse().ok()?;
    if let Ok(IpAddr::V6(address)) = head.parse::<IpAddr>() {
        return IpNet::new(IpAddr::V6(address), length).ok();
    }
    let mut octets = [0_u8; 4];
    for (count, part) in head.trim_end_matches('.').split('.').enumerate() {
        *octets.get_mut(count)? = part.parse().ok()?;
    }
    let net = Ipv4Net::new(Ipv4Addr::from(octets), length).ok()?;
    // BIND refuses bits beyond the length.
    (net.network() == net.addr()).then_some(IpNet::V4(net))
}
