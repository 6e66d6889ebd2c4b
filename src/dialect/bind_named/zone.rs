//! Zone statements of `named.conf`.

use std::collections::BTreeMap;

use super::lower::{Lowering, hole_if_unread};
use crate::model::dns::{ClientList, ZoneDeclaration, ZoneKind};
use crate::net::DomainName;
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Lowers a zone's header: looks at its settings for what the declaration needs as a whole.
pub(super) fn declare(
    lowering: &mut Lowering<'_, '_>,
    index: u32,
    name: &str,
    class: &[&str],
) -> Support {
    let hole = Support::Unmodeled(Effect::Zone);
    if let Some(support) = other_class(lowering, index, &format!("zone `{name}`"), class) {
        return support;
    }
    let mut kind = None;
    let mut in_view = None;
    let mut template = false;
    let mut file = None;
    for child in lowering.parsed.children(index) {
        match lowering.parsed.words(*child).as_slice() {
            ["type", text] => kind = zone_kind(text),
            ["in-view", view] => in_view = Some((*view).to_owned()),
            ["template", ..] => template = true,
            ["file", path] => file = Some((*path).to_owned()),
            _ => {}
        }
    }
    if template {
        return hole;
    }
    if let Some(view) = in_view {
        return borrow(lowering, index, name, view);
    }
    let has_type = lowering
        .parsed
        .children(index)
        .iter()
        .any(|child| lowering.parsed.words(*child).first() == Some(&"type"));
    if !has_type {
        lowering.refuse(index, format!("zone `{name}` has no type"));
        return Support::Unrecognized(Effect::Zone);
    }
    let Some(kind) = kind else {
        return hole;
    };
    if file.is_none() && matches!(kind, ZoneKind::Primary | ZoneKind::Hint) {
        let has_other = lowering.parsed.children(index).iter().any(|child| {
            matches!(
                lowering.parsed.words(*child).first(),
                Some(&"database" | &"dlz" | &"primaries" | &"masters")
            )
        });
        if !has_other {
            lowering.refuse(index, format!("zone `{name}` has no file"));
        }
    }
    let given = |keyword: &str| {
        let children = lowering.parsed.children(index);
        children
            .iter()
            .any(|child| lowering.parsed.words(*child).first() == Some(&keyword))
    };
    if given("primaries") && given("masters") {
        lowering.refuse(
            index,
            format!("zone `{name}` has `primaries` and `masters`"),
        );
    }
    let declaration = ZoneDeclaration {
        kind,
        file,
        sources: Vec::new(),
        forward_only: None,
        allow_query: None,
        allow_transfer: None,
        in_view: None,
    };
    insert(lowering, index, name, declaration);
    Support::Modeled
}

/// Declares a zone where the statement stands.
fn insert(lowering: &mut Lowering<'_, '_>, index: u32, name: &str, declaration: ZoneDeclaration) {
    let is_outside = lowering
        .parsed
        .part(index)
        .is_some_and(|part| part.parent.is_none());
    if is_outside && lowering.has_views {
        lowering.refuse(index, format!("zone `{name}` stands in no view"));
    }
    let declaration = At::new(declaration, lowering.draft.place(index));
    let zones = zones_around(lowering, index);
    let before = zones.insert(DomainName::absolute(name), declaration);
    if before.is_some() {
        lowering.refuse(index, format!("zone `{name}` is declared twice"));
    }
}

/// The zones of the view that a zone statement stands in, else of the server.
fn zones_around<'l>(
    lowering: &'l mut Lowering<'_, '_>,
    index: u32,
) -> &'l mut BTreeMap<DomainName, At<ZoneDeclaration>> {
    let parent = lowering.parsed.part(index).and_then(|part| part.parent);
    let view = parent.and_then(|parent| lowering.views.get(&parent));
    match view.and_then(|view| lowering.server.views.get_mut(*view)) {
        Some(view) => &mut view.zones,
        None => &mut lowering.server.zones,
    }
}

/// Declares a zone that is another view's (BIND ARM, `in-view`): that view stands before this one
/// and has it.
fn borrow(lowering: &mut Lowering<'_, '_>, index: u32, name: &str, view: String) -> Support {
    let origin = DomainName::absolute(name);
    let lender = lowering
        .server
        .views
        .iter()
        .find(|one| one.name.value == view);
    let Some(lent) = lender.and_then(|lender| lender.zones.get(&origin)) else {
        lowering.refuse(
            index,
            format!("view `{view}` has no zone `{name}` to share"),
        );
        return Support::Unrecognized(Effect::Zone);
    };
    let declaration = ZoneDeclaration {
        in_view: Some(lent.value.in_view.clone().unwrap_or(view)),
        ..lent.value.clone()
    };
    insert(lowering, index, name, declaration);
    Support::Modeled
}

/// Support of a zone or view of a class other than IN, or of none that is known.
pub(super) fn other_class(
    lowering: &mut Lowering<'_, '_>,
    index: u32,
    what: &str,
    class: &[&str],
) -> Option<Support> {
    match class {
        [] => None,
        [class] if class.eq_ignore_ascii_case("IN") => None,
        [class]
            if ["CH", "CHAOS", "HS", "HESIOD"]
                .iter()
                .any(|other| other.eq_ignore_ascii_case(class)) =>
        {
            Some(Support::Irrelevant("of a class other than IN"))
        }
        _ => {
            lowering.refuse(index, format!("{what} has no known class"));
            Some(Support::Unrecognized(Effect::Zone))
        }
    }
}

/// How a server gets a zone of this type; `None` where that is not modeled.
fn zone_kind(text: &str) -> Option<ZoneKind> {
    match text {
        "primary" | "master" => Some(ZoneKind::Primary),
        "secondary" | "slave" | "mirror" => Some(ZoneKind::Secondary),
        "forward" => Some(ZoneKind::Forward),
        "hint" | "stub" => Some(ZoneKind::Hint),
        _ => None,
    }
}

/// Lowers one setting of a zone.
pub(super) fn setting(lowering: &mut Lowering<'_, '_>, index: u32, words: &[&str]) -> Support {
    let hole = Support::Unmodeled(Effect::Zone);
    let parent = lowering.parsed.part(index).and_then(|part| part.parent);
    let names = parent.map_or_else(Vec::new, |parent| lowering.parsed.words(parent));
    let Some(name) = names.get(1) else {
        return Support::Unrecognized(Effect::Zone);
    };
    let origin = DomainName::absolute(name);
    let header = parent.unwrap_or(index);
    match words {
        ["type", kind] => match zone_kind(kind) {
            Some(_) if *kind != "mirror" => Support::Modeled,
            Some(_) => hole,
            None if matches!(*kind, "static-stub" | "redirect" | "delegation-only") => hole,
            None => lowering.wrong(index, "type"),
        },
        ["file" | "in-view", _] => Support::Modeled,
        [name @ ("allow-query" | "allow-transfer")] => {
            let list: ClientList = lowering.clients(index);
            let support = hole_if_unread(&list);
            if let Some(zone) = zones_around(lowering, header).get_mut(&origin) {
                if *name == "allow-query" {
                    zone.value.allow_query = Some(list);
                } else {
                    zone.value.allow_transfer = Some(list);
                }
            }
            support
        }
        ["primaries" | "masters"] => {
            let primaries = lowering.primaries(index);
            let zone = zones_around(lowering, header).get_mut(&origin);
            match (primaries, zone) {
                (Some((addresses, keyed)), Some(zone)) if zone.value.kind != ZoneKind::Forward => {
                    zone.value.sources = addresses;
                    // Whether both ends hold the same key is not compared.
                    if keyed { hole } else { Support::Modeled }
                }
                (Some(_) | None, Some(_) | None) => hole,
            }
        }
        ["forwarders"] => {
            let addresses = lowering.addresses(index);
            let Some(zone) = zones_around(lowering, header).get_mut(&origin) else {
                return hole;
            };
            if zone.value.kind != ZoneKind::Forward {
                return hole;
            }
            match addresses {
                Some(addresses) => {
                    let plain = addresses.into_iter().map(|address| address.value);
                    zone.value.sources = plain.collect();
                    Support::Modeled
                }
                None => hole,
            }
        }
        ["forward", value @ ("only" | "first")] => {
            match zones_around(lowering, header).get_mut(&origin) {
                Some(zone) if zone.value.kind == ZoneKind::Forward => {
                    zone.value.forward_only = Some(*value == "only");
                    Support::Modeled
                }
                Some(_) | None => hole,
            }
        }
        _ => hole,
    }
}
