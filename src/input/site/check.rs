//! A site file against the networks that it speaks of.

use std::collections::BTreeSet;

use crate::input::Error;
use crate::input::links::interface_named;
use crate::input::mistake::{Mistake, suggestion};
use crate::input::reader::Reader;
use crate::intent::{Network as PumpNetwork, Place, Site};
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::{Device, Network};
use crate::source::File;

/// Finds what the site file names and no network has; brings interface names to their full form.
pub fn check_site(site: &mut Site, file: &File, networks: &[&Network]) -> Result<(), Error> {
    let mut reader = Reader::new(&file.path, file.id);
    let known = known_vlans(networks);
    for network in site.networks.values() {
        check_vlan(&mut reader, network, networks, &known);
        for controller in &network.controllers {
            let known = networks
                .iter()
                .any(|network| network.devices.contains_key(controller));
            if !known && !site.hosts.contains_key(controller) {
                let names = names(networks, site);
                let help = suggestion(controller, names.iter().copied());
                let message = format!(
                    "network `{}` names controller `{controller}`, which is neither a device nor a host",
                    network.id
                );
                reader.mistake(at(network.place), message, help);
            }
        }
    }
    let mut full_names = Vec::new();
    for boundary in &site.boundaries {
        let place = at(boundary.place);
        let devices: Vec<&Device> = networks
            .iter()
            .filter_map(|network| network.devices.get(&boundary.device))
            .map(|device| &**device)
            .collect();
        if devices.is_empty() {
            let names = names(networks, site);
            let help = suggestion(&boundary.device, names.iter().copied());
            let message = format!(
                "the boundary names device `{}`, which no snapshot has",
                boundary.device
            );
            reader.mistake(place, message, help);
            full_names.push(None);
            continue;
        }
        let full = devices
            .iter()
            .find_map(|device| interface_named(device, &boundary.interface));
        if full.is_none() {
            let known: BTreeSet<&str> = devices
                .iter()
                .flat_map(|device| device.interfaces())
                .map(|(key, _)| &*key.name)
                .collect();
            let help = suggestion(&boundary.interface, known.iter().copied());
            let message = format!(
                "`{}` has no interface `{}`",
                boundary.device, boundary.interface
            );
            reader.mistake(place, message, help);
        }
        full_names.push(full);
    }
    for (boundary, full) in site.boundaries.iter_mut().zip(full_names) {
        if let Some(full) = full {
            boundary.interface = full;
        }
    }
    let mistakes: Vec<Mistake> = reader.into_mistakes();
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(Error::Mistakes {
        kind: "site",
        mistakes,
    })
}

/// A place's line and column.
fn at(place: Place) -> (u32, u32) {
    (place.line, place.column)
}

/// Names of all devices and hosts.
fn names<'a>(networks: &[&'a Network], site: &'a Site) -> Vec<&'a str> {
    let mut names: Vec<&str> = networks
        .iter()
        .flat_map(|network| network.devices.keys())
        .chain(site.hosts.keys())
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The VLAN of a routed interface.
fn tag_of(interface: &Interface) -> Option<u16> {
    match &interface.kind {
        InterfaceKind::Svi(vlan) => Some(*vlan),
        InterfaceKind::Subinterface { vlan, .. } => *vlan,
        InterfaceKind::Physical
        | InterfaceKind::Loopback
        | InterfaceKind::PortChannel(_)
        | InterfaceKind::Tunnel
        | InterfaceKind::Null => None,
    }
}

/// VLANs that a device has, routes, or has a port in.
fn known_vlans(networks: &[&Network]) -> BTreeSet<u16> {
    let mut known = BTreeSet::new();
    for device in networks.iter().flat_map(|network| network.devices.values()) {
        known.extend(device.vlans().map(|(_, vlan)| vlan.id));
        for (_, interface) in device.interfaces() {
            known.extend(tag_of(interface));
            if let Some(port) = &interface.switchport {
                known.extend(port.access_vlan.iter().map(|at| at.value));
                // A list of nearly all VLANs shows nothing about one of them.
                if let Some(allowed) = &port.allowed
                    && allowed.iter().count() < 1000
                {
                    known.extend(allowed.iter());
                }
            }
        }
    }
    known
}

/// Notes a pump VLAN that no device has, or that its subnet contradicts.
fn check_vlan(
    reader: &mut Reader<'_>,
    network: &PumpNetwork,
    networks: &[&Network],
    known: &BTreeSet<u16>,
) {
    let Some(vlan) = network.vlan else { return };
    let mut with_subnet: BTreeSet<(String, u16)> = BTreeSet::new();
    let mut routed_untagged = false;
    for device in networks.iter().flat_map(|network| network.devices.values()) {
        for (key, interface) in device.interfaces() {
            let here = interface
                .addresses
                .iter()
                .any(|address| network.subnet.contains(&address.value.net.addr()));
            if here {
                match tag_of(interface) {
                    Some(tag) => {
                        with_subnet.insert((format!("{} {}", device.name, key.name), tag));
                    }
                    None => routed_untagged = true,
                }
            }
        }
    }
    if with_subnet.iter().any(|(_, tag)| *tag == vlan) {
        return;
    }
    if let Some((place, tag)) = with_subnet.first() {
        let message = format!(
            "network `{}` says VLAN {vlan}, but its subnet {} is VLAN {tag}",
            network.id, network.subnet
        );
        reader.mistake(at(network.place), message, Some(format!("see {place}")));
    } else if !known.contains(&vlan) && !routed_untagged {
        let message = format!(
            "network `{}` says VLAN {vlan}, which no device of the snapshots has",
            network.id
        );
        let help = "correct the number, or add the devices that carry it to the snapshot";
        reader.mistake(at(network.place), message, Some(help.to_owned()));
    }
}
