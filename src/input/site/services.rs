//! Services of the site file.

use std::net::{IpAddr, Ipv4Addr};

use crate::input::reader::{Fields, Reader, at};
use crate::input::site::{keys, read_ids, read_owner};
use crate::intent::{
    Capacity, Port, RECORD_TYPES, RequiredRecord, Service, ServiceKind, Site, TestAccount,
};
use crate::net::{DomainName, registry};
use crate::syntax::yaml::{Key, Node};

/// HL7 version 2 over MLLP (IANA service name `hl7`).
const PORT_HL7: u16 = 2575;
/// LDAP (RFC 4511 §5).
const PORT_LDAP: u16 = 389;

/// Reads `services`.
pub(super) fn read_services(reader: &mut Reader<'_>, node: &Node, site: &mut Site) {
    let pairs = reader.pairs(node, "`services`").unwrap_or(&[]);
    if pairs.is_empty() {
        reader.mistake(
            at(node),
            "`services` is empty: pumps need at least one",
            None,
        );
    }
    let ids: Vec<&str> = pairs.iter().map(|(key, _)| key.text.as_str()).collect();
    for (key, value) in pairs {
        read_service(reader, key, value, &ids, site);
    }
    let mut uses = Vec::new();
    for (key, value) in pairs {
        if let Some(service) = site.services.get(&key.text) {
            uses.extend(service.uses.iter().map(|used| (used.clone(), at(value))));
        }
    }
    for (used, place) in uses {
        if !site.services.contains_key(&used) && ids.contains(&used.as_str()) {
            let message = format!("uses `{used}`, of which the site says that it has none");
            reader.mistake(place, message, None);
        }
    }
}

/// Reads one service.
fn read_service(reader: &mut Reader<'_>, key: &Key, value: &Node, ids: &[&str], site: &mut Site) {
    let what = format!("service `{}`", key.text);
    let Some(fields) = reader.fields(value, &what, keys::SERVICE) else {
        return;
    };
    let kind = read_kind(reader, key, &fields);
    if let Some(none) = fields.node("none") {
        let reason = reader.text(none, "none");
        if fields.node("address").is_some() || fields.node("any_of").is_some() {
            let message = format!("{what} says `none` and gives servers");
            reader.mistake(at(none), message, None);
        }
        if let (Some(kind), Some(reason)) = (kind, reason) {
            site.without.insert(kind, reason.to_owned());
        }
        return;
    }
    let Some(kind) = kind else { return };
    let servers = read_servers(reader, &what, &fields);
    let (need, want) = read_redundancy(reader, &fields, servers.len());
    let ports = read_ports(reader, &what, kind, &fields);
    let tls_min = fields.node("tls").and_then(|tls| {
        let tls = reader.fields(tls, "`tls`", keys::TLS)?;
        let min = tls.node("min")?;
        let word = reader.word(min, "version of TLS", keys::TLS_VERSIONS)?;
        Some(word.to_owned())
    });
    let capacity = fields
        .node("capacity")
        .and_then(|node| read_capacity(reader, node));
    let uses = fields.node("uses").map_or_else(Vec::new, |node| {
        read_ids(reader, node, "uses", "service", ids)
    });
    let probe = fields
        .node("probe")
        .and_then(|node| reader.word(node, "word for `probe`", &["allow", "deny"]));
    let owner = read_owner(reader, fields.node("owner"), &site.owners);
    if probe == Some("allow") && owner.is_none() {
        let message = format!("{what} allows probes and names no owner");
        reader.mistake(fields.at, message, Some("add `owner: <role>`".to_owned()));
    }
    let legacy_tls = fields
        .node("legacy_tls")
        .and_then(|node| reader.word(node, "word for `legacy_tls`", &["allow", "deny"]));
    let search = texts(reader, &fields, "search")
        .into_iter()
        .map(|(_, text)| DomainName::absolute(text))
        .collect();
    let records = read_records(reader, &fields);
    let account = read_account(reader, &fields);
    let service = Service {
        id: key.text.clone(),
        kind,
        servers,
        name: reader.text_of(&fields, "name").map(DomainName::absolute),
        ports,
        need,
        want,
        tls_min,
        capacity,
        uses,
        owner,
        probe: probe == Some("allow"),
        legacy_tls: legacy_tls == Some("allow"),
        search,
        records,
        account,
        place: reader.place((key.line, key.column)),
    };
    site.services.insert(key.text.clone(), service);
}

/// Finds services that allow probes where pumps are: nothing there is ever probed.
pub(super) fn check_probes(reader: &mut Reader<'_>, site: &Site) {
    for service in site.services.values().filter(|service| service.probe) {
        for address in &service.servers {
            if let Some(network) = site.network_of(IpAddr::V4(*address)) {
                let message = format!(
                    "service `{}` allows probes, and {address} lies in pump network `{}`",
                    service.id, network.id
                );
                let help = "nothing in a pump network is ever probed: remove `probe: allow`";
                let place = (service.place.line, service.place.column);
                reader.mistake(place, message, Some(help.to_owned()));
            }
        }
    }
}

/// One or several texts, each with its place.
fn texts<'n>(reader: &mut Reader<'_>, fields: &Fields<'n>, key: &str) -> Vec<(&'n Node, &'n str)> {
    let Some(node) = fields.node(key) else {
        return Vec::new();
    };
    reader
        .one_or_list(node, key)
        .into_iter()
        .filter_map(|node| Some((node, reader.text(node, key)?)))
        .collect()
}

/// The records that must be there.
fn read_records(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<RequiredRecord> {
    let mut records = Vec::new();
    for (node, text) in texts(reader, fields, "records") {
        let mut words = text.split_whitespace();
        let (kind, name) = (words.next().unwrap_or(""), words.next());
        let Some(name) = name.filter(|_| RECORD_TYPES.contains(&kind)) else {
            let message = format!("`{text}` is no record");
            let help = format!(
                "a type ({}), a name, and data if it matters",
                RECORD_TYPES.join(", ")
            );
            reader.mistake(at(node), message, Some(help));
            continue;
        };
        let data: Vec<&str> = words.collect();
        records.push(RequiredRecord {
            kind: kind.to_owned(),
            name: DomainName::absolute(name),
            data: (!data.is_empty()).then(|| data.join(" ")),
        });
    }
    records
}

/// The test account.
fn read_account(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<TestAccount> {
    let node = fields.node("account")?;
    let account = reader.fields(node, "`account`", keys::ACCOUNT)?;
    let secret_file = reader.text_of(&account, "secret_file")?.to_owned();
    let user = reader.text_of(&account, "user").map(str::to_owned);
    let password = reader.text_of(&account, "password_file").map(str::to_owned);
    if user.is_some() != password.is_some() {
        let message = "`user` and `password_file` go together".to_owned();
        reader.mistake(at(node), message, None);
    }
    Some(TestAccount {
        secret_file,
        user: user.zip(password),
    })
}

/// What each server can take.
fn read_capacity(reader: &mut Reader<'_>, node: &Node) -> Option<Capacity> {
    let fields = reader.fields(node, "`capacity`", keys::CAPACITY)?;
    let mut number = |key: &str| {
        let node = fields.node(key)?;
        reader.whole(node, key, 1, 1_000_000)
    };
    let (per_s, backlog) = (number("per_s"), number("backlog"));
    let message_ms = number("message_ms");
    let source = reader.text_of(&fields, "source");
    Some(Capacity {
        per_s: per_s?,
        backlog,
        message_ms,
        source: source?.to_owned(),
    })
}

/// The kind: as given, else the id where that is one.
fn read_kind(reader: &mut Reader<'_>, key: &Key, fields: &Fields<'_>) -> Option<ServiceKind> {
    let named = |name: &str| {
        ServiceKind::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    };
    if let Some(node) = fields.node("kind") {
        let word = reader.word(node, "kind of service", keys::SERVICE_KINDS)?;
        return named(word);
    }
    let kind = named(&key.text);
    if kind.is_none() {
        let message = format!("missing key `kind` in service `{}`", key.text);
        let help = format!("one of {}", keys::SERVICE_KINDS.join(", "));
        reader.mistake(fields.at, message, Some(help));
    }
    kind
}

/// The servers' addresses.
fn read_servers(reader: &mut Reader<'_>, what: &str, fields: &Fields<'_>) -> Vec<Ipv4Addr> {
    let mut servers = Vec::new();
    match (fields.node("address"), fields.node("any_of")) {
        (Some(_), Some(any_of)) => {
            let message = format!("{what} gives both `address` and `any_of`");
            reader.mistake(at(any_of), message, Some("give one of them".to_owned()));
        }
        (None, None) => {
            let message = format!("{what} gives no server");
            let help = "add `address: 10.50.0.5`, `any_of: [ … ]`, or `none: <reason>`";
            reader.mistake(fields.at, message, Some(help.to_owned()));
        }
        (Some(address), None) => servers.extend(reader.address(address, "address")),
        (None, Some(any_of)) => {
            let nodes = reader.list(any_of, "any_of");
            if nodes.is_empty() {
                reader.mistake(at(any_of), format!("{what} gives no server"), None);
            }
            for node in nodes {
                let Some(address) = reader.address(node, "any_of") else {
                    continue;
                };
                if servers.contains(&address) {
                    reader.mistake(at(node), format!("`{address}` stands here twice"), None);
                } else {
                    servers.push(address);
                }
            }
        }
    }
    servers
}

/// How many servers are needed and wanted.
fn read_redundancy(reader: &mut Reader<'_>, fields: &Fields<'_>, servers: usize) -> (usize, usize) {
    let mut number = |key: &str| {
        let node = fields.node(key)?;
        let number = reader.whole(node, key, 1, 1000)? as usize;
        if servers > 0 && number > servers {
            let message = format!("`{key}: {number}` of {servers} servers");
            reader.mistake(at(node), message, None);
        }
        Some(number)
    };
    let need = number("need");
    let want = number("want");
    if let (Some(need), Some(want), Some(node)) = (need, want, fields.node("want"))
        && want < need
    {
        let message = format!("`want: {want}` is less than `need: {need}`");
        reader.mistake(at(node), message, None);
    }
    let need = need.unwrap_or(1);
    (need, want.unwrap_or(servers.max(need)))
}

/// The ports: as given, else the kind's.
fn read_ports(
    reader: &mut Reader<'_>,
    what: &str,
    kind: ServiceKind,
    fields: &Fields<'_>,
) -> Vec<Port> {
    if let Some(node) = fields.node("port") {
        return reader
            .one_or_list(node, "port")
            .into_iter()
            .filter_map(|item| reader.port(item, "port"))
            .collect();
    }
    match kind {
        ServiceKind::Radius => vec![Port::Udp(registry::PORT_RADIUS)],
        ServiceKind::Dhcp => vec![Port::Udp(registry::PORT_DHCP_SERVER)],
        ServiceKind::Dns => vec![Port::Udp(registry::PORT_DNS)],
        ServiceKind::Ntp => vec![Port::Udp(registry::PORT_NTP)],
        ServiceKind::Hl7 => vec![Port::Tcp(PORT_HL7)],
        ServiceKind::Ldap => vec![Port::Tcp(PORT_LDAP)],
        ServiceKind::PumpGateway | ServiceKind::Certificate | ServiceKind::Other => {
            let message = format!("missing key `port` in {what}");
            let help = "like `tcp/51244`; this kind has no well-known port";
            reader.mistake(fields.at, message, Some(help.to_owned()));
            Vec::new()
        }
    }
}
