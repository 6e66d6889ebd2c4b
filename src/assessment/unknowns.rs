//! Questions whose answers would settle something, with the line to paste them into.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Symbol;
use crate::analysis::origin::origin;
use crate::change::{Change, Comparison, RequirementChange};
use crate::input::Case;
use crate::intent::{Profile, ServiceKind, Site};
use crate::model::Network;
use crate::wire::assessment::{Bearing, Effect, Unknown};

/// Every question, in order of what it asks; `touched` are unknown profile fields that the change
/// touches, with the requirements that wait for them.
pub(super) fn unknowns(
    case: &Case,
    comparison: &Comparison,
    touched: BTreeMap<String, BTreeSet<String>>,
) -> Vec<Unknown> {
    let mut asked: BTreeMap<Symbol, BTreeSet<String>> = touched
        .into_iter()
        .map(|(field, ids)| (Symbol::Field(field), ids))
        .collect();
    for row in &comparison.requirements {
        for symbol in new_symbols(row, case.today) {
            asked
                .entry(symbol)
                .or_default()
                .insert(row.requirement.id.to_string());
        }
    }
    let mut out: Vec<Unknown> = asked
        .into_iter()
        .flat_map(|(symbol, blocks)| questions(case, &symbol, &blocks))
        .collect();
    out.extend(removed_holes(case, comparison));
    out.extend(undeclared_services(case));
    let all = || {
        comparison
            .requirements
            .iter()
            .map(|row| row.requirement.id.to_string())
    };
    out.extend(case.unread_changes.iter().map(|file| Unknown {
        question: format!(
            "what does `{}` change, which was not read ({})",
            file.path, file.reason
        ),
        ask: network_owner(&case.intent.site),
        blocks: all().collect(),
        paste: String::new(),
    }));
    out
}

/// What statements did that were not understood and are gone: nothing after the change asks it.
fn removed_holes<'c>(
    case: &'c Case,
    comparison: &'c Comparison,
) -> impl Iterator<Item = Unknown> + 'c {
    let gone = |change: &&Change| change.bearing == Bearing::Blocks && change.after.is_none();
    comparison.changes.iter().filter(gone).filter_map(|change| {
        let rows = comparison.requirements.iter();
        let blocks: Vec<String> = rows
            .filter(|row| row.effect == Effect::Unknown)
            .map(|row| &row.requirement.id)
            .filter(|id| change.requirements.contains(id))
            .map(ToString::to_string)
            .collect();
        (!blocks.is_empty()).then(|| Unknown {
            question: format!(
                "what does it do to these requirements on {}: {}",
                change.device, change.summary
            ),
            ask: network_owner(&case.intent.site),
            blocks,
            paste: String::new(),
        })
    })
}

/// Who answers for the network: the owner of most services, else one who owns no pumps, else the
/// first.
fn network_owner(site: &Site) -> String {
    let services = || site.services.values().filter_map(|one| one.owner.as_ref());
    let of_services = services().max_by_key(|owner| {
        let theirs = services().filter(|one| one == owner).count();
        (theirs, std::cmp::Reverse(*owner))
    });
    let owns_pumps = |id: &&String| {
        site.pumps
            .iter()
            .any(|group| group.owner.as_ref() == Some(id))
    };
    let mut others = site.owners.keys().filter(|id| !owns_pumps(id));
    of_services
        .or_else(|| others.next())
        .or_else(|| site.owners.keys().next())
        .cloned()
        .unwrap_or_default()
}

/// Symbols that leave a requirement unknown: those met only after the change, or where there is
/// none, what only somebody's answer could settle.
fn new_symbols(row: &RequirementChange, today: bool) -> Vec<Symbol> {
    let mut out = Vec::new();
    for stage in row
        .stages
        .iter()
        .filter(|stage| stage.effect == Effect::Unknown)
    {
        let before = stage
            .before
            .as_ref()
            .map_or(&[][..], |before| &before.symbols);
        if today {
            out.extend(before.iter().filter(|symbol| symbol.is_question()).cloned());
            continue;
        }
        for outcome in [&stage.after, &stage.transient].into_iter().flatten() {
            let new = outcome
                .symbols
                .iter()
                .filter(|symbol| !before.contains(symbol));
            out.extend(new.cloned());
        }
    }
    out
}

/// The questions that would settle one symbol.
fn questions(case: &Case, symbol: &Symbol, blocks: &BTreeSet<String>) -> Vec<Unknown> {
    let blocks: Vec<String> = blocks.iter().cloned().collect();
    let network_owner = || network_owner(&case.intent.site);
    match symbol {
        Symbol::Field(path) => field_questions(case, path, &blocks),
        Symbol::Hole { device, key, .. } => vec![Unknown {
            question: format!(
                "what does {} do to these requirements",
                statement(case, device, *key)
            ),
            ask: network_owner(),
            blocks,
            paste: String::new(),
        }],
        Symbol::Beyond {
            device,
            interface,
            destination,
        } => vec![Unknown {
            question: format!(
                "do packets to {destination} pass beyond {device} {interface}, and do answers return"
            ),
            ask: network_owner(),
            blocks,
            paste: format!(
                "boundaries: [{{ device: {device}, interface: {interface}, beyond: \"…\", assume: permits, evidence: \"…\" }}]"
            ),
        }],
        Symbol::Outside(what) => vec![Unknown {
            question: format!("how is {what} configured after the change; add its configuration"),
            ask: network_owner(),
            blocks,
            paste: String::new(),
        }],
        Symbol::Undecided(reason) => vec![Unknown {
            question: format!("which is true: {reason}"),
            ask: network_owner(),
            blocks,
            paste: String::new(),
        }],
    }
}

/// A statement of a device that was not understood, in words: its text and where it stands.
fn statement(case: &Case, device: &str, key: u64) -> String {
    let hole_of = |network: &'_ Network| {
        let holes = &network.devices.get(device)?.holes;
        holes
            .iter()
            .find(|hole| hole.key == key)
            .map(|hole| hole.at)
    };
    let places = [(&case.after, "after"), (&case.before, "before")];
    let found = places
        .into_iter()
        .find_map(|(network, side)| Some(origin(network, side, hole_of(network)?)));
    match found {
        Some(at) => format!("`{}` ({}:{} on {device})", at.text, at.file, at.line),
        None => format!("the statement on {device} that was not understood"),
    }
}

/// The question about a profile field, once for each group that waits for it.
fn field_questions(case: &Case, path: &str, blocks: &[String]) -> Vec<Unknown> {
    let mut out = Vec::new();
    for group in &case.intent.site.pumps {
        let of_group: Vec<String> = blocks
            .iter()
            .filter(|id| id.split('/').next() == Some(&group.id))
            .cloned()
            .collect();
        if of_group.is_empty() {
            continue;
        }
        let profile = case.intent.profiles.get(&group.profile);
        let question = Profile::question(path).unwrap_or("what is the value of this profile field");
        out.push(Unknown {
            question: format!("{question} ({path} of {})", group.profile),
            ask: profile.map_or_else(
                || "the manufacturer".to_owned(),
                |profile| profile.ask.clone(),
            ),
            blocks: of_group,
            paste: format!(
                "answers: {{ {path}: {{ value: …, source: \"…\", on: YYYY-MM-DD }} }}   # of {}",
                group.id
            ),
        });
    }
    out
}

/// Service kinds that a group's profile expects and the site neither declares nor rules out.
fn undeclared_services(case: &Case) -> Vec<Unknown> {
    let site = &case.intent.site;
    let mut out = Vec::new();
    for group in &site.pumps {
        let Some(profile) = case.intent.profiles.get(&group.profile) else {
            continue;
        };
        let used: BTreeSet<ServiceKind> = group
            .uses
            .iter()
            .filter_map(|id| site.services.get(id))
            .map(|service| service.kind)
            .collect();
        for kind in &profile.services {
            if used.contains(kind) || site.without.contains_key(kind) {
                continue;
            }
            let prefix = format!("{}/", group.id);
            let blocks = case
                .intent
                .requirements()
                .into_iter()
                .map(|requirement| requirement.id.to_string())
                .filter(|id| id.starts_with(&prefix))
                .collect();
            let kind = kind.name();
            out.push(Unknown {
                question: format!("{} needs a service of kind {kind}: which one do pumps of {} use", profile.model, group.id),
                ask: group.owner.clone().unwrap_or_default(),
                blocks,
                paste: format!("services: {{ {kind}: {{ kind: {kind}, address: … }} }}   # or {kind}: {{ none: \"reason\" }}"),
            });
        }
    }
    out
}
