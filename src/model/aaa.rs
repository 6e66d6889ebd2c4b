//! RADIUS clients (RFC 2865), 802.1X and network time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::model::secret::Secret;
use crate::source::At;

/// RADIUS and 802.1X settings of an authenticator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aaa {
    /// Whether `aaa new-model` (or its like) is on.
    pub enabled: Option<At<bool>>,
    /// Servers by name (address text where the server has none).
    pub servers: BTreeMap<String, RadiusServer>,
    /// Groups: names of servers in order.
    pub groups: BTreeMap<String, Vec<At<String>>>,
    /// Groups that 802.1X asks, in order (`radius` is all servers).
    pub dot1x_groups: Vec<At<String>>,
    /// Whether 802.1X is on for the whole device.
    pub dot1x: Option<At<bool>>,
    /// Seconds to wait for an answer, for servers that do not say.
    pub timeout: Option<At<u32>>,
    /// Times a request is repeated, for servers that do not say.
    pub retransmit: Option<At<u32>>,
    /// Minutes a silent server is not asked.
    pub deadtime: Option<At<u32>>,
    /// The same for the servers of one group.
    pub group_deadtime: BTreeMap<String, At<u32>>,
    /// Interface whose address requests come from.
    pub source_interface: Option<At<String>>,
    /// Key for servers that do not say.
    pub key: Option<At<Secret>>,
}

/// One RADIUS server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RadiusServer {
    /// Name.
    pub name: String,
    /// Address.
    pub address: Option<At<Ipv4Addr>>,
    /// Port for authentication.
    pub auth_port: Option<At<u16>>,
    /// Port for accounting.
    pub acct_port: Option<At<u16>>,
    /// Seconds to wait for an answer.
    pub timeout: Option<At<u32>>,
    /// Times a request is repeated.
    pub retransmit: Option<At<u32>>,
    /// Shared key.
    pub key: Option<At<Secret>>,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
}

/// Network time of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ntp {
    /// Servers and peers.
    pub servers: Vec<At<IpAddr>>,
    /// Whether it serves time itself, at this stratum.
    pub master: Option<At<u8>>,
    /// Whether it answers clients, where that must be said.
    pub serves: Option<At<bool>>,
}
