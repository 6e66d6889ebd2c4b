//! Closed words in rule files: each is checked while reading and answered with a suggestion.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::analysis::Shape;
use crate::change::ChangeKind;
use crate::intent::profile::FIELDS;
use crate::intent::{ServiceKind, Stage};
use crate::model::FacetKind;
use crate::rule::attribute::{ATTRIBUTES, Attribute};
use crate::wire::assessment::Effect;

/// A closed set of words, each with its meaning.
pub trait Vocabulary: Copy + 'static {
    /// What one of the words names.
    const NOUN: &'static str;

    /// Every word with its meaning.
    fn all() -> Vec<(Self, &'static str)>;
}

/// One word of a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<'de, T: Vocabulary> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let all = T::all();
        all.iter()
            .find(|(_, word)| *word == text)
            .map(|(value, _)| Self(*value))
            .ok_or_else(|| {
                let known: Vec<_> = all.iter().map(|(_, word)| *word).collect();
                de::Error::custom(format!(
                    "unknown {} `{text}`\nhelp: {}",
                    T::NOUN,
                    suggest(&text, &known)
                ))
            })
    }
}

impl<T: Vocabulary> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NOUN.replace(' ', "-").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = T::all().into_iter().map(|(_, word)| word).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// "did you mean" where a known word is near, else the known words.
pub(super) fn suggest(text: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(text, word), *word))
        .filter(|(distance, word)| *distance <= 2.max(word.len() / 3))
        .min();
    match near {
        Some((_, word)) => format!("did you mean `{word}`"),
        None => format!("known are {}", known.join(", ")),
    }
}

impl Vocabulary for Stage {
    const NOUN: &'static str = "stage";

    fn all() -> Vec<(Self, &'static str)> {
        [
            Self::Attach,
            Self::Authenticate,
            Self::Authorize,
            Self::Address,
            Self::Resolve,
            Self::Time,
            Self::Connect,
            Self::Secure,
            Self::Session,
            Self::Upstream,
        ]
        .map(|stage| (stage, stage.name()))
        .to_vec()
    }
}

impl Vocabulary for Shape {
    const NOUN: &'static str = "shape";

    fn all() -> Vec<(Self, &'static str)> {
        [
            Self::Drop,
            Self::Refuse,
            Self::NxDomain,
            Self::ServFail,
            Self::WrongAddress,
            Self::StaleAddress,
            Self::NoLease,
            Self::HandshakeFailure,
            Self::Slow,
            Self::MtuHole,
        ]
        .map(|shape| (shape, shape.name()))
        .to_vec()
    }
}

impl Vocabulary for ServiceKind {
    const NOUN: &'static str = "service kind";

    fn all() -> Vec<(Self, &'static str)> {
        Self::ALL.to_vec()
    }
}

impl Vocabulary for ChangeKind {
    const NOUN: &'static str = "kind of change";

    fn all() -> Vec<(Self, &'static str)> {
        vec![
            (Self::Added, "added"),
            (Self::Removed, "removed"),
            (Self::Moved, "moved"),
            (Self::Reworded, "reworded"),
        ]
    }
}

impl Vocabulary for Effect {
    const NOUN: &'static str = "effect";

    fn all() -> Vec<(Self, &'static str)> {
        [
            Self::Unchanged,
            Self::Gained,
            Self::BrokenBefore,
            Self::Transient,
            Self::Degraded,
            Self::Unknown,
            Self::Lost,
        ]
        .map(|effect| (effect, effect_name(effect)))
        .to_vec()
    }
}

/// An effect's name in files.
pub(super) fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Unchanged => "unchanged",
        Effect::Gained => "gained",
        Effect::BrokenBefore => "broken-before",
        Effect::Transient => "transient",
        Effect::Degraded => "degraded",
        Effect::Unknown => "unknown",
        Effect::Lost => "lost",
    }
}

impl Vocabulary for FacetKind {
    const NOUN: &'static str = "facet";

    fn all() -> Vec<(Self, &'static str)> {
        vec![
            (Self::System, "system"),
            (Self::Interface, "interface"),
            (Self::Vlan, "vlan"),
            (Self::Vrf, "vrf"),
            (Self::Acl, "acl"),
            (Self::ObjectGroup, "object-group"),
            (Self::StaticRoute, "static-route"),
            (Self::Ospf, "ospf"),
            (Self::PacketFilter, "packet-filter"),
            (Self::DhcpScope, "dhcp-scope"),
            (Self::DhcpServer, "dhcp-server"),
            (Self::DnsZone, "dns-zone"),
            (Self::DnsServer, "dns-server"),
            (Self::Aaa, "aaa"),
            (Self::Ntp, "ntp"),
        ]
    }
}

impl Vocabulary for &'static Attribute {
    const NOUN: &'static str = "attribute";

    fn all() -> Vec<(Self, &'static str)> {
        ATTRIBUTES
            .iter()
            .map(|attribute| (attribute, attribute.path))
            .collect()
    }
}

/// A field of a pump profile, by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldPath(pub &'static str);

impl Vocabulary for FieldPath {
    const NOUN: &'static str = "profile field";

    fn all() -> Vec<(Self, &'static str)> {
        FIELDS
            .iter()
            .map(|field| (Self(field.path), field.path))
            .collect()
    }
}
