//! Whether a file is FRR's, by its first lines.

use crate::dialect::Score;
use crate::source::File;

/// Lines that are looked at.
const LINES: usize = 400;

/// Score and sign.
pub(super) fn sniff(file: &File) -> (Score, &'static str) {
    for line in file.text.lines().take(LINES) {
        let words: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
        match words.as_slice() {
            ["frr", "version", _] => return (98, "an FRR version line"),
            ["frr", "defaults", _] => return (98, "an FRR defaults line"),
            ["service", "integrated-vtysh-config"]
            | ["no", "service", "integrated-vtysh-config"] => {
                return (97, "a vtysh line");
            }
            // Another language in one file with it.
            ["auto" | "iface", ..] | [_, "{"] => return (0, "a line of another language"),
            _ => {}
        }
    }
    (0, "no sign")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::detect;
    use crate::source::{FileId, FileOrigin};

    #[test]
    fn lines_that_only_frr_writes_decide() {
        for (text, id) in [
            (
                "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n",
                Some("frr"),
            ),
            (
                "hostname a\nservice integrated-vtysh-config\nrouter bgp 65001\n",
                Some("frr"),
            ),
            ("auto lo\niface lo inet loopback\n", Some("ifupdown")),
        ] {
            let file = File::new(FileId(0), "x", FileOrigin::Disk, text.as_bytes());
            let found = detect(&file).map(|(dialect, ..)| dialect.id());
            assert_eq!(found, id, "{text}");
        }
    }
}
