//! Address match lists of `named.conf`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::parse::Parsed;
use crate::model::dns::ClientList;
use crate::net::{IpNet, Ipv4Net};

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

/// Who a list admits, and a name in it that nothing defines.
pub(super) type Resolved<'a> = (ClientList, Option<&'a str>);

impl<'a> Acls<'a> {
    /// Who the list in the block of the part `index` admits.
    pub(super) fn resolve(&self, parsed: &Parsed<'a>, index: u32) -> Resolved<'a> {
        let mut elements = Vec::new();
        let mut resolver = Resolver {
            acls: self,
            parsed,
            open: Vec::new(),
            local: false,
            undefined: None,
        };
        let read = resolver.list(index, &mut elements);
        let list = match (read, resolver.local) {
            (None, _) => ClientList::Unread,
            (Some(()), false) => simplified(elements),
            (Some(()), true) if elements.is_empty() => ClientList::LocalNetworks,
            (Some(()), true) => ClientList::PrefixesOrLocal(elements),
        };
        (list, resolver.undefined)
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

/// Replaces names in a list.
struct Resolver<'p, 'a> {
    /// Named lists.
    acls: &'p Acls<'a>,
    /// The file.
    parsed: &'p Parsed<'a>,
    /// Lists that are being read.
    open: Vec<u32>,
    /// Whether the server's own networks are admitted, which only the host knows.
    local: bool,
    /// First name that nothing defines.
    undefined: Option<&'a str>,
}

impl<'a> Resolver<'_, 'a> {
    /// Adds the elements of a list; `None` where something is not modeled.
    fn list(&mut self, index: u32, out: &mut Vec<(IpNet, bool)>) -> Option<()> {
        if self.open.contains(&index) || self.open.len() >= DEEPEST {
            return None;
        }
        self.open.push(index);
        let parsed = self.parsed;
        let children = parsed.children(index);
        for (number, child) in (1..).zip(children) {
            self.element(*child, number == children.len(), out)?;
            if out.len() > MOST_ELEMENTS {
                return None;
            }
        }
        self.open.pop();
        Some(())
    }

    /// Adds one element.
    fn element(&mut self, index: u32, last: bool, out: &mut Vec<(IpNet, bool)>) -> Option<()> {
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
            .is_some_and(|part| part.kind == crate::syntax::BracedKind::Open);
        let text = match words.as_slice() {
            [] | [""] if is_block => return self.nested(index, negated, last, out),
            [text] if !is_block => *text,
            _ => return None,
        };
        let any = IpNet::V4(Ipv4Net::default());
        match text {
            "any" => out.push((any, !negated)),
            "none" => out.push((any, negated)),
            // The server itself: no other client has these addresses.
            "localhost" => out.push((IpNet::V4(loopback()?), !negated)),
            "localnets" => {
                // Own networks are unknown here; they are kept apart where order is no matter.
                if negated || self.open.len() > 1 || out.iter().any(|(_, admitted)| !admitted) {
                    return None;
                }
                self.local = true;
            }
            _ => {
                if let Some(list) = self.acls.lists.get(text).copied() {
                    return self.nested(list, negated, last, out);
                }
                match prefix(text) {
                    Some(_) if self.local && negated => return None,
                    Some(net) => out.push((net, !negated)),
                    None => {
                        self.undefined = self.undefined.or(Some(text));
                        return None;
                    }
                }
            }
        }
        Some(())
    }

    /// Adds a list within a list.
    ///
    /// What a negated element of the inner list matches is not refused by it: the outer list goes
    /// on (BIND ARM, "Address Match Lists"). Written out, that is the same only at the end.
    fn nested(
        &mut self,
        index: u32,
        negated: bool,
        last: bool,
        out: &mut Vec<(IpNet, bool)>,
    ) -> Option<()> {
        let parsed = self.parsed;
        let only_local = |index: u32| {
            let children = parsed.children(index);
            children
                .iter()
                .all(|child| matches!(parsed.words(*child).as_slice(), ["localnets" | "localhost"]))
        };
        if !negated && self.open.len() == 1 && out.iter().all(|(_, admitted)| *admitted) {
            // Admitted own networks within a named list are admitted here too.
            if only_local(index) && !parsed.children(index).is_empty() {
                self.local |= parsed
                    .children(index)
                    .iter()
                    .any(|child| parsed.words(*child) == ["localnets"]);
                return Some(());
            }
        }
        let mut inner = Vec::new();
        let depth = self.open.len();
        let local = self.local;
        if self.positive_list_with_local(index, negated, out) {
            return Some(());
        }
        self.local = local;
        self.open.truncate(depth);
        self.list(index, &mut inner)?;
        let refuses = inner.iter().any(|(_, admitted)| !admitted);
        if refuses && (negated || !last || depth > 1 || self.local) {
            return None;
        }
        if negated && self.local {
            return None;
        }
        out.extend(
            inner
                .into_iter()
                .map(|(net, admitted)| (net, admitted != negated)),
        );
        Some(())
    }

    /// Adds a list of plain addresses and own networks that are all admitted; says whether it was
    /// one.
    fn positive_list_with_local(
        &mut self,
        index: u32,
        negated: bool,
        out: &mut Vec<(IpNet, bool)>,
    ) -> bool {
        if negated || self.open.len() != 1 || out.iter().any(|(_, admitted)| !admitted) {
            return false;
        }
        let mut found = Vec::new();
        let mut local = false;
        for child in self.parsed.children(index) {
            match self.parsed.words(*child).as_slice() {
                ["localnets"] => local = true,
                ["localhost"] => found.extend(loopback().map(|net| (IpNet::V4(net), true))),
                [text] => match prefix(text) {
                    Some(net) => found.push((net, true)),
                    None => return false,
                },
                _ => return false,
            }
        }
        self.local |= local;
        out.extend(found);
        true
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
