//! Pump profiles: what a model needs and tolerates, each field with its source or unknown.

use std::collections::BTreeMap;

use crate::intent::Place;

/// How a number about the world is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Measured by the project or the site.
    Measured,
    /// Published by the manufacturer or an authority, or read in public source code.
    Published,
    /// Assumed; no public source.
    Assumed,
}

impl Label {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Published => "published",
            Self::Assumed => "assumed",
        }
    }
}

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A number in the field's unit.
    Number(f64),
    /// A word or text.
    Text(String),
    /// Words in order.
    List(Vec<String>),
}

/// One field of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The value; `None` is unknown.
    pub value: Option<Value>,
    /// Who says so; empty where unknown.
    pub source: String,
    /// How it is known; `None` where unknown.
    pub label: Option<Label>,
    /// Where it is written; `None` where the file leaves it out (unknown).
    pub place: Option<Place>,
}

/// Type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Yes or no.
    Bool,
    /// A number in this unit.
    Number(&'static str),
    /// A number in this unit, or `[lowest, likeliest, highest]`.
    Span(&'static str),
    /// One of these words; empty: any text.
    Word(&'static [&'static str]),
    /// Several words.
    List,
}

/// One field that a profile may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDefinition {
    /// Path, dotted.
    pub path: &'static str,
    /// Type.
    pub kind: FieldType,
    /// The question to ask the manufacturer where it is unknown.
    pub question: &'static str,
}

/// Every field a profile may have.
pub static FIELDS: &[FieldDefinition] = &[
    define(
        "coupling",
        FieldType::Word(&["isolated", "alarm", "cpu-memory"]),
        "does losing or straining the network affect therapy: not at all, by an alarm that stops it, or by processor and memory",
    ),
    define("dns.used", FieldType::Bool, "does the pump resolve names"),
    define(
        "dns.client_model",
        FieldType::Word(&["glibc", "lwip", "freertos-tcp", "netx-duo"]),
        "which resolver does the pump's network stack have",
    ),
    define(
        "dns.cname_ok",
        FieldType::Bool,
        "does the pump follow aliases (CNAME) in DNS answers",
    ),
    define(
        "dns.tcp_ok",
        FieldType::Bool,
        "does the pump ask again over TCP when a DNS answer is truncated",
    ),
    define(
        "dns.honors_ttl",
        FieldType::Bool,
        "does the pump resolve again when a DNS record's time to live has passed",
    ),
    define(
        "dns.max_answer_bytes",
        FieldType::Number("bytes"),
        "what is the largest DNS answer that the pump accepts",
    ),
    define(
        "dns.servers_static",
        FieldType::Bool,
        "are name servers configured in the pump itself",
    ),
    define(
        "dns.tries_next_address",
        FieldType::Bool,
        "does the pump try the next address when a name gives several and the first does not answer",
    ),
    define(
        "dhcp.options_used",
        FieldType::List,
        "which DHCP options does the pump use",
    ),
    define(
        "dhcp.tolerates_unknown_options",
        FieldType::Bool,
        "does the pump ignore DHCP options that it does not know",
    ),
    define(
        "dhcp.lease_min_s",
        FieldType::Number("s"),
        "what is the shortest DHCP lease that the pump works with",
    ),
    define(
        "ntp.used",
        FieldType::Bool,
        "does the pump ask a time server",
    ),
    define(
        "ntp.source",
        FieldType::Word(&["dhcp", "configured", "gateway"]),
        "where does the pump learn its time server",
    ),
    define(
        "ntp.source_port",
        FieldType::Word(&["123", "any"]),
        "from which UDP port does the pump ask for the time",
    ),
    define(
        "ntp.max_step_s",
        FieldType::Number("s"),
        "how large a step of its clock does the pump accept at once",
    ),
    define(
        "gateway.by",
        FieldType::Word(&["name", "address"]),
        "does the pump hold the gateway's name or its address",
    ),
    define(
        "gateway.keepalive_s",
        FieldType::Number("s"),
        "how often does the pump send something on an idle connection",
    ),
    define(
        "gateway.reconnect_s",
        FieldType::Number("s"),
        "how long does the pump wait before it connects again",
    ),
    define(
        "eap.methods",
        FieldType::List,
        "which EAP methods does the pump support",
    ),
    define(
        "eap.tls_max",
        FieldType::Word(&["1.0", "1.1", "1.2", "1.3"]),
        "what is the highest TLS version that the pump supports for network access",
    ),
    define(
        "tls.min",
        FieldType::Word(&["none", "1.0", "1.1", "1.2", "1.3"]),
        "what is the lowest TLS version that the pump accepts",
    ),
    define(
        "tls.max",
        FieldType::Word(&["none", "1.0", "1.1", "1.2", "1.3"]),
        "what is the highest TLS version that the pump supports",
    ),
    define(
        "tls.timeout_s",
        FieldType::Number("s"),
        "after how many seconds does the pump give up a TLS handshake that is never answered",
    ),
    define(
        "l2.flat_required",
        FieldType::Bool,
        "must the pump and its server share one broadcast domain",
    ),
    define(
        "arp.accepts_gratuitous",
        FieldType::Bool,
        "does the pump accept a gateway's new hardware address at once",
    ),
    define(
        "watchdog.period_s",
        FieldType::Number("s"),
        "how long may the pump's network work block before the watchdog acts",
    ),
    span(
        "stress.load-above",
        "share from 0 to 1",
        "what is the processor share of work above communication",
    ),
    span(
        "stress.watchdog",
        "s",
        "what is the hardware watchdog period",
    ),
    span(
        "stress.watchdog-window",
        "share from 0 to 1",
        "what is the share of the watchdog period in which a kick is too early",
    ),
    span(
        "stress.kick",
        "s",
        "what is the period of the watchdog kick",
    ),
    span("stress.dns-query", "s", "what is the cost of a DNS query"),
    span("stress.syn", "s", "what is the cost of transmitting a SYN"),
    span(
        "stress.connect-fail",
        "s",
        "what is the cost of cleaning up a failed connection",
    ),
    span(
        "stress.tls-full",
        "s",
        "what is the cost of a full TLS handshake",
    ),
    span(
        "stress.tls-fail",
        "s",
        "what is the cost of a TLS handshake that fails at the certificate",
    ),
    span(
        "stress.eap-full",
        "s",
        "what is the cost of a full EAP authentication",
    ),
    span(
        "stress.eap-fast",
        "s",
        "what is the cost of a fast re-authentication",
    ),
    span(
        "stress.eap-fail",
        "s",
        "what is the cost of an authentication that fails",
    ),
    span("stress.dhcp", "s", "what is the cost of a DHCP exchange"),
    span("stress.scan", "s", "what is the cost of a Wi-Fi scan"),
    span(
        "stress.message",
        "s",
        "what is the cost of serializing a message",
    ),
    span("stress.heartbeat", "s", "what is the cost of a heartbeat"),
    span("stress.log-write", "s", "what is the cost of a log write"),
    span(
        "stress.erase",
        "s",
        "what is the time to erase a flash block",
    ),
    span(
        "stress.erase-every",
        "writes",
        "how many log writes are there for each erased block",
    ),
    span(
        "stress.interrupt",
        "s",
        "what is the cost of a packet's interrupt",
    ),
    span(
        "stress.heap",
        "bytes",
        "what is the memory for queued messages",
    ),
    span(
        "stress.message-bytes",
        "bytes",
        "how many bytes does a queued message take",
    ),
    span(
        "stress.leak",
        "bytes",
        "how many bytes are lost with each failed attempt",
    ),
    span(
        "stress.detect",
        "s",
        "what is the time without an answer until the session counts as lost",
    ),
    span(
        "stress.status-period",
        "s",
        "what is the period of status messages",
    ),
    define(
        "stress.nonpreemptive",
        FieldType::Bool,
        "is there a section that cannot be preempted, like erasing flash, and that delays the watchdog kick",
    ),
    define(
        "stress.starves-kick",
        FieldType::Bool,
        "does communication run at or above the priority of the watchdog kick",
    ),
    define(
        "stress.supervised-blocking",
        FieldType::Bool,
        "is the network task supervised, and do its calls block",
    ),
    define(
        "stress.unbounded-queue",
        FieldType::Bool,
        "are messages queued without bound, and does exhausted memory reset the pump",
    ),
    define(
        "stress.separate-processor",
        FieldType::Bool,
        "does communication have a processor of its own",
    ),
    define(
        "retry.base_s",
        FieldType::Number("s"),
        "how long does the pump wait after the first failed attempt to reach its gateway",
    ),
    define(
        "retry.factor",
        FieldType::Number("times"),
        "by what does each further wait grow; 1 where it does not",
    ),
    define(
        "retry.cap_s",
        FieldType::Number("s"),
        "what is the longest of these waits",
    ),
    define(
        "retry.floor_s",
        FieldType::Number("s"),
        "what is the shortest of these waits",
    ),
    define(
        "retry.jitter",
        FieldType::Word(&["none", "equal", "full", "decorrelated"]),
        "how is chance mixed into these waits",
    ),
    define(
        "retry.resets_after",
        FieldType::Word(&["connection", "session"]),
        "after what do these waits begin anew: a connection, or only a whole session",
    ),
    define(
        "prenotify",
        FieldType::Bool,
        "does the manufacturer ask to be called before network or server changes",
    ),
];

/// Builds a row of [`FIELDS`].
const fn define(path: &'static str, kind: FieldType, question: &'static str) -> FieldDefinition {
    FieldDefinition {
        path,
        kind,
        question,
    }
}

/// Builds a row of [`FIELDS`] for a number that may be an interval.
const fn span(path: &'static str, unit: &'static str, question: &'static str) -> FieldDefinition {
    define(path, FieldType::Span(unit), question)
}

/// What a pump model needs and tolerates.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Id.
    pub id: String,
    /// Manufacturer and model.
    pub model: String,
    /// Firmware versions that it describes, as written; empty: any.
    pub firmware: String,
    /// Service kinds that the pump needs.
    pub services: Vec<crate::intent::ServiceKind>,
    /// Whom to ask.
    pub ask: String,
    /// Field actions and notices about it, each a sentence with its address.
    pub notices: Vec<String>,
    /// Fields by path; one that is missing is unknown.
    pub fields: BTreeMap<String, Field>,
}

impl Profile {
    /// The value of a field; `None` is unknown.
    pub fn value(&self, path: &str) -> Option<&Value> {
        self.fields.get(path).and_then(|field| field.value.as_ref())
    }

    /// A yes-or-no field; `None` is unknown.
    pub fn bool(&self, path: &str) -> Option<bool> {
        match self.value(path) {
            Some(Value::Bool(value)) => Some(*value),
            Some(Value::Number(_) | Value::Text(_) | Value::List(_)) | None => None,
        }
    }

    /// A number in the field's unit; `None` is unknown.
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.value(path) {
            Some(Value::Number(value)) => Some(*value),
            Some(Value::Bool(_) | Value::Text(_) | Value::List(_)) | None => None,
        }
    }

    /// Lowest, likeliest and highest of a number that may be an interval; `None` is unknown.
    pub fn span(&self, path: &str) -> Option<[f64; 3]> {
        match self.value(path)? {
            Value::Number(value) => Some([*value; 3]),
            Value::List(words) => match words.as_slice() {
                [lo, mode, hi] => Some([lo.parse().ok()?, mode.parse().ok()?, hi.parse().ok()?]),
                _ => None,
            },
            Value::Bool(_) | Value::Text(_) => None,
        }
    }

    /// A word; `None` is unknown.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.value(path) {
            Some(Value::Text(value)) => Some(value),
            Some(Value::Bool(_) | Value::Number(_) | Value::List(_)) | None => None,
        }
    }

    /// The question that would settle an unknown field.
    pub fn question(path: &str) -> Option<&'static str> {
        FIELDS
            .iter()
            .find(|definition| definition.path == path)
            .map(|definition| definition.question)
    }
}
