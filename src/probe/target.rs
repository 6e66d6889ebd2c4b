//! Servers that may be asked, and why others may not.

use std::net::{IpAddr, Ipv4Addr};

use crate::intent::{Place, Service, ServiceKind, Site};

/// A server of the site file that a probe may address.
///
/// There is no other way to make one than [`Target::of_service`], and no way to change it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Address.
    address: Ipv4Addr,
    /// Id of the service.
    service: String,
    /// Where the service is declared.
    place: Place,
    /// Whether one of the guarded services is on the host.
    is_fragile: bool,
}

/// Why a server is not asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// Nothing in a pump network is ever asked.
    #[error("{address} lies in pump network `{network}`: nothing there is ever probed")]
    PumpNetwork {
        /// Address.
        address: Ipv4Addr,
        /// The pump network.
        network: String,
    },
    /// The site file does not allow it.
    #[error("{address} is of `{service}` ({kind}), which does not say `probe: allow`")]
    NotAllowed {
        /// Address.
        address: Ipv4Addr,
        /// The service whose permission is missing.
        service: String,
        /// Its kind.
        kind: &'static str,
    },
    /// The site file names nobody to ask.
    #[error("{address} is of `{service}` ({kind}), which names no owner that `owners` lists")]
    NoOwner {
        /// Address.
        address: Ipv4Addr,
        /// The service whose owner is missing.
        service: String,
        /// Its kind.
        kind: &'static str,
    },
    /// More than one host would get the packet.
    #[error("{address} is not the address of one host")]
    NotOneHost {
        /// Address.
        address: Ipv4Addr,
    },
}

impl Target {
    /// Every server of a service: those that may be asked, and why the others may not.
    ///
    /// A host is asked nothing at all if one of the guarded services on it does not allow probes:
    /// the promise is about machines, not about ports.
    pub fn of_service(site: &Site, id: &str) -> Vec<Result<Self, Refusal>> {
        let Some(service) = site.services.get(id) else {
            return Vec::new();
        };
        service
            .servers
            .iter()
            .map(|address| {
                refusal(site, *address).map_or_else(
                    || {
                        Ok(Self {
                            address: *address,
                            service: service.id.clone(),
                            place: service.place,
                            is_fragile: guarded_at(site, *address).next().is_some(),
                        })
                    },
                    Err,
                )
            })
            .collect()
    }

    /// Address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Id of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Whether the first error ends what is asked of the host.
    pub fn is_fragile(&self) -> bool {
        self.is_fragile
    }

    /// Where the service is declared.
    pub fn place(&self) -> Place {
        self.place
    }
}

/// The guarded services on a host.
fn guarded_at(site: &Site, address: Ipv4Addr) -> impl Iterator<Item = &Service> {
    site.services
        .values()
        .filter(move |service| is_guarded(service.kind) && service.servers.contains(&address))
}

/// Why an address must not be asked; `None`: it may.
fn refusal(site: &Site, address: Ipv4Addr) -> Option<Refusal> {
    if let Some(network) = site.network_of(IpAddr::V4(address)) {
        return Some(Refusal::PumpNetwork {
            address,
            network: network.id.clone(),
        });
    }
    if address.is_multicast() || address.is_broadcast() || address.is_unspecified() {
        return Some(Refusal::NotOneHost { address });
    }
    guarded_at(site, address).find_map(|service| missing_permission(site, service, address))
}

/// What a guarded service lacks.
fn missing_permission(site: &Site, service: &Service, address: Ipv4Addr) -> Option<Refusal> {
    let (id, kind) = (service.id.clone(), service.kind.name());
    if !service.probe {
        return Some(Refusal::NotAllowed {
            address,
            service: id,
            kind,
        });
    }
    let owned = service
        .owner
        .as_ref()
        .is_some_and(|role| site.owners.contains_key(role));
    (!owned).then_some(Refusal::NoOwner {
        address,
        service: id,
        kind,
    })
}

/// Whether a kind is probed only with permission: what pumps lean on while they infuse, and
/// servers that a stray packet can set back.
fn is_guarded(kind: ServiceKind) -> bool {
    match kind {
        ServiceKind::PumpGateway | ServiceKind::Hl7 | ServiceKind::Radius | ServiceKind::Dhcp => {
            true
        }
        ServiceKind::Dns
        | ServiceKind::Ntp
        | ServiceKind::Ldap
        | ServiceKind::Certificate
        | ServiceKind::Other => false,
    }
}
