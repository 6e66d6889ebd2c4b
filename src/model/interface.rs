//! Interfaces and VLANs.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::eigrp::InterfaceEigrp;
use crate::model::isis::InterfaceIsis;
use crate::model::nat::Side;
use crate::model::ospf::InterfaceOspf;
use crate::model::rip::InterfaceRip;
use crate::model::secret::Secret;
use crate::model::vxlan::Vxlan;
use crate::net::{Ipv4Net, VlanSet};
use crate::source::{At, StatementRef};

/// What an interface is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum InterfaceKind {
    /// A port.
    #[default]
    Physical,
    /// A part of `parent` with an 802.1Q tag (`None`: untagged or not said).
    Subinterface {
        /// Full name of the interface it is part of.
        parent: String,
        /// The tag.
        vlan: Option<u16>,
    },
    /// The routed interface of a VLAN.
    Svi(u16),
    /// Always up, on no wire.
    Loopback,
    /// A bundle of member ports, by number.
    PortChannel(u32),
    /// A tunnel.
    Tunnel,
    /// Discards what is sent to it.
    Null,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Full name.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// The statement that opens its block.
    pub defined_at: Option<At<()>>,
    /// Free text; links may be inferred from it.
    pub description: Option<At<String>>,
    /// Whether it is administratively down; `None` where the text does not say (up).
    pub shutdown: Option<At<bool>>,
    /// IPv4 addresses, the primary one first.
    pub addresses: Vec<At<InterfaceAddress>>,
    /// Whether its address comes from DHCP.
    pub address_by_dhcp: Option<At<()>>,
    /// Borrows the address of this interface.
    pub unnumbered: Option<At<String>>,
    /// VRF it is in; `None` is the default one.
    pub vrf: Option<At<String>>,
    /// ACL on packets that enter.
    pub acl_in: Option<At<String>>,
    /// ACL on packets that leave.
    pub acl_out: Option<At<String>>,
    /// Side of address translation that it is on.
    pub nat_side: Option<At<Side>>,
    /// Zone of a firewall that it is in, or the name that a firewall's rules know it by.
    pub zone: Option<At<String>>,
    /// Level of trust, 0 to 100, of a firewall that goes by levels.
    pub security_level: Option<At<u8>>,
    /// Inspection rules for packets that enter.
    pub inspect_in: Option<At<String>>,
    /// Inspection rules for packets that leave.
    pub inspect_out: Option<At<String>>,
    /// How the sources of packets that enter are checked.
    pub source_check: Option<At<SourceCheck>>,
    /// DHCP relay targets.
    pub helpers: Vec<At<Ipv4Addr>>,
    /// Layer-2 settings; `None` on a routed interface.
    pub switchport: Option<Switchport>,
    /// Whether the text makes a port of a switch a routed one (`no switchport`).
    pub routed: Option<At<()>>,
    /// Tag whose packets a subinterface takes untagged as well.
    pub native_tag: Option<At<u16>>,
    /// Port channel that it is a member of.
    pub channel_group: Option<At<u32>>,
    /// How it joins that port channel; `None` where the text does not say: without a protocol.
    pub bundling: Option<Bundling>,
    /// Of a port channel: whether a member that finds no partner carries frames on its own; `None`
    /// where neither the text nor the platform's documents decide.
    pub members_alone: Option<At<bool>>,
    /// First-hop redundancy groups (HSRP, VRRP, GLBP).
    pub first_hop: Vec<FirstHopGroup>,
    /// OSPF settings of the interface.
    pub ospf: InterfaceOspf,
    /// EIGRP settings of the interface, by autonomous system number.
    pub eigrp: BTreeMap<u32, InterfaceEigrp>,
    /// IS-IS settings of the interface.
    pub isis: InterfaceIsis,
    /// RIP settings of the interface.
    pub rip: InterfaceRip,
    /// Whether the text gives it an IPv6 address of the link.
    pub link_local: Option<At<bool>>,
    /// Tunnels that the interface stands for.
    pub vxlan: Option<Box<Vxlan>>,
    /// Largest IP packet in bytes.
    pub mtu: Option<At<u32>>,
    /// Configured bandwidth in kbit/s, which sets routing costs.
    pub bandwidth: Option<At<u64>>,
    /// Configured delay in tens of microseconds, which sets the costs of EIGRP.
    pub delay: Option<At<u64>>,
    /// Bandwidth in kbit/s that its kind of port has on this platform, where the name does not tell.
    pub usual_bandwidth: Option<u64>,
    /// Delay in tens of microseconds that its kind of port has, likewise.
    pub usual_delay: Option<u64>,
    /// Configured speed in Mbit/s.
    pub speed: Option<At<u64>>,
    /// Whether spanning tree takes it for a port that leads to no bridge; `None` where the text does
    /// not say.
    pub edge: Option<At<bool>>,
    /// Whether it answers for what it reaches elsewhere where the wire asks (RFC 1027); `None`: the
    /// platform's default.
    pub proxy_arp: Option<At<bool>>,
    /// Route map of policy routing.
    pub policy_route: Option<At<String>>,
    /// Whether 802.1X authenticates clients on it.
    pub authenticates: Option<At<bool>>,
    /// Whether clients that do not speak 802.1X are authenticated by their hardware address.
    pub mac_bypass: Option<At<bool>>,
    /// Whether it lets no client in, whoever asks (`force-unauthorized`).
    pub refuses: Option<At<()>>,
    /// Whether DHCP snooping trusts it to answer.
    pub snooping_trust: Option<At<bool>>,
    /// Whether its relay takes questions that carry option 82 already.
    pub relays_options: Option<At<bool>>,
}

/// An IPv4 address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceAddress {
    /// Address and prefix length.
    pub net: Ipv4Net,
    /// Whether it is a secondary address.
    pub secondary: bool,
}

/// How a port joins a port channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Bundling {
    /// Without a word to the other end (`on`).
    #[default]
    Static,
    /// By LACP (IEEE 802.1AX), speaking first.
    LacpActive,
    /// By LACP, once spoken to.
    LacpPassive,
    /// By Cisco `PAgP`, speaking first.
    PagpDesirable,
    /// By `PAgP`, once spoken to.
    PagpAuto,
}

impl Bundling {
    /// The word that configurations have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "on",
            Self::LacpActive => "active",
            Self::LacpPassive => "passive",
            Self::PagpDesirable => "desirable",
            Self::PagpAuto => "auto",
        }
    }

    /// Whether a wire between two such ports becomes a part of a bundle: both speak one protocol and
    /// one of them speaks first (IEEE 802.1AX-2020 §6.4.1; Cisco IOS command reference,
    /// "channel-group").
    pub fn forms_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Static, Self::Static)
            | (Self::LacpActive, Self::LacpActive | Self::LacpPassive)
            | (Self::LacpPassive, Self::LacpActive)
            | (Self::PagpDesirable, Self::PagpDesirable | Self::PagpAuto)
            | (Self::PagpAuto, Self::PagpDesirable) => true,
            (
                Self::Static
                | Self::LacpActive
                | Self::LacpPassive
                | Self::PagpDesirable
                | Self::PagpAuto,
                _,
            ) => false,
        }
    }
}

/// A check that a packet's source has a route (RFC 3704).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceCheck {
    /// Whether the route may lead anywhere; else it must lead back out of the interface.
    pub loose: bool,
    /// Whether the default route counts.
    pub default_counts: bool,
    /// ACL that lets packets pass although the check fails.
    pub except: Option<String>,
}

/// How a layer-2 port treats VLANs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Switchport {
    /// Access or trunk; `None` where negotiated or not said.
    pub mode: Option<At<SwitchportMode>>,
    /// VLAN of untagged packets on an access port.
    pub access_vlan: Option<At<u16>>,
    /// Voice VLAN.
    pub voice_vlan: Option<At<u16>>,
    /// VLAN of untagged packets on a trunk.
    pub native_vlan: Option<At<u16>>,
    /// VLANs that a trunk carries; `None` is all.
    pub allowed: Option<VlanSet>,
    /// The statements that make up `allowed`, in order.
    pub allowed_at: Vec<At<()>>,
}

/// Modes of a layer-2 port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SwitchportMode {
    /// One VLAN, untagged.
    Access,
    /// Many VLANs, tagged.
    Trunk,
    /// Negotiated with the other end.
    Dynamic,
}

/// First-hop redundancy protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FirstHopProtocol {
    /// Cisco HSRP (RFC 2281).
    Hsrp,
    /// VRRP (RFC 9568).
    Vrrp,
    /// Cisco GLBP.
    Glbp,
    /// No protocol: every member answers by one hardware address (Arista Virtual-ARP).
    Anycast,
}

/// One first-hop redundancy group on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstHopGroup {
    /// Protocol.
    pub protocol: FirstHopProtocol,
    /// Version, where the text says.
    pub version: Option<u8>,
    /// Group number.
    pub group: u16,
    /// Virtual addresses, the primary one first.
    pub addresses: Vec<At<Ipv4Addr>>,
    /// Whether it takes part without an address of its own, which it learns from the others.
    pub learns: Option<At<()>>,
    /// Priority; `None` is the protocol's default of 100 (RFC 2281 §5.1, RFC 9568 §5.2.4).
    pub priority: Option<At<u8>>,
    /// Whether it takes over from a lower priority; `None` is the protocol's default
    /// (HSRP no: RFC 2281 §5.1, VRRP yes: RFC 9568 §6.1).
    pub preempt: Option<At<bool>>,
    /// Seconds it waits before it takes over.
    pub preempt_delay: Option<At<u32>>,
    /// Hello interval in milliseconds.
    pub hello_ms: Option<At<u32>>,
    /// Hold time in milliseconds.
    pub hold_ms: Option<At<u32>>,
    /// Tracked objects or interfaces, each with the decrement of priority; `None`: the group is shut
    /// down while it is down.
    pub tracks: Vec<At<(String, Option<u8>)>>,
    /// Authentication key.
    pub authentication: Option<At<Secret>>,
}

/// One VLAN of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vlan {
    /// Number.
    pub id: u16,
    /// Name.
    pub name: Option<At<String>>,
    /// Whether it is suspended or shut down.
    pub shutdown: Option<At<bool>>,
    /// Network identifier of its tunnels, where its own block says it.
    pub network_identifier: Option<At<u32>>,
    /// The statement that defines it.
    pub defined_at: Option<At<()>>,
}

impl Interface {
    /// Whether the interface is administratively up.
    pub fn is_enabled(&self) -> bool {
        !self
            .shutdown
            .as_ref()
            .is_some_and(|shutdown| shutdown.value)
    }

    /// The primary address.
    pub fn primary(&self) -> Option<&At<InterfaceAddress>> {
        self.addresses
            .iter()
            .find(|address| !address.value.secondary)
    }

    /// Whether other routers of its subnet have one of its addresses too.
    pub fn shares(&self, address: Ipv4Addr) -> bool {
        let mut groups = self.first_hop.iter();
        groups.any(|group| {
            group.protocol == FirstHopProtocol::Anycast
                && group.addresses.iter().any(|at| at.value == address)
        })
    }

    /// The statement that names the interface, where known.
    pub fn place(&self) -> Option<StatementRef> {
        self.defined_at.as_ref().map(|defined| defined.at)
    }
}
