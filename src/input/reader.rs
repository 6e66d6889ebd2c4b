//! Typed values out of YAML nodes, all mistakes of a file together.
//!
//! What a mapping may hold is data ([`KeyDefinition`]): unknown keys are found, suggestions made
//! and schemas printed from the same table.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use crate::input::mistake::{Mistake, suggestion};
use crate::intent::{Place, Port};
use crate::net::{IpNet, Ipv4Net};
use crate::source::FileId;
use crate::syntax::yaml::{Content, Key, Node};

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number from the first to the second.
    Whole(u32, u32),
    /// An IPv4 address.
    Address,
    /// A prefix, `10.20.230.0/24`.
    Prefix,
    /// An IPv4 address with its prefix length, `10.50.0.5/24`.
    HostPrefix,
    /// `tcp/51244`, `udp/53` or `icmp`.
    Port,
    /// A length of time, `45s`, `12m`, `8h`, `2d`.
    Duration,
    /// A date, `2026-10-02`.
    Date,
    /// Several of these.
    List(&'static Kind),
    /// One or several of these.
    OneOrList(&'static Kind),
    /// A mapping with these keys.
    Map(&'static [KeyDefinition]),
    /// A mapping from ids to these.
    MapOf(&'static Kind),
    /// A yes or no, number, text or list, as the field says.
    FieldValue,
    /// `unknown`, or one of these.
    OrUnknown(&'static Kind),
}

/// One key that a mapping may hold.
#[derive(Debug, Clone, Copy)]
pub struct KeyDefinition {
    /// The key.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What its value may be.
    pub kind: Kind,
    /// What it means, a sentence.
    pub doc: &'static str,
}

/// A key that must be there.
pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> KeyDefinition {
    KeyDefinition {
        name,
        required: true,
        kind,
        doc,
    }
}

/// A key that may be there.
pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> KeyDefinition {
    KeyDefinition {
        name,
        required: false,
        kind,
        doc,
    }
}

/// Reads one file's nodes and collects its mistakes.
pub struct Reader<'a> {
    /// Path as given.
    file: &'a str,
    /// The file's identity.
    id: FileId,
    /// Mistakes so far.
    mistakes: Vec<Mistake>,
}

/// The known keys of one mapping with their nodes.
pub struct Fields<'n> {
    /// Where the mapping stands.
    pub at: (u32, u32),
    /// Nodes by key; nulls are left out.
    nodes: BTreeMap<&'n str, &'n Node>,
}

impl<'n> Fields<'n> {
    /// The node of a key, where it is there and not null.
    pub fn node(&self, key: &str) -> Option<&'n Node> {
        self.nodes.get(key).copied()
    }
}

impl<'a> Reader<'a> {
    /// A reader of the file with this path and identity.
    pub fn new(file: &'a str, id: FileId) -> Self {
        Self {
            file,
            id,
            mistakes: Vec::new(),
        }
    }

    /// Notes a mistake.
    pub fn mistake(
        &mut self,
        at: (u32, u32),
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.mistakes.push(Mistake {
            file: self.file.to_owned(),
            line: at.0,
            column: at.1,
            message: message.into(),
            help: help.into(),
        });
    }

    /// A node's place in the file.
    pub fn place(&self, at: (u32, u32)) -> Place {
        Place {
            file: self.id,
            line: at.0,
            column: at.1,
        }
    }

    /// All mistakes in the order of the file.
    pub fn into_mistakes(mut self) -> Vec<Mistake> {
        self.mistakes
            .sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
        self.mistakes
    }

    /// A mapping with known keys; `what` names it with its article.
    pub fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        keys: &'static [KeyDefinition],
    ) -> Option<Fields<'n>> {
        let pairs = self.pairs(node, what)?;
        let mut nodes = BTreeMap::new();
        for (key, value) in pairs {
            if keys.iter().any(|known| known.name == key.text) {
                if !value.is_null() {
                    nodes.insert(key.text.as_str(), value);
                }
                continue;
            }
            let help = suggestion(&key.text, keys.iter().map(|known| known.name));
            let message = format!("unknown key `{}` in {what}", key.text);
            self.mistake((key.line, key.column), message, help);
        }
        for known in keys.iter().filter(|known| known.required) {
            if !nodes.contains_key(known.name) {
                let message = format!("missing key `{}` in {what}", known.name);
                self.mistake(at(node), message, Some(known.doc.to_owned()));
            }
        }
        Some(Fields {
            at: at(node),
            nodes,
        })
    }

    /// The pairs of a mapping.
    pub fn pairs<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Key, Node)]> {
        if let Content::Map(pairs) = &node.content {
            return Some(pairs);
        }
        let message = format!("{what} is a mapping, here stands {}", node.noun());
        self.mistake(at(node), message, None);
        None
    }

    /// The nodes of a list.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        if let Content::List(nodes) = &node.content {
            return nodes;
        }
        let message = format!("`{what}` is a list, here stands {}", node.noun());
        self.mistake(at(node), message, Some(format!("write `{what}: [ … ]`")));
        &[]
    }

    /// The nodes of a list, or the one value that stands in its place.
    pub fn one_or_list<'n>(&mut self, node: &'n Node, what: &str) -> Vec<&'n Node> {
        match &node.content {
            Content::List(nodes) => nodes.iter().collect(),
            Content::Scalar(..) => vec![node],
            Content::Map(_) => {
                let message = format!("`{what}` is a value or a list, here stands a mapping");
                self.mistake(at(node), message, None);
                Vec::new()
            }
        }
    }

    /// A text; never empty.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.content {
            Content::Scalar(text, _) if !text.trim().is_empty() && !node.is_null() => {
                Some(text.trim())
            }
            Content::Scalar(..) => {
                self.mistake(at(node), format!("`{what}` is empty"), None);
                None
            }
            Content::List(_) | Content::Map(_) => {
                let message = format!("`{what}` is a value, here stands {}", node.noun());
                self.mistake(at(node), message, None);
                None
            }
        }
    }

    /// The text of a key, where it is there.
    pub fn text_of<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n str> {
        let node = fields.node(key)?;
        self.text(node, key)
    }

    /// One of the known words.
    pub fn word<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n str> {
        let text = self.text(node, what)?;
        if known.contains(&text) {
            return Some(text);
        }
        let message = format!("`{text}` is no {what}");
        self.mistake(at(node), message, suggestion(text, known.iter().copied()));
        None
    }

    /// A whole number within bounds.
    pub fn whole(&mut self, node: &Node, what: &str, low: u32, high: u32) -> Option<u32> {
        let text = self.text(node, what)?;
        match text.parse::<u32>() {
            Ok(number) if (low..=high).contains(&number) => Some(number),
            Ok(_) | Err(_) => {
                let message = format!("`{text}` is no {what}");
                let help = if high == u32::MAX {
                    format!("a whole number from {low} on")
                } else {
                    format!("a whole number from {low} to {high}")
                };
                self.mistake(at(node), message, Some(help));
                None
            }
        }
    }

    /// An IPv4 address.
    pub fn address(&mut self, node: &Node, what: &str) -> Option<Ipv4Addr> {
        let text = self.text(node, what)?;
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => return Some(address),
            Ok(IpAddr::V6(_)) => {
                let message = format!("`{text}` is an IPv6 address, which is not read here yet");
                self.mistake(at(node), message, Some("give the IPv4 address".to_owned()));
            }
            Err(_) => {
                let message = format!("`{text}` is no IPv4 address");
                self.mistake(at(node), message, Some("like `10.50.0.18`".to_owned()));
            }
        }
        None
    }

    /// A prefix without host bits.
    pub fn prefix<N>(&mut self, node: &Node, what: &str) -> Option<N>
    where
        N: FromStr + Into<IpNet> + Copy,
    {
        let text = self.text(node, what)?;
        let Ok(prefix) = text.parse::<N>() else {
            let message = format!("`{text}` is no prefix");
            self.mistake(at(node), message, Some("like `10.20.230.0/24`".to_owned()));
            return None;
        };
        let net: IpNet = prefix.into();
        if net.addr() != net.network() {
            let message = format!("`{text}` has bits beyond its prefix length");
            let help = format!("did you mean `{}`?", net.trunc());
            self.mistake(at(node), message, Some(help));
            return None;
        }
        Some(prefix)
    }

    /// An address with its prefix length.
    pub fn host_prefix(&mut self, node: &Node, what: &str) -> Option<Ipv4Net> {
        let text = self.text(node, what)?;
        if let (true, Ok(net)) = (text.contains('/'), text.parse::<Ipv4Net>()) {
            return Some(net);
        }
        let message = format!("`{text}` is no IPv4 address with prefix length");
        self.mistake(at(node), message, Some("like `10.50.0.5/24`".to_owned()));
        None
    }

    /// A transport and port.
    pub fn port(&mut self, node: &Node, what: &str) -> Option<Port> {
        let text = self.text(node, what)?;
        if let Some(port) = parse_port(text) {
            return Some(port);
        }
        let message = format!("`{text}` is no port");
        let help = if text.parse::<u16>().is_ok() {
            format!("did you mean `tcp/{text}` or `udp/{text}`?")
        } else {
            "like `tcp/51244`, `udp/53` or `icmp`".to_owned()
        };
        self.mistake(at(node), message, Some(help));
        None
    }

    /// A length of time in seconds.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<u64> {
        let text = self.text(node, what)?;
        if let Some(seconds) = parse_duration(text) {
            return Some(seconds);
        }
        let message = format!("`{text}` is no length of time");
        self.mistake(at(node), message, Some(DURATION_HELP.to_owned()));
        None
    }

    /// A date as written.
    pub fn date<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = self.text(node, what)?;
        if is_date(text) {
            return Some(text);
        }
        let message = format!("`{text}` is no date");
        self.mistake(at(node), message, Some("like `2026-10-02`".to_owned()));
        None
    }

    /// Notes that `id` is none of the known ids of a kind of thing.
    pub fn unknown_id<'k>(
        &mut self,
        node_at: (u32, u32),
        what: &str,
        id: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        let help = suggestion(id, known);
        self.mistake(node_at, format!("unknown {what} `{id}`"), help);
    }
}

/// A node's line and column.
pub fn at(node: &Node) -> (u32, u32) {
    (node.line, node.column)
}

/// How a length of time is written.
pub const DURATION_HELP: &str = "like `45s`, `12m`, `8h` or `2d`";

/// A length of time in seconds, `45s`, `12m`, `8h`, `2d`; at least one second.
pub fn parse_duration(text: &str) -> Option<u64> {
    let split = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|seconds| *seconds > 0)
}

/// A transport and port as written, `tcp/51244`, `udp/53`, `icmp`.
pub fn parse_port(text: &str) -> Option<Port> {
    let text = text.to_ascii_lowercase();
    if text == "icmp" {
        return Some(Port::Icmp);
    }
    let (transport, number) = text.split_once('/')?;
    let number: u16 = number.parse().ok().filter(|number| *number > 0)?;
    match transport {
        "tcp" => Some(Port::Tcp(number)),
        "udp" => Some(Port::Udp(number)),
        _ => None,
    }
}

/// Whether the text is a date of the calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut next = |digits: usize| {
        parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|part| part.parse::<u16>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (next(4), next(2), next(2)) else {
        return false;
    };
    let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else {
        return false;
    };
    time::Month::try_from(month)
        .is_ok_and(|month| time::Date::from_calendar_date(i32::from(year), month, day).is_ok())
}
