//! The site file, from text to checked intent; every mistake with its place.

use std::collections::BTreeMap;

use crate::input::Error;
use crate::input::mistake::Mistake;
use crate::input::reader::{Reader, at};
use crate::intent::{Owner, Profile, Site};
use crate::source::{File, FileNote};
use crate::syntax::yaml::{self, Content, Node};

mod check;
pub mod keys;
mod pumps;
mod rest;
mod services;

pub use check::check_site;
pub(in crate::input) use pumps::label_named;

/// Reads a site file; profiles are needed for what groups use and answer.
pub fn parse_site(file: &File, profiles: &BTreeMap<String, Profile>) -> Result<Site, Error> {
    let refuse = |mistakes| Error::Mistakes {
        kind: "site",
        mistakes,
    };
    let node = parse_yaml(file).map_err(|mistake| refuse(vec![mistake]))?;
    let mut reader = Reader::new(&file.path, file.id);
    let site = read_site(&mut reader, &node, profiles);
    let mistakes = reader.into_mistakes();
    match site {
        Some(site) if mistakes.is_empty() => Ok(site),
        Some(_) | None => Err(refuse(mistakes)),
    }
}

/// The tree of a YAML file, or its one mistake.
pub(in crate::input) fn parse_yaml(file: &File) -> Result<Node, Mistake> {
    let mistake = |line, column, message: &str, help: Option<&str>| Mistake {
        file: file.path.clone(),
        line,
        column,
        message: message.to_owned(),
        help: help.map(str::to_owned),
    };
    for note in &file.notes {
        if let FileNote::Binary(offset) = note {
            let (line, column) = file.position(*offset);
            let help = "save it as UTF-8 text";
            return Err(mistake(line, column, "this is no text", Some(help)));
        }
    }
    if file.text.trim().is_empty() {
        return Err(mistake(1, 1, "the file is empty", None));
    }
    yaml::parse(&file.text).map_err(|error| {
        let help = "YAML: two blanks per level, `key: value`";
        mistake(error.line, error.column, &error.message, Some(help))
    })
}

/// Ids that the file declares, also those whose entry has mistakes.
struct Declared<'n> {
    /// Of services.
    services: Vec<&'n str>,
    /// Of networks.
    networks: Vec<&'n str>,
}

/// The keys of a mapping, where it is one.
fn keys_of(node: Option<&Node>) -> Vec<&str> {
    match node.map(|node| &node.content) {
        Some(Content::Map(pairs)) => pairs.iter().map(|(key, _)| key.text.as_str()).collect(),
        Some(Content::Scalar(..) | Content::List(_)) | None => Vec::new(),
    }
}

/// The whole file; `None` where nothing useful stands there.
fn read_site(
    reader: &mut Reader<'_>,
    node: &Node,
    profiles: &BTreeMap<String, Profile>,
) -> Option<Site> {
    let fields = reader.fields(node, "the site file", keys::SITE)?;
    if let Some(schema) = fields.node("schema") {
        reader.whole(schema, "schema version", 1, 1);
    }
    let mut site = Site {
        name: reader
            .text_of(&fields, "site")
            .unwrap_or_default()
            .to_owned(),
        owners: BTreeMap::new(),
        services: BTreeMap::new(),
        without: BTreeMap::new(),
        networks: BTreeMap::new(),
        hosts: BTreeMap::new(),
        pumps: Vec::new(),
        protect: Vec::new(),
        boundaries: Vec::new(),
        vantages: Vec::new(),
        survived: Vec::new(),
    };
    if let Some(owners) = fields.node("owners") {
        for (key, value) in reader.pairs(owners, "`owners`").unwrap_or(&[]) {
            if let Some(contact) = reader.text(value, &key.text) {
                let owner = Owner {
                    contact: contact.to_owned(),
                    place: reader.place(at(value)),
                };
                site.owners.insert(key.text.clone(), owner);
            }
        }
    }
    let declared = Declared {
        services: keys_of(fields.node("services")),
        networks: keys_of(fields.node("networks")),
    };
    if let Some(services) = fields.node("services") {
        services::read_services(reader, services, &mut site);
    }
    if let Some(hosts) = fields.node("hosts") {
        rest::read_hosts(reader, hosts, &mut site);
    }
    if let Some(networks) = fields.node("networks") {
        rest::read_networks(reader, networks, &mut site);
    }
    services::check_probes(reader, &site);
    if let Some(pumps) = fields.node("pumps") {
        pumps::read_pumps(reader, pumps, &mut site, &declared, profiles);
    }
    if let Some(protect) = fields.node("protect") {
        rest::read_protect(reader, protect, &mut site, &declared);
    }
    if let Some(boundaries) = fields.node("boundaries") {
        rest::read_boundaries(reader, boundaries, &mut site);
    }
    if let Some(vantages) = fields.node("vantages") {
        rest::read_vantages(reader, vantages, &mut site, &declared);
    }
    if let Some(survived) = fields.node("survived") {
        rest::read_survived(reader, survived, &mut site);
    }
    Some(site)
}

/// The role of an owner, checked.
fn read_owner(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    owners: &BTreeMap<String, Owner>,
) -> Option<String> {
    let node = node?;
    let role = reader.text(node, "owner")?;
    if !owners.contains_key(role) {
        reader.unknown_id(at(node), "owner", role, owners.keys().map(String::as_str));
    }
    Some(role.to_owned())
}

/// Ids of things that must be known.
fn read_ids(
    reader: &mut Reader<'_>,
    node: &Node,
    key: &str,
    what: &str,
    known: &[&str],
) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for item in reader.one_or_list(node, key) {
        let Some(id) = reader.text(item, key) else {
            continue;
        };
        if !known.contains(&id) {
            reader.unknown_id(at(item), what, id, known.iter().copied());
        } else if ids.iter().any(|seen| seen == id) {
            reader.mistake(at(item), format!("{what} `{id}` stands here twice"), None);
        } else {
            ids.push(id.to_owned());
        }
    }
    ids
}
