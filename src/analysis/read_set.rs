//! Whether a change meets what a requirement read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::model::interface::InterfaceKind;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;

use super::{Delivery, PacketBox, ReadSet, Recipient, layer2};

/// How a facet stands to a read-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meeting {
    /// It was not read.
    Apart,
    /// It was read only because an unread statement could send packets there.
    Envelope,
    /// It was read.
    Read,
}

impl Recipient {
    /// Whether what had an address still has it: one host is as good as another, and routers that
    /// share an address may give it to one of them.
    fn follows(&self, before: &Self) -> bool {
        match self {
            Self::Host => true,
            Self::Virtual => matches!(before, Self::Virtual | Self::Router(_)),
            Self::Router(_) => before == self || *before == Self::Virtual,
            Self::Nobody => *before == Self::Nobody,
        }
    }
}

impl ReadSet {
    /// How a facet that may differ stands to what was read; give each version that exists.
    pub fn meeting(&self, device: &str, key: &FacetKey, versions: &[&Facet]) -> Meeting {
        let entry = (Arc::<str>::from(device), key.clone());
        if self.facets.contains(&entry)
            || self.kinds.contains(&(entry.0.clone(), key.kind))
            || self.ospf_filters.contains(&entry)
            || versions.iter().any(|facet| self.meets_lookup(facet))
        {
            return Meeting::Read;
        }
        if self.envelope.contains(&entry) {
            Meeting::Envelope
        } else {
            Meeting::Apart
        }
    }

    /// Whether a facet answers something that was looked for by value, not by name.
    fn meets_lookup(&self, facet: &Facet) -> bool {
        match facet {
            Facet::Interface(interface) => {
                let address = interface
                    .addresses
                    .iter()
                    .any(|at| self.wants(at.value.net));
                let svi = matches!(interface.kind, InterfaceKind::Svi(vlan) if self.vlans.contains(&vlan));
                let carries = !self.vlans.is_empty()
                    && interface.switchport.as_ref().is_some_and(|port| {
                        self.vlans.iter().any(|vlan| {
                            port.access_vlan.as_ref().map_or(1, |access| access.value) == *vlan
                                || port
                                    .voice_vlan
                                    .as_ref()
                                    .is_some_and(|voice| voice.value == *vlan)
                                || is_trunk(port)
                                    && port.allowed.as_ref().is_none_or(|set| set.contains(*vlan))
                        })
                    });
                address || svi || carries || ((self.ospf || self.exchange) && takes_part(interface))
            }
            Facet::Vlan(vlan) => {
                self.vlans.contains(&vlan.id)
                    || (self.exchange && vlan.network_identifier.is_some())
            }
            Facet::StaticRoute(routes) => self.exchange || self.wants(routes.prefix),
            Facet::Ospf(_) => self.ospf,
            Facet::RouteMap(_) | Facet::PrefixList(_) => self.exchange || self.ospf,
            Facet::Vrf(_)
            | Facet::AsPathList(_)
            | Facet::CommunityList(_)
            | Facet::Bgp(_)
            | Facet::Eigrp(_)
            | Facet::Isis(_)
            | Facet::Rip(_)
            | Facet::Track(_)
            | Facet::KeyChain(_) => self.exchange,
            Facet::System(_)
            | Facet::Acl(_)
            | Facet::ObjectGroup(_)
            | Facet::Nat(_)
            | Facet::Zone(_)
            | Facet::ZonePair(_)
            | Facet::ClassMap(_)
            | Facet::PolicyMap(_)
            | Facet::Inspection(_)
            | Facet::Firewall(_)
            | Facet::PacketFilter(_)
            | Facet::DhcpScope(_)
            | Facet::DhcpServer(_)
            | Facet::DnsZone(_)
            | Facet::DnsServer(_)
            | Facet::Aaa(_)
            | Facet::Ntp(_) => false,
        }
    }

    /// Whether a prefix meets a destination whose routes were solved.
    fn wants(&self, prefix: Ipv4Net) -> bool {
        let prefix = prefix.trunc();
        self.goals
            .iter()
            .any(|goal| goal.contains(&prefix) || prefix.contains(goal))
    }

    /// Adds what `other` read.
    pub fn merge(&mut self, other: &Self) {
        self.facets.extend(other.facets.iter().cloned());
        self.kinds.extend(other.kinds.iter().cloned());
        self.goals.extend(&other.goals);
        self.ospf |= other.ospf;
        self.exchange |= other.exchange;
        if self.ospf_filters.is_empty() {
            self.ospf_filters = Arc::clone(&other.ospf_filters);
        }
        self.vlans.extend(&other.vlans);
        self.holes.extend(other.holes.iter().cloned());
        self.envelope.extend(other.envelope.iter().cloned());
        for (address, ports) in &other.host_ports {
            let known = self.host_ports.entry(*address);
            let known = known.or_insert_with(|| Arc::clone(ports));
            if known != ports {
                let known = Arc::make_mut(known);
                known.behind.extend(ports.behind.iter().cloned());
                known.carrying.extend(ports.carrying.iter().cloned());
            }
        }
        self.deliveries.extend(other.deliveries.iter().cloned());
        self.astray.extend(other.astray.iter().cloned());
        self.aims
            .extend(other.aims.iter().map(|(aim, draws)| (aim.clone(), *draws)));
    }

    /// A device and its interface by which a hole could make a difference that it could not make in
    /// `before`: packets that it sent there would have arrived, and now would not.
    ///
    /// A service that moved is compared by how many of its destinations fail. What a hole sent to an
    /// interface that was not there was lost before as well, unless the new device draws packets.
    pub fn goes_astray_more(&self, before: &Self) -> Option<(Arc<str>, Arc<str>)> {
        let count = |reads: &Self| {
            let mut failing: BTreeMap<(Arc<str>, Arc<str>, PacketBox), usize> = BTreeMap::new();
            for (device, interface, packets) in &reads.astray {
                let aim = (device.clone(), interface.clone());
                let draws = reads.aims.get(&aim).copied().unwrap_or(true);
                if !draws && !before.aims.contains_key(&aim) {
                    continue;
                }
                let question = PacketBox {
                    destination: PacketBox::ALL.destination,
                    ..*packets
                };
                *failing
                    .entry((device.clone(), interface.clone(), question))
                    .or_default() += 1;
            }
            failing
        };
        let old = count(before);
        count(self)
            .into_iter()
            .find(|(key, number)| old.get(key).is_none_or(|known| known < number))
            .map(|((device, interface, _), _)| (device, interface))
    }

    /// Ports that a host may be behind, and that no longer carry its VLAN in `after`.
    pub fn left_by(&self, after: &Self) -> BTreeMap<Ipv4Addr, BTreeSet<layer2::hosts::Carrier>> {
        let both = self.host_ports.iter().filter_map(|(address, ports)| {
            let now = after.host_ports.get(address)?;
            let left: BTreeSet<_> = ports.behind.difference(&now.carrying).cloned().collect();
            (!left.is_empty()).then_some((*address, left))
        });
        both.collect()
    }

    /// Servers to which packets went that arrive elsewhere in `after`, in words: at another address
    /// or port, at a router that did not have the address, or where nobody is known to have it.
    ///
    /// Who answers there is in no file, so that it may be the right one.
    pub fn moved(&self, after: &Self) -> Vec<String> {
        let mut out = Vec::new();
        for now in &after.deliveries {
            let same = |one: &&Delivery| one.sent_to == now.sent_to;
            let mut before = self.deliveries.iter().filter(same).peekable();
            let Some(first) = before.peek() else {
                continue;
            };
            let (to, was) = (now.sent_to.0, first.arrives_at.0);
            let known = before.any(|one| {
                one.arrives_at == now.arrives_at && now.recipient.follows(&one.recipient)
            });
            if !known {
                let (address, port) = now.arrives_at;
                let who = match &now.recipient {
                    Recipient::Host => "the host that has",
                    Recipient::Virtual => "the routers that share",
                    Recipient::Router(name) => &format!("{name}, which has"),
                    Recipient::Nobody => "whoever has",
                };
                let port = if port == 0 {
                    String::new()
                } else {
                    format!(" (port {port})")
                };
                out.push(format!(
                    "whether {who} {address}{port} serves what is sent to {to} and arrived at \
                     {was} before"
                ));
            }
        }
        out
    }

    /// Notes that a facet was read, or looked for.
    pub fn read(&mut self, device: &Arc<str>, kind: FacetKind, name: &str) {
        self.facets
            .insert((device.clone(), FacetKey::new(kind, name)));
    }
}

/// Whether a port may carry more than the VLANs of an access port.
fn is_trunk(port: &crate::model::interface::Switchport) -> bool {
    let access = crate::model::interface::SwitchportMode::Access;
    port.mode.as_ref().is_none_or(|mode| mode.value != access)
}

/// Whether an interface could take part in a routing protocol: it has an address, or settings.
fn takes_part(interface: &crate::model::interface::Interface) -> bool {
    !interface.addresses.is_empty()
        || interface.ospf != crate::model::ospf::InterfaceOspf::default()
        || interface.isis != crate::model::isis::InterfaceIsis::default()
        || interface.rip != crate::model::rip::InterfaceRip::default()
        || !interface.eigrp.is_empty()
        || interface.vxlan.is_some()
}
