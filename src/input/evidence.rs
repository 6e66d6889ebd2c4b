//! Passive evidence: what the network counts of pumps anyway, without a packet of ours.
//!
//! Leases of ISC dhcpd (dhcpd.leases(5)) and of Cisco IOS (`show ip dhcp binding`); wireless clients
//! and connected pumps as CSV or JSON; denied packets as IOS, ASA and Linux log them. Whatever a
//! line says of other networks is left out; a file without any line of its kind is refused.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use crate::input::error::Error;
use crate::input::measurement::read;
use crate::intent::{Port, Service, Site};

/// Kinds of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// Active leases.
    Leases,
    /// Wireless clients.
    Clients,
    /// Pumps connected at a service.
    Connected,
    /// Packets of pumps to a service that a filter denied.
    Denies,
}

impl EvidenceKind {
    /// Every kind with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Leases, "leases"),
        (Self::Clients, "clients"),
        (Self::Connected, "connected"),
        (Self::Denies, "denies"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }
}

/// Counts by pump network and, where the kind has one, service.
pub type Counts = BTreeMap<(String, Option<String>), u64>;

/// What one side counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Kind.
    pub kind: EvidenceKind,
    /// Before the change and after it.
    pub counts: [Counts; 2],
}

/// Reads `KIND=BEFORE,NOW`.
pub fn load_evidence(text: &str, site: &Site) -> Result<Evidence, Error> {
    let usage = || {
        Error::usage(
            format!("read the evidence `{text}`"),
            "`leases=FILE,FILE`, `clients=…`, `connected=…` or `denies=…`: before, then now",
        )
    };
    let (name, files) = text.split_once('=').ok_or_else(usage)?;
    let mut all = EvidenceKind::ALL.iter();
    let (kind, _) = all.find(|(_, known)| *known == name).ok_or_else(usage)?;
    let (before, now) = files.split_once(',').ok_or_else(usage)?;
    let counts = |path: &str| -> Result<Counts, Error> {
        let bytes = read(Path::new(path))?;
        count(*kind, &String::from_utf8_lossy(&bytes), site).map_err(|reason| Error::Measurement {
            path: path.to_owned(),
            reason,
        })
    };
    Ok(Evidence {
        kind: *kind,
        counts: [counts(before)?, counts(now)?],
    })
}

/// What one file counts.
fn count(kind: EvidenceKind, text: &str, site: &Site) -> Result<Counts, String> {
    match kind {
        EvidenceKind::Leases => leases(text, site),
        EvidenceKind::Clients => table(text, site, "clients"),
        EvidenceKind::Connected => table(text, site, "pumps"),
        EvidenceKind::Denies => denies(text, site),
    }
}

/// Zero for every pump network: what a complete list does not name has none.
fn zeros(site: &Site) -> Counts {
    let networks = site.networks.keys();
    networks.map(|id| ((id.clone(), None), 0)).collect()
}

/// Active leases by pump network.
fn leases(text: &str, site: &Site) -> Result<Counts, String> {
    let active = if text
        .lines()
        .any(|line| line.trim_start().starts_with("lease "))
    {
        dhcpd_leases(text)
    } else {
        ios_bindings(text)
    };
    if active.is_empty() {
        return Err("no lease of dhcpd and no line of `show ip dhcp binding`".to_owned());
    }
    let mut out = zeros(site);
    for (address, is_active) in active {
        if let (true, Some(network)) = (is_active, site.network_of(IpAddr::V4(address))) {
            *out.entry((network.id.clone(), None)).or_default() += 1;
        }
    }
    Ok(out)
}

/// Leases of dhcpd and whether they are active; the last entry of an address counts.
fn dhcpd_leases(text: &str) -> BTreeMap<Ipv4Addr, bool> {
    let mut out = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        let words: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || c == ';')
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            ["lease", address, "{", ..] => {
                current = address.parse().ok();
                if let Some(address) = current {
                    out.insert(address, false);
                }
            }
            ["binding", "state", state, ..] => {
                if let Some(address) = current {
                    out.insert(address, *state == "active");
                }
            }
            ["}", ..] => current = None,
            _ => {}
        }
    }
    out
}

/// Bindings of IOS: a line that begins with an address; newer releases print the state.
fn ios_bindings(text: &str) -> BTreeMap<Ipv4Addr, bool> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            let kind = line.contains("Automatic") || line.contains("Manual");
            let gone = ["Selecting", "Terminated", "Expired"];
            let dead = gone.iter().any(|state| line.contains(state));
            kind.then_some((address, !dead))
        })
        .collect()
}

/// Counts by network and service, as CSV with a header or as a JSON array of objects.
fn table(text: &str, site: &Site, column: &str) -> Result<Counts, String> {
    let rows = if text.trim_start().starts_with('[') {
        json_rows(text)?
    } else {
        csv_rows(text)
    };
    let by_service = column == "pumps";
    let mut out = if by_service {
        Counts::new()
    } else {
        zeros(site)
    };
    for row in &rows {
        let number = row
            .get(column)
            .and_then(|value| value.parse::<u64>().ok())
            .ok_or_else(|| format!("a row has no number `{column}`"))?;
        let name = row.get("network").map_or("", String::as_str);
        let mut networks = site.networks.values();
        let network = networks
            .find(|network| network.id == name || network.ssid.as_deref() == Some(name))
            .ok_or_else(|| format!("`{name}` is no pump network of the site"))?;
        let service = match (by_service, row.get("service")) {
            (true, Some(id)) if site.services.contains_key(id) => Some(id.clone()),
            (true, _) => return Err("a row names no service of the site".to_owned()),
            (false, _) => None,
        };
        *out.entry((network.id.clone(), service)).or_default() += number;
    }
    if rows.is_empty() {
        return Err(format!("no row with `network` and `{column}`"));
    }
    Ok(out)
}

/// Rows of a JSON array.
fn json_rows(text: &str) -> Result<Vec<BTreeMap<String, String>>, String> {
    let rows: Vec<BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let plain = |value: serde_json::Value| {
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| value.to_string())
    };
    let row = |row: BTreeMap<String, serde_json::Value>| {
        let pairs = row.into_iter();
        pairs.map(|(key, value)| (key, plain(value))).collect()
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Rows of a CSV file without quotes, by the names in its first line.
fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let cells = |line: &str| -> Vec<String> {
        line.split([',', ';'])
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let header = lines.next().map(cells).unwrap_or_default();
    lines
        .map(|line| header.iter().cloned().zip(cells(line)).collect())
        .collect()
}

/// A packet that a filter denied.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Denied {
    /// Source.
    from: Ipv4Addr,
    /// Destination.
    to: Ipv4Addr,
    /// Protocol and destination port, where there is one.
    port: Option<Port>,
    /// How many packets one line stands for.
    packets: u64,
}

/// Denied packets of pumps by network and service.
fn denies(text: &str, site: &Site) -> Result<Counts, String> {
    let mut out = Counts::new();
    let mut known = 0;
    for line in text.lines() {
        let Some(denied) = ios_denied(line)
            .or_else(|| asa_denied(line))
            .or_else(|| linux_denied(line))
        else {
            continue;
        };
        known += 1;
        let Some(network) = site.network_of(IpAddr::V4(denied.from)) else {
            continue;
        };
        let wanted = |service: &&Service| {
            service.servers.contains(&denied.to)
                && denied.port.is_none_or(|port| service.ports.contains(&port))
        };
        for service in site.services.values().filter(wanted) {
            let key = (network.id.clone(), Some(service.id.clone()));
            *out.entry(key).or_default() += denied.packets;
        }
    }
    // A quiet log is evidence too; a file of something else is none.
    if known == 0 && !text.trim().is_empty() {
        return Err("no line of a denied packet as IOS, ASA or Linux logs it".to_owned());
    }
    Ok(out)
}

/// `%SEC-6-IPACCESSLOGP: list X denied tcp 10.0.0.1(1024) -> 10.0.0.2(80), 1 packet` (Cisco IOS
/// system messages, SEC-6).
fn ios_denied(line: &str) -> Option<Denied> {
    let (_, rest) = line.split_once("IPACCESSLOG")?;
    let (_, rest) = rest.split_once(" denied ")?;
    let (protocol, rest) = rest.split_once(' ')?;
    let (from, rest) = rest.split_once(" -> ")?;
    let to = rest.split([',', ' ']).next()?;
    let packets = rest.split(", ").nth(1).and_then(|text| {
        let number = text.split(' ').next()?;
        number.parse().ok()
    });
    let from = parenthesized(from.split(' ').next()?)?;
    Some(denied(protocol, from, parenthesized(to)?, packets))
}

/// `%ASA-4-106023: Deny tcp src inside:10.0.0.1/1024 dst dc:10.0.0.2/80 …` and `%ASA-4-106100:
/// access-list X denied tcp inside/10.0.0.1(1024) -> dc/10.0.0.2(80) hit-cnt 1 …` (Cisco ASA
/// system log messages).
fn asa_denied(line: &str) -> Option<Denied> {
    let (_, rest) = line.split_once("%ASA-")?;
    if let Some((_, rest)) = rest.split_once("106023: Deny ") {
        let (protocol, rest) = rest.split_once(" src ")?;
        let (from, rest) = rest.split_once(" dst ")?;
        let end = |text: &str| -> Option<(Ipv4Addr, Option<u16>)> {
            let (_, place) = text.split_whitespace().next()?.split_once(':')?;
            let (address, port) = place.split_once('/').unwrap_or((place, ""));
            Some((address.parse().ok()?, port.parse().ok()))
        };
        return Some(denied(protocol, end(from)?, end(rest)?, None));
    }
    let (_, rest) = rest.split_once("106100: ")?;
    let (_, rest) = rest.split_once(" denied ")?;
    let (protocol, rest) = rest.split_once(' ')?;
    let (from, rest) = rest.split_once(" -> ")?;
    let end = |text: &str| {
        let (_, place) = text.split_whitespace().next()?.split_once('/')?;
        parenthesized(place)
    };
    Some(denied(protocol, end(from)?, end(rest)?, None))
}

/// A line of the target `LOG` (iptables-extensions(8)) or `log` (nft(8)) whose prefix says that the
/// packet was not let through: the line itself does not.
fn linux_denied(line: &str) -> Option<Denied> {
    let (head, _) = line.split_once("SRC=")?;
    let head = head.to_lowercase();
    let words = ["drop", "deny", "denied", "reject", "block"];
    if !words.iter().any(|word| head.contains(word)) {
        return None;
    }
    let field = |name: &str| {
        let mut words = line.split_whitespace();
        words.find_map(|word| word.strip_prefix(name))
    };
    let (from, to) = (field("SRC=")?.parse().ok()?, field("DST=")?.parse().ok()?);
    let port = field("DPT=").and_then(|port| port.parse().ok());
    Some(denied(field("PROTO=")?, (from, None), (to, port), None))
}

/// `10.0.0.1(1024)` or `10.0.0.1`.
fn parenthesized(text: &str) -> Option<(Ipv4Addr, Option<u16>)> {
    let (address, port) = text.split_once('(').unwrap_or((text, ""));
    let port = port.split(')').next().and_then(|port| port.parse().ok());
    Some((address.parse().ok()?, port))
}

/// A denied packet of its parts.
fn denied(
    protocol: &str,
    (from, _): (Ipv4Addr, Option<u16>),
    (to, port): (Ipv4Addr, Option<u16>),
    packets: Option<u64>,
) -> Denied {
    let port = match (protocol.to_lowercase().as_str(), port) {
        ("tcp", Some(port)) => Some(Port::Tcp(port)),
        ("udp", Some(port)) => Some(Port::Udp(port)),
        ("icmp", _) => Some(Port::Icmp),
        (_, _) => None,
    };
    Denied {
        from,
        to,
        port,
        packets: packets.unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::profile::load_profiles;
    use crate::input::site::parse_site;
    use crate::input::snapshot::FileTable;
    use crate::source::{File, FileId, FileOrigin};

    /// A site with two pump networks and two services.
    fn site() -> Site {
        let text = "schema: 1\nsite: Example\nowners: { net: netops@example.org }\nservices:\n\
            \x20 dhcp: { address: 10.50.0.5 }\n\
            \x20 gateway: { kind: pump-gateway, address: 10.50.1.20, port: tcp/51244 }\n\
            networks:\n  icu: { ssid: MED, subnet: 10.20.230.0/24 }\n  wards: { subnet: 10.20.240.0/24 }\n\
            pumps:\n  - { id: p, profile: generic, firmware: { unknown: 3 }, on: [icu], area: A, \
            reaction: seconds, addressing: dhcp, uses: [dhcp, gateway] }\n";
        let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, text.as_bytes());
        let profiles = load_profiles(&[], None, &mut FileTable::new()).unwrap();
        parse_site(&file, &profiles).unwrap()
    }

    /// The count of a network and service.
    fn of(counts: &Counts, network: &str, service: Option<&str>) -> Option<u64> {
        let key = (network.to_owned(), service.map(str::to_owned));
        counts.get(&key).copied()
    }

    #[test]
    fn leases_are_counted_where_the_last_entry_is_active() {
        let dhcpd = "lease 10.20.230.7 {\n  binding state active;\n}\n\
            lease 10.20.230.8 {\n  binding state active;\n}\n\
            lease 10.20.230.7 {\n  binding state free;\n  next binding state free;\n}\n\
            lease 10.9.9.9 {\n  binding state active;\n}\n";
        let counts = count(EvidenceKind::Leases, dhcpd, &site()).unwrap();
        assert_eq!(
            (of(&counts, "icu", None), of(&counts, "wards", None)),
            (Some(1), Some(0))
        );
        let ios = "IP address  Client-ID/  Lease expiration  Type  State  Interface\n\
            10.20.240.3  0100.5056.8d11.22  Nov 23 2026 10:00 AM  Automatic  Active  Vlan240\n\
            10.20.240.4  0100.5056.8d11.23  Nov 23 2026 10:00 AM  Automatic  Terminated  Vlan240\n";
        let counts = count(EvidenceKind::Leases, ios, &site()).unwrap();
        assert_eq!(of(&counts, "wards", None), Some(1));
        assert!(count(EvidenceKind::Leases, "nothing of the kind", &site()).is_err());
    }

    #[test]
    fn tables_are_csv_or_json_and_name_what_the_site_has() {
        let counts = count(EvidenceKind::Clients, "network,clients\nMED,150\n", &site()).unwrap();
        assert_eq!(
            (of(&counts, "icu", None), of(&counts, "wards", None)),
            (Some(150), Some(0))
        );
        let json = r#"[{"service": "gateway", "network": "icu", "pumps": 148}]"#;
        let counts = count(EvidenceKind::Connected, json, &site()).unwrap();
        assert_eq!(of(&counts, "icu", Some("gateway")), Some(148));
        for odd in [
            "network,clients\nnowhere,1\n",
            "network,clients\nicu,many\n",
            "",
        ] {
            assert!(count(EvidenceKind::Clients, odd, &site()).is_err(), "{odd}");
        }
    }

    #[test]
    fn denied_packets_of_pumps_are_found_in_three_languages() {
        let log = "Nov 22 10:00:00 core1 123: %SEC-6-IPACCESSLOGP: list MED-PUMPS-IN denied tcp \
                   10.20.230.7(51000) -> 10.50.1.20(51244), 3 packets\n\
            Nov 22 10:00:01 fw %ASA-4-106023: Deny tcp src inside:10.20.230.8/51001 dst dc:10.50.1.20/51244 \
                   by access-group \"X\" [0x0, 0x0]\n\
            Nov 22 10:00:02 fw %ASA-4-106100: access-list X denied tcp inside/10.20.240.9(51002) -> \
                   dc/10.50.1.20(51244) hit-cnt 1 first hit [0x0, 0x0]\n\
            Nov 22 10:00:03 gw kernel: DROP-FWD IN=eth0 OUT=eth1 SRC=10.20.230.9 DST=10.50.1.20 LEN=60 \
                   PROTO=TCP SPT=51003 DPT=51244\n\
            Nov 22 10:00:03 gw kernel: ALLOW IN=eth0 OUT=eth1 SRC=10.20.230.9 DST=10.50.1.20 LEN=60 \
                   PROTO=TCP SPT=51003 DPT=51244\n\
            Nov 22 10:00:04 core1 %SEC-6-IPACCESSLOGP: list X denied tcp 10.99.0.1(1) -> 10.50.1.20(51244), \
                   1 packet\n";
        let counts = count(EvidenceKind::Denies, log, &site()).unwrap();
        assert_eq!(of(&counts, "icu", Some("gateway")), Some(5));
        assert_eq!(of(&counts, "wards", Some("gateway")), Some(1));
        assert_eq!(count(EvidenceKind::Denies, "", &site()), Ok(Counts::new()));
        assert!(count(EvidenceKind::Denies, "a poem", &site()).is_err());
    }
}
