//! Networks, hosts, boundaries and the rest of the site file.

use crate::input::reader::{Fields, Reader, at};
use crate::input::site::{Declared, keys, read_ids};
use crate::intent::site::Survived;
use crate::intent::{AssumedBeyond, Boundary, Host, Network, Protect, Site, Vantage, Via};
use crate::net::IpNet;
use crate::syntax::yaml::Node;

/// Reads `hosts`.
pub(super) fn read_hosts(reader: &mut Reader<'_>, node: &Node, site: &mut Site) {
    for (key, value) in reader.pairs(node, "`hosts`").unwrap_or(&[]) {
        let what = format!("host `{}`", key.text);
        let Some(fields) = reader.fields(value, &what, keys::HOST) else {
            continue;
        };
        let address = fields
            .node("address")
            .and_then(|node| reader.host_prefix(node, "address"));
        let gateway = fields
            .node("gateway")
            .and_then(|node| reader.address(node, "gateway"));
        let Some(address) = address else { continue };
        if let (Some(gateway), Some(node)) = (gateway, fields.node("gateway")) {
            if !address.contains(&gateway) {
                let message = format!("gateway `{gateway}` is not in `{}`", address.trunc());
                reader.mistake(at(node), message, None);
            } else if gateway == address.addr() {
                let message = format!("gateway `{gateway}` is the host's own address");
                reader.mistake(at(node), message, None);
            }
        }
        let name = key.text.to_lowercase();
        let host = Host {
            name: name.clone(),
            address,
            gateway,
            place: reader.place((key.line, key.column)),
        };
        if let Some(first) = site.hosts.insert(name, host) {
            let message = format!("{what} stands here and in line {}", first.place.line);
            reader.mistake((key.line, key.column), message, None);
        }
    }
}

/// Reads `networks`.
pub(super) fn read_networks(reader: &mut Reader<'_>, node: &Node, site: &mut Site) {
    let pairs = reader.pairs(node, "`networks`");
    if pairs.is_some_and(<[_]>::is_empty) {
        reader.mistake(at(node), "`networks` is empty", None);
    }
    for (key, value) in pairs.unwrap_or(&[]) {
        let what = format!("network `{}`", key.text);
        let Some(fields) = reader.fields(value, &what, keys::NETWORK) else {
            continue;
        };
        let vlan = fields
            .node("vlan")
            .and_then(|node| reader.whole(node, "VLAN", 1, 4094))
            .and_then(|vlan| u16::try_from(vlan).ok());
        let switching = fields
            .node("switching")
            .and_then(|node| reader.word(node, "switching", &["central", "local"]));
        let controllers = fields.node("controllers").map_or_else(Vec::new, |node| {
            reader
                .one_or_list(node, "controllers")
                .into_iter()
                .filter_map(|item| reader.text(item, "controllers"))
                .map(str::to_lowercase)
                .collect()
        });
        let ssid = reader.text_of(&fields, "ssid").map(str::to_owned);
        let subnet = fields
            .node("subnet")
            .and_then(|node| reader.prefix::<crate::net::Ipv4Net>(node, "subnet"));
        let Some(subnet) = subnet else { continue };
        if key.text.contains('/') {
            let message = format!("`{}` is no id", key.text);
            reader.mistake((key.line, key.column), message, None);
        }
        if let Some((id, _)) = site.networks.iter().find(|(_, known)| {
            known.subnet.contains(&subnet.addr()) || subnet.contains(&known.subnet.addr())
        }) {
            let message = format!("`{subnet}` overlaps network `{id}`");
            reader.mistake((key.line, key.column), message, None);
        }
        let network = Network {
            id: key.text.clone(),
            ssid,
            vlan,
            subnet,
            central_switching: switching != Some("local"),
            controllers,
            place: reader.place((key.line, key.column)),
        };
        site.networks.insert(key.text.clone(), network);
    }
}

/// Reads `protect`.
pub(super) fn read_protect(
    reader: &mut Reader<'_>,
    node: &Node,
    site: &mut Site,
    declared: &Declared<'_>,
) {
    for item in reader.list(node, "protect") {
        let Some(fields) = reader.fields(item, "a `protect` entry", keys::PROTECT) else {
            continue;
        };
        let into = fields.node("into").map_or_else(Vec::new, |node| {
            read_ids(reader, node, "into", "network", &declared.networks)
        });
        let from = fields
            .node("from")
            .and_then(|node| reader.prefix::<IpNet>(node, "from"));
        let because = reader.text_of(&fields, "because");
        if let (Some(from), Some(because)) = (from, because) {
            site.protect.push(Protect {
                into,
                from,
                because: because.to_owned(),
                place: reader.place(fields.at),
            });
        }
    }
}

/// Reads `boundaries`.
pub(super) fn read_boundaries(reader: &mut Reader<'_>, node: &Node, site: &mut Site) {
    for item in reader.list(node, "boundaries") {
        let Some(fields) = reader.fields(item, "a boundary", keys::BOUNDARY) else {
            continue;
        };
        let device = reader.text_of(&fields, "device");
        let interface = reader.text_of(&fields, "interface");
        let beyond = reader.text_of(&fields, "beyond");
        let assume = fields.node("assume").and_then(|node| {
            let word = reader.word(node, "assumption", &["permits", "denies", "unknown"])?;
            Some(match word {
                "permits" => AssumedBeyond::Permits,
                "denies" => AssumedBeyond::Denies,
                _ => AssumedBeyond::Unknown,
            })
        });
        let evidence = reader.text_of(&fields, "evidence").map(str::to_owned);
        if let (Some(device), Some(interface), Some(beyond), Some(assume)) =
            (device, interface, beyond, assume)
        {
            site.boundaries.push(Boundary {
                device: device.to_lowercase(),
                interface: interface.to_owned(),
                beyond: beyond.to_owned(),
                assume,
                evidence,
                place: reader.place(fields.at),
            });
        }
    }
}

/// Reads `vantages`.
pub(super) fn read_vantages(
    reader: &mut Reader<'_>,
    node: &Node,
    site: &mut Site,
    declared: &Declared<'_>,
) {
    for item in reader.list(node, "vantages") {
        let Some(fields) = reader.fields(item, "a vantage", keys::VANTAGE) else {
            continue;
        };
        let networks = fields.node("networks").map_or_else(Vec::new, |node| {
            read_ids(reader, node, "networks", "network", &declared.networks)
        });
        let id = reader.text_of(&fields, "id");
        let via = read_via(reader, &fields);
        let source = plain_text(reader, &fields, "source");
        let (Some(id), Some(via)) = (id, via) else {
            continue;
        };
        if site.vantages.iter().any(|known| known.id == id) {
            reader.mistake(fields.at, format!("vantage `{id}` stands here twice"), None);
        }
        site.vantages.push(Vantage {
            id: id.to_owned(),
            networks,
            via,
            source,
            place: reader.place(fields.at),
        });
    }
}

/// A word; one that a program could take for an option or that holds blanks is a mistake.
fn plain_text(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Option<String> {
    let node = fields.node(key)?;
    let text = reader.text(node, key)?;
    if text.starts_with('-') || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        reader.mistake(at(node), format!("`{text}` is no {key}"), None);
        return None;
    }
    Some(text.to_owned())
}

/// How a vantage is reached.
fn read_via(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Via> {
    let mut plain = |key| plain_text(reader, fields, key);
    let (host, namespace, url) = (plain("host"), plain("namespace"), plain("url"));
    let node = fields.node("via")?;
    let missing = |reader: &mut Reader<'_>, key: &str| {
        if fields.node(key).is_none() {
            reader.mistake(at(node), format!("this way needs `{key}`"), None);
        }
        None
    };
    match reader.word(node, "way", keys::VIA)? {
        "ssh" => host.map(Via::Ssh).or_else(|| missing(reader, "host")),
        "blackbox" => url.map(Via::Blackbox).or_else(|| missing(reader, "url")),
        "bundle" => Some(Via::Bundle),
        _ => Some(Via::Here(namespace)),
    }
}

/// Reads `survived`.
pub(super) fn read_survived(reader: &mut Reader<'_>, node: &Node, site: &mut Site) {
    for item in reader.list(node, "survived") {
        let Some(fields) = reader.fields(item, "a survived outage", keys::SURVIVED) else {
            continue;
        };
        let what = reader.text_of(&fields, "what");
        let outage = fields
            .node("outage")
            .and_then(|node| reader.duration(node, "outage"));
        let on = fields.node("on").and_then(|node| reader.date(node, "on"));
        if let (Some(what), Some(outage_s), Some(on)) = (what, outage, on) {
            site.survived.push(Survived {
                what: what.to_owned(),
                outage_s,
                on: on.to_owned(),
                place: reader.place(fields.at),
            });
        }
    }
}
