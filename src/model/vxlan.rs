//! VXLAN tunnels (RFC 7348) and fabrics of EVPN over them (RFC 7432, RFC 8365, RFC 9136).

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::model::bgp::{BgpPeer, PeerName};
use crate::source::At;

/// Tunnels of a device, as settings of the interface that stands for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vxlan {
    /// Full name of the interface at whose address tunnels begin and end.
    pub source: Option<At<String>>,
    /// Whether that is its secondary address, where it has one.
    pub by_secondary: bool,
    /// UDP port; `None` is that of the registry.
    pub port: Option<At<u16>>,
    /// Network identifiers of VLANs.
    pub vlans: BTreeMap<u16, At<u32>>,
    /// Network identifiers of VRFs.
    pub vrfs: BTreeMap<String, At<u32>>,
    /// Far ends that are configured, by VLAN; `None` is every VLAN.
    pub floods: BTreeMap<Option<u16>, At<BTreeSet<Ipv4Addr>>>,
    /// Identifiers that take part where the text lists them, with whether each is a VRF's.
    pub members: BTreeMap<u32, At<bool>>,
    /// Identifiers whose frames to several hosts go to a multicast group.
    pub multicast: BTreeMap<u32, At<()>>,
}

/// What a BGP process does with EVPN.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a default of the dialect or a switch that no other follows from"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BgpFabric {
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Settings of peers for this family.
    pub peers: BTreeMap<PeerName, BgpPeer>,
    /// Settings of groups and templates for this family.
    pub groups: BTreeMap<String, BgpPeer>,
    /// Whether what is said of a peer outside of families holds for this one.
    pub inherits: bool,
    /// Whether it keeps and passes on paths that none of its VRFs takes.
    pub retains: bool,
    /// Whether routes of VRFs that come from the fabric have the distance of local ones.
    pub local_distance: bool,
    /// Whether paths name the primary address of the tunnels, where these use a secondary one.
    pub names_primary: bool,
    /// Broadcast domains that take part, by name.
    pub domains: BTreeMap<String, FabricDomain>,
    /// Settings that change routes in a way that is not modeled.
    pub unread: BTreeSet<String>,
}

/// A VLAN, or a bundle of VLANs, that EVPN stretches (a MAC-VRF).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FabricDomain {
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Its VLANs.
    pub vlans: BTreeSet<u16>,
    /// Route distinguisher.
    pub distinguisher: Option<At<String>>,
    /// Route targets whose paths it takes.
    pub imports: BTreeMap<String, At<()>>,
    /// Route targets that its paths carry.
    pub exports: BTreeMap<String, At<()>>,
}
