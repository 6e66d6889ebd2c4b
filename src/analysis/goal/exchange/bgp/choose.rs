//! The choice between paths, step by step (RFC 4271 §9.1.2.2).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::path::{Path, PathKind};
use super::{Best, Speaker};
use crate::analysis::Symbol;
use crate::analysis::world::World;
use crate::model::bgp::BgpChoice;
use crate::source::At;

/// How the first difference between two paths decides.
struct Rules<'a> {
    /// What the text changes.
    choice: &'a BgpChoice,
}

/// Whether a setting is on.
fn is_on(setting: Option<&At<bool>>) -> bool {
    setting.is_some_and(|at| at.value)
}

/// The best path and those that are used with it.
pub(in crate::analysis::goal) fn choose(
    world: &World<'_>,
    speaker: &Speaker<'_>,
    paths: Vec<Path>,
    symbols: &mut BTreeSet<Symbol>,
) -> Best {
    let mut paths: Vec<Arc<Path>> = paths.into_iter().map(Arc::new).collect();
    let rules = Rules {
        choice: &speaker.process.choice,
    };
    paths.sort_by_key(|path| (path.peer_address, path.session));
    let Some(best) = rules.best(&paths) else {
        return Best::default();
    };
    let name = &world.device(speaker.device).name;
    let grouped = match &rules.choice.deterministic_med {
        Some(set) => set.value,
        None => rules.choice.deterministic_med_default,
    };
    if !grouped {
        // Without groups the result depends on the order of arrival where discriminators differ.
        let backwards: Vec<_> = paths.iter().rev().cloned().collect();
        let orders = [rules.tournament(&paths), rules.tournament(&backwards)];
        if orders.iter().flatten().any(|other| **other != *best) {
            let reason =
                format!("{name}: the order of arrival decides between discriminators of BGP paths");
            symbols.insert(Symbol::Undecided(reason));
        }
    }
    let mut used = vec![best.clone()];
    let limit = limit(speaker, &best);
    for path in &paths {
        if !Arc::ptr_eq(path, &best)
            && limit > 1
            && rules.is_equal(&best, path)
            && !used.iter().any(|one| one.hops == path.hops)
        {
            used.push(path.clone());
        }
    }
    if used.len() > limit {
        let reason = format!("{name}: more equal BGP paths than are used");
        symbols.insert(Symbol::Undecided(reason));
        used.truncate(limit);
    }
    let rival = paths.iter().find(|path| {
        !Arc::ptr_eq(path, &best)
            && !rules.compares_ids()
            && rules.merits(&best, path) == Ordering::Equal
            && best.kind == PathKind::External
            && path.kind == PathKind::External
            && best.peer_id != path.peer_id
            && !best.is_like(path)
            && !(used.iter().any(|one| Arc::ptr_eq(one, path)) && path.systems == best.systems)
    });
    let mut best = best;
    if let Some(rival) = rival {
        let address = |path: &Path| path.peer_address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let mut peers = [address(&best), address(rival)];
        peers.sort_unstable();
        let [one, other] = peers;
        let reason = format!("{name}: which of the BGP paths from {one} and {other} is older");
        let mut doubted = (*best).clone();
        doubted.doubts.insert(Symbol::Undecided(reason));
        best = Arc::new(doubted);
        if let Some(first) = used.first_mut() {
            first.clone_from(&best);
        }
    }
    for path in &used {
        symbols.extend(path.doubts.iter().cloned());
    }
    // What made another path lose is as little known as that path.
    for path in &paths {
        symbols.extend(path.doubts.iter().cloned());
    }
    Best {
        path: Some(best),
        used,
    }
}

/// How many equal paths are used.
fn limit(speaker: &Speaker<'_>, best: &Path) -> usize {
    let settings = speaker.settings;
    let external = settings.maximum_paths.as_ref();
    let limit = match best.kind {
        PathKind::Local => None,
        PathKind::External => external,
        PathKind::Confederation | PathKind::Internal => settings
            .maximum_paths_internal
            .as_ref()
            .or(external.filter(|_| settings.maximum_paths_mixed)),
    };
    limit.map_or(1, |at| usize::try_from(at.value).unwrap_or(usize::MAX))
}

impl Rules<'_> {
    /// Whether router ids decide before age.
    fn compares_ids(&self) -> bool {
        match &self.choice.compare_router_id {
            Some(set) => set.value,
            None => self.choice.compare_router_id_default,
        }
    }

    /// The best path: the best of each neighboring system first, then the best of these.
    fn best(&self, paths: &[Arc<Path>]) -> Option<Arc<Path>> {
        let mut groups: BTreeMap<Option<u32>, Vec<Arc<Path>>> = BTreeMap::new();
        for path in paths {
            groups
                .entry(path.systems.neighbor())
                .or_default()
                .push(path.clone());
        }
        let winners: Vec<_> = groups
            .values()
            .filter_map(|group| self.tournament(group))
            .collect();
        self.tournament(&winners)
    }

    /// The winner of comparing path after path.
    fn tournament(&self, paths: &[Arc<Path>]) -> Option<Arc<Path>> {
        let mut paths = paths.iter();
        let mut best = paths.next()?;
        for path in paths {
            if self.compare(path, best) == Ordering::Less {
                best = path;
            }
        }
        Some(best.clone())
    }

    /// Compares two paths, the better one less.
    fn compare(&self, one: &Path, other: &Path) -> Ordering {
        let id = |path: &Path| path.originator.unwrap_or(path.peer_id);
        self.merits(one, other)
            .then_with(|| id(one).cmp(&id(other)))
            .then_with(|| one.clusters.len().cmp(&other.clusters.len()))
            .then_with(|| one.peer_address.cmp(&other.peer_address))
            .then_with(|| one.session.cmp(&other.session))
    }

    /// Compares what a path brings, down to the metric of its next hop.
    fn merits(&self, one: &Path, other: &Path) -> Ordering {
        let metric = |path: &Path| {
            if is_on(self.choice.ignore_igp_metric.as_ref()) {
                0
            } else {
                path.interior_metric
            }
        };
        let inner = |path: &Path| match path.kind {
            PathKind::Local | PathKind::External => false,
            PathKind::Confederation | PathKind::Internal => true,
        };
        self.early(one, other)
            .then_with(|| inner(one).cmp(&inner(other)))
            .then_with(|| metric(one).cmp(&metric(other)))
    }

    /// Compares weight, preference, home, length, origin and discriminator.
    fn early(&self, one: &Path, other: &Path) -> Ordering {
        let length = |path: &Path| {
            if is_on(self.choice.ignore_as_path.as_ref()) {
                0
            } else {
                path.systems.length()
            }
        };
        let made = |path: &Path| path.kind == PathKind::Local;
        Reverse(one.weight)
            .cmp(&Reverse(other.weight))
            .then_with(|| Reverse(one.local_preference).cmp(&Reverse(other.local_preference)))
            .then_with(|| Reverse(made(one)).cmp(&Reverse(made(other))))
            .then_with(|| one.discards.cmp(&other.discards))
            .then_with(|| length(one).cmp(&length(other)))
            .then_with(|| one.origin.cmp(&other.origin))
            .then_with(|| self.discriminators(one, other))
    }

    /// Compares discriminators, where they are comparable.
    fn discriminators(&self, one: &Path, other: &Path) -> Ordering {
        let comparable = is_on(self.choice.always_compare_med.as_ref())
            || one.systems.neighbor() == other.systems.neighbor();
        let missing = if is_on(self.choice.missing_med_is_worst.as_ref()) {
            u32::MAX
        } else {
            0
        };
        if comparable {
            let med = |path: &Path| path.med.unwrap_or(missing);
            med(one).cmp(&med(other))
        } else {
            Ordering::Equal
        }
    }

    /// Whether two paths may be used together.
    fn is_equal(&self, best: &Path, path: &Path) -> bool {
        let relaxed = is_on(self.choice.multipath_relax.as_ref());
        let same_path = if relaxed {
            best.systems.length() == path.systems.length()
        } else if self.choice.multipath_by_neighbor && best.kind == PathKind::External {
            best.systems.neighbor() == path.systems.neighbor()
        } else {
            best.systems == path.systems
        };
        let inner = |path: &Path| path.kind == PathKind::Internal;
        self.merits(best, path) == Ordering::Equal && inner(best) == inner(path) && same_path
    }
}
