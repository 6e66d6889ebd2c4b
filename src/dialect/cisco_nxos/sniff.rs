//! Whether a file is an NX-OS running configuration, by its first lines.

use crate::dialect::Score;
use crate::source::File;

/// Lines that are looked at.
const LINES: usize = 600;
/// Bytes that are looked at.
const BYTES: usize = 64 * 1024;

/// Beginnings of lines that only another system writes.
static FOREIGN: &[(&str, &str)] = &[
    ("! command: show running-config", "an EOS export line"),
    ("! device: ", "an EOS export line"),
    ("asa version", "an ASA version line"),
    ("!! ios xr", "an IOS XR export line"),
    ("frr version", "an FRR version line"),
    ("building configuration", "an IOS export line"),
    ("current configuration", "an IOS export line"),
    ("service timestamps", "an IOS line"),
    ("boot-start-marker", "an IOS line"),
    ("line vty 0", "an IOS line"),
    ("interface management", "an EOS interface"),
    ("management api ", "an EOS line"),
    ("vrf instance ", "an EOS block"),
    ("vrf definition ", "a block of another system"),
];

/// Score and sign.
pub(super) fn sniff(file: &File) -> (Score, &'static str) {
    let end = file.text.floor_char_boundary(BYTES);
    let (mut header, mut version, mut own, mut blocks) = (false, false, 0, 0);
    for line in file.text.get(..end).unwrap_or("").lines().take(LINES) {
        let low = line.trim_end().to_ascii_lowercase();
        if let Some((_, sign)) = FOREIGN.iter().find(|(start, _)| low.starts_with(start)) {
            return (0, sign);
        }
        let words: Vec<&str> = low.split_ascii_whitespace().take(4).collect();
        match words.as_slice() {
            ["!command:", "show", ..] | ["!rancid-content-type:", "cisco-nx" | "cisco-nexus"] => {
                header = true;
            }
            ["version", release, ..] => version |= is_release(release),
            ["feature", ..]
            | ["install", "feature-set", _]
            | ["vdc", _, "id", _]
            | ["vrf", "context" | "member", _]
            | ["switchname", _]
            | ["boot", "nxos" | "kickstart", ..]
            | ["nv", "overlay", ..]
            | ["copp", "profile", ..]
            | ["ip", "router", "ospf" | "eigrp" | "isis", ..]
            | ["role", "name" | "feature-group", ..]
            | ["system", "default", "switchport", ..]
            | ["fabric", "forwarding", ..]
            | ["interface", "mgmt0"] => own += 1,
            ["interface", name, ..]
                if name.starts_with("ethernet") && name.contains('/')
                    || line.contains("loopback")
                    || line.contains("port-channel") =>
            {
                blocks += 1;
            }
            ["router", "ospf" | "bgp" | "eigrp" | "isis", ..]
            | ["ip", "access-list", _]
            | ["object-group", "ip", ..] => blocks += 1,
            _ => {}
        }
    }
    match (header, version, own, blocks) {
        (true, _, 1.., _) => (98, "NX-OS export line with NX-OS commands"),
        (true, ..) => (90, "NX-OS export line"),
        (_, true, 1.., _) => (95, "`version` line of NX-OS with its commands"),
        (_, true, ..) => (80, "`version` line of NX-OS"),
        (_, _, 2.., _) => (85, "NX-OS commands"),
        (_, _, 1, 1..) => (75, "an NX-OS command with blocks as NX-OS writes them"),
        (_, _, 1, _) => (60, "an NX-OS command"),
        _ => (0, "no sign"),
    }
}

/// Whether a word is a release as NX-OS names it: `7.0(3)I7(1)`, `9.3(10)`, `10.3(9)`.
fn is_release(word: &str) -> bool {
    word.split_once('(').is_some_and(|(head, rest)| {
        rest.contains(')')
            && head.contains('.')
            && head
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
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
        assert!(score("!Command: show running-config\nversion 9.3(10) Bios:version\n") >= 90);
        assert!(score("version 7.0(3)I7(9)\nfeature ospf\nhostname n\n") >= 90);
        assert!(score("hostname n\nvrf context a\ninterface Ethernet1/1\n  vrf member a\n") >= 80);
        assert!(score("feature bgp\nrouter bgp 65000\n") >= 70);
    }

    #[test]
    fn other_systems_score_nothing() {
        for text in [
            "Current configuration : 9 bytes\nversion 15.2\nhostname a\n",
            "! Command: show running-config\n! device: a (vEOS, EOS-4.30.1F)\nhostname a\n",
            "hostname a\ninterface Ethernet1\n   ip address 10.0.0.1/24\n",
            "",
        ] {
            assert_eq!(score(text), 0, "{text}");
        }
    }
}
