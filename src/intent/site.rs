//! The site file, checked.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::intent::{Field, Place};
use crate::net::{DomainName, IpNet, Ipv4Net};

/// A hospital's pumps, services and networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name of the site.
    pub name: String,
    /// Owners by role.
    pub owners: BTreeMap<String, Owner>,
    /// Services by id.
    pub services: BTreeMap<String, Service>,
    /// Service kinds that the site says it has none of, with the reason.
    pub without: BTreeMap<ServiceKind, String>,
    /// Pump networks by id.
    pub networks: BTreeMap<String, Network>,
    /// Hosts that have no network configuration of their own, by name.
    pub hosts: BTreeMap<String, Host>,
    /// Pump groups in the order of the file.
    pub pumps: Vec<PumpGroup>,
    /// Sources whose new reach into pump networks is a finding.
    pub protect: Vec<Protect>,
    /// Where the snapshots end, and what is assumed beyond.
    pub boundaries: Vec<Boundary>,
    /// Where live measurements are made from.
    pub vantages: Vec<Vantage>,
    /// Outages that harmed nobody.
    pub survived: Vec<Survived>,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Address.
    pub contact: String,
    /// Where it is declared.
    pub place: Place,
}

/// Kinds of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    /// Authenticates network access.
    Radius,
    /// Leases addresses.
    Dhcp,
    /// Resolves names.
    Dns,
    /// Tells the time.
    Ntp,
    /// The pumps' own server.
    PumpGateway,
    /// Clinical messages, HL7 version 2 over MLLP.
    Hl7,
    /// A directory that other services ask.
    Ldap,
    /// Enrolls or revokes certificates.
    Certificate,
    /// Anything else reached by address or name, and port.
    Other,
}

impl ServiceKind {
    /// Every kind with its name in files.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Radius, "radius"),
        (Self::Dhcp, "dhcp"),
        (Self::Dns, "dns"),
        (Self::Ntp, "ntp"),
        (Self::PumpGateway, "pump-gateway"),
        (Self::Hl7, "hl7"),
        (Self::Ldap, "ldap"),
        (Self::Certificate, "certificate"),
        (Self::Other, "other"),
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("other", |(_, name)| name)
    }
}

/// A transport protocol and port, or ICMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// TCP.
    Tcp(u16),
    /// UDP.
    Udp(u16),
    /// ICMP echo.
    Icmp,
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Id.
    pub id: String,
    /// Kind.
    pub kind: ServiceKind,
    /// Addresses of its servers, in order.
    pub servers: Vec<Ipv4Addr>,
    /// Name that pumps resolve; `None`: they hold addresses.
    pub name: Option<DomainName>,
    /// Ports; the kind's well-known ones where the site gives none.
    pub ports: Vec<Port>,
    /// With fewer servers the service is lost.
    pub need: usize,
    /// With fewer servers the service is degraded.
    pub want: usize,
    /// Lowest TLS version that it accepts, as written.
    pub tls_min: Option<String>,
    /// What each of its servers can take; `None`: nobody says.
    pub capacity: Option<Capacity>,
    /// Services that it needs itself.
    pub uses: Vec<String>,
    /// Owner's role.
    pub owner: Option<String>,
    /// Whether it may be probed.
    pub probe: bool,
    /// Whether a hello of TLS 1.0 and 1.1, made by hand, may be sent to it.
    pub legacy_tls: bool,
    /// Domains that its clients append to names, in order; of name servers.
    pub search: Vec<DomainName>,
    /// Records that must be there for it.
    pub records: Vec<RequiredRecord>,
    /// Where the secrets of a test account lie; of RADIUS servers.
    pub account: Option<TestAccount>,
    /// Where it is declared.
    pub place: Place,
}

/// A record that a service needs besides its address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredRecord {
    /// Its type: one of [`RECORD_TYPES`].
    pub kind: String,
    /// Its name.
    pub name: DomainName,
    /// Its data as zone files write it; `None`: any.
    pub data: Option<String>,
}

/// Types of records that a service may need.
pub const RECORD_TYPES: &[&str] = &["SRV", "TXT", "NAPTR", "MX", "PTR", "CNAME", "A", "AAAA"];

/// Paths of files that hold the secrets of a test account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestAccount {
    /// Of the secret that the server shares with this host.
    pub secret_file: String,
    /// Name of the user, and the file of its password.
    pub user: Option<(String, String)>,
}

/// What a server can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Requests a second: handshakes of a gateway, authentications of RADIUS, questions of others.
    pub per_s: u32,
    /// Requests that may wait; `None`: nobody says.
    pub backlog: Option<u32>,
    /// Milliseconds of one worker's time for a pump's message; `None`: nobody says.
    pub message_ms: Option<u32>,
    /// Where that is known from.
    pub source: String,
}

/// A network that pumps are on.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Id.
    pub id: String,
    /// Name of the wireless network.
    pub ssid: Option<String>,
    /// VLAN.
    pub vlan: Option<u16>,
    /// Subnet.
    pub subnet: Ipv4Net,
    /// Whether wireless traffic is switched at the controller (`central`) or the access point.
    pub central_switching: bool,
    /// Wireless controllers (devices or hosts), which authenticate the clients.
    pub controllers: Vec<String>,
    /// Where it is declared.
    pub place: Place,
}

/// A host without a network configuration of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name; files of a device of this name are its own.
    pub name: String,
    /// Address with prefix length.
    pub address: Ipv4Net,
    /// Default gateway; `None`: the first-hop address of its subnet.
    pub gateway: Option<Ipv4Addr>,
    /// Where it is declared.
    pub place: Place,
}

/// How soon harm begins without therapy data or therapy (IEC 60601-1 network classes' second axis).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reaction {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

impl Reaction {
    /// Longest transient in seconds that is not yet a loss for this reaction.
    ///
    /// The unit's own upper end: below a minute, below an hour, below a day.
    pub fn tolerates_s(self) -> u64 {
        match self {
            Self::Seconds => 60,
            Self::Minutes => 3_600,
            Self::Hours => 86_400,
        }
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }
}

/// Pumps of one firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Version; `unknown` is a version of its own.
    pub version: String,
    /// Number of pumps.
    pub count: u32,
}

/// Pumps of one profile that are used alike.
#[derive(Debug, Clone, PartialEq)]
pub struct PumpGroup {
    /// Id.
    pub id: String,
    /// Profile id.
    pub profile: String,
    /// Firmware versions with counts; never empty.
    pub firmware: Vec<Firmware>,
    /// Networks they roam on; they must work on each.
    pub on: Vec<String>,
    /// Care area.
    pub area: String,
    /// How soon harm begins.
    pub reaction: Reaction,
    /// Whether they get addresses from DHCP (`true`) or hold them (`false`).
    pub dhcp: bool,
    /// Services they need, by id.
    pub uses: Vec<String>,
    /// Owner's role.
    pub owner: Option<String>,
    /// Answers to questions about the profile, by field path.
    pub answers: BTreeMap<String, Field>,
    /// Where it is declared.
    pub place: Place,
}

/// Sources that must not newly reach pump networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// Networks by id.
    pub into: Vec<String>,
    /// Source.
    pub from: IpNet,
    /// Why.
    pub because: String,
    /// Where it is declared.
    pub place: Place,
}

/// What is assumed beyond a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssumedBeyond {
    /// Packets pass and answers come back.
    Permits,
    /// Packets do not pass.
    Denies,
    /// Nothing is assumed.
    Unknown,
}

/// An interface beyond which the snapshots show nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Device.
    pub device: String,
    /// Interface, full name where the device is known.
    pub interface: String,
    /// What lies beyond.
    pub beyond: String,
    /// What is assumed of it.
    pub assume: AssumedBeyond,
    /// What shows that it is so.
    pub evidence: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// A place that live measurements are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vantage {
    /// Id.
    pub id: String,
    /// Pump networks that it speaks for, by id.
    pub networks: Vec<String>,
    /// How it is reached.
    pub via: Via,
    /// Address or interface there that packets leave from.
    pub source: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// How a vantage is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// This host, or a network namespace of it.
    Here(Option<String>),
    /// A host over the system's OpenSSH.
    Ssh(String),
    /// A Prometheus blackbox exporter, by its address.
    Blackbox(String),
    /// Somebody carries a bundle there and the result back.
    Bundle,
}

impl Via {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Here(None) => "here",
            Self::Here(Some(_)) => "namespace",
            Self::Ssh(_) => "ssh",
            Self::Blackbox(_) => "blackbox",
            Self::Bundle => "bundle",
        }
    }
}

/// An outage that harmed nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survived {
    /// What was down.
    pub what: String,
    /// For how long, in seconds.
    pub outage_s: u64,
    /// Date as written.
    pub on: String,
    /// Where it is declared.
    pub place: Place,
}

impl Site {
    /// The vantage that a measurement names: by its id or, where that stands for a group of an
    /// inventory, by its id, `/` and the host.
    pub fn vantage(&self, id: &str) -> Option<&Vantage> {
        let find = |id: &str| self.vantages.iter().find(|known| known.id == id);
        find(id).or_else(|| find(id.rsplit_once('/')?.0))
    }

    /// The pump network that holds an address.
    pub fn network_of(&self, address: IpAddr) -> Option<&Network> {
        let IpAddr::V4(address) = address else {
            return None;
        };
        self.networks
            .values()
            .find(|network| network.subnet.contains(&address))
    }
}
