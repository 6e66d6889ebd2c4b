//! Requirements: what a pump group needs of a service, through all its stages.

use std::fmt;

use crate::intent::site::{Reaction, Site};

/// Identifies a requirement: `group/network/firmware/service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(pub String);

impl fmt::Display for RequirementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a pump group needs of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Id.
    pub id: RequirementId,
    /// Group id.
    pub group: String,
    /// Network id.
    pub network: String,
    /// Firmware version.
    pub firmware: String,
    /// Service id.
    pub service: String,
    /// Care area.
    pub area: String,
    /// How soon harm begins.
    pub reaction: Reaction,
    /// Number of pumps.
    pub count: u32,
}

/// Stages that a requirement goes through, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Joins the VLAN or wireless network, and reaches its gateway on layer 2.
    Attach,
    /// The authenticator reaches the authentication server.
    Authenticate,
    /// Is admitted to the right VLAN and filter.
    Authorize,
    /// Gets an address and the settings that come with it.
    Address,
    /// Resolves the service's name.
    Resolve,
    /// Keeps time.
    Time,
    /// Packets reach the server and answers come back.
    Connect,
    /// Agrees on TLS.
    Secure,
    /// Keeps a long connection.
    Session,
    /// The server reaches what it needs itself.
    Upstream,
}

impl Stage {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Authenticate => "authenticate",
            Self::Authorize => "authorize",
            Self::Address => "address",
            Self::Resolve => "resolve",
            Self::Time => "time",
            Self::Connect => "connect",
            Self::Secure => "secure",
            Self::Session => "session",
            Self::Upstream => "upstream",
        }
    }
}

/// Every requirement of a site, in the order of the file.
pub(super) fn enumerate(site: &Site) -> Vec<Requirement> {
    let mut out = Vec::new();
    for group in &site.pumps {
        for network in &group.on {
            for firmware in &group.firmware {
                for service in &group.uses {
                    let id = format!("{}/{network}/{}/{service}", group.id, firmware.version);
                    out.push(Requirement {
                        id: RequirementId(id),
                        group: group.id.clone(),
                        network: network.clone(),
                        firmware: firmware.version.clone(),
                        service: service.clone(),
                        area: group.area.clone(),
                        reaction: group.reaction,
                        count: firmware.count,
                    });
                }
            }
        }
    }
    out
}
