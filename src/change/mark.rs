//! Requirements that are unknown for other reasons than their judgments.
//!
//! A change that bears on them was not understood, or depends on a far end that no file shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{CLIENTS, DOT1X_ALONE, MAC_BYPASS, Nominal, StageOutcome, Symbol};
use crate::intent::Stage;
use crate::model::{FacetKey, FacetKind, Network};
use crate::syntax::Effect as Worst;
use crate::wire::assessment::{Bearing, Effect};

use super::{Change, ChangeIndex, RequirementChange, Sides, StageChange};

/// What the far end of a changed setting does is in no file: unknown at best, but for servers of
/// which `need` others are left.
pub(super) fn far_ends(
    sides: Sides<'_>,
    row: &mut RequirementChange,
    changes: &[Change],
    need: usize,
) {
    changed_keys(sides, row, changes, need);
    changed_clients(row);
    lost_bypass(row);
    for index in row.bearing.clone() {
        let why = changes
            .get(index)
            .and_then(|change| lost_routing(sides, change).or_else(|| fixed_speed(sides, change)));
        if let Some(why) = why {
            let mut stages = row.stages.iter().rev();
            let last = stages.find(|stage| stage.stage <= Stage::Connect);
            if let Some(stage) = last.map(|stage| stage.stage) {
                worsen(row, stage, Effect::Unknown, why, vec![index]);
            }
        }
    }
}

/// Says by which interface a change may make a difference that only an unread statement could bring
/// about.
pub(super) fn astray(row: &mut RequirementChange, device: &str, interface: &str) {
    let question = Symbol::Undecided(format!(
        "whether an unread statement sends packets to {interface} of {device}, where they are lost now"
    ));
    let unknown = |stage: &&mut StageChange| stage.effect == Effect::Unknown;
    for stage in row.stages.iter_mut().filter(unknown) {
        if let Some(after) = &mut stage.after {
            after.symbols.push(question.clone());
        }
    }
}

/// Gives a stage a worse effect with its reason and causes, unless it is as bad already.
fn worsen(
    row: &mut RequirementChange,
    name: Stage,
    effect: Effect,
    why: String,
    causes: Vec<ChangeIndex>,
) {
    let mut stages = row.stages.iter_mut();
    let Some(stage) = stages.find(|stage| stage.stage == name && stage.effect < effect) else {
        return;
    };
    stage.effect = effect;
    stage.caused_by = causes;
    if let Some(after) = &mut stage.after {
        if effect == Effect::Unknown {
            after.symbols.push(Symbol::Undecided(why.clone()));
        }
        after.why = why;
    }
    row.effect = row.effect.max(effect);
}

/// Why nobody can say whether a device still forwards, where the line that says so is gone: whether
/// it does by default depends on the platform.
fn lost_routing(sides: Sides<'_>, change: &Change) -> Option<String> {
    let key = FacetKey::new(FacetKind::System, "");
    if !change.facets.contains(&key) {
        return None;
    }
    let forwarding = |network: &Network| {
        let device = network.devices.get(&change.device)?;
        Some(device.system("")?.forwarding.as_ref()?.value)
    };
    let gone = forwarding(sides.before) == Some(true) && forwarding(sides.after).is_none();
    gone.then(|| {
        let device = &change.device;
        format!("whether {device} still routes is its platform's default")
    })
}

/// Why nobody can say whether a port still works, where its speed changed and the far end's is not
/// known to be the same.
fn fixed_speed(sides: Sides<'_>, change: &Change) -> Option<String> {
    let key = change
        .facets
        .iter()
        .find(|key| key.kind == FacetKind::Interface)?;
    let speed = |network: &Network, device: &str, name: &str| {
        let interface = network.devices.get(device)?.interface(name)?;
        Some(interface.speed.as_ref().map(|at| at.value))
    };
    let (device, name) = (change.device.as_str(), &*key.name);
    let old = speed(sides.before, device, name)?;
    let new = speed(sides.after, device, name)?;
    let far = sides.after.links.iter().find_map(|link| {
        let ends = [(&link.a, &link.b), (&link.b, &link.a)];
        let mut ends = ends.into_iter();
        let (_, far) = ends.find(|(near, _)| near.0 == device && near.1 == name)?;
        speed(sides.after, &far.0, &far.1)
    });
    (old != new && far != Some(new)).then(|| {
        format!("the speed of {device} {name} changed, and that of its far end is not the same or in no file")
    })
}

/// Whether a server holds the key that an authenticator now sends is in no file.
fn changed_keys(sides: Sides<'_>, row: &mut RequirementChange, changes: &[Change], need: usize) {
    let aaa = |network: &'_ Network, device: &str| {
        let device = network.devices.get(device)?;
        device.aaa("").cloned()
    };
    let mut doubtful = BTreeMap::new();
    let mut causes = Vec::new();
    for index in &row.bearing {
        let Some(change) = changes.get(*index) else {
            continue;
        };
        let (Some(old), Some(new)) = (
            aaa(sides.before, &change.device),
            aaa(sides.after, &change.device),
        ) else {
            continue;
        };
        for (name, server) in &new.servers {
            let other_key = old.servers.get(name).is_some_and(|before| {
                let was = before.key.as_ref().or(old.key.as_ref());
                was != server.key.as_ref().or(new.key.as_ref())
            });
            if other_key {
                let address = server.address.as_ref().map(|at| at.value);
                doubtful.insert((change.device.clone(), name.clone()), address);
                if change.facets.iter().any(|key| key.kind == FacetKind::Aaa) {
                    causes.push(*index);
                }
            }
        }
    }
    if doubtful.is_empty() {
        return;
    }
    let whose: Vec<String> = doubtful
        .keys()
        .map(|(device, name)| format!("of {device} for {name}"))
        .collect();
    let why = format!(
        "the key {} changed, and whether the server holds the same one is in no file",
        whose.join(" and ")
    );
    // An answer signed with another key is dropped like none (RFC 2865 §3), and the next server is
    // asked.
    let sure = row.after.servers.iter().filter(|(server, nominal)| {
        let is_doubtful = doubtful
            .values()
            .any(|address| address.is_none_or(|address| address == *server));
        *nominal == Nominal::Works && !is_doubtful
    });
    let effect = if sure.count() >= need.max(1) {
        Effect::Degraded
    } else {
        Effect::Unknown
    };
    causes.dedup();
    worsen(row, Stage::Authenticate, effect, why, causes);
}

/// Whether servers know an authenticator by the address that it now asks from is in no file: what an
/// unknown client sends is dropped without a word (RFC 2865 §3).
fn changed_clients(row: &mut RequirementChange) {
    let mut stages = row.stages.iter();
    let Some(stage) = stages.find(|stage| stage.stage == Stage::Authenticate) else {
        return;
    };
    let clients = |outcome: &'_ Option<StageOutcome>| -> BTreeSet<String> {
        let clients = outcome.as_ref().and_then(|one| one.facts.get(CLIENTS));
        let clients = clients.iter().flat_map(|clients| clients.split(", "));
        clients.map(str::to_owned).collect()
    };
    let (before, after) = (clients(&stage.before), clients(&stage.after));
    let device = |client: &str| client.split(' ').next().map(str::to_owned);
    let new = after.difference(&before).find(|client| {
        let mut known = before.iter();
        known.any(|one| device(one) == device(client))
    });
    if let Some(client) = new {
        let why = format!("whether RADIUS servers know {client} as a client is in no file");
        worsen(row, Stage::Authenticate, Effect::Unknown, why, Vec::new());
    }
}

/// Ports on which pumps were known by their hardware addresses and must now speak 802.1X: unknown at
/// best.
fn lost_bypass(row: &mut RequirementChange) {
    let mut stages = row.stages.iter();
    let Some(stage) = stages.find(|stage| stage.stage == Stage::Authenticate) else {
        return;
    };
    let before = ports(stage.before.as_ref(), MAC_BYPASS);
    let after = ports(stage.after.as_ref(), DOT1X_ALONE);
    let lost: Vec<&str> = before.intersection(&after).copied().collect();
    if let [first, rest @ ..] = lost.as_slice() {
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" and {count} more ports"),
        };
        let why = format!("whether pumps on {first}{more} speak 802.1X is in no file");
        worsen(row, Stage::Authenticate, Effect::Unknown, why, Vec::new());
    }
}

/// The ports that a fact of an outcome names.
fn ports<'o>(outcome: Option<&'o StageOutcome>, fact: &str) -> BTreeSet<&'o str> {
    let ports = outcome.and_then(|one| one.facts.get(fact));
    ports
        .into_iter()
        .flat_map(|ports| ports.split(", "))
        .collect()
}

/// A requirement on which a change bears that was not understood is unknown at best.
pub(super) fn blocked(row: &mut RequirementChange, changes: &[Change]) {
    for index in &row.bearing {
        let Some(change) = changes
            .get(*index)
            .filter(|change| change.bearing == Bearing::Blocks)
        else {
            continue;
        };
        let last = match change.support.effect() {
            Some(Worst::Zone) => Stage::Resolve,
            Some(Worst::Scope) => Stage::Address,
            Some(Worst::Authentication) => Stage::Authenticate,
            _ => Stage::Connect,
        };
        let hurt = row
            .stages
            .iter_mut()
            .rev()
            .find(|stage| stage.stage <= last);
        if let Some(stage) = hurt.filter(|stage| stage.effect < Effect::Unknown) {
            stage.effect = Effect::Unknown;
        }
        row.effect = row.effect.max(Effect::Unknown);
    }
}
