//! View statements of `named.conf` (BIND ARM, "view Block Definition and Usage").

use std::collections::BTreeMap;

use super::lower::{Lowering, boolean, hole_if_unread};
use super::zone;
use crate::model::dns::{ClientList, DnsOptions, DnsView};
use crate::source::At;
use crate::syntax::{BracedKind, Effect, Support};

/// Lowers a view's header.
pub(super) fn declare(
    lowering: &mut Lowering<'_, '_>,
    index: u32,
    name: &str,
    class: &[&str],
) -> Support {
    if let Some(support) = zone::other_class(lowering, index, &format!("view `{name}`"), class) {
        return support;
    }
    let known = lowering.server.views.iter();
    if known.clone().any(|view| view.name.value == name) {
        lowering.refuse(index, format!("view `{name}` is defined twice"));
        return Support::Unmodeled(Effect::Zone);
    }
    let name = At::new(name.to_owned(), lowering.draft.place(index));
    lowering.draft.order(index);
    lowering.views.insert(index, lowering.server.views.len());
    lowering.server.views.push(DnsView {
        name,
        clients: None,
        destinations: None,
        recursive_only: false,
        keys: Vec::new(),
        options: DnsOptions::default(),
        zones: BTreeMap::new(),
    });
    Support::Modeled
}

/// Lowers a statement of a view.
pub(super) fn setting<'a>(
    lowering: &mut Lowering<'_, 'a>,
    index: u32,
    kind: BracedKind,
    words: &[&'a str],
) -> Support {
    let at = lowering.draft.place(index);
    match words {
        ["zone", name, class @ ..] if kind == BracedKind::Open => {
            zone::declare(lowering, index, name, class)
        }
        [name @ ("match-clients" | "match-destinations")] => {
            let (list, keys) = lowering.unsigned_clients(index);
            let support = hole_if_unread(&list);
            let list: Option<At<ClientList>> = Some(At::new(list, at));
            if let Some(view) = view_of(lowering, index) {
                view.keys.extend(keys);
                if *name == "match-clients" {
                    view.clients = list;
                } else {
                    view.destinations = list;
                }
            }
            support
        }
        ["match-recursive-only", value] => match boolean(value) {
            Some(value) => {
                if let Some(view) = view_of(lowering, index) {
                    view.recursive_only = value;
                }
                Support::Modeled
            }
            None => lowering.wrong(index, "match-recursive-only"),
        },
        _ => lowering.answering(index, words),
    }
}

/// The view that a statement stands in.
fn view_of<'l>(lowering: &'l mut Lowering<'_, '_>, index: u32) -> Option<&'l mut DnsView> {
    let parent = lowering.parsed.part(index)?.parent?;
    let view = *lowering.views.get(&parent)?;
    lowering.server.views.get_mut(view)
}
