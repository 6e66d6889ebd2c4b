//! Devices of netplan files.

use std::collections::{BTreeMap, BTreeSet};

use super::commands::{IPV6, REFUSED, TABLE};
use super::link::{self, Link};
use super::parse::{self, Line, Parsed};
use super::route;
use super::value::{Data, Member, Place, Value};
use crate::dialect::command_table::Context;
use crate::dialect::linux_host::{KernelRoutes, named};
use crate::model::draft::Draft;
use crate::model::interface::{Interface, Vlan};
use crate::model::{Facet, FacetKey, FacetKind, Reading, System};
use crate::source::{File, StatementRef};
use crate::syntax::{Effect, Support};

/// Lowers the files of one host, in the order in which netplan reads them.
pub(super) fn lower(files: &[&File]) -> Vec<Reading> {
    let parsed: Vec<Parsed> = files.iter().map(|file| parse::parse(file)).collect();
    let mut host = Host::new(files, &parsed);
    let mut whole: Option<Value> = None;
    for (index, parsed) in parsed.iter().enumerate() {
        match &parsed.root {
            Ok(root) => {
                let own = Value::of(root, index);
                match &mut whole {
                    Some(whole) => {
                        for place in whole.amend(own) {
                            host.refuse(place, "another file says something else of this kind");
                        }
                    }
                    None => whole = Some(own),
                }
            }
            // Netplan gives up on the first file that it cannot read.
            Err(error) => host.broken(index, error.line, &error.message),
        }
    }
    if let Some(whole) = &whole {
        let links = link::links(&mut host, whole);
        host.classify(whole, Some(TABLE.root()), None, &links);
        for link in &links {
            link::interface(&mut host, link);
        }
        link::memberships(&mut host, &links);
        let mut routes = KernelRoutes::default();
        for link in &links {
            route::routes(&mut host, link, &mut routes);
        }
        host.routes = routes;
    }
    host.finish(&parsed)
}

/// A host while it is lowered.
pub(super) struct Host {
    /// One reading a file.
    drafts: Vec<Draft>,
    /// Support of statements so far, with the facet of a hole.
    decided: BTreeMap<Place, (Support, Option<FacetKey>)>,
    /// Facets that statements contribute to.
    contributions: BTreeSet<(Place, FacetKey)>,
    /// Interfaces by name.
    pub(super) interfaces: BTreeMap<String, Interface>,
    /// VLANs that stand for bridges.
    pub(super) vlans: Vec<Vlan>,
    /// Facets that are finished.
    pub(super) facets: Vec<(FacetKey, Facet)>,
    /// Routes of the kernel.
    routes: KernelRoutes,
}

impl Host {
    /// A host of which nothing is read yet.
    fn new(files: &[&File], parsed: &[Parsed]) -> Self {
        let mut drafts = Vec::new();
        for (file, parsed) in files.iter().zip(parsed) {
            let mut draft = Draft::new(file, parsed.statements.clone());
            for span in &parsed.secrets {
                draft.secret(*span);
            }
            drafts.push(draft);
        }
        Self {
            drafts,
            decided: BTreeMap::new(),
            contributions: BTreeSet::new(),
            interfaces: BTreeMap::from([("lo".to_owned(), named("lo"))]),
            vlans: Vec::new(),
            facets: Vec::new(),
            routes: KernelRoutes::default(),
        }
    }

    /// The statement at a place.
    pub(super) fn at(&self, place: Place) -> Option<StatementRef> {
        Some(self.drafts.get(place.0)?.place(place.1))
    }

    /// Key of an interface's facet.
    pub(super) fn key(name: &str) -> FacetKey {
        FacetKey::new(FacetKind::Interface, name)
    }

    /// Says how far what stands at a place is understood; of several things the worst counts.
    pub(super) fn decide(&mut self, place: Place, support: Support, facet: Option<&FacetKey>) {
        let fresh = (support, facet.cloned());
        let Some(known) = self.decided.get_mut(&place) else {
            self.decided.insert(place, fresh);
            return;
        };
        match (known.0.effect(), support.effect()) {
            (None, Some(_)) => *known = fresh,
            (None, None) if known.0 != Support::Modeled => *known = fresh,
            (Some(one), Some(other)) if (one, &known.1) != (other, &fresh.1) => {
                let all_known = known.0.is_recognized() && support.is_recognized();
                let worst = if all_known {
                    Support::Unmodeled(Effect::Device)
                } else {
                    REFUSED
                };
                *known = (worst, None);
            }
            (Some(_), Some(_)) if !support.is_recognized() => *known = fresh,
            (Some(_) | None, _) => {}
        }
    }

    /// Says that a statement bears on a facet, however far it is understood.
    pub(super) fn contribute(&mut self, place: Place, key: &FacetKey) {
        self.contributions.insert((place, key.clone()));
    }

    /// Says that netplan or the kernel would refuse something, so that nobody knows what follows.
    pub(super) fn refuse(&mut self, place: Place, why: &str) {
        self.decide(place, Support::Unmodeled(Effect::Device), None);
        if let Some(draft) = self.drafts.get_mut(place.0) {
            draft.diagnose(Some(place.1), why);
        }
    }

    /// Leaves every line of a file that is no YAML unread.
    fn broken(&mut self, file: usize, line: u32, why: &str) {
        if let Some(draft) = self.drafts.get_mut(file) {
            draft.diagnose(Some(parse::statement_of(line)), why);
            let mut statement = 0;
            while draft.statement(statement).is_some() {
                self.decided.insert((file, statement), (REFUSED, None));
                statement += 1;
            }
        }
    }

    /// Says of every key how far it is known; those of a device bear on its interface.
    fn classify(
        &mut self,
        value: &Value,
        context: Option<Context>,
        owner: Option<&str>,
        links: &[Link<'_>],
    ) {
        for member in value.members() {
            let found = context.and_then(|context| TABLE.find(context, &[member.name.as_str()]));
            let support = found.map_or(REFUSED, |found| found.support);
            // Every device has a place in the list of links.
            let link = links.iter().find(|link| std::ptr::eq(link.member, member));
            let owner = link.map_or(owner, |link| Some(&link.name));
            let ipv6 = IPV6.contains(&member.name.as_str());
            let facet = owner.map(|name| match (support.effect(), ipv6) {
                (Some(_), true) => Self::key(&format!("ipv6 {name}")),
                (Some(_) | None, _) => Self::key(name),
            });
            for place in &member.places {
                self.known(*place, support, facet.as_ref());
                // libyaml's aliases are no part of what netplan takes.
                if member.value.at.0 == place.0 && member.value.at.1 < place.1 {
                    self.refuse(*place, "netplan takes no alias");
                }
            }
            let below = found.and_then(|found| found.context);
            self.below(&member.value, support, facet.as_ref(), below, owner, links);
        }
    }

    /// Says of a key's value how far it is known.
    fn below(
        &mut self,
        value: &Value,
        support: Support,
        facet: Option<&FacetKey>,
        context: Option<Context>,
        owner: Option<&str>,
        links: &[Link<'_>],
    ) {
        match &value.data {
            Data::Text(text, _) => {
                let support = if text.contains('\n') {
                    REFUSED
                } else {
                    support
                };
                self.known(value.at, support, facet);
            }
            Data::List(values) => {
                for value in values {
                    self.below(value, support, facet, context, owner, links);
                }
            }
            Data::Map(members) if context.is_none() => {
                for member in members {
                    for place in &member.places {
                        self.known(*place, support, facet);
                    }
                    self.below(&member.value, support, facet, None, owner, links);
                }
            }
            Data::Map(_) => self.classify(value, context, owner, links),
        }
    }

    /// Decides one place by the table.
    fn known(&mut self, place: Place, support: Support, facet: Option<&FacetKey>) {
        let own = matches!(
            support.effect(),
            Some(Effect::Interface | Effect::InterfaceFilter)
        );
        self.decide(place, support, facet.filter(|_| own));
        if let Some(facet) = facet.filter(|_| support == Support::Modeled) {
            self.contribute(place, facet);
        }
    }

    /// Refuses a key whose value is of another kind than netplan takes.
    pub(super) fn refuse_member(&mut self, member: &Member, why: &str) {
        self.refuse(member.value.at, why);
    }

    /// The finished readings.
    fn finish(mut self, parsed: &[Parsed]) -> Vec<Reading> {
        for (index, parsed) in parsed.iter().enumerate() {
            for (statement, line) in (0_u32..).zip(&parsed.lines) {
                let place = (index, statement);
                if *line == Line::Rest && !self.decided.contains_key(&place) {
                    self.decide(place, REFUSED, None);
                }
            }
        }
        for (place, (support, facet)) in &self.decided {
            if let Some(draft) = self.drafts.get_mut(place.0) {
                draft.decide(place.1, *support, facet.as_ref(), 0);
            }
        }
        for (place, key) in &self.contributions {
            if let Some(draft) = self.drafts.get_mut(place.0) {
                let index = draft.key(key);
                draft.contribute(place.1, index);
            }
        }
        if let Some(draft) = self.drafts.last_mut() {
            for (name, interface) in self.interfaces {
                draft.facet(&Self::key(&name), Facet::Interface(interface));
            }
            for vlan in self.vlans {
                let key = FacetKey::new(FacetKind::Vlan, vlan.id.to_string());
                draft.facet(&key, Facet::Vlan(vlan));
            }
            for (key, facet) in self.facets.into_iter().chain(self.routes.facets()) {
                draft.facet(&key, facet);
            }
            let system = System {
                // The kernel does not forward until it is told to (networking/ip-sysctl).
                forwards_untold: Some(false),
                ..System::default()
            };
            draft.facet(&FacetKey::new(FacetKind::System, ""), Facet::System(system));
        }
        self.drafts.into_iter().map(Draft::finish).collect()
    }
}
