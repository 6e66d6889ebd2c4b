//! What ifupdown2 adds: several addresses, shared ones, bridges that know VLANs, bonds, VRFs.

use std::net::Ipv4Addr;

use super::commands;
use super::lower::Host;
use super::stanza::{Stanza, Taken};
use crate::dialect::linux_host::{add_address, named};
use crate::model::interface::{
    FirstHopGroup, FirstHopProtocol, Interface, InterfaceKind, Switchport, SwitchportMode, Vlan,
};
use crate::model::route::Vrf;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::{Ipv4Net, VlanSet};
use crate::source::{At, StatementRef};
use crate::syntax::{Effect, Support};

/// Options that only ifupdown2 takes.
const OPTIONS: [&str; 13] = [
    "bridge-vlan-aware",
    "bridge-vids",
    "bridge-pvid",
    "bridge-access",
    "address-virtual",
    "vrf-table",
    "vrf",
    "vlan-id",
    "vxlan-id",
    "vxlan-local-tunnelip",
    "clag-id",
    "clagd-peer-ip",
    "link-speed",
];
/// VLAN of untagged frames where a bridge names none (Cumulus Linux, "VLAN-aware bridge mode": 1).
const NATIVE: u16 = 1;

/// Whether a file is read by ifupdown2: something in it is refused by ifupdown.
pub(super) fn is_second(words: &[Vec<String>]) -> bool {
    words.iter().any(|words| match words.as_slice() {
        [first, _] if first == "iface" => true,
        [first, ..] => OPTIONS.contains(&first.as_str()),
        [] => false,
    })
}

/// Options of a stanza that only ifupdown2 takes.
#[derive(Debug, Clone, Default)]
pub(super) struct More {
    /// Addresses after the first one.
    addresses: Vec<(u32, Ipv4Net)>,
    /// Addresses that other routers have too.
    shared: Vec<(u32, Ipv4Addr)>,
    /// VRF that it is in.
    pub(super) vrf: Option<(u32, String)>,
    /// Whether it is a VRF.
    is_vrf: Option<u32>,
    /// VLAN that it is the routed interface of.
    vlan: Option<(u32, u16)>,
    /// Whether it is a bridge that knows VLANs.
    aware: Option<bool>,
    /// VLANs of a bridge or of a port of one.
    vids: Option<(u32, VlanSet)>,
    /// VLAN of untagged frames.
    native: Option<(u32, u16)>,
    /// VLAN of a port that has no other.
    access: Option<(u32, u16)>,
    /// Members of a bond.
    members: Option<(u32, Vec<String>)>,
}

impl More {
    /// Whether it is a bridge that knows VLANs.
    pub(super) fn is_aware(&self) -> bool {
        self.aware == Some(true)
    }

    /// Takes an option; `None`: it is one of ifupdown too.
    pub(super) fn option(
        &mut self,
        statement: u32,
        name: &str,
        rest: &[&str],
        addressed: bool,
    ) -> Option<Taken> {
        let value = rest.first().copied().unwrap_or("");
        let taken = match (name, rest.len()) {
            ("address", 1) if value.contains(':') => {
                return Some(Taken::As(Support::Irrelevant(
                    "IPv6 only: requirements are judged over IPv4",
                )));
            }
            ("address", 1) if addressed => {
                let net = value.parse().ok();
                net.map(|net| self.addresses.push((statement, net)))
            }
            ("address-virtual", 2..) => {
                let nets: Option<Vec<Ipv4Net>> = rest
                    .iter()
                    .skip(1)
                    .filter(|word| !word.contains(':'))
                    .map(|word| word.parse().ok())
                    .collect();
                nets.map(|nets| {
                    let all = nets.into_iter().map(|net| (statement, net.addr()));
                    self.shared.extend(all);
                })
            }
            ("vrf", 1) => set(&mut self.vrf, Some((statement, value.to_owned()))),
            ("vrf-table", 1) => set(&mut self.is_vrf, Some(statement)),
            ("vlan-id", 1) => number(&mut self.vlan, statement, value),
            ("bridge-vlan-aware", 1) => match value {
                "yes" | "true" => set(&mut self.aware, Some(true)),
                "no" | "false" => set(&mut self.aware, Some(false)),
                _ => None,
            },
            ("bridge-vids", 1..) => {
                let vids = VlanSet::parse(&rest.join(","));
                set(&mut self.vids, vids.map(|vids| (statement, vids)))
            }
            ("bridge-pvid", 1) => number(&mut self.native, statement, value),
            ("bridge-access", 1) => number(&mut self.access, statement, value),
            ("bond-slaves", 1..) => {
                let members = rest.iter().map(ToString::to_string).collect();
                set(&mut self.members, Some((statement, members)))
            }
            _ => {
                let texts: Vec<&str> = std::iter::once(name).chain(rest.iter().copied()).collect();
                let known = commands::second(&texts).filter(|known| *known != Support::Modeled);
                return known.map(Taken::As);
            }
        };
        Some(match taken {
            Some(()) => Taken::Yes,
            None => Taken::As(Support::Unrecognized(Effect::Interface)),
        })
    }
}

/// Sets a number of a VLAN.
fn number(slot: &mut Option<(u32, u16)>, statement: u32, value: &str) -> Option<()> {
    set(slot, value.parse().ok().map(|value| (statement, value)))
}

/// Sets an option to what was read; `None`: nothing was.
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> Option<()> {
    *slot = Some(value?);
    Some(())
}

/// Adds what the stanzas say beyond ifupdown.
pub(super) fn finish(host: &mut Host, stanzas: &[Stanza]) {
    let own = || stanzas.iter().filter(|stanza| stanza.family == "inet");
    for (index, stanza) in (1_u32..).zip(own()) {
        if let Some(more) = &stanza.more {
            addresses(host, stanza, more);
            membership(host, stanza, more, index);
        }
    }
    for stanza in own() {
        if let Some((more, (statement, ports))) = stanza.more.as_ref().zip(stanza.ports.as_ref())
            && more.is_aware()
        {
            bridge(host, stanzas, more, *statement, ports);
        }
    }
    let aware: Vec<&str> = own()
        .filter(|stanza| stanza.more.as_ref().is_some_and(More::is_aware))
        .map(|stanza| stanza.interface.as_str())
        .collect();
    for entry in host.interfaces.values_mut() {
        if let InterfaceKind::Subinterface {
            parent,
            vlan: Some(vlan),
        } = &entry.kind
            && aware.contains(&parent.as_str())
        {
            entry.kind = InterfaceKind::Svi(*vlan);
        }
    }
    borrow(host);
}

/// Further addresses, and those that are shared.
fn addresses(host: &mut Host, stanza: &Stanza, more: &More) {
    let places: Vec<(Ipv4Net, StatementRef)> = (more.addresses.iter())
        .map(|(statement, net)| (*net, host.draft.place(*statement)))
        .collect();
    let shared: Vec<At<Ipv4Addr>> = (more.shared.iter())
        .map(|(statement, address)| At::new(*address, host.draft.place(*statement)))
        .collect();
    let Some(entry) = host.interfaces.get_mut(&stanza.interface) else {
        return;
    };
    for (net, at) in places {
        add_address(entry, net, at);
    }
    if !shared.is_empty() {
        entry.first_hop.push(FirstHopGroup {
            protocol: FirstHopProtocol::Anycast,
            version: None,
            group: 0,
            addresses: shared,
            learns: None,
            priority: None,
            preempt: None,
            preempt_delay: None,
            hello_ms: None,
            hold_ms: None,
            tracks: Vec::new(),
            authentication: None,
        });
    }
}

/// The VRF, VLAN and bond that a stanza makes its interface a part of.
fn membership(host: &mut Host, stanza: &Stanza, more: &More, index: u32) {
    if let Some((statement, vrf)) = &more.vrf {
        let at = host.draft.place(*statement);
        if let Some(entry) = host.interfaces.get_mut(&stanza.interface) {
            entry.vrf = Some(At::new(vrf.clone(), at));
        }
    }
    if let Some(statement) = more.is_vrf {
        let at = host.draft.place(statement);
        let name = stanza.interface.clone();
        if let Some(entry) = host.interfaces.get_mut(&name) {
            entry.kind = InterfaceKind::Loopback;
            entry.vrf = Some(At::new(name.clone(), at));
        }
        let vrf = Vrf {
            name: name.clone(),
            defined_at: Some(At::new((), at)),
            ..Vrf::default()
        };
        let key = FacetKey::new(FacetKind::Vrf, &name);
        host.draft.facet(&key, Facet::Vrf(vrf));
    }
    if let Some((_, vlan)) = more.vlan
        && let Some(entry) = host.interfaces.get_mut(&stanza.interface)
    {
        entry.kind = InterfaceKind::Svi(vlan);
    }
    if let Some((statement, members)) = &more.members {
        let at = host.draft.place(*statement);
        if let Some(entry) = host.interfaces.get_mut(&stanza.interface) {
            entry.kind = InterfaceKind::PortChannel(index);
        }
        for member in members {
            host.modeled(*statement, &Host::key(member));
            let entry = host.interfaces.entry(member.clone());
            entry.or_insert_with(|| named(member)).channel_group = Some(At::new(index, at));
        }
    }
}

/// A bridge that knows VLANs: its ports are trunks unless they say otherwise.
fn bridge(host: &mut Host, stanzas: &[Stanza], more: &More, statement: u32, ports: &[String]) {
    let at = host.draft.place(statement);
    let mut all = VlanSet::parse(&NATIVE.to_string()).unwrap_or_default();
    for port in ports {
        host.modeled(statement, &Host::key(port));
        let mut own = stanzas.iter().filter(|stanza| stanza.name == *port);
        let said = own.find_map(|stanza| stanza.more.as_ref());
        let pick = |of: fn(&More) -> Option<(u32, u16)>| {
            let value = said.and_then(of).or_else(|| of(more));
            value.map(|(statement, vlan)| At::new(vlan, host.draft.place(statement)))
        };
        let native = pick(|more| more.native);
        let access = said.and_then(|said| said.access);
        let vids = said
            .and_then(|said| said.vids.as_ref())
            .or(more.vids.as_ref());
        let mut allowed = VlanSet::parse(&native.map_or(NATIVE, |at| at.value).to_string());
        if let (Some(allowed), Some((_, vids))) = (&mut allowed, vids) {
            allowed.extend(vids);
        }
        let settings = match access {
            Some((statement, vlan)) => {
                allowed = VlanSet::parse(&vlan.to_string());
                Switchport {
                    mode: Some(At::new(SwitchportMode::Access, at)),
                    access_vlan: Some(At::new(vlan, host.draft.place(statement))),
                    ..Switchport::default()
                }
            }
            None => Switchport {
                mode: Some(At::new(SwitchportMode::Trunk, at)),
                native_vlan: native,
                allowed: allowed.clone(),
                allowed_at: vids
                    .map(|(statement, _)| At::new((), host.draft.place(*statement)))
                    .into_iter()
                    .collect(),
                ..Switchport::default()
            },
        };
        if let Some(allowed) = &allowed {
            all.extend(allowed);
        }
        let entry = host.interfaces.entry(port.clone());
        entry.or_insert_with(|| named(port)).switchport = Some(settings);
    }
    if let Some((_, vids)) = &more.vids {
        all.extend(vids);
    }
    for id in all.iter() {
        if !host.vlans.iter().any(|known| known.id == id) {
            host.vlans.push(Vlan {
                id,
                defined_at: Some(At::new((), at)),
                ..Vlan::default()
            });
        }
    }
}

/// An interface whose only address is the loopback's borrows it (Cumulus Linux, "OSPF
/// unnumbered").
fn borrow(host: &mut Host) {
    let only = |entry: &Interface| match entry.addresses.as_slice() {
        [one] if one.value.net.prefix_len() == 32 => Some(*one),
        _ => None,
    };
    let Some(lender) = host.interfaces.get("lo") else {
        return;
    };
    let lent: Vec<Ipv4Net> = lender.addresses.iter().map(|at| at.value.net).collect();
    for (name, entry) in &mut host.interfaces {
        if name != "lo"
            && let Some(one) = only(entry).filter(|one| lent.first() == Some(&one.value.net))
        {
            entry.unnumbered = Some(At::new("lo".to_owned(), one.at));
            entry.addresses.clear();
        }
    }
}
