//! What servers answered to probes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Of a name server.
    Dns(Box<DnsAnswer>),
    /// Of a time server.
    Ntp(Box<NtpAnswer>),
    /// Of a TLS server.
    Tls(Box<TlsAnswer>),
    /// Of a web server.
    Http(HttpAnswer),
    /// Of an echoing host.
    Echo(EchoAnswer),
    /// Of a RADIUS server.
    Radius(RadiusAnswer),
    /// Of a DHCP server.
    Dhcp(Box<DhcpAnswer>),
    /// Of a host on the path.
    Hop(HopAnswer),
}

/// What a RADIUS server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RadiusAnswer {
    /// Access-Accept, Access-Reject, Access-Challenge, or the code's number.
    pub code: String,
    /// Whether it is signed with the secret of the site.
    pub verified: bool,
    /// Whether it holds a Message-Authenticator (RFC 3579 §3.2).
    pub has_message_authenticator: bool,
}

/// What a DHCP server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DhcpAnswer {
    /// OFFER, ACK, NAK, or the type's number.
    pub message: String,
    /// The server's own address.
    pub server: Option<String>,
    /// The offered address, which is never requested.
    pub offered: Option<String>,
    /// Seconds of the lease.
    pub lease_s: Option<u32>,
    /// Routers.
    pub routers: Vec<String>,
    /// Name servers in order of preference.
    pub name_servers: Vec<String>,
    /// Time servers in order of preference.
    pub time_servers: Vec<String>,
    /// Domain name.
    pub domain: Option<String>,
}

/// What a host on the path says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HopAnswer {
    /// Its address.
    pub from: String,
    /// Whether it is the target.
    pub is_target: bool,
    /// Largest packet that passes beyond it, where it says that this one does not.
    pub next_mtu: Option<u16>,
}

/// What a name server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a bit of the header of a DNS message"
)]
pub struct DnsAnswer {
    /// Response code: NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, or its number.
    pub rcode: String,
    /// Whether the server is authoritative (AA).
    pub authoritative: bool,
    /// Whether the answer was cut (TC).
    pub truncated: bool,
    /// Whether the server recurses (RA).
    pub recursion_available: bool,
    /// Largest UDP answer that the server takes; `null` without EDNS.
    pub edns_size: Option<u16>,
    /// Records of the answer section, `name ttl type data`, sorted.
    pub records: Vec<DnsRecord>,
    /// Serial of the zone's SOA record, where one came.
    pub serial: Option<u32>,
    /// Seconds that a negative answer is kept (RFC 2308 §5).
    pub negative_ttl: Option<u32>,
    /// Owner of the SOA record that came: the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Whether the server says that it has validated the answer (AD).
    #[serde(default)]
    pub authenticated: bool,
    /// Codes of extended errors (RFC 8914).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended_errors: Vec<u16>,
    /// Name servers of the authority section.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_servers: Vec<DnsRecord>,
    /// Addresses of the additional section.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<DnsRecord>,
    /// Signatures of the answer section (RFC 4034 §3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<DnsSignature>,
}

/// A signature over records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DnsSignature {
    /// Name.
    pub name: String,
    /// Type that is signed.
    pub covers: String,
    /// Seconds to keep the records, as the zone has it and no cache counts down.
    pub original_ttl: u32,
    /// First second since 1970, modulo 2^32.
    pub inception: u32,
    /// Last second since 1970, modulo 2^32.
    pub expiration: u32,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DnsRecord {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: String,
    /// Data.
    pub data: String,
    /// Seconds to keep it.
    pub ttl: u32,
}

/// What a time server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NtpAnswer {
    /// Distance to a reference clock; 16: not synchronized, 0: a refusal (RFC 5905 §7.3).
    pub stratum: u8,
    /// Leap indicator; 3: not synchronized.
    pub leap: u8,
    /// Server's clock minus this host's, in milliseconds.
    pub offset_ms: f64,
    /// Round trip without the server's own time, in milliseconds.
    pub delay_ms: f64,
    /// Server's own distance to the reference clock in milliseconds.
    pub root_delay_ms: f64,
    /// Server's own error bound in milliseconds.
    pub root_dispersion_ms: f64,
    /// Reference: an address, a source's name or a kiss code.
    pub reference: String,
}

/// What a TLS server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsAnswer {
    /// Version, as `1.2`.
    pub version: Option<String>,
    /// Cipher suite.
    pub suite: Option<String>,
    /// Microseconds of the TCP connection.
    pub connect_us: Option<u64>,
    /// Microseconds of the handshake alone.
    pub handshake_us: Option<u64>,
    /// Certificates that the server sent.
    pub certificates: usize,
    /// When the server's certificate begins, RFC 3339.
    pub not_before: Option<String>,
    /// When the server's certificate ends, RFC 3339.
    pub not_after: Option<String>,
    /// Whether the certificate is for the name that pumps use.
    pub names_match: Option<bool>,
    /// Whether the server asked for a client certificate.
    pub asks_client_certificate: bool,
}

/// What a web server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HttpAnswer {
    /// Status code.
    pub status: u16,
    /// Version, as `HTTP/1.1`.
    pub version: String,
}

/// What an echoing host says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EchoAnswer {
    /// Path MTU as this host's kernel knows it.
    pub path_mtu: Option<u32>,
}
