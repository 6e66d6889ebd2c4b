//! What a rule of nftables asks and does.

use std::collections::{BTreeMap, BTreeSet};

use super::variant::{Field, JOINS, Variant, restrict, restrict_all, with_protocols};
use super::{commands, translation};
use crate::model::filter::{PacketMatch, TcpFlags};
use crate::model::packet_filter::Target;
use crate::net::registry::{TCP, UDP};
use crate::syntax::{Effect, Support};

/// Elements of sets and maps by name, each with the words after its colon; none where unknown.
pub(super) type Sets = BTreeMap<String, Option<Vec<Element>>>;

/// Key of an element, and what it maps to.
pub(super) type Element = (String, Vec<String>);

/// Most rules that one line stands for, as an interface or a verdict map lists them.
const MOST_VARIANTS: usize = 4096;

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
            "tcp" if self.takes("flags") => self.flags(),
            "iifname" | "iif" | "oifname" | "oif" | "l4proto" | "ip" | "tcp" | "udp" | "th"
            | "icmp" | "ct" => {
                let mut fields = vec![self.selector(word)];
                while self.takes(".") {
                    let next = self.next().unwrap_or("");
                    fields.push(self.selector(next));
                }
                match fields.into_iter().collect::<Option<Vec<Field>>>() {
                    Some(fields) => self.condition(word, &fields),
                    None => self.unknown(word),
                }
            }
            _ => self.verdict(word),
        }
    }

    /// What the words from this one on look at.
    fn selector(&mut self, word: &str) -> Option<Field> {
        let word = match word {
            "meta" => self.next()?,
            _ => word,
        };
        let field = match word {
            "iifname" | "iif" => return Some(Field::In),
            "oifname" | "oif" => return Some(Field::Out),
            "l4proto" => return Some(Field::Protocol),
            _ => match (word, self.peek()?) {
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
                _ => return None,
            },
        };
        self.at += 1;
        Some(field)
    }

    /// `tcp flags`: a list asks for any of its bits, `==` and `!=` compare all of them (nft(8),
    /// "Relational expressions" and "Bitmask").
    fn flags(&mut self) {
        const ALL: u8 = u8::MAX;
        let negated = self.takes("!=");
        let exact = self.takes("==") || negated;
        let masked = self.takes("&");
        let test = self.bits().and_then(|bits| {
            let one_by_one = (0..6).map(|place| 1 << place);
            let any: Vec<(u8, u8)> = one_by_one
                .filter(|bit| bits & bit != 0)
                .map(|bit| (bit, bit))
                .collect();
            Some(if masked {
                let negated = self.takes("!=");
                if !negated && !self.takes("==") {
                    return None;
                }
                (vec![(bits, self.bits()?)], negated)
            } else if self.takes("/") {
                (vec![(self.bits()?, bits)], negated)
            } else if exact {
                (vec![(ALL, bits)], negated)
            } else {
                (any, false)
            })
        });
        let taken = |variant: &Variant| variant.matches.flags.is_some();
        let Some((any_of, negated)) = test.filter(|_| !self.rule.variants.iter().any(taken)) else {
            return self.unknown("tcp");
        };
        let flags = TcpFlags { any_of, negated };
        let variants = std::mem::take(&mut self.rule.variants).into_iter();
        self.rule.variants = variants
            .filter_map(|mut variant| {
                variant.matches.flags = Some(flags.clone());
                with_protocols(variant, &[TCP], false)
            })
            .collect();
    }

    /// Control bits by name, with what joins them; none where there are none.
    fn bits(&mut self) -> Option<u8> {
        let mut found = None;
        while let Some(word) = self.peek() {
            let names = word.split(['|', ',', '(', ')']);
            let mut names = names.filter(|name| !name.is_empty());
            let bits = names.try_fold(0, |bits, name| match name {
                "0x0" | "0" => Some(bits),
                _ => Some(bits | TcpFlags::bit(name)?),
            });
            let Some(bits) = bits else { break };
            let joins = word.chars().all(|one| "|,()".contains(one));
            if !joins {
                found = Some(found.unwrap_or(0) | bits);
            }
            self.at += 1;
        }
        found
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

    /// The values of selectors, or the verdicts that they map to.
    fn condition(&mut self, word: &str, fields: &[Field]) {
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
                let some = restrict_all(&before, fields, key);
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
            after = match fields {
                [field] => restrict(&before, *field, &keys, negated),
                _ if negated => None,
                _ => {
                    let each = keys.iter().map(|key| restrict_all(&before, fields, key));
                    let each: Option<Vec<_>> = each.collect();
                    each.map(|all| all.into_iter().flatten().collect())
                }
            };
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
        let mut key = first.to_owned();
        while self.takes(".") {
            key.push_str(JOINS);
            key.push_str(self.next()?);
        }
        let mut found = vec![(key, Vec::new())];
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
        let Some((first, mut rest)) = element.split_first() else {
            continue;
        };
        let mut key = (*first).to_owned();
        while let [".", next, after @ ..] = rest {
            key.push_str(JOINS);
            key.push_str(next);
            rest = after;
        }
        let (key, rest) = match key.strip_suffix(':') {
            Some(key) => (key.to_owned(), rest),
            None => match rest.split_first() {
                Some((&":", rest)) => (key, rest),
                None => (key, rest),
                Some((&"comment", _)) => (key, &[][..]),
                Some(_) => return None,
            },
        };
        let rest = match rest.iter().position(|word| *word == "comment") {
            Some(end) => rest.get(..end)?,
            None => rest,
        };
        let rest = rest.iter().map(ToString::to_string).collect();
        out.push((key, rest));
    }
    Some(out)
}
