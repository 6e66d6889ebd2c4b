//! Pump groups of the site file.

use std::collections::BTreeMap;

use crate::input::profile::read_field_value;
use crate::input::reader::{Fields, Reader, at};
use crate::input::site::{Declared, keys, read_ids, read_owner};
use crate::intent::profile::FIELDS;
use crate::intent::{Field, Firmware, Label, Profile, PumpGroup, Reaction, ServiceKind, Site};
use crate::syntax::yaml::Node;

/// Firmware that nobody has read off the pumps.
const UNKNOWN: &str = "unknown";

/// Reads `pumps`.
pub(super) fn read_pumps(
    reader: &mut Reader<'_>,
    node: &Node,
    site: &mut Site,
    declared: &Declared<'_>,
    profiles: &BTreeMap<String, Profile>,
) {
    let nodes = reader.list(node, "pumps");
    if nodes.is_empty() {
        reader.mistake(at(node), "`pumps` is empty: nothing to protect", None);
    }
    for item in nodes {
        let Some(group) = read_group(reader, item, site, declared, profiles) else {
            continue;
        };
        if let Some(first) = site.pumps.iter().find(|known| known.id == group.id) {
            let message = format!(
                "pump group `{}` stands here and in line {}",
                group.id, first.place.line
            );
            reader.mistake(at(item), message, Some("give each its own id".to_owned()));
        }
        site.pumps.push(group);
    }
}

/// Reads one group.
fn read_group(
    reader: &mut Reader<'_>,
    node: &Node,
    site: &Site,
    declared: &Declared<'_>,
    profiles: &BTreeMap<String, Profile>,
) -> Option<PumpGroup> {
    let fields = reader.fields(node, "a pump group", keys::PUMPS)?;
    let id = read_id(reader, &fields);
    let profile = fields.node("profile").and_then(|node| {
        let id = reader.text(node, "profile")?;
        if !profiles.contains_key(id) {
            reader.unknown_id(at(node), "profile", id, profiles.keys().map(String::as_str));
        }
        Some(id.to_owned())
    });
    let firmware = read_firmware(reader, &fields);
    let on = fields.node("on").map_or_else(Vec::new, |node| {
        let on = read_ids(reader, node, "on", "network", &declared.networks);
        if on.is_empty() && reader.one_or_list(node, "on").is_empty() {
            reader.mistake(at(node), "`on` is empty", None);
        }
        on
    });
    let reaction = fields.node("reaction").and_then(|node| {
        let word = reader.word(node, "reaction", &["seconds", "minutes", "hours"])?;
        Some(match word {
            "seconds" => Reaction::Seconds,
            "minutes" => Reaction::Minutes,
            _ => Reaction::Hours,
        })
    });
    let dhcp = fields
        .node("addressing")
        .and_then(|node| reader.word(node, "addressing", &["dhcp", "static"]))
        .map(|word| word == "dhcp");
    let uses = read_uses(
        reader,
        &fields,
        site,
        declared,
        profile.as_ref().and_then(|id| profiles.get(id)),
    );
    let answers = read_answers(reader, &fields);
    Some(PumpGroup {
        id: id?,
        profile: profile?,
        firmware,
        on,
        area: reader.text_of(&fields, "area")?.to_owned(),
        reaction: reaction?,
        dhcp: dhcp?,
        uses,
        owner: read_owner(reader, fields.node("owner"), &site.owners),
        answers,
        place: reader.place(fields.at),
    })
}

/// The group's id; it is part of requirement ids, so that it holds no slash and no blank.
fn read_id(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let node = fields.node("id")?;
    let id = reader.text(node, "id")?;
    if id.contains(|character: char| character == '/' || character.is_whitespace()) {
        let message = format!("`{id}` is no id");
        let help = "letters, digits, `-`, `_` and `.`";
        reader.mistake(at(node), message, Some(help.to_owned()));
    }
    Some(id.to_owned())
}

/// Firmware versions with counts.
fn read_firmware(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Firmware> {
    let count = fields
        .node("count")
        .and_then(|node| reader.whole(node, "count", 1, u32::MAX));
    let Some(node) = fields.node("firmware") else {
        if fields.node("count").is_none() {
            let message = "missing key `firmware` or `count` in a pump group";
            let help = "`firmware: { \"9.01.00\": 150, unknown: 30 }` or `count: 180`";
            reader.mistake(fields.at, message, Some(help.to_owned()));
        }
        return count
            .map(|count| Firmware {
                version: UNKNOWN.to_owned(),
                count,
            })
            .into_iter()
            .collect();
    };
    let mut firmware = Vec::new();
    let pairs = reader.pairs(node, "`firmware`");
    if pairs.is_some_and(<[_]>::is_empty) {
        reader.mistake(at(node), "`firmware` is empty", None);
    }
    for (key, value) in pairs.unwrap_or(&[]) {
        if key.text.contains('/') {
            let message = format!("`{}` is no firmware version", key.text);
            reader.mistake((key.line, key.column), message, None);
        }
        if let Some(count) = reader.whole(value, "number of pumps", 1, u32::MAX) {
            firmware.push(Firmware {
                version: key.text.clone(),
                count,
            });
        }
    }
    let sum: u64 = firmware.iter().map(|one| u64::from(one.count)).sum();
    if let (Some(count), Some(node)) = (count, fields.node("count"))
        && u64::from(count) != sum
    {
        let message = format!("`count: {count}`, but firmware adds up to {sum}");
        reader.mistake(at(node), message, None);
    }
    firmware
}

/// Services of a group: as given, else all of the kinds that the profile names.
fn read_uses(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    site: &Site,
    declared: &Declared<'_>,
    profile: Option<&Profile>,
) -> Vec<String> {
    if let Some(node) = fields.node("uses") {
        let uses = read_ids(reader, node, "uses", "service", &declared.services);
        for id in &uses {
            let kind = ServiceKind::ALL.iter().find(|(_, name)| name == id);
            if !site.services.contains_key(id)
                && kind.is_some_and(|(kind, _)| site.without.contains_key(kind))
            {
                let message = format!("uses `{id}`, of which the site says that it has none");
                reader.mistake(at(node), message, None);
            }
        }
        if reader.one_or_list(node, "uses").is_empty() {
            reader.mistake(at(node), "`uses` is empty: nothing to judge", None);
        }
        return uses;
    }
    let Some(profile) = profile else {
        return Vec::new();
    };
    let uses: Vec<String> = site
        .services
        .values()
        .filter(|service| profile.services.contains(&service.kind))
        .map(|service| service.id.clone())
        .collect();
    if uses.is_empty() {
        let message =
            "missing key `uses` in a pump group: its profile names no service of the site";
        reader.mistake(fields.at, message, None);
    }
    uses
}

/// Answers to questions about the profile.
fn read_answers(reader: &mut Reader<'_>, fields: &Fields<'_>) -> BTreeMap<String, Field> {
    let mut answers = BTreeMap::new();
    let Some(node) = fields.node("answers") else {
        return answers;
    };
    for (key, value) in reader.pairs(node, "`answers`").unwrap_or(&[]) {
        let Some(definition) = FIELDS.iter().find(|field| field.path == key.text) else {
            let known = FIELDS.iter().map(|field| field.path);
            reader.unknown_id((key.line, key.column), "profile field", &key.text, known);
            continue;
        };
        let what = format!("the answer to `{}`", key.text);
        let Some(answer) = reader.fields(value, &what, keys::ANSWER) else {
            continue;
        };
        if let Some(date) = answer.node("on") {
            reader.date(date, "on");
        }
        let label = match answer.node("label") {
            Some(node) => reader.word(node, "label", &["measured", "published", "assumed"]),
            None => Some(Label::Published.name()),
        };
        let source = reader.text_of(&answer, "source");
        let value = answer
            .node("value")
            .and_then(|node| read_field_value(reader, node, definition));
        if let (Some(label), Some(source), Some(value)) = (label, source, value) {
            let field = Field {
                value: Some(value),
                source: source.to_owned(),
                label: label_named(label),
                place: Some(reader.place((key.line, key.column))),
            };
            answers.insert(key.text.clone(), field);
        }
    }
    answers
}

/// The label with this name.
pub(in crate::input) fn label_named(name: &str) -> Option<Label> {
    [Label::Measured, Label::Published, Label::Assumed]
        .into_iter()
        .find(|label| label.name() == name)
}
