//! What a rule of `iptables-save` asks and does.

use std::borrow::Cow;

use super::commands;
use super::translation::translation;
use super::values::{address, flag_bits, icmp_type, ports, protocol};
use crate::model::filter::{
    AddressKind, AddressMatch, PacketMatch, PortMatch, ProtocolMatch, TcpFlags,
};
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
    /// Kind of the source address.
    pub(super) source_kind: Option<AddressMatch>,
    /// Kind of the destination address.
    pub(super) destination_kind: Option<AddressMatch>,
    /// Interface that the packet enters by.
    pub(super) in_interface: Option<(String, bool)>,
    /// Interface that the packet leaves by.
    pub(super) out_interface: Option<(String, bool)>,
    /// Connection states; `None`: any.
    pub(super) states: Option<Vec<ConnectionState>>,
    /// Whether packets without a mark match; `None`: marks are not asked.
    pub(super) unmarked: Option<bool>,
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

/// What `--syn` looks at (iptables-extensions(8), "tcp").
const SYN_MASK: u8 = TcpFlags::SYN | TcpFlags::RST | TcpFlags::ACK | TcpFlags::FIN;

/// Support of a rule with conditions that are known and not modeled.
const UNMODELED: Support = Support::Unmodeled(Effect::Filter);

/// Reads the words of a rule.
pub(super) fn condition(words: &[Cow<'_, str>]) -> Condition {
    let mut reader = Reader {
        words,
        at: 0,
        negated: false,
        recent: false,
        extension: false,
        out: Condition {
            matches: PacketMatch::default(),
            sources: Vec::new(),
            destinations: Vec::new(),
            source_kind: None,
            destination_kind: None,
            in_interface: None,
            out_interface: None,
            states: None,
            unmarked: None,
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
    /// Whether sources are remembered (`recent`).
    recent: bool,
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
            // Packets here are whole.
            "-f" | "--fragment" => self.out.matches.fragments = !self.negated,
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
            "--tcp-flags" | "--syn" => self.tcp_flags(option),
            "--ports" | "--port" | "--tcp-option" => {
                self.value();
                self.unmodeled();
            }
            "--comment" => {
                self.value();
            }
            "--src-type" | "--dst-type" | "--pkt-type" => self.kind(option),
            // It remembers the source and lets each packet on (iptables-extensions(8), "recent").
            "--set" if self.recent && !self.negated => {}
            "--name" | "--mask" if self.recent => {
                self.value();
            }
            "--rsource" | "--rdest" if self.recent => {}
            "--rcheck" | "--update" | "--remove" if self.recent => self.unmodeled(),
            "--mark" => self.mark(),
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

    /// `--src-type`, `--dst-type`, `--pkt-type`: the frame of a packet that goes to one host is
    /// addressed to one.
    fn kind(&mut self, option: &str) {
        let parsed = self.value().and_then(|text| {
            let kinds = text.split(',').map(|kind| {
                Some(AddressMatch::Kind(match kind {
                    "LOCAL" => AddressKind::Local,
                    "BROADCAST" | "broadcast" => AddressKind::Broadcast,
                    "MULTICAST" | "multicast" => AddressKind::Multicast,
                    "UNICAST" => AddressKind::Unicast,
                    "unicast" => {
                        let others = [AddressKind::Broadcast, AddressKind::Multicast];
                        let others = others.map(AddressMatch::Kind).to_vec();
                        return Some(AddressMatch::Not(Box::new(AddressMatch::OneOf(others))));
                    }
                    _ => return None,
                }))
            });
            kinds.collect::<Option<Vec<AddressMatch>>>()
        });
        let Some(kinds) = self.accept(parsed) else {
            return;
        };
        let mut kind = AddressMatch::OneOf(kinds);
        if self.negated {
            kind = AddressMatch::Not(Box::new(kind));
        }
        let place = if option == "--src-type" {
            &mut self.out.source_kind
        } else {
            &mut self.out.destination_kind
        };
        if place.replace(kind).is_some() {
            self.unmodeled();
        }
    }

    /// `--mark`: packets have none where nothing sets one.
    fn mark(&mut self) {
        let parsed = self.value().and_then(|text| {
            let value = text.split_once('/').map_or(text, |(value, _)| value);
            match value.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => value.parse().ok(),
            }
        });
        let Some(wanted) = self.accept(parsed) else {
            return;
        };
        self.out.unmarked = Some((wanted == 0) != self.negated);
    }

    /// `-m name`.
    fn extension(&mut self) {
        let Some(name) = self.value() else {
            self.unknown();
            return;
        };
        self.recent |= name == "recent";
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

    /// `--tcp-flags mask set`, `--syn`.
    fn tcp_flags(&mut self, option: &str) {
        let test = if option == "--syn" {
            Some((SYN_MASK, TcpFlags::SYN))
        } else {
            let (looked, set) = (self.value(), self.next());
            looked.and_then(flag_bits).zip(set.and_then(flag_bits))
        };
        let Some(test) = self.accept(test) else {
            return;
        };
        if self.out.matches.flags.is_some() {
            self.unmodeled();
            return;
        }
        self.out.matches.flags = Some(TcpFlags {
            any_of: vec![test],
            negated: self.negated,
        });
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
