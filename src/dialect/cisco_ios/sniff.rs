//! Whether a file is an IOS running configuration, by its first lines.

use crate::dialect::Score;
use crate::source::File;

/// Lines that are looked at.
const LINES: usize = 400;
/// Bytes that are looked at.
const BYTES: usize = 64 * 1024;

/// Beginnings of lines that another system writes and IOS does not.
static FOREIGN: &[(&str, &str)] = &[
    ("asa version", "an ASA version line"),
    (": saved", "an ASA export line"),
    ("pix version", "a PIX version line"),
    ("!! ios xr", "an IOS XR export line"),
    ("!!ios xr", "an IOS XR export line"),
    ("! device: ", "an EOS export line"),
    ("frr version", "an FRR version line"),
    ("frr defaults", "an FRR defaults line"),
    ("feature ", "an NX-OS feature line"),
    ("vdc ", "an NX-OS vdc line"),
    ("install feature-set ", "an NX-OS feature line"),
    ("transceiver qsfp default-mode", "an EOS line"),
    ("service routing protocols model", "an EOS line"),
    ("management api ", "an EOS line"),
    ("daemon ", "an EOS line"),
    ("hostname(config)", "a transcript"),
    ("route-policy ", "an IOS XR block"),
    ("prefix-set ", "an IOS XR block"),
    ("nv overlay ", "an NX-OS line"),
    ("!rancid-content-type: arista", "a RANCID content type"),
    ("!rancid-content-type: cisco-", "a RANCID content type"),
    ("!command: show running-config", "an NX-OS export line"),
    ("! command: show running-config", "an EOS export line"),
    ("vrf context ", "an NX-OS block"),
    ("vrf instance ", "an EOS block"),
    ("switchname ", "an NX-OS line"),
    ("boot nxos ", "an NX-OS line"),
    ("interface bundle-ether", "an IOS XR interface"),
    ("interface mgmteth", "an IOS XR interface"),
    ("interface et-", "a Junos interface"),
    ("ipv4 access-list ", "an IOS XR block"),
    ("router static", "an IOS XR block"),
    ("prefix-list ", "a block of another system"),
    ("nameif ", "an ASA line"),
    ("same-security-traffic ", "an ASA line"),
    ("config-version=", "a FortiOS line"),
    ("config system ", "a FortiOS block"),
    ("*filter", "an iptables table"),
    ("-a ", "an iptables rule"),
    ("$ttl", "a zone file"),
    ("$origin", "a zone file"),
];

/// Score and sign.
pub(super) fn sniff(file: &File) -> (Score, &'static str) {
    let mut signs = Signs::default();
    let end = file.text.floor_char_boundary(BYTES);
    for line in file.text.get(..end).unwrap_or("").lines().take(LINES) {
        let head: String = line
            .chars()
            .take(60)
            .collect::<String>()
            .to_ascii_lowercase();
        let margin = head.trim_end();
        if let Some((_, sign)) = FOREIGN.iter().find(|(start, _)| margin.starts_with(start)) {
            return (0, sign);
        }
        if margin.ends_with(['{', ';']) && !margin.starts_with('!') {
            signs.braces += 1;
        }
        if let Some(sign) = foreign_inside(margin) {
            return (0, sign);
        }
        signs.note(margin);
    }
    signs.score()
}

/// The sign of another system in a line of a block, lower case.
fn foreign_inside(line: &str) -> Option<&'static str> {
    let mut words = line.split_ascii_whitespace();
    match (words.next()?, words.next()?, words.next()) {
        ("ipv4", "address", _) => Some("an IOS XR address"),
        ("vrf", "member", _) => Some("an NX-OS line"),
        ("ip", "address", Some(prefix)) if prefix.contains('/') => {
            Some("an address with a prefix length")
        }
        ("ip", "route", Some(prefix)) if prefix.contains('/') => {
            Some("a route with a prefix length")
        }
        // Rack, slot, module, port: four numbers.
        ("interface", name, _) if name.matches('/').count() == 3 => Some("an IOS XR interface"),
        // IOS says `standard` or `extended`.
        ("ip", "access-list", Some(name)) => {
            let kinds = [
                "standard",
                "extended",
                "logging",
                "log-update",
                "role-based",
            ];
            let known = kinds.iter().any(|kind| kind == &name);
            (!known).then_some("an access list without its kind")
        }
        _ => None,
    }
}

/// What was seen.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four signs, each seen or not"
)]
struct Signs {
    /// A notice that IOS prints before the configuration.
    notice: bool,
    /// `version N.N` of IOS.
    version: bool,
    /// A version of another system in the same form.
    foreign_version: bool,
    /// `hostname`.
    hostname: bool,
    /// Lines that are `!` alone.
    separators: u32,
    /// Headers of blocks as IOS writes them.
    blocks: u32,
    /// Commands that only IOS has.
    own: u32,
    /// Lines that end in a brace or semicolon.
    braces: u32,
}

impl Signs {
    /// Takes note of one line, lower case.
    fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split_ascii_whitespace().take(4).collect();
        let indented = line.starts_with(' ');
        match words.as_slice() {
            ["current", "configuration", ..] | ["building", "configuration...", ..] => {
                self.notice = true;
            }
            ["version", version] => {
                let plain = version
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.');
                if plain {
                    self.version = true;
                } else {
                    self.foreign_version = true;
                }
            }
            ["hostname", _] => self.hostname = true,
            ["!"] if !indented => self.separators += 1,
            [
                "service",
                "timestamps" | "password-encryption" | "config",
                ..,
            ]
            | ["boot-start-marker" | "boot-end-marker"]
            | ["no", "aaa", "new-model"]
            | ["aaa", "new-model"]
            | ["ip", "cef" | "forward-protocol" | "classless", ..]
            | ["line", "con" | "vty" | "aux", ..] => self.own += 1,
            ["interface" | "policy-map" | "class-map", _, ..]
            | ["router", "ospf" | "bgp" | "eigrp", ..]
            | [
                "ip",
                "access-list" | "route" | "dhcp" | "prefix-list" | "vrf" | "nat" | "community-list",
                ..,
            ]
            | ["access-list", _, "permit" | "deny" | "remark", ..]
            | ["vrf", "definition", ..]
            | ["object-group", "network" | "service", _]
            | ["route-map", _, "permit" | "deny", ..]
            | ["radius", "server", _]
            | ["zone", "security", _]
            | ["crypto", "isakmp" | "ipsec" | "map", ..]
                if !indented =>
            {
                self.blocks += 1;
            }
            _ => {}
        }
    }

    /// Score and sign.
    fn score(&self) -> (Score, &'static str) {
        if self.foreign_version || self.braces > 2 {
            return (0, "signs of another system");
        }
        if self.notice && (self.own > 0 || self.version) {
            return (95, "`Current configuration` notice with IOS commands");
        }
        if self.version && self.own > 0 {
            return (90, "`version` line with IOS commands");
        }
        if self.hostname && self.own > 0 {
            return (75, "`hostname` line with IOS commands");
        }
        if self.hostname && self.separators > 0 && self.blocks > 0 {
            return (60, "`hostname` line, `!` separators and blocks");
        }
        if self.own > 1 || (self.own > 0 && self.blocks > 0) {
            return (50, "IOS commands");
        }
        if self.blocks > 0 && (self.separators > 0 || self.hostname || self.version) {
            return (40, "blocks as IOS writes them");
        }
        if self.blocks > 0 {
            return (20, "blocks as IOS writes them");
        }
        (0, "no sign")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, FileOrigin};

    /// The score of a text.
    fn score(text: &str) -> Score {
        let file = File::new(FileId(0), "x", FileOrigin::Disk, text.as_bytes());
        sniff(&file).0
    }

    #[test]
    fn running_configurations_score_high() {
        assert!(
            score(
                "Building configuration...\n\nCurrent configuration : 9 bytes\n!\nversion 15.2\n"
            ) > 90
        );
        assert!(score("version 16.12\nservice timestamps log datetime\nhostname a\n") >= 90);
        assert!(
            score("hostname a\n!\ninterface Vlan10\n ip address 10.0.0.1 255.255.255.0\n!\n") >= 60
        );
    }

    #[test]
    fn other_systems_score_nothing() {
        for text in [
            "!Command: show running-config\nversion 7.0(3)I7(1)\nfeature ospf\nhostname a\n",
            "! Command: show running-config\n! device: leaf1 (DCS-7050)\nhostname leaf1\n!\n",
            "ASA Version 9.8(2)\n!\nhostname fw\ninterface Ethernet0\n",
            ": Saved\nhostname fw\n!\ninterface Ethernet0\n",
            "!! IOS XR Configuration 6.1.2\nhostname r\n!\ninterface Loopback0\n",
            "frr version 8.1\nhostname r\n!\ninterface eth0\n",
            "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n",
            "subnet 10.0.0.0 netmask 255.0.0.0 {\n  range 10.0.0.1 10.0.0.9;\n}\nhost a {\n",
            "hostname r\n!\ninterface GigabitEthernet0/0/0/0\n ipv4 address 10.0.0.1 255.0.0.0\n",
            "",
        ] {
            assert_eq!(score(text), 0, "{text}");
        }
    }
}
