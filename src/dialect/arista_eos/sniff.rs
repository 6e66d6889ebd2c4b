//! Whether a file is an EOS running configuration, by its first lines.

use crate::dialect::Score;
use crate::source::File;

/// Lines that are looked at.
const LINES: usize = 600;
/// Bytes that are looked at.
const BYTES: usize = 64 * 1024;

/// Beginnings of lines that only another system writes.
static FOREIGN: &[(&str, &str)] = &[
    ("!command: show running-config", "an NX-OS export line"),
    ("asa version", "an ASA version line"),
    ("!! ios xr", "an IOS XR export line"),
    ("frr version", "an FRR version line"),
    ("frr defaults", "an FRR defaults line"),
    ("building configuration", "an IOS export line"),
    ("current configuration", "an IOS export line"),
    ("service timestamps", "an IOS line"),
    ("boot-start-marker", "an IOS line"),
    ("feature ", "an NX-OS feature line"),
    ("vdc ", "an NX-OS vdc line"),
    ("vrf context ", "an NX-OS block"),
    ("interface mgmt0", "an NX-OS interface"),
    (
        "interface gigabitethernet",
        "an interface of another system",
    ),
    ("interface fastethernet", "an interface of another system"),
];

/// Score and sign.
pub(super) fn sniff(file: &File) -> (Score, &'static str) {
    let end = file.text.floor_char_boundary(BYTES);
    let (mut header, mut own, mut blocks, mut threes) = (false, 0, 0, 0);
    for line in file.text.get(..end).unwrap_or("").lines().take(LINES) {
        let low = line.trim_end().to_ascii_lowercase();
        if let Some((_, sign)) = FOREIGN.iter().find(|(start, _)| low.starts_with(start)) {
            return (0, sign);
        }
        let indent = low.len() - low.trim_start_matches(' ').len();
        threes += usize::from(indent == 3);
        let words: Vec<&str> = low.split_ascii_whitespace().take(4).collect();
        match words.as_slice() {
            ["!", "command:", "show", ..] | ["!rancid-content-type:", "arista"] => header = true,
            ["!", "device:", rest @ ..] => header |= !rest.is_empty(),
            ["transceiver", "qsfp", "default-mode", ..]
            | ["service", "routing", "protocols", "model"]
            | ["vrf", "instance", _]
            | [
                "management",
                "api" | "ssh" | "security" | "telnet" | "console",
                ..,
            ]
            | ["no", "aaa", "root"]
            | ["daemon", _]
            | ["mlag", "configuration" | "domain-id", ..]
            | ["ip", "virtual-router", ..]
            | ["ip", "address", "virtual", _]
            | ["switchport", "default", "mode", _]
            | ["queue-monitor", ..]
            | ["ip", "routing", "vrf", _]
            | ["interface", "vxlan1"] => own += 1,
            ["interface", name, ..] if is_interface(name, line) => blocks += 1,
            ["router", "ospf" | "bgp" | "isis", ..] | ["ip", "access-list", _] => blocks += 1,
            _ => {}
        }
    }
    match (header, own, blocks, threes) {
        (true, _, _, _) => (97, "EOS export line"),
        (_, 2.., _, _) => (90, "EOS commands"),
        (_, 1, 1.., _) => (80, "an EOS command with blocks as EOS writes them"),
        (_, 1, ..) => (60, "an EOS command"),
        (_, _, 1.., 1..) => (55, "blocks as EOS writes and indents them"),
        _ => (0, "no sign"),
    }
}

/// Whether a name is one that EOS writes: without a slot, or with a capital in `Port-Channel`.
fn is_interface(low: &str, line: &str) -> bool {
    let number = |head: &str| {
        low.strip_prefix(head)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    number("ethernet") || number("management") || line.contains("Port-Channel")
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
            score("! Command: show running-config\n! device: a (vEOS, EOS-4.30.1F)\nhostname a\n")
                >= 90
        );
        assert!(
            score("hostname a\nvrf instance X\nmanagement api http-commands\n   no shutdown\n")
                >= 90
        );
        assert!(score("hostname a\n!\ninterface Ethernet1\n   ip address 10.0.0.1/24\n") > 50);
    }

    #[test]
    fn other_systems_score_nothing() {
        for text in [
            "Current configuration : 9 bytes\nversion 15.2\nhostname a\n",
            "!Command: show running-config\nversion 9.3(10)\nfeature ospf\n",
            "hostname a\ninterface Ethernet1/1\n  ip address 10.0.0.1/24\n",
            "interface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n",
            "",
        ] {
            assert_eq!(score(text), 0, "{text}");
        }
    }
}
