//! Well-known numbers, each with the document that assigns it.

use std::net::Ipv4Addr;

/// ICMP for IPv4 (RFC 792; IANA protocol numbers).
pub const ICMP: u8 = 1;
/// TCP (RFC 9293; IANA protocol numbers).
pub const TCP: u8 = 6;
/// UDP (RFC 768; IANA protocol numbers).
pub const UDP: u8 = 17;
/// EIGRP (RFC 7868 §6.1; IANA protocol numbers).
pub const EIGRP: u8 = 88;
/// OSPF (RFC 2328 appendix A.1; IANA protocol numbers).
pub const OSPF: u8 = 89;
/// VRRP (RFC 9568 §5.1.1.4; IANA protocol numbers).
pub const VRRP: u8 = 112;

/// ICMP echo request (RFC 792).
pub const ICMP_ECHO_REQUEST: u8 = 8;
/// ICMP echo reply (RFC 792).
pub const ICMP_ECHO_REPLY: u8 = 0;

/// DNS server (RFC 1035 §4.2).
pub const PORT_DNS: u16 = 53;
/// DHCP server (RFC 2131 §4.1).
pub const PORT_DHCP_SERVER: u16 = 67;
/// DHCP client (RFC 2131 §4.1).
pub const PORT_DHCP_CLIENT: u16 = 68;
/// NTP (RFC 5905 §7.2).
pub const PORT_NTP: u16 = 123;
/// RADIUS authentication (RFC 2865 §3).
pub const PORT_RADIUS: u16 = 1812;
/// Port of RADIUS authentication where a Cisco IOS device names none (Cisco IOS Security Command
/// Reference, `address ipv4` of `radius server`: 1645).
pub const PORT_RADIUS_IOS: u16 = 1645;
/// RADIUS accounting (RFC 2866 §3).
pub const PORT_RADIUS_ACCOUNTING: u16 = 1813;

/// Stands for the one neighbor of a link that has no IPv4 addresses, as zebra puts it into route
/// tables of Linux (FRR documentation, "BGP unnumbered": 169.254.0.1).
pub const LINK_NEIGHBOR: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 1);
/// BGP (RFC 4271 §8).
pub const PORT_BGP: u16 = 179;
/// VXLAN (RFC 7348 §5).
pub const PORT_VXLAN: u16 = 4789;
/// RIP (RFC 2453 §4).
pub const PORT_RIP: u16 = 520;
/// HSRP (RFC 2281 §5).
pub const PORT_HSRP: u16 = 1985;
/// GLBP (Cisco First Hop Redundancy Protocols Configuration Guide, "GLBP"; IANA port numbers).
pub const PORT_GLBP: u16 = 3222;

/// All routers on this subnet, where HSRP version 1 sends to (RFC 1112; RFC 2281 §5).
pub const ALL_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 2);
/// All OSPF routers (RFC 2328 appendix A.1).
pub const ALL_OSPF_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 5);
/// All designated OSPF routers (RFC 2328 appendix A.1).
pub const ALL_OSPF_DESIGNATED: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 6);
/// All RIP version 2 routers (RFC 2453 §4).
pub const ALL_RIP_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 9);
/// All EIGRP routers (RFC 7868 §6.1).
pub const ALL_EIGRP_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 10);
/// All VRRP routers (RFC 9568 §5.1.1.2).
pub const ALL_VRRP_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// All routers of HSRP version 2 and of GLBP (Cisco First Hop Redundancy Protocols Configuration
/// Guide, "HSRP version 2", "GLBP").
pub const ALL_HSRP2_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 102);

/// DHCP options (RFC 2132): subnet mask §3.3, router §3.5, DNS servers §3.8, host name §3.14,
/// domain name §3.17, NTP servers §8.3, vendor-specific §8.4, lease time §9.2, T1 §9.11, T2 §9.12;
/// TFTP server §9.4; classless routes RFC 3442; TFTP server addresses RFC 5859.
pub mod dhcp_option {
    /// Subnet mask.
    pub const SUBNET_MASK: u8 = 1;
    /// Routers on the client's subnet.
    pub const ROUTERS: u8 = 3;
    /// DNS servers in order of preference.
    pub const DNS_SERVERS: u8 = 6;
    /// Host name.
    pub const HOST_NAME: u8 = 12;
    /// Domain name for resolving.
    pub const DOMAIN_NAME: u8 = 15;
    /// NTP servers in order of preference.
    pub const NTP_SERVERS: u8 = 42;
    /// Vendor-specific information.
    pub const VENDOR_SPECIFIC: u8 = 43;
    /// Address lease time in seconds.
    pub const LEASE_TIME: u8 = 51;
    /// Renewal time T1 in seconds.
    pub const RENEWAL_TIME: u8 = 58;
    /// Rebinding time T2 in seconds.
    pub const REBINDING_TIME: u8 = 59;
    /// TFTP server name.
    pub const TFTP_SERVER_NAME: u8 = 66;
    /// Domain search list (RFC 3397).
    pub const DOMAIN_SEARCH: u8 = 119;
    /// Classless static routes.
    pub const CLASSLESS_ROUTES: u8 = 121;
    /// TFTP server addresses.
    pub const TFTP_SERVER_ADDRESSES: u8 = 150;
}
