//! What the files of one host say together.

use super::parse::statement_of;
use crate::syntax::yaml::{Content, Node};

/// A statement: which file of the host, and its index there.
pub(super) type Place = (usize, u32);

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// The statement that says it.
    pub(super) at: Place,
    /// What it is.
    pub(super) data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    /// A text, and whether it is plain (unquoted).
    Text(String, bool),
    /// Values in order.
    List(Vec<Value>),
    /// Members in the order of the files.
    Map(Vec<Member>),
}

/// A member of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its key.
    pub(super) name: String,
    /// Where the key stands, in each file that has it.
    pub(super) places: Vec<Place>,
    /// Its value.
    pub(super) value: Value,
}

impl Value {
    /// The value of a node of one file.
    pub(super) fn of(node: &Node, file: usize) -> Self {
        let data = match &node.content {
            Content::Scalar(text, plain) => Data::Text(text.clone(), *plain),
            Content::List(nodes) => {
                Data::List(nodes.iter().map(|node| Self::of(node, file)).collect())
            }
            Content::Map(pairs) => {
                let members = pairs.iter().map(|(key, node)| Member {
                    name: key.text.clone(),
                    places: vec![(file, statement_of(key.line))],
                    value: Self::of(node, file),
                });
                Data::Map(members.collect())
            }
        };
        Self {
            at: (file, statement_of(node.line)),
            data,
        }
    }

    /// Adds what a later file says: mappings are amended, lists grow, texts are replaced
    /// (netplan-generate(8), "Handling multiple config files"). What changes its kind is given back.
    pub(super) fn amend(&mut self, later: Self) -> Vec<Place> {
        match (&mut self.data, later) {
            (
                Data::Map(members),
                Self {
                    data: Data::Map(added),
                    ..
                },
            ) => {
                let mut clashes = Vec::new();
                for member in added {
                    let known = members.iter_mut().find(|known| known.name == member.name);
                    match known {
                        Some(known) => {
                            known.places.extend(member.places);
                            clashes.extend(known.value.amend(member.value));
                        }
                        None => members.push(member),
                    }
                }
                clashes
            }
            (
                Data::List(values),
                Self {
                    data: Data::List(added),
                    ..
                },
            ) => {
                values.extend(added);
                Vec::new()
            }
            (
                Data::Text(..),
                later @ Self {
                    data: Data::Text(..),
                    ..
                },
            ) => {
                *self = later;
                Vec::new()
            }
            (Data::Text(..) | Data::List(_) | Data::Map(_), later) => vec![later.at],
        }
    }

    /// The members of a mapping; none of anything else.
    pub(super) fn members(&self) -> &[Member] {
        match &self.data {
            Data::Map(members) => members,
            Data::Text(..) | Data::List(_) => &[],
        }
    }

    /// A member of a mapping.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }

    /// The values of a list; none of anything else.
    pub(super) fn values(&self) -> &[Self] {
        match &self.data {
            Data::List(values) => values,
            Data::Text(..) | Data::Map(_) => &[],
        }
    }

    /// The text of a value that is one and says something.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text, plain) => {
                let null = *plain && matches!(text.as_str(), "" | "~" | "null");
                (!null && !text.contains('\n')).then_some(text)
            }
            Data::List(_) | Data::Map(_) => None,
        }
    }

    /// A truth value, as netplan's own reader takes them.
    pub(super) fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "y" => Some(true),
            "false" | "off" | "no" | "n" => Some(false),
            _ => None,
        }
    }
}
