//! The device's name that a file's place gives.

/// What a path says of the file's device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceName {
    /// Lower-case device name without domain.
    pub device: String,
    /// The folder or name that files of one member share.
    pub member: String,
    /// Date in the file's name, digits only, as written in order of year; empty where none.
    pub date: String,
    /// Whether the name says that this is the startup configuration.
    pub startup: bool,
}

/// Extensions that export tools and hands give to configurations.
const EXTENSIONS: &[&str] = &[
    ".cfg", ".conf", ".config", ".txt", ".rules", ".json", ".log", ".ios", ".xml", ".running",
    ".startup", ".backup", ".bkp", ".yaml", ".yml",
];

/// Ends of file names that say what the file is, not whose it is.
const KINDS: &[&str] = &[
    "running-config",
    "running_config",
    "runningconfig",
    "startup-config",
    "startup_config",
    "startupconfig",
    "running",
    "startup",
    "confg",
    "config",
    "iptables-save",
    "iptables",
];

/// File names that say what the file is and not whose: the folder names the device.
const GENERIC: &[&str] = &[
    "named",
    "dhcpd",
    "dhcpd6",
    "iptables",
    "iptables-save",
    "ip6tables",
    "rules",
    "rules.v4",
    "rules.v6",
    "config",
    "confg",
    "running-config",
    "running_config",
    "running",
    "startup-config",
    "startup_config",
    "startup",
    "interfaces",
    "sysctl",
    "nftables",
    "frr",
    "vtysh",
    "ruleset",
    "resolv",
    "ntp",
    "chrony",
    "hosts",
    "clients",
    "show",
    "configuration",
];

/// Folders that hold devices, by the layouts of Batfish, RANCID, Oxidized and NCM exports.
const CONTAINERS: &[&str] = &["configs", "config", "hosts", "devices", "nodes", "current"];

/// Folders of a host that hold its configuration: the folder above names the host.
const HOST_FOLDERS: &[&str] = &["etc", "lib", "run", "usr", "netplan"];

/// Reads the device's name from a path below a snapshot's root.
pub(super) fn place_name(path: &str) -> PlaceName {
    let parts: Vec<&str> = path.split('/').collect();
    let file = parts.last().copied().unwrap_or("");
    let folders = parts.get(..parts.len().saturating_sub(1)).unwrap_or(&[]);
    let (mut stem, date, startup) = stem(file);
    let inner = folders
        .iter()
        .position(|part| HOST_FOLDERS.contains(part))
        .filter(|index| *index > 0);
    let folders = inner
        .and_then(|index| folders.get(..index))
        .unwrap_or(folders);
    if inner.is_some() {
        stem.clear();
    }
    let container = folders.iter().rposition(|part| CONTAINERS.contains(part));
    // `configs/<device>/<file>`: the folder below the container names the device.
    let below = container.and_then(|index| folders.get(index + 1)).copied();
    let parent = folders.last().copied().filter(|_| container.is_none());
    let name = match (below, parent) {
        (Some(folder), _) => folder,
        (None, Some(folder)) if is_generic(&stem) => folder,
        (None, _) => &stem,
    };
    let member = match (below, parent) {
        (Some(_), _) => folders.join("/"),
        (None, Some(_)) if is_generic(&stem) => folders.join("/"),
        (None, _) => folders
            .iter()
            .copied()
            .chain([stem.as_str()])
            .collect::<Vec<_>>()
            .join("/"),
    };
    PlaceName {
        device: host_label(name),
        member,
        date,
        startup,
    }
}

/// Whether a stem says what the file is, not whose: also zone files (`db.example.org`).
fn is_generic(stem: &str) -> bool {
    GENERIC.contains(&stem)
        || stem.starts_with("db.")
        || stem.starts_with("named.")
        || stem.strip_suffix(".zone").is_some()
        || stem.starts_with("show")
        || stem.is_empty()
}

/// The first label of a host name in lower case; an address stays whole.
pub(super) fn host_label(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    if lower.parse::<std::net::IpAddr>().is_ok() {
        return lower;
    }
    match lower.split_once('.') {
        Some((label, _)) if !label.is_empty() => label.to_owned(),
        Some(_) | None => lower,
    }
}

/// A file name without extension, date and kind; the date; whether it says "startup".
fn stem(file: &str) -> (String, String, bool) {
    let mut stem = file.to_lowercase();
    let mut date = String::new();
    let mut startup = false;
    loop {
        let before = stem.len();
        for extension in EXTENSIONS {
            if let Some(rest) = stem.strip_suffix(extension)
                && !rest.is_empty()
            {
                startup |= *extension == ".startup";
                stem.truncate(rest.len());
            }
        }
        if let Some((length, found)) = trailing_date(&stem) {
            stem.truncate(length);
            date = found;
        }
        for kind in KINDS {
            if let Some(rest) = stem.strip_suffix(kind)
                && let Some(rest) = rest.strip_suffix(['-', '_', '.', ' '])
                && !rest.is_empty()
            {
                startup |= kind.starts_with("startup");
                stem.truncate(rest.len());
            }
        }
        if stem.len() == before {
            startup |= matches!(
                stem.as_str(),
                "startup-config" | "startup_config" | "startup" | "startupconfig"
            );
            return (stem, date, startup);
        }
    }
}

/// Where a date (and time) begins that ends the name, with its separator, and its digits.
fn trailing_date(stem: &str) -> Option<(usize, String)> {
    let tail_start = stem
        .rfind(|character: char| {
            !(character.is_ascii_digit() || matches!(character, '-' | '_' | '.' | ':' | 't' | 'z'))
        })
        .map_or(0, |index| {
            index
                + stem
                    .get(index..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8)
        });
    let tail = stem.get(tail_start..)?;
    for (offset, character) in tail.char_indices() {
        if !matches!(character, '-' | '_' | '.') {
            continue;
        }
        let rest = tail.get(offset + 1..)?;
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if matches!(digits.len(), 8 | 10 | 12 | 14)
            && looks_like_date(&digits)
            && rest.starts_with(|first: char| first.is_ascii_digit())
            && tail_start + offset > 0
        {
            return Some((tail_start + offset, digits));
        }
    }
    None
}

/// Whether eight digits begin with a year of this era, a month and a day.
fn looks_like_date(digits: &str) -> bool {
    let number = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u16>().ok())
            .unwrap_or(0)
    };
    (1990..2100).contains(&number(0, 4))
        && (1..=12).contains(&number(4, 6))
        && (1..=31).contains(&number(6, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_usual_layouts_name_their_device() {
        for (path, device) in [
            ("configs/core1.cfg", "core1"),
            ("configs/core1/running.cfg", "core1"),
            ("configs/dns1/db.example.org", "dns1"),
            ("hosts/pumpgw1.json", "pumpgw1"),
            ("core1-2026-11-01.cfg", "core1"),
            ("core1_running-config_20261101.txt", "core1"),
            ("core1.example.org.cfg", "core1"),
            ("CORE1.cfg", "core1"),
            ("core-sw2-confg", "core-sw2"),
            ("campus/configs/acc-icu1", "acc-icu1"),
            ("oxidized/campus/acc-icu1", "acc-icu1"),
            ("dhcp1/dhcpd.conf", "dhcp1"),
            ("ncm/core1/running-config.txt", "core1"),
            ("10.1.2.3.cfg", "10.1.2.3"),
            ("core1-20261101-0230.cfg", "core1"),
            ("acc-0001.cfg", "acc-0001"),
            ("sw-10-20-30.cfg", "sw-10-20-30"),
            ("core1-2026-11-01T02:30:00Z.cfg", "core1"),
            ("configs/gw1/etc/netplan/01-lan.yaml", "gw1"),
            ("gw1/netplan/01-lan.yaml", "gw1"),
            ("hosts/gw1/etc/network/interfaces", "gw1"),
            ("configs/gw1/60-vlans.yaml", "gw1"),
            ("configs/gw1.yaml", "gw1"),
        ] {
            assert_eq!(place_name(path).device, device, "{path}");
        }
    }

    #[test]
    fn dates_in_file_names_are_kept() {
        assert_eq!(place_name("core1-2026-11-01.cfg").date, "20261101");
        assert_eq!(
            place_name("core1_running-config_20261101.txt").date,
            "20261101"
        );
        assert_eq!(place_name("core1.cfg").date, "");
        assert!(place_name("core1-startup-config.txt").startup);
    }
}
