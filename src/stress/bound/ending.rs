//! What ends sessions: silences that no timer bears, refusals, a link that goes.

use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::fleet::{Discipline, Fleet, RADIUS_AGAIN_S};
use crate::stress::number::float;

/// What sessions of a fleet bear.
///
/// A lease that is not renewed for less than its second half ends no session, nor does an
/// authentication of a session that a later question to RADIUS still completes in time.
#[derive(Debug, Clone)]
pub(in crate::stress) struct Endings<'a> {
    /// Fleet.
    fleet: &'a Fleet,
    /// Ends come up to this much later.
    later_s: f64,
    /// Silences of RADIUS for any group; those with no time for an authentication between them are
    /// one.
    radius_silent: Vec<(f64, f64)>,
    /// How many times slower RADIUS is at worst.
    radius_slower: f64,
    /// Whether pumps may come to RADIUS together, instead of each at its own time.
    is_crowded: bool,
}

impl<'a> Endings<'a> {
    /// What sessions bear of these segments.
    pub(in crate::stress) fn new(fleet: &'a Fleet, segments: &[Segment], later_s: f64) -> Self {
        let mut out = Self {
            fleet,
            later_s,
            radius_silent: Vec::new(),
            radius_slower: 1.0,
            is_crowded: false,
        };
        let mut silent: Vec<(f64, f64)> = Vec::new();
        for segment in segments {
            match (segment.service, segment.state.at(segment.service)) {
                (Service::Radius, Some(State::Drop)) => {
                    silent.push((segment.from_s, end_s(segment, later_s)));
                }
                (Service::Radius, Some(State::Slow(factor))) => {
                    out.radius_slower = out.radius_slower.max(factor);
                }
                (Service::Radius | Service::Link, Some(_)) => out.is_crowded = true,
                (
                    Service::Radius
                    | Service::Link
                    | Service::Dhcp
                    | Service::Dns(_)
                    | Service::Gateway,
                    _,
                ) => {}
            }
        }
        silent.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (from, to) in silent {
            match out.radius_silent.last_mut() {
                Some(last) if from <= last.1 + fleet.radius.timeout_s => last.1 = last.1.max(to),
                Some(_) | None => out.radius_silent.push((from, to)),
            }
        }
        let lasting = |(from, to): &(f64, f64)| to - from >= fleet.radius.timeout_s;
        out.is_crowded |= out.radius_silent.iter().any(lasting);
        out
    }

    /// Whether a segment ends sessions.
    pub(in crate::stress) fn ends(&self, segment: &Segment) -> bool {
        let lasts = end_s(segment, self.later_s) - segment.from_s;
        match (segment.service, segment.state.at(segment.service)) {
            (Service::Dns(_), _) | (_, Some(State::Slow(_)) | None) => false,
            (Service::Dhcp, _) => lasts >= self.fleet.lease_s / 2.0,
            (Service::Radius, Some(State::Drop)) => !self.radius_answers_in_time(segment),
            (Service::Link | Service::Radius, _) => true,
            (Service::Gateway, state) => {
                matches!(
                    state,
                    Some(State::Drop | State::Mute | State::Refuse | State::SessionsLost)
                )
            }
        }
    }

    /// Whether authentications that begin in a silence of RADIUS are answered before they are
    /// given up.
    fn radius_answers_in_time(&self, segment: &Segment) -> bool {
        let radius = &self.fleet.radius;
        let silent = self
            .radius_silent
            .iter()
            .find(|(from, to)| *from <= segment.from_s && segment.from_s <= *to);
        let Some((from, to)) = silent else {
            return false;
        };
        let bounded = radius.backlog.is_none()
            && radius.tokens.is_none()
            && !radius.exponential
            && radius.discipline != Discipline::Lifo;
        let pumps = float(self.fleet.pumps());
        let come = if self.is_crowded {
            pumps
        } else {
            // Each pump authenticates at a moment of its own, so that the number of those that do
            // within the silence and one time limit is random: more come once in 10^9 (Bernstein's
            // inequality).
            let period = self.fleet.reauthentication_s.max(1e-9);
            let within = to - from + radius.timeout_s;
            let mean = pumps * (within / period).min(1.0);
            (mean + 6.5 * mean.sqrt() + 14.0).min(pumps)
        };
        let drain = (come + 1.0) * self.radius_slower / radius.rate().max(1e-9);
        bounded
            && come <= f64::from(self.fleet.radius_ids)
            && to - from + RADIUS_AGAIN_S + drain + self.fleet.round_trip_s <= radius.timeout_s
    }

    /// Whether a slow RADIUS may let authentications of so many pumps run into their time limit.
    pub(super) fn radius_overruns(&self, segment: &Segment, pumps: f64) -> bool {
        let radius = &self.fleet.radius;
        let State::Slow(slower) = segment.state else {
            return false;
        };
        let drain = (pumps + 1.0) * slower / radius.rate().max(1e-9) + self.fleet.round_trip_s;
        segment.service == Service::Radius
            && (drain > radius.timeout_s
                || radius.backlog.is_some()
                || radius.tokens.is_some()
                || radius.exponential
                || radius.discipline == Discipline::Lifo
                || pumps > f64::from(self.fleet.radius_ids))
    }
}

/// Latest end of a segment.
pub(super) fn end_s(segment: &Segment, later_s: f64) -> f64 {
    segment
        .to_s
        .map_or(f64::INFINITY, |to| to + segment.to_spread_s + later_s)
}

/// Pumps of groups that such a segment concerns; one at least.
pub(super) fn pumps_of(
    fleet: &Fleet,
    segments: &[Segment],
    is_such: &dyn Fn(&Segment) -> bool,
) -> f64 {
    let comes = |number: usize| {
        segments
            .iter()
            .any(|segment| segment.concerns(number) && is_such(segment))
    };
    let groups = fleet.groups.iter().enumerate();
    let pumps = groups
        .filter(|(number, _)| comes(*number))
        .map(|(_, group)| u64::from(group.count))
        .sum::<u64>();
    float(pumps.max(1))
}

/// Whether whatever ends a session, of any group, begins at one moment and is silence at the
/// gateway, or the loss of sessions there.
pub(super) fn all_lost_at_once(endings: &Endings<'_>, segments: &[Segment]) -> bool {
    let mut ending = segments.iter().filter(|segment| endings.ends(segment));
    let Some(first) = ending.next() else {
        return true;
    };
    let is_silence = |one: &Segment| {
        let noticed_later = one.state.is_silent() || one.state == State::SessionsLost;
        one.service == Service::Gateway && noticed_later
    };
    is_silence(first)
        && ending.all(|one| is_silence(one) && one.from_s.total_cmp(&first.from_s).is_eq())
}
