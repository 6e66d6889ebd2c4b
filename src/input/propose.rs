//! A site file proposed from configurations.
//!
//! Networks and the services that they point to; what only people can say is left to be filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use crate::model::dhcp::OptionValue;
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::{Device, Network};
use crate::net::Ipv4Net;
use crate::source::escape_terminal;

/// Parts of names by which networks of pumps are told.
const PUMPS: [&str; 4] = ["pump", "infus", "biomed", "med-"];
/// DHCP options of name servers and time servers (RFC 2132 §3.8 and §8.3).
const NAME_SERVERS: u8 = 6;
/// As above.
const TIME_SERVERS: u8 = 42;

/// A network with routers in it.
#[derive(Debug, Default)]
struct Subnet {
    /// Its VLAN, where it has one.
    vlan: Option<u16>,
    /// Names and descriptions.
    names: BTreeSet<String>,
    /// Where it was read.
    places: BTreeSet<String>,
    /// The address that hosts send to.
    gateway: Option<Ipv4Addr>,
    /// DHCP servers that its routers ask.
    helpers: BTreeSet<Ipv4Addr>,
    /// Whether a DHCP server has addresses for it.
    has_scope: bool,
}

/// What configurations say.
#[derive(Debug, Default)]
struct Found {
    /// Networks.
    subnets: BTreeMap<Ipv4Net, Subnet>,
    /// RADIUS servers.
    radius: BTreeSet<Ipv4Addr>,
    /// Name servers that leases name, by subnet.
    dns: BTreeMap<Ipv4Net, Vec<Ipv4Addr>>,
    /// Time servers that leases name, by subnet.
    leased_time: BTreeMap<Ipv4Net, Vec<Ipv4Addr>>,
    /// Time servers that devices ask.
    time: BTreeSet<Ipv4Addr>,
    /// Addresses of devices that are read.
    own: BTreeSet<Ipv4Addr>,
}

/// The text of a site file for a network.
pub fn propose(network: &Network) -> String {
    let found = find(network);
    let likely: Vec<(&Ipv4Net, &Subnet)> = (found.subnets.iter())
        .filter(|(_, subnet)| subnet.is_of_pumps())
        .collect();
    let mut out = String::from(
        "# A proposal from configurations: read every line, fill in what is marked, remove what is not \
         so.\nschema: 1\nsite: unnamed   # fill in: the name of the hospital\n",
    );
    let services = services(&found, &likely);
    section(&mut out, "services", &services.lines);
    section(&mut out, "hosts", &hosts(&found, &services.addresses));
    let mut names = BTreeSet::new();
    let mut lines = Vec::new();
    let mut on = Vec::new();
    for (net, subnet) in &found.subnets {
        if subnet.vlan.is_none() {
            continue;
        }
        let name = subnet.id(*net, &mut names);
        let line = format!("{name}: {}", subnet.line(*net));
        let is_likely = likely.iter().any(|(known, _)| *known == net);
        if is_likely {
            lines.push(line);
            on.push(name);
        } else {
            lines.push(format!("# {line}"));
        }
    }
    section(&mut out, "networks", &lines);
    pumps(&mut out, &on, &services.ids);
    out
}

/// Collects what devices say.
fn find(network: &Network) -> Found {
    let mut found = Found::default();
    for device in network.devices.values() {
        for (_, entry) in device.interfaces() {
            found.interface(device, entry);
        }
        for (_, aaa) in device.aaas() {
            let servers = aaa.servers.values();
            let addresses = servers.filter_map(|server| server.address.as_ref());
            found.radius.extend(addresses.map(|at| at.value));
        }
        for (_, ntp) in device.ntps() {
            for server in &ntp.servers {
                if let IpAddr::V4(address) = server.value {
                    found.time.insert(address);
                }
            }
        }
        for (_, scope) in device.dhcp_scopes() {
            let Some(subnet) = &scope.subnet else {
                continue;
            };
            let net = subnet.value.trunc();
            for (code, into) in [
                (NAME_SERVERS, &mut found.dns),
                (TIME_SERVERS, &mut found.leased_time),
            ] {
                let option = scope.options.get(&code).map(|option| &option.value);
                if let Some(OptionValue::Addresses(addresses)) = option {
                    into.insert(net, addresses.clone());
                }
            }
            found.subnets.entry(net).or_default().has_scope = true;
        }
    }
    found
}

impl Found {
    /// Takes one interface.
    fn interface(&mut self, device: &Device, entry: &Interface) {
        for address in &entry.addresses {
            self.own.insert(address.value.net.addr());
        }
        let Some(primary) = entry.primary().map(|at| at.value.net) else {
            return;
        };
        let vlan = match &entry.kind {
            InterfaceKind::Svi(vlan) => Some(*vlan),
            InterfaceKind::Subinterface { vlan, .. } => *vlan,
            InterfaceKind::Physical
            | InterfaceKind::Loopback
            | InterfaceKind::PortChannel(_)
            | InterfaceKind::Tunnel
            | InterfaceKind::Null => None,
        };
        let subnet = self.subnets.entry(primary.trunc()).or_default();
        subnet.vlan = subnet.vlan.or(vlan);
        let shared = entry.first_hop.iter().flat_map(|group| &group.addresses);
        let gateway = shared.map(|at| at.value).next();
        subnet.gateway = gateway.or(subnet.gateway).or(Some(primary.addr()));
        subnet
            .helpers
            .extend(entry.helpers.iter().map(|at| at.value));
        subnet
            .places
            .insert(format!("{} {}", device.name, entry.name));
        subnet
            .names
            .extend(entry.description.iter().map(|at| at.value.clone()));
        let named = vlan.and_then(|vlan| device.vlan(&vlan.to_string()));
        subnet.names.extend(
            named
                .and_then(|vlan| vlan.name.as_ref())
                .map(|at| at.value.clone()),
        );
    }

    /// The network of an address.
    fn subnet_of(&self, address: Ipv4Addr) -> Option<(&Ipv4Net, &Subnet)> {
        let around = self
            .subnets
            .iter()
            .filter(|(net, _)| net.contains(&address));
        around.max_by_key(|(net, _)| net.prefix_len())
    }
}

impl Subnet {
    /// Whether its names are those of a network of pumps.
    fn is_of_pumps(&self) -> bool {
        self.vlan.is_some()
            && self.names.iter().any(|name| {
                let name = name.to_lowercase();
                PUMPS.iter().any(|part| name.contains(part))
            })
    }

    /// A name of its own.
    fn id(&self, net: Ipv4Net, taken: &mut BTreeSet<String>) -> String {
        let text = self.names.iter().min_by_key(|name| name.len());
        let text = text.map_or(String::new(), |text| text.to_lowercase());
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(3).collect();
        let mut id = words.join("-");
        if !id.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            id = match self.vlan {
                Some(vlan) => format!("vlan{vlan}"),
                None => format!("net-{}", net.addr().to_string().replace('.', "-")),
            };
        }
        if taken.contains(&id) {
            id = format!("{id}-{}", taken.len());
        }
        taken.insert(id.clone());
        id
    }

    /// What the site file says of it.
    fn line(&self, net: Ipv4Net) -> String {
        let vlan = self
            .vlan
            .map_or(String::new(), |vlan| format!("vlan: {vlan}, "));
        let places: Vec<&str> = self.places.iter().map(String::as_str).collect();
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let comment = format!("{}: {}", places.join(", "), names.join("; "));
        format!("{{ {vlan}subnet: {net} }}   # {}", comment_text(&comment))
    }
}

/// Text behind a `#`.
fn comment_text(text: &str) -> String {
    escape_terminal(text).replace('\n', " ").trim().to_owned()
}

/// Services as lines, with their ids and addresses.
struct Services {
    /// Lines.
    lines: Vec<String>,
    /// Ids in order.
    ids: Vec<&'static str>,
    /// Addresses with a name for each.
    addresses: Vec<(String, Ipv4Addr)>,
}

/// The services that likely networks, else all networks, point to.
fn services(found: &Found, likely: &[(&Ipv4Net, &Subnet)]) -> Services {
    let chosen: Vec<(&Ipv4Net, &Subnet)> = if likely.is_empty() {
        found.subnets.iter().collect()
    } else {
        likely.to_vec()
    };
    let leased = |of: &BTreeMap<Ipv4Net, Vec<Ipv4Addr>>| -> Vec<Ipv4Addr> {
        let mut all: Vec<Ipv4Addr> = Vec::new();
        for (net, _) in &chosen {
            for address in of.get(*net).into_iter().flatten() {
                if !all.contains(address) {
                    all.push(*address);
                }
            }
        }
        all
    };
    let helpers: BTreeSet<Ipv4Addr> = (chosen.iter())
        .flat_map(|(_, subnet)| subnet.helpers.iter().copied())
        .collect();
    let mut time = leased(&found.leased_time);
    if time.is_empty() {
        time = found.time.iter().copied().collect();
    }
    let mut services = Services {
        lines: Vec::new(),
        ids: Vec::new(),
        addresses: Vec::new(),
    };
    let radius = found.radius.iter().copied().collect();
    services.add("radius", radius, "from the authenticators");
    services.add("dns", leased(&found.dns), "from the leases");
    services.add("dhcp", helpers.into_iter().collect(), "from the relays");
    services.add("ntp", time, "from leases or devices");
    services.lines.push(
        "# gateway: { kind: pump-gateway, name: pumpgw.example.org, address: 192.0.2.1, port: \
         tcp/51244, owner: biomed }   # fill in"
            .to_owned(),
    );
    services
}

impl Services {
    /// Adds a service at some addresses.
    fn add(&mut self, kind: &'static str, addresses: Vec<Ipv4Addr>, from: &str) {
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let line = match texts.as_slice() {
            [] => {
                let line = format!("# {kind}: {{ kind: {kind}, address: 192.0.2.1 }}   # fill in");
                self.lines.push(line);
                return;
            }
            [one] => format!("{kind}: {{ kind: {kind}, address: {one} }}   # {from}"),
            several => format!(
                "{kind}: {{ kind: {kind}, any_of: [{}], need: 1, want: {} }}   # {from}",
                several.join(", "),
                several.len()
            ),
        };
        self.lines.push(line);
        self.ids.push(kind);
        let named = (1..).zip(addresses);
        self.addresses
            .extend(named.map(|(number, address)| (format!("{kind}{number}"), address)));
    }
}

/// Servers whose own configuration is not among the files, where their network is.
fn hosts(found: &Found, addresses: &[(String, Ipv4Addr)]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (name, address) in addresses {
        let Some((net, subnet)) = found.subnet_of(*address) else {
            continue;
        };
        if found.own.contains(address) || !seen.insert(*address) {
            continue;
        }
        let Some(gateway) = subnet.gateway.filter(|gateway| gateway != address) else {
            continue;
        };
        let length = net.prefix_len();
        lines.push(format!(
            "{name}: {{ address: {address}/{length}, gateway: {gateway} }}"
        ));
    }
    lines
}

/// A section of lines; commented out where none holds.
fn section(out: &mut String, name: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let mark = if lines.iter().all(|line| line.starts_with('#')) {
        "# "
    } else {
        ""
    };
    let _ = writeln!(out, "{mark}{name}:");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}

/// One pump group for the likely networks.
fn pumps(out: &mut String, on: &[String], uses: &[&str]) {
    let mark = if on.is_empty() { "# " } else { "" };
    let networks = if on.is_empty() {
        "fill in".to_owned()
    } else {
        on.join(", ")
    };
    let uses = uses.join(", ");
    for line in [
        "pumps:".to_owned(),
        "  - id: pumps   # fill in: one entry a model and area".to_owned(),
        "    profile: generic   # fill in: `list profiles` names them".to_owned(),
        "    firmware: { unknown: 1 }   # fill in: versions with their numbers of pumps".to_owned(),
        format!("    on: [{networks}]"),
        "    area: unnamed   # fill in".to_owned(),
        "    reaction: seconds   # fill in: seconds, minutes or hours until harm without therapy"
            .to_owned(),
        "    addressing: dhcp".to_owned(),
        format!("    uses: [{uses}]   # fill in: the gateway too"),
    ] {
        let _ = writeln!(out, "{mark}{line}");
    }
}
