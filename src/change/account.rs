//! How every changed statement stands to the requirements; nothing is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::analysis::{Meeting, Outcome, ReadSet, Symbol};
use crate::intent::RequirementId;
use crate::model::{Device, Facet, FacetKey, FacetKind, Hole, Network};
use crate::source::StatementRef;
use crate::syntax::{Effect, Statement, Support};
use crate::wire::assessment::Bearing;

use super::diff::{FileDiff, describe, support_of};
use super::{Change, ChangeIndex, ChangeKind, Sides};

/// What one requirement read and depends on, in both states.
pub(super) struct Interest<'a> {
    /// Requirement.
    pub(super) id: &'a RequirementId,
    /// Outcomes: before, after, after with memory.
    pub(super) outcomes: Vec<&'a Outcome>,
}

impl Interest<'_> {
    /// How a facet stands to what was read in any of the states.
    fn meeting(&self, device: &str, key: &FacetKey, versions: &[&Facet]) -> Meeting {
        self.reads()
            .map(|reads| reads.meeting(device, key, versions))
            .max()
            .unwrap_or(Meeting::Apart)
    }

    /// What was read, state by state.
    fn reads(&self) -> impl Iterator<Item = &ReadSet> {
        self.outcomes.iter().map(|outcome| &outcome.reads)
    }

    /// Whether an unread statement was met.
    fn meets_hole(&self, device: &str, key: u64) -> bool {
        self.outcomes.iter().any(|outcome| {
            outcome.stages.iter().flat_map(|stage| &stage.symbols).any(|symbol| {
                matches!(symbol, Symbol::Hole { device: on, key: of, .. } if &**on == device && *of == key)
            }) || outcome.reads.holes.iter().any(|(on, of)| &**on == device && *of == key)
        })
    }

    /// Whether anything of a device was read.
    fn reads_device(&self, device: &str) -> bool {
        self.reads().any(|reads| {
            reads
                .facets
                .iter()
                .chain(&reads.envelope)
                .any(|(on, _)| &**on == device)
        })
    }
}

/// Turns each edit into a change with its bearing.
pub(super) fn account(
    sides: Sides<'_>,
    diffs: &[FileDiff],
    interests: &[Interest<'_>],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for diff in diffs {
        let touched = touched_facets(sides, diff);
        for edit in &diff.edits {
            let place = |file: Option<crate::source::FileId>, statement: Option<u32>| {
                Some(StatementRef {
                    file: file?,
                    statement: statement?,
                })
            };
            let before = place(diff.before, edit.before);
            let after = place(diff.after, edit.after);
            let is_gone = diff.after.is_none();
            let mut change = judge_statement(sides, edit.kind, before, after, interests);
            let rests = matches!(edit.kind, ChangeKind::Moved | ChangeKind::Reworded);
            if rests && means_nothing(sides, &change, &touched) {
                change.bearing = Bearing::Inert;
                change.requirements.clear();
                change.why = rest_of(edit.kind, change.support);
            }
            // A file that is gone is a box that is gone, or an export that is missing.
            if is_gone && change.bearing == Bearing::Bears {
                change.bearing = Bearing::Blocks;
                "its whole file is missing afterwards: is the box gone, or only its export"
                    .clone_into(&mut change.why);
            }
            changes.push(change);
        }
    }
    changes.extend(links(sides, interests));
    changes
}

/// Facets to which the statements of a file contribute that came, went, or moved in an ordered block.
fn touched_facets(sides: Sides<'_>, diff: &FileDiff) -> BTreeSet<FacetKey> {
    let mut touched = BTreeSet::new();
    for edit in &diff.edits {
        for (network, file, statement) in [
            (sides.before, diff.before, edit.before),
            (sides.after, diff.after, edit.after),
        ] {
            let Some(at) = file
                .zip(statement)
                .map(|(file, statement)| StatementRef { file, statement })
            else {
                continue;
            };
            let weighs = match edit.kind {
                ChangeKind::Added | ChangeKind::Removed => true,
                ChangeKind::Moved => statement_of(network, at).is_some_and(|one| one.ordered),
                ChangeKind::Reworded => false,
            };
            if weighs {
                touched.extend(contributions(network, Some(at)));
            }
        }
    }
    touched
}

/// Whether a statement that moved or was reworded has no part in what differs: it heads a block,
/// its place has no meaning, or other statements account for what its facets come to.
fn means_nothing(sides: Sides<'_>, change: &Change, touched: &BTreeSet<FacetKey>) -> bool {
    let Some((at, statement)) = change
        .after
        .and_then(|at| Some((at, statement_of(sides.after, at)?)))
    else {
        return false;
    };
    let moved = change.kind == ChangeKind::Moved;
    if moved && statement.ordered {
        return false;
    }
    let file = sides.after.files.get(&at.file);
    let next = file.and_then(|file| file.reading.statements.get(at.statement as usize + 1));
    let heads = next.is_some_and(|next| next.parent == Some(at.statement));
    match change.support {
        Support::Irrelevant(_) => true,
        Support::Modeled => heads || change.facets.iter().all(|key| touched.contains(key)),
        // The order of servers and of rules may matter where they are not understood.
        Support::Unmodeled(effect) | Support::Unrecognized(effect) => {
            !moved || !matches!(effect, Effect::Filter | Effect::Authentication)
        }
    }
}

/// Why a statement that moved or was reworded changes nothing.
fn rest_of(kind: ChangeKind, support: Support) -> String {
    match (kind, support) {
        (_, Support::Irrelevant(why)) => why.to_owned(),
        (ChangeKind::Moved, _) => "its place among its siblings has no meaning".to_owned(),
        (ChangeKind::Added | ChangeKind::Removed | ChangeKind::Reworded, _) => {
            "its new words mean the same".to_owned()
        }
    }
}

/// A statement of a network.
fn statement_of(network: &Network, at: StatementRef) -> Option<&Statement> {
    let file = network.files.get(&at.file)?;
    file.reading.statements.get(at.statement as usize)
}

/// Links that came or went, as changes of their first end.
fn links(sides: Sides<'_>, interests: &[Interest<'_>]) -> Vec<Change> {
    let ends = |network: &Network| -> BTreeSet<[(String, String); 2]> {
        network
            .links
            .iter()
            .map(|link| [link.a.clone(), link.b.clone()])
            .collect()
    };
    let (before, after) = (ends(sides.before), ends(sides.after));
    let gone = before
        .difference(&after)
        .map(|link| (link, ChangeKind::Removed));
    let come = after
        .difference(&before)
        .map(|link| (link, ChangeKind::Added));
    gone.chain(come)
        .map(|(link, kind)| judge_link(link, kind, interests))
        .collect()
}

/// The bearing of one link: whoever read one of its ends.
fn judge_link(
    [a, b]: &[(String, String); 2],
    kind: ChangeKind,
    interests: &[Interest<'_>],
) -> Change {
    let reads = |interest: &Interest<'_>| {
        [a, b].iter().any(|(device, interface)| {
            let key = FacetKey::new(FacetKind::Interface, interface);
            interest.meeting(device, &key, &[]) > Meeting::Apart
        })
    };
    let readers = interests.iter().filter(|interest| reads(interest));
    let requirements: Vec<RequirementId> = readers.map(|interest| interest.id.clone()).collect();
    let words = if kind == ChangeKind::Removed {
        "removed"
    } else {
        "added"
    };
    // Where a cable is gone, a routed port may still be on its wire: nobody can say.
    let (bearing, why) = match (requirements.is_empty(), kind) {
        (true, _) => (Bearing::Elsewhere, "no requirement reads its ends"),
        (false, ChangeKind::Removed) => (
            Bearing::Blocks,
            "packets may pass it, and what is on the wire instead is not said",
        ),
        (false, ChangeKind::Added | ChangeKind::Moved | ChangeKind::Reworded) => {
            (Bearing::Bears, "requirements read its ends")
        }
    };
    Change {
        device: a.0.clone(),
        kind,
        before: None,
        after: None,
        facets: vec![FacetKey::new(FacetKind::Interface, &a.1)],
        support: Support::Modeled,
        summary: format!("{words} link {} {} - {} {}", a.0, a.1, b.0, b.1),
        bearing,
        why: why.to_owned(),
        requirements,
    }
}

/// The bearing of one changed statement.
fn judge_statement(
    sides: Sides<'_>,
    kind: ChangeKind,
    before: Option<StatementRef>,
    after: Option<StatementRef>,
    interests: &[Interest<'_>],
) -> Change {
    let (network, at) = match (before, after) {
        (_, Some(at)) => (sides.after, Some(at)),
        (at, None) => (sides.before, at),
    };
    let device = at
        .and_then(|at| network.files.get(&at.file))
        .map_or(String::new(), |file| file.device.clone());
    let support = at.map_or(Support::Irrelevant("no such statement"), |at| {
        support_of(network, at)
    });
    let words = match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Moved => "moved",
        ChangeKind::Reworded => "reworded",
    };
    let summary = format!(
        "{words} {}",
        at.map_or(String::new(), |at| describe(network, at))
    );
    let mut change = Change {
        device,
        kind,
        before,
        after,
        facets: Vec::new(),
        support,
        summary,
        bearing: Bearing::Inert,
        why: String::new(),
        requirements: Vec::new(),
    };
    match support {
        Support::Irrelevant(why) => why.clone_into(&mut change.why),
        Support::Modeled => bearing_of_modeled(sides, &mut change, interests),
        Support::Unmodeled(effect) | Support::Unrecognized(effect) => {
            bearing_of_hole(sides, &mut change, effect, interests);
        }
    }
    change
}

/// Facets that a statement contributes to in a network.
fn contributions(network: &Network, at: Option<StatementRef>) -> Vec<FacetKey> {
    at.and_then(|at| Some((network.files.get(&at.file)?, at.statement)))
        .map(|(file, statement)| file.reading.facets_of(statement).cloned().collect())
        .unwrap_or_default()
}

/// Adds to the account what a search among all changes found to cause something.
pub(super) fn add_causes(changes: &mut [Change], found: &[(ChangeIndex, RequirementId)]) {
    for (index, id) in found {
        let Some(change) = changes.get_mut(*index) else {
            continue;
        };
        if !change.requirements.contains(id) {
            change.requirements.push(id.clone());
            change.requirements.sort();
        }
        if matches!(change.bearing, Bearing::Inert | Bearing::Elsewhere) {
            change.bearing = Bearing::Bears;
            "without it requirements stay as they are".clone_into(&mut change.why);
        }
    }
}

/// The device that a file's statements belong to: cluster members share a file's name.
fn device_of<'a>(network: &'a Network, name: &str) -> Option<&'a Device> {
    network.devices.get(name).map(|device| &**device)
}

/// Whether a facet is a layer-2 port.
fn is_port(facet: &Facet) -> bool {
    matches!(facet, Facet::Interface(interface) if interface.switchport.is_some())
}

/// A facet of a device in one network.
fn version(network: &Network, device: &str, key: &FacetKey) -> Option<Arc<Facet>> {
    device_of(network, device).and_then(|device| device.facets.get(key).cloned())
}

/// Whether an unread statement of a device names a filter or a group, or a layer-2 port has it: then
/// what is done with it is not known.
fn is_used_unread(network: &Network, device: &str, key: &FacetKey) -> bool {
    if !matches!(key.kind, FacetKind::Acl | FacetKind::ObjectGroup) {
        return false;
    }
    device_of(network, device).is_some_and(|device| {
        is_on_port(device, key)
            || device.holes.iter().any(|hole| {
                let file = network.files.get(&hole.at.file);
                file.is_some_and(|file| {
                    let statement = file.reading.statements.get(hole.at.statement as usize);
                    statement.is_some_and(|statement| {
                        file.file
                            .slice(statement.span)
                            .split_whitespace()
                            .any(|word| *word == *key.name)
                    })
                })
            })
    })
}

/// Whether a filter, or a group that one names, stands at a layer-2 port.
fn is_on_port(device: &Device, key: &FacetKey) -> bool {
    let ports = device.interfaces().map(|(_, interface)| interface);
    let mut filters = ports
        .filter(|interface| interface.switchport.is_some())
        .flat_map(|interface| [&interface.acl_in, &interface.acl_out])
        .flatten();
    // Any group may be part of one, for groups may hold groups.
    filters.any(|filter| key.kind == FacetKind::ObjectGroup || *filter.value == *key.name)
}

/// A modeled statement: inert where its facets mean the same, else read or not.
fn bearing_of_modeled(sides: Sides<'_>, change: &mut Change, interests: &[Interest<'_>]) {
    let mut facets = contributions(sides.before, change.before);
    facets.extend(contributions(sides.after, change.after));
    facets.sort();
    facets.dedup();
    let version = |network: &Network, key: &FacetKey| version(network, &change.device, key);
    let mut differing = Vec::new();
    for key in &facets {
        let (old, new) = (version(sides.before, key), version(sides.after, key));
        let same = match (&old, &new) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old.means_same(new),
            (None, None) => true,
            _ => false,
        };
        if !same {
            differing.push((key, old, new));
        }
    }
    if differing.is_empty() {
        "what it adds up to is the same as before".clone_into(&mut change.why);
        change.facets = facets;
        return;
    }
    let mut envelope = false;
    for interest in interests {
        let meeting = differing
            .iter()
            .map(|(key, old, new)| {
                let versions: Vec<&Facet> =
                    old.iter().chain(new.iter()).map(|facet| &**facet).collect();
                interest.meeting(&change.device, key, &versions)
            })
            .max();
        if meeting.is_some_and(|meeting| meeting > Meeting::Apart) {
            envelope |= meeting == Some(Meeting::Envelope);
            change.requirements.push(interest.id.clone());
        }
    }
    let names = differing
        .iter()
        .map(|(key, ..)| name_of(key))
        .collect::<Vec<_>>()
        .join(", ");
    change.facets = facets.clone();
    let used_unread = differing.iter().any(|(key, ..)| {
        [sides.before, sides.after]
            .iter()
            .any(|network| is_used_unread(network, &change.device, key))
    });
    if used_unread {
        let readers = interests
            .iter()
            .filter(|interest| interest.reads_device(&change.device));
        let mut ids: Vec<RequirementId> = readers.map(|interest| interest.id.clone()).collect();
        ids.append(&mut change.requirements);
        ids.sort();
        ids.dedup();
        change.requirements = ids;
    }
    if change.requirements.is_empty() {
        change.bearing = Bearing::Elsewhere;
        change.why = format!("no requirement reads {names}");
    } else if used_unread {
        change.bearing = Bearing::Blocks;
        change.why = format!("what uses {names} is not modeled");
    } else {
        change.bearing = Bearing::Bears;
        change.why = format!(
            "{} {names}{}",
            plural(
                change.requirements.len(),
                "requirement reads",
                "requirements read"
            ),
            if envelope {
                ", some only where an unread statement could send packets there"
            } else {
                ""
            },
        );
    }
}

/// A statement that was not understood: blocks the requirements that its hole may meet.
fn bearing_of_hole(
    sides: Sides<'_>,
    change: &mut Change,
    effect: Effect,
    interests: &[Interest<'_>],
) {
    let holes: Vec<&Hole> = [(sides.before, change.before), (sides.after, change.after)]
        .into_iter()
        .filter_map(|(network, at)| {
            let at = at?;
            let device = device_of(network, &change.device)?;
            device.holes.iter().find(|hole| hole.at == at)
        })
        .collect();
    change.facets = holes.iter().filter_map(|hole| hole.facet.clone()).collect();
    change.facets.dedup();
    for interest in interests {
        let met = holes
            .iter()
            .any(|hole| interest.meets_hole(&change.device, hole.key));
        // A filter's holes are met exactly; other effects are met wherever their facet, or
        // without one their device, was read.
        // So are those of a scope, of which a server reads all to choose one.
        let of_scope = |key: &FacetKey| key.kind == FacetKind::DhcpScope;
        let read = effect != Effect::Filter
            && !change.facets.iter().any(of_scope)
            && if change.facets.is_empty() {
                interest.reads_device(&change.device)
            } else {
                change.facets.iter().any(|key| {
                    let facets: Vec<_> = [sides.before, sides.after]
                        .map(|network| version(network, &change.device, key))
                        .into_iter()
                        .flatten()
                        .collect();
                    // A port is met by the VLANs that it carries; any other interface by name.
                    let versions: Vec<&Facet> = facets
                        .iter()
                        .map(|facet| &**facet)
                        .filter(|facet| is_port(facet))
                        .collect();
                    interest.meeting(&change.device, key, &versions) > Meeting::Apart
                })
            };
        // A hole that no device lists has no known bounds.
        if met || read || (holes.is_empty() && interest.reads_device(&change.device)) {
            change.requirements.push(interest.id.clone());
        }
    }
    let what = if change.support.is_recognized() {
        "not modeled"
    } else {
        "not recognized"
    };
    if change.requirements.is_empty() {
        change.bearing = Bearing::Elsewhere;
        change.why = format!("{what}; no requirement's packets or questions can meet it");
    } else {
        change.bearing = Bearing::Blocks;
        change.why = format!("{what}; at worst it could {}", worst(effect));
    }
}

/// What an effect means, in words.
pub(super) fn worst(effect: Effect) -> &'static str {
    match effect {
        Effect::Filter => "permit or deny any packet at its place",
        Effect::InterfaceFilter => "drop packets on its interface",
        Effect::Interface => "drop or redirect packets on its interface",
        Effect::Routing => "change the device's routes",
        Effect::Zone => "change what names resolve to",
        Effect::Scope => "change who gets which lease",
        Effect::Authentication => "change who is authenticated",
        Effect::Switching => "change where VLANs reach",
        Effect::Device => "change anything on the device",
    }
}

/// A facet in words.
pub(super) fn name_of(key: &FacetKey) -> String {
    let kind = match key.kind {
        FacetKind::System => "the device's settings",
        FacetKind::Interface => "interface",
        FacetKind::Vlan => "VLAN",
        FacetKind::Vrf => "VRF",
        FacetKind::Acl => "ACL",
        FacetKind::ObjectGroup => "object group",
        FacetKind::StaticRoute => "static route",
        FacetKind::Ospf => "OSPF process",
        FacetKind::RouteMap => "route map",
        FacetKind::PrefixList => "prefix list",
        FacetKind::AsPathList => "AS path list",
        FacetKind::CommunityList => "community list",
        FacetKind::Bgp => "BGP process",
        FacetKind::Eigrp => "EIGRP process",
        FacetKind::Isis => "IS-IS process",
        FacetKind::Rip => "RIP process",
        FacetKind::Track => "tracked object",
        FacetKind::KeyChain => "key chain",
        FacetKind::PacketFilter => "the packet filter",
        FacetKind::Nat => "the address translation",
        FacetKind::Zone => "zone",
        FacetKind::ZonePair => "zone pair",
        FacetKind::ClassMap => "class map",
        FacetKind::PolicyMap => "policy map",
        FacetKind::Inspection => "inspection rules",
        FacetKind::Firewall => "the firewall's settings",
        FacetKind::DhcpScope => "DHCP scope",
        FacetKind::DhcpServer => "the DHCP server",
        FacetKind::DnsZone => "DNS zone",
        FacetKind::DnsServer => "the name server",
        FacetKind::Aaa => "the RADIUS settings",
        FacetKind::Ntp => "the time settings",
    };
    if key.name.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} {}", key.name)
    }
}

/// `1 requirement reads`, `3 requirements read`.
pub(super) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The requirements that each change bears on or blocks, turned around.
pub(super) fn by_requirement(changes: &[Change]) -> BTreeMap<RequirementId, Vec<usize>> {
    let mut out: BTreeMap<RequirementId, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        for id in &change.requirements {
            out.entry(id.clone()).or_default().push(index);
        }
    }
    out
}
