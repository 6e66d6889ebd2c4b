//! The way into the network: link and authentication.

use crate::stress::disturbance::State;

use super::chain::{Event, World, next};
use super::pump::{Pump, Step};
use super::record::Served;
use super::server::{Admission, Request, STEADY};

/// Wait before the link is asked for again after an access controller dropped the request.
const ASSOCIATION_RETRY_US: u64 = 1_000_000;
/// Wait before RADIUS is asked again ([`crate::stress::fleet::RADIUS_AGAIN_S`]).
const RADIUS_AGAIN_US: u64 = 5_000_000;

/// What becomes of an authentication.
pub(super) enum Asked {
    /// It is done at this time.
    Done(u64),
    /// It has failed at this time.
    Failed(u64),
    /// RADIUS is silent and is asked again at this time.
    Again(u64),
}

impl World<'_> {
    /// Looks for the link, and authenticates where it is there.
    pub(super) fn link(&mut self, pump: &mut Pump, event: &Event<'_>) {
        if let Some(met) = self.met(&event.timeline.link, event, event.now) {
            self.stations.access.abandon((event.id, pump.attempts));
            next(pump, Step::Link, met.to_us);
            return;
        }
        let request = event.request(pump, 1.0);
        let access = &mut self.stations.access;
        let waits = access.ask_again(request.asker, event.now, STEADY);
        let admission = waits.unwrap_or_else(|| {
            self.record.arrive(Served::Access, event.now);
            pump.check_in_us = event.now;
            pump.work(event.now, event.costs.scan_us, event.costs);
            access.submit(event.now, &request, STEADY)
        });
        match admission {
            Admission::Waits(at) => next(pump, Step::Link, at),
            Admission::Dropped => next(pump, Step::Link, event.now + ASSOCIATION_RETRY_US),
            Admission::Answered(at) => {
                let step = if event.costs.uses_eap {
                    Step::Eap
                } else {
                    Step::EapDone
                };
                next(pump, step, at + self.round_trip_us);
            }
        }
    }

    /// Sends an authentication to RADIUS.
    pub(super) fn ask_radius(&mut self, pump: &mut Pump, event: &Event<'_>) -> Asked {
        let now = event.now;
        let given_up = pump.call_us + self.stations.radius.timeout_us;
        let asker = (event.id, pump.attempts);
        if let Some(admission) = self.stations.radius.ask_again(asker, now, STEADY) {
            return self.answer_of_radius(pump, admission, given_up);
        }
        self.record.arrive(Served::Radius, now);
        let met = self.met(&event.timeline.radius, event, now);
        let slowdown = match met.map(|met| (met.state, met.to_us)) {
            None => 1.0,
            Some((State::Slow(factor), _)) => factor,
            Some((State::HandshakeFailure | State::Refuse, _)) => {
                pump.work(now, event.costs.eap_fail_us, event.costs);
                return Asked::Failed((now + 5 * self.round_trip_us).max(pump.busy_to_us));
            }
            Some((
                State::Drop
                | State::Mute
                | State::NxDomain
                | State::ServFail
                | State::MtuHole
                | State::SessionsLost,
                until,
            )) => {
                // Questions into the same silence are passed over.
                let passed = until.saturating_sub(now).div_ceil(RADIUS_AGAIN_US).max(1);
                let again = now.saturating_add(passed.saturating_mul(RADIUS_AGAIN_US));
                return if again < given_up {
                    Asked::Again(again)
                } else {
                    Asked::Failed(given_up)
                };
            }
        };
        pump.work(now, event.costs.eap_us, event.costs);
        let work = self.work(
            event,
            Served::Radius,
            pump.attempts,
            self.stations.radius.exponential,
        );
        let request = Request {
            patience_us: given_up.saturating_sub(now),
            ..event.request(pump, work * slowdown)
        };
        let admission = self.stations.radius.submit(now, &request, STEADY);
        self.answer_of_radius(pump, admission, given_up)
    }

    /// What a request to RADIUS comes to.
    fn answer_of_radius(&mut self, pump: &Pump, admission: Admission, given_up: u64) -> Asked {
        match admission {
            Admission::Dropped => Asked::Failed(given_up),
            Admission::Waits(at) if at + self.round_trip_us <= given_up => {
                Asked::Again(at + self.round_trip_us)
            }
            Admission::Waits(_) => {
                self.stations.radius.wasted += 1;
                Asked::Failed(given_up)
            }
            Admission::Answered(at) => {
                let done = (at + self.round_trip_us).max(pump.busy_to_us);
                if at + self.round_trip_us > given_up {
                    self.stations.radius.wasted += 1;
                    return Asked::Failed(given_up);
                }
                Asked::Done(done)
            }
        }
    }

    /// Authenticates to the network.
    pub(super) fn authenticate(&mut self, pump: &mut Pump, event: &Event<'_>) {
        if self.met(&event.timeline.link, event, event.now).is_some() {
            return self.link(pump, event);
        }
        match self.ask_radius(pump, event) {
            Asked::Done(at) => next(pump, Step::EapDone, at),
            Asked::Failed(at) => next(pump, Step::EapFail, at),
            Asked::Again(at) => next(pump, Step::EapAgain, at),
        }
    }
}
