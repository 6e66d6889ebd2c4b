//! A network of the lab: devices with the files that describe them, and cables.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

/// One network.
#[derive(Debug, Clone, Default)]
pub(super) struct Network {
    /// Devices.
    pub(super) devices: Vec<Device>,
    /// Cables between ports, each named by the index of its device and its name.
    pub(super) cables: Vec<[(usize, String); 2]>,
}

/// One host or router.
#[derive(Debug, Clone, Default)]
pub(super) struct Device {
    /// Name.
    pub(super) name: String,
    /// Whether it is a router.
    pub(super) router: bool,
    /// Interfaces with an address.
    pub(super) interfaces: Vec<Interface>,
    /// Commands that run after the interface of this index is up.
    pub(super) commands: Vec<(usize, String)>,
    /// Where forwarding is turned on.
    pub(super) forwarding: Forwarding,
    /// Packet filter.
    pub(super) filter: Option<Filter>,
    /// Lines of `frr.conf`, where FRR runs; those that can be left out say so.
    pub(super) routing: Vec<(bool, String)>,
}

/// Where a device's files turn forwarding on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Forwarding {
    /// Nowhere.
    #[default]
    Off,
    /// In `sysctl.conf`.
    Sysctl,
    /// By a command of the interfaces file.
    Command,
}

/// One interface.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    /// Name (`eth0`, `eth0.10`, `eth0:1`).
    pub(super) name: String,
    /// Address and length.
    pub(super) address: Ipv4Addr,
    /// Length.
    pub(super) length: u8,
    /// Gateway.
    pub(super) gateway: Option<Ipv4Addr>,
}

/// A packet filter as text, in lines that may be left out one by one.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// Its language.
    pub(super) language: Language,
    /// Lines; those that can be left out say so.
    pub(super) lines: Vec<(bool, String)>,
}

/// Languages of packet filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// What `iptables-restore` takes.
    Iptables,
    /// What `nft -f` takes.
    Nftables,
}

impl Language {
    /// Name of the file that holds it.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Iptables => "iptables.rules",
            Self::Nftables => "nftables.conf",
        }
    }
}

impl Filter {
    /// Its text.
    pub(super) fn text(&self) -> String {
        let lines = self.lines.iter().map(|(_, line)| format!("{line}\n"));
        lines.collect()
    }
}

impl Device {
    /// Its interfaces file.
    pub(super) fn interfaces_text(&self) -> String {
        let mut out = String::from("auto lo\niface lo inet loopback\n");
        for (index, interface) in self.interfaces.iter().enumerate() {
            let name = &interface.name;
            writeln!(out, "\nauto {name}\niface {name} inet static").unwrap();
            let (address, length) = (interface.address, interface.length);
            writeln!(out, "    address {address}/{length}").unwrap();
            if let Some(gateway) = interface.gateway {
                writeln!(out, "    gateway {gateway}").unwrap();
            }
            for (_, command) in self.commands.iter().filter(|(at, _)| *at == index) {
                writeln!(out, "    up {command}").unwrap();
            }
            if index == 0 && self.forwarding == Forwarding::Command {
                out.push_str("    up sysctl -q -w net.ipv4.ip_forward=1\n");
            }
        }
        out
    }

    /// Every file, by name.
    pub(super) fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = vec![("interfaces", self.interfaces_text())];
        if self.forwarding == Forwarding::Sysctl {
            files.push(("sysctl.conf", "net.ipv4.ip_forward = 1\n".to_owned()));
        }
        if !self.routing.is_empty() {
            let lines = self.routing.iter().map(|(_, line)| format!("{line}\n"));
            files.push(("frr.conf", lines.collect()));
        }
        if let Some(filter) = &self.filter {
            files.push((filter.language.file(), filter.text()));
        }
        files
    }
}

impl Network {
    /// Writes the files that the analyzer reads: `configs/<device>/<file>`.
    pub(super) fn write(&self, folder: &Path) {
        for device in &self.devices {
            let folder = folder.join("configs").join(&device.name);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in device.files() {
                fs::write(folder.join(name), text).unwrap();
            }
        }
    }

    /// All files in one text.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for device in self
            .devices
            .iter()
            .filter(|device| !device.interfaces.is_empty())
        {
            for (name, text) in device.files() {
                write!(out, "--- {}/{name}\n{text}", device.name).unwrap();
            }
        }
        for [one, other] in &self.cables {
            let end =
                |(device, port): &(usize, String)| format!("{} {port}", self.devices[*device].name);
            writeln!(out, "--- cable {} - {}", end(one), end(other)).unwrap();
        }
        out
    }

    /// The device that owns an address.
    pub(super) fn owner(&self, address: Ipv4Addr) -> Option<usize> {
        self.devices.iter().position(|device| {
            let mut interfaces = device.interfaces.iter();
            interfaces.any(|interface| interface.address == address)
        })
    }
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    /// Number within its network.
    pub(super) id: u32,
    /// Source address, which a device owns.
    pub(super) from: Ipv4Addr,
    /// Destination address.
    pub(super) to: Ipv4Addr,
    /// Protocol.
    pub(super) protocol: Protocol,
    /// Source port, or identifier of the echo request.
    pub(super) from_port: u16,
    /// Destination port; 0 for echo requests.
    pub(super) port: u16,
}

/// Protocols that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP echo.
    Icmp,
}

impl Flow {
    /// The flow as a line of `trace --flows`.
    pub(super) fn line(&self) -> String {
        let (id, from, to) = (self.id, self.from, self.to);
        let ports = format!(r#","port":{},"from_port":{}"#, self.port, self.from_port);
        let (protocol, ports) = match self.protocol {
            Protocol::Tcp => ("tcp", ports.as_str()),
            Protocol::Udp => ("udp", ports.as_str()),
            Protocol::Icmp => ("icmp", ""),
        };
        format!(r#"{{"id":{id},"from":"{from}","to":"{to}","protocol":"{protocol}"{ports}}}"#)
    }
}
