//! Interfaces of an interfaces file.

use std::collections::BTreeMap;

use super::boot::Boot;
use super::commands;
use super::parse::{self, Parsed};
use super::second::{self, More};
use super::stanza::{Stanza, Taken};
use crate::dialect::linux_host::{add_address, bridge_port, bridge_vlan, named};
use crate::model::draft::Draft;
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::{Facet, FacetKey, FacetKind, Reading, System, interface};
use crate::source::{At, File};
use crate::syntax::{Effect, Support};

/// Lowers a parsed file.
pub(super) fn lower(file: &File, parsed: &Parsed) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    for span in &parsed.secrets {
        draft.secret(*span);
    }
    let mut host = Host {
        draft,
        system: System {
            // The kernel does not forward until it is told to (networking/ip-sysctl, ip_forward).
            forwards_untold: Some(false),
            ..System::default()
        },
        interfaces: BTreeMap::from([("lo".to_owned(), named("lo"))]),
        vlans: Vec::new(),
        stanzas: Vec::new(),
        started: BTreeMap::new(),
        second: false,
    };
    host.second = second::is_second(&parsed.words);
    let mut inside = false;
    for (statement, words) in (0_u32..).zip(&parsed.words) {
        let Some(first) = words.first() else { continue };
        if parse::is_stanza(first) {
            inside = first == "iface";
            host.stanza(statement, words);
        } else if inside {
            host.option(statement, words);
        } else {
            let support = Support::Unrecognized(Effect::Device);
            host.draft.decide(statement, support, None, 0);
        }
    }
    host.finish()
}

/// When an interface is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Start {
    /// At this place in the order of `auto` lines.
    Auto(usize),
    /// Some time, when its hardware is found.
    Hotplug,
}

/// A host while it is lowered.
pub(super) struct Host {
    /// The reading.
    pub(super) draft: Draft,
    /// Forwarding.
    pub(super) system: System,
    /// Interfaces by name.
    pub(super) interfaces: BTreeMap<String, Interface>,
    /// VLANs that stand for bridges.
    pub(super) vlans: Vec<interface::Vlan>,
    /// Stanzas in the order of the file.
    pub(super) stanzas: Vec<Stanza>,
    /// When each interface is brought up.
    pub(super) started: BTreeMap<String, Start>,
    /// Whether ifupdown2 reads the file.
    second: bool,
}

impl Host {
    /// Key of an interface's facet.
    pub(super) fn key(name: &str) -> FacetKey {
        FacetKey::new(FacetKind::Interface, name)
    }

    /// Marks a statement as one that says something of a facet.
    pub(super) fn modeled(&mut self, statement: u32, key: &FacetKey) {
        let index = self.draft.key(key);
        self.draft.decide(statement, Support::Modeled, None, 0);
        self.draft.contribute(statement, index);
    }

    /// Leaves a hole of an interface, or of the device where the effect is the device's.
    pub(super) fn hole(&mut self, statement: u32, support: Support, interface: &str) {
        let key = Self::key(interface);
        let own = matches!(
            support.effect(),
            Some(Effect::Interface | Effect::InterfaceFilter)
        );
        self.draft
            .decide(statement, support, own.then_some(&key), 0);
    }

    /// Says that a command or option would be refused, so that nobody knows what follows.
    pub(super) fn refuse(&mut self, statement: u32, why: String) {
        let support = Support::Unmodeled(Effect::Device);
        self.draft.decide(statement, support, None, 0);
        self.draft.diagnose(Some(statement), why);
    }

    /// Takes the first line of a stanza.
    fn stanza(&mut self, statement: u32, words: &[String]) {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        match texts.as_slice() {
            ["auto" | "allow-auto", names @ ..] => self.start(statement, names, true),
            ["allow-hotplug", names @ ..] => self.start(statement, names, false),
            ["iface", name] if self.second => {
                self.modeled(statement, &Self::key(name));
                self.stanzas.push(Stanza {
                    statement,
                    interface: (*name).to_owned(),
                    name: (*name).to_owned(),
                    family: "inet".to_owned(),
                    method: "manual".to_owned(),
                    more: Some(More::default()),
                    ..Stanza::default()
                });
            }
            ["iface", name, family, method, rest @ ..] => {
                let interface = name.split_once(':').map_or(*name, |(base, _)| base);
                let known = matches!(*method, "loopback" | "static" | "manual" | "dhcp");
                let shown = if *family == "inet" {
                    interface.to_owned()
                } else {
                    // No IPv4 packet meets what is said of IPv6.
                    format!("ipv6 {interface}")
                };
                if *family == "inet6" {
                    self.hole(statement, Support::Unmodeled(Effect::Interface), &shown);
                } else if *family == "inet" && known && rest.is_empty() {
                    self.modeled(statement, &Self::key(interface));
                } else {
                    let support = commands::stanza(&texts).filter(|support| support.is_hole());
                    let support = support.unwrap_or(Support::Unrecognized(Effect::Interface));
                    self.hole(statement, support, &shown);
                }
                self.stanzas.push(Stanza {
                    statement,
                    interface: interface.to_owned(),
                    name: (*name).to_owned(),
                    family: (*family).to_owned(),
                    method: (*method).to_owned(),
                    more: self.second.then(More::default),
                    ..Stanza::default()
                });
            }
            _ => {
                let support = commands::stanza(&texts)
                    .filter(|support| *support != Support::Modeled)
                    .unwrap_or(Support::Unrecognized(Effect::Device));
                self.draft.decide(statement, support, None, 0);
                // What follows belongs to no interface.
                if texts.first() == Some(&"iface") {
                    self.stanzas.push(Stanza {
                        statement,
                        name: "?".to_owned(),
                        ..Stanza::default()
                    });
                }
            }
        }
    }

    /// Takes an `auto` or `allow-hotplug` line.
    fn start(&mut self, statement: u32, names: &[&str], auto: bool) {
        if names.iter().any(|name| name.contains(['/', '=', '*'])) {
            let support = Support::Unmodeled(Effect::Device);
            self.draft.decide(statement, support, None, 0);
            return;
        }
        self.draft.decide(statement, Support::Modeled, None, 0);
        for name in names {
            let place = self.started.len();
            let start = if auto {
                Start::Auto(place)
            } else {
                Start::Hotplug
            };
            let entry = self.started.entry((*name).to_owned()).or_insert(start);
            *entry = (*entry).min(start);
            let base = name.split_once(':').map_or(*name, |(base, _)| base);
            self.modeled(statement, &Self::key(base));
        }
    }

    /// Takes an option of the stanza that was begun last.
    fn option(&mut self, statement: u32, words: &[String]) {
        let Some(stanza) = self.stanzas.last_mut() else {
            return;
        };
        let interface = if stanza.family == "inet" {
            stanza.interface.clone()
        } else {
            format!("ipv6 {}", stanza.interface)
        };
        match stanza.option(statement, words) {
            Taken::Yes => {
                let base = stanza.interface.clone();
                self.modeled(statement, &Self::key(&base));
            }
            Taken::As(support) => self.hole(statement, support, &interface),
            Taken::Twice => {
                self.refuse(
                    statement,
                    "the option stands twice in its stanza".to_owned(),
                );
            }
        }
    }

    /// The finished reading.
    fn finish(mut self) -> Reading {
        let stanzas = std::mem::take(&mut self.stanzas);
        for stanza in stanzas.iter().filter(|stanza| stanza.family == "inet") {
            self.interface(stanza);
        }
        for stanza in stanzas.iter().filter(|stanza| stanza.family == "inet") {
            self.link(stanza);
        }
        if self.second {
            second::finish(&mut self, &stanzas);
        }
        let parents: Vec<String> = (stanzas.iter())
            .filter(|stanza| self.started.contains_key(&stanza.name))
            .filter_map(|stanza| {
                let kind = &self.interfaces.get(&stanza.interface)?.kind;
                let InterfaceKind::Subinterface { parent, .. } = kind else {
                    return None;
                };
                Some(parent.clone())
            })
            .collect();
        for stanza in &stanzas {
            let parent = parents.contains(&stanza.name);
            if stanza.name != "?"
                && stanza.name != "lo"
                && !parent
                && !self.started.contains_key(&stanza.name)
            {
                let support = Support::Unmodeled(Effect::Interface);
                self.hole(stanza.statement, support, &stanza.interface);
                let message = "no `auto` or `allow-hotplug` line brings the interface up";
                self.draft.diagnose(Some(stanza.statement), message);
            }
        }
        Boot::run(&mut self, &stanzas);
        for (name, interface) in std::mem::take(&mut self.interfaces) {
            self.draft
                .facet(&Self::key(&name), Facet::Interface(interface));
        }
        for vlan in std::mem::take(&mut self.vlans) {
            let key = FacetKey::new(FacetKind::Vlan, vlan.id.to_string());
            self.draft.facet(&key, Facet::Vlan(vlan));
        }
        let system = FacetKey::new(FacetKind::System, "");
        self.draft.facet(&system, Facet::System(self.system));
        self.draft.finish()
    }

    /// Adds what a stanza says of its interface itself.
    fn interface(&mut self, stanza: &Stanza) {
        let place = |statement| self.draft.place(statement);
        let name = &stanza.interface;
        let entry = self
            .interfaces
            .entry(name.clone())
            .or_insert_with(|| named(name));
        let defined = At::new((), place(stanza.statement));
        entry.defined_at.get_or_insert(defined);
        if let Some((statement, mtu)) = stanza.mtu {
            entry.mtu = Some(At::new(mtu, place(statement)));
        }
        if let Some((statement, text)) = &stanza.description {
            entry.description = Some(At::new(text.clone(), place(*statement)));
        }
        match stanza.method.as_str() {
            "dhcp" => entry.address_by_dhcp = Some(defined),
            _ if stanza.more.is_some() => {
                if let (Some(net), Some((statement, ..))) = (stanza.net(), stanza.address) {
                    add_address(entry, net, place(statement));
                }
            }
            "static" => match (stanza.net(), stanza.address) {
                (Some(net), Some((statement, ..))) => add_address(entry, net, place(statement)),
                _ => self.refuse(stanza.statement, "the stanza gives no address".to_owned()),
            },
            _ => {}
        }
    }

    /// Adds what a stanza says of the link below its interface.
    fn link(&mut self, stanza: &Stanza) {
        let name = &stanza.interface;
        if stanza.more.as_ref().is_some_and(More::is_aware) {
            return;
        }
        if let Some((statement, ports)) = &stanza.ports {
            self.bridge(*statement, name, ports);
            return;
        }
        let dotted = name.rsplit_once('.');
        let dotted = dotted.and_then(|(parent, tag)| Some((parent, tag.parse().ok()?)));
        let numbered = name.strip_prefix("vlan").and_then(|tag| tag.parse().ok());
        let (parent, tag): (&str, u16) = match (&stanza.raw_device, dotted, numbered) {
            (None, Some((parent, tag)), _) => (parent, tag),
            (Some((_, parent)), Some((_, tag)), _) | (Some((_, parent)), None, Some(tag)) => {
                (parent, tag)
            }
            (Some((statement, _)), None, None) => {
                self.hole(*statement, Support::Unmodeled(Effect::Interface), name);
                return;
            }
            (None, None, _) => return,
        };
        self.interfaces
            .entry(parent.to_owned())
            .or_insert_with(|| named(parent));
        if let Some(entry) = self.interfaces.get_mut(name) {
            entry.kind = InterfaceKind::Subinterface {
                parent: parent.to_owned(),
                vlan: Some(tag),
            };
        }
    }

    /// Makes an interface a bridge over ports: untagged frames of one VLAN.
    fn bridge(&mut self, statement: u32, name: &str, ports: &[String]) {
        let at = self.draft.place(statement);
        let Some(vlan) = bridge_vlan(&self.vlans, at) else {
            self.refuse(statement, "more bridges than are told apart".to_owned());
            return;
        };
        let id = vlan.id;
        self.vlans.push(vlan);
        for port in ports {
            let key = self.draft.key(&Self::key(port));
            self.draft.contribute(statement, key);
            let entry = self
                .interfaces
                .entry(port.clone())
                .or_insert_with(|| named(port));
            entry.switchport = Some(bridge_port(id, at));
        }
        if let Some(entry) = self.interfaces.get_mut(name) {
            entry.kind = InterfaceKind::Svi(id);
        }
    }
}
