//! Blocks of statements.

use super::{bgp, eigrp, object_group};
use crate::model::interface::FirstHopProtocol;
use crate::syntax::Effect;

/// The block of a statement, with what its lines change.
#[derive(Debug, Clone)]
pub(in crate::dialect) enum Block {
    /// An interface, by index of its facet.
    Interface(u32),
    /// A VRRP group in its own block: index of the interface's facet, group.
    Vrrp(u32, u16),
    /// A group of first-hop redundancy: index of the interface's facet, protocol, group.
    FirstHop(u32, FirstHopProtocol, u16),
    /// VLANs, by number.
    Vlans(Vec<u16>),
    /// An ACL: index of its facet, whether it is a standard one.
    Acl(u32, bool),
    /// An object group, by index of its facet.
    ObjectGroup(u32, object_group::GroupKind),
    /// An OSPF process, by index of its facet.
    Ospf(u32),
    /// An entry of a route map: index of its facet, sequence number.
    RouteMap(u32, u32),
    /// A prefix list, by index of its facet.
    PrefixList(u32),
    /// A community list: index of its facet, whether it is over extended communities, whether its
    /// lines are expressions.
    CommunityList(u32, bool, bool),
    /// A part of a BGP process: index of its facet, which part.
    Bgp(u32, bgp::Part),
    /// A part of EIGRP.
    Eigrp(eigrp::Part),
    /// RIP in one VRF, by index of its facet.
    Rip(u32),
    /// An IS-IS process, by index of its facet.
    Isis(u32),
    /// A tracked object, by index of its facet.
    Track(u32),
    /// A probe, by number.
    Probe(u32),
    /// A key chain by index of its facet, or a key of it.
    KeyChain(u32, Option<u32>),
    /// A DHCP pool, by index of its facet.
    Pool(u32),
    /// A RADIUS server, by name.
    RadiusServer(String),
    /// A group of RADIUS servers, by name.
    RadiusGroup(String),
    /// A VRF, by index of its facet.
    Vrf(u32),
    /// A filter of the numbers of peers, by name.
    PeerFilter(String),
    /// A block with nothing but notes.
    Described,
    /// A zone pair, by index of its facet.
    ZonePair(u32),
    /// A class map, by index of its facet.
    ClassMap(u32),
    /// A policy map, by index of its facet.
    PolicyMap(u32),
    /// A class of a policy map: index of the facet, name (none: all others).
    PolicyClass(u32, Option<String>),
    /// A pool of translation, by name.
    NatPool(String),
    /// Network identifiers of tunnels: index of their interface's facet, which.
    Tunnels(u32, Vec<u32>),
    /// The broadcast domains that EVPN stretches: index of the facet of BGP.
    Domains(u32),
}

impl Block {
    /// What a line of the block that is not understood could do.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Interface(_) | Self::Vrrp(..) | Self::FirstHop(..) | Self::Tunnels(..) => {
                Effect::Interface
            }
            Self::NatPool(_) => Effect::Device,
            Self::Described => Effect::InterfaceFilter,
            Self::Vlans(_) | Self::Domains(_) => Effect::Switching,
            Self::Acl(..)
            | Self::ObjectGroup(..)
            | Self::ZonePair(_)
            | Self::ClassMap(_)
            | Self::PolicyMap(_)
            | Self::PolicyClass(..) => Effect::Filter,
            Self::Ospf(_)
            | Self::Vrf(_)
            | Self::PeerFilter(_)
            | Self::RouteMap(..)
            | Self::PrefixList(_)
            | Self::CommunityList(..)
            | Self::Bgp(..)
            | Self::Eigrp(_)
            | Self::Rip(_)
            | Self::Isis(_)
            | Self::Track(_)
            | Self::Probe(_)
            | Self::KeyChain(..) => Effect::Routing,
            Self::Pool(_) => Effect::Scope,
            Self::RadiusServer(_) | Self::RadiusGroup(_) => Effect::Authentication,
        }
    }
}
