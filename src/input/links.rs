//! Links between devices: declared, or inferred from descriptions and subnets.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::Error;
use crate::input::place_name::host_label;
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::{Device, Link, LinkEvidence, Network};
use crate::net::Ipv4Net;
use crate::source::{File, escape_terminal};
use crate::wire::Topology;

/// Device and full interface name.
type End = (String, String);

/// Reads `layer1_topology.json`; names are brought to those of the devices.
pub(in crate::input) fn declared(
    file: &File,
    network: &Network,
    notes: &mut Vec<String>,
) -> Result<Vec<Link>, Error> {
    let topology: Topology = serde_json::from_str(&file.text).map_err(|error| Error::Topology {
        file: file.path.clone(),
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        reason: error.to_string(),
    })?;
    let mut links = BTreeSet::new();
    for edge in topology.edges {
        let mut ends = [edge.node1, edge.node2].map(|end| {
            let (end, known) = normalized(&end.hostname, &end.interface, network);
            if !known {
                notes.push(format!(
                    "`{}` links `{}` `{}`, which no configuration has",
                    file.path,
                    escape_terminal(&end.0),
                    escape_terminal(&end.1)
                ));
            }
            end
        });
        ends.sort();
        let [a, b] = ends;
        links.insert(Link {
            a,
            b,
            evidence: LinkEvidence::Declared,
        });
    }
    Ok(links.into_iter().collect())
}

/// A declared end by the names of the configurations, and whether there is such an interface.
fn normalized(hostname: &str, interface: &str, network: &Network) -> (End, bool) {
    let lower = hostname.to_lowercase();
    let name = if network.devices.contains_key(&lower) {
        lower
    } else {
        host_label(hostname)
    };
    let Some(device) = network.devices.get(&name) else {
        return ((name, interface.to_owned()), false);
    };
    match interface_named(device, interface) {
        Some(found) => ((name, found), true),
        None => ((name, interface.to_owned()), false),
    }
}

/// The full name of a device's interface, from any case and any unambiguous abbreviation.
pub(in crate::input) fn interface_named(device: &Device, text: &str) -> Option<String> {
    if device.interface(text).is_some() {
        return Some(text.to_owned());
    }
    let (kind, number) = split_name(text);
    if number.is_empty() {
        return None;
    }
    let mut exact = None;
    let mut found: Vec<&str> = Vec::new();
    for (key, _) in device.interfaces() {
        let (known_kind, known_number) = split_name(&key.name);
        if known_number != number {
            continue;
        }
        if known_kind == kind {
            exact = Some(key.name.to_string());
        } else if !kind.is_empty() && known_kind.starts_with(&kind) {
            found.push(&key.name);
        }
    }
    match (exact, found.as_slice()) {
        (Some(exact), _) => Some(exact),
        (None, [only]) => Some((*only).to_owned()),
        (None, _) => None,
    }
}

/// An interface's name in lower case: letters, and what follows from the first digit on.
fn split_name(text: &str) -> (String, String) {
    let lower = text.trim().to_lowercase();
    let split = lower
        .find(|character: char| character.is_ascii_digit())
        .unwrap_or(lower.len());
    let (kind, number) = lower.split_at(split);
    let kind = kind.trim().replace('-', "");
    // `Port-channel10` is written `Po10`, its letters without the hyphen.
    (kind, number.to_owned())
}

/// Links that descriptions and subnets show.
pub(in crate::input) fn inferred(network: &Network) -> Vec<Link> {
    let claims = claims(network);
    let mut links: BTreeMap<(End, End), LinkEvidence> = BTreeMap::new();
    let mut linked: BTreeSet<End> = BTreeSet::new();
    for (end, claim) in &claims {
        let other = match &claim.interface {
            Some(interface) => Some((claim.device.clone(), interface.clone())),
            None => only_claimant(&claims, end, &claim.device),
        };
        let Some(other) = other else { continue };
        let back = claims.get(&other);
        let evidence = match back {
            Some(back) if back.device != end.0 => continue,
            Some(back) if back.interface.as_ref().is_some_and(|name| *name != end.1) => continue,
            Some(_) => LinkEvidence::BothDescriptions,
            None => LinkEvidence::OneDescription,
        };
        let mut ends = [end.clone(), other];
        ends.sort();
        let [a, b] = ends;
        linked.extend([a.clone(), b.clone()]);
        links.entry((a, b)).or_insert(evidence);
    }
    for (a, b) in subnet_pairs(network) {
        if !linked.contains(&a) && !linked.contains(&b) {
            links.entry((a, b)).or_insert(LinkEvidence::Subnet);
        }
    }
    links
        .into_iter()
        .map(|((a, b), evidence)| Link { a, b, evidence })
        .collect()
}

/// What a description says of the other end.
struct Claim {
    /// The other device.
    device: String,
    /// Full name of the other interface, where the description gives it.
    interface: Option<String>,
}

/// Claims of all descriptions that name exactly one other device.
fn claims(network: &Network) -> BTreeMap<End, Claim> {
    let mut claims = BTreeMap::new();
    for device in network.devices.values() {
        for (key, interface) in device.interfaces() {
            if !is_port(interface) {
                continue;
            }
            let Some(description) = &interface.description else {
                continue;
            };
            if let Some(claim) = claim(&description.value, device, network) {
                claims.insert((device.name.clone(), key.name.to_string()), claim);
            }
        }
    }
    claims
}

/// Whether a cable may end in the interface.
fn is_port(interface: &Interface) -> bool {
    match interface.kind {
        InterfaceKind::Physical | InterfaceKind::PortChannel(_) => true,
        InterfaceKind::Subinterface { .. }
        | InterfaceKind::Svi(_)
        | InterfaceKind::Loopback
        | InterfaceKind::Tunnel
        | InterfaceKind::Null => false,
    }
}

/// What one description says.
fn claim(description: &str, own: &Device, network: &Network) -> Option<Claim> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut rest: Vec<String> = Vec::new();
    for token in description
        .split(|character: char| character.is_whitespace() || ":;,()[]|<>\"'=".contains(character))
    {
        let token = token.trim_matches(['-', '_', '.', '*']);
        if token.is_empty() {
            continue;
        }
        if let Some((device, interface)) = split_token(token, network) {
            named.insert(device);
            rest.extend(interface);
        } else {
            rest.push(token.to_owned());
        }
    }
    named.remove(&own.name);
    let mut named = named.into_iter();
    let (Some(name), None) = (named.next(), named.next()) else {
        return None;
    };
    let device = network.devices.get(&name)?;
    let mut interfaces: BTreeSet<String> = rest
        .iter()
        .filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter_map(|word| interface_named(device, word))
        .collect();
    // `Gi 1/0/1`, with a blank between.
    for pair in rest.windows(2) {
        if let [kind, number] = pair
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        {
            interfaces.extend(interface_named(device, &format!("{kind}{number}")));
        }
    }
    let mut interfaces = interfaces.into_iter();
    let interface = match (interfaces.next(), interfaces.next()) {
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) | (None, _) => None,
    };
    Some(Claim {
        device: name,
        interface,
    })
}

/// A device's name in a word, and what follows it in the same word (`core1_Gi1/0/1`).
fn split_token(token: &str, network: &Network) -> Option<(String, Option<String>)> {
    let lower = token.to_lowercase();
    if network.devices.contains_key(&lower) {
        return Some((lower, None));
    }
    for (index, _) in lower.rmatch_indices(['-', '_', '.', '/']) {
        let (head, tail) = (lower.get(..index)?, lower.get(index + 1..)?);
        if network.devices.contains_key(head) {
            return Some((head.to_owned(), Some(tail.to_owned())));
        }
    }
    None
}

/// The only interface of `device` whose description names `end`'s device and, where it names an
/// interface, this one.
fn only_claimant(claims: &BTreeMap<End, Claim>, end: &End, device: &str) -> Option<End> {
    let mut exact = Vec::new();
    let mut loose = Vec::new();
    for (other, claim) in claims {
        if other.0 != device || claim.device != end.0 {
            continue;
        }
        match &claim.interface {
            Some(interface) if *interface == end.1 => exact.push(other.clone()),
            Some(_) => {}
            None => loose.push(other.clone()),
        }
    }
    if let [only] = exact.as_slice() {
        return Some(only.clone());
    }
    // Without interfaces on either side, only one cable between the two devices is unambiguous.
    let mine = claims
        .iter()
        .filter(|(other, claim)| {
            other.0 == end.0 && claim.device == device && claim.interface.is_none()
        })
        .count();
    match (loose.as_slice(), mine, exact.is_empty()) {
        ([only], 1, true) => Some(only.clone()),
        _ => None,
    }
}

/// Pairs of routed interfaces that are the only two members of their subnet.
fn subnet_pairs(network: &Network) -> Vec<(End, End)> {
    let mut members: BTreeMap<Ipv4Net, Vec<(End, bool)>> = BTreeMap::new();
    for device in network.devices.values() {
        for (key, interface) in device.interfaces() {
            let routed = match interface.kind {
                InterfaceKind::Physical
                | InterfaceKind::PortChannel(_)
                | InterfaceKind::Subinterface { .. } => true,
                InterfaceKind::Svi(_)
                | InterfaceKind::Loopback
                | InterfaceKind::Tunnel
                | InterfaceKind::Null => false,
            };
            for address in &interface.addresses {
                let subnet = address.value.net.trunc();
                if subnet.prefix_len() < 32 {
                    let end = (device.name.clone(), key.name.to_string());
                    members.entry(subnet).or_default().push((end, routed));
                }
            }
        }
    }
    let mut pairs = BTreeSet::new();
    for ends in members.into_values() {
        if let [(a, true), (b, true)] = ends.as_slice()
            && a.0 != b.0
        {
            let mut ends = [a.clone(), b.clone()];
            ends.sort();
            let [a, b] = ends;
            pairs.insert((a, b));
        }
    }
    pairs.into_iter().collect()
}
