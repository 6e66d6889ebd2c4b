//! Objects whose state other statements depend on, and key chains.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::secret::{Secret, Shared};
use crate::net::Ipv4Net;
use crate::source::At;

/// A tracked object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Number or name.
    pub name: String,
    /// The statement that opens it.
    pub defined_at: Option<At<()>>,
    /// What is tracked.
    pub what: Tracked,
    /// Settings that are not modeled (delays change when, not whether).
    pub unread: BTreeSet<String>,
}

/// What a tracked object follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// The line protocol of an interface, by full name.
    LineProtocol(String),
    /// Whether an interface routes IPv4: it is up and has an address.
    IpRouting(String),
    /// Whether a table has a route to a prefix.
    Reachability {
        /// Prefix.
        prefix: Ipv4Net,
        /// VRF; `None` is the default one.
        vrf: Option<String>,
    },
    /// A probe of the device: an ICMP echo to an address.
    Echo {
        /// Address.
        target: Ipv4Addr,
        /// Full name of the interface, or the address, that it is sent from.
        source: Option<String>,
        /// VRF; `None` is the default one.
        vrf: Option<String>,
    },
    /// Other objects, each with whether it must be down; all or any must hold.
    List {
        /// Whether all must hold; otherwise any.
        all: bool,
        /// Objects by name, with whether they count when down.
        objects: BTreeMap<String, bool>,
    },
    /// Something that is not modeled: may be up or down.
    Unread,
}

/// A key chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChain {
    /// Name.
    pub name: String,
    /// The statement that opens it.
    pub defined_at: Option<At<()>>,
    /// Keys by id: secret, and whether it is always valid.
    pub keys: BTreeMap<u32, At<(Secret, bool)>>,
}

/// Keys that an end signs with and takes, in the order of their ids.
///
/// It signs with the first key that is valid, and takes what any of its keys has signed (Cisco IOS
/// IP Routing configuration guide, "key chains").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRing(Vec<(u32, Secret, bool)>);

impl KeyRing {
    /// The keys of a chain; none where it is not defined.
    pub fn of(chain: Option<&KeyChain>) -> Self {
        let keys = chain.into_iter().flat_map(|chain| &chain.keys);
        Self(keys.map(|(id, at)| (*id, at.value.0, at.value.1)).collect())
    }

    /// Whether the other end takes what this one signs.
    fn is_taken(&self, other: &Self) -> Option<bool> {
        let always = self.0.iter().position(|(_, _, always)| *always);
        let signing = always.and_then(|last| self.0.get(..=last));
        let signing = signing.unwrap_or(&self.0);
        let mut taken = signing.iter().map(|(id, secret, _)| {
            let known = other.0.iter().find(|(known, ..)| known == id);
            known.map_or(Some(false), |(_, known, always)| {
                match secret.shared(known) {
                    Some(true) if !always => None,
                    shared => shared,
                }
            })
        });
        let first = taken.next().unwrap_or(Some(other.0.is_empty()));
        if taken.all(|next| next == first) {
            first
        } else {
            None
        }
    }
}

impl Shared for KeyRing {
    fn shared(&self, other: &Self) -> Option<bool> {
        match (self.is_taken(other), other.is_taken(self)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, _) | (_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, StatementRef};

    /// A ring of these keys, which are always valid but those marked.
    fn ring(keys: &[(u32, &str, bool)]) -> KeyRing {
        let at = StatementRef {
            file: FileId(0),
            statement: 0,
        };
        let keys = keys
            .iter()
            .map(|(id, secret, always)| (*id, At::new((Secret::new(secret), *always), at)));
        KeyRing::of(Some(&KeyChain {
            keys: keys.collect(),
            ..KeyChain::default()
        }))
    }

    #[test]
    fn a_key_added_behind_the_common_one_changes_nothing() {
        let old = ring(&[(1, "a", true)]);
        assert_eq!(
            old.shared(&ring(&[(1, "a", true), (2, "b", true)])),
            Some(true)
        );
        assert_eq!(
            old.shared(&ring(&[(0, "b", true), (1, "a", true)])),
            Some(false)
        );
        assert_eq!(old.shared(&ring(&[(2, "a", true)])), Some(false));
        assert_eq!(old.shared(&ring(&[])), Some(false));
        // Which of them is valid is known on the device only.
        let rolled = ring(&[(1, "a", false), (2, "b", true)]);
        assert_eq!(old.shared(&rolled), None);
        assert_eq!(KeyRing::default().shared(&KeyRing::default()), Some(true));
    }
}
