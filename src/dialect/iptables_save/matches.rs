//! What a rule of `iptables-save` asks and does.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::commands;
use super::translation::translation;
use crate::model::filter::{AddressMatch, PacketMatch, PortMatch, ProtocolMatch};
use crate::model::packet_filter::{ConnectionState, Target};
use crate::net::{PortRange, registry};
use crate::syntax::{Effect, Support};

/// A rule's conditions and target, as far as they are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// Packet conditions; addresses stand in `sources` and `destinations`.
    pub(super) matches: PacketMatch,
    /// Source addresses, any of which may hold; empty: any.
    pub(super) sources: Vec<AddressMatch>,
    /// Destination addresses, any of which may hold; empty: any.
    pub(super) destinations: Vec<AddressMatch>,
    /// Interface that the packet enters by.
    pub(super) in_interface: Option<(String, bool)>,
    /// Interface that the packet leaves by.
    pub(super) out_interface: Option<(String, bool)>,
    /// Connection states; `None`: any.
    pub(super) states: Option<Vec<ConnectionState>>,
    /// Whether something it asks is not modeled.
    pub(super) unread: bool,
    /// What it does; a chain that is not known yet is a jump.
    pub(super) target: Target,
    /// How far the rule is understood.
    pub(super) support: Support,
}

/// Every state of connection tracking that a packet can have.
const STATES: [ConnectionState; 5] = [
    ConnectionState::New,
    ConnectionState::Established,
    ConnectionState::Related,
    ConnectionState::Invalid,
    ConnectionState::Untracked,
];

/// Support of a rule with conditions that are known and not modeled.
const UNMODELED: Support = Support::Unmodeled(Effect::Filter);

/// Reads the words of a rule.
pub(super) fn condition(words: &[Cow<'_, str>]) -> Condition {
    let mut reader = Reader {
        words,
        at: 0,
        negated: false,
        extension: false,
        out: Condition {
            matches: PacketMatch::default(),
            sources: Vec::new(),
            destinations: Vec::new(),
            in_interface: None,
            out_interface: None,
            states: None,
            unread: false,
            target: Target::Continue,
            support: Support::Modeled,
        },
    };
    while let Some(option) = reader.next() {
        reader.option(option);
    }
    // A rule that goes on in either case decides nothing.
    if reader.out.target == Target::Continue && reader.out.support == UNMODELED {
        reader.out.support = Support::Modeled;
    }
    reader.out
}

/// Where the reader stands in a rule's words.
struct Reader<'a> {
    /// The words.
    words: &'a [Cow<'a, str>],
    /// Index of the next word.
    at: usize,
    /// Whether `!` stood before the option.
    negated: bool,
    /// Whether the target is an extension, which may have options of its own.
    extension: bool,
    /// What was read.
    out: Condition,
}

impl<'a> Reader<'a> {
    /// The next word.
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// The value of an option; `!` before it negates too.
    fn value(&mut self) -> Option<&'a str> {
        let word = self.next()?;
        if word == "!" {
            self.negated = !self.negated;
            return self.next();
        }
        Some(word)
    }

    /// Says that the rule asks something known that is not modeled.
    fn unmodeled(&mut self) {
        self.out.unread = true;
        if self.out.support == Support::Modeled {
            self.out.support = UNMODELED;
        }
    }

    /// Says that the rule holds something unknown.
    fn unknown(&mut self) {
        self.out.unread = true;
        self.out.support = Support::Unrecognized(Effect::Filter);
    }

    /// Takes what `parsed` gives, or marks the rule.
    fn accept<T>(&mut self, parsed: Option<T>) -> Option<T> {
        if parsed.is_none() {
            self.unmodeled();
        }
        parsed
    }

    /// Reads one option with its value.
    fn option(&mut self, option: &'a str) {
        if option == "!" {
            self.negated = !self.negated;
            return;
        }
        match option {
            "-s" | "--source" | "--src" | "-d" | "--destination" | "--dst" | "--src-range"
            | "--dst-range" => self.address(option),
            "-p" | "--protocol" | "--proto" => self.protocol(),
            "-i" | "--in-interface" | "-o" | "--out-interface" => self.interface(option),
            "-f" | "--fragment" => {
                if self.negated {
                    self.unmodeled();
                } else {
                    self.out.matches.fragments = true;
                }
            }
            "-m" | "--match" => self.extension(),
            "-j" | "--jump" | "-g" | "--goto" => self.target(option),
            "-c" | "--set-counters" => self.at += 2,
            "-4" | "--ipv4" => {}
            "-6" | "--ipv6" => {
                self.out.support = Support::Irrelevant("iptables takes no rule for IPv6 only");
            }
            "--sport"
            | "--source-port"
            | "--dport"
            | "--destination-port"
            | "--sports"
            | "--source-ports"
            | "--dports"
            | "--destination-ports" => self.ports(option),
            "--state" | "--ctstate" => self.states(),
            "--icmp-type" => self.icmp(),
            "--tcp-flags" => self.tcp_flags(),
            "--syn" | "--ports" | "--port" | "--tcp-option" => {
                if option != "--syn" {
                    self.value();
                }
                self.unmodeled();
            }
            "--comment" => {
                self.value();
            }
            _ => self.other(option),
        }
        self.negated = false;
    }

    /// An option of an extension that was named before, or an unknown one.
    fn other(&mut self, option: &str) {
        if !self.extension && !self.out.unread {
            self.unknown();
            return;
        }
        // Options of targets and of matches that are not modeled: their values are skipped.
        if !option.starts_with('-') {
            self.unknown();
            return;
        }
        while let Some(word) = self.words.get(self.at) {
            let known_short = word.len() == 2 && word.starts_with('-') && {
                word.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic)
            };
            if word.starts_with("--") || known_short || word == "!" {
                break;
            }
            self.at += 1;
        }
    }

    /// `-m name`.
    fn extension(&mut self) {
        let Some(name) = self.value() else {
            self.unknown();
            return;
        };
        let protocol = match name {
            "tcp" => Some(registry::TCP),
            "udp" => Some(registry::UDP),
            "icmp" => Some(registry::ICMP),
            _ => None,
        };
        match commands::extension("-m", name) {
            Some(Support::Modeled) => {
                // These extensions need their protocol (iptables-extensions(8)).
                if protocol.is_some_and(|number| {
                    self.out.matches.protocol != ProtocolMatch::Number(number)
                }) {
                    self.unmodeled();
                }
            }
            Some(Support::Irrelevant(_)) => {}
            Some(Support::Unmodeled(_) | Support::Unrecognized(_)) => self.unmodeled(),
            None => self.unknown(),
        }
    }

    /// `-s`, `-d`, `--src-range`, `--dst-range`.
    fn address(&mut self, option: &str) {
        let is_range = option.ends_with("-range");
        let is_source = matches!(option, "-s" | "--source" | "--src" | "--src-range");
        let parsed = self.value().and_then(|text| {
            if is_range {
                let (low, high) = text.split_once('-').unwrap_or((text, text));
                let (low, high) = (low.parse().ok()?, high.parse().ok()?);
                (low <= high).then(|| vec![AddressMatch::Range(low, high)])
            } else {
                text.split(',').map(address).collect()
            }
        });
        let Some(mut list) = self.accept(parsed) else {
            return;
        };
        let taken = if is_source {
            !self.out.sources.is_empty()
        } else {
            !self.out.destinations.is_empty()
        };
        // Two conditions on one address are both asked; a negated list is refused by iptables.
        if taken || (self.negated && list.len() > 1) {
            self.unmodeled();
            return;
        }
        if self.negated {
            list = list
                .into_iter()
                .map(|one| AddressMatch::Not(Box::new(one)))
                .collect();
        }
        if is_source {
            self.out.sources = list;
        } else {
            self.out.destinations = list;
        }
    }

    /// `-p`.
    fn protocol(&mut self) {
        let parsed = self.value().and_then(protocol);
        let Some(number) = self.accept(parsed) else {
            return;
        };
        self.out.matches.protocol = match (number, self.negated) {
            (0, false) => ProtocolMatch::Any,
            (0, true) => {
                self.unmodeled();
                ProtocolMatch::Any
            }
            (number, false) => ProtocolMatch::Number(number),
            (number, true) => {
                ProtocolMatch::OneOf((0..=u8::MAX).filter(|other| *other != number).collect())
            }
        };
    }

    /// `-i`, `-o`.
    fn interface(&mut self, option: &str) {
        let value = self.value();
        let Some(name) = self.accept(value) else {
            return;
        };
        let pair = Some((name.to_owned(), self.negated));
        if matches!(option, "-i" | "--in-interface") {
            self.out.in_interface = pair;
        } else {
            self.out.out_interface = pair;
        }
    }

    /// `--sport`, `--dport`, `--sports`, `--dports`.
    fn ports(&mut self, option: &str) {
        let parsed = self.value().and_then(|text| {
            text.split(',')
                .map(ports)
                .collect::<Option<Vec<PortRange>>>()
        });
        let Some(ranges) = self.accept(parsed) else {
            return;
        };
        let negated = self.negated;
        let place = if option.starts_with("--s") {
            &mut self.out.matches.source_port
        } else {
            &mut self.out.matches.destination_port
        };
        if *place != PortMatch::Any {
            self.unmodeled();
            return;
        }
        *place = if negated {
            PortMatch::Not(ranges)
        } else {
            PortMatch::Ranges(ranges)
        };
    }

    /// `--state`, `--ctstate`.
    fn states(&mut self) {
        let parsed = self.value().and_then(|text| {
            text.split(',')
                .map(|name| match name {
                    "NEW" => Some(ConnectionState::New),
                    "ESTABLISHED" => Some(ConnectionState::Established),
                    "RELATED" => Some(ConnectionState::Related),
                    "INVALID" => Some(ConnectionState::Invalid),
                    "UNTRACKED" => Some(ConnectionState::Untracked),
                    _ => None,
                })
                .collect::<Option<Vec<ConnectionState>>>()
        });
        let Some(named) = self.accept(parsed) else {
            return;
        };
        let negated = self.negated;
        let holds: Vec<ConnectionState> = STATES
            .into_iter()
            .filter(|state| named.contains(state) != negated)
            .filter(|state| {
                self.out
                    .states
                    .as_ref()
                    .is_none_or(|before| before.contains(state))
            })
            .collect();
        if holds.is_empty() {
            self.unmodeled();
        }
        self.out.states = Some(holds);
    }

    /// `--icmp-type`.
    fn icmp(&mut self) {
        let parsed = self.value().and_then(icmp_type);
        let Some(kind) = self.accept(parsed) else {
            return;
        };
        if self.negated || self.out.matches.icmp.is_some() {
            self.unmodeled();
        } else {
            self.out.matches.icmp = kind;
        }
    }

    /// `--tcp-flags mask set`: only "ACK or RST is set" can be said.
    fn tcp_flags(&mut self) {
        let (mask, set) = (self.value(), self.next());
        let is_pair = matches!(mask, Some("ACK,RST" | "RST,ACK"));
        if is_pair && set == Some("NONE") && self.negated {
            self.out.matches.established = true;
        } else {
            self.unmodeled();
        }
    }

    /// `-j`, `-g`.
    fn target(&mut self, option: &str) {
        let Some(name) = self.next() else {
            self.unknown();
            return;
        };
        self.extension = true;
        if matches!(option, "-g" | "--goto") {
            self.out.target = Target::Goto(name.to_owned());
            return;
        }
        self.out.target = match name {
            "ACCEPT" => Target::Accept,
            "DROP" => Target::Drop,
            "REJECT" => Target::Reject,
            "RETURN" => Target::Return,
            "SNAT" | "DNAT" | "MASQUERADE" | "REDIRECT" => {
                let rest = self.words.get(self.at..).unwrap_or(&[]);
                let options = rest.iter().map(AsRef::as_ref);
                if let Some(translation) = translation(name, options) {
                    self.at = self.words.len();
                    Target::Translate(Box::new(translation))
                } else {
                    self.unmodeled();
                    Target::Unread
                }
            }
            _ => match commands::extension("-j", name) {
                Some(Support::Modeled | Support::Irrelevant(_)) => Target::Continue,
                Some(support) => {
                    if self.out.support == Support::Modeled {
                        self.out.support = support;
                    }
                    Target::Unread
                }
                None => {
                    self.extension = false;
                    Target::Jump(name.to_owned())
                }
            },
        };
        if matches!(name, "ACCEPT" | "DROP" | "RETURN") {
            self.extension = false;
        }
    }
}

/// An address with an optional length or mask.
fn address(text: &str) -> Option<AddressMatch> {
    let (head, tail) = text.split_once('/').unwrap_or((text, "32"));
    let address: Ipv4Addr = head.parse().ok()?;
    let mask = if let Ok(length) = tail.parse::<u32>() {
        if length > 32 {
            return None;
        }
        u32::MAX.checked_shl(32 - length).unwrap_or(0)
    } else {
        u32::from(tail.parse::<Ipv4Addr>().ok()?)
    };
    if mask == 0 {
        return Some(AddressMatch::Any);
    }
    Some(AddressMatch::Wildcard {
        address: Ipv4Addr::from(u32::from(address) & mask),
        wildcard: Ipv4Addr::from(!mask),
    })
}

/// A protocol's number; 0 is all of them (iptables(8), `-p`).
fn protocol(text: &str) -> Option<u8> {
    // Names as in IANA's protocol numbers.
    Some(match text.to_ascii_lowercase().as_str() {
        "all" => 0,
        "icmp" => registry::ICMP,
        "igmp" => 2,
        "tcp" => registry::TCP,
        "udp" => registry::UDP,
        "dccp" => 33,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "ospf" => registry::OSPF,
        "pim" => 103,
        "vrrp" => 112,
        "sctp" => 132,
        "udplite" => 136,
        other => other.parse().ok()?,
    })
}

/// `80`, `1024:65535`, `:1023`, `1024:`, or a service's name.
fn ports(text: &str) -> Option<PortRange> {
    let Some((low, high)) = text.split_once(':') else {
        return port(text).map(PortRange::one);
    };
    let low = if low.is_empty() { 0 } else { port(low)? };
    let high = if high.is_empty() {
        u16::MAX
    } else {
        port(high)?
    };
    (low <= high).then_some(PortRange { low, high })
}

/// A port's number.
pub(super) fn port(text: &str) -> Option<u16> {
    // Names as in IANA's service names.
    Some(match text {
        "ssh" => 22,
        "telnet" => 23,
        "domain" => registry::PORT_DNS,
        "bootps" => registry::PORT_DHCP_SERVER,
        "bootpc" => registry::PORT_DHCP_CLIENT,
        "tftp" => 69,
        "http" => 80,
        "ntp" => registry::PORT_NTP,
        "snmp" => 161,
        "https" => 443,
        "radius" => registry::PORT_RADIUS,
        "radius-acct" => registry::PORT_RADIUS_ACCOUNTING,
        other => other.parse().ok()?,
    })
}

/// A type with an optional code, by number or by name; the outer `None` is not understood, the
/// inner is any.
#[expect(
    clippy::option_option,
    reason = "not understood and any type are told apart once, at the only caller"
)]
fn icmp_type(text: &str) -> Option<Option<(u8, Option<u8>)>> {
    // Names as `iptables -p icmp -h` lists them; 255 is any type there.
    let named = match text {
        "any" | "255" => return Some(None),
        "echo-reply" | "pong" => (0, None),
        "destination-unreachable" => (3, None),
        "network-unreachable" => (3, Some(0)),
        "host-unreachable" => (3, Some(1)),
        "protocol-unreachable" => (3, Some(2)),
        "port-unreachable" => (3, Some(3)),
        "fragmentation-needed" => (3, Some(4)),
        "source-route-failed" => (3, Some(5)),
        "network-unknown" => (3, Some(6)),
        "host-unknown" => (3, Some(7)),
        "network-prohibited" => (3, Some(9)),
        "host-prohibited" => (3, Some(10)),
        "TOS-network-unreachable" => (3, Some(11)),
        "TOS-host-unreachable" => (3, Some(12)),
        "communication-prohibited" => (3, Some(13)),
        "host-precedence-violation" => (3, Some(14)),
        "precedence-cutoff" => (3, Some(15)),
        "source-quench" => (4, None),
        "redirect" => (5, None),
        "network-redirect" => (5, Some(0)),
        "host-redirect" => (5, Some(1)),
        "TOS-network-redirect" => (5, Some(2)),
        "TOS-host-redirect" => (5, Some(3)),
        "echo-request" | "ping" => (8, None),
        "router-advertisement" => (9, None),
        "router-solicitation" => (10, None),
        "time-exceeded" | "ttl-exceeded" => (11, None),
        "ttl-zero-during-transit" => (11, Some(0)),
        "ttl-zero-during-reassembly" => (11, Some(1)),
        "parameter-problem" => (12, None),
        "ip-header-bad" => (12, Some(0)),
        "required-option-missing" => (12, Some(1)),
        "timestamp-request" => (13, None),
        "timestamp-reply" => (14, None),
        "address-mask-request" => (17, None),
        "address-mask-reply" => (18, None),
        other => {
            let (kind, code) = other
                .split_once('/')
                .map_or((other, None), |(kind, code)| (kind, Some(code)));
            let code = match code {
                Some(code) => Some(code.parse().ok()?),
                None => None,
            };
            (kind.parse().ok()?, code)
        }
    };
    Some(Some(named))
}
