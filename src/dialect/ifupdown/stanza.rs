//! Options of one `iface` stanza, and what it brings to its interface.

use std::net::Ipv4Addr;

use super::command::{self, Action};
use super::commands;
use super::second::More;
use crate::net::Ipv4Net;
use crate::syntax::{Effect, Support};

/// One `iface` stanza while it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Stanza {
    /// Its first line.
    pub(super) statement: u32,
    /// Interface, without the label of an alias (`eth0:1`).
    pub(super) interface: String,
    /// Name as written.
    pub(super) name: String,
    /// Address family.
    pub(super) family: String,
    /// Method.
    pub(super) method: String,
    /// `address`, with its length where it has one.
    pub(super) address: Option<(u32, Ipv4Addr, Option<u8>)>,
    /// `netmask`.
    pub(super) netmask: Option<(u32, u8)>,
    /// `gateway`.
    pub(super) gateway: Option<(u32, Ipv4Addr)>,
    /// `metric`.
    pub(super) metric: Option<(u32, u32)>,
    /// `mtu`.
    pub(super) mtu: Option<(u32, u32)>,
    /// `description`.
    pub(super) description: Option<(u32, String)>,
    /// Parent of a VLAN.
    pub(super) raw_device: Option<(u32, String)>,
    /// Ports of a bridge.
    pub(super) ports: Option<(u32, Vec<String>)>,
    /// What only ifupdown2 takes; none in files that are not its.
    pub(super) more: Option<More>,
    /// Commands that run before the address is there, then those after.
    pub(super) before: Vec<(u32, Action)>,
    /// Commands that run once the interface is up.
    pub(super) after: Vec<(u32, Action)>,
}

/// What became of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is understood, as far as the stanza as a whole is.
    Yes,
    /// It has this support and leaves a hole where that is one.
    As(Support),
    /// It stands twice, which ifup joins to one senseless value.
    Twice,
}

impl Stanza {
    /// Takes one option.
    pub(super) fn option(&mut self, statement: u32, words: &[String]) -> Taken {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let [name, rest @ ..] = texts.as_slice() else {
            return Taken::As(Support::Unrecognized(Effect::Interface));
        };
        if matches!(*name, "up" | "post-up" | "pre-up") {
            return self.command(statement, name, words.get(1..).unwrap_or(&[]));
        }
        if let Some(more) = &mut self.more
            && let Some(taken) = more.option(statement, name, rest, self.address.is_some())
        {
            return taken;
        }
        let known = commands::option(&texts);
        let inet6 = self.family != "inet";
        if inet6 && !matches!(*name, "mtu" | "down" | "pre-down" | "post-down") {
            return Taken::As(Support::Unmodeled(Effect::Interface));
        }
        let value = rest.first().copied().unwrap_or("");
        let refused = Taken::As(Support::Unrecognized(Effect::Interface));
        match (*name, rest.len()) {
            ("address", 1) => {
                let (address, length) = match value.split_once('/') {
                    Some((address, mask)) => match command::mask_length(mask) {
                        Some(length) => (address, Some(length)),
                        None => return refused,
                    },
                    None => (value, None),
                };
                match address.parse() {
                    Ok(address) => set(&mut self.address, (statement, address, length)),
                    Err(_) => refused,
                }
            }
            ("netmask", 1) => match command::mask_length(value) {
                Some(length) => set(&mut self.netmask, (statement, length)),
                None => refused,
            },
            ("gateway", 1) => match value.parse() {
                Ok(gateway) => set(&mut self.gateway, (statement, gateway)),
                Err(_) => refused,
            },
            ("metric", 1) => match value.parse() {
                Ok(metric) => set(&mut self.metric, (statement, metric)),
                Err(_) => refused,
            },
            ("mtu", 1) => match value.parse() {
                Ok(mtu) => set(&mut self.mtu, (statement, mtu)),
                Err(_) => refused,
            },
            ("vlan-raw-device" | "vlan_raw_device", 1) => {
                set(&mut self.raw_device, (statement, value.to_owned()))
            }
            ("description", _) => set(&mut self.description, (statement, rest.join(" "))),
            ("bridge_ports" | "bridge-ports", _) => {
                let ports = rest.iter().filter(|port| **port != "none");
                let ports: Vec<String> = ports.map(ToString::to_string).collect();
                match set(&mut self.ports, (statement, ports)) {
                    // Tagged frames pass a bridge too, which is not modeled.
                    Taken::Yes => Taken::As(Support::Unmodeled(Effect::Switching)),
                    refused @ (Taken::As(_) | Taken::Twice) => refused,
                }
            }
            _ => match known {
                Some(Support::Modeled) | None => refused,
                Some(support) => Taken::As(support),
            },
        }
    }

    /// Takes a command that runs while the interface comes up.
    fn command(&mut self, statement: u32, phase: &str, words: &[String]) -> Taken {
        let words = command::words_of(words, &self.name);
        if let Some(action) = command::action(&words) {
            if phase == "pre-up" {
                self.before.push((statement, action));
            } else {
                self.after.push((statement, action));
            }
            return Taken::Yes;
        }
        let path: Vec<&str> = std::iter::once("up").chain(words).collect();
        Taken::As(match commands::option(&path) {
            Some(Support::Modeled) | None => Support::Unrecognized(Effect::Device),
            Some(support) => support,
        })
    }

    /// The address with its length; without one the class of the address decides, as ifup does.
    pub(super) fn net(&self) -> Option<Ipv4Net> {
        let (_, address, length) = self.address?;
        let class = match address.octets() {
            [..128, _, _, _] => 8,
            [128..192, _, _, _] => 16,
            _ => 24,
        };
        let length = length.or(self.netmask.map(|(_, length)| length));
        Ipv4Net::new(address, length.unwrap_or(class)).ok()
    }
}

/// Sets an option that stands at most once.
fn set<T>(slot: &mut Option<T>, value: T) -> Taken {
    if slot.is_some() {
        return Taken::Twice;
    }
    *slot = Some(value);
    Taken::Yes
}
