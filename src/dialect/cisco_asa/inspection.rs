//! Protocols that a firewall examines, and the ports on which it takes packets for them.

use crate::net::PortRange;
use crate::net::registry::{TCP, UDP};

/// One protocol on one range of ports.
pub(super) struct Inspected {
    /// Word of `inspect`.
    pub(super) word: &'static str,
    /// Transport.
    pub(super) protocol: u8,
    /// Ports of its servers.
    pub(super) ports: PortRange,
}

/// A row of the table.
const fn row(word: &'static str, protocol: u8, low: u16, high: u16) -> Inspected {
    Inspected {
        word,
        protocol,
        ports: PortRange { low, high },
    }
}

/// What `match default-inspection-traffic` takes for which protocol (Cisco ASA Series Firewall CLI
/// Configuration Guide, "Default Inspections and NAT Limitations"). Names of DNS are left out: what
/// a resolver asks and is answered conforms to it.
pub(super) static DEFAULT: &[Inspected] = &[
    row("ctiqbe", TCP, 2748, 2748),
    row("esmtp", TCP, 25, 25),
    row("ftp", TCP, 21, 21),
    row("h323 h225", TCP, 1720, 1720),
    row("h323 ras", UDP, 1718, 1719),
    row("ils", TCP, 389, 389),
    row("mgcp", UDP, 2427, 2427),
    row("mgcp", UDP, 2727, 2727),
    row("netbios", UDP, 137, 138),
    row("pptp", TCP, 1723, 1723),
    row("rsh", TCP, 514, 514),
    row("rtsp", TCP, 554, 554),
    row("sip", TCP, 5060, 5060),
    row("sip", UDP, 5060, 5060),
    row("skinny", TCP, 2000, 2000),
    row("sqlnet", TCP, 1521, 1521),
    row("sunrpc", TCP, 111, 111),
    row("sunrpc", UDP, 111, 111),
    row("tftp", UDP, 69, 69),
    row("xdmcp", UDP, 177, 177),
];
