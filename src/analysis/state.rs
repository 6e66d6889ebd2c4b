//! One state of a network while requirements are judged in it: what is shared between them.
//!
//! Walks, leases and attachments depend on a pump network, not on one requirement; each is found
//! once and kept.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attach::Attachment;
use super::lease::Lease;
use super::passage::{self, Passage};
use super::world::{InterfaceId, World};
use super::{HeldHop, Nominal, ReadSet, Replayed, StageOutcome, Symbol};
use crate::ctx::Ctx;
use crate::intent::{Intent, Network, Port, Profile, PumpGroup, Requirement, Service, ServiceKind};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::StatementRef;
use crate::syntax::Effect;

/// A stage with what was read for it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The stage.
    pub(super) stage: StageOutcome,
    /// What was read.
    pub(super) reads: ReadSet,
    /// Hops that routing protocols chose, by the server that they lead to.
    pub(super) hops: BTreeMap<Ipv4Addr, BTreeSet<HeldHop>>,
    /// What devices remember of its sessions.
    pub(super) sessions: BTreeSet<String>,
    /// Whether open sessions need that to pass.
    pub(super) needs_sessions: bool,
}

impl Part {
    /// A stage for which nothing was read yet.
    pub(super) fn new(stage: StageOutcome) -> Self {
        Self {
            stage,
            reads: ReadSet::default(),
            hops: BTreeMap::new(),
            sessions: BTreeSet::new(),
            needs_sessions: false,
        }
    }

    /// Adds what a passage depends on, and what shows its failure.
    pub(super) fn absorb(&mut self, passage: &Passage) {
        self.reads.merge(&passage.reads);
        if passage.nominal == Nominal::Works {
            let hops = self.hops.entry(passage.to).or_default();
            hops.extend(passage.hops.iter().cloned());
        }
        self.sessions.extend(passage.sessions.iter().cloned());
        self.needs_sessions |= passage.needs_sessions;
        for symbol in &passage.symbols {
            add_symbol(&mut self.stage.symbols, symbol.clone());
        }
        for fact in &passage.assumed {
            self.stage.facts.insert("assumed", fact.clone());
        }
        if passage.nominal == Nominal::Fails {
            for packets in &passage.failing {
                if !self.stage.failing.contains(packets) {
                    self.stage.failing.push(*packets);
                }
            }
            if self.stage.witness.is_none() {
                self.stage.witness.clone_from(&passage.witness);
            }
        }
        add_places(&mut self.stage.decided_by, &passage.decided_by);
    }
}

/// Adds a symbol that was not met yet.
pub(super) fn add_symbol(symbols: &mut Vec<Symbol>, symbol: Symbol) {
    if !symbols.contains(&symbol) {
        symbols.push(symbol);
    }
}

/// Adds statements that are not there yet.
pub(super) fn add_places(places: &mut Vec<StatementRef>, more: &[StatementRef]) {
    for place in more {
        if !places.contains(place) {
            places.push(*place);
        }
    }
}

/// Where packets start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// Every pump of a subnet, behind this default gateway (any router there where unknown).
    Pumps(Ipv4Net, Option<Ipv4Addr>),
    /// One address of a server or router.
    Address(Ipv4Addr),
}

/// A requirement with everything that it names.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    /// Its pumps.
    pub(super) group: &'a PumpGroup,
    /// Its network.
    pub(super) network: &'a Network,
    /// Its service.
    pub(super) service: &'a Service,
    /// The pumps' profile; none: everything about them is unknown.
    profile: Option<Profile>,
    /// Default gateway that the pumps use; none: any router of their subnet.
    pub(super) gateway: Option<Ipv4Addr>,
}

impl<'a> Case<'a> {
    /// The case of a requirement; `None` where the site lacks something that it names.
    pub(super) fn new(intent: &'a Intent, requirement: &'a Requirement) -> Option<Self> {
        let site = &intent.site;
        let group = site
            .pumps
            .iter()
            .find(|group| group.id == requirement.group)?;
        Some(Self {
            group,
            network: site.networks.get(&requirement.network)?,
            service: site.services.get(&requirement.service)?,
            profile: intent.profile_of(group),
            gateway: None,
        })
    }

    /// The same pumps behind this default gateway.
    pub(super) fn behind(&self, gateway: Option<Ipv4Addr>) -> Self {
        Self {
            gateway,
            ..self.clone()
        }
    }

    /// All pumps of the network, as a source.
    pub(super) fn pumps(&self) -> From {
        From::Pumps(self.network.subnet, self.gateway)
    }

    /// A yes-or-no field of the profile.
    pub(super) fn bool(&self, path: &str) -> Option<bool> {
        self.profile.as_ref()?.bool(path)
    }

    /// A number of the profile.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.profile.as_ref()?.number(path)
    }

    /// A word of the profile.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.profile.as_ref()?.text(path)
    }
}

/// A stage with each server of its service.
type Authentication = (Part, Vec<(Ipv4Addr, Nominal)>);

/// Where a walk starts, ends, and by which ports.
type PassageKey = (From, Ipv4Addr, Port, (u16, u16));

/// Walks of one network that every judgment of it shares: switches of several networks ask the same
/// servers.
#[derive(Default)]
pub(super) struct Passages(Mutex<BTreeMap<PassageKey, Arc<Passage>>>);

impl Passages {
    /// Those known so far.
    fn known(&self) -> MutexGuard<'_, BTreeMap<PassageKey, Arc<Passage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Packets of all walks that were followed once more.
    pub(super) fn replayed(&self) -> Replayed {
        let mut all = Replayed::default();
        for passage in self.known().values() {
            all.add(&passage.replayed);
        }
        all
    }
}

/// One state of a network with what was found in it so far.
pub(super) struct State<'w, 'n> {
    /// The network with its indexes.
    pub(super) world: &'w World<'n>,
    /// The site and its profiles.
    pub(super) intent: &'w Intent,
    /// Limits.
    pub(super) ctx: &'w Ctx<'w>,
    /// Walks, of all states of this network.
    passages: &'w Passages,
    /// Leases by network and service.
    leases: RefCell<BTreeMap<(String, String), Rc<Lease>>>,
    /// Authentication by network and service.
    authentications: RefCell<BTreeMap<(String, String), Rc<Authentication>>>,
    /// Attachments by network.
    attachments: RefCell<BTreeMap<String, Rc<Attachment>>>,
}

/// Ports that clients send from unless something else is known (RFC 6056 §3.2).
pub(super) const EPHEMERAL: (u16, u16) = (1024, u16::MAX);

impl<'w, 'n> State<'w, 'n> {
    /// A state in which nothing was found yet.
    pub(super) fn new(
        world: &'w World<'n>,
        intent: &'w Intent,
        passages: &'w Passages,
        ctx: &'w Ctx<'w>,
    ) -> Self {
        Self {
            world,
            intent,
            ctx,
            passages,
            leases: RefCell::default(),
            authentications: RefCell::default(),
            attachments: RefCell::default(),
        }
    }

    /// Whether packets from any ephemeral port reach a server and answers come back.
    pub(super) fn passage(&self, from: &From, to: Ipv4Addr, port: Port) -> Arc<Passage> {
        self.passage_from(from, to, port, EPHEMERAL)
    }

    /// Whether packets from these ports reach a server and answers come back.
    pub(super) fn passage_from(
        &self,
        from: &From,
        to: Ipv4Addr,
        port: Port,
        source_ports: (u16, u16),
    ) -> Arc<Passage> {
        let key = (from.clone(), to, port, source_ports);
        // Not held during the walk: two threads that walk the same find the same.
        if let Some(found) = self.passages.known().get(&key) {
            return Arc::clone(found);
        }
        let passage = Arc::new(passage::walk(self, from, to, port, source_ports));
        self.passages.known().insert(key, Arc::clone(&passage));
        passage
    }

    /// The lease that pumps of a network get from a DHCP service.
    pub(super) fn lease(&self, network: &Network, service: &Service) -> Rc<Lease> {
        let key = (network.id.clone(), service.id.clone());
        if let Some(found) = self.leases.borrow().get(&key) {
            return Rc::clone(found);
        }
        let lease = Rc::new(super::lease::lease(self, network, service));
        self.leases.borrow_mut().insert(key, Rc::clone(&lease));
        lease
    }

    /// Whether a network's authenticators reach a service.
    pub(super) fn authentication(&self, case: &Case<'_>) -> Rc<Authentication> {
        let key = (case.network.id.clone(), case.service.id.clone());
        if let Some(found) = self.authentications.borrow().get(&key) {
            return Rc::clone(found);
        }
        let found = Rc::new(super::authentication::authenticate(self, case));
        self.authentications
            .borrow_mut()
            .insert(key, Rc::clone(&found));
        found
    }

    /// How a network is attached.
    pub(super) fn attachment(&self, network: &Network) -> Rc<Attachment> {
        if let Some(found) = self.attachments.borrow().get(&network.id) {
            return Rc::clone(found);
        }
        let attachment = Rc::new(super::attach::attachment(self, network));
        self.attachments
            .borrow_mut()
            .insert(network.id.clone(), Rc::clone(&attachment));
        attachment
    }

    /// The device whose address this is, noting where it was looked for.
    pub(super) fn device_of(&self, address: Ipv4Addr, reads: &mut ReadSet) -> Option<&'n Device> {
        reads.goals.insert(Ipv4Net::from(address));
        for host in self.intent.site.hosts.values() {
            if host.address.addr() == address {
                let name: Arc<str> = host.name.to_lowercase().into();
                reads.read(&name, FacetKind::System, "");
                if let Some(device) = self.world.network().devices.get(&*name) {
                    return Some(device);
                }
            }
        }
        self.world
            .owners(address)
            .iter()
            .find_map(|id| self.world.device(self.world.interface(*id).device).device)
    }

    /// A device's name.
    #[expect(
        clippy::unused_self,
        reason = "callers have a state and no table of names"
    )]
    pub(super) fn name_of(&self, device: &Device) -> Arc<str> {
        device.name.as_str().into()
    }

    /// Notes a device's unread statements of these effects.
    pub(super) fn holes(
        &self,
        device: &Device,
        effects: &[Effect],
        symbols: &mut Vec<Symbol>,
        reads: &mut ReadSet,
    ) {
        self.holes_where(device, effects, |_| true, symbols, reads);
    }

    /// Notes a device's unread statements of these effects, as far as the facets that they stand in
    /// are wanted.
    pub(super) fn holes_where(
        &self,
        device: &Device,
        effects: &[Effect],
        wanted: impl Fn(&FacetKey) -> bool,
        symbols: &mut Vec<Symbol>,
        reads: &mut ReadSet,
    ) {
        let host = self.name_of(device);
        for hole in device
            .holes
            .iter()
            .filter(|hole| effects.contains(&hole.effect))
            .filter(|hole| hole.facet.as_ref().is_none_or(&wanted))
        {
            reads.holes.insert((host.clone(), hole.key));
            add_symbol(
                symbols,
                Symbol::Hole {
                    device: host.clone(),
                    key: hole.key,
                    redirects: false,
                },
            );
        }
    }

    /// The DHCP service of a group, by its uses, else the site's only one.
    pub(super) fn dhcp_service(&self, group: &PumpGroup) -> Option<&'w Service> {
        self.service_of(group, ServiceKind::Dhcp)
    }

    /// The service of a kind that a group uses, else the first that the site has.
    pub(super) fn service_of(&self, group: &PumpGroup, kind: ServiceKind) -> Option<&'w Service> {
        let services = &self.intent.site.services;
        group
            .uses
            .iter()
            .filter_map(|id| services.get(id))
            .chain(services.values())
            .find(|service| service.kind == kind)
    }

    /// The service of which a group asks one of several servers, anew each time; `None`: the server
    /// is of no such service, or holds sessions.
    pub(super) fn asked_service(&self, group: &PumpGroup, server: Ipv4Addr) -> Option<&'w Service> {
        let services = &self.intent.site.services;
        let used = group.uses.iter().filter_map(|id| services.get(id));
        let asks_anew = |service: &&Service| match service.kind {
            ServiceKind::Radius | ServiceKind::Dhcp | ServiceKind::Dns | ServiceKind::Ntp => true,
            ServiceKind::PumpGateway
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other => false,
        };
        used.filter(|service| service.servers.contains(&server))
            .min_by_key(asks_anew)
            .filter(asks_anew)
    }

    /// Pumps that may be on a network at the same time: groups roam.
    pub(super) fn pumps_on(&self, network: &Network) -> u64 {
        self.intent
            .site
            .pumps
            .iter()
            .filter(|group| group.dhcp && group.on.contains(&network.id))
            .flat_map(|group| &group.firmware)
            .map(|firmware| u64::from(firmware.count))
            .sum()
    }

    /// The name of an interface with its device, as reports have it.
    pub(super) fn interface_text(&self, id: InterfaceId) -> String {
        let entry = self.world.interface(id);
        format!("{} {}", self.world.device(entry.device).name, entry.name)
    }
}
