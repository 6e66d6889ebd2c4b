//! Example OS statements as facets: one function a facet.

use crate::dialect::example_os::parse::Parsed;
use crate::dialect::reading_builder::ReadingBuilder;
use crate::model::interface::{Interface, InterfaceAddress};
use crate::model::{Facet, FacetKey, FacetKind, Reading, System};
use crate::source::{At, File, StatementRef};
use crate::syntax::{Effect, Support, words};

/// Adds up all statements.
pub(super) fn lower(file: &File, parsed: Parsed) -> Reading {
    let mut builder = ReadingBuilder::new(file.id, parsed.statements);
    builder.reading.secrets = parsed.secrets;
    for index in 0..builder.reading.statements.len() {
        let at = builder.at(index);
        let Some(statement) = builder.reading.statements.get(index).copied() else {
            continue;
        };
        if statement.support != Support::Modeled {
            continue;
        }
        let texts: Vec<&str> = words(file, statement.span)
            .iter()
            .map(|word| word.text)
            .collect();
        let understood = match texts.as_slice() {
            ["name", name] => lower_name(&mut builder, at, name),
            ["port", name] => lower_port(&mut builder, at, name),
            ["address", net] => lower_address(&mut builder, at, statement.parent, net),
            ["closed"] => lower_closed(&mut builder, at, statement.parent),
            _ => false,
        };
        if !understood {
            // Nothing is guessed: a known command with odd arguments is a hole.
            builder.set_support(at, Support::Unrecognized(Effect::Interface));
        }
    }
    builder.finish()
}

/// `name NAME`.
fn lower_name(builder: &mut ReadingBuilder, at: StatementRef, name: &str) -> bool {
    let key = FacetKey::new(FacetKind::System, "");
    builder.contribute(at, &key);
    builder.reading.hostname = Some(name.to_owned());
    let facet = builder.facet(&key, || Facet::System(System::default()));
    if let Facet::System(system) = facet {
        system.hostname = Some(At::new(name.to_owned(), at));
    }
    true
}

/// `port NAME`.
fn lower_port(builder: &mut ReadingBuilder, at: StatementRef, name: &str) -> bool {
    let key = FacetKey::new(FacetKind::Interface, name);
    builder.contribute(at, &key);
    builder.open_block(at, &key);
    builder.facet(&key, || {
        Facet::Interface(Interface {
            name: name.to_owned(),
            defined_at: Some(At::new((), at)),
            ..Interface::default()
        })
    });
    true
}

/// `address PREFIX` of a port.
fn lower_address(
    builder: &mut ReadingBuilder,
    at: StatementRef,
    parent: Option<u32>,
    net: &str,
) -> bool {
    let Ok(net) = net.parse() else {
        return false;
    };
    port(builder, at, parent, |port| {
        let secondary = false;
        port.addresses = vec![At::new(InterfaceAddress { net, secondary }, at)];
    })
}

/// `closed` of a port.
fn lower_closed(builder: &mut ReadingBuilder, at: StatementRef, parent: Option<u32>) -> bool {
    port(builder, at, parent, |port| {
        port.shutdown = Some(At::new(true, at));
    })
}

/// Changes the port whose block `at` stands in; whether there is one.
fn port(
    builder: &mut ReadingBuilder,
    at: StatementRef,
    parent: Option<u32>,
    change: impl FnOnce(&mut Interface),
) -> bool {
    let Some(key) = parent.and_then(|parent| builder.block(parent)) else {
        return false;
    };
    builder.contribute(at, &key);
    if let Some(Facet::Interface(port)) = builder.existing(&key) {
        change(port);
        return true;
    }
    false
}
