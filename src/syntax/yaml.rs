//! YAML as a tree of texts, each with its place.
//!
//! Scalars stay as written: whether `9.10` is a version or a number is the reader's to say.
//! Aliases and merge keys are followed within a bound, so that a bomb is an error and not a crash.

use std::collections::BTreeMap;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle};

/// One node of a YAML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// What stands there.
    pub content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text, and whether it is plain (unquoted).
    Scalar(String, bool),
    /// Nodes in order.
    List(Vec<Node>),
    /// Keys with their nodes, in the order of the file; no key twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
}

impl Node {
    /// What stands here, as a noun with its article.
    pub fn noun(&self) -> &'static str {
        match &self.content {
            Content::Scalar(text, true) if is_null(text) => "nothing",
            Content::Scalar(..) => "a value",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    /// Whether nothing stands here (`key:` alone, `~` or `null`).
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(text, true) if is_null(text))
    }
}

/// Whether a plain scalar is the null of YAML 1.2 (§10.3.2, core schema).
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Why a text is no YAML document that is read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// Lowercase fragment, no period.
    pub message: String,
}

/// Most nodes of one document, aliases counted as often as they are used.
const MOST_NODES: usize = 200_000;
/// Deepest nesting.
const DEEPEST: usize = 64;
/// The key that merges other mappings (YAML 1.1 merge type).
const MERGE_KEY: &str = "<<";

/// Reads the only document of a text.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    let mut builder = Builder::default();
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|error| YamlError {
            line: count(error.marker().line()),
            column: count(error.marker().col() + 1),
            message: error.info().to_lowercase(),
        })?;
        let place = (count(span.start.line()), count(span.start.col() + 1));
        builder.take(event, place)?;
    }
    builder.root.ok_or(YamlError {
        line: 1,
        column: 1,
        message: "the document is empty".to_owned(),
    })
}

/// A count as u32.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A collection that is not closed yet.
struct Open {
    /// Its place.
    place: (u32, u32),
    /// Its anchor; 0 for none.
    anchor: usize,
    /// Its nodes so far; of a mapping keys and values in turn.
    nodes: Vec<Node>,
    /// Whether it is a mapping.
    map: bool,
}

/// Builds the tree from events.
#[derive(Default)]
struct Builder {
    /// Collections that are open, the innermost last.
    open: Vec<Open>,
    /// Nodes with an anchor, with their size.
    anchors: BTreeMap<usize, (Node, usize)>,
    /// Nodes so far.
    nodes: usize,
    /// Documents so far.
    documents: usize,
    /// The finished document.
    root: Option<Node>,
}

impl Builder {
    /// Takes one event.
    fn take(&mut self, event: Event<'_>, place: (u32, u32)) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(error(place, "a second document begins; one is read"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let node = Node {
                    line: place.0,
                    column: place.1,
                    content: Content::Scalar(text.into_owned(), plain),
                };
                self.add(node, anchor, 1)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(place, anchor, false),
            Event::MappingStart(_, anchor, _) => self.begin(place, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(error(place, "an alias inside the node that it names"));
                };
                self.add(node, 0, size)
            }
            Event::UnresolvedAlias(_) => Err(error(place, "an alias that no anchor defines")),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Anchor(..) | _ => {
                Ok(())
            }
        }
    }

    /// Opens a collection.
    fn begin(&mut self, place: (u32, u32), anchor: usize, map: bool) -> Result<(), YamlError> {
        if self.open.len() >= DEEPEST {
            return Err(error(place, format!("nested deeper than {DEEPEST} levels")));
        }
        self.open.push(Open {
            place,
            anchor,
            nodes: Vec::new(),
            map,
        });
        Ok(())
    }

    /// Closes the innermost collection.
    fn end(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = if open.map {
            Content::Map(pairs(open.nodes)?)
        } else {
            Content::List(open.nodes)
        };
        let node = Node {
            line: open.place.0,
            column: open.place.1,
            content,
        };
        let size = if open.anchor == 0 { 1 } else { size(&node) };
        self.nodes += 1;
        self.place(node, open.anchor, size);
        Ok(())
    }

    /// Adds a node of `size` nodes where one is expected.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), YamlError> {
        self.nodes += size;
        if self.nodes > MOST_NODES {
            return Err(error(
                (node.line, node.column),
                format!("more than {MOST_NODES} values, aliases counted as often as used"),
            ));
        }
        self.place(node, anchor, size);
        Ok(())
    }

    /// Puts a node into the innermost open collection, or makes it the root.
    fn place(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.root = Some(node),
        }
    }
}

/// An error at a place.
fn error(place: (u32, u32), message: impl Into<String>) -> YamlError {
    YamlError {
        line: place.0,
        column: place.1,
        message: message.into(),
    }
}

/// Number of nodes of a tree.
fn size(node: &Node) -> usize {
    1 + match &node.content {
        Content::Scalar(..) => 0,
        Content::List(nodes) => nodes.iter().map(size).sum(),
        Content::Map(pairs) => pairs.iter().map(|(_, node)| 1 + size(node)).sum(),
    }
}

/// Keys and values in turn as pairs, merge keys followed.
fn pairs(nodes: Vec<Node>) -> Result<Vec<(Key, Node)>, YamlError> {
    let mut out: Vec<(Key, Node)> = Vec::with_capacity(nodes.len() / 2);
    let mut merged = Vec::new();
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        let place = (key.line, key.column);
        let Content::Scalar(text, plain) = key.content else {
            return Err(error(place, "a key that is no text"));
        };
        if text == MERGE_KEY && plain {
            merge_into(&mut merged, value)?;
            continue;
        }
        if let Some((first, _)) = out.iter().find(|(known, _)| known.text == text) {
            let message = format!("key `{text}` stands here and in line {}", first.line);
            return Err(error(place, message));
        }
        let key = Key {
            text,
            line: place.0,
            column: place.1,
        };
        out.push((key, value));
    }
    for (key, value) in merged {
        if !out.iter().any(|(known, _)| known.text == key.text) {
            out.push((key, value));
        }
    }
    Ok(out)
}

/// Collects the pairs of a merge key's value: a mapping, or a list of mappings.
fn merge_into(merged: &mut Vec<(Key, Node)>, value: Node) -> Result<(), YamlError> {
    let place = (value.line, value.column);
    match value.content {
        Content::Map(pairs) => merged.extend(pairs),
        Content::List(nodes) => {
            for node in nodes {
                merge_into(merged, node)?;
            }
        }
        Content::Scalar(..) => return Err(error(place, "`<<` merges mappings only")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_text_and_place() {
        let node = parse("a: { \"9.10\": 1.20 }\n").unwrap();
        let Content::Map(pairs) = node.content else {
            panic!("a mapping")
        };
        let Content::Map(inner) = &pairs[0].1.content else {
            panic!("a mapping")
        };
        assert_eq!(inner[0].0.text, "9.10");
        assert_eq!((inner[0].0.line, inner[0].0.column), (1, 6));
        assert_eq!(inner[0].1.content, Content::Scalar("1.20".to_owned(), true));
    }

    #[test]
    fn a_bomb_of_aliases_is_an_error() {
        use std::fmt::Write as _;
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{below}]").unwrap();
        }
        let message = parse(&text).unwrap_err().message;
        assert!(message.contains("more than"), "{message}");
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error() {
        let error = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((error.line, error.column), (3, 1));
        assert_eq!(error.message, "key `a` stands here and in line 1");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_err());
    }
}
