//! Pump profiles, from the program, from the hospital's folders and beside the site file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::input::Error;
use crate::input::mistake::Mistake;
use crate::input::reader::{KeyDefinition, Kind, Reader, at, optional, required};
use crate::input::site::keys::SERVICE_KINDS;
use crate::input::site::{label_named, parse_yaml};
use crate::input::snapshot::{FileTable, folder};
use crate::intent::profile::{FIELDS, FieldDefinition, FieldType};
use crate::intent::{Field, Profile, ServiceKind, Value};
use crate::source::{File, FileOrigin};
use crate::syntax::yaml::{Content, Node};

/// Every file below `rules/`, as (path, text), sorted.
pub static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Keys of a profile.
pub static PROFILE: &[KeyDefinition] = &[
    required("schema", Kind::Whole(1, 1), "version of this form: 1"),
    required("id", Kind::Text, "id, as site files name it"),
    required("model", Kind::Text, "manufacturer and model"),
    optional(
        "firmware",
        Kind::Text,
        "firmware versions that it describes; any where absent",
    ),
    optional(
        "services",
        Kind::List(&Kind::Word(SERVICE_KINDS)),
        "kinds of services that the pump needs",
    ),
    required("ask", Kind::Text, "whom to ask"),
    optional(
        "notices",
        Kind::List(&Kind::Text),
        "field actions and notices, each a sentence with its address",
    ),
    optional(
        "fields",
        Kind::MapOf(&Kind::OrUnknown(&Kind::Map(FIELD))),
        "what is known, by field",
    ),
];

/// Keys of a field.
pub static FIELD: &[KeyDefinition] = &[
    required("value", Kind::FieldValue, "the field's value"),
    required("source", Kind::Text, "who says so"),
    required(
        "label",
        Kind::Word(&["measured", "published", "assumed"]),
        "how it is known: measured, published or assumed",
    ),
];

/// Profiles that lie beside a site file.
#[derive(Debug, Clone)]
pub enum Beside {
    /// In this folder's `profiles/`.
    Folder(std::path::PathBuf),
    /// In a commit or an archive: paths and bytes.
    Commit(FileOrigin, Vec<(String, Vec<u8>)>),
}

/// Loads the profiles of the program, of `folders` (each with or without a `profiles/` below) and
/// of the `profiles/` folder beside the site file; a later one replaces an earlier one of its id.
pub fn load_profiles(
    folders: &[&Path],
    beside: Option<&Beside>,
    files: &mut FileTable,
) -> Result<BTreeMap<String, Profile>, Error> {
    let mut profiles = BTreeMap::new();
    let mut mistakes = Vec::new();
    let mut texts: Vec<File> = Vec::new();
    for (path, text) in EMBEDDED {
        if path.starts_with("profiles/") {
            let path = format!("rules/{path}");
            texts.push(files.embedded(&path, text));
        }
    }
    let mut places: Vec<std::path::PathBuf> = Vec::new();
    for given in folders {
        let below = given.join("profiles");
        places.push(if below.is_dir() {
            below
        } else {
            given.to_path_buf()
        });
    }
    if let Some(Beside::Folder(site)) = beside {
        places.extend(
            [site.join("profiles")]
                .into_iter()
                .filter(|path| path.is_dir()),
        );
    }
    for place in places {
        for path in folder::yaml_files(&place)? {
            let bytes = folder::read_file(&path)?;
            let name = path.display().to_string();
            texts.push(files.load(&name, FileOrigin::Disk, &bytes, "profile"));
        }
    }
    if let Some(Beside::Commit(origin, found)) = beside {
        for (path, bytes) in found {
            texts.push(files.load(path, origin.clone(), bytes, "profile"));
        }
    }
    for file in &texts {
        let Some(profile) = read_profile_file(file, &mut mistakes) else {
            continue;
        };
        profiles.insert(profile.id.clone(), profile);
    }
    if mistakes.is_empty() {
        return Ok(profiles);
    }
    Err(Error::Mistakes {
        kind: "profile",
        mistakes,
    })
}

/// Reads one file; `None` where it has mistakes or is a rule, which is no profile.
fn read_profile_file(file: &File, mistakes: &mut Vec<Mistake>) -> Option<Profile> {
    let node = match parse_yaml(file) {
        Ok(node) => node,
        Err(mistake) => {
            mistakes.push(mistake);
            return None;
        }
    };
    if is_rule(&node) {
        return None;
    }
    let mut reader = Reader::new(&file.path, file.id);
    let profile = read_profile(&mut reader, &node);
    let found = reader.into_mistakes();
    let clean = found.is_empty();
    mistakes.extend(found);
    profile.filter(|_| clean)
}

/// Whether a YAML file of a rules folder is a rule: it names a check.
fn is_rule(node: &Node) -> bool {
    match &node.content {
        Content::Map(pairs) => pairs.iter().any(|(key, _)| key.text == "check"),
        Content::Scalar(..) | Content::List(_) => false,
    }
}

/// Reads one profile.
pub fn read_profile(reader: &mut Reader<'_>, node: &Node) -> Option<Profile> {
    let fields = reader.fields(node, "the profile", PROFILE)?;
    if let Some(schema) = fields.node("schema") {
        reader.whole(schema, "schema version", 1, 1);
    }
    let mut services = Vec::new();
    if let Some(node) = fields.node("services") {
        for item in reader.list(node, "services") {
            if let Some(word) = reader.word(item, "kind of service", SERVICE_KINDS) {
                services.extend(
                    ServiceKind::ALL
                        .iter()
                        .find(|(_, name)| *name == word)
                        .map(|(kind, _)| *kind),
                );
            }
        }
    }
    let mut notices = Vec::new();
    if let Some(node) = fields.node("notices") {
        for item in reader.list(node, "notices") {
            notices.extend(reader.text(item, "notices").map(str::to_owned));
        }
    }
    let known = read_fields(reader, fields.node("fields"));
    Some(Profile {
        id: reader.text_of(&fields, "id")?.to_owned(),
        model: reader.text_of(&fields, "model")?.to_owned(),
        firmware: reader
            .text_of(&fields, "firmware")
            .unwrap_or_default()
            .to_owned(),
        services,
        ask: reader.text_of(&fields, "ask")?.to_owned(),
        notices,
        fields: known,
    })
}

/// Reads `fields`.
fn read_fields(reader: &mut Reader<'_>, node: Option<&Node>) -> BTreeMap<String, Field> {
    let mut fields = BTreeMap::new();
    let Some(node) = node else { return fields };
    for (key, value) in reader.pairs(node, "`fields`").unwrap_or(&[]) {
        let place = (key.line, key.column);
        let Some(definition) = FIELDS.iter().find(|field| field.path == key.text) else {
            let known = FIELDS.iter().map(|field| field.path);
            reader.unknown_id(place, "profile field", &key.text, known);
            continue;
        };
        if matches!(&value.content, Content::Scalar(text, _) if text == "unknown") {
            let field = Field {
                value: None,
                source: String::new(),
                label: None,
                place: Some(reader.place(place)),
            };
            fields.insert(key.text.clone(), field);
            continue;
        }
        let what = format!("field `{}`", key.text);
        let Some(found) = reader.fields(value, &what, FIELD) else {
            continue;
        };
        let source = reader.text_of(&found, "source");
        let label = found
            .node("label")
            .and_then(|node| reader.word(node, "label", &["measured", "published", "assumed"]))
            .and_then(label_named);
        let value = found
            .node("value")
            .and_then(|node| read_field_value(reader, node, definition));
        if let (Some(source), Some(label), Some(value)) = (source, label, value) {
            let field = Field {
                value: Some(value),
                source: source.to_owned(),
                label: Some(label),
                place: Some(reader.place(place)),
            };
            fields.insert(key.text.clone(), field);
        }
    }
    fields
}

/// A number in a unit.
fn read_number(reader: &mut Reader<'_>, node: &Node, what: &str, unit: &str) -> Option<f64> {
    let text = reader.text(node, what)?;
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Some(number),
        Ok(_) | Err(_) => {
            let message = format!("`{text}` is no number");
            reader.mistake(at(node), message, Some(format!("`{what}` is in {unit}")));
            None
        }
    }
}

/// A value of a field's type.
pub(in crate::input) fn read_field_value(
    reader: &mut Reader<'_>,
    node: &Node,
    definition: &FieldDefinition,
) -> Option<Value> {
    let what = definition.path;
    match definition.kind {
        FieldType::Bool => {
            let word = reader.word(node, "yes or no", &["true", "false"])?;
            Some(Value::Bool(word == "true"))
        }
        FieldType::Span(unit) if matches!(node.content, Content::List(_)) => {
            let mut span: Vec<f64> = Vec::new();
            for item in reader.list(node, what) {
                span.push(read_number(reader, item, what, unit)?);
            }
            if span.len() == 3 && span.is_sorted() {
                let words = span.iter().map(f64::to_string);
                return Some(Value::List(words.collect()));
            }
            let message = format!("`{what}` is no interval");
            let help = "give a number, or `[lowest, likeliest, highest]`".to_owned();
            reader.mistake(at(node), message, Some(help));
            None
        }
        FieldType::Number(unit) | FieldType::Span(unit) => {
            read_number(reader, node, what, unit).map(Value::Number)
        }
        FieldType::Word(words) if !words.is_empty() => {
            let word = reader.word(node, what, words)?;
            Some(Value::Text(word.to_owned()))
        }
        FieldType::Word(_) => Some(Value::Text(reader.text(node, what)?.to_owned())),
        FieldType::List => {
            let nodes = reader.list(node, what);
            let mut items = Vec::new();
            for item in nodes {
                items.push(reader.text(item, what)?.to_owned());
            }
            matches!(node.content, Content::List(_)).then_some(Value::List(items))
        }
    }
}
