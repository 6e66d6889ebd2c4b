//! Whether a file is an ASA running configuration, by its first lines.

use crate::dialect::Score;
use crate::source::File;

/// Lines that are looked at.
const LINES: usize = 600;
/// Bytes that are looked at.
const BYTES: usize = 64 * 1024;

/// Beginnings of lines that only another system writes.
static FOREIGN: &[(&str, &str)] = &[
    ("building configuration", "an IOS export line"),
    ("current configuration", "an IOS export line"),
    ("service timestamps", "an IOS line"),
    ("boot-start-marker", "an IOS line"),
    ("feature ", "an NX-OS feature line"),
    ("pix version", "a PIX version line"),
    ("fwsm version", "an FWSM version line"),
];

/// Score and sign.
pub(super) fn sniff(file: &File) -> (Score, &'static str) {
    let end = file.text.floor_char_boundary(BYTES);
    let (mut named, mut own) = (false, 0);
    for line in file.text.get(..end).unwrap_or("").lines().take(LINES) {
        let low = line.trim().to_ascii_lowercase();
        if let Some((_, sign)) = FOREIGN.iter().find(|(start, _)| low.starts_with(start)) {
            return (0, sign);
        }
        let words: Vec<&str> = low.split_ascii_whitespace().take(4).collect();
        match words.as_slice() {
            ["asa", "version", ..] => return (97, "an ASA version line"),
            ["nameif", _] => named = true,
            ["security-level", _]
            | ["same-security-traffic", "permit", _]
            | ["access-group", _, _, "interface"]
            | ["access-list", _, "extended", _]
            | ["object", "network" | "service", _] => own += 1,
            _ => {}
        }
    }
    match (named, own) {
        (true, 1..) => (90, "interfaces named as ASA names them"),
        (false, 2..) => (60, "ASA commands"),
        (true, _) => (55, "`nameif`, as ASA writes it"),
        _ => (0, "no sign"),
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
        assert!(score(": Saved\n:\nASA Version 9.12(4)\n!\nhostname fw\n") >= 90);
        assert!(
            score("hostname fw\ninterface Ethernet0/0\n nameif inside\n security-level 100\n")
                >= 90
        );
    }

    #[test]
    fn other_systems_score_nothing() {
        for text in [
            "Current configuration : 9 bytes\nversion 15.2\nhostname a\n",
            "feature ospf\ninterface Vlan10\n",
            "hostname a\ninterface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n",
            "",
        ] {
            assert_eq!(score(text), 0, "{text}");
        }
    }
}
