//! Unread statements of a device by what they could do to a packet there.

use std::sync::Arc;

use super::Named;
use crate::analysis::Symbol;
use crate::model::{Device, FacetKind};
use crate::syntax::Effect;

/// Unread statements of one device.
#[derive(Debug, Default)]
pub(super) struct DeviceHoles {
    /// Those that could do anything.
    pub(super) device: Vec<Symbol>,
    /// Those that could change routes of OSPF.
    pub(super) ospf: Vec<Symbol>,
    /// Those that could add or change any other route.
    pub(super) routing: Vec<Symbol>,
    /// Those that could do something on one interface.
    pub(super) interfaces: Named<Vec<Symbol>>,
    /// Those that could change where a VLAN reaches.
    pub(super) switching: Vec<Symbol>,
}

impl DeviceHoles {
    /// The unread statements of a device; those of filters and services are their readers'.
    pub(super) fn new(device: &Device) -> Self {
        let name: Arc<str> = device.name.as_str().into();
        let mut holes = Self::default();
        for hole in &device.holes {
            let symbol = |redirects| Symbol::Hole {
                device: name.clone(),
                key: hole.key,
                redirects,
            };
            let facet = hole.facet.as_ref();
            let interface = facet.filter(|key| key.kind == FacetKind::Interface);
            match (hole.effect, interface) {
                (Effect::Interface | Effect::InterfaceFilter, Some(key)) => {
                    let redirects = hole.effect == Effect::Interface;
                    let list = holes.interfaces.entry(key.name.clone()).or_default();
                    list.push(symbol(redirects));
                }
                (Effect::InterfaceFilter, None) => holes.device.push(symbol(false)),
                (Effect::Interface, None) | (Effect::Device, _) => {
                    holes.device.push(symbol(true));
                }
                (Effect::Routing, _) if facet.is_some_and(|key| key.kind == FacetKind::Ospf) => {
                    holes.ospf.push(symbol(true));
                }
                (Effect::Routing, _) => holes.routing.push(symbol(true)),
                (Effect::Switching, _) => holes.switching.push(symbol(false)),
                (Effect::Filter | Effect::Zone | Effect::Scope | Effect::Authentication, _) => {}
            }
        }
        holes
    }
}

/// Whether a symbol could send packets elsewhere, with the key that a read set names it by.
pub(super) fn redirecting(symbol: &Symbol) -> Option<(Arc<str>, u64)> {
    match symbol {
        Symbol::Hole {
            device,
            key,
            redirects: true,
        } => Some((device.clone(), *key)),
        Symbol::Hole {
            redirects: false, ..
        }
        | Symbol::Field(_)
        | Symbol::Beyond(..)
        | Symbol::Outside(_)
        | Symbol::Undecided(_) => None,
    }
}
