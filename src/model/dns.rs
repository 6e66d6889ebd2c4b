//! Name servers and zones (RFC 1034, RFC 1035, RFC 2308).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::net::{DomainName, IpNet};
use crate::source::At;

/// Settings of a name server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DnsServer {
    /// Addresses it listens on; empty: all.
    pub listen_on: Vec<At<IpAddr>>,
    /// Folder that relative names of zone files start from.
    pub directory: Option<At<String>>,
    /// Settings for all clients, where a view has none of its own.
    pub options: DnsOptions,
    /// Zones it serves to all clients, by origin; none where it has views.
    pub zones: BTreeMap<DomainName, At<ZoneDeclaration>>,
    /// What different clients get, in order: the first view that takes a question answers it.
    pub views: Vec<DnsView>,
    /// Whether the server refuses to start with these settings, and why (first error).
    pub broken: Option<At<String>>,
}

/// How a name server answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DnsOptions {
    /// Who may ask; `None`: the dialect's default.
    pub allow_query: Option<At<ClientList>>,
    /// Who is answered from what other servers said; `None`: the dialect's default.
    pub allow_query_cache: Option<At<ClientList>>,
    /// Who may ask for names outside its zones; `None`: the dialect's default.
    pub allow_recursion: Option<At<ClientList>>,
    /// Who may copy its zones; `None`: the dialect's default.
    pub allow_transfer: Option<At<ClientList>>,
    /// Whether it resolves names outside its zones.
    pub recursion: Option<At<bool>>,
    /// Servers it asks for other names.
    pub forwarders: Option<Vec<At<IpAddr>>>,
    /// Whether it asks nobody else when its forwarders do not answer.
    pub forward_only: Option<At<bool>>,
}

impl DnsOptions {
    /// The settings of a view: what it does not set itself is as for all clients.
    #[must_use]
    pub fn within(&self, all: &Self) -> Self {
        let pick = |own: &Option<At<ClientList>>, all: &Option<At<ClientList>>| {
            own.as_ref().or(all.as_ref()).cloned()
        };
        Self {
            allow_query: pick(&self.allow_query, &all.allow_query),
            allow_query_cache: pick(&self.allow_query_cache, &all.allow_query_cache),
            allow_recursion: pick(&self.allow_recursion, &all.allow_recursion),
            allow_transfer: pick(&self.allow_transfer, &all.allow_transfer),
            recursion: self.recursion.or(all.recursion),
            forwarders: self
                .forwarders
                .as_ref()
                .or(all.forwarders.as_ref())
                .cloned(),
            forward_only: self.forward_only.or(all.forward_only),
        }
    }
}

/// What some clients of a name server get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsView {
    /// Name, with the statement that opens it.
    pub name: At<String>,
    /// Whose questions it takes, unless they are signed; `None`: everybody's.
    pub clients: Option<At<ClientList>>,
    /// Addresses of the server that are asked; `None`: all.
    pub destinations: Option<At<ClientList>>,
    /// Whether it takes only questions that ask for recursion.
    pub recursive_only: bool,
    /// Keys that bring questions here, or elsewhere, if they are signed with them.
    pub keys: Vec<String>,
    /// Its own settings.
    pub options: DnsOptions,
    /// Zones it serves, by origin.
    pub zones: BTreeMap<DomainName, At<ZoneDeclaration>>,
}

/// Who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientList {
    /// Anybody.
    Any,
    /// Nobody.
    None,
    /// The server's own networks.
    LocalNetworks,
    /// In order: a prefix and whether it is admitted; none matches: refused.
    Prefixes(Vec<(IpNet, bool)>),
    /// As `Prefixes`; what none of them matches is admitted from the server's own networks.
    PrefixesOrLocal(Vec<(IpNet, bool)>),
    /// Something that is not modeled.
    Unread,
}

/// A zone as the server's settings declare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneDeclaration {
    /// How it gets the zone.
    pub kind: ZoneKind,
    /// Zone file as written.
    pub file: Option<String>,
    /// Servers that it copies from or forwards to.
    pub sources: Vec<IpAddr>,
    /// Whether a forward zone asks nobody else when its forwarders do not answer.
    pub forward_only: Option<bool>,
    /// Who may ask for this zone.
    pub allow_query: Option<ClientList>,
    /// Who may copy this zone.
    pub allow_transfer: Option<ClientList>,
    /// The view whose zone this is; `None`: its own.
    pub in_view: Option<String>,
}

/// Which of these paths is the file that settings name; folders of an export are not those of the
/// server, so that the longest common end decides. `None`: none, or several alike.
pub fn file_at(declared: &str, directory: Option<&str>, paths: &[&str]) -> Option<usize> {
    let parts = |path: &str| -> Vec<String> {
        path.rsplit(['/', '\\'])
            .filter(|part| !matches!(*part, "" | "."))
            .map(str::to_owned)
            .collect()
    };
    let mut wanted = parts(declared);
    if !declared.starts_with('/') {
        wanted.extend(directory.map(parts).unwrap_or_default());
    }
    let common = |path: &str| {
        let own = parts(path);
        let alike = own
            .iter()
            .zip(&wanted)
            .take_while(|(one, other)| one == other);
        alike.count()
    };
    let best = paths.iter().map(|path| common(path)).max()?;
    let mut found = (0..).zip(paths).filter(|(_, path)| common(path) == best);
    let (index, _) = found.next().filter(|_| best > 0)?;
    found.next().is_none().then_some(index)
}

/// How a server gets a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZoneKind {
    /// From its own file.
    Primary,
    /// By transfer from another server.
    Secondary,
    /// By asking another server each time.
    Forward,
    /// Only the root's or a stub's servers.
    Hint,
}

/// The records of one zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DnsZone {
    /// Origin.
    pub origin: DomainName,
    /// Records by owner, in the order of the file.
    pub records: BTreeMap<DomainName, Vec<At<Record>>>,
    /// Start of authority.
    pub soa: Option<At<Soa>>,
    /// Whether the zone cannot be loaded by a server, and why (first error).
    pub broken: Option<At<String>>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Time to live in seconds.
    pub ttl: u32,
    /// Data.
    pub data: RecordData,
}

/// Data of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Alias.
    Cname(DomainName),
    /// Name server.
    Ns(DomainName),
    /// Reverse name.
    Ptr(DomainName),
    /// Service location: priority, weight, port, target.
    Srv(u16, u16, u16, DomainName),
    /// Mail exchange.
    Mx(u16, DomainName),
    /// Alias of everything below.
    Dname(DomainName),
    /// Another type, with its text form and size in bytes on the wire.
    Other {
        /// Type, in capitals.
        kind: String,
        /// Text form.
        text: String,
        /// Bytes of record data.
        bytes: u32,
    },
}

/// Start of authority (RFC 1035 §3.3.13); times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soa {
    /// Primary server.
    pub primary: DomainName,
    /// Serial.
    pub serial: u32,
    /// Refresh.
    pub refresh: u32,
    /// Retry.
    pub retry: u32,
    /// Expire.
    pub expire: u32,
    /// Minimum, which bounds negative answers (RFC 2308 §4).
    pub minimum: u32,
    /// Time to live of the record itself.
    pub ttl: u32,
}

#[cfg(test)]
mod tests {
    use super::file_at;

    #[test]
    fn the_longest_common_end_names_a_zone_file() {
        let paths = [
            "configs/dns1/a/db.x",
            "configs/dns1/b/db.x",
            "configs/dns1/db.y",
        ];
        assert_eq!(file_at("b/db.x", None, &paths), Some(1));
        assert_eq!(file_at("db.x", Some("/var/named/a"), &paths), Some(0));
        assert_eq!(
            file_at("/srv/b/db.x", Some("/var/named/a"), &paths),
            Some(1)
        );
        assert_eq!(file_at("db.y", Some("/var/named/a"), &paths), Some(2));
        assert_eq!(file_at("db.x", None, &paths), None);
        assert_eq!(file_at("db.z", None, &paths), None);
    }
}
