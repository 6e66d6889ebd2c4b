//! Link layers: from a captured frame to its addresses and what it carries.
//!
//! Numbers of link layers are those of <https://www.tcpdump.org/linktypes.html>.

use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

use crate::net::mac::Mac;

/// Ethernet.
const ETHERNET: i32 = 1;
/// Raw IP, as three systems number it.
const RAW: [i32; 3] = [12, 14, 101];
/// Raw IPv4 and raw IPv6.
const RAW_VERSIONS: [i32; 2] = [228, 229];
/// Linux cooked capture, `tcpdump -i any`: hardware address at 6, protocol at 14, 16 bytes.
const COOKED: i32 = 113;
/// Linux cooked capture, second version: protocol at 0, hardware address at 12, 20 bytes.
const COOKED_2: i32 = 276;
/// Wireless frames, with and without radio headers.
const WIRELESS: [i32; 4] = [105, 119, 127, 192];

/// A frame taken apart.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// Who sent it on this link.
    pub(super) source: Option<Mac>,
    /// Whom it is for on this link.
    pub(super) destination: Option<Mac>,
    /// What it carries.
    pub(super) content: Content<'a>,
}

/// What a frame carries.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// EAP over LAN (IEEE 802.1X), after its Ethernet type.
    Eapol(&'a [u8]),
    /// A packet.
    Packet {
        /// Source.
        source: IpAddr,
        /// Destination.
        destination: IpAddr,
        /// Its transport.
        transport: TransportSlice<'a>,
    },
    /// Something that no client retries.
    Other,
}

/// Ethernet type of EAP over LAN (IEEE 802.1X).
const EAPOL: u16 = 0x888e;

/// Takes a frame apart; the error says why that cannot be done.
pub(super) fn take_apart(link: i32, bytes: &[u8]) -> Result<Frame<'_>, String> {
    let cut = || "cut short inside a header".to_owned();
    let (source, destination, sliced) = match link {
        ETHERNET => {
            let sliced = LaxSlicedPacket::from_ethernet(bytes).map_err(|_| cut())?;
            let destination = Mac::from_start(bytes);
            let source = bytes.get(6..).and_then(Mac::from_start);
            (source, destination, sliced)
        }
        COOKED | COOKED_2 => {
            let (address, protocol, header) = if link == COOKED {
                (6, 14, 16)
            } else {
                (12, 0, 20)
            };
            let source = bytes.get(address..).and_then(Mac::from_start);
            let number = bytes.get(protocol..).and_then(|rest| rest.first_chunk());
            let (Some(number), Some(rest)) = (number, bytes.get(header..)) else {
                return Err(cut());
            };
            let protocol = EtherType(u16::from_be_bytes(*number));
            if protocol.0 == EAPOL {
                return Ok(Frame {
                    source,
                    destination: None,
                    content: Content::Eapol(rest),
                });
            }
            let sliced = LaxSlicedPacket::from_ether_type(protocol, rest);
            (source, None, sliced)
        }
        _ if RAW.contains(&link) || RAW_VERSIONS.contains(&link) => {
            let sliced = LaxSlicedPacket::from_ip(bytes).map_err(|_| cut())?;
            (None, None, sliced)
        }
        _ if WIRELESS.contains(&link) => {
            return Err(format!(
                "link type {link} is a wireless capture, whose frames are encrypted"
            ));
        }
        _ => return Err(format!("link type {link} is not read")),
    };
    Ok(Frame {
        source,
        destination,
        content: content(sliced),
    })
}

/// What a sliced packet carries.
fn content(sliced: LaxSlicedPacket<'_>) -> Content<'_> {
    if let Some(payload) = sliced.ether_payload()
        && payload.ether_type.0 == EAPOL
    {
        return Content::Eapol(payload.payload);
    }
    let (source, destination): (IpAddr, IpAddr) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(packet)) => {
            let header = packet.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
            )
        }
        Some(LaxNetSlice::Ipv6(packet)) => {
            let header = packet.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
            )
        }
        Some(LaxNetSlice::Arp(_)) | None => return Content::Other,
    };
    match sliced.transport {
        Some(transport) => Content::Packet {
            source,
            destination,
            transport,
        },
        None => Content::Other,
    }
}
