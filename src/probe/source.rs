//! The address and interface of this host that packets leave from, where that is chosen.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use pnet_datalink::{NetworkInterface, interfaces};
use socket2::Socket;

/// An address of this host, and the interface that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The address.
    pub(super) address: Ipv4Addr,
    /// The interface, where it was chosen itself.
    pub(super) interface: Option<String>,
}

impl Source {
    /// An address or the name of an interface of this host; `None`: it has no such.
    pub fn find(text: &str) -> Option<Self> {
        let wanted: Option<Ipv4Addr> = text.parse().ok();
        let own = interfaces();
        let mut found = own.iter().flat_map(|interface| {
            let addresses = addresses(interface);
            addresses.map(move |address| (interface, address))
        });
        match wanted {
            Some(address) => found.find(|(_, own)| *own == address).map(|_| Self {
                address,
                interface: None,
            }),
            None => found
                .find(|(interface, _)| interface.name == text)
                .map(|(_, address)| Self {
                    address,
                    interface: Some(text.to_owned()),
                }),
        }
    }

    /// Whether packets leave by this interface.
    pub(super) fn is_at(&self, interface: &NetworkInterface) -> bool {
        match &self.interface {
            Some(name) => *name == interface.name,
            None => addresses(interface).any(|address| address == self.address),
        }
    }

    /// Makes a socket send from there; its port stays free to choose.
    pub(super) fn bind(&self, socket: &Socket, port: u16) -> std::io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(name) = &self.interface {
            socket.bind_device(Some(name.as_bytes()))?;
        }
        socket.bind(&SocketAddr::from((self.address, port)).into())
    }
}

/// IPv4 addresses of an interface.
fn addresses(interface: &NetworkInterface) -> impl Iterator<Item = Ipv4Addr> + '_ {
    interface.ips.iter().filter_map(|net| match net.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    })
}
