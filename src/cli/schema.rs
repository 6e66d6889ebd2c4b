//! `schema`: the JSON Schema of what is read and written.

use serde_json::{Map, Value, json};

use super::arguments::{SchemaArguments, SchemaName};
use super::failure::Failure;
use super::{Outcome, exit, output};
use crate::input::profile::PROFILE;
use crate::input::reader::{KeyDefinition, Kind};
use crate::input::site::keys::SITE;
use crate::report::schema_of;
use crate::rule::schema::rule_schema;

/// Prints a schema.
pub(super) fn run(arguments: &SchemaArguments) -> Outcome {
    let text = match arguments.of {
        SchemaName::Site => text(&document("pump-preflight/site/1", "A site file.", SITE)),
        SchemaName::Profile => text(&document(
            "pump-preflight/profile/1",
            "A pump profile.",
            PROFILE,
        )),
        SchemaName::Rule => text(&rule_schema().to_value()),
        SchemaName::Assessment => written("assessment")?,
        SchemaName::Trace => written("trace")?,
        SchemaName::Routes => written("routes")?,
        SchemaName::Flow => written("flow")?,
        SchemaName::Failure => written("failure")?,
        SchemaName::Plan => written("plan")?,
        SchemaName::Scenario => written("scenario")?,
        SchemaName::Simulation => written("simulation")?,
        SchemaName::Calibration => written("calibration")?,
        SchemaName::Verification => written("verification")?,
        SchemaName::Probe => written("probe")?,
    };
    output::print(text.as_bytes())?;
    Ok(exit::DONE)
}

/// A schema as text.
fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// The schema of something that the report floor writes.
fn written(name: &str) -> Result<String, Failure> {
    schema_of(name).ok_or_else(|| {
        Failure::usage(
            format!("print the schema of `{name}`"),
            "`pump-preflight schema --help` lists the forms",
        )
    })
}

/// The schema of a YAML file.
fn document(id: &str, doc: &str, keys: &[KeyDefinition]) -> Value {
    let mut schema = mapping(keys);
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        object.insert("title".to_owned(), json!(id));
        object.insert("description".to_owned(), json!(doc));
    }
    schema
}

/// The schema of a mapping with known keys.
fn mapping(keys: &[KeyDefinition]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = kind(key.kind);
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The schema of one value.
fn kind(kind_of: Kind) -> Value {
    match kind_of {
        Kind::Text => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Address => json!({ "type": "string", "format": "ipv4" }),
        Kind::Prefix | Kind::HostPrefix => {
            json!({ "type": "string", "pattern": r"^[0-9a-fA-F.:]+/[0-9]{1,3}$" })
        }
        Kind::Port => {
            json!({ "type": "string", "pattern": "^((tcp|udp)/[0-9]{1,5}|icmp)$" })
        }
        Kind::Duration => json!({ "type": "string", "pattern": "^[0-9]+[smhd]$" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::List(item) => json!({ "type": "array", "items": kind(*item) }),
        Kind::OneOrList(item) => json!({
            "anyOf": [kind(*item), { "type": "array", "items": kind(*item) }],
        }),
        Kind::Map(keys) => mapping(keys),
        Kind::MapOf(item) => {
            json!({ "type": "object", "additionalProperties": kind(*item) })
        }
        Kind::FieldValue => json!({ "type": ["boolean", "number", "string", "array"] }),
        Kind::OrUnknown(item) => json!({ "anyOf": [{ "const": "unknown" }, kind(*item)] }),
    }
}
