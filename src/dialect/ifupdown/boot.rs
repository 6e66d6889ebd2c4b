//! What `ifup -a` does in its order: addresses, gateways and route commands.
//!
//! The kernel takes a route only if its gateway is on a connected subnet at that moment, and no
//! second one to a prefix with equal metric (ip-route(8)); what it refuses stops the interface.

use std::net::Ipv4Addr;

use super::command::{Action, NewRoute};
use super::lower::{Host, Start};
use super::stanza::Stanza;
use crate::dialect::linux_host::{KernelRoutes, add_address, static_route};
use crate::model::interface::Interface;
use crate::model::route::static_route_name;
use crate::model::{FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;

/// An address that is there, and since when.
struct Live {
    /// The address.
    net: Ipv4Net,
    /// Its interface.
    interface: String,
    /// When the interface comes up.
    start: Start,
}

/// One run of `ifup -a`.
pub(super) struct Boot<'h> {
    /// The host.
    host: &'h mut Host,
    /// Addresses so far.
    live: Vec<Live>,
    /// Routes so far.
    routes: KernelRoutes,
}

impl<'h> Boot<'h> {
    /// Brings everything up and adds the routes to the host.
    pub(super) fn run(host: &'h mut Host, stanzas: &[Stanza]) {
        let mut order: Vec<(Start, &str)> = host
            .started
            .iter()
            .map(|(name, start)| (*start, name.as_str()))
            .collect();
        order.sort();
        let order: Vec<(Start, String)> = order
            .into_iter()
            .map(|(start, name)| (start, name.to_owned()))
            .collect();
        let mut boot = Self {
            host,
            live: Vec::new(),
            routes: KernelRoutes::default(),
        };
        for (start, name) in order {
            for stanza in stanzas.iter().filter(|stanza| stanza.name == name) {
                boot.stanza(start, stanza);
            }
        }
        // What nothing brings up is a hole; its routes are shown all the same.
        for stanza in stanzas {
            if stanza.name != "?" && !boot.host.started.contains_key(&stanza.name) {
                boot.stanza(Start::Hotplug, stanza);
            }
        }
        boot.finish();
    }

    /// Brings one stanza up.
    fn stanza(&mut self, start: Start, stanza: &Stanza) {
        for (statement, action) in &stanza.before {
            self.action(start, stanza, *statement, action);
        }
        if (stanza.method == "static" || stanza.more.is_some())
            && let Some(net) = stanza.net()
        {
            self.live.push(Live {
                net,
                interface: stanza.interface.clone(),
                start,
            });
        }
        if let Some((statement, gateway)) = stanza.gateway {
            let route = NewRoute {
                prefix: Ipv4Net::default(),
                hops: vec![(Some(gateway), Some(stanza.interface.clone()))],
                metric: stanza.metric.map_or(0, |(_, metric)| metric),
                // `ifup -n -v` shows the word.
                onlink: true,
            };
            self.route(start, stanza, statement, &route);
        }
        for (statement, action) in &stanza.after {
            self.action(start, stanza, *statement, action);
        }
    }

    /// Runs one command.
    fn action(&mut self, start: Start, stanza: &Stanza, statement: u32, action: &Action) {
        let at = self.host.draft.place(statement);
        match action {
            Action::Route(route) => self.route(start, stanza, statement, route),
            Action::Forwarding(on) => {
                self.host.system.forwarding = Some(At::new(*on, at));
                let key = FacetKey::new(FacetKind::System, "");
                self.host.modeled(statement, &key);
            }
            Action::Address(net, device) => {
                let Some(entry) = self.host.interfaces.get_mut(device) else {
                    let why = format!("`{device}` is not an interface of this file");
                    return self.host.refuse(statement, why);
                };
                add_address(entry, *net, at);
                let key = FacetKey::new(FacetKind::Interface, device);
                self.host.modeled(statement, &key);
                self.live.push(Live {
                    net: *net,
                    interface: device.clone(),
                    start,
                });
            }
            Action::Up(device) => {
                let fresh = Interface {
                    name: device.clone(),
                    defined_at: Some(At::new((), at)),
                    ..Interface::default()
                };
                self.host.interfaces.entry(device.clone()).or_insert(fresh);
                let key = FacetKey::new(FacetKind::Interface, device);
                self.host.modeled(statement, &key);
            }
        }
    }

    /// Adds a route, or says why the kernel would not.
    fn route(&mut self, start: Start, stanza: &Stanza, statement: u32, route: &NewRoute) {
        let at = self.host.draft.place(statement);
        let name = static_route_name(None, route.prefix);
        let key = FacetKey::new(FacetKind::StaticRoute, name);
        if stanza.more.as_ref().is_some_and(|more| more.vrf.is_some()) {
            return self
                .host
                .refuse(statement, "which VRF the route is in".to_owned());
        }
        let taken = self.routes.equal(None, route.prefix, route.metric);
        let connected = |live: &Live| live.net.trunc() == route.prefix;
        if taken.is_some() || (route.metric == 0 && self.live.iter().any(connected)) {
            let why = format!("a route to {} with equal metric is there", route.prefix);
            return self.host.refuse(statement, why);
        }
        let mut added = Vec::new();
        for (gateway, interface) in &route.hops {
            let found = match gateway {
                Some(gateway) if !route.onlink => self.interface_of(start, stanza, *gateway),
                _ => interface.clone(),
            };
            let wanted = interface.as_ref().or(found.as_ref());
            if found.is_none() || wanted != found.as_ref() {
                let gateway = gateway.map_or_else(String::new, |gateway| gateway.to_string());
                let why = format!("gateway {gateway} is on no connected subnet at that moment");
                return self.host.refuse(statement, why);
            }
            added.push(static_route(at, *gateway, found));
        }
        if route.hops.is_empty() {
            added.push(static_route(at, None, None));
        }
        self.routes.add(None, route.prefix, route.metric, added);
        self.host.modeled(statement, &key);
    }

    /// The interface on whose subnet a gateway is while this stanza comes up.
    fn interface_of(&self, start: Start, stanza: &Stanza, gateway: Ipv4Addr) -> Option<String> {
        let there = |live: &&Live| match (live.start, start) {
            (Start::Auto(one), Start::Auto(other)) => one <= other,
            (Start::Auto(_), Start::Hotplug) => true,
            (Start::Hotplug, _) => live.interface == stanza.interface,
        };
        let best = self
            .live
            .iter()
            .filter(there)
            .filter(|live| live.net.contains(&gateway) && live.net.addr() != gateway)
            .max_by_key(|live| live.net.prefix_len())?;
        let closer = |prefix: &Ipv4Net| {
            prefix.prefix_len() > best.net.prefix_len() && prefix.contains(&gateway)
        };
        (!self.routes.prefixes().any(|prefix| closer(&prefix))).then(|| best.interface.clone())
    }

    /// Adds the routes to the host.
    fn finish(self) {
        for (key, facet) in self.routes.facets() {
            self.host.draft.facet(&key, facet);
        }
    }
}
