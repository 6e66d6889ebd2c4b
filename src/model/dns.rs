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
    /// Who may ask; `None`: the dialect's default.
    pub allow_query: Option<At<ClientList>>,
    /// Who may ask for names outside its zones; `None`: the dialect's default.
    pub allow_recursion: Option<At<ClientList>>,
    /// Whether it resolves names outside its zones.
    pub recursion: Option<At<bool>>,
    /// Servers it asks for other names.
    pub forwarders: Vec<At<IpAddr>>,
    /// Whether it asks nobody else when its forwarders do not answer.
    pub forward_only: Option<At<bool>>,
    /// Folder that relative names of zone files start from.
    pub directory: Option<At<String>>,
    /// Zones it serves, by origin.
    pub zones: BTreeMap<DomainName, At<ZoneDeclaration>>,
    /// Whether different clients get different zones; not modeled.
    pub views: bool,
    /// Whether the server refuses to start with these settings, and why (first error).
    pub broken: Option<At<String>>,
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
