//! Files of one device put together; pairs and stacks kept apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::input::place_name::{PlaceName, host_label};
use crate::model::dns::DnsServer;
use crate::model::interface::{Interface, InterfaceAddress, InterfaceKind};
use crate::model::route::{StaticRoute, StaticRoutes};
use crate::model::{Device, Facet, FacetKey, Hole, SourceFile, System};
use crate::source::{At, StatementRef};
use crate::syntax::{Effect, key_of};

/// Host names that devices have before anybody names them (Cisco IOS); the place names them.
const FACTORY_NAMES: &[&str] = &["switch", "router", "localhost"];

/// One file with what its place says.
pub(in crate::input) struct Part {
    /// What the path says.
    pub place: PlaceName,
    /// The file.
    pub source: Arc<SourceFile>,
}

/// A device's files, the main one first.
pub(in crate::input) struct Group {
    /// Name; members of a cluster carry `name#1`, `name#2`.
    pub name: String,
    /// Name of the cluster.
    pub cluster: Option<String>,
    /// Files that know their device.
    pub files: Vec<Arc<SourceFile>>,
}

/// One device while files are put together.
struct Instance {
    /// Name by the text, else by the place.
    name: String,
    /// Name by the place.
    place: PlaceName,
    /// The files.
    files: Vec<Arc<SourceFile>>,
    /// Whether its first file gives the host name.
    named: bool,
}

/// Puts files together to devices, in order of name.
pub(in crate::input) fn group(parts: Vec<Part>, notes: &mut Vec<String>) -> Vec<Group> {
    let mut instances: Vec<Instance> = Vec::new();
    let (named, unnamed): (Vec<Part>, Vec<Part>) = parts
        .into_iter()
        .partition(|part| text_name(&part.source).is_some());
    for part in named {
        let name = text_name(&part.source).unwrap_or_default();
        // A host that two languages name is one device; two files of one language are a pair.
        let same = instances.iter_mut().find(|instance| {
            instance.name == name
                && instance
                    .files
                    .iter()
                    .all(|file| file.dialect != part.source.dialect)
        });
        match same {
            Some(instance) => instance.files.push(part.source),
            None => instances.push(Instance {
                name,
                place: part.place,
                files: vec![part.source],
                named: true,
            }),
        }
    }
    for part in unnamed {
        let found = instances
            .iter()
            .position(|instance| instance.place.member == part.place.member)
            .or_else(|| {
                instances.iter().position(|instance| {
                    instance.place.device == part.place.device
                        || (instance.named && instance.name == part.place.device)
                })
            });
        match found.and_then(|index| instances.get_mut(index)) {
            Some(instance) => instance.files.push(part.source),
            None => instances.push(Instance {
                name: part.place.device.clone(),
                place: part.place,
                files: vec![part.source],
                named: false,
            }),
        }
    }
    number(instances, notes)
}

/// The host name that a text gives; `None` where it gives none or a factory's.
fn text_name(source: &SourceFile) -> Option<String> {
    let name = host_label(source.reading.hostname.as_deref()?);
    (!name.is_empty() && !FACTORY_NAMES.contains(&name.as_str())).then_some(name)
}

/// Numbers devices that share a name, and tells the files their device.
fn number(instances: Vec<Instance>, notes: &mut Vec<String>) -> Vec<Group> {
    let mut by_name: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    for instance in instances {
        by_name
            .entry(instance.name.clone())
            .or_default()
            .push(instance);
    }
    let mut groups = Vec::new();
    for (name, mut members) in by_name {
        if members.len() > 1 {
            let path = |instance: &Instance| {
                instance
                    .files
                    .first()
                    .map(|source| source.file.path.clone())
                    .unwrap_or_default()
            };
            members.sort_by_key(path);
            let paths: Vec<String> = members
                .iter()
                .map(|instance| format!("`{}`", path(instance)))
                .collect();
            notes.push(format!(
                "{} give one name, `{name}`: taken as members of one cluster, `{name}#1` and on",
                paths.join(" and ")
            ));
        }
        let pair = members.len() > 1;
        for (index, member) in members.into_iter().enumerate() {
            let full = if pair {
                format!("{name}#{}", index + 1)
            } else {
                name.clone()
            };
            groups.push(Group {
                cluster: pair.then(|| name.clone()),
                files: member
                    .files
                    .into_iter()
                    .map(|source| of_device(source, &full))
                    .collect(),
                name: full,
            });
        }
    }
    groups
}

/// The file as one of this device.
fn of_device(source: Arc<SourceFile>, device: &str) -> Arc<SourceFile> {
    if source.device == device {
        return source;
    }
    let mut source = Arc::unwrap_or_clone(source);
    device.clone_into(&mut source.device);
    Arc::new(source)
}

/// The hole of a file that ends before its closing statement: what is missing could be anything.
fn missing_rest(source: &SourceFile) -> Option<Hole> {
    let last = source.reading.statements.len().checked_sub(1)?;
    source.reading.truncated.then(|| Hole {
        at: StatementRef {
            file: source.file.id,
            statement: u32::try_from(last).unwrap_or(u32::MAX),
        },
        effect: Effect::Device,
        facet: None,
        position: 0,
        key: key_of(0, "the missing rest of the file"),
    })
}

/// Merges a device's files; of the same files `previous` was made.
pub(in crate::input) fn build(
    group: &Group,
    previous: Option<&Arc<Device>>,
    notes: &mut Vec<String>,
) -> Arc<Device> {
    let mut device = Device {
        name: group.name.clone(),
        cluster: group.cluster.clone(),
        ..Device::default()
    };
    for source in &group.files {
        if !device.dialects.contains(&source.dialect) {
            device.dialects.push(source.dialect);
        }
        device.files.push(source.file.id);
        device.holes.extend(source.reading.holes.iter().cloned());
        device.holes.extend(missing_rest(source));
        for (key, facet) in &source.reading.facets {
            add_facet(&mut device, key, facet, source, notes);
        }
    }
    // What files say depends on them alone. A facet of another file is never shared, even where it is
    // equal: it knows the statements that it comes from.
    match previous {
        Some(previous) if previous.files == device.files && previous.cluster == device.cluster => {
            Arc::clone(previous)
        }
        _ => Arc::new(device),
    }
}

/// Adds one facet; two files that say different things of one facet leave a hole.
fn add_facet(
    device: &mut Device,
    key: &FacetKey,
    facet: &Arc<Facet>,
    source: &SourceFile,
    notes: &mut Vec<String>,
) {
    let Some(present) = device.facets.get(key) else {
        device.facets.insert(key.clone(), facet.clone());
        return;
    };
    if present == facet {
        return;
    }
    if let Some(merged) = merged(present, facet) {
        device.facets.insert(key.clone(), Arc::new(merged));
        return;
    }
    let statement = source
        .reading
        .facet_keys
        .iter()
        .position(|known| known == key)
        .and_then(|index| {
            source
                .reading
                .contributions
                .iter()
                .find(|(_, contributed)| *contributed as usize == index)
        })
        .map_or(0, |(statement, _)| *statement);
    notes.push(format!(
        "`{}` says something else of {:?} `{}` of device `{}` than another of its files",
        source.file.path, key.kind, key.name, device.name
    ));
    device.holes.push(Hole {
        at: StatementRef {
            file: source.file.id,
            statement,
        },
        effect: Effect::Device,
        facet: Some(key.clone()),
        position: 0,
        key: source
            .reading
            .statements
            .get(statement as usize)
            .map_or(0, |statement| statement.key),
    });
}

/// Two facets that complete each other as one; `None` where they contradict.
fn merged(one: &Facet, other: &Facet) -> Option<Facet> {
    match (one, other) {
        (Facet::System(one), Facet::System(other)) => Some(Facet::System(System {
            hostname: complete(one.hostname.as_ref(), other.hostname.as_ref())?,
            forwarding: complete(one.forwarding.as_ref(), other.forwarding.as_ref())?,
            forwards_untold: complete(
                one.forwards_untold.as_ref(),
                other.forwards_untold.as_ref(),
            )?,
            hides_neighbors: one.hides_neighbors || other.hides_neighbors,
            resolves_by_default: complete(
                one.resolves_by_default.as_ref(),
                other.resolves_by_default.as_ref(),
            )?,
            default_gateway: complete(
                one.default_gateway.as_ref(),
                other.default_gateway.as_ref(),
            )?,
            dhcp_service: complete(one.dhcp_service.as_ref(), other.dhcp_service.as_ref())?,
            edge_ports: complete(one.edge_ports.as_ref(), other.edge_ports.as_ref())?,
            rapid_tree: complete(one.rapid_tree.as_ref(), other.rapid_tree.as_ref())?,
            tree_priorities: [&one.tree_priorities[..], &other.tree_priorities].concat(),
            virtual_mac: complete(one.virtual_mac.as_ref(), other.virtual_mac.as_ref())?,
            snooping: if one.snooping == crate::model::snooping::Snooping::default() {
                other.snooping.clone()
            } else {
                one.snooping.clone()
            },
            sessions_idle_s: complete(
                one.sessions_idle_s.as_ref(),
                other.sessions_idle_s.as_ref(),
            )?,
            translations_idle_s: complete(
                one.translations_idle_s.as_ref(),
                other.translations_idle_s.as_ref(),
            )?,
            listed_addresses: one.listed_addresses.or(other.listed_addresses),
        })),
        (Facet::Interface(one), Facet::Interface(other)) => {
            merged_interface(one, other).map(Facet::Interface)
        }
        (Facet::StaticRoute(one), Facet::StaticRoute(other)) => {
            merged_routes(one, other).map(Facet::StaticRoute)
        }
        (Facet::DnsServer(one), Facet::DnsServer(other)) => {
            let (mut whole, part) = if is_only_zones(other) {
                (one.clone(), other)
            } else if is_only_zones(one) {
                (other.clone(), one)
            } else {
                return None;
            };
            if !part.views.is_empty() {
                if !whole.views.is_empty() {
                    return None;
                }
                whole.views.clone_from(&part.views);
            }
            for (origin, declaration) in &part.zones {
                if whole
                    .zones
                    .get(origin)
                    .is_some_and(|known| known != declaration)
                {
                    return None;
                }
                whole.zones.insert(origin.clone(), declaration.clone());
            }
            // Views beside zones that stand in none: the server does not start with these files.
            if !whole.views.is_empty() && !whole.zones.is_empty() {
                return None;
            }
            Some(Facet::DnsServer(whole))
        }
        _ => None,
    }
}

/// An interface that two files say different things of: what one says alone stands, addresses add
/// up.
fn merged_interface(one: &Interface, other: &Interface) -> Option<Interface> {
    /// Takes over what only the other gives.
    macro_rules! join {
        ($into:ident, $($path:ident).+) => {
            $into.$($path).+ = complete($into.$($path).+.as_ref(), other.$($path).+.as_ref())?
        };
    }
    let mut into = one.clone();
    into.kind = match (&one.kind, &other.kind) {
        (known, InterfaceKind::Physical | InterfaceKind::Subinterface { vlan: None, .. })
        | (InterfaceKind::Physical | InterfaceKind::Subinterface { vlan: None, .. }, known) => {
            known.clone()
        }
        (known, same) => (known == same).then(|| known.clone())?,
    };
    into.defined_at = one.defined_at.or(other.defined_at);
    for address in &other.addresses {
        let known = |one: &&At<InterfaceAddress>| one.value.net == address.value.net;
        if !into.addresses.iter().any(|one| known(&one)) {
            let shared =
                |one: &At<InterfaceAddress>| one.value.net.trunc() == address.value.net.trunc();
            let secondary = address.value.secondary || into.addresses.iter().any(shared);
            let net = address.value.net;
            into.addresses
                .push(At::new(InterfaceAddress { net, secondary }, address.at));
        }
    }
    join!(into, description);
    join!(into, shutdown);
    join!(into, address_by_dhcp);
    join!(into, vrf);
    join!(into, switchport);
    join!(into, mtu);
    join!(into, bandwidth);
    join!(into, source_check);
    join!(into, ospf.process_area);
    join!(into, ospf.cost);
    join!(into, ospf.network_type);
    join!(into, ospf.hello);
    join!(into, ospf.dead);
    join!(into, ospf.priority);
    join!(into, ospf.authentication);
    join!(into, ospf.mtu_ignore);
    join!(into, ospf.shutdown);
    if into.ospf.keys.is_empty() {
        into.ospf.keys.clone_from(&other.ospf.keys);
    }
    // What is left is said by one language of Linux alone, or is equal.
    let rest = |interface: &Interface| Interface {
        name: into.name.clone(),
        kind: into.kind.clone(),
        defined_at: into.defined_at,
        addresses: into.addresses.clone(),
        description: into.description.clone(),
        shutdown: into.shutdown,
        address_by_dhcp: into.address_by_dhcp,
        vrf: into.vrf.clone(),
        switchport: into.switchport.clone(),
        mtu: into.mtu,
        bandwidth: into.bandwidth,
        source_check: into.source_check.clone(),
        ospf: into.ospf.clone(),
        ..interface.clone()
    };
    let plain = Interface {
        name: into.name.clone(),
        ..Interface::default()
    };
    match (rest(one), rest(other)) {
        (one, other) if one == other => Some(one),
        (one, other) if other == rest(&plain) => Some(one),
        (one, other) if one == rest(&plain) => Some(other),
        _ => None,
    }
}

/// Routes to one prefix that two files give: those that are put into the kernel's table come first,
/// since zebra takes no other over them (FRR sources, `zebra/zebra_rib.c`: distance 0).
fn merged_routes(one: &StaticRoutes, other: &StaticRoutes) -> Option<StaticRoutes> {
    let by_hand = |routes: &StaticRoutes| routes.routes.iter().all(|route| route.kernel);
    let (kernel, routing) = match (by_hand(one), by_hand(other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        (true, true) | (false, false) => return None,
    };
    let mut into = kernel.clone();
    let last = kernel
        .routes
        .iter()
        .filter_map(|route| route.distance)
        .max();
    for route in &routing.routes {
        let first = last.map_or(0, |last| last.saturating_add(1));
        let distance = route.distance.unwrap_or(1).max(first);
        into.routes.push(StaticRoute {
            distance: Some(distance),
            ..route.clone()
        });
    }
    Some(into)
}

/// The value that either gives; `None` where they give different ones.
#[expect(
    clippy::option_option,
    reason = "a contradiction is not an absent value"
)]
fn complete<T: Clone + PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<Option<T>> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => None,
        (Some(value), _) | (None, Some(value)) => Some(Some(value.clone())),
        (None, None) => Some(None),
    }
}

/// Whether a name server's settings declare zones and views and nothing else.
fn is_only_zones(server: &DnsServer) -> bool {
    let bare = DnsServer {
        zones: server.zones.clone(),
        views: server.views.clone(),
        ..DnsServer::default()
    };
    *server == bare
}
