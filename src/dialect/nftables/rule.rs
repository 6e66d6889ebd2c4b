//! What a rule of nftables asks and does.

use std::collections::{BTreeMap, BTreeSet};

use super::{commands, condition, translation};
use crate::model::filter::{AddressMatch, PacketMatch, PortMatch, ProtocolMatch};
use crate::model::packet_filter::{ConnectionState, Target};
use crate::net::registry::{ICMP, TCP, UDP};
use crate::syntax::{Effect, Support};

/// Elements of sets and maps by name, each with the words after its colon; none where unknown.
pub(super) type Sets = BTreeMap<String, Option<Vec<Element>>>;

/// Key of an element, and what it maps to.
pub(super) type Element = (String, Vec<String>);

/// Most rules that one line stands for, as an interface or a verdict map lists them.
const MOST_VARIANTS: usize = 4096;

/// One way in which a rule matches, and what it does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variant {
    /// What it asks of the packet.
    pub(super) matches: PacketMatch,
    /// Interface that the packet enters by.
    pub(super) in_interface: Option<(String, bool)>,
    /// Interface that the packet leaves by.
    pub(super) out_interface: Option<(String, bool)>,
    /// Connection states; empty: any.
    pub(super) states: Vec<ConnectionState>,
    /// What it does.
    pub(super) target: Target,
}

/// A rule as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// Ways in which it matches.
    pub(super) variants: Vec<Variant>,
    /// Whether it asks something that is not modeled.
    pub(super) unread: bool,
    /// How far it is understood.
    pub(super) support: Support,
}

/// What a selector looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// `ip saddr`.
    Source,
    /// `ip daddr`.
    Destination,
    /// `sport` of these protocols.
    SourcePort(&'static [u8]),
    /// `dport` of these protocols.
    DestinationPort(&'static [u8]),
    /// `ip protocol`, `meta l4proto`.
    Protocol,
    /// `icmp type`.
    IcmpType,
    /// `iifname`.
    In,
    /// `oifname`.
    Out,
    /// `ct state`.
    State,
}

/// Reads the words of a rule; sets and chains are those of its table.
pub(super) fn rule(words: &[String], sets: &Sets, chains: &BTreeSet<String>) -> Rule {
    let any = Variant {
        matches: PacketMatch::default(),
        in_interface: None,
        out_interface: None,
        states: Vec::new(),
        target: Target::Continue,
    };
    let mut reader = Reader {
        words,
        at: 0,
        sets,
        chains,
        rule: Rule {
            variants: vec![any],
            unread: false,
            support: Support::Modeled,
        },
        ended: false,
    };
    while let Some(word) = reader.next() {
        if !reader.ended || word != "comment" {
            reader.statement(word);
        } else {
            reader.next();
        }
    }
    if reader.rule.variants.is_empty() && !reader.rule.support.is_hole() {
        reader.rule.support = Support::Irrelevant("matches no IPv4 packet");
    }
    reader.rule
}

/// Where the reader stands in a rule's words.
struct Reader<'r> {
    /// The words.
    words: &'r [String],
    /// Index of the next word.
    at: usize,
    /// Sets of the table.
    sets: &'r Sets,
    /// Chains of the table.
    chains: &'r BTreeSet<String>,
    /// What was read.
    rule: Rule,
    /// Whether a verdict was met.
    ended: bool,
}

impl<'r> Reader<'r> {
    /// The next word.
    fn next(&mut self) -> Option<&'r str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// The next word, which stays.
    fn peek(&self) -> Option<&'r str> {
        self.words.get(self.at).map(String::as_str)
    }

    /// Takes the next word if it is this one.
    fn takes(&mut self, word: &str) -> bool {
        let same = self.peek() == Some(word);
        self.at += usize::from(same);
        same
    }

    /// Says that a condition is not understood, and goes on at the verdict.
    fn unread(&mut self, support: Support) {
        self.rule.unread = true;
        if !self.rule.support.is_hole() {
            self.rule.support = support;
        }
        while let Some(word) = self.peek() {
            if matches!(
                word,
                "accept"
                    | "drop"
                    | "reject"
                    | "return"
                    | "continue"
                    | "jump"
                    | "goto"
                    | "queue"
                    | "dnat"
                    | "snat"
                    | "masquerade"
                    | "redirect"
            ) {
                return;
            }
            self.at += 1;
        }
        self.set_target(&Target::Unread);
    }

    /// Takes what is not understood, with what the tables say of it.
    fn unknown(&mut self, word: &str) {
        let support = commands::in_rule(word);
        self.unread(support.unwrap_or(Support::Unrecognized(Effect::Filter)));
    }

    /// Sets what all variants do.
    fn set_target(&mut self, target: &Target) {
        for variant in &mut self.rule.variants {
            variant.target = target.clone();
        }
    }

    /// Reads one condition, note or verdict.
    fn statement(&mut self, word: &'r str) {
        if word == "meta"
            && !matches!(
                self.peek(),
                Some("l4proto" | "nfproto" | "iifname" | "oifname" | "iif" | "oif")
            )
        {
            let noted = matches!(self.next(), Some("mark" | "priority" | "nftrace"));
            if noted && self.takes("set") {
                self.next();
            } else {
                self.unknown(word);
            }
            return;
        }
        match word {
            "meta" => {
                let inner = self.next().unwrap_or("");
                self.statement(inner);
            }
            "counter" => {
                if self.takes("packets") {
                    self.at += 3;
                } else if self.takes("name") {
                    self.at += 1;
                }
            }
            "log" => self.log(),
            "comment" => self.at += 1,
            "nfproto" => {
                if self.next() == Some("ipv6") {
                    self.rule.variants.clear();
                }
            }
            // An address family that an IPv4 packet is not of.
            "ip6" | "icmpv6" => {
                self.rule.variants.clear();
                self.at = self.words.len();
            }
            "ct" if self.peek() == Some("mark")
                && self.words.get(self.at + 1).is_some_and(|w| w == "set") =>
            {
                self.at += 3;
            }
            "iifname" | "iif" => self.condition(word, Field::In),
            "oifname" | "oif" => self.condition(word, Field::Out),
            "l4proto" => self.condition(word, Field::Protocol),
            "ip" | "tcp" | "udp" | "th" | "icmp" | "ct" => {
                let inner = self.peek().unwrap_or("");
                let field = match (word, inner) {
                    ("ip", "saddr") => Field::Source,
                    ("ip", "daddr") => Field::Destination,
                    ("ip", "protocol") => Field::Protocol,
                    ("tcp", "sport") => Field::SourcePort(&[TCP]),
                    ("tcp", "dport") => Field::DestinationPort(&[TCP]),
                    ("udp", "sport") => Field::SourcePort(&[UDP]),
                    ("udp", "dport") => Field::DestinationPort(&[UDP]),
                    ("th", "sport") => Field::SourcePort(&[TCP, UDP]),
                    ("th", "dport") => Field::DestinationPort(&[TCP, UDP]),
                    ("icmp", "type") => Field::IcmpType,
                    ("ct", "state") => Field::State,
                    _ => return self.unknown(word),
                };
                self.at += 1;
                self.condition(word, field);
            }
            _ => self.verdict(word),
        }
    }

    /// The options of `log`, which change no packet.
    fn log(&mut self) {
        while let Some("prefix" | "level" | "group" | "snaplen" | "queue-threshold" | "flags") =
            self.peek()
        {
            if self.next() == Some("flags") {
                while let Some(
                    "all" | "tcp" | "ip" | "skuid" | "ether" | "sequence" | "options" | ",",
                ) = self.peek()
                {
                    self.at += 1;
                }
            } else {
                self.at += 1;
            }
        }
    }

    /// A verdict, or what is not known.
    fn verdict(&mut self, word: &'r str) {
        let rest = self.words.get(self.at..).unwrap_or(&[]);
        let Some((target, used)) = self.target(word, rest) else {
            self.set_target(&Target::Unread);
            self.unknown(word);
            self.at = self.words.len();
            return;
        };
        self.at += used;
        self.ended = true;
        self.set_target(&target);
    }

    /// What a verdict does, and how many words after it belong to it.
    fn target(&self, word: &str, rest: &[String]) -> Option<(Target, usize)> {
        let name = rest.first().filter(|name| self.chains.contains(*name));
        Some(match word {
            "accept" => (Target::Accept, 0),
            "drop" => (Target::Drop, 0),
            "return" => (Target::Return, 0),
            "continue" => (Target::Continue, 0),
            "reject" => {
                let end = rest.iter().position(|word| word == "comment");
                (Target::Reject, end.unwrap_or(rest.len()))
            }
            "jump" => (Target::Jump(name?.clone()), 1),
            "goto" => (Target::Goto(name?.clone()), 1),
            "snat" | "dnat" | "masquerade" | "redirect" => {
                let end = rest.iter().position(|word| word == "comment");
                let options = rest.get(..end.unwrap_or(rest.len()))?;
                let made = translation::translation(word, options)?;
                (Target::Translate(Box::new(made)), options.len())
            }
            _ => return None,
        })
    }

    /// A selector's values, or the verdicts that they map to.
    fn condition(&mut self, word: &str, field: Field) {
        let map = self.takes("vmap");
        let negated = self.takes("!=");
        if !negated {
            self.takes("==");
        }
        let Some(elements) = self.elements() else {
            return self.unknown(word);
        };
        let before = std::mem::take(&mut self.rule.variants);
        let mut after = Some(Vec::new());
        if map {
            for (key, words) in &elements {
                let target = words.split_first();
                let target = target.and_then(|(first, rest)| self.target(first, rest));
                let some = restrict(&before, field, std::slice::from_ref(key), false);
                after = match (after, some, target) {
                    (Some(mut all), Some(some), Some((target, _))) => {
                        all.extend(some.into_iter().map(|variant| Variant {
                            target: target.clone(),
                            ..variant
                        }));
                        Some(all)
                    }
                    _ => None,
                };
            }
            self.ended = true;
        } else if elements.iter().any(|(_, value)| !value.is_empty()) {
            after = None;
        } else {
            let keys: Vec<String> = elements.into_iter().map(|(key, _)| key).collect();
            after = restrict(&before, field, &keys, negated);
        }
        if let Some(after) = after.filter(|variants| variants.len() <= MOST_VARIANTS) {
            self.rule.variants = after;
        } else {
            self.rule.variants = before;
            self.unknown(word);
        }
    }

    /// The elements that a selector is compared with; none where they are not known.
    fn elements(&mut self) -> Option<Vec<Element>> {
        let first = self.next()?;
        if let Some(name) = first.strip_prefix('@') {
            return self.sets.get(name)?.clone();
        }
        if first == "{" {
            let start = self.at;
            let mut depth = 1;
            while depth > 0 {
                match self.next()? {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
            }
            return elements(self.words.get(start..self.at - 1)?);
        }
        let mut found = vec![(first.to_owned(), Vec::new())];
        while self.takes(",") {
            found.push((self.next()?.to_owned(), Vec::new()));
        }
        // Concatenations and bit operations.
        if matches!(self.peek(), Some("." | "&" | "|" | "and" | "or" | "/"))
            || "<>=!&^|.".contains(first)
        {
            return None;
        }
        Some(found)
    }
}

/// The elements between the braces of a set; none where one has properties that matter.
pub(super) fn elements(words: &[String]) -> Option<Vec<Element>> {
    let mut out = Vec::new();
    let flat = words.iter().filter(|word| *word != "{" && *word != "}");
    let flat: Vec<&str> = flat.map(String::as_str).collect();
    for element in flat.split(|word| *word == ",") {
        let Some((key, rest)) = element.split_first() else {
            continue;
        };
        let (key, rest) = match key.strip_suffix(':') {
            Some(key) => (key, rest),
            None => match rest.split_first() {
                Some((&":", rest)) => (*key, rest),
                None => (*key, rest),
                Some((&"comment", _)) => (*key, &[][..]),
                Some(_) => return None,
            },
        };
        let rest = match rest.iter().position(|word| *word == "comment") {
            Some(end) => rest.get(..end)?,
            None => rest,
        };
        let rest = rest.iter().map(ToString::to_string).collect();
        out.push((key.to_owned(), rest));
    }
    Some(out)
}

/// The variants that also have one of these values in a field; none where that cannot be said.
fn restrict(
    variants: &[Variant],
    field: Field,
    values: &[String],
    negated: bool,
) -> Option<Vec<Variant>> {
    let mut out = Vec::new();
    for variant in variants {
        match field {
            Field::In | Field::Out => {
                let names: Option<Vec<String>> = values
                    .iter()
                    .map(|value| condition::interface(value))
                    .collect();
                let names = names?;
                // One place of the model holds one name.
                if negated && names.len() > 1 {
                    return None;
                }
                for name in names {
                    let mut one = variant.clone();
                    let slot = if field == Field::In {
                        &mut one.in_interface
                    } else {
                        &mut one.out_interface
                    };
                    if slot.replace((name, negated)).is_some() {
                        return None;
                    }
                    out.push(one);
                }
            }
            Field::IcmpType => {
                if negated || variant.matches.icmp.is_some() {
                    return None;
                }
                for value in values {
                    let kind = condition::icmp_type(value)?;
                    let mut one = variant.clone();
                    one.matches.icmp = Some((kind, None));
                    out.extend(with_protocols(one, &[ICMP], false));
                }
            }
            Field::Source
            | Field::Destination
            | Field::SourcePort(_)
            | Field::DestinationPort(_)
            | Field::Protocol
            | Field::State => out.extend(narrowed(variant, field, values, negated)?),
        }
    }
    Some(out)
}

/// A variant that also has one of these values in a field that holds many; empty where it cannot.
fn narrowed(
    variant: &Variant,
    field: Field,
    values: &[String],
    negated: bool,
) -> Option<Vec<Variant>> {
    let mut one = variant.clone();
    match field {
        Field::Source | Field::Destination => {
            let list: Option<Vec<AddressMatch>> = values
                .iter()
                .map(|value| condition::address(value))
                .collect();
            let slot = if field == Field::Source {
                &mut one.matches.source
            } else {
                &mut one.matches.destination
            };
            if *slot != AddressMatch::Any {
                return None;
            }
            let list = AddressMatch::OneOf(list?);
            *slot = if negated {
                AddressMatch::Not(Box::new(list))
            } else {
                list
            };
        }
        Field::SourcePort(protocols) | Field::DestinationPort(protocols) => {
            let list: Option<Vec<_>> = values.iter().map(|value| condition::ports(value)).collect();
            let slot = if matches!(field, Field::SourcePort(_)) {
                &mut one.matches.source_port
            } else {
                &mut one.matches.destination_port
            };
            if *slot != PortMatch::Any {
                return None;
            }
            *slot = if negated {
                PortMatch::Not(list?)
            } else {
                PortMatch::Ranges(list?)
            };
            return Some(with_protocols(one, protocols, false).into_iter().collect());
        }
        Field::Protocol => {
            let list: Option<Vec<u8>> = values
                .iter()
                .map(|value| condition::protocol(value))
                .collect();
            return Some(with_protocols(one, &list?, negated).into_iter().collect());
        }
        Field::State => {
            let named: Option<Vec<_>> =
                values.iter().map(|value| condition::state(value)).collect();
            let named = named?;
            one.states = condition::STATES
                .into_iter()
                .filter(|state| named.contains(state) != negated)
                .filter(|state| variant.states.is_empty() || variant.states.contains(state))
                .collect();
            if one.states.is_empty() {
                return Some(Vec::new());
            }
        }
        Field::IcmpType | Field::In | Field::Out => return None,
    }
    Some(vec![one])
}

/// A variant with only those of its protocols that are among these; none where none is.
fn with_protocols(mut variant: Variant, protocols: &[u8], negated: bool) -> Option<Variant> {
    let had = |number: u8| match &variant.matches.protocol {
        ProtocolMatch::Any => true,
        ProtocolMatch::Number(known) => *known == number,
        ProtocolMatch::OneOf(known) => known.contains(&number),
        ProtocolMatch::Group(_) => false,
    };
    let left: Vec<u8> = (0..=u8::MAX)
        .filter(|number| protocols.contains(number) != negated && had(*number))
        .collect();
    variant.matches.protocol = match left.as_slice() {
        [] => return None,
        [one] => ProtocolMatch::Number(*one),
        _ => ProtocolMatch::OneOf(left),
    };
    Some(variant)
}
