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
    let mut end = BYTES.min(file.text.len());
    while !file.text.is_char_boundary(end) {
        end -= 1;
    }
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
        signs.note(margin);
    }
    signs.score()
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
            ["interface", _, ..]
            | ["router", "ospf" | "bgp" | "eigrp", ..]
            | [
                "ip",
                "access-list" | "route" | "dhcp" | "prefix-list" | "vrf" | "nat",
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
