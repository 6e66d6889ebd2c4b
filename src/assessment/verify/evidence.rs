//! Passive evidence of both sides: it harms nobody, and comes from the pumps themselves.
//!
//! Pumps that are there speak for the service that they are counted at, also where no vantage does.
//! What was probed from inside is not overruled: the worse of both counts.

use std::collections::BTreeSet;

use super::Limits;
use super::statistics::fisher;
use crate::input::evidence::{Evidence, EvidenceKind};
use crate::intent::{Intent, Requirement, ServiceKind};
use crate::wire::verification::{ComparedEvidence, Standing};

/// A count that falls by less than this share is no loss, however sure: pumps are switched off and
/// moved between wards.
const LEAST_PERCENT: u64 = 5;

/// Every count of both sides.
pub(super) fn compare(
    intent: &Intent,
    evidence: &[Evidence],
    limits: Limits,
) -> Vec<(EvidenceKind, ComparedEvidence)> {
    let mut out = Vec::new();
    for one in evidence {
        let [before, now] = &one.counts;
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        for key in keys {
            let (network, service) = key;
            let count = |side: &crate::input::evidence::Counts| side.get(key).copied().unwrap_or(0);
            let (before, now) = (count(before), count(now));
            let (standing, why) = match one.kind {
                EvidenceKind::Denies => denied(before, now),
                EvidenceKind::Leases | EvidenceKind::Clients | EvidenceKind::Connected => {
                    counted(one.kind, pumps_on(intent, network), before, now, limits)
                }
            };
            let row = ComparedEvidence {
                kind: one.kind.name().to_owned(),
                network: network.clone(),
                service: service.clone(),
                before,
                now,
                standing,
                why,
            };
            out.push((one.kind, row));
        }
    }
    out
}

/// Pumps that may be on a network.
fn pumps_on(intent: &Intent, network: &str) -> u64 {
    let groups = intent.site.pumps.iter();
    groups
        .filter(|group| group.on.iter().any(|on| on == network))
        .flat_map(|group| &group.firmware)
        .map(|firmware| u64::from(firmware.count))
        .sum()
}

/// How a number of pumps stands, out of all that could be there.
fn counted(
    kind: EvidenceKind,
    pumps: u64,
    before: u64,
    now: u64,
    limits: Limits,
) -> (Standing, String) {
    let what = match kind {
        EvidenceKind::Leases => "active leases",
        EvidenceKind::Clients => "wireless clients",
        EvidenceKind::Connected | EvidenceKind::Denies => "connected pumps",
    };
    let words = format!("{now} {what}, {before} before");
    if before == 0 {
        return (Standing::Unknown, words);
    }
    if now == 0 {
        return (Standing::Broken, words);
    }
    let all = pumps.max(before).max(now);
    let absent = |count: u64| {
        let whole = usize::try_from(all).unwrap_or(usize::MAX);
        (whole - usize::try_from(count).unwrap_or(whole), whole)
    };
    let enough = before.abs_diff(now) * 100 >= before * LEAST_PERCENT;
    let sure = |one, other| fisher(absent(one), absent(other)) <= limits.false_alarms;
    let standing = if enough && now < before && sure(before, now) {
        Standing::Worse
    } else if enough && now > before && sure(now, before) {
        Standing::Better
    } else {
        Standing::Same
    };
    (standing, words)
}

/// How denied packets stand: how long each log is nobody says, so only their beginning and their
/// end mean something.
fn denied(before: u64, now: u64) -> (Standing, String) {
    let words = format!("filters denied {now} packets of pumps, {before} before");
    let standing = match (before, now) {
        (0, 0) => Standing::Same,
        (0, _) => Standing::Worse,
        (_, 0) => Standing::Better,
        (_, _) => Standing::Same,
    };
    (standing, words)
}

/// What the evidence says of a requirement, with the reasons, and whether it alone can say that the
/// requirement works.
pub(super) fn of_requirement(
    intent: &Intent,
    row: &Requirement,
    evidence: &[(EvidenceKind, ComparedEvidence)],
) -> (Standing, Vec<String>, bool) {
    let kind = intent
        .site
        .services
        .get(&row.service)
        .map(|service| service.kind);
    let (mut standing, mut why, mut decides) = (Standing::Same, Vec::new(), false);
    let own = evidence
        .iter()
        .filter(|(_, one)| one.network == row.network);
    for (source, one) in own {
        let named = one.service.as_ref() == Some(&row.service);
        let (speaks, shows_it_works) = match source {
            EvidenceKind::Leases => {
                let is = kind == Some(ServiceKind::Dhcp);
                (is, is)
            }
            // Without clients nothing works there; with them, they were let in.
            EvidenceKind::Clients => {
                let is = kind == Some(ServiceKind::Radius);
                (is || one.standing >= Standing::Worse, is)
            }
            EvidenceKind::Connected => (named, named),
            EvidenceKind::Denies => (named && one.standing == Standing::Worse, false),
        };
        if !speaks || one.standing == Standing::Unknown {
            continue;
        }
        standing = standing.max(one.standing);
        decides |= shows_it_works;
        why.push(format!("{}: {}", one.kind, one.why));
    }
    (standing, why, decides)
}
