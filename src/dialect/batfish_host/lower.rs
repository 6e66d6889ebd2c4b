//! Interfaces, the default route and the name of a host.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::commands;
use super::parse::Parsed;
use crate::model::draft::Draft;
use crate::model::interface::{Interface, InterfaceAddress};
use crate::model::route::{StaticRoute, StaticRoutes, static_route_name};
use crate::model::{Facet, FacetKey, FacetKind, Reading, System};
use crate::net::Ipv4Net;
use crate::source::{At, File};
use crate::syntax::{Effect, JsonKind, Support};

/// Lowers a host file.
pub(super) fn lower(file: &File, parsed: &Parsed<'_>) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    if !parsed.complete {
        draft.truncate();
        let last = u32::try_from(parsed.parts.len().saturating_sub(1)).ok();
        draft.diagnose(last, "the text is no complete JSON");
    }
    let mut host = Host {
        draft,
        system: System::default(),
        interfaces: BTreeMap::new(),
        gateways: Vec::new(),
    };
    let mut paths: Vec<Vec<&str>> = Vec::with_capacity(parsed.parts.len());
    for (statement, part) in (0_u32..).zip(&parsed.parts) {
        let mut path = part
            .parent
            .and_then(|index| paths.get(index as usize))
            .map_or_else(Vec::new, Clone::clone);
        // Deeper than any known member, a path tells nothing more.
        if path.len() <= 4 {
            path.extend(part.name.map(|word| word.text));
        }
        let value = part.value.and_then(|word| {
            let text = word.text.strip_prefix('"')?.strip_suffix('"')?;
            (!text.contains('\\')).then_some(text)
        });
        match part.kind {
            JsonKind::Blank => {}
            JsonKind::Close => {
                let support = Support::Irrelevant("closes a block");
                host.draft.decide(statement, support, None, 0);
            }
            JsonKind::Broken => host.hole(statement, Support::Unrecognized(Effect::Device), None),
            JsonKind::Object | JsonKind::Array | JsonKind::Leaf => {
                host.member(statement, part.kind, &path, value);
            }
        }
        paths.push(path);
    }
    host.finish()
}

/// A host while it is lowered.
struct Host<'a> {
    /// The reading.
    draft: Draft,
    /// Name, forwarding and gateway.
    system: System,
    /// Interfaces by the name of their member.
    interfaces: BTreeMap<&'a str, Interface>,
    /// Gateways with the member of their interface.
    gateways: Vec<(At<Ipv4Addr>, &'a str)>,
}

impl<'a> Host<'a> {
    /// Leaves a hole.
    fn hole(&mut self, statement: u32, support: Support, facet: Option<&FacetKey>) {
        self.draft.decide(statement, support, facet, 0);
    }

    /// Marks a statement as modeled.
    fn modeled(&mut self, statement: u32, facet: &FacetKey) {
        let index = self.draft.key(facet);
        self.draft.decide(statement, Support::Modeled, None, 0);
        self.draft.contribute(statement, index);
    }

    /// Lowers one member.
    fn member(&mut self, statement: u32, kind: JsonKind, path: &[&'a str], value: Option<&'a str>) {
        let at = self.draft.place(statement);
        let system = FacetKey::new(FacetKind::System, "");
        match (path, kind) {
            (["hostname"], JsonKind::Leaf) if value.is_some_and(|name| !name.is_empty()) => {
                let name = value.unwrap_or("");
                self.system.hostname = Some(At::new(name.to_owned(), at));
                self.draft.hostname(name);
                self.modeled(statement, &system);
            }
            ([], _) | (["hostInterfaces"], JsonKind::Object) => self.modeled(statement, &system),
            (["hostInterfaces", name], JsonKind::Object) => {
                let interface = self.interfaces.entry(name).or_default();
                (*name).clone_into(&mut interface.name);
                interface.defined_at = Some(At::new((), at));
                self.modeled(statement, &FacetKey::new(FacetKind::Interface, name));
            }
            (["hostInterfaces", name, member], JsonKind::Leaf) => {
                self.setting(statement, name, member, value);
            }
            _ => {
                let support = commands::member(path)
                    .filter(|support| *support != Support::Modeled)
                    .unwrap_or(Support::Unrecognized(Effect::Device));
                self.hole(statement, support, None);
            }
        }
    }

    /// Lowers one setting of an interface.
    fn setting(&mut self, statement: u32, name: &'a str, member: &str, value: Option<&str>) {
        let at = self.draft.place(statement);
        let key = FacetKey::new(FacetKind::Interface, name);
        let interface = self.interfaces.entry(name).or_default();
        match (member, value) {
            // The member's own name is what other files refer to; a second name is only shown.
            ("name", Some(text)) if text == name => self.modeled(statement, &key),
            ("prefix", Some(text)) => {
                if let Ok(net) = text.parse::<Ipv4Net>() {
                    let secondary = !interface.addresses.is_empty();
                    let address = InterfaceAddress { net, secondary };
                    interface.addresses.push(At::new(address, at));
                    self.modeled(statement, &key);
                } else {
                    let support = Support::Unrecognized(Effect::Interface);
                    self.hole(statement, support, Some(&key));
                }
            }
            ("gateway", Some(text)) => {
                if let Ok(gateway) = text.parse() {
                    self.gateways.push((At::new(gateway, at), name));
                    let index = self.draft.key(&default_route());
                    self.draft.contribute(statement, index);
                    self.modeled(statement, &FacetKey::new(FacetKind::System, ""));
                } else {
                    let support = Support::Unrecognized(Effect::Interface);
                    self.hole(statement, support, Some(&key));
                }
            }
            _ => {
                let support = commands::member(&["hostInterfaces", name, member])
                    .filter(|support| *support != Support::Modeled)
                    .unwrap_or(Support::Unmodeled(Effect::Interface));
                self.hole(statement, support, Some(&key));
            }
        }
    }

    /// The finished reading.
    fn finish(mut self) -> Reading {
        if let Some(top) = self.draft.statement(0).map(|_| self.draft.place(0)) {
            self.system.forwarding = Some(At::new(false, top));
        }
        self.system.default_gateway = self.gateways.first().map(|(gateway, _)| *gateway);
        if !self.gateways.is_empty() {
            let routes = StaticRoutes {
                vrf: None,
                prefix: Ipv4Net::default(),
                routes: self
                    .gateways
                    .iter()
                    .map(|(gateway, name)| StaticRoute {
                        at: gateway.at,
                        next_hop: Some(gateway.value),
                        interface: Some((*name).to_owned()),
                        distance: None,
                        tag: None,
                        track: None,
                        permanent: false,
                        next_hop_global: false,
                        kernel: true,
                    })
                    .collect(),
            };
            self.draft
                .facet(&default_route(), Facet::StaticRoute(routes));
        }
        for (name, interface) in std::mem::take(&mut self.interfaces) {
            let key = FacetKey::new(FacetKind::Interface, name);
            self.draft.facet(&key, Facet::Interface(interface));
        }
        let system = FacetKey::new(FacetKind::System, "");
        self.draft.facet(&system, Facet::System(self.system));
        self.draft.finish()
    }
}

/// Key of the default route.
fn default_route() -> FacetKey {
    let name = static_route_name(None, Ipv4Net::default());
    FacetKey::new(FacetKind::StaticRoute, name)
}
